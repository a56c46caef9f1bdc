/* The datagram socket: every datagram goes back to its sender. When too many are under way, new ones are dropped, as
 * a network would. */
#include "gate.h"
#include "wskecho.h"

#define UNDER_WAY_MAX 1024

static struct {
    PWSK_SOCKET Socket;
    GATE Calls;               /* from the event callback */
    volatile LONG UnderWay;             /* batches, and one for the socket being open */
    KEVENT Drained;
} Udp;

static VOID Release(VOID)
{
    if (InterlockedDecrement(&Udp.UnderWay) == 0)
        KeSetEvent(&Udp.Drained, IO_NO_INCREMENT, FALSE);
}

static VOID PartSent(_Inout_ PBATCH Batch, _In_ SIZE_T Bytes, _In_ NTSTATUS Status)
{
    UNREFERENCED_PARAMETER(Batch);
    if (NT_SUCCESS(Status))
        InterlockedAdd64(&Server.UdpBytes, (LONG64)Bytes);
}

static VOID BatchDone(_Inout_ PBATCH Batch)
{
    const WSK_PROVIDER_DATAGRAM_DISPATCH *dispatch = Udp.Socket->Dispatch;

    dispatch->WskRelease(Udp.Socket, Batch->Indication);
    Release();
}

static BOOLEAN SendBack(_In_ PWSK_DATAGRAM_INDICATION Indication)
{
    const WSK_PROVIDER_DATAGRAM_DISPATCH *dispatch = Udp.Socket->Dispatch;
    PWSK_DATAGRAM_INDICATION datagram, next;
    PBATCH batch;
    PECHO chain;
    ULONG count = 0;

    for (datagram = Indication; datagram; datagram = datagram->Next)
        count++;
    chain = EchoTake(count, &batch);
    if (!chain)
        return FALSE;
    batch->Owner = NULL;
    batch->Indication = Indication;
    batch->Sent = PartSent;
    batch->Done = BatchDone;
    InterlockedAdd64(&Server.Datagrams, count);
    for (datagram = Indication; datagram; datagram = next) {
        next = datagram->Next;
        dispatch->WskSendTo(Udp.Socket, &datagram->Buffer, 0, datagram->RemoteAddress, 0, NULL, EchoNext(&chain, batch));
    }
    return TRUE;
}

static NTSTATUS WSKAPI ReceiveFromEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                        _In_opt_ PWSK_DATAGRAM_INDICATION DataIndication)
{
    NTSTATUS status = STATUS_SUCCESS;   /* dropped */

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (!DataIndication || !GateEnter(&Udp.Calls))
        return STATUS_SUCCESS;
    if (InterlockedIncrement(&Udp.UnderWay) <= UNDER_WAY_MAX && SendBack(DataIndication))
        status = STATUS_PENDING;
    else
        Release();
    GateLeave(&Udp.Calls);
    return status;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH DatagramDispatch = { ReceiveFromEvent };

_Use_decl_annotations_
NTSTATUS DatagramOpen(const WSK_PROVIDER_NPI *Provider, USHORT Port, PWSK_REQUEST Request, PWSK_SOCKET *Socket)
{
    NTSTATUS status;

    GateOpen(&Udp.Calls);
    KeInitializeEvent(&Udp.Drained, NotificationEvent, FALSE);
    Udp.UnderWay = 1;
    status = ServerOpenSocket(Provider, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, Port, &DatagramDispatch, Request,
                              Socket);
    if (!NT_SUCCESS(status))
        return status;
    Udp.Socket = *Socket;
    status = ServerEnableEvents(*Socket, WSK_EVENT_RECEIVE_FROM);
    if (!NT_SUCCESS(status))
        ServerCloseSocket(*Socket, Request);
    return status;
}

_Use_decl_annotations_
VOID DatagramClose(PWSK_SOCKET Socket, PWSK_REQUEST Request)
{
    GateClose(&Udp.Calls);
    Release();
    KeWaitForSingleObject(&Udp.Drained, Executive, KernelMode, FALSE, NULL);
    ServerCloseSocket(Socket, Request);
}
