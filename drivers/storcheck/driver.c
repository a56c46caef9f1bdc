/* Registration, and the life of the adapter. */
#include "storcheck.h"

sp_DRIVER_INITIALIZE DriverEntry;

ULONG DriverEntry(PVOID driverObject, PVOID registryPath)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = sizeof(data),
        .AdapterInterfaceType = Internal,
        .HwInitialize = StorCheckInitialize,
        .HwStartIo = StorCheckStartIo,
        .HwFindAdapter = (PVOID)StorCheckFindAdapter,
        .HwResetBus = StorCheckResetBus,
        .HwAdapterControl = StorCheckAdapterControl,
        .HwFreeAdapterResources = StorCheckFree,
        .DeviceExtensionSize = sizeof(STORCHECK),
        .SrbExtensionSize = 64,
        .MapBuffers = STOR_MAP_ALL_BUFFERS,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
        .FeatureSupport = STOR_FEATURE_VIRTUAL_MINIPORT,
        .SrbTypeFlags = SRB_TYPE_FLAG_SCSI_REQUEST_BLOCK,
        .AddressTypeFlags = ADDRESS_TYPE_FLAG_BTL8,
    };

    return StorPortInitialize(driverObject, registryPath, &data, NULL);
}

static VOID KeptDpc(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    StorCheckCompleteKept(extension, SRB_STATUS_SUCCESS);
}

ULONG StorCheckFindAdapter(PVOID extension, PVOID context, PVOID bus, PVOID lower, PCHAR argument,
                           PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN again)
{
    PSTORCHECK device = extension;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(bus);
    UNREFERENCED_PARAMETER(lower);
    UNREFERENCED_PARAMETER(argument);
    *again = FALSE;
    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = 1;
    config->MaximumNumberOfLogicalUnits = 4;
    config->MaximumTransferLength = 65536;
    config->NumberOfPhysicalBreaks = 17;
    config->SynchronizationModel = StorSynchronizeFullDuplex;
    config->VirtualDevice = TRUE;
    device->Units = 1;
    if (StorPortAllocatePool(extension, STORCHECK_BYTES, STORCHECK_TAG, &device->Memory) != STOR_STATUS_SUCCESS)
        return SP_RETURN_ERROR;
    RtlZeroMemory(device->Memory, STORCHECK_BYTES);
    return SP_RETURN_FOUND;
}

BOOLEAN StorCheckInitialize(PVOID extension)
{
    PERF_CONFIGURATION_DATA data = { .Version = STOR_PERF_VERSION, .Size = sizeof(data) };
    PSTORCHECK device = extension;

    device->PerformanceStatus = StorPortInitializePerfOpts(extension, TRUE, &data);
    device->PerformanceFlags = data.Flags;
    StorPortInitializeDpc(extension, &device->Dpc, KeptDpc);
    return StorPortInitializeTimer(extension, &device->Timer) == STOR_STATUS_SUCCESS;
}

BOOLEAN StorCheckResetBus(PVOID extension, ULONG path)
{
    PSTORCHECK device = extension;

    UNREFERENCED_PARAMETER(path);
    device->BusResets++;
    StorCheckCompleteKept(device, SRB_STATUS_BUS_RESET);
    return TRUE;
}

SCSI_ADAPTER_CONTROL_STATUS StorCheckAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    UNREFERENCED_PARAMETER(extension);
    if (type == ScsiQuerySupportedControlTypes)
        for (ULONG i = 0; i < list->MaxControlType; i++)
            list->SupportedTypeList[i] = i == ScsiQuerySupportedControlTypes || i == ScsiStopAdapter || i == ScsiRestartAdapter;
    return ScsiAdapterControlSuccess;
}

VOID StorCheckFree(PVOID extension)
{
    PSTORCHECK device = extension;

    if (device->Memory != NULL)
        StorPortFreePool(extension, device->Memory);
    device->Memory = NULL;
}
