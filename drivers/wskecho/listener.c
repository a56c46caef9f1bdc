/* The listening socket: every connection that can be given a state is taken. */
#include "wskecho.h"

static NTSTATUS WSKAPI AcceptEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags, _In_ PSOCKADDR LocalAddress,
                                   _In_ PSOCKADDR RemoteAddress, _In_opt_ PWSK_SOCKET AcceptSocket,
                                   _Outptr_result_maybenull_ PVOID *AcceptSocketContext,
                                   _Outptr_result_maybenull_ const WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PCONNECTION connection;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (!AcceptSocket)                  /* the listening socket is broken: the thread closes it at the end */
        return STATUS_REQUEST_NOT_ACCEPTED;
    connection = Server.Stopping ? NULL : ConnectionCreate(AcceptSocket);
    if (!connection) {
        InterlockedIncrement64(&Server.Refused);
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    InterlockedIncrement64(&Server.Accepted);
    *AcceptSocketContext = connection;
    *AcceptSocketDispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = { AcceptEvent, NULL, NULL };

_Use_decl_annotations_
NTSTATUS ListenerOpen(const WSK_PROVIDER_NPI *Provider, USHORT Port, PWSK_REQUEST Request, PWSK_SOCKET *Socket)
{
    NTSTATUS status = ServerOpenSocket(Provider, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, Port, &ListenDispatch,
                                       Request, Socket);

    if (!NT_SUCCESS(status))
        return status;
    /* Those of connections are passed on to every socket that is accepted. */
    status = ServerEnableEvents(*Socket, WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT | WSK_EVENT_SEND_BACKLOG);
    if (!NT_SUCCESS(status))
        ServerCloseSocket(*Socket, Request);
    return status;
}
