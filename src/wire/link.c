/* The link wire: a cable between two ring3 processes, over a sequenced-packet socket in the file system.
 *   link:SOCKET
 * Whoever comes first listens, the other connects. Each end greets with GREETING, then every message is one frame.
 * The link is up while both ends have greeted; an end that comes back finds the cable where it was.
 *
 *   state        socket(s)             leaves when
 *   listening    listener              a connection comes: greeting
 *   retrying     none, timer armed     the timer fires: connect or listen again
 *   greeting     peer (and listener)   its greeting comes: up; anything else, or it goes: listening or retrying
 *   up           peer (and listener)   it goes or misbehaves: listening or retrying */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/net.h"
#include "wire/wire_impl.h"

#define GREETING "R3LINK1\n"
#define GREETING_BYTES (sizeof GREETING - 1)
#define BATCH 64
#define PARTS_DIRECT 64
#define RETRY_NS 300000000u

struct link_wire {
    struct wire wire;
    struct clock *clock;
    struct clock_timer retry;
    char *path;
    struct loop_watch listener, peer;   /* fd -1: not there */
    bool greeted;
    size_t held;                        /* size of a frame that was read and not yet delivered, 0: none */
    uint8_t rx[WIRE_FRAME_MAX], tx[WIRE_FRAME_MAX];
};

static bool meet(struct link_wire *link);

static void drop_watch(struct loop_watch *watch)
{
    if (watch->fd < 0)
        return;
    loop_remove(watch);
    host_close(watch->fd);
    watch->fd = -1;
}

/* The peer is gone or was sent away; error_text() says why. */
static void lose_peer(struct link_wire *link)
{
    bool was_up = link->greeted;

    log_info("link", "%s: %s", link->path, error_text());
    drop_watch(&link->peer);
    link->greeted = false;
    link->held = 0;
    wire_set_link(&link->wire, false);
    if (link->wire.blocked)
        wire_set_writable(&link->wire); /* what waited is lost */
    if (link->listener.fd < 0 && (!was_up || !meet(link)))
        link->clock->arm(link->clock, &link->retry, link->clock->now_ns(link->clock) + RETRY_NS);
}

static void update_events(struct link_wire *link)
{
    int read = !link->greeted || link->wire.ready ? LOOP_READ : 0;

    if (link->peer.fd >= 0)
        loop_change(&link->peer, read | (link->wire.blocked ? LOOP_WRITE : 0));
}

static bool read_greeting(struct link_wire *link)
{
    long size = host_local_receive(link->peer.fd, link->rx, sizeof link->rx);

    if (size == HOST_NONE_NOW)
        return true;
    if (size == HOST_GONE)
        return error_set("the other end left without a greeting (a link has two ends; are there more?)");
    if (size != (long)GREETING_BYTES || memcmp(link->rx, GREETING, GREETING_BYTES) != 0)
        return error_set("the other end is no ring3 link: %ld bytes came in place of a greeting", size);
    link->greeted = true;
    log_info("link", "%s: connected", link->path);
    wire_set_link(&link->wire, true);
    return true;
}

static bool deliver_held(struct link_wire *link)
{
    struct iovec part = { link->rx, link->held };

    if (!link->wire.ready || !wire_deliver(&link->wire, &part, 1))
        return false;
    link->held = 0;
    return true;
}

/* False when the peer has to go. */
static bool read_frames(struct link_wire *link)
{
    for (int i = 0; i < BATCH && (!link->held || deliver_held(link)) && link->wire.ready; i++) {
        long size = host_local_receive(link->peer.fd, link->rx, sizeof link->rx);

        if (size == HOST_NONE_NOW)
            break;
        if (size == HOST_GONE)
            return false;
        if (size < (long)WIRE_FRAME_MIN || size > (long)WIRE_FRAME_MAX)
            return error_set("the other end sent %s%ld bytes as a frame", size > (long)WIRE_FRAME_MAX ? "more than " : "",
                             size > (long)WIRE_FRAME_MAX ? (long)WIRE_FRAME_MAX : size);
        link->held = (size_t)size;
    }
    if (link->held)
        deliver_held(link);
    return true;
}

static void peer_ready(struct loop_watch *watch, int events)
{
    struct link_wire *link = watch->context;
    bool good = true;

    if (events & (LOOP_READ | LOOP_HANGUP))
        good = link->greeted ? read_frames(link) : read_greeting(link);
    wire_burst_end(&link->wire);
    if (good && (events & LOOP_HANGUP) && !(events & LOOP_READ))
        good = error_set("the other end closed the link");
    if (!good) {
        lose_peer(link);
        return;
    }
    if ((events & LOOP_WRITE) && link->wire.blocked)
        wire_set_writable(&link->wire);
    update_events(link);
}

/* Takes over the descriptor. */
static bool greet(struct link_wire *link, int fd)
{
    struct iovec part = { (void *)(uintptr_t)GREETING, GREETING_BYTES };

    link->peer = (struct loop_watch){ .fd = fd, .events = LOOP_READ, .ready = peer_ready, .context = link };
    if (loop_add(&link->peer)) {
        if (host_local_send(fd, &part, 1) == 1)
            return true;
        loop_remove(&link->peer);
    }
    host_close(fd);
    link->peer.fd = -1;
    return false;
}

static void listener_ready(struct loop_watch *watch, int events)
{
    struct link_wire *link = watch->context;
    int fd = host_local_accept(watch->fd);

    (void)events;
    if (fd == HOST_NOBODY)
        return;
    if (fd < 0) {
        log_warn("link", "%s: %s", link->path, error_text());
    } else if (link->peer.fd >= 0) {
        log_warn("link", "%s: sent a third end away", link->path);
        host_close(fd);
    } else if (!greet(link, fd)) {
        log_warn("link", "%s: %s", link->path, error_text());
    }
}

static bool listen_there(struct link_wire *link)
{
    int fd = host_local_listen(link->path);

    if (fd < 0)
        return false;
    link->listener = (struct loop_watch){ .fd = fd, .events = LOOP_READ, .ready = listener_ready, .context = link };
    if (loop_add(&link->listener))
        return true;
    host_close(fd);
    link->listener.fd = -1;
    return false;
}

/* Connects to who is there, or listens. False with error_text(). */
static bool meet(struct link_wire *link)
{
    int lock = host_local_lock(link->path), fd;
    bool good = false;

    if (lock < 0)
        return false;
    fd = host_local_connect(link->path);
    if (fd == HOST_NOBODY)
        good = listen_there(link);
    else if (fd >= 0)
        good = greet(link, fd);
    host_local_unlock(lock, link->path);
    return good;
}

static void retry(struct clock_timer *timer)
{
    struct link_wire *link = timer->context;

    if (link->peer.fd >= 0 || link->listener.fd >= 0)
        return;
    if (!meet(link))
        link->clock->arm(link->clock, &link->retry, link->clock->now_ns(link->clock) + RETRY_NS);
}

static bool link_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct link_wire *link = container_of(wire, struct link_wire, wire);
    size_t size = frame_size(parts, count);
    struct iovec whole = { link->tx, size };
    int taken;

    if (!link->greeted || size < WIRE_FRAME_MIN || size > WIRE_FRAME_MAX)
        return wire_lost(wire);
    if (wire->blocked)
        return false;
    if (count > PARTS_DIRECT) {
        frame_gather(link->tx, parts, count);
        parts = &whole;
        count = 1;
    }
    taken = host_local_send(link->peer.fd, parts, count);
    if (taken == 1)
        return wire_sent(wire, size);
    if (taken == HOST_GONE)
        return wire_lost(wire);         /* the loop will see the end of it, too */
    wire->blocked = true;
    update_events(link);
    return false;
}

static void link_set_ready(struct wire *wire, bool ready)
{
    struct link_wire *link = container_of(wire, struct link_wire, wire);

    if (ready && link->held && deliver_held(link))
        wire_burst_end(wire);
    update_events(link);
}

static void link_close(struct wire *wire)
{
    struct link_wire *link = container_of(wire, struct link_wire, wire);

    link->clock->arm(link->clock, &link->retry, UINT64_MAX);
    drop_watch(&link->peer);
    if (link->listener.fd >= 0) {
        host_local_remove(link->path);
        drop_watch(&link->listener);
    }
    free(link->path);
    free(link);
}

static struct wire *link_open(struct spec *spec, struct clock *clock)
{
    struct link_wire *link;

    if (!spec->argument || !spec->argument[0]) {
        error_set("link: which socket? expected link:PATH");
        return NULL;
    }
    link = calloc(1, sizeof *link);
    if (!link || !(link->path = strdup(spec->argument))) {
        error_set("no memory for a link wire");
        free(link);
        return NULL;
    }
    link->wire.ops = &wire_link;
    link->clock = clock;
    link->listener.fd = link->peer.fd = -1;
    link->retry = (struct clock_timer){ .expired = retry, .context = link };
    if (!meet(link)) {
        error_prefix("link");
        link_close(&link->wire);
        return NULL;
    }
    link->wire.end = link->listener.fd < 0;
    return &link->wire;
}

const struct wire_ops wire_link = {
    .kind = "link",
    .help = "link:SOCKET: a cable to another ring3 process",
    .open = link_open,
    .send = link_send,
    .set_ready = link_set_ready,
    .close = link_close,
    .external = true,
};
