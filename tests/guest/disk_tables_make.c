/* Partition tables that disk drivers make, check and mend, on a disk in memory. */
#include "memory_disk.h"

static const GUID basic_data = { 0xebd0a0a2, 0xb9e5, 0x4433, { 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7 } };
static const GUID disk_id = { 0x11223344, 0x5566, 0x7788, { 1, 2, 3, 4, 5, 6, 7, 8 } };

static union {
    DRIVE_LAYOUT_INFORMATION_EX Layout;
    UCHAR Bytes[sizeof(DRIVE_LAYOUT_INFORMATION_EX) + 3 * sizeof(PARTITION_INFORMATION_EX)];
} wanted;

static NTSTATUS Create(PARTITION_STYLE style, ULONG most)
{
    CREATE_DISK c = { .PartitionStyle = style };

    if (style == PARTITION_STYLE_GPT) {
        c.Gpt.DiskId = disk_id;
        c.Gpt.MaxPartitionCount = most;
    } else {
        c.Mbr.Signature = 0xcafe1234;
    }
    return IoCreateDisk(device, &c);
}

static void Begin(void)
{
    RtlZeroMemory(&wanted, sizeof(wanted));
    wanted.Layout.PartitionStyle = PARTITION_STYLE_GPT;
    wanted.Layout.Gpt.DiskId = disk_id;
    wanted.Layout.Gpt.MaxPartitionCount = 128;
}

static PPARTITION_INFORMATION_EX Add(ULONG start, ULONG count)
{
    PPARTITION_INFORMATION_EX p = &wanted.Layout.PartitionEntry[wanted.Layout.PartitionCount++];

    p->PartitionStyle = PARTITION_STYLE_GPT;
    p->StartingOffset.QuadPart = (LONGLONG)start * SECTOR;
    p->PartitionLength.QuadPart = (LONGLONG)count * SECTOR;
    p->RewritePartition = TRUE;
    p->Gpt.PartitionType = basic_data;
    p->Gpt.PartitionId.Data1 = wanted.Layout.PartitionCount;
    return p;
}

static PDRIVE_LAYOUT_INFORMATION_EX Read(void)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout = NULL;

    EXPECT_EQ(IoReadPartitionTableEx(device, &layout), STATUS_SUCCESS);
    return layout;
}

TEST_CASE(a_raw_disk_gets_an_empty_guid_partition_table)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    RtlFillMemory(disk, SECTORS * SECTOR, 0x90);
    EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_DISK_CORRUPT_ERROR);
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 0), STATUS_SUCCESS);
    EXPECT_EQ(disk[439], 0x90);         /* boot code */
    EXPECT_EQ(disk[446 + 4], 0xEE);
    EXPECT(RtlEqualMemory(disk + SECTOR, "EFI PART", 8));
    EXPECT(RtlEqualMemory(disk + (SECTORS - 1) * SECTOR, "EFI PART", 8));
    EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_SUCCESS);
    layout = Read();
    REQUIRE(layout != NULL);
    EXPECT_EQ(layout->PartitionStyle, PARTITION_STYLE_GPT);
    EXPECT_EQ(layout->PartitionCount, 0);
    EXPECT_EQ(layout->Gpt.MaxPartitionCount, 128);
    EXPECT(RtlEqualMemory(&layout->Gpt.DiskId, &disk_id, sizeof(GUID)));
    ExFreePool(layout);
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 256), STATUS_SUCCESS);
    layout = Read();
    REQUIRE(layout != NULL);
    EXPECT_EQ(layout->Gpt.MaxPartitionCount, 256);
    ExFreePool(layout);
    EXPECT(!NT_SUCCESS(Create(PARTITION_STYLE_GPT, 100000)));
    EXPECT(!NT_SUCCESS(Create(PARTITION_STYLE_RAW, 0)));
}

TEST_CASE(an_mbr_takes_the_place_of_a_guid_partition_table_and_is_deleted)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    RtlFillMemory(disk, SECTORS * SECTOR, 0x90);
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 0), STATUS_SUCCESS);
    EXPECT_EQ(Create(PARTITION_STYLE_MBR, 0), STATUS_SUCCESS);
    EXPECT(!RtlEqualMemory(disk + SECTOR, "EFI PART", 8));
    EXPECT(!RtlEqualMemory(disk + (SECTORS - 1) * SECTOR, "EFI PART", 8));
    layout = Read();
    REQUIRE(layout != NULL);
    EXPECT_EQ(layout->PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(layout->Mbr.Signature, 0xcafe1234);
    ExFreePool(layout);
    EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateDisk(device, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk[439], 0x90);
    EXPECT(!NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
}

TEST_CASE(guid_partitions_that_are_written_are_read_again)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    RtlZeroMemory(disk, SECTORS * SECTOR);
    Begin();
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_UNSUCCESSFUL);    /* no signature in sector zero */
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 0), STATUS_SUCCESS);
    RtlCopyMemory(Add(100, 200)->Gpt.Name, L"first", 10);
    Add(1000, 50)->Gpt.Attributes = 5;
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_SUCCESS);
    EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_SUCCESS);
    layout = Read();
    REQUIRE(layout != NULL && layout->PartitionCount == 2);
    EXPECT_EQ(layout->PartitionEntry[0].StartingOffset.QuadPart, 100 * SECTOR);
    EXPECT(RtlEqualMemory(layout->PartitionEntry[0].Gpt.Name, L"first", 12));
    EXPECT_EQ(layout->PartitionEntry[1].PartitionLength.QuadPart, 50 * SECTOR);
    EXPECT_EQ(layout->PartitionEntry[1].Gpt.Attributes, 5);
    ExFreePool(layout);
    Add(1049, 10);                      /* overlaps */
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_INVALID_PARAMETER);
    wanted.Layout.PartitionEntry[2].StartingOffset.QuadPart = 3 * SECTOR;       /* in the table itself */
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_INVALID_PARAMETER);
    wanted.Layout.PartitionEntry[2].StartingOffset.QuadPart = (LONGLONG)(SECTORS - 35) * SECTOR;
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_INVALID_PARAMETER);
    layout = Read();
    REQUIRE(layout != NULL);
    EXPECT_EQ(layout->PartitionCount, 2);
    ExFreePool(layout);
}

TEST_CASE(a_partition_gets_other_information_in_either_table)
{
    SET_PARTITION_INFORMATION_EX info = { .PartitionStyle = PARTITION_STYLE_GPT };
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    MakeGptDisk();
    info.Gpt.PartitionType = basic_data;
    info.Gpt.PartitionId = disk_id;
    info.Gpt.Attributes = 9;
    RtlCopyMemory(info.Gpt.Name, L"renamed", 14);
    EXPECT_EQ(IoSetPartitionInformationEx(device, 1, &info), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(IoSetPartitionInformationEx(device, 2, &info)));
    EXPECT(!NT_SUCCESS(IoSetPartitionInformationEx(device, 0, &info)));
    layout = Read();
    REQUIRE(layout != NULL && layout->PartitionCount == 1);
    EXPECT(RtlEqualMemory(&layout->PartitionEntry[0].Gpt.PartitionType, &basic_data, sizeof(GUID)));
    EXPECT(RtlEqualMemory(&layout->PartitionEntry[0].Gpt.PartitionId, &disk_id, sizeof(GUID)));
    EXPECT(RtlEqualMemory(layout->PartitionEntry[0].Gpt.Name, L"renamed", 16));
    EXPECT_EQ(layout->PartitionEntry[0].Gpt.Attributes, 9);
    EXPECT_EQ(layout->PartitionEntry[0].StartingOffset.QuadPart, 100 * SECTOR);
    ExFreePool(layout);
    info.PartitionStyle = PARTITION_STYLE_MBR;
    info.Mbr.PartitionType = PARTITION_FAT32;
    EXPECT(!NT_SUCCESS(IoSetPartitionInformationEx(device, 1, &info)));
    EXPECT_EQ(Create(PARTITION_STYLE_MBR, 0), STATUS_SUCCESS);
    PutEntry(0, 0, PARTITION_IFS, 64, 100);
    EXPECT_EQ(IoSetPartitionInformationEx(device, 1, &info), STATUS_SUCCESS);
    EXPECT_EQ(disk[446 + 4], PARTITION_FAT32);
}

TEST_CASE(a_damaged_copy_of_a_guid_partition_table_is_mended_from_the_other)
{
    static const ULONG damage[] = { SECTOR + 60, 2 * SECTOR + 5, (SECTORS - 1) * SECTOR + 60, (SECTORS - 33) * SECTOR + 5 };
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    RtlZeroMemory(disk, SECTORS * SECTOR);
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 0), STATUS_SUCCESS);
    Begin();
    Add(100, 200);
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_SUCCESS);
    for (ULONG i = 0; i < ARRAYSIZE(damage); i++) {
        disk[damage[i]] ^= 1;
        EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_DISK_CORRUPT_ERROR);
        EXPECT_EQ(IoVerifyPartitionTable(device, TRUE), STATUS_SUCCESS);
        EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_SUCCESS);
    }
    layout = Read();
    REQUIRE(layout != NULL && layout->PartitionCount == 1);
    EXPECT_EQ(layout->PartitionEntry[0].PartitionLength.QuadPart, 200 * SECTOR);
    ExFreePool(layout);
    disk[damage[0]] ^= 1;
    disk[damage[2]] ^= 1;
    EXPECT_EQ(IoVerifyPartitionTable(device, TRUE), STATUS_DISK_CORRUPT_ERROR);
}

TEST_CASE(a_guid_partition_table_is_read_from_the_copy_that_is_whole)
{
    static const ULONG damage[] = { SECTOR + 60, 2 * SECTOR + 5 };
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    RtlZeroMemory(disk, SECTORS * SECTOR);
    EXPECT_EQ(Create(PARTITION_STYLE_GPT, 0), STATUS_SUCCESS);
    Begin();
    Add(100, 200);
    EXPECT_EQ(IoWritePartitionTableEx(device, &wanted.Layout), STATUS_SUCCESS);
    for (ULONG i = 0; i < ARRAYSIZE(damage); i++) {
        disk[damage[i]] ^= 1;
        layout = Read();
        REQUIRE(layout != NULL && layout->PartitionCount == 1);
        EXPECT_EQ(layout->PartitionEntry[0].StartingOffset.QuadPart, 100 * SECTOR);
        ExFreePool(layout);
        disk[damage[i]] ^= 1;
    }
    disk[damage[0]] ^= 1;
    disk[(SECTORS - 1) * SECTOR + 60] ^= 1;
    EXPECT_EQ(IoReadPartitionTableEx(device, &layout), STATUS_DISK_CORRUPT_ERROR);
    EXPECT(layout == NULL);
}

TEST_CASE(an_mbr_with_errors_is_corrupt_and_cannot_be_mended)
{
    RtlZeroMemory(disk, SECTORS * SECTOR);
    EXPECT_EQ(Create(PARTITION_STYLE_MBR, 0), STATUS_SUCCESS);
    PutEntry(0, 0, PARTITION_IFS, 64, 100);
    PutEntry(0, 1, PARTITION_EXTENDED, 1000, 500);
    EXPECT_EQ(IoVerifyPartitionTable(device, TRUE), STATUS_DISK_CORRUPT_ERROR);         /* no table in there */
    Mark(1000);
    EXPECT_EQ(IoVerifyPartitionTable(device, FALSE), STATUS_SUCCESS);
    PutEntry(0, 0, PARTITION_IFS, 64, SECTORS);
    EXPECT_EQ(IoVerifyPartitionTable(device, TRUE), STATUS_DISK_CORRUPT_ERROR);         /* beyond the end */
}
