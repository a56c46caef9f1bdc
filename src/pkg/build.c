/* A build's plan: lists, sources, where the SDK is. */
#include "pkg/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_plan.h"

void build_add_text(struct build_list *list, const char *text, size_t length)
{
    char **more = realloc(list->text, (list->count + 2) * sizeof *more), *copy = strndup(text, length);

    if (!more || !copy)
        abort();
    list->text = more;
    list->text[list->count++] = copy;
    list->text[list->count] = NULL;
}

void build_add(struct build_list *list, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    build_add_text(list, text, strlen(text));
    free(text);
}

bool build_has(const struct build_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->text[i], text))
            return true;
    return false;
}

void build_list_free(struct build_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->text[i]);
    free(list->text);
    *list = (struct build_list){ 0 };
}

/* --- sources ------------------------------------------------------------------------------------------------------- */

int build_tool_of(const char *path)
{
    static const struct { const char *extension; enum build_tool tool; } known[] = {
        { ".c", TOOL_C }, { ".cpp", TOOL_CPP }, { ".cxx", TOOL_CPP }, { ".cc", TOOL_CPP }, { ".rc", TOOL_RESOURCE },
        { ".asm", TOOL_ASSEMBLER }, { ".mc", TOOL_MESSAGES },
    };
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++)
        if (!strcasecmp(dot, known[i].extension))
            return (int)known[i].tool;
    return -1;
}

/* OUT/NAME.obj, or NAME-2.obj when another directory has the same name. */
static char *object_name(const struct build_plan *plan, const char *path, enum build_tool tool)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    const char *extension = tool == TOOL_RESOURCE || tool == TOOL_MESSAGES ? "res" : "obj";
    char *name = NULL;
    bool taken = true;

    for (int n = 1; taken; n++) {
        free(name);
        if ((n == 1 ? asprintf(&name, "%s/%.*s.%s", plan->out, (int)(dot - file), file, extension)
                    : asprintf(&name, "%s/%.*s-%d.%s", plan->out, (int)(dot - file), file, n, extension)) < 0)
            abort();
        taken = false;
        for (size_t i = 0; i < plan->source_count; i++)
            taken = taken || !strcasecmp(plan->source[i].object, name);
    }
    return name;
}

bool build_plan_source(struct build_plan *plan, const char *path, struct build_source **added)
{
    int tool = build_tool_of(path);
    const char *dot = strrchr(path, '.');
    struct build_source *more;

    if (tool < 0 && dot && (!strcasecmp(dot, ".man") || !strcasecmp(dot, ".xml")))
        return error_set("%s: %s is an event manifest; those are not compiled here: put the header and the .rc that mc makes of it beside the project",
                         plan->where, path);
    if (tool < 0)
        return error_set("%s: nothing here compiles %s", plan->where, path);
    more = realloc(plan->source, (plan->source_count + 1) * sizeof *more);
    if (!more)
        abort();
    plan->source = more;
    more[plan->source_count] = (struct build_source){ .tool = (enum build_tool)tool, .path = strdup(path),
                                                      .object = object_name(plan, path, (enum build_tool)tool) };
    if (added)
        *added = &more[plan->source_count];
    plan->source_count++;
    return true;
}

struct build_inf *build_plan_inf(struct build_plan *plan, const char *path)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    struct build_inf *more = realloc(plan->inf, (plan->inf_count + 1) * sizeof *more), *inf;

    if (!more)
        abort();
    plan->inf = more;
    inf = &more[plan->inf_count++];
    *inf = (struct build_inf){ .path = strdup(path) };
    if (asprintf(&inf->result, "%s/%.*s.inf", plan->out, dot ? (int)(dot - file) : (int)strlen(file), file) < 0)
        abort();
    return inf;
}

/* --- the plan ------------------------------------------------------------------------------------------------------ */

/* The first directory of the list, below the program's, that has the file. */
static bool find_below(const char *program, const char *const *places, const char *file, char *result)
{
    char probe[BUILD_PATH + 64];

    for (; *places; places++) {
        snprintf(result, BUILD_PATH, "%s/%s", program, *places);
        snprintf(probe, sizeof probe, "%s/%s", result, file);
        if (host_file_exists(probe))
            return true;
    }
    return false;
}

/* The SDK: beside the program when it is installed, in the source tree above the build directory otherwise. */
static bool find_sdk(struct build_plan *plan)
{
    static const char *const includes[] = { "sdk/include", "../sdk/include", "../share/ring3/sdk/include", NULL };
    static const char *const libs[] = { "sdk/lib", "../share/ring3/sdk/lib", NULL };
    char program[BUILD_PATH - 64];

    if (!host_program_dir(program, sizeof program))
        return false;
    if (!find_below(program, includes, "ntddk.h", plan->include))
        return error_set("ring3's driver headers (sdk/include) are not beside %s", program);
    if (!find_below(program, libs, "ring3drv.lib", plan->lib))
        return error_set("ring3's driver libraries are not in %s/sdk/lib: run `make sdk-lib`", program);
    return (size_t)snprintf(plan->shared, sizeof plan->shared, "%s/../shared", plan->lib) < sizeof plan->shared;
}

/* The newest version below DIR/Include that has the kernel's headers. */
static bool find_kit(struct build_plan *plan, const char *directory)
{
    char path[BUILD_PATH], probe[BUILD_PATH + 64], newest[64] = "", **names;

    snprintf(path, sizeof path, "%s/Include", directory);
    names = host_list_dir(path, "");
    for (char **name = names; name && *name; name++) {
        snprintf(probe, sizeof probe, "%s/%s/km/ntddk.h", path, *name);
        if (host_file_exists(probe) && strverscmp(*name, newest) > 0)
            snprintf(newest, sizeof newest, "%s", *name);
    }
    host_free_names(names);
    if (!newest[0])
        return error_set("%s: no Windows Driver Kit: there is no Include/VERSION/km/ntddk.h", directory);
    snprintf(plan->sdk, sizeof plan->sdk, "%.3000s", directory);
    snprintf(plan->sdk_version, sizeof plan->sdk_version, "%s", newest);
    return true;
}

struct build_plan *build_plan_new(const struct build_config *config)
{
    struct build_plan *plan = calloc(1, sizeof *plan);

    if (!plan)
        abort();
    plan->force = config->force;
    plan->release = config->release;
    plan->jobs = config->jobs;
    if (find_sdk(plan) && (!config->sdk || find_kit(plan, config->sdk)))
        return plan;
    free(plan);
    return NULL;
}

void build_plan_drop(struct build_plan *plan, size_t index)
{
    struct build_source *source = &plan->source[index];

    free(source->path);
    free(source->object);
    free(source->header);
    free(source->made);
    build_list_free(&source->flags);
    plan->source_count--;
    memmove(source, source + 1, (plan->source_count - index) * sizeof *source);
}

void build_plan_free(struct build_plan *plan)
{
    while (plan && plan->source_count)
        build_plan_drop(plan, plan->source_count - 1);
    for (size_t i = 0; plan && i < plan->inf_count; i++) {
        free(plan->inf[i].path);
        free(plan->inf[i].result);
        build_list_free(&plan->inf[i].stamp);
    }
    if (!plan)
        return;
    free(plan->source);
    free(plan->inf);
    build_list_free(&plan->flags);
    build_list_free(&plan->link_flags);
    build_list_free(&plan->headers);
    build_list_free(&plan->libraries);
    build_list_free(&plan->trace_files);
    build_list_free(&plan->traces);
    free(plan);
}

static bool is_project(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && !strcasecmp(dot, ".vcxproj");
}

bool build_driver(const struct build_config *config, char **result)
{
    struct build_plan *plan = build_plan_new(config);
    bool good = plan && (is_project(config->path) ? build_from_project : build_from_directory)(plan, config);

    for (const char *const *define = config->defines; good && *define; define++)
        build_add(&plan->flags, "-D%s", *define);
    good = good && build_run(plan);
    if (good && result)
        *result = strdup(plan->result);
    build_plan_free(plan);
    return good;
}
