#include "packet.h"

#include "frame.h"
#include "segment.h"

static VOID InitializePacket(PVIONET_TRANSMIT transmit, ULONG index)
{
    PVIONET_PACKET packet = &transmit->Packet[index];

    packet->Transmit = transmit;
    packet->Address = VioNetSlot(&transmit->Slots, index, &packet->Physical);
    packet->SgBuffer = transmit->SgMemory + (SIZE_T)index * transmit->Adapter->SgListSize;
    packet->Next = transmit->Free;
    transmit->Free = packet;
}

_Use_decl_annotations_
NDIS_STATUS VioNetPacketsCreate(PVIONET_TRANSMIT transmit, ULONG count)
{
    PVIONET_ADAPTER adapter = transmit->Adapter;
    NDIS_STATUS status;

    status = VioNetSlotsCreate(&transmit->Slots, adapter->Handle, count,
                               adapter->HeaderSize + VioNetMaxFrame(adapter), NdisSharedMemoryUsageXmit);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    transmit->SgMemory = VioNetAllocate(adapter->Handle, (SIZE_T)count * adapter->SgListSize);
    transmit->Packet = VioNetAllocate(adapter->Handle, count * sizeof(*transmit->Packet));
    if (transmit->SgMemory == NULL || transmit->Packet == NULL) {
        VioNetPacketsDestroy(transmit);
        return NDIS_STATUS_RESOURCES;
    }
    transmit->PacketCount = count;
    for (ULONG i = count; i-- != 0;)
        InitializePacket(transmit, i);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetPacketsDestroy(PVIONET_TRANSMIT transmit)
{
    if (transmit->Packet != NULL)
        NdisFreeMemory(transmit->Packet, 0, 0);
    if (transmit->SgMemory != NULL)
        NdisFreeMemory(transmit->SgMemory, 0, 0);
    VioNetSlotsDestroy(&transmit->Slots);
    transmit->Packet = transmit->Free = NULL;
    transmit->SgMemory = NULL;
}

/* The frame's bytes, through its MDLs, to `to`. FALSE when an MDL cannot be mapped or the chain is too short. */
static BOOLEAN CopyChain(PNET_BUFFER nb, PUCHAR to)
{
    ULONG left = NET_BUFFER_DATA_LENGTH(nb), skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(nb); left != 0 && mdl != NULL; mdl = mdl->Next, skip = 0) {
        ULONG length = min(left, MmGetMdlByteCount(mdl) - skip);
        PUCHAR from = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);

        if (from == NULL)
            return FALSE;
        RtlCopyMemory(to, from + skip, length);
        to += length;
        left -= length;
    }
    return left == 0;
}

/* Most small frames lie in one MDL that has an address already. */
static BOOLEAN CopyFrame(PNET_BUFFER nb, PUCHAR to)
{
    PMDL mdl = NET_BUFFER_CURRENT_MDL(nb);
    ULONG length = NET_BUFFER_DATA_LENGTH(nb), offset = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

    if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) == 0 ||
        MmGetMdlByteCount(mdl) - offset < length)
        return CopyChain(nb, to);
    RtlCopyMemory(to, (PUCHAR)mdl->MappedSystemVa + offset, length);
    return TRUE;
}

static VOID InsertTag(PUCHAR frame, USHORT tag)
{
    RtlMoveMemory(frame, frame + VIONET_VLAN_TAG, 2 * ETH_LENGTH_OF_ADDRESS);
    VioNetWrite16(frame + 12, VIONET_ETHERTYPE_VLAN);
    VioNetWrite16(frame + 14, tag);
}

static USHORT TagOf(NDIS_NET_BUFFER_LIST_8021Q_INFO info)
{
    return (USHORT)(info.TagHeader.UserPriority << 13 | info.TagHeader.CanonicalFormatId << 12 | info.TagHeader.VlanId);
}

_Use_decl_annotations_
ULONG VioNetPacketTag(PVIONET_PACKET packet, PUCHAR headers, ULONG length)
{
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;

    info.Value = NET_BUFFER_LIST_INFO(packet->NetBufferList, Ieee8021QNetBufferListInfo);
    if (info.Value == NULL || packet->Transmit->Adapter->Config.PriorityVlanTag == 0)
        return 0;
    RtlMoveMemory(headers + VIONET_VLAN_TAG, headers, length);
    InsertTag(headers, TagOf(info));
    return VIONET_VLAN_TAG;
}

/* The frame with a VLAN tag after its addresses. */
static BOOLEAN CopyTagged(PVIONET_PACKET packet, VIRTIO_NET_HEADER *header, PUCHAR frame, USHORT tag)
{
    PVIONET_ADAPTER adapter = packet->Transmit->Adapter;
    ULONG length = NET_BUFFER_DATA_LENGTH(packet->NetBuffer);

    if (length + VIONET_VLAN_TAG > VioNetMaxFrame(adapter) || !CopyChain(packet->NetBuffer, frame + VIONET_VLAN_TAG) ||
        !VioNetOffloadSend(adapter, packet->NetBufferList, header, frame + VIONET_VLAN_TAG, length))
        return FALSE;
    InsertTag(frame, tag);
    header->ChecksumStart += header->Flags != 0 ? VIONET_VLAN_TAG : 0;
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VioNetPacketCopy(PVIONET_PACKET packet)
{
    PVIONET_ADAPTER adapter = packet->Transmit->Adapter;
    VIRTIO_NET_HEADER *header = (VIRTIO_NET_HEADER *)packet->Address;
    PUCHAR frame = packet->Address + adapter->HeaderSize;
    ULONG length = NET_BUFFER_DATA_LENGTH(packet->NetBuffer);
    NDIS_NET_BUFFER_LIST_8021Q_INFO tag;

    tag.Value = NET_BUFFER_LIST_INFO(packet->NetBufferList, Ieee8021QNetBufferListInfo);
    if (tag.Value != NULL && adapter->Config.PriorityVlanTag != 0) {
        if (!CopyTagged(packet, header, frame, TagOf(tag)))
            return FALSE;
        length += VIONET_VLAN_TAG;
    } else if (!CopyFrame(packet->NetBuffer, frame) ||
               !VioNetOffloadSend(adapter, packet->NetBufferList, header, frame, length)) {
        return FALSE;
    }
    packet->Kind = VioNetAddressKind(frame);
    packet->Frames = 1;
    packet->RepeatedBytes = 0;
    VirtqueueAddOne(&packet->Transmit->Queue, packet->Physical, adapter->HeaderSize + length, 0, packet);
    return TRUE;
}

/* The list describes the memory from the start of the current MDL; the frame starts CurrentMdlOffset bytes later. */
_Use_decl_annotations_
USHORT VioNetPacketFragments(const SCATTER_GATHER_LIST *list, PNET_BUFFER nb, ULONG from, VIRTQ_BUFFER *area)
{
    ULONG skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb) + from, left = NET_BUFFER_DATA_LENGTH(nb) - from;
    USHORT count = 0;

    for (ULONG i = 0; left != 0 && i < list->NumberOfElements; i++) {
        const SCATTER_GATHER_ELEMENT *element = &list->Elements[i];
        ULONG length = element->Length;

        if (skip >= length) {
            skip -= length;
            continue;
        }
        if (count == VIONET_MAX_FRAGMENTS)
            return 0;
        length = min(length - skip, left);
        area[count].Address = (ULONG64)element->Address.QuadPart + skip;
        area[count++].Length = length;
        skip = 0;
        left -= length;
    }
    return left == 0 ? count : 0;
}

_Use_decl_annotations_
BOOLEAN VioNetPacketMap(PVIONET_PACKET packet)
{
    PVIONET_ADAPTER adapter = packet->Transmit->Adapter;
    VIRTQ_BUFFER area[1 + VIONET_MAX_FRAGMENTS];
    VIRTIO_NET_HEADER *header = (VIRTIO_NET_HEADER *)packet->Address;
    PNET_BUFFER nb = packet->NetBuffer;
    PUCHAR start = packet->Address + adapter->HeaderSize;
    USHORT count;
    PUCHAR headers;

    if (VioNetSegmentWanted(packet->NetBufferList))
        return VioNetSegmentMap(packet);
    count = VioNetPacketFragments(packet->SgList, nb, 0, &area[1]);
    if (count == 0)
        return VioNetPacketCopy(packet);
    headers = NdisGetDataBuffer(nb, min(NET_BUFFER_DATA_LENGTH(nb), VIONET_HEADERS_LENGTH), start, 1, 0);
    if (headers == NULL ||
        !VioNetOffloadSend(adapter, packet->NetBufferList, header, headers, NET_BUFFER_DATA_LENGTH(nb)))
        return FALSE;
    packet->Kind = VioNetAddressKind(headers);
    packet->Frames = 1;
    packet->RepeatedBytes = 0;
    area[0].Address = packet->Physical;
    area[0].Length = adapter->HeaderSize;
    VirtqueueAdd(&packet->Transmit->Queue, area, count + 1, 0, packet);
    return TRUE;
}
