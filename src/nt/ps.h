/* Threads and the System process, for the rest of the host. */
#ifndef NT_PS_H
#define NT_PS_H

#include "nt/ke_wait.h"
#include "ring3/ps.h"

/* After ob_start: makes the System process and lets the scheduler core create its threads as objects. */
NTSTATUS ps_start(void);
/* Forgets the process and the notification routines. After ob_stop or before, the threads' memory being pool. */
void ps_stop(void);

/* A system thread of the host's own, with one reference for the caller (ob_dereference). NULL without memory. */
struct ps_thread *ps_create(const char *name, int priority, PKSTART_ROUTINE start, PVOID context);
/* Threads that drivers created and that still run: calls back with each. start lies in [base, base + size) for those of
 * one driver. */
void ps_each_thread(void (*visit)(void *context, struct ps_thread *thread), void *context);
/* Tells PsSetLoadImageNotifyRoutine's routines about a driver that was mapped. PASSIVE_LEVEL. */
void ps_notify_image(const UNICODE_STRING *name, void *base, size_t size);

static inline struct ps_thread *ps_current(void)
{
    return (struct ps_thread *)ke_current();
}

#endif
