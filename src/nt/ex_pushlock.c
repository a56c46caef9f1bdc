/* Push locks: 0 free; EXCLUSIVE; or the number of shared holders above bit 4. WAITING while threads are parked. */
#include "nt/ke_park.h"

#include "nt/event.h"
#include "nt/hot.h"
#include "ring3/ex.h"
#include "ring3/nt_rare.h"

#define EXCLUSIVE ((EX_PUSH_LOCK)1)
#define WAITING ((EX_PUSH_LOCK)2)
#define SHARED_ONE ((EX_PUSH_LOCK)16)

struct list ke_parked = LIST_INIT(ke_parked);

static void hand_over(PEX_PUSH_LOCK lock)
{
    struct parked *p;

    while ((p = ke_park_first(lock))) {
        if (p->exclusive && (*lock & ~WAITING))
            break;
        *lock += p->exclusive ? EXCLUSIVE : SHARED_ONE;
        bool was_exclusive = p->exclusive;
        ke_unpark(p);
        if (was_exclusive)
            break;
    }
    if (!ke_park_first(lock))
        *lock &= ~WAITING;
}

static bool apcs_enabled(void)
{
    const struct thread *t = ke_current();

    return !t->kernel_apc_disable && !t->special_apc_disable && ke_irql() < APC_LEVEL;
}

/* What an acquisition does that is watched, or not free to go. */
COLD static void acquire_slow(PEX_PUSH_LOCK lock, bool exclusive)
{
    bool wait = exclusive ? *lock != 0 : (*lock & (EXCLUSIVE | WAITING)) != 0;

    if (apcs_enabled())
        NT_EMIT(NT_EVENT_MISUSE, "a push lock is acquired while normal kernel APCs are enabled (KeEnterCriticalRegion)",
                lock, 0, PE_CALLER());
    if (!wait) {
        *lock += exclusive ? EXCLUSIVE : SHARED_ONE;
        return;
    }
    *lock |= WAITING;
    ke_park(lock, exclusive);
}

COLD static void release_slow(PEX_PUSH_LOCK lock, bool exclusive)
{
    if (exclusive ? !(*lock & EXCLUSIVE) : *lock < SHARED_ONE) {
        NT_EMIT(NT_EVENT_MISUSE, "a push lock is released that is not held this way", lock, *lock, PE_CALLER());
        return;
    }
    *lock -= exclusive ? EXCLUSIVE : SHARED_ONE;
    if (*lock != WAITING)
        return;
    hand_over(lock);
    ke_settle();
}

/* PushLock: the caller's nonpaged memory. docs: wdm/nf-wdm-exinitializepushlock */
VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    *PushLock = 0;
}

/* Takes the lock alone; waits. Not recursive. APCs disabled, <= APC_LEVEL. docs: wdm/nf-wdm-exacquirepushlockexclusive */
VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely(*PushLock || apcs_enabled()))
        acquire_slow(PushLock, true);
    else
        *PushLock = EXCLUSIVE;
}

/* Takes the lock with other readers; waits behind writers. docs: wdm/nf-wdm-exacquirepushlockshared */
VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely((*PushLock & (EXCLUSIVE | WAITING)) || apcs_enabled()))
        acquire_slow(PushLock, false);
    else
        *PushLock += SHARED_ONE;
}

/* docs: wdm/nf-wdm-exreleasepushlockexclusive */
VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely(*PushLock != EXCLUSIVE))
        release_slow(PushLock, true);
    else
        *PushLock = 0;
}

/* docs: wdm/nf-wdm-exreleasepushlockshared */
VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely(*PushLock < SHARED_ONE || (*PushLock & (EXCLUSIVE | WAITING))))
        release_slow(PushLock, false);
    else
        *PushLock -= SHARED_ONE;
}

/* However it was acquired. docs: wdm/nf-wdm-exreleasepushlockexclusive */
VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock & EXCLUSIVE)
        ExReleasePushLockExclusiveEx(PushLock, Flags);
    else
        ExReleasePushLockSharedEx(PushLock, Flags);
}

/* ---- without waiting, and under the old names: the same locks ---- */

/* FALSE when it is held. <= APC_LEVEL. No page. */
BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock != 0)
        return FALSE;
    ExAcquirePushLockExclusiveEx(PushLock, Flags);
    return TRUE;
}

/* FALSE when a writer has it or waits. <= APC_LEVEL. No page. */
BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock & (EXCLUSIVE | WAITING))
        return FALSE;
    ExAcquirePushLockSharedEx(PushLock, Flags);
    return TRUE;
}

/* No page; as ExAcquirePushLockExclusive. */
VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExAcquirePushLockExclusiveEx(PushLock, 0);
}

/* No page; as ExAcquirePushLockShared. */
VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExAcquirePushLockSharedEx(PushLock, 0);
}

/* No page; FALSE instead of waiting. */
BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    return ExTryAcquirePushLockSharedEx(PushLock, 0);
}

/* No page; however it was acquired. */
VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockEx(PushLock, 0);
}

/* No page; as ExReleasePushLockExclusive. */
VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockExclusiveEx(PushLock, 0);
}

/* No page; as ExReleasePushLockShared. */
VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockSharedEx(PushLock, 0);
}

/* No page. A release has woken whoever can go, so there is nobody left to wake. */
VOID FASTCALL ExfTryToWakePushLock(PEX_PUSH_LOCK PushLock)
{
    (void)PushLock;
}
