/* nvmeq: a Storport miniport for NVM Express controllers, a queue pair and a message for each processor. */
#include "adapter.h"

DRIVER_INITIALIZE DriverEntry;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = sizeof(data),
        .AdapterInterfaceType = PCIBus,
        .HwInitialize = NvmeqInitialize,
        .HwStartIo = NvmeqStartIo,
        .HwInterrupt = NvmeqInterrupt,
        .HwFindAdapter = (PVOID)NvmeqFindAdapter,
        .HwResetBus = NvmeqResetBus,
        .HwBuildIo = NvmeqBuildIo,
        .HwAdapterControl = NvmeqAdapterControl,
        .DeviceExtensionSize = sizeof(NVMEQ_ADAPTER),
        .SrbExtensionSize = sizeof(NVMEQ_REQUEST),
        .NumberOfAccessRanges = 6,
        .MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS,
        .NeedPhysicalAddresses = TRUE,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
        .FeatureSupport = STOR_FEATURE_FULL_PNP_DEVICE_CAPABILITIES,
        .SrbTypeFlags = SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK,
        .AddressTypeFlags = ADDRESS_TYPE_FLAG_BTL8,
    };

    return StorPortInitialize(driver, registryPath, &data, NULL);
}
