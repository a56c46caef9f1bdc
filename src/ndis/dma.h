/* A miniport's scatter/gather registration. */
#ifndef NDIS_DMA_H
#define NDIS_DMA_H

#include "ndis/adapter.h"

struct dma {
    struct ndis_object object;
    struct adapter *adapter;
    MINIPORT_PROCESS_SG_LIST_HANDLER process;
    MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER shared_complete;
    uint32_t maximum, list_size;
    bool wide;                          /* the device takes 64-bit addresses */
    uint64_t lists;                     /* of NET_BUFFERs, made and not freed */
    unsigned shared_pending;            /* asynchronous allocations on their way */
};

/* The adapter's HAL DMA adapter, made at first need; NULL: no memory, or no device. PASSIVE_LEVEL. */
PDMA_ADAPTER dma_adapter_get(struct adapter *adapter, bool wide, uint32_t maximum);
/* Its end: after the miniport has halted. PASSIVE_LEVEL. */
void dma_adapter_put(struct adapter *adapter);

#endif
