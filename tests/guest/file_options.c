/* Opening with a device as hint, DOS names, what file objects and IRPs carry, registrations. */
#include "helpers.h"

static PDEVICE_OBJECT device, filter;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Options");
static UNICODE_STRING drive = RTL_CONSTANT_STRING(L"\\??\\R:");
static UNICODE_STRING volume = RTL_CONSTANT_STRING(L"\\??\\Volume{11111111-2222-3333-4444-555555555555}");
static volatile LONG at_filter, at_device;
static PFILE_OBJECT opened;
static PIRP held;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    if (object == filter) {
        InterlockedIncrement(&at_filter);
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(device, irp);
    }
    InterlockedIncrement(&at_device);
    if (s->MajorFunction == IRP_MJ_CREATE)
        opened = s->FileObject;
    if (s->MajorFunction == IRP_MJ_FLUSH_BUFFERS) {
        IoMarkIrpPending(irp);
        held = irp;
        return STATUS_PENDING;
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

TEST_SETUP(make_stack)
{
    for (ULONG i = 0; i <= IRP_MJ_CLEANUP; i++)
        TestDriverObject->MajorFunction[i] = Dispatch;
    IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &filter);
    IoAttachDeviceToDeviceStack(filter, device);
    filter->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

TEST_TEARDOWN(delete_stack)
{
    IoDetachDevice(device);
    IoDeleteDevice(filter);
    IoDeleteDevice(device);
}

static NTSTATUS Open(PIO_DRIVER_CREATE_CONTEXT context, PCWSTR path, PHANDLE handle)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    RtlInitUnicodeString(&text, path);
    InitializeObjectAttributes(&attributes, &text, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    at_filter = at_device = 0;
    return IoCreateFileEx(handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, CreateFileTypeNone, NULL, 0, context);
}

TEST_CASE(without_a_hint_a_create_goes_to_the_top_of_the_stack)
{
    IO_DRIVER_CREATE_CONTEXT context;
    HANDLE handle = NULL;

    IoInitializeDriverCreateContext(&context);
    EXPECT_EQ(context.Size, sizeof(context));
    EXPECT_EQ(Open(&context, L"\\Device\\R3Options", &handle), STATUS_SUCCESS);
    EXPECT_EQ(at_filter, 1);
    EXPECT_EQ(at_device, 1);
    EXPECT(IoGetRelatedDeviceObject(opened) == filter);
    ZwClose(handle);
    EXPECT_EQ(Open(NULL, L"\\Device\\R3Options", &handle), STATUS_SUCCESS);
    EXPECT_EQ(at_filter, 1);
    ZwClose(handle);
}

TEST_CASE(a_hint_keeps_the_devices_above_it_out)
{
    IO_DRIVER_CREATE_CONTEXT context;
    HANDLE handle = NULL;

    IoInitializeDriverCreateContext(&context);
    context.DeviceObjectHint = device;
    EXPECT_EQ(Open(&context, L"\\Device\\R3Options", &handle), STATUS_SUCCESS);
    EXPECT(IoGetRelatedDeviceObject(opened) == device);
    ZwClose(handle);
    EXPECT_EQ(at_filter, 0);
    EXPECT_EQ(at_device, 3);                    /* create, cleanup, close */
}

TEST_CASE(a_hint_must_be_in_the_stack)
{
    IO_DRIVER_CREATE_CONTEXT context;
    PDEVICE_OBJECT other = NULL;
    HANDLE handle = NULL;

    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_SUCCESS);
    IoInitializeDriverCreateContext(&context);
    context.DeviceObjectHint = other;
    EXPECT_EQ(Open(&context, L"\\Device\\R3Options", &handle), STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    EXPECT_EQ(at_device, 0);
    IoDeleteDevice(other);
}

TEST_CASE(a_volume_has_the_dos_name_of_the_link_that_leads_to_it)
{
    UNICODE_STRING dos = { 0, 0, NULL };
    POBJECT_NAME_INFORMATION info = NULL;
    HANDLE handle = NULL;

    EXPECT_EQ(IoVolumeDeviceToDosName(device, &dos), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoCreateSymbolicLink(&volume, &name), STATUS_SUCCESS);
    EXPECT_EQ(IoVolumeDeviceToDosName(device, &dos), STATUS_SUCCESS);
    EXPECT(dos.Buffer != NULL && wcscmp(dos.Buffer, L"\\\\?\\Volume{11111111-2222-3333-4444-555555555555}") == 0);
    ExFreePool(dos.Buffer);
    EXPECT_EQ(IoCreateSymbolicLink(&drive, &name), STATUS_SUCCESS);
    EXPECT_EQ(IoVolumeDeviceToDosName(device, &dos), STATUS_SUCCESS);
    EXPECT(dos.Buffer != NULL && wcscmp(dos.Buffer, L"R:") == 0);
    EXPECT_EQ(dos.Length, 4);
    ExFreePool(dos.Buffer);
    EXPECT_EQ(Open(NULL, L"\\??\\R:\\dir\\file.txt", &handle), STATUS_SUCCESS);
    EXPECT_EQ(IoQueryFileDosDeviceName(opened, &info), STATUS_SUCCESS);
    EXPECT(info != NULL && wcscmp(info->Name.Buffer, L"R:\\dir\\file.txt") == 0);
    if (info != NULL)
        ExFreePool(info);
    EXPECT_EQ(IoReplaceFileObjectName(opened, L"\\other", 12), STATUS_SUCCESS);
    EXPECT(wcscmp(opened->FileName.Buffer, L"\\other") == 0);
    EXPECT_EQ(opened->FileName.Length, 12);
    ZwClose(handle);
    IoDeleteSymbolicLink(&drive);
    IoDeleteSymbolicLink(&volume);
}

TEST_CASE(directories_of_drivers_check_their_arguments)
{
    HANDLE handle = NULL;

    EXPECT_EQ(IoGetDriverDirectory(NULL, DriverDirectoryData, 0, &handle), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoGetDriverDirectory(TestDriverObject, DriverDirectoryData, 1, &handle), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoGetDriverDirectory(TestDriverObject, DriverDirectoryData, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoGetDeviceDirectory(device, DeviceDirectoryData, 0, device, &handle), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_file_object_says_what_it_was_opened_for)
{
    HANDLE handle = NULL;

    EXPECT_EQ(Open(NULL, L"\\Device\\R3Options", &handle), STATUS_SUCCESS);
    EXPECT(IoGetTransactionParameterBlock(opened) == NULL);
    EXPECT(IoGetSiloParameters(opened) == NULL);
    EXPECT(IoGetOplockKeyContext(opened) == NULL);
    EXPECT(IoGetOplockKeyContextEx(opened) == NULL);
    EXPECT(!IoIsFileOriginRemote(opened));
    EXPECT_EQ(IoSetFileOrigin(opened, FALSE), STATUS_INVALID_PARAMETER_MIX);
    EXPECT_EQ(IoSetFileOrigin(opened, TRUE), STATUS_SUCCESS);
    EXPECT(IoIsFileOriginRemote(opened));
    EXPECT_EQ(IoSetFileOrigin(opened, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(IoIncrementKeepAliveCount(opened, PsGetCurrentProcess()), STATUS_SUCCESS);
    EXPECT_EQ(IoDecrementKeepAliveCount(opened, PsGetCurrentProcess()), STATUS_SUCCESS);
    ZwClose(handle);
}

TEST_CASE(who_ignores_sharing_is_not_refused)
{
    SHARE_ACCESS share;
    BOOLEAN may_write = FALSE;
    HANDLE handle = NULL;

    EXPECT_EQ(Open(NULL, L"\\Device\\R3Options", &handle), STATUS_SUCCESS);
    IoSetShareAccessEx(FILE_READ_DATA, 0, opened, &share, NULL);
    EXPECT_EQ(IoCheckShareAccessEx(FILE_READ_DATA, FILE_SHARE_READ, opened, &share, FALSE, NULL), STATUS_SHARING_VIOLATION);
    IoSetShareAccessEx(FILE_READ_DATA, 0, opened, &share, &may_write);
    EXPECT_EQ(IoCheckShareAccessEx(FILE_READ_DATA, FILE_SHARE_READ, opened, &share, FALSE, NULL), STATUS_SUCCESS);
    EXPECT(!IoIsFileObjectIgnoringSharing(opened));
    EXPECT_EQ(IoSetFileObjectIgnoreSharing(opened), STATUS_SUCCESS);
    EXPECT(IoIsFileObjectIgnoringSharing(opened));
    EXPECT_EQ(IoCheckShareAccess(FILE_WRITE_DATA, 0, opened, &share, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(share.OpenCount, 1);
    ZwClose(handle);
}

TEST_CASE(the_worst_status_of_the_parts_is_the_masters)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    REQUIRE(irp != NULL);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSetMasterIrpStatus(irp, STATUS_SUCCESS);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_SUCCESS);
    IoSetMasterIrpStatus(irp, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
    IoSetMasterIrpStatus(irp, STATUS_SUCCESS);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
    IoSetMasterIrpStatus(irp, STATUS_VERIFY_REQUIRED);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_VERIFY_REQUIRED);
    EXPECT_EQ(IoGetPagingIoPriority(irp), IoPagingPriorityInvalid);
    IoFreeIrp(irp);
    EXPECT(!FsRtlIsTotalDeviceFailure(STATUS_SUCCESS));
    EXPECT(!FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR));
    EXPECT(FsRtlIsTotalDeviceFailure(STATUS_DEVICE_NOT_CONNECTED));
}

static VOID NTAPI CompleteHeld(PVOID context)
{
    (void)context;
    EVENTUALLY(held != NULL);
    held->IoStatus.Status = STATUS_DEVICE_BUSY;
    IoCompleteRequest(held, IO_NO_INCREMENT);
}

TEST_CASE(a_synchronous_call_waits_for_a_pended_irp_and_gives_it_back)
{
    PIRP irp = IoAllocateIrp(filter->StackSize, FALSE);
    PKTHREAD thread;

    REQUIRE(irp != NULL);
    held = NULL;
    thread = StartThread(CompleteHeld, NULL);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    EXPECT_EQ(IoSynchronousCallDriver(filter, irp), STATUS_DEVICE_BUSY);
    JoinThread(thread);
    IoFreeIrp(irp);
}

TEST_CASE(an_irp_in_the_drivers_memory_is_initialized_for_a_device)
{
    PIRP irp = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeOfIrp(2), 'tseT');

    REQUIRE(irp != NULL);
    IoInitializeIrpEx(irp, filter, IoSizeOfIrp(2), 2);
    EXPECT_EQ(irp->StackCount, 2);
    EXPECT_EQ(irp->CurrentLocation, 3);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
    EXPECT_EQ(IoSynchronousCallDriver(filter, irp), STATUS_SUCCESS);
    ExFreePoolWithTag(irp, 'tseT');
}

TEST_CASE(extended_attributes_must_be_whole)
{
    struct {
        FILE_FULL_EA_INFORMATION first;
        CHAR rest[20];
    } ea;
    ULONG offset = 77;

    memset(&ea, 0, sizeof(ea));
    ea.first.EaNameLength = 3;
    ea.first.EaValueLength = 2;
    memcpy(ea.first.EaName, "abc", 4);
    EXPECT_EQ(IoCheckEaBufferValidity(&ea.first, 14, &offset), STATUS_SUCCESS);
    EXPECT_EQ(IoCheckEaBufferValidity(&ea.first, 13, &offset), STATUS_EA_LIST_INCONSISTENT);
    EXPECT_EQ(offset, 0);
    ea.first.EaName[3] = 'x';
    EXPECT_EQ(IoCheckEaBufferValidity(&ea.first, 14, &offset), STATUS_EA_LIST_INCONSISTENT);
    ea.first.EaName[3] = 0;
    ea.first.NextEntryOffset = 16;
    EXPECT_EQ(IoCheckEaBufferValidity(&ea.first, 20, &offset), STATUS_EA_LIST_INCONSISTENT);
    EXPECT_EQ(offset, 16);
}

static volatile LONG actives, gones;

static VOID NTAPI FileSystemChanged(PDEVICE_OBJECT object, BOOLEAN active)
{
    if (object->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM)
        InterlockedIncrement(active ? &actives : &gones);
}

TEST_CASE(file_system_filters_hear_of_file_systems)
{
    PDEVICE_OBJECT control = NULL;

    actives = gones = 0;
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &control), STATUS_SUCCESS);
    IoRegisterFileSystem(control);
    EXPECT_EQ(IoRegisterFsRegistrationChange(TestDriverObject, FileSystemChanged), STATUS_SUCCESS);
    EXPECT_EQ(actives, 1);
    EXPECT_EQ(IoRegisterFsRegistrationChange(TestDriverObject, FileSystemChanged), STATUS_DEVICE_ALREADY_ATTACHED);
    IoUnregisterFileSystem(control);
    EXPECT_EQ(gones, 1);
    IoRegisterFileSystem(control);
    EXPECT_EQ(actives, 2);
    IoUnregisterFsRegistrationChange(TestDriverObject, FileSystemChanged);
    IoUnregisterFileSystem(control);
    EXPECT_EQ(gones, 1);
    IoDeleteDevice(control);
}

static NTSTATUS NTAPI BootDriver(PVOID context, BDCB_CALLBACK_TYPE type, PVOID information)
{
    (void)context;
    (void)type;
    (void)information;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI SessionChanged(VOID)
{
    return STATUS_SUCCESS;
}

TEST_CASE(other_registrations_are_taken_and_given_back)
{
    IO_SESSION_STATE_NOTIFICATION wanted = { sizeof(wanted), 0, device, 0xFFFFFFFF, NULL };
    IO_SESSION_STATE_INFORMATION info;
    BOOTDISK_INFORMATION boot;
    PVOID registration = NULL, handle = IoRegisterBootDriverCallback(BootDriver, NULL);

    EXPECT(handle != NULL);
    IoUnregisterBootDriverCallback(handle);
    EXPECT_EQ(IoRegisterContainerNotification(IoMaxContainerNotificationClass, SessionChanged, &wanted, sizeof(wanted), &registration),
              STATUS_INVALID_PARAMETER_1);
    EXPECT_EQ(IoRegisterContainerNotification(IoSessionStateNotification, NULL, &wanted, sizeof(wanted), &registration),
              STATUS_INVALID_PARAMETER_2);
    EXPECT_EQ(IoRegisterContainerNotification(IoSessionStateNotification, SessionChanged, &wanted, 4, &registration),
              STATUS_INVALID_PARAMETER_4);
    EXPECT_EQ(IoRegisterContainerNotification(IoSessionStateNotification, SessionChanged, &wanted, sizeof(wanted), &registration),
              STATUS_SUCCESS);
    IoUnregisterContainerNotification(registration);
    EXPECT_EQ(IoGetContainerInformation(IoMaxContainerInformationClass, device, &info, sizeof(info)), STATUS_INVALID_PARAMETER_1);
    EXPECT_EQ(IoGetContainerInformation(IoSessionStateInformation, NULL, &info, sizeof(info)), STATUS_INVALID_PARAMETER_2);
    EXPECT_EQ(IoGetContainerInformation(IoSessionStateInformation, device, &info, 4), STATUS_INVALID_PARAMETER_4);
    EXPECT_EQ(IoGetBootDiskInformation(&boot, 8), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoGetBootDiskInformation(&boot, sizeof(boot)), STATUS_TOO_LATE);
    EXPECT(!NT_SUCCESS(IoGetIommuInterface(1, &info)));
    EXPECT(!NT_SUCCESS(IoGetIommuInterfaceEx(1, 0, &info)));
}
