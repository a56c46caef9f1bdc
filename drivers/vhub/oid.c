/* Requests. Sets are left pending and done by a work item. */
#include "vhub.h"

static const CHAR VendorDescription[] = "ring3 virtual hub";

const NDIS_OID PortOids[] = {
    OID_GEN_STATISTICS, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK, OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, OID_802_3_MAXIMUM_LIST_SIZE,
};
const ULONG PortOidsLength = sizeof(PortOids);

static NDIS_STATUS Answer(PNDIS_OID_REQUEST Request, const VOID *Data, ULONG Length)
{
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Length) {
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Data, Length);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Query(PPORT Port, PNDIS_OID_REQUEST Request)
{
    ULONG value = 0;

    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_STATISTICS:
        Port->Statistics.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        Port->Statistics.Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
        Port->Statistics.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
        return Answer(Request, &Port->Statistics, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1);
    case OID_GEN_VENDOR_DESCRIPTION:
        return Answer(Request, VendorDescription, sizeof(VendorDescription));
    case OID_GEN_VENDOR_ID:
        value = 0x00FFFFFF;
        break;
    case OID_GEN_VENDOR_DRIVER_VERSION:
        value = 0x00010000;
        break;
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        value = VHUB_FRAME;
        break;
    case OID_GEN_XMIT_OK:
        value = (ULONG)Port->Statistics.ifHCOutUcastPkts;
        break;
    case OID_GEN_RCV_OK:
        value = (ULONG)Port->Statistics.ifHCInUcastPkts;
        break;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return Answer(Request, &value, sizeof(value));
}

static NDIS_STATUS SetUlong(PNDIS_OID_REQUEST Request, PULONG Value)
{
    if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(ULONG)) {
        Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(ULONG);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    NdisMoveMemory(Value, Request->DATA.SET_INFORMATION.InformationBuffer, sizeof(ULONG));
    Request->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Set(PPORT Port, PNDIS_OID_REQUEST Request)
{
    ULONG length = Request->DATA.SET_INFORMATION.InformationBufferLength;

    switch (Request->DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return SetUlong(Request, &Port->PacketFilter);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return SetUlong(Request, &Port->Lookahead);
    case OID_802_3_MULTICAST_LIST:
        if (length % 6 != 0 || length > sizeof(Port->Multicast))
            return NDIS_STATUS_INVALID_LENGTH;
        NdisAcquireSpinLock(&Hub.Lock);
        NdisMoveMemory(Port->Multicast, Request->DATA.SET_INFORMATION.InformationBuffer, length);
        Port->MulticastCount = length / 6;
        NdisReleaseSpinLock(&Hub.Lock);
        Request->DATA.SET_INFORMATION.BytesRead = length;
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
VOID PortWork(PPORT Port)
{
    PNDIS_OID_REQUEST request = Port->Request;

    Port->Request = NULL;
    NdisMOidRequestComplete(Port->Adapter, request, Set(Port, request));
}

_Use_decl_annotations_
NDIS_STATUS NTAPI PortRequest(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    PPORT port = Context;

    switch (Request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        return Query(port, Request);
    case NdisRequestSetInformation:
        port->Request = Request;
        LowerQueue(port);
        return NDIS_STATUS_PENDING;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
VOID NTAPI PortCancelRequest(NDIS_HANDLE Context, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(Context);    /* the work item ends it soon */
    UNREFERENCED_PARAMETER(RequestId);
}
