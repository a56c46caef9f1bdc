/* A split virtqueue: descriptors, available and used ring in one shared block.
 *
 * Invariants
 *  1. The owner's lock is held for every call except the two that only write the interrupt hint.
 *  2. A descriptor is in exactly one of: the free chain (FreeHead), or a chain the device may use (InUse counts).
 *  3. AvailIndex runs ahead of what is published; VirtqueuePublish makes it visible and says whether to notify.
 *  4. LastUsed is the first used entry not yet taken. */
#ifndef VIONET_VIRTQUEUE_H
#define VIONET_VIRTQUEUE_H

#include "shared.h"
#include "transport.h"

typedef struct _VIRTQUEUE {
    VIRTQ_DESC *Desc;
    volatile VIRTQ_AVAIL *Avail;
    volatile VIRTQ_USED *Used;
    PVOID *Token;               /* per chain head, what the owner gave */
    volatile USHORT *Notify;    /* NULL while the device does not know the queue */
    volatile USHORT *UsedEvent, *AvailEvent;
    USHORT Index, Size, Mask;
    USHORT FreeHead, FreeCount;
    USHORT AvailIndex, Published, LastUsed;
    BOOLEAN EventIndex;         /* VIRTIO_F_EVENT_IDX */
    VIONET_SHARED Memory;
} VIRTQUEUE, *PVIRTQUEUE;

typedef struct _VIRTQ_BUFFER {
    ULONG64 Address;
    ULONG Length;
} VIRTQ_BUFFER;

/* How many entries a queue for `wanted` buffers gets: the power of two at or above, as far as the device allows.
 * 0: the device has no such queue. */
_IRQL_requires_max_(DISPATCH_LEVEL)
USHORT VioNetQueueSize(_In_ PVIONET_PCI pci, _In_ USHORT index, _In_ ULONG wanted);

/* Memory for `size` entries (a power of two). The queue is empty and unknown to the device. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VirtqueueCreate(_Out_ PVIRTQUEUE queue, _In_ NDIS_HANDLE adapter, _In_ USHORT index, _In_ USHORT size);
_IRQL_requires_(PASSIVE_LEVEL)
VOID VirtqueueDestroy(_Inout_ PVIRTQUEUE queue);

/* Empties the rings and tells the device, which has been reset, about the queue. Tokens still inside must have been
 * taken out with VirtqueueTakeBack. FALSE when the device refuses. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VirtqueueStart(_Inout_ PVIRTQUEUE queue, _In_ PVIONET_PCI pci, _In_ USHORT vector, _In_ BOOLEAN eventIndex);

/* The device was reset: returns the tokens it still had, one a call, then NULL. */
_IRQL_requires_max_(DISPATCH_LEVEL)
PVOID VirtqueueTakeBack(_Inout_ PVIRTQUEUE queue);

/* Adds one chain: `readable` buffers the device reads, then `writable` ones it fills. At least their number of
 * descriptors must be free. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VirtqueueAdd(_Inout_ PVIRTQUEUE queue, _In_reads_(readable + writable) const VIRTQ_BUFFER *buffers,
                  _In_ USHORT readable, _In_ USHORT writable, _In_ PVOID token);

/* The same for a chain of one buffer, which most are: `flags` is 0 or VIRTQ_DESC_WRITE. */
FORCEINLINE VOID VirtqueueAddOne(_Inout_ PVIRTQUEUE queue, _In_ ULONG64 address, _In_ ULONG length, _In_ USHORT flags,
                                 _In_ PVOID token)
{
    USHORT head = queue->FreeHead;
    VIRTQ_DESC *desc = &queue->Desc[head];

    desc->Address = address;
    desc->Length = length;
    desc->Flags = flags;
    queue->FreeHead = desc->Next;
    queue->FreeCount--;
    queue->Token[head] = token;
    queue->Avail->Ring[queue->AvailIndex++ & queue->Mask] = head;
}

/* Puts the descriptors of a used chain back in front of the free chain. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VirtqueueFreeChain(_Inout_ PVIRTQUEUE queue, _In_ USHORT head);

/* Takes the next used chain: its token, and the bytes the device wrote. NULL when there is none. */
FORCEINLINE PVOID VirtqueueTake(_Inout_ PVIRTQUEUE queue, _Out_ PULONG length)
{
    while (queue->Used->Index != queue->LastUsed) {
        volatile VIRTQ_USED_ELEMENT *used = &queue->Used->Ring[queue->LastUsed & queue->Mask];
        USHORT head;
        PVOID token;

        KeMemoryBarrierWithoutFence();  /* loads are not reordered with loads: the compiler alone must be held */
        head = (USHORT)(used->Id & queue->Mask);
        *length = used->Length;
        queue->LastUsed++;
        token = queue->Token[head];
        if (token == NULL)
            continue;                   /* an identifier that was never given out: a broken device */
        queue->Token[head] = NULL;
        if ((queue->Desc[head].Flags & VIRTQ_DESC_NEXT) != 0) {
            VirtqueueFreeChain(queue, head);
        } else {
            queue->Desc[head].Next = queue->FreeHead;
            queue->FreeHead = head;
            queue->FreeCount++;
        }
        return token;
    }
    return NULL;
}

/* Makes added chains visible. TRUE: the device wants to be notified (VirtqueueNotify). */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VirtqueuePublish(_Inout_ PVIRTQUEUE queue);

/* Asks for an interrupt once `after` more chains are used (1: the next). FALSE: they already are, look again. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VirtqueueArm(_Inout_ PVIRTQUEUE queue, _In_ USHORT after);
/* Asks for no interrupts; one may still come. At any IRQL. */
VOID VirtqueueDisarm(_Inout_ PVIRTQUEUE queue);

FORCEINLINE BOOLEAN VirtqueueHasUsed(_In_ const VIRTQUEUE *queue)
{
    return queue->Used->Index != queue->LastUsed;
}

FORCEINLINE USHORT VirtqueueInUse(_In_ const VIRTQUEUE *queue)
{
    return (USHORT)(queue->AvailIndex - queue->LastUsed);
}

FORCEINLINE VOID VirtqueueNotify(_In_ const VIRTQUEUE *queue)
{
    WRITE_REGISTER_USHORT(queue->Notify, queue->Index);
}

#endif
