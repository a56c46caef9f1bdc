/* The TAP wire: the card's frames on an interface of the Linux host.
 *   tap:NAME[,ip=ADDRESS/LENGTH]...
 * ip: the host's side of it; the interface is then also set up. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/net.h"
#include "wire/wire_impl.h"

#define BATCH 64
#define PARTS_DIRECT 64                 /* more parts than this are gathered first */

struct tap_wire {
    struct wire wire;
    struct loop_watch watch;
    bool watched;
    size_t held;                        /* size of a frame that was read and not yet delivered, 0: none */
    uint8_t rx[WIRE_FRAME_MAX], tx[WIRE_FRAME_MAX];
};

static void gone(struct tap_wire *tap)
{
    log_error("tap", "%s", error_text());
    loop_remove(&tap->watch);
    tap->watched = false;
    wire_set_link(&tap->wire, false);
}

static bool tap_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct tap_wire *tap = container_of(wire, struct tap_wire, wire);
    size_t size = frame_size(parts, count);
    struct iovec whole = { tap->tx, size };
    int taken;

    if (!tap->watched || size > sizeof tap->tx || size < WIRE_FRAME_MIN)
        return wire_lost(wire);
    if (count > PARTS_DIRECT) {
        frame_gather(tap->tx, parts, count);
        parts = &whole;
        count = 1;
    }
    taken = host_tap_write(tap->watch.fd, parts, count);
    if (taken == 1)
        return wire_sent(wire, size);
    if (taken == HOST_GONE)
        gone(tap);
    return wire_lost(wire);             /* the host's queue is full, or the interface is down */
}

/* Delivers one frame; false when the card has no room (the frame stays held). */
static bool deliver_held(struct tap_wire *tap)
{
    struct iovec part = { tap->rx, tap->held };

    if (!tap->wire.ready || !wire_deliver(&tap->wire, &part, 1))
        return false;
    tap->held = 0;
    return true;
}

static void read_batch(struct tap_wire *tap)
{
    int delivered = 0;
    long size = HOST_NONE_NOW;

    if (tap->held && !deliver_held(tap))
        return;
    while (delivered < BATCH && tap->wire.ready) {
        size = host_tap_read(tap->watch.fd, tap->rx, sizeof tap->rx);
        if (size <= 0)
            break;
        tap->held = (size_t)size;
        if (!deliver_held(tap))
            break;
        delivered++;
    }
    wire_burst_end(&tap->wire);
    if (size == HOST_GONE)
        gone(tap);
}

static void tap_readable(struct loop_watch *watch, int events)
{
    struct tap_wire *tap = watch->context;

    if (events & LOOP_READ)
        read_batch(tap);
    else if (events & LOOP_HANGUP)
        error_set("the interface is gone"), gone(tap);
}

static void tap_set_ready(struct wire *wire, bool ready)
{
    struct tap_wire *tap = container_of(wire, struct tap_wire, wire);

    if (!tap->watched)
        return;
    if (ready && tap->held && deliver_held(tap))
        wire_burst_end(wire);
    loop_change(&tap->watch, wire->ready ? LOOP_READ : 0);
}

static void tap_close(struct wire *wire)
{
    struct tap_wire *tap = container_of(wire, struct tap_wire, wire);

    if (tap->watched)
        loop_remove(&tap->watch);
    host_close(tap->watch.fd);
    free(tap);
}

static bool configure(const char *name, struct spec *spec)
{
    const char *address;
    int n;

    for (n = 0; (address = spec_value(spec, "ip", n)) != NULL; n++)
        if (!host_interface_address(name, address))
            return false;
    return !n || host_interface_up(name);
}

static struct wire *tap_open(struct spec *spec, struct clock *clock)
{
    struct tap_wire *tap;
    int fd;

    (void)clock;
    if (!spec->argument) {
        error_set("tap: which interface? expected tap:NAME");
        return NULL;
    }
    fd = host_tap_open(spec->argument);
    if (fd < 0)
        return NULL;
    tap = calloc(1, sizeof *tap);
    if (!tap || !configure(spec->argument, spec)) {
        if (!tap)
            error_set("no memory for a TAP wire");
        host_close(fd);
        free(tap);
        return NULL;
    }
    tap->wire.ops = &wire_tap;
    tap->wire.link_up = true;
    tap->watch = (struct loop_watch){ .fd = fd, .ready = tap_readable, .context = tap };
    tap->watched = loop_add(&tap->watch);
    if (tap->watched)
        return &tap->wire;
    tap_close(&tap->wire);
    return NULL;
}

const struct wire_ops wire_tap = {
    .kind = "tap",
    .help = "tap:NAME[,ip=ADDRESS/LENGTH]: an interface of the Linux host",
    .open = tap_open,
    .send = tap_send,
    .set_ready = tap_set_ready,
    .close = tap_close,
    .external = true,
};
