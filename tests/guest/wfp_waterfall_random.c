/* Several connections at once, random pieces in both directions, through two callouts that edit and one that defers, asks for more and keeps
 * bytes for a thread to inject: what arrives is what a model says. docs: network/stream-inspection */
#include "wfp_stage_helpers.h"

#define CONNECTIONS 3
#define BYTES 6000

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    CloseWsk();
}

typedef struct _PLAYER {
    ULONG Seed;
    PAIR Pair;
    char Sent[2][BYTES], Received[2][4 * BYTES];
    SIZE_T Have[2];
} PLAYER;

static PLAYER Players[CONNECTIONS];
static volatile LONG Dice;

static ULONG Random(ULONG *seed, ULONG limit)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % limit;
}

static ULONG Throw(ULONG limit)
{
    return (ULONG)InterlockedIncrement(&Dice) * 2654435761u >> 16 & 0xffff % limit;
}

/* --- the callouts ---- */

static NTSTATUS Inject(STAGE *stage, UINT64 flow, UINT32 flags, const char *text)
{
    STAGE other = *stage;

    other.Flow = flow;
    return InjectText(&other, flags, text);
}

/* Each 'a' becomes "bc" (stage 0), each "cb" becomes "d" (stage 1); it permits a random part of what is not to be changed. */
static VOID NTAPI Edit(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;
    FWPS_STREAM_DATA0 *stream = packet->streamData;
    STAGE *stage = StageOf(filter);
    const char *find = stage == &Stages[0] ? "a" : "cb", *replace = stage == &Stages[0] ? "bc" : "d";
    SIZE_T length = strlen(find), size, at;
    char text[100];

    out->actionType = FWP_ACTION_PERMIT;
    if (stream->dataLength == 0)
        return;
    FwpsCopyStreamDataToBuffer0(stream, text, sizeof(text), &size);
    for (at = 0; at < size && text[at] != find[0];)
        at++;
    if (at > 0) {
        packet->countBytesEnforced = 1 + Throw((ULONG)at);
        if (packet->countBytesEnforced > at)
            packet->countBytesEnforced = at;
    } else if (size < length && !(out->flags & FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA)) {
        packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = (UINT32)(length - size);
        out->actionType = FWP_ACTION_NONE;
    } else if (size >= length && RtlCompareMemory(text, find, length) == length) {
        Bad += Inject(stage, meta->flowHandle, stream->flags & ~(FWPS_STREAM_FLAG_RECEIVE_DISCONNECT | FWPS_STREAM_FLAG_SEND_DISCONNECT),
                      replace) != STATUS_SUCCESS;
        packet->countBytesEnforced = length;
        out->actionType = FWP_ACTION_BLOCK;
    } else {
        packet->countBytesEnforced = 1;
    }
}

/* Passes, in the ways there are; what it defers a DPC of its own continues. */
static struct {
    KDPC Dpc;
    UINT64 Flow;
    UINT16 Layer;
    volatile LONG Busy;
} Late;

static VOID NTAPI GoOn(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UINT64 flow = Late.Flow;

    Late.Busy = 0;
    /* The connection may have ended meanwhile. */
    (VOID)FwpsStreamContinue0(flow, Stages[2].Id, FWPS_LAYER_STREAM_V4, FWPS_STREAM_FLAG_RECEIVE);
}

static VOID NTAPI Dawdle(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                         const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;

    out->actionType = FWP_ACTION_PERMIT;
    switch (Throw(4)) {
    case 0:
        if (!(packet->streamData->flags & FWPS_STREAM_FLAG_RECEIVE) || InterlockedExchange(&Late.Busy, 1))
            break;
        Late.Flow = meta->flowHandle;
        packet->streamAction = FWPS_STREAM_ACTION_DEFER;
        out->actionType = FWP_ACTION_NONE;
        KeInsertQueueDpc(&Late.Dpc, NULL, NULL);    /* on another processor it may run before this returns */
        break;
    case 1:
        if (out->flags & (FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA | FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED))
            break;
        if (packet->streamData->dataLength > 200)
            break;
        packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = 1 + Throw(300);
        out->actionType = FWP_ACTION_NONE;
        break;
    case 2:
        packet->countBytesEnforced = packet->streamData->dataLength / 2;
        break;
    default:
        out->actionType = FWP_ACTION_CONTINUE;
    }
}

/* --- the model ---- */

static SIZE_T Model(char *text, SIZE_T size, const char *find, const char *replace)
{
    static char room[4 * BYTES];
    SIZE_T length = strlen(find), n = 0, at = 0;

    while (at < size)
        if (size - at >= length && RtlCompareMemory(text + at, find, length) == length) {
            RtlCopyMemory(room + n, replace, strlen(replace));
            n += strlen(replace);
            at += length;
        } else {
            room[n++] = text[at++];
        }
    RtlCopyMemory(text, room, n);
    return n;
}

/* Edited where it leaves and where it arrives: both ends are in this computer. */
static BOOLEAN IsAsItShouldBe(PLAYER *player, int direction)
{
    static char expected[4 * BYTES];
    SIZE_T size = BYTES;

    RtlCopyMemory(expected, player->Sent[direction], BYTES);
    for (int n = 0; n < 2; n++) {
        size = Model(expected, size, "a", "bc");
        size = Model(expected, size, "cb", "d");
    }
    return size == player->Have[direction] && RtlCompareMemory(expected, player->Received[direction], size) == size;
}

/* --- the connections ---- */

static void SendAll(PLAYER *player, PWSK_SOCKET socket, const char *bytes, ULONG *seed)
{
    SIZE_T done = 0, size;
    BUFFER buffer;

    while (done < BYTES) {
        size = 1 + Random(seed, 700);
        if (size > BYTES - done)
            size = BYTES - done;
        if (!OpenBuffer(&buffer, size))
            return;
        RtlCopyMemory(buffer.Data, bytes + done, size);
        EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskSend(socket, &buffer.Wsk, WSK_FLAG_NODELAY, Irp)), STATUS_SUCCESS);
        CloseBuffer(&buffer);
        done += size;
        if (Random(seed, 3) == 0)
            Sleep(1);
    }
    /* Not waited for: its end may be late behind what callouts hold. */
    Disconnect(socket);
}

static VOID NTAPI SendBoth(PVOID context)
{
    PLAYER *player = (PLAYER *)context;
    ULONG seed = player->Seed;

    SendAll(player, player->Pair.Client, player->Sent[0], &seed);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI SendBack(PVOID context)
{
    PLAYER *player = (PLAYER *)context;
    ULONG seed = player->Seed + 77;

    SendAll(player, player->Pair.Server, player->Sent[1], &seed);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ReceiveOne(PLAYER *player, PWSK_SOCKET socket, int direction)
{
    ULONG_PTR got = 1;
    BUFFER buffer;

    if (!OpenBuffer(&buffer, 4 * BYTES))
        return;
    while (got != 0 && player->Have[direction] < 4 * BYTES) {
        buffer.Wsk.Length = 4 * BYTES;
        if (SYNC(&got, CONNECTION(socket)->WskReceive(socket, &buffer.Wsk, 0, Irp)) != STATUS_SUCCESS)
            break;
        if (got > 4 * BYTES - player->Have[direction])
            break;
        RtlCopyMemory(player->Received[direction] + player->Have[direction], buffer.Data, got);
        player->Have[direction] += got;
    }
    CloseBuffer(&buffer);
}

static VOID NTAPI ReceiveThere(PVOID context)
{
    ReceiveOne((PLAYER *)context, ((PLAYER *)context)->Pair.Server, 0);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ReceiveHere(PVOID context)
{
    ReceiveOne((PLAYER *)context, ((PLAYER *)context)->Pair.Client, 1);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

TEST_CASE(random_pieces_of_several_connections_arrive_as_the_model_says)
{
    static const PKSTART_ROUTINE routines[] = {SendBoth, SendBack, ReceiveThere, ReceiveHere};
    PKTHREAD threads[CONNECTIONS][4];

    REQUIRE(OpenStages());
    KeInitializeDpc(&Late.Dpc, GoOn, NULL);
    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) > 1)
        KeSetTargetProcessorDpc(&Late.Dpc, 1);
    EXPECT(Stage(0, Edit));
    EXPECT(Stage(1, Edit));
    EXPECT(Stage(2, Dawdle));
    RtlZeroMemory(Players, sizeof(Players));
    for (ULONG n = 0; n < CONNECTIONS; n++) {
        Players[n].Seed = n * 12345 + 1;
        for (ULONG i = 0; i < BYTES; i++) {
            Players[n].Sent[0][i] = "abcde"[Random(&Players[n].Seed, 5)];
            Players[n].Sent[1][i] = "abcde"[Random(&Players[n].Seed, 5)];
        }
        EXPECT(OpenPair(&Players[n].Pair, AF_INET, NULL, NULL));
    }
    for (ULONG n = 0; n < CONNECTIONS; n++)
        for (ULONG i = 0; i < 4; i++)
            EXPECT((threads[n][i] = StartThread(routines[i], &Players[n])) != NULL);
    for (ULONG n = 0; n < CONNECTIONS; n++)
        for (ULONG i = 0; i < 4; i++)
            if (threads[n][i] != NULL)
                JoinThread(threads[n][i]);
    for (ULONG n = 0; n < CONNECTIONS; n++) {
        EXPECT(IsAsItShouldBe(&Players[n], 0));
        EXPECT(IsAsItShouldBe(&Players[n], 1));
        ClosePair(&Players[n].Pair);
    }
    KeRemoveQueueDpc(&Late.Dpc);
    KeFlushQueuedDpcs();
    CloseStages();
}
