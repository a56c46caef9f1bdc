/* Looking things up in a parsed INF, and its %strings%. */
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

void inf_index_add(struct inf *inf, struct inf_section *section)
{
    struct inf_section **bucket = &inf->index[inf_hash(section->name, strlen(section->name)) % INF_INDEX];

    while (*bucket != NULL)             /* the first of a name stays the first */
        bucket = &(*bucket)->same_hash;
    section->same_hash = NULL;
    *bucket = section;
}

void inf_index_again(struct inf *inf)
{
    memset(inf->index, 0, sizeof(inf->index));
    for (struct inf_section *section = inf->sections; section != NULL; section = section->next)
        inf_index_add(inf, section);
}

struct inf_section *inf_index_find(const struct inf *inf, const char *name, size_t length)
{
    struct inf_section *section = inf->index[inf_hash(name, length) % INF_INDEX];

    while (section != NULL && (strlen(section->name) != length || !inf_same_part(section->name, name, length)))
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

/* Directory identifiers (%12%, %13%) are numbers that only file operations understand: they stay as they are. */
static bool is_directory_id(const char *token, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (token[i] < '0' || token[i] > '9')
            return false;
    }
    return length != 0;
}

static const char *string_value(const struct inf *inf, const char *token, size_t length)
{
    const struct inf_section *strings = inf_section(inf, "Strings");

    for (int i = 0; strings != NULL && i < strings->count; i++) {
        const char *key = strings->line[i].key;

        if (key != NULL && strlen(key) == length && inf_same_part(key, token, length))
            return inf_field(&strings->line[i], 0);
    }
    return NULL;
}

struct text_buffer {
    char text[INF_MAX_FIELD];
    size_t length;
};

static bool put(struct text_buffer *buffer, const char *text, size_t length)
{
    if (length >= sizeof(buffer->text) - buffer->length)
        return false;
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    return true;
}

/* Copies the piece at *from: plain text, %%, or a %token%. */
static bool expand_piece(const struct inf *inf, const char **from, struct text_buffer *buffer, int number)
{
    const char *s = *from, *end, *value;
    size_t length;

    if (*s != '%') {
        length = strcspn(s, "%");
        *from = s + length;
        return put(buffer, s, length) || inf_error(inf, number, "a field is longer than %d characters", INF_MAX_FIELD - 1);
    }
    end = strchr(s + 1, '%');
    if (end == NULL || end == s + 1) {  /* a lone percent, or the escaped one */
        *from = end == NULL ? s + 1 : s + 2;
        return put(buffer, "%", 1) || inf_error(inf, number, "a field is longer than %d characters", INF_MAX_FIELD - 1);
    }
    length = (size_t)(end - s) - 1;
    value = string_value(inf, s + 1, length);
    *from = end + 1;
    if (value == NULL && !is_directory_id(s + 1, length))
        return inf_error(inf, number, "%%%.*s%% is not defined in [Strings]", (int)(length > 80 ? 80 : length), s + 1);
    if (value == NULL)
        return put(buffer, s, length + 2) || inf_error(inf, number, "a field is longer than %d characters", INF_MAX_FIELD - 1);
    return put(buffer, value, strlen(value)) ||
           inf_error(inf, number, "%%%.80s makes the field longer than %d characters", s + 1, INF_MAX_FIELD - 1);
}

static bool expand(struct inf *inf, const char **text, int number)
{
    struct text_buffer buffer;

    if (*text == NULL || strchr(*text, '%') == NULL)
        return true;
    buffer.length = 0;
    for (const char *s = *text; *s != 0;) {
        if (!expand_piece(inf, &s, &buffer, number))
            return false;
    }
    *text = inf_copy(inf, buffer.text, buffer.length);
    return true;
}

static bool expand_line(struct inf *inf, struct inf_line *line)
{
    if (!expand(inf, &line->key, line->number))
        return false;
    for (int i = 0; i < line->count; i++) {
        if (!expand(inf, &line->field[i], line->number))
            return false;
    }
    return true;
}

bool inf_expand_strings(struct inf *inf)
{
    for (struct inf_section *section = inf->sections; section != NULL; section = section->next) {
        if (inf_same(section->name, "Strings") || inf_same_part(section->name, "Strings.", 8))
            continue;                   /* the values themselves are taken as they are */
        if (!expand(inf, &section->name, section->number))
            return false;
        for (int i = 0; i < section->count; i++) {
            if (!expand_line(inf, &section->line[i]))
                return false;
        }
    }
    inf_index_again(inf);
    return true;
}
