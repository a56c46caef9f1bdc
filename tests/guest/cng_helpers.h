/* Hexadecimal text for the tests of cng.sys. */
#ifndef CNG_HELPERS_H
#define CNG_HELPERS_H

#include "testing.h"

#include <bcrypt.h>

static inline UCHAR hex_digit(char c)
{
    return (UCHAR)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static inline ULONG from_hex(UCHAR *to, const char *text)
{
    ULONG n = 0;

    for (; text[2 * n] != 0; n++)
        to[n] = (UCHAR)(hex_digit(text[2 * n]) << 4 | hex_digit(text[2 * n + 1]));
    return n;
}

static inline BOOLEAN is_hex(const UCHAR *bytes, ULONG size, const char *text)
{
    for (ULONG i = 0; i < size; i++)
        if (bytes[i] != (UCHAR)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1])))
            return FALSE;
    return text[2 * size] == 0;
}

#endif
