/* Works that wait for the stack's lock to be dropped.
 *
 * 1. One processor runs works at a time, so that they run in the order of the calls. Whoever leaves the stack meanwhile
 *    finds `runner` set and goes on; what it queued is the runner's.
 * 2. A round takes at most ROUND works. What is left, and what they queued themselves, waits for a DPC: other DPCs and
 *    interrupts come between. After CHAIN such DPCs in a row a thread goes on instead, so that a conversation of the
 *    computer with itself does not keep all other threads from its processor.
 * 3. A driver may hold a spin lock while it calls. Its call runs no works when it comes at DISPATCH_LEVEL: they would call the
 *    driver back, and wait for that lock. A DPC runs them.
 * 4. While a processor runs works its frames stay queued: they go out in one burst behind the last. */
#include <assert.h>

#include "ntddk.h"
#include "nt/ke.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"

#define ROUND 128
#define CHAIN 8

static struct list works = LIST_INIT(works);
static struct cpu *runner;
static KDPC dpc;
static KEVENT wake;
static PETHREAD thread;
static bool ending;
static unsigned chain;                  /* DPCs in a row */

void stack_go_on_later(void)
{
    if (thread && ++chain > CHAIN)
        KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
    else
        KeInsertQueueDpc(&dpc, NULL, NULL);
}

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

bool defer_waits(void)
{
    return !list_empty(&works);
}

bool defer_running_here(void)
{
    return runner == this_cpu;
}

bool defer_run(bool more)
{
    struct list *node;

    if (runner)
        return more;
    runner = this_cpu;
    for (int n = 0; n < ROUND && (node = list_pop_front(&works)); n++) {
        struct tcpip_work *work = container_of(node, struct tcpip_work, node);
        work->queued = false;
        work->run(work);
    }
    runner = NULL;
    more |= !list_empty(&works);
    if (!more)
        chain = 0;
    return more;
}

/* --- who goes on -------------------------------------------------------------------------------------------- */

static VOID NTAPI go_on(PKDPC unused, PVOID context, PVOID argument1, PVOID argument2)
{
    stack_enter();
    stack_leave();
}

static VOID NTAPI thread_main(PVOID context)
{
    while (KeWaitForSingleObject(&wake, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS && !ending) {
        stack_enter();
        stack_leave();
        ke_yield_thread();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Without memory for a thread, DPCs do it all. */
void defer_open(void)
{
    HANDLE handle;

    list_init(&works);
    runner = NULL;
    thread = NULL;
    ending = false;
    chain = 0;
    KeInitializeDpc(&dpc, go_on, NULL);
    KeInitializeEvent(&wake, SynchronizationEvent, FALSE);
    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, thread_main, NULL)))
        return;
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID *)&thread, NULL);
    ZwClose(handle);
}

void defer_close(void)
{
    if (!thread)
        return;
    ending = true;
    KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
    thread = NULL;
}

void tcpip_enter(void)
{
    stack_enter();
}

void tcpip_leave(void)
{
    stack_leave();
}

void tcpip_leave_under_a_lock(void)
{
    stack_leave_under_a_lock();
}
