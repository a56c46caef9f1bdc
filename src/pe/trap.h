/* What a synchronous fault means: emulation, an exception, or a bug check. */
#ifndef PE_TRAP_H
#define PE_TRAP_H

#include <stdbool.h>

#include "host/trap.h"

/* The process's trap handler: trap_install(pe_trap, ...). */
void pe_trap(struct trap_frame *frame);

/* Before a frame that was interrupted elsewhere (preempted) is resumed: the code it stands in may have been patched. */
void pe_resume(struct trap_frame *frame);

#endif
