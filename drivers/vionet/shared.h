/* Memory that driver and device share: single blocks, and pools of equal slots made of blocks. */
#ifndef VIONET_SHARED_H
#define VIONET_SHARED_H

#include "driver.h"

typedef struct _VIONET_SHARED {
    NDIS_HANDLE Adapter, Allocation;
    PUCHAR Address;
    ULONG64 Physical;
    ULONG Length;
} VIONET_SHARED, *PVIONET_SHARED;

/* Physically contiguous, zeroed. On failure the block is empty, and destroying it does nothing. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetSharedCreate(_Out_ PVIONET_SHARED block, _In_ NDIS_HANDLE adapter, _In_ ULONG length,
                               _In_ NDIS_SHARED_MEMORY_USAGE usage);
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetSharedDestroy(_Inout_ PVIONET_SHARED block);

#define VIONET_SLOT_BLOCK (64 * 1024)

typedef struct _VIONET_SLOTS {
    NDIS_HANDLE Adapter;
    VIONET_SHARED *Block;
    ULONG BlockCount, PerBlock, Stride;
} VIONET_SLOTS, *PVIONET_SLOTS;

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetSlotsCreate(_Out_ PVIONET_SLOTS slots, _In_ NDIS_HANDLE adapter, _In_ ULONG count, _In_ ULONG size,
                              _In_ NDIS_SHARED_MEMORY_USAGE usage);
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetSlotsDestroy(_Inout_ PVIONET_SLOTS slots);

/* Address and device address of slot `index`. */
PUCHAR VioNetSlot(_In_ const VIONET_SLOTS *slots, _In_ ULONG index, _Out_ PULONG64 physical);

#endif
