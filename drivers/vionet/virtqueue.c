#include "virtqueue.h"

#define USED_ALIGNMENT 64

_Use_decl_annotations_
USHORT VioNetQueueSize(PVIONET_PCI pci, USHORT index, ULONG wanted)
{
    USHORT limit = VioNetTransportQueueSize(pci, index), size = 1;

    if (limit == 0)
        return 0;
    while (size < wanted && size <= limit / 2)
        size *= 2;
    return size;
}

static ULONG UsedOffset(USHORT size)
{
    ULONG end = size * sizeof(VIRTQ_DESC) + FIELD_OFFSET(VIRTQ_AVAIL, Ring) + (size + 1) * sizeof(USHORT);

    return (end + USED_ALIGNMENT - 1) & ~(ULONG)(USED_ALIGNMENT - 1);
}

static ULONG QueueBytes(USHORT size)
{
    return UsedOffset(size) + FIELD_OFFSET(VIRTQ_USED, Ring) + size * sizeof(VIRTQ_USED_ELEMENT) + sizeof(USHORT);
}

static VOID LayOut(PVIRTQUEUE queue)
{
    queue->Desc = (VIRTQ_DESC *)queue->Memory.Address;
    queue->Avail = (volatile VIRTQ_AVAIL *)(queue->Desc + queue->Size);
    queue->Used = (volatile VIRTQ_USED *)(queue->Memory.Address + UsedOffset(queue->Size));
    queue->UsedEvent = &queue->Avail->Ring[queue->Size];
    queue->AvailEvent = (volatile USHORT *)&queue->Used->Ring[queue->Size];
}

static VOID Empty(PVIRTQUEUE queue)
{
    RtlZeroMemory(queue->Memory.Address, queue->Memory.Length);
    RtlZeroMemory(queue->Token, queue->Size * sizeof(*queue->Token));
    for (USHORT i = 0; i < queue->Size; i++)
        queue->Desc[i].Next = i + 1;
    queue->FreeHead = 0;
    queue->FreeCount = queue->Size;
    queue->AvailIndex = queue->Published = queue->LastUsed = 0;
}

_Use_decl_annotations_
NDIS_STATUS VirtqueueCreate(PVIRTQUEUE queue, NDIS_HANDLE adapter, USHORT index, USHORT size)
{
    NDIS_STATUS status;

    RtlZeroMemory(queue, sizeof(*queue));
    queue->Index = index;
    queue->Size = size;
    queue->Mask = size - 1;
    queue->Token = VioNetAllocate(adapter, size * sizeof(*queue->Token));
    if (queue->Token == NULL)
        return NDIS_STATUS_RESOURCES;
    status = VioNetSharedCreate(&queue->Memory, adapter, QueueBytes(size), NdisSharedMemoryUsageOther);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(queue->Token, 0, 0);
        queue->Token = NULL;
        return status;
    }
    LayOut(queue);
    Empty(queue);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VirtqueueDestroy(PVIRTQUEUE queue)
{
    if (queue->Token == NULL)
        return;
    VioNetSharedDestroy(&queue->Memory);
    NdisFreeMemory(queue->Token, 0, 0);
    RtlZeroMemory(queue, sizeof(*queue));
}

_Use_decl_annotations_
BOOLEAN VirtqueueStart(PVIRTQUEUE queue, PVIONET_PCI pci, USHORT vector, BOOLEAN eventIndex)
{
    VIONET_QUEUE_SETUP setup = {
        .Index = queue->Index,
        .Size = queue->Size,
        .Vector = vector,
        .Desc = queue->Memory.Physical,
        .Avail = queue->Memory.Physical + queue->Size * sizeof(VIRTQ_DESC),
        .Used = queue->Memory.Physical + UsedOffset(queue->Size),
    };

    Empty(queue);
    queue->EventIndex = eventIndex;
    VirtqueueDisarm(queue);
    queue->Notify = VioNetTransportEnableQueue(pci, &setup);
    return queue->Notify != NULL;
}

_Use_decl_annotations_
PVOID VirtqueueTakeBack(PVIRTQUEUE queue)
{
    queue->Notify = NULL;
    for (USHORT i = 0; i < queue->Size; i++) {
        PVOID token = queue->Token[i];

        if (token != NULL) {
            queue->Token[i] = NULL;
            return token;
        }
    }
    return NULL;
}

_Use_decl_annotations_
VOID VirtqueueAdd(PVIRTQUEUE queue, const VIRTQ_BUFFER *buffers, USHORT readable, USHORT writable, PVOID token)
{
    USHORT count = readable + writable, head = queue->FreeHead, at = head;
    VIRTQ_DESC *desc = NULL;

    for (USHORT i = 0; i < count; i++) {
        desc = &queue->Desc[at];
        desc->Address = buffers[i].Address;
        desc->Length = buffers[i].Length;
        desc->Flags = VIRTQ_DESC_NEXT | (i >= readable ? VIRTQ_DESC_WRITE : 0);
        at = desc->Next;
    }
    desc->Flags &= ~VIRTQ_DESC_NEXT;
    queue->FreeHead = at;
    queue->FreeCount -= count;
    queue->Token[head] = token;
    queue->Avail->Ring[queue->AvailIndex & queue->Mask] = head;
    queue->AvailIndex++;
}

_Use_decl_annotations_
VOID VirtqueueFreeChain(PVIRTQUEUE queue, USHORT head)
{
    USHORT tail = head, count = 1;

    while ((queue->Desc[tail].Flags & VIRTQ_DESC_NEXT) != 0) {
        tail = queue->Desc[tail].Next;
        count++;
    }
    queue->Desc[tail].Next = queue->FreeHead;   /* within the chain they are linked already */
    queue->FreeHead = head;
    queue->FreeCount += count;
}

_Use_decl_annotations_
BOOLEAN VirtqueuePublish(PVIRTQUEUE queue)
{
    USHORT old = queue->Published, current = queue->AvailIndex;

    if (old == current || queue->Notify == NULL)
        return FALSE;
    KeMemoryBarrierWithoutFence();      /* entries before the index */
    queue->Avail->Index = current;
    queue->Published = current;
    KeMemoryBarrier();                  /* the index before the device's wish is read */
    if (queue->EventIndex)
        return (USHORT)(current - *queue->AvailEvent - 1) < (USHORT)(current - old);
    return (queue->Used->Flags & VIRTQ_USED_NO_NOTIFY) == 0;
}

_Use_decl_annotations_
BOOLEAN VirtqueueArm(PVIRTQUEUE queue, USHORT after)
{
    if (queue->EventIndex)
        *queue->UsedEvent = queue->LastUsed + after - 1;
    else
        queue->Avail->Flags = 0;
    KeMemoryBarrier();                  /* the wish before the used index is read */
    return (USHORT)(queue->Used->Index - queue->LastUsed) < after;
}

_Use_decl_annotations_
VOID VirtqueueDisarm(PVIRTQUEUE queue)
{
    if (queue->EventIndex)
        *queue->UsedEvent = queue->LastUsed - 1;        /* passed already: not reached again for 65535 chains */
    else
        queue->Avail->Flags = VIRTQ_AVAIL_NO_INTERRUPT;
}
