/* NET_BUFFER_LISTs through filter modules: sends, completions, indications, returns, bypass, and what modules make or lose. */
#include "fake_filter.h"

static PNET_BUFFER_LIST frame(ULONG length)
{
    static const UCHAR own[6] = { 2, 0, 0, 0, 0, 1 };
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, length, 0, NULL), NDIS_STATUS_SUCCESS);
    memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), own, 6);
    return nbl;
}

static PNET_BUFFER_LIST two_frames(void)
{
    PNET_BUFFER_LIST nbl = frame(60);

    nbl->Next = frame(100);
    return nbl;
}

static void take_all(void)
{
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED;
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter, 0, 0 },
    };

    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
}

static void start(unsigned filters)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    for (unsigned i = 0; i < filters; i++)
        CHECK_EQ(register_filter(&ff[i], (char)('a' + i)), NDIS_STATUS_SUCCESS);
    take_all();
    for (unsigned i = 0; i < filters; i++)
        ff[i].sent = ff[i].completed = ff[i].received = ff[i].returned = 0;
    mp.sent = 0;
}

static void stop(void)
{
    for (struct fake_filter *f = ff; f < ff + 4; f++)
        if (f->driver)
            NdisFDeregisterFilterDriver(f->driver);
    unplug_fake();
    deregister_protocol();
}

static void sends(void *unused)
{
    struct ndis_filter_info info;

    start(2);
    CHECK(ndis_filter_info(((struct adapter *)mp.adapter)->pdo, 1, &info));
    struct ndis_layer_stats before = info.stats;
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(ff[1].sent, 2);
    CHECK_EQ(ff[0].sent, 2);
    CHECK_EQ(mp.sent, 2);
    CHECK_EQ(ff[0].completed, 2);
    CHECK_EQ(ff[1].completed, 2);
    CHECK_EQ(pr.completed, 2);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);
    CHECK(ndis_filter_info(((struct adapter *)mp.adapter)->pdo, 1, &info));
    CHECK_EQ(info.stats.tx_frames, before.tx_frames + 2);
    CHECK_EQ(info.stats.tx_bytes, before.tx_bytes + 160);
    stop();
}

TEST(a_send_passes_every_module_and_comes_back_the_same_way)
{
    with_filters(sends);
}

static void receives(void *unused)
{
    start(2);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, two_frames(), 0, 2, 0);
    CHECK_EQ(ff[0].received, 2);
    CHECK_EQ(ff[1].received, 2);
    CHECK_EQ(pr.received, 2);
    CHECK_EQ(ff[1].returned, 2);
    CHECK_EQ(ff[0].returned, 2);
    CHECK_EQ(mp.returned, 2);
    PNET_BUFFER_LIST lists = two_frames();
    NdisMIndicateReceiveNetBufferLists(mp.adapter, lists, 0, 2, NDIS_RECEIVE_FLAGS_RESOURCES);
    CHECK_EQ(pr.received, 4);
    CHECK_EQ(mp.returned, 2);
    CHECK_EQ(ff[0].returned, 2);
    mp_return(NULL, lists, 0);
    stop();
}

TEST(an_indication_passes_every_module_and_is_returned_the_same_way)
{
    with_filters(receives);
}

static void bypassed(void *unused)
{
    ff[0].bypass = true;
    start(2);
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, two_frames(), 0, 2, 0);
    CHECK_EQ(ff[0].sent + ff[0].completed + ff[0].received + ff[0].returned, 0);
    CHECK_EQ(ff[1].sent, 2);
    CHECK_EQ(ff[1].completed, 2);
    CHECK_EQ(ff[1].received, 2);
    CHECK_EQ(ff[1].returned, 2);
    CHECK_EQ(mp.sent, 2);
    CHECK_EQ(pr.received, 2);
    stop();
}

TEST(a_module_without_handlers_is_bypassed)
{
    with_filters(bypassed);
}

static void options(void *unused)
{
    NDIS_FILTER_PARTIAL_CHARACTERISTICS only_sends = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS, 1, NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1 },
        .SendNetBufferListsHandler = ff_send,
        .SendNetBufferListsCompleteHandler = ff_sent,
    };
    LARGE_INTEGER moment = { .QuadPart = -100000 };

    ff[0].options = &only_sends;
    start(1);
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, two_frames(), 0, 2, 0);
    CHECK_EQ(ff[0].sent, 2);
    CHECK_EQ(ff[0].received, 0);
    CHECK_EQ(NdisSetOptionalHandlers(only(&ff[0]), (PNDIS_DRIVER_OPTIONAL_HANDLERS)&only_sends), NDIS_STATUS_FAILURE);
    only_sends.SendNetBufferListsHandler = NULL;
    only_sends.SendNetBufferListsCompleteHandler = NULL;
    memset(everything, 0, sizeof everything);
    CHECK_EQ(NdisFRestartFilter(only(&ff[0])), NDIS_STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    CHECK_STR(everything, "pp ap mp mr ao ar pr ");
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(ff[0].sent, 2);
    CHECK_EQ(pr.completed, 4);
    stop();
}

/* docs: network/data-bypass-mode */
TEST(a_module_changes_its_handlers_at_a_restart_that_it_asks_for)
{
    with_filters(options);
}

static void own_lists(void *unused)
{
    start(2);
    PNET_BUFFER_LIST nbl = frame(70);
    nbl->SourceHandle = only(&ff[1]);
    NdisFSendNetBufferLists(only(&ff[1]), nbl, 0, 0);
    CHECK_EQ(ff[0].sent, 1);
    CHECK_EQ(mp.sent, 1);
    CHECK_EQ(ff[0].completed, 1);
    CHECK_EQ(ff[1].own_completed, 1);
    CHECK_EQ(pr.completed, 0);
    nbl = frame(70);
    nbl->SourceHandle = only(&ff[0]);
    NdisFIndicateReceiveNetBufferLists(only(&ff[0]), nbl, 0, 1, 0);
    CHECK_EQ(ff[1].received, 1);
    CHECK_EQ(pr.received, 1);
    CHECK_EQ(ff[1].returned, 1);
    CHECK_EQ(ff[0].own_returned, 1);
    CHECK_EQ(mp.returned, 0);
    stop();
}

TEST(lists_that_a_module_makes_come_back_to_it_and_go_no_further)
{
    with_filters(own_lists);
}

static VOID NTAPI complete_kept(PVOID a, PVOID context, PVOID b, PVOID c)
{
    struct fake_filter *f = &ff[0];
    PNET_BUFFER_LIST lists = f->kept;

    f->kept = NULL;
    f->keep_sends = false;
    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        nbl->Status = NDIS_STATUS_FAILURE;
    NdisFSendNetBufferListsComplete(only(f), lists, 0);
}

static void dropped(void *unused)
{
    struct ndis_filter_info info;

    start(1);
    void *pdo = ((struct adapter *)mp.adapter)->pdo;
    CHECK(ndis_filter_info(pdo, 0, &info));
    uint64_t before = info.stats.tx_dropped;
    ff[0].keep_sends = true;
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(mp.sent, 0);
    CHECK_EQ(pr.completed, 0);
    complete_kept(NULL, NULL, NULL, NULL);
    CHECK_EQ(pr.completed, 2);
    CHECK_EQ(pr.last_status, NDIS_STATUS_FAILURE);
    CHECK(ndis_filter_info(pdo, 0, &info));
    CHECK_EQ(info.stats.tx_dropped, before + 2);
    stop();
}

TEST(a_module_may_complete_a_send_itself)
{
    with_filters(dropped);
}

static unsigned findings;
static const char *last_finding;

static void listen(const struct ndis_event *event)
{
    if (event->kind == NDIS_EVENT_MISUSE) {
        findings++;
        last_finding = (const char *)(uintptr_t)event->b;
    }
}

static void hear(void)
{
    findings = 0;
    ndis_event_sink = listen;
    ndis_event_mask = 1u << NDIS_EVENT_MISUSE;
}

static void lost(void *unused)
{
    NDIS_TIMER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
        .TimerFunction = complete_kept,
    };
    LARGE_INTEGER due = { .QuadPart = -200000000 };     /* 20 s */
    NDIS_HANDLE timer;

    start(1);
    hear();
    ff[0].keep_sends = true;
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(NdisAllocateTimerObject(NULL, &c, &timer), NDIS_STATUS_SUCCESS);
    NdisSetTimerObject(timer, due, 0, NULL);
    stop();                             /* waits for them, and says after a while who has them */
    CHECK_EQ(findings, 1);
    CHECK(strstr(last_finding, "a filter module"));
    NdisFreeTimerObject(timer);
}

TEST(a_pause_names_the_module_that_keeps_lists)
{
    with_filters(lost);
}

static void misused(void *unused)
{
    start(1);
    hear();
    PNET_BUFFER_LIST nbl = frame(60);
    nbl->SourceHandle = only(&ff[0]);
    NdisFSendNetBufferListsComplete(only(&ff[0]), nbl, 0);
    CHECK_EQ(findings, 1);
    NdisFReturnNetBufferLists(only(&ff[0]), nbl, 0);
    CHECK_EQ(findings, 2);
    nbl->SourceHandle = pr.binding;
    NdisFSendNetBufferListsComplete(only(&ff[0]), nbl, 0);
    CHECK_EQ(findings, 3);
    CHECK_EQ(pr.completed, 0);
    NdisFreeNetBufferList(nbl);
    NdisFPauseComplete(only(&ff[0]));
    CHECK_EQ(findings, 4);
    stop();
}

TEST(a_module_that_gives_back_what_it_does_not_have_is_noticed)
{
    with_filters(misused);
}

static void paused_sender(struct fake_filter *f, PNDIS_FILTER_RESTART_PARAMETERS p)
{
    PNET_BUFFER_LIST nbl = frame(60);

    nbl->SourceHandle = only(f);
    NdisFSendNetBufferLists(only(f), nbl, 0, 0);
}

static void sends_paused(void *unused)
{
    ff[0].on_restart = paused_sender;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    mp.sent = 0;
    hear();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(findings, 1);
    CHECK_EQ(ff[0].own_completed, 1);   /* with NDIS_STATUS_PAUSED */
    stop();
}

TEST(a_module_that_is_not_running_gets_its_sends_back)
{
    with_filters(sends_paused);
}

static void cancelled(void *unused)
{
    start(2);
    ff[0].keep_sends = true;
    memset(everything, 0, sizeof everything);
    NdisCancelSendNetBufferLists(pr.binding, &ff);
    CHECK_STR(everything, "bc ac mc ");
    stop();
}

TEST(cancelling_sends_passes_from_module_to_module)
{
    with_filters(cancelled);
}

static void traffic(void *unused)
{
    start(1);
    for (int round = 0; round < 5; round++) {
        mp.hold_sends = true;
        NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
        pr.keep = true;
        NdisMIndicateReceiveNetBufferLists(mp.adapter, frame(60), 0, 1, 0);
        mp.hold_sends = false;
        PNET_BUFFER_LIST held = mp.held;
        mp.held = NULL;
        NdisMSendNetBufferListsComplete(mp.adapter, held, 0);
        NdisReturnNetBufferLists(pr.binding, pr.kept, 0);
        pr.keep = false;
        CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
        NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
        NdisFDeregisterFilterDriver(ff[1].driver);
        ff[1].driver = NULL;
    }
    CHECK_EQ(pr.completed, 20);
    CHECK_EQ(ff[1].sent, 10);
    CHECK_EQ(mp.sent, 20);
    stop();
}

TEST(a_module_comes_and_goes_under_traffic)
{
    with_filters(traffic);
}

static void hangs(void *unused)
{
    start(1);
    hear();
    ff[0].hang_restart = true;
    CHECK_EQ(NdisFRestartFilter(only(&ff[0])), NDIS_STATUS_SUCCESS);
    LARGE_INTEGER long_enough = { .QuadPart = -61 * 10000000LL };
    KeDelayExecutionThread(KernelMode, FALSE, &long_enough);
    CHECK_EQ(findings, 1);
    CHECK(strstr(last_finding, "FilterRestart"));
    CHECK_EQ(ff[0].attached, 0);        /* it has failed, and the stack runs without it */
    mp.sent = 0;
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(mp.sent, 2);
    stop();
}

TEST(a_restart_that_never_completes_fails_after_a_minute)
{
    with_filters(hangs);
}
