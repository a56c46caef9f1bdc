/* Lists on their way through filter modules: the calls into them and the calls they make. Nothing here allocates.
 * docs: network/filter-module-send-and-receive-operations */
#include "ndis/demux.h"
#include "ndis/event.h"
#include "ndis/frames.h"
#include "ndis/ledger.h"

struct share {
    int64_t lists, own;
};

/* How many lists of a chain the module made itself. */
static struct share share_of(const struct filter *f, PNET_BUFFER_LIST lists)
{
    struct share s = { 0 };

    for (; lists; lists = lists->Next) {
        s.lists++;
        s.own += lists->SourceHandle == f;
    }
    return s;
}

/* The same for a chain that it hands on. step NULL: the lists are only lent. */
static struct share share_and_pass(const struct filter *f, PNET_BUFFER_LIST lists, struct tally *t, struct ledger_step *step,
                                   const char *what)
{
    struct share s = { 0 };

    for (; lists; lists = lists->Next) {
        if (likely(step != NULL))
            ledger_pass(step, lists, what);
        s.own += lists->SourceHandle == f;
        count_list(t, lists);
    }
    s.lists = (int64_t)t->lists;
    return s;
}

/* The same for a chain that it gives back; next NULL: to whom the lists came from. */
static struct share share_and_give_back(const struct filter *f, PNET_BUFFER_LIST lists, const void *next, const void *caller, bool sent)
{
    struct ledger_step step = ledger_step(f, NULL, caller);
    struct share s = { 0 };

    for (; lists; lists = lists->Next) {
        s.lists++;
        s.own += lists->SourceHandle == f;
        if (ledger_give_back(&step, lists, next ? next : lists->SourceHandle, sent ? "completes" : "returns"))
            ledger_mark(sent ? lists->MiniportReserved : lists->ProtocolReserved + 2);
    }
    return s;
}

static void misuse(const struct filter *f, const char *what, const void *caller)
{
    NDIS_EMIT(NDIS_EVENT_MISUSE, f, what, caller);
}

/* --- into a module -------------------------------------------------------------------------------------------------- */

void filter_give(struct filter *f, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, uint64_t count, ULONG flags)
{
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        f->receives_held += (int64_t)count;
    f->on.ReceiveNetBufferListsHandler(f->context, lists, port, (ULONG)count, flags);
}

void filter_complete(struct filter *f, PNET_BUFFER_LIST lists, ULONG flags)
{
    struct share s = share_of(f, lists);

    f->own_sends -= s.own;
    f->sends_held += s.lists - s.own;
    f->completed_in += (uint64_t)(s.lists - s.own);
    f->on.SendNetBufferListsCompleteHandler(f->context, lists, flags);
}

void filter_return(struct filter *f, PNET_BUFFER_LIST lists, ULONG flags)
{
    struct share s = share_of(f, lists);

    f->own_receives -= s.own;
    f->receives_held += s.lists - s.own;
    f->returned_in += (uint64_t)(s.lists - s.own);
    f->on.ReturnNetBufferListsHandler(f->context, lists, flags);
}

/* --- send ------------------------------------------------------------------------------------------------------------- */

static void give_up(struct filter *f, PNET_BUFFER_LIST lists, ULONG flags)
{
    const struct filter *above = f->above.complete_filter;

    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        ledger_move(nbl, above ? (const void *)above : nbl->SourceHandle);
    complete_up(f->adapter, &f->above, lists, flags);
}

/* A module that may not send gets its lists back at once. */
static void reject(struct filter *f, PNET_BUFFER_LIST lists, ULONG flags)
{
    ULONG complete_flags = flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;

    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        nbl->Status = NDIS_STATUS_PAUSED;
    if (f->on.SendNetBufferListsCompleteHandler)
        f->on.SendNetBufferListsCompleteHandler(f->context, lists, complete_flags);
    else
        give_up(f, lists, complete_flags);
}

/* Sends lists on: those that came by FilterSendNetBufferLists, and the module's own, whose SourceHandle is the module's. They
 * come back by FilterSendNetBufferListsComplete. A module that is not running gets them back with NDIS_STATUS_PAUSED.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfsendnetbufferlists */
VOID NTAPI NdisFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                   ULONG SendFlags)
{
    struct filter *f = NdisFilterHandle;
    const struct ndis_below *below = &f->below;
    struct tally t = { 0 };

    if (unlikely(f->state != FILTER_RUNNING && f->state != FILTER_PAUSING)) {
        misuse(f, "a filter module sends that is not running", NDIS_CALLER());
        reject(f, NetBufferLists, SendFlags);
        return;
    }
    struct ledger_step step = ledger_step(f, ndis_next_below(f->adapter, below), NDIS_CALLER());
    struct share s = share_and_pass(f, NetBufferLists, &t, &step, "sends");
    f->own_sends += s.own;
    f->sends_held -= s.lists - s.own;
    if (unlikely(f->sends_held < 0))
        misuse(f, "a filter module sends NET_BUFFER_LISTs that it neither received nor made (SourceHandle)", NDIS_CALLER());
    if (unlikely(s.own && !f->on.SendNetBufferListsCompleteHandler))
        misuse(f, "a filter module without FilterSendNetBufferListsComplete sends lists of its own", NDIS_CALLER());
    below->send_stats->tx_frames += t.frames;
    below->send_stats->tx_bytes += t.bytes;
    SendFlags = loop_back_below(f->adapter, below, NetBufferLists, PortNumber, SendFlags);
    if (unlikely(ndis_frames_watched & NDIS_SENDS)) {
        frames_send(f->adapter, below, false, NetBufferLists, PortNumber, SendFlags);
        return;
    }
    if (below->send_filter)
        below->send_filter->sends_held += s.lists;
    below->send(below->send_context, NetBufferLists, PortNumber, SendFlags);
}

/* Gives lists back to whoever sent them through the module, after FilterSendNetBufferListsComplete or instead of sending them
 * on. Never the module's own. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfsendnetbufferlistscomplete */
VOID NTAPI NdisFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
    struct filter *f = NdisFilterHandle;
    struct share s = share_and_give_back(f, NetBufferLists, f->above.complete_filter, NDIS_CALLER(), true);

    if (unlikely(s.own || s.lists > f->sends_held)) {
        misuse(f, s.own ? "a filter module completes NET_BUFFER_LISTs that it made itself"
                        : "a filter module completes NET_BUFFER_LISTs that it does not have", NDIS_CALLER());
        return;
    }
    f->sends_held -= s.lists;
    f->completed_up += (uint64_t)s.lists;
    complete_up(f->adapter, &f->above, NetBufferLists, SendCompleteFlags);
}

/* Asks the drivers below to complete sends that carry CancelId soon. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfcancelsendnetbufferlists */
VOID NTAPI NdisFCancelSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PVOID CancelId)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    cancel_down(f->adapter, f, CancelId);
}

/* --- receive ------------------------------------------------------------------------------------------------------------ */

/* Hands lists to the drivers above: those that came by FilterReceiveNetBufferLists, and the module's own, whose SourceHandle is
 * the module's. Without NDIS_RECEIVE_FLAGS_RESOURCES they come back by FilterReturnNetBufferLists. A module that is not running
 * may pass on, but not make them. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfindicatereceivenetbufferlists */
VOID NTAPI NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists,
                                              NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    struct filter *f = NdisFilterHandle;
    struct tally t = { 0 };
    bool lent = ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES;
    struct ledger_step step = ledger_step(f, ndis_next_above(f->adapter, &f->above), NDIS_CALLER());
    struct share s = share_and_pass(f, NetBufferLists, &t, lent ? NULL : &step, "indicates");

    if (unlikely(t.lists != NumberOfNetBufferLists))
        misuse(f, "the number of NET_BUFFER_LISTs indicated is not that of the chain", NDIS_CALLER());
    if (unlikely(s.own && f->state <= FILTER_PAUSED))
        misuse(f, "a filter module makes receive indications and is not running", NDIS_CALLER());
    if (!lent) {
        if (unlikely(!f->on.ReturnNetBufferListsHandler && s.own))
            misuse(f, "a filter module without FilterReturnNetBufferLists indicates lists of its own", NDIS_CALLER());
        f->own_receives += s.own;
        f->receives_held -= s.lists - s.own;
        if (unlikely(f->receives_held < 0))
            misuse(f, "a filter module indicates NET_BUFFER_LISTs that it neither owns nor made (SourceHandle)", NDIS_CALLER());
    }
    indicate_up(f->adapter, &f->above, &f->here, NetBufferLists, PortNumber, &t, ReceiveFlags);
}

/* Gives received lists back to the drivers below, after FilterReturnNetBufferLists or instead of passing them on. Never the
 * module's own. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreturnnetbufferlists */
VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    struct filter *f = NdisFilterHandle;
    const void *next = f->below.return_filter ? (const void *)f->below.return_filter : f->adapter;
    struct share s = share_and_give_back(f, NetBufferLists, next, NDIS_CALLER(), false);

    if (unlikely(s.own || s.lists > f->receives_held)) {
        misuse(f, s.own ? "a filter module returns NET_BUFFER_LISTs that it made itself"
                        : "a filter module returns NET_BUFFER_LISTs that it does not have", NDIS_CALLER());
        return;
    }
    f->receives_held -= s.lists;
    f->returned_down += (uint64_t)s.lists;
    return_down(f->adapter, &f->below, NetBufferLists, ReturnFlags);
}
