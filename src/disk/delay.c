/* delay=TIME: every request waits that long before the disk behind gets it. Draining cancels those that wait. */
#include <stdlib.h>

#include "base/error.h"
#include "disk/disk_impl.h"

struct delay {
    struct disk_wrapper wrapper;        /* first */
    struct clock *clock;
    struct clock_timer timer;
    uint64_t delay_ns;
    struct list queue;                  /* by due time: all wait equally long */
};

static struct delay *delay_of(struct disk *disk)
{
    return container_of(disk, struct delay, wrapper.disk);
}

static void arm(struct delay *delay)
{
    uint64_t due = UINT64_MAX;

    if (!list_empty(&delay->queue))
        due = list_first(&delay->queue, struct disk_io, link)->due_ns;
    delay->clock->arm(delay->clock, &delay->timer, due);
}

static void delay_submit(struct disk *disk, struct disk_io *io)
{
    struct delay *delay = delay_of(disk);
    bool first = list_empty(&delay->queue);

    io->due_ns = delay->clock->now_ns(delay->clock) + delay->delay_ns;
    list_push_back(&delay->queue, &io->link);
    if (first)
        arm(delay);
}

static void due(struct clock_timer *timer)
{
    struct delay *delay = timer->context;
    uint64_t now = delay->clock->now_ns(delay->clock);

    while (!list_empty(&delay->queue)) {
        struct disk_io *io = list_first(&delay->queue, struct disk_io, link);

        if (io->due_ns > now)
            break;
        list_remove(&io->link);
        disk_pass(&delay->wrapper, io);
    }
    disk_flush_queue(delay->wrapper.inner);
    disk_burst_end(&delay->wrapper.disk);
    arm(delay);
}

static void delay_drain(struct disk *disk)
{
    struct delay *delay = delay_of(disk);
    struct list *node;

    while ((node = list_pop_front(&delay->queue)))
        disk_answer(container_of(node, struct disk_io, link), DISK_CANCELLED);
    arm(delay);
    disk_drain(delay->wrapper.inner);
}

struct disk *disk_delay(struct disk *inner, struct spec *spec, struct clock *clock)
{
    const char *text = spec_value(spec, "delay", 0);
    struct delay *delay;
    uint64_t ns = 0;

    if (text && !disk_time("delay", text, &ns))
        return NULL;
    if (!ns)
        return inner;
    delay = calloc(1, sizeof *delay);
    if (!delay)
        return error_set("no memory for delay"), NULL;
    delay->clock = clock;
    delay->delay_ns = ns;
    delay->timer = (struct clock_timer){ .expired = due, .context = delay };
    list_init(&delay->queue);
    disk_wrap(&delay->wrapper, inner);
    delay->wrapper.ops.submit = delay_submit;
    delay->wrapper.ops.drain = delay_drain;
    return &delay->wrapper.disk;
}
