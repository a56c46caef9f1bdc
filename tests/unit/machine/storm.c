/* Everything at once: requests in flight at the disk class while the disk fails, delays and times out, the unit is reset, the computer
 * sleeps, the card is stopped or pulled out. Each request is answered, what was answered with success is on the disk, nothing is left
 * over. RING3_SEEDS says how many seeds each kind of trouble gets (3). */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <stdlib.h>

#include "base/random.h"
#include "base/util.h"
#include "machine/machine.h"
#include "nt/ke.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "ring3.h"
#include "storport/disk.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define BLOCK 512u
#define BLOCKS 256u
#define MOST 16u                        /* blocks of a request */
#define DEPTH 12u
#define IOCTL_STORAGE_RESET_DEVICE 0x002D5004u

/* A block holds its version in every 4 bytes: the newest that succeeded, or one that was written and failed since. */
struct known {
    uint32_t good, newest;
    bool busy;
};

struct slot {
    struct storport_io io;
    struct storport_segment segment;
    unsigned first, count;
    bool busy;
};

static struct client {
    struct storport_disk *disk;
    struct slot slot[DEPTH];
    struct known block[BLOCKS];
    struct random random;
    uint64_t answered, failed, wrong, limit;
    unsigned in_flight;
    KEVENT over;
} c;

static void fill(struct slot *s)
{
    for (unsigned i = 0; i < s->count; i++)
        for (unsigned at = 0; at < BLOCK; at += 4)
            memcpy((uint8_t *)s->segment.base + i * BLOCK + at, &c.block[s->first + i].newest, 4);
}

/* Every 4 bytes are of a version that may be there. */
static void check(const struct slot *s)
{
    for (unsigned i = 0; i < s->count; i++)
        for (unsigned at = 0; at < BLOCK; at += 4) {
            const struct known *k = &c.block[s->first + i];
            uint32_t version;

            memcpy(&version, (const uint8_t *)s->segment.base + i * BLOCK + at, 4);
            c.wrong += version < k->good || version > k->newest;
        }
}

static bool free_range(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        if (c.block[i].busy)
            return false;
    return true;
}

static void answered(struct storport_io *io, NTSTATUS status);

static void submit(struct slot *s)
{
    uint32_t dice = random_below(&c.random, 16);
    bool write = dice >= 8;

    do {
        s->count = 1 + random_below(&c.random, MOST);
        s->first = random_below(&c.random, BLOCKS - MOST);
    } while (!free_range(s->first, s->count));
    for (unsigned i = s->first; i < s->first + s->count; i++) {
        c.block[i].busy = true;
        c.block[i].newest += write;
    }
    if (write)
        fill(s);
    s->segment.size = s->count * BLOCK;
    s->io = (struct storport_io){ .kind = dice == 0 ? STORPORT_FLUSH : write ? STORPORT_WRITE : STORPORT_READ, .fua = dice == 15,
                                  .offset = s->first * BLOCK, .length = s->segment.size, .segments = &s->segment, .segment_count = 1,
                                  .done = answered };
    s->busy = true;
    c.in_flight++;
    storport_disk_submit(c.disk, &s->io);
}

static void answered(struct storport_io *io, NTSTATUS status)
{
    struct slot *s = container_of(io, struct slot, io);

    c.wrong += !s->busy;                /* answered twice */
    s->busy = false;
    c.in_flight--;
    c.answered++;
    c.failed += !NT_SUCCESS(status);
    if (NT_SUCCESS(status) && io->kind == STORPORT_READ)
        check(s);
    for (unsigned i = s->first; i < s->first + s->count; i++) {
        c.block[i].busy = false;
        if (NT_SUCCESS(status) && io->kind == STORPORT_WRITE)
            c.block[i].good = c.block[i].newest;
    }
    if (c.answered < c.limit && storport_disk_alive(c.disk))
        submit(s);
    else if (!c.in_flight)
        KeSetEvent(&c.over, 0, FALSE);
}

/* Until so many are answered, or the disk is gone. */
static void traffic(void *unused)
{
    if (!c.disk && !(c.disk = storport_disk_open(0)))
        return;
    for (unsigned i = 0; i < DEPTH; i++)
        if (!c.slot[i].segment.base)
            c.slot[i].segment.base = ram_alloc(2, true);
    KeInitializeEvent(&c.over, NotificationEvent, FALSE);
    c.limit = c.answered + 400;
    for (unsigned i = 0; i < DEPTH; i++)
        submit(&c.slot[i]);
    KeWaitForSingleObject(&c.over, Executive, KernelMode, FALSE, NULL);
}

static void let_go(void *unused)
{
    for (unsigned i = 0; i < DEPTH; i++)
        if (c.slot[i].segment.base)
            ram_free(c.slot[i].segment.base, 2);
    if (c.disk)
        storport_disk_close(c.disk);
}

/* --- trouble: a thread beside the traffic ------------------------------------------------------------------------------------ */

static struct ring3_disk *card;
static unsigned done_well;              /* resets, sleeps and stops that succeeded */

static void pause_a_little(unsigned most_us)
{
    LARGE_INTEGER wait = { .QuadPart = -10ll * (1 + random_below(&c.random, most_us)) };

    KeDelayExecutionThread(KernelMode, FALSE, &wait);
}

static void reset(void)
{
    UNICODE_STRING name;
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    IO_STATUS_BLOCK iosb;
    KEVENT done;

    RtlInitUnicodeString(&name, u"\\Device\\Harddisk0\\DR0");
    if (!NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device)))
        return;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_STORAGE_RESET_DEVICE, device, NULL, 0, NULL, 0, FALSE, &done, &iosb);
    if (irp && IofCallDriver(device, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    done_well += irp && NT_SUCCESS(iosb.Status);
    ObDereferenceObject(file);
}

static void resets(void)
{
    for (unsigned i = 0; i < 5; i++) {
        pause_a_little(3000);
        reset();
    }
}

static void sleeps(void)
{
    for (unsigned i = 0; i < 3; i++) {
        pause_a_little(3000);
        done_well += po_set_system_state(PowerSystemSleeping3, false) == STATUS_SUCCESS;
        po_set_system_state(PowerSystemWorking, false);
    }
}

static void stops(void)
{
    struct pnp_node *node = pnp_node_of_device(card->device);

    for (unsigned i = 0; i < 3; i++) {
        pause_a_little(3000);
        if (pnp_stop_node(node) == STATUS_SUCCESS)
            done_well += pnp_start_node(node) == STATUS_SUCCESS;
    }
}

static void pulls(void)
{
    pause_a_little(6000);
    card->device->gone = true;
    pnp_unplug(card->device, true);
    card->plugged = false;
}

static void nothing(void)
{
}

static void (*trouble)(void);

static NTAPI void trouble_thread(void *unused)
{
    trouble();
}

static void start_trouble(void *unused)
{
    HANDLE thread;

    CHECK_EQ((uint32_t)PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, trouble_thread, NULL), 0);
    ZwClose(thread);
}

/* --- a computer ----------------------------------------------------------------------------------------------------------------- */

static const struct kind {
    const char *driver, *keys;          /* of the card */
} kinds[] = { { "vioblk", "queues=2" }, { "vioblk", "queues=4" }, { "sata", "model=ahci" }, { "sata", "model=ahci,depth=1" },
            { "nvmeq", "model=nvme" }, { "nvmeq", "model=nvme,queues=2,depth=3" },
            { "vscsi", "model=virtio-scsi,queues=2" }, { "vscsi", "model=virtio-scsi,queues=4,ring=4" } };

static struct ring3_computer *open_computer(unsigned cpus, uint64_t seed, uint64_t fail)
{
    struct ring3_computer *computer;
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
    CHECK((computer = ring3_open(&config)) != NULL);
    memset(&c, 0, sizeof c);
    random_seed(&c.random, seed + 1);
    return computer;
}

static void close_cleanly(struct ring3_computer *computer)
{
    struct ring3_report report;

    CHECK(machine_call(let_go, NULL));
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
    CHECK_EQ(c.wrong, 0);
    CHECK_EQ(c.in_flight, 0);
}

/* disk: what is behind the card, "%s" the card's keys, "%llu" a seed. Answers the requests that failed. */
static uint64_t storm(const struct kind *kind, const char *disk, void (*what)(void), unsigned cpus, uint64_t seed)
{
    struct ring3_computer *computer = open_computer(cpus, seed, 0);
    char spec[100];

    snprintf(spec, sizeof spec, disk, kind->keys, (unsigned long long)seed + 1);
    CHECK((card = ring3_add_disk(computer, spec)) != NULL);
    CHECK(ring3_load(computer, unit_driver(kind->driver)) != NULL);
    CHECK_EQ(ring3_run(computer, 100 * MS), RING3_END_TIME);
    trouble = what;
    CHECK(machine_call(start_trouble, NULL));
    CHECK(machine_call(traffic, NULL));
    CHECK_EQ(ring3_run(computer, SECOND), RING3_END_TIME);
    CHECK(c.answered >= DEPTH);
    close_cleanly(computer);
    return c.failed;
}

static uint64_t storms(const char *disk, void (*what)(void))
{
    static const unsigned processors[] = { 1, 2, 4, 8 };
    const char *asked = getenv("RING3_SEEDS");
    unsigned seeds = asked ? (unsigned)atoi(asked) : 3;
    uint64_t failed = 0;

    for (unsigned k = 0; k < countof(kinds); k++)
        for (unsigned i = 0; i < 4; i++)
            for (uint64_t seed = 0; seed <= seeds; seed++)      /* 0: the fair schedule */
                failed += storm(&kinds[k], disk, what, processors[i], seed);
    return failed;
}

TEST(without_trouble_every_request_succeeds)
{
    CHECK_EQ(storms("mem:1M,%s,delay=50us", nothing), 0);
}

TEST(errors_of_the_medium_lose_nothing_that_succeeded)
{
    CHECK(storms("mem:1M,%s,delay=50us,error=seed:%llu,errorrate=70", nothing) > 0);
}

TEST(resets_in_flight_lose_nothing_that_succeeded)
{
    storms("mem:1M,%s,delay=500us", resets);
    CHECK(done_well > 20);
}

TEST(resets_and_errors_together_lose_nothing_that_succeeded)
{
    storms("mem:1M,%s,delay=500us,error=seed:%llu,errorrate=10", resets);
    CHECK(done_well > 20);
}

TEST(a_disk_that_is_too_slow_loses_nothing_that_succeeded)
{
    for (unsigned k = 0; k < countof(kinds); k++)
        CHECK(storm(&kinds[k], "mem:1M,%s,delay=70s", nothing, 2, 1) > 0);
}

TEST(sleep_with_requests_in_flight_loses_nothing_that_succeeded)
{
    storms("mem:1M,%s,delay=200us", sleeps);
    CHECK(done_well > 20);
}

TEST(stops_with_requests_in_flight_lose_nothing_that_succeeded)
{
    storms("mem:1M,%s,delay=200us", stops);
    CHECK(done_well > 20);
}

TEST(a_card_that_is_pulled_out_answers_everything)
{
    storms("mem:1M,%s,delay=200us", pulls);
}

/* --- allocations --------------------------------------------------------------------------------------------------------------- */

static uint64_t allocations;

static bool run_with(const struct kind *kind, uint64_t fail)
{
    struct ring3_computer *computer = open_computer(2, 0, fail);
    bool good = false;
    char spec[100];

    snprintf(spec, sizeof spec, "mem:1M,%s,delay=50us", kind->keys);
    CHECK((card = ring3_add_disk(computer, spec)) != NULL);
    if (ring3_load(computer, unit_driver(kind->driver))) {
        ring3_run(computer, 100 * MS);
        good = machine_call(traffic, NULL) && c.answered >= 400 && !c.failed;
    }
    allocations = pool_fail_count();
    close_cleanly(computer);
    return good;
}

TEST(every_allocation_of_bring_up_traffic_and_tear_down_may_fail_once)
{
    for (unsigned k = 0; k < countof(kinds); k += 2) {
        unsigned failed = 0;

        CHECK(run_with(&kinds[k], 1000000));            /* counted, but never reached */
        uint64_t total = allocations;
        CHECK(total > 5);
        for (uint64_t n = 1; n <= total; n++)
            failed += !run_with(&kinds[k], n);
        CHECK(failed > 2);
    }
}
