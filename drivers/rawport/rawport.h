/* rawport: an NDIS protocol driver with a device, \\.\RawPort, through which programs read and write Ethernet frames.
 *
 * Objects: a BINDING for each adapter, a PORT for each open handle. A port uses one binding, the first there is unless
 * IOCTL_RAWPORT_SELECT chose another.
 *
 *  1. Driver.Lock guards both lists, what ports and bindings hold, and their counts. Nothing is called with it held.
 *  2. A binding goes when its count is 0: writes, requests and receive calls in it count. NDIS waits in BindingDestroy for that.
 *  3. A port's ring has frames only while no read waits: a read takes a frame or waits, a frame goes to a read or into the ring.
 *  4. The adapter's packet filter is the union of its ports' filters. Driver.FilterLock serializes its changes. */
#pragma once

#define NDIS630 1
#include <ndis.h>
#include "ioctl.h"
#include "model.h"

#define RAWPORT_TAG 'tPwR'
#define ETHERNET_HEADER 14
#define RING_SIZE (256 * 1024)      /* bytes of frames that wait for a read; a power of two */

typedef struct _BINDING {
    LIST_ENTRY Link;
    NDIS_HANDLE Handle;
    ULONG Index;
    ULONG References;               /* (2) */
    BOOLEAN Running, Powered, Closing, LinkUp;
    UCHAR Address[6];
    ULONG FrameSize;
    ULONG Filter;                   /* what the adapter was told */
    USHORT NameLength;
    WCHAR Name[RAWPORT_NAME_LENGTH];
    NDIS_HANDLE Pool;               /* of NET_BUFFER_LISTs with one NET_BUFFER */
    ULONG Sends;                    /* lists that are with NDIS */
    NDIS_EVENT Drained;             /* Sends is 0 */
    NDIS_EVENT Released;            /* References is 0 */
    NDIS_EVENT Completed;           /* an open or close that pended */
    NDIS_STATUS Status;
} BINDING, *PBINDING;

typedef struct _PORT {
    LIST_ENTRY Link;
    ULONG References;               /* the handle, and who walks the list */
    PBINDING Binding;               /* NULL: its adapter has gone, or there was none */
    ULONG Filter;
    READS Reads;                    /* wait for a frame */
    BOOLEAN Closing;
    RAWPORT_COUNTERS Counters;
    PUCHAR Ring;                    /* each frame behind its length, a ULONG */
    ULONG Head, Tail;               /* counts of bytes; their difference is what is in it */
} PORT, *PPORT;

typedef struct _DRIVER {
    NDIS_HANDLE Protocol;
    KSPIN_LOCK Lock;                /* (1) */
    FAST_MUTEX FilterLock;          /* (4) */
    LIST_ENTRY Bindings, Ports;
    ULONG NextIndex;
} DRIVER, *PDRIVER;
extern DRIVER Driver;

/* --- binding.c --- */
PROTOCOL_BIND_ADAPTER_EX BindingCreate;
PROTOCOL_UNBIND_ADAPTER_EX BindingDestroy;
PROTOCOL_OPEN_ADAPTER_COMPLETE_EX BindingOpened;
PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX BindingClosed;
PROTOCOL_NET_PNP_EVENT BindingEvent;
PROTOCOL_STATUS_EX BindingStatus;

/* Takes a reference to the port's binding; a port without one gets the first. NULL: there is none. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Ret_maybenull_
PBINDING BindingOfPort(_Inout_ PPORT Port);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID BindingRelease(_Inout_ PBINDING Binding);

/* --- oid.c --- */
PROTOCOL_OID_REQUEST_COMPLETE OidDone;
/* Asks the adapter and waits. *Done: bytes of the answer. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS OidAsk(_In_ PBINDING Binding, _In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid, _Inout_updates_bytes_(Length) PVOID Buffer,
                   _In_ ULONG Length, _Out_opt_ PULONG Done);
/* Tells the adapter what its ports want. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS OidUpdateFilter(_In_ PBINDING Binding);

/* --- receive.c --- */
PROTOCOL_RECEIVE_NET_BUFFER_LISTS ReceiveFrames;
/* A read begins: the adapter is told what the port wants. STATUS_DEVICE_DOES_NOT_EXIST: the port has no adapter. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS ReceiveBegin(_Inout_ PPORT Port);
/* The next frame of the port's ring; FALSE when it is empty. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN RingTake(_Inout_ PPORT Port, _Out_writes_(Room) PUCHAR Buffer, _In_ ULONG Room, _Out_ PULONG Length, _Out_ PULONG Copied);
/* Under Driver.Lock: puts a frame into the ring, or loses it when there is no room. All its MDLs are mapped. */
VOID RingStore(_Inout_ PPORT Port, _In_ PNET_BUFFER Frame, _In_ ULONG Length);
/* Copies the first `Length` bytes of a frame, whatever MDLs they lie in. */
BOOLEAN FrameCopy(_In_ PNET_BUFFER Frame, _Out_writes_(Length) PUCHAR To, _In_ ULONG Length);

/* --- read.c --- */
NTSTATUS ReadsCreate(_Inout_ PPORT Port);
/* Ends every read that waits with this status. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID ReadsFlush(_Inout_ PPORT Port, _In_ NTSTATUS Status);
/* A frame for the port: to a read that waits, or into the ring. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID ReadsOffer(_Inout_ PPORT Port, _In_ PNET_BUFFER Frame, _In_ ULONG Length);
/* Completes the read, now or when a frame comes. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS ReadsTake(_Inout_ PPORT Port, _In_ CLIENT_REQUEST Read);

/* --- send.c --- */
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE SendDone;
/* STATUS_PENDING: the write will be completed; else it has not been begun. Frame: the write's own memory. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS SendFrame(_Inout_ PPORT Port, _In_ CLIENT_REQUEST Write, _In_ PMDL Frame, _In_ ULONG Length);

/* --- port.c: handles --- */
/* NULL: out of memory. Reading: the handle may read, and gets frames. */
_IRQL_requires_(PASSIVE_LEVEL)
_Ret_maybenull_
PPORT PortOpen(_In_ BOOLEAN Reading);
/* The last handle is closed: reads end, and the adapter hears what the others want. The reference stays. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID PortShut(_Inout_ PPORT Port);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID PortRelease(_Inout_ PPORT Port);

/* --- control.c --- */
/* ioctl.h says what each code takes and gives. Buffer: question and answer. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS ControlCarry(_Inout_ PPORT Port, _In_ ULONG Code, _Inout_ PVOID Buffer, _In_ ULONG InLength, _In_ ULONG OutLength,
                      _Out_ PULONG_PTR Information);

/* --- protocol.c --- */
_IRQL_requires_(PASSIVE_LEVEL)
VOID ProtocolPrepare(VOID);
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS ProtocolRegister(VOID);

/* NDIS numbers its own errors otherwise than ntstatus.h does. */
FORCEINLINE NTSTATUS StatusOf(_In_ NDIS_STATUS Status)
{
    return ((ULONG)Status & 0xffff0000) == 0xc0010000 ? (NTSTATUS)(((ULONG)Status & 0xffff) | 0xc0230000) : Status;
}

FORCEINLINE VOID Count(_Inout_ PULONG64 Counter)
{
    InterlockedIncrement64((volatile LONG64 *)Counter);
}
