#include "hardware.h"

#include "coalesce.h"

#define SPEED_UNKNOWN 0xFFFFFFFFu
#define MINIMUM_MTU 576
#define MAXIMUM_MTU 9216
#define DEFAULT_MTU 1500

#define WANTED_FEATURES                                                                                           \
    (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_MTU |          \
     VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX |                    \
     VIRTIO_NET_F_CTRL_RX_EXTRA | VIRTIO_NET_F_CTRL_MAC_ADDR | VIRTIO_NET_F_SPEED_DUPLEX | VIRTIO_NET_F_HOST_TSO4 | \
     VIRTIO_NET_F_HOST_TSO6 | VIRTIO_NET_F_HOST_USO)
#define RSS_FEATURES (VIRTIO_NET_F_MQ | VIRTIO_NET_F_RSS | VIRTIO_NET_F_HASH_REPORT)

/* A feature without the one it stands on must not be accepted. */
static ULONG64 WithoutOrphans(ULONG64 features)
{
    if ((features & VIRTIO_NET_F_CTRL_VQ) == 0)
        features &= ~(VIRTIO_NET_F_CTRL_RX | VIRTIO_NET_F_CTRL_RX_EXTRA | VIRTIO_NET_F_CTRL_MAC_ADDR | RSS_FEATURES);
    if ((features & RSS_FEATURES) != RSS_FEATURES)
        features &= ~RSS_FEATURES;      /* the parts are of use together only */
    if ((features & VIRTIO_NET_F_CSUM) == 0)
        features &= ~(VIRTIO_NET_F_HOST_TSO4 | VIRTIO_NET_F_HOST_TSO6 | VIRTIO_NET_F_HOST_USO);
    if ((features & VIRTIO_NET_F_CTRL_RX) == 0)
        features &= ~VIRTIO_NET_F_CTRL_RX_EXTRA;
    return (features & ~VIONET_RSC_FEATURES) | VioNetRscFeatures(features);
}

/* Once: buffers are made for this MTU, and NDIS knows these addresses. */
static VOID UseConfig(PVIONET_ADAPTER adapter)
{
    static const UCHAR fallback[] = { 0x02, 0x52, 0x33, 0x00, 0x00, 0x01 };
    VIRTIO_NET_CONFIG config;

    VioNetTransportReadConfig(&adapter->Pci, &config);
    NdisMoveMemory(adapter->PermanentAddress, (adapter->Features & VIRTIO_NET_F_MAC) != 0 ? config.Mac : fallback,
                   ETH_LENGTH_OF_ADDRESS);
    adapter->Mtu = DEFAULT_MTU;
    if ((adapter->Features & VIRTIO_NET_F_MTU) != 0 && config.Mtu >= MINIMUM_MTU)
        adapter->Mtu = min(config.Mtu, MAXIMUM_MTU);
    if (!adapter->Config.HasNetworkAddress || (adapter->Features & VIRTIO_NET_F_CTRL_MAC_ADDR) == 0)
        NdisMoveMemory(adapter->CurrentAddress, adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    else
        NdisMoveMemory(adapter->CurrentAddress, adapter->Config.NetworkAddress, ETH_LENGTH_OF_ADDRESS);
}

_Use_decl_annotations_
NDIS_STATUS VioNetHardwareNegotiate(PVIONET_ADAPTER adapter)
{
    ULONG64 features = WANTED_FEATURES | VIONET_RSC_FEATURES | (VioNetRssWanted(adapter) ? RSS_FEATURES : 0);
    NDIS_STATUS status = VioNetTransportNegotiate(&adapter->Pci, &features);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    adapter->Features = WithoutOrphans(features);
    if (adapter->Features != features) {        /* an inconsistent offer: once more, with what is consistent */
        features = adapter->Features;
        status = VioNetTransportNegotiate(&adapter->Pci, &features);
        if (status != NDIS_STATUS_SUCCESS)
            return status;
    }
    if (adapter->Mtu == 0)
        UseConfig(adapter);
    VioNetHardwareUpdateLink(adapter, FALSE);
    return NDIS_STATUS_SUCCESS;
}

static BOOLEAN StartQueues(PVIONET_ADAPTER adapter)
{
    BOOLEAN eventIndex = (adapter->Features & VIRTIO_F_EVENT_IDX) != 0;

    const VIONET_INTERRUPT *interrupt = &adapter->Interrupt;

    if (!VioNetTransportSetConfigVector(&adapter->Pci, interrupt->ConfigVector))
        return FALSE;
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (!VioNetReceiveStart(&adapter->Receive[pair], interrupt->ReceiveVector[pair], eventIndex) ||
            !VioNetTransmitStart(&adapter->Transmit[pair], interrupt->TransmitVector[pair], eventIndex))
            return FALSE;
    }
    return VioNetControlStart(&adapter->Control, eventIndex);
}

_Use_decl_annotations_
NDIS_STATUS VioNetHardwareStart(PVIONET_ADAPTER adapter)
{
    if (!StartQueues(adapter)) {
        VioNetTransportFailed(&adapter->Pci);
        VioNetHardwareStop(adapter, NDIS_STATUS_DEVICE_FAILED);
        return NDIS_STATUS_DEVICE_FAILED;
    }
    VioNetTransportReady(&adapter->Pci);
    adapter->HardwareUp = TRUE;
    VioNetHardwareUpdateLink(adapter, TRUE);    /* it may have changed while nobody listened */
    VioNetRscApply(adapter);                    /* before there is a buffer for a large frame */
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        VioNetReceiveFill(&adapter->Receive[pair]);
    VioNetControlRestore(&adapter->Control);
    VioNetRssRestore(adapter);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetHardwareStop(PVIONET_ADAPTER adapter, NDIS_STATUS status)
{
    adapter->HardwareUp = FALSE;
    if (!adapter->Removed)
        VioNetTransportReset(&adapter->Pci);
    VioNetControlStop(&adapter->Control);
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        VioNetTransmitStop(&adapter->Transmit[pair], status);
        VioNetReceiveStop(&adapter->Receive[pair]);
    }
}

static VOID IndicateLink(PVIONET_ADAPTER adapter)
{
    NDIS_STATUS_INDICATION indication;
    NDIS_LINK_STATE link;

    RtlZeroMemory(&link, sizeof(link));
    link.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    link.Header.Revision = NDIS_LINK_STATE_REVISION_1;
    link.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    link.MediaConnectState = adapter->LinkUp ? MediaConnectStateConnected : MediaConnectStateDisconnected;
    link.MediaDuplexState = adapter->LinkUp ? MediaDuplexStateFull : MediaDuplexStateUnknown;
    link.XmitLinkSpeed = link.RcvLinkSpeed = adapter->LinkUp ? adapter->LinkSpeed : NDIS_LINK_SPEED_UNKNOWN;
    link.PauseFunctions = NdisPauseFunctionsUnsupported;

    RtlZeroMemory(&indication, sizeof(indication));
    indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    indication.SourceHandle = adapter->Handle;
    indication.StatusCode = NDIS_STATUS_LINK_STATE;
    indication.StatusBuffer = &link;
    indication.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(adapter->Handle, &indication);
}

_Use_decl_annotations_
VOID VioNetHardwareUpdateLink(PVIONET_ADAPTER adapter, BOOLEAN indicate)
{
    VIRTIO_NET_CONFIG config;
    ULONG64 speed = VIONET_DEFAULT_SPEED;
    BOOLEAN up = TRUE, changed;

    VioNetTransportReadConfig(&adapter->Pci, &config);
    if ((adapter->Features & VIRTIO_NET_F_STATUS) != 0)
        up = (config.Status & VIRTIO_NET_STATUS_LINK_UP) != 0;
    if ((adapter->Features & VIRTIO_NET_F_SPEED_DUPLEX) != 0 && config.Speed != 0 && config.Speed < SPEED_UNKNOWN)
        speed = config.Speed * 1000000ULL;
    changed = up != adapter->LinkUp || speed != adapter->LinkSpeed;
    adapter->LinkUp = up;
    adapter->LinkSpeed = speed;
    if (changed && indicate)
        IndicateLink(adapter);
}
