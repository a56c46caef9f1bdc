/* The transport layers, ICMP errors and packets of connections. Out: the program's ip4_output_if_opt_src and ip6_output_if_src are the
 * ones that everything in lwIP ends in. In: tcp_input.c, datagram_input.c and icmp_errors.c ask. */
#include <arpa/inet.h>
#include <string.h>

#include "tcpip/datagram_internal.h"
#include "tcpip/interface.h"
#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_endpoint.h"

struct wfp_endpoint *wfp_sender;
struct wfp_control wfp_sender_control;

struct transport {
    uint32_t size;                      /* of the header */
    uint16_t local, remote;             /* ports, or ICMP type and code */
    bool icmp;
    uint32_t id_and_sequence;
};

static bool is_icmp(uint8_t protocol)
{
    return protocol == IP_PROTO_ICMP || protocol == IP6_NEXTH_ICMP6;
}

static bool is_error(uint8_t family, uint16_t type)
{
    return family == 6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* The header `at` bytes into p, as the sender (outbound) or the receiver sees it. */
static struct transport read_header(const struct pbuf *p, uint32_t at, uint8_t protocol, bool inbound)
{
    struct transport t = { 0 };
    uint8_t b[20] = { 0 };
    uint32_t have = pbuf_copy_partial(p, b, sizeof b, (u16_t)at);
    uint16_t first = (uint16_t)(b[0] << 8 | b[1]), second = (uint16_t)(b[2] << 8 | b[3]);

    if (is_icmp(protocol) && have >= 4) {
        t = (struct transport){ .size = 8, .local = b[0], .remote = b[1], .icmp = true,
                                .id_and_sequence = (uint32_t)b[4] << 24 | b[5] << 16 | b[6] << 8 | b[7] };
    } else if ((protocol == IP_PROTO_TCP && have >= 20) || (protocol == IP_PROTO_UDP && have >= 8)) {
        t.size = protocol == IP_PROTO_TCP ? (b[12] >> 4) * 4u : 8;
        t.local = inbound ? second : first;
        t.remote = inbound ? first : second;
    }
    if (at + t.size > p->tot_len)
        t.size = p->tot_len - at;
    return t;
}

/* What the stack sends of itself (echo requests, DHCP, resets): every packet that leaves has an endpoint. */
static struct wfp_endpoint *stack_endpoint(uint8_t protocol)
{
    static struct wfp_endpoint own[256];

    own[protocol].protocol = protocol;
    return &own[protocol];
}

static void add_endpoint(struct wfp_info *info, struct wfp_endpoint *e)
{
    if (!e)
        return;
    info->endpoint = wfp_endpoint_id(e);
    info->flow = e->flow;
    info->have |= WFP_HAS_ENDPOINT | (e->flow ? WFP_HAS_FLOW : 0);
}

static bool ask(uint16_t layer, struct wfp_info *info, struct fwp_packet *copy, void *list, bool has_discard)
{
    struct fwp_verdict verdict = { 0 };

    if (wfp_classify(layer, info, list, &verdict))
        return true;
    if (!verdict.absorb && has_discard)
        wfp_discarded(layer, info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    return false;
}

/* --- in ------------------------------------------------------------------------------------------------------------------------- */

static void quote(struct wfp_info *info, const struct pbuf *p)
{
    struct pbuf inner = *p;
    struct wfp_header h;

    if (p->len < 8 + IP_HLEN + 8)
        return;
    inner.payload = (char *)p->payload + 8;
    inner.len = (u16_t)(p->len - 8);
    inner.tot_len = (u16_t)(p->tot_len - 8);
    if (!wfp_parse(&inner, &h))
        return;
    struct transport t = read_header(&inner, h.size, h.protocol, false);
    info->embedded_protocol = h.protocol;
    info->embedded_remote = h.to;
    info->embedded_local_port = t.local;
    info->embedded_remote_port = t.remote;
}

static bool icmp_error_in(struct wfp_info *info, const struct pbuf *p, const void *header, uint32_t header_size, uint8_t family)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_INBOUND_ICMP_ERROR_V4, family);
    void *list;

    if (fwp_layer_is_empty(layer) || !is_error(family, info->local_port))
        return true;
    quote(info, p);
    info->ip_header = header_size + 8;  /* alone it leads from the quoted header back to the outer one */
    struct fwp_packet *copy = wfp_copy(p, header, header_size, header_size + 8, &list);
    bool allowed = copy && ask(layer, info, copy, list, true);
    if (copy)
        wfp_packet_release(copy);
    return allowed;
}

static struct wfp_info describe_in(uint8_t protocol, const struct transport *t, uint32_t header_size)
{
    struct interface *by = interface_arriving();
    const struct wfp_injected *injected = wfp_injecting();

    if (!by && injected && injected->interface)
        by = interface_of_index(injected->interface);
    if (!by)
        by = loopback_interface();
    return (struct wfp_info){
        .local = IP_IS_V6(ip_current_dest_addr()) ? ip_from6(ip_2_ip6(ip_current_dest_addr()))
                                                  : ip_from4(ip_2_ip4(ip_current_dest_addr())->addr),
        .remote = IP_IS_V6(ip_current_src_addr()) ? ip_from6(ip_2_ip6(ip_current_src_addr()))
                                                  : ip_from4(ip_2_ip4(ip_current_src_addr())->addr),
        .local_port = t->local, .remote_port = t->remote, .protocol = protocol, .inbound = true, .interface = wfp_link(by),
        .arrival = wfp_link(by), .have = WFP_HAS_IP_HEADER | WFP_HAS_TRANSPORT_HEADER | (t->icmp ? WFP_HAS_ICMP_ID : 0),
        .ip_header = header_size, .transport_header = t->icmp ? 0 : t->size, .icmp_id_and_sequence = t->id_and_sequence,
        .flags = by == loopback_interface() ? WFP_IS_LOOPBACK : 0,
    };
}

bool wfp_transport_in(uint8_t protocol, struct pbuf *p)
{
    uint8_t family = ip_current_is_v6() ? 6 : 4;
    uint16_t layer = wfp_layer(FWPS_LAYER_INBOUND_TRANSPORT_V4, family);
    bool icmp = is_icmp(protocol);

    if (tcp_is_let_in())                /* drivers have seen this request when it came */
        return true;
    if (fwp_layer_is_empty(layer) && (!icmp || fwp_layer_is_empty(wfp_layer(FWPS_LAYER_INBOUND_ICMP_ERROR_V4, family))))
        return true;
    struct transport t = read_header(p, 0, protocol, true);
    const void *header = family == 6 ? (const void *)ip6_current_header() : (const void *)ip4_current_header();
    uint32_t size = ip_current_header_tot_len();
    struct wfp_info info = describe_in(protocol, &t, size);
    bool allowed = true;

    if (protocol == IP_PROTO_TCP) {
        struct tcpip_tcp *tcp = tcp_table_find(ip_current_dest_addr(), t.local, ip_current_src_addr(), t.remote);
        add_endpoint(&info, tcp ? &tcp->wfp : NULL);
        bool asks = tcp ? tcp->wfp.established && wfp_ale_will_ask(&tcp->wfp, family, info.interface.index)
                        : !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, family));
        if (asks) {
            info.have |= WFP_HAS_ALE_REQUIRED;
            info.flags |= WFP_REQUIRES_ALE_CLASSIFY;
        }
    } else if (protocol == IP_PROTO_UDP) {
        add_endpoint(&info, datagram_wfp_receiver(t.local, t.remote, info.interface.index, &info.have));
        info.flags |= info.have & WFP_HAS_ALE_REQUIRED ? WFP_REQUIRES_ALE_CLASSIFY : 0;
    }
    if (!fwp_layer_is_empty(layer)) {
        void *list;
        struct fwp_packet *copy = wfp_copy(p, header, size, size + info.transport_header, &list);
        allowed = copy && ask(layer, &info, copy, list, true);
        if (copy)
            wfp_packet_release(copy);
    }
    return allowed && (!icmp || icmp_error_in(&info, p, header, size, family));
}

/* A packet of a connection, in or out, `start` bytes before its data or at its header. */
static bool wfp_stream_packet(struct wfp_info *info, struct fwp_packet *copy, void *list, uint8_t family)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_STREAM_PACKET_V4, family);

    return fwp_layer_is_empty(layer) || ask(layer, info, copy, list, false);
}

bool wfp_stream_packet_in(struct tcpip_tcp *tcp, const struct pbuf *p)
{
    uint8_t family = ip_current_is_v6() ? 6 : 4;
    void *list;

    if (fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_PACKET_V4, family)))
        return true;
    struct transport t = read_header(p, 0, IP_PROTO_TCP, true);
    uint32_t size = ip_current_header_tot_len();
    struct wfp_info info = describe_in(IP_PROTO_TCP, &t, size);
    add_endpoint(&info, &tcp->wfp);
    struct fwp_packet *copy = wfp_copy(p, family == 6 ? (const void *)ip6_current_header() : (const void *)ip4_current_header(), size,
                                       size + t.size, &list);
    bool allowed = copy && wfp_stream_packet(&info, copy, list, family);
    if (copy)
        wfp_packet_release(copy);
    return allowed;
}

/* --- out ------------------------------------------------------------------------------------------------------------------------ */

static bool wanted_out(uint8_t family, uint8_t protocol)
{
    return !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_OUTBOUND_TRANSPORT_V4, family)) ||
           (protocol == IP_PROTO_TCP && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_PACKET_V4, family))) ||
           (is_icmp(protocol) && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_OUTBOUND_ICMP_ERROR_V4, family)));
}

/* p: at its transport header, `at` bytes on; raw: an application has made its IP header. */
static bool goes_out(struct pbuf *p, uint32_t at, uint8_t protocol, const struct ip_address *from, const struct ip_address *to,
                     struct netif *netif, struct tcpip_tcp *tcp, bool raw)
{
    uint8_t family = to->family;
    struct transport t = read_header(p, at, protocol, false);
    bool loops = wfp_is_own(to), allowed = true;
    void *list;
    struct wfp_link link = wfp_link(loops ? loopback_interface() : interface_of_netif(netif));
    struct wfp_info info = {
        .local = *from, .remote = *to, .local_port = t.local, .remote_port = t.remote, .protocol = protocol, .interface = link,
        .have = WFP_HAS_TRANSPORT_HEADER | (t.icmp ? WFP_HAS_ICMP_ID : 0), .transport_header = t.size,
        .icmp_id_and_sequence = t.id_and_sequence, .flags = (loops ? WFP_IS_LOOPBACK : 0) | (raw ? WFP_IS_RAW_ENDPOINT : 0),
    };

    if (!tcp && wfp_sender_control.size) {
        info.control = wfp_sender_control;
        info.have |= WFP_HAS_CONTROL;
    }
    add_endpoint(&info, tcp ? &tcp->wfp : wfp_sender ? wfp_sender : stack_endpoint(protocol));
    struct fwp_packet *copy = wfp_copy(p, NULL, 0, at, &list);
    if (!copy)
        return false;
    uint16_t layer = wfp_layer(FWPS_LAYER_OUTBOUND_TRANSPORT_V4, family);
    if (!fwp_layer_is_empty(layer))
        allowed = ask(layer, &info, copy, list, true);
    if (allowed && t.icmp && is_error(family, t.local) && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_OUTBOUND_ICMP_ERROR_V4, family)))
        allowed = ask(wfp_layer(FWPS_LAYER_OUTBOUND_ICMP_ERROR_V4, family), &info, copy, list, true);
    if (allowed && tcp)
        allowed = wfp_stream_packet(&info, copy, list, family);
    wfp_packet_release(copy);
    return allowed;
}

static struct tcpip_tcp *sending_connection(const struct pbuf *p, uint8_t protocol, const ip_addr_t *from, const ip_addr_t *to)
{
    if (protocol != IP_PROTO_TCP)
        return NULL;
    struct transport t = read_header(p, 0, protocol, false);
    return tcp_table_find(from, t.local, to, t.remote);
}

static bool skips_transport(void)
{
    return wfp_injecting() && (wfp_injecting()->kind == WFP_NETWORK_SEND || wfp_injecting()->kind == WFP_FORWARD);
}

static bool may_leave(struct pbuf *p, uint8_t protocol, const ip_addr_t *from, const ip_addr_t *to, struct netif *netif)
{
    uint8_t family = IP_IS_V6(to) ? 6 : 4;
    struct tcpip_tcp *tcp = wfp_ale_active() || wanted_out(family, protocol) ? sending_connection(p, protocol, from, to) : NULL;

    if (tcp && !wfp_tcp_still_allowed(tcp, false, p, netif))
        return false;
    if (!wanted_out(family, protocol))
        return true;
    struct ip_address local = family == 6 ? ip_from6(ip_2_ip6(from)) : ip_from4(ip_2_ip4(from)->addr);
    struct ip_address remote = family == 6 ? ip_from6(ip_2_ip6(to)) : ip_from4(ip_2_ip4(to)->addr);
    return goes_out(p, 0, protocol, &local, &remote, netif, tcp, false);
}

static bool header_may_leave(struct pbuf *p, struct netif *netif)
{
    struct wfp_header h;

    if (!wfp_parse(p, &h) || !wanted_out(4, h.protocol))
        return true;
    return goes_out(p, h.size, h.protocol, &h.from, &h.to, netif, NULL, true);
}

bool wfp_injected_may_leave(struct pbuf *p, const struct wfp_header *h, struct netif *netif)
{
    ip_addr_t from = { 0 }, to = { 0 };

    if (h->fragment || !wanted_out(h->family, h->protocol))
        return true;
    if (h->family == 4) {
        ip_addr_set_ip4_u32_val(from, ip_to4(&h->from));
        ip_addr_set_ip4_u32_val(to, ip_to4(&h->to));
    } else {
        from.type = to.type = IPADDR_TYPE_V6;
        memcpy(ip_2_ip6(&from)->addr, h->from.bytes, 16);
        memcpy(ip_2_ip6(&to)->addr, h->to.bytes, 16);
    }
    struct transport t = read_header(p, h->size, h->protocol, false);
    struct tcpip_tcp *tcp = h->protocol == IP_PROTO_TCP ? tcp_table_find(&from, t.local, &to, t.remote) : NULL;
    return goes_out(p, h->size, h->protocol, &h->from, &h->to, netif, tcp, false);
}

err_t ip4_output_if_opt_src(struct pbuf *p, const ip4_addr_t *src, const ip4_addr_t *dest, u8_t ttl, u8_t tos, u8_t proto,
                            struct netif *netif, void *options, u16_t options_size)
{
    if (!skips_transport()) {
        ip_addr_t from, to;
        if (dest != LWIP_IP_HDRINCL) {
            ip_addr_copy_from_ip4(from, *(src && !ip4_addr_isany(src) ? src : netif_ip4_addr(netif)));
            ip_addr_copy_from_ip4(to, *dest);
            if (!may_leave(p, proto, &from, &to, netif))
                return ERR_OK;
        } else if (!header_may_leave(p, netif)) {
            return ERR_OK;
        }
    }
    return real_lwip()->ip4_output_if_opt_src(p, src, dest, ttl, tos, proto, netif, options, options_size);
}

err_t ip6_output_if_src(struct pbuf *p, const ip6_addr_t *src, const ip6_addr_t *dest, u8_t ttl, u8_t tc, u8_t next,
                        struct netif *netif)
{
    if (!skips_transport() && dest != LWIP_IP_HDRINCL && src) {
        ip_addr_t from, to;
        ip_addr_copy_from_ip6(from, *src);
        ip_addr_copy_from_ip6(to, *dest);
        if (!may_leave(p, next, &from, &to, netif))
            return ERR_OK;
    }
    return real_lwip()->ip6_output_if_src(p, src, dest, ttl, tc, next, netif);
}
