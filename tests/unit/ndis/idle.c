/* Selective suspend. docs: network/ndis-selective-suspend */
#include "fake.h"

#include "tcpip/tcpip.h"

static struct {
    NDIS_STATUS answer;                 /* of MiniportIdleNotification */
    bool confirm_at_once, complete_at_once;
    char journal[64];
    NDIS_DEVICE_POWER_STATE power;
    ULONG wake_flags;
} ss;

static void mark(char what)
{
    ss.journal[strlen(ss.journal)] = what;
}

static NDIS_STATUS NTAPI idle_notified(NDIS_HANDLE context, BOOLEAN force)
{
    mark(force ? 'F' : 'n');
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (ss.answer == NDIS_STATUS_PENDING && ss.confirm_at_once)
        NdisMIdleNotificationConfirm(mp.adapter, NdisDeviceStateD2);
    return ss.answer;
}

static VOID NTAPI idle_cancelled(NDIS_HANDLE context)
{
    mark('c');
    if (ss.complete_at_once)
        NdisMIdleNotificationComplete(mp.adapter);
}

static NDIS_STATUS set(PNDIS_OID_REQUEST r)
{
    const struct _SET *s = &r->DATA.SET_INFORMATION;

    if (s->Oid == OID_PM_PARAMETERS) {
        mark('w');
        ss.wake_flags = ((NDIS_PM_PARAMETERS *)s->InformationBuffer)->WakeUpFlags;
        return NDIS_STATUS_SUCCESS;
    }
    if (s->Oid != OID_PNP_SET_POWER)
        return NDIS_STATUS_NOT_SUPPORTED;
    ss.power = *(NDIS_DEVICE_POWER_STATE *)s->InformationBuffer;
    mark(ss.power == NdisDeviceStateD0 ? '0' : 'x');
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS with_handlers(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_SS_CHARACTERISTICS handlers = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS, NDIS_MINIPORT_SS_CHARACTERISTICS_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_SS_CHARACTERISTICS_REVISION_1 },
        .IdleNotificationHandler = idle_notified,
        .CancelIdleNotificationHandler = idle_cancelled,
    };

    return NdisSetOptionalHandlers(mp.driver, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&handlers);
}

static PNET_BUFFER_LIST frame(void)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    return nbl;
}

/* TCP/IP is bound, too, and has things to say for some seconds; then a frame starts the clock. */
static void start(NDIS_STATUS answer)
{
    static NDIS_PM_CAPABILITIES power;

    power = (NDIS_PM_CAPABILITIES){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_2, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 },
        .Flags = NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED,
    };
    memset(&ss, 0, sizeof ss);
    ss.answer = NDIS_STATUS_BUSY;
    ss.confirm_at_once = ss.complete_at_once = true;
    mp.power = &power;
    mp.on_set = set;
    mp.on_initialize = with_handlers;
    CHECK(tcpip_set_address(0, "10.0.0.1/24"));
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    sleep_ms(60000);
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    memset(ss.journal, 0, sizeof ss.journal);
    mp.sent = pr.completed = 0;
    ss.answer = answer;
}

static void stop(void)
{
    unplug_fake();
    deregister_protocol();
}

static void sleeps_and_wakes_for_a_send(void *unused)
{
    start(NDIS_STATUS_PENDING);
    sleep_ms(4000);
    CHECK_STR(ss.journal, "");
    sleep_ms(4000);                     /* *SSIdleTimeout is 5 s unless the registry says otherwise */
    CHECK_STR(ss.journal, "nwx");
    CHECK_EQ(ss.wake_flags, NDIS_PM_SELECTIVE_SUSPEND_ENABLED);
    CHECK_EQ(ss.power, NdisDeviceStateD2);
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    CHECK(!mp.sent || ss.power == NdisDeviceStateD0);   /* not while it sleeps */
    sleep_ms(10);
    CHECK_STR(ss.journal, "nwxc0");
    CHECK_EQ(mp.sent, 1);
    CHECK_EQ(pr.completed, 1);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);
    sleep_ms(8000);
    CHECK_EQ(mp.power_sources, 2);
    CHECK_STR(ss.journal, "nwxc0nwx");  /* and sleeps again */
    stop();
    CHECK_STR(ss.journal, "nwxc0nwxc0");
    CHECK_STR(mp.journal, "irphu");
}

TEST(an_idle_adapter_is_suspended_and_resumed_for_a_send)
{
    on_a_computer(sleeps_and_wakes_for_a_send, 1);
    on_a_computer(sleeps_and_wakes_for_a_send, 2);
}

static void wakes_for_a_request(void *unused)
{
    char text[64];
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { OID_GEN_VENDOR_DRIVER_VERSION, text, sizeof text, 0, 0 },
    };

    start(NDIS_STATUS_PENDING);
    sleep_ms(8000);
    CHECK_STR(ss.journal, "nwx");
    NDIS_STATUS status = NdisOidRequest(pr.binding, &request);
    sleep_ms(10);
    CHECK_STR(ss.journal, "nwxc0");
    CHECK_EQ(pr.oid_completions, status == NDIS_STATUS_PENDING);
    CHECK_EQ(status == NDIS_STATUS_PENDING ? pr.oid_status : status, NDIS_STATUS_NOT_SUPPORTED);    /* as the fake says */
    stop();
}

TEST(a_request_waits_until_the_adapter_is_awake)
{
    on_a_computer(wakes_for_a_request, 1);
}

/* --- requests that are not queued ---------------------------------------------------------------------------------------- */

static unsigned directs;
static NDIS_STATUS direct_status;

static NDIS_STATUS NTAPI direct(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    CHECK_EQ(ss.power, NdisDeviceStateD0);
    mark('d');
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI direct_done(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
    directs++;
    direct_status = status;
}

static NDIS_STATUS NTAPI synchronous(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    CHECK_EQ(ss.power, NdisDeviceStateD0);
    mark('s');
    return NDIS_STATUS_SUCCESS;
}

static void wakes_for_other_requests(void *unused)
{
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation, .RequestId = &request,
        .DATA.QUERY_INFORMATION = { .Oid = OID_GEN_VENDOR_DRIVER_VERSION },
    }, another = request;
    KIRQL irql;

    mp.on_direct = direct;
    mp.on_synchronous = synchronous;
    pr.on_direct_done = direct_done;
    directs = 0;
    start(NDIS_STATUS_PENDING);
    sleep_ms(8000);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK_EQ(NdisDirectOidRequest(pr.binding, &request), NDIS_STATUS_PENDING);
    another.RequestId = &another;
    CHECK_EQ(NdisDirectOidRequest(pr.binding, &another), NDIS_STATUS_PENDING);
    NdisCancelDirectOidRequest(pr.binding, &another);
    CHECK(directs == 1 && direct_status == NDIS_STATUS_REQUEST_ABORTED);
    KeLowerIrql(irql);
    sleep_ms(10);
    CHECK_STR(ss.journal, "nwxc0d");    /* when it is awake, and once */
    CHECK(directs == 2 && direct_status == NDIS_STATUS_SUCCESS);
    sleep_ms(8000);
    CHECK_EQ(NdisSynchronousOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    CHECK_STR(ss.journal, "nwxc0dnwxc0s");
    sleep_ms(8000);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK_EQ(NdisSynchronousOidRequest(pr.binding, &request), NDIS_STATUS_LOW_POWER_STATE);     /* it cannot wait */
    KeLowerIrql(irql);
    sleep_ms(10);
    CHECK_STR(ss.journal, "nwxc0dnwxc0snwxc0");         /* but the next one will find it awake */
    stop();
}

TEST(direct_and_synchronous_requests_resume_the_adapter)
{
    on_a_computer(wakes_for_other_requests, 1);
}

static void vetoes(void *unused)
{
    start(NDIS_STATUS_BUSY);
    sleep_ms(8000);
    CHECK_STR(ss.journal, "n");
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    CHECK_EQ(mp.sent, 1);
    sleep_ms(8000);
    CHECK_STR(ss.journal, "nn");
    stop();
    CHECK_STR(ss.journal, "nn");
}

TEST(a_veto_starts_the_clock_again)
{
    on_a_computer(vetoes, 1);
}

static void confirms_late(void *unused)
{
    start(NDIS_STATUS_PENDING);
    ss.confirm_at_once = false;
    sleep_ms(8000);
    CHECK_STR(ss.journal, "n");
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    sleep_ms(10);
    CHECK_STR(ss.journal, "nc");        /* cancelled before it was confirmed: no power changed */
    CHECK_EQ(mp.sent, 1);
    sleep_ms(8000);
    NdisMIdleNotificationConfirm(mp.adapter, NdisDeviceStateD3);
    sleep_ms(10);
    CHECK_STR(ss.journal, "ncnwx");
    CHECK_EQ(ss.power, NdisDeviceStateD3);
    NdisMIdleNotificationComplete(mp.adapter);          /* the miniport wakes by itself */
    sleep_ms(10);
    CHECK_STR(ss.journal, "ncnwx0");
    stop();
}

TEST(the_miniport_may_confirm_late_and_complete_by_itself)
{
    on_a_computer(confirms_late, 1);
}

static void traffic_keeps_awake(void *unused)
{
    start(NDIS_STATUS_PENDING);
    for (int n = 0; n < 10; n++) {
        sleep_ms(2000);
        NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    }
    CHECK_STR(ss.journal, "");
    mp.hold_sends = true;               /* a send under way does, too */
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    sleep_ms(10000);
    CHECK_STR(ss.journal, "");
    PNET_BUFFER_LIST held = mp.held;
    mp.held = NULL;
    NdisMSendNetBufferListsComplete(mp.adapter, held, 0);
    sleep_ms(8000);
    CHECK_STR(ss.journal, "nwx");
    stop();
}

TEST(an_adapter_with_something_to_do_is_not_idle)
{
    on_a_computer(traffic_keeps_awake, 1);
}
