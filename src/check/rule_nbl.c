/* What NDIS notices about NET_BUFFER_LISTs that are not where they should be (ndis/ledger.h), in words: who did what to a list, and
 * who has it since when. docs: network/net-buffer-list-structure, network/send-and-receive-operations-in-ndis-6-0 */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "check/ndis_name.h"
#include "ndis/filter_module.h"
#include "ndis/ledger.h"
#include "nt/io.h"
#include "nt/ke.h"
#include "pe/pe.h"
#include "pe/stack.h"

static void on_event(const struct ndis_event *event);

CHECK_RULE(rule) = {
    .name = "nbl-ownership",
    .help = "a driver completes, returns, sends or frees a NET_BUFFER_LIST that it does not have, or keeps one too long",
    .doc = "network/send-and-receive-operations",
    .ndis_kinds = 1u << NDIS_EVENT_NBL_WRONG | 1u << NDIS_EVENT_NBL_TOUCHED | 1u << NDIS_EVENT_STATE | 1u << NDIS_EVENT_WAITS,
    .on_ndis_event = on_event,
};

/* --- words ------------------------------------------------------------------------------------------------------------------ */

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

    if (t->holder == LEDGER_FREE)
        snprintf(text, size, "it is free%s", place_of(t->caller, place, sizeof place));
    else if (t->holder != t->origin)
        snprintf(text, size, "%s has it since %llu.%06llu s%s", ndis_name(t->holder, holder, sizeof holder),
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

    finding_with_stack(&rule, &frame, frame != 0, "%s %s NET_BUFFER_LIST %p: %s", ndis_name(who, name, sizeof name), what, (void *)nbl,
                       whereabouts(ledger_trace(nbl), where, sizeof where));
}

static void touched(const struct ndis_event *event)
{
    uint64_t frame = (uint64_t)(uintptr_t)event->caller;

    finding_with_stack(&rule, &frame, frame != 0, "NET_BUFFER_LIST %p was written to after %s", (void *)(uintptr_t)event->a,
                       (const char *)(uintptr_t)event->b);
}

/* --- pause ------------------------------------------------------------------------------------------------------------------------------ */

struct search {
    const struct adapter *adapter;
    unsigned reported;
    const char *what;
};

/* Held on this stack, or by anybody else when it came from its miniport. */
static bool touches(const struct nbl_trace *t, const struct adapter *a)
{
    const struct ndis_object *o = ledger_object(t->holder);

    return t->holder == a || t->origin == a || (o && o->type == NDIS_BINDING && ((const struct binding *)t->holder)->adapter == a) ||
           (o && o->type == NDIS_FILTER && ((const struct filter *)t->holder)->adapter == a);
}

static const char *direction(const struct nbl_trace *t)
{
    const struct ndis_object *o = ledger_object(t->origin);

    return !o || o->type == NDIS_FILTER ? "made by a filter module" : o->type == NDIS_ADAPTER ? "received" : "sent";
}

/* One finding for each holder: the first list of it says enough. */
static void report_lost(void *context, PNET_BUFFER_LIST nbl)
{
    struct search *s = context;
    struct nbl_trace *t = ledger_trace(nbl);
    uint64_t frame = (uint64_t)(uintptr_t)t->caller;
    char holder[80], name[80];

    if (t->holder == t->origin || !touches(t, s->adapter) || s->reported >= 8)
        return;
    s->reported++;
    finding_with_stack(&rule, &frame, frame != 0, "%s of %s and NET_BUFFER_LIST %p, %s, is still with %s since %llu.%06llu s", s->what,
                       ndis_name(s->adapter, name, sizeof name), (void *)nbl, direction(t), ndis_name(t->holder, holder, sizeof holder),
                       (unsigned long long)(t->since / 1000000000u), (unsigned long long)(t->since / 1000u % 1000000u));
}

static void paused(const struct ndis_event *event)
{
    struct search s = { (const struct adapter *)(uintptr_t)event->a, 0, "the pause is complete" };

    if (event->b != ADAPTER_PAUSED)
        return;
    nbl_each(report_lost, &s);
    nbl_check_free();
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
                           ndis_name(a, name, sizeof name), (const char *)(uintptr_t)event->b);
}

/* --- events ------------------------------------------------------------------------------------------------------------------------------- */

static void on_event(const struct ndis_event *event)
{
    switch (event->kind) {
    case NDIS_EVENT_NBL_WRONG:
        wrong((PNET_BUFFER_LIST)(uintptr_t)event->a, (const void *)(uintptr_t)event->b, event->text, event->caller);
        break;
    case NDIS_EVENT_NBL_TOUCHED: touched(event); break;
    case NDIS_EVENT_STATE: paused(event); break;
    case NDIS_EVENT_WAITS: waits(event); break;
    default: break;
    }
}
