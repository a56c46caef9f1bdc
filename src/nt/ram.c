#include "nt/ram.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "host/memory.h"

#define USER_PAGES ((USER_END - USER_BASE) / RAM_PAGE)
#define DISCARD_PAGES 64                /* larger pieces give their memory back when freed */
#define STACK_CACHE 64

static struct {
    int object;
    size_t pages, used, cursor;
    uint64_t *map;                      /* one bit per page: in use */
    uint32_t *user_pa;                  /* physical page of each user page, 0: not mapped */
    size_t user_cursor;
    void *stacks[STACK_CACHE];
    int stack_count;
} ram = { .object = -1 };

static bool bit(size_t page)
{
    return ram.map[page / 64] >> (page % 64) & 1;
}

static void set_bits(size_t page, size_t count, bool value)
{
    for (size_t i = page; i < page + count; i++) {
        if (value)
            ram.map[i / 64] |= 1ull << (i % 64);
        else
            ram.map[i / 64] &= ~(1ull << (i % 64));
    }
}

bool ram_open(size_t size)
{
    assert(ram.object < 0);
    if (size % RAM_PAGE || size > RAM_MAX_SIZE || size < 64 * RAM_PAGE)
        return error_set("%zu bytes of RAM are not possible", size);
    ram.object = host_memory_object("ring3-ram", size);
    if (ram.object < 0)
        return false;
    if (!host_map_object(ram.object, 0, (void *)RAM_BASE, size, HOST_READ | HOST_WRITE)) {
        host_close(ram.object);
        ram.object = -1;
        return false;
    }
    host_keep_roots((void *)RAM_BASE, size);
    ram.pages = size / RAM_PAGE;
    ram.map = calloc(ram.pages / 64 + 1, sizeof *ram.map);
    ram.user_pa = calloc(USER_PAGES, sizeof *ram.user_pa);
    ram.used = ram.cursor = ram.user_cursor = 0;
    ram.stack_count = 0;
    set_bits(0, 1, true);               /* physical page 0 is nobody's, so that a PA of 0 is always wrong */
    if (ram.pages > MMIO32_PA / RAM_PAGE) {
        size_t hole = min_u64(ram.pages, (4ull << 30) / RAM_PAGE) - MMIO32_PA / RAM_PAGE;
        set_bits(MMIO32_PA / RAM_PAGE, hole, true);
    }
    return true;
}

void ram_close(void)
{
    if (ram.object < 0)
        return;
    for (size_t i = 0; i < USER_PAGES; i++)
        if (ram.user_pa[i])
            host_unmap((void *)(USER_BASE + i * RAM_PAGE), RAM_PAGE);
    host_forget_frames((void *)RAM_BASE, ram.pages * RAM_PAGE);
    host_forget_roots((void *)RAM_BASE, ram.pages * RAM_PAGE);
    host_unmap((void *)RAM_BASE, ram.pages * RAM_PAGE);
    host_close(ram.object);
    free(ram.map);
    free(ram.user_pa);
    memset(&ram, 0, sizeof ram);
    ram.object = -1;
}

/* First fit in [from, to), at multiples of align pages. Returns ram.pages when there is none. */
static size_t find(size_t from, size_t to, size_t pages, size_t align, size_t boundary)
{
    size_t page = align_up(from, align);

    while (page + pages <= to) {
        size_t run = 0;
        if (boundary && page / boundary != (page + pages - 1) / boundary) {
            page = align_up(page / boundary * boundary + boundary, align);
            continue;
        }
        while (run < pages && !bit(page + run))
            run++;
        if (run == pages)
            return page;
        page = align_up(page + run + 1, align);
    }
    return ram.pages;
}

static void *take(size_t page, size_t pages, bool zero)
{
    void *va = (void *)(RAM_BASE + page * RAM_PAGE);

    set_bits(page, pages, true);
    ram.used += pages;
    if (zero)
        memset(va, 0, pages * RAM_PAGE);
    return va;
}

void *ram_alloc(size_t pages, bool zero)
{
    if (pages == 0 || pages > ram.pages)
        return NULL;
    size_t page = find(ram.cursor, ram.pages, pages, 1, 0);
    if (page == ram.pages)
        page = find(0, ram.pages, pages, 1, 0);
    if (page == ram.pages)
        return NULL;
    ram.cursor = page + pages;
    return take(page, pages, zero);
}

void *ram_alloc_limits(size_t pages, uint64_t lowest, uint64_t highest, uint64_t align, uint64_t boundary)
{
    uint64_t end = min_u64(highest / RAM_PAGE + (highest % RAM_PAGE == RAM_PAGE - 1), ram.pages);
    uint64_t start = align_up(lowest, RAM_PAGE) / RAM_PAGE;

    if (pages == 0 || pages > ram.pages || start >= end || (boundary && boundary < pages * RAM_PAGE))
        return NULL;
    size_t page = find(start, end, pages, max_u64(align / RAM_PAGE, 1), boundary / RAM_PAGE);
    return page >= end ? NULL : take(page, pages, true);
}

void ram_free(void *va, size_t pages)
{
    size_t page = ((uintptr_t)va - RAM_BASE) / RAM_PAGE;

    assert(ram_contains(va) && (uintptr_t)va % RAM_PAGE == 0 && page + pages <= ram.pages);
    for (size_t i = 0; i < pages; i++)
        assert(bit(page + i));
    if (pages >= DISCARD_PAGES)
        host_discard(va, pages * RAM_PAGE);
    set_bits(page, pages, false);
    ram.used -= pages;
    if (page < ram.cursor)
        ram.cursor = page;
}

size_t ram_pages_used(void)
{
    return ram.used - (size_t)ram.stack_count * (STACK_SIZE / RAM_PAGE + 1);
}

size_t ram_pages_total(void)
{
    return ram.pages;
}

void *ram_alloc_stack(void)
{
    if (ram.stack_count)
        return ram.stacks[--ram.stack_count];
    char *p = ram_alloc(STACK_SIZE / RAM_PAGE + 1, false);
    if (!p)
        return NULL;
    host_protect(p, RAM_PAGE, HOST_NONE);
    return p + RAM_PAGE;
}

void ram_free_stack(void *stack)
{
    char *p = (char *)stack - RAM_PAGE;

    host_forget_frames(stack, STACK_SIZE);
    if (ram.stack_count < STACK_CACHE) {
        ram.stacks[ram.stack_count++] = stack;
        return;
    }
    host_protect(p, RAM_PAGE, HOST_READ | HOST_WRITE);
    ram_free(p, STACK_SIZE / RAM_PAGE + 1);
}

/* User pages are handed out upwards and reused only after the window is exhausted: a stale pointer faults. */
static size_t find_user(size_t pages)
{
    for (int round = 0; round < 2; round++) {
        for (size_t first = round ? 0 : ram.user_cursor, run = 0, i = first; i < USER_PAGES; i++) {
            run = ram.user_pa[i] ? 0 : run + 1;
            if (run == pages + 1)       /* one unmapped page behind each buffer */
                return i - pages;
        }
    }
    return USER_PAGES;
}

void *ram_user_alloc(size_t size, void **system)
{
    size_t pages = align_up(size ? size : 1, RAM_PAGE) / RAM_PAGE;
    size_t slot = find_user(pages);

    if (slot == USER_PAGES)
        return NULL;
    char *va = ram_alloc(pages, true);
    if (!va)
        return NULL;
    void *user = host_map_object(ram.object, ram_pa(va), (void *)(USER_BASE + slot * RAM_PAGE), pages * RAM_PAGE,
                                 HOST_READ | HOST_WRITE);
    if (!user) {
        ram_free(va, pages);
        return NULL;
    }
    for (size_t i = 0; i < pages; i++)
        ram.user_pa[slot + i] = (uint32_t)(ram_pa(va) / RAM_PAGE + i);
    ram.user_cursor = slot + pages + 1 < USER_PAGES ? slot + pages + 1 : 0;
    *system = va;
    return user;
}

void ram_user_free(void *user, size_t size)
{
    size_t pages = align_up(size ? size : 1, RAM_PAGE) / RAM_PAGE;
    size_t slot = ((uintptr_t)user - USER_BASE) / RAM_PAGE;
    void *va = (void *)(RAM_BASE + (uint64_t)ram.user_pa[slot] * RAM_PAGE);

    host_unmap(user, pages * RAM_PAGE);
    memset(&ram.user_pa[slot], 0, pages * sizeof ram.user_pa[0]);
    ram_free(va, pages);
}

uint64_t ram_pa(const void *va)
{
    uint64_t address = (uint64_t)(uintptr_t)va;

    if (address - RAM_BASE < ram.pages * RAM_PAGE)
        return address - RAM_BASE;
    if (address - USER_BASE < USER_END - USER_BASE) {
        uint32_t page = ram.user_pa[(address - USER_BASE) / RAM_PAGE];
        return page ? (uint64_t)page * RAM_PAGE + address % RAM_PAGE : UINT64_MAX;
    }
    return UINT64_MAX;
}

void *ram_va(uint64_t pa, size_t size)
{
    uint64_t limit = ram.pages * RAM_PAGE;

    if (pa < RAM_PAGE || size > limit || pa > limit - size)
        return NULL;
    if (ram.pages > MMIO32_PA / RAM_PAGE && pa < (4ull << 30) && pa + size > MMIO32_PA)
        return NULL;
    return (void *)(RAM_BASE + pa);
}
