/* Writing the partition tables of MBR disks. */
#include "nt/io_partition.h"

#include <stdlib.h>

struct wanted {
    ULONG64 start, count;               /* sectors */
    UCHAR type;
    bool active, rewrite;
};

static void put_u32(UCHAR *at, ULONG value)
{
    memcpy(at, &value, sizeof(value));
}

/* Addresses by cylinder, head and sector say that only the others count. */
static void put_entry(UCHAR *entry, const struct wanted *w, ULONG start)
{
    static const UCHAR beyond[3] = { 0xFE, 0xFF, 0xFF };

    memset(entry, 0, MBR_ENTRY_SIZE);
    if (w->type == PARTITION_ENTRY_UNUSED)
        return;
    entry[0] = w->active ? 0x80 : 0;
    memcpy(entry + 1, beyond, sizeof(beyond));
    entry[4] = w->type;
    memcpy(entry + 5, beyond, sizeof(beyond));
    put_u32(entry + 8, start);
    put_u32(entry + 12, (ULONG)w->count);
}

/* Containers count from the first one, others from their table; false when that does not fit. */
static bool relative(const struct wanted *w, ULONG64 table, ULONG64 extended, ULONG *start)
{
    ULONG64 base = mbr_is_container(w->type) ? extended : table;

    *start = (ULONG)(w->start - base);
    return w->type == PARTITION_ENTRY_UNUSED || (w->start >= base && w->start - base <= MAXULONG && w->count <= MAXULONG);
}

/* The four entries of one table. A table that is not there yet is begun. */
static NTSTATUS write_table(const struct disk_io *disk, const struct wanted *four, ULONG64 table, ULONG64 extended, const ULONG *signature)
{
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(disk, table, &status);

    if (sector == NULL)
        return status;
    bool fresh = !mbr_is_marked(sector);
    if (fresh && table == 0) {
        pool_free(sector, PARTITION_TAG, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    if (fresh)
        memset(sector, 0, disk->sector_size);
    sector[MBR_MARK_AT] = 0x55;
    sector[MBR_MARK_AT + 1] = 0xAA;
    if (table == 0)
        put_u32(sector + MBR_SIGNATURE_AT, *signature);
    for (ULONG i = 0; i < 4 && NT_SUCCESS(status); i++) {
        ULONG start;
        if (!relative(&four[i], table, extended, &start))
            status = STATUS_INVALID_PARAMETER;
        else if (four[i].rewrite || fresh)
            put_entry(sector + MBR_ENTRIES_AT + i * MBR_ENTRY_SIZE, &four[i], start);
    }
    if (NT_SUCCESS(status))
        status = disk_io_transfer(disk, IRP_MJ_WRITE, table, sector, disk->sector_size);
    pool_free(sector, PARTITION_TAG, NULL);
    return status;
}

static ULONG64 container_of_four(const struct wanted *four)
{
    for (int i = 0; i < 4; i++)
        if (mbr_is_container(four[i].type))
            return four[i].start;
    return 0;
}

/* Table after table: the one in an extended partition begins where its container does. count: a multiple of four. */
static NTSTATUS write_all(const struct disk_io *disk, const struct wanted *wanted, ULONG count, ULONG signature)
{
    ULONG64 table = 0, extended = container_of_four(wanted);
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 0; i + 4 <= count && NT_SUCCESS(status); i += 4) {
        if (i != 0) {
            table = container_of_four(wanted + i - 4);
            if (table == 0)
                return STATUS_INVALID_PARAMETER;
        }
        status = write_table(disk, wanted + i, table, extended, &signature);
    }
    return status;
}

static struct wanted *new_wanted(ULONG count, ULONG *rounded)
{
    *rounded = (count + 3) / 4 * 4;
    return count != 0 && count <= 512 ? calloc(*rounded, sizeof(struct wanted)) : NULL;
}

/* Of an MBR, writes the entries whose RewritePartition is set, and the disk's signature. Entries stand four a table; the tables behind the
 * first lie in extended partitions. Of a GPT, writes all entries that are in use, and the disk's identifier, to both copies. PASSIVE_LEVEL. STATUS_DEVICE_NOT_READY without a geometry, STATUS_UNSUCCESSFUL when sector zero is no master
 * boot record, STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES, those of the writes; STATUS_UNSUCCESSFUL for a GPT on an MBR disk.
 * docs: ntddk/nf-ntddk-iowritepartitiontableex */
NTSTATUS NTAPI IoWritePartitionTableEx(PDEVICE_OBJECT DeviceObject, PDRIVE_LAYOUT_INFORMATION_EX DriveLayout)
{
    struct disk_io disk = { .device = DeviceObject };
    NTSTATUS status;
    ULONG count;

    if (DriveLayout->PartitionStyle == PARTITION_STYLE_GPT)
        return gpt_write_layout(&disk, DriveLayout);
    if (DriveLayout->PartitionStyle != PARTITION_STYLE_MBR)
        return STATUS_INVALID_PARAMETER;
    status = disk_io_geometry(&disk);
    if (!NT_SUCCESS(status))
        return status;
    struct wanted *wanted = new_wanted(DriveLayout->PartitionCount, &count);
    if (wanted == NULL)
        return DriveLayout->PartitionCount == 0 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < DriveLayout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *p = &DriveLayout->PartitionEntry[i];
        wanted[i] = (struct wanted){ (ULONG64)p->StartingOffset.QuadPart / disk.sector_size,
                                     (ULONG64)p->PartitionLength.QuadPart / disk.sector_size, p->Mbr.PartitionType,
                                     p->Mbr.BootIndicator != FALSE, p->RewritePartition != FALSE };
    }
    status = write_all(&disk, wanted, count, DriveLayout->Mbr.Signature);
    free(wanted);
    return status;
}

/* The same from the older structure; the geometry of tracks is of no importance. PASSIVE_LEVEL. The same statuses.
 * docs: ntddk/nf-ntddk-iowritepartitiontable */
NTSTATUS FASTCALL IoWritePartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG SectorsPerTrack, ULONG NumberOfHeads,
                                        PDRIVE_LAYOUT_INFORMATION PartitionBuffer)
{
    const struct disk_io disk = { DeviceObject, SectorSize < 512 ? 512 : SectorSize };
    ULONG count;
    struct wanted *wanted = new_wanted(PartitionBuffer->PartitionCount, &count);
    NTSTATUS status;

    (void)SectorsPerTrack;
    (void)NumberOfHeads;
    if (wanted == NULL)
        return PartitionBuffer->PartitionCount == 0 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < PartitionBuffer->PartitionCount; i++) {
        const PARTITION_INFORMATION *p = &PartitionBuffer->PartitionEntry[i];
        wanted[i] = (struct wanted){ (ULONG64)p->StartingOffset.QuadPart / disk.sector_size,
                                     (ULONG64)p->PartitionLength.QuadPart / disk.sector_size, p->PartitionType, p->BootIndicator != FALSE,
                                     p->RewritePartition != FALSE };
    }
    status = write_all(&disk, wanted, count, PartitionBuffer->Signature);
    free(wanted);
    return status;
}

static const struct slot *numbered(const struct slots *slots, ULONG number)
{
    for (ULONG i = 0; i < slots->count; i++) {
        const struct slot *slot = &slots->at[i];
        if (slot->type != PARTITION_ENTRY_UNUSED && !mbr_is_container(slot->type) && --number == 0)
            return slot;
    }
    return NULL;
}

/* Gives the partition of that number (from 1, as IoReadPartitionTable counts) another type. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER for a number that there is not, those of reads and writes. docs: ntddk/nf-ntddk-iosetpartitioninformation */
NTSTATUS FASTCALL IoSetPartitionInformation(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG PartitionNumber, ULONG PartitionType)
{
    const struct disk_io disk = { DeviceObject, SectorSize < 512 ? 512 : SectorSize };
    struct slots slots;
    NTSTATUS status = mbr_read(&disk, &slots);

    if (!NT_SUCCESS(status))
        return status;
    const struct slot *slot = PartitionNumber != 0 ? numbered(&slots, PartitionNumber) : NULL;
    UCHAR *sector = slot != NULL ? disk_io_read_sector(&disk, slot->table, &status) : NULL;
    if (slot == NULL)
        status = STATUS_INVALID_PARAMETER;
    if (sector != NULL) {
        sector[MBR_ENTRIES_AT + slot->index * MBR_ENTRY_SIZE + 4] = (UCHAR)PartitionType;
        status = disk_io_transfer(&disk, IRP_MJ_WRITE, slot->table, sector, disk.sector_size);
        pool_free(sector, PARTITION_TAG, NULL);
    }
    free(slots.at);
    return status;
}
