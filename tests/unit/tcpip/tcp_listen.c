/* Listeners against a scripted peer: conditional accept, backlog, floods, many connections. */
#include "endpoint.h"

#include <time.h>

static void decide(struct script *s, struct endpoint *e, enum tcpip_verdict verdict)
{
    CHECK_EQ((uint32_t)tcpip_tcp_decide(e->tcp, e->syn.id, verdict), 0);
    script_wait(s, 1);
}

static void end(struct endpoint *listener)
{
    tcpip_tcp_close(listener->tcp);
    CHECK_EQ(listener->closes, 1);
    endpoint_free(listener);
}

SCRIPT(a_conditional_listener_answers_when_the_verdict_is_accept)
{
    struct endpoint *e = endpoint_listen(4, 7, 0, true);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    script_tcp(s, .port = 7, .flags = SYN, .seq = 100, .mss = 1000);
    CHECK_EQ(e->asks, 1);
    CHECK_EQ(e->syn.remote.port, 1000);
    CHECK_EQ(e->syn.local.port, 7);
    CHECK(memcmp(e->syn.remote.bytes, script_peer4, 4) == 0);
    script_wait(s, 5000);
    script_expect_nothing(s);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 100, .mss = 1000);    /* asks again: the same request */
    CHECK_EQ(e->asks, 1);
    decide(s, e, TCPIP_ACCEPT);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->flags, SYN | ACK);
    CHECK_EQ(p->ack, 101);
    f.seq = 101;
    f.ack = p->seq + 1;
    flow_send(s, &f, ACK | PSH, "data", 4);
    CHECK_EQ(e->accepts, 1);
    CHECK_EQ(e->child->received, 4);
    CHECK_EQ((uint32_t)tcpip_tcp_decide(e->tcp, e->syn.id, TCPIP_ACCEPT), (uint32_t)STATUS_NOT_FOUND);
    tcpip_tcp_abort(e->child->tcp);
    end(e);
}

SCRIPT(a_rejected_request_gets_a_reset_and_a_dropped_one_nothing)
{
    struct endpoint *e = endpoint_listen(4, 7, 0, true);

    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    decide(s, e, TCPIP_REJECT);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->flags, RST | ACK);
    CHECK_EQ(p->ack, 101);
    CHECK_EQ(p->seq, 0);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 2);
    decide(s, e, TCPIP_DROP);
    script_expect_nothing(s);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 3);               /* dropped is forgotten */
    end(e);
}

SCRIPT(a_request_goes_away_with_a_reset_or_when_the_peer_gives_up)
{
    struct endpoint *e = endpoint_listen(4, 7, 0, true);

    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    script_tcp(s, .port = 7, .flags = RST, .seq = 101);
    CHECK_EQ(e->gones, 1);
    CHECK_EQ(e->gone, e->syn.id);
    CHECK_EQ((uint32_t)tcpip_tcp_decide(e->tcp, e->syn.id, TCPIP_ACCEPT), (uint32_t)STATUS_NOT_FOUND);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 200);
    script_wait(s, 60000);
    CHECK_EQ(e->gones, 1);
    script_wait(s, 20000);
    CHECK_EQ(e->gones, 2);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 300);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 9000);    /* the peer has started anew */
    CHECK_EQ(e->gones, 3);
    CHECK_EQ(e->asks, 4);
    script_expect_nothing(s);
    end(e);
}

SCRIPT(a_request_by_IPv4_options_and_by_IPv6_extension_headers_is_held_too)
{
    static const uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
    struct endpoint *e = endpoint_listen(0, 7, 0, true);
    uint8_t b[8 + 20] = { 6, 0, 1, 4 }; /* destination options: padding; then a SYN */

    script_tcp(s, .ip.options = nops, .ip.options_size = 8, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 1);
    CHECK_EQ(e->syn.remote.family, 6);  /* a dual-mode listener sees mapped addresses */
    CHECK_EQ(e->syn.remote.bytes[10], 0xff);
    decide(s, e, TCPIP_ACCEPT);
    CHECK_EQ(script_expect_tcp(s)->flags, SYN | ACK);
    script_tcp(s, .ip.family = 6, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 2);
    CHECK(memcmp(e->syn.remote.bytes, script_peer6, 16) == 0);
    decide(s, e, TCPIP_ACCEPT);
    script_wait(s, 10);
    CHECK_EQ(script_expect_tcp(s)->flags, SYN | ACK);
    script_put16(b + 8, 3000);
    script_put16(b + 10, 7);
    b[8 + 12] = 5 << 4;
    b[8 + 13] = SYN;
    uint8_t pseudo[8] = { [3] = 20, [7] = 6 };
    uint32_t sum = script_add(script_add(script_add(0, script_peer6, 16), s->local6, 16), pseudo, 8);
    script_put16(b + 8 + 16, script_fold(script_add(sum, b + 8, 20)));
    script_ip(s, &(struct script_ip){ .family = 6, .protocol = 60 }, b, sizeof b, SIZE_MAX);
    script_wait(s, 1);
    CHECK_EQ(e->asks, 3);
    CHECK_EQ(e->syn.remote.port, 3000);
    end(e);
}

SCRIPT(a_verdict_may_come_from_inside_the_question)
{
    struct endpoint *e = endpoint_listen(4, 7, 1, true);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    e->decide_at_once = true;
    e->verdict = TCPIP_REJECT;
    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(script_expect_tcp(s)->flags, RST | ACK);
    e->verdict = TCPIP_ACCEPT;
    flow_open(s, &f);
    CHECK_EQ(e->accepts, 1);
    tcpip_tcp_abort(e->child->tcp);
    end(e);
}

SCRIPT(a_peer_that_changes_its_mind_in_the_same_burst_does_no_harm)
{
    struct endpoint *e = endpoint_listen(4, 7, 3, true);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    e->decide_at_once = true;
    for (unsigned n = 0; n < 3; n++) {
        e->verdict = n;
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = SYN, .seq = 50 });
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = SYN, .seq = 50 });
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = RST, .seq = 51 });
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = SYN, .seq = 70 });
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = SYN, .seq = 90 });
        script_send_tcp(s, (struct script_tcp){ .port = 7, .flags = RST, .seq = 91 });
        script_wait(s, 10);
    }
    CHECK_EQ(e->gones, 0);              /* each was decided */
    script_wait(s, 30000);
    script_forget(s);
    tcpip_tcp_set_conditional(e->tcp, false);
    flow_open(s, &f);
    CHECK_EQ(e->accepts, 1);
    tcpip_tcp_abort(e->child->tcp);
    end(e);
}

SCRIPT(a_corrupt_SYN_asks_nobody)
{
    struct endpoint *e = endpoint_listen(4, 7, 0, true);

    script_tcp(s, .ip.bad_checksum = true, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 0);
    end(e);
}

SCRIPT(the_backlog_bounds_what_is_half_open_held_and_waiting)
{
    struct endpoint *e = endpoint_listen(4, 7, 2, true);

    script_tcp(s, .port = 7, .from_port = 1, .flags = SYN, .seq = 100);
    decide(s, e, TCPIP_ACCEPT);         /* half-open */
    script_tcp(s, .port = 7, .from_port = 2, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 2);               /* held */
    script_forget(s);
    script_tcp(s, .port = 7, .from_port = 3, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 2);
    script_expect_nothing(s);
    decide(s, e, TCPIP_DROP);
    tcpip_tcp_set_waiting(e->tcp, 1);
    script_tcp(s, .port = 7, .from_port = 3, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 2);
    tcpip_tcp_set_waiting(e->tcp, 0);
    script_tcp(s, .port = 7, .from_port = 3, .flags = SYN, .seq = 100);
    CHECK_EQ(e->asks, 3);
    end(e);
}

SCRIPT(a_flood_of_SYNs_is_survived_and_a_real_peer_gets_in)
{
    struct endpoint *e = endpoint_listen(4, 7, 50, false);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };
    struct pool_stats before, after;
    uint8_t from[4] = { 10, 0, 0, 0 };

    script_tcp(s, .port = 7, .from_port = 999, .flags = SYN, .seq = 1);
    pool_get_stats(&before);
    for (unsigned n = 0; n < 20000; n++) {
        from[3] = (uint8_t)(10 + n % 200);
        script_send_tcp(s, (struct script_tcp){ .ip.from = from, .port = 7, .from_port = (uint16_t)(1024 + n / 200),
                                                .flags = SYN, .seq = n });
        if (n % 100 == 99) {
            script_wait(s, 1);
            script_forget(s);
        }
    }
    pool_get_stats(&after);
    CHECK(after.live_bytes - before.live_bytes < 4u << 20);
    script_wait(s, 4000);
    script_forget(s);
    flow_open(s, &f);                   /* the oldest of the flood gives way */
    CHECK_EQ(e->accepts, 1);
    tcpip_tcp_abort(e->child->tcp);
    end(e);
}

/* --- many ----------------------------------------------------------------------------------------------------------- */

static struct tcpip_tcp *many[1024];
static unsigned many_count;
static size_t many_bytes;

static void many_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    if (!packet) {
        tcpip_tcp_close(tcp);
        return;
    }
    many_bytes += tcpip_packet_size(packet);
    tcpip_tcp_consumed(tcp, tcpip_packet_size(packet));
    tcpip_packet_free(packet);
}

static const struct tcpip_tcp_events many_events = { .received = many_received };

static bool many_accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *tcp)
{
    many[many_count++ % 1024] = tcp;
    tcpip_tcp_set_events(tcp, &many_events, NULL);
    return true;
}

static const struct tcpip_tcp_events many_listener = { .accepted = many_accepted };

static struct tcpip_tcp *listen_for_many(void)
{
    struct tcpip_address any = { .family = 4, .port = 7 };
    struct tcpip_tcp *tcp;

    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &many_listener, NULL, &tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_bind(tcp, &any, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_listen(tcp, 0, false), 0);
    return tcp;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

SCRIPT(a_thousand_live_connections_cost_microseconds_each)
{
    static struct flow flows[1000];
    struct tcpip_tcp *listener = listen_for_many();

    for (unsigned n = 0; n < 1000; n++) {
        flows[n] = (struct flow){ .port = 7, .peer_port = (uint16_t)(2000 + n), .seq = 1000 * n };
        flow_open(s, &flows[n]);
    }
    CHECK_EQ(many_count, 1000);
    double start = seconds();
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned n = 0; n < 1000; n++)
            flow_send(s, &flows[n], ACK | PSH, "12345678", 8);
        script_forget(s);
    }
    CHECK_EQ(many_bytes, 80000);
    printf("  10000 segments over 1000 connections: %.3f s\n", seconds() - start);
    CHECK(seconds() - start < 5);
    for (unsigned n = 0; n < 1000; n++)
        tcpip_tcp_abort(many[n]);
    tcpip_tcp_close(listener);
}

SCRIPT(ten_thousand_connections_are_opened_and_closed)
{
    struct tcpip_tcp *listener = listen_for_many();
    double start = seconds();

    for (unsigned n = 0; n < 10000; n++) {
        struct flow f = { .port = 7, .peer_port = (uint16_t)(2000 + n), .seq = 1000 * n };

        flow_open(s, &f);
        flow_send(s, &f, ACK | FIN, NULL, 0);
        f.ack++;
        flow_send(s, &f, ACK, NULL, 0);
        script_forget(s);
    }
    printf("  10000 connections opened and closed by the peer: %.3f s\n", seconds() - start);
    CHECK(seconds() - start < 20);
    CHECK_EQ(many_count, 10000);
    tcpip_tcp_close(listener);
}
