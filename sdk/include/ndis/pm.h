/* Power management of a miniport: wake patterns and protocol offloads (ntddndis.h). */
#ifndef RING3_NDIS_PM_H
#define RING3_NDIS_PM_H

#include <ndis/media.h>

#define NDIS_PM_WOL_BITMAP_PATTERN_SUPPORTED               0x00000001
#define NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED                 0x00000002
#define NDIS_PM_WOL_IPV4_TCP_SYN_SUPPORTED                 0x00000004
#define NDIS_PM_WOL_IPV6_TCP_SYN_SUPPORTED                 0x00000008
#define NDIS_PM_WOL_IPV4_DEST_ADDR_WILDCARD_SUPPORTED      0x00000200
#define NDIS_PM_WOL_IPV6_DEST_ADDR_WILDCARD_SUPPORTED      0x00000800
#define NDIS_PM_WOL_EAPOL_REQUEST_ID_MESSAGE_SUPPORTED     0x00010000
#define NDIS_PM_PROTOCOL_OFFLOAD_ARP_SUPPORTED             0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_NS_SUPPORTED              0x00000002
#define NDIS_PM_PROTOCOL_OFFLOAD_80211_RSN_REKEY_SUPPORTED 0x00000080
#define NDIS_PM_WAKE_ON_MEDIA_CONNECT_SUPPORTED            0x00000001
#define NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_SUPPORTED         0x00000002
#define NDIS_WLAN_WAKE_ON_NLO_DISCOVERY_SUPPORTED          0x00000001
#define NDIS_WLAN_WAKE_ON_AP_ASSOCIATION_LOST_SUPPORTED    0x00000002
#define NDIS_WLAN_WAKE_ON_GTK_HANDSHAKE_ERROR_SUPPORTED    0x00000004
#define NDIS_WLAN_WAKE_ON_4WAY_HANDSHAKE_REQUEST_SUPPORTED 0x00000008
#define NDIS_WWAN_WAKE_ON_REGISTER_STATE_SUPPORTED         0x00000001
#define NDIS_WWAN_WAKE_ON_SMS_RECEIVE_SUPPORTED            0x00000002
#define NDIS_WWAN_WAKE_ON_USSD_RECEIVE_SUPPORTED           0x00000004
#define NDIS_PM_WAKE_PACKET_INDICATION_SUPPORTED           0x00000001
#define NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED                0x00000002
#define NDIS_PM_WOL_BITMAP_PATTERN_ENABLED                 0x00000001
#define NDIS_PM_WOL_MAGIC_PACKET_ENABLED                   0x00000002
#define NDIS_PM_WOL_IPV4_TCP_SYN_ENABLED                   0x00000004
#define NDIS_PM_WOL_IPV6_TCP_SYN_ENABLED                   0x00000008
#define NDIS_PM_WOL_IPV4_DEST_ADDR_WILDCARD_ENABLED        0x00000200
#define NDIS_PM_WOL_IPV6_DEST_ADDR_WILDCARD_ENABLED        0x00000800
#define NDIS_PM_WOL_EAPOL_REQUEST_ID_MESSAGE_ENABLED       0x00010000
#define NDIS_PM_PROTOCOL_OFFLOAD_ARP_ENABLED               0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_NS_ENABLED                0x00000002
#define NDIS_PM_PROTOCOL_OFFLOAD_80211_RSN_REKEY_ENABLED   0x00000080
#define NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED                0x1
#define NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_ENABLED           0x2
#define NDIS_PM_SELECTIVE_SUSPEND_ENABLED                  0x10
#define NDIS_WLAN_WAKE_ON_NLO_DISCOVERY_ENABLED            0x1
#define NDIS_WLAN_WAKE_ON_AP_ASSOCIATION_LOST_ENABLED      0x2
#define NDIS_WLAN_WAKE_ON_GTK_HANDSHAKE_ERROR_ENABLED      0x4
#define NDIS_WLAN_WAKE_ON_4WAY_HANDSHAKE_REQUEST_ENABLED   0x8
#define NDIS_WWAN_WAKE_ON_REGISTER_STATE_ENABLED           0x1
#define NDIS_WWAN_WAKE_ON_SMS_RECEIVE_ENABLED              0x2
#define NDIS_WWAN_WAKE_ON_USSD_RECEIVE_ENABLED             0x4
#define NDIS_PM_WOL_PRIORITY_LOWEST                        0xffffffff
#define NDIS_PM_WOL_PRIORITY_NORMAL                        0x10000000
#define NDIS_PM_WOL_PRIORITY_HIGHEST                       0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_LOWEST           0xffffffff
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_NORMAL           0x10000000
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_HIGHEST          0x00000001
#define NDIS_PM_MAX_STRING_SIZE                            64
#define EAPOL_REQUEST_ID_WOL_FLAG_MUST_ENCRYPT             0x00000001
#define NDIS_PM_MAX_PATTERN_ID                             0x0000ffff
#define NDIS_PM_PRIVATE_PATTERN_ID                         0x00000001
#define DOT11_RSN_KEK_LENGTH                               16
#define DOT11_RSN_KCK_LENGTH                               16
#define NDIS_PM_CAPABILITIES_REVISION_1                    1
#define NDIS_PM_PARAMETERS_REVISION_1                      1
#define NDIS_PM_WOL_PATTERN_REVISION_1                     1
#define NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1                1
#define NDIS_WMI_PM_ADMIN_CONFIG_REVISION_1                1
#define NDIS_WMI_PM_ACTIVE_CAPABILITIES_REVISION_1         1
#define NDIS_PM_CAPABILITIES_REVISION_2                    2
#define NDIS_PM_PARAMETERS_REVISION_2                      2
#define NDIS_PM_WOL_PATTERN_REVISION_2                     2
#define NDIS_PM_WAKE_REASON_REVISION_1                     1
#define NDIS_PM_WAKE_PACKET_REVISION_1                     1

typedef enum _NDIS_PM_WOL_PACKET {
    NdisPMWoLPacketUnspecified,
    NdisPMWoLPacketBitmapPattern,
    NdisPMWoLPacketMagicPacket,
    NdisPMWoLPacketIPv4TcpSyn,
    NdisPMWoLPacketIPv6TcpSyn,
    NdisPMWoLPacketEapolRequestIdMessage,
    NdisPMWoLPacketMaximum
} NDIS_PM_WOL_PACKET, *PNDIS_PM_WOL_PACKET;

typedef enum _NDIS_PM_PROTOCOL_OFFLOAD_TYPE {
    NdisPMProtocolOffloadIdUnspecified,
    NdisPMProtocolOffloadIdIPv4ARP,
    NdisPMProtocolOffloadIdIPv6NS,
    NdisPMProtocolOffload80211RSNRekey,
    NdisPMProtocolOffloadIdMaximum
} NDIS_PM_PROTOCOL_OFFLOAD_TYPE, *PNDIS_PM_PROTOCOL_OFFLOAD_TYPE;

typedef struct _NDIS_PM_COUNTED_STRING {
    USHORT Length;
    WCHAR String[NDIS_PM_MAX_STRING_SIZE + 1];
} NDIS_PM_COUNTED_STRING, *PNDIS_PM_COUNTED_STRING;
RING3_SIZE(NDIS_PM_COUNTED_STRING, 132);

typedef struct _NDIS_PM_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG SupportedWoLPacketPatterns;
    ULONG NumTotalWoLPatterns;
    ULONG MaxWoLPatternSize;
    ULONG MaxWoLPatternOffset;
    ULONG MaxWoLPacketSaveBuffer;
    ULONG SupportedProtocolOffloads;
    ULONG NumArpOffloadIPv4Addresses;
    ULONG NumNSOffloadIPv6Addresses;
    NDIS_DEVICE_POWER_STATE MinMagicPacketWakeUp;
    NDIS_DEVICE_POWER_STATE MinPatternWakeUp;
    NDIS_DEVICE_POWER_STATE MinLinkChangeWakeUp;
#if NDIS_SUPPORT_NDIS630
    ULONG SupportedWakeUpEvents;
    ULONG MediaSpecificWakeUpEvents;
#endif
} NDIS_PM_CAPABILITIES, *PNDIS_PM_CAPABILITIES;
#ifdef RING3_HOST
RING3_SIZE(NDIS_PM_CAPABILITIES, 60);
#endif

typedef struct _NDIS_PM_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG EnabledWoLPacketPatterns;
    ULONG EnabledProtocolOffloads;
    ULONG WakeUpFlags;
#if NDIS_SUPPORT_NDIS630
    ULONG MediaSpecificWakeUpEvents;
#endif
} NDIS_PM_PARAMETERS, *PNDIS_PM_PARAMETERS;
#ifdef RING3_HOST
RING3_SIZE(NDIS_PM_PARAMETERS, 20);
#endif

typedef struct _NDIS_PM_WOL_PATTERN {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG Priority;
    NDIS_PM_WOL_PACKET WoLPacketType;
    NDIS_PM_COUNTED_STRING FriendlyName;
    ULONG PatternId;
    ULONG NextWoLPatternOffset;
    union _WOL_PATTERN {
        struct _IPV4_TCP_SYN_WOL_PACKET_PARAMETERS {
            ULONG Flags;
            UCHAR IPv4SourceAddress[4];
            UCHAR IPv4DestAddress[4];
            USHORT TCPSourcePortNumber;
            USHORT TCPDestPortNumber;
        } IPv4TcpSynParameters;
        struct _IPV6_TCP_SYN_WOL_PACKET_PARAMETERS {
            ULONG Flags;
            UCHAR IPv6SourceAddress[16];
            UCHAR IPv6DestAddress[16];
            USHORT TCPSourcePortNumber;
            USHORT TCPDestPortNumber;
        } IPv6TcpSynParameters;
        struct _EAPOL_REQUEST_ID_MESSAGE_WOL_PACKET_PARAMETERS {
            ULONG Flags;
        } EapolRequestIdMessageParameters;
        struct _WOL_BITMAP_PATTERN {
            ULONG Flags;
            ULONG MaskOffset;
            ULONG MaskSize;
            ULONG PatternOffset;
            ULONG PatternSize;
        } WoLBitMapPattern;
    } WoLPattern;
} NDIS_PM_WOL_PATTERN, *PNDIS_PM_WOL_PATTERN;
RING3_SIZE(NDIS_PM_WOL_PATTERN, 196);

typedef struct _NDIS_PM_PROTOCOL_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG Priority;
    NDIS_PM_PROTOCOL_OFFLOAD_TYPE ProtocolOffloadType;
    NDIS_PM_COUNTED_STRING FriendlyName;
    ULONG ProtocolOffloadId;
    ULONG NextProtocolOffloadOffset;
    union _PROTOCOL_OFFLOAD_PARAMETERS {
        struct _IPV4_ARP_PARAMETERS {
            ULONG Flags;
            UCHAR RemoteIPv4Address[4];
            UCHAR HostIPv4Address[4];
            UCHAR MacAddress[6];
        } IPv4ARPParameters;
        struct _IPV6_NS_PARAMETERS {
            ULONG Flags;
            UCHAR RemoteIPv6Address[16];
            UCHAR SolicitedNodeIPv6Address[16];
            UCHAR MacAddress[6];
            UCHAR TargetIPv6Addresses[2][16];
        } IPv6NSParameters;
        struct _DOT11_RSN_REKEY_PARAMETERS {
            ULONG Flags;
            UCHAR KCK[DOT11_RSN_KCK_LENGTH];
            UCHAR KEK[DOT11_RSN_KEK_LENGTH];
            ULONGLONG KeyReplayCounter;
        } Dot11RSNRekeyParameters;
    } ProtocolOffloadParameters;
} NDIS_PM_PROTOCOL_OFFLOAD, *PNDIS_PM_PROTOCOL_OFFLOAD;
RING3_SIZE(NDIS_PM_PROTOCOL_OFFLOAD, 240);

typedef enum _NDIS_PM_WAKE_REASON_TYPE {
    NdisWakeReasonUnspecified = 0x0000,
    NdisWakeReasonPacket = 0x0001,
    NdisWakeReasonMediaDisconnect = 0x0002,
    NdisWakeReasonMediaConnect = 0x0003,
    NdisWakeReasonWlanNLODiscovery = 0x1000,
    NdisWakeReasonWlanAPAssociationLost = 0x1001,
    NdisWakeReasonWlanGTKHandshakeError = 0x1002,
    NdisWakeReasonWlan4WayHandshakeRequest = 0x1003,
    NdisWakeReasonWwanRegisterState = 0x2000,
    NdisWakeReasonWwanSMSReceive = 0x2001,
    NdisWakeReasonWwanUSSDReceive = 0x2002,
} NDIS_PM_WAKE_REASON_TYPE, *PNDIS_PM_WAKE_REASON_TYPE;

typedef struct _NDIS_PM_WAKE_REASON {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_PM_WAKE_REASON_TYPE WakeReason;
    ULONG InfoBufferOffset;
    ULONG InfoBufferSize;
} NDIS_PM_WAKE_REASON, *PNDIS_PM_WAKE_REASON;
RING3_SIZE(NDIS_PM_WAKE_REASON, 20);

typedef struct _NDIS_PM_WAKE_PACKET {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG PatternId;
    NDIS_PM_COUNTED_STRING PatternFriendlyName;
    ULONG OriginalPacketSize;
    ULONG SavedPacketSize;
    ULONG SavedPacketOffset;
} NDIS_PM_WAKE_PACKET, *PNDIS_PM_WAKE_PACKET;
RING3_SIZE(NDIS_PM_WAKE_PACKET, 156);

typedef enum _NDIS_PM_ADMIN_CONFIG_STATE {
    NdisPMAdminConfigUnspecified = 0,
    NdisPMAdminConfigDisabled = 1,
    NdisPMAdminConfigEnabled = 2
} NDIS_PM_ADMIN_CONFIG_STATE, *PNDIS_PM_ADMIN_CONFIG_STATE;

typedef struct _NDIS_WMI_PM_ADMIN_CONFIG {
    NDIS_OBJECT_HEADER Header;
    NDIS_PM_ADMIN_CONFIG_STATE WakeOnPattern;
    NDIS_PM_ADMIN_CONFIG_STATE WakeOnMagicPacket;
    NDIS_PM_ADMIN_CONFIG_STATE DeviceSleepOnDisconnect;
    NDIS_PM_ADMIN_CONFIG_STATE PMARPOffload;
    NDIS_PM_ADMIN_CONFIG_STATE PMNSOffload;
    NDIS_PM_ADMIN_CONFIG_STATE PMWiFiRekeyOffload;
} NDIS_WMI_PM_ADMIN_CONFIG, *PNDIS_WMI_PM_ADMIN_CONFIG;
RING3_SIZE(NDIS_WMI_PM_ADMIN_CONFIG, 28);

typedef enum _NDIS_PM_CAPABILITY_STATE {
    NdisPMAdminConfigUnsupported = 0,
    NdisPMAdminConfigInactive = 1,
    NdisPMAdminConfigActive = 2
} NDIS_PM_CAPABILITY_STATE, *PNDIS_PM_CAPABILITY_STATE;

typedef struct _NDIS_WMI_PM_ACTIVE_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    NDIS_PM_CAPABILITY_STATE WakeOnPattern;
    NDIS_PM_CAPABILITY_STATE WakeOnMagicPacket;
    NDIS_PM_CAPABILITY_STATE DeviceSleepOnDisconnect;
    NDIS_PM_CAPABILITY_STATE PMARPOffload;
    NDIS_PM_CAPABILITY_STATE PMNSOffload;
    NDIS_PM_CAPABILITY_STATE PMWiFiRekeyOffload;
} NDIS_WMI_PM_ACTIVE_CAPABILITIES, *PNDIS_WMI_PM_ACTIVE_CAPABILITIES;
RING3_SIZE(NDIS_WMI_PM_ACTIVE_CAPABILITIES, 28);

#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1       RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_CAPABILITIES, MinLinkChangeWakeUp)
#define NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1         RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PARAMETERS, WakeUpFlags)
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1        RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WOL_PATTERN, WoLPattern)
#define NDIS_SIZEOF_NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1   RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadParameters)
#define NDIS_SIZEOF_WMI_PM_ADMIN_CONFIG_REVISION_1        RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_PM_ADMIN_CONFIG, PMWiFiRekeyOffload)
#define NDIS_SIZEOF_WMI_PM_ACTIVE_CAPABILITIES_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_PM_ACTIVE_CAPABILITIES, PMWiFiRekeyOffload)
#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2       RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_CAPABILITIES, MediaSpecificWakeUpEvents)
#define NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2         RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PARAMETERS, MediaSpecificWakeUpEvents)
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_2        RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WOL_PATTERN, WoLPattern)
#define NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1             RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WAKE_REASON, InfoBufferSize)
#define NDIS_SIZEOF_PM_WAKE_PACKET_REVISION_1             RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WAKE_PACKET, SavedPacketOffset)

#endif
