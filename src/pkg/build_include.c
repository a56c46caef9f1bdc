#include "pkg/build_include.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_plan.h"
#include "pkg/msbuild_internal.h"

#define FILES_MAX 512
#define DEPTH_MAX 32
#define TEXT_MAX (16u << 20)

struct includes {
    const char *const *directories;
    struct build_list seen;
    uint64_t newest;
    int depth;
};

static void follow(struct includes *found, const char *path);

static void find(struct includes *found, const char *from, const char *name, size_t length)
{
    char directory[BUILD_PATH], file[1024], whole[BUILD_PATH];

    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(from, '/') - from), from);
    snprintf(file, sizeof file, "%.*s", (int)length, name);
    if (!file[0] || strlen(file) != length)
        return;
    if (msbuild_resolve(directory, file, whole, sizeof whole)) {
        follow(found, whole);
        return;
    }
    for (const char *const *d = found->directories; *d; d++)
        if (msbuild_resolve(*d, file, whole, sizeof whole)) {
            follow(found, whole);
            return;
        }
}

/* The name behind `include`: quoted, in < >, or up to the end of the word. */
static void include_line(struct includes *found, const char *from, const char *at)
{
    const char *closing;

    at += strspn(at, " \t");
    closing = *at == '"' ? "\"\n" : *at == '<' ? ">\n" : " \t;\r\n";
    at += *at == '"' || *at == '<';
    find(found, from, at, strcspn(at, closing));
}

/* Whether the line is NAME TYPE "FILE", with a type whose data is a file. */
static bool names_file(const char *line)
{
    static const char *const types[] = { "ICON", "BITMAP", "CURSOR", "RT_MANIFEST", "24", "RCDATA", "FONT", "MESSAGETABLE", "HTML", "11" };
    const char *type = line + strspn(line, " \t");

    type += strcspn(type, " \t\r\n");
    type += strspn(type, " \t");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t length = strlen(types[i]);

        if (!strncasecmp(type, types[i], length) && (type[length] == ' ' || type[length] == '\t' || type[length] == '"'))
            return true;
    }
    return false;
}

static void quoted_name(struct includes *found, const char *from, const char *line)
{
    const char *end = line + strcspn(line, "\n"), *open = memchr(line, '"', (size_t)(end - line));
    const char *close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;

    if (close && names_file(line))
        find(found, from, open + 1, (size_t)(close - open - 1));
}

static void scan(struct includes *found, const char *path, const char *text)
{
    bool script = !strcasecmp(path + strlen(path) - (strlen(path) < 3 ? 0 : 3), ".rc");

    for (const char *line = text; line; line = strchr(line, '\n')) {
        const char *at;

        line += *line == '\n';
        at = line + strspn(line, " \t");
        if (*at == '#')
            at += 1 + strspn(at + 1, " \t");
        if (!strncasecmp(at, "include", 7) && (isspace((unsigned char)at[7]) || at[7] == '"' || at[7] == '<'))
            include_line(found, path, at + 7);
        else if (script)
            quoted_name(found, path, line);
        if (!*line)
            break;
    }
}

static void follow(struct includes *found, const char *path)
{
    uint64_t changed = host_file_time(path);
    uint8_t *data;
    char *text;
    size_t size;

    if (build_has(&found->seen, path) || found->seen.count == FILES_MAX || found->depth == DEPTH_MAX)
        return;
    build_add(&found->seen, "%s", path);
    found->newest = changed > found->newest ? changed : found->newest;
    if (!changed || !host_read_file(path, TEXT_MAX, &data, &size))
        return;
    text = realloc(data, size + 1);
    if (!text)
        abort();
    text[size] = 0;
    found->depth++;
    scan(found, path, text);
    found->depth--;
    free(text);
}

uint64_t build_newest_included(const char *path, const char *const *directories)
{
    struct includes found = { .directories = directories };

    if (host_file_time(path))
        follow(&found, path);
    build_list_free(&found.seen);
    return found.newest;
}

bool build_includes(const char *path, const char *const *directories, const char *other)
{
    struct includes found = { .directories = directories };
    bool included;

    follow(&found, path);
    included = build_has(&found.seen, other);
    build_list_free(&found.seen);
    return included;
}
