/* NVM Express 1.4 controller on PCI, a namespace for each disk. nvme.c (identity, BAR, life), nvme_control.c (registers, enabling, resets,
 * shutdown), nvme_queue.c (doorbells, fetching, answers), nvme_interrupt.c, nvme_data.c (PRPs), nvme_admin.c (admin commands), nvme_format.c,
 * nvme_identify.c, nvme_feature.c, nvme_log.c (logs, asynchronous events), nvme_io.c (NVM commands).
 *
 *  1. A request is in exactly one of: its queue's free list; under way (with the disk, or an event request that waits); its
 *     completion queue's `waiting` list, which nvme_run empties as far as there is room.
 *  2. Commands, PRPs and ranges are read once; data pages are checked RAM, given to the disk as they are.
 *  3. Nothing is fetched, posted or signalled but in nvme_run, while the controller is ready, in D0 and a bus master. An interrupt may bring
 *     register accesses at once, so it is the last thing done there.
 *  4. Resets, CC.EN = 0 and power off drain the disks first: nothing of an earlier command touches memory afterwards.
 *  5. A submission queue that is being deleted fetches nothing; the Delete command is answered when its last command is. */
#ifndef DEV_NVME_H
#define DEV_NVME_H

#include "base/list.h"
#include "dev/msi.h"
#include "dev/msix.h"
#include "dev/nvme_spec.h"
#include "dev/pci.h"
#include "disk/disk.h"

#define NVME_BAR 0
#define NVME_BAR_BYTES 0x4000u
#define NVME_MSIX_TABLE 0x2000u
#define NVME_MSIX_PBA 0x3000u

#define NVME_QUEUES_MAX 9u              /* with the admin queue, 0 */
#define NVME_ENTRIES_MAX 1024u
#define NVME_PAGE 4096u                 /* the smallest, and the unit of MDTS */
#define NVME_PAGE_SHIFT_MAX 4u          /* CC.MPS: up to 64 KiB */
#define NVME_MDTS 8u
#define NVME_DATA_MAX ((uint64_t)NVME_PAGE << NVME_MDTS)
#define NVME_PARTS (NVME_DATA_MAX / NVME_PAGE + 1)
#define NVME_NAMESPACES 16u
#define NVME_EVENTS_MAX 4u              /* asynchronous event requests at once */
#define NVME_ERRORS 64u
#define NVME_RANGES 256u
#define NVME_SERIAL_BYTES 20u
#define NVME_TEMPERATURE 310u           /* kelvin */

struct nvme;
struct nvme_sq;

struct nvme_range {
    uint32_t attributes, count;
    uint64_t lba;
};

struct nvme_ns {
    struct nvme *nvme;
    struct disk *disk;                  /* NULL: the namespace is not active */
    unsigned id;
    bool formatting, changed;
    uint64_t reads, read_bytes, writes, write_bytes, media_errors;
    struct disk_io flush;               /* of a shutdown */
    bool flushing;
};

struct nvme_request {
    struct disk_io io;                  /* first */
    struct list link;
    struct nvme_sq *sq;
    struct nvme_ns *ns;
    bool named;                         /* its identifier is its own, no other command's under way */
    uint16_t status;
    uint32_t result;
    uint32_t dw[16];                    /* the command as it was fetched */
    unsigned step, steps;               /* of commands that are several requests to disks */
    bool inside, at_once;               /* in disk_issue; answered from inside it, with disk_result */
    enum disk_result disk_result;
    uint8_t *bounce;                    /* Compare: what the disk has */
    struct iovec bounce_part;
    union {
        struct iovec parts[NVME_PARTS];
        struct nvme_range ranges[NVME_RANGES];
    };
};

struct nvme_cq {
    bool exists, interrupts, phase;
    unsigned id, size, head, tail, vector, users, fresh;       /* fresh: entries nobody was told of */
    uint8_t *entries;
    struct list waiting;
};

struct nvme_sq {
    struct nvme *nvme;
    bool exists;
    unsigned id, size, head, tail, outstanding;
    const uint8_t *entries;
    struct nvme_cq *cq;
    struct nvme_request *requests, *deleting;
    struct list free;
    uint64_t identifiers[65536 / 64];   /* of commands under way */
};

struct nvme_error {
    uint64_t number, lba;
    uint32_t nsid;
    uint16_t sqid, cid, status, parameter;
};

struct nvme_features {
    uint32_t arbitration, temperature_over, temperature_under, recovery[NVME_NAMESPACES], write_cache, coalescing, atomicity, events;
    bool no_coalescing[NVME_QUEUES_MAX];
    uint64_t timestamp, timestamp_at;   /* milliseconds as set, and the clock then */
    bool timestamp_set;
};

struct nvme {
    struct device device;               /* first */
    struct msix msix;
    struct msi msi;
    struct nvme_ns namespaces[NVME_NAMESPACES];
    unsigned queue_count, entries_max, namespace_count;
    char serial[NVME_SERIAL_BYTES + 1];
    uint32_t cc, csts, aqa, masked;
    uint32_t held;                      /* vectors whose interrupt waits for more answers, or for the timer */
    struct clock_timer timer;           /* of interrupt coalescing */
    bool timer_armed;
    uint64_t asq, acq;
    unsigned page_shift;                /* of CC.MPS, while ready */
    bool running, stopping, line_asserted, queues_made;
    struct nvme_sq sqs[NVME_QUEUES_MAX];
    struct nvme_cq cqs[NVME_QUEUES_MAX];
    struct nvme_features features;
    /* Asynchronous events. */
    struct nvme_request *event_requests[NVME_EVENTS_MAX];
    unsigned event_count, events_pending, event_types_masked;
    struct nvme_error errors[NVME_ERRORS];
    uint64_t error_count;
    struct nvme_request *formatter;     /* the Format NVM under way */
    uint64_t power_cycles, unsafe_shutdowns, media_errors;
    struct device_stats stats;
    uint8_t scratch[2 * 4096];          /* of the admin command that is executed: what it gives to the driver */
};

static inline struct nvme *nvme_of(struct device *device)
{
    return (struct nvme *)device;
}

/* nvme.c */
/* host->dma with the arithmetic checked; NULL: not RAM. */
void *nvme_dma(const struct nvme *nvme, uint64_t pa, uint64_t size);

/* nvme_control.c */
uint32_t nvme_register_read(struct nvme *nvme, unsigned offset);
void nvme_register_write(struct nvme *nvme, unsigned offset, uint32_t value);
/* Power on, or an NVM subsystem reset. */
void nvme_power_on(struct nvme *nvme);
/* The controller cannot go on: CSTS.CFS, until the next reset. */
void nvme_fatal(struct nvme *nvme, const char *why);
/* disk_io.done of a shutdown's flushes. */
void nvme_flush_done(struct disk_io *io, enum disk_result result);

/* nvme_queue.c */
bool nvme_can_run(const struct nvme *nvme);
void nvme_run(struct nvme *nvme);
/* disk.burst_end. */
void nvme_burst_end(void *card);
/* A command's answer: status code with type, NVME_DNR where repeating is in vain. */
void nvme_complete(struct nvme_request *request, uint16_t status);
void nvme_doorbell(struct nvme *nvme, unsigned offset, uint32_t value);
/* Queue memory is entries; false: no memory of ours. */
bool nvme_make_sq(struct nvme *nvme, unsigned id, unsigned size, const void *entries, struct nvme_cq *cq);
void nvme_make_cq(struct nvme *nvme, unsigned id, unsigned size, void *entries, unsigned vector, bool interrupts);
void nvme_drop_sq(struct nvme_sq *sq);
void nvme_drop_cq(struct nvme_cq *cq);
/* Drains the disks and forgets every queue. */
void nvme_stop(struct nvme *nvme);

/* nvme_interrupt.c */
uint32_t nvme_mask_read(const struct nvme *nvme);
void nvme_mask_write(struct nvme *nvme, uint32_t set, uint32_t clear);
/* The pin, by what waits. */
void nvme_update_line(struct nvme *nvme);
/* Tells of what was posted, or holds that back for a while. It may bring register accesses at once. */
void nvme_interrupt(struct nvme *nvme);
/* Nothing is held back any more. */
void nvme_forget_interrupts(struct nvme *nvme);
/* clock_timer.expired of the controller's timer. */
void nvme_timer_expired(struct clock_timer *timer);

/* nvme_data.c */
/* The command's data by its PRPs as parts of RAM. A status, 0: good. */
uint16_t nvme_map(struct nvme_request *request, uint64_t bytes, struct iovec *parts, unsigned room, int *count);
/* Blocks of the controller's own, up to 4 KiB: to the driver's memory and from it. A status. */
uint16_t nvme_give(struct nvme_request *request, const void *from, uint64_t bytes);
uint16_t nvme_take(struct nvme_request *request, void *to, uint64_t bytes);

/* nvme_admin.c, nvme_io.c: a command that was fetched; answered by nvme_complete, now or later. */
void nvme_admin(struct nvme_request *request);
void nvme_io(struct nvme_request *request);
/* The active namespace of a command, or NULL with its status. */
struct nvme_ns *nvme_namespace(struct nvme *nvme, uint32_t id, uint16_t *status);
/* Gives the prepared request to its namespace's disk, until it is answered or the disk takes its time. */
void nvme_drive(struct nvme_request *request);
/* disk_io.done of every request. */
void nvme_disk_done(struct disk_io *io, enum disk_result result);
/* What a disk's result is to a driver. */
uint16_t nvme_disk_status(const struct disk_io *io, enum disk_result result);

/* nvme_format.c */
void nvme_format(struct nvme_request *request);
/* The disk has zeroed a piece, or not. True: the next one has been prepared. */
bool nvme_format_step(struct nvme_request *request, uint16_t status);

/* nvme_identify.c */
void nvme_identify(struct nvme_request *request);
uint64_t nvme_blocks(const struct nvme_ns *ns);
bool nvme_has_cache(const struct nvme *nvme);

/* nvme_feature.c */
void nvme_features_reset(struct nvme *nvme);
void nvme_get_features(struct nvme_request *request);
void nvme_set_features(struct nvme_request *request);

/* nvme_log.c */
enum nvme_event { NVME_EVENT_REGISTER, NVME_EVENT_VALUE, NVME_EVENT_RELIABILITY, NVME_EVENT_TEMPERATURE, NVME_EVENT_NAMESPACES, NVME_EVENTS };
void nvme_get_log(struct nvme_request *request);
void nvme_log_error(struct nvme *nvme, const struct nvme_error *error);
void nvme_event(struct nvme *nvme, enum nvme_event event);
void nvme_event_request(struct nvme_request *request);
/* Bits of the SMART / health log. */
uint8_t nvme_warnings(const struct nvme *nvme);
/* Compares the temperature with its thresholds, the media with what it should be; after each change. */
void nvme_check_health(struct nvme *nvme);
/* Answers event requests with what is pending. */
void nvme_deliver_events(struct nvme *nvme);

#endif
