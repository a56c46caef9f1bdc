/* WMI providers of a device.
 *
 * 1. A device has a struct wdf_wmi from its first provider (or MOF resource name) on.
 * 2. WMI sees the providers that have registered instances, each with those instances, in the order of creation. `guids` names
 *    them and is made anew whenever that changes; wmilib takes requests apart by it (wmi_requests.c).
 * 3. The device is registered with WMI while it is started and has such a provider.
 * docs: wdf/supporting-wmi-in-kmdf-drivers */
#ifndef WDF_WMI_H
#define WDF_WMI_H

#include <wmilib.h>

#include "wdf/device.h"

struct wdf_wmi_provider {
    struct wdf_object object;
    struct wdf_device *device;
    struct list node;                   /* in the device's providers */
    struct list instances;
    WDF_WMI_PROVIDER_CONFIG config;
    bool events, collecting;
};

struct wdf_wmi_instance {
    struct wdf_object object;
    struct wdf_wmi_provider *provider;
    struct list node;                   /* in the provider's instances */
    WDF_WMI_INSTANCE_CONFIG config;
    const void *context;                /* what a query answers, with UseContextForQuery */
    ULONG context_size;
    bool registered;
};

struct wdf_wmi {
    struct wdf_device *device;
    struct list providers;
    UNICODE_STRING mof, registry;
    WMILIB_CONTEXT library;
    WORK_QUEUE_ITEM work;
    bool started, known, work_queued;   /* known: to WMI */
};

/* wmi.c; device->wmi may be NULL */
void wdf_wmi_start(struct wdf_device *device);
void wdf_wmi_stop(struct wdf_device *device);
void wdf_wmi_free(struct wdf_device *device);

/* wmi_requests.c */
NTSTATUS wdf_wmi_dispatch(struct wdf_device *device, PIRP irp);
void wdf_wmi_set_callbacks(WMILIB_CONTEXT *library);
/* The n-th provider that WMI sees, and its n-th registered instance; NULL: none. */
struct wdf_wmi_provider *wdf_wmi_provider_at(struct wdf_wmi *wmi, ULONG index);
struct wdf_wmi_instance *wdf_wmi_instance_at(struct wdf_wmi_provider *provider, ULONG index);
ULONG wdf_wmi_registered(const struct wdf_wmi_provider *provider);
ULONG wdf_wmi_index(const struct wdf_wmi_instance *instance);

#endif
