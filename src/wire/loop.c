/* The loop wire: what the card sends comes back to it, for measuring and for tests.
 *   loop[,swap=on]     swap exchanges the two MAC addresses, as a peer that answers would
 * Frames come back at the end of the card's burst, so that one burst out is one burst in. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "wire/wire_impl.h"

#define SLOTS 256u
#define SLOT_BYTES 2048u

struct loop_wire {
    struct wire wire;
    bool swap, flushing;
    unsigned head, tail;                /* free-running; tail - head frames wait */
    uint32_t size[SLOTS];
    uint8_t *slots;                     /* SLOTS of SLOT_BYTES */
};

static void swap_addresses(uint8_t *frame)
{
    uint8_t keep[6];

    memcpy(keep, frame, 6);
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, keep, 6);
}

/* Delivers what waits for as long as the card has room. */
static void drain(struct loop_wire *loop)
{
    bool any = false;

    if (loop->flushing)
        return;
    loop->flushing = true;
    while (loop->head != loop->tail && loop->wire.ready) {
        unsigned slot = loop->head % SLOTS;
        struct iovec part = { loop->slots + (size_t)slot * SLOT_BYTES, loop->size[slot] };

        if (!wire_deliver(&loop->wire, &part, 1))
            break;
        loop->head++;
        any = true;
    }
    loop->flushing = false;
    if (any)
        wire_burst_end(&loop->wire);
    if (loop->wire.blocked && loop->tail - loop->head < SLOTS / 2)
        wire_set_writable(&loop->wire);
}

static bool loop_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct loop_wire *loop = container_of(wire, struct loop_wire, wire);
    size_t size = frame_size(parts, count);

    if (size > SLOT_BYTES || size < WIRE_FRAME_MIN)
        return wire_lost(wire);
    if (loop->tail - loop->head == SLOTS) {
        if (!loop->wire.ready)
            return wire_lost(wire);
        wire->blocked = true;
        return false;
    }
    uint8_t *frame = loop->slots + (size_t)(loop->tail % SLOTS) * SLOT_BYTES;
    loop->size[loop->tail++ % SLOTS] = (uint32_t)frame_gather(frame, parts, count);
    if (loop->swap)
        swap_addresses(frame);
    return wire_sent(wire, size);
}

static void loop_flush(struct wire *wire)
{
    drain(container_of(wire, struct loop_wire, wire));
}

static void loop_set_ready(struct wire *wire, bool ready)
{
    if (ready)
        drain(container_of(wire, struct loop_wire, wire));
}

static void loop_close(struct wire *wire)
{
    struct loop_wire *loop = container_of(wire, struct loop_wire, wire);

    free(loop->slots);
    free(loop);
}

static struct wire *loop_open(struct spec *spec, struct clock *clock)
{
    struct loop_wire *loop = calloc(1, sizeof *loop);
    const char *swap = spec_value(spec, "swap", 0);

    (void)clock;
    if (!loop || !(loop->slots = malloc((size_t)SLOTS * SLOT_BYTES))) {
        error_set("no memory for a loop wire");
        free(loop);
        return NULL;
    }
    loop->swap = swap && strcmp(swap, "on") == 0;
    loop->wire.ops = &wire_loop;
    loop->wire.link_up = true;
    return &loop->wire;
}

const struct wire_ops wire_loop = {
    .kind = "loop",
    .help = "loop[,swap=on]: frames the card sends come back to it",
    .open = loop_open,
    .send = loop_send,
    .flush = loop_flush,
    .set_ready = loop_set_ready,
    .close = loop_close,
};
