#include "adapter.h"

#include "frame.h"

#define ALL_VALID                                                                                                 \
    (NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV |           \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV |                     \
     NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR |                             \
     NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT |         \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |                   \
     NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS |                           \
     NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_RCV |             \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT |            \
     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT | NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_XMIT)

_Use_decl_annotations_
VOID VioNetStatisticsQuery(PVIONET_ADAPTER adapter, PNDIS_STATISTICS_INFO info)
{
    VIONET_RECEIVE_STATISTICS in;
    VIONET_TRANSMIT_STATISTICS out;

    RtlZeroMemory(&in, sizeof(in));
    RtlZeroMemory(&out, sizeof(out));
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        VioNetReceiveAddStatistics(&adapter->Receive[pair], &in);
        VioNetTransmitAddStatistics(&adapter->Transmit[pair], &out);
    }
    RtlZeroMemory(info, sizeof(*info));
    info->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info->Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    info->Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    info->SupportedStatistics = ALL_VALID;
    info->ifInDiscards = in.Discards;
    info->ifInErrors = in.Errors;
    info->ifHCInUcastPkts = in.Frames[VIONET_UNICAST];
    info->ifHCInMulticastPkts = in.Frames[VIONET_MULTICAST];
    info->ifHCInBroadcastPkts = in.Frames[VIONET_BROADCAST];
    info->ifHCInUcastOctets = in.Bytes[VIONET_UNICAST];
    info->ifHCInMulticastOctets = in.Bytes[VIONET_MULTICAST];
    info->ifHCInBroadcastOctets = in.Bytes[VIONET_BROADCAST];
    info->ifHCInOctets = info->ifHCInUcastOctets + info->ifHCInMulticastOctets + info->ifHCInBroadcastOctets;
    info->ifOutDiscards = out.Discards;
    info->ifOutErrors = out.Errors;
    info->ifHCOutUcastPkts = out.Frames[VIONET_UNICAST];
    info->ifHCOutMulticastPkts = out.Frames[VIONET_MULTICAST];
    info->ifHCOutBroadcastPkts = out.Frames[VIONET_BROADCAST];
    info->ifHCOutUcastOctets = out.Bytes[VIONET_UNICAST];
    info->ifHCOutMulticastOctets = out.Bytes[VIONET_MULTICAST];
    info->ifHCOutBroadcastOctets = out.Bytes[VIONET_BROADCAST];
    info->ifHCOutOctets = info->ifHCOutUcastOctets + info->ifHCOutMulticastOctets + info->ifHCOutBroadcastOctets;
}

_Use_decl_annotations_
BOOLEAN VioNetStatisticsValue(const NDIS_STATISTICS_INFO *info, NDIS_OID oid, PULONG64 value)
{
    switch (oid) {
    case OID_GEN_XMIT_OK:
        *value = info->ifHCOutUcastPkts + info->ifHCOutMulticastPkts + info->ifHCOutBroadcastPkts;
        return TRUE;
    case OID_GEN_RCV_OK:
        *value = info->ifHCInUcastPkts + info->ifHCInMulticastPkts + info->ifHCInBroadcastPkts;
        return TRUE;
    case OID_GEN_XMIT_ERROR:
        *value = info->ifOutErrors;
        return TRUE;
    case OID_GEN_RCV_ERROR:
        *value = info->ifInErrors;
        return TRUE;
    case OID_GEN_XMIT_DISCARDS:
        *value = info->ifOutDiscards;
        return TRUE;
    case OID_GEN_RCV_DISCARDS:
        *value = info->ifInDiscards;
        return TRUE;
    case OID_GEN_BYTES_XMIT:
        *value = info->ifHCOutOctets;
        return TRUE;
    case OID_GEN_BYTES_RCV:
        *value = info->ifHCInOctets;
        return TRUE;
    case OID_GEN_DIRECTED_FRAMES_XMIT:
        *value = info->ifHCOutUcastPkts;
        return TRUE;
    case OID_GEN_DIRECTED_FRAMES_RCV:
        *value = info->ifHCInUcastPkts;
        return TRUE;
    case OID_GEN_MULTICAST_FRAMES_XMIT:
        *value = info->ifHCOutMulticastPkts;
        return TRUE;
    case OID_GEN_MULTICAST_FRAMES_RCV:
        *value = info->ifHCInMulticastPkts;
        return TRUE;
    case OID_GEN_BROADCAST_FRAMES_XMIT:
        *value = info->ifHCOutBroadcastPkts;
        return TRUE;
    case OID_GEN_BROADCAST_FRAMES_RCV:
        *value = info->ifHCInBroadcastPkts;
        return TRUE;
    case OID_GEN_RCV_NO_BUFFER:         /* the device waits for buffers: it is the one that drops, uncounted here */
    case OID_802_3_RCV_ERROR_ALIGNMENT: /* a virtual wire has neither collisions nor bad frames */
    case OID_802_3_XMIT_ONE_COLLISION:
    case OID_802_3_XMIT_MORE_COLLISIONS:
        *value = 0;
        return TRUE;
    default:
        return FALSE;
    }
}
