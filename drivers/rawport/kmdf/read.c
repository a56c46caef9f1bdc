/* Reads: every frame goes through the ring, every read through the queue. Whoever brings one of them pairs both, one processor at a time, so
 * that frames are read in the order in which they came. */
#include "rawport.h"

WDFQUEUE ReadQueue;

_Use_decl_annotations_
NTSTATUS ReadQueueCreate(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG config;

    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &ReadQueue);
}

_Use_decl_annotations_
NTSTATUS ReadsCreate(PPORT Port)
{
    Port->Reads.File = NULL;
    Port->Reads.Serving = Port->Reads.Again = FALSE;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID ReadsAttach(PPORT Port, WDFFILEOBJECT File)
{
    Port->Reads.File = File;
}

static WDFREQUEST NextRead(PPORT Port)
{
    WDFREQUEST read;

    return Port->Reads.File != NULL && NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(ReadQueue, Port->Reads.File, &read)) ? read : NULL;
}

_Use_decl_annotations_
VOID ReadsFlush(PPORT Port, NTSTATUS Status)
{
    WDFREQUEST read;

    while ((read = NextRead(Port)) != NULL)
        RequestComplete(read, Status, 0);
}

/* --- pairing --- */

static BOOLEAN HasFrame(PPORT Port)
{
    BOOLEAN has;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    has = Port->Head != Port->Tail;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return has;
}

/* Only the one that serves takes frames: what HasFrame saw is still there, unless the port chose another adapter. */
static VOID Give(PPORT Port, WDFREQUEST Read)
{
    ULONG length, copied;
    PVOID buffer;
    size_t room;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Read, 1, &buffer, &room);

    if (!NT_SUCCESS(status))
        RequestComplete(Read, status, 0);
    else if (RingTake(Port, buffer, (ULONG)room, &length, &copied))
        RequestComplete(Read, length > copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, copied);
    else if (!NT_SUCCESS(status = WdfRequestRequeue(Read)))
        RequestComplete(Read, status, 0);
}

static BOOLEAN Begin(PPORT Port)
{
    BOOLEAN alone;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    alone = !Port->Reads.Serving;
    Port->Reads.Serving = TRUE;
    Port->Reads.Again = !alone;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return alone;
}

/* FALSE: there is more to do. */
static BOOLEAN End(PPORT Port)
{
    BOOLEAN done;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    done = !Port->Reads.Again;
    Port->Reads.Again = FALSE;
    Port->Reads.Serving = !done;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return done;
}

static VOID Serve(PPORT Port)
{
    WDFREQUEST read;

    if (!Begin(Port))
        return;
    do
        while (HasFrame(Port) && (read = NextRead(Port)) != NULL)
            Give(Port, read);
    while (!End(Port));
}

_Use_decl_annotations_
VOID ReadsOffer(PPORT Port, PNET_BUFFER Frame, ULONG Length)
{
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    RingStore(Port, Frame, Length);
    KeReleaseSpinLock(&Driver.Lock, irql);
    Serve(Port);
}

/* An adapter that goes after ReceiveBegin flushes reads that are in the queue; one that comes later has to look for itself. */
_Use_decl_annotations_
NTSTATUS ReadsTake(PPORT Port, CLIENT_REQUEST Read)
{
    BOOLEAN orphan;
    KIRQL irql;
    NTSTATUS status = ReceiveBegin(Port);

    if (NT_SUCCESS(status))
        status = WdfRequestForwardToIoQueue(Read, ReadQueue);
    if (!NT_SUCCESS(status))
        return RequestComplete(Read, status, 0);
    Serve(Port);
    KeAcquireSpinLock(&Driver.Lock, &irql);
    orphan = Port->Binding == NULL;
    KeReleaseSpinLock(&Driver.Lock, irql);
    if (orphan)
        ReadsFlush(Port, STATUS_DEVICE_DOES_NOT_EXIST);
    return STATUS_PENDING;
}
