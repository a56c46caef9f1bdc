#include "base/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool add_pair(struct spec *spec, char *item)
{
    char *equals = strchr(item, '=');

    if (!equals || equals == item)
        return error_set("'%s' in '%s...' is not key=value", item, spec->kind);
    if (spec->count == SPEC_KEYS)
        return error_set("'%s...' has more than %d keys", spec->kind, SPEC_KEYS);
    *equals = 0;
    spec->pair[spec->count].key = item;
    spec->pair[spec->count].value = equals + 1;
    spec->pair[spec->count++].used = false;
    return true;
}

bool spec_parse(struct spec *spec, const char *text)
{
    memset(spec, 0, sizeof *spec);
    if (!text[0])
        return error_set("an empty specification: expected kind[:argument][,key=value...]");
    if (strlen(text) >= sizeof spec->text)
        return error_set("the specification '%.40s...' is longer than %zu characters", text, sizeof spec->text - 1);
    strcpy(spec->text, text);
    spec->kind = spec->text;
    char *comma = strchr(spec->text, ',');
    if (comma)
        *comma++ = 0;
    char *colon = strchr(spec->text, ':');
    if (colon) {
        *colon = 0;
        spec->argument = colon + 1;
    }
    while (comma) {
        char *item = comma;
        comma = strchr(item, ',');
        if (comma)
            *comma++ = 0;
        if (!add_pair(spec, item))
            return false;
    }
    return true;
}

const char *spec_value(struct spec *spec, const char *key, int n)
{
    for (int i = 0; i < spec->count; i++) {
        if (strcmp(spec->pair[i].key, key) != 0)
            continue;
        if (n-- == 0) {
            spec->pair[i].used = true;
            return spec->pair[i].value;
        }
    }
    return NULL;
}

bool spec_number(struct spec *spec, const char *key, uint64_t fallback, uint64_t *value)
{
    const char *text = spec_value(spec, key, 0);
    char *end;

    *value = fallback;
    if (!text)
        return true;
    errno = 0;
    *value = strtoull(text, &end, 0);
    int shift = *end == 'k' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (shift)
        end++;
    if (errno || end == text || *end || text[0] == '-' || *value > UINT64_MAX >> shift)
        return error_set("%s=%s is not a number", key, text);
    *value <<= shift;
    return true;
}

bool spec_finish(const struct spec *spec)
{
    for (int i = 0; i < spec->count; i++)
        if (!spec->pair[i].used)
            return error_set("'%s' does not know the key '%s'", spec->kind, spec->pair[i].key);
    return true;
}
