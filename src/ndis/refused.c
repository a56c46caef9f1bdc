/* Functions that exist so that drivers load, and that say no in the words the documentation has for it. */
#include "base/log.h"
#include "ndis/adapter.h"

/* --- SR-IOV: no device has virtual functions --------------------------------------------------------------------- */

/* NDIS_STATUS_INVALID_PARAMETER for functions without enabling them, else NDIS_STATUS_NOT_SUPPORTED: the adapter has no SR-IOV.
 * PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismenablevirtualization */
NDIS_STATUS NTAPI NdisMEnableVirtualization(NDIS_HANDLE NdisMiniportHandle, USHORT NumVFs, BOOLEAN EnableVFMigration,
                                            BOOLEAN EnableMigrationInterrupt, BOOLEAN EnableVirtualization)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return !EnableVirtualization && NumVFs ? NDIS_STATUS_INVALID_PARAMETER : NDIS_STATUS_NOT_SUPPORTED;
}

/* Reads nothing: 0 bytes. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismgetvirtualfunctionbusdata */
ULONG NTAPI NdisMGetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, PVOID Buffer,
                                           ULONG Offset, ULONG Length)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return 0;
}

/* Writes nothing: 0 bytes. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismsetvirtualfunctionbusdata */
ULONG NTAPI NdisMSetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, PVOID Buffer,
                                           ULONG Offset, ULONG Length)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return 0;
}

/* There is no physical function to ask: NDIS_STATUS_FAILURE. <= APC_LEVEL. docs: ndis/nf-ndis-ndismreadconfigblock */
NDIS_STATUS NTAPI NdisMReadConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId, PVOID Buffer, ULONG Length)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return NDIS_STATUS_FAILURE;
}

/* Likewise. <= APC_LEVEL. docs: ndis/nf-ndis-ndismwriteconfigblock */
NDIS_STATUS NTAPI NdisMWriteConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId, PVOID Buffer, ULONG Length)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return NDIS_STATUS_FAILURE;
}

/* Nothing was probed for virtual functions: NDIS_STATUS_FAILURE. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismqueryprobedbars */
NDIS_STATUS NTAPI NdisMQueryProbedBars(NDIS_HANDLE NdisMiniportHandle, PULONG BaseRegisterValues)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return NDIS_STATUS_FAILURE;
}

/* Of a virtual function that is not there: segment, bus and function 0. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismgetvirtualfunctionlocation */
VOID NTAPI NdisMGetVirtualFunctionLocation(NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, PUSHORT SegmentNumber,
                                           PUCHAR BusNumber, PUCHAR FunctionNumber)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    log_warn("ndis", "a driver asks where virtual function %u is; no device has any", VFId);
    *SegmentNumber = 0;
    *BusNumber = *FunctionNumber = 0;
}

/* Nobody has the configuration blocks: nothing happens. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisminvalidateconfigblock */
VOID NTAPI NdisMInvalidateConfigBlock(NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, ULONGLONG BlockMask)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
}

/* --- the system's DMA controller: the computer has no ISA bus --------------------------------------------------------- */

/* NDIS_STATUS_FAILURE: the bus is out of range; *MiniportDmaHandle is NULL. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismregisterdmachannel */
NDIS_STATUS NTAPI NdisMRegisterDmaChannel(PNDIS_HANDLE MiniportDmaHandle, NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
                                          BOOLEAN Dma32BitAddresses, PNDIS_DMA_DESCRIPTION DmaDescription, ULONG MaximumLength)
{
    ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
    *MiniportDmaHandle = NULL;
    log_warn("ndis", "a driver asks for DMA channel %u; there is no ISA bus", (unsigned)DmaDescription->DmaChannel);
    return NDIS_STATUS_FAILURE;
}

/* No channel can be registered. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismderegisterdmachannel */
VOID NTAPI NdisMDeregisterDmaChannel(NDIS_HANDLE MiniportDmaHandle)
{
}

/* Nothing is left of a transfer that never began: 0. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismreaddmacounter */
ULONG NTAPI NdisMReadDmaCounter(NDIS_HANDLE MiniportDmaHandle)
{
    return 0;
}

/* --- Hyper-V's extensible switch: no filter module stands in one ---------------------------------------------------- */

/* NDIS_STATUS_NOT_SUPPORTED: the module is attached to a network adapter, not to a switch. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfgetoptionalswitchhandlers */
NDIS_STATUS NTAPI NdisFGetOptionalSwitchHandlers(NDIS_HANDLE NdisFilterHandle, PNDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                 PNDIS_SWITCH_OPTIONAL_HANDLERS NdisSwitchHandlers)
{
    ndis_object_check(NdisFilterHandle, NDIS_FILTER);
    return NDIS_STATUS_NOT_SUPPORTED;
}
