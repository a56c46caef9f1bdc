/* A memory disk that holds requests back until the test lets them go, and fails what it is told to. */
#ifndef TESTS_UNIT_DEV_SCSI_MEDIUM_H
#define TESTS_UNIT_DEV_SCSI_MEDIUM_H

#include <stdlib.h>

#include "base/error.h"
#include "base/spec.h"
#include "disk/disk_impl.h"
#include "unit.h"

struct slow {
    struct disk_wrapper wrapper;
    struct list held;
    bool hold;
    enum disk_result fail;              /* what the next request ends with */
    unsigned cancelled;
    unsigned ops[DISK_WRITE_ZEROES + 1], fuas, unmaps;
};

static inline void slow_submit(struct disk *disk, struct disk_io *io)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);
    enum disk_result fail = slow->fail;

    slow->fail = DISK_DONE;
    slow->ops[io->op]++;
    slow->fuas += io->fua;
    slow->unmaps += io->op == DISK_WRITE_ZEROES && io->unmap;
    if (fail != DISK_DONE)
        disk_answer(io, fail);
    else if (slow->hold)
        list_push_back(&slow->held, &io->link);
    else
        disk_pass(&slow->wrapper, io);
}

static inline void slow_drain(struct disk *disk)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);
    struct list *node;

    for (; (node = list_pop_front(&slow->held)); slow->cancelled++) {
        struct disk_io *io = container_of(node, struct disk_io, link);

        for (int i = 0; i < io->count; i++)
            io->parts[i] = (struct iovec){ 0 };         /* a disk may */
        disk_answer(io, DISK_CANCELLED);
    }
}

static inline void slow_release(struct slow *slow)
{
    struct list *node;

    while ((node = list_pop_front(&slow->held)))
        disk_pass(&slow->wrapper, container_of(node, struct disk_io, link));
    disk_burst_end(&slow->wrapper.disk);
}

static inline unsigned slow_held(const struct slow *slow)
{
    unsigned count = 0;

    list_each(it, &slow->held)
        count++;
    return count;
}

/* The specification's disk inside; it looks as if it had a cache. */
static inline struct slow *slow_open(struct spec *spec, struct clock *clock)
{
    struct slow *slow = calloc(1, sizeof *slow);
    struct disk *inner = disk_open(spec, clock, false);

    CHECK(slow && inner);
    list_init(&slow->held);
    disk_wrap(&slow->wrapper, inner);
    slow->wrapper.ops.submit = slow_submit;
    slow->wrapper.ops.drain = slow_drain;
    slow->wrapper.disk.volatile_cache = true;
    return slow;
}

#endif
