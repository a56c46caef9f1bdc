/* A small driver image made by hand, for tests that then damage or extend it. Sections: .text at 0x1000, .rdata at
 * 0x2000, .data at 0x3000, .reloc at 0x4000; each has 0x200 bytes in the file, from 0x400 on. */
#ifndef TESTS_PE_IMAGE_H
#define TESTS_PE_IMAGE_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "pe/pe.h"

#define IMAGE_SIZE 0xc00
#define ARENA_SIZE (4u << 20)
#define IMAGE_BASE 0x140000000ull

enum { AT_LFANEW = 0x3c, AT_PE = 0x80, AT_COFF = 0x84, AT_OPTIONAL = 0x98, AT_DIRECTORIES = 0x98 + 112, AT_SECTIONS = 0x98 + 240 };

static uint8_t image[IMAGE_SIZE];

static inline void put16(unsigned at, uint16_t v) { memcpy(image + at, &v, 2); }
static inline void put32(unsigned at, uint32_t v) { memcpy(image + at, &v, 4); }
static inline void put64(unsigned at, uint64_t v) { memcpy(image + at, &v, 8); }

/* Where an RVA of one of the four sections is in the file. */
static inline unsigned file_of(uint32_t rva)
{
    return 0x400 + (rva / 0x1000 - 1) * 0x200 + rva % 0x1000;
}

static inline void directory(unsigned index, uint32_t rva, uint32_t size)
{
    put32(AT_DIRECTORIES + 8 * index, rva);
    put32(AT_DIRECTORIES + 8 * index + 4, size);
}

static inline void section(unsigned index, const char *name, uint32_t characteristics)
{
    unsigned at = AT_SECTIONS + 40 * index;

    memset(image + at, 0, 40);
    memcpy(image + at, name, strlen(name));
    put32(at + 8, 0x200);
    put32(at + 12, 0x1000 * (index + 1));
    put32(at + 16, 0x200);
    put32(at + 20, 0x400 + 0x200 * index);
    put32(at + 36, characteristics);
}

static inline void text(uint32_t rva, const char *string)
{
    memcpy(image + file_of(rva), string, strlen(string) + 1);
}

static inline void build_image(void)
{
    memset(image, 0, sizeof image);
    put16(0, 0x5a4d);
    put32(AT_LFANEW, AT_PE);
    put32(AT_PE, 0x4550);
    put16(AT_COFF, 0x8664);
    put16(AT_COFF + 2, 4);
    put16(AT_COFF + 16, 240);
    put16(AT_COFF + 18, 0x22);
    put16(AT_OPTIONAL, 0x20b);
    put32(AT_OPTIONAL + 16, 0x1000);
    put64(AT_OPTIONAL + 24, IMAGE_BASE);
    put32(AT_OPTIONAL + 32, 0x1000);
    put32(AT_OPTIONAL + 36, 0x200);
    put32(AT_OPTIONAL + 56, 0x5000);
    put32(AT_OPTIONAL + 60, 0x400);
    put16(AT_OPTIONAL + 68, 1);
    put32(AT_OPTIONAL + 108, 16);
    section(0, ".text", 0x60000020);
    section(1, ".rdata", 0x40000040);
    section(2, ".data", 0xc0000040);
    section(3, ".reloc", 0x42000040);
    memcpy(image + file_of(0x1000), (const uint8_t[]){ 0xb8, 42, 0, 0, 0, 0xc3 }, 6);      /* mov eax, 42; ret */
}

/* --- a computer of nothing but memory ------------------------------------------------------------------------- */

static uint8_t *arena, *arena_next;
static uint8_t control_region[4096] __attribute__((aligned(4096)));     /* what gs points at; IRQL at 0x50 */
static uint32_t attention_word;
static unsigned pages_out;

static void *test_alloc(size_t pages)
{
    void *p = arena_next;

    if (pages > ((size_t)(arena + ARENA_SIZE - arena_next)) / 4096)
        return NULL;
    arena_next += pages * 4096;
    pages_out += (unsigned)pages;
    return p;
}

static void test_free(void *va, size_t pages)
{
    (void)va;
    pages_out -= (unsigned)pages;
}

static uint64_t test_random(void)
{
    return 0x1234567890abcdefull;
}

static inline struct pe_config test_config(const struct pe_export *exports, unsigned count)
{
    struct pe_config config = {
        .alloc_pages = test_alloc, .free_pages = test_free, .exports = exports, .export_count = count,
        .attention = &attention_word, .random = test_random,
    };

    arena = arena_next = mmap((void *)0x210000000000, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _writegsbase_u64((uint64_t)control_region);
    return config;
}

static inline void open_pe(const struct pe_export *exports, unsigned count)
{
    struct pe_config config = test_config(exports, count);

    if (!pe_open(&config))
        UNIT_FAIL("%s", error_text());
}

#endif
