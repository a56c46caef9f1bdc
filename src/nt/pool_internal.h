/* Between pool.c, pool_large.c (requests of a page and more) and pool_stack.c. */
#ifndef NT_POOL_INTERNAL_H
#define NT_POOL_INTERNAL_H

#include "nt/pool.h"

void *pool_alloc_large(POOL_TYPE type, size_t size, uint32_t tag, const void *caller, uint32_t sequence, uint32_t stack);
/* False when what follows the block in its last page was overwritten; it is freed all the same. */
bool pool_free_large(void *block);
bool pool_large_info(const void *block, struct pool_block *info);
void pool_large_set_quota(void *block);
void pool_walk_large(bool only_overrun, void (*visit)(void *, const struct pool_block *), void *context);
void pool_close_large(void);
/* How stacks are captured; NULL: they are not. */
extern pool_capture *pool_capturing;
/* The index under which the stack of this call is kept. 0 without memory. */
uint32_t pool_keep_stack(const struct pe_caller *caller);
void pool_close_stacks(void);
/* Fills in the stack kept under this index, if any. */
void pool_stack(uint32_t index, struct pool_block *info);

#endif
