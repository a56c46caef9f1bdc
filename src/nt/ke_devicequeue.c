/* Device queues: not busy, or busy with entries waiting behind the one that is being worked on. */
#include "nt/ke_wait.h"

/* DeviceQueue: the caller's nonpaged memory; not busy. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keinitializedevicequeue */
VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    DeviceQueue->Type = DeviceQueueObject;
    DeviceQueue->Size = sizeof *DeviceQueue;
    nt_list_init(&DeviceQueue->DeviceListHead);
    DeviceQueue->Lock = 0;
    DeviceQueue->Hint = 0;
}

static BOOLEAN insert(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry, LIST_ENTRY *before)
{
    entry->Inserted = queue->Busy;
    if (entry->Inserted)
        nt_list_push_back(before, &entry->DeviceListEntry);
    queue->Busy = TRUE;
    return entry->Inserted;
}

/* Queues the entry at the end. FALSE when the queue was not busy: then it is busy now, and the entry is the caller's to
 * work on. DISPATCH_LEVEL. docs: wdm/nf-wdm-keinsertdevicequeue */
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    return insert(DeviceQueue, DeviceQueueEntry, &DeviceQueue->DeviceListHead);
}

static PKDEVICE_QUEUE_ENTRY entry_of(LIST_ENTRY *link)
{
    return container_of(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

/* The first entry whose key is at least (or greater than) `key`; the list head when there is none. */
static LIST_ENTRY *find(PKDEVICE_QUEUE queue, ULONG key, bool greater)
{
    LIST_ENTRY *link = queue->DeviceListHead.Flink;

    while (link != &queue->DeviceListHead &&
           (greater ? entry_of(link)->SortKey <= key : entry_of(link)->SortKey < key))
        link = link->Flink;
    return link;
}

/* The same, in order of SortKey, behind equal ones. docs: wdm/nf-wdm-keinsertbykeydevicequeue */
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey)
{
    DeviceQueueEntry->SortKey = SortKey;
    return insert(DeviceQueue, DeviceQueueEntry, find(DeviceQueue, SortKey, true));
}

static PKDEVICE_QUEUE_ENTRY take(PKDEVICE_QUEUE queue, LIST_ENTRY *link)
{
    if (nt_list_empty(&queue->DeviceListHead)) {
        queue->Busy = FALSE;
        return NULL;
    }
    if (link == &queue->DeviceListHead)
        link = queue->DeviceListHead.Flink;
    nt_list_remove(link);
    entry_of(link)->Inserted = FALSE;
    return entry_of(link);
}

/* The next entry to work on; NULL when there is none, and then the queue is not busy. DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-keremovedevicequeue */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return take(DeviceQueue, DeviceQueue->DeviceListHead.Flink);
}

/* The first with at least this key, or the first of all. docs: wdm/nf-wdm-keremovebykeydevicequeue */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return take(DeviceQueue, find(DeviceQueue, SortKey, false));
}

/* The same, only when the queue is busy. docs: wdm/nf-wdm-keremovebykeydevicequeue */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return DeviceQueue->Busy ? KeRemoveByKeyDeviceQueue(DeviceQueue, SortKey) : NULL;
}

/* Takes a certain entry out; FALSE when it is not queued. docs: wdm/nf-wdm-keremoveentrydevicequeue */
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    (void)DeviceQueue;
    if (!DeviceQueueEntry->Inserted)
        return FALSE;
    nt_list_remove(&DeviceQueueEntry->DeviceListEntry);
    DeviceQueueEntry->Inserted = FALSE;
    return TRUE;
}
