/* The vectors are those of the Windows design guide, "Verifying the RSS Hash Calculation". */
#include "dev/guest.h"

static const uint8_t key[40] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
    0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const uint8_t v4[] = {
    0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0,
    66, 9, 149, 187, 161, 142, 100, 80, 0x0A, 0xEA, 0x06, 0xE6, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0,
};

static const uint8_t v6[] = {
    0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x86, 0xDD, 0x60, 0, 0, 0, 0, 20, 6, 64,
    0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7,
    0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 1,
    0x0A, 0xEA, 0x06, 0xE6, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0,
};

static struct net_hash hash;

static uint32_t hash_of(uint32_t types, const uint8_t *frame, size_t size, uint16_t *report)
{
    net_hash_set(&hash, types, key, sizeof key);
    return net_hash_frame(&hash, frame, size, report);
}

TEST(the_documented_hashes_come_out)
{
    uint16_t report;

    CHECK_EQ(hash_of(NET_HASH_TYPES, v4, sizeof v4, &report), 0x51ccc178u);
    CHECK_EQ(report, 2);
    CHECK_EQ(hash_of(NET_HASH_IPV4 | NET_HASH_UDPV4, v4, sizeof v4, &report), 0x323e8fc2u);
    CHECK_EQ(report, 1);
    CHECK_EQ(hash_of(NET_HASH_TYPES, v6, sizeof v6, &report), 0x40207d3du);
    CHECK_EQ(report, 5);
    CHECK_EQ(hash_of(NET_HASH_IPV6, v6, sizeof v6, &report), 0x2cc18cd5u);
    CHECK_EQ(report, 4);
}

TEST(a_fragment_is_hashed_by_its_addresses)
{
    uint8_t frame[sizeof v4];
    uint16_t report;

    memcpy(frame, v4, sizeof v4);
    frame[20] = 0x20;                   /* more fragments */
    CHECK_EQ(hash_of(NET_HASH_TYPES, frame, sizeof frame, &report), 0x323e8fc2u);
    CHECK_EQ(report, 1);
}

TEST(what_no_type_covers_has_no_hash)
{
    uint8_t frame[sizeof v4];
    uint16_t report = 7;

    CHECK_EQ(hash_of(NET_HASH_IPV6 | NET_HASH_UDPV4, v4, sizeof v4, &report), 0);
    CHECK_EQ(report, 0);
    memcpy(frame, v4, sizeof v4);
    frame[13] = 6;                      /* ARP */
    CHECK_EQ(hash_of(NET_HASH_TYPES, frame, sizeof frame, &report), 0);
    CHECK_EQ(report, 0);
    for (size_t size = 14; size < sizeof v4; size++)
        hash_of(NET_HASH_TYPES, v4, size, &report);     /* nothing is read beyond the end */
    CHECK_EQ(report, 1);                /* the last was a TCP header that ends early */
}

/* --- in the card ---------------------------------------------------------------------------------------------------- */

#define RSS_FEATURES (NET_F_CTRL_VQ | NET_F_MQ | NET_F_RSS | NET_F_HASH_REPORT)

struct card {
    struct guest g;
    struct ring rx[4], tx[4];
};

static void start_card(struct card *c)
{
    guest_create(&c->g, "queues=4");
    guest_msix(&c->g);
    guest_features(&c->g, RSS_FEATURES);
    for (unsigned i = 0; i < 4; i++) {
        guest_queue(&c->g, &c->rx[i], 2 * i, (uint16_t)(2 * i));
        guest_queue(&c->g, &c->tx[i], 2 * i + 1, (uint16_t)(2 * i + 1));
    }
    guest_queue(&c->g, &c->g.control, 8, 8);
    reg_write(&c->g, 0x14, 1, 15);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned n = 0; n < 4; n++)
            guest_add(&c->g, &c->rx[i], 1600, true);
}

static uint8_t command(struct guest *g, uint8_t number, const void *data, uint32_t size)
{
    uint64_t pa = guest_alloc(g, size + 3);
    uint8_t *bytes = guest_at(g, pa);

    bytes[0] = 4;
    bytes[1] = number;
    memcpy(bytes + 2, data, size);
    bytes[2 + size] = 0xAA;
    *guest_desc(g, &g->control, 0) = (struct virtq_desc){ pa, 2 + size, 1, 1 };
    *guest_desc(g, &g->control, 1) = (struct virtq_desc){ pa + 2 + size, 1, 2, 0 };
    guest_offer(g, &g->control, 0);
    guest_kick(g, &g->control);
    return bytes[2 + size];
}

struct __attribute__((packed)) rss_config {
    uint32_t types;
    uint16_t mask, unclassified, table[4], max_tx;
    uint8_t key_size, key[40];
};

static struct rss_config config(void)
{
    struct rss_config c = { NET_HASH_TYPES, 3, 3, { 2, 2, 2, 2 }, 4, 40, { 0 } };

    memcpy(c.key, key, sizeof key);
    return c;
}

TEST(the_table_chooses_the_queue_and_the_hash_is_reported)
{
    struct card c;
    struct rss_config rss = config();
    const struct { struct net_hdr basic; struct net_hdr_hash hash; } *header;

    start_card(&c);
    CHECK_EQ(reg_read(&c.g, VIRTIO_DEVICE + 17, 1), 40);
    CHECK_EQ(reg_read(&c.g, VIRTIO_DEVICE + 18, 2), 128);
    CHECK_EQ(reg_read(&c.g, VIRTIO_DEVICE + 20, 4), NET_HASH_TYPES);
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 0);
    CHECK(guest_deliver(&c.g, v4, sizeof v4));
    wire_burst_end(&c.g.wire->wire);
    CHECK_EQ(guest_used(&c.g, &c.rx[2]), 1);
    CHECK_EQ(c.g.last_data, 104);
    CHECK_EQ(guest_used_elem(&c.g, &c.rx[2], 0).length, 20 + sizeof v4);
    header = guest_at(&c.g, guest_desc(&c.g, &c.rx[2], guest_used_elem(&c.g, &c.rx[2], 0).id)->address);
    CHECK_EQ(header->hash.value, 0x51ccc178u);
    CHECK_EQ(header->hash.report, 2);
    CHECK(memcmp(header + 1, v4, sizeof v4) == 0);

    rss.table[0x78 & 3] = 1;
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 0);
    CHECK(guest_deliver(&c.g, v4, sizeof v4));
    wire_burst_end(&c.g.wire->wire);
    CHECK_EQ(guest_used(&c.g, &c.rx[1]), 1);
    uint8_t arp[60] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x52, 0x54, 0, 0, 0, 2, 8, 6 };
    CHECK(guest_deliver(&c.g, arp, sizeof arp));
    wire_burst_end(&c.g.wire->wire);
    CHECK_EQ(guest_used(&c.g, &c.rx[3]), 1);            /* unclassified */
    guest_destroy(&c.g);
}

TEST(frames_are_sent_behind_the_long_header)
{
    struct card c;

    start_card(&c);
    memcpy((uint8_t *)guest_add(&c.g, &c.tx[0], 20 + sizeof v4, false) + 20, v4, sizeof v4);
    guest_kick(&c.g, &c.tx[0]);
    CHECK_EQ(c.g.wire->sent, 1);
    CHECK_EQ(c.g.wire->size[0], sizeof v4);
    CHECK(memcmp(c.g.wire->frame[0], v4, sizeof v4) == 0);
    guest_destroy(&c.g);
}

TEST(a_steering_command_that_makes_no_sense_is_refused)
{
    struct card c;
    struct rss_config rss = config();

    start_card(&c);
    rss.table[1] = 4;
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 1);
    rss = config();
    rss.types = 1u << 6;
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 1);
    rss = config();
    rss.mask = 2;
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 1);
    rss = config();
    rss.key_size = 41;
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 1);
    rss = config();
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss - 1), 1);
    CHECK_EQ(command(&c.g, 3, &rss, sizeof rss), 1);
    CHECK_EQ(command(&c.g, 1, &rss, sizeof rss), 0);
    guest_destroy(&c.g);
}
