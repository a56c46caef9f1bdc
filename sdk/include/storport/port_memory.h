/* Memory of a miniport: pool, MDLs, buffers of requests, memory for DMA.
 * Each function forwards to StorPortExtendedFunction or StorPortNotification and answers a STOR_STATUS. docs: storport */
#ifndef RING3_STORPORT_PORT_MEMORY_H
#define RING3_STORPORT_PORT_MEMORY_H

#include <storport/port_exports.h>

FORCEINLINE ULONG StorPortAllocatePool(PVOID HwDeviceExtension, ULONG NumberOfBytes, ULONG Tag, PVOID *BufferPointer)
{
    return StorPortExtendedFunction(ExtFunctionAllocatePool, HwDeviceExtension, NumberOfBytes, Tag, BufferPointer);
}

FORCEINLINE ULONG StorPortFreePool(PVOID HwDeviceExtension, PVOID BufferPointer)
{
    return StorPortExtendedFunction(ExtFunctionFreePool, HwDeviceExtension, BufferPointer);
}

FORCEINLINE ULONG StorPortAllocateMdl(PVOID HwDeviceExtension, PVOID BufferPointer, ULONG NumberOfBytes, PVOID *Mdl)
{
    return StorPortExtendedFunction(ExtFunctionAllocateMdl, HwDeviceExtension, BufferPointer, NumberOfBytes, Mdl);
}

FORCEINLINE ULONG StorPortFreeMdl(PVOID HwDeviceExtension, PVOID Mdl)
{
    return StorPortExtendedFunction(ExtFunctionFreeMdl, HwDeviceExtension, Mdl);
}

FORCEINLINE ULONG StorPortBuildMdlForNonPagedPool(PVOID HwDeviceExtension, PVOID Mdl)
{
    return StorPortExtendedFunction(ExtFunctionBuildMdlForNonPagedPool, HwDeviceExtension, Mdl);
}

FORCEINLINE ULONG StorPortGetSystemAddress(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PVOID *SystemAddress)
{
    return StorPortExtendedFunction(ExtFunctionGetSystemAddress, HwDeviceExtension, Srb, SystemAddress);
}

FORCEINLINE ULONG StorPortGetOriginalMdl(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PVOID *Mdl)
{
    return StorPortExtendedFunction(ExtFunctionGetOriginalMdl, HwDeviceExtension, Srb, Mdl);
}

FORCEINLINE ULONG StorPortGetDataInBufferMdl(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PVOID *Mdl)
{
    return StorPortExtendedFunction(ExtFunctionGetDataInBufferMdl, HwDeviceExtension, Srb, Mdl);
}

FORCEINLINE ULONG StorPortGetDataInBufferSystemAddress(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb,
                                                       PVOID *SystemAddress)
{
    return StorPortExtendedFunction(ExtFunctionGetDataInBufferSystemAddress, HwDeviceExtension, Srb, SystemAddress);
}

FORCEINLINE ULONG StorPortGetDataInBufferScatterGatherList(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb,
                                                           PSTOR_SCATTER_GATHER_LIST *SgList)
{
    return StorPortExtendedFunction(ExtFunctionGetDataInBufferScatterGatherList, HwDeviceExtension, Srb, SgList);
}

FORCEINLINE ULONG StorPortFlushDataBufferMdl(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb)
{
    return StorPortExtendedFunction(ExtFunctionFlushDataBufferMdl, HwDeviceExtension, Srb);
}

FORCEINLINE ULONG StorPortGetPfns(PVOID HwDeviceExtension, PVOID Srb, PVOID Mdl, PVOID *Pfns, ULONG *PfnCount,
                                  ULONG *StartingOffset)
{
    return StorPortExtendedFunction(ExtFunctionGetPfns, HwDeviceExtension, Srb, Mdl, Pfns, PfnCount, StartingOffset);
}

FORCEINLINE ULONG StorPortBuildScatterGatherList(PVOID HwDeviceExtension, PVOID Mdl, PVOID CurrentVa, ULONG Length,
                                                 PPOST_SCATTER_GATHER_EXECUTE ExecutionRoutine, PVOID Context,
                                                 BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                                                 ULONG ScatterGatherBufferLength)
{
    return StorPortExtendedFunction(ExtFunctionBuildScatterGatherList, HwDeviceExtension, Mdl, CurrentVa, Length,
                                    ExecutionRoutine, Context, WriteToDevice, ScatterGatherBuffer,
                                    ScatterGatherBufferLength);
}

FORCEINLINE ULONG StorPortPutScatterGatherList(PVOID HwDeviceExtension, PSTOR_SCATTER_GATHER_LIST ScatterGatherList,
                                               BOOLEAN WriteToDevice)
{
    return StorPortExtendedFunction(ExtFunctionPutScatterGatherList, HwDeviceExtension, ScatterGatherList, WriteToDevice);
}

FORCEINLINE ULONG StorPortAllocateContiguousMemorySpecifyCacheNode(PVOID HwDeviceExtension, SIZE_T NumberOfBytes,
                                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                                   MEMORY_CACHING_TYPE CacheType,
                                                                   NODE_REQUIREMENT PreferredNode, PVOID *BufferPointer)
{
    return StorPortExtendedFunction(ExtFunctionAllocateContiguousMemorySpecifyCacheNode, HwDeviceExtension, NumberOfBytes,
                                    LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, CacheType,
                                    PreferredNode, BufferPointer);
}

FORCEINLINE ULONG StorPortFreeContiguousMemorySpecifyCache(PVOID HwDeviceExtension, PVOID BaseAddress,
                                                           SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    return StorPortExtendedFunction(ExtFunctionFreeContiguousMemorySpecifyCache, HwDeviceExtension, BaseAddress,
                                    NumberOfBytes, CacheType);
}

FORCEINLINE ULONG StorPortAllocateDmaMemory(PVOID HwDeviceExtension, SIZE_T NumberOfBytes,
                                            PHYSICAL_ADDRESS LowestAcceptableAddress,
                                            PHYSICAL_ADDRESS HighestAcceptableAddress,
                                            PHYSICAL_ADDRESS BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType,
                                            NODE_REQUIREMENT PreferredNode, PVOID *BufferPointer,
                                            PPHYSICAL_ADDRESS PhysicalAddress)
{
    return StorPortExtendedFunction(ExtFunctionAllocateDmaMemory, HwDeviceExtension, NumberOfBytes,
                                    LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, CacheType,
                                    PreferredNode, BufferPointer, PhysicalAddress);
}

FORCEINLINE ULONG StorPortFreeDmaMemory(PVOID HwDeviceExtension, PVOID BaseAddress, SIZE_T NumberOfBytes,
                                        MEMORY_CACHING_TYPE CacheType, PHYSICAL_ADDRESS PhysicalAddress)
{
    return StorPortExtendedFunction(ExtFunctionFreeDmaMemory, HwDeviceExtension, BaseAddress, NumberOfBytes, CacheType,
                                    PhysicalAddress);
}

FORCEINLINE ULONG StorPortAllocateHostMemoryBuffer(PVOID HwDeviceExtension, SIZE_T MinimumBytes, SIZE_T PreferredBytes,
                                                   ULONGLONG UtilizationBytes, ULONG AlignmentBytes,
                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   PACCESS_RANGE PhysicalAddressRanges, PULONG PhysicalAddressRangeCount)
{
    return StorPortExtendedFunction(ExtFunctionAllocateHmb, HwDeviceExtension, MinimumBytes, PreferredBytes,
                                    UtilizationBytes, AlignmentBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                                    BoundaryAddressMultiple, PhysicalAddressRanges, PhysicalAddressRangeCount);
}

FORCEINLINE ULONG StorPortFreeHostMemoryBuffer(PVOID HwDeviceExtension, PACCESS_RANGE PhysicalAddressRanges,
                                               ULONG PhysicalAddressRangeCount)
{
    return StorPortExtendedFunction(ExtFunctionFreeHmb, HwDeviceExtension, PhysicalAddressRanges,
                                    PhysicalAddressRangeCount);
}

FORCEINLINE ULONG StorPortMarkDumpMemory(PVOID HwDeviceExtension, PVOID Address, ULONG_PTR Length, ULONG Flags)
{
    return StorPortExtendedFunction(ExtFunctionMarkDumpMemory, HwDeviceExtension, Address, Length, Flags);
}

FORCEINLINE VOID StorPortCopyMemory(PVOID Destination, const VOID *Source, ULONG_PTR Length)
{
    StorPortMoveMemory(Destination, (PVOID)(ULONG_PTR)Source, (ULONG)Length);
}

/* STOR_STATUS_INVALID_PARAMETER, and nothing copied, when Count does not fit. */
FORCEINLINE ULONG StorPortSecureCopyMemory(PVOID Dest, SIZE_T DestSizeInBytes, const VOID *Src, SIZE_T Count)
{
    if (!Dest || !Src || Count > DestSizeInBytes)
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    StorPortMoveMemory(Dest, (PVOID)(ULONG_PTR)Src, (ULONG)Count);
    return STOR_STATUS_SUCCESS;
}

#endif
