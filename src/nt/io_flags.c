/* What file objects and IRPs carry beside their data: sharing, origin, priority, the status of a master IRP. */
#include "nt/io_file.h"
#include "ring3/nt_files.h"

/* NULL: no open is part of a transaction. Any IRQL. docs: ntddk/nf-ntddk-iogettransactionparameterblock */
PTXN_PARAMETER_BLOCK NTAPI IoGetTransactionParameterBlock(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return NULL;
}

/* NULL: no file lies in a container. Any IRQL. docs: ntddk/nf-ntddk-iogetsiloparameters */
PVOID NTAPI IoGetSiloParameters(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return NULL;
}

/* NULL: no file has an oplock key. <= DISPATCH_LEVEL. docs: ntddk/nf-ntddk-iogetoplockkeycontext */
PVOID NTAPI IoGetOplockKeyContext(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return NULL;
}

/* NULL likewise. <= DISPATCH_LEVEL. docs: ntddk/nf-ntddk-iogetoplockkeycontextex */
PVOID NTAPI IoGetOplockKeyContextEx(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return NULL;
}

/* Any IRQL. docs: ntddk/nf-ntddk-ioisfileoriginremote */
BOOLEAN NTAPI IoIsFileOriginRemote(PFILE_OBJECT FileObject)
{
    return (FileObject->Flags & FO_REMOTE_ORIGIN) != 0;
}

/* STATUS_INVALID_PARAMETER_MIX when the flag is so already. Any IRQL. docs: ntddk/nf-ntddk-iosetfileorigin */
NTSTATUS NTAPI IoSetFileOrigin(PFILE_OBJECT FileObject, BOOLEAN Remote)
{
    if (IoIsFileOriginRemote(FileObject) == (Remote != 0))
        return STATUS_INVALID_PARAMETER_MIX;
    FileObject->Flags ^= FO_REMOTE_ORIGIN;
    return STATUS_SUCCESS;
}

/* Any IRQL. docs: ntddk/nf-ntddk-ioisfileobjectignoringsharing */
BOOLEAN NTAPI IoIsFileObjectIgnoringSharing(PFILE_OBJECT FileObject)
{
    const struct io_file_extension *extension = FileObject->FileObjectExtension;

    return extension != NULL && extension->ignores_sharing;
}

/* STATUS_NOT_FOUND for a file object that was not opened by name. Any IRQL. docs: ntddk/nf-ntddk-iosetfileobjectignoresharing */
NTSTATUS NTAPI IoSetFileObjectIgnoreSharing(PFILE_OBJECT FileObject)
{
    struct io_file_extension *extension = FileObject->FileObjectExtension;

    if (extension == NULL)
        return STATUS_NOT_FOUND;
    extension->ignores_sharing = true;
    return STATUS_SUCCESS;
}

/* Success: nothing is ever suspended. Any IRQL. docs: ntddk/nf-ntddk-ioincrementkeepalivecount */
NTSTATUS NTAPI IoIncrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process)
{
    (void)FileObject;
    (void)Process;
    return STATUS_SUCCESS;
}

/* Likewise. Any IRQL. docs: ntddk/nf-ntddk-iodecrementkeepalivecount */
NTSTATUS NTAPI IoDecrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process)
{
    (void)FileObject;
    (void)Process;
    return STATUS_SUCCESS;
}

/* ---- share access with the opener's permission: who may not write cannot keep other readers out ---- */

static ULONG shared(ACCESS_MASK access, ULONG share, const BOOLEAN *may_write)
{
    bool reads = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;

    return may_write != NULL && !*may_write && reads ? share | FILE_SHARE_READ : share;
}

/* IoSetShareAccess; WritePermission (may be NULL) FALSE: a read that excludes readers becomes one that lets them in.
 * Any IRQL. docs: wdm/nf-wdm-iosetshareaccessex */
VOID NTAPI IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                              PBOOLEAN WritePermission)
{
    IoSetShareAccess(DesiredAccess, shared(DesiredAccess, DesiredShareAccess, WritePermission), FileObject, ShareAccess);
}

/* IoCheckShareAccess likewise; a file object that ignores sharing is not checked. Any IRQL. docs: wdm/nf-wdm-iocheckshareaccessex */
NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                                    PSHARE_ACCESS ShareAccess, BOOLEAN Update, PBOOLEAN WritePermission)
{
    return IoCheckShareAccess(DesiredAccess, shared(DesiredAccess, DesiredShareAccess, WritePermission), FileObject, ShareAccess, Update);
}

/* ---- IRPs ---- */

/* Invalid for what is not paging, else normal. Any IRQL. docs: ntddk/nf-ntddk-iogetpagingiopriority */
IO_PAGING_PRIORITY NTAPI IoGetPagingIoPriority(PIRP Irp)
{
    return Irp->Flags & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO) ? IoPagingPriorityNormal : IoPagingPriorityInvalid;
}

/* Merges the status of a part into the master's: the more severe one stays. STATUS_VERIFY_REQUIRED always wins, STATUS_FT_READ_FROM_COPY
 * never does. Any IRQL. docs: ntddk/nf-ntddk-iosetmasterirpstatus */
VOID NTAPI IoSetMasterIrpStatus(PIRP MasterIrp, NTSTATUS Status)
{
    enum { FT_READ_FROM_COPY = 0x40000035 };
    ULONG severity = (ULONG)Status >> 30, before = (ULONG)MasterIrp->IoStatus.Status >> 30;

    if (Status == STATUS_VERIFY_REQUIRED || (severity >= 2 && severity > before && Status != FT_READ_FROM_COPY))
        MasterIrp->IoStatus.Status = Status;
}

static NTSTATUS NTAPI signal(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
    (void)device;
    (void)irp;
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Sends an IRP whose next stack location is filled and waits; it is the caller's again then, with its final status as the result.
 * PASSIVE_LEVEL. No page. */
NTSTATUS NTAPI IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, signal, &event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        ke_wait(&event);
    return Irp->IoStatus.Status;
}

/* IoInitializeIrp for a device that the IRP will be sent to. Any IRQL. No page. */
VOID NTAPI IoInitializeIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, USHORT PacketSize, CCHAR StackSize)
{
    (void)DeviceObject;
    IoInitializeIrp(Irp, PacketSize, StackSize);
}

/* TRUE for failures that are not of single sectors. Any IRQL. docs: ntddk/nf-ntddk-fsrtlistotaldevicefailure */
BOOLEAN NTAPI FsRtlIsTotalDeviceFailure(NTSTATUS Status)
{
    return !NT_SUCCESS(Status) && Status != STATUS_DEVICE_DATA_ERROR && Status != STATUS_CRC_ERROR;
}

/* Are the entries whole, terminated and aligned? STATUS_EA_LIST_INCONSISTENT with the offset of the bad one.
 * <= APC_LEVEL. docs: ntifs/nf-ntifs-iocheckeabuffervalidity */
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset)
{
    enum { HEAD = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName) };
    LONGLONG left = (LONG)EaLength;

    for (PFILE_FULL_EA_INFORMATION ea = EaBuffer;; ea = (PFILE_FULL_EA_INFORMATION)(void *)((char *)ea + ea->NextEntryOffset)) {
        *ErrorOffset = (ULONG)((char *)ea - (char *)EaBuffer);
        if (left < HEAD || left < HEAD + ea->EaNameLength + 1 + ea->EaValueLength || ea->EaName[ea->EaNameLength] != 0)
            return STATUS_EA_LIST_INCONSISTENT;
        if (ea->NextEntryOffset == 0)
            return STATUS_SUCCESS;
        if ((ea->NextEntryOffset & 3) != 0 || ea->NextEntryOffset < HEAD + ea->EaNameLength + 1u + ea->EaValueLength)
            return STATUS_EA_LIST_INCONSISTENT;
        left -= ea->NextEntryOffset;
    }
}
