#include "transport.h"

#define RESET_POLLS 10000
#define RESET_POLL_US 10

#define READ8(field) READ_REGISTER_UCHAR((volatile UCHAR *)&(field))
#define READ16(field) READ_REGISTER_USHORT((volatile USHORT *)&(field))
#define READ32(field) READ_REGISTER_ULONG((volatile ULONG *)&(field))
#define WRITE8(field, value) WRITE_REGISTER_UCHAR((volatile UCHAR *)&(field), (UCHAR)(value))
#define WRITE16(field, value) WRITE_REGISTER_USHORT((volatile USHORT *)&(field), (USHORT)(value))
#define WRITE32(field, value) WRITE_REGISTER_ULONG((volatile ULONG *)&(field), (ULONG)(value))

_Use_decl_annotations_
BOOLEAN VioNetTransportReset(PVIONET_PCI pci)
{
    WRITE8(pci->Common->DeviceStatus, 0);
    for (ULONG i = 0; i < RESET_POLLS; i++) {
        UCHAR status = READ8(pci->Common->DeviceStatus);

        if (status == 0)
            return TRUE;
        if (status == 0xFF)
            return FALSE;               /* all ones: removed */
        NdisStallExecution(RESET_POLL_US);
    }
    return FALSE;
}

static VOID AddStatus(PVIONET_PCI pci, UCHAR bits)
{
    WRITE8(pci->Common->DeviceStatus, READ8(pci->Common->DeviceStatus) | bits);
}

static ULONG64 DeviceFeatures(PVIONET_PCI pci)
{
    ULONG64 features;

    WRITE32(pci->Common->DeviceFeatureSelect, 0);
    features = READ32(pci->Common->DeviceFeature);
    WRITE32(pci->Common->DeviceFeatureSelect, 1);
    return features | (ULONG64)READ32(pci->Common->DeviceFeature) << 32;
}

static VOID AcceptFeatures(PVIONET_PCI pci, ULONG64 features)
{
    WRITE32(pci->Common->DriverFeatureSelect, 0);
    WRITE32(pci->Common->DriverFeature, features);
    WRITE32(pci->Common->DriverFeatureSelect, 1);
    WRITE32(pci->Common->DriverFeature, features >> 32);
}

_Use_decl_annotations_
NDIS_STATUS VioNetTransportNegotiate(PVIONET_PCI pci, PULONG64 features)
{
    if (!VioNetTransportReset(pci))
        return NDIS_STATUS_DEVICE_FAILED;
    AddStatus(pci, VIRTIO_STATUS_ACKNOWLEDGE);
    AddStatus(pci, VIRTIO_STATUS_DRIVER);
    *features &= DeviceFeatures(pci);
    if ((*features & VIRTIO_F_VERSION_1) == 0)
        goto refuse;
    AcceptFeatures(pci, *features);
    AddStatus(pci, VIRTIO_STATUS_FEATURES_OK);
    if ((READ8(pci->Common->DeviceStatus) & VIRTIO_STATUS_FEATURES_OK) == 0)
        goto refuse;
    return NDIS_STATUS_SUCCESS;
refuse:
    VioNetTransportFailed(pci);
    return NDIS_STATUS_DEVICE_FAILED;
}

_Use_decl_annotations_
VOID VioNetTransportReady(PVIONET_PCI pci)
{
    AddStatus(pci, VIRTIO_STATUS_DRIVER_OK);
}

_Use_decl_annotations_
VOID VioNetTransportFailed(PVIONET_PCI pci)
{
    AddStatus(pci, VIRTIO_STATUS_FAILED);
}

_Use_decl_annotations_
USHORT VioNetTransportQueueSize(PVIONET_PCI pci, USHORT index)
{
    if (index >= READ16(pci->Common->QueueCount))
        return 0;
    WRITE16(pci->Common->QueueSelect, index);
    return READ16(pci->Common->QueueSize);
}

_Use_decl_annotations_
volatile USHORT *VioNetTransportEnableQueue(PVIONET_PCI pci, const VIONET_QUEUE_SETUP *setup)
{
    volatile VIRTIO_COMMON_CONFIG *common = pci->Common;
    ULONG64 notify;

    WRITE16(common->QueueSelect, setup->Index);
    notify = (ULONG64)READ16(common->QueueNotifyOffset) * pci->NotifyMultiplier;
    if (READ16(common->QueueSize) < setup->Size || notify + sizeof(USHORT) > pci->NotifyLength)
        return NULL;
    WRITE16(common->QueueSize, setup->Size);
    WRITE16(common->QueueMsixVector, setup->Vector);
    if (READ16(common->QueueMsixVector) != setup->Vector)
        return NULL;
    WRITE32(common->QueueDescLow, setup->Desc);
    WRITE32(common->QueueDescHigh, setup->Desc >> 32);
    WRITE32(common->QueueDriverLow, setup->Avail);
    WRITE32(common->QueueDriverHigh, setup->Avail >> 32);
    WRITE32(common->QueueDeviceLow, setup->Used);
    WRITE32(common->QueueDeviceHigh, setup->Used >> 32);
    WRITE16(common->QueueEnable, 1);
    return (volatile USHORT *)(pci->Notify + notify);
}

_Use_decl_annotations_
BOOLEAN VioNetTransportSetConfigVector(PVIONET_PCI pci, USHORT vector)
{
    WRITE16(pci->Common->ConfigMsixVector, vector);
    return READ16(pci->Common->ConfigMsixVector) == vector;
}

static VOID ReadConfigOnce(PVIONET_PCI pci, VIRTIO_NET_CONFIG *config)
{
    volatile VIRTIO_NET_CONFIG *device = (volatile VIRTIO_NET_CONFIG *)pci->Device;
    ULONG length = pci->DeviceLength;

    RtlZeroMemory(config, sizeof(*config));
    for (ULONG i = 0; i < sizeof(config->Mac); i++)
        config->Mac[i] = READ8(device->Mac[i]);
    if (length >= FIELD_OFFSET(VIRTIO_NET_CONFIG, MaxQueuePairs))
        config->Status = READ16(device->Status);
    if (length >= FIELD_OFFSET(VIRTIO_NET_CONFIG, Mtu))
        config->MaxQueuePairs = READ16(device->MaxQueuePairs);
    if (length >= FIELD_OFFSET(VIRTIO_NET_CONFIG, Speed))
        config->Mtu = READ16(device->Mtu);
    if (length > FIELD_OFFSET(VIRTIO_NET_CONFIG, Duplex)) {
        config->Speed = READ32(device->Speed);
        config->Duplex = READ8(device->Duplex);
    }
    if (length >= sizeof(VIRTIO_NET_CONFIG)) {
        config->RssMaxKeySize = READ8(device->RssMaxKeySize);
        config->RssMaxTableLength = READ16(device->RssMaxTableLength);
        config->SupportedHashTypes = READ32(device->SupportedHashTypes);
    }
}

_Use_decl_annotations_
VOID VioNetTransportReadConfig(PVIONET_PCI pci, VIRTIO_NET_CONFIG *config)
{
    UCHAR before, after;

    do {
        before = READ8(pci->Common->ConfigGeneration);
        ReadConfigOnce(pci, config);
        after = READ8(pci->Common->ConfigGeneration);
    } while (before != after);
}
