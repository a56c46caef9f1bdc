/* Objects that Storport and a miniport share: DPCs, locks, lists, scatter/gather lists, messages, performance. docs: storport */
#ifndef RING3_STORPORT_PORT_OBJECTS_H
#define RING3_STORPORT_PORT_OBJECTS_H

#include <storport/port_types.h>

typedef struct _STOR_SCATTER_GATHER_ELEMENT {
    STOR_PHYSICAL_ADDRESS PhysicalAddress;
    ULONG Length;
    ULONG_PTR Reserved;
} STOR_SCATTER_GATHER_ELEMENT, *PSTOR_SCATTER_GATHER_ELEMENT;

typedef struct _STOR_SCATTER_GATHER_LIST {
    ULONG NumberOfElements;
    ULONG_PTR Reserved;
    STOR_SCATTER_GATHER_ELEMENT List[];
} STOR_SCATTER_GATHER_LIST, *PSTOR_SCATTER_GATHER_LIST;
RING3_SIZE(STOR_SCATTER_GATHER_ELEMENT, 24);
RING3_SIZE(STOR_SCATTER_GATHER_LIST, 16);

typedef VOID NTAPI HW_POST_SCATTER_GATHER_LIST(PVOID *DeviceObject, PVOID *Irp, PSTOR_SCATTER_GATHER_LIST ScatterGather,
                                               PVOID Context);
typedef VOID(NTAPI *PPOST_SCATTER_GATHER_EXECUTE)(PVOID *DeviceObject, PVOID *Irp, PSTOR_SCATTER_GATHER_LIST ScatterGather,
                                                  PVOID Context);

typedef enum _STOR_SPINLOCK {
    InvalidLock = 0, DpcLock, StartIoLock, InterruptLock, ThreadedDpcLock, DpcLevelLock
} STOR_SPINLOCK;

typedef struct _STOR_LOCK_HANDLE {
    STOR_SPINLOCK Lock;
    struct {
        struct {
            PVOID Next, Lock;
        } LockQueue;
        KIRQL OldIrql;
    } Context;
} STOR_LOCK_HANDLE, *PSTOR_LOCK_HANDLE;
RING3_SIZE(STOR_LOCK_HANDLE, 32);

typedef struct _STOR_DPC {
    KDPC Dpc;
    ULONG_PTR Lock;
} STOR_DPC, *PSTOR_DPC;
RING3_SIZE(STOR_DPC, 72);

typedef VOID NTAPI HW_DPC_ROUTINE(PSTOR_DPC Dpc, PVOID HwDeviceExtension, PVOID SystemArgument1, PVOID SystemArgument2);
typedef HW_DPC_ROUTINE *PHW_DPC_ROUTINE;

typedef SLIST_HEADER STOR_SLIST_HEADER, *PSTOR_SLIST_HEADER;
typedef SLIST_ENTRY STOR_SLIST_ENTRY, *PSTOR_SLIST_ENTRY;

typedef struct _STOR_LIST_ENTRY {
    struct _STOR_LIST_ENTRY *Flink, *Blink;
} STOR_LIST_ENTRY, *PSTOR_LIST_ENTRY;

typedef KSPIN_LOCK STOR_KSPIN_LOCK, *PSTOR_KSPIN_LOCK;

typedef enum _STOR_EVENT_TYPE { StorNotificationEvent = 0, StorSynchronizationEvent } STOR_EVENT_TYPE, *PSTOR_EVENT_TYPE;

typedef struct _STOR_DISPATCHER_HEADER {
    union {
        struct {
            UCHAR Type, Flags, Size;
            union {
                UCHAR Inserted, DebugActive;
            };
        };
        volatile LONG Lock;
    } Data;
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} STOR_DISPATCHER_HEADER, *PSTOR_DISPATCHER_HEADER;

typedef struct _STOR_EVENT {
    STOR_DISPATCHER_HEADER Header;
} STOR_EVENT, *PSTOR_EVENT;
RING3_SIZE(STOR_EVENT, 24);

typedef struct _MESSAGE_INTERRUPT_INFORMATION {
    ULONG MessageId, MessageData;
    STOR_PHYSICAL_ADDRESS MessageAddress;
    ULONG InterruptVector, InterruptLevel;
    KINTERRUPT_MODE InterruptMode;
} MESSAGE_INTERRUPT_INFORMATION, *PMESSAGE_INTERRUPT_INFORMATION;
RING3_SIZE(MESSAGE_INTERRUPT_INFORMATION, 32);

/* --- performance ------------------------------------------------------------------------------------------------- */

#define STOR_PERF_DPC_REDIRECTION 0x00000001
#define STOR_PERF_CONCURRENT_CHANNELS 0x00000002
#define STOR_PERF_INTERRUPT_MESSAGE_RANGES 0x00000004
#define STOR_PERF_ADV_CONFIG_LOCALITY 0x00000008
#define STOR_PERF_OPTIMIZE_FOR_COMPLETION_DURING_STARTIO 0x00000010
#define STOR_PERF_DPC_REDIRECTION_CURRENT_CPU 0x00000020
#define STOR_PERF_NO_SGL 0x00000040

#define STOR_PERF_VERSION_2 0x00000002
#define STOR_PERF_VERSION_3 0x00000003
#define STOR_PERF_VERSION_4 0x00000004
#define STOR_PERF_VERSION_5 0x00000005
#define STOR_PERF_VERSION STOR_PERF_VERSION_5

typedef struct _PERF_CONFIGURATION_DATA {
    ULONG Version, Size, Flags, ConcurrentChannels, FirstRedirectionMessageNumber, LastRedirectionMessageNumber;
    ULONG DeviceNode, Reserved;
    PGROUP_AFFINITY MessageTargets;
} PERF_CONFIGURATION_DATA, *PPERF_CONFIGURATION_DATA;
RING3_SIZE(PERF_CONFIGURATION_DATA, 40);

typedef struct _STARTIO_PERFORMANCE_PARAMETERS {
    ULONG Version, Size, MessageNumber, ChannelNumber;
} STARTIO_PERFORMANCE_PARAMETERS, *PSTARTIO_PERFORMANCE_PARAMETERS;

#define STOR_REQUEST_INFO_VER_1 1
typedef struct _STOR_REQUEST_INFO_V1 {
    USHORT Version, Size;
    ULONG PriorityHint, Flags, Key, Length;
    BOOLEAN IsWriteRequest;
    UCHAR Reserved[3];
} STOR_REQUEST_INFO_V1, *PSTOR_REQUEST_INFO_V1;
typedef STOR_REQUEST_INFO_V1 STOR_REQUEST_INFO, *PSTOR_REQUEST_INFO;
#define STOR_REQUEST_INFO_VER STOR_REQUEST_INFO_VER_1

/* --- attributes and state ------------------------------------------------------------------------------------------ */

typedef struct _STOR_UNIT_ATTRIBUTES {
    ULONG DeviceAttentionSupported : 1, AsyncNotificationSupported : 1, D3ColdNotSupported : 1, BypassIOSupported : 1;
    ULONG Reserved : 28;
} STOR_UNIT_ATTRIBUTES, *PSTOR_UNIT_ATTRIBUTES;
RING3_SIZE(STOR_UNIT_ATTRIBUTES, 4);

#define STORPORT_MARK_DEVICE_FAILED_FLAG_REMOVE_DEVICE 0x00000001
#define STORPORT_MARK_DEVICE_FAILED_FLAG_PREDICTED_FAILURE 0x00000002

#define STATE_CHANGE_LUN 0x1
#define STATE_CHANGE_TARGET 0x2
#define STATE_CHANGE_BUS 0x4
#define ATTRIBUTE_VM_PASSTHROUGH_LUN 0x1

#define RAID_ASYNC_NOTIFY_FLAG_MEDIA_STATUS 0x1
#define RAID_ASYNC_NOTIFY_FLAG_DEVICE_STATUS 0x2
#define RAID_ASYNC_NOTIFY_FLAG_DEVICE_OPERATION 0x4
#define RAID_ASYNC_NOTIFY_SUPPORTED_FLAGS \
    (RAID_ASYNC_NOTIFY_FLAG_MEDIA_STATUS | RAID_ASYNC_NOTIFY_FLAG_DEVICE_STATUS | RAID_ASYNC_NOTIFY_FLAG_DEVICE_OPERATION)

typedef enum _STOR_EVENT_ASSOCIATION_ENUM {
    StorEventAdapterAssociation = 0, StorEventLunAssociation, StorEventTargetAssociation, StorEventInvalidAssociation
} STOR_EVENT_ASSOCIATION_ENUM;

#define STOR_CURRENT_LOG_INTERFACE_REVISION 0x00000100

typedef struct _STOR_LOG_EVENT_DETAILS {
    ULONG InterfaceRevision, Size, Flags;
    STOR_EVENT_ASSOCIATION_ENUM EventAssociation;
    ULONG PathId, TargetId, LunId;
    BOOLEAN StorportSpecificErrorCode;
    ULONG ErrorCode, UniqueId, DumpDataSize;
    PVOID DumpData;
    ULONG StringCount;
    PWSTR *StringList;
} STOR_LOG_EVENT_DETAILS, *PSTOR_LOG_EVENT_DETAILS;

typedef struct _STOR_DPC_WATCHDOG_INFORMATION {
    ULONG DpcTimeLimit, DpcTimeCount, DpcWatchdogLimit, DpcWatchdogCount, Reserved;
} STOR_DPC_WATCHDOG_INFORMATION, *PSTOR_DPC_WATCHDOG_INFORMATION;

typedef struct _STOR_GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group, Reserved[3];
} STOR_GROUP_AFFINITY, *PSTOR_GROUP_AFFINITY;

typedef enum _STOR_THREAD_PRIORITY {
    StorThreadPriorityBackground = 0, StorThreadPriorityNormal, StorThreadPriorityDelayed, StorThreadPriorityCritical,
    StorThreadPrioritySuperCritical, StorThreadPriorityHyperCritical, StorThreadPriorityRealTime
} STOR_THREAD_PRIORITY, *PSTOR_THREAD_PRIORITY;

typedef enum _STORPORT_FEATURE_TYPE {
    StorportFeatureBusTypeUnitControl, StorportFeatureFruIdUnitControl, StorportFeatureFruIdAdapterControl,
    StorportFeatureSetEventLoggingAdapterControl, StorportFeatureReportInternalDataUnitControl,
    StorportFeatureReportInternalDataAdapterControl, StorportFeatureResetBusSynchronous, StorportFeaturePostHwInitialize,
    StorportFeaturePrepareEarlyDumpData, StorportFeatureRestoreEarlyDumpData, StorportFeatureKsrAdapterPowerDownOptimization,
    StorportFeatureKsrUnitPowerDownOptimization, StorportFeaturePreparePLDR, StorportFeatureNvmeofAdapterOperation,
    StorportFeatureReserved1, StorportFeatureMax
} STORPORT_FEATURE_TYPE, *PSTORPORT_FEATURE_TYPE;

typedef enum _STORPORT_QUERY_CONFIGURATION_TYPE {
    StorportQueryConfigurationD3 = 1, StorportQueryConfigurationMax
} STORPORT_QUERY_CONFIGURATION_TYPE, *PSTORPORT_QUERY_CONFIGURATION_TYPE;

typedef enum _STOR_DEVICE_RESET_TYPE {
    StorFunctionLevelReset = 0, StorPlatformLevelReset, StorBusSpecificReset
} STOR_DEVICE_RESET_TYPE;

typedef enum _STOR_TELEMETRY_CATEGORY { StorTelemetryCategory = 0, StorMeasuresCategory } STOR_TELEMETRY_CATEGORY;

typedef enum _STORPORT_ETW_EVENT_CHANNEL {
    StorportEtwEventDiagnostic = 0, StorportEtwEventOperational, StorportEtwEventHealth
} STORPORT_ETW_EVENT_CHANNEL, *PSTORPORT_ETW_EVENT_CHANNEL;

typedef enum _STORPORT_ETW_LEVEL {
    StorportEtwLevelLogAlways = 0, StorportEtwLevelCritical, StorportEtwLevelError, StorportEtwLevelWarning,
    StorportEtwLevelInformational, StorportEtwLevelVerbose
} STORPORT_ETW_LEVEL, *PSTORPORT_ETW_LEVEL;

typedef enum _STORPORT_ETW_EVENT_OPCODE {
    StorportEtwEventOpcodeInfo = 0, StorportEtwEventOpcodeStart, StorportEtwEventOpcodeStop,
    StorportEtwEventOpcodeDC_Start, StorportEtwEventOpcodeDC_Stop, StorportEtwEventOpcodeExtension,
    StorportEtwEventOpcodeReply, StorportEtwEventOpcodeResume, StorportEtwEventOpcodeSuspend,
    StorportEtwEventOpcodeSend, StorportEtwEventOpcodeReceive = 240
} STORPORT_ETW_EVENT_OPCODE, *PSTORPORT_ETW_EVENT_OPCODE;

#define STORPORT_ETW_EVENT_KEYWORD_IO 0x01
#define STORPORT_ETW_EVENT_KEYWORD_PERFORMANCE 0x02
#define STORPORT_ETW_EVENT_KEYWORD_POWER 0x04
#define STORPORT_ETW_EVENT_KEYWORD_ENUMERATION 0x08
#define STORPORT_ETW_EVENT_KEYWORD_COMMAND_TRACE 0x10
#define STORPORT_ETW_MAX_DESCRIPTION_LENGTH 80
#define STORPORT_ETW_MAX_PARAM_NAME_LENGTH 20

#define EVENT_NAME_MAX_LENGTH 32
#define EVENT_MAX_PARAM_NAME_LEN 32
#define EVENT_BUFFER_MAX_LENGTH 4096
#define STOR_TELEMETRY_PARAMETER_(n) \
    CHAR ParameterName##n[EVENT_MAX_PARAM_NAME_LEN]; \
    ULONGLONG ParameterValue##n

typedef struct _STORPORT_TELEMETRY_EVENT {
    ULONG DriverVersion, EventId;
    UCHAR EventName[EVENT_NAME_MAX_LENGTH];
    ULONG EventVersion, Flags, EventBufferLength;
    PUCHAR EventBuffer;
    STOR_TELEMETRY_PARAMETER_(0);
    STOR_TELEMETRY_PARAMETER_(1);
    STOR_TELEMETRY_PARAMETER_(2);
    STOR_TELEMETRY_PARAMETER_(3);
    STOR_TELEMETRY_PARAMETER_(4);
    STOR_TELEMETRY_PARAMETER_(5);
    STOR_TELEMETRY_PARAMETER_(6);
    STOR_TELEMETRY_PARAMETER_(7);
} STORPORT_TELEMETRY_EVENT, *PSTORPORT_TELEMETRY_EVENT;

#endif
