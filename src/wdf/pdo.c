/* What a PDO answers to the PnP manager. docs: wdf/static-enumeration, kernel/pnp-minor-irps */
#include "wdf/pdo.h"

#include "nt/io.h"
#include "nt/pool.h"

#define PNP_TAG 0x50647657u             /* "WvdP" */

/* A copy of the characters in pool memory, with `ends` null characters. No text: the status the request has. */
static NTSTATUS give(PIRP irp, const UNICODE_STRING *text, unsigned ends)
{
    char *copy;

    if (!text->Length)
        return irp->IoStatus.Status;
    copy = pool_alloc(PagedPool, text->Length + ends * sizeof(WCHAR), PNP_TAG, NULL);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, text->Buffer, text->Length);
    memset(copy + text->Length, 0, ends * sizeof(WCHAR));
    irp->IoStatus.Information = (ULONG_PTR)copy;
    return STATUS_SUCCESS;
}

static NTSTATUS query_id(const struct pdo_settings *settings, PIRP irp, BUS_QUERY_ID_TYPE type)
{
    switch (type) {
    case BusQueryDeviceID:
        return give(irp, &settings->device_id, 1);
    case BusQueryInstanceID:
        return give(irp, &settings->instance_id, 1);
    case BusQueryHardwareIDs:
        return give(irp, &settings->hardware_ids, 1);
    case BusQueryCompatibleIDs:
        return give(irp, &settings->compatible_ids, 1);
    case BusQueryContainerID:
        return give(irp, &settings->container_id, 1);
    default:
        return irp->IoStatus.Status;
    }
}

static const struct pdo_text *text_in(const struct pdo_settings *settings, LCID locale)
{
    list_each(it, &settings->texts) {
        const struct pdo_text *text = container_of(it, struct pdo_text, node);
        if (text->locale == locale)
            return text;
    }
    return NULL;
}

static NTSTATUS query_text(const struct pdo_settings *settings, PIRP irp, DEVICE_TEXT_TYPE type, LCID locale)
{
    const struct pdo_text *text = text_in(settings, locale);

    if (!text)
        text = text_in(settings, settings->locale);
    if (!text)
        return irp->IoStatus.Status;
    return give(irp, type == DeviceTextDescription ? &text->description : &text->location, 1);
}

static NTSTATUS give_relations(PIRP irp, PDEVICE_OBJECT *devices, ULONG count)
{
    PDEVICE_RELATIONS relations = pool_alloc(PagedPool, sizeof *relations + count * sizeof devices[0], PNP_TAG, NULL);

    if (!relations)
        return STATUS_INSUFFICIENT_RESOURCES;
    relations->Count = count;
    for (ULONG i = 0; i < count; i++) {
        ObReferenceObject(devices[i]);
        relations->Objects[i] = devices[i];
    }
    irp->IoStatus.Information = (ULONG_PTR)relations;
    return STATUS_SUCCESS;
}

static NTSTATUS query_relations(struct wdf_device *device, PIRP irp, DEVICE_RELATION_TYPE type)
{
    const struct pdo_settings *settings = device->settings.pdo;

    if (type == TargetDeviceRelation)
        return give_relations(irp, &device->wdm, 1);
    if (type == EjectionRelations && settings->ejected_count)
        return give_relations(irp, settings->ejected, settings->ejected_count);
    return irp->IoStatus.Status;
}

static NTSTATUS query_bus(struct wdf_device *device, PIRP irp)
{
    PPNP_BUS_INFORMATION information;

    if (!device->parent->has_bus_information)
        return irp->IoStatus.Status;
    information = pool_alloc(PagedPool, sizeof *information, PNP_TAG, NULL);
    if (!information)
        return STATUS_INSUFFICIENT_RESOURCES;
    *information = device->parent->bus_information;
    irp->IoStatus.Information = (ULONG_PTR)information;
    return STATUS_SUCCESS;
}

static NTSTATUS eject(struct wdf_device *device, PIRP irp)
{
    PFN_WDF_DEVICE_EJECT callback = device->settings.pdo->events.EvtDeviceEject;
    NTSTATUS status = irp->IoStatus.Status;

    if (callback)
        WDF_CALL_STATUS(status, callback, (WDFDEVICE)device);
    return status;
}

static NTSTATUS set_lock(struct wdf_device *device, PIRP irp, BOOLEAN lock)
{
    PFN_WDF_DEVICE_SET_LOCK callback = device->settings.pdo->events.EvtDeviceSetLock;
    NTSTATUS status = irp->IoStatus.Status;

    if (callback)
        WDF_CALL_STATUS(status, callback, (WDFDEVICE)device, lock);
    return status;
}

void wdf_pdo_capabilities(struct wdf_device *device, PDEVICE_CAPABILITIES caps)
{
    caps->RawDeviceOK = device->settings.pdo->raw;
    caps->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (unsigned i = PowerSystemSleeping1; i < PowerSystemMaximum; i++)
        caps->DeviceState[i] = PowerDeviceD3;
}

bool wdf_pdo_answers(struct wdf_device *device, PIRP irp, NTSTATUS *status)
{
    const struct pdo_settings *settings = device->settings.pdo;
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    switch (s->MinorFunction) {
    case IRP_MN_QUERY_ID:
        *status = query_id(settings, irp, s->Parameters.QueryId.IdType);
        return true;
    case IRP_MN_QUERY_DEVICE_TEXT:
        *status = query_text(settings, irp, s->Parameters.QueryDeviceText.DeviceTextType, s->Parameters.QueryDeviceText.LocaleId);
        return true;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        *status = query_relations(device, irp, s->Parameters.QueryDeviceRelations.Type);
        return true;
    case IRP_MN_QUERY_BUS_INFORMATION:
        *status = query_bus(device, irp);
        return true;
    case IRP_MN_EJECT:
        *status = eject(device, irp);
        return true;
    case IRP_MN_SET_LOCK:
        *status = set_lock(device, irp, s->Parameters.SetLock.Lock);
        return true;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        *status = wdf_query_requirements(device, irp, settings->events.EvtDeviceResourceRequirementsQuery);
        return true;
    case IRP_MN_QUERY_RESOURCES:
        *status = wdf_query_resources(device, irp, settings->events.EvtDeviceResourcesQuery);
        return true;
    case IRP_MN_DEVICE_ENUMERATED:
        *status = STATUS_SUCCESS;
        return true;
    default:
        return false;
    }
}

/* --- ejected with it ------------------------------------------------------------------------------------------------------ */

/* The settings, or NULL when the device is none of a bus driver's. */
static struct pdo_settings *settings_of(WDFDEVICE handle, const void *caller)
{
    return wdf_device_check(handle, caller)->settings.pdo;
}

static ULONG find(const struct pdo_settings *settings, PDEVICE_OBJECT wdm)
{
    ULONG i = 0;

    while (i < settings->ejected_count && settings->ejected[i] != wdm)
        i++;
    return i;
}

/* A device that is ejected together with this one. <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER (NULL, or not a PDO of the driver's),
 * STATUS_INSUFFICIENT_RESOURCES. docs: wdfpdo/nf-wdfpdo-wdfpdoaddejectionrelationsphysicaldevice */
NTSTATUS NTAPI WdfPdoAddEjectionRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                        PDEVICE_OBJECT PhysicalDevice)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = settings_of(Device, caller);
    PDEVICE_OBJECT *devices;

    if (!settings || !PhysicalDevice)
        return STATUS_INVALID_PARAMETER;
    if (find(settings, PhysicalDevice) < settings->ejected_count)
        return STATUS_SUCCESS;
    devices = wdf_alloc(wdf_client_of(DriverGlobals), NonPagedPoolNx, (settings->ejected_count + 1) * sizeof *devices, caller);
    if (!devices)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (settings->ejected) {
        memcpy(devices, settings->ejected, settings->ejected_count * sizeof *devices);
        wdf_free(settings->ejected);
    }
    ObReferenceObject(PhysicalDevice);
    settings->ejected = devices;
    devices[settings->ejected_count++] = PhysicalDevice;
    return STATUS_SUCCESS;
}

/* <= DISPATCH_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdoremoveejectionrelationsphysicaldevice */
VOID NTAPI WdfPdoRemoveEjectionRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                       PDEVICE_OBJECT PhysicalDevice)
{
    struct pdo_settings *settings = settings_of(Device, WDF_CALLER());
    ULONG at = settings ? find(settings, PhysicalDevice) : 0;

    if (!settings || at == settings->ejected_count)
        return;
    ObDereferenceObject(PhysicalDevice);
    settings->ejected[at] = settings->ejected[--settings->ejected_count];
}

void wdf_pdo_forget_ejected(struct pdo_settings *settings)
{
    while (settings->ejected_count)
        ObDereferenceObject(settings->ejected[--settings->ejected_count]);
    if (settings->ejected)
        wdf_free(settings->ejected);
    settings->ejected = NULL;
}

/* <= DISPATCH_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdoclearejectionrelationsdevices */
VOID NTAPI WdfPdoClearEjectionRelationsDevices(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct pdo_settings *settings = settings_of(Device, WDF_CALLER());

    if (settings)
        wdf_pdo_forget_ejected(settings);
}
