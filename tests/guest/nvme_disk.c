/* The disks of an NVMe controller, as SCSI sees them: what they say of themselves, commands that the controller has and commands that it refuses, transfers
 * whose memory is not as the controller likes it. run after: nvmeq
 * run with: --disk=mem:16M,model=nvme,namespaces=2,serial=NVME-TEST --disk=mem:8M,block=4096,model=nvme,controller=0 */
#include "disk_helpers.h"

#define BIG (700u * 1024)

static HANDLE disk, second;

TEST_SETUP(open_the_disks)
{
    NTSTATUS status;

    disk = open_disk();
    second = open_device(L"\\??\\PhysicalDrive1", &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
}

TEST_TEARDOWN(close_the_disks)
{
    if (disk)
        ZwClose(disk);
    if (second)
        ZwClose(second);
}

typedef struct {
    SCSI_PASS_THROUGH Head;
    UCHAR Sense[32];
    UCHAR Data[4096];
} COMMAND;

static COMMAND c;

static void prepare(UCHAR direction, ULONG length, UCHAR code)
{
    RtlZeroMemory(&c, sizeof(c));
    c.Head.Length = sizeof(c.Head);
    c.Head.CdbLength = 16;
    c.Head.SenseInfoLength = sizeof(c.Sense);
    c.Head.DataIn = direction;
    c.Head.DataTransferLength = length;
    c.Head.TimeOutValue = 5;
    c.Head.DataBufferOffset = FIELD_OFFSET(COMMAND, Data);
    c.Head.SenseInfoOffset = FIELD_OFFSET(COMMAND, Sense);
    c.Head.Cdb[0] = code;
}

static UCHAR pass(HANDLE to)
{
    EXPECT_EQ(disk_ask(to, IOCTL_SCSI_PASS_THROUGH, &c, sizeof(c), &c, sizeof(c), NULL), STATUS_SUCCESS);
    return c.Head.ScsiStatus;
}

/* A page of vital product data; its length. */
static ULONG product_page(HANDLE to, UCHAR page)
{
    prepare(SCSI_IOCTL_DATA_IN, 255, SCSIOP_INQUIRY);
    c.Head.CdbLength = 6;
    c.Head.Cdb[1] = 1;
    c.Head.Cdb[2] = page;
    c.Head.Cdb[4] = 255;
    EXPECT_EQ(pass(to), SCSISTAT_GOOD);
    EXPECT_EQ(c.Data[1], page);
    return (ULONG)c.Data[2] << 8 | c.Data[3];
}

static void put_sectors(ULONG lba, ULONG count, UCHAR value)
{
    UCHAR data[4096];

    RtlFillMemory(data, count * 512, value);
    EXPECT_EQ(disk_write(disk, data, count * 512, lba * 512ull, NULL), STATUS_SUCCESS);
}

static BOOLEAN sector_is(ULONG lba, UCHAR value)
{
    UCHAR data[512];

    EXPECT_EQ(disk_read(disk, data, sizeof(data), lba * 512ull, NULL), STATUS_SUCCESS);
    return is_filled_with(data, sizeof(data), value);
}

TEST_CASE(inquiry_names_the_controller_and_each_disk_has_an_identifier_of_its_own)
{
    UCHAR first[8];

    REQUIRE(disk && second);
    prepare(SCSI_IOCTL_DATA_IN, 36, SCSIOP_INQUIRY);
    c.Head.CdbLength = 6;
    c.Head.Cdb[4] = 36;
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    EXPECT(RtlCompareMemory(c.Data + 8, "NVMe    ring3 NVMe disk 1.0 ", 28) == 28);
    EXPECT_EQ(product_page(disk, 0x80), 9);
    EXPECT(RtlCompareMemory(c.Data + 4, "NVME-TEST", 9) == 9);
    EXPECT_EQ(product_page(disk, 0x83), 12);
    EXPECT_EQ(c.Data[5] & 15, 2);       /* EUI-64 */
    RtlCopyMemory(first, c.Data + 8, 8);
    EXPECT_EQ(product_page(second, 0x83), 12);
    EXPECT(RtlCompareMemory(first, c.Data + 8, 8) != 8);
    EXPECT(product_page(second, 0x80) > 9);
}

TEST_CASE(the_luns_are_the_namespaces_with_their_own_sizes_and_blocks)
{
    REQUIRE(disk && second);
    prepare(SCSI_IOCTL_DATA_IN, 256, SCSIOP_REPORT_LUNS);
    c.Head.CdbLength = 12;
    c.Head.Cdb[8] = 1;
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    EXPECT_EQ(c.Data[3], 16);
    EXPECT_EQ(c.Data[9], 0);
    EXPECT_EQ(c.Data[17], 1);
    EXPECT_EQ(disk_length(disk), 16u << 20);
    EXPECT_EQ(disk_length(second), 8u << 20);
    prepare(SCSI_IOCTL_DATA_IN, 32, SCSIOP_SERVICE_ACTION_IN16);
    c.Head.Cdb[1] = 0x10;
    c.Head.Cdb[13] = 32;
    EXPECT_EQ(pass(second), SCSISTAT_GOOD);
    EXPECT_EQ((ULONG)c.Data[6] << 8 | c.Data[7], 2047);
    EXPECT_EQ((ULONG)c.Data[10] << 8 | c.Data[11], 4096);
    EXPECT_EQ(c.Data[14] & 0x80, 0x80);
}

TEST_CASE(a_verification_of_bytes_tells_what_differs)
{
    REQUIRE(disk);
    put_sectors(40, 2, 0x31);
    prepare(SCSI_IOCTL_DATA_OUT, 1024, SCSIOP_VERIFY16);
    c.Head.Cdb[1] = 0x02;
    c.Head.Cdb[9] = 40;
    c.Head.Cdb[13] = 2;
    RtlFillMemory(c.Data, 1024, 0x31);
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    c.Data[1023] = 0;
    c.Head.DataTransferLength = 1024;
    c.Head.SenseInfoLength = sizeof(c.Sense);
    EXPECT_EQ(pass(disk), SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[2] & 15, SCSI_SENSE_MISCOMPARE);
}

TEST_CASE(zeroes_are_written_by_the_controller_and_other_patterns_refused)
{
    REQUIRE(disk);
    put_sectors(60, 4, 0x77);
    prepare(SCSI_IOCTL_DATA_OUT, 512, SCSIOP_WRITE_SAME16);
    c.Head.Cdb[9] = 61;
    c.Head.Cdb[13] = 2;
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    EXPECT(sector_is(60, 0x77) && sector_is(61, 0) && sector_is(62, 0) && sector_is(63, 0x77));
    prepare(SCSI_IOCTL_DATA_OUT, 512, SCSIOP_WRITE_SAME16);
    c.Head.Cdb[9] = 61;
    c.Head.Cdb[13] = 2;
    c.Data[5] = 1;
    EXPECT_EQ(pass(disk), SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
}

static void unmap_range(ULONG n, ULONG lba, UCHAR blocks)
{
    PUCHAR at = c.Data + 8 + 16 * n;

    at[6] = (UCHAR)(lba >> 8);
    at[7] = (UCHAR)lba;
    at[11] = blocks;
}

TEST_CASE(ranges_are_unmapped_together_and_all_or_none)
{
    REQUIRE(disk);
    put_sectors(80, 8, 0x55);
    prepare(SCSI_IOCTL_DATA_OUT, 8 + 48, SCSIOP_UNMAP);
    c.Head.CdbLength = 10;
    c.Head.Cdb[8] = 8 + 48;
    c.Data[1] = 6 + 48;
    c.Data[3] = 48;
    unmap_range(0, 80, 1);
    unmap_range(1, 90, 0);
    unmap_range(2, 83, 2);
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    EXPECT(sector_is(80, 0) && sector_is(81, 0x55) && sector_is(82, 0x55) && sector_is(83, 0) && sector_is(84, 0) && sector_is(85, 0x55));
    c.Head.DataTransferLength = 8 + 48;
    c.Head.SenseInfoLength = sizeof(c.Sense);
    unmap_range(0, 81, 1);
    unmap_range(2, 0x7FFF, 2);          /* one block too far */
    EXPECT_EQ(pass(disk), SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_ILLEGAL_BLOCK);
    EXPECT(sector_is(81, 0x55));
}

TEST_CASE(what_is_beyond_the_end_or_no_command_has_its_sense_data)
{
    REQUIRE(disk);
    prepare(SCSI_IOCTL_DATA_IN, 1024, SCSIOP_READ16);
    c.Head.Cdb[8] = 0x7F;
    c.Head.Cdb[9] = 0xFF;
    c.Head.Cdb[13] = 2;
    EXPECT_EQ(pass(disk), SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[2] & 15, SCSI_SENSE_ILLEGAL_REQUEST);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_ILLEGAL_BLOCK);
    prepare(SCSI_IOCTL_DATA_UNSPECIFIED, 0, 0xC1);
    EXPECT_EQ(pass(disk), SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[12], SCSI_ADSENSE_ILLEGAL_COMMAND);
}

TEST_CASE(a_write_through_the_cache_and_a_flush_are_answered)
{
    REQUIRE(disk);
    prepare(SCSI_IOCTL_DATA_OUT, 512, SCSIOP_WRITE16);
    c.Head.Cdb[1] = 0x08;               /* force unit access */
    c.Head.Cdb[9] = 99;
    c.Head.Cdb[13] = 1;
    RtlFillMemory(c.Data, 512, 0x42);
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    prepare(SCSI_IOCTL_DATA_UNSPECIFIED, 0, SCSIOP_SYNCHRONIZE_CACHE);
    c.Head.CdbLength = 10;
    EXPECT_EQ(pass(disk), SCSISTAT_GOOD);
    EXPECT(sector_is(99, 0x42));
}

/* Memory that begins and ends in pages' middles; a transfer that needs several commands. */
TEST_CASE(transfers_of_every_length_and_alignment_move_their_bytes_and_no_others)
{
    static const struct { ULONG skip, length; } pieces[] = {
        { 0, 512 }, { 0, 4096 }, { 512, 4096 }, { 4, 8192 }, { 2044, 12288 }, { 4092, 512 }, { 516, 524288 }, { 0, 524288 }, { 4092, 700u * 1024 - 4096 },
    };
    PUCHAR memory;

    REQUIRE(disk);
    REQUIRE((memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, BIG + 2 * PAGE_SIZE, 'mvNr')) != NULL);
    for (ULONG i = 0; i < ARRAYSIZE(pieces); i++) {
        PUCHAR data = memory + pieces[i].skip;
        ULONG length = pieces[i].length;

        fill_pattern(data, length, i);
        EXPECT_EQ(disk_write(disk, data, length, 1u << 20, NULL), STATUS_SUCCESS);
        RtlFillMemory(memory, BIG + 2 * PAGE_SIZE, 0xEE);
        EXPECT_EQ(disk_read(disk, data, length, 1u << 20, NULL), STATUS_SUCCESS);
        EXPECT(is_pattern(data, length, i));
        EXPECT(is_filled_with(memory, pieces[i].skip, 0xEE));
        EXPECT(is_filled_with(data + length, 4096, 0xEE));
    }
    ExFreePoolWithTag(memory, 'mvNr');
}

TEST_CASE(the_disks_do_not_share_their_blocks)
{
    UCHAR data[4096];

    REQUIRE(disk && second);
    fill_pattern(data, sizeof(data), 3);
    EXPECT_EQ(disk_write(second, data, sizeof(data), 512u * 1024, NULL), STATUS_SUCCESS);
    put_sectors(1024, 8, 0x11);         /* the same place of the first */
    RtlZeroMemory(data, sizeof(data));
    EXPECT_EQ(disk_read(second, data, sizeof(data), 512u * 1024, NULL), STATUS_SUCCESS);
    EXPECT(is_pattern(data, sizeof(data), 3));
}
