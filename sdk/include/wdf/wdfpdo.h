/* Physical device objects of a bus driver. */
#ifndef WDF_WDFPDO_H
#define WDF_WDFPDO_H

#include <wdf/wdfchildlist.h>

RING3_BEGIN_C

typedef NTSTATUS NTAPI EVT_WDF_DEVICE_RESOURCES_QUERY(WDFDEVICE Device, WDFCMRESLIST Resources);
typedef EVT_WDF_DEVICE_RESOURCES_QUERY *PFN_WDF_DEVICE_RESOURCES_QUERY;
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY(WDFDEVICE Device,
        WDFIORESREQLIST IoResourceRequirementsList);
typedef EVT_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY *PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY;
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_EJECT(WDFDEVICE Device);
typedef EVT_WDF_DEVICE_EJECT *PFN_WDF_DEVICE_EJECT;
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_SET_LOCK(WDFDEVICE Device, BOOLEAN IsLocked);
typedef EVT_WDF_DEVICE_SET_LOCK *PFN_WDF_DEVICE_SET_LOCK;
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS(WDFDEVICE Device, SYSTEM_POWER_STATE PowerState);
typedef EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS *PFN_WDF_DEVICE_ENABLE_WAKE_AT_BUS;
typedef VOID NTAPI EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS(WDFDEVICE Device);
typedef EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS *PFN_WDF_DEVICE_DISABLE_WAKE_AT_BUS;
typedef VOID NTAPI EVT_WDF_DEVICE_REPORTED_MISSING(WDFDEVICE Device);
typedef EVT_WDF_DEVICE_REPORTED_MISSING *PFN_WDF_DEVICE_REPORTED_MISSING;

typedef struct _WDF_PDO_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_RESOURCES_QUERY EvtDeviceResourcesQuery;
    PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY EvtDeviceResourceRequirementsQuery;
    PFN_WDF_DEVICE_EJECT EvtDeviceEject;
    PFN_WDF_DEVICE_SET_LOCK EvtDeviceSetLock;
    PFN_WDF_DEVICE_ENABLE_WAKE_AT_BUS EvtDeviceEnableWakeAtBus;
    PFN_WDF_DEVICE_DISABLE_WAKE_AT_BUS EvtDeviceDisableWakeAtBus;
    PFN_WDF_DEVICE_REPORTED_MISSING EvtDeviceReportedMissing;
} WDF_PDO_EVENT_CALLBACKS, *PWDF_PDO_EVENT_CALLBACKS;

FORCEINLINE VOID WDF_PDO_EVENT_CALLBACKS_INIT(PWDF_PDO_EVENT_CALLBACKS Callbacks)
{
    WDF_ZERO_WITH_SIZE(Callbacks, WDF_PDO_EVENT_CALLBACKS);
}

WDF_SLOT(PWDFDEVICE_INIT, WdfPdoInitAllocate, (WDFDEVICE ParentDevice), (ParentDevice))
WDF_SLOT(VOID, WdfPdoInitSetEventCallbacks, (PWDFDEVICE_INIT DeviceInit, PWDF_PDO_EVENT_CALLBACKS DispatchTable),
         (DeviceInit, DispatchTable))
WDF_SLOT(NTSTATUS, WdfPdoInitAssignDeviceID, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceID),
         (DeviceInit, DeviceID))
WDF_SLOT(NTSTATUS, WdfPdoInitAssignInstanceID, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING InstanceID),
         (DeviceInit, InstanceID))
WDF_SLOT(NTSTATUS, WdfPdoInitAddHardwareID, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING HardwareID),
         (DeviceInit, HardwareID))
WDF_SLOT(NTSTATUS, WdfPdoInitAddCompatibleID, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING CompatibleID),
         (DeviceInit, CompatibleID))
WDF_SLOT(NTSTATUS, WdfPdoInitAssignContainerID, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING ContainerID),
         (DeviceInit, ContainerID))
WDF_SLOT(NTSTATUS, WdfPdoInitAddDeviceText, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceDescription,
         PCUNICODE_STRING DeviceLocation, LCID LocaleId), (DeviceInit, DeviceDescription, DeviceLocation, LocaleId))
WDF_SLOT(VOID, WdfPdoInitSetDefaultLocale, (PWDFDEVICE_INIT DeviceInit, LCID LocaleId), (DeviceInit, LocaleId))
WDF_SLOT(NTSTATUS, WdfPdoInitAssignRawDevice, (PWDFDEVICE_INIT DeviceInit, CONST GUID *DeviceClassGuid),
         (DeviceInit, DeviceClassGuid))
WDF_SLOT(VOID, WdfPdoInitAllowForwardingRequestToParent, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(NTSTATUS, WdfPdoMarkMissing, (WDFDEVICE Device), (Device))
WDF_SLOT(VOID, WdfPdoRequestEject, (WDFDEVICE Device), (Device))
WDF_SLOT(WDFDEVICE, WdfPdoGetParent, (WDFDEVICE Device), (Device))
WDF_SLOT(NTSTATUS, WdfPdoRetrieveIdentificationDescription, (WDFDEVICE Device,
         PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription), (Device, IdentificationDescription))
WDF_SLOT(NTSTATUS, WdfPdoRetrieveAddressDescription, (WDFDEVICE Device,
         PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription), (Device, AddressDescription))
WDF_SLOT(NTSTATUS, WdfPdoUpdateAddressDescription, (WDFDEVICE Device,
         PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription), (Device, AddressDescription))
WDF_SLOT(NTSTATUS, WdfPdoAddEjectionRelationsPhysicalDevice, (WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice),
         (Device, PhysicalDevice))
WDF_SLOT(VOID, WdfPdoRemoveEjectionRelationsPhysicalDevice, (WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice),
         (Device, PhysicalDevice))
WDF_SLOT(VOID, WdfPdoClearEjectionRelationsDevices, (WDFDEVICE Device), (Device))
WDF_SLOT(VOID, WdfPdoInitRemovePowerDependencyOnParent, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))

RING3_END_C

#endif
