/* Wildcards of project files. A pattern is taken name by name from its front: a plain name is only looked for, one with `*` or `?` is compared
 * with each entry of its directory, `**` stands for no directory or any number of them. Names that begin with a dot are not found.
 * docs: visualstudio/msbuild/how-to-select-the-files-to-build */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/dir.h"
#include "host/file.h"
#include "pkg/msbuild_internal.h"

#define DEPTH 24                        /* directories below `**` */
#define DIRECTORIES 20000               /* looked into by one pattern */

struct walk {
    const struct msbuild_place *place;
    const char *root;
    bool (*take)(void *context, const char *file, const char *recursive);
    void *context;
    int looked_into;
};

/* One name against one name. */
static bool name_matches(const char *pattern, size_t length, const char *text, size_t text_length)
{
    const char *end = pattern + length, *last = text + text_length, *star = NULL, *resume = NULL;

    while (text < last) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (pattern < end && (*pattern == '?' || !strncasecmp(pattern, text, 1))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

static const char *skip_dots(const char *path)
{
    while (path[0] == '.' && (path[1] == '/' || path[1] == '\\'))
        path += 2;
    return path;
}

static bool is_any(const char *name, size_t length)
{
    return length == 2 && !strncmp(name, "**", 2);
}

/* The pattern to go back to when the rest does not fit is the last `**`: what it stands for grows by a name. */
bool msbuild_matches(const char *pattern, const char *path)
{
    const char *any = NULL, *resume = NULL;

    pattern = skip_dots(pattern);
    path = skip_dots(path);
    while (*path) {
        size_t length = strcspn(pattern, "/\\"), name = strcspn(path, "/\\");

        if (is_any(pattern, length)) {
            any = pattern += length + (pattern[length] != 0);
            resume = path;
        } else if (length && name_matches(pattern, length, path, name) && (pattern[length] != 0) == (path[name] != 0)) {
            pattern += length + (pattern[length] != 0);
            path += name + (path[name] != 0);
        } else if (any) {
            size_t skipped = strcspn(resume, "/\\");

            if (!resume[skipped])
                return false;
            path = resume += skipped + 1;
            pattern = any;
        } else {
            return false;
        }
    }
    return !*pattern;
}

static bool walk(struct walk *w, const char *prefix, const char *pattern, const char *recursive, int depth);

/* prefix + name + "/" + recursive's growth. */
static bool enter(struct walk *w, const char *prefix, const char *name, const char *pattern, const char *recursive, int depth)
{
    char below[2048], grown[2048];

    if ((size_t)snprintf(below, sizeof below, "%s%s/", prefix, name) >= sizeof below ||
        (size_t)snprintf(grown, sizeof grown, "%s%s/", recursive ? recursive : "", name) >= sizeof grown)
        return true;
    return walk(w, below, pattern, recursive ? grown : NULL, depth + 1);
}

static char **entries(struct walk *w, const char *prefix, bool *good)
{
    char whole[4096];

    if (!msbuild_resolve(w->root, prefix, whole, sizeof whole))
        return NULL;
    if (++w->looked_into > DIRECTORIES) {
        *good = msbuild_error(w->place, "a wildcard looks into more than %d directories", DIRECTORIES);
        return NULL;
    }
    return host_list_dir(whole, "");
}

static bool is_directory(const struct walk *w, const char *prefix, const char *name)
{
    char path[4096], whole[4096];

    if ((size_t)snprintf(path, sizeof path, "%s%s", prefix, name) >= sizeof path || !msbuild_resolve(w->root, path, whole, sizeof whole))
        return false;
    return host_is_dir(whole);
}

/* Every entry that fits the name at the front: files when it is the last, directories otherwise. */
static bool walk_name(struct walk *w, const char *prefix, const char *pattern, size_t length, const char *recursive, int depth)
{
    bool good = true, last = !pattern[length];
    char **names = entries(w, prefix, &good), file[4096];

    for (char **name = names; good && name && *name; name++) {
        if (!name_matches(pattern, length, *name, strlen(*name)) || is_directory(w, prefix, *name) == last)
            continue;
        if (!last)
            good = enter(w, prefix, *name, pattern + length + 1, NULL, depth);
        else if ((size_t)snprintf(file, sizeof file, "%s%s", prefix, *name) < sizeof file)
            good = w->take(w->context, file, recursive ? recursive : "");
    }
    host_free_names(names);
    return good;
}

static bool walk_any(struct walk *w, const char *prefix, const char *pattern, size_t length, const char *recursive, int depth)
{
    const char *rest = pattern[length] ? pattern + length + 1 : "*";
    bool good = walk(w, prefix, rest, recursive ? recursive : "", depth);
    char **names = good && depth < DEPTH ? entries(w, prefix, &good) : NULL;

    for (char **name = names; good && name && *name; name++)
        if (is_directory(w, prefix, *name))
            good = enter(w, prefix, *name, pattern, recursive ? recursive : "", depth);
    host_free_names(names);
    return good;
}

static bool walk(struct walk *w, const char *prefix, const char *pattern, const char *recursive, int depth)
{
    size_t length = strcspn(pattern, "/\\");
    char below[2048];

    if (is_any(pattern, length))
        return walk_any(w, prefix, pattern, length, recursive, depth);
    if (!pattern[length] || memchr(pattern, '*', length) || memchr(pattern, '?', length))
        return walk_name(w, prefix, pattern, length, recursive, depth);
    if ((size_t)snprintf(below, sizeof below, "%s%.*s/", prefix, (int)length, pattern) >= sizeof below)
        return true;
    return walk(w, below, pattern + length + 1, NULL, depth);
}

bool msbuild_glob(const struct msbuild_place *place, const char *directory, const char *pattern,
                  bool (*take)(void *context, const char *file, const char *recursive), void *context)
{
    struct walk w = { .place = place, .root = directory, .take = take, .context = context };

    return walk(&w, "", pattern, NULL, 0);
}
