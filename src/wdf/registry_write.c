/* Registry values: writing. And the keys of a driver. Every function: PASSIVE_LEVEL.
 * docs: wdf/using-the-registry-in-framework-based-drivers */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/key.h"
#include "wdf/memory.h"

#include "nt/text.h"

static NTSTATUS assign(PWDF_DRIVER_GLOBALS globals, WDFKEY key, PCUNICODE_STRING name, ULONG type, const void *data, size_t size,
                       const void *caller)
{
    wdf_need(name, caller);
    wdf_check(key, &wdf_key_type, caller);
    return ZwSetValueKey(WdfRegistryWdmGetHandle(globals, key), (PUNICODE_STRING)name, 0, type, (PVOID)data, (ULONG)size);
}

/* docs: wdfregistry/nf-wdfregistry-wdfregistryassignvalue */
NTSTATUS NTAPI WdfRegistryAssignValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
                                      ULONG ValueLength, PVOID Value)
{
    const void *caller = WDF_CALLER();

    wdf_need(Value, caller);
    return assign(DriverGlobals, Key, ValueName, ValueType, Value, ValueLength, caller);
}

/* The bytes of a memory object, or a part of them. STATUS_INTEGER_OVERFLOW: the part lies outside.
 * docs: wdfregistry/nf-wdfregistry-wdfregistryassignmemory */
NTSTATUS NTAPI WdfRegistryAssignMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
                                       WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets)
{
    const void *caller = WDF_CALLER();
    struct wdf_memory *memory = wdf_check(Memory, &wdf_memory_type, caller);
    void *buffer;
    size_t size;

    if (!wdf_memory_range(memory, MemoryOffsets, &buffer, &size))
        return STATUS_INTEGER_OVERFLOW;
    return assign(DriverGlobals, Key, ValueName, ValueType, buffer, size, caller);
}

/* docs: wdfregistry/nf-wdfregistry-wdfregistryassignulong */
NTSTATUS NTAPI WdfRegistryAssignULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value)
{
    return assign(DriverGlobals, Key, ValueName, REG_DWORD, &Value, sizeof Value, WDF_CALLER());
}

static NTSTATUS assign_text(PWDF_DRIVER_GLOBALS globals, WDFKEY key, PCUNICODE_STRING name, const UNICODE_STRING *text,
                            const void *caller)
{
    WCHAR *copy = wdf_alloc(wdf_client_of(globals), PagedPool, text->Length + sizeof(WCHAR), caller);

    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (text->Length)
        memcpy(copy, text->Buffer, text->Length);
    copy[text->Length / sizeof(WCHAR)] = 0;
    NTSTATUS status = assign(globals, key, name, REG_SZ, copy, text->Length + sizeof(WCHAR), caller);
    wdf_free(copy);
    return status;
}

/* As REG_SZ, with a terminator. docs: wdfregistry/nf-wdfregistry-wdfregistryassignunicodestring */
NTSTATUS NTAPI WdfRegistryAssignUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                              PCUNICODE_STRING Value)
{
    const void *caller = WDF_CALLER();

    wdf_need(Value, caller);
    return assign_text(DriverGlobals, Key, ValueName, Value, caller);
}

/* docs: wdfregistry/nf-wdfregistry-wdfregistryassignstring */
NTSTATUS NTAPI WdfRegistryAssignString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
    const void *caller = WDF_CALLER();
    UNICODE_STRING text;

    wdf_check(String, &wdf_string_type, caller);
    WdfStringGetUnicodeString(DriverGlobals, String, &text);
    return assign_text(DriverGlobals, Key, ValueName, &text, caller);
}

/* The strings of a collection as REG_MULTI_SZ. docs: wdfregistry/nf-wdfregistry-wdfregistryassignmultistring */
NTSTATUS NTAPI WdfRegistryAssignMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                            WDFCOLLECTION StringsCollection)
{
    const void *caller = WDF_CALLER();
    ULONG count = WdfCollectionGetCount(DriverGlobals, StringsCollection);
    size_t size = sizeof(WCHAR);
    UNICODE_STRING text;

    for (ULONG i = 0; i < count; i++) {
        WdfStringGetUnicodeString(DriverGlobals, (WDFSTRING)WdfCollectionGetItem(DriverGlobals, StringsCollection, i), &text);
        size += text.Length + sizeof(WCHAR);
    }
    WCHAR *all = wdf_alloc(wdf_client_of(DriverGlobals), PagedPool, size, caller), *at = all;
    if (!all)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(all, 0, size);
    for (ULONG i = 0; i < count; i++) {
        WdfStringGetUnicodeString(DriverGlobals, (WDFSTRING)WdfCollectionGetItem(DriverGlobals, StringsCollection, i), &text);
        if (text.Length)
            memcpy(at, text.Buffer, text.Length);
        at += text.Length / sizeof(WCHAR) + 1;
    }
    NTSTATUS status = assign(DriverGlobals, Key, ValueName, REG_MULTI_SZ, all, size, caller);
    wdf_free(all);
    return status;
}

/* --- keys of a driver ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS open_driver_key(PWDF_DRIVER_GLOBALS globals, WDFDRIVER driver, DRIVER_REGKEY_TYPE type, ACCESS_MASK access,
                                PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFKEY *key)
{
    PDRIVER_OBJECT wdm = ((struct wdf_driver *)wdf_check(driver, &wdf_driver_type, caller))->wdm;
    HANDLE handle;

    wdf_need(key, caller);
    *key = NULL;
    NTSTATUS status = IoOpenDriverRegistryKey(wdm, type, access, 0, &handle);
    return NT_SUCCESS(status) ? wdf_key_new(wdf_client_of(globals), attributes, NULL, handle, caller, key) : status;
}

/* The driver's Parameters key. docs: wdfdriver/nf-wdfdriver-wdfdriveropenparametersregistrykey */
NTSTATUS NTAPI WdfDriverOpenParametersRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
                                                  PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return open_driver_key(DriverGlobals, Driver, DriverRegKeyParameters, DesiredAccess, KeyAttributes, WDF_CALLER(), Key);
}

/* Where the driver keeps what outlives it. docs: wdfdriver/nf-wdfdriver-wdfdriveropenpersistentstateregistrykey */
NTSTATUS NTAPI WdfDriverOpenPersistentStateRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                       ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
                                                       WDFKEY *Key)
{
    return open_driver_key(DriverGlobals, Driver, DriverRegKeyPersistentState, DesiredAccess, KeyAttributes, WDF_CALLER(), Key);
}

static NTSTATUS open_device_key(struct wdf_client *client, PDEVICE_OBJECT pdo, ULONG type, ACCESS_MASK access,
                                PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFKEY *key)
{
    HANDLE handle;

    *key = NULL;
    if (!pdo)
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = IoOpenDeviceRegistryKey(pdo, type & 3, access, &handle);
    return NT_SUCCESS(status) ? wdf_key_new(client, attributes, NULL, handle, caller, key) : status;
}

/* The hardware (PLUGPLAY_REGKEY_DEVICE) or software key (PLUGPLAY_REGKEY_DRIVER) of a PnP device.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceopenregistrykey */
NTSTATUS NTAPI WdfDeviceOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, ULONG DeviceInstanceKeyType,
                                        ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(Key, caller);
    return open_device_key(device->object.client, device->pdo, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, caller, Key);
}

/* The same before the device is made. docs: wdffdo/nf-wdffdo-wdffdoinitopenregistrykey */
NTSTATUS NTAPI WdfFdoInitOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                         ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                         PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    const void *caller = WDF_CALLER();

    wdf_need(DeviceInit, caller);
    wdf_need(Key, caller);
    return open_device_key(DeviceInit->client, DeviceInit->pdo, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, caller, Key);
}
