/* The plan of a Visual Studio driver project: its items and their metadata, what they mean to clang and lld.
 * docs: develop/building-a-driver, develop/wpp-properties-for-driver-projects, develop/driver-model-properties-for-driver-projects */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_plan.h"
#include "pkg/build_project.h"
#include "pkg/build_warning.h"
#include "pkg/msbuild.h"
#include "pkg/msbuild_internal.h"

#define DEPTH 8

bool project_say(const struct project *p, int line, const char *format, const char *what)
{
    char reason[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(reason, sizeof reason, format, what);
#pragma GCC diagnostic pop
    return line ? error_set("%s:%d: %s", msbuild_path(p->file), line, reason) : error_set("%s: %s", msbuild_path(p->file), reason);
}

bool project_is_true(const char *text)
{
    return !strcasecmp(text, "true");
}

/* --- metadata to flags --------------------------------------------------------------------------------------------- */

static void add_defines(struct build_list *flags, const char *list, const char *option)
{
    const char *element;
    size_t length;

    while ((element = msbuild_element(&list, &length)) != NULL) {
        build_add(flags, "%s%.*s", option, (int)length, element);
        msbuild_unescape(flags->text[flags->count - 1]);
    }
}

/* Directories that are there; the SDK's own are searched anyway. */
static void add_directories(const struct project *p, struct build_list *flags, const char *list)
{
    const char *element;
    size_t length;

    while ((element = msbuild_element(&list, &length)) != NULL) {
        char path[1024], whole[BUILD_PATH];

        snprintf(path, sizeof path, "%.*s", (int)length, element);
        if (path[0] == '$' || !msbuild_resolve(msbuild_directory(p->file), path, whole, sizeof whole))
            continue;
        if (flags)
            build_add(flags, "-I%s", whole);
        if (!build_has(&p->plan->headers, whole))
            build_add(&p->plan->headers, "%s", whole);
    }
}

static void add_guard(const struct project *p, struct build_list *flags)
{
    build_add(flags, "-Xclang");
    build_add(flags, "-cfguard");
    p->plan->guard = true;
}

/* cl's options that mean something here. */
static void add_options(const struct project *p, struct build_list *flags, const char *text)
{
    char *copy = strdup(text), *save = NULL;

    for (char *word = copy ? strtok_r(copy, " \t\r\n", &save) : NULL; word; word = strtok_r(NULL, " \t\r\n", &save)) {
        if ((word[0] == '/' || word[0] == '-') && strchr("DUI", word[1]) && word[1] && word[2])
            build_add(flags, "-%s", word + 1);
        if (!strncasecmp(word + 1, "guard:cf", 9))
            add_guard(p, flags);
    }
    free(copy);
}

static void add_standard(struct build_list *flags, const char *standard, const char *c_standard, enum build_tool tool)
{
    static const struct { const char *name, *flag; } known[] = {
        { "stdcpp14", "-std=gnu++14" }, { "stdcpp17", "-std=gnu++17" }, { "stdcpp20", "-std=gnu++20" },
        { "stdcpplatest", "-std=gnu++20" }, { "stdc11", "-std=gnu11" }, { "stdc17", "-std=gnu17" },
    };

    for (size_t i = 0; i < countof(known); i++)
        if (!strcasecmp(tool == TOOL_CPP ? standard : c_standard, known[i].name))
            build_add(flags, "%s", known[i].flag);
}

static bool is_precompiled(const struct msbuild_item *item, const char *how)
{
    return !strcasecmp(msbuild_metadata(item, "PrecompiledHeader"), how);
}

/* A source that uses a precompiled header names it without looking for it: the header is the one that another source made it of, which found
 * it from its own place, or the project's. */
static void add_precompiled(const struct project *p, struct build_list *flags)
{
    char whole[BUILD_PATH];

    for (const struct msbuild_item *item = msbuild_first(p->file, "ClCompile"); item; item = msbuild_next(item))
        if (is_precompiled(item, "Create") && msbuild_resolve(msbuild_directory(p->file), item->include, whole, sizeof whole))
            build_add(flags, "-I%.*s", (int)(strrchr(whole, '/') - whole), whole);
    build_add(flags, "-I%s", msbuild_directory(p->file));
}

/* A header that is there by its place, another by its name alone. */
static void add_forced(const struct project *p, struct build_list *flags, const char *text, size_t length)
{
    char name[1024], whole[BUILD_PATH];

    snprintf(name, sizeof name, "%.*s", (int)length, text);
    build_add(flags, "-include%s", msbuild_resolve(msbuild_directory(p->file), name, whole, sizeof whole) ? whole : name);
}

static int warning_level(const char *text)
{
    static const char *const names[] = { "TurnOffAllWarnings", "Level1", "Level2", "Level3", "Level4", "EnableAllWarnings" };

    for (size_t i = 0; i < countof(names); i++)
        if (!strcasecmp(text, names[i]))
            return (int)i;
    return -1;
}

/* A source that defines inline functions of namespace scope may have their only definition: cl keeps each that it uses, clang drops it when all
 * its calls here were inlined. */
static bool defines_inline(const char *text)
{
    return text && (!strncmp(text, "inline ", 7) || strstr(text, "\ninline "));
}

/* The level and what is an error, as far as clang's warnings are cl's; and what else the source's text decides. */
static void add_by_text(const struct msbuild_item *item, const struct build_source *source, struct build_list *flags)
{
    struct build_warnings warnings = {
        .level = warning_level(msbuild_metadata(item, "WarningLevel")), .errors = project_is_true(msbuild_metadata(item, "TreatWarningAsError")),
        .disabled = msbuild_metadata(item, "DisableSpecificWarnings"), .as_errors = msbuild_metadata(item, "TreatSpecificWarningsAsErrors"),
    };
    uint8_t *data = NULL;
    char *text = NULL;
    size_t size = 0;

    if (host_read_file(source->path, 64u << 20, &data, &size)) {
        text = realloc(data, size + 1);
        if (!text)
            abort();
        text[size] = 0;
    }
    build_warning_flags(flags, &warnings, text);
    if (source->tool == TOOL_CPP && defines_inline(text))
        build_add(flags, "-fno-inline");
    free(text);
}

static void source_flags(const struct project *p, const struct msbuild_item *item, struct build_source *source)
{
    struct build_list *flags = &source->flags;
    const char *forced = msbuild_metadata(item, "ForcedIncludeFiles"), *element;
    size_t length;

    if (!strcasecmp(msbuild_metadata(item, "CompileAs"), "CompileAsCpp"))
        source->tool = TOOL_CPP;
    if (!strcasecmp(msbuild_metadata(item, "CompileAs"), "CompileAsC"))
        source->tool = TOOL_C;
    add_standard(flags, msbuild_metadata(item, "LanguageStandard"), msbuild_metadata(item, "LanguageStandard_C"), source->tool);
    add_defines(flags, msbuild_metadata(item, "PreprocessorDefinitions"), "-D");
    add_defines(flags, msbuild_metadata(item, "UndefinePreprocessorDefinitions"), "-U");
    add_directories(p, flags, msbuild_metadata(item, "AdditionalIncludeDirectories"));
    add_directories(p, flags, msbuild_metadata(item, "IncludePaths"));           /* MASM's name for it */
    add_options(p, flags, msbuild_metadata(item, "AdditionalOptions"));
    if (!strcasecmp(msbuild_metadata(item, "ControlFlowGuard"), "Guard") && (source->tool == TOOL_C || source->tool == TOOL_CPP))
        add_guard(p, flags);
    if (is_precompiled(item, "Use")) {
        const char *header = msbuild_metadata(item, "PrecompiledHeaderFile");

        add_precompiled(p, flags);
        source->header = strdup(*header ? header : "pch.h");
    }
    while ((element = msbuild_element(&forced, &length)) != NULL)
        add_forced(p, flags, element, length);
    if (source->tool == TOOL_C || source->tool == TOOL_CPP)
        add_by_text(item, source, flags);
}

/* --- items --------------------------------------------------------------------------------------------------------- */

bool project_item(const struct project *p, const struct msbuild_item *item, char whole[BUILD_PATH])
{
    return msbuild_resolve(msbuild_directory(p->file), item->include, whole, BUILD_PATH) ||
           project_say(p, item->line, "there is no file %s", item->include);
}

/* A source's own directory has headers, too. */
static void add_directory_of(struct build_plan *plan, const char *path)
{
    char directory[BUILD_PATH];

    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (!build_has(&plan->headers, directory))
        build_add(&plan->headers, "%s", directory);
}

static void add_once(struct build_list *list, const char *text, size_t length)
{
    char copy[BUILD_PATH];

    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    if (!build_has(list, copy))
        build_add(list, "%s", copy);
}

static void scan_file(const struct project *p, const char *text, size_t length)
{
    char name[1024], whole[BUILD_PATH];

    snprintf(name, sizeof name, "%.*s", (int)length, text);
    if (msbuild_resolve(msbuild_directory(p->file), name, whole, sizeof whole))
        add_once(&p->plan->trace_files, whole, strlen(whole));
}

static void take_control(const struct project *p, const char *guid, size_t length)
{
    if (length == 36 || length == 38)
        snprintf(p->plan->trace_guid, sizeof p->plan->trace_guid, "%.*s", (int)length, guid);
}

/* tracewpp's own options: -func:NAME(...), -scan:FILE, -ctl:GUID; a value may be quoted. docs: devtest/wpp-preprocessor */
static void take_trace_options(const struct project *p, const char *text)
{
    while (*(text += strspn(text, " \t\r\n"))) {
        const char *colon = strchr(text, ':'), *value = colon ? colon + 1 : text;
        bool quoted = *value == '"';
        size_t length;

        value += quoted;
        length = strcspn(value, quoted ? "\"" : " \t\r\n");
        if (!quoted && !strncmp(text + 1, "func:", 5) && value[strcspn(value, ") \t")] != ')')
            length = strcspn(value, ")") + (strchr(value, ')') != NULL);       /* blanks between the parameters */
        if (!strncmp(text + 1, "func:", 5))
            add_once(&p->plan->traces, value, length);
        else if (!strncmp(text + 1, "scan:", 5))
            scan_file(p, value, length);
        else if (!strncmp(text + 1, "ctl:", 4))
            take_control(p, value, length);
        text = value + length + (quoted && value[length]);
    }
}

static void take_traces(const struct project *p, const struct msbuild_item *item)
{
    const char *list = msbuild_metadata(item, "WppTraceFunction"), *guid = msbuild_metadata(item, "WppAddControlGUID"), *element;
    size_t length;

    while ((element = msbuild_element(&list, &length)) != NULL)
        add_once(&p->plan->traces, element, length);
    list = msbuild_metadata(item, "WppScanConfigurationData");
    while ((element = msbuild_element(&list, &length)) != NULL)
        scan_file(p, element, length);
    take_control(p, guid, strlen(guid));
    take_trace_options(p, msbuild_metadata(item, "WppAdditionalOptions"));
    p->plan->wpp |= project_is_true(msbuild_metadata(item, "WppEnabled"));
}

static bool already(const struct build_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->source_count; i++)
        if (!strcmp(plan->source[i].path, path))
            return true;
    return false;
}

static bool take_sources(struct project *p, const char *type)
{
    for (const struct msbuild_item *item = msbuild_first(p->file, type); item; item = msbuild_next(item)) {
        struct build_source *source;
        char whole[BUILD_PATH];

        if (project_is_true(msbuild_metadata(item, "ExcludedFromBuild")))
            continue;
        if (!project_item(p, item, whole))
            return false;
        if (already(p->plan, whole))
            continue;
        add_directory_of(p->plan, whole);
        if (!build_plan_source(p->plan, whole, &source))
            return false;
        source_flags(p, item, source);
        take_traces(p, item);
    }
    return true;
}

static bool is_false(const char *text)
{
    return !strcasecmp(text, "false");
}

/* docs: devtest/stampinf-task, develop/stampinf-properties-for-driver-projects */
static void stamp_options(const struct project *p, const struct msbuild_item *item, struct build_list *stamp)
{
    const char *date = msbuild_metadata(item, "DateStamp"), *time = msbuild_metadata(item, "TimeStamp");
    const char *catalog = msbuild_metadata(item, "CatalogFileName"), *kmdf = msbuild_metadata(item, "KmdfVersionNumber");
    const char *section = msbuild_metadata(item, "DriverVersionSectionName");

    build_add(stamp, "-a");
    build_add(stamp, "%s", is_false(msbuild_metadata(item, "SpecifyArchitecture")) ? "" : "amd64");
    build_add(stamp, "-d");
    build_add(stamp, "%s", *date && !is_false(msbuild_metadata(item, "SpecifyDriverVerDirectiveDate")) ? date : "*");
    build_add(stamp, "-v");
    build_add(stamp, "%s", *time && !is_false(msbuild_metadata(item, "SpecifyDriverDirectiveVersion")) ? time : "*");
    if (*section) {
        build_add(stamp, "-s");
        build_add(stamp, "%s", section);
    }
    if (*catalog) {
        build_add(stamp, "-c");
        build_add(stamp, "%s", catalog);
    }
    if (p->plan->kmdf || *kmdf) {
        build_add(stamp, "-k");
        if (*kmdf)
            build_add(stamp, "%s", kmdf);
        else
            build_add(stamp, "1.%d", p->plan->kmdf_minor);
    }
}

static bool take_infs(struct project *p)
{
    for (const struct msbuild_item *item = msbuild_first(p->file, "Inf"); item; item = msbuild_next(item)) {
        char whole[BUILD_PATH];

        if (project_is_true(msbuild_metadata(item, "ExcludedFromBuild")))
            continue;
        if (!project_item(p, item, whole))
            return false;
        stamp_options(p, item, &build_plan_inf(p->plan, whole)->stamp);
    }
    return true;
}

/* --- the project --------------------------------------------------------------------------------------------------- */

/* A project that lists its configurations has no others. */
static bool has_configuration(const struct project *p)
{
    const struct msbuild_item *item = msbuild_first(p->file, "ProjectConfiguration");
    const char *configuration = msbuild_property(p->file, "Configuration");
    size_t length = strlen(configuration);
    char list[400] = "";

    if (!item)
        return true;
    for (; item; item = msbuild_next(item)) {
        size_t used = strlen(list);

        if (!strncasecmp(item->include, configuration, length) && !strcasecmp(item->include + length, "|x64"))
            return true;
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", item->include);
    }
    return error_set("%s: it has no configuration %s|x64; it has %s", msbuild_path(p->file), configuration, list);
}

static bool take_kind(struct project *p)
{
    const char *kind = msbuild_property(p->file, "ConfigurationType"), *type = msbuild_property(p->file, "DriverType");
    const char *minor = msbuild_property(p->file, "KMDF_VERSION_MINOR");

    if (!strcasecmp(kind, "Driver"))
        p->plan->kind = BUILD_DRIVER;
    else if (!strcasecmp(kind, "StaticLibrary"))
        p->plan->kind = BUILD_LIBRARY;
    else if (!strcasecmp(kind, "DynamicLibrary") && *type)
        p->plan->kind = BUILD_EXPORT_DRIVER;
    else
        return project_say(p, 0, "it makes a '%s', no kernel driver; only drivers and their libraries are built", *kind ? kind : "?");
    if (!strcasecmp(type, "UMDF"))
        return project_say(p, 0, "it is a %s driver; those run in user mode", type);
    p->plan->kmdf = !strcasecmp(type, "KMDF");
    p->plan->kmdf_minor = *minor ? (int)strtol(minor, NULL, 10) : 33;
    p->plan->debug = project_is_true(msbuild_property(p->file, "UseDebugLibraries"));
    if (strcasecmp(msbuild_property(p->file, "Platform"), "x64") != 0)
        return project_say(p, 0, "only x64 is built, not %s", msbuild_property(p->file, "Platform"));
    return true;
}

static void take_version(const struct project *p)
{
    static const struct { const char *target, *ntddi, *winnt; } versions[] = {
        { "Windows7", "0x06010000", "0x0601" }, { "Windows8", "0x06020000", "0x0602" }, { "WindowsV6.3", "0x06030000", "0x0603" },
    };
    const char *target = msbuild_property(p->file, "TargetVersion");

    for (size_t i = 0; i < countof(versions); i++)
        if (!strcasecmp(target, versions[i].target)) {
            build_add(&p->plan->flags, "-DNTDDI_VERSION=%s", versions[i].ntddi);
            build_add(&p->plan->flags, "-D_WIN32_WINNT=%s", versions[i].winnt);
            build_add(&p->plan->flags, "-DWINVER=%s", versions[i].winnt);
        }
    if (p->plan->kmdf) {
        build_add(&p->plan->flags, "-DKMDF_VERSION_MAJOR=1");
        build_add(&p->plan->flags, "-DKMDF_VERSION_MINOR=%d", p->plan->kmdf_minor);
    }
}

/* link's options that lld has and that change the image. */
static void add_link_options(struct project *p, const char *text)
{
    static const char *const known[] = { "integritycheck", "section:", "merge:", "export:", "include:", "alternatename:", "version:",
                                         "ignore:", "wholearchive", "guard:cf" };
    char *copy = strdup(text), *save = NULL;

    for (char *word = copy ? strtok_r(copy, " \t\r\n", &save) : NULL; word; word = strtok_r(NULL, " \t\r\n", &save))
        for (size_t i = 0; i < countof(known) && (*word == '/' || *word == '-'); i++)
            if (!strncasecmp(word + 1, known[i], strlen(known[i])))
                build_add(&p->plan->link_flags, "/%s", word + 1);
    free(copy);
}

static bool take_link(struct project *p)
{
    const char *entry = msbuild_definition(p->file, "Link", "EntryPointSymbol");
    const char *definition = msbuild_definition(p->file, "Link", "ModuleDefinitionFile");

    if (*entry && strcasecmp(entry, "GsDriverEntry") != 0 && strcasecmp(entry, "DriverEntry") != 0 &&
        strncasecmp(entry, "FxDriverEntry", 13) != 0)
        snprintf(p->plan->entry, sizeof p->plan->entry, "%s", entry);
    add_link_options(p, msbuild_definition(p->file, "Link", "AdditionalOptions"));
    if (*definition && !msbuild_resolve(msbuild_directory(p->file), definition, p->plan->definition_file, BUILD_PATH))
        return project_say(p, 0, "there is no module definition file %s", definition);
    return true;
}

static bool choose_output(struct project *p)
{
    const char *name = msbuild_property(p->file, "TargetName");
    char out[BUILD_PATH];

    if (strpbrk(name, "/\\") || !*name || (size_t)snprintf(p->plan->name, sizeof p->plan->name, "%s", name) >= sizeof p->plan->name)
        return project_say(p, 0, "'%s' is no name for a driver", name);
    snprintf(out, sizeof out, p->config->out ? "%s%s" : "%sbuild/drivers/%s", p->config->out ? p->config->out : "",
             p->config->out ? "" : name);
    snprintf(p->plan->where, sizeof p->plan->where, "%s", msbuild_path(p->file));
    snprintf(p->plan->dir, sizeof p->plan->dir, "%s", msbuild_directory(p->file));
    return host_make_dirs(out) && host_full_path(out, p->plan->out, sizeof p->plan->out);
}

static bool fill(struct project *p)
{
    static const char *const compiled[] = { "ClCompile", "MessageCompile", "ResourceCompile", "MASM" };

    if (!has_configuration(p) || !take_kind(p) || !choose_output(p))
        return false;
    project_notes(p);
    take_version(p);
    build_add(&p->plan->headers, "%s", p->plan->dir);
    add_directories(p, NULL, msbuild_property(p->file, "IncludePath"));
    for (size_t i = 0; i < countof(compiled); i++)
        if ((p->plan->kind != BUILD_LIBRARY || i != 2) && !take_sources(p, compiled[i]))
            return false;
    if (p->plan->source_count == 0)
        return project_say(p, 0, "it has no %s", "sources (ClCompile items)");
    return take_infs(p) && take_link(p) &&
           (p->plan->kind == BUILD_LIBRARY || (project_references(p) && project_libraries(p)));
}

static struct msbuild *open_project(const struct build_config *config, const char *path)
{
    const char *globals[40] = { 0 };
    char configuration[128];
    size_t count = 0;

    globals[count++] = "Platform=x64";
    if (config->configuration) {
        snprintf(configuration, sizeof configuration, "Configuration=%s", config->configuration);
        globals[count++] = configuration;
    }
    for (const char *const *property = config->properties; *property && count < 39; property++)
        globals[count++] = *property;
    return msbuild_open(path, globals);
}

bool build_from_project(struct build_plan *plan, const struct build_config *config)
{
    struct project p = { .plan = plan, .config = config, .file = open_project(config, config->path) };
    bool good = p.file && fill(&p);

    msbuild_close(p.file);
    return good;
}

bool project_build(struct project *p, const char *project, char result[BUILD_PATH])
{
    static int depth;
    struct build_config config = *p->config;
    char out[BUILD_PATH + 256], *made = NULL;
    const char *file = project_file_part(project);
    bool good;

    if (depth == DEPTH)
        return project_say(p, 0, "projects refer to each other more than %s deep", "eight");
    snprintf(out, sizeof out, "%s/%.*s", p->plan->out, (int)strcspn(file, "."), file);
    config.path = project;
    config.out = out;
    for (size_t i = 0; config.properties[i]; i++)
        if (!strncasecmp(config.properties[i], "TargetName=", 11))
            config.properties[i] = "TargetNameOfTheReferringProject=";
    depth++;
    good = build_driver(&config, &made);
    depth--;
    if (good)
        snprintf(result, BUILD_PATH, "%s", made);
    free(made);
    return good;
}
