/* Pool: alignment, zeroing, freeing, exhaustion. docs: wdm/nf-wdm-exallocatepool2 */
#include "helpers.h"

#define TAG 'tseT'

static BOOLEAN AllZero(const UCHAR *bytes, SIZE_T size)
{
    while (size--)
        if (*bytes++)
            return FALSE;
    return TRUE;
}

TEST_CASE(blocks_are_aligned_and_stay_within_a_page)
{
    static PUCHAR blocks[400];
    BOOLEAN aligned = TRUE, within = TRUE, page = TRUE;

    for (ULONG i = 0; i < 400; i++) {
        ULONG size = 1 + i * 23;
        blocks[i] = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
        REQUIRE(blocks[i] != NULL);
        RtlFillMemory(blocks[i], size, (UCHAR)i);
        aligned = aligned && ((ULONG_PTR)blocks[i] & 15) == 0;
        if (size < PAGE_SIZE)
            within = within && PAGE_ALIGN(blocks[i]) == PAGE_ALIGN(blocks[i] + size - 1);
        else
            page = page && BYTE_OFFSET(blocks[i]) == 0;
    }
    for (ULONG i = 0; i < 400; i++) {
        EXPECT(blocks[i][0] == (UCHAR)i && blocks[i][i * 23] == (UCHAR)i);
        ExFreePoolWithTag(blocks[i], TAG);
    }
    EXPECT(aligned);
    EXPECT(within);
    EXPECT(page);
}

TEST_CASE(zeroing_follows_the_flags)
{
    static const SIZE_T sizes[] = { 24, 500, 4000, 4096, 9000 };

    for (int i = 0; i < 5; i++) {
        PUCHAR dirty = ExAllocatePoolWithTag(NonPagedPoolNx, sizes[i], TAG);
        REQUIRE(dirty != NULL);
        RtlFillMemory(dirty, sizes[i], 0xEE);
        ExFreePoolWithTag(dirty, TAG);
        PUCHAR block = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizes[i], TAG);
        REQUIRE(block != NULL);
        EXPECT(AllZero(block, sizes[i]));
        RtlFillMemory(block, sizes[i], 0xEE);
        ExFreePoolWithTag(block, TAG);
        block = ExAllocatePoolZero(NonPagedPoolNx, sizes[i], TAG);
        REQUIRE(block != NULL);
        EXPECT(AllZero(block, sizes[i]));
        ExFreePool(block);
        block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, sizes[i], TAG);
        EXPECT(block != NULL);
        ExFreePool2(block, TAG, NULL, 0);
    }
}

TEST_CASE(wrong_flags_are_refused)
{
    EXPECT(ExAllocatePool2(0, 16, TAG) == NULL);
    EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 16, TAG) == NULL);
    EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x10000, 16, TAG) == NULL);
    EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 0) == NULL);
}

TEST_CASE(too_much_is_refused_or_raised)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID block = (PVOID)1;

    EXPECT(ExAllocatePoolWithTag(NonPagedPoolNx, 1ull << 40, TAG) == NULL);
    __try {
        block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 1ull << 40, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_INSUFFICIENT_RESOURCES);
    status = STATUS_SUCCESS;
    __try {
        block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 1ull << 40, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_INSUFFICIENT_RESOURCES);
    EXPECT(ExAllocatePoolWithQuotaTag((POOL_TYPE)(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), 1ull << 40, TAG) ==
           NULL);
    EXPECT(block == (PVOID)1);
}

TEST_CASE(a_freed_block_is_the_next_of_its_size)
{
    PVOID first = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);

    ExFreePoolWithTag(first, TAG);
    PVOID second = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    EXPECT(first == second);
    ExFreePoolWithTag(second, TAG);
}

TEST_CASE(nonpaged_pool_is_there_at_dispatch_level)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    if (block)
        ExFreePoolWithTag(block, TAG);
    KeLowerIrql(old);
    EXPECT(block != NULL);
}

TEST_CASE(every_byte_of_a_zero_byte_block_is_nobodys)
{
    PVOID a = ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG), b = ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG);

    EXPECT(a && b && a != b);
    ExFreePoolWithTag(a, TAG);
    ExFreePoolWithTag(b, TAG);
}

TEST_CASE_THAT_STOPS(freeing_twice, 0xC2)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    ExFreePoolWithTag(block, TAG);
    ExFreePoolWithTag(block, TAG);
}

TEST_CASE_THAT_STOPS(writing_behind_a_block, 0x19)
{
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    ((volatile UCHAR *)block)[100] = 1;
    ExFreePoolWithTag(block, TAG);
}

TEST_CASE_THAT_STOPS(paged_pool_at_dispatch_level, 0xC2)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
}

TEST_CASE_THAT_STOPS(freeing_what_is_not_pool, 0xC2)
{
    static UCHAR not_pool[64];

    ExFreePoolWithTag(not_pool + 16, TAG);
}

TEST_CASE_THAT_STOPS(a_tag_of_zero, 0xC2)
{
    ExAllocatePoolWithTag(NonPagedPoolNx, 100, 0);
}
