/* What drivers hold of NDIS: pools, timers, interrupts and so on that were made and not given back. */
#ifndef NDIS_LEAKS_H
#define NDIS_LEAKS_H

#include <stdint.h>

struct ndis_leak {
    const char *what;                   /* "NET_BUFFER_LIST pool" */
    const void *object;
    const void *caller;                 /* return address of the call that made it */
    uint64_t uses;                      /* of a pool: structures still allocated; otherwise 0 */
};

/* Calls back for everything made by code in [base, base + size); size 0: by anybody. */
void ndis_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct ndis_leak *leak), void *context);

/* Used by the walk: structures a pool still has outside. */
struct ndis_object;
uint64_t ndis_object_uses(const struct ndis_object *object);

#endif
