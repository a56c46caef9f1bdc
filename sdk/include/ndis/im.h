/* Intermediate drivers: virtual miniports on top of bindings. docs: ndis (NdisIMXxx) */
#ifndef RING3_NDIS_IM_H
#define RING3_NDIS_IM_H

#include <ndis/protocol.h>

RING3_BEGIN_C

NDISAPI NDIS_STATUS NTAPI NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle, PNDIS_STRING DriverInstance,
                                                           NDIS_HANDLE DeviceContext);
NDISAPI NDIS_STATUS NTAPI NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle, PNDIS_STRING DeviceInstance);
NDISAPI NDIS_STATUS NTAPI NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle);
NDISAPI VOID NTAPI NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle);
NDISAPI NDIS_HANDLE NTAPI NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle);
NDISAPI NDIS_HANDLE NTAPI NdisIMGetDeviceContext(NDIS_HANDLE MiniportAdapterHandle);
NDISAPI VOID NTAPI NdisIMDeregisterLayeredMiniport(NDIS_HANDLE DriverHandle);
NDISAPI NDIS_STATUS NTAPI NdisIMNotifyPnPEvent(NDIS_HANDLE MiniportHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification);

RING3_END_C

#endif
