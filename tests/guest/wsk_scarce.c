/* A client that bears any failure: for runs in which allocations fail. It never expects an allocation to succeed, and never
 * leaves anything behind. */
#include "wsk_helpers.h"

static volatile LONG Arrived;
static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    Arrived += (LONG)bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnReceiveFrom(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    Kept = list;
    return STATUS_PENDING;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, NULL, NULL};
static const WSK_CLIENT_DATAGRAM_DISPATCH DatagramEvents = {OnReceiveFrom};

/* The IRP is tried for until there is one. */
static void Close(PWSK_SOCKET *socket)
{
    if (*socket == NULL)
        return;
    while (CloseSocket(*socket) == STATUS_INSUFFICIENT_RESOURCES)
        ;
    *socket = NULL;
}

static void Stream(void)
{
    PWSK_SOCKET listener, client = NULL, server = NULL;
    ADDRESS address;
    ULONG_PTR got;
    char text[16];

    listener = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, NULL);
    if (listener != NULL && NT_SUCCESS(SYNC(NULL, LISTEN(listener)->WskBind(listener, Loopback(&address, AF_INET, 0), 0, Irp))) &&
        NT_SUCCESS(SYNC(NULL, LISTEN(listener)->WskGetLocalAddress(listener, &address.Any, Irp)))) {
        CALL call;

        client = Connect(AF_INET, Swap(address.V4.sin_port), NULL, NULL);
        if (client != NULL && Begin(&call) != NULL) {
            LISTEN(listener)->WskAccept(listener, 0, NULL, &StreamEvents, NULL, NULL, call.Irp);
            if (!IsDone(&call))         /* the connection was lost for want of a socket */
                IoCancelIrp(call.Irp);
            if (NT_SUCCESS(Finish(&call, &got)))
                server = (PWSK_SOCKET)got;
        }
    }
    if (server != NULL && NT_SUCCESS(SetEvents(server, WSK_EVENT_RECEIVE)) && NT_SUCCESS(Send(client, "scarce")))
        EXPECT(Arrived > 0);
    if (server != NULL && NT_SUCCESS(Send(server, "back")))
        Receive(client, text, 8, 0, &got);
    Close(&client);
    Close(&server);
    Close(&listener);
}

static void Datagram(void)
{
    PWSK_SOCKET socket = NewSocket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, &DatagramEvents);
    ADDRESS address;
    BUFFER buffer;

    if (socket == NULL)
        return;
    if (NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET6, 0), 0, Irp))) &&
        NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskGetLocalAddress(socket, &address.Any, Irp))) &&
        NT_SUCCESS(SetEvents(socket, WSK_EVENT_RECEIVE_FROM)) && OpenBuffer(&buffer, 100)) {
        SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, &address.Any, 0, NULL, Irp));
        CloseBuffer(&buffer);
    }
    if (Kept != NULL)
        EXPECT_EQ(DATAGRAM(socket)->WskRelease(socket, Kept), STATUS_SUCCESS);
    Kept = NULL;
    Close(&socket);
}

TEST_CASE(everything_succeeds_or_leaves_nothing)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};

    if (!NT_SUCCESS(WskRegister(&client, &Registration)))
        return;
    if (NT_SUCCESS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi))) {
        Stream();
        Datagram();
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
}
