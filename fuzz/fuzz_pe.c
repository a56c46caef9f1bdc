/* The loader on arbitrary files: headers, imports, relocations, load configuration, exports, unwind data. The first
 * byte chooses flags; the rest is the file. */
#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pe/pe.h"
#include "pe/unwind.h"

#define ARENA (64u << 20)

static uint8_t *arena;
static size_t used;
static uint8_t region[4096] __attribute__((aligned(4096)));

static void *alloc_pages(size_t pages)
{
    void *p = arena + used;

    if (pages > (ARENA - used) / 4096)
        return NULL;
    used += pages * 4096;
    return p;
}

static void free_pages(void *va, size_t pages)
{
    (void)va;
    used -= pages * 4096;
}

static uint64_t next_random(void)
{
    return 42;
}

static uint64_t stack[1024];

static void stack_limits(uint64_t *low, uint64_t *high)
{
    *low = (uint64_t)stack;
    *high = (uint64_t)(stack + 1024);
}

static void open_loader(void)
{
    struct pe_config config = { .alloc_pages = alloc_pages, .free_pages = free_pages, .random = next_random,
                                .stack_limits = stack_limits };

    arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    _writegsbase_u64((uint64_t)region);
    if (!pe_open(&config))
        abort();
}

/* Unwinds the first functions on a stack of zeros: whatever the codes say, nothing but a refusal may come of it. */
static void unwind_all(struct pe_image *image)
{
    for (unsigned i = 0; i < image->function_count && i < 64; i++) {
        CONTEXT context;
        PEXCEPTION_ROUTINE handler;
        void *data;
        uint64_t frame;

        memset(&context, 0, sizeof context);
        context.Rsp = (uint64_t)&stack[256];
        context.Rbp = context.Rsp + 64;
        context.Rip = (uint64_t)image->base + image->functions[i].begin;
        unwind_driver_frame(image, &image->functions[i], UNW_FLAG_EHANDLER, &context, &handler, &data, &frame, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pe_image *image;

    if (!arena)
        open_loader();
    if (size == 0)
        return 0;
    memset(arena, 0, used);
    image = pe_load("fuzz.sys", data + 1, size - 1, data[0] & PE_ALLOW_MISSING);
    if (!image)
        return 0;
    unwind_all(image);
    pe_image_export(image, "DriverEntry");
    pe_discard(image);
    pe_unload(image);
    return 0;
}
