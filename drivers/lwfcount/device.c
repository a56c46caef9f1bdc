/* The control device. */
#include "lwfcount.h"

static DRIVER_DISPATCH Dispatch;

static VOID SumAll(PCOUNTERS Sum)
{
    COUNTERS one;

    NdisZeroMemory(Sum, sizeof(*Sum));
    NdisAcquireSpinLock(&Driver.Lock);
    for (PLIST_ENTRY link = Driver.Modules.Flink; link != &Driver.Modules; link = link->Flink) {
        ModuleSum(CONTAINING_RECORD(link, MODULE, Link), &one);
        for (ULONG i = 0; i < sizeof(one) / sizeof(ULONG64); i++)
            ((PULONG64)Sum)[i] += ((PULONG64)&one)[i];
    }
    NdisReleaseSpinLock(&Driver.Lock);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_LWFCOUNT_QUERY)
            status = STATUS_INVALID_DEVICE_REQUEST;
        else if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(COUNTERS))
            status = STATUS_BUFFER_TOO_SMALL;
        else {
            SumAll((PCOUNTERS)Irp->AssociatedIrp.SystemBuffer);
            Irp->IoStatus.Information = sizeof(COUNTERS);
        }
    }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

NDIS_STATUS DeviceCreate(VOID)
{
    PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\LwfCount"), link = NDIS_STRING_CONST("\\DosDevices\\LwfCount");
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes;
    PDEVICE_OBJECT device;

    NdisZeroMemory(dispatch, sizeof(dispatch));
    dispatch[IRP_MJ_CREATE] = dispatch[IRP_MJ_CLEANUP] = dispatch[IRP_MJ_CLOSE] = Dispatch;
    dispatch[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.Header.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES;
    attributes.Header.Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
    attributes.Header.Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
    attributes.DeviceName = &name;
    attributes.SymbolicName = &link;
    attributes.MajorFunctions = dispatch;
    return NdisRegisterDeviceEx(Driver.Handle, &attributes, &device, &Driver.Device);
}
