/* Physical memory: contiguous pieces, pages for MDLs, addresses, copying. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "nt/event.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ram.h"

struct piece {
    struct list node;
    struct mm_block block;
    size_t pages;
};
static struct list pieces = LIST_INIT(pieces);

static struct piece *find(const void *va)
{
    list_each(node, &pieces) {
        struct piece *p = container_of(node, struct piece, node);
        if (p->block.address == va)
            return p;
    }
    return NULL;
}

/* Fault injection counts these as allocations, too. */
static bool injected(const void *caller)
{
    void *probe = pool_alloc(NonPagedPoolNx, 0, 0x656b6146u, caller);

    if (probe)
        pool_free(probe, 0, caller);
    return !probe;
}

void *mm_alloc_pages(size_t size, uint64_t lowest, uint64_t highest, uint64_t boundary, const char *call,
                     const void *caller)
{
    size_t pages = (size + RAM_PAGE - 1) / RAM_PAGE;
    struct piece *p;

    if (!pages || injected(caller) || !(p = malloc(sizeof *p)))
        return NULL;
    void *va = ram_alloc_limits(pages, lowest, highest, RAM_PAGE, boundary);
    if (!va) {
        free(p);
        return NULL;
    }
    p->block = (struct mm_block){ va, size, caller, call };
    p->pages = pages;
    list_push_back(&pieces, &p->node);
    return va;
}

bool mm_free_pages(void *va)
{
    struct piece *p = find(va);

    if (!p)
        return false;
    list_remove(&p->node);
    ram_free(va, p->pages);
    free(p);
    return true;
}

void mm_walk(void (*visit)(void *context, const struct mm_block *block), void *context)
{
    list_each_safe(node, &pieces)
        visit(context, &container_of(node, struct piece, node)->block);
}

void mm_close(void)
{
    struct list *node;

    while ((node = list_pop_front(&pieces)))
        free(container_of(node, struct piece, node));
}

/* --- contiguous memory --------------------------------------------------------------------------------------------- */

/* Page-aligned, physically contiguous memory with physical addresses up to HighestAcceptableAddress; MmFreeContiguousMemory frees
 * it. NULL when there is none. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmallocatecontiguousmemory */
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    return mm_alloc_pages(NumberOfBytes, 0, (uint64_t)HighestAcceptableAddress.QuadPart, 0,
                          "MmAllocateContiguousMemory", __builtin_return_address(0));
}

/* The same between two addresses and without crossing a multiple of BoundaryAddressMultiple (0: no matter). The cache
 * type makes no difference: devices see what processors write. docs: wdm/nf-wdm-mmallocatecontiguousmemoryspecifycache */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType)
{
    (void)CacheType;
    return mm_alloc_pages(NumberOfBytes, (uint64_t)LowestAcceptableAddress.QuadPart,
                          (uint64_t)HighestAcceptableAddress.QuadPart, (uint64_t)BoundaryAddressMultiple.QuadPart,
                          "MmAllocateContiguousMemorySpecifyCache", __builtin_return_address(0));
}

/* The same near a node, of which there is one. docs: wdm/nf-wdm-mmallocatecontiguousmemoryspecifycachenode */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                       PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                       PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                       MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode)
{
    (void)CacheType;
    (void)PreferredNode;
    return mm_alloc_pages(NumberOfBytes, (uint64_t)LowestAcceptableAddress.QuadPart,
                          (uint64_t)HighestAcceptableAddress.QuadPart, (uint64_t)BoundaryAddressMultiple.QuadPart,
                          "MmAllocateContiguousMemorySpecifyCacheNode", __builtin_return_address(0));
}

/* The same with a protection. docs: wdm/nf-wdm-mmallocatecontiguousnodememory */
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                           PHYSICAL_ADDRESS HighestAcceptableAddress,
                                           PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                           NODE_REQUIREMENT PreferredNode)
{
    (void)Protect;
    (void)PreferredNode;
    return mm_alloc_pages(NumberOfBytes, (uint64_t)LowestAcceptableAddress.QuadPart,
                          (uint64_t)HighestAcceptableAddress.QuadPart, (uint64_t)BoundaryAddressMultiple.QuadPart,
                          "MmAllocateContiguousNodeMemory", __builtin_return_address(0));
}

/* The same; *NumberOfBytes becomes whole pages. STATUS_INSUFFICIENT_RESOURCES. docs: wdm/nf-wdm-mmallocatecontiguousmemoryex */
NTSTATUS NTAPI MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                            PHYSICAL_ADDRESS HighestAcceptableAddress,
                                            PHYSICAL_ADDRESS BoundaryAddressMultiple, NODE_REQUIREMENT PreferredNode,
                                            ULONG Protect, PVOID PartitionObject, ULONG Tag, ULONG Flags,
                                            PVOID *BaseAddress)
{
    (void)PreferredNode;
    (void)Protect;
    (void)PartitionObject;
    (void)Tag;
    if (Flags & ~MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY)
        return STATUS_INVALID_PARAMETER_9;
    *BaseAddress = mm_alloc_pages(*NumberOfBytes, (uint64_t)LowestAcceptableAddress.QuadPart,
                                  (uint64_t)HighestAcceptableAddress.QuadPart,
                                  (uint64_t)BoundaryAddressMultiple.QuadPart, "MmAllocateContiguousMemoryEx",
                                  __builtin_return_address(0));
    if (!*BaseAddress)
        return STATUS_INSUFFICIENT_RESOURCES;
    *NumberOfBytes = ROUND_TO_PAGES(*NumberOfBytes);
    return STATUS_SUCCESS;
}

static void free_or_stop(void *va)
{
    if (!mm_free_pages(va))
        KeBugCheckEx(BAD_POOL_CALLER, 0x60, (ULONG_PTR)va, 0, 0);
}

/* <= DISPATCH_LEVEL. docs: wdm/nf-wdm-mmfreecontiguousmemory */
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    free_or_stop(BaseAddress);
}

/* docs: wdm/nf-wdm-mmfreecontiguousmemoryspecifycache */
VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    (void)NumberOfBytes;
    (void)CacheType;
    free_or_stop(BaseAddress);
}

/* Whole pages. docs: ntddk/nf-ntddk-mmallocatenoncachedmemory */
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    return mm_alloc_pages(NumberOfBytes, 0, UINT64_MAX, 0, "MmAllocateNonCachedMemory", __builtin_return_address(0));
}

/* docs: ntddk/nf-ntddk-mmfreenoncachedmemory */
VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    (void)NumberOfBytes;
    free_or_stop(BaseAddress);
}

/* --- pages for MDLs -------------------------------------------------------------------------------------------------- */

static PMDL pages_for_mdl(uint64_t low, uint64_t high, size_t size, ULONG flags, const void *caller)
{
    bool all = flags & (MM_ALLOCATE_FULLY_REQUIRED | MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS);
    void *va = NULL;

    for (size = ROUND_TO_PAGES(size); size && !va; size = va || all ? size : ROUND_TO_PAGES(size / 2)) {
        va = mm_alloc_pages(size, low, high, 0, "MmAllocatePagesForMdlEx", caller);
        if (va || all || size == RAM_PAGE)
            break;
    }
    PMDL mdl = va ? pool_alloc(NonPagedPoolNx, MmSizeOfMdl(NULL, size), 0x506c644du, caller) : NULL;
    if (!mdl) {
        if (va)
            mm_free_pages(va);
        return NULL;
    }
    MmInitializeMdl(mdl, NULL, size);
    mdl->Process = NULL;
    mdl->MappedSystemVa = NULL;
    mdl->AllocationProcessorNumber = mdl->Reserved = 0;
    mdl->MdlFlags = MDL_PAGES_LOCKED;
    for (size_t i = 0; i < size / RAM_PAGE; i++)
        MmGetMdlPfnArray(mdl)[i] = ram_pa(va) / RAM_PAGE + i;
    return mdl;
}

/* Up to TotalBytes of zeroed pages between the two physical addresses; MmFreePagesFromMdl and ExFreePool give pages and MDL
 * back. They are contiguous here. NULL when there are none. docs: wdm/nf-wdm-mmallocatepagesformdl */
PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                                 SIZE_T TotalBytes)
{
    (void)SkipBytes;
    return pages_for_mdl((uint64_t)LowAddress.QuadPart, (uint64_t)HighAddress.QuadPart, TotalBytes, 0,
                         __builtin_return_address(0));
}

/* The same; Flags: MM_ALLOCATE_*. docs: wdm/nf-wdm-mmallocatepagesformdlex */
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                                   SIZE_T TotalBytes, MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    (void)SkipBytes;
    (void)CacheType;
    return pages_for_mdl((uint64_t)LowAddress.QuadPart, (uint64_t)HighAddress.QuadPart, TotalBytes, Flags,
                         __builtin_return_address(0));
}

/* docs: wdm/nf-wdm-mmallocatenodepagesformdlex */
PMDL NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                       PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes, MEMORY_CACHING_TYPE CacheType,
                                       ULONG IdealNode, ULONG Flags)
{
    (void)SkipBytes;
    (void)CacheType;
    (void)IdealNode;
    return pages_for_mdl((uint64_t)LowAddress.QuadPart, (uint64_t)HighAddress.QuadPart, TotalBytes, Flags,
                         __builtin_return_address(0));
}

/* Gives back the pages, not the MDL. docs: wdm/nf-wdm-mmfreepagesfrommdl */
VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;

    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        NT_EMIT(NT_EVENT_MISUSE, "pages are freed while the MDL is mapped (MmUnmapLockedPages)", mdl, 0, PE_CALLER());
    free_or_stop(ram_va(*MmGetMdlPfnArray(mdl) * RAM_PAGE, RAM_PAGE));
    mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
}

/* --- addresses ---------------------------------------------------------------------------------------------------------- */

static bool in_mmio(const void *va)
{
    return (uint64_t)(uintptr_t)va - MMIO_BASE < MMIO_SIZE;
}

/* 0 for an address that is not mapped. Any IRQL. docs: ntddk/nf-ntddk-mmgetphysicaladdress */
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    PHYSICAL_ADDRESS pa;
    uint64_t at = in_mmio(BaseAddress) ? (uint64_t)(uintptr_t)BaseAddress - MMIO_BASE : ram_pa(BaseAddress);

    pa.QuadPart = at == UINT64_MAX ? 0 : (LONGLONG)at;
    return pa;
}

/* NULL when no RAM or device has the address. docs: ntddk/nf-ntddk-mmgetphysicaladdress */
PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress)
{
    return ram_va((uint64_t)PhysicalAddress.QuadPart, 1);
}

/* TRUE when an access would not fault now. docs: ntddk/nf-ntddk-mmisaddressvalid */
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    return ram_pa(VirtualAddress) != UINT64_MAX || in_mmio(VirtualAddress) ||
           (uint64_t)(uintptr_t)VirtualAddress - KUSER_VA < RAM_PAGE;
}

/* Copies from a physical or virtual address (Flags) without faulting. *NumberOfBytesTransferred says how far it came.
 * <= APC_LEVEL. docs: ntddk/nf-ntddk-mmcopymemory */
NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                            PSIZE_T NumberOfBytesTransferred)
{
    size_t done = 0;

    *NumberOfBytesTransferred = 0;
    if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL)
        return STATUS_INVALID_PARAMETER_4;
    while (done < NumberOfBytes) {
        uint64_t pa = Flags == MM_COPY_MEMORY_PHYSICAL ? (uint64_t)SourceAddress.PhysicalAddress.QuadPart + done
                                                       : ram_pa((char *)SourceAddress.VirtualAddress + done);
        size_t part = RAM_PAGE - pa % RAM_PAGE;
        part = part < NumberOfBytes - done ? part : NumberOfBytes - done;
        void *from = pa == UINT64_MAX ? NULL : ram_va(pa, part);
        if (!from)
            break;
        memcpy((char *)TargetAddress + done, from, part);
        done += part;
    }
    *NumberOfBytesTransferred = done;
    return done == NumberOfBytes ? STATUS_SUCCESS : done ? STATUS_PARTIAL_COPY : STATUS_INVALID_ADDRESS;
}

/* The RAM there is, ended by zeros; ExFreePool frees it. NULL without memory. docs: ntddk/nf-ntddk-mmgetphysicalmemoryrangesex2 */
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID)
{
    PPHYSICAL_MEMORY_RANGE ranges = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, 3 * sizeof *ranges, 0x68506d4du,
                                               __builtin_return_address(0));
    uint64_t size = ram_pages_total() * (uint64_t)RAM_PAGE, low = size < MMIO32_PA ? size : MMIO32_PA;

    if (!ranges)
        return NULL;
    ranges[0].BaseAddress.QuadPart = RAM_PAGE;
    ranges[0].NumberOfBytes.QuadPart = (LONGLONG)(low - RAM_PAGE);
    if (size > 4ull << 30) {
        ranges[1].BaseAddress.QuadPart = (LONGLONG)(4ull << 30);
        ranges[1].NumberOfBytes.QuadPart = (LONGLONG)(size - (4ull << 30));
    }
    return ranges;
}

/* The same; there are no partitions. docs: ntddk/nf-ntddk-mmgetphysicalmemoryrangesex2 */
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRangesEx2(PVOID PartitionObject, ULONG Flags)
{
    (void)PartitionObject;
    (void)Flags;
    return MmGetPhysicalMemoryRanges();
}
