/* Two ends of a link in one process, and ends that misbehave. */
#include <sys/socket.h>
#include <sys/un.h>

#include "host/memory.h"
#include "host/net.h"
#include "wire/wires.h"

static const uint8_t frame[1514] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xB5, 42 };

static const char *spec_of(const char *path)
{
    static char text[300];

    snprintf(text, sizeof text, "link:%s", path);
    return text;
}

static void spin(int times)
{
    for (int i = 0; i < times; i++)
        loop_poll(0);
}

static struct wire *open_end(struct test_clock *c, struct card *card, const char *path)
{
    struct wire *wire = open_wire(c, spec_of(path));

    if (!wire)
        UNIT_FAIL("%s", error_text());
    card_attach(card, wire);
    wire_set_ready(wire, true);
    return wire;
}

TEST(two_ends_meet_and_frames_cross)
{
    const char *path = scratch("link");
    struct test_clock c;
    struct card one, two;

    CHECK(loop_open());
    test_clock_init(&c);
    struct wire *a = open_end(&c, &one, path);
    spin(3);
    CHECK(!a->link_up);
    CHECK(!send_frame(a, frame, 60));
    CHECK_EQ(a->stats.tx_dropped, 1);
    struct wire *b = open_end(&c, &two, path);
    spin(4);
    CHECK(a->link_up && b->link_up);
    CHECK_EQ(one.link_changes, 1);
    CHECK(a->end != b->end);
    CHECK(send_frame(a, frame, 60) && send_frame(a, frame, 1514));
    CHECK(send_frame(b, frame, 61));
    spin(4);
    CHECK_EQ(two.frames, 2);
    CHECK_EQ(two.last_size, 1514);
    CHECK(memcmp(two.last, frame, 1514) == 0);
    CHECK_EQ(one.last_size, 61);
    wire_close(b);
    spin(4);
    CHECK(!a->link_up);
    CHECK_EQ(one.link_changes, 2);
    wire_close(a);
    CHECK(!host_file_exists(path));
    loop_close();
}

TEST(an_end_that_comes_back_finds_the_other)
{
    const char *path = scratch("link");
    struct test_clock c;
    struct card one, two;

    CHECK(loop_open());
    test_clock_init(&c);
    struct wire *a = open_end(&c, &one, path), *b = open_end(&c, &two, path);
    spin(4);
    CHECK(b->link_up);
    wire_close(a);                      /* the one that listened goes: the other listens now */
    spin(4);
    test_run(&c, c.now + 1000000000);
    CHECK(!b->link_up);
    a = open_end(&c, &one, path);
    spin(4);
    test_run(&c, c.now + 1000000000);
    spin(4);
    CHECK(a->link_up && b->link_up);
    CHECK(send_frame(b, frame, 60));
    spin(2);
    CHECK_EQ(one.frames, 1);
    wire_close(a);
    wire_close(b);
    loop_close();
}

TEST(back_pressure_loses_nothing)
{
    const char *path = scratch("link");
    struct test_clock c;
    struct card one, two;
    unsigned sent = 0;

    CHECK(loop_open());
    test_clock_init(&c);
    struct wire *a = open_end(&c, &one, path), *b = open_end(&c, &two, path);
    spin(4);
    two.room = 0;
    while (sent < 100000 && send_frame(a, frame, 1514))
        sent++;
    CHECK(a->blocked);
    CHECK(sent > 10 && sent < 100000);
    CHECK_EQ(a->stats.tx_dropped, 0);
    spin(10);
    CHECK_EQ(two.frames, 0);
    CHECK(!b->ready);
    CHECK_EQ(one.writables, 0);
    two.room = UINT32_MAX;
    wire_set_ready(b, true);
    for (int i = 0; i < 10000 && two.frames < 20000; i++) {
        spin(1);
        while (sent < 20000 && !a->blocked && send_frame(a, frame, 1514))
            sent++;
    }
    CHECK(one.writables > 0);
    CHECK_EQ(two.frames, sent);
    CHECK_EQ(two.bytes, sent * 1514ull);
    wire_close(a);
    wire_close(b);
    loop_close();
}

static int raw_connect(const char *path)
{
    int fd = -1;

    for (int i = 0; i < 10 && fd < 0; i++)
        fd = host_local_connect(path);
    CHECK(fd >= 0);
    return fd;
}

static char last_line[512];

static void keep_line(enum log_level level, const char *line)
{
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void say(int fd, const void *data, size_t size)
{
    struct iovec part = { (void *)(uintptr_t)data, size };

    CHECK_EQ(host_local_send(fd, &part, 1), 1);
}

TEST(an_end_that_misbehaves_is_sent_away_with_a_sentence)
{
    static const struct log_config log = { .level = LOG_INFO, .sink = keep_line };
    const char *path = scratch("link");
    static uint8_t huge[70000];
    struct test_clock c;
    struct card card;
    int fd;

    CHECK(loop_open());
    test_clock_init(&c);
    struct wire *a = open_end(&c, &card, path);
    log_configure(&log);
    fd = raw_connect(path);
    spin(2);
    say(fd, "GET / HTTP/1.0\r\n\r\n", 18);
    spin(3);
    CHECK_CONTAINS(last_line, "is no ring3 link: 18 bytes came in place of a greeting");
    CHECK(!a->link_up);
    host_close(fd);
    fd = raw_connect(path);
    spin(2);
    say(fd, "R3LINK1\n", 8);
    spin(2);
    CHECK(a->link_up);
    say(fd, "short", 5);
    spin(2);
    CHECK_CONTAINS(last_line, "sent 5 bytes as a frame");
    CHECK(!a->link_up);
    host_close(fd);
    fd = raw_connect(path);
    spin(2);
    say(fd, "R3LINK1\n", 8);
    spin(2);
    say(fd, huge, sizeof huge);
    spin(2);
    CHECK_CONTAINS(last_line, "sent more than 65550 bytes as a frame");
    host_close(fd);
    CHECK_EQ(card.frames, 0);
    wire_close(a);
    loop_close();
}

TEST(a_third_end_is_sent_away)
{
    const char *path = scratch("link");
    struct test_clock c;
    struct card one, two, three;

    CHECK(loop_open());
    test_clock_init(&c);
    struct wire *a = open_end(&c, &one, path), *b = open_end(&c, &two, path);
    spin(4);
    struct wire *third = open_end(&c, &three, path);
    spin(6);
    CHECK(a->link_up && b->link_up && !third->link_up);
    wire_close(b);
    spin(4);
    test_run(&c, c.now + 1000000000);
    spin(6);
    CHECK(a->link_up && third->link_up);
    wire_close(third);
    wire_close(a);
    loop_close();
}

TEST(a_file_that_is_no_socket_is_left_alone)
{
    const char *path = scratch("file");
    struct test_clock c;

    CHECK(loop_open());
    test_clock_init(&c);
    CHECK(host_write_file(path, "precious", 8));
    CHECK(!open_wire(&c, spec_of(path)));
    CHECK_CONTAINS(error_text(), path);
    CHECK(host_file_exists(path));
    unlink(path);
    loop_close();
}
