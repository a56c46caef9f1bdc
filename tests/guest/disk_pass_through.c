/* SCSI commands of a driver's own, units that come and go, partition tables. run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

#include "../../drivers/ramlun/ioctl.h"

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

typedef struct {
    SCSI_PASS_THROUGH Head;
    UCHAR Sense[32];
    UCHAR Data[512];
} COMMAND;

static void prepare(COMMAND *c, UCHAR direction, ULONG length)
{
    RtlZeroMemory(c, sizeof(*c));
    c->Head.Length = sizeof(c->Head);
    c->Head.CdbLength = 16;
    c->Head.SenseInfoLength = sizeof(c->Sense);
    c->Head.DataIn = direction;
    c->Head.DataTransferLength = length;
    c->Head.TimeOutValue = 5;
    c->Head.DataBufferOffset = FIELD_OFFSET(COMMAND, Data);
    c->Head.SenseInfoOffset = FIELD_OFFSET(COMMAND, Sense);
}

static NTSTATUS pass(COMMAND *c)
{
    return disk_ask(disk, IOCTL_SCSI_PASS_THROUGH, c, sizeof(*c), c, sizeof(*c), NULL);
}

TEST_CASE(inquiry_goes_through)
{
    COMMAND c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 36);
    c.Head.CdbLength = 6;
    c.Head.Cdb[0] = SCSIOP_INQUIRY;
    c.Head.Cdb[4] = 36;
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_GOOD);
    EXPECT_EQ(c.Head.DataTransferLength, 36);
    EXPECT(RtlCompareMemory(c.Data + 8, "ring3   RAM disk", 16) == 16);
}

TEST_CASE(a_command_that_fails_succeeds_with_sense_data)
{
    COMMAND c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.Cdb[0] = SCSIOP_READ16;
    c.Head.Cdb[2] = 0x10;               /* far beyond the end */
    c.Head.Cdb[13] = 1;
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[2] & 0xf, SCSI_SENSE_ILLEGAL_REQUEST);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_ILLEGAL_BLOCK);
    EXPECT_EQ(c.Head.DataTransferLength, 0);
    prepare(&c, SCSI_IOCTL_DATA_IN, 0);
    c.Head.Cdb[0] = 0xC1;               /* no such command */
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_ILLEGAL_COMMAND);
}

TEST_CASE(malformed_commands_are_refused)
{
    COMMAND c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.CdbLength = 17;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.DataBufferOffset = sizeof(COMMAND);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 0x7fffffff);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, 7, 512);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.SenseInfoOffset = 0;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(disk_ask(disk, IOCTL_SCSI_PASS_THROUGH, &c, 10, &c, 10, NULL)));
}

TEST_CASE(a_write_of_one_goes_where_a_read_of_the_other_finds_it)
{
    COMMAND c;
    UCHAR sector[512];

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_OUT, 512);
    c.Head.Cdb[0] = SCSIOP_WRITE16;
    c.Head.Cdb[9] = 9;
    c.Head.Cdb[13] = 1;
    fill_pattern(c.Data, 512, 9);
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, 512, 9 * 512, NULL), STATUS_SUCCESS);
    EXPECT(is_pattern(sector, 512, 9));
}

TEST_CASE(write_same_and_unmap_change_what_is_allocated)
{
    COMMAND c;
    static UCHAR chunk[65536];

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_OUT, 512);
    c.Head.Cdb[0] = SCSIOP_WRITE_SAME16;
    c.Head.Cdb[7] = 0x20;               /* sector 0x200000: 1 GiB, the first beyond the end */
    c.Head.Cdb[13] = 128;
    RtlFillMemory(c.Data, 512, 0x77);
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_CHECK_CONDITION);
    c.Head.Cdb[7] = 0x01;               /* sector 0x10000: 32 MiB */
    c.Head.DataTransferLength = 512;
    c.Head.SenseInfoLength = sizeof(c.Sense);
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_GOOD);
    EXPECT_EQ(disk_read(disk, chunk, sizeof(chunk), 32u << 20, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(chunk, sizeof(chunk), 0x77));
    prepare(&c, SCSI_IOCTL_DATA_IN, 24);
    c.Head.Cdb[0] = SCSIOP_GET_LBA_STATUS;
    c.Head.Cdb[1] = SERVICE_ACTION_GET_LBA_STATUS;
    c.Head.Cdb[7] = 0x01;
    c.Head.Cdb[13] = 24;
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Data[20] & 0xf, LBA_STATUS_MAPPED);
    EXPECT_EQ(c.Data[19], 128);
}

/* --- units ------------------------------------------------------------------------------------------------------- */

static NTSTATUS control(HANDLE port, RAMLUN_CONTROL *c, ULONG code)
{
    c->Header.HeaderLength = sizeof(c->Header);
    RtlCopyMemory(c->Header.Signature, RAMLUN_SIGNATURE, 8);
    c->Header.Timeout = 5;
    c->Header.ControlCode = code;
    c->Header.Length = sizeof(*c) - sizeof(c->Header);
    return disk_ask(port, IOCTL_SCSI_MINIPORT, c, sizeof(*c), c, sizeof(*c), NULL);
}

static HANDLE wait_for(PCWSTR name, BOOLEAN there)
{
    LARGE_INTEGER moment;
    NTSTATUS status;
    HANDLE handle = NULL;

    moment.QuadPart = -100000;
    for (int n = 0; n < 200; n++) {
        handle = open_device(name, &status);
        if ((handle != NULL) == there)
            return handle;
        if (handle)
            ZwClose(handle);
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    return NULL;
}

TEST_CASE(a_unit_that_is_added_is_a_disk_and_goes_again)
{
    NTSTATUS status;
    HANDLE port = open_device(L"\\??\\Scsi0:", &status), other;
    RAMLUN_CONTROL c;
    UCHAR sector[512];

    REQUIRE(port);
    RtlZeroMemory(&c, sizeof(c));
    c.Megabytes = 8;
    EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_ADD), STATUS_SUCCESS);
    EXPECT_EQ(c.Header.ReturnCode, RAMLUN_RETURN_SUCCESS);
    EXPECT_EQ(c.Lun, 1);
    other = wait_for(L"\\??\\PhysicalDrive1", TRUE);
    EXPECT(other != NULL);
    if (other) {
        EXPECT_EQ(disk_length(other), 8ull << 20);
        fill_pattern(sector, 512, 4);
        EXPECT_EQ(disk_write(other, sector, 512, 0, NULL), STATUS_SUCCESS);
        EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_QUERY), STATUS_SUCCESS);
        EXPECT_EQ(c.Allocated, 65536);
        ZwClose(other);
    }
    EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_REMOVE), STATUS_SUCCESS);
    EXPECT_EQ(wait_for(L"\\??\\PhysicalDrive1", FALSE), NULL);
    EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_QUERY), STATUS_SUCCESS);
    EXPECT_EQ(c.Header.ReturnCode, RAMLUN_RETURN_NO_SUCH_LUN);
    ZwClose(port);
}

TEST_CASE(a_unit_can_go_while_a_file_is_open_on_it)
{
    NTSTATUS status;
    HANDLE port = open_device(L"\\??\\Scsi0:", &status), other;
    RAMLUN_CONTROL c;
    UCHAR sector[512];
    LARGE_INTEGER moment;
    PCWSTR name = NULL;

    REQUIRE(port);
    RtlZeroMemory(&c, sizeof(c));
    c.Megabytes = 4;
    EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_ADD), STATUS_SUCCESS);
    /* Numbers are not used again: it is 1 when this case runs alone, 2 behind the one above. */
    other = wait_for(L"\\??\\PhysicalDrive2", TRUE);
    name = L"\\??\\PhysicalDrive2";
    if (!other) {
        name = L"\\??\\PhysicalDrive1";
        other = wait_for(name, TRUE);
    }
    EXPECT(other != NULL);
    EXPECT_EQ(control(port, &c, RAMLUN_CONTROL_REMOVE), STATUS_SUCCESS);
    moment.QuadPart = -1000000;
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    if (other) {
        EXPECT(!NT_SUCCESS(disk_read(other, sector, 512, 0, NULL)));
        EXPECT(!NT_SUCCESS(disk_ask(other, IOCTL_STORAGE_CHECK_VERIFY, NULL, 0, NULL, 0, NULL)));
        ZwClose(other);
    }
    ZwClose(port);
}

/* --- partitions ---------------------------------------------------------------------------------------------------- */

static void put_entry(PUCHAR entry, UCHAR type, ULONG first, ULONG count)
{
    RtlZeroMemory(entry, 16);
    entry[4] = type;
    RtlCopyMemory(entry + 8, &first, 4);
    RtlCopyMemory(entry + 12, &count, 4);
}

TEST_CASE(partitions_of_an_mbr_are_read)
{
    static UCHAR layout[sizeof(DRIVE_LAYOUT_INFORMATION_EX) + 8 * sizeof(PARTITION_INFORMATION_EX)];
    PDRIVE_LAYOUT_INFORMATION_EX out = (PDRIVE_LAYOUT_INFORMATION_EX)layout;
    UCHAR sector[512];

    REQUIRE(disk);
    RtlZeroMemory(sector, sizeof(sector));
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, layout, sizeof(layout), NULL), STATUS_SUCCESS);
    EXPECT_EQ(out->PartitionStyle, PARTITION_STYLE_RAW);
    EXPECT_EQ(out->PartitionCount, 0);
    put_entry(sector + 446, PARTITION_IFS, 2048, 4096);
    put_entry(sector + 462, PARTITION_XINT13_EXTENDED, 8192, 20000);
    sector[440] = 0x34, sector[441] = 0x12;
    sector[510] = 0x55, sector[511] = 0xaa;
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    RtlZeroMemory(sector, sizeof(sector));
    put_entry(sector + 446, PARTITION_FAT32, 63, 1000);
    put_entry(sector + 462, PARTITION_XINT13_EXTENDED, 5000, 2000);
    sector[510] = 0x55, sector[511] = 0xaa;
    EXPECT_EQ(disk_write(disk, sector, 512, 8192 * 512, NULL), STATUS_SUCCESS);
    put_entry(sector + 446, PARTITION_FAT32, 63, 500);
    put_entry(sector + 462, 0, 0, 0);
    EXPECT_EQ(disk_write(disk, sector, 512, (8192 + 5000) * 512, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, layout, sizeof(layout), NULL), STATUS_SUCCESS);
    EXPECT_EQ(out->PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(out->Mbr.Signature, 0x1234);
    REQUIRE(out->PartitionCount == 3);
    EXPECT_EQ(out->PartitionEntry[0].StartingOffset.QuadPart, 2048 * 512);
    EXPECT_EQ(out->PartitionEntry[0].PartitionLength.QuadPart, 4096 * 512);
    EXPECT_EQ(out->PartitionEntry[0].Mbr.PartitionType, PARTITION_IFS);
    EXPECT_EQ(out->PartitionEntry[1].StartingOffset.QuadPart, (8192 + 63) * 512);
    EXPECT_EQ(out->PartitionEntry[2].StartingOffset.QuadPart, (8192 + 5000 + 63) * 512);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, layout, sizeof(DRIVE_LAYOUT_INFORMATION_EX), NULL),
              STATUS_BUFFER_TOO_SMALL);
}
