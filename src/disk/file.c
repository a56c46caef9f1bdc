/* The file disk: file:PATH[,size=N][,ro=on][,io=uring|threads]. Linux does the work; the host thread never waits for it.
 *
 *  1. At most IN_FLIGHT requests are with the kernel; the others wait in line.
 *  2. A request goes to the kernel again after a short transfer, after a hole that the file system cannot make (then zeroes
 *     are written), and for the flush behind a fua that the kernel's operation itself does not have.
 *  3. With `wait`, flush_queue waits until every request is answered. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "disk/disk_impl.h"
#include "disk/file_queue.h"
#include "host/loop.h"

#define IN_FLIGHT 256u
#define ZEROES 65536u
#define LOCK_WAIT_MS 1000
#define LOCK_PAUSE_MS 10

enum { MOVE, ZERO_BY_WRITING, SYNC };   /* disk_io.stage */

struct file_disk {
    struct disk disk;
    struct loop_watch watch;
    struct file_queue *queue;
    struct list line;                   /* requests that are not with the queue */
    unsigned in_flight;
    bool wait;
    int fd;
    char path[256];
};

static const uint8_t zeroes[ZEROES];

/* --- to the kernel ------------------------------------------------------------------------------------------------ */

/* Parts of the request that are behind `progress`. */
static void skip_done(struct disk_io *io, uint64_t moved)
{
    io->progress += moved;
    while (io->count && moved >= io->parts->iov_len) {
        moved -= io->parts->iov_len;
        io->parts++;
        io->count--;
    }
    if (io->count && moved) {
        io->parts->iov_base = (uint8_t *)io->parts->iov_base + moved;
        io->parts->iov_len -= moved;
    }
}

static struct file_operation operation(const struct file_disk *file, struct disk_io *io)
{
    struct file_operation o = {
        .fd = file->fd, .parts = io->parts, .count = io->count, .context = io,
        .offset = io->offset + io->progress, .length = io->length - io->progress,
    };

    if (io->op == DISK_FLUSH || io->stage == SYNC) {
        o.move = FILE_SYNC;
    } else if (io->stage == ZERO_BY_WRITING) {
        o.move = FILE_WRITE_BYTES;
        o.bytes = zeroes;
        o.length = min_u64(o.length, ZEROES);
    } else if (io->op == DISK_READ) {
        o.move = FILE_READ;
    } else if (io->op == DISK_WRITE) {
        o.move = FILE_WRITE;
        o.durable = io->fua;
    } else {
        o.move = FILE_ALLOCATE;
        o.mode = FALLOC_FL_KEEP_SIZE | (io->op == DISK_DISCARD || io->unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
    }
    return o;
}

static void hand_over(struct file_disk *file)
{
    while (!list_empty(&file->line) && file->in_flight < IN_FLIGHT) {
        struct disk_io *io = container_of(file->line.next, struct disk_io, link);
        struct file_operation o = operation(file, io);

        if (!file->queue->ops->put(file->queue, &o))
            break;
        list_remove(&io->link);
        file->in_flight++;
    }
    file->queue->ops->go(file->queue);
}

/* --- from the kernel ---------------------------------------------------------------------------------------------- */

static void again(struct file_disk *file, struct disk_io *io)
{
    list_push_back(&file->line, &io->link);
}

static void finish(struct file_disk *file, struct disk_io *io)
{
    bool sync = io->fua && io->stage != SYNC && io->op != DISK_WRITE && io->op != DISK_FLUSH && io->op != DISK_READ;

    if (!sync) {
        disk_answer(io, DISK_DONE);
        return;
    }
    io->stage = SYNC;
    again(file, io);
}

static void fail(struct file_disk *file, struct disk_io *io, int error)
{
    static const char *const verbs[] = { "read", "write", "flush", "discard", "write zeroes" };
    bool hole = io->stage == MOVE && (io->op == DISK_DISCARD || io->op == DISK_WRITE_ZEROES);

    if (error == EINTR || error == EAGAIN) {
        again(file, io);
    } else if (hole && (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL)) {
        if (io->op == DISK_DISCARD) {   /* a hint: nothing has to happen */
            finish(file, io);
            return;
        }
        io->stage = ZERO_BY_WRITING;
        again(file, io);
    } else {
        log_error("disk", "%s: cannot %s %llu bytes at %llu: %s", file->path, verbs[io->op], (unsigned long long)io->length,
                  (unsigned long long)io->offset, strerror(error));
        disk_answer(io, error == ENOSPC || error == EDQUOT ? DISK_NO_SPACE : DISK_FAILED);
    }
}

static void completed(struct file_disk *file, struct disk_io *io, int result)
{
    bool moves = io->op == DISK_READ || io->op == DISK_WRITE || io->stage == ZERO_BY_WRITING;

    if (result < 0) {
        fail(file, io, -result);
    } else if (!moves || io->stage == SYNC) {
        finish(file, io);
    } else if (result == 0) {
        fail(file, io, EIO);            /* somebody made the file shorter */
    } else {
        if (io->stage == ZERO_BY_WRITING)
            io->progress += (uint64_t)result;
        else
            skip_done(io, (uint64_t)result);
        if (io->progress < io->length)
            again(file, io);
        else
            finish(file, io);
    }
}

/* Takes what is over. Answers may submit more. */
static bool reap(struct file_disk *file)
{
    bool any = false;
    void *io;
    int result;

    while (file->queue->ops->take(file->queue, &io, &result)) {
        file->in_flight--;
        completed(file, io, result);
        any = true;
    }
    return any;
}

static void file_ready(struct loop_watch *watch, int events)
{
    struct file_disk *file = watch->context;

    if (reap(file))
        disk_burst_end(&file->disk);
    hand_over(file);
}

static void file_drain(struct disk *disk)
{
    struct file_disk *file = container_of(disk, struct file_disk, disk);

    while (file->in_flight || !list_empty(&file->line)) {
        hand_over(file);
        file->queue->ops->wait(file->queue);
        reap(file);
    }
}

/* --- the disk ----------------------------------------------------------------------------------------------------- */

static void file_submit(struct disk *disk, struct disk_io *io)
{
    again(container_of(disk, struct file_disk, disk), io);
}

static void file_flush_queue(struct disk *disk)
{
    struct file_disk *file = container_of(disk, struct file_disk, disk);

    if (file->wait)
        file_drain(disk);
    else
        hand_over(file);
}

static void file_close(struct disk *disk)
{
    struct file_disk *file = container_of(disk, struct file_disk, disk);

    if (!file->wait)
        loop_remove(&file->watch);
    file->queue->ops->close(file->queue);
    close(file->fd);
    free(file);
}

static bool read_only_wanted(struct spec *spec, bool *wanted)
{
    const char *text = spec_value(spec, "ro", 0);

    *wanted = text && strcmp(text, "on") == 0;
    return !text || *wanted || strcmp(text, "off") == 0 || error_set("ro=%s: on or off", text);
}

static bool set_size(struct file_disk *file, struct spec *spec)
{
    struct stat st;
    uint64_t wanted;

    if (!spec_number(spec, "size", 0, &wanted))
        return false;
    if (fstat(file->fd, &st) != 0)
        return error_set("%s: %s", file->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set("%s is not a regular file", file->path);
    if (wanted > INT64_MAX)
        return error_set("size=%llu: no disk is that large", (unsigned long long)wanted);
    file->disk.size = (uint64_t)st.st_size;
    if (!wanted || wanted == file->disk.size)
        return true;
    if (file->disk.size)
        return error_set("%s has %llu bytes, not the %llu of size=; without size= it is taken as it is", file->path,
                         (unsigned long long)file->disk.size, (unsigned long long)wanted);
    if (file->disk.read_only)
        return error_set("%s is empty and ro=on: nothing could ever be in it", file->path);
    if (ftruncate(file->fd, (off_t)wanted) != 0)
        return error_set("%s: cannot make it %llu bytes long: %s", file->path, (unsigned long long)wanted, strerror(errno));
    file->disk.size = wanted;
    return true;
}

/* The kernel lets go of a dead computer's file a moment after its process: requests in its ring hold it. */
static bool lock_file(const struct file_disk *file)
{
    struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };

    for (int left = LOCK_WAIT_MS / LOCK_PAUSE_MS; flock(file->fd, (file->disk.read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0; left--) {
        if (errno != EWOULDBLOCK)
            return error_set("%s: cannot lock it: %s", file->path, strerror(errno));
        if (!left)
            return error_set("%s is in use by another computer", file->path);
        nanosleep(&pause, NULL);
    }
    return true;
}

static bool open_file(struct file_disk *file, struct spec *spec)
{
    int flags;

    if (!spec->argument || strlen(spec->argument) >= sizeof file->path)
        return error_set("file: which file? expected file:PATH");
    strcpy(file->path, spec->argument);
    if (!read_only_wanted(spec, &file->disk.read_only) || !disk_read_block(&file->disk, spec))
        return false;
    flags = file->disk.read_only ? O_RDONLY : O_RDWR;
    for (int i = 0; i < spec->count; i++)
        if (!strcmp(spec->pair[i].key, "size") && !file->disk.read_only)
            flags |= O_CREAT;
    file->fd = open(file->path, flags | O_CLOEXEC, 0666);
    if (file->fd < 0)
        return error_set("%s: %s%s", file->path, strerror(errno), errno == ENOENT ? "; size=N makes it" : "");
    return lock_file(file) && set_size(file, spec) && disk_check_size(&file->disk, file->path);
}

/* io_uring, or threads where the host refuses it. */
static bool open_queue(struct file_disk *file, struct spec *spec)
{
    const char *how = spec_value(spec, "io", 0);

    if (how && strcmp(how, "uring") != 0 && strcmp(how, "threads") != 0)
        return error_set("io=%s: uring or threads", how);
    if (!how || strcmp(how, "uring") == 0)
        file->queue = file_uring_open(IN_FLIGHT);
    if (!file->queue && how && strcmp(how, "uring") == 0)
        return false;
    if (!file->queue) {
        if (!how)
            log_info("disk", "%s: %s; threads move the data", file->path, error_text());
        file->queue = file_threads_open(IN_FLIGHT);
    }
    if (!file->queue)
        return false;
    file->watch = (struct loop_watch){ .fd = file->queue->fd, .events = LOOP_READ, .ready = file_ready, .context = file };
    if (file->wait || loop_add(&file->watch))
        return true;
    file->queue->ops->close(file->queue);
    return false;
}

static struct disk *file_open(struct spec *spec, struct clock *clock, bool wait)
{
    struct file_disk *file = calloc(1, sizeof *file);

    if (!file)
        return error_set("no memory for a disk"), NULL;
    file->disk = (struct disk){ .ops = &disk_file, .volatile_cache = true, .discard = true };
    file->fd = -1;
    file->wait = wait;
    list_init(&file->line);
    if (open_file(file, spec) && open_queue(file, spec))
        return &file->disk;
    if (file->fd >= 0)
        close(file->fd);
    free(file);
    return NULL;
}

const struct disk_ops disk_file = {
    .kind = "file",
    .help = "file:PATH[,size=N][,ro=on][,io=uring|threads]: a file of the host; size=N makes it",
    .open = file_open,
    .submit = file_submit,
    .flush_queue = file_flush_queue,
    .drain = file_drain,
    .close = file_close,
};
