/* What the files of PnP, power, resources and interrupts share. */
#ifndef WDF_PNP_H
#define WDF_PNP_H

#include "wdf/device.h"

/* pnp.c: up to the working state and back. previous, target: WDF_POWER_DEVICE_STATE. Both at PASSIVE_LEVEL. */
NTSTATUS wdf_power_up(struct wdf_device *device, WDF_POWER_DEVICE_STATE previous);
NTSTATUS wdf_power_down(struct wdf_device *device, WDF_POWER_DEVICE_STATE target);

/* resource.c */
/* The lists of a started device; list may be NULL (no resources). */
NTSTATUS wdf_resources_set(struct wdf_device *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
void wdf_resources_drop(struct wdf_device *device);
ULONG wdf_resources_count(struct wdf_object *list);
PCM_PARTIAL_RESOURCE_DESCRIPTOR wdf_resources_at(struct wdf_object *list, ULONG index);

/* interrupt.c */
/* Gives each interrupt object without resources of its own the next interrupt resource. */
void wdf_interrupts_assign(struct wdf_device *device);
NTSTATUS wdf_interrupts_connect(struct wdf_device *device);
void wdf_interrupts_disconnect(struct wdf_device *device);
/* Those that were made in EvtDevicePrepareHardware go with the resources. */
void wdf_interrupts_release(struct wdf_device *device);

NTSTATUS wdf_resources_create(struct wdf_device *device, const CM_RESOURCE_LIST *from, struct wdf_object **list);
/* In paged pool, with bus and version of `like` (NULL: none). NULL: no memory. */
PCM_RESOURCE_LIST wdf_resources_build(struct wdf_object *list, const CM_RESOURCE_LIST *like);

/* requirements.c: IRP_MN_FILTER_RESOURCE_REQUIREMENTS for a driver that wants to see them. */
NTSTATUS wdf_filter_requirements(struct wdf_device *device, PIRP irp);
/* IRP_MN_START_DEVICE to the drivers below, without the resources that the driver takes out. */
NTSTATUS wdf_start_below(struct wdf_device *device, PIRP irp);
/* What a bus driver answers; the caller completes the request. callback NULL: the status it has. */
NTSTATUS wdf_query_requirements(struct wdf_device *device, PIRP irp, PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY callback);
NTSTATUS wdf_query_resources(struct wdf_device *device, PIRP irp, PFN_WDF_DEVICE_RESOURCES_QUERY callback);

/* interface.c */
void wdf_interfaces_enable(struct wdf_device *device, bool on);
bool wdf_interface_answers(struct wdf_device *device, PIRP irp, NTSTATUS *status);
void wdf_interfaces_free(struct wdf_device *device);
NTSTATUS wdf_query_interface(PDEVICE_OBJECT top, LPCGUID type, PINTERFACE interface, USHORT size, USHORT version, PVOID data);

/* dma.c */
NTSTATUS wdf_dma_power_up(struct wdf_device *device);
void wdf_dma_power_down(struct wdf_device *device);

#endif
