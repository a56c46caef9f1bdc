/* GUID partition tables, loaded whole and written whole. All at or below APC_LEVEL. */
#ifndef NT_IO_PARTITION_GPT_H
#define NT_IO_PARTITION_GPT_H

#include "nt/io_partition.h"

#define GPT_ENTRY_LEAST 128u            /* bytes of an entry */
#define GPT_COUNT_LEAST 128u            /* entries of a table */
#define GPT_BYTES_MOST (1u << 20)

struct gpt {
    const struct disk_io *disk;
    UCHAR *header;                      /* a sector */
    UCHAR *entries;                     /* whole sectors */
    ULONG sectors;                      /* that the entries take */
};

/* Loads the copy whose header is at that sector and whose sums are right; gpt_free() it on success only. STATUS_DISK_CORRUPT_ERROR. */
NTSTATUS gpt_load(const struct disk_io *disk, ULONG64 sector, struct gpt *gpt);
/* An empty table of at least GPT_COUNT_LEAST entries on a disk of `last` + 1 sectors. STATUS_INVALID_PARAMETER when that does not fit. */
NTSTATUS gpt_begin(const struct disk_io *disk, ULONG64 last, const GUID *id, ULONG count, struct gpt *gpt);
void gpt_free(struct gpt *gpt);
/* The copy at the end, then the one at the beginning: at every moment one of them is whole. `last`: the disk's last sector. */
NTSTATUS gpt_store(const struct gpt *gpt, ULONG64 last);
/* One partition of GPT_TYPE over the disk, in an MBR that keeps its boot code. */
NTSTATUS gpt_protect(const struct disk_io *disk, ULONG64 last);
/* Takes away the headers that there are. */
NTSTATUS gpt_wipe(const struct disk_io *disk, ULONG64 last);
/* Replaces the entries by those of the layout that are in use. STATUS_INVALID_PARAMETER when they overlap or do not fit. */
NTSTATUS gpt_fill(struct gpt *gpt, const DRIVE_LAYOUT_INFORMATION_EX *layout);
/* What a layout says of the table, and of one partition (from 1). An entry that ends before it begins has no sectors. */
DRIVE_LAYOUT_INFORMATION_GPT gpt_describe(const struct gpt *gpt);
PARTITION_INFORMATION_EX gpt_describe_entry(const UCHAR *entry, ULONG sector_size, ULONG number);
/* The entry in use behind that one, the first for NULL; NULL: no more. */
UCHAR *gpt_next(const struct gpt *gpt, const UCHAR *entry);
/* The entry in use of that number, from 1; NULL. */
UCHAR *gpt_entry(const struct gpt *gpt, ULONG number);
void gpt_put_entry(UCHAR *entry, const PARTITION_INFORMATION_GPT *info);

#endif
