/* File objects: opening devices by name, reading, writing, controlling and closing them. */
#include "nt/io_internal.h"

#include "base/log.h"
#include "nt/fsrtl.h"
#include "nt/io_file.h"
#include "nt/pnp.h"

static void file_closed(void *body, unsigned left);
static void file_deleted(void *body);

static NTSTATUS file_query_name(void *body, UNICODE_STRING *name, ULONG *needed)
{
    PFILE_OBJECT file = body;
    char text[260];
    struct io_path path;
    ULONG size;

    ob_name_text(file->DeviceObject, text, sizeof(text));
    io_path(&path, text);
    size = (ULONG)path.string.Length + file->FileName.Length;
    *needed = size;
    if (size > name->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(name->Buffer, path.string.Buffer, path.string.Length);
    memcpy((char *)name->Buffer + path.string.Length, file->FileName.Buffer, file->FileName.Length);
    name->Length = (USHORT)size;
    return STATUS_SUCCESS;
}

const struct ob_ops io_file_ops = { .deleted = file_deleted, .closed = file_closed, .query_name = file_query_name };

/* IRP_MJ_CLEANUP and IRP_MJ_CLOSE: they cannot fail for want of memory, so the host's own allocation is tried until
 * it succeeds or the arena is really used up. */
static void send_simple(PFILE_OBJECT file, UCHAR major, ULONG flags)
{
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = io_allocate_irp(device->StackSize, NULL);
    IO_STATUS_BLOCK iosb;
    KEVENT event;

    if (irp == NULL) {
        log_error("io", "no memory for an IRP to close a file");
        return;
    }
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->UserEvent = &event;
    irp->UserIosb = &iosb;
    irp->Flags |= flags;
    irp->Tail.Overlay.Thread = (PETHREAD)(void *)ke_current();
    irp->Tail.Overlay.OriginalFileObject = NULL;
    IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    io_thread_irp(irp);
    if (IofCallDriver(device, irp) == STATUS_PENDING)
        ke_wait(&event);
    else
        io_forsake(irp, &event);
}

static void cleanup(struct io_file_object *f)
{
    if (!f->opened || (f->object.Flags & FO_CLEANUP_COMPLETE))
        return;
    send_simple(&f->object, IRP_MJ_CLEANUP, IRP_CLOSE_OPERATION);
    f->object.Flags |= FO_CLEANUP_COMPLETE;
}

static void file_closed(void *body, unsigned left)
{
    if (left == 0)
        cleanup(body);
}

static void file_deleted(void *body)
{
    struct io_file_object *f = body;

    cleanup(f);
    if (f->opened)
        send_simple(&f->object, IRP_MJ_CLOSE, IRP_CLOSE_OPERATION);
    if (f->object.FileName.Buffer != NULL)
        pool_free(f->object.FileName.Buffer, IO_TAG_NAME, NULL);
    if (f->object.DeviceObject != NULL) {
        io_device_close_reference(f->object.DeviceObject);
        ob_dereference(f->object.DeviceObject);
    }
}

static NTSTATUS make_file(PDEVICE_OBJECT device, const struct ob_lookup *lookup, const struct io_open *open,
                          struct io_file_object **result)
{
    struct io_file_object *f;
    void *body;
    NTSTATUS status = ob_create(IoFileObjectType, sizeof(*f), &body);

    if (!NT_SUCCESS(status))
        return status;
    f = body;
    f->object.Type = IO_TYPE_FILE;
    f->object.Size = sizeof(FILE_OBJECT);
    KeInitializeEvent(&f->object.Event, NotificationEvent, FALSE);
    KeInitializeEvent(&f->object.Lock, SynchronizationEvent, FALSE);
    nt_list_init(&f->object.IrpList);
    f->object.FileObjectExtension = &f->extension;
    f->extension.hint = open->hint;
    if (lookup->rest.Length != 0) {
        f->object.FileName.Buffer = pool_alloc(PagedPool, lookup->rest.Length + sizeof(WCHAR), IO_TAG_NAME, NULL);
        if (f->object.FileName.Buffer == NULL) {
            ob_dereference(f);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(f->object.FileName.Buffer, lookup->rest.Buffer, lookup->rest.Length);
        f->object.FileName.Buffer[lookup->rest.Length / sizeof(WCHAR)] = 0;
        f->object.FileName.Length = lookup->rest.Length;
        f->object.FileName.MaximumLength = (USHORT)(lookup->rest.Length + sizeof(WCHAR));
    }
    if (open->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        f->object.Flags |= FO_SYNCHRONOUS_IO;
    f->object.ReadAccess = (open->access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    f->object.WriteAccess = (open->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    f->object.DeleteAccess = (open->access & DELETE) != 0;
    f->object.SharedRead = (open->share & FILE_SHARE_READ) != 0;
    f->object.SharedWrite = (open->share & FILE_SHARE_WRITE) != 0;
    f->object.SharedDelete = (open->share & FILE_SHARE_DELETE) != 0;
    f->access = open->access;
    ob_reference(device);
    device->ReferenceCount++;
    f->object.DeviceObject = device;
    *result = f;
    return STATUS_SUCCESS;
}

static NTSTATUS send_create(struct io_file_object *f, struct io_open *open)
{
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(&f->object);
    struct io_request request = { .device = device, .file = &f->object, .major = IRP_MJ_CREATE, .mode = open->mode };
    IO_SECURITY_CONTEXT security = { .DesiredAccess = open->access, .FullCreateOptions = open->options };
    PIO_STACK_LOCATION stack;
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    request.event = &event;
    request.iosb = &open->iosb;
    irp = io_build_request(&request);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->Tail.Overlay.OriginalFileObject = NULL;
    irp->Overlay.AllocationSize.QuadPart = open->allocation_size;
    irp->AssociatedIrp.SystemBuffer = open->ea;
    stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.Create.SecurityContext = &security;
    stack->Parameters.Create.Options = (open->options & 0x00ffffff) | (open->disposition << 24);
    stack->Parameters.Create.FileAttributes = (USHORT)open->attributes;
    stack->Parameters.Create.ShareAccess = (USHORT)open->share;
    stack->Parameters.Create.EaLength = open->ea_length;
    io_thread_irp(irp);
    status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        ke_wait(&event);
        status = open->iosb.Status;
    } else {
        io_forsake(irp, &event);
    }
    return status;
}

/* docs: wdm/nf-wdm-iosetdeviceinterfacestate (no create before IRP_MN_START_DEVICE is done) */
static bool is_starting(PDEVICE_OBJECT device)
{
    const struct pnp_node *node = pnp_node_of(device);

    return node != NULL && node->state == PNP_ADDED;
}

static NTSTATUS check_device(PDEVICE_OBJECT device)
{
    if (io_device_of(device)->delete_pending || (device->Flags & DO_DEVICE_INITIALIZING) ||
        io_driver_of(device->DriverObject)->unloading || is_starting(device))
        return STATUS_NO_SUCH_DEVICE;
    if ((device->Flags & DO_EXCLUSIVE) && device->ReferenceCount != 0)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NTSTATUS check_hint(PDEVICE_OBJECT device, PDEVICE_OBJECT hint)
{
    for (; hint != NULL && device != NULL; device = device->AttachedDevice)
        if (device == hint)
            return STATUS_SUCCESS;
    return hint == NULL ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
}

NTSTATUS io_parse_device(void *body, struct ob_lookup *lookup, void **result)
{
    PDEVICE_OBJECT device = body;
    struct io_open *open = lookup->context;
    struct io_file_object *f;
    NTSTATUS status;

    if (open == NULL) {
        if (lookup->rest.Length != 0)
            return STATUS_OBJECT_TYPE_MISMATCH;
        ob_reference(device);
        *result = device;
        return STATUS_SUCCESS;
    }
    status = check_device(device);
    if (NT_SUCCESS(status))
        status = check_hint(device, open->hint);
    if (NT_SUCCESS(status))
        status = make_file(device, lookup, open, &f);
    if (!NT_SUCCESS(status))
        return status;
    open->reached_device = true;
    f->ecps = open->ecps;
    fsrtl_ecp_begin(f->ecps);
    status = send_create(f, open);
    fsrtl_ecp_end(f);
    if (!NT_SUCCESS(status) || status == STATUS_REPARSE) {
        ob_dereference(f);
        return NT_SUCCESS(status) ? STATUS_NOT_SUPPORTED : status;
    }
    f->opened = true;
    *result = f;
    return STATUS_SUCCESS;
}

static bool wants_file_system(const char *name)
{
    return strncasecmp(name, "\\SystemRoot\\", 12) == 0 || strncasecmp(name, "\\??\\C:", 6) == 0 ||
           strncasecmp(name, "\\DosDevices\\C:", 14) == 0;
}

NTSTATUS io_open_file(const OBJECT_ATTRIBUTES *attributes, struct io_open *open, struct io_file_object **file)
{
    struct ob_lookup lookup = { .type = IoFileObjectType, .access = open->access, .attributes = attributes->Attributes,
                                .mode = open->mode, .context = open };
    char name[260];
    void *body;
    NTSTATUS status = ob_find(attributes, &lookup, &body);

    if (!NT_SUCCESS(status)) {
        if (!open->reached_device && attributes->ObjectName != NULL &&
            wants_file_system(io_utf8(attributes->ObjectName, name, sizeof(name))))
            log_warn("io", "open of '%s' refused: there is no file system, only devices can be opened", name);
        return status;
    }
    if (ob_type(body) != IoFileObjectType) {
        ob_dereference(body);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *file = body;
    return STATUS_SUCCESS;
}

/* The device that requests for a file go to: the top of its device's stack or the hint it was opened with, not referenced.
 * docs: wdm/nf-wdm-iogetrelateddeviceobject */
PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject)
{
    const struct io_file_extension *extension = FileObject->FileObjectExtension;

    if (extension != NULL && extension->hint != NULL)
        return extension->hint;
    return io_top_of_stack(FileObject->DeviceObject);
}

/* docs: ntifs/nf-ntifs-iogetbasefilesystemdeviceobject */
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject)
{
    return FileObject->DeviceObject;
}

/* Opens a device by name: *FileObject comes referenced (the caller's ObDereferenceObject closes it), *DeviceObject is
 * the top of its stack and lives as long as the file. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetdeviceobjectpointer */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PFILE_OBJECT *FileObject,
                                        PDEVICE_OBJECT *DeviceObject)
{
    struct io_open open = { .access = DesiredAccess, .disposition = FILE_OPEN, .options = FILE_NON_DIRECTORY_FILE,
                            .mode = KernelMode };
    OBJECT_ATTRIBUTES attributes;
    struct io_file_object *f;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, ObjectName, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = io_open_file(&attributes, &open, &f);
    if (!NT_SUCCESS(status))
        return status;
    cleanup(f);
    *FileObject = &f->object;
    *DeviceObject = IoGetRelatedDeviceObject(&f->object);
    return STATUS_SUCCESS;
}
