/* Loading, unloading, and the device. It comes before the protocol: a binding without ports is fine, the reverse, too. */
#include "rawport.h"
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Create, Cleanup, Close, Read, Write, Control;
static PDEVICE_OBJECT Device;

/* --- requests --- */

_Use_decl_annotations_
static NTSTATUS NTAPI Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PPORT port = PortOpen((stack->Parameters.Create.SecurityContext->DesiredAccess & (FILE_READ_DATA | GENERIC_READ)) != 0);

    UNREFERENCED_PARAMETER(DeviceObject);
    stack->FileObject->FsContext = port;
    return RequestComplete(Irp, port != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PortShut(PortOf(Irp));
    return RequestComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Close(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PortRelease(PortOf(Irp));
    return RequestComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Read(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return ReadsTake(PortOf(Irp), Irp);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Write(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    NTSTATUS status = SendFrame(PortOf(Irp), Irp, Irp->MdlAddress, RequestWriteLength(Irp));

    UNREFERENCED_PARAMETER(DeviceObject);
    return status == STATUS_PENDING ? status : RequestComplete(Irp, status, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR information;
    NTSTATUS status = ControlCarry(PortOf(Irp), stack->Parameters.DeviceIoControl.IoControlCode, Irp->AssociatedIrp.SystemBuffer,
                                   stack->Parameters.DeviceIoControl.InputBufferLength,
                                   stack->Parameters.DeviceIoControl.OutputBufferLength, &information);

    UNREFERENCED_PARAMETER(DeviceObject);
    return RequestComplete(Irp, status, information);
}

/* --- the device --- */

static NTSTATUS CreateDevice(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\RawPort"), link = RTL_CONSTANT_STRING(L"\\DosDevices\\RawPort");
    NTSTATUS status;

    status = IoCreateDeviceSecure(DriverObject, 0, &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE,
                                  &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &Device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID DeleteDevice(VOID)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\RawPort");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Device);
}

/* --- life --- */

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    ProtocolPrepare();
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    status = CreateDevice(DriverObject);
    if (!NT_SUCCESS(status))
        return status;
    status = ProtocolRegister();
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
