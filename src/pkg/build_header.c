#include "pkg/build_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/file.h"

/* The same compiler would be called for both. */
static bool alike(const struct build_source *a, const struct build_source *b)
{
    if (a->tool != b->tool || !a->header || !b->header || strcmp(a->header, b->header) != 0 || a->flags.count != b->flags.count)
        return false;
    for (size_t i = 0; i < a->flags.count; i++)
        if (strcmp(a->flags.text[i], b->flags.text[i]) != 0)
            return false;
    return true;
}

void build_headers_choose(struct build_plan *plan)
{
    int number = 0;

    for (size_t i = 0; i < plan->source_count; i++) {
        struct build_source *first = &plan->source[i];
        size_t users = 0;

        if (!first->header || first->made)
            continue;
        for (size_t k = i; k < plan->source_count; k++)
            users += alike(first, &plan->source[k]);
        if (users < BUILD_HEADER_USERS)
            continue;
        number++;
        for (size_t k = plan->source_count; k-- > i;)
            if (alike(first, &plan->source[k]) && asprintf(&plan->source[k].made, "%s/header-%d.pch", plan->out, number) < 0)
                abort();
    }
}

bool build_header_text(const struct build_plan *plan, const struct build_source *source, char path[BUILD_PATH + 8])
{
    char text[BUILD_PATH];
    uint8_t *old = NULL;
    size_t size, length;
    bool same = false;

    (void)plan;
    snprintf(path, BUILD_PATH + 8, "%.*s.h", (int)(strlen(source->made) - 4), source->made);
    length = (size_t)snprintf(text, sizeof text, "#include \"%s\"\n", source->header);
    if (length >= sizeof text)
        return false;
    if (host_file_exists(path) && host_read_file(path, BUILD_PATH, &old, &size))
        same = size == length && !memcmp(old, text, size);
    free(old);
    return same || host_write_file(path, text, length);
}
