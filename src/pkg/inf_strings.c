/* %strings%: which [Strings.LANGUAGE] section counts, and replacing tokens by it. docs: install/inf-strings-section */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pkg/inf_internal.h"

#define PRIMARY 0x3FFu                  /* LANGID: 10 bits of language, then 6 of sublanguage */

/* The strings of the section, by the hash of their keys. */
struct table {
    const struct inf_section *section;
    int *slot;                          /* 1 + line; 0 is free */
    unsigned mask;
};

bool inf_language_of(const char *section, unsigned *language)
{
    char *end;

    if (!inf_same_part(section, "Strings.", 8) || strlen(section) != 12)
        return false;
    *language = (unsigned)strtoul(section + 8, &end, 16);
    return *end == 0;
}

/* How well a section fits: 3 the language itself, 2 the neutral one, 1 another of the family, 0 not. */
static int fit(const char *section)
{
    unsigned language;

    if (!inf_language_of(section, &language) || (language & PRIMARY) != (INF_LANGUAGE & PRIMARY))
        return 0;
    return language == INF_LANGUAGE ? 3 : language >> 10 == 0 ? 2 : 1;
}

const struct inf_section *inf_strings(const struct inf *inf)
{
    const struct inf_section *best = inf_section(inf, "Strings");
    int best_fit = 0;

    for (const struct inf_section *section = inf->sections; section != NULL; section = section->next) {
        if (fit(section->name) > best_fit) {
            best = section;
            best_fit = fit(section->name);
        }
    }
    return best;
}

static void fill(struct table *table)
{
    int count = table->section != NULL ? table->section->count : 0;

    for (table->mask = 15; table->mask < (unsigned)count * 2; table->mask = table->mask * 2 + 1)
        continue;
    table->slot = calloc(table->mask + 1, sizeof(*table->slot));
    if (table->slot == NULL)
        abort();
    for (int i = 0; i < count; i++) {
        const char *key = table->section->line[i].key;
        unsigned at = key != NULL ? inf_hash(key, strlen(key)) & table->mask : 0;

        while (key != NULL && table->slot[at] != 0 && !inf_same(table->section->line[table->slot[at] - 1].key, key))
            at = (at + 1) & table->mask;
        if (key != NULL && table->slot[at] == 0)    /* the first of a name counts */
            table->slot[at] = i + 1;
    }
}

static const char *string_value(const struct table *table, const char *token, size_t length)
{
    for (unsigned at = inf_hash(token, length) & table->mask; table->slot[at] != 0; at = (at + 1) & table->mask) {
        const struct inf_line *line = &table->section->line[table->slot[at] - 1];

        if (strlen(line->key) == length && inf_same_part(line->key, token, length))
            return inf_field(line, 0);
    }
    return NULL;
}

/* Directory identifiers (%12%, %-1%) are numbers that only file operations understand: they stay as they are. */
static bool is_directory_id(const char *token, size_t length)
{
    size_t i = length > 1 && token[0] == '-';

    for (; i < length; i++) {
        if (token[i] < '0' || token[i] > '9')
            return false;
    }
    return length != 0;
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

static bool undefined(const struct inf *inf, const char *token, size_t length, int number)
{
    if (inf->listener != NULL) {
        inf->listener->undefined(inf->listener->context, number, token, (int)length);
        return true;
    }
    return inf_error(inf, number, "%%%.*s%% is not defined in [Strings]", (int)(length > 80 ? 80 : length), token);
}

/* Copies the piece at *from: plain text, %%, or a %token%. */
static bool expand_piece(const struct inf *inf, const struct table *table, const char **from, struct text_buffer *buffer, int number)
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
    value = string_value(table, s + 1, length);
    *from = end + 1;
    if (value == NULL && !is_directory_id(s + 1, length) && !undefined(inf, s + 1, length, number))
        return false;
    if (value == NULL)
        return put(buffer, s, length + 2) || inf_error(inf, number, "a field is longer than %d characters", INF_MAX_FIELD - 1);
    return put(buffer, value, strlen(value)) ||
           inf_error(inf, number, "%%%.80s makes the field longer than %d characters", s + 1, INF_MAX_FIELD - 1);
}

static bool expand(struct inf *inf, const struct table *table, const char **text, int number)
{
    struct text_buffer buffer;
    const char *value;
    size_t length;

    if (*text == NULL || strchr(*text, '%') == NULL)
        return true;
    length = strlen(*text);
    if (**text == '%' && strchr(*text + 1, '%') == *text + length - 1 && length > 2) {  /* the token is all there is */
        value = string_value(table, *text + 1, length - 2);
        if (value != NULL)
            *text = value;
        return value != NULL || is_directory_id(*text + 1, length - 2) || undefined(inf, *text + 1, length - 2, number);
    }
    buffer.length = 0;
    for (const char *s = *text; *s != 0;) {
        if (!expand_piece(inf, table, &s, &buffer, number))
            return false;
    }
    *text = inf_copy(inf, buffer.text, buffer.length);
    return true;
}

static bool expand_line(struct inf *inf, const struct table *table, struct inf_line *line)
{
    if (!expand(inf, table, &line->key, line->number))
        return false;
    for (int i = 0; i < line->count; i++) {
        if (!expand(inf, table, &line->field[i], line->number))
            return false;
    }
    return true;
}

static bool expand_section(struct inf *inf, const struct table *table, struct inf_section *section, bool *renamed)
{
    const char *name = section->name;

    if (inf_same(section->name, "Strings") || inf_same_part(section->name, "Strings.", 8))
        return true;                    /* the values themselves are taken as they are */
    if (!expand(inf, table, &section->name, section->number))
        return false;
    *renamed |= section->name != name;
    for (int i = 0; i < section->count; i++) {
        if (section->line[i].token && !expand_line(inf, table, &section->line[i]))
            return false;
    }
    return true;
}

bool inf_expand_strings(struct inf *inf)
{
    struct table table = { .section = inf_strings(inf) };
    bool good = true, renamed = false;

    fill(&table);
    for (struct inf_section *section = inf->sections; section != NULL && good; section = section->next)
        good = expand_section(inf, &table, section, &renamed);
    free(table.slot);
    if (renamed)
        inf_index_again(inf);
    return good;
}
