/* kecho's driver object and control device. */
#include "kecho.h"

#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_UNLOAD Unload;

static NTSTATUS AddQueues(WDFDEVICE device)
{
    WDF_IO_QUEUE_CONFIG config;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = EchoRead;
    config.EvtIoWrite = EchoWrite;
    config.EvtIoDeviceControl = EchoControl;
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
}

static NTSTATUS CreateControlDevice(WDFDRIVER driver)
{
    DECLARE_CONST_UNICODE_STRING(name, KECHO_DEVICE_NAME);
    DECLARE_CONST_UNICODE_STRING(link, KECHO_LINK_NAME);
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDEVICE device = NULL;
    NTSTATUS status;

    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    WdfDeviceInitSetCharacteristics(init, FILE_DEVICE_SECURE_OPEN, TRUE);
    status = WdfDeviceInitAssignName(init, &name);
    if (!NT_SUCCESS(status))
        goto free_init;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, ECHO);
    status = WdfDeviceCreate(&init, &attributes, &device);
    if (!NT_SUCCESS(status))
        goto free_init;
    status = EchoCreate(device);
    if (NT_SUCCESS(status))
        status = DelayCreate(device);
    if (NT_SUCCESS(status))
        status = AddQueues(device);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreateSymbolicLink(device, &link);
    if (!NT_SUCCESS(status))
        goto delete_device;
    WdfControlFinishInitializing(device);
    return STATUS_SUCCESS;

delete_device:
    WdfObjectDelete(device);
    return status;
free_init:
    WdfDeviceInitFree(init);
    return status;
}

static VOID NTAPI Unload(WDFDRIVER driver)
{
    UNREFERENCED_PARAMETER(driver);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "kecho: unloaded\n");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    NTSTATUS status;

    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    config.DriverPoolTag = KECHO_TAG;
    status = WdfDriverCreate(driverObject, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (!NT_SUCCESS(status))
        return status;
    return CreateControlDevice(driver);
}
