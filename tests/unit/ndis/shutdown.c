/* What a miniport sees of the system's end: power off, bug check. */
#include "fake.h"

#include "nt/bugcheck.h"

static PNET_BUFFER_LIST frame(void)
{
    static const UCHAR own[6] = { 2, 0, 0, 0, 0, 1 };
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), own, 6);
    return nbl;
}

/* What MiniportHaltEx would have freed. */
static void unplug_after_shutdown(void)
{
    NdisFreeTimerObject(mp.timer);
    unplug_fake();
    deregister_protocol();
}

static void ask(NDIS_OID oid, NDIS_STATUS expected)
{
    static uint32_t answer;
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = &answer, .InformationBufferLength = sizeof answer },
    };

    CHECK_EQ(NdisOidRequest(pr.binding, &request), expected);
}

static void power_off(void *unused)
{
    LARGE_INTEGER minute = { .QuadPart = -600000000LL };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    io_shutdown();
    CHECK_STR(mp.journal, "ird");
    CHECK_EQ(mp.shutdown_irql, PASSIVE_LEVEL);
    po_set_system_state(PowerSystemShutdown, true);
    unsigned oids = mp.oids, sent = mp.sent;
    ask(OID_GEN_VENDOR_DESCRIPTION, NDIS_STATUS_ADAPTER_REMOVED);
    CHECK_EQ(mp.oids, oids);
    NdisSendNetBufferLists(pr.binding, frame(), 0, 0);
    CHECK_EQ(mp.sent, sent);
    CHECK_EQ(pr.completed, 1);
    mp.hung = true;                     /* a check for hang would clear it */
    KeDelayExecutionThread(KernelMode, FALSE, &minute);
    CHECK(mp.hung);
    unplug_after_shutdown();
    CHECK_STR(mp.journal, "irdu");
}

TEST(an_adapter_that_was_shut_down_is_called_no_more)
{
    on_a_computer(power_off, 1);
    on_a_computer(power_off, 2);
}

static void held_receive(void *unused)
{
    pr.keep = true;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    uint32_t filter = NDIS_PACKET_TYPE_DIRECTED;
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { .Oid = OID_GEN_CURRENT_PACKET_FILTER, .InformationBuffer = &filter,
                                  .InformationBufferLength = sizeof filter },
    };
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, frame(), 0, 1, 0);
    CHECK(pr.kept != NULL);
    io_shutdown();
    PNET_BUFFER_LIST kept = pr.kept;
    NdisReturnNetBufferLists(pr.binding, kept, 0);
    CHECK_EQ(mp.returned, 0);
    NdisFreeNetBufferList(kept);
    unplug_after_shutdown();
}

TEST(lists_returned_after_the_shutdown_do_not_reach_the_miniport)
{
    on_a_computer(held_receive, 1);
}

static void at_high_level(void)
{
    KIRQL old;

    KeRaiseIrql(HIGH_LEVEL, &old);
    bugcheck_run_callbacks();
    KeLowerIrql(old);
}

static void bug_check_told(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    at_high_level();
    CHECK_STR(mp.journal, "irD");
    CHECK_EQ(mp.shutdown_irql, HIGH_LEVEL);
    io_shutdown();                      /* not twice */
    CHECK_STR(mp.journal, "irD");
    unplug_after_shutdown();
}

static void old_miniport(void *unused)
{
    mp.minor = 20;
    bug_check_told(NULL);
}

static void asking_miniport(void *unused)
{
    mp.attributes = NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK;
    bug_check_told(NULL);
}

static void silent_miniport(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    at_high_level();
    CHECK_STR(mp.journal, "ir");
    unplug_fake();
    CHECK_STR(mp.journal, "irphu");
    deregister_protocol();
}

TEST(a_bug_check_calls_the_shutdown_of_miniports_before_6_30) { on_a_computer(old_miniport, 1); }
TEST(a_bug_check_calls_the_shutdown_of_later_ones_that_ask_for_it) { on_a_computer(asking_miniport, 1); }
TEST(a_bug_check_leaves_other_miniports_alone) { on_a_computer(silent_miniport, 1); }

static void failing_halt(void *unused)
{
    mp.minor = 20;
    mp.fail_in_halt = at_high_level;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    unplug_fake();
    CHECK_STR(mp.journal, "irphDu");
    deregister_protocol();
}

TEST(a_bug_check_in_the_halt_handler_nests_the_shutdown)
{
    on_a_computer(failing_halt, 1);
}
