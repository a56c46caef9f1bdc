#include "adapter.h"

#include "coalesce.h"
#include "frame.h"

/* Context space of a list, unused here: intermediate and filter drivers above find it and need not allocate. */
#define UPPER_CONTEXT 32
#define MAX_BATCH 64                    /* frames of one indication */
/* Bytes of the information slots that receiving deals with: checksums to hashes. The others stay as they were made. */
#define USED_INFO ((NetBufferListHashInfo + 1) * sizeof(PVOID))
#define BUFFER_OF(nbl) ((PVIONET_RECEIVE_BUFFER)NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0])

/* Frames of one poll: a chain in order of arrival. */
typedef struct _RECEIVED {
    PNET_BUFFER_LIST First, *Last;
    ULONG Count;
} RECEIVED;

/* ---- life ---- */

static NDIS_HANDLE CreatePool(NDIS_HANDLE adapter)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.ContextSize = UPPER_CONTEXT;
    parameters.PoolTag = VIONET_TAG;
    return NdisAllocateNetBufferListPool(adapter, &parameters);
}

static NDIS_STATUS CreateBuffer(PVIONET_RECEIVE receive, ULONG index)
{
    PVIONET_RECEIVE_BUFFER buffer = &receive->Buffer[index];

    buffer->Receive = receive;
    buffer->Address = VioNetSlot(&receive->Slots, index, &buffer->Physical);
    buffer->Mdl = NdisAllocateMdl(receive->Adapter->Handle, buffer->Address, receive->BufferSize);
    if (buffer->Mdl == NULL)
        return NDIS_STATUS_RESOURCES;
    buffer->NetBufferList = NdisAllocateNetBufferAndNetBufferList(receive->Pool, 0, 0, buffer->Mdl,
                                                                  receive->HeaderSize, 0);
    if (buffer->NetBufferList == NULL)
        return NDIS_STATUS_RESOURCES;
    buffer->NetBufferList->SourceHandle = receive->Adapter->Handle;
    NET_BUFFER_LIST_MINIPORT_RESERVED(buffer->NetBufferList)[0] = buffer;
    return NDIS_STATUS_SUCCESS;
}

static VOID DestroyBuffer(PVIONET_RECEIVE_BUFFER buffer)
{
    if (buffer->NetBufferList != NULL)
        NdisFreeNetBufferList(buffer->NetBufferList);
    if (buffer->Mdl != NULL)
        NdisFreeMdl(buffer->Mdl);
}

_Use_decl_annotations_
NDIS_STATUS VioNetReceiveCreate(PVIONET_RECEIVE receive, PVIONET_ADAPTER adapter, ULONG pair)
{
    USHORT size = VioNetQueueSize(&adapter->Pci, VIRTIO_NET_QUEUE_RECEIVE(pair), adapter->Config.ReceiveBuffers);
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;

    RtlZeroMemory(receive, sizeof(*receive));
    KeInitializeSpinLock(&receive->Lock);
    receive->Adapter = adapter;
    if (size == 0)
        return NDIS_STATUS_DEVICE_FAILED;
    receive->BufferCount = min(size, adapter->Config.ReceiveBuffers);
    receive->HeaderSize = adapter->HeaderSize;
    receive->Mergeable = (adapter->Features & VIRTIO_NET_F_MRG_RXBUF) != 0;
    receive->BufferSize = receive->HeaderSize + VioNetMaxFrame(adapter);
    receive->Low = receive->BufferCount / 8;
    receive->Buffer = VioNetAllocate(adapter->Handle, receive->BufferCount * sizeof(*receive->Buffer));
    if (receive->Buffer == NULL)
        goto fail;
    receive->Pool = CreatePool(adapter->Handle);
    if (receive->Pool == NULL)
        goto fail;
    status = VioNetSlotsCreate(&receive->Slots, adapter->Handle, receive->BufferCount, receive->BufferSize,
                               NdisSharedMemoryUsageReceive);
    for (ULONG i = 0; status == NDIS_STATUS_SUCCESS && i < receive->BufferCount; i++)
        status = CreateBuffer(receive, i);
    if (status == NDIS_STATUS_SUCCESS)
        status = VirtqueueCreate(&receive->Queue, adapter->Handle, VIRTIO_NET_QUEUE_RECEIVE(pair), size);
    if (status == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;
fail:
    VioNetReceiveDestroy(receive);
    return status;
}

_Use_decl_annotations_
VOID VioNetReceiveDestroy(PVIONET_RECEIVE receive)
{
    VirtqueueDestroy(&receive->Queue);
    for (ULONG i = 0; receive->Buffer != NULL && i < receive->BufferCount; i++)
        DestroyBuffer(&receive->Buffer[i]);
    VioNetSlotsDestroy(&receive->Slots);
    if (receive->Pool != NULL)
        NdisFreeNetBufferListPool(receive->Pool);
    if (receive->Buffer != NULL)
        NdisFreeMemory(receive->Buffer, 0, 0);
    receive->Pool = NULL;
    receive->Buffer = NULL;
}

/* ---- buffers to the device ---- */

_Requires_lock_held_(receive->Lock)
FORCEINLINE VOID Give(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer)
{
    buffer->Indicated = FALSE;
    VirtqueueAddOne(&receive->Queue, buffer->Physical, receive->BufferSize, VIRTQ_DESC_WRITE, buffer);
}

/* The other buffers of a frame that needed several, or that was coalesced in one. */
_Requires_lock_held_(receive->Lock)
static DECLSPEC_NOINLINE VOID GiveMore(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER first)
{
    for (PVIONET_RECEIVE_BUFFER buffer = VioNetRscSeparate(first), next; buffer != NULL; buffer = next) {
        next = *VioNetRscMore(buffer);
        *VioNetRscMore(buffer) = NULL;
        buffer->Indicated = FALSE;
        if (receive->Up)
            Give(receive, buffer);
    }
}

_Requires_lock_held_(receive->Lock)
static DECLSPEC_NOINLINE VOID GiveUnits(PVIONET_RECEIVE receive, PNET_BUFFER_LIST chain)
{
    for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
        if (BUFFER_OF(chain)->Coalesced)
            GiveMore(receive, BUFFER_OF(chain));
    }
}

_Requires_lock_held_(receive->Lock)
static DECLSPEC_NOINLINE VOID Refuse(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer)
{
    if (buffer->Coalesced)
        GiveMore(receive, buffer);
    Give(receive, buffer);
}

_Requires_lock_held_(receive->Lock)
static VOID Publish(PVIONET_RECEIVE receive)
{
    if (VirtqueuePublish(&receive->Queue))
        VirtqueueNotify(&receive->Queue);
}

_Use_decl_annotations_
BOOLEAN VioNetReceiveStart(PVIONET_RECEIVE receive, USHORT vector, BOOLEAN eventIndex)
{
    return VirtqueueStart(&receive->Queue, &receive->Adapter->Pci, vector, eventIndex);
}

_Use_decl_annotations_
VOID VioNetReceiveFill(PVIONET_RECEIVE receive)
{
    KIRQL irql;

    KeAcquireSpinLock(&receive->Lock, &irql);
    for (ULONG i = 0; i < receive->BufferCount; i++) {
        if (!receive->Buffer[i].Indicated)
            Give(receive, &receive->Buffer[i]);
    }
    receive->Up = TRUE;
    VirtqueueArm(&receive->Queue, 1);
    Publish(receive);
    KeReleaseSpinLock(&receive->Lock, irql);
}

_Use_decl_annotations_
VOID VioNetReceiveStop(PVIONET_RECEIVE receive)
{
    KIRQL irql;

    KeAcquireSpinLock(&receive->Lock, &irql);
    receive->Up = FALSE;
    while (VirtqueueTakeBack(&receive->Queue) != NULL)
        continue;
    KeReleaseSpinLock(&receive->Lock, irql);
}

/* ---- frames to NDIS ---- */

/* What the packet filter and the address say: most devices filter for us, all may pass more than asked for. */
static BOOLEAN Wanted(const VIONET_ADAPTER *adapter, const UCHAR *destination, ULONG kind)
{
    ULONG filter = adapter->PacketFilter;

    if ((filter & NDIS_PACKET_TYPE_PROMISCUOUS) != 0)
        return TRUE;
    if (kind == VIONET_BROADCAST)
        return (filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (kind == VIONET_UNICAST)
        return (filter & NDIS_PACKET_TYPE_DIRECTED) != 0 && VioNetSameAddress(destination, adapter->CurrentAddress);
    if ((filter & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0)
        return TRUE;
    for (ULONG i = 0; (filter & NDIS_PACKET_TYPE_MULTICAST) != 0 && i < adapter->MulticastCount; i++) {
        if (VioNetSameAddress(destination, adapter->Multicast[i]))
            return TRUE;
    }
    return FALSE;
}

/* Moves a VLAN tag out of the frame; returns by how much the frame starts later. */
static ULONG StripTag(PNET_BUFFER_LIST nbl, PUCHAR frame, ULONG length)
{
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;
    USHORT tag;

    if (length < VIONET_ETHERNET_HEADER + VIONET_VLAN_TAG || VioNetRead16(frame + 12) != VIONET_ETHERTYPE_VLAN)
        return 0;
    tag = VioNetRead16(frame + 14);
    RtlMoveMemory(frame + VIONET_VLAN_TAG, frame, 2 * ETH_LENGTH_OF_ADDRESS);
    info.Value = NULL;
    info.TagHeader.UserPriority = tag >> 13;
    info.TagHeader.CanonicalFormatId = (tag >> 12) & 1;
    info.TagHeader.VlanId = tag & 0xFFF;
    NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = info.Value;
    return VIONET_VLAN_TAG;
}

/* Makes the buffer's NET_BUFFER_LIST describe the frame. */
FORCEINLINE VOID Describe(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer, ULONG length, ULONG kind)
{
    PNET_BUFFER_LIST nbl = buffer->NetBufferList;
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl);
    const VIRTIO_NET_HEADER *header = (const VIRTIO_NET_HEADER *)buffer->Address;
    ULONG skip = 0;

    RtlZeroMemory(nbl->NetBufferListInfo, USED_INFO);
    nbl->NblFlags = 0;
    nbl->Status = NDIS_STATUS_SUCCESS;
    if ((header->Flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 && header->GsoType != VIRTIO_NET_HDR_GSO_NONE)
        VioNetRscDescribe(receive, buffer, length, kind);
    else if ((header->Flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) != 0)
        VioNetOffloadReceive(receive->Adapter, nbl, header, buffer->Address + receive->HeaderSize, length);
    if (receive->HeaderSize == sizeof(VIRTIO_NET_HEADER_HASH))
        VioNetRssDescribe(nbl, (const VIRTIO_NET_HEADER_HASH *)header);
    if (receive->Adapter->Config.PriorityVlanTag != 0)
        skip = StripTag(nbl, buffer->Address + receive->HeaderSize, length);
    NET_BUFFER_DATA_OFFSET(nb) = NET_BUFFER_CURRENT_MDL_OFFSET(nb) = receive->HeaderSize + skip;
    NET_BUFFER_CURRENT_MDL(nb) = NET_BUFFER_FIRST_MDL(nb);
    NET_BUFFER_DATA_LENGTH(nb) = length - skip;
}

/* Takes one used buffer, and the others of its frame; TRUE when it holds a frame for NDIS, else they go back to the device. */
_Requires_lock_held_(receive->Lock)
FORCEINLINE BOOLEAN TakeFrame(PVIONET_RECEIVE receive, PVIONET_RECEIVE_BUFFER buffer, ULONG used)
{
    const UCHAR *frame = buffer->Address + receive->HeaderSize;
    ULONG length, kind;

    if (used < receive->HeaderSize + VIONET_ETHERNET_HEADER || used > receive->BufferSize) {
        receive->Statistics.Errors++;
        return FALSE;
    }
    if (receive->Mergeable && ((const VIRTIO_NET_HEADER *)buffer->Address)->BufferCount > 1) {
        used = VioNetRscTake(receive, buffer, used);
        if (used == 0)
            return FALSE;
    }
    length = used - receive->HeaderSize;
    kind = VioNetAddressKind(frame);
    if (receive->Adapter->State != VioNetRunning || !Wanted(receive->Adapter, frame, kind)) {
        receive->Statistics.Discards += receive->Adapter->State != VioNetRunning;
        return FALSE;
    }
    receive->Statistics.Frames[kind]++;
    receive->Statistics.Bytes[kind] += length;
    Describe(receive, buffer, length, kind);
    buffer->Indicated = TRUE;
    return TRUE;
}

_Requires_lock_held_(receive->Lock)
static VOID Harvest(PVIONET_RECEIVE receive, ULONG budget, RECEIVED *received)
{
    PVIONET_RECEIVE_BUFFER buffer;
    ULONG used;

    received->First = NULL;
    received->Last = &received->First;
    received->Count = 0;
    while (received->Count < budget && (buffer = VirtqueueTake(&receive->Queue, &used)) != NULL) {
        if (!TakeFrame(receive, buffer, used)) {
            Refuse(receive, buffer);
            continue;
        }
        *received->Last = buffer->NetBufferList;
        received->Last = &NET_BUFFER_LIST_NEXT_NBL(buffer->NetBufferList);
        received->Count++;
    }
    *received->Last = NULL;
}

/* Puts a chain of buffers back and returns how many they were; the lock is not held. */
static LONG GiveBack(PVIONET_RECEIVE receive, PNET_BUFFER_LIST chain)
{
    LONG count = 0;

    KeAcquireSpinLockAtDpcLevel(&receive->Lock);
    if (receive->Units != 0)
        GiveUnits(receive, chain);
    for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
        PVIONET_RECEIVE_BUFFER buffer = BUFFER_OF(chain);

        count++;
        if (receive->Up)
            Give(receive, buffer);
        else
            buffer->Indicated = FALSE;
    }
    if (receive->Up)
        Publish(receive);
    KeReleaseSpinLockFromDpcLevel(&receive->Lock);
    return count;
}

/* Hands the chain to NDIS. `lend`: NDIS must be done with it when the call returns, so that it can go back at once. */
static VOID Indicate(PVIONET_RECEIVE receive, RECEIVED *received, BOOLEAN lend)
{
    PVIONET_ADAPTER adapter = receive->Adapter;
    ULONG flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | (lend ? NDIS_RECEIVE_FLAGS_RESOURCES : 0);

    NdisMIndicateReceiveNetBufferLists(adapter->Handle, received->First, NDIS_DEFAULT_PORT_NUMBER, received->Count,
                                       flags);
    if (!lend)
        return;
    GiveBack(receive, received->First);
    VioNetRelease(adapter, (LONG)received->Count);
}

/* One batch. Returns how many frames were indicated; *more when the queue has others. The lock is held on entry and
 * on return, not while NDIS has control. */
_Requires_lock_held_(receive->Lock)
static ULONG PollOnce(PVIONET_RECEIVE receive, ULONG budget)
{
    RECEIVED received;
    BOOLEAN lend;

    if (!receive->Up)
        return 0;
    Harvest(receive, budget, &received);
    Publish(receive);                   /* what was refused */
    if (received.Count == 0)
        return 0;
    if (!VioNetHold(receive->Adapter, (LONG)received.Count)) {
        KeReleaseSpinLockFromDpcLevel(&receive->Lock);
        GiveBack(receive, received.First);
        KeAcquireSpinLockAtDpcLevel(&receive->Lock);
        return 0;
    }
    lend = VirtqueueInUse(&receive->Queue) < receive->Low;
    KeReleaseSpinLockFromDpcLevel(&receive->Lock);
    Indicate(receive, &received, lend);
    KeAcquireSpinLockAtDpcLevel(&receive->Lock);
    return received.Count;
}

_Use_decl_annotations_
BOOLEAN VioNetReceivePoll(PVIONET_RECEIVE receive, ULONG budget)
{
    BOOLEAN more = FALSE;

    KeAcquireSpinLockAtDpcLevel(&receive->Lock);
    if (receive->Polling) {
        receive->PollAgain = TRUE;
        KeReleaseSpinLockFromDpcLevel(&receive->Lock);
        return FALSE;
    }
    receive->Polling = TRUE;
    do {
        receive->PollAgain = FALSE;
        budget -= PollOnce(receive, min(budget, MAX_BATCH));
        if (!receive->Up)
            break;
        more = budget == 0 && VirtqueueHasUsed(&receive->Queue);
    } while (!more && (receive->PollAgain || VirtqueueHasUsed(&receive->Queue) || !VirtqueueArm(&receive->Queue, 1)));
    receive->Polling = FALSE;
    KeReleaseSpinLockFromDpcLevel(&receive->Lock);
    return more;
}

_Use_decl_annotations_
VOID VioNetReceiveDrain(PVIONET_RECEIVE receive)
{
    BOOLEAN busy;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (VOID)VioNetReceivePoll(receive, receive->BufferCount);
    KeLowerIrql(irql);
    do {
        KeAcquireSpinLock(&receive->Lock, &irql);
        busy = receive->Polling;
        KeReleaseSpinLock(&receive->Lock, irql);
    } while (busy);
}

/* Lists of several queues may come back in one chain. */
static LONG GiveBackMany(PNET_BUFFER_LIST chain)
{
    LONG count = 0;

    while (chain != NULL) {
        PVIONET_RECEIVE receive = BUFFER_OF(chain)->Receive;
        PNET_BUFFER_LIST first = chain, last;

        do {
            last = chain;
            chain = NET_BUFFER_LIST_NEXT_NBL(chain);
        } while (chain != NULL && BUFFER_OF(chain)->Receive == receive);
        NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
        count += GiveBack(receive, first);
    }
    return count;
}

_Use_decl_annotations_
VOID VioNetReturn(NDIS_HANDLE context, PNET_BUFFER_LIST netBufferLists, ULONG returnFlags)
{
    PVIONET_ADAPTER adapter = context;
    LONG count;
    KIRQL irql = DISPATCH_LEVEL;

    if (!NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(returnFlags))
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    count = adapter->QueueCount == 1 ? GiveBack(&adapter->Receive[0], netBufferLists) : GiveBackMany(netBufferLists);
    if (!NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(returnFlags))
        KeLowerIrql(irql);
    VioNetRelease(adapter, count);
}

_Use_decl_annotations_
VOID VioNetReceiveAddStatistics(PVIONET_RECEIVE receive, VIONET_RECEIVE_STATISTICS *statistics)
{
    KIRQL irql;

    KeAcquireSpinLock(&receive->Lock, &irql);
    for (ULONG kind = 0; kind < ARRAYSIZE(statistics->Frames); kind++) {
        statistics->Frames[kind] += receive->Statistics.Frames[kind];
        statistics->Bytes[kind] += receive->Statistics.Bytes[kind];
    }
    statistics->Errors += receive->Statistics.Errors;
    statistics->Discards += receive->Statistics.Discards;
    statistics->CoalescedSegments += receive->Statistics.CoalescedSegments;
    statistics->CoalescedBytes += receive->Statistics.CoalescedBytes;
    statistics->CoalescedFrames += receive->Statistics.CoalescedFrames;
    KeReleaseSpinLock(&receive->Lock, irql);
}
