/* The clock a part is given: nanoseconds since the computer started, real or virtual. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock_timer;

struct clock {
    uint64_t (*now_ns)(struct clock *clock);
    /* Arms, re-arms (a later call replaces) or, with due_ns UINT64_MAX, disarms a one-shot timer. */
    void (*arm)(struct clock *clock, struct clock_timer *timer, uint64_t due_ns);
    uint64_t wall_offset_ns;            /* add to now_ns for nanoseconds since 1970-01-01 UTC */
};

struct clock_timer {
    void (*expired)(struct clock_timer *timer);
    void *context;
    uint64_t due_ns;
    struct clock_timer *next;           /* the clock's own */
};

#endif
