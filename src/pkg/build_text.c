/* Sources that Visual Studio keeps as UTF-16, or marks as UTF-8: the tools get a copy in UTF-8, which says whose copy it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_compile.h"
#include "pkg/inf_internal.h"

#define TEXT_MAX (64u << 20)

static bool is_marked(const uint8_t *data, size_t size, enum build_tool tool)
{
    if (size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff)))
        return true;
    return tool != TOOL_C && tool != TOOL_CPP && size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3);     /* clang takes these as they are */
}

/* #pragma code_page(N) speaks of bytes that are there no more. */
static void blank_code_pages(char *text)
{
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        char *at = line + strspn(line, " \t"), *end = line + strcspn(line, "\r\n");

        if (*at == '#' && !strncmp(at + 1 + strspn(at + 1, " \t"), "pragma", 6) && memmem(at, (size_t)(end - at), "code_page", 9))
            memset(at, ' ', (size_t)(end - at));
        if (!*line)
            break;
    }
}

/* Written only when it is another text, so that it is not newer than what was made of it. */
static bool write_copy(const char *path, const char *head, const char *text)
{
    size_t size = strlen(head) + strlen(text), old_size;
    char *all = malloc(size + 1);
    uint8_t *old;
    bool same = false;

    if (!all)
        abort();
    sprintf(all, "%s%s", head, text);
    if (host_file_exists(path) && host_read_file(path, TEXT_MAX, &old, &old_size)) {
        same = old_size == size && !memcmp(old, all, size);
        free(old);
    }
    same = same || host_write_file(path, all, size);
    free(all);
    return same;
}

static bool copy_source(struct build_plan *plan, struct build_source *source, const uint8_t *data, size_t size)
{
    const char *file = strrchr(source->path, '/') + 1;
    char head[BUILD_PATH + 16] = "", path[BUILD_PATH * 2], *text = NULL;
    bool good;

    if (!inf_decode(source->path, data, size, &text))
        return false;
    if (source->tool == TOOL_RESOURCE)
        blank_code_pages(text);
    if (source->tool != TOOL_MESSAGES && source->tool != TOOL_ASSEMBLER)
        snprintf(head, sizeof head, "#line 1 \"%s\"\n", source->path);
    snprintf(path, sizeof path, "%s/utf8", plan->out);
    good = host_make_dirs(path);
    snprintf(path, sizeof path, "%s/utf8/%s", plan->out, file);
    good = good && write_copy(path, head, text);
    free(text);
    if (good) {
        build_add(&plan->headers, "%.*s", (int)(file - source->path - 1), source->path);        /* where it finds what it includes */
        free(source->path);
        source->path = strdup(path);
        source->utf8 = true;
    }
    return good;
}

bool build_copy_texts(struct build_plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        struct build_source *source = &plan->source[i];
        uint8_t *data;
        size_t size;
        bool good = true;

        if (!host_read_file(source->path, TEXT_MAX, &data, &size))
            return false;
        if (is_marked(data, size, source->tool))
            good = copy_source(plan, source, data, size);
        free(data);
        if (!good)
            return false;
    }
    return true;
}
