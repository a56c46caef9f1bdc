/* Queues start, stop, drain and purge. docs: wdf/managing-i-o-queues */
#include "wdf/queue.h"

#include "wdf/request.h"

/* --- coming to rest ------------------------------------------------------------------------------------------------------- */

static bool at_rest(const struct wdf_queue *queue)
{
    return !queue->owned_count && (!queue->wait.needs_empty || !queue->waiting_count);
}

void wdf_queue_changed(struct wdf_queue *queue)
{
    KeSetEvent(&queue->rest, IO_NO_INCREMENT, FALSE);
    if (!queue->wait.armed || !at_rest(queue) || queue->serving)
        return;
    struct queue_wait wait = queue->wait;
    queue->wait = (struct queue_wait){ 0 };
    bool locked = wdf_lock_enter(queue->callback_lock);
    if (wait.callback)
        WDF_CALL(wait.callback, (WDFQUEUE)queue, wait.context);
    wdf_lock_leave(queue->callback_lock, locked);
}

static void arm(struct wdf_queue *queue, PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context, bool needs_empty)
{
    if (queue->wait.armed) {
        static WDF_QUEUE_FATAL_ERROR_DATA data;
        data = (WDF_QUEUE_FATAL_ERROR_DATA){ (WDFQUEUE)queue, NULL, STATUS_INVALID_DEVICE_REQUEST };
        wdf_violation(WDF_QUEUE_FATAL_ERROR, (ULONG_PTR)&data, 0, "a queue was asked to stop, drain or purge while an earlier "
                      "such request is not finished");
    }
    queue->wait = (struct queue_wait){ callback, context, callback != NULL, needs_empty };
}

static void wait_at_rest(struct wdf_queue *queue, bool needs_empty)
{
    wdf_reference(queue);
    while (queue->owned_count || (needs_empty && queue->waiting_count))
        KeWaitForSingleObject(&queue->rest, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&queue->rest, IO_NO_INCREMENT, FALSE);
    wdf_dereference(queue);
}

/* --- cancelling ------------------------------------------------------------------------------------------------------------- */

void wdf_queue_cancel_waiting(struct wdf_queue *queue)
{
    while (!list_empty(&queue->waiting_requests)) {
        struct wdf_request *request = list_first(&queue->waiting_requests, struct wdf_request, node);
        list_remove(&request->node);
        queue->waiting_count--;
        if (wdf_request_unwatch(request))
            wdf_request_cancel_waiting(request, queue);
    }
}

static struct wdf_request *marked_request(struct wdf_queue *queue)
{
    list_each(it, &queue->owned) {
        struct wdf_request *request = container_of(it, struct wdf_request, node);
        if (request->cancel && !request->cancelled)
            return request;
    }
    return NULL;
}

static void cancel_marked(struct wdf_queue *queue)
{
    struct wdf_request *request;

    while ((request = marked_request(queue)) != NULL)
        wdf_request_cancel_owned(request);
}

void wdf_queue_purge(struct wdf_queue *queue)
{
    queue->accept = false;
    wdf_queue_cancel_waiting(queue);
    cancel_marked(queue);
}

void wdf_queues_purge_all(struct wdf_device *device)
{
    list_each(it, &device->queues) {
        wdf_queue_purge(container_of(it, struct wdf_queue, node));
    }
}

void wdf_queues_cancel_file(struct wdf_device *device, PFILE_OBJECT file)
{
    list_each(it, &device->queues) {
        struct wdf_queue *queue = container_of(it, struct wdf_queue, node);
        list_each_safe(node, &queue->waiting_requests) {
            struct wdf_request *request = container_of(node, struct wdf_request, node);
            if (IoGetCurrentIrpStackLocation(request->irp)->FileObject != file)
                continue;
            list_remove(&request->node);
            queue->waiting_count--;
            if (wdf_request_unwatch(request))
                wdf_request_cancel_waiting(request, queue);
        }
    }
}

/* --- power ---------------------------------------------------------------------------------------------------------------------- */

/* Asks the driver what to do with each request that it has; EvtIoStop answers by completing it, requeueing it or
 * WdfRequestStopAcknowledge. */
static void ask_to_stop(struct wdf_queue *queue, ULONG action)
{
    list_each(it, &queue->owned) {
        struct wdf_request *request = container_of(it, struct wdf_request, node);
        request->stop_wanted = true;
        request->stop_acknowledged = false;
    }
    for (bool more = true; more;) {
        more = false;
        list_each(it, &queue->owned) {
            struct wdf_request *request = container_of(it, struct wdf_request, node);
            if (!request->stop_wanted)
                continue;
            request->stop_wanted = false;
            bool locked = wdf_lock_enter(queue->callback_lock);
            ULONG flags = action | (request->cancel && !request->cancelled ? WdfRequestStopRequestCancelable : 0);
            WDF_CALL(queue->config.EvtIoStop, (WDFQUEUE)queue, (WDFREQUEST)request, flags);
            wdf_lock_leave(queue->callback_lock, locked);
            more = true;
            break;
        }
    }
}

static bool all_acknowledged(const struct wdf_queue *queue)
{
    list_each(it, &queue->owned) {
        if (!container_of(it, struct wdf_request, node)->stop_acknowledged)
            return false;
    }
    return true;
}

static void requeue_acknowledged(struct wdf_queue *queue)
{
    list_each_safe(it, &queue->owned) {
        struct wdf_request *request = container_of(it, struct wdf_request, node);
        if (!request->stop_acknowledged || !request->stop_requeue)
            continue;
        request->stop_requeue = request->stop_acknowledged = false;
        list_remove(&request->node);
        queue->owned_count--;
        bool accept = queue->accept;
        queue->accept = true;
        wdf_queue_insert(queue, request, true);
        queue->accept = accept;
    }
}

void wdf_queues_hold(struct wdf_device *device, ULONG action)
{
    list_each(it, &device->queues) {
        struct wdf_queue *queue = container_of(it, struct wdf_queue, node);
        if (!queue->power_managed || queue->held)
            continue;
        queue->held = true;
        if (queue->config.EvtIoStop)
            ask_to_stop(queue, action);
        while (queue->config.EvtIoStop ? !all_acknowledged(queue) : queue->owned_count != 0)
            KeWaitForSingleObject(&queue->rest, Executive, KernelMode, FALSE, NULL);
        requeue_acknowledged(queue);
    }
}

void wdf_queues_resume(struct wdf_device *device)
{
    list_each(it, &device->queues) {
        struct wdf_queue *queue = container_of(it, struct wdf_queue, node);
        if (!queue->power_managed || !queue->held)
            continue;
        queue->held = false;
        list_each_safe(node, &queue->owned) {
            struct wdf_request *request = container_of(node, struct wdf_request, node);
            if (!request->stop_acknowledged || !queue->config.EvtIoResume)
                continue;
            request->stop_acknowledged = false;
            bool locked = wdf_lock_enter(queue->callback_lock);
            WDF_CALL(queue->config.EvtIoResume, (WDFQUEUE)queue, (WDFREQUEST)request);
            wdf_lock_leave(queue->callback_lock, locked);
        }
        if (queue->waiting_count && queue->ready && queue->dispatch)
            WDF_CALL(queue->ready, (WDFQUEUE)queue, queue->ready_context);
        wdf_queue_serve(queue);
    }
}

/* --- what drivers call ------------------------------------------------------------------------------------------------------------ */

/* Accepts and presents again. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuestart */
VOID NTAPI WdfIoQueueStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    if (queue->object.state != WDF_ALIVE)
        return;
    queue->accept = queue->dispatch = true;
    if (queue->waiting_count && queue->ready && !queue->held)
        WDF_CALL(queue->ready, Queue, queue->ready_context);
    wdf_queue_serve(queue);
}

/* Presents nothing more, keeps accepting; StopComplete (may be NULL) is called when the driver has completed all it has.
 * <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuestop */
VOID NTAPI WdfIoQueueStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete,
                          WDFCONTEXT Context)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    arm(queue, StopComplete, Context, false);
    queue->dispatch = false;
    wdf_queue_changed(queue);
}

/* The same, and waits. PASSIVE_LEVEL, never from a callback of the queue. docs: wdfio/nf-wdfio-wdfioqueuestopsynchronously */
VOID NTAPI WdfIoQueueStopSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    queue->dispatch = false;
    wait_at_rest(queue, false);
}

/* Accepts nothing more, presents what waits; DrainComplete (may be NULL) is called when all is completed.
 * <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuedrain */
VOID NTAPI WdfIoQueueDrain(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete,
                           WDFCONTEXT Context)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    arm(queue, DrainComplete, Context, true);
    queue->accept = false;
    queue->dispatch = true;
    wdf_queue_serve(queue);
    wdf_queue_changed(queue);
}

/* The same, and waits. PASSIVE_LEVEL, never from a callback of the queue. docs: wdfio/nf-wdfio-wdfioqueuedrainsynchronously */
VOID NTAPI WdfIoQueueDrainSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    queue->accept = false;
    queue->dispatch = true;
    wdf_queue_serve(queue);
    wait_at_rest(queue, true);
}

/* Accepts nothing more, cancels what waits and what the driver has marked cancelable; PurgeComplete (may be NULL) is called
 * when all is completed. <= DISPATCH_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuepurge */
VOID NTAPI WdfIoQueuePurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete,
                           WDFCONTEXT Context)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    arm(queue, PurgeComplete, Context, true);
    wdf_reference(queue);
    wdf_queue_purge(queue);
    wdf_queue_changed(queue);
    wdf_dereference(queue);
}

/* The same, and waits. PASSIVE_LEVEL, never from a callback of the queue. docs: wdfio/nf-wdfio-wdfioqueuepurgesynchronously */
VOID NTAPI WdfIoQueuePurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    wdf_queue_purge(queue);
    wait_at_rest(queue, true);
}

/* Stops presenting and cancels what waits and what is marked cancelable; keeps accepting. <= DISPATCH_LEVEL.
 * docs: wdfio/nf-wdfio-wdfioqueuestopandpurge */
VOID NTAPI WdfIoQueueStopAndPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                  PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete, WDFCONTEXT Context)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    arm(queue, StopAndPurgeComplete, Context, false);
    queue->dispatch = false;
    wdf_reference(queue);
    wdf_queue_cancel_waiting(queue);
    cancel_marked(queue);
    wdf_queue_changed(queue);
    wdf_dereference(queue);
}

/* The same, and waits. PASSIVE_LEVEL. docs: wdfio/nf-wdfio-wdfioqueuestopandpurgesynchronously */
VOID NTAPI WdfIoQueueStopAndPurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = wdf_queue_check(Queue, WDF_CALLER());

    queue->dispatch = false;
    wdf_queue_cancel_waiting(queue);
    cancel_marked(queue);
    wait_at_rest(queue, false);
}
