/* Stream callouts in several sublayers: each is shown what those before it let through, with a queue of its own.
 * docs: network/stream-inspection, fwpsk/nf-fwpsk-fwpsstreaminjectasync0 */
#include "wfp_stage_helpers.h"

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

static VOID NTAPI Read(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage != NULL)
        Remember(stage, packet->streamData->dataLength);
}

/* --- two that edit ---- */

static const struct {
    const char *Find, *Replace;
} Edits[STAGES] = {{"this", "[other]"}, {"other", "new"}, {"[new]", "<it>"}};

static VOID NTAPI Edit(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);
    const char *find = stage != NULL ? Edits[stage - Stages].Find : NULL;
    SIZE_T size, at, match = 0, length;

    if (stage == NULL || packet->streamData->dataLength == 0)
        return;
    size = packet->streamData->dataLength < 63 ? packet->streamData->dataLength : 63;
    length = strlen(find);
    for (at = 0; at < size; at++) {
        for (match = 0; match < length && at + match < size && stage->Text[at + match] == find[match];)
            match++;
        if (match == length || (at + match == size && match > 0))
            break;
    }
    if (at > 0) {
        packet->countBytesEnforced = at;
        return;
    }
    if (match == length) {
        Bad += InjectText(stage, FWPS_STREAM_FLAG_RECEIVE, Edits[stage - Stages].Replace) != STATUS_SUCCESS;
        packet->countBytesEnforced = length;
        out->actionType = FWP_ACTION_BLOCK;
        return;
    }
    if (!(out->flags & FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA)) {
        packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = (UINT32)(length - match);
        out->actionType = FWP_ACTION_NONE;
    }
}

TEST_CASE(two_sublayers_each_edit_what_the_one_before_has_left)
{
    char text[128];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Edit));
    EXPECT(Stage(1, Edit));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "take this and th"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "i"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "s, another ot"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "her. thi"), STATUS_SUCCESS);
    Disconnect(pair.Client);
    ReceiveText(pair.Server, text, sizeof(text), 127);
    EXPECT_TEXT(text, "take [new] and [new], annew new. thi");
    ClosePair(&pair);
    CloseStages();
}

TEST_CASE(three_sublayers_edit_in_the_order_of_their_weights)
{
    char text[128];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(2, Edit));             /* whatever order they come in */
    EXPECT(Stage(0, Edit));
    EXPECT(Stage(1, Edit));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "this [ot"), STATUS_SUCCESS);
    Sleep(10);
    EXPECT_EQ(Send(pair.Client, "her] [thi"), STATUS_SUCCESS);
    Disconnect(pair.Client);
    ReceiveText(pair.Server, text, sizeof(text), 127);
    EXPECT_TEXT(text, "<it> <it> [thi");
    ClosePair(&pair);
    CloseStages();
}

/* --- one that defers and one that reads ---- */

static VOID NTAPI DeferFirst(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage == NULL)
        return;
    if (stage->Want++ == 0) {
        Bad += FwpsStreamContinue0(meta->flowHandle, stage->Id, values->layerId, packet->streamData->flags) == STATUS_SUCCESS;
        packet->streamAction = FWPS_STREAM_ACTION_DEFER;
        out->actionType = FWP_ACTION_NONE;
        return;
    }
    Remember(stage, packet->streamData->dataLength);
}

static NTSTATUS Continue(STAGE *stage)
{
    return FwpsStreamContinue0(stage->Flow, stage->Id, FWPS_LAYER_STREAM_V4, FWPS_STREAM_FLAG_RECEIVE);
}

TEST_CASE(what_one_defers_the_next_does_not_see_until_it_goes_on)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, DeferFirst));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello "), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    EXPECT_EQ(Send(pair.Client, "world"), STATUS_SUCCESS);
    Sleep(20);
    EXPECT_EQ(Stages[0].Calls, 1);
    EXPECT_EQ(Stages[1].Calls, 0);
    EXPECT_EQ(Continue(&Stages[0]), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 11), 11);
    EXPECT_TEXT(text, "hello world");
    EXPECT_TEXT(Stages[1].All, "hello world");
    ClosePair(&pair);
    CloseStages();
}

TEST_CASE(the_one_before_reads_on_while_a_later_one_defers)
{
    ULONG_PTR got;
    BUFFER buffer;
    char text[64];
    CALL call;
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Read));
    EXPECT(Stage(1, DeferFirst));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, 32));
    EXPECT_EQ(CONNECTION(pair.Server)->WskReceive(pair.Server, &buffer.Wsk, 0, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(Send(pair.Client, "hello "), STATUS_SUCCESS);
    EVENTUALLY(Stages[1].Calls == 1);
    EXPECT_EQ(Send(pair.Client, "world"), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Bytes == 11);
    EXPECT_EQ(Stages[1].Calls, 1);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(FwpsStreamContinue0(Stages[1].Flow, Stages[0].Id, FWPS_LAYER_STREAM_V4, FWPS_STREAM_FLAG_RECEIVE), STATUS_SUCCESS);
    Sleep(20);
    EXPECT(!IsDone(&call));             /* another's deferral is none of its business */
    EXPECT_EQ(Continue(&Stages[1]), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, &got), STATUS_SUCCESS);
    if (got < 11)
        ReceiveText(pair.Server, text, sizeof(text), 11 - got);
    EXPECT_TEXT(Stages[1].All, "hello world");
    CloseBuffer(&buffer);
    ClosePair(&pair);
    CloseStages();
}

/* --- injection ---- */

static VOID NTAPI PutBefore(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage != NULL && packet->streamData->dataLength != 0)
        Bad += InjectText(stage, packet->streamData->flags, stage == &Stages[0] ? "A" : "B") != STATUS_SUCCESS;
}

TEST_CASE(injected_bytes_stand_before_those_shown_and_only_later_sublayers_see_them)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, PutBefore));
    EXPECT(Stage(1, PutBefore));
    EXPECT(Stage(2, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "x"), STATUS_SUCCESS);
    ReceiveText(pair.Server, text, sizeof(text), 3);
    EXPECT_EQ(Send(pair.Client, "y"), STATUS_SUCCESS);
    ReceiveText(pair.Server, text + 3, sizeof(text) - 3, 3);
    EXPECT_EQ(Stages[0].Bytes, 2);
    EXPECT_EQ(Stages[1].Bytes, 4);
    EXPECT_EQ(Stages[2].Bytes, Injections + 2);
    EXPECT_TEXT(Stages[2].All, text);
    EXPECT_TEXT(text, "BAxBAy");
    ClosePair(&pair);
    CloseStages();
}

static VOID NTAPI KeepAll(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                          const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage == NULL)
        return;
    out->actionType = FWP_ACTION_BLOCK;
    if (packet->streamData->dataLength == 0)
        return;
    if (stage->Clone != NULL) {
        FwpsDiscardClonedStreamData0(stage->Clone, 0, TRUE);
        stage->Clone = NULL;
    }
    stage->CloneLength = packet->streamData->dataLength;
    Bad += FwpsCloneStreamData0(packet->streamData, NULL, NULL, 0, &stage->Clone) != STATUS_SUCCESS;
}

TEST_CASE(bytes_kept_and_injected_later_are_seen_by_the_next_sublayer_with_the_end_behind_them)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, KeepAll));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    Disconnect(pair.Client);
    EVENTUALLY(Stages[0].Ends == 1);
    EXPECT_EQ(Stages[1].Calls, 0);
    REQUIRE(Stages[0].Clone != NULL);
    EXPECT_EQ(InjectClone(&Stages[0], FWPS_STREAM_FLAG_RECEIVE), STATUS_SUCCESS);
    EXPECT_EQ(InjectText(&Stages[0], FWPS_STREAM_FLAG_RECEIVE | FWPS_STREAM_FLAG_RECEIVE_DISCONNECT, " world"), STATUS_SUCCESS);
    ReceiveText(pair.Server, text, sizeof(text), 63);
    EXPECT_TEXT(text, "hello world");
    EXPECT_TEXT(Stages[1].All, "hello world");
    EXPECT_EQ(Stages[1].Ends, 1);
    EXPECT_EQ(Stages[0].Bytes, 5);
    EXPECT_EQ(Stages[1].Missed, 5);     /* a filter of higher weight has kept them from it */
    EXPECT(!NT_SUCCESS(InjectText(&Stages[0], FWPS_STREAM_FLAG_RECEIVE, "late")));
    ClosePair(&pair);
    CloseStages();
}

/* --- what the functions refuse ---- */

TEST_CASE(an_injection_names_a_direction_a_layer_and_a_callout_of_the_flow)
{
    const UINT32 in = FWPS_STREAM_FLAG_RECEIVE, end = FWPS_STREAM_FLAG_RECEIVE_DISCONNECT;
    STAGE other;
    UINT64 flow;
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    flow = Stages[0].Flow;
    other = Stages[0];
    EXPECT_EQ(InjectText(&other, end, "x"), STATUS_FWP_INVALID_PARAMETER);
    EXPECT_EQ(InjectText(&other, FWPS_STREAM_FLAG_SEND_DISCONNECT, "x"), STATUS_FWP_INVALID_PARAMETER);
    EXPECT_EQ(InjectText(&other, in | FWPS_STREAM_FLAG_SEND, "x"), STATUS_FWP_INVALID_PARAMETER);
    EXPECT_EQ(FwpsStreamInjectAsync0(Injection, NULL, 0, flow, other.Id, FWPS_LAYER_STREAM_V4, in | end, NULL, 0, NULL, NULL),
              STATUS_FWP_NULL_POINTER);
    EXPECT_EQ(FwpsStreamInjectAsync0(Injection, NULL, 0, flow, other.Id, FWPS_LAYER_STREAM_V4, in, NULL, 0, TextInjected, NULL),
              STATUS_FWP_NULL_POINTER);
    EXPECT(!NT_SUCCESS(FwpsStreamInjectAsync0(Injection, NULL, 0, flow, other.Id, FWPS_LAYER_STREAM_V6, in | end, NULL, 0, TextInjected,
                                              NULL)));
    other.Id += 1000;
    EXPECT(!NT_SUCCESS(InjectText(&other, in, "x")));
    EXPECT(!NT_SUCCESS(Continue(&other)));
    other = Stages[0];
    other.Flow += 1000;
    EXPECT(!NT_SUCCESS(InjectText(&other, in, "x")));
    EXPECT(!NT_SUCCESS(Continue(&other)));
    ClosePair(&pair);
    CloseStages();
}

/* --- a part is cloned ---- */

static VOID NTAPI CloneMiddle(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                              const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);
    FWPS_STREAM_DATA0 part;
    char text[16] = {0};
    SIZE_T copied = 0;

    if (stage == NULL || packet->streamData->dataLength != 10)
        return;
    part = *packet->streamData;
    part.dataOffset.mdlOffset += 3;
    part.dataLength = 4;
    FwpsCopyStreamDataToBuffer0(&part, text, sizeof(text), &copied);
    Bad += copied != 4 || strcmp(text, "3456") != 0;
    out->actionType = FWP_ACTION_BLOCK;
    stage->CloneLength = 4;
    Bad += FwpsCloneStreamData0(&part, NULL, NULL, 0, &stage->Clone) != STATUS_SUCCESS ||
           InjectClone(stage, packet->streamData->flags) != STATUS_SUCCESS;
}

TEST_CASE(a_clone_has_the_bytes_of_its_stream_data_and_no_others)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, CloneMiddle));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "0123456789"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    EXPECT_TEXT(text, "3456");
    ClosePair(&pair);
    CloseStages();
}
