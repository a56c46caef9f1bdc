/* Packets that no sane peer sends: seeded, at every kind of endpoint. Nothing may break, and a connection works afterwards. */
#include "endpoint.h"

#include "base/random.h"

static struct random dice;

static uint32_t roll(uint32_t sides)
{
    return random_below(&dice, sides);
}

static void swallow(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    tcpip_packet_free(packet);
}

static uint32_t near(uint32_t base)
{
    static const int32_t offsets[] = { 0, 1, -1, 5, 1000, -1000, 65535, 65536, 1 << 30, INT32_MIN };

    return base + (uint32_t)offsets[roll(10)];
}

/* --- connections: the one of the round, and those that random segments open --- */

static struct tcpip_tcp *current;
static bool expecting;

static void connection_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    if (!packet)
        return;
    tcpip_tcp_consumed(tcp, tcpip_packet_size(packet));
    tcpip_packet_free(packet);
    if (tcp != current && roll(4) == 0)
        tcpip_tcp_close(tcp);
}

static void connection_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    if (tcp != current)
        tcpip_tcp_close(tcp);
}

static const struct tcpip_tcp_events connection_events = { .received = connection_received, .failed = connection_failed };

static bool connection_accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *tcp)
{
    if (!expecting && roll(2))
        return false;
    tcpip_tcp_set_events(tcp, &connection_events, NULL);
    if (expecting)
        current = tcp;
    expecting = false;
    return true;
}

static void connection_asked(struct tcpip_tcp *listener, void *context, const struct tcpip_syn *syn)
{
    if (roll(3))
        tcpip_tcp_decide(listener, syn->id, roll(3));
}

static const struct tcpip_tcp_events listener_events = { .accepted = connection_accepted, .asked = connection_asked };

static struct tcpip_tcp *listen_on(uint8_t family, uint16_t port, bool conditional)
{
    struct tcpip_address any = { .family = family == 4 ? 4 : 6, .port = port };
    struct tcpip_tcp *tcp;

    CHECK_EQ((uint32_t)tcpip_tcp_create(family, &listener_events, NULL, &tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_bind(tcp, &any, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_listen(tcp, 10, conditional), 0);
    return tcp;
}

struct state {
    struct flow flow;
    uint8_t junk[4096];
};

static void random_segment(struct script *s, struct state *t)
{
    struct script_tcp g = {
        .ip.family = roll(8) ? 4 : 6, .ip.bad_checksum = !roll(10), .from_port = (uint16_t)(1000 + roll(30)), .port = (uint16_t)(7 + roll(3)),
        .seq = near(t->flow.seq), .ack = near(t->flow.ack), .flags = (uint8_t)roll(64), .window = (uint16_t)roll(65536),
        .urgent = (uint16_t)roll(3000), .mss = roll(2) ? (uint16_t)roll(2000) : 0, .data = t->junk, .size = roll(3) ? 0 : roll(1400),
    };

    script_send_tcp(s, g);
}

static void random_datagram(struct script *s, struct state *t)
{
    script_send_udp(s, (struct script_udp){ .ip.family = roll(4) ? 4 : 6, .port = (uint16_t)(9 + roll(2)), .data = t->junk, .size = roll(1400) });
}

static void random_fragment(struct script *s, struct state *t)
{
    uint32_t size = roll(100) * 8;

    if (roll(2)) {
        t->junk[0] = (uint8_t)(roll(2) ? 17 : roll(256));
        script_put16(t->junk + 2, roll(65536) & (roll(2) ? 0x0ff9 : 0xfff9));
        script_put32(t->junk + 4, roll(4));
        script_ip(s, &(struct script_ip){ .family = 6, .protocol = 44 }, t->junk, 8 + size + roll(3), SIZE_MAX);
    } else {
        script_ip(s, &(struct script_ip){ .protocol = roll(2) ? 17 : 6, .id = (uint16_t)roll(4), .fragment = (uint16_t)(roll(200) | roll(2) << 13) },
                  t->junk, size + roll(3), SIZE_MAX);
    }
}

static void random_icmp(struct script *s, struct state *t)
{
    bool six = roll(2);
    uint8_t m[80];

    for (unsigned n = 0; n < sizeof m; n++)
        m[n] = (uint8_t)roll(256);
    m[0] = (uint8_t)(six ? roll(5) : roll(2) ? 3 : roll(16));
    m[1] = (uint8_t)roll(16);
    m[8] = six ? 0x60 : (uint8_t)(0x40 + roll(16));
    if (six)
        m[14] = roll(2) ? 17 : 44;
    m[17] = roll(2) ? 6 : 17;
    script_ip(s, &(struct script_ip){ .family = six ? 6 : 4, .protocol = six ? 58 : 1 }, m, roll(sizeof m), SIZE_MAX);
    script_ip(s, &(struct script_ip){ .family = six ? 6 : 4, .protocol = six ? 58 : 1 }, m, 8 + roll(sizeof m - 8), 2);
}

/* Neighbour discovery and group membership, which believe only what comes from the link. */
static void random_link_message(struct script *s, struct state *t)
{
    static const uint8_t nodes[16] = { 0xff, 2, [15] = 1 }, mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
    static const uint8_t hosts[4] = { 224, 0, 0, 1 }, hosts_mac[6] = { 1, 0, 0x5e, 0, 0, 1 };
    struct script_ip six = { .family = 6, .protocol = 58, .ttl = 255 }, four = { .protocol = 2, .ttl = 1, .to = hosts, .to_mac = hosts_mac };
    uint8_t m[120], arp[60] = { 0 };

    for (unsigned n = 0; n < sizeof m; n++)
        m[n] = (uint8_t)(roll(3) ? roll(256) : roll(8));
    m[0] = (uint8_t)(130 + roll(14));
    m[1] = (uint8_t)roll(2);
    if (roll(2))
        memcpy(m + 8, s->local6, 16);
    if (roll(2)) {
        six.to = nodes;
        six.to_mac = mac;
    }
    script_ip(s, &six, m, 4 + roll(sizeof m - 4), 2);
    m[0] = (uint8_t)(0x11 + roll(8));
    script_ip(s, &four, m, roll(40), SIZE_MAX);
    memset(arp, 0xff, 6);
    memcpy(arp + 12, "\x08\x06\x00\x01\x08\x00\x06\x04", 8);
    for (unsigned n = 20; n < 42; n++)
        arp[n] = (uint8_t)roll(256);
    memcpy(arp + 28, script_peer4, roll(2) ? 3 : 0);
    memcpy(arp + 38, script_host4, roll(2) ? 4 : 0);
    script_put(s, arp, 14 + roll(46));
}

static void random_packet(struct script *s, struct state *t)
{
    uint8_t options[12] = { 0 };

    for (unsigned n = 0; n < sizeof options; n++)
        options[n] = (uint8_t)roll(256);
    script_ip(s, &(struct script_ip){ .protocol = (uint8_t)roll(256), .options = options, .options_size = 4 * roll(4), .ttl = (uint8_t)roll(256) },
              t->junk, roll(600), SIZE_MAX);
    script_ip(s, &(struct script_ip){ .family = 6, .protocol = (uint8_t)(roll(2) ? roll(64) : roll(256)) }, t->junk, roll(600), SIZE_MAX);
}

static void round_of(struct script *s, struct state *t, unsigned round)
{
    for (unsigned n = 0; n < 300; n++) {
        for (unsigned k = 0; k < 64; k++)
            t->junk[k] = (uint8_t)roll(256);
        switch (roll(7)) {
        case 0: random_datagram(s, t); break;
        case 1: random_fragment(s, t); break;
        case 2: random_icmp(s, t); break;
        case 3: random_packet(s, t); break;
        case 4: random_link_message(s, t); break;
        default: random_segment(s, t); break;
        }
        if (n % 16 == 0) {
            script_wait(s, 1 + roll(600));
            tcpip_tcp_send(current, t->junk, roll(3000), 0);
            script_forget(s);
        }
    }
    script_wait(s, 1);
}

static void open_one(struct script *s, struct state *t, uint16_t port)
{
    t->flow = (struct flow){ .port = 7, .peer_port = port, .seq = (uint32_t)random_next(&dice) };
    current = NULL;
    expecting = true;
    script_forget(s);
    flow_open(s, &t->flow);
    CHECK(current != NULL);
}

SCRIPT(no_packet_breaks_an_endpoint)
{
    static struct state t;
    struct tcpip_datagram *udp, *raw;
    struct tcpip_address any = { .family = 6, .port = 9 }, any4 = { .family = 4 };

    random_seed(&dice, 20260101);
    struct tcpip_tcp *listener = listen_on(0, 7, false), *asks = listen_on(4, 8, true);
    CHECK_EQ((uint32_t)tcpip_datagram_create(0, 17, swallow, NULL, NULL, &udp), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(udp, &any, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 0, swallow, NULL, NULL, &raw), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(raw, &any4, TCPIP_SHARE_DEFAULT), 0);
    for (unsigned round = 0; round < 60; round++) {
        open_one(s, &t, (uint16_t)(2000 + round));
        if (round % 3 == 0)
            tcpip_tcp_shutdown(current);
        round_of(s, &t, round);
        struct tcpip_tcp *tcp = current;
        current = NULL;
        if (round % 2)
            tcpip_tcp_close(tcp);
        else
            tcpip_tcp_abort(tcp);
        script_wait(s, 5000);           /* the backlog is free again */
    }
    script_wait(s, 300000);
    open_one(s, &t, 5000);
    CHECK_EQ(tcpip_tcp_send(current, "alive", 5, 0), 5);
    script_wait(s, 1);
    CHECK(memcmp(script_find_tcp(s, PSH)->data, "alive", 5) == 0);
    tcpip_datagram_close(udp);
    tcpip_datagram_close(raw);
    tcpip_tcp_close(listener);
    tcpip_tcp_close(asks);
}
