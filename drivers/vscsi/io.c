/* The I/O path: SRBs in, interrupts, answers out. */
#include "adapter.h"
#include <srbhelper.h>

static BOOLEAN Addressed(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    return SrbGetPathId(srb) == 0 && SrbGetTargetId(srb) < adapter->Targets && SrbGetLun(srb) < adapter->Units;
}

/* The device's own tag of a command that it has, or had. */
static BOOLEAN BuildAbort(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    PSCSI_REQUEST_BLOCK victim = SrbGetNextSrb(srb);

    if (victim == NULL) {
        VscsiComplete(adapter, srb, SRB_STATUS_ABORT_FAILED);
        return FALSE;
    }
    return VscsiBuildManagement(adapter, srb, VIRTIO_SCSI_T_TMF_ABORT_TASK, ((PVSCSI_REQUEST)SrbGetMiniportContext(victim))->Physical);
}

_Use_decl_annotations_
BOOLEAN VscsiBuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PVSCSI_ADAPTER adapter = extension;
    UCHAR function = (UCHAR)SrbGetSrbFunction(srb);

    switch (function) {
    case SRB_FUNCTION_RESET_BUS:
        return TRUE;
    case SRB_FUNCTION_POWER:
    case SRB_FUNCTION_PNP:
        VscsiComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    default:
        break;
    }
    if (!Addressed(adapter, srb) || adapter->State == VscsiGone) {
        VscsiComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    switch (function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
        return VscsiBuildCommand(adapter, srb);
    case SRB_FUNCTION_ABORT_COMMAND:
        return BuildAbort(adapter, srb);
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        return VscsiBuildManagement(adapter, srb, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, 0);
    case SRB_FUNCTION_RESET_DEVICE:
        return VscsiBuildManagement(adapter, srb, VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, 0);
    default:
        VscsiComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
}

static PVIRTIO_QUEUE QueueFor(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    STARTIO_PERFORMANCE_PARAMETERS parameters = { .Version = STOR_PERF_VERSION_2, .Size = sizeof(parameters) };
    ULONG channels = adapter->QueueCount - VIRTIO_SCSI_REQUEST;
    PVSCSI_REQUEST request = SrbGetMiniportContext(srb);

    if (request->Management)
        return &adapter->Queue[VIRTIO_SCSI_CONTROL];
    if (channels == 1 || StorPortGetStartIoPerfParams(adapter, srb, &parameters) != STOR_STATUS_SUCCESS)
        return &adapter->Queue[VIRTIO_SCSI_REQUEST];
    return &adapter->Queue[VIRTIO_SCSI_REQUEST + parameters.ChannelNumber % channels];
}

/* ---- waiting for room, under the queue's lock ---- */

static BOOLEAN Give(PVIRTIO_QUEUE queue, PVSCSI_REQUEST request)
{
    return VirtioQueueAdd(queue, request, request->Physical + FIELD_OFFSET(VSCSI_REQUEST, Table), request->DescCount);
}

/* Order is kept: what waits goes first. */
static VOID Enqueue(PVIRTIO_QUEUE queue, PVSCSI_REQUEST request)
{
    PSTOR_LIST_ENTRY head = &queue->Waiting;

    if (queue->Notify != NULL && head->Flink == head && Give(queue, request))
        return;
    request->Link.Flink = head;
    request->Link.Blink = head->Blink;
    head->Blink->Flink = &request->Link;
    head->Blink = &request->Link;
}

_Use_decl_annotations_
PVSCSI_REQUEST VscsiPopWaiting(PVIRTIO_QUEUE queue)
{
    PSTOR_LIST_ENTRY first = queue->Waiting.Flink;

    if (first == &queue->Waiting)
        return NULL;
    queue->Waiting.Flink = first->Flink;
    first->Flink->Blink = &queue->Waiting;
    return CONTAINING_RECORD(first, VSCSI_REQUEST, Link);
}

_Use_decl_annotations_
VOID VscsiStartWaiting(PVIRTIO_QUEUE queue)
{
    while (queue->Notify != NULL && queue->FreeCount != 0) {
        PVSCSI_REQUEST request = VscsiPopWaiting(queue);

        if (request == NULL)
            return;
        Give(queue, request);
    }
}

/* ---- start ---- */

/* What the device has not got yet cannot be ended by it. TRUE: nothing is left for the device to do. */
static BOOLEAN EndHere(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_ABORT_COMMAND:
        return VscsiEndWaiting(adapter, 0, 0, SrbGetNextSrb(srb), SRB_STATUS_ABORTED) != 0;
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        VscsiEndWaiting(adapter, SrbGetTargetId(srb), SrbGetLun(srb), NULL, SRB_STATUS_BUS_RESET);
        return FALSE;
    case SRB_FUNCTION_RESET_DEVICE:
        VscsiEndWaiting(adapter, SrbGetTargetId(srb), MAXULONG, NULL, SRB_STATUS_BUS_RESET);
        return FALSE;
    default:
        return FALSE;
    }
}

_Use_decl_annotations_
BOOLEAN VscsiStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PVSCSI_ADAPTER adapter = extension;
    STOR_LOCK_HANDLE handle;
    PVIRTIO_QUEUE queue;
    BOOLEAN gone;

    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_RESET_BUS) {
        VscsiReset(adapter, SRB_STATUS_BUS_RESET);
        VscsiComplete(adapter, srb, adapter->State == VscsiGone ? SRB_STATUS_NO_DEVICE : SRB_STATUS_SUCCESS);
        return TRUE;
    }
    if (EndHere(adapter, srb)) {
        VscsiComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return TRUE;
    }
    queue = QueueFor(adapter, srb);
    VscsiLock(adapter, queue, &handle);
    gone = adapter->State == VscsiGone;
    if (!gone) {
        Enqueue(queue, SrbGetMiniportContext(srb));
        VirtioQueuePublish(queue, adapter);
    }
    StorPortReleaseSpinLock(adapter, &handle);
    if (gone)
        VscsiComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
    return TRUE;
}

/* ---- interrupts ---- */

_Use_decl_annotations_
BOOLEAN VscsiMessage(PVOID extension, ULONG message)
{
    PVSCSI_ADAPTER adapter = extension;

    if (adapter->MessageCount == 0)
        return VscsiInterrupt(adapter);
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
BOOLEAN VscsiInterrupt(PVOID extension)
{
    PVSCSI_ADAPTER adapter = extension;
    UCHAR isr;

    if (adapter->MessageCount != 0 || adapter->State != VscsiRunning)
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

/* The answers that are there, in a list through Link.Flink. *again: there may be more. */
static PVSCSI_REQUEST TakeAnswers(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE queue, BOOLEAN *again)
{
    PVSCSI_REQUEST request, done = NULL, *tail = &done;
    STOR_LOCK_HANDLE handle;

    VscsiLock(adapter, queue, &handle);
    while ((request = VirtioQueueTake(queue)) != NULL) {
        *tail = request;
        tail = (PVSCSI_REQUEST *)&request->Link.Flink;
    }
    *tail = NULL;
    VscsiStartWaiting(queue);
    VirtioQueuePublish(queue, adapter);
    *again = queue->Notify != NULL && !VirtioQueueArm(queue);
    StorPortReleaseSpinLock(adapter, &handle);
    return done;
}

static VOID CompleteAll(PVSCSI_ADAPTER adapter, PVSCSI_REQUEST done)
{
    PVSCSI_REQUEST request;

    while ((request = done) != NULL) {
        done = (PVSCSI_REQUEST)request->Link.Flink;
        VscsiAnswered(adapter, request);
    }
}

static VOID DrainRequests(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE queue)
{
    BOOLEAN again;

    do
        CompleteAll(adapter, TakeAnswers(adapter, queue, &again));
    while (again);
}

/* What a task management function ended was answered before it. */
static VOID DrainControl(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE control)
{
    PVSCSI_REQUEST done;
    BOOLEAN again;

    do {
        done = TakeAnswers(adapter, control, &again);
        for (ULONG i = VIRTIO_SCSI_REQUEST; done != NULL && i < adapter->QueueCount; i++)
            DrainRequests(adapter, &adapter->Queue[i]);
        CompleteAll(adapter, done);
    } while (again);
}

static VOID DrainEvents(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE events)
{
    STOR_LOCK_HANDLE handle;
    BOOLEAN again, matters = FALSE;

    do {
        VscsiLock(adapter, events, &handle);
        matters |= VscsiTakeEvents(adapter);
        again = events->Notify != NULL && !VirtioQueueArm(events);
        StorPortReleaseSpinLock(adapter, &handle);
    } while (again);
    if (matters)
        StorPortNotification(BusChangeDetected, adapter, 0);
}

_Use_decl_annotations_
VOID VscsiDpc(PSTOR_DPC dpc, PVOID extension, PVOID context, PVOID unused)
{
    PVIRTIO_QUEUE queue = context;

    if (queue->Index == VIRTIO_SCSI_CONTROL)
        DrainControl(extension, queue);
    else if (queue->Index == VIRTIO_SCSI_EVENT)
        DrainEvents(extension, queue);
    else
        DrainRequests(extension, queue);
}
