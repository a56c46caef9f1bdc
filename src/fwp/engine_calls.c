/* The engine itself: its state, options, layers and memory; what ring3 has none of (system ports, IPsec connections, virtual
 * switches) answers that there is none. */
#include <string.h>

#include "fwp/engine_calls.h"
#include "fwp/enumerate_kinds.h"
#include "fwp/layer.h"
#include "fwp/net_event.h"
#include "fwp/session.h"
#include "nt/event.h"
#include "nt/ke.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "pe/pe.h"

#include <stdlib.h>

/* Frees what a Get or Enum function returned, and sets *p to NULL. NULL is allowed. IRQL <= DISPATCH_LEVEL.
 * docs: fwpmu/nf-fwpmu-fwpmfreememory0 */
VOID NTAPI FwpmFreeMemory0(void **p)
{
    if (!p || !*p)
        return;
    pool_free(*p, 0, (void *)PE_CALLER().rip);
    *p = NULL;
}

/* --- subscriptions to what never happens ------------------------------------------------------------------------------------------- */

struct watcher {
    struct list node;
    HANDLE handle;
    uint64_t callback;
};

static struct {
    struct list watchers;
    uint64_t last_handle;
    UINT32 options[FWPM_ENGINE_OPTION_MAX];
} engine = { .watchers = LIST_INIT(engine.watchers) };

void fwp_engine_calls_open(void)
{
    list_init(&engine.watchers);
    memset(engine.options, 0, sizeof engine.options);
    engine.options[FWPM_ENGINE_COLLECT_NET_EVENTS] = 1;
}

void fwp_engine_calls_close(void)
{
    while (!list_empty(&engine.watchers))
        free(container_of(list_pop_front(&engine.watchers), struct watcher, node));
}

void fwp_engine_calls_driver_gone(uint64_t base, uint64_t size)
{
    list_each_safe(it, &engine.watchers) {
        struct watcher *watcher = container_of(it, struct watcher, node);
        if (watcher->callback - base >= size)
            continue;
        list_remove(&watcher->node);
        free(watcher);
    }
}

void fwp_engine_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context)
{
    list_each(it, &engine.watchers) {
        const struct watcher *watcher = container_of(it, struct watcher, node);
        struct fwp_leak leak = { "a subscription to system ports, IPsec connections or virtual switches (its Unsubscribe function was never called)",
                                 watcher->callback };
        if (watcher->callback - base < size)
            visit(context, &leak);
    }
}

static HANDLE new_watcher(const void *callback)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);

    if (!watcher)
        return NULL;
    watcher->callback = (uint64_t)(uintptr_t)callback;
    watcher->handle = (HANDLE)(uintptr_t)(0x46420000u + 4 * ++engine.last_handle);
    list_push_back(&engine.watchers, &watcher->node);
    return watcher->handle;
}

static NTSTATUS end_watcher(HANDLE handle)
{
    list_each_safe(it, &engine.watchers) {
        struct watcher *watcher = container_of(it, struct watcher, node);
        if (watcher->handle != handle)
            continue;
        list_remove(&watcher->node);
        free(watcher);
        return STATUS_SUCCESS;
    }
    return STATUS_FWP_NOT_FOUND;
}

/* --- options ------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS set_option(struct fwp_session *session, FWPM_ENGINE_OPTION option, const FWP_VALUE0 *value)
{
    static const UINT32 most[FWPM_ENGINE_OPTION_MAX] = {
        [FWPM_ENGINE_COLLECT_NET_EVENTS] = 1, [FWPM_ENGINE_NET_EVENT_MATCH_ANY_KEYWORDS] = 0x3f, [FWPM_ENGINE_NAME_CACHE] = 1,
        [FWPM_ENGINE_MONITOR_IPSEC_CONNECTIONS] = 1, [FWPM_ENGINE_PACKET_QUEUING] = 7,
        [FWPM_ENGINE_TXN_WATCHDOG_TIMEOUT_IN_MSEC] = 0xffffffff };

    if (session->value->flags & FWPM_SESSION_FLAG_DYNAMIC)
        return STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS;
    if ((unsigned)option >= FWPM_ENGINE_OPTION_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    if (value->type != FWP_UINT32)
        return STATUS_FWP_TYPE_MISMATCH;
    if (value->uint32 > most[option])
        return STATUS_FWP_OUT_OF_BOUNDS;
    engine.options[option] = value->uint32;
    fwp_net_events_on = engine.options[FWPM_ENGINE_COLLECT_NET_EVENTS] != 0;
    fwp_net_event_keywords = engine.options[FWPM_ENGINE_NET_EVENT_MATCH_ANY_KEYWORDS];
    return STATUS_SUCCESS;
}

/* Sets an option (FWP_UINT32). The collection of net events and its keywords have an effect; the others are kept. Not within a transaction nor from
 * a dynamic session. PASSIVE_LEVEL. STATUS_FWP_NULL_POINTER, _INVALID_ENUMERATOR, _TYPE_MISMATCH, _OUT_OF_BOUNDS,
 * _DYNAMIC_SESSION_IN_PROGRESS, _TXN_IN_PROGRESS; STATUS_INVALID_HANDLE. docs: fwpmu/nf-fwpmu-fwpmenginesetoption0 */
NTSTATUS NTAPI FwpmEngineSetOption0(HANDLE engineHandle, FWPM_ENGINE_OPTION option, const FWP_VALUE0 *newValue)
{
    struct fwp_session *session;
    NTSTATUS status = newValue ? fwp_enter(engineHandle, FWP_OUTSIDE, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, set_option(session, option, newValue)) : status;
}

/* *value is freed with FwpmFreeMemory0. PASSIVE_LEVEL. STATUS_FWP_NULL_POINTER, STATUS_FWP_INVALID_ENUMERATOR, STATUS_INVALID_HANDLE,
 * STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmenginegetoption0 */
NTSTATUS NTAPI FwpmEngineGetOption0(HANDLE engineHandle, FWPM_ENGINE_OPTION option, FWP_VALUE0 **value)
{
    struct fwp_session *session;
    NTSTATUS status = value ? fwp_enter(engineHandle, FWP_READ, &session) : STATUS_FWP_NULL_POINTER;

    if (!NT_SUCCESS(status))
        return status;
    if ((unsigned)option >= FWPM_ENGINE_OPTION_MAX)
        return fwp_leave(session, STATUS_FWP_INVALID_ENUMERATOR);
    FWP_VALUE0 found = { .type = FWP_UINT32, .uint32 = engine.options[option] };
    *value = fwp_pack_one(fwp_pack_value, &found, fwp_alloc_guest, (void *)PE_CALLER().rip);
    return fwp_leave(session, *value ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

/* --- layers -------------------------------------------------------------------------------------------------------------------------- */

/* Calls `use` with the layer as the public structure, which lives as long as the call. */
static void *with_layer(const struct fwp_layer *layer, void *(*use)(const FWPM_LAYER0 *view, void *context), void *context)
{
    static const GUID universal = { 0xeebecc03, 0xced4, 0x4380, { 0x81, 0x9a, 0x27, 0x34, 0x39, 0x7b, 0x2b, 0x74 } };
    FWPM_FIELD0 fields[64];
    FWPM_LAYER0 view = { .layerKey = layer->key, .flags = layer->flags, .numFields = layer->field_count, .field = fields,
                         .defaultSubLayerKey = universal, .layerId = layer->id };
    void *result;

    for (unsigned i = 0; i < layer->field_count; i++)
        fields[i] = (FWPM_FIELD0){ (GUID *)&layer->fields[i].key, layer->fields[i].type, layer->fields[i].data_type };
    view.displayData.name = text_utf16(layer->name, NULL);
    result = view.displayData.name ? use(&view, context) : NULL;
    free(view.displayData.name);
    return result;
}

static void *pack_for_guest(const FWPM_LAYER0 *view, void *caller)
{
    return fwp_pack_one(fwp_pack_layer, view, fwp_alloc_guest, caller);
}

static void *take_for_enum(const FWPM_LAYER0 *view, void *it)
{
    return fwp_enum_take(it, view) ? it : NULL;
}

bool fwp_enum_layers(struct enumeration *it)
{
    for (unsigned id = 0; id < FWP_LAYERS; id++) {
        const struct fwp_layer *layer = fwp_layer_of((uint16_t)id);
        if (layer && !with_layer(layer, take_for_enum, it))
            return false;
    }
    return true;
}

static NTSTATUS get_layer(HANDLE handle, const struct fwp_layer *layer, FWPM_LAYER0 **result, void *caller)
{
    struct fwp_session *session;
    NTSTATUS status = result ? fwp_enter(handle, FWP_READ, &session) : STATUS_FWP_NULL_POINTER;

    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_FWP_LAYER_NOT_FOUND;
    if (layer) {
        *result = with_layer(layer, pack_for_guest, caller);
        status = *result ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    return fwp_leave(session, status);
}

/* *layer is freed with FwpmFreeMemory0. PASSIVE_LEVEL. STATUS_FWP_LAYER_NOT_FOUND, STATUS_FWP_NULL_POINTER, STATUS_INVALID_HANDLE,
 * STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmlayergetbyid0 */
NTSTATUS NTAPI FwpmLayerGetById0(HANDLE engineHandle, UINT16 id, FWPM_LAYER0 **layer)
{
    return get_layer(engineHandle, id < FWP_LAYERS ? fwp_layer_of(id) : NULL, layer, (void *)PE_CALLER().rip);
}

/* docs: fwpmu/nf-fwpmu-fwpmlayergetbykey0 */
NTSTATUS NTAPI FwpmLayerGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_LAYER0 **layer)
{
    return key ? get_layer(engineHandle, fwp_layer_by_key(key), layer, (void *)PE_CALLER().rip) : STATUS_FWP_NULL_POINTER;
}

/* --- what there is none of --------------------------------------------------------------------------------------------------------------- */

static void *pack_ports(struct fwp_pack *pack, const void *from)
{
    const FWPM_SYSTEM_PORTS0 *ports = from;
    FWPM_SYSTEM_PORTS0 *copy = fwp_pack_bytes(pack, ports, sizeof *ports);
    FWPM_SYSTEM_PORTS_BY_TYPE0 *types = fwp_pack_bytes(pack, ports->types, ports->numTypes * sizeof *types);

    if (copy)
        copy->types = types;
    return copy;
}

/* Each type of system port, with no port: ring3 has no RPC, Teredo or IP-HTTPS. *sysPorts is freed with FwpmFreeMemory0. PASSIVE_LEVEL.
 * docs: fwpmu/nf-fwpmu-fwpmsystemportsget0 */
NTSTATUS NTAPI FwpmSystemPortsGet0(HANDLE engineHandle, FWPM_SYSTEM_PORTS0 **sysPorts)
{
    FWPM_SYSTEM_PORTS_BY_TYPE0 types[FWPM_SYSTEM_PORT_TYPE_MAX] = { 0 };
    FWPM_SYSTEM_PORTS0 ports = { FWPM_SYSTEM_PORT_TYPE_MAX, types };
    struct fwp_session *session;
    NTSTATUS status = sysPorts ? fwp_enter(engineHandle, FWP_READ, &session) : STATUS_FWP_NULL_POINTER;

    if (!NT_SUCCESS(status))
        return status;
    for (unsigned i = 0; i < FWPM_SYSTEM_PORT_TYPE_MAX; i++)
        types[i].type = (FWPM_SYSTEM_PORT_TYPE)i;
    *sysPorts = fwp_pack_one(pack_ports, &ports, fwp_alloc_guest, (void *)PE_CALLER().rip);
    return fwp_leave(session, *sysPorts ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

/* A subscription to what never happens: the handle is all there is to it. */
static NTSTATUS subscribe_to_nothing(HANDLE handle, const void *callback, HANDLE *result)
{
    struct fwp_session *session;
    NTSTATUS status = callback && result ? fwp_enter(handle, FWP_OUTSIDE, &session) : STATUS_FWP_NULL_POINTER;

    if (!NT_SUCCESS(status))
        return status;
    *result = new_watcher(callback);
    return fwp_leave(session, *result ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

static NTSTATUS unsubscribe_from_nothing(HANDLE handle, HANDLE subscription)
{
    struct fwp_session *session;
    NTSTATUS status = fwp_enter(handle, FWP_OUTSIDE, &session);

    return NT_SUCCESS(status) ? fwp_leave(session, end_watcher(subscription)) : status;
}

/* The pairs below accept a subscription and never call back: system ports do not change, and there are no IPsec connections and no
 * virtual switches. PASSIVE_LEVEL, not within a transaction. STATUS_FWP_NULL_POINTER, STATUS_FWP_NOT_FOUND,
 * STATUS_FWP_TXN_IN_PROGRESS, STATUS_INVALID_HANDLE. docs: fwpmu/nf-fwpmu-fwpmsystemportssubscribe0 */
NTSTATUS NTAPI FwpmSystemPortsSubscribe0(HANDLE engineHandle, void *reserved, FWPM_SYSTEM_PORTS_CALLBACK0 callback, void *context,
                                         HANDLE *sysPortsHandle)
{
    return reserved ? STATUS_FWP_RESERVED : subscribe_to_nothing(engineHandle, (const void *)callback, sysPortsHandle);
}

NTSTATUS NTAPI FwpmSystemPortsUnsubscribe0(HANDLE engineHandle, HANDLE sysPortsHandle)
{
    return unsubscribe_from_nothing(engineHandle, sysPortsHandle);
}

/* docs: fwpmu/nf-fwpmu-fwpmconnectionsubscribe0 */
NTSTATUS NTAPI FwpmConnectionSubscribe0(HANDLE engineHandle, const FWPM_CONNECTION_SUBSCRIPTION0 *subscription,
                                        FWPM_CONNECTION_CALLBACK0 callback, void *context, HANDLE *eventsHandle)
{
    return subscription ? subscribe_to_nothing(engineHandle, (const void *)callback, eventsHandle) : STATUS_FWP_NULL_POINTER;
}

NTSTATUS NTAPI FwpmConnectionUnsubscribe0(HANDLE engineHandle, HANDLE eventsHandle)
{
    return unsubscribe_from_nothing(engineHandle, eventsHandle);
}

/* STATUS_FWP_NOT_FOUND: there are no IPsec connections. docs: fwpmu/nf-fwpmu-fwpmconnectiongetbyid0 */
NTSTATUS NTAPI FwpmConnectionGetById0(HANDLE engineHandle, UINT64 id, FWPM_CONNECTION0 **connection)
{
    struct fwp_session *session;
    NTSTATUS status = connection ? fwp_enter(engineHandle, FWP_READ, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, STATUS_FWP_NOT_FOUND) : status;
}

/* docs: fwpmu/nf-fwpmu-fwpmvswitcheventsubscribe0 */
NTSTATUS NTAPI FwpmvSwitchEventSubscribe0(HANDLE engineHandle, const FWPM_VSWITCH_EVENT_SUBSCRIPTION0 *subscription,
                                          FWPM_VSWITCH_EVENT_CALLBACK0 callback, void *context, HANDLE *subscriptionHandle)
{
    return subscription ? subscribe_to_nothing(engineHandle, (const void *)callback, subscriptionHandle)
                        : STATUS_FWP_NULL_POINTER;
}

NTSTATUS NTAPI FwpmvSwitchEventUnsubscribe0(HANDLE engineHandle, HANDLE subscriptionHandle)
{
    return unsubscribe_from_nothing(engineHandle, subscriptionHandle);
}
