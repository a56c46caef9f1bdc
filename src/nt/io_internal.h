/* Between the files of the I/O manager and PnP. */
#ifndef NT_IO_INTERNAL_H
#define NT_IO_INTERNAL_H

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "nt/event.h"
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/ke_wait.h"
#include "nt/ob.h"
#include "nt/pool.h"

#define IO_TAG_IRP 0x20707249u          /* "Irp " */
#define IO_TAG_BUFFER 0x42536f49u       /* "IoSB": system buffers */
#define IO_TAG_NAME 0x6d4e6f49u         /* "IoNm" */
#define IO_TAG_EXTENSION 0x78456f49u    /* "IoEx" */

/* IRP.AllocationFlags, ours: IoAllocateIrp or a Build function made it, and IoFreeIrp has not freed it. */
#define IO_IRP_ALLOCATED IRP_ALLOCATED_FIXED_SIZE
/* And the host's own: it completes where it is completed, not in the thread that waits for it. */
#define IO_IRP_ANYWHERE 0x80
/* UserApcContext is a struct io_apc. */
#define IO_IRP_HAS_APC 0x40

/* Text in the computer's memory, for what drivers see. Buffer NULL when there was no memory. */
UNICODE_STRING io_unicode(const char *utf8);
void io_free_unicode(UNICODE_STRING *string);
/* UTF-8 of string, cut to size; returns buffer. */
const char *io_utf8(const UNICODE_STRING *string, char *buffer, size_t size);
/* A path on the stack of the caller: at most 259 characters. */
struct io_path {
    UNICODE_STRING string;
    WCHAR buffer[260];
};
PUNICODE_STRING io_path(struct io_path *path, const char *utf8);
bool io_same_text(const UNICODE_STRING *a, const UNICODE_STRING *b);     /* without regard to ASCII case */

/* --- io_irp.c --- */

PIRP io_allocate_irp(CCHAR stack_size, const void *caller);
/* A threaded IRP completes into UserIosb and UserEvent and is freed by the I/O manager. */
/* After a dispatch routine answered anything but STATUS_PENDING: event is the one the IRP would set. */
void io_forsake(PIRP irp, PKEVENT event);
void io_thread_irp(PIRP irp);
bool io_irp_is_threaded(const IRP *irp);
void io_unthread_irp(PIRP irp);
/* Releases MDLs and the system buffer. */
void io_release_buffers(PIRP irp);

/* --- io_build.c --- */

struct io_request {
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;                  /* may be NULL */
    UCHAR major;
    KPROCESSOR_MODE mode;
    ULONG code;                         /* control code */
    PVOID in, out;                      /* for write: in; for read: out */
    ULONG in_length, out_length;
    LONGLONG offset;
    ULONG key;
    PKEVENT event;
    PIO_STATUS_BLOCK iosb;
    struct io_apc *apc;                 /* may be NULL: io_file.h */
    const void *caller;
};
/* An IRP with its buffers described as the device and the control code want them; NULL: no memory. Not threaded. */
PIRP io_build_request(const struct io_request *request);

/* --- io_checks.c --- */

/* Calls the routine and looks at its answer. */
NTSTATUS io_checked_dispatch(PDRIVER_DISPATCH dispatch, PDEVICE_OBJECT device, PIRP irp);
/* Is the IRP fit to be sent to device, whose location is its present one? */
void io_check_send(PDEVICE_OBJECT device, PIRP irp, struct pe_caller caller);
/* The IRP is completed at its present location. */
void io_note_completion(PIRP irp, bool marked);
void io_checks_stop(void);

/* --- io_more.c --- */

/* The activity ID that EtwActivityIdControl keeps for the current thread; NULL: none, or (make) no memory. */
GUID *io_thread_activity(bool make);
void io_more_thread_gone(const struct thread *thread);
void io_more_stop(void);
void io_registrations_stop(void);

/* --- io_call.c --- */

void io_dispatch_irql_changed(const void *routine, KIRQL before, const char *what);

/* --- io_device.c, io_driver.c --- */

extern const struct ob_ops io_device_ops, io_driver_ops, io_file_ops;
void io_device_close_reference(PDEVICE_OBJECT device);
/* What a driver that goes left registered: etw.c, wpprecorder.c. */
void etw_driver_gone(const void *base, size_t size);
void wpp_driver_gone(struct io_driver *driver);
void etw_stop(void);
/* Each forgets what a computer left that was stopped by a bug check and could not be taken apart. */
void io_irp_reset(void);
void io_timer_reset(void);
void io_device_reset(void);
void io_hostdir_reset(void);
void io_error_stop(void);
void io_timer_free(PDEVICE_OBJECT device);        /* io_timer.c */
void io_delete_left_over_devices(struct io_driver *driver);
NTSTATUS io_parse_device(void *body, struct ob_lookup *lookup, void **result);

#endif
