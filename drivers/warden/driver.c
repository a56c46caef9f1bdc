/* Loading and unloading, and the control device. */
#include "model.h"

#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_UNLOAD Unload;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL Control;

/* --- the control device ---------------------------------------------------------------------------------------------- */

static NTSTATUS SetPolicy(_In_ WDFREQUEST Request, _In_ size_t Size)
{
    PVOID text = NULL;
    size_t length = 0;
    NTSTATUS status = Size ? WdfRequestRetrieveInputBuffer(Request, 1, &text, &length) : STATUS_SUCCESS;

    if (NT_SUCCESS(status))
        status = PolicySet(Size ? text : "", Size ? length : 0);
    if (NT_SUCCESS(status))
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: a new policy\n");
    return status;
}

/* Text that `fill` writes. */
static NTSTATUS Answer(_In_ WDFREQUEST Request, _In_ SIZE_T (*Fill)(CHAR *Text, SIZE_T Room), _Out_ size_t *Written)
{
    PVOID buffer;
    size_t room;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, 1, &buffer, &room);

    if (NT_SUCCESS(status))
        *Written = Fill(buffer, room);
    return status;
}

static NTSTATUS Count(_In_ WDFREQUEST Request, _Out_ size_t *Written)
{
    PWARDEN_COUNTERS counters;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, sizeof *counters, (PVOID *)&counters, NULL);

    if (NT_SUCCESS(status)) {
        *counters = Counters;
        *Written = sizeof *counters;
    }
    return status;
}

static NTSTATUS Choose(_In_ WDFREQUEST Request)
{
    PWARDEN_DECISION decision;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof *decision, (PVOID *)&decision, NULL);

    return NT_SUCCESS(status) ? PendDecide(decision->Number, decision->Permit != 0) : status;
}

static VOID NTAPI Control(WDFQUEUE queue, WDFREQUEST request, size_t outputLength, size_t inputLength, ULONG code)
{
    size_t written = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(outputLength);
    switch (code) {
    case IOCTL_WARDEN_SET_POLICY: status = SetPolicy(request, inputLength); break;
    case IOCTL_WARDEN_GET_POLICY: status = Answer(request, PolicyText, &written); break;
    case IOCTL_WARDEN_COUNTERS: status = Count(request, &written); break;
    case IOCTL_WARDEN_PENDING: status = Answer(request, PendText, &written); break;
    case IOCTL_WARDEN_DECIDE: status = Choose(request); break;
    default: status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestCompleteWithInformation(request, status, written);
}

static NTSTATUS CreateDevice(_In_ WDFDRIVER Driver, _Out_ WDFDEVICE *Device)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\Warden");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\Warden");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    *Device = NULL;
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WdfDeviceInitSetCharacteristics(init, FILE_DEVICE_SECURE_OPEN, TRUE);
    status = WdfDeviceInitAssignName(init, &name);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, Device);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(init);
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoDeviceControl = Control;
    status = WdfIoQueueCreate(*Device, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreateSymbolicLink(*Device, &link);
    return status;
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static VOID NTAPI Unload(WDFDRIVER driver)
{
    UNREFERENCED_PARAMETER(driver);
    PointsStop();
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: %u permitted, %u blocked, %u pended, %u inspected\n", Counters.Permitted,
               Counters.Blocked, Counters.Pended, Counters.Inspected);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    WDFDEVICE device;
    NTSTATUS status;

    PolicyStart();
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    config.DriverPoolTag = WARDEN_TAG;
    status = WdfDriverCreate(driverObject, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (!NT_SUCCESS(status))
        return status;
    status = PolicyRead(driver);
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: Parameters\\Policy is not understood (status 0x%08x)\n", status);
        return status;
    }
    status = CreateDevice(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = TickCreate(device);
    if (NT_SUCCESS(status))
        status = PendStart();
    if (NT_SUCCESS(status))
        status = PointsStart(WdfDeviceWdmGetDeviceObject(device));
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: cannot start (status 0x%08x)\n", status);
        PointsStop();
        return status;
    }
    WdfControlFinishInitializing(device);
    return STATUS_SUCCESS;
}
