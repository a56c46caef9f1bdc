/* Two drivers that meet through the registrar: nmr_client.sys and nmr_provider.sys, loaded and unloaded in every order. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "ring3.h"
#include "unit.h"

#define MS 1000000ull

struct counts {                         /* PAIR_COUNTS of tests/guest/nmr_pair.h */
    int32_t attaches, detaches, cleanups, calls, wrong;
};

enum { CLIENT, PROVIDER };
static const char *const files[] = { "nmr_client", "nmr_provider" };
static const char *const devices[] = { "\\Device\\NmrClient", "\\Device\\NmrProvider" };

struct pair {
    struct ring3_computer *computer;
    struct ring3_driver *driver[2];
};

/* $BUILD/tests/unit/netio/pair -> $BUILD/tests/guest/NAME.sys */
static const char *driver_path(const char *name)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 3; up++)
        *strrchr(path, '/') = 0;
    sprintf(path + strlen(path), "/guest/%s.sys", name);
    if (access(path, R_OK) != 0)
        SKIP("the guest drivers have not been built (make guest-tests)");
    return path;
}

static struct pair open_pair(unsigned cpus, uint64_t seed)
{
    struct ring3_config config;
    struct pair pair = { 0 };

    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = seed != 0;
    config.seed = seed;
    config.log = RING3_LOG_WARN;
    pair.computer = ring3_open(&config);
    CHECK(pair.computer);
    return pair;
}

static void load(struct pair *pair, int which)
{
    pair->driver[which] = ring3_load(pair->computer, driver_path(files[which]));
    CHECK(pair->driver[which]);
    ring3_run(pair->computer, 20 * MS);
}

static void unload(struct pair *pair, int which)
{
    CHECK(ring3_unload(pair->driver[which]));
    ring3_run(pair->computer, 5 * MS);
}

static struct counts ask(struct pair *pair, int which)
{
    struct ring3_file *file = ring3_file_open(pair->computer, devices[which], true);
    struct counts counts = { 0 };
    uint64_t done = 0;

    CHECK(file);
    CHECK(ring3_file_read(file, &counts, sizeof counts, 0, &done, NULL));
    CHECK_EQ(done, sizeof counts);
    ring3_file_close(file);
    CHECK_EQ(counts.wrong, 0);
    return counts;
}

static void check_attached(struct pair *pair, int which, int times)
{
    struct counts counts = ask(pair, which);

    CHECK_EQ(counts.attaches, times);
    CHECK_EQ(counts.detaches, times - 1);
    CHECK_EQ(counts.cleanups, times - 1);
    CHECK(counts.calls >= 5);
}

static void check_alone(struct pair *pair, int which, int times)
{
    struct counts counts = ask(pair, which), later;

    CHECK_EQ(counts.attaches, times);
    CHECK_EQ(counts.detaches, times);
    CHECK_EQ(counts.cleanups, times);
    ring3_run(pair->computer, 10 * MS);
    later = ask(pair, which);
    CHECK_EQ(later.calls, counts.calls);
}

static void close_cleanly(struct pair *pair)
{
    struct ring3_report report;

    ring3_close(pair->computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

/* `first` is loaded first; `leaver` goes, comes back, and goes before the other one for good. */
static void come_and_go(unsigned cpus, uint64_t seed, int first, int leaver)
{
    struct pair pair = open_pair(cpus, seed);

    load(&pair, first);
    load(&pair, !first);
    check_attached(&pair, CLIENT, 1);
    check_attached(&pair, PROVIDER, 1);
    unload(&pair, leaver);
    check_alone(&pair, !leaver, 1);
    load(&pair, leaver);
    check_attached(&pair, leaver, 1);
    check_attached(&pair, !leaver, 2);
    unload(&pair, leaver);
    check_alone(&pair, !leaver, 2);
    unload(&pair, !leaver);
    close_cleanly(&pair);
}

static void in_every_order(unsigned cpus)
{
    static const uint64_t seeds[] = { 0, 1, 7, 1234 };

    for (unsigned i = 0; i < 4; i++)
        for (int order = 0; order < 4; order++)
            come_and_go(cpus, seeds[i], order & 1, order >> 1);
}

TEST(two_drivers_come_and_go_in_every_order_on_one_processor)
{
    in_every_order(1);
}

TEST(two_drivers_come_and_go_in_every_order_on_two_processors)
{
    in_every_order(2);
}

TEST(two_drivers_come_and_go_in_every_order_on_eight_processors)
{
    in_every_order(8);
}

TEST(a_computer_closes_with_both_still_attached)
{
    struct pair pair = open_pair(2, 0);

    load(&pair, CLIENT);
    load(&pair, PROVIDER);
    close_cleanly(&pair);
}
