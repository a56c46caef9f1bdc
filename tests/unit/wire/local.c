/* The wires that stay inside the process: null, loop, and what wraps any wire. */
#include "wire/wires.h"

static const uint8_t frame[60] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xB5, 42 };

TEST(null_swallows)
{
    struct test_clock c;
    struct card card;

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "null");
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    CHECK(send_frame(wire, frame, 60));
    test_run(&c, 1000000000);
    CHECK_EQ(card.frames, 0);
    CHECK_EQ(wire->stats.tx_frames, 1);
    CHECK_EQ(wire->stats.tx_bytes, 60);
    wire_close(wire);
}

TEST(null_generates_at_its_rate_and_ends)
{
    struct test_clock c;
    struct card card;

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "null,source=64,burst=10,rate=1000,count=55");
    card_attach(&card, wire);
    test_run(&c, 1000000);
    CHECK_EQ(card.frames, 0);           /* not before the card is ready */
    wire_set_ready(wire, true);
    test_run(&c, 21000000);
    CHECK_EQ(card.frames, 20);
    CHECK_EQ(card.bursts, 2);
    CHECK_EQ(card.last_size, 64);
    card.room = 5;
    test_run(&c, 31000000);
    CHECK_EQ(card.frames, 25);
    CHECK(!wire->ready);
    test_run(&c, 91000000);
    CHECK_EQ(card.frames, 25);
    card.room = 1000;
    wire_set_ready(wire, true);
    test_run(&c, 1000000000);
    CHECK_EQ(card.frames, 55);
    CHECK(wire->ops->finished(wire));
    wire_close(wire);
}

TEST(loop_gives_frames_back_after_the_burst)
{
    struct test_clock c;
    struct card card;
    struct iovec part = { (void *)(uintptr_t)frame, 60 };

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "loop,swap=on");
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    CHECK(wire_send(wire, &part, 1) && wire_send(wire, &part, 1));
    CHECK_EQ(card.frames, 0);
    wire_flush(wire);
    CHECK_EQ(card.frames, 2);
    CHECK_EQ(card.bursts, 1);
    CHECK_EQ(card.last[0], 7);
    CHECK_EQ(card.last[6], 1);
    CHECK_EQ(card.last[14], 42);
    wire_close(wire);
}

TEST(loop_blocks_when_full_and_says_when_there_is_room)
{
    struct test_clock c;
    struct card card;
    struct iovec part = { (void *)(uintptr_t)frame, 60 };
    unsigned sent = 0;

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "loop");
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    while (wire_send(wire, &part, 1))
        sent++;
    CHECK(wire->blocked);
    CHECK_EQ(card.writables, 0);
    wire_flush(wire);
    CHECK_EQ(card.frames, sent);
    CHECK_EQ(card.writables, 1);
    CHECK(!wire->blocked && wire_send(wire, &part, 1));
    wire_close(wire);
}

TEST(delay_holds_frames_both_ways)
{
    struct test_clock c;
    struct card card;

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "loop,delay=2ms");
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    CHECK(send_frame(wire, frame, 60));
    test_run(&c, 3999999);
    CHECK_EQ(card.frames, 0);
    test_run(&c, 4000000);
    CHECK_EQ(card.frames, 1);
    CHECK(card.bursts >= 1);
    CHECK(send_frame(wire, frame, 60));
    wire_close(wire);                   /* with a frame still on its way */
}

static unsigned through(const char *text, uint64_t *sum)
{
    struct test_clock c;
    struct card card;
    uint8_t mine[60];

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, text);
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    *sum = 0;
    memcpy(mine, frame, 60);
    for (unsigned i = 0; i < 1000; i++) {
        unsigned before = card.frames;
        mine[20] = (uint8_t)i;
        CHECK(send_frame(wire, mine, 60));
        test_run(&c, (i + 1) * 100000ull);
        if (card.frames != before)
            *sum = *sum * 31 + card.last[20] + i * 7;
    }
    test_run(&c, 1000000000);
    unsigned frames = card.frames;
    wire_close(wire);
    return frames;
}

TEST(loss_and_reordering_repeat_with_the_seed)
{
    uint64_t a, b, other;
    unsigned frames = through("loop,loss=5,reorder=3%,faultseed=7", &a);

    CHECK(frames > 860 && frames < 940);        /* 0.95 squared */
    CHECK_EQ(through("loop,loss=5,reorder=3%,faultseed=7", &b), frames);
    CHECK_EQ(a, b);
    through("loop,loss=5,reorder=3%,faultseed=8", &other);
    CHECK(a != other);
    CHECK_EQ(through("loop,reorder=50%", &a), 1000);
    CHECK_EQ(through("loop,loss=100", &a), 0);
}

TEST(duplicates_come_again_each_way)
{
    uint64_t a, b;
    unsigned frames = through("loop,duplicate=10,faultseed=7", &a);

    CHECK(frames > 1150 && frames < 1270);      /* 1.1 squared */
    CHECK_EQ(through("loop,duplicate=10,faultseed=7", &b), frames);
    CHECK_EQ(a, b);
    CHECK_EQ(through("loop,duplicate=100", &a), 4000);
    CHECK_EQ(through("loop,loss=100,duplicate=100", &a), 0);
}

TEST(bad_values_get_a_sentence)
{
    static const struct { const char *text, *sentence; } bad[] = {
        { "wet:string", "there is no wire of kind 'wet'" },
        { "null,delay=5", "delay=5" },
        { "null,loss=101", "loss=101" },
        { "null,reorder=x", "reorder=x" },
        { "null,duplicate=-1", "duplicate=-1" },
        { "null,source=10", "60 to 9216" },
        { "null,burst=0", "burst=0" },
        { "tap", "which interface" },
        { "tap:a-name-that-is-too-long", "1 to 15 characters" },
        { "pcap", "which file" },
        { "pcap:/does/not/exist", "/does/not/exist" },
        { "link", "which socket" },
    };
    struct test_clock c;

    test_clock_init(&c);
    CHECK(loop_open());
    for (size_t i = 0; i < countof(bad); i++) {
        CHECK(!open_wire(&c, bad[i].text));
        CHECK_CONTAINS(error_text(), bad[i].sentence);
    }
    loop_close();
}
