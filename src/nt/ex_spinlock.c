/* Reader-writer spin locks: 0 free; EXCLUSIVE | processor; otherwise the number of shared holders, with WAITING while
 * somebody wants it exclusively, which keeps new shared holders out. */
#include "nt/ke_spinlock.h"
#include "ring3/ex.h"

#define EXCLUSIVE 0x80000000u
#define WAITING 0x40000000u
#define COUNT 0x3fffffffu

static volatile ULONG *word(PEX_SPIN_LOCK lock)
{
    return (volatile ULONG *)lock;
}

static void wait_turn(PEX_SPIN_LOCK lock, unsigned turn, struct pe_caller caller)
{
    ULONG value = *word(lock);
    bool mine = (value & EXCLUSIVE) && (value & COUNT) == this_cpu->number;

    if (mine || ke.cpu_count == 1) {
        NT_EMIT(NT_EVENT_SPIN_RECURSION, "ExAcquireSpinLock", lock, this_cpu->number, caller);
        KeBugCheckEx(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0);
    }
    if (turn % 64 == 0)
        ke_spin_turn();
    else if (value & EXCLUSIVE)
        ke_yield_to(value & COUNT);
    else
        ke_yield_cpu();
}

static void take_exclusive(PEX_SPIN_LOCK lock, struct pe_caller caller)
{
    for (unsigned turn = 1; *word(lock) & ~WAITING; turn++) {
        if (!(*word(lock) & EXCLUSIVE))
            *word(lock) |= WAITING;
        wait_turn(lock, turn, caller);
    }
    *word(lock) = EXCLUSIVE | this_cpu->number;
}

static void take_shared(PEX_SPIN_LOCK lock, struct pe_caller caller)
{
    for (unsigned turn = 1; *word(lock) & (EXCLUSIVE | WAITING); turn++) {
        if (*word(lock) == WAITING)
            *word(lock) = 0;            /* whoever waited has given up its turn: the last holder left */
        else
            wait_turn(lock, turn, caller);
    }
    ++*word(lock);
}

static void give_exclusive(PEX_SPIN_LOCK lock, struct pe_caller caller)
{
    if (unlikely(*word(lock) != (EXCLUSIVE | this_cpu->number))) {
        NT_EMIT(NT_EVENT_SPIN_NOT_OWNED, "ExReleaseSpinLockExclusive", lock,
                *word(lock) & EXCLUSIVE ? (*word(lock) & COUNT) + 1 : 0, caller);
        KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0);
    }
    *word(lock) = 0;
}

static void give_shared(PEX_SPIN_LOCK lock, struct pe_caller caller)
{
    if (unlikely((*word(lock) & EXCLUSIVE) || !(*word(lock) & COUNT))) {
        NT_EMIT(NT_EVENT_SPIN_NOT_OWNED, "ExReleaseSpinLockShared", lock, 0, caller);
        KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0);
    }
    --*word(lock);
}

/* Raises to DISPATCH_LEVEL and takes the lock alone; returns the IRQL before. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirespinlockexclusive */
KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    take_exclusive(SpinLock, PE_CALLER());
    return old;
}

/* Gives it back and lowers IRQL. docs: wdm/nf-wdm-exreleasespinlockexclusive */
VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    give_exclusive(SpinLock, PE_CALLER());
    ke_lower(OldIrql);
}

/* Raises to DISPATCH_LEVEL and takes the lock together with other readers. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirespinlockshared */
KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    take_shared(SpinLock, PE_CALLER());
    return old;
}

/* Gives it back and lowers IRQL. docs: wdm/nf-wdm-exreleasespinlockshared */
VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    give_shared(SpinLock, PE_CALLER());
    ke_lower(OldIrql);
}

/* The four at DISPATCH_LEVEL, without touching IRQL. docs: wdm/nf-wdm-exacquirespinlockexclusiveatdpclevel */
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    take_exclusive(SpinLock, PE_CALLER());
}

/* docs: wdm/nf-wdm-exreleasespinlockexclusivefromdpclevel */
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    give_exclusive(SpinLock, PE_CALLER());
}

/* docs: wdm/nf-wdm-exacquirespinlocksharedatdpclevel */
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    take_shared(SpinLock, PE_CALLER());
}

/* docs: wdm/nf-wdm-exreleasespinlocksharedfromdpclevel */
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    give_shared(SpinLock, PE_CALLER());
}

/* A shared holder becomes the exclusive one; FALSE when there are others. DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-extryconvertsharedspinlockexclusive */
LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    if ((*word(SpinLock) & ~WAITING) != 1)
        return FALSE;
    *word(SpinLock) = EXCLUSIVE | this_cpu->number;
    return TRUE;
}

/* Takes the lock alone if nobody has it. DISPATCH_LEVEL. docs: wdm/nf-wdm-exacquirespinlockexclusiveatdpclevel */
LOGICAL NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    if (*word(SpinLock))
        return FALSE;
    *word(SpinLock) = EXCLUSIVE | this_cpu->number;
    return TRUE;
}

/* Takes the lock shared if nobody has it or wants it alone. DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirespinlocksharedatdpclevel */
LOGICAL NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    if (*word(SpinLock) & (EXCLUSIVE | WAITING))
        return FALSE;
    ++*word(SpinLock);
    return TRUE;
}
