/* Between pool.c and pool_large.c: requests of a page and more. */
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
/* Fills in the stack kept under this index, if any. */
void pool_stack(uint32_t index, struct pool_block *info);

#endif
