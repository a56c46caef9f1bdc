/* Checksums and segmentation against packets whose checksums were computed by hand (with another program). */
#include "dev/guest.h"

static uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static void put_be16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The definition of RFC 1071, word by word. */
static uint16_t slow_sum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++) {
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

TEST(the_sum_does_not_depend_on_how_the_data_is_cut)
{
    uint8_t data[300];
    uint16_t value;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i + 13);
    for (size_t size = 0; size <= sizeof data; size += 7)
        for (size_t cut = 0; cut <= size; cut++) {
            struct net_sum sum = { 0, false };

            net_sum_add(&sum, data, cut);
            net_sum_add(&sum, data + cut, (size - cut) / 2);
            net_sum_add(&sum, data + cut + (size - cut) / 2, size - cut - (size - cut) / 2);
            value = net_sum_finish(&sum);
            CHECK_EQ(be16((uint8_t *)&value), slow_sum(data, size));
        }
}

static const uint8_t udp_frame[] = {
    0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0,
    0x45, 0, 0, 35, 0, 0, 0, 0, 64, 17, 0x66, 0xC8, 10, 0, 0, 1, 10, 0, 0, 2,
    0x0F, 0xA0, 0, 53, 0, 15, 0x14, 0x23, 'r', 'i', 'n', 'g', '3', '!', '!',
};

TEST(a_checksum_is_filled_in_over_any_cut)
{
    uint8_t head[NET_HEADER_MAX], whole[sizeof udp_frame];
    struct iovec out[4];

    for (size_t cut = 1; cut < sizeof udp_frame; cut++) {
        struct iovec parts[] = { { (void *)(uintptr_t)udp_frame, cut },
                                 { (void *)(uintptr_t)(udp_frame + cut), sizeof udp_frame - cut } };
        int n = net_fill_checksum(parts, 2, 34, 6, head, out);

        CHECK(n >= 2 && n <= 3);
        CHECK_EQ(frame_size(out, n), sizeof udp_frame);
        frame_gather(whole, out, n);
        CHECK_EQ(be16(whole + 40), 0xA706);
        put_be16(whole + 40, 0x1423);
        CHECK(memcmp(whole, udp_frame, sizeof whole) == 0);
    }
}

TEST(checksum_offsets_outside_the_frame_are_refused)
{
    uint8_t head[NET_HEADER_MAX];
    struct iovec part = { (void *)(uintptr_t)udp_frame, sizeof udp_frame }, out[2];

    CHECK_EQ(net_fill_checksum(&part, 1, 34, sizeof udp_frame - 35, head, out), 0);
    CHECK_EQ(net_fill_checksum(&part, 1, 65535, 65535, head, out), 0);
    CHECK_EQ(net_fill_checksum(&part, 1, NET_HEADER_MAX, 0, head, out), 0);
    CHECK_EQ(net_fill_checksum(&part, 1, 34, sizeof udp_frame - 36, head, out), 1);
}

TEST(received_checksums_are_judged)
{
    uint8_t frame[sizeof udp_frame];

    memcpy(frame, udp_frame, sizeof frame);
    CHECK(!net_checksums_hold(frame, sizeof frame));
    put_be16(frame + 40, 0xA706);
    CHECK(net_checksums_hold(frame, sizeof frame));
    frame[45] ^= 1;
    CHECK(!net_checksums_hold(frame, sizeof frame));
    frame[45] ^= 1;
    frame[26] ^= 1;                     /* the address is in the pseudo header, and in the IP checksum */
    CHECK(!net_checksums_hold(frame, sizeof frame));
    frame[26] ^= 1;
    for (size_t size = 0; size < sizeof frame; size++)
        CHECK(!net_checksums_hold(frame, size));
}

static size_t tcp_frame(uint8_t *frame, size_t payload)
{
    static const uint8_t head[54] = {
        0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0,
        0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        0x03, 0xE8, 0, 80, 0x10, 0, 0, 0, 0, 0, 0, 7, 0x50, 0x99, 2, 0, 0, 0, 0, 0,
    };

    memcpy(frame, head, sizeof head);
    put_be16(frame + 16, (unsigned)(40 + payload));
    for (size_t i = 0; i < payload; i++)
        frame[54 + i] = (uint8_t)(i * 3);
    return 54 + payload;
}

TEST(a_large_tcp_frame_is_cut_into_whole_ones)
{
    static const struct { uint16_t payload, id, ip_sum, tcp_sum; uint8_t flags; } expected[] = {
        { 1000, 0x1234, 0x10B2, 0xB686, 0x90 },         /* CWR only in the first */
        { 1000, 0x1235, 0x10B1, 0x4FBB, 0x10 },
        { 500, 0x1236, 0x12A4, 0x1F7D, 0x19 },          /* FIN and PSH only in the last */
    };
    static uint8_t frame[2600], whole[2600];
    size_t size = tcp_frame(frame, 2500);

    for (size_t cut = 1; cut < size; cut += 13) {
        struct iovec parts[] = { { frame, cut }, { frame + cut, size - cut } }, out[3];
        struct net_segmenter s;
        uint32_t sent = 0;

        CHECK(net_segment_begin(&s, parts, 2, NET_SEGMENTS_TCPV4, 34, 1000));
        for (unsigned i = 0; i < 3; i++) {
            int n = net_segment_next(&s, out);

            CHECK(n >= 2 && n <= 3);
            CHECK_EQ(frame_size(out, n), 54u + expected[i].payload);
            frame_gather(whole, out, n);
            CHECK_EQ(be16(whole + 16), 40u + expected[i].payload);
            CHECK_EQ(be16(whole + 18), expected[i].id);
            CHECK_EQ(be16(whole + 24), expected[i].ip_sum);
            CHECK_EQ(be32(whole + 38), 0x10000000u + sent);
            CHECK_EQ(whole[47], expected[i].flags);
            CHECK_EQ(be16(whole + 50), expected[i].tcp_sum);
            CHECK(memcmp(whole + 54, frame + 54 + sent, expected[i].payload) == 0);
            CHECK(net_checksums_hold(whole, 54u + expected[i].payload));
            sent += expected[i].payload;
        }
        CHECK_EQ(net_segment_next(&s, out), 0);
    }
}

TEST(a_tagged_ipv6_frame_is_cut_too)
{
    static uint8_t frame[4000], whole[4000];
    struct iovec part = { frame, 78 + 3000 }, out[2];
    struct net_segmenter s;
    unsigned count = 0;

    memcpy(frame + 12, (uint8_t[]){ 0x81, 0, 0, 5, 0x86, 0xDD, 0x60 }, 7);
    put_be16(frame + 22, 3020);
    frame[24] = 6;
    frame[26] = frame[42] = 0xFE;
    frame[41] = 1, frame[57] = 2;
    frame[58 + 12] = 0x50, frame[58 + 13] = 0x18;
    CHECK(net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV6, 58, 1440));
    while (net_segment_next(&s, out)) {
        frame_gather(whole, out, 2);
        CHECK_EQ(be16(whole + 22) + 58u, frame_size(out, 2));
        CHECK(net_checksums_hold(whole, frame_size(out, 2)));
        count++;
    }
    CHECK_EQ(count, 3);
}

TEST(what_is_no_tcp_frame_is_not_cut)
{
    static uint8_t frame[2600];
    struct iovec part = { frame, tcp_frame(frame, 2500) };
    struct net_segmenter s;

    CHECK(net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 1));
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 0));
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV6, 34, 1000));
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 38, 1000));
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 65535, 1000));
    frame[46] = 0x40;
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 1000));
    frame[46] = 0x50;
    frame[23] = 17;
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 1000));
    frame[23] = 6;
    part.iov_len = 53;
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 1000));
}

/* Through the device, with the negotiated features, and with a wire that blocks in the middle of the frame. */
TEST(the_card_segments_and_goes_on_after_the_wire_blocked)
{
    static uint8_t large[16 + 66000];
    struct guest g;
    uint64_t pa;
    struct net_hdr *header;
    size_t size;

    guest_create(&g, "");
    guest_start(&g, NET_F_CSUM | NET_F_HOST_TSO4);
    pa = guest_alloc(&g, sizeof large);
    header = guest_at(&g, pa);
    size = tcp_frame((uint8_t *)header + 12, 14600);
    *header = (struct net_hdr){ .flags = 1, .gso_type = 1, .hdr_len = 54, .gso_size = 1460, .csum_start = 34, .csum_offset = 16 };
    *guest_desc(&g, &g.tx, 0) = (struct virtq_desc){ pa, (uint32_t)(12 + size), 0, 0 };
    guest_offer(&g, &g.tx, 0);
    g.wire->room = 4;
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 4);
    CHECK_EQ(guest_used(&g, &g.tx), 0);
    g.wire->room = 100;
    wire_set_writable(&g.wire->wire);
    CHECK_EQ(guest_used(&g, &g.tx), 1);
    CHECK_EQ(g.wire->sent, 10);
    for (unsigned i = 0; i < 10; i++) {
        CHECK_EQ(g.wire->size[i], 1514);
        CHECK_EQ(be32(g.wire->frame[i] + 38), 0x10000000u + 1460 * i);
        CHECK(net_checksums_hold(g.wire->frame[i], 1514));
    }
    guest_destroy(&g);
}

TEST(offloads_that_were_not_negotiated_are_dropped)
{
    struct guest g;
    struct device_stats stats;
    struct net_hdr *header;

    guest_create(&g, "");
    guest_start(&g, 0);
    header = (struct net_hdr *)guest_add(&g, &g.tx, 12 + sizeof udp_frame, false);
    memcpy(header + 1, udp_frame, sizeof udp_frame);
    *header = (struct net_hdr){ .flags = 1, .csum_start = 34, .csum_offset = 6 };
    header = (struct net_hdr *)guest_add(&g, &g.tx, 12 + 1000, false);
    *header = (struct net_hdr){ .flags = 1, .gso_type = 1, .gso_size = 100, .csum_start = 34, .csum_offset = 16 };
    guest_kick(&g, &g.tx);
    g.device->ops->stats(g.device, &stats);
    CHECK_EQ(stats.tx_dropped, 2);
    CHECK_EQ(g.wire->sent, 0);
    CHECK_EQ(guest_used(&g, &g.tx), 2);
    guest_destroy(&g);
}

TEST(a_good_checksum_is_reported_to_the_driver)
{
    struct guest g;
    uint8_t frame[sizeof udp_frame];

    guest_create(&g, "");
    guest_start(&g, NET_F_GUEST_CSUM);
    for (int i = 0; i < 2; i++)
        guest_add(&g, &g.rx, 1526, true);
    memcpy(frame, udp_frame, sizeof frame);
    CHECK(guest_deliver(&g, frame, sizeof frame));
    put_be16(frame + 40, 0xA706);
    CHECK(guest_deliver(&g, frame, sizeof frame));
    wire_burst_end(&g.wire->wire);
    CHECK_EQ(*(uint8_t *)guest_at(&g, guest_desc(&g, &g.rx, 0)->address), 0);
    CHECK_EQ(*(uint8_t *)guest_at(&g, guest_desc(&g, &g.rx, 1)->address), NET_HDR_DATA_VALID);
    guest_destroy(&g);
}

TEST(udp_datagrams_are_cut_with_headers_and_checksums_of_their_own)
{
    uint8_t frame[42 + 2500] = { 0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 7, 0, 0, 64, 17, 0, 0,
                                 10, 0, 0, 1, 10, 0, 0, 2, 0x0F, 0xA0, 0, 53 };
    static const uint32_t sizes[] = { 1000, 1000, 500 };
    struct iovec part = { frame, sizeof frame }, out[3];
    struct net_segmenter s;
    uint8_t whole[1042];

    put_be16(frame + 16, 2528);
    put_be16(frame + 38, 2508);
    for (size_t i = 42; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 7);
    CHECK(net_segment_begin(&s, &part, 1, NET_SEGMENTS_UDP, 34, 1000));
    for (unsigned i = 0; i < 3; i++) {
        int n = net_segment_next(&s, out);

        CHECK_EQ(frame_size(out, n), 42 + sizes[i]);
        frame_gather(whole, out, n);
        CHECK_EQ(be16(whole + 16), 28 + sizes[i]);
        CHECK_EQ(be16(whole + 18), 7 + i);
        CHECK_EQ(be16(whole + 38), 8 + sizes[i]);
        CHECK(memcmp(whole + 42, frame + 42 + i * 1000, sizes[i]) == 0);
        CHECK(net_checksums_hold(whole, 42 + sizes[i]));
    }
    CHECK_EQ(net_segment_next(&s, out), 0);
    CHECK(!net_segment_begin(&s, &part, 1, NET_SEGMENTS_TCPV4, 34, 1000));
}
