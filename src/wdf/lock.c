/* Locks around event callbacks. docs: wdf/using-automatic-synchronization, wdf/using-framework-locks */
#include "wdf/object.h"

#include "nt/ke_spinlock.h"
#include "nt/ke_wait.h"
#include "wdf/queue.h"

void wdf_lock_init(struct wdf_lock *lock, bool passive)
{
    lock->passive = passive;
    lock->owner = NULL;
    list_init(&lock->waiting);
    KeInitializeSpinLock(&lock->spin);
    KeInitializeMutex(&lock->mutex, 0);
}

void wdf_lock_acquire(struct wdf_lock *lock)
{
    if (lock->passive) {
        KeWaitForSingleObject(&lock->mutex, Executive, KernelMode, FALSE, NULL);
    } else {
        KIRQL irql = ke_spin_acquire(&lock->spin);
        lock->irql = irql;
    }
    lock->owner = wdf_context();
}

void wdf_lock_release(struct wdf_lock *lock)
{
    lock->owner = NULL;
    if (lock->passive)
        KeReleaseMutex(&lock->mutex, FALSE);
    else
        ke_spin_release(&lock->spin, lock->irql);
    wdf_queue_serve_waiting(lock);
}

bool wdf_lock_enter(struct wdf_lock *lock)
{
    if (!lock || lock->owner == wdf_context())
        return false;
    wdf_lock_acquire(lock);
    return true;
}

struct wdf_lock *wdf_lock_for(struct wdf_object *object)
{
    for (; object; object = object->parent)
        if (object->type == &wdf_queue_type || object->type == &wdf_device_type)
            return object->scope == WdfSynchronizationScopeNone ? NULL : object->lock;
    return NULL;
}

bool wdf_runs_passive(const struct wdf_object *object)
{
    return object->level == WdfExecutionLevelPassive;
}

/* Takes the synchronisation lock of a device or queue, which the framework holds around its callbacks. An object without
 * one stops the system. <= DISPATCH_LEVEL; PASSIVE_LEVEL for objects of that execution level.
 * docs: wdfsync/nf-wdfsync-wdfobjectacquirelock */
VOID NTAPI WdfObjectAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    struct wdf_object *object = wdf_check_any(Object, WDF_CALLER());

    if (!object->lock)
        wdf_violation(WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Object, 0, "the object has no synchronisation lock");
    if (object->lock->owner == wdf_context())
        wdf_violation(WDF_RECURSIVE_LOCK, (ULONG_PTR)Object, 0, "the lock is held already");
    wdf_lock_acquire(object->lock);
}

/* Gives it back. docs: wdfsync/nf-wdfsync-wdfobjectreleaselock */
VOID NTAPI WdfObjectReleaseLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    struct wdf_object *object = wdf_check_any(Object, WDF_CALLER());

    if (!object->lock)
        wdf_violation(WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Object, 0, "the object has no synchronisation lock");
    wdf_lock_release(object->lock);
}

/* --- spin locks --------------------------------------------------------------------------------------------------- */

struct spin_lock {
    struct wdf_object object;
    KSPIN_LOCK lock;
    KIRQL irql;
    const void *owner;
};

static void spin_lock_destroyed(struct wdf_object *object)
{
    struct spin_lock *lock = container_of(object, struct spin_lock, object);

    if (lock->owner)
        wdf_violation(WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)object, 1, "a spin lock was deleted while it is held");
}

const struct wdf_type wdf_spin_lock_type = { .name = "WDFSPINLOCK", .size = sizeof(struct spin_lock),
                                             .destroyed = spin_lock_destroyed };

/* Makes a spin lock. <= DISPATCH_LEVEL. Errors: wdf_object_create. docs: wdfsync/nf-wdfsync-wdfspinlockcreate */
NTSTATUS NTAPI WdfSpinLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES SpinLockAttributes,
                                 WDFSPINLOCK *SpinLock)
{
    struct wdf_create create = { .type = &wdf_spin_lock_type, .client = wdf_client_of(DriverGlobals),
                                 .attributes = SpinLockAttributes, .caller = WDF_CALLER() };

    wdf_need(SpinLock, create.caller);
    *SpinLock = NULL;
    return wdf_object_create(&create, SpinLock);
}

/* Takes it and raises to DISPATCH_LEVEL. A processor that holds it already stops with WDF_RECURSIVE_LOCK.
 * <= DISPATCH_LEVEL. docs: wdfsync/nf-wdfsync-wdfspinlockacquire */
VOID NTAPI WdfSpinLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock)
{
    struct spin_lock *lock = wdf_check(SpinLock, &wdf_spin_lock_type, WDF_CALLER());

    if (lock->owner == this_cpu->pcr && lock->lock)
        wdf_violation(WDF_RECURSIVE_LOCK, (ULONG_PTR)SpinLock, 0, "WdfSpinLockAcquire: this processor holds the lock already");
    KIRQL irql = ke_spin_acquire(&lock->lock);
    lock->irql = irql;
    lock->owner = this_cpu->pcr;
}

/* Gives it back and lowers to the IRQL before. One that this processor does not hold stops the system.
 * docs: wdfsync/nf-wdfsync-wdfspinlockrelease */
VOID NTAPI WdfSpinLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock)
{
    struct spin_lock *lock = wdf_check(SpinLock, &wdf_spin_lock_type, WDF_CALLER());

    if (lock->owner != this_cpu->pcr)
        wdf_violation(WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)SpinLock, 1,
                      "WdfSpinLockRelease: the lock is released by a processor that did not acquire it");
    lock->owner = NULL;
    ke_spin_release(&lock->lock, lock->irql);
}

/* --- wait locks --------------------------------------------------------------------------------------------------- */

struct wait_lock {
    struct wdf_object object;
    KEVENT event;
    const void *owner;
};

const struct wdf_type wdf_wait_lock_type = { .name = "WDFWAITLOCK", .size = sizeof(struct wait_lock), .passive = true };

/* Makes a wait lock. <= DISPATCH_LEVEL. Errors: wdf_object_create. docs: wdfsync/nf-wdfsync-wdfwaitlockcreate */
NTSTATUS NTAPI WdfWaitLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock)
{
    struct wdf_create create = { .type = &wdf_wait_lock_type, .client = wdf_client_of(DriverGlobals),
                                 .attributes = LockAttributes, .caller = WDF_CALLER() };
    struct wait_lock *lock;

    wdf_need(Lock, create.caller);
    *Lock = NULL;
    NTSTATUS status = wdf_object_create(&create, &lock);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&lock->event, SynchronizationEvent, TRUE);
    *Lock = (WDFWAITLOCK)lock;
    return STATUS_SUCCESS;
}

/* Takes it. Timeout in 100 ns, negative: from now, NULL: for ever; STATUS_TIMEOUT when time is over. The holder stays at
 * PASSIVE_LEVEL, in a critical region. A thread that holds it already stops with WDF_RECURSIVE_LOCK. PASSIVE_LEVEL; with a
 * zero time-out <= DISPATCH_LEVEL. docs: wdfsync/nf-wdfsync-wdfwaitlockacquire */
NTSTATUS NTAPI WdfWaitLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock, PLONGLONG Timeout)
{
    struct wait_lock *lock = wdf_check(Lock, &wdf_wait_lock_type, WDF_CALLER());
    LARGE_INTEGER limit = { .QuadPart = Timeout ? *Timeout : 0 };

    if (lock->owner == ke_current())
        wdf_violation(WDF_RECURSIVE_LOCK, (ULONG_PTR)Lock, 0, "WdfWaitLockAcquire: this thread holds the lock already");
    KeEnterCriticalRegion();
    NTSTATUS status = KeWaitForSingleObject(&lock->event, Executive, KernelMode, FALSE, Timeout ? &limit : NULL);
    if (status != STATUS_SUCCESS) {
        KeLeaveCriticalRegion();
        return status;
    }
    lock->owner = ke_current();
    return STATUS_SUCCESS;
}

/* Gives it back. <= DISPATCH_LEVEL. docs: wdfsync/nf-wdfsync-wdfwaitlockrelease */
VOID NTAPI WdfWaitLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock)
{
    struct wait_lock *lock = wdf_check(Lock, &wdf_wait_lock_type, WDF_CALLER());

    if (lock->owner != ke_current())
        wdf_violation(WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Lock, 1,
                      "WdfWaitLockRelease: the lock is released by a thread that did not acquire it");
    lock->owner = NULL;
    KeSetEvent(&lock->event, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
}
