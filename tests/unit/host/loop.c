#include "../forbid.h"

#include <time.h>

#include <sys/eventfd.h>

#include "host/loop.h"

static unsigned ran;

static void ready(struct loop_watch *watch, int events)
{
    uint64_t counter;

    CHECK(events & LOOP_READ);
    CHECK_EQ(read(watch->fd, &counter, sizeof counter), (ssize_t)sizeof counter);
    ran++;
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void waits_and_delivers(void)
{
    struct loop_watch watch = { .events = LOOP_READ, .ready = ready };
    uint64_t one = 1, begun;

    CHECK(loop_open());
    watch.fd = eventfd(0, EFD_NONBLOCK);
    CHECK(watch.fd >= 0 && loop_add(&watch));
    CHECK_EQ(loop_poll(0), 0);
    begun = now_ns();
    CHECK_EQ(loop_poll(3500000), 0);
    CHECK(now_ns() - begun >= 3500000);
    CHECK_EQ(write(watch.fd, &one, sizeof one), (ssize_t)sizeof one);
    CHECK_EQ(loop_poll(UINT64_MAX), 1);
    CHECK_EQ(ran, 1);
    loop_remove(&watch);
    close(watch.fd);
    loop_close();
}

TEST(the_loop_waits_as_long_as_asked_and_delivers)
{
    waits_and_delivers();
}

TEST(the_loop_works_where_the_host_knows_no_nanoseconds)
{
    forbid_call(SYS_epoll_pwait2, ENOSYS);
    waits_and_delivers();
}

TEST(the_loop_works_where_a_filter_forbids_what_it_does_not_know)
{
    forbid_call(SYS_epoll_pwait2, EPERM);
    waits_and_delivers();
}
