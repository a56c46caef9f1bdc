#include "pkg/build_tags.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"

#define TEXT_MAX (4u << 20)

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Each `struct NAME *` of the text as a line of its own. */
static void scan(FILE *out, const char *text)
{
    for (const char *at = text; (at = strstr(at, "struct")) != NULL;) {
        bool word = at == text || !is_name(at[-1]);
        const char *name, *end, *next;

        at += 6;
        if (!word || !isspace((unsigned char)*at))
            continue;
        for (name = at; isspace((unsigned char)*name);)
            name++;
        for (end = name; is_name(*end);)
            end++;
        for (next = end; isspace((unsigned char)*next);)
            next++;
        if (end > name && !isdigit((unsigned char)*name) && *next == '*')
            fprintf(out, "struct %.*s;\n", (int)(end - name), name);
    }
}

static bool scan_directory(FILE *out, const char *directory)
{
    static const char *const endings[] = { ".h", ".c", NULL };
    char **names = host_list_dir_any(directory, endings), path[4096];
    bool good = names != NULL;

    for (char **name = names; good && *name; name++) {
        uint8_t *data;
        size_t size;

        snprintf(path, sizeof path, "%s/%s", directory, *name);
        good = host_read_file(path, TEXT_MAX, &data, &size);
        if (good) {
            scan(out, (const char *)data);
            free(data);
        }
    }
    host_free_names(names);
    return good;
}

bool tags_write(const char *file, const char *const *directories)
{
    char *text = NULL;
    size_t size = 0, old_size;
    FILE *out = open_memstream(&text, &size);
    uint8_t *old;
    bool good = true;

    if (!out)
        abort();
    for (; good && *directories; directories++)
        good = scan_directory(out, *directories);
    fclose(out);
    /* A file that has not changed keeps its time. */
    if (good && host_file_exists(file) && host_read_file(file, TEXT_MAX, &old, &old_size)) {
        bool same = old_size == size && !memcmp(old, text, size);

        free(old);
        if (same) {
            free(text);
            return true;
        }
    }
    good = good && host_write_file(file, text, size);
    free(text);
    return good;
}
