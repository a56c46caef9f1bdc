/* Simultaneous open (RFC 9293, 3.5): a SYN meets a connection in SYN_SENT. lwIP would ignore it. The pcb becomes one in
 * SYN_RCVD, with a listener that only says "connected"; lwIP then takes the SYN for a repetition and answers with SYN and ACK. */
#include "tcpip/tcp_internal.h"

#include <arpa/inet.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>

static struct tcp_pcb_listen nobody = { .accept = tcp_on_connected };

static uint16_t peer_mss(const struct pbuf *p)
{
    const uint8_t *b = p->payload;
    unsigned size = TCPH_HDRLEN_BYTES((const struct tcp_hdr *)p->payload);

    for (unsigned at = TCP_HLEN; at < size && size <= p->len && b[at] != 0;) {
        if (b[at] == 1) {
            at++;
            continue;
        }
        if (at + 1 >= size || b[at + 1] < 2)
            break;
        if (b[at] == 2 && b[at + 1] == 4 && at + 4 <= size)
            return (uint16_t)(b[at + 2] << 8 | b[at + 3]);
        at += b[at + 1];
    }
    return 536;
}

void tcp_open_simultaneously(struct tcpip_tcp *tcp, struct pbuf *p)
{
    const struct tcp_hdr *h = p->payload;
    struct tcp_pcb *pcb = tcp->pcb;
    uint32_t sequence = ntohl(h->seqno);
    uint16_t mss = peer_mss(p);

    if (ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, ip_current_src_addr(), ip_current_dest_addr()) != 0)
        return;
    pcb->rcv_nxt = sequence + 1;
    pcb->rcv_ann_right_edge = pcb->rcv_nxt;
    pcb->snd_wl1 = sequence - 1;
    pcb->snd_wnd = pcb->snd_wnd_max = ntohs(h->wnd);
    pcb->mss = mss && mss < TCP_MSS ? mss : TCP_MSS;
    pcb->mss = tcp_eff_send_mss_netif(pcb->mss, ip_route(&pcb->local_ip, &pcb->remote_ip), &pcb->remote_ip);
    pcb->listener = &nobody;
    pcb->state = SYN_RCVD;
}
