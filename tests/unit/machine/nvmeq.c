/* nvmeq.sys as a whole, from the outside: the driver is the one beside this program in the build. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "dev/nvme.h"
#include "nt/pnp.h"
#include "storport/adapter.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define BLOCK 4096u

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
    config.log = RING3_LOG_ERROR;
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

static struct ring3_file *open_drive(struct ring3_computer *computer, const char *name)
{
    struct ring3_file *file;

    CHECK_EQ(ring3_run(computer, 500 * MS), RING3_END_TIME);
    file = ring3_file_open(computer, name, true);
    CHECK(file != NULL);
    return file;
}

static struct ring3_file *start(struct ring3_computer *computer, const char *spec, struct ring3_disk **disk)
{
    struct ring3_disk *added = ring3_add_disk(computer, spec);

    CHECK(added != NULL);
    if (disk)
        *disk = added;
    CHECK(ring3_load(computer, unit_driver("nvmeq")) != NULL);
    return open_drive(computer, "\\\\.\\PhysicalDrive0");
}

static void fill(uint8_t *bytes, unsigned number)
{
    for (unsigned i = 0; i < BLOCK; i++)
        bytes[i] = (uint8_t)(number * 7 + i * 13 + i / 256);
}

static void check_round_trip(struct ring3_file *file, unsigned blocks)
{
    uint8_t bytes[BLOCK], back[BLOCK];

    for (unsigned i = 0; i < blocks; i++) {
        fill(bytes, i);
        CHECK(ring3_file_write(file, bytes, BLOCK, (uint64_t)i * BLOCK, NULL, NULL));
    }
    for (unsigned i = 0; i < blocks; i++) {
        fill(bytes, i);
        CHECK(ring3_file_read(file, back, BLOCK, (uint64_t)i * BLOCK, NULL, NULL));
        CHECK(memcmp(bytes, back, BLOCK) == 0);
    }
}

TEST(what_is_written_is_read_back_on_any_number_of_processors_and_queues)
{
    static const struct { unsigned cpus; uint64_t seed; const char *disk; } cases[] = {
        { 1, 0, "mem:16M,model=nvme" }, { 2, 1, "mem:16M,model=nvme" }, { 8, 2, "mem:16M,model=nvme,depth=2" },
        { 4, 3, "mem:16M,model=nvme,queues=2,block=4096" }, { 2, 4, "mem:16M,model=nvme,interrupts=line" },
        { 2, 5, "mem:16M,model=nvme,interrupts=msi" }, { 16, 6, "mem:16M,model=nvme,queues=3,depth=5,delay=20us" },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ring3_computer *computer = open_computer(cases[i].cpus, cases[i].seed);
        struct ring3_file *file = start(computer, cases[i].disk, NULL);
        struct ring3_disk_info info;

        check_round_trip(file, 20);
        ring3_file_close(file);
        CHECK(ring3_query_disk(computer, 0, &info));
        CHECK_STR(info.driver, "nvmeq");
        CHECK(info.started && info.writes >= 20 && info.interrupts > 0);
        close_cleanly(computer);
    }
}

/* What the controller knows of its queues: as many as processors, each with its own vector. */
TEST(each_processor_has_a_queue_and_a_message)
{
    struct ring3_computer *computer = open_computer(4, 9);
    struct ring3_disk *disk;
    struct ring3_file *file = start(computer, "mem:16M,model=nvme", &disk);
    const struct nvme *nvme = nvme_of(disk->device);

    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++) {
        CHECK_EQ(nvme->sqs[i].exists, i <= 4);
        CHECK_EQ(nvme->cqs[i].exists, i <= 4);
        CHECK(!nvme->cqs[i].exists || nvme->cqs[i].vector == i);
    }
    CHECK_EQ(nvme->event_count, 1);
    check_round_trip(file, 4);
    ring3_file_close(file);
    close_cleanly(computer);
}

TEST(a_disk_that_joins_a_running_controller_is_another_drive)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct ring3_computer *computer = open_computer(2, seed);
        struct ring3_disk *first, *second;
        struct ring3_file *file = start(computer, "mem:16M,model=nvme,namespaces=3", &first);
        struct ring3_disk_info info;

        check_round_trip(file, 4);
        ring3_file_close(file);
        CHECK((second = ring3_add_disk(computer, "mem:8M,model=nvme,controller=0,block=4096")) != NULL);
        file = open_drive(computer, "\\\\.\\PhysicalDrive1");
        check_round_trip(file, 6);
        ring3_file_close(file);
        CHECK(ring3_add_disk(computer, "mem:4M,model=nvme,controller=0") != NULL);
        file = open_drive(computer, "\\\\.\\PhysicalDrive2");
        check_round_trip(file, 6);
        ring3_file_close(file);
        CHECK(!ring3_add_disk(computer, "mem:4M,model=nvme,controller=0"));
        CHECK(!ring3_add_disk(computer, "mem:4M,model=nvme,controller=1"));
        CHECK(!ring3_add_disk(computer, "mem:4M,controller=0"));
        CHECK(!ring3_unplug_disk(second));
        CHECK(ring3_query_disk(computer, 1, &info));
        CHECK_EQ(info.bytes, 8u << 20);
        CHECK(info.writes >= 6 && info.started);
        close_cleanly(computer);
    }
}

TEST(a_controller_that_was_pulled_out_takes_no_more_disks)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_disk *disk;
    struct ring3_file *file = start(computer, "mem:16M,model=nvme,namespaces=2", &disk);

    ring3_file_close(file);
    CHECK(ring3_unplug_disk(disk));
    CHECK(!ring3_add_disk(computer, "mem:8M,model=nvme,controller=0"));
    close_cleanly(computer);
}

TEST(a_card_that_is_pulled_out_fails_its_requests_and_nothing_else)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_disk *disk;
    struct ring3_file *file = start(computer, "mem:16M,model=nvme", &disk);
    uint8_t bytes[BLOCK];

    check_round_trip(file, 4);
    CHECK(ring3_unplug_disk(disk));
    CHECK(!ring3_unplug_disk(disk));
    CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
    ring3_file_close(file);
    CHECK_EQ(ring3_run(computer, 2 * SECOND), RING3_END_TIME);
    close_cleanly(computer);
}

TEST(errors_of_the_medium_reach_the_caller_and_the_disk_lives_on)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_file *file = start(computer, "mem:16M,model=nvme,error=seed:3,errorrate=70", NULL);
    unsigned good = 0, bad = 0;
    uint8_t bytes[BLOCK];

    for (unsigned i = 0; i < 60; i++) {
        bool answer = ring3_file_read(file, bytes, BLOCK, (uint64_t)i * BLOCK, NULL, NULL);

        good += answer;
        bad += !answer;
    }
    CHECK(good > 0);
    CHECK(bad > 0);
    ring3_file_close(file);
    close_cleanly(computer);
}

TEST(a_disk_that_is_too_slow_is_reset_and_its_requests_fail)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_file *file;
    uint8_t bytes[BLOCK];

    CHECK(ring3_add_disk(computer, "mem:16M,model=nvme,delay=3000s") != NULL);
    CHECK(ring3_load(computer, unit_driver("nvmeq")) != NULL);
    CHECK_EQ(ring3_run(computer, 500 * MS), RING3_END_TIME);
    file = ring3_file_open(computer, "\\\\.\\PhysicalDrive0", true);
    if (file) {                         /* else enumeration itself already gave up on it */
        CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
        CHECK(ring3_now(computer) > 1 * SECOND);
        ring3_file_close(file);
    }
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

TEST(it_sleeps_and_wakes_and_the_disk_is_the_same)
{
    static const char *const disks[] = { "mem:16M,model=nvme", "mem:16M,model=nvme,interrupts=line" };

    for (unsigned i = 0; i < 2; i++) {
        struct ring3_computer *computer = open_computer(2, 7);
        struct ring3_file *file = start(computer, disks[i], NULL);
        NTSTATUS status;

        for (int n = 0; n < 3; n++) {
            check_round_trip(file, 8);
            CHECK(machine_call(inside_sleep, &status));
            CHECK_EQ((uint32_t)status, 0);
            ring3_run(computer, 100 * MS);
            CHECK(machine_call(inside_wake, &status));
            CHECK_EQ((uint32_t)status, 0);
        }
        check_round_trip(file, 8);
        ring3_file_close(file);
        close_cleanly(computer);
    }
}

TEST(a_power_cut_ends_the_run_and_leaves_the_driver_as_it_was)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_file *file = start(computer, "mem:16M,model=nvme,cut=seed:1,cutwithin=50", NULL);
    struct ring3_report report;
    uint8_t bytes[BLOCK];
    unsigned writes = 0;

    fill(bytes, 1);
    while (writes < 100 && ring3_file_write(file, bytes, BLOCK, 0, NULL, NULL))
        writes++;
    CHECK(writes < 50);
    CHECK_EQ(ring3_run(computer, SECOND), RING3_END_POWER_CUT);
    ring3_close(computer, &report);
    CHECK(report.power_cut);
    CHECK_EQ(report.findings, 0);
    _exit(0);                           /* nothing of such a computer can be taken down */
}

static void inside_stop_start(void *arg)
{
    struct ring3_disk *disk = container_of(machine->disks.next, struct ring3_disk, node);
    struct pnp_node *node = pnp_node_of_device(disk->device);

    *(NTSTATUS *)arg = pnp_stop_node(node);
    if (*(NTSTATUS *)arg == STATUS_SUCCESS)
        *(NTSTATUS *)arg = pnp_start_node(node);
}

TEST(its_resources_can_be_rebalanced)
{
    struct ring3_computer *computer = open_computer(2, 7);
    struct ring3_file *file = start(computer, "mem:16M,model=nvme", NULL);
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        check_round_trip(file, 8);
        CHECK(machine_call(inside_stop_start, &status));
        CHECK_EQ((uint32_t)status, 0);
    }
    check_round_trip(file, 8);
    ring3_file_close(file);
    close_cleanly(computer);
}

/* Pulls the card out 50 ms from now, whatever is under way then. */
static NTAPI void pull(void *arg)
{
    LARGE_INTEGER wait = { .QuadPart = -500000 };
    struct ring3_disk *disk = arg;

    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    disk->device->gone = true;
    pnp_unplug(disk->device, true);
    disk->plugged = false;
}

static void inside_pull_soon(void *arg)
{
    HANDLE thread;

    CHECK_EQ((uint32_t)PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, pull, arg), 0);
    ZwClose(thread);
}

TEST(a_card_pulled_out_with_requests_under_way_answers_them_with_failure)
{
    for (uint64_t seed = 1; seed < 4; seed++) {
        struct ring3_computer *computer = open_computer(4, seed);
        struct ring3_disk *disk;
        struct ring3_file *file;
        uint8_t bytes[BLOCK];
        uint64_t before;

        CHECK((disk = ring3_add_disk(computer, "mem:16M,model=nvme,delay=100ms")) != NULL);
        CHECK(ring3_load(computer, unit_driver("nvmeq")) != NULL);
        CHECK_EQ(ring3_run(computer, 20 * SECOND), RING3_END_TIME);
        file = open_drive(computer, "\\\\.\\PhysicalDrive0");
        check_round_trip(file, 2);
        CHECK(machine_call(inside_pull_soon, disk));
        before = ring3_now(computer);
        CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
        CHECK(ring3_now(computer) - before < 5 * SECOND);       /* by the removal, not by a time-out */
        ring3_file_close(file);
        close_cleanly(computer);
    }
}
