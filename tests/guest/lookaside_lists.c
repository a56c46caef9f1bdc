/* Lookaside lists and SLISTs. docs: kernel/using-lookaside-lists */
#include "helpers.h"

#define TAG 'koLT'

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;
static LONG Allocated, Freed;

TEST_CASE(an_slist_is_last_in_first_out_and_counts)
{
    static SLIST_HEADER head;
    static SLIST_ENTRY entries[3];

    InitializeSListHead(&head);
    EXPECT(InterlockedPopEntrySList(&head) == NULL);
    EXPECT(InterlockedPushEntrySList(&head, &entries[0]) == NULL);
    EXPECT(InterlockedPushEntrySList(&head, &entries[1]) == &entries[0]);
    InterlockedPushEntrySList(&head, &entries[2]);
    EXPECT_EQ(ExQueryDepthSList(&head), 3);
    EXPECT(FirstEntrySList(&head) == &entries[2]);
    EXPECT(InterlockedPopEntrySList(&head) == &entries[2]);
    EXPECT(InterlockedFlushSList(&head) == &entries[1]);
    EXPECT(entries[1].Next == &entries[0] && entries[0].Next == NULL);
    EXPECT_EQ(QueryDepthSList(&head), 0);
}

TEST_CASE(a_freed_block_is_used_again)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    PVOID first = ExAllocateFromNPagedLookasideList(&Nonpaged), second = ExAllocateFromNPagedLookasideList(&Nonpaged);
    REQUIRE(first && second && first != second);
    RtlFillMemory(first, 100, 1);
    ExFreeToNPagedLookasideList(&Nonpaged, first);
    EXPECT(ExAllocateFromNPagedLookasideList(&Nonpaged) == first);
    ExFreeToNPagedLookasideList(&Nonpaged, first);
    ExFreeToNPagedLookasideList(&Nonpaged, second);
    ExDeleteNPagedLookasideList(&Nonpaged);
}

TEST_CASE(the_paged_list_does_the_same)
{
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 64, TAG, 0);
    PVOID block = ExAllocateFromPagedLookasideList(&Paged);
    REQUIRE(block != NULL);
    ExFreeToPagedLookasideList(&Paged, block);
    EXPECT(ExAllocateFromPagedLookasideList(&Paged) == block);
    ExFreeToPagedLookasideList(&Paged, block);
    ExDeletePagedLookasideList(&Paged);
}

static PVOID NTAPI Allocate(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    if (list == &Ex && size == 48 && tag == TAG)
        Allocated++;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID NTAPI Free(PVOID block, PLOOKASIDE_LIST_EX list)
{
    if (list == &Ex)
        Freed++;
    ExFreePoolWithTag(block, TAG);
}

TEST_CASE(the_drivers_routines_are_called_with_the_list)
{
    PVOID blocks[4];

    Allocated = Freed = 0;
    REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, Allocate, Free, NonPagedPoolNx, 0, 48, TAG, 0)));
    for (int i = 0; i < 4; i++)
        blocks[i] = ExAllocateFromLookasideListEx(&Ex);
    EXPECT_EQ(Allocated, 4);
    for (int i = 0; i < 4; i++)
        ExFreeToLookasideListEx(&Ex, blocks[i]);
    EXPECT_EQ(Freed, 0);
    ExFlushLookasideListEx(&Ex);
    EXPECT_EQ(Freed, 4);
    blocks[0] = ExAllocateFromLookasideListEx(&Ex);
    EXPECT_EQ(Allocated, 5);
    ExFreeToLookasideListEx(&Ex, blocks[0]);
    ExDeleteLookasideListEx(&Ex);
    EXPECT_EQ(Freed, 5);
}

static POOL_TYPE SeenType;

static PVOID NTAPI AllocateWithQuota(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    SeenType = type;
    return ExAllocatePoolWithQuotaTag(type, size, tag);
}

TEST_CASE(the_flags_reach_the_drivers_routine_as_pool_types)
{
    REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, AllocateWithQuota, Free, NonPagedPoolNx,
                                                   EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 48, TAG, 0)));
    PVOID block = ExAllocateFromLookasideListEx(&Ex);
    EXPECT(block != NULL);
    EXPECT_EQ(SeenType, NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    ExFreeToLookasideListEx(&Ex, block);
    ExDeleteLookasideListEx(&Ex);
    REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, Allocate, Free, NonPagedPoolNx,
                                                   EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 48, TAG, 0)));
    EXPECT_EQ(Ex.L.Type, NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE);
    ExDeleteLookasideListEx(&Ex);
}

TEST_CASE(default_routines_use_pool)
{
    REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 48, TAG, 0)));
    PVOID block = ExAllocateFromLookasideListEx(&Ex);
    EXPECT(block != NULL);
    ExFreeToLookasideListEx(&Ex, block);
    ExDeleteLookasideListEx(&Ex);
}

TEST_CASE(wrong_arguments_are_named)
{
    EXPECT_EQ((ULONG)ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 3, 48, TAG, 0),
              (ULONG)STATUS_INVALID_PARAMETER_5);
    EXPECT_EQ((ULONG)ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 48, TAG, 7),
              (ULONG)STATUS_INVALID_PARAMETER_8);
}
