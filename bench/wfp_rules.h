/* Rules and packets for bench/wfp.c and its peers, from one seed: prefixes of both addresses, a protocol, exact ports and ranges. */
#ifndef BENCH_WFP_RULES_H
#define BENCH_WFP_RULES_H

#include <stdint.h>

struct bench_rule {
    uint8_t protocol;                   /* 0: any */
    uint8_t local_bits, remote_bits;
    uint32_t local, remote;
    uint16_t local_port[2], remote_port[2];     /* from, to */
};

struct bench_packet {
    uint8_t protocol;
    uint32_t local, remote;
    uint16_t local_port, remote_port;
};

static uint64_t bench_state = 88172645463325252ull;

static inline uint32_t bench_roll(uint32_t below)
{
    bench_state ^= bench_state << 13;
    bench_state ^= bench_state >> 7;
    bench_state ^= bench_state << 17;
    return (uint32_t)(((bench_state >> 32) * below) >> 32);
}

static inline uint32_t bench_mask(unsigned bits)
{
    return bits ? 0xffffffffu << (32 - bits) : 0;
}

static inline void bench_ports(uint16_t *ports, unsigned exact, unsigned range)
{
    static const uint16_t usual[] = { 22, 25, 53, 80, 123, 135, 139, 443, 445, 1433, 3306, 3389, 5060, 8080 };
    unsigned kind = bench_roll(100);

    ports[0] = 0;
    ports[1] = 65535;
    if (kind < exact) {
        ports[0] = ports[1] = bench_roll(3) ? usual[bench_roll(14)] : (uint16_t)bench_roll(65536);
    } else if (kind < exact + range) {
        uint32_t from = bench_roll(60000);
        ports[0] = bench_roll(2) ? 1024 : (uint16_t)from;
        ports[1] = ports[0] == 1024 ? 65535 : (uint16_t)(from + 1 + bench_roll(bench_roll(2) ? 16 : 5000));
    }
}

static inline void bench_make_rule(struct bench_rule *rule)
{
    static const uint8_t remote_bits[] = { 32, 32, 32, 24, 24, 24, 28, 27, 22, 20, 16, 16, 12, 8, 0, 30 };
    static const uint8_t local_bits[] = { 0, 0, 0, 32, 32, 32, 24, 24, 16, 26 };

    rule->remote_bits = remote_bits[bench_roll(16)];
    rule->local_bits = local_bits[bench_roll(10)];
    rule->remote = (bench_roll(1u << 16) << 16 | bench_roll(1u << 16)) & bench_mask(rule->remote_bits);
    rule->local = (0x0a000000 | bench_roll(1u << 20)) & bench_mask(rule->local_bits);
    rule->protocol = bench_roll(10) < 6 ? 6 : bench_roll(10) < 7 ? 17 : 0;
    bench_ports(rule->remote_port, 40, 15);
    bench_ports(rule->local_port, 25, 15);
    if (rule->remote_bits < 12 && rule->local_bits < 16 && rule->remote_port[1] - rule->remote_port[0] > 1000)
        rule->local_port[0] = rule->local_port[1] = (uint16_t)bench_roll(65536);   /* as in real sets: nothing too wide */
}

/* Half of the packets lie within a rule. */
static inline void bench_make_packet(struct bench_packet *packet, const struct bench_rule *rules, uint32_t count)
{
    const struct bench_rule *rule = &rules[bench_roll(count)];
    uint32_t remote = bench_roll(1u << 16) << 16 | bench_roll(1u << 16), local = 0x0a000000 | bench_roll(1u << 20);

    packet->protocol = bench_roll(3) ? 6 : 17;
    packet->remote_port = (uint16_t)bench_roll(65536);
    packet->local_port = (uint16_t)bench_roll(65536);
    packet->remote = remote;
    packet->local = local;
    if (bench_roll(2)) {
        packet->remote = rule->remote | (remote & ~bench_mask(rule->remote_bits));
        packet->local = rule->local | (local & ~bench_mask(rule->local_bits));
        packet->protocol = rule->protocol ? rule->protocol : packet->protocol;
        packet->remote_port = (uint16_t)(rule->remote_port[0] + bench_roll((uint32_t)rule->remote_port[1] - rule->remote_port[0] + 1));
        packet->local_port = (uint16_t)(rule->local_port[0] + bench_roll((uint32_t)rule->local_port[1] - rule->local_port[0] + 1));
    }
}

#endif
