/* What the objects of a driver say about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/file.h"
#include "pkg/build_compile.h"

static bool object_has(const struct build_source *source, const char *text, size_t length)
{
    uint8_t *data;
    size_t size;
    bool found;

    if (!host_read_file(source->object, 256u << 20, &data, &size))
        return false;
    found = memmem(data, size, text, length) != NULL;
    free(data);
    return found;
}

bool build_uses_framework(const struct build_plan *plan)
{
    bool found = plan->kmdf;

    for (size_t i = 0; i < plan->source_count && !found; i++)
        found = object_has(&plan->source[i], "WdfDriverGlobals", 16);
    return found;
}

void build_warn_initialisers(const struct build_plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++)
        if (plan->source[i].tool == TOOL_CPP && object_has(&plan->source[i], ".CRT$XC", 7))
            fprintf(stderr, "%s: warning: its static initialisers are not run: a driver has no C++ start-up; initialise in DriverEntry, or by constexpr\n",
                    plan->source[i].path);
}
