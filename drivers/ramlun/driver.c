/* Registration, and the callbacks that Storport calls. */
#include "ramlun.h"

DRIVER_INITIALIZE DriverEntry;
static VIRTUAL_HW_FIND_ADAPTER FindAdapter;
static HW_INITIALIZE Initialize;
static HW_STARTIO StartIo;
static HW_RESET_BUS ResetBus;
static HW_ADAPTER_CONTROL AdapterControl;
static HW_FREE_ADAPTER_RESOURCES FreeAdapterResources;

/* A DWORD of Parameters\Device; Default when it is missing or out of range. PASSIVE_LEVEL. */
static ULONG ReadParameter(PRAMLUN_ADAPTER Adapter, const char *Name, ULONG Default, ULONG Least, ULONG Most)
{
    ULONG length = sizeof(ULONG), value = Default;
    PUCHAR buffer = StorPortAllocateRegistryBuffer(Adapter, &length);

    if (buffer == NULL)
        return Default;
    length = sizeof(ULONG);
    if (StorPortRegistryRead(Adapter, (PUCHAR)Name, TRUE, REG_DWORD, buffer, &length) && length == sizeof(ULONG))
        value = *(PULONG)buffer;
    StorPortFreeRegistryBuffer(Adapter, buffer);
    return value >= Least && value <= Most ? value : Default;
}

static BOOLEAN CreateUnits(PRAMLUN_ADAPTER Adapter)
{
    ULONG i;

    for (i = 0; i < Adapter->InitialLuns; i++) {
        if (Adapter->Units[i].Present)
            continue;                           /* they outlive a stop */
        if (!UnitCreate(Adapter, (UCHAR)i, Adapter->InitialMegabytes))
            return FALSE;
    }
    return TRUE;
}

_Use_decl_annotations_
static ULONG NTAPI FindAdapter(PVOID DeviceExtension, PVOID HwContext, PVOID BusInformation, PVOID LowerDevice,
                               PCHAR ArgumentString, PPORT_CONFIGURATION_INFORMATION ConfigInfo, PBOOLEAN Again)
{
    PRAMLUN_ADAPTER adapter = DeviceExtension;

    UNREFERENCED_PARAMETER(HwContext);
    UNREFERENCED_PARAMETER(BusInformation);
    UNREFERENCED_PARAMETER(LowerDevice);
    UNREFERENCED_PARAMETER(ArgumentString);
    *Again = FALSE;
    adapter->SectorSize = ReadParameter(adapter, "SectorSize", 512, 512, 4096);
    if (adapter->SectorSize & (adapter->SectorSize - 1))
        adapter->SectorSize = 512;
    adapter->InitialMegabytes = ReadParameter(adapter, "SizeMB", 1024, 1, 1024 * 1024);
    adapter->InitialLuns = ReadParameter(adapter, "Luns", 1, 0, RAMLUN_MAX_LUNS);
    adapter->Paths = ReadParameter(adapter, "Paths", 1, 1, RAMLUN_MAX_PATHS);
    ConfigInfo->VirtualDevice = TRUE;
    ConfigInfo->MaximumTransferLength = RAMLUN_MAX_TRANSFER;
    ConfigInfo->NumberOfPhysicalBreaks = RAMLUN_MAX_TRANSFER / PAGE_SIZE + 1;
    ConfigInfo->AlignmentMask = FILE_BYTE_ALIGNMENT;
    ConfigInfo->NumberOfBuses = 1;
    ConfigInfo->MaximumNumberOfTargets = (UCHAR)adapter->Paths;
    ConfigInfo->MaximumNumberOfLogicalUnits = RAMLUN_MAX_LUNS;
    ConfigInfo->MapBuffers = STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;
    ConfigInfo->SynchronizationModel = StorSynchronizeFullDuplex;
    ConfigInfo->CachesData = FALSE;
    if (!CreateUnits(adapter)) {
        StorPortLogError(adapter, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, 1);
        FreeAdapterResources(adapter);
        return SP_RETURN_ERROR;
    }
    return SP_RETURN_FOUND;
}

_Use_decl_annotations_
static BOOLEAN NTAPI Initialize(PVOID DeviceExtension)
{
    UNREFERENCED_PARAMETER(DeviceExtension);
    return TRUE;
}

/* One unit, or all of them. */
static VOID ResetUnits(PRAMLUN_ADAPTER Adapter, PSCSI_REQUEST_BLOCK Srb)
{
    STOR_LOCK_HANDLE lock;
    UCHAR path, target, lun, i;

    SrbGetPathTargetLun(Srb, &path, &target, &lun);
    StorPortAcquireSpinLock(Adapter, StartIoLock, NULL, &lock);
    for (i = 0; i < RAMLUN_MAX_LUNS; i++)
        if (Adapter->Units[i].Present && (i == lun || SrbGetSrbFunction(Srb) != SRB_FUNCTION_RESET_LOGICAL_UNIT))
            ReservationReset(&Adapter->Units[i]);
    StorPortReleaseSpinLock(Adapter, &lock);
}

_Use_decl_annotations_
static BOOLEAN NTAPI StartIo(PVOID DeviceExtension, PSCSI_REQUEST_BLOCK Srb)
{
    UCHAR status;

    switch (SrbGetSrbFunction(Srb)) {
    case SRB_FUNCTION_EXECUTE_SCSI:
        status = CommandExecute(DeviceExtension, Srb);
        break;
    case SRB_FUNCTION_IO_CONTROL:
        status = ControlExecute(DeviceExtension, Srb);
        break;
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_BUS:
        ResetUnits(DeviceExtension, Srb);       /* every request is complete when StartIo returns */
        status = SRB_STATUS_SUCCESS;
        break;
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
    case SRB_FUNCTION_POWER:
        status = SRB_STATUS_SUCCESS;
        break;
    default:
        status = SRB_STATUS_INVALID_REQUEST;
    }
    SrbSetSrbStatus(Srb, status);
    StorPortNotification(RequestComplete, DeviceExtension, Srb);
    return TRUE;
}

_Use_decl_annotations_
static BOOLEAN NTAPI ResetBus(PVOID DeviceExtension, ULONG PathId)
{
    UNREFERENCED_PARAMETER(DeviceExtension);
    UNREFERENCED_PARAMETER(PathId);
    return TRUE;                                /* nothing is ever outstanding */
}

_Use_decl_annotations_
static SCSI_ADAPTER_CONTROL_STATUS NTAPI AdapterControl(PVOID DeviceExtension, SCSI_ADAPTER_CONTROL_TYPE ControlType,
                                                        PVOID Parameters)
{
    static const SCSI_ADAPTER_CONTROL_TYPE supported[] = { ScsiQuerySupportedControlTypes, ScsiStopAdapter, ScsiRestartAdapter };
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = Parameters;
    ULONG i;

    UNREFERENCED_PARAMETER(DeviceExtension);
    if (ControlType == ScsiQuerySupportedControlTypes)
        for (i = 0; i < ARRAYSIZE(supported); i++)
            if ((ULONG)supported[i] < list->MaxControlType)
                list->SupportedTypeList[supported[i]] = TRUE;
    return ScsiAdapterControlSuccess;
}

_Use_decl_annotations_
static VOID NTAPI FreeAdapterResources(PVOID DeviceExtension)
{
    PRAMLUN_ADAPTER adapter = DeviceExtension;
    ULONG i;

    for (i = 0; i < RAMLUN_MAX_LUNS; i++)
        if (adapter->Units[i].Present)
            UnitDelete(adapter, &adapter->Units[i]);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HW_INITIALIZATION_DATA data;

    RtlZeroMemory(&data, sizeof(data));
    data.HwInitializationDataSize = sizeof(data);
    data.AdapterInterfaceType = Internal;
    data.HwInitialize = Initialize;
    data.HwStartIo = StartIo;
    data.HwFindAdapter = (PVOID)FindAdapter;
    data.HwResetBus = ResetBus;
    data.HwAdapterControl = AdapterControl;
    data.HwFreeAdapterResources = FreeAdapterResources;
    data.DeviceExtensionSize = sizeof(RAMLUN_ADAPTER);
    data.MapBuffers = STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;
    data.TaggedQueuing = TRUE;
    data.AutoRequestSense = TRUE;
    data.MultipleRequestPerLu = TRUE;
    data.ReceiveEvent = TRUE;
    data.FeatureSupport = STOR_FEATURE_VIRTUAL_MINIPORT;
    data.SrbTypeFlags = SRB_TYPE_FLAG_SCSI_REQUEST_BLOCK | SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK;
    data.AddressTypeFlags = ADDRESS_TYPE_FLAG_BTL8;
    return StorPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
