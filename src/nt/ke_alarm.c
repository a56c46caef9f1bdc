/* Alarms: a binary heap ordered by due time, then by arming order, so that equal runs fire equally. */
#include "nt/ke.h"

#include <assert.h>
#include <stdlib.h>

#include "host/time.h"
#include "nt/ke_internal.h"

static struct {
    struct ke_alarm **slot;             /* 1-based */
    size_t count, room;
    uint64_t order;
} heap;

static bool before(const struct ke_alarm *a, const struct ke_alarm *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void put(size_t index, struct ke_alarm *alarm)
{
    heap.slot[index] = alarm;
    alarm->heap_index = index;
}

static void sift_up(size_t index, struct ke_alarm *alarm)
{
    for (; index > 1 && before(alarm, heap.slot[index / 2]); index /= 2)
        put(index, heap.slot[index / 2]);
    put(index, alarm);
}

static void sift_down(size_t index, struct ke_alarm *alarm)
{
    for (size_t child; (child = index * 2) <= heap.count; index = child) {
        if (child < heap.count && before(heap.slot[child + 1], heap.slot[child]))
            child++;
        if (!before(heap.slot[child], alarm))
            break;
        put(index, heap.slot[child]);
    }
    put(index, alarm);
}

bool ke_alarm_cancel(struct ke_alarm *alarm)
{
    size_t index = alarm->heap_index;

    if (!index)
        return false;
    struct ke_alarm *last = heap.slot[heap.count--];
    alarm->heap_index = 0;
    if (last != alarm) {
        if (index > 1 && before(last, heap.slot[index / 2]))
            sift_up(index, last);
        else
            sift_down(index, last);
    }
    return true;
}

void ke_alarm_set(struct ke_alarm *alarm, uint64_t due_ns)
{
    ke_alarm_cancel(alarm);
    if (heap.count + 1 >= heap.room) {
        heap.room = heap.room ? heap.room * 2 : 64;
        heap.slot = realloc(heap.slot, heap.room * sizeof *heap.slot);
        assert(heap.slot);
    }
    alarm->due_ns = due_ns;
    alarm->order = heap.order++;
    sift_up(++heap.count, alarm);
}

uint64_t ke_next_alarm(void)
{
    return heap.count ? heap.slot[1]->due_ns : UINT64_MAX;
}

void ke_run_alarms(void)
{
    uint64_t now = ke_now();

    while (heap.count && heap.slot[1]->due_ns <= now) {
        struct ke_alarm *alarm = heap.slot[1];
        ke_alarm_cancel(alarm);
        alarm->fire(alarm);
    }
}

void ke_run_alarms_here(void)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    ke_run_alarms();
    ke_lower(old);
}

/* --- time -------------------------------------------------------------------------------------------------- */

static uint64_t recent;

uint64_t ke_now(void)
{
    return recent = ke.config.clock == KE_CLOCK_VIRTUAL ? ke.virtual_ns : host_monotonic_ns() - ke.real_start_ns;
}

uint64_t ke_recent(void)
{
    return recent;
}

void ke_advance(uint64_t ns)
{
    if (ke.config.clock == KE_CLOCK_VIRTUAL)
        ke.virtual_ns += ns;
}

uint64_t ke_system_time(void)
{
    return ke.system_time_offset + ke_now() / 100;
}

void ke_set_system_time(uint64_t time)
{
    ke.system_time_offset = time - ke_now() / 100;
}

/* --- the same clock for devices and wires: each clock_timer gets an alarm at its first arming ----------------- */

struct clock_alarm {
    struct ke_alarm alarm;
    struct clock_timer *timer;
    struct list node;
};

static struct list clock_alarms = LIST_INIT(clock_alarms);

static void clock_fire(struct ke_alarm *alarm)
{
    struct clock_timer *timer = container_of(alarm, struct clock_alarm, alarm)->timer;

    timer->expired(timer);
}

static struct clock_alarm *find_alarm(struct clock_timer *timer)
{
    list_each(node, &clock_alarms) {
        struct clock_alarm *a = container_of(node, struct clock_alarm, node);
        if (a->timer == timer)
            return a;
    }
    return NULL;
}

static void clock_arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    struct clock_alarm *a = find_alarm(timer);

    (void)clock;
    timer->due_ns = due_ns;
    if (due_ns == UINT64_MAX) {
        if (!a)
            return;
        ke_alarm_cancel(&a->alarm);
        list_remove(&a->node);
        free(a);
        return;
    }
    if (!a) {
        a = calloc(1, sizeof *a);
        assert(a);
        a->timer = timer;
        a->alarm.fire = clock_fire;
        list_push_back(&clock_alarms, &a->node);
    }
    ke_alarm_set(&a->alarm, due_ns);
}

static uint64_t clock_now(struct clock *clock)
{
    (void)clock;
    return ke_now();
}

static struct clock the_clock = { .now_ns = clock_now, .arm = clock_arm };

struct clock *ke_clock(void)
{
    the_clock.wall_offset_ns = ke.config.wall_start_ns;
    return &the_clock;
}

void ke_clock_close(void)
{
    list_each_safe(node, &clock_alarms) {
        struct clock_alarm *a = container_of(node, struct clock_alarm, node);
        ke_alarm_cancel(&a->alarm);
        list_remove(&a->node);
        free(a);
    }
    free(heap.slot);
    heap.slot = NULL;
    heap.count = heap.room = 0;
    heap.order = 0;
}
