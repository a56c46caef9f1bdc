/* Large sends: TCP (LSO version 2) and UDP (USO) frames that the device cuts into frames of the MTU.
 *
 * NDIS' and the device's conventions differ: the stack leaves the IP length zero and puts the pseudo-header's sum without
 * length into the checksum; the device wants a whole, correct header before it cuts. So the headers are copied behind the
 * virtio header and completed there, and only the payload is mapped. */
#ifndef VIONET_SEGMENT_H
#define VIONET_SEGMENT_H

#include "adapter.h"

#define VIONET_MAX_SEGMENTED 0xF000     /* bytes of payload: with headers below 64 KiB, and VIONET_MAX_FRAGMENTS pages */
#define VIONET_MIN_SEGMENTS 2

/* The list asks for segmentation. */
FORCEINLINE BOOLEAN VioNetSegmentWanted(_In_ PNET_BUFFER_LIST nbl)
{
    return ((ULONG_PTR)NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo) |
            (ULONG_PTR)NET_BUFFER_LIST_INFO(nbl, UdpSegmentationOffloadInfo)) != 0;
}

/* The longest frame NDIS may give. */
_IRQL_requires_max_(DISPATCH_LEVEL)
ULONG VioNetSegmentMaxFrame(_In_ const VIONET_ADAPTER *adapter);

/* The longest frame that this list may have; 0 when segmentation of its kind is off: such lists are refused. */
_IRQL_requires_max_(DISPATCH_LEVEL)
ULONG VioNetSegmentLimit(_In_ const VIONET_ADAPTER *adapter, _In_ PNET_BUFFER_LIST nbl);

/* Adds the packet, whose data is mapped, to the queue. FALSE: the headers are not what the list says, or the payload has
 * more fragments than a packet may have. */
_Requires_lock_held_(packet->Transmit->Lock)
BOOLEAN VioNetSegmentMap(_Inout_ PVIONET_PACKET packet);

/* Before a list goes back to NDIS: the completion's form of the information. */
FORCEINLINE VOID VioNetSegmentComplete(_Inout_ PNET_BUFFER_LIST nbl)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info;

    info.Value = NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo);
    if (info.Value == NULL)
        return;
    info.Value = NULL;
    info.LsoV2TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo) = info.Value;
}

#endif
