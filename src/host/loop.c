/* epoll for the waiting, a small list for libraries that bring their own descriptors. */
#include "host/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "host/time.h"

#define BATCH 32

static struct {
    int epoll;
    int watches;
    struct loop_source *sources;
    struct epoll_event batch[BATCH];
    int batch_count;
} loop = { .epoll = -1 };

static volatile sig_atomic_t stop_requested;

bool loop_open(void)
{
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    loop.watches = 0;
    loop.sources = NULL;
    stop_requested = 0;
    return loop.epoll >= 0 || error_set("cannot make an event loop: %s", strerror(errno));
}

void loop_close(void)
{
    if (loop.epoll >= 0)
        close(loop.epoll);
    loop.epoll = -1;
}

static uint32_t native(int events)
{
    return (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
}

bool loop_add(struct loop_watch *watch)
{
    struct epoll_event e = { .events = native(watch->events), .data.ptr = watch };

    if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, watch->fd, &e) != 0)
        return error_set("cannot watch descriptor %d: %s", watch->fd, strerror(errno));
    loop.watches++;
    return true;
}

void loop_change(struct loop_watch *watch, int events)
{
    struct epoll_event e = { .events = native(events), .data.ptr = watch };

    if (watch->events == events)
        return;
    watch->events = events;
    epoll_ctl(loop.epoll, EPOLL_CTL_MOD, watch->fd, &e);
}

void loop_remove(struct loop_watch *watch)
{
    epoll_ctl(loop.epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    loop.watches--;
    for (int i = 0; i < loop.batch_count; i++)      /* it may sit in the batch that runs right now */
        if (loop.batch[i].data.ptr == watch)
            loop.batch[i].data.ptr = NULL;
}

void loop_add_source(struct loop_source *source)
{
    source->next = loop.sources;
    loop.sources = source;
}

void loop_remove_source(struct loop_source *source)
{
    for (struct loop_source **p = &loop.sources; *p; p = &(*p)->next) {
        if (*p == source) {
            *p = source->next;
            return;
        }
    }
}

bool loop_has_watches(void)
{
    return loop.watches > 0 || loop.sources;
}

static int wait_ns(uint64_t timeout_ns)
{
    static bool coarse;                 /* Linux before 5.11, or a container whose filter does not know the call */
    struct timespec t = { (time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u) };

    if (!coarse) {
        int n = epoll_pwait2(loop.epoll, loop.batch, BATCH, timeout_ns == UINT64_MAX ? NULL : &t, NULL);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        coarse = true;
    }
    uint64_t ms = timeout_ns / 1000000u + (timeout_ns % 1000000u != 0);
    return epoll_wait(loop.epoll, loop.batch, BATCH, timeout_ns == UINT64_MAX ? -1 : (int)(ms < INT_MAX ? ms : INT_MAX));
}

int loop_poll(uint64_t timeout_ns)
{
    int ran = 0;

    for (struct loop_source *s = loop.sources; s; s = s->next) {
        int ms = timeout_ns > 1000000000000u ? 1000000 : (int)(timeout_ns / 1000000u);
        int before = ms;
        s->prepare(s, &ms);
        if (ms < before)
            timeout_ns = ms < 0 ? 0 : (uint64_t)ms * 1000000u;
    }
    loop.batch_count = loop.watches > 0 || timeout_ns ? wait_ns(timeout_ns) : 0;
    if (loop.batch_count < 0)
        loop.batch_count = 0;
    if (timeout_ns != 0)                /* it may have slept */
        host_time_mark();
    for (int i = 0; i < loop.batch_count; i++) {
        struct loop_watch *w = loop.batch[i].data.ptr;
        uint32_t e = loop.batch[i].events;
        if (!w)
            continue;
        w->ready(w, (e & EPOLLIN ? LOOP_READ : 0) | (e & EPOLLOUT ? LOOP_WRITE : 0) |
                        (e & (EPOLLHUP | EPOLLERR) ? LOOP_HANGUP : 0));
        ran++;
    }
    loop.batch_count = 0;
    for (struct loop_source *s = loop.sources, *next; s; s = next) {
        next = s->next;
        s->check(s);
    }
    return stop_requested ? -1 : ran;
}

/* The first asks; the second does not, for a driver that never lets go. */
static void on_stop(int signal_number)
{
    static const char sentence[] = "ring3: stopped at once, nothing was unloaded\n";

    (void)signal_number;
    if (stop_requested) {
        ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
        (void)written;
        _exit(1);
    }
    stop_requested = 1;
}

void loop_catch_stop(void)
{
    struct sigaction action = { .sa_handler = on_stop };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool loop_stop_requested(void)
{
    return stop_requested != 0;
}
