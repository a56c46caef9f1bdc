/* What the files of pe/ share. */
#ifndef PE_INTERNAL_H
#define PE_INTERNAL_H

#include "pe/file.h"
#include "pe/pe.h"

extern struct pe_config pe_config;
extern const uint8_t *pe_guard_check_stub, *pe_guard_dispatch_stub;

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
bool list_imports_of(struct pe_image *image, uint32_t rva, pe_import_visitor *visit, void *context);
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
