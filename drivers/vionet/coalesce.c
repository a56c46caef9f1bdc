#include "coalesce.h"

#include "adapter.h"
#include "frame.h"

#define TCP_HEADER 20

/* ---- on and off ---- */

ULONG64 VioNetRscFeatures(ULONG64 features)
{
    ULONG64 needed = VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_CTRL_GUEST_OFFLOADS | VIRTIO_NET_F_GUEST_CSUM | VIRTIO_NET_F_CTRL_VQ;
    ULONG64 large = features & (VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6);

    return large != 0 && (features & needed) == needed ? features & VIONET_RSC_FEATURES : 0;
}

_Use_decl_annotations_
VOID VioNetRscApply(PVIONET_ADAPTER adapter)
{
    ULONG64 offloads = VIRTIO_NET_F_GUEST_CSUM;

    if ((adapter->Features & VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) == 0)
        return;
    if (adapter->RscActiveV4 && adapter->Offload.RscV4 != 0)
        offloads |= VIRTIO_NET_F_GUEST_TSO4;
    if (adapter->RscActiveV6 && adapter->Offload.RscV6 != 0)
        offloads |= VIRTIO_NET_F_GUEST_TSO6;
    VioNetControlOffloads(&adapter->Control, offloads);
}

_Use_decl_annotations_
VOID VioNetRscChange(PVIONET_ADAPTER adapter)
{
    if (!adapter->HardwareUp)
        return;
    VioNetRscApply(adapter);
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        VioNetReceiveDrain(&adapter->Receive[pair]);
}

_Use_decl_annotations_
VOID VioNetRscActivate(PVIONET_ADAPTER adapter, const NDIS_OFFLOAD_ENCAPSULATION *encapsulation)
{
    adapter->RscActiveV4 = encapsulation->IPv4.Enabled == NDIS_OFFLOAD_SET_ON;
    adapter->RscActiveV6 = encapsulation->IPv6.Enabled == NDIS_OFFLOAD_SET_ON;
    VioNetRscChange(adapter);
}

/* ---- frames ---- */

static VOID Mark(PVIONET_RECEIVE_BUFFER buffer)
{
    buffer->Receive->Units += !buffer->Coalesced;
    buffer->Coalesced = TRUE;
}

_Use_decl_annotations_
ULONG VioNetRscTake(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer, ULONG used)
{
    const VIRTIO_NET_HEADER *header = (const VIRTIO_NET_HEADER *)buffer->Address;
    PVIONET_RECEIVE_BUFFER last = buffer, next;
    BOOLEAN whole = TRUE;
    ULONG total = used;

    Mark(buffer);
    receive->Statistics.Errors++;       /* unless all is well */
    for (ULONG left = header->BufferCount; left > 1; left--) {
        whole = whole && used == receive->BufferSize;   /* all but the last are full */
        next = VirtqueueTake(&receive->Queue, &used);
        if (next == NULL)
            return 0;
        *VioNetRscMore(last) = next;
        last->Mdl->Next = next->Mdl;
        next->Indicated = TRUE;
        last = next;
        total += used;
        whole = whole && used != 0 && used <= receive->BufferSize;
    }
    if (!whole)
        return 0;
    receive->Statistics.Errors--;
    return total;
}

/* TCP behind plain headers, where the device's checksum begins; 0 when that cannot be. */
static ULONG HeadersLength(const VIRTIO_NET_HEADER *header, const UCHAR *frame, ULONG seen)
{
    ULONG tcp = header->ChecksumStart, length;

    if (tcp < VIONET_ETHERNET_HEADER || tcp + TCP_HEADER > seen)
        return 0;
    length = tcp + (frame[tcp + 12] >> 4) * 4;
    return length <= seen ? length : 0;
}

_Use_decl_annotations_
VOID VioNetRscDescribe(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer, ULONG length, ULONG kind)
{
    const VIRTIO_NET_HEADER *header = (const VIRTIO_NET_HEADER *)buffer->Address;
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum;
    NDIS_RSC_NBL_INFO info;
    ULONG headers = HeadersLength(header, buffer->Address + receive->HeaderSize, min(length, receive->BufferSize - receive->HeaderSize));
    ULONG segments;

    Mark(buffer);
    if (headers == 0 || headers >= length || header->GsoSize == 0)
        return;
    segments = (length - headers + header->GsoSize - 1) / header->GsoSize;
    info.Value = NULL;
    info.Info.CoalescedSegCount = (USHORT)segments;
    NET_BUFFER_LIST_INFO(buffer->NetBufferList, TcpRecvSegCoalesceInfo) = info.Value;
    /* The segments' checksums held; the one in the frame is of the pseudo-header alone. */
    checksum.Value = NULL;
    checksum.Receive.IpChecksumSucceeded = 1;
    checksum.Receive.TcpChecksumSucceeded = 1;
    checksum.Receive.TcpChecksumValueInvalid = 1;
    NET_BUFFER_LIST_INFO(buffer->NetBufferList, TcpIpChecksumNetBufferListInfo) = checksum.Value;
    receive->Statistics.Frames[kind] += segments - 1;
    receive->Statistics.Bytes[kind] += (segments - 1) * headers;
    receive->Statistics.CoalescedSegments += segments;
    receive->Statistics.CoalescedBytes += length - headers;
    receive->Statistics.CoalescedFrames++;
}

PVIONET_RECEIVE_BUFFER VioNetRscSeparate(PVIONET_RECEIVE_BUFFER buffer)
{
    PVIONET_RECEIVE_BUFFER first = *VioNetRscMore(buffer);

    NET_BUFFER_LIST_INFO(buffer->NetBufferList, TcpRecvSegCoalesceInfo) = NULL;
    buffer->Receive->Units--;
    buffer->Coalesced = FALSE;
    *VioNetRscMore(buffer) = NULL;
    for (PMDL mdl = buffer->Mdl, next; mdl != NULL; mdl = next) {
        next = mdl->Next;
        mdl->Next = NULL;
    }
    return first;
}

_Use_decl_annotations_
VOID VioNetRscStatistics(PVIONET_ADAPTER adapter, PNDIS_RSC_STATISTICS_INFO info)
{
    VIONET_RECEIVE_STATISTICS total;

    RtlZeroMemory(&total, sizeof(total));
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        VioNetReceiveAddStatistics(&adapter->Receive[pair], &total);
    RtlZeroMemory(info, sizeof(*info));
    info->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info->Header.Revision = NDIS_RSC_STATISTICS_REVISION_1;
    info->Header.Size = NDIS_SIZEOF_RSC_STATISTICS_REVISION_1;
    info->CoalescedPkts = total.CoalescedSegments;
    info->CoalescedOctets = total.CoalescedBytes;
    info->CoalesceEvents = total.CoalescedFrames;   /* the device does not tell of aborts */
}
