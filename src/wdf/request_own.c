/* Requests that a driver makes, and what it does to any request before it is sent.
 * docs: wdf/creating-framework-request-objects, wdf/reusing-framework-request-objects */
#include "wdf/memory.h"
#include "wdf/request.h"
#include "wdf/target.h"

NTSTATUS wdf_request_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, const void *caller,
                         struct wdf_request **result)
{
    struct wdf_create create = { .type = &wdf_request_type, .client = client, .attributes = attributes, .caller = caller };
    struct wdf_request *request;
    NTSTATUS status = wdf_object_create(&create, &request);

    if (!NT_SUCCESS(status))
        return status;
    request->made_by_driver = true;
    list_init(&request->node);
    list_init(&request->sent_node);
    *result = request;
    return STATUS_SUCCESS;
}

/* Makes a request; with IoTarget it fits that target. It is deleted by the driver, never completed. <= DISPATCH_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE (the target is closed), errors of wdf_object_create.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestcreate */
NTSTATUS NTAPI WdfRequestCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, WDFIOTARGET IoTarget,
                                WDFREQUEST *Request)
{
    const void *caller = WDF_CALLER();
    struct wdf_target *target = IoTarget ? wdf_target_check(IoTarget, caller) : NULL;
    struct wdf_request *request;

    wdf_need(Request, caller);
    *Request = NULL;
    NTSTATUS status = wdf_request_new(wdf_client_of(DriverGlobals), RequestAttributes, caller, &request);
    if (NT_SUCCESS(status) && target) {
        status = wdf_request_fit(request, target->wdm, caller);
        if (!NT_SUCCESS(status))
            wdf_object_discard(request);
    }
    if (NT_SUCCESS(status))
        *Request = (WDFREQUEST)request;
    return status;
}

/* A request over an IRP of the driver's; RequestFreesIrp: it is freed with the request. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestcreatefromirp */
NTSTATUS NTAPI WdfRequestCreateFromIrp(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, PIRP Irp,
                                       BOOLEAN RequestFreesIrp, WDFREQUEST *Request)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request;

    wdf_need(Irp, caller);
    wdf_need(Request, caller);
    *Request = NULL;
    NTSTATUS status = wdf_request_new(wdf_client_of(DriverGlobals), RequestAttributes, caller, &request);
    if (!NT_SUCCESS(status))
        return status;
    request->irp = Irp;
    request->free_irp = true;
    request->own_irp = RequestFreesIrp;
    *Request = (WDFREQUEST)request;
    return STATUS_SUCCESS;
}

/* Ready to be formatted again. STATUS_WDF_REQUEST_INVALID_STATE: a new IRP for a request that is not from
 * WdfRequestCreateFromIrp, or a target has it. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestreuse */
NTSTATUS NTAPI WdfRequestReuse(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PWDF_REQUEST_REUSE_PARAMS ReuseParams)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need(ReuseParams, caller);
    if (ReuseParams->Size != sizeof *ReuseParams)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (request->state == REQUEST_SENT)
        return STATUS_WDF_REQUEST_INVALID_STATE;
    if (ReuseParams->Flags & WDF_REQUEST_REUSE_SET_NEW_IRP) {
        if (!request->free_irp)
            return STATUS_WDF_REQUEST_INVALID_STATE;
        wdf_request_reset_format(request);
        if (request->irp && request->own_irp && request->irp != ReuseParams->NewIrp)
            IoFreeIrp(request->irp);
        request->irp = ReuseParams->NewIrp;
    } else {
        wdf_request_reset_format(request);
    }
    if (request->made_by_driver && request->irp)
        IoReuseIrp(request->irp, ReuseParams->Status);
    else if (request->irp)
        request->irp->IoStatus.Status = ReuseParams->Status;
    request->sent_status = ReuseParams->Status;
    request->completion = NULL;
    request->timed_out = false;
    return STATUS_SUCCESS;
}

/* Can the request be sent to this target? STATUS_REQUEST_NOT_ACCEPTED: its IRP has too few stack locations.
 * <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestchangetarget */
NTSTATUS NTAPI WdfRequestChangeTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFIOTARGET IoTarget)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);
    struct wdf_target *target = wdf_target_check(IoTarget, caller);

    return wdf_request_fit(request, target->wdm, caller);
}

static struct wdf_request *formattable(WDFREQUEST handle, const void *caller)
{
    struct wdf_request *request = wdf_request_check(handle, caller);

    if (!request->irp)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP, (ULONG_PTR)handle,
                      "a request without an IRP was formatted");
    if (request->irp->CurrentLocation <= 1)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NO_MORE_STACK_LOCATIONS, (ULONG_PTR)request->irp,
                      "a request whose IRP has no stack location left was formatted");
    return request;
}

/* The target will see the request as the driver does. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestformatrequestusingcurrenttype */
VOID NTAPI WdfRequestFormatRequestUsingCurrentType(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = formattable(Request, WDF_CALLER());

    wdf_request_reset_format(request);
    IoCopyCurrentIrpStackLocationToNext(request->irp);
    memset(&request->params, 0, sizeof request->params);
    request->params.Type = WdfRequestTypeNoFormat;
    request->formatted = true;
    request->saved = true;
    request->saved_system = request->irp->AssociatedIrp.SystemBuffer;
    request->saved_mdl = request->irp->MdlAddress;
    request->saved_user = request->irp->UserBuffer;
}

/* The target will see this stack location. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestwdmformatusingstacklocation */
VOID NTAPI WdfRequestWdmFormatUsingStackLocation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PIO_STACK_LOCATION Stack)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = formattable(Request, caller);

    wdf_need(Stack, caller);
    wdf_request_reset_format(request);
    *IoGetNextIrpStackLocation(request->irp) = *Stack;
    memset(&request->params, 0, sizeof request->params);
    request->params.Type = WdfRequestTypeNoFormat;
    request->formatted = true;
    request->saved = true;
    request->saved_system = request->irp->AssociatedIrp.SystemBuffer;
    request->saved_mdl = request->irp->MdlAddress;
    request->saved_user = request->irp->UserBuffer;
}

/* Called once when the request has come back; NULL takes it away. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestsetcompletionroutine */
VOID NTAPI WdfRequestSetCompletionRoutine(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                          PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine, WDFCONTEXT CompletionContext)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    request->completion = CompletionRoutine;
    request->completion_context = CompletionContext;
}

/* How the request came back. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetcompletionparams */
VOID NTAPI WdfRequestGetCompletionParams(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PWDF_REQUEST_COMPLETION_PARAMS Params)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need(Params, caller);
    ULONG size = Params->Size;
    memcpy(Params, &request->params, sizeof *Params);
    Params->Size = size;
}

/* A time-out needs no memory here. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestallocatetimer */
NTSTATUS NTAPI WdfRequestAllocateTimer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    wdf_request_check(Request, WDF_CALLER());
    return STATUS_SUCCESS;
}
