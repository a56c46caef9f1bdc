/* Datagrams at the layers. A conversation with a peer is authorised by its first packet, and is a flow from then on. */
#include <lwip/ip.h>
#include <lwip/udp.h>
#include <string.h>

#include "tcpip/datagram_peer.h"
#include "tcpip/interface.h"

void datagram_wfp_release(struct tcpip_datagram *d)
{
    peer_forget_all(d);
}

struct wfp_endpoint *datagram_wfp_receiver(uint16_t local_port, uint16_t remote_port, uint32_t interface, uint32_t *have)
{
    struct tcpip_datagram *d = datagram_receiver(remote_port, local_port);
    struct tcpip_address remote = from_lwip(ip_current_src_addr(), remote_port);
    struct wfp_peer *peer = d ? peer_of_incoming(d, &remote, ip_addr_ismulticast(ip_current_dest_addr()), 0) : NULL;

    bool asks = peer && peer->e.authorised ? wfp_ale_will_ask(&peer->e, remote.family, interface)
                                           : !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, remote.family));
    if (d && asks)
        *have |= WFP_HAS_ALE_REQUIRED;
    return peer ? &peer->e : d ? &d->wfp : NULL;
}

static bool free_of_filters(uint8_t family, uint16_t authorisation)
{
    return fwp_layer_is_empty(wfp_layer(authorisation, family)) &&
           fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, family)) &&
           fwp_layer_is_empty(wfp_layer(FWPS_LAYER_DATAGRAM_DATA_V4, family));
}

/* icmp: of the datagram. */
static struct wfp_info describe(struct wfp_peer *peer, const struct ip_address *local, const struct tcpip_address *remote, bool inbound,
                                struct wfp_link link, const struct datagram_icmp *icmp)
{
    struct tcpip_datagram *d = peer->owner;
    struct wfp_info info = {
        .local = *local, .local_port = d->local.port, .remote_port = remote->port, .protocol = d->protocol,
        .inbound = inbound, .interface = link, .endpoint = d->wfp.id, .flow = peer->e.flow,
        .have = WFP_HAS_ENDPOINT | WFP_HAS_TRANSPORT_HEADER | (peer->e.flow ? WFP_HAS_FLOW : 0),
        .transport_header = d->protocol == IP_PROTO_UDP ? UDP_HLEN : 0,
    };

    if (icmp->key) {
        info.local_port = icmp->type;
        info.remote_port = icmp->code;
        info.icmp_id_and_sequence = icmp->id_and_sequence;
        info.have |= WFP_HAS_ICMP_ID;
    }
    peer->e.is_icmp = icmp->key != 0;
    peer->e.icmp_id = icmp->id_and_sequence;
    info.remote.family = remote->family;
    memcpy(info.remote.bytes, remote->bytes, 16);
    info.flags = (wfp_is_own(&info.remote) ? WFP_IS_LOOPBACK : 0) | (d->wfp.raw ? WFP_IS_RAW_ENDPOINT : 0);
    if (inbound)
        info.arrival = link;
    else
        info.next_hop = link;
    if (!inbound && wfp_sender_control.size) {
        info.control = wfp_sender_control;
        info.have |= WFP_HAS_CONTROL;
    }
    return info;
}

static struct datagram_icmp icmp_of(const struct tcpip_datagram *d, const struct pbuf *p, uint32_t at, uint8_t protocol)
{
    uint8_t header[8];

    if (d->protocol == IP_PROTO_UDP)
        return (struct datagram_icmp){ 0 };
    return peer_icmp(protocol, header, pbuf_copy_partial(p, header, sizeof header, (u16_t)at));
}

static bool established(struct wfp_peer *peer, struct wfp_info *info, void *list)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, peer->remote.family);

    peer->e.established = true;
    wfp_make_flow(&peer->e);
    info->flow = peer->e.flow;
    info->have |= WFP_HAS_FLOW;
    return fwp_layer_is_empty(layer) || wfp_classify(layer, info, list, NULL);
}

static bool data_allowed(struct wfp_peer *peer, struct wfp_info *info, struct fwp_packet *copy, void *list)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_DATAGRAM_DATA_V4, peer->remote.family);
    struct fwp_verdict verdict = { 0 };

    if (fwp_layer_is_empty(layer) || wfp_classify(layer, info, list, &verdict))
        return true;
    if (!verdict.absorb)
        wfp_discarded(layer, info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    return false;
}

/* The first authorisation of an inbound conversation. */
static bool accept(struct wfp_peer *peer, struct wfp_info *info, struct fwp_packet *copy, void *list)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, peer->remote.family);
    struct fwp_verdict verdict = { 0 };

    peer->e.inbound = true;
    peer->e.epoch = wfp_epoch(layer);
    peer->e.link = info->interface.index;
    peer->e.options = (struct wfp_flow_options){ 0 };
    bool allowed = fwp_layer_is_empty(layer) || (wfp_classify(layer, info, list, &verdict) && wfp_take_options(&peer->e, &verdict));
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    return allowed;
}

/* --- out -------------------------------------------------------------------------------------------------------------------------- */

static void decided(void *context, NTSTATUS status)
{
    struct wfp_peer *peer = context;

    stack_enter();
    peer->waits = false;
    if (!NT_SUCCESS(status))
        peer_forget(peer);
    stack_leave();
}

static NTSTATUS authorise(struct wfp_peer *peer, struct wfp_info *info, void *list)
{
    struct tcpip_address local = { .family = info->local.family, .port = info->local_port }, remote = peer->actual;

    memcpy(local.bytes, info->local.bytes, 16);
    remote.port = info->remote_port;
    NTSTATUS status = wfp_ale_connect(&peer->e, info->protocol, &local, &remote, info->interface, list, decided, peer);
    peer->waits = status == STATUS_PENDING;
    return status;
}

static bool is_many(const struct tcpip_address *to, struct netif *netif)
{
    ip_addr_t ip = to_lwip(to);

    return ip_addr_ismulticast(&ip) || (netif && ip_addr_isbroadcast(&ip, netif));
}

NTSTATUS datagram_wfp_out(struct tcpip_datagram *d, struct pbuf *p, const ip_addr_t *from, const struct tcpip_address *asked,
                          const struct tcpip_address *actual, struct netif *netif)
{
    struct ip_address local = IP_IS_V6(from) ? ip_from6(ip_2_ip6(from)) : ip_from4(ip_2_ip4(from)->addr);
    void *list;
    NTSTATUS status = STATUS_SUCCESS;

    wfp_sender = &d->wfp;
    if (free_of_filters(actual->family, FWPS_LAYER_ALE_AUTH_CONNECT_V4) && !wfp_ale_active())
        return STATUS_SUCCESS;
    uint32_t at = d->header_included ? IPH_HL_BYTES((const struct ip_hdr *)p->payload) : 0;
    uint8_t protocol = d->header_included ? IPH_PROTO((const struct ip_hdr *)p->payload) : d->protocol;
    struct datagram_icmp icmp = icmp_of(d, p, at, protocol);
    uint32_t key = icmp.key || !d->header_included ? icmp.key : protocol;
    struct wfp_peer *peer = peer_find(d, asked, key);
    if (!peer && !(peer = peer_make(d, asked, key)))
        return STATUS_INSUFFICIENT_RESOURCES;
    peer->settled = true;
    if (peer->waits)
        return STATUS_PENDING;
    peer->many = is_many(actual, netif);
    peer_used(peer);
    struct ip_address there = { .family = actual->family };
    memcpy(there.bytes, actual->bytes, 16);
    struct wfp_link link = wfp_link(wfp_is_own(&there) ? loopback_interface() : netif->state);
    uint32_t doubts = peer->e.authorised ? wfp_ale_doubts(&peer->e, actual->family, false, link.index) : 0;
    if (peer->e.authorised && !doubts && peer->e.established &&
        fwp_layer_is_empty(wfp_layer(FWPS_LAYER_DATAGRAM_DATA_V4, actual->family))) {
        wfp_sender = &peer->e;
        return STATUS_SUCCESS;
    }
    struct fwp_packet *copy = wfp_copy(p, NULL, 0, at, &list);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct wfp_info info = describe(peer, &local, actual, false, link, &icmp);
    info.protocol = protocol;
    if (at) {
        info.ip_header = at;            /* drivers see by it that the IP header is there already */
        info.have |= WFP_HAS_IP_HEADER;
    }
    bool torn = false;
    d->busy++;
    if (!peer->e.authorised)
        status = authorise(peer, &info, list);
    else if (doubts && (torn = !wfp_ale_ask_again(&peer->e, doubts, &info, copy, list)))
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_SUCCESS && !peer->e.established && !established(peer, &info, list))
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_SUCCESS && !data_allowed(peer, &info, copy, list))
        status = STATUS_PENDING;        /* a datagram that is dropped was sent, for all its sender knows */
    wfp_packet_release(copy);
    if (status == STATUS_SUCCESS) {
        wfp_sender = &peer->e;
        peer_used(peer);                /* with the life that drivers want */
    } else if (status == STATUS_ACCESS_DENIED && (torn || !peer->e.established) && !d->dead) {
        peer_forget(peer);
    }
    datagram_done(d);
    return status;
}

/* --- in --------------------------------------------------------------------------------------------------------------------------- */

bool datagram_wfp_in(struct tcpip_datagram *d, struct tcpip_received *how, const struct pbuf *p, unsigned transport)
{
    uint8_t header[256];
    uint32_t size = ip_current_header_tot_len();
    bool whole = !transport && !ip_current_is_v6();     /* raw IPv4: p has the header */
    struct datagram_icmp icmp = icmp_of(d, p, whole ? size : 0, d->protocol);
    void *list;

    if (free_of_filters(how->from.family, FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4) && (list_empty(&d->peers) || !wfp_ale_active())) {
        struct wfp_peer *redirected = d->redirected ? peer_from(d, &how->from, icmp.key) : NULL;
        if (redirected) {
            how->from = redirected->remote;
            peer_used(redirected);
        }
        return true;
    }
    bool many = how->multicast || how->broadcast;
    struct tcpip_address everyone = peer_everyone(how->from.family);
    struct wfp_peer *peer = peer_of_incoming(d, &how->from, many, icmp.key);
    bool fresh = !peer;
    if ((!peer && !(peer = peer_make(d, many ? &everyone : &how->from, icmp.key))) || size + transport > sizeof header)
        return false;
    peer->settled = true;
    memcpy(header, ip_current_is_v6() ? (const void *)ip6_current_header() : (const void *)ip4_current_header(), size);
    memcpy(header + size, (const uint8_t *)p->payload - transport, transport);
    struct fwp_packet *copy = wfp_copy(p, header, whole ? 0 : size + transport, size + transport, &list);
    if (!copy)
        return false;
    struct ip_address local = { .family = how->to.family };
    memcpy(local.bytes, how->to.bytes, 16);
    struct interface *by = interface_arriving() ? interface_arriving() : loopback_interface();
    struct wfp_info info = describe(peer, &local, &how->from, true, wfp_link(by), &icmp);
    info.have |= WFP_HAS_IP_HEADER;
    info.ip_header = size;
    bool allowed = true;
    uint32_t doubts = peer->e.authorised ? wfp_ale_doubts(&peer->e, how->from.family, true, info.interface.index) : 0;
    if (!peer->e.authorised)
        allowed = peer->e.authorised = accept(peer, &info, copy, list);
    else if (doubts)
        allowed = peer->e.authorised = wfp_ale_ask_again(&peer->e, doubts, &info, copy, list);
    if (allowed && !peer->e.established)
        allowed = established(peer, &info, list);
    allowed = allowed && data_allowed(peer, &info, copy, list);
    wfp_packet_release(copy);
    if (allowed && !peer->many)
        peer_used(peer);
    if (peer_same_address(&peer->actual, &how->from))
        how->from = peer->remote;
    if (!allowed && !peer->e.authorised && (fresh || doubts))
        peer_forget(peer);              /* the next datagram begins another conversation */
    return allowed;
}
