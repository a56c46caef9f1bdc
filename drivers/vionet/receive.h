/* Receiving: buffers in shared memory, each with its NET_BUFFER_LIST made once; the path itself allocates nothing.
 *
 * A buffer is in one of three places: with the device (in the queue), with NDIS (Indicated), or idle while the
 * hardware is down. Lock guards the queue, the buffers' places and the statistics. */
#ifndef VIONET_RECEIVE_H
#define VIONET_RECEIVE_H

#include "virtqueue.h"

typedef struct _VIONET_RECEIVE_BUFFER {
    PNET_BUFFER_LIST NetBufferList;
    PMDL Mdl;
    struct _VIONET_RECEIVE *Receive;
    PUCHAR Address;             /* the virtio header, then the frame */
    ULONG64 Physical;
    BOOLEAN Indicated;
    BOOLEAN Coalesced;          /* coalesce.h */
} VIONET_RECEIVE_BUFFER, *PVIONET_RECEIVE_BUFFER;

typedef struct _VIONET_RECEIVE_STATISTICS {
    ULONG64 Frames[3], Bytes[3];        /* VIONET_UNICAST, VIONET_MULTICAST, VIONET_BROADCAST */
    ULONG64 Errors, Discards;
    ULONG64 CoalescedSegments, CoalescedBytes, CoalescedFrames;     /* bytes of payload */
} VIONET_RECEIVE_STATISTICS;

typedef struct _VIONET_RECEIVE {
    PVIONET_ADAPTER Adapter;
    KSPIN_LOCK Lock;
    VIRTQUEUE Queue;
    BOOLEAN Up;                 /* the device has the buffers */
    BOOLEAN Mergeable;          /* a frame may lie in several */
    BOOLEAN Polling, PollAgain; /* one poll at a time keeps frames in order */
    ULONG Low;                  /* with fewer buffers at the device, frames are lent for the call only */
    ULONG HeaderSize;           /* of the virtio header */
    ULONG BufferSize;
    ULONG BufferCount;
    ULONG Units;                /* coalesced frames (coalesce.h) that are not separated again */
    PVIONET_RECEIVE_BUFFER Buffer;
    NDIS_HANDLE Pool;
    VIONET_SLOTS Slots;
    VIONET_RECEIVE_STATISTICS Statistics;
} VIONET_RECEIVE, *PVIONET_RECEIVE;

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetReceiveCreate(_Out_ PVIONET_RECEIVE receive, _In_ PVIONET_ADAPTER adapter, _In_ ULONG pair);
/* No buffer may be with NDIS. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetReceiveDestroy(_Inout_ PVIONET_RECEIVE receive);

/* The device, reset, learns about the queue. FALSE when it refuses. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetReceiveStart(_Inout_ PVIONET_RECEIVE receive, _In_ USHORT vector, _In_ BOOLEAN eventIndex);
/* Gives the device every buffer that NDIS does not have. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetReceiveFill(_Inout_ PVIONET_RECEIVE receive);
/* The device was reset: its buffers are ours again. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetReceiveStop(_Inout_ PVIONET_RECEIVE receive);

/* Indicates what has arrived, at most `budget` frames, and asks for the next interrupt. TRUE: there is more. */
_IRQL_requires_(DISPATCH_LEVEL)
BOOLEAN VioNetReceivePoll(_Inout_ PVIONET_RECEIVE receive, _In_ ULONG budget);

/* Indicates what has arrived by now; also what another processor is about to indicate is indicated when it returns. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetReceiveDrain(_Inout_ PVIONET_RECEIVE receive);

_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetReceiveAddStatistics(_Inout_ PVIONET_RECEIVE receive, _Inout_ VIONET_RECEIVE_STATISTICS *statistics);

MINIPORT_RETURN_NET_BUFFER_LISTS VioNetReturn;

#endif
