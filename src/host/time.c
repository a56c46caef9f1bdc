#include "host/time.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t host_monotonic_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static uint64_t marked_real, marked_used;

void host_time_mark(void)
{
    marked_real = host_monotonic_ns();
    marked_used = read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t host_lost_ns(void)
{
    uint64_t real = host_monotonic_ns() - marked_real, used = read_clock(CLOCK_THREAD_CPUTIME_ID) - marked_used;

    return real > used ? real - used : 0;
}

uint64_t host_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

void host_sleep_ns(uint64_t ns)
{
    struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

void host_entropy(void *buffer, size_t size)
{
    uint8_t *p = buffer;

    while (size) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno != EINTR)
            abort();
        if (n > 0) {
            p += n;
            size -= (size_t)n;
        }
    }
}
