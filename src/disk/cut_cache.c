#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "disk/cut.h"

static struct cut_block **find(struct cut_cache *cache, uint64_t number)
{
    struct cut_block **at = &cache->slot[number * 0x9E3779B97F4A7C15u >> 52];

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

const struct cut_block *cut_cache_find(const struct cut_cache *cache, uint64_t number)
{
    return *find((struct cut_cache *)(uintptr_t)cache, number);
}

bool cut_cache_put(struct cut_cache *cache, uint64_t number, const uint8_t *bytes)
{
    struct cut_block **at = find(cache, number);

    if (!*at) {
        *at = malloc(sizeof **at + cache->block_size);
        if (!*at)
            return false;
        (*at)->next = NULL;
        (*at)->number = number;
        cache->blocks++;
    }
    (*at)->version = ++cache->version;
    memcpy((*at)->bytes, bytes, cache->block_size);
    return true;
}

void cut_cache_drop(struct cut_cache *cache, uint64_t number, uint64_t version)
{
    struct cut_block **at = find(cache, number), *block = *at;

    if (!block || block->version > version)
        return;
    *at = block->next;
    free(block);
    cache->blocks--;
}

void cut_cache_clear(struct cut_cache *cache)
{
    for (unsigned i = 0; i < CUT_SLOTS; i++)
        for (struct cut_block *block; (block = cache->slot[i]);) {
            cache->slot[i] = block->next;
            free(block);
        }
    cache->blocks = 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

uint64_t *cut_cache_numbers(const struct cut_cache *cache)
{
    uint64_t *numbers = cache->blocks ? malloc(cache->blocks * sizeof *numbers) : NULL;
    uint64_t n = 0;

    if (!numbers)
        return NULL;
    for (unsigned i = 0; i < CUT_SLOTS; i++)
        for (const struct cut_block *block = cache->slot[i]; block; block = block->next)
            numbers[n++] = block->number;
    qsort(numbers, n, sizeof *numbers, by_number);
    return numbers;
}

/* The piece of one part that falls into [offset, offset + size) of the request; NULL when none does. */
static uint8_t *piece(const struct iovec *part, uint64_t part_at, uint64_t offset, size_t size, size_t *at, size_t *length)
{
    uint64_t from = max_u64(part_at, offset), to = min_u64(part_at + part->iov_len, offset + size);

    if (from >= to)
        return NULL;
    *at = from - offset;
    *length = to - from;
    return (uint8_t *)part->iov_base + (from - part_at);
}

void cut_gather(const struct disk_io *io, uint64_t offset, uint8_t *to, size_t size)
{
    uint64_t part_at = 0;
    size_t at, length;

    for (int i = 0; i < io->count; part_at += io->parts[i++].iov_len) {
        const uint8_t *from = piece(&io->parts[i], part_at, offset, size, &at, &length);
        if (from)
            memcpy(to + at, from, length);
    }
}

void cut_scatter(const struct disk_io *io, uint64_t offset, const uint8_t *from, size_t size)
{
    uint64_t part_at = 0;
    size_t at, length;

    for (int i = 0; i < io->count; part_at += io->parts[i++].iov_len) {
        uint8_t *to = piece(&io->parts[i], part_at, offset, size, &at, &length);
        if (to)
            memcpy(to, from + at, length);
    }
}
