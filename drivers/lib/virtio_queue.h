/* A queue of a virtio card of a Storport miniport: a split virtqueue, the requests that are in it, and those that wait for room.
 *
 *  1. The lock of Dpc guards everything but Disarm, which only writes a hint. Nothing is completed to Storport while it is held.
 *  2. A request takes one descriptor, which refers to the indirect table in the request itself.
 *  3. A request is in exactly one of: Token (the device has it), Waiting (no descriptor was free), neither (it is being completed).
 *  4. LastUsed is the first used entry that was not taken. */
#ifndef DRIVERS_VIRTIO_QUEUE_H
#define DRIVERS_VIRTIO_QUEUE_H

#include "virtio_card.h"

#define VIRTIO_QUEUE_MAX 256            /* entries */

typedef struct _VIRTIO_QUEUE {
    STOR_DPC Dpc;                       /* its lock is the lock of the queue */
    VIRTQ_DESC *Desc;
    volatile VIRTQ_AVAIL *Avail;
    volatile VIRTQ_USED *Used;
    volatile USHORT *Notify;            /* NULL while the device does not know the queue */
    volatile USHORT *UsedEvent, *AvailEvent;
    ULONG64 Physical;
    USHORT Index, Size, Vector;
    USHORT FreeHead, FreeCount, AvailIndex, Published, LastUsed;
    BOOLEAN EventIndex;
    PVOID Token[VIRTIO_QUEUE_MAX];
    STOR_LIST_ENTRY Waiting;
} VIRTIO_QUEUE, *PVIRTIO_QUEUE;

/* Bytes of ring memory for `size` entries. */
ULONG VirtioQueueBytes(_In_ USHORT size);
/* Lays the ring out in zeroed memory. */
VOID VirtioQueueCreate(_Out_ PVIRTIO_QUEUE queue, _In_ USHORT index, _In_ USHORT size, _In_ PVOID memory, _In_ ULONG64 physical);
/* Empties the ring and tells the device, which has been reset, about it. FALSE when the device refuses. Not locked. */
BOOLEAN VirtioQueueStart(_Inout_ PVIRTIO_QUEUE queue, _In_ PVIRTIO_CARD pci, _In_ BOOLEAN eventIndex);

/* Under the lock. */

/* Gives the table of `count` descriptors at `table` to the device. FALSE: the queue is full. */
BOOLEAN VirtioQueueAdd(_Inout_ PVIRTIO_QUEUE queue, _In_ PVOID request, _In_ ULONG64 table, _In_ ULONG count);
/* Makes what was added visible and notifies the device if it wants that. */
VOID VirtioQueuePublish(_Inout_ PVIRTIO_QUEUE queue, _In_ PVOID extension);
/* The next request the device has finished, or NULL. */
PVOID VirtioQueueTake(_Inout_ PVIRTIO_QUEUE queue);
/* The device was reset: a request it still had, or NULL. */
PVOID VirtioQueueTakeBack(_Inout_ PVIRTIO_QUEUE queue);
/* Asks for an interrupt at the next answer. FALSE: there is one already. */
BOOLEAN VirtioQueueArm(_Inout_ PVIRTIO_QUEUE queue);

/* Asks for no interrupts; one may still come. At any IRQL. */
VOID VirtioQueueDisarm(_Inout_ PVIRTIO_QUEUE queue);

#endif
