/* Conversations that drivers send elsewhere: ALE_CONNECT_REDIRECT for the first datagram to a remote address. Answers come back as from
 * where the application sent to, or else a connected socket would never see one.
 * docs: using-bind-or-connect-redirection, fwp/udp-packet-flows */
#include <lwip/ip.h>
#include <stdlib.h>
#include <string.h>

#include "tcpip/datagram_peer.h"

#define HELD_MAX 16u                    /* as with a neighbour that is not known yet, more are lost */

struct held_datagram {
    struct list node;
    struct tcpip_address source;
    struct tcpip_ip_options options;
    bool has_source, has_options;
    size_t size;
    uint8_t bytes[];
};

bool peer_is_redirected(const struct wfp_peer *peer)
{
    return !peer_same_address(&peer->remote, &peer->actual);
}

void peer_drop_held(struct wfp_peer *peer)
{
    struct list *node;

    while ((node = list_pop_front(&peer->held)))
        free(container_of(node, struct held_datagram, node));
    peer->held_count = 0;
}

NTSTATUS datagram_hold(struct tcpip_datagram *d, const struct tcpip_address *to, uint32_t icmp, const struct iovec *parts, unsigned count,
                       const struct tcpip_address *from, const struct tcpip_ip_options *options)
{
    struct wfp_peer *peer = peer_find(d, to, icmp);
    struct held_datagram *held;
    size_t size = 0;

    if (!peer || peer->held_count == HELD_MAX)
        return STATUS_SUCCESS;          /* sent, for all its sender knows */
    for (unsigned n = 0; n < count; n++)
        size += parts[n].iov_len;
    held = stack_calloc(sizeof *held + size);
    if (!held)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned n = 0; n < count; n++) {
        memcpy(held->bytes + held->size, parts[n].iov_base, parts[n].iov_len);
        held->size += parts[n].iov_len;
    }
    held->has_source = from != NULL;
    held->has_options = options != NULL;
    if (from)
        held->source = *from;
    if (options)
        held->options = *options;
    held->options.control = NULL;       /* the sender's, who does not wait */
    held->options.control_size = 0;
    list_push_back(&peer->held, &held->node);
    peer->held_count++;
    return STATUS_SUCCESS;
}

/* May forget the conversation and close the endpoint. */
static void send_held(struct wfp_peer *peer)
{
    struct tcpip_datagram *d = peer->owner;
    struct tcpip_address to = peer->remote;
    struct list held = LIST_INIT(held), *node;

    while ((node = list_pop_front(&peer->held)))
        list_push_back(&held, node);
    peer->held_count = 0;
    d->busy++;
    while ((node = list_pop_front(&held))) {
        struct held_datagram *h = container_of(node, struct held_datagram, node);
        struct iovec part = { h->bytes, h->size };
        if (!d->dead)
            datagram_send_to(d, &to, &part, 1, h->has_source ? &h->source : NULL, h->has_options ? &h->options : NULL);
        free(h);
    }
    datagram_done(d);
}

static void decided(void *context, NTSTATUS status)
{
    struct wfp_peer *peer = context;

    stack_enter();
    peer->owner->redirected += peer_is_redirected(peer);
    peer_used(peer);
    if (NT_SUCCESS(status))
        send_held(peer);
    else
        peer_forget(peer);
    stack_leave();
}

/* TCP and UDP, and raw ICMP without a header of its own. */
static bool can_be_redirected(const struct tcpip_datagram *d)
{
    return d->protocol == IP_PROTO_UDP ||
           (!d->header_included && (d->protocol == IP_PROTO_ICMP || d->protocol == IP6_NEXTH_ICMP6));
}

NTSTATUS datagram_redirect(struct tcpip_datagram *d, const ip_addr_t *from, const struct tcpip_address *remote, uint32_t icmp,
                           struct tcpip_address *actual)
{
    bool asks = can_be_redirected(d) && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_CONNECT_REDIRECT_V4, remote->family));

    *actual = *remote;
    if (!asks && !d->redirected)
        return STATUS_SUCCESS;
    struct wfp_peer *peer = peer_find(d, remote, icmp);
    if (peer && peer->e.redirecting)
        return STATUS_PENDING;
    if (!asks || (peer && peer->settled)) {
        if (peer) {
            *actual = peer->actual;
            peer->settled = true;
            peer_used(peer);
        }
        return STATUS_SUCCESS;
    }
    if (!peer && !(peer = peer_make(d, remote, icmp)))
        return STATUS_INSUFFICIENT_RESOURCES;
    peer->settled = true;
    struct tcpip_address local = from_lwip(from, d->local.port);
    d->busy++;
    NTSTATUS status = wfp_redirect_connect(&peer->e, d->protocol, &local, &peer->actual, decided, peer);
    bool gone = d->dead;
    datagram_done(d);
    if (gone)
        return STATUS_FILE_CLOSED;
    if (status == STATUS_SUCCESS) {
        peer_used(peer);
        d->redirected += peer_is_redirected(peer);
        *actual = peer->actual;
    } else if (status != STATUS_PENDING) {
        peer_forget(peer);
    }
    return status;
}

NTSTATUS tcpip_datagram_set_redirect_records(struct tcpip_datagram *d, const struct tcpip_address *to, const void *from, size_t size)
{
    struct tcpip_address address = address_unmapped(to);

    stack_enter();
    struct wfp_peer *peer = peer_find(d, &address, 0);
    NTSTATUS status = STATUS_SUCCESS;
    if (!peer && !(peer = peer_make(d, &address, 0)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    else if (!peer->settled && !NT_SUCCESS(status = wfp_records_set(&peer->e, from, size)))
        peer_forget(peer);
    else
        peer_used(peer);
    stack_leave();
    return status;
}

struct fwp_records *datagram_redirection(const struct tcpip_received *how)
{
    list_each(node, &wfp_redirected) {
        struct wfp_endpoint *e = container_of(node, struct wfp_endpoint, by_records);
        const struct wfp_peer *peer = container_of(e, struct wfp_peer, e);
        if (e->is_datagram && peer->owner->local.port == how->from.port && peer_same_address(&peer->actual, &how->to))
            return e->records;
    }
    return NULL;
}

bool datagram_comes_from_connected(const struct tcpip_datagram *d, const struct tcpip_address *from)
{
    if (!d->redirected)
        return false;
    list_each(node, &d->peers) {
        const struct wfp_peer *peer = container_of(node, struct wfp_peer, node);
        if (peer_same_address(&peer->actual, from) && peer_same_address(&peer->remote, &d->remote))
            return true;
    }
    return false;
}
