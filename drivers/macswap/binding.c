/* One binding for each Ethernet adapter: open, packet filter, pause and restart, close. */
#include "macswap.h"

/* Waits for a request that returned NDIS_STATUS_PENDING. */
static NDIS_STATUS Finish(PBINDING Binding, NDIS_STATUS Status)
{
    if (Status != NDIS_STATUS_PENDING)
        return Status;
    NdisWaitEvent(&Binding->Completed, 0);
    return Binding->Status;
}

static NDIS_STATUS SetPacketFilter(PBINDING Binding, ULONG Filter)
{
    NDIS_OID_REQUEST request = { 0 };

    request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &Filter;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(Filter);
    NdisResetEvent(&Binding->Completed);
    return Finish(Binding, NdisOidRequest(Binding->Handle, &request));
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
    return Finish(Binding, NdisOpenAdapterEx(MacswapProtocol, Binding, &parameters, BindContext, &Binding->Handle));
}

static VOID Close(PBINDING Binding)
{
    NdisResetEvent(&Binding->Completed);
    Finish(Binding, NdisCloseAdapterEx(Binding->Handle));
}

_Use_decl_annotations_
NDIS_STATUS BindingCreate(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext, PNDIS_BIND_PARAMETERS BindParameters)
{
    PBINDING binding;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(ProtocolDriverContext);
    if (BindParameters->MediaType != NdisMedium802_3)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    binding = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*binding), MACSWAP_TAG);
    if (binding == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisInitializeEvent(&binding->Completed);
    binding->Pool = TransmitPoolCreate(BindParameters->ContextBackFillSize);
    if (binding->Pool == NULL) {
        status = NDIS_STATUS_RESOURCES;
        goto FreeBinding;
    }
    status = Open(binding, BindContext, BindParameters->AdapterName);
    if (status != NDIS_STATUS_SUCCESS)
        goto FreePool;
    /* What arrives, and not what others send here: an echo of that would never end. */
    status = SetPacketFilter(binding, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST |
                                          NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL);
    if (status == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;

    Close(binding);
FreePool:
    TransmitPoolDestroy(binding->Pool);
FreeBinding:
    ExFreePoolWithTag(binding, MACSWAP_TAG);
    return status;
}

_Use_decl_annotations_
NDIS_STATUS BindingDestroy(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;

    UNREFERENCED_PARAMETER(UnbindContext);
    SetPacketFilter(binding, 0);
    TransmitPoolDrain(binding->Pool);
    Close(binding);
    DbgPrint("macswap received %I64u echoed %I64u dropped %I64u\n", binding->Received, binding->Echoed, binding->Dropped);
    TransmitPoolDestroy(binding->Pool);
    ExFreePoolWithTag(binding, MACSWAP_TAG);
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

_Use_decl_annotations_
VOID BindingRequestDone(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    UNREFERENCED_PARAMETER(OidRequest);
    Complete((PBINDING)ProtocolBindingContext, Status);
}

_Use_decl_annotations_
VOID BindingStatus(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
    UNREFERENCED_PARAMETER(ProtocolBindingContext);
    UNREFERENCED_PARAMETER(StatusIndication);
}

/* A paused binding sends nothing, and is paused only when everything it sent is back. */
_Use_decl_annotations_
NDIS_STATUS BindingEvent(NDIS_HANDLE ProtocolBindingContext, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;

    switch (NetPnPEventNotification->NetPnPEvent.NetEvent) {
    case NetEventPause:
        binding->Running = FALSE;
        TransmitPoolDrain(binding->Pool);
        return NDIS_STATUS_SUCCESS;
    case NetEventRestart:
        binding->Running = TRUE;
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_SUCCESS;
    }
}
