/* What the files of the scheduler core share among themselves. */
#ifndef NT_KE_INTERNAL_H
#define NT_KE_INTERNAL_H

#include "nt/ke.h"

/* ke_sched.c */
void ke_switch_pending(void);
bool ke_steal(void);
/* ke_cpu.c: back to the host's own stack because ke.stop says so; returns when NT is entered again. */
void ke_leave(void);
/* ke_alarm.c: raises to DISPATCH_LEVEL, fires what is due, lowers again. IRQL < DISPATCH. */
void ke_run_alarms_here(void);
void ke_clock_close(void);
/* ke_interrupt.c: services what is above the IRQL of this processor. True when it serviced any. */
bool ke_take_interrupts(struct cpu *cpu);
/* ke_tick.c */
bool ke_start_tick(void);
void ke_stop_tick(void);

/* True when every step must depend on inputs and seed alone, not on real time. */
static inline bool ke_deterministic(void)
{
    return ke.config.seeded || ke.config.clock == KE_CLOCK_VIRTUAL;
}

/* The first one, out of the queue, which is not empty. */
PKDPC ke_dpc_take(struct ke_dpcs *queue);
/* ke_threaded.c */
bool ke_threaded_enabled(void);
/* Lets the processor's DPC thread run what is queued for it. DISPATCH_LEVEL. */
void ke_threaded_start(struct cpu *cpu);
/* After `ran` DPCs in a row; DISPATCH_LEVEL, between two of them. */
void ke_amid_dpcs(unsigned ran);

#endif
