/* I/O queues.
 *
 * 1. A request in a queue is in `waiting_requests` and its IRP has the framework's cancel routine, or in `owned`: the driver has it.
 * 2. A queue presents requests while it may (queue_can_present), from whoever made that possible: wdf_queue_serve. In one context
 *    (wdf_context) only the outermost wdf_queue_serve of a queue presents; an inner one leaves the work to it.
 * 3. Callbacks that must run at PASSIVE_LEVEL are presented from a worker when wdf_queue_serve is called at a higher IRQL.
 * 4. While the callback lock is held by the context that calls wdf_queue_serve, the queue waits in the lock's list, and is served
 *    when the lock is released. */
#ifndef WDF_QUEUE_H
#define WDF_QUEUE_H

#include "wdf/device.h"

struct wdf_request;

struct serving {
    struct serving *next;
    const void *context;
};

/* A driver's callback when the queue has come to rest; at most one at a time. */
struct queue_wait {
    PFN_WDF_IO_QUEUE_STATE callback;
    WDFCONTEXT context;
    bool armed, needs_empty;            /* needs_empty: drain and purge; stop waits for the driver's requests only */
};

struct wdf_queue {
    struct wdf_object object;
    struct wdf_device *device;
    struct list node;                   /* in the device's queues */
    WDF_IO_QUEUE_CONFIG config;
    ULONG limit;                        /* requests the driver may have at once */
    bool power_managed;
    bool accept, dispatch;
    bool held;                          /* power managed, and the device is not in its working state */
    struct list waiting_requests, owned;
    unsigned waiting_count, owned_count;
    struct wdf_lock lock;               /* of its own, for WdfSynchronizationScopeQueue */
    struct wdf_lock *callback_lock;     /* NULL: none */
    struct list waiting;                /* in callback_lock->waiting */
    struct serving *serving;
    WORK_QUEUE_ITEM work;
    bool work_queued;
    struct queue_wait wait;
    KEVENT rest;                        /* pulsed at every change, for synchronous waits */
    PFN_WDF_IO_QUEUE_STATE ready;
    WDFCONTEXT ready_context;
};

/* Presents what may be presented. <= DISPATCH_LEVEL. */
void wdf_queue_serve(struct wdf_queue *queue);
void wdf_queue_serve_waiting(struct wdf_lock *lock);
/* Puts a request in; on failure (STATUS_WDF_BUSY: not accepting) it stays the caller's. front: back where it came from. */
NTSTATUS wdf_queue_insert(struct wdf_queue *queue, struct wdf_request *request, bool front);
/* The driver has given the request up: completed, forwarded, requeued or sent away. */
void wdf_queue_release(struct wdf_queue *queue, struct wdf_request *request);
/* The driver takes a waiting request. False: it is just being cancelled. */
bool wdf_queue_take(struct wdf_queue *queue, struct wdf_request *request);
void wdf_queue_changed(struct wdf_queue *queue);
/* The queue a request of this IRP belongs to, NULL: none. */
struct wdf_queue *wdf_queue_for(struct wdf_device *device, UCHAR major);
struct wdf_queue *wdf_queue_check(WDFQUEUE handle, const void *caller);

/* queue_state.c */
void wdf_queue_cancel_waiting(struct wdf_queue *queue);
void wdf_queue_purge(struct wdf_queue *queue);
void wdf_queues_purge_all(struct wdf_device *device);
/* Power: power-managed queues stop (the driver's requests get EvtIoStop, or are waited for) and go on. */
void wdf_queues_hold(struct wdf_device *device, ULONG action);
void wdf_queues_resume(struct wdf_device *device);
void wdf_queues_cancel_file(struct wdf_device *device, PFILE_OBJECT file);

#endif
