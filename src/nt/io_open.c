/* Opening with a device as hint, directories of drivers, DOS names of devices. */
#include "base/log.h"
#include "nt/io_file.h"
#include "nt/ob_internal.h"
#include "ring3/nt_files.h"

#define DOS_TAG 0x736f4420u             /* " Dos" */

static NTSTATUS create_file(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER size,
                            ULONG file_attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea, ULONG ea_length,
                            CREATE_FILE_TYPE type, PDEVICE_OBJECT hint, struct _ECP_LIST *ecps)
{
    if (type != CreateFileTypeNone)
        return STATUS_NOT_SUPPORTED;
    return io_create_file(handle, access, attributes, iosb, size, file_attributes, share, disposition, options, ea, ea_length, hint, ecps);
}

/* IoCreateFile with more: DeviceObjectHint sends this file's requests to that device of the stack, ExtraCreateParameter goes with the
 * create and stays the caller's. Transactions and silos belong to file systems: STATUS_NOT_SUPPORTED. PASSIVE_LEVEL.
 * STATUS_INVALID_DEVICE_OBJECT_PARAMETER for a device that is not in the stack. docs: ntddk/nf-ntddk-iocreatefileex */
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                              ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType,
                              PVOID InternalParameters, ULONG Options, PIO_DRIVER_CREATE_CONTEXT DriverContext)
{
    (void)InternalParameters;
    (void)Options;
    if (DriverContext != NULL && (DriverContext->TxnParameters != NULL || DriverContext->SiloContext != NULL)) {
        log_warn("io", "IoCreateFileEx with a transaction or a silo: there is no file system to take them");
        return STATUS_NOT_SUPPORTED;
    }
    return create_file(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                       CreateOptions, EaBuffer, EaLength, CreateFileType, DriverContext != NULL ? DriverContext->DeviceObjectHint : NULL,
                       DriverContext != NULL ? DriverContext->ExtraCreateParameter : NULL);
}

/* ZwCreateFile that begins at DeviceObject, a device of the stack the name leads to (NULL: at its top). Options change nothing.
 * PASSIVE_LEVEL. The statuses of ZwCreateFile; STATUS_NOT_SUPPORTED for pipes and mailslots.
 * docs: ntddk/nf-ntddk-iocreatefilespecifydeviceobjecthint */
NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                                   PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                                                   ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer,
                                                   ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters,
                                                   ULONG Options, PVOID DeviceObject)
{
    (void)InternalParameters;
    (void)Options;
    return create_file(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                       CreateOptions, EaBuffer, EaLength, CreateFileType, DeviceObject, NULL);
}

static NTSTATUS no_directory(const char *function)
{
    log_warn("io", "%s: there is no volume with directories of drivers", function);
    return STATUS_DEVICE_NOT_READY;
}

/* STATUS_INVALID_PARAMETER, else STATUS_DEVICE_NOT_READY: the volume that has the directory is never started. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iogetdriverdirectory */
NTSTATUS NTAPI IoGetDriverDirectory(PDRIVER_OBJECT DriverObject, DRIVER_DIRECTORY_TYPE DirectoryType, ULONG Flags,
                                    PHANDLE DriverDirectoryHandle)
{
    if (DriverObject == NULL || DriverDirectoryHandle == NULL || Flags != 0 || (unsigned)DirectoryType > DriverDirectorySharedData)
        return STATUS_INVALID_PARAMETER;
    return no_directory("IoGetDriverDirectory");
}

/* Likewise. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetdevicedirectory */
NTSTATUS NTAPI IoGetDeviceDirectory(PDEVICE_OBJECT PhysicalDeviceObject, DEVICE_DIRECTORY_TYPE DirectoryType, ULONG Flags, PVOID Reserved,
                                    PHANDLE DeviceDirectoryHandle)
{
    if (PhysicalDeviceObject == NULL || DeviceDirectoryHandle == NULL || Flags != 0 || Reserved != NULL ||
        DirectoryType != DeviceDirectoryData)
        return STATUS_INVALID_PARAMETER;
    return no_directory("IoGetDeviceDirectory");
}

/* ---- DOS names: the links in \?? that lead to a device ---- */

struct search {
    PDEVICE_OBJECT device;
    UNICODE_STRING drive, volume;       /* names of links; empty while not found */
};

static bool is_drive(const UNICODE_STRING *name)
{
    return name->Length == 2 * sizeof(WCHAR) && name->Buffer[1] == ':';
}

static bool is_volume(const UNICODE_STRING *name)
{
    static const UNICODE_STRING prefix = { 14, 14, (PWCH)(uintptr_t)u"Volume{" };

    return RtlPrefixUnicodeString(&prefix, name, TRUE);
}

static bool leads_to(const void *link, PDEVICE_OBJECT device)
{
    struct ob_lookup lookup = { .mode = KernelMode };
    OBJECT_ATTRIBUTES attributes;
    void *body;
    UNICODE_STRING target = ((const struct ob_link *)link)->target;

    InitializeObjectAttributes(&attributes, &target, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ob_find(&attributes, &lookup, &body)))
        return false;
    ob_dereference(body);
    return body == device;
}

static bool look_at_link(const UNICODE_STRING *name, void *body, void *context)
{
    struct search *s = context;
    UNICODE_STRING *found = is_drive(name) ? &s->drive : is_volume(name) ? &s->volume : NULL;

    if (found != NULL && found->Length == 0 && ob_type(body) == ob_symbolic_link_type && leads_to(body, s->device))
        *found = *name;
    return s->drive.Length == 0;
}

/* "R:" when a drive letter leads to the device, else "\\?\Volume{...}", followed by `rest`; in pool, terminated. */
static NTSTATUS dos_name(PDEVICE_OBJECT device, const UNICODE_STRING *rest, size_t head, void **block, UNICODE_STRING *name)
{
    static const WCHAR prefix[4] = u"\\\\?\\";
    UNICODE_STRING path = TEXT_STRING(u"\\??");
    struct search s = { .device = device };
    void *directory;
    NTSTATUS status = ob_find_name(&path, ob_directory_type, &directory);

    if (!NT_SUCCESS(status))
        return status;
    ob_each_name(directory, look_at_link, &s);
    ob_dereference(directory);
    const UNICODE_STRING *found = s.drive.Length != 0 ? &s.drive : &s.volume;
    size_t before = s.drive.Length != 0 ? 0 : sizeof(prefix), size = before + found->Length + (rest != NULL ? rest->Length : 0);
    if (found->Length == 0)
        return STATUS_INVALID_PARAMETER;
    char *p = pool_alloc(PagedPool, head + size + sizeof(WCHAR), DOS_TAG, __builtin_return_address(0));
    if (p == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *block = p;
    p += head;
    memcpy(p, prefix, before);
    memcpy(p + before, found->Buffer, found->Length);
    if (rest != NULL)
        memcpy(p + before + found->Length, rest->Buffer, rest->Length);
    *(WCHAR *)(p + size) = 0;
    *name = (UNICODE_STRING){ (USHORT)size, (USHORT)(size + sizeof(WCHAR)), (PWCH)(void *)p };
    return STATUS_SUCCESS;
}

/* The drive letter (or the volume's own name) of a device. DosName->Buffer is the caller's to free with ExFreePool. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER for a device without such a name. docs: ntddk/nf-ntddk-iovolumedevicetodosname */
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    void *block;

    if (VolumeDeviceObject == NULL || DosName == NULL)
        return STATUS_INVALID_PARAMETER;
    return dos_name(VolumeDeviceObject, NULL, 0, &block, DosName);
}

/* The same under its old name. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-rtlvolumedevicetodosname */
NTSTATUS NTAPI RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    return IoVolumeDeviceToDosName(VolumeDeviceObject, DosName);
}

/* The DOS name of the file's device with the file's own name. *ObjectNameInformation is the caller's to free with ExFreePool.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-ioqueryfiledosdevicename */
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    UNICODE_STRING name;
    void *block;
    NTSTATUS status = dos_name(FileObject->DeviceObject, &FileObject->FileName, sizeof(**ObjectNameInformation), &block, &name);

    if (!NT_SUCCESS(status))
        return status;
    *ObjectNameInformation = block;
    (*ObjectNameInformation)->Name = name;
    return STATUS_SUCCESS;
}

/* FileName becomes a copy of the new name. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER for a file without a name.
 * docs: ntifs/nf-ntifs-ioreplacefileobjectname */
NTSTATUS NTAPI IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName, USHORT FileNameLength)
{
    PWCH buffer;

    if (FileObject->FileName.Buffer == NULL)
        return STATUS_INVALID_PARAMETER;
    buffer = pool_alloc(PagedPool, FileNameLength + sizeof(WCHAR), IO_TAG_NAME, NULL);
    if (buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(buffer, NewFileName, FileNameLength);
    buffer[FileNameLength / sizeof(WCHAR)] = 0;
    pool_free(FileObject->FileName.Buffer, IO_TAG_NAME, NULL);
    FileObject->FileName = (UNICODE_STRING){ FileNameLength, (USHORT)(FileNameLength + sizeof(WCHAR)), buffer };
    return STATUS_SUCCESS;
}
