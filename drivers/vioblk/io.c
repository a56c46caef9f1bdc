/* The I/O path: SRBs in, interrupts, answers out. */
#include "adapter.h"
#include <srbhelper.h>

static VOID Lock(PVIOBLK_ADAPTER adapter, PVIRTIO_QUEUE queue, PSTOR_LOCK_HANDLE handle)
{
    StorPortAcquireSpinLock(adapter, DpcLock, &queue->Dpc, handle);
}

static BOOLEAN Addressed(PSCSI_REQUEST_BLOCK srb)
{
    return SrbGetPathId(srb) == 0 && SrbGetTargetId(srb) == 0 && SrbGetLun(srb) == 0;
}

_Use_decl_annotations_
BOOLEAN VioBlkBuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PVIOBLK_ADAPTER adapter = extension;

    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_RESET_BUS:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        return TRUE;
    case SRB_FUNCTION_EXECUTE_SCSI:
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
        break;
    case SRB_FUNCTION_POWER:
    case SRB_FUNCTION_PNP:
        VioBlkComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    default:
        VioBlkComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    if (!Addressed(srb) || adapter->State == VioBlkGone) {
        VioBlkComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    return SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI ? VioBlkScsi(adapter, srb) : VioBlkBuildFlush(adapter, srb);
}

static PVIRTIO_QUEUE QueueFor(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    STARTIO_PERFORMANCE_PARAMETERS parameters = { .Version = STOR_PERF_VERSION_2, .Size = sizeof(parameters) };

    if (adapter->QueueCount == 1 || StorPortGetStartIoPerfParams(adapter, srb, &parameters) != STOR_STATUS_SUCCESS)
        return &adapter->Queue[0];
    return &adapter->Queue[parameters.ChannelNumber % adapter->QueueCount];
}

/* Under the queue's lock. Order is kept: what waits goes first. */
static VOID Enqueue(PVIRTIO_QUEUE queue, PVIOBLK_REQUEST request)
{
    PSTOR_LIST_ENTRY head = &queue->Waiting;

    if (queue->Notify != NULL && head->Flink == head &&
        VirtioQueueAdd(queue, request, request->Physical + FIELD_OFFSET(VIOBLK_REQUEST, Table), request->DescCount))
        return;
    request->Link.Flink = head;
    request->Link.Blink = head->Blink;
    head->Blink->Flink = &request->Link;
    head->Blink = &request->Link;
}

static PVIOBLK_REQUEST PopWaiting(PVIRTIO_QUEUE queue)
{
    PSTOR_LIST_ENTRY first = queue->Waiting.Flink;

    if (first == &queue->Waiting)
        return NULL;
    queue->Waiting.Flink = first->Flink;
    first->Flink->Blink = &queue->Waiting;
    return CONTAINING_RECORD(first, VIOBLK_REQUEST, Link);
}

static VOID StartWaiting(PVIRTIO_QUEUE queue)
{
    while (queue->Notify != NULL && queue->FreeCount != 0) {
        PVIOBLK_REQUEST request = PopWaiting(queue);

        if (request == NULL)
            return;
        VirtioQueueAdd(queue, request, request->Physical + FIELD_OFFSET(VIOBLK_REQUEST, Table), request->DescCount);
    }
}

_Use_decl_annotations_
BOOLEAN VioBlkStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PVIOBLK_ADAPTER adapter = extension;
    STOR_LOCK_HANDLE handle;
    PVIRTIO_QUEUE queue;
    BOOLEAN gone;

    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_RESET_BUS:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        VioBlkReset(adapter, SRB_STATUS_BUS_RESET);
        VioBlkComplete(adapter, srb, adapter->State == VioBlkGone ? SRB_STATUS_NO_DEVICE : SRB_STATUS_SUCCESS);
        return TRUE;
    default:
        break;
    }
    queue = QueueFor(adapter, srb);
    Lock(adapter, queue, &handle);
    gone = adapter->State == VioBlkGone;
    if (!gone) {
        Enqueue(queue, SrbGetMiniportContext(srb));
        VirtioQueuePublish(queue, adapter);
    }
    StorPortReleaseSpinLock(adapter, &handle);
    if (gone)
        VioBlkComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
    return TRUE;
}

/* ---- interrupts ---- */

_Use_decl_annotations_
BOOLEAN VioBlkMessage(PVOID extension, ULONG message)
{
    PVIOBLK_ADAPTER adapter = extension;

    if (adapter->MessageCount == 0)
        return VioBlkInterrupt(adapter);
    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        PVIRTIO_QUEUE queue = &adapter->Queue[i];

        if (queue->Vector == message && queue->Notify != NULL) {
            VirtioQueueDisarm(queue);
            StorPortIssueDpc(adapter, &queue->Dpc, queue, NULL);
        }
    }
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VioBlkInterrupt(PVOID extension)
{
    PVIOBLK_ADAPTER adapter = extension;
    UCHAR isr;

    if (adapter->MessageCount != 0 || adapter->State != VioBlkRunning)
        return FALSE;
    isr = StorPortReadRegisterUchar(adapter, adapter->Pci.Isr);
    if (isr == 0 || isr == 0xFF)
        return FALSE;
    for (ULONG i = 0; i < adapter->QueueCount && (isr & VIRTIO_ISR_QUEUE) != 0; i++) {
        VirtioQueueDisarm(&adapter->Queue[i]);
        StorPortIssueDpc(adapter, &adapter->Queue[i].Dpc, &adapter->Queue[i], NULL);
    }
    return TRUE;
}

/* Takes one burst of answers; TRUE: look again, for there may be more. */
static BOOLEAN Drain(PVIOBLK_ADAPTER adapter, PVIRTIO_QUEUE queue)
{
    PVIOBLK_REQUEST request, done = NULL, *tail = &done;
    STOR_LOCK_HANDLE handle;
    BOOLEAN again;

    Lock(adapter, queue, &handle);
    while ((request = VirtioQueueTake(queue)) != NULL) {
        *tail = request;
        tail = (PVIOBLK_REQUEST *)&request->Link.Flink;
    }
    *tail = NULL;
    StartWaiting(queue);
    VirtioQueuePublish(queue, adapter);
    again = queue->Notify != NULL && !VirtioQueueArm(queue);
    StorPortReleaseSpinLock(adapter, &handle);
    while ((request = done) != NULL) {
        done = (PVIOBLK_REQUEST)request->Link.Flink;
        if (VioBlkAnswered(adapter, request))
            continue;
        Lock(adapter, queue, &handle);
        Enqueue(queue, request);
        VirtioQueuePublish(queue, adapter);
        StorPortReleaseSpinLock(adapter, &handle);
    }
    return again;
}

_Use_decl_annotations_
VOID VioBlkDpc(PSTOR_DPC dpc, PVOID extension, PVOID queue, PVOID unused)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(unused);
    while (Drain(extension, queue))
        ;
}

/* ---- reset ---- */

/* Takes everything out of the queue that has no device behind it any more. */
static VOID Abandon(PVIOBLK_ADAPTER adapter, PVIRTIO_QUEUE queue, UCHAR status)
{
    PVIOBLK_REQUEST request;
    STOR_LOCK_HANDLE handle;

    do {
        Lock(adapter, queue, &handle);
        request = VirtioQueueTakeBack(queue);
        if (request == NULL)
            request = PopWaiting(queue);
        StorPortReleaseSpinLock(adapter, &handle);
        if (request != NULL)
            VioBlkComplete(adapter, request->Srb, status);
    } while (request != NULL);
}

/* What came while there was no device. */
static VOID Resume(PVIOBLK_ADAPTER adapter, PVIRTIO_QUEUE queue)
{
    STOR_LOCK_HANDLE handle;

    Lock(adapter, queue, &handle);
    StartWaiting(queue);
    VirtioQueuePublish(queue, adapter);
    StorPortReleaseSpinLock(adapter, &handle);
}

_Use_decl_annotations_
VOID VioBlkReset(PVIOBLK_ADAPTER adapter, UCHAR status)
{
    STOR_LOCK_HANDLE handle;
    BOOLEAN gone = adapter->State == VioBlkGone;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        Lock(adapter, &adapter->Queue[i], &handle);
        adapter->Queue[i].Notify = NULL;        /* nothing is given to the device from here on */
        StorPortReleaseSpinLock(adapter, &handle);
    }
    if (!gone && !VirtioCardReset(&adapter->Pci))
        gone = TRUE;
    adapter->State = gone ? VioBlkGone : VioBlkStopped;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        Abandon(adapter, &adapter->Queue[i], gone ? SRB_STATUS_NO_DEVICE : status);
    if (gone)
        return;
    if (!VioBlkStartDevice(adapter)) {
        adapter->State = VioBlkGone;
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, __LINE__);
    }
    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        if (adapter->State == VioBlkGone)
            Abandon(adapter, &adapter->Queue[i], SRB_STATUS_NO_DEVICE);
        else
            Resume(adapter, &adapter->Queue[i]);
    }
}

_Use_decl_annotations_
BOOLEAN VioBlkResetBus(PVOID extension, ULONG path)
{
    PVIOBLK_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(path);
    VioBlkReset(adapter, SRB_STATUS_BUS_RESET);
    return adapter->State == VioBlkRunning;
}
