/* The path of frames. Nothing here allocates, and nothing locks: one host thread.
 *
 * Ownership of a NET_BUFFER_LIST
 *   send:     protocol -> NdisSendNetBufferLists -> miniport, until NdisMSendNetBufferListsComplete gives it back.
 *             SourceHandle names the binding; binding->sends_out counts lists that are down there.
 *   receive:  miniport -> NdisMIndicateReceiveNetBufferLists -> protocol, until NdisReturnNetBufferLists gives it back;
 *             with NDIS_RECEIVE_FLAGS_RESOURCES it is the miniport's again when the indication returns.
 *
 * On each of the four ways filter modules may stand (filter_module.h); what they call is in filter_data.c. One running binding gets
 * chains as they come; several share them by demux.c. docs: network/net-buffer-list-send-and-receive-operations */
#include "ndis/demux.h"
#include "ndis/dma.h"
#include "ndis/event.h"
#include "ndis/frames.h"
#include "ndis/ledger.h"
#include "ndis/ports.h"

/* --- send ----------------------------------------------------------------------------------------------------------- */

static void reject(struct binding *b, PNET_BUFFER_LIST lists, NDIS_STATUS status, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next) {
        nbl->Status = status;
        b->stats.tx_dropped++;
    }
    b->send_complete(b->context, lists, flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static NDIS_STATUS why_not(const struct binding *b, bool running)
{
    if (running)
        return NDIS_STATUS_INVALID_PORT;
    if (b->adapter->surprise_removed)
        return NDIS_STATUS_ADAPTER_REMOVED;
    if (b->adapter->low_power)
        return NDIS_STATUS_LOW_POWER_STATE;
    return NDIS_STATUS_PAUSED;
}

/* Sends a chain of lists to a port of the adapter (one that is not active: NDIS_STATUS_INVALID_PORT). NDIS owns them until
 * ProtocolSendNetBufferListsComplete. SendFlags: NDIS_SEND_FLAGS_XXX; with _CHECK_FOR_LOOPBACK the sender, too, sees those that
 * its packet filter takes; who else does is in demux.c. A binding that is not running gets them back at once with NDIS_STATUS_PAUSED. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissendnetbufferlists */
VOID NTAPI NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                  ULONG SendFlags)
{
    struct binding *b = NdisBindingHandle;
    struct adapter *a = b->adapter;
    struct tally t = { 0 };

    bool running = b->state == BINDING_RUNNING && a->state == ADAPTER_RUNNING;
    if (unlikely(!running || (PortNumber && !port_is_active(a, PortNumber)))) {
        reject(b, NetBufferLists, why_not(b, running), SendFlags);
        return;
    }
    struct ledger_step step = ledger_step(b, ndis_next_below(a, &a->below), NDIS_CALLER());
    for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl; nbl = nbl->Next) {
        ledger_begin(&step, nbl, nbl->MiniportReserved, "sends");
        nbl->SourceHandle = b;
        count_list(&t, nbl);
    }
    b->sends_out += t.lists;
    b->stats.tx_frames += t.frames;
    b->stats.tx_bytes += t.bytes;
    a->stats.protocol.tx_frames += t.frames;
    a->stats.protocol.tx_bytes += t.bytes;
    a->below.send_stats->tx_frames += t.frames;
    a->below.send_stats->tx_bytes += t.bytes;
    SendFlags = loop_back_below(a, &a->below, NetBufferLists, PortNumber, SendFlags);
    if (unlikely(ndis_frames_watched & NDIS_SENDS)) {
        frames_send(a, &a->below, true, NetBufferLists, PortNumber, SendFlags);
        return;
    }
    if (unlikely(a->below.send_filter != NULL))
        a->below.send_filter->sends_held += (int64_t)t.lists;
    a->below.send(a->below.send_context, NetBufferLists, PortNumber, SendFlags);
}

static void complete_to_binding(struct binding *b, PNET_BUFFER_LIST lists, uint64_t count, ULONG flags)
{
    if (unlikely(count > b->sends_out)) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, lists, "NET_BUFFER_LISTs are completed that the miniport does not have", NDIS_CALLER());
        return;
    }
    b->send_complete(b->context, lists, flags);
    binding_sends_done(b, count);
}

/* Cuts the leading lists that have the same source off a chain. */
static PNET_BUFFER_LIST same_source(PNET_BUFFER_LIST first, PNET_BUFFER_LIST *rest, uint64_t *count)
{
    PNET_BUFFER_LIST last = first;

    *count = 1;
    while (last->Next && last->Next->SourceHandle == first->SourceHandle) {
        last = last->Next;
        ++*count;
    }
    *rest = last->Next;
    last->Next = NULL;
    return first;
}

static void complete_to_bindings(PNET_BUFFER_LIST lists, ULONG flags)
{
    uint64_t count;

    for (PNET_BUFFER_LIST rest; lists; lists = rest) {
        struct binding *b = ndis_object_check(lists->SourceHandle, NDIS_BINDING);

        lists = same_source(lists, &rest, &count);
        complete_to_binding(b, lists, count, flags);
    }
}

void complete_up(struct adapter *a, const struct ndis_above *above, PNET_BUFFER_LIST lists, ULONG flags)
{
    if (likely(!above->complete_filter))
        complete_to_bindings(lists, flags);
    else
        filter_complete(above->complete_filter, lists, flags);
}

/* Gives sent lists back; their Status says how each went. The chain may mix the lists of several sends.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismsendnetbufferlistscomplete */
VOID NTAPI NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
                                           ULONG SendCompleteFlags)
{
    struct adapter *a = MiniportAdapterHandle;
    const struct filter *above = a->above.complete_filter;
    struct ledger_step step = ledger_step(a, NULL, NDIS_CALLER());
    const void *source = NetBufferList ? NetBufferList->SourceHandle : NULL;
    bool dma = a->dma && a->dma->lists, mixed = above != NULL;
    uint64_t count = 0;

    for (PNET_BUFFER_LIST nbl = NetBufferList; nbl; nbl = nbl->Next) {
        const void *next = unlikely(above != NULL) ? frames_completes_to(a, above, nbl) : nbl->SourceHandle;

        count++;
        mixed |= nbl->SourceHandle != source;
        if (ledger_give_back(&step, nbl, next, "completes"))
            ledger_mark(nbl->MiniportReserved);
        if (unlikely(nbl->Status != NDIS_STATUS_SUCCESS))
            a->stats.miniport.tx_dropped++;
        if (unlikely(dma))
            ledger_report_dma(&step, nbl);
    }
    if (likely(!mixed) && source) {
        complete_to_binding(ndis_object_check((void *)(uintptr_t)source, NDIS_BINDING), NetBufferList, count, SendCompleteFlags);
        return;
    }
    if (above && a->put_in[NDIS_SENT_LOWER])
        NetBufferList = frames_completed(a, NetBufferList, SendCompleteFlags);
    if (NetBufferList)
        complete_up(a, &a->above, NetBufferList, SendCompleteFlags);
}

void cancel_down(struct adapter *a, struct filter *from, void *id)
{
    for (struct filter *f = filter_below(a, from); f; f = filter_below(a, f))
        if (f->on.CancelSendNetBufferListsHandler) {
            f->on.CancelSendNetBufferListsHandler(f->context, id);
            return;
        }
    if (a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSING)
        a->driver->miniport.CancelSendHandler(a->context, id);
}

/* Asks the drivers below to complete sends that carry CancelId soon, with NDIS_STATUS_SEND_ABORTED. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiscancelsendnetbufferlists */
VOID NTAPI NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    cancel_down(b->adapter, NULL, CancelId);
}

/* --- receive -------------------------------------------------------------------------------------------------------- */

static const void *return_to(const struct adapter *a, const struct ndis_below *below)
{
    return below && below->return_filter ? (const void *)below->return_filter : a;
}

void return_down(struct adapter *a, const struct ndis_below *below, PNET_BUFFER_LIST lists, ULONG flags)
{
    if (likely(!below || !below->return_filter)) {
        a->give_back(a->context, lists, flags);
        return;
    }
    filter_return(below->return_filter, lists, flags);
}

void give_back(struct adapter *a, const struct ndis_below *below, PNET_BUFFER_LIST lists, ULONG flags)
{
    if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
        return;
    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        ledger_move(nbl, return_to(a, below));
    return_down(a, below, lists, flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

void deliver(struct adapter *a, struct binding *b, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, const struct tally *t, ULONG flags)
{
    b->stats.rx_frames += t->frames;
    b->stats.rx_bytes += t->bytes;
    a->stats.protocol.rx_frames += t->frames;
    a->stats.protocol.rx_bytes += t->bytes;
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        a->receives_out += t->lists;
    b->receive(b->context, lists, port, (ULONG)t->lists, flags);
}

void indicate_on(struct adapter *a, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                 NDIS_PORT_NUMBER port, const struct tally *t, ULONG flags)
{
    struct filter *f = above->receive_filter;

    if (unlikely(f != NULL)) {
        if (ndis_takes_lists(f)) {
            f->stats.rx_frames += t->frames;
            f->stats.rx_bytes += t->bytes;
            filter_give(f, lists, port, t->lists, flags);
        } else {
            f->stats.rx_dropped += t->frames;
            give_back(a, below, lists, flags);
        }
    } else if (likely(a->only != NULL)) {
        deliver(a, a->only, lists, port, t, flags);
    } else {
        deliver_to_all(a, lists, port, flags);
    }
}

void indicate_up(struct adapter *a, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                 NDIS_PORT_NUMBER port, const struct tally *t, ULONG flags)
{
    if (unlikely(ndis_frames_watched & NDIS_RECEIVES))
        frames_indicate(a, above, below, lists, port, flags);
    else
        indicate_on(a, above, below, lists, port, t, flags);
}

/* Hands received lists to the protocols. Without NDIS_RECEIVE_FLAGS_RESOURCES they come back by
 * MiniportReturnNetBufferLists. NumberOfNetBufferLists must be the length of the chain. Lists indicated while the adapter is
 * not running, or its port not active, go straight back. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismindicatereceivenetbufferlists */
VOID NTAPI NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
                                              NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    struct adapter *a = MiniportAdapterHandle;
    bool running = a->state == ADAPTER_RUNNING, lent = ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES;

    if (unlikely(PortNumber) && !port_is_active(a, PortNumber)) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "NET_BUFFER_LISTs are indicated on an NDIS port that is not active", NDIS_CALLER());
        running = false;
    }
    struct ledger_step step = ledger_step(a, running ? ndis_next_above(a, &a->above) : a, NDIS_CALLER());
    struct tally t = { 0 };

    for (PNET_BUFFER_LIST nbl = NetBufferList; nbl; nbl = nbl->Next) {
        if (likely(!lent))
            ledger_begin(&step, nbl, nbl->ProtocolReserved + 2, "indicates");
        nbl->SourceHandle = a;
        count_list(&t, nbl);
    }
    if (unlikely(t.lists != NumberOfNetBufferLists))
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "the number of NET_BUFFER_LISTs indicated is not that of the chain", NDIS_CALLER());
    a->stats.miniport.rx_frames += t.frames;
    a->stats.miniport.rx_bytes += t.bytes;
    if (unlikely(!running)) {
        a->stats.miniport.rx_dropped += t.frames;
        if (!lent)
            a->give_back(a->context, NetBufferList,
                         ReceiveFlags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
        return;
    }
    indicate_up(a, &a->above, NULL, NetBufferList, PortNumber, &t, ReceiveFlags);
}

/* Gives received lists back to the adapter below a binding. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisreturnnetbufferlists */
VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    struct adapter *a = ((struct binding *)NdisBindingHandle)->adapter;
    uint64_t count = 0;

    struct ledger_step step = ledger_step(NdisBindingHandle, NULL, NDIS_CALLER());
    const void *next = return_to(a, &a->below);
    for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl; nbl = nbl->Next) {
        if (ledger_give_back(&step, nbl, next, "returns"))
            ledger_mark(nbl->ProtocolReserved + 2);
        count++;
    }
    if (unlikely(count > a->receives_out)) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, NetBufferLists, "NET_BUFFER_LISTs are returned that no protocol has", NDIS_CALLER());
        return;
    }
    a->receives_out -= count;
    return_down(a, &a->below, NetBufferLists, ReturnFlags);
}
