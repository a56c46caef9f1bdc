/* Virtio 1.x as the specification has it: PCI capabilities, registers, rings, and the network device.
 * All fields are little-endian, which is what this driver's processors are. */
#ifndef VIONET_VIRTIO_H
#define VIONET_VIRTIO_H

/* ---- PCI (section 4.1) ---- */

#define VIRTIO_PCI_CAP_COMMON_CFG 1
#define VIRTIO_PCI_CAP_NOTIFY_CFG 2
#define VIRTIO_PCI_CAP_ISR_CFG 3
#define VIRTIO_PCI_CAP_DEVICE_CFG 4

#pragma pack(push, 1)

typedef struct _VIRTIO_PCI_CAP {
    UCHAR Id;
    UCHAR Next;
    UCHAR Length;
    UCHAR Type;
    UCHAR Bar;
    UCHAR Instance;
    UCHAR Padding[2];
    ULONG Offset;
    ULONG RegionLength;
    ULONG NotifyMultiplier;     /* of VIRTIO_PCI_CAP_NOTIFY_CFG only */
} VIRTIO_PCI_CAP;
C_ASSERT(sizeof(VIRTIO_PCI_CAP) == 20);

typedef struct _VIRTIO_COMMON_CONFIG {
    ULONG DeviceFeatureSelect;
    ULONG DeviceFeature;
    ULONG DriverFeatureSelect;
    ULONG DriverFeature;
    USHORT ConfigMsixVector;
    USHORT QueueCount;
    UCHAR DeviceStatus;
    UCHAR ConfigGeneration;
    USHORT QueueSelect;
    USHORT QueueSize;
    USHORT QueueMsixVector;
    USHORT QueueEnable;
    USHORT QueueNotifyOffset;
    ULONG QueueDescLow, QueueDescHigh;
    ULONG QueueDriverLow, QueueDriverHigh;
    ULONG QueueDeviceLow, QueueDeviceHigh;
} VIRTIO_COMMON_CONFIG;
C_ASSERT(sizeof(VIRTIO_COMMON_CONFIG) == 56);

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER 2
#define VIRTIO_STATUS_DRIVER_OK 4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED 128

#define VIRTIO_ISR_QUEUE 1
#define VIRTIO_ISR_CONFIG 2

#define VIRTIO_NO_VECTOR 0xFFFF

/* ---- Split rings (section 2.7) ---- */

#define VIRTQ_DESC_NEXT 1
#define VIRTQ_DESC_WRITE 2
#define VIRTQ_AVAIL_NO_INTERRUPT 1
#define VIRTQ_USED_NO_NOTIFY 1

typedef struct _VIRTQ_DESC {
    ULONG64 Address;
    ULONG Length;
    USHORT Flags;
    USHORT Next;
} VIRTQ_DESC;
C_ASSERT(sizeof(VIRTQ_DESC) == 16);

typedef struct _VIRTQ_AVAIL {
    USHORT Flags;
    USHORT Index;
    USHORT Ring[1]; /* then UsedEvent */
} VIRTQ_AVAIL;

typedef struct _VIRTQ_USED_ELEMENT {
    ULONG Id;
    ULONG Length;
} VIRTQ_USED_ELEMENT;

typedef struct _VIRTQ_USED {
    USHORT Flags;
    USHORT Index;
    VIRTQ_USED_ELEMENT Ring[1];     /* then AvailEvent */
} VIRTQ_USED;
C_ASSERT(FIELD_OFFSET(VIRTQ_USED, Ring) == 4);

/* ---- The network device (section 5.1) ---- */

#define VIRTIO_FEATURE(bit) (1ULL << (bit))
#define VIRTIO_NET_F_CSUM VIRTIO_FEATURE(0)
#define VIRTIO_NET_F_GUEST_CSUM VIRTIO_FEATURE(1)
#define VIRTIO_NET_F_MTU VIRTIO_FEATURE(3)
#define VIRTIO_NET_F_MAC VIRTIO_FEATURE(5)
#define VIRTIO_NET_F_STATUS VIRTIO_FEATURE(16)
#define VIRTIO_NET_F_CTRL_VQ VIRTIO_FEATURE(17)
#define VIRTIO_NET_F_CTRL_RX VIRTIO_FEATURE(18)
#define VIRTIO_NET_F_CTRL_RX_EXTRA VIRTIO_FEATURE(20)
#define VIRTIO_NET_F_CTRL_MAC_ADDR VIRTIO_FEATURE(23)
#define VIRTIO_F_EVENT_IDX VIRTIO_FEATURE(29)
#define VIRTIO_F_VERSION_1 VIRTIO_FEATURE(32)
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
