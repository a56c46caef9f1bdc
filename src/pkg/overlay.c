#include "pkg/overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"

/* A path as a JSON string: backslashes and quotes are escaped. */
static void quote(FILE *out, const char *path, const char *name)
{
    const char *parts[] = {path, name != NULL ? "/" : "", name != NULL ? name : ""};

    fputc('"', out);
    for (int i = 0; i < 3; i++)
        for (const char *c = parts[i]; *c != 0; c++) {
            if (*c == '"' || *c == '\\')
                fputc('\\', out);
            fputc(*c, out);
        }
    fputc('"', out);
}

static bool write_directory(FILE *out, const char *path, bool first)
{
    static const char *const endings[] = { ".h", ".hpp", ".hxx", ".hh", ".inl", ".inc", ".c", ".cpp", ".cxx", ".ver", NULL };
    char **names = host_list_dir_any(path, endings);

    if (names == NULL)
        return false;
    fputs(first ? "  {\"type\": \"directory\", \"name\": " : ",\n  {\"type\": \"directory\", \"name\": ", out);
    quote(out, path, NULL);
    fputs(", \"contents\": [", out);
    for (char **name = names; *name != NULL; name++) {
        fputs(name == names ? "\n    {\"type\": \"file\", \"name\": " : ",\n    {\"type\": \"file\", \"name\": ", out);
        quote(out, *name, NULL);
        fputs(", \"external-contents\": ", out);
        quote(out, path, *name);
        fputc('}', out);
    }
    fputs("]}", out);
    host_free_names(names);
    return true;
}

bool overlay_write(const char *file, const char *const *directories)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool good = out != NULL;

    if (out == NULL)
        return error_set("%s: out of memory", file);
    fputs("{\"version\": 0, \"case-sensitive\": \"false\", \"roots\": [\n", out);
    for (int i = 0; good && directories[i] != NULL; i++)
        good = write_directory(out, directories[i], i == 0);
    fputs("\n]}\n", out);
    good = fclose(out) == 0 && good;
    good = good && host_write_file(file, text, size);
    free(text);
    return good;
}
