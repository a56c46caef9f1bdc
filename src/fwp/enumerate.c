/* Enumeration handles for every kind. docs: fwpmu/nf-fwpmu-fwpmfiltercreateenumhandle0, nf-fwpmu-fwpmfilterenum0,
 * nf-fwpmu-fwpmfilterdestroyenumhandle0, and the same of the other kinds */
#include "fwp/enumerate.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/enumerate_kinds.h"
#include "fwp/net_event.h"
#include "fwp/rule.h"
#include "fwp/subscribe.h"
#include "pe/pe.h"

struct enumeration {
    struct list node;                   /* session->enums */
    HANDLE handle;
    unsigned kind;                      /* enum fwp_kind, or one of enumerate_kinds.h */
    fwp_packer *pack;
    void **items;                       /* each a block of its own */
    uint32_t count, at;
};

static uint64_t last_handle;

static void destroy(struct enumeration *it)
{
    list_remove(&it->node);
    for (uint32_t i = 0; i < it->count; i++)
        free(it->items[i]);
    free(it->items);
    free(it);
}

void fwp_enums_close(struct fwp_session *session)
{
    while (!list_empty(&session->enums))
        destroy(list_first(&session->enums, struct enumeration, node));
}

/* --- what is enumerated ----------------------------------------------------------------------------------------------------------- */

bool fwp_enum_take(struct enumeration *it, const void *value)
{
    void *copy;

    if ((it->count & (it->count - 1)) == 0) {
        void **items = realloc(it->items, (it->count ? 2 * (size_t)it->count : 1) * sizeof *items);
        if (!items)
            return false;
        it->items = items;
    }
    copy = fwp_pack_one(it->pack, value, fwp_alloc_host, NULL);
    if (copy)
        it->items[it->count++] = copy;
    return copy != NULL;
}

static bool take_objects(struct enumeration *it, const void *template)
{
    list_each(link, fwp_objects_of((enum fwp_kind)it->kind)) {
        struct fwp_object *object = container_of(link, struct fwp_object, node);
        if (fwp_template_matches(object, template) && !fwp_enum_take(it, object->value))
            return false;
    }
    return true;
}

static bool take_sessions(struct enumeration *it)
{
    list_each(link, fwp_sessions_all())
        if (!fwp_enum_take(it, container_of(link, struct fwp_session, node)->value))
            return false;
    return true;
}

static int by_weight(const void *a, const void *b)
{
    const FWPM_FILTER0 *x = *(void *const *)a, *y = *(void *const *)b;

    return fwp_rank_before(*x->effectiveWeight.uint64, x->filterId, *y->effectiveWeight.uint64, y->filterId) ? -1 : 1;
}

/* Keeps the first terminating filter only. */
static void keep_best(struct enumeration *it)
{
    void *best = NULL;

    for (uint32_t i = 0; i < it->count; i++) {
        const FWPM_FILTER0 *filter = it->items[i];
        if (!best && filter->action.type & FWP_ACTION_FLAG_TERMINATING)
            best = it->items[i];
        else
            free(it->items[i]);
    }
    it->count = best ? 1 : 0;
    if (best)
        it->items[0] = best;
}

static void arrange(struct enumeration *it, const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    UINT32 flags = template ? template->flags : 0;

    if (flags & (FWP_FILTER_ENUM_FLAG_SORTED | FWP_FILTER_ENUM_FLAG_BEST_TERMINATING_MATCH) && it->count)
        qsort(it->items, it->count, sizeof *it->items, by_weight);
    if (flags & FWP_FILTER_ENUM_FLAG_BEST_TERMINATING_MATCH)
        keep_best(it);
}

NTSTATUS fwp_check_filter_template(const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    const struct fwp_layer *layer;

    if (!template)
        return STATUS_SUCCESS;
    if ((unsigned)template->enumType >= FWP_FILTER_ENUM_TYPE_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    layer = fwp_layer_by_key(&template->layerKey);
    if (!layer && (template->numFilterConditions || !fwp_null_guid(&template->layerKey)))
        return STATUS_FWP_LAYER_NOT_FOUND;
    if (template->numFilterConditions && !template->filterCondition)
        return STATUS_FWP_NULL_POINTER;
    for (UINT32 i = 0; i < template->numFilterConditions; i++) {
        if (fwp_layer_field(layer, &template->filterCondition[i].fieldKey) < 0)
            return STATUS_FWP_CONDITION_NOT_FOUND;
        for (UINT32 k = 0; k < i; k++)
            if (fwp_same_guid(&template->filterCondition[k].fieldKey, &template->filterCondition[i].fieldKey))
                return STATUS_FWP_DUPLICATE_CONDITION;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS fill(struct enumeration *it, const void *template)
{
    NTSTATUS status = it->kind == FWP_FILTER ? fwp_check_filter_template(template) :
                      it->kind == FWP_ENUM_NET_EVENTS ? fwp_net_template_check(template) :
                      it->kind == FWP_ENUM_ENDPOINTS ? fwp_check_endpoint_template(template) : STATUS_SUCCESS;
    bool taken = true;

    if (!NT_SUCCESS(status))
        return status;
    if (it->kind < FWP_KINDS)
        taken = take_objects(it, template);
    else if (it->kind == FWP_ENUM_SESSIONS)
        taken = take_sessions(it);
    else if (it->kind == FWP_ENUM_ENDPOINTS)
        taken = fwp_enum_endpoints(it, template);
    else if (it->kind == FWP_ENUM_LAYERS)
        taken = fwp_enum_layers(it);
    else if (it->kind == FWP_ENUM_NET_EVENTS)
        taken = fwp_enum_net_events(it, template);
    if (it->kind == FWP_FILTER)
        arrange(it, template);
    return taken ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- handles ---------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS create(HANDLE engine, unsigned kind, fwp_packer *pack, const void *template, HANDLE *handle)
{
    struct fwp_session *session;
    struct enumeration *it;
    NTSTATUS status;

    if (!handle)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engine, kind == FWP_ENUM_NET_EVENTS ? FWP_OUTSIDE : FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    it = calloc(1, sizeof *it);
    if (!it)
        return fwp_leave(session, STATUS_INSUFFICIENT_RESOURCES);
    it->kind = kind;
    it->pack = pack;
    list_push_back(&session->enums, &it->node);
    status = fill(it, template);
    if (NT_SUCCESS(status))
        it->handle = *handle = (HANDLE)(uintptr_t)(0x46450000u + 4 * ++last_handle);
    else
        destroy(it);
    return fwp_leave(session, status);
}

static struct enumeration *find(struct fwp_session *session, unsigned kind, HANDLE handle)
{
    list_each(link, &session->enums) {
        struct enumeration *it = container_of(link, struct enumeration, node);
        if (it->handle == handle && it->kind == kind)
            return it;
    }
    return NULL;
}

/* pack: in which version the items are handed out; NULL: as they are kept. */
static NTSTATUS next(HANDLE engine, unsigned kind, HANDLE handle, UINT32 wanted, fwp_packer *pack, void ***entries, UINT32 *returned,
                     void *caller)
{
    struct fwp_session *session;
    struct enumeration *it;
    UINT32 count;
    NTSTATUS status;

    if (!entries || !returned)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engine, FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    it = find(session, kind, handle);
    if (!it || (kind == FWP_ENUM_NET_EVENTS && !fwp_net_events_on))
        return fwp_leave(session, it ? STATUS_FWP_NET_EVENTS_DISABLED : STATUS_FWP_NOT_FOUND);
    count = it->count - it->at < wanted ? it->count - it->at : wanted;
    *entries = fwp_pack_array(pack ? pack : it->pack, (const void *const *)it->items + it->at, count, fwp_alloc_guest, caller);
    *returned = *entries ? count : 0;
    it->at += *returned;
    return fwp_leave(session, *entries ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

static NTSTATUS end(HANDLE engine, unsigned kind, HANDLE handle)
{
    struct fwp_session *session;
    struct enumeration *it;
    NTSTATUS status = fwp_enter(engine, FWP_READ, &session);

    if (!NT_SUCCESS(status))
        return status;
    it = find(session, kind, handle);
    if (it)
        destroy(it);
    return fwp_leave(session, it ? STATUS_SUCCESS : STATUS_FWP_NOT_FOUND);
}

/* Each kind has three. CreateEnumHandle takes a picture of what matches the template (NULL: everything) and returns a handle for it. Enum
 * hands out up to numEntriesRequested copies, continuing where the last call ended; *entries is one block for FwpmFreeMemory0, and
 * *numEntriesReturned is 0 when nothing is left. DestroyEnumHandle frees the picture; the session's end does, too. PASSIVE_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_FWP_NOT_FOUND for another handle, STATUS_FWP_TIMEOUT, STATUS_INVALID_HANDLE,
 * STATUS_INSUFFICIENT_RESOURCES; net events: STATUS_FWP_TXN_IN_PROGRESS within a transaction, STATUS_FWP_NET_EVENTS_DISABLED while they are
 * not collected, what fwp_net_template_check finds; filters: STATUS_FWP_LAYER_NOT_FOUND, _CONDITION_NOT_FOUND, _DUPLICATE_CONDITION, _INVALID_ENUMERATOR. */
#define ENUM_HANDLE(name, kind, pack, prefix)                                                                       \
    NTSTATUS NTAPI Fwpm##name##CreateEnumHandle0(HANDLE engineHandle, const FWPM_##prefix##_ENUM_TEMPLATE0 *enumTemplate, \
                                                 HANDLE *enumHandle)                                                \
    {                                                                                                               \
        return create(engineHandle, kind, pack, enumTemplate, enumHandle);                                          \
    }                                                                                                               \
    NTSTATUS NTAPI Fwpm##name##DestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle)                           \
    {                                                                                                               \
        return end(engineHandle, kind, enumHandle);                                                                 \
    }
#define ENUM(name, kind, pack, type, version)                                                                       \
    NTSTATUS NTAPI Fwpm##name##Enum##version(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,    \
                                             type ***entries, UINT32 *numEntriesReturned)                           \
    {                                                                                                               \
        return next(engineHandle, kind, enumHandle, numEntriesRequested, pack, (void ***)entries, numEntriesReturned, \
                    (void *)PE_CALLER().rip);                                                                       \
    }

ENUM_HANDLE(Provider, FWP_PROVIDER, fwp_pack_provider, PROVIDER)
ENUM_HANDLE(ProviderContext, FWP_CONTEXT, fwp_pack_context, PROVIDER_CONTEXT)
ENUM_HANDLE(SubLayer, FWP_SUBLAYER, fwp_pack_sublayer, SUBLAYER)
ENUM_HANDLE(Callout, FWP_CALLOUT, fwp_pack_callout, CALLOUT)
ENUM_HANDLE(Filter, FWP_FILTER, fwp_pack_filter, FILTER)
ENUM_HANDLE(Layer, FWP_ENUM_LAYERS, fwp_pack_layer, LAYER)
ENUM_HANDLE(Session, FWP_ENUM_SESSIONS, fwp_pack_session, SESSION)
ENUM_HANDLE(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event, NET_EVENT)
ENUM_HANDLE(Connection, FWP_ENUM_CONNECTIONS, fwp_pack_session, CONNECTION)

ENUM(Provider, FWP_PROVIDER, NULL, FWPM_PROVIDER0, 0)
ENUM(ProviderContext, FWP_CONTEXT, NULL, FWPM_PROVIDER_CONTEXT0, 0)
ENUM(ProviderContext, FWP_CONTEXT, NULL, FWPM_PROVIDER_CONTEXT1, 1)
ENUM(ProviderContext, FWP_CONTEXT, NULL, FWPM_PROVIDER_CONTEXT2, 2)
ENUM(ProviderContext, FWP_CONTEXT, NULL, FWPM_PROVIDER_CONTEXT3, 3)
ENUM(SubLayer, FWP_SUBLAYER, NULL, FWPM_SUBLAYER0, 0)
ENUM(Callout, FWP_CALLOUT, NULL, FWPM_CALLOUT0, 0)
ENUM(Filter, FWP_FILTER, NULL, FWPM_FILTER0, 0)
ENUM(Layer, FWP_ENUM_LAYERS, NULL, FWPM_LAYER0, 0)
ENUM(Session, FWP_ENUM_SESSIONS, NULL, FWPM_SESSION0, 0)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event0, FWPM_NET_EVENT0, 0)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event1, FWPM_NET_EVENT1, 1)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event2, FWPM_NET_EVENT2, 2)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event3, FWPM_NET_EVENT3, 3)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event4, FWPM_NET_EVENT4, 4)
ENUM(NetEvent, FWP_ENUM_NET_EVENTS, fwp_pack_net_event5, FWPM_NET_EVENT5, 5)
/* IPsec connections: there are none. */
ENUM(Connection, FWP_ENUM_CONNECTIONS, NULL, FWPM_CONNECTION0, 0)

/* Endpoints of the stack. PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsaleendpointcreateenumhandle0, nf-fwpsk-fwpsaleendpointenum0 */
NTSTATUS NTAPI FwpsAleEndpointCreateEnumHandle0(HANDLE engineHandle, const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *enumTemplate, HANDLE *enumHandle)
{
    return create(engineHandle, FWP_ENUM_ENDPOINTS, fwp_pack_endpoint, enumTemplate, enumHandle);
}

/* PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsaleendpointdestroyenumhandle0 */
NTSTATUS NTAPI FwpsAleEndpointDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle)
{
    return end(engineHandle, FWP_ENUM_ENDPOINTS, enumHandle);
}

/* *entries: to be freed with FwpmFreeMemory0. PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsaleendpointenum0 */
NTSTATUS NTAPI FwpsAleEndpointEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                    FWPS_ALE_ENDPOINT_PROPERTIES0 ***entries, UINT32 *numEntriesReturned)
{
    return next(engineHandle, FWP_ENUM_ENDPOINTS, enumHandle, numEntriesRequested, NULL, (void ***)entries, numEntriesReturned,
                (void *)PE_CALLER().rip);
}
