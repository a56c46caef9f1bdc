/* Devices for the partitions of a disk: \Device\HarddiskN\PartitionM, \\.\HarddiskNPartitionM. They are made when the disk starts and when
 * its properties are updated, from the table on it; Windows' partition manager does the same with devices of its own. What a partition
 * does not answer itself, its disk does. docs: ntdddisk/ni-ntdddisk-ioctl_disk_get_partition_info_ex, kernel/device-objects */
#include "storport/partition_table.h"

#include <stdlib.h>
#include <string.h>

#include "nt/pool.h"

static void links(const struct partition *part, bool make)
{
    unsigned disk = part->disk->info.number, number = part->info.PartitionNumber;
    struct disk_name link, target;

    disk_name(&link, "\\DosDevices\\Harddisk%uPartition%u", disk, number);
    if (make)
        IoCreateSymbolicLink(&link.string, disk_name(&target, "\\Device\\Harddisk%u\\Partition%u", disk, number));
    else
        IoDeleteSymbolicLink(&link.string);
}

static bool create(struct disk *disk, struct partition *part, const PARTITION_INFORMATION_EX *info)
{
    struct disk_name n;

    *part = (struct partition){ .disk = disk, .info = *info };
    if (!NT_SUCCESS(IoCreateDevice(disk->fdo->DriverObject, sizeof(struct sp_extension),
                                   disk_name(&n, "\\Device\\Harddisk%u\\Partition%u", disk->info.number, info->PartitionNumber),
                                   FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &part->device)))
        return false;
    *(struct sp_extension *)part->device->DeviceExtension = (struct sp_extension){ SP_PARTITION, part };
    part->device->SectorSize = disk->fdo->SectorSize;
    part->device->StackSize = (CCHAR)(disk->fdo->StackSize + 1);
    part->device->AlignmentRequirement = disk->fdo->AlignmentRequirement;
    part->device->Flags |= DO_DIRECT_IO;
    part->device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    links(part, true);
    return true;
}

static void delete(struct partition *part)
{
    links(part, false);
    ((struct sp_extension *)part->device->DeviceExtension)->owner = NULL;       /* a file may be open on it */
    IoDeleteDevice(part->device);
}

void partitions_delete(struct disk *disk)
{
    for (unsigned i = 0; i < disk->partition_count; i++)
        delete(&disk->partitions[i]);
    free(disk->partitions);
    disk->partitions = NULL;
    disk->partition_count = 0;
}

static bool inside(const struct disk *disk, const PARTITION_INFORMATION_EX *info)
{
    uint64_t offset = (uint64_t)info->StartingOffset.QuadPart, length = (uint64_t)info->PartitionLength.QuadPart;

    return length && offset <= disk->info.bytes && length <= disk->info.bytes - offset;
}

/* The device that a partition has already: of the same number and beginning. */
static struct partition *find(struct partition *list, unsigned count, const PARTITION_INFORMATION_EX *info)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].device && list[i].info.PartitionNumber == info->PartitionNumber &&
            list[i].info.StartingOffset.QuadPart == info->StartingOffset.QuadPart)
            return &list[i];
    return NULL;
}

static void take_over(struct partition *to, struct partition *from, const PARTITION_INFORMATION_EX *info)
{
    *to = *from;
    to->info = *info;
    ((struct sp_extension *)to->device->DeviceExtension)->owner = to;
    from->device = NULL;
}

/* A partition whose bytes do not lie on the disk gets no device. Those that stay keep theirs. */
static void make_all(struct disk *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    struct partition *old = disk->partitions, *made = calloc(layout->PartitionCount, sizeof *made);
    unsigned old_count = disk->partition_count, count = 0;

    for (unsigned i = 0; made && i < layout->PartitionCount; i++) {
        struct partition *kept = find(old, old_count, &layout->PartitionEntry[i]);
        if (kept && inside(disk, &layout->PartitionEntry[i]))
            take_over(&made[count++], kept, &layout->PartitionEntry[i]);
    }
    for (unsigned i = 0; i < old_count; i++)
        if (old[i].device)
            delete(&old[i]);
    for (unsigned i = 0; made && i < layout->PartitionCount; i++) {
        const PARTITION_INFORMATION_EX *info = &layout->PartitionEntry[i];

        if (find(made, count, info))
            continue;
        if (!inside(disk, info))
            log_warn("disk", "PhysicalDrive%u: partition %u does not lie on the disk", disk->info.number, info->PartitionNumber);
        else if (create(disk, &made[count], info))
            count++;
        else
            log_warn("disk", "PhysicalDrive%u: no device for partition %u", disk->info.number, info->PartitionNumber);
    }
    free(old);
    disk->partitions = made;
    disk->partition_count = count;
}

void partitions_update(struct disk *disk)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout;

    if (!disk->ready || !disk->fdo)
        return;
    if (!NT_SUCCESS(table_load(disk, &layout))) {
        partitions_delete(disk);
        return;
    }
    if (layout->PartitionCount && disk->fdo)
        make_all(disk, layout);
    else
        partitions_delete(disk);
    pool_free(layout, SP_TAG, NULL);
}

/* --- control codes ----------------------------------------------------------------------------------------------------- */

static NTSTATUS give(void *buffer, ULONG out, const void *answer, ULONG size, ULONG_PTR *done)
{
    if (out < size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, answer, size);
    *done = size;
    return STATUS_SUCCESS;
}

static NTSTATUS old_info(const struct partition *part, void *buffer, ULONG out, ULONG_PTR *done)
{
    PARTITION_INFORMATION old;

    return partition_old_info(&part->info, &old) ? give(buffer, out, &old, sizeof old, done) : STATUS_INVALID_DEVICE_REQUEST;
}

/* What begins at the partition's beginning begins further on the disk. */
static NTSTATUS move(const struct partition *part, PLARGE_INTEGER offset, uint64_t length)
{
    uint64_t room = (uint64_t)part->info.PartitionLength.QuadPart, at = (uint64_t)offset->QuadPart;

    if (at > room || length > room - at)
        return STATUS_NONEXISTENT_SECTOR;
    offset->QuadPart += part->info.StartingOffset.QuadPart;
    return STATUS_SUCCESS;
}

static NTSTATUS move_verify(const struct partition *part, void *buffer, ULONG in)
{
    PVERIFY_INFORMATION asked = buffer;

    return in < sizeof *asked ? STATUS_INFO_LENGTH_MISMATCH : move(part, &asked->StartingOffset, asked->Length);
}

static NTSTATUS move_ranges(const struct partition *part, void *buffer, ULONG in)
{
    PDEVICE_MANAGE_DATA_SET_ATTRIBUTES asked = buffer;
    NTSTATUS status = STATUS_SUCCESS;

    if (in < sizeof *asked)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((asked->Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE) || asked->DataSetRangesOffset > in ||
        asked->DataSetRangesLength > in - asked->DataSetRangesOffset || asked->DataSetRangesOffset % 8)
        return STATUS_INVALID_PARAMETER;
    PDEVICE_DATA_SET_RANGE ranges = (void *)((PUCHAR)buffer + asked->DataSetRangesOffset);
    for (ULONG i = 0; i < asked->DataSetRangesLength / sizeof *ranges && NT_SUCCESS(status); i++)
        status = move(part, (PLARGE_INTEGER)&ranges[i].StartingOffset, ranges[i].LengthInBytes);
    return status;
}

static NTSTATUS set_info(const struct partition *part, const void *buffer, ULONG in, bool old)
{
    SET_PARTITION_INFORMATION_EX asked = { .PartitionStyle = PARTITION_STYLE_MBR };

    if (in < (old ? sizeof(SET_PARTITION_INFORMATION) : sizeof asked))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (old && part->info.PartitionStyle != PARTITION_STYLE_MBR)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (old)
        asked.Mbr.PartitionType = ((const SET_PARTITION_INFORMATION *)buffer)->PartitionType;
    else
        asked = *(const SET_PARTITION_INFORMATION_EX *)buffer;
    return partition_set_info(part->disk, part->info.StartingOffset.QuadPart, &asked);
}

/* What changes the table may move *part: it is not used afterwards. */
NTSTATUS partition_ioctl(struct partition *part, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG in = sp->Parameters.DeviceIoControl.InputBufferLength, out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    STORAGE_DEVICE_NUMBER number = { FILE_DEVICE_DISK, part->disk->info.number, part->info.PartitionNumber };
    void *buffer = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG_PTR done = 0;

    switch (sp->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_DISK_GET_PARTITION_INFO_EX:
        status = give(buffer, out, &part->info, sizeof part->info, &done);
        break;
    case IOCTL_DISK_GET_PARTITION_INFO:
        status = old_info(part, buffer, out, &done);
        break;
    case IOCTL_DISK_SET_PARTITION_INFO_EX:
    case IOCTL_DISK_SET_PARTITION_INFO:
        status = set_info(part, buffer, in, sp->Parameters.DeviceIoControl.IoControlCode == IOCTL_DISK_SET_PARTITION_INFO);
        break;
    case IOCTL_DISK_GET_LENGTH_INFO:
        status = give(buffer, out, &part->info.PartitionLength, sizeof(GET_LENGTH_INFORMATION), &done);
        break;
    case IOCTL_STORAGE_GET_DEVICE_NUMBER:
        status = give(buffer, out, &number, sizeof number, &done);
        break;
    case IOCTL_STORAGE_GET_DEVICE_NUMBER_EX: {
        STORAGE_DEVICE_NUMBER_EX extended;
        disk_number_ex(part->disk, part->info.PartitionNumber, &extended);
        status = give(buffer, out, &extended, sizeof extended, &done);
        break;
    }
    case IOCTL_DISK_VERIFY:
        status = move_verify(part, buffer, in);
        if (NT_SUCCESS(status))
            status = disk_control(part->disk, irp, &done);
        break;
    case IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES:
        status = move_ranges(part, buffer, in);
        if (NT_SUCCESS(status))
            status = disk_control(part->disk, irp, &done);
        break;
    default:
        status = disk_control(part->disk, irp, &done);
    }
    irp->IoStatus.Information = done;
    return sp_complete(irp, status);
}
