/* What the registry says: the standardized keywords of the INF. */
#ifndef VIONET_CONFIG_H
#define VIONET_CONFIG_H

#include "driver.h"

typedef struct _VIONET_CONFIG {
    ULONG ReceiveBuffers;       /* *ReceiveBuffers */
    ULONG TransmitBuffers;      /* *TransmitBuffers */
    ULONG PriorityVlanTag;      /* *PriorityVLANTag: 0 none, 1 priority, 2 VLAN, 3 both */
    ULONG TcpChecksumV4, TcpChecksumV6, UdpChecksumV4, UdpChecksumV6;   /* 0 off, 1 send, 2 receive, 3 both */
    ULONG LsoV4, LsoV6, UsoV4, UsoV6;   /* *LsoV2IPv4, *LsoV2IPv6, *UsoIPv4, *UsoIPv6: 0 or 1 */
    ULONG RscV4, RscV6;         /* *RscIPv4, *RscIPv6: 0 or 1 */
    ULONG Rss, RssQueues;       /* *RSS, *NumRssQueues */
    BOOLEAN HasNetworkAddress;
    UCHAR NetworkAddress[ETH_LENGTH_OF_ADDRESS];
} VIONET_CONFIG, *PVIONET_CONFIG;

#define VIONET_OFFLOAD_SEND 1
#define VIONET_OFFLOAD_RECEIVE 2

/* Values that are missing or out of range get the INF's default. Fails only when the key cannot be opened. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetConfigRead(_Out_ PVIONET_CONFIG config, _In_ NDIS_HANDLE adapter);

#endif
