/* Character classes of the "C" locale. */
#ifndef RING3_CRT_CTYPE_H
#define RING3_CRT_CTYPE_H

#include <corecrt.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
int __cdecl isdigit(int c);
int __cdecl isxdigit(int c);
int __cdecl isspace(int c);
int __cdecl isupper(int c);
int __cdecl islower(int c);
int __cdecl isprint(int c);
int __cdecl isalnum(int c);
int __cdecl isalpha(int c);
int __cdecl tolower(int c);
int __cdecl toupper(int c);
wint_t __cdecl towlower(wint_t c);
wint_t __cdecl towupper(wint_t c);
int __cdecl iswdigit(wint_t c);
int __cdecl iswalpha(wint_t c);
int __cdecl iswspace(wint_t c);
int __cdecl iswxdigit(wint_t c);
int __cdecl iswalnum(wint_t c);
#ifdef __cplusplus
}
#endif

#endif
