/* Cancelling received requests.
 *
 * The I/O manager calls a cancel routine with the cancel spin lock held, after it has taken the routine out of the IRP: whoever
 * finds it gone (IoSetCancelRoutine answers NULL) knows that the cancel routine runs or will run, and leaves the request to it.
 * docs: wdf/canceling-i-o-requests */
#include "wdf/request.h"

#define REQUEST_OF(irp) ((irp)->Tail.Overlay.DriverContext[0])

/* --- waiting in a queue ------------------------------------------------------------------------------------------------- */

static VOID NTAPI cancel_waiting(PDEVICE_OBJECT device, PIRP irp)
{
    struct wdf_request *request = REQUEST_OF(irp);
    struct wdf_queue *queue = request->queue;

    if (request->node.next != &request->node) {
        list_remove(&request->node);
        queue->waiting_count--;
    }
    wdf_reference(queue);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    wdf_request_cancel_waiting(request, queue);
    wdf_dereference(queue);
}

bool wdf_request_watch(struct wdf_request *request)
{
    PIRP irp = request->irp;

    REQUEST_OF(irp) = request;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel_waiting);
    return !irp->Cancel || IoSetCancelRoutine(irp, NULL) == NULL;
}

bool wdf_request_unwatch(struct wdf_request *request)
{
    return IoSetCancelRoutine(request->irp, NULL) != NULL;
}

struct told {
    struct wdf_queue *queue;
    struct wdf_request *request;
    WORK_QUEUE_ITEM work;
};

static void tell_canceled(struct wdf_queue *queue, struct wdf_request *request)
{
    bool locked = wdf_lock_enter(queue->callback_lock);

    WDF_CALL(queue->config.EvtIoCanceledOnQueue, (WDFQUEUE)queue, (WDFREQUEST)request);
    wdf_lock_leave(queue->callback_lock, locked);
    wdf_dereference(queue);
}

static VOID NTAPI tell_from_worker(PVOID context)
{
    struct told *told = context;

    tell_canceled(told->queue, told->request);
    wdf_free(told);
}

/* The driver has it again while it is told. */
static void give_to_driver(struct wdf_request *request, struct wdf_queue *queue)
{
    struct told *told = NULL;

    request->state = REQUEST_OWNED;
    list_push_back(&queue->owned, &request->node);
    queue->owned_count++;
    wdf_reference(queue);
    if (wdf_runs_passive(&queue->object) && ke_irql() > PASSIVE_LEVEL)
        told = wdf_alloc(queue->object.client, NonPagedPoolNx, sizeof *told, NULL);
    if (!told) {
        tell_canceled(queue, request);
        return;
    }
    told->queue = queue;
    told->request = request;
    ExInitializeWorkItem(&told->work, tell_from_worker, told);
    ExQueueWorkItem(&told->work, DelayedWorkQueue);
}

void wdf_request_cancel_waiting(struct wdf_request *request, struct wdf_queue *queue)
{
    if (request->was_presented && queue->config.EvtIoCanceledOnQueue) {
        give_to_driver(request, queue);
        return;
    }
    request->irp->IoStatus.Information = 0;
    request->state = REQUEST_NEW;
    wdf_reference(queue);
    wdf_request_complete(request, STATUS_CANCELLED, IO_NO_INCREMENT);
    wdf_queue_changed(queue);
    wdf_dereference(queue);
}

/* --- with the driver ------------------------------------------------------------------------------------------------------ */

static void call_cancel(struct wdf_request *request)
{
    PFN_WDF_REQUEST_CANCEL cancel = request->cancel;
    struct wdf_lock *lock = request->queue ? request->queue->callback_lock : NULL;
    struct wdf_queue *queue = request->queue;

    if (queue)
        wdf_reference(queue);
    bool locked = wdf_lock_enter(lock);
    WDF_CALL(cancel, (WDFREQUEST)request);
    wdf_lock_leave(lock, locked);
    if (queue)
        wdf_dereference(queue);
    wdf_dereference(request);
}

struct late_cancel {
    struct wdf_request *request;
    WORK_QUEUE_ITEM work;
};

static VOID NTAPI cancel_from_worker(PVOID context)
{
    struct late_cancel *late = context;

    call_cancel(late->request);
    wdf_free(late);
}

/* EvtRequestCancel, at the level of the queue's callbacks. Takes over a reference on the request. */
static void run_cancel(struct wdf_request *request)
{
    struct late_cancel *late = NULL;

    if (request->queue && wdf_runs_passive(&request->queue->object) && ke_irql() > PASSIVE_LEVEL)
        late = wdf_alloc(request->object.client, NonPagedPoolNx, sizeof *late, NULL);
    if (!late) {
        call_cancel(request);
        return;
    }
    late->request = request;
    ExInitializeWorkItem(&late->work, cancel_from_worker, late);
    ExQueueWorkItem(&late->work, DelayedWorkQueue);
}

static VOID NTAPI cancel_owned(PDEVICE_OBJECT device, PIRP irp)
{
    struct wdf_request *request = REQUEST_OF(irp);

    request->cancelled = true;
    wdf_reference(request);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    run_cancel(request);
}

void wdf_request_cancel_owned(struct wdf_request *request)
{
    if (IoSetCancelRoutine(request->irp, NULL) == NULL) {
        request->cancelled = true;      /* its cancel routine is on the way */
        return;
    }
    request->cancelled = true;
    wdf_reference(request);
    run_cancel(request);
}

/* STATUS_CANCELLED: cancelled before; nothing is marked. */
static NTSTATUS mark(struct wdf_request *request, PFN_WDF_REQUEST_CANCEL cancel)
{
    PIRP irp = request->irp;

    if (!irp || request->state != REQUEST_OWNED || request->cancel)
        return STATUS_INVALID_DEVICE_REQUEST;
    request->cancel = cancel;
    request->cancelled = false;
    REQUEST_OF(irp) = request;
    IoSetCancelRoutine(irp, cancel_owned);
    if (!irp->Cancel || IoSetCancelRoutine(irp, NULL) == NULL)
        return STATUS_SUCCESS;
    request->cancel = NULL;
    return STATUS_CANCELLED;
}

/* Lets the request be cancelled: EvtRequestCancel is called when it is, at once when it has been already. A request that the
 * driver does not have, or that is cancelable, stops the system. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestmarkcancelable */
VOID NTAPI WdfRequestMarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need((const void *)EvtRequestCancel, caller);
    NTSTATUS status = mark(request, EvtRequestCancel);
    if (status == STATUS_CANCELLED) {
        request->cancel = EvtRequestCancel;
        request->cancelled = true;
        wdf_reference(request);
        run_cancel(request);
    } else if (!NT_SUCCESS(status)) {
        static WDF_QUEUE_FATAL_ERROR_DATA data;
        data = (WDF_QUEUE_FATAL_ERROR_DATA){ (WDFQUEUE)request->queue, Request, status };
        wdf_violation(WDF_QUEUE_FATAL_ERROR, (ULONG_PTR)&data, 0, "WdfRequestMarkCancelable: the driver does not have the "
                      "request, or it is cancelable already");
    }
}

/* The same; a request that was cancelled already is STATUS_CANCELLED, and EvtRequestCancel is not called.
 * STATUS_INVALID_DEVICE_REQUEST. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestmarkcancelableex */
NTSTATUS NTAPI WdfRequestMarkCancelableEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                          PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need((const void *)EvtRequestCancel, caller);
    return mark(request, EvtRequestCancel);
}

/* It can no longer be cancelled. STATUS_CANCELLED: EvtRequestCancel has been or will be called, and completes the request.
 * STATUS_INVALID_PARAMETER: it was not cancelable; STATUS_INVALID_DEVICE_REQUEST. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestunmarkcancelable */
NTSTATUS NTAPI WdfRequestUnmarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    if (!request->irp || request->state != REQUEST_OWNED)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!request->cancel)
        return STATUS_INVALID_PARAMETER;
    if (request->cancelled || IoSetCancelRoutine(request->irp, NULL) == NULL)
        return STATUS_CANCELLED;
    request->cancel = NULL;
    return STATUS_SUCCESS;
}

/* For a request that is not cancelable: has somebody tried? <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestiscanceled */
BOOLEAN NTAPI WdfRequestIsCanceled(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    return request->irp && request->irp->Cancel;
}
