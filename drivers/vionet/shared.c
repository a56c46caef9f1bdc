#include "shared.h"

#define CACHE_LINE 64

_Use_decl_annotations_
NDIS_STATUS VioNetSharedCreate(PVIONET_SHARED block, NDIS_HANDLE adapter, ULONG length, NDIS_SHARED_MEMORY_USAGE usage)
{
    union {
        SCATTER_GATHER_LIST List;
        UCHAR Room[sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT)];
    } sg;
    NDIS_SHARED_MEMORY_PARAMETERS parameters;
    NDIS_STATUS status;

    RtlZeroMemory(block, sizeof(*block));
    RtlZeroMemory(&parameters, sizeof(parameters));
    RtlZeroMemory(&sg, sizeof(sg));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2;
    parameters.Header.Size = NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2;
    parameters.Flags = NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS;
    parameters.PreferredNode = MM_ANY_NODE_OK;
    parameters.Usage = usage;
    parameters.Length = length;
    parameters.SGListBuffer = &sg.List;
    parameters.SGListBufferLength = sizeof(sg);
    status = NdisAllocateSharedMemory(adapter, &parameters, &block->Allocation);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    block->Adapter = adapter;
    block->Address = parameters.VirtualAddress;
    block->Physical = (ULONG64)parameters.SGListBuffer->Elements[0].Address.QuadPart;
    block->Length = length;
    RtlZeroMemory(block->Address, length);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetSharedDestroy(PVIONET_SHARED block)
{
    if (block->Address != NULL)
        NdisFreeSharedMemory(block->Adapter, block->Allocation);
    RtlZeroMemory(block, sizeof(*block));
}

_Use_decl_annotations_
NDIS_STATUS VioNetSlotsCreate(PVIONET_SLOTS slots, NDIS_HANDLE adapter, ULONG count, ULONG size,
                              NDIS_SHARED_MEMORY_USAGE usage)
{
    ULONG stride = (size + CACHE_LINE - 1) & ~(ULONG)(CACHE_LINE - 1);
    ULONG perBlock = max(VIONET_SLOT_BLOCK / stride, 1), blocks = (count + perBlock - 1) / perBlock;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    RtlZeroMemory(slots, sizeof(*slots));
    slots->Adapter = adapter;
    slots->Stride = stride;
    slots->PerBlock = perBlock;
    slots->Block = VioNetAllocate(adapter, blocks * sizeof(*slots->Block));
    if (slots->Block == NULL)
        return NDIS_STATUS_RESOURCES;
    for (ULONG i = 0; i < blocks; i++) {
        status = VioNetSharedCreate(&slots->Block[i], adapter, perBlock * stride, usage);
        if (status != NDIS_STATUS_SUCCESS)
            break;
        slots->BlockCount++;
    }
    if (status != NDIS_STATUS_SUCCESS)
        VioNetSlotsDestroy(slots);
    return status;
}

_Use_decl_annotations_
VOID VioNetSlotsDestroy(PVIONET_SLOTS slots)
{
    if (slots->Block == NULL)
        return;
    while (slots->BlockCount != 0)
        VioNetSharedDestroy(&slots->Block[--slots->BlockCount]);
    NdisFreeMemory(slots->Block, 0, 0);
    slots->Block = NULL;
}

_Use_decl_annotations_
PUCHAR VioNetSlot(const VIONET_SLOTS *slots, ULONG index, PULONG64 physical)
{
    const VIONET_SHARED *block = &slots->Block[index / slots->PerBlock];
    ULONG offset = index % slots->PerBlock * slots->Stride;

    *physical = block->Physical + offset;
    return block->Address + offset;
}
