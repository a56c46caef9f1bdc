/* Bindings between protocols and adapters.
 *
 *   state       leaves on                                       to
 *   OPENING     NdisOpenAdapterEx in ProtocolBindAdapterEx      PAUSED
 *   PAUSED      NetEventRestart                                 RUNNING
 *   RUNNING     NetEventPause                                   PAUSING
 *   PAUSING     the event is complete and every send is back    PAUSED
 *   any         ProtocolUnbindAdapterEx                         CLOSING, gone after NdisCloseAdapterEx
 *
 * Under the adapter's pnp_lock. docs: network/binding-states-of-a-protocol-driver */
#include "ndis/filter_module.h"
#include "ndis/virtual.h"

#include <string.h>

#include "ndis/event.h"
#include "ndis/ports.h"
#include "nt/pool.h"

void adapter_pick_receive_path(struct adapter *a)
{
    struct binding *only = NULL;
    unsigned running = 0;

    list_each(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);
        if (b->opened && b->state == BINDING_RUNNING && b->receive) {
            only = b;
            running++;
        }
    }
    a->only = running == 1 ? only : NULL;
}

/* --- PnP events ------------------------------------------------------------------------------------------------- */

NDIS_STATUS binding_pnp_event(struct binding *b, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    NET_PNP_EVENT_NOTIFICATION notification = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
    };

    if (!b->opened || !b->protocol->handlers.NetPnPEventHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    KeClearEvent(&b->event);
    NDIS_STATUS status = b->protocol->handlers.NetPnPEventHandler(b->context, &notification);
    if (status == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&b->event, Executive, KernelMode, FALSE, NULL);
        status = b->event_status;
    }
    return status;
}

/* Tells NDIS how an event that ProtocolNetPnPEvent left pending ended. <= DISPATCH_LEVEL. docs: network/ndiscompletenetpnpevent */
VOID NTAPI NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification,
                                   NDIS_STATUS Status)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    b->event_status = Status;
    KeSetEvent(&b->event, IO_NO_INCREMENT, FALSE);
}

/* Whoever keeps sends for long makes a pause wait: it is named, and then waited for. */
static void name_holder(struct adapter *a)
{
    struct filter *f = filter_below(a, NULL);

    while (f && f->sends_held <= 0)
        f = filter_below(a, f);
    if (f)
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, "a pause waits for NET_BUFFER_LISTs that a filter module keeps",
                  (const char *)f->driver->handlers.PauseHandler + 1);
    else
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "a pause waits for NET_BUFFER_LISTs that the miniport keeps",
                  (const char *)a->driver->miniport.PauseHandler + 1);
}

static void wait_for_sends(struct binding *b)
{
    LARGE_INTEGER patience = { .QuadPart = -10 * 10000000LL };  /* 10 s */

    KeClearEvent(&b->drained);
    b->draining = true;
    if (b->sends_out && KeWaitForSingleObject(&b->drained, Executive, KernelMode, FALSE, &patience) == STATUS_TIMEOUT) {
        name_holder(b->adapter);
        KeWaitForSingleObject(&b->drained, Executive, KernelMode, FALSE, NULL);
    }
    b->draining = false;
}

void binding_sends_done(struct binding *b, uint64_t count)
{
    b->sends_out -= count;
    if (unlikely(b->draining) && !b->sends_out)
        KeSetEvent(&b->drained, IO_NO_INCREMENT, FALSE);
}

void binding_pause(struct binding *b, uint32_t reason)
{
    NDIS_PROTOCOL_PAUSE_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1 },
        .PauseReason = reason,
    };

    if (b->state != BINDING_RUNNING)
        return;
    b->state = BINDING_PAUSING;
    binding_pnp_event(b, NetEventPause, &parameters, sizeof parameters);
    wait_for_sends(b);
    b->state = BINDING_PAUSED;
}

/* The names of the modules below, from the top: each its length in bytes (USHORT), then the text. NULL: none, or no memory. */
static PUCHAR module_names(struct adapter *a, ULONG *size)
{
    struct filter *f;
    UCHAR *names, *at;

    *size = 0;
    for (f = filter_below(a, NULL); f; f = filter_below(a, f))
        *size += sizeof(USHORT) + f->name.Length;
    if (!*size)
        return NULL;
    names = at = pool_alloc(NonPagedPoolNx, *size, NDIS_TAG('N', 'D', 'f', 'n'), NULL);
    if (!names) {
        *size = 0;
        return NULL;
    }
    for (f = filter_below(a, NULL); f; f = filter_below(a, f)) {
        memcpy(at, &f->name.Length, sizeof(USHORT));
        memcpy(at + sizeof(USHORT), f->name.Buffer, f->name.Length);
        at += sizeof(USHORT) + f->name.Length;
    }
    return names;
}

void binding_restart(struct binding *b, PNDIS_RESTART_ATTRIBUTES attributes)
{
    struct filter *top = filter_below(b->adapter, NULL);
    NDIS_PROTOCOL_RESTART_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS, NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1 },
        .RestartAttributes = attributes,
        .BoundIfIndex = top ? top->if_index : b->adapter->if_index,
        .BoundIfNetluid = top ? top->luid : b->adapter->luid,
    };

    if (b->state != BINDING_PAUSED || b->adapter->state != ADAPTER_RUNNING)
        return;
    parameters.FilterModuleNameBuffer = module_names(b->adapter, &parameters.FilterModuleNameBufferLength);
    /* Running before the protocol hears it: it may send from the event handler. */
    b->state = BINDING_RUNNING;
    NDIS_STATUS status = binding_pnp_event(b, NetEventRestart, &parameters, sizeof parameters);
    if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
        b->state = BINDING_PAUSED;
    if (parameters.FilterModuleNameBuffer)
        pool_free(parameters.FilterModuleNameBuffer, 0, NULL);
}

/* --- bind --------------------------------------------------------------------------------------------------------- */

/* What a protocol is told of power management depends on its version: one structure until 6.1, another since 6.20.
 * docs: network/initializing-intermediate-drivers-to-handle-pnp-and-power-management-events */
static void fill_power(struct binding *b, NDIS_BIND_PARAMETERS *p, NDIS_PNP_CAPABILITIES *old, NDIS_PM_CAPABILITIES *new)
{
    struct adapter *a = b->adapter;

    *old = a->pnp_capabilities;
    *new = a->pm_capabilities;
    if (!a->has_pnp_capabilities && !a->has_pm_capabilities)
        return;
    if (b->protocol->handlers.MinorNdisVersion < 20) {
        if (!a->has_pnp_capabilities)
            old->WakeUpCapabilities = (NDIS_PM_WAKE_UP_CAPABILITIES){ new->MinMagicPacketWakeUp, new->MinPatternWakeUp,
                                                                      new->MinLinkChangeWakeUp };
        p->PowerManagementCapabilities = old;
        return;
    }
    if (!a->has_pm_capabilities)
        *new = (NDIS_PM_CAPABILITIES){
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_1, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 },
            .MinMagicPacketWakeUp = old->WakeUpCapabilities.MinMagicPacketWakeUp,
            .MinPatternWakeUp = old->WakeUpCapabilities.MinPatternWakeUp,
            .MinLinkChangeWakeUp = old->WakeUpCapabilities.MinLinkChangeWakeUp,
        };
    p->PowerManagementCapabilitiesEx = new;
}

/* Drivers compare the revision with that of their own version of NDIS. */
static NDIS_OBJECT_HEADER bind_header(const struct ndis_protocol *protocol)
{
    static const USHORT sizes[] = { NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2,
                                    NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 };
    uint8_t minor = protocol->handlers.MinorNdisVersion, n = minor >= 30 ? 3 : minor >= 20 ? 2 : minor >= 1 ? 1 : 0;

    return (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_BIND_PARAMETERS, (UCHAR)(n + 1), sizes[n] };
}

static void fill_bind_parameters(struct binding *b, NDIS_BIND_PARAMETERS *p)
{
    struct adapter *a = b->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
    const struct filter *top = filter_below(a, NULL);

    *p = (NDIS_BIND_PARAMETERS){
        .Header = bind_header(b->protocol),
        .AdapterName = &a->name,
        .PhysicalDeviceObject = a->pdo,
        .MediaType = g->MediaType,
        .MtuSize = g->MtuSize,
        .MaxXmitLinkSpeed = g->MaxXmitLinkSpeed,
        .XmitLinkSpeed = a->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = g->MaxRcvLinkSpeed,
        .RcvLinkSpeed = a->link.RcvLinkSpeed,
        .MediaConnectState = a->link.MediaConnectState,
        .MediaDuplexState = a->link.MediaDuplexState,
        .LookaheadSize = g->LookaheadSize,
        .SupportedPacketFilters = g->SupportedPacketFilters,
        .MaxMulticastListSize = g->MaxMulticastListSize,
        .MacAddressLength = g->MacAddressLength,
        .PhysicalMediumType = g->PhysicalMediumType,
        .RcvScaleCapabilities = a->has_rss ? &a->rss_capabilities : NULL,
        .BoundIfNetluid = top ? top->luid : a->luid,
        .BoundIfIndex = top ? top->if_index : a->if_index,
        .LowestIfNetluid = a->luid,
        .LowestIfIndex = a->if_index,
        .AccessType = g->AccessType,
        .DirectionType = g->DirectionType,
        .ConnectionType = g->ConnectionType,
        .IfType = g->IfType,
        .IfConnectorPresent = g->IfConnectorPresent,
        .DataBackFillSize = g->DataBackFillSize,
        .ContextBackFillSize = g->ContextBackFillSize,
        .MacOptions = g->MacOptions,
        .CompartmentId = NET_IF_COMPARTMENT_ID_PRIMARY,
        .DefaultOffloadConfiguration = a->has_offload ? &a->offload : NULL,
        .BoundAdapterName = &a->name,
    };
    for (unsigned i = 0; i < NDIS_MAX_PHYS_ADDRESS_LENGTH; i++)
        p->CurrentMacAddress[i] = g->CurrentMacAddress[i];
}

static void destroy(struct binding *b)
{
    list_remove(&b->node);
    list_remove(&b->protocol_node);
    ndis_object_destroy(b);
}

NDIS_STATUS binding_create(struct ndis_protocol *protocol, struct adapter *a)
{
    NDIS_BIND_PARAMETERS parameters;
    NDIS_PNP_CAPABILITIES old_power;
    NDIS_PM_CAPABILITIES power;
    WCHAR section[160];
    UNICODE_STRING path = { 0, sizeof section, section };
    struct binding *b = ndis_object_create(NDIS_BINDING, sizeof *b, NDIS_TAG('N', 'D', 'b', 'd'), NULL);

    if (!b)
        return NDIS_STATUS_RESOURCES;
    b->adapter = a;
    b->protocol = protocol;
    b->state = BINDING_OPENING;
    KeInitializeEvent(&b->event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&b->drained, SynchronizationEvent, FALSE);
    list_push_back(&a->bindings, &b->node);
    list_push_back(&protocol->bindings, &b->protocol_node);
    fill_bind_parameters(b, &parameters);
    fill_power(b, &parameters, &old_power, &power);
    config_binding_path(b, &path);
    parameters.ProtocolSection = &path;
    NDIS_STATUS status = protocol->handlers.BindAdapterHandlerEx(protocol->context, b, &parameters);
    if (status == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&b->event, Executive, KernelMode, FALSE, NULL);
        status = b->event_status;
    }
    if (status != NDIS_STATUS_SUCCESS || !b->opened) {
        if (b->opened)
            NdisCloseAdapterEx(b);
        destroy(b);
        return status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_OPEN_FAILED : status;
    }
    return NDIS_STATUS_SUCCESS;
}

/* Tells NDIS how a bind that ProtocolBindAdapterEx left pending ended. docs: network/ndiscompletebindadapterex */
VOID NTAPI NdisCompleteBindAdapterEx(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status)
{
    NdisCompleteNetPnPEvent(BindAdapterContext, NULL, Status);
}

void bindings_create(struct adapter *a)
{
    if (!port_is_active(a, NDIS_DEFAULT_PORT_NUMBER))
        return;
    list_each_safe(it, &ndis_protocols) {
        struct ndis_protocol *protocol = container_of(it, struct ndis_protocol, node);
        if (binds(protocol, a))
            binding_create(protocol, a);
    }
}

/* --- open and close ----------------------------------------------------------------------------------------------- */

static bool has_medium(const NDIS_OPEN_PARAMETERS *p, NDIS_MEDIUM medium)
{
    for (UINT i = 0; i < p->MediumArraySize; i++)
        if (p->MediumArray[i] == medium) {
            *p->SelectedMediumIndex = i;
            return true;
        }
    return false;
}

/* Opens the adapter that a bind offered; called by ProtocolBindAdapterEx. Completes at once. PASSIVE_LEVEL.
 * NDIS_STATUS_UNSUPPORTED_MEDIA, _INVALID_PARAMETER. docs: ndis/nf-ndis-ndisopenadapterex */
NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
                                    PNDIS_OPEN_PARAMETERS OpenParameters, NDIS_HANDLE BindContext, PNDIS_HANDLE NdisBindingHandle)
{
    struct ndis_protocol *protocol = ndis_object_check(NdisProtocolHandle, NDIS_PROTOCOL);
    struct binding *b = ndis_object_check(BindContext, NDIS_BINDING);

    if (OpenParameters->Header.Type != NDIS_OBJECT_TYPE_OPEN_PARAMETERS ||
        OpenParameters->Header.Size < NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 || b->protocol != protocol || b->opened)
        return NDIS_STATUS_INVALID_PARAMETER;
    if (!has_medium(OpenParameters, b->adapter->general.MediaType))
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    b->context = ProtocolBindingContext;
    b->receive = protocol->handlers.ReceiveNetBufferListsHandler;
    b->send_complete = protocol->handlers.SendNetBufferListsCompleteHandler;
    b->lookahead = b->adapter->general.LookaheadSize;
    b->opened = true;
    b->state = BINDING_PAUSED;
    *NdisBindingHandle = b;
    return NDIS_STATUS_SUCCESS;
}

/* Closes a binding; called by ProtocolUnbindAdapterEx, or by ProtocolBindAdapterEx that gives up. The handle is dead after
 * it. Completes at once. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndiscloseadapterex */
NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    b->state = BINDING_CLOSING;
    adapter_pick_receive_path(b->adapter);
    wait_for_sends(b);
    oid_forget_binding(b->adapter, b);
    b->opened = false;
    b->receive = NULL;
    return NDIS_STATUS_SUCCESS;
}

/* --- unbind ---------------------------------------------------------------------------------------------------------- */

void binding_remove(struct binding *b)
{
    if (b->unbinding)
        return;
    b->unbinding = true;
    if (b->opened) {
        binding_pause(b, NDIS_PAUSE_UNBIND_PROTOCOL);
        adapter_pick_receive_path(b->adapter);
        KeClearEvent(&b->event);
        NDIS_STATUS status = b->protocol->handlers.UnbindAdapterHandlerEx(b, b->context);
        if (status == NDIS_STATUS_PENDING)
            KeWaitForSingleObject(&b->event, Executive, KernelMode, FALSE, NULL);
        if (b->opened) {
            NDIS_EMIT(NDIS_EVENT_MISUSE, b, "a protocol finished unbinding without closing its binding", NULL);
            NdisCloseAdapterEx(b);
        }
    }
    destroy(b);
}

/* Tells NDIS that an unbind that ProtocolUnbindAdapterEx left pending is complete. docs: network/ndiscompleteunbindadapterex */
VOID NTAPI NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindContext)
{
    NdisCompleteNetPnPEvent(UnbindContext, NULL, NDIS_STATUS_SUCCESS);
}

void bindings_remove(struct adapter *a)
{
    while (!list_empty(&a->bindings))
        binding_remove(list_first(&a->bindings, struct binding, node));
}
