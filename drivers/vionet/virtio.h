/* The virtio network device as the specification has it.
 * All fields are little-endian, which is what this driver's processors are. */
#ifndef VIONET_VIRTIO_H
#define VIONET_VIRTIO_H

#include "virtio_transport.h"

#pragma pack(push, 1)

/* ---- The network device (section 5.1) ---- */

#define VIRTIO_NET_F_CSUM VIRTIO_FEATURE(0)
#define VIRTIO_NET_F_GUEST_CSUM VIRTIO_FEATURE(1)
#define VIRTIO_NET_F_MTU VIRTIO_FEATURE(3)
#define VIRTIO_NET_F_MAC VIRTIO_FEATURE(5)
#define VIRTIO_NET_F_STATUS VIRTIO_FEATURE(16)
#define VIRTIO_NET_F_CTRL_VQ VIRTIO_FEATURE(17)
#define VIRTIO_NET_F_CTRL_RX VIRTIO_FEATURE(18)
#define VIRTIO_NET_F_CTRL_RX_EXTRA VIRTIO_FEATURE(20)
#define VIRTIO_NET_F_CTRL_MAC_ADDR VIRTIO_FEATURE(23)
#define VIRTIO_NET_F_SPEED_DUPLEX VIRTIO_FEATURE(63)

#define VIRTIO_NET_QUEUE_RECEIVE 0
#define VIRTIO_NET_QUEUE_TRANSMIT 1
#define VIRTIO_NET_QUEUE_CONTROL 2      /* without multiqueue */

#define VIRTIO_NET_STATUS_LINK_UP 1

typedef struct _VIRTIO_NET_CONFIG {
    UCHAR Mac[6];
    USHORT Status;
    USHORT MaxQueuePairs;
    USHORT Mtu;
    ULONG Speed;                /* megabit per second */
    UCHAR Duplex;
} VIRTIO_NET_CONFIG;
C_ASSERT(FIELD_OFFSET(VIRTIO_NET_CONFIG, Duplex) == 16);

#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1
#define VIRTIO_NET_HDR_F_DATA_VALID 2
#define VIRTIO_NET_HDR_GSO_NONE 0

/* Before every frame, in both directions. */
typedef struct _VIRTIO_NET_HEADER {
    UCHAR Flags;
    UCHAR GsoType;
    USHORT HeaderLength;
    USHORT GsoSize;
    USHORT ChecksumStart;
    USHORT ChecksumOffset;
    USHORT BufferCount;
} VIRTIO_NET_HEADER;
C_ASSERT(sizeof(VIRTIO_NET_HEADER) == 12);

#define VIRTIO_NET_CTRL_RX 0
#define VIRTIO_NET_CTRL_RX_PROMISC 0
#define VIRTIO_NET_CTRL_RX_ALLMULTI 1
#define VIRTIO_NET_CTRL_RX_NOUNI 4
#define VIRTIO_NET_CTRL_RX_NOBCAST 5
#define VIRTIO_NET_CTRL_MAC 1
#define VIRTIO_NET_CTRL_MAC_TABLE_SET 0
#define VIRTIO_NET_CTRL_MAC_ADDR_SET 1
#define VIRTIO_NET_OK 0

#pragma pack(pop)

#endif
