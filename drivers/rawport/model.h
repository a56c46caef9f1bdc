/* Requests of the device's clients: IRPs, and a cancel-safe queue of them. */
#pragma once

#include <ndis.h>

struct _PORT;

typedef PIRP CLIENT_REQUEST;

typedef struct _READS {
    IO_CSQ Queue;
    LIST_ENTRY List;
} READS;

FORCEINLINE NTSTATUS RequestComplete(_Inout_ CLIENT_REQUEST Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, Status == STATUS_SUCCESS ? IO_NETWORK_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* It will be completed later: said before another can complete it. */
FORCEINLINE VOID RequestPend(_Inout_ CLIENT_REQUEST Irp)
{
    IoMarkIrpPending(Irp);
}

FORCEINLINE ULONG RequestWriteLength(_In_ CLIENT_REQUEST Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
}

FORCEINLINE struct _PORT *PortOf(_In_ CLIENT_REQUEST Irp)
{
    return (struct _PORT *)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
}
