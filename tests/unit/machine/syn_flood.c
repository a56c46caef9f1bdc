/* A flood of connection requests, each from another port or address, against an echo server behind warden: whether it blocks them, lets them wait or
 * permits them, memory stays what it was. RING3_SYNS says how many (60000); a million takes half a minute. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <fcntl.h>
#include <malloc.h>

#include "machine/machine.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define FRAME 60u
#define SLICES 6u
#define WARDEN(function, access) (0x12u << 16 | (access) << 14 | (function) << 2)

static struct ring3_computer *computer;

static struct ring3_driver *load(const char *name)
{
    struct ring3_driver *driver = ring3_load(computer, unit_driver(name));

    CHECK(driver != NULL);
    return driver;
}

/* --- the flood ----------------------------------------------------------------------------------------------------------- */

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static unsigned add(const uint8_t *bytes, unsigned count, unsigned sum)
{
    for (unsigned i = 0; i < count; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* The n-th SYN to 10.0.0.1 port 7, from 10.0.0.2 and on. */
static void make_syn(uint8_t *frame, unsigned n)
{
    static const uint8_t head[] = {
        0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x08, 0x00,
        0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
        0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff,
    };
    uint8_t *ip = frame + 14, *tcp = frame + 34;

    memset(frame, 0, FRAME);
    memcpy(frame, head, sizeof head);
    ip[15] = (uint8_t)(2 + n / 60000 % 200);
    put16(ip + 4, n);
    put16(ip + 10, ~add(ip, 20, 0) & 0xffff);
    put16(tcp, 1024 + n % 60000);
    put16(tcp + 4, n >> 16);
    put16(tcp + 6, n);
    put16(tcp + 16, ~add(tcp, 20, add(ip + 12, 8, 6 + 20)) & 0xffff);
}

/* A capture of `count` requests, 20 us apart. */
static void make_capture(const char *path, unsigned count)
{
    uint32_t file_header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 };
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    fwrite(file_header, sizeof file_header, 1, file);
    for (unsigned n = 0; n < count; n++) {
        uint32_t header[4] = { n / 50000, n % 50000 * 20, FRAME, FRAME };
        uint8_t frame[FRAME];

        make_syn(frame, n);
        fwrite(header, sizeof header, 1, file);
        fwrite(frame, sizeof frame, 1, file);
    }
    CHECK_EQ(fclose(file), 0);
}

/* --- what is left --------------------------------------------------------------------------------------------------------- */

static size_t host_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static uint64_t pool_bytes(void)
{
    struct pool_stats stats;

    pool_get_stats(&stats);
    return stats.live_bytes;
}

static void warden(uint32_t code, const void *in, uint32_t in_size, void *out, uint32_t out_size)
{
    struct ring3_file *file = ring3_file_open(computer, "\\\\.\\Warden", true);
    uint32_t status;

    CHECK(file != NULL);
    CHECK(ring3_file_ioctl(file, code, in, in_size, out, out_size, NULL, &status));
    ring3_file_close(file);
}

static void silence(int *kept)
{
    int nowhere = open("/dev/null", O_WRONLY);

    *kept = dup(STDERR_FILENO);         /* warden logs each decision */
    CHECK(nowhere >= 0 && *kept >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    close(nowhere);
}

/* counted: the place of the verdict among warden's counters. */
static void flood(const char *policy, unsigned counted)
{
    const char *asked = getenv("RING3_SYNS");
    unsigned count = asked ? (unsigned)atoi(asked) : 60000;
    char path[] = "/tmp/syn-flood-XXXXXX", spec[100];
    uint32_t counters[4];
    size_t host = 0;
    uint64_t pool = 0;
    struct ring3_report report;
    struct ring3_config config;
    int stderr_kept, file = mkstemp(path);

    CHECK(file >= 0);
    close(file);
    make_capture(path, count);
    silence(&stderr_kept);
    ring3_config_init(&config);
    config.memory = 128u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_ERROR;
    CHECK((computer = ring3_open(&config)) != NULL);
    for (unsigned n = 0; n < 4; n++)
        CHECK(ring3_set_address(computer, n, "10.0.0.1/24"));
    snprintf(spec, sizeof spec, "pcap:%s,mac=02:00:00:00:00:01", path);
    load("wskecho");
    load("warden");
    warden(WARDEN(0x800u, 2u), policy, (uint32_t)strlen(policy), NULL, 0);
    CHECK(ring3_add_nic(computer, spec) != NULL);
    load("vionet");
    for (unsigned n = 0; n < SLICES; n++) {
        ring3_run(computer, count / 50000.0 / SLICES * 1000 * MS);
        if (n == 0) {
            host = host_bytes();
            pool = pool_bytes();
        }
    }
    ring3_run(computer, 300000 * MS);   /* what waits for an answer gives up */
    warden(WARDEN(0x802u, 1u), NULL, 0, counters, sizeof counters);
    CHECK(counters[counted] >= count / 10 * 9);
    CHECK(host_bytes() <= host + 4096);
    CHECK(pool_bytes() <= pool + 4096);
    ring3_close(computer, &report);
    unlink(path);
    dup2(stderr_kept, STDERR_FILENO);
    close(stderr_kept);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

TEST(a_flood_of_blocked_connection_requests_leaves_no_memory_behind)
{
    flood("block in tcp 7", 1);
}

TEST(a_flood_of_connection_requests_that_wait_leaves_no_memory_behind)
{
    flood("pend in tcp 7 20 block", 1);
}

TEST(a_flood_of_permitted_connection_requests_leaves_no_memory_behind)
{
    flood("permit in tcp 7", 0);
}
