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

static NTSTATUS update(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    NTSTATUS status = disk_setup(disk);

    partitions_update(disk);
    return status;
}

static NTSTATUS update_size(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    NTSTATUS status = disk_setup(disk);

    return NT_SUCCESS(status) ? get_geometry(disk, buffer, in, out, done) : status;
}

static NTSTATUS find_new(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    adapter_rescan(disk->unit->adapter);
    return STATUS_SUCCESS;
}

static NTSTATUS property(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk_property(disk, buffer, in, out, done);
}

static NTSTATUS performance(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const struct storport_counts *c = &disk->stats.disk;
    PDISK_PERFORMANCE p = buffer;

    *p = (DISK_PERFORMANCE){
        .BytesRead = { .QuadPart = (LONGLONG)c->read_bytes },
        .BytesWritten = { .QuadPart = (LONGLONG)c->write_bytes },
        .ReadCount = (ULONG)c->reads,
        .WriteCount = (ULONG)c->writes,
        .QueueDepth = disk->unit->outstanding,
        .StorageDeviceNumber = disk->info.number,
        .StorageManagerName = { 'P', 'h', 'y', 's', 'D', 'i', 's', 'k' },
    };
    KeQuerySystemTime(&p->QueryTime);
    *done = sizeof *p;
    return STATUS_SUCCESS;
}

static NTSTATUS nothing_to_do(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return STATUS_SUCCESS;
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

static NTSTATUS whole_disk_old(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PPARTITION_INFORMATION)buffer = (PARTITION_INFORMATION){
        .PartitionLength = { .QuadPart = (LONGLONG)disk->info.bytes },
        .PartitionType = PARTITION_ENTRY_UNUSED,
    };
    *done = sizeof(PARTITION_INFORMATION);
    return STATUS_SUCCESS;
}

static NTSTATUS is_clustered(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PBOOLEAN)buffer = FALSE;
    *done = sizeof(BOOLEAN);
    return STATUS_SUCCESS;
}

/* --- waiting -------------------------------------------------------------------------------------------------------------------- */

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

/* --- the table ------------------------------------------------------------------------------------------------------------------ */

static const struct disk_row {
    ULONG code;
    USHORT in, out;
    bool without_medium;
    disk_handler *handler;
} controls[] = {
    { IOCTL_DISK_GET_DRIVE_GEOMETRY, 0, sizeof(DISK_GEOMETRY), false, get_geometry },
    { IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, 0, offsetof(DISK_GEOMETRY_EX, Data), false, get_geometry_ex },
    { IOCTL_DISK_GET_LENGTH_INFO, 0, sizeof(GET_LENGTH_INFORMATION), false, get_length },
    { IOCTL_DISK_UPDATE_DRIVE_SIZE, 0, sizeof(DISK_GEOMETRY), true, update_size },
    { IOCTL_STORAGE_READ_CAPACITY, 0, sizeof(STORAGE_READ_CAPACITY), false, get_capacity },
    { IOCTL_DISK_CHECK_VERIFY, 0, 0, true, check_verify },
    { IOCTL_STORAGE_CHECK_VERIFY, 0, 0, true, check_verify },
    { IOCTL_STORAGE_CHECK_VERIFY2, 0, 0, true, check_verify },
    { IOCTL_DISK_IS_WRITABLE, 0, 0, false, is_writable },
    { IOCTL_STORAGE_GET_DEVICE_NUMBER, 0, sizeof(STORAGE_DEVICE_NUMBER), true, device_number },
    { IOCTL_STORAGE_GET_DEVICE_NUMBER_EX, 0, sizeof(STORAGE_DEVICE_NUMBER_EX), true, disk_device_number_ex },
    { IOCTL_STORAGE_MEDIA_REMOVAL, sizeof(PREVENT_MEDIA_REMOVAL), 0, true, disk_media_removal },
    { IOCTL_DISK_MEDIA_REMOVAL, sizeof(PREVENT_MEDIA_REMOVAL), 0, true, disk_media_removal },
    { IOCTL_STORAGE_EJECT_MEDIA, 0, 0, true, disk_eject },
    { IOCTL_DISK_EJECT_MEDIA, 0, 0, true, disk_eject },
    { IOCTL_STORAGE_LOAD_MEDIA, 0, 0, true, disk_load },
    { IOCTL_STORAGE_LOAD_MEDIA2, 0, 0, true, disk_load },
    { IOCTL_DISK_LOAD_MEDIA, 0, 0, true, disk_load },
    { IOCTL_STORAGE_GET_HOTPLUG_INFO, 0, sizeof(STORAGE_HOTPLUG_INFO), true, hotplug },
    { IOCTL_DISK_PERFORMANCE, 0, sizeof(DISK_PERFORMANCE), true, performance },
    { IOCTL_DISK_PERFORMANCE_OFF, 0, 0, true, nothing_to_do },
    { IOCTL_DISK_FIND_NEW_DEVICES, 0, 0, true, find_new },
    { IOCTL_STORAGE_FIND_NEW_DEVICES, 0, 0, true, find_new },
    { IOCTL_DISK_GET_CACHE_INFORMATION, 0, sizeof(DISK_CACHE_INFORMATION), false, disk_get_cache },
    { IOCTL_DISK_SET_CACHE_INFORMATION, sizeof(DISK_CACHE_INFORMATION), 0, false, disk_set_cache },
    { IOCTL_DISK_GET_MEDIA_TYPES, 0, sizeof(DISK_GEOMETRY), true, disk_media_types },
    { IOCTL_STORAGE_GET_MEDIA_TYPES, 0, sizeof(DISK_GEOMETRY), true, disk_media_types },
    { IOCTL_STORAGE_GET_MEDIA_TYPES_EX, 0, sizeof(GET_MEDIA_TYPES), true, disk_media_types_ex },
    { IOCTL_STORAGE_PREDICT_FAILURE, 0, sizeof(STORAGE_PREDICT_FAILURE), true, disk_predict_failure },
    { IOCTL_DISK_REASSIGN_BLOCKS, sizeof(REASSIGN_BLOCKS), 0, false, disk_reassign },
    { IOCTL_DISK_REASSIGN_BLOCKS_EX, sizeof(REASSIGN_BLOCKS_EX), 0, false, disk_reassign_ex },
    { IOCTL_DISK_COPY_DATA, sizeof(DISK_COPY_DATA_PARAMETERS), 0, false, disk_copy_data },
    { IOCTL_STORAGE_RESERVE, 0, 0, true, disk_reserve },
    { IOCTL_STORAGE_RELEASE, 0, 0, true, disk_unreserve },
    { IOCTL_DISK_RESERVE, 0, 0, true, disk_reserve },
    { IOCTL_DISK_RELEASE, 0, 0, true, disk_unreserve },
    { IOCTL_DISK_VERIFY, sizeof(VERIFY_INFORMATION), 0, false, verify },
    { IOCTL_STORAGE_PERSISTENT_RESERVE_IN, sizeof(PERSISTENT_RESERVE_COMMAND), 0, true, disk_reserve_in },
    { IOCTL_STORAGE_PERSISTENT_RESERVE_OUT, sizeof(PERSISTENT_RESERVE_COMMAND), 0, true, disk_reserve_out },
    { IOCTL_DISK_GET_DRIVE_LAYOUT_EX, 0, offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry), false, disk_layout },
    { IOCTL_DISK_GET_DRIVE_LAYOUT, 0, offsetof(DRIVE_LAYOUT_INFORMATION, PartitionEntry), false, disk_layout_old },
    { IOCTL_DISK_SET_DRIVE_LAYOUT_EX, sizeof(DRIVE_LAYOUT_INFORMATION_EX), 0, false, disk_set_layout },
    { IOCTL_DISK_SET_DRIVE_LAYOUT, sizeof(DRIVE_LAYOUT_INFORMATION), 0, false, disk_set_layout_old },
    { IOCTL_DISK_CREATE_DISK, sizeof(CREATE_DISK), 0, false, disk_create },
    { IOCTL_DISK_DELETE_DRIVE_LAYOUT, 0, 0, false, disk_delete_layout },
    { IOCTL_DISK_GROW_PARTITION, 0, 0, false, disk_grow_partition },
    { IOCTL_DISK_GET_PARTITION_INFO_EX, 0, sizeof(PARTITION_INFORMATION_EX), false, whole_disk },
    { IOCTL_DISK_GET_PARTITION_INFO, 0, sizeof(PARTITION_INFORMATION), false, whole_disk_old },
    { IOCTL_DISK_IS_CLUSTERED, 0, sizeof(BOOLEAN), true, is_clustered },
    { IOCTL_DISK_UPDATE_PROPERTIES, 0, 0, true, update },
    { IOCTL_STORAGE_QUERY_PROPERTY, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters), 0, true, property },
    { IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, sizeof(DEVICE_MANAGE_DATA_SET_ATTRIBUTES), 0, false, disk_manage_data_set },
};

static NTSTATUS run_row(struct disk *disk, const struct disk_row *c, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    if (in < c->in)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (out < c->out)
        return STATUS_BUFFER_TOO_SMALL;
    if (!c->without_medium && !disk->ready)
        return STATUS_DEVICE_NOT_READY;
    return c->handler(disk, buffer, in, out, done);
}

/* STATUS_INFO_LENGTH_MISMATCH: too little input; STATUS_BUFFER_TOO_SMALL: too little room. */
NTSTATUS disk_control(struct disk *disk, PIRP irp, ULONG_PTR *done)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG in = sp->Parameters.DeviceIoControl.InputBufferLength, out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG code = sp->Parameters.DeviceIoControl.IoControlCode, least_in, least_out;
    void *buffer = irp->AssociatedIrp.SystemBuffer;
    unit_handler *handler;

    for (unsigned i = 0; i < countof(controls); i++)
        if (controls[i].code == code)
            return run_row(disk, &controls[i], buffer, in, out, done);
    if (!unit_control_of(code, &handler, &least_in, &least_out))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (in < least_in)
        return STATUS_INFO_LENGTH_MISMATCH;
    return out < least_out ? STATUS_BUFFER_TOO_SMALL : handler(disk->unit, buffer, in, out, done);
}

NTSTATUS disk_ioctl(struct disk *disk, PIRP irp)
{
    ULONG_PTR done = 0;
    NTSTATUS status = disk_control(disk, irp, &done);

    irp->IoStatus.Information = done;
    return sp_complete(irp, status);
}
