/* Values: $(PROPERTY), %(METADATA); and where files are. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/msbuild_internal.h"

void *msbuild_alloc(struct msbuild *project, size_t size)
{
    struct msbuild_chunk *chunk = calloc(1, sizeof *chunk + size);

    if (!chunk)
        abort();
    chunk->next = project->chunks;
    project->chunks = chunk;
    return chunk->data;
}

const char *msbuild_copy(struct msbuild *project, const char *text, size_t length)
{
    char *copy = msbuild_alloc(project, length + 1);

    memcpy(copy, text, length);
    return copy;
}

const char *msbuild_find(const struct msbuild_value *list, const char *name)
{
    for (; list; list = list->next)
        if (!strcasecmp(list->name, name))
            return list->text;
    return NULL;
}

void msbuild_set(struct msbuild *project, struct msbuild_value **list, const char *name, const char *text)
{
    struct msbuild_value *value;

    for (value = *list; value; value = value->next)
        if (!strcasecmp(value->name, name)) {
            value->text = text;
            return;
        }
    value = msbuild_alloc(project, sizeof *value);
    *value = (struct msbuild_value){ name, text, *list };
    *list = value;
}

bool msbuild_error(const struct msbuild_place *place, const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return error_set("%s:%d: %s", place->file, place->line, reason);
}

/* --- expansion ----------------------------------------------------------------------------------------------------- */

struct output {
    char *text;
    size_t used;
};

static bool put(struct output *out, const char *text, size_t length)
{
    if (length >= MSBUILD_TEXT_MAX - out->used)
        return false;
    memcpy(out->text + out->used, text, length);
    out->used += length;
    return true;
}

const char *msbuild_property_at(const struct msbuild_place *place, const char *name)
{
    const char *slash = strrchr(place->file, '/'), *last = slash ? slash + 1 : place->file, *dot = strrchr(last, '.'), *value;

    if (!strcasecmp(name, "MSBuildThisFileDirectory"))
        return msbuild_copy(place->project, place->file, (size_t)(last - place->file));
    if (!strcasecmp(name, "MSBuildThisFile"))
        return last;
    if (!strcasecmp(name, "MSBuildThisFileFullPath"))
        return place->file;
    if (!strcasecmp(name, "MSBuildThisFileName"))
        return msbuild_copy(place->project, last, dot ? (size_t)(dot - last) : strlen(last));
    if (!strcasecmp(name, "OS"))
        return "Windows_NT";
    value = msbuild_find(place->project->globals, name);
    if (!value)
        value = msbuild_find(place->project->properties, name);
    return value ? value : "";
}

/* One $(...), %(...) or @(...) at `at`; *length is what it takes. NULL with error_text(). */
static const char *reference(const struct msbuild_place *place, const char *at, size_t *length)
{
    const char *dot, *name, *value;

    *length = msbuild_reference_length(at);
    if (!*length) {
        msbuild_error(place, "'%.40s' has no closing parenthesis", at);
        return NULL;
    }
    name = msbuild_copy(place->project, at + 2, *length - 3);
    if (*at == '$' && !strncasecmp(name, "Registry:", 9))
        return "";                                  /* the registry of no computer */
    if (*at == '$')
        return strpbrk(name, ".[(") ? msbuild_evaluate(place, name) : msbuild_property_at(place, name);
    if (*at == '@')
        return msbuild_item_list(place, name);
    dot = strchr(name, '.');                        /* %(ClCompile.Name) */
    name = dot ? dot + 1 : name;
    value = msbuild_find(place->metadata, name);
    if (!value && place->item)
        value = msbuild_known_metadata(place->project, place->item, name);
    return value ? value : "";
}

const char *msbuild_expand(const struct msbuild_place *place, const char *text)
{
    struct output out = { .text = malloc(MSBUILD_TEXT_MAX) };
    const char *result = NULL;

    if (!out.text)
        abort();
    while (*text) {
        size_t length = strcspn(text, place->with_items ? "$%@" : "$%");
        const char *value = text;

        if (length == 0 && *text && text[1] == '(') {
            size_t taken = 0;

            value = reference(place, text, &taken);
            if (!value)
                goto done;
            length = strlen(value);
            text += taken;
        } else {
            length = length ? length : 1;
            text += length;
        }
        if (!put(&out, value, length)) {
            msbuild_error(place, "a value is longer than %d characters", MSBUILD_TEXT_MAX);
            goto done;
        }
    }
    result = msbuild_copy(place->project, out.text, out.used);
done:
    free(out.text);
    return result;
}

const char *msbuild_element(const char **list, size_t *length)
{
    while (**list == ';' || **list == ' ' || **list == '\t' || **list == '\n' || **list == '\r')
        (*list)++;
    if (!**list)
        return NULL;
    const char *start = *list;
    *length = strcspn(start, ";");
    *list = start + *length;
    while (*length && strchr(" \t\r\n", start[*length - 1]))
        (*length)--;
    return start;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

void msbuild_unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1, low = high > 0 ? hex_digit(from[2]) : -1;

        *to = low >= 0 ? (char)(high * 16 + low) : *from;
        from += low >= 0 ? 3 : 1;
    }
    *to = 0;
}

/* --- files --------------------------------------------------------------------------------------------------------- */

/* Puts the entry of `directory` that is `name` in any case into result; the name as it is when there is none. */
static bool entry_of(const char *directory, const char *name, char *result, size_t size)
{
    char **names;
    bool found = false;

    if ((size_t)snprintf(result, size, "%s/%s", directory, name) >= size)
        return false;
    if (host_file_exists(result))
        return true;
    names = host_list_dir(directory, "");
    for (char **entry = names; entry && *entry && !found; entry++)
        if (!strcasecmp(*entry, name))
            found = (size_t)snprintf(result, size, "%s/%s", directory, *entry) < size;
    host_free_names(names);
    return found;
}

bool msbuild_resolve(const char *directory, const char *path, char *result, size_t size)
{
    char where[4096], part[1024];
    bool found = true;

    if (path[0] && path[1] == ':')
        return false;                               /* a drive of Windows */
    snprintf(where, sizeof where, "%s", path[0] == '/' || path[0] == '\\' ? "" : directory);
    while (found && *path) {
        size_t length = strcspn(path, "/\\");

        if (length >= sizeof part)
            return false;
        memcpy(part, path, length);
        part[length] = 0;
        path += length + (path[length] != 0);
        if (length == 0 || !strcmp(part, "."))
            continue;
        found = entry_of(where, part, result, size);
        snprintf(where, sizeof where, "%s", result);
    }
    return found && (size_t)snprintf(result, size, "%s", where) < size;
}
