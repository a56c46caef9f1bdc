/* Sending IRPs down and completing them up.
 *
 * Completion walks from the location of the driver that completes towards the top. Invariants of the walk:
 * 1. CurrentLocation has already moved up when a completion routine runs, so that "current" is the location of the
 *    driver that set the routine. That routine stands in the location below its own.
 * 2. PendingReturned tells a routine whether the driver below marked the IRP pending. Where no routine runs, the mark is
 *    carried up by the I/O manager.
 * 3. STATUS_MORE_PROCESSING_REQUIRED stops the walk at once: nothing of the IRP is touched after that.
 * 4. A finished IRP has CurrentLocation == StackCount + 2; a second completion is thereby seen.
 * 5. An IRP that belongs to a thread ends in that thread, at APC_LEVEL or below, as an errand whose memory is DriverContext. One
 *    whose driver never pended it ends before IoCallDriver returns; a thread that has ended is not waited for. */
#include "nt/io_file.h"
#include "nt/ke_apc.h"

static KSPIN_LOCK vpb_lock;

void io_dispatch_irql_changed(const void *routine, KIRQL before, const char *what)
{
    NT_EMIT(NT_EVENT_CALLBACK_IRQL, what, routine, (uint64_t)before << 8 | ke_irql(), ((struct pe_caller){ 0 }));
}

/* Gives the IRP to the driver of DeviceObject, in the next stack location, and returns what its dispatch routine
 * returns. The IRP is no longer the caller's. Stops with NO_MORE_IRP_STACK_LOCATIONS when there is none left.
 * IRQL <= DISPATCH. docs: wdm/nf-wdm-iofcalldriver */
NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack;
    PDRIVER_DISPATCH dispatch;
    KIRQL irql = ke_irql();
    NTSTATUS status;

    if (unlikely(Irp->Type != IO_TYPE_IRP))
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 3, (ULONG_PTR)Irp, 0, 0);
    if (unlikely(DeviceObject == NULL || DeviceObject->Type != IO_TYPE_DEVICE))
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 4, (ULONG_PTR)DeviceObject, 0, 0);
    if (unlikely(Irp->CurrentLocation <= 1))
        KeBugCheckEx(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)Irp, 0, 0, 0);
    IoSetNextIrpStackLocation(Irp);
    stack = IoGetCurrentIrpStackLocation(Irp);
    stack->DeviceObject = DeviceObject;
    dispatch = DeviceObject->DriverObject->MajorFunction[stack->MajorFunction];
    ke_trace("IoCallDriver irp %llx major %llx", (uint64_t)(uintptr_t)Irp, stack->MajorFunction);
    if (nt_event_mask & (1u << NT_EVENT_MISUSE)) {
        io_check_send(DeviceObject, Irp, PE_CALLER());
        status = io_checked_dispatch(dispatch, DeviceObject, Irp);
    } else {
        status = dispatch(DeviceObject, Irp);
    }
    if (unlikely(irql != ke_irql()))
        io_dispatch_irql_changed((const void *)dispatch, irql, "dispatch routine");
    return status;
}

static bool wants(const IRP *irp, UCHAR control)
{
    NTSTATUS status = irp->IoStatus.Status;

    return (NT_SUCCESS(status) && (control & SL_INVOKE_ON_SUCCESS)) ||
           (!NT_SUCCESS(status) && (control & SL_INVOKE_ON_ERROR)) || (irp->Cancel && (control & SL_INVOKE_ON_CANCEL));
}

static void clear_location(PIO_STACK_LOCATION stack)
{
    stack->MinorFunction = 0;
    stack->Flags = 0;
    stack->Control &= SL_ERROR_RETURNED;
    memset(&stack->Parameters, 0, sizeof(stack->Parameters));
    stack->FileObject = NULL;
}

/* The system buffer back to where the requester wanted the data. */
static void copy_result(PIRP irp)
{
    size_t size = irp->IoStatus.Information, room;

    if ((irp->Flags & (IRP_BUFFERED_IO | IRP_INPUT_OPERATION)) != (IRP_BUFFERED_IO | IRP_INPUT_OPERATION) ||
        NT_ERROR(irp->IoStatus.Status) || irp->AssociatedIrp.SystemBuffer == NULL || irp->UserBuffer == NULL)
        return;
    room = pool_size(irp->AssociatedIrp.SystemBuffer);
    if (size > room) {
        NT_EMIT(NT_EVENT_MISUSE, "IoStatus.Information is larger than the system buffer of the completed IRP", irp, size,
                ((struct pe_caller){ 0 }));
        size = room;
    }
    memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, size);
}

static void finish_associated(PIRP irp, CCHAR boost)
{
    PIRP master = irp->AssociatedIrp.MasterIrp;
    LONG left = --master->AssociatedIrp.IrpCount;

    for (PMDL mdl = irp->MdlAddress, next; mdl != NULL; mdl = next) {
        next = mdl->Next;
        IoFreeMdl(mdl);
    }
    IoFreeIrp(irp);
    if (left == 0)
        IofCompleteRequest(master, boost);
}

/* A file's IRP holds references on the file and (AuxiliaryBuffer) on the event object it signals; IrpExtension is the variable of
 * who may want to cancel it. */
static void give_back(PIRP irp, CCHAR boost)
{
    PKEVENT event = irp->UserEvent;
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;
    void *event_object = irp->Tail.Overlay.AuxiliaryBuffer;
    struct io_apc *apc = irp->AllocationFlags & IO_IRP_HAS_APC ? irp->Overlay.AsynchronousParameters.UserApcContext : NULL;
    PIO_STATUS_BLOCK iosb = irp->UserIosb;
    NTSTATUS status = irp->IoStatus.Status;
    bool pended = irp->PendingReturned;

    if (irp->Tail.Overlay.IrpExtension != NULL)
        *(PIRP *)irp->Tail.Overlay.IrpExtension = NULL;
    copy_result(irp);
    io_release_buffers(irp);
    if (irp->UserIosb != NULL)
        *irp->UserIosb = irp->IoStatus;
    if (file != NULL)
        file->FinalStatus = status;
    io_unthread_irp(irp);
    IoFreeIrp(irp);
    if (event != NULL)
        KeSetEvent(event, boost, FALSE);
    if (event_object != NULL)
        ob_dereference(event_object);
    if (file != NULL) {
        KeSetEvent(&file->Event, boost, FALSE);
        ob_dereference(file);
    }
    io_apc_done(apc, iosb, pended || !NT_ERROR(status));
}

struct ending {
    struct ke_errand errand;
    CCHAR boost;
};
_Static_assert(sizeof(struct ending) <= sizeof((IRP *)0)->Tail.Overlay.DriverContext, "fits");

static void end_in_thread(struct ke_errand *errand)
{
    const struct ending *e = container_of(errand, struct ending, errand);

    give_back(CONTAINING_RECORD(errand, IRP, Tail.Overlay.DriverContext), e->boost);
}

static bool left_to_thread(PIRP irp, CCHAR boost)
{
    struct ending *e = (struct ending *)irp->Tail.Overlay.DriverContext;
    struct thread *thread = (struct thread *)irp->Tail.Overlay.Thread;

    if (thread == NULL || !irp->PendingReturned || (irp->AllocationFlags & IO_IRP_ANYWHERE))
        return false;
    if (irp->UserEvent != NULL && ke_holds_off_waiting(thread, irp->UserEvent)) {
        NT_EMIT(NT_EVENT_MISUSE, "a thread waits for its own request with special kernel APCs disabled (APC_LEVEL or a guarded "
                "region): on Windows the request never ends", irp, 0, ((struct pe_caller){ 0 }));
        return false;
    }
    e->errand.run = end_in_thread;
    e->boost = boost;
    return ke_errand_queue(thread, &e->errand);
}

/* The walk reached the top. */
static void finish(PIRP irp, CCHAR boost)
{
    if (irp->Flags & IRP_ASSOCIATED_IRP) {
        finish_associated(irp, boost);
        return;
    }
    if (!io_irp_is_threaded(irp)) {
        NT_EMIT(NT_EVENT_MISUSE, "an IRP that a driver allocated was completed past its last completion routine, which "
                "must return STATUS_MORE_PROCESSING_REQUIRED and free the IRP", irp, 0, ((struct pe_caller){ 0 }));
        if (irp->UserEvent != NULL)
            KeSetEvent(irp->UserEvent, boost, FALSE);
        return;
    }
    if (left_to_thread(irp, boost))
        ke_settle();
    else
        give_back(irp, boost);
}

static void check_completion(PIRP irp)
{
    if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1)
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0);
    if (irp->CancelRoutine != NULL)
        KeBugCheckEx(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)irp->CancelRoutine, 0, 0);
    if (irp->IoStatus.Status == STATUS_PENDING || (ULONG)irp->IoStatus.Status == 0xffffffff)
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 6, (ULONG)irp->IoStatus.Status, (ULONG_PTR)irp, 0);
}

/* False: the routine keeps the IRP. */
static bool run_completion_routine(PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context)
{
    PDEVICE_OBJECT device = irp->CurrentLocation == irp->StackCount + 1
                                ? NULL
                                : IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    KIRQL irql = ke_irql();
    NTSTATUS status = routine(device, irp, context);

    if (unlikely(irql != ke_irql()))
        io_dispatch_irql_changed((const void *)routine, irql, "completion routine");
    return status != STATUS_MORE_PROCESSING_REQUIRED;
}

/* The caller is done with the IRP: completion routines run from here upwards, then the requester gets IoStatus. The
 * IRP is no longer the caller's. PriorityBoost: for who waits. IRQL <= DISPATCH. Stops with
 * MULTIPLE_IRP_COMPLETE_REQUESTS or CANCEL_STATE_IN_COMPLETED_IRP. docs: wdm/nf-wdm-iofcompleterequest */
VOID NTAPI IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    check_completion(Irp);
    ke_trace("IoCompleteRequest irp %llx status %llx", (uint64_t)(uintptr_t)Irp, (ULONG)Irp->IoStatus.Status);
    while (Irp->CurrentLocation <= Irp->StackCount) {
        PIO_STACK_LOCATION done = IoGetCurrentIrpStackLocation(Irp);
        PIO_COMPLETION_ROUTINE routine = done->CompletionRoutine;
        PVOID context = done->Context;
        bool call = routine != NULL && wants(Irp, done->Control);

        Irp->PendingReturned = (done->Control & SL_PENDING_RETURNED) != 0;
        io_note_completion(Irp, Irp->PendingReturned);
        clear_location(done);
        IoSkipCurrentIrpStackLocation(Irp);
        if (call) {
            if (!run_completion_routine(Irp, routine, context))
                return;
        } else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
            IoMarkIrpPending(Irp);
        }
    }
    IoSkipCurrentIrpStackLocation(Irp);
    finish(Irp, PriorityBoost);
}

static NTSTATUS NTAPI signal_and_keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    if (irp->PendingReturned)
        KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Copies the current location to the next, sends the IRP down and waits. TRUE: the IRP is back with its IoStatus, and
 * again the caller's to complete; FALSE: there was no next location. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-ioforwardirpsynchronously */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT event;

    if (Irp->StackCount <= 1 || Irp->CurrentLocation <= 1)
        return FALSE;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, signal_and_keep, &event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        ke_wait(&event);
    return TRUE;
}

/* A driver answered with another status than STATUS_PENDING, yet keeps the IRP: its late completion must not find the
 * event and status block of a requester that has gone on. */
void io_forsake(PIRP irp, PKEVENT event)
{
    if (KeReadStateEvent(event))
        return;
    irp->UserEvent = NULL;
    irp->UserIosb = NULL;
    irp->Tail.Overlay.IrpExtension = NULL;
    irp->Flags &= ~(ULONG)IRP_INPUT_OPERATION;
}

NTSTATUS io_send(PDEVICE_OBJECT device, const IO_STACK_LOCATION *request, NTSTATUS status, ULONG_PTR *information)
{
    PDEVICE_OBJECT top = io_top_of_stack(device);
    IO_STATUS_BLOCK iosb = { .Status = status };
    PIO_STACK_LOCATION stack;
    KEVENT event;
    PIRP irp;
    NTSTATUS result;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = io_allocate_irp(top->StackSize, NULL);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AllocationFlags |= IO_IRP_ANYWHERE;
    irp->UserEvent = &event;
    irp->UserIosb = &iosb;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information != NULL ? *information : 0;
    irp->Tail.Overlay.Thread = (PETHREAD)(void *)ke_current();
    stack = IoGetNextIrpStackLocation(irp);
    *stack = *request;
    io_thread_irp(irp);
    ob_reference(top);
    result = IofCallDriver(top, irp);
    if (result == STATUS_PENDING)
        ke_wait(&event);
    else
        io_forsake(irp, &event);
    ob_dereference(top);
    if (information != NULL)
        *information = iosb.Information;
    return result == STATUS_PENDING ? iosb.Status : result;
}

/* The spin lock of volume parameter blocks. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-ioacquirevpbspinlock */
VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql)
{
    *Irql = KeAcquireSpinLockRaiseToDpc(&vpb_lock);
}

/* docs: ntifs/nf-ntifs-ioreleasevpbspinlock */
VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&vpb_lock, Irql);
}
