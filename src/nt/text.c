#include "nt/text.h"

#include <stdlib.h>

#include "base/util.h"
#include "nt/rtl_case_table.h"

#define REPLACEMENT 0xFFFD

static WCHAR map_case(WCHAR c, const struct case_range *table, size_t count)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (c > table[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || c < table[low].first || (c - table[low].first) % table[low].step != 0)
        return c;
    return (WCHAR)(c + table[low].delta);
}

WCHAR text_upcase(WCHAR c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
    return map_case(c, case_upper, countof(case_upper));
}

WCHAR text_downcase(WCHAR c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 32) : c;
    return map_case(c, case_lower, countof(case_lower));
}

/* Takes one code point off the front of UTF-8; 0x110000 when it is malformed (one byte, or the bad prefix, is eaten). */
static uint32_t next_utf8(const unsigned char **at, const unsigned char *end)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = *(*at)++;
    int more;

    if (c < 0x80)
        return c;
    if (c < 0xC2 || c > 0xF4)
        return 0x110000;
    more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    c &= 0x3Fu >> more;
    for (int i = 0; i < more; i++) {
        if (*at == end || (**at & 0xC0) != 0x80)
            return 0x110000;
        c = c << 6 | (*(*at)++ & 0x3F);
    }
    if (c < least[more + 1] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0x110000;
    return c;
}

size_t text_to_utf16_cut(WCHAR *to, size_t size, const char *from, size_t length, bool *malformed, size_t *written)
{
    const unsigned char *at = (const unsigned char *)from, *end = at + length;
    size_t total = 0;
    bool bad = false, full = false;

    while (at < end) {
        uint32_t c = next_utf8(&at, end);
        size_t units;

        if (c == 0x110000) {
            bad = true;
            c = REPLACEMENT;
        }
        units = c >= 0x10000 ? 2 : 1;
        full = full || total + units > size;
        if (!full)
            *written = total + units;
        if (!full && units == 2) {
            to[total] = (WCHAR)(0xD7C0 + (c >> 10));
            to[total + 1] = (WCHAR)(0xDC00 | (c & 0x3FF));
        } else if (!full) {
            to[total] = (WCHAR)c;
        }
        total += units;
    }
    if (malformed != NULL)
        *malformed = bad;
    return total;
}

size_t text_to_utf16(WCHAR *to, size_t size, const char *from, size_t length, bool *malformed)
{
    size_t written = 0;

    return text_to_utf16_cut(to, size, from, length, malformed, &written);
}

static size_t put_utf8(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t text_to_utf8_cut(char *to, size_t size, const WCHAR *from, size_t length, bool *malformed, size_t *written)
{
    size_t total = 0, i = 0;
    bool bad = false, full = false;

    while (i < length) {
        uint32_t c = from[i++];
        char bytes[4];
        size_t count;

        if (c >= 0xD800 && c < 0xDC00 && i < length && from[i] >= 0xDC00 && from[i] < 0xE000) {
            c = 0x10000 + ((c & 0x3FF) << 10 | (from[i++] & 0x3FFu));
        } else if (c >= 0xD800 && c < 0xE000) {
            bad = true;
            c = REPLACEMENT;
        }
        count = put_utf8(bytes, c);
        full = full || total + count > size;
        if (!full)
            *written = total + count;
        for (size_t k = 0; k < count && !full; k++)
            to[total + k] = bytes[k];
        total += count;
    }
    if (malformed != NULL)
        *malformed = bad;
    return total;
}

size_t text_to_utf8(char *to, size_t size, const WCHAR *from, size_t length, bool *malformed)
{
    size_t written = 0;

    return text_to_utf8_cut(to, size, from, length, malformed, &written);
}

const char *text_utf8(char *to, size_t size, const UNICODE_STRING *from)
{
    size_t written = 0;

    if (size == 0)
        return to;
    text_to_utf8_cut(to, size - 1, from->Buffer, from->Length / sizeof(WCHAR), NULL, &written);
    to[written] = 0;
    return to;
}

WCHAR *text_utf16(const char *from, size_t *length)
{
    size_t bytes = __builtin_strlen(from);
    size_t units = text_to_utf16(NULL, 0, from, bytes, NULL);
    WCHAR *to = malloc((units + 1) * sizeof(WCHAR));

    if (to == NULL)
        return NULL;
    text_to_utf16(to, units, from, bytes, NULL);
    to[units] = 0;
    if (length != NULL)
        *length = units;
    return to;
}

int text_compare(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length, bool ignore_case)
{
    size_t shorter = a_length < b_length ? a_length : b_length;

    for (size_t i = 0; i < shorter; i++) {
        WCHAR x = a[i], y = b[i];

        if (x != y && ignore_case) {
            x = text_upcase(x);
            y = text_upcase(y);
        }
        if (x != y)
            return (int)x - (int)y;
    }
    return a_length < b_length ? -1 : a_length > b_length;
}

size_t text_length(const WCHAR *text)
{
    size_t n = 0;

    while (text[n] != 0)
        n++;
    return n;
}
