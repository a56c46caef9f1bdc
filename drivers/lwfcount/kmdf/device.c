/* The control device. */
#include "lwfcount.h"

#include <wdf.h>
#include <wdmsec.h>

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL Control;
static WDFDEVICE Device;                /* NULL: there is none */

_Use_decl_annotations_
static VOID Control(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    PCOUNTERS sum;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    if (IoControlCode == IOCTL_LWFCOUNT_QUERY)
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof(*sum), (PVOID *)&sum, NULL);
    if (NT_SUCCESS(status))
        FilterSum(sum);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(*sum) : 0);
}

/* Frees `init` when it fails. */
static NTSTATUS Make(_In_ PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\LwfCount");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\LwfCount");
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    WdfDeviceInitSetCharacteristics(Init, FILE_DEVICE_SECURE_OPEN, TRUE);
    status = WdfDeviceInitAssignName(Init, &name);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(Init);
        Device = NULL;
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = Control;
    status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    return NT_SUCCESS(status) ? WdfDeviceCreateSymbolicLink(Device, &link) : status;
}

VOID DeviceCreate(VOID)
{
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(WdfGetDriver(), &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);

    if (init == NULL)
        return;
    if (NT_SUCCESS(Make(init)))
        WdfControlFinishInitializing(Device);
    else
        DeviceDelete();
}

VOID DeviceDelete(VOID)
{
    if (Device != NULL)
        WdfObjectDelete(Device);
    Device = NULL;
}
