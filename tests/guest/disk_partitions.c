/* Devices for the partitions of a disk, from an MBR and from a GPT.
 * run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

#define SECTOR 512ull
#define SECTORS (1ull << 21)            /* of ramlun's unit of 1 GiB */

static HANDLE disk;

TEST_SETUP(open_it)
{
    disk = open_disk();
}

TEST_TEARDOWN(close_it)
{
    if (disk)
        ZwClose(disk);
}

static void update(void)
{
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_UPDATE_PROPERTIES, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
}

static void put_entry(PUCHAR entry, UCHAR type, ULONG first, ULONG count)
{
    RtlZeroMemory(entry, 16);
    entry[4] = type;
    RtlCopyMemory(entry + 8, &first, 4);
    RtlCopyMemory(entry + 12, &count, 4);
}

static void clear_table(void)
{
    static UCHAR nothing[34 * 512];

    EXPECT_EQ(disk_write(disk, nothing, sizeof(nothing), 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_write(disk, nothing, 512, (SECTORS - 1) * SECTOR, NULL), STATUS_SUCCESS);
    update();
}

/* Two partitions: 1 MiB at sector 2048, 2 MiB behind it. */
static void write_mbr(void)
{
    UCHAR sector[512] = { 0 };

    put_entry(sector + 446, PARTITION_IFS, 2048, 2048);
    put_entry(sector + 462, PARTITION_FAT32, 4096, 4096);
    sector[446] = 0x80;
    sector[510] = 0x55, sector[511] = 0xaa;
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    update();
}

static HANDLE open_partition(PCWSTR name)
{
    NTSTATUS status;
    HANDLE handle = open_device(name, &status);

    EXPECT_EQ(status, STATUS_SUCCESS);
    return handle;
}

TEST_CASE(a_partition_is_read_and_written_at_its_place)
{
    UCHAR data[512], back[512];
    HANDLE part;

    REQUIRE(disk);
    write_mbr();
    part = open_partition(L"\\??\\Harddisk0Partition2");
    REQUIRE(part);
    RtlFillMemory(data, sizeof(data), 0x3c);
    EXPECT_EQ(disk_write(part, data, 512, 5 * SECTOR, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, back, 512, (4096 + 5) * SECTOR, NULL), STATUS_SUCCESS);
    EXPECT_EQ(RtlCompareMemory(data, back, 512), 512);
    RtlFillMemory(data, sizeof(data), 0xc3);
    EXPECT_EQ(disk_write(disk, data, 512, (4096 + 4095) * SECTOR, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(part, back, 512, 4095 * SECTOR, NULL), STATUS_SUCCESS);
    EXPECT_EQ(RtlCompareMemory(data, back, 512), 512);
    EXPECT(!NT_SUCCESS(disk_read(part, back, 512, 4096 * SECTOR, NULL)));
    EXPECT(!NT_SUCCESS(disk_write(part, data, 512, 4096 * SECTOR, NULL)));
    EXPECT(!NT_SUCCESS(disk_read(part, back, 512, ~0ull << 9, NULL)));
    ZwClose(part);
    clear_table();
}

TEST_CASE(a_partition_says_where_it_lies)
{
    PARTITION_INFORMATION_EX info;
    PARTITION_INFORMATION old;
    STORAGE_DEVICE_NUMBER number;
    DISK_GEOMETRY geometry;
    HANDLE part;

    REQUIRE(disk);
    write_mbr();
    part = open_partition(L"\\Device\\Harddisk0\\Partition1");
    REQUIRE(part);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0, &info, sizeof(info), NULL), STATUS_SUCCESS);
    EXPECT_EQ(info.PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(info.PartitionNumber, 1);
    EXPECT_EQ(info.StartingOffset.QuadPart, 2048 * SECTOR);
    EXPECT_EQ(info.PartitionLength.QuadPart, 2048 * SECTOR);
    EXPECT(info.Mbr.BootIndicator && info.Mbr.RecognizedPartition);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO, NULL, 0, &old, sizeof(old), NULL), STATUS_SUCCESS);
    EXPECT_EQ(old.PartitionType, PARTITION_IFS);
    EXPECT_EQ(old.HiddenSectors, 2048);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO, NULL, 0, &old, 4, NULL), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(disk_length(part), 2048 * SECTOR);
    EXPECT_EQ(disk_ask(part, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number, sizeof(number), NULL), STATUS_SUCCESS);
    EXPECT_EQ(number.DeviceNumber, 0);
    EXPECT_EQ(number.PartitionNumber, 1);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, &geometry, sizeof(geometry), NULL), STATUS_SUCCESS);
    EXPECT_EQ(geometry.BytesPerSector, 512);
    ZwClose(part);
    clear_table();
}

TEST_CASE(ranges_of_a_partition_are_within_it)
{
    struct {
        DEVICE_MANAGE_DATA_SET_ATTRIBUTES Head;
        DEVICE_DATA_SET_RANGE Range;
    } trim = { { sizeof(trim.Head), DeviceDsmAction_Trim, 0, 0, 0, sizeof(trim.Head), sizeof(trim.Range) }, { 0, 65536 } };
    VERIFY_INFORMATION verify = { { .QuadPart = 0 }, 65536 };
    static UCHAR data[65536], back[65536];
    HANDLE part;

    REQUIRE(disk);
    trim.Head.DataSetRangesOffset = FIELD_OFFSET(__typeof__(trim), Range);
    write_mbr();
    part = open_partition(L"\\??\\Harddisk0Partition1");
    REQUIRE(part);
    RtlFillMemory(data, sizeof(data), 0x11);
    EXPECT_EQ(disk_write(disk, data, sizeof(data), 0x100000, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_VERIFY, &verify, sizeof(verify), NULL, 0, NULL), STATUS_SUCCESS);
    verify.StartingOffset.QuadPart = 2048 * SECTOR;
    EXPECT(!NT_SUCCESS(disk_ask(part, IOCTL_DISK_VERIFY, &verify, sizeof(verify), NULL, 0, NULL)));
    EXPECT_EQ(disk_ask(part, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &trim, sizeof(trim), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, back, sizeof(back), 0x100000, NULL), STATUS_SUCCESS);
    EXPECT_EQ(back[0] | back[65535], 0);
    trim.Range.StartingOffset = 2048 * SECTOR - 512;
    EXPECT(!NT_SUCCESS(disk_ask(part, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &trim, sizeof(trim), NULL, 0, NULL)));
    ZwClose(part);
    clear_table();
}

TEST_CASE(a_partition_that_goes_takes_its_device_with_it)
{
    UCHAR sector[512];
    NTSTATUS status;
    HANDLE part;

    REQUIRE(disk);
    write_mbr();
    part = open_partition(L"\\??\\Harddisk0Partition1");
    REQUIRE(part);
    clear_table();
    EXPECT_EQ(disk_read(part, sector, 512, 0, NULL), STATUS_DEVICE_DOES_NOT_EXIST);
    ZwClose(part);
    EXPECT(open_device(L"\\??\\Harddisk0Partition1", &status) == NULL);
    EXPECT(!NT_SUCCESS(status));
}

TEST_CASE(a_partition_beyond_the_end_has_no_device)
{
    UCHAR sector[512] = { 0 };
    NTSTATUS status;

    REQUIRE(disk);
    put_entry(sector + 446, PARTITION_IFS, 2048, 0xffffff00);
    sector[510] = 0x55, sector[511] = 0xaa;
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    update();
    EXPECT(open_device(L"\\??\\Harddisk0Partition1", &status) == NULL);
    clear_table();
}

TEST_CASE(the_layout_of_old_knows_only_mbr)
{
    UCHAR buffer[FIELD_OFFSET(DRIVE_LAYOUT_INFORMATION, PartitionEntry) + 4 * sizeof(PARTITION_INFORMATION)];
    PDRIVE_LAYOUT_INFORMATION layout = (PDRIVE_LAYOUT_INFORMATION)buffer;
    ULONG_PTR done;

    REQUIRE(disk);
    write_mbr();
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT, NULL, 0, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(layout->PartitionCount, 2);
    EXPECT_EQ(layout->PartitionEntry[1].PartitionType, PARTITION_FAT32);
    EXPECT_EQ(layout->PartitionEntry[1].StartingOffset.QuadPart, 4096 * SECTOR);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT, NULL, 0, buffer, sizeof(DRIVE_LAYOUT_INFORMATION), NULL),
              STATUS_BUFFER_TOO_SMALL);
    clear_table();
}

/* --- GPT --------------------------------------------------------------------------------------------------------------- */

static ULONG crc32(const UCHAR *data, ULONG size)
{
    ULONG crc = ~0u;

    while (size--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void put64(PUCHAR at, ULONGLONG value)
{
    RtlCopyMemory(at, &value, 8);
}

static void put32(PUCHAR at, ULONG value)
{
    RtlCopyMemory(at, &value, 4);
}

static UCHAR entries[128 * 128];

static void write_header(ULONGLONG at, ULONGLONG other, ULONGLONG table, BOOLEAN good)
{
    UCHAR header[512] = { 0 };

    RtlCopyMemory(header, "EFI PART", 8);
    put32(header + 8, 0x00010000);
    put32(header + 12, 92);
    put64(header + 24, at);
    put64(header + 32, other);
    put64(header + 40, 34);
    put64(header + 48, SECTORS - 34);
    RtlFillMemory(header + 56, 16, 0xd1);
    put64(header + 72, table);
    put32(header + 80, 128);
    put32(header + 84, 128);
    put32(header + 88, crc32(entries, sizeof(entries)));
    put32(header + 16, crc32(header, 92) ^ (good ? 0 : 1));
    EXPECT_EQ(disk_write(disk, header, 512, at * SECTOR, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_write(disk, entries, sizeof(entries), table * SECTOR, NULL), STATUS_SUCCESS);
}

static void write_gpt(BOOLEAN primary_good)
{
    UCHAR mbr[512] = { 0 };

    RtlZeroMemory(entries, sizeof(entries));
    RtlFillMemory(entries, 16, 0xa2);
    RtlFillMemory(entries + 16, 16, 0xb3);
    put64(entries + 32, 2048);
    put64(entries + 40, 4095);
    entries[56] = 'x';
    put_entry(mbr + 446, 0xee, 1, (ULONG)SECTORS - 1);
    mbr[510] = 0x55, mbr[511] = 0xaa;
    EXPECT_EQ(disk_write(disk, mbr, 512, 0, NULL), STATUS_SUCCESS);
    write_header(1, SECTORS - 1, 2, primary_good);
    write_header(SECTORS - 1, 1, SECTORS - 33, TRUE);
    update();
}

static void check_gpt(void)
{
    PARTITION_INFORMATION_EX info;
    PARTITION_INFORMATION old;
    HANDLE part = open_partition(L"\\??\\Harddisk0Partition1");

    REQUIRE(part);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0, &info, sizeof(info), NULL), STATUS_SUCCESS);
    EXPECT_EQ(info.PartitionStyle, PARTITION_STYLE_GPT);
    EXPECT_EQ(info.StartingOffset.QuadPart, 2048 * SECTOR);
    EXPECT_EQ(info.PartitionLength.QuadPart, 2048 * SECTOR);
    EXPECT_EQ(info.Gpt.PartitionType.Data1, 0xa2a2a2a2);
    EXPECT_EQ(info.Gpt.PartitionId.Data1, 0xb3b3b3b3);
    EXPECT_EQ(info.Gpt.Name[0], 'x');
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO, NULL, 0, &old, sizeof(old), NULL), STATUS_INVALID_DEVICE_REQUEST);
    ZwClose(part);
}

TEST_CASE(partitions_of_a_gpt_have_devices)
{
    UCHAR buffer[sizeof(DRIVE_LAYOUT_INFORMATION)];

    REQUIRE(disk);
    write_gpt(TRUE);
    check_gpt();
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT, NULL, 0, buffer, sizeof(buffer), NULL), STATUS_INVALID_DEVICE_REQUEST);
    clear_table();
}

TEST_CASE(the_second_header_is_used_when_the_first_is_damaged)
{
    REQUIRE(disk);
    write_gpt(FALSE);
    check_gpt();
    clear_table();
}
