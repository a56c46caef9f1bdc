/* vlanmux.sys over vionet.sys, with a filter module on each adapter: the whole stack from the outside, its life, and what happens to it. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "ndis/adapter.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull

static enum ring3_log log_level = RING3_LOG_ERROR;

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
    for (unsigned n = 0; n < 8; n++)    /* whichever adapter TCP/IP is bound to */
        CHECK(ring3_set_address(computer, n, "10.0.0.1/24"));
    return computer;
}

static struct ring3_driver *load(struct ring3_computer *computer, const char *name)
{
    struct ring3_driver *driver = ring3_load(computer, unit_driver(name));

    CHECK(driver != NULL);
    return driver;
}

static void close_cleanly(struct ring3_computer *computer)
{
    struct ring3_report report;

    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

/* The virtual adapter, by its driver. */
static struct adapter *virtual_adapter(void)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);

        if (a->driver->intermediate && a->state == ADAPTER_RUNNING)
            return a;
    }
    return NULL;
}

static struct adapter *lower_adapter(void)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);

        if (!a->driver->intermediate && a->state == ADAPTER_RUNNING)
            return a;
    }
    return NULL;
}

static unsigned adapters(bool intermediate)
{
    unsigned count = 0;

    list_each(it, &ndis_adapters)
        count += container_of(it, struct adapter, node)->driver->intermediate == intermediate;
    return count;
}

/* Frames go down from TCP/IP through both adapters, and come back on a wire that is a loop. */
static bool traffic_passes(struct ring3_computer *computer)
{
    struct ndis_adapter_stats upper, lower;

    if (!virtual_adapter() || !lower_adapter())
        return false;
    upper = virtual_adapter()->stats;
    lower = lower_adapter()->stats;
    ring3_ping(computer, "10.0.0.3,count=10,interval=10ms,timeout=10ms");
    ring3_run(computer, 2500 * MS);     /* ARP asks once a second */
    if (!virtual_adapter() || !lower_adapter())
        return false;
    return virtual_adapter()->stats.miniport.tx_frames > upper.miniport.tx_frames &&
           virtual_adapter()->stats.miniport.rx_frames > upper.miniport.rx_frames &&
           lower_adapter()->stats.miniport.tx_frames > lower.miniport.tx_frames;
}

static void check_traffic(struct ring3_computer *computer)
{
    CHECK(traffic_passes(computer));
}

static struct ring3_computer *open_stack(unsigned cpus, uint64_t seed)
{
    struct ring3_computer *computer = open_computer(cpus, seed);

    CHECK(ring3_add_nic(computer, "loop") != NULL);
    load(computer, "vionet");
    load(computer, "vlanmux");
    load(computer, "lwfcount");
    return computer;
}

TEST(the_stack_starts_and_unloads_on_any_number_of_processors)
{
    static const unsigned cpus[] = { 1, 2, 8 };

    for (unsigned i = 0; i < 3; i++) {
        struct ring3_computer *computer = open_stack(cpus[i], i);

        check_traffic(computer);
        CHECK_EQ(adapters(true), 1);
        CHECK_EQ(list_first(&virtual_adapter()->bindings, struct binding, node)->protocol->miniport == NULL, true);
        CHECK_EQ(list_first(&lower_adapter()->bindings, struct binding, node)->protocol->miniport == virtual_adapter()->driver, true);
        close_cleanly(computer);
    }
}

static void drivers_go(bool mux_first)
{
    struct ring3_computer *computer = open_computer(2, 0);
    struct ring3_driver *nic, *mux;

    CHECK(ring3_add_nic(computer, "loop") != NULL);
    nic = load(computer, "vionet");
    mux = load(computer, "vlanmux");
    check_traffic(computer);
    CHECK(ring3_unload(mux_first ? mux : nic));
    ring3_run(computer, 100 * MS);
    CHECK(virtual_adapter() == NULL);
    if (mux_first)                      /* the adapter is TCP/IP's again */
        CHECK(list_first(&lower_adapter()->bindings, struct binding, node)->protocol->miniport == NULL);
    load(computer, mux_first ? "vlanmux" : "vionet");
    check_traffic(computer);
    CHECK_EQ(adapters(true), 1);
    close_cleanly(computer);
}

TEST(tcpip_moves_down_when_the_driver_goes_and_up_when_it_comes)
{
    drivers_go(true);
}

TEST(the_driver_of_the_card_may_go_first_and_come_again)
{
    drivers_go(false);
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
    struct ring3_computer *computer = open_stack(2, 0);
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

static void inside_reset(void *arg)
{
    adapter_reset(lower_adapter());
    (void)arg;
}

static void inside_stop_start(void *arg)
{
    struct pnp_node *node = pnp_node_of(lower_adapter()->pdo);

    *(NTSTATUS *)arg = pnp_stop_node(node);
    if (*(NTSTATUS *)arg == STATUS_SUCCESS)
        *(NTSTATUS *)arg = pnp_start_node(node);
}

TEST(it_goes_on_after_a_reset_and_with_other_resources)
{
    struct ring3_computer *computer = open_stack(2, 0);
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        CHECK(machine_call(inside_reset, NULL));
        check_traffic(computer);
        CHECK(machine_call(inside_stop_start, &status));
        CHECK_EQ((uint32_t)status, 0);
        check_traffic(computer);
    }
    CHECK_EQ(adapters(true), 1);
    close_cleanly(computer);
}

static struct pnp_node *virtual_node(void)
{
    for (struct list *it = pnp_nodes.next; it != &pnp_nodes; it = it->next) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (virtual_driver_of(node))
            return node;
    }
    return NULL;
}

static void inside_disable(void *arg)
{
    *(NTSTATUS *)arg = pnp_remove_node(virtual_node(), false);
}

static void inside_enable(void *arg)
{
    *(NTSTATUS *)arg = pnp_start_node(virtual_node());
}

TEST(a_virtual_adapter_that_is_disabled_comes_back_when_it_is_enabled)
{
    struct ring3_computer *computer = open_stack(2, 0);
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        check_traffic(computer);
        CHECK(machine_call(inside_disable, &status));
        CHECK_EQ((uint32_t)status, 0);
        ring3_run(computer, 10 * MS);
        CHECK(virtual_adapter() == NULL);
        CHECK(lower_adapter() != NULL);
        CHECK(machine_call(inside_enable, &status));
        CHECK_EQ((uint32_t)status, 0);
    }
    check_traffic(computer);
    close_cleanly(computer);
}

TEST(the_driver_of_the_card_goes_while_the_virtual_adapter_is_disabled)
{
    struct ring3_computer *computer = open_computer(2, 0);
    struct ring3_driver *nic;
    NTSTATUS status;

    CHECK(ring3_add_nic(computer, "loop") != NULL);
    nic = load(computer, "vionet");
    load(computer, "vlanmux");
    CHECK(machine_call(inside_disable, &status));
    CHECK(ring3_unload(nic));
    CHECK(machine_call(inside_enable, &status));
    CHECK_EQ((uint32_t)status, 0);
    load(computer, "vionet");
    check_traffic(computer);
    close_cleanly(computer);
}

TEST(a_card_is_pulled_out_under_traffic_and_the_next_one_gets_its_virtual_adapter)
{
    for (uint64_t seed = 0; seed <= 5; seed++) {
        struct ring3_computer *computer = open_computer(2, seed);
        struct ring3_nic *nic = ring3_add_nic(computer, "loop");

        load(computer, "vionet");
        load(computer, "vlanmux");
        load(computer, "lwfcount");
        CHECK(ring3_ping(computer, "10.0.0.2,count=20,interval=1ms,timeout=10ms") != NULL);
        ring3_run(computer, 5 * MS);
        CHECK(ring3_unplug_nic(nic));
        ring3_run(computer, 50 * MS);
        CHECK(virtual_adapter() == NULL);
        CHECK(ring3_add_nic(computer, "loop") != NULL);
        ring3_run(computer, 50 * MS);
        check_traffic(computer);
        CHECK_EQ(adapters(true), 1);
        close_cleanly(computer);
    }
}

/* ---- random sequences ---- */

#define SEEDS 80
#define STEPS 30

static uint64_t state;
static unsigned passed, resets, sleeps, disables, pulls, loads;

static unsigned any(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

struct stack {
    struct ring3_computer *computer;
    struct ring3_nic *nic;
    struct ring3_driver *mux, *filter;
    bool asleep, disabled;
};

static void inside_ask(void *arg)
{
    static char buffer[512];
    struct adapter *a = any(2) ? virtual_adapter() : lower_adapter();
    uint32_t written, filter = NDIS_PACKET_TYPE_DIRECTED;

    if (a && any(2))
        oid_ask(a, NdisRequestQueryInformation, any(2) ? OID_GEN_STATISTICS : OID_GEN_VENDOR_DESCRIPTION, buffer, sizeof buffer, &written);
    else if (a)
        oid_ask(a, NdisRequestSetInformation, any(2) ? OID_GEN_CURRENT_LOOKAHEAD : OID_GEN_INTERRUPT_MODERATION, &filter, sizeof filter, NULL);
    (void)arg;
}

static void sleep_or_wake(struct stack *s)
{
    NTSTATUS status;

    CHECK(machine_call(s->asleep ? inside_wake : inside_sleep, &status));
    CHECK_EQ((uint32_t)status, 0);
    s->asleep = !s->asleep;
    sleeps++;
}

static void disable_or_enable(struct stack *s)
{
    NTSTATUS status;

    if (!s->mux || !virtual_node())
        return;
    CHECK(machine_call(s->disabled ? inside_enable : inside_disable, &status));
    s->disabled = !s->disabled;
    disables++;
}

static void load_or_unload(struct stack *s, struct ring3_driver **driver, const char *name)
{
    if (*driver) {
        CHECK(ring3_unload(*driver));
        *driver = NULL;
    } else {
        *driver = load(s->computer, name);
    }
    loads++;
}

static void pull_or_plug(struct stack *s)
{
    if (s->nic) {
        CHECK(ring3_unplug_nic(s->nic));
        s->nic = NULL;
    } else if (s->computer->nic_count < MACHINE_NICS) {
        s->nic = ring3_add_nic(s->computer, "loop");
        CHECK(s->nic != NULL);
    }
    pulls++;
}

static void step(struct stack *s)
{
    NTSTATUS status;

    if (s->asleep && any(2)) {
        sleep_or_wake(s);
        return;
    }
    switch (any(13)) {
    case 0: sleep_or_wake(s); break;
    case 1: if (lower_adapter()) { CHECK(machine_call(inside_reset, NULL)); resets++; } break;
    case 2: if (lower_adapter() && !s->asleep) CHECK(machine_call(inside_stop_start, &status)); break;
    case 3: disable_or_enable(s); break;
    case 4: if (!s->asleep) load_or_unload(s, &s->filter, "lwfcount"); break;
    case 5: if (!s->asleep && !s->disabled) load_or_unload(s, &s->mux, "vlanmux"); break;
    case 6: if (!s->asleep) pull_or_plug(s); break;
    case 7: case 8: CHECK(machine_call(inside_ask, NULL)); break;
    default:
        if (s->computer->nic_count < MACHINE_NICS)
            ring3_ping(s->computer, "10.0.0.9,count=5,interval=1ms,timeout=2ms");
        break;
    }
    ring3_run(s->computer, (1 + any(10)) * MS);
}

static void sequence(uint64_t seed)
{
    struct stack s = { .computer = open_computer(1 + (unsigned)(seed % 4), seed) };

    state = seed * 0x9e3779b97f4a7c15u;
    s.nic = ring3_add_nic(s.computer, "loop");
    load(s.computer, "vionet");
    s.mux = load(s.computer, "vlanmux");
    for (unsigned i = 0; i < STEPS; i++)
        step(&s);
    if (s.asleep)
        sleep_or_wake(&s);
    if (s.disabled)
        disable_or_enable(&s);
    if (!s.mux)
        s.mux = load(s.computer, "vlanmux");
    if (!s.nic && s.computer->nic_count < MACHINE_NICS)
        pull_or_plug(&s);
    ring3_run(s.computer, 100 * MS);
    passed += traffic_passes(s.computer);
    close_cleanly(s.computer);
}

TEST(nothing_is_lost_in_random_sequences_and_traffic_passes_after_them)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        sequence(seed);
    CHECK_EQ(passed, SEEDS);
    CHECK(resets > SEEDS / 2);
    CHECK(sleeps > SEEDS);
    CHECK(disables > SEEDS / 2);
    CHECK(pulls > SEEDS / 2);
    CHECK(loads > SEEDS);
}

/* ---- failing allocations ---- */

static uint64_t run_with_failure(uint64_t n, bool onwards)
{
    struct ring3_computer *computer = open_computer(2, 0);
    uint64_t count;

    CHECK(ring3_set_parameter(computer, "*ReceiveBuffers", "16"));
    CHECK(ring3_set_parameter(computer, "*TransmitBuffers", "16"));
    CHECK(ring3_add_nic(computer, "loop") != NULL);
    pool_set_fail_at(n, onwards);
    if (ring3_load(computer, unit_driver("vionet")) != NULL) {
        ring3_load(computer, unit_driver("vlanmux"));
        ring3_load(computer, unit_driver("lwfcount"));
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

    while (run_with_failure(n, false) >= n)
        n++;
    CHECK(n > 60);                      /* an injection that never hits would end at once */
}

TEST(every_allocation_from_some_point_on_may_fail)
{
    uint64_t total = run_with_failure(UINT64_MAX, false);       /* counts, and fails none */

    CHECK(total > 60);
    for (uint64_t n = 1; n <= total; n += 3)
        run_with_failure(n, true);
}
