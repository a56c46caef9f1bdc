/* One TCP connection.
 *
 *   what happens                             what the connection does
 *   data comes, less than Limit outstanding  keeps the list and sends it back
 *   data comes, too much outstanding         does not accept it (Stopped); the peer's window closes
 *   half of it is acknowledged               a DPC asks for the data again
 *   the peer has sent all                    ends when everything is echoed: a graceful disconnect
 *   the peer resets, a send fails            ends: an abortive disconnect
 *
 * Calls counts the calls of socket functions from callbacks: when it is closed, none is in progress and none will begin. */
#include "gate.h"
#include "wskecho.h"

#define FIRST_LIMIT (64 * 1024)

struct _CONNECTION {
    PWSK_SOCKET Socket;
    GATE Calls;
    LIST_ENTRY Entry;                   /* Server.Open, or Server.Ended when Ending; both under Server.Lock */
    BOOLEAN Ending;
    KDPC Resume;
    PIRP ResumeIrp;
    KEVENT Drained;                     /* no batch is under way, and no resume */
    KSPIN_LOCK Lock;                    /* guards the rest */
    SIZE_T Outstanding, Limit;
    ULONG Batches;
    BOOLEAN Stopped, Resuming, PeerDone, Failed;
};

static KDEFERRED_ROUTINE ResumeReceiving;
static IO_COMPLETION_ROUTINE Resumed;

static const WSK_PROVIDER_CONNECTION_DISPATCH *Dispatch(_In_ const CONNECTION *Connection)
{
    return Connection->Socket->Dispatch;
}

_Use_decl_annotations_
PCONNECTION ConnectionCreate(PWSK_SOCKET Socket)
{
    PCONNECTION connection = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *connection, WSKECHO_TAG);
    KLOCK_QUEUE_HANDLE lock;

    if (!connection)
        return NULL;
    connection->ResumeIrp = IoAllocateIrp(1, FALSE);
    if (!connection->ResumeIrp) {
        ExFreePoolWithTag(connection, WSKECHO_TAG);
        return NULL;
    }
    connection->Socket = Socket;
    connection->Limit = FIRST_LIMIT;
    GateOpen(&connection->Calls);
    KeInitializeDpc(&connection->Resume, ResumeReceiving, connection);
    KeInitializeEvent(&connection->Drained, NotificationEvent, TRUE);
    KeInitializeSpinLock(&connection->Lock);
    KeAcquireInStackQueuedSpinLock(&Server.Lock, &lock);
    InsertTailList(&Server.Open, &connection->Entry);
    KeReleaseInStackQueuedSpinLock(&lock);
    return connection;
}

_Use_decl_annotations_
PCONNECTION ConnectionFromEntry(PLIST_ENTRY Entry)
{
    return CONTAINING_RECORD(Entry, CONNECTION, Entry);
}

_Use_decl_annotations_
VOID ConnectionEnd(PCONNECTION Connection)
{
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN first;

    KeAcquireInStackQueuedSpinLock(&Server.Lock, &lock);
    first = !Connection->Ending;
    Connection->Ending = TRUE;
    if (first) {
        RemoveEntryList(&Connection->Entry);
        InsertTailList(&Server.Ended, &Connection->Entry);
    }
    KeReleaseInStackQueuedSpinLock(&lock);
    if (first)
        KeSetEvent(&Server.Wake, IO_NETWORK_INCREMENT, FALSE);
}

/* --- sending back ------------------------------------------------------------------------------------------------ */

/* FALSE: too much is under way; the data stays with the transport. */
static BOOLEAN BatchBegin(_Inout_ PCONNECTION Connection, _In_ SIZE_T Bytes)
{
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN begun;

    KeAcquireInStackQueuedSpinLock(&Connection->Lock, &lock);
    begun = Connection->Outstanding < Connection->Limit;    /* beyond it by one list at most */
    if (begun) {
        Connection->Outstanding += Bytes;
        Connection->Batches++;
        KeClearEvent(&Connection->Drained);
    } else {
        Connection->Stopped = TRUE;
    }
    KeReleaseInStackQueuedSpinLock(&lock);
    return begun;
}

/* Bytes of a batch are out, or will never be; Batches: how many batches end with it. */
static VOID Account(_Inout_ PCONNECTION Connection, _In_ SIZE_T Bytes, _In_ ULONG Batches, _In_ NTSTATUS Status)
{
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN resume, over;

    KeAcquireInStackQueuedSpinLock(&Connection->Lock, &lock);
    Connection->Outstanding -= Bytes;
    Connection->Batches -= Batches;
    Connection->Failed |= !NT_SUCCESS(Status);
    resume = Connection->Stopped && !Connection->Failed && Connection->Outstanding <= Connection->Limit / 2;
    if (resume) {
        Connection->Stopped = FALSE;
        Connection->Resuming = TRUE;
    }
    over = Connection->Failed || (Connection->PeerDone && Connection->Batches == 0 && !Connection->Resuming &&
                                  !Connection->Stopped);
    if (over)
        ConnectionEnd(Connection);
    if (Connection->Batches == 0 && !Connection->Resuming)
        KeSetEvent(&Connection->Drained, IO_NO_INCREMENT, FALSE);
    KeReleaseInStackQueuedSpinLock(&lock);
    if (resume)
        KeInsertQueueDpc(&Connection->Resume, NULL, NULL);
}

static VOID PartSent(_Inout_ PBATCH Batch, _In_ SIZE_T Bytes, _In_ NTSTATUS Status)
{
    InterlockedAdd64(&Server.TcpBytes, (LONG64)Bytes);
    Account(Batch->Owner, Bytes, 0, Status);
}

static VOID BatchDone(_Inout_ PBATCH Batch)
{
    PCONNECTION connection = Batch->Owner;

    Dispatch(connection)->WskRelease(connection->Socket, Batch->Indication);
    Account(connection, 0, 1, STATUS_SUCCESS);
}

static BOOLEAN SendBack(_Inout_ PCONNECTION Connection, _In_ PWSK_DATA_INDICATION Indication)
{
    PWSK_DATA_INDICATION part, next;
    PBATCH batch;
    PECHO chain;
    ULONG count = 0;

    for (part = Indication; part; part = part->Next)
        count++;
    chain = EchoTake(count, &batch);
    if (!chain)
        return FALSE;
    batch->Owner = Connection;
    batch->Indication = Indication;
    batch->Sent = PartSent;
    batch->Done = BatchDone;
    /* The list is gone as soon as its last part is out. */
    for (part = Indication; part; part = next) {
        next = part->Next;
        Dispatch(Connection)->WskSend(Connection->Socket, &part->Buffer, 0, EchoNext(&chain, batch));
    }
    return TRUE;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static NTSTATUS WSKAPI ReceiveEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                    _In_opt_ PWSK_DATA_INDICATION DataIndication, _In_ SIZE_T BytesIndicated,
                                    _Inout_ SIZE_T *BytesAccepted)
{
    PCONNECTION connection = SocketContext;
    NTSTATUS status = STATUS_DATA_NOT_ACCEPTED;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(BytesAccepted);
    if (!DataIndication) {
        ConnectionEnd(connection);
        return STATUS_SUCCESS;
    }
    if (!GateEnter(&connection->Calls))
        return STATUS_DATA_NOT_ACCEPTED;
    if (BatchBegin(connection, BytesIndicated)) {
        if (SendBack(connection, DataIndication))
            status = STATUS_PENDING;
        else
            Account(connection, BytesIndicated, 1, STATUS_INSUFFICIENT_RESOURCES);
    }
    GateLeave(&connection->Calls);
    return status;
}

static NTSTATUS WSKAPI DisconnectEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags)
{
    PCONNECTION connection = SocketContext;
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN over;

    KeAcquireInStackQueuedSpinLock(&connection->Lock, &lock);
    connection->PeerDone = TRUE;
    connection->Failed |= (Flags & WSK_FLAG_ABORTIVE) != 0;
    over = connection->Failed || (connection->Batches == 0 && !connection->Resuming && !connection->Stopped);
    KeReleaseInStackQueuedSpinLock(&lock);
    if (over)
        ConnectionEnd(connection);
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI SendBacklogEvent(_In_opt_ PVOID SocketContext, _In_ SIZE_T IdealBacklogSize)
{
    PCONNECTION connection = SocketContext;
    KLOCK_QUEUE_HANDLE lock;

    KeAcquireInStackQueuedSpinLock(&connection->Lock, &lock);
    connection->Limit = IdealBacklogSize ? IdealBacklogSize : 1;
    KeReleaseInStackQueuedSpinLock(&lock);
    return STATUS_SUCCESS;
}

const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = { ReceiveEvent, DisconnectEvent, SendBacklogEvent };

/* --- asking for more --------------------------------------------------------------------------------------------- */

static VOID ResumeOver(_Inout_ PCONNECTION Connection)
{
    KLOCK_QUEUE_HANDLE lock;

    KeAcquireInStackQueuedSpinLock(&Connection->Lock, &lock);
    Connection->Resuming = FALSE;
    if (Connection->PeerDone && Connection->Batches == 0 && !Connection->Stopped)
        ConnectionEnd(Connection);
    if (Connection->Batches == 0)
        KeSetEvent(&Connection->Drained, IO_NO_INCREMENT, FALSE);
    KeReleaseInStackQueuedSpinLock(&lock);
}

/* A receive without a buffer: the receive event comes again. Not from the completion of a send, which may lie deep in the
 * transport. */
_Use_decl_annotations_
static VOID ResumeReceiving(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PCONNECTION connection = DeferredContext;
    WSK_BUF nothing = { 0 };

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    if (!GateEnter(&connection->Calls)) {
        ResumeOver(connection);
        return;
    }
    IoReuseIrp(connection->ResumeIrp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(connection->ResumeIrp, Resumed, connection, TRUE, TRUE, TRUE);
    Dispatch(connection)->WskReceive(connection->Socket, &nothing, 0, connection->ResumeIrp);
    GateLeave(&connection->Calls);
}

_Use_decl_annotations_
static NTSTATUS Resumed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    ResumeOver(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* --- the end ------------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
VOID ConnectionDestroy(PCONNECTION Connection, PWSK_REQUEST Request)
{
    ULONG flags = Connection->PeerDone && !Connection->Failed ? 0 : WSK_FLAG_ABORTIVE;
    KLOCK_QUEUE_HANDLE lock;

    GateClose(&Connection->Calls);
    WskRequestWait(Request, Dispatch(Connection)->WskDisconnect(Connection->Socket, NULL, flags, WskRequestIrp(Request)));
    KeWaitForSingleObject(&Connection->Drained, Executive, KernelMode, FALSE, NULL);
    /* Who set the event may still hold the lock. */
    KeAcquireInStackQueuedSpinLock(&Connection->Lock, &lock);
    KeReleaseInStackQueuedSpinLock(&lock);
    KeFlushQueuedDpcs();
    ServerCloseSocket(Connection->Socket, Request);
    IoFreeIrp(Connection->ResumeIrp);
    ExFreePoolWithTag(Connection, WSKECHO_TAG);
}
