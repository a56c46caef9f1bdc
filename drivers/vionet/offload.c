#include "offload.h"

#include "adapter.h"
#include "coalesce.h"
#include "frame.h"
#include "segment.h"

#define TCP_CHECKSUM_OFFSET 16
#define UDP_CHECKSUM_OFFSET 6
#define IPV4_HEADER 20
#define IPV6_HEADER 40

/* ---- capabilities and settings ---- */

static ULONG Capable(const VIONET_ADAPTER *adapter)
{
    return ((adapter->Features & VIRTIO_NET_F_CSUM) != 0 ? VIONET_OFFLOAD_SEND : 0) |
           ((adapter->Features & VIRTIO_NET_F_GUEST_CSUM) != 0 ? VIONET_OFFLOAD_RECEIVE : 0);
}

/* Everything the device can do, switched on. */
static VIONET_OFFLOAD Possible(const VIONET_ADAPTER *adapter)
{
    ULONG capable = Capable(adapter);
    ULONG uso = (adapter->Features & VIRTIO_NET_F_HOST_USO) != 0;
    VIONET_OFFLOAD all = { capable, capable, capable, capable, (adapter->Features & VIRTIO_NET_F_HOST_TSO4) != 0,
                           (adapter->Features & VIRTIO_NET_F_HOST_TSO6) != 0, uso, uso,
                           (adapter->Features & VIRTIO_NET_F_GUEST_TSO4) != 0, (adapter->Features & VIRTIO_NET_F_GUEST_TSO6) != 0 };

    return all;
}

_Use_decl_annotations_
VOID VioNetOffloadInitialize(PVIONET_ADAPTER adapter)
{
    const VIONET_CONFIG *config = &adapter->Config;
    VIONET_OFFLOAD on = Possible(adapter);

    on.TcpV4 &= config->TcpChecksumV4;
    on.TcpV6 &= config->TcpChecksumV6;
    on.UdpV4 &= config->UdpChecksumV4;
    on.UdpV6 &= config->UdpChecksumV6;
    on.LsoV4 &= config->LsoV4;
    on.LsoV6 &= config->LsoV6;
    on.UsoV4 &= config->UsoV4;
    on.UsoV6 &= config->UsoV6;
    on.RscV4 &= config->RscV4;
    on.RscV6 &= config->RscV6;
    adapter->Offload = on;
}

static ULONG OnIf(ULONG value, ULONG bit)
{
    return (value & bit) != 0 ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED;
}

static VOID DescribeChecksums(VIONET_OFFLOAD on, PNDIS_TCP_IP_CHECKSUM_OFFLOAD checksum)
{
    checksum->IPv4Transmit.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    checksum->IPv4Transmit.IpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv4Transmit.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv4Transmit.TcpChecksum = OnIf(on.TcpV4, VIONET_OFFLOAD_SEND);
    checksum->IPv4Transmit.UdpChecksum = OnIf(on.UdpV4, VIONET_OFFLOAD_SEND);

    checksum->IPv4Receive.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    checksum->IPv4Receive.IpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv4Receive.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv4Receive.TcpChecksum = OnIf(on.TcpV4, VIONET_OFFLOAD_RECEIVE);
    checksum->IPv4Receive.UdpChecksum = OnIf(on.UdpV4, VIONET_OFFLOAD_RECEIVE);

    checksum->IPv6Transmit.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    checksum->IPv6Transmit.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv6Transmit.TcpChecksum = OnIf(on.TcpV6, VIONET_OFFLOAD_SEND);
    checksum->IPv6Transmit.UdpChecksum = OnIf(on.UdpV6, VIONET_OFFLOAD_SEND);

    checksum->IPv6Receive.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    checksum->IPv6Receive.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    checksum->IPv6Receive.TcpChecksum = OnIf(on.TcpV6, VIONET_OFFLOAD_RECEIVE);
    checksum->IPv6Receive.UdpChecksum = OnIf(on.UdpV6, VIONET_OFFLOAD_RECEIVE);
}

static VOID DescribeLso(VIONET_OFFLOAD on, PNDIS_TCP_LARGE_SEND_OFFLOAD_V2 lso)
{
    if (on.LsoV4 != 0) {
        lso->IPv4.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
        lso->IPv4.MaxOffLoadSize = VIONET_MAX_SEGMENTED;
        lso->IPv4.MinSegmentCount = VIONET_MIN_SEGMENTS;
    }
    if (on.LsoV6 != 0) {
        lso->IPv6.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
        lso->IPv6.MaxOffLoadSize = VIONET_MAX_SEGMENTED;
        lso->IPv6.MinSegmentCount = VIONET_MIN_SEGMENTS;
        lso->IPv6.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    }
}

static VOID DescribeUso(VIONET_OFFLOAD on, PNDIS_UDP_SEGMENTATION_OFFLOAD uso)
{
    if (on.UsoV4 != 0) {
        uso->IPv4.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
        uso->IPv4.MaxOffLoadSize = VIONET_MAX_SEGMENTED;
        uso->IPv4.MinSegmentCount = VIONET_MIN_SEGMENTS;
        uso->IPv4.SubMssFinalSegmentSupported = 1;
    }
    if (on.UsoV6 != 0) {
        uso->IPv6.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
        uso->IPv6.MaxOffLoadSize = VIONET_MAX_SEGMENTED;
        uso->IPv6.MinSegmentCount = VIONET_MIN_SEGMENTS;
        uso->IPv6.SubMssFinalSegmentSupported = 1;
    }
}

_Use_decl_annotations_
VOID VioNetOffloadDescribe(const VIONET_ADAPTER *adapter, BOOLEAN hardware, PNDIS_OFFLOAD offload)
{
    VIONET_OFFLOAD on = hardware ? Possible(adapter) : adapter->Offload;

    RtlZeroMemory(offload, sizeof(*offload));
    offload->Header.Type = NDIS_OBJECT_TYPE_OFFLOAD;
    offload->Header.Revision = NDIS_OFFLOAD_REVISION_6;
    offload->Header.Size = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6;
    DescribeChecksums(on, &offload->Checksum);
    DescribeLso(on, &offload->LsoV2);
    DescribeUso(on, &offload->UdpSegmentation);
    offload->Rsc.IPv4.Enabled = on.RscV4 != 0;
    offload->Rsc.IPv6.Enabled = on.RscV6 != 0;
}

_Use_decl_annotations_
VOID VioNetOffloadIndicate(PVIONET_ADAPTER adapter)
{
    NDIS_STATUS_INDICATION indication;
    NDIS_OFFLOAD offload;

    VioNetOffloadDescribe(adapter, FALSE, &offload);
    RtlZeroMemory(&indication, sizeof(indication));
    indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    indication.SourceHandle = adapter->Handle;
    indication.StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG;
    indication.StatusBuffer = &offload;
    indication.StatusBufferSize = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6;
    NdisMIndicateStatusEx(adapter->Handle, &indication);
}

/* One setting of NDIS_OFFLOAD_PARAMETERS into VIONET_OFFLOAD_* bits. */
static NDIS_STATUS SetOne(UCHAR parameter, ULONG capable, PULONG setting)
{
    static const ULONG bits[] = {
        [NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED] = 0,
        [NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED] = VIONET_OFFLOAD_SEND,
        [NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED] = VIONET_OFFLOAD_RECEIVE,
        [NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED] = VIONET_OFFLOAD_SEND | VIONET_OFFLOAD_RECEIVE,
    };

    if (parameter == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE)
        return NDIS_STATUS_SUCCESS;
    if (parameter >= ARRAYSIZE(bits))
        return NDIS_STATUS_INVALID_PARAMETER;
    if ((bits[parameter] & ~capable) != 0)
        return NDIS_STATUS_NOT_SUPPORTED;
    *setting = bits[parameter];
    return NDIS_STATUS_SUCCESS;
}

/* What the device has nothing of may be left alone or switched off. */
static BOOLEAN Leaves(UCHAR parameter)
{
    return parameter == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE || parameter == NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED;
}

/* Segmentation and coalescing: 1 is off, 2 is on, for all kinds. */
static NDIS_STATUS SetSwitch(UCHAR parameter, ULONG possible, PULONG setting)
{
    if (parameter == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE)
        return NDIS_STATUS_SUCCESS;
    if (parameter > NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED)
        return NDIS_STATUS_INVALID_PARAMETER;
    if (parameter == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED && possible == 0)
        return NDIS_STATUS_NOT_SUPPORTED;
    *setting = parameter == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetSegmentation(VIONET_OFFLOAD possible, const NDIS_OFFLOAD_PARAMETERS *parameters, PVIONET_OFFLOAD offload)
{
    NDIS_STATUS status = SetSwitch(parameters->LsoV2IPv4, possible.LsoV4, &offload->LsoV4);

    if (status == NDIS_STATUS_SUCCESS)
        status = SetSwitch(parameters->LsoV2IPv6, possible.LsoV6, &offload->LsoV6);
    if (status != NDIS_STATUS_SUCCESS || parameters->Header.Revision < NDIS_OFFLOAD_PARAMETERS_REVISION_5 ||
        parameters->Header.Size < NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5)
        return status;
    status = SetSwitch(parameters->UdpSegmentation.IPv4, possible.UsoV4, &offload->UsoV4);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetSwitch(parameters->UdpSegmentation.IPv6, possible.UsoV6, &offload->UsoV6);
    return status;
}

static NDIS_STATUS SetCoalescing(VIONET_OFFLOAD possible, const NDIS_OFFLOAD_PARAMETERS *parameters, PVIONET_OFFLOAD offload)
{
    NDIS_STATUS status;

    if (parameters->Header.Revision < NDIS_OFFLOAD_PARAMETERS_REVISION_3 ||
        parameters->Header.Size < NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3)
        return NDIS_STATUS_SUCCESS;
    status = SetSwitch(parameters->RscIPv4, possible.RscV4, &offload->RscV4);
    return status != NDIS_STATUS_SUCCESS ? status : SetSwitch(parameters->RscIPv6, possible.RscV6, &offload->RscV6);
}

_Use_decl_annotations_
NDIS_STATUS VioNetOffloadSet(PVIONET_ADAPTER adapter, const NDIS_OFFLOAD_PARAMETERS *parameters)
{
    ULONG capable = Capable(adapter);
    VIONET_OFFLOAD offload = adapter->Offload;
    BOOLEAN coalescing;
    NDIS_STATUS status;

    if (!Leaves(parameters->IPv4Checksum) || !Leaves(parameters->LsoV1) || !Leaves(parameters->IPsecV1) ||
        !Leaves(parameters->TcpConnectionIPv4) || !Leaves(parameters->TcpConnectionIPv6))
        return NDIS_STATUS_NOT_SUPPORTED;
    status = SetSegmentation(Possible(adapter), parameters, &offload);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetCoalescing(Possible(adapter), parameters, &offload);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetOne(parameters->TCPIPv4Checksum, capable, &offload.TcpV4);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetOne(parameters->TCPIPv6Checksum, capable, &offload.TcpV6);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetOne(parameters->UDPIPv4Checksum, capable, &offload.UdpV4);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetOne(parameters->UDPIPv6Checksum, capable, &offload.UdpV6);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    coalescing = offload.RscV4 != adapter->Offload.RscV4 || offload.RscV6 != adapter->Offload.RscV6;
    adapter->Offload = offload;
    if (coalescing)
        VioNetRscChange(adapter);
    VioNetOffloadIndicate(adapter);
    return NDIS_STATUS_SUCCESS;
}

/* ---- sending ---- */

/* Where the UDP header starts; 0 when the headers are not IPv4 or IPv6 with UDP next. */
static ULONG UdpOffset(const UCHAR *frame, ULONG length)
{
    ULONG at = VIONET_ETHERNET_HEADER;
    USHORT type;

    if (length < at + IPV4_HEADER)
        return 0;
    type = VioNetRead16(frame + 12);
    if (type == VIONET_ETHERTYPE_VLAN && length >= at + VIONET_VLAN_TAG + IPV4_HEADER) {
        type = VioNetRead16(frame + 16);
        at += VIONET_VLAN_TAG;
    }
    if (type == VIONET_ETHERTYPE_IPV4 && frame[at + 9] == VIONET_PROTOCOL_UDP)
        return at + (frame[at] & 0xF) * 4;
    if (type == VIONET_ETHERTYPE_IPV6 && frame[at + 6] == VIONET_PROTOCOL_UDP)
        return at + IPV6_HEADER;
    return 0;
}

_Use_decl_annotations_
BOOLEAN VioNetOffloadRequest(const VIONET_ADAPTER *adapter, PVOID request, VIRTIO_NET_HEADER *header,
                             const UCHAR *frame, ULONG length)
{
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
    ULONG start, field;

    info.Value = request;
    if (!info.Transmit.TcpChecksum && !info.Transmit.UdpChecksum)
        return TRUE;
    if ((adapter->Features & VIRTIO_NET_F_CSUM) == 0)
        return FALSE;
    start = info.Transmit.TcpChecksum ? info.Transmit.TcpHeaderOffset : UdpOffset(frame, length);
    field = info.Transmit.TcpChecksum ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET;
    if (start < VIONET_ETHERNET_HEADER + IPV4_HEADER || start + field + sizeof(USHORT) > length)
        return FALSE;
    header->Flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    header->ChecksumStart = (USHORT)start;
    header->ChecksumOffset = (USHORT)field;
    return TRUE;
}

/* ---- receiving ---- */

static USHORT Sum(const UCHAR *data, ULONG length)
{
    ULONG64 sum = 0;

    for (; length > 1; length -= 2, data += 2)
        sum += VioNetRead16(data);
    if (length != 0)
        sum += (ULONG)data[0] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (USHORT)sum;
}

/* The sender left the checksum to hardware (another computer on the same host): it is finished here, so that whoever
 * forwards or captures the frame sees a whole one. */
static BOOLEAN FinishChecksum(const VIRTIO_NET_HEADER *header, PUCHAR frame, ULONG length)
{
    ULONG start = header->ChecksumStart, field = start + header->ChecksumOffset;
    USHORT sum;

    if (start >= length || field + sizeof(USHORT) > length)
        return FALSE;
    sum = (USHORT)~Sum(frame + start, length - start);
    VioNetWrite16(frame + field, sum == 0 && header->ChecksumOffset == UDP_CHECKSUM_OFFSET ? 0xFFFF : sum);
    return TRUE;
}

/* The transport protocol of an IPv4 or IPv6 frame and which setting governs it; 0 for anything else. */
static UCHAR Transport(const VIONET_ADAPTER *adapter, const UCHAR *frame, ULONG length, PULONG setting)
{
    USHORT type = VioNetRead16(frame + 12);
    const UCHAR *ip = frame + VIONET_ETHERNET_HEADER;
    UCHAR protocol;

    if (type == VIONET_ETHERTYPE_VLAN && length >= VIONET_ETHERNET_HEADER + VIONET_VLAN_TAG) {
        type = VioNetRead16(frame + 16);
        ip += VIONET_VLAN_TAG;
    }
    if (type == VIONET_ETHERTYPE_IPV4 && ip + IPV4_HEADER <= frame + length) {
        protocol = ip[9];
        *setting = protocol == VIONET_PROTOCOL_TCP ? adapter->Offload.TcpV4 : adapter->Offload.UdpV4;
        return protocol;
    }
    if (type == VIONET_ETHERTYPE_IPV6 && ip + IPV6_HEADER <= frame + length) {
        protocol = ip[6];
        *setting = protocol == VIONET_PROTOCOL_TCP ? adapter->Offload.TcpV6 : adapter->Offload.UdpV6;
        return protocol;
    }
    return 0;
}

_Use_decl_annotations_
VOID VioNetOffloadReceive(const VIONET_ADAPTER *adapter, PNET_BUFFER_LIST nbl, const VIRTIO_NET_HEADER *header,
                          PUCHAR frame, ULONG length)
{
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
    ULONG setting = 0;
    UCHAR protocol;

    if ((header->Flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 && !FinishChecksum(header, frame, length))
        return;
    protocol = Transport(adapter, frame, length, &setting);
    if ((setting & VIONET_OFFLOAD_RECEIVE) == 0)
        return;
    info.Value = NULL;
    info.Receive.TcpChecksumSucceeded = protocol == VIONET_PROTOCOL_TCP;
    info.Receive.UdpChecksumSucceeded = protocol == VIONET_PROTOCOL_UDP;
    NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo) = info.Value;
}
