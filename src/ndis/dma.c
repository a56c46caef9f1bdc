/* Scatter/gather DMA. A list is built in place, in the miniport's own buffer: memory is where the device sees it, so that
 * neither map registers nor allocations are needed while frames flow.
 * docs: network/ndis-scatter-gather-dma */
#include "ndis/dma.h"

#include "ndis/event.h"
#include "ndis/nbl_pool.h"
#include "nt/pool.h"

#define LIST_BYTES(n) (sizeof(SCATTER_GATHER_LIST) + (n) * sizeof(SCATTER_GATHER_ELEMENT))
/* Marks a list that NDIS allocated because the miniport's buffer was too small or missing. */
#define OURS 0x6c677364u

PDMA_ADAPTER dma_adapter_get(struct adapter *a, bool wide, uint32_t maximum)
{
    DEVICE_DESCRIPTION description = {
        .Version = DEVICE_DESCRIPTION_VERSION2,
        .Master = TRUE,
        .ScatterGather = TRUE,
        .Dma32BitAddresses = TRUE,
        .Dma64BitAddresses = wide,
        .InterfaceType = PCIBus,
        .MaximumLength = maximum,
    };
    ULONG registers = 0;

    if (!a->dma_adapter)
        a->dma_adapter = IoGetDmaAdapter(a->pdo, &description, &registers);
    return a->dma_adapter;
}

/* Registers for scatter/gather DMA, from MiniportInitializeEx. MaximumPhysicalMapping: bytes of the longest transfer.
 * ScatterGatherListSize (out): bytes of the buffer that holds the longest list. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES,
 * _BAD_CHARACTERISTICS. docs: ndis/nf-ndis-ndismregisterscattergatherdma */
NDIS_STATUS NTAPI NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, PNDIS_SG_DMA_DESCRIPTION DmaDescription,
                                                PNDIS_HANDLE NdisMiniportDmaHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    *NdisMiniportDmaHandle = NULL;
    if (DmaDescription->Header.Type != NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION ||
        DmaDescription->Header.Size < NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 || !DmaDescription->ProcessSGListHandler)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    struct dma *dma = ndis_object_create(NDIS_DMA, sizeof *dma, NDIS_TAG('N', 'D', 'd', 'm'), NDIS_CALLER());
    if (!dma)
        return NDIS_STATUS_RESOURCES;
    dma->adapter = a;
    dma->process = DmaDescription->ProcessSGListHandler;
    dma->shared_complete = DmaDescription->SharedMemAllocateCompleteHandler;
    dma->maximum = DmaDescription->MaximumPhysicalMapping;
    dma->wide = DmaDescription->Flags & NDIS_SG_DMA_64_BIT_ADDRESS;
    dma->list_size = (uint32_t)LIST_BYTES(dma->maximum / PAGE_SIZE + 2);
    if (!dma_adapter_get(a, dma->wide, dma->maximum)) {
        ndis_object_destroy(dma);
        return NDIS_STATUS_RESOURCES;
    }
    a->dma = dma;
    DmaDescription->ScatterGatherListSize = dma->list_size;
    *NdisMiniportDmaHandle = dma;
    return NDIS_STATUS_SUCCESS;
}

/* Undoes the registration; from MiniportHaltEx, when no list is left. Waits for shared memory that was asked for and has not
 * come. The HAL's adapter stays until the miniport has halted: its shared memory belongs to it. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismderegisterscattergatherdma */
VOID NTAPI NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle)
{
    struct dma *dma = ndis_object_check(NdisMiniportDmaHandle, NDIS_DMA);
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    if (dma->lists)
        NDIS_EMIT(NDIS_EVENT_MISUSE, dma, "scatter/gather DMA is deregistered while lists of NET_BUFFERs are not freed", NDIS_CALLER());
    while (dma->shared_pending)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    dma->adapter->dma = NULL;
    ndis_object_destroy(dma);
}

void dma_adapter_put(struct adapter *a)
{
    if (a->dma_adapter)
        a->dma_adapter->DmaOperations->PutDmaAdapter(a->dma_adapter);
    a->dma_adapter = NULL;
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

struct build {
    PSCATTER_GATHER_LIST list;
    ULONG room;                         /* elements that fit */
    ULONG used;                         /* elements needed, room or not */
    uint64_t end;                       /* physical address after the last element */
};

static inline void add_range(struct build *b, uint64_t address, size_t length)
{
    if (b->used && b->end == address) {
        if (b->used <= b->room)
            b->list->Elements[b->used - 1].Length += (ULONG)length;
    } else {
        if (b->used < b->room) {
            SCATTER_GATHER_ELEMENT *e = &b->list->Elements[b->used];

            e->Address.QuadPart = (LONGLONG)address;
            e->Length = (ULONG)length;
            e->Reserved = 0;
        }
        b->used++;
    }
    b->end = address + length;
}

static void add_mdl(struct build *b, PMDL mdl, size_t skip, size_t length)
{
    const PFN_NUMBER *pfns = MmGetMdlPfnArray(mdl);
    size_t start = mdl->ByteOffset + skip, offset = start % PAGE_SIZE;

    for (size_t page = start / PAGE_SIZE; length; page++, offset = 0) {
        size_t n = min_u64(PAGE_SIZE - offset, length);

        add_range(b, (uint64_t)pfns[page] * PAGE_SIZE + offset, n);
        length -= n;
    }
}

/* For `length` bytes of the chain after the first `skip` of the first MDL. Returns how many elements that takes; the list is
 * whole when it has room for them. */
static ULONG build_list(PSCATTER_GATHER_LIST list, ULONG room, PMDL mdl, size_t skip, size_t length)
{
    struct build b = { .list = list, .room = room };

    for (; mdl && length; mdl = mdl->Next, skip = 0) {
        size_t n = min_u64(mdl->ByteCount - skip, length);

        add_mdl(&b, mdl, skip, n);
        length -= n;
    }
    if (b.used <= room) {
        list->NumberOfElements = b.used;
        list->Reserved = 0;
    }
    return b.used;
}

/* The list in `buffer` when it fits, otherwise in pool memory. NULL: no memory. */
static PSCATTER_GATHER_LIST make_list(void *buffer, ULONG size, PMDL mdl, size_t length, const void *caller)
{
    ULONG room = buffer && size > sizeof(SCATTER_GATHER_LIST)
                     ? (ULONG)((size - sizeof(SCATTER_GATHER_LIST)) / sizeof(SCATTER_GATHER_ELEMENT))
                     : 0;
    SCATTER_GATHER_LIST none;
    ULONG needed = build_list(room ? buffer : &none, room, mdl, 0, length);

    if (likely(needed <= room))
        return buffer;
    PSCATTER_GATHER_LIST list = pool_alloc(NonPagedPoolNx, LIST_BYTES(needed), NDIS_TAG('N', 'D', 's', 'g'), caller);
    if (!list)
        return NULL;
    build_list(list, needed, mdl, 0, length);
    list->Reserved = OURS;
    return list;
}

/* Builds the scatter/gather list for a NET_BUFFER, from the start of its current MDL (the data begin CurrentMdlOffset bytes into
 * the list), and calls MiniportProcessSGList before it returns. The buffer is the miniport's; NDIS allocates one when it is
 * too small. DISPATCH_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndismallocatenetbuffersglist */
NDIS_STATUS NTAPI NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer, PVOID Context, ULONG Flags,
                                               PVOID ScatterGatherListBuffer, ULONG ScatterGatherListBufferSize)
{
    struct dma *dma = ndis_object_check(NdisMiniportDmaHandle, NDIS_DMA);
    size_t length = (size_t)NetBuffer->CurrentMdlOffset + NetBuffer->DataLength;
    PSCATTER_GATHER_LIST list = make_list(ScatterGatherListBuffer, ScatterGatherListBufferSize, NetBuffer->CurrentMdl, length,
                                          NDIS_CALLER());

    if (!list)
        return NDIS_STATUS_RESOURCES;
    container_of(NetBuffer, struct nb_cell, nb)->sg_lists++;
    dma->lists++;
    dma->process(dma->adapter->fdo, NULL, list, Context);
    return NDIS_STATUS_SUCCESS;
}

/* Ends the DMA transfer of a list, and frees it when NDIS allocated it. DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismfreenetbuffersglist */
VOID NTAPI NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST pSGL, PNET_BUFFER NetBuffer)
{
    struct dma *dma = ndis_object_check(NdisMiniportDmaHandle, NDIS_DMA);
    struct nb_cell *nb = container_of(NetBuffer, struct nb_cell, nb);

    if (unlikely(!NetBuffer || !nb->sg_lists || !dma->lists))
        NDIS_EMIT(NDIS_EVENT_MISUSE, pSGL, "a scatter/gather list is freed that its NET_BUFFER does not have", NDIS_CALLER());
    else
        nb->sg_lists--, dma->lists--;
    if (pSGL->Reserved == OURS)
        pool_free(pSGL, 0, NDIS_CALLER());
}

/* The list for an MDL chain of a driver that registered no DMA: from CurrentVa in the first MDL, Length bytes; the handler is
 * called before the call returns. DISPATCH_LEVEL. NDIS_STATUS_BUFFER_TOO_SHORT with the size that is needed,
 * _INVALID_PARAMETER when CurrentVa is not in the MDL.
 * docs: ndis/nf-ndis-ndisbuildscattergatherlist */
NDIS_STATUS NTAPI NdisBuildScatterGatherList(NDIS_HANDLE NdisHandle, PNDIS_SCATTER_GATHER_LIST_PARAMETERS SGListParameters)
{
    struct adapter *a = ndis_adapter_of(NdisHandle);
    PNDIS_SCATTER_GATHER_LIST_PARAMETERS p = SGListParameters;
    ULONG room = p->ScatterGatherListBufferSize > sizeof(SCATTER_GATHER_LIST)
                     ? (ULONG)((p->ScatterGatherListBufferSize - sizeof(SCATTER_GATHER_LIST)) / sizeof(SCATTER_GATHER_ELEMENT))
                     : 0;
    size_t skip = (size_t)((char *)p->CurrentVa - (char *)MmGetMdlVirtualAddress(p->Mdl));
    SCATTER_GATHER_LIST none;

    if (skip > p->Mdl->ByteCount)
        return NDIS_STATUS_INVALID_PARAMETER;
    ULONG needed = build_list(room ? p->ScatterGatherListBuffer : &none, room, p->Mdl, skip, p->Length);
    if (needed > room) {
        p->ScatterGatherListBufferSizeNeeded = (ULONG)LIST_BYTES(needed);
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    p->ProcessSGListHandler(a ? a->fdo : NULL, NULL, p->ScatterGatherListBuffer, p->Context);
    return NDIS_STATUS_SUCCESS;
}

/* Ends the transfer of such a list; the buffer stays the caller's. DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreescattergatherlist */
VOID NTAPI NdisFreeScatterGatherList(NDIS_HANDLE NdisHandle, PSCATTER_GATHER_LIST ScatterGatherListBuffer, BOOLEAN WriteToDevice)
{
}

/* The alignment that DMA buffers of the adapter need, in bytes. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismgetdmaalignment */
ULONG NTAPI NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    return a->dma_adapter ? a->dma_adapter->DmaOperations->GetDmaAlignment(a->dma_adapter) : 1;
}
