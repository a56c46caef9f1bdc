/* KeWaitForSingleObject, KeWaitForMultipleObjects, KeDelayExecutionThread, and what signalling an object does. */
#include "nt/ke_wait.h"

#include <assert.h>

#include "nt/event.h"
#include "nt/hot.h"
#include "nt/ke_apc.h"
#include "nt/raise.h"

struct waiter {
    struct thread *thread;
    KWAIT_BLOCK *blocks;
    unsigned count;
    bool all, done, alertable;
    uint64_t due_ns;                    /* 0: no time-out, or one that passed before */
    struct ke_alarm alarm;
};

static bool is_mutant(const DISPATCHER_HEADER *object)
{
    return object->Type == MutantObject;
}

/* Fewer threads of the queue are active than may be. */
static bool queue_has_room(const DISPATCHER_HEADER *object)
{
    const KQUEUE *queue = (const KQUEUE *)object;

    return queue->CurrentCount < queue->MaximumCount;
}

/* Would a wait of this thread for the object be over at once? */
static bool available(const DISPATCHER_HEADER *object, const struct thread *thread)
{
    if (object->SignalState > 0)
        return object->Type != QueueObject || queue_has_room(object);
    return is_mutant(object) && ((const KMUTANT *)object)->OwnerThread == (struct _KTHREAD *)thread;
}

static void take_mutant(KMUTANT *mutant, struct thread *thread)
{
    struct ps_thread *owner = (struct ps_thread *)thread;

    if (mutant->OwnerThread == (struct _KTHREAD *)thread && mutant->Header.SignalState == (LONG)MINLONG)
        nt_raise_status(STATUS_MUTANT_LIMIT_EXCEEDED);
    if (--mutant->Header.SignalState != 0)
        return;
    mutant->OwnerThread = (struct _KTHREAD *)thread;
    thread->kernel_apc_disable -= mutant->ApcDisable;
    if (!owner->mutants.Flink)
        nt_list_init(&owner->mutants);
    nt_list_push_front(&owner->mutants, &mutant->MutantListEntry);
}

/* Changes the object as a satisfied wait does. STATUS_ABANDONED when the object is a mutant that was left behind. */
static NTSTATUS take(DISPATCHER_HEADER *object, struct thread *thread)
{
    switch (object->Type) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
    case GateObject:
        object->SignalState = 0;
        return STATUS_SUCCESS;
    case SemaphoreObject:
        object->SignalState--;
        return STATUS_SUCCESS;
    case QueueObject:                   /* signalled: the number of its entries */
        object->SignalState--;
        thread->queue_taken = nt_list_pop_front(&((KQUEUE *)object)->EntryListHead);
        ke_queue_goes_on(thread);
        return STATUS_SUCCESS;
    case MutantObject: {
        KMUTANT *mutant = (KMUTANT *)object;
        bool abandoned = mutant->Abandoned;
        take_mutant(mutant, thread);
        mutant->Abandoned = 0;
        return abandoned ? STATUS_ABANDONED : STATUS_SUCCESS;
    }
    default:
        return STATUS_SUCCESS;
    }
}

static void finish(struct waiter *w, NTSTATUS status, int increment)
{
    for (unsigned i = 0; i < w->count; i++)
        nt_list_remove(&w->blocks[i].WaitListEntry);
    ke_alarm_cancel(&w->alarm);
    w->done = true;
    w->thread->wait_list = NULL;
    w->thread->wait_status = status;
    ke_queue_goes_on(w->thread);
    ke_ready(w->thread, increment);
}

static bool all_available(const struct waiter *w)
{
    for (unsigned i = 0; i < w->count; i++)
        if (!available(w->blocks[i].Object, w->thread))
            return false;
    return true;
}

/* Takes every object at once. One that was abandoned makes the whole wait STATUS_ABANDONED. */
static NTSTATUS take_all(struct waiter *w)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (unsigned i = 0; i < w->count; i++)
        if (take(w->blocks[i].Object, w->thread) == STATUS_ABANDONED)
            status = STATUS_ABANDONED;
    return status;
}

void ke_satisfy_waiters(DISPATCHER_HEADER *object, int increment)
{
    LIST_ENTRY *entry = object->WaitListHead.Flink;

    while (entry != &object->WaitListHead && object->SignalState > 0 &&
           (object->Type != QueueObject || queue_has_room(object))) {
        KWAIT_BLOCK *block = container_of(entry, KWAIT_BLOCK, WaitListEntry);
        struct waiter *w = ((struct thread *)block->Thread)->wait_list;
        if (!w->all) {
            NTSTATUS status = block->WaitKey + take(object, w->thread);
            finish(w, status, increment);
        } else if (all_available(w)) {
            finish(w, take_all(w), increment);
        } else {
            entry = entry->Flink;
            continue;
        }
        entry = object->WaitListHead.Flink;
    }
}

static void on_timeout(struct ke_alarm *alarm)
{
    struct waiter *w = container_of(alarm, struct waiter, alarm);

    if (!w->done)
        finish(w, STATUS_TIMEOUT, 0);
}

bool ke_interrupt_wait(struct thread *thread, NTSTATUS status)
{
    struct waiter *w = thread->wait_list;

    if (thread->state != THREAD_BLOCKED || !w)
        return false;
    finish(w, status, 0);
    return true;
}

bool ke_holds_off_waiting(const struct thread *thread, const void *object)
{
    const struct waiter *w = thread->wait_list;

    return thread->state == THREAD_BLOCKED && w && w->count == 1 && w->blocks[0].Object == object &&
           (thread->wait_irql >= APC_LEVEL || thread->special_apc_disable);
}

void ke_alert(struct thread *thread)
{
    if (!thread->alertable || !ke_interrupt_wait(thread, STATUS_ALERTED))
        thread->alerted = true;
}

/* `units` of 100 ns from now; UINT64_MAX, which is never, beyond what the clock can count. */
static uint64_t from_now(uint64_t units)
{
    uint64_t now = ke_now();

    return units > (UINT64_MAX - 1 - now) / 100 ? UINT64_MAX : now + units * 100;
}

uint64_t ke_due_ns(int64_t time)
{
    if (time < 0)
        return from_now(-(uint64_t)time);
    uint64_t system = ke_system_time();
    return (uint64_t)time > system ? from_now((uint64_t)time - system) : 0;
}

static NTSTATUS poll_objects(struct waiter *w, bool *satisfied)
{
    *satisfied = true;
    if (w->all) {
        if (all_available(w))
            return take_all(w);
    } else {
        for (unsigned i = 0; i < w->count; i++)
            if (available(w->blocks[i].Object, w->thread))
                return (NTSTATUS)i + take(w->blocks[i].Object, w->thread);
    }
    *satisfied = false;
    return STATUS_TIMEOUT;
}

static void enlist(struct waiter *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        DISPATCHER_HEADER *object = w->blocks[i].Object;
        nt_list_push_back(&object->WaitListHead, &w->blocks[i].WaitListEntry);
    }
}

static NTSTATUS block(struct waiter *w, const LARGE_INTEGER *timeout)
{
    struct thread *thread = w->thread;

    if (unlikely(thread->cancel_wait))
        return STATUS_CANCELLED;
    if (w->alertable && thread->alerted) {
        thread->alerted = false;
        return STATUS_ALERTED;
    }
    if (w->alertable && !nt_list_empty(&thread->apcs[UserMode]))
        return STATUS_USER_APC;
    if (timeout) {
        if (w->due_ns == 0)
            return STATUS_TIMEOUT;
        w->alarm.fire = on_timeout;
        ke_alarm_set(&w->alarm, w->due_ns);
    }
    ke_queue_blocks(thread);
    enlist(w);
    w->done = false;
    thread->wait_list = w;
    thread->alertable = w->alertable;
    thread->wait_status = STATUS_SUCCESS;
    NTSTATUS status = ke_block();
    thread->alertable = false;
    return status;
}

/* An APC took the thread out of its wait: true when no time is left to go on with it. */
static bool time_is_up(const struct waiter *w, const LARGE_INTEGER *timeout)
{
    return timeout && w->due_ns <= ke_now();
}

static NTSTATUS wait_once(struct waiter *w, const LARGE_INTEGER *timeout)
{
    bool satisfied;

    if (unlikely(this_cpu->pending & PENDING_APC) && ke_irql() < APC_LEVEL)
        ke_settle();
    if (w->count && ((DISPATCHER_HEADER *)w->blocks[0].Object)->Type == QueueObject)
        ke_queue_blocks(w->thread);
    NTSTATUS status = poll_objects(w, &satisfied);
    if (satisfied || (timeout && timeout->QuadPart == 0 && !w->alertable))
        return status;
    if (unlikely(ke_irql() >= DISPATCH_LEVEL)) {
        if (timeout && timeout->QuadPart == 0)
            return status;
        KeBugCheckEx(ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)w->thread, (ULONG_PTR)this_cpu->idle,
                     (ULONG_PTR)w->thread->fiber.stack, 0);
    }
    return block(w, timeout);
}

static NTSTATUS wait(struct waiter *w, bool alertable, const LARGE_INTEGER *timeout)
{
    NTSTATUS status;

    w->alertable = alertable;
    w->due_ns = timeout && timeout->QuadPart ? ke_due_ns(timeout->QuadPart) : 0;
    while ((status = wait_once(w, timeout)) == STATUS_KERNEL_APC) {
        if (time_is_up(w, timeout))
            w->due_ns = 0;
    }
    return status;
}

/* The first thing in a wait: the IRQL from before a call with Wait = TRUE. */
static inline void end_hold(struct thread *thread)
{
    if (likely(!thread->wait_next))
        return;
    thread->wait_next = false;
    this_cpu->pcr->irql = thread->next_irql;
}

static void set_block(KWAIT_BLOCK *block, struct thread *thread, void *object, unsigned key, bool all)
{
    block->WaitType = all ? WaitAll : WaitAny;
    block->BlockState = 0;
    block->WaitKey = (USHORT)key;
    block->Thread = (struct _KTHREAD *)thread;
    block->Object = object;
}

NTSTATUS ke_wait_timeout(void *object, const LARGE_INTEGER *timeout)
{
    struct thread *thread = ke_current();
    struct waiter w = { .thread = thread, .blocks = thread->wait_blocks, .count = 1 };

    set_block(&w.blocks[0], thread, object, 0, false);
    return wait(&w, false, timeout);
}

NTSTATUS ke_wait(void *object)
{
    return ke_wait_timeout(object, NULL);
}

static uint64_t wait_flags(const LARGE_INTEGER *timeout)
{
    return timeout && timeout->QuadPart == 0;
}

COLD static NTSTATUS wait_slow(void *object, BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    struct thread *thread = ke_current();
    struct waiter w = { .thread = thread, .blocks = thread->wait_blocks, .count = 1 };

    end_hold(thread);
    NT_EMIT(NT_EVENT_WAIT, "KeWaitForSingleObject", object, wait_flags(timeout), PE_CALLER());
    if (!((DISPATCHER_HEADER *)object)->WaitListHead.Flink)
        NT_EMIT(NT_EVENT_MISUSE, "KeWaitForSingleObject is given an object that was not initialized", object, 0,
                PE_CALLER());
    set_block(&w.blocks[0], thread, object, 0, false);
    NTSTATUS status = wait(&w, alertable, timeout);
    ke_settle();
    return status;
}

/* Waits until Object (any dispatcher object; storage the caller keeps) is signalled, or Timeout: NULL for ever,
 * negative 100 ns units from now, positive system time. STATUS_SUCCESS, _TIMEOUT, _ALERTED, _ABANDONED.
 * <= APC_LEVEL; DISPATCH_LEVEL only with a time-out of zero. docs: wdm/nf-wdm-kewaitforsingleobject */
NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout)
{
    DISPATCHER_HEADER *object = Object;

    (void)WaitReason;
    (void)WaitMode;
    if (unlikely(nt_event_mask & 1u << NT_EVENT_WAIT) || object->SignalState <= 0 || object->Type == MutantObject ||
        unlikely(ke_current()->wait_next) || object->Type == QueueObject)
        return wait_slow(Object, Alertable, Timeout);
    if (object->Type == EventSynchronizationObject || object->Type == TimerSynchronizationObject)
        object->SignalState = 0;
    else if (object->Type == SemaphoreObject)
        object->SignalState--;
    hot_settle();
    return STATUS_SUCCESS;
}

/* The same for Count objects: WaitAny returns STATUS_WAIT_0 + index of the first that is signalled, WaitAll takes all
 * at the moment when all are. WaitBlockArray: the caller's nonpaged memory, may be NULL up to THREAD_WAIT_OBJECTS.
 * docs: wdm/nf-wdm-kewaitformultipleobjects */
NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                        KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK WaitBlockArray)
{
    struct thread *thread = ke_current();
    struct waiter w = { .thread = thread, .count = Count, .all = WaitType == WaitAll };

    (void)WaitReason;
    (void)WaitMode;
    end_hold(thread);
    NT_EMIT(NT_EVENT_WAIT, "KeWaitForMultipleObjects", Count ? Object[0] : NULL, wait_flags(Timeout), PE_CALLER());
    if (Count == 0 || Count > (WaitBlockArray ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS))
        KeBugCheckEx(MAXIMUM_WAIT_OBJECTS_EXCEEDED, Count, 0, 0, 0);
    w.blocks = WaitBlockArray ? WaitBlockArray : thread->wait_blocks;
    for (ULONG i = 0; i < Count; i++)
        set_block(&w.blocks[i], thread, Object[i], i, w.all);
    NTSTATUS status = wait(&w, Alertable, Timeout);
    ke_settle();
    return status;
}

/* Puts the thread to sleep for Interval (as a wait's time-out). STATUS_SUCCESS when it passed, STATUS_ALERTED when
 * Alertable and alerted. <= APC_LEVEL. docs: wdm/nf-wdm-kedelayexecutionthread */
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    struct waiter w = { .thread = ke_current(), .count = 0 };

    (void)WaitMode;
    NT_EMIT(NT_EVENT_WAIT, "KeDelayExecutionThread", NULL, 0, PE_CALLER());
    if (ke_irql() >= DISPATCH_LEVEL)
        KeBugCheckEx(ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)w.thread, (ULONG_PTR)this_cpu->idle,
                     (ULONG_PTR)w.thread->fiber.stack, 0);
    if (Interval->QuadPart == 0) {
        ke_yield_thread();
        ke_settle();
        return STATUS_SUCCESS;
    }
    NTSTATUS status = wait(&w, Alertable, Interval);
    ke_settle();
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
