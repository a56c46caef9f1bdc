/* Mode pages of direct-access devices. */
#ifndef RING3_STORPORT_SCSI_MODE_H
#define RING3_STORPORT_SCSI_MODE_H

#include <ntdef.h>
#include <ring3/layout.h>

#define MODE_PAGE_VENDOR_SPECIFIC 0x00
#define MODE_PAGE_ERROR_RECOVERY 0x01
#define MODE_PAGE_DISCONNECT 0x02
#define MODE_PAGE_MRW 0x03
#define MODE_PAGE_RIGID_GEOMETRY 0x04
#define MODE_PAGE_FLEXIBILE 0x05
#define MODE_PAGE_WRITE_PARAMETERS 0x05
#define MODE_PAGE_VERIFY_ERROR 0x07
#define MODE_PAGE_CACHING 0x08
#define MODE_PAGE_PERIPHERAL 0x09
#define MODE_PAGE_CONTROL 0x0A
#define MODE_PAGE_MEDIUM_TYPES 0x0B
#define MODE_PAGE_NOTCH_PARTITION 0x0C
#define MODE_PAGE_CD_AUDIO_CONTROL 0x0E
#define MODE_PAGE_DATA_COMPRESS 0x0F
#define MODE_PAGE_DEVICE_CONFIG 0x10
#define MODE_PAGE_XOR_CONTROL 0x10
#define MODE_PAGE_MEDIUM_PARTITION 0x11
#define MODE_PAGE_ENCLOSURE_SERVICES_MANAGEMENT 0x14
#define MODE_PAGE_EXTENDED 0x15
#define MODE_PAGE_EXTENDED_DEVICE_SPECIFIC 0x16
#define MODE_PAGE_CDVD_FEATURE_SET 0x18
#define MODE_PAGE_PROTOCOL_SPECIFIC_LUN 0x18
#define MODE_PAGE_PROTOCOL_SPECIFIC_PORT 0x19
#define MODE_PAGE_POWER_CONDITION 0x1A
#define MODE_PAGE_LUN_MAPPING 0x1B
#define MODE_PAGE_FAULT_REPORTING 0x1C
#define MODE_PAGE_CDVD_INACTIVITY 0x1D
#define MODE_PAGE_ELEMENT_ADDRESS 0x1D
#define MODE_PAGE_TRANSPORT_GEOMETRY 0x1E
#define MODE_PAGE_DEVICE_CAPABILITIES 0x1F
#define MODE_PAGE_CAPABILITIES 0x2A
#define MODE_SENSE_RETURN_ALL 0x3f
#define MODE_SENSE_CURRENT_VALUES 0x00
#define MODE_SENSE_CHANGEABLE_VALUES 0x40
#define MODE_SENSE_DEFAULT_VAULES 0x80
#define MODE_SENSE_SAVED_VALUES 0xc0
#define MODE_FD_SINGLE_SIDE 0x01
#define MODE_FD_DOUBLE_SIDE 0x02
#define MODE_FD_MAXIMUM_TYPE 0x1E
#define MODE_DSP_FUA_SUPPORTED 0x10
#define MODE_DSP_WRITE_PROTECT 0x80
#define MODE_BLOCK_DESC_LENGTH 8
#define MODE_HEADER_LENGTH 4
#define MODE_HEADER_LENGTH10 8
#define MODE_SELECT_IMMEDIATE 0x04
#define MODE_SELECT_PFBIT 0x10

#pragma pack(push, 1)

typedef struct _MODE_PARAMETER_HEADER {
    UCHAR ModeDataLength, MediumType, DeviceSpecificParameter, BlockDescriptorLength;
} MODE_PARAMETER_HEADER, *PMODE_PARAMETER_HEADER;

typedef struct _MODE_PARAMETER_HEADER10 {
    UCHAR ModeDataLength[2], MediumType, DeviceSpecificParameter, Reserved[2], BlockDescriptorLength[2];
} MODE_PARAMETER_HEADER10, *PMODE_PARAMETER_HEADER10;

typedef struct _MODE_PARAMETER_BLOCK {
    UCHAR DensityCode, NumberOfBlocks[3], Reserved, BlockLength[3];
} MODE_PARAMETER_BLOCK, *PMODE_PARAMETER_BLOCK;

typedef struct _MODE_DISCONNECT_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, BufferFullRatio, BufferEmptyRatio;
    UCHAR BusInactivityLimit[2], BusDisconnectTime[2], BusConnectTime[2], MaximumBurstSize[2];
    UCHAR DataTransferDisconnect : 2, Reserved2[3];
} MODE_DISCONNECT_PAGE, *PMODE_DISCONNECT_PAGE;

typedef struct _MODE_CACHING_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, ReadDisableCache : 1, MultiplicationFactor : 1;
    UCHAR WriteCacheEnable : 1, Reserved2 : 5, WriteRetensionPriority : 4, ReadRetensionPriority : 4;
    UCHAR DisablePrefetchTransfer[2], MinimumPrefetch[2], MaximumPrefetch[2], MaximumPrefetchCeiling[2];
} MODE_CACHING_PAGE, *PMODE_CACHING_PAGE;

typedef struct _MODE_FLEXIBLE_DISK_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, TransferRate[2], NumberOfHeads, SectorsPerTrack;
    UCHAR BytesPerSector[2], NumberOfCylinders[2], StartWritePrecom[2], StartReducedCurrent[2], StepRate[2];
    UCHAR StepPluseWidth, HeadSettleDelay[2], MotorOnDelay, MotorOffDelay, Reserved2 : 5, MotorOnAsserted : 1;
    UCHAR StartSectorNumber : 1, TrueReadySignal : 1, StepPlusePerCyclynder : 4, Reserved3 : 4, WriteCompenstation;
    UCHAR HeadLoadDelay, HeadUnloadDelay, Pin2Usage : 4, Pin34Usage : 4, Pin1Usage : 4, Pin4Usage : 4;
    UCHAR MediumRotationRate[2], Reserved4[2];
} MODE_FLEXIBLE_DISK_PAGE, *PMODE_FLEXIBLE_DISK_PAGE;

typedef struct _MODE_FORMAT_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, TracksPerZone[2], AlternateSectorsPerZone[2];
    UCHAR AlternateTracksPerZone[2], AlternateTracksPerLogicalUnit[2], SectorsPerTrack[2], BytesPerPhysicalSector[2];
    UCHAR Interleave[2], TrackSkewFactor[2], CylinderSkewFactor[2], Reserved2 : 4, SurfaceFirst : 1;
    UCHAR RemovableMedia : 1, HardSectorFormating : 1, SoftSectorFormating : 1, Reserved3[3];
} MODE_FORMAT_PAGE, *PMODE_FORMAT_PAGE;

typedef struct _MODE_RIGID_GEOMETRY_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, NumberOfCylinders[3], NumberOfHeads;
    UCHAR StartWritePrecom[3], StartReducedCurrent[3], DriveStepRate[2], LandZoneCyclinder[3];
    UCHAR RotationalPositionLock : 2, Reserved2 : 6, RotationOffset, Reserved3, RoataionRate[2], Reserved4[2];
} MODE_RIGID_GEOMETRY_PAGE, *PMODE_RIGID_GEOMETRY_PAGE;

typedef struct _MODE_READ_WRITE_RECOVERY_PAGE {
    UCHAR PageCode : 6, Reserved1 : 1, PSBit : 1, PageLength, DCRBit : 1, DTEBit : 1, PERBit : 1, EERBit : 1;
    UCHAR RCBit : 1, TBBit : 1, ARRE : 1, AWRE : 1, ReadRetryCount, Reserved4[4], WriteRetryCount, Reserved5[3];
} MODE_READ_WRITE_RECOVERY_PAGE, *PMODE_READ_WRITE_RECOVERY_PAGE;

typedef struct _MODE_READ_RECOVERY_PAGE {
    UCHAR PageCode : 6, Reserved1 : 1, PSBit : 1, PageLength, DCRBit : 1, DTEBit : 1, PERBit : 1, Reserved2 : 1;
    UCHAR RCBit : 1, TBBit : 1, Reserved3 : 2, ReadRetryCount, Reserved4[4];
} MODE_READ_RECOVERY_PAGE, *PMODE_READ_RECOVERY_PAGE;

typedef struct _MODE_INFO_EXCEPTIONS {
    UCHAR PageCode : 6, Reserved1 : 1, PSBit : 1, PageLength;
    union {
        UCHAR Flags;
        struct {
            UCHAR LogErr : 1, Reserved2 : 1, Test : 1, Dexcpt : 1, Reserved3 : 3, Perf : 1;
        };
    };
    UCHAR ReportMethod : 4, Reserved4 : 4, IntervalTimer[4], ReportCount[4];
} MODE_INFO_EXCEPTIONS, *PMODE_INFO_EXCEPTIONS;

typedef struct _MODE_PARM_READ_WRITE {
    MODE_PARAMETER_HEADER ParameterListHeader;
    MODE_PARAMETER_BLOCK ParameterListBlock;
} MODE_PARM_READ_WRITE_DATA, *PMODE_PARM_READ_WRITE_DATA;

typedef struct _POWER_CONDITION_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PSBit : 1, PageLength, Reserved2, Standby : 1, Idle : 1, Reserved3 : 6;
    UCHAR IdleTimer[4], StandbyTimer[4];
} POWER_CONDITION_PAGE, *PPOWER_CONDITION_PAGE;

typedef struct _MODE_CONTROL_PAGE {
    UCHAR PageCode : 6, Reserved1 : 1, PageSavable : 1, PageLength;
    UCHAR RLEC : 1, GLTSD : 1, D_SENSE : 1, DPICZ : 1, TMF_ONLY : 1, TST : 3;
    UCHAR Obsolete1 : 1, QERR : 2, NUAR : 1, QueueAlgorithmModifier : 4;
    UCHAR Obsolete2 : 3, SWP : 1, UA_INTLCK_CTRL : 2, RAC : 1, VS : 1;
    UCHAR AutoloadMode : 3, Reserved2 : 1, RWWP : 1, ATMPE : 1, TAS : 1, ATO : 1;
    UCHAR Obsolete3[2], BusyTimeoutPeriod[2], ExtendeSelfTestCompletionTime[2];
} MODE_CONTROL_PAGE, *PMODE_CONTROL_PAGE;

typedef struct _MODE_PAGE_SUBPAGE_HEADER {
    UCHAR PageCode : 6, SubPageFormat : 1, PageSavable : 1, SubPageCode, PageLength[2];
} MODE_PAGE_SUBPAGE_HEADER, *PMODE_PAGE_SUBPAGE_HEADER;

typedef struct _T2_COMMAND_DURATION_LIMIT_DESCRIPTOR {
    UCHAR T2CDLUNITS : 4, Reserved : 4, Reserved1, MAX_INACTIVE_TIME[2], MAX_ACTIVE_TIME[2];
    UCHAR MAX_ACTIVE_TIME_POLICY : 4, MAX_INACTIVE_TIME_POLICY : 4, Reserved2[3], COMMAND_DURATION_GUIDELINE[2];
    UCHAR Reserved3[2], COMMAND_DURATION_GUIDELINE_POLICY : 4, Reserved4 : 3, BypassSequestration : 1, Reserved5;
    UCHAR Reserved6[16];
} T2_COMMAND_DURATION_LIMIT_DESCRIPTOR, *PT2_COMMAND_DURATION_LIMIT_DESCRIPTOR;

typedef struct _MODE_COMMAND_DURATION_LIMIT_PAGE_T2A_SUBPAGE {
    UCHAR PageCode : 6, SubPageFormat : 1, PageSavable : 1, SubPageCode, PageLength[2], Reserved[3];
    UCHAR Reserved1 : 4, PerfvsComandDurationGuidelines : 4;
    T2_COMMAND_DURATION_LIMIT_DESCRIPTOR T2CommandDurationLimitDescriptors[7];
} MODE_COMMAND_DURATION_LIMIT_PAGE_T2A_SUBPAGE, *PMODE_COMMAND_DURATION_LIMIT_PAGE_T2A_SUBPAGE;

typedef struct _MODE_COMMAND_DURATION_LIMIT_PAGE_T2B_SUBPAGE {
    UCHAR PageCode : 6, SubPageFormat : 1, PageSavable : 1, SubPageCode, PageLength[2], Reserved[3];
    UCHAR Reserved1 : 4, PerfvsLatencyControls : 4;
    T2_COMMAND_DURATION_LIMIT_DESCRIPTOR T2CommandDurationLimitDescriptors[7];
} MODE_COMMAND_DURATION_LIMIT_PAGE_T2B_SUBPAGE, *PMODE_COMMAND_DURATION_LIMIT_PAGE_T2B_SUBPAGE;

#pragma pack(pop)

RING3_SIZE(MODE_CACHING_PAGE, 12);
RING3_SIZE(MODE_CONTROL_PAGE, 12);

#endif
