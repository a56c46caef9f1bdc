/* ExQueueWorkItem: system worker threads, made as they are needed, up to a limit for each kind of queue. */
#include <string.h>

#include "nt/ke_wait.h"
#include "nt/ob.h"
#include "nt/ps.h"
#include "nt/worker.h"

#define MAX_WORKERS 16

enum kind { CRITICAL, DELAYED, HYPER_CRITICAL, KINDS };
static const int priorities[KINDS] = { 13, 12, 15 };
static const char *const names[KINDS] = { "critical worker", "delayed worker", "hypercritical worker" };

static struct pool {
    LIST_ENTRY items;
    KSEMAPHORE ready;                   /* counts items */
    unsigned workers, busy, queued;
    bool open;
} pools[KINDS];

static enum kind kind_of(WORK_QUEUE_TYPE type)
{
    switch ((int)type) {
    case CriticalWorkQueue:
    case RealTimeWorkQueue:
        return CRITICAL;
    case HyperCriticalWorkQueue:
    case SuperCriticalWorkQueue:
        return HYPER_CRITICAL;
    default:
        return DELAYED;
    }
}

static void check_after(PWORKER_THREAD_ROUTINE routine, PVOID parameter, PWORK_QUEUE_ITEM item)
{
    const struct thread *t = ke_current();

    if (ke_irql() != PASSIVE_LEVEL)
        KeBugCheckEx(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)routine, ke_irql(), (ULONG_PTR)parameter,
                     (ULONG_PTR)item);
    if (t->kernel_apc_disable || t->special_apc_disable)
        KeBugCheckEx(APC_INDEX_MISMATCH, (ULONG_PTR)routine, 0,
                     (ULONG)(USHORT)t->special_apc_disable << 16 | (USHORT)t->kernel_apc_disable, 1);
}

static VOID NTAPI worker(PVOID context)
{
    struct pool *pool = context;

    for (;;) {
        ke_wait(&pool->ready);
        LIST_ENTRY *entry = nt_list_pop_front(&pool->items);
        if (!entry)
            continue;
        PWORK_QUEUE_ITEM item = container_of(entry, WORK_QUEUE_ITEM, List);
        PWORKER_THREAD_ROUTINE routine = item->WorkerRoutine;
        PVOID parameter = item->Parameter;
        item->List.Flink = NULL;
        pool->queued--;
        pool->busy++;
        routine(parameter);
        pool->busy--;
        check_after(routine, parameter, item);
    }
}

static void open_pool(struct pool *pool)
{
    nt_list_init(&pool->items);
    KeInitializeSemaphore(&pool->ready, 0, MAXLONG);
    pool->open = true;
}

static void add_worker(struct pool *pool)
{
    enum kind kind = (enum kind)(pool - pools);
    struct ps_thread *t = ps_create(names[kind], priorities[kind], worker, pool);

    if (!t)
        return;                         /* the ones there are do the work */
    pool->workers++;
    ob_dereference(t);
}

/* Has a system worker thread call the item's routine at PASSIVE_LEVEL; the item is the caller's again when it starts.
 * An item that is queued already stops the system. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-exqueueworkitem */
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    struct pool *pool = &pools[kind_of(QueueType)];

    if (WorkItem->List.Flink)
        KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)WorkItem, (ULONG_PTR)WorkItem->WorkerRoutine, QueueType);
    if (!pool->open)
        open_pool(pool);
    nt_list_push_back(&pool->items, &WorkItem->List);
    pool->queued++;
    if (pool->busy + pool->queued > pool->workers && pool->workers < MAX_WORKERS)
        add_worker(pool);
    pool->ready.Header.SignalState++;
    ke_signalled(&pool->ready.Header, 0);
    ke_settle();
}

bool ex_workers_idle(void)
{
    for (int i = 0; i < KINDS; i++)
        if (pools[i].busy || pools[i].queued)
            return false;
    return true;
}

void ex_workers_drain(void)
{
    LARGE_INTEGER ms = { .QuadPart = -10000 };

    while (!ex_workers_idle())
        KeDelayExecutionThread(KernelMode, FALSE, &ms);
}

void ex_work_items_each(void (*visit)(void *context, PWORK_QUEUE_ITEM item), void *context)
{
    for (int i = 0; i < KINDS; i++) {
        if (!pools[i].open)
            continue;
        for (LIST_ENTRY *e = pools[i].items.Flink; e != &pools[i].items; e = e->Flink)
            visit(context, container_of(e, WORK_QUEUE_ITEM, List));
    }
}

void ex_workers_reset(void)
{
    memset(pools, 0, sizeof pools);
}
