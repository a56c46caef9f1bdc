/* corecrt.h: the types of the C library that a compiler's own stddef.h, which may be found before the kit's, does not define. */
#ifndef RING3_CRT_CORECRT_H
#define RING3_CRT_CORECRT_H

typedef unsigned long long size_t;
typedef long long ptrdiff_t;
typedef long long intptr_t;
typedef unsigned long long uintptr_t;
typedef int errno_t;
typedef unsigned short wint_t;
typedef unsigned short wctype_t;
typedef size_t rsize_t;

#endif
