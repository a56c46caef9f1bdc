/* Maps, and the small questions that all rules ask. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/inf_check_internal.h"

/* --- maps ---------------------------------------------------------------------------------------------------------- */

static struct map_entry **place(const struct map *map, const char *key)
{
    unsigned at = inf_hash(key, strlen(key)) & (map->room - 1);

    while (map->slot[at] && !inf_same(map->slot[at]->key, key))
        at = (at + 1) & (map->room - 1);
    return &map->slot[at];
}

static void make_room(struct map *map)
{
    struct map larger = { .room = map->room ? map->room * 2 : 64, .count = map->count };

    larger.slot = calloc(larger.room, sizeof *larger.slot);
    if (!larger.slot)
        abort();
    for (unsigned i = 0; i < map->room; i++)
        if (map->slot[i])
            *place(&larger, map->slot[i]->key) = map->slot[i];
    free(map->slot);
    *map = larger;
}

struct map_entry *map_put_key(struct checking *c, struct map *map, bool *known, const char *key)
{
    struct map_entry **slot;

    if (map->count * 2 >= map->room)
        make_room(map);
    slot = place(map, key);
    *known = *slot != NULL;
    if (!*slot) {
        *slot = inf_alloc(c->inf, sizeof **slot);
        (*slot)->key = inf_copy(c->inf, key, strlen(key));
        map->count++;
    }
    return *slot;
}

struct map_entry *map_put(struct checking *c, struct map *map, bool *known, const char *format, ...)
{
    char key[2 * INF_MAX_FIELD];
    va_list args;

    va_start(args, format);
    vsnprintf(key, sizeof key, format, args);
    va_end(args);
    return map_put_key(c, map, known, key);
}

const struct map_entry *map_get(const struct map *map, const char *key)
{
    return map->room ? *place(map, key) : NULL;
}

void map_free(struct map *map)
{
    free(map->slot);
    *map = (struct map){ 0 };
}

/* --- questions ----------------------------------------------------------------------------------------------------- */

bool is_guid_text(const char *text)
{
    if (strlen(text) != 38 || text[0] != '{' || text[37] != '}')
        return false;
    for (int i = 1; i < 37; i++) {
        bool dash = i == 9 || i == 14 || i == 19 || i == 24;

        if (dash ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    }
    return true;
}

bool number_of(const char *text, unsigned long *value)
{
    char *end;

    *value = strtoul(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
    return end != text && *end == 0;
}

bool dirid_of(const char *text, long *dirid)
{
    char *end;

    if (*text != '%')
        return false;
    *dirid = strtol(text + 1, &end, 10);
    return end != text + 1 && *end == '%';
}

bool is_version_text(const char *text, int parts)
{
    for (int i = 0; i < parts; i++) {
        char *end;
        unsigned long part = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || part > 65535 || *end != (i + 1 < parts ? '.' : 0))
            return false;
        text = end + 1;
    }
    return true;
}

bool matches(const char *text, const char *more)
{
    for (const char *s = text; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr(more, *s)))
            return false;
    return *text != 0;
}

const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '\\');

    return slash ? slash + 1 : path;
}

bool one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (((*text ^ **list) & 0x5f) == 0 && !strcasecmp(text, *list))
            return true;
    return false;
}

bool is_class(const struct checking *c, const char *name)
{
    return !strcasecmp(inf_version(c->inf, "Class"), name);
}
