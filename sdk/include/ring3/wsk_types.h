/* Objects, flags and control structures of Winsock Kernel. Part of wsk.h. */
#ifndef RING3_WSK_TYPES_H
#define RING3_WSK_TYPES_H

#include <wdm.h>
#include <netioddk.h>
#include <ws2def.h>
#include <ws2ipdef.h>
#include <mstcpip.h>

RING3_BEGIN_C

#define WSKAPI NTAPI

/* docs: network/using-nmr-for-wsk-registration-and-unregistration */
extern const NPIID NPI_WSK_INTERFACE_ID;
const NPIID DECLSPEC_SELECTANY NPI_WSK_INTERFACE_ID = {
    0x2227e803, 0x8d8b, 0x11d4, {0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09}};

#define MAKE_WSK_VERSION(Mj, Mn) ((USHORT)((USHORT)((Mj) << 8) | (USHORT)((Mn) & 0xff)))
#define WSK_MAJOR_VERSION(V) ((UCHAR)((V) >> 8))
#define WSK_MINOR_VERSION(V) ((UCHAR)(V))

/* --- objects and buffers ------------------------------------------------------------------------------------ */

typedef PVOID PWSK_CLIENT;              /* the provider's side of an attachment: opaque */

/* The dispatch table is that of the socket's category. */
typedef struct _WSK_SOCKET {
    const VOID *Dispatch;
} WSK_SOCKET, *PWSK_SOCKET;
RING3_SIZE(WSK_SOCKET, 8);

/* Length bytes in a chain of MDLs (locked or non-paged), Offset into the first. Mdl may be NULL when Length is 0. */
typedef struct _WSK_BUF {
    PMDL Mdl;
    ULONG Offset;
    SIZE_T Length;
} WSK_BUF, *PWSK_BUF;
RING3_SIZE(WSK_BUF, 24);
RING3_OFFSET(WSK_BUF, Length, 16);

typedef struct _WSK_BUF_LIST {
    struct _WSK_BUF_LIST *Next;
    WSK_BUF Buffer;
} WSK_BUF_LIST, *PWSK_BUF_LIST;
RING3_SIZE(WSK_BUF_LIST, 32);

typedef struct _WSK_DATA_INDICATION {
    struct _WSK_DATA_INDICATION *Next;
    WSK_BUF Buffer;
} WSK_DATA_INDICATION, *PWSK_DATA_INDICATION;
RING3_SIZE(WSK_DATA_INDICATION, 32);

typedef struct _WSK_DATAGRAM_INDICATION {
    struct _WSK_DATAGRAM_INDICATION *Next;
    WSK_BUF Buffer;
    PCMSGHDR ControlInfo;
    ULONG ControlInfoLength;
    PSOCKADDR RemoteAddress;
} WSK_DATAGRAM_INDICATION, *PWSK_DATAGRAM_INDICATION;
RING3_SIZE(WSK_DATAGRAM_INDICATION, 56);
RING3_OFFSET(WSK_DATAGRAM_INDICATION, RemoteAddress, 48);

/* Identifies a connection request. Compare the contents, not the pointers. */
typedef struct _WSK_INSPECT_ID {
    ULONG_PTR Key;
    ULONG SerialNumber;
} WSK_INSPECT_ID, *PWSK_INSPECT_ID;
RING3_SIZE(WSK_INSPECT_ID, 16);

typedef enum {
    WskInspectReject,
    WskInspectAccept,
    WskInspectPend,
    WskInspectMax
} WSK_INSPECT_ACTION, *PWSK_INSPECT_ACTION;

typedef enum {
    WskSetOption,
    WskGetOption,
    WskIoctl,
    WskControlMax
} WSK_CONTROL_SOCKET_TYPE, *PWSK_CONTROL_SOCKET_TYPE;

/* --- flags -------------------------------------------------------------------------------------------------- */

/* WskSocket: the category. */
#define WSK_FLAG_BASIC_SOCKET 0x00000000
#define WSK_FLAG_LISTEN_SOCKET 0x00000001
#define WSK_FLAG_CONNECTION_SOCKET 0x00000002
#define WSK_FLAG_DATAGRAM_SOCKET 0x00000004
#define WSK_FLAG_STREAM_SOCKET 0x00000008

/* WskSend. */
#define WSK_FLAG_NODELAY 0x00000002
/* WskReceive. */
#define WSK_FLAG_WAITALL 0x00000002
#define WSK_FLAG_DRAIN 0x00000004
/* WskDisconnect and its event. */
#define WSK_FLAG_ABORTIVE 0x00000001
/* Events. */
#define WSK_FLAG_RELEASE_ASAP 0x00000002
#define WSK_FLAG_ENTIRE_MESSAGE 0x00000004
#define WSK_FLAG_AT_DISPATCH_LEVEL 0x00000008

/* WskControlClient. */
#define WSK_TRANSPORT_LIST_QUERY 2
#define WSK_TRANSPORT_LIST_CHANGE 3
#define WSK_CACHE_SD 4
#define WSK_RELEASE_SD 5
#define WSK_TDI_DEVICENAME_MAPPING 6
#define WSK_SET_STATIC_EVENT_CALLBACKS 7
#define WSK_TDI_BEHAVIOR 8

#define WSK_TDI_BEHAVIOR_BYPASS_TDI 0x00000001

/* Options at level SOL_SOCKET that only Winsock Kernel has. */
#define SO_WSK_SECURITY (WSK_SO_BASE + 1)
#define SO_WSK_EVENT_CALLBACK (WSK_SO_BASE + 2)

/* WSK_EVENT_CALLBACK_CONTROL: one bit for each event; to disable, exactly one with WSK_EVENT_DISABLE. */
#define WSK_EVENT_SEND_BACKLOG 0x00000010
#define WSK_EVENT_RECEIVE 0x00000040
#define WSK_EVENT_DISCONNECT 0x00000080
#define WSK_EVENT_RECEIVE_FROM 0x00000100
#define WSK_EVENT_ACCEPT 0x00000200
#define WSK_EVENT_DISABLE 0x80000000

#define SIO_WSK_SET_REMOTE_ADDRESS _WSAIOW(IOC_WSK, 0x1)
#define SIO_WSK_REGISTER_EXTENSION _WSAIORW(IOC_WSK, 0x2)
#define SIO_WSK_QUERY_IDEAL_SEND_BACKLOG _WSAIOR(IOC_WSK, 0x3)
#define SIO_WSK_QUERY_RECEIVE_BACKLOG _WSAIOR(IOC_WSK, 0x4)
#define SIO_WSK_QUERY_INSPECT_ID _WSAIOR(IOC_WSK, 0x5)
#define SIO_WSK_SET_SENDTO_ADDRESS _WSAIOW(IOC_WSK, 0x6)
#define SIO_WSK_SET_TCP_SILENT_MODE _WSAIO(IOC_WSK, 0x7)

/* WskCaptureProviderNPI: milliseconds, or one of these. */
#define WSK_NO_WAIT 0
#define WSK_INFINITE_WAIT 0xffffffff

/* --- what control operations take and return ---------------------------------------------------------------- */

typedef struct _WSK_EVENT_CALLBACK_CONTROL {
    PNPIID NpiId;                       /* &NPI_WSK_INTERFACE_ID */
    ULONG EventMask;
} WSK_EVENT_CALLBACK_CONTROL, *PWSK_EVENT_CALLBACK_CONTROL;
RING3_SIZE(WSK_EVENT_CALLBACK_CONTROL, 16);

typedef struct _WSK_EXTENSION_CONTROL_IN {
    PNPIID NpiId;
    PVOID ClientContext;
    const VOID *ClientDispatch;
} WSK_EXTENSION_CONTROL_IN, *PWSK_EXTENSION_CONTROL_IN;
RING3_SIZE(WSK_EXTENSION_CONTROL_IN, 24);

typedef struct _WSK_EXTENSION_CONTROL_OUT {
    PVOID ProviderContext;
    const VOID *ProviderDispatch;
} WSK_EXTENSION_CONTROL_OUT, *PWSK_EXTENSION_CONTROL_OUT;
RING3_SIZE(WSK_EXTENSION_CONTROL_OUT, 16);

typedef struct _WSK_TRANSPORT {
    USHORT Version;
    USHORT SocketType;
    ULONG Protocol;
    ADDRESS_FAMILY AddressFamily;
    GUID ProviderId;
} WSK_TRANSPORT, *PWSK_TRANSPORT;
RING3_SIZE(WSK_TRANSPORT, 28);
RING3_OFFSET(WSK_TRANSPORT, ProviderId, 12);

typedef struct _WSK_TDI_MAP {
    USHORT SocketType;
    ADDRESS_FAMILY AddressFamily;
    ULONG Protocol;
    PCWSTR TdiDeviceName;
} WSK_TDI_MAP, *PWSK_TDI_MAP;
RING3_SIZE(WSK_TDI_MAP, 16);

typedef struct _WSK_TDI_MAP_INFO {
    ULONG ElementCount;
    const WSK_TDI_MAP *Map;
} WSK_TDI_MAP_INFO, *PWSK_TDI_MAP_INFO;
RING3_SIZE(WSK_TDI_MAP_INFO, 16);

RING3_END_C

#endif
