/* A miniport's source as one writes it for the WDK: what it includes, names and assumes compiles, as C and as C++. Nothing of it is
 * started. */
#include <miniport.h>
#include <storport.h>
#include <srbhelper.h>
#include <ata.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <ntdddisk.h>
#include <scsiwmi.h>
#include <storduid.h>

#include "testing.h"

#ifdef __cplusplus
extern "C" {
#endif
sp_DRIVER_INITIALIZE StyleEntry;
HW_FIND_ADAPTER StyleFindAdapter;
HW_INITIALIZE StyleInitialize;
HW_BUILDIO StyleBuildIo;
HW_STARTIO StyleStartIo;
HW_INTERRUPT StyleInterrupt;
HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE StyleMessage;
HW_RESET_BUS StyleResetBus;
HW_ADAPTER_CONTROL StyleAdapterControl;
HW_UNIT_CONTROL StyleUnitControl;
HW_PASSIVE_INITIALIZE_ROUTINE StylePassiveInitialize;
HW_DPC_ROUTINE StyleDpc;
HW_TIMER StyleTimer;
HW_WORKITEM StyleWork;
HW_STATE_CHANGE StyleStateChange;
#ifdef __cplusplus
}
#endif

#define STYLE_TAG 'lytS'

typedef struct _STYLE_EXTENSION {
    PUCHAR Registers;
    STOR_DPC Dpc;
    STOR_SLIST_HEADER FreeList;
    PVOID Timer;
    PVOID UncachedExtension;
    STOR_PHYSICAL_ADDRESS UncachedPhysical;
    PERF_CONFIGURATION_DATA Performance;
    ULONG Messages;
    IDENTIFY_DEVICE_DATA Identify;
    BOOLEAN Removed;
} STYLE_EXTENSION, *PSTYLE_EXTENSION;

_Use_decl_annotations_
ULONG StyleFindAdapter(PVOID DeviceExtension, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                       PPORT_CONFIGURATION_INFORMATION ConfigInfo, PBOOLEAN Reserved3)
{
    PSTYLE_EXTENSION extension = (PSTYLE_EXTENSION)DeviceExtension;
    PACCESS_RANGE range = NULL;
    PCI_COMMON_CONFIG config;
    ULONG length = 0;

    UNREFERENCED_PARAMETER(HwContext);
    UNREFERENCED_PARAMETER(BusInformation);
    UNREFERENCED_PARAMETER(ArgumentString);
    UNREFERENCED_PARAMETER(Reserved3);
    if (StorPortGetBusData(extension, PCIConfiguration, ConfigInfo->SystemIoBusNumber, ConfigInfo->SlotNumber, &config,
                           sizeof(PCI_COMMON_HEADER)) < sizeof(PCI_COMMON_HEADER))
        return SP_RETURN_NOT_FOUND;
    for (ULONG i = 0; i < ConfigInfo->NumberOfAccessRanges; i++)
        if ((*(ConfigInfo->AccessRanges))[i].RangeInMemory)
            range = &(*(ConfigInfo->AccessRanges))[i];
    if (range == NULL)
        return SP_RETURN_BAD_CONFIG;
    extension->Registers = (PUCHAR)StorPortGetDeviceBase(extension, ConfigInfo->AdapterInterfaceType,
                                                         ConfigInfo->SystemIoBusNumber, range->RangeStart, range->RangeLength,
                                                         (BOOLEAN)!range->RangeInMemory);
    if (ConfigInfo->Dma64BitAddresses == SCSI_DMA64_SYSTEM_SUPPORTED)
        ConfigInfo->Dma64BitAddresses = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    ConfigInfo->MaximumTransferLength = 128 * 1024;
    ConfigInfo->NumberOfPhysicalBreaks = 33;
    ConfigInfo->AlignmentMask = FILE_LONG_ALIGNMENT;
    ConfigInfo->CachesData = TRUE;
    ConfigInfo->MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS;
    ConfigInfo->SynchronizationModel = StorSynchronizeFullDuplex;
    ConfigInfo->HwMSInterruptRoutine = StyleMessage;
    ConfigInfo->InterruptSynchronizationMode = InterruptSynchronizePerMessage;
    ConfigInfo->BusResetHoldTime = 0;
    ConfigInfo->MaxNumberOfIO = 512;
    ConfigInfo->FeatureSupport |= STOR_ADAPTER_FEATURE_ABORT_COMMAND;
    extension->UncachedExtension = StorPortGetUncachedExtension(extension, ConfigInfo, 4096);
    extension->UncachedPhysical = StorPortGetPhysicalAddress(extension, NULL, extension->UncachedExtension, &length);
    StorPortInitializeSListHead(extension, &extension->FreeList);
    return SP_RETURN_FOUND;
}

_Use_decl_annotations_
BOOLEAN StyleInitialize(PVOID DeviceExtension)
{
    PSTYLE_EXTENSION extension = (PSTYLE_EXTENSION)DeviceExtension;
    MESSAGE_INTERRUPT_INFORMATION message;

    RtlZeroMemory(&message, sizeof(message));
    while (StorPortGetMSIInfo(extension, extension->Messages, &message) == STOR_STATUS_SUCCESS)
        extension->Messages++;
    extension->Performance.Version = STOR_PERF_VERSION;
    extension->Performance.Size = sizeof(PERF_CONFIGURATION_DATA);
    if (StorPortInitializePerfOpts(extension, TRUE, &extension->Performance) == STOR_STATUS_SUCCESS) {
        extension->Performance.Flags &= ~(ULONG)STOR_PERF_ADV_CONFIG_LOCALITY;
        StorPortInitializePerfOpts(extension, FALSE, &extension->Performance);
    }
    StorPortInitializeDpc(extension, &extension->Dpc, StyleDpc);
    StorPortWriteRegisterUlong(extension, (PULONG)(extension->Registers + 4), 1);
    StorPortStallExecution(10);
    return StorPortEnablePassiveInitialization(extension, StylePassiveInitialize);
}

_Use_decl_annotations_
BOOLEAN StylePassiveInitialize(PVOID DeviceExtension)
{
    PSTYLE_EXTENSION extension = (PSTYLE_EXTENSION)DeviceExtension;
    STOR_POFX_DEVICE_V3 device;
    BOOLEAN cold = FALSE;

    RtlZeroMemory(&device, sizeof(device));
    device.Version = STOR_POFX_DEVICE_VERSION_V3;
    device.Size = STOR_POFX_DEVICE_V3_SIZE;
    device.ComponentCount = 1;
    device.Flags = STOR_POFX_DEVICE_FLAG_IDLE_TIMEOUT | STOR_POFX_DEVICE_FLAG_ENABLE_D3_COLD;
    device.Components[0].Version = STOR_POFX_COMPONENT_VERSION_V2;
    device.Components[0].Size = STOR_POFX_COMPONENT_V2_SIZE;
    device.Components[0].FStateCount = 1;
    device.Components[0].Id = STORPORT_POFX_ADAPTER_GUID;
    device.Components[0].FStates[0].NominalPower = STOR_POFX_UNKNOWN_POWER;
    StorPortInitializePoFxPower(extension, NULL, (PSTOR_POFX_DEVICE)&device, &cold);
    return StorPortInitializeTimer(extension, &extension->Timer) == STOR_STATUS_SUCCESS;
}

static UCHAR StyleReadWrite(PSTYLE_EXTENSION extension, PSTORAGE_REQUEST_BLOCK srb, PCDB cdb)
{
    PSTOR_SCATTER_GATHER_LIST list = StorPortGetScatterGatherList(extension, (PSCSI_REQUEST_BLOCK)srb);
    ULONG64 lba = 0;
    ULONG blocks = 0;

    if (SrbGetCdbLength(srb) == 16) {
        REVERSE_BYTES_QUAD(&lba, &cdb->CDB16.LogicalBlock[0]);
        REVERSE_BYTES(&blocks, &cdb->CDB16.TransferLength[0]);
    }
    return list != NULL && list->NumberOfElements != 0 && lba + blocks != 0 ? SRB_STATUS_PENDING : SRB_STATUS_INVALID_REQUEST;
}

static UCHAR StyleInquiry(PSTORAGE_REQUEST_BLOCK srb, PCDB cdb)
{
    PINQUIRYDATA inquiry = (PINQUIRYDATA)SrbGetDataBuffer(srb);
    PVPD_SUPPORTED_PAGES_PAGE pages = (PVPD_SUPPORTED_PAGES_PAGE)SrbGetDataBuffer(srb);

    if (cdb->CDB6INQUIRY3.EnableVitalProductData) {
        pages->DeviceType = DIRECT_ACCESS_DEVICE;
        pages->PageCode = VPD_SUPPORTED_PAGES;
        pages->SupportedPageList[0] = VPD_BLOCK_LIMITS;
        return SRB_STATUS_SUCCESS;
    }
    inquiry->DeviceType = DIRECT_ACCESS_DEVICE;
    inquiry->DeviceTypeQualifier = DEVICE_CONNECTED;
    inquiry->Versions = 6;
    inquiry->CommandQueue = TRUE;
    return SRB_STATUS_SUCCESS;
}

_Use_decl_annotations_
BOOLEAN StyleBuildIo(PVOID DeviceExtension, PSCSI_REQUEST_BLOCK Srb)
{
    PSTYLE_EXTENSION extension = (PSTYLE_EXTENSION)DeviceExtension;
    PSTORAGE_REQUEST_BLOCK srb = (PSTORAGE_REQUEST_BLOCK)Srb;
    UCHAR status = SRB_STATUS_INVALID_REQUEST;
    PCDB cdb;

    if (extension->Removed) {
        SrbSetSrbStatus(srb, SRB_STATUS_NO_DEVICE);
        StorPortNotification(RequestComplete, extension, srb);
        return FALSE;
    }
    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI) {
        cdb = SrbGetCdb(srb);
        status = cdb->CDB6GENERIC.OperationCode == SCSIOP_INQUIRY ? StyleInquiry(srb, cdb) : StyleReadWrite(extension, srb, cdb);
    }
    if (status == SRB_STATUS_PENDING)
        return TRUE;
    SrbSetSrbStatus(srb, status);
    StorPortNotification(RequestComplete, extension, srb);
    return FALSE;
}

_Use_decl_annotations_
BOOLEAN StyleMessage(PVOID DeviceExtension, ULONG MessageId)
{
    PSTYLE_EXTENSION extension = (PSTYLE_EXTENSION)DeviceExtension;

    return StorPortIssueDpc(extension, &extension->Dpc, (PVOID)(ULONG_PTR)MessageId, NULL);
}

_Use_decl_annotations_
VOID StyleDpc(PSTOR_DPC Dpc, PVOID HwDeviceExtension, PVOID SystemArgument1, PVOID SystemArgument2)
{
    STOR_LOCK_HANDLE lock = { InvalidLock, { { NULL, NULL }, 0 } };
    ULONG irql = 0;

    UNREFERENCED_PARAMETER(SystemArgument2);
    StorPortAcquireSpinLock(HwDeviceExtension, DpcLock, Dpc, &lock);
    StorPortReleaseSpinLock(HwDeviceExtension, &lock);
    StorPortAcquireMSISpinLock(HwDeviceExtension, (ULONG)(ULONG_PTR)SystemArgument1, &irql);
    StorPortReleaseMSISpinLock(HwDeviceExtension, (ULONG)(ULONG_PTR)SystemArgument1, irql);
    StorPortNotification(RequestTimerCall, HwDeviceExtension, StyleTimer, 1000);
}

_Use_decl_annotations_
VOID StyleTimer(PVOID DeviceExtension)
{
    StorPortNotification(BusChangeDetected, DeviceExtension, 0);
}

TEST_CASE(structures_that_devices_see_have_their_sizes)
{
    EXPECT_EQ(sizeof(IDENTIFY_DEVICE_DATA), 512);
    EXPECT_EQ(sizeof(IDENTIFY_PACKET_DATA), 512);
    EXPECT_EQ(FIELD_OFFSET(IDENTIFY_DEVICE_DATA, SerialNumber), 20);
    EXPECT_EQ(FIELD_OFFSET(IDENTIFY_DEVICE_DATA, ModelNumber), 54);
    EXPECT_EQ(FIELD_OFFSET(IDENTIFY_DEVICE_DATA, Max48BitLBA), 200);
    EXPECT_EQ(sizeof(CDB), 16);
    EXPECT_EQ(INQUIRYDATABUFFERSIZE, 36);
    EXPECT_EQ(IDE_COMMAND_IDENTIFY, 0xec);
}
