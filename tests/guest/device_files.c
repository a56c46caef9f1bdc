/* Devices by name, and files on them. */
#include "helpers.h"

static PDEVICE_OBJECT device;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Test");
static UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\R3Test");
static ULONG creates, cleanups, closes, reads;
static NTSTATUS create_answer;
static WCHAR seen_name[32];
static LONGLONG seen_offset;
static PIRP pending;

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI Create(PDEVICE_OBJECT object, PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    (void)object;
    creates++;
    memset(seen_name, 0, sizeof(seen_name));
    memcpy(seen_name, file->FileName.Buffer, min(file->FileName.Length, sizeof(seen_name) - 2));
    file->FsContext = &creates;
    return Complete(irp, create_answer, FILE_OPENED);
}

static NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    cleanups++;
    return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Close(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    EXPECT(IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext == &creates);
    closes++;
    return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Read(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    (void)object;
    reads++;
    seen_offset = s->Parameters.Read.ByteOffset.QuadPart;
    EXPECT(irp->RequestorMode == KernelMode);
    if (s->Parameters.Read.ByteOffset.QuadPart == 0x999) {
        IoMarkIrpPending(irp);
        pending = irp;
        return STATUS_PENDING;
    }
    memset(irp->AssociatedIrp.SystemBuffer, 'r', s->Parameters.Read.Length);
    return Complete(irp, STATUS_SUCCESS, s->Parameters.Read.Length);
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    TestDriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    TestDriverObject->MajorFunction[IRP_MJ_READ] = Read;
    IoCreateDevice(TestDriverObject, 16, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoCreateSymbolicLink(&link, &name);
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(device);
}

static NTSTATUS Open(PCWSTR path, ULONG options, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING string;

    creates = cleanups = closes = reads = 0;
    RtlInitUnicodeString(&string, path);
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwCreateFile(handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN,
                        options, NULL, 0);
}

TEST_CASE(a_file_is_created_cleaned_up_and_closed_once)
{
    HANDLE handle;

    EXPECT_EQ(Open(L"\\Device\\R3Test", FILE_SYNCHRONOUS_IO_NONALERT, &handle), STATUS_SUCCESS);
    EXPECT_EQ(creates, 1);
    EXPECT_EQ(seen_name[0], 0);
    EXPECT_EQ(device->ReferenceCount, 1);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(closes, 1);
    EXPECT_EQ(device->ReferenceCount, 0);
}

TEST_CASE(the_rest_of_the_path_is_the_file_name)
{
    HANDLE handle;

    EXPECT_EQ(Open(L"\\??\\r3test\\some\\Thing", FILE_SYNCHRONOUS_IO_NONALERT, &handle), STATUS_SUCCESS);
    EXPECT(wcscmp(seen_name, L"\\some\\Thing") == 0);
    ZwClose(handle);
}

TEST_CASE(a_refused_create_leaves_no_file)
{
    HANDLE handle;

    create_answer = STATUS_ACCESS_DENIED;
    EXPECT_EQ(Open(L"\\Device\\R3Test", 0, &handle), STATUS_ACCESS_DENIED);
    create_answer = STATUS_SUCCESS;
    EXPECT_EQ(creates, 1);
    EXPECT_EQ(cleanups + closes, 0);
    EXPECT_EQ(device->ReferenceCount, 0);
    EXPECT_EQ(Open(L"\\Device\\NotThere", 0, &handle), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_synchronous_read_waits_and_returns_data)
{
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(0);
    char buffer[8] = { 0 };
    HANDLE handle;

    REQUIRE(NT_SUCCESS(Open(L"\\Device\\R3Test", FILE_SYNCHRONOUS_IO_NONALERT, &handle)));
    EXPECT_EQ(ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 8);
    EXPECT(buffer[0] == 'r' && buffer[7] == 'r');
    ZwClose(handle);
}

TEST_CASE(a_synchronous_file_has_a_position)
{
    FILE_POSITION_INFORMATION position;
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(100), here;
    char buffer[8];
    HANDLE handle;

    REQUIRE(NT_SUCCESS(Open(L"\\Device\\R3Test", FILE_SYNCHRONOUS_IO_NONALERT, &handle)));
    ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL);
    EXPECT_EQ(seen_offset, 100);
    ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL);
    EXPECT_EQ(seen_offset, 108);
    here.HighPart = -1;
    here.LowPart = FILE_USE_FILE_POINTER_POSITION;
    ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, &here, NULL);
    EXPECT_EQ(seen_offset, 112);
    EXPECT_EQ(ZwQueryInformationFile(handle, &iosb, &position, sizeof(position), FilePositionInformation), STATUS_SUCCESS);
    EXPECT_EQ(position.CurrentByteOffset.QuadPart, 116);
    position.CurrentByteOffset.QuadPart = 4096;
    EXPECT_EQ(ZwSetInformationFile(handle, &iosb, &position, sizeof(position), FilePositionInformation), STATUS_SUCCESS);
    ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL);
    EXPECT_EQ(seen_offset, 4096);
    ZwClose(handle);
}

TEST_CASE(an_asynchronous_read_signals_its_event)
{
    IO_STATUS_BLOCK iosb = { .Status = 55 };
    LARGE_INTEGER offset = Time(0x999);
    OBJECT_ATTRIBUTES attributes;
    char buffer[8] = { 0 };
    HANDLE handle, event;

    REQUIRE(NT_SUCCESS(Open(L"\\Device\\R3Test", 0, &handle)));
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
    EXPECT_EQ(ZwReadFile(handle, event, NULL, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_PENDING);
    EXPECT_EQ(iosb.Status, 55);
    memset(pending->AssociatedIrp.SystemBuffer, 'p', 3);
    Complete(pending, STATUS_SUCCESS, 3);
    EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 3);
    EXPECT(memcmp(buffer, "ppp\0", 4) == 0);
    ZwClose(event);
    ZwClose(handle);
    EXPECT_EQ(closes, 1);
}

TEST_CASE(a_device_pointer_keeps_the_device_until_its_file_goes)
{
    PDEVICE_OBJECT found;
    PFILE_OBJECT file;

    creates = cleanups = closes = 0;
    EXPECT_EQ(IoGetDeviceObjectPointer(&link, FILE_READ_DATA, &file, &found), STATUS_SUCCESS);
    EXPECT(found == device);
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(closes, 0);
    ObDereferenceObject(file);
    EXPECT_EQ(closes, 1);
}

TEST_CASE(names_collide_and_exclusive_devices_open_once)
{
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\Device\\R3Exclusive");
    PDEVICE_OBJECT twice, exclusive;
    HANDLE first, second;

    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &twice),
              STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, &other, FILE_DEVICE_UNKNOWN, 0, TRUE, &exclusive), STATUS_SUCCESS);
    EXPECT_EQ(Open(L"\\Device\\R3Exclusive", 0, &first), STATUS_NO_SUCH_DEVICE);
    exclusive->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    EXPECT_EQ(Open(L"\\Device\\R3Exclusive", 0, &first), STATUS_SUCCESS);
    EXPECT_EQ(Open(L"\\Device\\R3Exclusive", 0, &second), STATUS_ACCESS_DENIED);
    IoDeleteDevice(exclusive);          /* goes when the file is closed */
    ZwClose(first);
    EXPECT_EQ(Open(L"\\Device\\R3Exclusive", 0, &first), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(the_position_of_a_synchronous_file_is_known_by_its_object)
{
    FILE_POSITION_INFORMATION position = { { .QuadPart = 0x123 } };
    ULONG returned = 0;
    PVOID file = NULL;
    HANDLE handle;

    REQUIRE(NT_SUCCESS(Open(L"\\Device\\R3Test", FILE_SYNCHRONOUS_IO_NONALERT, &handle)));
    EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &file, NULL), STATUS_SUCCESS);
    REQUIRE(file != NULL);
    EXPECT_EQ(IoSetInformation(file, FilePositionInformation, sizeof(position), &position), STATUS_SUCCESS);
    position.CurrentByteOffset.QuadPart = 0;
    EXPECT_EQ(IoQueryFileInformation(file, FilePositionInformation, sizeof(position), &position, &returned), STATUS_SUCCESS);
    EXPECT_EQ(returned, sizeof(position));
    EXPECT_EQ(position.CurrentByteOffset.QuadPart, 0x123);
    EXPECT(!NT_SUCCESS(IoQueryFileInformation(file, FileStandardInformation, 24, &position, &returned)));
    ObDereferenceObject(file);
    ZwClose(handle);
}
