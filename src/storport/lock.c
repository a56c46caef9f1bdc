/* The locks of a miniport, in their documented order. A DPC's lock and the StartIo lock come first, the interrupt lock last.
 * docs: storport/nf-storport-storportacquirespinlock */
#include "storport/lock.h"

static PKSPIN_LOCK lock_of(struct adapter *a, STOR_SPINLOCK kind, PVOID context)
{
    switch (kind) {
    case DpcLock:
    case ThreadedDpcLock:
        return context ? &((PSTOR_DPC)context)->Lock : &a->spare_lock;
    case StartIoLock:
        return &a->startio_lock;
    case DpcLevelLock:
        return context ? context : &a->spare_lock;
    default:
        return NULL;
    }
}

/* context: the STOR_DPC, or a lock of the miniport's own. False: there is no such lock. */
bool lock_acquire(struct adapter *a, STOR_SPINLOCK kind, PVOID context, PSTOR_LOCK_HANDLE handle, struct pe_caller caller)
{
    PKSPIN_LOCK lock = lock_of(a, kind, context);

    handle->Lock = kind;
    handle->Context.LockQueue.Next = context;
    handle->Context.LockQueue.Lock = lock;
    if (kind == InterruptLock) {
        handle->Context.OldIrql = interrupt_lock(a);
        return true;
    }
    if (!lock)
        return false;
    if (ke_irql() > DISPATCH_LEVEL)
        SP_MISUSE(a, "acquires a DPC or StartIo lock while it holds the interrupt lock", kind, caller);
    if (kind == DpcLevelLock) {
        KeAcquireSpinLockAtDpcLevel(lock);
        handle->Context.OldIrql = ke_irql();
        return true;
    }
    handle->Context.OldIrql = KeAcquireSpinLockRaiseToDpc(lock);
    return true;
}

void lock_release(struct adapter *a, PSTOR_LOCK_HANDLE handle, struct pe_caller caller)
{
    PKSPIN_LOCK lock = handle->Context.LockQueue.Lock;

    if (handle->Lock == InterruptLock)
        interrupt_unlock(a, handle->Context.OldIrql);
    else if (!lock || lock != lock_of(a, handle->Lock, handle->Context.LockQueue.Next))
        SP_MISUSE(a, "releases a lock that its handle does not describe", handle, caller);
    else if (handle->Lock == DpcLevelLock)
        KeReleaseSpinLockFromDpcLevel(lock);
    else
        KeReleaseSpinLock(lock, handle->Context.OldIrql);
}


/* Calls a routine of the miniport's at the device's IRQL with the interrupt lock held; in half-duplex mode with the StartIo lock,
 * too. <= DIRQL. docs: storport/nf-storport-storportsynchronizeaccess */
VOID NTAPI StorPortSynchronizeAccess(PVOID HwDeviceExtension, PSTOR_SYNCHRONIZED_ACCESS SynchronizedAccessRoutine, PVOID Context)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    KIRQL old = interrupt_lock(a);

    SynchronizedAccessRoutine(HwDeviceExtension, Context);
    interrupt_unlock(a, old);
}
