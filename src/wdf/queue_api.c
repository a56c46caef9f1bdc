/* Queues: state, retrieving, forwarding. docs: wdf/dispatching-methods-for-i-o-requests */
#include "wdf/pdo.h"
#include "wdf/queue.h"

#include "wdf/request.h"

/* Bits of WDF_IO_QUEUE_STATE; the counts (may be NULL) are of requests that wait and that the driver has. <= DISPATCH_LEVEL.
 * docs: wdfio/nf-wdfio-wdfioqueuegetstate */
WDF_IO_QUEUE_STATE NTAPI WdfIoQueueGetState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PULONG QueueRequests,
                                            PULONG DriverRequests)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());
    ULONG state = 0;

    state |= queue->accept ? WdfIoQueueAcceptRequests : 0;
    state |= queue->dispatch ? WdfIoQueueDispatchRequests : 0;
    state |= queue->waiting_count ? 0 : WdfIoQueueNoRequests;
    state |= queue->owned_count ? 0 : WdfIoQueueDriverNoRequests;
    state |= queue->held ? WdfIoQueuePnpHeld : 0;
    if (QueueRequests)
        *QueueRequests = queue->waiting_count;
    if (DriverRequests)
        *DriverRequests = queue->owned_count;
    return (WDF_IO_QUEUE_STATE)state;
}

/* <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuegetdevice */
WDFDEVICE NTAPI WdfIoQueueGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    return (WDFDEVICE)wdf_queue_check(Queue, WDF_CALLER())->device;
}

static NTSTATUS may_retrieve(const struct wdf_queue *queue)
{
    if (queue->config.DispatchType == WdfIoQueueDispatchParallel)
        return STATUS_INVALID_DEVICE_STATE;
    return queue->held || !queue->dispatch ? STATUS_WDF_PAUSED : STATUS_SUCCESS;
}

static bool of_file(const struct wdf_request *request, PFILE_OBJECT file)
{
    return !file || IoGetCurrentIrpStackLocation(request->irp)->FileObject == file;
}

static struct wdf_request *next_waiting(struct wdf_queue *queue, struct list *after, PFILE_OBJECT file)
{
    for (struct list *it = after->next; it != &queue->waiting_requests; it = it->next) {
        struct wdf_request *request = container_of(it, struct wdf_request, node);
        if (of_file(request, file))
            return request;
    }
    return NULL;
}

static NTSTATUS retrieve(struct wdf_queue *queue, PFILE_OBJECT file, WDFREQUEST *result)
{
    struct wdf_request *request;
    NTSTATUS status = may_retrieve(queue);

    *result = NULL;
    if (!NT_SUCCESS(status))
        return status;
    while ((request = next_waiting(queue, &queue->waiting_requests, file)) != NULL) {
        if (!wdf_queue_take(queue, request))
            continue;
        *result = (WDFREQUEST)request;
        return STATUS_SUCCESS;
    }
    return STATUS_NO_MORE_ENTRIES;
}

static PFILE_OBJECT wdm_file(WDFFILEOBJECT file, const void *caller)
{
    return file ? WdfFileObjectWdmGetFileObject(&((struct wdf_object *)wdf_check(file, &wdf_file_type, caller))->client->globals,
                                                file) : NULL;
}

/* The driver takes the next request of a manual or sequential queue. STATUS_NO_MORE_ENTRIES, STATUS_WDF_PAUSED,
 * STATUS_INVALID_DEVICE_STATE (a parallel queue). <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueueretrievenextrequest */
NTSTATUS NTAPI WdfIoQueueRetrieveNextRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST *OutRequest)
{
    const void *caller = WDF_CALLER();
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);

    wdf_need(OutRequest, caller);
    return retrieve(queue, NULL, OutRequest);
}

/* The same for requests of one file. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueueretrieverequestbyfileobject */
NTSTATUS NTAPI WdfIoQueueRetrieveRequestByFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                                     WDFFILEOBJECT FileObject, WDFREQUEST *OutRequest)
{
    const void *caller = WDF_CALLER();
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);

    wdf_need(FileObject, caller);
    wdf_need(OutRequest, caller);
    return retrieve(queue, wdm_file(FileObject, caller), OutRequest);
}

/* Looks at what waits, without taking it: the first request (of a file) behind FoundRequest. *OutRequest has a reference
 * that the driver gives back. STATUS_NOT_FOUND when FoundRequest is not there any more, STATUS_NO_MORE_ENTRIES,
 * STATUS_WDF_PAUSED, STATUS_INVALID_DEVICE_STATE. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuefindrequest */
NTSTATUS NTAPI WdfIoQueueFindRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
                                     WDFFILEOBJECT FileObject, PWDF_REQUEST_PARAMETERS Parameters, WDFREQUEST *OutRequest)
{
    const void *caller = WDF_CALLER();
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);
    struct list *after = &queue->waiting_requests;

    wdf_need(OutRequest, caller);
    *OutRequest = NULL;
    NTSTATUS status = may_retrieve(queue);
    if (!NT_SUCCESS(status))
        return status;
    if (FoundRequest) {
        struct wdf_request *found = wdf_request_check(FoundRequest, caller);
        if (found->queue != queue || found->state != REQUEST_WAITING)
            return STATUS_NOT_FOUND;
        after = &found->node;
    }
    struct wdf_request *request = next_waiting(queue, after, wdm_file(FileObject, caller));
    if (!request)
        return STATUS_NO_MORE_ENTRIES;
    wdf_reference(request);
    if (Parameters)
        WdfRequestGetParameters(DriverGlobals, (WDFREQUEST)request, Parameters);
    *OutRequest = (WDFREQUEST)request;
    return STATUS_SUCCESS;
}

/* The driver takes a request that WdfIoQueueFindRequest found. STATUS_NOT_FOUND, STATUS_WDF_PAUSED,
 * STATUS_INVALID_DEVICE_STATE. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueueretrievefoundrequest */
NTSTATUS NTAPI WdfIoQueueRetrieveFoundRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
                                              WDFREQUEST *OutRequest)
{
    const void *caller = WDF_CALLER();
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);
    struct wdf_request *request = wdf_request_check(FoundRequest, caller);

    wdf_need(OutRequest, caller);
    *OutRequest = NULL;
    NTSTATUS status = may_retrieve(queue);
    if (!NT_SUCCESS(status))
        return status;
    if (request->queue != queue || request->state != REQUEST_WAITING || !wdf_queue_take(queue, request))
        return STATUS_NOT_FOUND;
    *OutRequest = FoundRequest;
    return STATUS_SUCCESS;
}

/* Calls back whenever a request comes to the empty manual queue; NULL ends that while the queue is stopped.
 * STATUS_INVALID_DEVICE_REQUEST. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuereadynotify */
NTSTATUS NTAPI WdfIoQueueReadyNotify(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady,
                                     WDFCONTEXT Context)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    if (queue->config.DispatchType != WdfIoQueueDispatchManual || (QueueReady && queue->ready) ||
        (!QueueReady && (!queue->ready || queue->dispatch)))
        return STATUS_INVALID_DEVICE_REQUEST;
    queue->ready = QueueReady;
    queue->ready_context = Context;
    if (QueueReady && queue->waiting_count && queue->dispatch && !queue->held)
        WDF_CALL(QueueReady, Queue, Context);
    return STATUS_SUCCESS;
}

/* Memory is never short enough for reserved requests to matter: the policy is taken, and nothing is reserved.
 * docs: wdfio/nf-wdfio-wdfioqueueassignforwardprogresspolicy */
NTSTATUS NTAPI WdfIoQueueAssignForwardProgressPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                                     PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy)
{
    const void *caller = WDF_CALLER();

    wdf_queue_check(Queue, caller);
    wdf_need(ForwardProgressPolicy, caller);
    return STATUS_SUCCESS;
}

/* --- queues of a device ----------------------------------------------------------------------------------------------------- */

/* NULL: it has none. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetdefaultqueue */
WDFQUEUE NTAPI WdfDeviceGetDefaultQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDFQUEUE)wdf_device_check(Device, WDF_CALLER())->default_queue;
}

/* Requests of a type go to this queue. STATUS_INVALID_PARAMETER, STATUS_WDF_BUSY (they have one). <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceconfigurerequestdispatching */
NTSTATUS NTAPI WdfDeviceConfigureRequestDispatching(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFQUEUE Queue,
                                                    WDF_REQUEST_TYPE RequestType)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_queue *queue = wdf_queue_check(Queue, caller);

    if (queue->device != device)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (RequestType != WdfRequestTypeCreate && RequestType != WdfRequestTypeRead && RequestType != WdfRequestTypeWrite &&
        RequestType != WdfRequestTypeDeviceControl && RequestType != WdfRequestTypeDeviceControlInternal)
        return STATUS_INVALID_PARAMETER;
    if (device->by_type[RequestType])
        return STATUS_WDF_BUSY;
    device->by_type[RequestType] = queue;
    queue->object.undeletable = true;
    return STATUS_SUCCESS;
}

/* --- moving requests ---------------------------------------------------------------------------------------------------------- */

static bool may_move(const struct wdf_request *request)
{
    return request->queue && request->state == REQUEST_OWNED && !request->cancel;
}

static NTSTATUS move(struct wdf_request *request, struct wdf_queue *to, bool front)
{
    struct wdf_queue *from = request->queue;

    if (!to->accept)
        return STATUS_WDF_BUSY;
    list_remove(&request->node);
    from->owned_count--;
    request->queue = NULL;
    wdf_reference(from);
    wdf_queue_insert(to, request, front);
    wdf_queue_changed(from);
    wdf_queue_serve(from);
    wdf_dereference(from);
    return STATUS_SUCCESS;
}

/* Gives a request that the driver has to another queue of the device. STATUS_INVALID_DEVICE_REQUEST, STATUS_WDF_BUSY: then
 * it is still the driver's. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestforwardtoioqueue */
NTSTATUS NTAPI WdfRequestForwardToIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFQUEUE DestinationQueue)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);
    struct wdf_queue *to = wdf_queue_check(DestinationQueue, caller);

    if (!may_move(request) || request->queue == to || to->device != request->device)
        return STATUS_INVALID_DEVICE_REQUEST;
    return move(request, to, false);
}

/* Gives a request of a child to a queue of its parent's device; the child may go while it is there. STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_INVALID_PARAMETER (not send and forget), STATUS_INVALID_DEVICE_REQUEST (not from a queue, or the queue is not the
 * parent's, or WdfPdoInitAllowForwardingRequestToParent was not called), STATUS_WDF_BUSY. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestforwardtoparentdeviceioqueue */
NTSTATUS NTAPI WdfRequestForwardToParentDeviceIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                      WDFQUEUE ParentDeviceQueue, PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);
    struct wdf_queue *to = wdf_queue_check(ParentDeviceQueue, caller);
    struct wdf_device *child = request->device;

    wdf_need(ForwardOptions, caller);
    if (ForwardOptions->Size != sizeof *ForwardOptions)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (ForwardOptions->Flags != WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET)
        return STATUS_INVALID_PARAMETER;
    if (!may_move(request) || !child || !child->parent || to->device != child->parent || !child->settings.pdo->forwards)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!to->accept)
        return STATUS_WDF_BUSY;
    wdf_reference(child);
    wdf_request_change_device(request, to->device);
    NTSTATUS status = move(request, to, false);
    wdf_dereference(child);
    return status;
}

/* Puts it back at the head of the manual queue it came from. STATUS_INVALID_DEVICE_REQUEST, STATUS_WDF_BUSY.
 * <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestrequeue */
NTSTATUS NTAPI WdfRequestRequeue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    if (!may_move(request) || request->queue->config.DispatchType != WdfIoQueueDispatchManual)
        return STATUS_INVALID_DEVICE_REQUEST;
    return move(request, request->queue, true);
}

/* The queue it came from; NULL: none. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestgetioqueue */
WDFQUEUE NTAPI WdfRequestGetIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return (WDFQUEUE)wdf_request_check(Request, WDF_CALLER())->queue;
}

/* The answer to EvtIoStop: the driver keeps the request, or (Requeue) gives it back to its queue. <= DISPATCH_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequeststopacknowledge */
VOID NTAPI WdfRequestStopAcknowledge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, BOOLEAN Requeue)
{
    struct wdf_request *request = wdf_request_check(Request, WDF_CALLER());

    if (!request->queue)
        wdf_violation(WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_REQUEST_NOT_IN_QUEUE, (ULONG_PTR)Request,
                      "WdfRequestStopAcknowledge: the request is of no queue");
    request->stop_acknowledged = true;
    request->stop_requeue = Requeue;
    KeSetEvent(&request->queue->rest, IO_NO_INCREMENT, FALSE);
}
