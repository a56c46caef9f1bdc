/* Works that wait for the stack's lock to be dropped.
 *
 * 1. One processor runs works at a time, so that they run in the order of the calls. Whoever leaves the stack meanwhile
 *    finds `runner` set and goes on; what it queued is the runner's.
 * 2. A round takes at most ROUND works. What is left, and what they queued themselves, waits for a DPC: other DPCs and
 *    interrupts come between.
 * 3. While a processor runs works its frames stay queued: they go out in one burst behind the last. */
#include <assert.h>

#include "nt/ke.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"

#define ROUND 128

static struct list works = LIST_INIT(works);
static struct cpu *runner;
static KDPC dpc;

void tcpip_defer(struct tcpip_work *work)
{
    assert(stack_entered());
    if (work->queued)
        return;
    work->queued = true;
    list_push_back(&works, &work->node);
}

void tcpip_undefer(struct tcpip_work *work)
{
    if (!work->queued)
        return;
    work->queued = false;
    list_remove(&work->node);
}

bool defer_running_here(void)
{
    return runner == this_cpu;
}

void defer_run(void)
{
    struct list *node;

    if (runner || list_empty(&works))
        return;
    runner = this_cpu;
    for (int n = 0; n < ROUND && (node = list_pop_front(&works)); n++) {
        struct tcpip_work *work = container_of(node, struct tcpip_work, node);
        work->queued = false;
        work->run(work);
    }
    runner = NULL;
    if (!list_empty(&works))
        KeInsertQueueDpc(&dpc, NULL, NULL);
}

static VOID NTAPI go_on(PKDPC unused, PVOID context, PVOID argument1, PVOID argument2)
{
    stack_enter();
    stack_leave();
}

void defer_open(void)
{
    list_init(&works);
    runner = NULL;
    KeInitializeDpc(&dpc, go_on, NULL);
}

void tcpip_enter(void)
{
    stack_enter();
}

void tcpip_leave(void)
{
    stack_leave();
}
