/* What a driver says of its device's resources when the PnP manager asks. docs: wdf/modifying-a-resource-requirements-list,
 * wdf/modifying-a-resource-list */
#include "wdf/io_resource.h"
#include "wdf/pnp.h"

#include "nt/io.h"

static NTSTATUS ask_driver(struct wdf_device *device, PIRP irp, const IO_RESOURCE_REQUIREMENTS_LIST *list, bool add,
                           PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS callback)
{
    PIO_RESOURCE_REQUIREMENTS_LIST changed = NULL;
    struct wdf_requirements *requirements;
    NTSTATUS status = wdf_requirements_create(device, list, &requirements);

    if (!NT_SUCCESS(status))
        return status;
    requirements->may_add = add;
    requirements->may_remove = !add;
    WDF_CALL_STATUS(status, callback, (WDFDEVICE)device, (WDFIORESREQLIST)requirements);
    if (NT_SUCCESS(status) && (changed = wdf_requirements_build(requirements)) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    wdf_object_delete(requirements);
    if (!NT_SUCCESS(status))
        return status;
    if (list)
        ExFreePool((PVOID)(uintptr_t)list);
    irp->IoStatus.Information = (ULONG_PTR)changed;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

/* A list that a driver above or below has made is in the status block; else the one that the question brings is meant. */
static PIO_RESOURCE_REQUIREMENTS_LIST current(PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    return NT_SUCCESS(irp->IoStatus.Status) && irp->IoStatus.Information ?
        (PIO_RESOURCE_REQUIREMENTS_LIST)irp->IoStatus.Information :
        s->Parameters.FilterResourceRequirements.IoResourceRequirementList;
}

NTSTATUS wdf_filter_requirements(struct wdf_device *device, PIRP irp)
{
    const WDF_FDO_EVENT_CALLBACKS *fdo = &device->settings.fdo;
    NTSTATUS status;

    if (!device->next || (!fdo->EvtDeviceFilterAddResourceRequirements && !fdo->EvtDeviceFilterRemoveResourceRequirements))
        return wdf_pass_down(device, irp);
    if (fdo->EvtDeviceFilterRemoveResourceRequirements) {
        status = ask_driver(device, irp, current(irp), false, fdo->EvtDeviceFilterRemoveResourceRequirements);
        if (!NT_SUCCESS(status))
            return wdf_complete_irp(irp, status, 0);
        IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList =
            (PIO_RESOURCE_REQUIREMENTS_LIST)irp->IoStatus.Information;
    }
    status = wdf_pass_and_wait(device, irp);
    if (!NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED)
        return wdf_complete_irp(irp, status, irp->IoStatus.Information);
    if (fdo->EvtDeviceFilterAddResourceRequirements)
        status = ask_driver(device, irp, current(irp), true, fdo->EvtDeviceFilterAddResourceRequirements);
    return wdf_complete_irp(irp, status, NT_SUCCESS(status) || status == STATUS_NOT_SUPPORTED ? irp->IoStatus.Information : 0);
}

NTSTATUS wdf_query_requirements(struct wdf_device *device, PIRP irp,
                                PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY callback)
{
    PIO_RESOURCE_REQUIREMENTS_LIST list = NULL;
    struct wdf_requirements *requirements;
    NTSTATUS status;

    if (!callback)
        return irp->IoStatus.Status;
    status = wdf_requirements_create(device, NULL, &requirements);
    if (!NT_SUCCESS(status))
        return status;
    requirements->may_add = requirements->may_remove = true;
    WDF_CALL_STATUS(status, callback, (WDFDEVICE)device, (WDFIORESREQLIST)requirements);
    if (NT_SUCCESS(status) && requirements->count && (list = wdf_requirements_build(requirements)) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    wdf_object_delete(requirements);
    irp->IoStatus.Information = (ULONG_PTR)list;
    return status;
}

NTSTATUS wdf_query_resources(struct wdf_device *device, PIRP irp, PFN_WDF_DEVICE_RESOURCES_QUERY callback)
{
    PCM_RESOURCE_LIST list = NULL;
    struct wdf_object *resources = NULL;
    NTSTATUS status;

    if (!callback)
        return irp->IoStatus.Status;
    status = wdf_resources_create(device, NULL, &resources);
    if (NT_SUCCESS(status))
        WDF_CALL_STATUS(status, callback, (WDFDEVICE)device, (WDFCMRESLIST)resources);
    if (NT_SUCCESS(status) && wdf_resources_count(resources) && (list = wdf_resources_build(resources, NULL)) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (resources)
        wdf_object_delete(resources);
    irp->IoStatus.Information = (ULONG_PTR)list;
    return status;
}

/* --- starting without what was added -------------------------------------------------------------------------------------- */

static NTSTATUS start_with(struct wdf_device *device, PIRP irp, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PCM_RESOURCE_LIST saved_raw = s->Parameters.StartDevice.AllocatedResources;
    PCM_RESOURCE_LIST saved_translated = s->Parameters.StartDevice.AllocatedResourcesTranslated;

    s->Parameters.StartDevice.AllocatedResources = raw;
    s->Parameters.StartDevice.AllocatedResourcesTranslated = translated;
    NTSTATUS status = wdf_pass_and_wait(device, irp);
    s->Parameters.StartDevice.AllocatedResources = saved_raw;
    s->Parameters.StartDevice.AllocatedResourcesTranslated = saved_translated;
    return status;
}

NTSTATUS wdf_start_below(struct wdf_device *device, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PFN_WDF_DEVICE_REMOVE_ADDED_RESOURCES callback = device->settings.fdo.EvtDeviceRemoveAddedResources;
    const CM_RESOURCE_LIST *raw = s->Parameters.StartDevice.AllocatedResources;
    const CM_RESOURCE_LIST *translated = s->Parameters.StartDevice.AllocatedResourcesTranslated;
    PCM_RESOURCE_LIST lists[2] = { NULL, NULL };
    NTSTATUS status;

    if (!callback || !device->next || !raw || !translated)
        return wdf_pass_and_wait(device, irp);
    status = wdf_resources_set(device, raw, translated);
    if (!NT_SUCCESS(status))
        return status;
    WDF_CALL_STATUS(status, callback, (WDFDEVICE)device, (WDFCMRESLIST)device->raw_list, (WDFCMRESLIST)device->translated_list);
    if (NT_SUCCESS(status)) {
        lists[0] = wdf_resources_build(device->raw_list, raw);
        lists[1] = wdf_resources_build(device->translated_list, translated);
        status = lists[0] && lists[1] ? start_with(device, irp, lists[0], lists[1]) : STATUS_INSUFFICIENT_RESOURCES;
    }
    for (unsigned i = 0; i < 2; i++)
        if (lists[i])
            ExFreePool(lists[i]);
    wdf_resources_drop(device);
    return status;
}
