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
