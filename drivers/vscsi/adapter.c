/* The adapter's life. */
#include "adapter.h"

#define WANTED_FEATURES \
    (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_SCSI_F_HOTPLUG | VIRTIO_SCSI_F_CHANGE)
#define NEEDED_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)
#define FIRST_MESSAGE (1 + VIRTIO_SCSI_REQUEST)     /* of request queues, when each queue has its own */

/* ---- what the device is ---- */

static VOID Describe(PVSCSI_ADAPTER adapter, const VIRTIO_SCSI_CONFIG *config)
{
    ULONG processors = 1, queues = max(1u, config->NumQueues);

    if (StorPortGetProcessorCount(adapter, &processors) != STOR_STATUS_SUCCESS || processors == 0)
        processors = 1;
    adapter->QueueCount = VIRTIO_SCSI_REQUEST + min(min(queues, processors), (ULONG)VSCSI_REQUEST_QUEUES);
    adapter->MaxSegments = max(2u, min(config->SegMax, (ULONG)VSCSI_BREAKS));
    adapter->MaxSectors = max(8u, config->MaxSectors);
    adapter->CommandsPerLun = max(1u, config->CmdPerLun);
    adapter->Targets = min((ULONG)config->MaxTarget + 1, (ULONG)VSCSI_TARGETS);
    adapter->Units = min(config->MaxLun, SCSI_MAXIMUM_LUNS_PER_TARGET - 1u) + 1;
}

/* ---- memory ---- */

static USHORT QueueSize(PVSCSI_ADAPTER adapter, USHORT index)
{
    USHORT limit = VirtioCardQueueSize(&adapter->Pci, index), size = 1;

    if (limit == 0)
        return 0;
    while (size < VIRTIO_QUEUE_MAX && size <= limit / 2)
        size *= 2;
    return size;
}

/* Event buffers and rings, in one piece of memory that lives as long as the adapter. */
static BOOLEAN CreateQueues(PVSCSI_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    USHORT sizes[VSCSI_QUEUES];
    ULONG bytes = PAGE_SIZE, length = 0;
    ULONG64 physical;
    PUCHAR memory;

    C_ASSERT(VSCSI_EVENTS * sizeof(VSCSI_EVENT) <= PAGE_SIZE);
    for (USHORT i = 0; i < adapter->QueueCount; i++) {
        sizes[i] = QueueSize(adapter, i);
        if (sizes[i] == 0)
            return FALSE;
        bytes += VirtioQueueBytes(sizes[i]);
    }
    memory = StorPortGetUncachedExtension(adapter, config, bytes);
    if (memory == NULL)
        return FALSE;
    RtlZeroMemory(memory, bytes);
    physical = (ULONG64)StorPortGetPhysicalAddress(adapter, NULL, memory, &length).QuadPart;
    if (length < bytes)
        return FALSE;
    adapter->Events = (PVSCSI_EVENT)memory;
    adapter->EventsPhysical = physical;
    for (ULONG i = 0, at = PAGE_SIZE; i < adapter->QueueCount; at += VirtioQueueBytes(sizes[i]), i++)
        VirtioQueueCreate(&adapter->Queue[i], (USHORT)i, sizes[i], memory + at, physical + at);
    return TRUE;
}

static VOID Configure(PVSCSI_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG total = 0, breaks = adapter->MaxSegments - 1;

    for (ULONG i = VIRTIO_SCSI_REQUEST; i < adapter->QueueCount; i++)
        total += adapter->Queue[i].Size;
    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = (UCHAR)adapter->Targets;
    config->MaximumNumberOfLogicalUnits = (UCHAR)min(adapter->Units, 255u);
    config->MaximumTransferLength = (ULONG)min((ULONG64)breaks * PAGE_SIZE, (ULONG64)adapter->MaxSectors * 512);
    config->NumberOfPhysicalBreaks = breaks;
    config->AlignmentMask = FILE_LONG_ALIGNMENT;
    config->ScatterGather = config->Master = TRUE;
    config->CachesData = TRUE;
    config->Dma64BitAddresses = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    config->ResetTargetSupported = TRUE;
    config->SynchronizationModel = StorSynchronizeFullDuplex;
    config->HwMSInterruptRoutine = VscsiMessage;
    config->InterruptSynchronizationMode = InterruptSynchronizePerMessage;
    config->MaxNumberOfIO = total;
    config->MaxIOsPerLun = min(total, adapter->CommandsPerLun);
    config->InitialLunQueueDepth = min(config->MaxIOsPerLun, 255u);
    config->SrbExtensionSize = FIELD_OFFSET(VSCSI_REQUEST, Table[adapter->MaxSegments + 2]);
    config->FeatureSupport |= STOR_ADAPTER_FEATURE_ABORT_COMMAND;
}

_Use_decl_annotations_
ULONG VscsiFindAdapter(PVOID extension, PVOID context, PVOID bus, PCHAR arguments, PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN again)
{
    PVSCSI_ADAPTER adapter = extension;
    VIRTIO_SCSI_CONFIG device;

    *again = FALSE;
    RtlZeroMemory(adapter, sizeof(*adapter));
    if (!VirtioCardCreate(&adapter->Pci, adapter, config, sizeof(device)))
        return SP_RETURN_NOT_FOUND;
    if (!VirtioCardReset(&adapter->Pci))
        return SP_RETURN_ERROR;
    VirtioCardSetStatus(&adapter->Pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    adapter->Features = VirtioCardFeatures(&adapter->Pci) & WANTED_FEATURES;
    if ((adapter->Features & NEEDED_FEATURES) != NEEDED_FEATURES)
        return SP_RETURN_BAD_CONFIG;
    VirtioCardConfig(&adapter->Pci, &device, sizeof(device));
    if (device.SenseSize != VIRTIO_SCSI_SENSE_BYTES || device.CdbSize != VIRTIO_SCSI_CDB_BYTES)
        return SP_RETURN_BAD_CONFIG;    /* a reset restores these */
    Describe(adapter, &device);
    if (!CreateQueues(adapter, config))
        return SP_RETURN_ERROR;
    Configure(adapter, config);
    return SP_RETURN_FOUND;
}

/* ---- start ---- */

/* Message 0 is for the configuration; each queue has one of the others, or shares what there is. Without MSI-X a message says
 * what the line would. */
static VOID AssignVectors(PVSCSI_ADAPTER adapter)
{
    MESSAGE_INTERRUPT_INFORMATION information;
    ULONG count = 0;

    while (adapter->Pci.HasMsix && count <= adapter->QueueCount && StorPortGetMSIInfo(adapter, count, &information) == STOR_STATUS_SUCCESS)
        count++;
    adapter->MessageCount = count;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        adapter->Queue[i].Vector = count == 0 ? VIRTIO_NO_VECTOR : count == 1 ? 0 : (USHORT)(1 + i % (count - 1));
}

static BOOLEAN StartQueues(PVSCSI_ADAPTER adapter)
{
    BOOLEAN eventIndex = (adapter->Features & VIRTIO_F_EVENT_IDX) != 0;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        if (!VirtioQueueStart(&adapter->Queue[i], &adapter->Pci, eventIndex))
            return FALSE;
    }
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VscsiStartDevice(PVSCSI_ADAPTER adapter)
{
    PVIRTIO_CARD pci = &adapter->Pci;

    if (!VirtioCardReset(pci))
        return FALSE;
    VirtioCardSetStatus(pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    if (!VirtioCardAccept(pci, adapter->Features) ||
        !VirtioCardConfigVector(pci, adapter->MessageCount != 0 ? 0 : VIRTIO_NO_VECTOR) || !StartQueues(adapter)) {
        VirtioCardSetStatus(pci, VIRTIO_STATUS_FAILED);
        return FALSE;
    }
    VirtioCardSetStatus(pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
    VscsiGiveEvents(adapter);
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        VirtioQueueArm(&adapter->Queue[i]);
    adapter->State = VscsiRunning;
    return TRUE;
}

/* A channel for each request queue; without the optimization everything goes through the first. */
static VOID Optimize(PVSCSI_ADAPTER adapter)
{
    PERF_CONFIGURATION_DATA wanted = { .Version = STOR_PERF_VERSION_3, .Size = sizeof(wanted) }, has = wanted;
    ULONG channels = adapter->QueueCount - VIRTIO_SCSI_REQUEST;

    if (channels < 2 || StorPortInitializePerfOpts(adapter, TRUE, &has) != STOR_STATUS_SUCCESS)
        return;
    if ((has.Flags & STOR_PERF_CONCURRENT_CHANNELS) == 0)
        return;
    wanted.Flags = STOR_PERF_CONCURRENT_CHANNELS;
    wanted.ConcurrentChannels = channels;
    if (adapter->MessageCount > adapter->QueueCount) {
        wanted.Flags |= has.Flags & (STOR_PERF_DPC_REDIRECTION | STOR_PERF_INTERRUPT_MESSAGE_RANGES);
        wanted.FirstRedirectionMessageNumber = FIRST_MESSAGE;
        wanted.LastRedirectionMessageNumber = adapter->QueueCount;
    }
    if ((wanted.Flags & STOR_PERF_DPC_REDIRECTION) == 0)
        wanted.Flags &= ~(ULONG)STOR_PERF_INTERRUPT_MESSAGE_RANGES;
    StorPortInitializePerfOpts(adapter, FALSE, &wanted);
}

_Use_decl_annotations_
BOOLEAN VscsiInitialize(PVOID extension)
{
    PVSCSI_ADAPTER adapter = extension;

    AssignVectors(adapter);
    if (!VscsiStartDevice(adapter))
        return FALSE;
    Optimize(adapter);
    return StorPortEnablePassiveInitialization(adapter, VscsiPassiveInitialize);
}

_Use_decl_annotations_
BOOLEAN VscsiPassiveInitialize(PVOID extension)
{
    PVSCSI_ADAPTER adapter = extension;

    for (ULONG i = 0; i < adapter->QueueCount; i++)
        StorPortInitializeDpc(adapter, &adapter->Queue[i].Dpc, VscsiDpc);
    return TRUE;
}

/* ---- stop, restart, removal ---- */

/* At DIRQL, where no lock of a queue may be taken: Storport has let every request end before. */
static VOID StopDevice(PVSCSI_ADAPTER adapter)
{
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        adapter->Queue[i].Notify = NULL;
    if (adapter->State == VscsiRunning)
        adapter->State = VirtioCardReset(&adapter->Pci) ? VscsiStopped : VscsiGone;
}

static VOID ListSupported(PSCSI_SUPPORTED_CONTROL_TYPE_LIST list, const UCHAR *types, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        if (types[i] < list->MaxControlType)
            list->SupportedTypeList[types[i]] = TRUE;
    }
}

_Use_decl_annotations_
SCSI_ADAPTER_CONTROL_STATUS VscsiAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    static const UCHAR supported[] = {
        ScsiQuerySupportedControlTypes, ScsiStopAdapter, ScsiRestartAdapter, ScsiAdapterSurpriseRemoval,
    };
    PVSCSI_ADAPTER adapter = extension;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        ListSupported(parameters, supported, ARRAYSIZE(supported));
        return ScsiAdapterControlSuccess;
    case ScsiStopAdapter:
        StopDevice(adapter);
        return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
        return VscsiStartDevice(adapter) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiAdapterSurpriseRemoval:
        adapter->State = VscsiGone;
        VscsiReset(adapter, SRB_STATUS_NO_DEVICE);
        return ScsiAdapterControlSuccess;
    default:
        return ScsiAdapterControlUnsuccessful;
    }
}

_Use_decl_annotations_
SCSI_UNIT_CONTROL_STATUS VscsiUnitControl(PVOID extension, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters)
{
    static const UCHAR supported[] = { ScsiQuerySupportedUnitControlTypes, ScsiUnitStart, ScsiUnitRemove, ScsiUnitSurpriseRemoval };

    switch (type) {
    case ScsiQuerySupportedUnitControlTypes:
        ListSupported(parameters, supported, ARRAYSIZE(supported));
        return ScsiUnitControlSuccess;
    case ScsiUnitStart:
    case ScsiUnitRemove:
    case ScsiUnitSurpriseRemoval:
        return ScsiUnitControlSuccess;
    default:
        return ScsiUnitControlUnsuccessful;
    }
}
