#include "segment.h"

#include "frame.h"
#include "packet.h"

#define MAX_HEADERS 192
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define UDP_HEADER 8
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6

/* What a list asks for. */
typedef struct _REQUEST {
    ULONG Mss, Transport;       /* Transport: offset of the TCP or UDP header */
    BOOLEAN Udp, V6;
} REQUEST;

static BOOLEAN ReadRequest(PNET_BUFFER_LIST nbl, REQUEST *request)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO tcp;
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO udp;

    tcp.Value = NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo);
    udp.Value = NET_BUFFER_LIST_INFO(nbl, UdpSegmentationOffloadInfo);
    request->Udp = tcp.Value == NULL;
    request->Mss = request->Udp ? udp.Transmit.MSS : tcp.LsoV2Transmit.MSS;
    request->Transport = request->Udp ? udp.Transmit.UdpHeaderOffset : tcp.LsoV2Transmit.TcpHeaderOffset;
    request->V6 = (BOOLEAN)(request->Udp ? udp.Transmit.IPVersion : tcp.LsoV2Transmit.IPVersion);
    if (!request->Udp && tcp.LsoV2Transmit.Type != NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE)
        return FALSE;           /* version 1 was never offered */
    return request->Mss != 0;
}

_Use_decl_annotations_
ULONG VioNetSegmentMaxFrame(const VIONET_ADAPTER *adapter)
{
    return max(VioNetMaxFrame(adapter), MAX_HEADERS + VIONET_MAX_SEGMENTED);
}

_Use_decl_annotations_
ULONG VioNetSegmentLimit(const VIONET_ADAPTER *adapter, PNET_BUFFER_LIST nbl)
{
    const VIONET_OFFLOAD *on = &adapter->Offload;
    REQUEST request;

    if (!ReadRequest(nbl, &request))
        return 0;
    if (!(request.Udp ? (request.V6 ? on->UsoV6 : on->UsoV4) : (request.V6 ? on->LsoV6 : on->LsoV4)))
        return 0;
    return MAX_HEADERS + VIONET_MAX_SEGMENTED;
}

/* ---- headers ---- */

static ULONG AddWords(const UCHAR *bytes, ULONG length)
{
    ULONG sum = 0;

    for (ULONG i = 0; i + 1 < length; i += 2)
        sum += VioNetRead16(bytes + i);
    return sum;
}

static USHORT Fold(ULONG sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (USHORT)((sum & 0xFFFF) + (sum >> 16));
}

static BOOLEAN HeadersGood(const UCHAR *headers, ULONG length, const REQUEST *request)
{
    const UCHAR *ip = headers + VIONET_ETHERNET_HEADER;
    ULONG least = VIONET_ETHERNET_HEADER + (request->V6 ? IPV6_HEADER : IPV4_HEADER);

    return request->Transport >= least && request->Transport + (request->Udp ? UDP_HEADER : TCP_HEADER) <= length &&
           ip[0] >> 4 == (request->V6 ? 6 : 4);
}

static ULONG HeadersLength(const UCHAR *headers, const REQUEST *request)
{
    return request->Transport + (request->Udp ? UDP_HEADER : (headers[request->Transport + 12] >> 4) * 4u);
}

/* Lengths and the IPv4 header's checksum; the pseudo-header's sum gets the length that the stack left out. */
static VOID CompleteHeaders(PUCHAR headers, ULONG frameLength, const REQUEST *request)
{
    PUCHAR ip = headers + VIONET_ETHERNET_HEADER, transport = headers + request->Transport;
    PUCHAR checksum = transport + (request->Udp ? UDP_CHECKSUM : TCP_CHECKSUM);
    ULONG transportLength = frameLength - request->Transport;

    if (request->V6) {
        VioNetWrite16(ip + 4, (USHORT)(frameLength - VIONET_ETHERNET_HEADER - IPV6_HEADER));
    } else {
        VioNetWrite16(ip + 2, (USHORT)(frameLength - VIONET_ETHERNET_HEADER));
        VioNetWrite16(ip + 10, 0);
        VioNetWrite16(ip + 10, (USHORT)~Fold(AddWords(ip, request->Transport - VIONET_ETHERNET_HEADER)));
    }
    if (request->Udp)
        VioNetWrite16(transport + 4, (USHORT)transportLength);
    VioNetWrite16(checksum, Fold(VioNetRead16(checksum) + transportLength));
}

static VOID DescribeToDevice(VIRTIO_NET_HEADER *header, const REQUEST *request, ULONG headersLength, ULONG tagLength)
{
    header->Flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    header->GsoType = request->Udp ? VIRTIO_NET_HDR_GSO_UDP_L4 : request->V6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    header->HeaderLength = (USHORT)(headersLength + tagLength);
    header->GsoSize = (USHORT)request->Mss;
    header->ChecksumStart = (USHORT)(request->Transport + tagLength);
    header->ChecksumOffset = request->Udp ? UDP_CHECKSUM : TCP_CHECKSUM;
}

static VOID CountFrames(PVIONET_PACKET packet, ULONG payload, ULONG headersLength, ULONG mss)
{
    packet->Frames = (payload + mss - 1) / mss;
    packet->RepeatedBytes = (packet->Frames - 1) * headersLength;
}

_Use_decl_annotations_
BOOLEAN VioNetSegmentMap(PVIONET_PACKET packet)
{
    PVIONET_ADAPTER adapter = packet->Transmit->Adapter;
    VIRTQ_BUFFER area[1 + VIONET_MAX_FRAGMENTS];
    PNET_BUFFER nb = packet->NetBuffer;
    PUCHAR headers = packet->Address + adapter->HeaderSize, found;
    ULONG length = NET_BUFFER_DATA_LENGTH(nb), seen = min(length, MAX_HEADERS), headersLength, tagLength;
    REQUEST request;
    USHORT count;

    found = NdisGetDataBuffer(nb, seen, headers, 1, 0);
    if (found == NULL || !ReadRequest(packet->NetBufferList, &request) || !HeadersGood(found, seen, &request))
        return FALSE;
    headersLength = HeadersLength(found, &request);
    if (headersLength > seen || headersLength == length || request.Mss > adapter->Mtu)
        return FALSE;
    count = VioNetPacketFragments(packet->SgList, nb, headersLength, &area[1]);
    if (count == 0)
        return FALSE;
    if (found != headers)
        NdisMoveMemory(headers, found, headersLength);
    CompleteHeaders(headers, length, &request);
    tagLength = VioNetPacketTag(packet, headers, headersLength);
    RtlZeroMemory(packet->Address, adapter->HeaderSize);
    DescribeToDevice((VIRTIO_NET_HEADER *)packet->Address, &request, headersLength, tagLength);
    CountFrames(packet, length - headersLength, headersLength + tagLength, request.Mss);
    packet->Kind = VioNetAddressKind(headers);
    area[0].Address = packet->Physical;
    area[0].Length = adapter->HeaderSize + headersLength + tagLength;
    VirtqueueAdd(&packet->Transmit->Queue, area, count + 1, 0, packet);
    return TRUE;
}
