/* A computer made of a few functions, and a virtio driver of the simplest kind: what the tests of devices drive. */
#ifndef TESTS_UNIT_DEV_GUEST_H
#define TESTS_UNIT_DEV_GUEST_H

#include "unit.h"

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "dev/virtio_net.h"
#include "wire/wire_impl.h"

#define RAM_BYTES (4u << 20)
#define RAM_BASE 0x100000ull            /* physical address of the first byte: lower ones are not RAM */
#define QUEUE_SIZE 16u
#define FRAMES 256

struct test_wire {
    struct wire wire;
    unsigned sent, room;                /* frames taken; how many more it takes before it blocks */
    size_t size[FRAMES];
    uint8_t frame[FRAMES][2048];
};

struct ring {
    unsigned index;
    uint64_t desc, avail, used;
    uint16_t next, last_used, free_desc;
};

struct guest {
    uint8_t *ram;
    uint64_t top;                       /* of the memory handed out */
    struct clock clock;
    uint64_t now, due;
    struct clock_timer *timer;          /* armed last, for `due` */
    struct device_host host;
    struct device *device;
    struct test_wire *wire;
    unsigned messages, lines;           /* interrupts seen */
    uint32_t last_data;
    bool line;
    struct ring rx, tx, control;
};

static inline void *guest_at(struct guest *g, uint64_t pa)
{
    return g->ram + (pa - RAM_BASE);
}

static inline void *guest_dma(void *context, uint64_t pa, size_t size)
{
    struct guest *g = context;

    if (pa < RAM_BASE || pa - RAM_BASE > RAM_BYTES || size > RAM_BYTES - (pa - RAM_BASE))
        return NULL;
    return guest_at(g, pa);
}

static inline void guest_msi(void *context, uint64_t address, uint32_t data)
{
    struct guest *g = context;

    CHECK_EQ(address, 0xFEE00000u);
    g->messages++;
    g->last_data = data;
}

static inline void guest_line(void *context, struct device *device, bool asserted)
{
    struct guest *g = context;

    g->line = asserted;
    g->lines += asserted;
}

static inline uint64_t guest_now(struct clock *clock)
{
    return container_of(clock, struct guest, clock)->now;
}

static inline void guest_arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    struct guest *g = container_of(clock, struct guest, clock);

    g->timer = timer;
    g->due = due_ns;
}

static inline bool test_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct test_wire *t = container_of(wire, struct test_wire, wire);
    size_t size = frame_size(parts, count);

    if (!t->room) {
        wire->blocked = true;
        return false;
    }
    t->room--;
    CHECK(t->sent < FRAMES && size <= sizeof t->frame[0]);
    frame_gather(t->frame[t->sent], parts, count);
    t->size[t->sent++] = size;
    return wire_sent(wire, size);
}

static inline void test_close(struct wire *wire)
{
    free(container_of(wire, struct test_wire, wire));
}

static const struct wire_ops test_wire_ops = { .kind = "test", .send = test_send, .close = test_close };

static inline void guest_create(struct guest *g, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(g, 0, sizeof *g);
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = guest_arm };
    g->host = (struct device_host){
        .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line, .clock = &g->clock,
    };
    g->wire = calloc(1, sizeof *g->wire);
    g->wire->wire.ops = &test_wire_ops;
    g->wire->wire.link_up = true;
    g->wire->room = 1000000;
    snprintf(text, sizeof text, "test,ring=%u,mac=52:54:00:00:00:01%s%s", QUEUE_SIZE, *keys ? "," : "", keys);
    CHECK(spec_parse(&spec, text));
    g->device = virtio_net_create(&g->host, &g->wire->wire, &spec);
    CHECK(g->device);
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static inline void guest_destroy(struct guest *g)
{
    g->device->ops->destroy(g->device);
    free(g->ram);
}

static inline uint64_t guest_alloc(struct guest *g, size_t size)
{
    uint64_t pa = g->top;

    g->top = align_up(pa + size, 64);
    CHECK(g->top <= RAM_BASE + RAM_BYTES);
    return pa;
}

static inline void reg_write(struct guest *g, unsigned offset, unsigned size, uint64_t value)
{
    pci_bar_write(g->device, VIRTIO_BAR, offset, size, value);
}

static inline uint64_t reg_read(struct guest *g, unsigned offset, unsigned size)
{
    return pci_bar_read(g->device, VIRTIO_BAR, offset, size);
}

static inline uint8_t guest_status(struct guest *g)
{
    return (uint8_t)reg_read(g, 0x14, 1);
}

static inline void guest_write64(struct guest *g, unsigned offset, uint64_t value)
{
    reg_write(g, offset, 4, (uint32_t)value);
    reg_write(g, offset + 4, 4, value >> 32);
}

static inline void guest_features(struct guest *g, uint64_t features)
{
    features |= VIRTIO_F_VERSION_1;
    reg_write(g, 0x14, 1, 0);
    reg_write(g, 0x14, 1, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
    for (unsigned i = 0; i < 2; i++) {
        reg_write(g, 0x08, 4, i);
        reg_write(g, 0x0C, 4, (uint32_t)(features >> (32 * i)));
    }
    reg_write(g, 0x14, 1, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK);
}

static inline void guest_queue(struct guest *g, struct ring *ring, unsigned index, unsigned vector)
{
    *ring = (struct ring){ .index = index };
    ring->desc = guest_alloc(g, 16 * QUEUE_SIZE);
    ring->avail = guest_alloc(g, 6 + 2 * QUEUE_SIZE);
    ring->used = guest_alloc(g, 6 + 8 * QUEUE_SIZE);
    memset(guest_at(g, ring->avail), 0, 6 + 2 * QUEUE_SIZE);
    memset(guest_at(g, ring->used), 0, 6 + 8 * QUEUE_SIZE);
    reg_write(g, 0x16, 2, index);
    reg_write(g, 0x1A, 2, vector);
    guest_write64(g, 0x20, ring->desc);
    guest_write64(g, 0x28, ring->avail);
    guest_write64(g, 0x30, ring->used);
    reg_write(g, 0x1C, 2, 1);
}

/* MSI-X on, vector n sends data 100 + n; receive 0, transmit 1, control 2, configuration 3. */
static inline void guest_msix(struct guest *g)
{
    const struct msix *table = &container_of(g->device, struct virtio, device)->msix;
    unsigned msix = table->capability;

    for (unsigned i = 0; i < table->count; i++) {
        reg_write(g, VIRTIO_MSIX_TABLE + 16 * i, 4, 0xFEE00000u);
        reg_write(g, VIRTIO_MSIX_TABLE + 16 * i + 8, 4, 100 + i);
        reg_write(g, VIRTIO_MSIX_TABLE + 16 * i + 12, 4, 0);
    }
    pci_config_write(g->device, msix + 2, 2, 0x8000);
}

static inline void guest_start(struct guest *g, uint64_t features)
{
    guest_msix(g);
    guest_features(g, features);
    CHECK(guest_status(g) & VIRTIO_S_FEATURES_OK);
    reg_write(g, 0x10, 2, 3);
    guest_queue(g, &g->rx, 0, 0);
    guest_queue(g, &g->tx, 1, 1);
    if (features & NET_F_CTRL_VQ)
        guest_queue(g, &g->control, 2, 2);
    reg_write(g, 0x14, 1, 15);
    CHECK_EQ(guest_status(g), 15);
}

static inline struct virtq_desc *guest_desc(struct guest *g, struct ring *ring, unsigned i)
{
    return (struct virtq_desc *)guest_at(g, ring->desc) + i;
}

static inline void guest_offer(struct guest *g, struct ring *ring, uint16_t head)
{
    ring_u16 *avail = guest_at(g, ring->avail);

    avail[2 + ring->next % QUEUE_SIZE] = head;
    avail[1] = ++ring->next;
}

/* One buffer of one descriptor; returns its memory. */
static inline uint8_t *guest_add(struct guest *g, struct ring *ring, uint32_t size, bool write)
{
    uint64_t pa = guest_alloc(g, size);
    uint16_t d = ring->free_desc++ % QUEUE_SIZE;

    *guest_desc(g, ring, d) = (struct virtq_desc){ pa, size, write ? 2 : 0, 0 };
    guest_offer(g, ring, d);
    return guest_at(g, pa);
}

static inline void guest_kick(struct guest *g, struct ring *ring)
{
    reg_write(g, VIRTIO_NOTIFY + VIRTIO_NOTIFY_STEP * ring->index, 2, ring->index);
}

static inline uint16_t guest_used(struct guest *g, struct ring *ring)
{
    return ((ring_u16 *)guest_at(g, ring->used))[1];
}

static inline struct virtq_used_elem guest_used_elem(struct guest *g, struct ring *ring, unsigned i)
{
    return ((struct virtq_used_elem *)((uint8_t *)guest_at(g, ring->used) + 4))[i % QUEUE_SIZE];
}

static inline void guest_used_event(struct guest *g, struct ring *ring, uint16_t value)
{
    ((ring_u16 *)guest_at(g, ring->avail))[2 + QUEUE_SIZE] = value;
}

/* A frame to this card's address. */
static inline size_t guest_frame(uint8_t *frame, size_t size)
{
    static const uint8_t head[14] = { 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x88, 0xB5 };

    memcpy(frame, head, 14);
    for (size_t i = 14; i < size; i++)
        frame[i] = (uint8_t)(i * 7);
    return size;
}

static inline bool guest_deliver(struct guest *g, const uint8_t *frame, size_t size)
{
    struct iovec part = { (void *)(uintptr_t)frame, size };

    return wire_deliver(&g->wire->wire, &part, 1);
}

#endif
