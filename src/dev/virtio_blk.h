/* virtio-blk's parts: virtio_blk.c (features, configuration, life), virtio_blk_request.c (what a buffer asks for).
 *
 *  1. A request is a slot of its queue, found by the head of its chain. A head that is offered again while its request is under
 *     way breaks the device.
 *  2. Header and discard segments are read once; data parts are checked RAM, given to the disk as they are.
 *  3. Answers that come while the queue is being run are published when the run ends, others at the disk's burst end.
 *  4. After a reset nothing of an earlier request touches memory: stop drains the disk first. */
#ifndef DEV_VIRTIO_BLK_H
#define DEV_VIRTIO_BLK_H

#include "dev/virtio.h"
#include "disk/disk.h"

#define BLK_BIT(n) (1ull << (n))
#define BLK_F_SEG_MAX BLK_BIT(2)
#define BLK_F_RO BLK_BIT(5)
#define BLK_F_BLK_SIZE BLK_BIT(6)
#define BLK_F_FLUSH BLK_BIT(9)
#define BLK_F_TOPOLOGY BLK_BIT(10)
#define BLK_F_CONFIG_WCE BLK_BIT(11)
#define BLK_F_MQ BLK_BIT(12)
#define BLK_F_DISCARD BLK_BIT(13)
#define BLK_F_WRITE_ZEROES BLK_BIT(14)

#define BLK_T_IN 0u
#define BLK_T_OUT 1u
#define BLK_T_FLUSH 4u
#define BLK_T_GET_ID 8u
#define BLK_T_DISCARD 11u
#define BLK_T_WRITE_ZEROES 13u
#define BLK_S_OK 0u
#define BLK_S_IOERR 1u
#define BLK_S_UNSUPP 2u

#define BLK_SECTOR 512u                 /* the unit of capacity and positions, whatever the block size */
#define BLK_ID_BYTES 20u
#define BLK_CONFIG_BYTES 60u
#define BLK_CONFIG_WRITEBACK 32u
#define BLK_QUEUES_MAX 64u
#define BLK_RING_MAX 256u
#define BLK_RANGES 16u                  /* segments of one discard */
#define BLK_DISCARD_SECTORS (1u << 22)  /* of one segment */

struct __attribute__((may_alias)) blk_header {
    uint32_t type, reserved;
    uint64_t sector;
};

struct __attribute__((may_alias)) blk_range {
    uint64_t sector;
    uint32_t count, flags;              /* flags bit 0: unmap */
};

struct blk_request {
    struct disk_io io;                  /* first */
    struct virtio_blk *blk;
    struct virtq *queue;
    struct iovec *parts;                /* ring entries and one */
    uint8_t *status;                    /* in RAM */
    uint16_t head;
    bool busy;
    uint32_t written;                   /* bytes of the buffer that an answer fills, without the status */
    struct blk_range ranges[BLK_RANGES];
    unsigned range, range_count;
};

struct virtio_blk {
    struct virtio virtio;               /* first */
    struct disk *disk;
    unsigned queue_count, ring;
    bool writeback, stopping;
    char serial[BLK_ID_BYTES + 1];
    uint64_t running, dirty;            /* queues: in blk_queue_run; with answers to publish */
    struct blk_request *requests;       /* queue * ring + head */
    struct iovec *parts;
    struct device_stats stats;
    struct virtq_chain chain;           /* scratch */
};

static inline struct virtio_blk *blk_of(struct virtio *virtio)
{
    return container_of(virtio, struct virtio_blk, virtio);
}

/* Takes what the driver made available. */
void blk_queue_run(struct virtio_blk *blk, unsigned queue);
/* disk_io.done of a request. */
void blk_disk_done(struct disk_io *io, enum disk_result result);
/* disk.burst_end. */
void blk_burst_end(void *card);

#endif
