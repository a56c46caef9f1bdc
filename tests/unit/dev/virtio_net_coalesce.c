#include "dev/guest.h"

#define FEATURES (NET_F_GUEST_CSUM | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6 | NET_F_MRG_RXBUF | NET_F_CTRL_VQ | NET_F_CTRL_GUEST_OFFLOADS)
#define BUFFER 1526u
#define WHOLE 65550u

/* One large frame and the segments that a sender's card makes of it. */
struct stream {
    bool v6;
    unsigned headers;
    size_t size;
    uint8_t whole[WHOLE];
    struct net_segmenter cut;
    struct iovec part;
};

static void put_be16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static unsigned be16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* options: bytes of TCP options, a time stamp of them when there are 12. */
static void make_stream(struct stream *s, bool v6, unsigned options, size_t payload, unsigned mss)
{
    static const uint8_t ethernet[14] = { 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2 };
    static const uint8_t stamp[12] = { 1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0 };
    unsigned transport = v6 ? 54 : 34;
    uint8_t *ip = s->whole + 14, *tcp = s->whole + transport;

    memset(s->whole, 0, transport + 60);
    memcpy(s->whole, ethernet, sizeof ethernet);
    put_be16(s->whole + 12, v6 ? 0x86DD : 0x0800);
    if (v6) {
        ip[0] = 0x60;
        put_be16(ip + 4, (unsigned)(20 + options + payload));
        ip[6] = 6;
        ip[7] = 64;
        ip[8] = ip[24] = 0xFD;
        ip[23] = 1;
        ip[39] = 2;
    } else {
        ip[0] = 0x45;
        put_be16(ip + 2, (unsigned)(40 + options + payload));
        put_be16(ip + 4, 0x1234);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = 6;
        ip[12] = ip[16] = 10;
        ip[15] = 1;
        ip[19] = 2;
    }
    put_be16(tcp, 1000);
    put_be16(tcp + 2, 80);
    tcp[4] = 0xFF;                      /* the numbers pass 2^32 on the way */
    tcp[5] = 0xFF;
    tcp[6] = 0xFE;
    tcp[12] = (uint8_t)((20 + options) / 4 << 4);
    tcp[13] = 0x18;
    put_be16(tcp + 14, 0x2000);
    if (options == sizeof stamp)
        memcpy(tcp + 20, stamp, sizeof stamp);
    else
        memset(tcp + 20, 1, options);
    s->v6 = v6;
    s->headers = transport + 20 + options;
    s->size = s->headers + payload;
    for (size_t i = s->headers; i < s->size; i++)
        s->whole[i] = (uint8_t)(i * 7 + i / 251);
    s->part = (struct iovec){ s->whole, s->size };
    CHECK(net_segment_begin(&s->cut, &s->part, 1, v6 ? NET_SEGMENTS_TCPV6 : NET_SEGMENTS_TCPV4, transport, mss));
}

static size_t next_segment(struct stream *s, uint8_t *frame)
{
    struct iovec parts[4];
    int count = net_segment_next(&s->cut, parts);

    return count ? frame_gather(frame, parts, count), frame_size(parts, count) : 0;
}

static void start(struct guest *g, unsigned buffers, uint32_t size)
{
    guest_create(g, "");
    guest_start(g, FEATURES);
    for (unsigned i = 0; i < buffers; i++)
        guest_add(g, &g->rx, size, true);
    guest_kick(g, &g->rx);
}

static uint8_t *buffer(struct guest *g, unsigned i)
{
    return guest_at(g, guest_desc(g, &g->rx, guest_used_elem(g, &g->rx, i).id)->address);
}

static unsigned deliver_all(struct guest *g, struct stream *s)
{
    uint8_t frame[2048];
    unsigned count = 0;

    for (size_t size; (size = next_segment(s, frame)); count++)
        CHECK(guest_deliver(g, frame, size));
    wire_burst_end(&g->wire->wire);
    return count;
}

/* Puts the frame that begins in used element `first` together, header included; returns its buffers. */
static unsigned gather(struct guest *g, unsigned first, uint8_t *to, size_t *size)
{
    struct net_hdr header;
    unsigned count;

    memcpy(&header, buffer(g, first), sizeof header);
    count = header.num_buffers;
    CHECK(count >= 1 && first + count <= guest_used(g, &g->rx));
    *size = 0;
    for (unsigned i = 0; i < count; i++) {
        struct virtq_used_elem e = guest_used_elem(g, &g->rx, first + i);

        if (i + 1 < count)              /* only the last may have room */
            CHECK_EQ(e.length, guest_desc(g, &g->rx, e.id)->length);
        memcpy(to + *size, buffer(g, first + i), e.length);
        *size += e.length;
    }
    return count;
}

static void check_whole(struct guest *g, const struct stream *s, unsigned mss)
{
    static uint8_t got[WHOLE + 12], cut[WHOLE];
    struct net_hdr header;
    struct iovec part = { got + 12, 0 }, out[4];
    unsigned transport = s->v6 ? 54 : 34;
    uint8_t head[NET_HEADER_MAX];
    size_t size;

    CHECK_EQ(gather(g, 0, got, &size), guest_used(g, &g->rx));
    memcpy(&header, got, sizeof header);
    CHECK_EQ(header.flags, NET_HDR_NEEDS_CSUM);
    CHECK_EQ(header.gso_type, s->v6 ? NET_GSO_TCPV6 : NET_GSO_TCPV4);
    CHECK_EQ(header.gso_size, mss);
    CHECK_EQ(header.hdr_len, s->headers);
    CHECK_EQ(header.csum_start, transport);
    CHECK_EQ(header.csum_offset, 16);
    CHECK_EQ(size - 12, s->size);
    CHECK(!memcmp(got + 12 + s->headers, s->whole + s->headers, s->size - s->headers));
    CHECK_EQ(got[12 + transport + 13], 0x18);
    if (!s->v6)
        CHECK_EQ(be16(got + 12 + 18), 0x1234);
    /* The checksum, finished as the header says, holds; and so does the IP header's. */
    part.iov_len = size - 12;
    frame_gather(cut, out, net_fill_checksum(&part, 1, header.csum_start, header.csum_offset, head, out));
    CHECK(net_checksums_hold(cut, size - 12));
}

TEST(segments_of_one_burst_become_one_frame)
{
    static struct stream s;
    struct guest g;

    for (int v6 = 0; v6 < 2; v6++)
        for (unsigned options = 0; options <= 12; options += 12) {
            start(&g, 16, BUFFER);
            make_stream(&s, v6, options, 9000, 1428);
            CHECK_EQ(deliver_all(&g, &s), 7);
            CHECK_EQ(g.messages, 1);
            check_whole(&g, &s, 1428);
            guest_destroy(&g);
        }
}

TEST(small_segments_share_a_buffer)
{
    static struct stream s;
    struct guest g;

    start(&g, 4, 4096);
    make_stream(&s, false, 0, 5000, 500);
    CHECK_EQ(deliver_all(&g, &s), 10);
    CHECK_EQ(guest_used(&g, &g.rx), 2);
    check_whole(&g, &s, 500);
    guest_destroy(&g);
}

TEST(the_end_of_a_burst_ends_the_unit)
{
    static struct stream s;
    struct guest g;
    uint8_t frame[2048];
    struct net_hdr header;

    start(&g, 16, BUFFER);
    make_stream(&s, false, 0, 3000, 1000);
    for (size_t size; (size = next_segment(&s, frame));) {
        CHECK(guest_deliver(&g, frame, size));
        wire_burst_end(&g.wire->wire);
    }
    CHECK_EQ(guest_used(&g, &g.rx), 3);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(&header, buffer(&g, i), sizeof header);
        CHECK_EQ(header.flags, NET_HDR_DATA_VALID);
        CHECK_EQ(header.gso_type, NET_GSO_NONE);
        CHECK(net_checksums_hold(buffer(&g, i) + 12, guest_used_elem(&g, &g.rx, i).length - 12));
    }
    guest_destroy(&g);
}

/* Changes the second of three segments, and says how many frames come of it. */
static unsigned frames_with(void (*change)(uint8_t *frame, size_t size, bool v6), bool v6, unsigned options, size_t payload, unsigned mss)
{
    static struct stream s;
    static uint8_t got[WHOLE + 12];
    struct guest g;
    unsigned frames = 0, n = 0;
    uint8_t frame[2048];

    start(&g, 16, BUFFER);
    make_stream(&s, v6, options, payload, mss);
    for (size_t size; (size = next_segment(&s, frame)); n++) {
        if (n == 1 && change)
            change(frame, size, v6);
        CHECK(guest_deliver(&g, frame, size));
    }
    wire_burst_end(&g.wire->wire);
    for (unsigned at = 0; at < guest_used(&g, &g.rx); frames++) {
        size_t size;

        at += gather(&g, at, got, &size);
    }
    guest_destroy(&g);
    return frames;
}

/* Makes the checksums right again. */
static void mend(uint8_t *frame, size_t size, bool v6)
{
    unsigned transport = v6 ? 54 : 34;
    struct net_sum sum = { 0, false };
    uint8_t tail[4] = { 0, 6 };
    uint16_t value;

    if (!v6) {
        put_be16(frame + 24, 0);
        net_sum_add(&sum, frame + 14, 20);
        value = net_sum_finish(&sum);
        memcpy(frame + 24, &value, 2);
        sum = (struct net_sum){ 0, false };
    }
    put_be16(frame + transport + 16, 0);
    put_be16(tail + 2, (unsigned)(size - transport));
    net_sum_add(&sum, frame + (v6 ? 22 : 26), v6 ? 32 : 8);
    net_sum_add(&sum, tail, 4);
    net_sum_add(&sum, frame + transport, size - transport);
    value = net_sum_finish(&sum);
    memcpy(frame + transport + 16, &value, 2);
}

#define CHANGE(name, statement)                                                                                               \
    static void name(uint8_t *frame, size_t size, bool v6)                                                                    \
    {                                                                                                                         \
        uint8_t *tcp = frame + (v6 ? 54 : 34);                                                                                \
                                                                                                                              \
        (void)tcp;                                                                                                            \
        statement;                                                                                                            \
        mend(frame, size, v6);                                                                                                \
    }

CHANGE(nothing, )
CHANGE(finish, tcp[13] |= 1)
CHANGE(syn, tcp[13] |= 2)
CHANGE(reset, tcp[13] |= 4)
CHANGE(push, tcp[13] |= 8)
CHANGE(urgent, tcp[13] |= 0x20)
CHANGE(echo_congestion, tcp[13] |= 0x40)
CHANGE(old_acknowledgment, tcp[8]--)
CHANGE(new_acknowledgment, tcp[11]++)
CHANGE(window, tcp[15]++)
CHANGE(gap, tcp[7]++)
CHANGE(other_port, tcp[0]++)
CHANGE(other_address, frame[v6 ? 37 : 29]++)
CHANGE(congestion, frame[15] |= v6 ? 0x10 : 3)
CHANGE(fewer_hops, frame[v6 ? 21 : 22]--)
CHANGE(not_ours, frame[5]++)

static void broken(uint8_t *frame, size_t size, bool v6)
{
    frame[size - 1]++;
}

TEST(what_the_rules_except_ends_the_unit)
{
    for (int v6 = 0; v6 < 2; v6++) {
        static void (*const exceptions[])(uint8_t *, size_t, bool) = {
            finish, syn, reset, urgent, echo_congestion, gap, other_port, other_address, congestion, broken, not_ours,
        };

        CHECK_EQ(frames_with(nothing, v6, 0, 3000, 1000), 1);
        for (size_t i = 0; i < countof(exceptions); i++)
            CHECK_EQ(frames_with(exceptions[i], v6, 0, 3000, 1000), 3);
        CHECK_EQ(frames_with(push, v6, 0, 3000, 1000), 1);
        CHECK_EQ(frames_with(window, v6, 0, 3000, 1000), 1);
        CHECK_EQ(frames_with(fewer_hops, v6, 0, 3000, 1000), 1);
        CHECK_EQ(frames_with(new_acknowledgment, v6, 0, 3000, 1000), 2);        /* the third has the old one again */
        CHECK_EQ(frames_with(old_acknowledgment, v6, 0, 3000, 1000), 2);        /* the third goes on from the second */
        CHECK_EQ(frames_with(NULL, v6, 4, 3000, 1000), 3);                      /* options */
    }
}

TEST(a_unit_is_an_ip_datagram_at_most)
{
    static struct stream s;
    static uint8_t got[WHOLE + 12];
    struct guest g;
    uint8_t frame[2048];
    size_t size;

    start(&g, 16, 8192);
    make_stream(&s, false, 0, 65495, 1400);             /* 65535 with headers */
    CHECK_EQ(deliver_all(&g, &s), 47);
    check_whole(&g, &s, 1400);
    guest_destroy(&g);
    start(&g, 16, 8192);
    make_stream(&s, false, 0, 65400, 300);              /* 218 segments */
    for (unsigned i = 0; i < 218; i++)
        CHECK(guest_deliver(&g, frame, next_segment(&s, frame)));
    make_stream(&s, false, 0, 300, 300);
    put_be16(s.whole + 38, 0);                          /* the number behind them: they began at FFFFFE00 */
    put_be16(s.whole + 40, 0xFD78);
    CHECK(net_segment_begin(&s.cut, &s.part, 1, NET_SEGMENTS_TCPV4, 34, 300));
    deliver_all(&g, &s);
    CHECK_EQ(gather(&g, 0, got, &size), guest_used(&g, &g.rx) - 1);
    CHECK_EQ(size - 12, 54 + 65400);
    guest_destroy(&g);
}

TEST(a_segment_without_room_waits_and_nothing_is_lost)
{
    static struct stream s;
    static uint8_t got[WHOLE + 12];
    struct guest g;
    uint8_t frame[2048];
    size_t size;

    start(&g, 2, 1100);
    make_stream(&s, false, 0, 4000, 1000);
    CHECK(guest_deliver(&g, frame, next_segment(&s, frame)));
    CHECK(guest_deliver(&g, frame, next_segment(&s, frame)));
    size = next_segment(&s, frame);
    CHECK(!guest_deliver(&g, frame, size));
    CHECK(!g.wire->wire.ready);
    wire_burst_end(&g.wire->wire);
    CHECK_EQ(guest_used(&g, &g.rx), 2);
    CHECK_EQ(gather(&g, 0, got, &size), 2);
    CHECK_EQ(size - 12, 54 + 2000);
    CHECK(!memcmp(got + 12 + 54, s.whole + 54, 2000));
    guest_destroy(&g);
}

TEST(offloads_that_are_switched_off_leave_segments_alone)
{
    static struct stream s;
    struct guest g;
    uint64_t pa, offloads = NET_F_GUEST_CSUM;
    uint8_t *bytes;

    start(&g, 16, BUFFER);
    pa = guest_alloc(&g, 16);
    bytes = guest_at(&g, pa);
    bytes[0] = 5;
    bytes[1] = 0;
    memcpy(bytes + 2, &offloads, 8);
    *guest_desc(&g, &g.control, 0) = (struct virtq_desc){ pa, 10, 1, 1 };
    *guest_desc(&g, &g.control, 1) = (struct virtq_desc){ pa + 10, 1, 2, 0 };
    guest_offer(&g, &g.control, 0);
    guest_kick(&g, &g.control);
    CHECK_EQ(bytes[10], 0);
    make_stream(&s, false, 0, 3000, 1000);
    CHECK_EQ(deliver_all(&g, &s), 3);
    CHECK_EQ(guest_used(&g, &g.rx), 3);
    guest_destroy(&g);
}

TEST(without_mergeable_buffers_nothing_is_put_together)
{
    static struct stream s;
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, NET_F_GUEST_CSUM | NET_F_GUEST_TSO4);
    for (unsigned i = 0; i < 4; i++)
        guest_add(&g, &g.rx, 4096, true);
    guest_kick(&g, &g.rx);
    make_stream(&s, false, 0, 3000, 1000);
    CHECK_EQ(deliver_all(&g, &s), 3);
    CHECK_EQ(guest_used(&g, &g.rx), 3);
    guest_destroy(&g);
}

TEST(buffers_in_pieces_take_segments_one_by_one)
{
    static struct stream s;
    struct guest g;
    uint64_t pa;

    start(&g, 0, BUFFER);
    pa = guest_alloc(&g, 8192);
    for (unsigned i = 0; i < 4; i++) {
        *guest_desc(&g, &g.rx, 2 * i) = (struct virtq_desc){ pa + 2048 * i, 12, 3, (uint16_t)(2 * i + 1) };
        *guest_desc(&g, &g.rx, 2 * i + 1) = (struct virtq_desc){ pa + 2048 * i + 12, 2000, 2, 0 };
        guest_offer(&g, &g.rx, (uint16_t)(2 * i));
    }
    guest_kick(&g, &g.rx);
    make_stream(&s, false, 0, 3000, 1000);
    CHECK_EQ(deliver_all(&g, &s), 3);
    CHECK_EQ(guest_used(&g, &g.rx), 3);
    CHECK(net_checksums_hold((uint8_t *)guest_at(&g, pa) + 12, 1054));
    guest_destroy(&g);
}
