/* The registry's links to the rest: the time of a change, and who waits for one. */
#ifndef NT_CM_TIME_H
#define NT_CM_TIME_H

#include <stdint.h>

struct cm_key;

uint64_t cm_now(void);
/* Wakes the watches on the key, and those on its ancestors that watch the whole tree. */
void cm_notify(struct cm_key *key, uint32_t filter);

#endif
