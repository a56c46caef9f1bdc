/* The scanf family of the CRT. No floating point, as in the kernel's printf: such a conversion ends the scan.
 *
 *  1. `text` and `format` have units of one size; what is stored may have the other one (convert on the way).
 *  2. Input ends at a terminator or after `limit` units.
 *  3. In the secure functions a size (unsigned, in units of the destination) follows each c, C, s, S, [ argument. When the field with
 *     its terminator does not fit, the destination is the empty string and the scan ends.
 *  4. The result is EOF only when the input ended before the first conversion. */
#include "nt/ansi.h"
#include "nt/crt.h"
#include "nt/crt_format.h"

#define SPACE(c) ((c) == ' ' || ((c) >= 9 && (c) <= 13))
#define END (-1)

struct scan {
    const void *text, *format;
    bool wide, secure;
    size_t at, limit;           /* in text */
    size_t f;                   /* in format */
    format_arguments arguments;
    int assigned;
    bool converted;             /* a conversion is complete, assigned or not */
};

struct field {
    bool suppress, narrow, wide;        /* h, l of c, s and [ */
    size_t width;                       /* SIZE_MAX: none given */
    unsigned size;                      /* of an integer, in bytes */
};

static unsigned format_at(const struct scan *s, size_t ahead)
{
    return s->wide ? ((const WCHAR *)s->format)[s->f + ahead] : ((const unsigned char *)s->format)[s->f + ahead];
}

static int peek(const struct scan *s)
{
    int c;

    if (s->at >= s->limit)
        return END;
    c = s->wide ? ((const WCHAR *)s->text)[s->at] : ((const unsigned char *)s->text)[s->at];
    return c == 0 ? END : c;
}

static void skip_space(struct scan *s)
{
    while (SPACE(peek(s)))
        s->at++;
}

/* ---- integers ---- */

static unsigned digit_of(int c)
{
    return c >= '0' && c <= '9' ? (unsigned)c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? ((unsigned)c | 32) - 'a' + 10 : 99;
}

static int take(struct scan *s, size_t *width)
{
    int c = *width == 0 ? END : peek(s);

    if (c != END) {
        s->at++;
        --*width;
    }
    return c;
}

static int ahead(const struct scan *s, size_t width)
{
    return width == 0 ? END : peek(s);
}

/* base 0: by prefix. False when there is no digit. */
static bool read_integer(struct scan *s, size_t width, unsigned base, uint64_t *value)
{
    bool negative = false, any = false;

    if (ahead(s, width) == '-' || ahead(s, width) == '+')
        negative = take(s, &width) == '-';
    if ((base == 0 || base == 16) && ahead(s, width) == '0') {
        take(s, &width);
        any = true;
        if ((ahead(s, width) | 32) == 'x') {
            take(s, &width);
            base = 16;
            any = digit_of(ahead(s, width)) < 16;
        } else if (base == 0) {
            base = 8;
        }
    }
    if (base == 0)
        base = 10;
    for (*value = 0; digit_of(ahead(s, width)) < base; any = true)
        *value = *value * base + digit_of(take(s, &width));
    if (negative)
        *value = 0 - *value;
    return any;
}

static void store(void *to, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)to = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)to = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)to = (uint32_t)value;
        break;
    default:
        *(uint64_t *)to = value;
    }
}

static bool convert_integer(struct scan *s, const struct field *field, unsigned base, unsigned size)
{
    uint64_t value;

    skip_space(s);
    if (peek(s) == END || !read_integer(s, field->width, base, &value))
        return false;
    s->converted = true;
    if (!field->suppress) {
        store((void *)(uintptr_t)*s->arguments++, size, value);
        s->assigned++;
    }
    return true;
}

/* ---- characters ---- */

/* The set between [ and ]; s->f is behind the bracket. Moves it behind the closing one: false when there is none. */
struct set {
    size_t start, end;          /* in format */
    bool not;
};

static bool read_set(struct scan *s, struct set *set)
{
    *set = (struct set){ .not = format_at(s, 0) == '^' };
    s->f += set->not;
    set->start = s->f;
    if (format_at(s, 0) == ']')
        s->f++;
    while (format_at(s, 0) != 0 && format_at(s, 0) != ']')
        s->f++;
    set->end = s->f;
    return format_at(s, 0) == ']' && ++s->f;
}

static unsigned format_unit(const struct scan *s, size_t at)
{
    return s->wide ? ((const WCHAR *)s->format)[at] : ((const unsigned char *)s->format)[at];
}

static bool in_set(const struct scan *s, const struct set *set, unsigned c)
{
    for (size_t i = set->start; i < set->end; i++) {
        unsigned low = format_unit(s, i), high = low;

        if (i + 2 < set->end && format_unit(s, i + 1) == '-') {
            high = format_unit(s, i + 2);
            i += 2;
        }
        if (low > high ? c >= high && c <= low : c >= low && c <= high)
            return !set->not;
    }
    return set->not;
}

static void put(void *to, size_t at, bool wide, int c, bool from_wide)
{
    if (wide)
        ((WCHAR *)to)[at] = from_wide ? (WCHAR)c : ansi_to_wide((char)c);
    else
        ((char *)to)[at] = from_wide ? ansi_from_wide((WCHAR)c) : (char)c;
}

/* A field of c (set NULL, text false), s (set NULL) or [. */
static bool convert_text(struct scan *s, const struct field *field, bool wide, bool text, const struct set *set)
{
    size_t width = field->width, n = 0, room = SIZE_MAX, start = s->at, length;
    void *to = NULL;

    if (!text && width == SIZE_MAX)
        width = 1;
    for (size_t left = width; left > 0; left--, s->at++) {
        int c = peek(s);
        if (c == END || (text && (set ? !in_set(s, set, (unsigned)c) : SPACE(c))))
            break;
    }
    length = s->at - start;
    if (length == 0 || (!text && length < width)) {
        s->at = start;
        if (length != 0)
            s->converted = true;        /* too few characters for %nc: a mismatch, not the end of the input */
        return false;
    }
    if (!field->suppress) {
        to = (void *)(uintptr_t)*s->arguments++;
        if (s->secure)
            room = (uint32_t)*s->arguments++;
        if (length + text > room) {
            if (room > 0)
                put(to, 0, wide, 0, true);
            s->converted = true;
            return false;
        }
        for (s->at = start; n < length; n++)
            put(to, n, wide, peek(s), s->wide), s->at++;
        if (text)
            put(to, n, wide, 0, true);
        s->assigned++;
    }
    s->converted = true;
    return true;
}

/* ---- the format ---- */

static void read_field(struct scan *s, struct field *field)
{
    *field = (struct field){ .width = SIZE_MAX, .size = 4 };
    if (format_at(s, 0) == '*') {
        field->suppress = true;
        s->f++;
    }
    if (format_at(s, 0) >= '0' && format_at(s, 0) <= '9')
        field->width = 0;
    for (; format_at(s, 0) >= '0' && format_at(s, 0) <= '9'; s->f++)
        field->width = field->width * 10 + (format_at(s, 0) - '0');
    if (field->width == 0)
        field->width = SIZE_MAX;
    for (;; s->f++) {
        unsigned c = format_at(s, 0);

        if (c == 'h') {
            field->size = field->narrow ? 1 : 2;
            field->narrow = true;
        } else if (c == 'l' || c == 'w' || c == 'L') {
            field->size = field->wide || c == 'L' ? 8 : 4;
            field->wide = true;
        } else if (c == 'j' || c == 'z' || c == 't') {
            field->size = 8;
        } else if (c == 'I') {
            bool is_32 = format_at(s, 1) == '3' && format_at(s, 2) == '2', is_64 = format_at(s, 1) == '6' && format_at(s, 2) == '4';
            field->size = is_32 ? 4 : 8;
            s->f += is_32 || is_64 ? 2 : 0;
        } else {
            return;
        }
    }
}

static bool character_is_wide(const struct scan *s, const struct field *field, bool opposite)
{
    return field->narrow ? false : field->wide ? true : s->wide != opposite;
}

static bool convert(struct scan *s, const struct field *field, unsigned type)
{
    struct set set;

    switch (type) {
    case 'd':
    case 'u':
        return convert_integer(s, field, 10, field->size);
    case 'i':
        return convert_integer(s, field, 0, field->size);
    case 'o':
        return convert_integer(s, field, 8, field->size);
    case 'x':
    case 'X':
        return convert_integer(s, field, 16, field->size);
    case 'p':
        return convert_integer(s, field, 16, 8);
    case 'c':
    case 'C':
        return convert_text(s, field, character_is_wide(s, field, type == 'C'), false, NULL);
    case 's':
    case 'S':
        skip_space(s);
        return convert_text(s, field, character_is_wide(s, field, type == 'S'), true, NULL);
    case '[':
        return read_set(s, &set) && convert_text(s, field, character_is_wide(s, field, false), true, &set);
    case 'n':
        if (!field->suppress)
            store((void *)(uintptr_t)*s->arguments++, field->size, s->at);
        return true;
    case 'a': case 'A': case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        return false;
    default:
        if (peek(s) != (int)type)       /* %% and what has no meaning */
            return false;
        s->at++;
        return true;
    }
}

static int run(struct scan *s)
{
    struct field field;
    unsigned c;

    if (s->text == NULL || s->format == NULL)
        return END;
    while ((c = format_at(s, 0)) != 0) {
        s->f++;
        if (SPACE(c)) {
            skip_space(s);
        } else if (c != '%') {
            if (peek(s) != (int)c)
                break;
            s->at++;
        } else {
            read_field(s, &field);
            if ((c = format_at(s, 0)) == 0)
                break;
            s->f++;
            if (!convert(s, &field, c))
                break;
        }
    }
    return !s->converted && peek(s) == END && c != 0 ? END : s->assigned;
}

#define SCAN(name, unit, is_wide, is_secure)                                                                                    \
    CRT_EXPORT(int, crt_##name, (const unit *text, const unit *format, ...))                                                    \
    {                                                                                                                           \
        struct scan s = { .text = text, .format = format, .wide = is_wide, .secure = is_secure, .limit = SIZE_MAX };            \
        __builtin_ms_va_list list;                                                                                              \
        int result;                                                                                                             \
        __builtin_ms_va_start(list, format);                                                                                    \
        s.arguments = format_list(list);                                                                                        \
        result = run(&s);                                                                                                       \
        __builtin_ms_va_end(list);                                                                                              \
        return result;                                                                                                          \
    }
SCAN(sscanf, char, false, false)
SCAN(sscanf_s, char, false, true)
SCAN(swscanf, WCHAR, true, false)
SCAN(swscanf_s, WCHAR, true, true)

#define SCAN_COUNTED(name, unit, is_wide)                                                                                       \
    CRT_EXPORT(int, crt_##name, (const unit *text, size_t length, const unit *format, ...))                                     \
    {                                                                                                                           \
        struct scan s = { .text = text, .format = format, .wide = is_wide, .secure = true, .limit = length };                   \
        __builtin_ms_va_list list;                                                                                              \
        int result;                                                                                                             \
        __builtin_ms_va_start(list, format);                                                                                    \
        s.arguments = format_list(list);                                                                                        \
        result = run(&s);                                                                                                       \
        __builtin_ms_va_end(list);                                                                                              \
        return result;                                                                                                          \
    }
SCAN_COUNTED(_snscanf_s, char, false)
SCAN_COUNTED(_snwscanf_s, WCHAR, true)
