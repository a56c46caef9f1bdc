/* Imports: by name and ordinal, from ring3's export table and from other images. Bound and delay-load tables are
 * not used: the name table is always followed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pe/replaced.h"
#include "pe/internal.h"

#define BY_ORDINAL 0x8000000000000000ull
#define MISSING_SHOWN 24

static bool same_space(const char *a, const char *b)
{
    static const char *const kernel[] = { "ntoskrnl.exe", "hal.dll" };
    bool a_kernel = name_compare(a, kernel[0]) == 0 || name_compare(a, kernel[1]) == 0;
    bool b_kernel = name_compare(b, kernel[0]) == 0 || name_compare(b, kernel[1]) == 0;

    return a_kernel ? b_kernel : name_compare(a, b) == 0;
}

const struct pe_export *find_export(const char *module, const char *name)
{
    const struct pe_export *rows = pe_config.exports;
    unsigned low = 0, high = pe_config.export_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (strcmp(rows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < pe_config.export_count && strcmp(rows[low].name, name) == 0; low++)
        if (!module || same_space(rows[low].module, module))
            return &rows[low];
    return NULL;
}

void *pe_system_routine(const char *module, const char *name)
{
    const struct pe_export *row = find_export(module, name);

    if (!row)
        return NULL;
    return row->kind == PE_EXPORT_DATA ? row->address : thunk_for(row);
}

/* One import; what is NULL stays unresolved. */
struct import {
    const char *module;
    const char *name;           /* NULL: by ordinal */
    uint32_t ordinal;
    uint8_t *slot;
};

typedef bool import_visitor(struct pe_image *image, const struct import *import, void *context);

static bool walk_thunks(struct pe_image *image, const char *module, uint32_t names, uint32_t slots,
                        import_visitor *visit, void *context)
{
    for (;; names += 8, slots += 8) {
        struct import import = { .module = module };

        if (!rva_range(image, names, 8) || !rva_range(image, slots, 8))
            return error_set("%s: imports: the table for %s runs out of the image", image->name, module);
        uint64_t value = get64(image->base + names);
        if (value == 0)
            return true;
        import.slot = image->base + slots;
        if (value & BY_ORDINAL) {
            import.ordinal = value & 0xffff;
        } else {
            if (value > 0xffffffff || !rva_range(image, value, 3) ||
                !(import.name = rva_string(image, (uint32_t)value + 2)) || !*import.name)
                return error_set("%s: imports: a name for %s at 0x%llx is not in the image", image->name, module,
                                 (unsigned long long)value);
        }
        if (!visit(image, &import, context))
            return false;
    }
}

static bool walk_imports(struct pe_image *image, uint32_t rva, import_visitor *visit, void *context)
{
    for (; rva; rva += 20) {
        if (!rva_range(image, rva, 20))
            return error_set("%s: imports: the descriptor at 0x%x is outside the image", image->name, rva);
        const uint8_t *d = image->base + rva;
        uint32_t names = get32(d), stamp = get32(d + 4), name_rva = get32(d + 12), slots = get32(d + 16);

        if (name_rva == 0 || slots == 0)
            return true;
        const char *module = rva_string(image, name_rva);
        if (!module || !*module || strlen(module) > 63)
            return error_set("%s: imports: the module name at 0x%x is not one", image->name, name_rva);
        if (names == 0 && stamp != 0)
            return error_set("%s: imports: %s is bound and has no name table", image->name, module);
        if (!walk_thunks(image, module, names ? names : slots, slots, visit, context))
            return false;
    }
    return true;
}

static void *resolve(const struct import *import, struct pe_image **from)
{
    struct pe_image *image = pe_image_named(import->module);

    *from = image;
    if (image) {
        void *found = image_export(image, import->name, import->ordinal, 0);
        if (found)
            return found;
        *from = NULL;
    }
    return import->name ? pe_system_routine(import->module, import->name) : NULL;
}

static bool add_dependency(struct pe_image *image, struct pe_image *from)
{
    for (unsigned i = 0; i < image->dependency_count; i++)
        if (image->dependencies[i] == from)
            return true;
    if (image->dependency_count == sizeof image->dependencies / sizeof image->dependencies[0])
        return error_set("%s: imports: bound to more than %u other drivers", image->name, image->dependency_count);
    image->dependencies[image->dependency_count++] = from;
    from->users++;
    return true;
}

struct binding {
    bool allow_missing;
    unsigned missing, replaced;         /* of the missing ones, functions of NDIS 5 */
    size_t used;
    char text[4096];
};

static void describe(char *text, size_t size, const struct import *import)
{
    if (import->name)
        snprintf(text, size, "%s", import->name);
    else
        snprintf(text, size, "#%u", import->ordinal);
}

/* What NDIS 6 has instead of a function of NDIS 5; NULL: it is none. */
static const char *replaced_by(const char *module, const char *name)
{
    if (strcasecmp(module, "ndis.sys"))
        return NULL;
    for (unsigned i = 0; i < pe_replaced_count; i++)
        if (!strcmp(pe_replaced_rows[i].name, name))
            return pe_replaced_rows[i].instead;
    return NULL;
}

static bool bind_one(struct pe_image *image, const struct import *import, void *context)
{
    struct binding *binding = context;
    struct pe_image *from;
    void *target = resolve(import, &from);

    if (target) {
        memcpy(import->slot, &target, sizeof target);
        return !from || add_dependency(image, from);
    }
    char name[256];
    describe(name, sizeof name, import);
    const char *instead = replaced_by(import->module, name);
    binding->missing++;
    binding->replaced += instead != NULL;
    if (binding->allow_missing) {
        target = missing_stub(image, import->module, name);
        memcpy(import->slot, &target, sizeof target);
        return target != NULL;
    }
    if (binding->missing <= MISSING_SHOWN && binding->used < sizeof binding->text) {
        char doc[320];

        if (instead)
            snprintf(doc, sizeof doc, "  (NDIS 5; NDIS 6 has %s)", instead);
        else
            pe_document_of(import->module, name, doc, sizeof doc);
        binding->used += (size_t)snprintf(binding->text + binding->used, sizeof binding->text - binding->used,
                                          "\n    %s!%s%s", import->module, name, doc);
    }
    return true;
}

bool bind_imports(struct pe_image *image, uint32_t rva, bool allow_missing)
{
    struct binding binding = { .allow_missing = allow_missing };

    if (!walk_imports(image, rva, bind_one, &binding))
        return false;
    if (binding.missing == 0 || allow_missing)
        return true;
    pe_set_missing_only();
    if (binding.missing > MISSING_SHOWN && binding.used < sizeof binding.text)
        snprintf(binding.text + binding.used, sizeof binding.text - binding.used, "\n    and %u more",
                 binding.missing - MISSING_SHOWN);
    if (binding.replaced)
        return error_set("%s is an NDIS 5.x driver: it has to be ported (\"Porting NDIS 5.x Drivers to NDIS 6.0\"). It needs %u import%s that "
                         "ring3 does not have:%s", image->name, binding.missing, binding.missing == 1 ? "" : "s", binding.text);
    return error_set("%s needs %u import%s that ring3 does not have (--allow-missing runs it all the same):%s",
                     image->name, binding.missing, binding.missing == 1 ? "" : "s", binding.text);
}

void release_imports(struct pe_image *image)
{
    while (image->dependency_count)
        image->dependencies[--image->dependency_count]->users--;
    missing_release(image);
}

struct listing {
    pe_import_visitor *visit;
    void *context;
};

static bool list_one(struct pe_image *image, const struct import *import, void *context)
{
    struct listing *listing = context;
    struct pe_image *from;
    char name[256];

    (void)image;
    describe(name, sizeof name, import);
    listing->visit(listing->context, import->module, name, resolve(import, &from) != NULL);
    return true;
}

bool list_imports_of(struct pe_image *image, uint32_t rva, pe_import_visitor *visit, void *context)
{
    struct listing listing = { visit, context };

    return walk_imports(image, rva, list_one, &listing);
}
