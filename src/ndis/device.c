/* Device objects of a miniport or filter driver's own, for its control interface. docs: ndis/nf-ndis-ndisregisterdeviceex */
#include "ndis/filter_module.h"

#include <string.h>

struct ndis_device {
    struct ndis_object object;
    PDEVICE_OBJECT device;
    UNICODE_STRING link;
    WCHAR link_buffer[160];
    PDRIVER_DISPATCH major[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

/* The driver's part follows, aligned. */
struct device_extension {
    struct ndis_extension head;
    _Alignas(16) char driver[];
};

const char ndis_extension_mark[] = "NDIS";

struct ndis_extension *ndis_extension_of(PDEVICE_OBJECT device)
{
    struct ndis_extension *extension = device->DeviceExtension;

    return extension && device->Size >= sizeof *device + sizeof *extension && extension->mark == ndis_extension_mark ? extension : NULL;
}

NTSTATUS device_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    struct ndis_device *d = ((struct ndis_extension *)device->DeviceExtension)->owner;
    PDRIVER_DISPATCH routine = d->major[IoGetCurrentIrpStackLocation(irp)->MajorFunction];

    return routine ? routine(device, irp) : ndis_complete_irp(irp, STATUS_NOT_SUPPORTED);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    return ndis_extension_of(device) ? device_dispatch(device, irp) : ndis_complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);
}

/* A filter driver's driver object is its own until it asks NDIS for a device. */
static PDRIVER_OBJECT take_filter_driver(struct filter_driver *driver)
{
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->driver->MajorFunction[i] = dispatch;
    return driver->driver;
}

static PDRIVER_OBJECT driver_object(NDIS_HANDLE handle)
{
    struct adapter *a = ndis_adapter_of(handle);

    if (a)
        return a->driver->driver;
    if (handle && ndis_object_type(handle) == NDIS_FILTER_DRIVER)
        return take_filter_driver(handle);
    return ((struct ndis_driver *)ndis_object_check(handle, NDIS_DRIVER))->driver;
}

static NTSTATUS make_link(struct ndis_device *d, const NDIS_DEVICE_OBJECT_ATTRIBUTES *p)
{
    if (!p->SymbolicName)
        return STATUS_SUCCESS;
    if (p->SymbolicName->Length > sizeof d->link_buffer)
        return STATUS_NAME_TOO_LONG;
    memcpy(d->link_buffer, p->SymbolicName->Buffer, p->SymbolicName->Length);
    d->link = (UNICODE_STRING){ p->SymbolicName->Length, sizeof d->link_buffer, d->link_buffer };
    NTSTATUS status = IoCreateSymbolicLink(&d->link, p->DeviceName);
    if (!NT_SUCCESS(status))
        d->link.Length = 0;
    return status;
}

/* Makes a device object with a name and (optional) symbolic link, served by the driver's own dispatch routines. ExtensionSize:
 * bytes behind NdisGetDeviceReservedExtension. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES, or the status of IoCreateDevice.
 * docs: ndis/nf-ndis-ndisregisterdeviceex */
NDIS_STATUS NTAPI NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle, PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
                                       PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle)
{
    const NDIS_DEVICE_OBJECT_ATTRIBUTES *p = DeviceObjectAttributes;

    *pDeviceObject = NULL;
    *NdisDeviceHandle = NULL;
    if (p->Header.Type != NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES ||
        p->Header.Size < NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 || !p->DeviceName || !p->MajorFunctions)
        return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_device *d = ndis_object_create(NDIS_DEVICE, sizeof *d, NDIS_TAG('N', 'D', 'd', 'v'), NDIS_CALLER());
    if (!d)
        return NDIS_STATUS_RESOURCES;
    memcpy(d->major, p->MajorFunctions, sizeof d->major);
    NTSTATUS status = IoCreateDevice(driver_object(NdisHandle), (ULONG)(sizeof(struct device_extension) + p->ExtensionSize),
                                     p->DeviceName, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &d->device);
    if (!NT_SUCCESS(status)) {
        ndis_object_destroy(d);
        return status;
    }
    struct device_extension *extension = d->device->DeviceExtension;
    extension->head = (struct ndis_extension){ NDIS_DEVICE, d, ndis_extension_mark };
    status = make_link(d, p);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(d->device);
        ndis_object_destroy(d);
        return status;
    }
    d->device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    *pDeviceObject = d->device;
    *NdisDeviceHandle = d;
    return NDIS_STATUS_SUCCESS;
}

/* Removes such a device and its link. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisderegisterdeviceex */
VOID NTAPI NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle)
{
    struct ndis_device *d = ndis_object_check(NdisDeviceHandle, NDIS_DEVICE);

    if (d->link.Length)
        IoDeleteSymbolicLink(&d->link);
    IoDeleteDevice(d->device);
    ndis_object_destroy(d);
}

/* The driver's own part of the device extension. Any IRQL. docs: ndis/nf-ndis-ndisgetdevicereservedextension */
PVOID NTAPI NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject)
{
    struct ndis_extension *extension = ndis_extension_of(DeviceObject);

    return extension && extension->kind == NDIS_DEVICE ? ((struct device_extension *)extension)->driver : NULL;
}
