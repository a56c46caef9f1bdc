/* Events that a miniport logs.
 * Each function forwards to StorPortExtendedFunction or StorPortNotification and answers a STOR_STATUS. docs: storport */
#ifndef RING3_STORPORT_PORT_TRACE_H
#define RING3_STORPORT_PORT_TRACE_H

#include <storport/port_exports.h>

FORCEINLINE ULONG StorPortLogTelemetry(PVOID HwDeviceExtension, PSTOR_ADDRESS StorAddress,
                                       PSTORPORT_TELEMETRY_EVENT Event)
{
    return StorPortExtendedFunction(ExtFunctionMiniportTelemetry, HwDeviceExtension, StorAddress, Event);
}

FORCEINLINE ULONG StorPortLogTelemetryEx(PVOID HwDeviceExtension, PSTOR_ADDRESS StorAddress,
                                         PSTORPORT_TELEMETRY_EVENT Event, STOR_TELEMETRY_CATEGORY Category)
{
    return StorPortExtendedFunction(ExtFunctionMiniportTelemetryEx, HwDeviceExtension, StorAddress, Event, Category);
}

FORCEINLINE ULONG StorPortEtwEvent2(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG EventId, PWSTR EventDescription,
                                    ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                    STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb, PWSTR Parameter1Name,
                                    ULONGLONG Parameter1Value, PWSTR Parameter2Name, ULONGLONG Parameter2Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportEtwEvent2, HwDeviceExtension, Address, EventId, EventDescription,
                                    EventKeywords, EventLevel, EventOpcode, Srb, Parameter1Name, Parameter1Value,
                                    Parameter2Name, Parameter2Value);
}

FORCEINLINE ULONG StorPortEtwEvent4(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG EventId, PWSTR EventDescription,
                                    ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                    STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb, PWSTR Parameter1Name,
                                    ULONGLONG Parameter1Value, PWSTR Parameter2Name, ULONGLONG Parameter2Value,
                                    PWSTR Parameter3Name, ULONGLONG Parameter3Value, PWSTR Parameter4Name,
                                    ULONGLONG Parameter4Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportEtwEvent4, HwDeviceExtension, Address, EventId, EventDescription,
                                    EventKeywords, EventLevel, EventOpcode, Srb, Parameter1Name, Parameter1Value,
                                    Parameter2Name, Parameter2Value, Parameter3Name, Parameter3Value, Parameter4Name,
                                    Parameter4Value);
}

FORCEINLINE ULONG StorPortEtwEvent8(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG EventId, PWSTR EventDescription,
                                    ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                    STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb, PWSTR Parameter1Name,
                                    ULONGLONG Parameter1Value, PWSTR Parameter2Name, ULONGLONG Parameter2Value,
                                    PWSTR Parameter3Name, ULONGLONG Parameter3Value, PWSTR Parameter4Name,
                                    ULONGLONG Parameter4Value, PWSTR Parameter5Name, ULONGLONG Parameter5Value,
                                    PWSTR Parameter6Name, ULONGLONG Parameter6Value, PWSTR Parameter7Name,
                                    ULONGLONG Parameter7Value, PWSTR Parameter8Name, ULONGLONG Parameter8Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportEtwEvent8, HwDeviceExtension, Address, EventId, EventDescription,
                                    EventKeywords, EventLevel, EventOpcode, Srb, Parameter1Name, Parameter1Value,
                                    Parameter2Name, Parameter2Value, Parameter3Name, Parameter3Value, Parameter4Name,
                                    Parameter4Value, Parameter5Name, Parameter5Value, Parameter6Name, Parameter6Value,
                                    Parameter7Name, Parameter7Value, Parameter8Name, Parameter8Value);
}

FORCEINLINE ULONG StorPortEtwChannelEvent2(PVOID HwDeviceExtension, PSTOR_ADDRESS Address,
                                           STORPORT_ETW_EVENT_CHANNEL EventChannel, ULONG EventId, PWSTR EventDescription,
                                           ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                           STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb,
                                           PWSTR Parameter1Name, ULONGLONG Parameter1Value, PWSTR Parameter2Name,
                                           ULONGLONG Parameter2Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportChannelEtwEvent2, HwDeviceExtension, Address, EventChannel,
                                    EventId, EventDescription, EventKeywords, EventLevel, EventOpcode, Srb,
                                    Parameter1Name, Parameter1Value, Parameter2Name, Parameter2Value);
}

FORCEINLINE ULONG StorPortEtwChannelEvent4(PVOID HwDeviceExtension, PSTOR_ADDRESS Address,
                                           STORPORT_ETW_EVENT_CHANNEL EventChannel, ULONG EventId, PWSTR EventDescription,
                                           ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                           STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb,
                                           PWSTR Parameter1Name, ULONGLONG Parameter1Value, PWSTR Parameter2Name,
                                           ULONGLONG Parameter2Value, PWSTR Parameter3Name, ULONGLONG Parameter3Value,
                                           PWSTR Parameter4Name, ULONGLONG Parameter4Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportChannelEtwEvent4, HwDeviceExtension, Address, EventChannel,
                                    EventId, EventDescription, EventKeywords, EventLevel, EventOpcode, Srb,
                                    Parameter1Name, Parameter1Value, Parameter2Name, Parameter2Value, Parameter3Name,
                                    Parameter3Value, Parameter4Name, Parameter4Value);
}

FORCEINLINE ULONG StorPortEtwChannelEvent8(PVOID HwDeviceExtension, PSTOR_ADDRESS Address,
                                           STORPORT_ETW_EVENT_CHANNEL EventChannel, ULONG EventId, PWSTR EventDescription,
                                           ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                           STORPORT_ETW_EVENT_OPCODE EventOpcode, PSCSI_REQUEST_BLOCK Srb,
                                           PWSTR Parameter1Name, ULONGLONG Parameter1Value, PWSTR Parameter2Name,
                                           ULONGLONG Parameter2Value, PWSTR Parameter3Name, ULONGLONG Parameter3Value,
                                           PWSTR Parameter4Name, ULONGLONG Parameter4Value, PWSTR Parameter5Name,
                                           ULONGLONG Parameter5Value, PWSTR Parameter6Name, ULONGLONG Parameter6Value,
                                           PWSTR Parameter7Name, ULONGLONG Parameter7Value, PWSTR Parameter8Name,
                                           ULONGLONG Parameter8Value)
{
    return StorPortExtendedFunction(ExtFunctionMiniportChannelEtwEvent8, HwDeviceExtension, Address, EventChannel,
                                    EventId, EventDescription, EventKeywords, EventLevel, EventOpcode, Srb,
                                    Parameter1Name, Parameter1Value, Parameter2Name, Parameter2Value, Parameter3Name,
                                    Parameter3Value, Parameter4Name, Parameter4Value, Parameter5Name, Parameter5Value,
                                    Parameter6Name, Parameter6Value, Parameter7Name, Parameter7Value, Parameter8Name,
                                    Parameter8Value);
}

FORCEINLINE ULONG StorPortEtwLogByteStream(PVOID HwDeviceExtension, PSTOR_ADDRESS Address,
                                           STORPORT_ETW_EVENT_CHANNEL EventChannel, ULONG EventId, PWSTR EventDescription,
                                           ULONGLONG EventKeywords, STORPORT_ETW_LEVEL EventLevel,
                                           STORPORT_ETW_EVENT_OPCODE EventOpcode, ULONG DataLength, PUCHAR Data)
{
    return StorPortExtendedFunction(ExtFunctionMiniportLogByteStream, HwDeviceExtension, Address, EventChannel, EventId,
                                    EventDescription, EventKeywords, EventLevel, EventOpcode, DataLength, Data);
}

FORCEINLINE ULONG StorPortEtwLogError(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG Id, PWSTR Description,
                                      ULONG DataBufferLength, PVOID DataBuffer)
{
    return StorPortExtendedFunction(ExtFunctionLogHardwareError, HwDeviceExtension, Address, Id, Description,
                                    DataBufferLength, DataBuffer);
}

#endif
