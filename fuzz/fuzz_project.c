/* A project file from anywhere: it is read to its last item, or refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pkg/msbuild.h"

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
    static char directory[] = "/tmp/fuzz-project-XXXXXX", path[64];
    struct msbuild *project;

    if (!path[0]) {
        if (!mkdtemp(directory))
            return 0;
        snprintf(path, sizeof path, "%s/x.vcxproj", directory);
    }
    if (size > 65536 || !write_file(path, data, size))
        return 0;
    project = msbuild_open(path, NULL);
    for (const struct msbuild_item *i = project ? msbuild_first(project, "ClCompile") : NULL; i; i = msbuild_next(i))
        msbuild_metadata(i, "PreprocessorDefinitions");
    msbuild_close(project);
    return 0;
}
