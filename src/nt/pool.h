/* Pool: memory for drivers out of the RAM arena, with an owner for every block.
 *
 * A small block is [header 32][user][tail 8..]: it never crosses a page and is 16-byte aligned. Requests that do not
 * fit into one page with header and tail get whole pages, are page aligned, and have their header in a side table.
 * Freed blocks go to the head of their size's list, so a free followed by an allocation gives the same memory. */
#ifndef NT_POOL_H
#define NT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntdef.h"
#include "ring3/ex_pool.h"

struct pool_block {
    void *address;
    size_t size;                /* bytes, as asked for */
    uint32_t tag;
    POOL_TYPE type;             /* NonPagedPool, PagedPool or NonPagedPoolNx */
    bool quota;
    const void *caller;         /* return address of the allocating call */
    uint32_t sequence;          /* counts allocations: which came first */
    const uint64_t *stack;      /* when stacks are kept (pool_keep_stacks) */
    unsigned stack_count;
};

struct pool_stats {
    uint64_t allocations, frees, failures;      /* since the computer started */
    uint64_t live_blocks, live_bytes;
};

/* Any IRQL <= DISPATCH for nonpaged pool. type may carry POOL_ZERO_ALLOCATION. NULL when there is no memory; never
 * raises. caller: whom the block is charged to, usually the driver's return address. */
void *pool_alloc(POOL_TYPE type, size_t size, uint32_t tag, const void *caller);
/* tag 0: any. Stops with BAD_POOL_CALLER or BAD_POOL_HEADER when the block is not what it should be. */
void pool_free(void *block, uint32_t tag, const void *caller);
/* The same as ms_abi functions, for hot paths (hot.h). */
void *NTAPI pool_take(POOL_TYPE type, size_t size, uint32_t tag, const void *caller);
void NTAPI pool_give(void *block, uint32_t tag, const void *caller);
/* Bytes asked for; 0 when it is not the start of a live block. */
size_t pool_size(const void *block);
bool pool_is_quota(const void *block);
void pool_set_quota(void *block);
/* The block is the system's from now on, who frees it: no driver is charged for it. No effect on what is no live block. */
void pool_hand_over(void *block);

void pool_close(void);          /* forgets everything; the RAM goes with the arena */
void pool_get_stats(struct pool_stats *stats);

/* Calls back for every live block, in address order of small blocks, then of large ones. */
void pool_walk(void (*visit)(void *context, const struct pool_block *block), void *context);
/* Live blocks whose allocating call lies in [base, base + size): one driver's. Returns their number. */
size_t pool_owned_by(uint64_t base, uint64_t size, uint64_t *bytes);
/* Looks at every live block's tail: calls back for those that were overrun. */
void pool_check(void (*visit)(void *context, const struct pool_block *block), void *context);

/* Fault injection: the n-th allocation that a driver makes from now on fails (1: the next); 0 turns it off. With
 * `onwards`, every later one fails, too. */
void pool_set_fail_at(uint64_t n, bool onwards);
/* Allocations that drivers made since the last pool_set_fail_at. */
uint64_t pool_fail_count(void);
/* Decides whether an allocation counts for fault injection; NULL: those whose caller is in RAM. */
extern bool (*pool_counts)(const void *caller);

/* Keeps a stack for every block that a driver allocates: capture (pe_capture) fills up to `max` frames from the
 * caller up; rsp is 0 when the host allocates on a driver's behalf. NULL turns it off. Equal stacks are kept once. */
struct pe_caller;
typedef unsigned pool_capture(const struct pe_caller *caller, uint64_t *frames, unsigned max);
void pool_keep_stacks(pool_capture *capture);
/* Fills new blocks with 0xCD and freed ones with 0xDD, so that stale data shows. */
void pool_set_fill(bool on);

#endif
