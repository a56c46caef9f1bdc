/* A UDP or raw endpoint, between the files datagram*.c. Everything with the stack entered.
 *
 * lwIP's own UDP is not used: the program's udp_input takes the datagrams, and sending makes the header itself. So ports,
 * sharing, group membership, dual mode and ICMP errors are ours, and an endpoint is found by its port.
 *
 * `busy` keeps the object while one of its events runs. Addresses inside are never IPv4-mapped. */
#ifndef TCPIP_DATAGRAM_INTERNAL_H
#define TCPIP_DATAGRAM_INTERNAL_H

#include "tcpip/lwip_address.h"
#include "tcpip/local_address.h"
#include "tcpip/ports.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"

struct tcpip_datagram {
    struct list node;                   /* all */
    struct list lookup_node;            /* those of the same port, or the raw ones */
    uint8_t family, protocol;
    bool dead, header_included;
    unsigned busy;
    uint64_t delivered;                 /* the last packet for many that it got */
    tcpip_datagram_received received;
    tcpip_datagram_error error;
    void *context;
    struct tcpip_address local, remote; /* local.family 0: not bound */
    struct port_use port;
    struct tcpip_ip_options options;
    struct list memberships;
    struct wfp_endpoint wfp;
    struct list peers;                  /* struct wfp_peer: who was authorised */
    unsigned peer_count, redirected;
    bool sweeps;                        /* a timer will look for conversations that are over */
    uint64_t shortest;                  /* ns that the timer had to go when it was set */
};

/* datagram.c */
struct list *datagram_list(void);
struct list *datagram_port_list(uint16_t port);
struct list *datagram_raw_list(void);
/* An implicit bind; the stack need not be entered. */
NTSTATUS datagram_bind_any(struct tcpip_datagram *d);
void datagram_release(struct tcpip_datagram *d);
void datagram_open(void);
void datagram_close_all(void);
void datagram_done(struct tcpip_datagram *d);
struct tcpip_address datagram_report(const struct tcpip_datagram *d, const struct tcpip_address *address);

/* datagram_input.c: who gets a datagram that is on its way in; NULL: nobody. */
struct tcpip_datagram *datagram_receiver(uint16_t from_port, uint16_t to_port);

/* datagram_wfp.c */
struct netif;
struct pbuf;
/* p, at its transport header, or at the IP header that its sender has made, may be sent. asked: where the application sends it, actual: where it goes. STATUS_ACCESS_DENIED;
 * STATUS_PENDING: it is swallowed. Sets wfp_sender, which the caller resets. */
NTSTATUS datagram_wfp_out(struct tcpip_datagram *d, struct pbuf *p, const ip_addr_t *from, const struct tcpip_address *asked,
                          const struct tcpip_address *actual, struct netif *netif);
/* p, at its data, may be delivered. transport: bytes of the header before it. how->from becomes what the application sent to. */
bool datagram_wfp_in(struct tcpip_datagram *d, struct tcpip_received *how, const struct pbuf *p, unsigned transport);
void datagram_wfp_release(struct tcpip_datagram *d);

/* datagram_redirect.c. Where datagrams to `remote` go; from: where they come from; icmp: the key of an ICMP message (datagram_peer.h). STATUS_PENDING: a driver decides later, hold them;
 * STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES, STATUS_FILE_CLOSED. */
NTSTATUS datagram_redirect(struct tcpip_datagram *d, const ip_addr_t *from, const struct tcpip_address *remote, uint32_t icmp,
                           struct tcpip_address *actual);
NTSTATUS datagram_hold(struct tcpip_datagram *d, const struct tcpip_address *to, uint32_t icmp, const struct iovec *parts, unsigned count,
                       const struct tcpip_address *from, const struct tcpip_ip_options *options);
/* What is known of the redirection that brought a datagram here; NULL: none. */
struct fwp_records *datagram_redirection(const struct tcpip_received *how);
/* The connected remote address is redirected there. */
bool datagram_comes_from_connected(const struct tcpip_datagram *d, const struct tcpip_address *from);

/* datagram_send.c: to and from are not IPv4-mapped. */
NTSTATUS datagram_send_to(struct tcpip_datagram *d, const struct tcpip_address *to, const struct iovec *parts, unsigned count,
                          const struct tcpip_address *from, const struct tcpip_ip_options *options);

/* datagram_group.c */
bool datagram_is_member(const struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface);
void datagram_leave_all(struct tcpip_datagram *d);

#endif
