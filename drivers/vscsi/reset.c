/* Requests that end without the device: reset of the whole card, and what had not reached it. */
#include "adapter.h"
#include <srbhelper.h>

/* Takes everything out of the queue that has no device behind it any more. Event buffers are not requests. */
static VOID Abandon(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE queue, UCHAR status)
{
    PVSCSI_REQUEST request;
    STOR_LOCK_HANDLE handle;

    do {
        VscsiLock(adapter, queue, &handle);
        request = VirtioQueueTakeBack(queue);
        if (request == NULL)
            request = VscsiPopWaiting(queue);
        StorPortReleaseSpinLock(adapter, &handle);
        if (request != NULL && queue->Index != VIRTIO_SCSI_EVENT)
            VscsiComplete(adapter, request->Srb, request->Management && status == SRB_STATUS_BUS_RESET ? SRB_STATUS_SUCCESS : status);
    } while (request != NULL);
}

/* What came while there was no device. */
static VOID Resume(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE queue)
{
    STOR_LOCK_HANDLE handle;

    VscsiLock(adapter, queue, &handle);
    VscsiStartWaiting(queue);
    VirtioQueuePublish(queue, adapter);
    StorPortReleaseSpinLock(adapter, &handle);
}

_Use_decl_annotations_
VOID VscsiReset(PVSCSI_ADAPTER adapter, UCHAR status)
{
    STOR_LOCK_HANDLE handle;
    BOOLEAN gone = adapter->State == VscsiGone;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        VscsiLock(adapter, &adapter->Queue[i], &handle);
        adapter->Queue[i].Notify = NULL;        /* nothing is given to the device from here on */
        StorPortReleaseSpinLock(adapter, &handle);
    }
    if (!gone && !VirtioCardReset(&adapter->Pci))
        gone = TRUE;
    adapter->State = gone ? VscsiGone : VscsiStopped;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        Abandon(adapter, &adapter->Queue[i], gone ? SRB_STATUS_NO_DEVICE : status);
    if (gone)
        return;
    if (!VscsiStartDevice(adapter)) {
        adapter->State = VscsiGone;
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, __LINE__);
    }
    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        if (adapter->State == VscsiGone)
            Abandon(adapter, &adapter->Queue[i], SRB_STATUS_NO_DEVICE);
        else
            Resume(adapter, &adapter->Queue[i]);
    }
}

_Use_decl_annotations_
BOOLEAN VscsiResetBus(PVOID extension, ULONG path)
{
    PVSCSI_ADAPTER adapter = extension;

    VscsiReset(adapter, SRB_STATUS_BUS_RESET);
    return adapter->State == VscsiRunning;
}

/* ---- what waits ---- */

static BOOLEAN Matches(PVSCSI_REQUEST request, UCHAR target, ULONG unit, PVOID srb)
{
    if (srb != NULL)
        return request->Srb == srb;
    return SrbGetTargetId(request->Srb) == target && (unit == MAXULONG || SrbGetLun(request->Srb) == unit);
}

/* Under the queue's lock: the first that matches, out of the list. */
static PVSCSI_REQUEST TakeWaiting(PVIRTIO_QUEUE queue, UCHAR target, ULONG unit, PVOID srb)
{
    for (PSTOR_LIST_ENTRY entry = queue->Waiting.Flink; entry != &queue->Waiting; entry = entry->Flink) {
        PVSCSI_REQUEST request = CONTAINING_RECORD(entry, VSCSI_REQUEST, Link);

        if (Matches(request, target, unit, srb)) {
            entry->Blink->Flink = entry->Flink;
            entry->Flink->Blink = entry->Blink;
            return request;
        }
    }
    return NULL;
}

_Use_decl_annotations_
ULONG VscsiEndWaiting(PVSCSI_ADAPTER adapter, UCHAR target, ULONG unit, PVOID srb, UCHAR status)
{
    ULONG ended = 0;

    for (ULONG i = VIRTIO_SCSI_REQUEST; i < adapter->QueueCount; i++) {
        PVSCSI_REQUEST request;
        STOR_LOCK_HANDLE handle;

        do {
            VscsiLock(adapter, &adapter->Queue[i], &handle);
            request = TakeWaiting(&adapter->Queue[i], target, unit, srb);
            StorPortReleaseSpinLock(adapter, &handle);
            if (request != NULL) {
                VscsiComplete(adapter, request->Srb, status);
                ended++;
            }
        } while (request != NULL);
    }
    return ended;
}
