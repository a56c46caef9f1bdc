/* What storport.sys exports. docs: storport */
#ifndef RING3_STORPORT_PORT_EXPORTS_H
#define RING3_STORPORT_PORT_EXPORTS_H

#include <ntddstor.h>
#include <storport/port_control.h>

#ifndef STORPORT_API
#define STORPORT_API DECLSPEC_IMPORT
#endif

RING3_BEGIN_C

/* --- registration and events ------------------------------------------------------------------------------------- */

STORPORT_API ULONG NTAPI StorPortInitialize(PVOID Argument1, PVOID Argument2, PHW_INITIALIZATION_DATA HwInitializationData,
                                            PVOID HwContext);
STORPORT_API VOID NTAPI StorPortNotification(SCSI_NOTIFICATION_TYPE NotificationType, PVOID HwDeviceExtension, ...);
STORPORT_API ULONG NTAPI StorPortExtendedFunction(STORPORT_FUNCTION_CODE FunctionCode, PVOID HwDeviceExtension, ...);
STORPORT_API VOID NTAPI StorPortLogError(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, UCHAR PathId, UCHAR TargetId,
                                         UCHAR Lun, ULONG ErrorCode, ULONG UniqueId);
STORPORT_API VOID NTAPI StorPortDebugPrint(ULONG DebugPrintLevel, PCCHAR DebugMessage, ...);

/* --- hardware ------------------------------------------------------------------------------------------------------ */

STORPORT_API PVOID NTAPI StorPortGetDeviceBase(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                               STOR_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace);
STORPORT_API VOID NTAPI StorPortFreeDeviceBase(PVOID HwDeviceExtension, PVOID MappedAddress);
STORPORT_API BOOLEAN NTAPI StorPortValidateRange(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                                 STOR_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace);
STORPORT_API ULONG NTAPI StorPortGetBusData(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber,
                                            ULONG SlotNumber, PVOID Buffer, ULONG Length);
STORPORT_API ULONG NTAPI StorPortSetBusDataByOffset(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber,
                                                    ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);

/* --- memory -------------------------------------------------------------------------------------------------------- */

STORPORT_API PVOID NTAPI StorPortGetUncachedExtension(PVOID HwDeviceExtension, PPORT_CONFIGURATION_INFORMATION ConfigInfo,
                                                      ULONG NumberOfBytes);
STORPORT_API STOR_PHYSICAL_ADDRESS NTAPI StorPortGetPhysicalAddress(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb,
                                                                    PVOID VirtualAddress, ULONG *Length);
STORPORT_API PVOID NTAPI StorPortGetVirtualAddress(PVOID HwDeviceExtension, STOR_PHYSICAL_ADDRESS PhysicalAddress);
STORPORT_API PSTOR_SCATTER_GATHER_LIST NTAPI StorPortGetScatterGatherList(PVOID DeviceExtension, PSCSI_REQUEST_BLOCK Srb);
STORPORT_API VOID NTAPI StorPortMoveMemory(PVOID WriteBuffer, PVOID ReadBuffer, ULONG Length);
STORPORT_API STOR_PHYSICAL_ADDRESS NTAPI StorPortConvertUlong64ToPhysicalAddress(ULONG64 UlongAddress);
STORPORT_API ULONG64 NTAPI StorPortConvertPhysicalAddressToUlong64(STOR_PHYSICAL_ADDRESS Address);

/* --- units and queues ---------------------------------------------------------------------------------------------- */

STORPORT_API PVOID NTAPI StorPortGetLogicalUnit(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun);
STORPORT_API PSCSI_REQUEST_BLOCK NTAPI StorPortGetSrb(PVOID DeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                                      LONG QueueTag);
STORPORT_API VOID NTAPI StorPortCompleteRequest(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                                UCHAR SrbStatus);
STORPORT_API BOOLEAN NTAPI StorPortSetDeviceQueueDepth(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                                       ULONG Depth);
STORPORT_API BOOLEAN NTAPI StorPortPauseDevice(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                               ULONG TimeOut);
STORPORT_API BOOLEAN NTAPI StorPortResumeDevice(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun);
STORPORT_API BOOLEAN NTAPI StorPortPause(PVOID HwDeviceExtension, ULONG TimeOut);
STORPORT_API BOOLEAN NTAPI StorPortResume(PVOID HwDeviceExtension);
STORPORT_API BOOLEAN NTAPI StorPortDeviceBusy(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                              ULONG RequestsToComplete);
STORPORT_API BOOLEAN NTAPI StorPortDeviceReady(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun);
STORPORT_API BOOLEAN NTAPI StorPortBusy(PVOID HwDeviceExtension, ULONG RequestsToComplete);
STORPORT_API BOOLEAN NTAPI StorPortReady(PVOID HwDeviceExtension);
STORPORT_API VOID NTAPI StorPortSynchronizeAccess(PVOID HwDeviceExtension,
                                                  PSTOR_SYNCHRONIZED_ACCESS SynchronizedAccessRoutine, PVOID Context);

/* --- time and registry --------------------------------------------------------------------------------------------- */

STORPORT_API VOID NTAPI StorPortStallExecution(ULONG Delay);
STORPORT_API VOID NTAPI StorPortQuerySystemTime(PLARGE_INTEGER CurrentTime);
STORPORT_API PUCHAR NTAPI StorPortAllocateRegistryBuffer(PVOID HwDeviceExtension, PULONG Length);
STORPORT_API VOID NTAPI StorPortFreeRegistryBuffer(PVOID HwDeviceExtension, PUCHAR Buffer);
STORPORT_API BOOLEAN NTAPI StorPortReadDriverRegistry(PVOID DriverObject, PUCHAR ValueName, PULONG ValueDataLength, PVOID ValueData);
STORPORT_API BOOLEAN NTAPI StorPortRegistryRead(PVOID HwDeviceExtension, PUCHAR ValueName, ULONG Global, ULONG Type,
                                                PUCHAR Buffer, PULONG BufferLength);
STORPORT_API BOOLEAN NTAPI StorPortRegistryWrite(PVOID HwDeviceExtension, PUCHAR ValueName, ULONG Global, ULONG Type,
                                                 PUCHAR Buffer, ULONG BufferLength);

/* --- registers ------------------------------------------------------------------------------------------------------ */

STORPORT_API UCHAR NTAPI StorPortReadPortUchar(PUCHAR Port);
STORPORT_API USHORT NTAPI StorPortReadPortUshort(PUSHORT Port);
STORPORT_API ULONG NTAPI StorPortReadPortUlong(PULONG Port);
STORPORT_API VOID NTAPI StorPortReadPortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortReadPortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortReadPortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWritePortUchar(PUCHAR Port, UCHAR Value);
STORPORT_API VOID NTAPI StorPortWritePortUshort(PUSHORT Port, USHORT Value);
STORPORT_API VOID NTAPI StorPortWritePortUlong(PULONG Port, ULONG Value);
STORPORT_API VOID NTAPI StorPortWritePortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWritePortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWritePortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count);
STORPORT_API UCHAR NTAPI StorPortReadRegisterUchar(volatile UCHAR *Register);
STORPORT_API USHORT NTAPI StorPortReadRegisterUshort(volatile USHORT *Register);
STORPORT_API ULONG NTAPI StorPortReadRegisterUlong(volatile ULONG *Register);
STORPORT_API VOID NTAPI StorPortReadRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortReadRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortReadRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWriteRegisterUchar(volatile UCHAR *Register, UCHAR Value);
STORPORT_API VOID NTAPI StorPortWriteRegisterUshort(volatile USHORT *Register, USHORT Value);
STORPORT_API VOID NTAPI StorPortWriteRegisterUlong(volatile ULONG *Register, ULONG Value);
STORPORT_API VOID NTAPI StorPortWriteRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWriteRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count);
STORPORT_API VOID NTAPI StorPortWriteRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count);

RING3_END_C

#endif
