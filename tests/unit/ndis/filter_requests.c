/* OID requests, status indications and PnP events through filter modules. */
#include "fake_filter.h"

static void start(unsigned filters)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    for (unsigned i = 0; i < filters; i++)
        CHECK_EQ(register_filter(&ff[i], (char)('a' + i)), NDIS_STATUS_SUCCESS);
    for (unsigned i = 0; i < filters; i++)
        ff[i].oids = ff[i].oids_done = 0;
    mp.oids = 0;
}

static void stop(void)
{
    for (struct fake_filter *f = ff; f < ff + 4; f++)
        if (f->driver)
            NdisFDeregisterFilterDriver(f->driver);
    unplug_fake();
    deregister_protocol();
}

static NDIS_OID_REQUEST query(NDIS_OID oid, void *buffer, ULONG size)
{
    return (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { oid, buffer, size, 0, 0 },
    };
}

static void passes(void *unused)
{
    uint64_t octets = 0;
    uint32_t mtu = 0;
    NDIS_OID_REQUEST request = query(OID_GEN_BYTES_RCV, &octets, sizeof octets);

    start(2);
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(octets, 12345);            /* the miniport's, through two clones */
    CHECK_EQ(ff[0].oids, 1);
    CHECK_EQ(ff[1].oids, 1);
    CHECK_EQ(mp.oids, 1);
    request = query(OID_GEN_MAXIMUM_FRAME_SIZE, &mtu, sizeof mtu);
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mtu, 1500);                /* NDIS answers in the miniport's place: the modules see it */
    CHECK_EQ(ff[1].oids, 2);
    CHECK_EQ(ff[0].oids, 2);
    CHECK_EQ(mp.oids, 1);
    CHECK_EQ(request.DATA.QUERY_INFORMATION.BytesWritten, 4);
    stop();
}

TEST(a_request_passes_every_module_as_a_clone)
{
    with_filters(passes);
}

static void merged(void *unused)
{
    uint32_t filter = NDIS_PACKET_TYPE_PROMISCUOUS, answer = 0;
    NDIS_OID_REQUEST request = query(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter);

    start(1);
    request.RequestType = NdisRequestSetInformation;
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK(mp.filter & NDIS_PACKET_TYPE_PROMISCUOUS);
    CHECK(mp.filter & NDIS_PACKET_TYPE_BROADCAST);      /* TCP/IP's wish is in the union that the module saw */
    CHECK_EQ(ff[0].oids, 1);
    request = query(OID_GEN_CURRENT_PACKET_FILTER, &answer, sizeof answer);
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(answer, NDIS_PACKET_TYPE_PROMISCUOUS);     /* the binding's own */
    stop();
}

TEST(packet_filters_are_merged_above_the_modules)
{
    with_filters(merged);
}

static void pended(void *unused)
{
    char text[32];
    NDIS_OID_REQUEST request = query(OID_GEN_VENDOR_DESCRIPTION, text, sizeof text);

    mp.pend_oids = true;
    start(2);
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_PENDING);
    KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(pr.oid_status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(pr.oid_completions, 1);
    CHECK_EQ(ff[0].oids_done, 1);
    CHECK_EQ(ff[1].oids_done, 1);
    stop();
}

TEST(a_pended_request_is_completed_through_the_modules)
{
    with_filters(pended);
}

static void serialized(void *unused)
{
    char text[32];
    NDIS_OID_REQUEST first = query(OID_GEN_VENDOR_DESCRIPTION, text, sizeof text), second = first;

    mp.pend_oids = true;
    start(1);
    CHECK_EQ(NdisOidRequest(pr.binding, &first), NDIS_STATUS_PENDING);
    CHECK_EQ(NdisOidRequest(pr.binding, &second), NDIS_STATUS_PENDING);
    CHECK_EQ(ff[0].oids, 1);            /* the second waits until the module is done with the first */
    while (pr.oid_completions < 2)
        KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(ff[0].oids, 2);
    stop();
}

TEST(a_module_has_one_request_at_a_time)
{
    with_filters(serialized);
}

static void answered(void *unused)
{
    char text[32] = "";
    NDIS_OID_REQUEST request = query(OID_GEN_VENDOR_DESCRIPTION, text, sizeof text);

    ff[1].no_oids = true;
    ff[0].answer_oids = true;
    start(2);
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(text[0], 'a');
    CHECK_EQ(mp.oids, 0);
    CHECK_EQ(ff[1].oids, 0);            /* bypassed */
    NDIS_OID_REQUEST own = query(OID_GEN_STATISTICS, text, sizeof text);
    NDIS_STATISTICS_INFO info;
    own.DATA.QUERY_INFORMATION.InformationBuffer = &info;
    own.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof info;
    CHECK_EQ(NdisFOidRequest(only(&ff[0]), &own), NDIS_STATUS_SUCCESS);
    CHECK_EQ(info.ifHCInOctets, 12345);
    own.Header.Type = 0;
    CHECK_EQ(NdisFOidRequest(only(&ff[0]), &own), NDIS_STATUS_INVALID_PARAMETER);
    stop();
}

TEST(a_module_answers_requests_and_makes_its_own)
{
    with_filters(answered);
}

static void cancelled(void *unused)
{
    char text[32];
    NDIS_OID_REQUEST request = query(OID_GEN_VENDOR_DESCRIPTION, text, sizeof text), waiting;

    ff[0].pend_oids = true;
    start(1);
    request.RequestId = &request;
    waiting = request;
    waiting.RequestId = &waiting;
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_PENDING);
    CHECK_EQ(NdisOidRequest(pr.binding, &waiting), NDIS_STATUS_PENDING);
    NdisCancelOidRequest(pr.binding, &waiting);
    CHECK_EQ(pr.oid_completions, 1);
    CHECK_EQ(ff[0].cancels, 0);         /* it never had it */
    NdisCancelOidRequest(pr.binding, &request);
    CHECK_EQ(ff[0].cancels, 1);
    CHECK_EQ(pr.oid_completions, 2);
    CHECK_EQ(pr.oid_status, NDIS_STATUS_REQUEST_ABORTED);
    ff[0].pend_oids = false;
    stop();
}

TEST(a_request_is_cancelled_where_it_is)
{
    with_filters(cancelled);
}

static void synchronous(void *unused)
{
    char text[32];
    NDIS_OID_REQUEST request = query(OID_GEN_VENDOR_DESCRIPTION, text, sizeof text);

    start(3);
    CHECK_EQ(NdisSynchronousOidRequest(pr.binding, &request), NDIS_STATUS_NOT_SUPPORTED);       /* the miniport's answer */
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(ff[i].synchronous, 1);
        CHECK_EQ(ff[i].synchronous_done, 1);
        CHECK_EQ(ff[i].done_status, NDIS_STATUS_NOT_SUPPORTED);
    }
    ff[1].answer_oids = true;
    CHECK_EQ(NdisSynchronousOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ff[2].synchronous_done, 2);
    CHECK_EQ(ff[2].done_status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(ff[1].synchronous, 2);
    CHECK_EQ(ff[1].synchronous_done, 1);        /* it ended the request: it is not told */
    CHECK_EQ(ff[0].synchronous, 1);
    CHECK_EQ(NdisDirectOidRequest(pr.binding, &request), NDIS_STATUS_NOT_ACCEPTED);
    CHECK_EQ(ff[2].directs, 1);
    CHECK_EQ(NdisFDirectOidRequest(only(&ff[0]), &request), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(NdisFSynchronousOidRequest(only(&ff[0]), &request), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

TEST(synchronous_requests_pass_down_and_their_ends_pass_up)
{
    with_filters(synchronous);
}

static void last_words(struct fake_filter *f)
{
    uint64_t octets = 0;
    NDIS_OID_REQUEST request = query(OID_GEN_BYTES_RCV, &octets, sizeof octets);
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = only(f),
        .StatusCode = NDIS_STATUS_RESET_START,
    };

    CHECK_EQ(NdisFOidRequest(only(f), &request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(octets, 12345);
    NdisFIndicateStatus(only(f), &indication);
}

static void detaching(void *unused)
{
    start(3);
    ff[1].on_detach = last_words;
    unsigned below = ff[0].oids, above = ff[2].statuses;
    NdisFDeregisterFilterDriver(ff[1].driver);
    ff[1].driver = NULL;
    CHECK_EQ(ff[0].oids, below + 1);
    CHECK_EQ(ff[2].statuses, above + 1);
    CHECK(strchr(pr.journal, '<'));
    stop();
}

TEST(a_module_may_call_its_neighbours_until_it_is_detached)
{
    with_filters(detaching);
}

static void statuses(void *unused)
{
    NDIS_LINK_STATE link = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1 },
        .MediaConnectState = MediaConnectStateDisconnected,
    };
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &link,
        .StatusBufferSize = sizeof link,
    };

    start(2);
    NdisMIndicateStatusEx(mp.adapter, &indication);
    CHECK_EQ(ff[0].statuses, 1);
    CHECK_EQ(ff[1].statuses, 1);
    CHECK_EQ(pr.link.MediaConnectState, MediaConnectStateDisconnected);
    NdisFIndicateStatus(only(&ff[0]), &indication);
    CHECK_EQ(ff[0].statuses, 1);
    CHECK_EQ(ff[1].statuses, 2);
    NET_PNP_EVENT_NOTIFICATION event = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .NetPnPEvent = { .NetEvent = NetEventCancelRemoveDevice },
    };
    unsigned events = ff[0].net_events;
    CHECK_EQ(NdisMNetPnPEvent(mp.adapter, &event), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ff[0].net_events, events + 1);
    CHECK(ff[1].net_events > 0);
    stop();
}

TEST(status_indications_and_events_pass_every_module)
{
    with_filters(statuses);
}
