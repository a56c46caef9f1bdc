/* A TAP interface in a network name space of the test's own: the kernel of the host is the peer. */
#include <net/if.h>
#include <sched.h>

#include "wire/wires.h"

static const uint8_t arp_request[42] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x52, 0x54, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
    0x52, 0x54, 0, 0, 0, 1, 10, 77, 0, 2, 0, 0, 0, 0, 0, 0, 10, 77, 0, 1,
};

static void own_name_space(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        SKIP("no right to make a network name space");
}

static struct wire *start(struct test_clock *c, struct card *card, const char *text)
{
    struct wire *wire;

    own_name_space();
    CHECK(loop_open());
    test_clock_init(c);
    wire = open_wire(c, text);
    if (!wire && (strstr(error_text(), "takes root") || strstr(error_text(), "permission") || strstr(error_text(), "no TUN")))
        SKIP(error_text());
    if (!wire)
        UNIT_FAIL("%s", error_text());
    card_attach(card, wire);
    wire_set_ready(wire, true);
    return wire;
}

/* The last frame the card got of a type, within a second of polling. */
static bool arrives(struct card *card, uint16_t type)
{
    for (int i = 0; i < 200; i++) {
        loop_poll(5000000);
        if (card->frames && card->last[12] == type >> 8 && card->last[13] == (type & 0xFF))
            return true;
    }
    return false;
}

TEST(the_host_answers_on_the_interface)
{
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "tap:r3t0,ip=10.77.0.1/24,ip=fd77::1/64");

    CHECK(if_nametoindex("r3t0") != 0);
    CHECK(send_frame(wire, arp_request, sizeof arp_request));
    CHECK(arrives(&card, 0x0806));
    CHECK_EQ(card.last[21], 2);
    CHECK(memcmp(card.last + 28, (uint8_t[]){ 10, 77, 0, 1 }, 4) == 0);
    CHECK(card.bursts > 0);
    wire_close(wire);
    CHECK_EQ(if_nametoindex("r3t0"), 0);
    loop_close();
}

TEST(a_card_without_room_holds_a_frame_back)
{
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "tap:r3t0,ip=10.77.0.1/24");
    unsigned before;

    for (int i = 0; i < 20; i++)
        loop_poll(5000000);             /* what the host says by itself */
    before = card.frames;
    card.room = 0;
    for (int i = 0; i < 5; i++)
        CHECK(send_frame(wire, arp_request, sizeof arp_request));
    for (int i = 0; i < 20; i++)
        loop_poll(1000000);
    CHECK_EQ(card.frames, before);
    CHECK(!wire->ready);
    card.room = 100;
    wire_set_ready(wire, true);
    for (int i = 0; i < 20; i++)
        loop_poll(1000000);
    CHECK(card.frames >= before + 5);
    CHECK_EQ(wire->stats.rx_dropped, 0);
    wire_close(wire);
    loop_close();
}

TEST(bad_addresses_get_a_sentence)
{
    struct test_clock c;
    struct card card;
    struct wire *wire = start(&c, &card, "tap:r3t0");

    CHECK(!open_wire(&c, "tap:r3t1,ip=10.77.0.1"));
    CHECK_CONTAINS(error_text(), "tap:r3t1: ip=10.77.0.1: expected ADDRESS/LENGTH");
    CHECK(!open_wire(&c, "tap:r3t1,ip=10.77.0.1/33"));
    CHECK_CONTAINS(error_text(), "expected ADDRESS/LENGTH");
    CHECK(!open_wire(&c, "tap:r3t0"));
    CHECK_CONTAINS(error_text(), "another program has it open");
    CHECK(!open_wire(&c, "tap:lo"));
    CHECK_CONTAINS(error_text(), "an interface of another kind has that name");
    wire_close(wire);
    loop_close();
}
