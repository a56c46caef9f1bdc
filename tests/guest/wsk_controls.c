/* Options and control operations of sockets and of the client. docs: wsk/nc-wsk-pfn_wsk_control_socket,
 * wsk/nc-wsk-pfn_wsk_control_client and the pages of each option */
#include "wsk_helpers.h"

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

static NTSTATUS Control(ULONG code, SIZE_T in_size, PVOID in, SIZE_T out_size, PVOID out, SIZE_T *returned)
{
    return Npi.Dispatch->WskControlClient(Npi.Client, code, in_size, in, out_size, out, returned, NULL);
}

TEST_CASE(the_transport_list_says_its_size_and_its_content)
{
    WSK_TRANSPORT *list;
    BOOLEAN tcp = FALSE, udp6 = FALSE;
    SIZE_T size = 0;
    CALL call;

    EXPECT_EQ(Control(WSK_TRANSPORT_LIST_QUERY, 0, NULL, 0, NULL, &size), STATUS_BUFFER_OVERFLOW);
    REQUIRE(size > 0 && size % sizeof(WSK_TRANSPORT) == 0);
    list = (WSK_TRANSPORT *)ExAllocatePool2(POOL_FLAG_NON_PAGED, size, WSK_TEST_TAG);
    REQUIRE(list != NULL);
    EXPECT_EQ(Control(WSK_TRANSPORT_LIST_QUERY, 0, NULL, size, list, &size), STATUS_SUCCESS);
    for (SIZE_T i = 0; i < size / sizeof(WSK_TRANSPORT); i++) {
        tcp = tcp || (list[i].AddressFamily == AF_INET && list[i].SocketType == SOCK_STREAM && list[i].Protocol == IPPROTO_TCP);
        udp6 = udp6 || (list[i].AddressFamily == AF_INET6 && list[i].SocketType == SOCK_DGRAM && list[i].Protocol == IPPROTO_UDP);
    }
    EXPECT(tcp && udp6);
    ExFreePoolWithTag(list, WSK_TEST_TAG);
    EXPECT_EQ(Npi.Dispatch->WskControlClient(Npi.Client, WSK_TRANSPORT_LIST_QUERY, 0, NULL, 0, NULL, &size, Begin(&call)),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Finish(&call, NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_transport_list_change_waits_and_can_be_cancelled)
{
    CALL call;

    EXPECT_EQ(Control(WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Npi.Dispatch->WskControlClient(Npi.Client, WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL, NULL, Begin(&call)),
              STATUS_PENDING);
    EXPECT(!IsDone(&call));
    EXPECT(IoCancelIrp(call.Irp));
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
}

TEST_CASE(unknown_control_codes_are_refused)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, NULL, NULL);
    ULONG value = 0;

    REQUIRE(socket != NULL);
    EXPECT_EQ(Control(77, 0, NULL, 0, NULL, NULL), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(GetUlong(socket, SOL_SOCKET, 0x7777, &value), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(GetUlong(socket, 0x7777, 1, &value), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskIoctl, 0x7777, 0, 0, NULL, 0, NULL, NULL, Irp)),
              STATUS_NOT_SUPPORTED);
    EXPECT_EQ(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskControlMax, 0, 0, 0, NULL, 0, NULL, NULL, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_security_descriptor_is_cached_and_released)
{
    PSECURITY_DESCRIPTOR given, cached = NULL, again = NULL;
    SECURITY_DESCRIPTOR descriptor;
    ULONG_PTR socket = 0;

    EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    given = &descriptor;
    EXPECT_EQ(Control(WSK_CACHE_SD, sizeof(given), &given, sizeof(cached), &cached, NULL), STATUS_SUCCESS);
    REQUIRE(cached != NULL);
    EXPECT_EQ(SYNC(&socket, Npi.Dispatch->WskSocket(Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL,
                                                    NULL, NULL, given, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(&socket, Npi.Dispatch->WskSocket(Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL,
                                                    NULL, NULL, cached, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, BASIC((PWSK_SOCKET)socket)->WskControlSocket((PWSK_SOCKET)socket, WskGetOption, SO_WSK_SECURITY, SOL_SOCKET, 0,
                                                                     NULL, sizeof(again), &again, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT(again == cached);
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)socket), STATUS_SUCCESS);
    EXPECT_EQ(Control(WSK_RELEASE_SD, sizeof(cached), &cached, 0, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Control(WSK_RELEASE_SD, sizeof(cached), &cached, 0, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Control(WSK_RELEASE_SD, sizeof(cached), &cached, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
}

static const struct {
    ADDRESS_FAMILY Family;
    USHORT Type;
    ULONG Protocol, Flags;
    NTSTATUS Status;
} Kinds[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, STATUS_SUCCESS},
    {AF_INET6, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, STATUS_SUCCESS},
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET, STATUS_SUCCESS},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, STATUS_SUCCESS},
    {AF_INET, SOCK_RAW, IPPROTO_ICMP, WSK_FLAG_DATAGRAM_SOCKET, STATUS_SUCCESS},
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET, STATUS_INVALID_PARAMETER},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET, STATUS_INVALID_PARAMETER},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_LISTEN_SOCKET, STATUS_INVALID_PARAMETER},
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET | WSK_FLAG_CONNECTION_SOCKET, STATUS_INVALID_PARAMETER},
    {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET, STATUS_NOT_SUPPORTED},
    {AF_APPLETALK, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, STATUS_NOT_SUPPORTED},
    {AF_INET, SOCK_RDM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, STATUS_NOT_SUPPORTED},
};

TEST_CASE(sockets_of_every_kind_are_made_or_refused)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(Kinds); i++) {
        ULONG_PTR socket = 0;
        NTSTATUS status = SYNC(&socket, Npi.Dispatch->WskSocket(Npi.Client, Kinds[i].Family, Kinds[i].Type, Kinds[i].Protocol,
                                                                Kinds[i].Flags, NULL, NULL, NULL, NULL, NULL, Irp));

        EXPECT_EQ(status, Kinds[i].Status);
        if (NT_SUCCESS(status))
            EXPECT_EQ(CloseSocket((PWSK_SOCKET)socket), STATUS_SUCCESS);
        else
            EXPECT_EQ(socket, 0);
    }
}

static void Flag(PWSK_SOCKET socket, ULONG level, ULONG option, ULONG before, ULONG set)
{
    ULONG value = 77;

    EXPECT_EQ(GetUlong(socket, level, option, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, before);
    EXPECT_EQ(SetUlong(socket, level, option, set), STATUS_SUCCESS);
    EXPECT_EQ(GetUlong(socket, level, option, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, set);
}

TEST_CASE(options_have_their_documented_defaults_and_keep_what_is_set)
{
    PWSK_SOCKET stream = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    PWSK_SOCKET datagram = NewSocket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);

    REQUIRE(stream != NULL && datagram != NULL);
    Flag(stream, SOL_SOCKET, SO_KEEPALIVE, 0, 1);
    Flag(stream, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 0, 1);
    Flag(stream, IPPROTO_TCP, TCP_NODELAY, 0, 1);
    Flag(stream, IPPROTO_TCP, TCP_FASTOPEN, 0, 1);
    Flag(stream, IPPROTO_TCP, TCP_KEEPIDLE, 7200, 60);
    Flag(stream, IPPROTO_TCP, TCP_KEEPINTVL, 1, 2);
    Flag(stream, IPPROTO_TCP, TCP_KEEPCNT, 10, 3);
    Flag(stream, IPPROTO_IP, IP_TTL, 128, 64);
    Flag(datagram, SOL_SOCKET, SO_BROADCAST, 0, 1);
    Flag(datagram, SOL_SOCKET, SO_REUSEADDR, 0, 1);
    Flag(datagram, IPPROTO_IPV6, IPV6_V6ONLY, 1, 0);
    Flag(datagram, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, 4);
    Flag(datagram, IPPROTO_IPV6, IPV6_PKTINFO, 0, 1);
    EXPECT_EQ(SetUlong(datagram, SOL_SOCKET, SO_RCVBUF, 4096), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(datagram, SOL_SOCKET, SO_KEEPALIVE, 1), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(SetUlong(stream, SOL_SOCKET, SO_BROADCAST, 1), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(CloseSocket(stream), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(datagram), STATUS_SUCCESS);
}

TEST_CASE(an_option_without_its_irp_or_buffer_is_refused)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    ULONG value = 1;

    REQUIRE(socket != NULL);
    EXPECT_EQ(BASIC(socket)->WskControlSocket(socket, WskSetOption, SO_KEEPALIVE, SOL_SOCKET, sizeof(value), &value, 0, NULL, NULL, NULL),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskSetOption, SO_KEEPALIVE, SOL_SOCKET, 0, NULL, 0, NULL, NULL, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskGetOption, SO_KEEPALIVE, SOL_SOCKET, 0, NULL, 1, &value,
                                                                  NULL, Irp))));
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_listener_hands_its_options_on)
{
    PWSK_SOCKET listener, client, server;
    ULONG value = 0;
    USHORT port;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_KEEPALIVE, 1), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_RCVBUF, 12345), STATUS_SUCCESS);
    client = Connect(AF_INET, port, NULL, NULL);
    server = Accept(listener, NULL, NULL);
    REQUIRE(client != NULL && server != NULL);
    EXPECT_EQ(GetUlong(server, SOL_SOCKET, SO_KEEPALIVE, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(GetUlong(server, SOL_SOCKET, SO_RCVBUF, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 12345);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(backlogs_are_told_of_connections_only)
{
    SIZE_T size = 77;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "queued"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, BASIC(pair.Server)->WskControlSocket(pair.Server, WskIoctl, SIO_WSK_QUERY_RECEIVE_BACKLOG, 0, 0, NULL,
                                                              sizeof(size), &size, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(size, 6);
    EXPECT_EQ(SYNC(NULL, BASIC(pair.Listener)->WskControlSocket(pair.Listener, WskIoctl, SIO_WSK_QUERY_RECEIVE_BACKLOG, 0, 0, NULL,
                                                                sizeof(size), &size, NULL, Irp)),
              STATUS_INVALID_DEVICE_REQUEST);
    ClosePair(&pair);
}

TEST_CASE(no_extension_interface_exists)
{
    static const NPIID id = {9, 9, 9, {9}};
    WSK_EXTENSION_CONTROL_IN in = {&id, NULL, NULL};
    WSK_EXTENSION_CONTROL_OUT out;
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, NULL, NULL);

    REQUIRE(socket != NULL);
    EXPECT_EQ(BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_WSK_REGISTER_EXTENSION, 0, sizeof(in), &in, sizeof(out), &out, NULL,
                                              NULL),
              STATUS_NOT_SUPPORTED);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(the_address_list_says_its_size_and_has_an_address)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, NULL, NULL);
    SOCKET_ADDRESS_LIST *list;
    SIZE_T size = 0;
    NTSTATUS status;

    REQUIRE(socket != NULL);
    status = BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_ADDRESS_LIST_QUERY, 0, 0, NULL, 0, NULL, &size, NULL);
    EXPECT_EQ(status, STATUS_BUFFER_OVERFLOW);
    REQUIRE(size >= sizeof(*list));
    list = (SOCKET_ADDRESS_LIST *)ExAllocatePool2(POOL_FLAG_NON_PAGED, size, WSK_TEST_TAG);
    REQUIRE(list != NULL);
    EXPECT_EQ(BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_ADDRESS_LIST_QUERY, 0, 0, NULL, size, list, &size, NULL),
              STATUS_SUCCESS);
    for (INT i = 0; i < list->iAddressCount; i++) {
        EXPECT_EQ(list->Address[i].lpSockaddr->sa_family, AF_INET);
        EXPECT_EQ(list->Address[i].iSockaddrLength, sizeof(SOCKADDR_IN));
    }
    ExFreePoolWithTag(list, WSK_TEST_TAG);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(addresses_are_shared_as_the_options_say)
{
    PWSK_SOCKET first = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    PWSK_SOCKET second = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;
    USHORT port;

    REQUIRE(first != NULL && second != NULL);
    EXPECT_EQ(SetUlong(first, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(first)->WskBind(first, Wildcard(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    port = PortOf(first, WSK_FLAG_DATAGRAM_SOCKET);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(second)->WskBind(second, Wildcard(&address, AF_INET, port), 0, Irp)), STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT_EQ(SetUlong(second, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(second)->WskBind(second, Wildcard(&address, AF_INET, port), 0, Irp)), STATUS_ACCESS_DENIED);
    EXPECT_EQ(CloseSocket(first), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(second)->WskBind(second, Wildcard(&address, AF_INET, port), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(second), STATUS_SUCCESS);
}

static SIZE_T Backlog(PWSK_SOCKET socket)
{
    SIZE_T size = 0;

    EXPECT_EQ(SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_WSK_QUERY_RECEIVE_BACKLOG, 0, 0, NULL, sizeof(size), &size,
                                                         NULL, Irp)),
              STATUS_SUCCESS);
    return size;
}

/* How much waits unread once the sender has sent all that the window takes, after `turns` windows were read. */
static SIZE_T FillAfter(PAIR *pair, BUFFER *sink, int turns)
{
    ULONG_PTR count = 0;

    for (int i = 0; i < turns; i++) {
        Sleep(600);
        while (Backlog(pair->Server) > 0 &&
               NT_SUCCESS(SYNC(&count, CONNECTION(pair->Server)->WskReceive(pair->Server, &sink->Wsk, 0, Irp))))
            ;
    }
    Sleep(600);
    return Backlog(pair->Server);
}

TEST_CASE(a_smaller_receive_buffer_holds_up_the_sender_earlier)
{
    SIZE_T whole, small;
    BUFFER big, sink;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 4 << 20) && OpenBuffer(&sink, 1 << 16));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&call));
    whole = FillAfter(&pair, &sink, 0);
    EXPECT_EQ(SetUlong(pair.Server, SOL_SOCKET, SO_RCVBUF, 1), STATUS_SUCCESS);
    small = FillAfter(&pair, &sink, 3);
    EXPECT(small < whole);
    EXPECT_EQ(CloseSocket(pair.Client), STATUS_SUCCESS);
    pair.Client = NULL;
    Finish(&call, NULL);
    CloseBuffer(&big);
    CloseBuffer(&sink);
    ClosePair(&pair);
}

TEST_CASE(silent_mode_is_for_connections_to_other_computers)
{
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(SYNC(NULL, BASIC(pair.Client)->WskControlSocket(pair.Client, WskIoctl, SIO_WSK_SET_TCP_SILENT_MODE, 0, 0, NULL, 0, NULL,
                                                              NULL, Irp)),
              STATUS_NOT_SUPPORTED);
    EXPECT_EQ(SYNC(NULL, BASIC(pair.Listener)->WskControlSocket(pair.Listener, WskIoctl, SIO_WSK_SET_TCP_SILENT_MODE, 0, 0, NULL, 0, NULL,
                                                                NULL, Irp)),
              STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(Send(pair.Client, "not silent"), STATUS_SUCCESS);
    ClosePair(&pair);
}

static NTSTATUS Ioctl(PWSK_SOCKET socket, ULONG code, PVOID in, SIZE_T size)
{
    return SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskIoctl, code, 0, size, in, 0, NULL, NULL, Irp));
}

TEST_CASE(control_codes_of_tcp_say_what_they_take)
{
    struct tcp_keepalive keepalive = {1, 5000, 500};
    PWSK_SOCKET datagram = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    PWSK_SOCKET stream = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    BOOLEAN on = TRUE;
    ULONG value = 0;

    REQUIRE(datagram != NULL && stream != NULL);
    EXPECT_EQ(Ioctl(stream, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive)), STATUS_SUCCESS);
    EXPECT_EQ(GetUlong(stream, SOL_SOCKET, SO_KEEPALIVE, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(GetUlong(stream, IPPROTO_TCP, TCP_KEEPIDLE, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 5);
    EXPECT_EQ(Ioctl(stream, SIO_KEEPALIVE_VALS, &keepalive, 4), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Ioctl(datagram, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive)), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(Ioctl(stream, SIO_LOOPBACK_FAST_PATH, &on, sizeof(on)), STATUS_SUCCESS);
    EXPECT_EQ(Ioctl(stream, SIO_LOOPBACK_FAST_PATH, NULL, 0), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(Ioctl(datagram, SIO_LOOPBACK_FAST_PATH, &on, sizeof(on)), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(Ioctl(stream, SIO_WSK_SET_REMOTE_ADDRESS, NULL, 0), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(Ioctl(datagram, SIO_WSK_SET_REMOTE_ADDRESS, NULL, 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Ioctl(stream, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, NULL, 0), STATUS_NOT_FOUND);
    EXPECT_EQ(CloseSocket(datagram), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(stream), STATUS_SUCCESS);
}
