/* The I/O path: SRBs in, interrupts, answers out. */
#include "adapter.h"
#include <srbhelper.h>

static VOID Lock(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue, PSTOR_LOCK_HANDLE handle)
{
    StorPortAcquireSpinLock(adapter, DpcLock, &queue->Dpc, handle);
}

static BOOLEAN Addressed(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    return SrbGetPathId(srb) == 0 && SrbGetTargetId(srb) == 0 && SrbGetLun(srb) < min(adapter->Controller.NamespaceCount, NVMEQ_NAMESPACES);
}

_Use_decl_annotations_
BOOLEAN NvmeqBuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PNVMEQ_ADAPTER adapter = extension;

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
        NvmeqComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    default:
        NvmeqComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    if (!Addressed(adapter, srb) || adapter->State == NvmeqGone) {
        NvmeqComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    return SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI ? NvmeqScsi(adapter, srb) : NvmeqBuildFlush(adapter, srb);
}

/* The queue whose message Storport wants the answer to come by, or that of the channel. */
static PNVMEQ_QUEUE QueueFor(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    STARTIO_PERFORMANCE_PARAMETERS parameters = { .Version = STOR_PERF_VERSION_2, .Size = sizeof(parameters) };
    ULONG count = adapter->QueueCount - 1, number = 0;

    if (count > 1 && StorPortGetStartIoPerfParams(adapter, srb, &parameters) == STOR_STATUS_SUCCESS)
        number = adapter->Redirected && parameters.MessageNumber != 0 ? parameters.MessageNumber - 1 : parameters.ChannelNumber;
    return &adapter->Queue[1 + number % count];
}

/* Under the queue's lock. Order is kept: what waits goes first. */
static VOID Enqueue(PNVMEQ_QUEUE queue, PNVMEQ_REQUEST request)
{
    PSTOR_LIST_ENTRY head = &queue->Waiting;

    if (queue->TailDoorbell != NULL && head->Flink == head && NvmeqQueueAdd(queue, &request->Command, request))
        return;
    request->Link.Flink = head;
    request->Link.Blink = head->Blink;
    head->Blink->Flink = &request->Link;
    head->Blink = &request->Link;
}

static PNVMEQ_REQUEST PopWaiting(PNVMEQ_QUEUE queue)
{
    PSTOR_LIST_ENTRY first = queue->Waiting.Flink;

    if (first == &queue->Waiting)
        return NULL;
    queue->Waiting.Flink = first->Flink;
    first->Flink->Blink = &queue->Waiting;
    return CONTAINING_RECORD(first, NVMEQ_REQUEST, Link);
}

static VOID StartWaiting(PNVMEQ_QUEUE queue)
{
    while (queue->TailDoorbell != NULL && queue->FreeCount != 0) {
        PNVMEQ_REQUEST request = PopWaiting(queue);

        if (request == NULL)
            return;
        NvmeqQueueAdd(queue, &request->Command, request);
    }
}

_Use_decl_annotations_
BOOLEAN NvmeqStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PNVMEQ_ADAPTER adapter = extension;
    STOR_LOCK_HANDLE handle;
    PNVMEQ_QUEUE queue;
    BOOLEAN gone;

    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_RESET_BUS:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        NvmeqReset(adapter, SRB_STATUS_BUS_RESET);
        NvmeqComplete(adapter, srb, adapter->State == NvmeqGone ? SRB_STATUS_NO_DEVICE : SRB_STATUS_SUCCESS);
        return TRUE;
    default:
        break;
    }
    queue = QueueFor(adapter, srb);
    Lock(adapter, queue, &handle);
    gone = adapter->State == NvmeqGone;
    if (!gone) {
        Enqueue(queue, SrbGetMiniportContext(srb));
        NvmeqQueueRing(queue, adapter);
    }
    StorPortReleaseSpinLock(adapter, &handle);
    if (gone)
        NvmeqComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
    return TRUE;
}

/* ---- interrupts ---- */

_Use_decl_annotations_
BOOLEAN NvmeqMessage(PVOID extension, ULONG message)
{
    PNVMEQ_ADAPTER adapter = extension;

    if (adapter->MessageCount == 0)
        return NvmeqInterrupt(adapter);
    if (adapter->State != NvmeqRunning)
        return TRUE;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        if (adapter->Queue[i].Vector == message)
            StorPortIssueDpc(adapter, &adapter->Queue[i].Dpc, &adapter->Queue[i], NULL);
    return TRUE;
}

/* The line is asserted as long as an answer waits: it is masked until a DPC has taken them. */
_Use_decl_annotations_
BOOLEAN NvmeqInterrupt(PVOID extension)
{
    PNVMEQ_ADAPTER adapter = extension;
    BOOLEAN ours = FALSE;

    if (adapter->MessageCount != 0 || adapter->State == NvmeqGone || adapter->State == NvmeqCreated)
        return FALSE;
    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        if (!NvmeqQueueHasAnswer(&adapter->Queue[i]))
            continue;
        if (!ours)
            NvmeqWrite(adapter, NVME_INTMS, 1);
        ours = TRUE;
        if (adapter->State == NvmeqRunning)
            StorPortIssueDpc(adapter, &adapter->Queue[i].Dpc, &adapter->Queue[i], NULL);
    }
    return ours;
}

/* Takes one burst of answers; TRUE: look again, for there may be more. */
static BOOLEAN Drain(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue)
{
    NVME_COMPLETION answer;
    PNVMEQ_REQUEST request, done = NULL, *tail = &done;
    STOR_LOCK_HANDLE handle;

    Lock(adapter, queue, &handle);
    while ((request = NvmeqQueueTake(queue, &answer)) != NULL) {
        request->Command.Dw15 = NVME_STATUS(answer.Status);
        *tail = request;
        tail = (PNVMEQ_REQUEST *)&request->Link.Flink;
    }
    *tail = NULL;
    if (done != NULL)
        NvmeqQueueAcknowledge(queue, adapter);
    StartWaiting(queue);
    NvmeqQueueRing(queue, adapter);
    StorPortReleaseSpinLock(adapter, &handle);
    if (done == NULL)
        return FALSE;
    while ((request = done) != NULL) {
        done = (PNVMEQ_REQUEST)request->Link.Flink;
        NvmeqAnswered(adapter, request, (USHORT)request->Command.Dw15);
    }
    return TRUE;
}

_Use_decl_annotations_
VOID NvmeqDpc(PSTOR_DPC dpc, PVOID extension, PVOID queue, PVOID unused)
{
    PNVMEQ_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(unused);
    while (Drain(adapter, queue))
        ;
    if (adapter->MessageCount == 0 && adapter->State == NvmeqRunning)
        NvmeqWrite(adapter, NVME_INTMC, 1);
}

/* ---- reset ---- */

/* Takes everything out of the queue that has no controller behind it any more. */
static VOID Abandon(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue, UCHAR status)
{
    PNVMEQ_REQUEST request;
    STOR_LOCK_HANDLE handle;

    do {
        Lock(adapter, queue, &handle);
        request = NvmeqQueueTakeBack(queue);
        if (request == NULL)
            request = PopWaiting(queue);
        StorPortReleaseSpinLock(adapter, &handle);
        if (request != NULL)
            NvmeqComplete(adapter, request->Srb, status);
    } while (request != NULL);
}

/* What came while there was no controller. */
static VOID Resume(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue)
{
    STOR_LOCK_HANDLE handle;

    Lock(adapter, queue, &handle);
    StartWaiting(queue);
    NvmeqQueueRing(queue, adapter);
    StorPortReleaseSpinLock(adapter, &handle);
}

/* Nobody looks at a queue, or gives it to the controller, from here on. */
static VOID Silence(PNVMEQ_ADAPTER adapter, NVMEQ_STATE state)
{
    STOR_LOCK_HANDLE handle;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        Lock(adapter, &adapter->Queue[i], &handle);
        adapter->State = state;
        adapter->Queue[i].TailDoorbell = adapter->Queue[i].HeadDoorbell = NULL;
        StorPortReleaseSpinLock(adapter, &handle);
    }
}

_Use_decl_annotations_
VOID NvmeqReset(PNVMEQ_ADAPTER adapter, UCHAR status)
{
    BOOLEAN gone = adapter->State == NvmeqGone;

    Silence(adapter, gone ? NvmeqGone : NvmeqStopped);
    if (!gone)
        NvmeqDisable(adapter);
    for (ULONG i = 1; i < adapter->QueueCount; i++)
        Abandon(adapter, &adapter->Queue[i], gone ? SRB_STATUS_NO_DEVICE : status);
    if (gone)
        return;
    if (!NvmeqStart(adapter))
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, __LINE__);
    for (ULONG i = 1; i < adapter->QueueCount; i++) {
        if (adapter->State == NvmeqGone)
            Abandon(adapter, &adapter->Queue[i], SRB_STATUS_NO_DEVICE);
        else
            Resume(adapter, &adapter->Queue[i]);
    }
}

_Use_decl_annotations_
BOOLEAN NvmeqResetBus(PVOID extension, ULONG path)
{
    PNVMEQ_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(path);
    NvmeqReset(adapter, SRB_STATUS_BUS_RESET);
    return adapter->State == NvmeqRunning;
}
