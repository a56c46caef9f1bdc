/* TCP endpoints over lwIP's raw interface.
 *
 * An endpoint owns its pcb until close, abort or failure. lwIP frees the pcb itself before it reports an error, so
 * `failed` finds pcb NULL. A received pbuf is handed on piece by piece and freed at once: what the receiver has not
 * consumed is only window that stays closed. `busy` keeps the object alive while one of its events runs: a close
 * from inside takes effect when the event returns. */
#include <lwip/tcp.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "base/util.h"
#include "tcpip/lwip_address.h"
#include "tcpip/stack.h"

struct tcpip_tcp {
    struct tcp_pcb *pcb;
    const struct tcpip_tcp_events *events;
    void *context;
    struct list node;
    bool listener, dead, aborted;
    unsigned busy;
};

static struct list endpoints = LIST_INIT(endpoints);

static struct tcpip_tcp *create(struct tcp_pcb *pcb, const struct tcpip_tcp_events *events, void *context)
{
    struct tcpip_tcp *tcp = pcb ? calloc(1, sizeof *tcp) : NULL;

    if (!tcp) {
        if (pcb)
            tcp_abort(pcb);
        error_set("no memory for a TCP endpoint");
        return NULL;
    }
    tcp->pcb = pcb;
    tcp->events = events;
    tcp->context = context;
    list_push_back(&endpoints, &tcp->node);
    tcp_arg(pcb, tcp);
    return tcp;
}

static void destroy(struct tcpip_tcp *tcp)
{
    tcp->dead = true;
    if (tcp->busy)
        return;
    list_remove(&tcp->node);
    free(tcp);
}

/* Ends an event; true when the object is still alive. */
static bool done(struct tcpip_tcp *tcp)
{
    if (--tcp->busy == 0 && tcp->dead) {
        destroy(tcp);
        return false;
    }
    return !tcp->dead;
}

static void forget_pcb(struct tcpip_tcp *tcp)
{
    if (!tcp->pcb)
        return;
    tcp_arg(tcp->pcb, NULL);
    if (!tcp->listener) {
        tcp_recv(tcp->pcb, NULL);
        tcp_sent(tcp->pcb, NULL);
        tcp_err(tcp->pcb, NULL);
    }
    tcp->pcb = NULL;
}

/* --- lwIP's calls ------------------------------------------------------------------------------------------- */

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t status)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp) {                         /* closed by us, data still comes: drop it */
        if (p) {
            tcp_recved(pcb, p->tot_len);
            pbuf_free(p);
        }
        return ERR_OK;
    }
    tcp->busy++;
    if (!p)
        tcp->events->received(tcp, NULL, 0);
    for (struct pbuf *q = p; q && !tcp->dead; q = q->next)
        if (q->len)
            tcp->events->received(tcp, q->payload, q->len);
    if (p)
        pbuf_free(p);
    bool aborted = tcp->aborted;
    done(tcp);
    return aborted ? ERR_ABRT : ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t size)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp || !tcp->events->sent)
        return ERR_OK;
    tcp->busy++;
    tcp->events->sent(tcp, size);
    bool aborted = tcp->aborted;
    done(tcp);
    return aborted ? ERR_ABRT : ERR_OK;
}

static void on_error(void *argument, err_t error)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp)
        return;
    tcp->pcb = NULL;
    tcp->busy++;
    if (tcp->events->failed)
        tcp->events->failed(tcp, error == ERR_RST ? "the peer reset the connection"
                               : error == ERR_ABRT ? "the connection was aborted after a time-out"
                                                   : "the connection was lost");
    tcp->dead = true;
    done(tcp);
}

static void attach(struct tcpip_tcp *tcp)
{
    tcp_recv(tcp->pcb, on_received);
    tcp_sent(tcp->pcb, on_sent);
    tcp_err(tcp->pcb, on_error);
    tcp_nagle_disable(tcp->pcb);
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t status)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp)
        return ERR_OK;
    tcp->busy++;
    if (tcp->events->connected)
        tcp->events->connected(tcp);
    bool aborted = tcp->aborted;
    done(tcp);
    return aborted ? ERR_ABRT : ERR_OK;
}

static err_t on_accepted(void *argument, struct tcp_pcb *pcb, err_t status)
{
    struct tcpip_tcp *listener = argument;

    if (!listener || !pcb || status != ERR_OK)
        return ERR_VAL;
    struct tcpip_tcp *tcp = calloc(1, sizeof *tcp);
    if (!tcp)
        return ERR_MEM;
    tcp->pcb = pcb;
    tcp->events = listener->events;
    tcp->context = listener->context;
    list_push_back(&endpoints, &tcp->node);
    tcp_arg(pcb, tcp);
    attach(tcp);
    tcp->busy++;
    listener->busy++;
    listener->events->accepted(listener, tcp);
    done(listener);
    bool aborted = tcp->aborted;
    done(tcp);
    return aborted ? ERR_ABRT : ERR_OK;
}

/* --- ours --------------------------------------------------------------------------------------------------- */

static struct tcpip_tcp *refuse(struct tcpip_tcp *tcp, const char *what, const struct tcpip_address *address, err_t error)
{
    char text[TCPIP_ADDRESS_TEXT];

    error_set("cannot %s %s: %s", what, tcpip_format_address(address, text),
              error == ERR_USE ? "the port is in use" : error == ERR_RTE ? "no route" : "no memory");
    if (tcp)
        tcpip_tcp_abort(tcp);
    return NULL;
}

struct tcpip_tcp *tcpip_tcp_listen(const struct tcpip_address *local, const struct tcpip_tcp_events *events,
                                   void *context)
{
    stack_enter();
    struct tcpip_tcp *tcp = create(tcp_new_ip_type(IPADDR_TYPE_ANY), events, context);
    if (tcp) {
        ip_addr_t ip = to_lwip(local);
        ip_set_option(tcp->pcb, SOF_REUSEADDR);
        err_t error = tcp_bind(tcp->pcb, local->family ? &ip : IP_ANY_TYPE, local->port);
        struct tcp_pcb *listening = error == ERR_OK ? tcp_listen(tcp->pcb) : NULL;
        if (listening) {
            tcp->pcb = listening;
            tcp->listener = true;
            tcp_accept(listening, on_accepted);
        } else {
            tcp = refuse(tcp, "listen on", local, error);
        }
    }
    stack_leave();
    return tcp;
}

struct tcpip_tcp *tcpip_tcp_connect(const struct tcpip_address *remote, const struct tcpip_tcp_events *events,
                                    void *context)
{
    stack_enter();
    struct tcpip_tcp *tcp =
        create(tcp_new_ip_type(remote->family == 6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4), events, context);
    if (tcp) {
        ip_addr_t ip = to_lwip(remote);
        attach(tcp);
        err_t error = tcp_connect(tcp->pcb, &ip, remote->port, on_connected);
        if (error != ERR_OK)
            tcp = refuse(tcp, "connect to", remote, error);
    }
    stack_leave();
    return tcp;
}

void tcpip_tcp_set_events(struct tcpip_tcp *tcp, const struct tcpip_tcp_events *events, void *context)
{
    tcp->events = events;
    tcp->context = context;
}

void *tcpip_tcp_context(struct tcpip_tcp *tcp)
{
    return tcp->context;
}

void tcpip_tcp_remote(struct tcpip_tcp *tcp, struct tcpip_address *address)
{
    *address = tcp->pcb && !tcp->listener ? from_lwip(&tcp->pcb->remote_ip, tcp->pcb->remote_port)
                                          : (struct tcpip_address){ 0 };
}

size_t tcpip_tcp_room(struct tcpip_tcp *tcp)
{
    stack_enter();
    size_t room = tcp->pcb && !tcp->listener ? tcp_sndbuf(tcp->pcb) : 0;
    stack_leave();
    return room;
}

size_t tcpip_tcp_send(struct tcpip_tcp *tcp, const void *data, size_t size)
{
    size_t taken = 0;

    stack_enter();
    while (tcp->pcb && taken < size) {
        size_t n = min_u64(min_u64(size - taken, tcp_sndbuf(tcp->pcb)), 16384);
        if (n == 0 || tcp_write(tcp->pcb, (const char *)data + taken, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        taken += n;
    }
    if (taken)
        tcp_output(tcp->pcb);
    stack_leave();
    return taken;
}

void tcpip_tcp_consumed(struct tcpip_tcp *tcp, size_t size)
{
    stack_enter();
    while (tcp->pcb && size) {
        u16_t n = (u16_t)min_u64(size, 0xffff);
        tcp_recved(tcp->pcb, n);
        size -= n;
    }
    stack_leave();
}

void tcpip_tcp_close(struct tcpip_tcp *tcp)
{
    stack_enter();
    struct tcp_pcb *pcb = tcp->pcb;
    bool listener = tcp->listener;
    forget_pcb(tcp);
    destroy(tcp);
    if (pcb) {
        if (!listener)
            tcp_recv(pcb, on_received);
        if (tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
    }
    stack_leave();
}

void tcpip_tcp_abort(struct tcpip_tcp *tcp)
{
    stack_enter();
    struct tcp_pcb *pcb = tcp->pcb;
    bool listener = tcp->listener;
    forget_pcb(tcp);
    tcp->aborted = true;
    destroy(tcp);
    if (pcb && listener)
        tcp_close(pcb);
    else if (pcb)
        tcp_abort(pcb);
    stack_leave();
}

void tcp_close_all(void)
{
    while (!list_empty(&endpoints))
        tcpip_tcp_abort(list_first(&endpoints, struct tcpip_tcp, node));
}
