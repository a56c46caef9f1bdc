/* A read-only view of a host directory as \SystemRoot (and \??\C:\Windows): \Driver\hostdir with one device. A file is
 * read as a whole when it is opened. Names are taken as they stand, then in lower case. */
#include <ctype.h>
#include <stdlib.h>

#include "base/error.h"
#include "host/file.h"
#include "nt/io_internal.h"

#define FILE_LIMIT (64u << 20)

struct open_file {
    uint8_t *data;
    size_t size;
};

static char *root;
static struct io_driver *driver;
static PDEVICE_OBJECT device;

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* False for a name that leaves the directory. */
static bool host_path(const UNICODE_STRING *name, char *path, size_t size, bool lower)
{
    char text[400];
    size_t base;

    io_utf8(name, text, sizeof(text));
    if (strncasecmp(text, "\\Windows\\", 9) != 0 || strstr(text, "..") != NULL)
        return false;
    base = (size_t)snprintf(path, size, "%s/", root);
    snprintf(path + base, size - base, "%s", text + 9);
    for (char *c = path + base; *c != 0; c++)
        *c = *c == '\\' ? '/' : lower ? (char)tolower((unsigned char)*c) : *c;
    return true;
}

static bool load(const UNICODE_STRING *name, struct open_file *f)
{
    char path[800];

    for (int lower = 0; lower < 2; lower++)
        if (host_path(name, path, sizeof(path), lower != 0) && host_file_exists(path) &&
            host_read_file(path, FILE_LIMIT, &f->data, &f->size))
            return true;
    return false;
}

static NTSTATUS NTAPI dispatch_create(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    ULONG disposition = s->Parameters.Create.Options >> 24;
    struct open_file *f;

    (void)object;
    if (disposition != FILE_OPEN && disposition != FILE_OPEN_IF)
        return complete(irp, STATUS_MEDIA_WRITE_PROTECTED, 0);
    if (s->FileObject->WriteAccess || s->FileObject->DeleteAccess)
        return complete(irp, STATUS_ACCESS_DENIED, 0);
    f = calloc(1, sizeof(*f));
    if (f == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if (!load(&s->FileObject->FileName, f)) {
        free(f);
        return complete(irp, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST);
    }
    s->FileObject->FsContext = f;
    return complete(irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI dispatch_close(PDEVICE_OBJECT object, PIRP irp)
{
    struct open_file *f = IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext;

    (void)object;
    if (f != NULL)
        free(f->data);
    free(f);
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI dispatch_cleanup(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI dispatch_read(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = s->FileObject;
    struct open_file *f = file->FsContext;
    ULONG length = s->Parameters.Read.Length;
    uint64_t offset = (uint64_t)s->Parameters.Read.ByteOffset.QuadPart;

    (void)object;
    if (offset >= f->size)
        return complete(irp, STATUS_END_OF_FILE, 0);
    if (length > f->size - offset)
        length = (ULONG)(f->size - offset);
    memcpy(irp->AssociatedIrp.SystemBuffer, f->data + offset, length);
    file->CurrentByteOffset.QuadPart = (LONGLONG)(offset + length);
    return complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS NTAPI dispatch_query(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    struct open_file *f = s->FileObject->FsContext;
    PFILE_STANDARD_INFORMATION standard = irp->AssociatedIrp.SystemBuffer;

    (void)object;
    if (s->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return complete(irp, STATUS_INVALID_INFO_CLASS, 0);
    if (s->Parameters.QueryFile.Length < sizeof(*standard))
        return complete(irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    memset(standard, 0, sizeof(*standard));
    standard->EndOfFile.QuadPart = standard->AllocationSize.QuadPart = (LONGLONG)f->size;
    standard->NumberOfLinks = 1;
    return complete(irp, STATUS_SUCCESS, sizeof(*standard));
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->MajorFunction[IRP_MJ_CREATE] = dispatch_create;
    object->MajorFunction[IRP_MJ_CLEANUP] = dispatch_cleanup;
    object->MajorFunction[IRP_MJ_CLOSE] = dispatch_close;
    object->MajorFunction[IRP_MJ_READ] = dispatch_read;
    object->MajorFunction[IRP_MJ_QUERY_INFORMATION] = dispatch_query;
    return STATUS_SUCCESS;
}

static NTSTATUS link_name(const char *name, const char *target)
{
    struct io_path from, to;

    return IoCreateSymbolicLink(io_path(&from, name), io_path(&to, target));
}

static NTSTATUS make_device(void)
{
    struct io_path name;
    NTSTATUS status = io_create_host_driver("hostdir", entry, &driver);

    if (NT_SUCCESS(status))
        status = IoCreateDevice(&driver->object, 0, io_path(&name, "\\Device\\HarddiskVolume1"),
                                FILE_DEVICE_DISK_FILE_SYSTEM, FILE_READ_ONLY_DEVICE, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    status = link_name("\\SystemRoot", "\\Device\\HarddiskVolume1\\Windows");
    return NT_SUCCESS(status) ? link_name("\\??\\C:", "\\Device\\HarddiskVolume1") : status;
}

static void unlink_name(const char *name)
{
    struct io_path path;

    IoDeleteSymbolicLink(io_path(&path, name));
}

void io_set_system_root(const char *host_directory)
{
    free(root);
    root = host_directory != NULL ? strdup(host_directory) : NULL;
    if (root != NULL && device == NULL)
        make_device();
    if (root != NULL || device == NULL)
        return;
    unlink_name("\\SystemRoot");
    unlink_name("\\??\\C:");
    IoDeleteDevice(device);
    device = NULL;
    io_unload_driver(driver);
    driver = NULL;
}

void io_hostdir_reset(void)
{
    device = NULL;
    driver = NULL;
}
