/* What NDIS is told about the adapter in MiniportInitializeEx. */
#ifndef VIONET_ATTRIBUTES_H
#define VIONET_ATTRIBUTES_H

#include "adapter.h"

#define VIONET_PACKET_FILTERS                                                                                     \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |                      \
     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetSetRegistrationAttributes(_In_ PVIONET_ADAPTER adapter);
/* After VioNetHardwareNegotiate. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetSetGeneralAttributes(_In_ PVIONET_ADAPTER adapter);
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetSetOffloadAttributes(_In_ PVIONET_ADAPTER adapter);

#endif
