/* The hash tables of an index: between index.c and index_bucket.c. */
#ifndef FWP_INDEX_BUCKET_H
#define FWP_INDEX_BUCKET_H

#include "fwp/index.h"

#define FWP_EMPTY_HASH 0x5bd1e995ull    /* of a key without lanes; hashes of keys are odd */

void fwp_table_free(struct fwp_table *table);
bool fwp_table_add(struct fwp_table *table, uint64_t hash, struct fwp_rule *rule, const struct fwp_quick *quick);
/* No effect when it is not there. */
void fwp_table_remove(struct fwp_table *table, uint64_t hash, struct fwp_rule *rule);

static inline uint32_t fwp_table_home(const struct fwp_table *table, uint64_t hash)
{
    return (uint32_t)(hash >> 8) & table->mask;
}

static inline const struct fwp_bucket *fwp_table_find(const struct fwp_table *table, uint64_t hash)
{
    if (!table->buckets)
        return NULL;
    for (uint32_t i = fwp_table_home(table, hash);; i = (i + 1) & table->mask) {
        const struct fwp_bucket *bucket = &table->buckets[i];
        if (bucket->hash == hash)
            return bucket;
        if (!bucket->hash)
            return NULL;
    }
}

static inline const struct fwp_entry *fwp_bucket_entries(const struct fwp_bucket *bucket)
{
    return bucket->space ? bucket->many.entries : &bucket->one;
}

/* False: the packet does not match. Absent fields have any word. */
static inline bool fwp_quick_allows(const struct fwp_quick *quick, const struct fwp_packet *packet)
{
    bool allows = true;

    for (unsigned i = 0; i < FWP_QUICK; i++)
        allows &= (uint32_t)packet->field[quick->field[i]].low - quick->low[i] <= quick->span[i];
    return allows;
}

/* The first matching, visible rule behind `after` that comes before `best`; else best. */
struct fwp_rule *fwp_bucket_first(const struct fwp_bucket *bucket, const struct fwp_packet *packet, uint64_t version,
                                  const struct fwp_rule *after, struct fwp_rule *best);

#endif
