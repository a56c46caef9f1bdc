/* A disk: the outside of a storage card, as bytes behind an offset.
 *
 *  1. One computer, one host thread: no call here is ever concurrent with another, and none waits for the world, with two
 *     exceptions: disk_drain, and a disk that was opened with `wait`.
 *  2. A request belongs to the disk from disk_issue until its done is called, which happens exactly once: from inside
 *     disk_issue, or later from the event loop or a timer. done may submit again.
 *  3. A request may begin to move at disk_flush_queue only: submit a burst, then flush the queue once.
 *  4. A disk with `volatile_cache` may lose what was written, until a flush submitted after the write was answered, or the write's own
 *     fua, has been answered. */
#ifndef DISK_DISK_H
#define DISK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/spec.h"

struct disk;

enum disk_op { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD, DISK_WRITE_ZEROES };
enum disk_result {
    DISK_DONE,
    DISK_FAILED,                        /* the world refused; the log has the sentence */
    DISK_BAD_REQUEST,                   /* beyond the end, or not in whole blocks */
    DISK_READ_ONLY,
    DISK_NO_SPACE,
    DISK_CANCELLED                      /* drained before it reached the medium */
};

#define DISK_PARTS_MAX 1024             /* of one request */

struct disk_io {
    enum disk_op op;
    bool fua;                           /* everything but READ: durable when done is called */
    bool unmap;                         /* WRITE_ZEROES: may give the space back */
    uint64_t offset, length;            /* bytes; ignored for FLUSH */
    struct iovec *parts;                /* READ, WRITE: together `length` bytes. The disk may change them until done */
    int count;
    void (*done)(struct disk_io *io, enum disk_result result);
    void *context;
    /* The disk's own while it has the request. */
    struct list link;
    struct disk *disk;
    uint64_t progress, due_ns;
    int stage;
};

struct disk_stats {
    uint64_t reads, read_bytes, writes, write_bytes, flushes, discards, zeroes, failed;
};

struct disk_ops {
    const char *kind;                   /* the SPEC kind: "file", "mem", ... */
    const char *help;                   /* one line for --help */
    /* NULL with error_text() when the specification or the world does not allow it. wait: every request is answered before
     * disk_flush_queue returns, so that virtual time stands still while the world works. */
    struct disk *(*open)(struct spec *spec, struct clock *clock, bool wait);
    void (*submit)(struct disk *disk, struct disk_io *io);
    void (*flush_queue)(struct disk *disk);     /* may be NULL */
    void (*drain)(struct disk *disk);           /* may be NULL when submit always answers */
    void (*close)(struct disk *disk);           /* nothing is in flight */
};

struct disk {
    const struct disk_ops *ops;
    uint64_t size;                      /* bytes, a multiple of block_size */
    uint32_t block_size;                /* 512 or 4096: offsets and lengths are multiples of it */
    bool read_only, volatile_cache, discard;
    /* The card sets these; they may be NULL. */
    void (*burst_end)(void *card);      /* answers that came by themselves are over for now: time to interrupt */
    void (*power_lost)(void *card);     /* `cut`: the computer has no power any more; no request is answered from here on */
    void *card;
    struct disk_stats stats;
};

/* Opens by specification: `file:PATH[,size=N][,ro=on][,io=...]`, `mem:SIZE`, `null:SIZE`. Every kind also takes block=512|4096, and
 * delay=TIME, error=seed:N, cut=seed:N (see their files). Keys that disks do not know are the caller's. The disk keeps nothing of
 * `spec`, but `clock` must outlive it. */
struct disk *disk_open(struct spec *spec, struct clock *clock, bool wait);
/* Drains and closes the disk and everything it wraps. NULL is allowed. */
void disk_close(struct disk *disk);
/* Every kind there is, NULL-terminated, for --help. */
extern const struct disk_ops *const disk_kinds[];

void disk_issue(struct disk *disk, struct disk_io *io);
/* Every request that was submitted has been answered when this returns; those that had not started with DISK_CANCELLED. */
void disk_drain(struct disk *disk);

static inline void disk_flush_queue(struct disk *disk)
{
    if (disk->ops->flush_queue)
        disk->ops->flush_queue(disk);
}

#endif
