/* A control server whose back end answers at once, later, or never, and a client on the other end of a socket pair: for the unit test
 * and the fuzz target. */
#ifndef TESTS_UNIT_MACHINE_CTL_FIXTURE_H
#define TESTS_UNIT_MACHINE_CTL_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "host/loop.h"
#include "machine/ctl.h"

struct fixture {
    struct ctl_backend backend;
    struct ctl_server *server;
    struct ctl_connection *held;        /* asked and not answered */
    unsigned requests, gone;
    bool hold, late_forget, refuse;
};

static inline bool fixture_open(void *context, struct ctl_connection *c)
{
    return !((struct fixture *)context)->refuse;
}

/* Echoes the word and the data. */
static inline void fixture_answer(struct ctl_connection *c)
{
    struct message_line line;
    uint32_t size = c->request.size;
    uint8_t *copy = malloc(size + 1u);

    if (size)
        memcpy(copy, c->data, size);
    message_begin(&line, "ok");
    message_add(&line, "word", c->request.word);
    message_end(&line, size);
    ctl_answer(c, &line, copy, size);
    free(copy);
}

static inline void fixture_request(void *context, struct ctl_connection *c)
{
    struct fixture *f = context;

    f->requests++;
    if (f->hold && !f->held)
        f->held = c;
    else
        fixture_answer(c);
}

static inline void fixture_gone(void *context, struct ctl_connection *c)
{
    struct fixture *f = context;

    f->gone++;
    if (c != f->held)
        ctl_forget(c);
}

/* What was held is answered; a client that has gone is forgotten. */
static inline void fixture_release(struct fixture *f)
{
    struct ctl_connection *c = f->held;

    f->held = NULL;
    if (!c)
        return;
    if (c->dead)
        ctl_forget(c);
    else
        fixture_answer(c);
}

static inline bool fixture_start(struct fixture *f)
{
    static const struct log_config quiet = { .level = LOG_ERROR };

    log_configure(&quiet);
    memset(f, 0, sizeof *f);
    f->backend = (struct ctl_backend){ f, fixture_open, fixture_request, fixture_gone };
    return loop_open() && (f->server = ctl_open(NULL, &f->backend)) != NULL;
}

static inline int fixture_connect(struct fixture *f)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    if (ctl_adopt(f->server, pair[0]))
        return pair[1];
    close(pair[1]);
    return -1;
}

static inline void fixture_poll(void)
{
    for (int i = 0; i < 50 && loop_poll(0) > 0; i++)
        ;
}

static inline bool fixture_stop(struct fixture *f)
{
    ctl_stop(f->server, NULL);
    fixture_release(f);
    if (ctl_connections(f->server))
        return false;
    ctl_close(f->server);
    loop_close();
    return true;
}

#endif
