/* Datagrams on their way in. The program's udp_input and raw_input are the ones that lwIP's IP calls.
 *
 * A datagram for one host goes to the endpoint that fits best: the connected one before the one with this local address
 * before the wildcard, and of equals the first that was bound. A broadcast or multicast goes to all that fit, as copies but
 * for the last. An event may close any endpoint, so the search begins anew behind each: `delivered` says who had it. */
#include "tcpip/datagram_internal.h"
#include "tcpip/real.h"

#include <arpa/inet.h>
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>
#include <lwip/udp.h>

#include "tcpip/interfaces.h"

static uint64_t packets;                /* for many: their numbers */

static bool any(const struct tcpip_address *a)
{
    static const uint8_t zero[16];

    return memcmp(a->bytes, zero, a->family == 4 ? 4 : 16) == 0;
}

static bool same(const struct tcpip_address *a, const struct tcpip_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

static struct tcpip_received describe(u16_t from_port, u16_t to_port)
{
    struct tcpip_received how = {
        .from = from_lwip(ip_current_src_addr(), from_port),
        .to = from_lwip(ip_current_dest_addr(), to_port),
        .interface = interface_of(ip_current_input_netif()),
        .multicast = ip_addr_ismulticast(ip_current_dest_addr()),
    };

    how.broadcast = ip_addr_isbroadcast(ip_current_dest_addr(), ip_current_input_netif());
    if (ip_current_is_v6()) {
        how.ttl = IP6H_HOPLIM(ip6_current_header());
        how.tos = IP6H_TC(ip6_current_header());
    } else {
        how.ttl = IPH_TTL(ip4_current_header());
        how.tos = IPH_TOS(ip4_current_header());
    }
    return how;
}

/* 0: not for this endpoint; else how well it fits. */
static int fit(const struct tcpip_datagram *d, const struct tcpip_received *how)
{
    bool many = how->broadcast || how->multicast, wild = any(&d->local);
    int score = 1;

    if (d->options.interface && d->options.interface != how->interface)
        return 0;
    if (d->family && d->family != how->to.family)
        return 0;
    if (!wild && d->local.family != how->to.family)
        return 0;
    if (!wild && !many && !same(&d->local, &how->to))
        return 0;
    if (how->multicast && !datagram_is_member(d, &how->to, how->interface))
        return 0;
    if (!wild)
        score += 1;
    if (d->remote.family) {
        if ((!same(&d->remote, &how->from) || (d->remote.port && d->remote.port != how->from.port)) &&
            !datagram_comes_from_connected(d, &how->from))
            return 0;
        score += 2;
    }
    return score;
}

static struct tcpip_datagram *find_best(const struct tcpip_received *how)
{
    struct tcpip_datagram *best = NULL;
    int best_score = 0;
    struct list *head = datagram_port_list(how->to.port);

    list_each(node, head) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, lookup_node);
        int score = d->local.port == how->to.port ? fit(d, how) : 0;
        if (score > best_score) {
            best = d;
            best_score = score;
        }
    }
    return best;
}

struct tcpip_datagram *datagram_receiver(uint16_t from_port, uint16_t to_port)
{
    struct tcpip_received how = describe(from_port, to_port);

    return find_best(&how);
}

static void deliver(struct tcpip_datagram *d, const struct tcpip_received *how, struct pbuf *p)
{
    struct tcpip_received told = *how;

    d->busy++;
    bool allowed = datagram_wfp_in(d, &told, p, d->protocol == IP_PROTO_UDP ? UDP_HLEN : 0) && !d->dead;
    datagram_done(d);
    if (!allowed) {
        pbuf_free(p);
        return;
    }
    struct pbuf *few = stack_few_pieces(p);

    if (!few) {
        pbuf_free(p);
        return;
    }
    told.redirection = list_empty(&wfp_redirected) ? NULL : datagram_redirection(how);
    told.from = datagram_report(d, &told.from);
    told.to = datagram_report(d, &told.to);
    d->busy++;
    d->received(d, d->context, &told, (struct tcpip_packet *)few);
    datagram_done(d);
}

static struct tcpip_datagram *find_next(const struct tcpip_received *how)
{
    struct list *head = datagram_port_list(how->to.port);

    list_each(node, head) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, lookup_node);
        if (d->local.port == how->to.port && d->delivered != packets && fit(d, how))
            return d;
    }
    return NULL;
}

static void deliver_to_all(const struct tcpip_received *how, struct pbuf *p)
{
    struct tcpip_datagram *d, *next;

    packets++;
    for (d = find_next(how); d; d = next) {
        d->delivered = packets;
        next = find_next(how);
        struct pbuf *mine = next ? pbuf_clone(PBUF_RAW, PBUF_RAM, p) : p;
        if (!mine)
            continue;
        if (!next)
            p = NULL;
        deliver(d, how, mine);
        next = p ? find_next(how) : NULL;
    }
    if (p)
        pbuf_free(p);
}

static bool checksum_good(struct pbuf *p, const struct udp_hdr *h)
{
    if (h->chksum == 0)
        return !ip_current_is_v6();
    return ip_chksum_pseudo(p, IP_PROTO_UDP, p->tot_len, ip_current_src_addr(), ip_current_dest_addr()) == 0;
}

static void unreachable(struct pbuf *p)
{
    pbuf_header_force(p, (s16_t)(ip_current_header_tot_len() + UDP_HLEN));
    icmp_port_unreach(ip_current_is_v6(), p);
    pbuf_free(p);
}

void udp_input(struct pbuf *p, struct netif *netif)
{
    const struct udp_hdr *h = p->payload;
    u16_t size = p->len >= UDP_HLEN ? ntohs(h->len) : 0;

    if (size < UDP_HLEN || size > p->tot_len || !wfp_transport_in(IP_PROTO_UDP, p)) {
        pbuf_free(p);
        return;
    }
    pbuf_realloc(p, size);
    if (!checksum_good(p, h)) {
        pbuf_free(p);
        return;
    }
    struct tcpip_received how = describe(ntohs(h->src), ntohs(h->dest));
    pbuf_remove_header(p, UDP_HLEN);
    if (how.broadcast || how.multicast) {
        deliver_to_all(&how, p);
        return;
    }
    struct tcpip_datagram *d = find_best(&how);
    if (d)
        deliver(d, &how, p);
    else
        unreachable(p);
}

/* --- raw ------------------------------------------------------------------------------------------------------------- */

/* Behind the extension headers, which lwIP has walked over before us. */
static uint8_t current_protocol(void)
{
    if (!ip_current_is_v6())
        return IPH_PROTO(ip4_current_header());
    const uint8_t *h = (const uint8_t *)ip6_current_header();
    uint8_t next = IP6H_NEXTH(ip6_current_header());
    for (unsigned at = IP6_HLEN; at + 8 <= ip_current_header_tot_len();) {
        unsigned size = next == IP6_NEXTH_FRAGMENT ? 8 : 8 * (h[at + 1] + 1u);
        next = h[at];
        at += size;
    }
    return next;
}

static struct tcpip_datagram *find_next_raw(const struct tcpip_received *how, uint8_t protocol)
{
    struct list *head = datagram_raw_list();

    list_each(node, head) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, lookup_node);
        if ((d->protocol == protocol || d->protocol == 0) && d->local.family && d->delivered != packets && fit(d, how))
            return d;
    }
    return NULL;
}

/* lwIP goes on with the packet, so every endpoint gets a copy. IPv6 hands over what is behind the headers. */
raw_input_state_t raw_input(struct pbuf *p, struct netif *netif)
{
    struct tcpip_datagram *d;
    raw_input_state_t state = real_lwip()->raw_input(p, netif);

    if (list_empty(datagram_raw_list()) || state == RAW_INPUT_EATEN)
        return state;
    struct tcpip_received how = describe(0, 0);
    packets++;
    while ((d = find_next_raw(&how, current_protocol()))) {
        d->delivered = packets;
        struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
        if (!copy)
            continue;
        if (ip_current_is_v6())
            pbuf_remove_header(copy, ip_current_header_tot_len());
        deliver(d, &how, copy);
        state = RAW_INPUT_DELIVERED;
    }
    return state;
}
