/* A disk in memory whose device answers reads, writes and the geometry, for the tests of partition tables. */
#ifndef MEMORY_DISK_H
#define MEMORY_DISK_H

#include "helpers.h"

#include <ntdddisk.h>

#define SECTOR 512u
#define SECTORS 4096u

static UCHAR *disk;
static PDEVICE_OBJECT device;

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI ReadWrite(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    LONGLONG offset = s->Parameters.Read.ByteOffset.QuadPart;
    ULONG length = s->Parameters.Read.Length;

    (void)object;
    if (offset < 0 || offset % SECTOR || length % SECTOR || offset + length > (LONGLONG)SECTORS * SECTOR)
        return Complete(irp, STATUS_INVALID_PARAMETER, 0);
    if (s->MajorFunction == IRP_MJ_READ)
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, disk + offset, length);
    else
        RtlCopyMemory(disk + offset, irp->AssociatedIrp.SystemBuffer, length);
    return Complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PDISK_GEOMETRY geometry = irp->AssociatedIrp.SystemBuffer;

    (void)object;
    if (s->Parameters.DeviceIoControl.IoControlCode != IOCTL_DISK_GET_DRIVE_GEOMETRY)
        return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    RtlZeroMemory(geometry, sizeof(*geometry));
    geometry->MediaType = FixedMedia;
    geometry->Cylinders.QuadPart = 1;
    geometry->TracksPerCylinder = 1;
    geometry->SectorsPerTrack = SECTORS;
    geometry->BytesPerSector = SECTOR;
    return Complete(irp, STATUS_SUCCESS, sizeof(*geometry));
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_READ] = ReadWrite;
    TestDriverObject->MajorFunction[IRP_MJ_WRITE] = ReadWrite;
    TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    disk = ExAllocatePoolWithTag(NonPagedPoolNx, SECTORS * SECTOR, 'ksiD');
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &device);
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(device);
    ExFreePoolWithTag(disk, 'ksiD');
}

static inline void Put32(ULONG offset, ULONG value)
{
    RtlCopyMemory(disk + offset, &value, sizeof(value));
}

static inline void PutEntry(ULONG table, ULONG index, UCHAR type, ULONG start, ULONG count)
{
    ULONG at = table * SECTOR + 446 + 16 * index;

    disk[at + 4] = type;
    Put32(at + 8, start);
    Put32(at + 12, count);
}

static inline void Mark(ULONG table)
{
    disk[table * SECTOR + 510] = 0x55;
    disk[table * SECTOR + 511] = 0xAA;
}

/* A GUID partition table with one partition, sectors 100 to 299. */
static inline void MakeGptDisk(void)
{
    UCHAR *header = disk + SECTOR, *entries = disk + 2 * SECTOR;
    ULONG64 words[] = { 1, SECTORS - 1, 34, SECTORS - 34 };

    RtlZeroMemory(disk, SECTORS * SECTOR);
    Mark(0);
    PutEntry(0, 0, 0xEE, 1, SECTORS - 1);
    entries[0] = 0xA2;
    entries[16] = 0x77;
    *(ULONG64 *)(entries + 32) = 100;
    *(ULONG64 *)(entries + 40) = 299;
    *(ULONG64 *)(entries + 48) = 5;
    RtlCopyMemory(entries + 56, L"data", 10);
    RtlCopyMemory(header, "EFI PART", 8);
    *(ULONG *)(header + 8) = 0x10000;
    *(ULONG *)(header + 12) = 92;
    RtlCopyMemory(header + 24, words, sizeof(words));
    header[56] = 0x99;
    *(ULONG64 *)(header + 72) = 2;
    *(ULONG *)(header + 80) = 128;
    *(ULONG *)(header + 84) = 128;
    *(ULONG *)(header + 88) = RtlCrc32(entries, 128 * 128, 0);
    *(ULONG *)(header + 16) = RtlCrc32(header, 92, 0);
}

#endif
