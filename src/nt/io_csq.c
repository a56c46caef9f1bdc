/* Cancel-safe queues: the driver's own list and lock, the I/O manager's handling of cancellation.
 *
 * While an IRP is queued, Tail.Overlay.DriverContext[3] is its queue, or the caller's IO_CSQ_IRP_CONTEXT (whose Irp is set
 * for as long as the IRP can be removed by context). Who takes the cancel routine back owns the IRP. */
#include "nt/io_internal.h"

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];
    PIO_CSQ csq;
    KIRQL irql;

    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    if (context->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        csq = context->Csq;
    } else {
        csq = (PIO_CSQ)(PVOID)context;
        context = NULL;
    }
    csq->CsqAcquireLock(csq, &irql);
    csq->CsqRemoveIrp(csq, irp);
    if (context != NULL)
        context->Irp = NULL;
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, irp);
}

/* Sets up a queue of the driver's: how to insert, remove and look through, its lock, and how to complete a cancelled
 * IRP. Any IRQL. docs: wdm/nf-wdm-iocsqinitialize */
NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock, PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    *Csq = (IO_CSQ){ IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
                     CsqCompleteCanceledIrp, NULL };
    return STATUS_SUCCESS;
}

/* The same with an insert routine that may refuse. docs: wdm/nf-wdm-iocsqinitializeex */
NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    *Csq = (IO_CSQ){ IO_TYPE_CSQ_EX, (PIO_CSQ_INSERT_IRP)(PVOID)CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp,
                     CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp, NULL };
    return STATUS_SUCCESS;
}

static NTSTATUS call_insert(PIO_CSQ csq, PIRP irp, PVOID context)
{
    if (csq->Type == IO_TYPE_CSQ_EX)
        return ((PIO_CSQ_INSERT_IRP_EX)(PVOID)csq->CsqInsertIrp)(csq, irp, context);
    csq->CsqInsertIrp(csq, irp);
    return STATUS_SUCCESS;
}

/* Queues an IRP, marks it pending and makes it cancelable; one that is cancelled already is completed as such.
 * Context: for IoCsqRemoveIrp, or NULL. Returns the insert routine's status. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-iocsqinsertirpex */
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    NTSTATUS status;
    KIRQL irql;

    Irp->Tail.Overlay.DriverContext[3] = Context != NULL ? (PVOID)Context : (PVOID)Csq;
    if (Context != NULL)
        *Context = (IO_CSQ_IRP_CONTEXT){ IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq };
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &irql);
    status = call_insert(Csq, Irp, InsertContext);
    if (!NT_SUCCESS(status)) {
        Csq->CsqReleaseLock(Csq, irql);
        return status;
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, cancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        Csq->CsqRemoveIrp(Csq, Irp);
        if (Context != NULL)
            Context->Irp = NULL;
        Csq->CsqReleaseLock(Csq, irql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return status;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return status;
}

/* docs: wdm/nf-wdm-iocsqinsertirp */
VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

static void forget(PIRP irp, PIO_CSQ csq)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];

    if ((PVOID)context != (PVOID)csq && context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        context->Irp = NULL;
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

/* Takes the next IRP that PeekContext matches out of the queue; it is no longer cancelable. NULL: there is none.
 * IRQL <= DISPATCH. docs: wdm/nf-wdm-iocsqremovenextirp */
PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    PIRP irp;
    KIRQL irql;

    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &irql);
    for (irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext); irp != NULL;
         irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext)) {
        if (IoSetCancelRoutine(irp, NULL) == NULL)
            continue;
        Csq->CsqRemoveIrp(Csq, irp);
        forget(irp, Csq);
        break;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

/* Takes the IRP of this context out; NULL when it has left the queue. IRQL <= DISPATCH. docs: wdm/nf-wdm-iocsqremoveirp */
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    PIRP irp;
    KIRQL irql;

    Csq->CsqAcquireLock(Csq, &irql);
    irp = Context->Irp;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) != NULL) {
        Csq->CsqRemoveIrp(Csq, irp);
        forget(irp, Csq);
    } else {
        irp = NULL;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
