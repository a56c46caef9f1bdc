/* wskecho: an echo server (RFC 862) for TCP and UDP on Winsock Kernel.
 *
 * One system thread does everything that waits: it attaches to Winsock Kernel, opens the two sockets, closes connections that
 * are over, and takes all down at unload. Data never meets it: received buffers are kept and sent back as they are, from the event
 * callbacks.
 *
 * Locks: none is held while a Winsock Kernel function is called. CONNECTION.Lock guards the counters of one connection and
 * is taken before Server.Lock, which guards the lists of connections. */
#pragma once

#include <ntddk.h>
#include <wsk.h>
#include "wsk_request.h"

#define WSKECHO_TAG 'hcEW'
#define DEFAULT_PORT 7

/* --- echo.c: what is under way back to its sender -------------------------------------------------------------- */

typedef struct _ECHO ECHO, *PECHO;

/* A received list that is being sent back: it is released when its last part is out. */
typedef struct _BATCH {
    PVOID Owner;
    PVOID Indication;
    LONG Remaining;
    /* One part is out, Bytes of it; then, after the last part, the list may be released. */
    VOID (*Sent)(_Inout_ struct _BATCH *Batch, _In_ SIZE_T Bytes, _In_ NTSTATUS Status);
    VOID (*Done)(_Inout_ struct _BATCH *Batch);
} BATCH, *PBATCH;

_IRQL_requires_(PASSIVE_LEVEL)
VOID EchoPoolCreate(VOID);
/* Every echo must be back. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID EchoPoolDestroy(VOID);

/* A batch and Count requests for it, chained; NULL when memory is short. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_ _Ret_maybenull_
PECHO EchoTake(_In_ ULONG Count, _Outptr_ PBATCH *Batch);
/* The next of the chain, taken off it, and its IRP ready for one send. */
_IRQL_requires_max_(DISPATCH_LEVEL)
PIRP EchoNext(_Inout_ PECHO *Chain, _In_ PBATCH Batch);

/* --- connection.c ---------------------------------------------------------------------------------------------- */

typedef struct _CONNECTION CONNECTION, *PCONNECTION;
extern const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch;

/* For a socket that has just been accepted. NULL when memory is short or the server stops. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_ _Ret_maybenull_
PCONNECTION ConnectionCreate(_In_ PWSK_SOCKET Socket);
/* The connection whose list entry this is. */
PCONNECTION ConnectionFromEntry(_In_ PLIST_ENTRY Entry);
/* Asks the server's thread to close it. More than once does no harm. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID ConnectionEnd(_Inout_ PCONNECTION Connection);
/* Waits for calls in progress, closes the socket and frees the connection. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID ConnectionDestroy(_In_ PCONNECTION Connection, _Inout_ PWSK_REQUEST Request);

/* --- datagram.c, listener.c -------------------------------------------------------------------------------------- */

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS ListenerOpen(_In_ const WSK_PROVIDER_NPI *Provider, _In_ USHORT Port, _Inout_ PWSK_REQUEST Request,
                      _Outptr_ PWSK_SOCKET *Socket);
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS DatagramOpen(_In_ const WSK_PROVIDER_NPI *Provider, _In_ USHORT Port, _Inout_ PWSK_REQUEST Request,
                      _Outptr_ PWSK_SOCKET *Socket);
/* Stops receiving, waits for what is under way, closes. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID DatagramClose(_In_ PWSK_SOCKET Socket, _Inout_ PWSK_REQUEST Request);

/* --- server.c ---------------------------------------------------------------------------------------------------- */

typedef struct _SERVER {
    WSK_REGISTRATION Registration;
    PKTHREAD Thread;
    KEVENT Wake;                        /* something to do for the thread */
    BOOLEAN Stopping;
    USHORT Port;
    KSPIN_LOCK Lock;
    LIST_ENTRY Open, Ended;             /* CONNECTION.Entry */
    volatile LONG64 Accepted, Refused, TcpBytes, Datagrams, UdpBytes;
} SERVER, *PSERVER;

extern SERVER Server;

/* A port that is none: DEFAULT_PORT. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS ServerStart(_In_ ULONG Port);
_IRQL_requires_(PASSIVE_LEVEL)
VOID ServerStop(VOID);

/* Binds to this port of every address, both families at once where the system has IPv6. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS ServerOpenSocket(_In_ const WSK_PROVIDER_NPI *Provider, _In_ USHORT Type, _In_ ULONG Protocol, _In_ ULONG Flags,
                          _In_ USHORT Port, _In_ const VOID *Dispatch, _Inout_ PWSK_REQUEST Request,
                          _Outptr_ PWSK_SOCKET *Socket);
/* Enables event callbacks on a socket. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS ServerEnableEvents(_In_ PWSK_SOCKET Socket, _In_ ULONG Events);
_IRQL_requires_(PASSIVE_LEVEL)
VOID ServerCloseSocket(_In_ PWSK_SOCKET Socket, _Inout_ PWSK_REQUEST Request);
