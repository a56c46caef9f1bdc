/* Namespaces come and go while the controller runs: it answers an event request, a worker reads which, Storport looks for units again. */
#include "adapter.h"

static HW_WORKITEM EventWork;

_Use_decl_annotations_
VOID NvmeqRequestEvent(PNVMEQ_ADAPTER adapter)
{
    NVME_COMMAND command = { .Opcode = ADMIN_EVENT };
    BOOLEAN running = adapter->State == NvmeqRunning;
    STOR_LOCK_HANDLE handle;

    if ((adapter->Controller.Events & EVENT_NAMESPACES) == 0)
        return;
    if (running)
        StorPortAcquireSpinLock(adapter, DpcLock, &adapter->Queue[0].Dpc, &handle);
    if (!adapter->EventRequested && NvmeqQueueAdd(&adapter->Queue[0], &command, &adapter->EventRequested)) {
        adapter->EventRequested = 1;
        NvmeqQueueRing(&adapter->Queue[0], adapter);
    }
    if (running)
        StorPortReleaseSpinLock(adapter, &handle);
}

static VOID Look(PNVMEQ_ADAPTER adapter)
{
    NVME_COMMAND command = { .Opcode = ADMIN_GET_LOG, .Namespace = 0xFFFFFFFF, .Prp1 = adapter->PagePhysical,
                             .Dw10 = LOG_CHANGED_NAMESPACES | (PAGE_SIZE / 4 - 1) << 16 };
    ULONG changed[NVMEQ_NAMESPACES];

    if (NvmeqAdmin(adapter, &command, NULL) != 0)
        return;
    RtlCopyMemory(changed, adapter->Page, sizeof(changed));
    for (ULONG i = 0; i < NVMEQ_NAMESPACES && changed[i] != 0; i++)
        if (changed[i] <= NVMEQ_NAMESPACES)
            NvmeqIdentifyNamespace(adapter, changed[i]);
    StorPortNotification(BusChangeDetected, adapter, 0);
}

static VOID EventWork(PVOID extension, PVOID context, PVOID worker)
{
    PNVMEQ_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(worker);
    if (adapter->State == NvmeqRunning)
        Look(adapter);
    adapter->EventSeen = 0;
    if (adapter->State == NvmeqRunning)
        NvmeqRequestEvent(adapter);
}

_Use_decl_annotations_
VOID NvmeqEventSeen(PNVMEQ_ADAPTER adapter)
{
    if (adapter->Worker != NULL)
        StorPortQueueWorkItem(adapter, EventWork, adapter->Worker, NULL);       /* busy: the worker is about to look */
}
