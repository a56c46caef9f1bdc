/* Wait locks, spin locks and the lock of an object. */
#ifndef WDF_WDFSYNC_H
#define WDF_WDFSYNC_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

WDF_SLOT(VOID, WdfObjectAcquireLock, (WDFOBJECT Object), (Object))
WDF_SLOT(VOID, WdfObjectReleaseLock, (WDFOBJECT Object), (Object))
WDF_SLOT(NTSTATUS, WdfWaitLockCreate, (PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock),
         (LockAttributes, Lock))
WDF_SLOT(NTSTATUS, WdfWaitLockAcquire, (WDFWAITLOCK Lock, PLONGLONG Timeout), (Lock, Timeout))
WDF_SLOT(VOID, WdfWaitLockRelease, (WDFWAITLOCK Lock), (Lock))
WDF_SLOT(NTSTATUS, WdfSpinLockCreate, (PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK *SpinLock),
         (SpinLockAttributes, SpinLock))
WDF_SLOT(VOID, WdfSpinLockAcquire, (WDFSPINLOCK SpinLock), (SpinLock))
WDF_SLOT(VOID, WdfSpinLockRelease, (WDFSPINLOCK SpinLock), (SpinLock))

RING3_END_C

#endif
