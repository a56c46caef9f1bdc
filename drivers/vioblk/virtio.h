/* The virtio block device as the specification has it (section 5.2). */
#ifndef VIOBLK_VIRTIO_H
#define VIOBLK_VIRTIO_H

#include <storport.h>
#include "virtio_transport.h"

#define VIRTIO_BLK_F_SEG_MAX VIRTIO_FEATURE(2)
#define VIRTIO_BLK_F_RO VIRTIO_FEATURE(5)
#define VIRTIO_BLK_F_BLK_SIZE VIRTIO_FEATURE(6)
#define VIRTIO_BLK_F_FLUSH VIRTIO_FEATURE(9)
#define VIRTIO_BLK_F_TOPOLOGY VIRTIO_FEATURE(10)
#define VIRTIO_BLK_F_MQ VIRTIO_FEATURE(12)
#define VIRTIO_BLK_F_DISCARD VIRTIO_FEATURE(13)
#define VIRTIO_BLK_F_WRITE_ZEROES VIRTIO_FEATURE(14)

#define VIRTIO_BLK_T_IN 0
#define VIRTIO_BLK_T_OUT 1
#define VIRTIO_BLK_T_FLUSH 4
#define VIRTIO_BLK_T_GET_ID 8
#define VIRTIO_BLK_T_DISCARD 11
#define VIRTIO_BLK_T_WRITE_ZEROES 13

#define VIRTIO_BLK_S_OK 0
#define VIRTIO_BLK_S_IOERR 1
#define VIRTIO_BLK_S_UNSUPP 2

#define VIRTIO_BLK_SECTOR 512           /* the unit of Sector and of the limits */
#define VIRTIO_BLK_ID_BYTES 20
#define VIRTIO_BLK_UNMAP 1              /* VIRTIO_BLK_RANGE.Flags, of WRITE_ZEROES only */

#pragma pack(push, 1)

typedef struct _VIRTIO_BLK_CONFIG {
    ULONG64 Capacity;
    ULONG SizeMax, SegMax;
    USHORT Cylinders;
    UCHAR Heads, Sectors;
    ULONG BlkSize;
    UCHAR PhysicalBlockExp, AlignmentOffset;
    USHORT MinIoSize;
    ULONG OptIoSize;
    UCHAR Writeback, Unused0;
    USHORT NumQueues;
    ULONG MaxDiscardSectors, MaxDiscardSeg, DiscardSectorAlignment;
    ULONG MaxWriteZeroesSectors, MaxWriteZeroesSeg;
    UCHAR WriteZeroesMayUnmap, Unused1[3];
} VIRTIO_BLK_CONFIG;
C_ASSERT(sizeof(VIRTIO_BLK_CONFIG) == 60);

typedef struct _VIRTIO_BLK_HEADER {
    ULONG Type, Reserved;
    ULONG64 Sector;
} VIRTIO_BLK_HEADER;
C_ASSERT(sizeof(VIRTIO_BLK_HEADER) == 16);

typedef struct _VIRTIO_BLK_RANGE {
    ULONG64 Sector;
    ULONG Count, Flags;
} VIRTIO_BLK_RANGE;
C_ASSERT(sizeof(VIRTIO_BLK_RANGE) == 16);

#pragma pack(pop)

#endif
