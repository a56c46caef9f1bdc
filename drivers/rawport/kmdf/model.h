/* Requests of the device's clients: the framework's, in a manual queue while they wait. */
#pragma once

#include <ndis.h>
#include <wdf.h>

struct _PORT;

typedef WDFREQUEST CLIENT_REQUEST;

typedef struct _READS {
    WDFFILEOBJECT File;             /* referenced; whose reads are meant */
    BOOLEAN Serving, Again;         /* somebody pairs reads with frames; there is more of either */
} READS;

typedef struct _HANDLE_STATE {
    struct _PORT *Port;
} HANDLE_STATE, *PHANDLE_STATE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(HANDLE_STATE, HandleState)

/* Where reads wait, those of all handles. */
extern WDFQUEUE ReadQueue;
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS ReadQueueCreate(_In_ WDFDEVICE Device);
/* The port's reads are those of this handle; it lets go of it at its end. */
VOID ReadsAttach(_Inout_ struct _PORT *Port, _In_ WDFFILEOBJECT File);

FORCEINLINE NTSTATUS RequestComplete(_In_ CLIENT_REQUEST Request, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    WdfRequestCompleteWithInformation(Request, Status, Information);
    return Status;
}

FORCEINLINE VOID RequestPend(_In_ CLIENT_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);        /* the framework has said so already */
}

FORCEINLINE ULONG RequestWriteLength(_In_ CLIENT_REQUEST Request)
{
    WDF_REQUEST_PARAMETERS parameters;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    return (ULONG)parameters.Parameters.Write.Length;
}

FORCEINLINE struct _PORT *PortOf(_In_ CLIENT_REQUEST Request)
{
    return HandleState(WdfRequestGetFileObject(Request))->Port;
}
