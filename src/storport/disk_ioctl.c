/* Control codes of a disk. Each is a row: code, least input, least output, handler. Buffers are IRP.AssociatedIrp.SystemBuffer; a
 * handler answers a status and sets *done to the bytes of its answer. docs: ntdddisk, ntddstor, ntddscsi */
#include "storport/disk_ioctl.h"

#include <string.h>

/* --- geometry and length ------------------------------------------------------------------------------------------------- */

#define TRACKS 255u
#define SECTORS 63u

static DISK_GEOMETRY geometry(const struct disk *disk)
{
    return (DISK_GEOMETRY){
        .Cylinders = { .QuadPart = (LONGLONG)(disk->info.bytes / disk->info.sector_size / TRACKS / SECTORS) },
        .MediaType = FixedMedia,
        .TracksPerCylinder = TRACKS,
        .SectorsPerTrack = SECTORS,
        .BytesPerSector = disk->info.sector_size,
    };
}

static NTSTATUS get_geometry(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PDISK_GEOMETRY)buffer = geometry(disk);
    *done = sizeof(DISK_GEOMETRY);
    return STATUS_SUCCESS;
}

static NTSTATUS get_geometry_ex(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDISK_GEOMETRY_EX answer = buffer;

    answer->Geometry = geometry(disk);
    answer->DiskSize.QuadPart = (LONGLONG)disk->info.bytes;
    *done = offsetof(DISK_GEOMETRY_EX, Data);
    return STATUS_SUCCESS;
}

static NTSTATUS get_length(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    ((PGET_LENGTH_INFORMATION)buffer)->Length.QuadPart = (LONGLONG)disk->info.bytes;
    *done = sizeof(GET_LENGTH_INFORMATION);
    return STATUS_SUCCESS;
}

static NTSTATUS get_capacity(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PSTORAGE_READ_CAPACITY)buffer = (STORAGE_READ_CAPACITY){
        .Version = sizeof(STORAGE_READ_CAPACITY),
        .Size = sizeof(STORAGE_READ_CAPACITY),
        .BlockLength = disk->info.sector_size,
        .NumberOfBlocks = { .QuadPart = (LONGLONG)(disk->info.bytes >> disk->shift) },
        .DiskLength = { .QuadPart = (LONGLONG)disk->info.bytes },
    };
    *done = sizeof(STORAGE_READ_CAPACITY);
    return STATUS_SUCCESS;
}

/* --- state ------------------------------------------------------------------------------------------------------------------ */

/* TEST UNIT READY; an answer, when there is room, is the count of medium changes. */
static NTSTATUS check_verify(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    uint8_t cdb[6] = { SCSIOP_TEST_UNIT_READY };
    uint32_t none = 0;
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, NULL, &none, false, NULL);

    if (NT_SUCCESS(status) && out >= sizeof(ULONG)) {
        *(PULONG)buffer = 0;
        *done = sizeof(ULONG);
    }
    return status;
}

static NTSTATUS is_writable(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk->info.read_only ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS;
}

static NTSTATUS device_number(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PSTORAGE_DEVICE_NUMBER)buffer = (STORAGE_DEVICE_NUMBER){ FILE_DEVICE_DISK, disk->info.number, 0 };
    *done = sizeof(STORAGE_DEVICE_NUMBER);
    return STATUS_SUCCESS;
}

static NTSTATUS hotplug(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PSTORAGE_HOTPLUG_INFO)buffer = (STORAGE_HOTPLUG_INFO){ .Size = sizeof(STORAGE_HOTPLUG_INFO) };
    *done = sizeof(STORAGE_HOTPLUG_INFO);
    return STATUS_SUCCESS;
}

static NTSTATUS cache_information(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PDISK_CACHE_INFORMATION)buffer = (DISK_CACHE_INFORMATION){ .WriteCacheEnabled = disk->info.write_cache };
    *done = sizeof(DISK_CACHE_INFORMATION);
    return STATUS_SUCCESS;
}

static NTSTATUS verify(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PVERIFY_INFORMATION asked = buffer;
    uint64_t offset = (uint64_t)asked->StartingOffset.QuadPart, sectors = asked->Length >> disk->shift;
    uint32_t mask = disk->info.sector_size - 1, none = 0;

    if ((offset | asked->Length) & mask)
        return STATUS_INVALID_PARAMETER;
    if (offset > disk->info.bytes || asked->Length > disk->info.bytes - offset)
        return STATUS_NONEXISTENT_SECTOR;
    uint8_t cdb[16] = { SCSIOP_VERIFY16 };
    put_be64(cdb + 2, offset >> disk->shift);
    put_be32(cdb + 10, (uint32_t)sectors);
    return disk_command(disk, cdb, sizeof cdb, NULL, &none, false, NULL);
}

static NTSTATUS address(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const struct unit *u = disk->unit;

    *(PSCSI_ADDRESS)buffer = (SCSI_ADDRESS){ sizeof(SCSI_ADDRESS), (UCHAR)u->adapter->number, u->path, u->target, u->lun };
    *done = sizeof(SCSI_ADDRESS);
    return STATUS_SUCCESS;
}

static NTSTATUS update(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk_setup(disk);
}

static NTSTATUS property(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk_property(disk, buffer, in, out, done);
}

static NTSTATUS miniport(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return adapter_miniport_ioctl(disk->unit, buffer, in, out, done);
}

static NTSTATUS capabilities(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return adapter_capabilities(disk->unit->adapter, buffer, out, done);
}

static NTSTATUS reset_device(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    struct request *r = request_take(disk->unit);

    if (!r)
        return STATUS_DEVICE_BUSY;
    request_prepare(r, SRB_FUNCTION_RESET_DEVICE, 0, NULL, 0, 10);
    r->bypass = true;
    NTSTATUS status = sp_status(request_wait(r));
    request_release(r);
    return status;
}

static NTSTATUS reset_bus(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return adapter_reset_bus(disk->unit->adapter, disk->unit->path) ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
}

/* The whole disk is partition 0. */
static NTSTATUS whole_disk(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PPARTITION_INFORMATION_EX)buffer = (PARTITION_INFORMATION_EX){
        .PartitionStyle = PARTITION_STYLE_RAW,
        .PartitionLength = { .QuadPart = (LONGLONG)disk->info.bytes },
    };
    *done = sizeof(PARTITION_INFORMATION_EX);
    return STATUS_SUCCESS;
}

/* --- trim -------------------------------------------------------------------------------------------------------------------- */

struct sync_io {
    struct storport_io io;
    KEVENT done;
};

static void wake(struct storport_io *io, NTSTATUS status)
{
    io->status = status;
    KeSetEvent(&container_of(io, struct sync_io, io)->done, IO_NO_INCREMENT, FALSE);
}

NTSTATUS disk_wait(struct disk *disk, struct storport_io *io)
{
    struct sync_io sync = { .io = *io };

    sync.io.done = wake;
    KeInitializeEvent(&sync.done, NotificationEvent, FALSE);
    disk_submit(disk, &sync.io);
    KeWaitForSingleObject(&sync.done, Executive, KernelMode, FALSE, NULL);
    *io = sync.io;
    return io->status;
}

/* docs: ntddstor/ni-ntddstor-ioctl_storage_manage_data_set_attributes */
static NTSTATUS manage_data_set(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDEVICE_MANAGE_DATA_SET_ATTRIBUTES asked = buffer;
    PDEVICE_DATA_SET_RANGE ranges = (void *)((PUCHAR)buffer + asked->DataSetRangesOffset);
    NTSTATUS status = STATUS_SUCCESS;
    bool all = asked->Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE;

    if (asked->Action != DeviceDsmAction_Trim)
        return STATUS_NOT_SUPPORTED;
    if (asked->Size < sizeof *asked || asked->DataSetRangesOffset > in || asked->DataSetRangesLength > in - asked->DataSetRangesOffset ||
        asked->DataSetRangesOffset % 8)
        return STATUS_INVALID_PARAMETER;
    if (!disk->info.discard)
        return STATUS_NOT_SUPPORTED;
    ULONG count = all ? 1 : asked->DataSetRangesLength / sizeof *ranges;
    for (ULONG i = 0; i < count && NT_SUCCESS(status); i++) {
        struct storport_io io = { .kind = STORPORT_DISCARD };

        io.offset = all ? 0 : (uint64_t)ranges[i].StartingOffset;
        io.length = all ? disk->info.bytes : ranges[i].LengthInBytes;
        status = disk_wait(disk, &io);
    }
    return status;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------ */

static const struct disk_control {
    ULONG code;
    USHORT in, out;
    bool without_medium;
    disk_handler *handler;
} controls[] = {
    { IOCTL_DISK_GET_DRIVE_GEOMETRY, 0, sizeof(DISK_GEOMETRY), false, get_geometry },
    { IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, 0, offsetof(DISK_GEOMETRY_EX, Data), false, get_geometry_ex },
    { IOCTL_DISK_GET_LENGTH_INFO, 0, sizeof(GET_LENGTH_INFORMATION), false, get_length },
    { IOCTL_STORAGE_READ_CAPACITY, 0, sizeof(STORAGE_READ_CAPACITY), false, get_capacity },
    { IOCTL_DISK_CHECK_VERIFY, 0, 0, true, check_verify },
    { IOCTL_STORAGE_CHECK_VERIFY, 0, 0, true, check_verify },
    { IOCTL_STORAGE_CHECK_VERIFY2, 0, 0, true, check_verify },
    { IOCTL_DISK_IS_WRITABLE, 0, 0, false, is_writable },
    { IOCTL_STORAGE_GET_DEVICE_NUMBER, 0, sizeof(STORAGE_DEVICE_NUMBER), true, device_number },
    { IOCTL_STORAGE_GET_HOTPLUG_INFO, 0, sizeof(STORAGE_HOTPLUG_INFO), true, hotplug },
    { IOCTL_DISK_GET_CACHE_INFORMATION, 0, sizeof(DISK_CACHE_INFORMATION), false, cache_information },
    { IOCTL_DISK_VERIFY, sizeof(VERIFY_INFORMATION), 0, false, verify },
    { IOCTL_SCSI_PASS_THROUGH, sizeof(SCSI_PASS_THROUGH), sizeof(SCSI_PASS_THROUGH), true, disk_pass_through },
    { IOCTL_SCSI_PASS_THROUGH_DIRECT, sizeof(SCSI_PASS_THROUGH_DIRECT), sizeof(SCSI_PASS_THROUGH_DIRECT), true,
      disk_pass_through_direct },
    { IOCTL_SCSI_MINIPORT, sizeof(SRB_IO_CONTROL), sizeof(SRB_IO_CONTROL), true, miniport },
    { IOCTL_SCSI_GET_CAPABILITIES, 0, sizeof(IO_SCSI_CAPABILITIES), true, capabilities },
    { IOCTL_STORAGE_PERSISTENT_RESERVE_IN, sizeof(PERSISTENT_RESERVE_COMMAND), 0, true, disk_reserve_in },
    { IOCTL_STORAGE_PERSISTENT_RESERVE_OUT, sizeof(PERSISTENT_RESERVE_COMMAND), 0, true, disk_reserve_out },
    { IOCTL_STORAGE_RESET_DEVICE, 0, 0, true, reset_device },
    { IOCTL_STORAGE_RESET_BUS, 0, 0, true, reset_bus },
    { IOCTL_DISK_GET_DRIVE_LAYOUT_EX, 0, sizeof(DRIVE_LAYOUT_INFORMATION_EX), false, disk_layout },
    { IOCTL_DISK_GET_PARTITION_INFO_EX, 0, sizeof(PARTITION_INFORMATION_EX), false, whole_disk },
    { IOCTL_SCSI_GET_ADDRESS, 0, sizeof(SCSI_ADDRESS), true, address },
    { IOCTL_DISK_UPDATE_PROPERTIES, 0, 0, true, update },
    { IOCTL_STORAGE_QUERY_PROPERTY, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters), 0, true, property },
    { IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, sizeof(DEVICE_MANAGE_DATA_SET_ATTRIBUTES), 0, false, manage_data_set },
};

/* STATUS_INVALID_PARAMETER: too little input; STATUS_BUFFER_TOO_SMALL: too little room. */
NTSTATUS disk_ioctl(struct disk *disk, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG in = sp->Parameters.DeviceIoControl.InputBufferLength, out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR done = 0;

    for (unsigned i = 0; i < countof(controls); i++) {
        const struct disk_control *c = &controls[i];

        if (c->code != sp->Parameters.DeviceIoControl.IoControlCode)
            continue;
        if (in < c->in)
            status = STATUS_INFO_LENGTH_MISMATCH;
        else if (out < c->out)
            status = STATUS_BUFFER_TOO_SMALL;
        else if (!c->without_medium && !disk->ready)
            status = STATUS_DEVICE_NOT_READY;
        else
            status = c->handler(disk, irp->AssociatedIrp.SystemBuffer, in, out, &done);
        break;
    }
    irp->IoStatus.Information = done;
    return sp_complete(irp, status);
}
