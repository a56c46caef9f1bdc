/* Memory: pool, lookaside lists, shared (DMA) memory, copies, registers and ports. docs: ndis */
#ifndef RING3_NDIS_MEMORY_H
#define RING3_NDIS_MEMORY_H

#include <ndis/types.h>

typedef NPAGED_LOOKASIDE_LIST NDIS_NPAGED_LOOKASIDE_LIST, *PNDIS_NPAGED_LOOKASIDE_LIST;

#define NDIS_MEMORY_CONTIGUOUS 0x00000001
#define NDIS_MEMORY_NONCACHED 0x00000002

/* ---- shared memory ---- */

typedef enum _NDIS_SHARED_MEMORY_USAGE {
    NdisSharedMemoryUsageUndefined,
    NdisSharedMemoryUsageXmit,
    NdisSharedMemoryUsageXmitHeader,
    NdisSharedMemoryUsageXmitData,
    NdisSharedMemoryUsageReceive,
    NdisSharedMemoryUsageReceiveLookahead,
    NdisSharedMemoryUsageReceivePostLookahead,
    NdisSharedMemoryUsageReceiveHeader,
    NdisSharedMemoryUsageReceiveData,
    NdisSharedMemoryUsageOther,
    NdisSharedMemoryUsageMax
} NDIS_SHARED_MEMORY_USAGE, *PNDIS_SHARED_MEMORY_USAGE;

#define NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS 0x00000001
#define NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS 0x00000001

typedef struct _NDIS_SHARED_MEMORY_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_RECEIVE_QUEUE_ID QueueId;
    NDIS_HANDLE SharedMemoryHandle;
    NODE_REQUIREMENT PreferredNode;
    NDIS_SHARED_MEMORY_USAGE Usage;
    ULONG Length;
    PVOID VirtualAddress;
    ULONG SGListBufferLength;
    PSCATTER_GATHER_LIST SGListBuffer;
#if NDIS_SUPPORT_NDIS630
    NDIS_NIC_SWITCH_VPORT_ID VPortId;
#endif
} NDIS_SHARED_MEMORY_PARAMETERS, *PNDIS_SHARED_MEMORY_PARAMETERS;

#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SHARED_MEMORY_PARAMETERS, SGListBuffer)
#if NDIS_SUPPORT_NDIS630
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_SHARED_MEMORY_PARAMETERS, VPortId)
#endif
RING3_OFFSET(NDIS_SHARED_MEMORY_PARAMETERS, SharedMemoryHandle, 16);
RING3_OFFSET(NDIS_SHARED_MEMORY_PARAMETERS, VirtualAddress, 40);
RING3_OFFSET(NDIS_SHARED_MEMORY_PARAMETERS, SGListBuffer, 56);

/* A driver that lends shared memory to others. ring3's NDIS has no place for one.
 * docs: ndis/ns-ndis-_ndis_shared_memory_provider_characteristics */
#if NDIS_SUPPORT_NDIS620
typedef NDIS_STATUS(NTAPI *ALLOCATE_SHARED_MEMORY_HANDLER)(NDIS_HANDLE ProviderContext,
                                                           PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
                                                           PNDIS_HANDLE pSharedMemoryProviderContext);
typedef VOID(NTAPI *FREE_SHARED_MEMORY_HANDLER)(NDIS_HANDLE ProviderContext, NDIS_HANDLE SharedMemoryProviderContext);

typedef struct _NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_HANDLE ProviderContext;
    ALLOCATE_SHARED_MEMORY_HANDLER AllocateSharedMemoryHandler;
    FREE_SHARED_MEMORY_HANDLER FreeSharedMemoryHandler;
} NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, *PNDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS;
RING3_SIZE(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, 32);
#define NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, FreeSharedMemoryHandler)
#endif

RING3_BEGIN_C

NDISAPI PVOID NTAPI NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority);
NDISAPI NDIS_STATUS NTAPI NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag);
NDISAPI NDIS_STATUS NTAPI NdisAllocateMemory(PVOID *VirtualAddress, UINT Length, UINT MemoryFlags,
                                             NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress);
NDISAPI VOID NTAPI NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags);
NDISAPI VOID NTAPI NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag);
NDISAPI VOID NTAPI NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag);
NDISAPI VOID NTAPI NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                                     PFREE_FUNCTION Free, ULONG Flags, ULONG Size, ULONG Tag, USHORT Depth);
NDISAPI NDIS_STATUS NTAPI NdisAllocateSharedMemory(NDIS_HANDLE NdisHandle,
                                                   PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
                                                   PNDIS_HANDLE pAllocationHandle);
NDISAPI VOID NTAPI NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle);
NDISAPI PVOID NTAPI NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size);
NDISAPI VOID NTAPI NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisGenericObject);
NDISAPI ULONG NTAPI NdisGetSharedDataAlignment(VOID);

RING3_END_C

#define NdisDeleteNPagedLookasideList(list) ExDeleteNPagedLookasideList(list)
#define NdisAllocateFromNPagedLookasideList(list) ExAllocateFromNPagedLookasideList(list)
#define NdisFreeToNPagedLookasideList(list, entry) ExFreeToNPagedLookasideList((list), (entry))

#define NdisMoveMemory(to, from, length) RtlCopyMemory((to), (from), (length))
#define NdisZeroMemory(to, length) RtlZeroMemory((to), (length))
#define NdisFillMemory(to, length, value) RtlFillMemory((to), (length), (value))
#define NdisEqualMemory(a, b, length) RtlEqualMemory((a), (b), (length))
#define NdisMoveMappedMemory(to, from, length) RtlCopyMemory((to), (from), (length))
#define NdisZeroMappedMemory(to, length) RtlZeroMemory((to), (length))
#define NdisMoveToMappedMemory(to, from, length) RtlCopyMemory((to), (from), (length))
#define NdisMoveFromMappedMemory(to, from, length) RtlCopyMemory((to), (from), (length))
#define NdisRetrieveUlong(to, from) RtlRetrieveUlong((to), (from))
#define NdisStoreUlong(to, value) RtlStoreUlong((to), (value))

#define NDIS_PHYSICAL_ADDRESS_CONST(low, high) {{(ULONG)(low), (LONG)(high)}}
#define NdisGetPhysicalAddressHigh(address) ((address).HighPart)
#define NdisSetPhysicalAddressHigh(address, value) ((address).HighPart = (value))
#define NdisGetPhysicalAddressLow(address) ((address).LowPart)
#define NdisSetPhysicalAddressLow(address, value) ((address).LowPart = (value))

#define NdisReadRegisterUchar(address, data) (*(data) = READ_REGISTER_UCHAR((PUCHAR)(address)))
#define NdisReadRegisterUshort(address, data) (*(data) = READ_REGISTER_USHORT((PUSHORT)(address)))
#define NdisReadRegisterUlong(address, data) (*(data) = READ_REGISTER_ULONG((PULONG)(address)))
#define NdisWriteRegisterUchar(address, data) WRITE_REGISTER_UCHAR((PUCHAR)(address), (data))
#define NdisWriteRegisterUshort(address, data) WRITE_REGISTER_USHORT((PUSHORT)(address), (data))
#define NdisWriteRegisterUlong(address, data) WRITE_REGISTER_ULONG((PULONG)(address), (data))
#define NdisRawReadPortUchar(port, data) (*(data) = READ_PORT_UCHAR((PUCHAR)(port)))
#define NdisRawReadPortUshort(port, data) (*(data) = READ_PORT_USHORT((PUSHORT)(port)))
#define NdisRawReadPortUlong(port, data) (*(data) = READ_PORT_ULONG((PULONG)(port)))
#define NdisRawWritePortUchar(port, data) WRITE_PORT_UCHAR((PUCHAR)(port), (data))
#define NdisRawWritePortUshort(port, data) WRITE_PORT_USHORT((PUSHORT)(port), (data))
#define NdisRawWritePortUlong(port, data) WRITE_PORT_ULONG((PULONG)(port), (data))
#define NdisRawReadPortBufferUchar(port, buffer, n) READ_PORT_BUFFER_UCHAR((PUCHAR)(port), (PUCHAR)(buffer), (n))
#define NdisRawReadPortBufferUshort(port, buffer, n) READ_PORT_BUFFER_USHORT((PUSHORT)(port), (PUSHORT)(buffer), (n))
#define NdisRawReadPortBufferUlong(port, buffer, n) READ_PORT_BUFFER_ULONG((PULONG)(port), (PULONG)(buffer), (n))
#define NdisRawWritePortBufferUchar(port, buffer, n) WRITE_PORT_BUFFER_UCHAR((PUCHAR)(port), (PUCHAR)(buffer), (n))
#define NdisRawWritePortBufferUshort(port, buffer, n) WRITE_PORT_BUFFER_USHORT((PUSHORT)(port), (PUSHORT)(buffer), (n))
#define NdisRawWritePortBufferUlong(port, buffer, n) WRITE_PORT_BUFFER_ULONG((PULONG)(port), (PULONG)(buffer), (n))
#define NdisStallExecution(microseconds) KeStallExecutionProcessor(microseconds)
#define NdisGetCurrentSystemTime(time) KeQuerySystemTime(time)

#endif
