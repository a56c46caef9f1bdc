/* Functions that exist so that drivers load, and that say no in the words the documentation has for it. */
#include "ndis/adapter.h"

/* Ports besides the default one: not offered; NDIS_STATUS_NOT_SUPPORTED. docs: ndis/nf-ndis-ndismallocateport */
NDIS_STATUS NTAPI NdisMAllocatePort(NDIS_HANDLE NdisMiniportHandle, PNDIS_PORT_CHARACTERISTICS PortCharacteristics)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return NDIS_STATUS_NOT_SUPPORTED;
}

/* No port was ever allocated: NDIS_STATUS_INVALID_PORT. docs: ndis/nf-ndis-ndismfreeport */
NDIS_STATUS NTAPI NdisMFreePort(NDIS_HANDLE NdisMiniportHandle, NDIS_PORT_NUMBER PortNumber)
{
    ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    return NDIS_STATUS_INVALID_PORT;
}

/* Selective suspend: MiniportIdleNotification is never called, so there is nothing to confirm. docs: ndis/nf-ndis-ndismidlenotificationconfirm */
VOID NTAPI NdisMIdleNotificationConfirm(NDIS_HANDLE MiniportAdapterHandle, NDIS_DEVICE_POWER_STATE IdlePowerState)
{
    ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
}

/* docs: ndis/nf-ndis-ndismidlenotificationcomplete */
VOID NTAPI NdisMIdleNotificationComplete(NDIS_HANDLE MiniportAdapterHandle)
{
    ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
}

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
