/* Instance names by device and by file. <= APC_LEVEL. */
#include "nt/wmi_client.h"

static NTSTATUS copy_name(const WCHAR *name, PUNICODE_STRING result)
{
    UNICODE_STRING from;
    PWCH buffer;

    RtlInitUnicodeString(&from, name);
    buffer = pool_alloc(NonPagedPoolNx, from.Length + sizeof(WCHAR), IO_TAG_NAME, NULL);
    if (buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(buffer, from.Buffer, from.Length + sizeof(WCHAR));
    *result = (UNICODE_STRING){ from.Length, (USHORT)(from.Length + sizeof(WCHAR)), buffer };
    return STATUS_SUCCESS;
}

static const WCHAR *name_of(PDEVICE_OBJECT device, const GUID *class)
{
    list_each(it, &wmi_providers) {
        struct wmi_provider *p = container_of(it, struct wmi_provider, node);
        ULONG at = 0;
        struct wmi_block *b = p->device == device ? wmi_find(p, class, &at) : NULL;

        if (b != NULL && b->names != NULL && b->instances != 0)
            return b->names[0];
    }
    return NULL;
}

/* The first name that the device, or one of those attached above it, has for its instances of the class. */
static NTSTATUS find_name(void *block, PDEVICE_OBJECT device, PUNICODE_STRING result)
{
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(block, WMIGUID_ALL_ACCESS, &status);

    *result = (UNICODE_STRING){ 0 };
    if (client == NULL)
        return status;
    for (; device != NULL; device = device->AttachedDevice) {
        const WCHAR *name = name_of(device, &client->guid);
        if (name != NULL)
            return copy_name(name, result);
    }
    return STATUS_WMI_INSTANCE_NOT_FOUND;
}

/* The name of the device's first instance of the class. InstanceName->Buffer is the caller's to free with ExFreePool. <= APC_LEVEL.
 * STATUS_WMI_INSTANCE_NOT_FOUND, also for a driver that names its instances itself. docs: wdm/nf-wdm-iowmideviceobjecttoinstancename */
NTSTATUS NTAPI IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject, PDEVICE_OBJECT DeviceObject, PUNICODE_STRING InstanceName)
{
    return find_name(DataBlockObject, DeviceObject, InstanceName);
}

/* The same for the device of an open file. <= APC_LEVEL. STATUS_INVALID_HANDLE and others of a handle.
 * docs: wdm/nf-wdm-iowmihandletoinstancename */
NTSTATUS NTAPI IoWMIHandleToInstanceName(PVOID DataBlockObject, HANDLE FileHandle, PUNICODE_STRING InstanceName)
{
    void *file;
    NTSTATUS status = ob_from_handle(FileHandle, 0, IoFileObjectType, KernelMode, &file);

    if (!NT_SUCCESS(status))
        return status;
    status = find_name(DataBlockObject, ((PFILE_OBJECT)file)->DeviceObject, InstanceName);
    ob_dereference(file);
    return status;
}
