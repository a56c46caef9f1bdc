/* Memory: pool, MDLs, contiguous and DMA memory, lent memory, the buffers of the request that asked. */
#include "storcheck.h"

ULONG CheckPool(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, first = NULL, second = NULL;

    ANSWERS(StorPortAllocatePool(device, 100, STORCHECK_TAG, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortAllocatePool(device, 100, STORCHECK_TAG, &first), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortAllocatePool(device, 5000, STORCHECK_TAG, &second), STOR_STATUS_SUCCESS);
    HOLDS(first != NULL && second != NULL && first != second);
    RtlFillMemory(first, 100, 0x55);
    StorPortMoveMemory((PUCHAR)first + 1, first, 50);
    StorPortCopyMemory(second, first, 100);
    HOLDS(((PUCHAR)second)[99] == 0x55);
    ANSWERS(StorPortSecureCopyMemory(second, 10, first, 11), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortSecureCopyMemory(second, 10, first, 10), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreePool(device, first), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreePool(device, second), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreePool(device, NULL), STOR_STATUS_INVALID_PARAMETER);
    return 0;
}

static VOID NoteList(PVOID *object, PVOID *irp, PSTOR_SCATTER_GATHER_LIST list, PVOID context)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(irp);
    for (ULONG i = 0; i < list->NumberOfElements; i++)
        *(PULONG)context += list->List[i].Length;
}

ULONG CheckMdl(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, block, mdl = NULL, pfns = NULL;
    ULONG_PTR room[64];
    ULONG described = 0, count = 0, offset = 0, status;
    KIRQL old;

    ANSWERS(StorPortAllocatePool(device, 9000, STORCHECK_TAG, &block), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortAllocateMdl(device, NULL, 9000, &mdl), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortAllocateMdl(device, block, 9000, &mdl), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortBuildMdlForNonPagedPool(device, mdl), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortGetPfns(device, NULL, mdl, &pfns, &count, &offset), STOR_STATUS_SUCCESS);
    HOLDS(pfns != NULL && count >= 3 && offset == ((ULONG_PTR)block & 0xfff));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    status = StorPortBuildScatterGatherList(device, mdl, (PUCHAR)block + 10, 8000, NoteList, &described, TRUE, room, sizeof(room));
    KeLowerIrql(old);
    ANSWERS(status, STOR_STATUS_SUCCESS);
    HOLDS(described == 8000);
    ANSWERS(StorPortPutScatterGatherList(device, (PSTOR_SCATTER_GATHER_LIST)room, TRUE), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreeMdl(device, mdl), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreePool(device, block), STOR_STATUS_SUCCESS);
    return 0;
}

ULONG CheckContiguous(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, block = NULL;
    PHYSICAL_ADDRESS low = { .QuadPart = 0 }, high = { .QuadPart = 0xffffffff }, none = { .QuadPart = 0 }, pa = { .QuadPart = 0 };
    STOR_PHYSICAL_ADDRESS first, last;
    ULONG length = 0;

    ANSWERS(StorPortAllocateContiguousMemorySpecifyCacheNode(device, 12288, low, high, none, MmCached, 0, &block),
            STOR_STATUS_SUCCESS);
    first = StorPortGetPhysicalAddress(device, NULL, block, &length);
    HOLDS(first.QuadPart != 0 && first.QuadPart <= high.QuadPart && length != 0);
    last = StorPortGetPhysicalAddress(device, NULL, (PUCHAR)block + 12287, &length);
    HOLDS(last.QuadPart == first.QuadPart + 12287);
    HOLDS(StorPortGetVirtualAddress(device, first) == block);
    ANSWERS(StorPortFreeContiguousMemorySpecifyCache(device, block, 12288, MmCached), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortAllocateDmaMemory(device, 4096, low, high, none, MmCached, 0, &block, &pa), STOR_STATUS_SUCCESS);
    first = StorPortGetPhysicalAddress(device, NULL, block, &length);
    HOLDS(first.QuadPart == pa.QuadPart);
    ANSWERS(StorPortFreeDmaMemory(device, block, 4096, MmCached, pa), STOR_STATUS_SUCCESS);
    return 0;
}

ULONG CheckHostMemory(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    PHYSICAL_ADDRESS low = { .QuadPart = 0 }, high = { .QuadPart = 0x7fffffffffffffffll }, none = { .QuadPart = 0 };
    ACCESS_RANGE ranges[4];
    ULONG count = 4, total = 0;

    ANSWERS(StorPortAllocateHostMemoryBuffer(device, 0, 4097, 0, 4096, low, high, none, ranges, &count),
            STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortAllocateHostMemoryBuffer(device, 65536, 262144, 0, 8192, low, high, none, ranges, &count), STOR_STATUS_SUCCESS);
    HOLDS(count >= 1 && count <= 4);
    for (ULONG i = 0; i < count; i++) {
        HOLDS((ranges[i].RangeStart.QuadPart & 8191) == 0);
        total += ranges[i].RangeLength;
    }
    HOLDS(total >= 65536 && total <= 262144);
    ANSWERS(StorPortFreeHostMemoryBuffer(device, ranges, count), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreeHostMemoryBuffer(device, ranges, count), STOR_STATUS_UNSUCCESSFUL);
    return 0;
}

ULONG CheckRequest(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, address = NULL, mdl = NULL;
    STOR_REQUEST_INFO info = { .Version = STOR_REQUEST_INFO_VER, .Size = sizeof(info) };
    SCSI_REQUEST_BLOCK stranger = { .Length = sizeof(stranger) };
    GUID activity;

    ANSWERS(StorPortGetSystemAddress(device, context->Srb, &address), STOR_STATUS_SUCCESS);
    HOLDS(address == SrbGetDataBuffer(context->Srb));
    ANSWERS(StorPortGetSystemAddress(device, &stranger, &address), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortGetSystemAddress(device, context->Srb, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortGetOriginalMdl(device, context->Srb, &mdl), STOR_STATUS_SUCCESS);
    HOLDS(mdl != NULL);
    ANSWERS(StorPortGetRequestInfo(device, context->Srb, &info), STOR_STATUS_SUCCESS);
    HOLDS(info.Length == SrbGetDataTransferLength(context->Srb));
    info.Version = 99;
    ANSWERS(StorPortGetRequestInfo(device, context->Srb, &info), STOR_STATUS_UNSUPPORTED_VERSION);
    HOLDS(StorPortGetActivityIdSrb(device, &stranger, &activity) == (ULONG)STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortFlushDataBufferMdl(device, context->Srb), STOR_STATUS_SUCCESS);
    HOLDS(SrbGetSrbExtension(context->Srb) != NULL);
    HOLDS(StorPortGetSrb(device, 0, 0, 0, 0) == NULL);
    return 0;
}
