/* The virtio network device as the specification has it.
 * All fields are little-endian, which is what this driver's processors are. */
#ifndef VIONET_VIRTIO_H
#define VIONET_VIRTIO_H

#include "virtio_transport.h"

#pragma pack(push, 1)

/* ---- The network device (section 5.1) ---- */

#define VIRTIO_NET_F_CSUM VIRTIO_FEATURE(0)
#define VIRTIO_NET_F_GUEST_CSUM VIRTIO_FEATURE(1)
#define VIRTIO_NET_F_CTRL_GUEST_OFFLOADS VIRTIO_FEATURE(2)
#define VIRTIO_NET_F_MTU VIRTIO_FEATURE(3)
#define VIRTIO_NET_F_MAC VIRTIO_FEATURE(5)
#define VIRTIO_NET_F_GUEST_TSO4 VIRTIO_FEATURE(7)
#define VIRTIO_NET_F_GUEST_TSO6 VIRTIO_FEATURE(8)
#define VIRTIO_NET_F_HOST_TSO4 VIRTIO_FEATURE(11)
#define VIRTIO_NET_F_HOST_TSO6 VIRTIO_FEATURE(12)
#define VIRTIO_NET_F_MRG_RXBUF VIRTIO_FEATURE(15)
#define VIRTIO_NET_F_STATUS VIRTIO_FEATURE(16)
#define VIRTIO_NET_F_CTRL_VQ VIRTIO_FEATURE(17)
#define VIRTIO_NET_F_CTRL_RX VIRTIO_FEATURE(18)
#define VIRTIO_NET_F_CTRL_RX_EXTRA VIRTIO_FEATURE(20)
#define VIRTIO_NET_F_MQ VIRTIO_FEATURE(22)
#define VIRTIO_NET_F_CTRL_MAC_ADDR VIRTIO_FEATURE(23)
#define VIRTIO_NET_F_HOST_USO VIRTIO_FEATURE(56)
#define VIRTIO_NET_F_HASH_REPORT VIRTIO_FEATURE(57)
#define VIRTIO_NET_F_RSS VIRTIO_FEATURE(60)
#define VIRTIO_NET_F_SPEED_DUPLEX VIRTIO_FEATURE(63)

#define VIRTIO_NET_QUEUE_RECEIVE(pair) ((USHORT)(2 * (pair)))
#define VIRTIO_NET_QUEUE_TRANSMIT(pair) ((USHORT)(2 * (pair) + 1))
#define VIRTIO_NET_QUEUE_CONTROL(pairs) ((USHORT)(2 * (pairs)))     /* behind all pairs of the device */

#define VIRTIO_NET_STATUS_LINK_UP 1

typedef struct _VIRTIO_NET_CONFIG {
    UCHAR Mac[6];
    USHORT Status;
    USHORT MaxQueuePairs;
    USHORT Mtu;
    ULONG Speed;                /* megabit per second */
    UCHAR Duplex;
    UCHAR RssMaxKeySize;
    USHORT RssMaxTableLength;
    ULONG SupportedHashTypes;
} VIRTIO_NET_CONFIG;
C_ASSERT(FIELD_OFFSET(VIRTIO_NET_CONFIG, Duplex) == 16);
C_ASSERT(sizeof(VIRTIO_NET_CONFIG) == 24);

#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1
#define VIRTIO_NET_HDR_F_DATA_VALID 2
#define VIRTIO_NET_HDR_GSO_NONE 0
#define VIRTIO_NET_HDR_GSO_TCPV4 1
#define VIRTIO_NET_HDR_GSO_TCPV6 4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5

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

/* The same with VIRTIO_NET_F_HASH_REPORT. */
typedef struct _VIRTIO_NET_HEADER_HASH {
    VIRTIO_NET_HEADER Basic;
    ULONG HashValue;
    USHORT HashReport;          /* 0 none, 1 to 6: IPv4, TCP and UDP over it, the same of IPv6 */
    USHORT Padding;
} VIRTIO_NET_HEADER_HASH;
C_ASSERT(sizeof(VIRTIO_NET_HEADER_HASH) == 20);

#define VIRTIO_NET_CTRL_RX 0
#define VIRTIO_NET_CTRL_RX_PROMISC 0
#define VIRTIO_NET_CTRL_RX_ALLMULTI 1
#define VIRTIO_NET_CTRL_RX_NOUNI 4
#define VIRTIO_NET_CTRL_RX_NOBCAST 5
#define VIRTIO_NET_CTRL_MAC 1
#define VIRTIO_NET_CTRL_MAC_TABLE_SET 0
#define VIRTIO_NET_CTRL_MAC_ADDR_SET 1
#define VIRTIO_NET_CTRL_MQ 4
#define VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET 0
#define VIRTIO_NET_CTRL_MQ_RSS_CONFIG 1
#define VIRTIO_NET_CTRL_GUEST_OFFLOADS 5
#define VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET 0
#define VIRTIO_NET_OK 0

#define VIRTIO_NET_HASH_IPV4 0x01
#define VIRTIO_NET_HASH_TCPV4 0x02
#define VIRTIO_NET_HASH_UDPV4 0x04
#define VIRTIO_NET_HASH_IPV6 0x08
#define VIRTIO_NET_HASH_TCPV6 0x10
#define VIRTIO_NET_HASH_UDPV6 0x20

#pragma pack(pop)

#endif
