/* Requests on file handles: ZwCreateFile and what follows it. */
#include "nt/io_file.h"

NTSTATUS io_file_request(struct io_request *r, bool wait, PIRP *slot)
{
    KEVENT done;
    IO_STATUS_BLOCK iosb, *wanted = r->iosb;
    PKEVENT event = r->event;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    if (wait) {
        r->event = &done;
        r->iosb = &iosb;
    }
    r->device = IoGetRelatedDeviceObject(r->file);
    irp = io_build_request(r);
    if (irp == NULL) {
        io_apc_done(r->apc, NULL, false);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeClearEvent(&r->file->Event);
    if (event != NULL)
        KeClearEvent(event);
    ob_reference(r->file);
    if (!wait && event != NULL) {
        ob_reference(event);
        irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)event;
    }
    if (!wait && r->apc != NULL) {
        irp->Overlay.AsynchronousParameters.UserApcContext = r->apc;
        irp->AllocationFlags |= IO_IRP_HAS_APC;
    }
    io_thread_irp(irp);
    irp->Tail.Overlay.IrpExtension = slot;
    if (slot != NULL)
        *slot = irp;
    status = IofCallDriver(r->device, irp);
    if (!wait)
        return status;
    if (status == STATUS_PENDING) {
        ke_wait(&done);
        status = iosb.Status;
    } else {
        io_forsake(irp, &done);
    }
    if (!NT_ERROR(status) && wanted != NULL)
        *wanted = iosb;
    if (event != NULL)
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    io_apc_done(r->apc, wanted, !NT_ERROR(status));
    return status;
}

static NTSTATUS create(PHANDLE handle, const OBJECT_ATTRIBUTES *attributes, struct io_open *open, PIO_STATUS_BLOCK iosb)
{
    struct io_file_object *f;
    NTSTATUS status = io_open_file(attributes, open, &f);

    if (NT_SUCCESS(status)) {
        status = ob_open_handle(f, open->access, attributes->Attributes, handle);
        if (NT_SUCCESS(status))
            f->object.Flags |= FO_HANDLE_CREATED;
        ob_dereference(f);
    }
    iosb->Status = status;
    iosb->Information = NT_SUCCESS(status) ? open->iosb.Information : 0;
    return status;
}

NTSTATUS io_create_file(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                        PLARGE_INTEGER allocation_size, ULONG file_attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea,
                        ULONG ea_length, PDEVICE_OBJECT hint, struct _ECP_LIST *ecps)
{
    struct io_open open = {
        .access = access, .share = share, .disposition = disposition, .options = options, .attributes = file_attributes, .ea = ea,
        .ea_length = ea_length, .mode = KernelMode, .hint = hint, .ecps = ecps,
        .allocation_size = allocation_size != NULL ? allocation_size->QuadPart : 0,
    };

    if (disposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;
    if ((options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) && !(access & SYNCHRONIZE))
        return STATUS_INVALID_PARAMETER;
    return create(handle, attributes, &open, iosb);
}

/* Opens a device (with a rest of the path that its driver sees as FileName) and returns a handle. There is no file
 * system: paths that do not end at a device are refused. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwcreatefile */
NTSTATUS NTAPI ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength)
{
    return io_create_file(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                          CreateDisposition, CreateOptions, EaBuffer, EaLength, NULL, NULL);
}

/* ZwCreateFile with FILE_OPEN. docs: wdm/nf-wdm-zwopenfile */
NTSTATUS NTAPI ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions)
{
    return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess, FILE_OPEN,
                        OpenOptions, NULL, 0);
}

/* ZwCreateFile with the I/O manager's options, which only concern checks that ring3 does not make.
 * docs: wdm/nf-wdm-iocreatefile */
NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                            CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options)
{
    (void)InternalParameters;
    (void)Options;
    if (CreateFileType != CreateFileTypeNone)
        return STATUS_NOT_SUPPORTED;
    return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
                        ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength);
}

/* What a caller is told by when its request is done. */
struct notice {
    HANDLE event;
    PIO_APC_ROUTINE apc;
    PVOID apc_context;
};

/* Fills file and event from handles, both referenced, and apc. */
static NTSTATUS from_handles(HANDLE handle, struct notice notice, ACCESS_MASK access, struct io_request *r)
{
    void *body, *event = NULL;
    NTSTATUS status = ob_from_handle(handle, access, IoFileObjectType, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    if (notice.event != NULL)
        status = ob_from_handle(notice.event, EVENT_MODIFY_STATE, ExEventObjectType, KernelMode, &event);
    if (NT_SUCCESS(status))
        status = io_apc_new(notice.apc, notice.apc_context, &r->apc);
    if (!NT_SUCCESS(status)) {
        if (event != NULL)
            ob_dereference(event);
        ob_dereference(body);
        return status;
    }
    r->file = body;
    r->event = event;
    return STATUS_SUCCESS;
}

static NTSTATUS request_on_handle(HANDLE handle, struct notice notice, ACCESS_MASK access, struct io_request *r)
{
    NTSTATUS status = from_handles(handle, notice, access, r);
    PFILE_OBJECT file = r->file;
    PKEVENT event_object = r->event;

    if (!NT_SUCCESS(status))
        return status;
    status = io_file_request(r, (file->Flags & FO_SYNCHRONOUS_IO) != 0, NULL);
    if (event_object != NULL)
        ob_dereference(event_object);
    ob_dereference(file);
    return status;
}

/* Where a read or write begins: a synchronous file has a position, which no offset, or a special one, stands for. */
static LONGLONG start_of(const FILE_OBJECT *file, const LARGE_INTEGER *offset)
{
    if (offset == NULL)
        return (file->Flags & FO_SYNCHRONOUS_IO) ? file->CurrentByteOffset.QuadPart : 0;
    if ((file->Flags & FO_SYNCHRONOUS_IO) && offset->HighPart == -1 && offset->LowPart == FILE_USE_FILE_POINTER_POSITION)
        return file->CurrentByteOffset.QuadPart;
    return offset->QuadPart;
}

static NTSTATUS transfer(HANDLE handle, struct notice notice, ACCESS_MASK access, PLARGE_INTEGER offset, struct io_request *r)
{
    NTSTATUS status = from_handles(handle, notice, access, r);
    PIO_STATUS_BLOCK iosb = r->iosb;
    PFILE_OBJECT file = r->file;
    PKEVENT event_object = r->event;
    bool wait;

    if (!NT_SUCCESS(status))
        return status;
    wait = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
    r->offset = start_of(file, offset);
    status = io_file_request(r, wait, NULL);
    if (wait && NT_SUCCESS(status) && r->offset >= 0)
        file->CurrentByteOffset.QuadPart = r->offset + (LONGLONG)iosb->Information;
    if (event_object != NULL)
        ob_dereference(event_object);
    ob_dereference(file);
    return status;
}

/* Reads Length bytes at *ByteOffset. A synchronous file has a position, which is used when ByteOffset is NULL or
 * FILE_USE_FILE_POINTER_POSITION, and which stands behind the data afterwards. STATUS_PENDING on an asynchronous file:
 * *IoStatusBlock and Event later. ApcRoutine (or NULL): called with ApcContext by this thread, at PASSIVE_LEVEL, when
 * the request is done and did not fail at once. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwreadfile */
NTSTATUS NTAPI ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                          PULONG Key)
{
    struct io_request r = {
        .major = IRP_MJ_READ, .mode = KernelMode, .out = Buffer, .out_length = Length, .iosb = IoStatusBlock,
        .key = Key != NULL ? *Key : 0, .caller = __builtin_return_address(0),
    };

    return transfer(FileHandle, (struct notice){ Event, ApcRoutine, ApcContext }, FILE_READ_DATA, ByteOffset, &r);
}

/* Writes likewise. docs: wdm/nf-wdm-zwwritefile */
NTSTATUS NTAPI ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                           PULONG Key)
{
    struct io_request r = {
        .major = IRP_MJ_WRITE, .mode = KernelMode, .in = Buffer, .in_length = Length, .iosb = IoStatusBlock,
        .key = Key != NULL ? *Key : 0, .caller = __builtin_return_address(0),
    };

    return transfer(FileHandle, (struct notice){ Event, ApcRoutine, ApcContext }, FILE_WRITE_DATA, ByteOffset, &r);
}

/* A control request; the code's method says how the buffers reach the driver. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-zwdeviceiocontrolfile */
NTSTATUS NTAPI ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                     PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    struct io_request r = {
        .major = IRP_MJ_DEVICE_CONTROL, .mode = KernelMode, .code = IoControlCode, .in = InputBuffer,
        .in_length = InputBufferLength, .out = OutputBuffer, .out_length = OutputBufferLength, .iosb = IoStatusBlock,
        .caller = __builtin_return_address(0),
    };

    return request_on_handle(FileHandle, (struct notice){ Event, ApcRoutine, ApcContext }, 0, &r);
}

/* The same with IRP_MJ_FILE_SYSTEM_CONTROL. docs: ntifs/nf-ntifs-zwfscontrolfile */
NTSTATUS NTAPI ZwFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer,
                               ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    struct io_request r = {
        .major = IRP_MJ_FILE_SYSTEM_CONTROL, .mode = KernelMode, .code = FsControlCode, .in = InputBuffer,
        .in_length = InputBufferLength, .out = OutputBuffer, .out_length = OutputBufferLength, .iosb = IoStatusBlock,
        .caller = __builtin_return_address(0),
    };

    return request_on_handle(FileHandle, (struct notice){ Event, ApcRoutine, ApcContext }, 0, &r);
}

/* IRP_MJ_FLUSH_BUFFERS. docs: ntifs/nf-ntifs-zwflushbuffersfile */
NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    struct io_request r = { .major = IRP_MJ_FLUSH_BUFFERS, .mode = KernelMode, .iosb = IoStatusBlock,
                            .caller = __builtin_return_address(0) };
    NTSTATUS status = from_handles(FileHandle, (struct notice){ 0 }, 0, &r);
    PFILE_OBJECT file = r.file;

    if (!NT_SUCCESS(status))
        return status;
    status = io_file_request(&r, true, NULL);
    ob_dereference(file);
    return status;
}
