/* The control socket of a running computer. docs/design/ctl.md has the protocol.
 *
 * The server (ctl.c) is the outside: the socket, connections, bytes in and out. It runs in the event loop and calls a back end,
 * which is the inside: ctl_session.c, where every client has an NT thread of its own, or a test.
 *
 *  1. A connection reads one request, hands it to the back end, and reads no further until that was answered (ctl_answer) and
 *     the answer has gone. So a client holds at most one request and one answer of memory.
 *  2. A connection that ends (the client went away, it broke the protocol, the server stops) has no socket any more but lives
 *     until the back end says ctl_forget: `gone` tells it, once.
 *  3. What a client says wrong ends its own connection, with a sentence, and nothing else. */
#ifndef MACHINE_CTL_H
#define MACHINE_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/message.h"
#include "host/loop.h"

#define CTL_CONNECTIONS 64

struct ctl_connection;

struct ctl_backend {
    void *context;
    /* A client has come. False: it is refused. */
    bool (*open)(void *context, struct ctl_connection *connection);
    /* connection->request and its data are there; ctl_answer is called then or later. */
    void (*request)(void *context, struct ctl_connection *connection);
    /* The client has gone: what it waits for is no longer wanted. ctl_forget is called then or later. */
    void (*gone)(void *context, struct ctl_connection *connection);
};

struct ctl_connection {
    struct list node;                   /* of the server */
    struct ctl_server *server;
    void *session;                      /* the back end's */
    struct message request;
    uint8_t *data;                      /* request.size bytes */
    /* the server's own */
    struct loop_watch watch;
    bool dead, asked, finishing, entered;
    uint8_t in[MESSAGE_LINE];
    size_t in_have;
    uint32_t data_have;
    bool in_data;
    uint8_t *out;
    size_t out_at, out_have;
};

/* Listens at `path`, mode 0600; NULL: on no socket (clients come by ctl_adopt). NULL with error_text(). */
struct ctl_server *ctl_open(const char *path, const struct ctl_backend *backend);
/* Takes a connected stream socket, which is closed in any case. */
bool ctl_adopt(struct ctl_server *server, int socket);
/* The answer to the request: a line that message_end has ended, and data. */
void ctl_answer(struct ctl_connection *connection, const struct message_line *line, const void *data, uint32_t size);
/* The back end is done with a connection that has gone: it is freed. */
void ctl_forget(struct ctl_connection *connection);
/* Closes the socket and every connection. Those that wait for an answer get `farewell` ("error ...", ended), unless it is NULL. */
void ctl_stop(struct ctl_server *server, const struct message_line *farewell);
unsigned ctl_connections(const struct ctl_server *server);
const char *ctl_path(const struct ctl_server *server);
/* After ctl_stop, when no connection is left. */
void ctl_close(struct ctl_server *server);

#endif
