#include "unit.h"

#include <errno.h>

#include "base/error.h"
#include "base/util.h"
#include "machine/nbd_fixture.h"
#include "machine/nbd_internal.h"

static struct fixture f;

static void put(int fd, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

        if (n > 0) {
            at += n;
            size -= (size_t)n;
        } else {
            CHECK(errno == EAGAIN);
            fixture_poll(&f);
        }
    }
}

static void get(int fd, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    for (int tries = 0; size && tries < 10000; tries++) {
        ssize_t n = recv(fd, at, size, 0);

        CHECK(n != 0);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        } else {
            fixture_poll(&f);
        }
    }
    CHECK_EQ(size, 0);
}

static bool closed(int fd)
{
    uint8_t byte;

    for (int i = 0; i < 100; i++) {
        fixture_poll(&f);
        ssize_t n = recv(fd, &byte, 1, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
    }
    return false;
}

static uint64_t number(int fd, unsigned size)
{
    uint8_t bytes[8];

    get(fd, bytes, size);
    return nbd_get(bytes, size);
}

static int greeted(uint32_t flags)
{
    int fd = fixture_connect(&f);
    uint8_t bytes[4];

    CHECK(fd >= 0);
    CHECK_EQ(number(fd, 8), 0x4e42444d41474943u);
    CHECK_EQ(number(fd, 8), 0x49484156454F5054u);
    CHECK_EQ(number(fd, 2), 3);
    nbd_put(bytes, flags, 4);
    put(fd, bytes, 4);
    return fd;
}

static void option(int fd, uint32_t type, const void *data, uint32_t size)
{
    uint8_t head[16];

    nbd_put(nbd_put(nbd_put(head, 0x49484156454F5054u, 8), type, 4), size, 4);
    put(fd, head, sizeof head);
    put(fd, data, size);
}

/* One reply to an option; its data goes to `data`. */
static uint32_t reply(int fd, uint32_t type, uint8_t *data, uint32_t *size)
{
    uint32_t kind;

    CHECK_EQ(number(fd, 8), 0x3e889045565a9u);
    CHECK_EQ(number(fd, 4), type);
    kind = (uint32_t)number(fd, 4);
    *size = (uint32_t)number(fd, 4);
    CHECK(*size < 4096);
    get(fd, data, *size);
    return kind;
}

static uint32_t go_data(uint8_t *data, const char *name)
{
    uint32_t length = (uint32_t)strlen(name);

    memcpy(nbd_put(data, length, 4), name, length);
    nbd_put(data + 4 + length, 0, 2);
    return length + 6;
}

/* NBD_OPT_GO; the transmission flags, 0 when it was refused. */
static unsigned go(int fd, const char *name)
{
    uint8_t data[4096];
    uint32_t size = go_data(data, name), kind;
    unsigned flags = 0;

    option(fd, 7, data, size);
    while ((kind = reply(fd, 7, data, &size)) == 3) {
        unsigned what = (unsigned)nbd_get(data, 2);

        if (what == 0) {
            CHECK_EQ(nbd_get(data + 2, 8), DISK_BYTES);
            flags = (unsigned)nbd_get(data + 10, 2);
        } else if (what == 3) {
            CHECK_EQ(nbd_get(data + 2, 4), BLOCK);
            CHECK_EQ(nbd_get(data + 6, 4), 4096);
        }
    }
    CHECK_EQ(kind, flags ? 1 : 0x80000006u);
    return flags;
}

static void structured(int fd)
{
    uint8_t data[64];
    uint32_t size;

    option(fd, 8, NULL, 0);
    CHECK_EQ(reply(fd, 8, data, &size), 1);
}

static void request(int fd, unsigned flags, unsigned type, uint64_t cookie, uint64_t offset, uint32_t length)
{
    uint8_t head[28], *at = nbd_put(head, 0x25609513, 4);

    at = nbd_put(at, flags, 2);
    at = nbd_put(at, type, 2);
    at = nbd_put(at, cookie, 8);
    at = nbd_put(at, offset, 8);
    nbd_put(at, length, 4);
    put(fd, head, sizeof head);
}

static uint32_t simple(int fd, uint64_t cookie)
{
    uint32_t error;

    CHECK_EQ(number(fd, 4), 0x67446698);
    error = (uint32_t)number(fd, 4);
    CHECK_EQ(number(fd, 8), cookie);
    return error;
}

static int ready(const char *name, bool with_structured)
{
    int fd = greeted(3);

    if (with_structured)
        structured(fd);
    CHECK(go(fd, name));
    return fd;
}

static void begin(unsigned disks)
{
    CHECK(fixture_start(&f, disks, 4 << 20));
}

static void end(void)
{
    CHECK(fixture_stop(&f));
}

TEST(what_a_client_writes_is_on_the_disk_and_read_back)
{
    static uint8_t data[200000 / BLOCK * BLOCK], back[sizeof data];
    int fd;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 17 + i / 300);
    begin(2);
    fd = ready("PhysicalDrive1", false);
    request(fd, 0, 1, 42, 3 * BLOCK, sizeof data);
    put(fd, data, sizeof data);
    CHECK_EQ(simple(fd, 42), 0);
    CHECK(memcmp(f.disk[1] + 3 * BLOCK, data, sizeof data) == 0);
    request(fd, 0, 0, 43, 3 * BLOCK, sizeof data);
    CHECK_EQ(simple(fd, 43), 0);
    get(fd, back, sizeof back);
    CHECK(memcmp(data, back, sizeof data) == 0);
    request(fd, 0, 2, 0, 0, 0);
    CHECK(closed(fd));
    close(fd);
    end();
}

TEST(structured_replies_carry_offset_data_errors_and_status)
{
    uint8_t data[BLOCK], context[64], *at;
    uint32_t size;
    int fd;

    begin(1);
    memset(f.disk[0] + 4 * BLOCK, 0xAA, 2 * BLOCK);
    fd = greeted(3);
    structured(fd);
    at = nbd_put(context, 0, 4);
    at = nbd_put(at, 1, 4);
    memcpy(nbd_put(at, 15, 4), "base:allocation", 15);
    option(fd, 10, context, 4 + 4 + 4 + 15);
    CHECK_EQ(reply(fd, 10, data, &size), 4);
    CHECK_EQ(size, 19);
    CHECK_EQ(nbd_get(data, 4), 1);
    CHECK_EQ(reply(fd, 10, data, &size), 1);
    CHECK(go(fd, "") & 128);
    request(fd, 4, 0, 7, 4 * BLOCK, BLOCK);
    CHECK_EQ(number(fd, 4), 0x668e33ef);
    CHECK_EQ(number(fd, 2), 1);
    CHECK_EQ(number(fd, 2), 1);
    CHECK_EQ(number(fd, 8), 7);
    CHECK_EQ(number(fd, 4), 8 + BLOCK);
    CHECK_EQ(number(fd, 8), 4 * BLOCK);
    get(fd, data, BLOCK);
    CHECK_EQ(data[0] & data[BLOCK - 1], 0xAA);
    request(fd, 0, 7, 8, 4 * BLOCK, 10 * BLOCK);
    CHECK_EQ(number(fd, 8), 0x668e33ef00010005u);
    CHECK_EQ(number(fd, 8), 8);
    CHECK_EQ(number(fd, 4), 12);
    CHECK_EQ(number(fd, 4), 1);
    CHECK_EQ(number(fd, 4), 2 * BLOCK);
    CHECK_EQ(number(fd, 4), 0);
    request(fd, 0, 7, 9, 0, 4 * BLOCK);
    get(fd, data, 24);
    CHECK_EQ(number(fd, 4), 4 * BLOCK);
    CHECK_EQ(number(fd, 4), 3);
    f.fail = NBD_EIO;
    request(fd, 0, 0, 10, 0, BLOCK);
    CHECK_EQ(number(fd, 8), 0x668e33ef00018001u);
    CHECK_EQ(number(fd, 8), 10);
    CHECK_EQ(number(fd, 4), 6);
    CHECK_EQ(number(fd, 4), 5);
    CHECK_EQ(number(fd, 2), 0);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(flush_fua_trim_and_zeroes_reach_the_disk)
{
    int fd;

    begin(1);
    memset(f.disk[0], 0x11, 8 * BLOCK);
    fd = ready("\\\\.\\physicaldrive0", false);
    request(fd, 0, 3, 1, 0, 0);
    CHECK_EQ(simple(fd, 1), 0);
    CHECK_EQ(f.flushes, 1);
    request(fd, 3, 6, 2, BLOCK, BLOCK);
    CHECK_EQ(simple(fd, 2), 0);
    CHECK(f.last.fua && f.last.no_hole && f.last.kind == NBD_ZEROES);
    CHECK_EQ(f.disk[0][BLOCK] | f.disk[0][2 * BLOCK - 1], 0);
    CHECK_EQ(f.disk[0][2 * BLOCK], 0x11);
    request(fd, 0, 4, 3, 4 * BLOCK, BLOCK);
    CHECK_EQ(simple(fd, 3), 0);
    CHECK(!f.last.fua && f.last.kind == NBD_TRIM);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(requests_that_are_wrong_get_an_error_and_the_connection_lives)
{
    static const struct { unsigned flags, type; uint64_t offset; uint32_t length, error; } cases[] = {
        { 0, 0, 1, BLOCK, NBD_EINVAL }, { 0, 0, 0, 100, NBD_EINVAL }, { 0, 0, 0, 0, NBD_EINVAL },
        { 0, 0, DISK_BYTES, BLOCK, NBD_EINVAL }, { 0, 0, UINT64_MAX - 511, BLOCK, NBD_EINVAL },
        { 0, 6, DISK_BYTES - BLOCK, 2 * BLOCK, NBD_ENOSPC }, { 0x80, 0, 0, BLOCK, NBD_EINVAL }, { 4, 0, 0, BLOCK, NBD_EINVAL },
        { 0, 7, 0, BLOCK, NBD_EINVAL }, { 0, 5, 0, BLOCK, NBD_EINVAL }, { 0, 99, 0, 0, NBD_EINVAL },
        { 0, 1, DISK_BYTES, BLOCK, NBD_ENOSPC },
    };
    uint8_t data[BLOCK] = { 0 };
    int fd;

    begin(1);
    fd = ready("", false);
    for (unsigned i = 0; i < countof(cases); i++) {
        request(fd, cases[i].flags, cases[i].type, i, cases[i].offset, cases[i].length);
        if (cases[i].type == 1)
            put(fd, data, cases[i].length);
        CHECK_EQ(simple(fd, i), cases[i].error);
    }
    request(fd, 0, 0, 77, 0, BLOCK);
    CHECK_EQ(simple(fd, 77), 0);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(a_read_only_disk_is_not_written)
{
    uint8_t data[BLOCK] = { 1 };
    int fd;

    begin(1);
    f.read_only = true;
    fd = greeted(3);
    CHECK(go(fd, "") & 2);
    request(fd, 0, 1, 1, 0, BLOCK);
    put(fd, data, BLOCK);
    CHECK_EQ(simple(fd, 1), NBD_EPERM);
    CHECK_EQ(f.disk[0][0], 0);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(options_that_are_wrong_are_refused_and_negotiation_goes_on)
{
    static uint8_t data[10000];
    uint32_t size;
    int fd;

    begin(1);
    fd = greeted(1);
    CHECK_EQ(go(fd, "PhysicalDrive1"), 0);
    CHECK_EQ(go(fd, "PhysicalDrive99999999999"), 0);
    CHECK_EQ(go(fd, "nothing"), 0);
    option(fd, 5, NULL, 0);
    CHECK_EQ(reply(fd, 5, data, &size), 0x80000001u);
    option(fd, 3, "x", 1);
    CHECK_EQ(reply(fd, 3, data, &size), 0x80000003u);
    memset(data, 0xFF, 8);
    option(fd, 7, data, 8);
    CHECK_EQ(reply(fd, 7, data, &size), 0x80000003u);
    memset(data, 0, 12);
    option(fd, 10, data, 8);            /* without structured replies */
    CHECK_EQ(reply(fd, 10, data, &size), 0x80000003u);
    option(fd, 6, data, 9000);
    CHECK_EQ(reply(fd, 6, data, &size), 0x80000009u);
    option(fd, 3, NULL, 0);
    CHECK_EQ(reply(fd, 3, data, &size), 2);
    CHECK(memcmp(data + 4, "PhysicalDrive0memory", size - 4) == 0);
    CHECK_EQ(reply(fd, 3, data, &size), 1);
    option(fd, 2, NULL, 0);
    CHECK_EQ(reply(fd, 2, data, &size), 1);
    CHECK(closed(fd));
    close(fd);
    end();
}

TEST(an_old_client_enters_by_export_name)
{
    uint8_t zeroes[124];
    int fd;

    begin(1);
    fd = greeted(1);
    option(fd, 1, "PhysicalDrive0", 14);
    CHECK_EQ(number(fd, 8), DISK_BYTES);
    CHECK_EQ(number(fd, 2), 1 | 4 | 8 | 32 | 64 | 256);
    get(fd, zeroes, 124);
    request(fd, 0, 3, 5, 0, 0);
    CHECK_EQ(simple(fd, 5), 0);
    close(fd);
    fixture_poll(&f);
    fd = greeted(3);
    option(fd, 1, "", 0);
    CHECK_EQ(number(fd, 8), DISK_BYTES);
    CHECK_EQ(number(fd, 2), 1 | 4 | 8 | 32 | 64 | 256);
    request(fd, 0, 3, 6, 0, 0);
    CHECK_EQ(simple(fd, 6), 0);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(a_client_that_breaks_the_protocol_loses_its_connection_and_no_other)
{
    static const uint8_t garbage[64] = { 1, 2, 3 };
    uint8_t data[BLOCK];
    int good, bad[5];

    begin(1);
    good = ready("", false);
    bad[0] = greeted(0xFF);
    bad[1] = greeted(3);
    put(bad[1], garbage, sizeof garbage);
    bad[2] = ready("", false);
    put(bad[2], garbage, sizeof garbage);
    bad[3] = greeted(3);
    option(bad[3], 1, "nothing", 7);
    bad[4] = ready("", false);
    request(bad[4], 0, 1, 0, 0, 0xFFFFFE00u);
    for (unsigned i = 0; i < countof(bad); i++) {
        CHECK(closed(bad[i]));
        close(bad[i]);
    }
    request(good, 0, 0, 9, 0, BLOCK);
    CHECK_EQ(simple(good, 9), 0);
    get(good, data, BLOCK);
    CHECK_EQ(nbd_connections(f.server), 1);
    close(good);
    fixture_poll(&f);
    end();
}

TEST(replies_come_in_the_order_of_completion)
{
    int fd;

    begin(1);
    fd = ready("", false);
    f.hold = true;
    for (unsigned i = 0; i < 5; i++)
        request(fd, 0, 3, i, 0, 0);
    fixture_poll(&f);
    CHECK_EQ(nbd_in_flight(f.server), 5);
    f.hold = false;
    fixture_release(&f);
    for (unsigned i = 5; i-- > 0;)
        CHECK_EQ(simple(fd, i), 0);
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(more_requests_than_slots_and_more_data_than_memory_wait_and_are_served)
{
    static uint8_t data[DISK_BYTES];
    int fd;

    begin(1);                           /* 4 MiB of memory */
    fd = ready("", false);
    for (unsigned i = 0; i < 300; i++)
        request(fd, 0, 3, i, 0, 0);
    for (unsigned i = 0; i < 300; i++)
        CHECK_EQ(simple(fd, i), 0);
    f.hold = true;
    for (unsigned i = 0; i < 10; i++)
        request(fd, 0, 0, i, 0, DISK_BYTES);
    fixture_poll(&f);
    CHECK_EQ(nbd_in_flight(f.server), 4);
    f.hold = false;
    fixture_release(&f);
    for (unsigned i = 0; i < 10; i++) {
        CHECK_EQ(number(fd, 8), 0x6744669800000000u);
        number(fd, 8);
        get(fd, data, sizeof data);
    }
    close(fd);
    fixture_poll(&f);
    end();
}

TEST(a_write_whose_data_does_not_come_loses_its_memory_to_those_who_wait)
{
    uint8_t data[BLOCK];
    int slow[4], good;

    begin(1);
    for (unsigned i = 0; i < countof(slow); i++) {
        slow[i] = ready("", false);
        request(slow[i], 0, 1, 1, 0, DISK_BYTES);
        fixture_poll(&f);
    }
    good = ready("", false);
    request(good, 0, 0, 2, 0, BLOCK);
    fixture_poll(&f);
    CHECK(recv(good, data, 1, 0) < 0);
    f.now += 6000000000ull;
    fixture_poll(&f);
    CHECK(closed(slow[0]));
    f.now += 1000000000ull;
    CHECK_EQ(simple(good, 2), 0);
    get(good, data, BLOCK);
    for (unsigned i = 0; i < countof(slow); i++)
        close(slow[i]);
    close(good);
    fixture_poll(&f);
    end();
}

TEST(a_client_that_goes_in_the_middle_leaves_nothing_behind)
{
    int fd;

    begin(1);
    fd = ready("", false);
    f.hold = true;
    request(fd, 0, 0, 1, 0, BLOCK);
    request(fd, 0, 1, 2, 0, 4 * BLOCK);
    fixture_poll(&f);
    CHECK_EQ(nbd_in_flight(f.server), 1);
    close(fd);
    fixture_poll(&f);
    CHECK_EQ(nbd_connections(f.server), 1);     /* until the disk has answered */
    f.hold = false;
    fixture_release(&f);
    CHECK_EQ(nbd_connections(f.server), 0);
    CHECK_EQ(f.opened, 0);
    end();
}

TEST(the_server_stops_in_the_middle_of_everything)
{
    int fd;

    begin(1);
    fd = ready("", false);
    f.hold = true;
    for (unsigned i = 0; i < 20; i++)
        request(fd, 0, 0, i, 0, BLOCK);
    fixture_poll(&f);
    end();
    close(fd);
}
