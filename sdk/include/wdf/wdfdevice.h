/* Devices: functions. */
#ifndef WDF_WDFDEVICE_H
#define WDF_WDFDEVICE_H

#include <wdf/wdfdevice_types.h>
#include <wdf/wdfrequest.h>

RING3_BEGIN_C

WDF_SLOT(VOID, WdfDeviceGetDeviceState, (WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState), (Device, DeviceState))
WDF_SLOT(VOID, WdfDeviceSetDeviceState, (WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState), (Device, DeviceState))
WDF_SLOT(WDFDEVICE, WdfWdmDeviceGetWdfDeviceHandle, (PDEVICE_OBJECT DeviceObject), (DeviceObject))
WDF_SLOT(PDEVICE_OBJECT, WdfDeviceWdmGetDeviceObject, (WDFDEVICE Device), (Device))
WDF_SLOT(PDEVICE_OBJECT, WdfDeviceWdmGetAttachedDevice, (WDFDEVICE Device), (Device))
WDF_SLOT(PDEVICE_OBJECT, WdfDeviceWdmGetPhysicalDevice, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceWdmDispatchPreprocessedIrp, (WDFDEVICE Device, PIRP Irp), (Device, Irp))
WDF_SLOT(NTSTATUS, WdfDeviceWdmDispatchIrp, (WDFDEVICE Device, PIRP Irp, WDFCONTEXT DispatchContext),
         (Device, Irp, DispatchContext))
WDF_SLOT(NTSTATUS, WdfDeviceWdmDispatchIrpToIoQueue, (WDFDEVICE Device, PIRP Irp, WDFQUEUE Queue, ULONG Flags),
         (Device, Irp, Queue, Flags))
WDF_SLOT(NTSTATUS, WdfDeviceAddDependentUsageDeviceObject, (WDFDEVICE Device, PDEVICE_OBJECT DependentDevice),
         (Device, DependentDevice))
WDF_SLOT(VOID, WdfDeviceRemoveDependentUsageDeviceObject, (WDFDEVICE Device, PDEVICE_OBJECT DependentDevice),
         (Device, DependentDevice))
WDF_SLOT(NTSTATUS, WdfDeviceAddRemovalRelationsPhysicalDevice, (WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice),
         (Device, PhysicalDevice))
WDF_SLOT(VOID, WdfDeviceRemoveRemovalRelationsPhysicalDevice, (WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice),
         (Device, PhysicalDevice))
WDF_SLOT(VOID, WdfDeviceClearRemovalRelationsDevices, (WDFDEVICE Device), (Device))
WDF_SLOT(WDFDRIVER, WdfDeviceGetDriver, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceRetrieveDeviceName, (WDFDEVICE Device, WDFSTRING String), (Device, String))
WDF_SLOT(NTSTATUS, WdfDeviceAssignMofResourceName, (WDFDEVICE Device, PCUNICODE_STRING MofResourceName),
         (Device, MofResourceName))
WDF_SLOT(WDFIOTARGET, WdfDeviceGetIoTarget, (WDFDEVICE Device), (Device))
WDF_SLOT(WDF_DEVICE_PNP_STATE, WdfDeviceGetDevicePnpState, (WDFDEVICE Device), (Device))
WDF_SLOT(WDF_DEVICE_POWER_STATE, WdfDeviceGetDevicePowerState, (WDFDEVICE Device), (Device))
WDF_SLOT(WDF_DEVICE_POWER_POLICY_STATE, WdfDeviceGetDevicePowerPolicyState, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceAssignS0IdleSettings, (WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings),
         (Device, Settings))
WDF_SLOT(NTSTATUS, WdfDeviceAssignSxWakeSettings, (WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings),
         (Device, Settings))
WDF_SLOT(NTSTATUS, WdfDeviceOpenRegistryKey, (WDFDEVICE Device, ULONG DeviceInstanceKeyType,
         ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
         (Device, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, Key))
WDF_SLOT(NTSTATUS, WdfDeviceOpenDevicemapKey, (WDFDEVICE Device, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
         PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key), (Device, KeyName, DesiredAccess, KeyAttributes, Key))
WDF_SLOT(VOID, WdfDeviceSetSpecialFileSupport, (WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE FileType,
         BOOLEAN FileTypeIsSupported), (Device, FileType, FileTypeIsSupported))
WDF_SLOT(VOID, WdfDeviceSetCharacteristics, (WDFDEVICE Device, ULONG DeviceCharacteristics),
         (Device, DeviceCharacteristics))
WDF_SLOT(ULONG, WdfDeviceGetCharacteristics, (WDFDEVICE Device), (Device))
WDF_SLOT(ULONG, WdfDeviceGetAlignmentRequirement, (WDFDEVICE Device), (Device))
WDF_SLOT(VOID, WdfDeviceSetAlignmentRequirement, (WDFDEVICE Device, ULONG AlignmentRequirement),
         (Device, AlignmentRequirement))
WDF_SLOT(VOID, WdfDeviceInitFree, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(VOID, WdfDeviceInitSetPnpPowerEventCallbacks, (PWDFDEVICE_INIT DeviceInit,
         PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks), (DeviceInit, PnpPowerEventCallbacks))
WDF_SLOT(VOID, WdfDeviceInitSetPowerPolicyEventCallbacks, (PWDFDEVICE_INIT DeviceInit,
         PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks), (DeviceInit, PowerPolicyEventCallbacks))
WDF_SLOT(VOID, WdfDeviceInitSetPowerPolicyOwnership, (PWDFDEVICE_INIT DeviceInit, BOOLEAN IsPowerPolicyOwner),
         (DeviceInit, IsPowerPolicyOwner))
WDF_SLOT(NTSTATUS, WdfDeviceInitRegisterPnpStateChangeCallback, (PWDFDEVICE_INIT DeviceInit,
         WDF_DEVICE_PNP_STATE PnpState, PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtDevicePnpStateChange,
         ULONG CallbackTypes), (DeviceInit, PnpState, EvtDevicePnpStateChange, CallbackTypes))
WDF_SLOT(NTSTATUS, WdfDeviceInitRegisterPowerStateChangeCallback, (PWDFDEVICE_INIT DeviceInit,
         WDF_DEVICE_POWER_STATE PowerState, PFN_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION EvtDevicePowerStateChange,
         ULONG CallbackTypes), (DeviceInit, PowerState, EvtDevicePowerStateChange, CallbackTypes))
WDF_SLOT(NTSTATUS, WdfDeviceInitRegisterPowerPolicyStateChangeCallback, (PWDFDEVICE_INIT DeviceInit,
         WDF_DEVICE_POWER_POLICY_STATE PowerPolicyState,
         PFN_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtDevicePowerPolicyStateChange, ULONG CallbackTypes),
         (DeviceInit, PowerPolicyState, EvtDevicePowerPolicyStateChange, CallbackTypes))
WDF_SLOT(VOID, WdfDeviceInitSetExclusive, (PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive),
         (DeviceInit, IsExclusive))
WDF_SLOT(VOID, WdfDeviceInitSetIoType, (PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType), (DeviceInit, IoType))
WDF_SLOT(VOID, WdfDeviceInitSetPowerNotPageable, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(VOID, WdfDeviceInitSetPowerPageable, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(VOID, WdfDeviceInitSetPowerInrush, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(VOID, WdfDeviceInitSetDeviceType, (PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE DeviceType),
         (DeviceInit, DeviceType))
WDF_SLOT(NTSTATUS, WdfDeviceInitAssignName, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName),
         (DeviceInit, DeviceName))
WDF_SLOT(NTSTATUS, WdfDeviceInitAssignSDDLString, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING SDDLString),
         (DeviceInit, SDDLString))
WDF_SLOT(VOID, WdfDeviceInitSetDeviceClass, (PWDFDEVICE_INIT DeviceInit, CONST GUID *DeviceClassGuid),
         (DeviceInit, DeviceClassGuid))
WDF_SLOT(VOID, WdfDeviceInitSetCharacteristics, (PWDFDEVICE_INIT DeviceInit, ULONG DeviceCharacteristics,
         BOOLEAN OrInValues), (DeviceInit, DeviceCharacteristics, OrInValues))
WDF_SLOT(VOID, WdfDeviceInitSetFileObjectConfig, (PWDFDEVICE_INIT DeviceInit, PWDF_FILEOBJECT_CONFIG FileObjectConfig,
         PWDF_OBJECT_ATTRIBUTES FileObjectAttributes), (DeviceInit, FileObjectConfig, FileObjectAttributes))
WDF_SLOT(VOID, WdfDeviceInitSetRequestAttributes, (PWDFDEVICE_INIT DeviceInit,
         PWDF_OBJECT_ATTRIBUTES RequestAttributes), (DeviceInit, RequestAttributes))
WDF_SLOT(NTSTATUS, WdfDeviceInitAssignWdmIrpPreprocessCallback, (PWDFDEVICE_INIT DeviceInit,
         PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess, UCHAR MajorFunction, PUCHAR MinorFunctions,
         ULONG NumMinorFunctions),
         (DeviceInit, EvtDeviceWdmIrpPreprocess, MajorFunction, MinorFunctions, NumMinorFunctions))
WDF_SLOT(VOID, WdfDeviceInitSetIoInCallerContextCallback, (PWDFDEVICE_INIT DeviceInit,
         PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext), (DeviceInit, EvtIoInCallerContext))
WDF_SLOT(VOID, WdfDeviceInitSetRemoveLockOptions, (PWDFDEVICE_INIT DeviceInit, PWDF_REMOVE_LOCK_OPTIONS Options),
         (DeviceInit, Options))
WDF_SLOT(NTSTATUS, WdfDeviceCreate, (PWDFDEVICE_INIT *DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes,
         WDFDEVICE *Device), (DeviceInit, DeviceAttributes, Device))
WDF_SLOT(VOID, WdfDeviceSetStaticStopRemove, (WDFDEVICE Device, BOOLEAN Stoppable), (Device, Stoppable))
WDF_SLOT(NTSTATUS, WdfDeviceCreateDeviceInterface, (WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
         PCUNICODE_STRING ReferenceString), (Device, InterfaceClassGUID, ReferenceString))
WDF_SLOT(VOID, WdfDeviceSetDeviceInterfaceState, (WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
         PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled),
         (Device, InterfaceClassGUID, ReferenceString, IsInterfaceEnabled))
WDF_SLOT(VOID, WdfDeviceSetDeviceInterfaceStateEx, (WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
         PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled),
         (Device, InterfaceClassGUID, ReferenceString, IsInterfaceEnabled))
WDF_SLOT(NTSTATUS, WdfDeviceRetrieveDeviceInterfaceString, (WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
         PCUNICODE_STRING ReferenceString, WDFSTRING String), (Device, InterfaceClassGUID, ReferenceString, String))
WDF_SLOT(NTSTATUS, WdfDeviceCreateSymbolicLink, (WDFDEVICE Device, PCUNICODE_STRING SymbolicLinkName),
         (Device, SymbolicLinkName))
WDF_SLOT(NTSTATUS, WdfDeviceQueryProperty, (WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty,
         ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength),
         (Device, DeviceProperty, BufferLength, PropertyBuffer, ResultLength))
WDF_SLOT(NTSTATUS, WdfDeviceAllocAndQueryProperty, (WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty,
         POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory),
         (Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory))
WDF_SLOT(VOID, WdfDeviceSetPnpCapabilities, (WDFDEVICE Device, PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities),
         (Device, PnpCapabilities))
WDF_SLOT(VOID, WdfDeviceSetPowerCapabilities, (WDFDEVICE Device, PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities),
         (Device, PowerCapabilities))
WDF_SLOT(VOID, WdfDeviceSetBusInformationForChildren, (WDFDEVICE Device, PPNP_BUS_INFORMATION BusInformation),
         (Device, BusInformation))
WDF_SLOT(NTSTATUS, WdfDeviceIndicateWakeStatus, (WDFDEVICE Device, NTSTATUS WaitWakeStatus), (Device, WaitWakeStatus))
WDF_SLOT(VOID, WdfDeviceSetFailed, (WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction), (Device, FailedAction))
WDF_SLOT(NTSTATUS, WdfDeviceStopIdleNoTrack, (WDFDEVICE Device, BOOLEAN WaitForD0), (Device, WaitForD0))
WDF_SLOT(VOID, WdfDeviceResumeIdleNoTrack, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceStopIdleActual, (WDFDEVICE Device, BOOLEAN WaitForD0, PVOID Tag, LONG Line, PCCH File),
         (Device, WaitForD0, Tag, Line, File))
WDF_SLOT(VOID, WdfDeviceResumeIdleActual, (WDFDEVICE Device, PVOID Tag, LONG Line, PCCH File),
         (Device, Tag, Line, File))
WDF_SLOT(WDFFILEOBJECT, WdfDeviceGetFileObject, (WDFDEVICE Device, PFILE_OBJECT FileObject), (Device, FileObject))
WDF_SLOT(NTSTATUS, WdfDeviceEnqueueRequest, (WDFDEVICE Device, WDFREQUEST Request), (Device, Request))
WDF_SLOT(WDFQUEUE, WdfDeviceGetDefaultQueue, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceConfigureRequestDispatching, (WDFDEVICE Device, WDFQUEUE Queue,
         WDF_REQUEST_TYPE RequestType), (Device, Queue, RequestType))
WDF_SLOT(NTSTATUS, WdfDeviceConfigureWdmIrpDispatchCallback, (WDFDEVICE Device, WDFDRIVER Driver, UCHAR MajorFunction,
         PFN_WDFDEVICE_WDM_IRP_DISPATCH EvtDeviceWdmIrpDispatch, WDFCONTEXT DriverContext),
         (Device, Driver, MajorFunction, EvtDeviceWdmIrpDispatch, DriverContext))
WDF_SLOT(POWER_ACTION, WdfDeviceGetSystemPowerAction, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfDeviceWdmAssignPowerFrameworkSettings, (WDFDEVICE Device,
         PWDF_POWER_FRAMEWORK_SETTINGS PowerFrameworkSettings), (Device, PowerFrameworkSettings))
WDF_SLOT(VOID, WdfDeviceInitSetReleaseHardwareOrderOnFailure, (PWDFDEVICE_INIT DeviceInit,
         WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure),
         (DeviceInit, ReleaseHardwareOrderOnFailure))
WDF_SLOT(VOID, WdfDeviceInitSetIoTypeEx, (PWDFDEVICE_INIT DeviceInit, PWDF_IO_TYPE_CONFIG IoTypeConfig),
         (DeviceInit, IoTypeConfig))
WDF_SLOT(NTSTATUS, WdfDeviceQueryPropertyEx, (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
         ULONG BufferLength, PVOID PropertyBuffer, PULONG RequiredSize, PDEVPROPTYPE Type),
         (Device, DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type))
WDF_SLOT(NTSTATUS, WdfDeviceAllocAndQueryPropertyEx, (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
         POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory,
         PDEVPROPTYPE Type), (Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type))
WDF_SLOT(NTSTATUS, WdfDeviceAssignProperty, (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
         DEVPROPTYPE Type, ULONG Size, PVOID Data), (Device, DeviceProperty, Type, Size, Data))
WDF_SLOT(NTSTATUS, WdfDeviceRetrieveCompanionTarget, (WDFDEVICE Device, WDFCOMPANIONTARGET *CompanionTarget),
         (Device, CompanionTarget))

RING3_END_C

#endif
