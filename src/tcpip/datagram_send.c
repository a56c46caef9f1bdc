/* Datagrams on their way out: the UDP header is made here, the IP header and fragments by lwIP, except that a datagram
 * that must not be fragmented gets its IP header here, too, because lwIP never sets that bit. */
#include "tcpip/datagram_internal.h"
#include "tcpip/datagram_peer.h"

#include <arpa/inet.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/prot/udp.h>
#include <string.h>

#include "tcpip/interfaces.h"

#define MOST 65507u
#define MOST6 65487u                    /* with both headers 65535 bytes, as many as lwIP's chains hold */

struct route {
    struct netif *netif;
    ip_addr_t from, to;
    uint16_t from_port, to_port;
    uint8_t ttl, tos;
    bool dont_fragment, loop;
    struct wfp_control control;
};

static struct tcpip_ip_options merge(const struct tcpip_ip_options *own, const struct tcpip_ip_options *given)
{
    struct tcpip_ip_options o = *own;

    if (!given)
        return o;
    o.ttl = given->ttl ? given->ttl : o.ttl;
    o.tos = given->tos ? given->tos : o.tos;
    o.multicast_ttl = given->multicast_ttl ? given->multicast_ttl : o.multicast_ttl;
    o.multicast_interface = given->multicast_interface ? given->multicast_interface : o.multicast_interface;
    o.interface = given->interface ? given->interface : o.interface;
    o.dont_fragment |= given->dont_fragment;
    o.control = given->control;
    o.control_size = given->control_size;
    return o;
}

static NTSTATUS find_route(const struct tcpip_datagram *d, const struct tcpip_address *to, const struct tcpip_address *from,
                           const struct tcpip_ip_options *o, struct route *r)
{
    static const uint8_t zero[16];
    const struct tcpip_address *local = from && memcmp(from->bytes, zero, 16) != 0 ? from : &d->local;
    bool specific = local->family == to->family && memcmp(local->bytes, zero, 16) != 0;

    r->to = to_lwip(to);
    bool multicast = ip_addr_ismulticast(&r->to);
    unsigned interface = o->interface ? o->interface : multicast ? o->multicast_interface : 0;
    if (specific)
        r->from = to_lwip(local);
    else
        r->from = IP_IS_V6(&r->to) ? *IP6_ADDR_ANY : *IP4_ADDR_ANY;
    r->netif = interface ? interface_netif(interface) : ip_route(&r->from, &r->to);
    if (!r->netif)
        return STATUS_NETWORK_UNREACHABLE;
    if (!specific) {
        const ip_addr_t *chosen = ip_netif_get_local_ip(r->netif, &r->to);
        if (!chosen)
            return STATUS_NETWORK_UNREACHABLE;
        r->from = *chosen;
    }
    if (IP_IS_V6(&r->to) && ip6_addr_lacks_zone(ip_2_ip6(&r->to), multicast ? IP6_MULTICAST : IP6_UNICAST))
        ip6_addr_assign_zone(ip_2_ip6(&r->to), multicast ? IP6_MULTICAST : IP6_UNICAST, r->netif);
    r->from_port = d->local.port;
    r->to_port = to->port;
    r->ttl = multicast ? o->multicast_ttl : o->ttl;
    r->tos = o->tos;
    r->dont_fragment = o->dont_fragment;
    r->control = (struct wfp_control){ o->control, o->control_size };
    r->loop = multicast && o->multicast_loop;
    return ip_addr_isbroadcast(&r->to, r->netif) && !o->broadcast ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static struct pbuf *gather(const struct iovec *parts, unsigned count, size_t size, pbuf_layer layer)
{
    struct pbuf *p = pbuf_alloc(layer, (u16_t)size, PBUF_RAM);
    size_t at = 0;

    for (unsigned n = 0; p && n < count; n++) {
        memcpy((char *)p->payload + at, parts[n].iov_base, parts[n].iov_len);
        at += parts[n].iov_len;
    }
    return p;
}

static void add_udp_header(const struct route *r, struct pbuf *p)
{
    pbuf_add_header(p, UDP_HLEN);
    struct udp_hdr *h = p->payload;
    *h = (struct udp_hdr){ htons(r->from_port), htons(r->to_port), htons(p->tot_len), 0 };
    u16_t sum = ip_chksum_pseudo(p, IP_PROTO_UDP, p->tot_len, &r->from, &r->to);
    h->chksum = sum ? sum : 0xffff;
}

/* ICMPv6 is the one raw protocol whose checksum covers the addresses, which the sender does not know. */
static void add_icmp6_checksum(const struct route *r, struct pbuf *p)
{
    uint8_t *b = p->payload;

    if (p->tot_len < 4)
        return;
    memset(b + 2, 0, 2);
    u16_t sum = ip_chksum_pseudo(p, IP6_NEXTH_ICMP6, p->tot_len, &r->from, &r->to);
    memcpy(b + 2, &sum, 2);
}

static uint16_t next_ip_id(void)
{
    static uint16_t id;

    return htons(++id);
}

static err_t output_unfragmented(const struct route *r, struct pbuf *p, uint8_t protocol)
{
    pbuf_add_header(p, IP_HLEN);
    struct ip_hdr *h = p->payload;
    memset(h, 0, sizeof *h);
    IPH_VHL_SET(h, 4, IP_HLEN / 4);
    IPH_TOS_SET(h, r->tos);
    IPH_LEN_SET(h, htons(p->tot_len));
    IPH_ID_SET(h, next_ip_id());
    IPH_OFFSET_SET(h, htons(IP_DF));
    IPH_TTL_SET(h, r->ttl);
    IPH_PROTO_SET(h, protocol);
    ip4_addr_copy(h->src, *ip_2_ip4(&r->from));
    ip4_addr_copy(h->dest, *ip_2_ip4(&r->to));
    IPH_CHKSUM_SET(h, inet_chksum(h, IP_HLEN));
    return ip4_output_if(p, NULL, LWIP_IP_HDRINCL, 0, 0, 0, r->netif);
}

static NTSTATUS output(const struct route *r, struct pbuf *p, uint8_t protocol)
{
    err_t error;

    if (r->loop)
        p->flags |= PBUF_FLAG_MCASTLOOP;
    if (r->dont_fragment && p->tot_len + (IP_IS_V6(&r->to) ? IP6_HLEN : IP_HLEN) > r->netif->mtu)
        return STATUS_INVALID_BUFFER_SIZE;
    if (IP_IS_V6(&r->to))
        error = ip6_output_if_src(p, ip_2_ip6(&r->from), ip_2_ip6(&r->to), r->ttl, r->tos, protocol, r->netif);
    else if (r->dont_fragment)
        error = output_unfragmented(r, p, protocol);
    else
        error = ip4_output_if_src(p, ip_2_ip4(&r->from), ip_2_ip4(&r->to), r->ttl, r->tos, protocol, r->netif);
    return error == ERR_OK ? STATUS_SUCCESS : error == ERR_RTE ? STATUS_HOST_UNREACHABLE : STATUS_INSUFFICIENT_RESOURCES;
}

/* What the sender leaves open in a header of its own, the stack fills in: checksum, length, and where 0 the identification
 * and the source address. docs: win32, WinSock/tcp-ip-raw-sockets-2 */
static NTSTATUS complete_header(const struct route *r, struct pbuf *p)
{
    struct ip_hdr *h = p->payload;

    if (p->len < IP_HLEN || IPH_V(h) != 4 || IPH_HL_BYTES(h) < IP_HLEN || IPH_HL_BYTES(h) > p->len)
        return STATUS_INVALID_PARAMETER;
    if (p->tot_len > r->netif->mtu)
        return STATUS_INVALID_BUFFER_SIZE;
    IPH_LEN_SET(h, htons(p->tot_len));
    if (IPH_ID(h) == 0)
        IPH_ID_SET(h, next_ip_id());
    if (h->src.addr == 0)
        ip4_addr_copy(h->src, *ip_2_ip4(&r->from));
    IPH_CHKSUM_SET(h, 0);
    IPH_CHKSUM_SET(h, inet_chksum(h, IPH_HL_BYTES(h)));
    return STATUS_SUCCESS;
}

static NTSTATUS output_whole(const struct route *r, struct pbuf *p)
{
    return ip4_output_if(p, NULL, LWIP_IP_HDRINCL, 0, 0, 0, r->netif) == ERR_OK ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS send_packet(struct tcpip_datagram *d, const struct route *r, const struct tcpip_address *asked,
                            const struct tcpip_address *actual, const struct iovec *parts, unsigned count, size_t size)
{
    struct pbuf *p = gather(parts, count, size, d->protocol == IP_PROTO_UDP ? PBUF_TRANSPORT : PBUF_IP);
    NTSTATUS status;

    if (!p)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = d->header_included ? complete_header(r, p) : STATUS_SUCCESS;
    if (!d->header_included && d->protocol == IP_PROTO_UDP)
        add_udp_header(r, p);
    else if (!d->header_included && d->protocol == IP6_NEXTH_ICMP6 && IP_IS_V6(&r->to))
        add_icmp6_checksum(r, p);
    if (status == STATUS_SUCCESS) {
        wfp_sender_control = r->control;
        status = datagram_wfp_out(d, p, &r->from, asked, actual, r->netif);
        if (status == STATUS_SUCCESS)
            status = d->header_included ? output_whole(r, p) : output(r, p, d->protocol);
        else if (status == STATUS_PENDING)
            status = STATUS_SUCCESS;
        wfp_sender = NULL;
        wfp_sender_control = (struct wfp_control){ 0 };
    }
    pbuf_free(p);
    return status;
}

/* Where it goes, and by which way: the way to `to` is known before drivers are asked, because it names the local address. */
static NTSTATUS find_way(struct tcpip_datagram *d, const struct tcpip_address *to, const struct tcpip_address *from,
                         const struct tcpip_ip_options *options, uint32_t icmp, struct tcpip_address *actual, struct route *route)
{
    NTSTATUS status = find_route(d, to, from, options, route);
    NTSTATUS redirected = datagram_redirect(d, &route->from, to, icmp, actual);

    if (redirected != STATUS_SUCCESS)
        return redirected;
    return memcmp(actual, to, sizeof *to) != 0 ? find_route(d, actual, from, options, route) : status;
}

/* The conversation of an ICMP message, by its first bytes. */
static uint32_t icmp_key(const struct tcpip_datagram *d, const struct iovec *parts, unsigned count)
{
    uint8_t header[8];
    size_t have = 0;

    if (d->protocol == IP_PROTO_UDP || d->header_included)
        return 0;
    for (unsigned n = 0; n < count && have < sizeof header; n++) {
        size_t more = parts[n].iov_len < sizeof header - have ? parts[n].iov_len : sizeof header - have;
        memcpy(header + have, parts[n].iov_base, more);
        have += more;
    }
    return peer_icmp(d->protocol, header, have).key;
}

NTSTATUS datagram_send_to(struct tcpip_datagram *d, const struct tcpip_address *to, const struct iovec *parts, unsigned count,
                          const struct tcpip_address *from, const struct tcpip_ip_options *options)
{
    struct tcpip_ip_options merged = merge(&d->options, options);
    struct route route = { 0 };
    struct tcpip_address actual;
    size_t size = 0;

    for (unsigned n = 0; n < count; n++)
        size += parts[n].iov_len;
    if (size > (to->family == 6 ? MOST6 : MOST))
        return STATUS_INVALID_BUFFER_SIZE;
    uint32_t icmp = icmp_key(d, parts, count);
    NTSTATUS status = find_way(d, to, from, &merged, icmp, &actual, &route);
    if (status == STATUS_PENDING)
        return datagram_hold(d, to, icmp, parts, count, from, options);
    return NT_SUCCESS(status) ? send_packet(d, &route, to, &actual, parts, count, size) : status;
}

NTSTATUS tcpip_datagram_send(struct tcpip_datagram *d, const struct tcpip_address *to, const struct iovec *parts, unsigned count,
                             const struct tcpip_address *from, const struct tcpip_ip_options *options)
{
    struct tcpip_address address = to ? address_unmapped(to) : d->remote, source;

    if (!address.family || (d->family && address.family != d->family) || (d->protocol == IP_PROTO_UDP && !address.port))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    NTSTATUS status = datagram_bind_any(d);
    if (!NT_SUCCESS(status))
        return status;
    if (from)
        source = address_unmapped(from);
    stack_enter();
    d->busy++;
    status = datagram_send_to(d, &address, parts, count, from ? &source : NULL, options);
    datagram_done(d);
    stack_leave();
    return status;
}
