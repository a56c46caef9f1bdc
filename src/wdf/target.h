/* I/O targets: where requests are sent.
 *
 * state    | requests that are sent            | what moves it
 * ---------|-----------------------------------|-------------------------------------------------
 * STARTED  | go out                            | created (local), Open, Start
 * STOPPED  | wait in `waiting`                 | Stop
 * PURGED   | fail with STATUS_INVALID_DEVICE_STATE | Purge
 * CLOSED   | fail                              | created (remote), Close, CloseForQueryRemove, removal of the device
 *
 * A request that is out is in `sent` and has a reference. */
#ifndef WDF_TARGET_H
#define WDF_TARGET_H

#include "wdf/device.h"

struct wdf_request;

struct wdf_target {
    struct wdf_object object;
    struct wdf_device *device;
    bool local, query_removing;
    WDF_IO_TARGET_STATE state;
    PDEVICE_OBJECT wdm;                 /* the top of what requests go to */
    PFILE_OBJECT file;                  /* referenced; NULL: none */
    HANDLE handle;
    bool wdm_referenced;
    WDF_IO_TARGET_OPEN_PARAMS open;     /* the name is `name` */
    UNICODE_STRING name;
    PVOID notification;
    struct list sent, waiting;          /* struct wdf_request.sent_node */
    KEVENT quiet;                       /* pulsed when a sent request comes back */
    struct list node;                   /* in the device's remote targets */
};

/* The local target of a device: the device object below. */
NTSTATUS wdf_target_create_local(struct wdf_device *device, const void *caller);
/* What the driver left open goes with the device. PASSIVE_LEVEL. */
void wdf_targets_close(struct wdf_device *device);
struct wdf_target *wdf_target_check(WDFIOTARGET handle, const void *caller);

/* send.c */
/* Sends what waits. */
void wdf_target_send_waiting(struct wdf_target *target);
void wdf_target_cancel_waiting(struct wdf_target *target);
void wdf_target_cancel_sent(struct wdf_target *target);
void wdf_target_wait_sent(struct wdf_target *target);

/* request_format.c */
struct wdf_span {
    void *address;
    size_t length;
    PMDL mdl;                           /* NULL: none; covers exactly these bytes */
    struct wdf_memory *memory;          /* NULL: the bytes have no object */
    size_t offset;                      /* in the memory object */
};
NTSTATUS wdf_span_of_memory(WDFMEMORY memory, const WDFMEMORY_OFFSET *offset, const void *caller, struct wdf_span *span);
NTSTATUS wdf_span_of_descriptor(const WDF_MEMORY_DESCRIPTOR *descriptor, const void *caller, struct wdf_span *span);

struct wdf_format {
    UCHAR major;
    ULONG code;
    struct wdf_span in, out;
    LONGLONG offset;
    bool has_others;
    PVOID argument[3];                  /* 1, 2 and 4 */
};
/* Makes the request's next stack location, for this target. STATUS_REQUEST_NOT_ACCEPTED, STATUS_INVALID_DEVICE_REQUEST (it is
 * out), STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE (the target is closed). */
NTSTATUS wdf_request_format(struct wdf_request *request, struct wdf_target *target, const struct wdf_format *format,
                            const void *caller);
/* After it came back: copies results, gives a received IRP its own buffers again. */
void wdf_request_after_send(struct wdf_request *request);
NTSTATUS wdf_request_fit(struct wdf_request *request, PDEVICE_OBJECT wdm, const void *caller);

/* request_own.c */
NTSTATUS wdf_request_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, const void *caller,
                         struct wdf_request **request);
NTSTATUS wdf_request_send(struct wdf_request *request, struct wdf_target *target, ULONG flags, LONGLONG timeout);

#endif
