/* Frames when several bindings share an adapter. */
#ifndef NDIS_DEMUX_H
#define NDIS_DEMUX_H

#include "ndis/filter_module.h"

struct tally {
    uint64_t lists, frames, bytes;
};

static inline void count_list(struct tally *t, const NET_BUFFER_LIST *nbl)
{
    t->lists++;
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
        t->frames++;
        t->bytes += nb->DataLength;
    }
}

/* Who gets what is sent down from above `below`: a filter module, or the adapter itself. */
static inline const void *ndis_next_below(const struct adapter *adapter, const struct ndis_below *below)
{
    return below->send_filter ? (const void *)below->send_filter : adapter;
}

static inline bool ndis_takes_lists(const struct filter *f)
{
    return f->state >= FILTER_RESTARTING;
}

/* Who gets what is indicated below `above`: a filter module, or the only binding. NULL: that is found out list by list, or nobody does. */
static inline const void *ndis_next_above(const struct adapter *adapter, const struct ndis_above *above)
{
    const struct filter *f = above->receive_filter;

    if (unlikely(f != NULL))
        return ndis_takes_lists(f) ? f : NULL;
    return adapter->only;
}

/* data.c: hands a chain to one binding. */
void deliver(struct adapter *adapter, struct binding *binding, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port,
             const struct tally *tally, ULONG flags);
/* data.c: gives a chain that nobody above `below` takes back down the stack; flags are those of its indication.
 * `below` NULL, here and later: only the miniport is below. */
void give_back(struct adapter *adapter, const struct ndis_below *below, PNET_BUFFER_LIST lists, ULONG flags);
/* data.c: where lists go from a module or the miniport, whose neighbours are these. */
void indicate_up(struct adapter *adapter, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                 NDIS_PORT_NUMBER port, const struct tally *tally, ULONG flags);
/* The same behind the places of frames.h. */
void indicate_on(struct adapter *adapter, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                 NDIS_PORT_NUMBER port, const struct tally *tally, ULONG flags);
void complete_up(struct adapter *adapter, const struct ndis_above *above, PNET_BUFFER_LIST lists, ULONG flags);
void return_down(struct adapter *adapter, const struct ndis_below *below, PNET_BUFFER_LIST lists, ULONG flags);
void cancel_down(struct adapter *adapter, struct filter *from, void *id);

/* Hands every list of a received chain to the bindings whose filter takes it. */
void deliver_to_all(struct adapter *adapter, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags);
/* Lets those whose filter takes them see frames that the miniport is about to get. The lists stay the sender's. The flags for the
 * miniport. */
ULONG loop_back(struct adapter *adapter, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags);
/* After a change of bindings, their filters, or modules: whether sent frames are looked at. */
bool loopback_update(struct adapter *adapter);

/* On the way down from above `below`. */
static inline ULONG loop_back_below(struct adapter *adapter, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                                    NDIS_PORT_NUMBER port, ULONG flags)
{
    if (unlikely(below->loops || flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK) && !below->send_filter)
        return loop_back(adapter, lists, port, flags);
    return flags;
}

#endif
