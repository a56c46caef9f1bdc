/* The disk class driver, between its files.
 *
 * Invariants
 *  1. Everything a disk does is a struct storport_io on unit->operations: IRPs have preallocated ones, the host brings its own.
 *  2. disk_pump() takes the operation at the head and makes one request of it, at DISPATCH_LEVEL in adapter_run(); the operation
 *     leaves the list when its last request is made (progress == length) and is answered when its last request is back
 *     (pending == 0). One with an error makes no further requests.
 *  3. A request that fails is sent again as it is, up to RETRIES times, when its sense data says that this may help.
 *  4. force unit access on a device without it: the write is followed by a SYNCHRONIZE CACHE before the answer.
 *  5. A disk whose unit is gone (unit == NULL) answers with STATUS_DEVICE_DOES_NOT_EXIST; it is freed with its last reference. */
#ifndef STORPORT_DISK_CLASS_H
#define STORPORT_DISK_CLASS_H

#include "storport/adapter.h"

#include <ntdddisk.h>
#include <ntddscsi.h>

#define DISK_OPERATIONS 64              /* IRPs at once; more wait */

struct irp_operation {
    struct list node;                   /* disk->free_operations */
    struct storport_io io;
    struct storport_segment segment;
    struct disk *disk;
    PIRP irp;
};

/* A device of its own for a part of the disk: \Device\HarddiskN\PartitionM. */
struct partition {
    struct disk *disk;
    PDEVICE_OBJECT device;
    PARTITION_INFORMATION_EX info;
};

struct disk {
    struct list node;                   /* disks, while the unit is there */
    struct unit *unit;                  /* NULL: gone */
    PDEVICE_OBJECT fdo, pdo, next;      /* NULL after IRP_MN_REMOVE_DEVICE */
    HANDLE directory;
    unsigned references;
    bool started, ready;                /* capacity is known */
    struct storport_disk_info info;
    struct storport_disk_stats stats;
    unsigned shift;                     /* log2 of the sector size */
    uint32_t max_unmap, max_write_same; /* sectors; 0: not said */
    uint32_t timeout;                   /* seconds */
    bool big;                           /* 16-byte commands */
    bool reads_zeroes;                  /* deallocated sectors do */
    bool alignment_valid;
    uint32_t alignment, max_unmap_ranges;       /* of deallocation: sectors; descriptors at once */
    struct partition *partitions;       /* those with a device */
    unsigned partition_count;
    unsigned locks;                     /* on its medium */
    bool write_same_ndob;               /* WRITE SAME without a buffer worked, or was not tried */
    struct list free_operations;
    struct list irps;                   /* IRP.Tail.Overlay.ListEntry stands in a struct list */
    struct irp_operation operations[DISK_OPERATIONS];
};

extern struct list disks;

struct disk *disk_numbered(unsigned number);
void disk_release(struct disk *disk);
void disk_host_init(void);
/* For storport_disk_report, before the disk loses its unit. */
void disk_note(const struct disk *disk);
/* disk_setup.c: capacity, cache, pages. PASSIVE_LEVEL. */
NTSTATUS disk_setup(struct disk *disk);
/* A command of the class driver's own; *length: room, then what came. buffer in RAM, 64 KiB at most. PASSIVE_LEVEL. */
NTSTATUS disk_command(struct disk *disk, const void *cdb, unsigned cdb_length, void *buffer, uint32_t *length, bool out,
                      struct request **kept);
/* disk_irp.c, disk_ioctl.c, disk_property.c */
NTSTATUS NTAPI disk_dispatch(PDEVICE_OBJECT device, PIRP irp);
void disk_next_irp(struct disk *disk);
NTSTATUS disk_ioctl(struct disk *disk, PIRP irp);
/* disk_ioctl.c: the row of a code, at the disk or at a partition of it. */
NTSTATUS disk_control(struct disk *disk, PIRP irp, ULONG_PTR *done);
/* partition_device.c. PASSIVE_LEVEL. */
void partitions_update(struct disk *disk);          /* devices for what the table says now */
void partitions_delete(struct disk *disk);
NTSTATUS partition_ioctl(struct partition *part, PIRP irp);
/* A name with numbers in it. */
struct disk_name {
    WCHAR wide[64];
    UNICODE_STRING string;
};
PUNICODE_STRING disk_name(struct disk_name *n, const char *format, unsigned first, unsigned second);
/* sense.c */
enum sense_action { SENSE_FAIL, SENSE_RETRY, SENSE_RETRY_LATER, SENSE_GOOD };
enum sense_action sense_judge(const struct request *r, NTSTATUS *status);

/* Submits inside NT. */
void disk_submit(struct disk *disk, struct storport_io *io);

static inline void put_be16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *to, uint32_t value)
{
    put_be16(to, value >> 16);
    put_be16(to + 2, value);
}

static inline void put_be64(uint8_t *to, uint64_t value)
{
    put_be32(to, (uint32_t)(value >> 32));
    put_be32(to + 4, (uint32_t)value);
}

static inline uint32_t get_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline uint64_t get_be64(const uint8_t *from)
{
    return (uint64_t)get_be32(from) << 32 | get_be32(from + 4);
}

#endif
