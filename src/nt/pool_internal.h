/* Between pool.c, pool_large.c (requests of a page and more) and pool_stack.c. */
#ifndef NT_POOL_INTERNAL_H
#define NT_POOL_INTERNAL_H

#include "nt/pool.h"

void *pool_alloc_large(POOL_TYPE type, size_t size, uint32_t tag, const void *caller, uint32_t sequence, uint32_t stack);
/* False when what follows the block in its last page was overwritten; it is freed all the same. */
bool pool_free_large(void *block);
bool pool_large_info(const void *block, struct pool_block *info);
void pool_large_set_quota(void *block);
void pool_large_hand_over(void *block);
void pool_walk_large(bool only_overrun, void (*visit)(void *, const struct pool_block *), void *context);
void pool_close_large(void);
/* How stacks are captured; NULL: they are not. */
extern pool_capture *pool_capturing;
/* The index under which the stack of this call is kept. 0 without memory. */
uint32_t pool_keep_stack(const struct pe_caller *caller);

/* Stacks seen lately, by the driver's return address and stack pointer. One is still what it was when every word that
 * held a return address still holds it. rsp 0: nothing is known but the caller. */
struct pool_memo {
    uint64_t rip, rsp;
    uint32_t index, count;
    const uint64_t *word[15];
    uint64_t frame[15];
};
#define POOL_MEMOS 256
extern struct pool_memo pool_memos[POOL_MEMOS];

static inline struct pool_memo *pool_memo_of(uint64_t rip, uint64_t rsp)
{
    return &pool_memos[(rip ^ rip >> 9 ^ rsp >> 4) % POOL_MEMOS];
}

/* 0: not remembered. */
static inline uint32_t pool_remember(uint64_t rip, uint64_t rsp)
{
    const struct pool_memo *memo = pool_memo_of(rip, rsp);

    if (memo->rip != rip || memo->rsp != rsp)
        return 0;
    for (uint32_t i = 0; i < memo->count; i++)
        if (*memo->word[i] != memo->frame[i])
            return 0;
    return memo->index;
}

void pool_close_stacks(void);
/* Fills in the stack kept under this index, if any. */
void pool_stack(uint32_t index, struct pool_block *info);

#endif
