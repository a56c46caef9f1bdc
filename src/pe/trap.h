/* What a synchronous fault means: emulation, an exception, or a bug check. */
#ifndef PE_TRAP_H
#define PE_TRAP_H

#include <stdbool.h>

#include "host/trap.h"

/* The process's trap handler: trap_install(pe_trap, ...). */
void pe_trap(struct trap_frame *frame);

/* Around the time a preempted frame waits for its turn: code it stands in is not patched meanwhile. node lives on the
 * preempted stack. */
struct pe_preempted {
    struct pe_preempted *next;
    uint64_t rip;
};
void pe_preempted_enter(struct pe_preempted *node, const struct trap_frame *frame);
void pe_preempted_leave(struct pe_preempted *node);

#endif
