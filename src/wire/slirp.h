/* The slirp wire's two halves: slirp.c (frames, timers, configuration) and slirp_poll.c (its descriptors and waits). */
#ifndef WIRE_SLIRP_H
#define WIRE_SLIRP_H

#include <errno.h>
#include <slirp/libslirp.h>
#include <stdio.h>

#include "host/loop.h"
#include "wire/frame_queue.h"
#include "wire/wire_impl.h"

#define SLIRP_WATCHES 1024

struct slirp_wire;

struct slirp_timer {
    struct clock_timer timer;
    struct slirp_wire *owner;
    SlirpTimerId id;
    void *cb_opaque;
};

struct slirp_watch {
    struct loop_watch watch;
    struct slirp_wire *owner;
    int ready;                          /* LOOP_* seen since the last poll */
    bool wanted, watched;
};

struct slirp_wire {
    struct wire wire;
    Slirp *slirp;
    struct clock *clock;
    struct clock_timer wait;            /* the end of the wait libslirp allowed */
    struct loop_source source;
    struct slirp_watch *watches[SLIRP_WATCHES];     /* by descriptor */
    int top;                            /* one beyond the largest descriptor in use */
    bool delivered;                     /* frames given to the card since the last end of a burst */
    bool filled;                        /* libslirp listed its descriptors and was not polled since */
    struct frame_queue queue;
    uint8_t frame[WIRE_FRAME_MAX];
};

/* slirp_poll.c */
void slirp_watches_open(struct slirp_wire *slirp);
void slirp_watches_close(struct slirp_wire *slirp);
void slirp_watches_forget(struct slirp_wire *slirp, int fd);
/* Tells libslirp what became ready since its last list. */
void slirp_watches_poll(struct slirp_wire *slirp);
/* slirp.c: one poll of libslirp and the end of the burst that came out of it. */
void slirp_step(struct slirp_wire *slirp);

#endif
