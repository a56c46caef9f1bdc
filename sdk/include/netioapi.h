/* The IP Helper for the kernel: interfaces, addresses, routes, neighbours and their changes. Functions return NTSTATUS.
 * docs: network/ip-helper and the page of each name (network/getifentry2, network/mib-if-row2, ..) */
#ifndef RING3_NETIOAPI_H
#define RING3_NETIOAPI_H

#include <ws2def.h>
#include <ws2ipdef.h>
#include <ifdef.h>
#include <nldef.h>
#include <ntddndis.h>

#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif

#define NETIO_STATUS NTSTATUS
#define NETIO_SUCCESS(status) NT_SUCCESS(status)
#define NETIOAPI_API_ NTAPI
#define _NETIOAPI_SUCCESS_
#define NETIOAPI_API NTSYSAPI NETIO_STATUS NETIOAPI_API_

#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE
#ifndef NDIS_IF_MAX_STRING_SIZE
#define NDIS_IF_MAX_STRING_SIZE IF_MAX_STRING_SIZE
#endif
#define MIB_INVALID_TEREDO_PORT_NUMBER 0

typedef enum _MIB_NOTIFICATION_TYPE {
    MibParameterNotification,
    MibAddInstance,
    MibDeleteInstance,
    MibInitialNotification
} MIB_NOTIFICATION_TYPE, *PMIB_NOTIFICATION_TYPE;

typedef enum _MIB_IF_TABLE_LEVEL {
    MibIfTableNormal,
    MibIfTableRaw,
    MibIfTableNormalWithoutStatistics
} MIB_IF_TABLE_LEVEL, *PMIB_IF_TABLE_LEVEL;

/* ---- interfaces ---- */

typedef struct _MIB_IF_ROW2 {
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    GUID InterfaceGuid;
    WCHAR Alias[IF_MAX_STRING_SIZE + 1];
    WCHAR Description[IF_MAX_STRING_SIZE + 1];
    ULONG PhysicalAddressLength;
    UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    UCHAR PermanentPhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    ULONG Mtu;
    IFTYPE Type;
    TUNNEL_TYPE TunnelType;
    NDIS_MEDIUM MediaType;
    NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
    NET_IF_ACCESS_TYPE AccessType;
    NET_IF_DIRECTION_TYPE DirectionType;
    struct {
        BOOLEAN HardwareInterface : 1;
        BOOLEAN FilterInterface : 1;
        BOOLEAN ConnectorPresent : 1;
        BOOLEAN NotAuthenticated : 1;
        BOOLEAN NotMediaConnected : 1;
        BOOLEAN Paused : 1;
        BOOLEAN LowPower : 1;
        BOOLEAN EndPointInterface : 1;
    } InterfaceAndOperStatusFlags;
    IF_OPER_STATUS OperStatus;
    NET_IF_ADMIN_STATUS AdminStatus;
    NET_IF_MEDIA_CONNECT_STATE MediaConnectState;
    NET_IF_NETWORK_GUID NetworkGuid;
    NET_IF_CONNECTION_TYPE ConnectionType;
    ULONG64 TransmitLinkSpeed;
    ULONG64 ReceiveLinkSpeed;
    ULONG64 InOctets;
    ULONG64 InUcastPkts;
    ULONG64 InNUcastPkts;
    ULONG64 InDiscards;
    ULONG64 InErrors;
    ULONG64 InUnknownProtos;
    ULONG64 InUcastOctets;
    ULONG64 InMulticastOctets;
    ULONG64 InBroadcastOctets;
    ULONG64 OutOctets;
    ULONG64 OutUcastPkts;
    ULONG64 OutNUcastPkts;
    ULONG64 OutDiscards;
    ULONG64 OutErrors;
    ULONG64 OutUcastOctets;
    ULONG64 OutMulticastOctets;
    ULONG64 OutBroadcastOctets;
    ULONG64 OutQLen;
} MIB_IF_ROW2, *PMIB_IF_ROW2;
RING3_SIZE(MIB_IF_ROW2, 1352);
RING3_OFFSET(MIB_IF_ROW2, InterfaceGuid, 12);
RING3_OFFSET(MIB_IF_ROW2, InterfaceAndOperStatusFlags, 1152);
RING3_OFFSET(MIB_IF_ROW2, TransmitLinkSpeed, 1192);

typedef struct _MIB_IPINTERFACE_ROW {
    ADDRESS_FAMILY Family;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    ULONG MaxReassemblySize;
    ULONG64 InterfaceIdentifier;
    ULONG MinRouterAdvertisementInterval;
    ULONG MaxRouterAdvertisementInterval;
    BOOLEAN AdvertisingEnabled;
    BOOLEAN ForwardingEnabled;
    BOOLEAN WeakHostSend;
    BOOLEAN WeakHostReceive;
    BOOLEAN UseAutomaticMetric;
    BOOLEAN UseNeighborUnreachabilityDetection;
    BOOLEAN ManagedAddressConfigurationSupported;
    BOOLEAN OtherStatefulConfigurationSupported;
    BOOLEAN AdvertiseDefaultRoute;
    NL_ROUTER_DISCOVERY_BEHAVIOR RouterDiscoveryBehavior;
    ULONG DadTransmits;
    ULONG BaseReachableTime;
    ULONG RetransmitTime;
    ULONG PathMtuDiscoveryTimeout;
    NL_LINK_LOCAL_ADDRESS_BEHAVIOR LinkLocalAddressBehavior;
    ULONG LinkLocalAddressTimeout;
    ULONG ZoneIndices[ScopeLevelCount];
    ULONG SitePrefixLength;
    ULONG Metric;
    ULONG NlMtu;
    BOOLEAN Connected;
    BOOLEAN SupportsWakeUpPatterns;
    BOOLEAN SupportsNeighborDiscovery;
    BOOLEAN SupportsRouterDiscovery;
    ULONG ReachableTime;
    NL_INTERFACE_OFFLOAD_ROD TransmitOffload;
    NL_INTERFACE_OFFLOAD_ROD ReceiveOffload;
    BOOLEAN DisableDefaultRoutes;
} MIB_IPINTERFACE_ROW, *PMIB_IPINTERFACE_ROW;
RING3_SIZE(MIB_IPINTERFACE_ROW, 168);
RING3_OFFSET(MIB_IPINTERFACE_ROW, RouterDiscoveryBehavior, 52);
RING3_OFFSET(MIB_IPINTERFACE_ROW, Metric, 148);

typedef struct _MIB_IFSTACK_ROW {
    NET_IFINDEX HigherLayerInterfaceIndex;
    NET_IFINDEX LowerLayerInterfaceIndex;
} MIB_IFSTACK_ROW, *PMIB_IFSTACK_ROW;
RING3_SIZE(MIB_IFSTACK_ROW, 8);

typedef struct _MIB_INVERTEDIFSTACK_ROW {
    NET_IFINDEX LowerLayerInterfaceIndex;
    NET_IFINDEX HigherLayerInterfaceIndex;
} MIB_INVERTEDIFSTACK_ROW, *PMIB_INVERTEDIFSTACK_ROW;
RING3_SIZE(MIB_INVERTEDIFSTACK_ROW, 8);

typedef struct _MIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES {
    NL_BANDWIDTH_INFORMATION InboundBandwidthInformation;
    NL_BANDWIDTH_INFORMATION OutboundBandwidthInformation;
} MIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES, *PMIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES;

/* ---- addresses ---- */

typedef struct _MIB_UNICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    NL_PREFIX_ORIGIN PrefixOrigin;
    NL_SUFFIX_ORIGIN SuffixOrigin;
    ULONG ValidLifetime;     /* seconds; 0xffffffff: for ever */
    ULONG PreferredLifetime; /* seconds */
    UINT8 OnLinkPrefixLength;
    BOOLEAN SkipAsSource;
    NL_DAD_STATE DadState;
    SCOPE_ID ScopeId;
    LARGE_INTEGER CreationTimeStamp;
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;
RING3_SIZE(MIB_UNICASTIPADDRESS_ROW, 80);
RING3_OFFSET(MIB_UNICASTIPADDRESS_ROW, DadState, 64);

typedef struct _MIB_ANYCASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    SCOPE_ID ScopeId;
} MIB_ANYCASTIPADDRESS_ROW, *PMIB_ANYCASTIPADDRESS_ROW;
RING3_SIZE(MIB_ANYCASTIPADDRESS_ROW, 48);

typedef struct _MIB_MULTICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_IFINDEX InterfaceIndex;
    NET_LUID InterfaceLuid;
    SCOPE_ID ScopeId;
} MIB_MULTICASTIPADDRESS_ROW, *PMIB_MULTICASTIPADDRESS_ROW;
RING3_SIZE(MIB_MULTICASTIPADDRESS_ROW, 48);

/* ---- routes ---- */

typedef struct _IP_ADDRESS_PREFIX {
    SOCKADDR_INET Prefix;
    UINT8 PrefixLength;
} IP_ADDRESS_PREFIX, *PIP_ADDRESS_PREFIX;
RING3_SIZE(IP_ADDRESS_PREFIX, 32);

typedef struct _MIB_IPFORWARD_ROW2 {
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    IP_ADDRESS_PREFIX DestinationPrefix;
    SOCKADDR_INET NextHop;
    UCHAR SitePrefixLength;
    ULONG ValidLifetime;     /* seconds; 0xffffffff: for ever */
    ULONG PreferredLifetime; /* seconds */
    ULONG Metric;            /* added to the interface's */
    NL_ROUTE_PROTOCOL Protocol;
    BOOLEAN Loopback;
    BOOLEAN AutoconfigureAddress;
    BOOLEAN Publish;
    BOOLEAN Immortal;
    ULONG Age; /* seconds */
    NL_ROUTE_ORIGIN Origin;
} MIB_IPFORWARD_ROW2, *PMIB_IPFORWARD_ROW2;
RING3_SIZE(MIB_IPFORWARD_ROW2, 104);
RING3_OFFSET(MIB_IPFORWARD_ROW2, NextHop, 44);
RING3_OFFSET(MIB_IPFORWARD_ROW2, Metric, 84);

typedef struct _MIB_IPPATH_ROW {
    SOCKADDR_INET Source;
    SOCKADDR_INET Destination;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    SOCKADDR_INET CurrentNextHop;
    ULONG PathMtu;
    ULONG RttMean;
    ULONG RttDeviation;
    union {
        ULONG LastReachable;
        ULONG LastUnreachable;
    };
    BOOLEAN IsReachable;
    ULONG64 LinkTransmitSpeed;
    ULONG64 LinkReceiveSpeed;
} MIB_IPPATH_ROW, *PMIB_IPPATH_ROW;
RING3_SIZE(MIB_IPPATH_ROW, 136);
RING3_OFFSET(MIB_IPPATH_ROW, PathMtu, 96);

/* ---- neighbours ---- */

typedef struct _MIB_IPNET_ROW2 {
    SOCKADDR_INET Address;
    NET_IFINDEX InterfaceIndex;
    NET_LUID InterfaceLuid;
    UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    ULONG PhysicalAddressLength;
    NL_NEIGHBOR_STATE State;
    union {
        struct {
            BOOLEAN IsRouter : 1;
            BOOLEAN IsUnreachable : 1;
        };
        UCHAR Flags;
    };
    union {
        ULONG LastReachable; /* milliseconds since */
        ULONG LastUnreachable;
    } ReachabilityTime;
} MIB_IPNET_ROW2, *PMIB_IPNET_ROW2;
RING3_SIZE(MIB_IPNET_ROW2, 88);
RING3_OFFSET(MIB_IPNET_ROW2, InterfaceLuid, 32);

/* ---- tables: pool memory that FreeMibTable returns ---- */

#define RING3_MIB_TABLE(name, row)  \
    typedef struct _##name {        \
        ULONG NumEntries;           \
        row Table[ANY_SIZE];        \
    } name, *P##name

RING3_MIB_TABLE(MIB_IF_TABLE2, MIB_IF_ROW2);
RING3_MIB_TABLE(MIB_IPINTERFACE_TABLE, MIB_IPINTERFACE_ROW);
RING3_MIB_TABLE(MIB_IFSTACK_TABLE, MIB_IFSTACK_ROW);
RING3_MIB_TABLE(MIB_INVERTEDIFSTACK_TABLE, MIB_INVERTEDIFSTACK_ROW);
RING3_MIB_TABLE(MIB_UNICASTIPADDRESS_TABLE, MIB_UNICASTIPADDRESS_ROW);
RING3_MIB_TABLE(MIB_ANYCASTIPADDRESS_TABLE, MIB_ANYCASTIPADDRESS_ROW);
RING3_MIB_TABLE(MIB_MULTICASTIPADDRESS_TABLE, MIB_MULTICASTIPADDRESS_ROW);
RING3_MIB_TABLE(MIB_IPFORWARD_TABLE2, MIB_IPFORWARD_ROW2);
RING3_MIB_TABLE(MIB_IPPATH_TABLE, MIB_IPPATH_ROW);
RING3_MIB_TABLE(MIB_IPNET_TABLE2, MIB_IPNET_ROW2);
RING3_OFFSET(MIB_IF_TABLE2, Table, 8);
RING3_OFFSET(MIB_IFSTACK_TABLE, Table, 4);

typedef VOID(NETIOAPI_API_ *PIPINTERFACE_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_IPINTERFACE_ROW Row,
                                                          _In_ MIB_NOTIFICATION_TYPE NotificationType);
typedef VOID(NETIOAPI_API_ *PUNICAST_IPADDRESS_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_UNICASTIPADDRESS_ROW Row,
                                                                _In_ MIB_NOTIFICATION_TYPE NotificationType);
typedef VOID(NETIOAPI_API_ *PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK)(_In_ PVOID CallerContext,
                                                                      _In_ PMIB_UNICASTIPADDRESS_TABLE AddressTable);
typedef VOID(NETIOAPI_API_ *PTEREDO_PORT_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_ USHORT Port,
                                                          _In_ MIB_NOTIFICATION_TYPE NotificationType);
typedef VOID(NETIOAPI_API_ *PIPFORWARD_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_IPFORWARD_ROW2 Row,
                                                        _In_ MIB_NOTIFICATION_TYPE NotificationType);

RING3_BEGIN_C

NETIOAPI_API GetIfEntry2(_Inout_ PMIB_IF_ROW2 Row);
NETIOAPI_API GetIfTable2(_Outptr_ PMIB_IF_TABLE2 *Table);
NETIOAPI_API GetIfTable2Ex(_In_ MIB_IF_TABLE_LEVEL Level, _Outptr_ PMIB_IF_TABLE2 *Table);
NETIOAPI_API GetIfStackTable(_Outptr_ PMIB_IFSTACK_TABLE *Table);
NETIOAPI_API GetInvertedIfStackTable(_Outptr_ PMIB_INVERTEDIFSTACK_TABLE *Table);
NETIOAPI_API GetIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
NETIOAPI_API GetIpInterfaceTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPINTERFACE_TABLE *Table);
NTSYSAPI VOID NETIOAPI_API_ InitializeIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
NETIOAPI_API SetIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
NETIOAPI_API NotifyIpInterfaceChange(_In_ ADDRESS_FAMILY Family, _In_ PIPINTERFACE_CHANGE_CALLBACK Callback,
                                     _In_opt_ PVOID CallerContext, _In_ BOOLEAN InitialNotification,
                                     _Inout_ HANDLE *NotificationHandle);

NETIOAPI_API CreateUnicastIpAddressEntry(_In_ CONST MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API DeleteUnicastIpAddressEntry(_In_ CONST MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API GetUnicastIpAddressEntry(_Inout_ PMIB_UNICASTIPADDRESS_ROW Row);
NETIOAPI_API GetUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_UNICASTIPADDRESS_TABLE *Table);
NTSYSAPI VOID NETIOAPI_API_ InitializeUnicastIpAddressEntry(_Out_ PMIB_UNICASTIPADDRESS_ROW Row);
NETIOAPI_API SetUnicastIpAddressEntry(_In_ CONST MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API NotifyUnicastIpAddressChange(_In_ ADDRESS_FAMILY Family, _In_ PUNICAST_IPADDRESS_CHANGE_CALLBACK Callback,
                                          _In_opt_ PVOID CallerContext, _In_ BOOLEAN InitialNotification,
                                          _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API NotifyStableUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family, _Inout_ PMIB_UNICASTIPADDRESS_TABLE *Table,
                                               _In_ PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK CallerCallback,
                                               _In_ PVOID CallerContext, _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API CreateAnycastIpAddressEntry(_In_ CONST MIB_ANYCASTIPADDRESS_ROW *Row);
NETIOAPI_API DeleteAnycastIpAddressEntry(_In_ CONST MIB_ANYCASTIPADDRESS_ROW *Row);
NETIOAPI_API GetAnycastIpAddressEntry(_Inout_ PMIB_ANYCASTIPADDRESS_ROW Row);
NETIOAPI_API GetAnycastIpAddressTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_ANYCASTIPADDRESS_TABLE *Table);
NETIOAPI_API GetMulticastIpAddressEntry(_Inout_ PMIB_MULTICASTIPADDRESS_ROW Row);
NETIOAPI_API GetMulticastIpAddressTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_MULTICASTIPADDRESS_TABLE *Table);

NETIOAPI_API CreateIpForwardEntry2(_In_ CONST MIB_IPFORWARD_ROW2 *Row);
NETIOAPI_API DeleteIpForwardEntry2(_In_ CONST MIB_IPFORWARD_ROW2 *Row);
NETIOAPI_API GetIpForwardEntry2(_Inout_ PMIB_IPFORWARD_ROW2 Row);
NETIOAPI_API GetIpForwardTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPFORWARD_TABLE2 *Table);
NTSYSAPI VOID NETIOAPI_API_ InitializeIpForwardEntry(_Out_ PMIB_IPFORWARD_ROW2 Row);
NETIOAPI_API SetIpForwardEntry2(_In_ CONST MIB_IPFORWARD_ROW2 *Route);
NETIOAPI_API NotifyRouteChange2(_In_ ADDRESS_FAMILY AddressFamily, _In_ PIPFORWARD_CHANGE_CALLBACK Callback,
                                _In_ PVOID CallerContext, _In_ BOOLEAN InitialNotification, _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API GetBestRoute2(_In_opt_ NET_LUID *InterfaceLuid, _In_ NET_IFINDEX InterfaceIndex,
                           _In_opt_ CONST SOCKADDR_INET *SourceAddress, _In_ CONST SOCKADDR_INET *DestinationAddress,
                           _In_ ULONG AddressSortOptions, _Out_ PMIB_IPFORWARD_ROW2 BestRoute,
                           _Out_ SOCKADDR_INET *BestSourceAddress);
NETIOAPI_API FlushIpPathTable(_In_ ADDRESS_FAMILY Family);
NETIOAPI_API GetIpPathEntry(_Inout_ PMIB_IPPATH_ROW Row);
NETIOAPI_API GetIpPathTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPPATH_TABLE *Table);

NETIOAPI_API CreateIpNetEntry2(_In_ CONST MIB_IPNET_ROW2 *Row);
NETIOAPI_API DeleteIpNetEntry2(_In_ CONST MIB_IPNET_ROW2 *Row);
NETIOAPI_API FlushIpNetTable2(_In_ ADDRESS_FAMILY Family, _In_ NET_IFINDEX InterfaceIndex);
NETIOAPI_API GetIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row);
NETIOAPI_API GetIpNetTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPNET_TABLE2 *Table);
NETIOAPI_API ResolveIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row, _In_opt_ CONST SOCKADDR_INET *SourceAddress);
NETIOAPI_API SetIpNetEntry2(_In_ PMIB_IPNET_ROW2 Row);

NETIOAPI_API NotifyTeredoPortChange(_In_ PTEREDO_PORT_CHANGE_CALLBACK Callback, _In_opt_ PVOID CallerContext,
                                    _In_ BOOLEAN InitialNotification, _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API GetTeredoPort(_Out_ USHORT *Port);
NETIOAPI_API CancelMibChangeNotify2(_In_ HANDLE NotificationHandle);
NTSYSAPI VOID NETIOAPI_API_ FreeMibTable(_In_ PVOID Memory);
NETIOAPI_API CreateSortedAddressPairs(_In_opt_ CONST PSOCKADDR_IN6 SourceAddressList, _In_ ULONG SourceAddressCount,
                                      _In_ CONST PSOCKADDR_IN6 DestinationAddressList, _In_ ULONG DestinationAddressCount,
                                      _In_ ULONG AddressSortOptions, _Outptr_ PSOCKADDR_IN6_PAIR *SortedAddressPairList,
                                      _Out_ ULONG *SortedAddressPairCount);

NETIOAPI_API ConvertInterfaceNameToLuidA(_In_z_ CONST CHAR *InterfaceName, _Out_ NET_LUID *InterfaceLuid);
NETIOAPI_API ConvertInterfaceNameToLuidW(_In_z_ CONST WCHAR *InterfaceName, _Out_ NET_LUID *InterfaceLuid);
/* Length counts characters with the terminating zero. */
NETIOAPI_API ConvertInterfaceLuidToNameA(_In_ CONST NET_LUID *InterfaceLuid, _Out_ PSTR InterfaceName, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceLuidToNameW(_In_ CONST NET_LUID *InterfaceLuid, _Out_ PWSTR InterfaceName, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceLuidToIndex(_In_ CONST NET_LUID *InterfaceLuid, _Out_ PNET_IFINDEX InterfaceIndex);
NETIOAPI_API ConvertInterfaceIndexToLuid(_In_ NET_IFINDEX InterfaceIndex, _Out_ PNET_LUID InterfaceLuid);
NETIOAPI_API ConvertInterfaceLuidToAlias(_In_ CONST NET_LUID *InterfaceLuid, _Out_ PWSTR InterfaceAlias, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceAliasToLuid(_In_z_ CONST WCHAR *InterfaceAlias, _Out_ PNET_LUID InterfaceLuid);
NETIOAPI_API ConvertInterfaceLuidToGuid(_In_ CONST NET_LUID *InterfaceLuid, _Out_ GUID *InterfaceGuid);
NETIOAPI_API ConvertInterfaceGuidToLuid(_In_ CONST GUID *InterfaceGuid, _Out_ PNET_LUID InterfaceLuid);
#ifdef RING3_HOST                       /* the C library has functions of these names, and its callers must reach them */
#define if_nametoindex netio_if_nametoindex
#define if_indextoname netio_if_indextoname
#endif
NTSYSAPI NET_IFINDEX NETIOAPI_API_ if_nametoindex(_In_z_ PCSTR InterfaceName);
/* InterfaceName has room for IF_NAMESIZE characters. */
NTSYSAPI PCHAR NETIOAPI_API_ if_indextoname(_In_ NET_IFINDEX InterfaceIndex, _Out_ PCHAR InterfaceName);

/* A mask is in network byte order. */
NETIOAPI_API ConvertLengthToIpv4Mask(_In_ ULONG MaskLength, _Out_ PULONG Mask);
NETIOAPI_API ConvertIpv4MaskToLength(_In_ ULONG Mask, _Out_ PUINT8 MaskLength);

RING3_END_C

#endif
