/* Devices: what a WDFDEVICE_INIT collects, and the device made of it.
 *
 * 1. The device extension of a framework device object is one pointer, to its struct wdf_device; that of another driver's
 *    object (a miniport's) is its own.
 * 2. A device holds its requests: it is destroyed when the last request and file object has gone.
 * 3. A control device accepts requests after WdfControlFinishInitializing, a PnP device from its creation on. */
#ifndef WDF_DEVICE_H
#define WDF_DEVICE_H

#include "wdf/object.h"

#define WDF_MAJORS (IRP_MJ_MAXIMUM_FUNCTION + 1)

struct pdo_settings;
struct wdf_child_entry;
struct wdf_child_list;
struct wdf_queue;
struct wdf_target;
struct wdf_wmi;

/* A string of the framework's own. */
struct wdf_text {
    UNICODE_STRING string;
};
NTSTATUS wdf_text_set(struct wdf_client *client, UNICODE_STRING *text, const UNICODE_STRING *from, const void *caller);
void wdf_text_free(UNICODE_STRING *text);

struct preprocess {
    PFN_WDFDEVICE_WDM_IRP_PREPROCESS callback;
    UCHAR minors[32];
    unsigned minor_count;               /* 0: all */
};

enum device_kind { DEVICE_CONTROL, DEVICE_FDO, DEVICE_FILTER, DEVICE_PDO, DEVICE_MINIPORT };

/* What is said before WdfDeviceCreate. */
struct device_settings {
    enum device_kind kind;
    WDF_IO_TYPE_CONFIG io;
    bool exclusive, power_pageable, power_inrush;
    DEVICE_TYPE type;
    ULONG characteristics;
    UNICODE_STRING name, sddl;
    bool has_name, auto_name, has_class;
    GUID class_guid;
    bool has_file_config, has_file_attributes, has_request_attributes;
    WDF_FILEOBJECT_CONFIG file;
    WDF_OBJECT_ATTRIBUTES file_attributes, request_attributes;
    struct preprocess *preprocess;      /* WDF_MAJORS of them, or NULL */
    PFN_WDF_IO_IN_CALLER_CONTEXT in_caller_context;
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_POWER_POLICY_EVENT_CALLBACKS policy;
    WDF_FDO_EVENT_CALLBACKS fdo;
    struct pdo_settings *pdo;           /* of a PDO */
    WDF_CHILD_LIST_CONFIG child_list;   /* of the default child list; Size 0: none */
    WDF_OBJECT_ATTRIBUTES child_list_attributes;
    bool has_child_list_attributes;
    WDF_TRI_STATE policy_owner;
    bool release_after_descendants;
    ULONG shutdown_flags;               /* WDF_DEVICE_SHUTDOWN_FLAGS */
    PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION shutdown;
};

/* What a driver knows as PWDFDEVICE_INIT. */
struct WDFDEVICE_INIT {
    uint64_t mark;
    struct wdf_client *client;
    struct list node;                   /* wdf_inits: those neither used nor freed */
    struct device_settings settings;
    PDEVICE_OBJECT pdo;
    struct wdf_device *parent;          /* of a PDO */
    bool dynamic;                       /* for a PDO of a child list: the framework frees it */
    struct wdf_device *created;
    NTSTATUS failed;                    /* an earlier call did not succeed */
    const void *caller;
};
extern struct list wdf_inits;

/* States of a PnP device, in the order in which it comes up. */
enum pnp_step { STEP_CREATED, STEP_HARDWARE, STEP_POWERED, STEP_INTERRUPTS, STEP_STARTED };

enum child_state { CHILD_NOT_ADDED, CHILD_PENDING, CHILD_PRESENT, CHILD_MISSING, CHILD_REPORTED_MISSING };  /* pdo.h */

struct irp_dispatch {
    PFN_WDFDEVICE_WDM_IRP_DISPATCH callback;
    WDFCONTEXT context;
};

struct wdf_device {
    struct wdf_object object;
    struct device_settings settings;
    PDEVICE_OBJECT wdm, next, pdo;      /* next: NULL for a control device and a PDO; pdo: NULL for a control device */
    struct wdf_lock lock;
    struct wdf_queue *default_queue, *by_type[WDF_MAJORS];
    struct irp_dispatch irp_dispatch[WDF_MAJORS];
    struct list queues;
    bool finished, deleted, created_in_add, detached;
    UNICODE_STRING link;                /* symbolic link */
    unsigned requests;                  /* not yet completed */
    KEVENT idle;                        /* signalled while there are none */
    struct wdf_target *target;
    /* PnP and power; pnp.c */
    enum pnp_step step;
    bool io_initialized, io_suspended, removed, surprise_removed, failed, restart;
    unsigned stop_idle;                 /* WdfDeviceStopIdle without ResumeIdle */
    PCM_RESOURCE_LIST raw, translated;
    struct wdf_object *raw_list, *translated_list;
    struct list interrupts, interfaces, query_interfaces, dma_enablers, remote_targets;
    DEVICE_POWER_STATE power;
    SYSTEM_POWER_STATE system_power;
    POWER_ACTION power_action;
    WDF_DEVICE_STATE state;
    WDF_DEVICE_PNP_CAPABILITIES pnp_caps;
    WDF_DEVICE_POWER_CAPABILITIES power_caps;
    bool has_pnp_caps, has_power_caps;
    ULONG special_files;
    PNP_BUS_INFORMATION bus_information;
    bool has_bus_information;
    /* buses; children.c */
    struct wdf_device *parent;          /* of a PDO; NULL: it is none */
    struct list children, child;        /* of an FDO; of a PDO: in its parent's children */
    enum child_state child_state;
    bool child_known, children_changed; /* the PnP manager has heard of it; it has not heard of a change */
    unsigned children_locked;
    struct list child_lists;            /* of an FDO */
    struct wdf_child_list *default_children;
    struct wdf_child_entry *entry;      /* of a PDO in a child list */
    struct wdf_wmi *wmi;                /* NULL: no provider; wmi.h */
};

static inline struct wdf_device *wdf_device_of(PDEVICE_OBJECT wdm)
{
    return *(struct wdf_device **)wdm->DeviceExtension;
}

/* The handle as a device; stops the system when it is none. */
static inline struct wdf_device *wdf_device_check(WDFDEVICE handle, const void *caller)
{
    return wdf_check(handle, &wdf_device_type, caller);
}

/* device_init.c */
struct WDFDEVICE_INIT *wdf_init_create(struct wdf_client *client, enum device_kind kind, const void *caller);
void wdf_init_free(struct WDFDEVICE_INIT *init);
/* The driver's pointer; stops the system when it is none. */
struct WDFDEVICE_INIT *wdf_init_check(PWDFDEVICE_INIT init, const void *caller);
void wdf_settings_free(struct device_settings *settings);
bool wdf_sddl_is_valid(const UNICODE_STRING *text);

/* device.c */
void wdf_device_init_state(struct wdf_device *device, const WDF_OBJECT_ATTRIBUTES *attributes);
NTSTATUS wdf_device_create(struct WDFDEVICE_INIT *init, PWDF_OBJECT_ATTRIBUTES attributes, const void *caller,
                       struct wdf_device **device);
/* The device object goes, and with it the device. PASSIVE_LEVEL. */
void wdf_device_remove(struct wdf_device *device);
void wdf_device_wait_for_requests(struct wdf_device *device);

/* dispatch.c */
NTSTATUS NTAPI wdf_dispatch(PDEVICE_OBJECT wdm, PIRP irp);
NTSTATUS wdf_device_dispatch(struct wdf_device *device, PIRP irp);
NTSTATUS wdf_complete_irp(PIRP irp, NTSTATUS status, ULONG_PTR information);
/* To the device below; a PDO completes the request with the status it has. */
NTSTATUS wdf_pass_down(struct wdf_device *device, PIRP irp);
/* As that, and comes back with the result before the request is completed; for a PDO it is STATUS_SUCCESS. */
NTSTATUS wdf_pass_and_wait(struct wdf_device *device, PIRP irp);

/* file.c */
NTSTATUS wdf_file_dispatch(struct wdf_device *device, PIRP irp);
struct wdf_object *wdf_file_of(struct wdf_device *device, PFILE_OBJECT file);
/* A create request is completed. */
void wdf_file_create_completed(struct wdf_device *device, PFILE_OBJECT wdm, NTSTATUS status);

/* property.c */
NTSTATUS wdf_property_alloc(struct wdf_client *client, PDEVICE_OBJECT pdo, DEVICE_REGISTRY_PROPERTY property, POOL_TYPE pool,
                            PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFMEMORY *memory);

/* pnp.c, power.c */
NTSTATUS wdf_pnp_dispatch(struct wdf_device *device, PIRP irp);
NTSTATUS wdf_power_dispatch(struct wdf_device *device, PIRP irp);

#endif
