/* The adapter and its units: messages, processors, registry, requests.
 * Each function forwards to StorPortExtendedFunction or StorPortNotification and answers a STOR_STATUS. docs: storport */
#ifndef RING3_STORPORT_PORT_DEVICE_H
#define RING3_STORPORT_PORT_DEVICE_H

#include <storport/port_exports.h>

FORCEINLINE ULONG StorPortCompleteServiceIrp(PVOID HwDeviceExtension, PVOID Irp)
{
    return StorPortExtendedFunction(ExtFunctionCompleteServiceIrp, HwDeviceExtension, Irp);
}

FORCEINLINE ULONG StorPortGetDeviceObjects(PVOID HwDeviceExtension, PVOID *AdapterDeviceObject,
                                           PVOID *PhysicalDeviceObject, PVOID *LowerDeviceObject)
{
    return StorPortExtendedFunction(ExtFunctionGetDeviceObjects, HwDeviceExtension, AdapterDeviceObject,
                                    PhysicalDeviceObject, LowerDeviceObject);
}

FORCEINLINE ULONG StorPortGetMSIInfo(PVOID HwDeviceExtension, ULONG MessageId,
                                     PMESSAGE_INTERRUPT_INFORMATION InterruptInfo)
{
    return StorPortExtendedFunction(ExtFunctionGetMessageInterruptInformation, HwDeviceExtension, MessageId,
                                    InterruptInfo);
}

FORCEINLINE ULONG StorPortMaskMsixInterrupt(PVOID HwDeviceExtension, ULONG MessageId, BOOLEAN Mask)
{
    return StorPortExtendedFunction(ExtFunctionMaskPciMsixEntry, HwDeviceExtension, MessageId, Mask);
}

FORCEINLINE ULONG StorPortInitializePerfOpts(PVOID HwDeviceExtension, BOOLEAN Query,
                                             PPERF_CONFIGURATION_DATA PerfConfigData)
{
    return StorPortExtendedFunction(ExtFunctionInitializePerformanceOptimizations, HwDeviceExtension, Query,
                                    PerfConfigData);
}

FORCEINLINE ULONG StorPortGetStartIoPerfParams(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb,
                                               PSTARTIO_PERFORMANCE_PARAMETERS StartIoPerfParams)
{
    return StorPortExtendedFunction(ExtFunctionGetStartIoPerformanceParameters, HwDeviceExtension, Srb,
                                    StartIoPerfParams);
}

FORCEINLINE ULONG StorPortLogSystemEvent(PVOID HwDeviceExtension, PSTOR_LOG_EVENT_DETAILS LogDetails, PULONG MaximumSize)
{
    return StorPortExtendedFunction(ExtFunctionLogSystemEvent, HwDeviceExtension, LogDetails, MaximumSize);
}

FORCEINLINE ULONG StorPortGetCurrentProcessorNumber(PVOID HwDeviceExtension, PPROCESSOR_NUMBER ProcNumber)
{
    return StorPortExtendedFunction(ExtFunctionGetCurrentProcessorNumber, HwDeviceExtension, ProcNumber);
}

FORCEINLINE ULONG StorPortGetCurrentProcessorIndex(PVOID HwDeviceExtension, PULONG ProcessorIndex)
{
    return StorPortExtendedFunction(ExtFunctionGetCurrentProcessorIndex, HwDeviceExtension, ProcessorIndex);
}

FORCEINLINE ULONG StorPortGetProcessorIndexFromNumber(PVOID HwDeviceExtension, PPROCESSOR_NUMBER ProcNumber,
                                                      PULONG ProcessorIndex)
{
    return StorPortExtendedFunction(ExtFunctionGetProcessorIndexFromNumber, HwDeviceExtension, ProcNumber,
                                    ProcessorIndex);
}

FORCEINLINE ULONG StorPortGetProcessorCount(PVOID HwDeviceExtension, PULONG ProcessorCount)
{
    return StorPortExtendedFunction(ExtFunctionGetProcessorCount, HwDeviceExtension, ProcessorCount);
}

FORCEINLINE ULONG StorPortGetActiveGroupCount(PVOID HwDeviceExtension, PUSHORT NumberGroups)
{
    return StorPortExtendedFunction(ExtFunctionGetActiveGroupCount, HwDeviceExtension, NumberGroups);
}

FORCEINLINE ULONG StorPortGetGroupAffinity(PVOID HwDeviceExtension, USHORT GroupNumber, PKAFFINITY GroupAffinityMask)
{
    return StorPortExtendedFunction(ExtFunctionGetGroupAffinity, HwDeviceExtension, GroupNumber, GroupAffinityMask);
}

FORCEINLINE ULONG StorPortGetActiveNodeCount(PVOID HwDeviceExtension, PULONG NumberNodes)
{
    return StorPortExtendedFunction(ExtFunctionGetActiveNodeCount, HwDeviceExtension, NumberNodes);
}

FORCEINLINE ULONG StorPortGetNodeAffinity(PVOID HwDeviceExtension, ULONG NodeNumber, PGROUP_AFFINITY NodeAffinityMask)
{
    return StorPortExtendedFunction(ExtFunctionGetNodeAffinity, HwDeviceExtension, NodeNumber, NodeAffinityMask);
}

FORCEINLINE ULONG StorPortGetNodeAffinity2(PVOID HwDeviceExtension, ULONG NodeNumber, PGROUP_AFFINITY GroupAffinities,
                                           USHORT GroupAffinitiesCount, PUSHORT GroupAffinitiesCountRequired)
{
    return StorPortExtendedFunction(ExtFunctionGetNodeAffinity2, HwDeviceExtension, NodeNumber, GroupAffinities,
                                    GroupAffinitiesCount, GroupAffinitiesCountRequired);
}

FORCEINLINE ULONG StorPortGetHighestNodeNumber(PVOID HwDeviceExtension, PULONG HighestNode)
{
    return StorPortExtendedFunction(ExtFunctionGetHighestNodeNumber, HwDeviceExtension, HighestNode);
}

FORCEINLINE ULONG StorPortGetLogicalProcessorRelationship(PVOID HwDeviceExtension, PPROCESSOR_NUMBER ProcessorNumber,
                                                          LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                                          PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
                                                          PULONG Length)
{
    return StorPortExtendedFunction(ExtFunctionGetLogicalProcessorRelationship, HwDeviceExtension, ProcessorNumber,
                                    RelationshipType, Information, Length);
}

FORCEINLINE ULONG StorPortGetMessageInterruptIDFromProcessorIndex(PVOID HwDeviceExtension, ULONG ProcessorIndex,
                                                                  PULONG MessageInterruptID)
{
    return StorPortExtendedFunction(ExtFunctionGetMessageInterruptIDFromProcessorIndex, HwDeviceExtension, ProcessorIndex,
                                    MessageInterruptID);
}

FORCEINLINE ULONG StorPortInvokeAcpiMethod(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG MethodName,
                                           PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                           ULONG OutputBufferLength, PULONG BytesReturned)
{
    return StorPortExtendedFunction(ExtFunctionInvokeAcpiMethod, HwDeviceExtension, Address, MethodName, InputBuffer,
                                    InputBufferLength, OutputBuffer, OutputBufferLength, BytesReturned);
}

FORCEINLINE ULONG StorPortGetRequestInfo(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PSTOR_REQUEST_INFO RequestInfo)
{
    return StorPortExtendedFunction(ExtFunctionGetRequestInfo, HwDeviceExtension, Srb, RequestInfo);
}

FORCEINLINE ULONG StorPortGetActivityIdSrb(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, LPGUID ActivityId)
{
    return StorPortExtendedFunction(ExtFunctionGetActivityId, HwDeviceExtension, Srb, ActivityId);
}

FORCEINLINE ULONG StorPortGetSystemPortNumber(PVOID HwDeviceExtension, PSTOR_ADDRESS Address)
{
    return StorPortExtendedFunction(ExtFunctionGetSystemPortNumber, HwDeviceExtension, Address);
}

FORCEINLINE ULONG StorPortSetUnitAttributes(PVOID HwDeviceExtension, PSTOR_ADDRESS Address,
                                            STOR_UNIT_ATTRIBUTES Attributes)
{
    return StorPortExtendedFunction(ExtFunctionSetUnitAttributes, HwDeviceExtension, Address, Attributes);
}

FORCEINLINE ULONG StorPortSetPowerSettingNotificationGuids(PVOID HwDeviceExtension, ULONG GuidCount, LPGUID Guid)
{
    return StorPortExtendedFunction(ExtFunctionSetPowerSettingNotificationGuids, HwDeviceExtension, GuidCount, Guid);
}

/* Classes of operations that a miniport asks about. */
static const GUID STORPORT_DEVICEOPERATION_SECURE_REPROVISION_GUID = {
    0xdcaf9c10, 0x895f, 0x481f, {0xa4, 0x92, 0xd4, 0xce, 0xd2, 0xf5, 0x56, 0x33}
};
static const GUID STORPORT_DEVICEOPERATION_USE_INLINE_CRYPTO_ENGINE_GUID = {
    0xd52ce820, 0x2b37, 0x444b, {0xa6, 0x33, 0x00, 0x92, 0xe5, 0x91, 0xd0, 0x7b}
};
static const GUID STORPORT_DEVICEOPERATION_CACHED_SETTINGS_INIT_GUID = {
    0x2b9443ac, 0xf89b, 0x48e8, {0xb2, 0x92, 0x2c, 0xb6, 0xc9, 0x6e, 0xfd, 0x5a}
};

FORCEINLINE ULONG StorPortIsDeviceOperationAllowed(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, LPCGUID DeviceOperation,
                                                   PULONG AllowedFlag)
{
    return StorPortExtendedFunction(ExtFunctionDeviceOperationAllowed, HwDeviceExtension, Address, DeviceOperation,
                                    AllowedFlag);
}

FORCEINLINE ULONG StorPortIsCurrentOsInstallationUpgrade(PVOID HwDeviceExtension, PBOOLEAN Upgraded)
{
    return StorPortExtendedFunction(ExtFunctionCurrentOsInstallationUpgrade, HwDeviceExtension, Upgraded);
}

FORCEINLINE ULONG StorPortRegistryReadAdapterKey(PVOID HwDeviceExtension, PUCHAR SubKeyName, PUCHAR ValueName,
                                                 ULONG ValueType, PVOID *ValueData, PULONG ValueDataLength)
{
    return StorPortExtendedFunction(ExtFunctionRegistryReadAdapterKey, HwDeviceExtension, SubKeyName, ValueName,
                                    ValueType, ValueData, ValueDataLength);
}

FORCEINLINE ULONG StorPortReadRegistryKey(PVOID HwDeviceExtension, PWSTR AbsolutePath, PWSTR KeyName, ULONG ValueType,
                                          PVOID *ValueData, PULONG ValueDataLength)
{
    return StorPortExtendedFunction(ExtFunctionReadRegistryKey, HwDeviceExtension, AbsolutePath, KeyName, ValueType, ValueData,
                                    ValueDataLength);
}

FORCEINLINE ULONG StorPortRegistryWriteAdapterKey(PVOID HwDeviceExtension, PUCHAR SubKeyName, PUCHAR ValueName,
                                                  ULONG ValueType, PVOID ValueData, ULONG ValueDataLength)
{
    return StorPortExtendedFunction(ExtFunctionRegistryWriteAdapterKey, HwDeviceExtension, SubKeyName, ValueName,
                                    ValueType, ValueData, ValueDataLength);
}

FORCEINLINE ULONG StorPortSetAdapterBusType(PVOID HwDeviceExtension, STORAGE_BUS_TYPE BusType)
{
    return StorPortExtendedFunction(ExtFunctionSetAdapterBusType, HwDeviceExtension, BusType);
}

FORCEINLINE ULONG StorPortUpdateAdapterMaxIO(PVOID HwDeviceExtension, ULONG MaxIoCount)
{
    return StorPortExtendedFunction(ExtFunctionUpdateAdapterMaxIO, HwDeviceExtension, MaxIoCount);
}

FORCEINLINE ULONG StorPortUpdatePortConfigMaxIOInfo(PVOID HwDeviceExtension, ULONG MaxIoCount, ULONG MaxIosPerLun)
{
    return StorPortExtendedFunction(ExtFunctionUpdateAdapterMaxIOInfo, HwDeviceExtension, MaxIoCount, MaxIosPerLun);
}

FORCEINLINE ULONG StorPortHardwareReset(PVOID HwDeviceExtension, STOR_DEVICE_RESET_TYPE Type)
{
    return StorPortExtendedFunction(ExtFunctionDeviceReset, HwDeviceExtension, Type);
}

FORCEINLINE ULONG StorPortSetFeatureList(PVOID HwDeviceExtension, ULONG FeatureCount, PBOOLEAN FeatureList)
{
    return StorPortExtendedFunction(ExtFunctionSetFeatureList, HwDeviceExtension, FeatureCount, FeatureList);
}

FORCEINLINE ULONG StorPortQueryConfiguration(PVOID HwDeviceExtension, STORPORT_QUERY_CONFIGURATION_TYPE Type,
                                             PBOOLEAN Enabled)
{
    return StorPortExtendedFunction(ExtFunctionQueryConfiguration, HwDeviceExtension, Type, Enabled);
}

FORCEINLINE ULONG StorPortEnableRegistryKeyNotification(PVOID HwDeviceExtension,
                                                        PHW_REGISTRY_NOTIFICATION_ROUTINE NotificationCallback)
{
    return StorPortExtendedFunction(ExtFunctionEnableRegistryKeyNotification, HwDeviceExtension, NotificationCallback);
}

FORCEINLINE ULONG StorPortPropagateIrpExtension(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PVOID Irp)
{
    return StorPortExtendedFunction(ExtFunctionPropagateIrpExtension, HwDeviceExtension, Srb, Irp);
}

/* From HwStorInitialize. */
FORCEINLINE BOOLEAN StorPortEnablePassiveInitialization(PVOID DeviceExtension,
                                                        PHW_PASSIVE_INITIALIZE_ROUTINE HwPassiveInitializeRoutine)
{
    LONG enabled = FALSE;

    StorPortNotification(EnablePassiveInitialization, DeviceExtension, HwPassiveInitializeRoutine, &enabled);
    return (BOOLEAN)enabled;
}

FORCEINLINE ULONG StorPortStateChangeDetected(PVOID HwDeviceExtension, ULONG ChangedEntity, PSTOR_ADDRESS Address,
                                              ULONG Attributes, PHW_STATE_CHANGE HwStateChange,
                                              PVOID HwStateChangeContext)
{
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;

    StorPortNotification(StateChangeDetectedCall, HwDeviceExtension, ChangedEntity, Address, Attributes, HwStateChange,
                         HwStateChangeContext, &status);
    return status;
}

FORCEINLINE ULONG StorPortAsyncNotificationDetected(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONGLONG Flags)
{
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;

    StorPortNotification(AsyncNotificationDetected, HwDeviceExtension, Address, Flags, &status);
    return status;
}

FORCEINLINE ULONG StorPortMarkDeviceFailed(PVOID HwDeviceExtension, PSTOR_ADDRESS StorAddress, ULONG Flags,
                                           PWSTR FailReason)
{
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;

    StorPortNotification(MarkDeviceFailed, HwDeviceExtension, StorAddress, Flags, FailReason, &status);
    return status;
}

FORCEINLINE ULONG StorPortMarkDeviceFailedEx(PVOID HwDeviceExtension, PSTOR_ADDRESS StorAddress, ULONG Flags,
                                             ULONG FaultCode, PWSTR FaultDescription, ULONG AdditionalDataSize,
                                             PVOID AdditionalData, ULONG CriticalDataSize, PVOID CriticalData)
{
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;

    StorPortNotification(MarkDeviceFailedEx, HwDeviceExtension, StorAddress, Flags, FaultCode, FaultDescription,
                         AdditionalDataSize, AdditionalData, CriticalDataSize, CriticalData, &status);
    return status;
}

#endif
