/* The table of conversations. datagram_peer.h has the invariants. */
#include "tcpip/datagram_peer.h"

#include <stdlib.h>
#include <string.h>

#include <lwip/ip.h>

#include "base/util.h"
#include "nt/ke.h"

#define PEERS_MAX 256u
#define ECHO 8                          /* ICMP types */
#define ECHO_REPLY 0
#define ECHO6 128
#define ECHO6_REPLY 129
#define UNICAST_S 60u
#define MANY_S 4u

bool peer_same_address(const struct tcpip_address *a, const struct tcpip_address *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

/* --- life ------------------------------------------------------------------------------------------------------------------------- */

static uint64_t life(const struct wfp_peer *peer)
{
    const struct wfp_flow_options *o = &peer->e.options;

    return (peer->many ? o->many_s ? o->many_s : MANY_S : o->unicast_s ? o->unicast_s : UNICAST_S) * 1000000000ull;
}

static bool is_over(const struct wfp_peer *peer)
{
    return !peer->waits && !peer->e.redirecting && !peer->e.pended && ke_now() - peer->used >= life(peer);
}

/* Those that are over are forgotten; comes again for the others. */
static void sweep(void *context)
{
    struct tcpip_datagram *d = context;
    uint64_t next = UINT64_MAX, now = ke_now();

    list_each_safe(node, &d->peers) {
        struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (is_over(peer))
            peer_forget(peer);
        else
            next = min_u64(next, peer->used + life(peer) > now ? peer->used + life(peer) - now : 1000000000);
    }
    d->sweeps = !list_empty(&d->peers);
    d->shortest = next;
    if (d->sweeps)
        stack_set_timer(next, sweep, d);
}

void peer_used(struct wfp_peer *peer)
{
    struct tcpip_datagram *d = peer->owner;
    uint64_t most = life(peer);

    peer->used = ke_now();
    if (d->sweeps && most >= d->shortest)
        return;
    d->sweeps = true;
    d->shortest = most;
    stack_set_timer(most, sweep, d);
}

/* --- search ----------------------------------------------------------------------------------------------------------------------- */

/* NULL: it was over. */
static struct wfp_peer *found(struct wfp_peer *peer)
{
    if (is_over(peer)) {
        peer_forget(peer);
        return NULL;
    }
    list_remove(&peer->node);
    list_push_front(&peer->owner->peers, &peer->node);
    return peer;
}

struct datagram_icmp peer_icmp(uint8_t protocol, const uint8_t *h, size_t size)
{
    bool v4 = protocol == IP_PROTO_ICMP;
    struct datagram_icmp icmp = { 0 };

    if ((!v4 && protocol != IP6_NEXTH_ICMP6) || size < 4)
        return icmp;
    icmp.type = h[0];
    icmp.code = h[1];
    if (size >= 8)
        icmp.id_and_sequence = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
    bool echo = v4 ? h[0] == ECHO || h[0] == ECHO_REPLY : h[0] == ECHO6 || h[0] == ECHO6_REPLY;
    icmp.key = (uint32_t)(echo ? v4 ? ECHO : ECHO6 : h[0]) << 24 | (uint32_t)h[1] << 16 | (echo ? icmp.id_and_sequence >> 16 : 0);
    return icmp;
}

struct wfp_peer *peer_find(struct tcpip_datagram *d, const struct tcpip_address *remote, uint32_t icmp)
{
    list_each(node, &d->peers) {
        struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (peer->icmp == icmp && peer_same_address(&peer->remote, remote))
            return found(peer);
    }
    return NULL;
}

struct wfp_peer *peer_from(struct tcpip_datagram *d, const struct tcpip_address *actual, uint32_t icmp)
{
    list_each(node, &d->peers) {
        struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (peer->icmp == icmp && peer_same_address(&peer->actual, actual))
            return found(peer);
    }
    return NULL;
}

/* From a neighbour, or from this computer itself. */
static bool is_on_link(const struct tcpip_address *from)
{
    ip_addr_t ip = to_lwip(from);
    struct netif *netif = ip_current_input_netif();
    struct ip_address there = { .family = from->family };

    memcpy(there.bytes, from->bytes, 16);
    if (wfp_is_own(&there))
        return true;
    if (from->family == 6)
        return ip6_addr_islinklocal(ip_2_ip6(&ip));
    return netif && ip4_addr_netcmp(ip_2_ip4(&ip), netif_ip4_addr(netif), netif_ip4_netmask(netif));
}

static bool answers(const struct wfp_peer *peer, const struct tcpip_address *from, uint32_t icmp)
{
    if (peer->icmp != icmp || peer->e.inbound || !peer->e.authorised || peer->remote.family != from->family || is_over(peer))
        return false;
    if (!peer->many)
        return peer->e.options.loose && peer->actual.port == from->port;
    return peer->e.options.many == WFP_ANSWERS_FROM_ANYWHERE ||
           (peer->e.options.many == WFP_ANSWERS_FROM_LINK && is_on_link(from));
}

struct wfp_peer *peer_of_incoming(struct tcpip_datagram *d, const struct tcpip_address *from, bool many, uint32_t icmp)
{
    struct tcpip_address everyone = peer_everyone(from->family);
    struct wfp_peer *peer = peer_from(d, from, icmp);

    if (peer)
        return peer;
    list_each(node, &d->peers)
        if (answers(container_of(node, struct wfp_peer, node), from, icmp))
            return container_of(node, struct wfp_peer, node);
    return many ? peer_find(d, &everyone, icmp) : NULL;
}

struct tcpip_address peer_everyone(uint8_t family)
{
    return (struct tcpip_address){ .family = family };
}

/* --- make and forget -------------------------------------------------------------------------------------------------------------- */

void peer_forget(struct wfp_peer *peer)
{
    list_remove(&peer->node);
    peer->owner->peer_count--;
    peer->owner->redirected -= peer_is_redirected(peer);
    peer_drop_held(peer);
    wfp_end_flow(&peer->e);
    wfp_ale_forget(&peer->e);
    free(peer);
}

void peer_forget_all(struct tcpip_datagram *d)
{
    while (!list_empty(&d->peers))
        peer_forget(list_first(&d->peers, struct wfp_peer, node));
    if (d->sweeps)
        stack_cancel_timer(sweep, d);
}

struct wfp_peer *peer_make(struct tcpip_datagram *d, const struct tcpip_address *remote, uint32_t icmp)
{
    struct wfp_peer *peer = stack_calloc(sizeof *peer);

    if (!peer)
        return NULL;
    if (d->peer_count == PEERS_MAX)
        peer_forget(container_of(d->peers.prev, struct wfp_peer, node));
    peer->owner = d;
    peer->icmp = icmp;
    peer->remote = peer->actual = *remote;
    peer->e.is_datagram = true;
    peer->e.raw = d->wfp.raw;
    peer->e.protocol = d->protocol;
    peer->e.id = wfp_endpoint_id(&d->wfp);
    peer->used = ke_now();
    list_init(&peer->e.by_flow);
    list_init(&peer->held);
    list_push_front(&d->peers, &peer->node);
    d->peer_count++;
    return peer;
}
