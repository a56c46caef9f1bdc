/* Pool requests of a page and more: whole pages, described in a hash table by address. Freed runs of a few pages are
 * kept for the next request of the same size. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/pool_internal.h"
#include "nt/ram.h"

#define BUCKETS 4096u
#define TAIL_PATTERN 0xA5C3F0965A3C0F69ull
#define KEEP_PAGES 32u                  /* runs up to this length are kept when freed */
#define KEEP_RUNS 64u                   /* so many of each length */

struct large {
    struct large *next;
    char *address;
    size_t size, pages;
    uint32_t tag, sequence, stack;
    POOL_TYPE type;
    bool quota;
    const void *caller;
};

static struct {
    struct large *bucket[BUCKETS];
    struct large *spare;
    void *kept[KEEP_PAGES + 1][KEEP_RUNS];
    unsigned kept_count[KEEP_PAGES + 1];
} table;

static struct large **slot(const void *address)
{
    return &table.bucket[((uintptr_t)address / RAM_PAGE) % BUCKETS];
}

static struct large **find(const void *address)
{
    struct large **link = slot(address);

    while (*link && (*link)->address != address)
        link = &(*link)->next;
    return link;
}

static bool has_tail(const struct large *l)
{
    return l->pages * RAM_PAGE - l->size >= sizeof(uint64_t);
}

static bool tail_good(const struct large *l)
{
    uint64_t tail;

    if (!has_tail(l))
        return true;
    memcpy(&tail, l->address + l->size, sizeof tail);
    return tail == TAIL_PATTERN;
}

static struct large *new_entry(void)
{
    struct large *l = table.spare;

    if (l)
        table.spare = l->next;
    else
        l = malloc(sizeof *l);
    return l;
}

static void *take_pages(size_t pages)
{
    if (pages <= KEEP_PAGES && table.kept_count[pages])
        return table.kept[pages][--table.kept_count[pages]];
    return ram_alloc(pages, false);
}

static void give_pages(void *va, size_t pages)
{
    if (pages <= KEEP_PAGES && table.kept_count[pages] < KEEP_RUNS)
        table.kept[pages][table.kept_count[pages]++] = va;
    else
        ram_free(va, pages);
}

void *pool_alloc_large(POOL_TYPE type, size_t size, uint32_t tag, const void *caller, uint32_t sequence, uint32_t stack)
{
    uint64_t tail = TAIL_PATTERN;

    if (size > RAM_MAX_SIZE)
        return NULL;
    struct large *l = new_entry();
    size_t pages = (size + RAM_PAGE - 1) / RAM_PAGE;
    char *address = l ? take_pages(pages) : NULL;
    if (!address) {
        if (l) {
            l->next = table.spare;
            table.spare = l;
        }
        return NULL;
    }
    *l = (struct large){ .next = *slot(address), .address = address, .size = size, .pages = pages, .tag = tag,
                         .sequence = sequence, .stack = stack, .caller = caller };
    l->type = type & 1 ? PagedPool : type & POOL_NX_ALLOCATION ? NonPagedPoolNx : NonPagedPool;
    *slot(address) = l;
    if (has_tail(l))
        memcpy(address + size, &tail, sizeof tail);
    return address;
}

bool pool_free_large(void *block)
{
    struct large **link = find(block);
    struct large *l = *link;
    bool good = tail_good(l);

    *link = l->next;
    give_pages(l->address, l->pages);
    l->next = table.spare;
    table.spare = l;
    return good;
}

static void describe(const struct large *l, struct pool_block *info)
{
    *info = (struct pool_block){ .address = l->address, .size = l->size, .tag = l->tag, .type = l->type,
                                 .quota = l->quota, .caller = l->caller, .sequence = l->sequence };
    pool_stack(l->stack, info);
}

bool pool_large_info(const void *block, struct pool_block *info)
{
    const struct large *l = *find(block);

    if (l)
        describe(l, info);
    return l != NULL;
}

void pool_large_set_quota(void *block)
{
    struct large *l = *find(block);

    if (l)
        l->quota = true;
}

void pool_large_hand_over(void *block)
{
    struct large *l = *find(block);

    if (l)
        l->caller = NULL;
}

void pool_walk_large(bool only_overrun, void (*visit)(void *, const struct pool_block *), void *context)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (const struct large *l = table.bucket[i]; l; l = l->next) {
            struct pool_block info;
            if (only_overrun && tail_good(l))
                continue;
            describe(l, &info);
            visit(context, &info);
        }
    }
}

static void free_chain(struct large *l)
{
    while (l) {
        struct large *next = l->next;
        free(l);
        l = next;
    }
}

void pool_close_large(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        free_chain(table.bucket[i]);
    free_chain(table.spare);
    memset(&table, 0, sizeof table);
}
