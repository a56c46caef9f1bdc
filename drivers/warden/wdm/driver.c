/* Loading and unloading, and the control device. */
#include "model.h"

#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH OpenOrClose, Control;

static PDEVICE_OBJECT Device;
static FAST_MUTEX PolicyMutex;          /* PolicySet is called by one thread at a time */

/* --- the control device ---------------------------------------------------------------------------------------------- */

static NTSTATUS Complete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ SIZE_T Written)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Written;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_
static NTSTATUS OpenOrClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS SetPolicy(_In_reads_bytes_(Size) const CHAR *Text, _In_ SIZE_T Size)
{
    NTSTATUS status;

    ExAcquireFastMutex(&PolicyMutex);
    status = PolicySet(Size ? Text : "", Size);
    ExReleaseFastMutex(&PolicyMutex);
    if (NT_SUCCESS(status))
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: a new policy\n");
    return status;
}

/* What has no answer, only a question, and the reverse. Buffer holds both: the codes are METHOD_BUFFERED. */
static NTSTATUS Carry(_In_ ULONG Code, _Inout_ PVOID Buffer, _In_ SIZE_T In, _In_ SIZE_T Room, _Out_ PSIZE_T Written)
{
    const WARDEN_DECISION *decision = Buffer;

    *Written = 0;
    switch (Code) {
    case IOCTL_WARDEN_SET_POLICY:
        return SetPolicy(Buffer, In);
    case IOCTL_WARDEN_GET_POLICY:
        *Written = PolicyText(Buffer, Room);
        return STATUS_SUCCESS;
    case IOCTL_WARDEN_COUNTERS:
        if (Room < sizeof(Counters))
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Buffer, &Counters, sizeof(Counters));
        *Written = sizeof(Counters);
        return STATUS_SUCCESS;
    case IOCTL_WARDEN_PENDING:
        *Written = PendText(Buffer, Room);
        return STATUS_SUCCESS;
    case IOCTL_WARDEN_DECIDE:
        return In < sizeof(*decision) ? STATUS_BUFFER_TOO_SMALL : PendDecide(decision->Number, decision->Permit != 0);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

_Use_decl_annotations_
static NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    SIZE_T written;
    NTSTATUS status = Carry(stack->Parameters.DeviceIoControl.IoControlCode, Irp->AssociatedIrp.SystemBuffer,
                            stack->Parameters.DeviceIoControl.InputBufferLength,
                            stack->Parameters.DeviceIoControl.OutputBufferLength, &written);

    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, status, written);
}

static NTSTATUS CreateDevice(_In_ PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Warden"), link = RTL_CONSTANT_STRING(L"\\DosDevices\\Warden");
    NTSTATUS status = IoCreateDeviceSecure(DriverObject, 0, &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE,
                                           &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &Device);

    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(Device);
    return status;
}

static VOID DeleteDevice(VOID)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Warden");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Device);
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    ExInitializeFastMutex(&PolicyMutex);
    PolicyStart();
    TickCreate();
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    status = PolicyRead(RegistryPath);
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: Parameters\\Policy is not understood (status 0x%08x)\n", status);
        return status;
    }
    status = CreateDevice(DriverObject);
    if (!NT_SUCCESS(status))
        return status;
    status = PendStart();
    if (NT_SUCCESS(status))
        status = PointsStart(Device);
    if (!NT_SUCCESS(status)) {
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: cannot start (status 0x%08x)\n", status);
        PointsStop();
        DeleteDevice();
        return status;
    }
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* No handle is open: the I/O manager does not unload a driver whose device has one. */
_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PointsStop();
    DeleteDevice();
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: %u permitted, %u blocked, %u pended, %u inspected\n", Counters.Permitted,
               Counters.Blocked, Counters.Pended, Counters.Inspected);
}
