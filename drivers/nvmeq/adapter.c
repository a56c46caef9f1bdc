/* The adapter's life. */
#include "adapter.h"

/* ---- memory and limits ---- */

static BOOLEAN MapRegisters(PNVMEQ_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    const ACCESS_RANGE *range = NULL;

    for (ULONG i = 0; i < config->NumberOfAccessRanges && range == NULL; i++)
        if ((*config->AccessRanges)[i].RangeInMemory && (*config->AccessRanges)[i].RangeLength >= 2 * PAGE_SIZE)
            range = &(*config->AccessRanges)[i];        /* BAR 0 is the first */
    if (range == NULL)
        return FALSE;
    adapter->Registers = StorPortGetDeviceBase(adapter, config->AdapterInterfaceType, config->SystemIoBusNumber, range->RangeStart,
                                               range->RangeLength, FALSE);
    return adapter->Registers != NULL;
}

/* FALSE: the controller is not for this driver, which has pages of 4 KiB. */
static BOOLEAN ReadCapabilities(PNVMEQ_ADAPTER adapter)
{
    ULONG low = NvmeqRead(adapter, NVME_CAP), high = NvmeqRead(adapter, NVME_CAP + 4);

    if (low == 0xFFFFFFFFu || (high & 0x20) == 0 || (high >> 16 & 15) != 0)
        return FALSE;
    adapter->EntriesMax = (low & 0xFFFF) + 1;
    adapter->TimeoutMs = max(1u, low >> 24) * 500;
    adapter->Stride = 4u << (high & 15);
    return TRUE;
}

static ULONG Pages(ULONG bytes)
{
    return (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static VOID Place(PNVMEQ_QUEUE queue, PUCHAR *memory, ULONG64 *physical)
{
    ULONG commands = Pages(queue->Size * sizeof(NVME_COMMAND)), answers = Pages(queue->Size * sizeof(NVME_COMPLETION));

    queue->Commands = (NVME_COMMAND *)*memory;
    queue->CommandsPhysical = *physical;
    queue->Answers = (volatile NVME_COMPLETION *)(*memory + commands);
    queue->AnswersPhysical = *physical + commands;
    *memory += commands + answers;
    *physical += commands + answers;
}

/* A page, and the queues, each at pages of its own; in one piece of memory that lives as long as the adapter. */
static BOOLEAN CreateMemory(PNVMEQ_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG bytes = 2 * PAGE_SIZE, length = 0, skip;
    ULONG64 physical;
    PUCHAR memory;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        PNVMEQ_QUEUE queue = &adapter->Queue[i];

        queue->Id = (USHORT)i;
        queue->Size = (USHORT)(i == 0 ? NVMEQ_ADMIN_ENTRIES : min(adapter->EntriesMax, (ULONG)NVMEQ_ENTRIES));
        bytes += Pages(queue->Size * sizeof(NVME_COMMAND)) + Pages(queue->Size * sizeof(NVME_COMPLETION));
    }
    memory = StorPortGetUncachedExtension(adapter, config, bytes);
    if (memory == NULL)
        return FALSE;
    RtlZeroMemory(memory, bytes);
    physical = (ULONG64)StorPortGetPhysicalAddress(adapter, NULL, memory, &length).QuadPart;
    skip = (ULONG)(0 - physical) & (PAGE_SIZE - 1);
    if (length < bytes - PAGE_SIZE + skip)
        return FALSE;
    memory += skip;
    physical += skip;
    adapter->Page = memory;
    adapter->PagePhysical = physical;
    memory += PAGE_SIZE;
    physical += PAGE_SIZE;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        Place(&adapter->Queue[i], &memory, &physical);
    return TRUE;
}

static VOID Configure(PNVMEQ_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG total = (adapter->QueueCount - 1) * (adapter->Queue[1].Size - 1u);

    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = 1;
    config->MaximumNumberOfLogicalUnits = (UCHAR)min(adapter->Controller.NamespaceCount, NVMEQ_NAMESPACES);
    config->MaximumTransferLength = adapter->Controller.MaximumTransfer;
    config->NumberOfPhysicalBreaks = adapter->Controller.MaximumTransfer / PAGE_SIZE;
    config->AlignmentMask = FILE_LONG_ALIGNMENT;
    config->ScatterGather = config->Master = TRUE;
    config->CachesData = adapter->Controller.WriteCache;
    config->Dma64BitAddresses = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    config->ResetTargetSupported = TRUE;
    config->SynchronizationModel = StorSynchronizeFullDuplex;
    config->HwMSInterruptRoutine = NvmeqMessage;
    config->InterruptSynchronizationMode = InterruptSynchronizePerMessage;
    config->MaxNumberOfIO = config->MaxIOsPerLun = total;
    config->InitialLunQueueDepth = min(total, 255u);
}

_Use_decl_annotations_
ULONG NvmeqFindAdapter(PVOID extension, PVOID context, PVOID bus, PCHAR arguments, PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN again)
{
    PNVMEQ_ADAPTER adapter = extension;
    ULONG processors = 1;
    BOOLEAN known;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(bus);
    UNREFERENCED_PARAMETER(arguments);
    *again = FALSE;
    RtlZeroMemory(adapter, sizeof(*adapter));
    if (!MapRegisters(adapter, config))
        return SP_RETURN_NOT_FOUND;
    if (!ReadCapabilities(adapter))
        return SP_RETURN_BAD_CONFIG;
    if (StorPortGetProcessorCount(adapter, &processors) != STOR_STATUS_SUCCESS || processors == 0)
        processors = 1;
    adapter->QueueCount = min(processors, NVMEQ_QUEUES - 1u) + 1;
    if (!CreateMemory(adapter, config))
        return SP_RETURN_ERROR;
    if (!NvmeqEnable(adapter))
        return SP_RETURN_ERROR;
    known = NvmeqIdentifyController(adapter);
    NvmeqDisable(adapter);
    if (!known)
        return SP_RETURN_ERROR;
    Configure(adapter, config);
    return SP_RETURN_FOUND;
}

/* ---- start ---- */

/* Message 0 is the admin queue's; each I/O queue has one of the others, or shares what there is. The line is vector 0. */
static VOID AssignVectors(PNVMEQ_ADAPTER adapter)
{
    MESSAGE_INTERRUPT_INFORMATION information;
    ULONG count = 0;

    while (count < adapter->QueueCount && StorPortGetMSIInfo(adapter, count, &information) == STOR_STATUS_SUCCESS)
        count++;
    adapter->MessageCount = count;
    for (ULONG i = 1; i < adapter->QueueCount; i++)
        adapter->Queue[i].Vector = count < 2 ? 0 : (USHORT)(1 + (i - 1) % (count - 1));
}

/* A channel for each queue, and completions on the processor whose message says so: queue n's message is n. */
static VOID Optimize(PNVMEQ_ADAPTER adapter)
{
    PERF_CONFIGURATION_DATA wanted = { .Version = STOR_PERF_VERSION_3, .Size = sizeof(wanted) }, has = wanted;
    ULONG redirection = STOR_PERF_DPC_REDIRECTION | STOR_PERF_INTERRUPT_MESSAGE_RANGES | STOR_PERF_ADV_CONFIG_LOCALITY;

    if (StorPortInitializePerfOpts(adapter, TRUE, &has) != STOR_STATUS_SUCCESS)
        return;
    if ((has.Flags & STOR_PERF_CONCURRENT_CHANNELS) != 0) {
        wanted.Flags = STOR_PERF_CONCURRENT_CHANNELS;
        wanted.ConcurrentChannels = adapter->QueueCount - 1;
    }
    if ((has.Flags & redirection) == redirection && adapter->MessageCount == adapter->QueueCount) {
        wanted.Flags |= redirection;
        wanted.FirstRedirectionMessageNumber = 1;
        wanted.LastRedirectionMessageNumber = adapter->QueueCount - 1;
        wanted.MessageTargets = adapter->Targets;
    }
    if (wanted.Flags != 0 && StorPortInitializePerfOpts(adapter, FALSE, &wanted) == STOR_STATUS_SUCCESS)
        adapter->Redirected = (wanted.Flags & STOR_PERF_INTERRUPT_MESSAGE_RANGES) != 0;
}

_Use_decl_annotations_
BOOLEAN NvmeqInitialize(PVOID extension)
{
    PNVMEQ_ADAPTER adapter = extension;

    AssignVectors(adapter);
    if (!NvmeqEnable(adapter))
        return FALSE;
    adapter->State = NvmeqEnabled;
    Optimize(adapter);
    return StorPortEnablePassiveInitialization(adapter, NvmeqPassiveInitialize);
}

_Use_decl_annotations_
BOOLEAN NvmeqPassiveInitialize(PVOID extension)
{
    PNVMEQ_ADAPTER adapter = extension;

    StorPortInitializeDpc(adapter, &adapter->Queue[0].Dpc, NvmeqAdminDpc);
    for (ULONG i = 1; i < adapter->QueueCount; i++)
        StorPortInitializeDpc(adapter, &adapter->Queue[i].Dpc, NvmeqDpc);
    if (adapter->Worker == NULL && StorPortInitializeWorker(adapter, &adapter->Worker) != STOR_STATUS_SUCCESS)
        adapter->Worker = NULL;         /* namespaces that come later are not seen */
    if (!NvmeqStart(adapter)) {
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, __LINE__);
        return FALSE;
    }
    return TRUE;
}

/* ---- stop, restart, removal ---- */

/* At DIRQL, where no lock of a queue may be taken: Storport has let every request end before. */
static VOID Stop(PNVMEQ_ADAPTER adapter)
{
    if (adapter->State == NvmeqGone)
        return;
    adapter->State = NvmeqStopped;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        adapter->Queue[i].TailDoorbell = adapter->Queue[i].HeadDoorbell = NULL;
    NvmeqShutdown(adapter);
    NvmeqDisable(adapter);
}

static VOID ListSupported(PSCSI_SUPPORTED_CONTROL_TYPE_LIST list)
{
    static const UCHAR supported[] = {
        ScsiQuerySupportedControlTypes, ScsiStopAdapter, ScsiRestartAdapter, ScsiAdapterSurpriseRemoval,
    };

    for (ULONG i = 0; i < ARRAYSIZE(supported); i++)
        if (supported[i] < list->MaxControlType)
            list->SupportedTypeList[supported[i]] = TRUE;
}

_Use_decl_annotations_
SCSI_ADAPTER_CONTROL_STATUS NvmeqAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PNVMEQ_ADAPTER adapter = extension;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        ListSupported(parameters);
        return ScsiAdapterControlSuccess;
    case ScsiStopAdapter:
        Stop(adapter);
        return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
        return adapter->State != NvmeqGone && NvmeqStart(adapter) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiAdapterSurpriseRemoval:
        adapter->State = NvmeqGone;
        NvmeqReset(adapter, SRB_STATUS_NO_DEVICE);
        return ScsiAdapterControlSuccess;
    default:
        return ScsiAdapterControlUnsuccessful;
    }
}
