/* Sending.
 *
 * A NET_BUFFER_LIST waits in the queue's list until every NET_BUFFER of it has gone to the device, one packet each.
 * Small frames are copied into the packet's own shared memory behind the virtio header and cost one descriptor; others
 * are mapped by NDIS and cost one for the header and one for each fragment. When the device has used the last packet of
 * a list, the list is completed.
 *
 * Invariants
 *  1. Lock guards everything here. It is not held while NDIS is called: mapping, unmapping and completion.
 *  2. Frames go to the device in the order in which NDIS gave them: only the thread that set Pumping takes from the
 *     waiting list, and it drops the lock only to have a frame mapped.
 *  3. A packet whose mapping is under way is in no list; Reserved keeps descriptors free for it. MapState counts who
 *     has arrived, the caller of the mapping and its call-back: the second one sends the packet.
 *  4. MiniportReserved of a list: [0] packets and unsent NET_BUFFERs that keep it from completing, [1] next NET_BUFFER. */
#ifndef VIONET_TRANSMIT_H
#define VIONET_TRANSMIT_H

#include "virtqueue.h"

typedef struct _VIONET_PACKET {
    struct _VIONET_PACKET *Next;
    struct _VIONET_TRANSMIT *Transmit;
    PNET_BUFFER_LIST NetBufferList;
    PNET_BUFFER NetBuffer;
    PSCATTER_GATHER_LIST SgList;        /* NULL: copied */
    volatile LONG MapState;
    ULONG Kind;                 /* VIONET_UNICAST, ... */
    ULONG Frames, RepeatedBytes;        /* on the wire: more than one frame when the device cuts it */
    PUCHAR Address;             /* the virtio header, then room for a frame */
    ULONG64 Physical;
    PVOID SgBuffer;
} VIONET_PACKET, *PVIONET_PACKET;

typedef struct _VIONET_TRANSMIT_STATISTICS {
    ULONG64 Frames[3], Bytes[3];        /* VIONET_UNICAST, VIONET_MULTICAST, VIONET_BROADCAST */
    ULONG64 Errors, Discards;
} VIONET_TRANSMIT_STATISTICS;

/* Lists in order, linked by Next. */
typedef struct _VIONET_LIST_CHAIN {
    PNET_BUFFER_LIST First, *Last;
    LONG Count;
} VIONET_LIST_CHAIN;

typedef struct _VIONET_TRANSMIT {
    PVIONET_ADAPTER Adapter;
    KSPIN_LOCK Lock;
    VIRTQUEUE Queue;
    BOOLEAN Up;                 /* the device takes packets */
    BOOLEAN Pumping;
    ULONG Reserved;
    ULONG Mappings;             /* packets of invariant 3 */
    VIONET_LIST_CHAIN Waiting;
    PVIONET_PACKET Free;
    PVIONET_PACKET Packet;
    ULONG PacketCount;
    ULONG Progress, LastProgress, Stuck;        /* for check-for-hang */
    PUCHAR SgMemory;
    VIONET_SLOTS Slots;
    VIONET_TRANSMIT_STATISTICS Statistics;
} VIONET_TRANSMIT, *PVIONET_TRANSMIT;

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetTransmitCreate(_Out_ PVIONET_TRANSMIT transmit, _In_ PVIONET_ADAPTER adapter, _In_ ULONG pair);
/* Nothing may be waiting or with the device. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetTransmitDestroy(_Inout_ PVIONET_TRANSMIT transmit);

/* The device, reset, learns about the queue. FALSE when it refuses. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetTransmitStart(_Inout_ PVIONET_TRANSMIT transmit, _In_ USHORT vector, _In_ BOOLEAN eventIndex);
/* The device was reset: all lists, sent or waiting, complete with `status`. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransmitStop(_Inout_ PVIONET_TRANSMIT transmit, _In_ NDIS_STATUS status);
/* Lists that have not gone to the device complete with `status`. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransmitFlush(_Inout_ PVIONET_TRANSMIT transmit, _In_ NDIS_STATUS status);

/* Completes what the device has sent, sends what waits, and asks for the next interrupt. */
_IRQL_requires_(DISPATCH_LEVEL)
VOID VioNetTransmitPoll(_Inout_ PVIONET_TRANSMIT transmit);

/* TRUE when the device has held packets for `limit` calls without using one. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetTransmitHangs(_Inout_ PVIONET_TRANSMIT transmit, _In_ ULONG limit);

_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransmitAddStatistics(_Inout_ PVIONET_TRANSMIT transmit, _Inout_ VIONET_TRANSMIT_STATISTICS *statistics);

MINIPORT_SEND_NET_BUFFER_LISTS VioNetSend;
MINIPORT_CANCEL_SEND VioNetCancelSend;
MINIPORT_PROCESS_SG_LIST VioNetProcessSgList;

#endif
