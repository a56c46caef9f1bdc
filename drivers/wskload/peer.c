/* One connection to the server. */
#include "wskload.h"

static KDEFERRED_ROUTINE SendMore;
static IO_COMPLETION_ROUTINE SendDone;

_Use_decl_annotations_
NTSTATUS PeerCreate(PPEER Peer)
{
    KeInitializeDpc(&Peer->Next, SendMore, Peer);
    KeInitializeSpinLock(&Peer->Lock);
    KeInitializeEvent(&Peer->Quiet, NotificationEvent, TRUE);
    for (ULONG i = 0; i < Load.Depth; i++) {
        Peer->Messages[i].Peer = Peer;
        Peer->Messages[i].Irp = IoAllocateIrp(1, FALSE);
        if (!Peer->Messages[i].Irp)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS EnableEvents(_In_ PPEER Peer)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Peer->Socket->Dispatch;
    WSK_EVENT_CALLBACK_CONTROL control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT };

    return dispatch->WskControlSocket(Peer->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof control, &control,
                                      0, NULL, NULL, NULL);
}

_Use_decl_annotations_
NTSTATUS PeerConnect(PPEER Peer, PWSK_REQUEST Request)
{
    SOCKADDR_IN local = { 0 }, remote = { 0 };
    NTSTATUS status;

    local.sin_family = remote.sin_family = AF_INET;
    remote.sin_port = RtlUshortByteSwap((USHORT)Load.Port);
    remote.sin_addr.s_addr = RtlUlongByteSwap(Load.Address);
    status = WskRequestWait(Request, Load.Provider.Dispatch->WskSocketConnect(
                                         Load.Provider.Client, SOCK_STREAM, IPPROTO_TCP, (PSOCKADDR)&local, (PSOCKADDR)&remote, 0,
                                         Peer, &PeerDispatch, NULL, NULL, NULL, WskRequestIrp(Request)));
    if (!NT_SUCCESS(status))
        return status;
    Peer->Socket = (PWSK_SOCKET)Request->Irp->IoStatus.Information;
    return EnableEvents(Peer);
}

/* --- sending ----------------------------------------------------------------------------------------------------------------- */

/* A message that is free while fewer than Depth are under way or on their way back; NULL: none. */
static PMESSAGE TakeMessage(_Inout_ PPEER Peer)
{
    PMESSAGE message = NULL;
    KLOCK_QUEUE_HANDLE lock;

    KeAcquireInStackQueuedSpinLock(&Peer->Lock, &lock);
    if (!Peer->Stopping && !Peer->Failed && Peer->Sent - Peer->Received / Load.Size < Load.Depth)
        for (ULONG i = 0; i < Load.Depth && !message; i++)
            if (!Peer->Messages[i].Busy)
                message = &Peer->Messages[i];
    if (message) {
        message->Busy = TRUE;
        Peer->Sent++;
        Peer->UnderWay++;
        KeClearEvent(&Peer->Quiet);
    }
    KeReleaseInStackQueuedSpinLock(&lock);
    return message;
}

static VOID SendAll(_Inout_ PPEER Peer)
{
    const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch = Peer->Socket->Dispatch;
    PMESSAGE message;

    while ((message = TakeMessage(Peer)) != NULL) {
        WSK_BUF buffer = { Load.Mdl, 0, Load.Size };
        IoReuseIrp(message->Irp, STATUS_UNSUCCESSFUL);
        IoSetCompletionRoutine(message->Irp, SendDone, message, TRUE, TRUE, TRUE);
        dispatch->WskSend(Peer->Socket, &buffer, WSK_FLAG_NODELAY, message->Irp);
    }
}

_Use_decl_annotations_
static NTSTATUS SendDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PMESSAGE message = Context;
    PPEER peer = message->Peer;
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN more;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeAcquireInStackQueuedSpinLock(&peer->Lock, &lock);
    message->Busy = FALSE;
    peer->Failed |= !NT_SUCCESS(Irp->IoStatus.Status);
    /* A message that waited only for its IRP goes out now. */
    more = !peer->Stopping && !peer->Failed && peer->Sent - peer->Received / Load.Size < Load.Depth;
    if (--peer->UnderWay == 0)
        KeSetEvent(&peer->Quiet, IO_NO_INCREMENT, FALSE);
    if (more)
        KeInsertQueueDpc(&peer->Next, NULL, NULL);
    KeReleaseInStackQueuedSpinLock(&lock);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

_Use_decl_annotations_
static VOID SendMore(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    SendAll(DeferredContext);
}

_Use_decl_annotations_
VOID PeerStart(PPEER Peer)
{
    KeInsertQueueDpc(&Peer->Next, NULL, NULL);
}

/* --- receiving --------------------------------------------------------------------------------------------------------------- */

static BOOLEAN IsEcho(_In_ SIZE_T Before, _In_ PWSK_BUF Buffer)
{
    SIZE_T done = 0, offset = Buffer->Offset;

    for (PMDL mdl = Buffer->Mdl; mdl && done < Buffer->Length; mdl = mdl->Next, offset = 0) {
        PUCHAR data = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
        SIZE_T size = min(MmGetMdlByteCount(mdl) - offset, Buffer->Length - done);
        for (SIZE_T at = 0; data && at < size;) {
            SIZE_T phase = (Before + done + at) % Load.Size, n = min(size - at, Load.Size);
            if (!RtlEqualMemory(data + offset + at, Load.Pattern + phase, n))
                return FALSE;
            at += n;
        }
        done += size;
    }
    return done == Buffer->Length;
}

static NTSTATUS WSKAPI ReceiveEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                    _In_opt_ PWSK_DATA_INDICATION DataIndication, _In_ SIZE_T BytesIndicated,
                                    _Inout_ SIZE_T *BytesAccepted)
{
    PPEER peer = SocketContext;
    SIZE_T at = (SIZE_T)(peer->Received % Load.Size);
    KLOCK_QUEUE_HANDLE lock;
    BOOLEAN good = DataIndication != NULL;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(BytesAccepted);
    for (; good && DataIndication; DataIndication = DataIndication->Next) {
        good = IsEcho(at, &DataIndication->Buffer);
        at += DataIndication->Buffer.Length;
    }
    KeAcquireInStackQueuedSpinLock(&peer->Lock, &lock);
    peer->Received += BytesIndicated;
    peer->Failed |= !good;
    KeReleaseInStackQueuedSpinLock(&lock);
    SendAll(peer);
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI DisconnectEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags)
{
    PPEER peer = SocketContext;

    UNREFERENCED_PARAMETER(Flags);
    peer->Failed = TRUE;
    return STATUS_SUCCESS;
}

const WSK_CLIENT_CONNECTION_DISPATCH PeerDispatch = { ReceiveEvent, DisconnectEvent, NULL };

/* --- the end ----------------------------------------------------------------------------------------------------------------- */

static VOID StopEvents(_In_ PPEER Peer, _Inout_ PWSK_REQUEST Request)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Peer->Socket->Dispatch;
    WSK_EVENT_CALLBACK_CONTROL control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE };

    WskRequestWait(Request, dispatch->WskControlSocket(Peer->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                                       sizeof control, &control, 0, NULL, NULL, WskRequestIrp(Request)));
}

_Use_decl_annotations_
VOID PeerDestroy(PPEER Peer, PWSK_REQUEST Request)
{
    KLOCK_QUEUE_HANDLE lock;

    KeAcquireInStackQueuedSpinLock(&Peer->Lock, &lock);
    Peer->Stopping = TRUE;
    KeReleaseInStackQueuedSpinLock(&lock);
    if (Peer->Socket) {
        const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch = Peer->Socket->Dispatch;
        StopEvents(Peer, Request);
        KeRemoveQueueDpc(&Peer->Next);
        KeFlushQueuedDpcs();
        WskRequestWait(Request, dispatch->WskDisconnect(Peer->Socket, NULL, WSK_FLAG_ABORTIVE, WskRequestIrp(Request)));
        KeWaitForSingleObject(&Peer->Quiet, Executive, KernelMode, FALSE, NULL);
        KeAcquireInStackQueuedSpinLock(&Peer->Lock, &lock);
        KeReleaseInStackQueuedSpinLock(&lock);
        WskRequestWait(Request, dispatch->WskCloseSocket(Peer->Socket, WskRequestIrp(Request)));
    }
    for (ULONG i = 0; i < Load.Depth; i++)
        if (Peer->Messages[i].Irp)
            IoFreeIrp(Peer->Messages[i].Irp);
}
