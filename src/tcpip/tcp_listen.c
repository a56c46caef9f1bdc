/* Listeners: who may ask, and how many.
 *
 *   request     a SYN came                    leaves on
 *   held        conditional listener          ACCEPT: lwIP sees the SYN. REJECT: RST. DROP, a RST of the peer, or
 *                                             HELD_MS without another SYN: gone
 *   half-open   lwIP has answered             the last ACK: `accepted`. RST, 20 s: gone
 *   waiting     the owner said so             tcpip_tcp_waiting()
 *
 * 1. held + half-open + waiting never exceed the listener's backlog, and half-open ones of all listeners never exceed
 *    TCP_HALF_OPEN_MAX. A SYN over the limit takes the place of the oldest half-open connection when that one has had
 *    GRACE ticks for its ACK (so a flood does not lock the door); else it is dropped, and the peer asks again.
 * 2. A held SYN is kept as a whole IP packet and goes through lwIP's IP input again, so that lwIP finds what it finds
 *    for any segment. `letting` names it on its second way. */
#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"

#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <stdlib.h>
#include <string.h>

#include "nt/ke.h"

#define HELD_MS 75000u
#define GRACE 6u                        /* ticks of 500 ms */

struct held_syn {
    struct list node;
    uint64_t id;
    struct tcpip_tcp *listener;
    struct pbuf *packet;                /* from the IP header on */
    uint8_t netif_index;
    ip_addr_t local, remote;
    struct tcp_request request;
    bool decided;                       /* let through; waits for a place in the stack's input */
};

static unsigned half_open;              /* of all listeners */
static uint64_t next_id = 1;
static bool letting;

/* --- listen ------------------------------------------------------------------------------------------------------ */

static NTSTATUS listen_endpoint(struct tcpip_tcp *tcp, unsigned backlog, bool conditional)
{
    err_t error;

    if (!tcp->pcb || tcp->pcb->state != CLOSED || !tcp->port.taken)
        return STATUS_INVALID_DEVICE_STATE;
    struct tcp_pcb *pcb = tcp_listen_with_backlog_and_err(tcp->pcb, 255, &error);
    if (!pcb)
        return error == ERR_USE ? STATUS_ADDRESS_ALREADY_EXISTS : STATUS_INSUFFICIENT_RESOURCES;
    tcp->pcb = pcb;
    tcp->is_listener = true;
    tcp->backlog = backlog ? backlog : TCP_DEFAULT_BACKLOG;
    tcp->conditional = conditional;
    tcp_accept(pcb, tcp_on_accepted);
    return STATUS_SUCCESS;
}

NTSTATUS tcpip_tcp_listen(struct tcpip_tcp *tcp, unsigned backlog, bool conditional)
{
    NTSTATUS status = wfp_ale_listen(&tcp->wfp, &tcp->port.local);

    if (!NT_SUCCESS(status))
        return status;
    stack_enter();
    status = listen_endpoint(tcp, backlog, conditional);
    stack_leave();
    return status;
}

void tcpip_tcp_set_conditional(struct tcpip_tcp *tcp, bool conditional)
{
    stack_enter();
    tcp->conditional = conditional;
    stack_leave();
}

void tcpip_tcp_set_waiting(struct tcpip_tcp *tcp, unsigned waiting)
{
    stack_enter();
    tcp->waiting = waiting;
    stack_leave();
}

/* The listener that lwIP will find for the segment on its way in. */
struct tcpip_tcp *tcp_find_listener(uint16_t port)
{
    struct tcp_pcb_listen *any = NULL;
    const ip_addr_t *to = ip_current_dest_addr();

    for (struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next) {
        if (l->local_port != port || (l->netif_idx != NETIF_NO_INDEX && l->netif_idx != netif_get_index(ip_current_input_netif())))
            continue;
        if (IP_IS_ANY_TYPE_VAL(l->local_ip)) {
            any = l;
        } else if (IP_GET_TYPE(&l->local_ip) == IP_GET_TYPE(to)) {
            if (ip_addr_cmp(&l->local_ip, to))
                return l->callback_arg;
            if (ip_addr_isany(&l->local_ip))
                any = l;
        }
    }
    return any ? any->callback_arg : NULL;
}

/* --- half-open connections ------------------------------------------------------------------------------------------ */

void tcp_leave_listener(struct tcpip_tcp *child)
{
    list_remove(&child->sibling);
    child->listener->half_open--;
    half_open--;
    child->listener = NULL;
}

/* Without a word: the peer was probably never there. */
static void drop_child(struct tcpip_tcp *child)
{
    struct tcp_pcb *pcb = child->pcb;

    tcp_leave_listener(child);
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_unbind(child);
    tcp_abandon(pcb, 0);
    tcp_release(child);
}

static bool has_room(struct tcpip_tcp *listener)
{
    if (listener->half_open + listener->held_count + listener->waiting < listener->backlog && half_open < TCP_HALF_OPEN_MAX)
        return true;
    if (list_empty(&listener->children))
        return false;
    struct tcpip_tcp *oldest = list_first(&listener->children, struct tcpip_tcp, sibling);
    if (tcp_ticks - oldest->asked_at < GRACE)
        return false;
    drop_child(oldest);
    return true;
}

void tcp_adopt(struct tcpip_tcp *listener, struct tcpip_tcp *child, struct tcp_pcb *pcb)
{
    child->pcb = pcb;
    child->family = listener->family;
    child->options = listener->options;
    child->listener = listener;
    child->asked_at = tcp_ticks;
    child->wfp.parent = wfp_endpoint_id(&listener->wfp);
    wfp_tcp_adopted(child);
    list_push_back(&listener->children, &child->sibling);
    listener->half_open++;
    half_open++;
    tcp_arg(pcb, child);
    tcp_err(pcb, tcp_on_error);
    tcp_options_apply(child);
    tcp_table_add(child);
    struct tcpip_address local = from_lwip(&pcb->local_ip, pcb->local_port);
    port_share(&child->port, IP_PROTO_TCP, &local);
}

/* --- held requests --------------------------------------------------------------------------------------------------- */

static void held_timeout(void *argument);
static void let_in(void *argument);

static void forget(struct held_syn *held)
{
    stack_cancel_timer(held->decided ? let_in : held_timeout, held);
    list_remove(&held->node);
    held->listener->held_count--;
    pbuf_free(held->packet);
    free(held);
}

static void forget_and_tell(struct held_syn *held)
{
    struct tcpip_tcp *listener = held->listener;
    uint64_t id = held->id;
    bool tell = !held->decided;

    forget(held);
    if (tell && listener->events->request_gone)
        listener->events->request_gone(listener, listener->context, id);
}

static void held_timeout(void *argument)
{
    forget_and_tell(argument);
}

static struct held_syn *find_held(struct tcpip_tcp *listener, const struct tcp_request *request)
{
    list_each(node, &listener->held) {
        struct held_syn *held = container_of(node, struct held_syn, node);
        if (held->request.remote_port == request->remote_port && held->request.local_port == request->local_port &&
            ip_addr_cmp(&held->remote, ip_current_src_addr()) && ip_addr_cmp(&held->local, ip_current_dest_addr()))
            return held;
    }
    return NULL;
}

void tcp_reset_held(const struct tcp_request *request)
{
    struct tcpip_tcp *listener = tcp_find_listener(request->local_port);
    struct held_syn *held = listener ? find_held(listener, request) : NULL;

    if (held && request->sequence - held->request.sequence <= 1)
        forget_and_tell(held);
}

/* A copy of the packet on its way in, its IP header included. */
static struct pbuf *copy_packet(const struct pbuf *p)
{
    const void *header = ip_current_is_v6() ? (const void *)ip6_current_header() : (const void *)ip4_current_header();
    u16_t size = ip_current_header_tot_len();
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, (u16_t)(size + p->tot_len), PBUF_RAM);

    if (!copy)
        return NULL;
    memcpy(copy->payload, header, size);
    pbuf_copy_partial(p, (char *)copy->payload + size, p->tot_len, 0);
    return copy;
}

static void hold(struct tcpip_tcp *listener, const struct tcp_request *request, const struct pbuf *p)
{
    struct held_syn *held = stack_calloc(sizeof *held);
    struct pbuf *packet = held ? copy_packet(p) : NULL;

    if (!packet) {
        free(held);
        return;
    }
    held->id = next_id++;
    held->listener = listener;
    held->packet = packet;
    held->netif_index = netif_get_index(ip_current_input_netif());
    held->local = *ip_current_dest_addr();
    held->remote = *ip_current_src_addr();
    held->request = *request;
    list_push_back(&listener->held, &held->node);
    listener->held_count++;
    stack_set_timer(HELD_MS * 1000000ull, held_timeout, held);
    struct tcpip_syn syn = { held->id, tcp_report(listener, &held->local, request->local_port),
                             tcp_report(listener, &held->remote, request->remote_port) };
    listener->busy++;
    listener->events->asked(listener, listener->context, &syn);
    tcp_done(listener);
}

static bool checksum_good(struct pbuf *p)
{
    return ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, ip_current_src_addr(), ip_current_dest_addr()) == 0;
}

bool tcp_checksum_good(struct pbuf *p)
{
    return checksum_good(p);
}

bool tcp_is_let_in(void)
{
    return letting;
}

bool tcp_admit(struct tcpip_tcp *listener, const struct tcp_request *request, struct pbuf *p)
{
    struct held_syn *held = listener->held_count ? find_held(listener, request) : NULL;

    if (letting)
        return true;
    if (!checksum_good(p))
        return false;
    if (held) {                         /* it asks again: the same request, unless it has started anew */
        if (held->request.sequence == request->sequence) {
            if (!held->decided)
                stack_set_timer(HELD_MS * 1000000ull, held_timeout, held);
            return false;
        }
        forget_and_tell(held);
    }
    if (!has_room(listener))
        return false;
    if (!listener->conditional)
        return true;
    hold(listener, request, p);         /* the listener may be gone behind it */
    return false;
}

static void refuse(const struct held_syn *held)
{
    tcp_rst(NULL, 0, held->request.sequence + held->request.length, &held->local, &held->remote, held->request.local_port,
            held->request.remote_port);
}

/* lwIP's input is not reentrant: a verdict from inside `asked` waits until the segment is through. */
static void let_in(void *argument)
{
    struct held_syn *held = argument;
    struct netif *netif = netif_get_by_index(held->netif_index);
    struct pbuf *packet = held->packet;

    pbuf_ref(packet);
    forget(held);
    letting = true;
    if (!netif || ip_input(packet, netif) != ERR_OK)
        pbuf_free(packet);
    letting = false;
}

NTSTATUS tcpip_tcp_decide(struct tcpip_tcp *listener, uint64_t id, enum tcpip_verdict verdict)
{
    struct held_syn *held = NULL;

    stack_enter();
    list_each(node, &listener->held)
        if (container_of(node, struct held_syn, node)->id == id)
            held = container_of(node, struct held_syn, node);
    if (held && held->decided)
        held = NULL;
    if (held && verdict == TCPIP_ACCEPT) {
        stack_cancel_timer(held_timeout, held);
        held->decided = true;
        stack_soon(let_in, held);
    } else if (held) {
        if (verdict == TCPIP_REJECT)
            refuse(held);
        forget(held);
    }
    stack_leave();
    return held ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

void tcp_close_listener(struct tcpip_tcp *listener)
{
    while (!list_empty(&listener->children)) {
        struct tcpip_tcp *child = list_first(&listener->children, struct tcpip_tcp, sibling);
        tcp_leave_listener(child);
        tcp_kill_pcb(child);
        tcp_release(child);
    }
    while (!list_empty(&listener->held)) {
        struct held_syn *held = list_first(&listener->held, struct held_syn, node);
        refuse(held);
        forget(held);
    }
}
