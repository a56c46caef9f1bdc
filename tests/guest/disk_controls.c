/* Control codes of a disk. run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

static HANDLE disk;

TEST_SETUP(open_the_disk)
{
    disk = open_disk();
}

TEST_TEARDOWN(close_the_disk)
{
    if (disk)
        ZwClose(disk);
}

TEST_CASE(geometry_and_length_agree)
{
    DISK_GEOMETRY_EX geometry;
    STORAGE_READ_CAPACITY capacity;
    ULONG_PTR done;

    REQUIRE(disk);
    EXPECT_EQ(disk_length(disk), 1ull << 30);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NULL, 0, &geometry, sizeof(geometry), NULL), STATUS_SUCCESS);
    EXPECT_EQ(geometry.DiskSize.QuadPart, 1ll << 30);
    EXPECT_EQ(geometry.Geometry.BytesPerSector, 512);
    EXPECT_EQ(geometry.Geometry.MediaType, FixedMedia);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_READ_CAPACITY, NULL, 0, &capacity, sizeof(capacity), &done), STATUS_SUCCESS);
    EXPECT_EQ(done, sizeof(capacity));
    EXPECT_EQ(capacity.BlockLength, 512);
    EXPECT_EQ(capacity.DiskLength.QuadPart, 1ll << 30);
    EXPECT_EQ(capacity.NumberOfBlocks.QuadPart, (1ll << 30) / 512);
}

TEST_CASE(a_buffer_that_is_too_small_is_refused)
{
    UCHAR small[4];

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, small, sizeof(small), NULL), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, small, sizeof(small), NULL), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(disk_ask(disk, CTL_CODE(FILE_DEVICE_DISK, 0x7ff, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, small, 4, NULL),
              STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(the_disk_is_number_0_ready_and_writable)
{
    STORAGE_DEVICE_NUMBER number;
    SCSI_ADDRESS address;

    REQUIRE(disk);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number, sizeof(number), NULL), STATUS_SUCCESS);
    EXPECT_EQ(number.DeviceType, FILE_DEVICE_DISK);
    EXPECT_EQ(number.DeviceNumber, 0);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_CHECK_VERIFY, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_IS_WRITABLE, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_ask(disk, IOCTL_SCSI_GET_ADDRESS, NULL, 0, &address, sizeof(address), NULL), STATUS_SUCCESS);
    EXPECT_EQ(address.PathId, 0);
    EXPECT_EQ(address.TargetId, 0);
    EXPECT_EQ(address.Lun, 0);
}

static NTSTATUS query(STORAGE_PROPERTY_ID id, STORAGE_QUERY_TYPE type, PVOID out, ULONG length, ULONG_PTR *done)
{
    STORAGE_PROPERTY_QUERY asked;

    RtlZeroMemory(&asked, sizeof(asked));
    asked.PropertyId = id;
    asked.QueryType = type;
    return disk_ask(disk, IOCTL_STORAGE_QUERY_PROPERTY, &asked, sizeof(asked), out, length, done);
}

TEST_CASE(the_device_descriptor_names_vendor_and_product)
{
    UCHAR buffer[512];
    PSTORAGE_DEVICE_DESCRIPTOR d = (PSTORAGE_DEVICE_DESCRIPTOR)buffer;
    STORAGE_DESCRIPTOR_HEADER head;
    ULONG_PTR done;

    REQUIRE(disk);
    EXPECT_EQ(query(StorageDeviceProperty, PropertyStandardQuery, &head, sizeof(head), &done), STATUS_SUCCESS);
    EXPECT_EQ(done, sizeof(head));
    EXPECT(head.Size > sizeof(STORAGE_DEVICE_DESCRIPTOR));
    EXPECT_EQ(query(StorageDeviceProperty, PropertyStandardQuery, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(done, head.Size);
    EXPECT_EQ(d->DeviceType, DIRECT_ACCESS_DEVICE);
    EXPECT_EQ(d->BusType, BusTypeVirtual);
    REQUIRE(d->VendorIdOffset && d->ProductIdOffset && d->SerialNumberOffset);
    EXPECT(!strcmp((PCHAR)buffer + d->VendorIdOffset, "ring3"));
    EXPECT(!strcmp((PCHAR)buffer + d->ProductIdOffset, "RAM disk"));
    EXPECT(!strcmp((PCHAR)buffer + d->SerialNumberOffset, "RAMLUN-0"));
}

TEST_CASE(other_properties_are_those_of_the_device)
{
    STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR alignment;
    DEVICE_SEEK_PENALTY_DESCRIPTOR seek;
    DEVICE_TRIM_DESCRIPTOR trim;
    STORAGE_WRITE_CACHE_PROPERTY cache;
    STORAGE_ADAPTER_DESCRIPTOR adapter;
    DEVICE_LB_PROVISIONING_DESCRIPTOR thin;
    UCHAR id[256];
    PSTORAGE_DEVICE_ID_DESCRIPTOR ids = (PSTORAGE_DEVICE_ID_DESCRIPTOR)id;

    REQUIRE(disk);
    EXPECT_EQ(query(StorageAccessAlignmentProperty, PropertyStandardQuery, &alignment, sizeof(alignment), NULL), STATUS_SUCCESS);
    EXPECT_EQ(alignment.BytesPerLogicalSector, 512);
    EXPECT_EQ(alignment.BytesPerPhysicalSector, 4096);
    EXPECT_EQ(query(StorageDeviceSeekPenaltyProperty, PropertyStandardQuery, &seek, sizeof(seek), NULL), STATUS_SUCCESS);
    EXPECT(!seek.IncursSeekPenalty);
    EXPECT_EQ(query(StorageDeviceTrimProperty, PropertyStandardQuery, &trim, sizeof(trim), NULL), STATUS_SUCCESS);
    EXPECT(trim.TrimEnabled);
    EXPECT_EQ(query(StorageDeviceWriteCacheProperty, PropertyStandardQuery, &cache, sizeof(cache), NULL), STATUS_SUCCESS);
    EXPECT_EQ(cache.WriteCacheEnabled, WriteCacheDisabled);
    EXPECT_EQ(query(StorageAdapterProperty, PropertyStandardQuery, &adapter, sizeof(adapter), NULL), STATUS_SUCCESS);
    EXPECT_EQ(adapter.MaximumTransferLength, 1024 * 1024);
    EXPECT_EQ(query(StorageDeviceLBProvisioningProperty, PropertyStandardQuery, &thin, sizeof(thin), NULL), STATUS_SUCCESS);
    EXPECT(thin.ThinProvisioningEnabled);
    EXPECT_EQ(thin.OptimalUnmapGranularity, 65536 / 512);
    EXPECT_EQ(query(StorageDeviceIdProperty, PropertyStandardQuery, id, sizeof(id), NULL), STATUS_SUCCESS);
    EXPECT_EQ(ids->NumberOfIdentifiers, 1);
}

TEST_CASE(a_property_can_be_asked_for_without_its_value)
{
    REQUIRE(disk);
    EXPECT_EQ(query(StorageDeviceTrimProperty, PropertyExistsQuery, NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(query((STORAGE_PROPERTY_ID)999, PropertyExistsQuery, NULL, 0, NULL)));
}

TEST_CASE(trimmed_sectors_read_as_zeroes)
{
    struct {
        DEVICE_MANAGE_DATA_SET_ATTRIBUTES Head;
        ULONG Pad;
        DEVICE_DATA_SET_RANGE Range;
    } trim;
    static UCHAR sector[65536];

    REQUIRE(disk);
    RtlFillMemory(sector, sizeof(sector), 0x5A);
    EXPECT_EQ(disk_write(disk, sector, sizeof(sector), 1 << 20, NULL), STATUS_SUCCESS);
    RtlZeroMemory(&trim, sizeof(trim));
    trim.Head.Size = sizeof(trim.Head);
    trim.Head.Action = DeviceDsmAction_Trim;
    trim.Head.DataSetRangesOffset = (ULONG)((PUCHAR)&trim.Range - (PUCHAR)&trim);
    trim.Head.DataSetRangesLength = sizeof(trim.Range);
    trim.Range.StartingOffset = 1 << 20;
    trim.Range.LengthInBytes = sizeof(sector);
    EXPECT_EQ(disk_ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &trim, sizeof(trim), NULL, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(disk_read(disk, sector, sizeof(sector), 1 << 20, NULL), STATUS_SUCCESS);
    EXPECT(is_filled_with(sector, sizeof(sector), 0));
}

TEST_CASE(sectors_can_be_verified)
{
    VERIFY_INFORMATION range;

    REQUIRE(disk);
    range.StartingOffset.QuadPart = 4096;
    range.Length = 8192;
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_VERIFY, &range, sizeof(range), NULL, 0, NULL), STATUS_SUCCESS);
    range.Length = 100;
    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_VERIFY, &range, sizeof(range), NULL, 0, NULL), STATUS_INVALID_PARAMETER);
}
