/* The stream layer over loopback: what it shows, partial verdicts, more data, injection in and out of classifyFn, the end.
 * docs: network/stream-inspection, fwpsk/ns-fwpsk-fwps_stream_callout_io_packet0_ */
#include "wfp_helpers.h"

static struct {
    HANDLE Injection;
    volatile LONG Calls, Completed, Bad, Ends, Bytes;
    UINT32 Callout;
    UINT64 Flow;
    LONG Deferrals;
    LONG Seen[2][2];                    /* by the direction of the connection and of the data */
    PNET_BUFFER_LIST Clone;
    SIZE_T CloneLength;
    BOOLEAN EndHeld;
    FWPS_STREAM_ACTION_TYPE Action;
} It;

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

static void Start(HOOK *hook, FWPS_CALLOUT_CLASSIFY_FN1 classify, FWP_ACTION_TYPE action)
{
    RtlZeroMemory(&It, sizeof(It));
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_STREAM, &It.Injection), STATUS_SUCCESS);
    EXPECT(AddHookWith(hook, &FWPM_LAYER_STREAM_V4, classify, NULL, action, 0, NULL, 0));
    It.Callout = hook->Id;
}

static void Stop(HOOK *hook)
{
    RemoveHook(hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Injection), STATUS_SUCCESS);
    EXPECT_EQ(It.Bad, 0);
}

/* --- looking on ---- */

static VOID NTAPI LookOn(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                         const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;
    FWPS_STREAM_DATA0 *stream = packet->streamData;
    UINT32 direction = values->incomingValue[FWPS_FIELD_STREAM_V4_DIRECTION].value.uint32;
    char text[8] = {0};
    SIZE_T copied = 0;

    It.Calls++;
    It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_FLOW_HANDLE);
    It.Seen[direction == FWP_DIRECTION_INBOUND][(stream->flags & FWPS_STREAM_FLAG_RECEIVE) != 0]++;
    if (stream->flags & (FWPS_STREAM_FLAG_RECEIVE_DISCONNECT | FWPS_STREAM_FLAG_SEND_DISCONNECT))
        It.Ends++;
    if (stream->dataLength == 5) {
        FwpsCopyStreamDataToBuffer0(stream, text, sizeof(text), &copied);
        It.Bad += copied != 5 || strcmp(text, "hello") != 0;
    }
    It.Bytes += (LONG)stream->dataLength;
    out->actionType = FWP_ACTION_CONTINUE;
}

TEST_CASE(a_stream_is_shown_on_both_sides_with_its_ends)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;
    HOOK hook;

    Start(&hook, LookOn, FWP_ACTION_CALLOUT_INSPECTION);
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "hello") == 0);
    EXPECT_EQ(It.Bytes, 10);            /* sent and received */
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(It.Ends, 2);
    ClosePair(&pair);
    Stop(&hook);
}

/* docs: network/filtering-condition-identifiers */
TEST_CASE(the_direction_is_that_of_the_connection)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;
    HOOK hook;

    Start(&hook, LookOn, FWP_ACTION_CALLOUT_INSPECTION);
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Server, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Client, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(It.Seen[0][1], 1);        /* the client's: an outbound connection receives */
    EXPECT_EQ(It.Seen[1][0], 1);
    EXPECT_EQ(It.Seen[0][0] + It.Seen[1][1], 0);
    ClosePair(&pair);
    Stop(&hook);
}

/* --- editing within classifyFn ---- */

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    PMDL mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list));

    It.Completed++;
    It.Bad += !NT_SUCCESS(list->Status);
    FwpsFreeNetBufferList0(list);
    IoFreeMdl(mdl);
}

static NDIS_HANDLE Pool;

static NDIS_HANDLE NewPool(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {{0}};

    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = WSK_TEST_TAG;
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static char Other[] = "[other]";

static NTSTATUS InjectOther(UINT64 flow, UINT32 streamFlags)
{
    PNET_BUFFER_LIST list = NULL;
    PMDL mdl = IoAllocateMdl(Other, sizeof(Other) - 1, FALSE, FALSE, NULL);
    NTSTATUS status;

    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    status = FwpsAllocateNetBufferAndNetBufferList0(Pool, 0, 0, mdl, 0, sizeof(Other) - 1, &list);
    if (NT_SUCCESS(status))
        status = FwpsStreamInjectAsync0(It.Injection, NULL, 0, flow, It.Callout, FWPS_LAYER_STREAM_V4, streamFlags, list,
                                        sizeof(Other) - 1, Injected, NULL);
    if (!NT_SUCCESS(status)) {
        if (list != NULL)
            FwpsFreeNetBufferList0(list);
        IoFreeMdl(mdl);
    }
    return status;
}

/* "this" becomes "[other]", wherever segments end: the beginning of it waits for more. */
static VOID NTAPI ReplaceThis(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                              const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;
    FWPS_STREAM_DATA0 *stream = packet->streamData;
    char text[128];
    SIZE_T size, at, match;

    out->actionType = FWP_ACTION_PERMIT;
    if (!(stream->flags & FWPS_STREAM_FLAG_RECEIVE) || stream->dataLength == 0)
        return;
    It.Calls++;
    FwpsCopyStreamDataToBuffer0(stream, text, sizeof(text), &size);
    for (at = 0; at < size; at++) {
        for (match = 0; match < 4 && at + match < size && text[at + match] == "this"[match];)
            match++;
        if (match == 4 || (at + match == size && match > 0))
            break;
    }
    if (at > 0) {                       /* what stands before it */
        packet->countBytesEnforced = at;
        return;
    }
    if (match == 4) {
        It.Bad += InjectOther(meta->flowHandle, stream->flags) != STATUS_SUCCESS;
        packet->countBytesEnforced = 4;
        out->actionType = FWP_ACTION_BLOCK;
        return;
    }
    if (!(out->flags & FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA)) {
        packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = (UINT32)(4 - match);
        out->actionType = FWP_ACTION_NONE;
    }
}

static void ReceiveAll(PWSK_SOCKET socket, char *text, SIZE_T size)
{
    SIZE_T have = 0;
    ULONG_PTR got;

    do {
        EXPECT_EQ(Receive(socket, text + have, size - have - 1, 0, &got), STATUS_SUCCESS);
        have += got;
    } while (got != 0 && have < size - 1);
}

TEST_CASE(a_phrase_is_replaced_across_segments)
{
    char text[128];
    PAIR pair;
    HOOK hook;

    Pool = NewPool();
    REQUIRE(Pool != NULL);
    Start(&hook, ReplaceThis, FWP_ACTION_CALLOUT_UNKNOWN);
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "take this and th"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "i"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "s, and not thin. thi"), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    ReceiveAll(pair.Server, text, sizeof(text));
    EXPECT(strcmp(text, "take [other] and [other], and not thin. thi") == 0);
    ClosePair(&pair);
    Sleep(20);
    EXPECT_EQ(It.Completed, 2);
    Stop(&hook);
    NdisFreeNetBufferListPool(Pool);
}

/* --- out of band ---- */

static VOID NTAPI CloneInjected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    It.Completed++;
    It.Bad += !NT_SUCCESS(list->Status);
    FwpsFreeCloneNetBufferList0(list, 0);
}

static VOID NTAPI KeepAll(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                          const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;
    FWPS_STREAM_DATA0 *stream = packet->streamData;

    out->actionType = FWP_ACTION_PERMIT;
    if (!(stream->flags & FWPS_STREAM_FLAG_RECEIVE))
        return;
    out->actionType = FWP_ACTION_BLOCK;
    It.Flow = meta->flowHandle;
    if (stream->dataLength == 0) {
        It.EndHeld = (stream->flags & FWPS_STREAM_FLAG_RECEIVE_DISCONNECT) != 0;
        return;
    }
    It.Bad += It.Clone != NULL || FwpsCloneStreamData0(stream, NULL, NULL, 0, &It.Clone) != STATUS_SUCCESS;
    It.CloneLength = stream->dataLength;
}

TEST_CASE(bytes_and_the_end_may_be_kept_and_injected_later)
{
    ULONG_PTR got;
    BUFFER buffer;
    char text[64];
    CALL call;
    PAIR pair;
    HOOK hook;

    Start(&hook, KeepAll, FWP_ACTION_CALLOUT_UNKNOWN);
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 32));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call)), STATUS_PENDING);
    Sleep(20);
    EXPECT(!IsDone(&call));
    REQUIRE(It.Clone != NULL);
    EXPECT_EQ(It.CloneLength, 5);
    EXPECT_EQ(FwpsStreamInjectAsync0(It.Injection, NULL, 0, It.Flow, It.Callout, FWPS_LAYER_STREAM_V4, FWPS_STREAM_FLAG_RECEIVE,
                                     It.Clone, It.CloneLength, CloneInjected, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    EXPECT(RtlCompareMemory(buffer.Data, "hello", 5) == 5);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, 0, Irp)), STATUS_SUCCESS);
    Sleep(20);
    EXPECT(It.EndHeld);
    EXPECT_EQ(FwpsStreamInjectAsync0(It.Injection, NULL, 0, It.Flow, It.Callout, FWPS_LAYER_STREAM_V4,
                                     FWPS_STREAM_FLAG_RECEIVE | FWPS_STREAM_FLAG_RECEIVE_DISCONNECT, NULL, 0, CloneInjected, NULL),
              STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(It.Completed, 1);
    CloseBuffer(&buffer);
    ClosePair(&pair);
    Stop(&hook);
}

/* --- other actions ---- */

static VOID NTAPI ActOnce(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                          const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;

    out->actionType = FWP_ACTION_PERMIT;
    if (!(packet->streamData->flags & FWPS_STREAM_FLAG_RECEIVE) || packet->streamData->dataLength == 0)
        return;
    It.Flow = meta->flowHandle;
    if (It.Calls++ == 0) {
        packet->streamAction = It.Action;
        out->actionType = FWP_ACTION_NONE;
    }
}

TEST_CASE(a_deferred_stream_waits_until_it_is_continued)
{
    ULONG_PTR got;
    BUFFER buffer;
    CALL call;
    PAIR pair;
    HOOK hook;

    Start(&hook, ActOnce, FWP_ACTION_CALLOUT_UNKNOWN);
    It.Action = FWPS_STREAM_ACTION_DEFER;
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 32));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call)), STATUS_PENDING);
    Sleep(20);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(It.Calls, 1);
    EXPECT_EQ(FwpsStreamContinue0(It.Flow, It.Callout, FWPS_LAYER_STREAM_V4, FWPS_STREAM_FLAG_RECEIVE), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    EXPECT_EQ(It.Calls, 2);
    CloseBuffer(&buffer);
    ClosePair(&pair);
    Stop(&hook);
}

TEST_CASE(a_callout_may_drop_the_connection)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;
    HOOK hook;

    Start(&hook, ActOnce, FWP_ACTION_CALLOUT_UNKNOWN);
    It.Action = FWPS_STREAM_ACTION_DROP_CONNECTION;
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Receive(pair.Server, text, 32, 0, &got)));
    EXPECT(!NT_SUCCESS(Receive(pair.Client, text, 32, 0, &got)));
    ClosePair(&pair);
    Stop(&hook);
}

TEST_CASE(a_connection_that_is_allowed_is_shown_no_more)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;
    HOOK hook;

    Start(&hook, ActOnce, FWP_ACTION_CALLOUT_UNKNOWN);
    It.Action = FWPS_STREAM_ACTION_ALLOW_CONNECTION;
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    EXPECT_EQ(Send(pair.Client, "world"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(It.Calls, 1);
    ClosePair(&pair);
    Stop(&hook);
}

/* --- much data ---- */

enum { MUCH = 300000 };

TEST_CASE(many_bytes_pass_in_order_while_they_are_looked_at)
{
    BUFFER buffer, received;
    ULONG_PTR got, sent = 0;
    SIZE_T have = 0, n;
    CALL call;
    PAIR pair;
    HOOK hook;

    Start(&hook, LookOn, FWP_ACTION_CALLOUT_INSPECTION);
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, MUCH));
    REQUIRE(OpenBuffer(&received, MUCH));
    for (n = 0; n < MUCH; n++)
        buffer.Data[n] = (UCHAR)(n * 7 + n / 251);
    CONNECTION(pair.Client)->WskSend(pair.Client, &buffer.Wsk, 0, Begin(&call));
    while (have < MUCH) {
        WSK_BUF part = received.Wsk;

        part.Offset = (ULONG)have;
        part.Length = MUCH - have;
        if (SYNC(&got, CONNECTION(pair.Server)->WskReceive(pair.Server, &part, 0, Irp)) != STATUS_SUCCESS || got == 0)
            break;
        have += got;
    }
    EXPECT_EQ(Finish(&call, &sent), STATUS_SUCCESS);
    EXPECT_EQ(sent, MUCH);
    EXPECT_EQ(have, MUCH);
    EXPECT(RtlCompareMemory(buffer.Data, received.Data, MUCH) == MUCH);
    EXPECT_EQ(It.Bytes, 2 * MUCH);
    CloseBuffer(&buffer);
    CloseBuffer(&received);
    ClosePair(&pair);
    Stop(&hook);
}
