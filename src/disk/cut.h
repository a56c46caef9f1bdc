/* cut=seed:N[,cutwithin=STEPS]: between its parts, cut.c (what requests do) and cut_cache.c (the cache).
 *
 *  1. Writes are answered from a volatile cache of blocks. The disk behind sees them when a flush, a fua or the cache's own size
 *     asks for it (write-back).
 *  2. One write-back at a time. It takes the blocks that are in the cache when it begins; a block that is written again meanwhile stays.
 *     Requests that need it done, and zeroes and discards, wait in line behind it.
 *  3. Power goes at a step chosen by the seed; a step is a request that comes in, or a run of blocks that a write-back finished.
 *  4. At that moment each block of the cache is, by chance, lost, written, or torn: some of its bytes are new and the others old.
 *     Blocks the write-back had already finished are whole. Then no request is answered any more.
 *  5. So what was flushed and answered is there: it had left the cache, and nothing that came later but a newer write to the
 *     same block touches it. */
#ifndef DISK_CUT_H
#define DISK_CUT_H

#include "base/random.h"
#include "disk/disk_impl.h"

#define CUT_SLOTS 4096u
#define CUT_RUN 64u                     /* blocks a write-back moves at once */

struct cut_block {
    struct cut_block *next;             /* of the same slot */
    uint64_t number, version;           /* version: write-backs drop the block only when it is unchanged */
    uint8_t bytes[];
};

struct cut_cache {
    struct cut_block *slot[CUT_SLOTS];
    uint64_t blocks, version;
    uint32_t block_size;
};

/* False when memory is short. */
bool cut_cache_put(struct cut_cache *cache, uint64_t number, const uint8_t *bytes);
const struct cut_block *cut_cache_find(const struct cut_cache *cache, uint64_t number);
/* Drops one block when its version is at most `version`. */
void cut_cache_drop(struct cut_cache *cache, uint64_t number, uint64_t version);
void cut_cache_clear(struct cut_cache *cache);
/* The numbers of all blocks in order, to be freed; NULL when memory is short or the cache is empty. */
uint64_t *cut_cache_numbers(const struct cut_cache *cache);

/* Moves between a request's parts and the bytes at `offset` behind its beginning. */
void cut_gather(const struct disk_io *io, uint64_t offset, uint8_t *to, size_t size);
void cut_scatter(const struct disk_io *io, uint64_t offset, const uint8_t *from, size_t size);

#endif
