/* redirect.sys from the outside: clients that it sends elsewhere, a proxy for which it restores, a target that changes.
 * docs: network/using-bind-or-connect-redirection
 * run after: redirect */
#include "wsk_helpers.h"
#include <mstcpip.h>

#include "../../drivers/redirect/ioctl.h"

static HANDLE file;

static NTSTATUS Control(ULONG code, PVOID in, ULONG inSize, PVOID out, ULONG outSize)
{
    IO_STATUS_BLOCK iosb;

    return ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, code, in, inSize, out, outSize);
}

static NTSTATUS Target(USHORT port, USHORT to)
{
    REDIRECT_TARGET target = { port, to, { 127, 0, 0, 1 } };

    return Control(IOCTL_REDIRECT_SET_TARGET, &target, sizeof(target), NULL, 0);
}

static REDIRECT_COUNTERS Count(void)
{
    REDIRECT_COUNTERS counters = { 0 };

    EXPECT_EQ(Control(IOCTL_REDIRECT_COUNTERS, NULL, 0, &counters, sizeof(counters)), STATUS_SUCCESS);
    return counters;
}

TEST_SETUP(open_all)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\DosDevices\\Redirect");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_EQ(ZwCreateFile(&file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
                           FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
              STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    if (file != NULL) {
        EXPECT_EQ(Target(0, 0), STATUS_SUCCESS);
        ZwClose(file);
    }
    CloseWsk();
}

/* A connection socket that is bound, to be connected. */
static PWSK_SOCKET NewClient(void)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    ADDRESS any;

    if (socket != NULL)
        EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&any, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    return socket;
}

static NTSTATUS ConnectTo(PWSK_SOCKET socket, USHORT port)
{
    ADDRESS remote;

    return SYNC(NULL, CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Irp));
}

/* Connects to a port, expects to arrive at the listener, and goes. */
static void ArrivesAt(USHORT port, PWSK_SOCKET listener)
{
    PWSK_SOCKET client = NewClient(), accepted;

    REQUIRE(client != NULL);
    EXPECT_EQ(ConnectTo(client, port), STATUS_SUCCESS);
    accepted = Accept(listener, NULL, NULL);
    EXPECT(accepted != NULL);
    if (accepted != NULL)
        EXPECT_EQ(CloseSocket(accepted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
}

TEST_CASE(the_target_is_read_as_it_was_set)
{
    REDIRECT_TARGET target = { 7001, 7002, { 10, 1, 2, 3 } }, read = { 0 };

    EXPECT_EQ(Control(IOCTL_REDIRECT_SET_TARGET, &target, sizeof(target), NULL, 0), STATUS_SUCCESS);
    EXPECT_EQ(Control(IOCTL_REDIRECT_GET_TARGET, NULL, 0, &read, sizeof(read)), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(&target, &read, sizeof(read)));
    EXPECT_EQ(Control(IOCTL_REDIRECT_SET_TARGET, &target, sizeof(target) - 1, NULL, 0), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(Control(IOCTL_REDIRECT_GET_TARGET, NULL, 0, &read, sizeof(read) - 1), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(Target(7001, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Control(CTL_CODE(FILE_DEVICE_NETWORK, 0x8ff, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0),
              STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(connects_follow_the_target_as_it_changes)
{
    USHORT wanted, first, second;
    PWSK_SOCKET server = NewListener(AF_INET, NULL, NULL, &wanted), one = NewListener(AF_INET, NULL, NULL, &first),
                two = NewListener(AF_INET, NULL, NULL, &second);
    REDIRECT_COUNTERS before = Count(), after;

    REQUIRE(server != NULL && one != NULL && two != NULL);
    ArrivesAt(wanted, server);
    EXPECT_EQ(Target(wanted, first), STATUS_SUCCESS);
    ArrivesAt(wanted, one);
    ArrivesAt(first, one);
    EXPECT_EQ(Target(wanted, second), STATUS_SUCCESS);
    ArrivesAt(wanted, two);
    EXPECT_EQ(Target(0, 0), STATUS_SUCCESS);
    ArrivesAt(wanted, server);
    after = Count();
    EXPECT_EQ(after.Redirected - before.Redirected, 2);
    EXPECT_EQ(after.Restored, before.Restored);
    EXPECT_EQ(CloseSocket(two), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(one), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
}

/* What the proxy asks of the connection it has accepted, and its own socket with the records. */
static PWSK_SOCKET SocketOfProxy(PWSK_SOCKET from_client, SOCKADDR_IN *wanted)
{
    UCHAR records[1024];
    PWSK_SOCKET socket = NewClient();
    ULONG_PTR got = 0;

    EXPECT_EQ(SYNC(&got, BASIC(from_client)->WskControlSocket(from_client, WskIoctl, SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT, 0, 0, NULL,
                                                              sizeof(*wanted), wanted, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(got, sizeof(*wanted));
    EXPECT_EQ(SYNC(&got, BASIC(from_client)->WskControlSocket(from_client, WskIoctl, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, 0, 0, NULL,
                                                              sizeof(records), records, NULL, Irp)),
              STATUS_SUCCESS);
    if (socket != NULL)
        EXPECT_EQ(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS, 0, got, records, 0,
                                                             NULL, NULL, Irp)),
                  STATUS_SUCCESS);
    return socket;
}

TEST_CASE(a_proxy_learns_what_the_client_wanted_and_is_let_through)
{
    USHORT wanted, port;
    PWSK_SOCKET server = NewListener(AF_INET, NULL, NULL, &wanted), proxy = NewListener(AF_INET, NULL, NULL, &port), client, from_client,
                to_server, at_server;
    REDIRECT_COUNTERS before = Count(), after;
    SOCKADDR_IN address = { 0 };
    ULONG_PTR got = 0;
    char text[16];

    REQUIRE(server != NULL && proxy != NULL);
    EXPECT_EQ(Target(wanted, port), STATUS_SUCCESS);
    client = NewClient();
    EXPECT_EQ(ConnectTo(client, wanted), STATUS_SUCCESS);
    from_client = Accept(proxy, NULL, NULL);
    REQUIRE(from_client != NULL);
    to_server = SocketOfProxy(from_client, &address);
    REQUIRE(to_server != NULL);
    EXPECT_EQ(Swap(address.sin_port), wanted);
    EXPECT_EQ(address.sin_addr.S_un.S_addr, 0x0100007f);
    EXPECT_EQ(SYNC(NULL, CONNECTION(to_server)->WskConnect(to_server, (PSOCKADDR)&address, 0, Irp)), STATUS_SUCCESS);
    at_server = Accept(server, NULL, NULL);
    REQUIRE(at_server != NULL);
    EXPECT_EQ(Send(client, "to"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(from_client, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(Send(to_server, "fro"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(at_server, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 3);
    after = Count();
    EXPECT_EQ(after.Redirected - before.Redirected, 1);
    EXPECT_EQ(after.Restored - before.Restored, 1);
    EXPECT_EQ(CloseSocket(at_server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to_server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(from_client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(proxy), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
}

static struct {
    KEVENT Stop;
    USHORT Port, First, Second;
    volatile LONG Changes;
} Changing;

static VOID NTAPI ChangeTargets(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    while (Poll(&Changing.Stop) != STATUS_SUCCESS) {
        EXPECT_EQ(Target(Changing.Port, Changing.Changes & 1 ? Changing.First : Changing.Second), STATUS_SUCCESS);
        Changing.Changes++;
        Sleep(1);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Both listeners serve the same, so that a client arrives wherever it is sent. */
TEST_CASE(clients_are_redirected_while_the_target_changes)
{
    PWSK_SOCKET one = NewListener(AF_INET, NULL, NULL, &Changing.First), two = NewListener(AF_INET, NULL, NULL, &Changing.Second);
    REDIRECT_COUNTERS before = Count(), after;
    PKTHREAD thread;
    enum { CLIENTS = 20 };

    REQUIRE(one != NULL && two != NULL);
    Changing.Port = 7099;
    Changing.Changes = 0;
    KeInitializeEvent(&Changing.Stop, NotificationEvent, FALSE);
    EXPECT_EQ(Target(Changing.Port, Changing.First), STATUS_SUCCESS);
    thread = StartThread(ChangeTargets, NULL);
    REQUIRE(thread != NULL);
    for (int n = 0; n < CLIENTS; n++) {
        PWSK_SOCKET client = NewClient();

        REQUIRE(client != NULL);
        EXPECT_EQ(ConnectTo(client, Changing.Port), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
        Sleep(1);
    }
    KeSetEvent(&Changing.Stop, IO_NO_INCREMENT, FALSE);
    JoinThread(thread);
    after = Count();
    EXPECT_EQ(after.Redirected - before.Redirected, CLIENTS);
    EXPECT(Changing.Changes > 1);
    EXPECT_EQ(CloseSocket(two), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(one), STATUS_SUCCESS);
}
