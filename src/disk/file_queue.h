/* Where a file disk's operations go: to io_uring (file_uring.c), or to threads where the host refuses that (file_threads.c), as
 * many containers do.
 *
 *  1. The host thread alone calls; an operation and what it points to stay untouched between go and take.
 *  2. At most `size` operations are between put and take.
 *  3. `fd` is readable while something can be taken. */
#ifndef DISK_FILE_QUEUE_H
#define DISK_FILE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum file_move { FILE_READ, FILE_WRITE, FILE_WRITE_BYTES, FILE_SYNC, FILE_ALLOCATE };

struct file_operation {
    enum file_move move;
    bool durable;                       /* WRITE: on the medium when it is over */
    int fd, count, mode;                /* parts; fallocate's mode */
    struct iovec *parts;                /* READ, WRITE */
    const void *bytes;                  /* WRITE_BYTES */
    uint64_t offset, length;            /* WRITE_BYTES, ALLOCATE */
    void *context;
};

struct file_queue;

struct file_queue_ops {
    bool (*put)(struct file_queue *queue, const struct file_operation *operation);      /* false: full */
    /* Hands over what was put. A queue that is short of memory keeps some back: the next call tries again. */
    void (*go)(struct file_queue *queue);
    /* Something that is over: its context, bytes moved or -errno. False: nothing now. */
    bool (*take)(struct file_queue *queue, void **context, int *result);
    void (*wait)(struct file_queue *queue);     /* until something can be taken */
    void (*close)(struct file_queue *queue);    /* nothing is under way */
};

struct file_queue {
    const struct file_queue_ops *ops;
    int fd;
};

/* NULL with error_text(). */
struct file_queue *file_uring_open(unsigned size);
struct file_queue *file_threads_open(unsigned size);

#endif
