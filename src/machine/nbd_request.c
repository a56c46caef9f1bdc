/* The transmission phase: requests, from their header to the back end. */
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "host/stream.h"
#include "machine/nbd_internal.h"

#define REQUEST_MAGIC 0x25609513u
#define REQUEST_BYTES 28u
#define PARTS 64

enum { CMD_READ, CMD_WRITE, CMD_DISC, CMD_FLUSH, CMD_TRIM, CMD_CACHE, CMD_ZEROES, CMD_STATUS };
enum { FLAG_FUA = 1, FLAG_NO_HOLE = 2, FLAG_DF = 4, FLAG_REQ_ONE = 8 };

/* Flags that each command may have. */
static const uint16_t flags_of[] = {
    [CMD_READ] = FLAG_FUA | FLAG_DF, [CMD_WRITE] = FLAG_FUA, [CMD_FLUSH] = FLAG_FUA, [CMD_TRIM] = FLAG_FUA,
    [CMD_ZEROES] = FLAG_FUA | FLAG_NO_HOLE, [CMD_STATUS] = FLAG_FUA | FLAG_REQ_ONE,
};

static const enum nbd_kind kind_of[] = {
    [CMD_READ] = NBD_READ, [CMD_WRITE] = NBD_WRITE, [CMD_FLUSH] = NBD_FLUSH, [CMD_TRIM] = NBD_TRIM,
    [CMD_ZEROES] = NBD_ZEROES, [CMD_STATUS] = NBD_STATUS,
};

static void answered(struct nbd_io *io, enum nbd_error error)
{
    struct nbd_request *r = container_of(io, struct nbd_request, io);
    struct nbd_connection *c = r->connection;

    c->in_flight--;
    c->server->in_flight--;
    if (c->state == NBD_S_DEAD) {
        nbd_release(r);
        nbd_pump(c);
        return;
    }
    nbd_reply(r, error);
    nbd_answered(c);
}

static void submit(struct nbd_request *r)
{
    struct nbd_connection *c = r->connection;

    r->io.segments = r->segments;
    r->io.segment_count = r->segment_count;
    r->io.done = answered;
    r->io.extent_length = 0;
    r->io.extent_hole = false;
    c->in_flight++;
    c->server->in_flight++;
    c->server->backend->submit(c->server->backend->context, c->disk, &r->io);
}

static bool writes(unsigned type)
{
    return type == CMD_WRITE || type == CMD_TRIM || type == CMD_ZEROES;
}

static enum nbd_error check_range(const struct nbd_connection *c, const struct nbd_request *r)
{
    const struct nbd_io *io = &r->io;
    bool data = r->type == CMD_READ || r->type == CMD_WRITE;

    if (r->type == CMD_FLUSH)
        return NBD_OK;
    if (writes(r->type) && c->info.read_only)
        return NBD_EPERM;
    if (!io->length || io->offset % c->info.block || io->length % c->info.block)
        return NBD_EINVAL;
    if (io->offset > c->info.bytes || io->length > c->info.bytes - io->offset)
        return writes(r->type) ? NBD_ENOSPC : NBD_EINVAL;
    return data && io->length > c->server->payload_max ? NBD_EOVERFLOW : NBD_OK;
}

static enum nbd_error check(const struct nbd_connection *c, const struct nbd_request *r)
{
    if (r->type >= countof(flags_of) || !flags_of[r->type] || (r->flags & ~flags_of[r->type]))
        return NBD_EINVAL;
    if ((r->flags & FLAG_DF) && !c->structured)
        return NBD_EINVAL;
    if (r->type == CMD_STATUS && !c->status_selected)
        return NBD_EINVAL;
    if (r->type == CMD_TRIM && !c->info.trim)
        return NBD_EINVAL;
    return check_range(c, r);
}

/* Reads the header into a slot. False: the client is no NBD client. */
static bool parse(struct nbd_connection *c, struct nbd_request *r)
{
    const uint8_t *at = c->in + c->in_at;

    if (nbd_get(at, 4) != REQUEST_MAGIC)
        return false;
    r->flags = (uint16_t)nbd_get(at + 4, 2);
    r->type = (uint16_t)nbd_get(at + 6, 2);
    r->cookie = nbd_get(at + 8, 8);
    r->io.offset = nbd_get(at + 16, 8);
    r->io.length = nbd_get(at + 24, 4);
    if (r->type == CMD_FLUSH)
        r->io.offset = r->io.length = 0;        /* reserved */
    r->io.fua = r->flags & FLAG_FUA;
    r->io.no_hole = r->flags & FLAG_NO_HOLE;
    r->received = 0;
    r->segment_count = 0;
    return true;
}

/* A request that is refused; a write's data still comes, unless there is too much of it to wait for. */
static void refuse(struct nbd_connection *c, struct nbd_request *r, enum nbd_error error)
{
    if (r->type != CMD_WRITE || !r->io.length) {
        nbd_reply(r, error);
        return;
    }
    if (r->io.length > 2 * NBD_PAYLOAD_MAX) {
        nbd_drop(c, "a write of %llu bytes", (unsigned long long)r->io.length);
        return;
    }
    c->current = r;
    c->skip = r->io.length;
    c->skip_error = error;
    c->state = NBD_S_PAYLOAD_SKIP;
}

bool nbd_request_header(struct nbd_connection *c)
{
    bool data;
    struct nbd_request *r;
    enum nbd_error error;

    if (c->finishing || list_empty(&c->free) || c->in_have - c->in_at < REQUEST_BYTES || !list_empty(&c->waiting))
        return false;
    r = list_first(&c->free, struct nbd_request, link);
    if (!parse(c, r)) {
        nbd_drop(c, "a request without the magic number");
        return false;
    }
    if (r->type == CMD_DISC) {
        c->finishing = true;
        return true;
    }
    error = check(c, r);
    data = r->type == CMD_READ || r->type == CMD_WRITE;
    if (!error && data && !nbd_take_chunks(r, r->io.length)) {
        if (nbd_memory_in_use(c->server)) {
            nbd_wait_for_memory(c);     /* the header stays where it is */
            return false;
        }
        error = NBD_ENOMEM;
    }
    c->in_at += REQUEST_BYTES;
    list_remove(&r->link);
    if (error) {
        refuse(c, r, error);
        return true;
    }
    r->io.kind = kind_of[r->type];
    if (r->type == CMD_WRITE) {
        c->current = r;
        c->state = NBD_S_PAYLOAD;
        c->moved_ns = c->server->clock->now_ns(c->server->clock);
    } else {
        submit(r);
    }
    return true;
}

/* The parts of the request's memory that are not filled. */
static int unfilled(struct nbd_request *r, struct iovec *parts)
{
    uint64_t skip = r->received;
    int count = 0;

    for (unsigned i = 0; i < r->segment_count && count < PARTS; i++) {
        if (skip >= r->segments[i].size) {
            skip -= r->segments[i].size;
            continue;
        }
        parts[count++] = (struct iovec){ (uint8_t *)r->segments[i].base + skip, r->segments[i].size - skip };
        skip = 0;
    }
    return count;
}

/* What was read ahead. */
static long take_ahead(struct nbd_connection *c, struct iovec *part)
{
    size_t n = min_u64(part->iov_len, c->in_have - c->in_at);

    memcpy(part->iov_base, c->in + c->in_at, n);
    c->in_at += (unsigned)n;
    return (long)n;
}

/* What comes behind the data is read ahead in the same call. */
static long receive(struct nbd_connection *c, struct iovec *parts, int count)
{
    uint64_t room = 0;
    long n;

    for (int i = 0; i < count; i++)
        room += parts[i].iov_len;
    c->in_at = c->in_have = 0;
    parts[count] = (struct iovec){ c->in, NBD_IN };
    n = nbd_receive(c, parts, count + 1);
    if (n > 0 && (uint64_t)n > room) {
        c->in_have = (unsigned)((uint64_t)n - room);
        n = (long)room;
    }
    return n;
}

bool nbd_request_payload(struct nbd_connection *c)
{
    struct nbd_request *r = c->current;
    struct iovec parts[PARTS + 1];
    int count = unfilled(r, parts);
    long n = c->in_at < c->in_have ? take_ahead(c, &parts[0]) : receive(c, parts, count);

    if (n == HOST_GONE)
        nbd_drop(c, "%s in the middle of a write", error_text());
    if (n <= 0)
        return false;
    r->received += (uint64_t)n;
    if (r->received == r->io.length) {
        c->current = NULL;
        c->state = NBD_S_REQUEST;
        submit(r);
    } else {
        c->moved_ns = c->server->clock->now_ns(c->server->clock);
    }
    return true;
}

bool nbd_request_skip(struct nbd_connection *c)
{
    unsigned n = (unsigned)min_u64(c->skip, c->in_have - c->in_at);

    c->in_at += n;
    c->skip -= n;
    if (!c->skip) {
        struct nbd_request *r = c->current;

        c->current = NULL;
        c->state = NBD_S_REQUEST;
        nbd_reply(r, c->skip_error);
    }
    return n;
}
