/* UTF-16 text on the host side: conversion from and to UTF-8, case, comparison. Malformed input becomes U+FFFD. */
#ifndef NT_TEXT_H
#define NT_TEXT_H

#include <ntdef.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

WCHAR text_upcase(WCHAR c);
WCHAR text_downcase(WCHAR c);

/* Both return the full length of the result (units without a terminator), and write at most `size` units of it, cut at
 * a character's border; no terminator is written. `malformed` (may be NULL) becomes true when something was replaced. */
size_t text_to_utf16(WCHAR *to, size_t size, const char *from, size_t length, bool *malformed);
size_t text_to_utf8(char *to, size_t size, const WCHAR *from, size_t length, bool *malformed);

/* The same; *written (0 before the call) gets the units that were written. */
size_t text_to_utf16_cut(WCHAR *to, size_t size, const char *from, size_t length, bool *malformed, size_t *written);
size_t text_to_utf8_cut(char *to, size_t size, const WCHAR *from, size_t length, bool *malformed, size_t *written);

/* A terminated UTF-8 copy of a counted string, cut to size; returns `to`. */
const char *text_utf8(char *to, size_t size, const UNICODE_STRING *from);
/* A malloc'ed, terminated UTF-16 copy; *length (may be NULL) gets its characters. NULL without memory. */
WCHAR *text_utf16(const char *from, size_t *length);
/* <0, 0, >0; lengths in characters. */
int text_compare(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length, bool ignore_case);
size_t text_length(const WCHAR *text);

/* A UNICODE_STRING over UTF-16 characters that somebody else owns. */
static inline UNICODE_STRING text_string(const WCHAR *text, size_t length)
{
    UNICODE_STRING s = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), (PWCH)text};

    return s;
}

/* TEXT_STRING(u"\\Device"): of a literal. */
#define TEXT_STRING(literal) text_string((const WCHAR *)(literal), sizeof(literal) / sizeof(WCHAR) - 1)

#endif
