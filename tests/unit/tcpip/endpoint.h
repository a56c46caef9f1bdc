/* An endpoint of TCP that writes down what happens to it, for scripts. */
#ifndef TESTS_ENDPOINT_H
#define TESTS_ENDPOINT_H

#include "script.h"

enum { ENDPOINTS = 16, ENDPOINT_BYTES = 1 << 20 };

struct endpoint {
    struct tcpip_tcp *tcp, *accepted[ENDPOINTS];
    unsigned accepts, connects, closes, shuts, fails, ends, asks, gones, sents;
    bool refuse, hold_window, end;      /* end: the peer has sent its FIN */
    bool decide_at_once;
    enum tcpip_verdict verdict;
    NTSTATUS status;
    size_t received, acknowledged;
    unsigned most_pieces;
    struct tcpip_syn syn;
    uint64_t gone;
    uint8_t bytes[ENDPOINT_BYTES];
    struct endpoint *child;             /* gets the next accepted connection */
};

static inline void endpoint_asked(struct tcpip_tcp *tcp, void *context, const struct tcpip_syn *syn)
{
    struct endpoint *e = context;

    e->asks++;
    e->syn = *syn;
    if (e->decide_at_once)
        CHECK_EQ((uint32_t)tcpip_tcp_decide(tcp, syn->id, e->verdict), 0);
}

static inline void endpoint_gone(struct tcpip_tcp *tcp, void *context, uint64_t id)
{
    struct endpoint *e = context;

    e->gones++;
    e->gone = id;
}

static inline void endpoint_connected(struct tcpip_tcp *tcp, void *context)
{
    ((struct endpoint *)context)->connects++;
}

static inline void endpoint_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    struct endpoint *e = context;
    struct iovec parts[1024];

    if (!packet) {
        e->end = true;
        return;
    }
    unsigned count = tcpip_packet_parts(packet, parts, 1024);
    CHECK(count <= 1024);
    e->most_pieces = count > e->most_pieces ? count : e->most_pieces;
    for (unsigned n = 0; n < count; n++) {
        CHECK(e->received + parts[n].iov_len <= ENDPOINT_BYTES);
        memcpy(e->bytes + e->received, parts[n].iov_base, parts[n].iov_len);
        e->received += parts[n].iov_len;
    }
    if (!e->hold_window)
        tcpip_tcp_consumed(tcp, tcpip_packet_size(packet));
    tcpip_packet_free(packet);
}

static inline void endpoint_sent(struct tcpip_tcp *tcp, void *context, size_t size)
{
    struct endpoint *e = context;

    e->sents++;
    e->acknowledged += size;
}

static inline void endpoint_shut(struct tcpip_tcp *tcp, void *context)
{
    ((struct endpoint *)context)->shuts++;
}

static inline void endpoint_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    struct endpoint *e = context;

    e->fails++;
    e->status = status;
}

static inline void endpoint_closed(void *context)
{
    ((struct endpoint *)context)->closes++;
}

static inline bool endpoint_accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *connection);

static const struct tcpip_tcp_events endpoint_events = {
    .asked = endpoint_asked,
    .request_gone = endpoint_gone,
    .accepted = endpoint_accepted,
    .connected = endpoint_connected,
    .received = endpoint_received,
    .sent = endpoint_sent,
    .shut = endpoint_shut,
    .failed = endpoint_failed,
    .closed = endpoint_closed,
};

static inline bool endpoint_accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *connection)
{
    struct endpoint *e = context;

    if (e->refuse)
        return false;
    e->accepted[e->accepts++ % ENDPOINTS] = connection;
    if (e->child) {
        e->child->tcp = connection;
        tcpip_tcp_set_events(connection, &endpoint_events, e->child);
    }
    return true;
}

static inline struct endpoint *endpoint_new(void)
{
    struct endpoint *e = calloc(1, sizeof *e);

    CHECK(e != NULL);
    return e;
}

static inline struct endpoint *endpoint_listen(uint8_t family, uint16_t port, unsigned backlog, bool conditional)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address any = { .family = family == 4 ? 4 : 6, .port = port };

    e->child = endpoint_new();
    CHECK_EQ((uint32_t)tcpip_tcp_create(family, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_bind(e->tcp, &any, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_listen(e->tcp, backlog, conditional), 0);
    return e;
}

static inline void endpoint_free(struct endpoint *e)
{
    free(e->child);
    free(e);
}

/* The peer's half of an open connection. */
struct flow {
    uint16_t port, peer_port;           /* ours and the peer's */
    uint32_t seq, ack;                  /* the peer's next, and what it has seen of ours */
};

/* The peer connects: the three segments; `f->seq` and `f->ack` are set. */
static inline void flow_open(struct script *s, struct flow *f)
{
    script_tcp(s, .port = f->port, .from_port = f->peer_port, .flags = SYN, .seq = f->seq, .mss = 1460);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->flags, SYN | ACK);
    CHECK_EQ(p->ack, f->seq + 1);
    f->seq++;
    f->ack = p->seq + 1;
    script_tcp(s, .port = f->port, .from_port = f->peer_port, .flags = ACK, .seq = f->seq, .ack = f->ack);
}

/* A segment of the peer with these flags and bytes; seq moves on. */
static inline void flow_send(struct script *s, struct flow *f, uint8_t flags, const void *data, size_t size)
{
    script_tcp(s, .port = f->port, .from_port = f->peer_port, .flags = flags, .seq = f->seq, .ack = f->ack, .data = data,
               .size = size);
    f->seq += (uint32_t)size + !!(flags & FIN);
}

/* Our side connects to the peer's port 80, up to the SYN; *f is what the peer knows. */
static inline struct endpoint *endpoint_connect_start(struct script *s, struct flow *f)
{
    struct endpoint *e = endpoint_new();
    struct tcpip_address peer = script_address(script_peer4, 80);

    CHECK_EQ((uint32_t)tcpip_tcp_create(4, &endpoint_events, e, &e->tcp), 0);
    CHECK_EQ((uint32_t)tcpip_tcp_connect(e->tcp, &peer), (uint32_t)STATUS_PENDING);
    script_wait(s, 1);
    struct script_packet *p = script_expect_tcp(s);
    CHECK_EQ(p->flags, SYN);
    CHECK_EQ(p->to_port, 80);
    CHECK(p->from_port >= 49152);
    *f = (struct flow){ .port = p->from_port, .peer_port = 80, .seq = 5000, .ack = p->seq + 1 };
    return e;
}

static inline struct endpoint *endpoint_connect(struct script *s, struct flow *f)
{
    struct endpoint *e = endpoint_connect_start(s, f);

    script_tcp(s, .port = f->port, .from_port = 80, .flags = SYN | ACK, .seq = f->seq++, .ack = f->ack, .mss = 1460);
    CHECK_EQ(script_expect_tcp(s)->flags, ACK);
    CHECK_EQ(e->connects, 1);
    return e;
}

#endif
