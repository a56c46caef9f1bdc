/* A driver that does anything to a virtio-net card: registers, configuration space, ring contents, at any moment, with
 * frames and link changes in between. The card may ask for a reset; it must not touch what is not its RAM.
 * The input is a program of one-byte operations with arguments (see run()). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dev/virtio_net.h"
#include "wire/wire_impl.h"

#define RAM_BYTES 0x10000u
#define RAM_BASE 0x1000u
#define QUEUE_STEP 0x2000u              /* ring n begins there; 16 entries: table, available, used, in 1 KiB steps */
#define RING_SIZE 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    uint8_t *ram;
    struct device_host host;
    struct clock clock;
    struct device *card;
    struct wire wire;
    unsigned room;
};

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        value |= (uint64_t)*in->at++ << (8 * i);
    return value;
}

static void *dma(void *context, uint64_t pa, size_t size)
{
    struct target *t = context;

    if (pa < RAM_BASE || pa - RAM_BASE > RAM_BYTES || size > RAM_BYTES - (pa - RAM_BASE))
        return NULL;
    return t->ram + (pa - RAM_BASE);
}

static void raise_msi(void *context, uint64_t address, uint32_t data)
{
}

static void set_line(void *context, struct device *device, bool asserted)
{
}

static uint64_t now_ns(struct clock *clock)
{
    return 0;
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

static bool wire_take(struct wire *wire, const struct iovec *parts, int count)
{
    struct target *t = container_of(wire, struct target, wire);
    volatile uint8_t sum = 0;

    for (int i = 0; i < count; i++)
        for (size_t n = 0; n < parts[i].iov_len; n++)
            sum += ((const uint8_t *)parts[i].iov_base)[n];
    if (!t->room)
        return wire->blocked = true, false;
    t->room--;
    return wire_sent(wire, frame_size(parts, count));
}

static void wire_done(struct wire *wire)
{
}

static const struct wire_ops ops = { .kind = "fuzz", .send = wire_take, .close = wire_done };

static void bar(struct target *t, unsigned offset, unsigned size, uint64_t value)
{
    pci_bar_write(t->card, VIRTIO_BAR, offset, size, value);
}

/* A well-behaved start, so that most programs get as far as the rings. */
static void start(struct target *t, uint64_t features)
{
    features = (features & container_of(t->card, struct virtio, device)->offered) | VIRTIO_F_VERSION_1;
    pci_config_write(t->card, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    bar(t, 0x14, 1, 0);
    bar(t, 0x14, 1, 3);
    for (unsigned i = 0; i < 2; i++) {
        bar(t, 0x08, 4, i);
        bar(t, 0x0C, 4, (uint32_t)(features >> (32 * i)));
    }
    bar(t, 0x14, 1, 11);
    for (unsigned i = 0; i < 5; i++) {
        bar(t, 0x16, 2, i);
        bar(t, 0x1A, 2, i);
        bar(t, 0x20, 8, RAM_BASE + QUEUE_STEP * i);
        bar(t, 0x28, 8, RAM_BASE + QUEUE_STEP * i + 0x400);
        bar(t, 0x30, 8, RAM_BASE + QUEUE_STEP * i + 0x800);
        bar(t, 0x1C, 2, 1);
    }
    bar(t, 0x14, 1, 15);
}

static uint8_t *ring_of(struct target *t, uint64_t n)
{
    return t->ram + QUEUE_STEP * (n % 5);
}

static void put_descriptor(struct target *t, struct input *in)
{
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, take(in, 1)) + take(in, 1) % RING_SIZE;

    d->address = RAM_BASE + take(in, 2);
    d->length = (uint32_t)take(in, 2);
    d->flags = (uint16_t)take(in, 1) & 7;
    d->next = (uint16_t)take(in, 1) % (RING_SIZE + 1);
}

static void offer(struct target *t, struct input *in)
{
    uint64_t n = take(in, 1);
    ring_u16 *avail = (ring_u16 *)(ring_of(t, n) + 0x400);

    avail[2 + avail[1] % RING_SIZE] = (uint16_t)take(in, 1) % (RING_SIZE + 1);
    avail[1]++;
    bar(t, VIRTIO_NOTIFY + (n % 5) * VIRTIO_NOTIFY_STEP, 2, n % 5);
}

static void deliver(struct target *t, struct input *in)
{
    static uint8_t frame[3000];
    size_t size = take(in, 2) % sizeof frame, cut = size ? take(in, 1) % size : 0;
    struct iovec parts[] = { { frame, cut ? cut : size }, { frame + cut, size - cut } };

    if (!size)
        return;
    for (unsigned i = 0; i < 40 && i < size; i++)
        frame[i] = (uint8_t)take(in, 1);
    wire_deliver(&t->wire, parts, cut ? 2 : 1);
    wire_burst_end(&t->wire);
}

static void poke(struct target *t, struct input *in)
{
    uint64_t at = take(in, 2), count = take(in, 1);

    for (uint64_t i = 0; i < count && at + i < RAM_BYTES; i++)
        t->ram[at + i] = (uint8_t)take(in, 1);
}

static void registers(struct target *t, struct input *in, bool write)
{
    unsigned offset = (unsigned)take(in, 2) % (VIRTIO_BAR_BYTES + 64), size = 1u << (take(in, 1) & 3);

    if (write)
        bar(t, offset, size, take(in, 8));
    else
        pci_bar_read(t->card, VIRTIO_BAR, offset, size);
}

static void configuration(struct target *t, struct input *in)
{
    unsigned offset = (unsigned)take(in, 2) % 300, size = 1u << (take(in, 1) % 3);

    pci_config_write(t->card, offset, size, (uint32_t)take(in, 4));
    pci_config_read(t->card, offset, size);
}

static void run(struct target *t, struct input *in)
{
    while (in->at < in->end) {
        switch (take(in, 1) % 12) {
        case 0:
            poke(t, in);
            break;
        case 1:
            registers(t, in, true);
            break;
        case 2:
            registers(t, in, false);
            break;
        case 3:
            configuration(t, in);
            break;
        case 4:
            deliver(t, in);
            break;
        case 5:
            wire_set_link(&t->wire, !t->wire.link_up);
            break;
        case 6:
            t->room = (unsigned)take(in, 1);
            wire_set_writable(&t->wire);
            break;
        case 7:
            start(t, take(in, 8));
            break;
        case 8:
            put_descriptor(t, in);
            break;
        case 9:
            offer(t, in);
            break;
        case 10:
            t->card->ops->reset(t->card);
            break;
        default:
            start(t, UINT64_MAX);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct target *t = calloc(1, sizeof *t);
    struct input in = { data, data + size };
    struct spec spec;

    log_configure(&quiet);
    t->ram = calloc(1, RAM_BYTES);      /* on the heap: the sanitizer watches its ends */
    t->clock = (struct clock){ .now_ns = now_ns, .arm = arm };
    t->host = (struct device_host){ .context = t, .dma = dma, .raise_msi = raise_msi, .set_line = set_line, .clock = &t->clock };
    t->wire.ops = &ops;
    t->wire.link_up = true;
    t->room = 100;
    spec_parse(&spec, "fuzz,queues=2,ring=16");
    t->card = virtio_net_create(&t->host, &t->wire, &spec);
    run(t, &in);
    t->card->ops->destroy(t->card);
    free(t->ram);
    free(t);
    return 0;
}
