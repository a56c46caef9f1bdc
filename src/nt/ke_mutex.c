/* Mutexes and mutants. Signalled (1) when free; 0 and below while owned, one less for each recursive acquisition. */
#include "nt/ke_apc.h"
#include "nt/ke_wait.h"
#include "nt/raise.h"

/* Mutex: the caller's nonpaged memory, free at first. Its owner runs in a critical region. Level is not used.
 * Any IRQL. docs: wdm/nf-wdm-keinitializemutex */
VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    (void)Level;
    KeInitializeMutant(Mutex, FALSE);
    Mutex->ApcDisable = 1;
}

/* The same for a mutant, which does not disable APCs, and may be the caller's from the start.
 * docs: ntifs/nf-ntifs-keinitializemutant */
VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner)
{
    struct ps_thread *owner = (struct ps_thread *)ke_current();

    ke_header_init(&Mutant->Header, MutantObject, sizeof *Mutant, InitialOwner ? 0 : 1);
    Mutant->OwnerThread = NULL;
    Mutant->MutantFlags = 0;
    Mutant->ApcDisable = 0;
    if (!InitialOwner)
        return;
    Mutant->OwnerThread = (struct _KTHREAD *)owner;
    if (!owner->mutants.Flink)
        nt_list_init(&owner->mutants);
    nt_list_push_front(&owner->mutants, &Mutant->MutantListEntry);
}

/* 1 when free. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kereadstatemutex */
LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    return Mutex->Header.SignalState;
}

/* The same. docs: ntifs/nf-ntifs-kereadstatemutant */
LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant)
{
    return Mutant->Header.SignalState;
}

static void disown(PRKMUTANT mutant)
{
    struct thread *owner = (struct thread *)mutant->OwnerThread;

    nt_list_remove(&mutant->MutantListEntry);
    owner->kernel_apc_disable += mutant->ApcDisable;
    mutant->OwnerThread = NULL;
    if (unlikely(owner->apc_count))
        ke_apc_note(owner);
}

/* Gives the mutant back; returns its state before (0: it is free now). Raises STATUS_MUTANT_NOT_OWNED, or
 * STATUS_ABANDONED when it was left behind. Abandoned: take it from whoever has it. <= DISPATCH_LEVEL.
 * docs: ntifs/nf-ntifs-kereleasemutant */
LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait)
{
    LONG before = Mutant->Header.SignalState;

    if (Abandoned) {
        Mutant->Abandoned = 1;
        Mutant->Header.SignalState = 1;
    } else {
        if (Mutant->OwnerThread != (struct _KTHREAD *)ke_current())
            nt_raise_status(Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
        Mutant->Header.SignalState++;
    }
    if (Mutant->Header.SignalState == 1) {
        if (Mutant->OwnerThread)
            disown(Mutant);
        ke_signalled(&Mutant->Header, Increment);
    }
    if (Wait)
        ke_wait_follows();
    else
        ke_settle();
    return before;
}

/* Gives the mutex back; zero when it is free now. Raises STATUS_MUTANT_NOT_OWNED when the caller does not own it.
 * <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kereleasemutex */
LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    return KeReleaseMutant(Mutex, 1, FALSE, Wait);
}

void ke_abandon_mutants(struct ps_thread *thread)
{
    while (thread->mutants.Flink && !nt_list_empty(&thread->mutants)) {
        KMUTANT *mutant = container_of(thread->mutants.Flink, KMUTANT, MutantListEntry);
        if (mutant->ApcDisable)
            KeBugCheckEx(THREAD_TERMINATE_HELD_MUTEX, (ULONG_PTR)thread, (ULONG_PTR)mutant, 0, 0);
        disown(mutant);
        mutant->Abandoned = 1;
        mutant->Header.SignalState = 1;
        ke_signalled(&mutant->Header, 1);
    }
}
