/* TCP endpoints over lwIP's raw interface: life, sending, closing. tcp_internal.h has the states. */
#include "tcpip/tcp_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/wfp_stream.h"

#define PORT_TRIES 100

static struct list endpoints = LIST_INIT(endpoints), lingering = LIST_INIT(lingering);

struct list *tcp_list(void)
{
    return &endpoints;
}

/* --- life ------------------------------------------------------------------------------------------------------- */

struct tcpip_tcp *tcp_make(struct tcp_pcb *pcb, uint8_t family, const struct tcpip_tcp_events *events, void *context)
{
    struct tcpip_tcp *tcp = stack_calloc(sizeof *tcp);

    if (!tcp)
        return NULL;
    tcp->pcb = pcb;
    tcp->family = family;
    tcp->events = events;
    tcp->context = context;
    list_init(&tcp->hash_node);
    list_init(&tcp->children);
    list_init(&tcp->held);
    list_init(&tcp->sibling);
    list_init(&tcp->wfp.by_flow);
    tcp->wfp.protocol = IP_PROTO_TCP;
    list_push_back(&endpoints, &tcp->node);
    tcp_options_init(&tcp->options);
    return tcp;
}

/* Everything is given back; the owner is told when it has not been yet. */
static void give_back(void *context)
{
    struct tcpip_tcp *tcp = context;
    struct tcpip_address local = tcp->port.local;
    void (*closed)(void *) = tcp->closed;
    void *owner = tcp->context;

    port_release(&tcp->port);
    wfp_ale_released(&tcp->wfp, &local);
    list_remove(&tcp->node);
    free(tcp);
    if (closed)
        closed(owner);
}

/* True: a driver has something to do before. */
static bool lingers(struct tcpip_tcp *tcp)
{
    struct tcpip_address remote = from_lwip(&tcp->remote_ip, tcp->remote_port), local = tcp->port.local;

    if (tcp->remote_port)
        local = from_lwip(&tcp->local_ip, tcp->local_port);
    return wfp_ale_closure(&tcp->wfp, &local, tcp->remote_port ? &remote : NULL, give_back, tcp);
}

void tcp_release(struct tcpip_tcp *tcp)
{
    tcp->dead = true;
    if (tcp->busy || tcp->wfp.going)
        return;
    tcp_unbind(tcp);
    if (lingers(tcp)) {
        list_remove(&tcp->node);
        list_push_back(&lingering, &tcp->node);
    } else {
        give_back(tcp);
    }
}

bool tcp_done(struct tcpip_tcp *tcp)
{
    assert(tcp->busy);
    if (--tcp->busy == 0 && tcp->dead) {
        tcp_release(tcp);
        return false;
    }
    return !tcp->dead;
}

void tcp_connect_timeout(void *argument)
{
    struct tcpip_tcp *tcp = argument;

    tcp_kill_pcb(tcp);
    tcp_failed(tcp, STATUS_IO_TIMEOUT);
}

void tcp_unbind(struct tcpip_tcp *tcp)
{
    if (tcp->options.connect_timeout_ms && !tcp->connected)
        stack_cancel_timer(tcp_connect_timeout, tcp);
    tcp_table_remove(tcp);
    wfp_tcp_ended(tcp);
    tcp->pcb = NULL;
}

void tcp_kill_pcb(struct tcpip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    tcp_unbind(tcp);
    if (!pcb)
        return;
    tcp_arg(pcb, NULL);
    if (pcb->state == LISTEN || pcb->state == CLOSED) {
        tcp_close(pcb);
        return;
    }
    tcp_err(pcb, NULL);
    tcp->aborted = true;
    if (pcb->state == SYN_SENT || tcp->silent)
        tcp_abandon(pcb, 0);
    else
        tcp_abort(pcb);
}

/* The pcb has left: an orphan ends. */
static void end_orphan(struct tcpip_tcp *tcp)
{
    tcp->closed = tcp->events ? tcp->events->closed : NULL;
    tcp_release(tcp);
}

void tcp_failed(struct tcpip_tcp *tcp, NTSTATUS status)
{
    tcp->failed = true;
    tcp->connected = false;
    if (tcp->orphan) {
        end_orphan(tcp);
    } else if (tcp->listener) {
        tcp_leave_listener(tcp);
        tcp_release(tcp);
    } else if (tcp->events->failed) {
        tcp->busy++;
        tcp->events->failed(tcp, tcp->context, status);
        tcp_done(tcp);
    }
}

void tcp_fin_acknowledged(struct tcpip_tcp *tcp)
{
    if (tcp->fin_acknowledged || !tcp->fin_sent)
        return;
    tcp->fin_acknowledged = true;
    if (!tcp->orphan && tcp->events->shut)
        tcp->events->shut(tcp, tcp->context);
}

void tcp_finished(struct tcpip_tcp *tcp)
{
    if (wfp_stream_outlives(tcp)) {
        tcp_table_remove(tcp);
        tcp->pcb = NULL;
        return;
    }
    tcp_unbind(tcp);
    if (tcp->orphan)
        end_orphan(tcp);
}

NTSTATUS tcpip_tcp_create(uint8_t family, const struct tcpip_tcp_events *events, void *context, struct tcpip_tcp **made)
{
    static const uint8_t types[] = { [0] = IPADDR_TYPE_ANY, [4] = IPADDR_TYPE_V4, [6] = IPADDR_TYPE_V6 };

    stack_enter();
    struct tcp_pcb *pcb = tcp_new_ip_type(types[family]);
    struct tcpip_tcp *tcp = pcb ? tcp_make(pcb, family, events, context) : NULL;
    if (tcp) {
        ip_set_option(pcb, SOF_REUSEADDR);      /* ports.c decides, not lwIP */
        tcp_arg(pcb, tcp);
        tcp_err(pcb, tcp_on_error);     /* lwIP frees even a bound one when its address goes */
        tcp_options_apply(tcp);
    } else if (pcb) {
        tcp_close(pcb);
    }
    *made = tcp;
    stack_leave();
    return tcp ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void tcpip_tcp_set_events(struct tcpip_tcp *tcp, const struct tcpip_tcp_events *events, void *context)
{
    stack_enter();
    tcp->events = events;
    tcp->context = context;
    stack_leave();
}

void *tcpip_tcp_context(struct tcpip_tcp *tcp)
{
    return tcp->context;
}

/* --- bind and connect ---------------------------------------------------------------------------------------------- */

static NTSTATUS bind_pcb(struct tcpip_tcp *tcp, const struct tcpip_address *local, enum tcpip_sharing sharing)
{
    NTSTATUS status = port_take(&tcp->port, IP_PROTO_TCP, local, tcp->family == 0, sharing);

    if (!NT_SUCCESS(status))
        return status;
    ip_addr_t ip = to_lwip(&tcp->port.local);
    bool any = ip_addr_isany(&ip);
    err_t error = tcp_bind(tcp->pcb, !any ? &ip : tcp->family == 0 ? IP_ANY_TYPE : tcp->family == 6 ? IP6_ADDR_ANY : IP4_ADDR_ANY,
                           tcp->port.local.port);
    if (error == ERR_OK)
        return STATUS_SUCCESS;
    port_release(&tcp->port);
    return STATUS_ADDRESS_ALREADY_EXISTS;
}

static void take_port_back(struct tcpip_tcp *tcp)
{
    stack_enter();
    if (tcp->pcb && tcp->pcb->state == CLOSED) {
        TCP_RMV(&tcp_bound_pcbs, tcp->pcb);
        tcp->pcb->local_port = 0;
    }
    port_release(&tcp->port);
    stack_leave();
}

NTSTATUS tcpip_tcp_bind(struct tcpip_tcp *tcp, const struct tcpip_address *local, enum tcpip_sharing sharing)
{
    struct tcpip_address address = address_unmapped(local);
    NTSTATUS status;

    status = wfp_redirect_bind(&tcp->wfp, IP_PROTO_TCP, &address);
    if (!NT_SUCCESS(status))
        return status;
    bool any_port = address.port == 0;
    stack_enter();
    if (!tcp->pcb || tcp->pcb->state != CLOSED || tcp->port.taken)
        status = STATUS_INVALID_DEVICE_STATE;
    else if ((status = address_check_local(&address, tcp->family)) == STATUS_SUCCESS)
        status = bind_pcb(tcp, &address, sharing);
    address = tcp->port.local;
    stack_leave();
    if (NT_SUCCESS(status) && !NT_SUCCESS(status = wfp_ale_bind(&tcp->wfp, &address, false, any_port)))
        take_port_back(tcp);
    return status;
}

static NTSTATUS connect_pcb(struct tcpip_tcp *tcp, const ip_addr_t *ip, uint16_t port)
{
    switch (tcp_connect(tcp->pcb, ip, port, tcp_on_connected)) {
    case ERR_OK: break;
    case ERR_RTE: return STATUS_NETWORK_UNREACHABLE;
    case ERR_USE: return STATUS_ADDRESS_ALREADY_EXISTS;
    default: return STATUS_INSUFFICIENT_RESOURCES;
    }
    tcp_table_add(tcp);
    if (tcp->options.connect_timeout_ms)
        stack_set_timer(tcp->options.connect_timeout_ms * 1000000ull, tcp_connect_timeout, tcp);
    return STATUS_PENDING;
}

/* The one that was chosen still waits in TIME_WAIT for this peer: another. */
static bool other_port(struct tcpip_tcp *tcp)
{
    struct tcpip_address any = { .family = tcp->port.local.family };

    port_release(&tcp->port);
    if (!NT_SUCCESS(port_take(&tcp->port, IP_PROTO_TCP, &any, tcp->family == 0, TCPIP_SHARE_DEFAULT)))
        return false;
    tcp->pcb->local_port = tcp->port.local.port;
    return true;
}

static NTSTATUS connect_endpoint(struct tcpip_tcp *tcp, const struct tcpip_address *remote)
{
    struct tcpip_address any = { .family = remote->family };
    bool chosen = !tcp->port.taken || tcp->implicit;
    NTSTATUS status = STATUS_SUCCESS;

    if (!tcp->pcb || tcp->pcb->state != CLOSED)
        return STATUS_INVALID_DEVICE_STATE;
    if (remote->port == 0 || (tcp->family && tcp->family != remote->family))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (!tcp->port.taken)
        status = bind_pcb(tcp, &any, TCPIP_SHARE_DEFAULT);
    if (!NT_SUCCESS(status))
        return status;
    ip_addr_t ip = to_lwip(remote), from = tcp->pcb->local_ip;
    tcp_attach(tcp);
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        status = connect_pcb(tcp, &ip, remote->port);
        if (status == STATUS_PENDING)
            break;
        tcp->pcb->local_ip = from;      /* lwIP has chosen one for this peer */
        if (status != STATUS_ADDRESS_ALREADY_EXISTS || !chosen || !other_port(tcp))
            break;
    }
    return status;
}

/* --- connect, as filters want it --------------------------------------------------------------------------------------- */

static void connect_decided(void *context, NTSTATUS status)
{
    struct tcpip_tcp *tcp = context;

    stack_enter();
    tcp->busy++;
    if (NT_SUCCESS(status))
        status = connect_endpoint(tcp, &tcp->asked_remote);
    if (status != STATUS_PENDING)
        tcp_failed(tcp, status);
    tcp_done(tcp);
    stack_leave();
}

/* The layers of authorisation know the port and the address that the connection will come from. */
static NTSTATUS choose_source(struct tcpip_tcp *tcp, const struct tcpip_address *remote, struct tcpip_address *local,
                              struct wfp_link *link)
{
    struct tcpip_address any = { .family = remote->family };
    NTSTATUS status = STATUS_SUCCESS;

    if (!tcp->pcb || tcp->pcb->state != CLOSED)
        return STATUS_INVALID_DEVICE_STATE;
    if (remote->port == 0 || (tcp->family && tcp->family != remote->family))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (!tcp->port.taken) {
        status = bind_pcb(tcp, &any, TCPIP_SHARE_DEFAULT);
        tcp->implicit = NT_SUCCESS(status);
    }
    ip_addr_t to = to_lwip(remote), from = tcp->pcb->local_ip;
    struct netif *netif = NT_SUCCESS(status) ? ip_route(&from, &to) : NULL;
    const ip_addr_t *source = netif ? ip_netif_get_local_ip(netif, &to) : NULL;
    *local = ip_addr_isany(&from) && source ? from_lwip(source, tcp->port.local.port) : tcp->port.local;
    local->family = remote->family;
    *link = wfp_link(netif ? netif->state : NULL);
    return status;
}

/* To where drivers want it. */
static NTSTATUS authorise_redirected(struct tcpip_tcp *tcp)
{
    struct tcpip_address local;
    struct wfp_link link;

    stack_enter();
    NTSTATUS status = choose_source(tcp, &tcp->asked_remote, &local, &link);
    stack_leave();
    if (!NT_SUCCESS(status))
        return status;
    return wfp_ale_connect(&tcp->wfp, IP_PROTO_TCP, &local, &tcp->asked_remote, link, NULL, connect_decided, tcp);
}

static void redirected(void *context, NTSTATUS status)
{
    struct tcpip_tcp *tcp = context;

    if (NT_SUCCESS(status))
        status = authorise_redirected(tcp);
    if (status != STATUS_PENDING)
        connect_decided(tcp, status);
}

/* Drivers have a say in which port and address an unbound endpoint connects from. */
static NTSTATUS bind_implicitly(struct tcpip_tcp *tcp, uint8_t family)
{
    struct tcpip_address any = { .family = family }, local = any;

    if (tcp->port.taken || fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_BIND_REDIRECT_V4, family)))
        return STATUS_SUCCESS;
    NTSTATUS status = wfp_redirect_bind(&tcp->wfp, IP_PROTO_TCP, &local);
    if (!NT_SUCCESS(status) || memcmp(&local, &any, sizeof any) == 0)
        return status;
    stack_enter();
    if (!tcp->pcb || tcp->pcb->state != CLOSED || tcp->port.taken)
        status = STATUS_INVALID_DEVICE_STATE;
    else if ((status = address_check_local(&local, tcp->family)) == STATUS_SUCCESS)
        status = bind_pcb(tcp, &local, TCPIP_SHARE_DEFAULT);
    stack_leave();
    return status;
}

static NTSTATUS authorise(struct tcpip_tcp *tcp, const struct tcpip_address *remote)
{
    bool bound = tcp->port.taken;
    struct tcpip_address local;
    struct wfp_link link;
    NTSTATUS status = bind_implicitly(tcp, remote->family);

    if (!NT_SUCCESS(status))
        return status;
    stack_enter();
    status = choose_source(tcp, remote, &local, &link);
    stack_leave();
    struct tcpip_address taken = tcp->port.local;
    taken.family = remote->family;
    if (NT_SUCCESS(status) && !bound)
        status = wfp_ale_bind(&tcp->wfp, &taken, true, tcp->implicit);
    if (!NT_SUCCESS(status))
        return status;
    tcp->asked_remote = *remote;
    status = wfp_redirect_connect(&tcp->wfp, IP_PROTO_TCP, &local, &tcp->asked_remote, redirected, tcp);
    return status == STATUS_SUCCESS ? authorise_redirected(tcp) : status;
}

NTSTATUS tcpip_tcp_connect(struct tcpip_tcp *tcp, const struct tcpip_address *remote)
{
    struct tcpip_address address = address_unmapped(remote);

    if (wfp_ale_connect_is_free(address.family)) {
        wfp_ale_allow(&tcp->wfp, address.family);
    } else {
        NTSTATUS allowed = authorise(tcp, &address);
        if (allowed != STATUS_SUCCESS)
            return allowed;
        address = tcp->asked_remote;
    }
    stack_enter();
    NTSTATUS status = connect_endpoint(tcp, &address);
    stack_leave();
    return status;
}

/* --- bytes --------------------------------------------------------------------------------------------------------- */

static bool can_send(const struct tcpip_tcp *tcp)
{
    return tcp->pcb && tcp->connected && !tcp->fin_sent && !tcp->orphan && !tcp->silent;
}

size_t tcpip_tcp_room(struct tcpip_tcp *tcp)
{
    stack_enter();
    size_t room = !can_send(tcp) ? 0 : tcp->wfp.stream ? wfp_stream_room(tcp) : tcp->pcb->snd_buf;
    stack_leave();
    return room;
}

/* lwIP as Debian builds it copies all it sends (LWIP_NETIF_TX_SINGLE_PBUF), so nothing ever refers to the caller's bytes. */
size_t tcpip_tcp_send(struct tcpip_tcp *tcp, const void *data, size_t size, unsigned flags)
{
    size_t taken = 0;

    stack_enter();
    if (can_send(tcp) && tcp->wfp.stream) {
        taken = wfp_stream_send(tcp, data, size);
        stack_leave();
        return taken;
    }
    while (can_send(tcp) && taken < size) {
        size_t n = min_u64(min_u64(size - taken, tcp->pcb->snd_buf), 16384);
        bool more = (flags & TCPIP_SEND_MORE) || taken + n < size;
        if (n == 0)
            break;
        if (tcp_write(tcp->pcb, (const char *)data + taken, (u16_t)n, TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0)) != ERR_OK) {
            tcp->wants_memory = true;
            break;
        }
        taken += n;
    }
    if (tcp->pcb && (taken < size || !(flags & TCPIP_SEND_MORE)))
        tcp_output(tcp->pcb);
    stack_leave();
    return taken;
}

void tcpip_tcp_push(struct tcpip_tcp *tcp)
{
    stack_enter();
    if (tcp->pcb && tcp->connected) {
        bool waits = !tcp_nagle_disabled(tcp->pcb);

        tcp_nagle_disable(tcp->pcb);
        tcp_output(tcp->pcb);
        if (waits)
            tcp_nagle_enable(tcp->pcb);
    }
    stack_leave();
}

static NTSTATUS silence(struct tcpip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (!pcb || !tcp->connected || tcp->fin_sent || tcp->wfp.stream || pcb->unsent || pcb->unacked)
        return STATUS_INVALID_DEVICE_STATE;
    if (ip_addr_isloopback(&pcb->remote_ip) || ip_addr_cmp(&pcb->local_ip, &pcb->remote_ip))
        return STATUS_NOT_SUPPORTED;
    tcp_clear_flags(pcb, TF_ACK_DELAY | TF_ACK_NOW);
    ip_reset_option(pcb, SOF_KEEPALIVE);
    tcp->silent = true;
    return STATUS_SUCCESS;
}

NTSTATUS tcpip_tcp_silence(struct tcpip_tcp *tcp)
{
    stack_enter();
    NTSTATUS status = silence(tcp);
    stack_leave();
    return status;
}

void tcpip_tcp_consumed(struct tcpip_tcp *tcp, size_t size)
{
    stack_enter();
    if (tcp->wfp.stream)
        wfp_stream_consumed(tcp, size);
    else if (size && tcp->pcb && tcp->connected && !tcp->silent)
        tcp_open_window(tcp, size);
    stack_leave();
}

/* --- the end --------------------------------------------------------------------------------------------------------- */

void tcp_end_sending(struct tcpip_tcp *tcp)
{
    if (!tcp->fin_sent)
        tcp_shutdown(tcp->pcb, 0, 1);       /* without memory lwIP's timer tries again */
    tcp->fin_sent = true;
}

NTSTATUS tcpip_tcp_shutdown(struct tcpip_tcp *tcp)
{
    NTSTATUS status = STATUS_SUCCESS;

    stack_enter();
    if (tcp->pcb && tcp->connected && tcp->wfp.stream)
        wfp_stream_shut(tcp);
    else if (tcp->pcb && tcp->connected)
        tcp_end_sending(tcp);
    else if (!tcp->connected)
        status = STATUS_CONNECTION_INVALID;
    stack_leave();
    return status;
}

static bool unread(const struct tcpip_tcp *tcp)
{
    return tcp->pcb->refused_data || (tcp->wfp.stream ? wfp_stream_unread(tcp) : tcp->pcb->rcv_wnd != tcp_window(tcp));
}

void tcpip_tcp_close(struct tcpip_tcp *tcp)
{
    stack_enter();
    tcp->orphan = true;
    if (tcp->is_listener)
        tcp_close_listener(tcp);
    if (tcp->pcb && (!tcp->connected || tcp->silent || unread(tcp))) {
        wfp_stream_aborted(tcp, false);
        tcp_kill_pcb(tcp);              /* bytes that nobody will read: the peer learns it by a RST */
    }
    if (tcp->pcb && tcp->wfp.stream) {
        wfp_stream_shut(tcp);
    } else if (tcp->pcb) {
        tcp_end_sending(tcp);
        if (tcp->pcb->state == FIN_WAIT_2)
            tcp->lonely_since = tcp_ticks + 1;
    } else {
        end_orphan(tcp);
    }
    stack_leave();
}

void tcpip_tcp_abort(struct tcpip_tcp *tcp)
{
    stack_enter();
    if (tcp->is_listener)
        tcp_close_listener(tcp);
    wfp_stream_aborted(tcp, false);
    tcp_kill_pcb(tcp);
    tcp_release(tcp);
    stack_leave();
}

void tcp_close_all(void)
{
    while (!list_empty(&endpoints))
        tcpip_tcp_abort(list_first(&endpoints, struct tcpip_tcp, node));
    while (!list_empty(&lingering)) {
        struct tcpip_tcp *tcp = list_first(&lingering, struct tcpip_tcp, node);
        wfp_ale_closure_forget(&tcp->wfp);
        give_back(tcp);
    }
    while (tcp_active_pcbs)
        tcp_abandon(tcp_active_pcbs, 0);
    while (tcp_tw_pcbs)
        tcp_abort(tcp_tw_pcbs);
}
