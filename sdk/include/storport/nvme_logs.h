/* The logs of an NVM Express controller.
 * docs: nvme/ne-nvme-nvme_log_pages */
#ifndef RING3_STORPORT_NVME_LOGS_H
#define RING3_STORPORT_NVME_LOGS_H

#include <storport/nvme_status.h>

#define NVME_MAX_LOG_SIZE 0x1000
#define NVME_TELEMETRY_DATA_BLOCK_SIZE 0x200

typedef enum {
    NVME_LOG_PAGE_ERROR_INFO = 1, NVME_LOG_PAGE_HEALTH_INFO = 2, NVME_LOG_PAGE_FIRMWARE_SLOT_INFO = 3, NVME_LOG_PAGE_CHANGED_NAMESPACE_LIST = 4,
    NVME_LOG_PAGE_COMMAND_EFFECTS = 5, NVME_LOG_PAGE_DEVICE_SELF_TEST = 6, NVME_LOG_PAGE_TELEMETRY_HOST_INITIATED = 7,
    NVME_LOG_PAGE_TELEMETRY_CTLR_INITIATED = 8, NVME_LOG_PAGE_ENDURANCE_GROUP_INFORMATION = 9, NVME_LOG_PAGE_PREDICTABLE_LATENCY_NVM_SET = 0xA,
    NVME_LOG_PAGE_PREDICTABLE_LATENCY_EVENT_AGGREGATE = 0xB, NVME_LOG_PAGE_ASYMMETRIC_NAMESPACE_ACCESS = 0xC,
    NVME_LOG_PAGE_PERSISTENT_EVENT_LOG = 0xD, NVME_LOG_PAGE_LBA_STATUS_INFORMATION = 0xE, NVME_LOG_PAGE_ENDURANCE_GROUP_EVENT_AGGREGATE = 0xF,
    NVME_LOG_PAGE_RESERVATION_NOTIFICATION = 0x80, NVME_LOG_PAGE_SANITIZE_STATUS = 0x81, NVME_LOG_PAGE_CHANGED_ZONE_LIST = 0xBF
} NVME_LOG_PAGES;

typedef union {
    struct {
        ULONG LID : 8, Reserved0 : 8, NUMD : 12, Reserved1 : 4;
    };
    ULONG AsUlong;
} NVME_CDW10_GET_LOG_PAGE, *PNVME_CDW10_GET_LOG_PAGE;

typedef union {
    struct {
        ULONG LID : 8, LSP : 4, Reserved0 : 3, RAE : 1, NUMDL : 16;
    };
    ULONG AsUlong;
} NVME_CDW10_GET_LOG_PAGE_V13, *PNVME_CDW10_GET_LOG_PAGE_V13;

typedef union {
    struct {
        ULONG NUMDU : 16, LogSpecificIdentifier : 16;
    };
    ULONG AsUlong;
} NVME_CDW11_GET_LOG_PAGE, *PNVME_CDW11_GET_LOG_PAGE;

typedef struct {
    ULONG LPOL;
} NVME_CDW12_GET_LOG_PAGE, *PNVME_CDW12_GET_LOG_PAGE;

typedef struct {
    ULONG LPOU;
} NVME_CDW13_GET_LOG_PAGE, *PNVME_CDW13_GET_LOG_PAGE;

typedef union {
    struct {
        ULONG UUIDIndex : 7, Reserved : 17, CommandSetIdentifier : 8;
    };
    ULONG AsUlong;
} NVME_CDW14_GET_LOG_PAGE, *PNVME_CDW14_GET_LOG_PAGE;

typedef struct {
    ULONGLONG ErrorCount;
    USHORT SQID, CMDID;
    NVME_COMMAND_STATUS Status;
    struct {
        USHORT Byte : 8, Bit : 3, Reserved : 5;
    } ParameterErrorLocation;
    ULONGLONG Lba;
    ULONG NameSpace;
    UCHAR VendorInfoAvailable, Reserved0[3];
    ULONGLONG CommandSpecificInfo;
    UCHAR Reserved1[24];
} NVME_ERROR_INFO_LOG, *PNVME_ERROR_INFO_LOG;

typedef struct {
    union {
        struct {
            UCHAR AvailableSpaceLow : 1, TemperatureThreshold : 1, ReliabilityDegraded : 1, ReadOnly : 1, VolatileMemoryBackupDeviceFailed : 1,
                Reserved : 3;
        };
        UCHAR AsUchar;
    } CriticalWarning;
    UCHAR Temperature[2], AvailableSpare, AvailableSpareThreshold, PercentageUsed, Reserved0[26], DataUnitRead[16], DataUnitWritten[16],
        HostReadCommands[16], HostWrittenCommands[16], ControllerBusyTime[16], PowerCycle[16], PowerOnHours[16], UnsafeShutdowns[16],
        MediaErrors[16], ErrorInfoLogEntryCount[16];
    ULONG WarningCompositeTemperatureTime, CriticalCompositeTemperatureTime;
    USHORT TemperatureSensor1, TemperatureSensor2, TemperatureSensor3, TemperatureSensor4, TemperatureSensor5, TemperatureSensor6,
        TemperatureSensor7, TemperatureSensor8;
    UCHAR Reserved1[296];
} NVME_HEALTH_INFO_LOG, *PNVME_HEALTH_INFO_LOG;

typedef struct {
    UCHAR LogIdentifier, Reserved0[4], OrganizationID[3];
    USHORT Area1LastBlock, Area2LastBlock, Area3LastBlock;
    UCHAR Reserved1[2];
    ULONG Area4LastBlock;
    UCHAR Reserved2[361], HostInitiatedDataGenerationNumber, ControllerInitiatedDataAvailable, ControllerInitiatedDataGenerationNumber,
        ReasonIdentifier[128];
} NVME_TELEMETRY_HOST_INITIATED_LOG;

typedef struct {
    UCHAR LogIdentifier, Reserved0[4], OrganizationID[3];
    USHORT Area1LastBlock, Area2LastBlock, Area3LastBlock;
    UCHAR Reserved1[2];
    ULONG Area4LastBlock;
    UCHAR Reserved2[362], ControllerInitiatedDataAvailable, ControllerInitiatedDataGenerationNumber, ReasonIdentifier[128];
} NVME_TELEMETRY_CONTROLLER_INITIATED_LOG;

typedef struct {
    struct {
        UCHAR ActiveSlot : 3, Reserved0 : 1, PendingActivateSlot : 3, Reserved1 : 1;
    } AFI;
    UCHAR Reserved0[7];
    ULONGLONG FRS[7];
    UCHAR Reserved1[448];
} NVME_FIRMWARE_SLOT_INFO_LOG, *PNVME_FIRMWARE_SLOT_INFO_LOG;

typedef struct {
    ULONG NSID[1024];
} NVME_CHANGED_NAMESPACE_LIST_LOG, *PNVME_CHANGED_NAMESPACE_LIST_LOG;

typedef struct {
    USHORT ZoneIdentifiersCount;
    UCHAR Reserved[6];
    ULONGLONG ZoneIdentifier[511];
} NVME_CHANGED_ZONE_LIST_LOG, *PNVME_CHANGED_ZONE_LIST_LOG;

typedef enum {
    NVME_COMMAND_EFFECT_SBUMISSION_EXECUTION_LIMIT_NONE = 0, NVME_COMMAND_EFFECT_SBUMISSION_EXECUTION_LIMIT_SINGLE_PER_NAMESPACE = 1,
    NVME_COMMAND_EFFECT_SBUMISSION_EXECUTION_LIMIT_SINGLE_PER_CONTROLLER = 2
} NVME_COMMAND_EFFECT_SBUMISSION_EXECUTION_LIMITS;

typedef union {
    struct {
        ULONG CSUPP : 1, LBCC : 1, NCC : 1, NIC : 1, CCC : 1, Reserved0 : 11, CSE : 3, Reserved1 : 13;
    };
    ULONG AsUlong;
} NVME_COMMAND_EFFECTS_DATA, *PNVME_COMMAND_EFFECTS_DATA;

typedef struct {
    NVME_COMMAND_EFFECTS_DATA ACS[256], IOCS[256];
    UCHAR Reserved[2048];
} NVME_COMMAND_EFFECTS_LOG, *PNVME_COMMAND_EFFECTS_LOG;

#pragma pack(push, 1)
typedef struct {
    struct {
        UCHAR Result : 4, CodeValue : 4;
    } Status;
    UCHAR SegmentNumber;
    struct {
        UCHAR NSIDValid : 1, FLBAValid : 1, SCTValid : 1, SCValid : 1, Reserved : 4;
    } ValidDiagnostics;
    UCHAR Reserved;
    ULONGLONG POH;
    ULONG NSID;
    ULONGLONG FailingLBA;
    struct {
        UCHAR AdditionalInfo : 3, Reserved : 5;
    } StatusCodeType;
    UCHAR StatusCode;
    USHORT VendorSpecific;
} NVME_DEVICE_SELF_TEST_RESULT_DATA, *PNVME_DEVICE_SELF_TEST_RESULT_DATA;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct {
    struct {
        UCHAR Status : 4, Reserved : 4;
    } CurrentOperation;
    struct {
        UCHAR CompletePercent : 7, Reserved : 1;
    } CurrentCompletion;
    UCHAR Reserved[2];
    NVME_DEVICE_SELF_TEST_RESULT_DATA ResultData[20];
} NVME_DEVICE_SELF_TEST_LOG, *PNVME_DEVICE_SELF_TEST_LOG;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct {
    ULONG Reserved0;
    UCHAR AvailableSpareThreshold, PercentageUsed, Reserved1[26], EnduranceEstimate[16], DataUnitsRead[16], DataUnitsWritten[16],
        MediaUnitsWritten[16], Reserved2[416];
} NVME_ENDURANCE_GROUP_LOG, *PNVME_ENDURANCE_GROUP_LOG;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct {
    UCHAR LogIdentifier, Reserved0[3];
    ULONG TotalNumberOfEvents;
    ULONGLONG TotalLogLength;
    UCHAR LogRevision, Reserved1;
    USHORT LogHeaderLength;
    ULONGLONG Timestamp;
    UCHAR PowerOnHours[16];
    ULONGLONG PowerCycleCount;
    USHORT PciVendorId, PciSubsystemVendorId;
    UCHAR SerialNumber[20], ModelNumber[40], NVMSubsystemNVMeQualifiedName[256], Reserved[108], SupportedEventsBitmap[32];
} NVME_PERSISTENT_EVENT_LOG_HEADER, *PNVME_PERSISTENT_EVENT_LOG_HEADER;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct {
    UCHAR EventType, EventTypeRevision, EventHeaderLength, Reserved0;
    USHORT ControllerIdentifier;
    ULONGLONG EventTimestamp;
    UCHAR Reserved1[6];
    USHORT VendorSpecificInformationLength, EventLength;
} NVME_PERSISTENT_EVENT_LOG_EVENT_HEADER, *PNVME_PERSISTENT_EVENT_LOG_EVENT_HEADER;
#pragma pack(pop)

typedef enum {
    NVME_PERSISTENT_EVENT_TYPE_RESERVED0 = 0, NVME_PERSISTENT_EVENT_TYPE_SMART_HEALTH_LOG_SNAPSHOT = 1,
    NVME_PERSISTENT_EVENT_TYPE_FIRMWARE_COMMIT = 2, NVME_PERSISTENT_EVENT_TYPE_TIMESTAMP_CHANGE = 3,
    NVME_PERSISTENT_EVENT_TYPE_POWER_ON_OR_RESET = 4, NVME_PERSISTENT_EVENT_TYPE_NVM_SUBSYSTEM_HARDWARE_ERROR = 5,
    NVME_PERSISTENT_EVENT_TYPE_CHANGE_NAMESPACE = 6, NVME_PERSISTENT_EVENT_TYPE_FORMAT_NVM_START = 7,
    NVME_PERSISTENT_EVENT_TYPE_FORMAT_NVM_COMPLETION = 8, NVME_PERSISTENT_EVENT_TYPE_SANITIZE_START = 9,
    NVME_PERSISTENT_EVENT_TYPE_SANITIZE_COMPLETION = 0xA, NVME_PERSISTENT_EVENT_TYPE_SET_FEATURE = 0xB,
    NVME_PERSISTENT_EVENT_TYPE_TELEMETRY_LOG_CREATED = 0xC, NVME_PERSISTENT_EVENT_TYPE_THERMAL_EXCURSION = 0xD,
    NVME_PERSISTENT_EVENT_TYPE_RESERVED1_BEGIN = 0xE, NVME_PERSISTENT_EVENT_TYPE_RESERVED1_END = 0xDD,
    NVME_PERSISTENT_EVENT_TYPE_VENDOR_SPECIFIC_EVENT = 0xDE, NVME_PERSISTENT_EVENT_TYPE_TCG_DEFINED = 0xDF,
    NVME_PERSISTENT_EVENT_TYPE_RESERVED2_BEGIN = 0xE0, NVME_PERSISTENT_EVENT_TYPE_RESERVED2_END = 0xFF, NVME_PERSISTENT_EVENT_TYPE_MAX = 0xFF
} NVME_PERSISTENT_EVENT_LOG_EVENT_TYPES;

typedef enum {
    NVME_RESERVATION_NOTIFICATION_TYPE_EMPTY_LOG_PAGE = 0, NVME_RESERVATION_NOTIFICATION_TYPE_REGISTRATION_PREEMPTED = 1,
    NVME_RESERVATION_NOTIFICATION_TYPE_REGISTRATION_RELEASED = 2, NVME_RESERVATION_NOTIFICATION_TYPE_RESERVATION_PREEPMPTED = 3
} NVME_RESERVATION_NOTIFICATION_TYPES;

typedef struct {
    ULONGLONG LogPageCount;
    UCHAR LogPageType, AvailableLogPageCount, Reserved0[2];
    ULONG NameSpaceId;
    UCHAR Reserved1[48];
} NVME_RESERVATION_NOTIFICATION_LOG, *PNVME_RESERVATION_NOTIFICATION_LOG;

typedef enum {
    NVME_SANITIZE_OPERATION_NONE = 0, NVME_SANITIZE_OPERATION_SUCCEEDED = 1, NVME_SANITIZE_OPERATION_IN_PROGRESS = 2,
    NVME_SANITIZE_OPERATION_FAILED = 3, NVME_SANITIZE_OPERATION_SUCCEEDED_WITH_FORCED_DEALLOCATION = 4
} NVME_SANITIZE_OPERATION_STATUS, *PNVME_SANITIZE_OPERATION_STATUS;

typedef struct {
    USHORT MostRecentSanitizeOperationStatus : 3, NumberCompletedPassesOfOverwrite : 4, GlobalDataErased : 1, Reserved : 8;
} NVME_SANITIZE_STATUS, *PNVME_SANITIZE_STATUS;

typedef struct {
    USHORT SPROG;
    NVME_SANITIZE_STATUS SSTAT;
    ULONG SCDW10, EstimatedTimeForOverwrite, EstimatedTimeForBlockErase, EstimatedTimeForCryptoErase,
        EstimatedTimeForOverwriteWithNoDeallocateMediaModification, EstimatedTimeForBlockEraseWithNoDeallocateMediaModification,
        EstimatedTimeForCryptoEraseWithNoDeallocateMediaModification;
    UCHAR Reserved[480];
} NVME_SANITIZE_STATUS_LOG, *PNVME_SANITIZE_STATUS_LOG;

RING3_SIZE(NVME_CDW10_GET_LOG_PAGE, 4);
RING3_SIZE(NVME_CDW10_GET_LOG_PAGE_V13, 4);
RING3_SIZE(NVME_CDW11_GET_LOG_PAGE, 4);
RING3_SIZE(NVME_CDW12_GET_LOG_PAGE, 4);
RING3_SIZE(NVME_CDW13_GET_LOG_PAGE, 4);
RING3_SIZE(NVME_CDW14_GET_LOG_PAGE, 4);
RING3_SIZE(NVME_ERROR_INFO_LOG, 64);
RING3_SIZE(NVME_HEALTH_INFO_LOG, 512);
RING3_SIZE(NVME_TELEMETRY_HOST_INITIATED_LOG, 512);
RING3_SIZE(NVME_TELEMETRY_CONTROLLER_INITIATED_LOG, 512);
RING3_SIZE(NVME_FIRMWARE_SLOT_INFO_LOG, 512);
RING3_SIZE(NVME_CHANGED_NAMESPACE_LIST_LOG, 4096);
RING3_SIZE(NVME_CHANGED_ZONE_LIST_LOG, 4096);
RING3_SIZE(NVME_COMMAND_EFFECTS_DATA, 4);
RING3_SIZE(NVME_COMMAND_EFFECTS_LOG, 4096);
RING3_SIZE(NVME_DEVICE_SELF_TEST_RESULT_DATA, 28);
RING3_SIZE(NVME_DEVICE_SELF_TEST_LOG, 564);
RING3_SIZE(NVME_ENDURANCE_GROUP_LOG, 512);
RING3_SIZE(NVME_PERSISTENT_EVENT_LOG_HEADER, 512);
RING3_SIZE(NVME_PERSISTENT_EVENT_LOG_EVENT_HEADER, 24);
RING3_SIZE(NVME_RESERVATION_NOTIFICATION_LOG, 64);
RING3_SIZE(NVME_SANITIZE_STATUS, 2);
RING3_SIZE(NVME_SANITIZE_STATUS_LOG, 512);

#endif
