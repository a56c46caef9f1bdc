#include "adapter.h"

#include "frame.h"
#include "packet.h"
#include "segment.h"

#define MAP_DESCRIPTORS (1 + VIONET_MAX_FRAGMENTS)
#define NB_LEFT(nbl) (*(PLONG_PTR)&NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0])
#define NEXT_NB(nbl) (*(PNET_BUFFER *)&NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[1])

static VOID ChainInitialize(VIONET_LIST_CHAIN *chain)
{
    chain->First = NULL;
    chain->Last = &chain->First;
    chain->Count = 0;
}

static VOID ChainAppend(VIONET_LIST_CHAIN *chain, PNET_BUFFER_LIST nbl)
{
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    *chain->Last = nbl;
    chain->Last = &NET_BUFFER_LIST_NEXT_NBL(nbl);
    chain->Count++;
}

static PNET_BUFFER_LIST ChainTake(VIONET_LIST_CHAIN *chain)
{
    PNET_BUFFER_LIST nbl = chain->First;

    chain->First = NET_BUFFER_LIST_NEXT_NBL(nbl);
    if (chain->First == NULL)
        chain->Last = &chain->First;
    chain->Count--;
    return nbl;
}

/* ---- life ---- */

_Use_decl_annotations_
NDIS_STATUS VioNetTransmitCreate(PVIONET_TRANSMIT transmit, PVIONET_ADAPTER adapter, ULONG pair)
{
    USHORT size = VioNetQueueSize(&adapter->Pci, VIRTIO_NET_QUEUE_TRANSMIT(pair),
                                  max(adapter->Config.TransmitBuffers, 2 * MAP_DESCRIPTORS));
    NDIS_STATUS status;

    RtlZeroMemory(transmit, sizeof(*transmit));
    KeInitializeSpinLock(&transmit->Lock);
    ChainInitialize(&transmit->Waiting);
    transmit->Adapter = adapter;
    if (size < MAP_DESCRIPTORS)
        return NDIS_STATUS_DEVICE_FAILED;
    status = VioNetPacketsCreate(transmit, adapter->Config.TransmitBuffers);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = VirtqueueCreate(&transmit->Queue, adapter->Handle, VIRTIO_NET_QUEUE_TRANSMIT(pair), size);
    if (status != NDIS_STATUS_SUCCESS)
        VioNetPacketsDestroy(transmit);
    return status;
}

_Use_decl_annotations_
VOID VioNetTransmitDestroy(PVIONET_TRANSMIT transmit)
{
    VirtqueueDestroy(&transmit->Queue);
    if (transmit->Packet != NULL)
        VioNetPacketsDestroy(transmit);
}

/* ---- completion ---- */

/* Gives finished lists back to NDIS. The lock is not held. */
static VOID Complete(PVIONET_ADAPTER adapter, VIONET_LIST_CHAIN *done)
{
    if (done->First == NULL)
        return;
    NdisMSendNetBufferListsComplete(adapter->Handle, done->First, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
    VioNetRelease(adapter, done->Count);
}

_Requires_lock_held_(transmit->Lock)
static VOID FinishNetBuffers(PNET_BUFFER_LIST nbl, LONG count, VIONET_LIST_CHAIN *done)
{
    NB_LEFT(nbl) -= count;
    if (NB_LEFT(nbl) != 0)
        return;
    VioNetSegmentComplete(nbl);
    ChainAppend(done, nbl);
}

_Requires_lock_held_(packet->Transmit->Lock)
static VOID FinishPacket(PVIONET_PACKET packet, VIONET_LIST_CHAIN *done)
{
    FinishNetBuffers(packet->NetBufferList, 1, done);
    packet->SgList = NULL;
    packet->Next = packet->Transmit->Free;
    packet->Transmit->Free = packet;
}

/* Finishes a chain of mapped packets: unmaps them without the lock. */
_Requires_lock_held_(transmit->Lock)
static VOID FinishMapped(PVIONET_TRANSMIT transmit, PVIONET_PACKET mapped, VIONET_LIST_CHAIN *done)
{
    if (mapped == NULL)
        return;
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    for (PVIONET_PACKET packet = mapped; packet != NULL; packet = packet->Next)
        NdisMFreeNetBufferSGList(transmit->Adapter->DmaHandle, packet->SgList, packet->NetBuffer);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    while (mapped != NULL) {
        PVIONET_PACKET packet = mapped;

        mapped = packet->Next;
        FinishPacket(packet, done);
    }
}

static VOID FinishOrKeep(PVIONET_PACKET packet, PVIONET_PACKET *mapped, VIONET_LIST_CHAIN *done)
{
    if (packet->SgList == NULL) {
        FinishPacket(packet, done);
        return;
    }
    packet->Next = *mapped;
    *mapped = packet;
}

/* Takes what the device has used; FALSE when that is nothing. */
_Requires_lock_held_(transmit->Lock)
static BOOLEAN Reap(PVIONET_TRANSMIT transmit, VIONET_LIST_CHAIN *done)
{
    PVIONET_PACKET packet, mapped = NULL;
    ULONG length, before = transmit->Progress;

    while ((packet = VirtqueueTake(&transmit->Queue, &length)) != NULL) {
        transmit->Progress++;
        FinishOrKeep(packet, &mapped, done);
    }
    if (transmit->Progress == before)
        return FALSE;
    FinishMapped(transmit, mapped, done);
    return TRUE;
}

/* ---- to the device ---- */

static VOID Count(PVIONET_TRANSMIT transmit, const VIONET_PACKET *packet)
{
    transmit->Statistics.Frames[packet->Kind] += packet->Frames;
    transmit->Statistics.Bytes[packet->Kind] += NET_BUFFER_DATA_LENGTH(packet->NetBuffer) + packet->RepeatedBytes;
}

/* Sends a packet whose data is mapped (SgList) or will be copied. One that cannot be sent is finished with an error. */
_Requires_lock_held_(transmit->Lock)
static VOID Post(PVIONET_TRANSMIT transmit, PVIONET_PACKET packet, VIONET_LIST_CHAIN *done)
{
    PVIONET_PACKET mapped = NULL;

    if (transmit->Up && (packet->SgList != NULL ? VioNetPacketMap(packet) : VioNetPacketCopy(packet))) {
        Count(transmit, packet);
        return;
    }
    transmit->Statistics.Errors++;
    NET_BUFFER_LIST_STATUS(packet->NetBufferList) = transmit->Up ? NDIS_STATUS_FAILURE : NDIS_STATUS_REQUEST_ABORTED;
    FinishOrKeep(packet, &mapped, done);
    FinishMapped(transmit, mapped, done);
}

/* The mapping of a packet is there, or could not be made: it goes out. */
_Requires_lock_held_(transmit->Lock)
static VOID Mapped(PVIONET_TRANSMIT transmit, PVIONET_PACKET packet, VIONET_LIST_CHAIN *done)
{
    transmit->Reserved -= MAP_DESCRIPTORS;
    transmit->Mappings--;
    Post(transmit, packet, done);
}

/* Has NDIS map a frame. The lock is dropped meanwhile: HAL may call back at once, later, or on another processor. */
_Requires_lock_held_(transmit->Lock)
static VOID Map(PVIONET_TRANSMIT transmit, PVIONET_PACKET packet, VIONET_LIST_CHAIN *done)
{
    PVIONET_ADAPTER adapter = transmit->Adapter;
    NDIS_STATUS status;

    packet->MapState = 0;
    transmit->Reserved += MAP_DESCRIPTORS;
    transmit->Mappings++;
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    status = NdisMAllocateNetBufferSGList(adapter->DmaHandle, packet->NetBuffer, packet, NDIS_SG_LIST_WRITE_TO_DEVICE,
                                          packet->SgBuffer, adapter->SgListSize);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    if (status != NDIS_STATUS_SUCCESS || InterlockedIncrement(&packet->MapState) == 2)
        Mapped(transmit, packet, done);
}

_Use_decl_annotations_
VOID VioNetProcessSgList(PDEVICE_OBJECT deviceObject, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context)
{
    PVIONET_PACKET packet = context;
    PVIONET_TRANSMIT transmit = packet->Transmit;
    VIONET_LIST_CHAIN done;

    UNREFERENCED_PARAMETER(deviceObject);
    UNREFERENCED_PARAMETER(reserved);
    packet->SgList = list;
    if (InterlockedIncrement(&packet->MapState) != 2)
        return;                         /* Map has not returned yet and sends it */
    ChainInitialize(&done);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    Mapped(transmit, packet, &done);
    if (VirtqueuePublish(&transmit->Queue))
        VirtqueueNotify(&transmit->Queue);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
}

/* The next NET_BUFFER that waits becomes a packet. FALSE: packets or descriptors have run out. */
_Requires_lock_held_(transmit->Lock)
static BOOLEAN PumpOne(PVIONET_TRANSMIT transmit, VIONET_LIST_CHAIN *done)
{
    PNET_BUFFER_LIST nbl = transmit->Waiting.First;
    PNET_BUFFER nb = NEXT_NB(nbl);
    BOOLEAN copy = !VioNetSegmentWanted(nbl) && VioNetPacketWantsCopy(transmit->Adapter, nbl, nb);
    PVIONET_PACKET packet = transmit->Free;

    if (packet == NULL || transmit->Queue.FreeCount < transmit->Reserved + (copy ? 1 : MAP_DESCRIPTORS))
        return FALSE;
    transmit->Free = packet->Next;
    NEXT_NB(nbl) = NET_BUFFER_NEXT_NB(nb);
    if (NEXT_NB(nbl) == NULL)
        ChainTake(&transmit->Waiting);
    packet->NetBufferList = nbl;
    packet->NetBuffer = nb;
    packet->SgList = NULL;
    if (copy)
        Post(transmit, packet, done);
    else
        Map(transmit, packet, done);
    return TRUE;
}

_Requires_lock_held_(transmit->Lock)
static VOID Pump(PVIONET_TRANSMIT transmit, VIONET_LIST_CHAIN *done)
{
    if (transmit->Pumping)
        return;
    transmit->Pumping = TRUE;
    while (transmit->Up && transmit->Waiting.First != NULL && PumpOne(transmit, done))
        continue;
    transmit->Pumping = FALSE;
    if (VirtqueuePublish(&transmit->Queue))
        VirtqueueNotify(&transmit->Queue);
}

/* Asks for an interrupt when three quarters of what the device has are sent: few interrupts for many frames. */
_Requires_lock_held_(transmit->Lock)
static BOOLEAN Arm(PVIONET_TRANSMIT transmit)
{
    USHORT used = VirtqueueInUse(&transmit->Queue);

    return !transmit->Up || used == 0 || VirtqueueArm(&transmit->Queue, used - used / 4);
}

_Requires_lock_held_(transmit->Lock)
static VOID Service(PVIONET_TRANSMIT transmit, VIONET_LIST_CHAIN *done)
{
    do {
        do
            Pump(transmit, done);
        while (Reap(transmit, done));   /* packets came free: more can go out */
    } while (!Arm(transmit));
}

_Use_decl_annotations_
VOID VioNetTransmitPoll(PVIONET_TRANSMIT transmit)
{
    VIONET_LIST_CHAIN done;

    ChainInitialize(&done);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    Service(transmit, &done);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
}

/* ---- from NDIS ---- */

/* A list must have frames of a length that Ethernet has. */
static BOOLEAN Acceptable(const VIONET_ADAPTER *adapter, PNET_BUFFER_LIST nbl)
{
    ULONG limit = VioNetSegmentWanted(nbl) ? VioNetSegmentLimit(adapter, nbl) : VioNetMaxFrame(adapter);
    LONG count = 0;

    for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
        if (NET_BUFFER_DATA_LENGTH(nb) < VIONET_ETHERNET_HEADER || NET_BUFFER_DATA_LENGTH(nb) > limit)
            return FALSE;
        count++;
    }
    NB_LEFT(nbl) = count;
    NEXT_NB(nbl) = NET_BUFFER_LIST_FIRST_NB(nbl);
    return count != 0;
}

/* The common case, a list of one small frame with nobody before it, need not wait to be sent. FALSE: it has to. */
_Requires_lock_held_(transmit->Lock)
static BOOLEAN SendAtOnce(PVIONET_TRANSMIT transmit, PNET_BUFFER_LIST nbl, VIONET_LIST_CHAIN *done)
{
    PNET_BUFFER nb = NEXT_NB(nbl);
    PVIONET_PACKET packet = transmit->Free;

    if (transmit->Waiting.First != NULL || transmit->Pumping || NET_BUFFER_NEXT_NB(nb) != NULL || packet == NULL ||
        transmit->Queue.FreeCount <= transmit->Reserved || VioNetSegmentWanted(nbl) ||
        !VioNetPacketWantsCopy(transmit->Adapter, nbl, nb))
        return FALSE;
    transmit->Free = packet->Next;
    packet->NetBufferList = nbl;
    packet->NetBuffer = nb;
    packet->SgList = NULL;
    Post(transmit, packet, done);
    return TRUE;
}

/* Returns how many lists there are. */
_Requires_lock_held_(transmit->Lock)
static LONG Enqueue(PVIONET_TRANSMIT transmit, PNET_BUFFER_LIST lists, VIONET_LIST_CHAIN *done)
{
    LONG count = 0;

    for (PNET_BUFFER_LIST nbl = lists, next; nbl != NULL; nbl = next) {
        count++;
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
        if (transmit->Up && Acceptable(transmit->Adapter, nbl)) {
            if (!SendAtOnce(transmit, nbl, done))
                ChainAppend(&transmit->Waiting, nbl);
            continue;
        }
        transmit->Statistics.Errors++;
        NET_BUFFER_LIST_STATUS(nbl) = transmit->Up ? NDIS_STATUS_INVALID_LENGTH : NDIS_STATUS_ADAPTER_NOT_READY;
        ChainAppend(done, nbl);
    }
    return count;
}

static VOID Refuse(PVIONET_ADAPTER adapter, PNET_BUFFER_LIST lists, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
        NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PAUSED;
    NdisMSendNetBufferListsComplete(adapter->Handle, lists, flags);
}

static VOID SendOn(PVIONET_TRANSMIT transmit, PNET_BUFFER_LIST lists)
{
    VIONET_LIST_CHAIN done;

    ChainInitialize(&done);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    InterlockedExchangeAdd(&transmit->Adapter->Outstanding, Enqueue(transmit, lists, &done));    /* before any can complete */
    Service(transmit, &done);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
}

/* With several queues, each list goes where its hash says; runs for the same queue stay together. */
static VOID SendOnMany(PVIONET_ADAPTER adapter, PNET_BUFFER_LIST lists)
{
    while (lists != NULL) {
        ULONG queue = VioNetRssTransmitQueue(&adapter->Rss, lists);
        PNET_BUFFER_LIST first = lists, last = lists;

        for (lists = NET_BUFFER_LIST_NEXT_NBL(last); lists != NULL; lists = NET_BUFFER_LIST_NEXT_NBL(last)) {
            if (VioNetRssTransmitQueue(&adapter->Rss, lists) != queue)
                break;
            last = lists;
        }
        NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
        SendOn(&adapter->Transmit[queue], first);
    }
}

_Use_decl_annotations_
VOID VioNetSend(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER portNumber, ULONG sendFlags)
{
    PVIONET_ADAPTER adapter = context;
    BOOLEAN atDispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(sendFlags);
    KIRQL irql = DISPATCH_LEVEL;

    UNREFERENCED_PARAMETER(portNumber);
    if (!VioNetHold(adapter, 1)) {
        Refuse(adapter, lists, atDispatch ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
        return;
    }
    if (!atDispatch)
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (adapter->Rss.Enabled)
        SendOnMany(adapter, lists);
    else
        SendOn(&adapter->Transmit[0], lists);
    if (!atDispatch)
        KeLowerIrql(irql);
    VioNetRelease(adapter, 1);
}

/* Takes waiting lists out (those with `cancelId`, or all), their unsent NET_BUFFERs finished with `status`. */
_Requires_lock_held_(transmit->Lock)
static VOID TakeWaiting(PVIONET_TRANSMIT transmit, BOOLEAN all, PVOID cancelId, NDIS_STATUS status,
                        VIONET_LIST_CHAIN *done)
{
    VIONET_LIST_CHAIN waiting = transmit->Waiting;
    PNET_BUFFER_LIST nbl = waiting.First, next;

    ChainInitialize(&transmit->Waiting);
    for (; nbl != NULL; nbl = next) {
        LONG unsent = 0;

        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        if (!all && NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) != cancelId) {
            ChainAppend(&transmit->Waiting, nbl);
            continue;
        }
        for (PNET_BUFFER nb = NEXT_NB(nbl); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
            unsent++;
        NEXT_NB(nbl) = NULL;
        NET_BUFFER_LIST_STATUS(nbl) = status;
        transmit->Statistics.Discards += unsent;
        FinishNetBuffers(nbl, unsent, done);
    }
}

static VOID CancelOn(PVIONET_TRANSMIT transmit, PVOID cancelId)
{
    VIONET_LIST_CHAIN done;
    KIRQL irql;

    ChainInitialize(&done);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    TakeWaiting(transmit, FALSE, cancelId, NDIS_STATUS_SEND_ABORTED, &done);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
    KeLowerIrql(irql);
}

_Use_decl_annotations_
VOID VioNetCancelSend(NDIS_HANDLE context, PVOID cancelId)
{
    PVIONET_ADAPTER adapter = context;

    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        CancelOn(&adapter->Transmit[pair], cancelId);
}

_Use_decl_annotations_
VOID VioNetTransmitFlush(PVIONET_TRANSMIT transmit, NDIS_STATUS status)
{
    VIONET_LIST_CHAIN done;
    KIRQL irql;

    ChainInitialize(&done);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    TakeWaiting(transmit, TRUE, NULL, status, &done);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
    KeLowerIrql(irql);
}

/* ---- hardware up and down ---- */

_Use_decl_annotations_
BOOLEAN VioNetTransmitStart(PVIONET_TRANSMIT transmit, USHORT vector, BOOLEAN eventIndex)
{
    KIRQL irql;
    BOOLEAN started;

    KeAcquireSpinLock(&transmit->Lock, &irql);
    started = VirtqueueStart(&transmit->Queue, &transmit->Adapter->Pci, vector, eventIndex);
    transmit->Up = started;
    transmit->Stuck = 0;
    KeReleaseSpinLock(&transmit->Lock, irql);
    return started;
}

_Use_decl_annotations_
VOID VioNetTransmitStop(PVIONET_TRANSMIT transmit, NDIS_STATUS status)
{
    PVIONET_PACKET packet, mapped = NULL;
    VIONET_LIST_CHAIN done;
    KIRQL irql;

    ChainInitialize(&done);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&transmit->Lock);
    transmit->Up = FALSE;
    TakeWaiting(transmit, TRUE, NULL, status, &done);
    while ((packet = VirtqueueTakeBack(&transmit->Queue)) != NULL) {
        NET_BUFFER_LIST_STATUS(packet->NetBufferList) = status;
        FinishOrKeep(packet, &mapped, &done);
    }
    FinishMapped(transmit, mapped, &done);
    KeReleaseSpinLockFromDpcLevel(&transmit->Lock);
    Complete(transmit->Adapter, &done);
    KeLowerIrql(irql);
}

_Use_decl_annotations_
BOOLEAN VioNetTransmitHangs(PVIONET_TRANSMIT transmit, ULONG limit)
{
    KIRQL irql;
    BOOLEAN hangs;

    KeAcquireSpinLock(&transmit->Lock, &irql);
    if (transmit->Up && VirtqueueInUse(&transmit->Queue) != 0 && transmit->Progress == transmit->LastProgress)
        transmit->Stuck++;
    else
        transmit->Stuck = 0;
    transmit->LastProgress = transmit->Progress;
    hangs = transmit->Stuck >= limit;
    KeReleaseSpinLock(&transmit->Lock, irql);
    return hangs;
}

_Use_decl_annotations_
VOID VioNetTransmitAddStatistics(PVIONET_TRANSMIT transmit, VIONET_TRANSMIT_STATISTICS *statistics)
{
    KIRQL irql;

    KeAcquireSpinLock(&transmit->Lock, &irql);
    for (ULONG kind = 0; kind < ARRAYSIZE(statistics->Frames); kind++) {
        statistics->Frames[kind] += transmit->Statistics.Frames[kind];
        statistics->Bytes[kind] += transmit->Statistics.Bytes[kind];
    }
    statistics->Errors += transmit->Statistics.Errors;
    statistics->Discards += transmit->Statistics.Discards;
    KeReleaseSpinLock(&transmit->Lock, irql);
}
