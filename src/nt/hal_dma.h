/* Between the files of DMA: adapters, bounce buffers, runs of physical memory. */
#ifndef NT_HAL_DMA_H
#define NT_HAL_DMA_H

#include "nt/hal_internal.h"
#include "nt/ram.h"

struct dma_adapter {
    DMA_ADAPTER guest;
    struct list node;
    struct list buffers;                /* struct common_buffer */
    PDEVICE_OBJECT pdo;
    ULONG version;                      /* DEVICE_DESCRIPTION.Version */
    bool scatter_gather;
    unsigned width;                     /* address bits */
    uint64_t highest;                   /* highest physical address it can name */
    ULONG maximum_length;
    ULONG map_registers, used_registers;
    unsigned lists;                     /* scatter/gather lists not yet put back */
};

/* A bounce buffer in memory the device can address. */
struct bounce {
    void *va;
    size_t pages;
    uint64_t pa;
};

/* One step of a transfer: a physically contiguous piece of an MDL chain. */
struct dma_run {
    uint64_t pa;
    ULONG length;
};

/* Position in an MDL chain. */
struct dma_cursor {
    PMDL mdl;
    ULONG offset;                       /* bytes from the start of mdl's buffer */
};

extern struct hal_dma_stats dma_stats;

/* The operations are called through a table, not as exports, so each looks at the IRQL itself. */
#define DMA_REQUIRE(condition, text)                                                                                \
    do {                                                                                                            \
        struct pe_caller caller_ = PE_CALLER();                                                                     \
        if (unlikely(!(condition)) && pe_is_driver_code(caller_.rip))                                               \
            NT_EMIT(NT_EVENT_MISUSE, text, adapter, ke_irql(), caller_);                                            \
    } while (0)

struct dma_adapter *dma_adapter_of(PDMA_ADAPTER adapter);
/* False: the address does not lie in the MDL. */
bool dma_cursor_at(struct dma_cursor *cursor, PMDL mdl, PVOID va);
bool dma_cursor_at_offset(struct dma_cursor *cursor, PMDL mdl, uint64_t offset);
/* The next run of at most `left` bytes; pieces that continue each other physically are one run. False at the end. */
bool dma_next_run(struct dma_cursor *cursor, ULONG left, struct dma_run *run);
/* Can the device reach every byte itself? */
bool dma_reachable(const struct dma_adapter *adapter, struct dma_cursor cursor, ULONG length, ULONG *runs);
bool dma_bounce_get(const struct dma_adapter *adapter, struct bounce *bounce, size_t size);
void dma_bounce_put(struct bounce *bounce);
/* Between the MDL's memory and a flat buffer. */
void dma_copy(struct dma_cursor cursor, void *flat, ULONG length, bool to_flat);

/* The operations, by file. */
extern DMA_OPERATIONS dma_operations;
void dma_fill_buffers(PDMA_OPERATIONS operations);
void dma_fill_lists(PDMA_OPERATIONS operations);
void dma_fill_channel(PDMA_OPERATIONS operations);
void dma_free_buffers(struct dma_adapter *adapter);

#endif
