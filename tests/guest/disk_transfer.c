/* Reads and writes of a disk through the whole stack. run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

#define BIG (3u * 1024 * 1024)          /* more than the adapter takes at once */

static HANDLE disk;
static PUCHAR data, back;

TEST_SETUP(open_the_disk)
{
    disk = open_disk();
    data = ExAllocatePoolWithTag(NonPagedPoolNx, BIG, 'tseT');
    back = ExAllocatePoolWithTag(NonPagedPoolNx, BIG, 'tseT');
}

TEST_TEARDOWN(close_the_disk)
{
    if (disk)
        ZwClose(disk);
    if (data)
        ExFreePoolWithTag(data, 'tseT');
    if (back)
        ExFreePoolWithTag(back, 'tseT');
}

TEST_CASE(what_was_written_is_read_back)
{
    ULONG_PTR done;

    REQUIRE(disk && data && back);
    fill_pattern(data, 8192, 1);
    EXPECT_EQ(disk_write(disk, data, 8192, 4096, &done), STATUS_SUCCESS);
    EXPECT_EQ(done, 8192);
    RtlFillMemory(back, 8192, 0xEE);
    EXPECT_EQ(disk_read(disk, back, 8192, 4096, &done), STATUS_SUCCESS);
    EXPECT_EQ(done, 8192);
    EXPECT(is_pattern(back, 8192, 1));
}

TEST_CASE(one_sector_is_the_least)
{
    ULONG_PTR done;

    REQUIRE(disk && data && back);
    fill_pattern(data, 512, 2);
    EXPECT_EQ(disk_write(disk, data, 512, 512 * 77, &done), STATUS_SUCCESS);
    EXPECT_EQ(done, 512);
    EXPECT_EQ(disk_read(disk, back, 1536, 512 * 76, NULL), STATUS_SUCCESS);
    EXPECT(is_pattern(back + 512, 512, 2));
    EXPECT_EQ(disk_read(disk, back, 511, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(disk_read(disk, back, 512, 100, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(disk_write(disk, data, 700, 0, NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_transfer_larger_than_the_adapter_takes_is_split)
{
    ULONG_PTR done;

    REQUIRE(disk && data && back);
    fill_pattern(data, BIG, 3);
    EXPECT_EQ(disk_write(disk, data, BIG, 1024 * 1024 + 512, &done), STATUS_SUCCESS);
    EXPECT_EQ(done, BIG);
    RtlZeroMemory(back, BIG);
    EXPECT_EQ(disk_read(disk, back, BIG, 1024 * 1024 + 512, &done), STATUS_SUCCESS);
    EXPECT_EQ(done, BIG);
    EXPECT(is_pattern(back, BIG, 3));
}

TEST_CASE(what_was_never_written_reads_as_zeroes)
{
    ULONGLONG length;

    REQUIRE(disk && back);
    length = disk_length(disk);
    RtlFillMemory(back, 65536, 0xAA);
    EXPECT_EQ(disk_read(disk, back, 65536, length - 65536, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(back, 65536, 0));
}

TEST_CASE(nothing_is_beyond_the_last_sector)
{
    ULONGLONG length;

    REQUIRE(disk && back);
    length = disk_length(disk);
    EXPECT_EQ(disk_read(disk, back, 512, length - 512, NULL), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(disk_read(disk, back, 512, length, NULL)));
    EXPECT(!NT_SUCCESS(disk_read(disk, back, 1024, length - 512, NULL)));
    EXPECT(!NT_SUCCESS(disk_write(disk, data, 512, 1ull << 62, NULL)));
}

TEST_CASE(a_flush_succeeds)
{
    IO_STATUS_BLOCK iosb;

    REQUIRE(disk);
    EXPECT_EQ(ZwFlushBuffersFile(disk, &iosb), STATUS_SUCCESS);
}

/* --- many at once ------------------------------------------------------------------------------------------------- */

#define MANY 200

static KEVENT all_done;
static LONG left, failed;

static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    if (!NT_SUCCESS(irp->IoStatus.Status) || irp->IoStatus.Information != 4096)
        InterlockedIncrement(&failed);
    while (irp->MdlAddress) {
        PMDL mdl = irp->MdlAddress;

        irp->MdlAddress = mdl->Next;
        MmUnlockPages(mdl);
        IoFreeMdl(mdl);
    }
    IoFreeIrp(irp);
    if (!InterlockedDecrement(&left))
        KeSetEvent(&all_done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void submit(PDEVICE_OBJECT device, ULONG major, PUCHAR buffer, ULONGLONG offset)
{
    LARGE_INTEGER at;
    PIRP irp;

    at.QuadPart = (LONGLONG)offset;
    irp = IoBuildAsynchronousFsdRequest(major, device, buffer, 4096, &at, NULL);
    if (!irp) {
        InterlockedIncrement(&failed);
        if (!InterlockedDecrement(&left))
            KeSetEvent(&all_done, IO_NO_INCREMENT, FALSE);
        return;
    }
    IoSetCompletionRoutine(irp, completed, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
}

static void run_many(PDEVICE_OBJECT device, ULONG major, PUCHAR buffer)
{
    KeInitializeEvent(&all_done, NotificationEvent, FALSE);
    left = MANY;
    for (ULONG i = 0; i < MANY; i++)
        submit(device, major, buffer + i * 4096, (ULONGLONG)(MANY - i) * 4096);
    KeWaitForSingleObject(&all_done, Executive, KernelMode, FALSE, NULL);
}

TEST_CASE(many_requests_at_once_are_all_answered)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Harddisk0\\DR0");
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;

    REQUIRE(data && back);
    REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA | FILE_WRITE_DATA, &file, &device)));
    failed = 0;
    fill_pattern(data, MANY * 4096, 5);
    run_many(device, IRP_MJ_WRITE, data);
    RtlZeroMemory(back, MANY * 4096);
    run_many(device, IRP_MJ_READ, back);
    EXPECT_EQ(failed, 0);
    EXPECT(is_pattern(back, MANY * 4096, 5));
    ObDereferenceObject(file);
}
