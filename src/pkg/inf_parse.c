/* From text to sections and entries, in place: fields are cut out of the decoded text itself. The rules:
 *  1. a comment begins at a `;` outside quotes and %tokens%; a backslash with nothing but a comment behind it joins the next line;
 *  2. `[name]` opens a section (sections of the same name are one);
 *  3. an entry is cut at the first `=` that stands before any comma, then at commas, quotes respected;
 *  4. when all is read, %tokens% are replaced from [Strings] (inf_strings.c).
 * Invariant of the copying: `out` never passes `at`, so a field's NUL falls on text that was read. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/inf_internal.h"

#define MOST_FIELDS 65536

struct reader {
    struct inf *inf;
    char *at;                           /* next character */
    int number;                         /* the line it stands on */
    int start;                          /* line on which the entry began */
    struct inf_section *section;
    const char **field;                 /* of the entry being read */
    int count, room;
    bool token;                         /* the entry has a percent sign */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == 0x1A;
}

static void skip_space(struct reader *reader)
{
    while (is_space(*reader->at))
        reader->at++;
}

static void skip_line(struct reader *reader)
{
    char *end = strchr(reader->at, '\n');

    reader->at = end != NULL ? end + 1 : reader->at + strlen(reader->at);
    reader->number += end != NULL;
}

/* Length of a %token% at `text` (both percents included), 0 when there is none on this line. */
static size_t token_length(const char *text)
{
    for (const char *s = text + 1; *s != 0 && *s != '\n' && *s != ',' && *s != '"' && !is_space(*s); s++) {
        if (*s == '%')
            return (size_t)(s - text) + 1;
    }
    return 0;
}

/* At a backslash: whether the line goes on behind the next line end; then that is where the reader stands. */
static bool continues(struct reader *reader, bool quoted)
{
    char *s = reader->at + 1;

    while (is_space(*s))
        s++;
    if (*s == ';' && !quoted)
        s += strcspn(s, "\n");
    if (*s != '\n' && *s != 0)
        return false;
    reader->number += *s == '\n';
    reader->at = *s == '\n' ? s + 1 : s;
    skip_space(reader);
    return true;
}

static struct inf_section *section_named(struct inf *inf, const char *name, size_t length, int number)
{
    struct inf_section *section = inf_index_find(inf, name, length);

    if (section != NULL) {
        if (section->again == 0)
            section->again = number;
        return section;
    }
    section = inf_alloc(inf, sizeof(*section));
    section->name = inf_copy(inf, name, length);
    section->number = number;
    section->index = inf->section_count++;
    *inf->last = section;
    inf->last = &section->next;
    inf_index_add(inf, section);
    return section;
}

static bool open_section(struct reader *reader)
{
    char *text = reader->at, *end = text + strcspn(text, "]\n"), *rest;
    int length = (int)strcspn(text, "\r\n");

    if (*end != ']')
        return inf_error(reader->inf, reader->number, "the section name '%.*s' has no closing ']'", length > 60 ? 60 : length, text);
    for (rest = end + 1; is_space(*rest); rest++)
        continue;
    if (*rest != 0 && *rest != '\n' && *rest != ';')
        return inf_error(reader->inf, reader->number, "'%.*s' follows a section name", (int)strcspn(rest, "\r\n;") % 61, rest);
    if (end == text + 1 || end - text > 256)
        return inf_error(reader->inf, reader->number, "a section name has 1 to 255 characters");
    reader->section = section_named(reader->inf, text + 1, (size_t)(end - text) - 1, reader->number);
    reader->at = rest;
    skip_line(reader);
    return true;
}

static void add_field(struct reader *reader, const char *field)
{
    if (reader->count == reader->room) {
        reader->room = reader->room * 2 + 16;
        reader->field = realloc(reader->field, (size_t)reader->room * sizeof(*reader->field));
        if (reader->field == NULL)
            abort();
    }
    reader->field[reader->count++] = field;
}

/* Characters that mean nothing outside quotes. */
static const bool plain[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['&' ... '+'] = 1, ['-' ... ':'] = 1, ['<'] = 1, ['>' ... '['] = 1, [']' ... 0xFF] = 1,
};

/* Copies what cannot end a field; how far is told by *out. */
static void copy_plain(struct reader *reader, char **out)
{
    char *from = reader->at;

    while (plain[(unsigned char)*reader->at])
        reader->at++;
    if (*out != from)
        memmove(*out, from, (size_t)(reader->at - from));
    *out += reader->at - from;
}

static void copy_token(struct reader *reader, char **out)
{
    size_t length = token_length(reader->at);

    length = length != 0 ? length : 1;
    memmove(*out, reader->at, length);
    *out += length;
    reader->at += length;
    reader->token = true;
}

/* Inside quotes: up to the closing one. False when there is none. */
static bool copy_quoted(struct reader *reader, char **out)
{
    while (*reader->at != 0 && *reader->at != '\n') {
        if (*reader->at == '"' && reader->at[1] != '"') {
            reader->at++;
            return true;
        }
        if (*reader->at == '\\' && continues(reader, true))
            continue;
        reader->at += *reader->at == '"';
        reader->token |= *reader->at == '%';
        *(*out)++ = *reader->at++;
    }
    return inf_error(reader->inf, reader->start, "a quotation mark is not closed");
}

/* Reads one field; *end is the character behind it: `,`, `=` (when `key` says so), or 0 for the end of the entry. */
static bool read_field(struct reader *reader, bool key, char *end)
{
    char *start = reader->at, *out, *keep;     /* keep: what trimming must not touch */

    skip_space(reader);
    for (out = keep = start; (*end = *reader->at) != ',' && !(key && *end == '='); ) {
        char c = *end;

        if (c == 0 || c == '\n' || c == ';') {
            *end = 0;
            break;
        }
        if (c == '"') {
            reader->at++;
            if (!copy_quoted(reader, &out))
                return false;
        } else if (c == '%') {
            copy_token(reader, &out);
        } else if (c == '\\' && continues(reader, false)) {
            continue;
        } else if (plain[(unsigned char)c]) {
            copy_plain(reader, &out);
        } else {
            *out++ = *reader->at++;
            if (is_space(c))
                continue;
        }
        keep = out;
    }
    if (keep - start >= INF_MAX_FIELD)
        return inf_error(reader->inf, reader->start, "a field has %zu characters, %d at most", (size_t)(keep - start), INF_MAX_FIELD - 1);
    if (*end != 0)
        reader->at++;
    else
        skip_line(reader);
    *keep = 0;
    add_field(reader, start);
    return true;
}

static bool add_entry(struct reader *reader)
{
    struct inf_section *section = reader->section;
    struct inf_line line = { .number = reader->number };
    bool keyed;
    char end;

    if (section == NULL)
        return inf_error(reader->inf, reader->number, "'%.*s' stands before the first [section]", (int)strcspn(reader->at, "\r\n") % 61,
                         reader->at);
    reader->start = reader->number;
    reader->count = 0;
    reader->token = false;
    if (!read_field(reader, true, &end))
        return false;
    keyed = end == '=';
    while (end != 0) {
        if (reader->count > MOST_FIELDS)
            return inf_error(reader->inf, reader->start, "an entry has more than %d fields", MOST_FIELDS);
        if (!read_field(reader, false, &end))
            return false;
    }
    line.token = reader->token;
    line.key = keyed ? reader->field[0] : NULL;
    line.count = reader->count - keyed;
    line.field = inf_alloc(reader->inf, (size_t)line.count * sizeof(*line.field));
    memcpy(line.field, reader->field + keyed, (size_t)line.count * sizeof(*line.field));
    section->line = inf_grow(reader->inf, section->line, section->count, sizeof(line));
    section->line[section->count++] = line;
    return true;
}

/* Some files open with a comment in the manner of C. */
static void skip_heading(struct reader *reader)
{
    char *end = strncmp(reader->at, "/*", 2) == 0 ? strstr(reader->at, "*/") : NULL;

    while (end != NULL && reader->at <= end && *reader->at != 0)
        skip_line(reader);
}

static bool read_all(struct reader *reader)
{
    reader->number = 1;
    skip_heading(reader);
    while (*reader->at != 0) {
        skip_space(reader);
        if (*reader->at == '\n' || *reader->at == ';')
            skip_line(reader);
        else if (*reader->at != 0 && !(*reader->at == '[' ? open_section(reader) : add_entry(reader)))
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

struct inf *inf_parse_listening(const char *name, const uint8_t *data, size_t size, const struct inf_listener *listener)
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
    inf->text = text;
    inf->name = inf_copy(inf, name, strlen(name));
    inf->listener = listener;
    inf->last = &inf->sections;
    inf->model_count = -1;
    reader.inf = inf;
    reader.at = text;
    good = read_all(&reader) && inf_expand_strings(inf) && check_version(inf);
    free(reader.field);
    if (good)
        return inf;
    inf_close(inf);
    return NULL;
}

struct inf *inf_parse(const char *name, const uint8_t *data, size_t size)
{
    return inf_parse_listening(name, data, size, NULL);
}

struct inf *inf_open_listening(const char *path, const struct inf_listener *listener)
{
    const char *slash = strrchr(path, '/');
    struct inf *inf;
    uint8_t *data;
    size_t size;

    if (!host_read_file(path, INF_MAX_SIZE, &data, &size))
        return NULL;
    inf = inf_parse_listening(slash != NULL ? slash + 1 : path, data, size, listener);
    free(data);
    if (inf != NULL)
        inf->directory = slash != NULL ? inf_copy(inf, path, (size_t)(slash - path)) : ".";
    return inf;
}

struct inf *inf_open(const char *path)
{
    return inf_open_listening(path, NULL);
}
