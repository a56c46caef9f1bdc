/* The control socket's outside: see the invariants in ctl.h. */
#include "machine/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "host/memory.h"
#include "host/stream.h"

struct ctl_server {
    const struct ctl_backend *backend;
    struct loop_watch watch;
    char path[108];
    bool listening, stopped;
    struct list connections;
    unsigned count;
};

/* --- the end of a connection (2) ---------------------------------------------------------------------------------------- */

static void hang_up(struct ctl_connection *c)
{
    if (c->dead)
        return;
    c->dead = true;
    loop_remove(&c->watch);
    host_close(c->watch.fd);
    free(c->out);
    c->out = NULL;
    c->server->backend->gone(c->server->backend->context, c);
}

void ctl_forget(struct ctl_connection *c)
{
    list_remove(&c->node);
    c->server->count--;
    free(c->data);
    free(c->out);
    free(c);
}

/* --- out ----------------------------------------------------------------------------------------------------------------- */

/* True when all has gone. */
static bool send_out(struct ctl_connection *c)
{
    while (c->out_at < c->out_have) {
        struct iovec part = { c->out + c->out_at, c->out_have - c->out_at };
        long n = host_stream_send(c->watch.fd, &part, 1);

        if (n == HOST_GONE)
            c->finishing = true;
        if (n <= 0)
            return n == HOST_GONE;
        c->out_at += (size_t)n;
    }
    free(c->out);
    c->out = NULL;
    c->out_at = c->out_have = 0;
    return true;
}

static bool queue(struct ctl_connection *c, const struct message_line *line, const void *data, uint32_t size)
{
    c->out = malloc(line->length + size);
    if (!c->out)
        return false;
    memcpy(c->out, line->text, line->length);
    if (size)
        memcpy(c->out + line->length, data, size);
    c->out_have = line->length + size;
    return true;
}

/* The last words to a client that broke the protocol. */
static void refuse(struct ctl_connection *c)
{
    struct message_line line;
    const char *text = error_text();
    uint32_t size = (uint32_t)strlen(text);

    log_debug("ctl", "a client is sent away: %s", text);
    message_begin(&line, "error");
    message_add(&line, "kind", "protocol");
    c->finishing = true;
    if (message_end(&line, size))
        queue(c, &line, text, size);
}

/* --- in ------------------------------------------------------------------------------------------------------------------ */

static void ask(struct ctl_connection *c)
{
    c->asked = true;
    c->server->backend->request(c->server->backend->context, c);
}

/* A whole line is there, or it never will be. */
static bool take_line(struct ctl_connection *c)
{
    uint8_t *end = memchr(c->in, '\n', c->in_have);
    size_t length = end ? (size_t)(end - c->in) : c->in_have;

    if (!end && c->in_have < sizeof c->in)
        return false;
    if (!end || !message_parse(&c->request, (const char *)c->in, length)) {
        if (!end)
            error_set("a line of more than %u bytes", MESSAGE_LINE - 1);
        refuse(c);
        return false;
    }
    c->in_have -= length + 1;
    memmove(c->in, end + 1, c->in_have);
    c->data = c->request.size ? malloc(c->request.size) : NULL;
    if (c->request.size && !c->data) {
        error_set("no memory for %u bytes", c->request.size);
        refuse(c);
        return false;
    }
    c->data_have = 0;
    c->in_data = true;
    return true;
}

static bool take_data(struct ctl_connection *c)
{
    size_t n = min_u64(c->in_have, c->request.size - c->data_have);

    if (n)
        memcpy(c->data + c->data_have, c->in, n);
    c->data_have += (uint32_t)n;
    c->in_have -= n;
    memmove(c->in, c->in + n, c->in_have);
    if (c->data_have < c->request.size)
        return false;
    c->in_data = false;
    ask(c);
    return true;
}

/* True when bytes came. */
static bool fill(struct ctl_connection *c)
{
    struct iovec part = { c->in + c->in_have, sizeof c->in - c->in_have };
    long n;

    if (c->in_data && !c->in_have)
        part = (struct iovec){ c->data + c->data_have, c->request.size - c->data_have };
    if (!part.iov_len)
        return false;
    n = host_stream_receive(c->watch.fd, &part, 1);
    if (n == HOST_GONE)
        c->finishing = true;
    if (n <= 0)
        return false;
    if (c->in_data && !c->in_have)
        c->data_have += (uint32_t)n;
    else
        c->in_have += (size_t)n;
    return true;
}

static bool reading(const struct ctl_connection *c)
{
    return !c->finishing && !c->asked && !c->out;
}

/* Reads, asks, sends, as far as it goes. The connection may be freed afterwards. */
static void pump(struct ctl_connection *c)
{
    bool again = true;

    if (c->entered || c->dead)
        return;
    c->entered = true;
    while (again) {
        again = false;
        if (c->out)
            send_out(c);
        if (reading(c))
            again = c->in_data ? take_data(c) : take_line(c);
        if (!again && reading(c))
            again = fill(c);
    }
    c->entered = false;
    if (c->finishing && !c->asked && (!c->out || send_out(c)))
        hang_up(c);
    else
        loop_change(&c->watch, (reading(c) ? LOOP_READ : 0) | (c->out ? LOOP_WRITE : 0));
}

void ctl_answer(struct ctl_connection *c, const struct message_line *line, const void *data, uint32_t size)
{
    free(c->data);
    c->data = NULL;
    c->asked = false;
    if (c->dead)
        return;
    if (!queue(c, line, data, size))
        c->finishing = true;
    pump(c);
}

static void connection_ready(struct loop_watch *watch, int events)
{
    struct ctl_connection *c = watch->context;

    if ((events & LOOP_HANGUP) && (c->asked || !(events & LOOP_READ)))
        hang_up(c);
    else
        pump(c);
}

bool ctl_adopt(struct ctl_server *server, int socket)
{
    struct ctl_connection *c = server->count < CTL_CONNECTIONS && !server->stopped ? calloc(1, sizeof *c) : NULL;

    if (!c) {
        host_close(socket);
        return error_set("no room for another client");
    }
    c->server = server;
    c->watch = (struct loop_watch){ .fd = socket, .events = LOOP_READ, .ready = connection_ready, .context = c };
    list_push_back(&server->connections, &c->node);
    server->count++;
    if (loop_add(&c->watch)) {
        if (server->backend->open(server->backend->context, c))
            return true;
        loop_remove(&c->watch);
    }
    host_close(socket);
    ctl_forget(c);
    return false;
}

/* --- the server ------------------------------------------------------------------------------------------------------------ */

static void listener_ready(struct loop_watch *watch, int events)
{
    struct ctl_server *server = watch->context;
    int fd;

    while ((fd = host_stream_accept(watch->fd)) >= 0)
        if (!ctl_adopt(server, fd))
            log_warn("ctl", "%s", error_text());
    if (fd == -1)
        log_warn("ctl", "%s", error_text());
}

struct ctl_server *ctl_open(const char *path, const struct ctl_backend *backend)
{
    struct ctl_server *server = calloc(1, sizeof *server);

    if (!server)
        return error_set("no memory for a control socket"), NULL;
    server->backend = backend;
    list_init(&server->connections);
    if (!path)
        return server;
    server->watch = (struct loop_watch){ .fd = host_stream_listen_private(path), .events = LOOP_READ, .ready = listener_ready,
                                         .context = server };
    if (server->watch.fd >= 0) {
        snprintf(server->path, sizeof server->path, "%s", path);
        server->listening = loop_add(&server->watch);
        if (server->listening)
            return server;
        host_close(server->watch.fd);
        host_local_remove(path);
    }
    free(server);
    return NULL;
}

void ctl_stop(struct ctl_server *server, const struct message_line *farewell)
{
    if (server->stopped)
        return;
    server->stopped = true;
    if (server->listening) {
        loop_remove(&server->watch);
        host_close(server->watch.fd);
        host_local_remove(server->path);
    }
    list_each_safe(it, &server->connections) {
        struct ctl_connection *c = container_of(it, struct ctl_connection, node);

        if (farewell && c->asked && !c->dead && !c->out && queue(c, farewell, NULL, 0))
            send_out(c);
        hang_up(c);
    }
}

unsigned ctl_connections(const struct ctl_server *server)
{
    return server->count;
}

const char *ctl_path(const struct ctl_server *server)
{
    return server->path;
}

void ctl_close(struct ctl_server *server)
{
    free(server);
}
