/* Stacks: fast capture for records of where something happened, and names for them in reports. */
#ifndef PE_STACK_H
#define PE_STACK_H

#include <stddef.h>

#include "pe/pe.h"

struct _CONTEXT;

/* Driver return addresses from the caller up, frames[0] = caller->rip. Ends at the first frame that is not a
 * driver's. Allocates nothing, some nanoseconds a frame. Returns how many. */
unsigned pe_capture(const struct pe_caller *caller, uint64_t *frames, unsigned max);

/* Every frame, drivers' and the host's, from a machine state up (frames[0] = its rip). exact: rip was executing. */
unsigned pe_capture_all(const struct _CONTEXT *context, uint64_t *frames, unsigned max);
/* The same from the present place in host code. */
unsigned pe_capture_here(uint64_t *frames, unsigned max);

/* One line a frame, inlined functions in lines of their own:
 *     vionet.sys!ReceiveDpc+0x52  (receive.c:120)
 * first_exact: frames[0] is an instruction, not a return address. Text ends with a newline unless empty. */
void pe_describe_stack(const uint64_t *frames, unsigned count, bool first_exact, char *text, size_t size);
/* One place: "vionet.sys!ReceiveDpc+0x52 (receive.c:120)". A return address is looked up one byte earlier. */
void pe_describe(uint64_t address, bool exact, char *text, size_t size);

#endif
