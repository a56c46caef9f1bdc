/* Counters of a virtual adapter. */
#include "vlanmux.h"

_Use_decl_annotations_
MUX_KIND MuxKindOf(PNET_BUFFER Frame)
{
    UCHAR storage[ETH_LENGTH_OF_ADDRESS];
    PUCHAR address = NdisGetDataBuffer(Frame, ETH_LENGTH_OF_ADDRESS, storage, 1, 0);

    return address == NULL ? MuxUnicast : MuxKindOfAddress(address);
}

_Use_decl_annotations_
VOID MuxAddTally(MUX_COUNT *Count, const MUX_TALLY *Tally)
{
    for (ULONG kind = 0; kind < MuxKinds; kind++) {
        if (Tally->Frames[kind] == 0)
            continue;
        InterlockedAdd64(&Count->Frames[kind], Tally->Frames[kind]);
        InterlockedAdd64(&Count->Bytes[kind], Tally->Bytes[kind]);
    }
}

#define VALID                                                                                                     \
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
VOID UpperStatistics(const UPPER *Upper, PNDIS_STATISTICS_INFO Info)
{
    NdisZeroMemory(Info, sizeof(*Info));
    Info->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Info->Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    Info->Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    Info->SupportedStatistics = VALID;
    Info->ifInDiscards = Upper->ReceiveDrops;
    Info->ifHCInUcastPkts = Upper->Received.Frames[MuxUnicast];
    Info->ifHCInMulticastPkts = Upper->Received.Frames[MuxMulticast];
    Info->ifHCInBroadcastPkts = Upper->Received.Frames[MuxBroadcast];
    Info->ifHCInUcastOctets = Upper->Received.Bytes[MuxUnicast];
    Info->ifHCInMulticastOctets = Upper->Received.Bytes[MuxMulticast];
    Info->ifHCInBroadcastOctets = Upper->Received.Bytes[MuxBroadcast];
    Info->ifHCInOctets = Info->ifHCInUcastOctets + Info->ifHCInMulticastOctets + Info->ifHCInBroadcastOctets;
    Info->ifOutErrors = Upper->SendErrors;
    Info->ifHCOutUcastPkts = Upper->Sent.Frames[MuxUnicast];
    Info->ifHCOutMulticastPkts = Upper->Sent.Frames[MuxMulticast];
    Info->ifHCOutBroadcastPkts = Upper->Sent.Frames[MuxBroadcast];
    Info->ifHCOutUcastOctets = Upper->Sent.Bytes[MuxUnicast];
    Info->ifHCOutMulticastOctets = Upper->Sent.Bytes[MuxMulticast];
    Info->ifHCOutBroadcastOctets = Upper->Sent.Bytes[MuxBroadcast];
    Info->ifHCOutOctets = Info->ifHCOutUcastOctets + Info->ifHCOutMulticastOctets + Info->ifHCOutBroadcastOctets;
}
