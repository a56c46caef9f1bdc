/* A program database from anywhere tells its GUID, or is refused. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/pdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t guid[16];

    pdb_identity("x.pdb", data, size, guid);
    return 0;
}
