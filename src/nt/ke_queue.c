/* KQUEUE: signalled by its number of entries. The limit on threads that are active at a time is kept, not enforced. */
#include "nt/ke_wait.h"

/* Queue: the caller's nonpaged memory. Count: threads that shall be active at a time, 0 for one per processor.
 * docs: ntifs/nf-ntifs-keinitializequeue */
VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    ke_header_init(&Queue->Header, QueueObject, sizeof *Queue, 0);
    nt_list_init(&Queue->EntryListHead);
    nt_list_init(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count ? Count : ke.cpu_count;
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

/* Adds in front. docs: ntifs/nf-ntifs-keinsertheadqueue */
LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return insert(Queue, Entry, true);
}

/* The number of entries. docs: ntifs/nf-ntifs-kereadstatequeue */
LONG NTAPI KeReadStateQueue(PRKQUEUE Queue)
{
    return Queue->Header.SignalState;
}

/* Takes the first entry, waiting for one; STATUS_TIMEOUT as a pointer when none came in time. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-keremovequeue */
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout)
{
    (void)WaitMode;
    NTSTATUS status = ke_wait_timeout(&Queue->Header, Timeout);
    PLIST_ENTRY entry = status == STATUS_SUCCESS ? nt_list_pop_front(&Queue->EntryListHead) : NULL;

    return entry ? entry : (PLIST_ENTRY)(LONG_PTR)(status == STATUS_SUCCESS ? STATUS_ABANDONED : status);
}

/* Takes up to Count entries; returns how many, or the status of the wait when it took none.
 * docs: ntifs/nf-ntifs-keremovequeue */
ULONG NTAPI KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                            PLIST_ENTRY *EntryArray, ULONG Count)
{
    NTSTATUS status = KeWaitForSingleObject(Queue, WrQueue, WaitMode, Alertable, Timeout);
    ULONG taken = 0;

    if (status != STATUS_SUCCESS)
        return (ULONG)status;
    while (taken < Count && (EntryArray[taken] = nt_list_pop_front(&Queue->EntryListHead))) {
        if (taken++)
            Queue->Header.SignalState--;
    }
    return taken ? taken : (ULONG)STATUS_ABANDONED;
}

/* Takes everything out: the first of a ring of entries without a head, or NULL. docs: ntifs/nf-ntifs-kerundownqueue */
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue)
{
    PLIST_ENTRY first = Queue->EntryListHead.Flink;

    if (nt_list_empty(&Queue->EntryListHead))
        return NULL;
    nt_list_remove(&Queue->EntryListHead);
    nt_list_init(&Queue->EntryListHead);
    Queue->Header.SignalState = 0;
    return first;
}
