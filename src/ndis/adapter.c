/* The life of an adapter.
 *
 *   state         leaves on                              to            who may call meanwhile
 *   HALTED        IRP_MN_START_DEVICE                    INITIALIZING
 *   INITIALIZING  MiniportInitializeEx succeeds          PAUSED
 *                 it fails                               HALTED
 *   PAUSED        MiniportRestart                        RESTARTING    OIDs
 *                 MiniportHaltEx                         HALTED
 *   RESTARTING    success, or NdisMRestartComplete       RUNNING       OIDs; what is indicated goes straight back
 *                 failure                                PAUSED
 *   RUNNING       MiniportPause                          PAUSING       OIDs, sends, receives
 *   PAUSING       success, or NdisMPauseComplete         PAUSED        OIDs, completions, returns; sends are rejected
 *   any           system shutdown                        SHUT_DOWN     nothing
 *
 * A stack pauses from the top (bindings, filter modules, then the miniport) and restarts from the bottom. A reset changes no state; a
 * pause waits for the end of one. Everything here runs at PASSIVE_LEVEL under the adapter's pnp_lock.
 * docs: network/miniport-adapter-states-and-operations */
#include "ndis/net_event.h"
#include "ndis/virtual.h"

#include <string.h>

#include "base/log.h"
#include "ndis/coalescing.h"
#include "ndis/dma.h"
#include "ndis/event.h"
#include "ndis/frames.h"
#include "ndis/idle.h"
#include "ndis/ports.h"
#include "ndis/scaling.h"
#include "ndis/wait_wake.h"
#include "ndis/watchdog.h"
#include "ndis/wmi_provider.h"
#include "nt/pool.h"

struct list ndis_adapters = LIST_INIT(ndis_adapters);
void (*ndis_event_sink)(const struct ndis_event *event);
uint32_t ndis_event_mask;

void adapter_set_state(struct adapter *a, enum adapter_state state)
{
    a->state = state;
    NDIS_EMIT(NDIS_EVENT_STATE, a, state, NULL);
}

static struct adapter *held(struct list *it)
{
    struct adapter *a = it == &ndis_adapters ? NULL : container_of(it, struct adapter, node);

    if (a)
        adapter_hold(a);
    return a;
}

struct adapter *adapter_first(void)
{
    return held(ndis_adapters.next);
}

struct adapter *adapter_next(struct adapter *a)
{
    struct adapter *next = held(a->node.next);

    adapter_release(a);
    return next;
}

void adapter_lock(struct adapter *a)
{
    KeWaitForSingleObject(&a->pnp_lock, Executive, KernelMode, FALSE, NULL);
    idle_resume(a);
}

void adapter_unlock(struct adapter *a)
{
    KeReleaseMutex(&a->pnp_lock, FALSE);
}

struct adapter *ndis_adapter_of(NDIS_HANDLE handle)
{
    if (handle && ndis_object_type(handle) == NDIS_ADAPTER)
        return handle;
    if (handle && ndis_object_type(handle) == NDIS_BINDING)
        return ((struct binding *)handle)->adapter;
    return NULL;
}

static void report_change(struct watchdog *w, bool last)
{
    if (!last)
        NDIS_EMIT(NDIS_EVENT_WAITS, w->target, w->misuse, NULL);
}

/* A handler is about to be called; `what` completes it when it pends. */
static void prepare_change(struct adapter *a, struct watchdog *w, enum watchdog_operation operation, const char *what)
{
    *w = (struct watchdog){ .operation = operation, .target = a, .misuse = what, .report = report_change };
    KeClearEvent(&a->changed);
    a->change_pended = true;
    a->change_status = NDIS_STATUS_SUCCESS;
    watchdog_start(w);
}

/* The handler returned `status`: waits when it is pending. */
static NDIS_STATUS finish_change(struct adapter *a, struct watchdog *w, NDIS_STATUS status)
{
    if (status == NDIS_STATUS_PENDING)
        status = watchdog_wait(w, &a->changed) ? a->change_status : NDIS_STATUS_FAILURE;
    watchdog_stop(w);
    a->change_pended = false;
    return status;
}

static void change_complete(struct adapter *a, NDIS_STATUS status, const char *what)
{
    if (!a->change_pended) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, what, NULL);
        return;
    }
    a->change_status = status;
    KeSetEvent(&a->changed, IO_NO_INCREMENT, FALSE);
}

/* --- initialize ----------------------------------------------------------------------------------------------- */

static NDIS_STATUS call_initialize(struct adapter *a, PCM_RESOURCE_LIST translated)
{
    NDIS_MINIPORT_INIT_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS, NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_INIT_PARAMETERS_REVISION_1 },
        .AllocatedResources = translated && translated->Count ? &translated->List[0].PartialResourceList : NULL,
        .IMDeviceInstanceContext = a->im_context,
        .MiniportAddDeviceContext = a->add_device_context,
        .IfIndex = a->if_index,
        .NetLuid = a->luid,
        .DefaultPortAuthStates = &a->port_auth,
        .PciDeviceCustomProperties = a->has_bus ? &a->pci_properties : NULL,
    };

    a->port_auth = (NDIS_PORT_AUTHENTICATION_PARAMETERS){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_AUTHENTICATION_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_PORT_AUTHENTICATION_PARAMETERS_REVISION_1 },
        .SendControlState = NdisPortControlStateUncontrolled,
        .RcvControlState = NdisPortControlStateUncontrolled,
        .SendAuthorizationState = NdisPortAuthorized,
        .RcvAuthorizationState = NdisPortAuthorized,
    };
    rss_open(a);
    return a->driver->miniport.InitializeHandlerEx(a, a->driver->context, &parameters);
}

static PCM_RESOURCE_LIST copy_resources(PCM_RESOURCE_LIST list, size_t *size)
{
    *size = 0;
    if (!list || !list->Count)
        return NULL;
    *size = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) +
            list->List[0].PartialResourceList.Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    PCM_RESOURCE_LIST copy = pool_alloc(NonPagedPoolNx, *size, NDIS_TAG('N', 'D', 'r', 's'), NULL);
    if (copy)
        memcpy(copy, list, *size);
    return copy;
}

static void free_resources(struct adapter *a)
{
    if (a->raw)
        pool_free(a->raw, 0, NULL);
    if (a->translated)
        pool_free(a->translated, 0, NULL);
    a->raw = a->translated = NULL;
}

bool adapter_take_resources(struct adapter *a, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    free_resources(a);
    a->raw = copy_resources(raw, &a->raw_size);
    a->translated = copy_resources(translated, &a->translated_size);
    if ((!a->raw_size || a->raw) && (!a->translated_size || a->translated))
        return true;
    free_resources(a);
    return false;
}

void adapter_tell_power_source(struct adapter *a)
{
    ULONG profile = NdisPowerProfileAcOnLine;   /* the computer has no battery */

    adapter_notify(a, NdisDevicePnPEventPowerProfileChanged, &profile, sizeof profile);
}

NDIS_STATUS adapter_initialize(struct adapter *a)
{
    attributes_reset(a);
    a->binds_inhibited = a->pause_required = false;
    a->miniport_filter = 0;
    adapter_set_state(a, ADAPTER_INITIALIZING);
    NDIS_STATUS status = call_initialize(a, a->translated);
    if (status == NDIS_STATUS_SUCCESS && !(a->has_registration && a->has_general)) {
        log_warn("ndis", "a miniport driver initialized without its registration and general attributes");
        a->driver->miniport.HaltHandlerEx(a->context, NdisHaltDeviceInitializationFailed);
        status = NDIS_STATUS_FAILURE;
    }
    if (status != NDIS_STATUS_SUCCESS) {
        adapter_set_state(a, ADAPTER_HALTED);
        port_close(a, "MiniportInitializeEx failed and an NDIS port is still allocated");
        dma_adapter_put(a);
        free_resources(a);
        return status;
    }
    a->send = a->driver->miniport.SendNetBufferListsHandler;
    a->give_back = a->driver->miniport.ReturnNetBufferListsHandler;
    effective_reset(a);
    chain_link(a);
    adapter_set_state(a, ADAPTER_PAUSED);
    adapter_tell_power_source(a);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS adapter_bring_up(struct adapter *a)
{
    NDIS_STATUS status = adapter_initialize(a);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    filters_attach(a);
    bindings_create(a);
    adapter_restart(a);
    return NDIS_STATUS_SUCCESS;
}

void adapter_attach_all(struct adapter *a)
{
    filters_attach(a);
    bindings_update(a);
}

/* --- pause and restart ---------------------------------------------------------------------------------------- */

static void pause_miniport(struct adapter *a, uint32_t reason)
{
    NDIS_MINIPORT_PAUSE_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_PAUSE_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_PAUSE_PARAMETERS_REVISION_1 },
        .PauseReason = reason,
    };
    struct watchdog w;

    /* Since 6.40 a miniport is told the removal only; every other reason is NDIS's own business. */
    if (a->driver->miniport.MinorNdisVersion >= 40 && reason != NDIS_PAUSE_MINIPORT_DEVICE_REMOVE)
        parameters.PauseReason = NDIS_PAUSE_NDIS_INTERNAL;
    adapter_set_state(a, ADAPTER_PAUSING);
    hang_stop(a);
    idle_stop(a);
    prepare_change(a, &w, WATCHDOG_MINIPORT_PAUSE, "NdisMPauseComplete");
    finish_change(a, &w, a->driver->miniport.PauseHandler(a->context, &parameters));
    adapter_set_state(a, ADAPTER_PAUSED);
}

void adapter_pause(struct adapter *a, uint32_t reason)
{
    if (a->state != ADAPTER_RUNNING)
        return;
    list_each_safe(it, &a->bindings)
        binding_pause(container_of(it, struct binding, node), reason);
    frames_pause(a);
    adapter_pick_receive_path(a);
    filters_pause(a, reason);
    pause_miniport(a, reason);
}

/* Drivers may put other structures in place of these: they come from pool, as those do. NULL: no memory, and nobody may
 * change anything. */
static PNDIS_RESTART_ATTRIBUTES restart_attributes(struct adapter *a)
{
    const size_t size = offsetof(NDIS_RESTART_ATTRIBUTES, Data) + sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES);
    PNDIS_RESTART_ATTRIBUTES attributes = pool_alloc(NonPagedPoolNx, size, NDIS_TAG('N', 'D', 'r', 'a'), NULL);

    if (!attributes)
        return NULL;
    attributes->Next = NULL;
    attributes->Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
    attributes->DataLength = sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES);
    effective_reset(a);
    memcpy(attributes->Data, &a->effective, sizeof a->effective);
    return attributes;
}

static void free_attributes(PNDIS_RESTART_ATTRIBUTES attributes)
{
    for (PNDIS_RESTART_ATTRIBUTES next; attributes; attributes = next) {
        next = attributes->Next;
        pool_free(attributes, 0, NULL);
    }
}

static NDIS_STATUS restart_miniport(struct adapter *a, PNDIS_RESTART_ATTRIBUTES *attributes)
{
    NDIS_MINIPORT_RESTART_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1 },
        .RestartAttributes = *attributes,
    };
    struct watchdog w;

    adapter_set_state(a, ADAPTER_RESTARTING);
    prepare_change(a, &w, WATCHDOG_NONE, "NdisMRestartComplete");
    NDIS_STATUS status = finish_change(a, &w, a->driver->miniport.RestartHandler(a->context, &parameters));
    *attributes = parameters.RestartAttributes;
    return status;
}

/* A stack without a mandatory module is no stack: nothing stays bound to it. */
static void give_up_bindings(struct adapter *a)
{
    log_warn("ndis", "a mandatory filter module is not there: protocols are not bound to this adapter");
    a->incomplete = true;
    bindings_remove(a);
}

bool adapter_restart(struct adapter *a)
{
    if (a->state != ADAPTER_PAUSED || a->pause_required)
        return a->state == ADAPTER_RUNNING;
    PNDIS_RESTART_ATTRIBUTES attributes = restart_attributes(a);
    if (restart_miniport(a, &attributes) != NDIS_STATUS_SUCCESS) {
        adapter_set_state(a, ADAPTER_PAUSED);
        free_attributes(attributes);
        return false;
    }
    adapter_set_state(a, ADAPTER_RUNNING);
    hang_start(a);
    idle_start(a);
    wmi_provide(a);
    if (!filters_restart(a, &attributes))
        give_up_bindings(a);
    effective_keep(a, attributes);
    coalescing_follow(a);
    list_each_safe(it, &a->bindings)
        binding_restart(container_of(it, struct binding, node), attributes);
    adapter_pick_receive_path(a);
    frames_restart(a);
    free_attributes(attributes);
    return true;
}

/* Tells NDIS that a pause that MiniportPause left pending is complete. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismpausecomplete */
VOID NTAPI NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
    change_complete(ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER), NDIS_STATUS_SUCCESS,
                    "NdisMPauseComplete was called and no pause is pending");
}

/* Tells NDIS how a restart that MiniportRestart left pending ended. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismrestartcomplete */
VOID NTAPI NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
    change_complete(ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER), Status,
                    "NdisMRestartComplete was called and no restart is pending");
}

/* --- halt ------------------------------------------------------------------------------------------------------- */

static void call_halt(struct adapter *a, NDIS_HALT_ACTION action)
{
    MINIPORT_HALT_HANDLER halt = a->driver->miniport.HaltHandlerEx;
    struct watchdog w = { .operation = WATCHDOG_MINIPORT_HALT, .target = a, .handler = (const void *)halt,
                          .misuse = "MiniportHaltEx has not returned for ten seconds" };

    a->halting = true;
    watchdog_start(&w);
    halt(a->context, action);
    watchdog_stop(&w);
    a->halting = false;
}

void adapter_halt(struct adapter *a, NDIS_HALT_ACTION action)
{
    if (action != NdisHaltDevicePoweredDown)
        wmi_withdraw(a);
    if (a->state == ADAPTER_SHUT_DOWN) {        /* the miniport is left alone */
        hang_stop(a);
        bindings_remove(a);
        filters_detach(a);
    }
    if (a->state == ADAPTER_HALTED && action != NdisHaltDevicePoweredDown) {
        bindings_remove(a);             /* it was halted to sleep: they are still there */
        filters_detach(a);
        free_resources(a);
        a->halted_for_power = false;
    }
    if (a->state == ADAPTER_HALTED || a->state == ADAPTER_SHUT_DOWN)
        return;
    if (action != NdisHaltDevicePoweredDown)
        filters_warn(a);
    oid_watch(a);
    wait_wake_disarm(a);
    adapter_pause(a, action == NdisHaltDevicePoweredDown ? NDIS_PAUSE_LOW_POWER : NDIS_PAUSE_MINIPORT_DEVICE_REMOVE);
    if (action != NdisHaltDevicePoweredDown)
        bindings_remove(a);
    hang_stop(a);
    oid_drain(a);
    if (action != NdisHaltDevicePoweredDown)
        filters_detach(a);
    oid_unwatch(a);
    adapter_set_state(a, ADAPTER_HALTED);
    call_halt(a, action);
    port_close(a, "MiniportHaltEx returned and an NDIS port is still allocated");
    a->context = NULL;
    if (a->interrupt)
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "MiniportHaltEx returned and the interrupt is still registered", NULL);
    if (a->log)
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "MiniportHaltEx returned and the log is still open", NULL);
    if (a->dma)
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "MiniportHaltEx returned and scatter/gather DMA is still registered", NULL);
    else
        dma_adapter_put(a);
    if (action != NdisHaltDevicePoweredDown) {
        free_resources(a);
        a->im_context = NULL;
    }
}

void adapter_notify(struct adapter *a, NDIS_DEVICE_PNP_EVENT event, void *buffer, uint32_t length)
{
    NET_DEVICE_PNP_EVENT notification = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_DEVICE_PNP_EVENT_REVISION_1, NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1 },
        .DevicePnPEvent = event,
        .InformationBuffer = buffer,
        .InformationBufferLength = length,
    };

    if (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN)
        device_event_down(a, NULL, &notification);
}
