/* The protocol edge: binds, opens, closes and events, at once and pended; what a protocol asks for itself; calls that are wrong. */
#include "fake_own.h"

/* --- bind, open, unbind, close --------------------------------------------------------------------------------------------- */

static void complete_bind(void)
{
    NdisCompleteBindAdapterEx(own.bind, own.bind_status);
}

static void complete_unbind(void)
{
    own_note('.');
    NdisCompleteUnbindAdapterEx(own.unbind);
}

static void pended_bind(void *unused)
{
    watch_misuse();
    plug_fake();
    own.pend_bind = own.pend_unbind = true;
    do_later(complete_bind);
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_STR(own.journal, "brB");
    do_later(complete_unbind);
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "brBpu.");
    CHECK_EQ(findings, 0);
    unplug_fake();
}

TEST(bind_and_unbind_may_pend)
{
    with(pended_bind);
}

static void pended_open(void *unused)
{
    watch_misuse();
    plug_fake();
    ndis_pend_opens = true;
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(own.open_status, NDIS_STATUS_PENDING);
    CHECK_STR(own.journal, "borB");
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "borBpu");
    own.bind_status = NDIS_STATUS_RESOURCES;            /* opens, closes, fails */
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_STR(own.journal, "borBpuboB");
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_EQ(findings, 0);
    unplug_fake();
}

TEST(an_open_may_pend)
{
    with(pended_open);
}

static void failing_bind(NDIS_STATUS expected)
{
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(own.open_status, expected);
    CHECK(own.binding == NULL);
    NdisDeregisterProtocolDriver(own.protocol);
}

static void wrong_opens(void *unused)
{
    plug_fake();
    own.wrong_name = true;
    failing_bind(NDIS_STATUS_ADAPTER_NOT_FOUND);
    own.wrong_name = false;
    own.wrong_medium = true;
    failing_bind(NDIS_STATUS_UNSUPPORTED_MEDIA);
    own.wrong_medium = false;
    own.wrong_header = true;
    failing_bind(NDIS_STATUS_FAILURE);
    own.wrong_header = false;
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(own.open_status, NDIS_STATUS_SUCCESS);
    NDIS_HANDLE binding = own.binding;
    UNICODE_STRING *name = &((struct binding *)binding)->adapter->name;
    NDIS_BIND_PARAMETERS p = { .AdapterName = name };
    CHECK_EQ(open_own(own.bind, &p), NDIS_STATUS_FAILURE);      /* outside of the bind */
    own.binding = binding;
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "bBbBbBbrBpu");
    unplug_fake();
}

TEST(an_open_is_for_the_adapter_that_was_offered_and_only_while_it_is)
{
    with(wrong_opens);
}

static void left_open(void *unused)
{
    plug_fake();
    watch_misuse();
    own.bind_status = NDIS_STATUS_RESOURCES;
    own.leave_open = true;
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(findings, 1);              /* it failed, and did not close */
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "bB");
    unplug_fake();
}

TEST(a_bind_that_fails_and_leaves_its_open_behind_is_a_finding)
{
    with(left_open);
}

static void unbound_instead(void *unused)
{
    plug_fake();
    watch_misuse();
    own.bind_status = NDIS_STATUS_RESOURCES;
    own.unbind_in_bind = own.pend_bind = true;
    do_later(complete_bind);
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_STR(own.journal, "buB");
    CHECK_EQ(findings, 0);
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "buB");
    unplug_fake();
}

TEST(a_pended_bind_that_fails_may_be_unbound)
{
    with(unbound_instead);
}

static void leaves_by_itself(void *unused)
{
    struct ndis_adapter_info info;

    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK(ndis_adapter_info(0, &info));
    unsigned bindings = info.bindings;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(NdisUnbindAdapter(own.binding), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisUnbindAdapter(own.binding), NDIS_STATUS_SUCCESS);      /* it is on its way */
    CHECK_STR(own.journal, "brB");
    KeLowerIrql(old);
    sleep_ms(10);
    CHECK_STR(own.journal, "brBpu");
    CHECK(ndis_adapter_info(0, &info));
    CHECK_EQ(info.bindings, bindings - 1);
    CHECK_STR(info.state, "Running");
    NdisReEnumerateProtocolBindings(own.protocol);
    CHECK_STR(own.journal, "brBpubr");
    NdisReEnumerateProtocolBindings(own.protocol);      /* it is bound */
    CHECK_STR(own.journal, "brBpubr");
    CHECK_EQ(NdisUnbindAdapter(own.binding), NDIS_STATUS_SUCCESS);
    unplug_fake();                      /* whoever is first */
    CHECK_STR(own.journal, "brBpubrpu");
    CHECK_EQ(NdisRegisterProtocolDriver(NULL, &(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS){ 0 }, &own.bind),
             NDIS_STATUS_BAD_CHARACTERISTICS);
    NdisDeregisterProtocolDriver(own.protocol);
}

TEST(a_protocol_can_have_itself_unbound_and_bound_again)
{
    with(leaves_by_itself);
}

static void end_request(void)
{
    PNDIS_OID_REQUEST request = mp.pended;

    own_note('.');
    mp.pended = NULL;
    NdisMOidRequestComplete(mp.adapter, request, NDIS_STATUS_SUCCESS);
}

static void close_with_request(void *unused)
{
    char text[16];
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { .Oid = OID_GEN_VENDOR_DESCRIPTION, .InformationBuffer = text, .InformationBufferLength = 16 },
    };

    plug_fake();
    watch_misuse();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    mp.pend_oids = mp.keep_oids = true;
    CHECK_EQ(NdisOidRequest(own.binding, &r), NDIS_STATUS_PENDING);
    do_later(end_request);
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "brBpu.c");
    CHECK_EQ(own.requests_done, 1);
    CHECK_EQ(findings, 0);
    mp.pend_oids = false;
    unplug_fake();
}

TEST(a_close_waits_for_requests_and_completes_behind_them)
{
    with(close_with_request);
}

/* --- events ------------------------------------------------------------------------------------------------------------------ */

static void end_event(void)
{
    own_note('.');
    NdisCompleteNetPnPEvent(own.binding, own.event, NDIS_STATUS_SUCCESS);
    CHECK_EQ(findings, 0);
    NdisCompleteNetPnPEvent(own.binding, own.event, NDIS_STATUS_SUCCESS);       /* once is enough */
    CHECK_EQ(findings, 1);
}

static void pended_events(void *unused)
{
    NDIS_PORT_NUMBER port;
    NDIS_PORT_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS, 1, NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 },
    };
    NET_PNP_EVENT_NOTIFICATION n = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .PortNumber = 7,
    };

    plug_fake();
    watch_misuse();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMAllocatePort(mp.adapter, &c), NDIS_STATUS_SUCCESS);
    port = c.PortNumber;
    NDIS_PORT p = { .PortCharacteristics = c };
    n.NetPnPEvent = (NET_PNP_EVENT){ .NetEvent = NetEventPortActivation, .Buffer = &p, .BufferLength = sizeof p };
    own.pend_events = true;
    do_later(end_event);
    CHECK_EQ(NdisMNetPnPEvent(mp.adapter, &n), NDIS_STATUS_SUCCESS);
    CHECK_STR(own.journal, "brB+.");
    CHECK_EQ(own.port, 7);              /* the notification is passed on as it is */
    own.pend_events = false;
    n.NetPnPEvent = (NET_PNP_EVENT){ .NetEvent = NetEventPortDeactivation, .Buffer = &port, .BufferLength = sizeof port };
    CHECK_EQ(NdisMNetPnPEvent(mp.adapter, &n), NDIS_STATUS_SUCCESS);
    CHECK_STR(own.journal, "brB+.-");
    CHECK_EQ(NdisMFreePort(mp.adapter, port), NDIS_STATUS_SUCCESS);
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

TEST(an_event_may_pend_and_is_completed_once)
{
    with(pended_events);
}

static void power_events(void *unused)
{
    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(own.journal, "brBQWp");
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(own.journal, "brBQWprW");
    own.query_answer = NDIS_STATUS_FAILURE;
    CHECK(po_set_system_state(PowerSystemSleeping3, false) != STATUS_SUCCESS);
    CHECK_STR(own.journal, "brBQWprWQ");        /* nobody slept */
    CHECK_EQ(pnp_send(mp.node, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL), STATUS_UNSUCCESSFUL);
    CHECK_EQ(pnp_send(mp.node, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL), STATUS_SUCCESS);
    CHECK_STR(own.journal, "brBQWprWQqx");
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

TEST(power_and_removal_are_asked_for_before_they_happen)
{
    with(power_events);
}

static NDIS_PM_CAPABILITIES power_capabilities = {
    .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_1, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 },
};

static void set_power_ok(bool pauses)
{
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, true), STATUS_SUCCESS);
    CHECK(strchr(mp.journal, 'h') == NULL);
    CHECK_EQ(strchr(mp.journal + 2, 'p') != NULL, pauses);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, true), STATUS_SUCCESS);
}

static NDIS_STATUS take_power(PNDIS_OID_REQUEST r)
{
    return r->DATA.Oid == OID_PNP_SET_POWER ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
}

static void no_pause(void *unused)
{
    mp.power = &power_capabilities;
    mp.on_set = take_power;
    mp.attributes = NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND;
    plug_fake();
    set_power_ok(false);
    own.minor = 20;                     /* one that does not know of it */
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    strcpy(mp.journal, "ir");
    set_power_ok(true);
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

TEST(a_stack_runs_on_in_low_power_only_when_all_its_drivers_know_of_that)
{
    with(no_pause);
}

/* --- what a miniport asks of NDIS ---------------------------------------------------------------------------------------------- */

static void tell(NET_PNP_EVENT_CODE code)
{
    NET_PNP_EVENT_NOTIFICATION n = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_2,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_2 },
        .NetPnPEvent.NetEvent = code,
    };

    CHECK_EQ(NdisMNetPnPEvent(mp.adapter, &n), NDIS_STATUS_SUCCESS);
}

static void inhibited(void *unused)
{
    struct ndis_adapter_info info;

    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    tell(NetEventInhibitBindsAbove);
    CHECK_STR(own.journal, "brBpu");    /* and it never hears of the event itself */
    CHECK(ndis_adapter_info(0, &info));
    CHECK_EQ(info.bindings, 0);
    NdisReEnumerateProtocolBindings(own.protocol);
    CHECK_STR(own.journal, "brBpu");
    tell(NetEventAllowBindsAbove);
    sleep_ms(10);
    CHECK_STR(own.journal, "brBpubr");
    CHECK(ndis_adapter_info(0, &info));
    CHECK_STR(info.state, "Running");
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

TEST(a_miniport_can_keep_everybody_off_for_a_while)
{
    with(inhibited);
}

static void quiet(void *unused)
{
    struct ndis_adapter_info info;

    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    tell(NetEventRequirePause);
    CHECK_STR(own.journal, "brBp");
    CHECK(ndis_adapter_info(0, &info));
    CHECK_STR(info.state, "Paused");
    tell(NetEventRequirePause);         /* it is */
    CHECK_EQ(NdisUnbindAdapter(own.binding), NDIS_STATUS_SUCCESS);
    sleep_ms(10);
    CHECK_STR(own.journal, "brBpu");    /* nothing restarts it */
    tell(NetEventAllowStart);
    sleep_ms(10);
    CHECK(ndis_adapter_info(0, &info));
    CHECK_STR(info.state, "Running");
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

TEST(a_miniport_can_have_its_stack_paused)
{
    with(quiet);
}

/* --- wrong calls ----------------------------------------------------------------------------------------------------------------- */

static void wrong_calls(void *unused)
{
    NET_PNP_EVENT_NOTIFICATION n = { 0 };

    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    watch_misuse();
    NdisCompleteBindAdapterEx(own.bind, NDIS_STATUS_SUCCESS);
    NdisCompleteUnbindAdapterEx(own.bind);
    NdisCompleteNetPnPEvent(own.binding, &n, NDIS_STATUS_SUCCESS);
    CHECK_EQ(findings, 3);
    CHECK_STR(own.journal, "brB");
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_EQ(findings, 3);
    unplug_fake();
}

TEST(completing_what_does_not_pend_is_a_finding_and_changes_nothing)
{
    with(wrong_calls);
}

static void uninstalled(void *unused)
{
    own.uninstalls = true;
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    plug_fake();
    ndis_protocol_uninstall((uint64_t)(uintptr_t)own_bind, 1);
    CHECK_STR(own.journal, "BbrpuU");   /* unbound, then uninstalled */
    ndis_protocol_uninstall((uint64_t)(uintptr_t)own_bind, 1);
    CHECK(!ndis_protocol_left((uint64_t)(uintptr_t)own_bind, 1));
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_STR(own.journal, "BbrpuUbrBpu");      /* deregistration is no uninstallation */
    unplug_fake();
}

TEST(a_protocol_is_unbound_and_told_before_it_is_uninstalled)
{
    with(uninstalled);
}

static void pulled_out(void *unused)
{
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    plug_fake();
    memset(everything, 0, sizeof everything);
    own.query_answer = NDIS_STATUS_FAILURE;             /* nobody is asked */
    CHECK_EQ(pnp_send(mp.node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL), STATUS_SUCCESS);
    CHECK_STR(everything, "pq m! pp mp pu mS ");
    unplug_fake();
    NdisDeregisterProtocolDriver(own.protocol);
}

TEST(protocols_hear_that_the_card_goes_before_it_does)
{
    with(pulled_out);
}

/* --- by chance ---------------------------------------------------------------------------------------------------------------- */

static unsigned opens_pended, closes_pended, requests_pended;

static void bound_and_unbound(void *unused)
{
    NDIS_LINK_STATE link;
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .DATA.QUERY_INFORMATION = { OID_GEN_LINK_STATE, &link, sizeof link, 0, 0 },
    };

    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    NDIS_STATUS status = NdisOidRequest(own.binding, &r);
    CHECK(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_PENDING);
    requests_pended += status == NDIS_STATUS_PENDING;
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_EQ(own.requests_done, status == NDIS_STATUS_PENDING);         /* told once, before the close is complete */
    unplug_fake();
    opens_pended += strchr(own.journal, 'o') != NULL;
    closes_pended += strchr(own.journal, 'c') != NULL;
}

TEST(under_a_seed_opens_closes_and_requests_pend_at_times)
{
    const unsigned seeds = 12;

    for (fake_seed = 1; fake_seed <= seeds; fake_seed++)
        with(bound_and_unbound);
    CHECK(opens_pended > 0 && opens_pended < seeds);
    CHECK(closes_pended > 0 && closes_pended < seeds);
    CHECK(requests_pended > 0 && requests_pended < seeds);
}
