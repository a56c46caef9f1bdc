/* A driver's source files from anywhere, as far as ring3 build reads them itself: headers for tags, what scripts and assembler sources include,
 * warnings that a text disables, the manifest. The first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/build_include.h"
#include "pkg/build_plan.h"
#include "pkg/build_tags.h"
#include "pkg/build_warning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[] = "/tmp/fuzz-sources-XXXXXX", sources[64], made[96];

static const char *write_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[128];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", sources, name);
    out = fopen(path, "wb");
    if (out) {
        fwrite(data, 1, size, out);
        fclose(out);
    }
    return path;
}

static void read_manifest(const uint8_t *data, size_t size)
{
    struct build_config config = { .path = sources, .out = root, .sdk = NULL };
    struct build_plan plan = { 0 }, *copy = malloc(sizeof *copy);

    write_file("ring3.build", data, size);
    memcpy(copy, &plan, sizeof plan);
    build_from_directory(copy, &config);
    build_plan_free(copy);
    unlink(write_file("ring3.build", data, 0));
}

static void read_warnings(const uint8_t *data, size_t size)
{
    struct build_warnings warnings = { .level = 4, .errors = true, .disabled = "4100", .as_errors = "4013;4133" };
    struct build_list flags = { 0 };
    char *text = strndup((const char *)data, size);

    build_warning_flags(&flags, &warnings, text);
    build_list_free(&flags);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const directories[] = { sources, NULL };

    if (!sources[0]) {
        if (!mkdtemp(root))
            abort();
        snprintf(sources, sizeof sources, "%s", root);
        snprintf(made, sizeof made, "%s/tags.out", root);
        write_file("a.c", (const uint8_t *)"int a;\n", 7);
    }
    if (size < 1 || size > 65536)
        return 0;
    switch (data[0] & 7) {
    case 1: build_newest_included(write_file("x.rc", data + 1, size - 1), directories); break;
    case 2: build_newest_included(write_file("x.asm", data + 1, size - 1), directories); break;
    case 3: read_warnings(data + 1, size - 1); break;
    case 4: read_manifest(data + 1, size - 1); break;
    default:
        write_file("x.h", data + 1, size - 1);
        tags_write(made, directories);
    }
    return 0;
}
