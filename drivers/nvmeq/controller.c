/* The controller: enabled, disabled, asked what it is, given its queues (NVM Express 1.4, chapters 3.1, 5 and 7.6). */
#include "adapter.h"

#define STEP_US 10
#define SHUTDOWN_MS 10000
#define ADMIN_MS 5000
#define NO_ANSWER 0xFFFF

static BOOLEAN WaitForStatus(PNVMEQ_ADAPTER adapter, ULONG bits, ULONG value, ULONG milliseconds)
{
    for (ULONG i = 0; i < milliseconds * (1000 / STEP_US); i++) {
        ULONG status = NvmeqRead(adapter, NVME_CSTS);

        if (status == 0xFFFFFFFFu)
            return FALSE;               /* the card is gone */
        if ((status & bits) == value)
            return TRUE;
        if ((status & CSTS_FATAL) != 0 && value != 0)
            return FALSE;
        StorPortStallExecution(STEP_US);
    }
    return FALSE;
}

static VOID SetDoorbells(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue)
{
    PUCHAR at = adapter->Registers + NVME_DOORBELLS + 2 * queue->Id * adapter->Stride;

    queue->HeadDoorbell = (volatile ULONG *)(at + adapter->Stride);
    queue->TailDoorbell = (volatile ULONG *)at;
}

static VOID Write64(PNVMEQ_ADAPTER adapter, ULONG offset, ULONG64 value)
{
    NvmeqWrite(adapter, offset, (ULONG)value);
    NvmeqWrite(adapter, offset + 4, (ULONG)(value >> 32));
}

_Use_decl_annotations_
VOID NvmeqDisable(PNVMEQ_ADAPTER adapter)
{
    NvmeqWrite(adapter, NVME_CC, NvmeqRead(adapter, NVME_CC) & ~CC_ENABLE);
    WaitForStatus(adapter, CSTS_READY, 0, adapter->TimeoutMs);
}

_Use_decl_annotations_
BOOLEAN NvmeqEnable(PNVMEQ_ADAPTER adapter)
{
    PNVMEQ_QUEUE admin = &adapter->Queue[0];

    NvmeqDisable(adapter);
    NvmeqQueueReset(admin);
    adapter->EventRequested = adapter->EventSeen = 0;
    adapter->Polled = NULL;
    NvmeqWrite(adapter, NVME_AQA, (admin->Size - 1u) | (admin->Size - 1u) << 16);
    Write64(adapter, NVME_ASQ, admin->CommandsPhysical);
    Write64(adapter, NVME_ACQ, admin->AnswersPhysical);
    NvmeqWrite(adapter, NVME_CC, CC_ENTRIES | CC_ENABLE);
    if (!WaitForStatus(adapter, CSTS_READY, CSTS_READY, adapter->TimeoutMs))
        return FALSE;
    SetDoorbells(adapter, admin);
    return TRUE;
}

_Use_decl_annotations_
VOID NvmeqShutdown(PNVMEQ_ADAPTER adapter)
{
    NvmeqWrite(adapter, NVME_CC, (NvmeqRead(adapter, NVME_CC) & ~CC_SHUTDOWN) | CC_SHUTDOWN_NORMAL);
    WaitForStatus(adapter, CSTS_SHUTDOWN, CSTS_SHUTDOWN_DONE, SHUTDOWN_MS);
}

/* ---- admin commands ---- */

/* Takes what the admin queue has answered. Under its lock once Running. */
static VOID TakeAnswers(PNVMEQ_ADAPTER adapter)
{
    NVME_COMPLETION answer;
    PVOID token;

    while ((token = NvmeqQueueTake(&adapter->Queue[0], &answer)) != NULL) {
        if (token == adapter->Polled) {
            adapter->PolledAnswer = answer;
            adapter->PolledDone = TRUE;
        } else if (token == &adapter->EventRequested) {
            adapter->EventRequested = 0;
            adapter->EventSeen = NVME_STATUS(answer.Status) == 0;
        }
    }
    NvmeqQueueAcknowledge(&adapter->Queue[0], adapter);
}

static VOID Lock(PNVMEQ_ADAPTER adapter, BOOLEAN needed, PSTOR_LOCK_HANDLE handle)
{
    if (needed)
        StorPortAcquireSpinLock(adapter, DpcLock, &adapter->Queue[0].Dpc, handle);
}

static VOID Unlock(PNVMEQ_ADAPTER adapter, BOOLEAN needed, PSTOR_LOCK_HANDLE handle)
{
    if (needed)
        StorPortReleaseSpinLock(adapter, handle);
}

_Use_decl_annotations_
VOID NvmeqAdminDpc(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    PNVMEQ_ADAPTER adapter = extension;
    STOR_LOCK_HANDLE handle;
    BOOLEAN event;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    Lock(adapter, TRUE, &handle);
    if (adapter->State == NvmeqRunning)
        TakeAnswers(adapter);
    event = adapter->State == NvmeqRunning && adapter->EventSeen;
    Unlock(adapter, TRUE, &handle);
    if (adapter->MessageCount == 0 && adapter->State == NvmeqRunning)
        NvmeqWrite(adapter, NVME_INTMC, 1);
    if (event)
        NvmeqEventSeen(adapter);
}

_Use_decl_annotations_
USHORT NvmeqAdmin(PNVMEQ_ADAPTER adapter, const NVME_COMMAND *command, PULONG result)
{
    BOOLEAN running = adapter->State == NvmeqRunning, done = FALSE;
    STOR_LOCK_HANDLE handle;
    NVME_COMPLETION answer = { 0 };

    Lock(adapter, running, &handle);
    adapter->PolledDone = FALSE;
    adapter->Polled = (PVOID)(ULONG_PTR)(++adapter->PolledCount | 0x80000000u);
    if (NvmeqQueueAdd(&adapter->Queue[0], command, adapter->Polled))
        NvmeqQueueRing(&adapter->Queue[0], adapter);
    for (ULONG i = 0; i < ADMIN_MS * (1000 / STEP_US); i++) {
        TakeAnswers(adapter);
        done = adapter->PolledDone;
        if (done || (running && adapter->State != NvmeqRunning))
            break;
        Unlock(adapter, running, &handle);
        StorPortStallExecution(STEP_US);
        Lock(adapter, running, &handle);
    }
    answer = adapter->PolledAnswer;
    adapter->Polled = NULL;
    Unlock(adapter, running, &handle);
    if (result != NULL)
        *result = done ? answer.Result : 0;
    return done ? (USHORT)NVME_STATUS(answer.Status) : NO_ANSWER;
}

/* ---- what it is ---- */

static USHORT Identify(PNVMEQ_ADAPTER adapter, ULONG what, ULONG id)
{
    NVME_COMMAND command = { .Opcode = ADMIN_IDENTIFY, .Namespace = id, .Prp1 = adapter->PagePhysical, .Dw10 = what };

    RtlZeroMemory(adapter->Page, PAGE_SIZE);
    return NvmeqAdmin(adapter, &command, NULL);
}

static ULONG Number(const UCHAR *from, ULONG bytes)
{
    ULONG value = 0;

    while (bytes-- != 0)
        value = value << 8 | from[bytes];
    return value;
}

_Use_decl_annotations_
BOOLEAN NvmeqIdentifyController(PNVMEQ_ADAPTER adapter)
{
    NVMEQ_CONTROLLER *controller = &adapter->Controller;
    const UCHAR *page = adapter->Page;

    if (Identify(adapter, IDENTIFY_CONTROLLER, 0) != 0)
        return FALSE;
    RtlCopyMemory(controller->Serial, page + 4, sizeof(controller->Serial));
    RtlCopyMemory(controller->Model, page + 24, sizeof(controller->Model));
    RtlCopyMemory(controller->Revision, page + 64, sizeof(controller->Revision));
    controller->MaximumTransfer = page[77] == 0 || page[77] > 7 ? NVMEQ_TRANSFER : PAGE_SIZE << page[77];
    controller->MaximumTransfer = min(controller->MaximumTransfer, NVMEQ_TRANSFER);
    controller->Events = Number(page + 92, 4);
    controller->NamespaceCount = Number(page + 516, 4);
    controller->Commands = Number(page + 520, 2);
    controller->WriteCache = (page[525] & 1) != 0;
    return controller->NamespaceCount != 0;
}

_Use_decl_annotations_
VOID NvmeqIdentifyNamespace(PNVMEQ_ADAPTER adapter, ULONG id)
{
    PNVMEQ_NAMESPACE space = &adapter->Namespace[id - 1];
    const UCHAR *page = adapter->Page, *format;
    NVMEQ_NAMESPACE now = { 0 };

    if (Identify(adapter, IDENTIFY_NAMESPACE, id) == 0) {
        format = page + 128 + 4 * (page[26] & 15);
        now.Blocks = Number(page, 4) | (ULONG64)Number(page + 4, 4) << 32;
        now.BlockShift = format[2];
        now.ReadOnly = (page[99] & 1) != 0;
        RtlCopyMemory(now.Eui64, page + 120, sizeof(now.Eui64));
        /* Metadata would have to be moved, too: such formats are not for this driver. */
        now.Active = now.Blocks != 0 && now.BlockShift >= 9 && now.BlockShift <= 12 && Number(format, 2) == 0;
    }
    *space = now;
}

/* ---- queues ---- */

static BOOLEAN CreateQueue(PNVMEQ_ADAPTER adapter, PNVMEQ_QUEUE queue)
{
    ULONG name = queue->Id | (queue->Size - 1u) << 16;
    NVME_COMMAND completion = { .Opcode = ADMIN_CREATE_CQ, .Prp1 = queue->AnswersPhysical, .Dw10 = name,
                                .Dw11 = (ULONG)queue->Vector << 16 | 3 };
    NVME_COMMAND submission = { .Opcode = ADMIN_CREATE_SQ, .Prp1 = queue->CommandsPhysical, .Dw10 = name, .Dw11 = (ULONG)queue->Id << 16 | 1 };

    NvmeqQueueReset(queue);
    if (NvmeqAdmin(adapter, &completion, NULL) != 0 || NvmeqAdmin(adapter, &submission, NULL) != 0)
        return FALSE;
    SetDoorbells(adapter, queue);
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN NvmeqCreateQueues(PNVMEQ_ADAPTER adapter)
{
    ULONG wanted = adapter->QueueCount - 2, granted;
    NVME_COMMAND command = { .Opcode = ADMIN_SET_FEATURES, .Dw10 = FEATURE_QUEUES, .Dw11 = wanted | wanted << 16 };

    if (NvmeqAdmin(adapter, &command, &granted) != 0)
        return FALSE;
    granted = min(granted & 0xFFFF, granted >> 16) + 1;
    adapter->QueueCount = min(adapter->QueueCount, granted + 1);
    for (ULONG i = 1; i < adapter->QueueCount; i++)
        if (!CreateQueue(adapter, &adapter->Queue[i]))
            return FALSE;
    return TRUE;
}

/* Nothing is lost of what was answered, or interrupted, before somebody looked. */
static VOID Run(PNVMEQ_ADAPTER adapter)
{
    adapter->State = NvmeqRunning;
    if (adapter->MessageCount == 0)
        NvmeqWrite(adapter, NVME_INTMC, 1);
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        StorPortIssueDpc(adapter, &adapter->Queue[i].Dpc, &adapter->Queue[i], NULL);
}

_Use_decl_annotations_
BOOLEAN NvmeqStart(PNVMEQ_ADAPTER adapter)
{
    NVME_COMMAND events = { .Opcode = ADMIN_SET_FEATURES, .Dw10 = FEATURE_EVENTS, .Dw11 = EVENT_NAMESPACES };

    if (adapter->State != NvmeqEnabled && !NvmeqEnable(adapter)) {
        adapter->State = NvmeqGone;
        return FALSE;
    }
    if (adapter->MessageCount == 0)
        NvmeqWrite(adapter, NVME_INTMS, 1);
    for (ULONG id = 1; id <= min(adapter->Controller.NamespaceCount, NVMEQ_NAMESPACES); id++)
        NvmeqIdentifyNamespace(adapter, id);
    if ((adapter->Controller.Events & EVENT_NAMESPACES) != 0)
        NvmeqAdmin(adapter, &events, NULL);
    if (!NvmeqCreateQueues(adapter)) {
        NvmeqDisable(adapter);
        adapter->State = NvmeqGone;
        return FALSE;
    }
    NvmeqRequestEvent(adapter);
    Run(adapter);
    return TRUE;
}
