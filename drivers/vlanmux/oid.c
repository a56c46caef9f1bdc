/* Requests for virtual adapters: answered here, merged over those of one adapter below, or handed down as clones. */
#include "vlanmux.h"

const NDIS_OID MuxSupportedOids[] = {
    OID_GEN_SUPPORTED_LIST, OID_GEN_HARDWARE_STATUS, OID_GEN_MEDIA_SUPPORTED, OID_GEN_MEDIA_IN_USE, OID_GEN_MAXIMUM_LOOKAHEAD,
    OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD, OID_GEN_DRIVER_VERSION, OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_MAC_OPTIONS, OID_GEN_MEDIA_CONNECT_STATUS, OID_GEN_MAXIMUM_SEND_PACKETS, OID_GEN_VLAN_ID, OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK, OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_GEN_STATISTICS, OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_LINK_PARAMETERS, OID_802_3_PERMANENT_ADDRESS, OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE, OID_PNP_CAPABILITIES, OID_PNP_QUERY_POWER, OID_PNP_SET_POWER,
};
const ULONG MuxSupportedOidsLength = sizeof(MuxSupportedOids);

/* ---- what all virtual adapters together want ---- */

static VOID Lock(PLOWER Lower)
{
    KeWaitForSingleObject(&Lower->Control, Executive, KernelMode, FALSE, NULL);
}

static VOID Unlock(PLOWER Lower)
{
    KeReleaseMutex(&Lower->Control, FALSE);
}

/* An address of its own is no address of the adapter below: that one must let everything pass. */
static ULONG Union(PLOWER Lower)
{
    ULONG filter = 0;

    for (PUPPER upper = Lower->Uppers; upper != NULL; upper = upper->Next) {
        filter |= upper->Filter;
        if (upper->Filter != 0 && !NdisEqualMemory(upper->Address, Lower->Bind.CurrentMacAddress, ETH_LENGTH_OF_ADDRESS))
            filter |= NDIS_PACKET_TYPE_PROMISCUOUS;
    }
    if (filter & NDIS_PACKET_TYPE_PROMISCUOUS)
        filter |= NDIS_PACKET_TYPE_NO_LOCAL;    /* what is sent below stays below */
    return filter;
}

_Use_decl_annotations_
NDIS_STATUS MuxApplyFilter(PLOWER Lower)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG filter;

    Lock(Lower);
    filter = Union(Lower);
    if (filter != Lower->Filter) {
        status = LowerRequest(Lower, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
        if (status == NDIS_STATUS_SUCCESS)
            Lower->Filter = filter;
    }
    Unlock(Lower);
    return status;
}

static BOOLEAN AddAddress(UCHAR (*List)[ETH_LENGTH_OF_ADDRESS], PULONG Count, ULONG Room, const UCHAR *Address)
{
    for (ULONG i = 0; i < *Count; i++)
        if (NdisEqualMemory(List[i], Address, ETH_LENGTH_OF_ADDRESS))
            return TRUE;
    if (*Count == Room)
        return FALSE;
    NdisMoveMemory(List[(*Count)++], Address, ETH_LENGTH_OF_ADDRESS);
    return TRUE;
}

static BOOLEAN Gather(PLOWER Lower, UCHAR (*List)[ETH_LENGTH_OF_ADDRESS], PULONG Count, ULONG Room)
{
    *Count = 0;
    for (PUPPER upper = Lower->Uppers; upper != NULL; upper = upper->Next)
        for (ULONG i = 0; i < upper->MulticastCount; i++)
            if (!AddAddress(List, Count, Room, upper->Multicast[i]))
                return FALSE;
    return TRUE;
}

_Use_decl_annotations_
NDIS_STATUS MuxApplyMulticast(PLOWER Lower)
{
    ULONG room = Lower->Bind.MaxMulticastListSize, count;
    UCHAR (*list)[ETH_LENGTH_OF_ADDRESS];
    NDIS_STATUS status;

    list = ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)max(room, 1) * ETH_LENGTH_OF_ADDRESS, MUX_TAG);
    if (list == NULL)
        return NDIS_STATUS_RESOURCES;
    Lock(Lower);
    if (Gather(Lower, list, &count, room))
        status = LowerRequest(Lower, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, list, count * ETH_LENGTH_OF_ADDRESS);
    else
        status = NDIS_STATUS_MULTICAST_FULL;
    Unlock(Lower);
    ExFreePoolWithTag(list, MUX_TAG);
    return status;
}

/* ---- set ---- */

static NDIS_STATUS SetFilter(PUPPER Upper, ULONG Filter)
{
    ULONG old = Upper->Filter;
    NDIS_STATUS status;

    if ((Filter & ~Upper->Lower->Bind.SupportedPacketFilters) != 0)
        return NDIS_STATUS_NOT_SUPPORTED;
    Upper->Filter = Filter;
    status = MuxApplyFilter(Upper->Lower);
    if (status != NDIS_STATUS_SUCCESS)
        Upper->Filter = old;
    return status;
}

static NDIS_STATUS SetMulticast(PUPPER Upper, const VOID *List, ULONG Length)
{
    UCHAR old[MUX_MULTICAST][ETH_LENGTH_OF_ADDRESS];
    ULONG oldCount = Upper->MulticastCount;
    NDIS_STATUS status;

    if (Length % ETH_LENGTH_OF_ADDRESS != 0)
        return NDIS_STATUS_INVALID_LENGTH;
    if (Length / ETH_LENGTH_OF_ADDRESS > MUX_MULTICAST)
        return NDIS_STATUS_MULTICAST_FULL;
    NdisMoveMemory(old, Upper->Multicast, sizeof(old));
    NdisMoveMemory(Upper->Multicast, List, Length);
    Upper->MulticastCount = Length / ETH_LENGTH_OF_ADDRESS;
    status = MuxApplyMulticast(Upper->Lower);
    if (status != NDIS_STATUS_SUCCESS) {
        Upper->MulticastCount = oldCount;
        NdisMoveMemory(Upper->Multicast, old, sizeof(old));
    }
    return status;
}

static BOOLEAN IsNumber(NDIS_OID Oid)
{
    return Oid == OID_GEN_CURRENT_PACKET_FILTER || Oid == OID_GEN_CURRENT_LOOKAHEAD || Oid == OID_GEN_VLAN_ID ||
           Oid == OID_PNP_SET_POWER;
}

/* NDIS_STATUS_NOT_RECOGNIZED: it is for the adapter below. */
static NDIS_STATUS Set(PUPPER Upper, PNDIS_OID_REQUEST Request)
{
    NDIS_OID oid = Request->DATA.SET_INFORMATION.Oid;
    PVOID buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
    ULONG length = Request->DATA.SET_INFORMATION.InformationBufferLength;

    if (IsNumber(oid) && length < sizeof(ULONG)) {
        Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(ULONG);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    Request->DATA.SET_INFORMATION.BytesRead = IsNumber(oid) ? sizeof(ULONG) : length;
    switch (oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return SetFilter(Upper, *(PULONG)buffer);
    case OID_GEN_CURRENT_LOOKAHEAD:
        Upper->Lookahead = *(PULONG)buffer;
        return NDIS_STATUS_SUCCESS;
    case OID_802_3_MULTICAST_LIST:
        return SetMulticast(Upper, buffer, length);
    case OID_GEN_VLAN_ID:               /* configured, and what separates the adapters: not to be changed */
        return *(PULONG)buffer == Upper->VlanId ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
    case OID_PNP_SET_POWER:             /* never for the adapter below, which has a request of its own */
        Upper->Power = *(NDIS_DEVICE_POWER_STATE *)buffer;
        return NDIS_STATUS_SUCCESS;
    case OID_GEN_INTERRUPT_MODERATION:
    case OID_GEN_LINK_PARAMETERS:
        return NDIS_STATUS_INVALID_DATA;
    default:
        Request->DATA.SET_INFORMATION.BytesRead = 0;
        return NDIS_STATUS_NOT_RECOGNIZED;
    }
}

/* ---- query ---- */

static NDIS_STATUS Reply(PNDIS_OID_REQUEST Request, const VOID *Data, ULONG Length)
{
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Length) {
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Data, Length);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ReplyNumber(PNDIS_OID_REQUEST Request, ULONG Number)
{
    return Reply(Request, &Number, sizeof(Number));
}

static NDIS_STATUS ReplyStatistics(PUPPER Upper, PNDIS_OID_REQUEST Request)
{
    NDIS_STATISTICS_INFO info;

    UpperStatistics(Upper, &info);
    return Reply(Request, &info, sizeof(info));
}

static NDIS_STATUS ReplyModeration(PNDIS_OID_REQUEST Request)
{
    NDIS_INTERRUPT_MODERATION_PARAMETERS parameters;

    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    parameters.InterruptModeration = NdisInterruptModerationNotSupported;
    return Reply(Request, &parameters, sizeof(parameters));
}

static NDIS_STATUS Query(PUPPER Upper, PNDIS_OID_REQUEST Request)
{
    static const char description[] = "ring3 vlanmux";
    ULONG frame = Upper->Lower->Bind.MtuSize + MUX_ETHERNET_HEADER;

    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_HARDWARE_STATUS:
        return ReplyNumber(Request, Upper->Lower->Power == NdisDeviceStateD0 ? NdisHardwareStatusReady : NdisHardwareStatusNotReady);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
    case OID_GEN_RECEIVE_BUFFER_SPACE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
        return ReplyNumber(Request, frame);
    case OID_GEN_VENDOR_ID:
        return ReplyNumber(Request, 0xFFFFFF);
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return ReplyNumber(Request, 0x10000);
    case OID_GEN_VENDOR_DESCRIPTION:
        return Reply(Request, description, sizeof(description));
    case OID_GEN_CURRENT_PACKET_FILTER:
        return ReplyNumber(Request, Upper->Filter);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return ReplyNumber(Request, Upper->Lookahead);
    case OID_802_3_MULTICAST_LIST:
        return Reply(Request, Upper->Multicast, Upper->MulticastCount * ETH_LENGTH_OF_ADDRESS);
    case OID_GEN_VLAN_ID:
        return ReplyNumber(Request, Upper->VlanId);
    case OID_GEN_STATISTICS:
        return ReplyStatistics(Upper, Request);
    case OID_GEN_INTERRUPT_MODERATION:
        return ReplyModeration(Request);
    case OID_PNP_QUERY_POWER:
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_RECOGNIZED;
    }
}

/* ---- down ---- */

static VOID CopyResult(PNDIS_OID_REQUEST To, const NDIS_OID_REQUEST *From)
{
    switch (From->RequestType) {
    case NdisRequestSetInformation:
        To->DATA.SET_INFORMATION.BytesRead = From->DATA.SET_INFORMATION.BytesRead;
        To->DATA.SET_INFORMATION.BytesNeeded = From->DATA.SET_INFORMATION.BytesNeeded;
        break;
    case NdisRequestMethod:
        To->DATA.METHOD_INFORMATION.OutputBufferLength = From->DATA.METHOD_INFORMATION.OutputBufferLength;
        To->DATA.METHOD_INFORMATION.BytesWritten = From->DATA.METHOD_INFORMATION.BytesWritten;
        To->DATA.METHOD_INFORMATION.BytesRead = From->DATA.METHOD_INFORMATION.BytesRead;
        To->DATA.METHOD_INFORMATION.BytesNeeded = From->DATA.METHOD_INFORMATION.BytesNeeded;
        break;
    default:
        To->DATA.QUERY_INFORMATION.BytesWritten = From->DATA.QUERY_INFORMATION.BytesWritten;
        To->DATA.QUERY_INFORMATION.BytesNeeded = From->DATA.QUERY_INFORMATION.BytesNeeded;
        break;
    }
}

static PNDIS_OID_REQUEST *Original(PNDIS_OID_REQUEST Clone)
{
    return (PNDIS_OID_REQUEST *)(PVOID)&Clone->SourceReserved[0];
}

static NDIS_STATUS Pass(PUPPER Upper, PNDIS_OID_REQUEST Request)
{
    PNDIS_OID_REQUEST clone;
    NDIS_STATUS status;

    if (!MuxIsTransparent(Upper) || Upper->Lower->Power != NdisDeviceStateD0)
        return NDIS_STATUS_NOT_SUPPORTED;
    status = NdisAllocateCloneOidRequest(Upper->Lower->Binding, Request, MUX_TAG, &clone);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    *Original(clone) = Request;
    clone->RequestId = Request;
    InterlockedExchangePointer((PVOID *)&Upper->Pending, Request);
    status = NdisOidRequest(Upper->Lower->Binding, clone);
    if (status == NDIS_STATUS_PENDING)
        return status;
    InterlockedExchangePointer((PVOID *)&Upper->Pending, NULL);
    CopyResult(Request, clone);
    NdisFreeCloneOidRequest(Upper->Lower->Binding, clone);
    return status;
}

_Use_decl_annotations_
VOID LowerRequestDone(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    PLOWER lower = ProtocolBindingContext;
    PNDIS_OID_REQUEST original = *Original(OidRequest);

    if (original == NULL) {             /* one of LowerRequest */
        lower->Status = Status;
        NdisSetEvent(&lower->Completed);
        return;
    }
    CopyResult(original, OidRequest);
    NdisFreeCloneOidRequest(lower->Binding, OidRequest);
    for (PUPPER upper = lower->Uppers; upper != NULL; upper = upper->Next)
        if (InterlockedCompareExchangePointer((PVOID *)&upper->Pending, NULL, original) == original)
            NdisMOidRequestComplete(upper->Handle, original, Status);
}

_Use_decl_annotations_
NDIS_STATUS UpperRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
    PUPPER upper = MiniportAdapterContext;
    NDIS_STATUS status = NDIS_STATUS_NOT_RECOGNIZED;

    switch (OidRequest->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        status = Query(upper, OidRequest);
        break;
    case NdisRequestSetInformation:
        status = Set(upper, OidRequest);
        break;
    default:
        break;
    }
    return status == NDIS_STATUS_NOT_RECOGNIZED ? Pass(upper, OidRequest) : status;
}

_Use_decl_annotations_
VOID UpperCancelRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
    PUPPER upper = MiniportAdapterContext;
    PNDIS_OID_REQUEST pending = upper->Pending;

    if (pending != NULL && pending->RequestId == RequestId)
        NdisCancelOidRequest(upper->Lower->Binding, pending);   /* the clone's identifier */
}
