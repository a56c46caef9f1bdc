/* Locks on the medium, numbers of disks and partitions, the verify bit. run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

static HANDLE disk;

TEST_SETUP(open_the_disk)
{
    disk = open_disk();
}

TEST_TEARDOWN(close_the_disk)
{
    if (disk)
        ZwClose(disk);
}

TEST_CASE(a_lock_on_the_medium_is_counted)
{
    PREVENT_MEDIA_REMOVAL lock = { TRUE };

    REQUIRE(disk);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MEDIA_REMOVAL, &lock, sizeof(lock), NULL, 0, NULL), STATUS_SUCCESS);
    lock.PreventMediaRemoval = FALSE;
    for (int i = 0; i < 4; i++)         /* one too many is ignored */
        EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MEDIA_REMOVAL, &lock, sizeof(lock), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(disk_ask(disk, IOCTL_STORAGE_MEDIA_REMOVAL, NULL, 0, NULL, 0, NULL)));
}

TEST_CASE(a_fixed_disk_ejects_nothing)
{
    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_EJECT_MEDIA, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_LOAD_MEDIA, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_LOAD_MEDIA2, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(the_extended_number_has_the_identity_of_the_device)
{
    STORAGE_DEVICE_NUMBER_EX number, again;
    static const GUID none;
    ULONG_PTR done = 0;

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_GET_DEVICE_NUMBER_EX, NULL, 0, &number, sizeof(number), &done), STATUS_SUCCESS);
    EXPECT_EQ(done, sizeof(number));
    EXPECT_EQ(number.Version, sizeof(number));
    EXPECT_EQ(number.Size, sizeof(number));
    EXPECT_EQ(number.DeviceType, FILE_DEVICE_DISK);
    EXPECT_EQ(number.DeviceNumber, 0);
    EXPECT(RtlCompareMemory(&number.DeviceGuid, &none, sizeof(none)) != sizeof(none));
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_GET_DEVICE_NUMBER_EX, NULL, 0, &again, sizeof(again), NULL), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(&number, &again, sizeof(number)) == sizeof(number));
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_GET_DEVICE_NUMBER_EX, NULL, 0, &again, 8, NULL), STATUS_BUFFER_TOO_SMALL);
}

TEST_CASE(a_reservation_is_broken_by_a_reset)
{
    STORAGE_BREAK_RESERVATION_REQUEST request = { sizeof(request), 0, 0, 0, 0 };
    UCHAR sector[512];

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_RESERVE, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_BREAK_RESERVATION, &request, sizeof(request), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    request.TargetId = 9;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_BREAK_RESERVATION, &request, sizeof(request), NULL, 0, NULL), STATUS_INVALID_PARAMETER);
}

static NTSTATUS internal(PDEVICE_OBJECT device, ULONG code)
{
    IO_STATUS_BLOCK result;
    KEVENT done;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(code, device, NULL, 0, NULL, 0, TRUE, &done, &result);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (IoCallDriver(device, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return result.Status;
}

TEST_CASE(a_driver_sets_and_clears_the_verify_bit)
{
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, L"\\??\\PhysicalDrive0");
    REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device)));
    EXPECT_EQ(internal(device, IOCTL_DISK_INTERNAL_SET_VERIFY), STATUS_SUCCESS);
    EXPECT(device->Flags & DO_VERIFY_VOLUME);
    EXPECT_EQ(internal(device, IOCTL_DISK_INTERNAL_CLEAR_VERIFY), STATUS_SUCCESS);
    EXPECT(!(device->Flags & DO_VERIFY_VOLUME));
    ObDereferenceObject(file);
}
