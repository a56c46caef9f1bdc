/* Queries and changes of a file's information; share access. */
#include "nt/io_file.h"
#include "ring3/nt_files.h"

/* A query or set request with one buffered block; waits. */
static NTSTATUS info_request(PFILE_OBJECT file, UCHAR major, ULONG class, PVOID data, ULONG length,
                             PIO_STATUS_BLOCK result)
{
    bool query = major == IRP_MJ_QUERY_INFORMATION || major == IRP_MJ_QUERY_VOLUME_INFORMATION;
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    struct io_request r = { .device = device, .file = file, .major = major, .mode = KernelMode };
    IO_STATUS_BLOCK iosb;
    PIO_STACK_LOCATION stack;
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    r.event = &event;
    r.iosb = &iosb;
    irp = io_build_request(&r);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AssociatedIrp.SystemBuffer = pool_alloc(NonPagedPoolNx, length != 0 ? length : 1, IO_TAG_BUFFER, NULL);
    if (irp->AssociatedIrp.SystemBuffer == NULL) {
        IoFreeIrp(irp);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (query ? IRP_INPUT_OPERATION : 0);
    memcpy(irp->AssociatedIrp.SystemBuffer, data, length);
    irp->UserBuffer = data;
    stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.QueryFile.Length = length;
    stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS)class;
    ob_reference(file);
    io_thread_irp(irp);
    status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        ke_wait(&event);
        status = iosb.Status;
    } else {
        io_forsake(irp, &event);
    }
    if (!NT_ERROR(status))
        *result = iosb;
    return status;
}

/* The position of a synchronous file is the I/O manager's own. False: the driver is to be asked. */
static bool position(PFILE_OBJECT file, UCHAR major, ULONG class, PFILE_POSITION_INFORMATION info, ULONG length,
                     PIO_STATUS_BLOCK iosb)
{
    bool query = major == IRP_MJ_QUERY_INFORMATION, set = major == IRP_MJ_SET_INFORMATION;

    if ((!query && !set) || class != FilePositionInformation || !(file->Flags & FO_SYNCHRONOUS_IO))
        return false;
    *iosb = (IO_STATUS_BLOCK){ .Status = STATUS_INFO_LENGTH_MISMATCH };
    if (length < sizeof(*info))
        return true;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = query ? sizeof(*info) : 0;
    if (query)
        info->CurrentByteOffset = file->CurrentByteOffset;
    else if (info->CurrentByteOffset.QuadPart >= 0)
        file->CurrentByteOffset = info->CurrentByteOffset;
    else
        iosb->Status = STATUS_INVALID_PARAMETER;
    return true;
}

static NTSTATUS on_file(PFILE_OBJECT file, UCHAR major, ULONG class, PVOID data, ULONG length, PIO_STATUS_BLOCK iosb)
{
    return position(file, major, class, data, length, iosb) ? iosb->Status : info_request(file, major, class, data, length, iosb);
}

static NTSTATUS on_handle(HANDLE handle, UCHAR major, ULONG class, PVOID data, ULONG length, PIO_STATUS_BLOCK iosb)
{
    void *file;
    NTSTATUS status = ob_from_handle(handle, 0, IoFileObjectType, KernelMode, &file);

    if (!NT_SUCCESS(status))
        return status;
    status = on_file(file, major, class, data, length, iosb);
    ob_dereference(file);
    return status;
}

static NTSTATUS on_object(PFILE_OBJECT file, UCHAR major, ULONG class, PVOID data, ULONG length, PULONG returned)
{
    IO_STATUS_BLOCK iosb = { .Status = STATUS_SUCCESS };
    NTSTATUS status = on_file(file, major, class, data, length, &iosb);

    if (returned != NULL)
        *returned = (ULONG)iosb.Information;
    return status;
}

/* ZwQueryInformationFile by file object. *ReturnedLength: bytes that were filled in. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-ioqueryfileinformation */
NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                      PVOID FileInformation, PULONG ReturnedLength)
{
    return on_object(FileObject, IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length, ReturnedLength);
}

/* ZwSetInformationFile by file object. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-iosetinformation */
NTSTATUS NTAPI IoSetInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length, PVOID FileInformation)
{
    return on_object(FileObject, IRP_MJ_SET_INFORMATION, FileInformationClass, FileInformation, Length, NULL);
}

/* IRP_MJ_QUERY_INFORMATION to the file's driver. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwqueryinformationfile */
NTSTATUS NTAPI ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                      ULONG Length, FILE_INFORMATION_CLASS FileInformationClass)
{
    return on_handle(FileHandle, IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length, IoStatusBlock);
}

/* IRP_MJ_SET_INFORMATION. docs: wdm/nf-wdm-zwsetinformationfile */
NTSTATUS NTAPI ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass)
{
    return on_handle(FileHandle, IRP_MJ_SET_INFORMATION, FileInformationClass, FileInformation, Length, IoStatusBlock);
}

static NTSTATUS device_information(HANDLE handle, PIO_STATUS_BLOCK iosb, PFILE_FS_DEVICE_INFORMATION info, ULONG length)
{
    PFILE_OBJECT file;
    void *body;
    NTSTATUS status;

    if (length < sizeof(*info))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ob_from_handle(handle, 0, IoFileObjectType, KernelMode, &body);
    if (!NT_SUCCESS(status))
        return status;
    file = body;
    info->DeviceType = file->DeviceObject->DeviceType;
    info->Characteristics = file->DeviceObject->Characteristics;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = sizeof(*info);
    ob_dereference(body);
    return STATUS_SUCCESS;
}

/* FileFsDeviceInformation is answered here, everything else by the driver. docs: ntifs/nf-ntifs-zwqueryvolumeinformationfile */
NTSTATUS NTAPI ZwQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                            ULONG Length, FS_INFORMATION_CLASS FsInformationClass)
{
    if (FsInformationClass == FileFsDeviceInformation)
        return device_information(FileHandle, IoStatusBlock, FsInformation, Length);
    return on_handle(FileHandle, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length,
                     IoStatusBlock);
}

static GENERIC_MAPPING file_mapping = { FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS };

/* What generic rights mean for files. Any IRQL. docs: wdm/nf-wdm-iogetfileobjectgenericmapping */
PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return &file_mapping;
}

/* Does the file that the request came through have RequiredAccess (FILE_READ_ACCESS, FILE_WRITE_ACCESS)? Requests of
 * the kernel always do. PASSIVE_LEVEL. STATUS_ACCESS_DENIED. docs: wdm/nf-wdm-iovalidatedeviceiocontrolaccess */
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    if (Irp->RequestorMode == KernelMode)
        return STATUS_SUCCESS;
    if (file == NULL || ((RequiredAccess & FILE_READ_ACCESS) && !file->ReadAccess) ||
        ((RequiredAccess & FILE_WRITE_ACCESS) && !file->WriteAccess))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* ---- share access: the caller serializes ---- */

/* The first opener's rights and sharing. docs: wdm/nf-wdm-iosetshareaccess */
VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                            PSHARE_ACCESS ShareAccess)
{
    FileObject->ReadAccess = (DesiredAccess & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
    FileObject->WriteAccess = (DesiredAccess & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    FileObject->DeleteAccess = (DesiredAccess & DELETE) != 0;
    FileObject->SharedRead = (DesiredShareAccess & FILE_SHARE_READ) != 0;
    FileObject->SharedWrite = (DesiredShareAccess & FILE_SHARE_WRITE) != 0;
    FileObject->SharedDelete = (DesiredShareAccess & FILE_SHARE_DELETE) != 0;
    *ShareAccess = (SHARE_ACCESS){ 0 };
    IoUpdateShareAccess(FileObject, ShareAccess);
}

static bool touches_data(PFILE_OBJECT file)
{
    return file->ReadAccess || file->WriteAccess || file->DeleteAccess;
}

/* May another file with these rights be opened? Update: count it when so. STATUS_SHARING_VIOLATION.
 * docs: wdm/nf-wdm-iocheckshareaccess */
NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                                  PSHARE_ACCESS ShareAccess, BOOLEAN Update)
{
    ULONG opens = ShareAccess->OpenCount;
    bool read = (DesiredAccess & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
    bool write = (DesiredAccess & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    bool remove = (DesiredAccess & DELETE) != 0;

    FileObject->ReadAccess = read;
    FileObject->WriteAccess = write;
    FileObject->DeleteAccess = remove;
    if (!touches_data(FileObject))
        return STATUS_SUCCESS;
    FileObject->SharedRead = (DesiredShareAccess & FILE_SHARE_READ) != 0;
    FileObject->SharedWrite = (DesiredShareAccess & FILE_SHARE_WRITE) != 0;
    FileObject->SharedDelete = (DesiredShareAccess & FILE_SHARE_DELETE) != 0;
    if (IoIsFileObjectIgnoringSharing(FileObject))
        return STATUS_SUCCESS;
    if ((read && ShareAccess->SharedRead < opens) || (write && ShareAccess->SharedWrite < opens) ||
        (remove && ShareAccess->SharedDelete < opens) || (ShareAccess->Readers != 0 && !FileObject->SharedRead) ||
        (ShareAccess->Writers != 0 && !FileObject->SharedWrite) ||
        (ShareAccess->Deleters != 0 && !FileObject->SharedDelete))
        return STATUS_SHARING_VIOLATION;
    if (Update)
        IoUpdateShareAccess(FileObject, ShareAccess);
    return STATUS_SUCCESS;
}

static void count_share(PFILE_OBJECT file, PSHARE_ACCESS share, ULONG one)
{
    if (!touches_data(file) || IoIsFileObjectIgnoringSharing(file))
        return;
    share->OpenCount += one;
    share->Readers += file->ReadAccess ? one : 0;
    share->Writers += file->WriteAccess ? one : 0;
    share->Deleters += file->DeleteAccess ? one : 0;
    share->SharedRead += file->SharedRead ? one : 0;
    share->SharedWrite += file->SharedWrite ? one : 0;
    share->SharedDelete += file->SharedDelete ? one : 0;
}

/* docs: wdm/nf-wdm-ioupdateshareaccess */
VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    count_share(FileObject, ShareAccess, 1);
}

/* docs: wdm/nf-wdm-ioremoveshareaccess */
VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    count_share(FileObject, ShareAccess, (ULONG)-1);
}
