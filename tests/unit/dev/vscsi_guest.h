/* A driver of the simplest kind for a virtio-scsi card: what its tests share. */
#ifndef TESTS_UNIT_DEV_VSCSI_GUEST_H
#define TESTS_UNIT_DEV_VSCSI_GUEST_H

#include "dev/guest.h"
#include "dev/virtio_scsi.h"
#include "scsi_medium.h"

#define SENSE 96u
#define CDB 32u
#define TIMERS 4u

struct scsi_guest {
    struct guest g;
    struct slow *slow;
    struct ring control, events, ring[2];
    struct clock_timer *timer[TIMERS];  /* armed */
};

static struct scsi_guest *armed;        /* the guest whose clock it is */

static inline void scsi_arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    timer->due_ns = due_ns;
    for (unsigned i = 0; i < TIMERS; i++)
        if (!armed->timer[i] || armed->timer[i] == timer) {
            armed->timer[i] = timer;
            return;
        }
    CHECK(false);
}

/* Lets time pass. */
static inline void pass_time(struct scsi_guest *s, uint64_t ns)
{
    s->g.now += ns;
    for (unsigned i = 0; i < TIMERS; i++)
        if (s->timer[i] && s->timer[i]->due_ns <= s->g.now) {
            s->timer[i]->due_ns = UINT64_MAX;
            s->timer[i]->expired(s->timer[i]);
        }
}

static inline void create(struct scsi_guest *s, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct guest *g = &s->g;
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(s, 0, sizeof *s);
    armed = s;
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = scsi_arm };
    g->host = (struct device_host){ .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line,
                                    .clock = &g->clock };
    snprintf(text, sizeof text, "mem:1M,ring=%u,serial=SERIAL-1%s%s", QUEUE_SIZE, *keys ? "," : "", keys);
    CHECK(spec_parse(&spec, text));
    s->slow = slow_open(&spec, &g->clock);
    g->device = virtio_scsi_create(&g->host, &s->slow->wrapper.disk, &spec);
    if (!g->device)
        UNIT_FAIL("%s", error_text());
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* Queue n interrupts with data 100 + n, the configuration with what follows. */
static inline void start(struct scsi_guest *s, uint64_t features, unsigned queues)
{
    struct guest *g = &s->g;

    guest_msix(g);
    guest_features(g, features);
    CHECK(guest_status(g) & VIRTIO_S_FEATURES_OK);
    guest_queue(g, &s->control, VSCSI_CONTROL, 0);
    guest_queue(g, &s->events, VSCSI_EVENT, 1);
    for (unsigned i = 0; i < queues; i++)
        guest_queue(g, &s->ring[i], VSCSI_REQUEST + i, VSCSI_REQUEST + i);
    reg_write(g, 0x14, 1, 15);
    CHECK_EQ(guest_status(g), 15);
}

struct request {
    uint64_t command, answer, data;
    uint32_t size;
};

/* Three descriptors: command, answer, data (before or behind the answer as its direction wants). */
static inline struct request offer_lun(struct scsi_guest *s, unsigned queue, uint64_t lun, uint64_t id, const uint8_t *cdb, unsigned length,
                                       uint32_t size, bool read)
{
    struct guest *g = &s->g;
    struct ring *ring = &s->ring[queue];
    struct request r = { guest_alloc(g, 19 + CDB), guest_alloc(g, 12 + SENSE), guest_alloc(g, size ? size : 1), size };
    uint16_t d = ring->free_desc, last = (uint16_t)(d + 1 + (size != 0));
    struct vscsi_command *command = guest_at(g, r.command);

    ring->free_desc = (uint16_t)((d + 3) % 15);
    memset(command, 0, 19 + CDB);
    scsi_put(command->lun, 8, lun);
    command->id = id;
    memcpy(command + 1, cdb, length);
    memset(guest_at(g, r.answer), 0xEE, 12 + SENSE);
    *guest_desc(g, ring, d) = (struct virtq_desc){ r.command, 19 + CDB, 1, (uint16_t)(d + 1) };
    if (size && !read)
        *guest_desc(g, ring, d + 1u) = (struct virtq_desc){ r.data, size, 1, (uint16_t)(d + 2) };
    *guest_desc(g, ring, size && !read ? last : d + 1u) = (struct virtq_desc){ r.answer, 12 + SENSE, size && read ? 3 : 2, last };
    if (size && read)
        *guest_desc(g, ring, last) = (struct virtq_desc){ r.data, size, 2, 0 };
    guest_offer(g, ring, d);
    return r;
}

#define DISK_LUN 0x0100400000000000ull

static inline struct vscsi_answer answer_of(struct scsi_guest *s, struct request r)
{
    return *(struct vscsi_answer *)guest_at(&s->g, r.answer);
}

static inline const uint8_t *sense_of(struct scsi_guest *s, struct request r)
{
    return (const uint8_t *)guest_at(&s->g, r.answer) + sizeof(struct vscsi_answer);
}

/* A read or write of `count` blocks; its data of a write is `fill`. Not kicked. */
static inline struct request offer_blocks(struct scsi_guest *s, unsigned queue, uint64_t id, bool read, uint16_t lba, uint8_t count, uint8_t fill)
{
    uint8_t cdb[10] = { read ? SCSI_READ_10 : SCSI_WRITE_10, 0, 0, 0, (uint8_t)(lba >> 8), (uint8_t)lba, 0, 0, count, 0 };
    struct request r = offer_lun(s, queue, DISK_LUN, id, cdb, sizeof cdb, count * 512u, read);

    memset(guest_at(&s->g, r.data), fill, count * 512u);
    return r;
}

/* A command that ends at once; checks that it has been published. */
static inline struct vscsi_answer command(struct scsi_guest *s, uint64_t lun, const uint8_t *cdb, unsigned length, void *data, uint32_t size,
                                          bool read)
{
    uint16_t before = guest_used(&s->g, &s->ring[0]);
    struct request r = offer_lun(s, 0, lun, 1, cdb, length, size, read);

    if (size && !read)
        memcpy(guest_at(&s->g, r.data), data, size);
    guest_kick(&s->g, &s->ring[0]);
    if (guest_status(&s->g) == 15)
        CHECK_EQ(guest_used(&s->g, &s->ring[0]), (uint16_t)(before + 1));
    if (size && read)
        memcpy(data, guest_at(&s->g, r.data), size);
    return answer_of(s, r);
}

/* TEST UNIT READY until there is no unit attention. */
static inline void settle(struct scsi_guest *s)
{
    static const uint8_t ready[6];
    struct vscsi_answer a = command(s, DISK_LUN, ready, 6, NULL, 0, false);

    CHECK_EQ(a.status, SCSI_CHECK_CONDITION);
    a = command(s, DISK_LUN, ready, 6, NULL, 0, false);
    CHECK_EQ(a.response + a.status, 0);
}

/* A buffer of the control queue: `size` bytes out, `room` in. What came back is in *back. */
static inline void control(struct scsi_guest *s, const void *out, uint32_t size, uint8_t *back, uint32_t room)
{
    struct guest *g = &s->g;
    uint64_t from = guest_alloc(g, size), to = guest_alloc(g, room);
    uint16_t d = s->control.free_desc;

    s->control.free_desc = (uint16_t)((d + 2) % 16);
    memcpy(guest_at(g, from), out, size);
    memset(guest_at(g, to), 0xEE, room);
    *guest_desc(g, &s->control, d) = (struct virtq_desc){ from, size, 1, (uint16_t)(d + 1) };
    *guest_desc(g, &s->control, d + 1u) = (struct virtq_desc){ to, room, 2, 0 };
    guest_offer(g, &s->control, d);
    guest_kick(g, &s->control);
    memcpy(back, guest_at(g, to), room);
}

static inline uint8_t manage(struct scsi_guest *s, uint32_t subtype, uint64_t lun, uint64_t id)
{
    struct vscsi_tmf tmf = { .type = VSCSI_T_TMF, .subtype = subtype, .id = id };
    uint8_t response;

    scsi_put(tmf.lun, 8, lun);
    control(s, &tmf, sizeof tmf, &response, 1);
    return response;
}

#endif
