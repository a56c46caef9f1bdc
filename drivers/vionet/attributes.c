#include "attributes.h"

#include "oid.h"

#define CHECK_FOR_HANG_SECONDS 4

static NDIS_STATUS SetAttributes(PVIONET_ADAPTER adapter, PVOID attributes)
{
    return NdisMSetMiniportAttributes(adapter->Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)attributes);
}

_Use_decl_annotations_
NDIS_STATUS VioNetSetRegistrationAttributes(PVIONET_ADAPTER adapter)
{
    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES attributes;

    RtlZeroMemory(&attributes, sizeof(attributes));
    attributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.MiniportAdapterContext = adapter;
    attributes.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER |
                                NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK;
    attributes.CheckForHangTimeInSeconds = CHECK_FOR_HANG_SECONDS;
    attributes.InterfaceType = NdisInterfacePci;
    return SetAttributes(adapter, &attributes);
}

static VOID DescribeMedia(const VIONET_ADAPTER *adapter, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *attributes)
{
    ULONG64 speed = adapter->LinkUp ? adapter->LinkSpeed : NDIS_LINK_SPEED_UNKNOWN;

    attributes->MediaType = NdisMedium802_3;
    attributes->PhysicalMediumType = NdisPhysicalMedium802_3;
    attributes->MtuSize = adapter->Mtu;
    attributes->MaxXmitLinkSpeed = attributes->MaxRcvLinkSpeed = adapter->LinkSpeed;
    attributes->XmitLinkSpeed = attributes->RcvLinkSpeed = speed;
    attributes->MediaConnectState = adapter->LinkUp ? MediaConnectStateConnected : MediaConnectStateDisconnected;
    attributes->MediaDuplexState = adapter->LinkUp ? MediaDuplexStateFull : MediaDuplexStateUnknown;
    attributes->AccessType = NET_IF_ACCESS_BROADCAST;
    attributes->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    attributes->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    attributes->IfType = IF_TYPE_ETHERNET_CSMACD;
    attributes->IfConnectorPresent = TRUE;
    attributes->SupportedPauseFunctions = NdisPauseFunctionsUnsupported;
}

static VOID DescribeFilters(const VIONET_ADAPTER *adapter, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *attributes)
{
    attributes->LookaheadSize = adapter->Mtu;
    attributes->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                             NDIS_MAC_OPTION_NO_LOOPBACK;
    if ((adapter->Config.PriorityVlanTag & 1) != 0)
        attributes->MacOptions |= NDIS_MAC_OPTION_8021P_PRIORITY;
    if ((adapter->Config.PriorityVlanTag & 2) != 0)
        attributes->MacOptions |= NDIS_MAC_OPTION_8021Q_VLAN;
    attributes->SupportedPacketFilters = VIONET_PACKET_FILTERS;
    attributes->MaxMulticastListSize = VIONET_MAX_MULTICAST;
    attributes->MacAddressLength = ETH_LENGTH_OF_ADDRESS;
    NdisMoveMemory(attributes->PermanentMacAddress, adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    NdisMoveMemory(attributes->CurrentMacAddress, adapter->CurrentAddress, ETH_LENGTH_OF_ADDRESS);
}

_Use_decl_annotations_
NDIS_STATUS VioNetSetGeneralAttributes(PVIONET_ADAPTER adapter)
{
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES attributes;
    NDIS_RECEIVE_SCALE_CAPABILITIES scaling;
    NDIS_PM_CAPABILITIES power;

    RtlZeroMemory(&power, sizeof(power));
    power.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    power.Header.Revision = NDIS_PM_CAPABILITIES_REVISION_2;
    power.Header.Size = NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2;
    if (adapter->Pci.Wakes) {
        power.SupportedWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED;
        power.MinMagicPacketWakeUp = NdisDeviceStateD3;
    }

    RtlZeroMemory(&attributes, sizeof(attributes));
    attributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    attributes.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    attributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    DescribeMedia(adapter, &attributes);
    DescribeFilters(adapter, &attributes);
    attributes.SupportedStatistics = VIONET_STATISTICS;
    attributes.SupportedOidList = (PNDIS_OID)VioNetSupportedOids;
    attributes.SupportedOidListLength = VioNetSupportedOidsLength;
    attributes.PowerManagementCapabilitiesEx = &power;
    VioNetRssCapabilities(adapter, &scaling);
    if (adapter->Rss.Capable)
        attributes.RecvScaleCapabilities = &scaling;
    return SetAttributes(adapter, &attributes);
}

_Use_decl_annotations_
NDIS_STATUS VioNetSetOffloadAttributes(PVIONET_ADAPTER adapter)
{
    NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES attributes;
    NDIS_OFFLOAD current, hardware;

    VioNetOffloadDescribe(adapter, FALSE, &current);
    VioNetOffloadDescribe(adapter, TRUE, &hardware);
    RtlZeroMemory(&attributes, sizeof(attributes));
    attributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES;
    attributes.Header.Revision = NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1;
    attributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1;
    attributes.DefaultOffloadConfiguration = &current;
    attributes.HardwareOffloadCapabilities = &hardware;
    return SetAttributes(adapter, &attributes);
}
