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
    IO_CSQ Queue;
    LIST_ENTRY Reads;               /* IRPs that wait for a frame */
    BOOLEAN Closing;
    RAWPORT_COUNTERS Counters;
    PUCHAR Ring;                    /* each frame behind its length, a ULONG */
    ULONG Head, Tail;               /* counts of bytes; their difference is what is in it */
} PORT, *PPORT;

typedef struct _DRIVER {
    NDIS_HANDLE Protocol;
    PDEVICE_OBJECT Device;
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
DRIVER_DISPATCH ReceiveRead;
NTSTATUS ReceiveInitializePort(_Out_ PPORT Port);
/* Ends every read that waits with this status. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID ReceiveFlush(_Inout_ PPORT Port, _In_ NTSTATUS Status);

/* --- send.c --- */
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE SendDone;
DRIVER_DISPATCH SendWrite;

/* --- port.c: handles --- */
DRIVER_DISPATCH PortCreate, PortCleanup, PortClose;
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID PortRelease(_Inout_ PPORT Port);

/* --- control.c --- */
DRIVER_DISPATCH ControlDispatch;

FORCEINLINE NTSTATUS CompleteIrp(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, Status == STATUS_SUCCESS ? IO_NETWORK_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* NDIS numbers its own errors otherwise than ntstatus.h does. */
FORCEINLINE NTSTATUS StatusOf(_In_ NDIS_STATUS Status)
{
    return ((ULONG)Status & 0xffff0000) == 0xc0010000 ? (NTSTATUS)(((ULONG)Status & 0xffff) | 0xc0230000) : Status;
}

FORCEINLINE VOID Count(_Inout_ PULONG64 Counter)
{
    InterlockedIncrement64((volatile LONG64 *)Counter);
}

FORCEINLINE PPORT PortOf(_In_ PIRP Irp)
{
    return (PPORT)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
}
