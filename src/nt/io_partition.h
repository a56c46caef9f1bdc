/* Partition tables on a disk: what io_partition.c reads and the others write. All PASSIVE_LEVEL. */
#ifndef NT_IO_PARTITION_H
#define NT_IO_PARTITION_H

#include "nt/io_internal.h"
#include "ntdddisk.h"
#include "ring3/disk_table.h"

#define PARTITION_TAG 0x74726150u       /* "Part" */
#define MBR_SIGNATURE_AT 440
#define MBR_ENTRIES_AT 446
#define MBR_ENTRY_SIZE 16
#define MBR_MARK_AT 510
#define GPT_HEADER_SECTOR 1
#define GPT_TYPE 0xEE                   /* of the partition that protects a GPT */

/* Whose sectors they are: a device's, by IRPs, or those of who moves them himself. */
struct disk_io {
    PDEVICE_OBJECT device;              /* NULL with move */
    ULONG sector_size;
    NTSTATUS (*move)(const struct disk_io *disk, bool write, ULONG64 sector, void *buffer, ULONG size);
    NTSTATUS (*flush)(const struct disk_io *disk);      /* NULL: not needed */
    void *context;                      /* for these two */
};

/* One slot of an MBR or of a table in an extended partition. */
struct slot {
    ULONG64 table, start, count;        /* sectors; table: of the table it stands in */
    ULONG index;                        /* 0..3 in its table */
    UCHAR type;
    bool active;
};

struct slots {
    struct slot *at;                    /* four a table, in the order of the tables */
    ULONG count;
    ULONG signature;
};

/* Reads or writes whole sectors. `buffer`: nonpaged. */
NTSTATUS disk_io_transfer(const struct disk_io *disk, UCHAR major, ULONG64 sector, void *buffer, ULONG size);
/* A sector in nonpaged memory of at least 512 bytes, PARTITION_TAG; NULL with *status. */
UCHAR *disk_io_read_sector(const struct disk_io *disk, ULONG64 sector, NTSTATUS *status);
/* Asks the disk's driver by a control code without input. */
NTSTATUS disk_io_ask(const struct disk_io *disk, ULONG code, void *answer, ULONG size);
/* The sector size that the disk's driver tells. STATUS_DEVICE_NOT_READY. */
NTSTATUS disk_io_geometry(struct disk_io *disk);
/* The disk's last sector, by its length or, where the driver tells none, by its geometry; sets sector_size. STATUS_DEVICE_NOT_READY. */
NTSTATUS disk_io_size(struct disk_io *disk, ULONG64 *last);
bool mbr_is_container(UCHAR type);
bool mbr_is_marked(const UCHAR *sector);
/* All slots; slots->at is the caller's to free(). STATUS_BAD_MASTER_BOOT_RECORD without a table. */
NTSTATUS mbr_read(const struct disk_io *disk, struct slots *slots);
/* With the right sum. */
bool gpt_is_header(const UCHAR *sector, ULONG sector_size);
/* Writes both copies of the disk's GPT. disk->sector_size need not be known. See IoWritePartitionTableEx. */
NTSTATUS gpt_write_layout(struct disk_io *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout);

static inline ULONG table_u32(const UCHAR *at)
{
    ULONG value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline ULONG64 table_u64(const UCHAR *at)
{
    ULONG64 value;

    memcpy(&value, at, sizeof(value));
    return value;
}

#endif
