/* Work on every processor at once: inter-processor calls and DPCs for all. */
#include "nt/ke.h"

struct ipi {
    struct ke_interrupt interrupt;
    PKIPI_BROADCAST_WORKER worker;
    ULONG_PTR argument;
    bool done;
};

static void serve(struct ke_interrupt *interrupt)
{
    struct ipi *ipi = container_of(interrupt, struct ipi, interrupt);

    ipi->worker(ipi->argument);
    ipi->done = true;
}

/* Runs BroadcastFunction on every processor at IPI_LEVEL; returns what it returned on this one.
 * IRQL < IPI_LEVEL. docs: wdm/nf-wdm-keipigenericcall */
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context)
{
    struct ipi calls[KE_MAX_CPUS];
    KIRQL old = ke_raise(IPI_LEVEL);
    unsigned self = this_cpu->number;

    for (unsigned i = 0; i < ke.cpu_count; i++) {
        if (i == self)
            continue;
        calls[i] = (struct ipi){ .interrupt = { .service = serve, .irql = IPI_LEVEL, .cpu = i },
                                 .worker = BroadcastFunction, .argument = Context };
        ke_interrupt_raise(&calls[i].interrupt);
    }
    ULONG_PTR result = BroadcastFunction(Context);
    for (unsigned i = 0; i < ke.cpu_count; i++)
        for (unsigned turn = 1; i != self && !calls[i].done; turn++) {
            if (turn % 64)
                ke_yield_to(i);
            else
                ke_spin_turn();
        }
    ke_lower(old);
    return result;
}

/* --- DPCs on every processor -------------------------------------------------------------------------------- */

struct everywhere {
    volatile LONG left;                 /* SystemArgument1 */
    volatile LONG arrived, phase;       /* SystemArgument2 is &arrived */
};

/* Runs Routine as a DPC on every processor and returns when each has called KeSignalCallDpcDone. IRQL < DISPATCH.
 * docs: kernel/introduction-to-dpcs */
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    KDPC dpcs[KE_MAX_CPUS];
    struct everywhere all = { .left = (LONG)ke.cpu_count };
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    for (unsigned i = 0; i < ke.cpu_count; i++) {
        KeInitializeDpc(&dpcs[i], Routine, Context);
        KeSetTargetProcessorDpc(&dpcs[i], (CCHAR)i);
        KeSetImportanceDpc(&dpcs[i], HighImportance);
        KeInsertQueueDpc(&dpcs[i], (PVOID)&all.left, (PVOID)&all.arrived);
    }
    ke_lower(old);
    while (all.left)
        ke_spin_turn();
}

/* SystemArgument1: the DPC's. Its part is done. DISPATCH_LEVEL. docs: kernel/introduction-to-dpcs */
VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1)
{
    --*(volatile LONG *)SystemArgument1;
}

/* SystemArgument2: the DPC's. Returns when every processor has called it; TRUE on one of them.
 * docs: kernel/introduction-to-dpcs */
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2)
{
    struct everywhere *all = container_of((volatile LONG *)SystemArgument2, struct everywhere, arrived);
    LONG phase = all->phase;

    if (++all->arrived == (LONG)ke.cpu_count) {
        all->arrived = 0;
        all->phase++;
        return TRUE;
    }
    while (all->phase == phase)
        ke_spin_turn();
    return FALSE;
}
