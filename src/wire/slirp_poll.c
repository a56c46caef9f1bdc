/* libslirp's descriptors on our loop. Before every wait it lists what it waits for; a watch per descriptor follows the
 * list. A watch goes when libslirp closes the descriptor, because the number may come back as another one. */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "wire/slirp.h"

static void watch_ready(struct loop_watch *watch, int events)
{
    struct slirp_watch *w = watch->context;

    w->ready |= events;
}

static struct slirp_watch *watch_for(struct slirp_wire *slirp, int fd)
{
    struct slirp_watch *w;

    if (fd < 0 || fd >= SLIRP_WATCHES)
        return NULL;
    w = slirp->watches[fd];
    if (w)
        return w;
    w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->owner = slirp;
    w->watch = (struct loop_watch){ .fd = fd, .ready = watch_ready, .context = w };
    slirp->watches[fd] = w;
    if (fd >= slirp->top)
        slirp->top = fd + 1;
    return w;
}

void slirp_watches_forget(struct slirp_wire *slirp, int fd)
{
    struct slirp_watch *w = fd >= 0 && fd < SLIRP_WATCHES ? slirp->watches[fd] : NULL;

    if (!w)
        return;
    if (w->watched)
        loop_remove(&w->watch);
    free(w);
    slirp->watches[fd] = NULL;
}

static int loop_events(int slirp_events)
{
    return (slirp_events & (SLIRP_POLL_IN | SLIRP_POLL_PRI) ? LOOP_READ : 0) |
           (slirp_events & SLIRP_POLL_OUT ? LOOP_WRITE : 0);
}

/* Returns the index that get_revents asks about: the descriptor itself, or -1. */
/* libslirp listens with a queue of one: of a burst of connections all others would wait for a second. */
static void lengthen_queue(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening)
        listen(fd, SOMAXCONN);
}

static int add_poll(int fd, int events, void *opaque)
{
    struct slirp_watch *w = watch_for(opaque, fd);
    int wanted = loop_events(events);

    if (!w) {
        log_warn("slirp", "descriptor %d is beyond the %d that can be watched", fd, SLIRP_WATCHES);
        return -1;
    }
    w->wanted = true;
    if (w->watched) {
        loop_change(&w->watch, wanted);
        return fd;
    }
    lengthen_queue(fd);
    w->watch.events = wanted;
    w->watched = loop_add(&w->watch);
    return w->watched ? fd : -1;
}

static int get_revents(int index, void *opaque)
{
    struct slirp_wire *slirp = opaque;
    struct slirp_watch *w = index >= 0 ? slirp->watches[index] : NULL;

    if (!w)
        return 0;
    return (w->ready & LOOP_READ ? SLIRP_POLL_IN : 0) | (w->ready & LOOP_WRITE ? SLIRP_POLL_OUT : 0) |
           (w->ready & LOOP_HANGUP ? SLIRP_POLL_HUP : 0);
}

static void drop_unwanted(struct slirp_wire *slirp)
{
    for (int fd = 0; fd < slirp->top; fd++)
        if (slirp->watches[fd] && !slirp->watches[fd]->wanted)
            slirp_watches_forget(slirp, fd);
}

static void prepare(struct loop_source *source, int *timeout_ms)
{
    struct slirp_wire *slirp = source->context;
    uint32_t wait_ms = UINT32_MAX;

    for (int fd = 0; fd < slirp->top; fd++)
        if (slirp->watches[fd]) {
            slirp->watches[fd]->wanted = false;
            slirp->watches[fd]->ready = 0;
        }
    slirp_pollfds_fill(slirp->slirp, &wait_ms, add_poll, slirp);
    slirp->filled = true;
    drop_unwanted(slirp);
    if (wait_ms == UINT32_MAX) {
        slirp->clock->arm(slirp->clock, &slirp->wait, UINT64_MAX);
        return;
    }
    slirp->clock->arm(slirp->clock, &slirp->wait, slirp->clock->now_ns(slirp->clock) + wait_ms * 1000000ull);
    if (*timeout_ms < 0 || wait_ms < (uint32_t)*timeout_ms)
        *timeout_ms = (int)wait_ms;
}

static void check(struct loop_source *source)
{
    slirp_step(source->context);
}

static void wait_over(struct clock_timer *timer)
{
    slirp_step(timer->context);
}

void slirp_watches_poll(struct slirp_wire *slirp)
{
    if (!slirp->filled)
        return;
    slirp->filled = false;
    slirp_pollfds_poll(slirp->slirp, 0, get_revents, slirp);
}

void slirp_watches_open(struct slirp_wire *slirp)
{
    slirp->source = (struct loop_source){ .prepare = prepare, .check = check, .context = slirp };
    slirp->wait = (struct clock_timer){ .expired = wait_over, .context = slirp };
    loop_add_source(&slirp->source);
}

void slirp_watches_close(struct slirp_wire *slirp)
{
    if (!slirp->source.prepare)
        return;
    loop_remove_source(&slirp->source);
    slirp->clock->arm(slirp->clock, &slirp->wait, UINT64_MAX);
    for (int fd = 0; fd < slirp->top; fd++)
        slirp_watches_forget(slirp, fd);
}
