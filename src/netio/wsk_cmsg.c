#include "netio/wsk_cmsg.h"

#include <string.h>

/* --- sending ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS parse_pktinfo(const CMSGHDR *object, size_t size, struct wsk_cmsg *parsed)
{
    const uint8_t *data = WSA_CMSG_DATA((CMSGHDR *)(uintptr_t)object);
    bool v6 = object->cmsg_level == IPPROTO_IPV6;
    const IN_PKTINFO *v4_info = (const IN_PKTINFO *)(const void *)data;
    const IN6_PKTINFO *v6_info = (const IN6_PKTINFO *)(const void *)data;
    static const uint8_t any[16];

    if (size < (v6 ? sizeof *v6_info : sizeof *v4_info))
        return STATUS_INVALID_PARAMETER;
    parsed->source.family = v6 ? 6 : 4;
    memcpy(parsed->source.bytes, data, v6 ? 16 : 4);
    parsed->has_source = memcmp(parsed->source.bytes, any, sizeof any) != 0;
    parsed->options.interface = tcpip_interface_of_index(v6 ? v6_info->ipi6_ifindex : v4_info->ipi_ifindex);
    parsed->has_options = parsed->has_options || parsed->options.interface != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS parse_octet(const CMSGHDR *object, size_t size, struct wsk_cmsg *parsed, uint8_t *value)
{
    INT given;

    if (size < sizeof given)
        return STATUS_INVALID_PARAMETER;
    memcpy(&given, WSA_CMSG_DATA((CMSGHDR *)(uintptr_t)object), sizeof given);
    if (given < 0 || given > 255)
        return STATUS_INVALID_PARAMETER;
    *value = (uint8_t)given;
    parsed->has_options = true;
    return STATUS_SUCCESS;
}

static NTSTATUS parse(const CMSGHDR *object, struct wsk_cmsg *parsed)
{
    size_t size = object->cmsg_len - WSA_CMSG_LEN(0);

    if (object->cmsg_level != IPPROTO_IP && object->cmsg_level != IPPROTO_IPV6)
        return STATUS_NOT_SUPPORTED;
    switch (object->cmsg_type) {        /* the numbers are the same at both levels */
    case IP_PKTINFO:
        return parse_pktinfo(object, size, parsed);
    case IP_HOPLIMIT:
        return parse_octet(object, size, parsed, &parsed->options.ttl);
    case IP_TTL:
        return object->cmsg_level == IPPROTO_IP ? parse_octet(object, size, parsed, &parsed->options.ttl)
                                                : STATUS_NOT_SUPPORTED;
    case IP_TOS:
        return object->cmsg_level == IPPROTO_IP ? parse_octet(object, size, parsed, &parsed->options.tos)
                                                : STATUS_NOT_SUPPORTED;
    case IPV6_TCLASS:
        return parse_octet(object, size, parsed, &parsed->options.tos);
    case IP_ECN:
        if (!NT_SUCCESS(parse_octet(object, size, parsed, &parsed->ecn)) || parsed->ecn > 3)
            return STATUS_INVALID_PARAMETER;
        parsed->has_ecn = true;
        return STATUS_SUCCESS;
    case IP_WFP_REDIRECT_RECORDS:
        parsed->records = WSA_CMSG_DATA((CMSGHDR *)(uintptr_t)object);
        parsed->records_size = size;
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

NTSTATUS wsk_cmsg_parse(const struct wsk_socket *socket, const CMSGHDR *control, size_t size, struct wsk_cmsg *parsed)
{
    const uint8_t *at = (const uint8_t *)control;
    NTSTATUS status = STATUS_SUCCESS;
    size_t length = size;

    memset(parsed, 0, sizeof *parsed);
    if (size == 0)
        return STATUS_SUCCESS;
    if (control == NULL || ((uintptr_t)control & (sizeof(SIZE_T) - 1)) != 0)
        return STATUS_INVALID_PARAMETER;
    while (NT_SUCCESS(status) && size >= sizeof(CMSGHDR)) {
        const CMSGHDR *object = (const CMSGHDR *)(const void *)at;
        size_t step;

        if (object->cmsg_len < WSA_CMSG_LEN(0) || object->cmsg_len > size)
            return STATUS_INVALID_PARAMETER;
        status = parse(object, parsed);
        step = WSA_CMSGHDR_ALIGN(object->cmsg_len);
        if (step >= size)
            break;
        at += step;
        size -= step;
    }
    if (parsed->has_ecn)
        parsed->options.tos = (uint8_t)(((parsed->options.tos ? parsed->options.tos : socket->options.tcp.ip.tos) & 0xfc) | parsed->ecn);
    /* Other options of the packet stay the socket's. */
    parsed->options.multicast_ttl = parsed->options.ttl != 0 ? parsed->options.ttl : socket->options.tcp.ip.multicast_ttl;
    parsed->options.multicast_loop = socket->options.tcp.ip.multicast_loop;
    parsed->options.broadcast = socket->options.tcp.ip.broadcast;
    parsed->options.dont_fragment = socket->options.tcp.ip.dont_fragment;
    parsed->options.control = control;
    parsed->options.control_size = (uint32_t)length;
    parsed->has_options = true;
    return status;
}

/* --- receiving ---------------------------------------------------------------------------------------------------------- */

static size_t put(uint8_t *to, size_t used, int level, int type, const void *data, size_t size)
{
    CMSGHDR *object = (CMSGHDR *)(void *)(to + used);

    memset(object, 0, WSA_CMSG_SPACE(size));
    object->cmsg_len = WSA_CMSG_LEN(size);
    object->cmsg_level = level;
    object->cmsg_type = type;
    memcpy(WSA_CMSG_DATA(object), data, size);
    return used + WSA_CMSG_SPACE(size);
}

/* What is longer than the room is left out. */
static size_t put_redirection(uint8_t *to, size_t used, int level, const struct fwp_records *redirection, bool context)
{
    uint8_t bytes[WSK_CONTROL_ROOM];
    size_t size = 0;

    if (!NT_SUCCESS(tcpip_redirection_read(redirection, context, bytes, sizeof bytes, &size)) || size == 0 ||
        used + WSA_CMSG_SPACE(size) > WSK_CONTROL_ROOM)
        return used;
    return put(to, used, level, context ? IP_WFP_REDIRECT_CONTEXT : IP_WFP_REDIRECT_RECORDS, bytes, size);
}

size_t wsk_cmsg_build(const struct wsk_socket *socket, const struct tcpip_received *how, uint8_t *to)
{
    const struct wsk_options *o = &socket->options;
    int level = socket->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    ULONG index = tcpip_interface_index(how->interface);
    INT hops = how->ttl, class = how->tos, ecn = how->tos & 3;
    size_t used = 0;

    if (o->pktinfo && level == IPPROTO_IP) {
        IN_PKTINFO info = { .ipi_ifindex = index };

        memcpy(&info.ipi_addr, how->to.bytes, 4);
        used = put(to, used, level, IP_PKTINFO, &info, sizeof info);
    } else if (o->pktinfo) {
        IN6_PKTINFO info = { .ipi6_ifindex = index };
        union wsk_address mapped;

        wsk_address_out(AF_INET6, &how->to, &mapped.any);
        memcpy(&info.ipi6_addr, &mapped.v6.sin6_addr, 16);
        used = put(to, used, level, IPV6_PKTINFO, &info, sizeof info);
    }
    if (o->hop_limit)
        used = put(to, used, level, level == IPPROTO_IP ? IP_TTL : IPV6_HOPLIMIT, &hops, sizeof hops);
    if (o->traffic_class)
        used = put(to, used, level, level == IPPROTO_IP ? IP_TOS : IPV6_TCLASS, &class, sizeof class);
    if (o->ecn)
        used = put(to, used, level, IP_ECN, &ecn, sizeof ecn);
    if (how->redirection != NULL && o->redirect_records)
        used = put_redirection(to, used, level, how->redirection, false);
    if (how->redirection != NULL && o->redirect_context)
        used = put_redirection(to, used, level, how->redirection, true);
    return used;
}
