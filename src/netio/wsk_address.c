/* Between SOCKADDR and the stack's addresses. An IPv6 socket that also speaks IPv4 shows it as ::ffff:a.b.c.d. */
#include <string.h>

#include "netio/wsk_internal.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static uint16_t swap(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

NTSTATUS wsk_address_in(const struct wsk_socket *socket, const SOCKADDR *from, struct tcpip_address *to)
{
    const SOCKADDR_IN *v4 = (const SOCKADDR_IN *)(const void *)from;
    const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)(const void *)from;

    memset(to, 0, sizeof *to);
    if (from == NULL || from->sa_family != socket->family)
        return STATUS_INVALID_PARAMETER;
    if (from->sa_family == AF_INET) {
        to->family = 4;
        to->port = swap(v4->sin_port);
        memcpy(to->bytes, &v4->sin_addr, 4);
        return STATUS_SUCCESS;
    }
    to->port = swap(v6->sin6_port);
    if (memcmp(&v6->sin6_addr, mapped_prefix, sizeof mapped_prefix) == 0) {
        if (socket->options.v6only)
            return STATUS_INVALID_ADDRESS_COMPONENT;
        to->family = 4;
        memcpy(to->bytes, (const uint8_t *)&v6->sin6_addr + 12, 4);
        return STATUS_SUCCESS;
    }
    to->family = 6;
    to->zone = (uint8_t)tcpip_interface_of_index(v6->sin6_scope_id);
    memcpy(to->bytes, &v6->sin6_addr, 16);
    return STATUS_SUCCESS;
}

void wsk_address_out(ADDRESS_FAMILY family, const struct tcpip_address *from, SOCKADDR *to)
{
    SOCKADDR_IN *v4 = (SOCKADDR_IN *)(void *)to;
    SOCKADDR_IN6 *v6 = (SOCKADDR_IN6 *)(void *)to;

    if (family == AF_INET) {
        memset(v4, 0, sizeof *v4);
        v4->sin_family = AF_INET;
        v4->sin_port = swap(from->port);
        memcpy(&v4->sin_addr, from->bytes, 4);
        return;
    }
    memset(v6, 0, sizeof *v6);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = swap(from->port);
    if (from->family == 4) {
        memcpy(&v6->sin6_addr, mapped_prefix, sizeof mapped_prefix);
        memcpy((uint8_t *)&v6->sin6_addr + 12, from->bytes, 4);
    } else {
        memcpy(&v6->sin6_addr, from->bytes, 16);
        v6->sin6_scope_id = tcpip_interface_index(from->zone);
    }
}
