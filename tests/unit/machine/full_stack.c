/* The whole stack with every allocation of a driver failing in turn: vionet, lwfcount, vlanmux, rawport, callout drivers and sockets come up,
 * carry traffic, and go in an order of their own each time. Nothing stops, nothing is left over. RING3_STRIDE says how many allocations
 * lie between two that fail (1 tries every one). */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull

static const char *const names[] = { "vionet", "lwfcount", "vlanmux", "rawport", "warden", "streamedit", "redirect", "wskecho", "wskget" };
enum { DRIVERS = sizeof names / sizeof names[0] };

static unsigned loaded, refused, answered, echoed, runs;

static struct ring3_computer *open_computer(void)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.cpus = 2;
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_ERROR;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer != NULL);
    for (unsigned n = 0; n < 8; n++)    /* whichever adapter TCP/IP is bound to */
        CHECK(ring3_set_address(computer, n, "10.0.0.1/24"));
    CHECK(ring3_set_parameter(computer, "*ReceiveBuffers", "16"));
    CHECK(ring3_set_parameter(computer, "*TransmitBuffers", "16"));
    CHECK(ring3_add_nic(computer, "loop") != NULL);
    return computer;
}

static void load_all(struct ring3_computer *computer, struct ring3_driver **driver)
{
    for (unsigned n = 0; n < DRIVERS; n++) {
        driver[n] = ring3_load(computer, unit_driver(names[n]));
        loaded += driver[n] != NULL;
        refused += driver[n] == NULL;
    }
}

static void carry(struct ring3_computer *computer)
{
    struct ring3_traffic *ping = ring3_ping(computer, "10.0.0.2,count=3,interval=1ms,timeout=5ms,size=1000");
    struct ring3_traffic *stream = ring3_tcp_send(computer, "127.0.0.1:7,bytes=3000");
    struct ring3_traffic_info info;

    ring3_run(computer, 300 * MS);
    ring3_query_traffic(ping, &info);
    answered += info.finished;
    ring3_query_traffic(stream, &info);
    echoed += info.finished && info.good;
}

/* Takes a part of the drivers out, in the order that `n` stands for; the others go with the computer. */
static void unload_some(struct ring3_driver **driver, uint64_t n)
{
    uint64_t dice = n * 0x9e3779b97f4a7c15u;

    for (unsigned left = 1 + dice % DRIVERS; left; left--) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        unsigned at = (unsigned)(dice >> 33) % DRIVERS;

        if (driver[at])
            CHECK(ring3_unload(driver[at]));
        driver[at] = NULL;
    }
}

static uint64_t run_with_failure(uint64_t n, bool onwards)
{
    struct ring3_computer *computer = open_computer();
    struct ring3_driver *driver[DRIVERS];
    struct ring3_report report;
    uint64_t count;

    runs++;
    pool_set_fail_at(n, onwards);
    load_all(computer, driver);
    carry(computer);
    unload_some(driver, n);
    count = pool_fail_count();
    pool_set_fail_at(0, false);
    ring3_close(computer, &report);
    if (report.bug_check || report.findings || report.pool_bytes)
        printf("allocation %llu%s\n", (unsigned long long)n, onwards ? " and all after it" : "");
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
    return count;
}

static unsigned stride(unsigned usual)
{
    const char *asked = getenv("RING3_STRIDE");

    return asked ? (unsigned)atoi(asked) : usual;
}

TEST(the_stack_survives_each_allocation_that_fails)
{
    uint64_t n = 1;

    while (run_with_failure(n, false) >= n)
        n += stride(1);
    printf("    %u runs: %u drivers loaded, %u refused, %u pings at an end, %u streams whole\n", runs, loaded, refused, answered, echoed);
    CHECK(n > 100);                     /* an injection that never hits would end at once */
    CHECK(refused > 5);
    CHECK(echoed > runs / 2);
}

TEST(the_stack_survives_when_all_allocations_fail_from_some_point_on)
{
    uint64_t total = run_with_failure(UINT64_MAX, false);       /* counts, and fails none */

    CHECK_EQ(echoed, 1);
    CHECK(total > 100);
    for (uint64_t n = 1; n <= total; n += stride(1))
        run_with_failure(n, true);
    CHECK(refused > runs / 4);
}
