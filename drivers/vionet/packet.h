/* One frame on its way to the device: filling a packet by copying or from a scatter/gather list. */
#ifndef VIONET_PACKET_H
#define VIONET_PACKET_H

#include "adapter.h"

#define VIONET_COPY_LIMIT 256           /* bytes: below, a copy costs less than a mapping */
#define VIONET_MAX_FRAGMENTS 18         /* above, a copy costs less than the descriptors; a large send has no more */

_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetPacketsCreate(_Inout_ PVIONET_TRANSMIT transmit, _In_ ULONG count);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetPacketsDestroy(_Inout_ PVIONET_TRANSMIT transmit);

/* TRUE when the frame is to be copied (small, or a VLAN tag must be put in). */
FORCEINLINE BOOLEAN VioNetPacketWantsCopy(_In_ const VIONET_ADAPTER *adapter, _In_ PNET_BUFFER_LIST nbl,
                                          _In_ PNET_BUFFER nb)
{
    return NET_BUFFER_DATA_LENGTH(nb) <= VIONET_COPY_LIMIT ||
           (NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) != NULL && adapter->Config.PriorityVlanTag != 0);
}

/* Writes header and frame into the packet's memory and adds it to the queue (one descriptor). FALSE: the data cannot
 * be mapped, or the offload request makes no sense. */
_Requires_lock_held_(packet->Transmit->Lock)
BOOLEAN VioNetPacketCopy(_Inout_ PVIONET_PACKET packet);

/* Writes the header and adds it with the fragments of packet->SgList (at most 1 + VIONET_MAX_FRAGMENTS descriptors).
 * Falls back to copying when there are more fragments. */
_Requires_lock_held_(packet->Transmit->Lock)
BOOLEAN VioNetPacketMap(_Inout_ PVIONET_PACKET packet);

/* Where the mapped frame lies, from its byte `from` on. Returns the number of areas, 0 when they are more than
 * VIONET_MAX_FRAGMENTS. */
USHORT VioNetPacketFragments(_In_ const SCATTER_GATHER_LIST *list, _In_ PNET_BUFFER nb, _In_ ULONG from,
                             _Out_writes_(VIONET_MAX_FRAGMENTS) VIRTQ_BUFFER *area);

/* Puts the list's VLAN tag, if it has one, into `length` bytes of headers, behind which there is room. Returns by how much they
 * grew. */
ULONG VioNetPacketTag(_In_ PVIONET_PACKET packet, _Inout_ PUCHAR headers, _In_ ULONG length);

#endif
