/* What the files of pe/ share. */
#ifndef PE_INTERNAL_H
#define PE_INTERNAL_H

#include "pe/pe.h"

enum pe_directory {
    DIRECTORY_EXPORT = 0, DIRECTORY_IMPORT = 1, DIRECTORY_EXCEPTION = 3, DIRECTORY_RELOCATION = 5,
    DIRECTORY_DEBUG = 6, DIRECTORY_LOAD_CONFIG = 10, DIRECTORY_CLR = 14, DIRECTORIES = 16
};

enum { SECTION_CODE = 0x20, SECTION_DISCARDABLE = 0x02000000, SECTION_EXECUTE = 0x20000000, SECTION_READ = 0x40000000,
       SECTION_WRITE = (int)0x80000000 };

struct pe_raw_section {
    char name[9];
    uint32_t rva, size, file_offset, file_size, characteristics;
};

/* A file's headers after parse_headers(): every number below has been checked against the file and against
 * image_size. Directories are checked to lie inside the image, their contents are not. */
struct pe_file {
    const char *name;
    const uint8_t *data;
    size_t size;
    uint64_t preferred_base;
    uint32_t image_size, headers_size, entry, time_stamp, check_sum;
    bool relocations_stripped;
    unsigned section_count;
    struct pe_raw_section sections[PE_MAX_SECTIONS];
    struct { uint32_t rva, size; } directory[DIRECTORIES];
};

extern struct pe_config pe_config;
extern const uint8_t *pe_guard_check_stub, *pe_guard_dispatch_stub;

bool parse_headers(struct pe_file *file, const char *name, const void *data, size_t size);

/* Unaligned little-endian reads at an RVA of a mapped image; the caller has checked the range. */
static inline uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline bool rva_range(const struct pe_image *image, uint64_t rva, uint64_t size)
{
    return rva < image->size && size <= image->size - rva;
}

/* The NUL-terminated string at rva, or NULL when it runs out of the image. */
const char *rva_string(const struct pe_image *image, uint32_t rva);
struct pe_section *section_at(struct pe_image *image, uint32_t rva);
/* In the image, and not in a section that was discarded. */
static inline bool rva_mapped(struct pe_image *image, uint64_t rva, uint64_t size)
{
    const struct pe_section *section = rva_range(image, rva, size) ? section_at(image, (uint32_t)rva) : NULL;

    return section ? !section->discarded : rva_range(image, rva, size);
}

int name_compare(const char *a, const char *b);         /* without regard to ASCII case */

/* relocate.c */
bool relocate_image(struct pe_image *image, uint32_t rva, uint32_t size);
/* load_config.c */
bool apply_load_config(struct pe_image *image, uint32_t rva, uint32_t size);
/* import.c */
bool bind_imports(struct pe_image *image, uint32_t rva, bool allow_missing);
void release_imports(struct pe_image *image);
const struct pe_export *find_export(const char *module, const char *name);
int list_missing_of(struct pe_image *image, uint32_t rva, pe_missing_visitor *visit, void *context);
void pe_set_missing_only(void);
/* documented.c: " (wdm/nf-wdm-iofoo)", or a note that no page has it */
void pe_document_of(const char *module, const char *name, char *text, size_t size);
/* exports.c */
void *image_export(struct pe_image *image, const char *name, uint32_t ordinal, int depth);

/* thunk.c */
bool thunks_open(void);
void thunks_close(void);
void *thunk_for(const struct pe_export *row);
bool thunk_contains(uint64_t rip);
void *missing_stub(struct pe_image *image, const char *module, const char *name);
void missing_release(struct pe_image *image);

/* patch.c */
void patches_release(struct pe_image *image);       /* NULL: those of host code */
bool patch_contains(uint64_t rip);
/* symbols.c */
void symbols_release(struct pe_image *image);       /* NULL: those of the host */
/* stack.c */
void stack_cache_flush(void);

#endif
