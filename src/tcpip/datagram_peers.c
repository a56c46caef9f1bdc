/* The table of conversations. datagram_peer.h has the invariants. */
#include "tcpip/datagram_peer.h"

#include <stdlib.h>
#include <string.h>

#define PEERS_MAX 256u

bool peer_same_address(const struct tcpip_address *a, const struct tcpip_address *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

static struct wfp_peer *heard(struct wfp_peer *peer)
{
    list_remove(&peer->node);
    list_push_front(&peer->owner->peers, &peer->node);
    return peer;
}

struct wfp_peer *peer_find(struct tcpip_datagram *d, const struct tcpip_address *remote)
{
    list_each(node, &d->peers) {
        struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (peer_same_address(&peer->remote, remote))
            return heard(peer);
    }
    return NULL;
}

struct wfp_peer *peer_from(struct tcpip_datagram *d, const struct tcpip_address *actual)
{
    list_each(node, &d->peers) {
        struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (peer_same_address(&peer->actual, actual))
            return heard(peer);
    }
    return NULL;
}

void peer_forget(struct wfp_peer *peer)
{
    list_remove(&peer->node);
    peer->owner->peer_count--;
    peer->owner->redirected -= peer_is_redirected(peer);
    peer_drop_held(peer);
    wfp_end_flow(&peer->e);
    wfp_ale_forget(&peer->e);
    free(peer);
}

struct wfp_peer *peer_make(struct tcpip_datagram *d, const struct tcpip_address *remote)
{
    struct wfp_peer *peer = stack_calloc(sizeof *peer);

    if (!peer)
        return NULL;
    if (d->peer_count == PEERS_MAX)
        peer_forget(container_of(d->peers.prev, struct wfp_peer, node));
    peer->owner = d;
    peer->remote = peer->actual = *remote;
    peer->e.is_datagram = true;
    peer->e.raw = d->wfp.raw;
    peer->e.protocol = d->protocol;
    peer->e.id = wfp_endpoint_id(&d->wfp);
    list_init(&peer->e.by_flow);
    list_init(&peer->held);
    list_push_front(&d->peers, &peer->node);
    d->peer_count++;
    return peer;
}
