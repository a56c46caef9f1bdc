/* Winsock Kernel from the outside: wsk_scarce.sys while its allocations fail. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"

static const char *guest_path(const char *name)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 3; up++)
        *strrchr(path, '/') = 0;
    strcat(path, "/guest/");
    strcat(path, name);
    if (access(path, R_OK) != 0)
        SKIP("the guest tests have not been built (make guest-tests)");
    return path;
}

/* Returns how many allocations the driver made. */
static uint64_t run_with_failure(uint64_t n, uint64_t seed)
{
    struct ring3_computer *computer;
    struct ring3_config config;
    struct ring3_report report;
    uint64_t count;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.cpus = seed != 0 ? 2 : 1;
    config.seeded = seed != 0;
    config.seed = seed;
    config.log = RING3_LOG_ERROR;
    computer = ring3_open(&config);
    CHECK(computer != NULL);
    pool_set_fail_at(n, false);
    ring3_load(computer, guest_path("wsk_scarce.sys"));
    count = pool_fail_count();
    pool_set_fail_at(0, false);
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
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
