/* Winsock Kernel from the outside: drivers while their allocations, or those of the stack, fail. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "nt/pool.h"
#include "ring3.h"
#include "tcpip/stack.h"
#include "unit.h"

#define MS 1000000ull

/* $BUILD/tests/unit/netio/wsk -> $BUILD/`name` */
static const char *driver_path(const char *name)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 4; up++)
        *strrchr(path, '/') = 0;
    strcat(path, "/");
    strcat(path, name);
    if (access(path, R_OK) != 0)
        SKIP("the drivers have not been built (make drivers guest-tests)");
    return path;
}

static struct ring3_computer *open_computer(uint64_t seed)
{
    struct ring3_computer *computer;
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.cpus = seed != 0 ? 2 : 1;
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

/* Returns how many allocations the driver made. */
static uint64_t run_with_failure(uint64_t n, uint64_t seed)
{
    struct ring3_computer *computer = open_computer(seed);
    uint64_t count;

    pool_set_fail_at(n, false);
    ring3_load(computer, driver_path("tests/guest/wsk_scarce.sys"));
    count = pool_fail_count();
    pool_set_fail_at(0, false);
    close_cleanly(computer);
    return count;
}

TEST(every_single_allocation_of_a_winsock_kernel_client_may_fail)
{
    uint64_t n = 1;

    while (run_with_failure(n, 0) >= n)
        n++;
    CHECK(n > 20);
}

TEST(they_may_fail_under_any_schedule)
{
    for (uint64_t seed = 1; seed <= 10; seed++)
        run_with_failure(seed * 3, seed);
}

/* ---- an echo server and its client, over loopback ---- */

struct echo {
    struct ring3_computer *computer;
    struct ring3_driver *server, *client;
};

/* Both are loaded, talk, and go in the middle of it, the one that came last first, or last. */
static void talk(struct echo *echo, uint64_t seed)
{
    echo->server = ring3_load(echo->computer, driver_path("drivers/wskecho/wskecho.sys"));
    CHECK_EQ(ring3_run(echo->computer, MS), RING3_END_TIME);
    echo->client = ring3_load(echo->computer, driver_path("drivers/wskload/wskload.sys"));
    CHECK_EQ(ring3_run(echo->computer, 5 * MS), RING3_END_TIME);
    for (int n = 0; n < 2; n++) {
        struct ring3_driver *driver = (seed + n) % 2 ? echo->server : echo->client;

        if (driver != NULL)
            CHECK(ring3_unload(driver));
        CHECK_EQ(ring3_run(echo->computer, MS), RING3_END_TIME);
    }
}

static uint64_t talk_with_pool_failure(uint64_t n, bool onwards, uint64_t seed)
{
    struct echo echo = { .computer = open_computer(seed) };
    uint64_t count;

    pool_set_fail_at(n, onwards);
    talk(&echo, seed);
    count = pool_fail_count();
    pool_set_fail_at(0, false);
    close_cleanly(echo.computer);
    return count;
}

static uint64_t talk_with_stack_failure(uint64_t n, uint64_t seed)
{
    struct echo echo = { .computer = open_computer(seed) };
    uint64_t count;

    stack_fail_at(n);
    talk(&echo, seed);
    count = stack_fail_count();
    stack_fail_at(0);
    close_cleanly(echo.computer);
    return count;
}

TEST(every_single_allocation_of_a_server_and_its_client_may_fail)
{
    uint64_t n = 1;

    while (talk_with_pool_failure(n, false, 0) >= n)
        n++;
    CHECK(n > 12);                      /* what they need while they talk, they have from the start */
}

TEST(all_their_allocations_from_some_point_on_may_fail)
{
    uint64_t total = talk_with_pool_failure(UINT64_MAX, false, 0);

    for (uint64_t n = 1; n <= total; n++)
        talk_with_pool_failure(n, true, n % 4);
}

TEST(allocations_of_the_stack_between_them_may_fail)
{
    for (uint64_t n = 1; n <= 200; n++)
        CHECK(talk_with_stack_failure(n, n % 4) >= n);
}
