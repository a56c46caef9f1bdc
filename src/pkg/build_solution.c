/* Solutions: text in lines. What is used of it:
 *   Project("{TYPE}") = "NAME", "PATH", "{GUID}"             and up to EndProject, its ProjectDependencies: {GUID} = {GUID}
 *   {GUID}.CONFIGURATION|PLATFORM.ActiveCfg = CONFIGURATION|PLATFORM
 *   {GUID}.CONFIGURATION|PLATFORM.Build.0 = ...              the project is built in that configuration
 * docs: visualstudio/extensibility/internals/solution-dot-sln-file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_solution.h"
#include "pkg/msbuild.h"
#include "pkg/msbuild_internal.h"

#define TEXT_MAX (4u << 20)

bool build_is_solution(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (!strcasecmp(dot, ".sln") || !strcasecmp(dot, ".slnx"));
}

static struct member *by_guid(struct solution *s, const char *guid, size_t length)
{
    for (size_t i = 0; i < s->count; i++)
        if (strlen(s->member[i].guid) == length && !strncasecmp(s->member[i].guid, guid, length))
            return &s->member[i];
    return NULL;
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

/* The n-th text in quotes of the line. */
static bool quoted(const char *line, int n, char *text, size_t size)
{
    const char *at = line, *end;

    for (;; n--) {
        at = strchr(at, '"');
        end = at ? strchr(at + 1, '"') : NULL;
        if (!end)
            return false;
        if (n == 0)
            break;
        at = end + 1;
    }
    return (size_t)snprintf(text, size, "%.*s", (int)(end - at - 1), at + 1) < size;
}

struct member *solution_member(struct solution *s, int line)
{
    struct member *m;

    if (s->count == PROJECTS_MAX) {
        error_set("%s:%d: more than %d projects", s->path, line, PROJECTS_MAX);
        return NULL;
    }
    m = realloc(s->member, (s->count + 1) * sizeof *m);
    if (!m)
        abort();
    s->member = m;
    memset(&m[s->count], 0, sizeof *m);
    return &m[s->count++];
}

static bool read_project(struct solution *s, const char *line, int number)
{
    struct member *m = solution_member(s, number);

    if (!m)
        return false;
    if (!quoted(line, 1, m->name, sizeof m->name) || !quoted(line, 2, m->path, sizeof m->path) || !quoted(line, 3, m->guid, sizeof m->guid))
        return error_set("%s:%d: a project has a type, a name, a path and a GUID in quotes", s->path, number);
    return true;
}

/* {GUID} = {GUID}, inside a project: the second is what it needs. */
static void read_dependency(struct solution *s, const char *line)
{
    const char *equals = strchr(line, '=');

    if (s->count && equals && line[0] == '{') {
        equals += 1 + strspn(equals + 1, " ");
        build_add_text(&s->member[s->count - 1].needs, equals, strcspn(equals, " \r\n"));
    }
}

/* {GUID}.Debug|x64.ActiveCfg = Debug|x64 */
static void read_configuration(struct solution *s, const char *line)
{
    const char *dot = strchr(line, '.'), *equals = strchr(line, '=');
    size_t length = strlen(s->configuration);
    struct member *m = dot ? by_guid(s, line, (size_t)(dot - line)) : NULL;

    if (!m || !equals || strncasecmp(dot + 1, s->configuration, length) != 0 || strncasecmp(dot + 1 + length, "|x64.", 5) != 0)
        return;
    dot += length + 6;
    equals += 1 + strspn(equals + 1, " ");
    if (!strncasecmp(dot, "ActiveCfg", 9))
        snprintf(m->configuration, sizeof m->configuration, "%.*s", (int)strcspn(equals, "|\r\n"), equals);
    else if (!strncasecmp(dot, "Build.0", 7))
        m->built = true;
}

static bool read_line(struct solution *s, const char *line, int number, bool *inside)
{
    line += strspn(line, " \t");
    if (!strncmp(line, "Project(", 8)) {
        *inside = true;
        return read_project(s, line, number);
    }
    if (!strncmp(line, "EndProject", 10) && strncmp(line, "EndProjectSection", 17) != 0)
        *inside = false;
    else if (*inside)
        read_dependency(s, line);
    else if (*line == '{')
        read_configuration(s, line);
    return true;
}

static bool read_all(struct solution *s, char *text)
{
    bool inside = false, good = true, headed = false;
    int number = 0;
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); good && line; line = strtok_r(NULL, "\n", &save)) {
        number++;
        headed = headed || strstr(line, "Microsoft Visual Studio Solution File") != NULL;
        good = read_line(s, line, number, &inside);
    }
    return good && (headed || error_set("%s: no solution: it does not begin as Visual Studio's do", s->path));
}

static bool open_solution(struct solution *s)
{
    uint8_t *data;
    size_t size;
    char *text;
    bool good;

    if (!host_file_exists(s->config->path) || !host_full_path(s->config->path, s->path, sizeof s->path))
        return error_set("%s: there is no such file", s->config->path);
    snprintf(s->directory, sizeof s->directory, "%.*s", (int)(strrchr(s->path, '/') - s->path), s->path);
    snprintf(s->configuration, sizeof s->configuration, "%s", s->config->configuration ? s->config->configuration : "Debug");
    if (!host_read_file(s->path, TEXT_MAX, &data, &size))
        return false;
    text = realloc(data, size + 1);
    if (!text)
        abort();
    text[size] = 0;
    good = !strcasecmp(strrchr(s->path, '.'), ".slnx") ? solution_read_xml(s, text, size) : read_all(s, text);
    free(text);
    return good && (s->count || error_set("%s: it has no projects", s->path));
}

/* --- building ------------------------------------------------------------------------------------------------------ */

static void note(struct solution *s, const struct member *m, char *path, const char *why)
{
    struct build_result *more = realloc(s->results, (s->result_count + 1) * sizeof *more);

    if (!more)
        abort();
    s->results = more;
    more[s->result_count++] = (struct build_result){ .project = strdup(m->path), .path = path, .why = why ? strdup(why) : NULL };
}

/* Why a project is none of ours, or NULL. A static library is one of the kernel's when its tool set says so, or none. */
static const char *not_ours(const struct msbuild *project)
{
    const char *kind = msbuild_property(project, "ConfigurationType"), *type = msbuild_property(project, "DriverType");
    const char *tools = msbuild_property(project, "PlatformToolset");
    bool kernel = !*tools || !strncasecmp(tools, "WindowsKernelModeDriver", 23);

    if (!strcasecmp(type, "UMDF") || !strncasecmp(tools, "WindowsUserModeDriver", 21))
        return "a driver of user mode";
    if (!strcasecmp(kind, "Driver") || (!strcasecmp(kind, "StaticLibrary") && (kernel || *type)) ||
        (!strcasecmp(kind, "DynamicLibrary") && *type))
        return NULL;
    return !strcasecmp(kind, "StaticLibrary") ? "a library of user mode" : !strcasecmp(kind, "DynamicLibrary") ? "a DLL of user mode"
         : !strcasecmp(kind, "Application") ? "a program" : "no driver";
}

static bool build_member(struct solution *s, struct member *m, const char *whole)
{
    struct build_config config = *s->config;
    char out[BUILD_PATH], directory[BUILD_PATH + 32], *made = NULL;
    size_t count = 0;

    if (strpbrk(m->name, "/\\") || m->name[0] == '.' || !m->name[0])
        return error_set("%s: '%s' is no name for a project: its results would lie elsewhere", s->path, m->name);
    snprintf(out, sizeof out, "%.3000s/%.200s", s->config->out ? s->config->out : "build/drivers", m->name);
    snprintf(directory, sizeof directory, "SolutionDir=%s/", s->directory);
    config.path = whole;
    config.out = out;
    config.configuration = m->configuration;
    while (config.properties[count])
        count++;
    if (count + 1 < sizeof config.properties / sizeof config.properties[0])
        config.properties[count] = directory;
    if (!build_driver(&config, &made))
        return false;
    note(s, m, made, NULL);
    return true;
}

/* Opened as build_driver would, only to see what it is. */
static struct msbuild *look_at(const struct solution *s, const struct member *m, const char *whole)
{
    char configuration[96], directory[BUILD_PATH + 32];
    const char *globals[] = { "Platform=x64", configuration, directory, NULL };

    snprintf(configuration, sizeof configuration, "Configuration=%s", m->configuration);
    snprintf(directory, sizeof directory, "SolutionDir=%s/", s->directory);
    return msbuild_open(whole, globals);
}

static bool visit(struct solution *s, size_t which)
{
    struct member *m = &s->member[which];
    const char *dot = strrchr(m->path, '.'), *why;
    char whole[BUILD_PATH];
    struct msbuild *project;

    if (m->done)
        return true;
    if (m->visiting)
        return error_set("%s: the project %s needs itself", s->path, m->name);
    m->visiting = true;
    for (size_t i = 0; i < m->needs.count; i++) {
        struct member *other = by_guid(s, m->needs.text[i], strlen(m->needs.text[i]));

        if (other && !visit(s, (size_t)(other - s->member)))
            return false;
    }
    m->visiting = false;
    m->done = true;
    if (!dot || strcasecmp(dot, ".vcxproj") != 0)
        return true;                    /* a folder, or a project of another language */
    if (!m->built) {
        note(s, m, NULL, "its configuration does not build it for x64");
        return true;
    }
    if (!msbuild_resolve(s->directory, m->path, whole, sizeof whole))
        return error_set("%s: there is no project %s", s->path, m->path);
    project = look_at(s, m, whole);
    if (!project)
        return false;
    why = not_ours(project);
    msbuild_close(project);
    if (why) {
        note(s, m, NULL, why);
        return true;
    }
    return build_member(s, m, whole);
}

static bool has_configuration(const struct solution *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->member[i].configuration[0])
            return true;
    return error_set("%s: it has no configuration %s|x64", s->path, s->configuration);
}

bool build_solution(const struct build_config *config, struct build_result **results, size_t *count)
{
    struct solution *s = calloc(1, sizeof *s);
    bool good;

    if (!s)
        abort();
    s->config = config;
    good = open_solution(s) && has_configuration(s);
    for (size_t i = 0; good && i < s->count; i++)
        good = visit(s, i);
    for (size_t i = 0; i < s->count; i++)
        build_list_free(&s->member[i].needs);
    free(s->member);
    *results = s->results;
    *count = s->result_count;
    free(s);
    return good;
}

void build_results_free(struct build_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(results[i].project);
        free(results[i].path);
        free(results[i].why);
    }
    free(results);
}
