/* Bulk TCP with a checked pattern. No lwIP here: this is a user of socket.h like any other.
 *
 * The stream is a sequence of 64-bit little-endian words, word k = k * PATTERN. The checksum is the sum of all whole
 * words rotated left by one before each addition, so that order matters. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"

#define PATTERN 0x9E3779B97F4A7C15ull
#define PIECE 16384u

static uint64_t word_at(uint64_t offset)
{
    return (offset / 8) * PATTERN;
}

static void add_word(struct tcpip_transfer *t, uint64_t word)
{
    t->checksum = (t->checksum << 1 | t->checksum >> 63) + word;
}

static void finish(struct tcpip_transfer *t, const char *why)
{
    if (t->finished)
        return;
    t->finished = true;
    t->failed = why != NULL;
    snprintf(t->why, sizeof t->why, "%s", why ? why : "");
    t->ended_ns = ke_now();
    t->tcp = NULL;
    if (t->done)
        t->done(t);
}

static const char *reason(NTSTATUS status)
{
    switch (status) {
    case STATUS_CONNECTION_REFUSED: return "the peer refused the connection";
    case STATUS_CONNECTION_RESET: return "the peer reset the connection";
    case STATUS_IO_TIMEOUT: return "the connection was aborted after a time-out";
    case STATUS_NETWORK_UNREACHABLE:
    case STATUS_HOST_UNREACHABLE: return "no route";
    case STATUS_ADDRESS_ALREADY_EXISTS: return "the port is in use";
    case STATUS_INSUFFICIENT_RESOURCES: return "no memory";
    default: return "the connection was lost";
    }
}

static void on_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    finish(context, reason(status));
    tcpip_tcp_abort(tcp);
}

/* --- sender ------------------------------------------------------------------------------------------------- */

static void push(struct tcpip_tcp *tcp, struct tcpip_transfer *t)
{
    uint64_t words[PIECE / 8];

    for (;;) {
        uint64_t at = t->moved, skip = at % 8, left = t->bytes - at;
        size_t n = min_u64(min_u64(left, PIECE - 8), tcpip_tcp_room(tcp));
        if (n == 0)
            return;
        for (size_t k = 0; k < (skip + n + 7) / 8; k++)
            words[k] = word_at(at - skip + 8 * k);
        size_t taken = tcpip_tcp_send(tcp, (char *)words + skip, n, TCPIP_SEND_COPY);
        t->moved += taken;
        for (uint64_t w = at / 8; w < t->moved / 8; w++)
            add_word(t, w * PATTERN);
        if (taken < n)
            return;
    }
}

static void sender_connected(struct tcpip_tcp *tcp, void *context)
{
    struct tcpip_transfer *t = context;

    t->started_ns = ke_now();
    push(tcp, t);
}

static void sender_sent(struct tcpip_tcp *tcp, void *context, size_t size)
{
    struct tcpip_transfer *t = context;

    t->acknowledged += size;
    if (t->acknowledged == t->bytes) {
        tcpip_tcp_close(tcp);
        finish(t, NULL);
    } else {
        push(tcp, t);
    }
}

static void sender_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    if (packet) {
        tcpip_tcp_consumed(tcp, tcpip_packet_size(packet));
        tcpip_packet_free(packet);
    }
}

static const struct tcpip_tcp_events sender_events = {
    .connected = sender_connected,
    .sent = sender_sent,
    .received = sender_received,
    .failed = on_failed,
};

static bool refuse(struct tcpip_transfer *t, const char *what, NTSTATUS status)
{
    char text[TCPIP_ADDRESS_TEXT];

    if (t->tcp)
        tcpip_tcp_abort(t->tcp);
    t->tcp = NULL;
    return error_set("cannot %s %s: %s", what, tcpip_format_address(&t->address, text), reason(status));
}

static void send_at_once(struct tcpip_tcp *tcp)
{
    struct tcpip_tcp_options options;

    tcpip_tcp_get_options(tcp, &options);
    options.nodelay = true;
    tcpip_tcp_set_options(tcp, &options);
}

static bool start(struct tcpip_transfer *t)
{
    NTSTATUS status = tcpip_tcp_create(t->address.family, &sender_events, t, &t->tcp);

    if (NT_SUCCESS(status)) {
        send_at_once(t->tcp);
        status = tcpip_tcp_connect(t->tcp, &t->address);
    }
    return NT_SUCCESS(status) || refuse(t, "connect to", status);
}

bool tcpip_transfer_send(struct tcpip_transfer *t)
{
    t->finished = t->failed = t->corrupt = false;
    t->moved = t->checksum = t->acknowledged = 0;
    t->started_ns = ke_now();
    stack_enter();
    bool started = start(t);
    stack_leave();
    return started;
}

/* --- server ------------------------------------------------------------------------------------------------- */

/* Whole words at a word boundary of the stream: the common case. Returns the bytes it took. */
static size_t check_words(struct tcpip_transfer *t, const uint8_t *data, size_t size)
{
    uint64_t expected = word_at(t->moved), sum = t->checksum, wrong = 0;

    for (size_t at = 0; at + 8 <= size; at += 8, expected += PATTERN) {
        uint64_t word;
        memcpy(&word, data + at, 8);
        wrong |= word ^ expected;
        sum = (sum << 1 | sum >> 63) + word;
    }
    t->checksum = sum;
    t->corrupt |= wrong != 0;
    t->moved += size & ~(size_t)7;
    return size & ~(size_t)7;
}

static void check_bytes(struct tcpip_transfer *t, const uint8_t *data, size_t size)
{
    while (size) {
        if (t->moved % 8 == 0 && size >= 8) {
            size_t n = check_words(t, data, size);
            data += n;
            size -= n;
            continue;
        }
        unsigned skip = t->moved % 8, n = (unsigned)min_u64(8 - skip, size);
        uint64_t word = word_at(t->moved);

        t->corrupt |= memcmp((uint8_t *)&word + skip, data, n) != 0;
        memcpy(t->partial + skip, data, n);
        if (skip + n == 8) {
            memcpy(&word, t->partial, 8);
            add_word(t, word);
        }
        t->moved += n;
        data += n;
        size -= n;
    }
}

static void server_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    struct tcpip_transfer *t = context;
    struct iovec parts[64];

    if (!packet) {
        tcpip_tcp_close(tcp);
        finish(t, t->corrupt ? "bytes arrived that were never sent" : NULL);
        return;
    }
    unsigned count = tcpip_packet_parts(packet, parts, countof(parts));
    for (unsigned n = 0; n < count && n < countof(parts); n++)
        check_bytes(t, parts[n].iov_base, parts[n].iov_len);
    t->corrupt |= count > countof(parts);
    tcpip_tcp_consumed(tcp, tcpip_packet_size(packet));
    tcpip_packet_free(packet);
}

static const struct tcpip_tcp_events server_events;

static bool server_accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *tcp)
{
    struct tcpip_transfer *t = context;

    if (t->tcp != listener)
        return false;
    t->tcp = tcp;
    t->started_ns = ke_now();
    tcpip_tcp_set_events(tcp, &server_events, t);
    tcpip_tcp_close(listener);
    return true;
}

static const struct tcpip_tcp_events server_events = {
    .accepted = server_accepted,
    .received = server_received,
    .failed = on_failed,
};

static bool serve(struct tcpip_transfer *t)
{
    struct tcpip_address any = { .family = t->address.family ? t->address.family : 6, .port = t->address.port };
    NTSTATUS status = tcpip_tcp_create(t->address.family, &server_events, t, &t->tcp);

    if (NT_SUCCESS(status))
        status = tcpip_tcp_bind(t->tcp, t->address.family ? &t->address : &any, TCPIP_SHARE_DEFAULT);
    if (NT_SUCCESS(status))
        status = tcpip_tcp_listen(t->tcp, 0, false);
    return NT_SUCCESS(status) || refuse(t, "listen on", status);
}

bool tcpip_transfer_serve(struct tcpip_transfer *t)
{
    t->finished = t->failed = t->corrupt = false;
    t->moved = t->checksum = 0;
    stack_enter();
    bool started = serve(t);
    stack_leave();
    return started;
}

void tcpip_transfer_stop(struct tcpip_transfer *t)
{
    stack_enter();
    if (t->tcp)
        tcpip_tcp_abort(t->tcp);
    t->tcp = NULL;
    stack_leave();
}
