/* The adapter's life. */
#include "adapter.h"

#define WANTED_FEATURES \
    (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO | \
     VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_TOPOLOGY | VIRTIO_BLK_F_MQ | VIRTIO_BLK_F_DISCARD | \
     VIRTIO_BLK_F_WRITE_ZEROES)
#define NEEDED_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)
#define ID_OFFSET FIELD_OFFSET(VIOBLK_REQUEST, Table[3])   /* of the answer, behind the request in its page */
#define ID_POLLS 10000                  /* of 10 microseconds */

/* ---- what the device is ---- */

static VOID DescribeLimits(VIOBLK_DISK *disk, const VIRTIO_BLK_CONFIG *config)
{
    ULONG per = disk->SectorsPerBlock;

    disk->UnmapGranularity = 1;
    if ((disk->Features & VIRTIO_BLK_F_DISCARD) != 0 && config->MaxDiscardSectors >= per) {
        disk->MaxUnmapBlocks = config->MaxDiscardSectors / per;
        disk->MaxUnmapRanges = max(1u, min(config->MaxDiscardSeg, (ULONG)VIOBLK_RANGES));
        disk->UnmapGranularity = max(1u, config->DiscardSectorAlignment / per);
    }
    if ((disk->Features & VIRTIO_BLK_F_WRITE_ZEROES) != 0) {
        disk->MaxZeroBlocks = config->MaxWriteZeroesSectors / per;
        disk->ZeroUnmaps = config->WriteZeroesMayUnmap != 0;
    }
}

static BOOLEAN Describe(PVIOBLK_ADAPTER adapter, const VIRTIO_BLK_CONFIG *config)
{
    VIOBLK_DISK *disk = &adapter->Disk;

    disk->BlockSize = (disk->Features & VIRTIO_BLK_F_BLK_SIZE) != 0 ? config->BlkSize : VIRTIO_BLK_SECTOR;
    if (disk->BlockSize < VIRTIO_BLK_SECTOR || disk->BlockSize > PAGE_SIZE || (disk->BlockSize & (disk->BlockSize - 1)) != 0)
        return FALSE;
    disk->SectorsPerBlock = disk->BlockSize / VIRTIO_BLK_SECTOR;
    disk->Blocks = config->Capacity / disk->SectorsPerBlock;
    if ((disk->Features & VIRTIO_BLK_F_TOPOLOGY) != 0 && config->PhysicalBlockExp < 16)
        disk->PhysicalExponent = config->PhysicalBlockExp;
    DescribeLimits(disk, config);
    adapter->MaxSegments = (disk->Features & VIRTIO_BLK_F_SEG_MAX) != 0 ? config->SegMax : 1;
    adapter->MaxSegments = max(2u, min(adapter->MaxSegments, (ULONG)VIOBLK_BREAKS));
    return disk->Blocks != 0;
}

static ULONG CountQueues(PVIOBLK_ADAPTER adapter, const VIRTIO_BLK_CONFIG *config)
{
    ULONG processors = 1, queues = 1;

    if (StorPortGetProcessorCount(adapter, &processors) != STOR_STATUS_SUCCESS || processors == 0)
        processors = 1;
    if ((adapter->Disk.Features & VIRTIO_BLK_F_MQ) != 0)
        queues = max(1u, (ULONG)config->NumQueues);
    return min(min(queues, processors), (ULONG)VIOBLK_QUEUES);
}

/* ---- memory ---- */

static USHORT QueueSize(PVIOBLK_ADAPTER adapter, USHORT index)
{
    USHORT limit = VirtioCardQueueSize(&adapter->Pci, index), size = 1;

    if (limit == 0)
        return 0;
    while (size < VIRTIO_QUEUE_MAX && size <= limit / 2)
        size *= 2;
    return size;
}

/* Rings and one page for the serial number, in one piece of memory that lives as long as the adapter. */
static BOOLEAN CreateQueues(PVIOBLK_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    USHORT sizes[VIOBLK_QUEUES];
    ULONG bytes = PAGE_SIZE, length = 0;
    ULONG64 physical;
    PUCHAR memory;

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
    adapter->Id = memory;
    adapter->IdPhysical = physical;
    for (ULONG i = 0, at = PAGE_SIZE; i < adapter->QueueCount; at += VirtioQueueBytes(sizes[i]), i++)
        VirtioQueueCreate(&adapter->Queue[i], (USHORT)i, sizes[i], memory + at, physical + at);
    return TRUE;
}

static VOID Configure(PVIOBLK_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG total = 0;

    for (ULONG i = 0; i < adapter->QueueCount; i++)
        total += adapter->Queue[i].Size;
    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = 1;
    config->MaximumNumberOfLogicalUnits = 1;
    config->MaximumTransferLength = (adapter->MaxSegments - 1) * PAGE_SIZE;
    config->NumberOfPhysicalBreaks = adapter->MaxSegments - 1;
    config->AlignmentMask = FILE_LONG_ALIGNMENT;
    config->ScatterGather = config->Master = TRUE;
    config->CachesData = (adapter->Disk.Features & VIRTIO_BLK_F_FLUSH) != 0;
    config->Dma64BitAddresses = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    config->ResetTargetSupported = TRUE;
    config->SynchronizationModel = StorSynchronizeFullDuplex;
    config->HwMSInterruptRoutine = VioBlkMessage;
    config->InterruptSynchronizationMode = InterruptSynchronizePerMessage;
    config->MaxNumberOfIO = config->MaxIOsPerLun = total;
    config->InitialLunQueueDepth = min(total, 255u);
    config->SrbExtensionSize = FIELD_OFFSET(VIOBLK_REQUEST, Table[adapter->MaxSegments + 2]);
}

_Use_decl_annotations_
ULONG VioBlkFindAdapter(PVOID extension, PVOID context, PVOID bus, PCHAR arguments, PPORT_CONFIGURATION_INFORMATION config,
                        PBOOLEAN again)
{
    PVIOBLK_ADAPTER adapter = extension;
    VIRTIO_BLK_CONFIG device;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(bus);
    UNREFERENCED_PARAMETER(arguments);
    *again = FALSE;
    RtlZeroMemory(adapter, sizeof(*adapter));
    if (!VirtioCardCreate(&adapter->Pci, adapter, config, FIELD_OFFSET(VIRTIO_BLK_CONFIG, SizeMax)))
        return SP_RETURN_NOT_FOUND;
    if (!VirtioCardReset(&adapter->Pci))
        return SP_RETURN_ERROR;
    VirtioCardSetStatus(&adapter->Pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    adapter->Disk.Features = VirtioCardFeatures(&adapter->Pci) & WANTED_FEATURES;
    if ((adapter->Disk.Features & NEEDED_FEATURES) != NEEDED_FEATURES)
        return SP_RETURN_BAD_CONFIG;
    VirtioCardConfig(&adapter->Pci, &device, sizeof(device));
    if (!Describe(adapter, &device))
        return SP_RETURN_BAD_CONFIG;
    adapter->QueueCount = CountQueues(adapter, &device);
    if (!CreateQueues(adapter, config))
        return SP_RETURN_ERROR;
    Configure(adapter, config);
    return SP_RETURN_FOUND;
}

/* ---- start ---- */

/* Message 0 is for the configuration; each queue has one of the others, or shares what there is. Without MSI-X a message says
 * what the line would. */
static VOID AssignVectors(PVIOBLK_ADAPTER adapter)
{
    MESSAGE_INTERRUPT_INFORMATION information;
    ULONG count = 0;

    while (adapter->Pci.HasMsix && count <= adapter->QueueCount && StorPortGetMSIInfo(adapter, count, &information) == STOR_STATUS_SUCCESS)
        count++;
    adapter->MessageCount = count;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        adapter->Queue[i].Vector = count == 0 ? VIRTIO_NO_VECTOR : count == 1 ? 0 : (USHORT)(1 + i % (count - 1));
}

static VOID FillIdRequest(PVIOBLK_ADAPTER adapter, PVIOBLK_REQUEST request)
{
    ULONG64 physical = adapter->IdPhysical;
    const struct {
        ULONG64 Address;
        ULONG Length;
        USHORT Flags;
    } parts[] = {
        { physical + FIELD_OFFSET(VIOBLK_REQUEST, Header), sizeof(request->Header), VIRTQ_DESC_NEXT },
        { physical + ID_OFFSET, VIRTIO_BLK_ID_BYTES, VIRTQ_DESC_NEXT | VIRTQ_DESC_WRITE },
        { physical + FIELD_OFFSET(VIOBLK_REQUEST, Status), sizeof(request->Status), VIRTQ_DESC_WRITE },
    };

    RtlZeroMemory(request, ID_OFFSET + VIRTIO_BLK_ID_BYTES);
    request->Header.Type = VIRTIO_BLK_T_GET_ID;
    request->Status = 0xFF;
    for (USHORT i = 0; i < ARRAYSIZE(parts); i++) {
        request->Table[i].Address = parts[i].Address;
        request->Table[i].Length = parts[i].Length;
        request->Table[i].Flags = parts[i].Flags;
        request->Table[i].Next = i + 1;
    }
}

/* Before anything else is in the queue, without interrupts. FALSE: the device does not answer. */
static BOOLEAN ReadId(PVIOBLK_ADAPTER adapter)
{
    PVIOBLK_REQUEST request = (PVIOBLK_REQUEST)adapter->Id;
    PVIRTIO_QUEUE queue = &adapter->Queue[0];

    FillIdRequest(adapter, request);
    VirtioQueueAdd(queue, request, adapter->IdPhysical + FIELD_OFFSET(VIOBLK_REQUEST, Table), 3);
    VirtioQueuePublish(queue, adapter);
    for (ULONG i = 0; i < ID_POLLS; i++) {
        if (VirtioQueueTake(queue) == request) {
            if (request->Status == VIRTIO_BLK_S_OK)
                RtlCopyMemory(adapter->Disk.Serial, (PUCHAR)request + ID_OFFSET, VIRTIO_BLK_ID_BYTES);
            return TRUE;
        }
        StorPortStallExecution(10);
    }
    return FALSE;
}

static BOOLEAN StartQueues(PVIOBLK_ADAPTER adapter)
{
    BOOLEAN eventIndex = (adapter->Disk.Features & VIRTIO_F_EVENT_IDX) != 0;

    for (ULONG i = 0; i < adapter->QueueCount; i++) {
        if (!VirtioQueueStart(&adapter->Queue[i], &adapter->Pci, eventIndex))
            return FALSE;
        VirtioQueueDisarm(&adapter->Queue[i]);
    }
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VioBlkStartDevice(PVIOBLK_ADAPTER adapter)
{
    PVIRTIO_CARD pci = &adapter->Pci;

    if (!VirtioCardReset(pci))
        return FALSE;
    VirtioCardSetStatus(pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    if (!VirtioCardAccept(pci, adapter->Disk.Features) ||
        !VirtioCardConfigVector(pci, adapter->MessageCount != 0 ? 0 : VIRTIO_NO_VECTOR) || !StartQueues(adapter)) {
        VirtioCardSetStatus(pci, VIRTIO_STATUS_FAILED);
        return FALSE;
    }
    VirtioCardSetStatus(pci, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |
                          VIRTIO_STATUS_DRIVER_OK);
    if (adapter->State == VioBlkCreated && !ReadId(adapter))
        return FALSE;
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        VirtioQueueArm(&adapter->Queue[i]);
    adapter->State = VioBlkRunning;
    return TRUE;
}

/* A channel for each queue; without the optimization everything goes through the first. */
static VOID Optimize(PVIOBLK_ADAPTER adapter)
{
    PERF_CONFIGURATION_DATA wanted = { .Version = STOR_PERF_VERSION_3, .Size = sizeof(wanted) }, has = wanted;

    if (adapter->QueueCount < 2 || StorPortInitializePerfOpts(adapter, TRUE, &has) != STOR_STATUS_SUCCESS)
        return;
    if ((has.Flags & STOR_PERF_CONCURRENT_CHANNELS) == 0)
        return;
    wanted.Flags = STOR_PERF_CONCURRENT_CHANNELS;
    wanted.ConcurrentChannels = adapter->QueueCount;
    if (adapter->MessageCount > adapter->QueueCount) {
        wanted.Flags |= has.Flags & (STOR_PERF_DPC_REDIRECTION | STOR_PERF_INTERRUPT_MESSAGE_RANGES);
        wanted.FirstRedirectionMessageNumber = 1;
        wanted.LastRedirectionMessageNumber = adapter->QueueCount;
    }
    if ((wanted.Flags & STOR_PERF_DPC_REDIRECTION) == 0)
        wanted.Flags &= ~(ULONG)STOR_PERF_INTERRUPT_MESSAGE_RANGES;
    StorPortInitializePerfOpts(adapter, FALSE, &wanted);
}

_Use_decl_annotations_
BOOLEAN VioBlkInitialize(PVOID extension)
{
    PVIOBLK_ADAPTER adapter = extension;

    AssignVectors(adapter);
    if (!VioBlkStartDevice(adapter))
        return FALSE;
    Optimize(adapter);
    return StorPortEnablePassiveInitialization(adapter, VioBlkPassiveInitialize);
}

_Use_decl_annotations_
BOOLEAN VioBlkPassiveInitialize(PVOID extension)
{
    PVIOBLK_ADAPTER adapter = extension;

    for (ULONG i = 0; i < adapter->QueueCount; i++)
        StorPortInitializeDpc(adapter, &adapter->Queue[i].Dpc, VioBlkDpc);
    VioBlkRegisterAdapterPower(adapter);
    return TRUE;
}

/* ---- stop, restart, removal ---- */

/* At DIRQL, where no lock of a queue may be taken: Storport has let every request end before. */
static VOID StopDevice(PVIOBLK_ADAPTER adapter)
{
    for (ULONG i = 0; i < adapter->QueueCount; i++)
        adapter->Queue[i].Notify = NULL;
    if (adapter->State == VioBlkRunning)
        adapter->State = VirtioCardReset(&adapter->Pci) ? VioBlkStopped : VioBlkGone;
}

static VOID ListSupported(PSCSI_SUPPORTED_CONTROL_TYPE_LIST list, const UCHAR *types, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        if (types[i] < list->MaxControlType)
            list->SupportedTypeList[types[i]] = TRUE;
    }
}

_Use_decl_annotations_
SCSI_ADAPTER_CONTROL_STATUS VioBlkAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    static const UCHAR supported[] = {
        ScsiQuerySupportedControlTypes, ScsiStopAdapter, ScsiRestartAdapter, ScsiAdapterSurpriseRemoval,
    };
    PVIOBLK_ADAPTER adapter = extension;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        ListSupported(parameters, supported, ARRAYSIZE(supported));
        return ScsiAdapterControlSuccess;
    case ScsiStopAdapter:
        StopDevice(adapter);
        return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
        return VioBlkStartDevice(adapter) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiAdapterSurpriseRemoval:
        adapter->State = VioBlkGone;
        VioBlkReset(adapter, SRB_STATUS_NO_DEVICE);
        return ScsiAdapterControlSuccess;
    default:
        return ScsiAdapterControlUnsuccessful;
    }
}

_Use_decl_annotations_
SCSI_UNIT_CONTROL_STATUS VioBlkUnitControl(PVOID extension, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters)
{
    static const UCHAR supported[] = {
        ScsiQuerySupportedUnitControlTypes, ScsiUnitStart, ScsiUnitPoFxPowerInfo, ScsiUnitRemove, ScsiUnitSurpriseRemoval,
    };

    switch (type) {
    case ScsiQuerySupportedUnitControlTypes:
        ListSupported(parameters, supported, ARRAYSIZE(supported));
        return ScsiUnitControlSuccess;
    case ScsiUnitPoFxPowerInfo:
        VioBlkRegisterUnitPower(extension, parameters);
        return ScsiUnitControlSuccess;
    case ScsiUnitStart:
    case ScsiUnitRemove:
    case ScsiUnitSurpriseRemoval:
        return ScsiUnitControlSuccess;
    default:
        return ScsiUnitControlUnsuccessful;
    }
}
