/* A Winsock Kernel request that its caller waits for: an IRP with an event, used again and again.
 *
 *     Status = WskRequestWait(&Request, Dispatch->WskBind(Socket, Address, 0, WskRequestIrp(&Request)));
 *
 * All at PASSIVE_LEVEL. */
#ifndef DRIVERS_LIB_WSK_REQUEST_H
#define DRIVERS_LIB_WSK_REQUEST_H

#include <ntddk.h>
#include <wsk.h>

typedef struct _WSK_REQUEST {
    PIRP Irp;
    KEVENT Done;
} WSK_REQUEST, *PWSK_REQUEST;

/* STATUS_INSUFFICIENT_RESOURCES. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS WskRequestCreate(_Out_ PWSK_REQUEST Request);

_IRQL_requires_(PASSIVE_LEVEL)
VOID WskRequestDestroy(_Inout_ PWSK_REQUEST Request);

/* The IRP, ready for one call of a WSK function. The request before must be over. */
_IRQL_requires_(PASSIVE_LEVEL)
PIRP WskRequestIrp(_Inout_ PWSK_REQUEST Request);

/* Waits for the IRP that a WSK function got, and returns its status. Information is in Irp->IoStatus. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WskRequestWait(_Inout_ PWSK_REQUEST Request, _In_ NTSTATUS Returned);

/* The same, but when Stop (a notification event) is set the request is cancelled: STATUS_CANCELLED, most likely. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WskRequestWaitUnless(_Inout_ PWSK_REQUEST Request, _In_ NTSTATUS Returned, _In_ PKEVENT Stop);

#endif
