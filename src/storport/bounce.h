/* Pages that reads and writes go through instead of the caller's memory: because the adapter's DMA does not reach that, or, under a seeded
 * schedule, so that a miniport meets scatter/gather lists of many elements whose pages do not follow each other.
 *
 * 1. A request is lent pages when it is made of an operation, and keeps them through retries until it is released.
 * 2. One whose miniport mapped the buffer, or asked for its address or its pages before it took the list, has its own memory back.
 * 3. What a miniport still keeps when its request is given up is not lent again before it is back. */
#ifndef STORPORT_BOUNCE_H
#define STORPORT_BOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct adapter;
struct request;
struct bounced;

struct bounce {
    uint8_t *base;                      /* pages in RAM; NULL: there are none, and nothing is lent */
    struct bounced *slots;              /* one for each request that may have some */
    struct list free;                   /* slots */
    uint16_t *stack;                    /* numbers of free pages */
    unsigned pages, free_pages;
    uint64_t random;                    /* under a seeded schedule; 0: only what must be is lent */
    bool must;                          /* memory may lie beyond the adapter's DMA */
};

/* At start, when the configuration is known. PASSIVE_LEVEL. False: no memory for what the adapter cannot do without. */
bool bounce_open(struct adapter *a);
void bounce_close(struct adapter *a);
/* A request that must have pages would get them. */
bool bounce_ready(const struct adapter *a);
/* The most bytes that fit. */
uint32_t bounce_most(const struct adapter *a);
/* The list of a read or write is made; nothing was shown to the miniport yet. <= DISPATCH_LEVEL, in the engine. */
void bounce_take(struct request *r, bool write);
/* It is back: read data goes where it belongs. */
void bounce_give(struct request *r);
/* The miniport wants the caller's memory itself. Any IRQL. */
void bounce_undo(struct request *r);
void bounce_drop(struct request *r);    /* without copying */
void bounce_listed(struct request *r);  /* the miniport has the list */

#endif
