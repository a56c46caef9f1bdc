/* The protocol driver: binds every adapter for Ethernet frames or IP packets. Nothing here knows that it is part of ring3: it uses the functions
 * of ndis.sys as any protocol driver. docs: network/ndis-protocol-drivers2 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

#define FILTER (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)
#define RAW_FILTER (FILTER | NDIS_PACKET_TYPE_ALL_MULTICAST)
#define ETHERNET_HEADER 14u
#define ETHERNET_MTU 1500u
#define VLAN_TAG 4u

static NDIS_HANDLE protocol;
static struct list bindings = LIST_INIT(bindings);

static NDIS_STATUS wait_for(struct binding *b, NDIS_STATUS status)
{
    if (status != NDIS_STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&b->completed, Executive, KernelMode, FALSE, NULL);
    return b->status;
}

static void complete(struct binding *b, NDIS_STATUS status)
{
    b->status = status;
    KeSetEvent(&b->completed, IO_NO_INCREMENT, FALSE);
}

/* --- requests --------------------------------------------------------------------------------------------------- */

struct question {
    NDIS_OID_REQUEST request;           /* first: the completion finds us by it */
    KEVENT done;
    NDIS_STATUS status;
};

NDIS_STATUS protocol_ask(struct binding *b, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *data, ULONG size)
{
    struct question q = {
        .request = {
            .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
            .RequestType = type,
            .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = data, .InformationBufferLength = size },
        },
    };

    KeInitializeEvent(&q.done, NotificationEvent, FALSE);
    NDIS_STATUS status = NdisOidRequest(b->handle, &q.request);
    if (status != NDIS_STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&q.done, Executive, KernelMode, FALSE, NULL);
    return q.status;                    /* its end may have come before the call returned */
}

NDIS_STATUS protocol_set_oid(struct binding *b, NDIS_OID oid, void *data, ULONG size)
{
    NDIS_STATUS status = protocol_ask(b, NdisRequestSetInformation, oid, data, size);

    if (status != NDIS_STATUS_SUCCESS)
        log_debug("tcpip", "OID %08x was refused with %08x", oid, status);
    return status;
}

static VOID NTAPI oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
    struct question *q = (struct question *)request;

    q->status = status;
    KeSetEvent(&q->done, IO_NO_INCREMENT, FALSE);
}

struct list *protocol_bindings(void)
{
    return &bindings;
}

/* --- bind and unbind ---------------------------------------------------------------------------------------------- */

static void free_binding(struct binding *b)
{
    protocol_free_buffers(b);
    list_remove(&b->node);
    free(b);
}

static NDIS_STATUS open_adapter(struct binding *b, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS parameters)
{
    NDIS_MEDIUM media[] = { NdisMedium802_3, NdisMediumIP, NdisMediumWirelessWan };
    NET_FRAME_TYPE types[] = { NDIS_ETH_TYPE_IPV4, NDIS_ETH_TYPE_ARP, NDIS_ETH_TYPE_IPV6 };
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
        .AdapterName = parameters->AdapterName,
        .MediumArray = media,
        .MediumArraySize = 3,
        .SelectedMediumIndex = &selected,
        .FrameTypeArray = types,
        .FrameTypeArraySize = 3,
    };

    KeClearEvent(&b->completed);
    return wait_for(b, NdisOpenAdapterEx(protocol, b, &open, bind, &b->handle));
}

static void close_adapter(struct binding *b)
{
    KeClearEvent(&b->completed);
    wait_for(b, NdisCloseAdapterEx(b->handle));
}

static void copy_name(char *text, size_t size, const UNICODE_STRING *name)
{
    size_t n = 0;

    for (; name && n < name->Length / sizeof(WCHAR) && n + 1 < size; n++)
        text[n] = name->Buffer[n] < 0x80 ? (char)name->Buffer[n] : '?';
    text[n] = 0;
}

static bool attach(struct binding *b, PNDIS_BIND_PARAMETERS parameters)
{
    struct interface_config config = {
        .mtu = parameters->MtuSize,
        .binding = b,
        .if_index = parameters->LowestIfIndex,
        .luid = parameters->LowestIfNetluid.Value,
        .speed = b->speed,
        .raw = b->raw,
    };

    if (config.mtu + ETHERNET_HEADER + VLAN_TAG > TCPIP_FRAME_MAX)
        config.mtu = TCPIP_FRAME_MAX - ETHERNET_HEADER - VLAN_TAG;
    if (b->raw)
        memcpy(config.mac, (const uint8_t[]){ 0x02, 0, 0, 0, (uint8_t)(b->if_index >> 8), (uint8_t)b->if_index }, 6);
    else
        memcpy(config.mac, parameters->CurrentMacAddress, 6);
    copy_name(config.name, sizeof config.name, parameters->BoundAdapterName);
    b->interface = interface_attach(&config);
    return b->interface != NULL;
}

/* A magic packet may wake the computer. docs: network/oid-pm-parameters */
static void wake_enable(struct binding *b, const NDIS_BIND_PARAMETERS *parameters)
{
    const NDIS_PM_CAPABILITIES *can = parameters->PowerManagementCapabilitiesEx;
    NDIS_PM_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_2, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 },
        .EnabledWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_ENABLED,
    };

    if (can && can->SupportedWoLPacketPatterns & NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED)
        protocol_set_oid(b, OID_PM_PARAMETERS, &p, sizeof p);
}

static bool is_raw(NDIS_MEDIUM medium)
{
    return medium == NdisMediumIP || medium == NdisMediumWirelessWan;
}

static bool fits(const NDIS_BIND_PARAMETERS *p)
{
    bool ethernet = p->MediaType == NdisMedium802_3 && p->MacAddressLength == 6;

    return (ethernet || is_raw(p->MediaType)) && p->MtuSize >= 576;
}

static NDIS_STATUS NTAPI bind_adapter(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS parameters)
{
    if (!fits(parameters))
        return NDIS_STATUS_NOT_SUPPORTED;
    struct binding *b = calloc(1, sizeof *b);
    if (!b)
        return NDIS_STATUS_RESOURCES;
    KeInitializeEvent(&b->completed, SynchronizationEvent, FALSE);
    KeInitializeEvent(&b->unasked, NotificationEvent, TRUE);
    b->if_index = parameters->LowestIfIndex;
    b->link_up = parameters->MediaConnectState != MediaConnectStateDisconnected;   /* until a status says otherwise: soon, maybe */
    b->speed = parameters->XmitLinkSpeed;
    b->raw = is_raw(parameters->MediaType);
    multicast_open(b, parameters->MaxMulticastListSize);
    list_push_back(&bindings, &b->node);
    if (parameters->DefaultOffloadConfiguration && !b->raw)
        offload_take(b, parameters->DefaultOffloadConfiguration, parameters->DefaultOffloadConfiguration->Header.Size);
    /* A later restart may lift what a filter driver takes away now. */
    uint32_t most = parameters->MtuSize > ETHERNET_MTU ? parameters->MtuSize : ETHERNET_MTU;
    if (!protocol_allocate_buffers(b, protocol, most + ETHERNET_HEADER + VLAN_TAG,
                                   parameters->ContextBackFillSize)) {
        free_binding(b);
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS status = open_adapter(b, bind, parameters);
    if (status != NDIS_STATUS_SUCCESS) {
        free_binding(b);
        return status;
    }
    b->state = BINDING_PAUSED;
    ULONG filter = b->raw ? RAW_FILTER & parameters->SupportedPacketFilters : FILTER;
    status = protocol_set_oid(b, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter);
    wake_enable(b, parameters);
    coalescing_update(b);
    offload_enable(b);
    scaling_enable(b, parameters->RcvScaleCapabilities);
    if (status == NDIS_STATUS_SUCCESS && attach(b, parameters)) {
        coalescing_update(b);           /* the interface may have been here before, and forward */
        return NDIS_STATUS_SUCCESS;
    }
    b->state = BINDING_CLOSING;
    multicast_close(b);
    close_adapter(b);
    free_binding(b);
    return status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_RESOURCES : status;
}

static NDIS_STATUS NTAPI unbind_adapter(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    struct binding *b = context;
    ULONG none = 0;

    interface_detach(b->interface);
    protocol_pause(b, BINDING_CLOSING);
    multicast_close(b);
    KeWaitForSingleObject(&b->unasked, Executive, KernelMode, FALSE, NULL);
    protocol_set_oid(b, OID_GEN_CURRENT_PACKET_FILTER, &none, sizeof none);
    close_adapter(b);
    free_binding(b);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI open_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
    complete(context, status);
}

static VOID NTAPI close_complete(NDIS_HANDLE context)
{
    complete(context, NDIS_STATUS_SUCCESS);
}

/* --- what NDIS tells ------------------------------------------------------------------------------------------------ */

static VOID NTAPI status_indicated(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    struct binding *b = context;

    if (indication->StatusCode == NDIS_STATUS_LINK_STATE &&
        indication->StatusBufferSize >= NDIS_SIZEOF_LINK_STATE_REVISION_1) {
        const NDIS_LINK_STATE *link = indication->StatusBuffer;
        b->link_up = link->MediaConnectState == MediaConnectStateConnected;
        b->speed = link->XmitLinkSpeed;
        if (b->state == BINDING_RUNNING)        /* else the restart does */
            interface_link(b->interface, b->link_up, b->speed);
    }
    if (indication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG && indication->StatusBuffer && !b->raw) {
        stack_enter();
        offload_take(b, indication->StatusBuffer, indication->StatusBufferSize);
        stack_leave();
    }
}

/* Filter drivers may have changed what the miniport said. docs: ndis/ns-ndis-_ndis_restart_general_attributes */
static void follow_attributes(struct binding *b, const NDIS_PROTOCOL_RESTART_PARAMETERS *parameters, ULONG length)
{
    if (length < NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1)
        return;
    for (PNDIS_RESTART_ATTRIBUTES a = parameters->RestartAttributes; a; a = a->Next) {
        const NDIS_RESTART_GENERAL_ATTRIBUTES *general = (const void *)a->Data;
        uint32_t room = (uint32_t)min_u64(b->frame_size, TCPIP_FRAME_MAX) - ETHERNET_HEADER - VLAN_TAG;

        if (a->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES && a->DataLength >= NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1)
            interface_limit(b->interface, general->MtuSize < room ? general->MtuSize : room);
    }
}

static NDIS_STATUS NTAPI pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    struct binding *b = context;

    switch (notification->NetPnPEvent.NetEvent) {
    case NetEventPause:
        if (b)
            protocol_pause(b, BINDING_PAUSED);
        return NDIS_STATUS_SUCCESS;
    case NetEventRestart:
        if (b) {
            follow_attributes(b, notification->NetPnPEvent.Buffer, notification->NetPnPEvent.BufferLength);
            stack_enter();
            b->state = BINDING_RUNNING;
            stack_leave();
            interface_link(b->interface, b->link_up, b->speed);
        }
        return NDIS_STATUS_SUCCESS;
    case NetEventQueryPower:
    case NetEventQueryRemoveDevice:
    case NetEventCancelRemoveDevice:
    case NetEventSetPower:
    case NetEventReconfigure:
    case NetEventBindList:
    case NetEventBindsComplete:
    case NetEventPnPCapabilities:
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* --- the protocol ------------------------------------------------------------------------------------------------------ */

bool protocol_register(void)
{
    static WCHAR name[] = u"TCPIP";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1,
                    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 89,
        .MajorDriverVersion = 1,
        .Name = { sizeof name - sizeof(WCHAR), sizeof name, name },
        .BindAdapterHandlerEx = bind_adapter,
        .UnbindAdapterHandlerEx = unbind_adapter,
        .OpenAdapterCompleteHandlerEx = open_complete,
        .CloseAdapterCompleteHandlerEx = close_complete,
        .NetPnPEventHandler = pnp_event,
        .OidRequestCompleteHandler = oid_complete,
        .StatusHandlerEx = status_indicated,
        .ReceiveNetBufferListsHandler = protocol_receive,
        .SendNetBufferListsCompleteHandler = protocol_send_complete,
    };

    NDIS_STATUS status = NdisRegisterProtocolDriver(NULL, &characteristics, &protocol);
    if (status != NDIS_STATUS_SUCCESS)
        return error_set("NDIS refused the TCP/IP protocol driver with status %08x", status);
    return true;
}

void protocol_deregister(void)
{
    if (protocol)
        NdisDeregisterProtocolDriver(protocol);
    protocol = NULL;
}
