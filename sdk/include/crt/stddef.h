/* Sizes and null, for drivers. */
#ifndef RING3_CRT_STDDEF_H
#define RING3_CRT_STDDEF_H

#include <corecrt.h>

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

#endif
