/* Strings and memory, as the kernel exports them. */
#ifndef RING3_CRT_STRING_H
#define RING3_CRT_STRING_H

#include <corecrt.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
void *__cdecl memcpy(void *destination, const void *source, size_t count);
void *__cdecl memmove(void *destination, const void *source, size_t count);
void *__cdecl memset(void *destination, int value, size_t count);
int __cdecl memcmp(const void *a, const void *b, size_t count);
void *__cdecl memchr(const void *buffer, int value, size_t count);
errno_t __cdecl memcpy_s(void *destination, rsize_t size, const void *source, rsize_t count);
errno_t __cdecl memmove_s(void *destination, rsize_t size, const void *source, rsize_t count);

size_t __cdecl strlen(const char *string);
size_t __cdecl strnlen(const char *string, size_t limit);
int __cdecl strcmp(const char *a, const char *b);
int __cdecl strncmp(const char *a, const char *b, size_t count);
int __cdecl _stricmp(const char *a, const char *b);
int __cdecl _strnicmp(const char *a, const char *b, size_t count);
char *__cdecl strcpy(char *destination, const char *source);
char *__cdecl strncpy(char *destination, const char *source, size_t count);
char *__cdecl strcat(char *destination, const char *source);
char *__cdecl strncat(char *destination, const char *source, size_t count);
char *__cdecl strchr(const char *string, int c);
char *__cdecl strrchr(const char *string, int c);
char *__cdecl strstr(const char *string, const char *part);
size_t __cdecl strspn(const char *string, const char *set);
size_t __cdecl strcspn(const char *string, const char *set);
char *__cdecl strpbrk(const char *string, const char *set);
char *__cdecl strtok_s(char *string, const char *delimiters, char **context);
errno_t __cdecl strcpy_s(char *destination, rsize_t size, const char *source);
errno_t __cdecl strncpy_s(char *destination, rsize_t size, const char *source, rsize_t count);
errno_t __cdecl strcat_s(char *destination, rsize_t size, const char *source);
errno_t __cdecl strncat_s(char *destination, rsize_t size, const char *source, rsize_t count);
char *__cdecl _strlwr(char *string);
char *__cdecl _strupr(char *string);
char *__cdecl _strrev(char *string);
char *__cdecl _strset(char *string, int value);
char *__cdecl _strnset(char *string, int value, size_t count);
errno_t __cdecl _strset_s(char *string, size_t size, int value);
errno_t __cdecl _strnset_s(char *string, size_t size, int value, size_t count);
errno_t __cdecl _strlwr_s(char *string, size_t size);
errno_t __cdecl _strupr_s(char *string, size_t size);

size_t __cdecl wcslen(const wchar_t *string);
size_t __cdecl wcsnlen(const wchar_t *string, size_t limit);
int __cdecl wcscmp(const wchar_t *a, const wchar_t *b);
int __cdecl wcsncmp(const wchar_t *a, const wchar_t *b, size_t count);
int __cdecl _wcsicmp(const wchar_t *a, const wchar_t *b);
int __cdecl _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t count);
wchar_t *__cdecl wcscpy(wchar_t *destination, const wchar_t *source);
wchar_t *__cdecl wcsncpy(wchar_t *destination, const wchar_t *source, size_t count);
wchar_t *__cdecl wcscat(wchar_t *destination, const wchar_t *source);
wchar_t *__cdecl wcsncat(wchar_t *destination, const wchar_t *source, size_t count);
wchar_t *__cdecl wcschr(const wchar_t *string, wchar_t c);
wchar_t *__cdecl wcsrchr(const wchar_t *string, wchar_t c);
wchar_t *__cdecl wcsstr(const wchar_t *string, const wchar_t *part);
size_t __cdecl wcsspn(const wchar_t *string, const wchar_t *set);
size_t __cdecl wcscspn(const wchar_t *string, const wchar_t *set);
wchar_t *__cdecl wcspbrk(const wchar_t *string, const wchar_t *set);
wchar_t *__cdecl wcstok_s(wchar_t *string, const wchar_t *delimiters, wchar_t **context);
errno_t __cdecl wcscpy_s(wchar_t *destination, rsize_t size, const wchar_t *source);
errno_t __cdecl wcsncpy_s(wchar_t *destination, rsize_t size, const wchar_t *source, rsize_t count);
errno_t __cdecl wcscat_s(wchar_t *destination, rsize_t size, const wchar_t *source);
errno_t __cdecl wcsncat_s(wchar_t *destination, rsize_t size, const wchar_t *source, rsize_t count);
wchar_t *__cdecl _wcslwr(wchar_t *string);
wchar_t *__cdecl _wcsupr(wchar_t *string);
wchar_t *__cdecl _wcsrev(wchar_t *string);
wchar_t *__cdecl _wcsset(wchar_t *string, wchar_t value);
wchar_t *__cdecl _wcsnset(wchar_t *string, wchar_t value, size_t count);
errno_t __cdecl _wcsset_s(wchar_t *string, size_t size, wchar_t value);
errno_t __cdecl _wcsnset_s(wchar_t *string, size_t size, wchar_t value, size_t count);
errno_t __cdecl _wcslwr_s(wchar_t *string, size_t size);
errno_t __cdecl _wcsupr_s(wchar_t *string, size_t size);
#ifdef __cplusplus
}
#endif

#endif
