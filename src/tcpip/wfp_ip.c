/* The layers of IP packets: inbound, outbound and forwarded. The program's ip4_input, ip6_input, ip4_frag and ip6_frag are the ones
 * that lwIP calls; output.c and loopback.c ask before a packet leaves.
 *
 * A packet that lwIP sends from inside its input is the very one that came in: it is being forwarded. */
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>

#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_ip.h"

static struct pbuf *incoming;
static struct interface *incoming_by;
static bool fragmenting;

static struct interface *arrived_by(struct netif *netif)
{
    const struct wfp_injected *injected = wfp_injecting();
    struct interface *by = injected && injected->interface ? interface_of_index(injected->interface) : interface_arriving();

    return by ? by : netif && interface_of_netif(netif) != loopback_interface() && injected ? interface_of_netif(netif)
                                                                                           : loopback_interface();
}

static void describe_fragment(struct wfp_info *info, const struct wfp_header *h)
{
    if (!h->fragment)
        return;
    info->have |= WFP_HAS_FRAGMENT;
    info->fragment_id = h->identification;
    info->fragment_offset = h->offset;
    info->fragment_length = h->total - h->size;
}

bool wfp_packet_in(struct pbuf *p, struct netif *netif, uint32_t flags)
{
    struct wfp_header h;
    struct interface *by = arrived_by(netif);
    void *list = NULL;

    if (!wfp_parse(p, &h))
        return true;
    uint16_t layer = wfp_layer(FWPS_LAYER_INBOUND_IPPACKET_V4, h.family);
    struct wfp_info info = {
        .local = h.to, .remote = h.from, .protocol = h.protocol, .inbound = true, .interface = wfp_link(by), .arrival = wfp_link(by),
        .have = WFP_HAS_IP_HEADER, .ip_header = h.size, .flags = flags | (by == loopback_interface() ? WFP_IS_LOOPBACK : 0),
    };
    describe_fragment(&info, &h);
    struct fwp_packet *copy = wfp_copy(p, NULL, 0, h.size, &list);
    struct fwp_verdict verdict = { 0 };
    bool allowed = copy && wfp_classify(layer, &info, list, &verdict);
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    if (copy)
        wfp_packet_release(copy);
    return allowed;
}

static bool skips_network(void)
{
    return wfp_injecting() && wfp_injecting()->kind == WFP_TRANSPORT_RECEIVE;
}

static err_t input(struct pbuf *p, struct netif *netif, uint16_t layer, err_t (*real)(struct pbuf *, struct netif *))
{
    struct pbuf *outer = incoming;
    struct interface *outer_by = incoming_by;

    if (!fwp_layer_is_empty(layer) && !skips_network() && !tcp_is_let_in() && !wfp_packet_in(p, netif, 0)) {
        pbuf_free(p);
        return ERR_OK;
    }
    incoming = p;
    incoming_by = interface_of_netif(netif);
    err_t error = real(p, netif);
    incoming = outer;
    incoming_by = outer_by;
    return error;
}

err_t ip4_input(struct pbuf *p, struct netif *netif)
{
    return input(p, netif, FWPS_LAYER_INBOUND_IPPACKET_V4, real_lwip()->ip4_input);
}

err_t ip6_input(struct pbuf *p, struct netif *netif)
{
    return input(p, netif, FWPS_LAYER_INBOUND_IPPACKET_V6, real_lwip()->ip6_input);
}

/* --- out ------------------------------------------------------------------------------------------------------------------------ */

static uint32_t transport_header_size(const struct pbuf *p, const struct wfp_header *h)
{
    uint8_t b[20];

    switch (h->protocol) {
    case IP_PROTO_TCP: return pbuf_copy_partial(p, b, 20, (u16_t)h->size) == 20 ? (b[12] >> 4) * 4u : 0;
    case IP_PROTO_UDP: case IP_PROTO_ICMP: case IP6_NEXTH_ICMP6: return 8;
    default: return 0;
    }
}

static bool forwards(struct netif *netif, struct pbuf *p)
{
    struct wfp_header h;
    void *list = NULL;

    if (!wfp_parse(p, &h))
        return true;
    uint16_t layer = wfp_layer(FWPS_LAYER_IPFORWARD_V4, h.family);
    if (fwp_layer_is_empty(layer))
        return true;
    struct interface *next = interface_of_netif(netif);
    struct wfp_info info = {
        .local = h.to, .remote = h.from, .protocol = h.protocol, .interface = wfp_link(incoming_by), .arrival = wfp_link(incoming_by),
        .next_hop = wfp_link(next), .flags = h.fragment ? WFP_IS_FRAGMENT : 0,
    };
    struct fwp_packet *copy = wfp_copy(p, NULL, 0, 0, &list);
    struct fwp_verdict verdict = { 0 };
    bool allowed = copy && wfp_classify(layer, &info, list, &verdict);
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    if (copy)
        wfp_packet_release(copy);
    return allowed;
}

static bool leaves(struct netif *netif, struct pbuf *p, uint16_t layer)
{
    struct wfp_header h;
    struct interface *by = interface_of_netif(netif);
    void *list = NULL;

    if (!wfp_parse(p, &h))
        return true;
    bool loops = by == loopback_interface() || wfp_is_own(&h.to);
    struct wfp_info info = {
        .local = h.from, .remote = h.to, .protocol = h.protocol, .interface = wfp_link(loops ? loopback_interface() : by),
        .have = WFP_HAS_IP_HEADER | WFP_HAS_TRANSPORT_HEADER | WFP_HAS_PATH_MTU, .ip_header = h.size, .path_mtu = netif->mtu,
        .transport_header = h.offset ? 0 : transport_header_size(p, &h), .flags = loops ? WFP_IS_LOOPBACK : 0,
    };
    describe_fragment(&info, &h);
    struct fwp_packet *copy = wfp_copy(p, NULL, 0, 0, &list);
    struct fwp_verdict verdict = { 0 };
    bool allowed = copy && wfp_classify(layer, &info, list, &verdict);
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    if (copy)
        wfp_packet_release(copy);
    return allowed;
}

bool wfp_packet_out(struct netif *netif, struct pbuf *p, unsigned family)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_OUTBOUND_IPPACKET_V4, (uint8_t)family);

    if (p == incoming)
        return forwards(netif, p);
    if (fragmenting || fwp_layer_is_empty(layer) || (wfp_injecting() && wfp_injecting()->kind == WFP_FORWARD))
        return true;
    return leaves(netif, p, layer);
}

/* A packet that is too long is shown whole. */
err_t ip4_frag(struct pbuf *p, struct netif *netif, const ip4_addr_t *dest)
{
    if (!wfp_packet_out(netif, p, 4))
        return ERR_OK;
    fragmenting = true;
    err_t error = real_lwip()->ip4_frag(p, netif, dest);
    fragmenting = false;
    return error;
}

err_t ip6_frag(struct pbuf *p, struct netif *netif, const ip6_addr_t *dest)
{
    if (!wfp_packet_out(netif, p, 6))
        return ERR_OK;
    fragmenting = true;
    err_t error = real_lwip()->ip6_frag(p, netif, dest);
    fragmenting = false;
    return error;
}
