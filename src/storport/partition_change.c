/* One partition of a table changes: its type, its GPT entry, its length.
 * docs: ntdddisk/ni-ntdddisk-ioctl_disk_set_partition_info_ex, ntdddisk/ni-ntdddisk-ioctl_disk_grow_partition */
#include "storport/partition_table.h"

#include "nt/pool.h"

/* The entry of the layout that begins where the partition does. */
static PPARTITION_INFORMATION_EX entry_at(PDRIVE_LAYOUT_INFORMATION_EX layout, LONGLONG offset)
{
    for (ULONG i = 0; i < layout->PartitionCount; i++)
        if (layout->PartitionEntry[i].StartingOffset.QuadPart == offset)
            return &layout->PartitionEntry[i];
    return NULL;
}

static NTSTATUS change_mbr(struct disk *disk, uint64_t first, uint8_t type, uint64_t sectors)
{
    if (disk->info.read_only)
        return STATUS_MEDIA_WRITE_PROTECTED;
    uint8_t *sector = pool_alloc(NonPagedPoolNx, disk->info.sector_size, SP_TAG, NULL);
    if (!sector)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = sectors ? mbr_set_length(disk, first, sectors, sector) : mbr_set_type(disk, first, type, sector);
    pool_free(sector, SP_TAG, NULL);
    if (NT_SUCCESS(status))
        partitions_update(disk);
    return status;
}

NTSTATUS partition_set_info(struct disk *disk, LONGLONG offset, const SET_PARTITION_INFORMATION_EX *asked)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    NTSTATUS status = table_load(disk, &layout);

    if (!NT_SUCCESS(status))
        return status;
    PPARTITION_INFORMATION_EX p = entry_at(layout, offset);
    if (!p || (ULONG)asked->PartitionStyle != layout->PartitionStyle) {
        status = STATUS_INVALID_PARAMETER;
    } else if (asked->PartitionStyle == PARTITION_STYLE_MBR) {
        status = change_mbr(disk, (uint64_t)offset >> disk->shift, asked->Mbr.PartitionType, 0);
    } else {
        p->Gpt = asked->Gpt;
        status = table_store(disk, layout);
    }
    pool_free(layout, SP_TAG, NULL);
    return status;
}

static bool is_free(const struct disk *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout, uint64_t from, uint64_t to)
{
    uint64_t end = layout->PartitionStyle == PARTITION_STYLE_GPT
                       ? (uint64_t)(layout->Gpt.StartingUsableOffset.QuadPart + layout->Gpt.UsableLength.QuadPart)
                       : disk->info.bytes;

    if (to > end)
        return false;
    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *p = &layout->PartitionEntry[i];
        if ((uint64_t)p->StartingOffset.QuadPart < to && (uint64_t)(p->StartingOffset.QuadPart + p->PartitionLength.QuadPart) > from)
            return false;
    }
    return true;
}

static NTSTATUS grow(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout, const DISK_GROW_PARTITION *asked)
{
    PPARTITION_INFORMATION_EX p = NULL;
    uint64_t more = (uint64_t)asked->BytesToGrow.QuadPart;

    for (ULONG i = 0; i < layout->PartitionCount; i++)
        if (layout->PartitionEntry[i].PartitionNumber == asked->PartitionNumber)
            p = &layout->PartitionEntry[i];
    if (!p || asked->BytesToGrow.QuadPart <= 0 || (more & (disk->info.sector_size - 1)) || more > disk->info.bytes)
        return STATUS_INVALID_PARAMETER;
    uint64_t end = (uint64_t)(p->StartingOffset.QuadPart + p->PartitionLength.QuadPart);
    if (!is_free(disk, layout, end, end + more))
        return STATUS_UNSUCCESSFUL;
    p->PartitionLength.QuadPart += (LONGLONG)more;
    if (layout->PartitionStyle == PARTITION_STYLE_GPT)
        return table_store(disk, layout);
    return change_mbr(disk, (uint64_t)p->StartingOffset.QuadPart >> disk->shift, 0, (uint64_t)p->PartitionLength.QuadPart >> disk->shift);
}

NTSTATUS disk_grow_partition(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    if (in < sizeof(DISK_GROW_PARTITION))
        return STATUS_BUFFER_TOO_SMALL;
    NTSTATUS status = table_load(disk, &layout);
    if (!NT_SUCCESS(status))
        return status;
    status = grow(disk, layout, buffer);
    pool_free(layout, SP_TAG, NULL);
    return status;
}
