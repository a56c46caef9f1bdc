/* TCP endpoints against a scripted peer: IPv6 and dual mode, many that we open, a card that goes away. */
#include "endpoint.h"

SCRIPT(a_dual_mode_listener_takes_both_families_and_tells_mapped_addresses)
{
    struct endpoint *listener = endpoint_listen(0, 7, 0, false), *e = listener->child;
    struct tcpip_tcp_info info;

    script_tcp(s, .ip.family = 6, .port = 7, .flags = SYN, .seq = 100, .mss = 1440);
    script_wait(s, 10);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->family, 6);
    CHECK_EQ(p->flags, SYN | ACK);
    script_tcp(s, .ip.family = 6, .port = 7, .flags = ACK | PSH, .seq = 101, .ack = p->seq + 1, .data = "six", .size = 3);
    CHECK_EQ(e->received, 3);
    tcpip_tcp_query(e->tcp, &info);
    CHECK(memcmp(info.remote.bytes, script_peer6, 16) == 0);
    tcpip_tcp_abort(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    struct flow f = { .port = 7, .peer_port = 2000, .seq = 500 };
    flow_open(s, &f);
    flow_send(s, &f, ACK | PSH, "four", 4);
    CHECK_EQ(e->received, 7);
    tcpip_tcp_query(e->tcp, &info);
    CHECK_EQ(info.remote.family, 6);
    CHECK_EQ(info.remote.bytes[11], 0xff);
    CHECK(memcmp(info.remote.bytes + 12, script_peer4, 4) == 0);
    CHECK_EQ(info.remote.port, 2000);
    CHECK_EQ(info.local.port, 7);
    tcpip_tcp_abort(e->tcp);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
}

SCRIPT(an_IPv6_endpoint_connects_by_a_link_local_address_with_its_zone)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = { .family = 6, .zone = 1, .port = 80 };

    memcpy(peer.bytes, script_peer6, 16);
    CHECK_EQ((uint32_t)tcpip_tcp_create(6, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_PENDING);
    script_wait(s, 10);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->family, 6);
    script_tcp(s, .ip.family = 6, .port = p->from_port, .from_port = 80, .flags = SYN | ACK, .seq = 1, .ack = p->seq + 1);
    CHECK_EQ(e->connects, 1);
    tcpip_tcp_abort(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_dual_mode_endpoint_connects_to_a_mapped_address)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = { .family = 6, .port = 80, .bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 } };

    CHECK_EQ((uint32_t)tcpip_tcp_create(0, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_PENDING);
    script_wait(s, 1);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->family, 4);
    script_tcp(s, .port = p->from_port, .from_port = 80, .flags = RST | ACK, .seq = 0, .ack = p->seq + 1);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_CONNECTION_REFUSED);
    tcpip_tcp_close(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_connection_without_a_route_fails_at_once)
{
    static const uint8_t far[4] = { 192, 0, 2, 1 };
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = script_address(far, 80), six = { .family = 6, .port = 80, .bytes = { 0x20, 1 } };

    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_NETWORK_UNREACHABLE);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ((uint32_t)tcpip_tcp_create(6, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &six), (uint32_t)STATUS_NETWORK_UNREACHABLE);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->fails, 0);
    endpoint_free(e);
}

SCRIPT(a_connection_to_ourselves_works_by_either_loopback_address)
{
    for (unsigned family = 4; family <= 6; family += 2) {
        struct endpoint *listener = endpoint_listen(0, 7, 0, family == 6), *e = endpoint_new();
        struct tcpip_address self = { .family = (uint8_t)family, .port = 7 };

        if (family == 4)
            self.bytes[0] = 127;
        self.bytes[family == 4 ? 3 : 15] = 1;
        listener->decide_at_once = true;
        CHECK_EQ((uint32_t)tcpip_tcp_create((uint8_t)family, &endpoint_events, e, &e->tcp), 0);
        CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &self), (uint32_t)STATUS_PENDING);
        script_wait(s, 10);
        CHECK_EQ(e->connects, 1);
        CHECK_EQ(listener->accepts, 1);
        CHECK_EQ(tcpip_tcp_send(e->tcp, "to myself", 9, 0), 9);
        script_wait(s, 300);
        CHECK_EQ(listener->child->received, 9);
        CHECK_EQ(e->acknowledged, 9);
        tcpip_tcp_close(e->tcp);
        script_wait(s, 1);
        CHECK(listener->child->end);
        tcpip_tcp_close(listener->child->tcp);
        script_wait(s, 1);
        CHECK_EQ(e->closes + listener->child->closes, 2);
        tcpip_tcp_close(listener->tcp);
        script_expect_nothing(s);
        endpoint_free(listener);
        endpoint_free(e);
    }
}

/* Each goes to TIME_WAIT at our side, 12000 to the same peer: ports that wait are passed over. */
SCRIPT(ten_thousand_connections_of_ours_are_opened_and_closed)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = script_address(script_peer4, 80);

    for (unsigned n = 0; n < 12000; n++) {
        CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
        CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_PENDING);
        script_wait(s, 1);
        struct script_packet *p = script_find_tcp(s, SYN);
        struct flow f = { .port = p->from_port, .peer_port = 80, .seq = 5001, .ack = p->seq + 1 };
        script_tcp(s, .port = f.port, .from_port = 80, .flags = SYN | ACK, .seq = 5000, .ack = f.ack);
        tcpip_tcp_close(e->tcp);
        f.ack++;
        flow_send(s, &f, ACK | FIN, NULL, 0);
        script_forget(s);
    }
    CHECK_EQ(e->connects, 12000);
    CHECK_EQ(e->closes, 12000);
    CHECK_EQ(e->fails, 0);
    endpoint_free(e);
}

static void swallow(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    tcpip_packet_free(packet);
}

SCRIPT(a_card_that_is_pulled_out_ends_its_connections)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f), *listener = endpoint_listen(4, 7, 0, true);
    struct tcpip_address peer = script_address(script_peer4, 80), group = script_address((const uint8_t[]){ 239, 1, 1, 1 }, 0);
    struct tcpip_datagram *d;
    struct iovec part = { "x", 1 };

    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 17, swallow, NULL, NULL, &d), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_join(d, &group, 1), 0);
    tcpip_tcp_send(e->tcp, "x", 1, 0);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 1);
    CHECK_EQ(listener->asks, 1);
    CHECK(ring3_unplug_nic(s->nic));
    script_wait(s, 100);
    CHECK_EQ(e->fails, 1);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_CONNECTION_ABORTED);
    CHECK_EQ((uint32_t)tcpip_tcp_decide(listener->tcp, listener->syn.id, TCPIP_ACCEPT), 0);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_NETWORK_UNREACHABLE);
    CHECK_EQ((uint32_t)tcpip_datagram_send(d, &peer, &part, 1, NULL, NULL), (uint32_t)STATUS_NETWORK_UNREACHABLE);
    tcpip_datagram_close(d);
    tcpip_tcp_close(e->tcp);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(e);
    endpoint_free(listener);
}

static void drop(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    if (packet)
        tcpip_packet_free(packet);
}

static const struct tcpip_tcp_events quiet = { .received = drop };

SCRIPT(what_nobody_closes_is_gone_with_the_computer)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_datagram *d;
    uint8_t piece[1008] = { 0 };

    tcpip_tcp_send(e->tcp, "unsent", 6, 0);
    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 17, swallow, NULL, NULL, &d), 0);
    struct endpoint *listener = endpoint_listen(4, 7, 0, true);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 1);
    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq + 100, .ack = f.ack, .data = "out of order", .size = 12);
    script_ip(s, &(struct script_ip){ .protocol = 17, .id = 1, .fragment = 0x2000 }, piece, 1008, SIZE_MAX);
    script_wait(s, 1);
    tcpip_tcp_set_events(e->tcp, &quiet, NULL);
    tcpip_tcp_set_events(listener->tcp, &quiet, NULL);
    endpoint_free(e);
    endpoint_free(listener);
}
