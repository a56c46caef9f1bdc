/* Which binding gets which frame, by packet filter and multicast list. Every taker but the last sees a list with
 * NDIS_RECEIVE_FLAGS_RESOURCES, so that it copies; the last one has it until it returns it.
 * docs: network/oid-gen-current-packet-filter, network/looping-back-ndis-packets */
#include "ndis/demux.h"

#include <string.h>

#include "ndis/ledger.h"

static bool in_list(const struct binding *b, const uint8_t *address)
{
    for (uint32_t i = 0; i < b->multicast_count; i++)
        if (!memcmp(b->multicast[i], address, 6))
            return true;
    return false;
}

static bool is_broadcast(const uint8_t *address)
{
    static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    return !memcmp(address, all, 6);
}

static bool takes(const struct adapter *a, const struct binding *b, const uint8_t *destination)
{
    uint32_t filter = b->packet_filter;

    if (!b->opened || b->state != BINDING_RUNNING || !filter)
        return false;
    if (filter & (NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL))
        return true;
    if (is_broadcast(destination))
        return filter & NDIS_PACKET_TYPE_BROADCAST;
    if (destination[0] & 1)
        return (filter & NDIS_PACKET_TYPE_ALL_MULTICAST) || ((filter & NDIS_PACKET_TYPE_MULTICAST) && in_list(b, destination));
    return (filter & NDIS_PACKET_TYPE_DIRECTED) && !memcmp(destination, a->general.CurrentMacAddress, 6);
}

static bool destination_of(const NET_BUFFER_LIST *nbl, uint8_t *destination)
{
    return nbl->FirstNetBuffer && nb_copy_out(nbl->FirstNetBuffer, 0, destination, 6);
}

/* One list to all its takers; false when there is none. */
static bool deliver_one(struct adapter *a, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, ULONG flags)
{
    uint8_t destination[6];
    struct binding *last = NULL;
    struct tally t = { 0 };

    if (!destination_of(nbl, destination))
        return false;
    count_list(&t, nbl);
    list_each_safe(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        if (!takes(a, b, destination))
            continue;
        if (last)
            deliver(a, last, nbl, port, &t, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
        last = b;
    }
    if (!last)
        return false;
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        ledger_move(nbl, last);
    deliver(a, last, nbl, port, &t, flags);
    return true;
}

void deliver_to_all(struct adapter *a, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    PNET_BUFFER_LIST next;

    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        if (!deliver_one(a, nbl, port, flags)) {
            a->stats.protocol.rx_dropped++;
            give_back(a, &a->below, nbl, flags);
        }
        if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
            nbl->Next = next;           /* the chain is still the miniport's */
    }
}

void deliver_loopback(struct adapter *a, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    ULONG receive_flags = NDIS_RECEIVE_FLAGS_RESOURCES;

    if (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL)
        receive_flags |= NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        nbl->NblFlags |= NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET;
        deliver_one(a, nbl, port, receive_flags);
        nbl->NblFlags &= ~(ULONG)NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET;
        nbl->Next = next;
    }
}
