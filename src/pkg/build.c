#include "pkg/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/overlay.h"
#include "pkg/wpp.h"

#define COMPILER "clang-19"
#define LINKER "lld-link-19"
#define PATH_SIZE 1024
#define ARGUMENTS 512

/* The same as mk/drivers.mk. */
static const char *const compiler_flags[] = {
    "--target=x86_64-pc-windows-msvc", "-std=gnu11", "-fms-extensions", "-fms-compatibility-version=19.38",
    "-ffreestanding", "-fasync-exceptions", "-fasynchronous-unwind-tables", "-mllvm", "-disable-nounwind-inference",
    "-fstack-protector-strong", "-O2", "-g", "-gcodeview", "-fno-ident",
    "-nostdlibinc", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-ignored-pragma-intrinsic",
    "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-microsoft", "-Wno-pragma-pack",
    "-Wno-nonportable-include-path", "-D_AMD64_",
    "-D_WIN64", "-D_KERNEL_MODE", "-DKERNEL_MODE", "-DNTDDI_VERSION=0x0A00000C", "-D_WIN32_WINNT=0x0A00",
    "-DWINVER=0x0A00", "-DPOOL_NX_OPTIN=1",
};
static const char *const linker_flags[] = {
    "/driver", "/subsystem:native", "/nodefaultlib", "/debug", "/opt:ref", "/Brepro",
    "/dynamicbase", "/pdbaltpath:%_PDB%", "/section:INIT,erd",
};
static const char *const libraries[] = { "ring3drv", "ntoskrnl", "hal", "ndis", "netio", "fwpkclnt", "storport", "ksecdd",
                                         "wmilib", "wpprecorder", "wdfldr" };

struct build {
    char dir[PATH_SIZE], name[128], out[PATH_SIZE];
    char include[PATH_SIZE], lib[PATH_SIZE], shared[PATH_SIZE];
    bool force, compiled;
    const char *argv[ARGUMENTS];
    char *owned[ARGUMENTS];
    unsigned count, owned_count;
};

static void argument(struct build *b, const char *text)
{
    if (b->count < ARGUMENTS - 1)
        b->argv[b->count++] = text;
    b->argv[b->count] = NULL;
}

static void made_argument(struct build *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void made_argument(struct build *b, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    if (!text || b->owned_count == ARGUMENTS) {
        free(text);
        return;
    }
    b->owned[b->owned_count++] = text;
    argument(b, text);
}

static void forget_arguments(struct build *b)
{
    while (b->owned_count)
        free(b->owned[--b->owned_count]);
    b->count = 0;
}

static bool run(struct build *b, const char *what)
{
    char output[8192];
    int status = host_run(b->argv, "", output, sizeof output);

    if (status == 0)
        return true;
    fputs(output, stderr);
    if (status < 0)
        return error_prefix("building a driver needs clang-19 and lld-19 (Debian packages of these names)");
    return error_set("%s failed: %s ended with exit code %d", what, b->argv[0], status);
}

/* The SDK: beside the program when it is installed, in the source tree above the build directory otherwise. */
static bool find_sdk(struct build *b)
{
    static const char *const includes[] = { "%s/sdk/include", "%s/../sdk/include", "%s/../share/ring3/sdk/include" };
    static const char *const libs[] = { "%s/sdk/lib", "%s/../share/ring3/sdk/lib" };
    char program[PATH_SIZE - 64], probe[PATH_SIZE + 32];
    bool found = false;

    if (!host_program_dir(program, sizeof program))
        return false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (unsigned i = 0; i < 3 && !found; i++) {
        snprintf(b->include, sizeof b->include, includes[i], program);
        snprintf(probe, sizeof probe, "%s/ntddk.h", b->include);
        found = host_file_exists(probe);
    }
    if (!found)
        return error_set("ring3's driver headers (sdk/include) are not beside %s", program);
    found = false;
    for (unsigned i = 0; i < 2 && !found; i++) {
        snprintf(b->lib, sizeof b->lib, libs[i], program);
        snprintf(probe, sizeof probe, "%s/ring3drv.lib", b->lib);
        found = host_file_exists(probe);
    }
#pragma GCC diagnostic pop
    if (!found)
        return error_set("ring3's driver libraries are not in %s/sdk/lib: run `make sdk-lib`", program);
    return (size_t)snprintf(b->shared, sizeof b->shared, "%s/../shared", b->lib) < sizeof b->shared;
}

/* A word of a make dependency list ("target: a b \"), NUL-terminated in place; NULL at the end. */
static char *next_word(char **at)
{
    char *start = *at;

    while (*start == ' ' || *start == '\n' || *start == '\\')
        start++;
    if (!*start)
        return NULL;
    char *end = start;
    while (*end && *end != ' ' && *end != '\n')
        end++;
    *at = *end ? end + 1 : end;
    *end = 0;
    return start;
}

/* True when the object is newer than everything its dependency file names. */
static bool up_to_date(const char *object, const char *depends)
{
    uint64_t made = host_file_time(object);
    uint8_t *text = NULL;
    size_t size;
    bool fresh = true;

    if (made == 0 || !host_file_exists(depends) || !host_read_file(depends, 1 << 20, &text, &size))
        return false;
    char *at = strstr((char *)text, ": ");
    at = at ? at + 1 : (char *)text + size;
    for (char *word; fresh && (word = next_word(&at));) {
        uint64_t changed = host_file_time(word);

        fresh = changed != 0 && changed <= made;
    }
    free(text);
    return fresh;
}

static bool compile(struct build *b, const char *source)
{
    char object[PATH_SIZE * 2], depends[PATH_SIZE * 2];
    int stem = (int)(strlen(source) - 2);

    snprintf(object, sizeof object, "%s/%.*s.obj", b->out, stem, source);
    snprintf(depends, sizeof depends, "%s/%.*s.d", b->out, stem, source);
    if (!b->force && up_to_date(object, depends))
        return true;
    forget_arguments(b);
    argument(b, COMPILER);
    for (unsigned i = 0; i < sizeof compiler_flags / sizeof compiler_flags[0]; i++)
        argument(b, compiler_flags[i]);
    made_argument(b, "-ivfsoverlay%s/headers.yaml", b->out);
    made_argument(b, "-I%s", b->include);
    made_argument(b, "-I%s/crt", b->include);
    made_argument(b, "-I%s", b->shared);
    made_argument(b, "-I%s", b->dir);
    made_argument(b, "-I%s", b->out);           /* what wpp_write wrote */
    argument(b, "-MMD");
    argument(b, "-MF");
    argument(b, depends);
    argument(b, "-c");
    made_argument(b, "%s/%s", b->dir, source);
    argument(b, "-o");
    argument(b, object);
    b->compiled = true;
    return run(b, source);
}

/* An object that uses the driver framework's table makes the driver start at the framework's entry stub. */
static bool uses_framework(const struct build *b, char **sources)
{
    static const char symbol[] = "WdfDriverGlobals";
    bool found = false;

    for (char **source = sources; *source && !found; source++) {
        char object[PATH_SIZE + 256];
        uint8_t *data;
        size_t size;

        snprintf(object, sizeof object, "%s/%.*s.obj", b->out, (int)(strlen(*source) - 2), *source);
        if (!host_read_file(object, 256u << 20, &data, &size))
            continue;
        found = memmem(data, size, symbol, sizeof symbol - 1) != NULL;
        free(data);
    }
    return found;
}

static bool link_driver(struct build *b, char **sources, const char *sys, bool release)
{
    char shared[PATH_SIZE + 16];

    if (!b->compiled && !b->force && host_file_exists(sys))
        return true;
    forget_arguments(b);
    argument(b, LINKER);
    for (unsigned i = 0; i < sizeof linker_flags / sizeof linker_flags[0]; i++)
        argument(b, linker_flags[i]);
    if (release)
        argument(b, "/release");
    made_argument(b, "/out:%s", sys);
    for (char **source = sources; *source; source++)
        made_argument(b, "%s/%.*s.obj", b->out, (int)(strlen(*source) - 2), *source);
    bool framework = uses_framework(b, sources);
    argument(b, framework ? "/entry:FxDriverEntry" : "/entry:GsDriverEntry");
    if (framework)
        made_argument(b, "%s/wdfentry.lib", b->lib);
    snprintf(shared, sizeof shared, "%s/drvlib.lib", b->lib);
    if (host_file_exists(shared))
        argument(b, shared);
    for (unsigned i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        made_argument(b, "%s/%s.lib", b->lib, libraries[i]);
    return run(b, "linking");
}

/* INF files go with the driver. */
static bool copy_infs(struct build *b)
{
    char **infs = host_list_dir(b->dir, ".inf"), from[PATH_SIZE * 2], to[PATH_SIZE * 2];
    bool good = infs != NULL;

    for (char **inf = infs; good && *inf; inf++) {
        uint8_t *data;
        size_t size;

        snprintf(from, sizeof from, "%s/%s", b->dir, *inf);
        snprintf(to, sizeof to, "%s/%s", b->out, *inf);
        good = host_read_file(from, 1 << 20, &data, &size);
        if (good) {
            good = host_write_file(to, data, size);
            free(data);
        }
    }
    host_free_names(infs);
    return good;
}

/* Headers of the SDK and of the driver are found in any case. */
static bool write_overlay(const struct build *b)
{
    char crt[PATH_SIZE + 8], file[PATH_SIZE + 16];
    const char *const directories[] = { b->include, crt, b->dir, NULL };

    snprintf(crt, sizeof crt, "%s/crt", b->include);
    snprintf(file, sizeof file, "%s/headers.yaml", b->out);
    return overlay_write(file, directories);
}

static bool prepare(struct build *b, const struct build_config *config)
{
    b->force = config->force;
    if (!host_full_path(config->dir, b->dir, sizeof b->dir))
        return false;
    const char *slash = strrchr(b->dir, '/');
    if ((size_t)snprintf(b->name, sizeof b->name, "%s", slash ? slash + 1 : b->dir) >= sizeof b->name)
        return error_set("%s: the name is too long for a driver", config->dir);
    if (config->out)
        snprintf(b->out, sizeof b->out, "%s", config->out);
    else
        snprintf(b->out, sizeof b->out, "build/drivers/%s", b->name);
    return find_sdk(b) && host_make_dirs(b->out) && write_overlay(b);
}

bool build_driver(const struct build_config *config, char **result)
{
    struct build *b = calloc(1, sizeof *b);
    char **sources = NULL, sys[PATH_SIZE * 2];
    bool good = prepare(b, config) && (sources = host_list_dir(b->dir, ".c")) != NULL;

    if (good && !sources[0])
        good = error_set("%s: no C sources there", config->dir);
    good = good && wpp_write(b->dir, sources, b->out);
    for (char **source = sources; good && *source; source++)
        good = compile(b, *source);
    snprintf(sys, sizeof sys, "%s/%s.sys", b->out, b->name);
    good = good && link_driver(b, sources, sys, config->release) && copy_infs(b);
    if (good && result)
        *result = strdup(sys);
    forget_arguments(b);
    host_free_names(sources);
    free(b);
    return good;
}
