/* MDLs. RAM is mapped once, virtually as it is physically, so the system address of locked pages is arithmetic and
 * mapping takes no page tables. Only pages that follow each other physically can be mapped as one piece. */
#include "nt/mm.h"

#include <string.h>

#include "base/log.h"
#include "nt/event.h"
#include "nt/hot.h"
#include "nt/pool.h"
#include "nt/raise.h"
#include "nt/ram.h"
#include "wdm.h"

#define MDL_TAG 0x206c644du             /* "Mdl " */
#define FIXED_PAGES 23                  /* MDLs up to this many pages are all of one size */
#define MAX_LENGTH 0x80000000u

static inline size_t mdl_size(const void *base, size_t length)
{
    size_t pages = (((uintptr_t)base & (RAM_PAGE - 1)) + length + RAM_PAGE - 1) / RAM_PAGE;

    return sizeof(MDL) + pages * sizeof(PFN_NUMBER);
}

/* Bytes of an MDL for Length bytes at Base. Any IRQL. docs: wdm/nf-wdm-mmsizeofmdl */
SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return mdl_size(Base, Length);
}

static inline void initialize(PMDL mdl, const void *base, size_t length, CSHORT flags)
{
    mdl->Next = NULL;
    mdl->Size = (CSHORT)mdl_size(base, length);
    mdl->MdlFlags = flags;
    mdl->AllocationProcessorNumber = mdl->Reserved = 0;
    mdl->Process = NULL;
    mdl->MappedSystemVa = NULL;
    mdl->StartVa = PAGE_ALIGN(base);
    mdl->ByteOffset = BYTE_OFFSET(base);
    mdl->ByteCount = (ULONG)length;
}

static inline PMDL allocate(void *base, size_t length, const void *caller)
{
    size_t size = mdl_size(base, length), fixed = sizeof(MDL) + FIXED_PAGES * sizeof(PFN_NUMBER);
    bool is_fixed = size <= fixed;

    if (length >= MAX_LENGTH)
        return NULL;
    PMDL mdl = pool_take(NonPagedPoolNx, is_fixed ? fixed : size, MDL_TAG, caller);
    if (mdl)
        initialize(mdl, base, length, is_fixed ? MDL_ALLOCATED_FIXED_SIZE : 0);
    return mdl;
}

PMDL mm_mdl_alloc(void *base, size_t length, const void *caller)
{
    return allocate(base, length, caller);
}

/* An MDL for Length bytes at VirtualAddress, its pages not yet known; IoFreeMdl frees it. Irp (or NULL) gets it, behind its
 * others when SecondaryBuffer. NULL without memory. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-ioallocatemdl */
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    PMDL mdl = allocate(VirtualAddress, Length, __builtin_return_address(0));

    (void)ChargeQuota;
    if (mdl && Irp) {
        PMDL *link = &Irp->MdlAddress;
        while (SecondaryBuffer && *link)
            link = &(*link)->Next;
        *link = mdl;
    }
    return mdl;
}

COLD static void free_slow(PMDL mdl, const void *caller)
{
    struct pe_caller from = { .rip = (uint64_t)(uintptr_t)caller };

    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) && !(mdl->MdlFlags & MDL_PARTIAL))
        NT_EMIT(NT_EVENT_MISUSE, "an MDL is freed while its pages are locked (MmUnlockPages)", mdl, 0, from);
    if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    pool_give(mdl, MDL_TAG, caller);
}

static inline void release(PMDL mdl, const void *caller)
{
    if (unlikely(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL_HAS_BEEN_MAPPED)))
        free_slow(mdl, caller);
    else
        pool_give(mdl, MDL_TAG, caller);
}

void mm_mdl_free(PMDL mdl, const void *caller)
{
    release(mdl, caller);
}

/* Frees the MDL; its pages must be unlocked. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-iofreemdl */
VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    release(Mdl, __builtin_return_address(0));
}

/* Page frames of an address that is not in RAM: a device's, or a user's. False where there is neither. */
COLD static bool fill_slow(PMDL mdl)
{
    PPFN_NUMBER pfn = MmGetMdlPfnArray(mdl);
    size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
    uint64_t address = (uint64_t)(uintptr_t)mdl->StartVa;

    if (address - MMIO_BASE < MMIO_SIZE) {
        mdl->MdlFlags |= MDL_IO_SPACE;
        for (size_t i = 0; i < pages; i++)
            pfn[i] = (address - MMIO_BASE) / RAM_PAGE + i;
        return true;
    }
    for (size_t i = 0; i < pages; i++) {
        uint64_t pa = ram_pa((void *)(uintptr_t)(address + i * RAM_PAGE));
        if (pa == UINT64_MAX)
            return false;
        pfn[i] = pa / RAM_PAGE;
    }
    return true;
}

static inline bool fill(PMDL mdl)
{
    PPFN_NUMBER pfn = MmGetMdlPfnArray(mdl);
    size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
    uint64_t first = ((uint64_t)(uintptr_t)mdl->StartVa - RAM_BASE) / RAM_PAGE;

    if (unlikely(first + pages > RAM_MAX_SIZE / RAM_PAGE))
        return fill_slow(mdl);
    for (size_t i = 0; i < pages; i++)
        pfn[i] = first + i;
    return true;
}

COLD static void build_failed(PMDL mdl)
{
    KeBugCheckEx(PAGE_FAULT_IN_NONPAGED_AREA, (ULONG_PTR)mdl->StartVa, 0, PE_CALLER().rip, 2);
}

/* Completes an MDL of nonpaged memory: page frames and system address. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-mmbuildmdlfornonpagedpool */
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;

    if (unlikely(!fill(mdl))) {
        build_failed(mdl);
        return;
    }
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

/* --- locking ---------------------------------------------------------------------------------------------------- */

/* Checks the range for AccessMode and Operation, and pins it. Raises STATUS_ACCESS_VIOLATION for a range that is not
 * there or (UserMode) not the user's. <= APC_LEVEL, <= DISPATCH_LEVEL for nonpaged memory.
 * docs: wdm/nf-wdm-mmprobeandlockpages */
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    PMDL mdl = MemoryDescriptorList;
    uint64_t start = (uint64_t)(uintptr_t)MmGetMdlVirtualAddress(mdl), end = start + mdl->ByteCount;

    if (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL))
        NT_EMIT(NT_EVENT_MISUSE, "MmProbeAndLockPages is called for an MDL whose pages are known already", mdl,
                mdl->MdlFlags, PE_CALLER());
    if (AccessMode != KernelMode && (end > USER_PROBE_ADDRESS || end < start))
        nt_raise_access_violation(Operation != IoReadAccess, start);
    if (!fill(mdl) || (!(mdl->MdlFlags & MDL_IO_SPACE) && mdl->ByteCount && ram_pa((void *)(uintptr_t)(end - 1)) == UINT64_MAX))
        nt_raise_access_violation(Operation != IoReadAccess, start);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    if (Operation != IoReadAccess)
        mdl->MdlFlags |= MDL_WRITE_OPERATION;
    mdl->Process = start < USER_PROBE_ADDRESS ? PsGetCurrentProcess() : NULL;
}

/* Undoes MmProbeAndLockPages, and a system mapping. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmunlockpages */
VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;

    if (!(mdl->MdlFlags & MDL_PAGES_LOCKED) || (mdl->MdlFlags & (MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)))
        KeBugCheckEx(PFN_LIST_CORRUPT, 0x7, *MmGetMdlPfnArray(mdl), 0, 0);
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_IO_SPACE);
    mdl->Process = NULL;
}

/* --- mapping ------------------------------------------------------------------------------------------------------ */

static bool consecutive(const MDL *mdl)
{
    const PFN_NUMBER *pfn = (const PFN_NUMBER *)(mdl + 1);
    size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);

    for (size_t i = 1; i < pages; i++)
        if (pfn[i] != pfn[0] + i)
            return false;
    return true;
}

static void *system_address(const MDL *mdl)
{
    uint64_t pa = *(const PFN_NUMBER *)(mdl + 1) * RAM_PAGE + mdl->ByteOffset;

    if (!consecutive(mdl)) {
        log_warn("mm", "pages that do not follow each other physically cannot be mapped as one piece");
        return NULL;
    }
    if (mdl->MdlFlags & MDL_IO_SPACE)
        return (void *)(uintptr_t)(MMIO_BASE + pa);
    return ram_va(pa, mdl->ByteCount ? mdl->ByteCount : 1);
}

/* The system address of locked pages; NULL when they cannot be mapped, or a bug check when told so. A mapping for user mode is
 * refused with an exception. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmmaplockedpagesspecifycache */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure,
                                         ULONG Priority)
{
    PMDL mdl = MemoryDescriptorList;

    (void)CacheType;
    (void)RequestedAddress;
    (void)Priority;
    if (AccessMode != KernelMode) {
        log_warn("mm", "mapping an MDL for user mode is not supported");
        nt_raise_status(STATUS_INSUFFICIENT_RESOURCES);
    }
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        NT_EMIT(NT_EVENT_MISUSE, "an MDL is mapped that has a system address already", mdl, mdl->MdlFlags, PE_CALLER());
        return mdl->MappedSystemVa;
    }
    if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)))
        NT_EMIT(NT_EVENT_MISUSE, "an MDL is mapped whose pages are not locked", mdl, mdl->MdlFlags, PE_CALLER());
    void *va = system_address(mdl);
    if (!va) {
        if (BugCheckOnFailure)
            KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount), 0, 0);
        return NULL;
    }
    mdl->MappedSystemVa = va;
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (mdl->MdlFlags & MDL_PARTIAL)
        mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return va;
}

/* The same, with a bug check on failure. docs: wdm/nf-wdm-mmmaplockedpages */
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE, HighPagePriority);
}

/* BaseAddress: what mapping returned. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmunmaplockedpages */
VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;

    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) || mdl->MappedSystemVa != BaseAddress)
        NT_EMIT(NT_EVENT_MISUSE, "MmUnmapLockedPages is called for an MDL that is not mapped there", mdl, BaseAddress,
                PE_CALLER());
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    mdl->MappedSystemVa = NULL;
}

/* --- parts of MDLs -------------------------------------------------------------------------------------------------- */

/* How many pages it has room for. Size has 16 bits only; the pool knows more of a large one. */
static size_t room_of(PMDL mdl)
{
    size_t size = (USHORT)mdl->Size;

    if (mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE)
        return FIXED_PAGES;
    if (pool_size(mdl) > size)
        size = pool_size(mdl);
    return (size - sizeof(MDL)) / sizeof(PFN_NUMBER);
}

/* Makes TargetMdl describe Length bytes (0: all that follow) at VirtualAddress of SourceMdl, with the same pages.
 * <= DISPATCH_LEVEL. docs: wdm/nf-wdm-iobuildpartialmdl */
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    uintptr_t source = (uintptr_t)MmGetMdlVirtualAddress(SourceMdl), va = (uintptr_t)VirtualAddress;
    size_t skip = ((va & ~(uintptr_t)(RAM_PAGE - 1)) - (uintptr_t)SourceMdl->StartVa) / RAM_PAGE;
    CSHORT keep = TargetMdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE;

    if (!Length)
        Length = (ULONG)(source + SourceMdl->ByteCount - va);
    if (va < source || va + Length > source + SourceMdl->ByteCount) {
        NT_EMIT(NT_EVENT_MISUSE, "IoBuildPartialMdl is given a range outside the source MDL", VirtualAddress, Length,
                PE_CALLER());
        KeBugCheckEx(TARGET_MDL_TOO_SMALL, (ULONG_PTR)SourceMdl, (ULONG_PTR)TargetMdl, va, Length);
    }
    size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, Length);
    if (pages > room_of(TargetMdl))
        KeBugCheckEx(TARGET_MDL_TOO_SMALL, (ULONG_PTR)SourceMdl, (ULONG_PTR)TargetMdl, va, Length);
    TargetMdl->StartVa = PAGE_ALIGN(va);
    TargetMdl->ByteOffset = BYTE_OFFSET(va);
    TargetMdl->ByteCount = Length;
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->MdlFlags = keep | MDL_PARTIAL | (SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_PAGE_READ |
                                                                      MDL_WRITE_OPERATION | MDL_IO_SPACE));
    TargetMdl->MappedSystemVa = NULL;
    if (SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA)) {
        TargetMdl->MappedSystemVa = (char *)SourceMdl->MappedSystemVa + (va - source);
        if (SourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
            TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
    }
    memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + skip, pages * sizeof(PFN_NUMBER));
}

/* Moves the start of the range up. STATUS_INVALID_PARAMETER_2 past the end. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-mmadvancemdl */
NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    uintptr_t va = (uintptr_t)MmGetMdlVirtualAddress(Mdl) + NumberOfBytes;
    size_t pages, skip = ((va & ~(uintptr_t)(RAM_PAGE - 1)) - (uintptr_t)Mdl->StartVa) / RAM_PAGE;

    if (NumberOfBytes > Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    Mdl->ByteCount -= NumberOfBytes;
    Mdl->StartVa = PAGE_ALIGN(va);
    Mdl->ByteOffset = BYTE_OFFSET(va);
    pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, Mdl->ByteCount);
    memmove(MmGetMdlPfnArray(Mdl), MmGetMdlPfnArray(Mdl) + skip, pages * sizeof(PFN_NUMBER));
    if (Mdl->MappedSystemVa)
        Mdl->MappedSystemVa = (char *)Mdl->MappedSystemVa + NumberOfBytes;
    return STATUS_SUCCESS;
}
