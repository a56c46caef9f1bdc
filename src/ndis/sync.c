/* Spin locks, read/write locks and events. Host code runs on one thread, so a lock word needs no atomic operation; whoever
 * finds a lock taken lets the other processors run. */
#include "ndis/object.h"
#include "nt/ke_spinlock.h"

/* docs: ndis/nf-ndis-ndisallocatespinlock. Makes the lock free; any IRQL. */
VOID NTAPI NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    SpinLock->SpinLock = 0;
    SpinLock->OldIrql = 0;
}

/* docs: ndis/nf-ndis-ndisfreespinlock. The lock must be free; any IRQL. */
VOID NTAPI NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    (void)SpinLock;
}

/* Raises to DISPATCH_LEVEL and takes the lock. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisacquirespinlock */
VOID NTAPI NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    SpinLock->OldIrql = ke_spin_acquire(&SpinLock->SpinLock);
}

/* Gives it back and restores IRQL. docs: ndis/nf-ndis-ndisreleasespinlock */
VOID NTAPI NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ke_spin_release(&SpinLock->SpinLock, SpinLock->OldIrql);
}

/* Takes the lock at DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdpracquirespinlock */
VOID NTAPI NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ke_spin_take(&SpinLock->SpinLock);
    SpinLock->OldIrql = DISPATCH_LEVEL;
}

/* Its counterpart. docs: ndis/nf-ndis-ndisdprreleasespinlock */
VOID NTAPI NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ke_spin_give(&SpinLock->SpinLock);
}

/* --- read/write locks: any number of readers, or one writer; a waiting writer keeps new readers out ------------------ */

struct _NDIS_RW_LOCK_EX {
    struct ndis_object object;
    uint32_t readers, writers_waiting;
    bool written;
};

enum { STATE_READ = 1, STATE_WRITE = 2 };

static void take_read(struct _NDIS_RW_LOCK_EX *lock)
{
    while (lock->written || lock->writers_waiting)
        ke_spin_turn();
    lock->readers++;
}

static void take_write(struct _NDIS_RW_LOCK_EX *lock)
{
    lock->writers_waiting++;
    while (lock->written || lock->readers)
        ke_spin_turn();
    lock->writers_waiting--;
    lock->written = true;
}

static void acquire(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state, UCHAR flags, UCHAR how)
{
    state->OldIrql = flags & NDIS_RWL_AT_DISPATCH_LEVEL ? DISPATCH_LEVEL : ke_raise(DISPATCH_LEVEL);
    state->Flags = flags;
    state->LockState = how;
    if (how == STATE_WRITE)
        take_write(lock);
    else
        take_read(lock);
}

/* A read/write lock; NULL when there is no memory. NdisHandle: a handle of the caller. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisallocaterwlock */
PNDIS_RW_LOCK_EX NTAPI NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    (void)NdisHandle;
    return ndis_object_create(NDIS_RW_LOCK_OBJECT, sizeof(struct _NDIS_RW_LOCK_EX), NDIS_TAG('N', 'D', 'r', 'w'),
                              NDIS_CALLER());
}

/* Its end; nobody holds it. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreerwlock */
VOID NTAPI NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    ndis_object_destroy(ndis_object_check(Lock, NDIS_RW_LOCK_OBJECT));
}

/* Takes the lock with other readers; DISPATCH_LEVEL afterwards. LockState: the caller's, for the release. Flags:
 * NDIS_RWL_AT_DISPATCH_LEVEL when IRQL is DISPATCH_LEVEL already. docs: ndis/nf-ndis-ndisacquirerwlockread */
VOID NTAPI NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    acquire(Lock, LockState, Flags, STATE_READ);
}

/* Takes the lock alone. docs: ndis/nf-ndis-ndisacquirerwlockwrite */
VOID NTAPI NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    acquire(Lock, LockState, Flags, STATE_WRITE);
}

/* Gives it back and restores IRQL. docs: ndis/nf-ndis-ndisreleaserwlock */
VOID NTAPI NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    if (LockState->LockState == STATE_WRITE)
        Lock->written = false;
    else
        Lock->readers--;
    if (!(LockState->Flags & NDIS_RWL_AT_DISPATCH_LEVEL))
        ke_lower(LockState->OldIrql);
}

/* --- the older kind, in the driver's own memory: SharedRefCount readers, SpinLock for the writer ------------------------ */

/* Makes the lock free. Any IRQL. docs: ndis/nf-ndis-ndisinitializereadwritelock */
VOID NTAPI NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    Lock->SpinLock = 0;
    Lock->Context = NULL;
    Lock->RefCountLock = 0;
    Lock->SharedRefCount = 0;
    Lock->WriterWaiting = FALSE;
}

static void old_acquire(PNDIS_RW_LOCK lock, bool write, PLOCK_STATE state, KIRQL old)
{
    state->OldIrql = old;
    state->LockState = write ? STATE_WRITE : STATE_READ;
    ke_spin_take(&lock->SpinLock);
    if (write) {
        lock->WriterWaiting = TRUE;
        while (lock->SharedRefCount)
            ke_spin_turn();
        lock->WriterWaiting = FALSE;
        return;
    }
    lock->SharedRefCount++;
    ke_spin_give(&lock->SpinLock);
}

static void old_release(PNDIS_RW_LOCK lock, PLOCK_STATE state)
{
    if (state->LockState == STATE_WRITE)
        ke_spin_give(&lock->SpinLock);
    else
        lock->SharedRefCount--;
}

/* fWrite: alone, or with other readers. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisacquirereadwritelock */
VOID NTAPI NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    old_acquire(Lock, fWrite, LockState, ke_raise(DISPATCH_LEVEL));
}

/* Its counterpart. docs: ndis/nf-ndis-ndisreleasereadwritelock */
VOID NTAPI NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    old_release(Lock, LockState);
    ke_lower(LockState->OldIrql);
}

/* At DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdpracquirereadwritelock */
VOID NTAPI NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    old_acquire(Lock, fWrite, LockState, DISPATCH_LEVEL);
}

/* Its counterpart. docs: ndis/nf-ndis-ndisdprreleasereadwritelock */
VOID NTAPI NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    old_release(Lock, LockState);
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

/* A notification event, not signalled. docs: ndis/nf-ndis-ndisinitializeevent */
VOID NTAPI NdisInitializeEvent(PNDIS_EVENT Event)
{
    KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

/* Signals it until it is reset. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissetevent */
VOID NTAPI NdisSetEvent(PNDIS_EVENT Event)
{
    KeSetEvent(&Event->Event, IO_NO_INCREMENT, FALSE);
}

/* <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisresetevent */
VOID NTAPI NdisResetEvent(PNDIS_EVENT Event)
{
    KeClearEvent(&Event->Event);
}

/* Waits at most msToWait milliseconds (0: as long as it takes). TRUE when signalled. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndiswaitevent */
BOOLEAN NTAPI NdisWaitEvent(PNDIS_EVENT Event, UINT msToWait)
{
    LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)msToWait * 10000 };

    return KeWaitForSingleObject(&Event->Event, Executive, KernelMode, FALSE, msToWait ? &timeout : NULL) == STATUS_SUCCESS;
}
