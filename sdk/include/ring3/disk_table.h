/* Partition tables as disk drivers read and write them: ntddk.h. The layouts stand in ntdddisk.h. */
#ifndef RING3_DISK_TABLE_H
#define RING3_DISK_TABLE_H

#include <guiddef.h>
#include <ring3/io.h>

RING3_BEGIN_C

struct _DRIVE_LAYOUT_INFORMATION;
struct _DRIVE_LAYOUT_INFORMATION_EX;
struct _CREATE_DISK;
struct _SET_PARTITION_INFORMATION_EX;

typedef struct _DISK_SIGNATURE {
    ULONG PartitionStyle;
    union {
        struct {
            ULONG Signature;
            ULONG CheckSum;
        } Mbr;
        struct {
            GUID DiskId;
        } Gpt;
    };
} DISK_SIGNATURE, *PDISK_SIGNATURE;
RING3_SIZE(DISK_SIGNATURE, 20);

NTKERNELAPI NTSTATUS NTAPI IoReadDiskSignature(PDEVICE_OBJECT DeviceObject, ULONG BytesPerSector, PDISK_SIGNATURE Signature);
NTKERNELAPI NTSTATUS NTAPI IoReadPartitionTableEx(PDEVICE_OBJECT DeviceObject, struct _DRIVE_LAYOUT_INFORMATION_EX **DriveLayout);
NTKERNELAPI NTSTATUS FASTCALL IoReadPartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, BOOLEAN ReturnRecognizedPartitions,
                                                   struct _DRIVE_LAYOUT_INFORMATION **PartitionBuffer);
NTKERNELAPI NTSTATUS NTAPI IoWritePartitionTableEx(PDEVICE_OBJECT DeviceObject, struct _DRIVE_LAYOUT_INFORMATION_EX *DriveLayout);
NTKERNELAPI NTSTATUS FASTCALL IoWritePartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG SectorsPerTrack, ULONG NumberOfHeads,
                                                    struct _DRIVE_LAYOUT_INFORMATION *PartitionBuffer);
NTKERNELAPI NTSTATUS FASTCALL IoSetPartitionInformation(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG PartitionNumber,
                                                        ULONG PartitionType);
NTKERNELAPI NTSTATUS NTAPI IoSetPartitionInformationEx(PDEVICE_OBJECT DeviceObject, ULONG PartitionNumber,
                                                       struct _SET_PARTITION_INFORMATION_EX *PartitionInfo);
NTKERNELAPI NTSTATUS NTAPI IoCreateDisk(PDEVICE_OBJECT DeviceObject, struct _CREATE_DISK *Disk);
NTKERNELAPI NTSTATUS NTAPI IoVerifyPartitionTable(PDEVICE_OBJECT DeviceObject, BOOLEAN FixErrors);
NTHALAPI VOID FASTCALL HalExamineMBR(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG MBRTypeIdentifier, PVOID *Buffer);

RING3_END_C

#endif
