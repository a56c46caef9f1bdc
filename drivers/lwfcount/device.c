/* The control device. */
#include "lwfcount.h"

static DRIVER_DISPATCH Dispatch;
static NDIS_HANDLE Handle;               /* NULL: there is no device */

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
            FilterSum((PCOUNTERS)Irp->AssociatedIrp.SystemBuffer);
            Irp->IoStatus.Information = sizeof(COUNTERS);
        }
    }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

VOID DeviceCreate(VOID)
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
    if (NdisRegisterDeviceEx(Driver.Handle, &attributes, &device, &Handle) != NDIS_STATUS_SUCCESS)
        Handle = NULL;
}

VOID DeviceDelete(VOID)
{
    if (Handle != NULL)
        NdisDeregisterDeviceEx(Handle);
    Handle = NULL;
}
