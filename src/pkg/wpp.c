#include "pkg/wpp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"

#define PATH_SIZE 2048
#define TEXT_MAX (1 << 22)


/* A terminated copy, or NULL. */
static char *read_text(const char *dir, const char *name)
{
    char path[PATH_SIZE];
    uint8_t *data;
    size_t size;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!host_read_file(path, TEXT_MAX, &data, &size))
        return NULL;
    char *text = realloc(data, size + 1);
    if (text)
        text[size] = 0;
    else
        free(data);
    return text;
}

/* --- functions that a driver declares ------------------------------------------------------------------------ */

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static size_t identifier(const char *at)
{
    size_t n = 0;

    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

/* `NAME{FLAG=X, ...}(LEVEL, MSG, ...);` becomes a macro of the same parameters. What is none of that is left out. */
static void write_function(FILE *out, const char *at)
{
    const char *name = skip_space(at);
    size_t length = identifier(name);

    at = skip_space(name + length);
    if (*at == '{') {
        at += strcspn(at, "}\n");
        at = skip_space(at + (*at == '}'));
    }
    size_t parameters = strcspn(at, ")\n");
    if (!length || *at != '(' || at[parameters] != ')' || !memmem(at, parameters, "MSG", 3))
        return;
    bool more = memmem(at, parameters, "...", 3) != NULL;
    fprintf(out, "#undef %.*s\n#define %.*s%.*s) WppTrace(__FUNCTION__, MSG%s)\n", (int)length, name, (int)length, name,
            (int)parameters, at, more ? ", ##__VA_ARGS__" : "");
}

/* Comment lines between `begin_wpp config` and `end_wpp`. */
static void write_functions(FILE *out, const char *text)
{
    bool inside = false;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *at = skip_space(line);
        while (*at == '/' || *at == '*' || *at == ' ' || *at == '\t')
            at++;
        if (strncmp(at, "begin_wpp", 9) == 0)
            inside = strncmp(skip_space(at + 9), "config", 6) == 0;
        else if (strncmp(at, "end_wpp", 7) == 0)
            inside = false;
        else if (inside && strncmp(at, "FUNC", 4) == 0 && (at[4] == ' ' || at[4] == '\t'))
            write_function(out, at + 4);
        if (!*line)
            break;
    }
}

static bool write_declared(FILE *out, const char *dir, const char *ending)
{
    char **names = host_list_dir(dir, ending);

    for (char **name = names; name && *name; name++) {
        char *text = read_text(dir, *name);
        if (text)
            write_functions(out, text);
        free(text);
    }
    host_free_names(names);
    return names != NULL;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

/* The name between the quotes of `#include "NAME.tmh"`, or false. */
static bool included_tmh(const char *text, char *name, size_t size)
{
    for (const char *at = text; (at = strstr(at, ".tmh\"")); at += 5) {
        const char *start = at;
        while (start > text && start[-1] != '"' && start[-1] != '\n')
            start--;
        if (start > text && start[-1] == '"' && (size_t)(at - start) + 5 <= size && !memchr(start, '/', (size_t)(at - start))) {
            snprintf(name, size, "%.*s.tmh", (int)(at - start), start);
            return true;
        }
    }
    return false;
}

static bool write_tmh(const char *dir, const char *out, const char *name, const char *source, const char *const *functions)
{
    char path[PATH_SIZE], *text = NULL;
    uint8_t *old;
    size_t size = 0, old_size;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (host_file_exists(path))
        return true;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return error_set("no memory for %s", name);
    fprintf(stream, "/* Trace messages of %s, written by ring3 build. */\n#include <ring3/wpp.h>\n", source);
    bool good = write_declared(stream, dir, ".h") && write_declared(stream, dir, ".c");
    for (; functions && *functions; functions++)
        write_function(stream, *functions);
    fclose(stream);
    snprintf(path, sizeof path, "%s/%s", out, name);
    /* A file that has not changed keeps its time. */
    if (good && host_file_exists(path) && host_read_file(path, TEXT_MAX, &old, &old_size)) {
        bool same = old_size == size && memcmp(old, text, size) == 0;
        free(old);
        if (same) {
            free(text);
            return true;
        }
    }
    good = good && host_write_file(path, text, size);
    free(text);
    return good;
}

bool wpp_write(const char *const *sources, const char *out, const char *const *functions)
{
    bool good = true;

    for (; good && *sources; sources++) {
        const char *slash = strrchr(*sources, '/');
        char dir[PATH_SIZE], name[256], *text;

        snprintf(dir, sizeof dir, "%.*s", (int)(slash - *sources), *sources);
        text = read_text(dir, slash + 1);
        if (text && included_tmh(text, name, sizeof name))
            good = write_tmh(dir, out, name, slash + 1, functions);
        free(text);
    }
    return good;
}
