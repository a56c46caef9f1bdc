/* Tables, lanes and groups. index.h has the invariants. */
#include "fwp/index.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/index_bucket.h"

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
            free(group->lane[i].present);
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

static uint64_t lane_hash(const struct fwp_lane *lane, uint64_t masked)
{
    uint64_t hash = (masked ^ lane->seed) * 0x9e3779b97f4a7c15ull;

    return (hash ^ hash >> 32) | 1;
}

static struct fwp_presence *presence_slot(const struct fwp_lane *lane, uint64_t hash)
{
    for (uint32_t i = (uint32_t)(hash >> 8) & lane->mask;; i = (i + 1) & lane->mask)
        if (!lane->present[i].hash || lane->present[i].hash == hash)
            return &lane->present[i];
}

static bool lane_grow(struct fwp_lane *lane)
{
    uint32_t count = lane->present ? 2 * (lane->mask + 1) : 8;
    struct fwp_lane larger = *lane;

    larger.present = calloc(count, sizeof *larger.present);
    if (!larger.present)
        return false;
    larger.mask = count - 1;
    for (uint32_t i = 0; lane->present && i <= lane->mask; i++)
        if (lane->present[i].hash)
            *presence_slot(&larger, lane->present[i].hash) = lane->present[i];
    free(lane->present);
    *lane = larger;
    return true;
}

static bool lane_has_room(struct fwp_lane *lane)
{
    return (lane->present && lane->used + 1 <= (lane->mask + 1) / 2) || lane_grow(lane);
}

static void lane_mark(struct fwp_lane *lane, uint64_t hash, unsigned table)
{
    struct fwp_presence *slot = presence_slot(lane, hash);

    if (!slot->hash) {
        slot->hash = hash;
        lane->used++;
    }
    slot->tables |= 1ull << table;
}

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
    for (unsigned i = 0; i < key->lanes; i++) {
        unsigned l = lane_find(group, &key->cut[i]);
        if (l == group->lane_count) {
            group->lane[l] = (struct fwp_lane){ .cut = key->cut[i], .seed = 0x2545f4914f6cdd1dull * (l + 1) };
            group->lane_count++;
        }
        group->lane[l].users |= 1ull << place->table;
        table->lanes |= 1u << l;
        place->lane[i] = l;
    }
    group->table_count++;
    return true;
}

static uint64_t key_hash(const struct place *place, const struct fwp_key *key, unsigned k)
{
    uint64_t hash = FWP_EMPTY_HASH;

    for (unsigned i = 0; i < key->lanes; i++)
        hash ^= lane_hash(&place->group->lane[place->lane[i]], key->value[k][i]) & ~1ull;
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

    if (!find_table(index, key, &place) && !make_table(index, key, &place))
        return false;
    for (unsigned k = 0; k < key->count; k++) {
        for (unsigned i = 0; i < key->lanes; i++) {
            struct fwp_lane *lane = &place.group->lane[place.lane[i]];
            if (!lane_has_room(lane))
                return false;
            lane_mark(lane, lane_hash(lane, key->value[k][i]), place.table);
        }
        if (!fwp_table_add(&place.group->table[place.table], key_hash(&place, key, k), rule))
            return false;
    }
    return true;
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
    fwp_key_of(&key, rule, index->layer);
    if (!put(index, rule, &key)) {
        unplace(index, rule, &key);
        return false;
    }
    rule->place = (uint32_t)index->count;
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
        fwp_key_of(&key, index->rules[i], index->layer);
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

    fwp_key_of(&key, rule, index->layer);
    unplace(index, rule, &key);
    index->rules[rule->place] = index->rules[--index->count];
    index->rules[rule->place]->place = rule->place;
    if (++index->removed > index->count + 1024)
        rebuild(index);
}

/* --- searching -------------------------------------------------------------------------------------------------------------- */

/* The tables of the group that may have something for the packet. */
static uint64_t candidates(const struct fwp_group *group, const struct fwp_packet *packet, uint64_t *hashes)
{
    uint64_t tables = group->table_count == 64 ? UINT64_MAX : (1ull << group->table_count) - 1;

    for (unsigned i = 0; i < group->lane_count; i++) {
        const struct fwp_lane *lane = &group->lane[i];
        if (!(packet->present >> lane->cut.field & 1)) {
            tables &= ~lane->users;
            continue;
        }
        const struct fwp_words *words = &packet->field[lane->cut.field];
        uint64_t hash = lane_hash(lane, (lane->cut.high ? words->high : words->low) & lane->cut.mask);
        hashes[i] = hash & ~1ull;
        tables &= presence_slot(lane, hash)->tables | ~lane->users;
    }
    return tables;
}

struct fwp_rule *fwp_index_next(const struct fwp_index *index, const struct fwp_packet *packet, uint64_t version,
                                const struct fwp_rule *after)
{
    struct fwp_rule *best = NULL;
    uint64_t hashes[FWP_GROUP_LANES];

    for (const struct fwp_group *group = index->groups; group; group = group->next)
        for (uint64_t tables = candidates(group, packet, hashes); tables; tables &= tables - 1) {
            const struct fwp_table *table = &group->table[__builtin_ctzll(tables)];
            if (best && table->weight < best->weight)
                continue;
            uint64_t hash = FWP_EMPTY_HASH;
            for (uint32_t lanes = table->lanes; lanes; lanes &= lanes - 1)
                hash ^= hashes[__builtin_ctz(lanes)];
            const struct fwp_bucket *bucket = fwp_table_find(table, hash);
            if (bucket)
                best = fwp_bucket_first(bucket, packet, version, after, best);
        }
    return best;
}
