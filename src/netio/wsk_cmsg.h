/* Control information of datagrams: CMSGHDR objects. docs: ws2def (WSA_CMSG_*), winsock/ipproto-ip-socket-options */
#ifndef NETIO_WSK_CMSG_H
#define NETIO_WSK_CMSG_H

#include "netio/wsk_internal.h"

/* What a datagram's sender asks for. */
struct wsk_cmsg {
    bool has_source, has_options, has_ecn;
    uint8_t ecn;                        /* 0 to 3: takes the place of two bits of the traffic class */
    struct tcpip_address source;        /* family 0: by route */
    struct tcpip_ip_options options;    /* 0 in a field: the socket's */
    const void *records;                /* of a redirection that it goes on with; NULL: none */
    size_t records_size;
};

/* STATUS_INVALID_PARAMETER: an object that is too long or too short; STATUS_NOT_SUPPORTED: of another level or type. */
NTSTATUS wsk_cmsg_parse(const struct wsk_socket *socket, const CMSGHDR *control, size_t size, struct wsk_cmsg *parsed);
/* Writes what the socket's options ask for about a datagram that came in; returns bytes, at most WSK_CONTROL_ROOM. */
size_t wsk_cmsg_build(const struct wsk_socket *socket, const struct tcpip_received *how, uint8_t *to);

#endif
