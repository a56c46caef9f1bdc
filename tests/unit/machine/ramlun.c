/* ramlun.sys as a whole, from the outside: files on its disk as a user-mode program has them, and every allocation failing once. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define IOCTL_DISK_GET_LENGTH_INFO 0x0007405Cu

static struct ring3_computer *open_computer(unsigned cpus, uint64_t seed, uint64_t fail)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = 96u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = seed != 0;
    config.seed = seed;
    config.log = RING3_LOG_ERROR;
    config.without_tcpip = true;
    config.fail_allocation = fail;
    struct ring3_computer *computer = ring3_open(&config);
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

static uint8_t data[1 << 20], back[1 << 20];

/* Writes and reads through a file; false when memory ran out somewhere, and then the answer was an error. */
static bool use(struct ring3_computer *computer)
{
    struct ring3_file *file = ring3_file_open(computer, "\\\\.\\PhysicalDrive0", true);
    uint64_t done = 0, length = 0;
    uint32_t status;
    bool good;

    if (!file)
        return false;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 17 + (i >> 8));
    good = ring3_file_ioctl(file, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof length, &done, &status);
    if (good)
        CHECK_EQ(length, 1u << 30);
    if (!ring3_file_write(file, data, sizeof data, 1 << 20, &done, &status)) {
        CHECK(status != 0);
        good = false;
    } else {
        CHECK_EQ(done, sizeof data);
    }
    memset(back, 0xee, sizeof back);
    if (good && ring3_file_read(file, back, sizeof back, 1 << 20, &done, &status)) {
        CHECK_EQ(done, sizeof back);
        CHECK(!memcmp(back, data, sizeof data));
    } else {
        good = false;
    }
    ring3_file_close(file);
    return good;
}

static uint64_t allocations;            /* that the driver made in the last run */

static bool run(unsigned cpus, uint64_t seed, uint64_t fail)
{
    struct ring3_computer *computer = open_computer(cpus, seed, fail);
    bool good = false;

    CHECK(ring3_add_root_device(computer, "ROOT\\RAMLUN"));
    if (ring3_load(computer, unit_driver("ramlun"))) {
        ring3_run(computer, MS);
        good = use(computer);
        ring3_run(computer, MS);
    }
    allocations = pool_fail_count();
    close_cleanly(computer);
    return good;
}

TEST(a_file_on_the_disk_reads_what_was_written)
{
    run(1, 0, 0);
    CHECK(run(2, 0, 0));
}

TEST(seeded_schedules_do_not_change_that)
{
    run(1, 0, 0);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        CHECK(run(2, seed, 0));
        CHECK(run(8, seed, 0));
    }
}

static struct pnp_node *adapter_node(void)
{
    struct pnp_node *node = pnp_node_named("ROOT\\RAMLUN\\0000");

    CHECK(node != NULL);
    return node;
}

static void sleep_and_wake(void *unused)
{
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
}

static void stop_and_start(void *unused)
{
    struct pnp_node *node = adapter_node();

    CHECK_EQ(pnp_stop_node(node), STATUS_SUCCESS);
    CHECK_EQ(pnp_start_node(node), STATUS_SUCCESS);
    pnp_flush();
}

static void disable_and_enable(void *unused)
{
    struct pnp_node *node = adapter_node();

    CHECK_EQ(pnp_remove_node(node, false), STATUS_SUCCESS);
    CHECK_EQ(pnp_start_node(node), STATUS_SUCCESS);
    pnp_flush();
}

static void between(void (*what)(void *), bool same_disk)
{
    run(1, 0, 0);
    struct ring3_computer *computer = open_computer(2, 0, 0);
    CHECK(ring3_add_root_device(computer, "ROOT\\RAMLUN"));
    CHECK(ring3_load(computer, unit_driver("ramlun")) != NULL);
    CHECK(use(computer));
    CHECK(machine_call(what, NULL));
    CHECK(use(computer) == same_disk);
    close_cleanly(computer);
}

TEST(the_disk_works_after_the_computer_has_slept)
{
    between(sleep_and_wake, true);
}

TEST(the_disk_works_after_its_adapter_was_stopped_for_a_while)
{
    between(stop_and_start, true);
}

TEST(an_adapter_that_was_disabled_comes_back_with_another_disk)
{
    between(disable_and_enable, false);         /* PhysicalDrive1 now */
}

TEST(every_allocation_may_fail_once)
{
    unsigned failed = 0;

    CHECK(run(2, 0, 1000000));          /* counted, but never reached */
    uint64_t total = allocations;
    CHECK(total > 20);
    for (uint64_t n = 1; n <= total; n++)
        failed += !run(2, 0, n);
    CHECK(failed > 10);
    CHECK(run(2, 0, total + 100));
}
