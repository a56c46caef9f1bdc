/* Pool memory, generic objects, lookaside lists. */
#include "ndis/object.h"

#include <string.h>

#include "nt/pool.h"

/* Length bytes of nonpaged memory, charged to the caller. Freed with NdisFreeMemory or its relatives. <= DISPATCH_LEVEL. NULL: no
 * memory. docs: ndis/nf-ndis-ndisallocatememorywithtagpriority */
PVOID NTAPI NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    return pool_alloc(NonPagedPoolNx, Length, Tag, NDIS_CALLER());
}

/* The older form. NDIS_STATUS_FAILURE: no memory. docs: ndis/nf-ndis-ndisallocatememorywithtag */
NDIS_STATUS NTAPI NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag)
{
    *VirtualAddress = pool_alloc(NonPagedPoolNx, Length, Tag, NDIS_CALLER());
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* The oldest form: MemoryFlags 0 is plain memory; contiguous or noncached memory is refused with NDIS_STATUS_FAILURE. */
NDIS_STATUS NTAPI NdisAllocateMemory(PVOID *VirtualAddress, UINT Length, UINT MemoryFlags,
                                     NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    *VirtualAddress = MemoryFlags ? NULL : pool_alloc(NonPagedPoolNx, Length, NDIS_TAG('N', 'D', 'm', 'm'), NDIS_CALLER());
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Frees memory. Length and flags are not needed. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreememory */
VOID NTAPI NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
    pool_free(VirtualAddress, 0, NDIS_CALLER());
}

/* Frees memory and checks its tag. docs: ndis/nf-ndis-ndisfreememorywithtag */
VOID NTAPI NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag)
{
    pool_free(VirtualAddress, Tag, NDIS_CALLER());
}

/* The same with a handle. docs: ndis/nf-ndis-ndisfreememorywithtagpriority */
VOID NTAPI NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag)
{
    pool_free(VirtualAddress, Tag, NDIS_CALLER());
}

/* A generic object: what a component that is neither miniport, protocol nor filter uses as an NDIS handle. Size: bytes, at least
 * that of NDIS_GENERIC_OBJECT. <= DISPATCH_LEVEL. NULL: no memory. docs: ndis/nf-ndis-ndisallocategenericobject */
PVOID NTAPI NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size)
{
    size_t size = max_u64(Size, sizeof(NDIS_GENERIC_OBJECT));
    PNDIS_GENERIC_OBJECT object = pool_alloc(NonPagedPoolNx, size, Tag, NDIS_CALLER());

    if (!object)
        return NULL;
    memset(object, 0, size);
    object->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_GENERIC_OBJECT_REVISION_1,
                                           NDIS_SIZEOF_GENERIC_OBJECT_REVISION_1 };
    object->Caller = NDIS_CALLER();
    object->DriverObject = DriverObject;
    return object;
}

/* Frees a generic object. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreegenericobject */
VOID NTAPI NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisGenericObject)
{
    pool_free(NdisGenericObject, 0, NDIS_CALLER());
}

/* Makes a lookaside list in the caller's memory. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisinitializenpagedlookasidelist */
VOID NTAPI NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                             ULONG Flags, ULONG Size, ULONG Tag, USHORT Depth)
{
    ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth);
}

/* The size of a processor cache line, in bytes. docs: ndis/nf-ndis-ndisgetshareddataalignment */
ULONG NTAPI NdisGetSharedDataAlignment(VOID)
{
    return 64;
}
