/* What values of project files can do: the methods of System.String, and paths. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/dir.h"
#include "pkg/msbuild_function.h"

static const char *copy(const struct msbuild_call *c, const char *text, size_t length)
{
    return msbuild_copy(c->place->project, text, length);
}

const char *msbuild_join(const struct msbuild_call *call, const char *between, int first)
{
    size_t size = 1, gap = strlen(between);
    char *text, *at;

    for (int i = first; i < call->count; i++)
        size += strlen(call->argument[i]) + gap;
    text = at = msbuild_alloc(call->place->project, size);
    for (int i = first; i < call->count; i++)
        at += sprintf(at, "%s%s", i > first ? between : "", call->argument[i]);
    return text;
}

/* --- texts ---------------------------------------------------------------------------------------------------------- */

static const char *change_case(const struct msbuild_call *c, int (*change)(int))
{
    char *text = msbuild_alloc(c->place->project, strlen(c->self) + 1);

    for (size_t i = 0; c->self[i]; i++)
        text[i] = (char)change((unsigned char)c->self[i]);
    return text;
}

static const char *trim(const struct msbuild_call *c, bool front, bool back)
{
    const char *what = c->count ? c->argument[0] : " \t\r\n", *start = c->self;
    size_t length = strlen(start);

    while (front && *start && strchr(what, *start)) {
        start++;
        length--;
    }
    while (back && length && strchr(what, start[length - 1]))
        length--;
    return copy(c, start, length);
}

static const char *replace(const struct msbuild_call *c, const char *from, const char *to)
{
    size_t old = strlen(from), count = 0;
    const char *at = c->self, *hit;
    char *text, *end;

    if (!old)
        return c->self;
    for (hit = strstr(at, from); hit; hit = strstr(hit + old, from))
        count++;
    text = end = msbuild_alloc(c->place->project, strlen(at) + count * strlen(to) + 1);
    for (; (hit = strstr(at, from)); at = hit + old)
        end += sprintf(end, "%.*s%s", (int)(hit - at), at, to);
    strcpy(end, at);
    return text;
}

/* A piece of the value; NULL with error_text() when it is not inside. */
static const char *piece(const struct msbuild_call *c, bool removed)
{
    size_t all = strlen(c->self), start = strtoul(c->argument[0], NULL, 10);
    size_t length = c->count > 1 ? strtoul(c->argument[1], NULL, 10) : all - start;
    char *text;

    if (start > all || length > all - start) {
        msbuild_error(c->place, "%.40s: '%.60s' has only %zu characters", c->name, c->self, all);
        return NULL;
    }
    if (!removed)
        return copy(c, c->self + start, length);
    text = msbuild_alloc(c->place->project, all + 1);
    sprintf(text, "%.*s%s", (int)start, c->self, c->self + start + length);
    return text;
}

static bool ignores_case(const struct msbuild_call *c)
{
    return c->count > 1 && strcasestr(c->argument[1], "IgnoreCase");
}

static bool same(const struct msbuild_call *c, const char *text, size_t length)
{
    return ignores_case(c) ? !strncasecmp(text, c->argument[0], length) : !strncmp(text, c->argument[0], length);
}

static const char *find_in(const struct msbuild_call *c, bool last)
{
    const char *found = NULL, *at = c->self;

    while ((at = ignores_case(c) ? strcasestr(at, c->argument[0]) : strstr(at, c->argument[0]))) {
        found = at++;
        if (!last || !at[-1])
            break;
    }
    return found;
}

static const char *ask(const struct msbuild_call *c)
{
    size_t all = strlen(c->self), part = strlen(c->argument[0]);
    const char *found;

    if (!strcasecmp(c->name, "StartsWith"))
        return msbuild_truth(part <= all && same(c, c->self, part));
    if (!strcasecmp(c->name, "EndsWith"))
        return msbuild_truth(part <= all && same(c, c->self + all - part, part));
    if (!strcasecmp(c->name, "Equals"))
        return msbuild_truth(part == all && same(c, c->self, part));
    if (!strcasecmp(c->name, "Contains"))
        return msbuild_truth(find_in(c, false) != NULL);
    if (!strcasecmp(c->name, "CompareTo"))
        return msbuild_number(c->place, strcmp(c->self, c->argument[0]));
    if (strcasecmp(c->name, "IndexOf") && strcasecmp(c->name, "LastIndexOf"))
        return NULL;
    found = find_in(c, toupper((unsigned char)c->name[0]) == 'L');
    return msbuild_number(c->place, found ? (double)(found - c->self) : -1);
}

static const char *split(const struct msbuild_call *c)
{
    char *text = msbuild_alloc(c->place->project, strlen(c->self) + 1);

    for (size_t i = 0; c->self[i]; i++)
        text[i] = strchr(c->argument[0], c->self[i]) ? ';' : c->self[i];
    return text;
}

static const char *pad(const struct msbuild_call *c, bool left)
{
    size_t width = strtoul(c->argument[0], NULL, 10), length = strlen(c->self);
    char fill = c->count > 1 && *c->argument[1] ? *c->argument[1] : ' ', *text;

    if (width > 4096 || width <= length)
        return c->self;
    text = msbuild_alloc(c->place->project, width + 1);
    memset(text, fill, width);
    memcpy(text + (left ? width - length : 0), c->self, length);
    return text;
}

/* Length, and the parts of a version: values without parentheses. */
static const char *value_of(const struct msbuild_call *c)
{
    static const char *const parts[] = { "Major", "Minor", "Build", "Revision" };
    long part[4];

    if (!strcasecmp(c->name, "FullName"))               /* of a directory */
        return c->self;
    if (!strcasecmp(c->name, "Length"))
        return msbuild_number(c->place, (double)strlen(c->self));
    msbuild_version(c->self, part);
    for (int i = 0; i < 4; i++)
        if (!strcasecmp(c->name, parts[i]))
            return msbuild_number(c->place, (double)part[i]);
    return NULL;
}

static const char *without_arguments(const struct msbuild_call *c)
{
    if (!strncasecmp(c->name, "ToUpper", 7))
        return change_case(c, toupper);
    if (!strncasecmp(c->name, "ToLower", 7))
        return change_case(c, tolower);
    return !strcasecmp(c->name, "ToString") ? c->self : NULL;
}

static const char *with_arguments(const struct msbuild_call *c, bool *list)
{
    if (!strcasecmp(c->name, "Split")) {
        *list = true;
        return split(c);
    }
    if (!strcasecmp(c->name, "Replace") && c->count == 2)
        return replace(c, c->argument[0], c->argument[1]);
    if (!strcasecmp(c->name, "Substring") || !strcasecmp(c->name, "Remove"))
        return piece(c, c->name[0] == 'R' || c->name[0] == 'r');
    if (!strcasecmp(c->name, "PadLeft") || !strcasecmp(c->name, "PadRight"))
        return pad(c, toupper((unsigned char)c->name[3]) == 'L');
    return ask(c);
}

const char *msbuild_method(const struct msbuild_call *c, bool *list)
{
    const char *value = NULL;

    *list = false;
    value = msbuild_time_method(c);
    if (value)
        return value;
    if (!c->called)
        value = value_of(c);
    else if (!strcasecmp(c->name, "Trim") || !strcasecmp(c->name, "TrimStart") || !strcasecmp(c->name, "TrimEnd"))
        value = trim(c, strcasecmp(c->name, "TrimEnd") != 0, strcasecmp(c->name, "TrimStart") != 0);
    else
        value = c->count ? with_arguments(c, list) : without_arguments(c);
    if (!value && strcasecmp(c->name, "Substring") && strcasecmp(c->name, "Remove"))
        msbuild_error(c->place, "the property function %.60s with %d arguments is not understood", c->name, c->count);
    return value;
}

const char *msbuild_index(const struct msbuild_place *place, const char *value, bool list, long index)
{
    const char *at = value;

    if (!list && index >= 0 && (size_t)index < strlen(value))
        return msbuild_copy(place->project, value + index, 1);
    for (long i = 0; list && at && i < index; i++) {
        at = strchr(at, ';');
        at += at != NULL;
    }
    if (list && index >= 0 && at)
        return msbuild_copy(place->project, at, strcspn(at, ";"));
    msbuild_error(place, "'%.60s' has no part %ld", value, index);
    return NULL;
}

/* --- paths ---------------------------------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *last = path;

    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            last = path + 1;
    return last;
}

static bool is_rooted(const char *path)
{
    return *path == '/' || *path == '\\' || (*path && path[1] == ':');
}

/* The whole path, without "." and "..". */
static const char *whole(const struct msbuild_call *c, const char *path)
{
    const char *directory = is_rooted(path) ? "" : c->place->project->directory;
    char *text = msbuild_alloc(c->place->project, strlen(directory) + strlen(path) + 2), *to;
    char *from;

    sprintf(text, "%s%s%s", directory, *directory ? "/" : "", path);
    for (from = text; *from; from++)
        *from = *from == '\\' ? '/' : *from;
    for (from = to = text; *from;) {
        size_t length = strcspn(from, "/"), step = length + (from[length] == '/');

        if (length == 2 && !strncmp(from, "..", 2)) {
            while (to > text + 1 && *--to && to[-1] != '/')
                ;
        } else if (!(length == 1 && *from == '.') && (length || from == text)) {
            memmove(to, from, step);
            to += step;
        }
        from += step;
    }
    *to = 0;
    return text;
}

static const char *combine(const struct msbuild_call *c)
{
    const char *path = "";

    for (int i = 0; i < c->count; i++) {
        size_t length = strlen(path);
        char *next = msbuild_alloc(c->place->project, length + strlen(c->argument[i]) + 2);
        bool slash = length && path[length - 1] != '/' && path[length - 1] != '\\';

        sprintf(next, "%s%s%s", is_rooted(c->argument[i]) ? "" : path, is_rooted(c->argument[i]) || !slash ? "" : "\\", c->argument[i]);
        path = next;
    }
    return path;
}

static const char *with_slash(const struct msbuild_call *c, const char *path)
{
    size_t length = strlen(path);
    char *text = msbuild_alloc(c->place->project, length + 2);

    sprintf(text, "%s%s", path, length && path[length - 1] != '/' && path[length - 1] != '\\' ? (strchr(path, '/') ? "/" : "\\") : "");
    return text;
}

/* The nearest directory from `start` up that has `name`; "" when none has. */
static const char *above(const struct msbuild_call *c, const char *start, const char *name, bool with_name)
{
    char directory[4096], found[4096];
    char *slash;

    snprintf(directory, sizeof directory, "%s", whole(c, start));
    for (;;) {
        if (msbuild_resolve(directory, name, found, sizeof found))
            return with_name ? copy(c, found, strlen(found)) : copy(c, directory, strlen(directory));
        slash = strrchr(directory, '/');
        if (!slash || slash == directory)
            return "";
        *slash = 0;
    }
}

static const char *own_directory(const struct msbuild_call *c)
{
    return msbuild_property_at(c->place, "MSBuildThisFileDirectory");
}

static const char *of_one_path(const struct msbuild_call *c, const char *path)
{
    const char *last = last_part(path), *dot = strrchr(last, '.');
    char found[4096];

    if (!strcasecmp(c->name, "GetFileName"))
        return last;
    if (!strcasecmp(c->name, "GetFileNameWithoutExtension"))
        return copy(c, last, dot ? (size_t)(dot - last) : strlen(last));
    if (!strcasecmp(c->name, "GetExtension"))
        return dot ? dot : "";
    if (!strcasecmp(c->name, "GetDirectoryName"))
        return copy(c, path, last > path ? (size_t)(last - path) - 1 : 0);
    if (!strcasecmp(c->name, "GetParent")) {
        const char *all = whole(c, path), *slash = strrchr(all, '/');

        return copy(c, all, slash > all ? (size_t)(slash - all) : 1);
    }
    if (!strcasecmp(c->name, "IsPathRooted"))
        return msbuild_truth(is_rooted(path));
    if (!strcasecmp(c->name, "Exists"))
        return msbuild_truth(*path && msbuild_resolve(c->place->project->directory, path, found, sizeof found));
    if (!strcasecmp(c->name, "EnsureTrailingSlash"))
        return with_slash(c, path);
    if (!strcasecmp(c->name, "GetPathOfFileAbove"))
        return above(c, own_directory(c), path, true);
    return !strcasecmp(c->name, "GetFullPath") ? whole(c, path) : NULL;
}

const char *msbuild_path_function(const struct msbuild_call *c)
{
    if (c->count >= 1 && !strcasecmp(c->name, "Combine"))
        return combine(c);
    if (c->count >= 1 && !strcasecmp(c->name, "NormalizePath"))
        return whole(c, combine(c));
    if (c->count >= 1 && !strcasecmp(c->name, "NormalizeDirectory"))
        return with_slash(c, whole(c, combine(c)));
    if (c->count == 2 && !strcasecmp(c->name, "GetDirectoryNameOfFileAbove"))
        return above(c, c->argument[0], c->argument[1], false);
    if (c->count == 2 && !strcasecmp(c->name, "GetPathOfFileAbove"))
        return above(c, c->argument[1], c->argument[0], true);
    return c->count == 1 ? of_one_path(c, c->argument[0]) : NULL;
}
