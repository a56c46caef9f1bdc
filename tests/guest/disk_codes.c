/* Control codes of disks that are asked for less often, and those that are refused.
 * run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

static HANDLE disk, port;

TEST_SETUP(open_both)
{
    NTSTATUS status;

    disk = open_disk();
    port = open_device(L"\\??\\Scsi0:", &status);
}

TEST_TEARDOWN(close_both)
{
    if (disk)
        ZwClose(disk);
    if (port)
        ZwClose(port);
}

TEST_CASE(the_medium_is_fixed_and_mounted)
{
    DISK_GEOMETRY geometry;
    GET_MEDIA_TYPES types;

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_MEDIA_TYPES, NULL, 0, &geometry, sizeof(geometry), NULL), STATUS_SUCCESS);
    EXPECT_EQ(geometry.MediaType, FixedMedia);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_GET_MEDIA_TYPES_EX, NULL, 0, &types, sizeof(types), NULL), STATUS_SUCCESS);
    EXPECT_EQ(types.DeviceType, FILE_DEVICE_DISK);
    EXPECT_EQ(types.MediaInfoCount, 1);
    EXPECT_EQ(types.MediaInfo[0].DeviceSpecific.DiskInfo.BytesPerSector, 512);
    EXPECT(types.MediaInfo[0].DeviceSpecific.DiskInfo.MediaCharacteristics & MEDIA_CURRENTLY_MOUNTED);
    EXPECT(types.MediaInfo[0].DeviceSpecific.DiskInfo.MediaCharacteristics & MEDIA_READ_WRITE);
}

TEST_CASE(a_disk_without_a_cache_says_so)
{
    DISK_CACHE_INFORMATION info;

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_CACHE_INFORMATION, NULL, 0, &info, sizeof(info), NULL), STATUS_SUCCESS);
    EXPECT(!info.WriteCacheEnabled);
}

TEST_CASE(what_went_through_is_counted)
{
    DISK_PERFORMANCE before, after;
    UCHAR sector[512];

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_PERFORMANCE, NULL, 0, &before, sizeof(before), NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, sizeof(sector), 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_PERFORMANCE, NULL, 0, &after, sizeof(after), NULL), STATUS_SUCCESS);
    EXPECT_EQ(after.ReadCount, before.ReadCount + 1);
    EXPECT_EQ(after.BytesRead.QuadPart, before.BytesRead.QuadPart + 512);
}

/* --- what the disk is not ---------------------------------------------------------------------------------------------- */

TEST_CASE(a_disk_that_knows_no_ata_refuses_ata_commands)
{
    struct {
        ATA_PASS_THROUGH_EX Head;
        UCHAR Data[512];
    } ata = { { sizeof(ATA_PASS_THROUGH_EX), ATA_FLAGS_DATA_IN, 0, 0, 0, 0, 512, 5 } };

    REQUIRE(disk);
    ata.Head.DataBufferOffset = FIELD_OFFSET(__typeof__(ata), Data);
    ata.Head.CurrentTaskFile[6] = ID_CMD;
    EXPECT_EQ(disk_ask(disk, IOCTL_ATA_PASS_THROUGH, &ata, sizeof(ata), &ata, sizeof(ata), NULL), STATUS_NOT_SUPPORTED);
    ata.Head.Length = 4;
    EXPECT_EQ(disk_ask(disk, IOCTL_ATA_PASS_THROUGH, &ata, sizeof(ata), &ata, sizeof(ata), NULL), STATUS_INVALID_PARAMETER);
    ata.Head.Length = sizeof(ata.Head);
    ata.Head.DataBufferOffset = 4;
    EXPECT_EQ(disk_ask(disk, IOCTL_ATA_PASS_THROUGH, &ata, sizeof(ata), &ata, sizeof(ata), NULL), STATUS_INVALID_PARAMETER);
    ata.Head.DataBufferOffset = FIELD_OFFSET(__typeof__(ata), Data) + 1;
    EXPECT_EQ(disk_ask(disk, IOCTL_ATA_PASS_THROUGH, &ata, sizeof(ata), &ata, sizeof(ata), NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_miniport_without_smart_refuses_smart)
{
    GETVERSIONINPARAMS version;
    UCHAR buffer[FIELD_OFFSET(SENDCMDOUTPARAMS, bBuffer) + 512] = { 0 };
    PSENDCMDINPARAMS in = (PSENDCMDINPARAMS)buffer;

    REQUIRE(disk);
    EXPECT(!NT_SUCCESS(disk_ask(disk, SMART_GET_VERSION, NULL, 0, &version, sizeof(version), NULL)));
    in->irDriveRegs.bCommandReg = SMART_CMD;
    in->irDriveRegs.bFeaturesReg = READ_ATTRIBUTES;
    EXPECT(!NT_SUCCESS(disk_ask(disk, SMART_RCV_DRIVE_DATA, buffer, sizeof(buffer), buffer, sizeof(buffer), NULL)));
    EXPECT_EQ(disk_ask(disk, SMART_RCV_DRIVE_DATA, buffer, sizeof(buffer), buffer, 16, NULL), STATUS_BUFFER_TOO_SMALL);
}

TEST_CASE(codes_that_a_fixed_scsi_disk_does_not_know_are_refused)
{
    static const ULONG codes[] = { IOCTL_STORAGE_PROTOCOL_COMMAND, IOCTL_STORAGE_FIRMWARE_GET_INFO, IOCTL_STORAGE_PREDICT_FAILURE,
                                   IOCTL_DISK_FORMAT_TRACKS, 0x7ffff };
    static UCHAR buffer[4096];

    REQUIRE(disk);
    for (ULONG i = 0; i < RTL_NUMBER_OF(codes); i++)
        EXPECT_EQ(disk_ask(disk, codes[i], buffer, sizeof(buffer), buffer, sizeof(buffer), NULL), STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(properties_that_it_has_not_are_an_invalid_first_parameter)
{
    STORAGE_PROPERTY_QUERY query = { StorageDevicePowerProperty, PropertyStandardQuery, { 0 } };
    UCHAR buffer[64];

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), buffer, sizeof(buffer), NULL),
              STATUS_INVALID_PARAMETER_1);
    query.PropertyId = StorageMiniportProperty;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), buffer, sizeof(buffer), NULL), STATUS_SUCCESS);
    EXPECT_EQ(((PSTORAGE_MINIPORT_DESCRIPTOR)buffer)->Portdriver, StoragePortCodeSetStorport);
    EXPECT_EQ(((PSTORAGE_MINIPORT_DESCRIPTOR)buffer)->IoTimeoutValue, 60000);
    query.QueryType = (STORAGE_QUERY_TYPE)77;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), buffer, sizeof(buffer), NULL),
              STATUS_INVALID_PARAMETER);
}

/* --- allocation ------------------------------------------------------------------------------------------------------------- */

TEST_CASE(what_is_allocated_can_be_asked_for)
{
    struct {
        DEVICE_MANAGE_DATA_SET_ATTRIBUTES Head;
        DEVICE_DATA_SET_RANGE Range;
    } ask = { 0 };
    union {
        DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT Head;
        UCHAR Bytes[256];
    } answer;
    PDEVICE_DATA_SET_LB_PROVISIONING_STATE state;
    UCHAR sector[512];
    ULONG_PTR done;

    REQUIRE(disk);
    RtlFillMemory(sector, sizeof(sector), 1);
    EXPECT_EQ(disk_write(disk, sector, sizeof(sector), 0x20000000 + 2 * 65536, NULL), STATUS_SUCCESS);
    ask.Head.Size = sizeof(ask.Head);
    ask.Head.Action = DeviceDsmAction_Allocation;
    ask.Head.DataSetRangesOffset = FIELD_OFFSET(__typeof__(ask), Range);
    ask.Head.DataSetRangesLength = sizeof(ask.Range);
    ask.Range.StartingOffset = 0x20000000;
    ask.Range.LengthInBytes = 8 * 65536;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &ask, sizeof(ask), &answer, sizeof(answer), &done),
              STATUS_SUCCESS);
    EXPECT_EQ(answer.Head.Action, DeviceDsmAction_Allocation);
    REQUIRE(answer.Head.OutputBlockOffset + answer.Head.OutputBlockLength == done);
    state = (PDEVICE_DATA_SET_LB_PROVISIONING_STATE)(answer.Bytes + answer.Head.OutputBlockOffset);
    EXPECT_EQ(state->SlabSizeInBytes, 65536);
    EXPECT_EQ(state->SlabAllocationBitMapBitCount, 8);
    EXPECT_EQ(state->SlabAllocationBitMap[0], 4);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &ask, sizeof(ask), &answer, 40, NULL),
              STATUS_BUFFER_TOO_SMALL);
    ask.Head.Action = DeviceDsmAction_Trim;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &ask, sizeof(ask), NULL, 0, NULL), STATUS_SUCCESS);
    ask.Head.Action = DeviceDsmAction_Allocation;
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &ask, sizeof(ask), &answer, sizeof(answer), &done),
              STATUS_SUCCESS);
    EXPECT_EQ(state->SlabAllocationBitMap[0], 0);
    ask.Range.LengthInBytes = 1ull << 40;
    EXPECT(!NT_SUCCESS(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &ask, sizeof(ask), &answer, sizeof(answer), &done)));
}

/* --- the adapter ------------------------------------------------------------------------------------------------------------ */

TEST_CASE(the_adapter_lists_what_inquiry_said)
{
    static UCHAR buffer[4096];
    PSCSI_ADAPTER_BUS_INFO info = (PSCSI_ADAPTER_BUS_INFO)buffer;
    PSCSI_INQUIRY_DATA data;
    ULONG_PTR done;

    REQUIRE(port);
    EXPECT_EQ(disk_ask(port, IOCTL_SCSI_GET_INQUIRY_DATA, NULL, 0, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(info->NumberOfBuses, 1);
    EXPECT_EQ(info->BusData[0].NumberOfLogicalUnits, 1);
    REQUIRE(info->BusData[0].InquiryDataOffset != 0);
    data = (PSCSI_INQUIRY_DATA)(buffer + info->BusData[0].InquiryDataOffset);
    EXPECT_EQ(data->PathId | data->TargetId | data->Lun, 0);
    EXPECT(data->DeviceClaimed);
    EXPECT_EQ(RtlCompareMemory(data->InquiryData + 8, "ring3", 5), 5);
    EXPECT_EQ(data->NextInquiryDataOffset, 0);
    EXPECT_EQ(disk_ask(port, IOCTL_SCSI_GET_INQUIRY_DATA, NULL, 0, buffer, 32, NULL), STATUS_BUFFER_TOO_SMALL);
}

TEST_CASE(a_command_at_the_adapter_goes_to_the_unit_it_addresses)
{
    struct {
        SCSI_PASS_THROUGH Head;
        UCHAR Data[36];
    } c = { { sizeof(SCSI_PASS_THROUGH), 0, 0, 0, 0, 6, 0, SCSI_IOCTL_DATA_IN, 36, 5 } };

    REQUIRE(port);
    c.Head.DataBufferOffset = FIELD_OFFSET(__typeof__(c), Data);
    c.Head.Cdb[0] = SCSIOP_INQUIRY;
    c.Head.Cdb[4] = 36;
    EXPECT_EQ(disk_ask(port, IOCTL_SCSI_PASS_THROUGH, &c, sizeof(c), &c, sizeof(c), NULL), STATUS_SUCCESS);
    EXPECT_EQ(RtlCompareMemory(c.Data + 8, "ring3", 5), 5);
    c.Head.TargetId = 9;
    EXPECT(!NT_SUCCESS(disk_ask(port, IOCTL_SCSI_PASS_THROUGH, &c, sizeof(c), &c, sizeof(c), NULL)));
}

TEST_CASE(the_adapter_has_a_descriptor_of_its_own)
{
    STORAGE_PROPERTY_QUERY query = { StorageAdapterProperty, PropertyStandardQuery, { 0 } };
    STORAGE_ADAPTER_DESCRIPTOR adapter;

    REQUIRE(port);
    EXPECT_EQ(disk_ask(port, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), &adapter, sizeof(adapter), NULL), STATUS_SUCCESS);
    EXPECT(adapter.MaximumTransferLength >= 65536);
    query.PropertyId = StorageDeviceProperty;
    EXPECT(!NT_SUCCESS(disk_ask(port, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), &adapter, sizeof(adapter), NULL)));
}
