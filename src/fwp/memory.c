/* Arrays and blocks. memory.h says what for. */
#include "fwp/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "host/memory.h"

#define LARGE_FROM (1u << 20)           /* arrays from here on have huge pages of their own; below they share them */
#define SHARED_FROM (16u << 10)         /* what is smaller comes from the heap */
#define SHARED_CLASSES 7                /* 16 KiB to 1 MiB, by powers of two */
#define LINE 64u
#define CLASSES 32                      /* of blocks, by lines; what is larger comes from the heap */

struct free_array {
    struct free_array *next;
};

struct shared_page {                    /* who owns which huge page */
    struct shared_page *next;
    void *page;
};

static struct {
    struct shared_page *pages;
    uint8_t *at, *end;                  /* of the newest page */
    struct free_array *free[SHARED_CLASSES];
    size_t live;
} shared;

static unsigned class_of(size_t size)
{
    unsigned class = 0;

    while ((size_t)SHARED_FROM << class < size)
        class++;
    return class;
}

static bool new_page(void)
{
    struct shared_page *page = malloc(sizeof *page);

    if (!page || !(page->page = host_map_large(HOST_LARGE))) {
        free(page);
        return false;
    }
    page->next = shared.pages;
    shared.pages = page;
    shared.at = page->page;
    shared.end = shared.at + HOST_LARGE;
    return true;
}

static void give_back(void *array, unsigned class)
{
    struct free_array *entry = array;

    entry->next = shared.free[class];
    shared.free[class] = entry;
}

/* What is left of the newest page becomes free arrays. */
static void cut_rest(void)
{
    for (unsigned class = SHARED_CLASSES; class-- > 0;)
        while ((size_t)(shared.end - shared.at) >= (size_t)SHARED_FROM << class) {
            give_back(shared.at, class);
            shared.at += (size_t)SHARED_FROM << class;
        }
}

static void *shared_alloc(size_t size)
{
    unsigned class = class_of(size);
    size_t whole = (size_t)SHARED_FROM << class;
    void *array = shared.free[class];

    if (array) {
        shared.free[class] = shared.free[class]->next;
    } else {
        if ((size_t)(shared.end - shared.at) < whole) {
            cut_rest();
            if (!new_page())
                return NULL;
        }
        array = shared.at;
        shared.at += whole;
    }
    shared.live++;
    return memset(array, 0, size);
}

static void shared_free(void *array, size_t size)
{
    give_back(array, class_of(size));
    if (--shared.live)
        return;
    while (shared.pages) {
        struct shared_page *page = shared.pages;
        shared.pages = page->next;
        host_unmap(page->page, HOST_LARGE);
        free(page);
    }
    memset(&shared, 0, sizeof shared);
}

void *fwp_array_alloc(size_t size)
{
    void *array;

    if (size > LARGE_FROM)
        return host_map_large(size);
    if (size >= SHARED_FROM)
        return shared_alloc(size);
    array = aligned_alloc(LINE, align_up(size, LINE));
    if (array)
        memset(array, 0, size);
    return array;
}

void fwp_array_free(void *array, size_t size)
{
    if (!array)
        return;
    if (size > LARGE_FROM)
        host_unmap(array, align_up(size, HOST_LARGE));
    else if (size >= SHARED_FROM)
        shared_free(array, size);
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
