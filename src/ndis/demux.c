/* Which binding gets which frame, by packet filter and multicast list. Every taker but the last sees a list with
 * NDIS_RECEIVE_FLAGS_RESOURCES, so that it copies; the last one has it until it returns it.
 *
 * What is sent loops back directly above the miniport, so that filter modules see it both ways, marked as such and with
 * NDIS_RECEIVE_FLAGS_RESOURCES, when the miniport leaves that to NDIS (NDIS_MAC_OPTION_NO_LOOPBACK), the medium is 802.3, and
 *   a. the sender asks for it (NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK), or
 *   b. a binding wants all frames (promiscuous, but not NO_LOCAL; or ALL_LOCAL) and is not alone: there are other bindings, or a
 *      filter module that receives. Then adapter->loops.
 * A frame goes to the bindings whose packet filter takes it; to its sender by (a) only, to others unless they set NO_LOCAL.
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

/* An NDIS flag of lists that loop: the sender wants them, too. */
#define FLAG_FOR_SENDER 0x00000004u

static bool wants_loopback(const struct binding *b, const NET_BUFFER_LIST *nbl)
{
    return nbl->SourceHandle == b ? nbl->NblFlags & FLAG_FOR_SENDER : !(b->packet_filter & NDIS_PACKET_TYPE_NO_LOCAL);
}

static bool takes(const struct adapter *a, const struct binding *b, const uint8_t *destination)
{
    uint32_t filter = b->packet_filter;

    if (!b->opened || b->state != BINDING_RUNNING)
        return false;
    if (a->general.MediaType != NdisMedium802_3)
        return filter || !a->general.SupportedPacketFilters;    /* without filters, an open binding receives */
    if (!filter)
        return false;
    if (a->general.MediaType != NdisMedium802_3)
        return true;                    /* no address in the frame to go by */
    if (filter & (NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL))
        return true;
    if (is_broadcast(destination))
        return filter & NDIS_PACKET_TYPE_BROADCAST;
    if (destination[0] & 1)
        return (filter & NDIS_PACKET_TYPE_ALL_MULTICAST) || ((filter & NDIS_PACKET_TYPE_MULTICAST) && in_list(b, destination));
    return (filter & NDIS_PACKET_TYPE_DIRECTED) && !memcmp(destination, a->general.CurrentMacAddress, 6);
}

/* Other media than 802.3 have none. False: the frame is too short. */
static bool destination_of(const struct adapter *a, const NET_BUFFER_LIST *nbl, uint8_t *destination)
{
    return nbl->FirstNetBuffer && (a->general.MediaType != NdisMedium802_3 || nb_copy_out(nbl->FirstNetBuffer, 0, destination, 6));
}

/* One list to all its takers; false when there is none. */
static bool deliver_one(struct adapter *a, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, ULONG flags)
{
    uint8_t destination[6] = { 0 };
    struct binding *last = NULL;
    struct tally t = { 0 };

    if (!destination_of(a, nbl, destination))
        return false;
    count_list(&t, nbl);
    list_each_safe(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        if (!takes(a, b, destination) || (nbl->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET && !wants_loopback(b, nbl)))
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

/* --- loopback ------------------------------------------------------------------------------------------------------------ */

static bool wants_all(const struct binding *b)
{
    uint32_t filter = b->packet_filter;

    return filter & NDIS_PACKET_TYPE_ALL_LOCAL ||
           (filter & NDIS_PACKET_TYPE_PROMISCUOUS && !(filter & NDIS_PACKET_TYPE_NO_LOCAL));
}

static bool ndis_loops(const struct adapter *a)
{
    return a->general.MediaType == NdisMedium802_3 && a->general.MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK;
}

bool loopback_update(struct adapter *a)
{
    unsigned bindings = 0;
    bool wanted = false;

    list_each(it, &a->bindings) {
        const struct binding *b = container_of(it, struct binding, node);

        bindings++;
        wanted = wanted || (b->opened && wants_all(b));
    }
    a->loops = wanted && ndis_loops(a) && (bindings > 1 || a->above.receive_filter);
    a->below.loops = a->loops;
    list_each(it, &a->filters)
        container_of(it, struct filter, node)->below.loops = a->loops;
    return a->loops;
}

static bool acceptable(struct adapter *a, const NET_BUFFER_LIST *nbl)
{
    uint8_t destination[6] = { 0 };

    if (!destination_of(a, nbl, destination))
        return false;
    list_each(it, &a->bindings)
        if (takes(a, container_of(it, struct binding, node), destination))
            return true;
    return false;
}

static void loop(struct adapter *a, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, ULONG flags)
{
    struct tally t = { 0 };

    count_list(&t, nbl);
    if (a->above.receive_filter)
        indicate_up(a, &a->above, NULL, nbl, port, &t, flags);
    else
        deliver_one(a, nbl, port, flags);
}

ULONG loop_back(struct adapter *a, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    bool for_sender = flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK;
    ULONG mark = NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET | (for_sender ? FLAG_FOR_SENDER : 0);
    ULONG receive_flags = NDIS_RECEIVE_FLAGS_RESOURCES |
                          (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL : 0);

    if (!ndis_loops(a))
        return flags;
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        nbl->NblFlags |= mark;
        if (acceptable(a, nbl))
            loop(a, nbl, port, receive_flags);
        nbl->NblFlags &= ~mark;
        nbl->Next = next;
    }
    return flags & ~(ULONG)NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK;
}
