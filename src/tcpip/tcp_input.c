/* TCP segments on their way into lwIP. The program's tcp_input is the one that lwIP's IP calls: the IP header is
 * checked, fragments are together, ip_data says from whom to whom.
 *
 * Before lwIP sees a segment: a SYN that belongs to no connection is for tcp_listen.c to admit. Behind it: a new pcb gets
 * its endpoint, and a connection whose FIN is acknowledged or that has got to TIME_WAIT is told so. */
#include "base/util.h"
#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"

#include <arpa/inet.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <string.h>

#define FAR_AWAY (1 << 28)
#define TIME_WAIT_MAX 8192u
#define TIME_WAIT_CHECK 256u            /* connections between two looks at the length of lwIP's list */

/* The oldest are last in lwIP's list. */
static void bound_time_wait(void)
{
    static unsigned since;
    unsigned n = 0;

    if (++since % TIME_WAIT_CHECK)
        return;
    for (struct tcp_pcb *pcb = tcp_tw_pcbs, *next; pcb; pcb = next) {
        next = pcb->next;
        if (++n > TIME_WAIT_MAX)
            tcp_abort(pcb);
    }
}

static void look_after(struct tcpip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (pcb && (pcb->state == FIN_WAIT_2 || pcb->state == TIME_WAIT))
        tcp_fin_acknowledged(tcp);
    if (!(pcb = tcp->pcb))
        return;
    if (pcb->state == FIN_WAIT_2 && tcp->orphan && !tcp->lonely_since)
        tcp->lonely_since = tcp_ticks + 1;
    if (pcb->state == TIME_WAIT) {
        tcp_arg(pcb, NULL);
        tcp_err(pcb, NULL);
        bound_time_wait();
        tcp_finished(tcp);
    }
}

static struct tcp_pcb *find_time_wait(const struct tcp_request *r)
{
    struct tcp_pcb *pcb = tcp_tw_pcbs;

    while (pcb && !(pcb->remote_port == r->remote_port && pcb->local_port == r->local_port &&
                    ip_addr_cmp(&pcb->remote_ip, ip_current_src_addr()) && ip_addr_cmp(&pcb->local_ip, ip_current_dest_addr())))
        pcb = pcb->next;
    return pcb;
}

/* A SYN behind the sequence numbers of a connection in TIME_WAIT opens a new one (RFC 1122, 4.2.2.13). */
static bool still_waits(const struct tcp_request *r)
{
    struct tcp_pcb *pcb = find_time_wait(r);

    if (!pcb || TCP_SEQ_LEQ(r->sequence, pcb->rcv_nxt))
        return pcb != NULL;
    tcp_abort(pcb);
    return false;
}

static bool wfp_admits(struct tcpip_tcp *listener, const struct tcp_request *r, struct pbuf *p)
{
    enum wfp_decision decision = wfp_tcp_accept(listener, r, p);

    if (decision == WFP_REFUSE)
        tcp_rst(NULL, 0, r->sequence + r->length, ip_current_dest_addr(), ip_current_src_addr(), r->local_port, r->remote_port);
    return decision == WFP_ALLOW;
}

static void take_syn(const struct tcp_request *r, struct pbuf *p, struct netif *netif)
{
    struct tcpip_tcp *listener = still_waits(r) ? NULL : tcp_find_listener(r->local_port), *child;

    if (!listener) {
        real_lwip()->tcp_input(p, netif);
        return;
    }
    if (!wfp_admits(listener, r, p) || !tcp_admit(listener, r, p) || !(child = tcp_make(NULL, 0, listener->events, listener->context))) {
        pbuf_free(p);
        return;
    }
    real_lwip()->tcp_input(p, netif);
    struct tcp_pcb *pcb = tcp_active_pcbs;
    if (pcb && pcb->state == SYN_RCVD && pcb->callback_arg == listener)
        tcp_adopt(listener, child, pcb);
    else
        tcp_release(child);
}

/* lwIP believes a maximum segment size in any segment, and stops the process when it is smaller than what is queued. Only a
 * SYN's counts (RFC 9293, 3.7.1): elsewhere it becomes padding. False: a header in pieces, which nobody sends in good faith. */
static bool late_size_removed(struct pbuf *p, unsigned flags)
{
    struct tcp_hdr *h = p->payload;
    uint8_t *b = p->payload;
    unsigned size = TCPH_HDRLEN_BYTES(h);
    bool found = false;

    if (size <= TCP_HLEN || (flags & TCP_SYN))
        return true;
    if (size > p->len)
        return false;
    if (ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, ip_current_src_addr(), ip_current_dest_addr()) != 0)
        return false;
    for (unsigned at = TCP_HLEN; at < size && b[at] != 0;) {
        unsigned length = b[at] == 1 ? 1 : at + 1 < size ? b[at + 1] : 0;
        if (length == 0 || at + length > size)
            break;
        if (b[at] == 2) {
            memset(b + at, 1, length);
            found = true;
        }
        at += length;
    }
    if (found) {
        h->chksum = 0;
        h->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, ip_current_src_addr(), ip_current_dest_addr());
    }
    return true;
}

/* Segments that lwIP must not see.
 *
 * Sequence numbers half the circle away make its comparison of ranges wrong, and then it stops the process.
 *
 * A bare ACK with numbers that cannot be is answered with another. Two ends that have lost each other's count would go on
 * for ever, so such an answer is given once a tick. (A keep-alive probe is such a segment, too.) */
static bool harmful(struct tcpip_tcp *tcp, const struct tcp_request *r, uint32_t acknowledged, unsigned flags)
{
    const struct tcp_pcb *pcb = tcp->pcb;
    int32_t ahead = (int32_t)(r->sequence - pcb->rcv_nxt);

    if (pcb->state == SYN_SENT)
        return false;
    if (ahead > FAR_AWAY || ahead < -FAR_AWAY)
        return true;
    if (pcb->state == SYN_RCVD || r->length != 1 || (flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        return false;
    if ((uint32_t)ahead <= pcb->rcv_wnd && TCP_SEQ_LEQ(acknowledged, pcb->snd_nxt))
        return false;
    if (tcp->answered_at == tcp_ticks + 1)
        return true;
    tcp->answered_at = tcp_ticks + 1;
    return false;
}

/* lwIP answers every bare ACK while its window is shut, although RFC 9293 (3.10.7.4) takes one with the next number expected: two ends
 * with shut windows would answer each other for ever. For such a segment the window is open by one byte. */
static void hand_over(struct tcpip_tcp *tcp, const struct tcp_request *r, unsigned flags, struct pbuf *p, struct netif *netif)
{
    struct tcp_pcb *pcb = tcp->pcb;
    unsigned segments = interface_arriving_segments();
    bool shut = pcb->rcv_wnd == 0 && r->length == 1 && r->sequence == pcb->rcv_nxt && !(flags & (TCP_SYN | TCP_FIN | TCP_RST));

    pcb->rcv_wnd += shut;
    real_lwip()->tcp_input(p, netif);
    if (shut && tcp->pcb == pcb && pcb->rcv_wnd > 0)
        pcb->rcv_wnd--;
    if (unlikely(segments > 1) && tcp->pcb == pcb && pcb->flags & TF_ACK_DELAY) {
        tcp_ack_now(pcb);               /* every second segment at least is acknowledged (RFC 9293, 3.8.6.3) */
        tcp_output(pcb);
    }
}

void tcp_input(struct pbuf *p, struct netif *netif)
{
    const struct tcp_hdr *h = p->payload;

    if (!wfp_transport_in(IP_PROTO_TCP, p)) {
        pbuf_free(p);
        return;
    }
    if (p->len < TCP_HLEN) {
        real_lwip()->tcp_input(p, netif);
        return;
    }
    unsigned flags = TCPH_FLAGS(h), data = p->tot_len - (unsigned)TCPH_HDRLEN_BYTES(h);
    struct tcp_request r = { ntohl(h->seqno), data + 1, ntohs(h->dest), ntohs(h->src) };
    struct tcpip_tcp *tcp = tcp_table_find(ip_current_dest_addr(), r.local_port, ip_current_src_addr(), r.remote_port);
    if (tcp && (!wfp_tcp_still_allowed(tcp, true, p, NULL) || !wfp_stream_packet_in(tcp, p))) {
        pbuf_free(p);
    } else if (tcp && (tcp->silent || harmful(tcp, &r, ntohl(h->ackno), flags) || !late_size_removed(p, flags))) {
        pbuf_free(p);
    } else if (tcp) {
        tcp->busy++;
        if (tcp->pcb->state == SYN_SENT && (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
            tcp_open_simultaneously(tcp, p);
        hand_over(tcp, &r, flags, p, netif);
        if (!tcp->dead)
            look_after(tcp);
        tcp_done(tcp);
    } else if ((flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN) {
        take_syn(&r, p, netif);
    } else {
        if (flags & TCP_RST)
            tcp_reset_held(&r);
        real_lwip()->tcp_input(p, netif);
    }
}
