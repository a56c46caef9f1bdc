/* What an adapter is attached to: medium, link, addresses, packet filters and wake-up states. docs: ntddndis */
#ifndef RING3_NDIS_MEDIA_H
#define RING3_NDIS_MEDIA_H

#include <ndis/objectheader.h>
#include <ifdef.h>

/* ---- medium */

/* The frame format an adapter speaks. docs: ntddndis/ne-ntddndis-_ndis_medium */
typedef enum _NDIS_MEDIUM {
    NdisMedium802_3,
    NdisMedium802_5,
    NdisMediumFddi,
    NdisMediumWan,
    NdisMediumLocalTalk,
    NdisMediumDix,
    NdisMediumArcnetRaw,
    NdisMediumArcnet878_2,
    NdisMediumAtm,
    NdisMediumWirelessWan,
    NdisMediumIrda,
    NdisMediumBpc,
    NdisMediumCoWan,
    NdisMedium1394,
    NdisMediumInfiniBand,
    NdisMediumTunnel,
    NdisMediumNative802_11,
    NdisMediumLoopback,
#if NDIS_SUPPORT_NDIS620 || NTDDI_VERSION >= 0x06010000       /* a protocol of an older version meets such adapters, too */
    NdisMediumWiMAX,
    NdisMediumIP,
#endif
    NdisMediumMax
} NDIS_MEDIUM, *PNDIS_MEDIUM;

/* What carries the frames. docs: network/oid-gen-physical-medium */
typedef enum _NDIS_PHYSICAL_MEDIUM {
    NdisPhysicalMediumUnspecified,
    NdisPhysicalMediumWirelessLan,
    NdisPhysicalMediumCableModem,
    NdisPhysicalMediumPhoneLine,
    NdisPhysicalMediumPowerLine,
    NdisPhysicalMediumDSL,
    NdisPhysicalMediumFibreChannel,
    NdisPhysicalMedium1394,
    NdisPhysicalMediumWirelessWan,
    NdisPhysicalMediumNative802_11,
    NdisPhysicalMediumBluetooth,
    NdisPhysicalMediumInfiniband,
    NdisPhysicalMediumWiMax,
    NdisPhysicalMediumUWB,
    NdisPhysicalMedium802_3,
    NdisPhysicalMedium802_5,
    NdisPhysicalMediumIrda,
    NdisPhysicalMediumWiredWAN,
    NdisPhysicalMediumWiredCoWan,
    NdisPhysicalMediumOther,
    NdisPhysicalMediumMax
} NDIS_PHYSICAL_MEDIUM, *PNDIS_PHYSICAL_MEDIUM;

/* docs: network/oid-gen-hardware-status */
typedef enum _NDIS_HARDWARE_STATUS {
    NdisHardwareStatusReady,
    NdisHardwareStatusInitializing,
    NdisHardwareStatusReset,
    NdisHardwareStatusClosing,
    NdisHardwareStatusNotReady
} NDIS_HARDWARE_STATUS, *PNDIS_HARDWARE_STATUS;

/* docs: network/oid-gen-media-connect-status */
typedef enum _NDIS_MEDIA_STATE {
    NdisMediaStateConnected,
    NdisMediaStateDisconnected
} NDIS_MEDIA_STATE, *PNDIS_MEDIA_STATE;

/* docs: network/oid-gen-media-capabilities */
#define NDIS_MEDIA_CAP_TRANSMIT 0x1
#define NDIS_MEDIA_CAP_RECEIVE 0x2

/* ---- packet filter and options */

/* docs: network/oid-gen-current-packet-filter */
#define NDIS_PACKET_TYPE_DIRECTED 0x00001
#define NDIS_PACKET_TYPE_MULTICAST 0x00002
#define NDIS_PACKET_TYPE_ALL_MULTICAST 0x00004
#define NDIS_PACKET_TYPE_BROADCAST 0x00008
#define NDIS_PACKET_TYPE_SOURCE_ROUTING 0x00010
#define NDIS_PACKET_TYPE_PROMISCUOUS 0x00020
#define NDIS_PACKET_TYPE_SMT 0x00040
#define NDIS_PACKET_TYPE_ALL_LOCAL 0x00080
#define NDIS_PACKET_TYPE_GROUP 0x01000
#define NDIS_PACKET_TYPE_ALL_FUNCTIONAL 0x02000
#define NDIS_PACKET_TYPE_FUNCTIONAL 0x04000
#define NDIS_PACKET_TYPE_MAC_FRAME 0x08000
#define NDIS_PACKET_TYPE_NO_LOCAL 0x10000

/* docs: network/oid-gen-protocol-options */
#define NDIS_PROT_OPTION_ESTIMATED_LENGTH 0x1
#define NDIS_PROT_OPTION_NO_LOOPBACK 0x2
#define NDIS_PROT_OPTION_NO_RSVD_ON_RCVPKT 0x4
#define NDIS_PROT_OPTION_SEND_RESTRICTED 0x8

/* docs: network/oid-gen-mac-options */
#define NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA 0x001
#define NDIS_MAC_OPTION_RECEIVE_SERIALIZED 0x002
#define NDIS_MAC_OPTION_TRANSFERS_NOT_PEND 0x004
#define NDIS_MAC_OPTION_NO_LOOPBACK 0x008
#define NDIS_MAC_OPTION_FULL_DUPLEX 0x010
#define NDIS_MAC_OPTION_EOTX_INDICATION 0x020
#define NDIS_MAC_OPTION_8021P_PRIORITY 0x040
#define NDIS_MAC_OPTION_SUPPORTS_MAC_ADDRESS_OVERWRITE 0x080
#define NDIS_MAC_OPTION_RECEIVE_AT_DPC 0x100
#define NDIS_MAC_OPTION_8021Q_VLAN 0x200
#define NDIS_MAC_OPTION_RESERVED 0x80000000

typedef ULONG NDIS_VLAN_ID;
typedef ULONG Priority_802_3;

/* ---- link */

typedef NET_IF_MEDIA_CONNECT_STATE NDIS_MEDIA_CONNECT_STATE, *PNDIS_MEDIA_CONNECT_STATE;
typedef NET_IF_MEDIA_DUPLEX_STATE NDIS_MEDIA_DUPLEX_STATE, *PNDIS_MEDIA_DUPLEX_STATE;

#define NDIS_LINK_SPEED_UNKNOWN NET_IF_LINK_SPEED_UNKNOWN

/* Bits per second. docs: ntddndis/ns-ntddndis-_ndis_link_speed */
typedef struct _NDIS_LINK_SPEED {
    ULONG64 XmitLinkSpeed;
    ULONG64 RcvLinkSpeed;
} NDIS_LINK_SPEED, *PNDIS_LINK_SPEED;
RING3_SIZE(NDIS_LINK_SPEED, 16);

/* IEEE 802.3 pause frames. docs: ntddndis/ns-ntddndis-_ndis_link_state (PauseFunctions) */
typedef enum _NDIS_SUPPORTED_PAUSE_FUNCTIONS {
    NdisPauseFunctionsUnsupported,
    NdisPauseFunctionsSendOnly,
    NdisPauseFunctionsReceiveOnly,
    NdisPauseFunctionsSendAndReceive,
    NdisPauseFunctionsUnknown
} NDIS_SUPPORTED_PAUSE_FUNCTIONS, *PNDIS_SUPPORTED_PAUSE_FUNCTIONS;

/* AutoNegotiationFlags: settled with the link partner, or to be */
#define NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED 0x1
#define NDIS_LINK_STATE_RCV_LINK_SPEED_AUTO_NEGOTIATED 0x2
#define NDIS_LINK_STATE_DUPLEX_AUTO_NEGOTIATED 0x4
#define NDIS_LINK_STATE_PAUSE_FUNCTIONS_AUTO_NEGOTIATED 0x8

/* The link as it is. docs: ntddndis/ns-ntddndis-_ndis_link_state */
typedef struct _NDIS_LINK_STATE {
    NDIS_OBJECT_HEADER Header;
    NDIS_MEDIA_CONNECT_STATE MediaConnectState;
    NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
    ULONG64 XmitLinkSpeed; /* bits per second or NDIS_LINK_SPEED_UNKNOWN */
    ULONG64 RcvLinkSpeed;
    NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
    ULONG AutoNegotiationFlags;
} NDIS_LINK_STATE, *PNDIS_LINK_STATE;
RING3_SIZE(NDIS_LINK_STATE, 40);
RING3_OFFSET(NDIS_LINK_STATE, XmitLinkSpeed, 16);
RING3_OFFSET(NDIS_LINK_STATE, AutoNegotiationFlags, 36);
#define NDIS_LINK_STATE_REVISION_1 1
#define NDIS_SIZEOF_LINK_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_STATE, AutoNegotiationFlags)

/* The link as it shall be. docs: network/oid-gen-link-parameters */
typedef struct _NDIS_LINK_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
    ULONG64 XmitLinkSpeed; /* bits per second */
    ULONG64 RcvLinkSpeed;
    NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
    ULONG AutoNegotiationFlags;
} NDIS_LINK_PARAMETERS, *PNDIS_LINK_PARAMETERS;
RING3_SIZE(NDIS_LINK_PARAMETERS, 32);
RING3_OFFSET(NDIS_LINK_PARAMETERS, AutoNegotiationFlags, 28);
#define NDIS_LINK_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_LINK_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_PARAMETERS, AutoNegotiationFlags)

/* ---- operational state of the interface */

/* docs: ntddndis/ns-ntddndis-_ndis_oper_state */
typedef struct _NDIS_OPER_STATE {
    NDIS_OBJECT_HEADER Header;
    NET_IF_OPER_STATUS OperationalStatus;
    ULONG OperationalStatusFlags;
} NDIS_OPER_STATE, *PNDIS_OPER_STATE;
RING3_SIZE(NDIS_OPER_STATE, 12);
#define NDIS_OPER_STATE_REVISION_1 1
#define NDIS_SIZEOF_OPER_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OPER_STATE, OperationalStatusFlags)

/* The same per IP address family, for OID_GEN_IP_OPER_STATUS and NDIS_STATUS_IP_OPER_STATUS. No page describes it. */
#define MAXIMUM_IP_OPER_STATUS_ADDRESS_FAMILIES_SUPPORTED 32

typedef struct _NDIS_IP_OPER_STATUS {
    ULONG AddressFamily;
    NET_IF_OPER_STATUS OperationalStatus;
    ULONG OperationalStatusFlags;
} NDIS_IP_OPER_STATUS, *PNDIS_IP_OPER_STATUS;
RING3_SIZE(NDIS_IP_OPER_STATUS, 12);

typedef struct _NDIS_IP_OPER_STATE {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_IP_OPER_STATUS IpOperationalStatus;
} NDIS_IP_OPER_STATE, *PNDIS_IP_OPER_STATE;
RING3_SIZE(NDIS_IP_OPER_STATE, 20);
#define NDIS_IP_OPER_STATE_REVISION_1 1
#define NDIS_SIZEOF_IP_OPER_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_IP_OPER_STATE, IpOperationalStatus)

typedef struct _NDIS_IP_OPER_STATUS_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG NumberofAddressFamiliesReturned;
    NDIS_IP_OPER_STATUS IpOperationalStatus[MAXIMUM_IP_OPER_STATUS_ADDRESS_FAMILIES_SUPPORTED];
} NDIS_IP_OPER_STATUS_INFO, *PNDIS_IP_OPER_STATUS_INFO;
RING3_SIZE(NDIS_IP_OPER_STATUS_INFO, 396);
#define NDIS_IP_OPER_STATUS_INFO_REVISION_1 1
#define NDIS_SIZEOF_IP_OPER_STATUS_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_IP_OPER_STATUS_INFO, IpOperationalStatus)

/* ---- interface names and addresses */

typedef IF_COUNTED_STRING NDIS_IF_COUNTED_STRING, *PNDIS_IF_COUNTED_STRING;
typedef IF_PHYSICAL_ADDRESS NDIS_IF_PHYSICAL_ADDRESS, *PNDIS_IF_PHYSICAL_ADDRESS;

#define NDIS_IF_MAX_STRING_SIZE IF_MAX_STRING_SIZE
#define NDIS_MAX_PHYS_ADDRESS_LENGTH IF_MAX_PHYS_ADDRESS_LENGTH

#define NDIS_MAXIMUM_PORTS 0x1000000
#define NDIS_DEFAULT_PORT_NUMBER ((NDIS_PORT_NUMBER)0)

/* Fill in a NET_LUID; a statement of its own. docs: ntddndis/nf-ntddndis-ndis_make_net_luid */
#define NDIS_MAKE_NET_LUID(luid, type, index) \
    { \
        (luid)->Info.Reserved = 0; \
        (luid)->Info.NetLuidIndex = (index); \
        (luid)->Info.IfType = (type); \
    }

/* Addresses that a transport binds to an adapter. docs: network/oid-gen-network-layer-addresses */
typedef struct _NETWORK_ADDRESS {
    USHORT AddressLength; /* bytes in Address */
    USHORT AddressType;
    UCHAR Address[1];
} NETWORK_ADDRESS, *PNETWORK_ADDRESS;
RING3_SIZE(NETWORK_ADDRESS, 6);

typedef struct _NETWORK_ADDRESS_LIST {
    LONG AddressCount;
    USHORT AddressType;
    NETWORK_ADDRESS Address[1];
} NETWORK_ADDRESS_LIST, *PNETWORK_ADDRESS_LIST;
RING3_SIZE(NETWORK_ADDRESS_LIST, 12);
RING3_OFFSET(NETWORK_ADDRESS_LIST, Address, 6);

/* Address[] of a list of IP addresses: port, address, padding. */
typedef struct _NETWORK_ADDRESS_IP {
    USHORT sin_port;
    ULONG in_addr;
    UCHAR sin_zero[8];
} NETWORK_ADDRESS_IP, *PNETWORK_ADDRESS_IP;
RING3_SIZE(NETWORK_ADDRESS_IP, 16);
RING3_OFFSET(NETWORK_ADDRESS_IP, in_addr, 4);

/* Bytes of sublayer headers before the header of a protocol. docs: network/oid-gen-transport-header-offset */
typedef struct _TRANSPORT_HEADER_OFFSET {
    USHORT ProtocolType;
    USHORT HeaderOffset;
} TRANSPORT_HEADER_OFFSET, *PTRANSPORT_HEADER_OFFSET;
RING3_SIZE(TRANSPORT_HEADER_OFFSET, 4);

/* ---- the clock of an adapter */

/* docs: network/oid-gen-co-get-time-caps */
typedef struct _GEN_GET_TIME_CAPS {
    ULONG Flags;
    ULONG ClockPrecision; /* parts per million */
} GEN_GET_TIME_CAPS, *PGEN_GET_TIME_CAPS;
RING3_SIZE(GEN_GET_TIME_CAPS, 8);

/* docs: network/oid-gen-co-get-netcard-time */
typedef struct _GEN_GET_NETCARD_TIME {
    ULONGLONG ReadTime;
} GEN_GET_NETCARD_TIME, *PGEN_GET_NETCARD_TIME;
RING3_SIZE(GEN_GET_NETCARD_TIME, 8);

/* ---- power states and wake-up before NDIS 6.20 (later: ndis/pm.h) */

/* docs: ntddndis/ne-ntddndis-_ndis_device_power_state */
typedef enum _NDIS_DEVICE_POWER_STATE {
    NdisDeviceStateUnspecified = 0,
    NdisDeviceStateD0,
    NdisDeviceStateD1,
    NdisDeviceStateD2,
    NdisDeviceStateD3,
    NdisDeviceStateMaximum
} NDIS_DEVICE_POWER_STATE, *PNDIS_DEVICE_POWER_STATE;

/* The deepest state each event can wake from. docs: network/oid-pnp-capabilities */
typedef struct _NDIS_PM_WAKE_UP_CAPABILITIES {
    NDIS_DEVICE_POWER_STATE MinMagicPacketWakeUp;
    NDIS_DEVICE_POWER_STATE MinPatternWakeUp;
    NDIS_DEVICE_POWER_STATE MinLinkChangeWakeUp;
} NDIS_PM_WAKE_UP_CAPABILITIES, *PNDIS_PM_WAKE_UP_CAPABILITIES;
RING3_SIZE(NDIS_PM_WAKE_UP_CAPABILITIES, 12);

typedef struct _NDIS_PNP_CAPABILITIES {
    ULONG Flags; /* NDIS_DEVICE_WAKE_ */
    NDIS_PM_WAKE_UP_CAPABILITIES WakeUpCapabilities;
} NDIS_PNP_CAPABILITIES, *PNDIS_PNP_CAPABILITIES;
RING3_SIZE(NDIS_PNP_CAPABILITIES, 16);
#define NDIS_DEVICE_WAKE_UP_ENABLE 0x1
#define NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE 0x2
#define NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE 0x4

/* docs: network/oid-pnp-enable-wake-up */
#define NDIS_PNP_WAKE_UP_MAGIC_PACKET 0x1
#define NDIS_PNP_WAKE_UP_PATTERN_MATCH 0x2
#define NDIS_PNP_WAKE_UP_LINK_CHANGE 0x4

/* Followed by the mask; the pattern is at PatternOffset. Bytes. docs: ntddndis/ns-ntddndis-_ndis_pm_packet_pattern */
typedef struct _NDIS_PM_PACKET_PATTERN {
    ULONG Priority;
    ULONG Reserved;
    ULONG MaskSize;
    ULONG PatternOffset;
    ULONG PatternSize;
    ULONG PatternFlags;
} NDIS_PM_PACKET_PATTERN, *PNDIS_PM_PACKET_PATTERN;
RING3_SIZE(NDIS_PM_PACKET_PATTERN, 24);

/* ---- WMI GUIDs of a miniport's own OIDs and indications */

/* docs: network/filling-in-an-ndis-guid-structure */
typedef struct _NDIS_GUID {
    GUID Guid;
    union {
        NDIS_OID Oid;       /* fNDIS_GUID_TO_OID */
        NDIS_STATUS Status; /* fNDIS_GUID_TO_STATUS */
    };
    ULONG Size; /* of one data item in bytes, -1 when it varies */
    ULONG Flags;
} NDIS_GUID, *PNDIS_GUID;
RING3_SIZE(NDIS_GUID, 28);
RING3_OFFSET(NDIS_GUID, Size, 20);
#define fNDIS_GUID_TO_OID 0x001
#define fNDIS_GUID_TO_STATUS 0x002
#define fNDIS_GUID_ANSI_STRING 0x004
#define fNDIS_GUID_UNICODE_STRING 0x008
#define fNDIS_GUID_ARRAY 0x010
#define fNDIS_GUID_ALLOW_READ 0x020
#define fNDIS_GUID_ALLOW_WRITE 0x040
#define fNDIS_GUID_METHOD 0x080
#define fNDIS_GUID_NDIS_RESERVED 0x100
#define fNDIS_GUID_SUPPORT_COMMON_HEADER 0x200

#endif
