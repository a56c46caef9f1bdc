/* Removable media: which device a thread has to have verified. And activity IDs of IRPs, which exist while the I/O tracing
 * provider is on: there are no ETW sessions, so it never is. */
#include "nt/io_internal.h"
#include "nt/ke_wait.h"

/* The thread that sent the IRP has a device whose medium must be verified. Irp->Tail.Overlay.Thread must not be NULL.
 * IRQL <= DISPATCH. docs: ntddk/nf-ntddk-iosetharderrororverifydevice */
VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject)
{
    if (Irp->Tail.Overlay.Thread == NULL) {
        NT_EMIT(NT_EVENT_MISUSE, "IoSetHardErrorOrVerifyDevice for an IRP without a thread", Irp, 0, PE_CALLER());
        return;
    }
    IoSetDeviceToVerify(Irp->Tail.Overlay.Thread, DeviceObject);
}

/* NULL: none. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-iogetdevicetoverify */
PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    return ((struct ps_thread *)(void *)Thread)->to_verify;
}

/* Notes the device for the thread; NULL takes the note back. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-iosetdevicetoverify */
VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    ((struct ps_thread *)(void *)Thread)->to_verify = DeviceObject;
}

/* STATUS_NOT_FOUND: no IRP has an activity ID. Any IRQL. docs: ntddk/nf-ntddk-iogetactivityidirp */
NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, LPGUID Guid)
{
    (void)Irp;
    (void)Guid;
    return STATUS_NOT_FOUND;
}

/* STATUS_UNSUCCESSFUL: tracing is not enabled on the IRP; without a GUID and one of the thread, STATUS_NOT_SUPPORTED. Any IRQL
 * with a GUID. docs: ntddk/nf-ntddk-iosetactivityidirp */
NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid)
{
    (void)Irp;
    return Guid == NULL && IoGetActivityIdThread() == NULL ? STATUS_NOT_SUPPORTED : STATUS_UNSUCCESSFUL;
}

/* STATUS_NOT_FOUND: the IRP has no ID. Any IRQL. docs: ntddk/nf-ntddk-iopropagateactivityidtothread */
NTSTATUS NTAPI IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId, LPCGUID *OriginalId)
{
    (void)Irp;
    (void)PropagatedId;
    *OriginalId = NULL;
    return STATUS_NOT_FOUND;
}

/* Logs a transfer event for who listens to I/O tracing: nobody. Any IRQL. docs: ntddk/nf-ntddk-iotransferactivityid */
VOID NTAPI IoTransferActivityId(LPCGUID ActivityId, LPCGUID RelatedActivityId)
{
    (void)ActivityId;
    (void)RelatedActivityId;
}
