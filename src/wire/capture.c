/* Capture: both directions of a wire into a pcapng file, stamped with the computer's clock. What the card could not
 * take is not in the file. */
#include <stdlib.h>

#include "base/error.h"
#include "wire/pcapng.h"
#include "wire/wrapper.h"

struct capture {
    struct wrapper wrapper;             /* first */
    struct clock *clock;
    bool written;                       /* the frame that is offered next is in the file: the wire had no room for it */
    struct pcapng_writer file;
};

static void record(struct capture *capture, enum pcapng_direction direction, const struct iovec *parts, int count)
{
    uint64_t now = capture->clock->now_ns(capture->clock) + capture->clock->wall_offset_ns;

    pcapng_write(&capture->file, now, direction, parts, count);
}

/* Recorded before the inner wire sees it, so that an answer from inside send() comes after its question. */
static bool capture_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct capture *capture = container_of(wire, struct capture, wrapper.wire);

    if (!capture->wrapper.inner->blocked && !capture->written)
        record(capture, PCAPNG_OUTBOUND, parts, count);
    if (wrapper_send(wire, parts, count))
        return capture->written = false, true;
    capture->written = wire->blocked;
    return false;
}

static bool capture_deliver(void *card, const struct iovec *parts, int count)
{
    struct capture *capture = card;

    if (!wrapper_deliver(card, parts, count))
        return false;
    record(capture, PCAPNG_INBOUND, parts, count);
    return true;
}

/* After each burst the file is whole: a computer that stops with a bug check leaves its last frames there. */
static void capture_flush(struct wire *wire)
{
    struct capture *capture = container_of(wire, struct capture, wrapper.wire);

    wire_flush(capture->wrapper.inner);
    pcapng_flush(&capture->file);
}

static void capture_burst_end(void *card)
{
    struct capture *capture = card;

    pcapng_flush(&capture->file);
    wire_burst_end(&capture->wrapper.wire);
}

static void capture_close(struct wire *wire)
{
    struct capture *capture = container_of(wire, struct capture, wrapper.wire);

    wrapper_close(&capture->wrapper);
    pcapng_close(&capture->file);
    free(capture);
}

struct wire *wire_capture(struct wire *inner, const char *path, struct clock *clock)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (!capture) {
        error_set("no memory for a capture");
        return NULL;
    }
    if (!pcapng_create(&capture->file, path, inner->ops->kind)) {
        free(capture);
        return NULL;
    }
    capture->clock = clock;
    wrapper_init(&capture->wrapper, inner);
    capture->wrapper.ops.send = capture_send;
    capture->wrapper.ops.flush = capture_flush;
    capture->wrapper.ops.close = capture_close;
    inner->deliver = capture_deliver;
    inner->burst_end = capture_burst_end;
    return &capture->wrapper.wire;
}
