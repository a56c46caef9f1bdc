/* Timers that are set, for reports: a driver must have none left when it unloads. */
#ifndef NT_KE_TIMER_H
#define NT_KE_TIMER_H

#include <stddef.h>

#include "ring3/ke.h"

/* Calls back for every timer that is set, in no particular order. */
void ke_timers_each(void (*visit)(void *context, PKTIMER timer), void *context);
/* How many are set, and one that lies in [start, start + size); NULL when none does. */
extern unsigned ke_timers_set;
PKTIMER ke_timer_within(const void *start, size_t size);
/* Drops all of them; at the end of the computer. */
void ke_timers_close(void);

#endif
