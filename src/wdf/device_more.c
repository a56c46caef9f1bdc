/* Devices of port drivers, relations, and what few drivers ask for. */
#include <wdfminiport.h>

#include "base/log.h"
#include "nt/bugcheck.h"
#include "wdf/device.h"
#include "wdf/key.h"

/* A framework device for a device object that a port driver made (an NDIS miniport's): a parent for timers, work items,
 * memory and remote targets, without PnP, queues and interrupts. The driver deletes it with WdfObjectDelete. PASSIVE_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES and errors of wdf_object_create. docs: wdfminiport/nf-wdfminiport-wdfdeviceminiportcreate */
NTSTATUS NTAPI WdfDeviceMiniportCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, PWDF_OBJECT_ATTRIBUTES Attributes,
                                       PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT AttachedDeviceObject, PDEVICE_OBJECT Pdo,
                                       WDFDEVICE *Device)
{
    struct wdf_create create = { .type = &wdf_device_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent_fixed = true, .caller = WDF_CALLER() };
    struct wdf_device *device;

    wdf_check(Driver, &wdf_driver_type, create.caller);
    wdf_need(DeviceObject, create.caller);
    wdf_need(Device, create.caller);
    *Device = NULL;
    NTSTATUS status = wdf_object_create(&create, &device);
    if (!NT_SUCCESS(status))
        return status;
    device->object.device = device;
    device->object.undeletable = false;
    device->settings.kind = DEVICE_MINIPORT;
    device->settings.policy_owner = WdfFalse;
    wdf_device_init_state(device, Attributes);
    device->wdm = DeviceObject;
    device->next = AttachedDeviceObject;
    device->pdo = Pdo;
    device->finished = true;
    *Device = (WDFDEVICE)device;
    return STATUS_SUCCESS;
}

/* --- relations ------------------------------------------------------------------------------------------------------------------ */

/* Devices that must be there for special files of this one: remembered by nobody. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceadddependentusagedeviceobject */
NTSTATUS NTAPI WdfDeviceAddDependentUsageDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                      PDEVICE_OBJECT DependentDevice)
{
    const void *caller = WDF_CALLER();

    wdf_device_check(Device, caller);
    wdf_need(DependentDevice, caller);
    return STATUS_SUCCESS;
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceremovedependentusagedeviceobject */
VOID NTAPI WdfDeviceRemoveDependentUsageDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                     PDEVICE_OBJECT DependentDevice)
{
    wdf_device_check(Device, WDF_CALLER());
}

/* Devices to be removed with this one: PnP of this computer asks nobody for removal relations. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceaddremovalrelationsphysicaldevice */
NTSTATUS NTAPI WdfDeviceAddRemovalRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                          PDEVICE_OBJECT PhysicalDevice)
{
    const void *caller = WDF_CALLER();

    wdf_device_check(Device, caller);
    wdf_need(PhysicalDevice, caller);
    return STATUS_SUCCESS;
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceremoveremovalrelationsphysicaldevice */
VOID NTAPI WdfDeviceRemoveRemovalRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                         PDEVICE_OBJECT PhysicalDevice)
{
    wdf_device_check(Device, WDF_CALLER());
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceclearremovalrelationsdevices */
VOID NTAPI WdfDeviceClearRemovalRelationsDevices(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    wdf_device_check(Device, WDF_CALLER());
}

/* What IRP_MN_QUERY_BUS_INFORMATION of children answers; kept. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetbusinformationforchildren */
VOID NTAPI WdfDeviceSetBusInformationForChildren(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                 PPNP_BUS_INFORMATION BusInformation)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(BusInformation, caller);
    device->bus_information = *BusInformation;
    device->has_bus_information = true;
}

/* --- state changes ---------------------------------------------------------------------------------------------------------------- */

/* Callbacks at the states of the framework's own machines: taken, and said in the log that none comes. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitregisterpnpstatechangecallback */
NTSTATUS NTAPI WdfDeviceInitRegisterPnpStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_PNP_STATE PnpState,
    PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtDevicePnpStateChange, ULONG CallbackTypes)
{
    log_warn("wdf", "%s: state change callbacks are not called", DriverGlobals->DriverName);
    return STATUS_SUCCESS;
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceinitregisterpowerstatechangecallback */
NTSTATUS NTAPI WdfDeviceInitRegisterPowerStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_STATE PowerState,
    PFN_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION EvtDevicePowerStateChange, ULONG CallbackTypes)
{
    log_warn("wdf", "%s: state change callbacks are not called", DriverGlobals->DriverName);
    return STATUS_SUCCESS;
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceinitregisterpowerpolicystatechangecallback */
NTSTATUS NTAPI WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_POLICY_STATE PowerPolicyState,
    PFN_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtDevicePowerPolicyStateChange, ULONG CallbackTypes)
{
    log_warn("wdf", "%s: state change callbacks are not called", DriverGlobals->DriverName);
    return STATUS_SUCCESS;
}

/* --- the rest ----------------------------------------------------------------------------------------------------------------------- */

/* A key below \Registry\Machine\HARDWARE\DEVICEMAP; made when it is not there. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceopendevicemapkey */
NTSTATUS NTAPI WdfDeviceOpenDevicemapKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PCUNICODE_STRING KeyName,
                                         ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    static const WCHAR root[] = u"\\Registry\\Machine\\HARDWARE\\DEVICEMAP\\";
    const void *caller = WDF_CALLER();
    struct wdf_client *client = wdf_client_of(DriverGlobals);
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;
    HANDLE handle;

    wdf_device_check(Device, caller);
    wdf_need(KeyName, caller);
    wdf_need(Key, caller);
    *Key = NULL;
    path.Length = path.MaximumLength = (USHORT)(sizeof root - sizeof(WCHAR) + KeyName->Length);
    path.Buffer = wdf_alloc(client, PagedPool, path.Length, caller);
    if (!path.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(path.Buffer, root, sizeof root - sizeof(WCHAR));
    memcpy((char *)path.Buffer + sizeof root - sizeof(WCHAR), KeyName->Buffer, KeyName->Length);
    InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = ZwCreateKey(&handle, DesiredAccess, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    wdf_free(path.Buffer);
    return NT_SUCCESS(status) ? wdf_key_new(client, KeyAttributes, NULL, handle, caller, Key) : status;
}

/* The device idles by no power framework. STATUS_NOT_SUPPORTED. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicewdmassignpowerframeworksettings */
NTSTATUS NTAPI WdfDeviceWdmAssignPowerFrameworkSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                        PWDF_POWER_FRAMEWORK_SETTINGS PowerFrameworkSettings)
{
    wdf_device_check(Device, WDF_CALLER());
    return STATUS_NOT_SUPPORTED;
}

/* The device has no companion. STATUS_NOT_FOUND. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceretrievecompaniontarget */
NTSTATUS NTAPI WdfDeviceRetrieveCompanionTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                WDFCOMPANIONTARGET *CompanionTarget)
{
    const void *caller = WDF_CALLER();

    wdf_device_check(Device, caller);
    wdf_need(CompanionTarget, caller);
    *CompanionTarget = NULL;
    return STATUS_NOT_FOUND;
}

/* Where a debugger would stop. Any IRQL. docs: wdfverifier/nf-wdfverifier-wdfverifierdbgbreakpoint */
VOID NTAPI WdfVerifierDbgBreakPoint(PWDF_DRIVER_GLOBALS DriverGlobals)
{
    log_warn("wdf", "%s: WdfVerifierDbgBreakPoint", DriverGlobals->DriverName);
}

/* Stops the system. Any IRQL. docs: wdfverifier/nf-wdfverifier-wdfverifierkebugcheck */
VOID NTAPI WdfVerifierKeBugCheck(PWDF_DRIVER_GLOBALS DriverGlobals, ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                                 ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    const uint64_t parameters[4] = { BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4 };

    bugcheck_report(BugCheckCode, parameters, NULL, NULL);
}

/* Layouts for crash-dump tools: none are described. Any IRQL. docs: wdfverifier/nf-wdfverifier-wdfgettriageinfo */
PVOID NTAPI WdfGetTriageInfo(PWDF_DRIVER_GLOBALS DriverGlobals)
{
    return NULL;
}
