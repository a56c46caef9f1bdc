/* disk.sys: a driver inside the host that stands on the PDOs of disks. \Device\HarddiskN\DRN, \\.\PhysicalDriveN.
 * docs: storage/storage-class-drivers, kernel/supporting-pnp-in-your-driver */
#include "storport/disk_class.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nt/io.h"
#include "nt/pnp.h"

static struct io_driver *class_driver;
static unsigned next_number;

static const GUID disk_interface = {
    0x53f56307, 0xb6bf, 0x11d0, { 0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b }
};

/* --- names ------------------------------------------------------------------------------------------------------------ */

PUNICODE_STRING disk_name(struct disk_name *n, const char *format, unsigned first, unsigned second)
{
    char text[64];
    int length = snprintf(text, sizeof text, format, first, second);

    for (int i = 0; i <= length; i++)
        n->wide[i] = (WCHAR)text[i];
    n->string = (UNICODE_STRING){ (USHORT)(2 * length), sizeof n->wide, n->wide };
    return &n->string;
}

static void make_links(unsigned number, bool make)
{
    static const char *const links[] = { "\\DosDevices\\PhysicalDrive%u", "\\Device\\Harddisk%u\\Partition0" };
    struct disk_name link, target;

    for (unsigned i = 0; i < countof(links); i++)
        if (make)
            IoCreateSymbolicLink(disk_name(&link, links[i], number, 0), disk_name(&target, "\\Device\\Harddisk%u\\DR%u", number, number));
        else
            IoDeleteSymbolicLink(disk_name(&link, links[i], number, 0));
}

/* --- AddDevice ----------------------------------------------------------------------------------------------------------- */

static struct unit *unit_of_pdo(PDEVICE_OBJECT pdo)
{
    list_each(d, &sp_drivers)
        list_each(a, &container_of(d, struct sp_driver, node)->adapters)
            list_each(it, &container_of(a, struct adapter, node)->units)
                if (container_of(it, struct unit, node)->pdo == pdo)
                    return container_of(it, struct unit, node);
    return NULL;
}

/* \Device\HarddiskN lives as long as the handle. */
static void close_directory(struct disk *disk)
{
    if (disk->directory)
        ZwClose(disk->directory);
    disk->directory = NULL;
}

static NTSTATUS create_fdo(struct disk *disk, PDRIVER_OBJECT driver)
{
    struct disk_name n;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, disk_name(&n, "\\Device\\Harddisk%u", disk->info.number, 0),
                               OBJ_KERNEL_HANDLE | OBJ_OPENIF, NULL, NULL);
    status = ZwCreateDirectoryObject(&disk->directory, DIRECTORY_ALL_ACCESS, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateDevice(driver, sizeof(struct sp_extension), disk_name(&n, "\\Device\\Harddisk%u\\DR%u", disk->info.number, disk->info.number),
                            FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &disk->fdo);
    if (!NT_SUCCESS(status))
        return status;
    *(struct sp_extension *)disk->fdo->DeviceExtension = (struct sp_extension){ SP_DISK, disk };
    disk->next = IoAttachDeviceToDeviceStack(disk->fdo, disk->pdo);
    if (!disk->next) {
        IoDeleteDevice(disk->fdo);
        disk->fdo = NULL;
        return STATUS_DEVICE_REMOVED;
    }
    disk->fdo->SectorSize = 512;
    disk->fdo->AlignmentRequirement = disk->pdo->AlignmentRequirement;
    disk->fdo->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    disk->fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    struct unit *u = unit_of_pdo(pdo);
    struct disk *disk = u && !u->disk ? calloc(1, sizeof *disk) : NULL;

    if (!disk)
        return u ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_SUCH_DEVICE;
    disk->unit = u;
    disk->pdo = pdo;
    disk->references = 1;
    disk->info.number = next_number++;
    disk->info.sector_size = 512;
    list_init(&disk->free_operations);
    list_init(&disk->irps);
    for (unsigned i = 0; i < DISK_OPERATIONS; i++)
        list_push_back(&disk->free_operations, &disk->operations[i].node);
    list_push_back(&disks, &disk->node);
    NTSTATUS status = create_fdo(disk, driver);
    if (!NT_SUCCESS(status)) {
        close_directory(disk);
        disk_release(disk);
        return status;
    }
    u->disk = disk;
    make_links(disk->info.number, true);
    return STATUS_SUCCESS;
}

void disk_unit_gone(struct unit *u)
{
    struct disk *disk = u->disk;

    if (!disk)
        return;
    disk_note(disk);
    u->disk = NULL;
    disk->unit = NULL;
}

/* --- PnP ------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS forward(struct disk *disk, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(disk->next, irp);
}

static NTSTATUS start(struct disk *disk, PIRP irp)
{
    NTSTATUS status = IoForwardIrpSynchronously(disk->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
    char size[32];

    if (NT_SUCCESS(status)) {
        disk_setup(disk);               /* a disk without a medium is there, too */
        disk->started = true;
        disk->fdo->SectorSize = (USHORT)disk->info.sector_size;
        partitions_update(disk);
        IoRegisterShutdownNotification(disk->fdo);
        UNICODE_STRING link = { 0 };
        if (NT_SUCCESS(IoRegisterDeviceInterface(disk->pdo, &disk_interface, NULL, &link))) {
            IoSetDeviceInterfaceState(&link, TRUE);
            RtlFreeUnicodeString(&link);
        }
        snprintf(size, sizeof size, "%llu MiB", (unsigned long long)(disk->info.bytes >> 20));
        log_info("disk", "PhysicalDrive%u: %s %s, %s, on %s", disk->info.number, disk->info.vendor, disk->info.product,
                 disk->ready ? size : "no medium", disk->info.driver);
    }
    return sp_complete(irp, status);
}

static NTSTATUS take_away(struct disk *disk, PIRP irp)
{
    PDEVICE_OBJECT next = disk->next, fdo = disk->fdo;
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    struct unit *u = disk->unit;

    if (disk->started)
        IoUnregisterShutdownNotification(fdo);
    make_links(disk->info.number, false);
    partitions_delete(disk);
    if (u) {
        disk_unit_gone(u);
        unit_flush(u, STATUS_DEVICE_DOES_NOT_EXIST);
        while (u->outstanding && u->adapter->state == ADAPTER_STARTED)
            KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    NTSTATUS status = IofCallDriver(next, irp);
    IoDetachDevice(next);
    ((struct sp_extension *)fdo->DeviceExtension)->owner = NULL;
    disk->fdo = disk->next = disk->pdo = NULL;
    IoDeleteDevice(fdo);
    close_directory(disk);
    disk_release(disk);
    return status;
}

static NTSTATUS pnp(struct disk *disk, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(disk, irp);
    case IRP_MN_REMOVE_DEVICE:
        return take_away(disk, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        if (disk->unit) {
            struct unit *u = disk->unit;
            disk_unit_gone(u);
            unit_flush(u, STATUS_DEVICE_DOES_NOT_EXIST);
        }
        irp->IoStatus.Status = STATUS_SUCCESS;
        return forward(disk, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return forward(disk, irp);
    default:
        return forward(disk, irp);
    }
}

/* NULL: a partition, which is no device of PnP's, or a disk that is gone. */
static struct disk *disk_of(PDEVICE_OBJECT device)
{
    struct sp_extension *extension = device->DeviceExtension;

    return extension->kind == SP_DISK ? extension->owner : NULL;
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct disk *disk = disk_of(device);

    return disk ? pnp(disk, irp) : sp_complete(irp, STATUS_DEVICE_DOES_NOT_EXIST);
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp)
{
    struct disk *disk = disk_of(device);

    PoStartNextPowerIrp(irp);
    if (!disk)
        return sp_complete(irp, STATUS_DEVICE_DOES_NOT_EXIST);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(disk->next, irp);
}

static NTSTATUS NTAPI dispatch_system(PDEVICE_OBJECT device, PIRP irp)
{
    struct disk *disk = disk_of(device);

    return disk ? forward(disk, irp) : sp_complete(irp, STATUS_DEVICE_DOES_NOT_EXIST);
}

/* --- the driver ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = disk_dispatch;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = dispatch_system;
    driver->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}

NTSTATUS disk_class_open(void)
{
    list_init(&disks);
    next_number = 0;
    disk_host_init();
    return io_create_host_driver("disk", entry, &class_driver);
}

void disk_class_close(void)
{
    if (class_driver)
        io_unload_driver(class_driver);
    class_driver = NULL;
}

struct io_driver *storport_find_driver(struct pnp_node *node, const char *const *ids, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcasecmp(ids[i], "GenDisk") && class_driver) {
            snprintf(node->class_guid, sizeof node->class_guid, "{4d36e967-e325-11ce-bfc1-08002be10318}");
            snprintf(node->class_name, sizeof node->class_name, "DiskDrive");
            return class_driver;
        }
    return NULL;
}
