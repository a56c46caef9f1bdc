#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "tcpip/dns.h"
#include "tcpip/stack.h"

#define SERVERS_MAX 16
#define NAMED_MAX 4
#define REPLY_MAX 65535u
#define UNSENT_MS 50u
#define UNSENT_MAX 240u                 /* 12 s in all, as long as the tries */

/* How long each try waits. */
static const uint16_t try_ms[] = { 1000, 1000, 2000, 4000, 4000 };

static struct list lookups = LIST_INIT(lookups);
static struct tcpip_address named[NAMED_MAX];
static unsigned named_count;

/* --- servers ------------------------------------------------------------------------------------------------ */

bool tcpip_add_name_server(const char *text)
{
    struct tcpip_address address;

    if (!tcpip_parse_address(text, &address))
        return false;
    if (named_count == NAMED_MAX)
        return error_set("more than %d name servers", NAMED_MAX);
    if (!address.port)
        address.port = 53;
    named[named_count++] = address;
    return true;
}

unsigned tcpip_name_servers(struct tcpip_address *servers, unsigned count)
{
    struct tcpip_interface_info info;
    unsigned found = 0;

    for (unsigned n = 0; n < named_count; n++, found++)
        if (found < count)
            servers[found] = named[n];
    for (unsigned i = 0; tcpip_query_interface(i, &info); i++)
        for (unsigned n = 0; info.bound && n < countof(info.dns) && info.dns[n].family; n++, found++)
            if (found < count) {
                servers[found] = info.dns[n];
                servers[found].port = 53;
            }
    return found;
}

/* --- one question --------------------------------------------------------------------------------------------- */

static void ask(struct dns_lookup *l);

static void drop_endpoints(struct dns_lookup *l)
{
    if (l->udp)
        tcpip_datagram_close(l->udp);
    if (l->tcp)
        tcpip_tcp_abort(l->tcp);
    free(l->reply);
    l->udp = NULL;
    l->tcp = NULL;
    l->reply = NULL;
}

static void timed_out(void *argument)
{
    struct dns_lookup *l = argument;

    drop_endpoints(l);
    ask(l);
}

static void forget(struct dns_lookup *l)
{
    stack_cancel_timer(timed_out, l);
    drop_endpoints(l);
    list_remove(&l->node);
    l->state = DNS_IDLE;
}

static void finish(struct dns_lookup *l, enum dns_outcome outcome)
{
    forget(l);
    l->outcome = outcome;
    l->done(l);
}

/* The next server, without waiting for the time of this try unless every server has had its turn. */
static void try_next(struct dns_lookup *l)
{
    drop_endpoints(l);
    if (l->next_server % l->server_count)
        stack_set_timer(0, timed_out, l);
}

static void refused(struct dns_lookup *l)
{
    if (++l->refused >= l->server_count)
        finish(l, DNS_SERVER_FAILED);
    else
        try_next(l);
}

static void answered(struct dns_lookup *l, const uint8_t *message, size_t size)
{
    enum dns_outcome outcome = dns_message_answer(message, size, l->id, l->name, l->type, &l->answer);
    bool by_tcp = l->state == DNS_BY_TCP;

    if (outcome == DNS_FOREIGN && !by_tcp)
        return;                         /* somebody else's, or forged: the true one may still come */
    if (outcome == DNS_SERVER_FAILED || outcome == DNS_FOREIGN || (outcome == DNS_TRUNCATED && by_tcp))
        refused(l);
    else
        finish(l, outcome);
}

/* --- by TCP ------------------------------------------------------------------------------------------------- */

static void send_rest(struct dns_lookup *l)
{
    if (l->sent < l->query_size + 2)
        l->sent += tcpip_tcp_send(l->tcp, l->query + l->sent, l->query_size + 2 - l->sent, TCPIP_SEND_COPY);
}

static void tcp_connected(struct tcpip_tcp *tcp, void *context)
{
    send_rest(context);
}

static void tcp_sent(struct tcpip_tcp *tcp, void *context, size_t size)
{
    send_rest(context);
}

static void tcp_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    try_next(context);
}

static size_t reply_wanted(const struct dns_lookup *l)
{
    return l->reply_size < 2 ? 2 : 2u + (l->reply[0] << 8 | l->reply[1]);
}

static void tcp_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    struct dns_lookup *l = context;
    struct iovec parts[64];

    if (!packet) {
        try_next(l);
        return;
    }
    unsigned count = tcpip_packet_parts(packet, parts, countof(parts));
    size_t size = tcpip_packet_size(packet);
    for (unsigned i = 0; i < count && i < countof(parts); i++) {
        size_t n = min_u64(parts[i].iov_len, 2 + REPLY_MAX - l->reply_size);
        memcpy(l->reply + l->reply_size, parts[i].iov_base, n);
        l->reply_size += n;
    }
    tcpip_packet_free(packet);
    tcpip_tcp_consumed(tcp, size);
    if (count > countof(parts))
        try_next(l);
    else if (l->reply_size >= 2 && l->reply_size >= reply_wanted(l))
        answered(l, l->reply + 2, reply_wanted(l) - 2);
}

static const struct tcpip_tcp_events tcp_events = {
    .connected = tcp_connected,
    .received = tcp_received,
    .sent = tcp_sent,
    .failed = tcp_failed,
};

static void ask_by_tcp(struct dns_lookup *l)
{
    drop_endpoints(l);
    l->state = DNS_BY_TCP;
    l->sent = l->reply_size = 0;
    l->reply = malloc(2 + REPLY_MAX);
    if (!l->reply || tcpip_tcp_create(l->server.family, &tcp_events, l, &l->tcp) != STATUS_SUCCESS ||
        tcpip_tcp_connect(l->tcp, &l->server) != STATUS_PENDING)
        try_next(l);
    else
        stack_set_timer(4000000000ull, timed_out, l);
}

/* --- by UDP ------------------------------------------------------------------------------------------------- */

static bool is_cut(const struct dns_lookup *l, const uint8_t *message, size_t size)
{
    struct dns_answer unused;

    return dns_message_answer(message, size, l->id, l->name, l->type, &unused) == DNS_TRUNCATED;
}

static void udp_received(struct tcpip_datagram *udp, void *context, const struct tcpip_received *how,
                         struct tcpip_packet *packet)
{
    struct dns_lookup *l = context;
    uint8_t message[1500];
    struct iovec parts[8];
    size_t size = 0;
    unsigned count = tcpip_packet_parts(packet, parts, countof(parts));
    bool fits = tcpip_packet_size(packet) <= sizeof message && count <= countof(parts);

    for (unsigned i = 0; fits && i < count; i++) {
        memcpy(message + size, parts[i].iov_base, parts[i].iov_len);
        size += parts[i].iov_len;
    }
    tcpip_packet_free(packet);
    if (!fits)
        return;
    if (is_cut(l, message, size))
        ask_by_tcp(l);
    else
        answered(l, message, size);
}

static void udp_error(struct tcpip_datagram *udp, void *context, const struct tcpip_address *to, NTSTATUS status)
{
    try_next(context);
}

static bool send_question(struct dns_lookup *l)
{
    struct iovec part = { l->query + 2, l->query_size };

    return tcpip_datagram_create(l->server.family, 17, udp_received, udp_error, l, &l->udp) == STATUS_SUCCESS &&
           tcpip_datagram_connect(l->udp, &l->server) == STATUS_SUCCESS &&
           tcpip_datagram_send(l->udp, &l->server, &part, 1, NULL, NULL) == STATUS_SUCCESS;
}

/* No server is known yet, or there is no way to any: they are asked again soon, until an address has come. */
static void wait_for_network(struct dns_lookup *l)
{
    drop_endpoints(l);
    if (++l->unsent > UNSENT_MAX)
        finish(l, DNS_SERVER_FAILED);
    else
        stack_set_timer(UNSENT_MS * 1000000ull, timed_out, l);
}

static void ask(struct dns_lookup *l)
{
    struct tcpip_address servers[SERVERS_MAX];
    unsigned count = (unsigned)min_u64(tcpip_name_servers(servers, SERVERS_MAX), SERVERS_MAX);
    char text[TCPIP_ADDRESS_TEXT];

    if (l->tries == countof(try_ms)) {
        finish(l, DNS_SERVER_FAILED);
        return;
    }
    l->state = DNS_ASKING;
    l->id = (uint16_t)stack_random();
    l->query_size = dns_message_query(l->query + 2, l->id, l->name, l->type);
    l->query[0] = (uint8_t)(l->query_size >> 8);
    l->query[1] = (uint8_t)l->query_size;
    l->server_count = count;
    bool sent = false;
    for (unsigned n = 0; n < count && !sent; n++) {
        drop_endpoints(l);
        l->server = servers[l->next_server++ % count];
        sent = send_question(l);
    }
    if (!sent) {
        l->next_server -= count;
        wait_for_network(l);
        return;
    }
    log_debug("tcpip", "asks %s for %s", tcpip_format_address(&l->server, text), l->name);
    stack_set_timer(try_ms[l->tries++] * 1000000ull, timed_out, l);
}

/* --- life --------------------------------------------------------------------------------------------------- */

NTSTATUS dns_lookup_start(struct dns_lookup *l)
{
    uint8_t query[DNS_QUERY_SIZE];

    if (!dns_message_query(query, 0, l->name, l->type))
        return STATUS_INVALID_PARAMETER;
    stack_enter();
    l->tries = l->next_server = l->refused = l->unsent = 0;
    list_push_back(&lookups, &l->node);
    ask(l);
    stack_leave();
    return STATUS_PENDING;
}

void dns_lookup_stop(struct dns_lookup *l)
{
    stack_enter();
    if (l->state != DNS_IDLE)
        forget(l);
    stack_leave();
}

void dns_close_all(void)
{
    while (!list_empty(&lookups))
        forget(list_first(&lookups, struct dns_lookup, node));
    named_count = 0;
}
