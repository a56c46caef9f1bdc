/* The printf of the kernel, with Windows' conversions: %Z %wZ (counted strings), %S %ws %hs, %C, %I64 %I32 %I, %p
 * as 16 upper-case digits. No floating point. Used by the CRT exports, by DbgPrint, and by the host itself. */
#ifndef NT_CRT_FORMAT_H
#define NT_CRT_FORMAT_H

#include <ntdef.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments as a driver passes them: 8 bytes each, one behind the other (a Windows va_list). */
typedef const uint64_t *format_arguments;

/* Characters of the whole result; at most `size` of them are written to `to`, without a terminator. -1: bad character
 * in a conversion to or from UTF-16 never happens: it is replaced. */
size_t format_narrow(char *to, size_t size, const char *format, format_arguments arguments);
size_t format_wide(WCHAR *to, size_t size, const WCHAR *format, format_arguments arguments);

/* For host code: terminated and cut to size; returns the characters written. Integer arguments are widened to 64 bits
 * by the macro; pointers and integers only, at most 8 arguments. */
int format_host_array(char *to, size_t size, const char *format, format_arguments arguments);
#define format_host(to, size, format, ...) \
    format_host_array(to, size, format, (const uint64_t[]){FORMAT_ARGUMENTS(__VA_ARGS__)})
#define FORMAT_ARGUMENTS(...) FORMAT_PICK(__VA_ARGS__, FORMAT_4, FORMAT_3, FORMAT_2, FORMAT_1)(__VA_ARGS__)
#define FORMAT_PICK(a, b, c, d, name, ...) name
#define FORMAT_1(a) (uint64_t)(a)
#define FORMAT_2(a, b) (uint64_t)(a), (uint64_t)(b)
#define FORMAT_3(a, b, c) (uint64_t)(a), (uint64_t)(b), (uint64_t)(c)
#define FORMAT_4(a, b, c, d) (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d)

/* A driver's va_list inside one of our ms_abi functions is a plain pointer to 8-byte arguments. */
static inline format_arguments format_list(__builtin_ms_va_list list)
{
    return (format_arguments)(const void *)list;
}

#endif
