/* Registry text from anywhere: it is imported into a fresh registry, or refused with a line and a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "nt/cm.h"
#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/ram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every value of a key can be read back. */
static void read_values(struct cm_key *key)
{
    struct cm_value value;
    char name[64], text[64];
    uint32_t number;

    for (unsigned i = 0; cm_value_at(key, i, name, sizeof(name), &value); i++) {
        cm_get_dword(key, name, &number);
        cm_get_string(key, name, text, sizeof(text));
    }
    for (unsigned i = 0; cm_subkey(key, i) != NULL; i++)
        read_values(cm_subkey(key, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    if (!ram_open(16u << 20) || ob_start() != STATUS_SUCCESS || cm_start() != STATUS_SUCCESS)
        abort();
    if (!cm_import("fuzz.reg", data, size) && error_text()[0] == 0)
        abort();
    read_values(cm_key(NULL, "HKLM\\Software", true));
    cm_stop();
    if (ob_stop() != 0)
        abort();
    pool_close();
    ram_close();
    return 0;
}
