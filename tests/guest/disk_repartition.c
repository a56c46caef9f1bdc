/* Partition tables that are written by control codes, MBR and GPT, and what becomes of the partitions' devices.
 * run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

#define SECTOR 512ull
#define MIB (1ull << 20)
#define MOST 8

static const GUID basic_data = { 0xebd0a0a2, 0xb9e5, 0x4433, { 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7 } };
static const GUID disk_id = { 0x11223344, 0x5566, 0x7788, { 1, 2, 3, 4, 5, 6, 7, 8 } };

typedef union {
    DRIVE_LAYOUT_INFORMATION_EX Layout;
    UCHAR Bytes[sizeof(DRIVE_LAYOUT_INFORMATION_EX) + MOST * sizeof(PARTITION_INFORMATION_EX)];
} LAYOUT;

static HANDLE disk;
static LAYOUT layout;

TEST_SETUP(open_it)
{
    disk = open_disk();
}

TEST_TEARDOWN(close_it)
{
    if (disk)
        ZwClose(disk);
}

static NTSTATUS create(PARTITION_STYLE style)
{
    CREATE_DISK c = { 0 };

    c.PartitionStyle = style;
    if (style == PARTITION_STYLE_MBR)
        c.Mbr.Signature = 0xcafe1234;
    else
        c.Gpt.DiskId = disk_id;
    return disk_ask(disk, IOCTL_DISK_CREATE_DISK, &c, sizeof(c), NULL, 0, NULL);
}

static void begin(PARTITION_STYLE style)
{
    RtlZeroMemory(&layout, sizeof(layout));
    layout.Layout.PartitionStyle = style;
    if (style == PARTITION_STYLE_MBR)
        layout.Layout.Mbr.Signature = 0xcafe1234;
    else
        layout.Layout.Gpt.DiskId = disk_id;
}

static PPARTITION_INFORMATION_EX add(ULONGLONG offset, ULONGLONG length)
{
    PPARTITION_INFORMATION_EX p = &layout.Layout.PartitionEntry[layout.Layout.PartitionCount++];

    p->PartitionStyle = (PARTITION_STYLE)layout.Layout.PartitionStyle;
    p->StartingOffset.QuadPart = (LONGLONG)offset;
    p->PartitionLength.QuadPart = (LONGLONG)length;
    p->RewritePartition = TRUE;
    if (p->PartitionStyle == PARTITION_STYLE_GPT) {
        p->Gpt.PartitionType = basic_data;
        p->Gpt.PartitionId.Data1 = layout.Layout.PartitionCount;
    }
    return p;
}

static void add_mbr(UCHAR type, ULONGLONG offset, ULONGLONG length)
{
    add(offset, length)->Mbr.PartitionType = type;
}

static NTSTATUS set(void)
{
    return disk_ask(disk, IOCTL_DISK_SET_DRIVE_LAYOUT_EX, &layout, sizeof(layout), &layout, sizeof(layout), NULL);
}

static NTSTATUS get(void)
{
    RtlZeroMemory(&layout, sizeof(layout));
    return disk_ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, &layout, sizeof(layout), NULL);
}

static HANDLE open_partition(PCWSTR name, BOOLEAN there)
{
    NTSTATUS status;
    HANDLE handle = open_device(name, &status);

    EXPECT_EQ(handle != NULL, there);
    return handle;
}

static void expect_length(PCWSTR name, ULONGLONG length)
{
    HANDLE handle = open_partition(name, TRUE);

    if (!handle)
        return;
    EXPECT_EQ(disk_length(handle), length);
    ZwClose(handle);
}

/* --- MBR --------------------------------------------------------------------------------------------------------------- */

TEST_CASE(an_mbr_disk_is_created_empty_and_keeps_its_boot_code)
{
    UCHAR sector[512];

    REQUIRE(disk);
    RtlFillMemory(sector, 512, 0x90);
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.PartitionStyle, PARTITION_STYLE_MBR);
    EXPECT_EQ(layout.Layout.Mbr.Signature, 0xcafe1234);
    EXPECT_EQ(layout.Layout.PartitionCount, 0);
    EXPECT_EQ(disk_read(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(sector, 440, 0x90));
    EXPECT_EQ(sector[510], 0x55);
    EXPECT_EQ(sector[511], 0xaa);
}

TEST_CASE(primary_and_logical_partitions_are_written_and_have_devices)
{
    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4 * MIB);
    layout.Layout.PartitionEntry[0].Mbr.BootIndicator = TRUE;
    add_mbr(PARTITION_FAT32, 5 * MIB, 2 * MIB);
    add_mbr(PARTITION_XINT13_EXTENDED, 8 * MIB, 20 * MIB);
    add_mbr(PARTITION_ENTRY_UNUSED, 0, 0);
    add_mbr(PARTITION_IFS, 9 * MIB, 3 * MIB);
    add_mbr(PARTITION_IFS, 13 * MIB, 8 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].PartitionNumber, 1);
    EXPECT_EQ(layout.Layout.PartitionEntry[2].PartitionNumber, 0);
    EXPECT_EQ(layout.Layout.PartitionEntry[5].PartitionNumber, 4);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    REQUIRE(layout.Layout.PartitionCount == 4);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].Mbr.BootIndicator, TRUE);
    EXPECT_EQ(layout.Layout.PartitionEntry[1].Mbr.PartitionType, PARTITION_FAT32);
    EXPECT_EQ(layout.Layout.PartitionEntry[2].StartingOffset.QuadPart, 9 * MIB);
    EXPECT_EQ(layout.Layout.PartitionEntry[3].StartingOffset.QuadPart, 13 * MIB);
    EXPECT_EQ(layout.Layout.PartitionEntry[3].PartitionLength.QuadPart, 8 * MIB);
    expect_length(L"\\??\\Harddisk0Partition1", 4 * MIB);
    expect_length(L"\\??\\Harddisk0Partition3", 3 * MIB);
    expect_length(L"\\??\\Harddisk0Partition4", 8 * MIB);
    open_partition(L"\\??\\Harddisk0Partition5", FALSE);
}

TEST_CASE(a_layout_without_changes_changes_nothing)
{
    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    layout.Layout.PartitionEntry[0].RewritePartition = FALSE;
    layout.Layout.PartitionEntry[0].PartitionLength.QuadPart = 6 * MIB;
    EXPECT_EQ(set(), STATUS_SUCCESS);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].PartitionLength.QuadPart, 4 * MIB);
}

TEST_CASE(the_old_form_writes_an_mbr)
{
    struct {
        DRIVE_LAYOUT_INFORMATION Head;
        PARTITION_INFORMATION More[3];
    } old = { 0 };

    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    old.Head.PartitionCount = 1;
    old.Head.Signature = 0x77;
    old.Head.PartitionEntry[0].StartingOffset.QuadPart = 2 * MIB;
    old.Head.PartitionEntry[0].PartitionLength.QuadPart = 3 * MIB;
    old.Head.PartitionEntry[0].PartitionType = PARTITION_IFS;
    old.Head.PartitionEntry[0].RewritePartition = TRUE;
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_SET_DRIVE_LAYOUT, &old, sizeof(old), &old, sizeof(old), NULL), STATUS_SUCCESS);
    EXPECT_EQ(old.Head.PartitionEntry[0].PartitionNumber, 1);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.Mbr.Signature, 0x77);
    EXPECT_EQ(layout.Layout.PartitionCount, 1);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].StartingOffset.QuadPart, 2 * MIB);
}

/* --- GPT ---------------------------------------------------------------------------------------------------------------- */

TEST_CASE(a_gpt_is_written_twice)
{
    static UCHAR nothing[512];
    ULONGLONG last;

    REQUIRE(disk);
    last = disk_length(disk) - SECTOR;
    EXPECT_EQ(create(PARTITION_STYLE_GPT), STATUS_SUCCESS);
    begin(PARTITION_STYLE_GPT);
    RtlCopyMemory(add(1 * MIB, 16 * MIB)->Gpt.Name, L"first", 10);
    RtlCopyMemory(add(20 * MIB, 5 * MIB)->Gpt.Name, L"second", 12);
    layout.Layout.PartitionEntry[1].Gpt.Attributes = 1;
    EXPECT_EQ(set(), STATUS_SUCCESS);
    for (int copy = 0; copy < 2; copy++) {
        EXPECT_EQ(get(), STATUS_SUCCESS);
        EXPECT_EQ(layout.Layout.PartitionStyle, PARTITION_STYLE_GPT);
        EXPECT(RtlCompareMemory(&layout.Layout.Gpt.DiskId, &disk_id, sizeof(GUID)) == sizeof(GUID));
        EXPECT(layout.Layout.Gpt.MaxPartitionCount >= 128);
        REQUIRE(layout.Layout.PartitionCount == 2);
        EXPECT(RtlCompareMemory(layout.Layout.PartitionEntry[0].Gpt.Name, L"first", 12) == 12);
        EXPECT_EQ(layout.Layout.PartitionEntry[1].Gpt.Attributes, 1);
        EXPECT_EQ(layout.Layout.PartitionEntry[1].PartitionLength.QuadPart, 5 * MIB);
        EXPECT_EQ(disk_write(disk, nothing, 512, SECTOR, NULL), STATUS_SUCCESS);       /* the first header is lost */
    }
    EXPECT_EQ(disk_write(disk, nothing, 512, last, NULL), STATUS_SUCCESS);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.PartitionStyle, PARTITION_STYLE_RAW);
}

TEST_CASE(a_partition_changes_its_gpt_entry_and_stays_open)
{
    SET_PARTITION_INFORMATION_EX info = { 0 };
    PARTITION_INFORMATION_EX now;
    SET_PARTITION_INFORMATION old = { PARTITION_IFS };
    HANDLE part;

    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_GPT), STATUS_SUCCESS);
    begin(PARTITION_STYLE_GPT);
    add(1 * MIB, 16 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    part = open_partition(L"\\??\\Harddisk0Partition1", TRUE);
    REQUIRE(part);
    info.PartitionStyle = PARTITION_STYLE_GPT;
    info.Gpt.PartitionType = basic_data;
    info.Gpt.PartitionId = disk_id;
    RtlCopyMemory(info.Gpt.Name, L"renamed", 14);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_SET_PARTITION_INFO_EX, &info, sizeof(info), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0, &now, sizeof(now), NULL), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(now.Gpt.Name, L"renamed", 16) == 16);
    EXPECT(RtlCompareMemory(&now.Gpt.PartitionId, &disk_id, sizeof(GUID)) == sizeof(GUID));
    info.PartitionStyle = PARTITION_STYLE_MBR;
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_SET_PARTITION_INFO_EX, &info, sizeof(info), NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_SET_PARTITION_INFO, &old, sizeof(old), NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_SET_PARTITION_INFO_EX, &info, 4, NULL, 0, NULL), STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(part);
}

TEST_CASE(an_mbr_partition_changes_its_type)
{
    SET_PARTITION_INFORMATION type = { PARTITION_FAT32 };
    PARTITION_INFORMATION now;
    HANDLE part;

    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_XINT13_EXTENDED, 8 * MIB, 20 * MIB);
    add_mbr(PARTITION_IFS, 9 * MIB, 3 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    part = open_partition(L"\\??\\Harddisk0Partition1", TRUE);
    REQUIRE(part);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_SET_PARTITION_INFO, &type, sizeof(type), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(part, IOCTL_DISK_GET_PARTITION_INFO, NULL, 0, &now, sizeof(now), NULL), STATUS_SUCCESS);
    EXPECT_EQ(now.PartitionType, PARTITION_FAT32);
    ZwClose(part);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].Mbr.PartitionType, PARTITION_FAT32);
}

/* --- growth, copies, the end ------------------------------------------------------------------------------------------------ */

static NTSTATUS grow(ULONG number, LONGLONG more)
{
    DISK_GROW_PARTITION g = { 0 };

    g.PartitionNumber = number;
    g.BytesToGrow.QuadPart = more;
    return disk_ask(disk, IOCTL_DISK_GROW_PARTITION, &g, sizeof(g), NULL, 0, NULL);
}

TEST_CASE(a_partition_grows_into_what_is_free_behind_it)
{
    static const PARTITION_STYLE styles[] = { PARTITION_STYLE_MBR, PARTITION_STYLE_GPT };

    REQUIRE(disk);
    for (int i = 0; i < 2; i++) {
        HANDLE part;

        EXPECT_EQ(create(styles[i]), STATUS_SUCCESS);
        begin(styles[i]);
        add(1 * MIB, 4 * MIB)->Mbr.PartitionType = styles[i] == PARTITION_STYLE_MBR ? PARTITION_IFS : 1;
        add(10 * MIB, 4 * MIB)->Mbr.PartitionType = styles[i] == PARTITION_STYLE_MBR ? PARTITION_IFS : 1;
        EXPECT_EQ(set(), STATUS_SUCCESS);
        part = open_partition(L"\\??\\Harddisk0Partition1", TRUE);
        REQUIRE(part);
        EXPECT_EQ(grow(1, 5 * MIB), STATUS_SUCCESS);
        EXPECT_EQ(disk_length(part), 9 * MIB);
        ZwClose(part);
        EXPECT_EQ(grow(1, 512), STATUS_UNSUCCESSFUL);           /* the next one is there */
        EXPECT_EQ(grow(2, (LONGLONG)disk_length(disk)), STATUS_UNSUCCESSFUL);
        EXPECT_EQ(grow(3, MIB), STATUS_INVALID_PARAMETER);
        EXPECT_EQ(grow(1, -512), STATUS_INVALID_PARAMETER);
        EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GROW_PARTITION, &layout, 4, NULL, 0, NULL), STATUS_BUFFER_TOO_SMALL);
        EXPECT_EQ(get(), STATUS_SUCCESS);
        EXPECT_EQ(layout.Layout.PartitionEntry[0].PartitionLength.QuadPart, 9 * MIB);
    }
}

TEST_CASE(a_deleted_layout_leaves_a_disk_without_partitions)
{
    UCHAR sector[512];

    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_GPT), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_DELETE_DRIVE_LAYOUT, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, 512, SECTOR, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(sector, 512, 0));
    EXPECT_EQ(disk_read(disk, sector, 512, disk_length(disk) - SECTOR, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(sector, 512, 0));
    RtlFillMemory(sector, 512, 0x90);
    EXPECT_EQ(disk_write(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_DELETE_DRIVE_LAYOUT, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(sector, 440, 0x90));
    EXPECT(is_filled_with(sector + 440, 72, 0));
    open_partition(L"\\??\\Harddisk0Partition1", FALSE);
}

TEST_CASE(layouts_that_cannot_be_are_refused_and_nothing_is_written)
{
    CREATE_DISK raw = { 0 };

    REQUIRE(disk);
    EXPECT_EQ(create(PARTITION_STYLE_MBR), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4 * MIB);
    EXPECT_EQ(set(), STATUS_SUCCESS);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4 * MIB);
    add_mbr(PARTITION_IFS, 4 * MIB, 4 * MIB);           /* overlaps */
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, 4096 * MIB);        /* beyond the end */
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB + 1, 4 * MIB);       /* in the middle of a sector */
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_MBR);
    for (ULONG i = 0; i < 5; i++)
        add_mbr(PARTITION_IFS, (1 + 2 * i) * MIB, MIB);
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_MBR);
    add_mbr(PARTITION_IFS, 1 * MIB, MIB);
    layout.Layout.PartitionEntry[0].PartitionStyle = PARTITION_STYLE_GPT;
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_GPT);
    add(3 * SECTOR, MIB);                               /* in the table itself */
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_RAW);
    EXPECT_EQ(set(), STATUS_INVALID_PARAMETER);
    begin(PARTITION_STYLE_MBR);
    layout.Layout.PartitionCount = 100;                 /* more than there is in the buffer */
    EXPECT_EQ(set(), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_SET_DRIVE_LAYOUT_EX, &layout, 8, NULL, 0, NULL), STATUS_INFO_LENGTH_MISMATCH);
    raw.PartitionStyle = PARTITION_STYLE_RAW;
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_CREATE_DISK, &raw, sizeof(raw), NULL, 0, NULL), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_CREATE_DISK, &raw, 4, NULL, 0, NULL), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(get(), STATUS_SUCCESS);
    REQUIRE(layout.Layout.PartitionCount == 1);
    EXPECT_EQ(layout.Layout.PartitionEntry[0].PartitionLength.QuadPart, 4 * MIB);
}

TEST_CASE(data_is_copied_from_one_place_to_another)
{
    static UCHAR data[65536 + 512];
    DISK_COPY_DATA_PARAMETERS c = { 0 };
    BOOLEAN clustered = TRUE;

    REQUIRE(disk);
    fill_pattern(data, sizeof(data), 12);
    EXPECT_EQ(disk_write(disk, data, sizeof(data), 40 * MIB, NULL), STATUS_SUCCESS);
    c.SourceOffset.QuadPart = 40 * MIB;
    c.DestinationOffset.QuadPart = 50 * MIB;
    c.CopyLength.QuadPart = sizeof(data);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_COPY_DATA, &c, sizeof(c), NULL, 0, NULL), STATUS_SUCCESS);
    RtlZeroMemory(data, sizeof(data));
    EXPECT_EQ(disk_read(disk, data, sizeof(data), 50 * MIB, NULL), STATUS_SUCCESS);
    EXPECT(is_pattern(data, sizeof(data), 12));
    c.DestinationOffset.QuadPart = 40 * MIB + 512;      /* they must not overlap */
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_COPY_DATA, &c, sizeof(c), NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    c.DestinationOffset.QuadPart = 1ll << 40;
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_COPY_DATA, &c, sizeof(c), NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_IS_CLUSTERED, NULL, 0, &clustered, sizeof(clustered), NULL), STATUS_SUCCESS);
    EXPECT_EQ(clustered, FALSE);
}
