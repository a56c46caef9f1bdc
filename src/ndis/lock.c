/* Spin locks and read/write locks. All are held at DISPATCH_LEVEL, so that a holder is a processor.
 *
 * A read/write lock
 *  1. has any number of readers, or one writer;
 *  2. may be taken again by the processor that holds it: a reader for reading, the writer for either. A reader that asks for
 *     writing waits for itself, as on Windows;
 *  3. keeps new readers out while a writer waits, but never one that reads already.
 * As there is one host thread, taking a free lock is plain code; a taken one lets other processors run until it is free. */
#include "ndis/adapter.h"

#include <string.h>

#include "ndis/event.h"
#include "nt/ke.h"

/* Exports for drivers that do not use the header's Ke calls. docs: ndis/nf-ndis-ndisallocatespinlock */
VOID NTAPI NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    KeInitializeSpinLock(&SpinLock->SpinLock);
}

/* A spin lock owns nothing. docs: ndis/nf-ndis-ndisfreespinlock */
VOID NTAPI NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
}

/* Takes a lock and raises to DISPATCH_LEVEL. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisacquirespinlock */
VOID NTAPI NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    SpinLock->OldIrql = KeAcquireSpinLockRaiseToDpc(&SpinLock->SpinLock);
}

/* Releases it and lowers again. DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisreleasespinlock */
VOID NTAPI NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    KeReleaseSpinLock(&SpinLock->SpinLock, SpinLock->OldIrql);
}

/* Takes a lock at DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdpracquirespinlock */
VOID NTAPI NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    KeAcquireSpinLockAtDpcLevel(&SpinLock->SpinLock);
    SpinLock->OldIrql = DISPATCH_LEVEL;
}

/* Releases it at DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdprreleasespinlock */
VOID NTAPI NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    KeReleaseSpinLockFromDpcLevel(&SpinLock->SpinLock);
}

/* --- the lock itself ---------------------------------------------------------------------------------------------- */

struct rw {
    uint32_t readers, waiting_writers;
    uint32_t owner, depth;              /* the writing processor's number + 1; how often it took the lock for writing */
    uint32_t reads[MAXIMUM_PROC_PER_GROUP];
};

#define READING 1
#define WRITING 2

static void acquire_read(struct rw *l)
{
    uint32_t me = this_cpu->number;

    while (unlikely(l->owner || l->waiting_writers) && l->owner != me + 1 && !l->reads[me])
        ke_spin_turn();
    l->reads[me]++;
    l->readers++;
}

static void acquire_write(struct rw *l, const void *caller)
{
    uint32_t me = this_cpu->number;

    if (unlikely(l->owner == me + 1)) {
        l->depth++;
        return;
    }
    if (unlikely(l->owner || l->readers)) {
        if (l->reads[me])
            NDIS_EMIT(NDIS_EVENT_MISUSE, l, "a processor that holds a read/write lock for reading waits to write", caller);
        l->waiting_writers++;
        while (l->owner || l->readers)
            ke_spin_turn();
        l->waiting_writers--;
    }
    l->owner = me + 1;
    l->depth = 1;
}

static void release(struct rw *l, unsigned how)
{
    if (how == WRITING) {
        if (l->depth && !--l->depth)
            l->owner = 0;
    } else if (l->reads[this_cpu->number]) {
        l->reads[this_cpu->number]--;
        l->readers--;
    }
}

/* --- allocated locks (6.20) ----------------------------------------------------------------------------------------- */

struct _NDIS_RW_LOCK_EX {
    struct ndis_object object;
    struct rw lock;
};

/* Makes a read/write lock. Freed with NdisFreeRWLock. <= DISPATCH_LEVEL. NULL: no memory. docs: ndis/nf-ndis-ndisallocaterwlock */
PNDIS_RW_LOCK_EX NTAPI NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    return ndis_object_create(NDIS_RW_LOCK_OBJECT, sizeof(NDIS_RW_LOCK_EX), NDIS_TAG('N', 'D', 'r', 'w'), NDIS_CALLER());
}

/* Frees a lock that nobody holds. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreerwlock */
VOID NTAPI NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    ndis_object_destroy(ndis_object_check(Lock, NDIS_RW_LOCK_OBJECT));
}

static void enter(PLOCK_STATE_EX state, UCHAR flags)
{
    state->Flags = flags;
    state->OldIrql = flags & NDIS_RWL_AT_DISPATCH_LEVEL ? DISPATCH_LEVEL : ke_raise(DISPATCH_LEVEL);
}

/* Takes the lock for reading, together with other readers; again, too, when this processor reads already. Flags: NDIS_RWL_AT_DISPATCH_LEVEL when the caller is there already.
 * The lock is held, at DISPATCH_LEVEL, until NdisReleaseRWLock. docs: ndis/nf-ndis-ndisacquirerwlockread */
VOID NTAPI NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter(LockState, Flags);
    LockState->LockState = READING;
    acquire_read(&Lock->lock);
}

/* Takes the lock for writing, alone; again, too, when this processor writes already. docs: ndis/nf-ndis-ndisacquirerwlockwrite */
VOID NTAPI NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter(LockState, Flags);
    LockState->LockState = WRITING;
    acquire_write(&Lock->lock, NDIS_CALLER());
}

/* Releases the lock and goes back to the IRQL before. DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisreleaserwlock */
VOID NTAPI NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    release(&Lock->lock, LockState->LockState);
    if (LockState->OldIrql < DISPATCH_LEVEL)
        ke_lower(LockState->OldIrql);
}

/* --- locks in the driver's own memory (6.0) --------------------------------------------------------------------------- */

_Static_assert(sizeof(struct rw) <= sizeof ((PNDIS_RW_LOCK)0)->RefCount, "the state fits");

static struct rw *old_lock(PNDIS_RW_LOCK lock)
{
    return (struct rw *)(void *)lock->RefCount;
}

/* Makes a lock in the caller's memory. docs: ndis/nf-ndis-ndisinitializereadwritelock */
VOID NTAPI NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    memset(Lock, 0, sizeof *Lock);
}

/* Takes it, for writing when fWrite; raises to DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisacquirereadwritelock */
VOID NTAPI NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    LockState->OldIrql = ke_raise(DISPATCH_LEVEL);
    NdisDprAcquireReadWriteLock(Lock, fWrite, LockState);
}

/* Releases it and lowers again. DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisreleasereadwritelock */
VOID NTAPI NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    release(old_lock(Lock), LockState->LockState);
    ke_lower(LockState->OldIrql);
}

/* Takes it at DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdpracquirereadwritelock */
VOID NTAPI NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    LockState->LockState = fWrite ? WRITING : READING;
    if (fWrite)
        acquire_write(old_lock(Lock), NDIS_CALLER());
    else
        acquire_read(old_lock(Lock));
}

/* Releases it at DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisdprreleasereadwritelock */
VOID NTAPI NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    release(old_lock(Lock), LockState->LockState);
}
