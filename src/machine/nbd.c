/* The NBD server's life: the socket, connections, memory. */
#include "machine/nbd_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "host/memory.h"
#include "host/stream.h"

#define ACCEPT_POLL_NS 5000000ull       /* how often to look for the first disk */
#define ACCEPT_LATEST_NS 5000000000ull  /* when not to wait for it any longer */
#define STALL_NS 5000000000ull
#define STALL_POLL_NS 250000000ull
#define READS 64                        /* of one connection before the others get their turn */

static uint64_t now(struct nbd_server *server)
{
    return server->clock->now_ns(server->clock);
}

static void arm(struct nbd_server *server, uint64_t in_ns)
{
    server->clock->arm(server->clock, &server->timer, in_ns == UINT64_MAX ? in_ns : now(server) + in_ns);
}

/* --- memory (3) --------------------------------------------------------------------------------------------------------- */

static bool one_more_chunk(struct nbd_server *server)
{
    const struct nbd_backend *backend = server->backend;
    void *chunk;

    if (server->allocated + NBD_CHUNK > backend->memory || !(chunk = backend->alloc(backend->context, NBD_CHUNK)))
        return false;
    server->allocated += NBD_CHUNK;
    server->chunks[server->chunk_count++] = chunk;
    return true;
}

bool nbd_take_chunks(struct nbd_request *r, uint64_t length)
{
    struct nbd_server *server = r->connection->server;
    unsigned wanted = (unsigned)((length + NBD_CHUNK - 1) / NBD_CHUNK);

    while (server->chunk_count < wanted)
        if (!one_more_chunk(server))
            return false;
    for (r->segment_count = 0; r->segment_count < wanted; length -= min_u64(length, NBD_CHUNK))
        r->segments[r->segment_count++] = (struct nbd_segment){ server->chunks[--server->chunk_count],
                                                                 (uint32_t)min_u64(length, NBD_CHUNK) };
    return true;
}

void nbd_give_chunks(struct nbd_request *r)
{
    struct nbd_server *server = r->connection->server;

    if (!r->segment_count)
        return;
    while (r->segment_count)
        server->chunks[server->chunk_count++] = r->segments[--r->segment_count].base;
    if (!list_empty(&server->waiting))
        arm(server, 0);
}

bool nbd_memory_in_use(const struct nbd_server *server)
{
    return server->allocated > (size_t)server->chunk_count * NBD_CHUNK;
}

void nbd_wait_for_memory(struct nbd_connection *c)
{
    list_push_back(&c->server->waiting, &c->waiting);
    arm(c->server, STALL_POLL_NS);
}

static void drop_stalled(struct nbd_server *server)
{
    list_each_safe(it, &server->connections) {
        struct nbd_connection *c = container_of(it, struct nbd_connection, link);

        if (c->state == NBD_S_PAYLOAD && now(server) - c->moved_ns > STALL_NS) {
            nbd_drop(c, "a write whose data does not come, while others wait for memory");
            nbd_pump(c);
        }
    }
}

/* In the order of asking: the first that still does not get enough ends the round. */
static void serve_waiting(struct nbd_server *server)
{
    while (!list_empty(&server->waiting)) {
        struct nbd_connection *c = list_first(&server->waiting, struct nbd_connection, waiting);

        list_remove(&c->waiting);
        nbd_pump(c);
        if (!list_empty(&server->waiting) && list_first(&server->waiting, struct nbd_connection, waiting) == c)
            return;
        if (server->waiting.prev == &c->waiting) {
            list_remove(&c->waiting);
            list_push_front(&server->waiting, &c->waiting);
            return;
        }
    }
}

/* --- connections ---------------------------------------------------------------------------------------------------------- */

static void destroy(struct nbd_connection *c)
{
    struct nbd_server *server = c->server;

    if (c->disk)
        server->backend->close(server->backend->context, c->disk);
    list_remove(&c->link);
    server->connection_count--;
    free(c->requests);
    free(c);
}

static void hang_up(struct nbd_connection *c)
{
    struct list *node;

    c->state = NBD_S_DEAD;
    loop_remove(&c->watch);
    host_close(c->watch.fd);
    list_remove(&c->waiting);
    list_remove(&c->answered);
    if (c->current)
        nbd_release(c->current);
    c->current = NULL;
    while ((node = list_pop_front(&c->replies)))
        nbd_release(container_of(node, struct nbd_request, link));
}

void nbd_drop(struct nbd_connection *c, const char *format, ...)
{
    char text[200];
    va_list list;

    if (c->state == NBD_S_DEAD)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (!c->finishing)
        log_info("nbd", "a client lost its connection: %s", text);
    hang_up(c);
}

static bool work(struct nbd_connection *c)
{
    switch (c->state) {
    case NBD_S_DEAD:
        return false;
    case NBD_S_REQUEST:
        return nbd_request_header(c);
    case NBD_S_PAYLOAD:
        return nbd_request_payload(c);
    case NBD_S_PAYLOAD_SKIP:
        return nbd_request_skip(c);
    default:
        return nbd_handshake(c);
    }
}

static bool wants_input(const struct nbd_connection *c)
{
    if (c->finishing || !list_empty(&c->waiting))
        return false;
    return c->state != NBD_S_REQUEST || !list_empty(&c->free);
}

long nbd_receive(struct nbd_connection *c, struct iovec *parts, int count)
{
    size_t room = 0;
    long n;

    if (c->drained || !c->reads_left)
        return HOST_NONE_NOW;
    c->reads_left--;
    n = host_stream_receive(c->watch.fd, parts, count);
    for (int i = 0; i < count; i++)
        room += parts[i].iov_len;
    c->drained = n == HOST_NONE_NOW || (n > 0 && (size_t)n < room);
    return n;
}

/* Reads ahead. The data of a large write does not come this way. */
static bool fill(struct nbd_connection *c)
{
    struct iovec part;
    long n;

    if (c->state == NBD_S_DEAD || c->state == NBD_S_PAYLOAD || !wants_input(c))
        return false;
    memmove(c->in, c->in + c->in_at, c->in_have - c->in_at);
    c->in_have -= c->in_at;
    c->in_at = 0;
    if (c->in_have == NBD_IN)
        return false;
    part = (struct iovec){ c->in + c->in_have, NBD_IN - c->in_have };
    n = nbd_receive(c, &part, 1);
    if (n == HOST_GONE) {
        if (c->in_have || c->in_flight)
            nbd_drop(c, "%s", error_text());
        else
            hang_up(c);
    }
    c->in_have += n > 0 ? (unsigned)n : 0;
    return n > 0;
}

void nbd_pump(struct nbd_connection *c)
{
    bool all_sent, again;

    if (c->entered)
        return;
    c->entered = true;
    c->reads_left = READS;
    do {
        again = fill(c);
        while (work(c))
            again = true;
        all_sent = nbd_send(c);
    } while (again);
    if (c->state != NBD_S_DEAD && c->finishing && all_sent && !c->in_flight)
        hang_up(c);
    c->entered = false;
    if (c->state != NBD_S_DEAD)
        loop_change(&c->watch, (wants_input(c) ? LOOP_READ : 0) | (all_sent ? 0 : LOOP_WRITE));
    else if (!c->in_flight)
        destroy(c);
}

void nbd_answered(struct nbd_connection *c)
{
    if (!c->entered && list_empty(&c->answered))
        list_push_back(&c->server->answered, &c->answered);
}

static void send_answers(struct nbd_connection *c)
{
    bool all_sent;

    c->entered = true;
    all_sent = nbd_send(c);
    c->entered = false;
    if (!all_sent || c->finishing || c->in_at < c->in_have || !(c->watch.events & LOOP_READ))
        nbd_pump(c);
}

static void end_of_turn(struct loop_source *turn, int *timeout_ms)
{
    struct nbd_server *server = turn->context;
    struct list *node;

    while ((node = list_pop_front(&server->answered)))
        send_answers(container_of(node, struct nbd_connection, answered));
}

static void nothing(struct loop_source *turn)
{
}

static void connection_ready(struct loop_watch *watch, int events)
{
    struct nbd_connection *c = watch->context;

    c->drained = false;
    if ((events & LOOP_HANGUP) && !(events & LOOP_READ))
        nbd_drop(c, "the client has gone");
    nbd_pump(c);
}

bool nbd_adopt(struct nbd_server *server, int socket)
{
    struct nbd_connection *c = server->connection_count < NBD_CONNECTIONS ? calloc(1, sizeof *c) : NULL;

    if (!c) {
        host_close(socket);
        return error_set("no room for another connection");
    }
    c->server = server;
    c->watch = (struct loop_watch){ .fd = socket, .events = LOOP_READ, .ready = connection_ready, .context = c };
    list_init(&c->waiting);
    list_init(&c->answered);
    list_init(&c->free);
    list_init(&c->replies);
    if (!loop_add(&c->watch)) {
        host_close(socket);
        free(c);
        return false;
    }
    list_push_back(&server->connections, &c->link);
    server->connection_count++;
    nbd_greet(c);
    nbd_pump(c);
    return true;
}

/* --- the server --------------------------------------------------------------------------------------------------------------- */

static void listener_ready(struct loop_watch *watch, int events)
{
    struct nbd_server *server = watch->context;
    int fd;

    while ((fd = host_stream_accept(watch->fd)) >= 0)
        if (!nbd_adopt(server, fd))
            log_warn("nbd", "%s", error_text());
    if (fd == -1)
        log_warn("nbd", "%s", error_text());
}

/* Clients wait in the socket's queue until there is a disk to be had, or it is clear that none comes. */
static void try_accept(struct nbd_server *server)
{
    if (server->accepting || !server->listening || server->stopped)
        return;
    if (!server->backend->count(server->backend->context) && now(server) < server->accept_ns)
        return;
    server->accepting = loop_add(&server->watch);
    if (!server->accepting)
        log_error("nbd", "%s", error_text());
}

static void tick(struct clock_timer *timer)
{
    struct nbd_server *server = timer->context;

    try_accept(server);
    if (!list_empty(&server->waiting)) {
        drop_stalled(server);
        serve_waiting(server);
    }
    if (server->listening && !server->accepting && !server->stopped)
        arm(server, ACCEPT_POLL_NS);
    else if (!list_empty(&server->waiting))
        arm(server, STALL_POLL_NS);
}

static struct nbd_server *create(const struct nbd_backend *backend, struct clock *clock)
{
    struct nbd_server *server = calloc(1, sizeof *server);

    if (!server || !(server->chunks = calloc(backend->memory / NBD_CHUNK + 1, sizeof *server->chunks))) {
        free(server);
        return error_set("no memory for an NBD server"), NULL;
    }
    server->backend = backend;
    server->clock = clock;
    server->timer = (struct clock_timer){ .expired = tick, .context = server };
    server->payload_max = (uint32_t)min_u64(NBD_PAYLOAD_MAX, align_down(backend->memory / 2, NBD_CHUNK));
    list_init(&server->connections);
    list_init(&server->waiting);
    list_init(&server->answered);
    server->turn = (struct loop_source){ .prepare = end_of_turn, .check = nothing, .context = server };
    loop_add_source(&server->turn);
    return server;
}

struct nbd_server *nbd_open(const char *path, const struct nbd_backend *backend, struct clock *clock)
{
    struct nbd_server *server = create(backend, clock);

    if (!server || !path)
        return server;
    snprintf(server->path, sizeof server->path, "%s", path);
    server->watch = (struct loop_watch){ .fd = host_stream_listen(path), .events = LOOP_READ, .ready = listener_ready,
                                         .context = server };
    if (server->watch.fd < 0) {
        nbd_close(server);
        return NULL;
    }
    server->listening = true;
    server->accept_ns = now(server) + ACCEPT_LATEST_NS;
    arm(server, 0);
    return server;
}

void nbd_stop(struct nbd_server *server)
{
    if (server->stopped)
        return;
    server->stopped = true;
    arm(server, UINT64_MAX);
    if (server->accepting)
        loop_remove(&server->watch);
    if (server->listening) {
        host_close(server->watch.fd);
        host_local_remove(server->path);
    }
    list_each_safe(it, &server->connections) {
        struct nbd_connection *c = container_of(it, struct nbd_connection, link);

        if (c->state != NBD_S_DEAD)
            hang_up(c);
        nbd_pump(c);
    }
}

unsigned nbd_in_flight(const struct nbd_server *server)
{
    return server->in_flight;
}

unsigned nbd_connections(const struct nbd_server *server)
{
    return server->connection_count;
}

void nbd_close(struct nbd_server *server)
{
    if (!server)
        return;
    while (server->chunk_count)
        server->backend->free(server->backend->context, server->chunks[--server->chunk_count], NBD_CHUNK);
    loop_remove_source(&server->turn);
    free(server->chunks);
    free(server);
}
