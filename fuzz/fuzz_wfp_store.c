/* The filter engine's store from anywhere: objects that can be copied, or a line and a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fwp/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *context, const struct fwp_stored *stored)
{
    void *copy = fwp_pack_one(fwp_kinds[stored->kind].pack, stored->value, fwp_alloc_host, NULL);

    (void)context;
    if (!copy)
        abort();
    free(copy);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    error_set("%s", "");
    if (!fwp_store_parse("fuzz", (const char *)data, size, take, NULL) && strncmp(error_text(), "fuzz, line ", 11))
        abort();
    return 0;
}
