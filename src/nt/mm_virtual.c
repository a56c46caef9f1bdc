/* ZwAllocateVirtualMemory and its relatives, for the System process (mm_region.h). PASSIVE_LEVEL. */
#include <stdlib.h>
#include <string.h>

#include "nt/mm.h"
#include "nt/mm_region.h"
#include "nt/ob.h"
#include "nt/ram.h"

struct list mm_regions = LIST_INIT(mm_regions);

static size_t whole_pages(size_t size)
{
    return (size + RAM_PAGE - 1) & ~(size_t)(RAM_PAGE - 1);
}

bool mm_good_protection(ULONG protect)
{
    ULONG kind = protect & 0xFF;

    return kind != 0 && (kind & (kind - 1)) == 0 && !(protect & ~(ULONG)(0xFF | PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE));
}

NTSTATUS mm_check_process(HANDLE process)
{
    void *body;
    NTSTATUS status = ob_from_handle(process, 0, PsProcessType, KernelMode, &body);

    if (NT_SUCCESS(status))
        ob_dereference(body);
    return status;
}

struct mm_region *mm_region_add(void *base, size_t size, ULONG protect, void *section)
{
    struct mm_region *region = calloc(1, sizeof(*region));
    struct list *node;

    if (region == NULL)
        return NULL;
    region->base = base;
    region->size = size;
    region->protect = protect;
    region->section = section;
    for (node = mm_regions.next; node != &mm_regions; node = node->next)
        if (container_of(node, struct mm_region, node)->base > region->base)
            break;
    list_push_back(node, &region->node);
    return region;
}

void mm_region_remove(struct mm_region *region)
{
    list_remove(&region->node);
    free(region->committed);
    free(region);
}

struct mm_region *mm_region_of(const void *address)
{
    for (struct list *node = mm_regions.prev; node != &mm_regions; node = node->prev) {
        struct mm_region *region = container_of(node, struct mm_region, node);

        if ((const char *)address >= region->base && (const char *)address < region->base + region->size)
            return region;
    }
    return NULL;
}

void mm_regions_stop(void)
{
    list_each_safe(node, &mm_regions)
        mm_region_remove(container_of(node, struct mm_region, node));
}

static bool within(const struct mm_region *region, const void *base, size_t size)
{
    return size <= (size_t)(region->base + region->size - (const char *)base);
}

/* Marks the pages of a range and tells the range that they are. */
static void mark(struct mm_region *region, PVOID *base, SIZE_T *size, bool committed)
{
    char *first = (char *)((uintptr_t)*base & ~(uintptr_t)(RAM_PAGE - 1)), *end = (char *)*base + *size;

    *size = whole_pages((size_t)(end - first));
    *base = first;
    for (size_t at = 0; at < *size; at += RAM_PAGE) {
        uint8_t *page = &region->committed[((size_t)(first - region->base) + at) / RAM_PAGE];

        if (*page && !committed)
            memset(first + at, 0, RAM_PAGE);
        *page = committed;
    }
}

static NTSTATUS reserve(PVOID *base, PSIZE_T size, ULONG protect, bool commit)
{
    size_t bytes = whole_pages(*size);
    struct mm_region *region;
    void *user, *system;

    if (*base != NULL)
        return STATUS_CONFLICTING_ADDRESSES;
    user = *size <= USER_END - USER_BASE ? ram_user_alloc(bytes, &system) : NULL;
    if (user == NULL)
        return STATUS_NO_MEMORY;
    region = mm_region_add(user, bytes, protect, NULL);
    if (region != NULL)
        region->committed = malloc(bytes / RAM_PAGE);
    if (region == NULL || region->committed == NULL) {
        if (region != NULL)
            mm_region_remove(region);
        ram_user_free(user, bytes);
        return STATUS_NO_MEMORY;
    }
    memset(region->committed, commit, bytes / RAM_PAGE);
    *base = user;
    *size = bytes;
    return STATUS_SUCCESS;
}

/* Memory at user addresses of the System process. *BaseAddress: NULL for a new range (an address of the caller's choice is refused with
 * STATUS_CONFLICTING_ADDRESSES), or inside a reserved one. *RegionSize: bytes, rounded to pages. AllocationType: MEM_RESERVE, MEM_COMMIT, MEM_RESET
 * (and MEM_TOP_DOWN). STATUS_INVALID_PARAMETER_n for the n-th argument, STATUS_INVALID_PAGE_PROTECTION, STATUS_NO_MEMORY.
 * docs: ntifs/nf-ntifs-zwallocatevirtualmemory */
NTSTATUS NTAPI ZwAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType,
                                       ULONG Protect)
{
    struct mm_region *region;
    NTSTATUS status = mm_check_process(ProcessHandle);

    if (!NT_SUCCESS(status))
        return status;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_3;
    if (*RegionSize == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (!(AllocationType & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) ||
        (AllocationType & ~(ULONG)(MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN)))
        return STATUS_INVALID_PARAMETER_5;
    if (!mm_good_protection(Protect))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((AllocationType & MEM_RESERVE) || (*BaseAddress == NULL && (AllocationType & MEM_COMMIT)))
        return reserve(BaseAddress, RegionSize, Protect, AllocationType & MEM_COMMIT);
    region = mm_region_of(*BaseAddress);
    if (region == NULL || region->section != NULL || !within(region, *BaseAddress, *RegionSize))
        return STATUS_CONFLICTING_ADDRESSES;
    if (AllocationType & MEM_COMMIT)
        mark(region, BaseAddress, RegionSize, true);
    return STATUS_SUCCESS;
}

/* MEM_DECOMMIT: pages of a range, or (*RegionSize 0) all; MEM_RELEASE: a whole range, *RegionSize 0. STATUS_MEMORY_NOT_ALLOCATED,
 * STATUS_FREE_VM_NOT_AT_BASE, STATUS_UNABLE_TO_FREE_VM (not within one range), STATUS_UNABLE_TO_DELETE_SECTION (a view).
 * docs: ntifs/nf-ntifs-zwfreevirtualmemory */
NTSTATUS NTAPI ZwFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType)
{
    struct mm_region *region;
    NTSTATUS status = mm_check_process(ProcessHandle);

    if (!NT_SUCCESS(status))
        return status;
    if (FreeType != MEM_DECOMMIT && FreeType != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    region = mm_region_of(*BaseAddress);
    if (region == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (region->section != NULL)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if ((FreeType == MEM_RELEASE || *RegionSize == 0) && (char *)*BaseAddress >= region->base + RAM_PAGE)
        return STATUS_FREE_VM_NOT_AT_BASE;
    if (!within(region, *BaseAddress, *RegionSize) ||
        (FreeType == MEM_RELEASE && *RegionSize != 0 && whole_pages(*RegionSize) != region->size))
        return STATUS_UNABLE_TO_FREE_VM;
    if (*RegionSize == 0)
        *RegionSize = region->size;
    if (FreeType == MEM_DECOMMIT) {
        mark(region, BaseAddress, RegionSize, false);
        return STATUS_SUCCESS;
    }
    *BaseAddress = region->base;
    *RegionSize = region->size;
    ram_user_free(region->base, region->size);
    mm_region_remove(region);
    return STATUS_SUCCESS;
}

static void describe(const char *at, MEMORY_BASIC_INFORMATION *info)
{
    struct mm_region *region = mm_region_of(at);
    bool committed;

    memset(info, 0, sizeof(*info));
    info->BaseAddress = (PVOID)(ULONG_PTR)at;
    if (region == NULL) {
        uint64_t end = USER_PROBE_ADDRESS;

        for (struct list *node = mm_regions.prev; node != &mm_regions; node = node->prev)
            if (container_of(node, struct mm_region, node)->base > at)
                end = (uint64_t)(uintptr_t)container_of(node, struct mm_region, node)->base;
        info->State = MEM_FREE;
        info->Protect = PAGE_NOACCESS;
        info->RegionSize = (SIZE_T)(end - (uint64_t)(uintptr_t)at);
        return;
    }
    size_t page = (size_t)(at - region->base) / RAM_PAGE, pages = region->size / RAM_PAGE, n = page;
    committed = region->committed == NULL || region->committed[page];
    while (n < pages && (region->committed == NULL || !!region->committed[n] == committed))
        n++;
    info->AllocationBase = region->base;
    info->AllocationProtect = region->protect;
    info->RegionSize = (n - page) * RAM_PAGE;
    info->State = committed ? MEM_COMMIT : MEM_RESERVE;
    info->Protect = committed ? region->protect : 0;
    info->Type = region->section != NULL ? MEM_MAPPED : MEM_PRIVATE;
}

/* MemoryBasicInformation of the pages from an address on. STATUS_INVALID_PARAMETER: no user address; STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_INVALID_INFO_CLASS. docs: ntifs/nf-ntifs-zwqueryvirtualmemory */
NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS MemoryInformationClass,
                                    PVOID MemoryInformation, SIZE_T MemoryInformationLength, PSIZE_T ReturnLength)
{
    NTSTATUS status = mm_check_process(ProcessHandle);

    if (!NT_SUCCESS(status))
        return status;
    if (MemoryInformationClass != MemoryBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (MemoryInformationLength < sizeof(MEMORY_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((uint64_t)(uintptr_t)BaseAddress >= USER_PROBE_ADDRESS)
        return STATUS_INVALID_PARAMETER;
    describe((const char *)((uintptr_t)BaseAddress & ~(uintptr_t)(RAM_PAGE - 1)), MemoryInformation);
    if (ReturnLength != NULL)
        *ReturnLength = sizeof(MEMORY_BASIC_INFORMATION);
    return STATUS_SUCCESS;
}
