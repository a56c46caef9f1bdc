/* Memory that a miniport shares with its device. docs: network/ndis-shared-memory-allocation */
#include "ndis/dma.h"

#include "nt/pool.h"

struct async_allocation {
    WORK_QUEUE_ITEM work;
    struct dma *dma;
    ULONG length;
    BOOLEAN cached;
    void *context;
};

struct shared_memory {
    struct ndis_object object;
    struct adapter *adapter;
    void *address;
    PHYSICAL_ADDRESS physical;
    ULONG length;
};

static void *allocate(struct adapter *a, ULONG length, BOOLEAN cached, PNDIS_PHYSICAL_ADDRESS physical)
{
    PDMA_ADAPTER dma = dma_adapter_get(a, a->dma && a->dma->wide, length);

    return dma ? dma->DmaOperations->AllocateCommonBuffer(dma, length, physical, cached) : NULL;
}

/* Length bytes that processor and device both see; *PhysicalAddress is what the device uses. Freed with
 * NdisMFreeSharedMemory. *VirtualAddress is NULL when there is no memory. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismallocatesharedmemory */
VOID NTAPI NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID *VirtualAddress,
                                     PNDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
    *VirtualAddress = allocate(ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER), Length, Cached, PhysicalAddress);
}

/* Frees shared memory; Length and Cached as at the allocation. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismfreesharedmemory */
VOID NTAPI NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID VirtualAddress,
                                 NDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (a->dma_adapter)
        a->dma_adapter->DmaOperations->FreeCommonBuffer(a->dma_adapter, Length, PhysicalAddress, VirtualAddress, Cached);
}

static VOID NTAPI allocate_later(PVOID context)
{
    struct async_allocation *w = context;
    struct dma *dma = w->dma;
    NDIS_PHYSICAL_ADDRESS physical = { 0 };
    void *address = allocate(dma->adapter, w->length, w->cached, &physical);

    dma->shared_complete(dma->adapter->context, address, &physical, w->length, w->context);
    dma->shared_pending--;
    pool_free(w, 0, NULL);
}

/* The same from DISPATCH_LEVEL: MiniportAllocateSharedMemComplete gets the memory, or NULL, at PASSIVE_LEVEL.
 * NDIS_STATUS_PENDING, _RESOURCES, or _FAILURE when the driver registered no such handler.
 * docs: ndis/nf-ndis-ndismallocatesharedmemoryasyncex */
NDIS_STATUS NTAPI NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length, BOOLEAN Cached, PVOID Context)
{
    struct dma *dma = ndis_object_check(MiniportDmaHandle, NDIS_DMA);

    if (!dma->shared_complete)
        return NDIS_STATUS_FAILURE;
    struct async_allocation *w = pool_alloc(NonPagedPoolNx, sizeof *w, NDIS_TAG('N', 'D', 's', 'm'), NDIS_CALLER());
    if (!w)
        return NDIS_STATUS_RESOURCES;
    *w = (struct async_allocation){ .dma = dma, .length = Length, .cached = Cached, .context = Context };
    ExInitializeWorkItem(&w->work, allocate_later, w);
    dma->shared_pending++;
    ExQueueWorkItem(&w->work, DelayedWorkQueue);
    return NDIS_STATUS_PENDING;
}

/* Shared memory with parameters (6.20): contiguous; a queue or port other than the default is refused with
 * NDIS_STATUS_NOT_SUPPORTED. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndisallocatesharedmemory */
NDIS_STATUS NTAPI NdisAllocateSharedMemory(NDIS_HANDLE NdisHandle, PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
                                           PNDIS_HANDLE pAllocationHandle)
{
    struct adapter *a = ndis_adapter_of(NdisHandle);
    PNDIS_SHARED_MEMORY_PARAMETERS p = SharedMemoryParameters;

    if (!a || p->QueueId)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (p->SGListBuffer && p->SGListBufferLength < sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT))
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    struct shared_memory *m = ndis_object_create(NDIS_SHARED_MEMORY, sizeof *m, NDIS_TAG('N', 'D', 's', 'm'), NDIS_CALLER());
    if (!m)
        return NDIS_STATUS_RESOURCES;
    m->adapter = a;
    m->length = p->Length;
    m->address = allocate(a, p->Length, TRUE, &m->physical);
    if (!m->address) {
        ndis_object_destroy(m);
        return NDIS_STATUS_RESOURCES;
    }
    p->VirtualAddress = m->address;
    p->SharedMemoryHandle = m;
    if (p->SGListBuffer) {
        p->SGListBuffer->NumberOfElements = 1;
        p->SGListBuffer->Reserved = 0;
        p->SGListBuffer->Elements[0] = (SCATTER_GATHER_ELEMENT){ .Address = m->physical, .Length = p->Length };
    }
    *pAllocationHandle = m;
    return NDIS_STATUS_SUCCESS;
}

/* Frees such memory. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisfreesharedmemory */
VOID NTAPI NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle)
{
    struct shared_memory *m = ndis_object_check(AllocationHandle, NDIS_SHARED_MEMORY);

    NdisMFreeSharedMemory(m->adapter, m->length, TRUE, m->address, m->physical);
    ndis_object_destroy(m);
}
