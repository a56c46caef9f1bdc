#include "tcpip/real.h"
#include "tcpip/tcp_internal.h"

#include <lwip/ip.h>
#include <string.h>

#include "tcpip/interfaces.h"

#define DEFAULT_TTL 128                 /* as Windows */

void ip_options_init(struct tcpip_ip_options *options)
{
    *options = (struct tcpip_ip_options){ .ttl = DEFAULT_TTL, .multicast_ttl = 1, .multicast_loop = true };
}

/* So that a SYN and ACK, which goes out before its endpoint is there, has the same as all that follows. */
struct tcp_pcb *tcp_alloc(u8_t priority)
{
    struct tcp_pcb *pcb = real_lwip()->tcp_alloc(priority);

    if (pcb)
        pcb->ttl = DEFAULT_TTL;
    return pcb;
}

/* Two hours, a second, ten probes: what Windows documents for SIO_KEEPALIVE_VALS. */
void tcp_options_init(struct tcpip_tcp_options *options)
{
    memset(options, 0, sizeof *options);
    options->keepalive_time_ms = 7200000;
    options->keepalive_interval_ms = 1000;
    options->keepalive_count = 10;
    ip_options_init(&options->ip);
}

void tcp_options_apply(struct tcpip_tcp *tcp)
{
    const struct tcpip_tcp_options *o = &tcp->options;
    struct tcp_pcb *pcb = tcp->pcb;

    if (!pcb)
        return;
    pcb->ttl = o->ip.ttl;
    pcb->tos = o->ip.tos;
    pcb->netif_idx = interface_lwip_index(o->ip.interface);
    if (pcb->state == LISTEN)
        return;
    if (o->nodelay)
        tcp_nagle_disable(pcb);
    else
        tcp_nagle_enable(pcb);
    if (o->keepalive)
        ip_set_option(pcb, SOF_KEEPALIVE);
    else
        ip_reset_option(pcb, SOF_KEEPALIVE);
    pcb->keep_idle = o->keepalive_time_ms;
    pcb->keep_intvl = o->keepalive_interval_ms;
    pcb->keep_cnt = o->keepalive_count;
}

void tcpip_tcp_get_options(struct tcpip_tcp *tcp, struct tcpip_tcp_options *options)
{
    stack_enter();
    *options = tcp->options;
    stack_leave();
}

NTSTATUS tcpip_tcp_set_options(struct tcpip_tcp *tcp, const struct tcpip_tcp_options *options)
{
    if (options->ip.dont_fragment)      /* lwIP's TCP never fragments, but does not set the bit either */
        return STATUS_NOT_SUPPORTED;
    if (options->ip.ttl == 0 || options->keepalive_count == 0 || options->keepalive_time_ms == 0 ||
        options->keepalive_interval_ms == 0)
        return STATUS_INVALID_PARAMETER;
    stack_enter();
    bool there = !options->ip.interface || interface_netif(options->ip.interface);
    if (there) {
        tcp->options = *options;
        tcp_options_apply(tcp);
    }
    stack_leave();
    return there ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

struct tcpip_address tcp_report(const struct tcpip_tcp *tcp, const ip_addr_t *ip, uint16_t port)
{
    struct tcpip_address a = from_lwip(ip, port);

    return tcp->family == 0 ? address_mapped(&a) : a;
}

static void query_pcb(const struct tcpip_tcp *tcp, struct tcpip_tcp_info *info)
{
    const struct tcp_pcb *pcb = tcp->pcb;

    info->mss = pcb->mss;
    info->room = pcb->snd_buf;
    info->unacknowledged = pcb->snd_lbb - pcb->lastack;
    info->window = tcp_window(tcp);
    info->receive_backlog = info->window - pcb->rcv_wnd;
    info->interface = interface_of(ip_route(&pcb->local_ip, &pcb->remote_ip));
}

void tcpip_tcp_query(struct tcpip_tcp *tcp, struct tcpip_tcp_info *info)
{
    memset(info, 0, sizeof *info);
    stack_enter();
    info->listening = tcp->is_listener;
    info->connected = tcp->connected && tcp->pcb;
    info->failed = tcp->failed;
    if (tcp->remote_port) {
        info->local = tcp_report(tcp, &tcp->local_ip, tcp->local_port);
        info->remote = tcp_report(tcp, &tcp->remote_ip, tcp->remote_port);
    } else if (tcp->port.taken) {
        info->local = tcp->family == 0 ? address_mapped(&tcp->port.local) : tcp->port.local;
    }
    if (info->connected)
        query_pcb(tcp, info);
    stack_leave();
}
