/* wskload: loads an echo server by Winsock Kernel and prints how fast it is, once, when the time is over.
 *
 * Parameters of the service key (REG_DWORD): Address (an IPv4 address as a number, 127.0.0.1), Port (7), Connections (1), Size
 * (64), Depth (1), Milliseconds (1000). Each connection keeps Depth messages of Size bytes under way: with Depth 1 it
 * measures round trips, with more a stream. What comes back is compared with what was sent. */
#pragma once

#include <ntddk.h>
#include <wsk.h>
#include "wsk_request.h"

#define WSKLOAD_TAG 'dlEW'
#define DEPTH_MAX 64

typedef struct _MESSAGE {
    PIRP Irp;
    struct _PEER *Peer;
    LONG Busy;
} MESSAGE, *PMESSAGE;

typedef struct _PEER {
    PWSK_SOCKET Socket;
    KDPC Next;                          /* sends what may be sent */
    KSPIN_LOCK Lock;                    /* guards what is below */
    ULONG64 Received;                   /* bytes that came back */
    ULONG64 Sent;                       /* messages that were started */
    ULONG UnderWay;                     /* sends that are not complete */
    BOOLEAN Failed, Stopping;
    KEVENT Quiet;                       /* UnderWay is 0 */
    MESSAGE Messages[DEPTH_MAX];
} PEER, *PPEER;

typedef struct _LOAD {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Provider;
    PKTHREAD Thread;
    KEVENT Stop;
    ULONG Address, Port, Connections, Size, Depth, Milliseconds;
    PUCHAR Pattern;                     /* twice Size, so that any part of a message is a piece of it */
    PMDL Mdl;
    PPEER Peers;
} LOAD, *PLOAD;

extern LOAD Load;

/* --- peer.c ---------------------------------------------------------------------------------------------------------------- */

extern const WSK_CLIENT_CONNECTION_DISPATCH PeerDispatch;

/* IRPs for Depth messages. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS PeerCreate(_Out_ PPEER Peer);
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS PeerConnect(_Inout_ PPEER Peer, _Inout_ PWSK_REQUEST Request);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID PeerStart(_Inout_ PPEER Peer);
_IRQL_requires_(PASSIVE_LEVEL)
VOID PeerDestroy(_Inout_ PPEER Peer, _Inout_ PWSK_REQUEST Request);
