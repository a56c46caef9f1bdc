/* The adapter's life, frames, requests: a miniport below, a protocol above. */
#include "fake.h"

/* To the card's own address. */
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

static void life(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_STR(mp.journal, "ir");
    CHECK_STR(pr.journal, "br");
    CHECK(ndis_adapter_info(0, &info));
    CHECK_STR(info.state, "Running");
    CHECK_STR(info.driver, "fakenic");
    CHECK_EQ(info.mtu, 1500);
    CHECK(info.link_up);
    unplug_fake();
    CHECK_STR(mp.journal, "irphu");
    CHECK_STR(pr.journal, "brpu");
    CHECK(!ndis_adapter_info(0, &info));
    deregister_protocol();
}

TEST(an_adapter_is_initialized_restarted_paused_and_halted)
{
    on_a_computer(life, 1);
    on_a_computer(life, 2);
}

static void pending_life(void *unused)
{
    mp.pend_pause = mp.pend_restart = true;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_STR(mp.journal, "ir");
    CHECK_STR(pr.journal, "br");
    unplug_fake();
    CHECK_STR(mp.journal, "irphu");
    deregister_protocol();
}

TEST(pause_and_restart_may_pend)
{
    on_a_computer(pending_life, 1);
}

static void late_protocol(void *unused)
{
    plug_fake();
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    CHECK_STR(mp.journal, "irpr");
    CHECK_STR(pr.journal, "br");
    deregister_protocol();
    CHECK_STR(mp.journal, "irprpr");
    CHECK_STR(pr.journal, "brpu");
    unplug_fake();
}

TEST(a_protocol_that_comes_late_is_bound_while_the_stack_is_paused)
{
    on_a_computer(late_protocol, 1);
}

static void failed_initialize(void *unused)
{
    struct ndis_adapter_info info;

    mp.initialize_status = NDIS_STATUS_RESOURCES;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_STR(mp.journal, "i");
    CHECK_STR(pr.journal, "");
    CHECK(mp.node->state != PNP_STARTED);
    CHECK(!ndis_adapter_info(0, &info) || !strcmp(info.state, "Halted"));
    unplug_fake();
    deregister_protocol();
}

TEST(a_miniport_that_fails_to_initialize_is_not_halted)
{
    on_a_computer(failed_initialize, 1);
}

static void failed_restart(void *unused)
{
    struct ndis_adapter_info info;

    mp.restart_status = NDIS_STATUS_FAILURE;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK(ndis_adapter_info(0, &info));
    CHECK_STR(info.state, "Paused");
    CHECK_STR(pr.journal, "b");
    unplug_fake();
    CHECK_STR(mp.journal, "irhu");
    deregister_protocol();
}

TEST(a_failed_restart_leaves_the_adapter_paused)
{
    on_a_computer(failed_restart, 1);
}

static void surprise(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(pnp_send(mp.node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL), STATUS_SUCCESS);
    CHECK_STR(mp.journal, "ir!pS");
    CHECK_STR(pr.journal, "brpu");
    unplug_fake();
    CHECK_STR(mp.journal, "ir!pSu");
    deregister_protocol();
}

TEST(a_card_that_is_pulled_out_is_announced_and_halted_once)
{
    on_a_computer(surprise, 1);
}

static void sends(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK(ndis_adapter_info(0, &info)); /* TCP/IP sends, too */
    struct ndis_layer_stats before = info.stats.miniport;
    unsigned sent = mp.sent;
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(mp.sent, sent + 2);
    CHECK_EQ(pr.completed, 2);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);
    CHECK(ndis_adapter_info(0, &info));
    CHECK_EQ(info.stats.miniport.tx_frames, before.tx_frames + 2);
    CHECK_EQ(info.stats.miniport.tx_bytes, before.tx_bytes + 160);
    unplug_fake();
    deregister_protocol();
}

TEST(sent_lists_come_back)
{
    on_a_computer(sends, 1);
}

static VOID NTAPI complete_held(PVOID a, PVOID context, PVOID b, PVOID c)
{
    PNET_BUFFER_LIST lists = mp.held;

    mp.hold_sends = false;
    mp.held = NULL;
    NdisMSendNetBufferListsComplete(mp.adapter, lists, 0);
}

static void pause_with_sends(void *unused)
{
    NDIS_TIMER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
        .TimerFunction = complete_held,
    };
    NDIS_HANDLE timer;
    LARGE_INTEGER due = { .QuadPart = -50000 };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    mp.hold_sends = true;
    plug_fake();
    CHECK_EQ(NdisAllocateTimerObject(NULL, &c, &timer), NDIS_STATUS_SUCCESS);
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(pr.completed, 0);
    NdisSetTimerObject(timer, due, 0, NULL);
    unplug_fake();                      /* waits for both */
    CHECK_EQ(pr.completed, 2);
    CHECK_STR(mp.journal, "irphu");
    NdisFreeTimerObject(timer);
    deregister_protocol();
}

TEST(a_pause_waits_for_every_send)
{
    on_a_computer(pause_with_sends, 1);
}

static void rejected(void *unused)
{
    mp.restart_status = NDIS_STATUS_FAILURE;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    NdisSendNetBufferLists(pr.binding, two_frames(), 0, 0);
    CHECK_EQ(mp.sent, 0);
    CHECK_EQ(pr.completed, 2);
    CHECK_EQ(pr.last_status, NDIS_STATUS_PAUSED);
    unplug_fake();
    deregister_protocol();
}

TEST(a_paused_adapter_rejects_sends_at_once)
{
    on_a_computer(rejected, 1);
}

static void set_filter(uint32_t filter);

static void receives(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    set_filter(NDIS_PACKET_TYPE_DIRECTED);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, two_frames(), 0, 2, 0);
    CHECK_EQ(pr.received, 2);
    CHECK_EQ(mp.returned, 2);
    PNET_BUFFER_LIST lists = two_frames();
    NdisMIndicateReceiveNetBufferLists(mp.adapter, lists, 0, 2, NDIS_RECEIVE_FLAGS_RESOURCES);
    CHECK_EQ(pr.received, 4);
    CHECK_EQ(mp.returned, 2);           /* they are the miniport's again */
    mp_return(NULL, lists, 0);
    pr.keep = true;
    NdisMIndicateReceiveNetBufferLists(mp.adapter, frame(64), 0, 1, 0);
    CHECK_EQ(mp.returned, 4);
    NdisReturnNetBufferLists(pr.binding, pr.kept, 0);
    CHECK_EQ(mp.returned, 5);
    CHECK(ndis_adapter_info(0, &info));
    CHECK_EQ(info.stats.miniport.rx_frames, 5);
    CHECK_EQ(info.stats.miniport.rx_bytes, 384);
    unplug_fake();
    deregister_protocol();
}

TEST(received_lists_go_back_to_the_miniport_unless_it_keeps_them)
{
    on_a_computer(receives, 1);
}

static void filtered(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();                        /* TCP/IP takes directed frames, too */
    set_filter(NDIS_PACKET_TYPE_BROADCAST);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, two_frames(), 0, 2, 0);
    CHECK_EQ(pr.received, 0);
    CHECK_EQ(mp.returned, 2);
    PNET_BUFFER_LIST nbl = two_frames();
    memset(NdisGetDataBuffer(nbl->Next->FirstNetBuffer, 6, NULL, 1, 0), 0xff, 6);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, nbl, 0, 2, 0);
    CHECK_EQ(pr.received, 1);
    CHECK_EQ(mp.returned, 4);
    set_filter(NDIS_PACKET_TYPE_PROMISCUOUS);
    NdisSendNetBufferLists(pr.binding, frame(60), 0, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    CHECK_EQ(pr.received, 2);           /* its own frame, looped back */
    CHECK_EQ(pr.completed, 1);
    unplug_fake();
    deregister_protocol();
}

TEST(each_binding_gets_what_its_filter_takes)
{
    on_a_computer(filtered, 1);
}

static void power(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(mp.journal, "irph");      /* it knows no power management */
    CHECK_STR(pr.journal, "brp");
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(mp.journal, "irphir");
    CHECK_STR(pr.journal, "brpr");
    CHECK_EQ(mp.power_sources, 2);      /* told after every initialization */
    unplug_fake();
    deregister_protocol();
}

TEST(a_sleeping_computer_halts_the_adapter_and_wakes_it)
{
    on_a_computer(power, 1);
}

static void set_filter(uint32_t filter);

static void nap(void *unused)
{
    CM_RESOURCE_LIST list = { .Count = 1, .List[0].PartialResourceList = { .Count = 1 } };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(mp.resources, 0);
    CHECK(adapter_take_resources(mp.adapter, &list, &list));    /* as if PnP had given one */
    set_filter(NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_DIRECTED);
    uint32_t filter = mp.filter, multicast = mp.multicast_count;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(mp.journal, "irph");
    mp.filter = mp.multicast_count = 0;
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(mp.journal, "irphir");
    CHECK_EQ(mp.resources, 1);
    CHECK_EQ(mp.filter, filter);
    CHECK_EQ(mp.multicast_count, multicast);
    unplug_fake();
    deregister_protocol();
}

TEST(an_adapter_that_slept_halted_gets_its_resources_and_settings_again)
{
    on_a_computer(nap, 1);
}

static void gone_asleep(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    unplug_fake();
    CHECK_STR(mp.journal, "irphu");
    CHECK_STR(pr.journal, "brpu");
    CHECK(!ndis_adapter_info(0, &info));
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    deregister_protocol();
}

TEST(an_adapter_can_go_while_it_sleeps_halted)
{
    on_a_computer(gone_asleep, 1);
}

static void bad_morning(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    mp.initialize_status = NDIS_STATUS_RESOURCES;
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    NdisMSleep(1000000);
    CHECK_STR(mp.journal, "irphi");
    CHECK_STR(pr.journal, "brpu");
    CHECK(!ndis_adapter_info(0, &info));
    CHECK_EQ(io_unload_driver(mp.io), STATUS_SUCCESS);
    deregister_protocol();
}

TEST(an_adapter_that_does_not_wake_is_removed)
{
    on_a_computer(bad_morning, 1);
}

static void beyond_help(void *unused)
{
    struct ndis_adapter_info info;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(NdisMRemoveMiniport(mp.adapter), NDIS_STATUS_SUCCESS);
    NdisMSleep(1000000);
    CHECK_STR(mp.journal, "ir!pS");
    CHECK_STR(pr.journal, "brpu");
    CHECK(!ndis_adapter_info(0, &info));
    CHECK_EQ(io_unload_driver(mp.io), STATUS_SUCCESS);
    deregister_protocol();
}

TEST(a_miniport_can_have_itself_removed)
{
    on_a_computer(beyond_help, 1);
}

/* --- requests ------------------------------------------------------------------------------------------------------------- */

static NDIS_OID_REQUEST request(NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, UINT length)
{
    return (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
}

static void set_filter(uint32_t filter)
{
    NDIS_OID_REQUEST r = request(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter);

    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.SET_INFORMATION.BytesRead, 4);
    CHECK(r.DATA.SET_INFORMATION.InformationBuffer == &filter);
}

static void answered(void *unused)
{
    uint32_t value = 0;
    uint64_t wide = 0;
    UCHAR mac[6];

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    unsigned before = mp.oids;
    NDIS_OID_REQUEST r = request(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &value, sizeof value);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(value, 1500);
    r = request(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, mac, sizeof mac);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mac[5], 1);
    r = request(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, mac, 3);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesNeeded, 6);
    CHECK_EQ(mp.oids, before);          /* NDIS knew all that */
    r = request(NdisRequestQueryInformation, OID_GEN_BYTES_RCV, &wide, sizeof wide);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(wide, 12345);
    CHECK_EQ(r.DATA.Oid, OID_GEN_BYTES_RCV);
    CHECK_EQ(mp.oids, before + 1);
    r = request(NdisRequestQueryInformation, OID_GEN_VENDOR_ID, &value, sizeof value);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_NOT_SUPPORTED);
    unplug_fake();
    deregister_protocol();
}

TEST(ndis_answers_from_attributes_and_derives_counters)
{
    on_a_computer(answered, 1);
}

static void pended(void *unused)
{
    char text[16];
    uint32_t value;
    KIRQL old;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    mp.pend_oids = true;
    plug_fake();
    NDIS_OID_REQUEST first = request(NdisRequestQueryInformation, OID_GEN_VENDOR_DESCRIPTION, text, sizeof text);
    NDIS_OID_REQUEST second = request(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &value, sizeof value);
    CHECK_EQ(NdisOidRequest(pr.binding, &first), NDIS_STATUS_PENDING);
    CHECK_EQ(NdisOidRequest(pr.binding, &second), NDIS_STATUS_PENDING);     /* behind the first */
    CHECK_EQ(KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    if (pr.oid_completions < 2)
        KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(pr.oid_completions, 2);
    CHECK_EQ(value, 1500);
    KeClearEvent(&pr.oid_done);
    old = KeRaiseIrqlToDpcLevel();      /* from DISPATCH_LEVEL a worker asks */
    CHECK_EQ(NdisOidRequest(pr.binding, &second), NDIS_STATUS_PENDING);
    KeLowerIrql(old);
    KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(pr.oid_completions, 3);
    unplug_fake();
    deregister_protocol();
}

TEST(requests_wait_for_the_one_before_and_are_completed_once)
{
    on_a_computer(pended, 1);
    on_a_computer(pended, 2);
}

static void merged(void *unused)
{
    UCHAR list[2][6] = { { 1, 0, 0x5e, 0, 0, 1 }, { 1, 0, 0x5e, 0, 0, 2 } };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();                        /* TCP/IP is bound, too, with a filter of its own */
    uint32_t others = mp.filter;
    CHECK(others & NDIS_PACKET_TYPE_BROADCAST);
    unsigned sets = mp.filter_sets;
    set_filter(NDIS_PACKET_TYPE_BROADCAST);
    CHECK_EQ(mp.filter_sets, sets);     /* the union did not change */
    set_filter(NDIS_PACKET_TYPE_PROMISCUOUS);
    CHECK_EQ(mp.filter, others | NDIS_PACKET_TYPE_PROMISCUOUS);
    uint32_t mine = 0;
    NDIS_OID_REQUEST r = request(NdisRequestQueryInformation, OID_GEN_CURRENT_PACKET_FILTER, &mine, sizeof mine);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mine, NDIS_PACKET_TYPE_PROMISCUOUS);
    uint32_t multicast = mp.multicast_count;
    r = request(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, list, sizeof list);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK(mp.multicast_count >= multicast + 1);
    r = request(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, list, 5);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_INVALID_LENGTH);
    deregister_protocol();
    CHECK_EQ(mp.filter, others);
    CHECK_EQ(mp.multicast_count, multicast);
    unplug_fake();
}

TEST(packet_filters_and_multicast_lists_are_merged_over_bindings)
{
    on_a_computer(merged, 1);
}

/* --- reset and status ------------------------------------------------------------------------------------------------------ */

static void hang(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    mp.addressing_reset = mp.pend_reset = true;
    plug_fake();
    unsigned sets = mp.filter_sets;
    mp.hung = true;
    sleep_ms(5000);
    CHECK_STR(mp.journal, "irx");
    CHECK_STR(pr.journal, "br<>");
    CHECK_EQ(mp.filter_sets, sets + 1); /* the filter was set again */
    unplug_fake();
    deregister_protocol();
}

TEST(a_hung_miniport_is_reset_and_gets_its_addresses_again)
{
    on_a_computer(hang, 1);
}

static void link_change(void *unused)
{
    NDIS_LINK_STATE link = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1 },
        .MediaConnectState = MediaConnectStateDisconnected,
        .XmitLinkSpeed = 77,
    };
    NDIS_STATUS_INDICATION s = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &link,
        .StatusBufferSize = sizeof link,
    };
    struct ndis_adapter_info info;
    uint32_t state = 0;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    NdisMIndicateStatusEx(mp.adapter, &s);
    CHECK_EQ(pr.link.XmitLinkSpeed, 77);
    CHECK(ndis_adapter_info(0, &info) && !info.link_up);
    NDIS_OID_REQUEST r = request(NdisRequestQueryInformation, OID_GEN_MEDIA_CONNECT_STATUS, &state, sizeof state);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(state, NdisMediaStateDisconnected);
    unplug_fake();
    deregister_protocol();
}

TEST(link_state_is_kept_and_passed_on)
{
    on_a_computer(link_change, 1);
}
