/* A driver of an NVMe controller, of the simplest kind, for the tests of the model. */
#ifndef TESTS_UNIT_DEV_NVME_GUEST_H
#define TESTS_UNIT_DEV_NVME_GUEST_H

#include "dev/guest.h"
#include "dev/nvme.h"
#include "dev/slow_disk.h"

#define ADMIN_ENTRIES 8u
#define PAGE 4096u

struct answer {
    uint32_t result;
    uint16_t cid, status;               /* status without More and Do Not Retry */
    bool again, logged;                 /* may be repeated; the error log has more */
    uint16_t head, queue;
};

struct queue {
    unsigned id, size, tail, head;
    bool phase;
    uint64_t submission, completion;
};

struct drive {
    struct guest g;
    struct slow *slow;
    struct queue admin, io;
    uint16_t next;                      /* command identifier */
    uint64_t data;                      /* sixteen pages */
};

static inline uint32_t get(struct drive *d, unsigned offset)
{
    return (uint32_t)pci_bar_read(d->g.device, NVME_BAR, offset, 4);
}

static inline uint64_t get64(struct drive *d, unsigned offset)
{
    return pci_bar_read(d->g.device, NVME_BAR, offset, 8);
}

static inline void set(struct drive *d, unsigned offset, uint32_t value)
{
    pci_bar_write(d->g.device, NVME_BAR, offset, 4, value);
}

static inline void set64(struct drive *d, unsigned offset, uint64_t value)
{
    pci_bar_write(d->g.device, NVME_BAR, offset, 8, value);
}

static inline uint64_t pages(struct drive *d, unsigned count)
{
    d->g.top = align_up(d->g.top, PAGE);
    return guest_alloc(&d->g, (size_t)count * PAGE);
}

static inline uint8_t *at(struct drive *d, uint64_t pa)
{
    return guest_at(&d->g, pa);
}

static inline struct disk *open_disk(struct drive *d, const char *text, struct spec *spec)
{
    struct disk *disk;

    CHECK(spec_parse(spec, text));
    disk = disk_open(spec, &d->g.clock, false);
    CHECK(disk);
    return disk;
}

static inline void create_on(struct drive *d, const char *disk, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct guest *g = &d->g;
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(d, 0, sizeof *d);
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = guest_arm };
    g->host = (struct device_host){ .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line, .clock = &g->clock };
    snprintf(text, sizeof text, "%s,serial=SERIAL-1%s%s", disk, *keys ? "," : "", keys);
    d->slow = slow_create(open_disk(d, text, &spec));
    g->device = nvme_create(&g->host, &d->slow->wrapper.disk, &spec);
    CHECK(g->device);
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    d->data = pages(d, 16);
}

static inline void create(struct drive *d, const char *keys)
{
    create_on(d, "mem:1M", keys);
}

static inline void make_queue(struct drive *d, struct queue *queue, unsigned id, unsigned size)
{
    *queue = (struct queue){ .id = id, .size = size, .phase = true };
    queue->submission = pages(d, (size * 64 + PAGE - 1) / PAGE);
    queue->completion = pages(d, (size * 16 + PAGE - 1) / PAGE);
    memset(at(d, queue->submission), 0, size * 64);
    memset(at(d, queue->completion), 0, size * 16);
}

/* What a driver does after power on. */
static inline void enable(struct drive *d)
{
    make_queue(d, &d->admin, 0, ADMIN_ENTRIES);
    set(d, NVME_AQA, (ADMIN_ENTRIES - 1) | (ADMIN_ENTRIES - 1) << 16);
    set64(d, NVME_ASQ, d->admin.submission);
    set64(d, NVME_ACQ, d->admin.completion);
    set(d, NVME_CC, CC_ENABLE | 6u << 16 | 4u << 20);
    CHECK_EQ(get(d, NVME_CSTS) & (CSTS_READY | CSTS_FATAL), CSTS_READY);
}

static inline void ring(struct drive *d, struct queue *queue)
{
    set(d, NVME_DOORBELLS + 8 * queue->id, queue->tail);
}

/* Puts a command into the queue, without its doorbell: words 1, 6 to 9 by arguments, the others zero for the caller. */
static inline uint32_t *put_command(struct drive *d, struct queue *queue, unsigned opcode, uint32_t nsid, uint64_t prp1, uint64_t prp2)
{
    uint32_t *dw = (uint32_t *)at(d, queue->submission + 64 * queue->tail);

    memset(dw, 0, 64);
    dw[0] = opcode | (uint32_t)d->next++ << 16;
    dw[1] = nsid;
    memcpy(dw + 6, &prp1, 8);
    memcpy(dw + 8, &prp2, 8);
    queue->tail = (queue->tail + 1) % queue->size;
    return dw;
}

static inline bool has_answer(struct drive *d, struct queue *queue)
{
    const uint32_t *dw = (const uint32_t *)at(d, queue->completion + 16 * queue->head);

    return (dw[3] >> 16 & 1) == queue->phase;
}

/* Takes the next answer; the doorbell when `tell`. */
static inline struct answer take_answer(struct drive *d, struct queue *queue, bool tell)
{
    const uint32_t *dw = (const uint32_t *)at(d, queue->completion + 16 * queue->head);
    struct answer answer = { .result = dw[0], .cid = (uint16_t)dw[3], .status = dw[3] >> 17 & NVME_STATUS_CODE, .again = !(dw[3] >> 31),
                             .logged = dw[3] >> 30 & 1, .head = (uint16_t)dw[2], .queue = (uint16_t)(dw[2] >> 16) };

    CHECK(has_answer(d, queue));
    queue->head = (queue->head + 1) % queue->size;
    queue->phase ^= queue->head == 0;
    if (tell)
        set(d, NVME_DOORBELLS + 8 * queue->id + 4, queue->head);
    return answer;
}

static inline struct answer answer_of(struct drive *d, struct queue *queue)
{
    ring(d, queue);
    return take_answer(d, queue, true);
}

static inline struct answer admin(struct drive *d, unsigned opcode, uint32_t nsid, uint32_t dw10, uint32_t dw11)
{
    uint32_t *dw = put_command(d, &d->admin, opcode, nsid, d->data, 0);

    dw[10] = dw10;
    dw[11] = dw11;
    return answer_of(d, &d->admin);
}

static inline const uint8_t *identify(struct drive *d, uint32_t cns, uint32_t nsid)
{
    CHECK_EQ(admin(d, ADMIN_IDENTIFY, nsid, cns, 0).status, NVME_GOOD);
    return at(d, d->data);
}

static inline struct answer create_cq(struct drive *d, uint64_t pa, unsigned id, unsigned size, uint32_t dw11)
{
    uint32_t *dw = put_command(d, &d->admin, ADMIN_CREATE_CQ, 0, pa, 0);

    dw[10] = id | (size - 1) << 16;
    dw[11] = dw11;
    return answer_of(d, &d->admin);
}

static inline struct answer create_sq(struct drive *d, uint64_t pa, unsigned id, unsigned size, uint32_t dw11)
{
    uint32_t *dw = put_command(d, &d->admin, ADMIN_CREATE_SQ, 0, pa, 0);

    dw[10] = id | (size - 1) << 16;
    dw[11] = dw11;
    return answer_of(d, &d->admin);
}

static inline void start_queue(struct drive *d, struct queue *queue, unsigned id, unsigned size, unsigned vector)
{
    make_queue(d, queue, id, size);
    CHECK_EQ(create_cq(d, queue->completion, id, size, vector << 16 | 3).status, NVME_GOOD);
    CHECK_EQ(create_sq(d, queue->submission, id, size, id << 16 | 1).status, NVME_GOOD);
}

static inline void start(struct drive *d)
{
    enable(d);
    start_queue(d, &d->io, 1, 64, 0);
}

static inline uint32_t *blocks(struct drive *d, unsigned opcode, uint64_t lba, unsigned count, uint64_t prp1, uint64_t prp2)
{
    uint32_t *dw = put_command(d, &d->io, opcode, 1, prp1, prp2);

    dw[10] = (uint32_t)lba;
    dw[11] = (uint32_t)(lba >> 32);
    dw[12] = count - 1;
    return dw;
}

static inline struct answer move(struct drive *d, unsigned opcode, uint64_t lba, unsigned count, uint64_t prp1, uint64_t prp2)
{
    blocks(d, opcode, lba, count, prp1, prp2);
    return answer_of(d, &d->io);
}

static inline const uint8_t *read_log(struct drive *d, unsigned log, unsigned bytes, bool retain)
{
    memset(at(d, d->data), 0xEE, PAGE);
    CHECK_EQ(admin(d, ADMIN_GET_LOG, NVME_ALL_NAMESPACES, log | (bytes / 4 - 1) << 16 | (retain ? 1u << 15 : 0), 0).status, NVME_GOOD);
    return at(d, d->data);
}

/* Vector n sends data 100 + n. */
static inline void msix_on(struct drive *d)
{
    const struct msix *table = &nvme_of(d->g.device)->msix;

    for (unsigned i = 0; i < table->count; i++) {
        set(d, NVME_MSIX_TABLE + 16 * i, 0xFEE00000u);
        set(d, NVME_MSIX_TABLE + 16 * i + 8, 100 + i);
        set(d, NVME_MSIX_TABLE + 16 * i + 12, 0);
    }
    pci_config_write(d->g.device, table->capability + 2, 2, 0x8000);
}

#endif
