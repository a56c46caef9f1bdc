/* The ledger's slow half: what to make of a list that is not where it should be. See ledger.h for the invariants. */
#include "ndis/ledger.h"

#include "ndis/event.h"
#include "ndis/filter_module.h"
#include "nt/io.h"
#include "nt/ke.h"

static void emit(enum ndis_event_kind kind, PNET_BUFFER_LIST nbl, const void *b, const void *caller, const char *text)
{
    if (!(ndis_event_mask & (1u << kind)))
        return;
    struct ndis_event event = { kind, (uint64_t)(uintptr_t)nbl, (uint64_t)(uintptr_t)b, caller, text };
    ndis_event_sink(&event);
}

const struct ndis_object *ledger_object(const void *address)
{
    list_each(it, &ndis_objects) {
        const struct ndis_object *object = container_of(it, struct ndis_object, node);
        if (object == address)
            return object;
    }
    return NULL;
}

const struct pe_image *ledger_image(const void *address)
{
    const struct ndis_object *object = ledger_object(address);

    if (!object)
        return NULL;
    if (object->type == NDIS_ADAPTER)
        return io_driver_of(((const struct adapter *)address)->driver->driver)->image;
    if (object->type == NDIS_BINDING)
        return pe_image_at((uint64_t)(uintptr_t)((const struct binding *)address)->protocol->handlers.BindAdapterHandlerEx);
    if (object->type == NDIS_FILTER && ((const struct filter *)address)->driver->driver)
        return io_driver_of(((const struct filter *)address)->driver->driver)->image;
    return NULL;
}

struct ledger_step ledger_step(const void *who, const void *next, const void *caller)
{
    const struct ndis_object *object = who;
    const void *peer = object->peer_epoch == ndis_object_epoch ? object->peer : who;

    return (struct ledger_step){ .who = who, .next = next ? next : who, .peer = peer, .caller = caller, .now = ke_recent() };
}

/* Two edges of one driver; remembered with `who` until an object goes. */
static bool is_peer(struct ledger_step *s, const void *holder)
{
    struct ndis_object *who = (struct ndis_object *)(uintptr_t)s->who;
    const struct pe_image *image = ledger_image(who);

    if (!image || ledger_image(holder) != image)
        return false;
    who->peer = holder;
    who->peer_epoch = ndis_object_epoch;
    return true;
}

bool ledger_odd(struct ledger_step *s, PNET_BUFFER_LIST nbl, const char *what)
{
    const struct nbl_trace *t = ledger_trace(nbl);
    bool home = t->holder == t->origin;

    if (!home && (t->holder == s->who || is_peer(s, t->holder))) {
        s->peer = t->holder;
        return true;
    }
    emit(NDIS_EVENT_NBL_WRONG, nbl, s->who, s->caller, what);
    return !home;
}

/* --- marks ---------------------------------------------------------------------------------------------------------------- */

/* Drivers with one edge leave the other edge's words alone, but for clearing them. */
static bool has_one_edge(const void *who)
{
    const struct ndis_object *object = ledger_object(who);

    if (object && object->type == NDIS_BINDING)
        return !((const struct binding *)who)->protocol->miniport;
    return object && object->type == NDIS_ADAPTER && !((const struct adapter *)who)->driver->protocol;
}

static bool as_left(const void *word)
{
    return word == LEDGER_MARK || !word;
}

void ledger_check_home(const struct ledger_step *s, PNET_BUFFER_LIST nbl, void *const *reserved)
{
    if ((!as_left(reserved[0]) || !as_left(reserved[1])) && has_one_edge(s->who))
        emit(NDIS_EVENT_NBL_TOUCHED, nbl, "it was given back here", ledger_trace(nbl)->caller, NULL);
}

void ledger_freed(PNET_BUFFER_LIST nbl, const void *caller)
{
    struct nbl_trace *t = ledger_trace(nbl);

    if (unlikely(t->holder != t->origin))
        emit(NDIS_EVENT_NBL_WRONG, nbl, NULL, caller, "frees");
    t->holder = LEDGER_FREE;
    t->origin = NULL;
    t->caller = caller;
    nbl->Next = NULL;                   /* frames and source stay as they are: whoever still has the list may walk it */
    nbl->Context = LEDGER_MARK;
    nbl->Scratch = LEDGER_MARK;
    ledger_mark(nbl->MiniportReserved);
    ledger_mark(nbl->ProtocolReserved);
}

void ledger_check_free(PNET_BUFFER_LIST nbl)
{
    struct nbl_trace *t = ledger_trace(nbl);
    uint64_t wrong = (uint64_t)(uintptr_t)nbl->Next;

    if (t->holder != LEDGER_FREE)
        return;
    const void *const words[] = { nbl->Context, nbl->Scratch, nbl->MiniportReserved[0], nbl->MiniportReserved[1],
                                  nbl->ProtocolReserved[0], nbl->ProtocolReserved[1] };
    for (unsigned i = 0; i < countof(words); i++)
        wrong |= (uint64_t)(uintptr_t)words[i] ^ (uint64_t)(uintptr_t)LEDGER_MARK;
    if (likely(!wrong))
        return;
    t->holder = NULL;                   /* one mistake, one report */
    emit(NDIS_EVENT_NBL_TOUCHED, nbl, "it was freed here", t->caller, NULL);
}

void ledger_allocated(PNET_BUFFER_LIST nbl)
{
    ledger_check_free(nbl);
    *ledger_trace(nbl) = (struct nbl_trace){ 0 };
}

/* --- scatter/gather lists --------------------------------------------------------------------------------------------------- */

void ledger_report_dma(const struct ledger_step *s, PNET_BUFFER_LIST nbl)
{
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next)
        if (container_of(nb, struct nb_cell, nb)->sg_lists) {
            emit(NDIS_EVENT_NBL_WRONG, nbl, s->who, s->caller, "has not freed a scatter/gather list and completes");
            return;
        }
}
