/* The lanes of an index: between index.c and index_lane.c. */
#ifndef FWP_INDEX_LANE_H
#define FWP_INDEX_LANE_H

#include <emmintrin.h>

#include "base/util.h"
#include "fwp/index.h"

void fwp_lane_free(struct fwp_lane *lane);
/* Makes room for one more value. False without memory. */
bool fwp_lane_has_room(struct fwp_lane *lane);
/* Adds the table to the set of the value with this hash; there is room. False without memory. */
bool fwp_lane_mark(struct fwp_lane *lane, uint64_t hash, unsigned table);

/* Odd. */
static inline uint64_t fwp_lane_hash(const struct fwp_lane *lane, uint64_t masked)
{
    uint64_t hash = (masked ^ lane->seed) * 0x9e3779b97f4a7c15ull;

    return (hash ^ hash >> 32) | 1;
}

static inline uint32_t fwp_lane_home(const struct fwp_lane *lane, uint64_t hash)
{
    return (uint32_t)(hash >> 8) & lane->mask;
}

static inline uint16_t fwp_lane_tag(uint64_t hash)
{
    return (uint16_t)(hash >> 48 | 1);
}

/* Bit i: the line's tag i is this one. */
static inline uint32_t fwp_line_match(const struct fwp_line *line, uint16_t tag)
{
    const __m128i *tags = (const __m128i *)(const void *)line->tag, wanted = _mm_set1_epi16((short)tag);

    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(tags[0], wanted), _mm_cmpeq_epi16(tags[1], wanted)));
}

/* The tables that may have the value. Whether it is there is hard to predict, so nothing branches on it. */
static inline uint64_t fwp_lane_tables(const struct fwp_lane *lane, uint64_t hash)
{
    uint16_t tag = fwp_lane_tag(hash);

    for (uint32_t i = fwp_lane_home(lane, hash);; i = (i + 1) & lane->mask) {
        const struct fwp_line *line = &lane->lines[i];
        uint32_t match = fwp_line_match(line, tag);
        uint32_t number = line->set[__builtin_ctz(match | 1u << (FWP_LINE - 1))];
        if (likely((match != 0) | (line->tag[FWP_LINE - 1] == 0)))
            return lane->sets[match ? number : 0];
    }
}

#endif
