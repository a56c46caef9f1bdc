/* malloc.h: memory of the stack. A driver has no heap: what a compiler's own headers would take from it does not link. */
#ifndef RING3_CRT_MALLOC_H
#define RING3_CRT_MALLOC_H

#include <corecrt.h>

#define _alloca(size) __builtin_alloca(size)
#define _mm_malloc(size, alignment) _aligned_malloc(size, alignment)
#define _mm_free(block) _aligned_free(block)

#endif
