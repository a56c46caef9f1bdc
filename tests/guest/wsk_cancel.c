/* Cancelling: every kind of request, before and while it is queued, and closing with requests outstanding. docs:
 * network/using-irps-with-winsock-kernel-functions, wsk/nc-wsk-pfn_wsk_close_socket */
#include "wsk_helpers.h"

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

TEST_CASE(a_queued_receive_is_cancelled_and_takes_no_data)
{
    BUFFER buffer;
    ULONG_PTR got;
    char text[16];
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call));
    EXPECT(IoCancelIrp(call.Irp));
    EXPECT_EQ(Finish(&call, &got), STATUS_CANCELLED);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(Send(pair.Client, "kept"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 4);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(a_request_that_is_cancelled_before_it_waits_does_not_wait)
{
    BUFFER buffer;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8));
    Begin(&call);
    call.Irp->Cancel = TRUE;
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, call.Irp), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(a_queued_accept_is_cancelled)
{
    PWSK_SOCKET listener, client, server;
    USHORT port;
    CALL call;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, NULL, NULL, Begin(&call)), STATUS_PENDING);
    EXPECT(IoCancelIrp(call.Irp));
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
    client = Connect(AF_INET, port, NULL, NULL);
    server = Accept(listener, NULL, NULL);
    EXPECT(client != NULL && server != NULL);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_send_that_has_not_started_is_taken_out_of_the_queue)
{
    BUFFER big, small, sink;
    ULONG_PTR count = 0, total = 0;
    CALL first, second;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 1 << 20) && OpenBuffer(&small, 8) && OpenBuffer(&sink, 1 << 16));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&first));
    CONNECTION(pair.Client)->WskSend(pair.Client, &small.Wsk, 0, Begin(&second));
    EXPECT(IoCancelIrp(second.Irp));
    EXPECT_EQ(Finish(&second, NULL), STATUS_CANCELLED);
    while (total < 1 << 20 && NT_SUCCESS(SYNC(&count, CONNECTION(pair.Server)->WskReceive(pair.Server, &sink.Wsk, 0, Irp))))
        total += count;
    EXPECT_EQ(total, 1 << 20);
    EXPECT_EQ(Finish(&first, NULL), STATUS_SUCCESS);
    CloseBuffer(&big);
    CloseBuffer(&small);
    CloseBuffer(&sink);
    ClosePair(&pair);
}

TEST_CASE(a_send_in_the_transport_ends_when_it_is_cancelled)
{
    BUFFER big;
    CALL call;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 1 << 20));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&call));
    EXPECT(IoCancelIrp(call.Irp));
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
    CloseBuffer(&big);
    ClosePair(&pair);
}

TEST_CASE(a_connect_is_cancelled)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    ADDRESS local, remote;
    NTSTATUS status;
    CALL call;

    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    Begin(&call);
    call.Irp->Cancel = TRUE;
    status = CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, 9), 0, call.Irp);
    EXPECT(!NT_SUCCESS(status));
    EXPECT_EQ(Finish(&call, NULL), STATUS_CANCELLED);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(closing_completes_everything_that_waits)
{
    BUFFER buffer, big;
    CALL receive, send, disconnect, accept, change;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 8) && OpenBuffer(&big, 1 << 20));
    CONNECTION(pair.Client)->WskReceive(pair.Client, &buffer.Wsk, 0, Begin(&receive));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&send));
    CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Begin(&disconnect));
    LISTEN(pair.Listener)->WskAccept(pair.Listener, 0, NULL, NULL, NULL, NULL, Begin(&accept));
    EXPECT_EQ(BASIC(pair.Client)->WskControlSocket(pair.Client, WskIoctl, SIO_ADDRESS_LIST_CHANGE, 0, 0, NULL, 0, NULL, NULL,
                                                   Begin(&change)),
              STATUS_PENDING);
    EXPECT_EQ(CloseSocket(pair.Client), STATUS_SUCCESS);
    pair.Client = NULL;
    EXPECT(IsDone(&receive) && IsDone(&send) && IsDone(&disconnect) && IsDone(&change));
    EXPECT_EQ(Finish(&receive, NULL), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&send, NULL), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&disconnect, NULL), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&change, NULL), STATUS_CANCELLED);
    EXPECT_EQ(CloseSocket(pair.Listener), STATUS_SUCCESS);
    pair.Listener = NULL;
    EXPECT_EQ(Finish(&accept, NULL), STATUS_CANCELLED);
    CloseBuffer(&buffer);
    CloseBuffer(&big);
    ClosePair(&pair);
}

TEST_CASE(a_stuck_graceful_disconnect_is_ended_by_an_abortive_one)
{
    BUFFER big;
    CALL send, disconnect;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&big, 1 << 20));
    CONNECTION(pair.Client)->WskSend(pair.Client, &big.Wsk, 0, Begin(&send));
    CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Begin(&disconnect));
    Sleep(20);
    EXPECT(!IsDone(&disconnect));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, WSK_FLAG_ABORTIVE, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&send, NULL), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&disconnect, NULL), STATUS_CANCELLED);
    CloseBuffer(&big);
    ClosePair(&pair);
}

static KTIMER Timer;
static KDPC Dpc;

static VOID NTAPI CancelDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    IoCancelIrp((PIRP)context);
}

/* Cancelling from a DPC while data arrives: the IRP ends once, one way or the other, and no byte is lost. The sends end when the
 * other side acknowledges them, which it may put off: they are waited for at the end. */
#define RACES 50

static CALL Sends[RACES];
static BUFFER Sent[RACES];

static BOOLEAN Post(PWSK_SOCKET socket, int number)
{
    if (!OpenBuffer(&Sent[number], 4))
        return FALSE;
    RtlCopyMemory(Sent[number].Data, "data", 4);
    CONNECTION(socket)->WskSend(socket, &Sent[number].Wsk, WSK_FLAG_NODELAY, Begin(&Sends[number]));
    return TRUE;
}

TEST_CASE(cancelling_races_with_arriving_data)
{
    SIZE_T total = 0;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    for (int i = 0; i < RACES; i++) {
        LARGE_INTEGER due = Time(-10LL * (i % 7));
        ULONG_PTR got = 0;
        char text[16];
        BUFFER buffer;
        NTSTATUS status;
        CALL call;

        REQUIRE(OpenBuffer(&buffer, 4));
        CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call));
        KeInitializeTimer(&Timer);
        KeInitializeDpc(&Dpc, CancelDpc, call.Irp);
        KeSetTimer(&Timer, due, &Dpc);
        REQUIRE(Post(pair.Client, i));
        Sleep(i % 3);
        KeCancelTimer(&Timer);
        KeFlushQueuedDpcs();
        IoCancelIrp(call.Irp);
        status = Finish(&call, &got);
        EXPECT(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
        if (status == STATUS_CANCELLED) {
            EXPECT_EQ(got, 0);
            EXPECT_EQ(Receive(pair.Server, text, 4, WSK_FLAG_WAITALL, &got), STATUS_SUCCESS);
        }
        total += got;
        CloseBuffer(&buffer);
    }
    EXPECT_EQ(total, 200);
    for (int i = 0; i < RACES; i++) {
        EXPECT_EQ(Finish(&Sends[i], NULL), STATUS_SUCCESS);
        CloseBuffer(&Sent[i]);
    }
    ClosePair(&pair);
}
