/* Partition tables, read and written: what partition.c and partition_write.c share. */
#ifndef STORPORT_PARTITION_TABLE_H
#define STORPORT_PARTITION_TABLE_H

#include "nt/io_partition_gpt.h"
#include "storport/disk_ioctl.h"

#define PARTITIONS_MOST 128u            /* of a layout */

/* The disk's sectors, in RAM. PASSIVE_LEVEL. */
NTSTATUS table_read(struct disk *disk, uint64_t lba, void *data, uint32_t sectors);
NTSTATUS table_write(struct disk *disk, uint64_t lba, void *data, uint32_t sectors);
/* The same for nt/io_partition_gpt.h. */
struct disk_io table_io(struct disk *disk);
uint64_t table_last_sector(const struct disk *disk);
/* The layout in pool memory (SP_TAG), of PARTITIONS_MOST entries at most; the caller's. PASSIVE_LEVEL. */
NTSTATUS table_load(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX *layout);
/* partition_write.c: the layout instead of what is on the disk; entries get their numbers. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER:
 * partitions overlap, do not lie on the disk or do not fit into the table; STATUS_INSUFFICIENT_RESOURCES; the disk's errors. */
NTSTATUS table_store(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout);
/* partition_mbr.c: the same of MBR style, checked already. sector: one, in RAM. */
NTSTATUS mbr_store(struct disk *disk, PDRIVE_LAYOUT_INFORMATION_EX layout, uint8_t *sector);
/* The entry of the partition that begins at a sector gets a type, or another length. STATUS_UNSUCCESSFUL: there is no such entry, or it is a
 * logical one whose length cannot change. */
NTSTATUS mbr_set_type(struct disk *disk, uint64_t first, uint8_t type, uint8_t *sector);
NTSTATUS mbr_set_length(struct disk *disk, uint64_t first, uint64_t sectors, uint8_t *sector);

static inline uint32_t get_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void put_le32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

#endif
