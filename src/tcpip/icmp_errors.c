/* ICMP errors for what an endpoint sent: lwIP looks at none of them. The program's icmp_input and icmp6_input are the ones
 * that lwIP's IP calls; they look and pass the message on.
 *
 * A datagram endpoint is told. Of TCP only a connection that is being opened fails, when the message quotes its SYN; an open
 * one goes on trying (RFC 1122, 4.2.3.9). */
#include "tcpip/datagram_internal.h"
#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"

#include <arpa/inet.h>
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>

#define QUOTED 8u                       /* bytes behind the quoted IP header that are there for sure */

struct quote {
    uint8_t protocol;
    ip_addr_t from, to;                 /* of the packet of ours */
    uint16_t from_port, to_port;
    uint32_t sequence;
    NTSTATUS status;
};

/* --- what it means ------------------------------------------------------------------------------------------------- */

static NTSTATUS meaning4(uint8_t type, uint8_t code)
{
    static const NTSTATUS unreachable[] = {
        STATUS_NETWORK_UNREACHABLE, STATUS_HOST_UNREACHABLE, STATUS_PROTOCOL_UNREACHABLE, STATUS_PORT_UNREACHABLE,
        STATUS_SUCCESS, STATUS_HOST_UNREACHABLE, STATUS_NETWORK_UNREACHABLE, STATUS_HOST_UNREACHABLE,
        STATUS_HOST_UNREACHABLE, STATUS_NETWORK_UNREACHABLE, STATUS_HOST_UNREACHABLE, STATUS_NETWORK_UNREACHABLE,
        STATUS_HOST_UNREACHABLE, STATUS_HOST_UNREACHABLE,
    };

    if (type == ICMP_TE)
        return STATUS_HOST_UNREACHABLE;
    return type == ICMP_DUR && code < sizeof unreachable / sizeof *unreachable ? unreachable[code] : STATUS_SUCCESS;
}

static NTSTATUS meaning6(uint8_t type, uint8_t code)
{
    if (type == ICMP6_TYPE_TE)
        return STATUS_HOST_UNREACHABLE;
    if (type == ICMP6_TYPE_PP)
        return code == ICMP6_PP_HEADER ? STATUS_PROTOCOL_UNREACHABLE : STATUS_SUCCESS;
    if (type != ICMP6_TYPE_DUR)
        return STATUS_SUCCESS;
    return code == ICMP6_DUR_PORT ? STATUS_PORT_UNREACHABLE
         : code == ICMP6_DUR_ADDRESS ? STATUS_HOST_UNREACHABLE : STATUS_NETWORK_UNREACHABLE;
}

/* --- whom it concerns ------------------------------------------------------------------------------------------------ */

static void tell_tcp(const struct quote *q)
{
    struct tcpip_tcp *tcp = tcp_table_find(&q->from, q->from_port, &q->to, q->to_port);

    if (!tcp || !tcp->pcb || tcp->pcb->state != SYN_SENT || q->sequence != tcp->pcb->lastack)
        return;
    tcp_kill_pcb(tcp);
    tcp_failed(tcp, q->status);
}

static bool concerns(const struct tcpip_datagram *d, const struct quote *q)
{
    struct tcpip_address from = from_lwip(&q->from, q->from_port), to = from_lwip(&q->to, q->to_port);
    static const uint8_t zero[16];
    size_t size = from.family == 4 ? 4 : 16;

    if (d->protocol != q->protocol || !d->error || (d->family && d->family != to.family))
        return false;
    if (d->protocol == IP_PROTO_UDP && d->local.port != from.port)
        return false;
    if (d->remote.family && (memcmp(d->remote.bytes, to.bytes, size) != 0 || (d->remote.port && d->remote.port != to.port)))
        return false;
    return memcmp(d->local.bytes, zero, 16) == 0 || memcmp(d->local.bytes, from.bytes, size) == 0;
}

/* The first that may have sent it: an event may close any endpoint. */
static void tell_datagram(const struct quote *q)
{
    struct list *head = q->protocol == IP_PROTO_UDP ? datagram_port_list(q->from_port) : datagram_raw_list();
    struct tcpip_datagram *d = NULL;

    list_each(node, head) {
        d = container_of(node, struct tcpip_datagram, lookup_node);
        if (concerns(d, q))
            break;
        d = NULL;
    }
    if (!d)
        return;
    struct tcpip_address to = from_lwip(&q->to, q->protocol == IP_PROTO_UDP ? q->to_port : 0);
    to = datagram_report(d, &to);
    d->busy++;
    d->error(d, d->context, &to, q->status);
    datagram_done(d);
}

static void tell(struct quote *q, const uint8_t *transport)
{
    q->from_port = (uint16_t)(transport[0] << 8 | transport[1]);
    q->to_port = (uint16_t)(transport[2] << 8 | transport[3]);
    memcpy(&q->sequence, transport + 4, 4);
    q->sequence = ntohl(q->sequence);
    if (q->protocol == IP_PROTO_TCP)
        tell_tcp(q);
    else
        tell_datagram(q);
}

/* --- in ---------------------------------------------------------------------------------------------------------------- */

static void look4(struct pbuf *p)
{
    const uint8_t *b = p->payload;
    const struct ip_hdr *h = (const struct ip_hdr *)(b + QUOTED);
    struct quote q = { 0 };

    if (p->len < QUOTED + IP_HLEN || (q.status = meaning4(b[0], b[1])) == STATUS_SUCCESS)
        return;
    if (IPH_V(h) != 4 || IPH_HL_BYTES(h) < IP_HLEN || p->len < QUOTED + IPH_HL_BYTES(h) + QUOTED || inet_chksum_pbuf(p) != 0 ||
        (IPH_OFFSET(h) & PP_HTONS(IP_OFFMASK)))
        return;
    q.protocol = IPH_PROTO(h);
    ip_addr_copy_from_ip4(q.from, h->src);
    ip_addr_copy_from_ip4(q.to, h->dest);
    tell(&q, b + QUOTED + IPH_HL_BYTES(h));
}

static void look6(struct pbuf *p)
{
    const uint8_t *b = p->payload;
    const struct ip6_hdr *h = (const struct ip6_hdr *)(b + QUOTED);
    unsigned at = QUOTED + IP6_HLEN;
    struct quote q = { 0 };

    if (p->len < at + QUOTED || (q.status = meaning6(b[0], b[1])) == STATUS_SUCCESS)
        return;
    q.protocol = IP6H_NEXTH(h);
    if (q.protocol == IP6_NEXTH_FRAGMENT) {
        q.protocol = b[at];
        at += IP6_FRAG_HLEN;
    }
    if (IP6H_V(h) != 6 || p->len < at + QUOTED ||
        ip6_chksum_pseudo(p, IP6_NEXTH_ICMP6, p->tot_len, ip6_current_src_addr(), ip6_current_dest_addr()) != 0)
        return;
    ip_addr_copy_from_ip6_packed(q.from, h->src);
    ip_addr_copy_from_ip6_packed(q.to, h->dest);
    ip6_addr_assign_zone(ip_2_ip6(&q.from), IP6_UNICAST, ip_current_input_netif());
    ip6_addr_assign_zone(ip_2_ip6(&q.to), IP6_UNICAST, ip_current_input_netif());
    tell(&q, b + at);
}

void icmp_input(struct pbuf *p, struct netif *netif)
{
    if (!wfp_transport_in(IP_PROTO_ICMP, p)) {
        pbuf_free(p);
        return;
    }
    look4(p);
    real_lwip()->icmp_input(p, netif);
}

void icmp6_input(struct pbuf *p, struct netif *netif)
{
    if (!wfp_transport_in(IP6_NEXTH_ICMP6, p)) {
        pbuf_free(p);
        return;
    }
    look6(p);
    real_lwip()->icmp6_input(p, netif);
}
