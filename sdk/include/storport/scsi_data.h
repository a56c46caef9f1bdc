/* What commands of block devices answer and take: capacity, provisioning, reservations, LUN lists, tokens. */
#ifndef RING3_STORPORT_SCSI_DATA_H
#define RING3_STORPORT_SCSI_DATA_H

#include <ntdef.h>
#include <ring3/layout.h>

#define RESERVATION_ACTION_READ_KEYS 0x00
#define RESERVATION_ACTION_READ_RESERVATIONS 0x01
#define RESERVATION_ACTION_REGISTER 0x00
#define RESERVATION_ACTION_RESERVE 0x01
#define RESERVATION_ACTION_RELEASE 0x02
#define RESERVATION_ACTION_CLEAR 0x03
#define RESERVATION_ACTION_PREEMPT 0x04
#define RESERVATION_ACTION_PREEMPT_ABORT 0x05
#define RESERVATION_ACTION_REGISTER_IGNORE_EXISTING 0x06
#define RESERVATION_SCOPE_LU 0x00
#define RESERVATION_SCOPE_ELEMENT 0x02
#define RESERVATION_TYPE_WRITE_EXCLUSIVE 0x01
#define RESERVATION_TYPE_EXCLUSIVE 0x03
#define RESERVATION_TYPE_WRITE_EXCLUSIVE_REGISTRANTS 0x05
#define RESERVATION_TYPE_EXCLUSIVE_REGISTRANTS 0x06

#pragma pack(push, 1)

typedef struct _READ_CAPACITY_DATA {
    ULONG LogicalBlockAddress, BytesPerBlock;
} READ_CAPACITY_DATA, *PREAD_CAPACITY_DATA;

typedef struct _READ_CAPACITY_DATA_EX {
    LARGE_INTEGER LogicalBlockAddress;
    ULONG BytesPerBlock;
} READ_CAPACITY_DATA_EX, *PREAD_CAPACITY_DATA_EX;

typedef struct _READ_BLOCK_LIMITS {
    UCHAR Reserved, BlockMaximumSize[3], BlockMinimumSize[2];
} READ_BLOCK_LIMITS_DATA, *PREAD_BLOCK_LIMITS_DATA;

typedef struct _LUN_LIST {
    UCHAR LunListLength[4], Reserved[4], Lun[0][8];
} LUN_LIST, *PLUN_LIST;

typedef struct _PRI_REGISTRATION_LIST {
    UCHAR Generation[4], AdditionalLength[4], ReservationKeyList[0][8];
} PRI_REGISTRATION_LIST, *PPRI_REGISTRATION_LIST;

typedef struct _PRI_RESERVATION_DESCRIPTOR {
    UCHAR ReservationKey[8], ScopeSpecificAddress[4], Reserved, Type : 4, Scope : 4, Obsolete[2];
} PRI_RESERVATION_DESCRIPTOR, *PPRI_RESERVATION_DESCRIPTOR;

typedef struct _PRI_RESERVATION_LIST {
    UCHAR Generation[4], AdditionalLength[4];
    PRI_RESERVATION_DESCRIPTOR Reservations[];
} PRI_RESERVATION_LIST, *PPRI_RESERVATION_LIST;

typedef struct _PRO_PARAMETER_LIST {
    UCHAR ReservationKey[8], ServiceActionReservationKey[8], ScopeSpecificAddress[4];
    UCHAR ActivatePersistThroughPowerLoss : 1, Reserved1 : 1, AllTargetPorts : 1, SpecifyInitiatorPorts : 1, Reserved2 : 4;
    UCHAR Reserved3, Obsolete[2];
} PRO_PARAMETER_LIST, *PPRO_PARAMETER_LIST;

/* Diagnostic pages of enclosures: microcode that is sent to them, and what became of it. */
typedef struct _SES_DOWNLOAD_MICROCODE_CONTROL_DIAGNOSTIC_PAGE {
    UCHAR PageCode, SubEnclosureId, PageLength[2], ExpectedGenerationCode[4], Mode, Reserved[2], BufferID, BufferOffset[4];
    UCHAR ImageLength[4], DataLength[4], Data[ANYSIZE_ARRAY];
} SES_DOWNLOAD_MICROCODE_CONTROL_DIAGNOSTIC_PAGE, *PSES_DOWNLOAD_MICROCODE_CONTROL_DIAGNOSTIC_PAGE;

typedef struct _SES_DOWNLOAD_MICROCODE_STATUS_DESCRIPTOR {
    UCHAR Reserved1, SubEnclosureId, Status, AdditionalStatus, MaximumImageSize[4], Reserved2[3], ExpectedBufferId;
    UCHAR ExpectedBufferOffset;
} SES_DOWNLOAD_MICROCODE_STATUS_DESCRIPTOR, *PSES_DOWNLOAD_MICROCODE_STATUS_DESCRIPTOR;

typedef struct _SES_DOWNLOAD_MICROCODE_STATUS_DIAGNOSTIC_PAGE {
    UCHAR PageCode, NumberOfSecondarySubEnclosures, PageLength[2], GenerationCode[4];
    SES_DOWNLOAD_MICROCODE_STATUS_DESCRIPTOR Descriptors[ANYSIZE_ARRAY];
} SES_DOWNLOAD_MICROCODE_STATUS_DIAGNOSTIC_PAGE, *PSES_DOWNLOAD_MICROCODE_STATUS_DIAGNOSTIC_PAGE;

typedef struct _TAPE_POSITION_DATA {
    UCHAR Reserved1 : 2, BlockPositionUnsupported : 1, Reserved2 : 3, EndOfPartition : 1, BeginningOfPartition : 1;
    UCHAR PartitionNumber;
    USHORT Reserved3;
    UCHAR FirstBlock[4], LastBlock[4], Reserved4, NumberOfBlocks[3], NumberOfBytes[4];
} TAPE_POSITION_DATA, *PTAPE_POSITION_DATA;

typedef struct _SCSI_EXTENDED_MESSAGE {
    UCHAR InitialMessageCode, MessageLength, MessageType;
    union _EXTENDED_ARGUMENTS {
        struct {
            UCHAR Modifier[4];
        } Modify;
        struct {
            UCHAR TransferPeriod, ReqAckOffset;
        } Synchronous;
        struct {
            UCHAR Width;
        } Wide;
    } ExtendedArguments;
} SCSI_EXTENDED_MESSAGE, *PSCSI_EXTENDED_MESSAGE;

typedef union _EIGHT_BYTE {
    struct {
        UCHAR Byte0, Byte1, Byte2, Byte3, Byte4, Byte5, Byte6, Byte7;
    };
    ULONGLONG AsULongLong;
} EIGHT_BYTE, *PEIGHT_BYTE;

typedef union _FOUR_BYTE {
    struct {
        UCHAR Byte0, Byte1, Byte2, Byte3;
    };
    ULONG AsULong;
} FOUR_BYTE, *PFOUR_BYTE;

typedef union _TWO_BYTE {
    struct {
        UCHAR Byte0, Byte1;
    };
    USHORT AsUShort;
} TWO_BYTE, *PTWO_BYTE;

typedef struct _READ_CAPACITY16_DATA {
    LARGE_INTEGER LogicalBlockAddress;
    ULONG BytesPerBlock;
    UCHAR ProtectionEnable : 1, ProtectionType : 3, RcBasisSupported : 2, Reserved : 2;
    UCHAR LogicalPerPhysicalExponent : 4, ProtectionInfoExponent : 4;
    UCHAR LowestAlignedBlock_MSB : 6, LBPRZ : 1, LBPME : 1, LowestAlignedBlock_LSB;
    UCHAR Reserved3[16];
} READ_CAPACITY16_DATA, *PREAD_CAPACITY16_DATA;

/* Numbers in these lists are big-endian. */
typedef struct _UNMAP_BLOCK_DESCRIPTOR {
    UCHAR StartingLba[8], LbaCount[4], Reserved[4];
} UNMAP_BLOCK_DESCRIPTOR, *PUNMAP_BLOCK_DESCRIPTOR;

typedef struct _UNMAP_LIST_HEADER {
    UCHAR DataLength[2], BlockDescrDataLength[2], Reserved[4];
    UNMAP_BLOCK_DESCRIPTOR Descriptors[];
} UNMAP_LIST_HEADER, *PUNMAP_LIST_HEADER;

#define LBA_STATUS_MAPPED 0x0
#define LBA_STATUS_DEALLOCATED 0x1
#define LBA_STATUS_ANCHORED 0x2

typedef struct _LBA_STATUS_DESCRIPTOR {
    ULONGLONG StartingLBA;
    ULONG LogicalBlockCount;
    UCHAR ProvisioningStatus : 4, Reserved1 : 4, Reserved2[3];
} LBA_STATUS_DESCRIPTOR, *PLBA_STATUS_DESCRIPTOR;

typedef struct _LBA_STATUS_LIST_HEADER {
    ULONG ParameterLength, Reserved;
    LBA_STATUS_DESCRIPTOR Descriptors[];
} LBA_STATUS_LIST_HEADER, *PLBA_STATUS_LIST_HEADER;

typedef struct _ZONE_DESCRIPTIOR {
    UCHAR ZoneType : 4, Reserved1 : 4, Reset : 1, Non_Seq : 1, Reserved2 : 2, ZoneCondition : 4, Reserved3[6];
    UCHAR ZoneLength[8], ZoneStartLBA[8], WritePointerLBA[8], Reserved4[32];
} ZONE_DESCRIPTIOR, *PZONE_DESCRIPTIOR;

typedef struct _REPORT_ZONES_DATA {
    UCHAR ZoneListLength[4], Same : 4, Reserved1 : 4, Reserved2[3], MaxLBA[8], Reserved3[48];
    ZONE_DESCRIPTIOR ZoneDescriptors[];
} REPORT_ZONES_DATA, *PREPORT_ZONES_DATA;

#define BLOCK_DEVICE_TOKEN_SIZE 512

typedef struct BLOCK_DEVICE_TOKEN_DESCRIPTOR {
    UCHAR TokenIdentifier[2], Token[BLOCK_DEVICE_TOKEN_SIZE];
} BLOCK_DEVICE_TOKEN_DESCRIPTOR, *PBLOCK_DEVICE_TOKEN_DESCRIPTOR;

typedef struct BLOCK_DEVICE_RANGE_DESCRIPTOR {
    UCHAR LogicalBlockAddress[8], TransferLength[4], Reserved[4];
} BLOCK_DEVICE_RANGE_DESCRIPTOR, *PBLOCK_DEVICE_RANGE_DESCRIPTOR;

typedef struct _WINDOWS_BLOCK_DEVICE_TOKEN_LIMITS_DESCRIPTOR {
    UCHAR DescriptorType[2], DescriptorLength[2], VendorSpecific[6], MaximumRangeDescriptors[2], MaximumInactivityTimer[4];
    UCHAR DefaultInactivityTimer[4], MaximumTokenTransferSize[8], OptimalTransferCount[8];
} WINDOWS_BLOCK_DEVICE_TOKEN_LIMITS_DESCRIPTOR, *PWINDOWS_BLOCK_DEVICE_TOKEN_LIMITS_DESCRIPTOR;

typedef struct POPULATE_TOKEN_HEADER {
    UCHAR PopulateTokenDataLength[2], Immediate : 1, Reserved1 : 7, Reserved2, InactivityTimeout[4], Reserved3[6];
    UCHAR BlockDeviceRangeDescriptorListLength[2];
    UCHAR BlockDeviceRangeDescriptor[ANYSIZE_ARRAY];
} POPULATE_TOKEN_HEADER, *PPOPULATE_TOKEN_HEADER;

typedef struct WRITE_USING_TOKEN_HEADER {
    UCHAR WriteUsingTokenDataLength[2], Immediate : 1, Reserved1 : 7, Reserved2[5], BlockOffsetIntoToken[8];
    UCHAR Token[BLOCK_DEVICE_TOKEN_SIZE], Reserved3[6], BlockDeviceRangeDescriptorListLength[2];
    UCHAR BlockDeviceRangeDescriptor[ANYSIZE_ARRAY];
} WRITE_USING_TOKEN_HEADER, *PWRITE_USING_TOKEN_HEADER;

typedef struct RECEIVE_TOKEN_INFORMATION_HEADER {
    UCHAR AvailableData[4], ResponseToServiceAction : 5, Reserved1 : 3, OperationStatus : 7, Reserved2 : 1;
    UCHAR OperationCounter[2], EstimatedStatusUpdateDelay[4], CompletionStatus, SenseDataFieldLength, SenseDataLength;
    UCHAR TransferCountUnits, TransferCount[8], SegmentsProcessed[2], Reserved3[6];
    UCHAR SenseData[ANYSIZE_ARRAY];
} RECEIVE_TOKEN_INFORMATION_HEADER, *PRECEIVE_TOKEN_INFORMATION_HEADER;

typedef struct RECEIVE_TOKEN_INFORMATION_RESPONSE_HEADER {
    UCHAR TokenDescriptorsLength[4];
    UCHAR TokenDescriptor[ANYSIZE_ARRAY];
} RECEIVE_TOKEN_INFORMATION_RESPONSE_HEADER, *PRECEIVE_TOKEN_INFORMATION_RESPONSE_HEADER;

typedef struct _RT_PARAMETER_DATA {
    UCHAR ParameterDataLength[2], Origin : 3, Reserved1 : 5, Reserved2, Timestamp[6], Reserved3[2];
} RT_PARAMETER_DATA, *PRT_PARAMETER_DATA;

typedef struct _ST_PARAMETER_DATA {
    UCHAR Reserved1[4], Timestamp[6], Reserved2[2];
} ST_PARAMETER_DATA, *PST_PARAMETER_DATA;

#pragma pack(pop)

/* Between big-endian bytes in memory and the processor's order. Source and destination may not overlap. */
#define REVERSE_BYTES_SHORT(Destination, Source) \
    do { \
        PTWO_BYTE to_ = (PTWO_BYTE)(Destination), from_ = (PTWO_BYTE)(Source); \
        to_->Byte0 = from_->Byte1; \
        to_->Byte1 = from_->Byte0; \
    } while (0)
#define REVERSE_BYTES(Destination, Source) \
    do { \
        PFOUR_BYTE to_ = (PFOUR_BYTE)(Destination), from_ = (PFOUR_BYTE)(Source); \
        to_->Byte0 = from_->Byte3; \
        to_->Byte1 = from_->Byte2; \
        to_->Byte2 = from_->Byte1; \
        to_->Byte3 = from_->Byte0; \
    } while (0)
#define REVERSE_BYTES_QUAD(Destination, Source) \
    do { \
        REVERSE_BYTES(&((PEIGHT_BYTE)(Destination))->Byte0, &((PEIGHT_BYTE)(Source))->Byte4); \
        REVERSE_BYTES(&((PEIGHT_BYTE)(Destination))->Byte4, &((PEIGHT_BYTE)(Source))->Byte0); \
    } while (0)
/* In place. */
#define REVERSE_SHORT(Short) \
    do { \
        PTWO_BYTE both_ = (PTWO_BYTE)(Short); \
        UCHAR first_ = both_->Byte0; \
        both_->Byte0 = both_->Byte1; \
        both_->Byte1 = first_; \
    } while (0)
#define REVERSE_LONG(Long) \
    do { \
        FOUR_BYTE copy_ = *(PFOUR_BYTE)(Long); \
        REVERSE_BYTES(Long, &copy_); \
    } while (0)

RING3_SIZE(READ_CAPACITY_DATA, 8);
RING3_SIZE(READ_CAPACITY_DATA_EX, 12);
RING3_SIZE(READ_CAPACITY16_DATA, 32);
RING3_SIZE(UNMAP_BLOCK_DESCRIPTOR, 16);
RING3_SIZE(LBA_STATUS_DESCRIPTOR, 16);

#endif
