#include "power.h"

#include "hardware.h"

static NDIS_STATUS PowerUp(PVIONET_ADAPTER adapter)
{
    NDIS_STATUS status = VioNetHardwareNegotiate(adapter);

    if (status == NDIS_STATUS_SUCCESS)
        status = VioNetHardwareStart(adapter);
    if (status == NDIS_STATUS_SUCCESS)
        adapter->PowerState = NdisDeviceStateD0;
    return status;
}

_Use_decl_annotations_
NDIS_STATUS VioNetSetPower(PVIONET_ADAPTER adapter, NDIS_DEVICE_POWER_STATE state)
{
    if (state < NdisDeviceStateD0 || state > NdisDeviceStateD3)
        return NDIS_STATUS_INVALID_DATA;
    if (state == adapter->PowerState)
        return NDIS_STATUS_SUCCESS;
    if (state == NdisDeviceStateD0)
        return adapter->Removed ? NDIS_STATUS_DEVICE_FAILED : PowerUp(adapter);
    if (adapter->PowerState == NdisDeviceStateD0)
        VioNetHardwareStop(adapter, NDIS_STATUS_LOW_POWER_STATE);
    adapter->PowerState = state;
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetDevicePnPEvent(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    PVIONET_ADAPTER adapter = context;

    if (event->DevicePnPEvent != NdisDevicePnPEventSurpriseRemoved)
        return;
    /* Nothing the device has comes back any more: it is taken back, so that pausing can end. */
    adapter->Removed = TRUE;
    VioNetHardwareStop(adapter, NDIS_STATUS_FAILURE);
}
