/* From file to bound image: map, relocate, bind, protect; and back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "host/file.h"
#include "host/memory.h"
#include "pe/internal.h"

struct pe_config pe_config;
struct list pe_images = LIST_INIT(pe_images);
static bool missing_only;

int name_compare(const char *a, const char *b)
{
    return strcasecmp(a, b);
}

const char *rva_string(const struct pe_image *image, uint32_t rva)
{
    if (rva >= image->size || !memchr(image->base + rva, 0, image->size - rva))
        return NULL;
    return (const char *)image->base + rva;
}

struct pe_section *section_at(struct pe_image *image, uint32_t rva)
{
    for (unsigned i = 0; i < image->section_count; i++)
        if (rva - image->sections[i].rva < image->sections[i].size)
            return &image->sections[i];
    return NULL;
}

struct pe_image *pe_image_at(uint64_t address)
{
    list_each(it, &pe_images) {
        struct pe_image *image = container_of(it, struct pe_image, node);

        if (address - (uint64_t)image->base < image->size)
            return image;
    }
    return NULL;
}

struct pe_image *pe_image_named(const char *name)
{
    list_each(it, &pe_images) {
        struct pe_image *image = container_of(it, struct pe_image, node);

        if (strcasecmp(image->name, name) == 0)
            return image;
    }
    return NULL;
}

/* Of the images outside RAM; only grows, so that a signal handler may read it. */
static volatile uint64_t fixed_low = UINT64_MAX, fixed_high;

static void note_fixed(const struct pe_image *image)
{
    uint64_t base = (uint64_t)image->base;

    if (!image->fixed_base)
        return;
    fixed_low = base < fixed_low ? base : fixed_low;
    fixed_high = base + image->size > fixed_high ? base + image->size : fixed_high;
}

bool pe_in_fixed_images(uint64_t rip)
{
    return rip >= fixed_low && rip < fixed_high;
}

bool pe_is_driver_code(uint64_t rip)
{
    return pe_image_at(rip) != NULL || patch_contains(rip);
}

bool pe_missing_only(void)
{
    return missing_only;
}

void pe_set_missing_only(void)
{
    missing_only = true;
}

/* --- mapping ---------------------------------------------------------------------------------------------- */

static bool place_image(struct pe_image *image, const struct pe_file *file)
{
    image->size = file->image_size;
    if (file->relocations_stripped) {
        if (file->preferred_base == 0 || file->preferred_base >> 47)
            return error_set("%s: no relocations, and its base 0x%llx is not an address Linux gives", image->name,
                             (unsigned long long)file->preferred_base);
        image->base = host_map((void *)file->preferred_base, image->size, HOST_READ | HOST_WRITE);
        image->fixed_base = true;
        return image->base || error_prefix("%s: no relocations, and its base 0x%llx is taken", image->name,
                                           (unsigned long long)file->preferred_base);
    }
    image->base = pe_config.alloc_pages(image->size / HOST_PAGE);
    if (!image->base)
        return error_set("%s: no memory for an image of %u bytes", image->name, image->size);
    memset(image->base, 0, image->size);
    return true;
}

static void give_back(struct pe_image *image)
{
    if (!image->base)
        return;
    if (image->fixed_base) {
        host_unmap(image->base, image->size);
    } else {
        host_protect(image->base, image->size, HOST_READ | HOST_WRITE);
        pe_config.free_pages(image->base, image->size / HOST_PAGE);
    }
}

static void copy_sections(struct pe_image *image, const struct pe_file *file)
{
    memcpy(image->base, file->data, file->headers_size);
    for (unsigned i = 0; i < file->section_count; i++) {
        const struct pe_raw_section *raw = &file->sections[i];
        struct pe_section *section = &image->sections[i];

        memcpy(section->name, raw->name, sizeof section->name);
        section->rva = raw->rva;
        section->size = (uint32_t)align_up(raw->size, HOST_PAGE);
        section->characteristics = raw->characteristics;
        if (raw->file_size)
            memcpy(image->base + raw->rva, file->data + raw->file_offset, raw->file_size);
    }
    image->section_count = file->section_count;
}

/* Never writable and executable: where an image asks for both, a section with functions in it keeps execute. */
static int protection_of(struct pe_image *image, const struct pe_section *section)
{
    uint32_t asks = section->characteristics;
    bool write = asks & (uint32_t)SECTION_WRITE, execute = asks & SECTION_EXECUTE;

    if (write && execute) {
        bool has_code = image->entry - section->rva < section->size;

        for (unsigned i = 0; i < image->function_count && !has_code; i++)
            has_code = image->functions[i].begin - section->rva < section->size;
        image->was_writable_code = true;
        write = !has_code;
        execute = has_code;
        log_warn(image->name, "section %s asks to be writable and executable; it is mapped %s", section->name,
                 execute ? "executable, and writing to it faults" : "writable, and running it faults");
    }
    return HOST_READ | (write ? HOST_WRITE : 0) | (execute ? HOST_EXECUTE : 0);
}

static bool protect_sections(struct pe_image *image)
{
    uint32_t headers = image->section_count ? image->sections[0].rva : image->size;

    if (headers && !host_protect(image->base, headers, HOST_READ))
        return false;
    for (unsigned i = 0; i < image->section_count; i++) {
        struct pe_section *section = &image->sections[i];

        section->protection = protection_of(image, section);
        if (section->size && !host_protect(image->base + section->rva, section->size, section->protection))
            return false;
    }
    return true;
}

/* .pdata must be sorted and inside the image before anyone searches it; unwind data is checked where it is read. */
static bool take_functions(struct pe_image *image, uint32_t rva, uint32_t size)
{
    const struct pe_function *row = (const struct pe_function *)(image->base + rva);
    unsigned count = size / sizeof *row;
    uint32_t last = 0;

    if (rva == 0 || size == 0)
        return true;
    if (rva % 4)
        return error_set("%s: exception directory: 0x%x is not aligned", image->name, rva);
    for (unsigned i = 0; i < count; i++) {
        if (row[i].begin == 0 && row[i].end == 0) {
            count = i;
            break;
        }
        if (row[i].begin < last || row[i].begin >= row[i].end || row[i].end > image->size)
            return error_set("%s: exception directory: row %u (0x%x..0x%x) is out of order or outside the image",
                             image->name, i, row[i].begin, row[i].end);
        last = row[i].end;
    }
    image->functions = row;
    image->function_count = count;
    return true;
}

static bool prepare(struct pe_image *image, const struct pe_file *file, unsigned flags)
{
    image->entry = file->entry;
    image->time_stamp = file->time_stamp;
    image->check_sum = file->check_sum;
    image->preferred_base = file->preferred_base;
    image->export_rva = file->directory[DIRECTORY_EXPORT].rva;
    image->export_size = file->directory[DIRECTORY_EXPORT].size;
    if (!place_image(image, file))
        return false;
    copy_sections(image, file);
    return relocate_image(image, file->directory[DIRECTORY_RELOCATION].rva, file->directory[DIRECTORY_RELOCATION].size) &&
           take_functions(image, file->directory[DIRECTORY_EXCEPTION].rva, file->directory[DIRECTORY_EXCEPTION].size) &&
           bind_imports(image, file->directory[DIRECTORY_IMPORT].rva, flags & PE_ALLOW_MISSING) &&
           apply_load_config(image, file->directory[DIRECTORY_LOAD_CONFIG].rva,
                             file->directory[DIRECTORY_LOAD_CONFIG].size) &&
           protect_sections(image);
}

static void destroy(struct pe_image *image)
{
    patches_release(image);
    symbols_release(image);
    release_imports(image);
    give_back(image);
    free(image->path);
    free(image);
}

static struct pe_image *create(const char *path)
{
    struct pe_image *image = calloc(1, sizeof *image);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    list_init(&image->node);
    memcpy(image->name, name, strnlen(name, sizeof image->name - 1));
    image->path = strdup(path);
    return image;
}

struct pe_image *pe_load(const char *name, const void *data, size_t size, unsigned flags)
{
    struct pe_image *image = create(name);
    struct pe_file *file = malloc(sizeof *file);
    bool good;

    missing_only = false;
    good = parse_headers(file, image->name, data, size) && prepare(image, file, flags);
    free(file);
    if (!good) {
        destroy(image);
        return NULL;
    }
    list_push_back(&pe_images, &image->node);
    note_fixed(image);
    stack_cache_flush();
    log_debug(image->name, "loaded at %p, %u bytes", (void *)image->base, image->size);
    return image;
}

struct pe_image *pe_load_file(const char *path, unsigned flags)
{
    struct pe_image *image;
    uint8_t *data;
    size_t size;

    missing_only = false;
    if (!host_read_file(path, PE_FILE_LIMIT, &data, &size))
        return NULL;
    image = pe_load(path, data, size, flags);
    free(data);
    return image;
}

bool pe_list_imports(const char *name, const void *data, size_t size, pe_import_visitor *visit, void *context)
{
    struct pe_image *image = create(name);
    struct pe_file *file = malloc(sizeof *file);
    bool good = parse_headers(file, image->name, data, size);

    if (good) {
        image->size = file->image_size;
        image->base = calloc(1, image->size);
        copy_sections(image, file);
        good = list_imports_of(image, file->directory[DIRECTORY_IMPORT].rva, visit, context);
        free(image->base);
        image->base = NULL;
    }
    free(file);
    destroy(image);
    return good;
}

/* Nobody searches rows that are gone. */
static void forget_functions(struct pe_image *image)
{
    if (image->functions && !rva_mapped(image, (uint64_t)((const uint8_t *)image->functions - image->base), 12))
        image->function_count = 0;
}

void pe_discard(struct pe_image *image)
{
    for (unsigned i = 0; i < image->section_count; i++) {
        struct pe_section *section = &image->sections[i];

        if (!(section->characteristics & SECTION_DISCARDABLE) || section->discarded || section->size == 0)
            continue;
        if (host_protect(image->base + section->rva, section->size, HOST_NONE))
            section->discarded = true;
    }
    forget_functions(image);
    stack_cache_flush();
}

bool pe_unload(struct pe_image *image)
{
    if (image->users)
        return error_set("%s: %u loaded driver%s import from it", image->name, image->users, image->users == 1 ? "" : "s");
    list_remove(&image->node);
    destroy(image);
    stack_cache_flush();
    return true;
}

bool pe_open(const struct pe_config *config)
{
    pe_config = *config;
    return thunks_open();
}

void pe_close(void)
{
    while (!list_empty(&pe_images)) {
        struct pe_image *image = container_of(pe_images.prev, struct pe_image, node);

        list_remove(&image->node);
        destroy(image);
    }
    patches_release(NULL);
    symbols_release(NULL);
    stack_cache_flush();
    thunks_close();
    fixed_low = UINT64_MAX;
    fixed_high = 0;
    memset(&pe_config, 0, sizeof pe_config);
}
