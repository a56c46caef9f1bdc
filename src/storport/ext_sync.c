/* Function codes about locks, lists, timers, work items and events. docs: storport
 *
 * A timer or worker is the adapter's: what the miniport never frees goes when the adapter stops. */
#include "storport/extended.h"

#include <stdlib.h>

#include "nt/io.h"
#include "storport/lock.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)

/* --- locks ------------------------------------------------------------------------------------------------------------ */

SP_HANDLER(ext_acquire_msi)
{
    PKINTERRUPT interrupt = interrupt_of_message(a, ARG(ULONG));
    PULONG old = ARG(PULONG);

    if (!interrupt || !old)
        return NO(INVALID_PARAMETER);
    *old = KeAcquireInterruptSpinLock(interrupt);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_release_msi)
{
    PKINTERRUPT interrupt = interrupt_of_message(a, ARG(ULONG));

    if (!interrupt)
        return NO(INVALID_PARAMETER);
    KeReleaseInterruptSpinLock(interrupt, (KIRQL)ARG(ULONG));
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_acquire_lock)
{
    STOR_SPINLOCK kind = ARG(STOR_SPINLOCK);
    PVOID context = ARG(PVOID);
    PSTOR_LOCK_HANDLE handle = ARG(PSTOR_LOCK_HANDLE);

    return handle && lock_acquire(a, kind, context, handle, caller) ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_init_lock)
{
    PKSPIN_LOCK lock = ARG(PKSPIN_LOCK);

    if (!lock)
        return NO(INVALID_PARAMETER);
    KeInitializeSpinLock(lock);
    return STOR_STATUS_SUCCESS;
}

/* --- lists ------------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_slist)
{
    PSLIST_HEADER head = ARG(PSLIST_HEADER);

    if (!head)
        return NO(INVALID_PARAMETER);
    InitializeSListHead(head);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_flush_slist)
{
    PSLIST_HEADER head = ARG(PSLIST_HEADER);
    PSLIST_ENTRY *out = ARG(PSLIST_ENTRY *);

    if (!head || !out)
        return NO(INVALID_PARAMETER);
    *out = ExpInterlockedFlushSList(head);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_pop_slist)
{
    PSLIST_HEADER head = ARG(PSLIST_HEADER);
    PSLIST_ENTRY *out = ARG(PSLIST_ENTRY *);

    if (!head || !out)
        return NO(INVALID_PARAMETER);
    *out = ExpInterlockedPopEntrySList(head);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_push_slist)
{
    PSLIST_HEADER head = ARG(PSLIST_HEADER);
    PSLIST_ENTRY entry = ARG(PSLIST_ENTRY), *out = ARG(PSLIST_ENTRY *);

    if (!head || !entry || !out)
        return NO(INVALID_PARAMETER);
    *out = ExpInterlockedPushEntrySList(head, entry);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_depth_slist)
{
    PSLIST_HEADER head = ARG(PSLIST_HEADER);
    USHORT *out = ARG(USHORT *);

    if (!head || !out)
        return NO(INVALID_PARAMETER);
    *out = ExQueryDepthSList(head);
    return STOR_STATUS_SUCCESS;
}

static ULONG insert(sp_arguments *list, bool head)
{
    PLIST_ENTRY where = ARG(PLIST_ENTRY), entry = ARG(PLIST_ENTRY), *out = ARG(PLIST_ENTRY *);
    PKSPIN_LOCK lock = ARG(PKSPIN_LOCK);

    if (!where || !entry || !out || !lock)
        return NO(INVALID_PARAMETER);
    *out = head ? ExInterlockedInsertHeadList(where, entry, lock) : ExInterlockedInsertTailList(where, entry, lock);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_insert_head)
{
    return insert(list, true);
}

SP_HANDLER(ext_insert_tail)
{
    return insert(list, false);
}

SP_HANDLER(ext_remove_head)
{
    PLIST_ENTRY where = ARG(PLIST_ENTRY), *out = ARG(PLIST_ENTRY *);
    PKSPIN_LOCK lock = ARG(PKSPIN_LOCK);

    if (!where || !out || !lock)
        return NO(INVALID_PARAMETER);
    *out = ExInterlockedRemoveHeadList(where, lock);
    return STOR_STATUS_SUCCESS;
}

/* --- timers -------------------------------------------------------------------------------------------------------------- */

struct sp_timer {
    struct list node;                   /* adapter->timers */
    struct adapter *adapter;
    struct ke_alarm alarm;
    KDPC dpc;
    PHW_TIMER_EX routine;
    PVOID context;
};

static void timer_due(struct ke_alarm *alarm)
{
    struct sp_timer *t = alarm->context;

    KeInsertQueueDpc(&t->dpc, NULL, NULL);
}

/* No lock is held: the routine takes what it needs. */
static VOID NTAPI timer_dpc(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct sp_timer *t = context;
    struct adapter *a = t->adapter;
    PHW_TIMER_EX routine = t->routine;

    t->routine = NULL;
    if (routine) {
        routine(a->extension, t->context);
        SP_RETURNED("a timer's routine", routine, DISPATCH_LEVEL);
    }
    adapter_run(a);
}

SP_HANDLER(ext_timer)
{
    PVOID *out = ARG(PVOID *);
    struct sp_timer *t = out ? calloc(1, sizeof *t) : NULL;

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = NULL;
    if (ke_irql() > DISPATCH_LEVEL) {
        free(t);
        return NO(INVALID_IRQL);
    }
    if (!t)
        return NO(INSUFFICIENT_RESOURCES);
    *out = t;
    t->adapter = a;
    t->alarm = (struct ke_alarm){ .fire = timer_due, .context = t };
    KeInitializeDpc(&t->dpc, timer_dpc, t);
    list_push_back(&a->timers, &t->node);
    return STOR_STATUS_SUCCESS;
}

static struct sp_timer *timer_of(struct adapter *a, PVOID handle)
{
    list_each(it, &a->timers)
        if (container_of(it, struct sp_timer, node) == handle)
            return handle;
    return NULL;
}

/* A timer that is armed is busy until its routine is called or it is taken back. */
static ULONG arm(struct sp_timer *t, PHW_TIMER_EX routine, PVOID context, uint64_t ns)
{
    if (!routine && ns)
        return NO(INVALID_PARAMETER);
    if (ns && t->routine)
        return NO(BUSY);
    ke_alarm_cancel(&t->alarm);
    t->routine = ns ? routine : NULL;
    t->context = context;
    if (ns)
        ke_alarm_set(&t->alarm, ke_now() + ns);
    return STOR_STATUS_SUCCESS;
}

/* TimerValue: microseconds; 0 takes it back. docs: storport/nf-storport-storportrequesttimer */
SP_HANDLER(ext_request_timer)
{
    struct sp_timer *t = timer_of(a, ARG(PVOID));
    PHW_TIMER_EX routine = ARG(PHW_TIMER_EX);
    PVOID context = ARG(PVOID);

    return t ? arm(t, routine, context, ARG(uint64_t) * 1000) : NO(INVALID_PARAMETER);
}

/* TimerValue: microseconds, too. */
SP_HANDLER(ext_request_hr_timer)
{
    return ext_request_timer(a, list, caller);
}

SP_HANDLER(ext_cancel_hr_timer)
{
    struct sp_timer *t = timer_of(a, ARG(PVOID));
    PBOOLEAN out = ARG(PBOOLEAN);

    if (!t)
        return NO(INVALID_PARAMETER);
    bool was = ke_alarm_cancel(&t->alarm);
    if (out)
        *out = was;
    t->routine = NULL;
    return STOR_STATUS_SUCCESS;
}

static void free_timer(struct sp_timer *t)
{
    ke_alarm_cancel(&t->alarm);
    KeRemoveQueueDpc(&t->dpc);
    list_remove(&t->node);
    free(t);
}

/* An armed timer is taken back. docs: storport/nf-storport-storportfreetimer */
SP_HANDLER(ext_free_timer)
{
    PVOID handle = ARG(PVOID);
    struct sp_timer *t = timer_of(a, handle);

    if (!handle)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    if (!t)
        return NO(UNSUCCESSFUL);
    free_timer(t);
    return STOR_STATUS_SUCCESS;
}

/* --- work items ------------------------------------------------------------------------------------------------------------ */

struct sp_worker {
    struct list node;                   /* adapter->workers */
    struct adapter *adapter;
    PIO_WORKITEM item;
    PHW_WORKITEM routine;
    PVOID context;
    bool queued, running;
};

SP_HANDLER(ext_worker)
{
    PVOID *out = ARG(PVOID *);
    struct sp_worker *w = out ? calloc(1, sizeof *w) : NULL;

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = NULL;
    if (ke_irql() > DISPATCH_LEVEL) {
        free(w);
        return NO(INVALID_IRQL);
    }
    if (!w || !(w->item = IoAllocateWorkItem(a->fdo))) {
        free(w);
        return NO(INSUFFICIENT_RESOURCES);
    }
    w->adapter = a;
    list_push_back(&a->workers, &w->node);
    *out = w;
    return STOR_STATUS_SUCCESS;
}

static struct sp_worker *worker_of(struct adapter *a, PVOID handle)
{
    list_each(it, &a->workers)
        if (container_of(it, struct sp_worker, node) == handle)
            return handle;
    return NULL;
}

static VOID NTAPI work(PDEVICE_OBJECT device, PVOID context)
{
    struct sp_worker *w = context;
    struct adapter *a = w->adapter;
    PHW_WORKITEM routine = w->routine;

    w->queued = false;                  /* its routine may queue it again, or free it */
    routine(a->extension, w->context, w);
    SP_RETURNED("HwStorWorkItem", routine, PASSIVE_LEVEL);
    adapter_run(a);
}

SP_HANDLER(ext_queue_worker)
{
    PHW_WORKITEM routine = ARG(PHW_WORKITEM);
    struct sp_worker *w = worker_of(a, ARG(PVOID));
    PVOID context = ARG(PVOID);

    if (!w || !routine)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    if (a->state == ADAPTER_STOPPED || a->state == ADAPTER_REMOVED)
        return NO(INVALID_DEVICE_STATE);
    if (w->queued)
        return NO(BUSY);
    w->queued = true;
    w->routine = routine;
    w->context = context;
    IoQueueWorkItem(w->item, work, DelayedWorkQueue, w);
    return STOR_STATUS_SUCCESS;
}

static void free_worker(struct sp_worker *w)
{
    list_remove(&w->node);
    IoFreeWorkItem(w->item);
    free(w);
}

/* docs: storport/nf-storport-storportfreeworker */
SP_HANDLER(ext_free_worker)
{
    PVOID handle = ARG(PVOID);
    struct sp_worker *w = worker_of(a, handle);

    if (!handle)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    if (!w)
        return NO(UNSUCCESSFUL);
    if (w->queued)
        return NO(BUSY);
    free_worker(w);
    return STOR_STATUS_SUCCESS;
}

/* --- events, delays ----------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_init_event)
{
    PKEVENT event = ARG(PKEVENT);
    STOR_EVENT_TYPE type = ARG(STOR_EVENT_TYPE);

    if (!event || type > StorSynchronizationEvent)
        return NO(INVALID_PARAMETER);
    KeInitializeEvent(event, type == StorNotificationEvent ? NotificationEvent : SynchronizationEvent, ARG(int) & 0xff);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_wait_event)
{
    PVOID object = ARG(PVOID);
    BOOLEAN alertable = ARG(int) & 0xff;
    PLARGE_INTEGER timeout = ARG(PVOID);

    if (!object)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > APC_LEVEL && !(timeout && !timeout->QuadPart))
        return NO(INVALID_IRQL);
    NTSTATUS status = KeWaitForSingleObject(object, Executive, KernelMode, alertable, timeout);
    return status == STATUS_SUCCESS ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}

SP_HANDLER(ext_set_event)
{
    PKEVENT event = ARG(PKEVENT);

    if (!event)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_cancel_dpc)
{
    PSTOR_DPC dpc = ARG(PSTOR_DPC);
    PBOOLEAN out = ARG(PBOOLEAN);

    if (!dpc)
        return NO(INVALID_PARAMETER);
    BOOLEAN was = KeRemoveQueueDpc(&dpc->Dpc);
    if (out)
        *out = was;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_delay)
{
    LARGE_INTEGER time = { .QuadPart = -10ll * ARG(ULONG) };

    if (ke_irql() > APC_LEVEL)
        return NO(INVALID_IRQL);
    KeDelayExecutionThread(KernelMode, FALSE, &time);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_performance_counter)
{
    PLARGE_INTEGER frequency = ARG(PLARGE_INTEGER), counter = ARG(PLARGE_INTEGER);

    if (!counter)
        return NO(INVALID_PARAMETER);
    *counter = KeQueryPerformanceCounter(frequency);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_watchdog)
{
    PSTOR_DPC_WATCHDOG_INFORMATION out = ARG(PSTOR_DPC_WATCHDOG_INFORMATION);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = (STOR_DPC_WATCHDOG_INFORMATION){ 0 };        /* no limits */
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_irql)
{
    PKIRQL out = ARG(PKIRQL);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = ke_irql();
    return STOR_STATUS_SUCCESS;
}

/* Alarms are exact: one microsecond. */
SP_HANDLER(ext_timer_interval)
{
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = 1;
    return STOR_STATUS_SUCCESS;
}

/* --- the adapter's end ----------------------------------------------------------------------------------------------------------- */

void sync_init(struct adapter *a)
{
    list_init(&a->timers);
    list_init(&a->workers);
    list_init(&a->threads);
}

void sync_free_all(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    ke_alarm_cancel(&a->timer_alarm);
    a->timer_routine = NULL;
    list_each_safe(it, &a->timers)
        free_timer(container_of(it, struct sp_timer, node));
    while (!list_empty(&a->workers)) {
        struct sp_worker *w = list_first(&a->workers, struct sp_worker, node);
        if (w->queued)
            KeDelayExecutionThread(KernelMode, FALSE, &moment);
        else
            free_worker(w);
    }
    KeFlushQueuedDpcs();
}
