/* Looking things up in a parsed INF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pkg/inf_internal.h"

const char *inf_name(const struct inf *inf)
{
    return inf->name;
}

const struct inf_section *inf_sections(const struct inf *inf)
{
    return inf->sections;
}

unsigned inf_hash(const char *text, size_t length)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return hash;
}

static void put(struct inf *inf, struct inf_section *section)
{
    struct inf_section **bucket = &inf->index[section->hash & (inf->room - 1)];

    while (*bucket != NULL)             /* the first of a name stays the first */
        bucket = &(*bucket)->same_hash;
    section->same_hash = NULL;
    *bucket = section;
}

static void make_index(struct inf *inf, unsigned room)
{
    free(inf->index);
    inf->index = calloc(room, sizeof(*inf->index));
    if (inf->index == NULL)
        abort();
    inf->room = room;
}

void inf_index_add(struct inf *inf, struct inf_section *section)
{
    section->hash = inf_hash(section->name, strlen(section->name));
    if (inf->room > (unsigned)inf->section_count) {
        put(inf, section);
        return;
    }
    make_index(inf, inf->room != 0 ? inf->room * 4 : INF_FIRST_ROOM);
    for (struct inf_section *each = inf->sections; each != NULL; each = each->next)
        put(inf, each);                 /* the new one is in the list already */
}

void inf_index_again(struct inf *inf)
{
    if (inf->room == 0)
        return;
    make_index(inf, inf->room);
    for (struct inf_section *section = inf->sections; section != NULL; section = section->next)
        inf_index_add(inf, section);
}

struct inf_section *inf_index_find(const struct inf *inf, const char *name, size_t length)
{
    unsigned hash = inf_hash(name, length);
    struct inf_section *section = inf->room != 0 ? inf->index[hash & (inf->room - 1)] : NULL;

    while (section != NULL && (section->hash != hash || strlen(section->name) != length || !inf_same_part(section->name, name, length)))
        section = section->same_hash;
    return section;
}

const struct inf_section *inf_section(const struct inf *inf, const char *name)
{
    return inf_index_find(inf, name, strlen(name));
}

const struct inf_line *inf_line(const struct inf_section *section, const char *key, const struct inf_line *after)
{
    if (section == NULL)
        return NULL;
    for (const struct inf_line *line = after != NULL ? after + 1 : section->line;
         line != NULL && line < section->line + section->count; line++) {
        if (line->key != NULL && inf_same(line->key, key))
            return line;
    }
    return NULL;
}

const char *inf_field(const struct inf_line *line, int n)
{
    return line != NULL && n >= 0 && n < line->count ? line->field[n] : "";
}

const char *inf_version(const struct inf *inf, const char *key)
{
    return inf_field(inf_line(inf_section(inf, "Version"), key, NULL), 0);
}

bool inf_number(const struct inf *inf, const struct inf_line *line, int n, uint64_t fallback, uint64_t *value)
{
    const char *text = inf_field(line, n);
    char *end;

    *value = fallback;
    if (*text == 0)
        return true;
    errno = 0;
    if (*text == '-')
        *value = (uint64_t)strtoll(text, &end, 10);
    else
        *value = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
    if (end == text || *end != 0 || errno != 0)
        return inf_error(inf, line->number, "'%.60s' is not a number", text);
    return true;
}
