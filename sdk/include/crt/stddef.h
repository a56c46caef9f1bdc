/* Sizes and null, for drivers. */
#ifndef RING3_CRT_STDDEF_H
#define RING3_CRT_STDDEF_H

typedef unsigned long long size_t;
typedef long long ptrdiff_t;
typedef long long intptr_t;
typedef unsigned long long uintptr_t;
#ifndef __cplusplus
typedef unsigned short wchar_t;
#endif
#ifndef NULL
#ifdef __cplusplus
#define NULL 0
#else
#define NULL ((void *)0)
#endif
#endif
#define offsetof(type, field) __builtin_offsetof(type, field)
typedef int errno_t;
typedef unsigned short wint_t;
typedef unsigned short wctype_t;
typedef size_t rsize_t;

#endif
