/* Callout drivers, their sockets, the filter module, the intermediate driver and the card's driver are loaded and unloaded in random orders
 * under traffic, while policies and targets change: nothing stops, nothing is left over, and traffic passes after it.
 * RING3_SEEDS says how many orders (24) from seed RING3_FIRST (1); a single one prints its log. `make orders` runs a thousand. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <fcntl.h>

#include "machine/machine.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define STEPS 40
#define IOCTL(function, access) (0x12u << 16 | (access) << 14 | (function) << 2)

enum { CARD, MUX, FILTER, ECHO, WARDEN, EDIT, REDIRECT, LOAD, GET, DRIVERS };

static const char *const names[DRIVERS] = { "vionet", "vlanmux", "lwfcount", "wskecho", "warden", "streamedit", "redirect", "wskload", "wskget" };

/* wskload connects to port 80, which redirect sends to the echo at port 7; its pattern has the phrase that streamedit replaces with
 * itself, so that what comes back is what was sent. */
static const char parameters[] =
    "Windows Registry Editor Version 5.00\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskload\\Parameters]\r\n"
    "\"Port\"=dword:50\r\n\"Connections\"=dword:3\r\n\"Size\"=dword:2bc\r\n\"Depth\"=dword:2\r\n\"Milliseconds\"=dword:14\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskget\\Parameters]\r\n"
    "\"Host\"=\"127.0.0.1\"\r\n\"Path\"=\"/FMT\"\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\streamedit\\Parameters]\r\n"
    "\"Find\"=\"FMT\"\r\n\"Replace\"=\"FMT\"\r\n\"Port\"=dword:7\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\redirect\\Parameters]\r\n"
    "\"Port\"=dword:50\r\n\"Target\"=\"127.0.0.1\"\r\n\"TargetPort\"=dword:7\r\n";

static struct {
    struct ring3_computer *computer;
    struct ring3_driver *driver[DRIVERS];
    uint64_t dice;
} it;

static unsigned orders = 24;
static unsigned loads, unloads, policies, targets, pended, blocked, permitted, redirected, echoed;

static unsigned any(unsigned below)
{
    it.dice = it.dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(it.dice >> 33) % below;
}

static void import_parameters(void)
{
    char path[] = "/tmp/callout-orders-XXXXXX";
    int file = mkstemp(path);

    CHECK(file >= 0);
    CHECK_EQ(write(file, parameters, sizeof parameters - 1), (ssize_t)sizeof parameters - 1);
    close(file);
    bool imported = ring3_import_registry(it.computer, path);
    unlink(path);
    CHECK(imported);
}

static void open_computer(uint64_t seed)
{
    struct ring3_config config;

    memset(&it, 0, sizeof it);
    it.dice = seed * 0x9e3779b97f4a7c15u;
    ring3_config_init(&config);
    config.cpus = 1 + (unsigned)(seed % 4);
    config.memory = 128u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = seed % 8 != 0;
    config.seed = seed;
    config.log = orders == 1 ? RING3_LOG_WARN : RING3_LOG_ERROR;
    CHECK((it.computer = ring3_open(&config)) != NULL);
    for (unsigned n = 0; n < 8; n++)    /* whichever adapter TCP/IP is bound to */
        CHECK(ring3_set_address(it.computer, n, "10.0.0.1/24"));
    import_parameters();
    CHECK(ring3_add_nic(it.computer, seed & 1 ? "loop" : "loop,loss=5,reorder=10,duplicate=10") != NULL);
}

/* --- steps ------------------------------------------------------------------------------------------------------------------- */

static void load(unsigned n)
{
    it.driver[n] = ring3_load(it.computer, unit_driver(names[n]));
    CHECK(it.driver[n] != NULL);
    loads++;
}

static void count_before_unload(unsigned n);

static void unload(unsigned n)
{
    count_before_unload(n);
    CHECK(ring3_unload(it.driver[n]));
    it.driver[n] = NULL;
    unloads++;
}

static void ioctl_of(const char *name, uint32_t code, const void *in, uint32_t in_size, void *out, uint32_t out_size)
{
    struct ring3_file *file = ring3_file_open(it.computer, name, true);
    uint32_t status;

    CHECK(file != NULL);
    CHECK(ring3_file_ioctl(file, code, in, in_size, out, out_size, NULL, &status));
    ring3_file_close(file);
}

static void count_before_unload(unsigned n)
{
    uint32_t of_warden[4], of_redirect[2];

    if (n == WARDEN) {
        ioctl_of("\\\\.\\Warden", IOCTL(0x802u, 1u), NULL, 0, of_warden, sizeof of_warden);
        permitted += of_warden[0];
        blocked += of_warden[1];
        pended += of_warden[2];
    } else if (n == REDIRECT) {
        ioctl_of("\\\\.\\Redirect", IOCTL(0x802u, 1u), NULL, 0, of_redirect, sizeof of_redirect);
        redirected += of_redirect[0];
    }
}

static void change_policy(void)
{
    static const char *const texts[] = {
        "", "", "permit any any any", "inspect any any any", "pend in tcp any 1 permit", "pend any tcp any 2 permit", "pend out tcp any 3 block",
        "block in tcp 7", "pend any any any 5000 permit", "block out any any; permit any any any",
    };
    const char *text = texts[any(sizeof texts / sizeof texts[0])];

    if (!it.driver[WARDEN])
        return;
    ioctl_of("\\\\.\\Warden", IOCTL(0x800u, 2u), text, (uint32_t)strlen(text), NULL, 0);
    policies++;
}

static void change_target(void)
{
    uint8_t target[8] = { 80, 0, 7, 0, 127, 0, 0, 1 };

    if (!it.driver[REDIRECT])
        return;
    if (any(4) == 0)
        target[0] = 0;
    if (any(4) == 0)
        target[2] = 9;                  /* nobody listens there */
    ioctl_of("\\\\.\\Redirect", IOCTL(0x800u, 2u), target, sizeof target, NULL, 0);
    targets++;
}

static void load_or_unload(void)
{
    unsigned n = any(DRIVERS);

    it.driver[n] ? unload(n) : load(n);
}

static void traffic(void)
{
    if (any(2))
        ring3_ping(it.computer, "10.0.0.9,count=3,interval=1ms,timeout=2ms,size=200");
    else
        ring3_tcp_send(it.computer, any(2) ? "10.0.0.1:7,bytes=20000" : "127.0.0.1:80,bytes=20000");
}

static void step(void)
{
    switch (any(8)) {
    case 0: change_policy(); break;
    case 1: change_target(); break;
    case 2: traffic(); break;
    case 3:                             /* the clients do what they do once: again */
        if (it.driver[LOAD])
            unload(LOAD);
        load(LOAD);
        break;
    default: load_or_unload();
    }
    ring3_run(it.computer, any(3) ? any(3000) * 1000ull : any(60) * MS);
}

/* --- an order ------------------------------------------------------------------------------------------------------------------ */

/* Each number below `count` once. */
static void shuffle(unsigned *order, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        unsigned at = any(n + 1);
        order[n] = order[at];
        order[at] = n;
    }
}

/* With everything loaded, wskload's connections come back with what they sent. */
static bool traffic_passes(void)
{
    struct ring3_traffic_info info;

    if (it.driver[WARDEN])
        ioctl_of("\\\\.\\Warden", IOCTL(0x800u, 2u), NULL, 0, NULL, 0);
    if (!it.driver[ECHO])
        load(ECHO);
    ring3_run(it.computer, 1000 * MS);  /* the echo attaches */
    struct ring3_traffic *sent = ring3_tcp_send(it.computer, "127.0.0.1:7,bytes=50000");
    CHECK(sent != NULL);
    ring3_run(it.computer, 20000 * MS);
    ring3_query_traffic(sent, &info);
    return info.finished && info.good && info.bytes == 50000;
}

static void one_order(uint64_t seed)
{
    struct ring3_report report;
    unsigned order[DRIVERS];

    open_computer(seed);
    shuffle(order, DRIVERS);
    for (unsigned n = 0; n < DRIVERS; n++) {
        load(order[n]);
        ring3_run(it.computer, any(2000) * 1000ull);
    }
    for (unsigned n = 0; n < STEPS; n++)
        step();
    echoed += traffic_passes();
    traffic();
    shuffle(order, DRIVERS);
    for (unsigned n = 0; n < DRIVERS; n++)
        if (it.driver[order[n]] && any(4)) {
            unload(order[n]);
            ring3_run(it.computer, any(1000) * 1000ull);
        }
    ring3_close(it.computer, &report);
    if (report.bug_check || report.findings || report.pool_bytes)
        printf("seed %llu\n", (unsigned long long)seed);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

TEST(drivers_come_and_go_in_any_order_under_traffic)
{
    const char *count = getenv("RING3_SEEDS"), *from = getenv("RING3_FIRST");
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;

    orders = count ? (unsigned)atoi(count) : orders;
    if (orders > 1) {                   /* warden logs each decision */
        int nowhere = open("/dev/null", O_WRONLY);
        CHECK(dup2(nowhere, STDERR_FILENO) >= 0);
        close(nowhere);
    }
    for (unsigned n = 0; n < orders; n++)
        one_order(first + n);
    printf("%u loads, %u unloads, %u policies, %u targets; %u permitted, %u blocked, %u pended, %u redirected, %u of %u echoed\n", loads,
            unloads, policies, targets, permitted, blocked, pended, redirected, echoed, orders);
    CHECK_EQ(echoed, orders);
    CHECK(loads >= 20 * orders && unloads >= 15 * orders);
    if (orders >= 20) {
        CHECK(policies > orders && targets > orders);
        CHECK(permitted > orders && blocked > orders && pended > orders && redirected > orders / 2);
    }
}
