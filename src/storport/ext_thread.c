/* System threads of a miniport. docs: storport/nf-storport-storportcreatesystemthread
 *
 * 1. A thread is on adapter->threads from its creation until its routine returns or StorPortTerminateSystemThread ends it; its
 *    context is a handle as long as it is there, and nothing afterwards.
 * 2. An adapter has at most as many threads as there are processors.
 * 3. An adapter that goes waits for its threads; one that does not end is the miniport's fault, and a finding. */
#include "storport/extended.h"

#include <stdlib.h>

#include "nt/io.h"
#include "nt/ob.h"
#include "nt/ps.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)
#define WAIT_SECONDS 60

struct sp_thread {
    struct list node;                   /* adapter->threads */
    struct adapter *adapter;
    PSTOR_THREAD_START_ROUTINE routine;
    PVOID context;
    KPRIORITY priority;
    PKTHREAD thread;                    /* referenced; NULL until it is known */
    unsigned holders;                   /* the thread, and its creator while it creates */
};

static void let_go(struct sp_thread *t)
{
    if (--t->holders)
        return;
    if (t->thread)
        ObfDereferenceObject(t->thread);
    free(t);
}

static void ended(struct sp_thread *t)
{
    list_remove(&t->node);
    let_go(t);
}

static VOID NTAPI run(PVOID context)
{
    struct sp_thread *t = context;

    if (!t->thread) {
        t->thread = KeGetCurrentThread();
        ObfReferenceObject(t->thread);
    }
    KeSetPriorityThread(t->thread, t->priority);
    t->routine(t->context);
    ended(t);
}

/* docs: storport/ne-storport-stor_thread_priority */
static bool priority_of(STOR_THREAD_PRIORITY wanted, KPRIORITY *priority)
{
    static const uint8_t numbers[] = { 7, 8, 12, 13, 14, 15, 18 };

    if ((unsigned)wanted >= countof(numbers))
        return false;
    *priority = numbers[wanted];
    return true;
}

static struct sp_thread *thread_of(struct adapter *a, PVOID context)
{
    list_each(it, &a->threads)
        if (container_of(it, struct sp_thread, node) == context)
            return context;
    return NULL;
}

static struct sp_thread *current(struct adapter *a)
{
    list_each(it, &a->threads)
        if (container_of(it, struct sp_thread, node)->thread == KeGetCurrentThread())
            return container_of(it, struct sp_thread, node);
    return NULL;
}

static unsigned count(struct adapter *a)
{
    unsigned n = 0;

    list_each(it, &a->threads)
        n++;
    return n;
}

/* The thread may have ended before this returns. */
static NTSTATUS start(struct sp_thread *t)
{
    void *object = NULL;
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run, t);

    if (!NT_SUCCESS(status))
        return status;
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL))) {
        if (t->thread)
            ObfDereferenceObject(object);
        else
            t->thread = object;
    }
    ZwClose(handle);
    return STATUS_SUCCESS;
}

/* PASSIVE_LEVEL. docs: storport/nf-storport-storportcreatesystemthread */
SP_HANDLER(ext_create_thread)
{
    PSTOR_THREAD_START_ROUTINE routine = ARG(PSTOR_THREAD_START_ROUTINE);
    PVOID context = ARG(PVOID);
    PSTOR_THREAD_PRIORITY wanted = ARG(PSTOR_THREAD_PRIORITY);
    PVOID *out = ARG(PVOID *);
    KPRIORITY priority = 8;

    if (!routine || (wanted && !priority_of(*wanted, &priority)))
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    if (count(a) >= ke.cpu_count)
        return NO(UNSUCCESSFUL);
    struct sp_thread *t = calloc(1, sizeof *t);
    if (!t)
        return NO(UNSUCCESSFUL);
    *t = (struct sp_thread){ .adapter = a, .routine = routine, .context = context, .priority = priority, .holders = 2 };
    list_push_back(&a->threads, &t->node);
    if (out)
        *out = t;
    NTSTATUS status = start(t);
    if (!NT_SUCCESS(status)) {          /* the thread never was */
        list_remove(&t->node);
        t->holders--;
        if (out)
            *out = NULL;
    }
    let_go(t);
    return NT_SUCCESS(status) ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}

/* docs: storport/nf-storport-storportsetprioritythread */
SP_HANDLER(ext_thread_priority)
{
    struct sp_thread *t = thread_of(a, ARG(PVOID));
    STOR_THREAD_PRIORITY wanted = ARG(STOR_THREAD_PRIORITY);
    KPRIORITY priority;

    if (!t || !priority_of(wanted, &priority))
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    if (!t->thread)
        return NO(UNSUCCESSFUL);
    KeSetPriorityThread(t->thread, priority);
    return STOR_STATUS_SUCCESS;
}

static bool is_caller(struct adapter *a, PVOID context)
{
    struct sp_thread *t = thread_of(a, context);

    return !context || (t && t->thread == KeGetCurrentThread());
}

/* The calling thread's: ThreadContext is NULL or its own. docs: storport/nf-storport-storportsetsystemgroupaffinitythread */
SP_HANDLER(ext_thread_affinity)
{
    PVOID context = ARG(PVOID);
    PSTOR_GROUP_AFFINITY affinity = ARG(PSTOR_GROUP_AFFINITY), previous = ARG(PSTOR_GROUP_AFFINITY);
    KAFFINITY all = KeQueryActiveProcessors();

    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    if (previous)
        *previous = (STOR_GROUP_AFFINITY){ 0 };
    if (!affinity || affinity->Group || !(affinity->Mask & all) || !is_caller(a, context))
        return NO(INVALID_PARAMETER);
    GROUP_AFFINITY wanted = { .Mask = affinity->Mask & all }, before;
    KeSetSystemGroupAffinityThread(&wanted, &before);
    if (previous)
        previous->Mask = before.Mask;
    return STOR_STATUS_SUCCESS;
}

/* docs: storport/nf-storport-storportreverttousergroupaffinitythread */
SP_HANDLER(ext_thread_revert)
{
    PVOID context = ARG(PVOID);
    PSTOR_GROUP_AFFINITY previous = ARG(PSTOR_GROUP_AFFINITY);

    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    if (!previous || previous->Group || !is_caller(a, context))
        return NO(INVALID_PARAMETER);
    GROUP_AFFINITY before = { .Mask = previous->Mask };
    KeRevertToUserGroupAffinityThread(&before);
    return STOR_STATUS_SUCCESS;
}

/* Does not return when the calling thread is one of StorPortCreateSystemThread. */
ULONG thread_terminate(struct adapter *a, PVOID context)
{
    struct sp_thread *t = current(a);

    if (!t || (context && context != t))
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    ended(t);
    PsTerminateSystemThread(STATUS_SUCCESS);
    return NO(UNSUCCESSFUL);
}

void thread_wait_all(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -100000 };

    for (unsigned n = 0; !list_empty(&a->threads) && n < WAIT_SECONDS * 100; n++)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    list_each_safe(it, &a->threads) {
        struct sp_thread *t = container_of(it, struct sp_thread, node);

        SP_MISUSE(a, "a system thread of it still runs although its adapter is removed", t->context,
                  ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)t->routine }));
        list_remove(it);                /* its own end frees it */
    }
}
