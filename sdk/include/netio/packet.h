/* Headers of the TCP/IP protocols as they stand in packets; every multi-byte field is in network byte order.
 * docs: the protocols' RFCs (791, 8200, 9293, 768, 792, 4443, 826, 2236) */
#ifndef RING3_NETIO_PACKET_H
#define RING3_NETIO_PACKET_H

#include <ws2def.h>
#include <ws2ipdef.h>

#pragma pack(push, 1)

typedef struct _IPV4_HEADER {
    union {
        UINT8 VersionAndHeaderLength;
        struct {
            UINT8 HeaderLength : 4; /* in 32-bit words */
            UINT8 Version : 4;
        };
    };
    union {
        UINT8 TypeOfServiceAndEcnField;
        struct {
            UINT8 EcnField : 2;
            UINT8 TypeOfService : 6;
        };
    };
    UINT16 TotalLength;
    UINT16 Identification;
    union {
        UINT16 FlagsAndOffset;
        struct {
            UINT16 DontUse1 : 5;
            UINT16 MoreFragments : 1;
            UINT16 DontFragment : 1;
            UINT16 Reserved : 1;
            UINT16 DontUse2 : 8;
        };
    };
    UINT8 TimeToLive;
    UINT8 Protocol;
    UINT16 HeaderChecksum;
    IN_ADDR SourceAddress;
    IN_ADDR DestinationAddress;
} IPV4_HEADER, *PIPV4_HEADER;
RING3_SIZE(IPV4_HEADER, 20);

typedef struct _IPV6_HEADER {
    union {
        ULONG VersionClassFlow;
        struct {
            UINT8 Class1 : 4;
            UINT8 Version : 4;
        };
    };
    UINT16 PayloadLength;
    UINT8 NextHeader;
    UINT8 HopLimit;
    IN6_ADDR SourceAddress;
    IN6_ADDR DestinationAddress;
} IPV6_HEADER, *PIPV6_HEADER;
RING3_SIZE(IPV6_HEADER, 40);

typedef struct _IPV6_FRAGMENT_HEADER {
    UINT8 NextHeader;
    UINT8 Reserved;
    union {
        struct {
            UINT16 DontUse1 : 8;
            UINT16 MoreFragments : 1;
            UINT16 ReservedBits : 2;
            UINT16 DontUse2 : 5;
        };
        UINT16 OffsetAndFlags;
    };
    ULONG Id;
} IPV6_FRAGMENT_HEADER, *PIPV6_FRAGMENT_HEADER;
RING3_SIZE(IPV6_FRAGMENT_HEADER, 8);

typedef struct _TCP_HDR {
    UINT16 th_sport;
    UINT16 th_dport;
    ULONG th_seq;
    ULONG th_ack;
    UINT8 th_x2 : 4;
    UINT8 th_len : 4; /* in 32-bit words */
    UINT8 th_flags;
    UINT16 th_win;
    UINT16 th_sum;
    UINT16 th_urp;
} TCP_HDR, *PTCP_HDR;
RING3_SIZE(TCP_HDR, 20);

#define TH_MAX_LEN 60
#define TH_FIN 0x01
#define TH_SYN 0x02
#define TH_RST 0x04
#define TH_PSH 0x08
#define TH_ACK 0x10
#define TH_URG 0x20
#define TH_ECE 0x40
#define TH_CWR 0x80

typedef struct _UDP_HDR {
    UINT16 uh_sport;
    UINT16 uh_dport;
    UINT16 uh_ulen;
    UINT16 uh_sum;
} UDP_HDR, *PUDP_HDR;
RING3_SIZE(UDP_HDR, 8);

typedef struct _ICMP_HEADER {
    UINT8 Type;
    UINT8 Code;
    UINT16 Checksum;
} ICMP_HEADER, *PICMP_HEADER, ICMPV6_HEADER, *PICMPV6_HEADER;
RING3_SIZE(ICMP_HEADER, 4);

typedef struct _ARP_HEADER {
    UINT16 HardwareAddressSpace;
    UINT16 ProtocolAddressSpace;
    UINT8 HardwareAddressLength;
    UINT8 ProtocolAddressLength;
    UINT16 Opcode;
    UINT8 SenderHardwareAddress[1]; /* then the sender's protocol address, the target's hardware and protocol address */
} ARP_HEADER, *PARP_HEADER;

#pragma pack(pop)

#define IPV4_VERSION 4
#define IPV6_VERSION 0x60
#define IPV4_MIN_MINIMUM_MTU 352
#define IPV6_MINIMUM_MTU 1280
#define IP_VER_MASK 0xF0
#define ETH_LENGTH_OF_HEADER_ARP 28

#endif
