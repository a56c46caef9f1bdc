/* Queues of NET_BUFFER_LISTs with and without a count; inline, no locks. docs: network/nbl-queues */
#ifndef RING3_NDIS_NBLQUEUE_H
#define RING3_NDIS_NBLQUEUE_H

#include <ndis/nbl.h>

typedef struct _NBL_QUEUE {
    PNET_BUFFER_LIST First;
    PNET_BUFFER_LIST *Last;
} NBL_QUEUE, *PNBL_QUEUE;

typedef struct _NBL_COUNTED_QUEUE {
    NBL_QUEUE Queue;
    SIZE_T NblCount;
} NBL_COUNTED_QUEUE, *PNBL_COUNTED_QUEUE;

FORCEINLINE PNET_BUFFER_LIST NdisLastNblInNblChain(PNET_BUFFER_LIST nbl)
{
    while (nbl->Next != NULL)
        nbl = nbl->Next;
    return nbl;
}

FORCEINLINE PNET_BUFFER_LIST NdisLastNblInNblChainWithCount(PNET_BUFFER_LIST nbl, SIZE_T *count)
{
    SIZE_T n = 1;
    for (; nbl->Next != NULL; nbl = nbl->Next)
        n++;
    *count = n;
    return nbl;
}

FORCEINLINE SIZE_T NdisNumNblsInNblChain(const NET_BUFFER_LIST *nbl)
{
    SIZE_T n = 0;
    for (; nbl != NULL; nbl = nbl->Next)
        n++;
    return n;
}

FORCEINLINE VOID NdisInitializeNblQueue(PNBL_QUEUE queue)
{
    queue->First = NULL;
    queue->Last = &queue->First;
}

FORCEINLINE BOOLEAN NdisIsNblQueueEmpty(const NBL_QUEUE *queue)
{
    return queue->First == NULL;
}

FORCEINLINE VOID NdisAppendNblChainToNblQueueFast(PNBL_QUEUE queue, PNET_BUFFER_LIST first, PNET_BUFFER_LIST last)
{
    *queue->Last = first;
    queue->Last = &last->Next;
}

FORCEINLINE VOID NdisAppendNblChainToNblQueue(PNBL_QUEUE queue, PNET_BUFFER_LIST chain)
{
    NdisAppendNblChainToNblQueueFast(queue, chain, NdisLastNblInNblChain(chain));
}

FORCEINLINE VOID NdisAppendSingleNblToNblQueue(PNBL_QUEUE queue, PNET_BUFFER_LIST nbl)
{
    NdisAppendNblChainToNblQueueFast(queue, nbl, nbl);
}

FORCEINLINE VOID NdisPrependNblChainToNblQueueFast(PNBL_QUEUE queue, PNET_BUFFER_LIST first, PNET_BUFFER_LIST last)
{
    if (queue->First == NULL)
        queue->Last = &last->Next;
    last->Next = queue->First;
    queue->First = first;
}

FORCEINLINE VOID NdisPrependSingleNblToNblQueue(PNBL_QUEUE queue, PNET_BUFFER_LIST nbl)
{
    NdisPrependNblChainToNblQueueFast(queue, nbl, nbl);
}

FORCEINLINE PNET_BUFFER_LIST NdisPopAllFromNblQueue(PNBL_QUEUE queue)
{
    PNET_BUFFER_LIST first = queue->First;
    NdisInitializeNblQueue(queue);
    return first;
}

FORCEINLINE PNET_BUFFER_LIST NdisGetNblChainFromNblQueue(const NBL_QUEUE *queue)
{
    return queue->First;
}

FORCEINLINE PNET_BUFFER_LIST NdisPopFirstNblFromNblQueue(PNBL_QUEUE queue)
{
    PNET_BUFFER_LIST nbl = queue->First;
    queue->First = nbl->Next;
    if (queue->First == NULL)
        queue->Last = &queue->First;
    nbl->Next = NULL;
    return nbl;
}

FORCEINLINE VOID NdisAppendNblQueueToNblQueueFast(PNBL_QUEUE to, PNBL_QUEUE from)
{
    if (from->First == NULL)
        return;
    *to->Last = from->First;
    to->Last = from->Last;
    NdisInitializeNblQueue(from);
}

FORCEINLINE VOID NdisInitializeNblCountedQueue(PNBL_COUNTED_QUEUE queue)
{
    NdisInitializeNblQueue(&queue->Queue);
    queue->NblCount = 0;
}

FORCEINLINE BOOLEAN NdisIsNblCountedQueueEmpty(const NBL_COUNTED_QUEUE *queue)
{
    return queue->Queue.First == NULL;
}

FORCEINLINE VOID NdisAppendSingleNblToNblCountedQueue(PNBL_COUNTED_QUEUE queue, PNET_BUFFER_LIST nbl)
{
    NdisAppendSingleNblToNblQueue(&queue->Queue, nbl);
    queue->NblCount++;
}

FORCEINLINE VOID NdisAppendNblChainToNblCountedQueueFast(PNBL_COUNTED_QUEUE queue, PNET_BUFFER_LIST first,
                                                         PNET_BUFFER_LIST last, SIZE_T count)
{
    NdisAppendNblChainToNblQueueFast(&queue->Queue, first, last);
    queue->NblCount += count;
}

FORCEINLINE VOID NdisAppendNblChainToNblCountedQueue(PNBL_COUNTED_QUEUE queue, PNET_BUFFER_LIST chain)
{
    SIZE_T count;
    PNET_BUFFER_LIST last = NdisLastNblInNblChainWithCount(chain, &count);
    NdisAppendNblChainToNblCountedQueueFast(queue, chain, last, count);
}

FORCEINLINE VOID NdisAppendNblCountedQueueToNblCountedQueueFast(PNBL_COUNTED_QUEUE to, PNBL_COUNTED_QUEUE from)
{
    NdisAppendNblQueueToNblQueueFast(&to->Queue, &from->Queue);
    to->NblCount += from->NblCount;
    from->NblCount = 0;
}

FORCEINLINE PNET_BUFFER_LIST NdisGetNblChainFromNblCountedQueue(const NBL_COUNTED_QUEUE *queue)
{
    return queue->Queue.First;
}

FORCEINLINE PNET_BUFFER_LIST NdisPopAllFromNblCountedQueue(PNBL_COUNTED_QUEUE queue)
{
    queue->NblCount = 0;
    return NdisPopAllFromNblQueue(&queue->Queue);
}

FORCEINLINE PNET_BUFFER_LIST NdisPopFirstNblFromNblCountedQueue(PNBL_COUNTED_QUEUE queue)
{
    queue->NblCount--;
    return NdisPopFirstNblFromNblQueue(&queue->Queue);
}

#endif
