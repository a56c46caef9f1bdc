/* The network in user space: what it answers by itself, and a forwarded port in both directions. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "wire/wires.h"

#define MAC 0x52, 0x54, 0, 0, 0, 1

static const uint8_t arp_request[42] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, MAC, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, MAC, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
};

static struct wire *start(struct test_clock *c, struct card *card, const char *text)
{
    struct wire *wire;

    CHECK(loop_open());
    test_clock_init(c);
    wire = open_wire(c, text);
    if (!wire)
        UNIT_FAIL("%s", error_text());
    card_attach(card, wire);
    wire_set_ready(wire, true);
    return wire;
}

static void stop(struct wire *wire)
{
    wire_close(wire);
    loop_close();
}

/* glib keeps some memory from its first use on: let that be before the tests are measured. */
__attribute__((constructor)) static void warm_up(void)
{
    struct test_clock c;
    struct card card;

    stop(start(&c, &card, "slirp"));
}

/* Runs the loop for up to a second of real time while the clock follows. */
static bool wait_for(struct test_clock *c, const unsigned *counter, unsigned value)
{
    for (int i = 0; i < 200 && *counter < value; i++) {
        loop_poll(5000000);
        test_run(c, c->now + 5000000);
    }
    return *counter >= value;
}

TEST(dhcp_discover_is_answered_with_an_offer)
{
    uint8_t frame[342] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, MAC, 8, 0, 0x45, 0, 0x01, 0x48, 0, 0, 0, 0, 64, 17, 0x79, 0xA6,
        0, 0, 0, 0, 255, 255, 255, 255, 0, 68, 0, 67, 0x01, 0x34, 0, 0, 1, 1, 6, 0, 0x33, 0x22, 0x11, 0x44,
    };
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "slirp");

    memcpy(frame + 70, (uint8_t[]){ MAC }, 6);
    memcpy(frame + 278, (uint8_t[]){ 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 }, 8);
    CHECK(send_frame(wire, frame, sizeof frame));
    CHECK_EQ(card.frames, 1);
    CHECK_EQ(card.bursts, 1);
    CHECK_EQ(card.last[42], 2);                                         /* a reply */
    CHECK(memcmp(card.last + 46, "\x33\x22\x11\x44", 4) == 0);          /* to this transaction */
    CHECK(memcmp(card.last + 58, (uint8_t[]){ 10, 0, 2, 15 }, 4) == 0); /* the address on offer */
    CHECK(memcmp(card.last + 278, (uint8_t[]){ 0x63, 0x82, 0x53, 0x63, 53, 1, 2 }, 7) == 0);
    stop(wire);
}

TEST(the_gateway_answers_arp_and_ping)
{
    static const uint8_t ping[42] = {
        0x52, 0x55, 10, 0, 2, 2, MAC, 8, 0, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0x62, 0xD0, 10, 0, 2, 15, 10, 0, 2, 2,
        8, 0, 0xF7, 0xFD, 0, 1, 0, 1,
    };
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "slirp");

    CHECK(send_frame(wire, arp_request, sizeof arp_request));
    CHECK_EQ(card.frames, 1);
    CHECK_EQ(card.last[21], 2);
    CHECK(memcmp(card.last + 28, (uint8_t[]){ 10, 0, 2, 2 }, 4) == 0);
    CHECK(send_frame(wire, ping, sizeof ping));
    CHECK_EQ(card.frames, 2);
    CHECK_EQ(card.last[34], 0);                                         /* echo reply */
    stop(wire);
}

TEST(frames_wait_for_a_card_without_room)
{
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "slirp");

    card.room = 0;
    for (int i = 0; i < 5; i++)
        CHECK(send_frame(wire, arp_request, sizeof arp_request));
    CHECK_EQ(card.frames, 0);
    CHECK(!wire->ready);
    card.room = 100;
    wire_set_ready(wire, true);
    CHECK_EQ(card.frames, 5);
    stop(wire);
}

TEST(a_forwarded_port_reaches_the_card)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    struct test_clock c;
    struct card card;
    struct wire *wire;
    char text[96];
    int probe = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    CHECK(bind(probe, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(probe, (struct sockaddr *)&address, &length) == 0);
    close(probe);
    snprintf(text, sizeof text, "slirp,hostfwd=tcp:127.0.0.1:%u:7,hostfwd=udp:127.0.0.1:%u:7", ntohs(address.sin_port),
             ntohs(address.sin_port));
    wire = start(&c, &card, text);
    CHECK(send_frame(wire, arp_request, sizeof arp_request));           /* now it knows who 10.0.2.15 is */
    connect(client, (struct sockaddr *)&address, sizeof address);
    CHECK(wait_for(&c, &card.frames, 2));
    CHECK_EQ(card.last[23], 6);
    CHECK(memcmp(card.last + 30, (uint8_t[]){ 10, 0, 2, 15 }, 4) == 0);
    CHECK_EQ(card.last[37], 7);
    CHECK_EQ(card.last[47] & 0x3F, 2);                                  /* SYN */
    CHECK(!open_wire(&c, text));
    CHECK_CONTAINS(error_text(), "cannot listen on port");
    stop(wire);
    close(client);
}

/* A SYN that nobody answers is sent again: on our clock, without real time passing. */
TEST(its_timers_run_on_the_computers_clock)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    struct test_clock c;
    struct card card;
    char text[64];
    int probe = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    CHECK(bind(probe, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(probe, (struct sockaddr *)&address, &length) == 0);
    close(probe);
    snprintf(text, sizeof text, "slirp,hostfwd=tcp:127.0.0.1:%u:7", ntohs(address.sin_port));
    struct wire *wire = start(&c, &card, text);
    CHECK(send_frame(wire, arp_request, sizeof arp_request));
    connect(client, (struct sockaddr *)&address, sizeof address);
    CHECK(wait_for(&c, &card.frames, 2));
    for (int i = 0; i < 40; i++) {
        loop_poll(0);
        test_run(&c, c.now + 500000000);
    }
    CHECK(card.frames >= 4);
    stop(wire);
    close(client);
}

TEST(bad_values_get_a_sentence)
{
    static const struct { const char *text, *sentence; } bad[] = {
        { "slirp,hostfwd=tcp:7007", "hostfwd=tcp:7007: expected tcp:ADDRESS:PORT:GUESTPORT" },
        { "slirp,hostfwd=sctp:127.0.0.1:1:1", "hostfwd=sctp" },
        { "slirp,hostfwd=tcp:127.0.0.1:70000:1", "hostfwd=tcp" },
        { "slirp,mtu=10", "mtu=10" },
    };
    struct test_clock c;

    CHECK(loop_open());
    test_clock_init(&c);
    for (size_t i = 0; i < countof(bad); i++) {
        CHECK(!open_wire(&c, bad[i].text));
        CHECK_CONTAINS(error_text(), bad[i].sentence);
    }
    loop_close();
}
