/* What comes late, again and again, or when the ground has gone: events of a connection that nobody had taken yet, completions
 * that start the next call, an address that is deleted under a socket. run after: vionet
 * run with: --nic=null */
#include "wsk_helpers.h"
#include "ip_helpers.h"

#define ROUNDS 20000

/* --- events that are always on ---- */

static volatile LONG Disconnects, Bytes, Early;
static CALL *Accepting;

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    Bytes += (LONG)bytes;
    if (Accepting != NULL && Accepting->Completions == 0)
        Early++;
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID context, ULONG flags)
{
    Disconnects++;
    if (Accepting != NULL && Accepting->Completions == 0)
        Early++;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, OnDisconnect, NULL};

static void SetStatic(ULONG mask)
{
    WSK_EVENT_CALLBACK_CONTROL control = {&NPI_WSK_INTERFACE_ID, mask};

    EXPECT_EQ(Npi.Dispatch->WskControlClient(Npi.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control), &control, 0, NULL, NULL, NULL),
              STATUS_SUCCESS);
    Disconnects = Bytes = Early = 0;
    Accepting = NULL;
}

/* `how` ends the client before the connection is taken. */
static void EndBeforeAccept(ULONG how)
{
    PWSK_SOCKET listener, client;
    ULONG_PTR server = 0;
    CALL accept;
    USHORT port;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    SetStatic(WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT);
    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    client = Connect(AF_INET, port, NULL, NULL);
    REQUIRE(client != NULL);
    if (how == 0)
        EXPECT_EQ(Send(client, "early"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(client)->WskDisconnect(client, NULL, how, Irp)), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Disconnects + Bytes, 0);
    Begin(&accept);
    Accepting = &accept;
    LISTEN(listener)->WskAccept(listener, 0, NULL, &StreamEvents, NULL, NULL, accept.Irp);
    EXPECT_EQ(Finish(&accept, &server), STATUS_SUCCESS);
    REQUIRE(server != 0);
    EVENTUALLY(Disconnects == 1);
    EXPECT_EQ(Bytes, how == 0 ? 5 : 0);
    EXPECT_EQ(Early, 0);
    Accepting = NULL;
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    CloseWsk();
}

TEST_CASE(a_peer_that_left_before_the_accept_is_told_after_it)
{
    EndBeforeAccept(0);
}

TEST_CASE(a_peer_that_reset_before_the_accept_is_told_after_it)
{
    EndBeforeAccept(WSK_FLAG_ABORTIVE);
}

TEST_CASE(an_event_of_a_lost_connection_can_still_be_disabled)
{
    PAIR pair;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    Disconnects = 0;
    Accepting = NULL;
    REQUIRE(OpenPair(&pair, AF_INET, NULL, &StreamEvents));
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, WSK_FLAG_ABORTIVE, Irp)), STATUS_SUCCESS);
    EVENTUALLY(Disconnects == 1);
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE), STATUS_SUCCESS);
    ClosePair(&pair);
    CloseWsk();
}

/* --- completions that start the next call ---- */

typedef struct _CHAIN {
    PWSK_SOCKET Socket;
    PIRP Irp;
    BUFFER Buffer;
    ADDRESS To;
    LONG Left, Failures;
    KEVENT Over;
} CHAIN;

static void OpenChain(CHAIN *chain, PWSK_SOCKET socket, SIZE_T size, LONG rounds)
{
    RtlZeroMemory(chain, sizeof(*chain));
    chain->Socket = socket;
    chain->Left = rounds;
    chain->Irp = IoAllocateIrp(1, FALSE);
    KeInitializeEvent(&chain->Over, NotificationEvent, FALSE);
    EXPECT(chain->Irp != NULL && OpenBuffer(&chain->Buffer, size));
}

static void CloseChain(CHAIN *chain)
{
    EXPECT_EQ(WaitMs(&chain->Over, 60000), STATUS_SUCCESS);
    EXPECT_EQ(chain->Failures, 0);
    Sleep(1);                           /* whoever completed the last IRP is done with it */
    IoFreeIrp(chain->Irp);
    CloseBuffer(&chain->Buffer);
}

/* Reuses the IRP of the call that is complete; FALSE when it was the last. */
static BOOLEAN Again(CHAIN *chain, PIRP irp, PIO_COMPLETION_ROUTINE routine)
{
    if (!NT_SUCCESS(irp->IoStatus.Status))
        chain->Failures++;
    if (--chain->Left <= 0 || chain->Failures != 0) {
        KeSetEvent(&chain->Over, IO_NO_INCREMENT, FALSE);
        return FALSE;
    }
    IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(irp, routine, chain, TRUE, TRUE, TRUE);
    return TRUE;
}

static NTSTATUS NTAPI Sent(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    CHAIN *chain = (CHAIN *)context;

    if (Again(chain, irp, Sent))
        DATAGRAM(chain->Socket)->WskSendTo(chain->Socket, &chain->Buffer.Wsk, 0, &chain->To.Any, 0, NULL, irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static CHAIN Chain;

TEST_CASE(a_completion_may_send_the_next_datagram_for_ever)
{
    PWSK_SOCKET socket;
    ADDRESS address;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    OpenChain(&Chain, socket, 32, ROUNDS);
    Loopback(&Chain.To, AF_INET, PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET));
    IoSetCompletionRoutine(Chain.Irp, Sent, &Chain, TRUE, TRUE, TRUE);
    DATAGRAM(socket)->WskSendTo(socket, &Chain.Buffer.Wsk, 0, &Chain.To.Any, 0, NULL, Chain.Irp);
    CloseChain(&Chain);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    CloseWsk();
}

static NTSTATUS NTAPI Received(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    CHAIN *chain = (CHAIN *)context;

    if (Again(chain, irp, Received))
        CONNECTION(chain->Socket)->WskReceive(chain->Socket, &chain->Buffer.Wsk, 0, irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_CASE(a_completion_may_receive_the_next_byte_until_none_is_left)
{
    BUFFER all;
    PAIR pair;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL) && OpenBuffer(&all, ROUNDS));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskSend(pair.Client, &all.Wsk, 0, Irp)), STATUS_SUCCESS);
    OpenChain(&Chain, pair.Server, 1, ROUNDS);
    IoSetCompletionRoutine(Chain.Irp, Received, &Chain, TRUE, TRUE, TRUE);
    CONNECTION(pair.Server)->WskReceive(pair.Server, &Chain.Buffer.Wsk, 0, Chain.Irp);
    CloseChain(&Chain);
    ClosePair(&pair);
    CloseBuffer(&all);
    CloseWsk();
}

/* --- the ground goes ---- */

TEST_CASE(a_bound_socket_outlives_its_address)
{
    PWSK_SOCKET connects, closes;
    ADDRESS remote;
    SOCKADDR_INET local;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    REQUIRE(NT_SUCCESS(add_address("10.20.30.60", 24)));
    local = address_of("10.20.30.60");
    connects = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    closes = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(connects != NULL && closes != NULL);
    EXPECT_EQ(SYNC(NULL, CONNECTION(connects)->WskBind(connects, (PSOCKADDR)&local, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(closes)->WskBind(closes, (PSOCKADDR)&local, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(remove_address("10.20.30.60"), STATUS_SUCCESS);
    Loopback(&remote, AF_INET, 9);
    EXPECT(!NT_SUCCESS(SYNC(NULL, CONNECTION(connects)->WskConnect(connects, &remote.Any, 0, Irp))));
    EXPECT_EQ(CloseSocket(connects), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(closes), STATUS_SUCCESS);
    CloseWsk();
}

static BOOLEAN IsListed(PWSK_SOCKET socket, const char *text)
{
    static union { SOCKET_ADDRESS_LIST List; UCHAR Room[2048]; } answer;
    SOCKADDR_INET wanted = address_of(text);
    SIZE_T size = 0;

    EXPECT_EQ(BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_ADDRESS_LIST_QUERY, 0, 0, NULL, sizeof(answer), &answer, &size, NULL),
              STATUS_SUCCESS);
    for (INT i = 0; i < answer.List.iAddressCount; i++)
        if (((PSOCKADDR_IN)answer.List.Address[i].lpSockaddr)->sin_addr.S_un.S_addr == wanted.Ipv4.sin_addr.S_un.S_addr)
            return TRUE;
    return FALSE;
}

TEST_CASE(the_address_list_has_every_address_and_each_change_is_told)
{
    static const char *const texts[] = {"10.20.30.61", "10.20.30.62", "10.20.31.63"};
    PWSK_SOCKET socket;
    CALL change;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET, NULL, NULL);
    REQUIRE(socket != NULL);
    for (int i = 0; i < 6; i++) {
        const char *text = texts[i % 3];

        EXPECT_EQ(BASIC(socket)->WskControlSocket(socket, WskIoctl, SIO_ADDRESS_LIST_CHANGE, 0, 0, NULL, 0, NULL, NULL, Begin(&change)),
                  STATUS_PENDING);
        EXPECT(NT_SUCCESS(i < 3 ? add_address(text, 24) : remove_address(text)));
        EXPECT_EQ(Finish(&change, NULL), STATUS_SUCCESS);
        EXPECT_EQ(IsListed(socket, text), i < 3);
    }
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    CloseWsk();
}

/* --- IRPs of others ---- */

typedef struct _UPPER {
    KEVENT Done;
    BOOLEAN Pending;
} UPPER;

static NTSTATUS NTAPI UpperDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UPPER *upper = (UPPER *)context;

    upper->Pending = irp->PendingReturned;
    KeSetEvent(&upper->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* An IRP that came down to this driver, which sets no completion routine and returns what it is told. */
static void PassDown(PWSK_SOCKET socket, BUFFER *buffer, BOOLEAN cancel, NTSTATUS expected)
{
    PIRP irp = IoAllocateIrp(2, FALSE);
    NTSTATUS status;
    UPPER upper;

    REQUIRE(irp != NULL);
    KeInitializeEvent(&upper.Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(irp, UpperDone, &upper, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    status = CONNECTION(socket)->WskReceive(socket, &buffer->Wsk, 0, irp);
    if (cancel)
        EXPECT(IoCancelIrp(irp));
    EXPECT_EQ(WaitMs(&upper.Done, 5000), STATUS_SUCCESS);
    EXPECT_EQ(irp->IoStatus.Status, expected);
    EXPECT_EQ(upper.Pending, status == STATUS_PENDING);
    IoFreeIrp(irp);
}

TEST_CASE(an_irp_that_was_passed_down_goes_back_up_when_it_is_complete)
{
    BUFFER buffer;
    PAIR pair;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL) && OpenBuffer(&buffer, 16));
    EXPECT_EQ(Send(pair.Client, "down"), STATUS_SUCCESS);
    PassDown(pair.Server, &buffer, FALSE, STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(buffer.Data, "down", 4) == 4);
    PassDown(pair.Server, &buffer, TRUE, STATUS_CANCELLED);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    PassDown(pair.Server, &buffer, FALSE, STATUS_SUCCESS);
    ClosePair(&pair);
    CloseBuffer(&buffer);
    CloseWsk();
}

/* --- callbacks that do everything at once ---- */

typedef struct _BUSY {
    PWSK_SOCKET Accepted;
    CALL Close;
    ULONG How;
    volatile LONG Accepts;
} BUSY;

static NTSTATUS WSKAPI OnAcceptAndClose(PVOID context, ULONG flags, PSOCKADDR local, PSOCKADDR remote, PWSK_SOCKET accepted,
                                        PVOID *accepted_context, const WSK_CLIENT_CONNECTION_DISPATCH **dispatch)
{
    BUSY *busy = (BUSY *)context;

    *accepted_context = busy;
    *dispatch = &StreamEvents;
    EXPECT_EQ(BASIC(accepted)->WskCloseSocket(accepted, Begin(&busy->Close)), STATUS_PENDING);
    InterlockedIncrement(&busy->Accepts);
    return busy->How ? STATUS_SUCCESS : STATUS_REQUEST_NOT_ACCEPTED;
}

static const WSK_CLIENT_LISTEN_DISPATCH ClosingEvents = {OnAcceptAndClose, NULL, NULL};

TEST_CASE(the_accept_event_may_close_what_it_is_offered)
{
    for (ULONG how = 0; how < 2; how++) {
        PWSK_SOCKET listener, client;
        BUSY busy = {.How = how};
        USHORT port;

        REQUIRE(NT_SUCCESS(OpenWsk()));
        listener = NewListener(AF_INET6, &busy, &ClosingEvents, &port);
        REQUIRE(listener != NULL);
        EXPECT_EQ(SetEvents(listener, WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT), STATUS_SUCCESS);
        client = Connect(AF_INET6, port, NULL, NULL);
        EVENTUALLY(busy.Accepts == 1);
        EXPECT_EQ(Finish(&busy.Close, NULL), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
        if (client != NULL)
            EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
        CloseWsk();
    }
}

/* --- accepting again and again ---- */

#define CLIENTS 150

static PWSK_SOCKET Clients[CLIENTS], Taken[CLIENTS];

static NTSTATUS NTAPI AcceptedOne(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    CHAIN *chain = (CHAIN *)context;

    Taken[chain->Left - 1] = (PWSK_SOCKET)irp->IoStatus.Information;
    if (Again(chain, irp, AcceptedOne))
        LISTEN(chain->Socket)->WskAccept(chain->Socket, 0, NULL, NULL, NULL, NULL, irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_CASE(a_completion_may_accept_all_that_wait)
{
    PWSK_SOCKET listener;
    USHORT port;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    for (int i = 0; i < CLIENTS; i++)
        Clients[i] = Connect(AF_INET, port, NULL, NULL);
    OpenChain(&Chain, listener, 1, CLIENTS);
    IoSetCompletionRoutine(Chain.Irp, AcceptedOne, &Chain, TRUE, TRUE, TRUE);
    LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, NULL, NULL, Chain.Irp);
    CloseChain(&Chain);
    for (int i = 0; i < CLIENTS; i++) {
        REQUIRE(Clients[i] != NULL && Taken[i] != NULL);
        EXPECT_EQ(CloseSocket(Clients[i]), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(Taken[i]), STATUS_SUCCESS);
    }
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    CloseWsk();
}

/* --- calls under a lock ---- */

static KSPIN_LOCK Guard;
static volatile LONG Guarded;

static NTSTATUS WSKAPI OnReceiveGuarded(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    KIRQL old;

    KeAcquireSpinLock(&Guard, &old);
    Guarded += (LONG)bytes;
    KeReleaseSpinLock(&Guard, old);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH GuardedEvents = {OnReceiveGuarded, NULL, NULL};

/* The data comes to an event that takes the lock: not inside the call. */
TEST_CASE(a_call_under_a_spin_lock_runs_no_event_of_another_socket)
{
    BUFFER buffer;
    PAIR pair;
    CALL call;
    KIRQL old;

    Guarded = 0;
    KeInitializeSpinLock(&Guard);
    REQUIRE(NT_SUCCESS(OpenWsk()));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, &GuardedEvents) && OpenBuffer(&buffer, 8));
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE), STATUS_SUCCESS);
    Begin(&call);
    KeAcquireSpinLock(&Guard, &old);
    CONNECTION(pair.Client)->WskSend(pair.Client, &buffer.Wsk, WSK_FLAG_NODELAY, call.Irp);
    EXPECT_EQ(Guarded, 0);
    KeReleaseSpinLock(&Guard, old);
    EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    EVENTUALLY(Guarded == 8);
    ClosePair(&pair);
    CloseBuffer(&buffer);
    CloseWsk();
}
