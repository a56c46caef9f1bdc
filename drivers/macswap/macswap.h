/* macswap: an NDIS protocol driver that sends every frame it receives back to where it came from, with the two
 * Ethernet addresses exchanged. It measures the path wire -> miniport -> protocol -> miniport -> wire, and shows the
 * smallest complete protocol driver with a data path. */
#pragma once

#define NDIS630 1
#include <ndis.h>

#define MACSWAP_TAG 'pwsM'
#define MACSWAP_FRAMES 1024
#define MACSWAP_FRAME_SIZE 1514
#define ETHERNET_HEADER 14

typedef struct _TRANSMIT_POOL TRANSMIT_POOL, *PTRANSMIT_POOL;

typedef struct _BINDING {
    NDIS_HANDLE Handle;
    NDIS_EVENT Completed;           /* an open, close or OID request that pended */
    NDIS_STATUS Status;
    PTRANSMIT_POOL Pool;
    BOOLEAN Running;
    ULONG64 Received, Echoed, Dropped;
} BINDING, *PBINDING;

extern NDIS_HANDLE MacswapProtocol;

PROTOCOL_BIND_ADAPTER_EX BindingCreate;
PROTOCOL_UNBIND_ADAPTER_EX BindingDestroy;
PROTOCOL_OPEN_ADAPTER_COMPLETE_EX BindingOpened;
PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX BindingClosed;
PROTOCOL_OID_REQUEST_COMPLETE BindingRequestDone;
PROTOCOL_NET_PNP_EVENT BindingEvent;
PROTOCOL_STATUS_EX BindingStatus;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS EchoReceive;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE EchoSent;

/* MACSWAP_FRAMES buffers with their NET_BUFFER_LISTs, made once, each with ContextSize bytes for the drivers below. NULL when
 * memory is short. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_ _Ret_maybenull_
PTRANSMIT_POOL TransmitPoolCreate(_In_ ULONG ContextSize);

/* Every frame must be back. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID TransmitPoolDestroy(_In_ PTRANSMIT_POOL Pool);

/* Takes up to Count frames as a chain; *Taken says how many. */
_IRQL_requires_max_(DISPATCH_LEVEL)
PNET_BUFFER_LIST TransmitPoolTake(_Inout_ PTRANSMIT_POOL Pool, _In_ ULONG Count, _Out_ PULONG Taken);

_IRQL_requires_max_(DISPATCH_LEVEL)
VOID TransmitPoolPut(_Inout_ PTRANSMIT_POOL Pool, _In_ PNET_BUFFER_LIST Chain);

/* Waits until every frame is back in the pool. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID TransmitPoolDrain(_Inout_ PTRANSMIT_POOL Pool);

/* The frame's buffer, MACSWAP_FRAME_SIZE bytes. */
FORCEINLINE PUCHAR FrameBuffer(_In_ PNET_BUFFER_LIST Frame)
{
    return (PUCHAR)Frame->ProtocolReserved[0];
}
