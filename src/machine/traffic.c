/* Pings and transfers of the computer's own TCP/IP: they wait for an address, run, and keep their results.
 *
 * WAITING -> (the stack takes it) STARTED -> (its callback) FINISHED. What cannot start within GIVE_UP_NS has failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "machine/machine.h"
#include "tcpip/ip.h"
#include "tcpip/socket.h"

#define GIVE_UP_NS 15000000000ull
#define NO_INTERFACE_NS 2000000000ull   /* how long a driver may take to bring an interface at all */

/* --- start -------------------------------------------------------------------------------------------------- */

static void echo(struct tcpip_datagram *endpoint, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    struct ring3_traffic *t = context;
    struct iovec parts[64];
    unsigned count = tcpip_packet_parts(packet, parts, countof(parts));

    if (count <= countof(parts) && NT_SUCCESS(tcpip_datagram_send(endpoint, &how->from, parts, count, NULL, NULL)))
        t->udp_bytes += tcpip_packet_size(packet);
    tcpip_packet_free(packet);
}

static bool open_echo(struct ring3_traffic *t)
{
    struct tcpip_address any = { .family = 6, .port = t->transfer.address.port };
    NTSTATUS status = tcpip_datagram_create(0, 17, echo, NULL, t, &t->udp);

    if (NT_SUCCESS(status))
        status = tcpip_datagram_bind(t->udp, &any, TCPIP_SHARE_DEFAULT);
    if (NT_SUCCESS(status))
        return true;
    if (t->udp)
        tcpip_datagram_close(t->udp);
    t->udp = NULL;
    return error_set("cannot open UDP port %u: %s", any.port,
                     status == STATUS_INSUFFICIENT_RESOURCES ? "no memory" : "the port is in use");
}

static bool start_now(struct ring3_traffic *t)
{
    switch (t->kind) {
    case RING3_PING: return tcpip_ping_start(&t->ping);
    case RING3_TCP_SEND: return tcpip_transfer_send(&t->transfer);
    case RING3_TCP_SERVE: return tcpip_transfer_serve(&t->transfer);
    case RING3_UDP_ECHO: return open_echo(t);
    }
    return false;
}

static bool link_local(const struct tcpip_address *address)
{
    return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* An IPv6 address of the scope that reaches the peer. */
static bool has_ipv6(const struct tcpip_interface_info *info, const struct tcpip_address *peer)
{
    for (int n = 0; n < TCPIP_IPV6_ADDRESSES && info->ipv6[n].family; n++)
        if (link_local(peer) || !link_local(&info->ipv6[n]))
            return true;
    return false;
}

static bool is_loopback(const struct tcpip_address *peer)
{
    struct ip_address address = { .family = peer->family };

    memcpy(address.bytes, peer->bytes, sizeof address.bytes);
    return ip_address_is_loopback(&address);
}

static bool has_address_for(const struct tcpip_address *peer)
{
    struct tcpip_interface_info info;

    if (is_loopback(peer))
        return true;
    for (unsigned n = 0; tcpip_query_interface(n, &info); n++)
        if (info.bound && info.link_up && (peer->family == 6 ? has_ipv6(&info, peer) : info.configured))
            return true;
    return false;
}

static bool ready(const struct ring3_traffic *t)
{
    if (t->kind == RING3_PING)
        return has_address_for(&t->ping.address);
    return t->kind != RING3_TCP_SEND || has_address_for(&t->transfer.address);
}

/* A server that is not there yet refuses; it gets asked again until it is time to give up. */
static bool refused_early(const struct ring3_traffic *t)
{
    return t->kind == RING3_TCP_SEND && t->started && t->transfer.finished && t->transfer.failed &&
           t->transfer.acknowledged == 0 && ke_now() < t->give_up_ns;
}

static bool any_interface(void)
{
    struct tcpip_interface_info info;

    return tcpip_query_interface(0, &info);
}

void traffic_try_start(struct ring3_computer *computer)
{
    list_each(node, &computer->traffic) {
        struct ring3_traffic *t = container_of(node, struct ring3_traffic, node);
        if (refused_early(t))
            t->started = false;
        if (t->started || t->failed)
            continue;
        bool can = ready(t);
        t->started = can;               /* starting waits for the stack: meanwhile nobody else may */
        if (can && start_now(t))
            continue;
        t->started = false;
        if (ke_now() >= t->give_up_ns) {
            t->failed = true;
            snprintf(t->why, sizeof t->why, "%s", can ? error_text() : "no network interface got an address in time");
        } else if (!can && ke_now() >= t->give_up_ns - GIVE_UP_NS + NO_INTERFACE_NS && !any_interface()) {
            t->failed = true;
            snprintf(t->why, sizeof t->why, "no driver brought a network interface with an address to send from");
        }
    }
}

static bool finished(const struct ring3_traffic *t)
{
    if (t->failed)
        return true;
    switch (t->kind) {
    case RING3_PING: return t->started && !t->ping.active;
    case RING3_TCP_SEND: return t->started && t->transfer.finished && !refused_early(t);
    case RING3_TCP_SERVE: return t->started && t->transfer.finished;
    case RING3_UDP_ECHO: return false;
    }
    return true;
}

bool traffic_all_finished(struct ring3_computer *computer)
{
    list_each(node, &computer->traffic)
        if (!finished(container_of(node, struct ring3_traffic, node)))
            return false;
    return true;
}

/* --- specifications ------------------------------------------------------------------------------------------- */

static struct ring3_traffic *create(struct ring3_computer *computer, enum ring3_traffic_kind kind)
{
    struct ring3_traffic *t = calloc(1, sizeof *t);

    if (!t)
        return error_set("no memory"), NULL;
    t->computer = computer;
    t->kind = kind;
    t->give_up_ns = ke_now() + GIVE_UP_NS;
    list_push_back(&computer->traffic, &t->node);
    return t;
}

static struct ring3_traffic *drop(struct ring3_traffic *t)
{
    list_remove(&t->node);
    free(t);
    return NULL;
}

/* An address may hold colons, so what is before the first comma goes around spec_parse. */
static bool split(const char *text, char address[TCPIP_ADDRESS_TEXT], struct spec *spec)
{
    char rest[512];
    size_t length = strcspn(text, ",");

    if (length >= TCPIP_ADDRESS_TEXT || length == 0)
        return error_set("'%s' does not begin with an address", text);
    memcpy(address, text, length);
    address[length] = 0;
    snprintf(rest, sizeof rest, "traffic%s", text + length);
    return spec_parse(spec, rest);
}

static bool spec_time(struct spec *spec, const char *key, uint64_t *ns)
{
    const char *text = spec_value(spec, key, 0);
    char *end;

    if (!text)
        return true;
    double number = strtod(text, &end);
    double unit = !strcmp(end, "s") ? 1e9 : !strcmp(end, "ms") ? 1e6 : !strcmp(end, "us") ? 1e3 : 0;
    if (end == text || unit == 0 || number <= 0 || number > 1e6)
        return error_set("%s=%s is not a time such as 1s or 100ms", key, text);
    *ns = (uint64_t)(number * unit);
    return true;
}

static bool spec_limited(struct spec *spec, const char *key, uint64_t lowest, uint64_t highest, uint64_t *value)
{
    if (!spec_number(spec, key, *value, value))
        return false;
    return (*value >= lowest && *value <= highest) ||
           error_set("%s=%llu is not from %llu to %llu", key, (unsigned long long)*value, (unsigned long long)lowest,
                     (unsigned long long)highest);
}

static bool parse_ping(struct tcpip_ping *ping, const char *text)
{
    char address[TCPIP_ADDRESS_TEXT];
    struct spec spec;
    uint64_t count = 4, size = 32;

    ping->interval_ns = 100000000;
    ping->timeout_ns = 1000000000;
    if (!split(text, address, &spec) || !tcpip_parse_address(address, &ping->address))
        return false;
    if (ping->address.port)
        return error_set("a ping goes to an address, not to the port of '%s'", address);
    if (!spec_limited(&spec, "count", 1, 65535, &count) || !spec_limited(&spec, "size", 0, 1400, &size))
        return false;
    ping->count = (unsigned)count;
    ping->size = (unsigned)size;
    return spec_time(&spec, "interval", &ping->interval_ns) && spec_time(&spec, "timeout", &ping->timeout_ns) &&
           spec_finish(&spec);
}

struct ring3_traffic *ring3_ping(struct ring3_computer *computer, const char *text)
{
    struct ring3_traffic *t = create(computer, RING3_PING);

    return t && parse_ping(&t->ping, text) ? t : t ? drop(t) : NULL;
}

static bool parse_send(struct tcpip_transfer *transfer, const char *text)
{
    char address[TCPIP_ADDRESS_TEXT];
    struct spec spec;

    transfer->bytes = 1ull << 30;
    if (!split(text, address, &spec) || !tcpip_parse_address(address, &transfer->address))
        return false;
    if (!transfer->address.port)
        return error_set("'%s' has no port", address);
    return spec_limited(&spec, "bytes", 1, 1ull << 50, &transfer->bytes) && spec_finish(&spec);
}

struct ring3_traffic *ring3_tcp_send(struct ring3_computer *computer, const char *text)
{
    struct ring3_traffic *t = create(computer, RING3_TCP_SEND);

    return t && parse_send(&t->transfer, text) ? t : t ? drop(t) : NULL;
}

static struct ring3_traffic *create_on_port(struct ring3_computer *computer, enum ring3_traffic_kind kind, const char *port)
{
    char *end;
    unsigned long number = strtoul(port, &end, 10);

    if (end == port || *end || number < 1 || number > 65535)
        return error_set("'%s' is not a port number (1 to 65535)", port), NULL;
    struct ring3_traffic *t = create(computer, kind);
    if (t)
        t->transfer.address.port = (uint16_t)number;
    return t;
}

struct ring3_traffic *ring3_tcp_serve(struct ring3_computer *computer, const char *port)
{
    return create_on_port(computer, RING3_TCP_SERVE, port);
}

struct ring3_traffic *ring3_udp_echo(struct ring3_computer *computer, const char *port)
{
    return create_on_port(computer, RING3_UDP_ECHO, port);
}

/* --- results ---------------------------------------------------------------------------------------------------- */

static void query_ping(const struct tcpip_ping *ping, struct ring3_traffic_info *info)
{
    info->sent = ping->sent;
    info->received = ping->received;
    info->min_ns = ping->min_ns;
    info->max_ns = ping->max_ns;
    info->average_ns = ping->received ? ping->sum_ns / ping->received : 0;
    info->good = info->finished && ping->received == ping->count;
    if (!info->good)
        snprintf(info->why, sizeof info->why, "%u of %u unanswered", ping->count - ping->received, ping->count);
    tcpip_format_address(&ping->address, info->peer);
}

static void query_transfer(const struct tcpip_transfer *transfer, struct ring3_traffic_info *info)
{
    info->bytes = transfer->moved;
    info->checksum = transfer->checksum;
    info->good = info->finished && !transfer->failed;
    if (info->started)
        info->elapsed_ns = (transfer->finished ? transfer->ended_ns : ke_now()) - transfer->started_ns;
    if (!info->good)
        snprintf(info->why, sizeof info->why, "%s", transfer->failed ? transfer->why : "not finished");
    tcpip_format_address(&transfer->address, info->peer);
}

void ring3_query_traffic(struct ring3_traffic *t, struct ring3_traffic_info *info)
{
    memset(info, 0, sizeof *info);
    info->kind = t->kind;
    info->started = t->started;
    info->finished = finished(t);
    if (t->kind == RING3_PING) {
        query_ping(&t->ping, info);
    } else if (t->kind == RING3_UDP_ECHO) {
        info->good = t->started;
        info->bytes = t->udp_bytes;
        snprintf(info->peer, sizeof info->peer, "port %u", t->transfer.address.port);
    } else {
        query_transfer(&t->transfer, info);
    }
    if (t->failed || !t->started) {
        info->good = false;
        snprintf(info->why, sizeof info->why, "%s", t->failed ? t->why : "never started");
    }
}

void traffic_close_all(struct ring3_computer *computer)
{
    struct list *node;

    while ((node = list_pop_front(&computer->traffic)))
        free(container_of(node, struct ring3_traffic, node));
}
