/* Conversations of a datagram endpoint, as the filter engine's layers know them. Everything with the stack entered.
 *
 *  1. One for each remote address and port (of ICMP: address, type and code, and the identifier of an echo; struct datagram_icmp), made by its first datagram in either direction while a layer has filters. So many are
 *     remembered, the last heard first; the one that was silent longest is forgotten and would be asked again.
 *  2. `remote` is where the application sends to and what it sees answers come from, `actual` where datagrams go: another address
 *     only when a driver has redirected the conversation. An endpoint counts these in `redirected`.
 *  3. A conversation lives while datagrams go either way, and so long without (60 s, or as drivers want); one with many (multicast,
 *     broadcast) 4 s since the last that went out. A datagram that comes in belongs to the one with its sender, else to one that it
 *     answers: with many, or with the same port when the source is mapped loosely. All multicasts and broadcasts that come in and
 *     answer nothing are one conversation, `everyone`.
 *  4. While the redirection waits for a driver, datagrams wait in `held`. */
#ifndef TCPIP_DATAGRAM_PEER_H
#define TCPIP_DATAGRAM_PEER_H

#include "tcpip/datagram_internal.h"

/* What an ICMP message says of its conversation. key: 0 for other protocols; a request and its reply share it. */
struct datagram_icmp {
    uint32_t key, id_and_sequence;
    uint8_t type, code;
};

struct wfp_peer {
    struct list node;
    uint32_t icmp;                      /* the key */
    struct tcpip_datagram *owner;
    struct tcpip_address remote, actual;
    struct wfp_endpoint e;
    bool waits;                         /* for a driver, at the layer of authorisation */
    bool many;
    bool settled;                       /* nobody can redirect it any more */
    uint64_t used;                      /* ke_now() */
    struct list held;                   /* struct held_datagram */
    unsigned held_count;
};

bool peer_same_address(const struct tcpip_address *a, const struct tcpip_address *b);
/* The conversation that the application has with `remote`. */
struct wfp_peer *peer_find(struct tcpip_datagram *d, const struct tcpip_address *remote, uint32_t icmp);
/* The one whose datagrams come from there. */
struct wfp_peer *peer_from(struct tcpip_datagram *d, const struct tcpip_address *actual, uint32_t icmp);
/* The one that a datagram from there belongs to. many: it is a multicast or a broadcast. */
struct wfp_peer *peer_of_incoming(struct tcpip_datagram *d, const struct tcpip_address *from, bool many, uint32_t icmp);
/* The remote address of `everyone`. */
struct tcpip_address peer_everyone(uint8_t family);
/* A datagram goes one way or the other. */
void peer_used(struct wfp_peer *peer);
/* NULL: no memory. */
struct wfp_peer *peer_make(struct tcpip_datagram *d, const struct tcpip_address *remote, uint32_t icmp);
/* Of the first bytes of a datagram, at its ICMP header. */
struct datagram_icmp peer_icmp(uint8_t protocol, const uint8_t *header, size_t size);
void peer_forget(struct wfp_peer *peer);
void peer_forget_all(struct tcpip_datagram *d);

/* datagram_redirect.c */
void peer_drop_held(struct wfp_peer *peer);
bool peer_is_redirected(const struct wfp_peer *peer);

#endif
