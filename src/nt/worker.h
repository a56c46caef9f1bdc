/* System worker threads, for the host's own deferred work and for reports. */
#ifndef NT_WORKER_H
#define NT_WORKER_H

#include <stdbool.h>

#include "ring3/ex.h"

/* True when no work item is queued or running. */
bool ex_workers_idle(void);
/* Returns when that is so. PASSIVE_LEVEL, not from a work item. */
void ex_workers_drain(void);
/* Calls back with the routine and parameter of every queued item. */
void ex_work_items_each(void (*visit)(void *context, PWORK_QUEUE_ITEM item), void *context);
/* A new computer: the threads of the last one are gone. */
void ex_workers_reset(void);

#endif
