/* Registration and unloading. The device comes before the protocol: a binding without ports is fine, the reverse, too. */
#include "rawport.h"
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

DRIVER Driver;

static NTSTATUS CreateDevice(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\RawPort"), link = RTL_CONSTANT_STRING(L"\\DosDevices\\RawPort");
    NTSTATUS status;

    status = IoCreateDeviceSecure(DriverObject, 0, &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE,
                                  &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &Driver.Device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Driver.Device);
        return status;
    }
    Driver.Device->Flags |= DO_DIRECT_IO;
    Driver.Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID DeleteDevice(VOID)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\RawPort");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Driver.Device);
}

static NDIS_STATUS RegisterProtocol(VOID)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = { 0 };

    characteristics.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.MajorNdisVersion = 6;
    characteristics.MinorNdisVersion = 30;
    characteristics.MajorDriverVersion = 1;
    NdisInitUnicodeString(&characteristics.Name, L"RAWPORT");
    characteristics.BindAdapterHandlerEx = BindingCreate;
    characteristics.UnbindAdapterHandlerEx = BindingDestroy;
    characteristics.OpenAdapterCompleteHandlerEx = BindingOpened;
    characteristics.CloseAdapterCompleteHandlerEx = BindingClosed;
    characteristics.OidRequestCompleteHandler = OidDone;
    characteristics.NetPnPEventHandler = BindingEvent;
    characteristics.StatusHandlerEx = BindingStatus;
    characteristics.ReceiveNetBufferListsHandler = ReceiveFrames;
    characteristics.SendNetBufferListsCompleteHandler = SendDone;
    return NdisRegisterProtocolDriver(NULL, &characteristics, &Driver.Protocol);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&Driver.Lock);
    ExInitializeFastMutex(&Driver.FilterLock);
    InitializeListHead(&Driver.Bindings);
    InitializeListHead(&Driver.Ports);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PortCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PortCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PortClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = ReceiveRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = SendWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ControlDispatch;
    status = CreateDevice(DriverObject);
    if (!NT_SUCCESS(status))
        return status;
    status = RegisterProtocol();
    if (status != NDIS_STATUS_SUCCESS)
        DeleteDevice();
    return status;
}

/* No handle is open: the I/O manager does not unload a driver whose device has one. */
_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocolDriver(Driver.Protocol);
    DeleteDevice();
}
