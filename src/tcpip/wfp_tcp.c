/* Connections at the layers: accepted, established, asked again, ended. */
#include <lwip/ip.h>
#include <ntddk.h>

#include "fwp/pending.h"
#include "tcpip/interface.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_endpoint.h"
#include "tcpip/wfp_stream.h"

#define BUCKETS 1024u

static struct list flows[BUCKETS];
static bool flows_ready;

static struct list *bucket(uint64_t flow)
{
    if (!flows_ready)
        for (unsigned n = 0; n < BUCKETS; n++)
            list_init(&flows[n]);
    flows_ready = true;
    return &flows[flow % BUCKETS];
}

struct wfp_endpoint *wfp_endpoint_of_flow(uint64_t flow)
{
    struct list *head = bucket(flow);

    list_each(node, head) {
        struct wfp_endpoint *e = container_of(node, struct wfp_endpoint, by_flow);
        if (e->flow == flow)
            return e;
    }
    return NULL;
}

static struct ip_address address_of(const ip_addr_t *a)
{
    return IP_IS_V6(a) ? ip_from6(ip_2_ip6(a)) : ip_from4(ip_2_ip4(a)->addr);
}

static struct wfp_link link_of(const struct ip_address *remote, struct netif *netif)
{
    return wfp_link(wfp_is_own(remote) || !netif ? loopback_interface() : interface_of_netif(netif));
}

static struct wfp_info describe(struct tcpip_tcp *tcp, bool inbound)
{
    struct wfp_info info = {
        .local = address_of(&tcp->local_ip), .remote = address_of(&tcp->remote_ip), .local_port = tcp->local_port,
        .remote_port = tcp->remote_port, .protocol = IP_PROTO_TCP, .inbound = inbound, .endpoint = wfp_endpoint_id(&tcp->wfp),
        .flow = tcp->wfp.flow, .have = WFP_HAS_ENDPOINT | (tcp->wfp.flow ? WFP_HAS_FLOW : 0),
    };

    if (tcp->wfp.parent) {
        info.parent_endpoint = tcp->wfp.parent;
        info.have |= WFP_HAS_PARENT;
    }
    info.interface = link_of(&info.remote, ip_route(&tcp->local_ip, &tcp->remote_ip));
    info.flags = wfp_is_own(&info.remote) ? WFP_IS_LOOPBACK : 0;
    return info;
}

/* --- a SYN ------------------------------------------------------------------------------------------------------------------------ */

/* The endpoint that a SYN makes has its name before it is there: drivers see it at RECV_ACCEPT. */
static struct {
    uint64_t id, parent;
    uint32_t link;
} accepted;

void wfp_tcp_adopted(struct tcpip_tcp *child)
{
    if (!accepted.id || accepted.parent != child->wfp.parent)
        return;
    child->wfp.id = accepted.id;
    child->wfp.authorised = child->wfp.indicated = child->wfp.inbound = true;
    child->wfp.epoch = wfp_epoch(wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, IP_IS_V6(&child->pcb->remote_ip) ? 6 : 4));
    child->wfp.link = accepted.link;
    accepted.id = 0;
}

enum wfp_decision wfp_tcp_accept(struct tcpip_tcp *listener, const struct tcp_request *r, struct pbuf *p)
{
    uint8_t family = ip_current_is_v6() ? 6 : 4;
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, family);
    struct fwp_pendable pendable;
    struct fwp_verdict verdict = { 0 };
    void *list;

    accepted.id = 0;
    if (fwp_layer_is_empty(layer) || tcp_is_let_in())
        return WFP_ALLOW;
    if (!tcp_checksum_good(p))
        return WFP_DROP;
    uint32_t ip_header = ip_current_header_tot_len(), header = TCPH_HDRLEN_BYTES((const struct tcp_hdr *)p->payload);
    struct interface *by = interface_arriving() ? interface_arriving() : loopback_interface();
    struct wfp_info info = {
        .local = address_of(ip_current_dest_addr()), .remote = address_of(ip_current_src_addr()), .local_port = r->local_port,
        .remote_port = r->remote_port, .protocol = IP_PROTO_TCP, .inbound = true, .interface = wfp_link(by), .arrival = wfp_link(by),
        .have = WFP_HAS_IP_HEADER | WFP_HAS_TRANSPORT_HEADER | WFP_HAS_PARENT | WFP_HAS_COMPLETION | WFP_HAS_ENDPOINT,
        .ip_header = ip_header, .transport_header = header, .endpoint = wfp_new_endpoint_id(IP_PROTO_TCP),
        .parent_endpoint = wfp_endpoint_id(&listener->wfp), .completion = &pendable,
        .flags = by == loopback_interface() ? WFP_IS_LOOPBACK : 0,
    };
    const void *ip = family == 6 ? (const void *)ip6_current_header() : (const void *)ip4_current_header();
    struct fwp_packet *copy = wfp_copy(p, ip, ip_header, ip_header + header, &list);
    if (!copy)
        return WFP_DROP;
    fwp_pendable_begin(&pendable, false);
    listener->busy++;
    struct wfp_endpoint unused;
    bool allowed = wfp_classify(layer, &info, list, &verdict) && wfp_take_options(&unused, &verdict);
    bool alive = tcp_done(listener);
    fwp_pendable_end(&pendable);
    if (pendable.pended)                /* the driver injects its clone when it has decided */
        fwp_pended_resume(pendable.pended, NULL, NULL);
    else if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    wfp_packet_release(copy);
    if (pendable.pended || !alive)
        return WFP_DROP;
    if (allowed) {
        accepted.id = info.endpoint;
        accepted.parent = info.parent_endpoint;
        accepted.link = info.interface.index;
    }
    return allowed ? WFP_ALLOW : verdict.absorb ? WFP_DROP : WFP_REFUSE;
}

/* --- a connection ------------------------------------------------------------------------------------------------------------------ */

static KDPC abort_dpc;

static struct tcpip_tcp *first_closing(void)
{
    for (unsigned n = 0; n < BUCKETS; n++)
        list_each(node, &flows[n]) {
            struct wfp_endpoint *e = container_of(node, struct wfp_endpoint, by_flow);
            if (e->closing && !e->is_datagram)
                return container_of(e, struct tcpip_tcp, wfp);
        }
    return NULL;
}

static VOID NTAPI abort_closing(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct tcpip_tcp *tcp;

    stack_enter();
    while (flows_ready && (tcp = first_closing())) {
        tcp->wfp.closing = false;
        tcp->busy++;
        tcp_kill_pcb(tcp);
        tcp_failed(tcp, STATUS_CONNECTION_ABORTED);
        tcp_done(tcp);
    }
    stack_leave();
}

static void abort_flow(void *context, uint64_t flow)
{
    struct wfp_endpoint *e = wfp_endpoint_of_flow(flow);

    if (!e)
        return;
    e->closing = true;
    KeInsertQueueDpc(&abort_dpc, NULL, NULL);
}

void wfp_tcp_open(void)
{
    flows_ready = false;
    KeInitializeDpc(&abort_dpc, abort_closing, NULL);
}

void wfp_tcp_close(void)
{
    KeRemoveQueueDpc(&abort_dpc);
}

void wfp_make_flow(struct wfp_endpoint *e)
{
    static const struct fwp_flow_owner owner = { .abort = abort_flow };

    if (e->flow)
        return;
    e->flow = fwp_flow_create(&owner);
    if (e->flow)
        list_push_back(bucket(e->flow), &e->by_flow);
}

static bool flow_is_wanted(uint8_t family)
{
    return !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, family)) ||
           !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_V4, family)) ||
           !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_INBOUND_TRANSPORT_V4, family)) ||
           !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_OUTBOUND_TRANSPORT_V4, family)) || wfp_ale_active();
}

/* A connection from this computer that was redirected to this listener. */
static void take_records(struct tcpip_tcp *tcp)
{
    list_each(node, &wfp_redirected) {
        struct wfp_endpoint *e = container_of(node, struct wfp_endpoint, by_records);
        struct tcpip_tcp *client = container_of(e, struct tcpip_tcp, wfp);
        if (!e->is_datagram && client->local_port == tcp->remote_port && client->remote_port == tcp->local_port &&
            ip_addr_cmp(&client->local_ip, &tcp->remote_ip) && ip_addr_cmp(&client->remote_ip, &tcp->local_ip)) {
            wfp_share_records(&tcp->wfp, &client->wfp);
            return;
        }
    }
}

bool wfp_tcp_established(struct tcpip_tcp *tcp, bool inbound)
{
    uint8_t family = IP_IS_V6(&tcp->remote_ip) ? 6 : 4;
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, family);
    struct fwp_verdict verdict = { 0 };

    if (inbound) {
        tcp->wfp.authorised = tcp->wfp.indicated = tcp->wfp.inbound = true;
        tcp->wfp.epoch = wfp_epoch(wfp_layer(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, family));
    }
    tcp->wfp.established = true;
    if (inbound && !list_empty(&wfp_redirected))
        take_records(tcp);
    if (!flow_is_wanted(family))
        return true;
    wfp_make_flow(&tcp->wfp);
    if (!wfp_stream_begin(tcp))
        return false;
    if (fwp_layer_is_empty(layer))
        return true;
    struct wfp_info info = describe(tcp, inbound);
    bool allowed = wfp_classify(layer, &info, NULL, &verdict);
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, NULL, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    return allowed;
}

/* The connection is asked again with this packet. */
static bool ask_again(struct tcpip_tcp *tcp, uint32_t reason, bool inbound_packet, const struct pbuf *p, struct wfp_link link)
{
    struct wfp_info info = describe(tcp, inbound_packet);
    const void *ip = NULL;
    struct fwp_packet *copy;
    void *list = NULL;

    info.interface = link;
    if (inbound_packet) {
        info.arrival = link;
        ip = ip_current_is_v6() ? (const void *)ip6_current_header() : (const void *)ip4_current_header();
        info.ip_header = ip_current_header_tot_len();
        info.transport_header = TCPH_HDRLEN_BYTES((const struct tcp_hdr *)p->payload);
        info.have |= WFP_HAS_IP_HEADER | WFP_HAS_TRANSPORT_HEADER;
    } else {
        info.next_hop = link;
    }
    copy = wfp_copy(p, ip, info.ip_header, info.ip_header + info.transport_header, &list);
    if (!copy)
        return false;
    bool allowed = wfp_ale_ask_again(&tcp->wfp, reason, &info, copy, list);
    wfp_packet_release(copy);
    return allowed;
}

bool wfp_tcp_still_allowed(struct tcpip_tcp *tcp, bool inbound, const struct pbuf *p, struct netif *netif)
{
    struct wfp_endpoint *e = &tcp->wfp;

    if (!wfp_ale_active() || !e->established)
        return true;
    struct ip_address remote = address_of(&tcp->remote_ip);
    struct wfp_link link = inbound ? wfp_link(interface_arriving() ? interface_arriving() : loopback_interface())
                                   : link_of(&remote, netif);
    uint32_t reason = wfp_ale_doubts(e, remote.family, inbound, link.index);
    if (reason)
        e->blocked = !ask_again(tcp, reason, inbound, p, link);
    return !e->blocked;
}

void wfp_end_flow(struct wfp_endpoint *e)
{
    if (e->flow) {
        uint64_t flow = e->flow;
        list_remove(&e->by_flow);
        list_init(&e->by_flow);
        e->flow = 0;
        e->ended_flow = flow;
        fwp_flow_delete(flow);
    }
}

void wfp_tcp_ended(struct tcpip_tcp *tcp)
{
    tcp->wfp.established = false;
    wfp_stream_end(tcp);
    wfp_end_flow(&tcp->wfp);
}

NTSTATUS tcpip_tcp_redirection(struct tcpip_tcp *tcp, bool context, void *to, size_t size, size_t *needed)
{
    stack_enter();
    NTSTATUS status = wfp_records_get(&tcp->wfp, context, to, size, needed);
    stack_leave();
    return status;
}

void tcpip_tcp_take_redirection(struct tcpip_tcp *tcp, struct fwp_records *redirection)
{
    stack_enter();
    tcpip_redirection_release(tcp->wfp.records);
    tcp->wfp.records = redirection;
    stack_leave();
}

NTSTATUS tcpip_tcp_set_redirect_records(struct tcpip_tcp *tcp, const void *from, size_t size)
{
    stack_enter();
    NTSTATUS status = wfp_records_set(&tcp->wfp, from, size);
    stack_leave();
    return status;
}
