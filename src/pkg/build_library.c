/* What a project links: libraries by name, those that other projects make, and the projects it refers to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "host/dir.h"
#include "pkg/build_project.h"
#include "pkg/msbuild.h"
#include "pkg/msbuild_internal.h"

const char *project_file_part(const char *path)
{
    const char *slash = path;

    for (const char *c = path; *c; c++)
        slash = *c == '/' || *c == '\\' ? c + 1 : slash;
    return slash;
}

/* A library that another project makes: the project of a directory above the library's place whose result has its name. */
static bool build_producer(struct project *p, const char *path, bool *found)
{
    char place[BUILD_PATH], directory[BUILD_PATH], result[BUILD_PATH], stem[256];
    const char *file = project_file_part(path);

    snprintf(stem, sizeof stem, "%.*s", (int)strcspn(file, "."), file);
    snprintf(place, sizeof place, "%.*s", (int)(file - path), path);
    for (int up = 0; up < 4 && !*found; up++) {
        size_t length = strlen(place);

        while (length && (place[length - 1] == '/' || place[length - 1] == '\\'))
            place[--length] = 0;
        if (msbuild_resolve(msbuild_directory(p->file), place, directory, sizeof directory)) {
            char **names = host_list_dir(directory, ".vcxproj");

            for (char **name = names; name && *name && !*found; name++) {
                char project[BUILD_PATH * 2];

                snprintf(project, sizeof project, "%s/%s", directory, *name);
                if (strcasecmp(project, msbuild_path(p->file)) != 0 && project_build(p, project, result) &&
                    !strncasecmp(project_file_part(result), stem, strlen(stem))) {
                    build_add(&p->plan->libraries, "%s", result);
                    *found = true;
                }
            }
            host_free_names(names);
        }
        while (length && place[length - 1] != '/' && place[length - 1] != '\\')
            place[--length] = 0;
    }
    return *found;
}

/* Libraries of the WDK are import libraries of ours, or part of what every driver links. */
static bool is_kit_library(const char *path)
{
    static const char *const known[] = { "uuid", "wdmsec", "ntstrsafe", "libcntpr", "wdmguid", "fwpuclnt", "storport", "wmilib",
        "ntoskrnl", "hal", "ndis", "netio", "fwpkclnt", "ksecdd", "wpprecorder", "bufferoverflowk", "bufferoverflowfastfailk",
        "initguid", "rtlver", "aux_klib", "ntdll", "kernel32", "wdfdriverentry", "wdfldr", "cng", "scsiport", "scsiwmi", "libcmt" };
    const char *file = project_file_part(path);
    char stem[128];

    snprintf(stem, sizeof stem, "%.*s", (int)strcspn(file, "."), file);
    for (size_t i = 0; i < countof(known); i++)
        if (!strcasecmp(known[i], stem))
            return true;
    return false;
}

/* A library of ring3's that not every driver links anyway. */
static bool find_own(const struct project *p, const char *path, char whole[BUILD_PATH])
{
    char file[256];

    snprintf(file, sizeof file, "%s", project_file_part(path));
    return msbuild_resolve(p->plan->lib, file, whole, BUILD_PATH);
}

/* By its place, else in the directories of the linker's option and of the property, in their order. */
static bool find_library(const struct project *p, const char *path, char whole[BUILD_PATH])
{
    const char *lists[] = { msbuild_definition(p->file, "Link", "AdditionalLibraryDirectories"), msbuild_property(p->file, "LibraryPath") };
    const char *element;
    size_t length;

    if (msbuild_resolve(msbuild_directory(p->file), path, whole, BUILD_PATH))
        return true;
    for (size_t i = 0; i < countof(lists); i++)
        while ((element = msbuild_element(&lists[i], &length)) != NULL) {
            char joined[2048];

            if (*element == '$' || (size_t)snprintf(joined, sizeof joined, "%.*s/%s", (int)length, element, path) >= sizeof joined)
                continue;
            if (msbuild_resolve(msbuild_directory(p->file), joined, whole, BUILD_PATH))
                return true;
        }
    return false;
}

/* Libraries and objects that are items. */
static bool take_items(struct project *p, const char *type)
{
    for (const struct msbuild_item *item = msbuild_first(p->file, type); item; item = msbuild_next(item)) {
        char whole[BUILD_PATH];

        if (project_is_true(msbuild_metadata(item, "ExcludedFromBuild")) || is_kit_library(item->include))
            continue;
        if (!project_item(p, item, whole))
            return false;
        build_add(&p->plan->libraries, "%s", whole);
    }
    return true;
}

bool project_libraries(struct project *p)
{
    const char *list = msbuild_definition(p->file, "Link", "AdditionalDependencies"), *element;
    size_t length;

    while ((element = msbuild_element(&list, &length)) != NULL) {
        char path[1024], whole[BUILD_PATH];
        bool found = false;

        snprintf(path, sizeof path, "%.*s", (int)length, element);
        if (is_kit_library(path))
            continue;
        if (find_library(p, path, whole) || find_own(p, path, whole))
            build_add(&p->plan->libraries, "%s", whole);
        else if (strstr(path, "$lib") || !build_producer(p, path, &found))
            return project_say(p, 0, "it links %s, which is neither there, nor one of the kit's libraries, nor made by a project beside it", path);
    }
    return take_items(p, "Library") && take_items(p, "Object");
}

bool project_references(struct project *p)
{
    for (const struct msbuild_item *item = msbuild_first(p->file, "ProjectReference"); item; item = msbuild_next(item)) {
        char whole[BUILD_PATH], result[BUILD_PATH];

        if (!project_item(p, item, whole) || !project_build(p, whole, result))
            return false;
        if (!strcasecmp(strrchr(result, '.'), ".lib"))
            build_add(&p->plan->libraries, "%s", result);
    }
    return true;
}

/* --- what is not done ---------------------------------------------------------------------------------------------- */

static void tell(const struct project *p, int line, const char *what, const char *command)
{
    size_t length = strcspn(command, "\r\n");

    if (line)
        fprintf(stderr, "%s:%d: note: ", msbuild_path(p->file), line);
    else
        fprintf(stderr, "%s: note: ", msbuild_path(p->file));
    fprintf(stderr, "%s is not run%s%.*s%s\n", what, length ? ": " : "", (int)length, command, command[length] ? " ..." : "");
}

/* Commands of Windows' shell. They run when they are there and nothing says no. */
static void tell_event(const struct project *p, const char *event)
{
    const char *command = msbuild_definition(p->file, event, "Command");
    char property[64];

    snprintf(property, sizeof property, "%sUseInBuild", event);
    if (*command && strcasecmp(msbuild_property(p->file, property), "false") != 0)
        tell(p, 0, event, command);
}

void project_notes(const struct project *p)
{
    static const char *const events[] = { "PreBuildEvent", "PreLinkEvent", "PostBuildEvent", "CustomBuildStep" };
    static const char *const tools[] = { "MofComp", "Wmimofck", "Midl", "CtrPP" };

    for (size_t i = 0; i < countof(events); i++)
        tell_event(p, events[i]);
    for (const struct msbuild_item *item = msbuild_first(p->file, "CustomBuild"); item; item = msbuild_next(item))
        if (*msbuild_metadata(item, "Command") && !project_is_true(msbuild_metadata(item, "ExcludedFromBuild"))) {
            char what[512];

            snprintf(what, sizeof what, "the custom build of %.400s", item->include);
            tell(p, item->line, what, msbuild_metadata(item, "Command"));
        }
    for (size_t i = 0; i < countof(tools); i++)
        for (const struct msbuild_item *item = msbuild_first(p->file, tools[i]); item; item = msbuild_next(item))
            if (!project_is_true(msbuild_metadata(item, "ExcludedFromBuild"))) {
                char what[512];

                snprintf(what, sizeof what, "%s of %.400s", tools[i], item->include);
                tell(p, item->line, what, "");
            }
}
