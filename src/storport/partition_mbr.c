/* MBR tables, written. Partitions inside a container (a partition of an extended type) are logical ones: each has a record of its own, which
 * points to the next; the records are made here, whatever links a caller lists. docs: ntdddisk/ni-ntdddisk-ioctl_disk_set_drive_layout_ex */
#include "storport/partition_table.h"

#include <string.h>

#define ENTRIES_AT 446u
#define SIGNATURE_AT 440u
#define SLOTS 4u

struct span {
    uint64_t first, end;                /* sectors */
};

static struct span span_of(const struct disk *disk, const PARTITION_INFORMATION_EX *p)
{
    uint64_t first = (uint64_t)p->StartingOffset.QuadPart >> disk->shift;

    return (struct span){ first, first + ((uint64_t)p->PartitionLength.QuadPart >> disk->shift) };
}

static bool within(struct span inner, struct span outer)
{
    return inner.first >= outer.first && inner.end <= outer.end;
}

/* The container around an entry of the layout that is not a container of the first table itself; NULL: none. */
static const PARTITION_INFORMATION_EX *container_around(const struct disk *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout,
                                                        const PARTITION_INFORMATION_EX *p)
{
    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *c = &layout->PartitionEntry[i];
        struct span outer = span_of(disk, c), inner = span_of(disk, p);

        if (c != p && IsContainerPartition(c->Mbr.PartitionType) && within(inner, outer) &&
            !(IsContainerPartition(p->Mbr.PartitionType) && within(outer, inner)))
            return c;
    }
    return NULL;
}

static void put_slot(uint8_t *sector, unsigned slot, uint8_t type, bool boot, uint64_t first, uint64_t count)
{
    uint8_t *entry = sector + ENTRIES_AT + 16 * slot;
    static const uint8_t beyond[3] = { 0xfe, 0xff, 0xff };      /* cylinder, head and sector: more than they can say */

    entry[0] = boot ? 0x80 : 0;
    memcpy(entry + 1, beyond, 3);
    entry[4] = type;
    memcpy(entry + 5, beyond, 3);
    put_le32(entry + 8, (uint32_t)first);
    put_le32(entry + 12, (uint32_t)count);
}

static void put_end(uint8_t *sector)
{
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

/* --- logical partitions ------------------------------------------------------------------------------------------------- */

struct logical {
    PPARTITION_INFORMATION_EX p;
    struct span span;
    uint64_t record;                    /* sector of its record */
};

static void sort(struct logical *list, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned k = i; k && list[k].span.first < list[k - 1].span.first; k--) {
            struct logical swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
}

/* A record stands before its partition, HiddenSectors before where the layout says it, and behind the partition before. */
static bool place_records(struct logical *list, unsigned count, struct span container)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t hidden = list[i].p->Mbr.HiddenSectors, floor = i ? list[i - 1].span.end : container.first;

        if (list[i].span.first <= floor)
            return false;
        list[i].record = i && hidden && hidden <= list[i].span.first - floor ? list[i].span.first - hidden : floor;
    }
    return true;
}

static NTSTATUS write_chain(struct disk *disk, const struct logical *list, unsigned count, struct span container, uint8_t *sector)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (unsigned i = count; i-- && NT_SUCCESS(status);) {      /* the last first: what is written points to what is there */
        memset(sector, 0, disk->info.sector_size);
        put_slot(sector, 0, list[i].p->Mbr.PartitionType, list[i].p->Mbr.BootIndicator, list[i].span.first - list[i].record,
                 list[i].span.end - list[i].span.first);
        if (i + 1 < count)
            put_slot(sector, 1, PARTITION_EXTENDED, false, list[i + 1].record - container.first, list[i + 1].span.end - list[i + 1].record);
        put_end(sector);
        status = table_write(disk, list[i].record, sector, 1);
    }
    if (!count) {                       /* an empty container has an empty record */
        memset(sector, 0, disk->info.sector_size);
        put_end(sector);
        status = table_write(disk, container.first, sector, 1);
    }
    return status;
}

/* --- the whole table -------------------------------------------------------------------------------------------------------- */

static bool anything_new(const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    for (ULONG i = 0; i < layout->PartitionCount; i++)
        if (layout->PartitionEntry[i].RewritePartition)
            return true;
    return !layout->PartitionCount;
}

static NTSTATUS write_first(struct disk *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout, PPARTITION_INFORMATION_EX *slots, unsigned used,
                            uint8_t *sector)
{
    NTSTATUS status = table_read(disk, 0, sector, 1);

    if (!NT_SUCCESS(status))
        return status;
    put_le32(sector + SIGNATURE_AT, layout->Mbr.Signature);
    if (anything_new(layout)) {
        memset(sector + ENTRIES_AT, 0, 16 * SLOTS);
        for (unsigned i = 0; i < used; i++) {
            struct span s = span_of(disk, slots[i]);
            put_slot(sector, i, slots[i]->Mbr.PartitionType, slots[i]->Mbr.BootIndicator, s.first, s.end - s.first);
        }
    }
    put_end(sector);
    return table_write(disk, 0, sector, 1);
}

NTSTATUS mbr_store(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout, uint8_t *sector)
{
    struct logical logical[PARTITIONS_MOST];
    const PARTITION_INFORMATION_EX *container = NULL;
    PPARTITION_INFORMATION_EX slots[SLOTS];
    unsigned used = 0, count = 0;
    ULONG number = 0;

    for (ULONG i = 0; i < layout->PartitionCount; i++) {
        PPARTITION_INFORMATION_EX p = &layout->PartitionEntry[i];
        const PARTITION_INFORMATION_EX *around;

        p->PartitionNumber = 0;
        if (p->Mbr.PartitionType == PARTITION_ENTRY_UNUSED)
            continue;
        around = container_around(disk, layout, p);
        if (around && IsContainerPartition(p->Mbr.PartitionType))
            continue;                   /* a link of the chain */
        if (!around && used == SLOTS)
            return STATUS_INVALID_PARAMETER;
        if (around)
            logical[count++] = (struct logical){ p, span_of(disk, p), 0 };
        else
            slots[used++] = p;
        if (!around && IsContainerPartition(p->Mbr.PartitionType)) {
            if (container)
                return STATUS_INVALID_PARAMETER;        /* one of them has the chain */
            container = p;
        }
    }
    sort(logical, count);
    if (container && !place_records(logical, count, span_of(disk, container)))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = STATUS_SUCCESS;
    if (container && anything_new(layout))
        status = write_chain(disk, logical, count, span_of(disk, container), sector);
    for (unsigned i = 0; i < used; i++)
        if (slots[i] != container)
            slots[i]->PartitionNumber = ++number;
    for (unsigned i = 0; i < count; i++)
        logical[i].p->PartitionNumber = ++number;
    return NT_SUCCESS(status) ? write_first(disk, layout, slots, used, sector) : status;
}

/* --- one entry ---------------------------------------------------------------------------------------------------------------- */

/* The entry of the partition that begins at a sector, in the table that has it. 0: there is none; else its place in `sector`, which is
 * the table at *lba. */
static unsigned find_entry(struct disk *disk, uint64_t first, uint8_t *sector, uint64_t *lba)
{
    uint64_t container = 0;

    *lba = 0;
    for (unsigned tables = 0; tables < PARTITIONS_MOST; tables++) {
        uint64_t next = 0;

        if (!NT_SUCCESS(table_read(disk, *lba, sector, 1)) || sector[510] != 0x55 || sector[511] != 0xaa)
            return 0;
        for (unsigned at = ENTRIES_AT; at < ENTRIES_AT + 16 * SLOTS; at += 16) {
            if (IsContainerPartition(sector[at + 4]))
                next = container + get_le32(sector + at + 8);
            else if (sector[at + 4] && *lba + get_le32(sector + at + 8) == first)
                return at;
        }
        if (!next)
            return 0;
        if (!container)
            container = next;
        *lba = next;
    }
    return 0;
}

NTSTATUS mbr_set_type(struct disk *disk, uint64_t first, uint8_t type, uint8_t *sector)
{
    uint64_t lba;
    unsigned at = find_entry(disk, first, sector, &lba);

    if (!at)
        return STATUS_UNSUCCESSFUL;
    sector[at + 4] = type;
    return table_write(disk, lba, sector, 1);
}

NTSTATUS mbr_set_length(struct disk *disk, uint64_t first, uint64_t sectors, uint8_t *sector)
{
    uint64_t lba;
    unsigned at = find_entry(disk, first, sector, &lba);

    if (!at || lba || sectors > UINT32_MAX)
        return STATUS_UNSUCCESSFUL;     /* a logical one would have to move the records behind it */
    put_le32(sector + at + 12, (uint32_t)sectors);
    return table_write(disk, lba, sector, 1);
}
