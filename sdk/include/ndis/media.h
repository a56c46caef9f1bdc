/* Media types, packet filters, link state and power capabilities (ntddndis.h). */
#ifndef RING3_NDIS_MEDIA_H
#define RING3_NDIS_MEDIA_H

#include <ndis/objectheader.h>
#include <ifdef.h>

typedef ULONG NDIS_VLAN_ID, Priority_802_3;
typedef IF_COUNTED_STRING NDIS_IF_COUNTED_STRING, *PNDIS_IF_COUNTED_STRING;
typedef IF_PHYSICAL_ADDRESS NDIS_IF_PHYSICAL_ADDRESS, *PNDIS_IF_PHYSICAL_ADDRESS;
typedef NET_IF_MEDIA_CONNECT_STATE NDIS_MEDIA_CONNECT_STATE, *PNDIS_MEDIA_CONNECT_STATE;
typedef NET_IF_MEDIA_DUPLEX_STATE NDIS_MEDIA_DUPLEX_STATE, *PNDIS_MEDIA_DUPLEX_STATE;

#define NDIS_PNP_WAKE_UP_MAGIC_PACKET                  0x00000001
#define NDIS_PNP_WAKE_UP_PATTERN_MATCH                 0x00000002
#define NDIS_PNP_WAKE_UP_LINK_CHANGE                   0x00000004
#define NDIS_DEVICE_WAKE_UP_ENABLE                     0x00000001
#define NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE       0x00000002
#define NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE        0x00000004
#define NDIS_LINK_SPEED_UNKNOWN                        NET_IF_LINK_SPEED_UNKNOWN
#define fNDIS_GUID_TO_OID                              0x00000001
#define fNDIS_GUID_TO_STATUS                           0x00000002
#define fNDIS_GUID_ANSI_STRING                         0x00000004
#define fNDIS_GUID_UNICODE_STRING                      0x00000008
#define fNDIS_GUID_ARRAY                               0x00000010
#define fNDIS_GUID_ALLOW_READ                          0x00000020
#define fNDIS_GUID_ALLOW_WRITE                         0x00000040
#define fNDIS_GUID_METHOD                              0x00000080
#define fNDIS_GUID_NDIS_RESERVED                       0x00000100
#define fNDIS_GUID_SUPPORT_COMMON_HEADER               0x00000200
#define NDIS_PACKET_TYPE_DIRECTED                      0x00000001
#define NDIS_PACKET_TYPE_MULTICAST                     0x00000002
#define NDIS_PACKET_TYPE_ALL_MULTICAST                 0x00000004
#define NDIS_PACKET_TYPE_BROADCAST                     0x00000008
#define NDIS_PACKET_TYPE_SOURCE_ROUTING                0x00000010
#define NDIS_PACKET_TYPE_PROMISCUOUS                   0x00000020
#define NDIS_PACKET_TYPE_SMT                           0x00000040
#define NDIS_PACKET_TYPE_ALL_LOCAL                     0x00000080
#define NDIS_PACKET_TYPE_GROUP                         0x00001000
#define NDIS_PACKET_TYPE_ALL_FUNCTIONAL                0x00002000
#define NDIS_PACKET_TYPE_FUNCTIONAL                    0x00004000
#define NDIS_PACKET_TYPE_MAC_FRAME                     0x00008000
#define NDIS_PACKET_TYPE_NO_LOCAL                      0x00010000
#define NDIS_PROT_OPTION_ESTIMATED_LENGTH              0x00000001
#define NDIS_PROT_OPTION_NO_LOOPBACK                   0x00000002
#define NDIS_PROT_OPTION_NO_RSVD_ON_RCVPKT             0x00000004
#define NDIS_PROT_OPTION_SEND_RESTRICTED               0x00000008
#define NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA            0x00000001
#define NDIS_MAC_OPTION_RECEIVE_SERIALIZED             0x00000002
#define NDIS_MAC_OPTION_TRANSFERS_NOT_PEND             0x00000004
#define NDIS_MAC_OPTION_NO_LOOPBACK                    0x00000008
#define NDIS_MAC_OPTION_FULL_DUPLEX                    0x00000010
#define NDIS_MAC_OPTION_EOTX_INDICATION                0x00000020
#define NDIS_MAC_OPTION_8021P_PRIORITY                 0x00000040
#define NDIS_MAC_OPTION_SUPPORTS_MAC_ADDRESS_OVERWRITE 0x00000080
#define NDIS_MAC_OPTION_RECEIVE_AT_DPC                 0x00000100
#define NDIS_MAC_OPTION_8021Q_VLAN                     0x00000200
#define NDIS_MAC_OPTION_RESERVED                       0x80000000
#define NDIS_MEDIA_CAP_TRANSMIT                        0x00000001
#define NDIS_MEDIA_CAP_RECEIVE                         0x00000002
#define NDIS_MAKE_NET_LUID(PNLUID, IFTYPE, NLUIDIDX) \
    { \
        (PNLUID)->Info.IfType = IFTYPE; \
        (PNLUID)->Info.NetLuidIndex = NLUIDIDX; \
        (PNLUID)->Info.Reserved = 0; \
    }
#define MAXIMUM_IP_OPER_STATUS_ADDRESS_FAMILIES_SUPPORTED 32
#define NDIS_IF_MAX_STRING_SIZE                           IF_MAX_STRING_SIZE
#define NDIS_MAX_PHYS_ADDRESS_LENGTH                      IF_MAX_PHYS_ADDRESS_LENGTH
#define NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED   0x00000001
#define NDIS_LINK_STATE_RCV_LINK_SPEED_AUTO_NEGOTIATED    0x00000002
#define NDIS_LINK_STATE_DUPLEX_AUTO_NEGOTIATED            0x00000004
#define NDIS_LINK_STATE_PAUSE_FUNCTIONS_AUTO_NEGOTIATED   0x00000008
#define NDIS_LINK_STATE_REVISION_1                        1
#define NDIS_LINK_PARAMETERS_REVISION_1                   1
#define NDIS_OPER_STATE_REVISION_1                        1
#define NDIS_IP_OPER_STATUS_INFO_REVISION_1               1
#define NDIS_IP_OPER_STATE_REVISION_1                     1
#define NDIS_MAXIMUM_PORTS                                0x1000000
#define NDIS_DEFAULT_PORT_NUMBER                          ((NDIS_PORT_NUMBER)0)

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
#if NDIS_SUPPORT_NDIS620
    NdisMediumWiMAX,
    NdisMediumIP,
#endif
    NdisMediumMax
} NDIS_MEDIUM, *PNDIS_MEDIUM;

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

typedef struct _TRANSPORT_HEADER_OFFSET {
    USHORT ProtocolType;
    USHORT HeaderOffset;
} TRANSPORT_HEADER_OFFSET, *PTRANSPORT_HEADER_OFFSET;
RING3_SIZE(TRANSPORT_HEADER_OFFSET, 4);

typedef struct _NETWORK_ADDRESS {
    USHORT AddressLength;
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

typedef struct _NETWORK_ADDRESS_IP {
    USHORT sin_port;
    ULONG in_addr;
    UCHAR sin_zero[8];
} NETWORK_ADDRESS_IP, *PNETWORK_ADDRESS_IP;
RING3_SIZE(NETWORK_ADDRESS_IP, 16);

typedef enum _NDIS_HARDWARE_STATUS {
    NdisHardwareStatusReady,
    NdisHardwareStatusInitializing,
    NdisHardwareStatusReset,
    NdisHardwareStatusClosing,
    NdisHardwareStatusNotReady
} NDIS_HARDWARE_STATUS, *PNDIS_HARDWARE_STATUS;

typedef struct _GEN_GET_TIME_CAPS {
    ULONG Flags;
    ULONG ClockPrecision;
} GEN_GET_TIME_CAPS, *PGEN_GET_TIME_CAPS;
RING3_SIZE(GEN_GET_TIME_CAPS, 8);

typedef struct _GEN_GET_NETCARD_TIME {
    ULONGLONG ReadTime;
} GEN_GET_NETCARD_TIME, *PGEN_GET_NETCARD_TIME;
RING3_SIZE(GEN_GET_NETCARD_TIME, 8);

typedef struct _NDIS_PM_PACKET_PATTERN {
    ULONG Priority;
    ULONG Reserved;
    ULONG MaskSize;
    ULONG PatternOffset;
    ULONG PatternSize;
    ULONG PatternFlags;
} NDIS_PM_PACKET_PATTERN, *PNDIS_PM_PACKET_PATTERN;
RING3_SIZE(NDIS_PM_PACKET_PATTERN, 24);

typedef enum _NDIS_DEVICE_POWER_STATE {
    NdisDeviceStateUnspecified = 0,
    NdisDeviceStateD0,
    NdisDeviceStateD1,
    NdisDeviceStateD2,
    NdisDeviceStateD3,
    NdisDeviceStateMaximum
} NDIS_DEVICE_POWER_STATE, *PNDIS_DEVICE_POWER_STATE;

typedef struct _NDIS_PM_WAKE_UP_CAPABILITIES {
    NDIS_DEVICE_POWER_STATE MinMagicPacketWakeUp;
    NDIS_DEVICE_POWER_STATE MinPatternWakeUp;
    NDIS_DEVICE_POWER_STATE MinLinkChangeWakeUp;
} NDIS_PM_WAKE_UP_CAPABILITIES, *PNDIS_PM_WAKE_UP_CAPABILITIES;
RING3_SIZE(NDIS_PM_WAKE_UP_CAPABILITIES, 12);

typedef struct _NDIS_PNP_CAPABILITIES {
    ULONG Flags;
    NDIS_PM_WAKE_UP_CAPABILITIES WakeUpCapabilities;
} NDIS_PNP_CAPABILITIES, *PNDIS_PNP_CAPABILITIES;
RING3_SIZE(NDIS_PNP_CAPABILITIES, 16);

typedef enum _NDIS_MEDIA_STATE {
    NdisMediaStateConnected,
    NdisMediaStateDisconnected
} NDIS_MEDIA_STATE, *PNDIS_MEDIA_STATE;

typedef struct _NDIS_LINK_SPEED {
    ULONG64 XmitLinkSpeed;
    ULONG64 RcvLinkSpeed;
} NDIS_LINK_SPEED, *PNDIS_LINK_SPEED;
RING3_SIZE(NDIS_LINK_SPEED, 16);

typedef struct _NDIS_GUID {
    GUID Guid;
    union {
        NDIS_OID Oid;
        NDIS_STATUS Status;
    };
    ULONG Size;
    ULONG Flags;
} NDIS_GUID, *PNDIS_GUID;
RING3_SIZE(NDIS_GUID, 28);

typedef enum _NDIS_SUPPORTED_PAUSE_FUNCTIONS {
    NdisPauseFunctionsUnsupported,
    NdisPauseFunctionsSendOnly,
    NdisPauseFunctionsReceiveOnly,
    NdisPauseFunctionsSendAndReceive,
    NdisPauseFunctionsUnknown
} NDIS_SUPPORTED_PAUSE_FUNCTIONS, *PNDIS_SUPPORTED_PAUSE_FUNCTIONS;

typedef struct _NDIS_LINK_STATE {
    NDIS_OBJECT_HEADER Header;
    NDIS_MEDIA_CONNECT_STATE MediaConnectState;
    NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
    ULONG64 XmitLinkSpeed;
    ULONG64 RcvLinkSpeed;
    NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
    ULONG AutoNegotiationFlags;
} NDIS_LINK_STATE, *PNDIS_LINK_STATE;
RING3_SIZE(NDIS_LINK_STATE, 40);

typedef struct _NDIS_LINK_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
    ULONG64 XmitLinkSpeed;
    ULONG64 RcvLinkSpeed;
    NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
    ULONG AutoNegotiationFlags;
} NDIS_LINK_PARAMETERS, *PNDIS_LINK_PARAMETERS;
RING3_SIZE(NDIS_LINK_PARAMETERS, 32);

typedef struct _NDIS_OPER_STATE {
    NDIS_OBJECT_HEADER Header;
    NET_IF_OPER_STATUS OperationalStatus;
    ULONG OperationalStatusFlags;
} NDIS_OPER_STATE, *PNDIS_OPER_STATE;
RING3_SIZE(NDIS_OPER_STATE, 12);

typedef struct _NDIS_IP_OPER_STATUS {
    ULONG AddressFamily;
    NET_IF_OPER_STATUS OperationalStatus;
    ULONG OperationalStatusFlags;
} NDIS_IP_OPER_STATUS, *PNDIS_IP_OPER_STATUS;
RING3_SIZE(NDIS_IP_OPER_STATUS, 12);

typedef struct _NDIS_IP_OPER_STATUS_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG NumberofAddressFamiliesReturned;
    NDIS_IP_OPER_STATUS IpOperationalStatus[MAXIMUM_IP_OPER_STATUS_ADDRESS_FAMILIES_SUPPORTED];
} NDIS_IP_OPER_STATUS_INFO, *PNDIS_IP_OPER_STATUS_INFO;
RING3_SIZE(NDIS_IP_OPER_STATUS_INFO, 396);

typedef struct _NDIS_IP_OPER_STATE {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_IP_OPER_STATUS IpOperationalStatus;
} NDIS_IP_OPER_STATE, *PNDIS_IP_OPER_STATE;
RING3_SIZE(NDIS_IP_OPER_STATE, 20);

#define NDIS_SIZEOF_LINK_STATE_REVISION_1      RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_STATE, AutoNegotiationFlags)
#define NDIS_SIZEOF_LINK_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_PARAMETERS, AutoNegotiationFlags)
#define NDIS_SIZEOF_OPER_STATE_REVISION_1      RTL_SIZEOF_THROUGH_FIELD(NDIS_OPER_STATE, OperationalStatusFlags)
#define NDIS_SIZEOF_IP_OPER_STATUS_INFO_REVISION_1 \
    FIELD_OFFSET(NDIS_IP_OPER_STATUS_INFO, IpOperationalStatus) + \
        MAXIMUM_IP_OPER_STATUS_ADDRESS_FAMILIES_SUPPORTED * sizeof(NDIS_IP_OPER_STATUS)
#define NDIS_SIZEOF_IP_OPER_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_IP_OPER_STATE, IpOperationalStatus)

#endif
