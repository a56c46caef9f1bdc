/* Asynchronous procedure calls: what a thread is made to run between two instructions of its own.
 *
 * 1. A queued KAPC is in thread->apcs[KernelMode] (special ones first) or in thread->apcs[UserMode]; Inserted says so. An
 *    errand is the host's own special APC and goes before them all.
 * 2. thread->apc_count counts kernel APCs and errands; while it is not 0 and the thread may take one, its processor has
 *    PENDING_APC, or the thread is not running. Whoever changes what it may take ends with ke_apc_note().
 * 3. Special APCs and errands run at APC_LEVEL, when IRQL is below that and the thread is in no guarded region. A normal APC
 *    runs at PASSIVE_LEVEL, when the thread is in no critical region either and runs no other normal APC.
 * 4. A wait that began at PASSIVE_LEVEL is left for an APC and begun again, with the time-out that is left.
 * 5. Threads here have no user mode: an APC for it ends an alertable wait with STATUS_USER_APC and stays queued, until it is
 *    removed or the thread ends; then its rundown routine is called. */
#ifndef NT_KE_APC_H
#define NT_KE_APC_H

#include "nt/ke_wait.h"
#include "ring3/ps.h"

/* Runs once in a thread, at APC_LEVEL; the memory is its owner's from then on. */
struct ke_errand {
    LIST_ENTRY link;
    void (*run)(struct ke_errand *errand);
};

/* False when the thread has ended, or when it is the running one and would run the errand now: do it without. <= DISPATCH_LEVEL;
 * the caller settles. */
bool ke_errand_queue(struct thread *thread, struct ke_errand *errand);
/* Runs what may be delivered to the running thread. PASSIVE_LEVEL. */
void ke_apc_deliver(void);
/* After a change in what the thread may take. The caller settles. */
void ke_apc_note(struct thread *thread);
/* Runs what can be delivered to the running thread, which takes nothing more, and calls the rundown routines of the rest. */
void ke_apc_close(struct thread *thread);
/* ke_wait.c: a blocked thread leaves its wait with this status. False when it is in none that it can leave. */
bool ke_interrupt_wait(struct thread *thread, NTSTATUS status);

/* The thread waits for the object in a state in which no APC can come through. */
bool ke_holds_off_waiting(const struct thread *thread, const void *object);

VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                           PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode,
                           PVOID NormalContext);
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc);
BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode);
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE AlertMode);

#endif
