/* Which bits of which fields say most about a filter: its keys.
 *
 * A field's tests are intervals (a prefix is one). Masks come from a short ladder per width, finest first; the first under
 * which the intervals touch at most BLOCKS blocks is taken, and each block is a key. What stays coarse costs a comparison
 * more, never a wrong result. Tests that are no interval (flags, inequality, suffixes) leave their field out. */
#include <string.h>

#include "fwp/index.h"
#include "fwp/value.h"

#define BLOCKS 4

struct cover {
    struct fwp_cut cut;
    unsigned bits;                      /* of the mask */
    unsigned count;
    uint64_t value[BLOCKS];
    bool whole;                         /* `low` holds the other half of a 128-bit value */
    uint64_t low;
};

struct interval {
    uint64_t low, high;
};

/* The interval of a test on a word of `bits` bits; false: none. */
static bool interval_of(const struct fwp_test *test, unsigned bits, struct interval *interval)
{
    uint64_t most = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    uint64_t mask = test->a & most;

    switch ((enum fwp_operation)test->operation) {
    case FWP_TEST_RANGE:
        *interval = (struct interval){ test->a, test->a + test->b };
        return true;
    case FWP_TEST_HASHED:
        *interval = (struct interval){ test->b, test->b };
        return true;
    case FWP_TEST_MASK:
        if (((mask | (mask - 1)) & most) != most || !mask)
            return false;               /* not a prefix, or an empty one */
        *interval = (struct interval){ test->b & most, (test->b & most) | (most & ~mask) };
        return true;
    default:
        return false;
    }
}

/* The same for the high word of a 128-bit value. */
static bool wide_interval_of(const struct fwp_test *test, struct interval *interval)
{
    const struct fwp_wide *wide = (const struct fwp_wide *)(uintptr_t)test->a;

    if (test->operation == FWP_TEST_WIDE_RANGE) {
        *interval = (struct interval){ (uint64_t)(wide->a >> 64), (uint64_t)(wide->b >> 64) };
        return true;
    }
    if (test->operation != FWP_TEST_WIDE_MASK)
        return false;
    *interval = (struct interval){ (uint64_t)(wide->b >> 64), (uint64_t)(wide->b >> 64) | ~(uint64_t)(wide->a >> 64) };
    return true;
}

/* The blocks of 2^(bits - kept) values that the intervals touch; false: more than `most`. */
static bool blocks_of(struct cover *cover, const struct interval *intervals, unsigned count, unsigned bits, unsigned kept,
                      unsigned most)
{
    unsigned shift = bits - kept;

    cover->count = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t first = intervals[i].low >> shift, last = intervals[i].high >> shift;
        for (uint64_t block = first;; block++) {
            unsigned known = 0;
            while (known < cover->count && cover->value[known] != block << shift)
                known++;
            if (known == cover->count) {
                if (cover->count == most)
                    return false;
                cover->value[cover->count++] = block << shift;
            }
            if (block == last)
                break;
        }
    }
    cover->bits = kept;
    cover->cut.mask = kept == 64 ? UINT64_MAX : ((1ull << kept) - 1) << shift;
    return true;
}

static const uint8_t *ladder_of(unsigned bits)
{
    static const uint8_t bits_8[] = { 8, 0 }, bits_16[] = { 16, 12, 8, 4, 0 }, bits_32[] = { 32, 24, 16, 8, 0 },
                         bits_48[] = { 48, 24, 0 }, bits_64[] = { 64, 48, 32, 16, 0 };

    return bits == 8 ? bits_8 : bits == 16 ? bits_16 : bits == 32 ? bits_32 : bits == 48 ? bits_48 : bits_64;
}

/* Finds the finest mask with at most `most` blocks. */
static bool cut_field(struct cover *cover, const struct interval *intervals, unsigned count, unsigned bits, bool hashed,
                      unsigned most)
{
    for (const uint8_t *kept = ladder_of(bits); *kept; kept++) {
        if (blocks_of(cover, intervals, count, bits, *kept, most))
            return true;
        if (hashed)
            break;
    }
    return false;
}

/* The cover of one field's tests [from, to). */
static bool cover_of(struct cover *cover, const struct fwp_rule *rule, unsigned from, unsigned to, const struct fwp_layer *layer,
                     unsigned most)
{
    unsigned field = rule->tests[from].field, bits = fwp_type_bits((FWP_DATA_TYPE)layer->fields[field].data_type);
    struct interval intervals[BLOCKS * 4];
    bool wide = bits == 128, hashed = bits == 0;

    if (to - from > countof(intervals))
        return false;
    for (unsigned i = from; i < to; i++)
        if (!(wide ? wide_interval_of(&rule->tests[i], &intervals[i - from])
                   : interval_of(&rule->tests[i], bits ? bits : 64, &intervals[i - from])))
            return false;
    memset(cover, 0, sizeof *cover);
    cover->cut.field = (uint8_t)field;
    cover->cut.high = wide;
    if (!cut_field(cover, intervals, to - from, wide || hashed ? 64 : bits, hashed, most))
        return false;
    if (wide && to - from == 1 && rule->tests[from].operation == FWP_TEST_WIDE_MASK) {
        const struct fwp_wide *only = (const struct fwp_wide *)(uintptr_t)rule->tests[from].a;
        cover->whole = only->a == ~(unsigned __int128)0;
        cover->low = (uint64_t)only->b;
    }
    return true;
}

static unsigned what_fits(const struct cover *covers, unsigned count)
{
    unsigned lanes = 0;

    for (unsigned i = 0; i < count; i++) {
        lanes += covers[i].whole ? 2 : 1;
        if (lanes > FWP_KEY_LANES)
            return i;
    }
    return count;
}

static void add_lane(struct fwp_key *key, const struct fwp_cut *cut, const uint64_t *values, unsigned count, unsigned before)
{
    for (unsigned k = 0; k < key->count; k++)
        key->value[k][key->lanes] = values[k / before % count];
    key->cut[key->lanes++] = *cut;
}

/* All combinations of the covers' blocks. */
static void combine(struct fwp_key *key, const struct cover *covers, unsigned count)
{
    unsigned before = 1;

    for (unsigned i = 0; i < count; i++) {
        add_lane(key, &covers[i].cut, covers[i].value, covers[i].count, before);
        before *= covers[i].count;
        if (covers[i].whole) {
            struct fwp_cut low = { covers[i].cut.field, false, UINT64_MAX };
            add_lane(key, &low, &covers[i].low, 1, 1);
        }
    }
}

/* The most selective fields first; what selects equally keeps its order. */
static void sort(struct cover *covers, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned k = i; k > 0 && covers[k].bits > covers[k - 1].bits; k--) {
            struct cover cover = covers[k];
            covers[k] = covers[k - 1];
            covers[k - 1] = cover;
        }
}

unsigned fwp_key_of(struct fwp_key *key, const struct fwp_rule *rule, const struct fwp_layer *layer, unsigned depth)
{
    struct cover covers[FWP_KEY_LANES];
    unsigned count = 0, room = FWP_KEYS;

    key->lanes = 0;
    key->count = 1;
    for (unsigned from = 0, to; from < rule->test_count; from = to) {
        for (to = from + 1; !rule->tests[to - 1].last; to++) {}
        if (count == countof(covers) ||
            !cover_of(&covers[count], rule, from, to, layer, room < BLOCKS ? room : BLOCKS))
            continue;
        count++;
        room = FWP_KEYS;
        for (unsigned i = 0; i < count; i++)
            room /= covers[i].count;
    }
    sort(covers, count);
    count = what_fits(covers, count);
    if (depth < count)
        count = depth;
    for (unsigned i = 0; i < count; i++)
        key->count *= covers[i].count;
    combine(key, covers, count);
    return count;
}

/* The key's lane that is the whole word of a field of this many bits. */
static bool is_whole(const struct fwp_key *key, unsigned field, unsigned bits)
{
    for (unsigned i = 0; i < key->lanes; i++)
        if (key->cut[i].field == field && key->cut[i].mask == (1ull << bits) - 1)
            return true;
    return false;
}

void fwp_quick_of(struct fwp_quick *quick, const struct fwp_rule *rule, const struct fwp_layer *layer, const struct fwp_key *key)
{
    unsigned count = 0;

    *quick = (struct fwp_quick){ .span = { UINT32_MAX, UINT32_MAX, UINT32_MAX } };
    for (unsigned i = 0; i < rule->test_count && count < FWP_QUICK; i++) {
        const struct fwp_test *test = &rule->tests[i];
        unsigned bits = fwp_type_bits((FWP_DATA_TYPE)layer->fields[test->field].data_type);
        struct interval interval;
        if (!test->last || (i && !test[-1].last) || !bits || bits > 32 || !interval_of(test, bits, &interval))
            continue;
        if (interval.low == interval.high && key->count == 1 && is_whole(key, test->field, bits))
            continue;
        quick->field[count] = test->field;
        quick->low[count] = (uint32_t)interval.low;
        quick->span[count++] = (uint32_t)(interval.high - interval.low);
    }
}
