/* Lookaside lists: setting up and taking down. Allocating and freeing is inline code of the driver's (ex_pool.h).
 * A list keeps up to Depth free blocks; the depth stays what it is at first. */
#include <string.h>

#include "nt/event.h"
#include "nt/ke.h"
#include "nt/pool.h"
#include "nt/raise.h"
#include "ring3/ex.h"

#define DEPTH 256

static void initialize(PGENERAL_LOOKASIDE list, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION release, ULONG flags,
                       POOL_TYPE type, SIZE_T size, ULONG tag)
{
    memset(list, 0, sizeof *list);
    list->Depth = DEPTH;
    list->MaximumDepth = DEPTH;
    list->Type = type | (flags & (POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION));
    list->Tag = tag;
    list->Size = (ULONG)(size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : size);
    list->Allocate = allocate ? allocate : ExAllocatePoolWithTag;
    list->Free = release ? release : ExFreePool;
    list->ListEntry.Flink = list->ListEntry.Blink = &list->ListEntry;
}

static void empty(PGENERAL_LOOKASIDE list)
{
    PSLIST_ENTRY entry;

    while ((entry = ExpInterlockedPopEntrySList(&list->ListHead)))
        list->Free(entry);
}

/* Lookaside: the caller's nonpaged, 16-byte aligned memory. Allocate and Free: the driver's, or NULL for pool. Flags:
 * POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_NX_ALLOCATION. Size: bytes of a block. Depth: 0. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exinitializenpagedlookasidelist */
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    (void)Depth;
    initialize(&Lookaside->L, Allocate, Free, Flags, NonPagedPool, Size, Tag);
}

/* Frees the blocks in the list. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-exdeletenpagedlookasidelist */
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    empty(&Lookaside->L);
}

/* The same for paged pool. <= APC_LEVEL. docs: wdm/nf-wdm-exinitializepagedlookasidelist */
VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    (void)Depth;
    initialize(&Lookaside->L, Allocate, Free, Flags & ~POOL_NX_ALLOCATION, PagedPool, Size, Tag);
}

/* <= APC_LEVEL. docs: wdm/nf-wdm-exdeletepagedlookasidelist */
VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    empty(&Lookaside->L);
}

/* --- LOOKASIDE_LIST_EX ----------------------------------------------------------------------------------------- */

/* What an Ex list without routines of the driver's allocates with. The type carries the two flags. */
static PVOID NTAPI allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    if (ke_irql() > ((type & 1) == PagedPool ? APC_LEVEL : DISPATCH_LEVEL))
        KeBugCheckEx(BAD_POOL_CALLER, 0x8, ke_irql(), type, size);
    void *block = pool_alloc(type & ~(POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), size, tag, __builtin_return_address(0));
    if (!block && (type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        nt_raise_status(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

static VOID NTAPI free_ex(PVOID block, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    pool_free(block, 0, __builtin_return_address(0));
}

/* The same for any pool type; the driver's routines also get the list. Flags: raise or fail when there is no memory (not both),
 * told to Allocate as a bit of its pool type.
 * STATUS_INVALID_PARAMETER_n when an argument is wrong. docs: wdm/nf-wdm-exinitializelookasidelistex */
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size,
                                           ULONG Tag, USHORT Depth)
{
    PGENERAL_LOOKASIDE_POOL list = &Lookaside->L;
    ULONG both = EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;

    if ((PoolType & POOL_TYPE_MASK & ~5) || (PoolType & (POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)))
        return STATUS_INVALID_PARAMETER_4;
    if ((Flags & ~both) || (Flags & both) == both)
        return STATUS_INVALID_PARAMETER_5;
    if (Depth)
        return STATUS_INVALID_PARAMETER_8;
    memset(list, 0, sizeof *list);
    list->Depth = list->MaximumDepth = DEPTH;
    list->Type = PoolType;
    if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        list->Type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        list->Type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    list->Tag = Tag;
    list->Size = (ULONG)(Size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : Size);
    list->AllocateEx = Allocate ? Allocate : allocate_ex;
    list->FreeEx = Free ? Free : free_ex;
    list->ListEntry.Flink = list->ListEntry.Blink = &list->ListEntry;
    return STATUS_SUCCESS;
}

/* Frees what the list keeps. docs: wdm/nf-wdm-exflushlookasidelistex */
VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PSLIST_ENTRY entry;

    while ((entry = ExpInterlockedPopEntrySList(&Lookaside->L.ListHead)))
        Lookaside->L.FreeEx(entry, Lookaside);
}

/* The same, for good. docs: wdm/nf-wdm-exdeletelookasidelistex */
VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExFlushLookasideListEx(Lookaside);
}
