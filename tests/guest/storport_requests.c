/* What a miniport is asked beside reads and writes: firmware, hybrid caches, protocol data, topology, internal status, ACPI. The families
 * of structures, as a source for the WDK uses them: an answer is built with the names that the documentation gives and looked at byte by byte. */
#include <miniport.h>
#include <storport.h>
#include <srbhelper.h>
#include <ata.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <acpiioct.h>

#include "testing.h"

static ULONGLONG space[512];

static PSRB_IO_CONTROL request(const CHAR *signature, ULONG code, ULONG length)
{
    PSRB_IO_CONTROL io = (PSRB_IO_CONTROL)space;

    RtlZeroMemory(space, sizeof(space));
    io->HeaderLength = sizeof(SRB_IO_CONTROL);
    RtlCopyMemory(io->Signature, signature, sizeof(io->Signature));
    io->ControlCode = code;
    io->Length = length;
    return io;
}

static BOOLEAN is(PSRB_IO_CONTROL io, const CHAR *signature, ULONG code)
{
    return RtlCompareMemory(io->Signature, signature, 8) == 8 && io->ControlCode == code;
}

static VOID answer_firmware(PSRB_IO_CONTROL io)
{
    PFIRMWARE_REQUEST_BLOCK block = (PFIRMWARE_REQUEST_BLOCK)(io + 1);
    PSTORAGE_FIRMWARE_INFO_V2 info = (PSTORAGE_FIRMWARE_INFO_V2)((PUCHAR)io + block->DataBufferOffset);

    io->ReturnCode = FIRMWARE_STATUS_ILLEGAL_REQUEST;
    if (block->Version != FIRMWARE_REQUEST_BLOCK_STRUCTURE_VERSION || block->Function != FIRMWARE_FUNCTION_GET_INFO)
        return;
    io->ReturnCode = FIRMWARE_STATUS_OUTPUT_BUFFER_TOO_SMALL;
    if (block->DataBufferLength < sizeof(STORAGE_FIRMWARE_INFO_V2) + sizeof(STORAGE_FIRMWARE_SLOT_INFO_V2))
        return;
    info->Version = STORAGE_FIRMWARE_INFO_STRUCTURE_VERSION_V2;
    info->Size = sizeof(STORAGE_FIRMWARE_INFO_V2);
    info->UpgradeSupport = TRUE;
    info->SlotCount = 1;
    info->PendingActivateSlot = STORAGE_FIRMWARE_INFO_INVALID_SLOT;
    info->ImagePayloadAlignment = 512;
    RtlCopyMemory(info->Slot[0].Revision, "1.00", 4);
    io->ReturnCode = FIRMWARE_STATUS_SUCCESS;
}

TEST_CASE(a_firmware_request_follows_the_control_header)
{
    PSRB_IO_CONTROL io = request(IOCTL_MINIPORT_SIGNATURE_FIRMWARE, IOCTL_SCSI_MINIPORT_FIRMWARE, 256);
    PFIRMWARE_REQUEST_BLOCK block = (PFIRMWARE_REQUEST_BLOCK)(io + 1);

    REQUIRE(is(io, "FIRMWARE", 0x001b0780));
    block->Version = FIRMWARE_REQUEST_BLOCK_STRUCTURE_VERSION;
    block->Size = sizeof(FIRMWARE_REQUEST_BLOCK);
    block->Function = FIRMWARE_FUNCTION_GET_INFO;
    block->Flags = FIRMWARE_REQUEST_FLAG_CONTROLLER;
    block->DataBufferOffset = ALIGN_UP_BY(sizeof(SRB_IO_CONTROL) + sizeof(FIRMWARE_REQUEST_BLOCK), sizeof(PVOID));
    answer_firmware(io);
    EXPECT_EQ(io->ReturnCode, FIRMWARE_STATUS_OUTPUT_BUFFER_TOO_SMALL);
    block->DataBufferLength = 128;
    answer_firmware(io);
    EXPECT_EQ(io->ReturnCode, FIRMWARE_STATUS_SUCCESS);
    EXPECT_EQ(block->DataBufferOffset, 56);
    EXPECT_EQ(((PUCHAR)space)[56 + 24 + 8], '1');
    block->Function = FIRMWARE_FUNCTION_ACTIVATE;
    answer_firmware(io);
    EXPECT_EQ(io->ReturnCode, FIRMWARE_STATUS_ILLEGAL_REQUEST);
    EXPECT_EQ(sizeof(STORAGE_HW_FIRMWARE_INFO), 56);
    EXPECT_EQ(FIELD_OFFSET(STORAGE_HW_FIRMWARE_DOWNLOAD, ImageBuffer), 32);
}

TEST_CASE(a_hybrid_disk_tells_its_caching_medium)
{
    PSRB_IO_CONTROL io = request(IOCTL_MINIPORT_SIGNATURE_HYBRDISK, IOCTL_SCSI_MINIPORT_HYBRID, 256);
    PHYBRID_REQUEST_BLOCK block = (PHYBRID_REQUEST_BLOCK)(io + 1);
    PHYBRID_INFORMATION info = (PHYBRID_INFORMATION)(space + 8);
    HYBRID_DEMOTE_BY_SIZE demote = { HYBRID_REQUEST_INFO_STRUCTURE_VERSION, sizeof(demote), 3, 1, 0, 0, 4096 };
    HYBRID_DIRTY_THRESHOLDS thresholds = { HYBRID_REQUEST_INFO_STRUCTURE_VERSION, sizeof(thresholds), 64, 192 };

    REQUIRE(is(io, "HYBRDISK", 0x001b0620));
    block->Function = HYBRID_FUNCTION_GET_INFO;
    info->Version = HYBRID_REQUEST_INFO_STRUCTURE_VERSION;
    info->Size = sizeof(HYBRID_INFORMATION);
    info->Status = NvCacheStatusEnabled;
    info->CacheTypeEffective = info->CacheTypeDefault = NvCacheTypeWriteBack;
    info->FractionBase = 255;
    info->Attributes.WriteCacheChangeable = info->Attributes.Removable = 1;
    info->Priorities.SupportedCommands.PriorityDemoteBySize = info->Priorities.SupportedCommands.Evict = 1;
    EXPECT_EQ(*(PULONG)&info->Attributes, 9);
    EXPECT_EQ(*(PULONG)&info->Priorities.SupportedCommands, 0x14);
    EXPECT_EQ((PUCHAR)info->Priorities.Priority - (PUCHAR)info, 72);
    EXPECT_EQ(sizeof(NVCACHE_PRIORITY_LEVEL_DESCRIPTOR), 24);
    EXPECT(demote.TargetPriority < demote.SourcePriority && thresholds.DirtyLowThreshold < thresholds.DirtyHighThreshold);
    EXPECT_EQ(HYBRID_STATUS_ENABLE_REFCOUNT_HOLD, 16);
}

TEST_CASE(the_older_cache_request_has_its_block_at_eight_bytes)
{
    PSRB_IO_CONTROL io = request(IOCTL_MINIPORT_SIGNATURE_HYBRDISK, IOCTL_SCSI_MINIPORT_NVCACHE, 128);
    PNVCACHE_REQUEST_BLOCK block = (PNVCACHE_REQUEST_BLOCK)(space + 4);
    NV_FEATURE_PARAMETER feature = { 1, 0, 1, 0, 2, 3, 1u << 20, 40, 20, 5 };

    REQUIRE(is(io, "HYBRDISK", 0x001b0600));
    block->NRBSize = sizeof(NVCACHE_REQUEST_BLOCK);
    block->Function = NRB_FUNCTION_NVCACHE_INFO;
    block->LBA = 0x123456789abcull;
    block->NRBStatus = block->Function == 0xec ? NRB_SUCCESS : NRB_ILLEGAL_REQUEST;
    EXPECT_EQ(RTL_SIZEOF_THROUGH_FIELD(NVCACHE_REQUEST_BLOCK, NRBStatus), 16);
    EXPECT_EQ(space[4 + 3], 0x123456789abcull);
    EXPECT_EQ(*(PULONG)((PUCHAR)&feature + 12), 1u << 20);
}

TEST_CASE(protocol_data_lies_where_its_offset_says)
{
    PSTORAGE_PROTOCOL_DATA_DESCRIPTOR descriptor = (PSTORAGE_PROTOCOL_DATA_DESCRIPTOR)space;
    PSTORAGE_PROTOCOL_SPECIFIC_DATA data = &descriptor->ProtocolSpecificData;
    STORAGE_PROTOCOL_DATA_SUBVALUE_GET_LOG_PAGE page = { { 0 } };

    RtlZeroMemory(space, sizeof(space));
    descriptor->Version = descriptor->Size = sizeof(STORAGE_PROTOCOL_DATA_DESCRIPTOR);
    data->ProtocolType = ProtocolTypeAta;
    data->DataType = AtaDataTypeLogPage;
    data->ProtocolDataRequestValue = IDE_GP_LOG_DEVICE_STATISTICS_ADDRESS;
    data->ProtocolDataOffset = sizeof(STORAGE_PROTOCOL_SPECIFIC_DATA);
    data->ProtocolDataLength = 512;
    *((PUCHAR)data + data->ProtocolDataOffset) = 0xa5;
    page.LogSpecificField = 15;
    EXPECT_EQ(space[6] & 0xff, 0xa5);
    EXPECT_EQ(page.AsUlong, 0x1e);
    EXPECT_EQ(ProtocolTypeNvme, 3);
    EXPECT_EQ(FIELD_OFFSET(STORAGE_PROTOCOL_COMMAND, Command), 80);
    EXPECT_EQ(IOCTL_STORAGE_PROTOCOL_COMMAND, 0x002dd3c0);
    EXPECT(RtlCompareMemory(IOCTL_MINIPORT_SIGNATURE_QUERY_PROTOCOL IOCTL_MINIPORT_SIGNATURE_SET_PROTOCOL, "PROTOCOLSETPROTO", 16) == 16);
}

TEST_CASE(a_topology_has_nodes_that_point_at_adapters_and_devices)
{
    PSTORAGE_PHYSICAL_TOPOLOGY_DESCRIPTOR topology = (PSTORAGE_PHYSICAL_TOPOLOGY_DESCRIPTOR)space;
    PSTORAGE_PHYSICAL_NODE_DATA node = &topology->Node[0];
    PSTORAGE_PHYSICAL_ADAPTER_DATA adapter;
    PSTORAGE_PHYSICAL_DEVICE_DATA device;

    RtlZeroMemory(space, sizeof(space));
    topology->Version = sizeof(STORAGE_PHYSICAL_TOPOLOGY_DESCRIPTOR);
    topology->NodeCount = node->AdapterCount = node->DeviceCount = 1;
    node->AdapterDataOffset = sizeof(STORAGE_PHYSICAL_NODE_DATA);
    node->DeviceDataOffset = node->AdapterDataOffset + sizeof(STORAGE_PHYSICAL_ADAPTER_DATA);
    adapter = (PSTORAGE_PHYSICAL_ADAPTER_DATA)((PUCHAR)node + node->AdapterDataOffset);
    device = (PSTORAGE_PHYSICAL_DEVICE_DATA)((PUCHAR)node + node->DeviceDataOffset);
    adapter->HealthStatus = HealthStatusNormal;
    adapter->SpecVersion.MajorVersion = 1;
    adapter->SpecVersion.MinorVersion.AsUshort = 0x0301;
    device->Role = STORAGE_COMPONENT_ROLE_DATA;
    device->FormFactor = FormFactorM_2;
    device->Capacity = 1ull << 40;
    EXPECT_EQ(adapter->SpecVersion.AsUlong, 0x00010301);
    EXPECT_EQ(adapter->SpecVersion.MinorVersion.Minor, 3);
    EXPECT_EQ((PUCHAR)device - (PUCHAR)space, 16 + 40 + 128);
    EXPECT_EQ(*(PULONGLONG)((PUCHAR)device + 88), 1ull << 40);
    EXPECT_EQ((SHORT)STORAGE_TEMPERATURE_VALUE_NOT_REPORTED, -32768);
}

TEST_CASE(an_error_history_lists_buffers_in_big_endian)
{
    PERROR_HISTORY_DIRECTORY directory = (PERROR_HISTORY_DIRECTORY)space;
    PCURRENT_INTERNAL_STATUS_PARAMETER_DATA status = (PCURRENT_INTERNAL_STATUS_PARAMETER_DATA)(space + 64);
    USHORT length = sizeof(ERROR_HISTORY_DIRECTORY_ENTRY);
    PUCHAR bytes = (PUCHAR)space;
    CDB cdb = { 0 };

    RtlZeroMemory(space, sizeof(space));
    cdb.READ_BUFFER_16.Mode = READ_BUFFER_MODE_ERROR_HISTORY;
    cdb.READ_BUFFER_16.BufferId = BUFFER_ID_RETURN_ERROR_HISTORY_DIRECTORY;
    EXPECT_EQ(cdb.AsByte[1] & 0x1f, 0x1c);
    directory->ErrorHistorySource = ERROR_HISTORY_SOURCE_INDICATED_IN_BUFFER_SOURCE_FIELD;
    REVERSE_BYTES_SHORT(&directory->DirectoryLength, &length);
    directory->ErrorHistoryDirectoryList[0].SupportedBufferId = BUFFER_ID_RETURN_ERROR_HISTORY_MINIMUM_THRESHOLD;
    directory->ErrorHistoryDirectoryList[0].BufferFormat = BUFFER_FORMAT_CURRENT_INTERNAL_STATUS_DATA;
    directory->ErrorHistoryDirectoryList[0].BufferSource = BUFFER_SOURCE_CREATED_DUE_TO_CURRENT_COMMAND;
    EXPECT_EQ(bytes[9], 6);
    EXPECT_EQ(bytes[31], 8);
    EXPECT_EQ(bytes[32], 0x10);
    EXPECT_EQ(bytes[34], 3);
    status->SavedDataGenerationNumber = 7;
    EXPECT_EQ(bytes[512 + 383], 7);
    EXPECT_EQ(FIELD_OFFSET(CURRENT_INTERNAL_STATUS_PARAMETER_DATA, CurrentInternalStatusData), 512);
    EXPECT_EQ(FIELD_OFFSET(PHYSICAL_ELEMENT_STATUS_PARAMETER_DATA, Descriptors), 32);
    EXPECT_EQ(sizeof(PHYSICAL_ELEMENT_STATUS_DATA_DESCRIPTOR), 32);
}

TEST_CASE(an_ata_status_return_carries_the_task_file)
{
    PDESCRIPTOR_SENSE_DATA sense = (PDESCRIPTOR_SENSE_DATA)space;
    PSCSI_SENSE_DESCRIPTOR_ATA_STATUS_RETURN returned = (PSCSI_SENSE_DESCRIPTOR_ATA_STATUS_RETURN)sense->DescriptorBuffer;
    PUCHAR bytes = (PUCHAR)space;

    RtlZeroMemory(space, sizeof(space));
    sense->ErrorCode = SCSI_SENSE_ERRORCODE_DESCRIPTOR_CURRENT;
    sense->AdditionalSenseLength = sizeof(*returned);
    returned->Header.DescriptorType = SCSI_SENSE_DESCRIPTOR_TYPE_ATA_STATUS_RETURN;
    returned->Header.AdditionalLength = sizeof(*returned) - RTL_SIZEOF_THROUGH_FIELD(SCSI_SENSE_DESCRIPTOR_HEADER, AdditionalLength);
    returned->Extend = 1;
    returned->LbaMid7_0 = 0xf4;
    returned->LbaHigh7_0 = 0x2c;
    returned->Status = IDE_STATUS_DRDY;
    EXPECT_EQ(bytes[7], 14);
    EXPECT_EQ(bytes[8], 9);
    EXPECT_EQ(bytes[9], 12);
    EXPECT_EQ(bytes[17], 0xf4);
    EXPECT_EQ(bytes[19], 0x2c);
    EXPECT_EQ(bytes[21], 0x40);
    EXPECT_EQ(sizeof(VPD_ATA_INFORMATION_PAGE), 572);
    EXPECT_EQ(FIELD_OFFSET(VPD_ATA_INFORMATION_PAGE, IdentifyDeviceData), 60);
}

TEST_CASE(actions_on_data_sets_say_whether_they_destroy)
{
    DEVICE_DSM_INPUT input = { sizeof(input), DeviceDsmAction_NvCache_Change_Priority, 0, 0, 0, 0, 0 };
    DEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS priority = { sizeof(priority), 5, { 0 } };
    PDSM_NOTIFICATION_REQUEST_BLOCK notice = (PDSM_NOTIFICATION_REQUEST_BLOCK)(space + 4);

    EXPECT(IsDsmActionNonDestructive(input.Action) && IsDsmActionNonDestructive(DeviceDsmAction_GetFreeSpace));
    EXPECT(!IsDsmActionNonDestructive(DeviceDsmAction_Trim) && !IsDsmActionNonDestructive(DeviceDsmAction_WriteZeroes));
    EXPECT(is(request(IOCTL_MINIPORT_SIGNATURE_DSM_GENERAL, IOCTL_SCSI_MINIPORT_DSM_GENERAL, 64), "MPDSMGEN", 0x001b0721));
    EXPECT(is(request(IOCTL_MINIPORT_SIGNATURE_DSM_NOTIFICATION, IOCTL_SCSI_MINIPORT_DSM, 64), "MPDSM   ", 0x001b0720));
    notice->Version = MINIPORT_DSM_NOTIFICATION_VERSION;
    notice->DataSetRanges[0].LengthInBytes = 4096;
    EXPECT_EQ(space[4 + 5], 4096);
    EXPECT_EQ(priority.TargetPriority, 5);
}

TEST_CASE(a_data_set_request_is_built_checked_and_read)
{
    DEVICE_DSM_DEFINITION definition = { DeviceDsmAction_NvCache_Change_Priority, FALSE, 4, 8, TRUE, 8, 16 };
    DEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS priority = { sizeof(priority), 5, { 0 } };
    PDEVICE_DSM_INPUT input = (PDEVICE_DSM_INPUT)space;
    PDEVICE_DSM_OUTPUT output = (PDEVICE_DSM_OUTPUT)(space + 64);
    ULONG length = DeviceDsmGetInputLength(&definition, sizeof(priority), 2);

    EXPECT_EQ(length, 40 + 2 * 16);
    EXPECT_EQ(DeviceDsmGetNumberOfDataSetRanges(&definition, length, sizeof(priority)), 2);
    DeviceDsmInitializeInput(&definition, input, length, 0, &priority, sizeof(priority));
    EXPECT(DeviceDsmAddDataSetRange(input, length, 4096, 512) && DeviceDsmAddDataSetRange(input, length, 8192, 1024));
    EXPECT(!DeviceDsmAddDataSetRange(input, length, 0, 512));
    EXPECT(DeviceDsmValidateInput(&definition, input, length) && !DeviceDsmValidateInput(&definition, input, length - 1));
    EXPECT_EQ(((PDEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS)DeviceDsmParameterBlock(input))->TargetPriority, 5);
    EXPECT_EQ(DeviceDsmNumberOfDataSetRanges(input), 2);
    EXPECT_EQ(DeviceDsmDataSetRanges(input)[1].StartingOffset, 8192);
    input->DataSetRangesOffset += 4;
    EXPECT(!DeviceDsmValidateInput(&definition, input, length));
    input->DataSetRangesOffset = 0xfffffff8;
    EXPECT(!DeviceDsmValidateInput(&definition, input, length));

    length = DeviceDsmGetOutputLength(&definition, definition.OutputBlockLength);
    EXPECT_EQ(length, 40 + 16);
    EXPECT(DeviceDsmValidateOutputLength(&definition, length) && !DeviceDsmValidateOutputLength(&definition, length - 1));
    DeviceDsmInitializeOutput(&definition, output, length, 0);
    EXPECT_EQ(DeviceDsmGetOutputBlockLength(&definition, length), 16);
    EXPECT_EQ((PUCHAR)DeviceDsmOutputBlock(output) - (PUCHAR)output, 40);
    EXPECT(DeviceDsmValidateOutput(&definition, output, length) && !DeviceDsmValidateOutput(&definition, output, 40));
}

TEST_CASE(dumps_and_pass_through_have_the_layouts_of_their_pages)
{
    DEVICEDUMP_PUBLIC_SUBSECTION section;

    section.GPLogTable[TC_PUBLIC_DEVICEDUMP_CONTENT_GPLOG_MAX - 1].LogAddress = IDE_GP_LOG_CURRENT_DEVICE_INTERNAL_STATUS;
    EXPECT_EQ(section.GPLogTable[15].LogAddress, 0x24);
    EXPECT_EQ(FIELD_OFFSET(DEVICEDUMP_PUBLIC_SUBSECTION, szDescription), 68);
    EXPECT_EQ(FIELD_OFFSET(SCSI_PASS_THROUGH_EX, Cdb), 56);
    EXPECT_EQ(sizeof(SCSI_PASS_THROUGH_DIRECT32), 44);
    EXPECT_EQ(IOCTL_SCSI_PASS_THROUGH_EX, 0x0004d044);
    EXPECT_EQ(SRB_IOCTL_FLAGS_ADAPTER_REQUEST, 1);
    EXPECT_EQ(sizeof(((PSTORPORT_TELEMETRY_EVENT)0)->EventName), EVENT_NAME_MAX_LENGTH);
    EXPECT_EQ(sizeof(((PSTORPORT_TELEMETRY_EVENT)0)->ParameterName0), EVENT_MAX_PARAM_NAME_LEN);
    EXPECT(!IsEqualGUID(&STORPORT_DEVICEOPERATION_SECURE_REPROVISION_GUID, &STORPORT_DEVICEOPERATION_CACHED_SETTINGS_INIT_GUID));
}

TEST_CASE(arguments_of_an_acpi_method_follow_each_other)
{
    PACPI_EVAL_INPUT_BUFFER_COMPLEX input = (PACPI_EVAL_INPUT_BUFFER_COMPLEX)space;
    PACPI_METHOD_ARGUMENT argument = input->Argument;
    static const UCHAR bytes[] = { 1, 2, 3, 4, 5 };

    RtlZeroMemory(space, sizeof(space));
    input->Signature = ACPI_EVAL_INPUT_BUFFER_COMPLEX_SIGNATURE;
    input->MethodNameAsUlong = (ULONG)'MSD_';
    input->ArgumentCount = 2;
    ACPI_METHOD_SET_ARGUMENT_BUFFER(argument, bytes, sizeof(bytes));
    argument = ACPI_METHOD_NEXT_ARGUMENT(argument);
    ACPI_METHOD_SET_ARGUMENT_INTEGER(argument, 9);
    EXPECT_EQ((PUCHAR)argument - (PUCHAR)space, 16 + 4 + 5);
    EXPECT_EQ(ACPI_METHOD_ARGUMENT_LENGTH_FROM_ARGUMENT(argument), 8);
    EXPECT_EQ(input->MethodName[0], '_');
    EXPECT_EQ(IOCTL_ACPI_EVAL_METHOD, 0x0032c004);
}
