/* Replies: simple ones, and structured chunks when the client negotiated them. */
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "host/stream.h"
#include "machine/nbd_internal.h"

#define SIMPLE_MAGIC 0x67446698u
#define CHUNK_MAGIC 0x668e33efu
#define CHUNK_DONE 1u
#define BATCH 64

enum { CHUNK_NONE = 0, CHUNK_DATA = 1, CHUNK_STATUS = 5, CHUNK_ERROR = 0x8001 };
enum { STATE_HOLE = 1, STATE_ZERO = 2 };
enum { CMD_READ = 0, CMD_STATUS = 7 };

static uint8_t *chunk(struct nbd_request *r, unsigned type, uint32_t length)
{
    uint8_t *at = nbd_put(r->head, CHUNK_MAGIC, 4);

    at = nbd_put(at, CHUNK_DONE, 2);
    at = nbd_put(at, type, 2);
    at = nbd_put(at, r->cookie, 8);
    return nbd_put(at, length, 4);
}

static uint8_t *structured(struct nbd_request *r, enum nbd_error error)
{
    uint8_t *at;

    if (error)
        return nbd_put(nbd_put(chunk(r, CHUNK_ERROR, 6), error, 4), 0, 2);
    if (r->type == CMD_READ)
        return nbd_put(chunk(r, CHUNK_DATA, (uint32_t)(8 + r->data_size)), r->io.offset, 8);
    at = nbd_put(chunk(r, CHUNK_STATUS, 12), 1, 4);
    at = nbd_put(at, r->io.extent_length ? min_u64(r->io.extent_length, r->io.length) : r->io.length, 4);
    return nbd_put(at, r->io.extent_hole ? STATE_HOLE | STATE_ZERO : 0, 4);
}

static uint8_t *simple(struct nbd_request *r, enum nbd_error error)
{
    uint8_t *at = nbd_put(r->head, SIMPLE_MAGIC, 4);

    at = nbd_put(at, error, 4);
    return nbd_put(at, r->cookie, 8);
}

void nbd_reply(struct nbd_request *r, enum nbd_error error)
{
    struct nbd_connection *c = r->connection;
    bool payload = r->type == CMD_READ || r->type == CMD_STATUS;

    r->data_size = r->type == CMD_READ && !error ? r->io.length : 0;
    if (!r->data_size)
        nbd_give_chunks(r);
    r->head_size = (unsigned)((c->structured && payload ? structured(r, error) : simple(r, error)) - r->head);
    r->sent = 0;
    list_push_back(&c->replies, &r->link);
}

void nbd_release(struct nbd_request *r)
{
    nbd_give_chunks(r);
    list_push_back(&r->connection->free, &r->link);
}

/* --- sending ------------------------------------------------------------------------------------------------------------- */

static int add(struct iovec *parts, int count, void *base, uint64_t size, uint64_t *skip)
{
    if (*skip >= size) {
        *skip -= size;
        return count;
    }
    parts[count] = (struct iovec){ (uint8_t *)base + *skip, size - *skip };
    *skip = 0;
    return count + 1;
}

/* What of the queue fits into one call. */
static int gather(struct nbd_connection *c, struct iovec *parts)
{
    int count = 0;

    list_each(it, &c->replies) {
        struct nbd_request *r = container_of(it, struct nbd_request, link);
        uint64_t skip = r->sent, left = r->data_size;

        if (count == BATCH)
            break;
        count = add(parts, count, r->head, r->head_size, &skip);
        for (unsigned i = 0; i < r->segment_count && left; i++) {
            uint64_t size = min_u64(r->segments[i].size, left);

            if (count == BATCH)
                return count;
            count = add(parts, count, r->segments[i].base, size, &skip);
            left -= size;
        }
    }
    return count;
}

static void sent(struct nbd_connection *c, uint64_t bytes)
{
    while (bytes) {
        struct nbd_request *r = list_first(&c->replies, struct nbd_request, link);
        uint64_t left = r->head_size + r->data_size - r->sent, n = min_u64(left, bytes);

        r->sent += n;
        bytes -= n;
        if (n < left)
            return;
        list_remove(&r->link);
        nbd_release(r);
    }
}

static bool send_out(struct nbd_connection *c)
{
    while (c->out_at < c->out_have) {
        struct iovec part = { c->out + c->out_at, c->out_have - c->out_at };
        long n = host_stream_send(c->watch.fd, &part, 1);

        if (n == HOST_GONE)
            nbd_drop(c, "%s", error_text());
        if (n <= 0)
            return false;
        c->out_at += (unsigned)n;
    }
    c->out_at = c->out_have = 0;
    return true;
}

bool nbd_send(struct nbd_connection *c)
{
    struct iovec parts[BATCH];

    if (c->state == NBD_S_DEAD || !send_out(c))
        return false;
    while (!list_empty(&c->replies)) {
        long n = host_stream_send(c->watch.fd, parts, gather(c, parts));

        if (n == HOST_GONE)
            nbd_drop(c, "%s", error_text());
        if (n <= 0)
            return false;
        sent(c, (uint64_t)n);
    }
    return true;
}
