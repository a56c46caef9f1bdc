/* What an image exports, by name and ordinal, with forwarders. */
#include <stdio.h>
#include <string.h>

#include "pe/internal.h"

#define FORWARD_DEPTH 8

struct export_view {
    uint32_t ordinal_base, functions, names;
    const uint8_t *addresses, *name_rvas, *ordinals;
};

static bool view_of(struct pe_image *image, struct export_view *view)
{
    struct pe_section *section = section_at(image, image->export_rva);

    if (image->export_rva == 0 || (section && section->discarded) || !rva_range(image, image->export_rva, 40))
        return false;
    const uint8_t *d = image->base + image->export_rva;

    view->ordinal_base = get32(d + 16);
    view->functions = get32(d + 20);
    view->names = get32(d + 24);
    if (!rva_range(image, get32(d + 28), (uint64_t)view->functions * 4))
        return false;
    if (view->names && (!rva_range(image, get32(d + 32), (uint64_t)view->names * 4) ||
                        !rva_range(image, get32(d + 36), (uint64_t)view->names * 2)))
        return false;
    view->addresses = image->base + get32(d + 28);
    view->name_rvas = image->base + get32(d + 32);
    view->ordinals = image->base + get32(d + 36);
    return true;
}

/* "MODULE.Name" or "MODULE.#12": the module's name has no extension there. */
static void *follow(const char *text, int depth)
{
    static const char *const extensions[] = { ".exe", ".sys", ".dll" };
    const char *dot = strrchr(text, '.');
    char module[80];

    if (!dot || dot == text || (size_t)(dot - text) > sizeof module - 5 || depth >= FORWARD_DEPTH)
        return NULL;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(module, sizeof module, "%.*s%s", (int)(dot - text), text, extensions[i]);
        struct pe_image *image = pe_image_named(module);
        unsigned ordinal = 0;
        void *found = NULL;

        if (image)
            found = sscanf(dot + 1, "#%u", &ordinal) == 1 ? image_export(image, NULL, ordinal, depth + 1)
                                                          : image_export(image, dot + 1, 0, depth + 1);
        if (!found)
            found = pe_system_routine(module, dot + 1);
        if (found)
            return found;
    }
    return NULL;
}

static void *at_index(struct pe_image *image, const struct export_view *view, uint32_t index, int depth)
{
    if (index >= view->functions)
        return NULL;
    uint32_t rva = get32(view->addresses + 4 * index);
    if (rva == 0 || rva >= image->size)
        return NULL;
    if (rva - image->export_rva < image->export_size) {
        const char *text = rva_string(image, rva);
        return text ? follow(text, depth) : NULL;
    }
    return image->base + rva;
}

void *image_export(struct pe_image *image, const char *name, uint32_t ordinal, int depth)
{
    struct export_view view;

    if (!view_of(image, &view))
        return NULL;
    if (!name)
        return at_index(image, &view, ordinal - view.ordinal_base, depth);
    for (uint32_t i = 0; i < view.names; i++) {
        const char *text = rva_string(image, get32(view.name_rvas + 4 * i));

        if (text && strcmp(text, name) == 0)
            return at_index(image, &view, get16(view.ordinals + 2 * i), depth);
    }
    return NULL;
}

void *pe_image_export(struct pe_image *image, const char *name)
{
    return image_export(image, name, 0, 0);
}
