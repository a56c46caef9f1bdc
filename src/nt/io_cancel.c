/* Cancelling IRPs.
 *
 * | Cancel | CancelRoutine | meaning                                                        |
 * |--------|---------------|----------------------------------------------------------------|
 * | FALSE  | set           | cancelable: IoCancelIrp will call the routine                  |
 * | FALSE  | NULL          | not cancelable now                                             |
 * | TRUE   | NULL          | cancelled: the routine runs, has run, or there was none        |
 * | TRUE   | set           | set after the cancel: nobody calls it; the driver takes it back |
 */
#include "nt/fsrtl.h"

static KSPIN_LOCK cancel_lock;

/* Takes the system's cancel spin lock; *Irql: to restore. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioacquirecancelspinlock */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    *Irql = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
}

/* Irql: from IoAcquireCancelSpinLock, or Irp->CancelIrql in a cancel routine. DISPATCH.
 * docs: wdm/nf-wdm-ioreleasecancelspinlock */
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&cancel_lock, Irql);
}

/* Sets Cancel and calls the cancel routine, if any, at DISPATCH_LEVEL with the cancel lock held; the routine releases it
 * to Irp->CancelIrql. TRUE: there was a routine. The caller must know that the IRP is not yet completed.
 * IRQL <= DISPATCH. docs: wdm/nf-wdm-iocancelirp */
BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
    PDRIVER_CANCEL routine;

    if (Irp->Type != IO_TYPE_IRP)
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 3, (ULONG_PTR)Irp, 0, 0);
    Irp->Cancel = TRUE;
    routine = IoSetCancelRoutine(Irp, NULL);
    if (routine == NULL) {
        fsrtl_irp_cancelled(Irp);
        KeReleaseSpinLock(&cancel_lock, irql);
        return FALSE;
    }
    if (Irp->CurrentLocation > Irp->StackCount + 1)
        KeBugCheckEx(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)Irp, (ULONG_PTR)routine, 0, 0);
    Irp->CancelIrql = irql;
    routine(IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp);
    return TRUE;
}
