/* Import of .reg files.
 *
 * A file is a header line, then lines: [key] opens a key (creating it), [-key] deletes one, "name"=value or @=value sets
 * a value in the open key, "name"=- deletes one, ; starts a comment. A backslash at the end of a line continues it.
 * value: "text" | dword:8 hex digits | qword:16 | hex:bytes (REG_BINARY) | hex(type):bytes.
 * Version 5 writes texts as UTF-16, also as bytes of hex(1), hex(2) and hex(7); REGEDIT4 writes all of it in the ANSI code
 * page. A file of version 5 without a byte-order mark is UTF-8 or, when it is not that, ANSI. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nt/ansi.h"
#include "nt/cm_internal.h"

struct parser {
    const char *file;
    char *text;                 /* UTF-8, terminated; lines are cut in place */
    char *at;
    int line;                   /* of the line being read, from 1 */
    struct cm_key *key;         /* the open key; NULL: none, or a deleted one */
    bool ansi;                  /* REGEDIT4: one byte a character in hex(1), hex(2), hex(7) */
    bool skip_values;           /* the open "key" was [-key]: values are refused */
};

static bool fail(const struct parser *p, const char *reason)
{
    return error_set("%s:%d: %s", p->file, p->line != 0 ? p->line : 1, reason);
}

/* ---- the text ---- */

/* UTF-16 as terminated UTF-8; frees wide. */
static char *from_wide(WCHAR *wide, size_t units)
{
    size_t bytes = text_to_utf8(NULL, 0, wide, units, NULL);
    char *text = malloc(bytes + 1);

    if (text != NULL) {
        text_to_utf8(text, bytes, wide, units, NULL);
        text[bytes] = 0;
    }
    free(wide);
    return text;
}

static char *from_utf16(const unsigned char *data, size_t units, bool big)
{
    WCHAR *wide = malloc((units + 1) * sizeof(WCHAR));

    if (wide == NULL)
        return NULL;
    for (size_t i = 0; i < units; i++)
        wide[i] = (WCHAR)(big ? data[2 * i] << 8 | data[2 * i + 1] : data[2 * i + 1] << 8 | data[2 * i]);
    return from_wide(wide, units);
}

static char *from_ansi(const unsigned char *data, size_t size)
{
    WCHAR *wide = malloc((size + 1) * sizeof(WCHAR));

    if (wide == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++)
        wide[i] = ansi_to_wide((char)data[i]);
    return from_wide(wide, size);
}

static char *from_bytes(const unsigned char *data, size_t size)
{
    bool malformed = false;
    char *text;

    text_to_utf16(NULL, 0, (const char *)data, size, &malformed);
    if (malformed || (size >= 8 && memcmp(data, "REGEDIT4", 8) == 0))
        return from_ansi(data, size);
    text = malloc(size + 1);
    if (text != NULL && size != 0)
        memcpy(text, data, size);
    if (text != NULL)
        text[size] = 0;
    return text;
}

/* The file as terminated UTF-8. */
static char *to_utf8(const unsigned char *data, size_t size)
{
    if (size >= 2 && data[0] == 0xFF && data[1] == 0xFE)
        return from_utf16(data + 2, size / 2 - 1, false);
    if (size >= 2 && data[0] == 0xFE && data[1] == 0xFF)
        return from_utf16(data + 2, size / 2 - 1, true);
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        return from_bytes(data + 3, size - 3);
    return from_bytes(data, size);
}

/* A null character would hide the rest of the file. */
static bool has_null(const unsigned char *data, size_t size)
{
    if (size < 2 || data[0] < 0xFE || (data[0] ^ data[1]) != 1)
        return size != 0 && memchr(data, 0, size) != NULL;
    for (size_t i = 2; i + 1 < size; i += 2)
        if (data[i] == 0 && data[i + 1] == 0)
            return true;
    return false;
}

/* Cuts the next line off, without its end and outer blanks. NULL at the end of the text. */
static char *next_line(struct parser *p)
{
    char *start = p->at, *end;

    if (*start == 0)
        return NULL;
    end = strchr(start, '\n');
    if (end != NULL) {
        *end = 0;
        p->at = end + 1;
    } else {
        end = start + strlen(start);
        p->at = end;
    }
    p->line++;
    while (end > start && isspace((unsigned char)end[-1]))
        *--end = 0;
    while (isspace((unsigned char)*start))
        start++;
    return start;
}

/* ---- values ---- */

/* "text" with \\ and \" undone, in place. Returns what follows the closing quote; NULL when there is none. */
static char *unquote(char *from)
{
    char *to = from++;

    for (; *from != '"'; from++) {
        if (*from == 0)
            return NULL;
        if (*from == '\\' && (from[1] == '\\' || from[1] == '"'))
            from++;
        *to++ = *from;
    }
    *to = 0;
    return from + 1;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool set_number(struct parser *p, const char *name, const char *digits, uint32_t type, size_t size)
{
    uint64_t value = 0;
    size_t n = 0;

    for (; hex_digit(digits[n]) >= 0; n++) {
        if (n == size * 2)
            return fail(p, "the number has too many digits");
        value = value << 4 | (uint64_t)hex_digit(digits[n]);
    }
    if (n == 0 || (digits[n] != 0 && digits[n] != ';' && !isspace((unsigned char)digits[n])))
        return fail(p, "expected hexadecimal digits");
    return cm_set(p->key, name, type, &value, size) || fail(p, "out of memory");
}

struct bytes {
    unsigned char *data;
    size_t count, room;
};

static bool add_byte(struct bytes *b, unsigned char byte)
{
    if (b->count == b->room) {
        size_t room = b->room == 0 ? 64 : b->room * 2;
        unsigned char *data = realloc(b->data, room);

        if (data == NULL)
            return false;
        b->data = data;
        b->room = room;
    }
    b->data[b->count++] = byte;
    return true;
}

/* Bytes of one or two digits with commas between; a backslash at a line's end goes on in the next line. */
static bool read_bytes(struct parser *p, char *at, struct bytes *b)
{
    for (;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (*at == '\\' && at[1] == 0) {
            at = next_line(p);
            if (at == NULL)
                return fail(p, "the file ends in a continued line");
            continue;
        }
        if (*at == 0 || *at == ';')
            return true;
        if (hex_digit(*at) < 0)
            return fail(p, "expected a hexadecimal byte");
        unsigned value = (unsigned)hex_digit(*at++);

        if (hex_digit(*at) >= 0)
            value = value << 4 | (unsigned)hex_digit(*at++);
        if (!add_byte(b, (unsigned char)value))
            return fail(p, "out of memory");
        while (isspace((unsigned char)*at))
            at++;
        if (*at == ',')
            at++;
        else if (*at != 0 && *at != ';' && *at != '\\')
            return fail(p, "expected a comma between bytes");
    }
}

/* Text of one byte a character becomes UTF-16. */
static bool widen(struct bytes *b)
{
    unsigned char *wide = malloc(2 * b->count + 1);

    if (wide == NULL)
        return false;
    for (size_t i = 0; i < b->count; i++) {
        WCHAR c = ansi_to_wide((char)b->data[i]);

        memcpy(wide + 2 * i, &c, sizeof(c));
    }
    free(b->data);
    b->data = wide;
    b->count *= 2;
    return true;
}

static bool set_hex(struct parser *p, const char *name, char *at)
{
    struct bytes b = {0};
    uint32_t type = REG_BINARY;
    bool done;

    if (*at == '(') {
        char *end;

        type = (uint32_t)strtoul(at + 1, &end, 16);
        if (end == at + 1 || *end != ')')
            return fail(p, "expected a type number in parentheses after hex");
        at = end + 1;
    }
    if (*at++ != ':')
        return fail(p, "expected a colon after hex");
    done = read_bytes(p, at, &b);
    if (done && p->ansi && (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ) && !widen(&b))
        done = fail(p, "out of memory");
    if (done && !cm_set(p->key, name, type, b.data, b.count))
        done = fail(p, "out of memory, or the value is too large");
    free(b.data);
    return done;
}

static bool ends_line(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return *at == 0 || *at == ';';
}

static bool set_value(struct parser *p, const char *name, char *value)
{
    while (isspace((unsigned char)*value))
        value++;
    if (*value == '-' && ends_line(value + 1)) {
        cm_delete_value(p->key, name);
        return true;
    }
    if (*value == '"') {
        char *end = unquote(value);

        if (end == NULL)
            return fail(p, "the text has no closing quote");
        if (!ends_line(end))
            return fail(p, "there is something after the closing quote");
        return cm_set_string(p->key, name, value) || fail(p, "out of memory, or the name is too long");
    }
    if (strncasecmp(value, "dword:", 6) == 0)
        return set_number(p, name, value + 6, REG_DWORD, 4);
    if (strncasecmp(value, "qword:", 6) == 0)
        return set_number(p, name, value + 6, REG_QWORD, 8);
    if (strncasecmp(value, "hex", 3) == 0)
        return set_hex(p, name, value + 3);
    return fail(p, "expected \"text\", dword:, qword:, hex:, hex(type): or -");
}

/* A text value may go over several lines: its end is in a later one. Joins them in place, undoing next_line's cuts. */
static bool join_text(struct parser *p, char *value)
{
    for (;;) {
        char *c = value + 1;

        while (*c != 0 && *c != '"')
            c += *c == '\\' && c[1] != 0 ? 2 : 1;
        if (*c == '"' || *p->at == 0)
            return true;
        char *next = next_line(p);

        *c++ = '\n';
        memmove(c, next, strlen(next) + 1);
    }
}

static bool value_line(struct parser *p, char *line)
{
    const char *name = "";
    char *at = line + 1;

    if (p->key == NULL)
        return fail(p, p->skip_values ? "a value in a key that this file deletes" : "a value before the first [key]");
    if (*line == '"') {
        at = unquote(line);
        name = line;
    }
    if (at == NULL)
        return fail(p, "the value's name has no closing quote");
    while (isspace((unsigned char)*at))
        at++;
    if (*at != '=')
        return fail(p, "expected = after the value's name");
    at++;
    while (isspace((unsigned char)*at))
        at++;
    return (*at != '"' || join_text(p, at)) && set_value(p, name, at);
}

/* ---- keys ---- */

static bool key_line(struct parser *p, char *line)
{
    char *end = strrchr(line, ']'), *path = line + 1;
    bool delete = *path == '-';

    if (end == NULL || !ends_line(end + 1))
        return fail(p, "a key's line must end with ]");
    *end = 0;
    path += delete;
    p->key = NULL;
    p->skip_values = delete;
    if (strncasecmp(path, "HKEY_LOCAL_MACHINE\\", 19) != 0 && strncasecmp(path, "HKEY_USERS\\", 11) != 0)
        return fail(p, "a key must begin with HKEY_LOCAL_MACHINE\\ or HKEY_USERS\\");
    if (delete) {
        struct cm_key *key = cm_key(NULL, path, false);

        if (key != NULL && key->parent != cm_root && key != cm_root)
            cm_delete_tree(key);
        return true;
    }
    p->key = cm_key(NULL, path, true);
    return p->key != NULL || fail(p, "the key's name is too long, or there is no memory");
}

static bool run(struct parser *p)
{
    char *line = next_line(p);

    if (line == NULL || (strcmp(line, "Windows Registry Editor Version 5.00") != 0 && strcmp(line, "REGEDIT4") != 0))
        return fail(p, "the first line must be \"Windows Registry Editor Version 5.00\" or REGEDIT4");
    p->ansi = strcmp(line, "REGEDIT4") == 0;
    while ((line = next_line(p)) != NULL) {
        bool done = true;

        if (*line == '[')
            done = key_line(p, line);
        else if (*line == '"' || *line == '@')
            done = value_line(p, line);
        else if (*line != 0 && *line != ';')
            done = fail(p, "expected [key], \"name\"=value, @=value or a comment");
        if (!done)
            return false;
    }
    return true;
}

bool cm_import(const char *name, const void *data, size_t size)
{
    struct parser p = {.file = name};
    bool done;

    if (has_null(data, size))
        return error_set("%s: has null characters; UTF-16 needs a byte-order mark", name);
    p.text = to_utf8(data, size);
    if (p.text == NULL)
        return error_set("%s: out of memory", name);
    p.at = p.text;
    done = run(&p);
    free(p.text);
    return done;
}
