/* Carrying a plan out: messages and traces first, because they make headers; then every source, several at once; then the
 * link. Nothing that is newer than all it was made from is made again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "host/process.h"
#include "pkg/build_compile.h"
#include "pkg/build_header.h"
#include "pkg/build_include.h"
#include "pkg/build_plan.h"
#include "pkg/build_tags.h"
#include "pkg/overlay.h"
#include "pkg/stamp.h"
#include "pkg/wpp.h"

#define COMPILER "clang-19"
#define LINKER "lld-link-19"
#define LIBRARIAN "llvm-lib-19"
#define RESOURCES "llvm-rc-19"
#define ASSEMBLER "llvm-ml-19"
#define MESSAGES "x86_64-w64-mingw32-windmc"

/* The same as mk/drivers.mk. */
static const char *const compiler_flags[] = {
    "--target=x86_64-pc-windows-msvc", "-fms-extensions", "-fms-compatibility-version=19.38",
    "-ffreestanding", "-fasync-exceptions", "-fasynchronous-unwind-tables", "-mllvm", "-disable-nounwind-inference",
    "-fstack-protector-strong", "-g", "-gcodeview", "-fno-ident",
    "-nostdlibinc", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-ignored-pragma-intrinsic",
    "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-microsoft", "-Wno-pragma-pack",
    "-Wno-nonportable-include-path",
    /* what Microsoft's compiler says nothing about */
    "-Wno-unused-but-set-variable", "-Wno-unused-but-set-parameter", "-Wno-switch", "-Wno-missing-braces", "-Wno-char-subscripts",
    "-Wno-parentheses-equality", "-Wno-empty-body",
    /* what is no error for it */
    "-Wno-error=implicit-function-declaration", "-Wno-error=implicit-int", "-Wno-error=return-mismatch", "-Wno-error=return-type",
    "-Wno-error=invalid-token-paste",
    "-Wno-error=incompatible-function-pointer-types", "-Wno-error=int-conversion", "-D_AMD64_",
    "-D_WIN64", "-D_KERNEL_MODE", "-DKERNEL_MODE", "-DPOOL_NX_OPTIN=1",
};
/* Unless the plan's flags say otherwise. */
static const char *const version_flags[] = { "-DNTDDI_VERSION=0x0A00000C", "-D_WIN32_WINNT=0x0A00", "-DWINVER=0x0A00" };
static const char *const cplusplus_flags[] = { "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
                                               "-Wno-overloaded-virtual", "-Wno-writable-strings", "-Wno-error=register",
                                               "-Wno-error=c++11-narrowing", "-Wno-error=dynamic-exception-spec" };
static const char *const linker_flags[] = {
    "/driver", "/subsystem:native", "/nodefaultlib", "/debug", "/opt:ref", "/Brepro",
    "/dynamicbase", "/pdbaltpath:%_PDB%", "/section:INIT,erd",
};
static const char *const libraries[] = { "ring3drv", "ntoskrnl", "hal", "ndis", "netio", "fwpkclnt", "storport", "ksecdd", "cng",
                                         "wmilib", "wpprecorder", "wdfldr" };

/* --- what is up to date -------------------------------------------------------------------------------------------- */

/* A word of a make dependency list ("target: a b \"), NUL-terminated in place; NULL at the end. */
static char *next_word(char **at)
{
    char *start = *at, *to, *from;

    while (*start == ' ' || *start == '\n' || (*start == '\\' && (start[1] == '\n' || start[1] == 0)))
        start++;
    if (!*start)
        return NULL;
    for (to = from = start; *from && *from != ' ' && *from != '\n'; from++) {
        if (*from == '\\' && from[1] == ' ')
            from++;                     /* a blank in a name */
        *to++ = *from;
    }
    *at = *from ? from + 1 : from;
    *to = 0;
    return start;
}

/* True when the object is newer than everything its dependency file names. */
static bool dependencies_older(const char *object, const char *depends)
{
    uint64_t made = host_file_time(object);
    uint8_t *text = NULL;
    size_t size;
    bool fresh = true;

    if (made == 0 || !host_file_exists(depends) || !host_read_file(depends, 4 << 20, &text, &size))
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

/* The arguments of the last time stand beside the object: other arguments make it old. */
static bool same_arguments(const char *object, const struct build_list *arguments)
{
    char path[BUILD_PATH + 8], *joined = NULL;
    size_t size = 0, old_size;
    uint8_t *old = NULL;
    FILE *out = open_memstream(&joined, &size);
    bool same = false;

    if (!out)
        abort();
    for (size_t i = 0; i < arguments->count; i++)
        fprintf(out, "%s\n", arguments->text[i]);
    fclose(out);
    snprintf(path, sizeof path, "%s.args", object);
    if (host_file_exists(path) && host_read_file(path, 1 << 20, &old, &old_size)) {
        same = old_size == size && !memcmp(old, joined, size);
        free(old);
    }
    if (!same && !host_write_file(path, joined, size))
        same = false;
    free(joined);
    return same;
}

/* --- sources ------------------------------------------------------------------------------------------------------- */

static bool defines(const struct build_plan *plan, const struct build_source *source, const char *flag)
{
    size_t length = strcspn(flag, "=");

    for (size_t i = 0; i < plan->flags.count; i++)
        if (!strncmp(plan->flags.text[i], flag, length) && strchr("=", plan->flags.text[i][length]))
            return true;
    for (size_t i = 0; i < source->flags.count; i++)
        if (!strncmp(source->flags.text[i], flag, length) && strchr("=", source->flags.text[i][length]))
            return true;
    return false;
}

static void add_all(struct build_list *arguments, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        build_add(arguments, "%s", texts[i]);
}

static void add_includes(struct build_list *arguments, const struct build_plan *plan, const char *option)
{
    build_add(arguments, "%s%s", option, plan->out);        /* what wpp_write and the message compiler wrote */
    for (size_t i = 0; i < plan->headers.count; i++)
        build_add(arguments, "%s%s", option, plan->headers.text[i]);
    if (plan->sdk[0]) {
        build_add(arguments, "%s%s/Include/%s/km", option, plan->sdk, plan->sdk_version);
        build_add(arguments, "%s%s/Include/%s/km/crt", option, plan->sdk, plan->sdk_version);
        build_add(arguments, "%s%s/Include/%s/shared", option, plan->sdk, plan->sdk_version);
        build_add(arguments, "%s%s/Include/wdf/kmdf/1.%d", option, plan->sdk, plan->kmdf_minor ? plan->kmdf_minor : 33);
        return;
    }
    build_add(arguments, "%s%s", option, plan->include);
    build_add(arguments, "%s%s/crt", option, plan->include);
    build_add(arguments, "%s%s", option, plan->shared);
}

/* `header`: what is compiled is a header, whose precompiled form is the object. */
static void compiler_arguments(struct build_list *a, const struct build_plan *plan, const struct build_source *source, bool header)
{
    bool cplusplus = source->tool == TOOL_CPP;

    build_add(a, COMPILER);
    add_all(a, compiler_flags, countof(compiler_flags));
    for (size_t i = 0; i < countof(version_flags); i++)
        if (!defines(plan, source, version_flags[i]))
            build_add(a, "%s", version_flags[i]);
    build_add(a, "-x%s%s", cplusplus ? "c++" : "c", header ? "-header" : "");
    build_add(a, "-std=%s", plan->standard[cplusplus] ? plan->standard[cplusplus] : cplusplus ? "gnu++17" : "gnu11");
    if (cplusplus)
        add_all(a, cplusplus_flags, countof(cplusplus_flags));
    build_add(a, plan->debug ? "-O0" : "-O2");
    if (plan->debug)
        build_add(a, "-DDBG=1");
    for (size_t i = 0; i < plan->flags.count; i++)
        build_add(a, "%s", plan->flags.text[i]);
    for (size_t i = 0; i < source->flags.count; i++)
        build_add(a, "%s", source->flags.text[i]);
    if (source->made && !header) {
        build_add(a, "-include-pch");
        build_add(a, "%s", source->made);
    }
    if (!cplusplus)
        build_add(a, "-include%s/tags.h", plan->out);
    build_add(a, "-ivfsoverlay%s/headers.yaml", plan->out);
    add_includes(a, plan, "-I");
    build_add(a, "-MMD");
    build_add(a, "-MF");
    build_add(a, "%s.d", source->object);
    build_add(a, header ? "-fpch-instantiate-templates" : "-c");
    build_add(a, "%s", source->path);
    build_add(a, "-o");
    build_add(a, "%s", source->object);
}

static void resource_arguments(struct build_list *a, const struct build_plan *plan, const struct build_source *source)
{
    build_add(a, RESOURCES);
    build_add(a, "/nologo");
    build_add(a, source->utf8 ? "/C65001" : "/C1252");
    build_add(a, "/D_AMD64_");
    build_add(a, "/DAMD64");
    for (size_t i = 0; i < source->flags.count; i++)
        if (!strncmp(source->flags.text[i], "-D", 2))
            build_add(a, "/D%s", source->flags.text[i] + 2);
    build_add(a, "/I%s/rc", plan->include);
    add_includes(a, plan, "/I");
    build_add(a, "/fo%s", source->object);
    build_add(a, "%s", source->path);
}

static void assembler_arguments(struct build_list *a, const struct build_plan *plan, const struct build_source *source)
{
    build_add(a, ASSEMBLER);
    build_add(a, "-m64");
    build_add(a, "/nologo");
    build_add(a, "/c");
    for (size_t i = 0; i < source->flags.count; i++)
        if (!strncmp(source->flags.text[i], "-D", 2))
            build_add(a, "/D%s", source->flags.text[i] + 2);
    add_includes(a, plan, "/I");
    build_add(a, "/Fo%s", source->object);
    build_add(a, "%s", source->path);
}

static void source_arguments(struct build_list *a, const struct build_plan *plan, const struct build_source *source)
{
    if (source->tool == TOOL_RESOURCE)
        resource_arguments(a, plan, source);
    else if (source->tool == TOOL_ASSEMBLER)
        assembler_arguments(a, plan, source);
    else
        compiler_arguments(a, plan, source, false);
}

/* Resource scripts and assembler sources may include what was made into the output directory, too. */
static void included_from(struct build_list *directories, const struct build_plan *plan, const struct build_source *source)
{
    for (size_t i = 0; i < source->flags.count; i++)
        if (!strncmp(source->flags.text[i], "-I", 2))
            build_add(directories, "%s", source->flags.text[i] + 2);
    for (size_t i = 0; i < plan->headers.count; i++)
        build_add(directories, "%s", plan->headers.text[i]);
    build_add(directories, "%s", plan->out);
}

static uint64_t newest_included(const struct build_plan *plan, const struct build_source *source)
{
    struct build_list directories = { 0 };
    uint64_t newest;

    included_from(&directories, plan, source);
    newest = build_newest_included(source->path, (const char *const *)directories.text);
    build_list_free(&directories);
    return newest;
}

static bool up_to_date(const struct build_plan *plan, const struct build_source *source, const struct build_list *arguments)
{
    char depends[BUILD_PATH + 8];
    bool same = same_arguments(source->object, arguments);

    if (plan->force || !same)
        return false;
    if (source->tool == TOOL_RESOURCE || source->tool == TOOL_ASSEMBLER)
        return host_file_time(source->object) > newest_included(plan, source);
    if (source->made && host_file_time(source->made) > host_file_time(source->object))
        return false;
    snprintf(depends, sizeof depends, "%s.d", source->object);
    return dependencies_older(source->object, depends);
}

static void forget_header(struct build_plan *plan, const char *made)
{
    char *name = strdup(made);

    for (size_t i = 0; name && i < plan->source_count; i++)
        if (plan->source[i].made && !strcmp(plan->source[i].made, name)) {
            free(plan->source[i].made);
            plan->source[i].made = NULL;
        }
    free(name);
}

/* A header that clang cannot take as it stands is not precompiled: its sources include it, and what is wrong is said there. */
static void make_header(struct build_plan *plan, const struct build_source *user)
{
    char text[BUILD_PATH + 8], log[BUILD_PATH + 8];
    struct build_source header = { .tool = user->tool, .path = text, .object = user->made, .flags = user->flags };
    struct host_command command = { .output = log };
    struct build_list a = { 0 };
    bool good = build_header_text(plan, user, text);

    compiler_arguments(&a, plan, &header, true);
    snprintf(log, sizeof log, "%.*s.log", BUILD_PATH, user->made);
    if (good && !up_to_date(plan, &header, &a)) {
        command.argv = a.text;
        good = host_run_all(&command, 1, 1) < 0;
        remove(log);
    }
    build_list_free(&a);
    if (!good)
        forget_header(plan, user->made);
}

static void make_headers(struct build_plan *plan)
{
    build_headers_choose(plan);
    for (size_t i = 0; i < plan->source_count; i++) {
        const char *made = plan->source[i].made;
        size_t first = 0;

        while (made && (!plan->source[first].made || strcmp(plan->source[first].made, made) != 0))
            first++;
        if (made && first == i)
            make_header(plan, &plan->source[i]);
    }
}

/* Whether anything was compiled goes to *compiled. */
static bool compile(const struct build_plan *plan, bool *compiled)
{
    struct build_job *jobs = calloc(plan->source_count + 1, sizeof *jobs);
    size_t count = 0;
    bool good;

    if (!jobs)
        abort();
    for (size_t i = 0; i < plan->source_count; i++) {
        const struct build_source *source = &plan->source[i];
        struct build_job *job = &jobs[count];

        source_arguments(&job->arguments, plan, source);
        if (up_to_date(plan, source, &job->arguments)) {
            build_list_free(&job->arguments);
            continue;
        }
        job->what = source->path;
        job->object = source->object;
        job->mend = source->tool == TOOL_C || source->tool == TOOL_CPP;
        count++;
    }
    *compiled = count > 0;
    good = build_jobs(jobs, count, plan->jobs > 0 ? plan->jobs : host_processors());
    for (size_t i = 0; i < count; i++) {
        char args[BUILD_PATH + 8];

        if (jobs[i].status != 0 && (size_t)snprintf(args, sizeof args, "%s.args", jobs[i].object) < sizeof args)
            host_write_file(args, "", 0);           /* tried again the next time */
        build_list_free(&jobs[i].arguments);
    }
    free(jobs);
    return good;
}

static bool run_one(struct build_list *arguments, const char *what)
{
    struct host_command command = { .argv = arguments->text };
    bool good = host_run_all(&command, 1, 1) < 0 || build_failed(what, arguments->text[0], command.status);

    build_list_free(arguments);
    return good;
}

/* Whether a resource script of the driver's includes this one. */
static bool in_a_script(const struct build_plan *plan, const char *script)
{
    bool found = false;

    for (size_t i = 0; i < plan->source_count && !found; i++) {
        struct build_list directories = { 0 };

        if (plan->source[i].tool != TOOL_RESOURCE || !strcmp(plan->source[i].path, script))
            continue;
        included_from(&directories, plan, &plan->source[i]);
        found = build_includes(plan->source[i].path, (const char *const *)directories.text, script);
        build_list_free(&directories);
    }
    return found;
}

/* NAME.mc: NAME.h for the sources, NAME.rc and its binaries for the image; NAME.rc takes the source's place, unless another script includes it. */
static bool compile_messages(struct build_plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        struct build_source *source = &plan->source[i];
        const char *slash = strrchr(source->path, '/'), *file = slash ? slash + 1 : source->path;
        struct build_list a = { 0 };
        char script[BUILD_PATH * 2];

        if (source->tool != TOOL_MESSAGES)
            continue;
        snprintf(script, sizeof script, "%s/%.*s.rc", plan->out, (int)(strlen(file) - 3), file);
        if (plan->force || host_file_time(script) <= host_file_time(source->path)) {
            build_add(&a, MESSAGES);
            if (source->utf8) {
                build_add(&a, "-C");
                build_add(&a, "65001");
            }
            build_add(&a, "-h");
            build_add(&a, "%s", plan->out);
            build_add(&a, "-r");
            build_add(&a, "%s", plan->out);
            build_add(&a, "%s", source->path);
            if (!run_one(&a, source->path))
                return false;
        }
        free(source->path);
        source->path = strdup(script);
        source->tool = TOOL_RESOURCE;
        if (in_a_script(plan, script))
            build_plan_drop(plan, i--);
    }
    return true;
}

/* --- linking ------------------------------------------------------------------------------------------------------- */

static void add_inputs(struct build_list *a, const struct build_plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++)
        build_add(a, "%s", plan->source[i].object);
    for (size_t i = 0; i < plan->libraries.count; i++)
        build_add(a, "%s", plan->libraries.text[i]);
}

static bool make_library(struct build_plan *plan)
{
    struct build_list a = { 0 };

    build_add(&a, LIBRARIAN);
    build_add(&a, "/nologo");
    build_add(&a, "/llvmlibempty");
    build_add(&a, "/out:%s", plan->result);
    add_inputs(&a, plan);
    return run_one(&a, plan->name);
}

/* The libraries of the user's kit that are there; their names are the kit's. */
static void add_kit_libraries(struct build_list *a, const struct build_plan *plan, bool kmdf)
{
    static const char *const names[] = { "BufferOverflowFastFailK", "ntoskrnl", "hal", "wmilib", "ndis", "netio", "fwpkclnt", "storport",
                                         "wdmsec", "ntstrsafe", "ksecdd", "cng", "uuid", "wpprecorder" };
    static const char *const framework[] = { "WdfDriverEntry", "WdfLdr" };
    char path[BUILD_PATH * 2];

    for (size_t i = 0; i < countof(names); i++) {
        snprintf(path, sizeof path, "%s/Lib/%s/km/x64/%s.lib", plan->sdk, plan->sdk_version, names[i]);
        if (host_file_exists(path))
            build_add(a, "%s", path);
    }
    for (size_t i = 0; kmdf && i < countof(framework); i++)
        build_add(a, "%s/Lib/wdf/kmdf/x64/1.%d/%s.lib", plan->sdk, plan->kmdf_minor ? plan->kmdf_minor : 33, framework[i]);
}

/* ring3's own: what every driver links. */
static void add_sdk_libraries(struct build_list *a, const struct build_plan *plan, bool kmdf)
{
    char shared[BUILD_PATH + 16];

    snprintf(shared, sizeof shared, "%s/drvlib.lib", plan->lib);
    if (host_file_exists(shared))
        build_add(a, "%s", shared);
    for (size_t i = 0; i < countof(libraries); i++)
        build_add(a, "%s/%s.lib", plan->lib, libraries[i]);
    if (kmdf)
        build_add(a, "%s/wdfentry.lib", plan->lib);
}

static bool link_driver(struct build_plan *plan)
{
    bool kmdf = build_uses_framework(plan);
    struct build_list a = { 0 };

    build_warn_initialisers(plan);
    build_add(&a, LINKER);
    add_all(&a, linker_flags, countof(linker_flags));
    build_add(&a, "/entry:%s", plan->entry[0] ? plan->entry : kmdf ? "FxDriverEntry" : "GsDriverEntry");
    if (plan->release)
        build_add(&a, "/release");
    if (plan->guard)
        build_add(&a, "/guard:cf");
    add_all(&a, (const char *const *)plan->link_flags.text, plan->link_flags.count);
    if (plan->kind == BUILD_EXPORT_DRIVER)
        build_add(&a, "/dll");
    if (plan->definition_file[0])
        build_add(&a, "/def:%s", plan->definition_file);
    build_add(&a, "/out:%s", plan->result);
    add_inputs(&a, plan);
    (plan->sdk[0] ? add_kit_libraries : add_sdk_libraries)(&a, plan, kmdf);
    return run_one(&a, "linking");
}

/* Whether a library is newer than the result. */
static bool library_changed(const struct build_plan *plan)
{
    uint64_t made = host_file_time(plan->result);

    for (size_t i = 0; i < plan->libraries.count; i++)
        if (host_file_time(plan->libraries.text[i]) > made)
            return true;
    return false;
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

/* Headers of the SDK and of the driver are found in any case; tags are declared as Microsoft's compiler would. */
static bool write_overlay(const struct build_plan *plan)
{
    const char **directories = calloc(plan->headers.count + 3, sizeof *directories);
    char crt[BUILD_PATH + 8], km[BUILD_PATH], file[BUILD_PATH + 16];
    size_t count = 0;

    if (!directories)
        abort();
    snprintf(crt, sizeof crt, "%s/crt", plan->include);
    snprintf(file, sizeof file, "%s/headers.yaml", plan->out);
    if (plan->sdk[0]) {
        snprintf(crt, sizeof crt, "%.3000s/Include/%s/shared", plan->sdk, plan->sdk_version);
        snprintf(km, sizeof km, "%.3000s/Include/%s/km", plan->sdk, plan->sdk_version);
    }
    directories[count++] = plan->sdk[0] ? km : plan->include;
    directories[count++] = crt;
    for (size_t i = 0; i < plan->headers.count; i++)
        directories[count++] = plan->headers.text[i];
    bool good = overlay_write(file, directories);
    snprintf(file, sizeof file, "%s/tags.h", plan->out);
    good = good && tags_write(file, directories + 2);
    free(directories);
    return good;
}

static bool write_infs(const struct build_plan *plan)
{
    for (size_t i = 0; i < plan->inf_count; i++)
        if (!stamp_file(plan->inf[i].path, plan->inf[i].result, (const char *const *)plan->inf[i].stamp.text, NULL))
            return false;
    return true;
}

static bool write_traces(const struct build_plan *plan)
{
    const char **sources = calloc(plan->source_count + 1, sizeof *sources);
    size_t count = 0;

    if (!sources)
        abort();
    for (size_t i = 0; i < plan->source_count; i++)
        if (plan->source[i].tool == TOOL_C || plan->source[i].tool == TOOL_CPP)
            sources[count++] = plan->source[i].path;
    bool good = wpp_write(sources, plan->out, (const char *const *)plan->trace_files.text, (const char *const *)plan->traces.text, plan->trace_guid);
    free(sources);
    return good;
}

bool build_run(struct build_plan *plan)
{
    bool compiled = false;

    snprintf(plan->result, sizeof plan->result, "%.3800s/%s.%s", plan->out, plan->name, plan->kind == BUILD_LIBRARY ? "lib" : "sys");
    if (!host_make_dirs(plan->out) || !write_overlay(plan) || (plan->wpp && !write_traces(plan)) || !build_copy_texts(plan) ||
        !compile_messages(plan))
        return false;
    make_headers(plan);
    if (!compile(plan, &compiled))
        return false;
    if (compiled || plan->force || !host_file_exists(plan->result) || library_changed(plan))
        if (!(plan->kind == BUILD_LIBRARY ? make_library : link_driver)(plan))
            return false;
    return write_infs(plan);
}
