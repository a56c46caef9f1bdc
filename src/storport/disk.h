/* The disks that stand on storage miniports, for the rest of the host: what drivers see as \\.\PhysicalDriveN.
 *
 * 1. Numbers are those of PhysicalDriveN. A disk appears when its adapter was enumerated, which a worker thread does after
 *    the adapter has started; it goes when its logical unit or its adapter goes. The number is not used again in this computer.
 * 2. Data lies in the computer's RAM (nt/ram.h), because the device reads and writes it by DMA.
 * 3. storport_disk_submit may be called from any context: NT at any IRQL <= DISPATCH_LEVEL, or the event loop outside NT.
 *    It only queues; a software interrupt at DISPATCH_LEVEL carries the queue on, so requests submitted together go together.
 * 4. done is called once for each submitted request, at DISPATCH_LEVEL inside NT, in the order of completion. It may submit, and
 *    it may reuse or free the request; it must not block.
 * 5. Nothing here allocates memory while requests travel. */
#ifndef STORPORT_DISK_H
#define STORPORT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "ntdef.h"
#include "ntstatus.h"

struct storport_disk;                   /* an open disk */

struct storport_disk_info {
    unsigned number;
    uint64_t bytes;                     /* capacity */
    uint32_t sector_size;               /* logical: offsets, lengths and segments are multiples of it */
    uint32_t physical_sector_size;
    uint32_t max_transfer;              /* bytes the adapter takes at once; larger requests are split */
    bool read_only;
    bool write_cache;                   /* volatile: FLUSH or fua makes writes durable */
    bool fua;                           /* the device has force unit access; without it fua is served by a flush */
    bool discard;                       /* the device takes UNMAP */
    bool write_zeroes;                  /* the device takes WRITE SAME; without it zeroes are written */
    bool block_status;                  /* the device takes GET LBA STATUS */
    uint32_t discard_granularity;       /* bytes; sector_size when the device says nothing */
    char vendor[9], product[17], revision[5], serial[64];       /* trimmed; "" when the device says nothing */
    char driver[64];                    /* service name of the miniport */
};

/* One past the highest number in use. Any context. */
unsigned storport_disk_count(void);
/* False when there is no such disk (any more). Any context. */
bool storport_disk_query(unsigned number, struct storport_disk_info *info);
/* NULL with error_text() when there is no such disk. Any context. The disk stays known, though it may be removed. */
struct storport_disk *storport_disk_open(unsigned number);
/* After every request has been answered. Any context. */
void storport_disk_close(struct storport_disk *disk);
/* The disk is still there. */
bool storport_disk_alive(const struct storport_disk *disk);

enum storport_io_kind {
    STORPORT_READ, STORPORT_WRITE,
    STORPORT_FLUSH,                     /* offset and length are ignored */
    STORPORT_DISCARD,                   /* contents become undefined; never fails for want of support */
    STORPORT_WRITE_ZEROES,
    STORPORT_BLOCK_STATUS               /* answers in extent_length and extent_hole, for the extent that begins at offset */
};

struct storport_segment {
    void *base;                         /* in RAM; 4-byte aligned */
    uint32_t size;                      /* bytes, a multiple of the sector size */
};

struct storport_io {
    enum storport_io_kind kind;
    bool fua;                           /* WRITE, WRITE_ZEROES, DISCARD: durable when done is called */
    bool no_hole;                       /* WRITE_ZEROES: keep the space allocated */
    uint64_t offset, length;            /* bytes */
    const struct storport_segment *segments;    /* READ, WRITE: together `length` bytes; valid until done */
    unsigned segment_count;
    void (*done)(struct storport_io *io, NTSTATUS status);
    void *context;                      /* the caller's */
    uint64_t extent_length;             /* BLOCK_STATUS: bytes from offset, at most length */
    bool extent_hole;                   /* deallocated, reads as zeroes */
    /* storport's own from here */
    struct list node;
    struct storport_disk *disk;
    uint64_t progress;                  /* bytes already handed down */
    unsigned segment, segment_offset, pending;
    NTSTATUS status;
};

/* done gets STATUS_SUCCESS; STATUS_INVALID_PARAMETER (alignment, segments that do not add up), STATUS_NONEXISTENT_SECTOR
 * (beyond the end), STATUS_MEDIA_WRITE_PROTECTED, STATUS_DEVICE_DOES_NOT_EXIST (removed), STATUS_IO_TIMEOUT,
 * STATUS_DEVICE_DATA_ERROR, STATUS_IO_DEVICE_ERROR, STATUS_NOT_SUPPORTED (BLOCK_STATUS only). */
void storport_disk_submit(struct storport_disk *disk, struct storport_io *io);

#endif
