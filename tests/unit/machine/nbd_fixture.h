/* An NBD server on disks of memory, and a client on the other end of a socket pair: for the unit test and the fuzz target. */
#ifndef TESTS_UNIT_MACHINE_NBD_FIXTURE_H
#define TESTS_UNIT_MACHINE_NBD_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "host/loop.h"
#include "machine/nbd.h"

#define DISK_BYTES (1u << 20)
#define BLOCK 512u

struct fixture {
    struct nbd_backend backend;
    struct clock clock;
    struct clock_timer *timer;
    uint64_t now;
    struct nbd_server *server;
    unsigned disks, opened, flushes, chunks;
    bool hold, read_only, no_trim;
    enum nbd_error fail;
    unsigned held_count;
    struct nbd_io *held[2 * 128];
    uint8_t disk[2][DISK_BYTES];
    struct nbd_io last;                 /* a copy of the request that came last */
};

struct open_disk {
    struct fixture *f;
    unsigned number;
};

static inline uint64_t fixture_now(struct clock *clock)
{
    return container_of(clock, struct fixture, clock)->now;
}

static inline void fixture_arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    timer->due_ns = due_ns;
    container_of(clock, struct fixture, clock)->timer = timer;
}

static inline unsigned fixture_count(void *context)
{
    return ((struct fixture *)context)->disks;
}

static inline bool fixture_query(void *context, unsigned number, struct nbd_info *info)
{
    struct fixture *f = context;

    if (number >= f->disks)
        return false;
    *info = (struct nbd_info){ .bytes = DISK_BYTES, .block = BLOCK, .preferred = 4096, .read_only = f->read_only,
                               .trim = !f->no_trim, .status = true, .description = "memory" };
    return true;
}

static inline void *fixture_open(void *context, unsigned number)
{
    struct open_disk *disk = malloc(sizeof *disk);

    *disk = (struct open_disk){ context, number };
    disk->f->opened++;
    return disk;
}

static inline void fixture_close(void *context, void *disk)
{
    ((struct fixture *)context)->opened--;
    free(disk);
}

static inline void fixture_do(struct fixture *f, unsigned number, struct nbd_io *io)
{
    uint8_t *at = f->disk[number] + io->offset;
    enum nbd_error error = f->fail;

    if (io->kind == NBD_FLUSH)
        f->flushes++;
    else if (io->offset > DISK_BYTES || io->length > DISK_BYTES - io->offset)
        abort();                        /* the server lets nothing through that is beyond the end */
    else if (io->kind == NBD_TRIM || io->kind == NBD_ZEROES)
        memset(at, 0, io->length);
    else if (io->kind == NBD_STATUS) {
        io->extent_hole = !*at;
        for (io->extent_length = BLOCK; io->extent_length < io->length && !at[io->extent_length] == io->extent_hole;)
            io->extent_length += BLOCK;
    }
    for (unsigned i = 0; (io->kind == NBD_READ || io->kind == NBD_WRITE) && i < io->segment_count; i++) {
        if (io->kind == NBD_READ)
            memcpy(io->segments[i].base, at, io->segments[i].size);
        else
            memcpy(at, io->segments[i].base, io->segments[i].size);
        at += io->segments[i].size;
    }
    io->done(io, error);
}

static inline void fixture_submit(void *context, void *disk, struct nbd_io *io)
{
    struct fixture *f = context;

    f->last = *io;
    memcpy(io->room, &disk, sizeof disk);
    if (f->hold)
        f->held[f->held_count++] = io;
    else
        fixture_do(f, ((struct open_disk *)disk)->number, io);
}

/* Answers what is held, the last first. */
static inline void fixture_release(struct fixture *f)
{
    while (f->held_count) {
        struct nbd_io *io = f->held[--f->held_count];
        struct open_disk *disk;

        memcpy(&disk, io->room, sizeof disk);
        fixture_do(f, disk->number, io);
    }
}

static inline void *fixture_alloc(void *context, size_t bytes)
{
    ((struct fixture *)context)->chunks++;
    return aligned_alloc(4096, bytes);
}

static inline void fixture_free(void *context, void *chunk, size_t bytes)
{
    ((struct fixture *)context)->chunks--;
    free(chunk);
}

static inline bool fixture_start(struct fixture *f, unsigned disks, size_t memory)
{
    static const struct log_config quiet = { .level = LOG_ERROR };

    log_configure(&quiet);
    memset(f, 0, sizeof *f);
    f->disks = disks;
    f->clock = (struct clock){ .now_ns = fixture_now, .arm = fixture_arm };
    f->backend = (struct nbd_backend){
        .context = f, .count = fixture_count, .query = fixture_query, .open = fixture_open, .close = fixture_close,
        .submit = fixture_submit, .alloc = fixture_alloc, .free = fixture_free, .memory = memory,
    };
    return loop_open() && (f->server = nbd_open(NULL, &f->backend, &f->clock)) != NULL;
}

/* The client's end of a new connection. */
static inline int fixture_connect(struct fixture *f)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0 || !nbd_adopt(f->server, pair[0]))
        return -1;
    return pair[1];
}

static inline void fixture_poll(struct fixture *f)
{
    for (int i = 0; i < 50 && loop_poll(0) > 0; i++)
        ;
    if (f->timer && f->timer->due_ns <= f->now) {
        f->timer->due_ns = UINT64_MAX;
        f->timer->expired(f->timer);
    }
}

/* Everything is given back. */
static inline bool fixture_stop(struct fixture *f)
{
    nbd_stop(f->server);
    f->hold = false;
    fixture_release(f);
    if (nbd_in_flight(f->server) || nbd_connections(f->server) || f->opened)
        return false;
    nbd_close(f->server);
    loop_close();
    return !f->chunks;
}

#endif
