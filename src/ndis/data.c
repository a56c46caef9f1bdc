/* The path of frames. Nothing here allocates, and nothing locks: one host thread.
 *
 * Ownership of a NET_BUFFER_LIST
 *   send:     protocol -> NdisSendNetBufferLists -> miniport, until NdisMSendNetBufferListsComplete gives it back.
 *             SourceHandle names the binding; binding->sends_out counts lists that are down there.
 *   receive:  miniport -> NdisMIndicateReceiveNetBufferLists -> protocol, until NdisReturnNetBufferLists gives it back;
 *             with NDIS_RECEIVE_FLAGS_RESOURCES it is the miniport's again when the indication returns.
 *
 * One running binding gets chains as they come; several share them by demux.c. Filter modules will stand between bindings and
 * adapter, where adapter->send and deliver() are called. docs: network/net-buffer-list-send-and-receive-operations */
#include "ndis/demux.h"
#include "ndis/event.h"

/* --- send ----------------------------------------------------------------------------------------------------------- */

static void reject(struct binding *b, PNET_BUFFER_LIST lists, NDIS_STATUS status, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next) {
        nbl->Status = status;
        b->stats.tx_dropped++;
    }
    b->send_complete(b->context, lists, flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static NDIS_STATUS why_not(const struct binding *b)
{
    if (b->adapter->surprise_removed)
        return NDIS_STATUS_ADAPTER_REMOVED;
    if (b->adapter->low_power)
        return NDIS_STATUS_LOW_POWER_STATE;
    return NDIS_STATUS_PAUSED;
}

/* Sends a chain of lists to the adapter. NDIS owns them until ProtocolSendNetBufferListsComplete. SendFlags:
 * NDIS_SEND_FLAGS_XXX; with _CHECK_FOR_LOOPBACK bindings whose filter takes them see them, too, when the miniport does not loop
 * back. A binding that is not running gets them back at once with NDIS_STATUS_PAUSED. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissendnetbufferlists */
VOID NTAPI NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                  ULONG SendFlags)
{
    struct binding *b = NdisBindingHandle;
    struct adapter *a = b->adapter;
    struct tally t = { 0 };

    NDIS_EMIT(NDIS_EVENT_SEND, NetBufferLists, b, NDIS_CALLER());
    if (unlikely(b->state != BINDING_RUNNING || a->state != ADAPTER_RUNNING)) {
        reject(b, NetBufferLists, why_not(b), SendFlags);
        return;
    }
    for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl; nbl = nbl->Next) {
        nbl->SourceHandle = b;
        count_list(&t, nbl);
    }
    b->sends_out += t.lists;
    b->stats.tx_frames += t.frames;
    b->stats.tx_bytes += t.bytes;
    a->stats.protocol.tx_frames += t.frames;
    a->stats.protocol.tx_bytes += t.bytes;
    a->stats.miniport.tx_frames += t.frames;
    a->stats.miniport.tx_bytes += t.bytes;
    if (unlikely(SendFlags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK) && (a->general.MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK))
        deliver_loopback(a, NetBufferLists, PortNumber, SendFlags);
    a->send(a->context, NetBufferLists, PortNumber, SendFlags & ~(ULONG)NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
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

/* Gives sent lists back; their Status says how each went. The chain may mix the lists of several sends.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismsendnetbufferlistscomplete */
VOID NTAPI NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
                                           ULONG SendCompleteFlags)
{
    struct adapter *a = MiniportAdapterHandle;
    uint64_t count;

    NDIS_EMIT(NDIS_EVENT_SEND_COMPLETE, NetBufferList, a, NDIS_CALLER());
    for (PNET_BUFFER_LIST lists = NetBufferList, rest; lists; lists = rest) {
        struct binding *b = ndis_object_check(lists->SourceHandle, NDIS_BINDING);

        lists = same_source(lists, &rest, &count);
        if (unlikely(count > b->sends_out)) {
            NDIS_EMIT(NDIS_EVENT_MISUSE, lists, "NET_BUFFER_LISTs are completed that the miniport does not have", NDIS_CALLER());
            continue;
        }
        for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
            if (unlikely(nbl->Status != NDIS_STATUS_SUCCESS))
                a->stats.miniport.tx_dropped++;
        b->send_complete(b->context, lists, SendCompleteFlags);
        binding_sends_done(b, count);
    }
}

/* Asks the miniport to complete sends that carry CancelId soon, with NDIS_STATUS_SEND_ABORTED. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiscancelsendnetbufferlists */
VOID NTAPI NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    if (b->adapter->state == ADAPTER_RUNNING || b->adapter->state == ADAPTER_PAUSING)
        b->adapter->driver->miniport.CancelSendHandler(b->adapter->context, CancelId);
}

/* --- receive -------------------------------------------------------------------------------------------------------- */

void give_back(struct adapter *a, PNET_BUFFER_LIST lists, ULONG flags)
{
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        a->give_back(a->context, lists,
                     flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
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

/* Hands received lists to the protocols. Without NDIS_RECEIVE_FLAGS_RESOURCES they come back by
 * MiniportReturnNetBufferLists. NumberOfNetBufferLists must be the length of the chain. Lists indicated while the adapter is
 * not running go straight back. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismindicatereceivenetbufferlists */
VOID NTAPI NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
                                              NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    struct adapter *a = MiniportAdapterHandle;
    struct tally t = { 0 };

    NDIS_EMIT(NDIS_EVENT_INDICATE, NetBufferList, ReceiveFlags, NDIS_CALLER());
    for (PNET_BUFFER_LIST nbl = NetBufferList; nbl; nbl = nbl->Next) {
        nbl->SourceHandle = a;
        count_list(&t, nbl);
    }
    if (unlikely(t.lists != NumberOfNetBufferLists))
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "the number of NET_BUFFER_LISTs indicated is not that of the chain", NDIS_CALLER());
    a->stats.miniport.rx_frames += t.frames;
    a->stats.miniport.rx_bytes += t.bytes;
    if (unlikely(a->state != ADAPTER_RUNNING)) {
        a->stats.miniport.rx_dropped += t.frames;
        give_back(a, NetBufferList, ReceiveFlags);
        return;
    }
    if (likely(a->only != NULL))
        deliver(a, a->only, NetBufferList, PortNumber, &t, ReceiveFlags);
    else
        deliver_to_all(a, NetBufferList, PortNumber, ReceiveFlags);
}

/* Gives received lists back to the adapter below a binding. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisreturnnetbufferlists */
VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    struct adapter *a = ((struct binding *)NdisBindingHandle)->adapter;
    uint64_t count = 0;

    NDIS_EMIT(NDIS_EVENT_RETURN, NetBufferLists, a, NDIS_CALLER());
    for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl; nbl = nbl->Next)
        count++;
    if (unlikely(count > a->receives_out)) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, NetBufferLists, "NET_BUFFER_LISTs are returned that no protocol has", NDIS_CALLER());
        return;
    }
    a->receives_out -= count;
    a->give_back(a->context, NetBufferLists, ReturnFlags);
}
