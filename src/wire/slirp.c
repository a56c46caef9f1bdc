/* The slirp wire: a whole network in user space (libslirp), without any privilege.
 *   slirp[,hostfwd=tcp|udp:ADDRESS:PORT:GUESTPORT]...[,ipv6=off][,restrict=on][,mtu=N]
 * Guest network 10.0.2.0/24: gateway 10.0.2.2, name server 10.0.2.3, DHCP from 10.0.2.15; fec0::/64 likewise.
 *
 * libslirp lives on the computer's clock. It tells how long it can wait by itself; that wait becomes a timer of our
 * clock, so that its retransmissions also happen in virtual time. */
#include "wire/slirp.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

#define QUEUE_FRAMES 1024u
#define MTU_DEFAULT 1500u
#define MTU_MAX 9000u
/* libslirp takes a time of zero for "never". */
#define TIME_BASE_NS 1000000000

static void end_burst(struct slirp_wire *slirp)
{
    if (!slirp->delivered)
        return;
    slirp->delivered = false;
    wire_burst_end(&slirp->wire);
}

static void drain(struct slirp_wire *slirp)
{
    struct iovec part;

    while (slirp->wire.ready && frame_queue_peek(&slirp->queue, &part)) {
        if (!wire_deliver(&slirp->wire, &part, 1))
            break;
        frame_queue_drop(&slirp->queue);
        slirp->delivered = true;
    }
}

/* libslirp has no way to wait for the guest: frames the card has no room for queue up here, then get lost. */
static ssize_t packet_to_guest(const void *data, size_t size, void *opaque)
{
    struct slirp_wire *slirp = opaque;
    struct iovec part = { (void *)(uintptr_t)data, size };

    drain(slirp);
    if (!frame_queue_count(&slirp->queue) && slirp->wire.ready && wire_deliver(&slirp->wire, &part, 1))
        slirp->delivered = true;
    else if (!slirp->wire.deliver || !frame_queue_push(&slirp->queue, &part, 1))
        slirp->wire.stats.rx_dropped++;
    return (ssize_t)size;
}

static void guest_error(const char *message, void *opaque)
{
    (void)opaque;
    log_warn("slirp", "%s", message);
}

static int64_t clock_get_ns(void *opaque)
{
    struct slirp_wire *slirp = opaque;

    return (int64_t)slirp->clock->now_ns(slirp->clock) + TIME_BASE_NS;
}

static void timer_expired(struct clock_timer *clock_timer)
{
    struct slirp_timer *timer = clock_timer->context;

    slirp_handle_timer(timer->owner->slirp, timer->id, timer->cb_opaque);
    end_burst(timer->owner);
}

static void *timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    struct slirp_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        abort();                        /* libslirp has no way to fail here */
    timer->owner = opaque;
    timer->id = id;
    timer->cb_opaque = cb_opaque;
    timer->timer = (struct clock_timer){ .expired = timer_expired, .context = timer };
    return timer;
}

static void timer_free(void *handle, void *opaque)
{
    struct slirp_timer *timer = handle;
    struct slirp_wire *slirp = opaque;

    slirp->clock->arm(slirp->clock, &timer->timer, UINT64_MAX);
    free(timer);
}

static void timer_mod(void *handle, int64_t expire_ms, void *opaque)
{
    struct slirp_timer *timer = handle;
    struct slirp_wire *slirp = opaque;
    int64_t due = expire_ms * 1000000 - TIME_BASE_NS;

    slirp->clock->arm(slirp->clock, &timer->timer, due < 0 ? 0 : (uint64_t)due);
}

static void register_poll_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;             /* watches are made when libslirp lists what it waits for */
}

static void unregister_poll_fd(int fd, void *opaque)
{
    slirp_watches_forget(opaque, fd);
}

static void notify(void *opaque)
{
    (void)opaque;                       /* the loop asks before every wait */
}

static const SlirpCb callbacks = {
    .send_packet = packet_to_guest,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = register_poll_fd,
    .unregister_poll_fd = unregister_poll_fd,
    .notify = notify,
    .timer_new_opaque = timer_new,
};

void slirp_step(struct slirp_wire *slirp)
{
    slirp_watches_poll(slirp);
    end_burst(slirp);
}

static bool slirp_wire_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct slirp_wire *slirp = container_of(wire, struct slirp_wire, wire);
    size_t size = frame_size(parts, count);

    if (size > sizeof slirp->frame || size < WIRE_FRAME_MIN)
        return wire_lost(wire);
    frame_gather(slirp->frame, parts, count);
    slirp_input(slirp->slirp, slirp->frame, (int)size);
    return wire_sent(wire, size);
}

static void slirp_wire_flush(struct wire *wire)
{
    end_burst(container_of(wire, struct slirp_wire, wire));
}

static void slirp_set_ready(struct wire *wire, bool ready)
{
    struct slirp_wire *slirp = container_of(wire, struct slirp_wire, wire);

    if (!ready)
        return;
    drain(slirp);
    end_burst(slirp);
}

static bool add_forward(struct slirp_wire *slirp, const char *text)
{
    char protocol[4], address[64] = "";
    unsigned port = 0, guest_port = 0;
    struct in_addr host, guest;
    int end = 0;

    if (sscanf(text, "%3[a-z]:%63[0-9.]:%5u:%5u%n", protocol, address, &port, &guest_port, &end) != 4 || text[end] ||
        (strcmp(protocol, "tcp") && strcmp(protocol, "udp")) || !inet_aton(address, &host) || !port || port > 65535 ||
        !guest_port || guest_port > 65535)
        return error_set("slirp: hostfwd=%s: expected tcp:ADDRESS:PORT:GUESTPORT or udp:..., as tcp:127.0.0.1:7007:7", text);
    inet_aton("10.0.2.15", &guest);
    if (slirp_add_hostfwd(slirp->slirp, protocol[0] == 'u', host, (int)port, guest, (int)guest_port) != 0)
        return error_set("slirp: hostfwd=%s: cannot listen on port %u of %s: %s", text, port, address, strerror(errno));
    return true;
}

static bool is_off(struct spec *spec, const char *key)
{
    const char *value = spec_value(spec, key, 0);

    return value && (strcmp(value, "off") == 0 || strcmp(value, "0") == 0);
}

static bool is_on(struct spec *spec, const char *key)
{
    const char *value = spec_value(spec, key, 0);

    return value && (strcmp(value, "on") == 0 || strcmp(value, "1") == 0);
}

static SlirpConfig configuration(struct spec *spec, size_t mtu)
{
    SlirpConfig config = {
        .version = 4, .in_enabled = true, .in6_enabled = !is_off(spec, "ipv6"), .vprefix_len = 64,
        .restricted = is_on(spec, "restrict"), .vhostname = "ring3", .if_mtu = mtu, .if_mru = mtu,
    };

    inet_aton("10.0.2.0", &config.vnetwork);
    inet_aton("255.255.255.0", &config.vnetmask);
    inet_aton("10.0.2.2", &config.vhost);
    inet_aton("10.0.2.15", &config.vdhcp_start);
    inet_aton("10.0.2.3", &config.vnameserver);
    inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
    inet_pton(AF_INET6, "fec0::2", &config.vhost6);
    inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
    return config;
}

static void slirp_close(struct wire *wire)
{
    struct slirp_wire *slirp = container_of(wire, struct slirp_wire, wire);

    slirp->wire.deliver = NULL;
    slirp->wire.burst_end = NULL;
    slirp_watches_close(slirp);
    if (slirp->slirp)
        slirp_cleanup(slirp->slirp);
    frame_queue_close(&slirp->queue);
    free(slirp);
}

static bool start(struct slirp_wire *slirp, struct spec *spec)
{
    const char *forward;
    uint64_t mtu;

    if (!spec_number(spec, "mtu", MTU_DEFAULT, &mtu))
        return false;
    if (mtu < 576 || mtu > MTU_MAX)
        return error_set("slirp: mtu=%llu: 576 to %u", (unsigned long long)mtu, MTU_MAX);
    SlirpConfig config = configuration(spec, mtu);
    if (!frame_queue_open(&slirp->queue, QUEUE_FRAMES, (unsigned)mtu + 64))
        return false;
    slirp->slirp = slirp_new(&config, &callbacks, slirp);
    if (!slirp->slirp)
        return error_set("slirp: libslirp %s refuses the configuration", slirp_version_string());
    slirp_watches_open(slirp);
    for (int i = 0; (forward = spec_value(spec, "hostfwd", i)) != NULL; i++)
        if (!add_forward(slirp, forward))
            return false;
    return true;
}

static struct wire *slirp_open(struct spec *spec, struct clock *clock)
{
    struct slirp_wire *slirp = calloc(1, sizeof *slirp);

    if (!slirp) {
        error_set("no memory for a slirp wire");
        return NULL;
    }
    slirp->wire.ops = &wire_slirp;
    slirp->wire.link_up = true;
    slirp->clock = clock;
    if (start(slirp, spec))
        return &slirp->wire;
    slirp_close(&slirp->wire);
    return NULL;
}

const struct wire_ops wire_slirp = {
    .kind = "slirp",
    .help = "slirp[,hostfwd=tcp:ADDRESS:PORT:GUESTPORT]: a network in user space, without privileges",
    .open = slirp_open,
    .send = slirp_wire_send,
    .flush = slirp_wire_flush,
    .set_ready = slirp_set_ready,
    .close = slirp_close,
    .external = true,
};
