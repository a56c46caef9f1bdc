/* Poll objects: limits, when polling ends, what a request meanwhile does. */
#pragma GCC diagnostic ignored "-Wunused-function"  /* of fake.h */
#include "fake.h"

static struct {
    NDIS_POLL_HANDLE handle;
    unsigned polls, enabled, most, waiting, processors;
    bool request_when_enabled, request_when_polled, count_for_me;
} poll;

static PNET_BUFFER_LIST empty_frame(void)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    return nbl;
}

static void NTAPI do_poll(void *context, NDIS_POLL_DATA *d)
{
    ULONG n = 0;

    CHECK(context == &mp);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    poll.polls++;
    poll.processors |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    if (poll.request_when_polled)
        NdisRequestPoll(poll.handle, NULL);
    poll.request_when_polled = false;
    d->Receive.NumberOfRemainingNbls = NDIS_ANY_NUMBER_OF_NBLS;
    for (; n < d->Receive.MaxNblsToIndicate && poll.waiting; n++, poll.waiting--) {
        PNET_BUFFER_LIST nbl = empty_frame();

        nbl->Next = d->Receive.IndicatedNblChain;
        d->Receive.IndicatedNblChain = nbl;
    }
    d->Receive.NumberOfIndicatedNbls = poll.count_for_me ? NDIS_ANY_NUMBER_OF_NBLS : n;
    if (n > poll.most)
        poll.most = n;
    d->Transmit.CompletedNblChain = mp.held;
    d->Transmit.NumberOfCompletedNbls = mp.held ? NDIS_ANY_NUMBER_OF_NBLS : 0;
    mp.held = NULL;
}

static void NTAPI do_notify(void *context, NDIS_POLL_NOTIFICATION *n)
{
    CHECK(n->Enabled);
    poll.enabled++;
    if (poll.request_when_enabled)      /* something came just before */
        NdisRequestPoll(poll.handle, NULL);
    poll.request_when_enabled = false;
}

static const NDIS_POLL_CHARACTERISTICS handlers = {
    .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_CHARACTERISTICS_REVISION_1,
                NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 },
    .SetPollNotificationHandler = do_notify,
    .PollHandler = do_poll,
};

static void begin(void)
{
    memset(&poll, 0, sizeof poll);
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(NdisRegisterPoll(mp.adapter, &mp, &handlers, &poll.handle), NDIS_STATUS_SUCCESS);
}

static void end(void)
{
    NdisDeregisterPoll(poll.handle);
    unplug_fake();
    deregister_protocol();
}

static void ask(void)
{
    NdisRequestPoll(poll.handle, NULL);
    NdisMSleep(1000);
}

static void progress(void *unused)
{
    begin();
    ask();
    CHECK_EQ(poll.polls, 1);
    CHECK_EQ(poll.enabled, 1);
    poll.waiting = 100;
    ask();
    CHECK_EQ(poll.waiting, 0);
    CHECK_EQ(poll.most, 64);
    CHECK_EQ(poll.polls, 4);            /* 64, 36, none */
    CHECK_EQ(poll.enabled, 2);
    CHECK_EQ(mp.returned, 100);
    poll.waiting = 3;
    poll.count_for_me = true;
    ask();
    CHECK_EQ(mp.returned, 103);
    end();
}

TEST(polling_goes_on_while_lists_come)
{
    on_a_computer(progress, 1);
    on_a_computer(progress, 2);
}

static void completions(void *unused)
{
    begin();
    mp.hold_sends = true;
    NdisSendNetBufferLists(pr.binding, empty_frame(), 0, 0);
    NdisSendNetBufferLists(pr.binding, empty_frame(), 0, 0);
    CHECK_EQ(pr.completed, 0);
    ask();
    CHECK_EQ(pr.completed, 2);
    end();
}

TEST(polling_completes_sends)
{
    on_a_computer(completions, 1);
}

static void requests(void *unused)
{
    begin();
    poll.request_when_polled = true;
    ask();
    CHECK_EQ(poll.polls, 2);
    CHECK_EQ(poll.enabled, 1);
    poll.request_when_enabled = true;
    ask();
    CHECK_EQ(poll.polls, 4);
    CHECK_EQ(poll.enabled, 3);
    end();
}

TEST(a_request_during_polling_is_not_lost)
{
    on_a_computer(requests, 1);
}

static void affinity(void *unused)
{
    PROCESSOR_NUMBER second = { .Number = 1 };

    begin();
    NdisSetPollAffinity(poll.handle, &second);
    ask();
    CHECK_EQ(poll.processors, 2);
    end();
}

TEST(polling_stays_on_its_processor)
{
    on_a_computer(affinity, 2);
}

static void refused(void *unused)
{
    NDIS_POLL_CHARACTERISTICS bad = handlers;

    begin();
    NDIS_POLL_HANDLE none = poll.handle;
    bad.PollHandler = NULL;
    CHECK_EQ(NdisRegisterPoll(mp.adapter, &mp, &bad, &none), NDIS_STATUS_INVALID_PARAMETER);
    CHECK(!none);
    bad = handlers;
    bad.Header.Size--;
    CHECK_EQ(NdisRegisterPoll(mp.adapter, &mp, &bad, &none), NDIS_STATUS_INVALID_PARAMETER);
    NdisRequestPoll(poll.handle, NULL);
    end();                              /* with the request under way */
}

TEST(incomplete_characteristics_are_refused)
{
    on_a_computer(refused, 1);
}
