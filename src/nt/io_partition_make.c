/* Partition tables that are made, checked and mended as a whole, of both styles. */
#include "nt/io_partition_gpt.h"

#include <stdlib.h>

NTSTATUS disk_io_size(struct disk_io *disk, ULONG64 *last)
{
    GET_LENGTH_INFORMATION length = { .Length.QuadPart = 0 };
    DISK_GEOMETRY g = { .BytesPerSector = 0 };
    NTSTATUS status = disk_io_geometry(disk);

    if (!NT_SUCCESS(status))
        return status;
    status = disk_io_ask(disk, IOCTL_DISK_GET_LENGTH_INFO, &length, sizeof(length));
    if (!NT_SUCCESS(status)) {
        status = disk_io_ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY, &g, sizeof(g));
        length.Length.QuadPart = g.Cylinders.QuadPart * g.TracksPerCylinder * g.SectorsPerTrack * g.BytesPerSector;
    }
    *last = (ULONG64)length.Length.QuadPart / disk->sector_size - 1;
    return NT_SUCCESS(status) && length.Length.QuadPart >= (LONGLONG)disk->sector_size ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
}

/* Whichever copy is whole. */
static NTSTATUS load_either(const struct disk_io *disk, ULONG64 last, struct gpt *gpt)
{
    NTSTATUS status = gpt_load(disk, GPT_HEADER_SECTOR, gpt);

    return status == STATUS_DISK_CORRUPT_ERROR ? gpt_load(disk, last, gpt) : status;
}

static NTSTATUS is_gpt(const struct disk_io *disk, bool *gpt)
{
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(disk, 0, &status);

    if (sector == NULL)
        return status;
    *gpt = mbr_is_marked(sector) && sector[MBR_ENTRIES_AT + 4] == GPT_TYPE;
    pool_free(sector, PARTITION_TAG, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS gpt_write_layout(struct disk_io *disk, const DRIVE_LAYOUT_INFORMATION_EX *layout)
{
    struct gpt gpt;
    ULONG64 last;
    bool there;
    NTSTATUS status = disk_io_size(disk, &last);

    if (NT_SUCCESS(status))
        status = is_gpt(disk, &there);
    if (!NT_SUCCESS(status))
        return status;
    if (!there)
        return STATUS_UNSUCCESSFUL;
    status = load_either(disk, last, &gpt);
    if (NT_SUCCESS(status) && table_u32(gpt.header + 80) < layout->Gpt.MaxPartitionCount) {
        gpt_free(&gpt);
        status = STATUS_DISK_CORRUPT_ERROR;
    }
    if (status == STATUS_DISK_CORRUPT_ERROR)
        status = gpt_begin(disk, last, &layout->Gpt.DiskId, layout->Gpt.MaxPartitionCount, &gpt);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(gpt.header + 56, &layout->Gpt.DiskId, sizeof(GUID));
    status = gpt_fill(&gpt, layout);
    if (NT_SUCCESS(status))
        status = gpt_store(&gpt, last);
    gpt_free(&gpt);
    return status;
}

/* ---- a raw disk ---- */

/* An MBR with no partitions, or no table at all. The boot code stays. */
static NTSTATUS write_empty(const struct disk_io *disk, const CREATE_DISK_MBR *mbr)
{
    NTSTATUS status;
    UCHAR *sector = disk_io_read_sector(disk, 0, &status);

    if (sector == NULL)
        return status;
    if (mbr != NULL || mbr_is_marked(sector)) {
        memset(sector + MBR_SIGNATURE_AT, 0, 512 - MBR_SIGNATURE_AT);
        if (mbr != NULL) {
            memcpy(sector + MBR_SIGNATURE_AT, &mbr->Signature, sizeof(mbr->Signature));
            sector[MBR_MARK_AT] = 0x55;
            sector[MBR_MARK_AT + 1] = 0xAA;
        }
        status = disk_io_transfer(disk, IRP_MJ_WRITE, 0, sector, disk->sector_size);
    }
    pool_free(sector, PARTITION_TAG, NULL);
    return status;
}

static NTSTATUS create_gpt(const struct disk_io *disk, ULONG64 last, const CREATE_DISK_GPT *asked)
{
    struct gpt gpt;
    NTSTATUS status = gpt_begin(disk, last, &asked->DiskId, asked->MaxPartitionCount, &gpt);

    if (!NT_SUCCESS(status))
        return status;
    status = gpt_store(&gpt, last);
    if (NT_SUCCESS(status))
        status = gpt_protect(disk, last);
    gpt_free(&gpt);
    return status;
}

/* Begins an empty partition table of Disk->PartitionStyle; a GPT has room for 128 entries at least. Disk NULL: takes the table away.
 * Boot code in sector zero stays. PASSIVE_LEVEL. STATUS_DEVICE_NOT_READY without a size, STATUS_NOT_SUPPORTED for another style,
 * STATUS_INVALID_PARAMETER for a GPT that does not fit, STATUS_INSUFFICIENT_RESOURCES, those of reads and writes.
 * docs: ntddk/nf-ntddk-iocreatedisk */
NTSTATUS NTAPI IoCreateDisk(PDEVICE_OBJECT DeviceObject, PCREATE_DISK Disk)
{
    struct disk_io disk = { .device = DeviceObject };
    ULONG64 last;
    NTSTATUS status;

    if (Disk != NULL && Disk->PartitionStyle != PARTITION_STYLE_MBR && Disk->PartitionStyle != PARTITION_STYLE_GPT)
        return STATUS_NOT_SUPPORTED;
    status = disk_io_size(&disk, &last);
    if (!NT_SUCCESS(status))
        return status;
    if (Disk != NULL && Disk->PartitionStyle == PARTITION_STYLE_GPT)
        return create_gpt(&disk, last, &Disk->Gpt);
    status = write_empty(&disk, Disk != NULL ? &Disk->Mbr : NULL);
    return NT_SUCCESS(status) ? gpt_wipe(&disk, last) : status;
}

/* ---- one partition ---- */

static NTSTATUS set_gpt(const struct disk_io *disk, ULONG64 last, ULONG number, const SET_PARTITION_INFORMATION_GPT *info)
{
    struct gpt gpt;
    NTSTATUS status = load_either(disk, last, &gpt);

    if (!NT_SUCCESS(status))
        return status;
    UCHAR *entry = number != 0 ? gpt_entry(&gpt, number) : NULL;
    if (entry != NULL)
        gpt_put_entry(entry, info);
    status = entry != NULL ? gpt_store(&gpt, last) : STATUS_INVALID_PARAMETER;
    gpt_free(&gpt);
    return status;
}

/* Gives the partition of that ordinal (from 1) another type; in a GPT its identifier, attributes and name as well. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER for a number that there is not and for the style that the disk has not, STATUS_DISK_CORRUPT_ERROR when no copy
 * of a GPT is whole, STATUS_DEVICE_NOT_READY, those of reads and writes. docs: ntddk/nf-ntddk-iosetpartitioninformationex */
NTSTATUS NTAPI IoSetPartitionInformationEx(PDEVICE_OBJECT DeviceObject, ULONG PartitionNumber, PSET_PARTITION_INFORMATION_EX PartitionInfo)
{
    struct disk_io disk = { .device = DeviceObject };
    bool gpt = false;
    ULONG64 last;
    NTSTATUS status = disk_io_size(&disk, &last);

    if (NT_SUCCESS(status))
        status = is_gpt(&disk, &gpt);
    if (!NT_SUCCESS(status))
        return status;
    if (PartitionInfo->PartitionStyle != (gpt ? PARTITION_STYLE_GPT : PARTITION_STYLE_MBR))
        return STATUS_INVALID_PARAMETER;
    if (gpt)
        return set_gpt(&disk, last, PartitionNumber, &PartitionInfo->Gpt);
    return IoSetPartitionInformation(DeviceObject, disk.sector_size, PartitionNumber, PartitionInfo->Mbr.PartitionType);
}

/* ---- checks ---- */

static bool leads_to_table(const struct slots *slots, const struct slot *container)
{
    for (ULONG i = 0; i < slots->count; i++)
        if (slots->at[i].table == container->start)
            return true;
    return false;
}

static NTSTATUS verify_mbr(const struct disk_io *disk, ULONG64 last)
{
    struct slots slots;
    NTSTATUS status = mbr_read(disk, &slots);

    if (!NT_SUCCESS(status))
        return status == STATUS_BAD_MASTER_BOOT_RECORD ? STATUS_DISK_CORRUPT_ERROR : status;
    for (ULONG i = 0; i < slots.count; i++) {
        const struct slot *slot = &slots.at[i];
        if (slot->type == PARTITION_ENTRY_UNUSED)
            continue;
        if (slot->start == 0 || slot->count == 0 || slot->start + slot->count > last + 1 ||
            (mbr_is_container(slot->type) && !leads_to_table(&slots, slot)))
            status = STATUS_DISK_CORRUPT_ERROR;
    }
    free(slots.at);
    return status;
}

static bool same_tables(const struct gpt *a, const struct gpt *b)
{
    return a->sectors == b->sectors && memcmp(a->entries, b->entries, (size_t)a->sectors * a->disk->sector_size) == 0 &&
           memcmp(a->header + 40, b->header + 40, 32) == 0 && memcmp(a->header + 80, b->header + 80, 8) == 0;
}

static NTSTATUS verify_gpt(const struct disk_io *disk, ULONG64 last, bool mend)
{
    struct gpt first = { 0 }, second = { 0 };
    NTSTATUS status = gpt_load(disk, GPT_HEADER_SECTOR, &first), other = gpt_load(disk, last, &second);

    if (!NT_SUCCESS(status) || !NT_SUCCESS(other) || !same_tables(&first, &second)) {
        const struct gpt *whole = NT_SUCCESS(status) ? &first : NT_SUCCESS(other) ? &second : NULL;
        status = mend && whole != NULL ? gpt_store(whole, last) : STATUS_DISK_CORRUPT_ERROR;
    }
    gpt_free(&first);
    gpt_free(&second);
    return status;
}

/* Whether the table of a disk is free of errors: an MBR has its mark, its partitions lie on the disk and its chain of extended ones is
 * whole; of a GPT both copies have right sums and say the same. FixErrors: a copy of a GPT is made anew from the other; errors of an MBR
 * cannot be mended. At or below APC_LEVEL. STATUS_DISK_CORRUPT_ERROR, STATUS_DEVICE_NOT_READY without a size, those of reads and writes.
 * docs: ntddk/nf-ntddk-ioverifypartitiontable */
NTSTATUS NTAPI IoVerifyPartitionTable(PDEVICE_OBJECT DeviceObject, BOOLEAN FixErrors)
{
    struct disk_io disk = { .device = DeviceObject };
    bool gpt = false;
    ULONG64 last;
    NTSTATUS status = disk_io_size(&disk, &last);

    if (NT_SUCCESS(status))
        status = is_gpt(&disk, &gpt);
    if (!NT_SUCCESS(status))
        return status;
    return gpt ? verify_gpt(&disk, last, FixErrors != FALSE) : verify_mbr(&disk, last);
}
