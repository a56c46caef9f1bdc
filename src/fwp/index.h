/* The filters of one sublayer at one layer, for "which is the first that matches, after this one?".
 *
 * A key is what all packets that a filter can match share: some bits of some fields' words. A *lane* is one word under one
 * mask; a *table* holds the filters whose keys lie on the same lanes, by hash of the masked words; a *group* is up to 64 tables
 * with their lanes. Each lane knows, for each masked word that occurs in it, which tables have it, as a set of 64 bits. So a packet
 * hashes each lane once, intersects the sets, and looks only into tables that have it on every lane.
 *
 *  1. A filter is in the buckets of its keys (at most FWP_KEYS: alternatives and ranges take several); every packet it matches
 *     hashes to one of them. A bucket is sorted by rank.
 *     A key takes the fewest fields, the most selective first, that keep its buckets below FWP_BUCKET_FULL; the rule knows how many
 *     those were (rule->depth), so that a removal finds them.
 *  2. A lane's set may be too large after filters went; it is never too small. A rebuild makes it exact again.
 *  3. table->weight is at least the weight of each filter in the table.
 *  4. Only add and remove change an index. A search holds no position: it starts again from a rank. */
#ifndef FWP_INDEX_H
#define FWP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fwp/rule.h"

#define FWP_KEYS 8                      /* buckets a filter may be in */
#define FWP_BUCKET_FULL 1              /* entries from which on another field is taken into the key */
#define FWP_BUCKET_OVERFULL 16          /* the same when that would make one table more in a second group */
#define FWP_KEY_LANES 12
#define FWP_GROUP_TABLES 64
#define FWP_GROUP_LANES 32

/* --- keys (index_key.c) ------------------------------------------------------------------------------------------------ */

struct fwp_cut {                        /* one word under one mask */
    uint8_t field;
    bool high;                          /* the high word */
    uint64_t mask;
};

struct fwp_key {
    unsigned lanes, count;              /* count: how many keys, at least 1 */
    struct fwp_cut cut[FWP_KEY_LANES];
    uint64_t value[FWP_KEYS][FWP_KEY_LANES];    /* masked words, by key and lane */
};

/* The rule's key on its `depth` most selective fields; returns how many there are of those. */
unsigned fwp_key_of(struct fwp_key *key, const struct fwp_rule *rule, const struct fwp_layer *layer, unsigned depth);

/* What the key does not answer. */
struct fwp_quick;
void fwp_quick_of(struct fwp_quick *quick, const struct fwp_rule *rule, const struct fwp_layer *layer, const struct fwp_key *key);

/* --- the index ---------------------------------------------------------------------------------------------------------- */

#define FWP_QUICK 3

/* Tests of a rule that its key does not answer, as intervals of words of at most 32 bits: what they reject needs no look at the
 * rule. The others are intervals of everything. */
struct fwp_quick {
    uint32_t low[FWP_QUICK], span[FWP_QUICK];
    uint8_t field[FWP_QUICK];
};

struct fwp_entry {
    uint64_t weight;                    /* the rule's, so that comparing needs no look at the rule */
    struct fwp_rule *rule;
    struct fwp_quick quick;
};

struct fwp_bucket {                     /* a cache line. hash 0: never used; count 0 otherwise: emptied */
    uint64_t hash;
    uint32_t count, space;              /* space 0: the entry is `one` */
    union {
        struct fwp_entry one;
        struct {
            uint64_t weight;            /* the first entry's */
            struct fwp_entry *entries;
        } many;
    };
} __attribute__((aligned(64)));

#define FWP_NO_LANE FWP_GROUP_LANES

struct fwp_table {
    uint32_t lanes;                     /* bits: the group's lanes */
    uint32_t others;                    /* the same but for those in `first`, which is filled up with FWP_NO_LANE */
    uint8_t first[3];
    uint64_t weight;
    uint32_t used, mask;                /* buckets not free; number of buckets - 1 */
    struct fwp_bucket *buckets;
};

#define FWP_LINE 16

struct fwp_line {                       /* a cache line: so many values, by 16 bits of their hash (0: free), and their sets' numbers */
    uint16_t tag[FWP_LINE], set[FWP_LINE];
} __attribute__((aligned(64)));

/* One word under one mask, and for each value that occurs the set of tables that have it. Searches look only at `lines`, which are kept
 * small for the caches. A value goes to the line its hash names, or to the next one that is not full. One whose tag another value in front
 * of it shares is found as that one, so the set there is made to hold both. */
struct fwp_lane {
    struct fwp_cut cut;
    uint64_t seed;
    uint64_t users;                     /* tables on this lane */
    uint32_t used, mask;                /* values; number of lines - 1 */
    struct fwp_line *lines;
    uint64_t *hashes;                   /* by line and place: whose it is */
    uint64_t *own;                      /* the same: that value's own set */
    uint64_t *sets;                     /* by number, from 1; sets[0] is empty */
    uint32_t set_count, set_space;
};

struct fwp_group {
    struct fwp_group *next;
    unsigned lane_count, table_count;
    struct fwp_lane lane[FWP_GROUP_LANES];
    struct fwp_table table[FWP_GROUP_TABLES];
};

struct fwp_index {
    const struct fwp_layer *layer;
    struct fwp_group *groups;
    size_t count, removed;              /* filters; those removed since the last rebuild */
    size_t space;
    struct fwp_rule **rules;            /* all, in no order; a rule knows its place */
};

void fwp_index_init(struct fwp_index *index, const struct fwp_layer *layer);
void fwp_index_clear(struct fwp_index *index);      /* frees the tables, not the rules */
/* False without memory; the index is then as before. The rule must not be there. */
bool fwp_index_add(struct fwp_index *index, struct fwp_rule *rule);
void fwp_index_remove(struct fwp_index *index, struct fwp_rule *rule);

/* The first rule that the packet matches, that is visible at `version`, and that ranks behind `after` (NULL: the first of
 * all). `after` needs only its rank. */
struct fwp_rule *fwp_index_next(const struct fwp_index *index, const struct fwp_packet *packet, uint64_t version,
                                const struct fwp_rule *after);

#endif
