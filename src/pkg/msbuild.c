/* Reading a project: first all properties and imports, then item definitions, then items, as MSBuild does; each pass walks the
 * documents in their order. */
#include "pkg/msbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/msbuild_xml.h"

#define PROJECT_LIMIT (16u << 20)

enum pass { PROPERTIES, DEFINITIONS, ITEMS };

static bool read_file(struct msbuild *project, const char *path, enum pass pass, int depth);

static bool is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !strcasecmp((const char *)node->name, name);
}

const char *msbuild_attribute(struct msbuild *project, xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    const char *copy = value ? msbuild_copy(project, (const char *)value, strlen((const char *)value)) : NULL;

    xmlFree(value);
    return copy;
}

const char *msbuild_content(struct msbuild *project, xmlNode *node)
{
    xmlChar *value = xmlNodeGetContent(node);
    const char *text = value ? (const char *)value : "";
    size_t length;

    while (*text && strchr(" \t\r\n", *text))
        text++;
    length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    text = msbuild_copy(project, text, length);
    xmlFree(value);
    return text;
}

const char *msbuild_node_name(struct msbuild *project, const xmlNode *node)
{
    return msbuild_copy(project, (const char *)node->name, strlen((const char *)node->name));
}

int msbuild_holds(struct msbuild_place *place, xmlNode *node)
{
    place->line = (int)xmlGetLineNo(node);
    return msbuild_condition(place, msbuild_attribute(place->project, node, "Condition"));
}

/* --- properties ---------------------------------------------------------------------------------------------------- */

static bool read_properties(struct msbuild_place *place, xmlNode *group)
{
    for (xmlNode *node = group->children; node; node = node->next) {
        const char *value;
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = msbuild_holds(place, node);
        if (held < 0)
            return false;
        if (!held)
            continue;
        value = msbuild_expand(place, msbuild_content(place->project, node));
        if (!value)
            return false;
        msbuild_set(place->project, &place->project->properties, msbuild_node_name(place->project, node), value);
    }
    return true;
}

/* The nearest file of that name in the project's directory or above. */
static bool find_above(const struct msbuild *project, const char *name, char found[4096])
{
    char directory[4096];

    snprintf(directory, sizeof directory, "%s", project->directory);
    for (;;) {
        char *slash = strrchr(directory, '/');

        if (msbuild_resolve(directory[0] ? directory : "/", name, found, 4096))
            return true;
        if (!slash)
            return false;
        *slash = 0;
    }
}

/* Directory.Build.props and .targets, which Microsoft's sheets import unless a property says no; another file when one names it.
 * docs: visualstudio/msbuild/customize-by-directory */
static bool import_directory(struct msbuild_place *place, const char *kind, enum pass pass)
{
    struct msbuild *project = place->project;
    char wanted[64], path[64], name[64], found[4096];
    const char *given;

    snprintf(wanted, sizeof wanted, "ImportDirectoryBuild%s", kind);
    snprintf(path, sizeof path, "DirectoryBuild%sPath", kind);
    snprintf(name, sizeof name, "Directory.Build.%s", !strcmp(kind, "Props") ? "props" : "targets");
    if (!strcasecmp(msbuild_property(project, wanted), "false"))
        return true;
    given = msbuild_property(project, path);
    if (*given ? !msbuild_resolve(project->directory, given, found, sizeof found) : !find_above(project, name, found))
        return true;
    return read_file(project, found, pass, place->depth + 1);
}

/* A sheet of Visual Studio or the WDK: what it sets is set here, what it imports from beside the project is read. */
static bool import_known(struct msbuild_place *place, const char *path, enum pass pass)
{
    bool first = strcasestr(path, "Microsoft.Cpp.Default.props") != NULL, last = strcasestr(path, "Microsoft.Cpp.targets") != NULL;

    if (first && !import_directory(place, "Props", pass))
        return false;
    if (pass == PROPERTIES)
        msbuild_set_defaults(place->project);
    return !last || import_directory(place, "Targets", pass);
}

struct imports {
    struct msbuild_place *place;
    const char *directory;
    enum pass pass;
};

static bool import_one(void *context, const char *file, const char *recursive)
{
    struct imports *imports = context;
    char found[4096];

    (void)recursive;
    return !msbuild_resolve(imports->directory, file, found, sizeof found) ||
           read_file(imports->place->project, found, imports->pass, imports->place->depth + 1);
}

/* Every file that fits, in the order of their names; there may be none. */
static bool import_matching(struct msbuild_place *place, const char *directory, const char *pattern, enum pass pass)
{
    struct imports imports = { place, directory, pass };

    return msbuild_glob(place, directory, pattern, import_one, &imports);
}

/* Whether a sheet stands where Visual Studio, MSBuild or the WDK is installed; $(MSBuildThisFileDirectory) and its like are the project's own places. */
static bool is_installed(const char *path)
{
    static const char *const places[] = { "$(VCTargetsPath", "$(MSBuildExtensionsPath", "$(MSBuildToolsPath", "$(MSBuildBinPath", "$(WDK" };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcasestr(path, places[i]))
            return true;
    return false;
}

/* Sheets of Visual Studio and the WDK are known by name; others are read when they are there. */
static bool import(struct msbuild_place *place, xmlNode *node, enum pass pass)
{
    const char *path = msbuild_attribute(place->project, node, "Project"), *slash, *value;
    char directory[4096], found[4096];
    int held = msbuild_holds(place, node);

    if (held <= 0 || !path)
        return held == 0 || (held > 0 && msbuild_error(place, "an Import without Project"));
    value = msbuild_expand(place, path);
    if (!value)
        return false;
    if (is_installed(path))
        return import_known(place, path, pass);
    slash = strrchr(place->file, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - place->file) : 1, slash ? place->file : ".");
    if (strpbrk(value, "*?"))
        return import_matching(place, directory, value, pass);
    if (!msbuild_resolve(directory, value, found, sizeof found))
        return msbuild_error(place, "there is no file '%.200s' to import", value);
    return read_file(place->project, found, pass, place->depth + 1);
}

/* --- documents ----------------------------------------------------------------------------------------------------- */

static bool read_group(struct msbuild_place *place, xmlNode *parent, enum pass pass);

/* The first When that holds, else Otherwise. */
static bool read_choose(struct msbuild_place *place, xmlNode *choose, enum pass pass)
{
    for (xmlNode *node = choose->children; node; node = node->next) {
        int held = is(node, "When") ? msbuild_holds(place, node) : is(node, "Otherwise");

        if (held < 0)
            return false;
        if (held)
            return read_group(place, node, pass);
    }
    return true;
}

static bool read_node(struct msbuild_place *place, xmlNode *node, enum pass pass)
{
    if (is(node, "Import"))
        return import(place, node, pass);
    if (is(node, "Choose"))
        return read_choose(place, node, pass);
    bool group = is(node, "ImportGroup");
    bool wanted = group || (pass == PROPERTIES && is(node, "PropertyGroup")) ||
                  (pass == DEFINITIONS && is(node, "ItemDefinitionGroup")) || (pass == ITEMS && is(node, "ItemGroup"));
    int held = wanted ? msbuild_holds(place, node) : 0;

    if (held <= 0)
        return held == 0;
    if (group)
        return read_group(place, node, pass);
    return pass == PROPERTIES ? read_properties(place, node) : pass == DEFINITIONS ? msbuild_read_definitions(place, node)
                                                                                  : msbuild_read_items(place, node);
}

static bool read_group(struct msbuild_place *place, xmlNode *parent, enum pass pass)
{
    for (xmlNode *node = parent->children; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && !read_node(place, node, pass))
            return false;
    return true;
}

static bool read_document(struct msbuild_place *place, xmlDoc *document, enum pass pass)
{
    xmlNode *root = xmlDocGetRootElement(document);

    if (!root || !is(root, "Project"))
        return error_set("%s: no project file: its root element is %s, not Project", place->file,
                         root ? (const char *)root->name : "missing");
    return read_group(place, root, pass);
}

static bool read_file(struct msbuild *project, const char *path, enum pass pass, int depth)
{
    struct msbuild_place place = { .project = project, .file = msbuild_copy(project, path, strlen(path)), .depth = depth,
                                   .with_items = pass == ITEMS };
    uint8_t *data;
    size_t size;
    xmlDoc *document;
    bool good;

    if (depth > MSBUILD_DEPTH)
        return error_set("%s: imports are nested more than %d deep", path, MSBUILD_DEPTH);
    if (!host_read_file(path, PROJECT_LIMIT, &data, &size))
        return false;
    document = xmlReadMemory((const char *)data, (int)size, path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    if (!document) {
        const xmlError *error = xmlGetLastError();
        const char *message = error && error->message ? error->message : "no XML";

        good = error_set("%s:%d: %.*s", path, error ? error->line : 1, (int)strcspn(message, "\n"), message);
    } else {
        good = read_document(&place, document, pass);
    }
    xmlFreeDoc(document);
    xmlResetLastError();
    free(data);
    return good;
}

/* --- the project --------------------------------------------------------------------------------------------------- */

static void set_globals(struct msbuild *project, const char *const *globals)
{
    for (; globals && *globals; globals++) {
        const char *equals = strchr(*globals, '=');

        if (equals)
            msbuild_set(project, &project->globals, msbuild_copy(project, *globals, (size_t)(equals - *globals)),
                        msbuild_copy(project, equals + 1, strlen(equals + 1)));
    }
}

/* What MSBuild itself says about the file. */
static void set_reserved(struct msbuild *project)
{
    const char *slash = strrchr(project->path, '/'), *file = slash + 1, *dot = strrchr(file, '.');
    const char *name = msbuild_copy(project, file, dot ? (size_t)(dot - file) : strlen(file));
    const char *with_slash = msbuild_copy(project, project->path, (size_t)(file - project->path));

    project->directory = msbuild_copy(project, project->path, (size_t)(slash - project->path));
    msbuild_set(project, &project->properties, "MSBuildProjectName", name);
    msbuild_set(project, &project->properties, "MSBuildProjectDirectory", project->directory);
    msbuild_set(project, &project->properties, "MSBuildProjectFullPath", project->path);
    msbuild_set(project, &project->properties, "ProjectName", name);
    msbuild_set(project, &project->properties, "ProjectDir", with_slash);
    msbuild_set(project, &project->properties, "SolutionDir", with_slash);
}

struct msbuild *msbuild_open(const char *path, const char *const *globals)
{
    struct msbuild *project = calloc(1, sizeof *project);
    char whole[4096];

    if (!project)
        abort();
    project->last = &project->items;
    if (!host_file_exists(path) || !host_full_path(path, whole, sizeof whole)) {
        error_set("%s: there is no such file", path);
        goto failed;
    }
    project->path = msbuild_copy(project, whole, strlen(whole));
    set_globals(project, globals);
    set_reserved(project);
    for (enum pass pass = PROPERTIES; pass <= ITEMS; pass++) {
        if (!read_file(project, project->path, pass, 0))
            goto failed;
        msbuild_set_defaults(project);
        if (pass == PROPERTIES)
            msbuild_set_results(project);
    }
    return project;
failed:
    msbuild_close(project);
    return NULL;
}

void msbuild_close(struct msbuild *project)
{
    if (!project)
        return;
    while (project->chunks) {
        struct msbuild_chunk *chunk = project->chunks;

        project->chunks = chunk->next;
        free(chunk);
    }
    free(project);
}

/* --- what was read ------------------------------------------------------------------------------------------------- */

const char *msbuild_property(const struct msbuild *project, const char *name)
{
    const char *value = msbuild_find(project->globals, name);

    value = value ? value : msbuild_find(project->properties, name);
    return value ? value : "";
}

static const struct msbuild_item *of_type(const struct msbuild_item *item, const char *type)
{
    while (item && strcasecmp(item->type, type) != 0)
        item = item->next;
    return item;
}

const struct msbuild_item *msbuild_first(const struct msbuild *project, const char *type)
{
    return of_type(project->items, type);
}

const struct msbuild_item *msbuild_next(const struct msbuild_item *item)
{
    return of_type(item->next, item->type);
}

const char *msbuild_metadata(const struct msbuild_item *item, const char *name)
{
    const char *value = msbuild_find(item->metadata, name);

    return value ? value : "";
}

const char *msbuild_definition(const struct msbuild *project, const char *type, const char *name)
{
    const char *value = NULL;

    for (const struct msbuild_definition *d = project->definitions; d && !value; d = d->next)
        if (!strcasecmp(d->type, type))
            value = msbuild_find(d->metadata, name);
    return value ? value : "";
}

const char *msbuild_directory(const struct msbuild *project)
{
    return project->directory;
}

const char *msbuild_path(const struct msbuild *project)
{
    return project->path;
}
