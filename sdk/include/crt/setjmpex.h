/* setjmp for code with exception handlers: on x64 both unwind. */
#ifndef RING3_CRT_SETJMPEX_H
#define RING3_CRT_SETJMPEX_H

#include <setjmp.h>
#undef setjmp
#define setjmp(buffer) _setjmpex(buffer)

#endif
