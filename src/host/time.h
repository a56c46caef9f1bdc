/* Real time and entropy: nobody else may ask the kernel for them. */
#ifndef HOST_TIME_H
#define HOST_TIME_H

#include <stddef.h>
#include <stdint.h>

uint64_t host_monotonic_ns(void);
/* Nanoseconds since 1970-01-01 UTC. */
uint64_t host_wall_ns(void);
/* Of the time since the last mark, what other processes had the processor for (or the thread slept): whoever measures how long
 * something took takes it off. */
uint64_t host_lost_ns(void);
void host_time_mark(void);
void host_sleep_ns(uint64_t ns);
void host_entropy(void *buffer, size_t size);

#endif
