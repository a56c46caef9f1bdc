#include "oid.h"

#include "attributes.h"
#include "coalesce.h"
#include "power.h"

#define VENDOR_ID 0x00FFFFFF            /* no IEEE code */
#define DRIVER_VERSION (VIONET_MAJOR_VERSION << 16 | VIONET_MINOR_VERSION)

static const CHAR VendorDescription[] = "ring3 virtio network adapter";

const NDIS_OID VioNetSupportedOids[] = {
    OID_GEN_STATISTICS, OID_GEN_XMIT_OK, OID_GEN_RCV_OK, OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER,
    OID_GEN_XMIT_DISCARDS, OID_GEN_RCV_DISCARDS, OID_GEN_BYTES_XMIT, OID_GEN_BYTES_RCV, OID_GEN_DIRECTED_FRAMES_XMIT,
    OID_GEN_DIRECTED_FRAMES_RCV, OID_GEN_MULTICAST_FRAMES_XMIT, OID_GEN_MULTICAST_FRAMES_RCV,
    OID_GEN_BROADCAST_FRAMES_XMIT, OID_GEN_BROADCAST_FRAMES_RCV, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_INTERRUPT_MODERATION, OID_GEN_LINK_PARAMETERS, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, OID_802_3_MAXIMUM_LIST_SIZE, OID_802_3_RCV_ERROR_ALIGNMENT,
    OID_802_3_XMIT_ONE_COLLISION, OID_802_3_XMIT_MORE_COLLISIONS, OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_PARAMETERS,
    OID_TCP_RSC_STATISTICS, OID_PM_PARAMETERS, OID_GEN_RECEIVE_SCALE_PARAMETERS, OID_PNP_SET_POWER, OID_PNP_QUERY_POWER,
};
const ULONG VioNetSupportedOidsLength = sizeof(VioNetSupportedOids);

/* ---- query ---- */

/* Copies the answer when the buffer takes it, and says what is needed when it does not. */
static NDIS_STATUS Answer(PNDIS_OID_REQUEST request, const VOID *data, ULONG length)
{
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength < length) {
        request->DATA.QUERY_INFORMATION.BytesNeeded = length;
        request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(request->DATA.QUERY_INFORMATION.InformationBuffer, data, length);
    request->DATA.QUERY_INFORMATION.BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS AnswerUlong(PNDIS_OID_REQUEST request, ULONG value)
{
    return Answer(request, &value, sizeof(value));
}

/* A counter, 64 bits when the buffer has room for them, else its low 32. */
static NDIS_STATUS AnswerCounter(PNDIS_OID_REQUEST request, ULONG64 value)
{
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(value))
        return Answer(request, &value, sizeof(value));
    request->DATA.QUERY_INFORMATION.BytesNeeded = sizeof(value);
    return AnswerUlong(request, (ULONG)value);
}

static NDIS_STATUS AnswerModeration(PNDIS_OID_REQUEST request)
{
    NDIS_INTERRUPT_MODERATION_PARAMETERS parameters;

    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    parameters.InterruptModeration = NdisInterruptModerationNotSupported;
    return Answer(request, &parameters, sizeof(parameters));
}

static NDIS_STATUS AnswerStatistics(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    NDIS_STATISTICS_INFO info;
    ULONG64 value;

    VioNetStatisticsQuery(adapter, &info);
    if (request->DATA.QUERY_INFORMATION.Oid == OID_GEN_STATISTICS)
        return Answer(request, &info, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1);
    if (VioNetStatisticsValue(&info, request->DATA.QUERY_INFORMATION.Oid, &value))
        return AnswerCounter(request, value);
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS AnswerCoalescing(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    NDIS_RSC_STATISTICS_INFO info;

    if ((adapter->Features & VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) == 0)
        return NDIS_STATUS_NOT_SUPPORTED;
    VioNetRscStatistics(adapter, &info);
    return Answer(request, &info, NDIS_SIZEOF_RSC_STATISTICS_REVISION_1);
}

static NDIS_STATUS Query(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_VENDOR_ID:
        return AnswerUlong(request, VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION:
        return Answer(request, VendorDescription, sizeof(VendorDescription));
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return AnswerUlong(request, DRIVER_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER:
        return AnswerUlong(request, adapter->PacketFilter);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return AnswerUlong(request, adapter->Lookahead);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
        return AnswerUlong(request, adapter->Mtu + VIONET_ETHERNET_HEADER);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
        return AnswerUlong(request, adapter->QueueCount * adapter->Transmit[0].PacketCount * VioNetMaxFrame(adapter));
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        return AnswerUlong(request, adapter->QueueCount * adapter->Receive[0].BufferCount * VioNetMaxFrame(adapter));
    case OID_GEN_INTERRUPT_MODERATION:
        return AnswerModeration(request);
    case OID_802_3_PERMANENT_ADDRESS:
        return Answer(request, adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    case OID_802_3_CURRENT_ADDRESS:
        return Answer(request, adapter->CurrentAddress, ETH_LENGTH_OF_ADDRESS);
    case OID_802_3_MULTICAST_LIST:
        return Answer(request, adapter->Multicast, adapter->MulticastCount * ETH_LENGTH_OF_ADDRESS);
    case OID_802_3_MAXIMUM_LIST_SIZE:
        return AnswerUlong(request, VIONET_MAX_MULTICAST);
    case OID_TCP_RSC_STATISTICS:
        return AnswerCoalescing(adapter, request);
    case OID_PNP_QUERY_POWER:
        return NDIS_STATUS_SUCCESS;     /* any state will do */
    default:
        return AnswerStatistics(adapter, request);
    }
}

/* ---- set ---- */

/* The request's buffer when it holds at least `length` bytes; else NULL, and what is needed is said. */
static PVOID Input(PNDIS_OID_REQUEST request, ULONG length)
{
    if (request->DATA.SET_INFORMATION.InformationBufferLength < length) {
        request->DATA.SET_INFORMATION.BytesNeeded = length;
        return NULL;
    }
    request->DATA.SET_INFORMATION.BytesRead = length;
    return request->DATA.SET_INFORMATION.InformationBuffer;
}

static NDIS_STATUS SetPacketFilter(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PULONG filter = Input(request, sizeof(*filter));

    if (filter == NULL)
        return NDIS_STATUS_INVALID_LENGTH;
    if ((*filter & ~VIONET_PACKET_FILTERS) != 0)
        return NDIS_STATUS_NOT_SUPPORTED;
    adapter->PacketFilter = *filter;
    if (adapter->HardwareUp)
        VioNetControlSetFilter(&adapter->Control);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetLookahead(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PULONG lookahead = Input(request, sizeof(*lookahead));

    if (lookahead == NULL)
        return NDIS_STATUS_INVALID_LENGTH;
    if (*lookahead > adapter->Mtu)
        return NDIS_STATUS_INVALID_DATA;
    adapter->Lookahead = *lookahead;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetMulticast(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    ULONG length = request->DATA.SET_INFORMATION.InformationBufferLength;
    KIRQL irql;

    if (length % ETH_LENGTH_OF_ADDRESS != 0)
        return NDIS_STATUS_INVALID_LENGTH;
    if (length > sizeof(adapter->Multicast)) {
        request->DATA.SET_INFORMATION.BytesNeeded = sizeof(adapter->Multicast);
        return NDIS_STATUS_MULTICAST_FULL;
    }
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        KeAcquireSpinLockAtDpcLevel(&adapter->Receive[pair].Lock);
    NdisMoveMemory(adapter->Multicast, request->DATA.SET_INFORMATION.InformationBuffer, length);
    adapter->MulticastCount = length / ETH_LENGTH_OF_ADDRESS;
    for (ULONG pair = adapter->QueueCount; pair-- != 0;)
        KeReleaseSpinLockFromDpcLevel(&adapter->Receive[pair].Lock);
    KeLowerIrql(irql);
    request->DATA.SET_INFORMATION.BytesRead = length;
    if (adapter->HardwareUp)
        VioNetControlSetFilter(&adapter->Control);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetEncapsulation(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PNDIS_OFFLOAD_ENCAPSULATION encapsulation = Input(request, NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1);

    if (encapsulation == NULL)
        return NDIS_STATUS_INVALID_LENGTH;
    if ((encapsulation->IPv4.Enabled == NDIS_OFFLOAD_SET_ON &&
         encapsulation->IPv4.EncapsulationType != NDIS_ENCAPSULATION_IEEE_802_3) ||
        (encapsulation->IPv6.Enabled == NDIS_OFFLOAD_SET_ON &&
         encapsulation->IPv6.EncapsulationType != NDIS_ENCAPSULATION_IEEE_802_3))
        return NDIS_STATUS_NOT_SUPPORTED;
    VioNetRscActivate(adapter, encapsulation);
    VioNetOffloadIndicate(adapter);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetOffload(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PNDIS_OFFLOAD_PARAMETERS parameters = Input(request, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1);

    return parameters != NULL ? VioNetOffloadSet(adapter, parameters) : NDIS_STATUS_INVALID_LENGTH;
}

static NDIS_STATUS SetScaling(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PNDIS_RECEIVE_SCALE_PARAMETERS parameters = Input(request, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2);

    if (parameters == NULL)
        return NDIS_STATUS_INVALID_LENGTH;
    request->DATA.SET_INFORMATION.BytesRead = request->DATA.SET_INFORMATION.InformationBufferLength;
    return VioNetRssSet(adapter, parameters, request->DATA.SET_INFORMATION.InformationBufferLength);
}

static NDIS_STATUS SetPower(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    PNDIS_DEVICE_POWER_STATE state = Input(request, sizeof(*state));

    return state != NULL ? VioNetSetPower(adapter, *state) : NDIS_STATUS_INVALID_LENGTH;
}

static NDIS_STATUS Set(PVIONET_ADAPTER adapter, PNDIS_OID_REQUEST request)
{
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return SetPacketFilter(adapter, request);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return SetLookahead(adapter, request);
    case OID_802_3_MULTICAST_LIST:
        return SetMulticast(adapter, request);
    case OID_OFFLOAD_ENCAPSULATION:
        return SetEncapsulation(adapter, request);
    case OID_TCP_OFFLOAD_PARAMETERS:
        return SetOffload(adapter, request);
    case OID_GEN_RECEIVE_SCALE_PARAMETERS:
        return SetScaling(adapter, request);
    case OID_PNP_SET_POWER:
        return SetPower(adapter, request);
    case OID_PM_PARAMETERS:             /* a magic packet wakes whenever the bus lets the device wake */
        return Input(request, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1) != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_LENGTH;
    case OID_GEN_INTERRUPT_MODERATION:  /* there is none to switch */
    case OID_GEN_LINK_PARAMETERS:       /* a virtual link has no parameters */
        return Input(request, sizeof(NDIS_OBJECT_HEADER)) != NULL ? NDIS_STATUS_INVALID_DATA : NDIS_STATUS_INVALID_LENGTH;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
NDIS_STATUS VioNetOidRequest(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    switch (request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        return Query(context, request);
    case NdisRequestSetInformation:
        return Set(context, request);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
VOID VioNetCancelOidRequest(NDIS_HANDLE context, PVOID requestId)
{
    UNREFERENCED_PARAMETER(context);    /* no request is ever pending */
    UNREFERENCED_PARAMETER(requestId);
}
