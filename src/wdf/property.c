/* Properties of PnP devices. Every function: PASSIVE_LEVEL. docs: wdf/obtaining-device-properties */
#include "wdf/device.h"

#include "wdf/memory.h"

NTSTATUS wdf_property_alloc(struct wdf_client *client, PDEVICE_OBJECT pdo, DEVICE_REGISTRY_PROPERTY property, POOL_TYPE pool,
                            PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFMEMORY *memory)
{
    ULONG length = 0;
    NTSTATUS status;

    *memory = NULL;
    if (!pdo)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = IoGetDeviceProperty(pdo, property, 0, NULL, &length);
    if (status != STATUS_BUFFER_TOO_SMALL)
        return NT_SUCCESS(status) ? STATUS_RESOURCE_DATA_NOT_FOUND : status;
    void *buffer = wdf_alloc(client, PagedPool, length, caller);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = IoGetDeviceProperty(pdo, property, length, buffer, &length);
    if (NT_SUCCESS(status))
        status = wdf_memory_copy_of(client, attributes, pool, buffer, length, caller, memory);
    wdf_free(buffer);
    return status;
}

/* ResultLength: the bytes it takes. STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST without a PDO, and what
 * IoGetDeviceProperty answers. docs: wdfdevice/nf-wdfdevice-wdfdevicequeryproperty */
NTSTATUS NTAPI WdfDeviceQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                      ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(ResultLength, caller);
    return device->pdo ? IoGetDeviceProperty(device->pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength) :
                         STATUS_INVALID_DEVICE_REQUEST;
}

/* The property as a new memory object. docs: wdfdevice/nf-wdfdevice-wdfdeviceallocandqueryproperty */
NTSTATUS NTAPI WdfDeviceAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                              DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                              PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(PropertyMemory, caller);
    return wdf_property_alloc(device->object.client, device->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, caller,
                          PropertyMemory);
}

/* Before the device is made. docs: wdffdo/nf-wdffdo-wdffdoinitqueryproperty */
NTSTATUS NTAPI WdfFdoInitQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                       DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                       PULONG ResultLength)
{
    const void *caller = WDF_CALLER();

    wdf_need(DeviceInit, caller);
    wdf_need(ResultLength, caller);
    return DeviceInit->pdo ? IoGetDeviceProperty(DeviceInit->pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength) :
                             STATUS_INVALID_DEVICE_REQUEST;
}

/* docs: wdffdo/nf-wdffdo-wdffdoinitallocandqueryproperty */
NTSTATUS NTAPI WdfFdoInitAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                               DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                               PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    const void *caller = WDF_CALLER();

    wdf_need(DeviceInit, caller);
    wdf_need(PropertyMemory, caller);
    return wdf_property_alloc(DeviceInit->client, DeviceInit->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, caller,
                          PropertyMemory);
}

/* --- the unified property model ------------------------------------------------------------------------------------------------ */

static NTSTATUS query_ex(PDEVICE_OBJECT pdo, const WDF_DEVICE_PROPERTY_DATA *p, ULONG length, PVOID buffer, PULONG needed,
                         PDEVPROPTYPE type)
{
    if (p->Size != sizeof *p)
        return STATUS_INFO_LENGTH_MISMATCH;
    return pdo ? IoGetDevicePropertyData(pdo, p->PropertyKey, p->Lcid, p->Flags, length, buffer, needed, type) :
                 STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS alloc_ex(struct wdf_client *client, PDEVICE_OBJECT pdo, const WDF_DEVICE_PROPERTY_DATA *p, POOL_TYPE pool,
                         PWDF_OBJECT_ATTRIBUTES attributes, WDFMEMORY *memory, PDEVPROPTYPE type, const void *caller)
{
    ULONG length = 0;

    *memory = NULL;
    NTSTATUS status = query_ex(pdo, p, 0, NULL, &length, type);
    if (status != STATUS_BUFFER_TOO_SMALL)
        return NT_SUCCESS(status) ? STATUS_RESOURCE_DATA_NOT_FOUND : status;
    void *buffer = wdf_alloc(client, PagedPool, length, caller);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = query_ex(pdo, p, length, buffer, &length, type);
    if (NT_SUCCESS(status))
        status = wdf_memory_copy_of(client, attributes, pool, buffer, length, caller, memory);
    wdf_free(buffer);
    return status;
}

/* RequiredSize and Type as of IoGetDevicePropertyData. docs: wdfdevice/nf-wdfdevice-wdfdevicequerypropertyex */
NTSTATUS NTAPI WdfDeviceQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                        PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                        PULONG RequiredSize, PDEVPROPTYPE Type)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(DeviceProperty, caller);
    return query_ex(device->pdo, DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type);
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceallocandquerypropertyex */
NTSTATUS NTAPI WdfDeviceAllocAndQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                                PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory,
                                                PDEVPROPTYPE Type)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(DeviceProperty, caller);
    wdf_need(PropertyMemory, caller);
    return alloc_ex(device->object.client, device->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type,
                    caller);
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceassignproperty */
NTSTATUS NTAPI WdfDeviceAssignProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                       PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(DeviceProperty, caller);
    if (DeviceProperty->Size != sizeof *DeviceProperty)
        return STATUS_INFO_LENGTH_MISMATCH;
    return device->pdo ? IoSetDevicePropertyData(device->pdo, DeviceProperty->PropertyKey, DeviceProperty->Lcid,
                                                 DeviceProperty->Flags, Type, Size, Data) : STATUS_INVALID_DEVICE_REQUEST;
}

/* docs: wdffdo/nf-wdffdo-wdffdoinitquerypropertyex */
NTSTATUS NTAPI WdfFdoInitQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                         PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                         PULONG ResultLength, PDEVPROPTYPE Type)
{
    const void *caller = WDF_CALLER();

    wdf_need(DeviceInit, caller);
    wdf_need(DeviceProperty, caller);
    return query_ex(DeviceInit->pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength, Type);
}

/* docs: wdffdo/nf-wdffdo-wdffdoinitallocandquerypropertyex */
NTSTATUS NTAPI WdfFdoInitAllocAndQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                                 PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory,
                                                 PDEVPROPTYPE Type)
{
    const void *caller = WDF_CALLER();

    wdf_need(DeviceInit, caller);
    wdf_need(DeviceProperty, caller);
    wdf_need(PropertyMemory, caller);
    return alloc_ex(DeviceInit->client, DeviceInit->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type,
                    caller);
}
