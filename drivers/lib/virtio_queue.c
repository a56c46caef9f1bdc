#include "virtio_queue.h"

#define USED_ALIGNMENT 64

static ULONG UsedOffset(USHORT size)
{
    ULONG end = size * sizeof(VIRTQ_DESC) + FIELD_OFFSET(VIRTQ_AVAIL, Ring) + (size + 1) * sizeof(USHORT);

    return (end + USED_ALIGNMENT - 1) & ~(ULONG)(USED_ALIGNMENT - 1);
}

_Use_decl_annotations_
ULONG VirtioQueueBytes(USHORT size)
{
    ULONG bytes = UsedOffset(size) + FIELD_OFFSET(VIRTQ_USED, Ring) + size * sizeof(VIRTQ_USED_ELEMENT) + sizeof(USHORT);

    return (bytes + USED_ALIGNMENT - 1) & ~(ULONG)(USED_ALIGNMENT - 1);
}

_Use_decl_annotations_
VOID VirtioQueueCreate(PVIRTIO_QUEUE queue, USHORT index, USHORT size, PVOID memory, ULONG64 physical)
{
    RtlZeroMemory(queue, sizeof(*queue));
    queue->Index = index;
    queue->Size = size;
    queue->Physical = physical;
    queue->Desc = memory;
    queue->Avail = (volatile VIRTQ_AVAIL *)(queue->Desc + size);
    queue->Used = (volatile VIRTQ_USED *)((PUCHAR)memory + UsedOffset(size));
    queue->UsedEvent = &queue->Avail->Ring[size];
    queue->AvailEvent = (volatile USHORT *)&queue->Used->Ring[size];
    queue->Waiting.Flink = queue->Waiting.Blink = &queue->Waiting;
}

_Use_decl_annotations_
BOOLEAN VirtioQueueStart(PVIRTIO_QUEUE queue, PVIRTIO_CARD pci, BOOLEAN eventIndex)
{
    ULONG64 avail = queue->Physical + queue->Size * sizeof(VIRTQ_DESC);

    RtlZeroMemory(queue->Desc, VirtioQueueBytes(queue->Size));
    for (USHORT i = 0; i < queue->Size; i++)
        queue->Desc[i].Next = i + 1;
    queue->FreeHead = 0;
    queue->FreeCount = queue->Size;
    queue->AvailIndex = queue->Published = queue->LastUsed = 0;
    queue->EventIndex = eventIndex;
    queue->Notify = VirtioCardEnableQueue(pci, queue->Index, queue->Size, queue->Vector, queue->Physical, avail,
                                            queue->Physical + UsedOffset(queue->Size));
    return queue->Notify != NULL;
}

_Use_decl_annotations_
BOOLEAN VirtioQueueAdd(PVIRTIO_QUEUE queue, PVOID request, ULONG64 table, ULONG count)
{
    USHORT head = queue->FreeHead;
    VIRTQ_DESC *desc = &queue->Desc[head];

    if (queue->FreeCount == 0)
        return FALSE;
    queue->FreeHead = desc->Next;
    queue->FreeCount--;
    desc->Address = table;
    desc->Length = count * sizeof(VIRTQ_DESC);
    desc->Flags = VIRTQ_DESC_INDIRECT;
    queue->Token[head] = request;
    queue->Avail->Ring[queue->AvailIndex++ & (queue->Size - 1)] = head;
    return TRUE;
}

_Use_decl_annotations_
VOID VirtioQueuePublish(PVIRTIO_QUEUE queue, PVOID extension)
{
    USHORT old = queue->Published, current = queue->AvailIndex;
    BOOLEAN wanted;

    UNREFERENCED_PARAMETER(extension);
    if (old == current || queue->Notify == NULL)
        return;
    KeMemoryBarrierWithoutFence();      /* entries before the index */
    queue->Avail->Index = current;
    queue->Published = current;
    KeMemoryBarrier();                  /* the index before the device's wish is read */
    if (queue->EventIndex)
        wanted = (USHORT)(current - *queue->AvailEvent - 1) < (USHORT)(current - old);
    else
        wanted = (queue->Used->Flags & VIRTQ_USED_NO_NOTIFY) == 0;
    if (wanted)
        StorPortWriteRegisterUshort(extension, queue->Notify, queue->Index);
}

static PVOID Release(PVIRTIO_QUEUE queue, USHORT head)
{
    PVOID request = queue->Token[head];

    if (request == NULL)
        return NULL;
    queue->Token[head] = NULL;
    queue->Desc[head].Next = queue->FreeHead;
    queue->FreeHead = head;
    queue->FreeCount++;
    return request;
}

_Use_decl_annotations_
PVOID VirtioQueueTake(PVIRTIO_QUEUE queue)
{
    while (queue->Notify != NULL && queue->Used->Index != queue->LastUsed) {
        PVOID request;

        KeMemoryBarrierWithoutFence();  /* the entry after the index: loads keep their order, the compiler must, too */
        request = Release(queue, (USHORT)queue->Used->Ring[queue->LastUsed++ & (queue->Size - 1)].Id & (queue->Size - 1));
        if (request != NULL)
            return request;             /* else an identifier that was never given out: a broken device */
    }
    return NULL;
}

_Use_decl_annotations_
PVOID VirtioQueueTakeBack(PVIRTIO_QUEUE queue)
{
    queue->Notify = NULL;
    for (USHORT i = 0; i < queue->Size; i++) {
        PVOID request = Release(queue, i);

        if (request != NULL)
            return request;
    }
    return NULL;
}

_Use_decl_annotations_
BOOLEAN VirtioQueueArm(PVIRTIO_QUEUE queue)
{
    if (queue->EventIndex)
        *queue->UsedEvent = queue->LastUsed;
    else
        queue->Avail->Flags = 0;
    KeMemoryBarrier();                  /* the wish before the used index is read */
    return queue->Used->Index == queue->LastUsed;
}

_Use_decl_annotations_
VOID VirtioQueueDisarm(PVIRTIO_QUEUE queue)
{
    if (queue->EventIndex)
        *queue->UsedEvent = queue->LastUsed - 1;        /* passed already: not reached again for 65535 answers */
    else
        queue->Avail->Flags = VIRTQ_AVAIL_NO_INTERRUPT;
}
