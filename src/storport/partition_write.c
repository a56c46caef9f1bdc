/* Partition tables, written: the control codes, and GPT.
 *
 * 1. A layout is checked as a whole before anything is written: it lies on the disk, nothing overlaps.
 * 2. Of a GPT the copy at the end is written first, then the one at the beginning, then the protective MBR: at every moment one of the
 *    two is whole.
 * 3. A disk has one style: an MBR that is written takes the headers of a GPT away.
 *
 * docs: ntdddisk/ni-ntdddisk-ioctl_disk_set_drive_layout_ex, ntdddisk/ni-ntdddisk-ioctl_disk_create_disk */
#include "storport/partition_table.h"

#include <string.h>

#include "nt/pool.h"

#define GPT_LEAST 128u                  /* entries of a table */
#define GPT_HEADER 92u                  /* bytes of a header that its checksum covers */

static uint64_t last_sector(const struct disk *disk)
{
    return (disk->info.bytes >> disk->shift) - 1;
}

static NTSTATUS flush(struct disk *disk)
{
    struct storport_io io = { .kind = STORPORT_FLUSH };

    return disk_wait(disk, &io);
}

static bool is_used(const PARTITION_INFORMATION_EX *p)
{
    static const GUID none;

    return p->PartitionStyle == PARTITION_STYLE_MBR ? p->Mbr.PartitionType != PARTITION_ENTRY_UNUSED
                                                    : memcmp(&p->Gpt.PartitionType, &none, sizeof none) != 0;
}

/* --- checks ------------------------------------------------------------------------------------------------------------ */

static uint64_t end_of(const PARTITION_INFORMATION_EX *p)
{
    return (uint64_t)p->StartingOffset.QuadPart + (uint64_t)p->PartitionLength.QuadPart;
}

static bool may_overlap(const PARTITION_INFORMATION_EX *a, const PARTITION_INFORMATION_EX *b)
{
    if (a->PartitionStyle != PARTITION_STYLE_MBR || !IsContainerPartition(a->Mbr.PartitionType))
        return false;
    return b->StartingOffset.QuadPart >= a->StartingOffset.QuadPart && end_of(b) <= end_of(a);
}

static bool overlap(const PARTITION_INFORMATION_EX *a, const PARTITION_INFORMATION_EX *b)
{
    return (uint64_t)a->StartingOffset.QuadPart < end_of(b) && (uint64_t)b->StartingOffset.QuadPart < end_of(a) && !may_overlap(a, b) &&
           !may_overlap(b, a);
}

static bool lies_on(const struct disk *disk, const PARTITION_INFORMATION_EX *p)
{
    uint64_t at = (uint64_t)p->StartingOffset.QuadPart, length = (uint64_t)p->PartitionLength.QuadPart;

    if (((at | length) & (disk->info.sector_size - 1)) || !at || !length || at >= disk->info.bytes || length > disk->info.bytes - at)
        return false;
    return p->PartitionStyle != PARTITION_STYLE_MBR || end_of(p) >> disk->shift <= (uint64_t)UINT32_MAX + 1;
}

static bool sound(const struct disk *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *p = &layout->PartitionEntry[i];

        if (p->PartitionStyle != (PARTITION_STYLE)layout->PartitionStyle)
            return false;
        if (!is_used(p))
            continue;
        if (!lies_on(disk, p))
            return false;
        for (ULONG k = 0; k < i; k++)
            if (is_used(&layout->PartitionEntry[k]) && overlap(p, &layout->PartitionEntry[k]))
                return false;
    }
    return true;
}

/* --- GPT ------------------------------------------------------------------------------------------------------------------ */

struct gpt_plan {
    uint32_t entries, sectors;          /* of the table; sectors it takes */
    uint64_t first, last;               /* usable */
};

static struct gpt_plan plan_gpt(const struct disk *disk, uint32_t wanted)
{
    struct gpt_plan g = { .entries = wanted > GPT_LEAST ? wanted : GPT_LEAST };

    g.sectors = (g.entries * GPT_ENTRY + disk->info.sector_size - 1) >> disk->shift;
    g.first = 2 + g.sectors;
    g.last = last_sector(disk) - 1 - g.sectors;
    return g;
}

static void fill_entries(const struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout, uint8_t *table)
{
    ULONG number = 0;

    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        PPARTITION_INFORMATION_EX p = &layout->PartitionEntry[i];
        uint8_t *entry = table + number * GPT_ENTRY;

        p->PartitionNumber = 0;
        if (!is_used(p))
            continue;
        memcpy(entry, &p->Gpt.PartitionType, 16);
        memcpy(entry + 16, &p->Gpt.PartitionId, 16);
        put_le64(entry + 32, (uint64_t)p->StartingOffset.QuadPart >> disk->shift);
        put_le64(entry + 40, (end_of(p) >> disk->shift) - 1);
        put_le64(entry + 48, p->Gpt.Attributes);
        memcpy(entry + 56, p->Gpt.Name, sizeof p->Gpt.Name);
        p->PartitionNumber = ++number;
    }
}

static void fill_header(const struct disk *disk, const struct gpt_plan *g, const GUID *id, bool primary, uint32_t entries_crc, uint8_t *h)
{
    memset(h, 0, disk->info.sector_size);
    memcpy(h, "EFI PART", 8);
    put_le32(h + 8, 0x00010000);        /* revision 1.0 */
    put_le32(h + 12, GPT_HEADER);
    put_le64(h + 24, primary ? 1 : last_sector(disk));
    put_le64(h + 32, primary ? last_sector(disk) : 1);
    put_le64(h + 40, g->first);
    put_le64(h + 48, g->last);
    memcpy(h + 56, id, sizeof *id);
    put_le64(h + 72, primary ? 2 : g->last + 1);
    put_le32(h + 80, g->entries);
    put_le32(h + 84, GPT_ENTRY);
    put_le32(h + 88, entries_crc);
    put_le32(h + 16, table_crc(0, h, GPT_HEADER));
}

/* One partition of type EEh over the whole disk; the boot code stays. */
static NTSTATUS write_protective(struct disk *disk, uint8_t *sector)
{
    NTSTATUS status = table_read(disk, 0, sector, 1);

    if (!NT_SUCCESS(status))
        return status;
    memset(sector + 440, 0, 70);
    sector[446 + 2] = 2;                /* it begins at sector 1 */
    sector[446 + 4] = 0xee;
    memset(sector + 446 + 5, 0xff, 3);
    put_le32(sector + 446 + 8, 1);
    put_le32(sector + 446 + 12, (uint32_t)min_u64(last_sector(disk), UINT32_MAX));
    sector[510] = 0x55;
    sector[511] = 0xaa;
    return table_write(disk, 0, sector, 1);
}

static NTSTATUS write_copies(struct disk *disk, const struct gpt_plan *g, const GUID *id, uint8_t *table, uint8_t *sector)
{
    uint32_t crc = table_crc(0, table, g->entries * GPT_ENTRY);
    NTSTATUS status = table_write(disk, g->last + 1, table, g->sectors);

    fill_header(disk, g, id, false, crc, sector);
    if (NT_SUCCESS(status))
        status = table_write(disk, last_sector(disk), sector, 1);
    if (NT_SUCCESS(status))
        status = flush(disk);
    if (NT_SUCCESS(status))
        status = table_write(disk, 2, table, g->sectors);
    fill_header(disk, g, id, true, crc, sector);
    if (NT_SUCCESS(status))
        status = table_write(disk, 1, sector, 1);
    return NT_SUCCESS(status) ? write_protective(disk, sector) : status;
}

static bool fits(const struct disk *disk, const struct gpt_plan *g, const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    if (g->entries > GPT_ENTRIES_MOST || last_sector(disk) < 2u * g->sectors + 3 || layout->PartitionCount > g->entries)
        return false;
    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *p = &layout->PartitionEntry[i];
        if (is_used(p) && ((uint64_t)p->StartingOffset.QuadPart >> disk->shift < g->first || (end_of(p) >> disk->shift) - 1 > g->last))
            return false;
    }
    return true;
}

static NTSTATUS gpt_store(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout, uint8_t *sector)
{
    struct gpt_plan g = plan_gpt(disk, layout->Gpt.MaxPartitionCount);

    if (!fits(disk, &g, layout))
        return STATUS_INVALID_PARAMETER;
    uint8_t *table = pool_alloc(NonPagedPoolNx, (size_t)g.sectors << disk->shift, SP_TAG, NULL);
    if (!table)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(table, 0, (size_t)g.sectors << disk->shift);
    fill_entries(disk, layout, table);
    NTSTATUS status = write_copies(disk, &g, &layout->Gpt.DiskId, table, sector);
    pool_free(table, SP_TAG, NULL);
    layout->Gpt.MaxPartitionCount = g.entries;
    layout->Gpt.StartingUsableOffset.QuadPart = (LONGLONG)(g.first << disk->shift);
    layout->Gpt.UsableLength.QuadPart = (LONGLONG)((g.last - g.first + 1) << disk->shift);
    return status;
}

static NTSTATUS wipe_if_gpt(struct disk *disk, uint64_t lba, uint8_t *sector)
{
    NTSTATUS status = table_read(disk, lba, sector, 1);

    if (!NT_SUCCESS(status) || memcmp(sector, "EFI PART", 8))
        return status;
    memset(sector, 0, disk->info.sector_size);
    return table_write(disk, lba, sector, 1);
}

static NTSTATUS wipe_gpt(struct disk *disk, uint8_t *sector)
{
    NTSTATUS status = wipe_if_gpt(disk, 1, sector);

    return NT_SUCCESS(status) ? wipe_if_gpt(disk, last_sector(disk), sector) : status;
}

/* --- both ------------------------------------------------------------------------------------------------------------------- */

/* Runs `what` with a sector in RAM; what is written then is on the medium, and its partitions have devices. */
static NTSTATUS with_sector(struct disk *disk, NTSTATUS (*what)(struct disk *disk, void *with, uint8_t *sector), void *with)
{
    if (disk->info.read_only)
        return STATUS_MEDIA_WRITE_PROTECTED;
    uint8_t *sector = pool_alloc(NonPagedPoolNx, disk->info.sector_size, SP_TAG, NULL);
    if (!sector)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = what(disk, with, sector);
    pool_free(sector, SP_TAG, NULL);
    if (NT_SUCCESS(status))
        status = flush(disk);
    if (NT_SUCCESS(status))
        partitions_update(disk);
    return status;
}

static NTSTATUS store(struct disk *disk, void *with, uint8_t *sector)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout = with;

    if (layout->PartitionStyle == PARTITION_STYLE_GPT)
        return gpt_store(disk, layout, sector);
    NTSTATUS status = mbr_store(disk, layout, sector);
    return NT_SUCCESS(status) ? wipe_gpt(disk, sector) : status;
}

NTSTATUS table_store(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout)
{
    if (layout->PartitionStyle != PARTITION_STYLE_MBR && layout->PartitionStyle != PARTITION_STYLE_GPT)
        return STATUS_INVALID_PARAMETER;
    return sound(disk, layout) ? with_sector(disk, store, layout) : STATUS_INVALID_PARAMETER;
}

/* --- control codes ------------------------------------------------------------------------------------------------------------ */

NTSTATUS disk_set_layout(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout = buffer;
    ULONG head = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry), count = layout->PartitionCount;

    if (count > PARTITIONS_MOST)
        return STATUS_INVALID_PARAMETER;
    if (in < head + count * sizeof(PARTITION_INFORMATION_EX))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = table_store(disk, layout);
    if (NT_SUCCESS(status))
        *done = min_u64(out, head + count * sizeof(PARTITION_INFORMATION_EX));
    return status;
}

/* docs: ntdddisk/ni-ntdddisk-ioctl_disk_set_drive_layout */
NTSTATUS disk_set_layout_old(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDRIVE_LAYOUT_INFORMATION old = buffer;
    ULONG head = offsetof(DRIVE_LAYOUT_INFORMATION, PartitionEntry), count = old->PartitionCount;
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    if (count > PARTITIONS_MOST)
        return STATUS_INVALID_PARAMETER;
    if (in < head + count * sizeof(PARTITION_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    size_t size = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry) + PARTITIONS_MOST * sizeof(PARTITION_INFORMATION_EX);
    layout = pool_alloc(NonPagedPoolNx, size, SP_TAG, NULL);
    if (!layout)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(layout, 0, size);
    layout->PartitionStyle = PARTITION_STYLE_MBR;
    layout->PartitionCount = count;
    layout->Mbr.Signature = old->Signature;
    for (ULONG i = 0; i < count; i++) {
        const PARTITION_INFORMATION *from = &old->PartitionEntry[i];

        layout->PartitionEntry[i] = (PARTITION_INFORMATION_EX){
            .PartitionStyle = PARTITION_STYLE_MBR, .StartingOffset = from->StartingOffset, .PartitionLength = from->PartitionLength,
            .RewritePartition = from->RewritePartition,
            .Mbr = { .PartitionType = from->PartitionType, .BootIndicator = from->BootIndicator, .HiddenSectors = from->HiddenSectors },
        };
    }
    NTSTATUS status = table_store(disk, layout);
    for (ULONG i = 0; NT_SUCCESS(status) && i < count; i++)
        old->PartitionEntry[i].PartitionNumber = layout->PartitionEntry[i].PartitionNumber;
    if (NT_SUCCESS(status))
        *done = min_u64(out, head + count * sizeof(PARTITION_INFORMATION));
    pool_free(layout, SP_TAG, NULL);
    return status;
}

/* docs: ntdddisk/ni-ntdddisk-ioctl_disk_create_disk */
NTSTATUS disk_create(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const CREATE_DISK *asked = buffer;
    DRIVE_LAYOUT_INFORMATION_EX layout = { .PartitionStyle = asked->PartitionStyle };

    if (asked->PartitionStyle == PARTITION_STYLE_MBR) {
        layout.Mbr.Signature = asked->Mbr.Signature;
    } else if (asked->PartitionStyle == PARTITION_STYLE_GPT) {
        layout.Gpt.DiskId = asked->Gpt.DiskId;
        layout.Gpt.MaxPartitionCount = asked->Gpt.MaxPartitionCount;
    } else {
        return STATUS_NOT_SUPPORTED;
    }
    return table_store(disk, &layout);
}

static NTSTATUS delete_table(struct disk *disk, void *with, uint8_t *sector)
{
    NTSTATUS status = table_read(disk, 0, sector, 1);
    bool is_gpt = false;

    if (!NT_SUCCESS(status) || sector[510] != 0x55 || sector[511] != 0xaa)
        return status;
    for (unsigned i = 0; i < 4; i++)
        is_gpt |= sector[446 + 16 * i + 4] == 0xee;
    if (is_gpt)
        return wipe_gpt(disk, sector);
    memset(sector + 440, 0, 72);        /* the boot code stays */
    return table_write(disk, 0, sector, 1);
}

/* docs: ntdddisk/ni-ntdddisk-ioctl_disk_delete_drive_layout */
NTSTATUS disk_delete_layout(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return with_sector(disk, delete_table, NULL);
}
