/* Functions that exist so that drivers load, and that say no in the words the documentation has for it. */
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

/* --- Hyper-V's extensible switch: no filter module stands in one ---------------------------------------------------- */

/* NDIS_STATUS_NOT_SUPPORTED: the module is attached to a network adapter, not to a switch. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisfgetoptionalswitchhandlers */
NDIS_STATUS NTAPI NdisFGetOptionalSwitchHandlers(NDIS_HANDLE NdisFilterHandle, PNDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                 PNDIS_SWITCH_OPTIONAL_HANDLERS NdisSwitchHandlers)
{
    ndis_object_check(NdisFilterHandle, NDIS_FILTER);
    return NDIS_STATUS_NOT_SUPPORTED;
}
