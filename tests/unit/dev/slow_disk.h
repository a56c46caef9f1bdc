/* A disk for the tests of block cards. */
#ifndef TESTS_UNIT_DEV_SLOW_DISK_H
#define TESTS_UNIT_DEV_SLOW_DISK_H

#include <stdlib.h>
#include <string.h>

#include "disk/disk_impl.h"

/* A disk that holds requests back until the test lets them go, or hands them to a memory disk at once. */
struct slow {
    struct disk_wrapper wrapper;
    struct list held;
    bool hold;
    unsigned cancelled;
    enum disk_result result;            /* of what is let go; DISK_DONE: what the disk says */
};

/* A disk may change the parts of a request, and its pointer to them. */
static inline void pass(struct slow *slow, struct disk_io *io)
{
    static struct iovec parts[DISK_PARTS_MAX];

    if (io->op == DISK_READ || io->op == DISK_WRITE) {
        memcpy(parts, io->parts, (size_t)io->count * sizeof *parts);
        memset(io->parts, 0, (size_t)io->count * sizeof *parts);
        io->parts = parts;
    }
    disk_pass(&slow->wrapper, io);
    memset(parts, 0, sizeof parts);
}

static inline void slow_submit(struct disk *disk, struct disk_io *io)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);

    if (slow->hold)
        list_push_back(&slow->held, &io->link);
    else if (slow->result != DISK_DONE)
        disk_answer(io, slow->result);
    else
        pass(slow, io);
}

static inline void slow_drain(struct disk *disk)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);
    struct list *node;

    for (; (node = list_pop_front(&slow->held)); slow->cancelled++)
        disk_answer(container_of(node, struct disk_io, link), DISK_CANCELLED);
}

static inline void slow_release(struct slow *slow)
{
    struct list *node;

    slow->hold = false;
    while ((node = list_pop_front(&slow->held)))
        slow_submit(&slow->wrapper.disk, container_of(node, struct disk_io, link));
    disk_burst_end(&slow->wrapper.disk);
}

/* Around a disk, which it owns from now on; it has a cache that may lose what was written. */
static inline struct slow *slow_create(struct disk *inner)
{
    struct slow *slow = calloc(1, sizeof *slow);

    list_init(&slow->held);
    disk_wrap(&slow->wrapper, inner);
    slow->wrapper.ops.submit = slow_submit;
    slow->wrapper.ops.drain = slow_drain;
    slow->wrapper.disk.volatile_cache = true;
    return slow;
}

#endif
