/* A card that takes frames and counts, and a clock that is moved by hand. */
#ifndef TESTS_UNIT_WIRE_WIRES_H
#define TESTS_UNIT_WIRE_WIRES_H

#include "unit.h"

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "host/file.h"
#include "host/loop.h"
#include "wire/wire_impl.h"

#define TIMERS 16

struct test_clock {
    struct clock clock;
    uint64_t now;
    struct clock_timer *timers[TIMERS];
};

struct card {
    struct wire *wire;
    unsigned room, frames, bursts, writables;
    uint64_t bytes;
    unsigned link_changes;
    size_t last_size;
    uint8_t last[2048];
};

static inline uint64_t test_now(struct clock *clock)
{
    return container_of(clock, struct test_clock, clock)->now;
}

static inline void test_arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    struct test_clock *c = container_of(clock, struct test_clock, clock);
    int slot = -1;

    timer->due_ns = due_ns;
    for (int i = 0; i < TIMERS; i++)
        if (c->timers[i] == timer || (!c->timers[i] && slot < 0))
            slot = i;
    for (int i = 0; i < TIMERS; i++)
        if (c->timers[i] == timer)
            slot = i;
    CHECK(slot >= 0);
    c->timers[slot] = due_ns == UINT64_MAX ? NULL : timer;
}

/* Runs what is due, in order, and moves the clock to `until`. */
static inline void test_run(struct test_clock *c, uint64_t until)
{
    for (;;) {
        int first = -1;

        for (int i = 0; i < TIMERS; i++)
            if (c->timers[i] && c->timers[i]->due_ns <= until &&
                (first < 0 || c->timers[i]->due_ns < c->timers[first]->due_ns))
                first = i;
        if (first < 0)
            break;
        struct clock_timer *timer = c->timers[first];
        c->timers[first] = NULL;
        c->now = max_u64(c->now, timer->due_ns);
        timer->expired(timer);
    }
    c->now = max_u64(c->now, until);
}

static inline void test_clock_init(struct test_clock *c)
{
    *c = (struct test_clock){ .clock = { .now_ns = test_now, .arm = test_arm, .wall_offset_ns = 1700000000000000000u } };
}

static inline bool card_deliver(void *context, const struct iovec *parts, int count)
{
    struct card *card = context;
    size_t size = frame_size(parts, count);

    if (!card->room) {
        wire_set_ready(card->wire, false);
        return false;
    }
    card->room--;
    card->frames++;
    card->bytes += size;
    card->last_size = size;
    if (size <= sizeof card->last)
        frame_gather(card->last, parts, count);
    return true;
}

static inline void card_burst_end(void *context)
{
    ((struct card *)context)->bursts++;
}

static inline void card_writable(void *context)
{
    ((struct card *)context)->writables++;
}

static inline void card_link(void *context, bool up)
{
    ((struct card *)context)->link_changes++;
}

static inline void card_attach(struct card *card, struct wire *wire)
{
    static const struct log_config quiet = { .level = LOG_ERROR };

    log_configure(&quiet);
    *card = (struct card){ .wire = wire, .room = UINT32_MAX };
    wire->card = card;
    wire->deliver = card_deliver;
    wire->burst_end = card_burst_end;
    wire->writable = card_writable;
    wire->link_changed = card_link;
}

static inline struct wire *open_wire(struct test_clock *c, const char *text)
{
    struct spec spec;
    struct wire *wire;

    CHECK(spec_parse(&spec, text));
    wire = wire_open(&spec, &c->clock);
    if (wire)
        CHECK(spec_finish(&spec));
    return wire;
}

static inline bool send_frame(struct wire *wire, const void *frame, size_t size)
{
    struct iovec part = { (void *)(uintptr_t)frame, size };
    bool taken = wire_send(wire, &part, 1);

    wire_flush(wire);
    return taken;
}

/* A scratch path of this process; the test removes the file. */
static inline const char *scratch(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *at = path[next++ % 4];

    snprintf(at, sizeof path[0], "%s/ring3-%d-%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", getpid(), name);
    return at;
}

#endif
