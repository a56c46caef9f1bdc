/* Conversations of a datagram endpoint, as the filter engine's layers know them. Everything with the stack entered.
 *
 *  1. One for each remote address and port, made by its first datagram in either direction while a layer has filters. So many are
 *     remembered, the last heard first; the one that was silent longest is forgotten and would be asked again.
 *  2. `remote` is where the application sends to and what it sees answers come from, `actual` where datagrams go: another address
 *     only when a driver has redirected the conversation. An endpoint counts these in `redirected`.
 *  3. While the redirection waits for a driver, datagrams wait in `held`. */
#ifndef TCPIP_DATAGRAM_PEER_H
#define TCPIP_DATAGRAM_PEER_H

#include "tcpip/datagram_internal.h"

struct wfp_peer {
    struct list node;
    struct tcpip_datagram *owner;
    struct tcpip_address remote, actual;
    struct wfp_endpoint e;
    bool waits;                         /* for a driver, at the layer of authorisation */
    struct list held;                   /* struct held_datagram */
    unsigned held_count;
};

bool peer_same_address(const struct tcpip_address *a, const struct tcpip_address *b);
/* The conversation that the application has with `remote`. */
struct wfp_peer *peer_find(struct tcpip_datagram *d, const struct tcpip_address *remote);
/* The one whose datagrams come from there. */
struct wfp_peer *peer_from(struct tcpip_datagram *d, const struct tcpip_address *actual);
/* NULL: no memory. */
struct wfp_peer *peer_make(struct tcpip_datagram *d, const struct tcpip_address *remote);
void peer_forget(struct wfp_peer *peer);

/* datagram_redirect.c */
void peer_drop_held(struct wfp_peer *peer);
bool peer_is_redirected(const struct wfp_peer *peer);

#endif
