/* Reads, writes and flushes that arrive as IRPs, and their cancellation.
 *
 *   IRP_MJ_READ/WRITE/FLUSH  --free operation-->  on unit->operations  -->  answered
 *                            --none free------->  disk->irps, cancelable  --an operation is free-->  as above
 *
 * An IRP whose requests are with the miniport is not cancelable: the time-out ends it. docs: kernel/cancel-routines */
#include "storport/disk_class.h"

static NTSTATUS fail(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Information = 0;
    return sp_complete(irp, status);
}

static void irp_done(struct storport_io *io, NTSTATUS status)
{
    struct irp_operation *operation = container_of(io, struct irp_operation, io);
    struct disk *disk = operation->disk;
    PIRP irp = operation->irp;

    irp->IoStatus.Information = NT_SUCCESS(status) ? io->length : 0;
    list_push_front(&disk->free_operations, &operation->node);
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_DISK_INCREMENT);
    disk_next_irp(disk);
    disk_release(disk);
}

/* The data: a direct buffer of the IRP, or STATUS_INSUFFICIENT_RESOURCES. */
static NTSTATUS take_data(struct irp_operation *operation, PIRP irp, ULONG length)
{
    if (!irp->MdlAddress)
        return length ? STATUS_INVALID_USER_BUFFER : STATUS_SUCCESS;
    operation->segment.base = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    operation->segment.size = length;
    operation->io.segments = &operation->segment;
    operation->io.segment_count = length ? 1 : 0;
    return operation->segment.base ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* A partition's requests are within it, and move by its beginning. */
static NTSTATUS to_disk(PIRP irp, struct storport_io *io)
{
    struct sp_extension *extension = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;
    const struct partition *part = extension->owner;
    uint64_t length;

    if (extension->kind != SP_PARTITION || io->kind == STORPORT_FLUSH)
        return STATUS_SUCCESS;
    if (!part)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    length = (uint64_t)part->info.PartitionLength.QuadPart;
    if (io->offset > length || io->length > length - io->offset)
        return STATUS_NONEXISTENT_SECTOR;
    io->offset += (uint64_t)part->info.StartingOffset.QuadPart;
    return STATUS_SUCCESS;
}

static void begin(struct disk *disk, struct irp_operation *operation, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    struct storport_io *io = &operation->io;
    NTSTATUS status = STATUS_SUCCESS;

    *io = (struct storport_io){ .done = irp_done };
    operation->disk = disk;
    operation->irp = irp;
    disk->references++;
    switch (sp->MajorFunction) {
    case IRP_MJ_READ:
        io->kind = STORPORT_READ;
        io->offset = (uint64_t)sp->Parameters.Read.ByteOffset.QuadPart;
        io->length = sp->Parameters.Read.Length;
        break;
    case IRP_MJ_WRITE:
        io->kind = STORPORT_WRITE;
        io->offset = (uint64_t)sp->Parameters.Write.ByteOffset.QuadPart;
        io->length = sp->Parameters.Write.Length;
        io->fua = (sp->Flags & SL_WRITE_THROUGH) != 0;
        break;
    default:
        io->kind = STORPORT_FLUSH;
    }
    if (io->kind != STORPORT_FLUSH)
        status = take_data(operation, irp, (ULONG)io->length);
    if (NT_SUCCESS(status))
        status = to_disk(irp, io);
    if (NT_SUCCESS(status))
        disk_submit(disk, io);
    else
        irp_done(io, status);
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    IoReleaseCancelSpinLock(irp->CancelIrql);
    list_remove((struct list *)(void *)&irp->Tail.Overlay.ListEntry);
    fail(irp, STATUS_CANCELLED);
}

/* False: it was cancelled meanwhile, and is answered. */
static bool wait(struct disk *disk, PIRP irp)
{
    KIRQL old;

    IoMarkIrpPending(irp);
    list_push_back(&disk->irps, (struct list *)(void *)&irp->Tail.Overlay.ListEntry);
    IoAcquireCancelSpinLock(&old);
    IoSetCancelRoutine(irp, cancel);
    bool gone = irp->Cancel && IoSetCancelRoutine(irp, NULL);
    IoReleaseCancelSpinLock(old);
    if (gone) {
        list_remove((struct list *)(void *)&irp->Tail.Overlay.ListEntry);
        fail(irp, STATUS_CANCELLED);
    }
    return !gone;
}

void disk_next_irp(struct disk *disk)
{
    while (!list_empty(&disk->irps) && !list_empty(&disk->free_operations)) {
        struct list *node = list_pop_front(&disk->irps);
        PIRP irp = CONTAINING_RECORD((LIST_ENTRY *)(void *)node, IRP, Tail.Overlay.ListEntry);

        if (!IoSetCancelRoutine(irp, NULL))
            continue;                   /* its cancel routine answers it */
        begin(disk, container_of(list_pop_front(&disk->free_operations), struct irp_operation, node), irp);
    }
}

static NTSTATUS transfer(struct disk *disk, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);

    if (!disk->ready && sp->MajorFunction != IRP_MJ_FLUSH_BUFFERS)
        return fail(irp, STATUS_DEVICE_NOT_READY);
    if (list_empty(&disk->free_operations)) {
        wait(disk, irp);
        return STATUS_PENDING;
    }
    IoMarkIrpPending(irp);
    begin(disk, container_of(list_pop_front(&disk->free_operations), struct irp_operation, node), irp);
    return STATUS_PENDING;
}

/* --- the rest ------------------------------------------------------------------------------------------------------------------ */

/* Shutdown: what is in the cache must be on the medium. */
static NTSTATUS shut_down(struct disk *disk, PIRP irp)
{
    uint8_t cdb[10] = { SCSIOP_SYNCHRONIZE_CACHE };
    uint32_t none = 0;

    if (disk->ready && disk->info.write_cache)
        disk_command(disk, cdb, sizeof cdb, NULL, &none, false, NULL);
    return fail(irp, STATUS_SUCCESS);
}

/* Only drivers change it; others are told that they did. docs: ntdddisk/ni-ntdddisk-ioctl_disk_internal_set_verify */
static bool verify_bit(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;

    if (code != IOCTL_DISK_INTERNAL_SET_VERIFY && code != IOCTL_DISK_INTERNAL_CLEAR_VERIFY)
        return false;
    if (irp->RequestorMode == KernelMode && code == IOCTL_DISK_INTERNAL_SET_VERIFY)
        device->Flags |= DO_VERIFY_VOLUME;
    else if (irp->RequestorMode == KernelMode)
        device->Flags &= ~(ULONG)DO_VERIFY_VOLUME;
    return true;
}

NTSTATUS NTAPI disk_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    struct sp_extension *extension = device->DeviceExtension;
    struct partition *part = extension->kind == SP_PARTITION ? extension->owner : NULL;
    struct disk *disk = extension->kind == SP_PARTITION ? (part ? part->disk : NULL) : extension->owner;
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;

    if (major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE)
        return fail(irp, STATUS_SUCCESS);
    if (!disk || !disk->unit)
        return fail(irp, STATUS_DEVICE_DOES_NOT_EXIST);
    switch (major) {
    case IRP_MJ_CREATE:
        return fail(irp, STATUS_SUCCESS);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_FLUSH_BUFFERS:
        return transfer(disk, irp);
    case IRP_MJ_SHUTDOWN:
        return shut_down(disk, irp);
    case IRP_MJ_DEVICE_CONTROL:
        return part ? partition_ioctl(part, irp) : disk_ioctl(disk, irp);
    case IRP_MJ_SCSI:                   /* from above, to the port driver */
        if (verify_bit(device, irp))
            return fail(irp, STATUS_SUCCESS);
        if (part)
            break;
        IoSkipCurrentIrpStackLocation(irp);
        return IofCallDriver(disk->next, irp);
    }
    return fail(irp, STATUS_INVALID_DEVICE_REQUEST);
}
