/* Reader-writer spin locks: 0 free; EXCLUSIVE | processor; otherwise the number of shared holders, with WAITING while
 * somebody wants it exclusively, which keeps new shared holders out. */
#include "nt/hot.h"
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

COLD static void wait_exclusive(PEX_SPIN_LOCK lock)
{
    struct pe_caller caller = PE_CALLER();

    for (unsigned turn = 1; *word(lock) & ~WAITING; turn++) {
        if (!(*word(lock) & EXCLUSIVE))
            *word(lock) |= WAITING;
        wait_turn(lock, turn, caller);
    }
    *word(lock) = EXCLUSIVE | this_cpu->number;
}

static inline void take_exclusive(PEX_SPIN_LOCK lock)
{
    if (unlikely(*word(lock)))
        wait_exclusive(lock);
    else
        *word(lock) = EXCLUSIVE | this_cpu->number;
}

COLD static void wait_shared(PEX_SPIN_LOCK lock)
{
    struct pe_caller caller = PE_CALLER();

    for (unsigned turn = 1; *word(lock) & (EXCLUSIVE | WAITING); turn++) {
        if (*word(lock) == WAITING)
            *word(lock) = 0;            /* the last holder has left, and whoever waited has not had its turn yet */
        else
            wait_turn(lock, turn, caller);
    }
    ++*word(lock);
}

static inline void take_shared(PEX_SPIN_LOCK lock)
{
    if (unlikely(*word(lock) & (EXCLUSIVE | WAITING)))
        wait_shared(lock);
    else
        ++*word(lock);
}

COLD static void not_owned(PEX_SPIN_LOCK lock, const char *name)
{
    struct pe_caller caller = PE_CALLER();

    NT_EMIT(NT_EVENT_SPIN_NOT_OWNED, name, lock, *word(lock) & EXCLUSIVE ? (*word(lock) & COUNT) + 1 : 0, caller);
    KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0);
}

static inline bool give_exclusive(PEX_SPIN_LOCK lock)
{
    bool mine = *word(lock) == (EXCLUSIVE | this_cpu->number);

    if (likely(mine))
        *word(lock) = 0;
    return mine;
}

static inline bool give_shared(PEX_SPIN_LOCK lock)
{
    bool held = !(*word(lock) & EXCLUSIVE) && (*word(lock) & COUNT);

    if (likely(held))
        --*word(lock);
    return held;
}

/* Raises to DISPATCH_LEVEL and takes the lock alone; returns the IRQL before. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirespinlockexclusive */
KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    take_exclusive(SpinLock);
    return old;
}

/* Gives it back and lowers IRQL. docs: wdm/nf-wdm-exreleasespinlockexclusive */
VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    if (unlikely(!give_exclusive(SpinLock)))
        not_owned(SpinLock, "ExReleaseSpinLockExclusive");
    else
        hot_lower(OldIrql);
}

/* Raises to DISPATCH_LEVEL and takes the lock together with other readers. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirespinlockshared */
KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    take_shared(SpinLock);
    return old;
}

/* Gives it back and lowers IRQL. docs: wdm/nf-wdm-exreleasespinlockshared */
VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    if (unlikely(!give_shared(SpinLock)))
        not_owned(SpinLock, "ExReleaseSpinLockShared");
    else
        hot_lower(OldIrql);
}

/* The four at DISPATCH_LEVEL, without touching IRQL. docs: wdm/nf-wdm-exacquirespinlockexclusiveatdpclevel */
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    take_exclusive(SpinLock);
}

/* docs: wdm/nf-wdm-exreleasespinlockexclusivefromdpclevel */
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    if (unlikely(!give_exclusive(SpinLock)))
        not_owned(SpinLock, "ExReleaseSpinLockExclusiveFromDpcLevel");
}

/* docs: wdm/nf-wdm-exacquirespinlocksharedatdpclevel */
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    take_shared(SpinLock);
}

/* docs: wdm/nf-wdm-exreleasespinlocksharedfromdpclevel */
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    if (unlikely(!give_shared(SpinLock)))
        not_owned(SpinLock, "ExReleaseSpinLockSharedFromDpcLevel");
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
