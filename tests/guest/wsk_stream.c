/* Connections over loopback with WskSend, WskReceive and WskDisconnect. docs: wsk/nc-wsk-pfn_wsk_send,
 * wsk/nc-wsk-pfn_wsk_receive, wsk/nc-wsk-pfn_wsk_disconnect */
#include "wsk_helpers.h"

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

static void Echo(ADDRESS_FAMILY family)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;

    REQUIRE(OpenPair(&pair, family, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    EXPECT(strcmp(text, "hello") == 0);
    EXPECT_EQ(Send(pair.Server, "and back"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Client, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "and back") == 0);
    ClosePair(&pair);
}

TEST_CASE(bytes_go_both_ways_over_ipv4)
{
    Echo(AF_INET);
}

TEST_CASE(bytes_go_both_ways_over_ipv6)
{
    Echo(AF_INET6);
}

TEST_CASE(a_receive_waits_for_data)
{
    ULONG_PTR got;
    BUFFER buffer;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 16));
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call)), STATUS_PENDING);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(Send(pair.Client, "late"), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 4);
    EXPECT(RtlCompareMemory(buffer.Data, "late", 4) == 4);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(receives_are_served_in_order)
{
    BUFFER first, second;
    CALL one, two;
    ULONG_PTR got;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&first, 4));
    REQUIRE(OpenBuffer(&second, 4));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &first.Wsk, 0, Begin(&one));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &second.Wsk, 0, Begin(&two));
    EXPECT_EQ(Send(pair.Client, "onetwo"), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&one, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 4);
    EXPECT(RtlCompareMemory(first.Data, "onet", 4) == 4);
    EXPECT_EQ(Finish(&two, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 2);
    EXPECT(RtlCompareMemory(second.Data, "wo", 2) == 2);
    CloseBuffer(&first);
    CloseBuffer(&second);
    ClosePair(&pair);
}

TEST_CASE(waitall_fills_the_buffer)
{
    BUFFER buffer;
    ULONG_PTR got;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, WSK_FLAG_WAITALL, Begin(&call));
    EXPECT_EQ(Send(pair.Client, "half"), STATUS_SUCCESS);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(Send(pair.Client, "full"), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 8);
    EXPECT(RtlCompareMemory(buffer.Data, "halffull", 8) == 8);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(waitall_ends_with_the_connection)
{
    BUFFER buffer;
    ULONG_PTR got;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, WSK_FLAG_WAITALL, Begin(&call));
    EXPECT_EQ(Send(pair.Client, "half"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 4);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(drain_discards_until_the_end)
{
    WSK_BUF none = {NULL, 0, 0};
    ULONG_PTR got = 1;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &none, WSK_FLAG_DRAIN, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(Send(pair.Client, "nobody reads this"), STATUS_SUCCESS);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 0);
    ClosePair(&pair);
}

TEST_CASE(receive_refuses_flags_and_buffers_that_do_not_fit)
{
    WSK_BUF none = {NULL, 0, 0}, no_mdl = {NULL, 0, 4};
    BUFFER buffer;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &none, 0x80, Irp)), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &none, WSK_FLAG_WAITALL | WSK_FLAG_DRAIN, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, WSK_FLAG_DRAIN, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &no_mdl, 0, Irp)), STATUS_INVALID_PARAMETER);
    buffer.Wsk.Length = 9;
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Irp)), STATUS_INVALID_PARAMETER);
    buffer.Wsk.Length = 1;
    buffer.Wsk.Offset = 8;
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskSend(pair.Server, &buffer.Wsk, 0, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskSend(pair.Server, &none, 0x80, Irp)), STATUS_NOT_SUPPORTED);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(an_empty_send_and_an_empty_receive_succeed)
{
    WSK_BUF none = {NULL, 0, 0};
    ULONG_PTR count = 1;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(SYNC(&count, CONNECTION(pair.Client)->WskSend(pair.Client, &none, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(SYNC(&count, CONNECTION(pair.Client)->WskReceive(pair.Client, &none, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(count, 0);
    ClosePair(&pair);
}

TEST_CASE(chains_of_mdls_with_an_offset_are_one_buffer)
{
    BUFFER a, b, c, whole;
    ULONG_PTR count = 0;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&a, 7000) && OpenBuffer(&b, 1) && OpenBuffer(&c, 9000) && OpenBuffer(&whole, 16001 - 5));
    for (int i = 0; i < 7000; i++)
        a.Data[i] = (UCHAR)(i * 7);
    b.Data[0] = 0xb;
    for (int i = 0; i < 9000; i++)
        c.Data[i] = (UCHAR)(i * 11);
    a.Wsk.Mdl->Next = b.Wsk.Mdl;
    b.Wsk.Mdl->Next = c.Wsk.Mdl;
    a.Wsk.Offset = 5;
    a.Wsk.Length = 16001 - 5;
    CONNECTION(pair.Server)->WskReceive(pair.Server, &whole.Wsk, WSK_FLAG_WAITALL, Begin(&call));
    EXPECT_EQ(SYNC(&count, CONNECTION(pair.Client)->WskSend(pair.Client, &a.Wsk, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(count, 15996);
    EXPECT_EQ(Finish(&call, &count), STATUS_SUCCESS);
    EXPECT_EQ(count, 15996);
    EXPECT(RtlCompareMemory(whole.Data, a.Data + 5, 6995) == 6995);
    EXPECT_EQ(whole.Data[6995], 0xb);
    EXPECT(RtlCompareMemory(whole.Data + 6996, c.Data, 9000) == 9000);
    a.Wsk.Mdl->Next = b.Wsk.Mdl->Next = NULL;
    CloseBuffer(&a);
    CloseBuffer(&b);
    CloseBuffer(&c);
    CloseBuffer(&whole);
    ClosePair(&pair);
}

TEST_CASE(a_send_is_not_complete_before_the_peer_has_it)
{
    BUFFER big, sink;
    ULONG_PTR count = 0, total = 0;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 1 << 20) && OpenBuffer(&sink, 1 << 16));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&call));
    Sleep(50);
    EXPECT(!IsDone(&call));             /* the peer's window is smaller, and it reads nothing */
    while (total < 1 << 20 && NT_SUCCESS(SYNC(&count, CONNECTION(pair.Server)->WskReceive(pair.Server, &sink.Wsk, 0, Irp))))
        total += count;
    EXPECT_EQ(total, 1 << 20);
    EXPECT_EQ(Finish(&call, &count), STATUS_SUCCESS);
    EXPECT_EQ(count, 1 << 20);
    CloseBuffer(&big);
    CloseBuffer(&sink);
    ClosePair(&pair);
}

TEST_CASE(a_graceful_disconnect_sends_its_buffer_and_lets_the_peer_go_on)
{
    ULONG_PTR got;
    char text[64];
    BUFFER last;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&last, 3));
    RtlCopyMemory(last.Data, "bye", 3);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, &last.Wsk, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "bye") == 0);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(Send(pair.Server, "still here"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Client, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "still here") == 0);
    EXPECT_EQ(Send(pair.Client, "no"), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskDisconnect(pair.Server, NULL, 0, Irp)), STATUS_SUCCESS);
    CloseBuffer(&last);
    ClosePair(&pair);
}

TEST_CASE(an_abortive_disconnect_cancels_what_is_being_sent)
{
    BUFFER big, small;
    CALL send, receive;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 1 << 20) && OpenBuffer(&small, 16));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&send));
    CONNECTION(pair.Client)->WskReceive(pair.Client, &small.Wsk, 0, Begin(&receive));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, &small.Wsk, WSK_FLAG_ABORTIVE, Irp)),
              STATUS_INVALID_PARAMETER);
    EXPECT(!IsDone(&send));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, WSK_FLAG_ABORTIVE, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&send, NULL), STATUS_CANCELLED);
    EXPECT(!NT_SUCCESS(Finish(&receive, NULL)));
    EXPECT(!NT_SUCCESS(Send(pair.Client, "no")));
    CloseBuffer(&big);
    CloseBuffer(&small);
    ClosePair(&pair);
}

TEST_CASE(a_reset_ends_a_pending_receive_and_all_that_follows)
{
    BUFFER small;
    CALL receive;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&small, 16));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &small.Wsk, 0, Begin(&receive));
    EXPECT_EQ(CloseSocket(pair.Client), STATUS_SUCCESS);
    pair.Client = NULL;
    EXPECT_EQ(Finish(&receive, NULL), STATUS_CONNECTION_RESET);
    EXPECT_EQ(Send(pair.Server, "no"), STATUS_CONNECTION_RESET);
    CloseBuffer(&small);
    ClosePair(&pair);
}

TEST_CASE(a_connection_that_nobody_listens_for_is_refused)
{
    ADDRESS local, remote;
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);

    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, 9), 0, Irp)), STATUS_CONNECTION_REFUSED);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT(Connect(AF_INET, 9, NULL, NULL) == NULL);
}

TEST_CASE(both_ends_know_their_addresses)
{
    ADDRESS a, b;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskGetLocalAddress(pair.Client, &a.Any, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskGetRemoteAddress(pair.Server, &b.Any, Irp)), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(&a.V4, &b.V4, sizeof(a.V4)) == sizeof(a.V4));
    EXPECT_EQ(a.V4.sin_addr.S_un.S_addr, 0x0100007f);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskGetRemoteAddress(pair.Client, &a.Any, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Swap(a.V4.sin_port), pair.Port);
    ClosePair(&pair);
}

TEST_CASE(connect_ex_sends_its_buffer)
{
    ADDRESS local, remote;
    PWSK_SOCKET socket, server;
    BUFFER buffer, big;
    ULONG_PTR got;
    char text[32];
    PAIR pair = {0};

    pair.Listener = NewListener(AF_INET, NULL, NULL, &pair.Port);
    REQUIRE(pair.Listener != NULL);
    socket = pair.Client = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(OpenBuffer(&buffer, 5) && OpenBuffer(&big, 65536));
    RtlCopyMemory(buffer.Data, "early", 5);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    Loopback(&remote, AF_INET, pair.Port);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskConnectEx(socket, &remote.Any, &buffer.Wsk, 1, Irp)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskConnectEx(socket, &remote.Any, &big.Wsk, 0, Irp)), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskConnectEx(socket, &remote.Any, &buffer.Wsk, 0, Irp)), STATUS_SUCCESS);
    server = pair.Server = Accept(pair.Listener, NULL, NULL);
    REQUIRE(server != NULL);
    EXPECT_EQ(Receive(server, text, 16, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "early") == 0);
    CloseBuffer(&buffer);
    CloseBuffer(&big);
    ClosePair(&pair);
}

TEST_CASE(a_send_without_delay_does_not_wait_for_an_acknowledgement)
{
    SIZE_T waits = 0;
    BUFFER one;
    CALL first, second;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&one, 1));
    CONNECTION(pair.Client)->WskSend(pair.Client, &one.Wsk, 0, Begin(&first));
    CONNECTION(pair.Client)->WskSend(pair.Client, &one.Wsk, WSK_FLAG_NODELAY, Begin(&second));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskControlSocket(pair.Server, WskIoctl, SIO_WSK_QUERY_RECEIVE_BACKLOG, 0, 0, NULL,
                                                                   sizeof(waits), &waits, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(waits, 2);
    EXPECT_EQ(Finish(&first, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&second, NULL), STATUS_SUCCESS);
    CloseBuffer(&one);
    ClosePair(&pair);
}

/* The receiver limits itself in the middle of the stream and reads in pieces of odd size: nothing waits for a timer. */
static void Trickle(ADDRESS_FAMILY family)
{
    static char piece[1111];
    ULONG_PTR got, at = 0;
    LONGLONG begun;
    BUFFER big;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, family, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 300000));
    for (ULONG n = 0; n < 300000; n++)
        ((UCHAR *)big.Data)[n] = (UCHAR)(n % 251);
    begun = (LONGLONG)KeQueryInterruptTime();
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&call));
    while (at < 300000) {
        if (at / 1111 == 50)
            EXPECT_EQ(SetUlong(pair.Server, SOL_SOCKET, SO_RCVBUF, 4096), STATUS_SUCCESS);
        REQUIRE(NT_SUCCESS(Receive(pair.Server, piece, sizeof(piece), 0, &got)) && got > 0);
        for (ULONG n = 0; n < got; n++)
            REQUIRE((UCHAR)piece[n] == (UCHAR)((at + n) % 251));
        at += got;
    }
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 300000);
    EXPECT((LONGLONG)KeQueryInterruptTime() - begun < 20000000);
    CloseBuffer(&big);
    ClosePair(&pair);
}

TEST_CASE(a_stream_read_in_small_pieces_does_not_stall_over_ipv4)
{
    Trickle(AF_INET);
}

TEST_CASE(a_stream_read_in_small_pieces_does_not_stall_over_ipv6)
{
    Trickle(AF_INET6);
}
