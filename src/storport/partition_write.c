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

static void number_partitions(PDRIVE_LAYOUT_INFORMATION_EX layout)
{
    ULONG number = 0;

    for (ULONG i = 0; i < layout->PartitionCount; i++)
        layout->PartitionEntry[i].PartitionNumber = is_used(&layout->PartitionEntry[i]) ? ++number : 0;
}

static NTSTATUS store_gpt(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout)
{
    const struct disk_io io = table_io(disk);
    uint64_t last = table_last_sector(disk);
    struct gpt gpt;
    NTSTATUS status = gpt_begin(&io, last, &layout->Gpt.DiskId, layout->Gpt.MaxPartitionCount, &gpt);

    if (!NT_SUCCESS(status))
        return status;
    status = gpt_fill(&gpt, layout);
    if (NT_SUCCESS(status))
        status = gpt_store(&gpt, last);
    if (NT_SUCCESS(status))
        status = gpt_protect(&io, last);
    if (NT_SUCCESS(status)) {
        number_partitions(layout);
        layout->Gpt = gpt_describe(&gpt);
    }
    gpt_free(&gpt);
    return status;
}

static NTSTATUS wipe_gpt(struct disk *disk)
{
    const struct disk_io io = table_io(disk);

    return gpt_wipe(&io, table_last_sector(disk));
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
        return store_gpt(disk, layout);
    NTSTATUS status = mbr_store(disk, layout, sector);
    return NT_SUCCESS(status) ? wipe_gpt(disk) : status;
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
        return wipe_gpt(disk);
    memset(sector + 440, 0, 72);        /* the boot code stays */
    return table_write(disk, 0, sector, 1);
}

/* docs: ntdddisk/ni-ntdddisk-ioctl_disk_delete_drive_layout */
NTSTATUS disk_delete_layout(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return with_sector(disk, delete_table, NULL);
}
