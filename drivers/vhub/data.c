/* Frames: copied to every other port, delivered from a timer. */
#include "vhub.h"

static BOOLEAN HasMulticast(const PORT *Port, const UCHAR *Address)
{
    for (ULONG i = 0; i < Port->MulticastCount; i++) {
        if (NdisEqualMemory(Port->Multicast[i], Address, 6))
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN Takes(const PORT *Port, const UCHAR *Address)
{
    if (Port->PacketFilter & NDIS_PACKET_TYPE_PROMISCUOUS)
        return TRUE;
    if (ETH_IS_BROADCAST(Address))
        return (Port->PacketFilter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (ETH_IS_MULTICAST(Address))
        return (Port->PacketFilter & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0 ||
               ((Port->PacketFilter & NDIS_PACKET_TYPE_MULTICAST) != 0 && HasMulticast(Port, Address));
    return (Port->PacketFilter & NDIS_PACKET_TYPE_DIRECTED) != 0 && NdisEqualMemory(Port->Address, Address, 6);
}

/* A copy of a frame in memory of the port's; NULL when there is none. */
static PNET_BUFFER_LIST Copy(PPORT Port, PNET_BUFFER Frame)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(Frame), copied = 0;
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(Port->Pool, 0, 0);
    PNET_BUFFER nb;

    if (nbl == NULL)
        return NULL;
    nb = NET_BUFFER_LIST_FIRST_NB(nbl);
    if (NdisRetreatNetBufferDataStart(nb, length, 0, NULL) != NDIS_STATUS_SUCCESS)
        goto Fail;
    if (NdisCopyFromNetBufferToNetBuffer(nb, 0, length, Frame, 0, &copied) != NDIS_STATUS_SUCCESS || copied != length)
        goto Fail;
    nbl->SourceHandle = Port->Adapter;
    return nbl;
Fail:
    NdisFreeNetBufferList(nbl);
    return NULL;
}

/* The hub's lock is held. */
static VOID Receive(PPORT Port, PNET_BUFFER Frame)
{
    LARGE_INTEGER soon;
    PNET_BUFFER_LIST nbl = Copy(Port, Frame);

    if (nbl == NULL) {
        Port->Statistics.ifInDiscards++;
        return;
    }
    Port->Statistics.ifHCInOctets += NET_BUFFER_DATA_LENGTH(Frame);
    Port->Statistics.ifHCInUcastPkts++;
    *Port->LastReceived = nbl;
    Port->LastReceived = &NET_BUFFER_LIST_NEXT_NBL(nbl);
    if (Port->TimerSet)
        return;
    Port->TimerSet = TRUE;
    soon.QuadPart = -1000;
    NdisSetTimerObject(Port->Timer, soon, 0, NULL);
}

/* The hub's lock is held. */
static VOID SendFrame(PPORT From, PNET_BUFFER Frame)
{
    UCHAR storage[6];
    PUCHAR destination = NdisGetDataBuffer(Frame, 6, storage, 1, 0);

    if (destination == NULL || NET_BUFFER_DATA_LENGTH(Frame) > VHUB_FRAME) {
        From->Statistics.ifOutErrors++;
        return;
    }
    From->Statistics.ifHCOutOctets += NET_BUFFER_DATA_LENGTH(Frame);
    From->Statistics.ifHCOutUcastPkts++;
    for (PLIST_ENTRY link = Hub.Ports.Flink; link != &Hub.Ports; link = link->Flink) {
        PPORT port = CONTAINING_RECORD(link, PORT, Link);

        if (port != From && port->State == PortRunning && Takes(port, destination))
            Receive(port, Frame);
    }
}

_Use_decl_annotations_
VOID NTAPI PortSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER PortNumber, ULONG Flags)
{
    PPORT port = Context;

    UNREFERENCED_PARAMETER(PortNumber);
    NdisAcquireSpinLock(&Hub.Lock);
    for (PNET_BUFFER_LIST nbl = Lists; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
        NET_BUFFER_LIST_STATUS(nbl) = port->State == PortRunning ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PAUSED;
        for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL && port->State == PortRunning; nb = NET_BUFFER_NEXT_NB(nb))
            SendFrame(port, nb);
    }
    NdisReleaseSpinLock(&Hub.Lock);
    NdisMSendNetBufferListsComplete(port->Adapter, Lists,
                                    NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static VOID FreeLists(PNET_BUFFER_LIST Lists)
{
    while (Lists != NULL) {
        PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(Lists);

        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        NdisFreeNetBufferList(Lists);
        Lists = next;
    }
}

static LONG Length(PNET_BUFFER_LIST Lists)
{
    LONG count = 0;

    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists))
        count++;
    return count;
}

_Use_decl_annotations_
VOID NTAPI PortDeliver(PVOID Unused1, PVOID Context, PVOID Unused2, PVOID Unused3)
{
    PPORT port = Context;
    PNET_BUFFER_LIST lists;
    BOOLEAN lend;
    LONG count;

    UNREFERENCED_PARAMETER(Unused1);
    UNREFERENCED_PARAMETER(Unused2);
    UNREFERENCED_PARAMETER(Unused3);
    NdisDprAcquireSpinLock(&Hub.Lock);
    lists = port->Received;
    port->Received = NULL;
    port->LastReceived = &port->Received;
    port->TimerSet = FALSE;
    count = Length(lists);
    port->Outstanding += count;
    lend = ++port->Bursts % VHUB_LEND == 0;
    NdisDprReleaseSpinLock(&Hub.Lock);
    if (lists != NULL)
        NdisMIndicateReceiveNetBufferLists(port->Adapter, lists, NDIS_DEFAULT_PORT_NUMBER, (ULONG)count,
                                           NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | (lend ? NDIS_RECEIVE_FLAGS_RESOURCES : 0));
    if (lend)
        FreeLists(lists);
    if (lend || lists == NULL)
        PortRelease(port, count);
}

_Use_decl_annotations_
VOID NTAPI PortReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    LONG count = Length(Lists);

    UNREFERENCED_PARAMETER(Flags);
    FreeLists(Lists);
    PortRelease(Context, count);
}

_Use_decl_annotations_
VOID NTAPI PortCancelSend(NDIS_HANDLE Context, PVOID CancelId)
{
    UNREFERENCED_PARAMETER(Context);    /* nothing waits */
    UNREFERENCED_PARAMETER(CancelId);
}
