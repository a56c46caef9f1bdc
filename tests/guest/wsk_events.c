/* Event callbacks: enabled, disabled, statically enabled, and what their answers mean. docs: network/so-wsk-event-callback,
 * wsk/nc-wsk-pfn_wsk_receive_event, wsk/nc-wsk-pfn_wsk_disconnect_event, wsk/nc-wsk-pfn_wsk_accept_event */
#include "wsk_helpers.h"

typedef struct _WATCH {
    PWSK_SOCKET Socket;
    LONG Receives, Disconnects, Backlogs, Accepts;
    ULONG Flags, DisconnectFlags;
    char Text[256];
    SIZE_T Got, Take;                   /* how many bytes to accept at most, 0: all */
    NTSTATUS Answer;
    PWSK_DATA_INDICATION Kept;
    SIZE_T KeptBytes;
    KEVENT Happened;
    NTSTATUS InCallback;                /* what a call from inside the callback returned */
    BOOLEAN DisableInside, CloseInside;
    CALL Call;
    PWSK_SOCKET Accepted;
    NTSTATUS AcceptAnswer;
} WATCH;

static WATCH Watch, ListenWatch;

static SIZE_T Gather(PWSK_DATA_INDICATION list, char *to, SIZE_T limit)
{
    SIZE_T done = 0;

    for (; list != NULL; list = list->Next) {
        SIZE_T offset = list->Buffer.Offset, left = list->Buffer.Length;

        for (PMDL mdl = list->Buffer.Mdl; left > 0 && mdl != NULL; mdl = mdl->Next) {
            PUCHAR at = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

            for (SIZE_T i = offset; i < MmGetMdlByteCount(mdl) && left > 0; i++, left--)
                if (done < limit)
                    to[done++] = (char)at[i];
            offset = 0;
        }
    }
    return done;
}

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    WATCH *watch = (WATCH *)context;

    watch->Receives++;
    watch->Flags = flags;
    EXPECT_EQ(KeGetCurrentIrql() == DISPATCH_LEVEL, (flags & WSK_FLAG_AT_DISPATCH_LEVEL) != 0);
    if (watch->Answer == STATUS_SUCCESS) {
        SIZE_T take = watch->Take != 0 && watch->Take < bytes ? watch->Take : bytes;

        watch->Got += Gather(list, watch->Text + watch->Got, take);
        if (take < bytes)
            *accepted = take;
    } else if (watch->Answer == STATUS_PENDING) {
        watch->Kept = list;
        watch->KeptBytes = bytes;
    }
    if (watch->DisableInside)
        watch->InCallback = SetEvents(watch->Socket, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE);
    if (watch->CloseInside)
        BASIC(watch->Socket)->WskCloseSocket(watch->Socket, Begin(&watch->Call));
    KeSetEvent(&watch->Happened, IO_NO_INCREMENT, FALSE);
    return watch->Answer;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID context, ULONG flags)
{
    WATCH *watch = (WATCH *)context;

    watch->Disconnects++;
    watch->DisconnectFlags = flags;
    KeSetEvent(&watch->Happened, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnBacklog(PVOID context, SIZE_T ideal)
{
    ((WATCH *)context)->Backlogs++;
    EXPECT(ideal > 0);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, OnDisconnect, OnBacklog};

static NTSTATUS WSKAPI OnAccept(PVOID context, ULONG flags, PSOCKADDR local, PSOCKADDR remote, PWSK_SOCKET socket,
                                PVOID *socket_context, const WSK_CLIENT_CONNECTION_DISPATCH **dispatch)
{
    WATCH *watch = (WATCH *)context;

    watch->Accepts++;
    EXPECT(local->sa_family == remote->sa_family);
    if (watch->AcceptAnswer == STATUS_SUCCESS) {
        watch->Accepted = socket;
        *socket_context = &Watch;
        *dispatch = &StreamEvents;
    }
    KeSetEvent(&watch->Happened, IO_NO_INCREMENT, FALSE);
    return watch->AcceptAnswer;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenEvents = {OnAccept, NULL, NULL};

static void Reset(WATCH *watch)
{
    RtlZeroMemory(watch, sizeof(*watch));
    KeInitializeEvent(&watch->Happened, SynchronizationEvent, FALSE);
}

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

static BOOLEAN OpenWatched(PAIR *pair, ULONG events)
{
    Reset(&Watch);
    if (!OpenPair(pair, AF_INET, &Watch, &StreamEvents))
        return FALSE;
    Watch.Socket = pair->Server;
    EXPECT_EQ(SetEvents(pair->Server, events), STATUS_SUCCESS);
    return TRUE;
}

TEST_CASE(the_receive_event_shows_what_arrives)
{
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    EXPECT_EQ(Send(pair.Client, "one"), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "two"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 6);
    EXPECT(RtlCompareMemory(Watch.Text, "onetwo", 6) == 6);
    EXPECT_EQ(Watch.Flags & WSK_FLAG_ENTIRE_MESSAGE, WSK_FLAG_ENTIRE_MESSAGE);     /* the sender pushed */
    ClosePair(&pair);
}

TEST_CASE(no_event_comes_before_it_is_enabled)
{
    PAIR pair;

    Reset(&Watch);
    REQUIRE(OpenPair(&pair, AF_INET, &Watch, &StreamEvents));
    EXPECT_EQ(Send(pair.Client, "early"), STATUS_SUCCESS);
    EXPECT_EQ(Watch.Receives, 0);
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 5);
    ClosePair(&pair);
}

TEST_CASE(a_pending_receive_goes_before_the_event)
{
    BUFFER buffer;
    ULONG_PTR got;
    CALL call;
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    REQUIRE(OpenBuffer(&buffer, 4));
    CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call));
    EXPECT_EQ(Send(pair.Client, "irpevent"), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(buffer.Data, "irpe", 4) == 4);
    EVENTUALLY(Watch.Got == 4);
    EXPECT(RtlCompareMemory(Watch.Text, "vent", 4) == 4);
    CloseBuffer(&buffer);
    ClosePair(&pair);
}

TEST_CASE(a_part_is_accepted_and_the_rest_waits_for_a_receive)
{
    WSK_BUF none = {NULL, 0, 0};
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    Watch.Take = 3;
    EXPECT_EQ(Send(pair.Client, "abcdef"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Receives == 1);
    EXPECT_EQ(Send(pair.Client, "ghi"), STATUS_SUCCESS);
    EXPECT_EQ(Watch.Receives, 1);
    Watch.Take = 0;
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskReceive(pair.Server, &none, 0, Irp)), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 9);
    EXPECT(RtlCompareMemory(Watch.Text, "abcdefghi", 9) == 9);
    ClosePair(&pair);
}

TEST_CASE(data_that_is_not_accepted_is_there_for_a_receive)
{
    ULONG_PTR got;
    char text[16];
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    Watch.Answer = STATUS_DATA_NOT_ACCEPTED;
    EXPECT_EQ(Send(pair.Client, "later"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Receives == 1);
    EXPECT_EQ(Receive(pair.Server, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "later") == 0);
    Watch.Answer = STATUS_SUCCESS;
    EXPECT_EQ(Send(pair.Client, "event"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 5);
    ClosePair(&pair);
}

TEST_CASE(a_kept_list_stays_until_it_is_released)
{
    PWSK_DATA_INDICATION kept;
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    Watch.Answer = STATUS_PENDING;
    EXPECT_EQ(Send(pair.Client, "kept"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Kept != NULL);
    kept = Watch.Kept;
    Watch.Answer = STATUS_SUCCESS;
    EXPECT_EQ(Send(pair.Client, "more"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 4);
    EXPECT_EQ(Gather(kept, Watch.Text, 16), 4);
    EXPECT(RtlCompareMemory(Watch.Text, "kept", 4) == 4);
    EXPECT_EQ(CONNECTION(pair.Server)->WskRelease(pair.Server, (PWSK_DATA_INDICATION)&Watch), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CONNECTION(pair.Server)->WskRelease(pair.Server, kept), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(pair.Server)->WskRelease(pair.Server, kept), STATUS_INVALID_PARAMETER);
    ClosePair(&pair);
}

TEST_CASE(a_disabled_event_does_not_come)
{
    ULONG_PTR got;
    char text[16];
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT));
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "quiet"), STATUS_SUCCESS);
    EXPECT_EQ(Watch.Receives, 0);
    EXPECT_EQ(Receive(pair.Server, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    ClosePair(&pair);
}

TEST_CASE(disabling_inside_the_callback_is_pending)
{
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    Watch.DisableInside = TRUE;
    EXPECT_EQ(Send(pair.Client, "once"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Receives == 1);
    EXPECT_EQ(Watch.InCallback, STATUS_EVENT_PENDING);
    Watch.DisableInside = FALSE;
    EXPECT_EQ(Send(pair.Client, "never"), STATUS_SUCCESS);
    EXPECT_EQ(Watch.Receives, 1);
    ClosePair(&pair);
}

TEST_CASE(closing_inside_the_callback_is_completed_after_it)
{
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE));
    Watch.CloseInside = TRUE;
    EXPECT(NT_SUCCESS(Send(pair.Client, "x")) || TRUE);
    EVENTUALLY(Watch.Receives == 1);
    EXPECT_EQ(Finish(&Watch.Call, NULL), STATUS_SUCCESS);
    pair.Server = NULL;
    ClosePair(&pair);
}

TEST_CASE(a_graceful_disconnect_comes_after_the_data)
{
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT));
    EXPECT_EQ(Send(pair.Client, "last words"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    EVENTUALLY(Watch.Disconnects == 1);
    EXPECT_EQ(Watch.Got, 10);
    EXPECT_EQ(Watch.DisconnectFlags & WSK_FLAG_ABORTIVE, 0);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskDisconnect(pair.Server, NULL, 0, Irp)), STATUS_SUCCESS);
    ClosePair(&pair);
    EXPECT_EQ(Watch.Disconnects, 1);
}

TEST_CASE(a_reset_is_an_abortive_disconnect)
{
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_DISCONNECT));
    EXPECT_EQ(CloseSocket(pair.Client), STATUS_SUCCESS);
    pair.Client = NULL;
    EVENTUALLY(Watch.Disconnects == 1);
    EXPECT_EQ(Watch.DisconnectFlags & WSK_FLAG_ABORTIVE, WSK_FLAG_ABORTIVE);
    ClosePair(&pair);
}

TEST_CASE(events_are_refused_where_they_do_not_belong)
{
    static const NPIID other = {1, 2, 3, {4}};
    WSK_EVENT_CALLBACK_CONTROL control = {&other, WSK_EVENT_RECEIVE};
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, &Watch, &StreamEvents);
    PAIR pair;

    REQUIRE(socket != NULL);
    EXPECT_EQ(SetEvents(socket, WSK_EVENT_RECEIVE), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    REQUIRE(OpenWatched(&pair, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT));
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_ACCEPT), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SetEvents(pair.Server, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT | WSK_EVENT_DISABLE), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BASIC(pair.Server)->WskControlSocket(pair.Server, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof(control),
                                                   &control, 0, NULL, NULL, NULL),
              STATUS_NOT_SUPPORTED);
    ClosePair(&pair);
}

TEST_CASE(the_accept_event_hands_over_a_socket_with_inherited_events)
{
    PWSK_SOCKET listener, client;
    USHORT port;

    Reset(&Watch);
    Reset(&ListenWatch);
    listener = NewListener(AF_INET, &ListenWatch, &ListenEvents, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(SetEvents(listener, WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE), STATUS_SUCCESS);
    EXPECT_EQ(SetEvents(listener, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE), STATUS_INVALID_PARAMETER);
    client = Connect(AF_INET, port, NULL, NULL);
    REQUIRE(client != NULL);
    EVENTUALLY(ListenWatch.Accepts == 1);
    EXPECT_EQ(Send(client, "inherit"), STATUS_SUCCESS);
    EVENTUALLY(Watch.Got == 7);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(ListenWatch.Accepted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_connection_that_the_event_refuses_is_reset)
{
    PWSK_SOCKET listener, client;
    ULONG_PTR got;
    char text[8];
    USHORT port;

    Reset(&ListenWatch);
    ListenWatch.AcceptAnswer = STATUS_REQUEST_NOT_ACCEPTED;
    listener = NewListener(AF_INET, &ListenWatch, &ListenEvents, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(SetEvents(listener, WSK_EVENT_ACCEPT), STATUS_SUCCESS);
    client = Connect(AF_INET, port, NULL, NULL);
    EVENTUALLY(ListenWatch.Accepts == 1);
    if (client != NULL) {
        EXPECT(!NT_SUCCESS(Receive(client, text, 4, 0, &got)));
        EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    }
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_pending_accept_goes_before_the_event)
{
    PWSK_SOCKET listener, client, other;
    ULONG_PTR accepted;
    USHORT port;
    CALL call;

    Reset(&ListenWatch);
    listener = NewListener(AF_INET, &ListenWatch, &ListenEvents, &port);
    REQUIRE(listener != NULL);
    EXPECT_EQ(SetEvents(listener, WSK_EVENT_ACCEPT), STATUS_SUCCESS);
    EXPECT_EQ(LISTEN(listener)->WskAccept(listener, 0, NULL, NULL, NULL, NULL, Begin(&call)), STATUS_PENDING);
    client = Connect(AF_INET, port, NULL, NULL);
    EXPECT_EQ(Finish(&call, &accepted), STATUS_SUCCESS);
    EXPECT_EQ(ListenWatch.Accepts, 0);
    other = Connect(AF_INET, port, NULL, NULL);
    EVENTUALLY(ListenWatch.Accepts == 1);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(other), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket((PWSK_SOCKET)accepted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(ListenWatch.Accepted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(the_ideal_send_backlog_is_told_and_its_change_too)
{
    SIZE_T ideal = 0;
    BUFFER big, sink;
    ULONG_PTR count = 0, total = 0;
    CALL call;
    PAIR pair;

    REQUIRE(OpenWatched(&pair, WSK_EVENT_SEND_BACKLOG));
    REQUIRE(OpenBuffer(&big, 1 << 20) && OpenBuffer(&sink, 1 << 16));
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Server)->WskControlSocket(pair.Server, WskIoctl, SIO_WSK_QUERY_IDEAL_SEND_BACKLOG, 0, 0, NULL,
                                                                   sizeof(ideal), &ideal, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT(ideal > 0);
    CONNECTION(pair.Server)->WskSend(pair.Server, &big.Wsk, 0, Begin(&call));
    while (total < 1 << 20 && NT_SUCCESS(SYNC(&count, CONNECTION(pair.Client)->WskReceive(pair.Client, &sink.Wsk, 0, Irp))))
        total += count;
    EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    CloseBuffer(&big);
    CloseBuffer(&sink);
    ClosePair(&pair);
}
