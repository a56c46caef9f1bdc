/* KQUEUE: signalled by its number of entries, taken by no more threads at a time than it is for.
 *
 * 1. A thread belongs to the queue that it last took from (thread->queue, queue_node in ThreadListHead), until it takes from another
 *    one, ends, or the queue is run down.
 * 2. CurrentCount is the number of its threads that are active: that do not wait, for whatever.
 * 3. A thread gets an entry only while CurrentCount < MaximumCount. An active thread that blocks may let a waiting one go; when it
 *    goes on it counts again, so that CurrentCount may be above MaximumCount for a while.
 * 4. MaximumCount is 0 once the queue has been run down. */
#include "nt/ke_apc.h"

/* Queue: the caller's nonpaged memory. Count: threads that shall be active at a time, 0 for one per processor.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-keinitializequeue */
VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    ke_header_init(&Queue->Header, QueueObject, sizeof *Queue, 0);
    nt_list_init(&Queue->EntryListHead);
    nt_list_init(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count ? Count : ke.cpu_count;
}

void ke_queue_blocks(struct thread *thread)
{
    PRKQUEUE queue = thread->queue;

    if (!thread->queue_active)
        return;
    thread->queue_active = false;
    queue->CurrentCount--;
    ke_signalled(&queue->Header, 1);
}

void ke_queue_goes_on(struct thread *thread)
{
    if (thread->queue == NULL || thread->queue_active)
        return;
    thread->queue_active = true;
    thread->queue->CurrentCount++;
}

void ke_queue_leave(struct thread *thread)
{
    if (thread->queue == NULL)
        return;
    ke_queue_blocks(thread);
    nt_list_remove(&thread->queue_node);
    thread->queue = NULL;
}

/* The thread asks for its next entry: it is not active until it has one, or goes on without. */
static void belong(struct thread *thread, PRKQUEUE queue)
{
    if (thread->queue == queue) {
        if (thread->queue_active)
            queue->CurrentCount--;
    } else {
        ke_queue_leave(thread);
        thread->queue = queue;
        nt_list_push_back(&queue->ThreadListHead, &thread->queue_node);
    }
    thread->queue_active = false;
}

static LONG insert(PRKQUEUE queue, PLIST_ENTRY entry, bool head)
{
    LONG before = queue->Header.SignalState;

    if (head)
        nt_list_push_front(&queue->EntryListHead, entry);
    else
        nt_list_push_back(&queue->EntryListHead, entry);
    queue->Header.SignalState++;
    ke_signalled(&queue->Header, 1);
    ke_settle();
    return before;
}

/* Adds at the end; returns the number of entries before. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-keinsertqueue */
LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return insert(Queue, Entry, false);
}

/* Adds in front. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-keinsertheadqueue */
LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return insert(Queue, Entry, true);
}

/* The number of entries. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-kereadstatequeue */
LONG NTAPI KeReadStateQueue(PRKQUEUE Queue)
{
    return Queue->Header.SignalState;
}

static NTSTATUS take(PRKQUEUE queue, KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    struct thread *thread = ke_current();

    if (queue->MaximumCount == 0)
        return STATUS_ABANDONED;
    thread->queue_taken = NULL;
    belong(thread, queue);
    NTSTATUS status = KeWaitForSingleObject(queue, WrQueue, mode, alertable, timeout);
    ke_queue_goes_on(thread);
    return status;
}

/* Takes the first entry, waiting for one; STATUS_TIMEOUT, STATUS_USER_APC or (the queue was run down) STATUS_ABANDONED as a pointer
 * when there is none to come. WaitMode UserMode lets APCs for user mode end the wait. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-keremovequeue */
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout)
{
    NTSTATUS status = take(Queue, WaitMode, WaitMode == UserMode, Timeout);

    return status == STATUS_SUCCESS ? ke_current()->queue_taken : (PLIST_ENTRY)(LONG_PTR)status;
}

/* Takes up to Count entries; returns how many, or the status of the wait when it took none. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-keremovequeue */
ULONG NTAPI KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                            PLIST_ENTRY *EntryArray, ULONG Count)
{
    NTSTATUS status = take(Queue, WaitMode, Alertable, Timeout);
    ULONG taken = 1;

    if (status != STATUS_SUCCESS)
        return (ULONG)status;
    EntryArray[0] = ke_current()->queue_taken;
    while (taken < Count && (EntryArray[taken] = nt_list_pop_front(&Queue->EntryListHead))) {
        taken++;
        Queue->Header.SignalState--;
    }
    return taken;
}

static void abandon_waiters(PRKQUEUE queue)
{
    while (!nt_list_empty(&queue->Header.WaitListHead)) {
        KWAIT_BLOCK *block = container_of(queue->Header.WaitListHead.Flink, KWAIT_BLOCK, WaitListEntry);
        ke_interrupt_wait((struct thread *)block->Thread, STATUS_ABANDONED);
    }
}

/* Takes everything out: the first of a ring of entries without a head, or NULL. Who waits gets STATUS_ABANDONED, and whoever asks
 * later. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-kerundownqueue */
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue)
{
    PLIST_ENTRY first = Queue->EntryListHead.Flink, entry;

    Queue->MaximumCount = 0;
    Queue->Header.SignalState = 0;
    if (nt_list_empty(&Queue->EntryListHead))
        first = NULL;
    else
        nt_list_remove(&Queue->EntryListHead);
    nt_list_init(&Queue->EntryListHead);
    abandon_waiters(Queue);
    while ((entry = nt_list_pop_front(&Queue->ThreadListHead))) {
        struct thread *thread = container_of(entry, struct thread, queue_node);
        thread->queue = NULL;
        thread->queue_active = false;
    }
    Queue->CurrentCount = 0;
    ke_settle();
    return first;
}
