/* Power management of an adapter: the events that wake the computer, and the protocols the adapter answers while it
 * sleeps. docs: network/ndis-power-management-overview */
#ifndef RING3_NDIS_PM_H
#define RING3_NDIS_PM_H

#include <ndis/media.h>

/* Each capability (SUPPORTED, in NDIS_PM_CAPABILITIES) and its switch (ENABLED, in NDIS_PM_PARAMETERS) share a bit. */

/* SupportedWoLPacketPatterns, EnabledWoLPacketPatterns: packets that wake */
#define NDIS_PM_WOL_BITMAP_PATTERN_SUPPORTED 0x00000001
#define NDIS_PM_WOL_BITMAP_PATTERN_ENABLED 0x00000001
#define NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED 0x00000002
#define NDIS_PM_WOL_MAGIC_PACKET_ENABLED 0x00000002
#define NDIS_PM_WOL_IPV4_TCP_SYN_SUPPORTED 0x00000004
#define NDIS_PM_WOL_IPV4_TCP_SYN_ENABLED 0x00000004
#define NDIS_PM_WOL_IPV6_TCP_SYN_SUPPORTED 0x00000008
#define NDIS_PM_WOL_IPV6_TCP_SYN_ENABLED 0x00000008
#define NDIS_PM_WOL_IPV4_DEST_ADDR_WILDCARD_SUPPORTED 0x00000200 /* zeros in a pattern match all addresses and ports */
#define NDIS_PM_WOL_IPV4_DEST_ADDR_WILDCARD_ENABLED 0x00000200
#define NDIS_PM_WOL_IPV6_DEST_ADDR_WILDCARD_SUPPORTED 0x00000800
#define NDIS_PM_WOL_IPV6_DEST_ADDR_WILDCARD_ENABLED 0x00000800
#define NDIS_PM_WOL_EAPOL_REQUEST_ID_MESSAGE_SUPPORTED 0x00010000
#define NDIS_PM_WOL_EAPOL_REQUEST_ID_MESSAGE_ENABLED 0x00010000

/* SupportedProtocolOffloads, EnabledProtocolOffloads: what a sleeping adapter answers */
#define NDIS_PM_PROTOCOL_OFFLOAD_ARP_SUPPORTED 0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_ARP_ENABLED 0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_NS_SUPPORTED 0x00000002
#define NDIS_PM_PROTOCOL_OFFLOAD_NS_ENABLED 0x00000002
#define NDIS_PM_PROTOCOL_OFFLOAD_80211_RSN_REKEY_SUPPORTED 0x00000080
#define NDIS_PM_PROTOCOL_OFFLOAD_80211_RSN_REKEY_ENABLED 0x00000080

/* SupportedWakeUpEvents, WakeUpFlags: changes of the link that wake */
#define NDIS_PM_WAKE_ON_MEDIA_CONNECT_SUPPORTED 0x00000001
#define NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED 0x1 /* from disconnected to connected */
#define NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_SUPPORTED 0x00000002
#define NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_ENABLED 0x2

/* MediaSpecificWakeUpEvents of both structures: Wi-Fi */
#define NDIS_WLAN_WAKE_ON_NLO_DISCOVERY_SUPPORTED 0x00000001
#define NDIS_WLAN_WAKE_ON_NLO_DISCOVERY_ENABLED 0x1
#define NDIS_WLAN_WAKE_ON_AP_ASSOCIATION_LOST_SUPPORTED 0x00000002
#define NDIS_WLAN_WAKE_ON_AP_ASSOCIATION_LOST_ENABLED 0x2
#define NDIS_WLAN_WAKE_ON_GTK_HANDSHAKE_ERROR_SUPPORTED 0x00000004
#define NDIS_WLAN_WAKE_ON_GTK_HANDSHAKE_ERROR_ENABLED 0x4
#define NDIS_WLAN_WAKE_ON_4WAY_HANDSHAKE_REQUEST_SUPPORTED 0x00000008
#define NDIS_WLAN_WAKE_ON_4WAY_HANDSHAKE_REQUEST_ENABLED 0x8

/* MediaSpecificWakeUpEvents of both structures: mobile broadband */
#define NDIS_WWAN_WAKE_ON_REGISTER_STATE_SUPPORTED 0x00000001
#define NDIS_WWAN_WAKE_ON_REGISTER_STATE_ENABLED 0x1
#define NDIS_WWAN_WAKE_ON_SMS_RECEIVE_SUPPORTED 0x00000002
#define NDIS_WWAN_WAKE_ON_SMS_RECEIVE_ENABLED 0x2
#define NDIS_WWAN_WAKE_ON_USSD_RECEIVE_SUPPORTED 0x00000004
#define NDIS_WWAN_WAKE_ON_USSD_RECEIVE_ENABLED 0x4

/* ---- capabilities and settings */

/* What the hardware can do asleep; the MinXxxWakeUp states are the deepest from which it wakes, pattern sizes in bytes.
 * docs: ntddndis/ns-ntddndis-_ndis_pm_capabilities */
typedef struct _NDIS_PM_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG SupportedWoLPacketPatterns;
    ULONG NumTotalWoLPatterns; /* the magic packet is not counted */
    ULONG MaxWoLPatternSize;
    ULONG MaxWoLPatternOffset; /* from the start of the MAC header */
    ULONG MaxWoLPacketSaveBuffer;
    ULONG SupportedProtocolOffloads;
    ULONG NumArpOffloadIPv4Addresses;
    ULONG NumNSOffloadIPv6Addresses; /* requests, in spite of the name */
    NDIS_DEVICE_POWER_STATE MinMagicPacketWakeUp;
    NDIS_DEVICE_POWER_STATE MinPatternWakeUp;
    NDIS_DEVICE_POWER_STATE MinLinkChangeWakeUp;
#if NDIS_SUPPORT_NDIS630
    ULONG SupportedWakeUpEvents;
    ULONG MediaSpecificWakeUpEvents;
#endif
} NDIS_PM_CAPABILITIES, *PNDIS_PM_CAPABILITIES;
RING3_OFFSET(NDIS_PM_CAPABILITIES, SupportedProtocolOffloads, 28);
RING3_OFFSET(NDIS_PM_CAPABILITIES, MinMagicPacketWakeUp, 40);
#if NDIS_SUPPORT_NDIS630
RING3_SIZE(NDIS_PM_CAPABILITIES, 60);
#else
RING3_SIZE(NDIS_PM_CAPABILITIES, 52);
#endif
/* Flags */
#define NDIS_PM_WAKE_PACKET_INDICATION_SUPPORTED 0x00000001
#define NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED 0x00000002
#define NDIS_PM_CAPABILITIES_REVISION_1 1
#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_CAPABILITIES, MinLinkChangeWakeUp)
#define NDIS_PM_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_CAPABILITIES, MediaSpecificWakeUpEvents)

/* OID_PM_PARAMETERS: which of the capabilities are on. docs: ntddndis/ns-ntddndis-_ndis_pm_parameters */
typedef struct _NDIS_PM_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG EnabledWoLPacketPatterns;
    ULONG EnabledProtocolOffloads;
    ULONG WakeUpFlags;
#if NDIS_SUPPORT_NDIS630
    ULONG MediaSpecificWakeUpEvents;
#endif
} NDIS_PM_PARAMETERS, *PNDIS_PM_PARAMETERS;
RING3_OFFSET(NDIS_PM_PARAMETERS, WakeUpFlags, 12);
#if NDIS_SUPPORT_NDIS630
RING3_SIZE(NDIS_PM_PARAMETERS, 20);
#else
RING3_SIZE(NDIS_PM_PARAMETERS, 16);
#endif
/* WakeUpFlags, besides the events above */
#define NDIS_PM_SELECTIVE_SUSPEND_ENABLED 0x10
#define NDIS_PM_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PARAMETERS, WakeUpFlags)
#define NDIS_PM_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PARAMETERS, MediaSpecificWakeUpEvents)

/* ---- one wake pattern */

#define NDIS_PM_MAX_STRING_SIZE 64 /* characters without the terminator */

/* A short terminated string; Length in bytes. docs: ntddndis/ns-ntddndis-_ndis_pm_counted_string */
typedef struct _NDIS_PM_COUNTED_STRING {
    USHORT Length;
    WCHAR String[NDIS_PM_MAX_STRING_SIZE + 1];
} NDIS_PM_COUNTED_STRING, *PNDIS_PM_COUNTED_STRING;
RING3_SIZE(NDIS_PM_COUNTED_STRING, 132);
RING3_OFFSET(NDIS_PM_COUNTED_STRING, String, 2);

/* docs: ntddndis/ne-ntddndis-_ndis_pm_wol_packet */
typedef enum _NDIS_PM_WOL_PACKET {
    NdisPMWoLPacketUnspecified = 0,
    NdisPMWoLPacketBitmapPattern = 1,
    NdisPMWoLPacketMagicPacket = 2,
    NdisPMWoLPacketIPv4TcpSyn = 3,
    NdisPMWoLPacketIPv6TcpSyn = 4,
    NdisPMWoLPacketEapolRequestIdMessage = 5,
    NdisPMWoLPacketMaximum = 6,
} NDIS_PM_WOL_PACKET, *PNDIS_PM_WOL_PACKET;

/* OID_PM_ADD_WOL_PATTERN: a packet to wake for. NDIS chooses PatternId; mask and pattern lie behind the structure, offsets
 * are in bytes from its start, and a bit of the mask stands for a byte of the pattern.
 * docs: ntddndis/ns-ntddndis-_ndis_pm_wol_pattern */
typedef struct _NDIS_PM_WOL_PATTERN {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG Priority;
    NDIS_PM_WOL_PACKET WoLPacketType;
    NDIS_PM_COUNTED_STRING FriendlyName;
    ULONG PatternId;
    ULONG NextWoLPatternOffset; /* from the start of the request's buffer; 0 ends the list */
    union _WOL_PATTERN {
        struct _IPV4_TCP_SYN_WOL_PACKET_PARAMETERS {
            ULONG Flags;
            UCHAR IPv4SourceAddress[4], IPv4DestAddress[4];
            USHORT TCPSourcePortNumber, TCPDestPortNumber;
        } IPv4TcpSynParameters;
        struct _IPV6_TCP_SYN_WOL_PACKET_PARAMETERS {
            ULONG Flags;
            UCHAR IPv6SourceAddress[16], IPv6DestAddress[16];
            USHORT TCPSourcePortNumber, TCPDestPortNumber;
        } IPv6TcpSynParameters;
        struct _EAPOL_REQUEST_ID_MESSAGE_WOL_PACKET_PARAMETERS {
            ULONG Flags;
        } EapolRequestIdMessageParameters;
        struct _WOL_BITMAP_PATTERN {
            ULONG Flags;
            ULONG MaskOffset, MaskSize;
            ULONG PatternOffset, PatternSize;
        } WoLBitMapPattern;
    } WoLPattern;
} NDIS_PM_WOL_PATTERN, *PNDIS_PM_WOL_PATTERN;
RING3_SIZE(NDIS_PM_WOL_PATTERN, 196);
RING3_OFFSET(NDIS_PM_WOL_PATTERN, FriendlyName, 16);
RING3_OFFSET(NDIS_PM_WOL_PATTERN, PatternId, 148);
RING3_OFFSET(NDIS_PM_WOL_PATTERN, WoLPattern, 156);
#define NDIS_PM_WOL_PATTERN_REVISION_1 1
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WOL_PATTERN, WoLPattern)
#define NDIS_PM_WOL_PATTERN_REVISION_2 2 /* new packet types; the same layout */
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WOL_PATTERN, WoLPattern)
/* Priority: any value between the first and the last */
#define NDIS_PM_WOL_PRIORITY_HIGHEST 0x00000001
#define NDIS_PM_WOL_PRIORITY_NORMAL 0x10000000
#define NDIS_PM_WOL_PRIORITY_LOWEST 0xffffffff
/* PatternId */
#define NDIS_PM_PRIVATE_PATTERN_ID 0x00000001
#define NDIS_PM_MAX_PATTERN_ID 0x0000ffff
/* EapolRequestIdMessageParameters.Flags */
#define EAPOL_REQUEST_ID_WOL_FLAG_MUST_ENCRYPT 0x00000001

/* ---- one protocol offload */

/* docs: ntddndis/ne-ntddndis-_ndis_pm_protocol_offload_type */
typedef enum _NDIS_PM_PROTOCOL_OFFLOAD_TYPE {
    NdisPMProtocolOffloadIdUnspecified = 0,
    NdisPMProtocolOffloadIdIPv4ARP = 1,
    NdisPMProtocolOffloadIdIPv6NS = 2,
    NdisPMProtocolOffload80211RSNRekey = 3,
    NdisPMProtocolOffload80211RSNRekeyV2 = 4,
    NdisPMProtocolOffloadIdMaximum = 5,
} NDIS_PM_PROTOCOL_OFFLOAD_TYPE, *PNDIS_PM_PROTOCOL_OFFLOAD_TYPE;

#define DOT11_RSN_KCK_LENGTH 16 /* bytes of a key confirmation key */
#define DOT11_RSN_KEK_LENGTH 16 /* bytes of a key encryption key */

/* OID_PM_ADD_PROTOCOL_OFFLOAD: a request to answer. NDIS chooses ProtocolOffloadId; a zero remote address stands for all;
 * the MAC address goes into the answer's payload. docs: ntddndis/ns-ntddndis-_ndis_pm_protocol_offload */
typedef struct _NDIS_PM_PROTOCOL_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG Priority;
    NDIS_PM_PROTOCOL_OFFLOAD_TYPE ProtocolOffloadType;
    NDIS_PM_COUNTED_STRING FriendlyName;
    ULONG ProtocolOffloadId;
    ULONG NextProtocolOffloadOffset; /* from the start of the request's buffer; 0 ends the list */
    union _PROTOCOL_OFFLOAD_PARAMETERS {
        struct _IPV4_ARP_PARAMETERS {
            ULONG Flags;
            UCHAR RemoteIPv4Address[4], HostIPv4Address[4];
            UCHAR MacAddress[6];
        } IPv4ARPParameters;
        struct _IPV6_NS_PARAMETERS {
            ULONG Flags;
            UCHAR RemoteIPv6Address[16], SolicitedNodeIPv6Address[16];
            UCHAR MacAddress[6];
            UCHAR TargetIPv6Addresses[2][16]; /* a lone address is the first, and the second is zero */
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
RING3_OFFSET(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadId, 148);
RING3_OFFSET(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadParameters, 160);
#define NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 1
#define NDIS_SIZEOF_NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadParameters)
/* Priority: any value between the first and the last */
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_HIGHEST 0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_NORMAL 0x10000000
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_LOWEST 0xffffffff

/* ---- why the adapter woke the computer */

/* 0x1000 and up are Wi-Fi's, 0x2000 and up mobile broadband's. docs: ntddndis/ne-ntddndis-_ndis_pm_wake_reason_type */
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
    NdisWakeReasonWwanPacketState = 0x2004,
    NdisWakeReasonWwanUiccChange = 0x2005,
} NDIS_PM_WAKE_REASON_TYPE, *PNDIS_PM_WAKE_REASON_TYPE;

/* NDIS_STATUS_PM_WAKE_REASON. The buffer, in bytes from the start of this structure and aligned to 8, holds an
 * NDIS_PM_WAKE_PACKET if the reason is a packet; otherwise both members are zero.
 * docs: ntddndis/ns-ntddndis-_ndis_pm_wake_reason */
typedef struct _NDIS_PM_WAKE_REASON {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_PM_WAKE_REASON_TYPE WakeReason;
    ULONG InfoBufferOffset;
    ULONG InfoBufferSize;
} NDIS_PM_WAKE_REASON, *PNDIS_PM_WAKE_REASON;
RING3_SIZE(NDIS_PM_WAKE_REASON, 20);
RING3_OFFSET(NDIS_PM_WAKE_REASON, InfoBufferOffset, 12);
#define NDIS_PM_WAKE_REASON_REVISION_1 1
#define NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WAKE_REASON, InfoBufferSize)

/* The packet that woke the computer, saved behind this structure; sizes in bytes, the offset aligned to 8.
 * docs: ntddndis/ns-ntddndis-_ndis_pm_wake_packet */
typedef struct _NDIS_PM_WAKE_PACKET {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG PatternId;
    NDIS_PM_COUNTED_STRING PatternFriendlyName; /* NDIS fills it in */
    ULONG OriginalPacketSize;
    ULONG SavedPacketSize;
    ULONG SavedPacketOffset;
} NDIS_PM_WAKE_PACKET, *PNDIS_PM_WAKE_PACKET;
RING3_SIZE(NDIS_PM_WAKE_PACKET, 156);
RING3_OFFSET(NDIS_PM_WAKE_PACKET, OriginalPacketSize, 144);
#define NDIS_PM_WAKE_PACKET_REVISION_1 1
#define NDIS_SIZEOF_PM_WAKE_PACKET_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PM_WAKE_PACKET, SavedPacketOffset)

/* ---- the administrator's view: a member for each INF keyword.
 * docs: network/standardized-inf-keywords-for-power-management */

typedef enum _NDIS_PM_ADMIN_CONFIG_STATE {
    NdisPMAdminConfigUnspecified = 0,
    NdisPMAdminConfigDisabled = 1,
    NdisPMAdminConfigEnabled = 2,
} NDIS_PM_ADMIN_CONFIG_STATE, *PNDIS_PM_ADMIN_CONFIG_STATE;

typedef enum _NDIS_PM_CAPABILITY_STATE {
    NdisPMAdminConfigUnsupported = 0,
    NdisPMAdminConfigInactive = 1,
    NdisPMAdminConfigActive = 2,
} NDIS_PM_CAPABILITY_STATE, *PNDIS_PM_CAPABILITY_STATE;

/* What the administrator asked for */
typedef struct _NDIS_WMI_PM_ADMIN_CONFIG {
    NDIS_OBJECT_HEADER Header;
    NDIS_PM_ADMIN_CONFIG_STATE WakeOnPattern, WakeOnMagicPacket;
    NDIS_PM_ADMIN_CONFIG_STATE DeviceSleepOnDisconnect;
    NDIS_PM_ADMIN_CONFIG_STATE PMARPOffload, PMNSOffload, PMWiFiRekeyOffload;
} NDIS_WMI_PM_ADMIN_CONFIG, *PNDIS_WMI_PM_ADMIN_CONFIG;
RING3_SIZE(NDIS_WMI_PM_ADMIN_CONFIG, 28);
RING3_OFFSET(NDIS_WMI_PM_ADMIN_CONFIG, PMARPOffload, 16);
#define NDIS_WMI_PM_ADMIN_CONFIG_REVISION_1 1
#define NDIS_SIZEOF_WMI_PM_ADMIN_CONFIG_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_PM_ADMIN_CONFIG, PMWiFiRekeyOffload)

/* What is in effect */
typedef struct _NDIS_WMI_PM_ACTIVE_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    NDIS_PM_CAPABILITY_STATE WakeOnPattern, WakeOnMagicPacket;
    NDIS_PM_CAPABILITY_STATE DeviceSleepOnDisconnect;
    NDIS_PM_CAPABILITY_STATE PMARPOffload, PMNSOffload, PMWiFiRekeyOffload;
} NDIS_WMI_PM_ACTIVE_CAPABILITIES, *PNDIS_WMI_PM_ACTIVE_CAPABILITIES;
RING3_SIZE(NDIS_WMI_PM_ACTIVE_CAPABILITIES, 28);
RING3_OFFSET(NDIS_WMI_PM_ACTIVE_CAPABILITIES, PMARPOffload, 16);
#define NDIS_WMI_PM_ACTIVE_CAPABILITIES_REVISION_1 1
#define NDIS_SIZEOF_WMI_PM_ACTIVE_CAPABILITIES_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_WMI_PM_ACTIVE_CAPABILITIES, PMWiFiRekeyOffload)

#endif
