/* Pass-through with long commands, two directions and addresses of any kind, and along one path of a multipath disk.
 * docs: ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through_ex, ntddscsi/ni-ntddscsi-ioctl_mpio_pass_through_path */
#ifndef RING3_STORPORT_PASS_THROUGH_EX_H
#define RING3_STORPORT_PASS_THROUGH_EX_H

#include <ntddscsi.h>
#include <ntdef.h>
#include <ring3/layout.h>

typedef struct _SCSI_PASS_THROUGH_EX {
    ULONG Version, Length, CdbLength, StorAddressLength;
    UCHAR ScsiStatus, SenseInfoLength, DataDirection, Reserved;
    ULONG TimeOutValue, StorAddressOffset, SenseInfoOffset, DataOutTransferLength, DataInTransferLength;
    ULONG_PTR DataOutBufferOffset, DataInBufferOffset;
    UCHAR Cdb[ANYSIZE_ARRAY];
} SCSI_PASS_THROUGH_EX, *PSCSI_PASS_THROUGH_EX;

typedef struct _SCSI_PASS_THROUGH_DIRECT_EX {
    ULONG Version, Length, CdbLength, StorAddressLength;
    UCHAR ScsiStatus, SenseInfoLength, DataDirection, Reserved;
    ULONG TimeOutValue, StorAddressOffset, SenseInfoOffset, DataOutTransferLength, DataInTransferLength;
    PVOID DataOutBuffer, DataInBuffer;
    UCHAR Cdb[ANYSIZE_ARRAY];
} SCSI_PASS_THROUGH_DIRECT_EX, *PSCSI_PASS_THROUGH_DIRECT_EX;

typedef struct _SCSI_PASS_THROUGH32_EX {
    ULONG Version, Length, CdbLength, StorAddressLength;
    UCHAR ScsiStatus, SenseInfoLength, DataDirection, Reserved;
    ULONG TimeOutValue, StorAddressOffset, SenseInfoOffset, DataOutTransferLength, DataInTransferLength;
    ULONG DataOutBufferOffset, DataInBufferOffset;
    UCHAR Cdb[ANYSIZE_ARRAY];
} SCSI_PASS_THROUGH32_EX, *PSCSI_PASS_THROUGH32_EX;

typedef struct _SCSI_PASS_THROUGH_DIRECT32_EX {
    ULONG Version, Length, CdbLength, StorAddressLength;
    UCHAR ScsiStatus, SenseInfoLength, DataDirection, Reserved;
    ULONG TimeOutValue, StorAddressOffset, SenseInfoOffset, DataOutTransferLength, DataInTransferLength;
    RING3_POINTER32 DataOutBuffer, DataInBuffer;
    UCHAR Cdb[ANYSIZE_ARRAY];
} SCSI_PASS_THROUGH_DIRECT32_EX, *PSCSI_PASS_THROUGH_DIRECT32_EX;

typedef struct _MPIO_PASS_THROUGH_PATH {
    SCSI_PASS_THROUGH PassThrough;
    ULONG Version;
    USHORT Length;
    UCHAR Flags, PortNumber;
    ULONGLONG MpioPathId;
} MPIO_PASS_THROUGH_PATH, *PMPIO_PASS_THROUGH_PATH;

typedef struct _MPIO_PASS_THROUGH_PATH_DIRECT {
    SCSI_PASS_THROUGH_DIRECT PassThrough;
    ULONG Version;
    USHORT Length;
    UCHAR Flags, PortNumber;
    ULONGLONG MpioPathId;
} MPIO_PASS_THROUGH_PATH_DIRECT, *PMPIO_PASS_THROUGH_PATH_DIRECT;

typedef struct _MPIO_PASS_THROUGH_PATH_EX {
    ULONG PassThroughOffset, Version;
    USHORT Length;
    UCHAR Flags, PortNumber;
    ULONGLONG MpioPathId;
} MPIO_PASS_THROUGH_PATH_EX, *PMPIO_PASS_THROUGH_PATH_EX;

typedef struct _MPIO_PASS_THROUGH_PATH_DIRECT_EX {
    ULONG PassThroughOffset, Version;
    USHORT Length;
    UCHAR Flags, PortNumber;
    ULONGLONG MpioPathId;
} MPIO_PASS_THROUGH_PATH_DIRECT_EX, *PMPIO_PASS_THROUGH_PATH_DIRECT_EX;

RING3_SIZE(SCSI_PASS_THROUGH_EX, 64);
RING3_OFFSET(SCSI_PASS_THROUGH_EX, DataOutBufferOffset, 40);
RING3_OFFSET(SCSI_PASS_THROUGH_EX, Cdb, 56);
RING3_SIZE(SCSI_PASS_THROUGH_DIRECT_EX, 64);
RING3_OFFSET(SCSI_PASS_THROUGH_DIRECT32_EX, Cdb, 48);
RING3_SIZE(MPIO_PASS_THROUGH_PATH, 72);
RING3_SIZE(MPIO_PASS_THROUGH_PATH_EX, 24);

#endif
