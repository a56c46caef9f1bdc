/* The I/O manager, for the rest of the host.
 *
 * 1. A driver object and a device object are objects of ob.h whose bodies are larger than what drivers see.
 * 2. Every function here runs inside NT at PASSIVE_LEVEL, in a system thread (ke_call), unless it says otherwise. */
#ifndef NT_IO_H
#define NT_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "wdm.h"

struct pe_image;
struct pnp_node;
struct thread;

/* After ob_start and the registry. */
NTSTATUS io_start(void);
/* Every driver should be unloaded; sends IRP_MJ_SHUTDOWN to nobody (io_shutdown does). */
void io_stop(void);

/* --- drivers ---------------------------------------------------------------------------------------------- */

/* Host state of a driver object; the guest's DRIVER_OBJECT is its head. */
struct io_driver {
    DRIVER_OBJECT object;
    DRIVER_EXTENSION extension;
    struct pe_image *image;             /* NULL: a driver inside the host */
    UNICODE_STRING service;             /* "vionet" */
    UNICODE_STRING registry_path;       /* \Registry\Machine\System\CurrentControlSet\Services\vionet */
    char name[64];                      /* the same in UTF-8, for reports */
    struct list node;                   /* io_drivers */
    struct list extensions;             /* IoAllocateDriverObjectExtension */
    struct list reinit;                 /* IoRegisterDriverReinitialization */
    bool started, unloading;
    bool made_devices;                  /* ever */
    unsigned work_items;                /* queued or running I/O work items of its devices */
    LONGLONG next_start;                /* the clock tick from which on it gets another virtual device */
};
extern struct list io_drivers;

/* Makes \Driver\<service> and its service key, and calls the image's entry point. image: bound and not yet started;
 * it stays the caller's to unload (pe_unload) after io_unload_driver or a failure. On failure of DriverEntry its status
 * is returned and nothing is left. *driver may be NULL. docs: wdm/nc-wdm-driver_initialize */
NTSTATUS io_load_driver(const char *service, struct pe_image *image, struct io_driver **driver);
/* The same for a driver of the host's own: entry is a host function. */
NTSTATUS io_create_host_driver(const char *service, PDRIVER_INITIALIZE entry, struct io_driver **driver);
/* Calls DriverUnload and takes the driver object apart. STATUS_INVALID_DEVICE_REQUEST when it has no Unload routine,
 * STATUS_DEVICE_BUSY while PnP devices are started on it; left-over device objects are reported and deleted.
 * docs: wdm/nc-wdm-driver_unload */
NTSTATUS io_unload_driver(struct io_driver *driver);
struct io_driver *io_driver_named(const char *service);
/* What ZwLoadDriver calls with the service's name; set by machine/, NULL: there is nothing to load from. */
extern NTSTATUS (*io_load_service)(const char *service);
/* Calls what IoRegister(Boot)DriverReinitialization registered: after drivers have started. */
void io_reinitialize_drivers(void);
/* IRP_MJ_SHUTDOWN to devices that registered, last registered first. docs: wdm/nf-wdm-ioregistershutdownnotification */
void io_shutdown(void);

static inline struct io_driver *io_driver_of(PDRIVER_OBJECT object)
{
    return (struct io_driver *)(void *)object;
}

/* --- devices ---------------------------------------------------------------------------------------------- */

/* Host state of a device object. It lies behind the driver's extension; the guest sees only its head. */
struct io_device {
    DEVOBJ_EXTENSION extension;
    PDEVICE_OBJECT attached_to;         /* the device below */
    struct pnp_node *node;              /* of a PDO */
    struct list shutdown_node;          /* linked when registered */
    bool shutdown_registered, last_chance;
    bool delete_pending, stacked;       /* stacked: it was attached to another once */
    bool deferred_start_io, start_io_not_cancelable, in_start_io, next_packet_wanted;
    ULONG next_packet_key;
    bool next_by_key, next_cancelable;
    SYSTEM_POWER_STATE system_power;
    DEVICE_POWER_STATE device_power;
    struct _IO_TIMER *timer;
    void *idle;                         /* struct idle of po_setting.c */
    bool wmi_registered;
    uint64_t irps_in_flight;            /* sent and not yet returned from dispatch: for reports */
};

static inline struct io_device *io_device_of(PDEVICE_OBJECT device)
{
    return (struct io_device *)(void *)device->DeviceObjectExtension;
}

/* The top of the stack that device is in; referenced when asked. */
PDEVICE_OBJECT io_top_of_stack(PDEVICE_OBJECT device);
/* The lowest device of the stack: the PDO of a PnP stack. */
PDEVICE_OBJECT io_base_of_stack(PDEVICE_OBJECT device);

/* --- IRPs the host sends ---------------------------------------------------------------------------------- */

/* Sends one stack location's worth of request to the top of device's stack and waits. setup fills the stack location
 * (MajorFunction first). status: what IoStatus.Status starts as. information may be NULL. */
NTSTATUS io_send(PDEVICE_OBJECT device, const IO_STACK_LOCATION *request, NTSTATUS status, ULONG_PTR *information);
/* Live IRPs, for leak reports: those that IoAllocateIrp and the Build functions made and nobody freed. */
unsigned io_each_irp(void (*each)(PIRP irp, void *context), void *context);

/* A thread ends: its requests are cancelled and waited for, at most five seconds; what still hangs then is
 * reported and cut off from the thread's memory. */
void io_thread_ending(struct thread *thread);
/* The thread takes no APCs any more: its requests that are still under way complete where they are completed. */
void io_thread_gone(const struct thread *thread);

/* --- files from user mode: the control socket, tests ------------------------------------------------------- */

struct io_file;                         /* an open handle with a user-mode owner */

/* name: "\\\\.\\NAME", "\\??\\NAME" or "\\Device\\NAME" in UTF-8. access: FILE_READ_DATA | FILE_WRITE_DATA. */
NTSTATUS io_open(const char *name, ACCESS_MASK access, struct io_file **file);
/* Buffers are the host's; they are copied to and from user memory of the computer. *done: IoStatus.Information. */
NTSTATUS io_read(struct io_file *file, void *data, uint32_t size, uint64_t offset, uint64_t *done);
NTSTATUS io_write(struct io_file *file, const void *data, uint32_t size, uint64_t offset, uint64_t *done);
NTSTATUS io_ioctl(struct io_file *file, uint32_t code, const void *in, uint32_t in_size, void *out, uint32_t out_size,
                  uint64_t *done);
/* IRP_MJ_CLEANUP and IRP_MJ_CLOSE. */
void io_close(struct io_file *file);
/* Ends a waiting io_read, io_write or io_ioctl of another thread by IoCancelIrp. */
void io_cancel(struct io_file *file);

/* Where \SystemRoot and \??\C: lead on the host; NULL (the default): such opens are refused. Copied. */
void io_set_system_root(const char *host_directory);

/* --- event log -------------------------------------------------------------------------------------------- */

struct io_log_entry {
    struct list node;
    uint64_t time_ns;
    char source[64];
    IO_ERROR_LOG_PACKET *packet;        /* followed by dump data and strings */
    unsigned size;
};
extern struct list io_event_log;        /* newest last */

/* --- device interfaces ------------------------------------------------------------------------------------- */

/* The first enabled interface of a class, its symbolic link in UTF-8; false when there is none. */
bool io_interface_find(const GUID *class_guid, char *link, size_t size);

#endif
