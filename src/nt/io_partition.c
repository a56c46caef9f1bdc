/* Reading partition tables: master boot records with chains of extended partitions, and GUID partition tables. */
#include "nt/io_partition_gpt.h"

#include <stdlib.h>

#define MOST_TABLES 128                 /* a chain that is longer runs in a circle */

NTSTATUS disk_io_transfer(const struct disk_io *disk, UCHAR major, ULONG64 sector, void *buffer, ULONG size)
{
    LARGE_INTEGER offset = { .QuadPart = (LONGLONG)(sector * disk->sector_size) };
    IO_STATUS_BLOCK iosb = { .Status = STATUS_SUCCESS };
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    if (disk->move != NULL)
        return disk->move(disk, major == IRP_MJ_WRITE, sector, buffer, size);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(major, disk->device, buffer, size, &offset, &event, &iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AllocationFlags |= IO_IRP_ANYWHERE;
    IoGetNextIrpStackLocation(irp)->Flags |= SL_OVERRIDE_VERIFY_VOLUME;
    status = IofCallDriver(disk->device, irp);
    if (status == STATUS_PENDING) {
        ke_wait(&event);
        status = iosb.Status;
    } else {
        io_forsake(irp, &event);
    }
    return status;
}

UCHAR *disk_io_read_sector(const struct disk_io *disk, ULONG64 sector, NTSTATUS *status)
{
    UCHAR *data = pool_alloc(NonPagedPoolNx, disk->sector_size, PARTITION_TAG, NULL);

    *status = data != NULL ? disk_io_transfer(disk, IRP_MJ_READ, sector, data, disk->sector_size) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(*status))
        return data;
    if (data != NULL)
        pool_free(data, PARTITION_TAG, NULL);
    return NULL;
}

NTSTATUS disk_io_ask(const struct disk_io *disk, ULONG code, void *answer, ULONG size)
{
    IO_STATUS_BLOCK iosb = { .Status = STATUS_SUCCESS };
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(code, disk->device, NULL, 0, answer, size, FALSE, &event, &iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AllocationFlags |= IO_IRP_ANYWHERE;
    status = IofCallDriver(disk->device, irp);
    if (status == STATUS_PENDING) {
        ke_wait(&event);
        status = iosb.Status;
    } else {
        io_forsake(irp, &event);
    }
    return status;
}

NTSTATUS disk_io_geometry(struct disk_io *disk)
{
    DISK_GEOMETRY geometry = { .BytesPerSector = 0 };
    NTSTATUS status = disk_io_ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY, &geometry, sizeof(geometry));

    if (status == STATUS_INSUFFICIENT_RESOURCES)
        return status;
    disk->sector_size = geometry.BytesPerSector;
    return NT_SUCCESS(status) && geometry.BytesPerSector >= 512 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
}

/* ---- master boot records ---- */

bool mbr_is_container(UCHAR type)
{
    return type == PARTITION_EXTENDED || type == PARTITION_XINT13_EXTENDED;
}

bool mbr_is_marked(const UCHAR *sector)
{
    return sector[MBR_MARK_AT] == 0x55 && sector[MBR_MARK_AT + 1] == 0xAA;
}

/* Appends the four slots; *next: the sector of the next table, 0 when this is the last. */
static bool add_table(struct slots *slots, const UCHAR *sector, ULONG64 table, ULONG64 *extended, ULONG64 *next)
{
    struct slot *at = realloc(slots->at, (slots->count + 4) * sizeof(*at));

    *next = 0;
    if (at == NULL)
        return false;
    slots->at = at;
    for (ULONG i = 0; i < 4; i++) {
        const UCHAR *entry = sector + MBR_ENTRIES_AT + i * MBR_ENTRY_SIZE;
        UCHAR type = entry[4];
        ULONG64 base = mbr_is_container(type) ? *extended : table, start = table_u32(entry + 8);
        struct slot *slot = &at[slots->count + i];

        *slot = (struct slot){ .table = table, .index = i, .type = type, .active = entry[0] == 0x80, .count = table_u32(entry + 12),
                               .start = type != PARTITION_ENTRY_UNUSED ? base + start : 0 };
        if (mbr_is_container(type) && *next == 0 && slot->count != 0)
            *next = slot->start;
    }
    if (table == 0)
        *extended = *next;
    slots->count += 4;
    return true;
}

NTSTATUS mbr_read(const struct disk_io *disk, struct slots *slots)
{
    ULONG64 table = 0, extended = 0, next;
    NTSTATUS status;

    *slots = (struct slots){ 0 };
    for (unsigned n = 0; n < MOST_TABLES; n++, table = next) {
        UCHAR *sector = disk_io_read_sector(disk, table, &status);

        if (sector == NULL)
            break;
        if (n == 0)
            slots->signature = table_u32(sector + MBR_SIGNATURE_AT);
        if (!mbr_is_marked(sector))
            status = n == 0 ? STATUS_BAD_MASTER_BOOT_RECORD : STATUS_SUCCESS;
        bool more = mbr_is_marked(sector) && add_table(slots, sector, table, &extended, &next);
        pool_free(sector, PARTITION_TAG, NULL);
        if (!more || next <= table)
            break;
    }
    if (slots->count == 0) {
        free(slots->at);
        slots->at = NULL;
        return NT_SUCCESS(status) ? STATUS_INSUFFICIENT_RESOURCES : status;
    }
    return STATUS_SUCCESS;
}

static bool recognized(const struct slot *slot)
{
    return slot->type != PARTITION_ENTRY_UNUSED && !mbr_is_container(slot->type);
}

static PARTITION_INFORMATION describe_slot(const struct slot *slot, ULONG sector_size, ULONG number)
{
    return (PARTITION_INFORMATION){
        .StartingOffset.QuadPart = (LONGLONG)(slot->start * sector_size), .PartitionLength.QuadPart = (LONGLONG)(slot->count * sector_size),
        .HiddenSectors = slot->type != PARTITION_ENTRY_UNUSED ? (ULONG)(slot->start - slot->table) : 0, .PartitionNumber = number,
        .PartitionType = slot->type, .BootIndicator = slot->active, .RecognizedPartition = recognized(slot),
    };
}

/* The partitions of an MBR disk: those that are recognized, numbered from 1, or all slots. *PartitionBuffer is the caller's to free with
 * ExFreePool, NULL on failure. PASSIVE_LEVEL. The statuses of the reads; STATUS_BAD_MASTER_BOOT_RECORD without a table.
 * docs: ntddk/nf-ntddk-ioreadpartitiontable */
NTSTATUS FASTCALL IoReadPartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, BOOLEAN ReturnRecognizedPartitions,
                                       PDRIVE_LAYOUT_INFORMATION *PartitionBuffer)
{
    const struct disk_io disk = { DeviceObject, SectorSize < 512 ? 512 : SectorSize };
    struct slots slots;
    NTSTATUS status = mbr_read(&disk, &slots);
    ULONG number = 0;

    *PartitionBuffer = NULL;
    if (!NT_SUCCESS(status))
        return status;
    PDRIVE_LAYOUT_INFORMATION layout = pool_alloc(
        NonPagedPoolNx, offsetof(DRIVE_LAYOUT_INFORMATION, PartitionEntry) + slots.count * sizeof(PARTITION_INFORMATION), PARTITION_TAG, NULL);
    if (layout != NULL) {
        layout->PartitionCount = 0;
        layout->Signature = slots.signature;
        for (ULONG i = 0; i < slots.count; i++) {
            bool known = recognized(&slots.at[i]);
            number += known;
            if (known || !ReturnRecognizedPartitions)
                layout->PartitionEntry[layout->PartitionCount++] = describe_slot(&slots.at[i], disk.sector_size, known ? number : 0);
        }
    }
    free(slots.at);
    *PartitionBuffer = layout;
    return layout != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static PDRIVE_LAYOUT_INFORMATION_EX new_layout(ULONG style, ULONG count)
{
    size_t size = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry) + count * sizeof(PARTITION_INFORMATION_EX);
    PDRIVE_LAYOUT_INFORMATION_EX layout = pool_alloc(NonPagedPoolNx, size > sizeof(*layout) ? size : sizeof(*layout), PARTITION_TAG, NULL);

    if (layout == NULL)
        return NULL;
    memset(layout, 0, size);
    layout->PartitionStyle = style;
    return layout;
}

static PDRIVE_LAYOUT_INFORMATION_EX mbr_layout(const struct slots *slots, ULONG sector_size)
{
    PDRIVE_LAYOUT_INFORMATION_EX layout = new_layout(PARTITION_STYLE_MBR, slots->count);
    ULONG number = 0;

    if (layout == NULL)
        return NULL;
    layout->PartitionCount = slots->count;
    layout->Mbr.Signature = slots->signature;
    for (ULONG i = 0; i < slots->count; i++) {
        bool known = recognized(&slots->at[i]);
        PARTITION_INFORMATION old;

        number += known;
        old = describe_slot(&slots->at[i], sector_size, known ? number : 0);
        layout->PartitionEntry[i] = (PARTITION_INFORMATION_EX){
            .PartitionStyle = PARTITION_STYLE_MBR, .StartingOffset = old.StartingOffset, .PartitionLength = old.PartitionLength,
            .PartitionNumber = old.PartitionNumber,
            .Mbr = { .PartitionType = old.PartitionType, .BootIndicator = old.BootIndicator,
                     .RecognizedPartition = old.RecognizedPartition, .HiddenSectors = old.HiddenSectors },
        };
    }
    return layout;
}

/* ---- GUID partition tables ---- */

bool gpt_is_header(const UCHAR *sector, ULONG sector_size)
{
    UCHAR copy[512];
    ULONG size = table_u32(sector + 12);

    if (memcmp(sector, "EFI PART", 8) != 0 || size < 92 || size > sizeof(copy) || size > sector_size)
        return false;
    memcpy(copy, sector, size);
    memset(copy + 16, 0, 4);
    return RtlCrc32(copy, size, 0) == table_u32(sector + 16);
}

static PDRIVE_LAYOUT_INFORMATION_EX gpt_layout(const struct gpt *gpt)
{
    ULONG count = 0;

    for (const UCHAR *entry = gpt_next(gpt, NULL); entry != NULL; entry = gpt_next(gpt, entry))
        count++;
    PDRIVE_LAYOUT_INFORMATION_EX layout = new_layout(PARTITION_STYLE_GPT, count);
    if (layout == NULL)
        return NULL;
    layout->Gpt = gpt_describe(gpt);
    for (const UCHAR *entry = gpt_next(gpt, NULL); entry != NULL; entry = gpt_next(gpt, entry)) {
        ULONG n = layout->PartitionCount++;
        layout->PartitionEntry[n] = gpt_describe_entry(entry, gpt->disk->sector_size, n + 1);
    }
    return layout;
}

static NTSTATUS gpt_read(struct disk_io *disk, PDRIVE_LAYOUT_INFORMATION_EX *layout)
{
    struct gpt gpt;
    NTSTATUS status = gpt_load(disk, GPT_HEADER_SECTOR, &gpt);
    ULONG64 last;

    if (status == STATUS_DISK_CORRUPT_ERROR && NT_SUCCESS(disk_io_size(disk, &last)))
        status = gpt_load(disk, last, &gpt);
    if (!NT_SUCCESS(status))
        return status;
    *layout = gpt_layout(&gpt);
    gpt_free(&gpt);
    return *layout != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* The partitions of a disk with either table: of an MBR every slot, four a table; of a GPT those that are in use. *DriveLayout is the
 * caller's to free with ExFreePool, NULL on failure. PASSIVE_LEVEL. STATUS_DEVICE_NOT_READY without a geometry,
 * STATUS_BAD_MASTER_BOOT_RECORD without a table, STATUS_DISK_CORRUPT_ERROR for a GPT of which both copies have wrong sums.
 * docs: ntddk/nf-ntddk-ioreadpartitiontableex */
NTSTATUS NTAPI IoReadPartitionTableEx(PDEVICE_OBJECT DeviceObject, PDRIVE_LAYOUT_INFORMATION_EX *DriveLayout)
{
    struct disk_io disk = { .device = DeviceObject };
    struct slots slots;
    NTSTATUS status = disk_io_geometry(&disk);

    *DriveLayout = NULL;
    if (NT_SUCCESS(status))
        status = mbr_read(&disk, &slots);
    if (!NT_SUCCESS(status))
        return status;
    if (slots.at[0].type == GPT_TYPE) {
        status = gpt_read(&disk, DriveLayout);
    } else {
        *DriveLayout = mbr_layout(&slots, disk.sector_size);
        status = *DriveLayout != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    free(slots.at);
    return status;
}

/* ---- what identifies a disk ---- */

/* CheckSum makes the sum of the record's words zero. */
static ULONG sum_of(const UCHAR *sector)
{
    ULONG sum = 0;

    for (unsigned i = 0; i < 512; i += 4)
        sum += table_u32(sector + i);
    return 0 - sum;
}

/* The signature of an MBR, or the GUID of a GPT. PASSIVE_LEVEL. STATUS_DISK_CORRUPT_ERROR without a valid table.
 * docs: ntddk/nf-ntddk-ioreaddisksignature */
NTSTATUS NTAPI IoReadDiskSignature(PDEVICE_OBJECT DeviceObject, ULONG BytesPerSector, PDISK_SIGNATURE Signature)
{
    const struct disk_io disk = { DeviceObject, BytesPerSector < 512 ? 512 : BytesPerSector };
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(&disk, 0, &status);

    if (sector == NULL)
        return status;
    memset(Signature, 0, sizeof(*Signature));
    bool marked = mbr_is_marked(sector), gpt = sector[MBR_ENTRIES_AT + 4] == GPT_TYPE;
    Signature->PartitionStyle = PARTITION_STYLE_MBR;
    Signature->Mbr.Signature = table_u32(sector + MBR_SIGNATURE_AT);
    Signature->Mbr.CheckSum = sum_of(sector);
    pool_free(sector, PARTITION_TAG, NULL);
    if (!marked || !gpt)
        return marked ? STATUS_SUCCESS : STATUS_DISK_CORRUPT_ERROR;
    sector = disk_io_read_sector(&disk, GPT_HEADER_SECTOR, &status);
    if (sector == NULL)
        return status;
    status = gpt_is_header(sector, disk.sector_size) ? STATUS_SUCCESS : STATUS_DISK_CORRUPT_ERROR;
    Signature->PartitionStyle = PARTITION_STYLE_GPT;
    memcpy(&Signature->Gpt.DiskId, sector + 56, sizeof(GUID));
    pool_free(sector, PARTITION_TAG, NULL);
    return status;
}

/* *Buffer: the master boot record when its first partition is of that type, to be freed with ExFreePool; else, and on errors, NULL.
 * PASSIVE_LEVEL. docs: ntddk/nf-ntddk-halexaminembr */
VOID FASTCALL HalExamineMBR(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG MBRTypeIdentifier, PVOID *Buffer)
{
    const struct disk_io disk = { DeviceObject, SectorSize < 512 ? 512 : SectorSize };
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(&disk, 0, &status);

    *Buffer = sector;
    if (sector == NULL || (mbr_is_marked(sector) && sector[MBR_ENTRIES_AT + 4] == MBRTypeIdentifier))
        return;
    pool_free(sector, PARTITION_TAG, NULL);
    *Buffer = NULL;
}
