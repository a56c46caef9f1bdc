/* Frames for the layers of MAC frames. frames.h has the places. Nothing here runs while nobody watches. */
#include "ndis/frames.h"

#include "ndis/demux.h"
#include "ndis/event.h"
#include "ndis/ledger.h"

unsigned ndis_frames_watched;
const struct ndis_frame_watcher *ndis_frame_watcher;

static bool passes(struct adapter *a, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, NDIS_STATUS *status)
{
    return !(ndis_frames_watched & 1u << place) || nbl->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET ||
           ndis_frame_watcher->judge(a, place, nbl, port, status);
}

/* --- send -------------------------------------------------------------------------------------------------------------------- */

const void *frames_completes_to(const struct adapter *a, const struct filter *above, const NET_BUFFER_LIST *nbl)
{
    return above && nbl->SourceHandle != a->put_in[NDIS_SENT_LOWER] ? (const void *)above : nbl->SourceHandle;
}

static void refuse(struct adapter *a, bool top, PNET_BUFFER_LIST nbl, NDIS_STATUS status, ULONG flags)
{
    static const struct ndis_above nobody;
    const struct ndis_above *above = top || nbl->SourceHandle == a->put_in[NDIS_SENT_LOWER] ? &nobody : &a->above;

    nbl->Status = status;
    a->stats.protocol.tx_dropped++;
    ledger_move(nbl, frames_completes_to(a, above->complete_filter, nbl));
    complete_up(a, above, nbl, flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

void frames_send(struct adapter *a, const struct ndis_below *below, bool top, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        NDIS_STATUS status = NDIS_STATUS_FAILURE;

        next = nbl->Next;
        nbl->Next = NULL;
        if ((top && !passes(a, NDIS_SENT_UPPER, nbl, port, &status)) ||
            (!below->send_filter && !passes(a, NDIS_SENT_LOWER, nbl, port, &status))) {
            refuse(a, top, nbl, status, flags);
            continue;
        }
        if (below->send_filter)
            below->send_filter->sends_held++;
        below->send(below->send_context, nbl, port, flags);
    }
}

PNET_BUFFER_LIST frames_completed(struct adapter *a, PNET_BUFFER_LIST lists, ULONG flags)
{
    static const struct ndis_above nobody;
    PNET_BUFFER_LIST others = NULL, *link = &others;

    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        if (nbl->SourceHandle == a->put_in[NDIS_SENT_LOWER]) {
            nbl->Next = NULL;
            complete_up(a, &nobody, nbl, flags);
        } else {
            *link = nbl;
            link = &nbl->Next;
        }
    }
    *link = NULL;
    return others;
}

/* --- receive ------------------------------------------------------------------------------------------------------------------ */

void frames_indicate(struct adapter *a, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                     NDIS_PORT_NUMBER port, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        struct tally t = { 0 };
        NDIS_STATUS unused;

        next = nbl->Next;
        nbl->Next = NULL;
        count_list(&t, nbl);
        if ((below || passes(a, NDIS_RECEIVED_LOWER, nbl, port, &unused)) &&
            (above->receive_filter || passes(a, NDIS_RECEIVED_UPPER, nbl, port, &unused))) {
            indicate_on(a, above, below, nbl, port, &t, flags);
        } else {
            a->stats.protocol.rx_dropped += t.frames;
            give_back(a, below, nbl, flags);
        }
        if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
            nbl->Next = next;           /* the chain is still its owner's */
    }
}

/* --- what is put in ------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI send_done(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        if (ndis_frame_watcher)
            ndis_frame_watcher->done(nbl);
    }
}

/* Sends come from something like a binding. */
static struct binding *source(struct adapter *a, enum ndis_place place)
{
    static struct ndis_protocol platform;
    struct binding *b = a->put_in[place];

    if (b)
        return b;
    b = ndis_object_create(NDIS_BINDING, sizeof *b, NDIS_TAG('N', 'D', 'f', 'r'), NULL);
    if (!b)
        return NULL;
    b->adapter = a;
    b->protocol = &platform;
    b->state = BINDING_RUNNING;
    b->send_complete = send_done;
    KeInitializeEvent(&b->drained, SynchronizationEvent, FALSE);
    a->put_in[place] = b;
    return b;
}

static NTSTATUS put_send(struct adapter *a, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port)
{
    struct binding *b = source(a, place);
    struct tally t = { 0 };

    if (!b)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (place == NDIS_SENT_UPPER) {
        NdisSendNetBufferLists(b, nbl, port, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
        return STATUS_SUCCESS;
    }
    const struct ndis_below *below = list_empty(&a->filters) ? &a->below : &list_first(&a->filters, struct filter, node)->below;
    struct ledger_step step = ledger_step(b, ndis_next_below(a, below), NDIS_CALLER());
    ledger_begin(&step, nbl, nbl->MiniportReserved, "sends");
    nbl->SourceHandle = b;
    count_list(&t, nbl);
    b->sends_out++;
    below->send_stats->tx_frames += t.frames;
    below->send_stats->tx_bytes += t.bytes;
    frames_send(a, below, false, nbl, port, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    return STATUS_SUCCESS;
}

static void put_indication(struct adapter *a, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port)
{
    static const struct ndis_above nobody;
    struct tally t = { 0 };
    bool lower = place == NDIS_RECEIVED_LOWER;

    nbl->SourceHandle = a;
    count_list(&t, nbl);
    indicate_up(a, lower ? &a->above : &nobody, lower ? NULL : &a->below, nbl, port, &t,
                NDIS_RECEIVE_FLAGS_RESOURCES | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

static struct adapter *adapter_at(NET_IFINDEX index)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);
        if (a->if_index == index)
            return a;
    }
    return NULL;
}

NTSTATUS ndis_frames_put(NET_IFINDEX if_index, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port)
{
    struct adapter *a = adapter_at(if_index);

    if (!a)
        return STATUS_NOT_FOUND;
    if (a->state != ADAPTER_RUNNING || !a->takes_frames)
        return NDIS_STATUS_PAUSED;
    if (1u << place & NDIS_SENDS)
        return put_send(a, place, nbl, port);
    put_indication(a, place, nbl, port);
    return STATUS_SUCCESS;
}

/* --- life -------------------------------------------------------------------------------------------------------------------- */

void frames_restart(struct adapter *a)
{
    a->takes_frames = true;
}

void frames_pause(struct adapter *a)
{
    a->takes_frames = false;
    for (unsigned n = 0; n < countof(a->put_in); n++)
        if (a->put_in[n])
            binding_wait_for_sends(a->put_in[n]);
}

void frames_free(struct adapter *a)
{
    for (unsigned n = 0; n < countof(a->put_in); n++)
        if (a->put_in[n])
            ndis_object_destroy(a->put_in[n]);
}
