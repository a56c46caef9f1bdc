/* Formatted text into buffers. `printf` and files do not exist in the kernel. */
#ifndef RING3_CRT_STDIO_H
#define RING3_CRT_STDIO_H

#include <stdarg.h>
#include <corecrt.h>
#include <stddef.h>

#define _TRUNCATE ((size_t)-1)
#define EOF (-1)

#ifdef __cplusplus
extern "C" {
#endif
int __cdecl sprintf(char *buffer, const char *format, ...);
int __cdecl vsprintf(char *buffer, const char *format, va_list arguments);
int __cdecl _snprintf(char *buffer, size_t count, const char *format, ...);
int __cdecl _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
int __cdecl sprintf_s(char *buffer, size_t size, const char *format, ...);
int __cdecl vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments);
int __cdecl _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
int __cdecl _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list arguments);
int __cdecl swprintf(wchar_t *buffer, const wchar_t *format, ...);
int __cdecl vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments);
int __cdecl _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...);
int __cdecl _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments);
int __cdecl swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...);
int __cdecl vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list arguments);
int __cdecl _snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, ...);
int __cdecl _vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, va_list arguments);
int __cdecl sscanf(const char *text, const char *format, ...);
int __cdecl sscanf_s(const char *text, const char *format, ...);
int __cdecl _snscanf_s(const char *text, size_t length, const char *format, ...);
int __cdecl swscanf(const wchar_t *text, const wchar_t *format, ...);
int __cdecl swscanf_s(const wchar_t *text, const wchar_t *format, ...);
int __cdecl _snwscanf_s(const wchar_t *text, size_t length, const wchar_t *format, ...);
int __cdecl _swprintf(wchar_t *buffer, const wchar_t *format, ...);
int __cdecl _vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments);
#define snprintf _snprintf
#define vsnprintf _vsnprintf
#ifdef __cplusplus
}
#endif

#endif
