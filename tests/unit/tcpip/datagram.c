/* UDP endpoints against a scripted peer. */
#include "sink.h"

#include "tcpip/stack.h"

SCRIPT(a_datagram_arrives_with_all_that_is_known_about_it)
{
    struct sink *k = open_bound(4, 9, TCPIP_SHARE_DEFAULT);

    script_udp(s, .ip.ttl = 33, .ip.tos = 0x10, .port = 9, .from_port = 77, .data = "datagram", .size = 8);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->size, 8);
    CHECK(memcmp(k->bytes, "datagram", 8) == 0);
    CHECK_EQ(k->how.from.port, 77);
    CHECK(memcmp(k->how.from.bytes, script_peer4, 4) == 0);
    CHECK_EQ(k->how.to.port, 9);
    CHECK(memcmp(k->how.to.bytes, script_host4, 4) == 0);
    CHECK_EQ(k->how.ttl, 33);
    CHECK_EQ(k->how.tos, 0x10);
    CHECK_EQ(k->how.interface, 1);
    CHECK(!k->how.broadcast && !k->how.multicast);
    script_udp(s, .port = 9);
    CHECK_EQ(k->count, 2);
    CHECK_EQ(k->size, 0);
    script_udp(s, .ip.bad_checksum = true, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(k->count, 2);
    script_expect_nothing(s);
    close_sink(k);
}

SCRIPT(a_datagram_for_no_endpoint_is_answered_by_ICMP)
{
    script_udp(s, .port = 10, .data = "x", .size = 1);
    struct script_packet *p = script_expect(s, 1);
    CHECK_EQ(p->data[0], 3);
    CHECK_EQ(p->data[1], 3);
    script_udp(s, .ip.family = 6, .port = 10, .data = "x", .size = 1);
    script_wait(s, 10);
    p = script_expect(s, 58);
    CHECK_EQ(p->data[0], 1);
    CHECK_EQ(p->data[1], 4);
}

SCRIPT(a_datagram_goes_out_as_its_sender_says)
{
    struct sink *k = open_sink(4, 17);
    struct tcpip_address peer = script_address(script_peer4, 53), local;
    struct tcpip_ip_options options;

    CHECK_EQ((uint32_t)send_bytes(k, &peer, "question", 8), 0);
    script_wait(s, 1);
    struct script_packet *p = script_expect_udp(s);
    CHECK_EQ(p->to_port, 53);
    CHECK(p->from_port >= 49152);
    CHECK_EQ(p->ttl, 128);
    CHECK_EQ(p->size, 8);
    CHECK(memcmp(p->data, "question", 8) == 0);
    tcpip_datagram_local(k->d, &local);
    CHECK_EQ(local.port, p->from_port);
    tcpip_datagram_get_options(k->d, &options);
    options.ttl = 5;
    options.tos = 0x20;
    options.dont_fragment = true;
    CHECK_EQ((uint32_t)tcpip_datagram_set_options(k->d, &options), 0);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, "", 0), 0);
    script_wait(s, 1);
    p = script_expect_udp(s);
    CHECK_EQ(p->ttl, 5);
    CHECK_EQ(p->tos, 0x20);
    CHECK_EQ(p->fragment, 0x4000);
    CHECK_EQ(p->size, 0);
    char big[1473] = { 0 };
    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, 1472), 0);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, 1473), (uint32_t)STATUS_INVALID_BUFFER_SIZE);
    close_sink(k);
}

SCRIPT(the_largest_datagram_goes_out_in_fragments_and_one_byte_more_is_refused)
{
    static uint8_t big[65508];
    struct sink *k = open_sink(4, 17);
    struct tcpip_address peer = script_address(script_peer4, 53);
    size_t total = 0;

    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, 65508), (uint32_t)STATUS_INVALID_BUFFER_SIZE);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, 8), 0);    /* the peer's MAC */
    script_wait(s, 1);
    script_forget(s);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, 65507), 0);
    script_wait(s, 1);
    for (struct script_packet *p; (p = script_next(s));) {
        CHECK_EQ((p->fragment & 0x1fff) * 8u, total);
        CHECK_EQ(!!(p->fragment & 0x2000), total + p->ip_size - 20 < 65515);
        total += p->ip_size - 20;
    }
    CHECK_EQ(total, 65515);
    close_sink(k);
}

static void send_fragments(struct script *s, uint8_t family, const uint8_t *payload, size_t size, size_t piece, bool backwards)
{
    unsigned count = (unsigned)((size + piece - 1) / piece);
    static uint8_t b[9000];

    for (unsigned n = 0; n < count; n++) {
        unsigned k = backwards ? count - 1 - n : n;
        size_t at = k * piece, length = at + piece < size ? piece : size - at;
        unsigned more = at + length < size;

        if (family == 6) {
            uint8_t header[8] = { 17, 0, 0, 0, 0, 0, 0, 42 };
            script_put16(header + 2, (unsigned)at | more);
            memcpy(b, header, 8);
            memcpy(b + 8, payload + at, length);
            script_ip(s, &(struct script_ip){ .family = 6, .protocol = 44 }, b, 8 + length, SIZE_MAX);
        } else {
            script_ip(s, &(struct script_ip){ .protocol = 17, .id = 42, .fragment = (uint16_t)(at / 8 | more << 13) },
                      payload + at, length, SIZE_MAX);
        }
        script_wait(s, 1);
    }
}

static void check_reassembly(struct script *s, uint8_t family, size_t size, size_t piece, bool backwards)
{
    static uint8_t datagram[65535];
    struct sink *k = open_bound(family, 9, TCPIP_SHARE_DEFAULT);
    const uint8_t *from = family == 6 ? script_peer6 : script_peer4, *to = family == 6 ? s->local6 : script_host4;
    size_t address = family == 6 ? 16 : 4, total = size + 8;
    uint8_t tail[8] = { 0 };

    script_put16(datagram, 1000);
    script_put16(datagram + 2, 9);
    script_put16(datagram + 4, (unsigned)total);
    script_put16(datagram + 6, 0);
    for (size_t n = 8; n < total; n++)
        datagram[n] = (uint8_t)(n * 7 + (n >> 8));
    script_put32(tail, (uint32_t)total);
    tail[7] = 17;
    uint32_t sum = script_add(script_add(script_add(0, from, address), to, address), tail, 8);
    script_put16(datagram + 6, script_fold(script_add(sum, datagram, total)));
    send_fragments(s, family, datagram, total, piece, backwards);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->size, size);
    CHECK(memcmp(k->bytes, datagram + 8, size) == 0);
    close_sink(k);
}

SCRIPT(the_largest_datagram_is_put_together_in_any_order)
{
    for (int backwards = 0; backwards < 2; backwards++) {
        check_reassembly(s, 4, 3000, 1440, backwards);
        check_reassembly(s, 4, 65507, 1440, backwards);
        check_reassembly(s, 6, 3000, 1440, backwards);
        check_reassembly(s, 6, 65487, 1440, backwards);   /* with its header it has 65535 bytes, as many as lwIP's chains */
    }
}

SCRIPT(a_datagram_of_very_many_fragments_arrives_in_few_pieces)
{
    check_reassembly(s, 4, 3000, 8, false);
    check_reassembly(s, 6, 3000, 16, true);
}

SCRIPT(an_IPv6_datagram_goes_out_in_fragments_too)
{
    static uint8_t big[3000];
    struct sink *k = open_sink(6, 17);
    struct tcpip_address peer = { .family = 6, .port = 53, .zone = 1 };
    size_t total = 0;

    memcpy(peer.bytes, script_peer6, 16);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, big, sizeof big), 0);
    script_wait(s, 10);
    for (struct script_packet *p; (p = script_next(s));) {
        CHECK_EQ(p->protocol, 44);
        total += p->size - 8;
    }
    CHECK_EQ(total, 3008);
    close_sink(k);
}

SCRIPT(fragments_that_overlap_or_never_come_are_thrown_away)
{
    struct sink *k = open_bound(4, 9, TCPIP_SHARE_DEFAULT);
    uint8_t piece[1008] = { 3, 0xe8, 0, 9, 7, 0xd8 };     /* ports 1000 and 9, 2008 bytes, no checksum */
    struct script_ip first = { .protocol = 17, .id = 1, .fragment = 0x2000 }, wrong = first, last = first;

    wrong.fragment = 0x2000 | 100;
    last.fragment = 126;
    script_ip(s, &first, piece, 1008, SIZE_MAX);
    script_ip(s, &wrong, piece, 1000, SIZE_MAX);
    script_ip(s, &last, piece, 1000, SIZE_MAX);
    script_wait(s, 1);
    CHECK_EQ(k->count, 0);
    first.id = last.id = 2;
    script_ip(s, &first, piece, 1008, SIZE_MAX);
    script_ip(s, &first, piece, 1008, SIZE_MAX);        /* once more: no harm */
    script_ip(s, &last, piece, 1000, SIZE_MAX);
    script_wait(s, 1);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->size, 2000);
    first.id = 3;
    script_ip(s, &first, piece, 1008, SIZE_MAX);
    script_wait(s, 61000);
    struct script_packet *p = script_expect(s, 1);
    CHECK_EQ(p->data[0], 11);           /* time exceeded */
    CHECK_EQ(p->data[1], 1);
    for (unsigned n = 0; n < 3000; n++) {       /* a flood of beginnings */
        first.id = (uint16_t)(10 + n);
        script_ip(s, &first, piece, 1008, SIZE_MAX);
        if (n % 100 == 0)
            script_wait(s, 1);
    }
    first.id = last.id = 5000;
    script_ip(s, &first, piece, 1008, SIZE_MAX);
    script_ip(s, &last, piece, 1000, SIZE_MAX);
    script_wait(s, 1);
    CHECK_EQ(k->count, 2);
    close_sink(k);
}

SCRIPT(a_connected_endpoint_hears_its_peer_only)
{
    struct sink *k = open_bound(4, 9, TCPIP_SHARE_REUSE), *all = open_bound(4, 9, TCPIP_SHARE_REUSE);
    struct tcpip_address peer = script_address(script_peer4, 77), none = { 0 }, remote;
    struct iovec part = { "x", 1 };

    CHECK_EQ((uint32_t)tcpip_datagram_connect(k->d, &peer), 0);
    tcpip_datagram_remote(k->d, &remote);
    CHECK_EQ(remote.port, 77);
    script_udp(s, .port = 9, .from_port = 77, .data = "x", .size = 1);
    script_udp(s, .port = 9, .from_port = 78, .data = "x", .size = 1);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(all->count, 1);
    CHECK_EQ((uint32_t)tcpip_datagram_send(k->d, NULL, &part, 1, NULL, NULL), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->to_port, 77);
    CHECK_EQ((uint32_t)tcpip_datagram_connect(k->d, &none), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_send(k->d, NULL, &part, 1, NULL, NULL), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    close_sink(k);
    close_sink(all);
}

SCRIPT(a_broadcast_needs_permission_and_reaches_every_endpoint)
{
    static const uint8_t all[4] = { 255, 255, 255, 255 }, subnet[4] = { 10, 0, 0, 255 };
    static const uint8_t mac[6] = { 255, 255, 255, 255, 255, 255 };
    struct sink *a = open_bound(4, 9, TCPIP_SHARE_REUSE), *b = open_bound(4, 9, TCPIP_SHARE_REUSE);
    struct tcpip_address to = script_address(subnet, 9);
    struct tcpip_ip_options options;

    CHECK_EQ((uint32_t)send_bytes(a, &to, "x", 1), (uint32_t)STATUS_ACCESS_DENIED);
    tcpip_datagram_get_options(a->d, &options);
    options.broadcast = true;
    tcpip_datagram_set_options(a->d, &options);
    CHECK_EQ((uint32_t)send_bytes(a, &to, "x", 1), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->to[3], 255);
    script_udp(s, .ip.to = all, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    script_udp(s, .ip.to = subnet, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(a->count, 2);
    CHECK_EQ(b->count, 2);
    CHECK(a->how.broadcast);
    a->close_other = true;              /* one closes the other while the datagram is handed round */
    a->other = b;
    script_udp(s, .ip.to = subnet, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(a->count, 3);
    CHECK_EQ(b->count, 2);
    close_sink(a);
    close_sink(b);
}

SCRIPT(a_multicast_reaches_members_only_and_comes_back_to_them)
{
    static const uint8_t group[4] = { 239, 1, 2, 3 }, mac[6] = { 1, 0, 0x5e, 1, 2, 3 };
    struct sink *a = open_bound(4, 9, TCPIP_SHARE_REUSE), *b = open_bound(4, 9, TCPIP_SHARE_REUSE);
    struct tcpip_address to = script_address(group, 9);

    s->all = true;
    CHECK_EQ((uint32_t)tcpip_datagram_join(a->d, &to, 0), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_join(a->d, &to, 1), (uint32_t)STATUS_INVALID_PARAMETER);
    script_wait(s, 1000);
    CHECK_EQ(script_expect(s, 2)->data[0], 0x16);   /* an IGMPv2 report */
    script_forget(s);
    script_udp(s, .ip.to = group, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(a->count, 1);
    CHECK_EQ(b->count, 0);
    CHECK(a->how.multicast);
    CHECK_EQ((uint32_t)send_bytes(b, &to, "y", 1), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->ttl, 1);
    CHECK_EQ(a->count, 2);
    CHECK_EQ(a->bytes[0], 'y');
    struct tcpip_ip_options options;
    tcpip_datagram_get_options(b->d, &options);
    options.multicast_loop = false;
    options.multicast_ttl = 7;
    tcpip_datagram_set_options(b->d, &options);
    CHECK_EQ((uint32_t)send_bytes(b, &to, "z", 1), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->ttl, 7);
    CHECK_EQ(a->count, 2);
    CHECK_EQ((uint32_t)tcpip_datagram_leave(a->d, &to, 1), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_leave(a->d, &to, 1), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    script_udp(s, .ip.to = group, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(a->count, 2);
    close_sink(a);
    close_sink(b);
}

SCRIPT(an_IPv6_multicast_works_the_same)
{
    static const uint8_t group[16] = { 0xff, 0x02, [14] = 0x12, [15] = 0x34 }, mac[6] = { 0x33, 0x33, 0, 0, 0x12, 0x34 };
    struct sink *a = open_bound(6, 9, TCPIP_SHARE_DEFAULT);
    struct tcpip_address to = { .family = 6, .port = 9 };

    memcpy(to.bytes, group, 16);
    CHECK_EQ((uint32_t)tcpip_datagram_join(a->d, &to, 1), 0);
    script_wait(s, 10);
    script_udp(s, .ip.family = 6, .ip.to = group, .ip.to_mac = mac, .port = 9, .data = "x", .size = 1);
    CHECK_EQ(a->count, 1);
    struct tcpip_ip_options options;
    tcpip_datagram_get_options(a->d, &options);
    options.multicast_interface = 1;
    tcpip_datagram_set_options(a->d, &options);
    CHECK_EQ((uint32_t)send_bytes(a, &to, "y", 1), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->to[15], 0x34);
    CHECK_EQ(a->count, 2);
    close_sink(a);
}

SCRIPT(a_dual_mode_endpoint_speaks_both_families)
{
    struct sink *k = open_bound(0, 9, TCPIP_SHARE_DEFAULT);

    script_udp(s, .port = 9, .from_port = 77, .data = "4", .size = 1);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->how.from.family, 6);
    CHECK_EQ(k->how.from.bytes[11], 0xff);
    CHECK(memcmp(k->how.from.bytes + 12, script_peer4, 4) == 0);
    struct tcpip_address back = k->how.from;
    CHECK_EQ((uint32_t)send_bytes(k, &back, "a", 1), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_udp(s)->family, 4);
    script_udp(s, .ip.family = 6, .port = 9, .from_port = 77, .data = "6", .size = 1);
    CHECK_EQ(k->count, 2);
    back = k->how.from;
    CHECK_EQ((uint32_t)send_bytes(k, &back, "a", 1), 0);
    script_wait(s, 10);
    CHECK_EQ(script_expect_udp(s)->family, 6);
    close_sink(k);
}

SCRIPT(a_datagram_to_ourselves_arrives_in_memory_of_the_computer)
{
    struct sink *k = open_bound(4, 9, TCPIP_SHARE_DEFAULT);
    struct tcpip_address self = script_address(script_host4, 9);

    CHECK_EQ((uint32_t)send_bytes(k, &self, "self", 4), 0);
    script_wait(s, 1);
    CHECK_EQ(k->count, 1);
    CHECK(memcmp(k->how.from.bytes, script_host4, 4) == 0);
    script_expect_nothing(s);
    close_sink(k);
}

enum { KEPT = 300 };

struct keeper {
    struct tcpip_packet *packets[KEPT];
    unsigned count;
};

static void keep(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    struct keeper *k = context;

    CHECK(k->count < KEPT);
    k->packets[k->count++] = packet;
}

SCRIPT(packets_may_be_kept_and_cost_no_memory_once_there_was_enough)
{
    static struct keeper k;
    struct tcpip_datagram *d;
    struct tcpip_address any = { .family = 4, .port = 9 };
    struct pool_stats before, after;
    struct iovec part;
    static uint8_t bytes[1400];

    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 17, keep, NULL, &k, &d), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(d, &any, TCPIP_SHARE_DEFAULT), 0);
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            pool_get_stats(&before);
        for (unsigned n = 0; n < KEPT; n++) {
            memset(bytes, (int)n, sizeof bytes);
            script_udp(s, .port = 9, .data = bytes, .size = sizeof bytes);
        }
        CHECK_EQ(k.count, KEPT);
        for (unsigned n = 0; n < KEPT; n++) {
            CHECK_EQ(tcpip_packet_parts(k.packets[n], &part, 1), 1);
            CHECK_EQ(part.iov_len, sizeof bytes);
            CHECK_EQ(((uint8_t *)part.iov_base)[1399], n & 255);
            CHECK(ram_pa(part.iov_base) != UINT64_MAX);
            tcpip_packet_free(k.packets[n]);
        }
        k.count = 0;
    }
    pool_get_stats(&after);
    CHECK_EQ(after.live_bytes, before.live_bytes);
    tcpip_datagram_close(d);
}

enum { HOARD = 60000 };

struct hoard {
    struct tcpip_packet *packets[HOARD];
    unsigned count;
};

static void hoard_packet(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    struct hoard *h = context;

    CHECK(h->count < HOARD);
    h->packets[h->count++] = packet;
}

SCRIPT(packets_that_are_kept_take_a_quarter_of_RAM_and_no_more)
{
    static struct hoard h;
    static uint8_t bytes[1400];
    struct tcpip_datagram *d;
    struct tcpip_address any = { .family = 4, .port = 9 };
    unsigned most;

    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 17, hoard_packet, NULL, &h, &d), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(d, &any, TCPIP_SHARE_DEFAULT), 0);
    for (unsigned n = 0; n < 40000; n++) {
        script_send_udp(s, (struct script_udp){ .port = 9, .data = bytes, .size = sizeof bytes });
        if (n % 50 == 49)
            script_wait(s, 1);
    }
    most = h.count;
    CHECK(most > 10000 && most * 1664ull < ram_pages_total() * RAM_PAGE / 4);
    while (h.count)
        tcpip_packet_free(h.packets[--h.count]);
    script_udp(s, .port = 9, .data = bytes, .size = sizeof bytes);
    CHECK_EQ(h.count, 1);               /* and it goes on */
    tcpip_packet_free(h.packets[0]);
    tcpip_datagram_close(d);
}

SCRIPT(each_allocation_of_a_datagrams_life_may_fail)
{
    struct tcpip_address peer = script_address(script_peer4, 77), any = { .family = 4, .port = 9 };
    struct tcpip_address group = script_address((const uint8_t[]){ 239, 9, 9, 9 }, 0);
    struct iovec part = { "x", 1 };
    unsigned n;

    for (n = 1; n < 50; n++) {
        struct sink *k = calloc(1, sizeof *k);

        stack_fail_at(n);
        if (NT_SUCCESS(tcpip_datagram_create(4, 17, sink_received, sink_failed, k, &k->d))) {
            CHECK_EQ((uint32_t)tcpip_datagram_bind(k->d, &any, TCPIP_SHARE_DEFAULT), 0);
            NTSTATUS joined = tcpip_datagram_join(k->d, &group, 1);
            CHECK(joined == STATUS_SUCCESS || joined == STATUS_INSUFFICIENT_RESOURCES);
            NTSTATUS sent = tcpip_datagram_send(k->d, &peer, &part, 1, NULL, NULL);
            CHECK(sent == STATUS_SUCCESS || sent == STATUS_INSUFFICIENT_RESOURCES);
            script_udp(s, .port = 9, .data = "y", .size = 1);
            script_wait(s, 10);
        }
        if (stack_fail_count() < n) {
            CHECK_EQ(k->count, 1);
            close_sink(k);
            break;
        }
        close_sink(k);
    }
    CHECK(n > 4 && n < 50);
}
