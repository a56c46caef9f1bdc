/* Loading and unloading, and the control device. */
#include "redirect.h"

#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_UNLOAD Unload;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL Control;

/* --- the control device ---------------------------------------------------------------------------------------------- */

static NTSTATUS SetTarget(_In_ WDFREQUEST Request)
{
    PREDIRECT_TARGET target;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof *target, (PVOID *)&target, NULL);

    if (NT_SUCCESS(status))
        status = TargetCheck(target);
    return NT_SUCCESS(status) ? ConnectRetarget(target) : status;
}

/* Size bytes at Source. */
static NTSTATUS Answer(_In_ WDFREQUEST Request, _In_reads_bytes_(Size) const VOID *Source, _In_ size_t Size, _Out_ size_t *Written)
{
    PVOID buffer;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, Size, &buffer, NULL);

    *Written = 0;
    if (NT_SUCCESS(status)) {
        RtlCopyMemory(buffer, Source, Size);
        *Written = Size;
    }
    return status;
}

static VOID NTAPI Control(WDFQUEUE queue, WDFREQUEST request, size_t outputLength, size_t inputLength, ULONG code)
{
    REDIRECT_COUNTERS counters = Counters;
    REDIRECT_TARGET target = TargetGet();
    size_t written = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(outputLength);
    UNREFERENCED_PARAMETER(inputLength);
    switch (code) {
    case IOCTL_REDIRECT_SET_TARGET: status = SetTarget(request); break;
    case IOCTL_REDIRECT_GET_TARGET: status = Answer(request, &target, sizeof target, &written); break;
    case IOCTL_REDIRECT_COUNTERS: status = Answer(request, &counters, sizeof counters, &written); break;
    default: status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestCompleteWithInformation(request, status, written);
}

/* The queue's handler runs at PASSIVE_LEVEL: it changes filters. */
static NTSTATUS CreateQueue(_In_ WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoDeviceControl = Control;
    return WdfIoQueueCreate(Device, &config, &attributes, NULL);
}

static NTSTATUS CreateDevice(_In_ WDFDRIVER Driver, _Out_ WDFDEVICE *Device)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\Redirect");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\Redirect");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    NTSTATUS status;

    *Device = NULL;
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WdfDeviceInitSetDeviceType(init, FILE_DEVICE_NETWORK);
    WdfDeviceInitSetCharacteristics(init, FILE_DEVICE_SECURE_OPEN, TRUE);
    status = WdfDeviceInitAssignName(init, &name);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, Device);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(init);
        return status;
    }
    status = CreateQueue(*Device);
    return NT_SUCCESS(status) ? WdfDeviceCreateSymbolicLink(*Device, &link) : status;
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static VOID NTAPI Unload(WDFDRIVER driver)
{
    UNREFERENCED_PARAMETER(driver);
    ConnectStop();
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "redirect: %u connects redirected, %u restored\n", Counters.Redirected, Counters.Restored);
}

_Use_decl_annotations_
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath)
{
    WDF_DRIVER_CONFIG config;
    REDIRECT_TARGET target;
    WDFDRIVER driver;
    WDFDEVICE device;
    NTSTATUS status;

    TargetStart();
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    config.DriverPoolTag = REDIRECT_TAG;
    status = WdfDriverCreate(driverObject, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (!NT_SUCCESS(status))
        return status;
    status = TargetRead(driver, &target);
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL,
                   "redirect: Parameters\\Port, Target and TargetPort are not understood (status 0x%08x)\n", status);
        return status;
    }
    status = CreateDevice(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = ConnectStart(WdfDeviceWdmGetDeviceObject(device));
    if (NT_SUCCESS(status))
        status = ConnectRetarget(&target);
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "redirect: cannot start (status 0x%08x)\n", status);
        ConnectStop();
        return status;
    }
    WdfControlFinishInitializing(device);
    return STATUS_SUCCESS;
}
