/* Several threads, each with connections of its own, doing what comes into their heads: send, receive, cancel, events on and off,
 * disconnect, close with requests outstanding. Whatever happens, every IRP is completed once, bytes arrive in order, and nothing is
 * left. */
#include "wsk_helpers.h"

#define THREADS 4
#define ROUNDS 25
#define STEPS 40
#define FLYING 6

typedef struct _PLAYER {
    ULONG Seed;
    PAIR Pair;
    UCHAR NextSent, NextSeen;           /* the bytes are a counter */
    CALL Sends[FLYING];
    BUFFER Sent[FLYING];
    ULONG SendsBegun, SendsEnded;
    LONG Disconnects;
    ULONG64 Moved;
} PLAYER;

static PLAYER Players[THREADS];

static ULONG Random(PLAYER *player, ULONG limit)
{
    player->Seed = player->Seed * 1664525 + 1013904223;
    return (player->Seed >> 8) % limit;
}

static void See(PLAYER *player, const UCHAR *data, SIZE_T size)
{
    for (SIZE_T i = 0; i < size; i++)
        EXPECT_EQ(data[i], player->NextSeen++);
    player->Moved += size;
}

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    PLAYER *player = (PLAYER *)context;
    SIZE_T left = 1 + Random(player, (ULONG)bytes);

    if (Random(player, 4) == 0)
        return STATUS_DATA_NOT_ACCEPTED;
    *accepted = left;
    for (; list != NULL && left > 0; list = list->Next)
        for (PMDL mdl = list->Buffer.Mdl; mdl != NULL && left > 0; mdl = mdl->Next) {
            SIZE_T here = MmGetMdlByteCount(mdl) < left ? MmGetMdlByteCount(mdl) : left;

            See(player, (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), here);
            left -= here;
        }
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID context, ULONG flags)
{
    InterlockedIncrement(&((PLAYER *)context)->Disconnects);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, OnDisconnect, NULL};

static void EndSend(PLAYER *player)
{
    ULONG number = player->SendsEnded++ % FLYING;

    EXPECT_EQ(Finish(&player->Sends[number], NULL), STATUS_SUCCESS);
    CloseBuffer(&player->Sent[number]);
}

/* The other side may put off its acknowledgement, which ends a send: FLYING of them are on their way at once. */
static void SendSome(PLAYER *player)
{
    SIZE_T size = 1 + Random(player, 3000);
    ULONG number = player->SendsBegun % FLYING;
    BUFFER *buffer = &player->Sent[number];

    if (player->SendsBegun - player->SendsEnded == FLYING)
        EndSend(player);
    if (!OpenBuffer(buffer, size))
        return;
    for (SIZE_T i = 0; i < size; i++)
        buffer->Data[i] = player->NextSent++;
    player->SendsBegun++;
    CONNECTION(player->Pair.Client)->WskSend(player->Pair.Client, &buffer->Wsk, WSK_FLAG_NODELAY, Begin(&player->Sends[number]));
}

/* Takes what is there, or is cancelled. */
static void ReceiveSome(PLAYER *player)
{
    ULONG_PTR got = 0;
    BUFFER buffer;
    NTSTATUS status;
    CALL call;

    if (!OpenBuffer(&buffer, 1 + Random(player, 2000)))
        return;
    CONNECTION(player->Pair.Server)->WskReceive(player->Pair.Server, &buffer.Wsk, 0, Begin(&call));
    if (Random(player, 2))
        Sleep(0);
    IoCancelIrp(call.Irp);
    status = Finish(&call, &got);
    EXPECT(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
    See(player, buffer.Data, got);
    CloseBuffer(&buffer);
}

static void Step(PLAYER *player)
{
    WSK_BUF none = {NULL, 0, 0};

    switch (Random(player, 8)) {
    case 0:
    case 1:
    case 2:
        SendSome(player);
        break;
    case 3:
        SetEvents(player->Pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT);
        break;
    case 4:
        SetEvents(player->Pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE);
        ReceiveSome(player);
        break;
    case 5:
        SYNC(NULL, CONNECTION(player->Pair.Server)->WskReceive(player->Pair.Server, &none, 0, Irp));
        break;
    default:
        SetEvents(player->Pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE);
        ReceiveSome(player);
    }
}

/* Ends the connection in one of the ways there are. */
static void End(PLAYER *player)
{
    BUFFER in, out;
    CALL receive, send;

    if (Random(player, 2) == 0 || !OpenBuffer(&in, 100) || !OpenBuffer(&out, 100000)) {
        SYNC(NULL, CONNECTION(player->Pair.Client)->WskDisconnect(player->Pair.Client, NULL, Random(player, 2), Irp));
        ClosePair(&player->Pair);
        return;
    }
    CONNECTION(player->Pair.Client)->WskReceive(player->Pair.Client, &in.Wsk, WSK_FLAG_WAITALL, Begin(&receive));
    CONNECTION(player->Pair.Client)->WskSend(player->Pair.Client, &out.Wsk, 0, Begin(&send));
    SetEvents(player->Pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE);
    ClosePair(&player->Pair);
    EXPECT(!NT_SUCCESS(Finish(&receive, NULL)));
    Finish(&send, NULL);
    CloseBuffer(&in);
    CloseBuffer(&out);
}

static VOID NTAPI Play(PVOID context)
{
    PLAYER *player = (PLAYER *)context;

    for (int round = 0; round < ROUNDS; round++) {
        player->NextSent = player->NextSeen = 0;
        if (!OpenPair(&player->Pair, round % 2 ? AF_INET6 : AF_INET, player, &StreamEvents)) {
            EXPECT(FALSE);
            return;
        }
        for (int step = 0; step < STEPS; step++)
            Step(player);
        while (player->SendsEnded != player->SendsBegun)
            EndSend(player);
        SetEvents(player->Pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE);
        End(player);
    }
}

TEST_CASE(threads_that_do_anything_lose_nothing)
{
    PKTHREAD threads[THREADS];
    ULONG64 moved = 0;

    REQUIRE(NT_SUCCESS(OpenWsk()));
    for (ULONG i = 0; i < THREADS; i++) {
        RtlZeroMemory(&Players[i], sizeof(Players[i]));
        Players[i].Seed = 12345 * (i + 1);
        threads[i] = StartThread(Play, &Players[i]);
    }
    for (ULONG i = 0; i < THREADS; i++) {
        if (threads[i] != NULL)
            JoinThread(threads[i]);
        moved += Players[i].Moved;
    }
    EXPECT(moved > 100000);
    CloseWsk();
}
