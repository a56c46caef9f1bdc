#include "wdf/queue.h"

#include "wdf/request.h"

struct wdf_queue *wdf_queue_check(WDFQUEUE handle, const void *caller)
{
    return wdf_check(handle, &wdf_queue_type, caller);
}

/* --- presenting ------------------------------------------------------------------------------------------------------- */

static bool can_present(const struct wdf_queue *queue)
{
    return queue->dispatch && !queue->held && queue->config.DispatchType != WdfIoQueueDispatchManual &&
           !list_empty(&queue->waiting_requests) && queue->owned_count < queue->limit;
}

static bool serving_here(const struct wdf_queue *queue)
{
    for (const struct serving *s = queue->serving; s; s = s->next)
        if (s->context == wdf_context())
            return true;
    return false;
}

bool wdf_queue_take(struct wdf_queue *queue, struct wdf_request *request)
{
    list_remove(&request->node);
    queue->waiting_count--;
    if (!wdf_request_unwatch(request))
        return false;
    request->state = REQUEST_OWNED;
    request->was_presented = true;
    list_push_back(&queue->owned, &request->node);
    queue->owned_count++;
    return true;
}

static bool call_special(struct wdf_queue *queue, struct wdf_request *request, const IO_STACK_LOCATION *stack)
{
    const WDF_IO_QUEUE_CONFIG *config = &queue->config;
    WDFQUEUE q = (WDFQUEUE)queue;
    WDFREQUEST r = (WDFREQUEST)request;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength, in = stack->Parameters.DeviceIoControl.InputBufferLength;

    switch (stack->MajorFunction) {
    case IRP_MJ_READ:
        if (config->EvtIoRead)
            WDF_CALL(config->EvtIoRead, q, r, stack->Parameters.Read.Length);
        return config->EvtIoRead != NULL;
    case IRP_MJ_WRITE:
        if (config->EvtIoWrite)
            WDF_CALL(config->EvtIoWrite, q, r, stack->Parameters.Write.Length);
        return config->EvtIoWrite != NULL;
    case IRP_MJ_DEVICE_CONTROL:
        if (config->EvtIoDeviceControl)
            WDF_CALL(config->EvtIoDeviceControl, q, r, out, in, stack->Parameters.DeviceIoControl.IoControlCode);
        return config->EvtIoDeviceControl != NULL;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        if (config->EvtIoInternalDeviceControl)
            WDF_CALL(config->EvtIoInternalDeviceControl, q, r, out, in, stack->Parameters.DeviceIoControl.IoControlCode);
        return config->EvtIoInternalDeviceControl != NULL;
    default:
        return false;
    }
}

static void present(struct wdf_queue *queue, struct wdf_request *request)
{
    bool locked = wdf_lock_enter(queue->callback_lock);

    if (!call_special(queue, request, IoGetCurrentIrpStackLocation(request->irp))) {
        if (queue->config.EvtIoDefault)
            WDF_CALL(queue->config.EvtIoDefault, (WDFQUEUE)queue, (WDFREQUEST)request);
        else
            wdf_request_complete(request, STATUS_INVALID_DEVICE_REQUEST, IO_NO_INCREMENT);
    }
    wdf_lock_leave(queue->callback_lock, locked);
}

static VOID NTAPI serve_from_worker(PVOID context)
{
    struct wdf_queue *queue = context;

    queue->work_queued = false;
    wdf_queue_serve(queue);
    wdf_dereference(queue);
}

static void serve_later(struct wdf_queue *queue)
{
    if (queue->work_queued)
        return;
    queue->work_queued = true;
    wdf_reference(queue);
    ExInitializeWorkItem(&queue->work, serve_from_worker, queue);
    ExQueueWorkItem(&queue->work, DelayedWorkQueue);
}

static bool must_wait_for_lock(struct wdf_queue *queue)
{
    struct wdf_lock *lock = queue->callback_lock;

    if (!lock || lock->owner != wdf_context())
        return false;
    if (list_empty(&queue->waiting)) {
        wdf_reference(queue);
        list_push_back(&lock->waiting, &queue->waiting);
    }
    return true;
}

void wdf_queue_serve(struct wdf_queue *queue)
{
    struct serving here = { queue->serving, wdf_context() };

    if (!can_present(queue) || serving_here(queue) || must_wait_for_lock(queue))
        return;
    if (wdf_runs_passive(&queue->object) && ke_irql() > PASSIVE_LEVEL) {
        serve_later(queue);
        return;
    }
    wdf_reference(queue);
    queue->serving = &here;
    while (can_present(queue)) {
        struct wdf_request *request = list_first(&queue->waiting_requests, struct wdf_request, node);
        if (wdf_queue_take(queue, request))
            present(queue, request);
    }
    for (struct serving **s = &queue->serving; *s; s = &(*s)->next) {
        if (*s == &here) {
            *s = here.next;
            break;
        }
    }
    wdf_queue_changed(queue);
    wdf_dereference(queue);
}

void wdf_queue_serve_waiting(struct wdf_lock *lock)
{
    struct list *node;

    while (!lock->owner && (node = list_pop_front(&lock->waiting)) != NULL) {
        struct wdf_queue *queue = container_of(node, struct wdf_queue, waiting);
        wdf_queue_serve(queue);
        wdf_dereference(queue);
    }
}

/* --- in and out --------------------------------------------------------------------------------------------------------- */

static bool is_empty_transfer(const struct wdf_queue *queue, const struct wdf_request *request)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(request->irp);

    if (queue->config.AllowZeroLengthRequests)
        return false;
    return (stack->MajorFunction == IRP_MJ_READ && !stack->Parameters.Read.Length) ||
           (stack->MajorFunction == IRP_MJ_WRITE && !stack->Parameters.Write.Length);
}

static void tell_ready(struct wdf_queue *queue)
{
    bool locked = wdf_lock_enter(queue->callback_lock);

    if (queue->ready)
        WDF_CALL(queue->ready, (WDFQUEUE)queue, queue->ready_context);
    wdf_lock_leave(queue->callback_lock, locked);
}

NTSTATUS wdf_queue_insert(struct wdf_queue *queue, struct wdf_request *request, bool front)
{
    bool was_empty = !queue->waiting_count;

    if (!queue->accept)
        return STATUS_WDF_BUSY;
    if (is_empty_transfer(queue, request)) {
        request->irp->IoStatus.Information = 0;
        wdf_request_complete(request, STATUS_SUCCESS, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    }
    request->queue = queue;
    request->state = REQUEST_WAITING;
    if (front)
        list_push_front(&queue->waiting_requests, &request->node);
    else
        list_push_back(&queue->waiting_requests, &request->node);
    queue->waiting_count++;
    if (!wdf_request_watch(request)) {
        list_remove(&request->node);
        queue->waiting_count--;
        wdf_request_cancel_waiting(request, queue);
        return STATUS_SUCCESS;
    }
    if (was_empty && !front && queue->ready && queue->dispatch && !queue->held)
        tell_ready(queue);
    wdf_queue_serve(queue);
    return STATUS_SUCCESS;
}

void wdf_queue_release(struct wdf_queue *queue, struct wdf_request *request)
{
    list_remove(&request->node);
    queue->owned_count--;
    request->queue = NULL;
    wdf_reference(queue);
    wdf_queue_changed(queue);
    wdf_queue_serve(queue);
    wdf_dereference(queue);
}

struct wdf_queue *wdf_queue_for(struct wdf_device *device, UCHAR major)
{
    if (device->by_type[major])
        return device->by_type[major];
    return major == IRP_MJ_CREATE ? NULL : device->default_queue;
}

/* --- creation ----------------------------------------------------------------------------------------------------------- */

static void queue_dispose(struct wdf_object *object)
{
    struct wdf_queue *queue = container_of(object, struct wdf_queue, object);

    wdf_queue_purge(queue);
    if (queue->ready)
        queue->ready = NULL;
    while (ke_irql() == PASSIVE_LEVEL && (queue->owned_count || queue->waiting_count))
        KeWaitForSingleObject(&queue->rest, Executive, KernelMode, FALSE, NULL);
    list_remove(&queue->node);
    if (queue->device->default_queue == queue)
        queue->device->default_queue = NULL;
    for (unsigned i = 0; i < WDF_MAJORS; i++)
        if (queue->device->by_type[i] == queue)
            queue->device->by_type[i] = NULL;
}

const struct wdf_type wdf_queue_type = { .name = "WDFQUEUE", .size = sizeof(struct wdf_queue), .passive = true,
                                         .dispose = queue_dispose };

static NTSTATUS check_config(const struct wdf_device *device, const WDF_IO_QUEUE_CONFIG *config)
{
    static const ULONG older[] = { 80, 88 };

    if (!wdf_size_known(config->Size, sizeof *config, older, countof(older)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (config->DispatchType <= WdfIoQueueDispatchInvalid || config->DispatchType >= WdfIoQueueDispatchMax ||
        (unsigned)config->PowerManaged > WdfUseDefault)
        return STATUS_INVALID_PARAMETER;
    if (config->DispatchType != WdfIoQueueDispatchManual && !config->EvtIoDefault && !config->EvtIoRead && !config->EvtIoWrite &&
        !config->EvtIoDeviceControl && !config->EvtIoInternalDeviceControl)
        return STATUS_WDF_NO_CALLBACK;
    if (config->DispatchType == WdfIoQueueDispatchParallel && config->Size > 80 &&
        !config->Settings.Parallel.NumberOfPresentedRequests)
        return STATUS_INVALID_PARAMETER;
    return config->DefaultQueue && device->default_queue ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static ULONG limit_of(const WDF_IO_QUEUE_CONFIG *config)
{
    if (config->DispatchType == WdfIoQueueDispatchSequential)
        return 1;
    return config->DispatchType == WdfIoQueueDispatchParallel && config->Size > 80 ?
        config->Settings.Parallel.NumberOfPresentedRequests : (ULONG)-1;
}

static void set_constraints(struct wdf_queue *queue, const WDF_OBJECT_ATTRIBUTES *attributes)
{
    struct wdf_object *object = &queue->object;

    object->level = queue->device->object.level;
    object->scope = queue->device->object.scope;
    if (attributes && attributes->ExecutionLevel != WdfExecutionLevelInheritFromParent)
        object->level = attributes->ExecutionLevel;
    if (attributes && attributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
        object->scope = attributes->SynchronizationScope;
    wdf_lock_init(&queue->lock, object->level == WdfExecutionLevelPassive);
    object->lock = &queue->lock;
    if (object->scope == WdfSynchronizationScopeDevice && queue->device->lock.passive == queue->lock.passive)
        object->lock = &queue->device->lock;
    queue->callback_lock = object->scope == WdfSynchronizationScopeNone ? NULL : object->lock;
}

static void setup(struct wdf_queue *queue, struct wdf_device *device, const WDF_IO_QUEUE_CONFIG *config,
                  const WDF_OBJECT_ATTRIBUTES *attributes)
{
    queue->device = device;
    queue->object.device = device;
    memcpy(&queue->config, config, config->Size);
    queue->limit = limit_of(config);
    queue->power_managed = device->pdo && (config->PowerManaged == WdfTrue ||
                                           (config->PowerManaged == WdfUseDefault && device->settings.kind != DEVICE_FILTER));
    queue->held = queue->power_managed && device->step != STEP_STARTED;
    queue->accept = queue->dispatch = true;
    list_init(&queue->waiting_requests);
    list_init(&queue->owned);
    list_init(&queue->waiting);
    list_init(&queue->node);
    KeInitializeEvent(&queue->rest, SynchronizationEvent, FALSE);
    set_constraints(queue, attributes);
    list_push_back(&device->queues, &queue->node);
    if (config->DefaultQueue) {
        device->default_queue = queue;
        queue->object.undeletable = true;
    }
}

/* Makes a queue of a device; it accepts and presents requests at once. Queue may be NULL. PASSIVE_LEVEL (<= DISPATCH_LEVEL
 * here). STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER, STATUS_WDF_NO_CALLBACK, STATUS_UNSUCCESSFUL (a second default
 * queue), and errors of wdf_object_create. docs: wdfio/nf-wdfio-wdfioqueuecreate */
NTSTATUS NTAPI WdfIoQueueCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config,
                                PWDF_OBJECT_ATTRIBUTES QueueAttributes, WDFQUEUE *Queue)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_create create = { .type = &wdf_queue_type, .client = wdf_client_of(DriverGlobals), .attributes = QueueAttributes,
                                 .parent = &device->object, .caller = caller };
    struct wdf_queue *queue;

    wdf_need(Config, caller);
    if (Queue)
        *Queue = NULL;
    NTSTATUS status = check_config(device, Config);
    if (NT_SUCCESS(status))
        status = wdf_object_create(&create, &queue);
    if (!NT_SUCCESS(status))
        return status;
    setup(queue, device, Config, QueueAttributes);
    if (Queue)
        *Queue = (WDFQUEUE)queue;
    return STATUS_SUCCESS;
}
