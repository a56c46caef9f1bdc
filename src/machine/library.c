/* Export drivers that others import from: loaded when the first of these is, from its directory, and unloaded after the last.
 *
 * 1. A driver that was loaded by name serves importers as it is; only what is not there yet is loaded as a library.
 * 2. A library's DriverEntry is never called. DllInitialize is, when it exports it, before anything that imports from it runs; when
 *    it fails, so does the load. docs: kernel/creating-export-drivers
 * 3. Without both DllInitialize and DllUnload it stays to the end, as it does on Windows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "check/check.h"
#include "host/dir.h"
#include "host/file.h"
#include "machine/library.h"
#include "nt/pool.h"
#include "pe/pe.h"

#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define DEPTH 8

struct library {
    struct list node;
    struct pe_image *image;
    bool started;                       /* DllInitialize succeeded, or is not there */
};

struct library_call {
    struct pe_image *image;
    NTSTATUS status;
};

typedef NTSTATUS NTAPI initialize(PUNICODE_STRING registry_path);
typedef NTSTATUS NTAPI uninitialize(void);

/* --- load -------------------------------------------------------------------------------------------------------- */

static void initialize_inside(void *arg)
{
    struct library_call *call = arg;
    initialize *routine = (initialize *)pe_image_export(call->image, "DllInitialize");
    WCHAR text[sizeof SERVICES + sizeof call->image->name];
    char name[sizeof SERVICES + sizeof call->image->name];
    size_t length = 0;

    snprintf(name, sizeof name, SERVICES "%s", call->image->name);
    if (strrchr(name, '.'))
        *strrchr(name, '.') = 0;
    while (name[length])
        text[length] = (WCHAR)name[length], length++;
    UNICODE_STRING path = { (USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), text };
    if (routine)
        call->status = routine(&path);
    pe_discard(call->image);
}

static bool load_one(struct ring3_computer *computer, const char *path)
{
    struct library *library = calloc(1, sizeof *library);
    struct library_call call = { 0 };

    if (!library)
        return error_set("no memory");
    library->image = pe_load_file(path, computer->config.allow_missing ? PE_ALLOW_MISSING : 0);
    if (!library->image) {
        free(library);
        return false;
    }
    log_info("machine", "%s: loaded for those that import from it", library->image->name);
    list_push_back(&computer->libraries, &library->node);
    call.image = library->image;
    if (!machine_call(initialize_inside, &call))
        return false;
    library->started = NT_SUCCESS(call.status);
    return library->started || error_set("%s: DllInitialize returned status 0x%08x", path, (unsigned)call.status);
}

struct search {
    struct ring3_computer *computer;
    char directory[512];
    char **files;
    unsigned depth;
    bool failed;
};

static bool load_for(struct ring3_computer *computer, const char *path, unsigned depth);

static void see_import(void *context, const char *module, const char *name, bool there)
{
    struct search *s = context;
    char path[1024];

    if (there)
        return;
    for (char **file = s->files; *file && !s->failed; file++) {
        if (strcasecmp(*file, module) != 0 || pe_image_named(*file))
            continue;
        snprintf(path, sizeof path, "%s/%s", s->directory, *file);
        s->failed = !load_for(s->computer, path, s->depth + 1) || !load_one(s->computer, path);
    }
}

static bool load_for(struct ring3_computer *computer, const char *path, unsigned depth)
{
    struct search s = { .computer = computer, .directory = ".", .depth = depth };
    const char *slash = strrchr(path, '/');
    uint8_t *data;
    size_t size;

    if (depth > DEPTH)
        return error_set("%s: drivers import from each other more than %u deep", path, DEPTH);
    if (slash)
        snprintf(s.directory, sizeof s.directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    s.files = host_list_dir(s.directory, "");
    if (!s.files)
        return true;                    /* loading the file itself says what is wrong */
    if (host_read_file(path, PE_FILE_LIMIT, &data, &size)) {
        pe_list_imports(path, data, size, see_import, &s);
        free(data);
    }
    host_free_names(s.files);
    return !s.failed;
}

bool libraries_load(struct ring3_computer *computer, const char *path)
{
    return load_for(computer, path, 0);
}

/* --- unload ------------------------------------------------------------------------------------------------------ */

static void uninitialize_inside(void *arg)
{
    struct library_call *call = arg;
    uninitialize *routine = (uninitialize *)pe_image_export(call->image, "DllUnload");

    if (routine)
        call->status = routine();
}

static void unload_one(struct ring3_computer *computer, struct library *library)
{
    struct pe_image *image = library->image;
    struct library_call call = { image, 0 };
    uint64_t base = (uint64_t)(uintptr_t)image->base, bytes = 0;
    bool started = library->started;

    list_remove(&library->node);
    free(library);
    if (started && !machine_call(uninitialize_inside, &call))
        return;
    computer->report.pool_allocations += pool_owned_by(base, image->size, &bytes);
    computer->report.pool_bytes += bytes;
    check_after_unload(image->name, base, image->size);
    pe_unload(image);
}

static bool may_go(const struct library *library, bool end)
{
    struct pe_image *image = library->image;

    return !image->users && (end || !library->started || (pe_image_export(image, "DllInitialize") && pe_image_export(image, "DllUnload")));
}

void libraries_unload(struct ring3_computer *computer, bool end)
{
    bool again = true;

    while (again) {
        again = false;
        list_each_safe(it, &computer->libraries) {
            struct library *library = container_of(it, struct library, node);

            if (!may_go(library, end))
                continue;
            unload_one(computer, library);
            again = true;
            break;
        }
    }
}
