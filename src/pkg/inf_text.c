/* Memory, encodings and comparison for the INF engine. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "pkg/inf_internal.h"

struct inf_chunk {
    struct inf_chunk *next;
    size_t used, size;
    uint8_t bytes[];
};

void *inf_alloc(struct inf *inf, size_t size)
{
    struct inf_chunk *chunk = inf->chunks;
    void *result;

    size = (size_t)align_up(size + !size, 8);
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t room = chunk == NULL ? 32768 : chunk->size < 1 << 20 ? chunk->size * 2 : 1 << 20;

        room = room > size ? room : size;

        chunk = calloc(1, sizeof(*chunk) + room);
        if (chunk == NULL)
            abort();
        chunk->size = room;
        chunk->next = inf->chunks;
        inf->chunks = chunk;
    }
    result = chunk->bytes + chunk->used;
    chunk->used += size;
    return result;
}

void inf_close(struct inf *inf)
{
    if (inf == NULL)
        return;
    inf_close_siblings(inf);
    free(inf->text);
    free(inf->index);
    for (struct inf_chunk *chunk = inf->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(inf);
}

char *inf_copy(struct inf *inf, const char *text, size_t length)
{
    char *copy = inf_alloc(inf, length + 1);

    memcpy(copy, text, length);
    return copy;
}

void *inf_grow(struct inf *inf, void *array, int count, size_t element)
{
    void *larger;

    if ((count & (count - 1)) != 0)     /* room is left: capacity is the next power of two */
        return array;
    larger = inf_alloc(inf, element * (size_t)(count == 0 ? 1 : count * 2));
    if (count != 0)
        memcpy(larger, array, element * (size_t)count);
    return larger;
}

bool inf_error(const struct inf *inf, int line, const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    if (line > 0)
        return error_set("%s:%d: %s", inf->name, line, reason);
    return error_set("%s: %s", inf->name, reason);
}

bool inf_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

bool inf_same_part(const char *a, const char *prefix, size_t length)
{
    return strncasecmp(a, prefix, length) == 0;
}

static char *put_utf8(char *at, uint32_t c)
{
    if (c < 0x80) {
        *at++ = (char)c;
    } else if (c < 0x800) {
        *at++ = (char)(0xC0 | c >> 6);
        *at++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *at++ = (char)(0xE0 | c >> 12);
        *at++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at++ = (char)(0x80 | (c & 0x3F));
    } else {
        *at++ = (char)(0xF0 | c >> 18);
        *at++ = (char)(0x80 | (c >> 12 & 0x3F));
        *at++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at++ = (char)(0x80 | (c & 0x3F));
    }
    return at;
}

static uint32_t unit_at(const uint8_t *data, size_t index, bool big)
{
    return big ? (uint32_t)data[2 * index] << 8 | data[2 * index + 1]
               : (uint32_t)data[2 * index + 1] << 8 | data[2 * index];
}

static bool decode_utf16(const char *name, const uint8_t *data, size_t size, bool big, char **text)
{
    size_t units = size / 2;
    char *out = malloc(units * 3 + 1), *at = out;

    if (out == NULL)
        abort();
    for (size_t i = 0; i < units; i++) {
        uint32_t c = unit_at(data, i, big);

        if (c >= 0xD800 && c < 0xDC00 && i + 1 < units && (unit_at(data, i + 1, big) & 0xFC00) == 0xDC00)
            c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(data, ++i, big) - 0xDC00);
        if (c == 0 || (c >= 0xD800 && c < 0xE000)) {
            free(out);
            return error_set("%s: character %zu (0x%04X) has no place in UTF-16 text", name, i, c);
        }
        at = put_utf8(at, c);
    }
    *at = 0;
    *text = out;
    return true;
}

bool inf_decode(const char *name, const uint8_t *data, size_t size, char **text)
{
    if (size > INF_MAX_SIZE)
        return error_set("%s: %zu bytes, more than the %u an INF file may have", name, size, INF_MAX_SIZE);
    if (size >= 2 && data[0] == 0xFF && data[1] == 0xFE)
        return decode_utf16(name, data + 2, size - 2, false, text);
    if (size >= 2 && data[0] == 0xFE && data[1] == 0xFF)
        return decode_utf16(name, data + 2, size - 2, true, text);
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        size -= 3;
    }
    if (size != 0 && memchr(data, 0, size) != NULL)
        return error_set("%s: contains NUL bytes; UTF-16 needs a byte order mark", name);
    *text = malloc(size + 1);
    if (*text == NULL)
        abort();
    if (size != 0)
        memcpy(*text, data, size);
    (*text)[size] = 0;
    return true;
}

/* The next character of UTF-8 text; a byte that is none stands for itself (the file was in an old code page). */
static uint32_t next_char(const uint8_t **text)
{
    const uint8_t *s = *text;
    int more = s[0] >= 0xF0 && s[0] < 0xF5 ? 3 : s[0] >= 0xE0 && s[0] < 0xF0 ? 2 : s[0] >= 0xC2 && s[0] < 0xE0 ? 1 : 0;
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3Fu >> more);

    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *text = s + 1;
            return s[0];
        }
        c = c << 6 | (s[i] & 0x3F);
    }
    *text = s + more + 1;
    return c;
}

uint8_t *inf_utf16(struct inf *inf, const char *text, uint32_t *size)
{
    uint8_t *out = inf_alloc(inf, strlen(text) * 2 + 2), *at = out;
    const uint8_t *from = (const uint8_t *)text;

    while (*from != 0) {
        uint32_t c = next_char(&from), unit = c;

        if (c >= 0x10000) {
            unit = 0xD800 + ((c - 0x10000) >> 10);
            *at++ = (uint8_t)unit;
            *at++ = (uint8_t)(unit >> 8);
            unit = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        *at++ = (uint8_t)unit;
        *at++ = (uint8_t)(unit >> 8);
    }
    *size = (uint32_t)(at - out) + 2;   /* the NUL is there: the memory is zeroed */
    return out;
}
