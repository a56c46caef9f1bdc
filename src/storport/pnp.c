/* PnP requests and all others to an adapter's device object; Storport owns the driver object's dispatch table.
 * docs: kernel/plug-and-play-minor-irps, storage/storport-driver-overview */
#include "storport/adapter.h"

#include <string.h>

#include "nt/io.h"
#include "nt/ob.h"
#include "nt/pool.h"

static NTSTATUS pass_down(struct adapter *a, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(a->next, irp);
}

static NTSTATUS forward_and_wait(struct adapter *a, PIRP irp)
{
    return IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

/* --- start, stop, remove ----------------------------------------------------------------------------------------------- */

static NTSTATUS start(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = forward_and_wait(a, irp);

    if (NT_SUCCESS(status))
        status = adapter_start(a, sp->Parameters.StartDevice.AllocatedResources,
                               sp->Parameters.StartDevice.AllocatedResourcesTranslated);
    return sp_complete(irp, status);
}

/* Nothing more reaches the miniport through its units. */
static void units_gone(struct adapter *a)
{
    list_each_safe(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);

        u->gone = true;
        disk_unit_gone(u);
        unit_flush(u, STATUS_DEVICE_DOES_NOT_EXIST);
    }
}

/* A virtual miniport gives back the IRPs that it keeps for its callers. docs: storport/nc-storport-hw_complete_service_irp */
static void end_services(struct adapter *a)
{
    if (a->found && a->driver->is_virtual && a->driver->init.HwCompleteServiceIrp && !a->services_ended) {
        a->services_ended = true;
        a->driver->init.HwCompleteServiceIrp(a->extension);
    }
}

static NTSTATUS surprise(struct adapter *a, PIRP irp)
{
    end_services(a);
    units_gone(a);
    adapter_control(a, ScsiAdapterSurpriseRemoval, NULL);
    adapter_stop(a, StorSurpriseRemoval);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_down(a, irp);
}

static NTSTATUS stop(struct adapter *a, PIRP irp)
{
    adapter_stop(a, StorStopDevice);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_down(a, irp);
}

static void free_units(struct adapter *a)
{
    list_each_safe(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);

        unit_settle(u);
        if (u->pdo)
            pdo_delete(u);
        unit_free(u);
    }
    if (a->control) {
        unit_settle(a->control);
        unit_free(a->control);
    }
    a->control = NULL;
    if (a->zeroes)
        pool_free(a->zeroes, SP_TAG, NULL);
    a->zeroes = NULL;
}

static NTSTATUS remove(struct adapter *a, PIRP irp)
{
    end_services(a);
    if (a->state == ADAPTER_STARTED && a->powered)
        adapter_flush(a);
    units_gone(a);
    adapter_stop(a, StorRemoveDevice);
    if (a->found && a->driver->is_virtual)
        a->driver->init.HwFreeAdapterResources(a->extension);
    a->state = ADAPTER_REMOVED;
    free_units(a);
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = pass_down(a, irp);
    adapter_free(a);
    return status;
}

/* --- questions ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS bus_relations(struct adapter *a, PIRP irp)
{
    PDEVICE_RELATIONS relations;
    unsigned count = 0;

    if (a->state == ADAPTER_STARTED) {
        adapter_enumerate(a);
        adapter_rescanned(a);
    }
    list_each(it, &a->units)
        count++;
    relations = pool_alloc(PagedPool, sizeof *relations + count * sizeof(PDEVICE_OBJECT), SP_TAG, NULL);
    if (!relations)
        return sp_complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    relations->Count = 0;
    list_each(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);

        u->reported = !u->gone;
        if (u->gone)
            continue;
        ob_reference(u->pdo);
        relations->Objects[relations->Count++] = u->pdo;
    }
    irp->IoStatus.Information = (ULONG_PTR)relations;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_down(a, irp);
}

static NTSTATUS filter_requirements(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    STOR_FILTER_RESOURCE_REQUIREMENTS filter = { .Version = STOR_FILTER_RESOURCE_REQUIREMENTS_V1, .Size = sizeof filter };
    NTSTATUS status = forward_and_wait(a, irp);
    PVOID list = NT_SUCCESS(status) ? (PVOID)irp->IoStatus.Information
                                    : sp->Parameters.FilterResourceRequirements.IoResourceRequirementList;

    if (!(a->driver->init.FeatureSupport & STOR_FEATURE_ADAPTER_CONTROL_PRE_FINDADAPTER) || !a->driver->init.HwAdapterControl ||
        !list)
        return sp_complete(irp, status);
    filter.IoResourceRequirementsList = list;
    a->driver->init.HwAdapterControl(a->extension, ScsiAdapterFilterResourceRequirements, &filter);
    irp->IoStatus.Information = (ULONG_PTR)filter.IoResourceRequirementsList;
    return sp_complete(irp, STATUS_SUCCESS);
}

static NTSTATUS pnp(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);

    switch (sp->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(a, irp);
    case IRP_MN_STOP_DEVICE:
        return stop(a, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return surprise(a, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove(a, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(a, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (sp->Parameters.QueryDeviceRelations.Type == BusRelations)
            return bus_relations(a, irp);
        return pass_down(a, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (a->failed) {
            irp->IoStatus.Information |= PNP_DEVICE_FAILED;
            irp->IoStatus.Status = STATUS_SUCCESS;
        }
        return pass_down(a, irp);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        return filter_requirements(a, irp);
    default:
        return pass_down(a, irp);
    }
}

/* --- other requests ---------------------------------------------------------------------------------------------------------- */

/* SRB_FUNCTION_SHUTDOWN and SRB_FUNCTION_FLUSH go to miniports that cache. docs: srb/ns-srb-_scsi_request_block */
static NTSTATUS shut_down(struct adapter *a, PIRP irp)
{
    if (a->state == ADAPTER_STARTED && a->config->CachesData)
        list_each(it, &a->units) {
            struct unit *u = container_of(it, struct unit, node);
            struct request *r = u->gone ? NULL : request_take(u);

            if (!r)
                continue;
            request_prepare(r, SRB_FUNCTION_SHUTDOWN, 0, NULL, 0, 60);
            request_wait(r);
            request_release(r);
        }
    return sp_complete(irp, STATUS_SUCCESS);
}

static NTSTATUS adapter_dispatch(struct adapter *a, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_PNP:
        return pnp(a, irp);
    case IRP_MJ_POWER:
        return adapter_power(a, irp);
    case IRP_MJ_SYSTEM_CONTROL: {
        NTSTATUS status;
        return wmi_request(a, NULL, irp, &status) ? sp_complete(irp, status) : pass_down(a, irp);
    }
    case IRP_MJ_SHUTDOWN:
        return shut_down(a, irp);
    case IRP_MJ_DEVICE_CONTROL:
        return adapter_ioctl(a, irp);
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        irp->IoStatus.Information = 0;
        return sp_complete(irp, STATUS_SUCCESS);
    default:
        return sp_complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

NTSTATUS NTAPI sp_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    struct sp_extension *extension = device->DeviceExtension;

    return extension->kind == SP_UNIT ? pdo_dispatch(extension->owner, irp) : adapter_dispatch(extension->owner, irp);
}
