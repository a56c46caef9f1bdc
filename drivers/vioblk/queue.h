/* A request queue: a split virtqueue, the requests that are in it, and those that wait for room.
 *
 *  1. The lock of Dpc guards everything but Disarm, which only writes a hint. Nothing is completed to Storport while it is held.
 *  2. A request takes one descriptor, which refers to the indirect table in the request itself.
 *  3. A request is in exactly one of: Token (the device has it), Waiting (no descriptor was free), neither (it is being completed).
 *  4. LastUsed is the first used entry that was not taken. */
#ifndef VIOBLK_QUEUE_H
#define VIOBLK_QUEUE_H

#include "pci.h"

#define VIOBLK_QUEUE_MAX 256            /* entries */

typedef struct _VIOBLK_REQUEST *PVIOBLK_REQUEST;

typedef struct _VIOBLK_QUEUE {
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
    PVIOBLK_REQUEST Token[VIOBLK_QUEUE_MAX];
    STOR_LIST_ENTRY Waiting;
} VIOBLK_QUEUE, *PVIOBLK_QUEUE;

/* Bytes of ring memory for `size` entries. */
ULONG VioBlkQueueBytes(_In_ USHORT size);
/* Lays the ring out in zeroed memory. */
VOID VioBlkQueueCreate(_Out_ PVIOBLK_QUEUE queue, _In_ USHORT index, _In_ USHORT size, _In_ PVOID memory, _In_ ULONG64 physical);
/* Empties the ring and tells the device, which has been reset, about it. FALSE when the device refuses. Not locked. */
BOOLEAN VioBlkQueueStart(_Inout_ PVIOBLK_QUEUE queue, _In_ PVIOBLK_PCI pci, _In_ BOOLEAN eventIndex);

/* Under the lock. */

/* Gives the table of `count` descriptors at `table` to the device. FALSE: the queue is full. */
BOOLEAN VioBlkQueueAdd(_Inout_ PVIOBLK_QUEUE queue, _In_ PVIOBLK_REQUEST request, _In_ ULONG64 table, _In_ ULONG count);
/* Makes what was added visible and notifies the device if it wants that. */
VOID VioBlkQueuePublish(_Inout_ PVIOBLK_QUEUE queue, _In_ PVOID extension);
/* The next request the device has finished, or NULL. */
PVIOBLK_REQUEST VioBlkQueueTake(_Inout_ PVIOBLK_QUEUE queue);
/* The device was reset: a request it still had, or NULL. */
PVIOBLK_REQUEST VioBlkQueueTakeBack(_Inout_ PVIOBLK_QUEUE queue);
/* Asks for an interrupt at the next answer. FALSE: there is one already. */
BOOLEAN VioBlkQueueArm(_Inout_ PVIOBLK_QUEUE queue);

/* Asks for no interrupts; one may still come. At any IRQL. */
VOID VioBlkQueueDisarm(_Inout_ PVIOBLK_QUEUE queue);

#endif
