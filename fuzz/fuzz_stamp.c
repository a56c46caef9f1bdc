/* An INX from anywhere is stamped with every option. What comes out is stamped again: the second time changes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"
#include "pkg/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/dev/shm/fuzz-stamp-XXXXXX";

static void remove_directory(void)
{
    char path[64];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", directory, i);
        unlink(path);
    }
    rmdir(directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const options[] = { "-d", "1/2/2020", "-v", "1.2.3.4", "-a", "x64", "-c", "a.cat", "-k", "1.33", "-u", "2.33.0", NULL };
    static bool ready;
    char path[3][64];
    uint8_t *first, *second;
    size_t first_size, second_size;

    if (!ready) {
        if (!mkdtemp(directory))
            abort();
        atexit(remove_directory);
        ready = true;
    }
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s/%d", directory, i);
    if (size > 65536 || !host_write_file(path[0], data, size) || !stamp_file(path[0], path[1], options, NULL))
        return 0;
    if (!stamp_file(path[1], path[2], options, NULL) || !host_read_file(path[1], 1 << 20, &first, &first_size))
        abort();
    if (!host_read_file(path[2], 1 << 20, &second, &second_size) || first_size != second_size || memcmp(first, second, first_size) != 0)
        abort();
    free(first);
    free(second);
    return 0;
}
