/* Commands and data of a device in its own protocol: ATA, NVMe, SCSI, SD, UFS.
 * docs: ntddstor/ns-ntddstor-_storage_protocol_specific_data, ntddstor/ni-ntddstor-ioctl_storage_protocol_command */
#ifndef RING3_STORPORT_STORAGE_PROTOCOL_H
#define RING3_STORPORT_STORAGE_PROTOCOL_H

#include <ntdef.h>
#include <ring3/layout.h>

#define STORAGE_PROTOCOL_STRUCTURE_VERSION 1
#define STORAGE_PROTOCOL_COMMAND_FLAG_ADAPTER_REQUEST 0x80000000

/* STORAGE_PROTOCOL_COMMAND.ReturnStatus */
#define STORAGE_PROTOCOL_STATUS_PENDING 0x0
#define STORAGE_PROTOCOL_STATUS_SUCCESS 0x1
#define STORAGE_PROTOCOL_STATUS_ERROR 0x2
#define STORAGE_PROTOCOL_STATUS_INVALID_REQUEST 0x3
#define STORAGE_PROTOCOL_STATUS_NO_DEVICE 0x4
#define STORAGE_PROTOCOL_STATUS_BUSY 0x5
#define STORAGE_PROTOCOL_STATUS_DATA_OVERRUN 0x6
#define STORAGE_PROTOCOL_STATUS_INSUFFICIENT_RESOURCES 0x7
#define STORAGE_PROTOCOL_STATUS_THROTTLED_REQUEST 0x8
#define STORAGE_PROTOCOL_STATUS_NOT_SUPPORTED 0xff

#define STORAGE_PROTOCOL_COMMAND_LENGTH_NVME 0x40
#define STORAGE_PROTOCOL_SPECIFIC_NVME_ADMIN_COMMAND 0x01
#define STORAGE_PROTOCOL_SPECIFIC_NVME_NVM_COMMAND 0x02

typedef enum _STORAGE_PROTOCOL_TYPE {
    ProtocolTypeUnknown = 0, ProtocolTypeScsi, ProtocolTypeAta, ProtocolTypeNvme, ProtocolTypeSd, ProtocolTypeUfs,
    ProtocolTypeProprietary = 126, ProtocolTypeMaxReserved
} STORAGE_PROTOCOL_TYPE, *PSTORAGE_PROTOCOL_TYPE;

typedef enum _STORAGE_PROTOCOL_NVME_DATA_TYPE {
    NVMeDataTypeUnknown = 0, NVMeDataTypeIdentify, NVMeDataTypeLogPage, NVMeDataTypeFeature
} STORAGE_PROTOCOL_NVME_DATA_TYPE, *PSTORAGE_PROTOCOL_NVME_DATA_TYPE;

typedef enum _STORAGE_PROTOCOL_ATA_DATA_TYPE {
    AtaDataTypeUnknown = 0, AtaDataTypeIdentify, AtaDataTypeLogPage
} STORAGE_PROTOCOL_ATA_DATA_TYPE, *PSTORAGE_PROTOCOL_ATA_DATA_TYPE;

typedef enum _STORAGE_PROTOCOL_UFS_DATA_TYPE {
    UfsDataTypeUnknown = 0, UfsDataTypeQueryDescriptor, UfsDataTypeQueryAttribute, UfsDataTypeQueryFlag,
    UfsDataTypeQueryDmeAttribute, UfsDataTypeQueryDmePeerAttribute, UfsDataTypeMax
} STORAGE_PROTOCOL_UFS_DATA_TYPE, *PSTORAGE_PROTOCOL_UFS_DATA_TYPE;

typedef union _STORAGE_PROTOCOL_DATA_SUBVALUE_GET_LOG_PAGE {
    struct {
        ULONG RetainAsynEvent : 1, LogSpecificField : 4, Reserved0 : 3, UUIDIndex : 7, Reserved : 17;
    };
    ULONG AsUlong;
} STORAGE_PROTOCOL_DATA_SUBVALUE_GET_LOG_PAGE, *PSTORAGE_PROTOCOL_DATA_SUBVALUE_GET_LOG_PAGE;

typedef struct _STORAGE_PROTOCOL_SPECIFIC_DATA {
    STORAGE_PROTOCOL_TYPE ProtocolType;
    ULONG DataType, ProtocolDataRequestValue, ProtocolDataRequestSubValue, ProtocolDataOffset, ProtocolDataLength;
    ULONG FixedProtocolReturnData, ProtocolDataRequestSubValue2, ProtocolDataRequestSubValue3;
    ULONG ProtocolDataRequestSubValue4;
} STORAGE_PROTOCOL_SPECIFIC_DATA, *PSTORAGE_PROTOCOL_SPECIFIC_DATA;

typedef struct _STORAGE_PROTOCOL_SPECIFIC_DATA_EXT {
    STORAGE_PROTOCOL_TYPE ProtocolType;
    ULONG DataType, ProtocolDataValue, ProtocolDataSubValue, ProtocolDataOffset, ProtocolDataLength;
    ULONG FixedProtocolReturnData, ProtocolDataSubValue2, ProtocolDataSubValue3, ProtocolDataSubValue4;
    ULONG ProtocolDataSubValue5, Reserved[5];
} STORAGE_PROTOCOL_SPECIFIC_DATA_EXT, *PSTORAGE_PROTOCOL_SPECIFIC_DATA_EXT;

typedef struct _STORAGE_PROTOCOL_DATA_DESCRIPTOR {
    ULONG Version, Size;
    STORAGE_PROTOCOL_SPECIFIC_DATA ProtocolSpecificData;
} STORAGE_PROTOCOL_DATA_DESCRIPTOR, *PSTORAGE_PROTOCOL_DATA_DESCRIPTOR;

typedef struct _STORAGE_PROTOCOL_DATA_DESCRIPTOR_EXT {
    ULONG Version, Size;
    STORAGE_PROTOCOL_SPECIFIC_DATA_EXT ProtocolSpecificData;
} STORAGE_PROTOCOL_DATA_DESCRIPTOR_EXT, *PSTORAGE_PROTOCOL_DATA_DESCRIPTOR_EXT;

typedef struct _STORAGE_PROTOCOL_COMMAND {
    ULONG Version, Length;
    STORAGE_PROTOCOL_TYPE ProtocolType;
    ULONG Flags, ReturnStatus, ErrorCode, CommandLength, ErrorInfoLength, DataToDeviceTransferLength;
    ULONG DataFromDeviceTransferLength, TimeOutValue, ErrorInfoOffset, DataToDeviceBufferOffset;
    ULONG DataFromDeviceBufferOffset, CommandSpecific, Reserved0, FixedProtocolReturnData, Reserved1[3];
    UCHAR Command[ANYSIZE_ARRAY];
} STORAGE_PROTOCOL_COMMAND, *PSTORAGE_PROTOCOL_COMMAND;

RING3_SIZE(STORAGE_PROTOCOL_DATA_SUBVALUE_GET_LOG_PAGE, 4);
RING3_SIZE(STORAGE_PROTOCOL_SPECIFIC_DATA, 40);
RING3_SIZE(STORAGE_PROTOCOL_SPECIFIC_DATA_EXT, 64);
RING3_SIZE(STORAGE_PROTOCOL_DATA_DESCRIPTOR, 48);
RING3_SIZE(STORAGE_PROTOCOL_DATA_DESCRIPTOR_EXT, 72);
RING3_SIZE(STORAGE_PROTOCOL_COMMAND, 84);
RING3_OFFSET(STORAGE_PROTOCOL_COMMAND, Command, 80);

#endif
