/* sata: life of the adapter, and the entries Storport calls. */
#include "sata.h"

DRIVER_INITIALIZE DriverEntry;
static HW_FIND_ADAPTER FindAdapter;
static HW_INITIALIZE Initialize;
static HW_STARTIO StartIo;
static HW_INTERRUPT Interrupt;
static HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE Message;
static HW_RESET_BUS ResetBus;
static HW_ADAPTER_CONTROL AdapterControl;

static BOOLEAN MapRegisters(PSATA_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    PACCESS_RANGE range = NULL;

    for (ULONG i = 0; i < config->NumberOfAccessRanges; i++)
        if ((*config->AccessRanges)[i].RangeInMemory && (*config->AccessRanges)[i].RangeLength != 0)
            range = &(*config->AccessRanges)[i];        /* BAR 5 is the last */
    if (range == NULL)
        return FALSE;
    adapter->RegisterBytes = range->RangeLength;
    adapter->Registers = StorPortGetDeviceBase(adapter, config->AdapterInterfaceType, config->SystemIoBusNumber, range->RangeStart,
                                               range->RangeLength, FALSE);
    return adapter->Registers != NULL;
}

static BOOLEAN GetShared(PSATA_ADAPTER adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    PUCHAR memory = StorPortGetUncachedExtension(adapter, config, sizeof(SATA_SHARED) + 1023);
    ULONG length = 0, skip;
    ULONG64 physical;

    if (memory == NULL)
        return FALSE;
    physical = (ULONG64)StorPortGetPhysicalAddress(adapter, NULL, memory, &length).QuadPart;
    skip = (ULONG)(0 - physical) & 1023u;
    if (length < sizeof(SATA_SHARED) + skip)
        return FALSE;
    adapter->Shared = (PSATA_SHARED)(memory + skip);
    adapter->Physical = physical + skip;
    return TRUE;
}

static ULONG FindAdapter(PVOID extension, PVOID context, PVOID bus, PCHAR arguments, PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN again)
{
    PSATA_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(bus);
    UNREFERENCED_PARAMETER(arguments);
    *again = FALSE;
    if (!MapRegisters(adapter, config))
        return SP_RETURN_NOT_FOUND;
    config->MaximumTransferLength = SATA_TRANSFER;
    config->NumberOfPhysicalBreaks = SATA_BREAKS - 1;
    config->AlignmentMask = 1;          /* regions are whole words */
    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = 1;
    config->MaximumNumberOfLogicalUnits = 1;
    config->ScatterGather = TRUE;
    config->Master = TRUE;
    config->CachesData = TRUE;
    config->ResetTargetSupported = TRUE;
    config->MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS;
    config->SynchronizationModel = StorSynchronizeHalfDuplex;
    config->HwMSInterruptRoutine = Message;
    config->InterruptSynchronizationMode = InterruptSynchronizeAll;
    if ((SataGet(adapter, adapter->Registers + HBA_CAP) & 0x80000000u) != 0 && config->Dma64BitAddresses != 0)
        config->Dma64BitAddresses = SCSI_DMA64_MINIPORT_SUPPORTED;
    return GetShared(adapter, config) ? SP_RETURN_FOUND : SP_RETURN_ERROR;
}

static BOOLEAN Initialize(PVOID extension)
{
    PSATA_ADAPTER adapter = extension;

    StorPortInitializeDpc(adapter, &adapter->Dpc, SataRecover);
    adapter->Ready = SataStartPort(adapter);
    if (!adapter->Ready) {
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, adapter->PortNumber);
        return FALSE;
    }
    SataUnmask(adapter);
    return TRUE;
}

static BOOLEAN StartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PSATA_ADAPTER adapter = extension;
    PSATA_REQUEST request = srb->SrbExtension;

    if (!SataTranslate(adapter, srb))
        return TRUE;
    request->Next = NULL;
    if (adapter->First == NULL)
        adapter->First = srb;
    else
        ((PSATA_REQUEST)adapter->Last->SrbExtension)->Next = srb;
    adapter->Last = srb;
    SataPump(adapter);
    return TRUE;
}

static BOOLEAN Interrupt(PVOID extension)
{
    return SataServe(extension);
}

static BOOLEAN Message(PVOID extension, ULONG number)
{
    UNREFERENCED_PARAMETER(number);
    return SataServe(extension);
}

static BOOLEAN ResetBus(PVOID extension, ULONG path)
{
    PSATA_ADAPTER adapter = extension;

    UNREFERENCED_PARAMETER(path);
    SataStopPort(adapter);
    SataEndAll(adapter, SRB_STATUS_BUS_RESET);
    adapter->Recovering = FALSE;
    adapter->Ready = SataStartPort(adapter);
    if (adapter->Ready)
        SataUnmask(adapter);
    return adapter->Ready;
}

static SCSI_ADAPTER_CONTROL_STATUS AdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSATA_ADAPTER adapter = extension;
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        for (ULONG i = 0; i < list->MaxControlType; i++)
            list->SupportedTypeList[i] = i == ScsiQuerySupportedControlTypes || i == ScsiStopAdapter || i == ScsiRestartAdapter ||
                                         i == ScsiAdapterSurpriseRemoval;
        return ScsiAdapterControlSuccess;
    case ScsiStopAdapter:
        SataStopPort(adapter);
        adapter->Ready = FALSE;
        return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
        adapter->Ready = SataStartPort(adapter);
        if (adapter->Ready)
            SataUnmask(adapter);
        return adapter->Ready ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiAdapterSurpriseRemoval:
        adapter->Gone = TRUE;
        SataEndAll(adapter, SRB_STATUS_NO_DEVICE);
        return ScsiAdapterControlSuccess;
    default:
        return ScsiAdapterControlUnsuccessful;
    }
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = sizeof(data),
        .AdapterInterfaceType = PCIBus,
        .HwInitialize = Initialize,
        .HwStartIo = StartIo,
        .HwInterrupt = Interrupt,
        .HwFindAdapter = (PVOID)FindAdapter,
        .HwResetBus = ResetBus,
        .HwAdapterControl = AdapterControl,
        .DeviceExtensionSize = sizeof(SATA_ADAPTER),
        .SrbExtensionSize = sizeof(SATA_REQUEST),
        .NumberOfAccessRanges = 6,
        .MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS,
        .NeedPhysicalAddresses = TRUE,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
    };

    return StorPortInitialize(driver, registryPath, &data, NULL);
}
