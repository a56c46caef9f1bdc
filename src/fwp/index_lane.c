/* Lanes: which values occur, and in which tables. */
#include "fwp/index_lane.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/memory.h"

#define MOST_SETS 0xffffu

static void free_lines(struct fwp_lane *lane)
{
    if (!lane->lines)
        return;
    fwp_array_free(lane->lines, (lane->mask + (size_t)1) * sizeof *lane->lines);
    free(lane->hashes);
    free(lane->own);
}

void fwp_lane_free(struct fwp_lane *lane)
{
    free_lines(lane);
    free(lane->sets);
}

/* The number of the set; 0 without memory. When numbers run out, the set of all the lane's tables stands for it. */
static uint32_t set_number(struct fwp_lane *lane, uint64_t tables)
{
    for (uint32_t i = lane->set_count; i-- > 1;)
        if (lane->sets[i] == tables)
            return i;
    if (lane->set_count == MOST_SETS) {
        lane->sets[1] |= UINT64_MAX;
        return 1;
    }
    if (lane->set_count == lane->set_space) {
        uint32_t space = lane->set_space ? 2 * lane->set_space : 8;
        uint64_t *sets = realloc(lane->sets, space * sizeof *sets);
        if (!sets)
            return 0;
        sets[0] = 0;
        lane->sets = sets;
        lane->set_space = space;
        lane->set_count = lane->set_count ? lane->set_count : 1;
    }
    lane->sets[lane->set_count] = tables;
    return lane->set_count++;
}

/* The first place of the line with this tag, or the first free one; FWP_LINE: neither. */
static unsigned place_in(const struct fwp_line *line, uint16_t tag, unsigned from)
{
    unsigned place = from;

    while (place < FWP_LINE && line->tag[place] && line->tag[place] != tag)
        place++;
    return place;
}

/* Adds the tables to the value's set, and to the set that a search for its hash finds. */
static bool put(struct fwp_lane *lane, uint64_t hash, uint64_t tables)
{
    uint16_t tag = fwp_lane_tag(hash);
    unsigned place = 0;

    for (uint32_t i = fwp_lane_home(lane, hash);;) {
        struct fwp_line *line = &lane->lines[i];
        place = place_in(line, tag, place);
        if (place == FWP_LINE) {
            i = (i + 1) & lane->mask;
            place = 0;
            continue;
        }
        size_t slot = (size_t)i * FWP_LINE + place;
        bool free_place = !line->tag[place], here = free_place || lane->hashes[slot] == hash;
        uint32_t number = set_number(lane, (free_place ? 0 : lane->sets[line->set[place]]) | tables);
        if (!number)
            return false;
        line->set[place] = (uint16_t)number;
        if (!here) {
            place++;
            continue;
        }
        line->tag[place] = tag;
        lane->used += free_place;
        lane->hashes[slot] = hash;
        lane->own[slot] = (free_place ? 0 : lane->own[slot]) | tables;
        return true;
    }
}

static bool copy_all(struct fwp_lane *to, const struct fwp_lane *from)
{
    for (uint32_t i = 0; from->lines && i <= from->mask; i++)
        for (unsigned place = 0; place < FWP_LINE && from->lines[i].tag[place]; place++) {
            size_t slot = (size_t)i * FWP_LINE + place;
            if (!put(to, from->hashes[slot], from->own[slot]))
                return false;
        }
    return true;
}

static bool grow(struct fwp_lane *lane)
{
    size_t count = lane->lines ? 2 * (lane->mask + (size_t)1) : 1;
    struct fwp_lane larger = *lane;

    larger.mask = (uint32_t)count - 1;
    larger.used = 0;
    larger.lines = fwp_array_alloc(count * sizeof *larger.lines);
    larger.hashes = malloc(count * FWP_LINE * sizeof *larger.hashes);
    larger.own = malloc(count * FWP_LINE * sizeof *larger.own);
    bool whole = larger.lines && larger.hashes && larger.own && (larger.sets || set_number(&larger, 0)) && copy_all(&larger, lane);
    if (whole) {
        free_lines(lane);
    } else {
        fwp_array_free(larger.lines, count * sizeof *larger.lines);
        free(larger.hashes);
        free(larger.own);
        larger.lines = lane->lines, larger.hashes = lane->hashes, larger.own = lane->own;
        larger.mask = lane->mask, larger.used = lane->used;
    }
    *lane = larger;                     /* with what its sets became, which only grow */
    return whole;
}

bool fwp_lane_has_room(struct fwp_lane *lane)
{
    return (lane->lines && lane->used + 1 <= (lane->mask + 1) * (FWP_LINE / 2)) || grow(lane);
}

bool fwp_lane_mark(struct fwp_lane *lane, uint64_t hash, unsigned table)
{
    return put(lane, hash, 1ull << table);
}
