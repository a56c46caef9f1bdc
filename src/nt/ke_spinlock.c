/* Spin locks: plain, queued, and by number. Recursion and foreign release stop the system as checked builds do. */
#include "nt/ke_spinlock.h"

#include "nt/hot.h"

static unsigned owner_of(KSPIN_LOCK value)
{
    return (unsigned)(value >> 8);
}

static bool well_formed(KSPIN_LOCK value)
{
    return (value & 0xff) == 1 && owner_of(value) < ke.cpu_count && value >> 16 == 0;
}

static void recursion(PKSPIN_LOCK lock, const char *name, struct pe_caller caller)
{
    NT_EMIT(NT_EVENT_SPIN_RECURSION, name, lock, this_cpu->number, caller);
    KeBugCheckEx(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0);
}

void ke_spin_contended(PKSPIN_LOCK lock, const char *name, struct pe_caller caller)
{
    volatile KSPIN_LOCK *value = lock;

    for (unsigned turn = 1; *value; turn++) {
        if (!well_formed(*value))
            KeBugCheckEx(SPIN_LOCK_INIT_FAILURE, (ULONG_PTR)lock, *value, 0, 0);
        if (owner_of(*value) == this_cpu->number)
            recursion(lock, name, caller);
        if (turn % 64)
            ke_yield_to(owner_of(*value));
        else
            ke_spin_turn();
    }
    *value = ke_spin_mine();
}

void ke_spin_not_owned(PKSPIN_LOCK lock, const char *name, struct pe_caller caller)
{
    NT_EMIT(NT_EVENT_SPIN_NOT_OWNED, name, lock, well_formed(*lock) ? owner_of(*lock) + 1 : 0, caller);
    KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0);
}

/* One COLD function for everything that is not the free lock at a good IRQL without listeners. */
enum form { PLAIN, AT_DPC, FOR_DPC, QUEUED, QUEUED_AT_DPC, QUEUED_FOR_DPC };
static const char *const taking[] = { "KeAcquireSpinLock", "KeAcquireSpinLockAtDpcLevel", "KeAcquireSpinLockForDpc",
                                      "KeAcquireInStackQueuedSpinLock", "KeAcquireInStackQueuedSpinLockAtDpcLevel",
                                      "KeAcquireInStackQueuedSpinLockForDpc" };
static const char *const giving[] = { "KeReleaseSpinLock", "KeReleaseSpinLockFromDpcLevel", "KeReleaseSpinLockForDpc",
                                      "KeReleaseInStackQueuedSpinLock", "KeReleaseInStackQueuedSpinLockFromDpcLevel",
                                      "KeReleaseInStackQueuedSpinLockForDpc" };

COLD static KIRQL take_slow(PKSPIN_LOCK lock, KIRQL old, enum form form)
{
    struct pe_caller caller = PE_CALLER();

    NT_EMIT(NT_EVENT_SPIN_ACQUIRE, taking[form], lock, old, caller);
    if (old > DISPATCH_LEVEL && form != AT_DPC && form != QUEUED_AT_DPC)
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)lock, old, 0, caller.rip);
    if (*lock)
        ke_spin_contended(lock, taking[form], caller);
    else
        *lock = ke_spin_mine();
    return old;
}

COLD static void give_slow(PKSPIN_LOCK lock, KIRQL irql, enum form form)
{
    struct pe_caller caller = PE_CALLER();

    if (*lock != ke_spin_mine())
        ke_spin_not_owned(lock, giving[form], caller);
    *lock = 0;
    NT_EMIT(NT_EVENT_SPIN_RELEASE, giving[form], lock, irql, caller);
    ke_lower(irql);
}

static bool watched(void)
{
    return nt_event_mask & (1u << NT_EVENT_SPIN_ACQUIRE | 1u << NT_EVENT_SPIN_RELEASE);
}

/* What is left of an acquisition after IRQL was raised. */
static inline KIRQL take(PKSPIN_LOCK lock, KIRQL old, enum form form)
{
    bool raises = form != AT_DPC && form != QUEUED_AT_DPC;

    if (unlikely(*lock != 0 || watched() || (raises && old > DISPATCH_LEVEL)))
        return take_slow(lock, old, form);
    *lock = ke_spin_mine();
    return old;
}

static inline void give(PKSPIN_LOCK lock, KIRQL irql, enum form form)
{
    if (unlikely(*lock != ke_spin_mine() || watched())) {
        give_slow(lock, irql, form);
        return;
    }
    *lock = 0;
    hot_lower(irql);
}

static inline void give_in_place(PKSPIN_LOCK lock, enum form form)
{
    if (unlikely(*lock != ke_spin_mine() || watched()))
        give_slow(lock, ke_irql(), form);
    else
        *lock = 0;
}

/* Makes the lock free. SpinLock: the caller's nonpaged memory. Any IRQL. docs: wdm/nf-wdm-keinitializespinlock */
VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    *SpinLock = 0;
}

/* Raises to DISPATCH_LEVEL and takes the lock; returns the IRQL before. <= DISPATCH_LEVEL. Taking it twice on one
 * processor stops the system. docs: wdm/nf-wdm-keacquirespinlockraisetodpc */
KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    return take(SpinLock, ke_raise(DISPATCH_LEVEL), PLAIN);
}

/* Gives the lock back and lowers IRQL to NewIrql, what the acquisition returned. docs: wdm/nf-wdm-kereleasespinlock */
VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    give(SpinLock, NewIrql, PLAIN);
}

/* Takes the lock without touching IRQL, which is DISPATCH_LEVEL or above.
 * docs: wdm/nf-wdm-keacquirespinlockatdpclevel */
VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    take(SpinLock, ke_irql(), AT_DPC);
}

/* Gives the lock back without touching IRQL. docs: wdm/nf-wdm-kereleasespinlockfromdpclevel */
VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    give_in_place(SpinLock, AT_DPC);
}

/* For a routine that may run as a threaded or an ordinary DPC: raises when needed. Returns the IRQL before.
 * docs: wdm/nf-wdm-keacquirespinlockfordpc */
KIRQL NTAPI KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    return take(SpinLock, ke_raise(DISPATCH_LEVEL), FOR_DPC);
}

/* Its counterpart. docs: wdm/nf-wdm-kereleasespinlockfordpc */
VOID NTAPI KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    give(SpinLock, OldIrql, FOR_DPC);
}

/* Takes the lock if it is free; FALSE when it is not. IRQL >= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-ketrytoacquirespinlockatdpclevel */
BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    if (*SpinLock) {
        ke_yield_cpu();
        return FALSE;
    }
    *SpinLock = ke_spin_mine();
    return TRUE;
}

/* TRUE when the lock is free. Any IRQL. docs: wdm/nf-wdm-ketestspinlock */
BOOLEAN NTAPI KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    if (!*SpinLock)
        return TRUE;
    ke_yield_cpu();
    return FALSE;
}

/* --- in-stack queued spin locks: LockHandle is the caller's, one per acquisition ------------------------------ */

static void fill_handle(PKLOCK_QUEUE_HANDLE handle, PKSPIN_LOCK lock, KIRQL old)
{
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = old;
}

/* Raises to DISPATCH_LEVEL and takes the lock. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keacquireinstackqueuedspinlock */
VOID NTAPI KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    fill_handle(LockHandle, SpinLock, old);
    take(SpinLock, old, QUEUED);
}

/* Gives the lock back and restores IRQL. docs: wdm/nf-wdm-kereleaseinstackqueuedspinlock */
VOID NTAPI KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    give(LockHandle->LockQueue.Lock, LockHandle->OldIrql, QUEUED);
}

/* Takes the lock at DISPATCH_LEVEL or above. docs: wdm/nf-wdm-keacquireinstackqueuedspinlockatdpclevel */
VOID NTAPI KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    fill_handle(LockHandle, SpinLock, ke_irql());
    take(SpinLock, ke_irql(), QUEUED_AT_DPC);
}

/* Its counterpart. docs: wdm/nf-wdm-kereleaseinstackqueuedspinlockfromdpclevel */
VOID NTAPI KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    give_in_place(LockHandle->LockQueue.Lock, QUEUED_AT_DPC);
}

/* For threaded DPCs: raises when needed. docs: wdm/nf-wdm-keacquireinstackqueuedspinlockfordpc */
VOID NTAPI KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    fill_handle(LockHandle, SpinLock, old);
    take(SpinLock, old, QUEUED_FOR_DPC);
}

/* Its counterpart. docs: wdm/nf-wdm-kereleaseinstackqueuedspinlockfordpc */
VOID NTAPI KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
    give(LockHandle->LockQueue.Lock, LockHandle->OldIrql, QUEUED_FOR_DPC);
}

/* --- the system's numbered locks ------------------------------------------------------------------------------ */

static KSPIN_LOCK numbered[LockQueueMaximumLock];

void ke_spin_numbered_reset(void)
{
    for (int i = 0; i < LockQueueMaximumLock; i++)
        numbered[i] = 0;
}

/* Takes one of the system's own locks; returns the IRQL before. docs: ntifs/nf-ntifs-keacquirequeuedspinlock */
KIRQL NTAPI KeAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number)
{
    return KeAcquireSpinLockRaiseToDpc(&numbered[Number]);
}

/* Gives it back. docs: ntifs/nf-ntifs-kereleasequeuedspinlock */
VOID NTAPI KeReleaseQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, KIRQL OldIrql)
{
    KeReleaseSpinLock(&numbered[Number], OldIrql);
}

/* Takes it if it is free; FALSE and the old IRQL when it is not. docs: ntifs/nf-ntifs-ketrytoacquirequeuedspinlock */
LOGICAL NTAPI KeTryToAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, PKIRQL OldIrql)
{
    *OldIrql = ke_raise(DISPATCH_LEVEL);
    if (KeTryToAcquireSpinLockAtDpcLevel(&numbered[Number]))
        return TRUE;
    ke_lower(*OldIrql);
    return FALSE;
}
