/* Virtio 1.x as the specification has it: PCI capabilities, registers, rings; what every virtio driver needs.
 * All fields are little-endian, which is what these drivers' processors are. Includes nothing: the driver's own header does. */
#ifndef DRIVERS_VIRTIO_TRANSPORT_H
#define DRIVERS_VIRTIO_TRANSPORT_H

#define VIRTIO_FEATURE(bit) (1ULL << (bit))
#define VIRTIO_F_INDIRECT_DESC VIRTIO_FEATURE(28)
#define VIRTIO_F_EVENT_IDX VIRTIO_FEATURE(29)
#define VIRTIO_F_VERSION_1 VIRTIO_FEATURE(32)

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
#define VIRTQ_DESC_INDIRECT 4
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

#pragma pack(pop)

#endif
