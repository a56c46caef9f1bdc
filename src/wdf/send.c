/* Sending requests to targets, and their coming back. docs: wdf/sending-i-o-requests-asynchronously */
#include "wdf/memory.h"
#include "wdf/request.h"
#include "wdf/target.h"

/* --- coming back ------------------------------------------------------------------------------------------------------------ */

static void came_back(struct wdf_request *request)
{
    struct wdf_target *target = request->target;

    list_remove(&request->sent_node);
    if (request->timer_set) {
        KeCancelTimer(&request->timer);
        KeRemoveQueueDpc(&request->timer_dpc);
        request->timer_set = false;
    }
    request->state = request->made_by_driver ? REQUEST_NEW : REQUEST_OWNED;
    request->sent_status = request->params.IoStatus.Status;
    wdf_request_after_send(request);
    KeSetEvent(&target->quiet, IO_NO_INCREMENT, FALSE);
    if (request->synchronous) {
        KeSetEvent(&request->done, IO_NO_INCREMENT, FALSE);
    } else if (request->completion) {
        PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = request->completion;
        request->completion = NULL;
        WDF_CALL(routine, (WDFREQUEST)request, (WDFIOTARGET)target, &request->params, request->completion_context);
    }
    wdf_dereference(request);
    wdf_dereference(target);
}

static NTSTATUS NTAPI sent_done(PDEVICE_OBJECT wdm, PIRP irp, PVOID context)
{
    struct wdf_request *request = context;

    request->params.IoStatus = irp->IoStatus;
    if (request->timed_out && irp->IoStatus.Status == STATUS_CANCELLED)
        request->params.IoStatus.Status = STATUS_IO_TIMEOUT;
    came_back(request);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void never_sent(struct wdf_request *request, NTSTATUS status)
{
    request->params.IoStatus.Status = status;
    request->params.IoStatus.Information = 0;
    came_back(request);
}

/* --- time-outs ---------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI timed_out(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct wdf_request *request = context;

    if (request->state != REQUEST_SENT)
        return;
    request->timed_out = true;
    IoCancelIrp(request->irp);
}

static void set_timer(struct wdf_request *request, LONGLONG timeout)
{
    LARGE_INTEGER due = { .QuadPart = timeout };

    KeInitializeTimer(&request->timer);
    KeInitializeDpc(&request->timer_dpc, timed_out, request);
    request->timer_set = true;
    KeSetTimer(&request->timer, due, &request->timer_dpc);
}

/* --- sending ------------------------------------------------------------------------------------------------------------------ */

static void call_target(struct wdf_request *request, struct wdf_target *target)
{
    list_push_back(&target->sent, &request->sent_node);
    IoSetCompletionRoutine(request->irp, sent_done, request, TRUE, TRUE, TRUE);
    IofCallDriver(target->wdm, request->irp);
}

static NTSTATUS may_send(const struct wdf_request *request, const struct wdf_target *target, ULONG flags)
{
    if (!request->irp)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!target->wdm)
        return STATUS_INVALID_DEVICE_STATE;
    if (request->irp->CurrentLocation - 1 < target->wdm->StackSize)
        return STATUS_REQUEST_NOT_ACCEPTED;
    if (flags & (WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE | WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET))
        return STATUS_SUCCESS;
    return target->state == WdfIoTargetStarted || target->state == WdfIoTargetStopped ? STATUS_SUCCESS :
                                                                                       STATUS_INVALID_DEVICE_STATE;
}

static NTSTATUS send_and_forget(struct wdf_request *request, struct wdf_target *target)
{
    PIRP irp = request->irp;
    PDEVICE_OBJECT wdm = target->wdm;
    bool formatted = request->formatted;

    if (request->made_by_driver || target->open.Type == WdfIoTargetOpenByName)
        return STATUS_INVALID_PARAMETER;
    wdf_request_forget(request);
    if (!formatted)
        IoSkipCurrentIrpStackLocation(irp);
    IofCallDriver(wdm, irp);
    return STATUS_SUCCESS;
}

NTSTATUS wdf_request_send(struct wdf_request *request, struct wdf_target *target, ULONG flags, LONGLONG timeout)
{
    NTSTATUS status = may_send(request, target, flags);

    if (request->state == REQUEST_SENT)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT, (ULONG_PTR)request,
                      "WdfRequestSend: an I/O target has the request already");
    if (NT_SUCCESS(status) && (flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET))
        return send_and_forget(request, target);
    request->sent_status = status;
    if (!NT_SUCCESS(status))
        return status;
    request->state = REQUEST_SENT;
    request->target = target;
    request->synchronous = (flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS) != 0;
    request->timed_out = false;
    wdf_reference(request);
    wdf_reference(target);
    if (request->synchronous) {
        KeInitializeEvent(&request->done, NotificationEvent, FALSE);
        wdf_reference(request);
    }
    if ((flags & WDF_REQUEST_SEND_OPTION_TIMEOUT) && timeout)
        set_timer(request, timeout);
    if (target->state == WdfIoTargetStopped && !(flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE))
        list_push_back(&target->waiting, &request->sent_node);
    else
        call_target(request, target);
    if ((flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS) != 0) {
        KeWaitForSingleObject(&request->done, Executive, KernelMode, FALSE, NULL);
        status = request->sent_status;
        wdf_dereference(request);
        return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
    }
    return STATUS_SUCCESS;
}

/* Sends a formatted request (or a received one as it is, with SEND_AND_FORGET). Options may be NULL. FALSE: it was not sent,
 * WdfRequestGetStatus says why. A request that a target has stops the system. <= DISPATCH_LEVEL, PASSIVE_LEVEL to send
 * synchronously. docs: wdfrequest/nf-wdfrequest-wdfrequestsend */
BOOLEAN NTAPI WdfRequestSend(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFIOTARGET Target,
                             PWDF_REQUEST_SEND_OPTIONS Options)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);
    struct wdf_target *target = wdf_target_check(Target, caller);
    ULONG flags = Options ? Options->Flags : 0;

    if (Options && Options->Size != sizeof *Options) {
        request->sent_status = STATUS_INFO_LENGTH_MISMATCH;
        return FALSE;
    }
    NTSTATUS status = wdf_request_send(request, target, flags, Options ? Options->Timeout : 0);
    return NT_SUCCESS(status) || (flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS && request->params.IoStatus.Status == status);
}

/* Tries to cancel a request that is out: its completion routine is called all the same. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestcancelsentrequest */
BOOLEAN NTAPI WdfRequestCancelSentRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    if (request->state != REQUEST_SENT)
        return FALSE;
    list_each(it, &request->target->waiting) {
        if (it == &request->sent_node) {
            never_sent(request, STATUS_CANCELLED);
            return TRUE;
        }
    }
    return IoCancelIrp(request->irp);
}

/* --- a target's requests -------------------------------------------------------------------------------------------------------- */

void wdf_target_send_waiting(struct wdf_target *target)
{
    struct list *node;

    while (target->state == WdfIoTargetStarted && (node = list_pop_front(&target->waiting)) != NULL)
        call_target(container_of(node, struct wdf_request, sent_node), target);
}

void wdf_target_cancel_waiting(struct wdf_target *target)
{
    struct list *node;

    while ((node = list_pop_front(&target->waiting)) != NULL)
        never_sent(container_of(node, struct wdf_request, sent_node), STATUS_CANCELLED);
}

/* A request that a cancel completes leaves the list, and a callback may do anything: each round looks for one not yet tried. */
void wdf_target_cancel_sent(struct wdf_target *target)
{
    for (bool more = true; more;) {
        more = false;
        list_each(it, &target->sent) {
            struct wdf_request *request = container_of(it, struct wdf_request, sent_node);
            if (request->irp->Cancel)
                continue;
            wdf_reference(request);
            IoCancelIrp(request->irp);
            wdf_dereference(request);
            more = true;
            break;
        }
    }
}

void wdf_target_wait_sent(struct wdf_target *target)
{
    while (ke_irql() == PASSIVE_LEVEL && !list_empty(&target->sent))
        KeWaitForSingleObject(&target->quiet, Executive, KernelMode, FALSE, NULL);
}

/* --- synchronously -------------------------------------------------------------------------------------------------------------- */

static NTSTATUS send_sync(WDFIOTARGET target_handle, WDFREQUEST handle, struct wdf_format *f, PWDF_REQUEST_SEND_OPTIONS options,
                          PULONG_PTR bytes, const void *caller)
{
    struct wdf_target *target = wdf_target_check(target_handle, caller);
    struct wdf_request *request = handle ? wdf_request_check(handle, caller) : NULL;
    ULONG flags = (options ? options->Flags : 0) | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS;
    NTSTATUS status = STATUS_SUCCESS;

    if (options && options->Size != sizeof *options)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (bytes)
        *bytes = 0;
    if (!request)
        status = wdf_request_new(target->object.client, NULL, caller, &request);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_request_format(request, target, f, caller);
    if (NT_SUCCESS(status))
        status = wdf_request_send(request, target, flags, options ? options->Timeout : 0);
    if (NT_SUCCESS(status))
        status = request->params.IoStatus.Status;
    if (bytes && NT_SUCCESS(status))
        *bytes = request->params.IoStatus.Information;
    if (!handle)
        wdf_object_delete(request);
    return status;
}

static NTSTATUS transfer_sync(WDFIOTARGET target, WDFREQUEST request, UCHAR major, PWDF_MEMORY_DESCRIPTOR buffer, PLONGLONG offset,
                              PWDF_REQUEST_SEND_OPTIONS options, PULONG_PTR bytes, const void *caller)
{
    struct wdf_format f = { .major = major, .offset = offset ? *offset : 0 };
    NTSTATUS status = wdf_span_of_descriptor(buffer, caller, major == IRP_MJ_READ ? &f.out : &f.in);

    return NT_SUCCESS(status) ? send_sync(target, request, &f, options, bytes, caller) : status;
}

/* Reads and waits. Request NULL: one of the framework's own. DeviceOffset, RequestOptions, BytesRead may be NULL.
 * PASSIVE_LEVEL. STATUS_IO_TIMEOUT, errors of wdf_request_format, and what the target answers.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetsendreadsynchronously */
NTSTATUS NTAPI WdfIoTargetSendReadSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                PWDF_MEMORY_DESCRIPTOR OutputBuffer, PLONGLONG DeviceOffset,
                                                PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesRead)
{
    return transfer_sync(IoTarget, Request, IRP_MJ_READ, OutputBuffer, DeviceOffset, RequestOptions, BytesRead, WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetsendwritesynchronously */
NTSTATUS NTAPI WdfIoTargetSendWriteSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                 PWDF_MEMORY_DESCRIPTOR InputBuffer, PLONGLONG DeviceOffset,
                                                 PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesWritten)
{
    return transfer_sync(IoTarget, Request, IRP_MJ_WRITE, InputBuffer, DeviceOffset, RequestOptions, BytesWritten, WDF_CALLER());
}

static NTSTATUS control_sync(WDFIOTARGET target, WDFREQUEST request, UCHAR major, ULONG code, PWDF_MEMORY_DESCRIPTOR in,
                             PWDF_MEMORY_DESCRIPTOR out, PWDF_REQUEST_SEND_OPTIONS options, PULONG_PTR bytes, const void *caller)
{
    struct wdf_format f = { .major = major, .code = code };
    NTSTATUS status = wdf_span_of_descriptor(in, caller, &f.in);

    if (NT_SUCCESS(status))
        status = wdf_span_of_descriptor(out, caller, &f.out);
    return NT_SUCCESS(status) ? send_sync(target, request, &f, options, bytes, caller) : status;
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetsendioctlsynchronously */
NTSTATUS NTAPI WdfIoTargetSendIoctlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                 ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                 PWDF_MEMORY_DESCRIPTOR OutputBuffer, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
                                                 PULONG_PTR BytesReturned)
{
    return control_sync(IoTarget, Request, IRP_MJ_DEVICE_CONTROL, IoctlCode, InputBuffer, OutputBuffer, RequestOptions,
                        BytesReturned, WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetsendinternalioctlsynchronously */
NTSTATUS NTAPI WdfIoTargetSendInternalIoctlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                         WDFREQUEST Request, ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                         PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                                         PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned)
{
    return control_sync(IoTarget, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL, IoctlCode, InputBuffer, OutputBuffer, RequestOptions,
                        BytesReturned, WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetsendinternalioctlotherssynchronously */
NTSTATUS NTAPI WdfIoTargetSendInternalIoctlOthersSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                               WDFREQUEST Request, ULONG IoctlCode,
                                                               PWDF_MEMORY_DESCRIPTOR OtherArg1,
                                                               PWDF_MEMORY_DESCRIPTOR OtherArg2,
                                                               PWDF_MEMORY_DESCRIPTOR OtherArg4,
                                                               PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned)
{
    const void *caller = WDF_CALLER();
    PWDF_MEMORY_DESCRIPTOR arguments[3] = { OtherArg1, OtherArg2, OtherArg4 };
    struct wdf_format f = { .major = IRP_MJ_INTERNAL_DEVICE_CONTROL, .code = IoctlCode, .has_others = true };

    for (unsigned i = 0; i < 3; i++) {
        struct wdf_span span;
        NTSTATUS status = wdf_span_of_descriptor(arguments[i], caller, &span);
        if (!NT_SUCCESS(status))
            return status;
        f.argument[i] = span.address;
    }
    return send_sync(IoTarget, Request, &f, RequestOptions, BytesReturned, caller);
}
