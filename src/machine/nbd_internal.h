/* Between nbd.c (server, connections, memory), nbd_handshake.c, nbd_request.c and nbd_reply.c. */
#ifndef MACHINE_NBD_INTERNAL_H
#define MACHINE_NBD_INTERNAL_H

#include <sys/uio.h>

#include "machine/nbd.h"

#define NBD_IN 65536u                   /* bytes read ahead */
#define NBD_OUT 16384u                  /* bytes of handshake replies */
#define NBD_OPTION_MAX 4096u            /* bytes of an option; longer ones are skipped and refused */

enum nbd_state {
    NBD_S_FLAGS,                        /* waits for the client's flags */
    NBD_S_OPTION,                       /* for an option's header */
    NBD_S_OPTION_DATA,
    NBD_S_OPTION_SKIP,                  /* for the end of one that is too long */
    NBD_S_REQUEST,                      /* for a request's header */
    NBD_S_PAYLOAD,                      /* for the data of a write */
    NBD_S_PAYLOAD_SKIP,                 /* for the data of a write that is refused already */
    NBD_S_DEAD                          /* has no socket any more */
};

struct nbd_request {
    struct list link;                   /* free, or in the queue of replies */
    struct nbd_connection *connection;
    struct nbd_io io;
    uint64_t cookie;
    uint16_t type, flags;
    struct nbd_segment segments[NBD_SEGMENTS];
    unsigned segment_count;
    uint64_t received;                  /* of a write's data */
    uint8_t head[64];                   /* of the reply */
    unsigned head_size;
    uint64_t data_size, sent;           /* data behind the head; bytes of both that have gone */
};

struct nbd_connection {
    struct list link;
    struct list waiting;                /* in server->waiting, or alone */
    struct nbd_server *server;
    struct loop_watch watch;
    enum nbd_state state;
    bool no_zeroes, structured, status_selected, finishing, entered;
    bool drained;                       /* the last receive got less than it had room for: nothing more until the socket is ready */
    struct list answered;               /* in server->answered, or alone */
    char status_export[NBD_NAME_MAX + 1];
    unsigned status_number;             /* the export base:allocation was selected for */
    void *disk;
    struct nbd_info info;
    uint32_t option, option_length;
    uint64_t skip;
    enum nbd_error skip_error;
    struct nbd_request *current;        /* whose data comes in */
    uint64_t moved_ns;                  /* when data of it last came */
    struct nbd_request *requests;       /* NBD_REQUESTS of them, once there is a disk */
    struct list free, replies;
    unsigned in_flight;
    unsigned in_at, in_have, out_at, out_have, reads_left;
    uint8_t in[NBD_IN], out[NBD_OUT];
};

struct nbd_server {
    const struct nbd_backend *backend;
    struct clock *clock;
    struct clock_timer timer;
    struct loop_watch watch;
    char path[108];
    bool listening, accepting, stopped;
    uint64_t accept_ns;                 /* when to accept even without a disk */
    struct list connections, waiting;
    struct list answered;               /* connections with replies that wait for the end of the turn */
    struct loop_source turn;
    unsigned connection_count, in_flight;
    size_t allocated;                   /* bytes of chunks taken from the back end */
    uint32_t payload_max;
    void **chunks;                      /* free ones */
    unsigned chunk_count, chunk_room;
};

/* nbd.c */
void nbd_drop(struct nbd_connection *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reads, works, sends, as far as it goes. */
void nbd_pump(struct nbd_connection *c);
/* A reply is in the queue: it goes with the others of this turn, before the event loop waits. */
void nbd_answered(struct nbd_connection *c);
/* Receives into the parts, as long as the connection's turn lasts and there may be something. */
long nbd_receive(struct nbd_connection *c, struct iovec *parts, int count);
/* Memory for `length` bytes, all or nothing. */
bool nbd_take_chunks(struct nbd_request *r, uint64_t length);
void nbd_give_chunks(struct nbd_request *r);
bool nbd_memory_in_use(const struct nbd_server *server);
void nbd_wait_for_memory(struct nbd_connection *c);

/* nbd_handshake.c: true when it took something in. */
void nbd_greet(struct nbd_connection *c);
bool nbd_handshake(struct nbd_connection *c);

/* nbd_request.c */
bool nbd_request_header(struct nbd_connection *c);
bool nbd_request_payload(struct nbd_connection *c);
bool nbd_request_skip(struct nbd_connection *c);

/* nbd_reply.c */
void nbd_reply(struct nbd_request *r, enum nbd_error error);
/* Sends what waits; true when nothing is left. */
bool nbd_send(struct nbd_connection *c);
/* A slot is free again. */
void nbd_release(struct nbd_request *r);

static inline uint64_t nbd_get(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

static inline uint8_t *nbd_put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = size; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
    return at + size;
}

#endif
