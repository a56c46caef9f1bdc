/* Requests: from IRPs, and their completion. docs: wdf/framework-request-objects */
#include "wdf/request.h"

#include "wdf/memory.h"

struct wdf_request *wdf_request_check(WDFREQUEST handle, const void *caller)
{
    return wdf_check(handle, &wdf_request_type, caller);
}

static void request_destroyed(struct wdf_object *object)
{
    struct wdf_request *request = container_of(object, struct wdf_request, object);

    wdf_request_reset_format(request);
    if (request->own_irp && request->irp)
        IoFreeIrp(request->irp);
}

static void request_dispose(struct wdf_object *object)
{
    struct wdf_request *request = container_of(object, struct wdf_request, object);

    if (request->made_by_driver && request->state == REQUEST_SENT)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT, (ULONG_PTR)request,
                      "a request was deleted while an I/O target has it");
}

const struct wdf_type wdf_request_type = { .name = "WDFREQUEST", .size = sizeof(struct wdf_request),
                                           .dispose = request_dispose, .destroyed = request_destroyed };

static void note_alive(struct wdf_device *device)
{
    if (device->requests++ == 0)
        KeClearEvent(&device->idle);
}

static void note_gone(struct wdf_device *device)
{
    if (--device->requests == 0)
        KeSetEvent(&device->idle, IO_NO_INCREMENT, FALSE);
}

struct wdf_request *wdf_request_create(struct wdf_device *device, PIRP irp, const void *caller)
{
    struct wdf_create create = {
        .type = &wdf_request_type, .client = device->object.client, .parent = &device->object, .caller = caller,
        .attributes = device->settings.has_request_attributes ? &device->settings.request_attributes : NULL,
    };
    struct wdf_request *request;

    if (!NT_SUCCESS(wdf_object_create(&create, &request)))
        return NULL;
    request->device = device;
    request->irp = irp;
    request->object.undeletable = true;
    list_init(&request->node);
    list_init(&request->sent_node);
    note_alive(device);
    return request;
}

void wdf_request_change_device(struct wdf_request *request, struct wdf_device *device)
{
    struct wdf_device *old = request->device;

    note_alive(device);
    request->device = device;
    IoGetCurrentIrpStackLocation(request->irp)->DeviceObject = device->wdm;
    wdf_reference(old);
    wdf_object_move(request, device);
    note_gone(old);
    wdf_dereference(old);
}

/* --- completion ----------------------------------------------------------------------------------------------------------- */

static void check_length(struct wdf_request *request)
{
    static WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH_DATA data;
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(request->irp);
    size_t length = wdf_request_output_length(request);

    if (stack->MajorFunction != IRP_MJ_READ && stack->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return;
    if (!NT_SUCCESS(request->irp->IoStatus.Status) || request->irp->IoStatus.Information <= length ||
        (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && !length))
        return;
    data = (WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH_DATA){
        (WDFREQUEST)request, request->irp, (ULONG)length, request->irp->IoStatus.Information, stack->MajorFunction };
    wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH, (ULONG_PTR)&data,
                  "a request was completed with more bytes than its output buffer has");
}

static void check_references(struct wdf_request *request)
{
    long references = (request->input ? request->input->object.references - 1 : 0) +
                      (request->output ? request->output->object.references - 1 : 0);

    if (references)
        wdf_violation(WDF_VERIFIER_FATAL_ERROR, (ULONG_PTR)request, (ULONG_PTR)references,
                      "a request was completed while its memory objects have references");
}

/* The IRP is no longer cancelable. */
static void stop_watching(struct wdf_request *request)
{
    if (!request->cancel)
        return;
    request->cancel = NULL;
    if (!request->cancelled)
        IoSetCancelRoutine(request->irp, NULL);
}

void wdf_request_forget(struct wdf_request *request)
{
    struct wdf_device *device = request->device;
    struct wdf_queue *queue = request->queue;
    bool owned = request->state == REQUEST_OWNED;

    wdf_reference(device);
    if (queue)
        wdf_reference(queue);
    request->state = REQUEST_COMPLETED;
    if (queue && !owned)
        request->queue = NULL;
    wdf_reference(request);
    if (queue && owned)
        list_remove(&request->node);
    wdf_object_delete(request);
    if (queue && owned)
        wdf_queue_release(queue, request);
    request->irp = NULL;
    wdf_dereference(request);
    note_gone(device);
    if (queue)
        wdf_dereference(queue);
    wdf_dereference(device);
}

void wdf_request_complete(struct wdf_request *request, NTSTATUS status, CCHAR boost)
{
    PIRP irp = request->irp;
    struct wdf_device *device = request->device;
    struct wdf_queue *queue = request->queue;
    bool owned = request->state == REQUEST_OWNED;

    irp->IoStatus.Status = status;
    check_length(request);
    check_references(request);
    stop_watching(request);
    request->state = REQUEST_COMPLETED;
    wdf_reference(device);
    wdf_reference(request);
    if (queue)
        wdf_reference(queue);
    wdf_object_delete(request);         /* EvtCleanupCallback still sees the IRP */
    request->irp = NULL;
    if (queue && owned)
        list_remove(&request->node);
    if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CREATE)
        wdf_file_create_completed(device, IoGetCurrentIrpStackLocation(irp)->FileObject, status);
    IofCompleteRequest(irp, boost);
    if (queue && owned)
        wdf_queue_release(queue, request);
    request->queue = NULL;
    wdf_dereference(request);
    note_gone(device);
    if (queue)
        wdf_dereference(queue);
    wdf_dereference(device);
}

static struct wdf_request *completable(WDFREQUEST handle, const void *caller)
{
    struct wdf_request *request = wdf_request_check(handle, caller);

    if (!request->irp || request->made_by_driver)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP, (ULONG_PTR)handle,
                      "a request was completed that has no IRP to complete, or was completed before");
    if (request->state == REQUEST_SENT)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT, (ULONG_PTR)handle,
                      "a request was completed while an I/O target has it");
    if (request->state != REQUEST_OWNED && request->state != REQUEST_NEW) {
        static WDF_QUEUE_FATAL_ERROR_DATA data;
        data = (WDF_QUEUE_FATAL_ERROR_DATA){ (WDFQUEUE)request->queue, handle, STATUS_INVALID_DEVICE_REQUEST };
        wdf_violation(WDF_QUEUE_FATAL_ERROR, (ULONG_PTR)&data, 0, "a request was completed that the driver does not have");
    }
    return request;
}

/* Completes the request with a status; the bytes are those of WdfRequestSetInformation, else none. The handle is dead.
 * <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestcomplete */
VOID NTAPI WdfRequestComplete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status)
{
    wdf_request_complete(completable(Request, WDF_CALLER()), Status, IO_NO_INCREMENT);
}

/* The same with a boost for the thread that waits. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestcompletewithpriorityboost */
VOID NTAPI WdfRequestCompleteWithPriorityBoost(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status,
                                               CCHAR PriorityBoost)
{
    wdf_request_complete(completable(Request, WDF_CALLER()), Status, PriorityBoost);
}

/* The same with a number of bytes. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestcompletewithinformation */
VOID NTAPI WdfRequestCompleteWithInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status,
                                             ULONG_PTR Information)
{
    struct wdf_request *request = completable(Request, WDF_CALLER());

    request->irp->IoStatus.Information = Information;
    wdf_request_complete(request, Status, IO_NO_INCREMENT);
}

/* --- what is in a request ------------------------------------------------------------------------------------------------- */

static struct wdf_request *with_irp(WDFREQUEST handle, const void *caller)
{
    struct wdf_request *request = wdf_request_check(handle, caller);

    if (!request->irp)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP, (ULONG_PTR)handle, "the request has no IRP");
    return request;
}

/* <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestsetinformation */
VOID NTAPI WdfRequestSetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, ULONG_PTR Information)
{
    with_irp(Request, WDF_CALLER())->irp->IoStatus.Information = Information;
}

/* <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetinformation */
ULONG_PTR NTAPI WdfRequestGetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return with_irp(Request, WDF_CALLER())->irp->IoStatus.Information;
}

/* Of a received request the IRP's status, of one that was sent the result. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestgetstatus */
NTSTATUS NTAPI WdfRequestGetStatus(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    return request->formatted || request->made_by_driver || !request->irp ? request->sent_status : request->irp->IoStatus.Status;
}

static void copy_parameters(WDF_REQUEST_PARAMETERS *p, const IO_STACK_LOCATION *s)
{
    p->Type = (WDF_REQUEST_TYPE)s->MajorFunction;
    p->MinorFunction = s->MinorFunction;
    switch (s->MajorFunction) {
    case IRP_MJ_CREATE:
        p->Parameters.Create.SecurityContext = s->Parameters.Create.SecurityContext;
        p->Parameters.Create.Options = s->Parameters.Create.Options;
        p->Parameters.Create.FileAttributes = s->Parameters.Create.FileAttributes;
        p->Parameters.Create.ShareAccess = s->Parameters.Create.ShareAccess;
        p->Parameters.Create.EaLength = s->Parameters.Create.EaLength;
        break;
    case IRP_MJ_READ:
        p->Parameters.Read.Length = s->Parameters.Read.Length;
        p->Parameters.Read.Key = s->Parameters.Read.Key;
        p->Parameters.Read.DeviceOffset = s->Parameters.Read.ByteOffset.QuadPart;
        break;
    case IRP_MJ_WRITE:
        p->Parameters.Write.Length = s->Parameters.Write.Length;
        p->Parameters.Write.Key = s->Parameters.Write.Key;
        p->Parameters.Write.DeviceOffset = s->Parameters.Write.ByteOffset.QuadPart;
        break;
    case IRP_MJ_DEVICE_CONTROL:
        p->Parameters.DeviceIoControl.OutputBufferLength = s->Parameters.DeviceIoControl.OutputBufferLength;
        p->Parameters.DeviceIoControl.InputBufferLength = s->Parameters.DeviceIoControl.InputBufferLength;
        p->Parameters.DeviceIoControl.IoControlCode = s->Parameters.DeviceIoControl.IoControlCode;
        p->Parameters.DeviceIoControl.Type3InputBuffer = s->Parameters.DeviceIoControl.Type3InputBuffer;
        break;
    default:
        p->Parameters.Others.Arg1 = s->Parameters.Others.Argument1;
        p->Parameters.Others.Arg2 = s->Parameters.Others.Argument2;
        p->Parameters.Others.IoControlCode = s->Parameters.DeviceIoControl.IoControlCode;
        p->Parameters.Others.Arg4 = s->Parameters.Others.Argument4;
        break;
    }
}

/* <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetparameters */
VOID NTAPI WdfRequestGetParameters(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PWDF_REQUEST_PARAMETERS Parameters)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = with_irp(Request, caller);

    wdf_need(Parameters, caller);
    memset((char *)Parameters + sizeof Parameters->Size, 0, sizeof *Parameters - sizeof Parameters->Size);
    copy_parameters(Parameters, IoGetCurrentIrpStackLocation(request->irp));
}

/* Any IRQL. docs: wdfrequest/nf-wdfrequest-wdfrequestwdmgetirp */
PIRP NTAPI WdfRequestWdmGetIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return wdf_request_check(Request, WDF_CALLER())->irp;
}

/* NULL when the device keeps no file objects, or the request has none. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestgetfileobject */
WDFFILEOBJECT NTAPI WdfRequestGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = with_irp(Request, WDF_CALLER());
    PFILE_OBJECT file = request->made_by_driver ? NULL : IoGetCurrentIrpStackLocation(request->irp)->FileObject;

    return file && request->device ? (WDFFILEOBJECT)wdf_file_of(request->device, file) : NULL;
}

/* Any IRQL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetrequestormode */
KPROCESSOR_MODE NTAPI WdfRequestGetRequestorMode(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return with_irp(Request, WDF_CALLER())->irp->RequestorMode;
}

/* <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetrequestorprocessid */
ULONG NTAPI WdfRequestGetRequestorProcessId(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return IoGetRequestorProcessId(with_irp(Request, WDF_CALLER())->irp);
}

/* <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestisfrom32bitprocess */
BOOLEAN NTAPI WdfRequestIsFrom32BitProcess(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return IoIs32bitProcess(with_irp(Request, WDF_CALLER())->irp);
}

/* There are no reserved requests. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestisreserved */
BOOLEAN NTAPI WdfRequestIsReserved(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    wdf_request_check(Request, WDF_CALLER());
    return FALSE;
}
