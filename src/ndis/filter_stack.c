/* Modules in a stack: attach, detach, pause, restart. PASSIVE_LEVEL, under the adapter's pnp_lock; states are in filter_module.h. */
#include "ndis/filter_module.h"

#include <string.h>

#include "base/log.h"
#include "ndis/event.h"
#include "ndis/filter_oid.h"
#include "ndis/oid_features.h"
#include "ndis/net_event.h"
#include "ndis/receive_books.h"
#include "ndis/watchdog.h"
#include "nt/io.h"

struct filter *filter_on(const struct filter_driver *driver, const struct adapter *a)
{
    list_each(it, &driver->modules) {
        struct filter *f = container_of(it, struct filter, driver_node);

        if (f->adapter == a)
            return f;
    }
    return NULL;
}

static const char *name_of(const struct filter *f)
{
    return f->driver->driver ? io_driver_of(f->driver->driver)->name : "a driver";
}

/* An address by which a finding names a handler, where it names callers otherwise. */
static const void *inside(const void *handler)
{
    return (const char *)handler + 1;
}

/* --- attach ------------------------------------------------------------------------------------------------------------- */

static void append(UNICODE_STRING *to, const WCHAR *text, size_t bytes)
{
    bytes = min_u64(bytes, to->MaximumLength - to->Length);
    memcpy((char *)to->Buffer + to->Length, text, bytes);
    to->Length = (USHORT)(to->Length + bytes);
}

/* {adapter}-{driver}-0000: the last part counts the modules of a driver on the adapter. */
static void name_module(struct filter *f)
{
    const size_t skip = 8;              /* \DEVICE\ */
    WCHAR count[] = u"-0000";
    uint32_t serial;
    unsigned n = 0;

    list_each(it, &f->driver->modules)
        n += container_of(it, struct filter, driver_node)->adapter == f->adapter;
    count[3] = (WCHAR)('0' + n / 10 % 10);
    count[4] = (WCHAR)('0' + n % 10);
    f->name = (UNICODE_STRING){ 0, sizeof f->name_buffer, f->name_buffer };
    append(&f->name, f->adapter->name.Buffer + skip, f->adapter->name.Length - skip * sizeof(WCHAR));
    append(&f->name, u"-", sizeof(WCHAR));
    append(&f->name, f->driver->unique_name.Buffer, f->driver->unique_name.Length);
    append(&f->name, count, 5 * sizeof(WCHAR));
    f->if_index = names_take_index(&serial);
    f->luid = f->adapter->luid;
    f->luid.Info.NetLuidIndex = 0x8000 + serial;
}

static struct filter *create(struct filter_driver *driver, struct adapter *a, struct filter *over)
{
    struct filter *f = ndis_object_create(NDIS_FILTER, sizeof *f, NDIS_TAG('N', 'D', 'f', 'm'), NULL);

    if (!f)
        return NULL;
    f->adapter = a;
    f->driver = driver;
    f->over = over;
    f->state = FILTER_ATTACHING;
    f->on = (NDIS_FILTER_PARTIAL_CHARACTERISTICS){
        .SendNetBufferListsHandler = driver->handlers.SendNetBufferListsHandler,
        .SendNetBufferListsCompleteHandler = driver->handlers.SendNetBufferListsCompleteHandler,
        .CancelSendNetBufferListsHandler = driver->handlers.CancelSendNetBufferListsHandler,
        .ReceiveNetBufferListsHandler = driver->handlers.ReceiveNetBufferListsHandler,
        .ReturnNetBufferListsHandler = driver->handlers.ReturnNetBufferListsHandler,
    };
    KeInitializeEvent(&f->changed, SynchronizationEvent, FALSE);
    oid_init(&f->oid, a, f);
    name_module(f);
    return f;
}

static void destroy(struct filter *f)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    while (f->oid.work_queued)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    names_free_index(f->if_index);
    ndis_object_destroy(f);
}

/* Drivers compare the revision with that of their own version of NDIS. */
static NDIS_OBJECT_HEADER attach_header(const struct filter_driver *driver)
{
    static const USHORT sizes[] = { NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1, NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_2,
                                    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_3, NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4 };
    uint8_t minor = driver->handlers.MinorNdisVersion, n = minor >= 30 ? 3 : minor >= 20 ? 2 : minor >= 1 ? 1 : 0;

    return (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, (UCHAR)(n + 1), sizes[n] };
}

static NDIS_STATUS call_attach(struct filter *f)
{
    struct adapter *a = f->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
    struct filter *lower = filter_below(a, f);
    NDIS_FILTER_ATTACH_PARAMETERS p = {
        .Header = attach_header(f->driver),
        .IfIndex = f->if_index,
        .NetLuid = f->luid,
        .FilterModuleGuidName = &f->name,
        .BaseMiniportIfIndex = a->if_index,
        .BaseMiniportInstanceName = &a->instance_name,
        .BaseMiniportName = &a->name,
        .MediaConnectState = a->link.MediaConnectState,
        .MediaDuplexState = a->link.MediaDuplexState,
        .XmitLinkSpeed = a->link.XmitLinkSpeed,
        .RcvLinkSpeed = a->link.RcvLinkSpeed,
        .MiniportMediaType = g->MediaType,
        .MiniportPhysicalMediaType = g->PhysicalMediumType,
        .DefaultOffloadConfiguration = a->has_offload ? &a->offload : NULL,
        .MacAddressLength = g->MacAddressLength,
        .BaseMiniportNetLuid = a->luid,
        .LowerIfIndex = lower ? lower->if_index : a->if_index,
        .LowerIfNetLuid = lower ? lower->luid : a->luid,
        .MiniportPhysicalDeviceObject = a->pdo,
        .BaseMiniportIfConnectorPresent = g->IfConnectorPresent,
        .HDSplitCurrentConfig = a->has_hd_split ? &a->hd_split : NULL,
        .ReceiveFilterCapabilities = features_find(a, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES),
        .NicSwitchCapabilities = features_find(a, OID_NIC_SWITCH_CURRENT_CAPABILITIES),
        .SriovCapabilities = features_find(a, OID_SRIOV_CURRENT_CAPABILITIES),
    };

    memcpy(p.CurrentMacAddress, g->CurrentMacAddress, sizeof p.CurrentMacAddress);
    return f->driver->handlers.AttachHandler(f, f->driver->context, &p);
}

static unsigned count_modules(const struct adapter *a)
{
    unsigned n = 0;

    list_each(it, &a->filters)
        n++;
    return n;
}

/* The place is taken first: the module below it is part of what FilterAttach is told. */
static struct filter *attach_one(struct filter_driver *driver, struct adapter *a, struct filter *over)
{
    struct filter *f = count_modules(a) < NDIS_FILTERS_MAX ? create(driver, a, over) : NULL;

    if (!f) {
        log_warn("ndis", "there is no room for one more filter module");
        return NULL;
    }
    filter_place(f);
    NDIS_STATUS status = call_attach(f);
    if (status == NDIS_STATUS_SUCCESS && f->has_attributes) {
        f->state = FILTER_PAUSED;
        list_push_back(&driver->modules, &f->driver_node);
        chain_link(a);
        return f;
    }
    if (status == NDIS_STATUS_SUCCESS)
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, "FilterAttach succeeded without NdisFSetAttributes", inside((const void *)driver->handlers.AttachHandler));
    log_warn("ndis", "filter driver %s does not attach (status %08x)", name_of(f), (unsigned)status);
    list_remove(&f->node);
    destroy(f);
    return NULL;
}

static void attach_monitors(struct filter *over)
{
    list_each(it, &ndis_filter_drivers) {
        struct filter_driver *driver = container_of(it, struct filter_driver, node);

        if (driver->ready && driver->kind.monitoring && filter_on(driver, over->adapter))
            attach_one(driver, over->adapter, over);
    }
}

void filter_attach(struct filter_driver *driver, struct adapter *a)
{
    if (!driver->ready || a->binds_inhibited || !filter_fits(driver, a) || filter_on(driver, a))
        return;
    struct filter *f = attach_one(driver, a, NULL);
    if (f && !driver->kind.monitoring)
        attach_monitors(f);
    if (!f || !driver->kind.monitoring)
        return;
    for (struct filter *m = filter_above(a, NULL); m; m = filter_above(a, m))
        if (!m->driver->kind.monitoring)
            attach_one(driver, a, m);
}

static void attach_rank(struct adapter *a, bool monitoring, unsigned rank)
{
    list_each(it, &ndis_filter_drivers) {
        struct filter_driver *driver = container_of(it, struct filter_driver, node);

        if (driver->kind.monitoring == monitoring && (monitoring || driver->kind.rank == rank))
            filter_attach(driver, a);
    }
}

void filters_attach(struct adapter *a)
{
    attach_rank(a, true, 0);
    for (unsigned rank = 0; rank < FILTER_RANKS; rank++)
        attach_rank(a, false, rank);
    filters_check(a);
}

/* --- detach ------------------------------------------------------------------------------------------------------------- */

static void pause_module(struct filter *f, uint32_t reason);

void filter_warn(struct filter *f)
{
    if (f->state >= FILTER_PAUSED)
        filter_event(f, NetEventFilterPreDetach);
}

void filters_warn(struct adapter *a)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        filter_warn(f);
}

static void call_detach(struct filter *f)
{
    struct watchdog w = {
        .operation = WATCHDOG_FILTER_DETACH, .target = f, .handler = (const void *)f->driver->handlers.DetachHandler,
        .misuse = "FilterDetach has not returned for ten seconds",
    };

    watchdog_start(&w);
    f->driver->handlers.DetachHandler(f->context);
    watchdog_stop(&w);
}

static void detach_one(struct filter *f)
{
    if (f->state == FILTER_RUNNING)     /* the miniport was shut down while it ran */
        pause_module(f, NDIS_PAUSE_DETACH_FILTER);
    oid_drain_level(&f->oid);
    f->state = FILTER_DETACHING;
    chain_link(f->adapter);
    call_detach(f);
    receive_filter_forget(f->adapter, f);
    list_remove(&f->node);
    list_remove(&f->driver_node);
    destroy(f);
}

void filter_detach(struct filter *f)
{
    struct adapter *a = f->adapter;
    struct filter *above = filter_above(a, f);

    while (above && above->over == f && above->driver->kind.monitoring) {
        struct filter *next = filter_above(a, above);

        detach_one(above);
        above = next;
    }
    detach_one(f);
}

void filters_detach(struct adapter *a)
{
    struct filter *f;

    while ((f = filter_below(a, NULL)))
        detach_one(f);
    a->incomplete = false;
}

/* --- pause ---------------------------------------------------------------------------------------------------------------- */

static void prepare_change(struct filter *f, struct watchdog *w, enum watchdog_operation operation, const void *handler)
{
    *w = (struct watchdog){
        .operation = operation, .target = f, .handler = handler,
        .misuse = operation ? "a filter module has not completed FilterPause for ten seconds"
                            : "a filter module has not completed FilterRestart for ten seconds",
    };
    KeClearEvent(&f->changed);
    f->change_pended = true;
    f->change_status = NDIS_STATUS_SUCCESS;
    watchdog_start(w);
}

static NDIS_STATUS finish_change(struct filter *f, struct watchdog *w, NDIS_STATUS status)
{
    if (status == NDIS_STATUS_PENDING)
        status = watchdog_wait(w, &f->changed) ? f->change_status : NDIS_STATUS_FAILURE;
    watchdog_stop(w);
    f->change_pended = false;
    return status;
}

static void change_complete(struct filter *f, NDIS_STATUS status, const char *misuse, const void *caller)
{
    if (!f->change_pended) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, misuse, caller);
        return;
    }
    f->change_status = status;
    KeSetEvent(&f->changed, IO_NO_INCREMENT, FALSE);
}

/* A module that is paused has nothing: neither what others made nor of its own outside. */
static void check_paused(const struct filter *f)
{
    const void *handler = inside((const void *)f->driver->handlers.PauseHandler);

    if (f->sends_held || f->receives_held)
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, "a filter module is paused and still has NET_BUFFER_LISTs of other drivers", handler);
    if (f->own_sends || f->own_receives)
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, "a filter module is paused and NET_BUFFER_LISTs that it made are still out", handler);
}

static void pause_module(struct filter *f, uint32_t reason)
{
    NDIS_FILTER_PAUSE_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, NDIS_FILTER_PAUSE_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1 },
        .PauseReason = f->driver->handlers.MinorNdisVersion >= 40 ? NDIS_PAUSE_NDIS_INTERNAL : reason,
    };

    struct watchdog w;

    f->state = FILTER_PAUSING;
    prepare_change(f, &w, WATCHDOG_FILTER_PAUSE, (const void *)f->driver->handlers.PauseHandler);
    finish_change(f, &w, f->driver->handlers.PauseHandler(f->context, &parameters));
    f->state = FILTER_PAUSED;
    check_paused(f);
}

void filters_pause(struct adapter *a, uint32_t reason)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        if (f->state == FILTER_RUNNING)
            pause_module(f, reason);
}

/* Tells NDIS that a pause that FilterPause left pending is complete. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfpausecomplete */
VOID NTAPI NdisFPauseComplete(NDIS_HANDLE NdisFilterHandle)
{
    change_complete(ndis_object_check(NdisFilterHandle, NDIS_FILTER), NDIS_STATUS_SUCCESS,
                    "NdisFPauseComplete was called and no pause is pending", NDIS_CALLER());
}

/* --- restart -------------------------------------------------------------------------------------------------------------- */

/* Tells NDIS how a restart that FilterRestart left pending ended. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisfrestartcomplete */
VOID NTAPI NdisFRestartComplete(NDIS_HANDLE NdisFilterHandle, NDIS_STATUS Status)
{
    change_complete(ndis_object_check(NdisFilterHandle, NDIS_FILTER), Status,
                    "NdisFRestartComplete was called and no restart is pending", NDIS_CALLER());
}

static NDIS_STATUS restart_module(struct filter *f, PNDIS_RESTART_ATTRIBUTES *attributes)
{
    struct adapter *a = f->adapter;
    struct filter *lower = filter_below(a, f);
    NDIS_FILTER_RESTART_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, NDIS_FILTER_RESTART_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_FILTER_RESTART_PARAMETERS_REVISION_1 },
        .MiniportMediaType = a->general.MediaType,
        .MiniportPhysicalMediaType = a->general.PhysicalMediumType,
        .RestartAttributes = *attributes,
        .LowerIfIndex = lower ? lower->if_index : a->if_index,
        .LowerIfNetLuid = lower ? lower->luid : a->luid,
    };

    struct watchdog w;

    f->state = FILTER_RESTARTING;
    prepare_change(f, &w, WATCHDOG_NONE, (const void *)f->driver->handlers.RestartHandler);
    NDIS_STATUS status = finish_change(f, &w, f->driver->handlers.RestartHandler(f->context, &parameters));
    f->state = status == NDIS_STATUS_SUCCESS ? FILTER_RUNNING : FILTER_PAUSED;
    *attributes = parameters.RestartAttributes;
    f->mtu = restart_mtu(*attributes);
    return status;
}

/* FilterSetModuleOptions of all modules, before any is restarted. */
static void set_options(struct adapter *a)
{
    for (struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f)) {
        if (!f->driver->handlers.SetFilterModuleOptionsHandler)
            continue;
        f->setting_options = true;
        f->driver->handlers.SetFilterModuleOptionsHandler(f->context);
        f->setting_options = false;
    }
    chain_link(a);
}

static struct filter *next_paused(struct adapter *a)
{
    for (struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f))
        if (f->state == FILTER_PAUSED)
            return f;
    return NULL;
}

bool filters_restart(struct adapter *a, PNDIS_RESTART_ATTRIBUTES *attributes)
{
    bool complete = true;
    struct filter *f;

    if (list_empty(&a->filters))
        return true;
    set_options(a);
    while ((f = next_paused(a))) {
        NDIS_STATUS status = restart_module(f, attributes);

        if (status == NDIS_STATUS_SUCCESS)
            continue;
        log_warn("ndis", "filter driver %s does not restart (status %08x) and is detached", name_of(f), (unsigned)status);
        complete = complete && !f->driver->kind.mandatory;
        oid_drain(a);
        filter_detach(f);
    }
    return complete;
}

/* --- NdisFRestartFilter ------------------------------------------------------------------------------------------------- */

static VOID NTAPI restart_worker(PVOID context)
{
    struct adapter *a = context;

    adapter_lock(a);
    if (a->state == ADAPTER_RUNNING) {
        adapter_pause(a, NDIS_PAUSE_FILTER_RESTART_STACK);
        adapter_restart(a);
    }
    a->restart_queued = false;
    adapter_unlock(a);
}

void filter_restart_init(struct adapter *a)
{
    ExInitializeWorkItem(&a->restart_work, restart_worker, a);
}

/* Lets NDIS pause and restart the module's stack soon; FilterSetModuleOptions runs in between. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfrestartfilter */
NDIS_STATUS NTAPI NdisFRestartFilter(NDIS_HANDLE NdisFilterHandle)
{
    struct adapter *a = ((struct filter *)ndis_object_check(NdisFilterHandle, NDIS_FILTER))->adapter;

    if (!a->restart_queued) {
        a->restart_queued = true;
        ExQueueWorkItem(&a->restart_work, DelayedWorkQueue);
    }
    return NDIS_STATUS_SUCCESS;
}
