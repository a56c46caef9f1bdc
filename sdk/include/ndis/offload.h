/* Task offload: what an adapter can compute for the transports, and the settings they choose.
 * The structures up to NDIS_OFFLOAD are its parts. docs: network/task-offload */
#ifndef RING3_NDIS_OFFLOAD_H
#define RING3_NDIS_OFFLOAD_H

#include <ndis/objectheader.h>

/* Values of the capability members (most are two bits wide) */
#define NDIS_OFFLOAD_NOT_SUPPORTED 0
#define NDIS_OFFLOAD_SUPPORTED 1

/* Values of the members that switch a feature */
#define NDIS_OFFLOAD_SET_NO_CHANGE 0
#define NDIS_OFFLOAD_SET_ON 1
#define NDIS_OFFLOAD_SET_OFF 2

/* Encapsulation: the link-layer framings for which an offload works; a set */
#define NDIS_ENCAPSULATION_NOT_SUPPORTED 0x00000000
#define NDIS_ENCAPSULATION_NULL 0x00000001
#define NDIS_ENCAPSULATION_IEEE_802_3 0x00000002
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q 0x00000004        /* the 802.1Q tag is in the frame */
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB 0x00000008 /* the tag is in NetBufferListInfo */
#define NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED 0x00000010

/* ---- checksums */

/* Which checksums the adapter fills in and verifies, and past which options it can look.
 * docs: ntddndis/ns-ntddndis-_ndis_tcp_ip_checksum_offload */
typedef struct _NDIS_TCP_IP_CHECKSUM_OFFLOAD {
    struct {
        ULONG Encapsulation;
        ULONG IpOptionsSupported : 2, TcpOptionsSupported : 2;
        ULONG TcpChecksum : 2, UdpChecksum : 2, IpChecksum : 2;
    } IPv4Transmit, IPv4Receive;
    struct {
        ULONG Encapsulation;
        ULONG IpExtensionHeadersSupported : 2, TcpOptionsSupported : 2;
        ULONG TcpChecksum : 2, UdpChecksum : 2;
    } IPv6Transmit, IPv6Receive;
} NDIS_TCP_IP_CHECKSUM_OFFLOAD, *PNDIS_TCP_IP_CHECKSUM_OFFLOAD;
RING3_SIZE(NDIS_TCP_IP_CHECKSUM_OFFLOAD, 32);
RING3_OFFSET(NDIS_TCP_IP_CHECKSUM_OFFLOAD, IPv4Receive, 8);
RING3_OFFSET(NDIS_TCP_IP_CHECKSUM_OFFLOAD, IPv6Transmit, 16);
RING3_OFFSET(NDIS_TCP_IP_CHECKSUM_OFFLOAD, IPv6Receive, 24);

/* ---- segmentation of large sends: sizes are bytes of payload */

/* TCP over IPv4. docs: ntddndis/ns-ntddndis-_ndis_tcp_large_send_offload_v1 */
typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V1 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
        ULONG TcpOptions : 2, IpOptions : 2;
    } IPv4;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V1, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V1;
RING3_SIZE(NDIS_TCP_LARGE_SEND_OFFLOAD_V1, 16);

/* TCP over both IP versions. docs: ntddndis/ns-ntddndis-_ndis_tcp_large_send_offload_v2 */
typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V2 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
    } IPv4;
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
        ULONG IpExtensionHeadersSupported : 2, TcpOptionsSupported : 2;
    } IPv6;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V2, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V2;
RING3_SIZE(NDIS_TCP_LARGE_SEND_OFFLOAD_V2, 28);
RING3_OFFSET(NDIS_TCP_LARGE_SEND_OFFLOAD_V2, IPv6, 12);

#if NDIS_SUPPORT_NDIS683
/* UDP; without SubMssFinalSegmentSupported all segments are equally long.
 * docs: ntddndis/ns-ntddndis-_ndis_udp_segmentation_offload */
typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount : 6, SubMssFinalSegmentSupported : 1, Reserved : 25;
    } IPv4;
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount : 6, SubMssFinalSegmentSupported : 1, Reserved1 : 25;
        ULONG IpExtensionHeadersSupported : 2, Reserved2 : 30;
    } IPv6;
} NDIS_UDP_SEGMENTATION_OFFLOAD, *PNDIS_UDP_SEGMENTATION_OFFLOAD;
RING3_SIZE(NDIS_UDP_SEGMENTATION_OFFLOAD, 28);
RING3_OFFSET(NDIS_UDP_SEGMENTATION_OFFLOAD, IPv6, 12);
#endif

/* ---- receive segment coalescing */

/* docs: ntddndis/ns-ntddndis-_ndis_tcp_recv_seg_coalesce_offload */
typedef struct _NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD {
    struct {
        BOOLEAN Enabled;
    } IPv4, IPv6;
} NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD, *PNDIS_TCP_RECV_SEG_COALESCE_OFFLOAD;
RING3_SIZE(NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD, 2);
#define NDIS_TCP_RECV_SEG_COALESC_OFFLOAD_REVISION_1 1
#define NDIS_SIZEOF_TCP_RECV_SEG_COALESC_OFFLOAD_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD, IPv6.Enabled)

/* ---- IPsec */

/* The first version, IPv4 only. docs: ntddndis/ns-ntddndis-_ndis_ipsec_offload_v1 */
typedef struct _NDIS_IPSEC_OFFLOAD_V1 {
    struct {
        ULONG Encapsulation;
        ULONG AhEspCombined;
        ULONG TransportTunnelCombined;
        ULONG IPv4Options;
        ULONG Flags;
    } Supported;
    struct {
        ULONG Md5 : 2, Sha_1 : 2;
        ULONG Transport : 2, Tunnel : 2, Send : 2, Receive : 2;
    } IPv4AH;
    struct {
        ULONG Des : 2, Reserved : 2, TripleDes : 2, NullEsp : 2;
        ULONG Transport : 2, Tunnel : 2, Send : 2, Receive : 2;
    } IPv4ESP;
} NDIS_IPSEC_OFFLOAD_V1, *PNDIS_IPSEC_OFFLOAD_V1;
RING3_SIZE(NDIS_IPSEC_OFFLOAD_V1, 28);
RING3_OFFSET(NDIS_IPSEC_OFFLOAD_V1, IPv4AH, 20);
RING3_OFFSET(NDIS_IPSEC_OFFLOAD_V1, IPv4ESP, 24);

/* The second version. docs: ntddndis/ns-ntddndis-_ndis_ipsec_offload_v2 */
typedef struct _NDIS_IPSEC_OFFLOAD_V2 {
    ULONG Encapsulation;
    BOOLEAN IPv6Supported;
    BOOLEAN IPv4Options;
    BOOLEAN IPv6NonIPsecExtensionHeaders;
    BOOLEAN Ah;
    BOOLEAN Esp;
    BOOLEAN AhEspCombined;
    BOOLEAN Transport;
    BOOLEAN Tunnel;
    BOOLEAN TransportTunnelCombined;
    BOOLEAN LsoSupported;
    BOOLEAN ExtendedSequenceNumbers;
    ULONG UdpEsp;
    ULONG AuthenticationAlgorithms;
    ULONG EncryptionAlgorithms;
    ULONG SaOffloadCapacity; /* security associations */
} NDIS_IPSEC_OFFLOAD_V2, *PNDIS_IPSEC_OFFLOAD_V2;
RING3_SIZE(NDIS_IPSEC_OFFLOAD_V2, 32);
RING3_OFFSET(NDIS_IPSEC_OFFLOAD_V2, UdpEsp, 16);
/* AuthenticationAlgorithms */
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5 0x00000001
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1 0x00000002
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256 0x00000004
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128 0x00000008
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192 0x00000010
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256 0x00000020
/* EncryptionAlgorithms */
#define IPSEC_OFFLOAD_V2_ENCRYPTION_NONE 0x00000001
#define IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC 0x00000002
#define IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC 0x00000004
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128 0x00000008
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192 0x00000010
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256 0x00000020
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128 0x00000040
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192 0x00000080
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256 0x00000100

/* ---- offloads inside a tunnel */

/* EncapsulationTypes: kinds of tunnel; a set */
#define NDIS_ENCAPSULATION_TYPE_GRE_MAC 0x00000001
#if NDIS_SUPPORT_NDIS650
#define NDIS_ENCAPSULATION_TYPE_VXLAN 0x00000002
#endif
#define NDIS_ENCAPSULATION_TYPE_MAX NDIS_ENCAPSULATION_TYPE_GRE_MAC

/* The four-bit members below: for which inner and outer IP headers the offload works; a set */
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_NOT_SUPPORTED 0x00000000
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_INNER_IPV4 0x00000001
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_OUTER_IPV4 0x00000002
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_INNER_IPV6 0x00000004
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_OUTER_IPV6 0x00000008

/* NVGRE; the header size counts bytes up to the inner payload.
 * docs: ntddndis/ns-ntddndis-_ndis_encapsulated_packet_task_offload */
typedef struct _NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD {
    ULONG TransmitChecksumOffloadSupported : 4, ReceiveChecksumOffloadSupported : 4;
    ULONG LsoV2Supported : 4, RssSupported : 4, VmqSupported : 4, UsoSupported : 4, Reserved : 8;
    ULONG MaxHeaderSizeSupported;
} NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD, *PNDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD;
RING3_SIZE(NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD, 8);
RING3_OFFSET(NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD, MaxHeaderSizeSupported, 4);
#define NDIS_SIZEOF_ENCAPSULATED_PACKET_TASK_OFFLOAD_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD, MaxHeaderSizeSupported)

#if NDIS_SUPPORT_NDIS650
/* VXLAN, with the UDP port that marks it.
 * docs: ntddndis/ns-ntddndis-_ndis_encapsulated_packet_task_offload_v2 */
typedef struct _NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2 {
    ULONG TransmitChecksumOffloadSupported : 4, ReceiveChecksumOffloadSupported : 4;
    ULONG LsoV2Supported : 4, RssSupported : 4, VmqSupported : 4, UsoSupported : 4, Reserved : 8;
    ULONG MaxHeaderSizeSupported;
    union _ENCAPSULATION_PROTOCOL_INFO {
        struct _VXLAN_INFO {
            USHORT VxlanUDPPortNumber;
            USHORT VxlanUDPPortNumberConfigurable : 1;
        } VxlanInfo;
        ULONG Value;
    } EncapsulationProtocolInfo;
    ULONG Reserved1;
    ULONG Reserved2;
} NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2, *PNDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2;
RING3_SIZE(NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2, 20);
RING3_OFFSET(NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2, EncapsulationProtocolInfo, 8);
#endif

/* ---- IPv4 to IPv6 translation */

#if NDIS_SUPPORT_NDIS670
/* docs: ntddndis/ne-ntddndis-_ndis_rfc6877_464xlat_offload_options */
typedef enum _NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS {
    NDIS_RFC6877_464XLAT_OFFLOAD_NOT_SUPPORTED = 0,
    NDIS_RFC6877_464XLAT_OFFLOAD_DISABLED = 1,
    NDIS_RFC6877_464XLAT_OFFLOAD_ENABLED = 2, /* at all times */
    NDIS_RFC6877_464XLAT_OFFLOAD_ON_DEMAND = 3,
} NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS;

/* docs: ntddndis/ns-ntddndis-_ndis_rfc6877_464xlat_offload */
typedef struct _NDIS_RFC6877_464XLAT_OFFLOAD {
    NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS XlatOffload;
    ULONG Flags;
} NDIS_RFC6877_464XLAT_OFFLOAD, *PNDIS_RFC6877_464XLAT_OFFLOAD;
RING3_SIZE(NDIS_RFC6877_464XLAT_OFFLOAD, 8);
#endif

/* ---- UDP receive segment coalescing (URO) */

#if NDIS_SUPPORT_NDIS689
/* docs: nbluro/ns-nbluro-ndis_udp_rsc_offload */
typedef struct _NDIS_UDP_RSC_OFFLOAD {
    BOOLEAN Enabled;
} NDIS_UDP_RSC_OFFLOAD, *PNDIS_UDP_RSC_OFFLOAD;
#endif

/* ---- all capabilities of an adapter */

/* Reported at initialisation and again when they change. docs: ntddndis/ns-ntddndis-_ndis_offload */
typedef struct _NDIS_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    NDIS_TCP_IP_CHECKSUM_OFFLOAD Checksum;
    NDIS_TCP_LARGE_SEND_OFFLOAD_V1 LsoV1;
    NDIS_IPSEC_OFFLOAD_V1 IPsecV1;
    NDIS_TCP_LARGE_SEND_OFFLOAD_V2 LsoV2;
    ULONG Flags;
#if NDIS_SUPPORT_NDIS61
    NDIS_IPSEC_OFFLOAD_V2 IPsecV2;
#endif
#if NDIS_SUPPORT_NDIS630
    NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD Rsc;
    NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD EncapsulatedPacketTaskOffloadGre;
#endif
#if NDIS_SUPPORT_NDIS650
    NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2 EncapsulatedPacketTaskOffloadVxlan;
    UCHAR EncapsulationTypes;
#endif
#if NDIS_SUPPORT_NDIS670
    NDIS_RFC6877_464XLAT_OFFLOAD Rfc6877Xlat;
#endif
#if NDIS_SUPPORT_NDIS683
    NDIS_UDP_SEGMENTATION_OFFLOAD UdpSegmentation;
#endif
#if NDIS_SUPPORT_NDIS689
    NDIS_UDP_RSC_OFFLOAD UdpRsc;
#endif
} NDIS_OFFLOAD, *PNDIS_OFFLOAD;
RING3_OFFSET(NDIS_OFFLOAD, Checksum, 4);
RING3_OFFSET(NDIS_OFFLOAD, LsoV1, 36);
RING3_OFFSET(NDIS_OFFLOAD, LsoV2, 80);
RING3_OFFSET(NDIS_OFFLOAD, Flags, 108);
/* Flags */
#define NDIS_OFFLOAD_FLAGS_GROUP_CHECKSUM_CAPABILITIES 0x1
#define IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE 0x2
#define IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE 0x4
#define NDIS_OFFLOAD_REVISION_1 1
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, Flags)
#define NDIS_OFFLOAD_REVISION_2 2
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, IPsecV2)
#define NDIS_OFFLOAD_REVISION_3 3
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, EncapsulatedPacketTaskOffloadGre)
#if NDIS_SUPPORT_NDIS650
RING3_OFFSET(NDIS_OFFLOAD, EncapsulatedPacketTaskOffloadVxlan, 156);
#define NDIS_OFFLOAD_REVISION_4 4
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, EncapsulationTypes)
#endif
#if NDIS_SUPPORT_NDIS670
RING3_OFFSET(NDIS_OFFLOAD, Rfc6877Xlat, 180);
#define NDIS_OFFLOAD_REVISION_5 5
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, Rfc6877Xlat)
#endif
#if NDIS_SUPPORT_NDIS683
#define NDIS_OFFLOAD_REVISION_6 6
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, UdpSegmentation)
_Static_assert(NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6 == 216, "size of NDIS_OFFLOAD, revision 6");
#endif
#if NDIS_SUPPORT_NDIS689
RING3_OFFSET(NDIS_OFFLOAD, UdpRsc, 216);
#define NDIS_OFFLOAD_REVISION_7 7
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, UdpRsc)
#endif

/* ---- settings */

/* OID_TCP_OFFLOAD_PARAMETERS: the wanted state of each offload. docs: ntddndis/ns-ntddndis-_ndis_offload_parameters */
typedef struct _NDIS_OFFLOAD_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR IPv4Checksum;
    UCHAR TCPIPv4Checksum;
    UCHAR UDPIPv4Checksum;
    UCHAR TCPIPv6Checksum;
    UCHAR UDPIPv6Checksum;
    UCHAR LsoV1;
    UCHAR IPsecV1;
    UCHAR LsoV2IPv4;
    UCHAR LsoV2IPv6;
    UCHAR TcpConnectionIPv4;
    UCHAR TcpConnectionIPv6;
    ULONG Flags;
#if NDIS_SUPPORT_NDIS61
    UCHAR IPsecV2;
    UCHAR IPsecV2IPv4; /* for a driver without IPv6 */
#endif
#if NDIS_SUPPORT_NDIS630
    UCHAR RscIPv4;
    UCHAR RscIPv6;
    UCHAR EncapsulatedPacketTaskOffload; /* NDIS_OFFLOAD_SET_XXX */
    UCHAR EncapsulationTypes;
#endif
#if NDIS_SUPPORT_NDIS650
    union _ENCAPSULATION_PROTOCOL_PARAMETERS {
        struct _VXLAN_PARAMETERS {
            USHORT VxlanUDPPortNumber;
        } VxlanParameters;
        ULONG Value;
    } EncapsulationProtocolParameters;
#endif
#if NDIS_SUPPORT_NDIS683
    struct {
        UCHAR IPv4;
        UCHAR IPv6;
    } UdpSegmentation;
#endif
#if NDIS_SUPPORT_NDIS689
    struct {
        UCHAR Enabled;
    } UdpRsc;
#endif
} NDIS_OFFLOAD_PARAMETERS, *PNDIS_OFFLOAD_PARAMETERS;
RING3_OFFSET(NDIS_OFFLOAD_PARAMETERS, LsoV1, 9);
RING3_OFFSET(NDIS_OFFLOAD_PARAMETERS, TcpConnectionIPv6, 14);
RING3_OFFSET(NDIS_OFFLOAD_PARAMETERS, Flags, 16);
/* Any member */
#define NDIS_OFFLOAD_PARAMETERS_NO_CHANGE 0
/* XxxChecksum */
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED 2
#define NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED 3
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED 4
/* LsoV1 and LsoV2XXX */
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED 2
/* IPsecV1 */
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_AH_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_ESP_ENABLED 3
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_AH_AND_ESP_ENABLED 4
/* IPsecV2 and IPsecV2IPv4 */
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED 3
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED 4
/* TcpConnectionXXX */
#define NDIS_OFFLOAD_PARAMETERS_CONNECTION_OFFLOAD_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_CONNECTION_OFFLOAD_ENABLED 2
/* RscXXX */
#define NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED 2
/* Flags */
#define NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE 0x00000001
#define NDIS_OFFLOAD_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, Flags)
#define NDIS_OFFLOAD_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, IPsecV2IPv4)
#define NDIS_OFFLOAD_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, EncapsulationTypes)
#if NDIS_SUPPORT_NDIS650
RING3_OFFSET(NDIS_OFFLOAD_PARAMETERS, EncapsulationProtocolParameters, 28);
#define NDIS_OFFLOAD_PARAMETERS_REVISION_4 4
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, EncapsulationProtocolParameters)
#endif
#if NDIS_SUPPORT_NDIS683
RING3_SIZE(NDIS_OFFLOAD_PARAMETERS, 36);
/* UdpSegmentation; the UDP_SEG names are the documented ones */
#define NDIS_OFFLOAD_PARAMETERS_UDP_SEG_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_UDP_SEG_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_USO_DISABLED NDIS_OFFLOAD_PARAMETERS_UDP_SEG_DISABLED
#define NDIS_OFFLOAD_PARAMETERS_USO_ENABLED NDIS_OFFLOAD_PARAMETERS_UDP_SEG_ENABLED
#define NDIS_OFFLOAD_PARAMETERS_REVISION_5 5
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, UdpSegmentation)
#endif
#if NDIS_SUPPORT_NDIS689
/* UdpRsc.Enabled */
#define NDIS_OFFLOAD_PARAMETERS_UDP_RSC_NO_CHANGE 0
#define NDIS_OFFLOAD_PARAMETERS_UDP_RSC_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_UDP_RSC_ENABLED 2
RING3_OFFSET(NDIS_OFFLOAD_PARAMETERS, UdpRsc, 34);
#define NDIS_OFFLOAD_PARAMETERS_REVISION_6 6
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, UdpRsc)
#endif

/* OID_OFFLOAD_ENCAPSULATION: the framing a protocol uses; header sizes in bytes.
 * docs: encapsulationconfig/ns-encapsulationconfig-ndis_offload_encapsulation */
typedef struct _NDIS_OFFLOAD_ENCAPSULATION {
    NDIS_OBJECT_HEADER Header;
    struct {
        ULONG Enabled; /* NDIS_OFFLOAD_SET_XXX */
        ULONG EncapsulationType;
        ULONG HeaderSize;
    } IPv4, IPv6;
} NDIS_OFFLOAD_ENCAPSULATION, *PNDIS_OFFLOAD_ENCAPSULATION;
RING3_SIZE(NDIS_OFFLOAD_ENCAPSULATION, 28);
RING3_OFFSET(NDIS_OFFLOAD_ENCAPSULATION, IPv6, 16);
#define NDIS_OFFLOAD_ENCAPSULATION_REVISION_1 1
#define NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_ENCAPSULATION, IPv6.HeaderSize)

/* ---- whole TCP connections */

/* What an adapter that runs TCP itself can do. docs: ntddndis/ns-ntddndis-_ndis_tcp_connection_offload */
typedef struct _NDIS_TCP_CONNECTION_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    ULONG Encapsulation;
    ULONG SupportIPv4 : 2, SupportIPv6 : 2, SupportIPv6ExtensionHeaders : 2, SupportSack : 2;
#if NDIS_SUPPORT_NDIS61
    ULONG CongestionAlgorithm : 4;
#endif
    ULONG TcpConnectionOffloadCapacity; /* connections of both IP versions */
    ULONG Flags;
} NDIS_TCP_CONNECTION_OFFLOAD, *PNDIS_TCP_CONNECTION_OFFLOAD;
RING3_SIZE(NDIS_TCP_CONNECTION_OFFLOAD, 20);
RING3_OFFSET(NDIS_TCP_CONNECTION_OFFLOAD, TcpConnectionOffloadCapacity, 12);
#define NDIS_TCP_CONNECTION_OFFLOAD_REVISION_1 1
#define NDIS_SIZEOF_TCP_CONNECTION_OFFLOAD_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_TCP_CONNECTION_OFFLOAD, Flags)
#define NDIS_TCP_CONNECTION_OFFLOAD_REVISION_2 2
#define NDIS_SIZEOF_TCP_CONNECTION_OFFLOAD_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_TCP_CONNECTION_OFFLOAD, Flags)

/* ---- header-data split */

/* OID_GEN_HD_SPLIT_PARAMETERS. docs: ntddndis/ns-ntddndis-_ndis_hd_split_parameters */
typedef struct _NDIS_HD_SPLIT_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG HDSplitCombineFlags;
} NDIS_HD_SPLIT_PARAMETERS, *PNDIS_HD_SPLIT_PARAMETERS;
RING3_SIZE(NDIS_HD_SPLIT_PARAMETERS, 8);
#define NDIS_HD_SPLIT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_HD_SPLIT_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_HD_SPLIT_PARAMETERS, HDSplitCombineFlags)

/* Capabilities and state; sizes in bytes. docs: ntddndis/ns-ntddndis-_ndis_hd_split_current_config */
typedef struct _NDIS_HD_SPLIT_CURRENT_CONFIG {
    NDIS_OBJECT_HEADER Header;
    ULONG HardwareCapabilities; /* those that are switched off too */
    ULONG CurrentCapabilities;
    ULONG HDSplitFlags;
    ULONG HDSplitCombineFlags;
    ULONG BackfillSize;
    ULONG MaxHeaderSize;
} NDIS_HD_SPLIT_CURRENT_CONFIG, *PNDIS_HD_SPLIT_CURRENT_CONFIG;
RING3_SIZE(NDIS_HD_SPLIT_CURRENT_CONFIG, 28);
RING3_OFFSET(NDIS_HD_SPLIT_CURRENT_CONFIG, HDSplitFlags, 12);
#define NDIS_HD_SPLIT_CURRENT_CONFIG_REVISION_1 1
#define NDIS_SIZEOF_HD_SPLIT_CURRENT_CONFIG_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_HD_SPLIT_CURRENT_CONFIG, MaxHeaderSize)
/* HardwareCapabilities and CurrentCapabilities */
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT 0x00000001
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV4_OPTIONS 0x00000002
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV6_EXTENSION_HEADERS 0x00000004
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_TCP_OPTIONS 0x00000008
/* HDSplitFlags, then HDSplitCombineFlags */
#define NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT 0x00000001
#define NDIS_HD_SPLIT_COMBINE_ALL_HEADERS 0x00000001

#endif
