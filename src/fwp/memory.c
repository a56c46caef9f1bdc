/* Arrays and blocks. memory.h says what for. */
#include "fwp/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "host/memory.h"

#define LARGE_FROM (1u << 20)
#define LINE 64u
#define CLASSES 32                      /* of blocks, by lines; what is larger comes from the heap */

void *fwp_array_alloc(size_t size)
{
    void *array;

    if (size >= LARGE_FROM)
        return host_map_large(size);
    array = aligned_alloc(LINE, align_up(size, LINE));
    if (array)
        memset(array, 0, size);
    return array;
}

void fwp_array_free(void *array, size_t size)
{
    if (array && size >= LARGE_FROM)
        host_unmap(array, align_up(size, HOST_LARGE));
    else
        free(array);
}

struct chunk {
    struct chunk *next;
    size_t size;
};

struct free_block {
    struct free_block *next;
};

static struct {
    struct chunk *chunks;
    uint8_t *at, *end;                  /* of the newest chunk: what was never given out */
    struct free_block *free[CLASSES];
    size_t live, next_size;
} blocks;

static bool new_chunk(void)
{
    size_t size = blocks.next_size ? blocks.next_size : 1u << 14;
    struct chunk *chunk = fwp_array_alloc(size);

    if (!chunk)
        return false;
    chunk->next = blocks.chunks;
    chunk->size = size;
    blocks.chunks = chunk;
    blocks.at = (uint8_t *)align_up((uintptr_t)(chunk + 1), LINE);
    blocks.end = (uint8_t *)chunk + size;
    blocks.next_size = size < HOST_LARGE ? 2 * size : size;
    return true;
}

static void free_chunks(void)
{
    while (blocks.chunks) {
        struct chunk *chunk = blocks.chunks;
        blocks.chunks = chunk->next;
        fwp_array_free(chunk, chunk->size);
    }
    memset(&blocks, 0, sizeof blocks);
}

void *fwp_block_alloc(size_t size)
{
    size_t lines = (size + LINE - 1) / LINE;
    void *block;

    if (lines >= CLASSES)
        return calloc(1, size);
    if (blocks.free[lines]) {
        block = blocks.free[lines];
        blocks.free[lines] = blocks.free[lines]->next;
        memset(block, 0, size);
    } else {
        if ((size_t)(blocks.end - blocks.at) < lines * LINE && !new_chunk())
            return NULL;
        block = blocks.at;
        blocks.at += lines * LINE;
    }
    blocks.live++;
    return block;
}

void fwp_block_free(void *block, size_t size)
{
    size_t lines = (size + LINE - 1) / LINE;

    if (lines >= CLASSES) {
        free(block);
        return;
    }
    ((struct free_block *)block)->next = blocks.free[lines];
    blocks.free[lines] = block;
    if (--blocks.live == 0)
        free_chunks();
}
