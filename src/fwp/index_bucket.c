/* Buckets: rules of one key, by rank. */
#include "fwp/index_bucket.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/memory.h"

static size_t table_size(const struct fwp_table *table)
{
    return (table->mask + (size_t)1) * sizeof *table->buckets;
}

void fwp_table_free(struct fwp_table *table)
{
    for (uint32_t i = 0; table->buckets && i <= table->mask; i++)
        if (table->buckets[i].space)
            free(table->buckets[i].many.entries);
    if (table->buckets)
        fwp_array_free(table->buckets, table_size(table));
    table->buckets = NULL;
}

static struct fwp_bucket *slot_of(struct fwp_bucket *buckets, uint32_t mask, uint64_t hash)
{
    for (uint32_t i = (uint32_t)(hash >> 8) & mask;; i = (i + 1) & mask)
        if (!buckets[i].hash || buckets[i].hash == hash)
            return &buckets[i];
}

/* Twice the size, or the same when it is full of emptied buckets. At most three eighths are used: a search seldom looks at a second line. */
static bool grow(struct fwp_table *table)
{
    uint32_t live = 0, count = 4;
    struct fwp_bucket *buckets;

    for (uint32_t i = 0; table->buckets && i <= table->mask; i++)
        live += table->buckets[i].count != 0;
    while (3 * count < 8 * (live + 1))
        count *= 2;
    buckets = fwp_array_alloc(count * sizeof *buckets);
    if (!buckets)
        return false;
    for (uint32_t i = 0; table->buckets && i <= table->mask; i++)
        if (table->buckets[i].count)
            *slot_of(buckets, count - 1, table->buckets[i].hash) = table->buckets[i];
    if (table->buckets)
        fwp_array_free(table->buckets, table_size(table));
    table->buckets = buckets;
    table->mask = count - 1;
    table->used = live;
    return true;
}

/* The first entry that does not rank before the rule. */
static uint32_t lower_bound(const struct fwp_entry *entries, uint32_t count, const struct fwp_rule *rule)
{
    uint32_t from = 0;

    while (count) {
        uint32_t half = count / 2;
        const struct fwp_entry *middle = &entries[from + half];
        if (fwp_rank_before(middle->weight, middle->rule->id, rule->weight, rule->id)) {
            from += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return from;
}

/* Makes room for one more; the bucket has at least one entry. */
static bool spread(struct fwp_bucket *bucket)
{
    uint32_t space = bucket->space ? 2 * bucket->space : 4;
    struct fwp_entry *entries;

    if (bucket->count < bucket->space)
        return true;
    entries = realloc(bucket->space ? bucket->many.entries : NULL, space * sizeof *entries);
    if (!entries)
        return false;
    if (!bucket->space)
        entries[0] = bucket->one;
    bucket->many.entries = entries;
    bucket->space = space;
    return true;
}

bool fwp_table_add(struct fwp_table *table, uint64_t hash, struct fwp_rule *rule, const struct fwp_quick *quick)
{
    struct fwp_bucket *bucket;
    uint32_t at;

    if ((!table->buckets || 8 * (table->used + 1) > 3 * (table->mask + 1)) && !grow(table))
        return false;
    bucket = slot_of(table->buckets, table->mask, hash);
    if (bucket->count && !spread(bucket))
        return false;
    if (!bucket->hash)
        table->used++;
    bucket->hash = hash;
    if (!bucket->count) {
        bucket->one = (struct fwp_entry){ rule->weight, rule, *quick };
    } else {
        struct fwp_entry *entries = bucket->many.entries;
        at = lower_bound(entries, bucket->count, rule);
        memmove(&entries[at + 1], &entries[at], (bucket->count - at) * sizeof *entries);
        entries[at] = (struct fwp_entry){ rule->weight, rule, *quick };
        bucket->many.weight = entries[0].weight;
    }
    bucket->count++;
    if (rule->weight > table->weight)
        table->weight = rule->weight;
    return true;
}

void fwp_table_remove(struct fwp_table *table, uint64_t hash, struct fwp_rule *rule)
{
    struct fwp_bucket *bucket = (struct fwp_bucket *)fwp_table_find(table, hash);
    struct fwp_entry *entries;
    uint32_t at;

    if (!bucket || !bucket->count)
        return;
    entries = (struct fwp_entry *)fwp_bucket_entries(bucket);
    at = lower_bound(entries, bucket->count, rule);
    if (at == bucket->count || entries[at].rule != rule)
        return;
    memmove(&entries[at], &entries[at + 1], (bucket->count - at - 1) * sizeof *entries);
    if (--bucket->count == 0) {
        if (bucket->space)
            free(entries);
        bucket->space = 0;
    } else {
        bucket->many.weight = entries[0].weight;
    }
}

struct fwp_rule *fwp_bucket_first(const struct fwp_bucket *bucket, const struct fwp_packet *packet, uint64_t version,
                                  const struct fwp_rule *after, struct fwp_rule *best)
{
    const struct fwp_entry *entries = fwp_bucket_entries(bucket);
    uint32_t from = after && bucket->count ? lower_bound(entries, bucket->count, after) : 0;

    for (uint32_t i = from; i < bucket->count; i++) {
        struct fwp_rule *rule = entries[i].rule;
        if (best && entries[i].weight < best->weight)
            break;
        if (!fwp_quick_allows(&entries[i].quick, packet))
            continue;
        if (best && !fwp_rank_before(entries[i].weight, rule->id, best->weight, best->id))
            break;
        if (after && rule->weight == after->weight && rule->id == after->id)
            continue;
        if (version >= rule->born && version < rule->died && fwp_rule_matches(rule, packet))
            return rule;
    }
    return best;
}
