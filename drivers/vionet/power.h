/* Power states and PnP events. */
#ifndef VIONET_POWER_H
#define VIONET_POWER_H

#include "adapter.h"

/* OID_PNP_SET_POWER. NDIS has paused the adapter. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS VioNetSetPower(_Inout_ PVIONET_ADAPTER adapter, _In_ NDIS_DEVICE_POWER_STATE state);

MINIPORT_DEVICE_PNP_EVENT_NOTIFY VioNetDevicePnPEvent;

#endif
