/* Options at the levels IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP and IPPROTO_IPV6. docs: winsock/ipproto-tcp-socket-options,
 * winsock/ipproto-udp-socket-options, winsock/ipproto-ip-socket-options, winsock/ipproto-ipv6-socket-options */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

/* What a new endpoint of the stack has. */
void wsk_options_init(struct wsk_options *options)
{
    options->v6only = true;
    options->receive_buffer = 65536;
    options->tcp = (struct tcpip_tcp_options){
        .keepalive_time_ms = 7200000,
        .keepalive_interval_ms = 1000,
        .keepalive_count = 10,
        .ip = { .ttl = 128, .multicast_ttl = 1, .multicast_loop = true },
    };
}

#define LOOPBACK_INDEX 1

NTSTATUS wsk_options_apply(struct wsk_socket *s)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (s->tcp != NULL && (s->options.tcp_set || s->options.ip_set))
        status = tcpip_tcp_set_options(s->tcp, &s->options.tcp);
    if (s->datagram != NULL && s->options.ip_set)
        status = tcpip_datagram_set_options(s->datagram, &s->options.tcp.ip);
    if (NT_SUCCESS(status) && s->datagram != NULL && s->options.header_included)
        status = tcpip_datagram_set_header_included(s->datagram, true);
    return status;
}

static bool is_set(const struct wsk_control *control)
{
    return control->type == WskSetOption;
}

static NTSTATUS finish_tcp(struct wsk_socket *s, const struct wsk_control *control, NTSTATUS status,
                           const struct tcpip_tcp_options *before)
{
    if (!NT_SUCCESS(status) || !is_set(control))
        return status;
    s->options.tcp_set = true;
    status = wsk_options_apply(s);
    if (!NT_SUCCESS(status))
        s->options.tcp = *before;
    return status;
}

static NTSTATUS number(struct wsk_control *control, uint32_t *value, uint32_t unit)
{
    ULONG given;
    NTSTATUS status;

    if (!is_set(control))
        return wsk_control_put_ulong(control, *value / unit);
    status = wsk_control_get_ulong(control, &given);
    if (NT_SUCCESS(status) && (given == 0 || given > UINT32_MAX / unit))
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        *value = given * unit;
    return status;
}

static NTSTATUS segment_size(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_tcp_info info = { 0 };

    if (is_set(control))
        return STATUS_INVALID_PARAMETER;
    if (s->tcp != NULL)
        tcpip_tcp_query(s->tcp, &info);
    return wsk_control_put_ulong(control, info.mss);
}

NTSTATUS wsk_option_tcp(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_tcp_options *o = &s->options.tcp, before;
    NTSTATUS status;

    if (s->type != SOCK_STREAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    before = *o;
    switch ((int)control->code) {
    case TCP_NODELAY:
        status = wsk_control_flag(control, &o->nodelay);
        break;
    case TCP_KEEPALIVE:                 /* also TCP_KEEPIDLE, in seconds */
        status = number(control, &o->keepalive_time_ms, 1000);
        break;
    case TCP_KEEPINTVL:
        status = number(control, &o->keepalive_interval_ms, 1000);
        break;
    case TCP_KEEPCNT:
        status = number(control, &o->keepalive_count, 1);
        break;
    case TCP_MAXRT:
        status = number(control, &o->retransmit_timeout_ms, 1000);
        break;
    case TCP_MAXRTMS:
        status = number(control, &o->retransmit_timeout_ms, 1);
        break;
    case TCP_MAXSEG:
        return segment_size(s, control);
    case TCP_FASTOPEN:                  /* a wish: no data goes with a SYN here */
        return wsk_control_flag(control, &s->options.fast_open);
    default:
        return STATUS_NOT_SUPPORTED;
    }
    return finish_tcp(s, control, status, &before);
}

NTSTATUS wsk_option_udp(struct wsk_socket *s, struct wsk_control *control)
{
    bool off = false;
    NTSTATUS status;

    if (s->type != SOCK_DGRAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    if ((int)control->code != UDP_NOCHECKSUM)
        return STATUS_NOT_SUPPORTED;
    status = wsk_control_flag(control, &off);
    return NT_SUCCESS(status) && off ? STATUS_NOT_SUPPORTED : status;
}

/* --- what IPv4 and IPv6 have in common ----------------------------------------------------------------------------- */

static NTSTATUS finish_ip(struct wsk_socket *s, const struct wsk_control *control, NTSTATUS status,
                          const struct tcpip_ip_options *before)
{
    if (!NT_SUCCESS(status) || !is_set(control))
        return status;
    s->options.ip_set = true;
    status = wsk_options_apply(s);
    if (!NT_SUCCESS(status))
        s->options.tcp.ip = *before;
    return status;
}

/* 0..255 in a ULONG; -1 means the default. */
static NTSTATUS octet(struct wsk_control *control, uint8_t *value, uint8_t fallback)
{
    ULONG given;
    NTSTATUS status;

    if (!is_set(control))
        return wsk_control_put_ulong(control, *value);
    status = wsk_control_get_ulong(control, &given);
    if (NT_SUCCESS(status) && given == (ULONG)-1)
        given = fallback;
    else if (NT_SUCCESS(status) && given > 255)
        return STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        *value = (uint8_t)given;
    return status;
}

/* An interface's index; at the IPv4 level in network byte order (docs: IP_UNICAST_IF), or an address of it. */
static NTSTATUS interface(struct wsk_control *control, unsigned *value, bool swapped)
{
    ULONG given;
    NTSTATUS status;

    if (!is_set(control))
        return wsk_control_put_ulong(control, swapped ? __builtin_bswap32(tcpip_interface_index(*value)) : tcpip_interface_index(*value));
    status = wsk_control_get_ulong(control, &given);
    if (!NT_SUCCESS(status))
        return status;
    if (swapped)
        given = __builtin_bswap32(given);
    *value = tcpip_interface_of_index(given);
    return given != 0 && *value == 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS membership(struct wsk_socket *s, struct wsk_control *control, const struct tcpip_address *group,
                           unsigned index, bool join)
{
    if (!is_set(control))
        return STATUS_INVALID_PARAMETER;
    if (s->datagram == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return join ? tcpip_datagram_join(s->datagram, group, index) : tcpip_datagram_leave(s->datagram, group, index);
}

/* Which interface has this IPv4 address: its number + 1; 0.0.0.n is the interface of index n. */
static unsigned interface_with(const IN_ADDR *address)
{
    const uint8_t *b = (const uint8_t *)address;
    struct tcpip_interface_info info;

    if (b[0] == 0)
        return tcpip_interface_of_index((uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
    if (b[0] == 127)
        return tcpip_interface_of_index(LOOPBACK_INDEX);
    for (unsigned n = 0; tcpip_query_interface(n, &info); n++)
        if (info.configured && memcmp(info.ipv4.bytes, address, 4) == 0)
            return n + 1;
    return 0;
}

static NTSTATUS ipv4_membership(struct wsk_socket *s, struct wsk_control *control, bool join)
{
    const IP_MREQ *request = control->input;
    struct tcpip_address group = { .family = 4 };

    if (control->input_size < sizeof *request)
        return STATUS_INVALID_PARAMETER;
    memcpy(group.bytes, &request->imr_multiaddr, 4);
    return membership(s, control, &group, interface_with(&request->imr_interface), join);
}

static NTSTATUS ipv6_membership(struct wsk_socket *s, struct wsk_control *control, bool join)
{
    const IPV6_MREQ *request = control->input;
    struct tcpip_address group = { .family = 6 };

    if (control->input_size < sizeof *request)
        return STATUS_INVALID_PARAMETER;
    memcpy(group.bytes, &request->ipv6mr_multiaddr, 16);
    return membership(s, control, &group, tcpip_interface_of_index(request->ipv6mr_interface), join);
}

static NTSTATUS header_included(struct wsk_socket *s, struct wsk_control *control)
{
    NTSTATUS status;

    if (s->type != SOCK_RAW)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_control_flag(control, &s->options.header_included);
    if (NT_SUCCESS(status) && is_set(control) && s->datagram != NULL)
        status = tcpip_datagram_set_header_included(s->datagram, s->options.header_included);
    return status;
}

static NTSTATUS multicast_loop(struct wsk_control *control, struct tcpip_ip_options *o)
{
    return wsk_control_flag(control, &o->multicast_loop);
}

NTSTATUS wsk_option_ip(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_ip_options *o = &s->options.tcp.ip, before;
    NTSTATUS status;

    if (s->family != AF_INET && s->options.v6only)
        return STATUS_INVALID_DEVICE_REQUEST;
    before = *o;
    switch ((int)control->code) {
    case IP_TTL:
        status = octet(control, &o->ttl, 128);
        break;
    case IP_TOS:
        status = octet(control, &o->tos, 0);
        break;
    case IP_MULTICAST_TTL:
        status = octet(control, &o->multicast_ttl, 1);
        break;
    case IP_MULTICAST_LOOP:
        status = multicast_loop(control, o);
        break;
    case IP_DONTFRAGMENT:
        status = wsk_control_flag(control, &o->dont_fragment);
        break;
    case IP_UNICAST_IF:
        status = interface(control, &o->interface, true);
        break;
    case IP_MULTICAST_IF:
        if (is_set(control) && control->input_size >= sizeof(IN_ADDR)) {
            o->multicast_interface = interface_with(control->input);
            status = STATUS_SUCCESS;
        } else {
            status = interface(control, &o->multicast_interface, true);
        }
        break;
    case IP_ADD_MEMBERSHIP:
        return ipv4_membership(s, control, true);
    case IP_DROP_MEMBERSHIP:
        return ipv4_membership(s, control, false);
    case IP_HDRINCL:
        return header_included(s, control);
    case IP_PKTINFO:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.pktinfo) : STATUS_INVALID_DEVICE_REQUEST;
    case IP_WFP_REDIRECT_CONTEXT:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.redirect_context) : STATUS_INVALID_DEVICE_REQUEST;
    case IP_WFP_REDIRECT_RECORDS:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.redirect_records) : STATUS_INVALID_DEVICE_REQUEST;
    case IP_RECVTTL:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.hop_limit) : STATUS_INVALID_DEVICE_REQUEST;
    case IP_RECVTOS:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.traffic_class)
                                           : STATUS_INVALID_DEVICE_REQUEST;
    case IP_ECN:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.ecn) : STATUS_INVALID_DEVICE_REQUEST;
    case IP_RECVERR:                    /* remembered: no ICMP error reaches a datagram socket */
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.errors) : STATUS_INVALID_DEVICE_REQUEST;
    default:
        return STATUS_NOT_SUPPORTED;
    }
    return finish_ip(s, control, status, &before);
}

static NTSTATUS v6only(struct wsk_socket *s, struct wsk_control *control)
{
    if (is_set(control) && s->state != WSK_OPEN)
        return STATUS_INVALID_DEVICE_STATE;
    return wsk_control_flag(control, &s->options.v6only);
}

NTSTATUS wsk_option_ipv6(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_ip_options *o = &s->options.tcp.ip, before;
    NTSTATUS status;

    if (s->family != AF_INET6)
        return STATUS_INVALID_DEVICE_REQUEST;
    before = *o;
    switch ((int)control->code) {
    case IPV6_V6ONLY:
        return v6only(s, control);
    case IPV6_UNICAST_HOPS:
        status = octet(control, &o->ttl, 128);
        break;
    case IPV6_TCLASS:
        status = octet(control, &o->tos, 0);
        break;
    case IPV6_MULTICAST_HOPS:
        status = octet(control, &o->multicast_ttl, 1);
        break;
    case IPV6_MULTICAST_LOOP:
        status = multicast_loop(control, o);
        break;
    case IPV6_DONTFRAG:
        status = wsk_control_flag(control, &o->dont_fragment);
        break;
    case IPV6_UNICAST_IF:
        status = interface(control, &o->interface, false);
        break;
    case IPV6_MULTICAST_IF:
        status = interface(control, &o->multicast_interface, false);
        break;
    case IPV6_ADD_MEMBERSHIP:
        return ipv6_membership(s, control, true);
    case IPV6_DROP_MEMBERSHIP:
        return ipv6_membership(s, control, false);
    case IPV6_HDRINCL:
        return header_included(s, control);
    case IPV6_PKTINFO:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.pktinfo) : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_WFP_REDIRECT_CONTEXT:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.redirect_context) : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_WFP_REDIRECT_RECORDS:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.redirect_records) : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_HOPLIMIT:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.hop_limit) : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_RECVTCLASS:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.traffic_class)
                                           : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_ECN:
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.ecn) : STATUS_INVALID_DEVICE_REQUEST;
    case IPV6_RECVERR:                    /* remembered: no ICMP error reaches a datagram socket */
        return s->category == WSK_DATAGRAM ? wsk_control_flag(control, &s->options.errors) : STATUS_INVALID_DEVICE_REQUEST;
    default:
        return STATUS_NOT_SUPPORTED;
    }
    return finish_ip(s, control, status, &before);
}
