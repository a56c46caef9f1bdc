/* Stacks of allocations, each kept once: a block remembers an index. */
#include <stdlib.h>
#include <string.h>

#include "nt/ke.h"
#include "nt/pool_internal.h"
#include "pe/pe.h"

#define STACK_FRAMES 16
#define STACK_BUCKETS 1024

struct stack {
    uint64_t hash, frames[STACK_FRAMES];
    uint32_t count, next;               /* next: the index of another one in this bucket */
};

static struct {
    struct stack *stacks;               /* [1..count] */
    uint32_t count, room, hash[STACK_BUCKETS];
} depot;

pool_capture *pool_capturing;
struct pool_memo pool_memos[POOL_MEMOS];

static uint32_t *find_stack(const uint64_t *frames, unsigned count, uint64_t *hash)
{
    *hash = count;
    for (unsigned i = 0; i < count; i++)
        *hash = (*hash ^ frames[i]) * 0x9E3779B97F4A7C15u;
    *hash ^= *hash >> 29;
    uint32_t *index = &depot.hash[*hash % STACK_BUCKETS];
    while (*index) {
        struct stack *s = &depot.stacks[*index];
        if (s->hash == *hash && s->count == count && !memcmp(s->frames, frames, count * sizeof *frames))
            break;
        index = &s->next;
    }
    return index;
}

static uint32_t add_stack(const uint64_t *frames, unsigned count)
{
    uint64_t hash;
    uint32_t *index = find_stack(frames, count, &hash);

    if (*index)
        return *index;
    if (depot.count + 1 >= depot.room) {
        uint32_t room = depot.room ? depot.room * 2 : 256;
        void *more = realloc(depot.stacks, room * sizeof *depot.stacks);
        if (!more)
            return 0;
        depot.stacks = more;
        depot.room = room;
        index = find_stack(frames, count, &hash);
    }
    uint32_t added = *index = ++depot.count;
    depot.stacks[added] = (struct stack){ .hash = hash, .count = count };
    memcpy(depot.stacks[added].frames, frames, count * sizeof *frames);
    return added;
}

/* Finds the words of the stack that hold the return addresses: each is above the one before. */
static bool find_words(struct pool_memo *memo, const uint64_t *frames, unsigned count)
{
    const uint64_t *word = (const uint64_t *)(uintptr_t)memo->rsp;
    const struct fiber *fiber = &ke_current()->fiber;
    const uint64_t *top = (const uint64_t *)((char *)fiber->stack + fiber->stack_size);

    memo->count = 0;
    for (unsigned i = 1; i < count; i++) {
        while (word < top && *word != frames[i])
            word++;
        if (word == top)
            return false;
        memo->word[memo->count] = word++;
        memo->frame[memo->count++] = frames[i];
    }
    return true;
}

uint32_t pool_keep_stack(const struct pe_caller *caller)
{
    uint64_t frames[STACK_FRAMES];
    unsigned count = pool_capturing(caller, frames, STACK_FRAMES);
    uint32_t index = add_stack(frames, count);
    struct pool_memo *memo = pool_memo_of(caller->rip, caller->rsp);

    *memo = (struct pool_memo){ .rip = caller->rip, .rsp = caller->rsp };
    if (caller->rsp && ke.inside ? find_words(memo, frames, count) : count <= 1)
        memo->index = index;
    else
        memo->rip = 0;
    return index;
}

void pool_stack(uint32_t index, struct pool_block *info)
{
    if (index == 0 || index > depot.count)
        return;
    info->stack_count = depot.stacks[index].count;
    info->stack = depot.stacks[index].frames;
}

void pool_close_stacks(void)
{
    free(depot.stacks);
    memset(&depot, 0, sizeof depot);
    memset(pool_memos, 0, sizeof pool_memos);
    pool_capturing = NULL;
}
