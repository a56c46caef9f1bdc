/* TCP/IP I/O control codes of Winsock and address classification. docs: mstcpip; winsock/winsock-ioctls */
#ifndef RING3_MSTCPIP_H
#define RING3_MSTCPIP_H

#include <ws2def.h>
#include <ws2ipdef.h>

#define SIO_RCVALL _WSAIOW(IOC_VENDOR, 1)
#define SIO_RCVALL_MCAST _WSAIOW(IOC_VENDOR, 2)
#define SIO_RCVALL_IGMPMCAST _WSAIOW(IOC_VENDOR, 3)
#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#define SIO_ABSORB_RTRALERT _WSAIOW(IOC_VENDOR, 5)
#define SIO_UCAST_IF _WSAIOW(IOC_VENDOR, 6)
#define SIO_LIMIT_BROADCASTS _WSAIOW(IOC_VENDOR, 7)
#define SIO_INDEX_BIND _WSAIOW(IOC_VENDOR, 8)
#define SIO_INDEX_MCASTIF _WSAIOW(IOC_VENDOR, 9)
#define SIO_INDEX_ADD_MCAST _WSAIOW(IOC_VENDOR, 10)
#define SIO_INDEX_DEL_MCAST _WSAIOW(IOC_VENDOR, 11)
#define SIO_RCVALL_MCAST_IF _WSAIOW(IOC_VENDOR, 13)
#define SIO_RCVALL_IF _WSAIOW(IOC_VENDOR, 14)
#define SIO_LOOPBACK_FAST_PATH _WSAIOW(IOC_VENDOR, 16)
#define SIO_TCP_INITIAL_RTO _WSAIOW(IOC_VENDOR, 17)
#define SIO_APPLY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 19)
#define SIO_QUERY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 20)
#define SIO_CPU_AFFINITY _WSAIOW(IOC_VENDOR, 21)
#define SIO_TCP_SET_ICW _WSAIOW(IOC_VENDOR, 22)
#define SIO_TCP_SET_ACK_FREQUENCY _WSAIOW(IOC_VENDOR, 23)
#define SIO_SET_PRIORITY_HINT _WSAIOW(IOC_VENDOR, 24)
#define SIO_PRIORITY_HINT SIO_SET_PRIORITY_HINT
#define SIO_TCP_INFO _WSAIORW(IOC_VENDOR, 39)
#define SIO_ACQUIRE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 100)
#define SIO_RELEASE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 101)
#define SIO_ASSOCIATE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 102)
#define SIO_SET_SECURITY _WSAIOW(IOC_VENDOR, 200)
#define SIO_QUERY_SECURITY _WSAIORW(IOC_VENDOR, 201)
#define SIO_SET_PEER_TARGET_NAME _WSAIOW(IOC_VENDOR, 202)
#define SIO_DELETE_PEER_TARGET_NAME _WSAIOW(IOC_VENDOR, 203)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 220)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT _WSAIOW(IOC_VENDOR, 221)
#define SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 222)

/* Of FWP_CLASSIFY_OPTION_SECURE_SOCKET_SECURITY_FLAGS. */
#define SOCKET_SETTINGS_GUARANTEE_ENCRYPTION 0x1
#define SOCKET_SETTINGS_ALLOW_INSECURE 0x2
#define SIO_SOCKET_USAGE_NOTIFICATION _WSAIOW(IOC_VENDOR, 204)

/* SIO_KEEPALIVE_VALS; times in milliseconds. */
struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};
RING3_SIZE(struct tcp_keepalive, 12);

typedef enum {
    RCVALL_OFF = 0,
    RCVALL_ON = 1,
    RCVALL_SOCKETLEVELONLY = 2,
    RCVALL_IPLEVEL = 3
} RCVALL_VALUE, *PRCVALL_VALUE;
#define RCVALL_MAX RCVALL_IPLEVEL

typedef struct {
    RCVALL_VALUE Mode;
    ULONG Interface;
} RCVALL_IF, *PRCVALL_IF;
RING3_SIZE(RCVALL_IF, 8);

typedef struct _TCP_INITIAL_RTO_PARAMETERS {
    USHORT Rtt; /* milliseconds */
    UCHAR MaxSynRetransmissions;
} TCP_INITIAL_RTO_PARAMETERS, *PTCP_INITIAL_RTO_PARAMETERS;
RING3_SIZE(TCP_INITIAL_RTO_PARAMETERS, 4);
#define TCP_INITIAL_RTO_UNSPECIFIED_RTT ((USHORT)-1)
#define TCP_INITIAL_RTO_UNSPECIFIED_MAX_SYN_RETRANSMISSIONS ((UCHAR)-1)
#define TCP_INITIAL_RTO_DEFAULT_RTT 0
#define TCP_INITIAL_RTO_DEFAULT_MAX_SYN_RETRANSMISSIONS 0
#define TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS ((UCHAR)-2)

typedef enum {
    TCP_ICW_LEVEL_DEFAULT = 0,
    TCP_ICW_LEVEL_HIGH = 1,
    TCP_ICW_LEVEL_VERY_HIGH = 2,
    TCP_ICW_LEVEL_AGGRESSIVE = 3,
    TCP_ICW_LEVEL_EXPERIMENTAL = 4,
    TCP_ICW_LEVEL_COMPAT = 254,
    TCP_ICW_LEVEL_MAX = 255
} TCP_ICW_LEVEL, *PTCP_ICW_LEVEL;

typedef struct _TCP_ICW_PARAMETERS {
    TCP_ICW_LEVEL Level;
} TCP_ICW_PARAMETERS, *PTCP_ICW_PARAMETERS;

typedef struct _TCP_ACK_FREQUENCY_PARAMETERS {
    UCHAR TcpDelayedAckFrequency;
} TCP_ACK_FREQUENCY_PARAMETERS, *PTCP_ACK_FREQUENCY_PARAMETERS;

typedef enum _TCPSTATE {
    TCPSTATE_CLOSED,
    TCPSTATE_LISTEN,
    TCPSTATE_SYN_SENT,
    TCPSTATE_SYN_RCVD,
    TCPSTATE_ESTABLISHED,
    TCPSTATE_FIN_WAIT_1,
    TCPSTATE_FIN_WAIT_2,
    TCPSTATE_CLOSE_WAIT,
    TCPSTATE_CLOSING,
    TCPSTATE_LAST_ACK,
    TCPSTATE_TIME_WAIT,
    TCPSTATE_MAX
} TCPSTATE;

typedef struct _TCP_INFO_v0 {
    TCPSTATE State;
    ULONG Mss;
    ULONG64 ConnectionTimeMs;
    BOOLEAN TimestampsEnabled;
    ULONG RttUs;
    ULONG MinRttUs;
    ULONG BytesInFlight;
    ULONG Cwnd;
    ULONG SndWnd;
    ULONG RcvWnd;
    ULONG RcvBuf;
    ULONG64 BytesOut;
    ULONG64 BytesIn;
    ULONG BytesReordered;
    ULONG BytesRetrans;
    ULONG FastRetrans;
    ULONG DupAcksIn;
    ULONG TimeoutEpisodes;
    UCHAR SynRetrans;
} TCP_INFO_v0, *PTCP_INFO_v0;
RING3_SIZE(TCP_INFO_v0, 88);

typedef struct _INET_PORT_RANGE {
    USHORT StartPort; /* network byte order */
    USHORT NumberOfPorts;
} INET_PORT_RANGE, *PINET_PORT_RANGE, INET_PORT_RESERVATION, *PINET_PORT_RESERVATION;
RING3_SIZE(INET_PORT_RANGE, 4);

typedef struct {
    ULONG64 Token;
} INET_PORT_RESERVATION_TOKEN, *PINET_PORT_RESERVATION_TOKEN;
#define INVALID_PORT_RESERVATION_TOKEN ((ULONG64)0)

typedef struct {
    INET_PORT_RESERVATION Reservation;
    INET_PORT_RESERVATION_TOKEN Token;
} INET_PORT_RESERVATION_INSTANCE, *PINET_PORT_RESERVATION_INSTANCE;
RING3_SIZE(INET_PORT_RESERVATION_INSTANCE, 16);

typedef struct {
    ULONG OwningPid;
} INET_PORT_RESERVATION_INFORMATION, *PINET_PORT_RESERVATION_INFORMATION;

/* ---- IPv4 addresses ---- */

RING3_BEGIN_C
extern CONST SCOPE_ID scopeid_unspecified;
extern CONST IN_ADDR in4addr_any;
extern CONST IN_ADDR in4addr_loopback;
extern CONST IN_ADDR in4addr_broadcast;
extern CONST IN_ADDR in4addr_allnodesonlink;
extern CONST IN_ADDR in4addr_allroutersonlink;
extern CONST IN6_ADDR in6addr_allnodesonnode;
extern CONST IN6_ADDR in6addr_allnodesonlink;
extern CONST IN6_ADDR in6addr_allroutersonlink;
extern CONST IN6_ADDR in6addr_linklocalprefix;
extern CONST IN6_ADDR in6addr_6to4prefix;
extern CONST IN6_ADDR in6addr_teredoprefix;
extern CONST IN6_ADDR in6addr_v4mappedprefix;
RING3_END_C

#define RING3_IN4_TEST(name, condition)         \
    FORCEINLINE BOOLEAN name(CONST IN_ADDR *a)  \
    {                                           \
        return (BOOLEAN)(condition);            \
    }

FORCEINLINE BOOLEAN IN4_ADDR_EQUAL(CONST IN_ADDR *x, CONST IN_ADDR *y)
{
    return (BOOLEAN)(x->S_un.S_addr == y->S_un.S_addr);
}

RING3_IN4_TEST(IN4_IS_ADDR_UNSPECIFIED, a->S_un.S_addr == 0)
RING3_IN4_TEST(IN4_IS_ADDR_LOOPBACK, a->S_un.S_un_b.s_b1 == 127)
RING3_IN4_TEST(IN4_IS_ADDR_BROADCAST, a->S_un.S_addr == 0xffffffff)
RING3_IN4_TEST(IN4_IS_ADDR_MULTICAST, (a->S_un.S_un_b.s_b1 & 0xf0) == 0xe0)
RING3_IN4_TEST(IN4_IS_ADDR_LINKLOCAL, a->S_un.S_un_b.s_b1 == 169 && a->S_un.S_un_b.s_b2 == 254)
RING3_IN4_TEST(IN4_IS_ADDR_RFC1918, a->S_un.S_un_b.s_b1 == 10 || (a->S_un.S_un_b.s_b1 == 172 && (a->S_un.S_un_b.s_b2 & 0xf0) == 16) ||
                                        (a->S_un.S_un_b.s_b1 == 192 && a->S_un.S_un_b.s_b2 == 168))
/* IPv4 has no site-local addresses. */
RING3_IN4_TEST(IN4_IS_ADDR_SITELOCAL, ((void)a, 0))
RING3_IN4_TEST(IN4_IS_ADDR_MC_LINKLOCAL, a->S_un.S_un_b.s_b1 == 224 && a->S_un.S_un_b.s_b2 == 0 && a->S_un.S_un_b.s_b3 == 0)
RING3_IN4_TEST(IN4_IS_ADDR_MC_ADMINLOCAL, a->S_un.S_un_b.s_b1 == 239 && a->S_un.S_un_b.s_b2 == 255)
RING3_IN4_TEST(IN4_IS_ADDR_MC_SITELOCAL, a->S_un.S_un_b.s_b1 == 239 && !IN4_IS_ADDR_MC_ADMINLOCAL(a))

/* The same on an address at any alignment. */
#define RING3_IN4_UNALIGNED(name, test)                    \
    FORCEINLINE BOOLEAN name(CONST IN_ADDR UNALIGNED *a)   \
    {                                                      \
        IN_ADDR aligned = *a;                              \
        return test(&aligned);                             \
    }
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_UNSPECIFIED, IN4_IS_ADDR_UNSPECIFIED)
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_LOOPBACK, IN4_IS_ADDR_LOOPBACK)
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_BROADCAST, IN4_IS_ADDR_BROADCAST)
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_MULTICAST, IN4_IS_ADDR_MULTICAST)
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_LINKLOCAL, IN4_IS_ADDR_LINKLOCAL)
RING3_IN4_UNALIGNED(IN4_IS_UNALIGNED_ADDR_RFC1918, IN4_IS_ADDR_RFC1918)

FORCEINLINE SCOPE_LEVEL Ipv4AddressScope(CONST UCHAR *address)
{
    CONST IN_ADDR UNALIGNED *a = (CONST IN_ADDR UNALIGNED *)address;

    if (IN4_IS_UNALIGNED_ADDR_LOOPBACK(a) || IN4_IS_UNALIGNED_ADDR_LINKLOCAL(a) || IN4_IS_UNALIGNED_ADDR_BROADCAST(a))
        return ScopeLevelLink;
    return ScopeLevelGlobal;
}

FORCEINLINE BOOLEAN IN4ADDR_ISANY(CONST SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_UNSPECIFIED(&a->sin_addr);
}

FORCEINLINE BOOLEAN IN4ADDR_ISUNSPECIFIED(CONST SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_UNSPECIFIED(&a->sin_addr);
}

FORCEINLINE BOOLEAN IN4ADDR_ISLOOPBACK(CONST SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_LOOPBACK(&a->sin_addr);
}

FORCEINLINE BOOLEAN IN4ADDR_ISEQUAL(CONST SOCKADDR_IN *x, CONST SOCKADDR_IN *y)
{
    return IN4_ADDR_EQUAL(&x->sin_addr, &y->sin_addr);
}

/* Every field but those named is zeroed. port in network byte order. */
FORCEINLINE VOID IN4ADDR_SETSOCKADDR(PSOCKADDR_IN a, CONST IN_ADDR *address, USHORT port)
{
    a->sin_family = AF_INET;
    a->sin_port = port;
    a->sin_addr = *address;
    for (int i = 0; i < 8; i++)
        a->sin_zero[i] = 0;
}

FORCEINLINE VOID IN4ADDR_SETANY(PSOCKADDR_IN a)
{
    IN_ADDR any;
    any.S_un.S_addr = 0;
    IN4ADDR_SETSOCKADDR(a, &any, 0);
}

FORCEINLINE VOID IN4ADDR_SETLOOPBACK(PSOCKADDR_IN a)
{
    IN_ADDR loopback;
    loopback.S_un.S_addr = 0x0100007f;
    IN4ADDR_SETSOCKADDR(a, &loopback, 0);
}

/* ---- IPv6 addresses, beside those of ws2ipdef.h ---- */

RING3_IN6_TEST(IN6_IS_ADDR_ALLNODESONNODE, a->u.Byte[0] == 0xff && a->u.Byte[1] == 1 && RING3_IN6_ZERO(a, 2, 14) && a->u.Byte[15] == 1)
RING3_IN6_TEST(IN6_IS_ADDR_ALLNODESONLINK, a->u.Byte[0] == 0xff && a->u.Byte[1] == 2 && RING3_IN6_ZERO(a, 2, 14) && a->u.Byte[15] == 1)
RING3_IN6_TEST(IN6_IS_ADDR_ALLROUTERSONLINK,
               a->u.Byte[0] == 0xff && a->u.Byte[1] == 2 && RING3_IN6_ZERO(a, 2, 14) && a->u.Byte[15] == 2)
RING3_IN6_TEST(IN6_IS_ADDR_SOLICITEDNODE, a->u.Byte[0] == 0xff && a->u.Byte[1] == 2 && RING3_IN6_ZERO(a, 2, 10) && a->u.Byte[11] == 1 &&
                                              a->u.Byte[12] == 0xff)
RING3_IN6_TEST(IN6_IS_ADDR_TEREDO, a->u.Byte[0] == 0x20 && a->u.Byte[1] == 1 && RING3_IN6_ZERO(a, 2, 3))
RING3_IN6_TEST(IN6_IS_ADDR_6TO4, a->u.Byte[0] == 0x20 && a->u.Byte[1] == 2)
RING3_IN6_TEST(IN6_IS_ADDR_ISATAP, (a->u.Byte[8] & 0xfd) == 0 && a->u.Byte[9] == 0 && a->u.Byte[10] == 0x5e && a->u.Byte[11] == 0xfe)

FORCEINLINE BOOLEAN IN6ADDR_IS6TO4(CONST SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_6TO4(&a->sin6_addr);
}

FORCEINLINE BOOLEAN IN6ADDR_ISTEREDO(CONST SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_TEREDO(&a->sin6_addr);
}

FORCEINLINE BOOLEAN IN6ADDR_ISISATAP(CONST SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_ISATAP(&a->sin6_addr);
}

/* The first `length` bits are the same. */
FORCEINLINE BOOLEAN IN6_PREFIX_EQUAL(CONST IN6_ADDR *x, CONST IN6_ADDR *y, UINT8 length)
{
    for (int i = 0; i < length / 8; i++)
        if (x->u.Byte[i] != y->u.Byte[i])
            return FALSE;
    return (BOOLEAN)(length % 8 == 0 || (x->u.Byte[length / 8] ^ y->u.Byte[length / 8]) >> (8 - length % 8) == 0);
}

FORCEINLINE BOOLEAN IN6ADDR_ISV4MAPPED(CONST SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_V4MAPPED(&a->sin6_addr);
}

FORCEINLINE UCHAR IN6_MULTICAST_SCOPE(CONST UCHAR *a)
{
    return a[1] & 0xf;
}

FORCEINLINE CONST UCHAR *IN6_GET_ADDR_V4MAPPED(CONST IN6_ADDR *a)
{
    return &a->u.Byte[12];
}

FORCEINLINE CONST UCHAR *IN6_GET_ADDR_V4COMPAT(CONST IN6_ADDR *a)
{
    return &a->u.Byte[12];
}

FORCEINLINE VOID IN6_SET_ADDR_V4MAPPED(PIN6_ADDR a, CONST IN_ADDR *v4)
{
    IN6_SET_ADDR_UNSPECIFIED(a);
    a->u.Byte[10] = a->u.Byte[11] = 0xff;
    for (int i = 0; i < 4; i++)
        a->u.Byte[12 + i] = ((CONST UCHAR *)v4)[i];
}

FORCEINLINE VOID IN6_SET_ADDR_SOLICITEDNODE(PIN6_ADDR multicast, CONST IN6_ADDR *unicast)
{
    IN6_SET_ADDR_UNSPECIFIED(multicast);
    multicast->u.Byte[0] = 0xff;
    multicast->u.Byte[1] = 2;
    multicast->u.Byte[11] = 1;
    multicast->u.Byte[12] = 0xff;
    for (int i = 13; i < 16; i++)
        multicast->u.Byte[i] = unicast->u.Byte[i];
}

FORCEINLINE VOID IN6ADDR_SETSOCKADDR(PSOCKADDR_IN6 a, CONST IN6_ADDR *address, SCOPE_ID scope, USHORT port)
{
    a->sin6_family = AF_INET6;
    a->sin6_port = port;
    a->sin6_flowinfo = 0;
    a->sin6_addr = *address;
    a->sin6_scope_struct = scope;
}

FORCEINLINE VOID IN6ADDR_SETV4MAPPED(PSOCKADDR_IN6 a, CONST IN_ADDR *address, SCOPE_ID scope, USHORT port)
{
    IN6_ADDR mapped;
    IN6_SET_ADDR_V4MAPPED(&mapped, address);
    IN6ADDR_SETSOCKADDR(a, &mapped, scope, port);
}

/* Addresses of either family. Ports are in network order. docs: mstcpip/nf-mstcpip-inetaddr_isany and its neighbours */
FORCEINLINE PUCHAR INETADDR_ADDRESS(CONST SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? (PUCHAR)&((PSOCKADDR_IN6)a)->sin6_addr : (PUCHAR)&((PSOCKADDR_IN)a)->sin_addr;
}

FORCEINLINE USHORT INETADDR_PORT(CONST SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? ((PSOCKADDR_IN6)a)->sin6_port : ((PSOCKADDR_IN)a)->sin_port;
}

FORCEINLINE BOOLEAN INETADDR_ISANY(CONST SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? IN6ADDR_ISANY((PSOCKADDR_IN6)a) : IN4ADDR_ISANY((PSOCKADDR_IN)a);
}

FORCEINLINE BOOLEAN INETADDR_ISLOOPBACK(CONST SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? IN6ADDR_ISLOOPBACK((PSOCKADDR_IN6)a) : IN4ADDR_ISLOOPBACK((PSOCKADDR_IN)a);
}

FORCEINLINE VOID INETADDR_SETANY(PSOCKADDR a)
{
    if (a->sa_family == AF_INET6)
        IN6ADDR_SETANY((PSOCKADDR_IN6)a);
    else
        IN4ADDR_SETANY((PSOCKADDR_IN)a);
}

FORCEINLINE VOID INETADDR_SETLOOPBACK(PSOCKADDR a)
{
    if (a->sa_family == AF_INET6)
        IN6ADDR_SETLOOPBACK((PSOCKADDR_IN6)a);
    else
        IN4ADDR_SETLOOPBACK((PSOCKADDR_IN)a);
}

/* The bytes of an address of a's family. */
FORCEINLINE VOID INETADDR_SET_ADDRESS(PSOCKADDR a, CONST UCHAR *address)
{
    PUCHAR to = INETADDR_ADDRESS(a);

    for (int i = 0; i < (a->sa_family == AF_INET6 ? 16 : 4); i++)
        to[i] = address[i];
}

FORCEINLINE VOID INETADDR_SET_PORT(PSOCKADDR a, USHORT port)
{
    if (a->sa_family == AF_INET6)
        ((PSOCKADDR_IN6)a)->sin6_port = port;
    else
        ((PSOCKADDR_IN)a)->sin_port = port;
}

#endif
