/* Packets that drivers inject, on their way back into lwIP. */
#include <lwip/ip.h>
#include <string.h>

#include "tcpip/interface.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_endpoint.h"

struct pbuf *wfp_injection_room(size_t size, uint8_t **bytes)
{
    struct pbuf *p = size && size <= UINT16_MAX ? pbuf_alloc(PBUF_IP, (u16_t)size, PBUF_RAM) : NULL;

    if (p)
        *bytes = p->payload;
    return p;
}

static NTSTATUS status_of(err_t error)
{
    return error == ERR_OK ? STATUS_SUCCESS : error == ERR_RTE ? STATUS_NETWORK_UNREACHABLE : STATUS_INSUFFICIENT_RESOURCES;
}

/* netif NULL: a link-local address has no zone yet. */
static ip_addr_t lwip_address(const struct ip_address *a, struct netif *netif)
{
    ip_addr_t ip = { 0 };

    if (a->family == 4) {
        ip_addr_set_ip4_u32_val(ip, ip_to4(a));
    } else {
        ip6_addr_t six = { 0 };
        memcpy(six.addr, a->bytes, sizeof six.addr);
        if (netif)
            ip6_addr_assign_zone(&six, IP6_UNKNOWN, netif);
        ip_addr_copy_from_ip6(ip, six);
    }
    return ip;
}

static NTSTATUS receive(const struct wfp_injected *what, struct pbuf *p)
{
    struct interface *by = what->interface ? interface_of_index(what->interface) : loopback_interface();

    if (!by || !by->bound) {
        pbuf_free(p);
        return STATUS_INVALID_PARAMETER;
    }
    if (!interface_take_packet(by, p))
        pbuf_free(p);
    return STATUS_SUCCESS;
}

/* A packet to link-local addresses says by its source which link is meant; one without a source goes out by the first adapter that is up. */
static struct netif *way_to(const struct wfp_injected *what, const ip_addr_t *from, const ip_addr_t *to)
{
    struct interface *by = what->interface ? interface_of_index(what->interface) : NULL;
    struct netif *netif = by ? &by->netif : ip_route(from, to);

    if (!netif && IP_IS_V6(to) && ip6_addr_has_scope(ip_2_ip6(to), IP6_UNKNOWN))
        for (unsigned slot = 0; slot < LOOPBACK_SLOT && !netif; slot++)
            if (interface_at(slot) && interface_is_up(interface_at(slot)))
                netif = &interface_at(slot)->netif;
    return netif;
}

/* The packet has its IP header. */
static NTSTATUS send_whole(const struct wfp_injected *what, struct pbuf *p)
{
    struct wfp_header h;

    if (!wfp_parse(p, &h)) {
        pbuf_free(p);
        return STATUS_INVALID_PARAMETER;
    }
    ip_addr_t from = lwip_address(&h.from, NULL), to = lwip_address(&h.to, NULL);
    struct netif *netif = way_to(what, &from, &to);
    err_t error = ERR_RTE;
    if (what->kind == WFP_NETWORK_SEND && netif && !wfp_injected_may_leave(p, &h, netif)) {
        pbuf_free(p);
        return STATUS_SUCCESS;          /* dropped on its way */
    }
    loopback_foreign(true);
    if (netif && h.family == 4) {
        error = ip4_output_if(p, NULL, LWIP_IP_HDRINCL, 0, 0, 0, netif);
    } else if (netif) {
        to = lwip_address(&h.to, netif);
        error = wfp_is_own(&h.to) ? netif_loop_output(netif, p) : netif->output_ip6(netif, p, ip_2_ip6(&to));
    }
    loopback_foreign(false);
    pbuf_free(p);
    return status_of(error);
}

static void fill_header(const struct wfp_injected *what, bool multicast, uint8_t *hops, uint8_t *class)
{
    const struct wfp_header_choice *c = &what->choice;

    wfp_endpoint_header(what->endpoint, multicast, hops, class);
    if (c->has_hops)
        *hops = c->hops;
    if (c->has_class)
        *class = c->class;
    if (c->has_ecn)
        *class = (uint8_t)((*class & 0xfc) | c->ecn);
}

/* The packet begins with its transport header, and its checksum is made for the address that the route gives. An endpoint's id says its
 * protocol; what belongs to none is the stack's own, which is ICMP. */
static NTSTATUS send_transport(const struct wfp_injected *what, struct pbuf *p)
{
    struct ip_address there = { .family = what->family };

    if (!what->has_remote)
        return send_whole(what, p);
    memcpy(there.bytes, what->remote, sizeof what->remote);
    struct ip_address source = { .family = what->family };
    memcpy(source.bytes, what->choice.source, sizeof source.bytes);
    ip_addr_t to = lwip_address(&there, NULL), given = lwip_address(&source, NULL);
    struct netif *netif = way_to(what, &given, &to);
    const ip_addr_t *from = !netif ? NULL : what->choice.has_source ? &given : ip_netif_get_local_ip(netif, &to);
    uint8_t hops, class;
    fill_header(what, ip_addr_ismulticast(&to), &hops, &class);
    uint8_t protocol = what->endpoint ? (uint8_t)what->endpoint : what->family == 4 ? IP_PROTO_ICMP : IP6_NEXTH_ICMP6;
    err_t error = ERR_RTE;
    if (netif && from) {
        to = lwip_address(&there, netif);
        given = lwip_address(&source, netif);
        if (IP_IS_V6(&to))
            error = ip6_output_if_src(p, ip_2_ip6(from), ip_2_ip6(&to), hops, class, protocol, netif);
        else
            error = ip4_output_if_src(p, ip_2_ip4(from), ip_2_ip4(&to), hops, class, protocol, netif);
    }
    pbuf_free(p);
    return status_of(error);
}

NTSTATUS wfp_put_back(const struct wfp_injected *what, struct pbuf *p)
{
    switch (what->kind) {
    case WFP_NETWORK_RECEIVE: case WFP_TRANSPORT_RECEIVE: return receive(what, p);
    case WFP_TRANSPORT_SEND: return send_transport(what, p);
    default: return send_whole(what, p);
    }
}
