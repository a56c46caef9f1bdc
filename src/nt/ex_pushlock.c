/* Push locks: 0 free; EXCLUSIVE; or the number of shared holders above bit 4. WAITING while threads are parked. */
#include "nt/ke_park.h"

#include "nt/event.h"
#include "ring3/ex.h"

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

static void check(const char *what, struct pe_caller caller)
{
    const struct thread *t = ke_current();

    if (!t->kernel_apc_disable && !t->special_apc_disable && ke_irql() < APC_LEVEL)
        NT_EMIT(NT_EVENT_MISUSE, what, 0, 0, caller);
}

static void not_owned(PEX_PUSH_LOCK lock, struct pe_caller caller)
{
    NT_EMIT(NT_EVENT_MISUSE, "a push lock is released that is not held this way", lock, *lock, caller);
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
    check("a push lock is acquired while normal kernel APCs are enabled (KeEnterCriticalRegion)", PE_CALLER());
    if (likely(*PushLock == 0)) {
        *PushLock = EXCLUSIVE;
        return;
    }
    *PushLock |= WAITING;
    ke_park(PushLock, true);
}

/* Takes the lock with other readers; waits behind writers. docs: wdm/nf-wdm-exacquirepushlockshared */
VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    check("a push lock is acquired while normal kernel APCs are enabled (KeEnterCriticalRegion)", PE_CALLER());
    if (likely(!(*PushLock & (EXCLUSIVE | WAITING)))) {
        *PushLock += SHARED_ONE;
        return;
    }
    *PushLock |= WAITING;
    ke_park(PushLock, false);
}

/* docs: wdm/nf-wdm-exreleasepushlockexclusive */
VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely(!(*PushLock & EXCLUSIVE)))
        not_owned(PushLock, PE_CALLER());
    *PushLock &= ~EXCLUSIVE;
    if (unlikely(*PushLock & WAITING)) {
        hand_over(PushLock);
        ke_settle();
    }
}

/* docs: wdm/nf-wdm-exreleasepushlockshared */
VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    (void)Flags;
    if (unlikely(*PushLock < SHARED_ONE)) {
        not_owned(PushLock, PE_CALLER());
        return;
    }
    *PushLock -= SHARED_ONE;
    if (unlikely(*PushLock == WAITING)) {
        hand_over(PushLock);
        ke_settle();
    }
}

/* However it was acquired. docs: wdm/nf-wdm-exreleasepushlockexclusive */
VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock & EXCLUSIVE)
        ExReleasePushLockExclusiveEx(PushLock, Flags);
    else
        ExReleasePushLockSharedEx(PushLock, Flags);
}
