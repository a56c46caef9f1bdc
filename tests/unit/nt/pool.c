/* The host's side of pool: owners, fault injection, checks, reuse. */
#include "unit.h"

#include "host/loop.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ram.h"

#define DRIVER ((const void *)(RAM_BASE + 0x5000))
#define OTHER ((const void *)(RAM_BASE + 0x9000))

static void open_computer(void)
{
    struct ke_config config = { .cpus = 1, .clock = KE_CLOCK_VIRTUAL };

    CHECK(loop_open());
    CHECK(ram_open(64u << 20));
    CHECK(ke_open(&config));
}

static void close_computer(void)
{
    ke_close();
    mm_close();
    pool_close();
    ram_close();
    loop_close();
}

static void *take(size_t size)
{
    return pool_alloc(NonPagedPoolNx, size, 0x74736554, DRIVER);
}

TEST(blocks_have_an_owner_until_they_are_freed)
{
    uint64_t bytes;

    open_computer();
    void *a = take(100), *b = take(10000), *c = pool_alloc(PagedPool, 50, 1, OTHER);
    CHECK(a && b && c);
    CHECK_EQ(pool_size(a), 100);
    CHECK_EQ(pool_size(b), 10000);
    CHECK_EQ(pool_size((char *)a + 16), 0);
    CHECK_EQ(pool_owned_by((uint64_t)(uintptr_t)DRIVER, 1, &bytes), 2);
    CHECK_EQ(bytes, 10100);
    CHECK_EQ(pool_owned_by((uint64_t)(uintptr_t)OTHER, 1, &bytes), 1);
    pool_free(a, 0, NULL);
    pool_free(b, 0x74736554, NULL);
    CHECK_EQ(pool_owned_by((uint64_t)(uintptr_t)DRIVER, 1, &bytes), 0);
    struct pool_stats stats;
    pool_get_stats(&stats);
    CHECK_EQ(stats.live_blocks, 1);
    CHECK_EQ(stats.live_bytes, 50);
    pool_free(c, 0, NULL);
    close_computer();
}

TEST(the_nth_allocation_of_a_driver_fails)
{
    open_computer();
    void *kept[8] = { 0 };
    pool_set_fail_at(3, false);
    for (int i = 0; i < 5; i++)
        kept[i] = take(32);
    CHECK(kept[0] && kept[1] && !kept[2] && kept[3] && kept[4]);
    CHECK_EQ(pool_fail_count(), 5);
    void *host = pool_alloc(NonPagedPoolNx, 32, 1, NULL);
    CHECK(host);
    CHECK_EQ(pool_fail_count(), 5);
    pool_set_fail_at(2, true);
    kept[5] = take(5000);
    kept[6] = take(5000);
    kept[7] = take(8);
    CHECK(kept[5] && !kept[6] && !kept[7]);
    CHECK(!mm_alloc_pages(4096, 0, UINT64_MAX, 0, "test", DRIVER));
    pool_set_fail_at(0, false);
    for (int i = 0; i < 8; i++)
        if (kept[i])
            pool_free(kept[i], 0, NULL);
    pool_free(host, 0, NULL);
    close_computer();
}

static void count_block(void *context, const struct pool_block *block)
{
    CHECK(block->size == 100 || block->size == 5000);
    ++*(int *)context;
}

TEST(an_overrun_is_found_before_the_block_is_freed)
{
    int found = 0;

    open_computer();
    char *small = take(100), *large = take(5000), *good = take(60);
    CHECK(small && large && good);
    pool_check(count_block, &found);
    CHECK_EQ(found, 0);
    small[100] ^= 1;
    large[5003] ^= 1;
    pool_check(count_block, &found);
    CHECK_EQ(found, 2);
    small[100] ^= 1;
    large[5003] ^= 1;
    pool_free(small, 0, NULL);
    pool_free(large, 0, NULL);
    pool_free(good, 0, NULL);
    close_computer();
}

static unsigned capture(const struct pe_caller *caller, uint64_t *frames, unsigned max)
{
    CHECK(max >= 2);
    frames[0] = 11;
    frames[1] = 22;
    return 2;
}

static void see_stack(void *context, const struct pool_block *block)
{
    CHECK_EQ(block->stack_count, 2);
    CHECK_EQ(block->stack[1], 22);
    CHECK_EQ(block->tag, 0x74736554);
    ++*(int *)context;
}

TEST(stacks_are_kept_when_asked_for)
{
    int seen = 0;

    open_computer();
    pool_keep_stacks(capture);
    void *a = take(10), *b = take(9000);
    pool_walk(see_stack, &seen);
    CHECK_EQ(seen, 2);
    pool_keep_stacks(NULL);
    pool_free(a, 0, NULL);
    pool_free(b, 0, NULL);
    close_computer();
}

TEST(every_size_is_aligned_and_apart)
{
    static char *blocks[3000];

    open_computer();
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3000; i++) {
            size_t size = (i * 7) % 4200;
            blocks[i] = pool_alloc(NonPagedPoolNx | (i % 2 ? POOL_ZERO_ALLOCATION : 0), size, 1, DRIVER);
            CHECK(blocks[i] && (uintptr_t)blocks[i] % 16 == 0);
            for (size_t k = 0; i % 2 && k < size; k++)
                CHECK(blocks[i][k] == 0);
            memset(blocks[i], (int)i, size);
        }
        for (size_t i = 0; i < 3000; i++) {
            for (size_t k = 0; k < (i * 7) % 4200; k += 97)
                CHECK(blocks[i][k] == (char)i);
            pool_free(blocks[i], 1, NULL);
        }
    }
    struct pool_stats stats;
    pool_get_stats(&stats);
    CHECK_EQ(stats.live_blocks, 0);
    CHECK_EQ(stats.live_bytes, 0);
    close_computer();
}

TEST(pages_with_an_owner_are_listed)
{
    open_computer();
    char *a = mm_alloc_pages(10000, 0, 0xffffff, 0, "MmAllocateContiguousMemory", DRIVER);
    CHECK(a && ram_pa(a) + 12288 <= 0x1000000);
    CHECK(!mm_free_pages(a + 4096));
    CHECK(mm_free_pages(a));
    CHECK(!mm_free_pages(a));
    close_computer();
}
