/* Registration with NDIS, and a control device that says how many ports there are. */
#include "vhub.h"

static DRIVER_DISPATCH Dispatch;

HUB Hub;

#define IOCTL_VHUB_COUNT CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

_Use_decl_annotations_
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_VHUB_COUNT)
            status = STATUS_INVALID_DEVICE_REQUEST;
        else if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
            status = STATUS_BUFFER_TOO_SMALL;
        else {
            *(PULONG)Irp->AssociatedIrp.SystemBuffer = Hub.Count;
            Irp->IoStatus.Information = sizeof(ULONG);
        }
    }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static NDIS_STATUS CreateDevice(VOID)
{
    PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\VHub"), link = NDIS_STRING_CONST("\\DosDevices\\VHub");
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
    return NdisRegisterDeviceEx(Hub.Driver, &attributes, &device, &Hub.Device);
}

_Use_decl_annotations_
NDIS_STATUS HubRegister(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, MINIPORT_UNLOAD *Unload)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics;
    NDIS_STATUS status;

    NdisAllocateSpinLock(&Hub.Lock);
    InitializeListHead(&Hub.Ports);
    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
    characteristics.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
    characteristics.MajorNdisVersion = NDIS_MINIPORT_MAJOR_VERSION;
    characteristics.MinorNdisVersion = NDIS_MINIPORT_MINOR_VERSION;
    characteristics.MajorDriverVersion = 1;
    characteristics.InitializeHandlerEx = PortInitialize;
    characteristics.HaltHandlerEx = PortHalt;
    characteristics.UnloadHandler = Unload;
    characteristics.PauseHandler = PortPause;
    characteristics.RestartHandler = PortRestart;
    characteristics.OidRequestHandler = PortRequest;
    characteristics.SendNetBufferListsHandler = PortSend;
    characteristics.ReturnNetBufferListsHandler = PortReturn;
    characteristics.CancelSendHandler = PortCancelSend;
    characteristics.DevicePnPEventNotifyHandler = PortPnPEvent;
    characteristics.ShutdownHandlerEx = PortShutdown;
    characteristics.CancelOidRequestHandler = PortCancelRequest;
    status = NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &characteristics, &Hub.Driver);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = CreateDevice();
    if (status != NDIS_STATUS_SUCCESS)
        NdisMDeregisterMiniportDriver(Hub.Driver);
    return status;
}

VOID HubDeregister(VOID)
{
    NdisDeregisterDeviceEx(Hub.Device);
    NdisMDeregisterMiniportDriver(Hub.Driver);
    NdisFreeSpinLock(&Hub.Lock);
}
