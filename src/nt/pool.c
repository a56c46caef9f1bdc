/* The allocator behind ExAllocatePool*. See pool.h for the shape of blocks. */
#include "nt/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/event.h"
#include "nt/hot.h"
#include "nt/ke_timer.h"
#include "nt/pool_internal.h"
#include "nt/ram.h"

#define HEADER ((size_t)32)
#define TAIL ((size_t)8)
#define GRANULE ((size_t)16)
#define CHUNK_PAGES 16
#define POOL_LIVE 0x6c6f6f50u           /* "Pool" */
#define POOL_FREED 0x65657246u          /* "Free" */
#define TAIL_PATTERN 0xA5C3F0965A3C0F69ull

/* Strides that fill a page well: 4096 / n, rounded down to 16. */
static const uint16_t stride[] = { 48,  64,  80,  96,  112, 128, 144, 160, 176, 192, 224,  256,  288,  320,
                                   368, 400, 448, 512, 576, 672, 816, 1024, 1360, 2032, 4096 };
#define CLASSES (sizeof stride / sizeof stride[0])

struct header {
    uint32_t magic;
    uint32_t tag;
    uint32_t size;
    uint8_t class, type, quota, spare;
    const void *caller;
    union {
        struct header *next;            /* while free */
        struct {
            uint32_t sequence;
            uint32_t stack;             /* index into pool.stacks, 0: none */
        };
    };
};
_Static_assert(sizeof(struct header) == 32, "pool header");

enum page_kind { PAGE_OTHER, PAGE_SMALL, PAGE_LARGE };

static struct {
    struct header *free[CLASSES];
    uint8_t class_of[RAM_PAGE / 16 + 1];
    uint8_t page[RAM_MAX_SIZE / RAM_PAGE];
    uint8_t page_class[RAM_MAX_SIZE / RAM_PAGE];
    size_t low_page, high_page;         /* pages ever used for small blocks lie in [low, high) */
    bool ready;
    enum { PLAIN, WITH_STACK, SLOW } special;   /* SLOW: fail_at or fill is set */
    struct pool_stats stats;
    uint64_t counted, fail_at;
    bool fail_onwards, fill;
} pool;

bool (*pool_counts)(const void *caller);

static void prepare(void)
{
    unsigned class = 0;

    for (unsigned i = 0; i <= RAM_PAGE / GRANULE; i++) {
        if (i * GRANULE > stride[class])
            class++;
        pool.class_of[i] = (uint8_t)class;
    }
    pool.low_page = SIZE_MAX;
    pool.ready = true;
}

static size_t page_of(const void *va)
{
    return ((uintptr_t)va - RAM_BASE) / RAM_PAGE;
}

static bool refill(unsigned class)
{
    if (!pool.ready)
        prepare();
    char *chunk = ram_alloc(CHUNK_PAGES, false);
    size_t pages = CHUNK_PAGES;
    if (!chunk) {
        chunk = ram_alloc(1, false);
        pages = 1;
    }
    if (!chunk)
        return false;
    size_t first = page_of(chunk);
    for (size_t page = pages; page--;) {
        pool.page[first + page] = PAGE_SMALL;
        pool.page_class[first + page] = (uint8_t)class;
        for (size_t at = RAM_PAGE / stride[class]; at--;) {
            struct header *h = (struct header *)(chunk + page * RAM_PAGE + at * stride[class]);
            h->magic = POOL_FREED;
            h->class = (uint8_t)class;
            h->tag = h->size = 0;
            h->caller = NULL;
            h->next = pool.free[class];
            pool.free[class] = h;
        }
    }
    pool.low_page = first < pool.low_page ? first : pool.low_page;
    pool.high_page = first + pages > pool.high_page ? first + pages : pool.high_page;
    return true;
}

/* True when this allocation is the one that shall fail. */
static bool injected(const void *caller)
{
    if (!pool.fail_at || (pool_counts ? !pool_counts(caller) : !ram_contains(caller)))
        return false;
    pool.counted++;
    return pool.counted == pool.fail_at || (pool.fail_onwards && pool.counted > pool.fail_at);
}

static void *allocate_large(POOL_TYPE type, size_t size, uint32_t tag, const void *caller, uint32_t stack)
{
    uint32_t sequence = (uint32_t)++pool.stats.allocations;
    void *large = pool_alloc_large(type, size, tag, caller, sequence, stack);

    if (!large) {
        pool.stats.allocations--;
        pool.stats.failures++;
        return NULL;
    }
    pool.page[page_of(large)] = PAGE_LARGE;
    pool.stats.live_bytes += size;
    if ((type & POOL_ZERO_ALLOCATION) || pool.fill)
        memset(large, type & POOL_ZERO_ALLOCATION ? 0 : 0xCD, size);
    return large;
}

/* Zeroes whole 16-byte units: a block has room for the last one, and its tail is written afterwards. */
static inline void zero_units(char *user, size_t size)
{
    typedef long long unit __attribute__((vector_size(16), may_alias));

    if (size > 512) {
        __asm__ volatile("rep stosb" : "+D"(user), "+c"(size) : "a"(0) : "memory");
        return;
    }
    for (size_t at = 0; at < size; at += sizeof(unit)) {
        *(unit *)(user + at) = (unit){ 0, 0 };
        __asm__ volatile("" : : : "memory");    /* or it becomes a call of memset */
    }
}

/* Takes the first free block of its class. */
static inline void *carve(unsigned class, POOL_TYPE type, size_t size, uint32_t tag, const void *caller)
{
    struct header *h = pool.free[class];
    char *user = (char *)(h + 1);
    uint64_t tail = TAIL_PATTERN;

    if (unlikely(h->magic != POOL_FREED))
        KeBugCheckEx(BAD_POOL_HEADER, 0xD, (ULONG_PTR)h, (ULONG_PTR)h->magic, 0);
    pool.free[class] = h->next;
    h->magic = POOL_LIVE;
    h->tag = tag;
    h->size = (uint32_t)size;
    h->type = (uint8_t)(type & 1);
    h->quota = type & POOL_NX_ALLOCATION ? 2 : 0;
    h->caller = caller;
    h->sequence = (uint32_t)++pool.stats.allocations;
    h->stack = 0;
    pool.stats.live_bytes += size;
    if (type & POOL_ZERO_ALLOCATION)
        zero_units(user, size);
    __builtin_memcpy(user + size, &tail, TAIL);
    return user;
}

COLD static void *take_slow(POOL_TYPE type, size_t size, uint32_t tag, const void *caller)
{
    struct pe_caller from = PE_CALLER();    /* the driver's frame, when it called one of the exports itself */

    if (injected(caller)) {
        pool.stats.failures++;
        return NULL;
    }
    if (from.rip != (uint64_t)(uintptr_t)caller)
        from = (struct pe_caller){ .rip = (uint64_t)(uintptr_t)caller };
    uint32_t stack = pool_capturing && ram_contains(caller) ? pool_keep_stack(&from) : 0;
    if (size > RAM_PAGE - HEADER - TAIL)
        return allocate_large(type, size, tag, caller, stack);
    if (!pool.ready)
        prepare();
    unsigned class = pool.class_of[(HEADER + size + TAIL + GRANULE - 1) / GRANULE];
    if (!pool.free[class] && !refill(class)) {
        pool.stats.failures++;
        return NULL;
    }
    char *user = carve(class, type, size, tag, caller);
    ((struct header *)user - 1)->stack = stack;
    if (pool.fill && !(type & POOL_ZERO_ALLOCATION))
        memset(user, 0xCD, size);
    return user;
}

static void note_special(void)
{
    pool.special = pool.fail_at || pool.fill ? SLOW : pool_capturing ? WITH_STACK : PLAIN;
}

/* Where the allocation came from, as far as that is remembered; false when it must be looked at. */
static inline bool known_stack(const void *caller, const void *back, const void *above, uint32_t *stack)
{
    *stack = 0;
    if (!ram_contains(caller))
        return true;
    *stack = pool_remember((uint64_t)(uintptr_t)caller, back == caller ? (uint64_t)(uintptr_t)above : 0);
    return *stack != 0;
}

void *NTAPI pool_take(POOL_TYPE type, size_t size, uint32_t tag, const void *caller)
{
    uint32_t stack = 0;

    caller = pe_true_caller(caller);
    if (unlikely(size > RAM_PAGE - HEADER - TAIL || pool.special == SLOW))
        return take_slow(type, size, tag, caller);
    if (pool.special && unlikely(!known_stack(caller, __builtin_return_address(0), __builtin_dwarf_cfa(), &stack)))
        return take_slow(type, size, tag, caller);
    unsigned class = pool.class_of[(HEADER + size + TAIL + GRANULE - 1) / GRANULE];
    if (unlikely(!pool.free[class]))
        return take_slow(type, size, tag, caller);
    struct header *h = (struct header *)carve(class, type, size, tag, caller) - 1;
    h->stack = stack;
    return h + 1;
}

void *pool_alloc(POOL_TYPE type, size_t size, uint32_t tag, const void *caller)
{
    return pool_take(type, size, tag, caller);
}

static bool tail_good(const struct header *h)
{
    uint64_t tail;

    __builtin_memcpy(&tail, (const char *)(h + 1) + h->size, TAIL);
    return tail == TAIL_PATTERN;
}

/* The header in front of a small block, or NULL when `block` cannot be one. */
static struct header *header_of(const void *block)
{
    if (!ram_contains(block) || (uintptr_t)block % GRANULE || pool.page[page_of(block)] != PAGE_SMALL)
        return NULL;
    size_t offset = (uintptr_t)block % RAM_PAGE;
    if (offset < HEADER || (offset - HEADER) % stride[pool.page_class[page_of(block)]])
        return NULL;
    return (struct header *)((uintptr_t)block - HEADER);
}

static void bad(uint64_t p1, const void *block, uint64_t p2, uint64_t p3, uint64_t p4, const void *caller)
{
    struct pe_caller from = { .rip = (uint64_t)(uintptr_t)caller };

    NT_EMIT(NT_EVENT_POOL_BAD, "ExFreePoolWithTag", block, p1, from);
    KeBugCheckEx(BAD_POOL_CALLER, p1, p2, p3, p4);
}

static void bad_address(const void *block, const void *caller)
{
    if ((uintptr_t)block < USER_PROBE_ADDRESS && !ram_contains(block))
        bad(0x40, block, (uintptr_t)block, USER_PROBE_ADDRESS, 0, caller);
    bad(0x46, block, (uintptr_t)block, 0, 0, caller);
}

static void wrong_tag(const void *block, uint32_t have, uint32_t tag, const void *caller)
{
    struct pe_caller from = { .rip = (uint64_t)(uintptr_t)caller };

    NT_EMIT(NT_EVENT_POOL_BAD, "ExFreePoolWithTag", block, 0xA, from);
    if (have & 0x80000000u)             /* a protected tag */
        KeBugCheckEx(BAD_POOL_CALLER, 0xA, (ULONG_PTR)block, have, tag);
}

static void check_queue(const struct ke_dpcs *queue, const void *block, size_t size)
{
    for (SINGLE_LIST_ENTRY *link = queue->first; link; link = link->Next)
        if ((uintptr_t)link - (uintptr_t)block < size)
            KeBugCheckEx(TIMER_OR_DPC_INVALID, 1, (ULONG_PTR)container_of(link, KDPC, DpcListEntry), (ULONG_PTR)block,
                         (ULONG_PTR)block + size);
}

/* A set timer or a queued DPC in memory that is given back would be used after it. */
static void check_contents(const void *block, size_t size)
{
    PKTIMER timer = ke_timers_set ? ke_timer_within(block, size) : NULL;

    if (timer)
        KeBugCheckEx(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)timer, (ULONG_PTR)block, (ULONG_PTR)block + size);
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        check_queue(&ke.cpus[i].dpcs, block, size);
        check_queue(&ke.cpus[i].threaded, block, size);
    }
}

static void free_large(void *block, uint32_t tag, const void *caller)
{
    struct pool_block info;

    if (!pool_large_info(block, &info))
        bad(0x46, block, (uintptr_t)block, 0, 0, caller);
    if (info.type == PagedPool && ke_irql() > APC_LEVEL)
        bad(0x9, block, ke_irql(), info.type, (uintptr_t)block, caller);
    if (tag && tag != info.tag)
        wrong_tag(block, info.tag, tag, caller);
    check_contents(block, info.size);
    pool.page[page_of(block)] = PAGE_OTHER;
    pool.stats.frees++;
    pool.stats.live_bytes -= info.size;
    if (!pool_free_large(block))
        KeBugCheckEx(BAD_POOL_HEADER, 0x20, (ULONG_PTR)block, (ULONG_PTR)block + info.size, info.size);
}

static inline void put_back(struct header *h)
{
    pool.stats.frees++;
    pool.stats.live_bytes -= h->size;
    h->magic = POOL_FREED;
    h->next = pool.free[h->class];
    pool.free[h->class] = h;
}

COLD static void give_slow(void *block, uint32_t tag, const void *caller)
{
    struct header *h = header_of(block);

    caller = pe_true_caller(caller);
    if (!h) {
        if (!ram_contains(block) || (uintptr_t)block % RAM_PAGE || pool.page[page_of(block)] != PAGE_LARGE)
            bad_address(block, caller);
        free_large(block, tag, caller);
        return;
    }
    uint64_t next = (uint64_t)(uintptr_t)h + stride[pool.page_class[page_of(h)]];
    if (h->magic == POOL_FREED)
        bad(0x7, block, 0, h->tag, (uintptr_t)block, caller);
    if (h->magic != POOL_LIVE || h->class >= CLASSES || h->size > RAM_PAGE || !tail_good(h))
        KeBugCheckEx(BAD_POOL_HEADER, 0x20, (ULONG_PTR)h, next, h->size);
    if (h->type == PagedPool && ke_irql() > APC_LEVEL)
        bad(0x9, block, ke_irql(), h->type, (uintptr_t)block, caller);
    if (tag && tag != h->tag)
        wrong_tag(block, h->tag, tag, caller);
    check_contents(block, h->size);
    if (pool.fill)
        memset(block, 0xDD, h->size);
    put_back(h);
}

void NTAPI pool_give(void *block, uint32_t tag, const void *caller)
{
    struct header *h = (struct header *)((uintptr_t)block - HEADER);

    if (unlikely(!ram_contains(block) || pool.page[page_of(block)] != PAGE_SMALL || (uintptr_t)block % GRANULE ||
                 (uintptr_t)block % RAM_PAGE < HEADER || h->magic != POOL_LIVE || h->class != pool.page_class[page_of(h)] ||
                 h->size > RAM_PAGE || !tail_good(h) || (tag && tag != h->tag) || pool.fill ||
                 (pool.special && h->size >= sizeof(KDPC) && (ke_timers_set || this_cpu->dpcs.first)) ||
                 (h->type == PagedPool && ke_irql() > APC_LEVEL))) {
        give_slow(block, tag, caller);
        return;
    }
    put_back(h);
}

void pool_free(void *block, uint32_t tag, const void *caller)
{
    pool_give(block, tag, caller);
}

static bool describe(struct header *h, struct pool_block *info)
{
    *info = (struct pool_block){ .address = h + 1, .size = h->size, .tag = h->tag, .quota = h->quota & 1,
                                 .caller = h->caller, .sequence = h->sequence };
    info->type = h->type ? PagedPool : h->quota & 2 ? NonPagedPoolNx : NonPagedPool;
    pool_stack(h->stack, info);
    return h->magic == POOL_LIVE;
}

static bool find(const void *block, struct pool_block *info)
{
    struct header *h = header_of(block);

    return h ? describe(h, info) : pool_large_info(block, info);
}

size_t pool_size(const void *block)
{
    struct pool_block info;

    return find(block, &info) ? info.size : 0;
}

bool pool_is_quota(const void *block)
{
    struct pool_block info;

    return find(block, &info) && info.quota;
}

void pool_set_quota(void *block)
{
    struct header *h = header_of(block);

    if (h)
        h->quota |= 1;
    else
        pool_large_set_quota(block);
}

void pool_hand_over(void *block)
{
    struct header *h = header_of(block);

    if (!h)
        pool_large_hand_over(block);
    else if (h->magic == POOL_LIVE)
        h->caller = NULL;
}

/* Every small block that satisfies `want`. */
static void each_small(bool (*want)(const struct header *h), void (*visit)(void *, const struct pool_block *),
                       void *context)
{
    for (size_t page = pool.low_page; page < pool.high_page; page++) {
        if (pool.page[page] != PAGE_SMALL)
            continue;
        unsigned step = stride[pool.page_class[page]];
        for (unsigned at = 0; at + step <= RAM_PAGE; at += step) {
            struct header *h = (struct header *)(RAM_BASE + page * RAM_PAGE + at);
            struct pool_block info;
            if (want(h) && describe(h, &info))
                visit(context, &info);
        }
    }
}

static bool is_live(const struct header *h)
{
    return h->magic == POOL_LIVE;
}

static bool is_overrun(const struct header *h)
{
    return h->magic == POOL_LIVE && (h->size > RAM_PAGE || !tail_good(h));
}

void pool_walk(void (*visit)(void *context, const struct pool_block *block), void *context)
{
    each_small(is_live, visit, context);
    pool_walk_large(false, visit, context);
}

void pool_check(void (*visit)(void *context, const struct pool_block *block), void *context)
{
    each_small(is_overrun, visit, context);
    pool_walk_large(true, visit, context);
}

struct owner {
    uint64_t base, size, bytes, count;
};

static void add_owned(void *context, const struct pool_block *block)
{
    struct owner *owner = context;

    if ((uint64_t)(uintptr_t)block->caller - owner->base < owner->size) {
        owner->count++;
        owner->bytes += block->size;
    }
}

size_t pool_owned_by(uint64_t base, uint64_t size, uint64_t *bytes)
{
    struct owner owner = { base, size, 0, 0 };

    pool_walk(add_owned, &owner);
    if (bytes)
        *bytes = owner.bytes;
    return owner.count;
}

void pool_get_stats(struct pool_stats *stats)
{
    *stats = pool.stats;
    stats->live_blocks = stats->allocations - stats->frees;
}

void pool_set_fail_at(uint64_t n, bool onwards)
{
    pool.counted = 0;
    pool.fail_at = n;
    pool.fail_onwards = onwards;
    note_special();
}

uint64_t pool_fail_count(void)
{
    return pool.counted;
}

void pool_keep_stacks(pool_capture *capture)
{
    pool_capturing = capture;
    note_special();
}

void pool_set_fill(bool on)
{
    pool.fill = on;
    note_special();
}

void pool_close(void)
{
    pool_close_large();
    memset(pool.free, 0, sizeof pool.free);
    if (pool.low_page < pool.high_page)
        memset(pool.page + pool.low_page, 0, pool.high_page - pool.low_page);
    pool.low_page = SIZE_MAX;
    pool.high_page = 0;
    pool.stats = (struct pool_stats){ 0 };
    pool.counted = pool.fail_at = 0;
    pool.fail_onwards = pool.fill = false;
    pool_close_stacks();
    pool.special = PLAIN;
}
