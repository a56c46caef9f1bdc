/* Frames to send: buffer, MDL and NET_BUFFER_LIST made together, kept in a chain. */
#include "macswap.h"

struct _TRANSMIT_POOL {
    KSPIN_LOCK Lock;
    PNET_BUFFER_LIST Free;
    ULONG FreeCount, Total;
    NDIS_HANDLE NblPool;
    PUCHAR Buffers;
};

static BOOLEAN AddFrame(PTRANSMIT_POOL Pool, PUCHAR Buffer)
{
    PNET_BUFFER_LIST frame;
    PMDL mdl = NdisAllocateMdl(MacswapProtocol, Buffer, MACSWAP_FRAME_SIZE);

    if (mdl == NULL)
        return FALSE;
    frame = NdisAllocateNetBufferAndNetBufferList(Pool->NblPool, 0, 0, mdl, 0, MACSWAP_FRAME_SIZE);
    if (frame == NULL) {
        NdisFreeMdl(mdl);
        return FALSE;
    }
    frame->ProtocolReserved[0] = Buffer;
    NET_BUFFER_LIST_NEXT_NBL(frame) = Pool->Free;
    Pool->Free = frame;
    Pool->FreeCount++;
    Pool->Total++;
    return TRUE;
}

_Use_decl_annotations_
PTRANSMIT_POOL TransmitPoolCreate(ULONG ContextSize)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };
    PTRANSMIT_POOL pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*pool), MACSWAP_TAG);

    if (pool == NULL)
        return NULL;
    KeInitializeSpinLock(&pool->Lock);
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.ContextSize = (USHORT)ALIGN_UP_BY(ContextSize, MEMORY_ALLOCATION_ALIGNMENT);
    parameters.PoolTag = MACSWAP_TAG;
    pool->NblPool = NdisAllocateNetBufferListPool(MacswapProtocol, &parameters);
    pool->Buffers = ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)MACSWAP_FRAMES * MACSWAP_FRAME_SIZE, MACSWAP_TAG);
    if (pool->NblPool == NULL || pool->Buffers == NULL)
        goto Fail;
    for (ULONG i = 0; i < MACSWAP_FRAMES; i++)
        if (!AddFrame(pool, pool->Buffers + (SIZE_T)i * MACSWAP_FRAME_SIZE))
            goto Fail;
    return pool;
Fail:
    TransmitPoolDestroy(pool);
    return NULL;
}

_Use_decl_annotations_
VOID TransmitPoolDestroy(PTRANSMIT_POOL Pool)
{
    while (Pool->Free != NULL) {
        PNET_BUFFER_LIST frame = Pool->Free;
        PMDL mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(frame));

        Pool->Free = NET_BUFFER_LIST_NEXT_NBL(frame);
        NdisFreeNetBufferList(frame);
        NdisFreeMdl(mdl);
    }
    if (Pool->Buffers != NULL)
        ExFreePoolWithTag(Pool->Buffers, MACSWAP_TAG);
    if (Pool->NblPool != NULL)
        NdisFreeNetBufferListPool(Pool->NblPool);
    ExFreePoolWithTag(Pool, MACSWAP_TAG);
}

_Use_decl_annotations_
PNET_BUFFER_LIST TransmitPoolTake(PTRANSMIT_POOL Pool, ULONG Count, PULONG Taken)
{
    PNET_BUFFER_LIST first, *link;
    ULONG taken = 0;
    KIRQL oldIrql;

    KeAcquireSpinLock(&Pool->Lock, &oldIrql);
    first = Pool->Free;
    for (link = &first; *link != NULL && taken < Count; link = &NET_BUFFER_LIST_NEXT_NBL(*link))
        taken++;
    Pool->Free = *link;
    *link = NULL;
    Pool->FreeCount -= taken;
    KeReleaseSpinLock(&Pool->Lock, oldIrql);
    *Taken = taken;
    return first;
}

_Use_decl_annotations_
VOID TransmitPoolPut(PTRANSMIT_POOL Pool, PNET_BUFFER_LIST Chain)
{
    PNET_BUFFER_LIST last = Chain;
    ULONG count = 1;
    KIRQL oldIrql;

    for (; NET_BUFFER_LIST_NEXT_NBL(last) != NULL; last = NET_BUFFER_LIST_NEXT_NBL(last))
        count++;
    KeAcquireSpinLock(&Pool->Lock, &oldIrql);
    NET_BUFFER_LIST_NEXT_NBL(last) = Pool->Free;
    Pool->Free = Chain;
    Pool->FreeCount += count;
    KeReleaseSpinLock(&Pool->Lock, oldIrql);
}

_Use_decl_annotations_
VOID TransmitPoolDrain(PTRANSMIT_POOL Pool)
{
    LARGE_INTEGER interval = { .QuadPart = -10000 };    /* 1 ms */

    while (*(volatile ULONG *)&Pool->FreeCount != Pool->Total)
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
}
