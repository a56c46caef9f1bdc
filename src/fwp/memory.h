/* Memory for what classification looks into at random: large tables on huge pages, rules close together. */
#ifndef FWP_MEMORY_H
#define FWP_MEMORY_H

#include <stddef.h>

/* A zeroed array; NULL without memory. The size is told again when it is freed. */
void *fwp_array_alloc(size_t size);
void fwp_array_free(void *array, size_t size);

/* Zeroed blocks that start at a cache line and lie close together; NULL without memory. The chunks they are cut from are given back when
 * the last block is freed. */
void *fwp_block_alloc(size_t size);
void fwp_block_free(void *block, size_t size);

#endif
