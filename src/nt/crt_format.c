/* One formatter for narrow and wide text. It runs in three steps for each conversion: read the specification, make the
 * digits or find the text, write it with padding. */
#include "nt/crt_format.h"

#include <stdbool.h>

#include "nt/ansi.h"

struct reader {
    const char *narrow;                 /* one of the two is NULL */
    const WCHAR *wide;
};

struct writer {
    char *narrow;
    WCHAR *wide;
    size_t size, total;
    bool is_wide;
};

enum text_kind { TEXT_DEFAULT, TEXT_NARROW, TEXT_WIDE };

struct spec {
    bool left, plus, space, alternate, zero;
    int width, precision;               /* precision -1: none */
    bool is_64, is_short, is_char;
    enum text_kind kind;
};

static WCHAR take(struct reader *r)
{
    return r->wide != NULL ? *r->wide++ : (unsigned char)*r->narrow++;
}

static WCHAR peek(const struct reader *r, int ahead)
{
    return r->wide != NULL ? r->wide[ahead] : (unsigned char)r->narrow[ahead];
}

static void skip(struct reader *r, int count)
{
    if (r->wide != NULL)
        r->wide += count;
    else
        r->narrow += count;
}

static void put_wide(struct writer *w, WCHAR c)
{
    if (w->total < w->size && w->is_wide)
        w->wide[w->total] = c;
    else if (w->total < w->size)
        w->narrow[w->total] = ansi_from_wide(c);
    w->total++;
}

static void put_narrow(struct writer *w, char c)
{
    if (w->total < w->size && w->is_wide)
        w->wide[w->total] = ansi_to_wide(c);
    else if (w->total < w->size)
        w->narrow[w->total] = c;
    w->total++;
}

static void pad(struct writer *w, int count, char c)
{
    while (count-- > 0)
        put_narrow(w, c);
}

static int number(struct reader *r, format_arguments *arguments)
{
    int n = 0;

    if (peek(r, 0) == '*') {
        skip(r, 1);
        return (int)*(*arguments)++;
    }
    while (peek(r, 0) >= '0' && peek(r, 0) <= '9' && n < 100000)
        n = n * 10 + (take(r) - '0');
    return n;
}

static void read_flags(struct reader *r, struct spec *s)
{
    for (;; skip(r, 1)) {
        switch (peek(r, 0)) {
        case '-': s->left = true; break;
        case '+': s->plus = true; break;
        case ' ': s->space = true; break;
        case '#': s->alternate = true; break;
        case '0': s->zero = true; break;
        default: return;
        }
    }
}

/* I64, I32, I: 64, 32 or pointer-size integers. */
static void read_i(struct reader *r, struct spec *s)
{
    skip(r, 1);
    s->is_64 = true;
    if (peek(r, 0) == '6' && peek(r, 1) == '4')
        skip(r, 2);
    else if (peek(r, 0) == '3' && peek(r, 1) == '2') {
        skip(r, 2);
        s->is_64 = false;
    }
}

static void read_size(struct reader *r, struct spec *s)
{
    for (;;) {
        switch (peek(r, 0)) {
        case 'h':
            s->kind = TEXT_NARROW;
            s->is_char = s->is_short;
            s->is_short = true;
            skip(r, 1);
            break;
        case 'l':
            if (peek(r, 1) == 'l') {
                s->is_64 = true;
                skip(r, 1);
            }
            s->kind = TEXT_WIDE;
            skip(r, 1);
            break;
        case 'w':
            s->kind = TEXT_WIDE;
            skip(r, 1);
            break;
        case 'L':
        case 'j':
        case 'z':
        case 't':
            s->is_64 = true;
            skip(r, 1);
            break;
        case 'I':
            read_i(r, s);
            break;
        default:
            return;
        }
    }
}

static void read_spec(struct reader *r, struct spec *s, format_arguments *arguments)
{
    *s = (struct spec){.precision = -1};
    read_flags(r, s);
    s->width = number(r, arguments);
    if (s->width < 0) {
        s->left = true;
        s->width = -s->width;
    }
    if (peek(r, 0) == '.') {
        skip(r, 1);
        s->precision = number(r, arguments);
    }
    read_size(r, s);
}

static void write_narrow(struct writer *w, const struct spec *s, const char *text, int length)
{
    if (!s->left)
        pad(w, s->width - length, s->zero ? '0' : ' ');
    for (int i = 0; i < length; i++)
        put_narrow(w, text[i]);
    if (s->left)
        pad(w, s->width - length, ' ');
}

static void write_wide(struct writer *w, const struct spec *s, const WCHAR *text, int length)
{
    if (!s->left)
        pad(w, s->width - length, s->zero ? '0' : ' ');
    for (int i = 0; i < length; i++)
        put_wide(w, text[i]);
    if (s->left)
        pad(w, s->width - length, ' ');
}

static void write_integer(struct writer *w, const struct spec *s, uint64_t value, unsigned base, bool upper, const char *sign)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int count = 0, zeros, sign_length = (int)__builtin_strlen(sign);

    while (value != 0) {
        text[count++] = digits[value % base];
        value /= base;
    }
    if (count == 0 && s->precision != 0)
        text[count++] = '0';
    zeros = s->precision > count ? s->precision - count : 0;
    if (s->zero && !s->left && s->precision < 0 && s->width > count + sign_length)
        zeros = s->width - count - sign_length;
    if (!s->left)
        pad(w, s->width - count - zeros - sign_length, ' ');
    for (int i = 0; i < sign_length; i++)
        put_narrow(w, sign[i]);
    pad(w, zeros, '0');
    for (int i = count; i > 0; i--)
        put_narrow(w, text[i - 1]);
    if (s->left)
        pad(w, s->width - count - zeros - sign_length, ' ');
}

/* The argument as what the size prefix says it was before it was promoted. */
static uint64_t narrowed(const struct spec *s, uint64_t raw)
{
    return s->is_64 ? raw : s->is_char ? (uint8_t)raw : s->is_short ? (uint16_t)raw : (uint32_t)raw;
}

static int64_t narrowed_signed(const struct spec *s, uint64_t raw)
{
    return s->is_64 ? (int64_t)raw : s->is_char ? (int8_t)raw : s->is_short ? (int16_t)raw : (int32_t)raw;
}

static void convert_signed(struct writer *w, const struct spec *s, uint64_t raw)
{
    int64_t value = narrowed_signed(s, raw);
    const char *sign = value < 0 ? "-" : s->plus ? "+" : s->space ? " " : "";

    write_integer(w, s, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, false, sign);
}

static void convert_unsigned(struct writer *w, const struct spec *s, uint64_t raw, WCHAR conversion)
{
    uint64_t value = narrowed(s, raw);
    const char *prefix = "";

    if (conversion == 'u') {
        write_integer(w, s, value, 10, false, "");
        return;
    }
    if (conversion == 'o') {
        write_integer(w, s, value, 8, false, s->alternate ? "0" : "");
        return;
    }
    if (s->alternate && value != 0)
        prefix = conversion == 'X' ? "0X" : "0x";
    write_integer(w, s, value, 16, conversion == 'X', prefix);
}

/* The upper-case letter means the other width than the function's own. */
static bool wide_text(const struct writer *w, const struct spec *s, bool upper)
{
    if (s->kind != TEXT_DEFAULT)
        return s->kind == TEXT_WIDE;
    return upper ? !w->is_wide : w->is_wide;
}

static void convert_string(struct writer *w, const struct spec *s, uint64_t raw, bool is_wide)
{
    int length = 0, limit = s->precision < 0 ? 0x7FFFFFFF : s->precision;
    const char *narrow = (const char *)(uintptr_t)raw;
    const WCHAR *wide = (const WCHAR *)(uintptr_t)raw;

    if (raw == 0) {
        write_narrow(w, s, "(null)", limit < 6 ? limit : 6);
    } else if (is_wide) {
        while (length < limit && wide[length] != 0)
            length++;
        write_wide(w, s, wide, length);
    } else {
        while (length < limit && narrow[length] != 0)
            length++;
        write_narrow(w, s, narrow, length);
    }
}

static void convert_counted(struct writer *w, const struct spec *s, uint64_t raw)
{
    const STRING *string = (const STRING *)(uintptr_t)raw;
    int length, limit = s->precision < 0 ? 0xFFFF : s->precision;

    if (string == NULL || string->Buffer == NULL) {
        write_narrow(w, s, "(null)", limit < 6 ? limit : 6);
        return;
    }
    length = s->kind == TEXT_WIDE ? string->Length / 2 : string->Length;
    length = length < limit ? length : limit;
    if (s->kind == TEXT_WIDE)
        write_wide(w, s, (const WCHAR *)(const void *)string->Buffer, length);
    else
        write_narrow(w, s, string->Buffer, length);
}

static void convert_character(struct writer *w, const struct spec *s, uint64_t raw, bool is_wide)
{
    char narrow = (char)raw;
    WCHAR wide = (WCHAR)raw;

    if (is_wide)
        write_wide(w, s, &wide, 1);
    else
        write_narrow(w, s, &narrow, 1);
}

static void convert(struct writer *w, struct spec *s, WCHAR conversion, format_arguments *arguments)
{
    switch (conversion) {
    case 'd':
    case 'i':
        convert_signed(w, s, *(*arguments)++);
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        convert_unsigned(w, s, *(*arguments)++, conversion);
        break;
    case 'p':
        s->precision = 16;
        write_integer(w, s, *(*arguments)++, 16, true, "");
        break;
    case 's':
    case 'S':
        convert_string(w, s, *(*arguments)++, wide_text(w, s, conversion == 'S'));
        break;
    case 'c':
    case 'C':
        convert_character(w, s, *(*arguments)++, wide_text(w, s, conversion == 'C'));
        break;
    case 'Z':
        convert_counted(w, s, *(*arguments)++);
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        write_narrow(w, s, "(float)", 7);       /* the kernel's printf has no floating point */
        (*arguments)++;
        break;
    default:
        put_wide(w, conversion);                /* %% and unknown conversions */
    }
}

static size_t run(struct reader r, struct writer *w, format_arguments arguments)
{
    struct spec s;
    WCHAR c;

    while ((c = take(&r)) != 0) {
        if (c != '%') {
            if (r.wide != NULL)
                put_wide(w, c);
            else
                put_narrow(w, (char)c);
            continue;
        }
        read_spec(&r, &s, &arguments);
        if (peek(&r, 0) == 0)
            break;
        convert(w, &s, take(&r), &arguments);
    }
    return w->total;
}

size_t format_narrow(char *to, size_t size, const char *format, format_arguments arguments)
{
    struct writer w = {.narrow = to, .size = size};

    return run((struct reader){.narrow = format}, &w, arguments);
}

size_t format_wide(WCHAR *to, size_t size, const WCHAR *format, format_arguments arguments)
{
    struct writer w = {.wide = to, .size = size, .is_wide = true};

    return run((struct reader){.wide = format}, &w, arguments);
}

int format_host_array(char *to, size_t size, const char *format, format_arguments arguments)
{
    size_t total;

    if (size == 0)
        return 0;
    total = format_narrow(to, size - 1, format, arguments);
    if (total > size - 1)
        total = size - 1;
    to[total] = 0;
    return (int)total;
}
