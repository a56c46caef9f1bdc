/* IPv6 socket addresses, options at the IP levels, multicast requests. docs: ws2ipdef; winsock/ipproto-ip-socket-options,
 * winsock/ipproto-ipv6-socket-options, winsock/ipproto-tcp-socket-options */
#ifndef RING3_WS2IPDEF_H
#define RING3_WS2IPDEF_H

#include <ws2def.h>
#include <in6addr.h>

/* What the functions below are; sources name these macros, too. */
#define WS2TCPIP_INLINE FORCEINLINE
#define MSTCPIP_INLINE FORCEINLINE

/* ---- addresses ---- */

typedef struct sockaddr_in6 {
    ADDRESS_FAMILY sin6_family;
    USHORT sin6_port; /* network byte order */
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
    union {
        ULONG sin6_scope_id;
        SCOPE_ID sin6_scope_struct;
    };
} SOCKADDR_IN6_LH, *PSOCKADDR_IN6_LH, *LPSOCKADDR_IN6_LH;
typedef SOCKADDR_IN6_LH SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
RING3_SIZE(SOCKADDR_IN6, 28);
RING3_OFFSET(SOCKADDR_IN6, sin6_addr, 8);
RING3_OFFSET(SOCKADDR_IN6, sin6_scope_id, 24);

struct sockaddr_in6_old {
    SHORT sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
};

typedef union sockaddr_gen {
    struct sockaddr Address;
    struct sockaddr_in AddressIn;
    struct sockaddr_in6_old AddressIn6;
} sockaddr_gen;

typedef union _SOCKADDR_INET {
    SOCKADDR_IN Ipv4;
    SOCKADDR_IN6 Ipv6;
    ADDRESS_FAMILY si_family;
} SOCKADDR_INET, *PSOCKADDR_INET;
RING3_SIZE(SOCKADDR_INET, 28);

typedef struct _sockaddr_in6_pair {
    PSOCKADDR_IN6 SourceAddress;
    PSOCKADDR_IN6 DestinationAddress;
} SOCKADDR_IN6_PAIR, *PSOCKADDR_IN6_PAIR;
RING3_SIZE(SOCKADDR_IN6_PAIR, 16);

#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65
#define SS_PORT(address) (((PSOCKADDR_IN)(address))->sin_port)

typedef struct _INTERFACE_INFO {
    ULONG iiFlags;
    sockaddr_gen iiAddress;
    sockaddr_gen iiBroadcastAddress;
    sockaddr_gen iiNetmask;
} INTERFACE_INFO, *LPINTERFACE_INFO;

typedef struct _INTERFACE_INFO_EX {
    ULONG iiFlags;
    SOCKET_ADDRESS iiAddress;
    SOCKET_ADDRESS iiBroadcastAddress;
    SOCKET_ADDRESS iiNetmask;
} INTERFACE_INFO_EX, *LPINTERFACE_INFO_EX;

#define IFF_UP 0x00000001
#define IFF_BROADCAST 0x00000002
#define IFF_LOOPBACK 0x00000004
#define IFF_POINTTOPOINT 0x00000008
#define IFF_MULTICAST 0x00000010

/* ---- options at level IPPROTO_IP ---- */

#define IP_OPTIONS 1
#define IP_HDRINCL 2
#define IP_TOS 3
#define IP_TTL 4
#define IP_MULTICAST_IF 9
#define IP_MULTICAST_TTL 10
#define IP_MULTICAST_LOOP 11
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IP_DONTFRAGMENT 14
#define IP_ADD_SOURCE_MEMBERSHIP 15
#define IP_DROP_SOURCE_MEMBERSHIP 16
#define IP_BLOCK_SOURCE 17
#define IP_UNBLOCK_SOURCE 18
#define IP_PKTINFO 19
#define IP_HOPLIMIT 21
#define IP_RECVTTL 21
#define IP_RECEIVE_BROADCAST 22
#define IP_RECVIF 24
#define IP_RECVDSTADDR 25
#define IP_IFLIST 28
#define IP_ADD_IFLIST 29
#define IP_DEL_IFLIST 30
#define IP_UNICAST_IF 31
#define IP_RTHDR 32
#define IP_GET_IFLIST 33
#define IP_RECVRTHDR 38
#define IP_TCLASS 39
#define IP_RECVTCLASS 40
#define IP_RECVTOS 40
#define IP_ORIGINAL_ARRIVAL_IF 47
#define IP_ECN 50
#define IP_RECVECN 50
#define IP_PKTINFO_EX 51
#define IP_WFP_REDIRECT_RECORDS 60
#define IP_WFP_REDIRECT_CONTEXT 70
#define IP_MTU_DISCOVER 71
#define IP_MTU 73
#define IP_NRT_INTERFACE 74
#define IP_RECVERR 75
#define IP_USER_MTU 76
#define IP_UNSPECIFIED_TYPE_OF_SERVICE (-1)
#define IP_UNSPECIFIED_USER_MTU MAXULONG
#define IP_UNSPECIFIED_HOP_LIMIT (-1)
#define IP_PROTECTION_LEVEL IPV6_PROTECTION_LEVEL

/* ---- options at level IPPROTO_IPV6 ---- */

#define IPV6_HOPOPTS 1
#define IPV6_HDRINCL 2
#define IPV6_UNICAST_HOPS 4
#define IPV6_MULTICAST_IF 9
#define IPV6_MULTICAST_HOPS 10
#define IPV6_MULTICAST_LOOP 11
#define IPV6_ADD_MEMBERSHIP 12
#define IPV6_JOIN_GROUP IPV6_ADD_MEMBERSHIP
#define IPV6_DROP_MEMBERSHIP 13
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#define IPV6_DONTFRAG 14
#define IPV6_PKTINFO 19
#define IPV6_HOPLIMIT 21
#define IPV6_PROTECTION_LEVEL 23
#define IPV6_RECVIF 24
#define IPV6_RECVDSTADDR 25
#define IPV6_CHECKSUM 26
#define IPV6_V6ONLY 27
#define IPV6_IFLIST 28
#define IPV6_ADD_IFLIST 29
#define IPV6_DEL_IFLIST 30
#define IPV6_UNICAST_IF 31
#define IPV6_RTHDR 32
#define IPV6_GET_IFLIST 33
#define IPV6_RECVRTHDR 38
#define IPV6_TCLASS 39
#define IPV6_RECVTCLASS 40
#define IPV6_ECN 50
#define IPV6_RECVECN 50
#define IPV6_PKTINFO_EX 51
#define IPV6_WFP_REDIRECT_RECORDS 60
#define IPV6_WFP_REDIRECT_CONTEXT 70
#define IPV6_MTU_DISCOVER 71
#define IPV6_MTU 72
#define IPV6_NRT_INTERFACE 74
#define IPV6_RECVERR 75
#define IPV6_USER_MTU 76

#define PROTECTION_LEVEL_UNRESTRICTED 10
#define PROTECTION_LEVEL_EDGERESTRICTED 20
#define PROTECTION_LEVEL_RESTRICTED 30
#define PROTECTION_LEVEL_DEFAULT ((UINT)-1)

typedef enum _PMTUD_STATE {
    IP_PMTUDISC_NOT_SET,
    IP_PMTUDISC_DO,
    IP_PMTUDISC_DONT,
    IP_PMTUDISC_PROBE,
    IP_PMTUDISC_MAX
} PMTUD_STATE, *PPMTUD_STATE;

/* ---- options at level IPPROTO_TCP (TCP_NODELAY is in ws2def.h) and IPPROTO_UDP ---- */

#define TCP_EXPEDITED_1122 2
#define TCP_KEEPALIVE 3
#define TCP_MAXSEG 4
#define TCP_MAXRT 5
#define TCP_STDURG 6
#define TCP_NOURG 7
#define TCP_ATMARK 8
#define TCP_NOSYNRETRIES 9
#define TCP_TIMESTAMPS 10
#define TCP_OFFLOAD_PREFERENCE 11
#define TCP_CONGESTION_ALGORITHM 12
#define TCP_DELAY_FIN_ACK 13
#define TCP_MAXRTMS 14
#define TCP_FASTOPEN 15
#define TCP_KEEPCNT 16
#define TCP_KEEPIDLE TCP_KEEPALIVE
#define TCP_KEEPINTVL 17
#define TCP_FAIL_CONNECT_ON_ICMP_ERROR 18
#define TCP_ICMP_ERROR_INFO 19
#define TCP_OFFLOAD_NO_PREFERENCE 0
#define TCP_OFFLOAD_NOT_PREFERRED 1
#define TCP_OFFLOAD_PREFERRED 2

#define UDP_NOCHECKSUM 1
#define UDP_SEND_MSG_SIZE 2
#define UDP_RECV_MAX_COALESCED_SIZE 3
#define UDP_CHECKSUM_COVERAGE 20
#define UDP_COALESCED_INFO 3

/* ---- multicast ---- */

#define MCAST_JOIN_GROUP 41
#define MCAST_LEAVE_GROUP 42
#define MCAST_BLOCK_SOURCE 43
#define MCAST_UNBLOCK_SOURCE 44
#define MCAST_JOIN_SOURCE_GROUP 45
#define MCAST_LEAVE_SOURCE_GROUP 46

typedef enum _MULTICAST_MODE_TYPE {
    MCAST_INCLUDE = 0,
    MCAST_EXCLUDE
} MULTICAST_MODE_TYPE;

typedef struct ip_mreq {
    IN_ADDR imr_multiaddr;
    IN_ADDR imr_interface;
} IP_MREQ, *PIP_MREQ;
RING3_SIZE(IP_MREQ, 8);

typedef struct ip_mreq_source {
    IN_ADDR imr_multiaddr;
    IN_ADDR imr_sourceaddr;
    IN_ADDR imr_interface;
} IP_MREQ_SOURCE, *PIP_MREQ_SOURCE;
RING3_SIZE(IP_MREQ_SOURCE, 12);

typedef struct ip_msfilter {
    IN_ADDR imsf_multiaddr;
    IN_ADDR imsf_interface;
    MULTICAST_MODE_TYPE imsf_fmode;
    ULONG imsf_numsrc;
    IN_ADDR imsf_slist[1];
} IP_MSFILTER, *PIP_MSFILTER;
RING3_SIZE(IP_MSFILTER, 20);
#define IP_MSFILTER_SIZE(count) (sizeof(IP_MSFILTER) - sizeof(IN_ADDR) + (count) * sizeof(IN_ADDR))

typedef struct ipv6_mreq {
    IN6_ADDR ipv6mr_multiaddr;
    ULONG ipv6mr_interface;
} IPV6_MREQ, *PIPV6_MREQ;
RING3_SIZE(IPV6_MREQ, 20);

typedef struct group_req {
    ULONG gr_interface;
    SOCKADDR_STORAGE gr_group;
} GROUP_REQ, *PGROUP_REQ;
RING3_SIZE(GROUP_REQ, 136);

typedef struct group_source_req {
    ULONG gsr_interface;
    SOCKADDR_STORAGE gsr_group;
    SOCKADDR_STORAGE gsr_source;
} GROUP_SOURCE_REQ, *PGROUP_SOURCE_REQ;
RING3_SIZE(GROUP_SOURCE_REQ, 264);

typedef struct group_filter {
    ULONG gf_interface;
    SOCKADDR_STORAGE gf_group;
    MULTICAST_MODE_TYPE gf_fmode;
    ULONG gf_numsrc;
    SOCKADDR_STORAGE gf_slist[1];
} GROUP_FILTER, *PGROUP_FILTER;
RING3_SIZE(GROUP_FILTER, 272);
#define GROUP_FILTER_SIZE(count) (sizeof(GROUP_FILTER) - sizeof(SOCKADDR_STORAGE) + (count) * sizeof(SOCKADDR_STORAGE))

/* ---- control data ---- */

typedef struct in_pktinfo {
    IN_ADDR ipi_addr;
    ULONG ipi_ifindex;
} IN_PKTINFO, *PIN_PKTINFO;
RING3_SIZE(IN_PKTINFO, 8);

typedef struct in_pktinfo_ex {
    IN_PKTINFO pkt_info;
    SCOPE_ID scope_id;
} IN_PKTINFO_EX, *PIN_PKTINFO_EX;
RING3_SIZE(IN_PKTINFO_EX, 12);

typedef struct in6_pktinfo {
    IN6_ADDR ipi6_addr;
    ULONG ipi6_ifindex;
} IN6_PKTINFO, *PIN6_PKTINFO;
RING3_SIZE(IN6_PKTINFO, 20);

typedef struct in6_pktinfo_ex {
    IN6_PKTINFO pkt_info;
    SCOPE_ID scope_id;
} IN6_PKTINFO_EX, *PIN6_PKTINFO_EX;
RING3_SIZE(IN6_PKTINFO_EX, 24);

typedef struct in_recverr {
    IPPROTO protocol;
    ULONG info;
    UINT8 type;
    UINT8 code;
} IN_RECVERR, *PIN_RECVERR;
RING3_SIZE(IN_RECVERR, 12);

typedef struct icmp_error_info {
    SOCKADDR_INET srcaddress;
    IPPROTO protocol;
    UINT8 type;
    UINT8 code;
} ICMP_ERROR_INFO, *PICMP_ERROR_INFO;
RING3_SIZE(ICMP_ERROR_INFO, 36);

/* ---- IPv6 addresses ---- */

#define IPV6_ADDRESS_BITS (sizeof(IN6_ADDR) * 8)
#define IN6ADDR_ANY_INIT {{{0}}}
#define IN6ADDR_LOOPBACK_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}
#define IN6ADDR_ALLNODESONNODE_INIT {{{0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}
#define IN6ADDR_ALLNODESONLINK_INIT {{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}
#define IN6ADDR_ALLROUTERSONLINK_INIT {{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}}
#define IN6ADDR_SOLICITEDNODEMULTICASTPREFIX_INIT {{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}}}
#define IN6ADDR_LINKLOCALPREFIX_INIT {{{0xfe, 0x80}}}
#define IN6ADDR_V4MAPPEDPREFIX_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}}
#define IN6ADDR_6TO4PREFIX_INIT {{{0x20, 2}}}
#define IN6ADDR_TEREDOPREFIX_INIT {{{0x20, 1}}}
#define IN6ADDR_LINKLOCALPREFIX_LENGTH 64
#define IN6ADDR_MULTICASTPREFIX_LENGTH 8
#define IN6ADDR_SOLICITEDNODEMULTICASTPREFIX_LENGTH 104
#define IN6ADDR_V4MAPPEDPREFIX_LENGTH 96
#define IN6ADDR_6TO4PREFIX_LENGTH 16
#define IN6ADDR_TEREDOPREFIX_LENGTH 32

RING3_BEGIN_C
extern CONST IN6_ADDR in6addr_any;
extern CONST IN6_ADDR in6addr_loopback;
RING3_END_C

#define RING3_IN6_TEST(name, condition)            \
    FORCEINLINE BOOLEAN name(CONST IN6_ADDR *a)    \
    {                                              \
        return (BOOLEAN)(condition);               \
    }
#define RING3_IN6_ZERO(a, first, last) (ring3_in6_bits(a, first, last) == 0)

FORCEINLINE UCHAR ring3_in6_bits(CONST IN6_ADDR *a, int first, int last)
{
    UCHAR bits = 0;
    for (int i = first; i <= last; i++)
        bits |= a->u.Byte[i];
    return bits;
}

FORCEINLINE BOOLEAN IN6_ADDR_EQUAL(CONST IN6_ADDR *x, CONST IN6_ADDR *y)
{
    for (int i = 0; i < 16; i++)
        if (x->u.Byte[i] != y->u.Byte[i])
            return FALSE;
    return TRUE;
}
#define IN6_ARE_ADDR_EQUAL IN6_ADDR_EQUAL

RING3_IN6_TEST(IN6_IS_ADDR_UNSPECIFIED, RING3_IN6_ZERO(a, 0, 15))
RING3_IN6_TEST(IN6_IS_ADDR_LOOPBACK, RING3_IN6_ZERO(a, 0, 14) && a->u.Byte[15] == 1)
RING3_IN6_TEST(IN6_IS_ADDR_MULTICAST, a->u.Byte[0] == 0xff)
RING3_IN6_TEST(IN6_IS_ADDR_LINKLOCAL, a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0x80)
RING3_IN6_TEST(IN6_IS_ADDR_SITELOCAL, a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0xc0)
RING3_IN6_TEST(IN6_IS_ADDR_EUI64, (a->u.Byte[0] & 0xe0) != 0 && !IN6_IS_ADDR_MULTICAST(a))
RING3_IN6_TEST(IN6_IS_ADDR_GLOBAL, (a->u.Byte[0] & 0xe0) != 0 && (a->u.Byte[0] & 0xe0) != 0xe0)
RING3_IN6_TEST(IN6_IS_ADDR_SUBNET_ROUTER_ANYCAST, IN6_IS_ADDR_EUI64(a) && RING3_IN6_ZERO(a, 8, 15))
RING3_IN6_TEST(IN6_IS_ADDR_SUBNET_RESERVED_ANYCAST,
               IN6_IS_ADDR_EUI64(a) && a->u.Byte[8] == 0xfd && a->u.Byte[9] == 0xff && a->u.Byte[10] == 0xff && a->u.Byte[11] == 0xff &&
                   a->u.Byte[12] == 0xff && a->u.Byte[13] == 0xff && a->u.Byte[14] == 0xff && (a->u.Byte[15] & 0x80))
RING3_IN6_TEST(IN6_IS_ADDR_ANYCAST, IN6_IS_ADDR_SUBNET_RESERVED_ANYCAST(a) || IN6_IS_ADDR_SUBNET_ROUTER_ANYCAST(a))
RING3_IN6_TEST(IN6_IS_ADDR_V4MAPPED, RING3_IN6_ZERO(a, 0, 9) && a->u.Byte[10] == 0xff && a->u.Byte[11] == 0xff)
RING3_IN6_TEST(IN6_IS_ADDR_V4COMPAT, RING3_IN6_ZERO(a, 0, 11) && !RING3_IN6_ZERO(a, 12, 14))
RING3_IN6_TEST(IN6_IS_ADDR_V4TRANSLATED,
               RING3_IN6_ZERO(a, 0, 7) && a->u.Byte[8] == 0xff && a->u.Byte[9] == 0xff && RING3_IN6_ZERO(a, 10, 11))
RING3_IN6_TEST(IN6_IS_ADDR_MC_NODELOCAL, IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0xf) == 1)
RING3_IN6_TEST(IN6_IS_ADDR_MC_LINKLOCAL, IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0xf) == 2)
RING3_IN6_TEST(IN6_IS_ADDR_MC_SITELOCAL, IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0xf) == 5)
RING3_IN6_TEST(IN6_IS_ADDR_MC_ORGLOCAL, IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0xf) == 8)
RING3_IN6_TEST(IN6_IS_ADDR_MC_GLOBAL, IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0xf) == 0xe)

FORCEINLINE VOID IN6_SET_ADDR_UNSPECIFIED(PIN6_ADDR a)
{
    for (int i = 0; i < 16; i++)
        a->u.Byte[i] = 0;
}

FORCEINLINE VOID IN6_SET_ADDR_LOOPBACK(PIN6_ADDR a)
{
    IN6_SET_ADDR_UNSPECIFIED(a);
    a->u.Byte[15] = 1;
}

/* The same on socket addresses. */
FORCEINLINE BOOLEAN IN6ADDR_ISANY(CONST SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr);
}

FORCEINLINE BOOLEAN IN6ADDR_ISUNSPECIFIED(CONST SOCKADDR_IN6 *a)
{
    return (BOOLEAN)(a->sin6_scope_id == 0 && IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr));
}

FORCEINLINE BOOLEAN IN6ADDR_ISLOOPBACK(CONST SOCKADDR_IN6 *a)
{
    return (BOOLEAN)(a->sin6_scope_id == 0 && IN6_IS_ADDR_LOOPBACK(&a->sin6_addr));
}

FORCEINLINE BOOLEAN IN6ADDR_ISEQUAL(CONST SOCKADDR_IN6 *x, CONST SOCKADDR_IN6 *y)
{
    return (BOOLEAN)(x->sin6_scope_id == y->sin6_scope_id && IN6_ADDR_EQUAL(&x->sin6_addr, &y->sin6_addr));
}

FORCEINLINE VOID IN6ADDR_SETANY(PSOCKADDR_IN6 a)
{
    a->sin6_family = AF_INET6;
    a->sin6_port = 0;
    a->sin6_flowinfo = 0;
    IN6_SET_ADDR_UNSPECIFIED(&a->sin6_addr);
    a->sin6_scope_id = 0;
}

FORCEINLINE VOID IN6ADDR_SETLOOPBACK(PSOCKADDR_IN6 a)
{
    IN6ADDR_SETANY(a);
    a->sin6_addr.u.Byte[15] = 1;
}

#endif
