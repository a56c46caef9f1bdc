/* Requests.
 *
 * state        | who has it                            | IRP's cancel routine
 * -------------|---------------------------------------|---------------------------------------------------
 * NEW          | the framework, or the driver that made it | none
 * WAITING      | a queue                               | cancel_waiting: takes it out and completes it
 * OWNED        | the driver                            | none, or cancel_owned while it is marked cancelable
 * SENT         | an I/O target                         | the lower driver's
 * COMPLETED    | nobody                                | -
 *
 * cancelled: the cancel routine of an owned request has been called; EvtRequestCancel will run or has run. */
#ifndef WDF_REQUEST_H
#define WDF_REQUEST_H

#include "wdf/queue.h"

struct wdf_memory;

enum request_state { REQUEST_NEW, REQUEST_WAITING, REQUEST_OWNED, REQUEST_SENT, REQUEST_COMPLETED };

struct wdf_request {
    struct wdf_object object;
    struct wdf_device *device;          /* NULL for a driver's own request */
    PIRP irp;
    enum request_state state;
    bool made_by_driver, own_irp;       /* own_irp: the framework allocated the IRP */
    bool was_presented;                 /* the driver has seen it */
    bool in_caller_context;
    struct wdf_queue *queue;
    struct list node;
    PFN_WDF_REQUEST_CANCEL cancel;      /* not NULL: marked cancelable */
    bool cancelled;
    bool stop_wanted, stop_acknowledged, stop_requeue;
    struct wdf_memory *input, *output;
    PMDL built_mdl;                     /* over a system buffer; request_buffer.c */
    /* sending: request_format.c, send.c */
    struct wdf_target *target;
    bool formatted, synchronous, timed_out;
    bool free_irp;                      /* the driver gave the IRP, and wants it freed with the request */
    PFN_WDF_REQUEST_COMPLETION_ROUTINE completion;
    WDFCONTEXT completion_context;
    WDF_REQUEST_COMPLETION_PARAMS params;
    NTSTATUS sent_status;
    KEVENT done;
    KTIMER timer;
    KDPC timer_dpc;
    bool timer_set;
    struct list sent_node;
    struct wdf_object *references[2];   /* memory objects it was formatted with */
    PMDL format_mdl;
    void *system_buffer;                /* of a buffered control request, when input and output differ */
    struct {
        void *to;
        size_t room;
    } copy_back;
    bool saved;                         /* a received IRP's own buffers, while it is formatted */
    PVOID saved_system, saved_user;
    PMDL saved_mdl;
};

struct wdf_request *wdf_request_check(WDFREQUEST handle, const void *caller);
/* For an IRP that arrived. NULL: no memory. */
struct wdf_request *wdf_request_create(struct wdf_device *device, PIRP irp, const void *caller);
void wdf_request_complete(struct wdf_request *request, NTSTATUS status, CCHAR boost);
/* Lets go of the WDF side without completing the IRP. */
void wdf_request_forget(struct wdf_request *request);
/* It becomes a request of another device, which keeps it from now on. */
void wdf_request_change_device(struct wdf_request *request, struct wdf_device *device);

/* request_cancel.c */
/* The IRP waits in a queue. False: it has been cancelled before; nothing is set. */
bool wdf_request_watch(struct wdf_request *request);
/* It waits no more. False: the cancel routine is running and will complete it. */
bool wdf_request_unwatch(struct wdf_request *request);
/* Cancelled while it waited: completes it, or gives it to EvtIoCanceledOnQueue. */
void wdf_request_cancel_waiting(struct wdf_request *request, struct wdf_queue *queue);
/* Runs EvtRequestCancel of a request that is marked. */
void wdf_request_cancel_owned(struct wdf_request *request);
/* Requests from an IRP: buffers. */
size_t wdf_request_output_length(const struct wdf_request *request);

/* request_format.c */
void wdf_request_reset_format(struct wdf_request *request);

#endif
