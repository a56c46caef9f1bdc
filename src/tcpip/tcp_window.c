/* A window of 128 KB both ways instead of the 64 that Debian's lwIP was built with, which a path through a TAP interface fills.
 *
 * 1. lwIP offers window scaling by one bit. When the peer takes it, what lwIP counts as the window may be twice as large; only
 *    tcp_recved() knows a limit, and that is not called: tcp_open_window does its work.
 * 2. Not between two ends in this computer: there nothing is under way for long, and more of it only leaves the cache. Their
 *    segments are large instead, a third of the window, and no path is explored; lwIP takes at most TCP_MSS from a SYN, but
 *    any size from the pcb. The congestion window must hold one, or nothing would ever be sent.
 * 3. The send buffer is a number in the pcb; its segments' own limit (TCP_SND_QUEUELEN) allows for as much. */
#include "base/util.h"
#include "tcpip/tcp_internal.h"

#define EXTRA 65535u
#define LOCAL_MSS (TCP_WND / 3u)
#define UPDATE_BYTES (4u * TCP_MSS)     /* a window that has opened by so much is told at once */

void tcp_widen(struct tcpip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (ip_addr_isloopback(&pcb->remote_ip) || ip_addr_cmp(&pcb->local_ip, &pcb->remote_ip)) {
        pcb->mss = LOCAL_MSS;
        pcb->cwnd = TCP_WND;
        return;
    }
    pcb->snd_buf += EXTRA;
    if (!(pcb->flags & TF_WND_SCALE))
        return;
    tcp->wide = true;
    pcb->rcv_wnd += EXTRA;
    tcp_update_rcv_ann_wnd(pcb);
}

uint32_t tcp_window(const struct tcpip_tcp *tcp)
{
    return TCP_WND_MAX(tcp->pcb) + (tcp->wide ? EXTRA : 0);
}

void tcp_open_window(struct tcpip_tcp *tcp, size_t size)
{
    struct tcp_pcb *pcb = tcp->pcb;

    pcb->rcv_wnd = (tcpwnd_size_t)min_u64(pcb->rcv_wnd + size, tcp_window(tcp));
    if (tcp_update_rcv_ann_wnd(pcb) >= UPDATE_BYTES) {
        tcp_ack_now(pcb);
        tcp_output(pcb);
    }
}
