/* The event loop: file descriptors and real time. The scheduler calls loop_poll when every processor is idle, and
 * now and then (without waiting) while they are busy. Callbacks run in the scheduler's context, never nested. */
#ifndef HOST_LOOP_H
#define HOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

struct loop_watch {
    int fd;
    int events;                                 /* LOOP_READ | LOOP_WRITE wanted */
    void (*ready)(struct loop_watch *watch, int events);
    void *context;
};

/* For libraries that bring their own descriptors and time-outs (slirp): prepare lowers *timeout_ms as needed and
 * adds watches; check runs after every poll. */
struct loop_source {
    void (*prepare)(struct loop_source *source, int *timeout_ms);
    void (*check)(struct loop_source *source);
    void *context;
    struct loop_source *next;                   /* the loop's own */
};

bool loop_open(void);
void loop_close(void);
bool loop_add(struct loop_watch *watch);
void loop_change(struct loop_watch *watch, int events);
void loop_remove(struct loop_watch *watch);
void loop_add_source(struct loop_source *source);
void loop_remove_source(struct loop_source *source);
/* Waits at most timeout_ns (0: do not wait; UINT64_MAX: as long as it takes) and runs what is ready.
 * Returns how many callbacks ran, or -1 when a signal asked the process to stop. */
int loop_poll(uint64_t timeout_ns);
/* True when anything outside this process could still wake the loop. */
bool loop_has_watches(void);
/* Set by SIGINT and SIGTERM once loop_catch_stop() was called. */
void loop_catch_stop(void);
bool loop_stop_requested(void);

#endif
