/* Listening, stream sockets, and conditional accept. docs: network/listening-for-and-accepting-incoming-connections,
 * wsk/nc-wsk-pfn_wsk_inspect_event, wsk/nc-wsk-pfn_wsk_inspect_complete, wsk/nc-wsk-pfn_wsk_listen */
#include "wsk_helpers.h"

static LONG Inspects, Aborts;
static WSK_INSPECT_ACTION Action;
static WSK_INSPECT_ID Id, AbortedId;
static ADDRESS SeenLocal, SeenRemote;

static WSK_INSPECT_ACTION WSKAPI OnInspect(PVOID context, PSOCKADDR local, PSOCKADDR remote, PWSK_INSPECT_ID id)
{
    Inspects++;
    RtlCopyMemory(&SeenLocal, local, sizeof(SOCKADDR_IN));
    RtlCopyMemory(&SeenRemote, remote, sizeof(SOCKADDR_IN));
    Id = *id;
    return Action;
}

static NTSTATUS WSKAPI OnAbort(PVOID context, PWSK_INSPECT_ID id)
{
    Aborts++;
    AbortedId = *id;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenEvents = {NULL, OnInspect, OnAbort};

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

/* A listener that asks. */
static PWSK_SOCKET NewAsker(USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, &ListenEvents);
    ADDRESS address;

    Inspects = Aborts = 0;
    EXPECT_EQ(SetUlong(socket, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 1), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, LISTEN(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    *port = PortOf(socket, WSK_FLAG_LISTEN_SOCKET);
    return socket;
}

static PWSK_SOCKET StartConnect(USHORT port, CALL *call)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    ADDRESS local, remote;

    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Begin(call)), STATUS_PENDING);
    return socket;
}

TEST_CASE(a_request_that_is_accepted_at_once_becomes_a_connection)
{
    PWSK_SOCKET listener, client, server;
    WSK_INSPECT_ID id;
    SIZE_T size = 0;
    USHORT port;

    Action = WskInspectAccept;
    listener = NewAsker(&port);
    client = Connect(AF_INET, port, NULL, NULL);
    REQUIRE(client != NULL);
    EXPECT_EQ(Inspects, 1);
    EXPECT_EQ(Swap(SeenLocal.V4.sin_port), port);
    server = Accept(listener, NULL, NULL);
    REQUIRE(server != NULL);
    EXPECT_EQ(BASIC(server)->WskControlSocket(server, WskIoctl, SIO_WSK_QUERY_INSPECT_ID, 0, 0, NULL, sizeof(id), &id, &size, NULL),
              STATUS_SUCCESS);
    EXPECT_EQ(size, sizeof(id));
    EXPECT_EQ(id.Key, Id.Key);
    EXPECT_EQ(id.SerialNumber, Id.SerialNumber);
    EXPECT_EQ(BASIC(client)->WskControlSocket(client, WskIoctl, SIO_WSK_QUERY_INSPECT_ID, 0, 0, NULL, sizeof(id), &id, &size, NULL),
              STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    EXPECT_EQ(Aborts, 0);
}

TEST_CASE(a_request_that_is_rejected_is_refused)
{
    PWSK_SOCKET listener;
    USHORT port;

    Action = WskInspectReject;
    listener = NewAsker(&port);
    EXPECT(Connect(AF_INET, port, NULL, NULL) == NULL);
    EXPECT_EQ(Inspects, 1);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_pending_request_waits_for_inspect_complete)
{
    PWSK_SOCKET listener, client, server;
    USHORT port;
    CALL call;

    Action = WskInspectPend;
    listener = NewAsker(&port);
    client = StartConnect(port, &call);
    EVENTUALLY(Inspects == 1);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskInspectComplete(listener, &Id, WskInspectPend, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskInspectComplete(listener, &Id, WskInspectAccept, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    server = Accept(listener, NULL, NULL);
    EXPECT(server != NULL);
    EXPECT(!NT_SUCCESS(SYNC(NULL, LISTEN(listener)->WskInspectComplete(listener, &Id, WskInspectAccept, Irp))));
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_pending_request_can_be_rejected_later)
{
    PWSK_SOCKET listener, client;
    USHORT port;
    CALL call;

    Action = WskInspectPend;
    listener = NewAsker(&port);
    client = StartConnect(port, &call);
    EVENTUALLY(Inspects == 1);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskInspectComplete(listener, &Id, WskInspectReject, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, NULL), STATUS_CONNECTION_REFUSED);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(closing_the_listener_ends_a_pending_request)
{
    PWSK_SOCKET listener, client;
    USHORT port;
    CALL call;

    Action = WskInspectPend;
    listener = NewAsker(&port);
    client = StartConnect(port, &call);
    EVENTUALLY(Inspects == 1);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Finish(&call, NULL)));
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
}

TEST_CASE(conditional_accept_is_set_before_bind_on_listening_sockets)
{
    PWSK_SOCKET listener, client = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    WSK_INSPECT_ID id = {0, 0};
    ULONG value = 1;
    USHORT port;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL && client != NULL);
    EXPECT_EQ(GetUlong(listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 0);
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 1), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SetUlong(client, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 1), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskInspectComplete(listener, &id, WskInspectAccept, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(accept_returns_both_addresses)
{
    PWSK_SOCKET listener, client;
    ADDRESS local, remote;
    ULONG_PTR server = 0;
    USHORT port;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    client = Connect(AF_INET, port, NULL, NULL);
    REQUIRE(client != NULL);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskAccept(listener, 1, NULL, NULL, NULL, NULL, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(&server, LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, &local.Any, &remote.Any, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Swap(local.V4.sin_port), port);
    EXPECT_EQ(Swap(remote.V4.sin_port), PortOf(client, WSK_FLAG_CONNECTION_SOCKET));
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_stream_socket_becomes_a_listener_or_a_connection)
{
    PWSK_SOCKET listener = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET, NULL, NULL);
    PWSK_SOCKET client = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET, NULL, NULL);
    ULONG_PTR server = 0;
    ADDRESS address;
    USHORT port;

    REQUIRE(listener != NULL && client != NULL);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskListen(listener, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskBind(listener, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskAccept(listener, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskListen(listener, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskGetLocalAddress(listener, &address.Any, Irp)), STATUS_SUCCESS);
    port = Swap(address.V4.sin_port);
    EXPECT_EQ(SYNC(NULL, STREAM(listener)->WskConnect(listener, &address.Any, 0, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, STREAM(client)->WskBind(client, Wildcard(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, STREAM(client)->WskConnect(client, Loopback(&address, AF_INET, port), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, STREAM(client)->WskListen(client, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(&server, STREAM(listener)->WskAccept(listener, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_dual_mode_listener_sees_ipv4_peers_as_mapped)
{
    PWSK_SOCKET listener = NewSocket(AF_INET6, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, NULL);
    PWSK_SOCKET v4, v6;
    ADDRESS address, remote;
    ULONG_PTR server = 0;
    USHORT port;

    REQUIRE(listener != NULL);
    EXPECT_EQ(SetUlong(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskBind(listener, Wildcard(&address, AF_INET6, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(listener, IPPROTO_IPV6, IPV6_V6ONLY, 1), STATUS_INVALID_DEVICE_STATE);
    port = PortOf(listener, WSK_FLAG_LISTEN_SOCKET);
    v4 = Connect(AF_INET, port, NULL, NULL);
    REQUIRE(v4 != NULL);
    EXPECT_EQ(SYNC(&server, LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, &address.Any, &remote.Any, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(remote.V6.sin6_family, AF_INET6);
    EXPECT(IN6_IS_ADDR_V4MAPPED(&remote.V6.sin6_addr));
    EXPECT_EQ(((UCHAR *)&remote.V6.sin6_addr)[12], 127);
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)server), STATUS_SUCCESS);
    v6 = Connect(AF_INET6, port, NULL, NULL);
    REQUIRE(v6 != NULL);
    EXPECT_EQ(SYNC(&server, LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, &address.Any, &remote.Any, Irp)), STATUS_SUCCESS);
    EXPECT(IN6_IS_ADDR_LOOPBACK(&remote.V6.sin6_addr));
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(v4), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(v6), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_paused_listener_resets_who_knocks)
{
    PWSK_SOCKET listener, client, server;
    USHORT port;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_PAUSE_ACCEPT, 1), STATUS_SUCCESS);
    EXPECT(Connect(AF_INET, port, NULL, NULL) == NULL);
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_PAUSE_ACCEPT, 0), STATUS_SUCCESS);
    client = Connect(AF_INET, port, NULL, NULL);
    server = Accept(listener, NULL, NULL);
    EXPECT(client != NULL && server != NULL);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(connections_wait_until_they_are_taken)
{
    PWSK_SOCKET listener, clients[5], servers[5];
    ULONG_PTR got;
    char text[8];
    USHORT port;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    for (int i = 0; i < 5; i++) {
        char name[2] = {(char)('a' + i), 0};

        clients[i] = Connect(AF_INET, port, NULL, NULL);
        REQUIRE(clients[i] != NULL);
        EXPECT_EQ(Send(clients[i], name), STATUS_SUCCESS);
    }
    for (int i = 0; i < 5; i++) {
        servers[i] = Accept(listener, NULL, NULL);
        REQUIRE(servers[i] != NULL);
        EXPECT_EQ(Receive(servers[i], text, 4, 0, &got), STATUS_SUCCESS);
        EXPECT_EQ(text[0], 'a' + i);
    }
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(CloseSocket(clients[i]), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(servers[i]), STATUS_SUCCESS);
    }
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}
