/* The null wire: swallows what the card sends; for benches it can also generate.
 *   null[,source=SIZE][,burst=N][,rate=FRAMES_PER_SECOND][,count=N]
 * source: frames of SIZE bytes arrive whenever the card can take them, `burst` at a time, paced as `rate` says (or as a
 * 100 Gbit/s link would), until `count` have been taken (0: without end). They are UDP frames to the broadcast
 * address, from 192.0.2.1 to 192.0.2.2, ports 9 and 9, so that any stack below an application just drops them. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "wire/wire_impl.h"

#define SOURCE_MAX 9216u

struct null_wire {
    struct wire wire;
    struct clock *clock;
    struct clock_timer timer;
    uint64_t count, burst, gap_ns;      /* gap between two bursts */
    bool armed;
    uint32_t size;
    uint8_t frame[SOURCE_MAX];
};

static bool null_send(struct wire *wire, const struct iovec *parts, int count)
{
    return wire_sent(wire, frame_size(parts, count));
}

static uint16_t header_sum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~((sum & 0xFFFF) + (sum >> 16));
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void make_frame(struct null_wire *null)
{
    static const uint8_t start[] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0x52, 0x33, 0x00, 0x00, 0x01, 0x08, 0x00,
        0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        0, 9, 0, 9, 0, 0, 0, 0,
    };
    uint8_t *ip = null->frame + 14;

    memcpy(null->frame, start, sizeof start);
    put16(ip + 2, null->size - 14);
    put16(ip + 24, null->size - 34);
    put16(ip + 10, header_sum(ip));
}

static void arm(struct null_wire *null, uint64_t due_ns)
{
    if (!null->armed)
        null->clock->arm(null->clock, &null->timer, due_ns);
    null->armed = true;
}

static void generate(struct clock_timer *timer)
{
    struct null_wire *null = timer->context;
    struct iovec part = { null->frame, null->size };
    uint64_t now = null->clock->now_ns(null->clock), sent = 0;

    null->armed = false;
    while (sent < null->burst && null->count && null->wire.ready && wire_deliver(&null->wire, &part, 1)) {
        sent++;
        null->count--;
    }
    if (sent)
        wire_burst_end(&null->wire);
    if (null->wire.ready && null->count)
        arm(null, now + null->gap_ns);
}

static void null_set_ready(struct wire *wire, bool ready)
{
    struct null_wire *null = container_of(wire, struct null_wire, wire);

    if (ready && null->size && null->count)
        arm(null, null->clock->now_ns(null->clock) + null->gap_ns);
}

static bool null_finished(struct wire *wire)
{
    struct null_wire *null = container_of(wire, struct null_wire, wire);

    return !null->size || !null->count;
}

static void null_close(struct wire *wire)
{
    struct null_wire *null = container_of(wire, struct null_wire, wire);

    if (null->armed)
        null->clock->arm(null->clock, &null->timer, UINT64_MAX);
    free(null);
}

static bool read_keys(struct null_wire *null, struct spec *spec)
{
    uint64_t size, rate;

    if (!spec_number(spec, "source", 0, &size) || !spec_number(spec, "burst", 32, &null->burst) ||
        !spec_number(spec, "rate", 0, &rate) || !spec_number(spec, "count", 0, &null->count))
        return false;
    if (size && (size < 60 || size > SOURCE_MAX))
        return error_set("null: source=%llu: a frame has 60 to %u bytes", (unsigned long long)size, SOURCE_MAX);
    if (null->burst < 1 || null->burst > 1024)
        return error_set("null: burst=%llu: 1 to 1024", (unsigned long long)null->burst);
    if (rate > 1000000000u)
        return error_set("null: rate=%llu: at most 1000000000 frames a second", (unsigned long long)rate);
    null->size = (uint32_t)size;
    if (!null->count)
        null->count = size ? UINT64_MAX : 0;
    /* 24 bytes of preamble, FCS and gap; 100 Gbit/s is 12.5 bytes a nanosecond. */
    null->gap_ns = rate ? null->burst * 1000000000u / rate : null->burst * (size + 24) * 10 / 125;
    return true;
}

static struct wire *null_open(struct spec *spec, struct clock *clock)
{
    struct null_wire *null = calloc(1, sizeof *null);

    if (!null) {
        error_set("no memory for a null wire");
        return NULL;
    }
    null->clock = clock;
    null->timer = (struct clock_timer){ .expired = generate, .context = null };
    null->wire.ops = &wire_null;
    null->wire.link_up = true;
    if (!read_keys(null, spec)) {
        free(null);
        return NULL;
    }
    if (null->size)
        make_frame(null);
    return &null->wire;
}

const struct wire_ops wire_null = {
    .kind = "null",
    .help = "null[,source=SIZE,burst=N,rate=N,count=N]: swallows frames, and generates them when asked",
    .open = null_open,
    .send = null_send,
    .set_ready = null_set_ready,
    .finished = null_finished,
    .close = null_close,
};
