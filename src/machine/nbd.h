/* The NBD server: what the computer's drivers show as \\.\PhysicalDriveN, for NBD clients on a Unix socket (the protocol document of
 * the Network Block Device project: fixed newstyle negotiation, simple and structured replies, base:allocation).
 *
 *  1. Nothing a client says is trusted. What breaks the protocol costs it its connection, and nothing else: the log says why.
 *  2. A request is a slot of its connection from its header to the last byte of its reply. No slot, or no memory: the connection is
 *     not read until there is, in the order of asking.
 *  3. Data lies in chunks of the back end's memory. Who keeps chunks waiting in the middle of a write for STALL_NS while somebody
 *     waits for memory loses the connection.
 *  4. A dropped connection lives, without a socket, until the back end has answered its requests.
 *  5. done of a request may come from anywhere: inside submit, from the event loop, from a driver. */
#ifndef MACHINE_NBD_H
#define MACHINE_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "host/loop.h"

#define NBD_CHUNK 65536u
#define NBD_PAYLOAD_MAX (32u << 20)
#define NBD_SEGMENTS (NBD_PAYLOAD_MAX / NBD_CHUNK)
#define NBD_REQUESTS 128u               /* of a connection at once */
#define NBD_CONNECTIONS 64u
#define NBD_NAME_MAX 255u

/* --- what it serves: a back end --------------------------------------------------------------------------------------- */

/* Errors of the protocol. */
enum nbd_error {
    NBD_OK = 0, NBD_EPERM = 1, NBD_EIO = 5, NBD_ENOMEM = 12, NBD_EINVAL = 22, NBD_ENOSPC = 28, NBD_EOVERFLOW = 75,
    NBD_ENOTSUP = 95, NBD_ESHUTDOWN = 108
};

struct nbd_info {
    uint64_t bytes;
    uint32_t block, preferred;          /* bytes: least and preferred */
    bool read_only, trim, status;
    char description[128];
};

struct nbd_segment {
    void *base;                         /* 4096-byte aligned */
    uint32_t size;
};

enum nbd_kind { NBD_READ, NBD_WRITE, NBD_FLUSH, NBD_TRIM, NBD_ZEROES, NBD_STATUS };

struct nbd_io {
    enum nbd_kind kind;
    bool fua, no_hole;
    uint64_t offset, length;
    struct nbd_segment *segments;       /* READ, WRITE: `length` bytes in chunks */
    unsigned segment_count;
    void (*done)(struct nbd_io *io, enum nbd_error error);
    uint64_t extent_length;             /* STATUS: the answer, from offset */
    bool extent_hole;
    uint64_t room[48];                  /* the back end's own */
};

struct nbd_backend {
    void *context;
    /* One past the highest number there is. */
    unsigned (*count)(void *context);
    bool (*query)(void *context, unsigned number, struct nbd_info *info);
    void *(*open)(void *context, unsigned number);      /* NULL: it has gone */
    void (*close)(void *context, void *disk);           /* no request is under way */
    void (*submit)(void *context, void *disk, struct nbd_io *io);
    void *(*alloc)(void *context, size_t bytes);        /* a chunk, 4096-byte aligned; NULL: none */
    void (*free)(void *context, void *chunk, size_t bytes);
    size_t memory;                      /* bytes of chunks it may take in all, at least 1 MiB */
};

/* --- the server ---------------------------------------------------------------------------------------------------------- */

struct nbd_server;
/* Listens on the socket and serves until closed. Clients that come before there is a disk wait a little for it. Everything it is
 * given must outlive it. NULL with error_text(). */
struct nbd_server *nbd_open(const char *path, const struct nbd_backend *backend, struct clock *clock);
/* A connection that somebody else made (a test); the server owns the socket from now on. False with error_text(). */
bool nbd_adopt(struct nbd_server *server, int socket);
/* Drops every connection and stops listening. */
void nbd_stop(struct nbd_server *server);
/* Requests the back end has not answered, connections that are open. */
unsigned nbd_in_flight(const struct nbd_server *server);
unsigned nbd_connections(const struct nbd_server *server);
/* After nbd_stop, when nothing is in flight. NULL is allowed. */
void nbd_close(struct nbd_server *server);

#endif
