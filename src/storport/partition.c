/* Partition tables, read: MBR with its chain of extended partitions, and GPT with its checksums.
 * docs: ntdddisk/ni-ntdddisk-ioctl_disk_get_drive_layout_ex */
#include "storport/partition_table.h"

#include <string.h>

#include "nt/pool.h"

#define CHAIN 64u                       /* extended boot records */

struct table {
    struct disk *disk;
    uint8_t *sector;                    /* 16 KiB in RAM */
    PDRIVE_LAYOUT_INFORMATION_EX out;
    ULONG room;                         /* entries */
    bool short_of_room;
};

static NTSTATUS move(struct disk *disk, enum storport_io_kind kind, uint64_t lba, void *data, uint32_t sectors)
{
    struct storport_segment segment = { data, sectors << disk->shift };
    struct storport_io io = { .kind = kind, .offset = lba << disk->shift, .length = segment.size, .segments = &segment,
                              .segment_count = 1 };

    return disk_wait(disk, &io);
}

NTSTATUS table_read(struct disk *disk, uint64_t lba, void *data, uint32_t sectors)
{
    return move(disk, STORPORT_READ, lba, data, sectors);
}

NTSTATUS table_write(struct disk *disk, uint64_t lba, void *data, uint32_t sectors)
{
    return move(disk, STORPORT_WRITE, lba, data, sectors);
}

static NTSTATUS move_sectors(const struct disk_io *io, bool write, ULONG64 sector, void *buffer, ULONG size)
{
    struct disk *disk = io->context;

    return move(disk, write ? STORPORT_WRITE : STORPORT_READ, sector, buffer, size >> disk->shift);
}

static NTSTATUS flush_sectors(const struct disk_io *io)
{
    struct storport_io flush = { .kind = STORPORT_FLUSH };

    return disk_wait(io->context, &flush);
}

struct disk_io table_io(struct disk *disk)
{
    return (struct disk_io){ .sector_size = disk->info.sector_size, .move = move_sectors, .flush = flush_sectors, .context = disk };
}

uint64_t table_last_sector(const struct disk *disk)
{
    return (disk->info.bytes >> disk->shift) - 1;
}

static NTSTATUS load(struct table *t, uint64_t lba, uint32_t sectors)
{
    return table_read(t->disk, lba, t->sector, sectors);
}

static PPARTITION_INFORMATION_EX add(struct table *t, PARTITION_STYLE style, uint64_t lba, uint64_t sectors)
{
    PPARTITION_INFORMATION_EX p;

    if (t->out->PartitionCount >= t->room) {
        t->short_of_room = true;
        return NULL;
    }
    p = &t->out->PartitionEntry[t->out->PartitionCount++];
    memset(p, 0, sizeof *p);
    p->PartitionStyle = style;
    p->StartingOffset.QuadPart = (LONGLONG)(lba << t->disk->shift);
    p->PartitionLength.QuadPart = (LONGLONG)(sectors << t->disk->shift);
    p->PartitionNumber = t->out->PartitionCount;
    return p;
}

/* --- MBR --------------------------------------------------------------------------------------------------------------- */

static bool is_extended(uint8_t type)
{
    return type == PARTITION_EXTENDED || type == PARTITION_XINT13_EXTENDED;
}

static void add_mbr(struct table *t, const uint8_t *entry, uint64_t base)
{
    PPARTITION_INFORMATION_EX p = add(t, PARTITION_STYLE_MBR, base + get_le32(entry + 8), get_le32(entry + 12));

    if (!p)
        return;
    p->Mbr.PartitionType = entry[4];
    p->Mbr.BootIndicator = entry[0] == 0x80;
    p->Mbr.RecognizedPartition = IsRecognizedPartition(entry[4]);
    p->Mbr.HiddenSectors = get_le32(entry + 8);
}

/* Each record of the chain has one partition and points to the next, relative to the first. */
static void follow(struct table *t, uint64_t first)
{
    uint64_t at = first;

    for (unsigned n = 0; n < CHAIN; n++) {
        uint8_t entries[64];

        if (!NT_SUCCESS(load(t, at, 1)) || t->sector[510] != 0x55 || t->sector[511] != 0xaa)
            return;
        memcpy(entries, t->sector + 446, sizeof entries);
        if (entries[4] && !is_extended(entries[4]))
            add_mbr(t, entries, at);
        if (!is_extended(entries[20]) || !get_le32(entries + 24))
            return;
        at = first + get_le32(entries + 24);
    }
}

static void read_mbr(struct table *t)
{
    uint8_t entries[64];

    memcpy(entries, t->sector + 446, sizeof entries);
    t->out->PartitionStyle = PARTITION_STYLE_MBR;
    t->out->Mbr.Signature = get_le32(t->sector + 440);
    for (unsigned i = 0; i < 4; i++)
        if (entries[16 * i + 4] && !is_extended(entries[16 * i + 4]))
            add_mbr(t, entries + 16 * i, 0);
    for (unsigned i = 0; i < 4; i++)
        if (is_extended(entries[16 * i + 4]))
            follow(t, get_le32(entries + 16 * i + 8));
}

/* --- GPT ---------------------------------------------------------------------------------------------------------------- */

static bool read_gpt(struct table *t)
{
    const struct disk_io io = table_io(t->disk);
    struct gpt gpt;

    if (!NT_SUCCESS(gpt_load(&io, GPT_HEADER_SECTOR, &gpt)) && !NT_SUCCESS(gpt_load(&io, table_last_sector(t->disk), &gpt)))
        return false;
    t->out->PartitionStyle = PARTITION_STYLE_GPT;
    t->out->Gpt = gpt_describe(&gpt);
    for (const UCHAR *entry = gpt_next(&gpt, NULL); entry; entry = gpt_next(&gpt, entry)) {
        PARTITION_INFORMATION_EX info = gpt_describe_entry(entry, io.sector_size, 0);
        PPARTITION_INFORMATION_EX p = info.PartitionLength.QuadPart ? add(t, PARTITION_STYLE_GPT, 0, 0) : NULL;

        if (!p)
            continue;
        info.PartitionNumber = p->PartitionNumber;
        *p = info;
    }
    gpt_free(&gpt);
    return true;
}

/* --- the control code ---------------------------------------------------------------------------------------------------- */

/* A protective MBR: one partition of type EEh. */
static bool is_protective(const uint8_t *sector)
{
    for (unsigned i = 0; i < 4; i++)
        if (sector[446 + 16 * i + 4] == 0xee)
            return true;
    return false;
}

NTSTATUS disk_layout(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    ULONG head = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry);
    struct table t = { .disk = disk, .out = buffer, .room = (ULONG)min_u64((out - head) / sizeof(PARTITION_INFORMATION_EX), PARTITIONS_MOST) };

    t.sector = pool_alloc(NonPagedPoolNx, 16384, SP_TAG, NULL);
    if (!t.sector)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(buffer, 0, head);
    t.out->PartitionStyle = PARTITION_STYLE_RAW;
    NTSTATUS status = load(&t, 0, 1);
    if (NT_SUCCESS(status) && t.sector[510] == 0x55 && t.sector[511] == 0xaa) {
        if (is_protective(t.sector))
            read_gpt(&t);
        else
            read_mbr(&t);
    }
    pool_free(t.sector, SP_TAG, NULL);
    if (!NT_SUCCESS(status))
        return status;
    *done = head + t.out->PartitionCount * sizeof(PARTITION_INFORMATION_EX);
    return t.short_of_room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

NTSTATUS table_load(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX *layout)
{
    ULONG size = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry) + PARTITIONS_MOST * sizeof(PARTITION_INFORMATION_EX);
    ULONG_PTR done = 0;

    *layout = pool_alloc(NonPagedPoolNx, size, SP_TAG, NULL);
    NTSTATUS status = *layout ? disk_layout(disk, *layout, 0, size, &done) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status) && *layout)
        pool_free(*layout, SP_TAG, NULL);
    return status;
}

bool partition_old_info(const PARTITION_INFORMATION_EX *info, PARTITION_INFORMATION *old)
{
    if (info->PartitionStyle != PARTITION_STYLE_MBR)
        return false;
    *old = (PARTITION_INFORMATION){
        .StartingOffset = info->StartingOffset,
        .PartitionLength = info->PartitionLength,
        .HiddenSectors = info->Mbr.HiddenSectors,
        .PartitionNumber = info->PartitionNumber,
        .PartitionType = info->Mbr.PartitionType,
        .BootIndicator = info->Mbr.BootIndicator,
        .RecognizedPartition = info->Mbr.RecognizedPartition,
    };
    return true;
}

/* MBR only. docs: ntdddisk/ni-ntdddisk-ioctl_disk_get_drive_layout */
NTSTATUS disk_layout_old(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    ULONG head = offsetof(DRIVE_LAYOUT_INFORMATION, PartitionEntry), count;
    PDRIVE_LAYOUT_INFORMATION old = buffer;
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    NTSTATUS status = table_load(disk, &layout);

    if (!NT_SUCCESS(status))
        return status;
    count = layout->PartitionCount;
    if (layout->PartitionStyle == PARTITION_STYLE_GPT)
        status = STATUS_INVALID_DEVICE_REQUEST;
    if (NT_SUCCESS(status) && count > (out - head) / sizeof(PARTITION_INFORMATION))
        status = STATUS_BUFFER_TOO_SMALL;
    if (NT_SUCCESS(status)) {
        old->PartitionCount = count;
        old->Signature = layout->PartitionStyle == PARTITION_STYLE_MBR ? layout->Mbr.Signature : 0;
        for (ULONG i = 0; i < count; i++)
            partition_old_info(&layout->PartitionEntry[i], &old->PartitionEntry[i]);
        *done = head + count * sizeof(PARTITION_INFORMATION);
    }
    pool_free(layout, SP_TAG, NULL);
    return status;
}
