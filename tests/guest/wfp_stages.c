/* What becomes of the bytes that wait before a stream callout: its filter goes, it unregisters, the connection is dropped, reset or closed;
 * and callouts that come to a connection late. docs: network/stream-inspection, fwpsk/ns-fwpsk-fwps_stream_callout_io_packet0_ */
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

    if (stage == NULL)
        return;
    if (flow != 0)
        stage->Want++;
    Remember(stage, packet->streamData->dataLength);
}

/* Acts once on received bytes that begin with the stage's letter: M asks for more, D drops, A allows, F defers, B blocks two. */
static VOID NTAPI Obey(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage == NULL || (out->flags & (FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA | FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED)))
        return;
    out->actionType = FWP_ACTION_NONE;
    switch (stage->Text[0]) {
    case 'M':
        packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = 0x7fffffff;
        break;
    case 'D':
        packet->streamAction = FWPS_STREAM_ACTION_DROP_CONNECTION;
        break;
    case 'A':
        packet->streamAction = FWPS_STREAM_ACTION_ALLOW_CONNECTION;
        break;
    case 'F':
        packet->streamAction = FWPS_STREAM_ACTION_DEFER;
        break;
    case 'B':
        out->actionType = FWP_ACTION_BLOCK;
        packet->countBytesEnforced = 2;
        break;
    default:
        out->actionType = FWP_ACTION_PERMIT;
    }
}

/* --- a filter goes ---- */

static void RemoveWhileBytesWait(const char *text)
{
    char got[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, text), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    Sleep(10);
    EXPECT_EQ(Stages[1].Calls, 0);
    RemoveStageFilter(&Stages[0]);
    EXPECT_EQ(ReceiveText(pair.Server, got, sizeof(got), strlen(text)), strlen(text));
    EXPECT_TEXT(got, text);
    EXPECT_TEXT(Stages[1].All, text);
    RemoveStage(&Stages[0]);
    EXPECT_EQ(Send(pair.Client, "M and on"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, got, sizeof(got), 8), 8);
    EXPECT_EQ(Stages[0].Calls, 1);
    ClosePair(&pair);
    CloseStages();
}

/* Windows leaves open what happens; nothing may be lost here. */
TEST_CASE(bytes_that_wait_for_more_go_on_when_their_filter_goes)
{
    RemoveWhileBytesWait("More");
}

TEST_CASE(bytes_that_are_deferred_go_on_when_their_filter_goes)
{
    RemoveWhileBytesWait("Firm");
}

TEST_CASE(what_was_cloned_before_its_filter_went_may_still_be_injected_at_its_place)
{
    char got[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "Bc"), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    RemoveStageFilter(&Stages[0]);
    EXPECT_EQ(InjectText(&Stages[0], FWPS_STREAM_FLAG_RECEIVE, "instead "), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "Bye"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, got, sizeof(got), 11), 11);
    EXPECT_TEXT(got, "instead Bye");
    EXPECT_TEXT(Stages[1].All, "instead Bye");
    ClosePair(&pair);
    CloseStages();
}

/* --- the connection goes ---- */

static VOID NTAPI PermitThenDrop(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;
    STAGE *stage = Shown(filter, meta, data, out, &packet);

    if (stage != NULL && stage->Want++ > 0) {
        packet->streamAction = FWPS_STREAM_ACTION_DROP_CONNECTION;
        out->actionType = FWP_ACTION_NONE;
    }
}

TEST_CASE(a_connection_is_dropped_with_bytes_waiting_below)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, PermitThenDrop));
    EXPECT(Stage(1, Obey));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "More"), STATUS_SUCCESS);
    EVENTUALLY(Stages[1].Calls == 1);
    EXPECT_EQ(Send(pair.Client, "and the end"), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Receive(pair.Server, text, 32, 0, &got)));
    EXPECT_EQ(got, 0);
    EXPECT(!NT_SUCCESS(Receive(pair.Client, text, 32, 0, &got)));
    EXPECT_EQ(Stages[1].Bytes, 4);
    ClosePair(&pair);
    CloseStages();
}

static VOID NTAPI Drop(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet;

    Shown(filter, meta, data, out, &packet);
    packet->streamAction = FWPS_STREAM_ACTION_DROP_CONNECTION;
    out->actionType = FWP_ACTION_NONE;
}

TEST_CASE(an_inspection_callout_cannot_drop_a_connection)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(AddStage(0, Drop, NULL, FWP_ACTION_CALLOUT_INSPECTION, 0));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "Drop"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    ClosePair(&pair);
    CloseStages();
}

TEST_CASE(the_end_shows_bytes_that_wait_for_more_once_again)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Obey));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "More"), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    Disconnect(pair.Client);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 63), 4);
    EXPECT_EQ(Stages[0].Ends, 1);
    EXPECT_EQ(Stages[1].Ends, 1);
    EXPECT_EQ(Stages[0].Calls, 3);
    ClosePair(&pair);
    CloseStages();
}

TEST_CASE(a_socket_is_closed_with_bytes_waiting_in_each_queue)
{
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Obey));
    for (int n = 0; n < 4; n++) {
        EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
        EXPECT_EQ(Send(pair.Client, n & 1 ? "More" : "First"), STATUS_SUCCESS);
        EXPECT_EQ(Send(pair.Server, n & 2 ? "More" : "First"), STATUS_SUCCESS);
        Sleep(5);
        ClosePair(&pair);
    }
    CloseStages();
}

TEST_CASE(a_reset_is_shown_to_each_callout)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "More"), STATUS_SUCCESS);
    EVENTUALLY(Stages[0].Calls == 1);
    EXPECT_EQ(SYNC(NULL, CONNECTION(pair.Client)->WskDisconnect(pair.Client, NULL, WSK_FLAG_ABORTIVE, Irp)), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Receive(pair.Server, text, 32, 0, &got)));
    EXPECT_EQ(Stages[0].Aborts, 1);
    EXPECT_EQ(Stages[1].Aborts, 1);
    EXPECT_EQ(Stages[1].Bytes, 0);
    ClosePair(&pair);
    CloseStages();
}

/* --- each for itself ---- */

TEST_CASE(what_one_allows_the_other_goes_on_seeing)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "All "), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    EXPECT_EQ(Send(pair.Client, "Dropped?"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 8), 8);
    EXPECT_EQ(Stages[0].Calls, 1);
    EXPECT_TEXT(Stages[1].All, "All Dropped?");
    ClosePair(&pair);
    CloseStages();
}

TEST_CASE(bytes_that_one_blocks_are_missed_by_the_next)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Read));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "B1B2rest"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    EXPECT_TEXT(text, "rest");
    EXPECT_EQ(Stages[1].Calls, 1);
    EXPECT_EQ(Stages[1].Missed, 4);
    EXPECT_EQ(Stages[0].Missed, 0);
    ClosePair(&pair);
    CloseStages();
}

static volatile LONG Deleted[2];

static VOID NTAPI FlowDeleted(UINT16 layer, UINT32 callout, UINT64 flow)
{
    Deleted[flow - 1]++;
}

TEST_CASE(each_callout_has_its_own_context_with_the_flow)
{
    char text[64];
    PAIR pair;

    Deleted[0] = Deleted[1] = 0;
    REQUIRE(OpenStages());
    EXPECT(AddStage(0, Read, FlowDeleted, FWP_ACTION_CALLOUT_UNKNOWN, 0));
    EXPECT(AddStage(1, Read, FlowDeleted, FWP_ACTION_CALLOUT_UNKNOWN, FWP_CALLOUT_FLAG_CONDITIONAL_ON_FLOW));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "one "), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    EXPECT_EQ(FwpsFlowAssociateContext0(Stages[0].Flow, FWPS_LAYER_STREAM_V4, Stages[1].Id, 2), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "two "), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 4), 4);
    EXPECT_EQ(FwpsFlowAssociateContext0(Stages[0].Flow, FWPS_LAYER_STREAM_V4, Stages[0].Id, 1), STATUS_SUCCESS);
    EXPECT_EQ(FwpsFlowRemoveContext0(Stages[0].Flow, FWPS_LAYER_STREAM_V4, Stages[1].Id), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "three"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 5), 5);
    EXPECT_TEXT(Stages[0].All, "one two three");
    EXPECT_TEXT(Stages[1].All, "two ");
    EXPECT_EQ(Stages[1].Want, 1);
    EXPECT_EQ(Stages[0].Want, 1);
    EXPECT_EQ(Deleted[1], 1);
    ClosePair(&pair);
    EVENTUALLY(Deleted[0] == 1);
    CloseStages();
}

/* --- late ones ---- */

TEST_CASE(a_callout_that_takes_streams_in_their_middle_sees_a_connection_that_was_there)
{
    char text[64];
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "one "), STATUS_SUCCESS);
    EXPECT(AddStage(0, Read, NULL, FWP_ACTION_CALLOUT_UNKNOWN, FWP_CALLOUT_FLAG_ALLOW_MID_STREAM_INSPECTION));
    EXPECT(AddStage(1, Read, NULL, FWP_ACTION_CALLOUT_UNKNOWN, 0));
    EXPECT_EQ(Send(pair.Client, "two "), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 8), 8);
    EXPECT_TEXT(text, "one two ");
    EXPECT(AddStage(2, Read, NULL, FWP_ACTION_CALLOUT_UNKNOWN, FWP_CALLOUT_FLAG_ALLOW_MID_STREAM_INSPECTION));
    EXPECT_EQ(Send(pair.Client, "three"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 5), 5);
    EXPECT_TEXT(Stages[0].All, "two three");
    EXPECT_TEXT(Stages[1].All, "");
    EXPECT_TEXT(Stages[2].All, "three");
    Disconnect(pair.Client);
    EXPECT_EQ(ReceiveText(pair.Server, text, sizeof(text), 1), 0);
    EXPECT_EQ(Stages[0].Ends, 1);
    ClosePair(&pair);
    CloseStages();
}

/* --- bounds ---- */

enum { MUCH = 9 << 20 };

/* WFP gathers 8 MB at most, then the callout has to decide. */
TEST_CASE(a_callout_that_asks_for_more_and_more_is_told_that_there_is_no_more_room)
{
    BUFFER buffer, received;
    ULONG_PTR got, sent = 0;
    SIZE_T have = 0, n;
    CALL call;
    PAIR pair;

    REQUIRE(OpenStages());
    EXPECT(Stage(0, Obey));
    EXPECT(Stage(1, Obey));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(OpenBuffer(&buffer, MUCH));
    REQUIRE(OpenBuffer(&received, MUCH));
    RtlFillMemory(buffer.Data, MUCH, 'x');
    buffer.Data[0] = 'M';
    for (n = 1; n < MUCH; n += 4096)
        buffer.Data[n] = (UCHAR)(n >> 12 | 0x80);
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
    EXPECT_EQ(have, MUCH);
    EXPECT(RtlCompareMemory(buffer.Data, received.Data, MUCH) == MUCH);
    EXPECT(Stages[0].Limits >= 1);
    EXPECT(Stages[1].Limits >= 1);
    CloseBuffer(&buffer);
    CloseBuffer(&received);
    ClosePair(&pair);
    CloseStages();
}
