/* Performance states of components, WMI classes asked together, correlation vectors, hardware counters: wdm.h and ntddk.h. */
#ifndef RING3_NT_POWER_H
#define RING3_NT_POWER_H

#include <ring3/po.h>
#include <ring3/security.h>
#include <ring3/wmi.h>

RING3_BEGIN_C

/* ---- performance states: docs wdm/nf-wdm-pofxregistercomponentperfstates ---- */

typedef enum _PO_FX_PERF_STATE_UNIT {
    PoFxPerfStateUnitOther, PoFxPerfStateUnitFrequency, PoFxPerfStateUnitBandwidth, PoFxPerfStateUnitMaximum
} PO_FX_PERF_STATE_UNIT, *PPO_FX_PERF_STATE_UNIT;
typedef enum _PO_FX_PERF_STATE_TYPE {
    PoFxPerfStateTypeDiscrete, PoFxPerfStateTypeRange, PoFxPerfStateTypeMaximum
} PO_FX_PERF_STATE_TYPE, *PPO_FX_PERF_STATE_TYPE;

typedef struct _PO_FX_PERF_STATE {
    ULONGLONG Value;
    PVOID Context;
} PO_FX_PERF_STATE, *PPO_FX_PERF_STATE;
RING3_SIZE(PO_FX_PERF_STATE, 16);

typedef struct _PO_FX_COMPONENT_PERF_SET {
    UNICODE_STRING Name;
    ULONGLONG Flags;
    PO_FX_PERF_STATE_UNIT Unit;
    PO_FX_PERF_STATE_TYPE Type;
    union {
        struct {
            ULONG Count;
            PPO_FX_PERF_STATE States;
        } Discrete;
        struct {
            ULONGLONG Minimum;
            ULONGLONG Maximum;
        } Range;
    };
} PO_FX_COMPONENT_PERF_SET, *PPO_FX_COMPONENT_PERF_SET;
RING3_SIZE(PO_FX_COMPONENT_PERF_SET, 48);

typedef struct _PO_FX_COMPONENT_PERF_INFO {
    ULONG PerfStateSetsCount;
    PO_FX_COMPONENT_PERF_SET PerfStateSets[ANYSIZE_ARRAY];
} PO_FX_COMPONENT_PERF_INFO, *PPO_FX_COMPONENT_PERF_INFO;
RING3_SIZE(PO_FX_COMPONENT_PERF_INFO, 56);

typedef struct _PO_FX_PERF_STATE_CHANGE {
    ULONG Set;
    union {
        ULONG StateIndex;
        ULONGLONG StateValue;
    };
} PO_FX_PERF_STATE_CHANGE, *PPO_FX_PERF_STATE_CHANGE;
RING3_SIZE(PO_FX_PERF_STATE_CHANGE, 16);

typedef VOID(NTAPI PO_FX_COMPONENT_PERF_STATE_CALLBACK)(PVOID Context, ULONG Component, BOOLEAN Succeeded, PVOID RequestContext);
typedef PO_FX_COMPONENT_PERF_STATE_CALLBACK *PPO_FX_COMPONENT_PERF_STATE_CALLBACK;

NTKERNELAPI NTSTATUS NTAPI PoFxRegisterComponentPerfStates(POHANDLE Handle, ULONG Component, ULONGLONG Flags,
                                                           PPO_FX_COMPONENT_PERF_STATE_CALLBACK ComponentPerfStateCallback,
                                                           PPO_FX_COMPONENT_PERF_INFO InputStateInfo,
                                                           PPO_FX_COMPONENT_PERF_INFO *OutputStateInfo);
NTKERNELAPI VOID NTAPI PoFxIssueComponentPerfStateChange(POHANDLE Handle, ULONG Flags, ULONG Component,
                                                         PO_FX_PERF_STATE_CHANGE *PerfChange, PVOID Context);
NTKERNELAPI VOID NTAPI PoFxIssueComponentPerfStateChangeMultiple(POHANDLE Handle, ULONG Flags, ULONG Component, ULONG PerfChangesCount,
                                                                 PO_FX_PERF_STATE_CHANGE *PerfChanges, PVOID Context);
NTKERNELAPI NTSTATUS NTAPI PoFxQueryCurrentComponentPerfState(POHANDLE Handle, ULONG Flags, ULONG Component, ULONG SetIndex,
                                                              PULONGLONG CurrentPerf);
NTKERNELAPI NTSTATUS NTAPI PoFxRegisterCrashdumpDevice(POHANDLE Handle);
NTKERNELAPI NTSTATUS NTAPI PoFxPowerOnCrashdumpDevice(POHANDLE Handle, PVOID Context);

/* ---- WMI ---- */

NTKERNELAPI NTSTATUS NTAPI IoWMIQueryAllDataMultiple(PVOID *DataBlockObjectList, ULONG ObjectCount, PULONG InOutBufferSize,
                                                     PVOID OutBuffer);
NTKERNELAPI NTSTATUS NTAPI IoWMIQuerySingleInstanceMultiple(PVOID *DataBlockObjectList, PUNICODE_STRING InstanceNames, ULONG ObjectCount,
                                                            PULONG InOutBufferSize, PVOID OutBuffer);

/* ---- correlation vectors, SIDs, hardware counters ---- */

#define RTL_CORRELATION_VECTOR_STRING_LENGTH 129
#define RTL_CORRELATION_VECTOR_VERSION_1 1
#define RTL_CORRELATION_VECTOR_VERSION_2 2
#define RTL_CORRELATION_VECTOR_VERSION_CURRENT RTL_CORRELATION_VECTOR_VERSION_2
typedef struct CORRELATION_VECTOR {
    CHAR Version;
    CHAR Vector[RTL_CORRELATION_VECTOR_STRING_LENGTH];
} CORRELATION_VECTOR, *PCORRELATION_VECTOR;
RING3_SIZE(CORRELATION_VECTOR, 130);
NTSYSAPI ULONG NTAPI RtlInitializeCorrelationVector(PCORRELATION_VECTOR CorrelationVector, int Version, const GUID *Guid);
NTSYSAPI ULONG NTAPI RtlIncrementCorrelationVector(PCORRELATION_VECTOR CorrelationVector);
NTSYSAPI ULONG NTAPI RtlExtendCorrelationVector(PCORRELATION_VECTOR CorrelationVector);
NTSYSAPI ULONG NTAPI RtlValidateCorrelationVector(PCORRELATION_VECTOR Vector);

NTSYSAPI NTSTATUS NTAPI RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ...);

typedef struct _HARDWARE_COUNTER {
    ULONG Type;
    ULONG Reserved;
    ULONG64 Index;
} HARDWARE_COUNTER, *PHARDWARE_COUNTER;
NTKERNELAPI NTSTATUS NTAPI KeQueryHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG MaximumCount, PULONG Count);
NTKERNELAPI NTSTATUS NTAPI KeSetHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG Count);
NTHALAPI NTSTATUS NTAPI HalAllocateHardwareCounters(PGROUP_AFFINITY GroupAffinity, ULONG GroupCount, PVOID ResourceList,
                                                    PHANDLE CounterSetHandle);
NTHALAPI NTSTATUS NTAPI HalFreeHardwareCounters(HANDLE CounterSetHandle);
NTKERNELAPI BOOLEAN NTAPI MmIsRecursiveIoFault(VOID);

RING3_END_C

#endif
