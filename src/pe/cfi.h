/* Unwinding host frames by .eh_frame. */
#ifndef PE_CFI_H
#define PE_CFI_H

#include <stdbool.h>

#include "ring3/context.h"

/* Moves context from a host function to its caller, xmm registers included. exact: rip was executing, it is no
 * return address. False at the outermost frame and where there is no unwind information. */
bool cfi_step(CONTEXT *context, bool exact);

#endif
