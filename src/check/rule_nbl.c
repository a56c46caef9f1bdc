/* Who has which NET_BUFFER_LIST: a ledger beside every list (struct nbl_trace), kept by what NDIS says of its way.
 *
 *  1. A list is set on its way by SEND or INDICATE of its origin, handed on by HELD, and at the end of its way when its origin
 *     holds it again. While it is on its way only its holder may hand it on, complete or return it.
 *  2. A driver with two edges may send on, through the other edge, what it holds: the list is then on a way inside a way.
 *  3. A list that is freed is marked. When it is allocated again the marks must be there.
 *  4. Once a finding was made about a list, its way is what the driver says it is: one mistake is one finding.
 *
 * Nothing is allocated; a list costs a few stores at each step. docs: network/net-buffer-list-structure,
 * network/send-and-receive-operations-in-ndis-6-0 */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "ndis/filter_module.h"
#include "ndis/nbl_pool.h"
#include "nt/io.h"
#include "nt/ke.h"
#include "pe/pe.h"
#include "pe/stack.h"

#define MARK ((void *)(uintptr_t)0xd9d9d9d9d9d9d9d8ull)

static void on_event(const struct ndis_event *event);

CHECK_RULE(rule) = {
    .name = "nbl-ownership",
    .help = "a driver completes, returns, sends or frees a NET_BUFFER_LIST that it does not have, or keeps one too long",
    .doc = "network/send-and-receive-operations",
    .ndis_kinds = 1u << NDIS_EVENT_NBL_ALLOC | 1u << NDIS_EVENT_NBL_FREE | 1u << NDIS_EVENT_SEND | 1u << NDIS_EVENT_SEND_COMPLETE |
                  1u << NDIS_EVENT_INDICATE | 1u << NDIS_EVENT_RETURN | 1u << NDIS_EVENT_HELD | 1u << NDIS_EVENT_STATE |
                  1u << NDIS_EVENT_WAITS,
    .on_ndis_event = on_event,
};

static struct nbl_trace *trace_of(PNET_BUFFER_LIST nbl)
{
    return &container_of(nbl, struct nbl_cell, nbl)->trace;
}

/* --- words ------------------------------------------------------------------------------------------------------------------ */

/* What it points to may be gone. */
static const struct ndis_object *object_at(const void *address)
{
    list_each(it, &ndis_objects) {
        const struct ndis_object *object = container_of(it, struct ndis_object, node);
        if (object == address)
            return object;
    }
    return NULL;
}

static const struct pe_image *image_of(const void *address)
{
    const struct ndis_object *object = object_at(address);

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

static const char *name_of(const void *address, char *text, size_t size)
{
    const struct ndis_object *object = object_at(address);
    const struct pe_image *image = image_of(address);
    const char *role = !object ? "nobody that is still there" : object->type == NDIS_ADAPTER ? "miniport" :
                       object->type == NDIS_BINDING ? "protocol" : "filter module";

    if (image)
        snprintf(text, size, "%s %s", role, image->name);
    else
        snprintf(text, size, "%s", !object ? role : "TCP/IP");
    return text;
}

static const char *place_of(const void *caller, char *text, size_t size)
{
    uint64_t frame = (uint64_t)(uintptr_t)caller;

    if (!caller)
        return "";
    snprintf(text, size, ", last moved by ");
    pe_describe_stack(&frame, 1, false, text + strlen(text), size - strlen(text));
    text[strcspn(text, "\n")] = 0;
    return text;
}

/* "protocol foo.sys has since 0.123456 s", or that it is not on its way. */
static const char *whereabouts(const struct nbl_trace *t, char *text, size_t size)
{
    char holder[80], place[160];

    if (t->depth)
        snprintf(text, size, "%s has it since %llu.%06llu s%s", name_of(t->way[t->depth - 1].holder, holder, sizeof holder),
                 (unsigned long long)(t->since / 1000000000u), (unsigned long long)(t->since / 1000u % 1000000u),
                 place_of(t->caller, place, sizeof place));
    else
        snprintf(text, size, "it is back with who made it%s", place_of(t->caller, place, sizeof place));
    return text;
}

static void wrong(PNET_BUFFER_LIST nbl, const void *who, const char *what, const void *caller)
{
    uint64_t frame = (uint64_t)(uintptr_t)caller;
    char name[80], where[300];

    finding_with_stack(&rule, &frame, frame != 0, "%s %s NET_BUFFER_LIST %p: %s", name_of(who, name, sizeof name), what, (void *)nbl,
                       whereabouts(trace_of(nbl), where, sizeof where));
}

/* --- the way of a list (1) ---------------------------------------------------------------------------------------------------- */

static void set_out(PNET_BUFFER_LIST nbl, const void *origin, bool received, const struct ndis_event *event, uint64_t now)
{
    struct nbl_trace *t = trace_of(nbl);

    t->way[t->depth].origin = t->way[t->depth].holder = origin;
    t->way[t->depth].received = received;
    t->depth++;
    t->caller = event->caller;
    t->since = now;
}

/* An origin's own list, or one that its driver holds at its other edge (2). */
static void begin(PNET_BUFFER_LIST nbl, const void *origin, bool received, const struct ndis_event *event, uint64_t now)
{
    struct nbl_trace *t = trace_of(nbl);

    if (t->depth && (t->depth == NBL_WAYS || !image_of(origin) || image_of(t->way[t->depth - 1].holder) != image_of(origin))) {
        wrong(nbl, origin, received ? "indicates" : "sends", event->caller);
        t->depth = 0;
    }
    set_out(nbl, origin, received, event, now);
}

static bool held_by(const struct nbl_trace *t, const void *who, bool received)
{
    return t->depth && t->way[t->depth - 1].holder == who && t->way[t->depth - 1].received == received;
}

static bool is_filter(const void *object)
{
    return ((const struct ndis_object *)object)->type == NDIS_FILTER;
}

/* SEND, INDICATE. A filter module passes on what it holds; its own lists begin a way. */
static void take_in(const struct ndis_event *event, bool received, uint64_t now)
{
    const void *who = (const void *)(uintptr_t)event->b;

    for (PNET_BUFFER_LIST nbl = (PNET_BUFFER_LIST)(uintptr_t)event->a; nbl; nbl = nbl->Next) {
        if (!is_filter(who) || (nbl->SourceHandle == who && !held_by(trace_of(nbl), who, received)))
            begin(nbl, who, received, event, now);
        else if (!held_by(trace_of(nbl), who, received) && trace_of(nbl)->depth)
            wrong(nbl, who, received ? "indicates" : "sends", event->caller);
        else
            trace_of(nbl)->caller = event->caller;
    }
}

static void check_dma(PNET_BUFFER_LIST nbl, const void *who, const void *caller)
{
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next)
        if (container_of(nb, struct nb_cell, nb)->sg_lists)
            wrong(nbl, who, "has not freed a scatter/gather list and completes", caller);
}

/* SEND_COMPLETE, RETURN: only the holder gives back. */
static void give_back(const struct ndis_event *event, bool received)
{
    const void *who = (const void *)(uintptr_t)event->b;

    for (PNET_BUFFER_LIST nbl = (PNET_BUFFER_LIST)(uintptr_t)event->a; nbl; nbl = nbl->Next) {
        struct nbl_trace *t = trace_of(nbl);

        if (!held_by(t, who, received))
            wrong(nbl, who, received ? "returns" : "completes", event->caller);
        else if (!received)
            check_dma(nbl, who, event->caller);
        t->caller = event->caller;
    }
}

static void hold(const struct ndis_event *event, uint64_t now)
{
    const void *who = (const void *)(uintptr_t)event->b;

    for (PNET_BUFFER_LIST nbl = (PNET_BUFFER_LIST)(uintptr_t)event->a; nbl; nbl = nbl->Next) {
        struct nbl_trace *t = trace_of(nbl);

        if (!t->depth)
            continue;
        t->since = now;
        if (t->way[t->depth - 1].origin == who)
            t->depth--;
        else
            t->way[t->depth - 1].holder = who;
    }
}

/* --- allocation (3) ----------------------------------------------------------------------------------------------------------------- */

static void freed(const struct ndis_event *event)
{
    PNET_BUFFER_LIST nbl = (PNET_BUFFER_LIST)(uintptr_t)event->a;
    struct nbl_trace *t = trace_of(nbl);

    if (t->depth)
        wrong(nbl, NULL, "frees", event->caller);
    t->depth = 0;
    t->freed = true;
    t->caller = event->caller;
    nbl->Next = NULL;                   /* frames and source stay as they are: whoever still has the list may walk it */
    nbl->Context = MARK;
    nbl->Scratch = nbl->MiniportReserved[0] = nbl->ProtocolReserved[0] = MARK;
}

static void allocated(const struct ndis_event *event)
{
    PNET_BUFFER_LIST nbl = (PNET_BUFFER_LIST)(uintptr_t)event->a;
    struct nbl_trace *t = trace_of(nbl);
    uint64_t frame = (uint64_t)(uintptr_t)t->caller;

    if (t->freed && (nbl->Next || (void *)nbl->Context != MARK || nbl->Scratch != MARK || nbl->MiniportReserved[0] != MARK ||
                     nbl->ProtocolReserved[0] != MARK))
        finding_with_stack(&rule, &frame, frame != 0, "NET_BUFFER_LIST %p was written to after it was freed here", (void *)nbl);
    memset(t, 0, sizeof *t);
}

/* --- pause ------------------------------------------------------------------------------------------------------------------------------ */

struct search {
    const struct adapter *adapter;
    unsigned reported;
    const char *what;
};

static bool touches(const void *object, const struct adapter *a)
{
    const struct ndis_object *o = object_at(object);

    return object == a || (o && o->type == NDIS_BINDING && ((const struct binding *)object)->adapter == a) ||
           (o && o->type == NDIS_FILTER && ((const struct filter *)object)->adapter == a);
}

/* One finding for each holder: the first list of it says enough. */
static void report_lost(void *context, PNET_BUFFER_LIST nbl)
{
    struct search *s = context;
    struct nbl_trace *t = trace_of(nbl);
    uint64_t frame = (uint64_t)(uintptr_t)t->caller;
    char holder[80], name[80];

    if (!t->depth || !touches(t->way[t->depth - 1].holder, s->adapter) || s->reported >= 8)
        return;
    s->reported++;
    finding_with_stack(&rule, &frame, frame != 0, "%s of %s and NET_BUFFER_LIST %p, %s, is still with %s since %llu.%06llu s", s->what,
                       name_of(s->adapter, name, sizeof name), (void *)nbl, t->way[t->depth - 1].received ? "received" : "sent",
                       name_of(t->way[t->depth - 1].holder, holder, sizeof holder), (unsigned long long)(t->since / 1000000000u),
                       (unsigned long long)(t->since / 1000u % 1000000u));
}

static void paused(const struct ndis_event *event)
{
    struct search s = { (const struct adapter *)(uintptr_t)event->a, 0, "the pause is complete" };

    if (event->b == ADAPTER_PAUSED)
        nbl_each(report_lost, &s);
}

static void waits(const struct ndis_event *event)
{
    struct search s = { (const struct adapter *)(uintptr_t)event->a, 0, "ten seconds have passed in a pause" };
    const struct adapter *a = s.adapter;
    uint64_t frame = (uint64_t)(uintptr_t)a->driver->miniport.PauseHandler + 1;
    char name[80];

    nbl_each(report_lost, &s);
    if (!s.reported)
        finding_with_stack(&rule, &frame, 1, "%s has not called %s for ten seconds, and no NET_BUFFER_LIST is out",
                           name_of(a, name, sizeof name), (const char *)(uintptr_t)event->b);
}

/* --- events ------------------------------------------------------------------------------------------------------------------------------- */

static void on_event(const struct ndis_event *event)
{
    switch (event->kind) {
    case NDIS_EVENT_NBL_ALLOC: allocated(event); break;
    case NDIS_EVENT_NBL_FREE: freed(event); break;
    case NDIS_EVENT_SEND: take_in(event, false, ke_now()); break;
    case NDIS_EVENT_INDICATE: take_in(event, true, ke_now()); break;
    case NDIS_EVENT_SEND_COMPLETE: give_back(event, false); break;
    case NDIS_EVENT_RETURN: give_back(event, true); break;
    case NDIS_EVENT_HELD: hold(event, ke_now()); break;
    case NDIS_EVENT_STATE: paused(event); break;
    case NDIS_EVENT_WAITS: waits(event); break;
    default: break;
    }
}
