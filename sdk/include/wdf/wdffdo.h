/* Function and filter drivers. */
#ifndef WDF_WDFFDO_H
#define WDF_WDFFDO_H

#include <wdf/wdfdevice.h>
#include <wdf/wdfchildlist.h>

RING3_BEGIN_C

typedef NTSTATUS NTAPI EVT_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS(WDFDEVICE Device,
        WDFIORESREQLIST IoResourceRequirementsList);
typedef EVT_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS *PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS;
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_REMOVE_ADDED_RESOURCES(WDFDEVICE Device, WDFCMRESLIST ResourcesRaw,
        WDFCMRESLIST ResourcesTranslated);
typedef EVT_WDF_DEVICE_REMOVE_ADDED_RESOURCES *PFN_WDF_DEVICE_REMOVE_ADDED_RESOURCES;

typedef struct _WDF_FDO_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS EvtDeviceFilterAddResourceRequirements;
    PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS EvtDeviceFilterRemoveResourceRequirements;
    PFN_WDF_DEVICE_REMOVE_ADDED_RESOURCES EvtDeviceRemoveAddedResources;
} WDF_FDO_EVENT_CALLBACKS, *PWDF_FDO_EVENT_CALLBACKS;

FORCEINLINE VOID WDF_FDO_EVENT_CALLBACKS_INIT(PWDF_FDO_EVENT_CALLBACKS Callbacks)
{
    WDF_ZERO_WITH_SIZE(Callbacks, WDF_FDO_EVENT_CALLBACKS);
}

WDF_SLOT(PDEVICE_OBJECT, WdfFdoInitWdmGetPhysicalDevice, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(NTSTATUS, WdfFdoInitOpenRegistryKey, (PWDFDEVICE_INIT DeviceInit, ULONG DeviceInstanceKeyType,
         ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
         (DeviceInit, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, Key))
WDF_SLOT(NTSTATUS, WdfFdoInitQueryProperty, (PWDFDEVICE_INIT DeviceInit, DEVICE_REGISTRY_PROPERTY DeviceProperty,
         ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength),
         (DeviceInit, DeviceProperty, BufferLength, PropertyBuffer, ResultLength))
WDF_SLOT(NTSTATUS, WdfFdoInitAllocAndQueryProperty, (PWDFDEVICE_INIT DeviceInit,
         DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
         WDFMEMORY *PropertyMemory), (DeviceInit, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory))
WDF_SLOT(NTSTATUS, WdfFdoInitQueryPropertyEx, (PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
         ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type),
         (DeviceInit, DeviceProperty, BufferLength, PropertyBuffer, ResultLength, Type))
WDF_SLOT(NTSTATUS, WdfFdoInitAllocAndQueryPropertyEx, (PWDFDEVICE_INIT DeviceInit,
         PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
         PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type),
         (DeviceInit, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type))
WDF_SLOT(VOID, WdfFdoInitSetEventCallbacks, (PWDFDEVICE_INIT DeviceInit, PWDF_FDO_EVENT_CALLBACKS FdoEventCallbacks),
         (DeviceInit, FdoEventCallbacks))
WDF_SLOT(VOID, WdfFdoInitSetFilter, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_SLOT(VOID, WdfFdoInitSetDefaultChildListConfig, (PWDFDEVICE_INIT DeviceInit, PWDF_CHILD_LIST_CONFIG Config,
         PWDF_OBJECT_ATTRIBUTES DefaultChildListAttributes), (DeviceInit, Config, DefaultChildListAttributes))
WDF_SLOT(NTSTATUS, WdfFdoQueryForInterface, (WDFDEVICE Fdo, LPCGUID InterfaceType, PINTERFACE Interface, USHORT Size,
         USHORT Version, PVOID InterfaceSpecificData),
         (Fdo, InterfaceType, Interface, Size, Version, InterfaceSpecificData))
WDF_SLOT(WDFCHILDLIST, WdfFdoGetDefaultChildList, (WDFDEVICE Fdo), (Fdo))
WDF_SLOT(NTSTATUS, WdfFdoAddStaticChild, (WDFDEVICE Fdo, WDFDEVICE Child), (Fdo, Child))
WDF_SLOT(VOID, WdfFdoLockStaticChildListForIteration, (WDFDEVICE Fdo), (Fdo))
WDF_SLOT(WDFDEVICE, WdfFdoRetrieveNextStaticChild, (WDFDEVICE Fdo, WDFDEVICE PreviousChild, ULONG Flags),
         (Fdo, PreviousChild, Flags))
WDF_SLOT(VOID, WdfFdoUnlockStaticChildListFromIteration, (WDFDEVICE Fdo), (Fdo))

RING3_END_C

#endif
