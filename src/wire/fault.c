/* Faults on any wire: delay=TIME, loss=PERCENT, reorder=PERCENT, duplicate=PERCENT, faultseed=N. TIME has a unit (ns, us, ms,
 * s), PERCENT may have a fraction (loss=0.5). Each direction draws its own numbers from the seed, so runs repeat.
 *
 * A delayed frame waits in a queue ordered by due time. A reordered frame is held back by one extra delay (or by 1 ms
 * where there is none), so that the frames behind it overtake it. A duplicated frame comes again by that much later. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "wire/wrapper.h"

#define REORDER_DEFAULT_NS 1000000u
#define QUEUE_LIMIT 65536u

struct delayed {
    struct list link;
    uint64_t due_ns;
    size_t size;
    uint8_t bytes[];
};

struct direction {
    struct random random;
    struct list queue;                  /* by due time */
    unsigned queued;
    struct clock_timer timer;
};

struct fault {
    struct wrapper wrapper;             /* first */
    struct clock *clock;
    uint64_t delay_ns;
    uint32_t loss, reorder, duplicate;  /* parts per million */
    struct direction out, in;
};

static void arm(struct fault *fault, struct direction *direction)
{
    uint64_t due = UINT64_MAX;

    if (!list_empty(&direction->queue))
        due = list_first(&direction->queue, struct delayed, link)->due_ns;
    fault->clock->arm(fault->clock, &direction->timer, due);
}

static bool chance(struct direction *direction, uint32_t per_million)
{
    return per_million && random_below(&direction->random, 1000000) < per_million;
}

static bool enqueue(struct fault *fault, struct direction *direction, uint64_t wait_ns, const struct iovec *parts, int count)
{
    size_t size = frame_size(parts, count);
    struct delayed *frame = direction->queued < QUEUE_LIMIT ? malloc(sizeof *frame + size) : NULL;
    struct list *after;

    if (!frame)
        return false;
    frame->size = frame_gather(frame->bytes, parts, count);
    frame->due_ns = fault->clock->now_ns(fault->clock) + wait_ns;
    after = direction->queue.prev;
    while (after != &direction->queue && container_of(after, struct delayed, link)->due_ns > frame->due_ns)
        after = after->prev;
    list_insert(&frame->link, after, after->next);
    direction->queued++;
    arm(fault, direction);
    return true;
}

static uint64_t one_more_delay(const struct fault *fault)
{
    return fault->delay_ns ? fault->delay_ns : REORDER_DEFAULT_NS;
}

/* A second copy of a frame that is not lost. Without room there is none. */
static void duplicate(struct fault *fault, struct direction *direction, const struct iovec *parts, int count)
{
    if (chance(direction, fault->duplicate))
        enqueue(fault, direction, fault->delay_ns + one_more_delay(fault), parts, count);
}

/* What is to happen to a frame: its wait in nanoseconds, UINT64_MAX for loss. */
static uint64_t decide(struct fault *fault, struct direction *direction)
{
    uint64_t wait = fault->delay_ns;

    if (chance(direction, fault->loss))
        return UINT64_MAX;
    if (chance(direction, fault->reorder))
        wait += one_more_delay(fault);
    return wait;
}

static bool fault_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct fault *fault = container_of(wire, struct fault, wrapper.wire);
    uint64_t wait;

    if (fault->wrapper.inner->blocked && !fault->delay_ns) {
        wire->blocked = true;
        return false;
    }
    wait = decide(fault, &fault->out);
    if (wait == UINT64_MAX) {
        wire->stats.tx_dropped++;
        return true;                    /* the card cannot know */
    }
    duplicate(fault, &fault->out, parts, count);
    if (!wait)
        return wrapper_send(wire, parts, count);
    if (!enqueue(fault, &fault->out, wait, parts, count))
        return wire_lost(wire);
    return wire_sent(wire, frame_size(parts, count));
}

static bool fault_deliver(void *card, const struct iovec *parts, int count)
{
    struct fault *fault = card;
    uint64_t wait;

    if (!fault->delay_ns && !fault->wrapper.wire.ready)
        return false;
    wait = decide(fault, &fault->in);
    if (wait != UINT64_MAX)
        duplicate(fault, &fault->in, parts, count);
    if (!wait)
        return wrapper_deliver(card, parts, count);
    if (wait == UINT64_MAX || !enqueue(fault, &fault->in, wait, parts, count))
        fault->wrapper.wire.stats.rx_dropped++;
    return true;
}

static struct delayed *next_due(struct fault *fault, struct direction *direction)
{
    struct delayed *frame;

    if (list_empty(&direction->queue))
        return NULL;
    frame = list_first(&direction->queue, struct delayed, link);
    return frame->due_ns <= fault->clock->now_ns(fault->clock) ? frame : NULL;
}

static void release(struct direction *direction, struct delayed *frame)
{
    list_remove(&frame->link);
    direction->queued--;
    free(frame);
}

static void out_due(struct clock_timer *timer)
{
    struct fault *fault = timer->context;
    struct delayed *frame;

    while ((frame = next_due(fault, &fault->out)) != NULL) {
        struct iovec part = { frame->bytes, frame->size };

        if (!wire_send(fault->wrapper.inner, &part, 1))
            fault->wrapper.wire.stats.tx_dropped++;
        release(&fault->out, frame);
    }
    wire_flush(fault->wrapper.inner);
    arm(fault, &fault->out);
}

/* A frame that is due while the card has no room is lost: it is on the wire now. */
static void in_due(struct clock_timer *timer)
{
    struct fault *fault = timer->context;
    struct delayed *frame;

    while ((frame = next_due(fault, &fault->in)) != NULL) {
        struct iovec part = { frame->bytes, frame->size };

        if (!wire_deliver(&fault->wrapper.wire, &part, 1))
            fault->wrapper.wire.stats.rx_dropped++;
        release(&fault->in, frame);
    }
    wire_burst_end(&fault->wrapper.wire);
    arm(fault, &fault->in);
}

static void direction_init(struct fault *fault, struct direction *direction, uint64_t seed, void (*due)(struct clock_timer *))
{
    random_seed(&direction->random, seed);
    list_init(&direction->queue);
    direction->timer = (struct clock_timer){ .expired = due, .context = fault };
}

static void direction_close(struct fault *fault, struct direction *direction)
{
    fault->clock->arm(fault->clock, &direction->timer, UINT64_MAX);
    while (!list_empty(&direction->queue))
        release(direction, list_first(&direction->queue, struct delayed, link));
}

static void fault_close(struct wire *wire)
{
    struct fault *fault = container_of(wire, struct fault, wrapper.wire);

    direction_close(fault, &fault->out);
    direction_close(fault, &fault->in);
    wrapper_close(&fault->wrapper);
    free(fault);
}

static bool parse_time(const char *text, uint64_t *ns)
{
    static const struct { const char *unit; double scale; } units[] = {
        { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
    };
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (end != text && strcmp(end, units[i].unit) == 0 && value >= 0 && value * units[i].scale <= 3.6e12) {
            *ns = (uint64_t)(value * units[i].scale);
            return true;
        }
    return error_set("delay=%s: expected a time up to one hour with its unit, as 20ms or 150us", text);
}

static bool parse_percent(const char *key, const char *text, uint32_t *per_million)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) || !(value >= 0 && value <= 100))
        return error_set("%s=%s: expected a percentage from 0 to 100", key, text);
    *per_million = (uint32_t)(value * 10000);
    return true;
}

struct wire *wire_fault(struct wire *inner, struct spec *spec, struct clock *clock)
{
    const char *delay = spec_value(spec, "delay", 0), *loss = spec_value(spec, "loss", 0);
    const char *reorder = spec_value(spec, "reorder", 0), *duplicates = spec_value(spec, "duplicate", 0);
    struct fault *fault;
    uint64_t seed;

    if (!spec_number(spec, "faultseed", 1, &seed))
        return NULL;
    if (!delay && !loss && !reorder && !duplicates)
        return inner;
    fault = calloc(1, sizeof *fault);
    if (!fault) {
        error_set("no memory for delay, loss, reorder and duplicate");
        return NULL;
    }
    if ((delay && !parse_time(delay, &fault->delay_ns)) || (loss && !parse_percent("loss", loss, &fault->loss)) ||
        (reorder && !parse_percent("reorder", reorder, &fault->reorder)) ||
        (duplicates && !parse_percent("duplicate", duplicates, &fault->duplicate))) {
        free(fault);
        return NULL;
    }
    fault->clock = clock;
    direction_init(fault, &fault->out, seed * 2, out_due);
    direction_init(fault, &fault->in, seed * 2 + 1, in_due);
    wrapper_init(&fault->wrapper, inner);
    fault->wrapper.ops.send = fault_send;
    fault->wrapper.ops.close = fault_close;
    inner->deliver = fault_deliver;
    return &fault->wrapper.wire;
}
