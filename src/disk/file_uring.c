/* A file disk's operations by io_uring. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "disk/file_queue.h"

struct uring {
    struct file_queue queue;
    struct io_uring ring;
    unsigned unsubmitted;
};

static struct uring *uring_of(struct file_queue *queue)
{
    return container_of(queue, struct uring, queue);
}

static bool uring_put(struct file_queue *queue, const struct file_operation *o)
{
    struct uring *u = uring_of(queue);
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

    if (!sqe)
        return false;
    switch (o->move) {
    case FILE_READ:
        io_uring_prep_readv(sqe, o->fd, o->parts, (unsigned)o->count, o->offset);
        break;
    case FILE_WRITE:
        io_uring_prep_writev2(sqe, o->fd, o->parts, (unsigned)o->count, o->offset, o->durable ? RWF_DSYNC : 0);
        break;
    case FILE_WRITE_BYTES:
        io_uring_prep_write(sqe, o->fd, o->bytes, (unsigned)o->length, o->offset);
        break;
    case FILE_SYNC:
        io_uring_prep_fsync(sqe, o->fd, IORING_FSYNC_DATASYNC);
        break;
    case FILE_ALLOCATE:
        io_uring_prep_fallocate(sqe, o->fd, o->mode, (off_t)o->offset, (off_t)o->length);
        break;
    }
    io_uring_sqe_set_data(sqe, o->context);
    u->unsubmitted++;
    return true;
}

static void uring_go(struct file_queue *queue)
{
    struct uring *u = uring_of(queue);

    while (u->unsubmitted) {
        int n = io_uring_submit(&u->ring);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            return;
        u->unsubmitted -= (unsigned)n;
    }
}

static bool uring_take(struct file_queue *queue, void **context, int *result)
{
    struct uring *u = uring_of(queue);
    struct io_uring_cqe *cqe;

    if (io_uring_peek_cqe(&u->ring, &cqe) != 0)
        return false;
    *context = io_uring_cqe_get_data(cqe);
    *result = cqe->res;
    io_uring_cqe_seen(&u->ring, cqe);
    return true;
}

static void uring_wait(struct file_queue *queue)
{
    struct io_uring_cqe *cqe;

    io_uring_wait_cqe(&uring_of(queue)->ring, &cqe);
}

static void uring_close(struct file_queue *queue)
{
    struct uring *u = uring_of(queue);

    io_uring_queue_exit(&u->ring);
    free(u);
}

struct file_queue *file_uring_open(unsigned size)
{
    static const struct file_queue_ops ops = {
        .put = uring_put, .go = uring_go, .take = uring_take, .wait = uring_wait, .close = uring_close,
    };
    struct uring *u = calloc(1, sizeof *u);

    if (!u)
        return error_set("no memory for a disk"), NULL;
    int error = io_uring_queue_init(size, &u->ring, 0);
    if (error < 0) {
        free(u);
        return error_set("the host has no io_uring: %s", strerror(-error)), NULL;
    }
    u->queue = (struct file_queue){ .ops = &ops, .fd = u->ring.ring_fd };
    return &u->queue;
}
