/* From text to sections and entries: comments, continuation, quoting. The steps, in this order:
 *  1. a physical line loses its comment; one that ends in an unquoted backslash is joined with the next;
 *  2. `[name]` opens a section (sections of the same name are one);
 *  3. an entry is cut at the first `=` that stands before any comma, then at commas, quotes respected;
 *  4. when all is read, %tokens% are replaced from [Strings]. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/inf_internal.h"

struct reader {
    struct inf *inf;
    const char *at;                     /* next physical line, NULL at the end */
    int number;                         /* of the physical line last read */
    int start;                          /* number of the first physical line of the logical one */
    char *line;                         /* the logical line */
    size_t length, room;
    struct inf_section *section;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == 0x1A;
}

static void append(struct reader *reader, const char *text, size_t length)
{
    if (reader->length + length + 1 > reader->room) {
        reader->room = (reader->length + length + 1) * 2;
        reader->line = realloc(reader->line, reader->room);
        if (reader->line == NULL)
            abort();
    }
    memcpy(reader->line + reader->length, text, length);
    reader->length += length;
    reader->line[reader->length] = 0;
}

/* Length of a %token% at `text` (both percents included), 0 when there is none before `end`. */
static size_t token_length(const char *text, const char *end)
{
    for (const char *s = text + 1; s < end && *s != ',' && *s != '"' && !is_space(*s); s++) {
        if (*s == '%')
            return (size_t)(s - text) + 1;
    }
    return 0;
}

/* Length of the physical line without its comment and trailing space; *quoted carries over from the line before. */
static size_t without_comment(const char *text, const char *end, bool *quoted)
{
    const char *s = text;

    while (s < end && (*quoted || *s != ';')) {
        size_t token = *s == '%' && !*quoted ? token_length(s, end) : 0;

        if (*s == '"')
            *quoted = !*quoted;
        s += token != 0 ? token : 1;
    }
    while (s > text && is_space(s[-1]))
        s--;
    return (size_t)(s - text);
}

/* Reads one logical line into reader->line. False at the end of the text. */
static bool read_line(struct reader *reader)
{
    bool quoted = false, more = true;

    if (reader->at == NULL)
        return false;
    reader->length = 0;
    append(reader, "", 0);
    reader->start = reader->number + 1;
    while (more && reader->at != NULL) {
        const char *text = reader->at, *end = strchr(text, '\n');
        size_t length;

        reader->at = end != NULL ? end + 1 : NULL;
        reader->number++;
        if (end == NULL)
            end = text + strlen(text);
        while (reader->length != 0 && text < end && is_space(*text))
            text++;                     /* indentation of a continued line */
        length = without_comment(text, end, &quoted);
        more = length != 0 && text[length - 1] == '\\';
        append(reader, text, more ? length - 1 : length);
    }
    return true;
}

static struct inf_section *section_named(struct inf *inf, const char *name, size_t length, int number)
{
    struct inf_section *section = inf_index_find(inf, name, length);

    if (section != NULL)
        return section;
    section = inf_alloc(inf, sizeof(*section));
    section->name = inf_copy(inf, name, length);
    section->number = number;
    *inf->last = section;
    inf->last = &section->next;
    inf_index_add(inf, section);
    return section;
}

static bool open_section(struct reader *reader, const char *text)
{
    const char *end = strchr(text, ']'), *rest;

    if (end == NULL)
        return inf_error(reader->inf, reader->start, "the section name '%.60s' has no closing ']'", text);
    for (rest = end + 1; is_space(*rest); rest++)
        continue;
    if (*rest != 0)
        return inf_error(reader->inf, reader->start, "'%.60s' follows a section name", rest);
    if (end == text + 1 || end - text > 256)
        return inf_error(reader->inf, reader->start, "a section name has 1 to 255 characters");
    reader->section = section_named(reader->inf, text + 1, (size_t)(end - text) - 1, reader->start);
    return true;
}

/* Reads one field up to a separator: `,`, the end, or `=` when `key` says so. Quotes go, "" stands for one quote. */
static bool read_field(struct reader *reader, const char **from, bool key, const char **field)
{
    char *out = inf_alloc(reader->inf, strlen(*from) + 1);
    size_t length = 0, keep = 0;        /* keep: what trimming must not touch */
    const char *s = *from;
    bool quoted = false;

    while (is_space(*s))
        s++;
    for (; *s != 0 && (quoted || (*s != ',' && !(key && *s == '='))); s++) {
        if (*s == '"' && quoted && s[1] == '"') {
            out[length++] = *s++;
        } else if (*s == '"') {
            quoted = !quoted;
            keep = length;
            continue;
        } else {
            out[length++] = *s;
        }
        if (quoted || !is_space(*s))
            keep = length;
    }
    if (quoted)
        return inf_error(reader->inf, reader->start, "a quotation mark is not closed");
    if (keep >= INF_MAX_FIELD)
        return inf_error(reader->inf, reader->start, "a field has %zu characters, %d at most", keep, INF_MAX_FIELD - 1);
    out[keep] = 0;
    *field = out;
    *from = s;
    return true;
}

static bool add_field(struct reader *reader, struct inf_line *line, const char *field)
{
    line->field = inf_grow(reader->inf, line->field, line->count, sizeof(*line->field));
    line->field[line->count++] = field;
    return true;
}

static bool add_entry(struct reader *reader, const char *text)
{
    struct inf_section *section = reader->section;
    struct inf_line line = { .number = reader->start };
    const char *field;

    if (section == NULL)
        return inf_error(reader->inf, reader->start, "'%.60s' stands before the first [section]", text);
    if (!read_field(reader, &text, true, &field))
        return false;
    if (*text == '=') {
        line.key = field;
        text++;
        if (!read_field(reader, &text, false, &field))
            return false;
    }
    add_field(reader, &line, field);
    while (*text == ',') {
        text++;
        if (!read_field(reader, &text, false, &field))
            return false;
        add_field(reader, &line, field);
    }
    section->line = inf_grow(reader->inf, section->line, section->count, sizeof(line));
    section->line[section->count++] = line;
    return true;
}

static bool read_all(struct reader *reader)
{
    while (read_line(reader)) {
        const char *text = reader->line;

        while (is_space(*text))
            text++;
        if (*text == 0)
            continue;
        if (*text == '[' ? !open_section(reader, text) : !add_entry(reader, text))
            return false;
    }
    return true;
}

static bool check_version(struct inf *inf)
{
    const char *signature = inf_version(inf, "Signature");

    if (inf_section(inf, "Version") == NULL)
        return inf_error(inf, 0, "has no [Version] section, so it is not an INF file");
    if (!inf_same(signature, "$Windows NT$") && !inf_same(signature, "$Chicago$"))
        return inf_error(inf, inf_section(inf, "Version")->number, "[Version] Signature is \"%.40s\", not \"$Windows NT$\"",
                         signature);
    return true;
}

struct inf *inf_parse(const char *name, const uint8_t *data, size_t size)
{
    struct inf *inf;
    struct reader reader = { 0 };
    char *text;
    bool good;

    if (!inf_decode(name, data, size, &text))
        return NULL;
    inf = calloc(1, sizeof(*inf));
    if (inf == NULL)
        abort();
    inf->name = inf_copy(inf, name, strlen(name));
    inf->last = &inf->sections;
    inf->model_count = -1;
    reader.inf = inf;
    reader.at = text;
    good = read_all(&reader) && inf_expand_strings(inf) && check_version(inf);
    free(reader.line);
    free(text);
    if (good)
        return inf;
    inf_close(inf);
    return NULL;
}

struct inf *inf_open(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct inf *inf;
    uint8_t *data;
    size_t size;

    if (!host_read_file(path, INF_MAX_SIZE, &data, &size))
        return NULL;
    inf = inf_parse(slash != NULL ? slash + 1 : path, data, size);
    free(data);
    return inf;
}
