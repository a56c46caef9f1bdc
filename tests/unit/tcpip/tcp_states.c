/* TCP endpoints against a scripted peer: opening, closing, RST in each state. */
#include "endpoint.h"

SCRIPT(a_connection_is_accepted_carries_bytes_and_closes_both_ways)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false), *e = listener->child;
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    flow_open(s, &f);
    CHECK_EQ(listener->accepts, 1);
    flow_send(s, &f, ACK | PSH, "hello", 5);
    script_wait(s, 300);
    CHECK_EQ(script_expect_tcp(s)->ack, f.seq);
    CHECK_EQ(e->received, 5);
    CHECK(memcmp(e->bytes, "hello", 5) == 0);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "world!", 6, 0), 6);
    script_wait(s, 1);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->size, 6);
    CHECK(memcmp(p->data, "world!", 6) == 0);
    CHECK_EQ(e->acknowledged, 0);
    f.ack += 6;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->acknowledged, 6);
    flow_send(s, &f, ACK | FIN, NULL, 0);
    CHECK(e->end);
    CHECK_EQ(script_expect_tcp(s)->ack, f.seq);
    CHECK_EQ((uint32_t)tcpip_tcp_shutdown(e->tcp), 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->flags, FIN | ACK);
    CHECK_EQ(e->shuts, 0);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->shuts, 1);
    CHECK_EQ(e->fails, 0);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->closes, 1);
    tcpip_tcp_close(listener->tcp);
    script_expect_nothing(s);
    endpoint_free(listener);
}

SCRIPT(a_half_close_of_ours_leaves_the_other_direction_open)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_shutdown(e->tcp);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->flags, FIN | ACK);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->shuts, 1);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "x", 1, 0), 0);
    flow_send(s, &f, ACK, "late", 4);
    CHECK_EQ(e->received, 4);
    flow_send(s, &f, ACK | FIN, NULL, 0);
    CHECK(e->end);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(a_refused_connection_says_so)
{
    struct flow f;
    struct endpoint *e = endpoint_connect_start(s, &f);

    script_tcp(s, .port = f.port, .from_port = 80, .flags = RST | ACK, .seq = 0, .ack = f.ack);
    CHECK_EQ(e->fails, 1);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_CONNECTION_REFUSED);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(a_connection_that_nobody_answers_times_out)
{
    struct flow f;
    struct endpoint *e = endpoint_connect_start(s, &f);

    script_wait(s, 60000);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_IO_TIMEOUT);
    tcpip_tcp_close(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_connect_timeout_of_the_owners_is_kept)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = script_address(script_peer4, 80);
    struct tcpip_tcp_options options;

    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
    tcpip_tcp_get_options(e->tcp, &options);
    options.connect_timeout_ms = 2000;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_PENDING);
    script_wait(s, 1900);
    CHECK_EQ(e->fails, 0);
    script_wait(s, 200);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_IO_TIMEOUT);
    tcpip_tcp_abort(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_reset_ends_an_open_connection)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_info info;

    flow_send(s, &f, RST, NULL, 0);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_CONNECTION_RESET);
    tcpip_tcp_query(e->tcp, &info);
    CHECK(info.failed && !info.connected);
    CHECK_EQ(info.remote.port, 80);
    tcpip_tcp_close(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_reset_of_a_half_open_connection_tells_nobody)
{
    struct endpoint *listener = endpoint_listen(4, 7, 1, false);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    for (int n = 0; n < 3; n++) {       /* a backlog of one: the place is free again */
        script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
        CHECK_EQ(script_expect_tcp(s)->flags, SYN | ACK);
        script_tcp(s, .port = 7, .flags = RST, .seq = 101);
    }
    CHECK_EQ(listener->accepts + listener->fails, 0);
    flow_open(s, &f);
    CHECK_EQ(listener->accepts, 1);
    tcpip_tcp_abort(listener->child->tcp);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
}

/* In FIN_WAIT_1, FIN_WAIT_2, CLOSING, CLOSE_WAIT and LAST_ACK. */
SCRIPT(a_reset_ends_a_connection_in_every_closing_state)
{
    struct flow f;

    for (int state = 0; state < 5; state++) {
        struct endpoint *e = endpoint_connect(s, &f);

        if (state >= 3)
            flow_send(s, &f, ACK | FIN, NULL, 0);
        if (state != 3)
            tcpip_tcp_shutdown(e->tcp);
        script_wait(s, 1);
        if (state == 1) {
            f.ack++;
            flow_send(s, &f, ACK, NULL, 0);
            CHECK_EQ(e->shuts, 1);
        }
        if (state == 2)
            flow_send(s, &f, ACK | FIN, NULL, 0);
        script_forget(s);
        CHECK_EQ(e->fails, 0);
        flow_send(s, &f, RST, NULL, 0);
        CHECK_EQ(e->fails, 1);
        CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_CONNECTION_RESET);
        script_expect_nothing(s);
        tcpip_tcp_close(e->tcp);
        CHECK_EQ(e->closes, 1);
        endpoint_free(e);
    }
}

SCRIPT(a_close_waits_for_the_last_acknowledgement)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_send(e->tcp, "bye", 3, 0);
    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->size, 3);
    CHECK_EQ(script_expect_tcp(s)->flags & FIN, FIN);
    CHECK_EQ(e->closes, 0);
    f.ack += 4;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->closes, 0);
    flow_send(s, &f, ACK | FIN, NULL, 0);
    CHECK_EQ(e->closes, 1);
    CHECK_EQ(e->fails + e->shuts, 0);
    endpoint_free(e);
}

SCRIPT(a_simultaneous_close_ends_in_time_wait)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_shutdown(e->tcp);
    flow_send(s, &f, ACK | FIN, NULL, 0);   /* has not seen ours */
    CHECK(e->end);
    CHECK_EQ(e->shuts, 0);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->shuts, 1);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->closes, 1);
    script_forget(s);
    f.seq--;
    flow_send(s, &f, ACK | FIN, NULL, 0);   /* the FIN once more: TIME_WAIT acknowledges it */
    CHECK_EQ(script_expect_tcp(s)->flags, ACK);
    endpoint_free(e);
}

SCRIPT(a_close_with_unread_bytes_resets)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    e->hold_window = true;
    flow_send(s, &f, ACK | PSH, "unread", 6);
    script_forget(s);
    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    script_find_tcp(s, RST);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(bytes_that_come_after_a_close_are_answered_with_a_reset)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    flow_send(s, &f, ACK | PSH, "late", 4);
    script_find_tcp(s, RST);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(bytes_with_a_FIN_after_a_close_end_the_orphan_once)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    flow_send(s, &f, ACK | PSH | FIN, "late", 4);
    CHECK_EQ(e->closes, 1);
    script_wait(s, 200000);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(a_peer_that_never_closes_does_not_keep_an_orphan)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->closes, 0);
    script_wait(s, 30000);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(a_last_ACK_from_half_the_circle_away_does_not_open_a_connection)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    struct script_packet *p = script_expect_tcp(s);
    f.ack = p->seq + 1;
    for (uint32_t n = 0; n < 5; n++)
        script_tcp(s, .port = 7, .flags = ACK | PSH, .seq = 101 + 0x80000000u - 2 + n, .ack = f.ack, .data = "x", .size = n & 1);
    CHECK_EQ(listener->accepts, 0);
    script_tcp(s, .port = 7, .flags = ACK, .seq = 101, .ack = f.ack);
    CHECK_EQ(listener->accepts, 1);
    tcpip_tcp_abort(listener->child->tcp);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
}

SCRIPT(the_first_sequence_number_grows_for_the_same_peer_and_ports)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false);
    uint32_t before = 0, other;

    for (unsigned n = 0; n < 10; n++) {
        script_tcp(s, .port = 7, .from_port = 2000, .flags = SYN, .seq = 100);
        uint32_t now = script_expect_tcp(s)->seq;
        script_tcp(s, .port = 7, .from_port = 2000, .flags = RST, .seq = 101);
        CHECK(n == 0 || (now - before > 0 && now - before < 1u << 20));
        before = now;
        script_wait(s, 10);
    }
    script_tcp(s, .port = 7, .from_port = 2001, .flags = SYN, .seq = 100);
    other = script_expect_tcp(s)->seq;
    CHECK(other - before > 1u << 16);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
}

SCRIPT(a_new_connection_may_follow_one_in_time_wait)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false), *e = listener->child;
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    flow_open(s, &f);
    tcpip_tcp_close(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    f.ack++;
    flow_send(s, &f, ACK | FIN, NULL, 0);
    CHECK_EQ(e->closes, 1);
    script_forget(s);
    f.seq += 1000;
    flow_open(s, &f);
    CHECK_EQ(listener->accepts, 2);
    tcpip_tcp_abort(e->tcp);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
}

SCRIPT(an_abort_sends_a_reset_and_tells_nothing)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_abort(e->tcp);
    script_wait(s, 1);
    script_find_tcp(s, RST);
    CHECK_EQ(e->fails + e->closes, 0);
    endpoint_free(e);
}

SCRIPT(a_listener_that_refuses_resets)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false);
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 100 };

    listener->refuse = true;
    flow_open(s, &f);
    script_find_tcp(s, RST);
    tcpip_tcp_close(listener->tcp);
    CHECK_EQ(listener->closes, 1);
    endpoint_free(listener);
}

SCRIPT(a_closed_listener_resets_half_open_connections)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false);

    script_tcp(s, .port = 7, .flags = SYN, .seq = 100);
    CHECK_EQ(script_expect_tcp(s)->flags, SYN | ACK);
    tcpip_tcp_close(listener->tcp);
    script_wait(s, 1);
    script_find_tcp(s, RST);
    script_tcp(s, .port = 7, .flags = SYN, .seq = 300, .from_port = 2000);
    CHECK_EQ(script_expect_tcp(s)->flags, RST | ACK);
    endpoint_free(listener);
}

SCRIPT(a_simultaneous_open_becomes_a_connection)
{
    struct flow f;
    struct endpoint *e = endpoint_connect_start(s, &f);

    script_tcp(s, .port = f.port, .from_port = 80, .flags = SYN, .seq = 5000, .mss = 1000);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->flags, SYN | ACK);
    CHECK_EQ(p->seq, f.ack - 1);
    CHECK_EQ(p->ack, 5001);
    CHECK_EQ(e->connects, 0);
    script_tcp(s, .port = f.port, .from_port = 80, .flags = SYN | ACK, .seq = f.seq++, .ack = f.ack, .mss = 1000);
    CHECK_EQ(e->connects, 1);
    script_forget(s);
    flow_send(s, &f, ACK | PSH, "both", 4);
    CHECK_EQ(e->received, 4);
    static char big[2000];
    CHECK_EQ(tcpip_tcp_send(e->tcp, big, 2000, 0), 2000);
    script_wait(s, 1);
    CHECK_EQ(script_find_tcp(s, PSH | ACK)->size <= 1000, 1);
    tcpip_tcp_abort(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_connection_fails_by_ICMP_while_it_is_opened_and_only_then)
{
    static const struct { uint8_t code; NTSTATUS status; } errors[] = {
        { 0, STATUS_NETWORK_UNREACHABLE }, { 1, STATUS_HOST_UNREACHABLE }, { 2, STATUS_PROTOCOL_UNREACHABLE },
        { 3, STATUS_PORT_UNREACHABLE }, { 13, STATUS_HOST_UNREACHABLE },
    };
    uint8_t m[36] = { 3, [8] = 0x45, [11] = 40, [17] = 6, [20] = 10, 0, 0, 1, 10, 0, 0, 2, [31] = 80 };
    struct flow f;

    for (unsigned n = 0; n < 6; n++) {
        struct endpoint *e = n < 5 ? endpoint_connect_start(s, &f) : endpoint_connect(s, &f);
        m[1] = n < 5 ? errors[n].code : 1;
        script_put16(m + 28, f.port);
        script_put32(m + 32, f.ack);    /* not what the SYN had: somebody guesses */
        script_ip(s, &(struct script_ip){ .protocol = 1 }, m, 36, SIZE_MAX);
        script_put16(m + 2, 0);
        script_put16(m + 2, script_fold(script_add(0, m, 36)));
        script_ip(s, &(struct script_ip){ .protocol = 1 }, m, 36, SIZE_MAX);
        script_wait(s, 1);
        CHECK_EQ(e->fails, 0);
        script_put32(m + 32, f.ack - 1);
        script_put16(m + 2, 0);
        script_put16(m + 2, script_fold(script_add(0, m, 36)));
        script_ip(s, &(struct script_ip){ .protocol = 1 }, m, 36, SIZE_MAX);
        script_wait(s, 1);
        CHECK_EQ(e->fails, n < 5);
        if (n < 5)
            CHECK_EQ((uint32_t)e->status, (uint32_t)errors[n].status);
        tcpip_tcp_abort(e->tcp);
        script_forget(s);
        endpoint_free(e);
    }
}

SCRIPT(a_connection_to_what_is_no_peer_is_refused_at_once)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = script_address(script_peer4, 0), six = { .family = 6, .port = 80 };

    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &six), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    CHECK_EQ((uint32_t)tcpip_tcp_shutdown(e->tcp), (uint32_t)STATUS_CONNECTION_INVALID);
    CHECK_EQ((uint32_t)tcpip_tcp_listen(e->tcp, 0, false), (uint32_t)STATUS_INVALID_DEVICE_STATE);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->fails, 0);
    CHECK_EQ(e->closes, 1);
    endpoint_free(e);
}

SCRIPT(a_silenced_connection_sends_nothing_and_hears_nothing)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_options options;

    tcpip_tcp_get_options(e->tcp, &options);
    options.keepalive = true;
    options.keepalive_time_ms = 1000;
    tcpip_tcp_set_options(e->tcp, &options);
    flow_send(s, &f, ACK | PSH, "last", 4);
    CHECK_EQ(e->received, 4);           /* its acknowledgement is delayed, and never goes */
    CHECK_EQ((uint32_t)tcpip_tcp_silence(e->tcp), 0);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "x", 1, 0), 0);
    flow_send(s, &f, ACK | PSH, "unheard", 7);
    flow_send(s, &f, RST, NULL, 0);
    script_wait(s, 5000);
    CHECK_EQ(e->received, 4);
    CHECK_EQ(e->fails, 0);
    tcpip_tcp_close(e->tcp);
    CHECK_EQ(e->closes, 1);
    script_expect_nothing(s);
    endpoint_free(e);
}

SCRIPT(what_is_on_its_way_cannot_be_silenced)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    CHECK_EQ(tcpip_tcp_send(e->tcp, "x", 1, 0), 1);
    CHECK_EQ((uint32_t)tcpip_tcp_silence(e->tcp), (uint32_t)STATUS_INVALID_DEVICE_STATE);
    tcpip_tcp_abort(e->tcp);
    endpoint_free(e);
}

SCRIPT(a_push_does_not_wait_for_an_acknowledgement)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_send(e->tcp, "a", 1, 0);
    tcpip_tcp_send(e->tcp, "b", 1, 0);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->size, 1);
    script_expect_nothing(s);           /* Nagle */
    tcpip_tcp_push(e->tcp);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->size, 1);
    tcpip_tcp_abort(e->tcp);
    endpoint_free(e);
}
