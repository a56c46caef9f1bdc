/* Numbers between Storport and its miniports: statuses, notification types, function codes. The order of the two enumerations is
 * a fact of the binary interface that no documentation page gives. docs: storport */
#ifndef RING3_STORPORT_PORT_CODES_H
#define RING3_STORPORT_PORT_CODES_H

#define STOR_STATUS_SUCCESS 0x00000000L
#define STOR_STATUS_UNSUCCESSFUL 0xC1000001L
#define STOR_STATUS_NOT_IMPLEMENTED 0xC1000002L
#define STOR_STATUS_INSUFFICIENT_RESOURCES 0xC1000003L
#define STOR_STATUS_BUFFER_TOO_SMALL 0xC1000004L
#define STOR_STATUS_ACCESS_DENIED 0xC1000005L
#define STOR_STATUS_INVALID_PARAMETER 0xC1000006L
#define STOR_STATUS_INVALID_DEVICE_REQUEST 0xC1000007L
#define STOR_STATUS_INVALID_IRQL 0xC1000008L
#define STOR_STATUS_INVALID_DEVICE_STATE 0xC1000009L
#define STOR_STATUS_INVALID_BUFFER_SIZE 0xC100000AL
#define STOR_STATUS_UNSUPPORTED_VERSION 0xC100000BL
#define STOR_STATUS_BUSY 0xC100000CL

typedef enum _SCSI_NOTIFICATION_TYPE {
    RequestComplete, NextRequest, NextLuRequest, ResetDetected, _obsolete1, _obsolete2, RequestTimerCall, BusChangeDetected,
    WMIEvent, WMIReregister, LinkUp, LinkDown, QueryTickCount, BufferOverrunDetected, TraceNotification,
    GetExtendedFunctionTable,
    EnablePassiveInitialization = 0x1000, InitializeDpc, IssueDpc, AcquireSpinLock, ReleaseSpinLock,
    StateChangeDetectedCall, IoTargetRequestServiceTime, AsyncNotificationDetected, RequestDirectComplete,
    InitializeDpcWithContext, InitializeThreadedDpc, SetTargetProcessorDpc, MarkDeviceFailed, MarkDeviceFailedEx,
    TerminateSystemThread
} SCSI_NOTIFICATION_TYPE, *PSCSI_NOTIFICATION_TYPE;

typedef enum _STORPORT_FUNCTION_CODE {
    ExtFunctionAllocatePool, ExtFunctionFreePool, ExtFunctionAllocateMdl, ExtFunctionFreeMdl,
    ExtFunctionBuildMdlForNonPagedPool, ExtFunctionGetSystemAddress, ExtFunctionGetOriginalMdl,
    ExtFunctionCompleteServiceIrp, ExtFunctionGetDeviceObjects, ExtFunctionBuildScatterGatherList,
    ExtFunctionPutScatterGatherList, ExtFunctionAcquireMSISpinLock, ExtFunctionReleaseMSISpinLock,
    ExtFunctionGetMessageInterruptInformation, ExtFunctionInitializePerformanceOptimizations,
    ExtFunctionGetStartIoPerformanceParameters, ExtFunctionLogSystemEvent, ExtFunctionGetCurrentProcessorNumber,
    ExtFunctionGetActiveGroupCount, ExtFunctionGetGroupAffinity, ExtFunctionGetActiveNodeCount,
    ExtFunctionGetNodeAffinity, ExtFunctionGetHighestNodeNumber, ExtFunctionGetLogicalProcessorRelationship,
    ExtFunctionAllocateContiguousMemorySpecifyCacheNode, ExtFunctionFreeContiguousMemorySpecifyCache,
    ExtFunctionSetPowerSettingNotificationGuids, ExtFunctionInvokeAcpiMethod, ExtFunctionGetRequestInfo,
    ExtFunctionInitializeWorker, ExtFunctionQueueWorkItem, ExtFunctionFreeWorker, ExtFunctionInitializeTimer,
    ExtFunctionRequestTimer, ExtFunctionFreeTimer, ExtFunctionInitializeSListHead,
    ExtFunctionInterlockedFlushSList, ExtFunctionInterlockedPopEntrySList, ExtFunctionInterlockedPushEntrySList,
    ExtFunctionQueryDepthSList, ExtFunctionGetActivityId, ExtFunctionGetSystemPortNumber,
    ExtFunctionGetDataInBufferMdl, ExtFunctionGetDataInBufferSystemAddress,
    ExtFunctionGetDataInBufferScatterGatherList, ExtFunctionMarkDumpMemory, ExtFunctionSetUnitAttributes,
    ExtFunctionQueryPerformanceCounter, ExtFunctionInitializePoFxPower, ExtFunctionPoFxActivateComponent,
    ExtFunctionPoFxIdleComponent, ExtFunctionPoFxSetComponentLatency, ExtFunctionPoFxSetComponentResidency,
    ExtFunctionPoFxPowerControl, ExtFunctionFlushDataBufferMdl, ExtFunctionDeviceOperationAllowed,
    ExtFunctionGetProcessorIndexFromNumber, ExtFunctionPoFxSetIdleTimeout, ExtFunctionMiniportEtwEvent2,
    ExtFunctionMiniportEtwEvent4, ExtFunctionMiniportEtwEvent8, ExtFunctionCurrentOsInstallationUpgrade,
    ExtFunctionRegistryReadAdapterKey, ExtFunctionRegistryWriteAdapterKey, ExtFunctionSetAdapterBusType,
    ExtFunctionPoFxRegisterPerfStates, ExtFunctionPoFxSetPerfState, ExtFunctionGetD3ColdSupport,
    ExtFunctionInitializeRpmb, ExtFunctionAllocateHmb, ExtFunctionFreeHmb, ExtFunctionPropagateIrpExtension,
    ExtFunctionInterlockedInsertHeadList, ExtFunctionInterlockedInsertTailList,
    ExtFunctionInterlockedRemoveHeadList, ExtFunctionInitializeSpinlock, ExtFunctionGetPfns,
    ExtFunctionInitializeCryptoEngine, ExtFunctionGetRequestCryptoInfo, ExtFunctionMiniportTelemetry,
    ExtFunctionUpdateAdapterMaxIO, ExtFunctionDelayExecution, ExtFunctionAllocateDmaMemory,
    ExtFunctionFreeDmaMemory, ExtFunctionUpdateAdapterMaxIOInfo, ExtFunctionMiniportChannelEtwEvent2,
    ExtFunctionMiniportChannelEtwEvent4, ExtFunctionMiniportChannelEtwEvent8,
    ExtFunctionInitializeHighResolutionTimer, ExtFunctionRequestHighResolutionTimer,
    ExtFunctionCancelHighResolutionTimer, ExtFunctionFreeHighResolutionTimer, ExtFunctionGetCurrentProcessorIndex,
    ExtFunctionAcquireSpinLock, ExtFunctionGetProcessorCount, ExtFunctionCancelDpc, ExtFunctionMiniportTelemetryEx,
    ExtFunctionQueryConfiguration, ExtFunctionLogHardwareError, ExtFunctionInitializeEvent, ExtFunctionWaitForEvent,
    ExtFunctionSetEvent, ExtFunctionDeviceReset, ExtFunctionSetFeatureList, ExtFunctionCaptureLiveDump,
    ExtFunctionMiniportLogByteStream, ExtFunctionQueryDpcWatchdogInformation, ExtFunctionQueryTimerMinInterval,
    ExtFunctionMaskPciMsixEntry, ExtFunctionGetCurrentIrql, ExtFunctionCreateSystemThread,
    ExtFunctionSetPriorityThread, ExtFunctionSetSystemGroupAffinityThread,
    ExtFunctionRevertToUserGroupAffinityThread, ExtFunctionDeviceResetEx, ExtFunctionMiniportReportInternalData,
    ExtFunctionGetMessageInterruptIDFromProcessorIndex, ExtFunctionGetNodeAffinity2,
    ExtFunctionEnableRegistryKeyNotification, ExtFunctionPoFxRegisterPerfStatesEx, ExtFunctionReadRegistryKey,
    ExtFunctionGetDeviceBase2, ExtFunctionIsDriverHotSwapEnabled
} STORPORT_FUNCTION_CODE, *PSTORPORT_FUNCTION_CODE;

#endif
