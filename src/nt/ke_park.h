/* Threads that wait for something that is no dispatcher object: a lock word in a driver's memory. The waiters of all
 * locks stand in one list, in order of arrival; contention is rare. Whoever releases the lock hands it over. */
#ifndef NT_KE_PARK_H
#define NT_KE_PARK_H

#include "nt/ke_wait.h"

struct parked {
    struct list node;
    const void *key;
    struct thread *thread;
    bool exclusive;
    KEVENT event;
};

extern struct list ke_parked;

/* Blocks the running thread until somebody unparks it. IRQL < DISPATCH. */
static inline void ke_park(const void *key, bool exclusive)
{
    struct parked p = { .key = key, .thread = ke_current(), .exclusive = exclusive };

    KeInitializeEvent(&p.event, SynchronizationEvent, FALSE);
    list_push_back(&ke_parked, &p.node);
    ke_wait(&p.event);
}

/* The first waiter for the key, or the first of one kind; NULL when there is none. */
static inline struct parked *ke_park_first(const void *key)
{
    list_each(node, &ke_parked) {
        struct parked *p = container_of(node, struct parked, node);
        if (p->key == key)
            return p;
    }
    return NULL;
}

static inline struct parked *ke_park_first_of(const void *key, bool exclusive)
{
    list_each(node, &ke_parked) {
        struct parked *p = container_of(node, struct parked, node);
        if (p->key == key && p->exclusive == exclusive)
            return p;
    }
    return NULL;
}

/* Lets it go on; what it waited for is already its own. The caller settles. */
static inline void ke_unpark(struct parked *p)
{
    list_remove(&p->node);
    p->event.Header.SignalState = 1;
    ke_signalled(&p->event.Header, 1);
}

#endif
