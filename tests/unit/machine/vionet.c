/* vionet.sys as a whole, from the outside: the driver is the one beside this program in the build. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "ndis/adapter.h"
#include "ndis/idle.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"
#include "wire/wire_impl.h"
#include "drivers.h"

#define MS 1000000ull

static enum ring3_log log_level = RING3_LOG_WARN;

static struct ring3_computer *open_computer(unsigned cpus, uint64_t seed)
{
    struct ring3_computer *computer;
    struct ring3_config config;

    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = seed != 0;
    config.seed = seed;
    config.log = log_level;
    computer = ring3_open(&config);
    CHECK(computer != NULL);
    return computer;
}

static void close_cleanly(struct ring3_computer *computer)
{
    struct ring3_report report;

    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

static void check_driven(struct ring3_computer *computer, unsigned number)
{
    struct ring3_nic_info info;

    CHECK(ring3_query_nic(computer, number, &info));
    CHECK_STR(info.driver, "vionet");
    CHECK(info.started);
}

TEST(it_starts_and_unloads_on_any_number_of_processors)
{
    static const unsigned cpus[] = { 1, 2, 8 };

    for (unsigned i = 0; i < 3; i++) {
        struct ring3_computer *computer = open_computer(cpus[i], i);

        CHECK(ring3_add_nic(computer, "null") != NULL);
        CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
        CHECK_EQ(ring3_run(computer, 100 * MS), RING3_END_TIME);
        check_driven(computer, 0);
        close_cleanly(computer);
    }
}

TEST(it_drives_two_cards)
{
    struct ring3_computer *computer = open_computer(2, 0);

    CHECK(ring3_add_nic(computer, "null") != NULL);
    CHECK(ring3_add_nic(computer, "null") != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK_EQ(ring3_run(computer, 100 * MS), RING3_END_TIME);
    check_driven(computer, 0);
    check_driven(computer, 1);
    close_cleanly(computer);
}

TEST(a_card_may_be_pulled_out_while_frames_are_under_way)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct ring3_computer *computer = open_computer(2, seed);
        struct ring3_nic *nic = ring3_add_nic(computer, "loop");

        CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
        CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
        CHECK(ring3_ping(computer, "10.0.0.2,count=20,interval=1ms,timeout=10ms") != NULL);
        ring3_run(computer, 5 * MS);
        CHECK(ring3_unplug_nic(nic));
        ring3_run(computer, 50 * MS);
        close_cleanly(computer);
    }
}

TEST(the_smallest_rings_work)
{
    struct ring3_computer *computer = open_computer(2, 0);

    CHECK(ring3_set_parameter(computer, "*ReceiveBuffers", "16"));
    CHECK(ring3_set_parameter(computer, "*TransmitBuffers", "16"));
    CHECK(ring3_add_nic(computer, "loop") != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    CHECK(ring3_ping(computer, "10.0.0.2,count=50,interval=1ms,timeout=10ms") != NULL);
    ring3_run(computer, 100 * MS);
    close_cleanly(computer);
}

/* ---- states ---- */

static struct ring3_computer *open_with_traffic(void)
{
    struct ring3_computer *computer = open_computer(2, 0);

    CHECK(ring3_add_nic(computer, "loop") != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    CHECK(ring3_ping(computer, "10.0.0.2,count=1000,interval=1ms,timeout=10ms") != NULL);
    return computer;
}

/* Runs for some seconds of the computer's time; frames must pass the driver both ways meanwhile. */
static void check_traffic(struct ring3_computer *computer)
{
    struct ring3_nic_info before, after;

    CHECK(ring3_query_nic(computer, 0, &before));
    ring3_ping(computer, "10.0.0.3,count=100,interval=10ms,timeout=10ms");
    ring3_run(computer, 3500 * MS);  /* ARP asks once a second */
    CHECK(ring3_query_nic(computer, 0, &after));
    CHECK(after.layer[2].tx_frames > before.layer[2].tx_frames);
    CHECK(after.layer[2].rx_frames > before.layer[2].rx_frames);
}

/* What the node of the only card got. */
static const struct pnp_node *card_node(void)
{
    for (struct list *it = pnp_nodes.next; it != &pnp_nodes; it = it->next) {
        const struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->device != NULL)
            return node;
    }
    return NULL;
}

static void run_on(const char *card, unsigned messages, bool line, uint64_t seed)
{
    struct ring3_computer *computer = open_computer(2, seed);
    struct ring3_nic_info info;

    CHECK(ring3_add_nic(computer, card) != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    check_traffic(computer);
    check_driven(computer, 0);
    CHECK_EQ(card_node()->message_count, messages);
    CHECK_EQ(card_node()->line_vector != 0, line);
    CHECK(ring3_query_nic(computer, 0, &info));
    CHECK(info.interrupts > 0);
    close_cleanly(computer);
}

TEST(it_runs_on_msi_x_on_plain_msi_and_on_the_line)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        run_on("loop", 4, false, seed);
        run_on("loop,interrupts=msi", 1, false, seed);
        run_on("loop,interrupts=line", 0, true, seed);
    }
}

TEST(two_cards_share_nothing_on_their_lines_but_the_processor)
{
    struct ring3_computer *computer = open_computer(1, 0);

    CHECK(ring3_add_nic(computer, "loop,interrupts=line") != NULL);
    CHECK(ring3_add_nic(computer, "loop,interrupts=line") != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    check_traffic(computer);
    check_driven(computer, 1);
    close_cleanly(computer);
}

static void inside_sleep(void *arg)
{
    *(NTSTATUS *)arg = po_set_system_state(PowerSystemSleeping3, false);
}

static void inside_wake(void *arg)
{
    *(NTSTATUS *)arg = po_set_system_state(PowerSystemWorking, false);
}

TEST(it_sleeps_and_wakes)
{
    struct ring3_computer *computer = open_with_traffic();
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        check_traffic(computer);
        CHECK(machine_call(inside_sleep, &status));
        CHECK_EQ((uint32_t)status, 0);
        ring3_run(computer, 100 * MS);
        CHECK(machine_call(inside_wake, &status));
        CHECK_EQ((uint32_t)status, 0);
    }
    check_traffic(computer);
    close_cleanly(computer);
}

/* A frame from outside; `mac` sixteen times when it is magic. */
static void deliver(struct ring3_nic *nic, const uint8_t mac[6], unsigned repeats)
{
    uint8_t frame[200] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0, 2, 0x08, 0x42 };
    struct iovec part = { frame, sizeof frame };

    memset(frame + 20, 0xFF, 6);
    for (unsigned i = 0; i < repeats; i++)
        memcpy(frame + 26 + 6 * i, mac, 6);
    wire_deliver(nic->wire, &part, 1);
    wire_burst_end(nic->wire);
}

static struct adapter *only_adapter(void)
{
    return container_of(ndis_adapters.next, struct adapter, node);
}

TEST(a_magic_packet_wakes_the_sleeping_computer)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct ring3_computer *computer = open_computer(2, seed);
        struct ring3_nic *nic = ring3_add_nic(computer, "null");
        static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
        NTSTATUS status;
        uint8_t mac[6];

        CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
        CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
        ring3_run(computer, 100 * MS);
        memcpy(mac, only_adapter()->general.CurrentMacAddress, 6);
        deliver(nic, mac, 16);          /* awake it is a frame like others */
        for (int n = 0; n < 3; n++) {
            CHECK(machine_call(inside_sleep, &status));
            CHECK_EQ((uint32_t)status, 0);
            ring3_run(computer, 100 * MS);
            CHECK_EQ(po_system_state(), PowerSystemSleeping3);
            deliver(nic, mac, 15);
            deliver(nic, other, 16);
            ring3_run(computer, 100 * MS);
            CHECK_EQ(po_system_state(), PowerSystemSleeping3);
            deliver(nic, mac, 16);
            deliver(nic, mac, 16);
            ring3_run(computer, 100 * MS);
            CHECK_EQ(po_system_state(), PowerSystemWorking);
            CHECK_EQ(only_adapter()->state, ADAPTER_RUNNING);
            check_driven(computer, 0);
        }
        CHECK(machine_call(inside_sleep, &status));     /* and by other means it wakes as before */
        ring3_run(computer, 100 * MS);
        CHECK(machine_call(inside_wake, &status));
        ring3_run(computer, 100 * MS);
        CHECK_EQ(only_adapter()->state, ADAPTER_RUNNING);
        if (seed == 1) {                /* a card that is pulled out asleep */
            CHECK(machine_call(inside_sleep, &status));
            CHECK(ring3_unplug_nic(nic));
            ring3_run(computer, 50 * MS);
        }
        close_cleanly(computer);
    }
}

static void inside_power(void *arg)
{
    POWER_STATE state = { .DeviceState = *(DEVICE_POWER_STATE *)arg };

    PoRequestPowerIrp(only_adapter()->pdo, IRP_MN_SET_POWER, state, NULL, NULL, NULL);
}

TEST(a_magic_packet_wakes_a_sleeping_card)
{
    struct ring3_computer *computer = open_computer(1, 0);
    struct ring3_nic *nic = ring3_add_nic(computer, "null");
    DEVICE_POWER_STATE d3 = PowerDeviceD3;

    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    ring3_run(computer, 100 * MS);
    CHECK(machine_call(inside_power, &d3));
    ring3_run(computer, 100 * MS);
    CHECK(only_adapter()->low_power);
    CHECK(only_adapter()->wait_wake.irp);
    deliver(nic, only_adapter()->general.CurrentMacAddress, 16);
    ring3_run(computer, 100 * MS);
    CHECK(!only_adapter()->low_power);
    CHECK(!only_adapter()->wait_wake.irp);
    CHECK_EQ(only_adapter()->state, ADAPTER_RUNNING);
    close_cleanly(computer);
}

/* The driver has no handlers for selective suspend: these stand in for them. */
static NDIS_STATUS NTAPI goes_idle(NDIS_HANDLE context, BOOLEAN force)
{
    NdisMIdleNotificationConfirm(only_adapter(), NdisDeviceStateD3);
    return NDIS_STATUS_PENDING;
}

static VOID NTAPI idle_no_more(NDIS_HANDLE context)
{
    NdisMIdleNotificationComplete(only_adapter());
}

static void inside_idle(void *arg)
{
    struct adapter *a = only_adapter();

    a->driver->selective_suspend.IdleNotificationHandler = goes_idle;
    a->driver->selective_suspend.CancelIdleNotificationHandler = idle_no_more;
    a->pm_capabilities.Flags |= NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED;
    adapter_lock(a);
    idle_start(a);
    adapter_unlock(a);
    (void)arg;
}

TEST(a_wake_up_event_resumes_a_card_that_is_selectively_suspended)
{
    struct ring3_computer *computer = open_computer(1, 0);
    struct ring3_nic *nic = ring3_add_nic(computer, "null");

    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
    ring3_run(computer, 60000 * MS);    /* TCP/IP has said what it has to say */
    CHECK(machine_call(inside_idle, NULL));
    ring3_run(computer, 8000 * MS);
    CHECK_EQ(only_adapter()->idle.state, IDLE_SUSPENDED);
    CHECK(only_adapter()->wait_wake.irp);
    deliver(nic, only_adapter()->general.CurrentMacAddress, 16);
    ring3_run(computer, 100 * MS);
    CHECK_EQ(only_adapter()->idle.state, IDLE_ACTIVE);
    CHECK(!only_adapter()->wait_wake.irp);
    check_driven(computer, 0);
    close_cleanly(computer);
}

static void inside_reset(void *arg)
{
    adapter_reset(container_of(ndis_adapters.next, struct adapter, node));
    (void)arg;
}

TEST(it_goes_on_after_a_reset)
{
    struct ring3_computer *computer = open_with_traffic();

    for (int n = 0; n < 3; n++) {
        check_traffic(computer);
        CHECK(machine_call(inside_reset, NULL));
    }
    check_traffic(computer);
    close_cleanly(computer);
}

TEST(several_queues_go_through_sleep_and_reset_and_removal)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct ring3_computer *computer = open_computer(4, seed);
        struct ring3_nic *nic = ring3_add_nic(computer, "loop,queues=4");
        NTSTATUS status;

        CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
        CHECK(ring3_set_address(computer, 0, "10.0.0.1/24"));
        check_traffic(computer);
        CHECK(container_of(ndis_adapters.next, struct adapter, node)->rss.enabled);     /* TCP/IP has set it */
        CHECK(machine_call(inside_sleep, &status));
        CHECK(machine_call(inside_wake, &status));
        check_traffic(computer);
        CHECK(machine_call(inside_reset, NULL));
        check_traffic(computer);
        CHECK(ring3_unplug_nic(nic));
        ring3_run(computer, 50 * MS);
        close_cleanly(computer);
    }
}

static void inside_stop_start(void *arg)
{
    struct pnp_node *node = pnp_node_of(container_of(ndis_adapters.next, struct adapter, node)->pdo);

    *(NTSTATUS *)arg = pnp_stop_node(node);
    if (*(NTSTATUS *)arg == STATUS_SUCCESS)
        *(NTSTATUS *)arg = pnp_start_node(node);
}

TEST(its_resources_can_be_rebalanced)
{
    struct ring3_computer *computer = open_with_traffic();
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        check_traffic(computer);
        CHECK(machine_call(inside_stop_start, &status));
        CHECK_EQ((uint32_t)status, 0);
    }
    check_traffic(computer);
    close_cleanly(computer);
}

/* ---- failing allocations ---- */

/* Starts the driver and sends through it while its n-th allocation fails. Returns how many allocations it made. */
static uint64_t run_with_failure(uint64_t n, bool onwards)
{
    struct ring3_computer *computer = open_computer(2, 0);
    uint64_t count;

    CHECK(ring3_set_parameter(computer, "*ReceiveBuffers", "16"));
    CHECK(ring3_set_parameter(computer, "*TransmitBuffers", "16"));
    CHECK(ring3_add_nic(computer, "loop") != NULL);
    pool_set_fail_at(n, onwards);
    if (ring3_load(computer, unit_driver("vionet")) != NULL) {
        ring3_set_address(computer, 0, "10.0.0.1/24");
        ring3_ping(computer, "10.0.0.2,count=3,interval=1ms,timeout=5ms,size=1000");
        ring3_run(computer, 20 * MS);
    }
    count = pool_fail_count();
    pool_set_fail_at(0, false);
    close_cleanly(computer);
    return count;
}

TEST(every_single_allocation_may_fail)
{
    uint64_t n = 1;

    log_level = RING3_LOG_ERROR;        /* starts that fail are no news here */
    while (run_with_failure(n, false) >= n)
        n++;
    CHECK(n > 40);                      /* an injection that never hits would end at once */
}

TEST(every_allocation_from_some_point_on_may_fail)
{
    uint64_t total;

    log_level = RING3_LOG_ERROR;
    total = run_with_failure(UINT64_MAX, false);        /* counts, and fails none */
    CHECK(total > 40);
    for (uint64_t n = 1; n <= total; n++)
        run_with_failure(n, true);
}
