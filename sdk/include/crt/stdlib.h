/* Numbers from text and back, sorting, searching, rotation. No heap: use pool. */
#ifndef RING3_CRT_STDLIB_H
#define RING3_CRT_STDLIB_H

#include <corecrt.h>
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
errno_t __cdecl _ltoa_s(long value, char *buffer, size_t size, int radix);
errno_t __cdecl _ltow_s(long value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _ultoa_s(unsigned long value, char *buffer, size_t size, int radix);
errno_t __cdecl _i64toa_s(long long value, char *buffer, size_t size, int radix);
errno_t __cdecl _ui64toa_s(unsigned long long value, char *buffer, size_t size, int radix);
errno_t __cdecl _itow_s(int value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _ultow_s(unsigned long value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _i64tow_s(long long value, wchar_t *buffer, size_t size, int radix);
errno_t __cdecl _ui64tow_s(unsigned long long value, wchar_t *buffer, size_t size, int radix);
char *__cdecl _itoa(int value, char *buffer, int radix);
wchar_t *__cdecl _itow(int value, wchar_t *buffer, int radix);
char *__cdecl _i64toa(long long value, char *buffer, int radix);
wchar_t *__cdecl _i64tow(long long value, wchar_t *buffer, int radix);
int __cdecl mbtowc(wchar_t *to, const char *from, size_t count);
int __cdecl wctomb(char *to, wchar_t c);
size_t __cdecl mbstowcs(wchar_t *to, const char *from, size_t count);
size_t __cdecl wcstombs(char *to, const wchar_t *from, size_t count);
#define strtoll _strtoi64
#define strtoull _strtoui64
#define wcstoll _wcstoi64
#define wcstoull _wcstoui64
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
errno_t __cdecl _makepath_s(char *path, size_t size, const char *drive, const char *directory, const char *name, const char *extension);
errno_t __cdecl _wmakepath_s(wchar_t *path, size_t size, const wchar_t *drive, const wchar_t *directory, const wchar_t *name,
                             const wchar_t *extension);
errno_t __cdecl _splitpath_s(const char *path, char *drive, size_t drive_size, char *directory, size_t directory_size, char *name,
                             size_t name_size, char *extension, size_t extension_size);
errno_t __cdecl _wsplitpath_s(const wchar_t *path, wchar_t *drive, size_t drive_size, wchar_t *directory, size_t directory_size,
                              wchar_t *name, size_t name_size, wchar_t *extension, size_t extension_size);
void __cdecl qsort(void *base, size_t count, size_t size, int(__cdecl *compare)(const void *, const void *));
void *__cdecl bsearch(const void *key, const void *base, size_t count, size_t size,
                      int(__cdecl *compare)(const void *, const void *));
void __cdecl qsort_s(void *base, size_t count, size_t size, int(__cdecl *compare)(void *, const void *, const void *), void *context);
void *__cdecl bsearch_s(const void *key, const void *base, size_t count, size_t size,
                        int(__cdecl *compare)(void *, const void *, const void *), void *context);
int __cdecl abs(int value);
static __inline long labs(long value)
{
    return value < 0 ? (long)(0ul - (unsigned long)value) : value;
}
static __inline long long llabs(long long value)
{
    return value < 0 ? (long long)(0ull - (unsigned long long)value) : value;
}
#define _abs64 llabs
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
