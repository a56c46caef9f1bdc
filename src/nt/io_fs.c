/* Requests on file handles that file systems answer: locks, extended attributes, volume information; and the platform's power. The file's
 * driver gets the IRP; one without that function says STATUS_INVALID_DEVICE_REQUEST. PASSIVE_LEVEL. */
#include "base/log.h"
#include "nt/io_file.h"
#include "ring3/nt_files.h"
#include "ring3/nt_rare.h"

/* Sends the IRP, which has its own event and status block, and waits. */
static NTSTATUS send(PIRP irp, PDEVICE_OBJECT device, PFILE_OBJECT file, PKEVENT done, const IO_STATUS_BLOCK *iosb, PIO_STATUS_BLOCK result)
{
    NTSTATUS status;

    ob_reference(file);                 /* the completion drops it */
    io_thread_irp(irp);
    status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        ke_wait(done);
        status = iosb->Status;
    } else {
        io_forsake(irp, done);
    }
    if (!NT_ERROR(status) && result != NULL)
        *result = *iosb;
    return status;
}

struct fs_request {
    UCHAR major, minor, flags;
    PVOID data;                         /* buffered; NULL: none */
    ULONG length;
    bool output;
    void (*fill)(PIO_STACK_LOCATION stack, const void *context);
    const void *context;
};

static NTSTATUS request_on(PFILE_OBJECT file, const struct fs_request *q, PIO_STATUS_BLOCK result)
{
    IO_STATUS_BLOCK iosb = { .Status = STATUS_SUCCESS };
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    KEVENT done;
    struct io_request r = { .device = device, .file = file, .major = q->major, .mode = KernelMode, .event = &done, .iosb = &iosb };
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = io_build_request(&r);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (q->data != NULL) {
        irp->AssociatedIrp.SystemBuffer = pool_alloc(NonPagedPoolNx, q->length != 0 ? q->length : 1, IO_TAG_BUFFER, NULL);
        if (irp->AssociatedIrp.SystemBuffer == NULL) {
            IoFreeIrp(irp);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (q->output ? IRP_INPUT_OPERATION : 0);
        memcpy(irp->AssociatedIrp.SystemBuffer, q->data, q->length);
        irp->UserBuffer = q->data;
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = q->minor;
    stack->Flags = q->flags;
    q->fill(stack, q->context);
    return send(irp, device, file, &done, &iosb, result);
}

static NTSTATUS request(HANDLE handle, ACCESS_MASK access, const struct fs_request *q, PIO_STATUS_BLOCK result)
{
    void *file;
    NTSTATUS status = ob_from_handle(handle, access, IoFileObjectType, KernelMode, &file);

    if (!NT_SUCCESS(status))
        return status;
    status = request_on(file, q, result);
    ob_dereference(file);
    return status;
}

/* ---- byte-range locks ---- */

struct range {
    LARGE_INTEGER offset, length;
    ULONG key;
};

static void fill_lock(PIO_STACK_LOCATION stack, const void *context)
{
    const struct range *range = context;

    stack->Parameters.LockControl.ByteOffset = range->offset;
    stack->Parameters.LockControl.Length = (PLARGE_INTEGER)(uintptr_t)&range->length;
    stack->Parameters.LockControl.Key = range->key;
}

/* Waits for the driver's answer whether there is an event or an APC routine or not. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwlockfile */
NTSTATUS NTAPI ZwLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock)
{
    struct range range = { *ByteOffset, *Length, Key };
    struct fs_request q = { .major = IRP_MJ_LOCK_CONTROL, .minor = IRP_MN_LOCK, .fill = fill_lock, .context = &range,
                            .flags = (UCHAR)((FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0)) };

    struct io_apc *apc;
    NTSTATUS status = io_apc_new(ApcRoutine, ApcContext, &apc);

    if (!NT_SUCCESS(status))
        return status;
    status = request(FileHandle, 0, &q, IoStatusBlock);
    if (Event != NULL && !NT_ERROR(status))
        ZwSetEvent(Event, NULL);
    io_apc_done(apc, IoStatusBlock, !NT_ERROR(status));
    return status;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwunlockfile */
NTSTATUS NTAPI ZwUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key)
{
    struct range range = { *ByteOffset, *Length, Key };
    struct fs_request q = { .major = IRP_MJ_LOCK_CONTROL, .minor = IRP_MN_UNLOCK_SINGLE, .fill = fill_lock, .context = &range };

    return request(FileHandle, 0, &q, IoStatusBlock);
}

/* ---- extended attributes ---- */

struct ea_query {
    ULONG length, list_length, index;
    PVOID list;
};

static void fill_query_ea(PIO_STACK_LOCATION stack, const void *context)
{
    const struct ea_query *query = context;

    stack->Parameters.QueryEa.Length = query->length;
    stack->Parameters.QueryEa.EaList = query->list;
    stack->Parameters.QueryEa.EaListLength = query->list_length;
    stack->Parameters.QueryEa.EaIndex = query->index;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwqueryeafile */
NTSTATUS NTAPI ZwQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                             PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan)
{
    struct ea_query query = { Length, EaListLength, EaIndex != NULL ? *EaIndex : 0, EaList };
    struct fs_request q = { .major = IRP_MJ_QUERY_EA, .data = Buffer, .length = Length, .output = true, .fill = fill_query_ea,
                            .context = &query,
                            .flags = (UCHAR)((RestartScan ? SL_RESTART_SCAN : 0) | (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) |
                                             (EaIndex != NULL ? SL_INDEX_SPECIFIED : 0)) };

    return request(FileHandle, FILE_READ_EA, &q, IoStatusBlock);
}

static void fill_length(PIO_STACK_LOCATION stack, const void *context)
{
    stack->Parameters.SetEa.Length = *(const ULONG *)context;
}

/* STATUS_EA_LIST_INCONSISTENT before the driver is asked. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwseteafile */
NTSTATUS NTAPI ZwSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length)
{
    struct fs_request q = { .major = IRP_MJ_SET_EA, .data = Buffer, .length = Length, .fill = fill_length, .context = &Length };
    ULONG bad = 0;
    NTSTATUS status = IoCheckEaBufferValidity(Buffer, Length, &bad);

    if (!NT_SUCCESS(status)) {
        *IoStatusBlock = (IO_STATUS_BLOCK){ .Status = status, .Information = bad };
        return status;
    }
    return request(FileHandle, FILE_WRITE_EA, &q, IoStatusBlock);
}

/* ---- volumes ---- */

struct volume_set {
    ULONG length;
    FS_INFORMATION_CLASS class;
};

static void fill_set_volume(PIO_STACK_LOCATION stack, const void *context)
{
    const struct volume_set *set = context;

    stack->Parameters.SetVolume.Length = set->length;
    stack->Parameters.SetVolume.FsInformationClass = set->class;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwsetvolumeinformationfile */
NTSTATUS NTAPI ZwSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                          FS_INFORMATION_CLASS FsInformationClass)
{
    struct volume_set set = { Length, FsInformationClass };
    struct fs_request q = { .major = IRP_MJ_SET_VOLUME_INFORMATION, .data = FsInformation, .length = Length, .fill = fill_set_volume,
                            .context = &set };

    return request(FileHandle, FILE_WRITE_DATA, &q, IoStatusBlock);
}

static void fill_nothing(PIO_STACK_LOCATION stack, const void *context)
{
    (void)stack;
    (void)context;
}

/* Flags become the minor function: 0, FLUSH_FLAGS_FILE_DATA_ONLY (1) or FLUSH_FLAGS_NO_SYNC (2). PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwflushbuffersfileex */
NTSTATUS NTAPI ZwFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize, PIO_STATUS_BLOCK IoStatusBlock)
{
    struct fs_request q = { .major = IRP_MJ_FLUSH_BUFFERS, .minor = (UCHAR)Flags, .fill = fill_nothing };

    if (Parameters != NULL || ParametersSize != 0 || Flags > 4)
        return STATUS_INVALID_PARAMETER;
    return request(FileHandle, 0, &q, IoStatusBlock);
}

/* ---- the platform ---- */

/* PlatformInformation: not always on, always connected. STATUS_INVALID_PARAMETER for an input buffer, STATUS_BUFFER_TOO_SMALL,
 * STATUS_NOT_SUPPORTED for other levels. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-zwpowerinformation */
NTSTATUS NTAPI ZwPowerInformation(ULONG InformationLevel, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                  ULONG OutputBufferLength)
{
    if (InformationLevel != PlatformInformation)
        return STATUS_NOT_SUPPORTED;
    if (InputBuffer != NULL || InputBufferLength != 0 || OutputBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    if (OutputBufferLength < sizeof(POWER_PLATFORM_INFORMATION))
        return STATUS_BUFFER_TOO_SMALL;
    ((POWER_PLATFORM_INFORMATION *)OutputBuffer)->AoAc = FALSE;
    return STATUS_SUCCESS;
}
