/* Service routines that run at PASSIVE_LEVEL, in a system worker thread.
 *
 *   interrupt                a level-triggered line is masked; the DPC is queued unless the routine is on its way already
 *   DPC                      queues the work item
 *   work item                takes the interrupt's event, calls the routine, gives the event back; then the line is unmasked
 *                            and, when still asserted, interrupts again; a message that came meanwhile is served once more
 *   disconnect               waits until the work item is over
 *
 * The event is what KeSynchronizeExecution takes, too. docs: kernel/using-passive-level-interrupt-handling-routines */
#include "nt/hal_internal.h"

static VOID NTAPI work(PVOID context)
{
    struct _KINTERRUPT *i = context;

    do {
        i->passive_again = false;
        hal_passive_take(i);
        i->count++;
        i->service(i, i->context);
        hal_passive_give(i);
    } while (i->passive_again);
    i->passive_busy = false;
    hal_unmask_line(i->vector, i->cpu);
}

static VOID NTAPI defer(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    struct _KINTERRUPT *i = context;

    (void)dpc;
    (void)a;
    (void)b;
    ExInitializeWorkItem(&i->passive_work, work, i);
    ExQueueWorkItem(&i->passive_work, CriticalWorkQueue);
}

void hal_passive_init(struct _KINTERRUPT *i)
{
    i->passive = true;
    KeInitializeEvent(&i->passive_event, SynchronizationEvent, TRUE);
    KeInitializeDpc(&i->passive_dpc, defer, i);
}

void hal_passive_raise(struct _KINTERRUPT *i)
{
    if (i->passive_busy) {
        i->passive_again = true;
        return;
    }
    i->passive_busy = true;
    KeInsertQueueDpc(&i->passive_dpc, NULL, NULL);
}

void hal_passive_end(struct _KINTERRUPT *i)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    while (i->passive_busy)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

void hal_passive_take(struct _KINTERRUPT *i)
{
    ke_wait(&i->passive_event);
}

void hal_passive_give(struct _KINTERRUPT *i)
{
    KeSetEvent(&i->passive_event, IO_NO_INCREMENT, FALSE);
}
