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
#include "pkg/msbuild_internal.h"

#define PROJECT_LIMIT (16u << 20)
#define ITEM_LIMIT 20000

enum pass { PROPERTIES, DEFINITIONS, ITEMS };

static bool read_file(struct msbuild *project, const char *path, enum pass pass, int depth);

static bool is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !strcasecmp((const char *)node->name, name);
}

/* The attribute in the project's memory; NULL when it is not there. */
static const char *attribute(struct msbuild *project, xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    const char *copy = value ? msbuild_copy(project, (const char *)value, strlen((const char *)value)) : NULL;

    xmlFree(value);
    return copy;
}

static const char *content(struct msbuild *project, xmlNode *node)
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

static const char *node_name(struct msbuild *project, const xmlNode *node)
{
    return msbuild_copy(project, (const char *)node->name, strlen((const char *)node->name));
}

/* Whether the element's condition holds; -1 with error_text(). */
static int holds(struct msbuild_place *place, xmlNode *node)
{
    place->line = (int)xmlGetLineNo(node);
    return msbuild_condition(place, attribute(place->project, node, "Condition"));
}

/* --- properties ---------------------------------------------------------------------------------------------------- */

static bool read_properties(struct msbuild_place *place, xmlNode *group)
{
    for (xmlNode *node = group->children; node; node = node->next) {
        const char *value;
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = holds(place, node);
        if (held < 0)
            return false;
        if (!held)
            continue;
        value = msbuild_expand(place, content(place->project, node));
        if (!value)
            return false;
        msbuild_set(place->project, &place->project->properties, node_name(place->project, node), value);
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

/* Sheets of Visual Studio and the WDK are known by name; others are read when they are there. */
static bool import(struct msbuild_place *place, xmlNode *node, enum pass pass)
{
    const char *path = attribute(place->project, node, "Project"), *slash, *value;
    char directory[4096], found[4096];
    int held = holds(place, node);

    if (held <= 0 || !path)
        return held == 0 || (held > 0 && msbuild_error(place, "an Import without Project"));
    value = msbuild_expand(place, path);
    if (!value)
        return false;
    if (strstr(path, "$(VCTargetsPath") || strstr(path, "$(MSBuild") || strstr(path, "$(WDK"))
        return import_known(place, path, pass);
    slash = strrchr(place->file, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - place->file) : 1, slash ? place->file : ".");
    if (!msbuild_resolve(directory, value, found, sizeof found))
        return msbuild_error(place, "there is no file '%.200s' to import", value);
    return read_file(place->project, found, pass, place->depth + 1);
}

/* --- definitions --------------------------------------------------------------------------------------------------- */

static bool read_metadata(struct msbuild_place *place, xmlNode *parent, struct msbuild_value **metadata)
{
    for (xmlNode *node = parent->children; node; node = node->next) {
        const char *value;
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        place->metadata = *metadata;
        held = holds(place, node);
        value = held > 0 ? msbuild_expand(place, content(place->project, node)) : "";
        place->metadata = NULL;
        if (held < 0 || !value)
            return false;
        if (held)
            msbuild_set(place->project, metadata, node_name(place->project, node), value);
    }
    return true;
}

static struct msbuild_definition *definition(struct msbuild *project, const char *type)
{
    for (struct msbuild_definition *d = project->definitions; d; d = d->next)
        if (!strcasecmp(d->type, type))
            return d;
    return NULL;
}

static bool read_definitions(struct msbuild_place *place, xmlNode *group)
{
    struct msbuild *project = place->project;

    for (xmlNode *node = group->children; node; node = node->next) {
        struct msbuild_definition *d;
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = holds(place, node);
        if (held < 0)
            return false;
        if (!held)
            continue;
        d = definition(project, (const char *)node->name);
        if (!d) {
            d = msbuild_alloc(project, sizeof *d);
            d->type = node_name(project, node);
            d->next = project->definitions;
            project->definitions = d;
        }
        if (!read_metadata(place, node, &d->metadata))
            return false;
    }
    return true;
}

/* --- items --------------------------------------------------------------------------------------------------------- */

/* '*' is any text, '?' one character; no case. */
static bool wildcard_match(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern && (*pattern == '?' || !strncasecmp(pattern, text, 1))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    return !pattern[strspn(pattern, "*")];
}

static bool listed(const char *list, const char *name)
{
    size_t length;
    const char *element;

    while (list && (element = msbuild_element(&list, &length)) != NULL) {
        char pattern[1024];

        snprintf(pattern, sizeof pattern, "%.*s", (int)length, element);
        for (char *p = pattern; *p; p++)
            *p = *p == '\\' ? '/' : *p;
        if (wildcard_match(pattern, name))
            return true;
    }
    return false;
}

static struct msbuild_value *copy_metadata(struct msbuild *project, const struct msbuild_value *from)
{
    struct msbuild_value *copy = NULL;

    for (; from; from = from->next)
        msbuild_set(project, &copy, from->name, from->text);
    return copy;
}

static bool add_item(struct msbuild_place *place, xmlNode *node, const char *include)
{
    struct msbuild *project = place->project;
    const struct msbuild_definition *d = definition(project, (const char *)node->name);
    struct msbuild_item *item = msbuild_alloc(project, sizeof *item);
    int count = 0;

    for (const struct msbuild_item *i = project->items; i; i = i->next)
        count++;
    if (count >= ITEM_LIMIT)
        return msbuild_error(place, "more than %d items", ITEM_LIMIT);
    item->type = node_name(project, node);
    item->include = include;
    item->line = place->line;
    item->metadata = copy_metadata(project, d ? d->metadata : NULL);
    *project->last = item;
    project->last = &item->next;
    return read_metadata(place, node, &item->metadata);
}

/* DIR/pattern: every file of DIR that fits. */
static bool add_matching(struct msbuild_place *place, xmlNode *node, const char *pattern, const char *exclude)
{
    const char *slash = strrchr(pattern, '/'), *last = slash ? slash + 1 : pattern;
    char where[4096], directory[2048], file[4096];
    bool good = true;
    char **names;

    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - pattern) : 0, pattern);
    if (!msbuild_resolve(place->project->directory, directory, where, sizeof where))
        return true;
    names = host_list_dir(where, "");
    for (char **name = names; good && name && *name; name++) {
        snprintf(file, sizeof file, "%s%s%s", directory, slash ? "/" : "", *name);
        if (wildcard_match(last, *name) && !listed(exclude, file))
            good = add_item(place, node, msbuild_copy(place->project, file, strlen(file)));
    }
    host_free_names(names);
    return good;
}

static bool add_included(struct msbuild_place *place, xmlNode *node, const char *list, const char *exclude)
{
    const char *element;
    size_t length;
    bool good = true;

    while (good && (element = msbuild_element(&list, &length)) != NULL) {
        char *name = (char *)(uintptr_t)msbuild_copy(place->project, element, length);

        for (char *p = name; *p; p++)
            *p = *p == '\\' ? '/' : *p;
        if (strpbrk(name, "*?"))
            good = add_matching(place, node, name, exclude);
        else if (!listed(exclude, name))
            good = add_item(place, node, name);
    }
    return good;
}

static void remove_items(struct msbuild *project, const char *type, const char *list)
{
    for (struct msbuild_item **at = &project->items; *at;) {
        struct msbuild_item *item = *at;

        if (!strcasecmp(item->type, type) && listed(list, item->include))
            *at = item->next;
        else
            at = &item->next;
    }
    project->last = &project->items;
    while (*project->last)
        project->last = &(*project->last)->next;
}

static bool update_items(struct msbuild_place *place, xmlNode *node, const char *list)
{
    for (struct msbuild_item *item = place->project->items; item; item = item->next)
        if (!strcasecmp(item->type, (const char *)node->name) && listed(list, item->include) &&
            !read_metadata(place, node, &item->metadata))
            return false;
    return true;
}

static bool read_items(struct msbuild_place *place, xmlNode *group)
{
    static const char *const verbs[] = { "Include", "Exclude", "Remove", "Update" };

    for (xmlNode *node = group->children; node; node = node->next) {
        const char *list[4] = { 0 };
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = holds(place, node);
        if (held < 0)
            return false;
        for (int i = 0; held && i < 4; i++) {
            const char *text = attribute(place->project, node, verbs[i]);

            if (text && !(list[i] = msbuild_expand(place, text)))
                return false;
        }
        if (list[2])
            remove_items(place->project, (const char *)node->name, list[2]);
        if ((list[3] && !update_items(place, node, list[3])) || (list[0] && !add_included(place, node, list[0], list[1])))
            return false;
    }
    return true;
}

/* --- documents ----------------------------------------------------------------------------------------------------- */

static bool read_group(struct msbuild_place *place, xmlNode *parent, enum pass pass);

/* The first When that holds, else Otherwise. */
static bool read_choose(struct msbuild_place *place, xmlNode *choose, enum pass pass)
{
    for (xmlNode *node = choose->children; node; node = node->next) {
        int held = is(node, "When") ? holds(place, node) : is(node, "Otherwise");

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
    int held = wanted ? holds(place, node) : 0;

    if (held <= 0)
        return held == 0;
    if (group)
        return read_group(place, node, pass);
    return pass == PROPERTIES ? read_properties(place, node) : pass == DEFINITIONS ? read_definitions(place, node)
                                                                                  : read_items(place, node);
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
    struct msbuild_place place = { .project = project, .file = msbuild_copy(project, path, strlen(path)), .depth = depth };
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
