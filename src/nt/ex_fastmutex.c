/* Fast mutexes and guarded mutexes: one structure. Count is 1 when free and one less for the owner and every waiter;
 * Event wakes a waiter, which then tries again. Not recursive. */
#include "nt/hot.h"
#include "nt/ke_wait.h"
#include "ring3/ex.h"

#ifndef MUTEX_ALREADY_OWNED
#define MUTEX_ALREADY_OWNED 0xBF
#endif

COLD static void lock_slow(PFAST_MUTEX mutex)
{
    if (mutex->Owner == ke_current())
        KeBugCheckEx(MUTEX_ALREADY_OWNED, (ULONG_PTR)ke_current(), (ULONG_PTR)mutex, 0, 0);
    while (mutex->Count <= 0) {
        mutex->Contention++;
        ke_wait(&mutex->Event);
    }
}

static inline void lock(PFAST_MUTEX mutex)
{
    if (unlikely(mutex->Count <= 0))
        lock_slow(mutex);
    mutex->Count = 0;
    mutex->Owner = ke_current();
}

COLD static void unlock_slow(PFAST_MUTEX mutex)
{
    if (mutex->Owner != ke_current())
        KeBugCheckEx(THREAD_NOT_MUTEX_OWNER, (ULONG_PTR)ke_current(), (ULONG_PTR)mutex, 0, 0);
    mutex->Owner = NULL;
    mutex->Count = 1;
    mutex->Event.Header.SignalState = 1;
    ke_signalled(&mutex->Event.Header, 0);
}

static inline void unlock(PFAST_MUTEX mutex)
{
    if (unlikely(mutex->Owner != ke_current() || !nt_list_empty(&mutex->Event.Header.WaitListHead))) {
        unlock_slow(mutex);
        return;
    }
    mutex->Owner = NULL;
    mutex->Count = 1;
}

/* Called above APC_LEVEL, which is a finding, IRQL stays: lowering it would let others in on the caller. */
static inline KIRQL raise_to_apc(void)
{
    KIRQL old = ke_irql();

    if (likely(old < APC_LEVEL))
        ke_raise(APC_LEVEL);
    return old;
}

/* Takes the mutex and raises to APC_LEVEL. FastMutex: nonpaged. <= APC_LEVEL. docs: wdm/nf-wdm-exacquirefastmutex */
VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL old = raise_to_apc();

    lock(FastMutex);
    FastMutex->OldIrql = old;
}

/* Gives it back and restores IRQL. APC_LEVEL. docs: wdm/nf-wdm-exreleasefastmutex */
VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL old = (KIRQL)FastMutex->OldIrql;

    unlock(FastMutex);
    hot_lower(old);
}

/* Takes it only if it is free. <= APC_LEVEL. docs: wdm/nf-wdm-extrytoacquirefastmutex */
BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    if (FastMutex->Count <= 0)
        return FALSE;
    KIRQL old = raise_to_apc();
    lock(FastMutex);
    FastMutex->OldIrql = old;
    return TRUE;
}

/* Takes it without touching IRQL: the caller has APCs off already. <= APC_LEVEL.
 * docs: wdm/nf-wdm-exacquirefastmutexunsafe */
VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    lock(FastMutex);
}

/* docs: wdm/nf-wdm-exreleasefastmutexunsafe */
VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    unlock(FastMutex);
    hot_settle();
}

/* Mutex: the caller's nonpaged memory. <= APC_LEVEL. docs: wdm/nf-wdm-keinitializeguardedmutex */
VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ExInitializeFastMutex(Mutex);
}

/* Enters a guarded region and takes the mutex. <= APC_LEVEL. docs: wdm/nf-wdm-keacquireguardedmutex */
VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    lock(Mutex);
}

/* Gives it back and leaves the guarded region. docs: wdm/nf-wdm-kereleaseguardedmutex */
VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    unlock(Mutex);
    KeLeaveGuardedRegion();
    hot_settle();
}

/* Takes it only if it is free; then the caller is in a guarded region. docs: wdm/nf-wdm-ketrytoacquireguardedmutex */
BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    if (Mutex->Count <= 0)
        return FALSE;
    KeAcquireGuardedMutex(Mutex);
    return TRUE;
}

/* Takes it without a guarded region of its own. docs: wdm/nf-wdm-keacquireguardedmutexunsafe */
VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    lock(FastMutex);
}

/* docs: wdm/nf-wdm-kereleaseguardedmutexunsafe */
VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    unlock(FastMutex);
    hot_settle();
}
