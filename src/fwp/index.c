/* Tables, lanes and groups. index.h has the invariants. */
#include "fwp/index.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/index_bucket.h"
#include "fwp/index_lane.h"

void fwp_index_init(struct fwp_index *index, const struct fwp_layer *layer)
{
    memset(index, 0, sizeof *index);
    index->layer = layer;
}

static void free_groups(struct fwp_group *group)
{
    while (group) {
        struct fwp_group *next = group->next;
        for (unsigned i = 0; i < group->table_count; i++)
            fwp_table_free(&group->table[i]);
        for (unsigned i = 0; i < group->lane_count; i++)
            fwp_lane_free(&group->lane[i]);
        free(group);
        group = next;
    }
}

void fwp_index_clear(struct fwp_index *index)
{
    free_groups(index->groups);
    free(index->rules);
    fwp_index_init(index, index->layer);
}

/* --- lanes -------------------------------------------------------------------------------------------------------------- */

static bool same_cut(const struct fwp_cut *a, const struct fwp_cut *b)
{
    return a->field == b->field && a->high == b->high && a->mask == b->mask;
}

/* The group's lane for the cut, or where a new one would go. */
static unsigned lane_find(const struct fwp_group *group, const struct fwp_cut *cut)
{
    unsigned i = 0;

    while (i < group->lane_count && !same_cut(&group->lane[i].cut, cut))
        i++;
    return i;
}

/* --- where a key belongs -------------------------------------------------------------------------------------------------- */

struct place {
    struct fwp_group *group;
    unsigned table;
    unsigned lane[FWP_KEY_LANES];       /* by the key's lane */
};

/* Finds the key's table; false: it does not exist. */
static bool find_table(const struct fwp_index *index, const struct fwp_key *key, struct place *place)
{
    for (struct fwp_group *group = index->groups; group; group = group->next) {
        uint32_t lanes = 0;
        unsigned i = 0;
        for (; i < key->lanes && (place->lane[i] = lane_find(group, &key->cut[i])) < group->lane_count; i++)
            lanes |= 1u << place->lane[i];
        if (i < key->lanes)
            continue;
        for (unsigned t = 0; t < group->table_count; t++)
            if (group->table[t].lanes == lanes) {
                place->group = group;
                place->table = t;
                return true;
            }
    }
    return false;
}

static struct fwp_group *group_with_room(struct fwp_index *index, const struct fwp_key *key)
{
    struct fwp_group **link = &index->groups;

    for (; *link; link = &(*link)->next) {
        unsigned missing = 0;
        for (unsigned i = 0; i < key->lanes; i++)
            missing += lane_find(*link, &key->cut[i]) == (*link)->lane_count;
        if ((*link)->table_count < FWP_GROUP_TABLES && (*link)->lane_count + missing <= FWP_GROUP_LANES)
            return *link;
    }
    *link = calloc(1, sizeof **link);
    return *link;
}

/* Adds an empty table. */
static bool make_table(struct fwp_index *index, const struct fwp_key *key, struct place *place)
{
    struct fwp_group *group = group_with_room(index, key);

    if (!group)
        return false;
    place->group = group;
    place->table = group->table_count;
    struct fwp_table *table = &group->table[place->table];
    memset(table, 0, sizeof *table);
    memset(table->first, FWP_NO_LANE, sizeof table->first);
    for (unsigned i = 0; i < key->lanes; i++) {
        unsigned l = lane_find(group, &key->cut[i]);
        if (l == group->lane_count) {
            group->lane[l] = (struct fwp_lane){ .cut = key->cut[i], .seed = 0x2545f4914f6cdd1dull * (l + 1) };
            group->lane_count++;
        }
        group->lane[l].users |= 1ull << place->table;
        table->lanes |= 1u << l;
        if (i < countof(table->first))
            table->first[i] = (uint8_t)l;
        else
            table->others |= 1u << l;
        place->lane[i] = l;
    }
    group->table_count++;
    return true;
}

static uint64_t key_hash(const struct place *place, const struct fwp_key *key, unsigned k)
{
    uint64_t hash = FWP_EMPTY_HASH;

    for (unsigned i = 0; i < key->lanes; i++)
        hash ^= fwp_lane_hash(&place->group->lane[place->lane[i]], key->value[k][i]) & ~1ull;
    return hash;
}

/* --- adding and removing ---------------------------------------------------------------------------------------------------- */

static void unplace(struct fwp_index *index, struct fwp_rule *rule, const struct fwp_key *key)
{
    struct place place;

    if (!find_table(index, key, &place))
        return;
    for (unsigned k = 0; k < key->count; k++)
        fwp_table_remove(&place.group->table[place.table], key_hash(&place, key, k), rule);
}

static bool put(struct fwp_index *index, struct fwp_rule *rule, const struct fwp_key *key)
{
    struct place place;
    struct fwp_quick quick;

    if (!find_table(index, key, &place) && !make_table(index, key, &place))
        return false;
    fwp_quick_of(&quick, rule, index->layer, key);
    for (unsigned k = 0; k < key->count; k++) {
        for (unsigned i = 0; i < key->lanes; i++) {
            struct fwp_lane *lane = &place.group->lane[place.lane[i]];
            if (!fwp_lane_has_room(lane) || !fwp_lane_mark(lane, fwp_lane_hash(lane, key->value[k][i]), place.table))
                return false;
        }
        if (!fwp_table_add(&place.group->table[place.table], key_hash(&place, key, k), rule, &quick))
            return false;
    }
    return true;
}

/* The entries of the fullest bucket that the key would go to; -1: there is no table for it. */
static int fullest(const struct fwp_index *index, const struct fwp_key *key)
{
    struct place place;
    uint32_t most = 0;

    if (!find_table(index, key, &place))
        return -1;
    for (unsigned k = 0; k < key->count; k++) {
        const struct fwp_bucket *bucket = fwp_table_find(&place.group->table[place.table], key_hash(&place, key, k));
        if (bucket && bucket->count > most)
            most = bucket->count;
    }
    return (int)most;
}

/* Chooses the key's depth. When there are many tables, a fuller bucket is better than one more. */
static void choose(struct fwp_index *index, struct fwp_rule *rule, struct fwp_key *key)
{
    bool many = index->groups && index->groups->table_count == FWP_GROUP_TABLES;
    unsigned depth = 1;
    int entries;

    while (fwp_key_of(key, rule, index->layer, depth) == depth && (entries = fullest(index, key)) >= FWP_BUCKET_FULL) {
        struct fwp_key deeper;
        if (many && entries < FWP_BUCKET_OVERFULL && fwp_key_of(&deeper, rule, index->layer, depth + 1) == depth + 1 &&
            fullest(index, &deeper) < 0)
            break;
        depth++;
    }
    rule->depth = (uint8_t)depth;
}

static bool has_space(struct fwp_index *index)
{
    size_t space = index->space ? 2 * index->space : 16;
    struct fwp_rule **rules;

    if (index->count < index->space)
        return true;
    rules = realloc(index->rules, space * sizeof *rules);
    if (!rules)
        return false;
    index->rules = rules;
    index->space = space;
    return true;
}

bool fwp_index_add(struct fwp_index *index, struct fwp_rule *rule)
{
    struct fwp_key key;

    if (!has_space(index))
        return false;
    choose(index, rule, &key);
    if (!put(index, rule, &key)) {
        unplace(index, rule, &key);
        return false;
    }
    rule->rest->place = (uint32_t)index->count;
    index->rules[index->count++] = rule;
    return true;
}

/* Builds the tables again from the rules. Without memory the old ones stay. */
static void rebuild(struct fwp_index *index)
{
    struct fwp_group *old = index->groups;
    struct fwp_key key;

    index->groups = NULL;
    for (size_t i = 0; i < index->count; i++) {
        choose(index, index->rules[i], &key);
        if (!put(index, index->rules[i], &key)) {
            free_groups(index->groups);
            index->groups = old;
            return;
        }
    }
    free_groups(old);
    index->removed = 0;
}

void fwp_index_remove(struct fwp_index *index, struct fwp_rule *rule)
{
    struct fwp_key key;

    fwp_key_of(&key, rule, index->layer, rule->depth);
    unplace(index, rule, &key);
    index->rules[rule->rest->place] = index->rules[--index->count];
    index->rules[rule->rest->place]->rest->place = rule->rest->place;
    if (++index->removed > index->count + 1024)
        rebuild(index);
}

/* --- searching -------------------------------------------------------------------------------------------------------------- */

/* With many filters nearly every look is a cache miss, so each pass first asks the memory for what the next one looks at. */

/* Hashes the packet on every lane it has a word for; returns those lanes. */
static uint32_t hash_lanes(const struct fwp_group *group, const struct fwp_packet *packet, uint64_t *hashes)
{
    uint32_t lanes = 0;

    for (unsigned i = 0; i < group->lane_count; i++) {
        const struct fwp_lane *lane = &group->lane[i];
        const struct fwp_words *words = &packet->field[lane->cut.field];
        if (!(packet->present >> lane->cut.field & 1))
            continue;
        hashes[i] = fwp_lane_hash(lane, (lane->cut.high ? words->high : words->low) & lane->cut.mask);
        __builtin_prefetch(&lane->lines[fwp_lane_home(lane, hashes[i])]);
        lanes |= 1u << i;
    }
    return lanes;
}

/* The tables of the group that may have something for the packet. */
static uint64_t candidates(const struct fwp_group *group, uint32_t lanes, const uint64_t *hashes)
{
    uint64_t tables = group->table_count == 64 ? UINT64_MAX : (1ull << group->table_count) - 1;

    for (unsigned i = 0; i < group->lane_count; i++) {
        const struct fwp_lane *lane = &group->lane[i];
        tables &= (lanes >> i & 1 ? fwp_lane_tables(lane, hashes[i]) : 0) | ~lane->users;
    }
    return tables;
}

struct found {
    uint64_t hash, weight;
    const struct fwp_table *table;
    const struct fwp_bucket *bucket;
};

/* The hash of the packet's key in the table. */
static inline uint64_t hash_in(const struct fwp_table *table, const uint64_t *hashes)
{
    uint64_t hash = hashes[table->first[0]] ^ hashes[table->first[1]] ^ hashes[table->first[2]];

    for (uint32_t lanes = table->others; lanes; lanes &= lanes - 1)
        hash ^= hashes[__builtin_ctz(lanes)];
    return FWP_EMPTY_HASH ^ (hash & ~1ull);
}

/* The buckets of the candidates that are not worse than `best`; returns their number. Whether one is there, and whether its quick test
 * allows the packet, is hard to predict, so nothing branches on it. */
static unsigned find_buckets(const struct fwp_group *group, const struct fwp_packet *packet, uint64_t tables, const uint64_t *hashes,
                             const struct fwp_rule *best, struct found *found)
{
    unsigned wanted = 0, count = 0;

    for (; tables; tables &= tables - 1) {
        const struct fwp_table *table = &group->table[__builtin_ctzll(tables)];
        if (best && table->weight < best->weight)
            continue;
        uint64_t hash = hash_in(table, hashes);
        const struct fwp_bucket *home = &table->buckets[fwp_table_home(table, hash)];
        found[wanted++] = (struct found){ .hash = hash, .table = table, .bucket = home };
        __builtin_prefetch(home);
    }
    for (unsigned i = 0; i < wanted; i++) {
        const struct fwp_bucket *bucket = found[i].bucket;
        if (unlikely((bucket->hash != found[i].hash) & (bucket->hash != 0)))
            bucket = fwp_table_find(found[i].table, found[i].hash);
        if (!bucket)
            continue;
        bool there = (bucket->hash == found[i].hash) & (bucket->count != 0) & ((bucket->space != 0) | fwp_quick_allows(&bucket->one.quick, packet));
        found[count].bucket = bucket;
        found[count].weight = bucket->one.weight;
        count += there;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct fwp_bucket *bucket = found[i].bucket;
        const void *next = bucket->space ? (const void *)bucket->many.entries : bucket->one.rule;
        __builtin_prefetch(next);
        __builtin_prefetch((const char *)next + 64);
    }
    return count;
}

/* Takes the bucket with the heaviest first rule. */
static struct found take_heaviest(struct found *found, unsigned *count)
{
    unsigned heaviest = 0;

    for (unsigned i = 1; i < *count; i++)
        if (found[i].weight > found[heaviest].weight)
            heaviest = i;
    struct found taken = found[heaviest];
    found[heaviest] = found[--*count];
    return taken;
}

struct fwp_rule *fwp_index_next(const struct fwp_index *index, const struct fwp_packet *packet, uint64_t version,
                                const struct fwp_rule *after)
{
    struct fwp_rule *best = NULL;
    uint64_t hashes[FWP_GROUP_LANES + 1];

    hashes[FWP_NO_LANE] = 0;
    struct found found[FWP_GROUP_TABLES];

    for (const struct fwp_group *group = index->groups; group; group = group->next) {
        uint32_t lanes = hash_lanes(group, packet, hashes);
        unsigned count = find_buckets(group, packet, candidates(group, lanes, hashes), hashes, best, found);
        while (count) {
            struct found next = take_heaviest(found, &count);
            if (best && next.weight < best->weight)
                break;
            best = fwp_bucket_first(next.bucket, packet, version, after, best);
        }
    }
    return best;
}
