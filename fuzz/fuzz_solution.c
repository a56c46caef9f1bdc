/* A solution of either form from anywhere, with none of its projects there: it is read, and refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pkg/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* host_write_file would wait for the disk each time. */
static int write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *out = fopen(path, "wb");
    size_t written = out ? fwrite(data, 1, size, out) : 0;

    return out && fclose(out) == 0 && written == size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char directory[] = "/tmp/fuzz-solution-XXXXXX", path[64], other[64];
    struct build_result *results;
    size_t count;

    if (!path[0]) {
        if (!mkdtemp(directory))
            return 0;
        snprintf(path, sizeof path, "%s/x.sln", directory);
        snprintf(other, sizeof other, "%s/x.slnx", directory);
    }
    const char *used = size && data[0] == '<' ? other : path;
    if (size > 65536 || !write_file(used, data, size))
        return 0;
    build_solution(&(struct build_config){ .path = used, .out = directory }, &results, &count);
    build_results_free(results, count);
    return 0;
}
