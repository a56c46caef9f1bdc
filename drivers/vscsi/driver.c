/* vscsi: a Storport miniport for virtio SCSI hosts (virtio 1.x, modern PCI). */
#include "adapter.h"

DRIVER_INITIALIZE DriverEntry;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = sizeof(data),
        .AdapterInterfaceType = PCIBus,
        .HwInitialize = VscsiInitialize,
        .HwStartIo = VscsiStartIo,
        .HwInterrupt = VscsiInterrupt,
        .HwFindAdapter = (PVOID)VscsiFindAdapter,
        .HwResetBus = VscsiResetBus,
        .HwBuildIo = VscsiBuildIo,
        .HwAdapterControl = VscsiAdapterControl,
        .HwUnitControl = VscsiUnitControl,
        .DeviceExtensionSize = sizeof(VSCSI_ADAPTER),
        .SrbExtensionSize = FIELD_OFFSET(VSCSI_REQUEST, Table[VSCSI_BREAKS + 2]),
        .NumberOfAccessRanges = VIRTIO_BARS,
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
