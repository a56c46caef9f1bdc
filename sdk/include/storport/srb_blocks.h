/* SCSI request blocks of the first format. docs: srb/ns-srb-_scsi_request_block */
#ifndef RING3_STORPORT_SRB_BLOCKS_H
#define RING3_STORPORT_SRB_BLOCKS_H

#include <ntdef.h>
#include <ring3/layout.h>
#include <storport/srb_codes.h>

typedef PHYSICAL_ADDRESS SCSI_PHYSICAL_ADDRESS, *PSCSI_PHYSICAL_ADDRESS;

typedef enum _STOR_DEVICE_POWER_STATE {
    StorPowerDeviceUnspecified = 0, StorPowerDeviceD0, StorPowerDeviceD1, StorPowerDeviceD2, StorPowerDeviceD3,
    StorPowerDeviceMaximum
} STOR_DEVICE_POWER_STATE, *PSTOR_DEVICE_POWER_STATE;

typedef enum _STOR_POWER_ACTION {
    StorPowerActionNone = 0, StorPowerActionReserved, StorPowerActionSleep, StorPowerActionHibernate,
    StorPowerActionShutdown, StorPowerActionShutdownReset, StorPowerActionShutdownOff, StorPowerActionWarmEject
} STOR_POWER_ACTION, *PSTOR_POWER_ACTION;

typedef enum _STOR_PNP_ACTION {
    StorStartDevice = 0x0, StorRemoveDevice = 0x2, StorStopDevice = 0x4, StorQueryCapabilities = 0x9,
    StorQueryResourceRequirements = 0xB, StorFilterResourceRequirements = 0xD, StorSurpriseRemoval = 0x17
} STOR_PNP_ACTION, *PSTOR_PNP_ACTION;

typedef struct _SCSI_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function, SrbStatus, ScsiStatus, PathId, TargetId, Lun, QueueTag, QueueAction, CdbLength, SenseInfoBufferLength;
    ULONG SrbFlags, DataTransferLength, TimeOutValue;
    PVOID DataBuffer, SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest, SrbExtension;
    union {
        ULONG InternalStatus, QueueSortKey, LinkTimeoutValue;
    };
    ULONG Reserved;
    UCHAR Cdb[16];
} SCSI_REQUEST_BLOCK, *PSCSI_REQUEST_BLOCK;
#define SCSI_REQUEST_BLOCK_SIZE sizeof(SCSI_REQUEST_BLOCK)
RING3_SIZE(SCSI_REQUEST_BLOCK, 88);
RING3_OFFSET(SCSI_REQUEST_BLOCK, SrbFlags, 12);
RING3_OFFSET(SCSI_REQUEST_BLOCK, DataBuffer, 24);
RING3_OFFSET(SCSI_REQUEST_BLOCK, SrbExtension, 56);
RING3_OFFSET(SCSI_REQUEST_BLOCK, Cdb, 72);

typedef struct _SCSI_WMI_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function, SrbStatus, WMISubFunction, PathId, TargetId, Lun, Reserved1, WMIFlags, Reserved2[2];
    ULONG SrbFlags, DataTransferLength, TimeOutValue;
    PVOID DataBuffer, DataPath, Reserved3, OriginalRequest, SrbExtension;
    ULONG Reserved4, Reserved6;
    UCHAR Reserved5[16];
} SCSI_WMI_REQUEST_BLOCK, *PSCSI_WMI_REQUEST_BLOCK;
RING3_SIZE(SCSI_WMI_REQUEST_BLOCK, 88);

typedef struct _SCSI_POWER_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function, SrbStatus, SrbPowerFlags, PathId, TargetId, Lun;
    STOR_DEVICE_POWER_STATE DevicePowerState;
    ULONG SrbFlags, DataTransferLength, TimeOutValue;
    PVOID DataBuffer, SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest, SrbExtension;
    STOR_POWER_ACTION PowerAction;
    ULONG Reserved;
    UCHAR Reserved5[16];
} SCSI_POWER_REQUEST_BLOCK, *PSCSI_POWER_REQUEST_BLOCK;
RING3_SIZE(SCSI_POWER_REQUEST_BLOCK, 88);

typedef struct _SCSI_PNP_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function, SrbStatus, PnPSubFunction, PathId, TargetId, Lun;
    STOR_PNP_ACTION PnPAction;
    ULONG SrbFlags, DataTransferLength, TimeOutValue;
    PVOID DataBuffer, SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest, SrbExtension;
    ULONG SrbPnPFlags, Reserved;
    UCHAR Reserved4[16];
} SCSI_PNP_REQUEST_BLOCK, *PSCSI_PNP_REQUEST_BLOCK;
RING3_SIZE(SCSI_PNP_REQUEST_BLOCK, 88);

typedef struct _STOR_DEVICE_CAPABILITIES {
    USHORT Version;
    USHORT : 16;                        /* every compiler begins the bits at 4 */
    ULONG DeviceD1 : 1, DeviceD2 : 1, LockSupported : 1, EjectSupported : 1, Removable : 1, DockDevice : 1, UniqueID : 1;
    ULONG SilentInstall : 1, SurpriseRemovalOK : 1, NoDisplayInUI : 1;
} STOR_DEVICE_CAPABILITIES, *PSTOR_DEVICE_CAPABILITIES;
RING3_SIZE(STOR_DEVICE_CAPABILITIES, 8);

#define STOR_DEVICE_CAPABILITIES_EX_VERSION_1 1

typedef struct _STOR_DEVICE_CAPABILITIES_EX {
    USHORT Version, Size;
    ULONG DeviceD1 : 1, DeviceD2 : 1, LockSupported : 1, EjectSupported : 1, Removable : 1, DockDevice : 1, UniqueID : 1;
    ULONG SilentInstall : 1, RawDeviceOK : 1, SurpriseRemovalOK : 1, NoDisplayInUI : 1, DefaultWriteCacheEnabled : 1;
    ULONG Reserved0 : 20;
    ULONG Address, UINumber, Reserved1[2];
} STOR_DEVICE_CAPABILITIES_EX, *PSTOR_DEVICE_CAPABILITIES_EX;
RING3_SIZE(STOR_DEVICE_CAPABILITIES_EX, 24);
RING3_OFFSET(STOR_DEVICE_CAPABILITIES_EX, Address, 8);

#endif
