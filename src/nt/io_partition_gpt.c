/* GUID partition tables as they are loaded, changed and written.
 *
 * 1. What is in a struct gpt has the right sums when it is loaded; they are made anew when it is stored.
 * 2. The copy at the end of the disk is written first: one of the two is whole at every moment. */
#include "nt/io_partition_gpt.h"

#define HEADER_SIZE 92u                 /* that a sum of a new table covers */
#define PRIMARY_ENTRIES 2u              /* sector */

enum { AT_SIZE = 12, AT_SUM = 16, AT_SELF = 24, AT_OTHER = 32, AT_FIRST = 40, AT_LAST = 48, AT_ID = 56, AT_ENTRIES = 72, AT_COUNT = 80,
       AT_ENTRY_SIZE = 84, AT_ENTRIES_SUM = 88 };

static void put32(UCHAR *at, ULONG value)
{
    memcpy(at, &value, sizeof(value));
}

static void put64(UCHAR *at, ULONG64 value)
{
    memcpy(at, &value, sizeof(value));
}

static UCHAR *new_sectors(const struct disk_io *disk, ULONG count)
{
    UCHAR *data = pool_alloc(NonPagedPoolNx, (size_t)count * disk->sector_size, PARTITION_TAG, NULL);

    if (data != NULL)
        memset(data, 0, (size_t)count * disk->sector_size);
    return data;
}

static ULONG entries_size(const struct gpt *gpt)
{
    return table_u32(gpt->header + AT_COUNT) * table_u32(gpt->header + AT_ENTRY_SIZE);
}

static NTSTATUS load_entries(struct gpt *gpt)
{
    ULONG64 bytes = (ULONG64)table_u32(gpt->header + AT_COUNT) * table_u32(gpt->header + AT_ENTRY_SIZE);
    NTSTATUS status;

    if (table_u32(gpt->header + AT_ENTRY_SIZE) < GPT_ENTRY_LEAST || bytes == 0 || bytes > GPT_BYTES_MOST)
        return STATUS_DISK_CORRUPT_ERROR;
    gpt->sectors = (ULONG)((bytes + gpt->disk->sector_size - 1) / gpt->disk->sector_size);
    gpt->entries = new_sectors(gpt->disk, gpt->sectors);
    if (gpt->entries == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = disk_io_transfer(gpt->disk, IRP_MJ_READ, table_u64(gpt->header + AT_ENTRIES), gpt->entries,
                              gpt->sectors * gpt->disk->sector_size);
    if (!NT_SUCCESS(status))
        return status;
    return RtlCrc32(gpt->entries, (ULONG)bytes, 0) == table_u32(gpt->header + AT_ENTRIES_SUM) ? STATUS_SUCCESS : STATUS_DISK_CORRUPT_ERROR;
}

NTSTATUS gpt_load(const struct disk_io *disk, ULONG64 sector, struct gpt *gpt)
{
    NTSTATUS status;

    *gpt = (struct gpt){ .disk = disk, .header = disk_io_read_sector(disk, sector, &status) };
    if (gpt->header == NULL)
        return status;
    if (!gpt_is_header(gpt->header, disk->sector_size) || table_u64(gpt->header + AT_SELF) != sector)
        status = STATUS_DISK_CORRUPT_ERROR;
    else
        status = load_entries(gpt);
    if (!NT_SUCCESS(status))
        gpt_free(gpt);
    return status;
}

void gpt_free(struct gpt *gpt)
{
    if (gpt->entries != NULL)
        pool_free(gpt->entries, PARTITION_TAG, NULL);
    if (gpt->header != NULL)
        pool_free(gpt->header, PARTITION_TAG, NULL);
    gpt->entries = gpt->header = NULL;
}

NTSTATUS gpt_begin(const struct disk_io *disk, ULONG64 last, const GUID *id, ULONG count, struct gpt *gpt)
{
    *gpt = (struct gpt){ .disk = disk };
    if (count < GPT_COUNT_LEAST)
        count = GPT_COUNT_LEAST;
    if (count > GPT_BYTES_MOST / GPT_ENTRY_LEAST)
        return STATUS_INVALID_PARAMETER;
    gpt->sectors = (count * GPT_ENTRY_LEAST + disk->sector_size - 1) / disk->sector_size;
    if (last < 2ull * gpt->sectors + 3)
        return STATUS_INVALID_PARAMETER;
    gpt->header = new_sectors(disk, 1);
    gpt->entries = new_sectors(disk, gpt->sectors);
    if (gpt->header == NULL || gpt->entries == NULL) {
        gpt_free(gpt);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(gpt->header, "EFI PART", 8);
    put32(gpt->header + 8, 0x00010000);
    put32(gpt->header + AT_SIZE, HEADER_SIZE);
    put64(gpt->header + AT_SELF, GPT_HEADER_SECTOR);
    put64(gpt->header + AT_FIRST, PRIMARY_ENTRIES + gpt->sectors);
    put64(gpt->header + AT_LAST, last - 1 - gpt->sectors);
    memcpy(gpt->header + AT_ID, id, sizeof(*id));
    put64(gpt->header + AT_ENTRIES, PRIMARY_ENTRIES);
    put32(gpt->header + AT_COUNT, count);
    put32(gpt->header + AT_ENTRY_SIZE, GPT_ENTRY_LEAST);
    return STATUS_SUCCESS;
}

static NTSTATUS store_copy(const struct gpt *gpt, ULONG64 self, ULONG64 other, ULONG64 entries)
{
    UCHAR *h = gpt->header;
    NTSTATUS status = disk_io_transfer(gpt->disk, IRP_MJ_WRITE, entries, gpt->entries, gpt->sectors * gpt->disk->sector_size);

    put64(h + AT_SELF, self);
    put64(h + AT_OTHER, other);
    put64(h + AT_ENTRIES, entries);
    put32(h + AT_ENTRIES_SUM, RtlCrc32(gpt->entries, entries_size(gpt), 0));
    put32(h + AT_SUM, 0);
    put32(h + AT_SUM, RtlCrc32(h, table_u32(h + AT_SIZE), 0));
    return NT_SUCCESS(status) ? disk_io_transfer(gpt->disk, IRP_MJ_WRITE, self, h, gpt->disk->sector_size) : status;
}

NTSTATUS gpt_store(const struct gpt *gpt, ULONG64 last)
{
    bool is_primary = table_u64(gpt->header + AT_SELF) == GPT_HEADER_SECTOR;
    ULONG64 entries = is_primary ? table_u64(gpt->header + AT_ENTRIES) : PRIMARY_ENTRIES;
    ULONG64 first = table_u64(gpt->header + AT_FIRST), end = table_u64(gpt->header + AT_LAST);

    if (entries <= GPT_HEADER_SECTOR || entries + gpt->sectors > first || first > end || end + gpt->sectors >= last)
        return STATUS_DISK_CORRUPT_ERROR;
    NTSTATUS status = store_copy(gpt, last, GPT_HEADER_SECTOR, last - gpt->sectors);
    if (NT_SUCCESS(status) && gpt->disk->flush != NULL)
        status = gpt->disk->flush(gpt->disk);
    return NT_SUCCESS(status) ? store_copy(gpt, GPT_HEADER_SECTOR, last, entries) : status;
}

NTSTATUS gpt_protect(const struct disk_io *disk, ULONG64 last)
{
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(disk, 0, &status), *entry;

    if (sector == NULL)
        return status;
    memset(sector + MBR_SIGNATURE_AT, 0, MBR_MARK_AT - MBR_SIGNATURE_AT);
    entry = sector + MBR_ENTRIES_AT;
    entry[2] = 2;                       /* begins at sector 1, counted from 1 */
    entry[4] = GPT_TYPE;
    memset(entry + 5, 0xFF, 3);
    put32(entry + 8, GPT_HEADER_SECTOR);
    put32(entry + 12, last < MAXULONG ? (ULONG)last : MAXULONG);
    sector[MBR_MARK_AT] = 0x55;
    sector[MBR_MARK_AT + 1] = 0xAA;
    status = disk_io_transfer(disk, IRP_MJ_WRITE, 0, sector, disk->sector_size);
    pool_free(sector, PARTITION_TAG, NULL);
    return status;
}

static NTSTATUS wipe_header(const struct disk_io *disk, ULONG64 at)
{
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(disk, at, &status);

    if (sector == NULL)
        return status;
    if (memcmp(sector, "EFI PART", 8) == 0) {
        memset(sector, 0, disk->sector_size);
        status = disk_io_transfer(disk, IRP_MJ_WRITE, at, sector, disk->sector_size);
    }
    pool_free(sector, PARTITION_TAG, NULL);
    return status;
}

NTSTATUS gpt_wipe(const struct disk_io *disk, ULONG64 last)
{
    NTSTATUS status = wipe_header(disk, GPT_HEADER_SECTOR);

    return NT_SUCCESS(status) ? wipe_header(disk, last) : status;
}

/* ---- entries ---- */

static bool in_use(const UCHAR *entry)
{
    static const GUID unused;

    return memcmp(entry, &unused, sizeof(unused)) != 0;
}

UCHAR *gpt_next(const struct gpt *gpt, const UCHAR *entry)
{
    ULONG size = table_u32(gpt->header + AT_ENTRY_SIZE);
    UCHAR *at = entry != NULL ? (UCHAR *)(uintptr_t)entry + size : gpt->entries;

    for (; at < gpt->entries + entries_size(gpt); at += size)
        if (in_use(at))
            return at;
    return NULL;
}

UCHAR *gpt_entry(const struct gpt *gpt, ULONG number)
{
    UCHAR *entry = gpt_next(gpt, NULL);

    while (entry != NULL && --number != 0)
        entry = gpt_next(gpt, entry);
    return entry;
}

void gpt_put_entry(UCHAR *entry, const PARTITION_INFORMATION_GPT *info)
{
    memcpy(entry, &info->PartitionType, sizeof(GUID));
    memcpy(entry + 16, &info->PartitionId, sizeof(GUID));
    put64(entry + 48, info->Attributes);
    memcpy(entry + 56, info->Name, sizeof(info->Name));
}

DRIVE_LAYOUT_INFORMATION_GPT gpt_describe(const struct gpt *gpt)
{
    ULONG64 first = table_u64(gpt->header + AT_FIRST), last = table_u64(gpt->header + AT_LAST), sector = gpt->disk->sector_size;
    DRIVE_LAYOUT_INFORMATION_GPT info = {
        .StartingUsableOffset.QuadPart = (LONGLONG)(first * sector), .UsableLength.QuadPart = (LONGLONG)((last - first + 1) * sector),
        .MaxPartitionCount = table_u32(gpt->header + AT_COUNT),
    };

    memcpy(&info.DiskId, gpt->header + AT_ID, sizeof(GUID));
    return info;
}

PARTITION_INFORMATION_EX gpt_describe_entry(const UCHAR *entry, ULONG sector_size, ULONG number)
{
    ULONG64 first = table_u64(entry + 32), last = table_u64(entry + 40), count = last < first ? 0 : last - first + 1;
    PARTITION_INFORMATION_EX info = {
        .PartitionStyle = PARTITION_STYLE_GPT, .PartitionNumber = number, .StartingOffset.QuadPart = (LONGLONG)(first * sector_size),
        .PartitionLength.QuadPart = (LONGLONG)(count * sector_size), .Gpt.Attributes = table_u64(entry + 48),
    };

    memcpy(&info.Gpt.PartitionType, entry, sizeof(GUID));
    memcpy(&info.Gpt.PartitionId, entry + 16, sizeof(GUID));
    memcpy(info.Gpt.Name, entry + 56, sizeof(info.Gpt.Name));
    return info;
}

/* Whether the sectors lie in the usable ones and touch none of the `count` entries before. */
static bool is_free(const struct gpt *gpt, ULONG count, ULONG64 first, ULONG64 last)
{
    ULONG size = table_u32(gpt->header + AT_ENTRY_SIZE);

    if (first > last || first < table_u64(gpt->header + AT_FIRST) || last > table_u64(gpt->header + AT_LAST))
        return false;
    for (ULONG i = 0; i < count; i++) {
        const UCHAR *entry = gpt->entries + (size_t)i * size;
        if (first <= table_u64(entry + 40) && last >= table_u64(entry + 32))
            return false;
    }
    return true;
}

NTSTATUS gpt_fill(struct gpt *gpt, const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    ULONG64 sector = gpt->disk->sector_size;
    ULONG count = 0, size = table_u32(gpt->header + AT_ENTRY_SIZE);

    memset(gpt->entries, 0, (size_t)gpt->sectors * sector);
    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *p = &layout->PartitionEntry[i];
        ULONG64 at = (ULONG64)p->StartingOffset.QuadPart, length = (ULONG64)p->PartitionLength.QuadPart;

        if (!in_use((const UCHAR *)&p->Gpt.PartitionType))
            continue;
        if (p->PartitionStyle != PARTITION_STYLE_GPT || at % sector != 0 || length % sector != 0 || length == 0 ||
            count == table_u32(gpt->header + AT_COUNT) || !is_free(gpt, count, at / sector, (at + length) / sector - 1))
            return STATUS_INVALID_PARAMETER;
        UCHAR *entry = gpt->entries + (size_t)count++ * size;
        gpt_put_entry(entry, &p->Gpt);
        put64(entry + 32, at / sector);
        put64(entry + 40, (at + length) / sector - 1);
    }
    return STATUS_SUCCESS;
}
