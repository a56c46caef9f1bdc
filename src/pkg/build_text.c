/* Sources whose text is not what the tools shall read: they get a copy, which says whose copy it is.
 *   - what Visual Studio keeps as UTF-16, or marks as UTF-8, in UTF-8
 *   - what uses a precompiled header and has text before it: cl passes that over. docs: cpp/build/reference/yu-use-precompiled-header-file */
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

/* --- text before a precompiled header -------------------------------------------------------------------------------- */

/* Whether the line includes the header, which is compared as it is written; sources may name its directory as well. */
static bool includes(const char *line, const char *header)
{
    const char *at = line + strspn(line, " \t"), *end, *slash;
    size_t length = strlen(header);

    if (*at++ != '#')
        return false;
    at += strspn(at, " \t");
    if (strncmp(at, "include", 7) != 0)
        return false;
    at += 7 + strspn(at + 7, " \t");
    if (*at != '"' && *at != '<')
        return false;
    end = at + 1 + strcspn(at + 1, "\">\n");
    slash = end - length - 1;
    return (size_t)(end - at) > length && !strncasecmp(end - length, header, length) && strchr("\"</\\", *slash) != NULL;
}

/* Past a comment that begins at `at`, or `at` itself. */
static const char *past_comment(const char *at)
{
    const char *end;

    if (!strncmp(at, "//", 2))
        return at + strcspn(at, "\n");
    if (strncmp(at, "/*", 2) != 0)
        return at;
    end = strstr(at + 2, "*/");
    return end ? end + 2 : at + strlen(at);
}

/* The place of the line that includes the header, when anything but comments stands before it; NULL otherwise. */
static char *find_header(char *text, const char *header)
{
    bool anything = false, begins = true;

    for (char *at = text; *at;) {
        const char *past = past_comment(at);

        if (past != at) {
            at += past - at;
            continue;
        }
        if (begins && includes(at, header))
            return anything ? at : NULL;
        begins = *at == '\n' || (begins && strchr(" \t\r", *at));
        anything |= !strchr(" \t\r\n", *at);
        at++;
    }
    return NULL;
}

/* Lines stay lines. */
static bool blank_before_header(char *text, const char *header)
{
    char *place = find_header(text, header);

    for (char *at = text; place && at < place; at++)
        *at = *at == '\n' ? '\n' : ' ';
    return place != NULL;
}

/* --- copies -------------------------------------------------------------------------------------------------------- */

static bool copy_source(struct build_plan *plan, struct build_source *source, char *text)
{
    const char *file = strrchr(source->path, '/') + 1;
    char head[BUILD_PATH + 16] = "", path[BUILD_PATH * 2];
    bool good;

    if (source->tool != TOOL_MESSAGES && source->tool != TOOL_ASSEMBLER)
        snprintf(head, sizeof head, "#line 1 \"%s\"\n", source->path);
    snprintf(path, sizeof path, "%s/copies", plan->out);
    good = host_make_dirs(path);
    snprintf(path, sizeof path, "%s/copies/%s", plan->out, file);
    good = good && write_copy(path, head, text);
    if (good) {
        build_add(&plan->headers, "%.*s", (int)(file - source->path - 1), source->path);        /* where it finds what it includes */
        if (source->tool == TOOL_C || source->tool == TOOL_CPP)
            build_add(&source->flags, "-iquote%.*s", (int)(file - source->path - 1), source->path);
        free(source->path);
        source->path = strdup(path);
    }
    return good;
}

/* The text that the tools shall read, malloc'ed; NULL: the source's own. False with error_text(). */
static bool text_of(struct build_source *source, char **text)
{
    uint8_t *data;
    size_t size;
    bool good = true;

    *text = NULL;
    if (!host_read_file(source->path, TEXT_MAX, &data, &size))
        return false;
    if (is_marked(data, size, source->tool)) {
        source->utf8 = true;
        good = inf_decode(source->path, data, size, text);
        if (good && source->tool == TOOL_RESOURCE)
            blank_code_pages(*text);
    }
    if (good && source->header && (source->tool == TOOL_C || source->tool == TOOL_CPP)) {
        char *own = *text ? *text : strndup((const char *)data, size);

        if (!own)
            abort();
        if (blank_before_header(own, source->header) || *text)
            *text = own;
        else
            free(own);
    }
    free(data);
    return good;
}

bool build_copy_texts(struct build_plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        char *text;
        bool good;

        if (!text_of(&plan->source[i], &text))
            return false;
        good = !text || copy_source(plan, &plan->source[i], text);
        free(text);
        if (!good)
            return false;
    }
    return true;
}
