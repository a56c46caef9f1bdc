/* Numbers and text, character classes, sorting, searching, pseudo-random numbers. */
#include "nt/crt.h"

#include <string.h>

/* ---- character classes ---- */

#define CLASS(name, condition)          \
    CRT_EXPORT(int, crt_##name, (int c)) \
    {                                   \
        return (condition);             \
    }
#define DIGIT(c) ((c) >= '0' && (c) <= '9')
#define UPPER(c) ((c) >= 'A' && (c) <= 'Z')
#define LOWER(c) ((c) >= 'a' && (c) <= 'z')
#define HEX(c) (DIGIT(c) || ((c) >= 'A' && (c) <= 'F') || ((c) >= 'a' && (c) <= 'f'))
#define SPACE(c) ((c) == ' ' || ((c) >= 9 && (c) <= 13))
CLASS(isdigit, DIGIT(c))
CLASS(isxdigit, HEX(c))
CLASS(isspace, SPACE(c))
CLASS(isupper, UPPER(c))
CLASS(islower, LOWER(c))
CLASS(isalpha, UPPER(c) || LOWER(c))
CLASS(isalnum, UPPER(c) || LOWER(c) || DIGIT(c))
CLASS(isprint, c >= 32 && c < 127)
CLASS(iswdigit, DIGIT(c & 0xFFFF))
CLASS(iswalpha, UPPER(c & 0xFFFF) || LOWER(c & 0xFFFF))
CLASS(iswspace, SPACE(c & 0xFFFF))
CLASS(iswxdigit, HEX(c & 0xFFFF))
CLASS(iswalnum, UPPER(c & 0xFFFF) || LOWER(c & 0xFFFF) || DIGIT(c & 0xFFFF))
CLASS(tolower, UPPER(c) ? c + 32 : c)
CLASS(toupper, LOWER(c) ? c - 32 : c)
CLASS(towlower, UPPER(c & 0xFFFF) ? (c & 0xFFFF) + 32 : (c & 0xFFFF))
CLASS(towupper, LOWER(c & 0xFFFF) ? (c & 0xFFFF) - 32 : (c & 0xFFFF))

/* ---- text to number ---- */

struct parsed {
    uint64_t value;             /* magnitude, UINT64_MAX when it overflowed */
    bool negative, overflow;
    size_t length;              /* units of the text that were used; 0: no number */
};

static unsigned digit_value(unsigned c)
{
    return DIGIT(c) ? c - '0' : UPPER(c) ? c - 'A' + 10 : LOWER(c) ? c - 'a' + 10 : 99;
}

#define AT(i) (wide ? ((const WCHAR *)text)[i] : ((const unsigned char *)text)[i])

static struct parsed parse(const void *text, bool wide, int base)
{
    struct parsed p = {0};
    size_t i = 0, first;

    while (SPACE(AT(i)))
        i++;
    if (AT(i) == '-' || AT(i) == '+')
        p.negative = AT(i++) == '-';
    if ((base == 0 || base == 16) && AT(i) == '0' && (AT(i + 1) | 32) == 'x' && digit_value(AT(i + 2)) < 16) {
        base = 16;
        i += 2;
    } else if (base == 0) {
        base = AT(i) == '0' ? 8 : 10;
    }
    for (first = i; digit_value(AT(i)) < (unsigned)base; i++) {
        p.overflow |= __builtin_mul_overflow(p.value, (uint64_t)base, &p.value);
        p.overflow |= __builtin_add_overflow(p.value, (uint64_t)digit_value(AT(i)), &p.value);
    }
    if (i > first)
        p.length = i;
    if (p.overflow)
        p.value = UINT64_MAX;
    return p;
}

static int64_t as_signed(const struct parsed *p, int bits)
{
    uint64_t max = (1ull << (bits - 1)) - 1;

    if (p->negative)
        return p->overflow || p->value > max + 1 ? -(int64_t)max - 1 : (int64_t)(0 - p->value);
    return p->overflow || p->value > max ? (int64_t)max : (int64_t)p->value;
}

static uint64_t as_unsigned(const struct parsed *p, int bits)
{
    uint64_t max = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

    if (p->overflow || p->value > max)
        return max;
    return (p->negative ? 0 - p->value : p->value) & max;
}

#define TO_NUMBER(name, result, character, wide, how, bits)                                    \
    CRT_EXPORT(result, crt_##name, (const character *text, character **end, int base))         \
    {                                                                                          \
        struct parsed p = parse(text, wide, base);                                             \
        if (end != NULL)                                                                       \
            *end = (character *)(uintptr_t)text + p.length;                                    \
        return (result)how(&p, bits);                                                          \
    }
TO_NUMBER(strtol, LONG, char, false, as_signed, 32)
TO_NUMBER(strtoul, ULONG, char, false, as_unsigned, 32)
TO_NUMBER(_strtoi64, LONGLONG, char, false, as_signed, 64)
TO_NUMBER(_strtoui64, ULONGLONG, char, false, as_unsigned, 64)
TO_NUMBER(wcstol, LONG, WCHAR, true, as_signed, 32)
TO_NUMBER(wcstoul, ULONG, WCHAR, true, as_unsigned, 32)
TO_NUMBER(_wcstoi64, LONGLONG, WCHAR, true, as_signed, 64)
TO_NUMBER(_wcstoui64, ULONGLONG, WCHAR, true, as_unsigned, 64)

#define ASCII_TO(name, result, character, wide, bits)         \
    CRT_EXPORT(result, crt_##name, (const character *text))   \
    {                                                         \
        struct parsed p = parse(text, wide, 10);              \
        return (result)as_signed(&p, bits);                   \
    }
ASCII_TO(atoi, int, char, false, 32)
ASCII_TO(atol, LONG, char, false, 32)
ASCII_TO(_atoi64, LONGLONG, char, false, 64)
ASCII_TO(_wtoi, int, WCHAR, true, 32)
ASCII_TO(_wtol, LONG, WCHAR, true, 32)
ASCII_TO(_wtoi64, LONGLONG, WCHAR, true, 64)

/* ---- number to text ---- */

/* 0; EINVAL for a bad argument, ERANGE when it does not fit: the text is empty then. */
static int to_text(uint64_t value, bool negative, void *buffer, bool wide, size_t size, int radix)
{
    char digits[72];
    size_t n = 0;

    if (buffer == NULL || size == 0)
        return CRT_EINVAL;
    if (wide)
        *(WCHAR *)buffer = 0;
    else
        *(char *)buffer = 0;
    if (radix < 2 || radix > 36)
        return CRT_EINVAL;
    do {
        digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)radix];
        value /= (unsigned)radix;
    } while (value != 0);
    if (negative)
        digits[n++] = '-';
    if (n + 1 > size)
        return CRT_ERANGE;
    for (size_t i = 0; i < n; i++) {
        if (wide)
            ((WCHAR *)buffer)[i] = (unsigned char)digits[n - 1 - i];
        else
            ((char *)buffer)[i] = digits[n - 1 - i];
    }
    if (wide)
        ((WCHAR *)buffer)[n] = 0;
    else
        ((char *)buffer)[n] = 0;
    return 0;
}

/* Only base 10 has a sign; in others the bits of the type are shown. */
#define TO_TEXT(name, type, unsigned_type, character, wide)                                                     \
    CRT_EXPORT(int, crt_##name, (type value, character *buffer, size_t size, int radix))                        \
    {                                                                                                           \
        bool negative = (type)-1 < (type)1 && radix == 10 && (ULONGLONG)(LONGLONG)value >> 63 != 0;             \
        return to_text(negative ? (unsigned_type)(0 - (unsigned_type)value) : (unsigned_type)value, negative,   \
                       buffer, wide, size, radix);                                                              \
    }
TO_TEXT(_itoa_s, int, unsigned, char, false)
TO_TEXT(_ltoa_s, LONG, ULONG, char, false)
TO_TEXT(_ltow_s, LONG, ULONG, WCHAR, true)
TO_TEXT(_ultoa_s, ULONG, ULONG, char, false)
TO_TEXT(_i64toa_s, LONGLONG, ULONGLONG, char, false)
TO_TEXT(_ui64toa_s, ULONGLONG, ULONGLONG, char, false)
TO_TEXT(_itow_s, int, unsigned, WCHAR, true)
TO_TEXT(_ultow_s, ULONG, ULONG, WCHAR, true)
TO_TEXT(_i64tow_s, LONGLONG, ULONGLONG, WCHAR, true)
TO_TEXT(_ui64tow_s, ULONGLONG, ULONGLONG, WCHAR, true)

CRT_EXPORT(char *, crt__itoa, (int value, char *buffer, int radix))
{
    crt__itoa_s(value, buffer, 72, radix);
    return buffer;
}

CRT_EXPORT(WCHAR *, crt__itow, (int value, WCHAR *buffer, int radix))
{
    crt__itow_s(value, buffer, 72, radix);
    return buffer;
}

CRT_EXPORT(char *, crt__i64toa, (LONGLONG value, char *buffer, int radix))
{
    crt__i64toa_s(value, buffer, 72, radix);
    return buffer;
}

CRT_EXPORT(WCHAR *, crt__i64tow, (LONGLONG value, WCHAR *buffer, int radix))
{
    crt__i64tow_s(value, buffer, 72, radix);
    return buffer;
}

CRT_EXPORT(int, crt_abs, (int value))
{
    return value < 0 ? (int)(0u - (unsigned)value) : value;
}

/* ---- sorting and searching ---- */

static void swap(char *a, char *b, size_t size)
{
    for (; size != 0; size--, a++, b++) {
        char c = *a;

        *a = *b;
        *b = c;
    }
}

static void sift_down(char *base, size_t root, size_t count, size_t size, crt_compare compare)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
    }
}

/* Heap sort: in place and O(n log n) for every input. Not stable, as in C. */
CRT_EXPORT(void, crt_qsort, (void *base, size_t count, size_t size, crt_compare compare))
{
    char *b = base;

    if (count < 2)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift_down(b, i - 1, count, size, compare);
    for (size_t i = count - 1; i > 0; i--) {
        swap(b, b + i * size, size);
        sift_down(b, 0, i, size, compare);
    }
}

CRT_EXPORT(void *, crt_bsearch, (const void *key, const void *base, size_t count, size_t size, crt_compare compare))
{
    const char *low = base;

    while (count != 0) {
        const char *middle = low + count / 2 * size;
        int result = compare(key, middle);

        if (result == 0)
            return (void *)(uintptr_t)middle;
        if (result > 0) {
            low = middle + size;
            count -= count / 2 + 1;
        } else {
            count /= 2;
        }
    }
    return NULL;
}

/* With the caller's context as the first argument of compare. EINVAL and NULL for arguments that cannot be: not sorted, not found.
 * docs: cpp-docs/c-runtime-library/reference/qsort-s, bsearch-s */
struct with_context {
    crt_compare_s compare;
    void *context;
};

static void sift_down_s(char *base, size_t root, size_t count, size_t size, const struct with_context *by)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && by->compare(by->context, base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (by->compare(by->context, base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
    }
}

CRT_EXPORT(void, crt_qsort_s, (void *base, size_t count, size_t size, crt_compare_s compare, void *context))
{
    struct with_context by = { compare, context };
    char *b = base;

    if (count < 2 || base == NULL || size == 0 || compare == NULL)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift_down_s(b, i - 1, count, size, &by);
    for (size_t i = count - 1; i > 0; i--) {
        swap(b, b + i * size, size);
        sift_down_s(b, 0, i, size, &by);
    }
}

CRT_EXPORT(void *, crt_bsearch_s, (const void *key, const void *base, size_t count, size_t size, crt_compare_s compare, void *context))
{
    const char *low = base;

    if (compare == NULL || size == 0 || base == NULL)
        return NULL;
    while (count != 0) {
        const char *middle = low + count / 2 * size;
        int result = compare(context, key, middle);

        if (result == 0)
            return (void *)(uintptr_t)middle;
        if (result > 0) {
            low = middle + size;
            count -= count / 2 + 1;
        } else {
            count /= 2;
        }
    }
    return NULL;
}

/* ---- pseudo-random numbers: 15 bits, Microsoft's linear congruential sequence ---- */

static uint32_t random_state = 1;

void crt_reset(void)
{
    random_state = 1;
}

CRT_EXPORT(int, crt_rand, (void))
{
    random_state = random_state * 214013 + 2531011;
    return (int)(random_state >> 16 & 0x7FFF);
}

CRT_EXPORT(void, crt_srand, (unsigned seed))
{
    random_state = seed;
}
