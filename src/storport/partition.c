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

uint32_t table_crc(uint32_t crc, const uint8_t *data, size_t size)
{
    crc = ~crc;
    while (size--) {
        crc ^= *data++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

struct gpt {
    GUID id;
    uint64_t first, last, entries;
    uint32_t count, size;
};

static bool read_header(struct table *t, uint64_t lba, struct gpt *gpt)
{
    uint8_t *h = t->sector;
    uint32_t size, crc;

    if (!NT_SUCCESS(load(t, lba, 1)) || memcmp(h, "EFI PART", 8))
        return false;
    size = get_le32(h + 12);
    crc = get_le32(h + 16);
    if (size < 92 || size > t->disk->info.sector_size)
        return false;
    memset(h + 16, 0, 4);
    if (table_crc(0, h, size) != crc || get_le64(h + 24) != lba)
        return false;
    memcpy(&gpt->id, h + 56, sizeof gpt->id);
    gpt->first = get_le64(h + 40);
    gpt->last = get_le64(h + 48);
    gpt->entries = get_le64(h + 72);
    gpt->count = get_le32(h + 80);
    gpt->size = get_le32(h + 84);
    return gpt->count <= GPT_ENTRIES_MOST && gpt->size >= 128 && gpt->size <= t->disk->info.sector_size && !(gpt->size & (gpt->size - 1));
}

static void add_gpt(struct table *t, const uint8_t *entry)
{
    static const uint8_t none[16];
    uint64_t first = get_le64(entry + 32), last = get_le64(entry + 40);

    if (!memcmp(entry, none, 16) || last < first)
        return;
    PPARTITION_INFORMATION_EX p = add(t, PARTITION_STYLE_GPT, first, last - first + 1);
    if (!p)
        return;
    memcpy(&p->Gpt.PartitionType, entry, 16);
    memcpy(&p->Gpt.PartitionId, entry + 16, 16);
    p->Gpt.Attributes = get_le64(entry + 48);
    memcpy(p->Gpt.Name, entry + 56, sizeof p->Gpt.Name);
}

static bool read_gpt(struct table *t)
{
    uint32_t per_sector;
    struct gpt gpt;

    if (!read_header(t, 1, &gpt) && !read_header(t, (t->disk->info.bytes >> t->disk->shift) - 1, &gpt))
        return false;
    t->out->PartitionStyle = PARTITION_STYLE_GPT;
    t->out->Gpt.DiskId = gpt.id;
    t->out->Gpt.StartingUsableOffset.QuadPart = (LONGLONG)(gpt.first << t->disk->shift);
    t->out->Gpt.UsableLength.QuadPart = (LONGLONG)((gpt.last - gpt.first + 1) << t->disk->shift);
    t->out->Gpt.MaxPartitionCount = gpt.count;
    per_sector = t->disk->info.sector_size / gpt.size;
    for (uint32_t i = 0; i < gpt.count; i++) {
        if (i % per_sector == 0 && !NT_SUCCESS(load(t, gpt.entries + i / per_sector, 1)))
            break;
        add_gpt(t, t->sector + i % per_sector * gpt.size);
    }
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
