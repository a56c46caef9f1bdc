/* Captures: what is read, what is refused with which sentence, what is written. */
#include "wire/pcap_reader.h"
#include "wire/wires.h"

struct bytes {
    size_t size;
    uint8_t at[4096];
    bool big;
};

static void put_n(struct bytes *b, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        b->at[b->size++] = (uint8_t)(value >> (8 * (b->big ? n - 1 - i : i)));
}

static void put_frame(struct bytes *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        b->at[b->size++] = (uint8_t)(i + 1);
}

static void classic(struct bytes *b, uint32_t magic)
{
    put_n(b, magic, 4);
    put_n(b, 2, 2);
    put_n(b, 4, 2);
    put_n(b, 0, 8);
    put_n(b, 65535, 4);
    put_n(b, 1, 4);
    for (unsigned i = 0; i < 3; i++) {
        put_n(b, 100 + i, 4);
        put_n(b, 5000 * i, 4);
        put_n(b, 60 + i, 4);
        put_n(b, 60 + i, 4);
        put_frame(b, 60 + i);
    }
}

static void ng(struct bytes *b, uint8_t resolution)
{
    put_n(b, 0x0A0D0D0A, 4), put_n(b, 28, 4), put_n(b, 0x1A2B3C4D, 4), put_n(b, 1, 2), put_n(b, 0, 2);
    put_n(b, UINT64_MAX, 8), put_n(b, 28, 4);
    put_n(b, 1, 4), put_n(b, 32, 4), put_n(b, 1, 2), put_n(b, 0, 2), put_n(b, 0, 4);
    put_n(b, 9, 2), put_n(b, 1, 2), b->at[b->size++] = resolution, put_n(b, 0, 3), put_n(b, 0, 4), put_n(b, 32, 4);
    put_n(b, 0xBAD, 4), put_n(b, 16, 4), put_n(b, 0, 4), put_n(b, 16, 4);       /* unknown: skipped */
    for (unsigned i = 0; i < 3; i++) {
        uint64_t ticks = (resolution & 0x80 ? 1024ull : 1000000000ull) * (100 + i);
        put_n(b, 6, 4), put_n(b, 32 + 64, 4), put_n(b, 0, 4), put_n(b, ticks >> 32, 4), put_n(b, (uint32_t)ticks, 4);
        put_n(b, 61 + i, 4), put_n(b, 61 + i, 4), put_frame(b, 61 + i), put_n(b, 0, 3 - (int)i), put_n(b, 32 + 64, 4);
    }
}

static void read_three(const struct bytes *b, uint64_t second_ns, size_t first_size)
{
    struct pcap_reader r;
    struct pcap_frame f;

    if (!pcap_reader_open(&r, "x", b->at, b->size))
        UNIT_FAIL("%s", error_text());
    for (unsigned i = 0; i < 3; i++) {
        if (pcap_reader_next(&r, &f) != 1)
            UNIT_FAIL("frame %u: %s", i, error_text());
        CHECK_EQ(f.size, first_size + i);
        CHECK_EQ(f.data[0], 1);
        CHECK_EQ(f.data[f.size - 1], (uint8_t)f.size);
        CHECK_EQ(f.time_ns, (100ull + i) * 1000000000u + i * second_ns);
    }
    CHECK_EQ(pcap_reader_next(&r, &f), 0);
}

TEST(both_byte_orders_and_both_resolutions_are_read)
{
    for (int big = 0; big < 2; big++) {
        struct bytes micro = { .big = big }, nano = { .big = big }, ten = { .big = big }, two = { .big = big };

        classic(&micro, 0xA1B2C3D4);
        read_three(&micro, 5000000, 60);
        classic(&nano, 0xA1B23C4D);
        read_three(&nano, 5000, 60);
        ng(&ten, 9);
        read_three(&ten, 0, 61);
        ng(&two, 0x8A);
        read_three(&two, 0, 61);
    }
}

/* Every truncation of a good file is either refused in words or is shorter by whole frames. */
TEST(every_truncation_is_survived)
{
    for (int kind = 0; kind < 2; kind++) {
        struct bytes b = { 0 };

        kind ? ng(&b, 9) : classic(&b, 0xA1B2C3D4);
        for (size_t size = 0; size < b.size; size++) {
            uint8_t *copy = malloc(size + 1);
            struct pcap_reader r;
            struct pcap_frame f;
            int got = -1, frames = 0;

            memcpy(copy, b.at, size);
            if (pcap_reader_open(&r, "short", copy, size))
                while ((got = pcap_reader_next(&r, &f)) == 1)
                    frames++;
            CHECK(frames < 3);
            if (got < 0)
                CHECK_CONTAINS(error_text(), "short: at byte ");
            free(copy);
        }
    }
}

TEST(bad_files_get_file_offset_and_reason)
{
    static const struct { bool ng; size_t at; uint32_t value; const char *sentence; } bad[] = {
        { false, 0, 0x12345678, "bad: at byte 0: 0x12345678 is neither" },
        { false, 4, 9, "bad: at byte 4: pcap version 9" },
        { false, 20, 101, "bad: at byte 20: link type 101, not Ethernet" },
        { false, 28, 1000000, "bad: at byte 28: a fraction of a second of 1000000" },
        { false, 32, 70000, "bad: at byte 24: a frame of 70000 bytes, of which the file has" },
        { false, 36, 59, "bad: at byte 24: 60 bytes captured of a frame of 59" },
        { true, 8, 0, "bad: at byte 8: no byte-order magic" },
        { true, 32, 30, "bad: at byte 32: a block length of 30" },
        { true, 56, 28, "bad: at byte 56: a block of 32 bytes ends with the length 28" },
        { true, 36, 113, "bad: at byte 36: link type 113" },
        { true, 84, 7, "bad: at byte 84: a packet of interface 7, of 1" },
        { true, 96, 90, "bad: at byte 96: a frame of 90 bytes in a block with 64" },
    };

    for (size_t i = 0; i < countof(bad); i++) {
        struct bytes b = { 0 };
        struct pcap_reader r;
        struct pcap_frame f;
        int got = 1;

        bad[i].ng ? ng(&b, 9) : classic(&b, 0xA1B2C3D4);
        for (int n = 0; n < 4; n++)
            b.at[bad[i].at + (size_t)n] = (uint8_t)(bad[i].value >> (8 * n));
        error_set("none");
        if (pcap_reader_open(&r, "bad", b.at, b.size))
            while ((got = pcap_reader_next(&r, &f)) == 1)
                ;
        CHECK_CONTAINS(error_text(), bad[i].sentence);
    }
}

static void replay(const char *in, const char *out, const char *more)
{
    struct test_clock c;
    struct card card;
    char text[512];

    test_clock_init(&c);
    snprintf(text, sizeof text, "pcap:%s,out=%s%s", in, out, more);
    struct wire *wire = open_wire(&c, text);
    if (!wire)
        UNIT_FAIL("%s", error_text());
    card_attach(&card, wire);
    test_run(&c, 50000000);
    CHECK_EQ(card.frames, 0);
    wire_set_ready(wire, true);
    test_run(&c, 50000000);
    CHECK_EQ(card.frames, 1);
    CHECK(send_frame(wire, card.last, 60));
    test_run(&c, 1054999999);
    CHECK_EQ(card.frames, 1);
    card.room = 0;
    test_run(&c, 1055000000);
    CHECK_EQ(card.frames, 1);           /* held back, not lost */
    card.room = 10;
    wire_set_ready(wire, true);
    test_run(&c, 1055000001);
    CHECK_EQ(card.frames, 2);
    CHECK(!wire->ops->finished(wire));
    test_run(&c, 3000000000);
    CHECK_EQ(card.frames, 3);
    CHECK(wire->ops->finished(wire));
    wire_close(wire);
}

TEST(a_replay_keeps_its_times_and_two_runs_are_equal)
{
    const char *in = scratch("in.pcap"), *one = scratch("1.pcapng"), *two = scratch("2.pcapng");
    struct bytes b = { 0 };
    uint8_t *a_data, *b_data;
    size_t a_size, b_size;
    struct pcap_reader r;
    struct pcap_frame f;

    classic(&b, 0xA1B2C3D4);
    CHECK(host_write_file(in, b.at, b.size));
    replay(in, one, "");
    replay(in, two, "");
    CHECK(host_read_file(one, 1 << 20, &a_data, &a_size));
    CHECK(host_read_file(two, 1 << 20, &b_data, &b_size));
    CHECK_EQ(a_size, b_size);
    CHECK(memcmp(a_data, b_data, a_size) == 0);
    CHECK(pcap_reader_open(&r, "out", a_data, a_size));
    CHECK_EQ(pcap_reader_next(&r, &f), 1);
    CHECK_EQ(f.time_ns, 1700000000050000000u);
    CHECK_EQ(pcap_reader_next(&r, &f), 1);
    CHECK_EQ(f.time_ns, 1700000000050000000u);
    CHECK_EQ(pcap_reader_next(&r, &f), 1);
    CHECK_EQ(f.time_ns, 1700000001055000000u);
    CHECK_EQ(f.size, 61);
    CHECK_EQ(pcap_reader_next(&r, &f), 1);
    CHECK_EQ(pcap_reader_next(&r, &f), 0);
    free(a_data);
    free(b_data);
    unlink(in), unlink(one), unlink(two);
}

TEST(tshark_reads_the_capture_with_directions)
{
    const char *path = scratch("t.pcapng");
    const char *const argv[] = { "tshark", "-r", path, "-T", "fields", "-e", "frame.len", "-e", "frame.time_epoch",
                                 "-e", "frame.packet_flags_direction", "-e", "frame.interface_name", NULL };
    static const uint8_t frame[60] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xB5 };
    char output[1024] = "";
    struct test_clock c;
    struct card card;

    test_clock_init(&c);
    c.now = 123456789;
    struct wire *wire = wire_capture(open_wire(&c, "loop"), path, &c.clock);
    CHECK(wire);
    card_attach(&card, wire);
    wire_set_ready(wire, true);
    CHECK(send_frame(wire, frame, 60));
    CHECK_EQ(card.frames, 1);
    wire_close(wire);
    int status = host_run(argv, NULL, output, sizeof output);
    unlink(path);
    if (status == 127 || status == -1)
        SKIP("tshark is not installed");
    CHECK_EQ(status, 0);
    CHECK_CONTAINS(output, "60\t1700000000.123456789\t");
    CHECK_CONTAINS(output, "0x00000002\tloop\n");
    CHECK_CONTAINS(output, "0x00000001\tloop\n");
}

TEST(a_capture_that_cannot_be_written_is_refused)
{
    struct test_clock c;

    test_clock_init(&c);
    struct wire *wire = open_wire(&c, "null");
    CHECK(!wire_capture(wire, "/does/not/exist.pcapng", &c.clock));
    CHECK_CONTAINS(error_text(), "/does/not/exist.pcapng: cannot create");
    wire_close(wire);
}
