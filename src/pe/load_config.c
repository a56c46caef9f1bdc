/* The load configuration: stack cookie and control-flow-guard pointers. Retpoline and other dynamic relocation
 * metadata stay unused: the image runs as it was linked. */
#include <string.h>

#include "base/error.h"
#include "pe/internal.h"

#define DEFAULT_COOKIE 0x00002B992DDFA232ull
enum { AT_COOKIE = 0x58, AT_GUARD_CHECK = 0x70, AT_GUARD_DISPATCH = 0x78, AT_HYBRID = 0xc8, AT_XFG_CHECK = 0x118, AT_XFG_DISPATCH = 0x120,
       AT_XFG_TABLE_DISPATCH = 0x128 };

/* The image-relative place that the field at `at` points to; 0 when the field is absent or empty. */
static bool pointed(const struct pe_image *image, uint32_t rva, uint32_t size, unsigned at, uint64_t *place)
{
    *place = 0;
    if (size < at + 8)
        return true;
    uint64_t va = get64(image->base + rva + at);
    if (va == 0)
        return true;
    *place = va - (uint64_t)image->base;
    if (!rva_range(image, *place, 8))
        return error_set("%s: load configuration: the pointer at +0x%x is outside the image", image->name, at);
    return true;
}

static bool store(struct pe_image *image, uint32_t rva, uint32_t size, unsigned at, uint64_t value)
{
    uint64_t place;

    if (!pointed(image, rva, size, at, &place))
        return false;
    if (place)
        memcpy(image->base + place, &value, sizeof value);
    return true;
}

static uint64_t fresh_cookie(void)
{
    uint64_t cookie = pe_config.random ? pe_config.random() & 0xffffffffffffull : 0;

    return cookie == 0 || cookie == DEFAULT_COOKIE ? DEFAULT_COOKIE + 1 : cookie;
}

bool apply_load_config(struct pe_image *image, uint32_t rva, uint32_t size)
{
    if (rva == 0)
        return true;
    if (!rva_range(image, rva, 4))
        return error_set("%s: load configuration: 0x%x is outside the image", image->name, rva);
    /* Its own first field is the size to believe: the directory's is fixed by old linkers. */
    size = get32(image->base + rva);
    if (!rva_range(image, rva, size))
        return error_set("%s: load configuration: %u bytes at 0x%x run out of the image", image->name, size, rva);
    if (size >= AT_HYBRID + 8 && get64(image->base + rva + AT_HYBRID))
        return error_set("%s: load configuration: built for ARM64EC; ring3 runs x64 drivers", image->name);
    uint64_t check = (uint64_t)pe_guard_check_stub, dispatch = (uint64_t)pe_guard_dispatch_stub;

    return store(image, rva, size, AT_COOKIE, fresh_cookie()) && store(image, rva, size, AT_GUARD_CHECK, check) &&
           store(image, rva, size, AT_GUARD_DISPATCH, dispatch) && store(image, rva, size, AT_XFG_CHECK, check) &&
           store(image, rva, size, AT_XFG_DISPATCH, dispatch) && store(image, rva, size, AT_XFG_TABLE_DISPATCH, dispatch);
}
