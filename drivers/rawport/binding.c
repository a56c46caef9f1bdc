/* One binding for each Ethernet adapter: open, PnP events, close. */
#include "rawport.h"

static NDIS_STATUS Finish(PBINDING Binding, NDIS_STATUS Status)
{
    if (Status != NDIS_STATUS_PENDING)
        return Status;
    NdisWaitEvent(&Binding->Completed, 0);
    return Binding->Status;
}

static NDIS_STATUS Open(PBINDING Binding, NDIS_HANDLE BindContext, PNDIS_STRING AdapterName)
{
    NDIS_OPEN_PARAMETERS parameters = { 0 };
    NDIS_MEDIUM medium = NdisMedium802_3;
    NET_FRAME_TYPE anyType = 0;
    UINT selected = 0;

    parameters.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    parameters.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    parameters.AdapterName = AdapterName;
    parameters.MediumArray = &medium;
    parameters.MediumArraySize = 1;
    parameters.SelectedMediumIndex = &selected;
    parameters.FrameTypeArray = &anyType;
    parameters.FrameTypeArraySize = 0;
    NdisResetEvent(&Binding->Completed);
    return Finish(Binding, NdisOpenAdapterEx(Driver.Protocol, Binding, &parameters, BindContext, &Binding->Handle));
}

static NDIS_HANDLE CreatePool(VOID)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };

    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = RAWPORT_TAG;
    return NdisAllocateNetBufferListPool(Driver.Protocol, &parameters);
}

static VOID Describe(PBINDING Binding, PNDIS_BIND_PARAMETERS Parameters)
{
    USHORT length = Parameters->AdapterName->Length;

    if (length > sizeof(Binding->Name))
        length = sizeof(Binding->Name);
    NdisMoveMemory(Binding->Name, Parameters->AdapterName->Buffer, length);
    Binding->NameLength = length;
    NdisMoveMemory(Binding->Address, Parameters->CurrentMacAddress, sizeof(Binding->Address));
    Binding->FrameSize = Parameters->MtuSize + ETHERNET_HEADER;
    Binding->LinkUp = Parameters->MediaConnectState == MediaConnectStateConnected;
    Binding->Powered = TRUE;
}

static VOID Publish(PBINDING Binding)
{
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    Binding->Index = Driver.NextIndex++;
    Binding->References = 1;
    InsertTailList(&Driver.Bindings, &Binding->Link);
    KeReleaseSpinLock(&Driver.Lock, irql);
}

_Use_decl_annotations_
NDIS_STATUS BindingCreate(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext, PNDIS_BIND_PARAMETERS BindParameters)
{
    PBINDING binding;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(ProtocolDriverContext);
    if (BindParameters->MediaType != NdisMedium802_3)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    binding = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*binding), RAWPORT_TAG);
    if (binding == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisInitializeEvent(&binding->Completed);
    NdisInitializeEvent(&binding->Drained);
    NdisInitializeEvent(&binding->Released);
    Describe(binding, BindParameters);
    binding->Pool = CreatePool();
    if (binding->Pool == NULL) {
        status = NDIS_STATUS_RESOURCES;
        goto FreeBinding;
    }
    status = Open(binding, BindContext, BindParameters->AdapterName);
    if (status != NDIS_STATUS_SUCCESS)
        goto FreePool;
    Publish(binding);
    return NDIS_STATUS_SUCCESS;

FreePool:
    NdisFreeNetBufferListPool(binding->Pool);
FreeBinding:
    ExFreePoolWithTag(binding, RAWPORT_TAG);
    return status;
}

/* --- references --- */

_Use_decl_annotations_
VOID BindingRelease(PBINDING Binding)
{
    KIRQL irql;
    BOOLEAN last;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    last = --Binding->References == 0;
    if (last)
        NdisSetEvent(&Binding->Released);
    KeReleaseSpinLock(&Driver.Lock, irql);
}

_Use_decl_annotations_
PBINDING BindingOfPort(PPORT Port)
{
    PBINDING binding;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    if (Port->Binding == NULL && !Port->Closing && !IsListEmpty(&Driver.Bindings)) {
        binding = CONTAINING_RECORD(Driver.Bindings.Flink, BINDING, Link);
        Port->Binding = binding;
    }
    binding = Port->Binding;
    if (binding != NULL)
        binding->References++;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return binding;
}

/* --- the end --- */

/* Takes the binding out of the list and away from its ports, whose reads end. */
static VOID Withdraw(PBINDING Binding)
{
    PPORT port;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    Binding->Closing = TRUE;
    RemoveEntryList(&Binding->Link);
    for (PLIST_ENTRY link = Driver.Ports.Flink; link != &Driver.Ports;) {
        port = CONTAINING_RECORD(link, PORT, Link);
        if (port->Binding != Binding) {
            link = link->Flink;
            continue;
        }
        port->Binding = NULL;
        port->References++;
        KeReleaseSpinLock(&Driver.Lock, irql);
        ReadsFlush(port, STATUS_DEVICE_DOES_NOT_EXIST);
        PortRelease(port);
        KeAcquireSpinLock(&Driver.Lock, &irql);
        link = Driver.Ports.Flink;
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
}

_Use_decl_annotations_
NDIS_STATUS BindingDestroy(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;

    UNREFERENCED_PARAMETER(UnbindContext);
    Withdraw(binding);
    OidUpdateFilter(binding);
    BindingRelease(binding);
    NdisWaitEvent(&binding->Released, 0);
    NdisResetEvent(&binding->Completed);
    Finish(binding, NdisCloseAdapterEx(binding->Handle));
    NdisFreeNetBufferListPool(binding->Pool);
    ExFreePoolWithTag(binding, RAWPORT_TAG);
    return NDIS_STATUS_SUCCESS;
}

static VOID Complete(PBINDING Binding, NDIS_STATUS Status)
{
    Binding->Status = Status;
    NdisSetEvent(&Binding->Completed);
}

_Use_decl_annotations_
VOID BindingOpened(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status)
{
    Complete((PBINDING)ProtocolBindingContext, Status);
}

_Use_decl_annotations_
VOID BindingClosed(NDIS_HANDLE ProtocolBindingContext)
{
    Complete((PBINDING)ProtocolBindingContext, NDIS_STATUS_SUCCESS);
}

/* --- what NDIS tells --- */

_Use_decl_annotations_
VOID BindingStatus(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;
    PNDIS_LINK_STATE link;

    if (StatusIndication->StatusCode != NDIS_STATUS_LINK_STATE ||
        StatusIndication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1)
        return;
    link = (PNDIS_LINK_STATE)StatusIndication->StatusBuffer;
    binding->LinkUp = link->MediaConnectState == MediaConnectStateConnected;
}

/* A paused binding has no send out. */
static VOID Pause(PBINDING Binding)
{
    BOOLEAN wait;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    Binding->Running = FALSE;
    NdisResetEvent(&Binding->Drained);
    wait = Binding->Sends != 0;
    KeReleaseSpinLock(&Driver.Lock, irql);
    if (wait)
        NdisWaitEvent(&Binding->Drained, 0);
}

_Use_decl_annotations_
NDIS_STATUS BindingEvent(NDIS_HANDLE ProtocolBindingContext, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;
    PNET_PNP_EVENT event = &NetPnPEventNotification->NetPnPEvent;

    switch (event->NetEvent) {
    case NetEventPause:
        Pause(binding);
        return NDIS_STATUS_SUCCESS;
    case NetEventRestart:
        binding->Running = TRUE;
        return NDIS_STATUS_SUCCESS;
    case NetEventSetPower:
        binding->Powered = *(PNET_DEVICE_POWER_STATE)event->Buffer == NetDeviceStateD0;
        return NDIS_STATUS_SUCCESS;
    case NetEventQueryPower:
    case NetEventQueryRemoveDevice:
    case NetEventCancelRemoveDevice:
    case NetEventReconfigure:
    case NetEventBindList:
    case NetEventBindsComplete:
    case NetEventPnPCapabilities:
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}
