/* Partition tables as disk drivers read and write them, on a disk in memory. */
#include "memory_disk.h"

/* Two primary partitions, and an extended one with two more. */
static void MakeDisk(void)
{
    RtlZeroMemory(disk, SECTORS * SECTOR);
    Mark(0);
    Put32(440, 0x12345678);
    PutEntry(0, 0, PARTITION_IFS, 64, 100);
    disk[446] = 0x80;
    PutEntry(0, 1, PARTITION_FAT32, 200, 50);
    PutEntry(0, 3, PARTITION_EXTENDED, 1000, 2000);
    Mark(1000);
    PutEntry(1000, 0, PARTITION_IFS, 8, 300);
    PutEntry(1000, 1, PARTITION_EXTENDED, 500, 400);
    Mark(1500);
    PutEntry(1500, 0, PARTITION_FAT_16, 16, 200);
}

TEST_CASE(recognized_partitions_are_listed_through_the_extended_ones)
{
    static const struct { ULONG Start, Count; UCHAR Type; } expected[] = {
        { 64, 100, PARTITION_IFS }, { 200, 50, PARTITION_FAT32 }, { 1008, 300, PARTITION_IFS }, { 1516, 200, PARTITION_FAT_16 },
    };
    PDRIVE_LAYOUT_INFORMATION layout;

    MakeDisk();
    REQUIRE(NT_SUCCESS(IoReadPartitionTable(device, SECTOR, TRUE, &layout)));
    EXPECT_EQ(layout->Signature, 0x12345678);
    EXPECT_EQ(layout->PartitionCount, ARRAYSIZE(expected));
    for (ULONG i = 0; i < ARRAYSIZE(expected) && i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION *p = &layout->PartitionEntry[i];
        EXPECT_EQ(p->StartingOffset.QuadPart, (LONGLONG)expected[i].Start * SECTOR);
        EXPECT_EQ(p->PartitionLength.QuadPart, (LONGLONG)expected[i].Count * SECTOR);
        EXPECT_EQ(p->PartitionType, expected[i].Type);
        EXPECT_EQ(p->PartitionNumber, i + 1);
        EXPECT(p->RecognizedPartition);
        EXPECT_EQ(p->BootIndicator, i == 0);
    }
    ExFreePool(layout);
}

TEST_CASE(all_entries_are_listed_four_a_table)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    PDRIVE_LAYOUT_INFORMATION old;

    MakeDisk();
    REQUIRE(NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
    EXPECT_EQ(layout->PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(layout->PartitionCount, 12);
    EXPECT_EQ(layout->PartitionEntry[3].Mbr.PartitionType, PARTITION_EXTENDED);
    EXPECT_EQ(layout->PartitionEntry[3].PartitionNumber, 0);
    EXPECT_EQ(layout->PartitionEntry[4].StartingOffset.QuadPart, 1008 * SECTOR);
    EXPECT_EQ(layout->PartitionEntry[4].PartitionNumber, 3);
    EXPECT_EQ(layout->PartitionEntry[2].Mbr.PartitionType, PARTITION_ENTRY_UNUSED);
    ExFreePool(layout);
    REQUIRE(NT_SUCCESS(IoReadPartitionTable(device, SECTOR, FALSE, &old)));
    EXPECT_EQ(old->PartitionCount, 12);
    ExFreePool(old);
}

TEST_CASE(without_a_table_nothing_is_returned)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout = (PVOID)1;
    PDRIVE_LAYOUT_INFORMATION old = (PVOID)1;
    DISK_SIGNATURE signature;

    RtlZeroMemory(disk, SECTORS * SECTOR);
    EXPECT(!NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
    EXPECT(layout == NULL);
    EXPECT(!NT_SUCCESS(IoReadPartitionTable(device, SECTOR, TRUE, &old)));
    EXPECT(old == NULL);
    EXPECT_EQ(IoReadDiskSignature(device, SECTOR, &signature), STATUS_DISK_CORRUPT_ERROR);
}

TEST_CASE(what_is_written_is_read_again)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout, again;

    MakeDisk();
    REQUIRE(NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
    layout->Mbr.Signature = 0xCAFE;
    layout->PartitionEntry[2] = (PARTITION_INFORMATION_EX){ .PartitionStyle = PARTITION_STYLE_MBR, .RewritePartition = TRUE,
        .StartingOffset.QuadPart = 300 * SECTOR, .PartitionLength.QuadPart = 10 * SECTOR, .Mbr.PartitionType = PARTITION_IFS };
    layout->PartitionEntry[4].RewritePartition = TRUE;
    layout->PartitionEntry[4].PartitionLength.QuadPart = 250 * SECTOR;
    layout->PartitionEntry[0].Mbr.PartitionType = PARTITION_FAT_12;    /* not to be rewritten */
    EXPECT_EQ(IoWritePartitionTableEx(device, layout), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(IoReadPartitionTableEx(device, &again)));
    EXPECT_EQ(again->Mbr.Signature, 0xCAFE);
    EXPECT_EQ(again->PartitionCount, 12);
    EXPECT_EQ(again->PartitionEntry[2].StartingOffset.QuadPart, 300 * SECTOR);
    EXPECT_EQ(again->PartitionEntry[2].PartitionNumber, 3);
    EXPECT_EQ(again->PartitionEntry[4].StartingOffset.QuadPart, 1008 * SECTOR);
    EXPECT_EQ(again->PartitionEntry[4].PartitionLength.QuadPart, 250 * SECTOR);
    EXPECT_EQ(again->PartitionEntry[0].Mbr.PartitionType, PARTITION_IFS);
    ExFreePool(again);
    RtlZeroMemory(disk, SECTOR);
    EXPECT_EQ(IoWritePartitionTableEx(device, layout), STATUS_UNSUCCESSFUL);
    ExFreePool(layout);
}

TEST_CASE(a_partition_gets_another_type)
{
    PDRIVE_LAYOUT_INFORMATION layout;

    MakeDisk();
    EXPECT_EQ(IoSetPartitionInformation(device, SECTOR, 3, PARTITION_FAT32), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(IoSetPartitionInformation(device, SECTOR, 9, PARTITION_FAT32)));
    REQUIRE(NT_SUCCESS(IoReadPartitionTable(device, SECTOR, TRUE, &layout)));
    EXPECT_EQ(layout->PartitionEntry[2].PartitionType, PARTITION_FAT32);
    EXPECT_EQ(layout->PartitionEntry[1].PartitionType, PARTITION_FAT32);
    layout->PartitionEntry[1].PartitionType = PARTITION_IFS;
    ExFreePool(layout);
    REQUIRE(NT_SUCCESS(IoReadPartitionTable(device, SECTOR, FALSE, &layout)));
    layout->PartitionEntry[1].PartitionType = PARTITION_IFS;
    layout->PartitionEntry[1].RewritePartition = TRUE;
    EXPECT_EQ(IoWritePartitionTable(device, SECTOR, 63, 255, layout), STATUS_SUCCESS);
    ExFreePool(layout);
    EXPECT_EQ(disk[446 + 16 + 4], PARTITION_IFS);
}

TEST_CASE(the_master_boot_record_is_examined_by_type)
{
    DISK_SIGNATURE signature;
    PVOID buffer = NULL;
    ULONG sum = 0;

    MakeDisk();
    HalExamineMBR(device, SECTOR, PARTITION_IFS, &buffer);
    REQUIRE(buffer != NULL);
    EXPECT(RtlEqualMemory(buffer, disk, SECTOR));
    ExFreePool(buffer);
    HalExamineMBR(device, 128, PARTITION_FAT32, &buffer);
    EXPECT(buffer == NULL);
    EXPECT_EQ(IoReadDiskSignature(device, SECTOR, &signature), STATUS_SUCCESS);
    EXPECT_EQ(signature.PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(signature.Mbr.Signature, 0x12345678);
    for (ULONG i = 0; i < SECTOR; i += 4)
        sum += *(ULONG *)(disk + i);
    EXPECT_EQ((ULONG)(sum + signature.Mbr.CheckSum), 0);
}

TEST_CASE(a_guid_partition_table_is_read_and_its_sums_are_checked)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    DISK_SIGNATURE signature;

    MakeGptDisk();
    REQUIRE(NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
    EXPECT_EQ(layout->PartitionStyle, PARTITION_STYLE_GPT);
    EXPECT_EQ(layout->PartitionCount, 1);
    EXPECT_EQ(layout->Gpt.MaxPartitionCount, 128);
    EXPECT_EQ(layout->Gpt.StartingUsableOffset.QuadPart, 34 * SECTOR);
    EXPECT_EQ(layout->PartitionEntry[0].StartingOffset.QuadPart, 100 * SECTOR);
    EXPECT_EQ(layout->PartitionEntry[0].PartitionLength.QuadPart, 200 * SECTOR);
    EXPECT_EQ(layout->PartitionEntry[0].PartitionNumber, 1);
    EXPECT_EQ(layout->PartitionEntry[0].Gpt.Attributes, 5);
    EXPECT(RtlEqualMemory(layout->PartitionEntry[0].Gpt.Name, L"data", 10));
    ExFreePool(layout);
    EXPECT_EQ(IoReadDiskSignature(device, SECTOR, &signature), STATUS_SUCCESS);
    EXPECT_EQ(signature.PartitionStyle, PARTITION_STYLE_GPT);
    EXPECT_EQ(signature.Gpt.DiskId.Data1, 0x99);
    disk[SECTOR + 60] ^= 1;
    EXPECT_EQ(IoReadDiskSignature(device, SECTOR, &signature), STATUS_DISK_CORRUPT_ERROR);
    EXPECT(!NT_SUCCESS(IoReadPartitionTableEx(device, &layout)));
    EXPECT(layout == NULL);
}
