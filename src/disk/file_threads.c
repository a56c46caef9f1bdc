/* A file disk's operations by threads that wait for them.
 *
 *  1. An operation is in exactly one of two rings: `asked` from go until a thread takes it, `over` from its end until take.
 *     Both have room for every operation of the queue.
 *  2. Everything is under `lock`, the counter behind `fd` too: it is not zero exactly while `over` has something.
 *  3. The threads take no signals, so that those of the scheduler come to its own thread, and touch nothing of ring3's but
 *     the rings. Their stacks are ours, because the C library keeps its own for the next thread. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "disk/file_queue.h"

enum { THREADS = 4, STACK = 128 * 1024 };

struct ring {
    struct file_operation *at;
    unsigned head, count;
};

struct threads {
    struct file_queue queue;
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_t thread[THREADS];
    uint8_t *stacks;
    struct file_operation *put;         /* and not handed over yet: of the host thread alone */
    struct ring asked, over;
    unsigned size, put_count, under_way, running;
    bool ending;
};

static struct threads *threads_of(struct file_queue *queue)
{
    return container_of(queue, struct threads, queue);
}

static void push(const struct threads *t, struct ring *ring, const struct file_operation *o)
{
    ring->at[(ring->head + ring->count++) % t->size] = *o;
}

static struct file_operation pop(const struct threads *t, struct ring *ring)
{
    struct file_operation o = ring->at[ring->head];

    ring->head = (ring->head + 1) % t->size;
    ring->count--;
    return o;
}

/* --- the threads --------------------------------------------------------------------------------------------------- */

static int64_t move(const struct file_operation *o)
{
    switch (o->move) {
    case FILE_READ:
        return preadv(o->fd, o->parts, o->count, (off_t)o->offset);
    case FILE_WRITE:
        return pwritev2(o->fd, o->parts, o->count, (off_t)o->offset, o->durable ? RWF_DSYNC : 0);
    case FILE_WRITE_BYTES:
        return pwrite(o->fd, o->bytes, (size_t)o->length, (off_t)o->offset);
    case FILE_SYNC:
        return fdatasync(o->fd);
    case FILE_ALLOCATE:
        return fallocate(o->fd, o->mode, (off_t)o->offset, (off_t)o->length);
    }
    errno = EINVAL;
    return -1;
}

static void *run(void *argument)
{
    struct threads *t = argument;
    static const uint64_t one = 1;

    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->asked.count && !t->ending)
            pthread_cond_wait(&t->work, &t->lock);
        if (t->ending)
            break;
        struct file_operation o = pop(t, &t->asked);
        pthread_mutex_unlock(&t->lock);
        int64_t moved = move(&o);
        o.count = moved < 0 ? -errno : (int)moved;
        pthread_mutex_lock(&t->lock);
        push(t, &t->over, &o);
        if (t->over.count == 1 && write(t->queue.fd, &one, sizeof one) != sizeof one)
            break;                      /* cannot be: the counter is 0 */
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* --- the host thread ------------------------------------------------------------------------------------------------ */

static bool threads_put(struct file_queue *queue, const struct file_operation *o)
{
    struct threads *t = threads_of(queue);

    if (t->under_way == t->size)
        return false;
    t->put[t->put_count++] = *o;
    t->under_way++;
    return true;
}

static void threads_go(struct file_queue *queue)
{
    struct threads *t = threads_of(queue);

    if (!t->put_count)
        return;
    pthread_mutex_lock(&t->lock);
    for (unsigned n = 0; n < t->put_count; n++)
        push(t, &t->asked, &t->put[n]);
    t->put_count = 0;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
}

static bool threads_take(struct file_queue *queue, void **context, int *result)
{
    struct threads *t = threads_of(queue);
    uint64_t counter;
    bool any;

    pthread_mutex_lock(&t->lock);
    any = t->over.count != 0;
    if (any) {
        struct file_operation o = pop(t, &t->over);
        *context = o.context;
        *result = o.count;
        t->under_way--;
        if (!t->over.count && read(t->queue.fd, &counter, sizeof counter) < 0)
            *result = -errno;           /* cannot be: the counter is 1 */
    }
    pthread_mutex_unlock(&t->lock);
    return any;
}

static void threads_wait(struct file_queue *queue)
{
    struct pollfd ready = { .fd = queue->fd, .events = POLLIN };

    while (poll(&ready, 1, -1) < 0 && errno == EINTR)
        ;
}

static void threads_close(struct file_queue *queue)
{
    struct threads *t = threads_of(queue);

    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    while (t->running)
        pthread_join(t->thread[--t->running], NULL);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    if (queue->fd >= 0)
        close(queue->fd);
    if (t->stacks != MAP_FAILED)
        munmap(t->stacks, THREADS * STACK);
    free(t->put);
    free(t->asked.at);
    free(t->over.at);
    free(t);
}

static int start_thread(struct threads *t, unsigned n)
{
    pthread_attr_t attributes;
    int error;

    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, t->stacks + n * STACK, STACK);
    error = pthread_create(&t->thread[n], &attributes, run, t);
    pthread_attr_destroy(&attributes);
    return error;
}

static bool start(struct threads *t)
{
    sigset_t all, before;
    int error = 0;

    if (!(t->put = calloc(t->size, sizeof *t->put)) || !(t->asked.at = calloc(t->size, sizeof *t->put)) ||
        !(t->over.at = calloc(t->size, sizeof *t->put)))
        return error_set("no memory for a disk");
    t->queue.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->queue.fd < 0)
        return error_set("no event descriptor for a disk's threads: %s", strerror(errno));
    t->stacks = mmap(NULL, THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (t->stacks == MAP_FAILED)
        return error_set("no stacks for a disk's threads: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (t->running < THREADS && (error = start_thread(t, t->running)) == 0)
        t->running++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t->running || error_set("no threads for a disk: %s", strerror(error));
}

struct file_queue *file_threads_open(unsigned size)
{
    static const struct file_queue_ops ops = {
        .put = threads_put, .go = threads_go, .take = threads_take, .wait = threads_wait, .close = threads_close,
    };
    struct threads *t = calloc(1, sizeof *t);

    if (!t)
        return error_set("no memory for a disk"), NULL;
    t->queue = (struct file_queue){ .ops = &ops, .fd = -1 };
    t->size = size;
    t->stacks = MAP_FAILED;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    if (start(t))
        return &t->queue;
    threads_close(&t->queue);
    return NULL;
}
