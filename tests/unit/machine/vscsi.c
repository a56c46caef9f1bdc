/* vscsi.sys as a whole, from the outside: the driver is the one beside this program in the build. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "dev/virtio_scsi.h"
#include "machine/machine.h"
#include "nt/pnp.h"
#include "ntdddisk.h"
#include "ntddscsi.h"
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
    config.without_tcpip = true;
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

static struct ring3_file *open_disk(struct ring3_computer *computer)
{
    return ring3_file_open(computer, "\\\\.\\PhysicalDrive0", true);
}

/* With a card of these keys and its driver, half a second old. */
static struct ring3_computer *start(const char *keys, unsigned cpus, uint64_t seed, struct ring3_disk **disk)
{
    struct ring3_computer *computer = open_computer(cpus, seed);
    struct ring3_disk *it;
    char spec[120];

    snprintf(spec, sizeof spec, "mem:16M,model=virtio-scsi%s%s", *keys ? "," : "", keys);
    it = ring3_add_disk(computer, spec);
    CHECK(it != NULL);
    if (disk)
        *disk = it;
    CHECK(ring3_load(computer, unit_driver("vscsi")) != NULL);
    CHECK_EQ(ring3_run(computer, 500 * MS), RING3_END_TIME);
    return computer;
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
    static const struct { unsigned cpus; uint64_t seed; const char *keys; } cases[] = {
        { 1, 0, "" }, { 2, 1, "queues=2" }, { 8, 2, "queues=4,ring=4" }, { 4, 3, "queues=8,block=4096" }, { 2, 4, "interrupts=line" },
        { 2, 5, "interrupts=msi,queues=3" },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ring3_computer *computer = start(cases[i].keys, cases[i].cpus, cases[i].seed, NULL);
        struct ring3_file *file = open_disk(computer);
        struct ring3_disk_info info;

        CHECK(file != NULL);
        check_round_trip(file, 20);
        ring3_file_close(file);
        CHECK(ring3_query_disk(computer, 0, &info));
        CHECK_STR(info.driver, "vscsi");
        CHECK_STR(info.model, "virtio-scsi");
        CHECK(info.started && info.writes >= 20 && info.interrupts > 0);
        close_cleanly(computer);
    }
}

TEST(a_card_that_is_pulled_out_fails_its_requests_and_nothing_else)
{
    struct ring3_disk *disk;
    struct ring3_computer *computer = start("queues=2", 2, 7, &disk);
    struct ring3_file *file = open_disk(computer);
    uint8_t bytes[BLOCK];

    check_round_trip(file, 4);
    CHECK(ring3_unplug_disk(disk));
    CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
    ring3_file_close(file);
    CHECK_EQ(ring3_run(computer, 2 * SECOND), RING3_END_TIME);
    close_cleanly(computer);
}

TEST(errors_of_the_medium_reach_the_caller_and_the_disk_lives_on)
{
    struct ring3_computer *computer = start("error=seed:3,errorrate=70", 2, 7, NULL);
    struct ring3_file *file = open_disk(computer);
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

/* A time-out is answered by an abort through the control queue, which the card carries out: nothing worse follows. */
TEST(a_request_that_takes_too_long_is_aborted_and_the_unit_is_not_reset)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct ring3_disk *disk;
        struct ring3_computer *computer = start("delay=3000s,queues=2", 1 + (unsigned)seed, seed, &disk);
        const struct scsi_disk *unit = &container_of(disk->device, struct virtio_scsi, virtio.device)->unit;

        CHECK_EQ(ring3_run(computer, 60 * SECOND), RING3_END_TIME);     /* the first read of the disk, and its repetitions */
        CHECK(unit->aborts > 0);
        CHECK_EQ(unit->resets, 0);
        close_cleanly(computer);
    }
}

static void inside_sleep(void *arg)
{
    *(NTSTATUS *)arg = po_set_system_state(PowerSystemSleeping3, false);
}

static void inside_wake(void *arg)
{
    *(NTSTATUS *)arg = po_set_system_state(PowerSystemWorking, false);
}

static void inside_stop_start(void *arg)
{
    struct ring3_disk *disk = container_of(machine->disks.next, struct ring3_disk, node);
    struct pnp_node *node = pnp_node_of_device(disk->device);

    *(NTSTATUS *)arg = pnp_stop_node(node);
    if (*(NTSTATUS *)arg == STATUS_SUCCESS)
        *(NTSTATUS *)arg = pnp_start_node(node);
}

TEST(it_sleeps_and_wakes_and_is_rebalanced_and_the_disk_is_the_same)
{
    struct ring3_computer *computer = start("queues=2", 2, 7, NULL);
    struct ring3_file *file = open_disk(computer);
    NTSTATUS status;

    for (int n = 0; n < 3; n++) {
        check_round_trip(file, 8);
        CHECK(machine_call(inside_sleep, &status));
        CHECK_EQ((uint32_t)status, 0);
        ring3_run(computer, 100 * MS);
        CHECK(machine_call(inside_wake, &status));
        CHECK_EQ((uint32_t)status, 0);
        check_round_trip(file, 8);
        CHECK(machine_call(inside_stop_start, &status));
        CHECK_EQ((uint32_t)status, 0);
    }
    check_round_trip(file, 8);
    ring3_file_close(file);
    close_cleanly(computer);
}

TEST(a_power_cut_ends_the_run_and_leaves_the_driver_as_it_was)
{
    struct ring3_computer *computer = start("cut=seed:1,cutwithin=50", 2, 7, NULL);
    struct ring3_file *file = open_disk(computer);
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

TEST(a_target_that_is_plugged_in_later_is_found_and_one_that_leaves_is_gone)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct ring3_computer *computer = start("appears=100s,leaves=200s,queues=2", 1 + (unsigned)seed % 4, seed, NULL);
        struct ring3_file *file;
        uint8_t bytes[BLOCK];

        CHECK(open_disk(computer) == NULL);
        CHECK_EQ(ring3_run(computer, 101 * SECOND), RING3_END_TIME);    /* an idle card hears of it, too */
        CHECK((file = open_disk(computer)) != NULL);
        check_round_trip(file, 8);
        CHECK_EQ(ring3_run(computer, 100 * SECOND), RING3_END_TIME);
        CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
        ring3_file_close(file);
        CHECK(open_disk(computer) == NULL);
        close_cleanly(computer);
    }
}

static uint64_t length_of(struct ring3_file *file)
{
    GET_LENGTH_INFORMATION length;
    uint32_t status;
    uint64_t got;

    CHECK(ring3_file_ioctl(file, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof length, &got, &status));
    return (uint64_t)length.Length.QuadPart;
}

TEST(a_disk_that_grows_is_larger_once_the_size_is_asked_for_again)
{
    struct ring3_computer *computer = start("grows=2s", 2, 7, NULL);
    struct ring3_file *file = open_disk(computer);
    uint8_t bytes[BLOCK];
    uint32_t status;
    uint64_t got;
    DISK_GEOMETRY geometry;

    CHECK_EQ(length_of(file), 8u << 20);
    CHECK_EQ(ring3_run(computer, 3 * SECOND), RING3_END_TIME);
    CHECK(ring3_file_ioctl(file, IOCTL_DISK_UPDATE_DRIVE_SIZE, NULL, 0, &geometry, sizeof geometry, &got, &status));
    CHECK_EQ(length_of(file), 16u << 20);
    fill(bytes, 3);
    CHECK(ring3_file_write(file, bytes, BLOCK, 12u << 20, NULL, NULL));
    ring3_file_close(file);
    close_cleanly(computer);
}

struct pass {
    SCSI_PASS_THROUGH head;
    uint8_t sense[32], data[512];
};

/* A command of the caller's own for the disk; the SCSI status. */
static uint8_t pass_through(struct ring3_file *file, struct pass *pass, const uint8_t *cdb, uint8_t length, uint32_t size)
{
    uint32_t status;
    uint64_t got;

    memset(pass, 0, sizeof *pass);
    pass->head = (SCSI_PASS_THROUGH){ .Length = sizeof pass->head, .CdbLength = length, .SenseInfoLength = sizeof pass->sense,
                                      .DataIn = SCSI_IOCTL_DATA_IN, .DataTransferLength = size, .TimeOutValue = 5,
                                      .DataBufferOffset = offsetof(struct pass, data), .SenseInfoOffset = offsetof(struct pass, sense) };
    memcpy(pass->head.Cdb, cdb, length);
    CHECK(ring3_file_ioctl(file, IOCTL_SCSI_PASS_THROUGH, pass, sizeof *pass, pass, sizeof *pass, &got, &status));
    return pass->head.ScsiStatus;
}

TEST(commands_of_a_program_reach_the_disk_and_their_sense_data_comes_back)
{
    struct ring3_computer *computer = start("serial=AB-12,queues=2", 2, 7, NULL);
    struct ring3_file *file = open_disk(computer);
    struct pass pass;

    CHECK_EQ(pass_through(file, &pass, (const uint8_t[]){ SCSI_INQUIRY, 1, 0x80, 0, 64, 0 }, 6, 64), SCSI_GOOD);
    CHECK_EQ(pass.head.DataTransferLength, 9);
    CHECK(memcmp(pass.data + 4, "AB-12", 5) == 0);
    CHECK_EQ(pass_through(file, &pass, (const uint8_t[]){ SCSI_READ_10, 0, 0xFF, 0, 0, 0, 0, 0, 1, 0 }, 10, 512), SCSI_CHECK_CONDITION);
    CHECK_EQ(pass.sense[2], SENSE_ILLEGAL_REQUEST);
    CHECK_EQ(scsi_get(pass.sense + 12, 2), ASC_OUT_OF_RANGE);
    CHECK_EQ(scsi_get(pass.sense + 3, 4), 0xFF000000u);
    CHECK_EQ(pass_through(file, &pass, (const uint8_t[]){ 0x3E, 0, 0, 0, 0, 0, 0, 0, 1, 0 }, 10, 512), SCSI_CHECK_CONDITION);
    CHECK_EQ(scsi_get(pass.sense + 12, 2), ASC_OPERATION_CODE);
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
    for (unsigned queues = 1; queues <= 4; queues *= 4) {
        struct ring3_computer *computer;
        struct ring3_disk *disk;
        struct ring3_file *file;
        uint8_t bytes[BLOCK];
        uint64_t before;
        char keys[64];

        snprintf(keys, sizeof keys, "delay=100ms,queues=%u", queues);
        computer = start(keys, 4, queues, &disk);
        CHECK_EQ(ring3_run(computer, 20 * SECOND), RING3_END_TIME);
        CHECK((file = open_disk(computer)) != NULL);
        check_round_trip(file, 2);
        CHECK(machine_call(inside_pull_soon, disk));
        before = ring3_now(computer);
        CHECK(!ring3_file_read(file, bytes, BLOCK, 0, NULL, NULL));
        CHECK(ring3_now(computer) - before < 5 * SECOND);       /* by the removal, not by a time-out */
        ring3_file_close(file);
        close_cleanly(computer);
    }
}
