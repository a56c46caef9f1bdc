/* A scripted peer: a computer with vionet.sys on a wire whose other end is the test. The body of a SCRIPT runs as a
 * thread inside the computer at PASSIVE_LEVEL on the virtual clock; it calls the stack, puts frames on the wire and looks
 * at those that came out.
 *
 *     SCRIPT(a_syn_to_a_closed_port_is_refused)
 *     {
 *         script_tcp(s, .port = 5, .flags = SYN, .seq = 100);
 *         CHECK_EQ(script_expect_tcp(s)->flags, RST | ACK);
 *     }
 *
 * The computer is 10.0.0.1/24 and fe80::/64, the peer 10.0.0.2 and fe80::2. ARP and neighbour solicitation are answered
 * for the peer's addresses; router solicitations, MLD and IGMP are only seen when `s->all` is set. */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#ifndef UNIT_LIBRARY_BYTES
#define UNIT_LIBRARY_BYTES 4096         /* lwIP's timers */
#endif
#ifdef RING3_WS2DEF_H                   /* Windows' socket headers, which do not go with Linux' */
#define htons __builtin_bswap16
#define ntohs __builtin_bswap16
#define htonl __builtin_bswap32
#define ntohl __builtin_bswap32
#else
#include <arpa/inet.h>
#endif

#include "machine/machine.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "ring3.h"
#include "tcpip/socket.h"
#include "unit.h"
#include "wire/wire_impl.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { SCRIPT_FRAMES = 16384 };

struct script_frame {
    uint16_t size;
    uint8_t *bytes;
};

/* One packet of ours, taken apart. */
struct script_packet {
    uint8_t family, protocol, ttl, tos;
    uint16_t fragment;                  /* IPv4: the field with flags, host order */
    uint8_t from[16], to[16];
    uint16_t from_port, to_port;        /* TCP and UDP */
    uint32_t seq, ack, window;
    uint8_t flags;
    const uint8_t *data;                /* of TCP and UDP; of others what is behind the IP header */
    size_t size, ip_size;
    uint16_t mss;
};

struct script {
    struct ring3_computer *computer;
    struct ring3_nic *nic;
    struct wire_ops ops;
    struct script_frame frames[SCRIPT_FRAMES];
    unsigned first, last;               /* free-running */
    struct script_packet packet;
    uint8_t mac[6];
    bool all, silent;                   /* silent: answers no ARP */
    uint8_t local6[16];
    void (*body)(struct script *s);
};

static const uint8_t script_peer_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t script_peer4[4] = { 10, 0, 0, 2 }, script_host4[4] = { 10, 0, 0, 1 };
static const uint8_t script_peer6[16] = { 0xfe, 0x80, [15] = 2 };

/* --- sums ---------------------------------------------------------------------------------------------------- */

static inline uint32_t script_add(uint32_t sum, const void *data, size_t size)
{
    const uint8_t *b = data;

    for (size_t n = 0; n < size; n++)
        sum += n & 1 ? b[n] : (uint32_t)b[n] << 8;
    return (sum & 0xffff) + (sum >> 16);
}

static inline uint16_t script_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static inline void script_put16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static inline void script_put32(uint8_t *at, uint32_t v)
{
    script_put16(at, v >> 16);
    script_put16(at + 2, v & 0xffff);
}

static inline unsigned script_get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t script_get32(const uint8_t *at)
{
    return (uint32_t)script_get16(at) << 16 | script_get16(at + 2);
}

/* --- frames out of the peer ----------------------------------------------------------------------------------- */

static inline void script_put(struct script *s, const void *frame, size_t size)
{
    uint8_t padded[60] = { 0 };
    struct iovec part = { (void *)frame, size };

    if (size < sizeof padded) {
        memcpy(padded, frame, size);
        part = (struct iovec){ padded, sizeof padded };
    }
    wire_deliver(s->nic->wire, &part, 1);
    wire_burst_end(s->nic->wire);
}

static inline void script_wait(struct script *s, unsigned ms)
{
    LARGE_INTEGER time = { .QuadPart = -(int64_t)ms * 10000 };

    (void)s;
    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

struct script_ip {
    uint8_t family;                     /* 0: 4 */
    uint8_t protocol, ttl, tos;
    const uint8_t *from, *to;           /* NULL: the peer's and ours */
    uint16_t id, fragment;
    const void *options;                /* IPv4, a multiple of 4 bytes */
    size_t options_size;
    bool vlan, bad_checksum;
    const uint8_t *to_mac;
};

/* An IP packet with this payload; the transport checksum at `checksum_at` of it is computed, SIZE_MAX: none. */
static inline void script_ip(struct script *s, const struct script_ip *ip, const void *payload, size_t size, size_t checksum_at)
{
    static uint8_t frame[66000];
    size_t header = ip->family == 6 ? 40 : 20 + ip->options_size, at = 14;
    const uint8_t *from = ip->from ? ip->from : ip->family == 6 ? script_peer6 : script_peer4;
    const uint8_t *to = ip->to ? ip->to : ip->family == 6 ? s->local6 : script_host4;
    size_t address = ip->family == 6 ? 16 : 4;

    memset(frame, 0, 80);
    memcpy(frame, ip->to_mac ? ip->to_mac : s->mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    script_put16(frame + 12, ip->family == 6 ? 0x86dd : 0x0800);
    uint8_t *h = frame + at;
    if (ip->family == 6) {
        h[0] = (uint8_t)(0x60 | ip->tos >> 4);
        h[1] = (uint8_t)(ip->tos << 4);
        script_put16(h + 4, (unsigned)size);
        h[6] = ip->protocol;
        h[7] = ip->ttl ? ip->ttl : 64;
        memcpy(h + 8, from, 16);
        memcpy(h + 24, to, 16);
    } else {
        h[0] = (uint8_t)(0x40 | header / 4);
        h[1] = ip->tos;
        script_put16(h + 2, (unsigned)(header + size));
        script_put16(h + 4, ip->id);
        script_put16(h + 6, ip->fragment);
        h[8] = ip->ttl ? ip->ttl : 64;
        h[9] = ip->protocol;
        memcpy(h + 12, from, 4);
        memcpy(h + 16, to, 4);
        if (ip->options)
            memcpy(h + 20, ip->options, ip->options_size);
        script_put16(h + 10, script_fold(script_add(0, h, header)));
    }
    memcpy(h + header, payload, size);
    if (checksum_at != SIZE_MAX) {
        uint8_t tail[8] = { 0 };
        script_put32(tail, (uint32_t)size);
        tail[7] = ip->protocol;
        script_put16(h + header + checksum_at, 0);
        uint32_t sum = script_add(script_add(script_add(0, from, address), to, address), tail, 8);
        uint16_t total = script_fold(script_add(sum, h + header, size));
        script_put16(h + header + checksum_at, ip->bad_checksum ? total ^ 0x1234 : total);
    }
    script_put(s, frame, at + header + size);
}

struct script_tcp {
    struct script_ip ip;
    uint16_t from_port;                 /* 0: 1000 */
    uint16_t port;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window;                    /* 0: 65535; see zero_window */
    bool zero_window;
    uint16_t urgent, mss;
    const void *data;
    size_t size;
};

static inline void script_send_tcp(struct script *s, struct script_tcp t)
{
    static uint8_t b[65600];
    size_t header = t.mss ? 24 : 20;

    memset(b, 0, 24);
    script_put16(b, t.from_port ? t.from_port : 1000);
    script_put16(b + 2, t.port);
    script_put32(b + 4, t.seq);
    script_put32(b + 8, t.ack);
    b[12] = (uint8_t)(header / 4 << 4);
    b[13] = t.flags;
    script_put16(b + 14, t.zero_window ? 0 : t.window ? t.window : 65535);
    script_put16(b + 18, t.urgent);
    if (t.mss) {
        b[20] = 2;
        b[21] = 4;
        script_put16(b + 22, t.mss);
    }
    if (t.size)
        memcpy(b + header, t.data, t.size);
    t.ip.protocol = 6;
    script_ip(s, &t.ip, b, header + t.size, 16);
}
#define script_tcp(s, ...) (script_send_tcp((s), (struct script_tcp){ __VA_ARGS__ }), script_wait((s), 1))

struct script_udp {
    struct script_ip ip;
    uint16_t from_port, port;           /* from_port 0: 1000 */
    const void *data;
    size_t size;
};

static inline void script_send_udp(struct script *s, struct script_udp u)
{
    static uint8_t b[65600];

    script_put16(b, u.from_port ? u.from_port : 1000);
    script_put16(b + 2, u.port);
    script_put16(b + 4, (unsigned)(8 + u.size));
    if (u.size)
        memcpy(b + 8, u.data, u.size);
    u.ip.protocol = 17;
    script_ip(s, &u.ip, b, 8 + u.size, 6);
}
#define script_udp(s, ...) (script_send_udp((s), (struct script_udp){ __VA_ARGS__ }), script_wait((s), 1))

/* --- frames into the peer --------------------------------------------------------------------------------------- */

static inline void script_answer_arp(struct script *s, const uint8_t *f)
{
    uint8_t a[42] = { 0 };

    if (script_get16(f + 20) != 1 || memcmp(f + 38, script_peer4, 4) != 0 || s->silent)
        return;
    memcpy(a, f + 6, 6);
    memcpy(a + 6, script_peer_mac, 6);
    script_put16(a + 12, 0x0806);
    memcpy(a + 14, f + 14, 6);
    script_put16(a + 20, 2);
    memcpy(a + 22, script_peer_mac, 6);
    memcpy(a + 28, f + 38, 4);
    memcpy(a + 32, f + 22, 10);
    script_put(s, a, sizeof a);
}

static inline void script_answer_solicitation(struct script *s, const uint8_t *f)
{
    uint8_t a[32] = { 136, 0, 0, 0, 0x60 };

    if (memcmp(f + 14 + 40 + 8, script_peer6, 16) != 0 || s->silent)
        return;
    memcpy(a + 8, script_peer6, 16);
    a[24] = 2;
    a[25] = 1;
    memcpy(a + 26, script_peer_mac, 6);
    script_ip(s, &(struct script_ip){ .family = 6, .protocol = 58, .ttl = 255, .to = f + 22 }, a, sizeof a, 2);
}

/* What the stack does by itself. */
static inline bool script_noise(struct script *s, const uint8_t *f, size_t size)
{
    unsigned type = script_get16(f + 12);

    if (type == 0x0806) {
        script_answer_arp(s, f);
        return true;
    }
    if (type == 0x86dd && size > 54 && (f[20] == 0 || (f[20] == 58 && f[54] >= 130 && f[54] <= 143))) {
        if (f[20] == 58 && f[54] == 135)
            script_answer_solicitation(s, f);
        return !s->all;
    }
    return type == 0x0800 && f[23] == 2 && !s->all;
}

static struct script *script_current;

static inline bool script_take(struct wire *wire, const struct iovec *parts, int count)
{
    struct script *s = script_current;
    size_t size = frame_size(parts, count);
    uint8_t *copy = malloc(size);

    frame_gather(copy, parts, count);
    if (size < 34 || script_noise(s, copy, size) || s->last - s->first == SCRIPT_FRAMES)
        free(copy);
    else
        s->frames[s->last++ % SCRIPT_FRAMES] = (struct script_frame){ (uint16_t)size, copy };
    return wire_sent(wire, size);
}

static inline void script_parse_transport(struct script_packet *p, const uint8_t *b, size_t size)
{
    p->data = b;
    p->size = size;
    if ((p->protocol != 6 && p->protocol != 17) || (p->fragment & 0x1fff))
        return;
    p->from_port = (uint16_t)script_get16(b);
    p->to_port = (uint16_t)script_get16(b + 2);
    size_t header = p->protocol == 17 ? 8 : (size_t)(b[12] >> 4) * 4;
    if (p->protocol == 6) {
        p->seq = script_get32(b + 4);
        p->ack = script_get32(b + 8);
        p->flags = b[13];
        p->window = script_get16(b + 14);
        if (header >= 24 && b[20] == 2)
            p->mss = (uint16_t)script_get16(b + 22);
    }
    p->data = b + header;
    p->size = size - header;
}

/* The next packet that came out, NULL when there is none. Valid until the next call. */
static inline struct script_packet *script_next(struct script *s)
{
    static uint8_t kept[66000];
    struct script_packet *p = &s->packet;

    if (s->first == s->last)
        return NULL;
    struct script_frame f = s->frames[s->first++ % SCRIPT_FRAMES];
    memcpy(kept, f.bytes, f.size);
    free(f.bytes);
    memset(p, 0, sizeof *p);
    const uint8_t *h = kept + 14;
    if (script_get16(kept + 12) == 0x86dd) {
        p->family = 6;
        p->protocol = h[6];
        p->ttl = h[7];
        p->ip_size = 40 + script_get16(h + 4);
        memcpy(p->from, h + 8, 16);
        memcpy(p->to, h + 24, 16);
        script_parse_transport(p, h + 40, p->ip_size - 40);
    } else {
        size_t header = (h[0] & 15u) * 4u;
        p->family = 4;
        p->tos = h[1];
        p->fragment = (uint16_t)script_get16(h + 6);
        p->ttl = h[8];
        p->protocol = h[9];
        p->ip_size = script_get16(h + 2);
        memcpy(p->from, h + 12, 4);
        memcpy(p->to, h + 16, 4);
        script_parse_transport(p, h + header, p->ip_size - header);
    }
    return p;
}

static inline struct script_packet *script_expect(struct script *s, uint8_t protocol)
{
    struct script_packet *p = script_next(s);

    CHECK(p != NULL);
    CHECK_EQ(p->protocol, protocol);
    return p;
}
#define script_expect_tcp(s) script_expect(s, 6)
#define script_expect_udp(s) script_expect(s, 17)

static inline void script_expect_nothing(struct script *s)
{
    struct script_packet *p = script_next(s);

    if (p)
        UNIT_FAIL("a packet of protocol %u came, flags %02x, %zu bytes", p->protocol, p->flags, p->size);
}

/* The next TCP segment that has one of these flags, data, or both: acknowledgements come when timers say so. */
static inline struct script_packet *script_find_tcp(struct script *s, uint8_t flags)
{
    struct script_packet *p;

    while ((p = script_next(s)) && !(p->protocol == 6 && (p->flags & flags)))
        ;
    CHECK(p != NULL);
    return p;
}

static inline void script_forget(struct script *s)
{
    while (script_next(s))
        ;
}

/* --- the computer -------------------------------------------------------------------------------------------------- */

static inline const char *script_driver(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 4; up++)
        *strrchr(path, '/') = 0;
    strcat(path, "/drivers/vionet/vionet.sys");
    if (access(path, R_OK) != 0)
        SKIP("vionet.sys has not been built (make drivers)");
    return path;
}

static inline void script_run_body(void *argument)
{
    struct script *s = argument;

    script_wait(s, 3000);               /* duplicate address detection */
    script_forget(s);
    s->body(s);
}

static inline void script_learn(struct script *s)
{
    struct tcpip_interface_info info;

    CHECK(tcpip_query_interface(0, &info));
    memcpy(s->mac, info.mac, 6);
    CHECK_EQ(info.ipv6[0].family, 6);
    memcpy(s->local6, info.ipv6[0].bytes, 16);
}

static inline void script_play_with(void (*body)(struct script *s), unsigned cpus)
{
    static struct script script;
    struct script *s = script_current = &script;
    struct ring3_config config;
    struct ring3_report report;

    memset(s, 0, sizeof *s);
    s->body = body;
    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = 128u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    CHECK((s->computer = ring3_open(&config)) != NULL);
    CHECK((s->nic = ring3_add_nic(s->computer, "null")) != NULL);
    s->ops = *s->nic->wire->ops;
    s->ops.send = script_take;
    s->nic->wire->ops = &s->ops;
    CHECK(ring3_set_address(s->computer, 0, "10.0.0.1/24"));
    CHECK(ring3_load(s->computer, script_driver()) != NULL);
    ring3_run(s->computer, 3000000000ull);
    script_learn(s);
    CHECK(machine_call(script_run_body, s));
    script_forget(s);
    ring3_close(s->computer, &report);
    script_forget(s);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
}

#define SCRIPT_ON(cpus, script_name)                                                                              \
    static void script_name##_body(struct script *s);                                                             \
    TEST(script_name)                                                                                             \
    {                                                                                                             \
        script_play_with(script_name##_body, cpus);                                                               \
    }                                                                                                             \
    static void script_name##_body(struct script *s)
#define SCRIPT(script_name) SCRIPT_ON(2, script_name)

/* Addresses for the calls of socket.h. */
static inline struct tcpip_address script_address(const uint8_t *bytes, uint16_t port)
{
    struct tcpip_address a = { .family = 4, .port = port };

    memcpy(a.bytes, bytes, 4);
    return a;
}

#endif
