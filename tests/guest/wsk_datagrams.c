/* Datagram sockets over loopback. docs: wsk/nc-wsk-pfn_wsk_send_to, wsk/nc-wsk-pfn_wsk_receive_from,
 * wsk/nc-wsk-pfn_wsk_receive_from_event, network/sio-wsk-set-remote-address */
#include "wsk_helpers.h"

static LONG Events, Datagrams;
static NTSTATUS Answer;
static PWSK_DATAGRAM_INDICATION Kept;
static ULONG SeenFlags;
static USHORT SeenPort;

static NTSTATUS WSKAPI OnReceiveFrom(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    Events++;
    SeenFlags = flags;
    SeenPort = Swap(((PSOCKADDR_IN)list->RemoteAddress)->sin_port);
    if (Answer == STATUS_SUCCESS)
        for (PWSK_DATAGRAM_INDICATION at = list; at != NULL; at = at->Next)
            Datagrams++;
    if (Answer == STATUS_PENDING)
        Kept = list;
    return Answer;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH DatagramEvents = {OnReceiveFrom};

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

static PWSK_SOCKET NewDatagram(ADDRESS_FAMILY family, USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(family, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, &DatagramEvents);
    ADDRESS address;

    Events = Datagrams = 0;
    Answer = STATUS_SUCCESS;
    if (socket == NULL)
        return NULL;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, family, 0), 0, Irp)), STATUS_SUCCESS);
    *port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    return socket;
}

static NTSTATUS SendTo(PWSK_SOCKET socket, PSOCKADDR to, const char *text)
{
    SIZE_T size = strlen(text);
    ULONG_PTR sent = 0;
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, text, size);
    status = SYNC(&sent, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, to, 0, NULL, Irp));
    if (NT_SUCCESS(status))
        EXPECT_EQ(sent, size);
    CloseBuffer(&buffer);
    return status;
}

static void Exchange(ADDRESS_FAMILY family)
{
    USHORT port_a, port_b;
    PWSK_SOCKET a = NewDatagram(family, &port_a), b = NewDatagram(family, &port_b);
    ULONG flags = 0xffff;
    ADDRESS to, from;
    ULONG_PTR got = 0;
    BUFFER buffer;

    REQUIRE(a != NULL && b != NULL && OpenBuffer(&buffer, 64));
    EXPECT_EQ(SendTo(a, Loopback(&to, family, port_b), "datagram"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, DATAGRAM(b)->WskReceiveFrom(b, &buffer.Wsk, 0, &from.Any, NULL, NULL, &flags, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 8);
    EXPECT_EQ(flags, 0);
    EXPECT(RtlCompareMemory(buffer.Data, "datagram", 8) == 8);
    EXPECT_EQ(from.Any.sa_family, family);
    EXPECT_EQ(Swap(from.V4.sin_port), port_a);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(a), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(b), STATUS_SUCCESS);
}

TEST_CASE(a_datagram_arrives_over_ipv4)
{
    Exchange(AF_INET);
}

TEST_CASE(a_datagram_arrives_over_ipv6)
{
    Exchange(AF_INET6);
}

TEST_CASE(a_receive_waits_and_takes_one_datagram)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    ULONG_PTR got;
    BUFFER buffer;
    ADDRESS to;
    CALL call;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 64));
    EXPECT_EQ(DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "one"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, &to.Any, "second"), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 3);
    EXPECT_EQ(SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 6);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_datagram_that_does_not_fit_is_truncated)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    ULONG flags = 0;
    ULONG_PTR got = 0;
    BUFFER buffer;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 4));
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "too long"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, &to.Any, "next"), STATUS_SUCCESS);
    SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, NULL, NULL, &flags, Irp));
    EXPECT_EQ(got, 4);
    EXPECT_EQ(flags, MSG_TRUNC);
    EXPECT_EQ(SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, NULL, NULL, &flags, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(flags, 0);
    EXPECT(RtlCompareMemory(buffer.Data, "next", 4) == 4);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(control_information_tells_where_a_datagram_arrived)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    union {
        UCHAR Bytes[128];
        SIZE_T Align;
    } control;
    ULONG size = sizeof(control), flags = 0;
    PCMSGHDR header = (PCMSGHDR)&control;
    BUFFER buffer;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 16));
    EXPECT_EQ(SetUlong(socket, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "where"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, &size, header, &flags, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(size, WSA_CMSG_SPACE(sizeof(IN_PKTINFO)));
    EXPECT_EQ(header->cmsg_level, IPPROTO_IP);
    EXPECT_EQ(header->cmsg_type, IP_PKTINFO);
    EXPECT_EQ(((PIN_PKTINFO)WSA_CMSG_DATA(header))->ipi_addr.S_un.S_addr, 0x0100007f);
    EXPECT(((PIN_PKTINFO)WSA_CMSG_DATA(header))->ipi_ifindex != 0);
    EXPECT_EQ(flags, 0);
    EXPECT_EQ(SendTo(socket, &to.Any, "where"), STATUS_SUCCESS);
    size = 8;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, &size, header, &flags, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(flags, MSG_CTRUNC);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(messages_of_a_list_are_sent_one_by_one)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    WSK_BUF_LIST first, second;
    ULONG_PTR count = 0;
    BUFFER a, b, in;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&a, 3) && OpenBuffer(&b, 5) && OpenBuffer(&in, 16));
    first.Next = &second;
    first.Buffer = a.Wsk;
    second.Next = NULL;
    second.Buffer = b.Wsk;
    EXPECT_EQ(SYNC(&count, DATAGRAM(socket)->WskSendMessages(socket, &first, 0, Loopback(&to, AF_INET, port), 0, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(count, 8);
    EXPECT_EQ(SYNC(&count, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(SYNC(&count, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(count, 5);
    CloseBuffer(&a);
    CloseBuffer(&b);
    CloseBuffer(&in);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

static NTSTATUS Fix(PWSK_SOCKET socket, ULONG code, ADDRESS *address)
{
    return SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskIoctl, code, 0, address != NULL ? sizeof(SOCKADDR_IN) : 0, address, 0,
                                                      NULL, NULL, Irp));
}

TEST_CASE(a_fixed_remote_address_filters_and_is_the_default)
{
    USHORT port_a, port_b, port_c;
    PWSK_SOCKET a = NewDatagram(AF_INET, &port_a), b = NewDatagram(AF_INET, &port_b), c = NewDatagram(AF_INET, &port_c);
    ADDRESS to_a, to_b;
    ULONG_PTR got = 0;
    BUFFER buffer;

    REQUIRE(a != NULL && b != NULL && c != NULL && OpenBuffer(&buffer, 16));
    EXPECT_EQ(SendTo(a, NULL, "nowhere"), STATUS_INVALID_PARAMETER);
    Loopback(&to_a, AF_INET, port_a);
    Loopback(&to_b, AF_INET, port_b);
    EXPECT_EQ(Fix(a, SIO_WSK_SET_REMOTE_ADDRESS, &to_b), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(a, NULL, "default"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, DATAGRAM(b)->WskReceiveFrom(b, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 7);
    EXPECT_EQ(SendTo(c, &to_a.Any, "stranger"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(b, &to_a.Any, "friend"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, DATAGRAM(a)->WskReceiveFrom(a, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 6);
    EXPECT_EQ(Fix(a, SIO_WSK_SET_REMOTE_ADDRESS, NULL), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(c, &to_a.Any, "stranger"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, DATAGRAM(a)->WskReceiveFrom(a, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 8);
    EXPECT_EQ(Fix(a, SIO_WSK_SET_SENDTO_ADDRESS, &to_b), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(a, NULL, "again"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(c, &to_a.Any, "welcome"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, DATAGRAM(a)->WskReceiveFrom(a, &buffer.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 7);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(a), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(b), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(c), STATUS_SUCCESS);
}

TEST_CASE(the_receive_from_event_shows_datagrams)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    ADDRESS to;

    REQUIRE(socket != NULL);
    EXPECT_EQ(SetEvents(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "one"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, &to.Any, "two"), STATUS_SUCCESS);
    EVENTUALLY(Datagrams == 2);
    EXPECT_EQ(SeenPort, port);
    EXPECT_EQ(SeenFlags & (MSG_BCAST | MSG_MCAST), 0);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(datagrams_that_are_not_accepted_wait_for_the_event_to_be_enabled_again)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    ADDRESS to;

    REQUIRE(socket != NULL);
    Answer = STATUS_DATA_NOT_ACCEPTED;
    EXPECT_EQ(SetEvents(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "one"), STATUS_SUCCESS);
    EVENTUALLY(Events == 1);
    EXPECT_EQ(SendTo(socket, &to.Any, "two"), STATUS_SUCCESS);
    EXPECT_EQ(Events, 1);
    Answer = STATUS_SUCCESS;
    EXPECT_EQ(SetEvents(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    EVENTUALLY(Datagrams == 2);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(kept_datagrams_are_released)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    ADDRESS to;

    REQUIRE(socket != NULL);
    Answer = STATUS_PENDING;
    Kept = NULL;
    EXPECT_EQ(SetEvents(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(socket, Loopback(&to, AF_INET, port), "one"), STATUS_SUCCESS);
    EVENTUALLY(Kept != NULL);
    EXPECT_EQ(Kept->Buffer.Length, 3);
    EXPECT_EQ(DATAGRAM(socket)->WskRelease(socket, Kept), STATUS_SUCCESS);
    EXPECT_EQ(DATAGRAM(socket)->WskRelease(socket, Kept), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(sending_needs_a_bind_and_sane_parameters)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS to, wrong, local;
    BUFFER big;

    REQUIRE(socket != NULL && OpenBuffer(&big, 65536));
    Loopback(&to, AF_INET, 9);
    EXPECT_EQ(SendTo(socket, &to.Any, "x"), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskGetLocalAddress(socket, &local.Any, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 1, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET6, 0), 0, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SendTo(socket, Loopback(&wrong, AF_INET6, 9), "x"), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &big.Wsk, 1, &to.Any, 0, NULL, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &big.Wsk, 0, &to.Any, 0, NULL, Irp))));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &big.Wsk, 1, NULL, NULL, NULL, NULL, Irp)), STATUS_INVALID_PARAMETER);
    CloseBuffer(&big);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_raw_socket_pings_this_computer)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    static const UCHAR request[8] = {8, 0, 0xf7, 0xfc, 0, 1, 0, 2};       /* echo request, checksum, identifier, sequence */
    BOOLEAN answered = FALSE;
    ADDRESS address;
    BUFFER out, in;
    ULONG_PTR got;

    REQUIRE(socket != NULL && OpenBuffer(&out, sizeof(request)) && OpenBuffer(&in, 128));
    RtlCopyMemory(out.Data, request, sizeof(request));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &out.Wsk, 0, Loopback(&address, AF_INET, 0), 0, NULL, Irp)), STATUS_SUCCESS);
    for (int i = 0; i < 2 && !answered; i++) {      /* the request itself comes by, too */
        EXPECT_EQ(SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
        EXPECT_EQ(got, 28);             /* behind an IP header */
        answered = in.Data[20] == 0;
    }
    EXPECT(answered);
    CloseBuffer(&out);
    CloseBuffer(&in);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_chain_of_many_mdls_is_one_datagram)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    PMDL mdls[50] = {0};
    BUFFER data, in;
    WSK_BUF chain;
    ULONG_PTR got = 0;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&data, 100) && OpenBuffer(&in, 200));
    for (int i = 0; i < 100; i++)
        data.Data[i] = (UCHAR)i;
    for (int i = 0; i < 50; i++) {
        mdls[i] = IoAllocateMdl(data.Data + 2 * i, 2, FALSE, FALSE, NULL);
        REQUIRE(mdls[i] != NULL);
        MmBuildMdlForNonPagedPool(mdls[i]);
        if (i > 0)
            mdls[i - 1]->Next = mdls[i];
    }
    chain.Mdl = mdls[0];
    chain.Offset = 1;
    chain.Length = 98;
    EXPECT_EQ(SYNC(&got, DATAGRAM(socket)->WskSendTo(socket, &chain, 0, Loopback(&to, AF_INET, port), 0, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 98);
    EXPECT_EQ(SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(got, 98);
    EXPECT(RtlCompareMemory(in.Data, data.Data + 1, 98) == 98);
    for (int i = 0; i < 50; i++)
        IoFreeMdl(mdls[i]);
    CloseBuffer(&data);
    CloseBuffer(&in);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

/* What is sent with a datagram, and by which type it is told. */
typedef struct _TOLD {
    int Level;
    ULONG Option, SentAs, ReceivedAs;
    INT Sent, Received;
} TOLD;

static void SendAndBeTold(ADDRESS_FAMILY family, const TOLD *told)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(family, &port);
    union {
        UCHAR Bytes[64];
        SIZE_T Align;
    } control;
    PCMSGHDR header = (PCMSGHDR)&control;
    ULONG size = sizeof(control);
    BUFFER buffer;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 16));
    EXPECT_EQ(SetUlong(socket, told->Level, told->Option, 1), STATUS_SUCCESS);
    RtlZeroMemory(&control, sizeof(control));
    header->cmsg_len = WSA_CMSG_LEN(sizeof(INT));
    header->cmsg_level = told->Level;
    header->cmsg_type = (INT)told->SentAs;
    *(INT *)WSA_CMSG_DATA(header) = told->Sent;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&to, family, port), WSA_CMSG_SPACE(sizeof(INT)),
                                                     header, Irp)),
              STATUS_SUCCESS);
    RtlZeroMemory(&control, sizeof(control));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, &size, header, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(header->cmsg_level, told->Level);
    EXPECT_EQ(header->cmsg_type, (INT)told->ReceivedAs);
    EXPECT_EQ(*(INT *)WSA_CMSG_DATA(header), told->Received);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_time_to_live_is_told_as_ip_ttl)
{
    SendAndBeTold(AF_INET, &(TOLD){IPPROTO_IP, IP_RECVTTL, IP_TTL, IP_TTL, 9, 9});
}

TEST_CASE(a_type_of_service_is_told_as_ip_tos)
{
    SendAndBeTold(AF_INET, &(TOLD){IPPROTO_IP, IP_RECVTOS, IP_TOS, IP_TOS, 0xb8, 0xb8});
}

TEST_CASE(congestion_marks_go_with_the_datagram)
{
    SendAndBeTold(AF_INET, &(TOLD){IPPROTO_IP, IP_ECN, IP_ECN, IP_ECN, 2, 2});
    SendAndBeTold(AF_INET6, &(TOLD){IPPROTO_IPV6, IPV6_ECN, IPV6_ECN, IPV6_ECN, 1, 1});
    SendAndBeTold(AF_INET, &(TOLD){IPPROTO_IP, IP_RECVTOS, IP_ECN, IP_TOS, 3, 3});
}

TEST_CASE(a_hop_limit_goes_with_the_datagram)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET6, &port);
    union {
        UCHAR Bytes[64];
        SIZE_T Align;
    } control;
    PCMSGHDR header = (PCMSGHDR)&control;
    ULONG size = sizeof(control);
    BUFFER buffer;
    ADDRESS to;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 16));
    EXPECT_EQ(SetUlong(socket, IPPROTO_IPV6, IPV6_HOPLIMIT, 1), STATUS_SUCCESS);
    RtlZeroMemory(&control, sizeof(control));
    header->cmsg_len = WSA_CMSG_LEN(sizeof(INT));
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_HOPLIMIT;
    *(INT *)WSA_CMSG_DATA(header) = 17;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&to, AF_INET6, port), WSA_CMSG_SPACE(sizeof(INT)),
                                                     header, Irp)),
              STATUS_SUCCESS);
    RtlZeroMemory(&control, sizeof(control));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, &size, header, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(header->cmsg_type, IPV6_HOPLIMIT);
    EXPECT_EQ(*(INT *)WSA_CMSG_DATA(header), 17);
    header->cmsg_len = 3;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, &to.Any, sizeof(CMSGHDR), header, Irp)),
              STATUS_INVALID_PARAMETER);
    header->cmsg_len = WSA_CMSG_LEN(0);
    header->cmsg_level = 99;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, &to.Any, sizeof(CMSGHDR), header, Irp)),
              STATUS_NOT_SUPPORTED);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(datagrams_beyond_the_receive_buffer_are_dropped)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(AF_INET, &port);
    BUFFER big, in;
    ADDRESS to;
    CALL call;

    REQUIRE(socket != NULL && OpenBuffer(&big, 1000) && OpenBuffer(&in, 2000));
    EXPECT_EQ(SetUlong(socket, SOL_SOCKET, SO_RCVBUF, 2500), STATUS_SUCCESS);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &big.Wsk, 0, Loopback(&to, AF_INET, port), 0, NULL, Irp)),
                  STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(DATAGRAM(socket)->WskReceiveFrom(socket, &in.Wsk, 0, NULL, NULL, NULL, NULL, Begin(&call)), STATUS_PENDING);
    EXPECT(IoCancelIrp(call.Irp));
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
    CloseBuffer(&big);
    CloseBuffer(&in);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}
