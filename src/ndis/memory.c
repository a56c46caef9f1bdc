/* Memory for miniports: pool with tags, lookaside lists, generic objects. Shared memory is shared_memory.c. */
#include "ndis/object.h"
#include "nt/pool.h"

/* Length bytes of nonpaged memory with Tag, not zeroed; NULL when there is none. NdisHandle: the caller's, only for
 * the record. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisallocatememorywithtagpriority */
PVOID NTAPI NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    (void)NdisHandle;
    (void)Priority;
    return pool_alloc(NonPagedPoolNx, Length, Tag, NDIS_CALLER());
}

/* The same; NDIS_STATUS_FAILURE when there is no memory. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisallocatememorywithtag */
NDIS_STATUS NTAPI NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag)
{
    *VirtualAddress = pool_alloc(NonPagedPoolNx, Length, Tag, NDIS_CALLER());
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* The form of NDIS 5: MemoryFlags may ask for contiguous or noncached memory. PASSIVE_LEVEL when they are not zero.
 * docs: ndis/nf-ndis-ndisallocatememory */
NDIS_STATUS NTAPI NdisAllocateMemory(PVOID *VirtualAddress, UINT Length, UINT MemoryFlags,
                                     NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    if (MemoryFlags & NDIS_MEMORY_CONTIGUOUS)
        *VirtualAddress = MmAllocateContiguousMemory(Length, HighestAcceptableAddress);
    else if (MemoryFlags & NDIS_MEMORY_NONCACHED)
        *VirtualAddress = MmAllocateNonCachedMemory(Length);
    else
        *VirtualAddress = pool_alloc(NonPagedPoolNx, Length, NDIS_TAG('N', 'D', 'a', 'm'), NDIS_CALLER());
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Gives back what any of the three above gave, with the same Length and flags (0 for the tagged ones).
 * <= DISPATCH_LEVEL; PASSIVE_LEVEL when MemoryFlags are not zero. docs: ndis/nf-ndis-ndisfreememory */
VOID NTAPI NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
    if (MemoryFlags & NDIS_MEMORY_CONTIGUOUS)
        MmFreeContiguousMemory(VirtualAddress);
    else if (MemoryFlags & NDIS_MEMORY_NONCACHED)
        MmFreeNonCachedMemory(VirtualAddress, Length);
    else
        pool_free(VirtualAddress, 0, NDIS_CALLER());
}

/* Frees tagged memory; a Tag that is not the allocation's stops the system (0xC2). <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfreememorywithtag */
VOID NTAPI NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag)
{
    pool_free(VirtualAddress, Tag, NDIS_CALLER());
}

/* The same with the handle of the allocation. docs: ndis/nf-ndis-ndisfreememorywithtagpriority */
VOID NTAPI NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag)
{
    (void)NdisHandle;
    pool_free(VirtualAddress, Tag, NDIS_CALLER());
}

/* A lookaside list of blocks of Size bytes in the caller's memory. Allocate and Free: NULL for pool.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisinitializenpagedlookasidelist */
VOID NTAPI NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                             PFREE_FUNCTION Free, ULONG Flags, ULONG Size, ULONG Tag, USHORT Depth)
{
    ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth);
}

/* An object whose only use is to be the handle in calls that want one, before or without an adapter.
 * DriverObject: whose it is; may be NULL. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisallocategenericobject */
PVOID NTAPI NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size)
{
    PNDIS_GENERIC_OBJECT object;

    if (Size < sizeof *object)
        Size = sizeof *object;
    object = pool_alloc((POOL_TYPE)(NonPagedPoolNx | POOL_ZERO_ALLOCATION), Size, Tag, NDIS_CALLER());
    if (!object)
        return NULL;
    object->Header.Type = NDIS_OBJECT_TYPE_DRIVER_WRAPPER_OBJECT;
    object->Header.Revision = NDIS_GENERIC_OBJECT_REVISION_1;
    object->Header.Size = NDIS_SIZEOF_GENERIC_OBJECT_REVISION_1;
    object->Caller = NDIS_CALLER();
    object->DriverObject = DriverObject;
    return object;
}

/* Its end. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisfreegenericobject */
VOID NTAPI NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisGenericObject)
{
    pool_free(NdisGenericObject, 0, NDIS_CALLER());
}

/* The alignment that keeps two processors' data apart: a cache line. Any IRQL.
 * docs: ndis/nf-ndis-ndisgetshareddataalignment */
ULONG NTAPI NdisGetSharedDataAlignment(VOID)
{
    return 64;
}
