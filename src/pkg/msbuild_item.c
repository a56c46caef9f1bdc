/* Item definitions and items of project files: which files they name, what they say about them, and lists of them in values.
 * docs: visualstudio/msbuild/msbuild-items, visualstudio/msbuild/msbuild-transforms */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/tree.h>

#include "pkg/msbuild_xml.h"

#define ITEM_LIMIT 20000

/* --- definitions --------------------------------------------------------------------------------------------------- */

static bool set_metadata(struct msbuild_place *place, const struct msbuild_item *item, struct msbuild_value **metadata, const char *name,
                         const char *text)
{
    const char *value;

    place->metadata = *metadata;
    place->item = item;
    value = msbuild_expand(place, text);
    place->metadata = NULL;
    place->item = NULL;
    if (value)
        msbuild_set(place->project, metadata, name, value);
    return value;
}

/* As projects of MSBuild 15 and later may write metadata. */
static bool read_attributes(struct msbuild_place *place, xmlNode *node, struct msbuild_value **metadata, const struct msbuild_item *item)
{
    static const char *const verbs[] = { "Include", "Exclude", "Remove", "Update", "Condition", "Label", "KeepDuplicates", "KeepMetadata",
                                         "RemoveMetadata", "MatchOnMetadata", "MatchOnMetadataOptions" };

    for (xmlAttr *a = node->properties; a; a = a->next) {
        const char *name = msbuild_copy(place->project, (const char *)a->name, strlen((const char *)a->name));
        bool verb = a->ns != NULL;

        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0] && !verb; i++)
            verb = !strcasecmp(name, verbs[i]);
        if (!verb && !set_metadata(place, item, metadata, name, msbuild_attribute(place->project, node, name)))
            return false;
    }
    return true;
}

/* `item`: whose they are; NULL for a definition. */
static bool read_metadata(struct msbuild_place *place, xmlNode *parent, struct msbuild_value **metadata, const struct msbuild_item *item)
{
    if (!read_attributes(place, parent, metadata, item))
        return false;
    for (xmlNode *node = parent->children; node; node = node->next) {
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        place->metadata = *metadata;
        place->item = item;
        held = msbuild_holds(place, node);
        if (held < 0 || (held && !set_metadata(place, item, metadata, msbuild_node_name(place->project, node),
                                               msbuild_content(place->project, node))))
            return false;
        place->metadata = NULL;
        place->item = NULL;
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

bool msbuild_read_definitions(struct msbuild_place *place, xmlNode *group)
{
    struct msbuild *project = place->project;

    for (xmlNode *node = group->children; node; node = node->next) {
        struct msbuild_definition *d;
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = msbuild_holds(place, node);
        if (held < 0)
            return false;
        if (!held)
            continue;
        d = definition(project, (const char *)node->name);
        if (!d) {
            d = msbuild_alloc(project, sizeof *d);
            d->type = msbuild_node_name(project, node);
            d->next = project->definitions;
            project->definitions = d;
        }
        if (!read_metadata(place, node, &d->metadata, NULL))
            return false;
    }
    return true;
}

/* --- items --------------------------------------------------------------------------------------------------------- */

static bool listed(const char *list, const char *name)
{
    size_t length;
    const char *element;

    while (list && (element = msbuild_element(&list, &length)) != NULL) {
        char pattern[1024];

        snprintf(pattern, sizeof pattern, "%.*s", (int)length, element);
        if (msbuild_matches(pattern, name))
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

/* Includes of one element: what they share. */
struct inclusion {
    struct msbuild_place *place;
    xmlNode *node;
    const char *exclude;
};

/* `from`: the item that is included again, whose metadata the new one has, too; or NULL. */
static bool add_item(const struct inclusion *in, const char *include, const char *recursive, const struct msbuild_item *from)
{
    struct msbuild *project = in->place->project;
    const struct msbuild_definition *d = definition(project, (const char *)in->node->name);
    struct msbuild_item *item;

    if (listed(in->exclude, include))
        return true;
    if (++project->item_count > ITEM_LIMIT)
        return msbuild_error(in->place, "more than %d items", ITEM_LIMIT);
    item = msbuild_alloc(project, sizeof *item);
    item->type = msbuild_node_name(project, in->node);
    item->include = include;
    item->recursive = recursive;
    item->line = in->place->line;
    item->metadata = copy_metadata(project, d ? d->metadata : NULL);
    for (const struct msbuild_value *value = from ? from->metadata : NULL; value; value = value->next)
        msbuild_set(project, &item->metadata, value->name, value->text);
    *project->last = item;
    project->last = &item->next;
    return read_metadata(in->place, in->node, &item->metadata, item);
}

static const char *copy_text(struct msbuild *project, const char *text)
{
    return msbuild_copy(project, text, strlen(text));
}

static bool add_match(void *context, const char *file, const char *recursive)
{
    const struct inclusion *in = context;

    return add_item(in, copy_text(in->place->project, file), copy_text(in->place->project, recursive), NULL);
}

/* One name or wildcard, expanded. */
static bool add_named(struct inclusion *in, const char *text, size_t length)
{
    struct msbuild *project = in->place->project;
    char *name = (char *)(uintptr_t)msbuild_copy(project, text, length);

    for (char *p = name; *p; p++)
        *p = *p == '\\' ? '/' : *p;
    if (strpbrk(name, "*?"))
        return msbuild_glob(in->place, project->directory, name, add_match, in);
    msbuild_unescape(name);
    return add_item(in, name, NULL, NULL);
}

/* @(NAME) alone: these items again. Those that this adds are not among them. */
static bool add_again(struct inclusion *in, const char *type, size_t length)
{
    struct msbuild_item **end = in->place->project->last;

    for (struct msbuild_item **at = &in->place->project->items; at != end; at = &(*at)->next)
        if (strlen((*at)->type) == length && !strncasecmp((*at)->type, type, length) &&
            !add_item(in, (*at)->include, (*at)->recursive, *at))
            return false;
    return true;
}

/* An element of the list as it is written, before expansion. */
static bool add_written(struct inclusion *in, const char *text, size_t length)
{
    const char *list, *element;
    bool good = true;

    if (length > 3 && !strncmp(text, "@(", 2) && text[length - 1] == ')' && strcspn(text, "-,'") >= length)
        return add_again(in, text + 2, length - 3);
    list = msbuild_expand(in->place, msbuild_copy(in->place->project, text, length));
    while (good && list && (element = msbuild_element(&list, &length)) != NULL)
        good = add_named(in, element, length);
    return good && list;
}

/* Up to the next semicolon outside of references. */
static size_t written_length(const char *text)
{
    const char *at = text;

    while (*at && *at != ';') {
        size_t reference = strchr("$%@", *at) && at[1] == '(' ? msbuild_reference_length(at) : 1;

        at += reference ? reference : 1;
    }
    return (size_t)(at - text);
}

static bool add_included(struct inclusion *in, const char *list)
{
    for (;;) {
        size_t length;

        list += strspn(list, "; \t\r\n");
        if (!*list)
            return true;
        length = written_length(list);
        size_t kept = length;
        while (kept && strchr(" \t\r\n", list[kept - 1]))
            kept--;
        if (!add_written(in, list, kept))
            return false;
        list += length;
    }
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
            !read_metadata(place, node, &item->metadata, item))
            return false;
    return true;
}

bool msbuild_read_items(struct msbuild_place *place, xmlNode *group)
{
    static const char *const verbs[] = { "Include", "Exclude", "Remove", "Update" };

    for (xmlNode *node = group->children; node; node = node->next) {
        const char *list[4] = { 0 };
        int held;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        held = msbuild_holds(place, node);
        if (held < 0)
            return false;
        for (int i = 0; held && i < 4; i++) {
            const char *text = msbuild_attribute(place->project, node, verbs[i]);

            if (text && !(list[i] = i == 0 ? text : msbuild_expand(place, text)))
                return false;
        }
        struct inclusion in = { place, node, list[1] };
        if (list[2])
            remove_items(place->project, (const char *)node->name, list[2]);
        if ((list[3] && !update_items(place, node, list[3])) || (list[0] && !add_included(&in, list[0])))
            return false;
    }
    return true;
}

/* --- what an item says about its file ------------------------------------------------------------------------------ */

const char *msbuild_known_metadata(struct msbuild *project, const struct msbuild_item *item, const char *name)
{
    const char *include = item->include, *slash = strrchr(include, '/'), *file = slash ? slash + 1 : include, *dot = strrchr(file, '.');
    char whole[8192], text[8192];

    if (!strcasecmp(name, "Identity"))
        return include;
    if (!strcasecmp(name, "Filename"))
        return msbuild_copy(project, file, dot ? (size_t)(dot - file) : strlen(file));
    if (!strcasecmp(name, "Extension"))
        return dot ? dot : "";
    if (!strcasecmp(name, "RelativeDir"))
        return msbuild_copy(project, include, (size_t)(file - include));
    if (!strcasecmp(name, "RecursiveDir"))
        return item->recursive ? item->recursive : "";
    if (!strcasecmp(name, "RootDir"))
        return "/";
    snprintf(whole, sizeof whole, "%.4000s%s%.4000s", *include == '/' ? "" : project->directory, *include == '/' ? "" : "/", include);
    if (!strcasecmp(name, "FullPath"))
        return copy_text(project, whole);
    snprintf(text, sizeof text, "%.*s", (int)(strrchr(whole, '/') - whole), whole + 1);
    return strcasecmp(name, "Directory") ? NULL : copy_text(project, text);
}

/* --- lists in values ----------------------------------------------------------------------------------------------- */

/* What stands between @( and ). */
struct reference {
    char name[128], transform[1024], separator[64];
    bool transformed;
};

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* At a quote: what stands between it and the next. NULL: it is open or too long. */
static const char *read_quoted(const char *at, char *text, size_t size)
{
    const char *end = *at == '\'' ? strchr(at + 1, '\'') : NULL;

    if (!end || (size_t)(end - at) > size)
        return NULL;
    snprintf(text, size, "%.*s", (int)(end - at - 1), at + 1);
    return end + 1;
}

static bool parse_reference(const char *text, struct reference *r)
{
    const char *at = skip_blanks(text);
    size_t length = strcspn(at, " \t\r\n,-");

    *r = (struct reference){ .separator = ";" };
    if (!length || length >= sizeof r->name)
        return false;
    snprintf(r->name, sizeof r->name, "%.*s", (int)length, at);
    at = skip_blanks(at + length);
    if (!strncmp(at, "->", 2)) {
        r->transformed = true;
        at = read_quoted(skip_blanks(at + 2), r->transform, sizeof r->transform);
        at = at ? skip_blanks(at) : NULL;
    }
    if (at && *at == ',') {
        at = read_quoted(skip_blanks(at + 1), r->separator, sizeof r->separator);
        at = at ? skip_blanks(at) : NULL;
    }
    return at && !*at;
}

const char *msbuild_item_list(const struct msbuild_place *place, const char *text)
{
    struct msbuild_place of_item = *place;
    struct reference r;
    char *result = NULL;
    size_t size = 0;
    FILE *out;
    bool good = parse_reference(text, &r), first = true;

    if (!good) {
        msbuild_error(place, "@(%.60s) is not understood; @(NAME), @(NAME->'TEXT') and a separator behind them are", text);
        return NULL;
    }
    if (!(out = open_memstream(&result, &size)))
        abort();
    for (const struct msbuild_item *item = place->project->items; good && item; item = item->next) {
        const char *value = item->include;

        if (strcasecmp(item->type, r.name) != 0)
            continue;
        of_item.item = item;
        of_item.metadata = item->metadata;
        if (r.transformed)
            value = msbuild_expand(&of_item, r.transform);
        good = value && (size_t)ftell(out) + strlen(value) < MSBUILD_TEXT_MAX;
        if (value && !good)
            msbuild_error(place, "a value is longer than %d characters", MSBUILD_TEXT_MAX);
        if (good)
            fprintf(out, "%s%s", first ? "" : r.separator, value);
        first = false;
    }
    fclose(out);
    const char *copy = good ? copy_text(place->project, result) : NULL;
    free(result);
    return copy;
}
