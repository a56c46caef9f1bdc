/* What NDIS exchanges with WMI clients: request and event headers, and offload settings with a ULONG per setting.
 * docs: network/ndis-support-for-wmi */
#ifndef RING3_NDIS_WMI_H
#define RING3_NDIS_WMI_H

#include <ndis/offload.h>
#include <ndis/port.h>

/* Header.Type of the structures below */
#define NDIS_WMI_OBJECT_TYPE_SET 1
#define NDIS_WMI_OBJECT_TYPE_METHOD 2
#define NDIS_WMI_OBJECT_TYPE_EVENT 3
#define NDIS_WMI_OBJECT_TYPE_ENUM_ADAPTER 4
#define NDIS_WMI_OBJECT_TYPE_OUTPUT_INFO 5

#define NDIS_WMI_DEFAULT_METHOD_ID 1

/* Before the input of a method GUID. docs: ntddndis/ns-ntddndis-_ndis_wmi_method_header */
typedef struct _NDIS_WMI_METHOD_HEADER {
    NDIS_OBJECT_HEADER Header;
    NDIS_PORT_NUMBER PortNumber; /* 0 when the GUID is not about a port */
    NET_LUID NetLuid;
    ULONG64 RequestId;
    ULONG Timeout; /* seconds */
    UCHAR Padding[4];
} NDIS_WMI_METHOD_HEADER, *PNDIS_WMI_METHOD_HEADER;
RING3_SIZE(NDIS_WMI_METHOD_HEADER, 32);
RING3_OFFSET(NDIS_WMI_METHOD_HEADER, Timeout, 24);
#define NDIS_WMI_METHOD_HEADER_REVISION_1 1
#define NDIS_SIZEOF_WMI_METHOD_HEADER_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_METHOD_HEADER, Padding)

/* Before the data of a set request. docs: ntddndis/ns-ntddndis-_ndis_wmi_set_header */
typedef struct _NDIS_WMI_SET_HEADER {
    NDIS_OBJECT_HEADER Header;
    NDIS_PORT_NUMBER PortNumber;
    NET_LUID NetLuid;
    ULONG64 RequestId;
    ULONG Timeout; /* seconds */
    UCHAR Padding[4];
} NDIS_WMI_SET_HEADER, *PNDIS_WMI_SET_HEADER;
RING3_SIZE(NDIS_WMI_SET_HEADER, 32);
RING3_OFFSET(NDIS_WMI_SET_HEADER, Timeout, 24);
#define NDIS_WMI_SET_HEADER_REVISION_1 1
#define NDIS_SIZEOF_WMI_SET_HEADER_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_SET_HEADER, Padding)

/* Before the data of a status indication that became an event. docs: ntddndis/ns-ntddndis-_ndis_wmi_event_header */
typedef struct _NDIS_WMI_EVENT_HEADER {
    NDIS_OBJECT_HEADER Header;
    NET_IFINDEX IfIndex;
    NET_LUID NetLuid;
    ULONG64 RequestId;
    NDIS_PORT_NUMBER PortNumber;
    ULONG DeviceNameLength; /* bytes */
    ULONG DeviceNameOffset; /* bytes from the start of this structure */
    UCHAR Padding[4];
} NDIS_WMI_EVENT_HEADER, *PNDIS_WMI_EVENT_HEADER;
RING3_SIZE(NDIS_WMI_EVENT_HEADER, 40);
RING3_OFFSET(NDIS_WMI_EVENT_HEADER, PortNumber, 24);
#define NDIS_WMI_EVENT_HEADER_REVISION_1 1
#define NDIS_SIZEOF_WMI_EVENT_HEADER_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_EVENT_HEADER, Padding)

/* One adapter of an enumeration; the name is UTF-16 and ends with a zero. docs: ntddndis/ns-ntddndis-_ndis_wmi_enum_adapter */
typedef struct _NDIS_WMI_ENUM_ADAPTER {
    NDIS_OBJECT_HEADER Header;
    NET_IFINDEX IfIndex;
    NET_LUID NetLuid;
    USHORT DeviceNameLength; /* bytes */
    CHAR DeviceName[1];
} NDIS_WMI_ENUM_ADAPTER, *PNDIS_WMI_ENUM_ADAPTER;
RING3_SIZE(NDIS_WMI_ENUM_ADAPTER, 24);
RING3_OFFSET(NDIS_WMI_ENUM_ADAPTER, DeviceName, 18);
#define NDIS_WMI_ENUM_ADAPTER_REVISION_1 1
#define NDIS_SIZEOF_WMI_ENUM_ADAPTER_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_ENUM_ADAPTER, DeviceName)

/* Where the data of an answer starts, and its revision. No page describes it. */
typedef struct NDIS_WMI_OUTPUT_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    UCHAR SupportedRevision;
    ULONG DataOffset;
} NDIS_WMI_OUTPUT_INFO, *PNDIS_WMI_OUTPUT_INFO;
RING3_SIZE(NDIS_WMI_OUTPUT_INFO, 16);
#define NDIS_WMI_OUTPUT_INFO_REVISION_1 1
#define NDIS_SIZEOF_WMI_OUTPUT_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_OUTPUT_INFO, DataOffset)

/* The offload settings. No page describes these: names and order follow the page of the structure that each mirrors, bit-fields are
 * whole ULONGs, and later members (and CongestionAlgorithm of the connection settings) have no counterpart here. */

/* docs: ntddndis/ns-ntddndis-_ndis_tcp_ip_checksum_offload */
typedef struct _NDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD {
    struct {
        ULONG Encapsulation;
        ULONG IpOptionsSupported;
        ULONG TcpOptionsSupported;
        ULONG TcpChecksum;
        ULONG UdpChecksum;
        ULONG IpChecksum;
    } IPv4Transmit, IPv4Receive;
    struct {
        ULONG Encapsulation;
        ULONG IpExtensionHeadersSupported;
        ULONG TcpOptionsSupported;
        ULONG TcpChecksum;
        ULONG UdpChecksum;
    } IPv6Transmit, IPv6Receive;
} NDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD, *PNDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD;
RING3_SIZE(NDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD, 88);
RING3_OFFSET(NDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD, IPv6Transmit, 48);

/* docs: ntddndis/ns-ntddndis-_ndis_tcp_large_send_offload_v1 */
typedef struct _NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V1 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize; /* bytes */
        ULONG MinSegmentCount;
        ULONG TcpOptions;
        ULONG IpOptions;
    } IPv4;
} NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V1, *PNDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V1;
RING3_SIZE(NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V1, 20);

/* docs: ntddndis/ns-ntddndis-_ndis_tcp_large_send_offload_v2 */
typedef struct _NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V2 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize; /* bytes */
        ULONG MinSegmentCount;
    } IPv4;
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
        ULONG IpExtensionHeadersSupported;
        ULONG TcpOptionsSupported;
    } IPv6;
} NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V2, *PNDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V2;
RING3_SIZE(NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V2, 32);

/* docs: ntddndis/ns-ntddndis-_ndis_ipsec_offload_v1 */
typedef struct _NDIS_WMI_IPSEC_OFFLOAD_V1 {
    struct {
        ULONG Encapsulation;
        ULONG AhEspCombined;
        ULONG TransportTunnelCombined;
        ULONG IPv4Options;
        ULONG Flags;
    } Supported;
    struct {
        ULONG Md5;
        ULONG Sha_1;
        ULONG Transport;
        ULONG Tunnel;
        ULONG Send;
        ULONG Receive;
    } IPv4AH;
    struct {
        ULONG Des;
        ULONG Reserved;
        ULONG TripleDes;
        ULONG NullEsp;
        ULONG Transport;
        ULONG Tunnel;
        ULONG Send;
        ULONG Receive;
    } IPv4ESP;
} NDIS_WMI_IPSEC_OFFLOAD_V1, *PNDIS_WMI_IPSEC_OFFLOAD_V1;
RING3_SIZE(NDIS_WMI_IPSEC_OFFLOAD_V1, 76);

/* docs: ntddndis/ns-ntddndis-_ndis_offload */
typedef struct _NDIS_WMI_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    NDIS_WMI_TCP_IP_CHECKSUM_OFFLOAD Checksum;
    NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V1 LsoV1;
    NDIS_WMI_IPSEC_OFFLOAD_V1 IPsecV1;
    NDIS_WMI_TCP_LARGE_SEND_OFFLOAD_V2 LsoV2;
    ULONG Flags;
#if NDIS_SUPPORT_NDIS61
    NDIS_IPSEC_OFFLOAD_V2 IPsecV2;
#endif
#if NDIS_SUPPORT_NDIS630
    NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD Rsc;
    NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD EncapsulatedPacketTaskOffloadGre;
#endif
} NDIS_WMI_OFFLOAD, *PNDIS_WMI_OFFLOAD;
#ifdef RING3_HOST
RING3_SIZE(NDIS_WMI_OFFLOAD, 268);
#endif
RING3_OFFSET(NDIS_WMI_OFFLOAD, LsoV1, 92);
RING3_OFFSET(NDIS_WMI_OFFLOAD, IPsecV1, 112);
RING3_OFFSET(NDIS_WMI_OFFLOAD, LsoV2, 188);
RING3_OFFSET(NDIS_WMI_OFFLOAD, Flags, 220);
#define NDIS_SIZEOF_NDIS_WMI_OFFLOAD_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_OFFLOAD, Flags)
#define NDIS_SIZEOF_NDIS_WMI_OFFLOAD_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_OFFLOAD, IPsecV2)
#define NDIS_SIZEOF_NDIS_WMI_OFFLOAD_REVISION_3 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_OFFLOAD, EncapsulatedPacketTaskOffloadGre)

/* docs: ntddndis/ns-ntddndis-_ndis_tcp_connection_offload */
typedef struct _NDIS_WMI_TCP_CONNECTION_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    ULONG Encapsulation;
    ULONG SupportIPv4;
    ULONG SupportIPv6;
    ULONG SupportIPv6ExtensionHeaders;
    ULONG SupportSack;
    ULONG TcpConnectionOffloadCapacity; /* connections */
    ULONG Flags;
} NDIS_WMI_TCP_CONNECTION_OFFLOAD, *PNDIS_WMI_TCP_CONNECTION_OFFLOAD;
RING3_SIZE(NDIS_WMI_TCP_CONNECTION_OFFLOAD, 32);
#define NDIS_SIZEOF_WMI_TCP_CONNECTION_OFFLOAD_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_TCP_CONNECTION_OFFLOAD, Flags)

/* Data of NDIS_STATUS_NETWORK_CHANGE. docs: network/ndis-status-network-change */
typedef enum _NDIS_NETWORK_CHANGE_TYPE {
    NdisPossibleNetworkChange = 1,
    NdisDefinitelyNetworkChange,
    NdisNetworkChangeFromMediaConnect,
    NdisNetworkChangeMax
} NDIS_NETWORK_CHANGE_TYPE, *PNDIS_NETWORK_CHANGE_TYPE;

#endif
