/* Extended request blocks and the data that can follow them. docs: srb/ns-srb-_storage_request_block */
#ifndef RING3_STORPORT_SRB_STORAGE_H
#define RING3_STORPORT_SRB_STORAGE_H

#include <storport/srb_blocks.h>

/* --- addresses ---------------------------------------------------------------------------------------------- */

#define STOR_ADDRESS_TYPE_UNKNOWN 0x0
#define STOR_ADDRESS_TYPE_BTL8 0x1
#define STOR_ADDRESS_TYPE_MAX 0xffff
#define STOR_ADDR_BTL8_ADDRESS_LENGTH 4

typedef struct _STOR_ADDRESS {
    USHORT Type, Port;
    ULONG AddressLength;
    UCHAR AddressData[ANYSIZE_ARRAY];
} STOR_ADDRESS, *PSTOR_ADDRESS;

typedef struct _STOR_ADDR_BTL8 {
    USHORT Type, Port;
    ULONG AddressLength;
    UCHAR Path, Target, Lun, Reserved;
} STOR_ADDR_BTL8, *PSTOR_ADDR_BTL8;
RING3_SIZE(STOR_ADDR_BTL8, 12);
#define STOR_ADDRESS_ALIGN DECLSPEC_ALIGN(8)

/* --- data that follows ----------------------------------------------------------------------------------------- */

typedef enum _SRBEXDATATYPE {
    SrbExDataTypeUnknown = 0, SrbExDataTypeBidirectional, SrbExDataTypeScsiCdb16 = 0x40, SrbExDataTypeScsiCdb32,
    SrbExDataTypeScsiCdbVar, SrbExDataTypeWmi = 0x60, SrbExDataTypePower, SrbExDataTypePnP, SrbExDataTypeIoInfo,
    SrbExDataTypeNvmeCommand, SrbExDataTypeMSReservedStart = (int)0xf0000000, SrbExDataTypeReserved = (int)0xffffffff
} SRBEXDATATYPE, *PSRBEXDATATYPE;

#define SRBEX_DATA_FIELDS SRBEXDATATYPE Type; ULONG Length

typedef struct _SRBEX_DATA {
    SRBEX_DATA_FIELDS;
    UCHAR Data[ANYSIZE_ARRAY];
} SRBEX_DATA, *PSRBEX_DATA;

typedef struct _SRBEX_DATA_BIDIRECTIONAL {
    SRBEX_DATA_FIELDS;
    ULONG DataInTransferLength, Reserved1;
    PVOID DataInBuffer;
} SRBEX_DATA_BIDIRECTIONAL, *PSRBEX_DATA_BIDIRECTIONAL;

typedef struct _SRBEX_DATA_SCSI_CDB16 {
    SRBEX_DATA_FIELDS;
    UCHAR ScsiStatus, SenseInfoBufferLength, CdbLength, Reserved;
    ULONG Reserved1;
    PVOID SenseInfoBuffer;
    UCHAR Cdb[16];
} SRBEX_DATA_SCSI_CDB16, *PSRBEX_DATA_SCSI_CDB16;

typedef struct _SRBEX_DATA_SCSI_CDB32 {
    SRBEX_DATA_FIELDS;
    UCHAR ScsiStatus, SenseInfoBufferLength, CdbLength, Reserved;
    ULONG Reserved1;
    PVOID SenseInfoBuffer;
    UCHAR Cdb[32];
} SRBEX_DATA_SCSI_CDB32, *PSRBEX_DATA_SCSI_CDB32;

typedef struct _SRBEX_DATA_SCSI_CDB_VAR {
    SRBEX_DATA_FIELDS;
    UCHAR ScsiStatus, SenseInfoBufferLength, Reserved[2];
    ULONG CdbLength, Reserved1[2];
    PVOID SenseInfoBuffer;
    UCHAR Cdb[ANYSIZE_ARRAY];
} SRBEX_DATA_SCSI_CDB_VAR, *PSRBEX_DATA_SCSI_CDB_VAR;

typedef struct _SRBEX_DATA_WMI {
    SRBEX_DATA_FIELDS;
    UCHAR WMISubFunction, WMIFlags, Reserved[2];
    ULONG Reserved1;
    PVOID DataPath;
} SRBEX_DATA_WMI, *PSRBEX_DATA_WMI;

typedef struct _SRBEX_DATA_POWER {
    SRBEX_DATA_FIELDS;
    UCHAR SrbPowerFlags, Reserved[3];
    STOR_DEVICE_POWER_STATE DevicePowerState;
    STOR_POWER_ACTION PowerAction;
} SRBEX_DATA_POWER, *PSRBEX_DATA_POWER;

typedef struct _SRBEX_DATA_PNP {
    SRBEX_DATA_FIELDS;
    UCHAR PnPSubFunction, Reserved[3];
    STOR_PNP_ACTION PnPAction;
    ULONG SrbPnPFlags, Reserved1;
} SRBEX_DATA_PNP, *PSRBEX_DATA_PNP;

/* SRBEX_DATA_IO_INFO.Flags and STOR_REQUEST_INFO.Flags */
#define REQUEST_INFO_NO_CACHE_FLAG 0x00000001
#define REQUEST_INFO_PAGING_IO_FLAG 0x00000002
#define REQUEST_INFO_SEQUENTIAL_IO_FLAG 0x00000004
#define REQUEST_INFO_TEMPORARY_FLAG 0x00000008
#define REQUEST_INFO_WRITE_THROUGH_FLAG 0x00000010
#define REQUEST_INFO_HYBRID_WRITE_THROUGH_FLAG 0x00000020
#define REQUEST_INFO_NO_FILE_OBJECT_FLAG 0x00000040
#define REQUEST_INFO_VOLUME_ZERO_OFFSET_FLAG 0x00000080
#define REQUEST_INFO_VALID_CACHEPRIORITY_FLAG 0x80000000

typedef struct _SRBEX_DATA_IO_INFO {
    SRBEX_DATA_FIELDS;
    ULONG Flags, Key, RWLength;
    BOOLEAN IsWriteRequest;
    UCHAR CachePriority, Reserved[2];
    ULONG Reserved1[4];
} SRBEX_DATA_IO_INFO, *PSRBEX_DATA_IO_INFO;

typedef enum _SRBEX_DATA_NVME_COMMAND_TYPE {
    SRBEX_DATA_NVME_COMMAND_TYPE_NVM = 0, SRBEX_DATA_NVME_COMMAND_TYPE_ADMIN
} SRBEX_DATA_NVME_COMMAND_TYPE, *PSRBEX_DATA_NVME_COMMAND_TYPE;

typedef enum _SRBEX_DATA_NVME_COMMAND_FLAG {
    SRBEX_DATA_NVME_COMMAND_FLAG_REQUIRE_DATA_TRANSFER_IN = 0x01,
    SRBEX_DATA_NVME_COMMAND_FLAG_REQUIRE_DATA_TRANSFER_OUT = 0x02,
    SRBEX_DATA_NVME_COMMAND_FLAG_PRP_SET_ALREADY = 0x04,
    SRBEX_DATA_NVME_COMMAND_FLAG_SIGNATURE_ENABLED = 0x08
} SRBEX_DATA_NVME_COMMAND_FLAG, *PSRBEX_DATA_NVME_COMMAND_FLAG;

typedef struct _SRBEX_DATA_NVME_COMMAND {
    SRBEX_DATA_FIELDS;
    ULONG CommandDWORD0, CommandNSID, Reserved0[2];
    ULONGLONG CommandMPTR, CommandPRP1, CommandPRP2;
    ULONG CommandCDW10, CommandCDW11, CommandCDW12, CommandCDW13, CommandCDW14, CommandCDW15;
    SRBEX_DATA_NVME_COMMAND_TYPE CommandType;
    ULONG CommandFlags;
    union {
        struct {
            USHORT P : 1, SC : 8, SCT : 3, Reserved : 2, M : 1, DNR : 1;
        };
        USHORT AsUshort;
    } CommandStatus;
    USHORT Reserved1;
    ULONG Reserved2;
} SRBEX_DATA_NVME_COMMAND, *PSRBEX_DATA_NVME_COMMAND;

/* What Length is: everything behind Type and Length. */
#define SRBEX_DATA_BIDIRECTIONAL_LENGTH (sizeof(SRBEX_DATA_BIDIRECTIONAL) - 8)
#define SRBEX_DATA_SCSI_CDB16_LENGTH (sizeof(SRBEX_DATA_SCSI_CDB16) - 8)
#define SRBEX_DATA_SCSI_CDB32_LENGTH (sizeof(SRBEX_DATA_SCSI_CDB32) - 8)
#define SRBEX_DATA_SCSI_CDB_VAR_LENGTH_MIN (4 * sizeof(UCHAR) + 3 * sizeof(ULONG) + sizeof(PVOID))
#define SRBEX_DATA_SCSI_CDB_VAR_LENGTH_MAX 0xffffffff
#define SRBEX_DATA_WMI_LENGTH (sizeof(SRBEX_DATA_WMI) - 8)
#define SRBEX_DATA_POWER_LENGTH (sizeof(SRBEX_DATA_POWER) - 8)
#define SRBEX_DATA_PNP_LENGTH (sizeof(SRBEX_DATA_PNP) - 8)
#define SRBEX_DATA_IO_INFO_LENGTH (sizeof(SRBEX_DATA_IO_INFO) - 8)
#define SRBEX_DATA_NVME_COMMAND_LENGTH (sizeof(SRBEX_DATA_NVME_COMMAND) - 8)

RING3_SIZE(SRBEX_DATA_SCSI_CDB16, 40);
RING3_SIZE(SRBEX_DATA_SCSI_CDB32, 56);
RING3_OFFSET(SRBEX_DATA_SCSI_CDB16, Cdb, 24);
RING3_OFFSET(SRBEX_DATA_SCSI_CDB_VAR, SenseInfoBuffer, 24);
RING3_OFFSET(SRBEX_DATA_SCSI_CDB_VAR, Cdb, 32);

/* --- the block ---------------------------------------------------------------------------------------------------- */

#define SRB_SIGNATURE 0x53524258
#define STORAGE_REQUEST_BLOCK_VERSION_1 0x1

typedef struct _STORAGE_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function, SrbStatus;
    UCHAR ReservedUlong1[4];
    ULONG Signature, Version, SrbLength, SrbFunction, SrbFlags, ReservedUlong2, RequestTag;
    USHORT RequestPriority, RequestAttribute;
    ULONG TimeOutValue;
    union {
        ULONG SystemStatus, RequestTagEx;
    };
    ULONG ZeroGuard1, AddressOffset, NumSrbExData, DataTransferLength;
    PVOID DataBuffer, ZeroGuard2, OriginalRequest, ClassContext, PortContext, MiniportContext;
    struct _STORAGE_REQUEST_BLOCK *NextSrb;
    ULONG SrbExDataOffset[ANYSIZE_ARRAY];
} STORAGE_REQUEST_BLOCK, *PSTORAGE_REQUEST_BLOCK;
RING3_SIZE(STORAGE_REQUEST_BLOCK, 128);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, Signature, 8);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, SrbFunction, 20);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, TimeOutValue, 40);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, DataTransferLength, 60);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, DataBuffer, 64);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, MiniportContext, 104);
RING3_OFFSET(STORAGE_REQUEST_BLOCK, SrbExDataOffset, 120);

/* The head that both formats share. */
typedef struct _STORAGE_REQUEST_BLOCK_HEADER {
    USHORT Length;
    UCHAR Function, SrbStatus;
} STORAGE_REQUEST_BLOCK_HEADER, *PSTORAGE_REQUEST_BLOCK_HEADER;

#define SRB_TYPE_SCSI_REQUEST_BLOCK 0
#define SRB_TYPE_STORAGE_REQUEST_BLOCK 1
#define STORAGE_ADDRESS_TYPE_BTL8 0

#endif
