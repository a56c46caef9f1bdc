/* From IRPs to requests. docs: wdf/dispatching-irps-to-i-o-queues */
#include "wdf/device.h"

#include "wdf/queue.h"
#include "wdf/request.h"
#include "wdf/wmi.h"

NTSTATUS wdf_complete_irp(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS wdf_pass_down(struct wdf_device *device, PIRP irp)
{
    if (!device->next)
        return wdf_complete_irp(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(device->next, irp);
}

NTSTATUS wdf_pass_and_wait(struct wdf_device *device, PIRP irp)
{
    if (!device->next)
        return STATUS_SUCCESS;
    return IoForwardIrpSynchronously(device->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

/* --- read, write, control ----------------------------------------------------------------------------------------------------- */

static NTSTATUS enqueue(struct wdf_device *device, struct wdf_request *request)
{
    PIRP irp = request->irp;
    struct wdf_queue *queue = wdf_queue_for(device, IoGetCurrentIrpStackLocation(irp)->MajorFunction);

    if (queue)
        return wdf_queue_insert(queue, request, false);
    if (device->settings.kind != DEVICE_FILTER || !device->next)
        return STATUS_INVALID_DEVICE_REQUEST;
    wdf_request_forget(request);
    wdf_pass_down(device, irp);
    return STATUS_SUCCESS;
}

/* Without a queue a filter passes on what it does not look at. */
static bool goes_straight_down(const struct wdf_device *device, UCHAR major)
{
    return device->settings.kind == DEVICE_FILTER && device->next && !device->settings.in_caller_context &&
           !wdf_queue_for((struct wdf_device *)device, major);
}

static void into_queue(struct wdf_device *device, struct wdf_queue *queue, struct wdf_request *request)
{
    NTSTATUS status = queue ? wdf_queue_insert(queue, request, false) : enqueue(device, request);

    if (NT_SUCCESS(status))
        return;
    request->irp->IoStatus.Information = 0;
    wdf_request_complete(request, status == STATUS_WDF_BUSY ? STATUS_INVALID_DEVICE_STATE : status, IO_NO_INCREMENT);
}

/* queue NULL: the one that the device has for it. */
static NTSTATUS io(struct wdf_device *device, PIRP irp, struct wdf_queue *queue, bool in_caller_context)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    struct wdf_request *request;

    if (!queue && goes_straight_down(device, major))
        return wdf_pass_down(device, irp);
    if (device->object.state != WDF_ALIVE || device->removed)
        return wdf_complete_irp(irp, STATUS_DELETE_PENDING, 0);
    request = wdf_request_create(device, irp, NULL);
    if (!request)
        return wdf_complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    irp->IoStatus.Information = 0;
    IoMarkIrpPending(irp);
    if (in_caller_context && device->settings.in_caller_context) {
        request->state = REQUEST_OWNED;
        request->in_caller_context = request->was_presented = true;
        WDF_CALL(device->settings.in_caller_context, (WDFDEVICE)device, (WDFREQUEST)request);
    } else {
        into_queue(device, queue, request);
    }
    return STATUS_PENDING;
}

/* Gives a request from EvtIoInCallerContext to its queue. STATUS_INVALID_DEVICE_REQUEST (no queue, or the request is not from
 * there), STATUS_WDF_BUSY: then it is still the driver's. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceenqueuerequest */
NTSTATUS NTAPI WdfDeviceEnqueueRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFREQUEST Request)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_request *request = wdf_request_check(Request, caller);

    if (request->device != device || !request->in_caller_context || request->queue || request->state != REQUEST_OWNED)
        return STATUS_INVALID_DEVICE_REQUEST;
    request->state = REQUEST_NEW;
    NTSTATUS status = enqueue(device, request);
    if (!NT_SUCCESS(status))
        request->state = REQUEST_OWNED;
    return status;
}

/* --- the rest ------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS shut_down(struct wdf_device *device, PIRP irp)
{
    if (device->settings.kind != DEVICE_CONTROL)
        return wdf_pass_down(device, irp);
    if (device->settings.shutdown)
        WDF_CALL(device->settings.shutdown, (WDFDEVICE)device);
    return wdf_complete_irp(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS others(struct wdf_device *device, PIRP irp)
{
    bool wmi = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_SYSTEM_CONTROL;

    if (wmi && device->pdo)
        return wdf_wmi_dispatch(device, irp);
    return device->next ? wdf_pass_down(device, irp) : wdf_complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

NTSTATUS wdf_device_dispatch(struct wdf_device *device, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return wdf_file_dispatch(device, irp);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        return io(device, irp, NULL, true);
    case IRP_MJ_PNP:
        return wdf_pnp_dispatch(device, irp);
    case IRP_MJ_POWER:
        return wdf_power_dispatch(device, irp);
    case IRP_MJ_SHUTDOWN:
        return shut_down(device, irp);
    default:
        return others(device, irp);
    }
}

static const struct preprocess *wants_first(const struct wdf_device *device, const IO_STACK_LOCATION *stack)
{
    const struct preprocess *p = device->settings.preprocess;

    if (!p || !p[stack->MajorFunction].callback)
        return NULL;
    p += stack->MajorFunction;
    for (unsigned i = 0; i < p->minor_count; i++)
        if (p->minors[i] == stack->MinorFunction)
            return p;
    return p->minor_count ? NULL : p;
}

/* The device is gone, and its WDM object is only kept by open files. */
static NTSTATUS orphan(PIRP irp)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;

    return wdf_complete_irp(irp, major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE ? STATUS_SUCCESS : STATUS_DELETE_PENDING, 0);
}

static NTSTATUS dispatch_by_callback(struct wdf_device *device, PIRP irp)
{
    const struct irp_dispatch *d = &device->irp_dispatch[IoGetCurrentIrpStackLocation(irp)->MajorFunction];
    NTSTATUS status;

    if (!d->callback)
        return wdf_device_dispatch(device, irp);
    WDF_CALL_STATUS(status, d->callback, (WDFDEVICE)device, IoGetCurrentIrpStackLocation(irp)->MajorFunction,
                    IoGetCurrentIrpStackLocation(irp)->MinorFunction, IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode,
                    d->context, irp, NULL);
    return status;
}

NTSTATUS NTAPI wdf_dispatch(PDEVICE_OBJECT wdm, PIRP irp)
{
    struct wdf_device *device = wdf_device_of(wdm);
    const struct preprocess *first;
    NTSTATUS status;

    if (!device)
        return orphan(irp);
    wdf_reference(device);
    first = wants_first(device, IoGetCurrentIrpStackLocation(irp));
    if (first)
        WDF_CALL_STATUS(status, first->callback, (WDFDEVICE)device, irp);
    else
        status = dispatch_by_callback(device, irp);
    wdf_dereference(device);
    return status;
}

/* Gives an IRP back that the preprocess callback was called with, in the next stack location. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicewdmdispatchpreprocessedirp */
NTSTATUS NTAPI WdfDeviceWdmDispatchPreprocessedIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PIRP Irp)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(Irp, caller);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = device->wdm;
    return dispatch_by_callback(device, Irp);
}

/* The driver sees IRPs of a major function (create, read, write, control) first, and gives each to a queue or back. Context
 * is handed to the callback. STATUS_INVALID_PARAMETER. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceconfigurewdmirpdispatchcallback */
NTSTATUS NTAPI WdfDeviceConfigureWdmIrpDispatchCallback(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFDRIVER Driver,
                                                        UCHAR MajorFunction,
                                                        PFN_WDFDEVICE_WDM_IRP_DISPATCH EvtDeviceWdmIrpDispatch,
                                                        WDFCONTEXT DriverContext)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need((const void *)EvtDeviceWdmIrpDispatch, caller);
    if (MajorFunction != IRP_MJ_CREATE && MajorFunction != IRP_MJ_READ && MajorFunction != IRP_MJ_WRITE &&
        MajorFunction != IRP_MJ_DEVICE_CONTROL && MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL)
        return STATUS_INVALID_PARAMETER;
    device->irp_dispatch[MajorFunction] = (struct irp_dispatch){ EvtDeviceWdmIrpDispatch, DriverContext };
    return STATUS_SUCCESS;
}

/* Gives an IRP from that callback back to the framework. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicewdmdispatchirp */
NTSTATUS NTAPI WdfDeviceWdmDispatchIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PIRP Irp, WDFCONTEXT DispatchContext)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(Irp, caller);
    return wdf_device_dispatch(device, Irp);
}

/* Gives an IRP from that callback, or (PREPROCESSED_IRP) from the preprocess callback, to a queue of the device; with
 * INVOKE_INCALLERCTX_CALLBACK through EvtIoInCallerContext, and then to the queue of its type. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicewdmdispatchirptoioqueue */
NTSTATUS NTAPI WdfDeviceWdmDispatchIrpToIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PIRP Irp, WDFQUEUE Queue,
                                                ULONG Flags)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);

    wdf_need(Irp, caller);
    if (Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP) {
        IoSetNextIrpStackLocation(Irp);
        IoGetCurrentIrpStackLocation(Irp)->DeviceObject = device->wdm;
    }
    return io(device, Irp, queue, Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK);
}
