/* What lwIP tells about a pcb, told to the endpoint's owner. A callback that finds the pcb aborted by the owner says ERR_ABRT. */
#include <lwip/ip.h>

#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_stream.h"

#define MOST_RETRANSMISSIONS 5u         /* as Windows (TcpMaxDataRetransmissions); lwIP goes on for 40 minutes */

static bool in_slow_timer;

/* A peer may acknowledge a window probe, its window still shut, and with it all there is to send; lwIP's persist timer then
 * stops the process. */
static void calm(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (!pcb->persist_backoff || (pcb->unsent && !pcb->unacked))
            continue;
        pcb->persist_backoff = 0;
        if (pcb->unacked && pcb->rtime < 0)
            pcb->rtime = 0;
    }
}

/* lwIP's errors for "given up" and "the address is gone" are the same; only the first comes from its timer. */
void tcp_slowtmr(void)
{
    calm();
    in_slow_timer = true;
    real_lwip()->tcp_slowtmr();
    in_slow_timer = false;
}

static err_t end(struct tcpip_tcp *tcp)
{
    bool aborted = tcp->aborted;

    tcp_done(tcp);
    return aborted ? ERR_ABRT : ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t status)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp || (tcp->orphan && !p)) {
        if (p)
            pbuf_free(p);
        return ERR_OK;
    }
    if (p && !tcp->orphan && !(p = stack_few_pieces(p)))
        return ERR_MEM;                 /* lwIP keeps them and tries again */
    tcp->busy++;
    if (tcp->orphan) {                  /* nobody reads any more: the peer learns it by a RST */
        pbuf_free(p);
        tcp_kill_pcb(tcp);
        tcp_failed(tcp, STATUS_CONNECTION_ABORTED);
    } else if (tcp->wfp.stream) {
        wfp_stream_received(tcp, p);
    } else {
        tcp->events->received(tcp, tcp->context, (struct tcpip_packet *)p);
    }
    return end(tcp);
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t size)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp || ((tcp->orphan || !tcp->events->sent) && !tcp->wfp.stream))
        return ERR_OK;
    tcp->busy++;
    if (tcp->wfp.stream) {              /* its owner heard of the bytes when the stream took them */
        wfp_stream_sent(tcp, size);
        return end(tcp);
    }
    tcp->wants_memory = false;
    tcp->events->sent(tcp, tcp->context, size);
    return end(tcp);
}

static bool stalled(struct tcpip_tcp *tcp, const struct tcp_pcb *pcb)
{
    uint32_t limit = tcp->options.retransmit_timeout_ms / TCP_SLOW_INTERVAL;

    if (!limit && tcp->connected)
        return pcb->nrtx > MOST_RETRANSMISSIONS;
    if (!limit || !(pcb->nrtx || pcb->persist_probe)) {
        tcp->stalled_since = 0;
        return false;
    }
    if (!tcp->stalled_since)
        tcp->stalled_since = tcp_ticks + 1;
    return tcp_ticks + 1 - tcp->stalled_since >= limit;
}

static bool forsaken(const struct tcpip_tcp *tcp)
{
    return tcp->lonely_since && tcp_ticks + 1 - tcp->lonely_since > TCP_FIN_WAIT_TIMEOUT / TCP_SLOW_INTERVAL;
}

/* Each half second: retransmission that lasts too long, a peer that never closes, and memory that may be back. */
static err_t on_poll(void *argument, struct tcp_pcb *pcb)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp)
        return ERR_OK;
    tcp->busy++;
    if (stalled(tcp, pcb) || forsaken(tcp)) {
        tcp_kill_pcb(tcp);
        tcp_failed(tcp, STATUS_IO_TIMEOUT);
    } else if (tcp->wants_memory) {
        tcp->wants_memory = false;
        if (tcp->wfp.stream)
            wfp_stream_sent(tcp, 0);
        if (!tcp->orphan && tcp->events->sent && !tcp->failed)
            tcp->events->sent(tcp, tcp->context, 0);
    }
    return end(tcp);
}

static NTSTATUS reason(const struct tcpip_tcp *tcp, err_t error)
{
    if (error == ERR_RST)
        return tcp->connected ? STATUS_CONNECTION_RESET : STATUS_CONNECTION_REFUSED;
    if (error == ERR_ABRT && in_slow_timer)
        return STATUS_IO_TIMEOUT;
    return STATUS_CONNECTION_ABORTED;
}

void tcp_on_error(void *argument, err_t error)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp)
        return;
    NTSTATUS status = reason(tcp, error);
    tcp->busy++;
    tcp->pcb = NULL;                    /* lwIP has freed it */
    if (error == ERR_CLSD) {            /* the end of LAST_ACK */
        tcp_fin_acknowledged(tcp);
        tcp_finished(tcp);
    } else {
        if (error == ERR_RST)
            wfp_stream_aborted(tcp, true);
        tcp_unbind(tcp);
        tcp_failed(tcp, status);
    }
    tcp_done(tcp);
}

void tcp_attach(struct tcpip_tcp *tcp)
{
    tcp_recv(tcp->pcb, on_received);
    tcp_sent(tcp->pcb, on_sent);
    tcp_err(tcp->pcb, tcp_on_error);
    tcp_poll(tcp->pcb, on_poll, 1);
}

err_t tcp_on_connected(void *argument, struct tcp_pcb *pcb, err_t status)
{
    struct tcpip_tcp *tcp = argument;

    if (!tcp)
        return ERR_OK;
    stack_cancel_timer(tcp_connect_timeout, tcp);
    tcp->connected = true;
    tcp_widen(tcp);
    tcp->busy++;
    if (!wfp_tcp_established(tcp, false)) {
        tcp_kill_pcb(tcp);
        tcp_failed(tcp, STATUS_CONNECTION_ABORTED);
        return end(tcp);
    }
    if (tcp->events->connected)
        tcp->events->connected(tcp, tcp->context);
    return end(tcp);
}

err_t tcp_on_accepted(void *argument, struct tcp_pcb *pcb, err_t status)
{
    struct tcpip_tcp *tcp = argument, *listener;

    if (!tcp || !pcb || status != ERR_OK || !(listener = tcp->listener))
        return ERR_VAL;
    tcp_leave_listener(tcp);
    tcp->connected = true;
    tcp_widen(tcp);
    tcp_attach(tcp);
    tcp->busy++;
    listener->busy++;
    if (!wfp_tcp_established(tcp, true)) {
        tcp_kill_pcb(tcp);
        tcp_release(tcp);
    } else if (!listener->events->accepted(listener, listener->context, tcp) && tcp->pcb) {
        tcp_kill_pcb(tcp);
        tcp_release(tcp);
    }
    tcp_done(listener);
    return end(tcp);
}
