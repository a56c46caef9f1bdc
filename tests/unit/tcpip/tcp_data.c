/* TCP endpoints against a scripted peer: bytes in both directions, loss, windows, options. */
#include "endpoint.h"

#include "tcpip/stack.h"

static char big[200000];

static void close_now(struct script *s, struct endpoint *e)
{
    tcpip_tcp_abort(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    endpoint_free(e);
}

SCRIPT(a_lost_segment_is_sent_again_with_growing_pauses)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    uint64_t at[4];

    CHECK_EQ(tcpip_tcp_send(e->tcp, "lost", 4, 0), 4);
    script_wait(s, 1);
    CHECK_EQ(script_find_tcp(s, PSH)->seq, f.ack);
    at[0] = ke_now();
    for (int n = 1; n < 4; n++) {
        struct script_packet *p;
        while (!(p = script_next(s)))
            script_wait(s, 10);
        at[n] = ke_now();
        CHECK_EQ(p->seq, f.ack);
        CHECK_EQ(p->size, 4);
    }
    CHECK(at[3] - at[2] > at[2] - at[1]);
    f.ack += 4;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->acknowledged, 4);
    script_wait(s, 60000);
    script_expect_nothing(s);
    close_now(s, e);
}

SCRIPT(three_duplicate_acknowledgements_send_again_at_once)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    for (int n = 0; n < 6; n++) {       /* the congestion window grows */
        CHECK_EQ(tcpip_tcp_send(e->tcp, big, 1460, 0), 1460);
        script_wait(s, 1);
        script_forget(s);
        f.ack += 1460;
        flow_send(s, &f, ACK, NULL, 0);
    }
    CHECK_EQ(tcpip_tcp_send(e->tcp, big, 5 * 1460, 0), 5 * 1460);
    script_wait(s, 1);
    script_forget(s);
    for (int n = 0; n < 3; n++)
        flow_send(s, &f, ACK, NULL, 0);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->seq, f.ack);
    CHECK_EQ(p->size, 1460);
    close_now(s, e);
}

SCRIPT(a_connection_whose_peer_is_silent_times_out)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    tcpip_tcp_send(e->tcp, "x", 1, 0);
    script_wait(s, 60000);
    CHECK_EQ(e->fails, 0);
    script_wait(s, 180000);
    CHECK_EQ(e->fails, 1);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_IO_TIMEOUT);
    close_now(s, e);
}

SCRIPT(the_owner_may_bound_how_long_is_retransmitted)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_options options;

    tcpip_tcp_get_options(e->tcp, &options);
    options.retransmit_timeout_ms = 5000;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), 0);
    tcpip_tcp_send(e->tcp, "x", 1, 0);
    script_wait(s, 4000);
    CHECK_EQ(e->fails, 0);
    script_wait(s, 8000);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_IO_TIMEOUT);
    close_now(s, e);
}

SCRIPT(a_closed_window_is_probed_until_it_opens)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .zero_window = true);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "abcdef", 6, 0), 6);
    script_wait(s, 1);
    script_expect_nothing(s);
    for (int n = 0; n < 5; n++) {
        struct script_packet *p;
        while (!(p = script_next(s)))
            script_wait(s, 100);
        CHECK_EQ(p->size <= 1, 1);
        script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .zero_window = true);
    }
    CHECK_EQ(e->acknowledged, 0);
    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack);
    script_wait(s, 20000);
    struct script_packet *p = script_find_tcp(s, PSH);
    CHECK_EQ(p->seq + p->size, f.ack + 6);
    f.ack += 6;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->acknowledged, 6);
    CHECK_EQ(e->fails, 0);
    close_now(s, e);
}

SCRIPT(a_probe_that_is_acknowledged_with_the_window_still_shut_is_no_end)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct script_packet *p;

    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .zero_window = true);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "a", 1, 0), 1);
    while (!(p = script_next(s)))
        script_wait(s, 100);
    CHECK_EQ(p->size, 1);
    f.ack++;
    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .zero_window = true);
    CHECK_EQ(e->acknowledged, 1);
    script_wait(s, 20000);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "b", 1, 0), 1);
    script_wait(s, 10000);
    script_forget(s);
    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack);
    script_wait(s, 10000);
    CHECK_EQ(script_find_tcp(s, PSH)->data[0], 'b');
    f.ack++;
    flow_send(s, &f, ACK, NULL, 0);
    CHECK_EQ(e->acknowledged, 2);
    close_now(s, e);
}

SCRIPT(a_segment_size_that_comes_too_late_changes_nothing)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_info info;

    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .window = 2000);
    CHECK_EQ(tcpip_tcp_send(e->tcp, big, 5000, 0), 5000);       /* some of it has to wait */
    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .window = 2000, .mss = 100);
    script_tcp(s, .ip.bad_checksum = true, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq, .ack = f.ack, .mss = 100);
    tcpip_tcp_query(e->tcp, &info);
    CHECK_EQ(info.mss, 1460);
    CHECK_EQ(tcpip_tcp_send(e->tcp, big, 5000, 0), 5000);
    close_now(s, e);
}

SCRIPT(our_window_closes_when_nobody_reads_and_opens_when_somebody_does)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_info info;
    unsigned window = 65535;

    e->hold_window = true;
    for (unsigned n = 0; n < 64; n++) {
        flow_send(s, &f, ACK | PSH, big, 1024);
        script_wait(s, 300);
        for (struct script_packet *p; (p = script_next(s));)
            window = p->window;
    }
    CHECK_EQ(e->received, 65535);       /* one byte did not fit */
    CHECK_EQ(window, 0);
    tcpip_tcp_query(e->tcp, &info);
    CHECK_EQ(info.receive_backlog, 65535);
    /* A bare ACK with the next number expected is taken without an answer: else two shut windows would talk for ever. */
    for (unsigned n = 0; n < 3; n++) {
        script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq - 1, .ack = f.ack);
        script_wait(s, 1);
    }
    CHECK(!script_next(s));
    tcpip_tcp_consumed(e->tcp, 65535);
    script_wait(s, 1);
    CHECK_EQ(script_find_tcp(s, ACK)->window, 65535);
    close_now(s, e);
}

SCRIPT(segments_out_of_order_and_overlapping_ones_become_one_stream)
{
    static const struct { unsigned at, size; } pieces[] = {
        { 100, 100 }, { 300, 100 }, { 150, 100 }, { 0, 50 }, { 0, 120 }, { 220, 100 }, { 390, 60 }, { 200, 20 }, { 448, 64 },
    };
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    uint8_t stream[512];

    for (unsigned n = 0; n < 512; n++)
        stream[n] = (uint8_t)(n ^ n >> 3);
    for (unsigned n = 0; n < sizeof pieces / sizeof *pieces; n++)
        script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK | PSH, .seq = f.seq + pieces[n].at, .ack = f.ack,
                   .data = stream + pieces[n].at, .size = pieces[n].size);
    CHECK_EQ(e->received, 512);
    CHECK(memcmp(e->bytes, stream, 512) == 0);
    close_now(s, e);
}

/* A hole is filled, and all that waited behind it arrives at once: however many segments, in pieces that can be counted. */
SCRIPT(very_many_small_segments_behind_a_hole_arrive)
{
    enum { SEGMENTS = 400 };
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    uint8_t stream[SEGMENTS];

    for (unsigned n = 0; n < SEGMENTS; n++)
        stream[n] = (uint8_t)(n * 7);
    for (unsigned n = 1; n <= SEGMENTS; n++)
        script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK | PSH, .seq = f.seq + n % SEGMENTS, .ack = f.ack,
                   .data = stream + n % SEGMENTS, .size = 1);
    CHECK_EQ(e->received, SEGMENTS);
    CHECK(memcmp(e->bytes, stream, SEGMENTS) == 0);
    CHECK(e->most_pieces <= TCPIP_PACKET_PARTS);
    close_now(s, e);
}

SCRIPT(acknowledgements_that_cannot_be_are_answered_once_in_a_while)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    unsigned answers = 0;

    for (unsigned n = 0; n < 300; n++) {
        script_send_tcp(s, (struct script_tcp){ .port = f.port, .from_port = 80, .flags = ACK, .seq = f.seq + (n & 1 ? 1u << 20 : 0),
                                                .ack = f.ack + 100 + n });
        script_wait(s, 1);
        while (script_next(s))
            answers++;
    }
    CHECK(answers >= 1 && answers <= 2);
    flow_send(s, &f, ACK | PSH, "fine", 4);
    CHECK_EQ(e->received, 4);
    close_now(s, e);
}

SCRIPT(a_segment_from_half_the_circle_away_is_dropped)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    for (uint32_t n = 0; n < 5; n++)
        for (unsigned flags = 0; flags < 64; flags++) {
            script_send_tcp(s, (struct script_tcp){ .port = f.port, .from_port = 80, .flags = (uint8_t)flags, .ack = f.ack,
                                                    .seq = f.seq + 0x80000000u - 2 + n, .data = "x", .size = n & 1 });
            if (flags % 8 == 7)
                script_wait(s, 1);
        }
    script_forget(s);
    flow_send(s, &f, ACK | PSH, "fine", 4);
    CHECK_EQ(e->received, 4);
    CHECK_EQ(e->fails, 0);
    close_now(s, e);
}

SCRIPT(urgent_bytes_are_delivered_in_line)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    script_tcp(s, .port = f.port, .from_port = 80, .flags = ACK | PSH | URG, .urgent = 3, .seq = f.seq, .ack = f.ack,
               .data = "abcd", .size = 4);
    CHECK_EQ(e->received, 4);
    CHECK(memcmp(e->bytes, "abcd", 4) == 0);
    close_now(s, e);
}

SCRIPT(acknowledgements_are_counted_to_the_byte_and_the_FIN_is_not)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    size_t sent = 0;

    for (int n = 0; n < 200; n++) {
        size_t taken = tcpip_tcp_send(e->tcp, big + sent % 100, 7777, n % 3 ? 0 : TCPIP_SEND_MORE);
        sent += taken;
        tcpip_tcp_push(e->tcp);
        script_wait(s, 1);
        for (struct script_packet *p; (p = script_next(s));)
            if (p->size && p->seq + p->size - f.ack < 1u << 20)
                f.ack = p->seq + (uint32_t)p->size;
        flow_send(s, &f, ACK, NULL, 0);
        CHECK(e->acknowledged <= sent);
    }
    tcpip_tcp_shutdown(e->tcp);
    for (int n = 0; n < 100 && !e->shuts; n++) {
        script_wait(s, 1);
        for (struct script_packet *p; (p = script_next(s));)
            f.ack = p->seq + (uint32_t)p->size + !!(p->flags & FIN);
        flow_send(s, &f, ACK, NULL, 0);
    }
    CHECK_EQ(e->shuts, 1);
    CHECK_EQ(e->acknowledged, sent);
    close_now(s, e);
}

SCRIPT(a_send_takes_what_has_room_and_the_caller_may_forget_its_bytes)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_info info;
    size_t room = tcpip_tcp_room(e->tcp), seen = 0;

    memset(big, 'A', sizeof big);
    size_t taken = tcpip_tcp_send(e->tcp, big, sizeof big, 0);
    memset(big, 'B', sizeof big);
    CHECK(taken <= room && taken > 60000);
    CHECK_EQ(tcpip_tcp_room(e->tcp), room - taken);
    tcpip_tcp_query(e->tcp, &info);
    CHECK_EQ(info.unacknowledged, taken);
    CHECK_EQ(info.interface, 1);
    while (seen < taken) {
        script_wait(s, 1);
        for (struct script_packet *p; (p = script_next(s));) {
            for (size_t n = 0; n < p->size; n++)
                CHECK_EQ(p->data[n], 'A');
            f.ack = p->seq + (uint32_t)p->size;
            seen += p->size;
        }
        flow_send(s, &f, ACK, NULL, 0);
    }
    CHECK_EQ(e->acknowledged, taken);
    close_now(s, e);
}

SCRIPT(small_sends_wait_for_an_acknowledgement_unless_nodelay_is_set)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_options options;

    for (int nodelay = 0; nodelay < 2; nodelay++) {
        tcpip_tcp_get_options(e->tcp, &options);
        options.nodelay = nodelay;
        tcpip_tcp_set_options(e->tcp, &options);
        tcpip_tcp_send(e->tcp, "a", 1, 0);
        tcpip_tcp_send(e->tcp, "b", 1, 0);
        script_wait(s, 1);
        CHECK_EQ(script_expect_tcp(s)->size, 1);
        if (nodelay)
            CHECK_EQ(script_expect_tcp(s)->size, 1);
        else
            script_expect_nothing(s);
        f.ack += 1;
        flow_send(s, &f, ACK, NULL, 0);
        if (!nodelay)
            CHECK_EQ(script_expect_tcp(s)->size, 1);
        f.ack += 1;
        flow_send(s, &f, ACK, NULL, 0);
        CHECK_EQ(e->acknowledged, 2u + 2 * nodelay);
    }
    close_now(s, e);
}

SCRIPT(keep_alive_probes_and_gives_up)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    struct tcpip_tcp_options options;

    tcpip_tcp_get_options(e->tcp, &options);
    options.keepalive = true;
    options.keepalive_time_ms = 60000;
    options.keepalive_interval_ms = 5000;
    options.keepalive_count = 4;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), 0);
    script_wait(s, 58000);
    script_expect_nothing(s);
    script_wait(s, 5000);
    CHECK_EQ(script_expect_tcp(s)->seq, f.ack - 1);
    flow_send(s, &f, ACK, NULL, 0);
    script_wait(s, 30000);
    script_expect_nothing(s);
    script_wait(s, 90000);
    CHECK_EQ((uint32_t)e->status, (uint32_t)STATUS_IO_TIMEOUT);
    unsigned probes = 0;
    for (struct script_packet *p; (p = script_next(s));)
        probes += p->seq == f.ack - 1;
    CHECK_EQ(probes, 4);
    close_now(s, e);
}

SCRIPT(time_to_live_and_type_of_service_are_the_owners)
{
    struct endpoint *listener = endpoint_listen(4, 7, 0, false);
    struct tcpip_tcp_options options;

    script_tcp(s, .port = 7, .flags = SYN, .seq = 1);
    CHECK_EQ(script_expect_tcp(s)->ttl, 128);
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    tcpip_tcp_get_options(e->tcp, &options);
    options.ip.ttl = 9;
    options.ip.tos = 0x28;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), 0);
    tcpip_tcp_send(e->tcp, "x", 1, 0);
    script_wait(s, 1);
    struct script_packet *p = script_find_tcp(s, PSH);
    CHECK_EQ(p->ttl, 9);
    CHECK_EQ(p->tos, 0x28);
    options.ip.dont_fragment = true;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), (uint32_t)STATUS_NOT_SUPPORTED);
    options.ip.dont_fragment = false;
    options.ip.interface = 9;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), (uint32_t)STATUS_INVALID_PARAMETER);
    options.ip.interface = 1;
    options.ip.ttl = 0;
    CHECK_EQ((uint32_t)tcpip_tcp_set_options(e->tcp, &options), (uint32_t)STATUS_INVALID_PARAMETER);
    tcpip_tcp_close(listener->tcp);
    endpoint_free(listener);
    close_now(s, e);
}

SCRIPT(a_send_that_found_no_memory_is_asked_again)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    stack_fail_at(1);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "x", 1, 0), 0);
    CHECK_EQ(e->sents, 0);
    script_wait(s, 1100);
    CHECK_EQ(e->sents, 1);
    CHECK_EQ(e->acknowledged, 0);
    CHECK_EQ(tcpip_tcp_send(e->tcp, "x", 1, 0), 1);
    script_wait(s, 1);
    CHECK_EQ(script_expect_tcp(s)->size, 1);
    close_now(s, e);
}

/* One whole life: connect, bytes both ways, close. False when memory failed where nobody can make up for it. */
static bool whole_life(struct script *s)
{
    struct endpoint *e = calloc(1, sizeof *e);
    struct tcpip_address peer = script_address(script_peer4, 80);
    struct flow f = { .peer_port = 80, .seq = 5000 };
    bool good = false;

    if (NT_SUCCESS(tcpip_tcp_create(4, &endpoint_events, e, &e->tcp))) {
        if (tcpip_tcp_connect(e->tcp, &peer) == STATUS_PENDING) {
            for (int n = 0; n < 4000 && !e->closes && !e->fails; n++) {
                struct script_packet *p;
                script_wait(s, 10);
                while ((p = script_next(s))) {
                    if (p->protocol != 6)
                        continue;
                    f.port = p->from_port;
                    if (p->flags & SYN) {
                        f.ack = p->seq + 1;
                        script_tcp(s, .port = f.port, .from_port = 80, .flags = SYN | ACK, .seq = 5000, .ack = f.ack, .mss = 1460);
                        continue;
                    }
                    if (p->seq == f.ack)
                        f.ack += (uint32_t)p->size + !!(p->flags & FIN);
                    f.seq = p->ack;
                    flow_send(s, &f, ACK | PSH | (f.seq >= 5005 ? FIN : 0), "hello", f.seq == 5001 ? 5 : 0);
                }
                if (e->connects == 1 && tcpip_tcp_send(e->tcp, big, 3000, 0) == 3000)
                    e->connects = 2;
                if (e->acknowledged == 3000 && e->received >= 5 && e->end && tcpip_tcp_room(e->tcp)) {
                    good = true;
                    tcpip_tcp_close(e->tcp);
                    e->tcp = NULL;
                    e->acknowledged = 0;
                }
            }
        }
        if (e->tcp)
            tcpip_tcp_abort(e->tcp);
    }
    script_wait(s, 1000);
    script_forget(s);
    free(e);
    return good;
}

SCRIPT(each_allocation_may_fail_once)
{
    unsigned good = 0, n;

    stack_fail_at(0);
    CHECK(whole_life(s));
    for (n = 1; n < 200; n++) {
        stack_fail_at(n);
        good += whole_life(s);
        if (stack_fail_count() < n)
            break;
        stack_fail_at(0);
        CHECK(whole_life(s));           /* and nothing is left broken */
    }
    CHECK(n > 10 && n < 200);
    CHECK(good >= n - 4);               /* only what the caller is told of */
}
