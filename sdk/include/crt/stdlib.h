/* Numbers from text and back, sorting, searching, rotation. No heap: use pool. */
#ifndef RING3_CRT_STDLIB_H
#define RING3_CRT_STDLIB_H

#include <limits.h>
#include <stddef.h>

#define RAND_MAX 0x7fff
#ifndef __max
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#include <ring3/minmax.h>

#ifdef __cplusplus
extern "C" {
#endif
int __cdecl atoi(const char *string);
long __cdecl atol(const char *string);
long long __cdecl _atoi64(const char *string);
int __cdecl _wtoi(const wchar_t *string);
long __cdecl _wtol(const wchar_t *string);
long long __cdecl _wtoi64(const wchar_t *string);
long __cdecl strtol(const char *string, char **end, int base);
unsigned long __cdecl strtoul(const char *string, char **end, int base);
long long __cdecl _strtoi64(const char *string, char **end, int base);
unsigned long long __cdecl _strtoui64(const char *string, char **end, int base);
long __cdecl wcstol(const wchar_t *string, wchar_t **end, int base);
unsigned long __cdecl wcstoul(const wchar_t *string, wchar_t **end, int base);
long long __cdecl _wcstoi64(const wchar_t *string, wchar_t **end, int base);
unsigned long long __cdecl _wcstoui64(const wchar_t *string, wchar_t **end, int base);
errno_t __cdecl _itoa_s(int value, char *buffer, size_t size, int radix);
errno_t __cdecl _ultoa_s(unsigned long value, char *buffer, size_t size, int radix);
errno_t __cdecl _i64toa_s(long long value, char *buffer, size_t size, int radix);
errno_t __cdecl _ui64toa_s(unsigned long long value, char *buffer, size_t size, int radix);
errno_t __cdecl _itow_s(int value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _ultow_s(unsigned long value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _i64tow_s(long long value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _ui64tow_s(unsigned long long value, wchar_t *buffer, size_t size, int radix);
char *__cdecl _itoa(int value, char *buffer, int radix);
wchar_t *__cdecl _itow(int value, wchar_t *buffer, int radix);
void __cdecl qsort(void *base, size_t count, size_t size, int(__cdecl *compare)(const void *, const void *));
void *__cdecl bsearch(const void *key, const void *base, size_t count, size_t size,
                      int(__cdecl *compare)(const void *, const void *));
int __cdecl abs(int value);
long __cdecl labs(long value);
int __cdecl rand(void);
void __cdecl srand(unsigned seed);

static __inline unsigned short _byteswap_ushort(unsigned short value)
{
    return __builtin_bswap16(value);
}
static __inline unsigned long _byteswap_ulong(unsigned long value)
{
    return (unsigned long)__builtin_bswap32((unsigned)value);
}
static __inline unsigned long long _byteswap_uint64(unsigned long long value)
{
    return __builtin_bswap64(value);
}
#ifdef __cplusplus
}
#endif

#endif
