#include "queue.h"

_Use_decl_annotations_
VOID NvmeqQueueReset(PNVMEQ_QUEUE queue)
{
    RtlZeroMemory((PVOID)queue->Answers, queue->Size * sizeof(NVME_COMPLETION));
    queue->Tail = queue->Head = queue->Told = 0;
    queue->Phase = 1;
    queue->FreeCount = queue->Size - 1;
    for (USHORT i = 0; i < queue->FreeCount; i++) {
        queue->Free[i] = i;
        queue->Token[i] = NULL;
    }
    queue->TailDoorbell = queue->HeadDoorbell = NULL;
    if (queue->Waiting.Flink == NULL)
        queue->Waiting.Flink = queue->Waiting.Blink = &queue->Waiting;
}

_Use_decl_annotations_
BOOLEAN NvmeqQueueAdd(PNVMEQ_QUEUE queue, const NVME_COMMAND *command, PVOID token)
{
    NVME_COMMAND *to = &queue->Commands[queue->Tail];
    USHORT slot;

    if (queue->FreeCount == 0)
        return FALSE;
    slot = queue->Free[--queue->FreeCount];
    queue->Token[slot] = token;
    *to = *command;
    to->Id = slot;
    queue->Tail = (queue->Tail + 1) % queue->Size;
    return TRUE;
}

_Use_decl_annotations_
VOID NvmeqQueueRing(PNVMEQ_QUEUE queue, PVOID extension)
{
    if (queue->Told == queue->Tail || queue->TailDoorbell == NULL)
        return;
    queue->Told = queue->Tail;
    StorPortWriteRegisterUlong(extension, (PULONG)queue->TailDoorbell, queue->Tail);
}

_Use_decl_annotations_
BOOLEAN NvmeqQueueHasAnswer(const NVMEQ_QUEUE *queue)
{
    return queue->HeadDoorbell != NULL && NVME_PHASE(queue->Answers[queue->Head].Status) == queue->Phase;
}

static PVOID Release(PNVMEQ_QUEUE queue, USHORT slot)
{
    PVOID token = slot < queue->Size - 1 ? queue->Token[slot] : NULL;

    if (token != NULL) {
        queue->Token[slot] = NULL;
        queue->Free[queue->FreeCount++] = slot;
    }
    return token;
}

_Use_decl_annotations_
PVOID NvmeqQueueTake(PNVMEQ_QUEUE queue, NVME_COMPLETION *answer)
{
    while (NvmeqQueueHasAnswer(queue)) {
        volatile NVME_COMPLETION *from = &queue->Answers[queue->Head];
        PVOID token;

        KeMemoryBarrierWithoutFence();  /* the entry after its phase */
        answer->Result = from->Result;
        answer->Id = from->Id;
        answer->Status = from->Status;
        if (++queue->Head == queue->Size) {
            queue->Head = 0;
            queue->Phase ^= 1;
        }
        token = Release(queue, answer->Id);
        if (token != NULL)
            return token;               /* else an identifier that was never given out: a broken controller */
    }
    return NULL;
}

_Use_decl_annotations_
VOID NvmeqQueueAcknowledge(PNVMEQ_QUEUE queue, PVOID extension)
{
    if (queue->HeadDoorbell != NULL)
        StorPortWriteRegisterUlong(extension, (PULONG)queue->HeadDoorbell, queue->Head);
}

_Use_decl_annotations_
PVOID NvmeqQueueTakeBack(PNVMEQ_QUEUE queue)
{
    queue->TailDoorbell = queue->HeadDoorbell = NULL;
    for (USHORT i = 0; i < queue->Size - 1; i++) {
        PVOID token = Release(queue, i);

        if (token != NULL)
            return token;
    }
    return NULL;
}
