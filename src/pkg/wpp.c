#include "pkg/wpp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/wpp_function.h"

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

static bool read_declared(struct wpp_functions *functions, const char *dir)
{
    static const char *const endings[] = { ".h", ".hpp", ".c", ".cpp", NULL };
    char **names = host_list_dir_any(dir, endings);

    for (char **name = names; name && *name; name++) {
        char *text = read_text(dir, *name);
        if (text)
            wpp_read_config(functions, text);
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

static bool read_all(struct wpp_functions *functions, const char *dir, const char *const *scanned, const char *const *declared)
{
    bool good = read_declared(functions, dir);

    for (; good && scanned && *scanned; scanned++) {
        uint8_t *text;
        size_t size;

        good = host_read_file(*scanned, TEXT_MAX, &text, &size);
        if (good) {
            wpp_read_config(functions, (const char *)text);
            free(text);
        }
    }
    for (; declared && *declared; declared++)
        wpp_declare(functions, *declared);
    return good;
}

/* XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX becomes (XXXXXXXX,XXXX,XXXX,XXXX,XXXXXXXXXXXX). */
static void print_guid(FILE *out, const char *guid)
{
    fputs("#ifndef WPP_CONTROL_GUIDS\n#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(CtlGuid, (", out);
    for (; *guid; guid++)
        if (*guid != '{' && *guid != '}')
            fputc(*guid == '-' ? ',' : *guid, out);
    fputs("), WPP_DEFINE_BIT(Error) WPP_DEFINE_BIT(Unusual) WPP_DEFINE_BIT(Noise))\n#endif\n", out);
}

static bool write_tmh(const char *dir, const char *out, const char *name, const char *source, const struct wpp_functions *functions,
                      const char *guid)
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
    fprintf(stream, "/* Trace messages of %s, written by ring3 build. */\n", source);
    if (*guid)
        print_guid(stream, guid);
    fputs("#include <ring3/wpp.h>\n", stream);
    wpp_print_functions(functions, stream);
    fclose(stream);
    snprintf(path, sizeof path, "%s/%s", out, name);
    /* A file that has not changed keeps its time. */
    if (host_file_exists(path) && host_read_file(path, TEXT_MAX, &old, &old_size)) {
        bool same = old_size == size && memcmp(old, text, size) == 0;
        free(old);
        if (same) {
            free(text);
            return true;
        }
    }
    bool good = host_write_file(path, text, size);
    free(text);
    return good;
}

bool wpp_write(const char *const *sources, const char *out, const char *const *scanned, const char *const *declared, const char *guid)
{
    bool good = true;

    for (; good && *sources; sources++) {
        const char *slash = strrchr(*sources, '/');
        char dir[PATH_SIZE], name[256], *text;

        snprintf(dir, sizeof dir, "%.*s", (int)(slash - *sources), *sources);
        text = read_text(dir, slash + 1);
        if (text && included_tmh(text, name, sizeof name)) {
            struct wpp_functions *functions = wpp_functions_new();
            good = read_all(functions, dir, scanned, declared) && write_tmh(dir, out, name, slash + 1, functions, guid);
            wpp_functions_free(functions);
        }
        free(text);
    }
    return good;
}
