/* Filter modules in a stack: attach, pause, restart, detach, and their order. */
#include "fake_filter.h"

static void start(void)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
}

static void stop(void)
{
    unplug_fake();
    deregister_protocol();
}

static void forget_journal(void)
{
    memset(everything, 0, sizeof everything);
}

static void order(void *unused)
{
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    start();
    /* docs: network/starting-a-driver-stack, network/restarting-a-driver-stack */
    CHECK_STR(everything, "mi aa ba pb mr ar br pr ");
    forget_journal();
    unplug_fake();
    /* docs: network/stopping-a-driver-stack */
    CHECK_STR(everything, "pp bp ap mp pu bd ad mh mu ");
    NdisFDeregisterFilterDriver(ff[1].driver);
    NdisFDeregisterFilterDriver(ff[0].driver);
    deregister_protocol();
}

TEST(a_stack_starts_from_the_bottom_and_stops_from_the_top)
{
    with_filters(order);
}

static void pending(void *unused)
{
    ff[0].pend_pause = ff[0].pend_restart = true;
    mp.pend_pause = mp.pend_restart = true;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    start();
    CHECK_STR(everything, "mi aa ba pb mr ar br pr ");
    forget_journal();
    unplug_fake();
    CHECK_STR(everything, "pp bp ap mp pu bd ad mh mu ");
    NdisFDeregisterFilterDriver(ff[1].driver);
    NdisFDeregisterFilterDriver(ff[0].driver);
    deregister_protocol();
}

TEST(a_module_may_leave_pause_and_restart_pending)
{
    with_filters(pending);
}

static void late(void *unused)
{
    start();
    forget_journal();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_STR(everything, "pp mp aa mr ar pr ");
    forget_journal();
    NdisFDeregisterFilterDriver(ff[0].driver);
    CHECK_STR(everything, "pp ap mp ad mr pr ");
    stop();
}

TEST(an_optional_module_comes_and_goes_under_a_paused_stack_that_stays_bound)
{
    with_filters(late);
}

static void mandatory(void *unused)
{
    start();
    forget_journal();
    describe_filter('a', 2, 1, "custom");
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_STR(everything, "pp mp pu aa pb mr ar pr ");
    forget_journal();
    NdisFDeregisterFilterDriver(ff[0].driver);
    CHECK_STR(everything, "pp ap mp pu ad pb mr pr ");
    stop();
}

/* docs: network/mandatory-filter-drivers */
TEST(protocols_are_unbound_while_a_mandatory_module_attaches_or_detaches)
{
    with_filters(mandatory);
}

static void mandatory_fails(void *unused)
{
    describe_filter('a', 2, 1, "custom");
    ff[0].attach_status = NDIS_STATUS_RESOURCES;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    start();
    CHECK_STR(pr.journal, "");
    CHECK(((struct adapter *)mp.adapter)->incomplete);
    NdisFDeregisterFilterDriver(ff[0].driver);          /* nothing is missing any more */
    CHECK_STR(pr.journal, "br");
    stop();
}

TEST(nothing_is_bound_to_an_adapter_that_lacks_a_mandatory_module)
{
    with_filters(mandatory_fails);
}

static void optional_fails(void *unused)
{
    ff[0].attach_status = NDIS_STATUS_RESOURCES;
    ff[1].no_attributes = true;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    start();
    CHECK_STR(everything, "mi aa ba pb mr pr ");
    NdisFDeregisterFilterDriver(ff[1].driver);
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(an_optional_module_that_does_not_attach_is_left_out)
{
    with_filters(optional_fails);
}

static void restart_fails(void *unused)
{
    ff[0].restart_status = NDIS_STATUS_FAILURE;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    start();
    /* docs: network/starting-a-filter-module */
    CHECK_STR(everything, "mi aa ba pb mr ar ad br pr ");
    NdisFDeregisterFilterDriver(ff[1].driver);
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(a_module_that_does_not_restart_is_detached)
{
    with_filters(restart_fails);
}

static void classes(void *unused)
{
    start();
    describe_filter('a', 2, 2, "scheduler");
    describe_filter('b', 2, 2, "provider_address");
    describe_filter('c', 2, 2, "custom");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(register_filter(&ff[i], (char)('a' + i)), NDIS_STATUS_SUCCESS);
    forget_journal();
    CHECK_EQ(register_filter(&ff[3], 'd'), NDIS_STATUS_SUCCESS);         /* no Ndi key: custom, above the earlier one */
    CHECK_STR(everything, "pp ap cp bp mp da mr br cr dr ar pr ");
    for (int i = 0; i < 4; i++)
        NdisFDeregisterFilterDriver(ff[i].driver);
    stop();
}

TEST(filter_classes_order_the_modules)
{
    with_filters(classes);
}

static void other_media(void *unused)
{
    mp.medium = NdisMediumNative802_11;
    start();
    describe_filter('a', 2, 2, "custom");                               /* "ethernet, wlan" */
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);         /* no Ndi key: Ethernet alone */
    CHECK_EQ(ff[0].attached, 1);
    CHECK_EQ(ff[0].attach.MiniportMediaType, NdisMediumNative802_11);
    CHECK_EQ(ff[1].attached, 0);
    for (int i = 0; i < 2; i++)
        NdisFDeregisterFilterDriver(ff[i].driver);
    stop();
}

TEST(a_filter_driver_has_modules_on_the_media_that_its_inf_lists)
{
    with_filters(other_media);
}

static void monitoring(void *unused)
{
    describe_filter('a', 1, 2, "");
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    start();
    CHECK_EQ(ff[0].attached, 1);
    forget_journal();
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    CHECK_STR(everything, "pp ap mp ba aa mr ar br ar pr ");
    CHECK_EQ(ff[0].attached, 2);
    CHECK_EQ(ff[0].attach.LowerIfIndex, ((struct filter *)ff[1].module[0])->if_index);
    forget_journal();
    NdisFDeregisterFilterDriver(ff[1].driver);
    CHECK_STR(everything, "pp ap bp ap mp ad bd mr ar pr ");
    CHECK_EQ(ff[0].attached, 1);
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(a_monitoring_module_stands_above_the_miniport_and_above_every_modifying_module)
{
    with_filters(monitoring);
}

static void told(void *unused)
{
    static const WCHAR tail[] = u"-{00000000-0000-0000-0000-00000000000a}-0000";
    struct adapter *a;

    start();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    a = mp.adapter;
    CHECK_EQ(ff[0].attach.Header.Type, NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS);
    CHECK_EQ(ff[0].attach.BaseMiniportIfIndex, a->if_index);
    CHECK_EQ(ff[0].attach.LowerIfIndex, a->if_index);
    CHECK(ff[0].attach.IfIndex != a->if_index);
    CHECK_EQ(ff[0].attach.MacAddressLength, 6);
    CHECK_EQ(ff[0].attach.CurrentMacAddress[5], 1);
    CHECK_EQ(ff[0].attach.XmitLinkSpeed, 1000000000);
    CHECK_EQ(ff[0].name[0], '{');
    CHECK(!memcmp(ff[0].name + 38, tail, sizeof tail));
    NET_IFINDEX bound, lowest;
    NET_LUID bound_luid, lowest_luid;
    CHECK_EQ(NdisIfQueryBindingIfIndex(pr.binding, &bound, &bound_luid, &lowest, &lowest_luid), NDIS_STATUS_SUCCESS);
    CHECK_EQ(bound, ff[0].attach.IfIndex);
    CHECK_EQ(bound_luid.Value, ff[0].attach.NetLuid.Value);
    CHECK_EQ(lowest, a->if_index);
    CHECK_EQ(lowest_luid.Value, a->luid.Value);
    CHECK_EQ(pr.names_length, 2 + 2 * (38 + 1 + 38 + 5));
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(a_module_is_told_what_it_attaches_to)
{
    with_filters(told);
}

static void bad_registration(void *unused)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2, NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 },
        .MajorNdisVersion = 6,
        .AttachHandler = ff_attach,
        .DetachHandler = ff_detach,
        .RestartHandler = ff_restart,
    };
    NDIS_HANDLE driver = &c;

    CHECK_EQ(NdisFRegisterFilterDriver(NULL, NULL, &c, &driver), NDIS_STATUS_BAD_CHARACTERISTICS);      /* no FilterPause */
    CHECK(!driver);
    c.PauseHandler = ff_pause;
    c.ReceiveNetBufferListsHandler = ff_receive;        /* and no FilterStatus */
    CHECK_EQ(NdisFRegisterFilterDriver(NULL, NULL, &c, &driver), NDIS_STATUS_BAD_CHARACTERISTICS);
    c.StatusHandler = ff_status;
    c.MajorNdisVersion = 5;
    CHECK_EQ(NdisFRegisterFilterDriver(NULL, NULL, &c, &driver), NDIS_STATUS_BAD_VERSION);
    c.MajorNdisVersion = 6;
    c.Header.Size = 40;
    CHECK_EQ(NdisFRegisterFilterDriver(NULL, NULL, &c, &driver), NDIS_STATUS_BAD_CHARACTERISTICS);
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1;
    CHECK_EQ(NdisFRegisterFilterDriver(NULL, NULL, &c, &driver), NDIS_STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(driver);
}

TEST(a_filter_driver_without_its_required_handlers_is_refused)
{
    with_filters(bad_registration);
}

static void sleeping(void *unused)
{
    start();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    unsigned events = ff[0].net_events;
    forget_journal();
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(everything, "pp ap mp mh ");
    CHECK(ff[0].net_events > events);   /* NetEventSetPower */
    forget_journal();
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(everything, "mi mr ar pr ");
    CHECK_EQ(ff[0].attached, 1);
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(modules_stay_attached_while_the_computer_sleeps)
{
    with_filters(sleeping);
}

static void came_asleep(void *unused)
{
    start();
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ff[0].attached, 0);
    forget_journal();
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(everything, "mi aa mr ar pr ");
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(ff[0].driver);
    CHECK_EQ(ff[0].attached, 0);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    stop();
}

TEST(a_filter_driver_may_come_and_go_while_the_computer_sleeps)
{
    with_filters(came_asleep);
}

static void left_behind(void *unused)
{
    start();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    uint64_t base = (uint64_t)(uintptr_t)ff_attach & ~(uint64_t)0xfff;
    CHECK(ndis_filter_driver_left(base, 0x1000));
    forget_journal();
    ndis_filter_driver_gone(base, 0x1000);
    CHECK(!ndis_filter_driver_left(base, 0x1000));
    CHECK_STR(everything, "pp mp mr pr ");      /* nothing of the driver is called */
    NdisFreeTimerObject(ff[0].timer);
    stop();
}

TEST(a_driver_that_leaves_its_registration_behind_is_not_called_any_more)
{
    with_filters(left_behind);
}

static void pulled(void *unused)
{
    start();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    forget_journal();
    CHECK_EQ(pnp_send(mp.node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL), STATUS_SUCCESS);
    CHECK_STR(everything, "m! pp ap mp pu ad mS ");
    CHECK(ff[0].device_events > 0);     /* the module saw the event before the miniport */
    NdisFDeregisterFilterDriver(ff[0].driver);
    stop();
}

TEST(a_module_is_detached_when_its_card_is_pulled_out)
{
    with_filters(pulled);
}

static void change_mtu(struct fake_filter *f, PNDIS_FILTER_RESTART_PARAMETERS p)
{
    if (!p->RestartAttributes)
        return;
    CHECK_EQ(p->RestartAttributes->Oid, OID_GEN_MINIPORT_RESTART_ATTRIBUTES);
    NDIS_RESTART_GENERAL_ATTRIBUTES *g = (void *)p->RestartAttributes->Data;
    CHECK(g->RecvScaleCapabilities != NULL);            /* zeros: there is no receive scaling */
    CHECK_EQ(g->RecvScaleCapabilities->CapabilitiesFlags, 0);
    if (f == &ff[1])
        CHECK_EQ(g->MtuSize, 1400);     /* as the module below left it */
    g->MtuSize = 1400;
}

static void replace(struct fake_filter *f, PNDIS_FILTER_RESTART_PARAMETERS p)
{
    PNDIS_RESTART_ATTRIBUTES old = p->RestartAttributes;

    change_mtu(f, p);
    PNDIS_RESTART_ATTRIBUTES more = NdisAllocateMemoryWithTagPriority(f->driver, sizeof *more + 64, 0x31747354, NormalPoolPriority);
    more->Next = old;
    more->Oid = OID_802_3_CURRENT_ADDRESS;
    more->DataLength = 6;
    p->RestartAttributes = more;
}

static void attributes(void *unused)
{
    start();
    ff[0].no_oids = ff[1].no_oids = true;
    ff[0].on_restart = change_mtu;
    ff[1].on_restart = change_mtu;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    ff[1].on_restart = replace;         /* NDIS frees what it adds: the pool is empty at the end */
    CHECK_EQ(NdisFRestartFilter(only(&ff[1])), NDIS_STATUS_SUCCESS);
    LARGE_INTEGER moment = { .QuadPart = -100000 };
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    CHECK_EQ(((struct filter *)only(&ff[1]))->state, FILTER_RUNNING);
    CHECK_EQ(pr.mtu, 1400);
    uint32_t mtu = 0;
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { .Oid = OID_GEN_MAXIMUM_FRAME_SIZE, .InformationBuffer = &mtu, .InformationBufferLength = sizeof mtu },
    };
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mtu, 1400);                /* and is answered so when it asks */
    CHECK_EQ(NdisUnbindAdapter(pr.binding), NDIS_STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    NdisReEnumerateProtocolBindings(pr.protocol);
    CHECK_EQ(pr.bind_mtu, 1400);        /* a protocol that comes later sees what the modules made of it */
    ff[1].on_restart = NULL;
    NdisFDeregisterFilterDriver(ff[0].driver);
    NdisFDeregisterFilterDriver(ff[1].driver);
    stop();
}

TEST(restart_attributes_pass_from_module_to_module)
{
    with_filters(attributes);
}
