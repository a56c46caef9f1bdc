/* Reads: a frame of the ring at once, or wait until one comes. */
#include "rawport.h"

static IO_CSQ_INSERT_IRP_EX InsertRead;
static IO_CSQ_REMOVE_IRP RemoveRead;
static IO_CSQ_PEEK_NEXT_IRP PeekRead;
static IO_CSQ_ACQUIRE_LOCK Acquire;
static IO_CSQ_RELEASE_LOCK Release;
static IO_CSQ_COMPLETE_CANCELED_IRP Cancelled;

/* --- the queue of reads; its lock is the driver's --- */

_Use_decl_annotations_
static VOID Acquire(PIO_CSQ Csq, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeAcquireSpinLock(&Driver.Lock, Irql);
}

_Use_decl_annotations_
static VOID Release(PIO_CSQ Csq, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeReleaseSpinLock(&Driver.Lock, Irql);
}

/* A read waits only while the ring is empty (3). */
_Use_decl_annotations_
static NTSTATUS InsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PPORT port = CONTAINING_RECORD(Csq, PORT, Reads.Queue);

    UNREFERENCED_PARAMETER(InsertContext);
    if (port->Closing)
        return STATUS_FILE_CLOSED;
    if (port->Binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    if (port->Head != port->Tail)
        return STATUS_RETRY;
    InsertTailList(&port->Reads.List, &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID RemoveRead(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* PeekContext: the file object whose reads are meant, or NULL for any. */
_Use_decl_annotations_
static PIRP PeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PPORT port = CONTAINING_RECORD(Csq, PORT, Reads.Queue);
    PLIST_ENTRY next = Irp == NULL ? port->Reads.List.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    UNREFERENCED_PARAMETER(PeekContext);
    return next == &port->Reads.List ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

_Use_decl_annotations_
static VOID Cancelled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RequestComplete(Irp, STATUS_CANCELLED, 0);
}

_Use_decl_annotations_
NTSTATUS ReadsCreate(PPORT Port)
{
    InitializeListHead(&Port->Reads.List);
    return IoCsqInitializeEx(&Port->Reads.Queue, InsertRead, RemoveRead, PeekRead, Acquire, Release, Cancelled);
}

_Use_decl_annotations_
VOID ReadsFlush(PPORT Port, NTSTATUS Status)
{
    PIRP irp;

    while ((irp = IoCsqRemoveNextIrp(&Port->Reads.Queue, NULL)) != NULL)
        RequestComplete(irp, Status, 0);
}

/* --- reading --- */

static PUCHAR BufferOf(PIRP Irp, PULONG Room)
{
    *Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    return Irp->MdlAddress == NULL ? NULL
                                   : MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
}

_Use_decl_annotations_
NTSTATUS ReadsTake(PPORT Port, CLIENT_REQUEST Read)
{
    ULONG room, length, copied;
    PUCHAR buffer = BufferOf(Read, &room);
    NTSTATUS status;

    if (buffer == NULL)
        return RequestComplete(Read, room == 0 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES, 0);
    status = ReceiveBegin(Port);
    if (!NT_SUCCESS(status))
        return RequestComplete(Read, status, 0);
    do {
        if (RingTake(Port, buffer, room, &length, &copied))
            return RequestComplete(Read, length > copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, copied);
        status = IoCsqInsertIrpEx(&Port->Reads.Queue, Read, NULL, NULL);
    } while (status == STATUS_RETRY);
    return NT_SUCCESS(status) ? STATUS_PENDING : RequestComplete(Read, status, 0);
}

/* FALSE: a read waits for it. */
static BOOLEAN Store(PPORT Port, PNET_BUFFER Frame, ULONG Length)
{
    BOOLEAN taken;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    taken = IsListEmpty(&Port->Reads.List);
    if (taken)
        RingStore(Port, Frame, Length);
    KeReleaseSpinLock(&Driver.Lock, irql);
    return taken;
}

/* FALSE: no read waits any more. */
static BOOLEAN GiveToRead(PPORT Port, PNET_BUFFER Frame, ULONG Length)
{
    PIRP irp = IoCsqRemoveNextIrp(&Port->Reads.Queue, NULL);
    ULONG room, n;
    PUCHAR buffer;

    if (irp == NULL)
        return FALSE;
    buffer = BufferOf(irp, &room);
    n = Length < room ? Length : room;
    if (!FrameCopy(Frame, buffer, n)) {
        RequestComplete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        return TRUE;
    }
    Count(&Port->Counters.Read);
    RequestComplete(irp, Length > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, n);
    return TRUE;
}

_Use_decl_annotations_
VOID ReadsOffer(PPORT Port, PNET_BUFFER Frame, ULONG Length)
{
    while (!Store(Port, Frame, Length) && !GiveToRead(Port, Frame, Length))
        ;
}
