/* What drivers hold of netio.sys that they should have given back before they unload. */
#ifndef NETIO_LEAKS_H
#define NETIO_LEAKS_H

#include <stdint.h>

struct netio_leak {
    const char *what;                   /* "a registration as an NMR client" */
    const char *missing;                /* the call that was never made, or has not ended */
    unsigned bindings;                  /* partners that are still attached or detaching */
    const uint64_t *stack;              /* of the call that made it */
    unsigned stack_count;
};

/* Calls back for everything whose callbacks lie in [base, base + size); size 0: anywhere. */
void netio_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak), void *context);

#endif
