/* Less common ways to map MDLs: reserved addresses, device memory, mapping for the time of a call. */
#include <string.h>

#include "nt/event.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ram.h"

/* What MmAllocateMappingAddress hands out. Mapping gives an address of its own, as RAM is mapped already; the
 * reservation is checked for size, tag and pairing. */
struct reservation {
    size_t pages;
    ULONG tag;
    PMDL mapped;
};

static void wrong(const char *what, const void *address, struct pe_caller caller)
{
    NT_EMIT(NT_EVENT_MISUSE, what, address, 0, caller);
}

/* Reserves room to map NumberOfBytes; NULL without memory. <= APC_LEVEL. docs: wdm/nf-wdm-mmallocatemappingaddress */
PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    struct reservation *r = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, sizeof *r, PoolTag,
                                       __builtin_return_address(0));

    if (r) {
        r->pages = BYTES_TO_PAGES(NumberOfBytes);
        r->tag = PoolTag;
    }
    return r;
}

/* docs: wdm/nf-wdm-mmallocatemappingaddressex */
PVOID NTAPI MmAllocateMappingAddressEx(SIZE_T NumberOfBytes, ULONG PoolTag, ULONG Flags)
{
    return Flags ? NULL : MmAllocateMappingAddress(NumberOfBytes, PoolTag);
}

/* docs: wdm/nf-wdm-mmfreemappingaddress */
VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    struct reservation *r = BaseAddress;

    if (r->mapped)
        wrong("a mapping address is freed while an MDL is mapped there", BaseAddress, PE_CALLER());
    pool_free(r, PoolTag, __builtin_return_address(0));
}

/* Maps locked pages; the caller uses the address returned. NULL when they do not fit. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-mmmaplockedpageswithreservedmapping */
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL MemoryDescriptorList,
                                                MEMORY_CACHING_TYPE CacheType)
{
    struct reservation *r = MappingAddress;
    PMDL mdl = MemoryDescriptorList;

    if (r->tag != PoolTag || r->mapped)
        wrong("a mapping address is used with another tag, or while it is in use", MappingAddress, PE_CALLER());
    if (ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount) > r->pages)
        return NULL;
    void *va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, CacheType, NULL, FALSE, NormalPagePriority);
    if (va)
        r->mapped = mdl;
    return va;
}

/* BaseAddress: of MmAllocateMappingAddress. docs: wdm/nf-wdm-mmunmapreservedmapping */
VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList)
{
    struct reservation *r = BaseAddress;

    if (r->tag != PoolTag || r->mapped != MemoryDescriptorList)
        wrong("a mapping address is unmapped that this MDL is not mapped at", BaseAddress, PE_CALLER());
    r->mapped = NULL;
    MmUnmapLockedPages(MemoryDescriptorList->MappedSystemVa, MemoryDescriptorList);
}

/* An MDL of device memory; IoFreeMdl frees it. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmallocatemdlforiospace */
NTSTATUS NTAPI MmAllocateMdlForIoSpace(PMM_PHYSICAL_ADDRESS_LIST PhysicalAddressList, SIZE_T NumberOfEntries,
                                       PMDL *NewMdl)
{
    size_t bytes = 0, at = 0;

    *NewMdl = NULL;
    for (size_t i = 0; i < NumberOfEntries; i++) {
        PMM_PHYSICAL_ADDRESS_LIST e = &PhysicalAddressList[i];
        if (((uint64_t)e->PhysicalAddress.QuadPart | e->NumberOfBytes) & (RAM_PAGE - 1))
            return STATUS_INVALID_PARAMETER_1;
        if (ram_va((uint64_t)e->PhysicalAddress.QuadPart, 1))
            return STATUS_INVALID_PARAMETER_1;
        bytes += e->NumberOfBytes;
    }
    PMDL mdl = mm_mdl_alloc(NULL, bytes, __builtin_return_address(0));
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    mdl->MdlFlags |= MDL_IO_SPACE | MDL_PARTIAL;
    for (size_t i = 0; i < NumberOfEntries; i++)
        for (size_t page = 0; page < PhysicalAddressList[i].NumberOfBytes / RAM_PAGE; page++)
            MmGetMdlPfnArray(mdl)[at++] = (uint64_t)PhysicalAddressList[i].PhysicalAddress.QuadPart / RAM_PAGE + page;
    *NewMdl = mdl;
    return STATUS_SUCCESS;
}

/* Calls DriverRoutine with the mapped address; returns its status. <= APC_LEVEL. docs: wdm/nf-wdm-mmmapmdl */
NTSTATUS NTAPI MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection, PMM_MDL_ROUTINE DriverRoutine, PVOID DriverContext)
{
    bool mapped = MemoryDescriptorList->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
    void *va = MmGetSystemAddressForMdlSafe(MemoryDescriptorList, NormalPagePriority);

    (void)Protection;
    if (!va)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = DriverRoutine(DriverContext, va);
    if (!mapped)
        MmUnmapLockedPages(va, MemoryDescriptorList);
    return status;
}

/* Accepts a protection for a mapped MDL; RAM stays readable and writable. docs: wdm/nf-wdm-mmprotectmdlsystemaddress */
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
    ULONG base = NewProtect & 0xff;

    if (!(MemoryDescriptorList->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        return STATUS_NOT_MAPPED_VIEW;
    return base && !(base & (base - 1)) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}
