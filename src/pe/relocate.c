/* Base relocations. */
#include <string.h>

#include "base/error.h"
#include "pe/internal.h"

enum { RELOCATION_ABSOLUTE = 0, RELOCATION_HIGH_LOW = 3, RELOCATION_DIR64 = 10 };

static bool relocate_block(struct pe_image *image, uint32_t page, const uint8_t *entries, uint32_t count, uint64_t delta)
{
    for (uint32_t i = 0; i < count; i++) {
        unsigned entry = get16(entries + 2 * i), type = entry >> 12;
        uint64_t rva = (uint64_t)page + (entry & 0xfff), bytes = type == RELOCATION_DIR64 ? 8 : 4;

        if (type == RELOCATION_ABSOLUTE)
            continue;
        if (type != RELOCATION_DIR64 && type != RELOCATION_HIGH_LOW)
            return error_set("%s: relocations: type %u at 0x%llx is not one x64 images have", image->name, type,
                             (unsigned long long)rva);
        if (!rva_range(image, rva, bytes))
            return error_set("%s: relocations: 0x%llx is outside the image", image->name, (unsigned long long)rva);
        uint64_t value = 0;
        memcpy(&value, image->base + rva, bytes);
        value += delta;
        memcpy(image->base + rva, &value, bytes);
    }
    return true;
}

bool relocate_image(struct pe_image *image, uint32_t rva, uint32_t size)
{
    uint64_t delta = (uint64_t)image->base - image->preferred_base;
    uint32_t end = rva + size;

    while (end - rva >= 8) {
        uint32_t page = get32(image->base + rva), bytes = get32(image->base + rva + 4);

        if (bytes == 0)
            break;
        if (bytes < 8 || bytes > end - rva)
            return error_set("%s: relocations: a block of %u bytes at 0x%x", image->name, bytes, rva);
        if (!relocate_block(image, page, image->base + rva + 8, (bytes - 8) / 2, delta))
            return false;
        rva += bytes;
    }
    return true;
}
