/* Structured exceptions: raising, dispatching to handlers in driver frames, unwinding.
 * The exported functions (RtlUnwindEx, ...) have their prototypes in ring3/context.h and ring3/ex.h. */
#ifndef PE_SEH_H
#define PE_SEH_H

#include <stdbool.h>
#include <stdint.h>

#include "ring3/context.h"

/* Searches the frames from context up for one whose handler takes the exception. Returns true when a filter wants
 * execution to go on with (the perhaps edited) context; false when nobody took it. When a handler takes it, control
 * goes there and this does not return. exact: context->Rip is the faulting instruction, not a return address. */
bool seh_dispatch(EXCEPTION_RECORD *record, CONTEXT *context, bool exact);

/* Raises in the name of a host function's driver caller, from inside that host function. Returns only when a filter
 * continues execution. Unhandled: bug check. */
void seh_raise(NTSTATUS code, ULONG flags, unsigned parameters, const ULONG64 *values);

/* The establisher frame of the driver function whose part of the calling stack holds rsp. Bug check when there is none. */
uint64_t seh_frame_around(uint64_t rsp);

/* Puts what setjmp kept into context (jump.c). */
struct _JUMP_BUFFER;
void jump_apply(const struct _JUMP_BUFFER *buffer, CONTEXT *context);

/* Nobody took it: the bug check Windows makes of it. */
_Noreturn void seh_unhandled(EXCEPTION_RECORD *record, CONTEXT *context);
_Noreturn void pe_bug_check(uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4, CONTEXT *context,
                            const char *text);

#endif
