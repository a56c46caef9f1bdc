/* One step up a stack: driver frames by their unwind data, host frames by theirs, traps by their frame. */
#ifndef PE_UNWIND_H
#define PE_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "host/trap.h"
#include "pe/pe.h"
#include "ring3/context.h"

enum frame_kind {
    FRAME_DRIVER,       /* has (or, as a leaf, needs no) unwind data of an image */
    FRAME_HOST,
    FRAME_TRAP,         /* the trap trampoline: above it comes the interrupted code */
    FRAME_WILD,         /* neither: a call to nowhere; unwound as a leaf */
};

enum frame_kind frame_kind_of(const CONTEXT *context);

const struct pe_function *pe_find_function(const struct pe_image *image, uint32_t rva);
/* How many two-byte slots an unwind code takes in its record. */
unsigned unwind_code_slots(unsigned operation, unsigned detail, unsigned version);

/* Moves context from a frame in `function` (NULL: leaf) to its caller. exact: rip is an instruction that was
 * executing, not a return address (epilogues are only looked for then). handler, data, establisher and pointers may
 * be NULL. handler_type: UNW_FLAG_* wanted. False when the stack or the unwind data are not to be trusted. */
bool unwind_driver_frame(struct pe_image *image, const struct pe_function *function, unsigned handler_type,
                         CONTEXT *context, PEXCEPTION_ROUTINE *handler, void **data, uint64_t *establisher,
                         KNONVOLATILE_CONTEXT_POINTERS *pointers);
bool unwind_leaf(CONTEXT *context);
/* exact as above. False at the outermost frame. */
bool unwind_host_frame(CONTEXT *context, bool exact);
/* Context of the code a trap interrupted, context being in the trampoline. */
void unwind_trap_frame(CONTEXT *context);
/* Any of the above by kind, without handlers. exact is updated for the next step. */
bool unwind_any(CONTEXT *context, bool *exact);

/* False when [address, address+8) is not in the running stack. */
bool stack_read(uint64_t address, uint64_t *value);

void context_from_trap(CONTEXT *context, const struct trap_frame *frame);
void context_to_trap(const CONTEXT *context, struct trap_frame *frame);

/* The register of an unwind code's number, processor order. */
static inline ULONG64 *context_register(CONTEXT *context, unsigned number)
{
    return &context->Rax + number;
}

#endif
