/* DMA enablers, for the transactions. */
#ifndef WDF_DMA_H
#define WDF_DMA_H

#include "wdf/device.h"

struct wdf_dma_enabler {
    struct wdf_object object;
    struct wdf_device *device;
    struct list node;                   /* in the device's dma_enablers */
    WDF_DMA_ENABLER_CONFIG config;
    PDMA_ADAPTER adapter;
    ULONG map_registers;
    size_t fragment;                    /* bytes a transfer can have at most */
    size_t elements;                    /* scatter/gather elements a transfer may have; -1: no limit */
    bool enabled;
};

struct wdf_dma_enabler *wdf_dma_enabler_check(WDFDMAENABLER handle, const void *caller);

#endif
