#include "dev/guest.h"

#define ALL_RX (NET_F_CTRL_VQ | NET_F_CTRL_RX | NET_F_CTRL_RX_EXTRA | NET_F_CTRL_VLAN | NET_F_CTRL_MAC_ADDR | NET_F_STATUS)

static void add_receive(struct guest *g, unsigned count, uint32_t size)
{
    for (unsigned i = 0; i < count; i++)
        memset(guest_add(g, &g->rx, size, true), 0xEE, size);
    guest_kick(g, &g->rx);
}

static uint8_t *received(struct guest *g, unsigned i)
{
    return guest_at(g, guest_desc(g, &g->rx, guest_used_elem(g, &g->rx, i).id)->address);
}

static void burst_end(struct guest *g)
{
    wire_burst_end(&g->wire->wire);
}

TEST(a_received_frame_has_a_header_and_its_bytes)
{
    struct guest g;
    uint8_t frame[100];

    guest_create(&g, "");
    guest_start(&g, 0);
    add_receive(&g, 4, 1526);
    CHECK(g.wire->wire.ready);
    CHECK(guest_deliver(&g, frame, guest_frame(frame, 100)));
    CHECK(guest_deliver(&g, frame, 60));
    CHECK_EQ(g.messages, 0);
    burst_end(&g);
    CHECK_EQ(g.messages, 1);            /* one interrupt for the burst */
    CHECK_EQ(g.last_data, 100);
    CHECK_EQ(guest_used(&g, &g.rx), 2);
    CHECK_EQ(guest_used_elem(&g, &g.rx, 0).length, 112);
    CHECK_EQ(guest_used_elem(&g, &g.rx, 1).length, 72);
    CHECK_EQ(((ring_u16 *)received(&g, 0))[5], 1);
    CHECK(memcmp(received(&g, 0) + 12, frame, 100) == 0);
    CHECK_EQ(received(&g, 1)[72], 0xEE);
    burst_end(&g);
    CHECK_EQ(g.messages, 1);
    guest_destroy(&g);
}

TEST(a_frame_merges_as_many_buffers_as_it_needs)
{
    struct guest g;
    uint8_t frame[1000];
    size_t at = 0;

    guest_create(&g, "");
    guest_start(&g, NET_F_MRG_RXBUF);
    add_receive(&g, 10, 128);
    CHECK(guest_deliver(&g, frame, guest_frame(frame, 1000)));
    burst_end(&g);
    CHECK_EQ(guest_used(&g, &g.rx), 8);         /* 116 + 6 * 128 + 116 */
    CHECK_EQ(((ring_u16 *)received(&g, 0))[5], 8);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t length = guest_used_elem(&g, &g.rx, i).length, skip = i ? 0 : 12;

        CHECK_EQ(length, i < 7 ? 128 : 116);
        CHECK(memcmp(received(&g, i) + skip, frame + at, length - skip) == 0);
        at += length - skip;
    }
    CHECK_EQ(at, 1000);
    CHECK(!guest_deliver(&g, frame, 1000));     /* two buffers left: not enough, none is lost */
    CHECK(!g.wire->wire.ready);
    burst_end(&g);
    CHECK_EQ(guest_used(&g, &g.rx), 8);
    add_receive(&g, 6, 128);
    CHECK(g.wire->wire.ready);
    CHECK(guest_deliver(&g, frame, 1000));
    burst_end(&g);
    CHECK_EQ(guest_used(&g, &g.rx), 16);
    guest_destroy(&g);
}

TEST(the_header_may_be_cut_over_descriptors)
{
    struct guest g;
    uint8_t frame[60];
    uint64_t pa;

    guest_create(&g, "");
    guest_start(&g, NET_F_MRG_RXBUF);
    pa = guest_alloc(&g, 200);
    *guest_desc(&g, &g.rx, 0) = (struct virtq_desc){ pa, 11, 3, 1 };
    *guest_desc(&g, &g.rx, 1) = (struct virtq_desc){ pa + 11, 100, 2, 0 };
    guest_offer(&g, &g.rx, 0);
    guest_kick(&g, &g.rx);
    CHECK(guest_deliver(&g, frame, guest_frame(frame, 60)));
    burst_end(&g);
    CHECK_EQ(*(ring_u16 *)((uint8_t *)guest_at(&g, pa) + 10), 1);
    CHECK(memcmp((uint8_t *)guest_at(&g, pa) + 12, frame, 60) == 0);
    guest_destroy(&g);
}

TEST(without_buffers_the_wire_waits_and_the_driver_is_asked)
{
    struct guest g;
    uint8_t frame[60];

    guest_create(&g, "");
    guest_start(&g, 0);
    CHECK(!guest_deliver(&g, frame, guest_frame(frame, 60)));
    CHECK(!g.wire->wire.ready);
    CHECK_EQ(*(ring_u16 *)guest_at(&g, g.rx.used), 0);          /* notifications wanted */
    add_receive(&g, 1, 1526);
    CHECK(g.wire->wire.ready);
    CHECK_EQ(*(ring_u16 *)guest_at(&g, g.rx.used), 1);
    CHECK(guest_deliver(&g, frame, 60));
    burst_end(&g);
    CHECK_EQ(guest_used(&g, &g.rx), 1);
    guest_destroy(&g);
}

TEST(frames_larger_than_the_mtu_are_dropped)
{
    struct guest g;
    struct device_stats stats;
    static uint8_t frame[2000];

    guest_create(&g, "mtu=1400");
    guest_start(&g, 0);
    add_receive(&g, 4, 1526);
    CHECK(guest_deliver(&g, frame, guest_frame(frame, 1419)));
    CHECK(guest_deliver(&g, frame, 1418));
    CHECK(guest_deliver(&g, frame, 13));
    burst_end(&g);
    CHECK_EQ(guest_used(&g, &g.rx), 1);
    g.device->ops->stats(g.device, &stats);
    CHECK_EQ(stats.rx_dropped, 2);
    CHECK_EQ(stats.rx_frames, 1);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 10, 2), 1400);
    guest_destroy(&g);
}

/* Sends a control command; the device's answer. */
static uint8_t control(struct guest *g, uint8_t class, uint8_t command, const void *data, uint32_t size)
{
    uint64_t pa = guest_alloc(g, size + 3);
    uint8_t *bytes = guest_at(g, pa);
    uint16_t used = guest_used(g, &g->control);

    bytes[0] = class;
    bytes[1] = command;
    memcpy(bytes + 2, data, size);
    bytes[2 + size] = 0xAA;
    *guest_desc(g, &g->control, 0) = (struct virtq_desc){ pa, 2 + size, 1, 1 };
    *guest_desc(g, &g->control, 1) = (struct virtq_desc){ pa + 2 + size, 1, 2, 0 };
    guest_offer(g, &g->control, 0);
    guest_kick(g, &g->control);
    CHECK_EQ(guest_used(g, &g->control), (uint16_t)(used + 1));
    CHECK_EQ(guest_used_elem(g, &g->control, used).length, 1);
    return bytes[2 + size];
}

static bool comes_in(struct guest *g, const char *mac, unsigned vlan)
{
    uint8_t frame[64];
    unsigned b[6], before = guest_used(g, &g->rx);

    guest_frame(frame, 64);
    CHECK_EQ(sscanf(mac, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]), 6);
    for (int i = 0; i < 6; i++)
        frame[i] = (uint8_t)b[i];
    if (vlan)
        memcpy(frame + 12, (uint8_t[]){ 0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan }, 4);
    g->rx.free_desc = 0;
    guest_add(g, &g->rx, 1526, true);
    guest_kick(g, &g->rx);
    guest_deliver(g, frame, 64);
    burst_end(g);
    bool in = guest_used(g, &g->rx) != before;
    if (!in)
        g->rx.next--, ((ring_u16 *)guest_at(g, g->rx.avail))[1] = g->rx.next;
    return in;
}

#define OWN "52:54:0:0:0:1"
#define OTHER "52:54:0:0:0:9"
#define GROUP "33:33:0:0:0:1"
#define ALL "ff:ff:ff:ff:ff:ff"

TEST(receive_modes_filter_as_commanded)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, ALL_RX);
    CHECK(comes_in(&g, OWN, 0) && comes_in(&g, ALL, 0));
    CHECK(!comes_in(&g, OTHER, 0) && !comes_in(&g, GROUP, 0));
    CHECK_EQ(control(&g, 0, 1, "\1", 1), 0);
    CHECK(comes_in(&g, GROUP, 0) && !comes_in(&g, OTHER, 0));
    CHECK_EQ(control(&g, 0, 3, "\1", 1), 0);
    CHECK(!comes_in(&g, GROUP, 0) && comes_in(&g, ALL, 0));
    CHECK_EQ(control(&g, 0, 5, "\1", 1), 0);
    CHECK(!comes_in(&g, ALL, 0));
    CHECK_EQ(control(&g, 0, 2, "\1", 1), 0);
    CHECK(comes_in(&g, OTHER, 0));
    CHECK_EQ(control(&g, 0, 4, "\1", 1), 0);
    CHECK(!comes_in(&g, OTHER, 0) && !comes_in(&g, OWN, 0));
    CHECK_EQ(control(&g, 0, 0, "\1", 1), 0);
    CHECK(comes_in(&g, OTHER, 0) && comes_in(&g, GROUP, 0) && comes_in(&g, ALL, 0));
    CHECK_EQ(control(&g, 0, 6, "\1", 1), 1);
    CHECK_EQ(control(&g, 0, 0, "\2", 1), 1);
    CHECK_EQ(control(&g, 9, 0, "\1", 1), 1);
    CHECK_EQ(control(&g, 0, 0, "", 0), 1);
    guest_destroy(&g);
}

TEST(without_control_of_the_filter_everything_comes_in)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, 0);
    CHECK(comes_in(&g, OTHER, 0) && comes_in(&g, GROUP, 0) && comes_in(&g, OTHER, 7));
    guest_destroy(&g);
}

TEST(the_address_table_and_the_address_can_be_set)
{
    static const uint8_t table[] = { 1, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 9, 1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 1 };
    static const uint8_t short_table[] = { 2, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 9 };
    static uint8_t large[4 + 200 * 6 + 4] = { 200 };
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, ALL_RX | NET_F_MAC);
    CHECK_EQ(control(&g, 1, 0, table, sizeof table), 0);
    CHECK(comes_in(&g, OTHER, 0) && comes_in(&g, GROUP, 0) && !comes_in(&g, "33:33:0:0:0:2", 0));
    CHECK_EQ(control(&g, 1, 0, short_table, sizeof short_table), 1);
    CHECK(comes_in(&g, OTHER, 0));
    CHECK_EQ(control(&g, 1, 0, large, sizeof large), 0);        /* more than fits: all unicast comes in */
    CHECK(comes_in(&g, "52:54:0:0:1:1", 0) && !comes_in(&g, GROUP, 0));
    CHECK_EQ(control(&g, 1, 0, (uint8_t[8]){ 0 }, 8), 0);
    CHECK(!comes_in(&g, OTHER, 0));
    CHECK_EQ(control(&g, 1, 1, "\x52\x54\0\0\0\x09", 6), 0);
    CHECK(comes_in(&g, OTHER, 0) && !comes_in(&g, OWN, 0));
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 5, 1), 9);
    CHECK_EQ(control(&g, 1, 1, "\x33\x54\0\0\0\x09", 6), 1);
    guest_destroy(&g);
}

TEST(vlans_are_filtered_by_table)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, ALL_RX);
    CHECK(!comes_in(&g, OWN, 5));
    CHECK_EQ(control(&g, 2, 0, "\5\0", 2), 0);
    CHECK(comes_in(&g, OWN, 5) && comes_in(&g, OWN, 0x6005) && !comes_in(&g, OWN, 6));
    CHECK_EQ(control(&g, 2, 1, "\5\0", 2), 0);
    CHECK(!comes_in(&g, OWN, 5));
    CHECK_EQ(control(&g, 2, 0, "\0\x10", 2), 1);
    guest_destroy(&g);
}

TEST(a_link_change_interrupts_and_shows)
{
    struct guest g;
    unsigned generation;

    guest_create(&g, "");
    guest_start(&g, NET_F_STATUS | NET_F_CTRL_VQ | NET_F_GUEST_ANNOUNCE);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 6, 2), NET_S_LINK_UP);
    generation = (unsigned)reg_read(&g, 0x15, 1);
    wire_set_link(&g.wire->wire, false);
    CHECK_EQ(g.messages, 1);
    CHECK_EQ(g.last_data, 103);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 6, 2), 0);
    CHECK(reg_read(&g, 0x15, 1) != generation);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 12, 4), UINT32_MAX);
    wire_set_link(&g.wire->wire, true);
    CHECK_EQ(g.messages, 2);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 6, 2), NET_S_LINK_UP | NET_S_ANNOUNCE);
    CHECK_EQ(control(&g, 3, 0, "", 0), 0);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 6, 2), NET_S_LINK_UP);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 12, 4), 10000);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 16, 1), 1);
    guest_destroy(&g);
}

TEST(the_line_interrupt_follows_isr)
{
    struct guest g;

    guest_create(&g, "");
    guest_features(&g, 0);
    guest_queue(&g, &g.tx, 1, VIRTIO_NO_VECTOR);
    reg_write(&g, 0x14, 1, 15);
    guest_frame(guest_add(&g, &g.tx, 72, false) + 12, 60);
    guest_kick(&g, &g.tx);
    CHECK(g.line && g.lines == 1 && !g.messages);
    CHECK_EQ(pci_config_read(g.device, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
    CHECK_EQ(reg_read(&g, VIRTIO_ISR, 1), 1);
    CHECK(!g.line);
    CHECK_EQ(reg_read(&g, VIRTIO_ISR, 1), 0);
    wire_set_link(&g.wire->wire, false);
    CHECK(g.line);
    pci_config_write(g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
    CHECK(!g.line);
    CHECK_EQ(reg_read(&g, VIRTIO_ISR, 1), 2);
    guest_destroy(&g);
}

TEST(a_wire_that_blocks_stops_the_queue_and_nothing_is_lost)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, 0);
    g.wire->room = 3;
    for (uint8_t i = 0; i < 8; i++) {
        uint8_t *buffer = guest_add(&g, &g.tx, 72, false);

        guest_frame(buffer + 12, 60);
        buffer[12 + 20] = i;
    }
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 3);
    CHECK_EQ(guest_used(&g, &g.tx), 3);
    g.wire->room = 2;
    wire_set_writable(&g.wire->wire);
    CHECK_EQ(guest_used(&g, &g.tx), 5);
    g.wire->room = 100;
    wire_set_writable(&g.wire->wire);
    CHECK_EQ(guest_used(&g, &g.tx), 8);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(g.wire->frame[i][20], i);
    guest_destroy(&g);
}

TEST(reset_forgets_everything)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, ALL_RX);
    CHECK_EQ(control(&g, 0, 0, "\1", 1), 0);
    CHECK_EQ(control(&g, 1, 1, "\x52\x54\0\0\0\x09", 6), 0);
    reg_write(&g, 0x14, 1, 0);
    CHECK_EQ(guest_status(&g), 0);
    CHECK(!g.wire->wire.ready);
    reg_write(&g, 0x16, 2, 1);
    CHECK_EQ(reg_read(&g, 0x1C, 2), 0);
    CHECK_EQ(reg_read(&g, 0x20, 8), 0);
    CHECK_EQ(reg_read(&g, 0x1A, 2), VIRTIO_NO_VECTOR);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 5, 1), 1);
    reg_write(&g, 0x08, 4, 0);
    CHECK_EQ(reg_read(&g, 0x0C, 4), 0);
    guest_start(&g, ALL_RX);
    CHECK(!comes_in(&g, OTHER, 0));
    guest_destroy(&g);
}

TEST(features_without_what_they_require_are_not_accepted)
{
    static const uint64_t bad[] = { NET_F_HOST_TSO4, NET_F_GUEST_TSO6, NET_F_CTRL_RX, NET_F_HOST_ECN | NET_F_CSUM, 1ull << 40 };
    struct guest g;

    guest_create(&g, "");
    for (size_t i = 0; i < countof(bad); i++) {
        guest_features(&g, bad[i]);
        CHECK(!(guest_status(&g) & VIRTIO_S_FEATURES_OK));
    }
    guest_features(&g, NET_F_CSUM | NET_F_HOST_TSO4 | NET_F_HOST_ECN);
    CHECK(guest_status(&g) & VIRTIO_S_FEATURES_OK);
    guest_destroy(&g);
}

TEST(flows_stay_on_the_pair_that_transmitted_them)
{
    struct guest g;
    struct ring rx1, tx1;
    uint8_t out[62] = { 0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 48, 0, 0, 0, 0, 64, 17, 0, 0,
                        10, 0, 0, 1, 10, 0, 0, 2, 0x10, 0, 0x20, 0, 0, 28 };
    uint8_t in[62];
    unsigned on_second = 0;

    guest_create(&g, "queues=2");
    guest_msix(&g);
    guest_features(&g, NET_F_CTRL_VQ | NET_F_MQ);
    guest_queue(&g, &g.rx, 0, 0);
    guest_queue(&g, &g.tx, 1, 1);
    guest_queue(&g, &rx1, 2, 2);
    guest_queue(&g, &tx1, 3, 3);
    guest_queue(&g, &g.control, 4, 3);
    reg_write(&g, 0x14, 1, 15);
    CHECK_EQ(reg_read(&g, VIRTIO_DEVICE + 8, 2), 2);
    CHECK_EQ(control(&g, 4, 0, "\3\0", 2), 1);
    CHECK_EQ(control(&g, 4, 0, "\2\0", 2), 0);
    for (unsigned i = 0; i < 8; i++)
        guest_add(&g, &rx1, 1526, true);
    for (unsigned i = 0; i < 8; i++)
        guest_add(&g, &g.rx, 1526, true);
    for (uint8_t flow = 0; flow < 8; flow++) {
        out[35] = flow;
        memcpy(guest_add(&g, &tx1, 74, false) + 12, out, 62);
        guest_kick(&g, &tx1);
        memcpy(in, out, 62);
        memcpy(in + 26, out + 30, 4);
        memcpy(in + 30, out + 26, 4);
        memcpy(in + 34, out + 36, 2);
        memcpy(in + 36, out + 34, 2);
        CHECK(guest_deliver(&g, in, 62));
        burst_end(&g);
    }
    on_second = guest_used(&g, &rx1);
    CHECK_EQ(on_second, 8);
    CHECK_EQ(g.last_data, 102);
    guest_destroy(&g);
}
