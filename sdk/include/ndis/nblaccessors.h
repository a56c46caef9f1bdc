/* Accessors of NET_BUFFER and NET_BUFFER_LIST: macros over the public layout. docs: nblaccessors, nblhash, nblrsc, nbltimestamp */
#ifndef RING3_NDIS_NBLACCESSORS_H
#define RING3_NDIS_NBLACCESSORS_H

#include <ndis/nbl.h>

#define NET_BUFFER_NEXT_NB(nb) ((nb)->Next)
#define NET_BUFFER_FIRST_MDL(nb) ((nb)->MdlChain)
#define NET_BUFFER_DATA_LENGTH(nb) ((nb)->DataLength)
#define NET_BUFFER_DATA_OFFSET(nb) ((nb)->DataOffset)
#define NET_BUFFER_CURRENT_MDL(nb) ((nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(nb) ((nb)->CurrentMdlOffset)
#define NET_BUFFER_PROTOCOL_RESERVED(nb) ((nb)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(nb) ((nb)->MiniportReserved)
#define NET_BUFFER_CHECKSUM_BIAS(nb) ((nb)->ChecksumBias)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(nb) ((nb)->DataPhysicalAddress)
#define NET_BUFFER_FIRST_SHARED_MEM_INFO(nb) ((nb)->SharedMemoryInfo)
#define NET_BUFFER_SCATTER_GATHER_LIST(nb) ((nb)->ScatterGatherList)
#define NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(info) ((info)->NextSharedMemorySegment)
#define NET_BUFFER_SHARED_MEM_FLAGS(info) ((info)->SharedMemoryFlags)
#define NET_BUFFER_SHARED_MEM_HANDLE(info) ((info)->SharedMemoryHandle)
#define NET_BUFFER_SHARED_MEM_OFFSET(info) ((info)->SharedMemoryOffset)
#define NET_BUFFER_SHARED_MEM_LENGTH(info) ((info)->SharedMemoryLength)

#define NET_BUFFER_LIST_NEXT_NBL(nbl) ((nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(nbl) ((nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(nbl) ((nbl)->Flags)
#define NET_BUFFER_LIST_NBL_FLAGS(nbl) ((nbl)->NblFlags)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl) ((nbl)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(nbl) ((nbl)->MiniportReserved)
#define NET_BUFFER_LIST_CONTEXT_DATA_START(nbl) ((PUCHAR)((nbl)->Context + 1) + (nbl)->Context->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl) ((nbl)->Context->Size)
#define NET_BUFFER_LIST_INFO(nbl, id) ((nbl)->NetBufferListInfo[(id)])
#define NET_BUFFER_LIST_STATUS(nbl) ((nbl)->Status)

#define NdisSetNblFlag(nbl, flag) ((nbl)->NblFlags |= (flag))
#define NdisClearNblFlag(nbl, flag) ((nbl)->NblFlags &= ~(flag))
#define NdisTestNblFlag(nbl, flag) (((nbl)->NblFlags & (flag)) != 0)
#define NdisTestNblFlags(nbl, flags) (((nbl)->NblFlags & (flags)) == (flags))

#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) (NET_BUFFER_LIST_INFO((nbl), NetBufferListCancelId))
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, id) (NET_BUFFER_LIST_INFO((nbl), NetBufferListCancelId) = (id))
#define NDIS_GET_NET_BUFFER_LIST_FRAME_TYPE(nbl) ((USHORT)(ULONG_PTR)NET_BUFFER_LIST_INFO((nbl), NetBufferListFrameType))
#define NDIS_SET_NET_BUFFER_LIST_FRAME_TYPE(nbl, type) \
    (*((PUSHORT)&NET_BUFFER_LIST_INFO((nbl), NetBufferListFrameType)) = (type))
#define NDIS_GET_NET_BUFFER_LIST_VLAN_ID(nbl) \
    (((NDIS_NET_BUFFER_LIST_8021Q_INFO *)&NET_BUFFER_LIST_INFO((nbl), Ieee8021QNetBufferListInfo))->TagHeader.VlanId)
#define NdisSetNetBufferListProtocolId(nbl, id) \
    (*((PUCHAR)&NET_BUFFER_LIST_INFO((nbl), NetBufferListProtocolId)) = (id))

#define NET_BUFFER_LIST_HASH_INFO_ULONG(nbl) (*(PULONG)&NET_BUFFER_LIST_INFO((nbl), NetBufferListHashInfo))
#define NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl) (NET_BUFFER_LIST_HASH_INFO_ULONG(nbl) & NDIS_HASH_FUNCTION_MASK)
#define NET_BUFFER_LIST_GET_HASH_TYPE(nbl) (NET_BUFFER_LIST_HASH_INFO_ULONG(nbl) & NDIS_HASH_TYPE_MASK)
#define NET_BUFFER_LIST_GET_HASH_VALUE(nbl) ((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO((nbl), NetBufferListHashValue))
#define NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, function) \
    (NET_BUFFER_LIST_HASH_INFO_ULONG(nbl) = NET_BUFFER_LIST_GET_HASH_TYPE(nbl) | ((function) & NDIS_HASH_FUNCTION_MASK))
#define NET_BUFFER_LIST_SET_HASH_TYPE(nbl, type) \
    (NET_BUFFER_LIST_HASH_INFO_ULONG(nbl) = NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl) | ((type) & NDIS_HASH_TYPE_MASK))
#define NET_BUFFER_LIST_SET_HASH_VALUE(nbl, value) \
    (NET_BUFFER_LIST_INFO((nbl), NetBufferListHashValue) = (PVOID)(ULONG_PTR)(value))

#define NET_BUFFER_LIST_COALESCED_SEG_COUNT(nbl) \
    (((NDIS_RSC_NBL_INFO *)&NET_BUFFER_LIST_INFO((nbl), TcpRecvSegCoalesceInfo))->Info.CoalescedSegCount)
#define NET_BUFFER_LIST_DUP_ACK_COUNT(nbl) \
    (((NDIS_RSC_NBL_INFO *)&NET_BUFFER_LIST_INFO((nbl), TcpRecvSegCoalesceInfo))->Info.DupAckCount)

#define NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT(nbl) \
    (((NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO *)&NET_BUFFER_LIST_INFO((nbl), UdpRecvSegCoalesceOffloadInfo))->Receive.SegCount)
#define NET_BUFFER_LIST_UDP_COALESCED_SEG_SIZE(nbl) \
    (((NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO *)&NET_BUFFER_LIST_INFO((nbl), UdpRecvSegCoalesceOffloadInfo))->Receive.SegSize)

#define NET_BUFFER_LIST_RECEIVE_QUEUE_ID(nbl) \
    (((NDIS_NET_BUFFER_LIST_FILTERING_INFO *)&NET_BUFFER_LIST_INFO((nbl), NetBufferListFilteringInfo)) \
         ->FilteringInfo.QueueVPortInfo.QueueId)
#define NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(nbl) \
    (((NDIS_NET_BUFFER_LIST_FILTERING_INFO *)&NET_BUFFER_LIST_INFO((nbl), NetBufferListFilteringInfo)) \
         ->FilteringInfo.QueueVPortInfo.VPortId)
#define NET_BUFFER_LIST_RECEIVE_FILTER_ID(nbl) \
    (((NDIS_NET_BUFFER_LIST_FILTERING_INFO *)&NET_BUFFER_LIST_INFO((nbl), NetBufferListFilteringInfo))->FilteringInfo.FilterId)

#define NDIS_GET_NBL_TIMESTAMP(nbl) ((nbl)->NetBufferListInfo[NetBufferListInfoReserved3])

FORCEINLINE VOID NdisSetNblTimestampInfo(PNET_BUFFER_LIST nbl, const NET_BUFFER_LIST_TIMESTAMP *timestamp)
{
    nbl->NetBufferListInfo[NetBufferListInfoReserved3] = (PVOID)(ULONG_PTR)timestamp->Timestamp;
}

FORCEINLINE VOID NdisGetNblTimestampInfo(const NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_TIMESTAMP *timestamp)
{
    timestamp->Timestamp = (UINT64)(ULONG_PTR)nbl->NetBufferListInfo[NetBufferListInfoReserved3];
}

FORCEINLINE VOID NdisCopyNblTimestampInfo(PNET_BUFFER_LIST to, const NET_BUFFER_LIST *from)
{
    to->NetBufferListInfo[NetBufferListInfoReserved3] = from->NetBufferListInfo[NetBufferListInfoReserved3];
}

/* The bits of NblFlags that belong to protocol drivers. */
#define NBL_SET_PROT_RSVD_FLAG(nbl, flag) ((nbl)->NblFlags |= ((flag) & NBL_PROT_RSVD_FLAGS))
#define NBL_CLEAR_PROT_RSVD_FLAG(nbl, flag) ((nbl)->NblFlags &= ~((flag) & NBL_PROT_RSVD_FLAGS))
#define NBL_TEST_PROT_RSVD_FLAG(nbl, flag) (((nbl)->NblFlags & (flag) & NBL_PROT_RSVD_FLAGS) != 0)

#endif
