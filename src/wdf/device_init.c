/* WDFDEVICE_INIT: what is said before a device exists. docs: wdf/creating-a-framework-device-object */
#include "wdf/device.h"

#include "nt/pool.h"
#include "nt/ram.h"
#include "nt/text.h"
#include "wdf/driver.h"
#include "wdf/pdo.h"

#define INIT_MARK 0x57444644494e4954ull

struct list wdf_inits = LIST_INIT(wdf_inits);

NTSTATUS wdf_text_set(struct wdf_client *client, UNICODE_STRING *text, const UNICODE_STRING *from, const void *caller)
{
    WCHAR *copy = wdf_alloc(client, NonPagedPoolNx, from->Length + sizeof(WCHAR), caller);

    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, from->Buffer, from->Length);
    copy[from->Length / sizeof(WCHAR)] = 0;
    wdf_text_free(text);
    *text = (UNICODE_STRING){ from->Length, (USHORT)(from->Length + sizeof(WCHAR)), copy };
    return STATUS_SUCCESS;
}

void wdf_text_free(UNICODE_STRING *text)
{
    if (text->Buffer)
        wdf_free(text->Buffer);
    *text = (UNICODE_STRING){ 0 };
}

struct WDFDEVICE_INIT *wdf_init_create(struct wdf_client *client, enum device_kind kind, const void *caller)
{
    struct WDFDEVICE_INIT *init = wdf_alloc(client, NonPagedPoolNx, sizeof *init, caller);

    if (!init)
        return NULL;
    memset(init, 0, sizeof *init);
    init->mark = INIT_MARK;
    init->client = client;
    init->caller = caller;
    init->settings.kind = kind;
    init->settings.io.ReadWriteIoType = init->settings.io.DeviceControlIoType = WdfDeviceIoBuffered;
    init->settings.type = FILE_DEVICE_UNKNOWN;
    init->settings.characteristics = FILE_DEVICE_SECURE_OPEN;
    init->settings.power_pageable = true;
    init->settings.policy_owner = WdfUseDefault;
    list_push_back(&wdf_inits, &init->node);
    return init;
}

void wdf_settings_free(struct device_settings *settings)
{
    wdf_text_free(&settings->name);
    wdf_text_free(&settings->sddl);
    if (settings->preprocess)
        wdf_free(settings->preprocess);
    settings->preprocess = NULL;
    if (settings->pdo)
        wdf_pdo_settings_free(settings->pdo);
    settings->pdo = NULL;
}

void wdf_init_free(struct WDFDEVICE_INIT *init)
{
    wdf_settings_free(&init->settings);
    list_remove(&init->node);
    init->mark = 0;
    wdf_free(init);
}

struct WDFDEVICE_INIT *wdf_init_check(PWDFDEVICE_INIT init, const void *caller)
{
    wdf_need(init, caller);
    if (!ram_contains(init) || init->mark != INIT_MARK)
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)init, 0, "this is no WDFDEVICE_INIT, or one that has been used");
    return init;
}

static struct device_settings *settings_of(PWDFDEVICE_INIT init, const void *caller)
{
    return &wdf_init_check(init, caller)->settings;
}

/* --- SDDL -------------------------------------------------------------------------------------------------------------- */

static bool ace_is_valid(const WCHAR **at, const WCHAR *end)
{
    unsigned fields = 0;

    for ((*at)++; *at < end && **at != ')'; (*at)++) {
        if (**at == '(')
            return false;
        fields += **at == ';';
    }
    if (*at == end || fields != 5)
        return false;
    (*at)++;
    return true;
}

/* D: or S: parts, flags, then ACEs of six fields each: the subset that device objects may use. */
bool wdf_sddl_is_valid(const UNICODE_STRING *text)
{
    const WCHAR *at = text->Buffer, *end = at + text->Length / sizeof(WCHAR);

    if (at == end)
        return false;
    while (at < end) {
        if (end - at < 2 || (*at != 'D' && *at != 'S' && *at != 'O' && *at != 'G') || at[1] != ':')
            return false;
        bool acl = *at == 'D' || *at == 'S';
        for (at += 2; at < end && *at >= 'A' && *at <= 'Z' && (acl || at + 1 == end || at[1] != ':'); at++)
            ;
        while (acl && at < end && *at == '(')
            if (!ace_is_valid(&at, end))
                return false;
    }
    return true;
}

/* --- control devices ----------------------------------------------------------------------------------------------------- */

/* Begins a control device, with a security descriptor as SDDL text (kept, never enforced). NULL: no memory, or the text is
 * not SDDL. WdfDeviceCreate uses it up; WdfDeviceInitFree frees it. PASSIVE_LEVEL.
 * docs: wdfcontrol/nf-wdfcontrol-wdfcontroldeviceinitallocate */
PWDFDEVICE_INIT NTAPI WdfControlDeviceInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                   CONST UNICODE_STRING *SDDLString)
{
    const void *caller = WDF_CALLER();
    struct wdf_client *client = wdf_client_of(DriverGlobals);

    wdf_check(Driver, &wdf_driver_type, caller);
    wdf_need(SDDLString, caller);
    if (!wdf_sddl_is_valid(SDDLString))
        return NULL;
    struct WDFDEVICE_INIT *init = wdf_init_create(client, DEVICE_CONTROL, caller);
    if (init && !NT_SUCCESS(wdf_text_set(client, &init->settings.sddl, SDDLString, caller))) {
        wdf_init_free(init);
        return NULL;
    }
    return init;
}

/* The driver hears of the shutdown of the computer: Flags are WDF_DEVICE_SHUTDOWN_FLAGS. <= DISPATCH_LEVEL.
 * docs: wdfcontrol/nf-wdfcontrol-wdfcontroldeviceinitsetshutdownnotification */
VOID NTAPI WdfControlDeviceInitSetShutdownNotification(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                       PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification, UCHAR Flags)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need((const void *)Notification, caller);
    settings->shutdown = Notification;
    settings->shutdown_flags |= Flags;
}

/* Frees one that WdfDeviceCreate has not used. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitfree */
VOID NTAPI WdfDeviceInitFree(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER());
    wdf_init_free(DeviceInit);
}

/* --- the device object ----------------------------------------------------------------------------------------------------- */

/* How buffers of read and write requests are given: IoType for both kinds. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetiotype */
VOID NTAPI WdfDeviceInitSetIoType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType)
{
    settings_of(DeviceInit, WDF_CALLER())->io.ReadWriteIoType = IoType;
}

/* The same, and for device control; a threshold for direct I/O has no effect. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetiotypeex */
VOID NTAPI WdfDeviceInitSetIoTypeEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                    PWDF_IO_TYPE_CONFIG IoTypeConfig)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(IoTypeConfig, caller);
    settings->io = *IoTypeConfig;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetexclusive */
VOID NTAPI WdfDeviceInitSetExclusive(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive)
{
    settings_of(DeviceInit, WDF_CALLER())->exclusive = IsExclusive;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpowernotpageable */
VOID NTAPI WdfDeviceInitSetPowerNotPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER())->power_pageable = false;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpowerpageable */
VOID NTAPI WdfDeviceInitSetPowerPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER())->power_pageable = true;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpowerinrush */
VOID NTAPI WdfDeviceInitSetPowerInrush(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER())->power_inrush = true;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetdevicetype */
VOID NTAPI WdfDeviceInitSetDeviceType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE DeviceType)
{
    settings_of(DeviceInit, WDF_CALLER())->type = DeviceType;
}

/* The object's name; NULL takes it away. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitassignname */
NTSTATUS NTAPI WdfDeviceInitAssignName(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    settings->has_name = DeviceName != NULL;
    if (!DeviceName) {
        wdf_text_free(&settings->name);
        return STATUS_SUCCESS;
    }
    settings->characteristics &= ~(ULONG)FILE_AUTOGENERATED_DEVICE_NAME;
    NTSTATUS status = wdf_text_set(DeviceInit->client, &settings->name, DeviceName, caller);
    DeviceInit->failed = NT_SUCCESS(status) ? DeviceInit->failed : status;
    return status;
}

/* The object's security as SDDL; NULL takes it away. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_INSUFFICIENT_RESOURCES. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitassignsddlstring */
NTSTATUS NTAPI WdfDeviceInitAssignSDDLString(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             PCUNICODE_STRING SDDLString)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    if (!SDDLString) {
        wdf_text_free(&settings->sddl);
        return STATUS_SUCCESS;
    }
    if (!wdf_sddl_is_valid(SDDLString))
        return STATUS_INVALID_PARAMETER;
    return wdf_text_set(DeviceInit->client, &settings->sddl, SDDLString, caller);
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetdeviceclass */
VOID NTAPI WdfDeviceInitSetDeviceClass(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, CONST GUID *DeviceClassGuid)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(DeviceClassGuid, caller);
    settings->class_guid = *DeviceClassGuid;
    settings->has_class = true;
}

/* OrInValues: adds to what is set. FILE_DEVICE_SECURE_OPEN is always set. Of a name and FILE_AUTOGENERATED_DEVICE_NAME the later call wins. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetcharacteristics */
VOID NTAPI WdfDeviceInitSetCharacteristics(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           ULONG DeviceCharacteristics, BOOLEAN OrInValues)
{
    struct device_settings *settings = settings_of(DeviceInit, WDF_CALLER());

    settings->characteristics = (OrInValues ? settings->characteristics : 0) | DeviceCharacteristics | FILE_DEVICE_SECURE_OPEN;
    if (DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME) {
        settings->auto_name = true;
        settings->has_name = false;
        wdf_text_free(&settings->name);
    }
}

/* --- files and requests ------------------------------------------------------------------------------------------------------ */

/* What happens when files are opened and closed; the attributes are those of each file object. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetfileobjectconfig */
VOID NTAPI WdfDeviceInitSetFileObjectConfig(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                            PWDF_FILEOBJECT_CONFIG FileObjectConfig, PWDF_OBJECT_ATTRIBUTES FileObjectAttributes)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(FileObjectConfig, caller);
    settings->file = *FileObjectConfig;
    settings->has_file_config = true;
    settings->has_file_attributes = FileObjectAttributes != NULL;
    if (FileObjectAttributes)
        settings->file_attributes = *FileObjectAttributes;
}

/* The attributes of each request that the framework makes for the device. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetrequestattributes */
VOID NTAPI WdfDeviceInitSetRequestAttributes(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             PWDF_OBJECT_ATTRIBUTES RequestAttributes)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(RequestAttributes, caller);
    settings->request_attributes = *RequestAttributes;
    settings->has_request_attributes = true;
}

/* The driver sees IRPs of a major function (and of some minor ones) before the framework. STATUS_INVALID_PARAMETER,
 * STATUS_INSUFFICIENT_RESOURCES. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitassignwdmirppreprocesscallback */
NTSTATUS NTAPI WdfDeviceInitAssignWdmIrpPreprocessCallback(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                           PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess,
                                                           UCHAR MajorFunction, PUCHAR MinorFunctions, ULONG NumMinorFunctions)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need((const void *)EvtDeviceWdmIrpPreprocess, caller);
    if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION || (NumMinorFunctions && !MinorFunctions) || NumMinorFunctions > 32)
        return STATUS_INVALID_PARAMETER;
    if (!settings->preprocess) {
        settings->preprocess = wdf_alloc(DeviceInit->client, NonPagedPoolNx, WDF_MAJORS * sizeof *settings->preprocess, caller);
        if (!settings->preprocess)
            return STATUS_INSUFFICIENT_RESOURCES;
        memset(settings->preprocess, 0, WDF_MAJORS * sizeof *settings->preprocess);
    }
    struct preprocess *p = &settings->preprocess[MajorFunction];
    p->callback = EvtDeviceWdmIrpPreprocess;
    p->minor_count = NumMinorFunctions;
    if (NumMinorFunctions)
        memcpy(p->minors, MinorFunctions, NumMinorFunctions);
    return STATUS_SUCCESS;
}

/* The driver sees each I/O request in the requester's thread, before it is queued. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetioincallercontextcallback */
VOID NTAPI WdfDeviceInitSetIoInCallerContextCallback(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                     PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext)
{
    settings_of(DeviceInit, WDF_CALLER())->in_caller_context = EvtIoInCallerContext;
}

/* Options for the remove lock: it is always held for requests in flight. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetremovelockoptions */
VOID NTAPI WdfDeviceInitSetRemoveLockOptions(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             PWDF_REMOVE_LOCK_OPTIONS Options)
{
    settings_of(DeviceInit, WDF_CALLER());
}

/* --- PnP and power ------------------------------------------------------------------------------------------------------------- */

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpnppowereventcallbacks */
VOID NTAPI WdfDeviceInitSetPnpPowerEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                  PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(PnpPowerEventCallbacks, caller);
    memcpy(&settings->pnp, PnpPowerEventCallbacks, PnpPowerEventCallbacks->Size < sizeof settings->pnp ?
           PnpPowerEventCallbacks->Size : sizeof settings->pnp);
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpowerpolicyeventcallbacks */
VOID NTAPI WdfDeviceInitSetPowerPolicyEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                     PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(PowerPolicyEventCallbacks, caller);
    settings->policy = *PowerPolicyEventCallbacks;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetpowerpolicyownership */
VOID NTAPI WdfDeviceInitSetPowerPolicyOwnership(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                BOOLEAN IsPowerPolicyOwner)
{
    settings_of(DeviceInit, WDF_CALLER())->policy_owner = IsPowerPolicyOwner ? WdfTrue : WdfFalse;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceinitsetreleasehardwareorderonfailure */
VOID NTAPI WdfDeviceInitSetReleaseHardwareOrderOnFailure(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                         WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure)
{
    settings_of(DeviceInit, WDF_CALLER())->release_after_descendants =
        ReleaseHardwareOrderOnFailure == WdfReleaseHardwareOrderOnFailureAfterDescendants;
}

/* The driver is a filter: what it does not handle goes down. PASSIVE_LEVEL. docs: wdffdo/nf-wdffdo-wdffdoinitsetfilter */
VOID NTAPI WdfFdoInitSetFilter(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER())->kind = DEVICE_FILTER;
}

/* PASSIVE_LEVEL. docs: wdffdo/nf-wdffdo-wdffdoinitseteventcallbacks */
VOID NTAPI WdfFdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                       PWDF_FDO_EVENT_CALLBACKS FdoEventCallbacks)
{
    const void *caller = WDF_CALLER();
    struct device_settings *settings = settings_of(DeviceInit, caller);

    wdf_need(FdoEventCallbacks, caller);
    settings->fdo = *FdoEventCallbacks;
}

/* <= DISPATCH_LEVEL. docs: wdffdo/nf-wdffdo-wdffdoinitwdmgetphysicaldevice */
PDEVICE_OBJECT NTAPI WdfFdoInitWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    settings_of(DeviceInit, WDF_CALLER());
    return DeviceInit->pdo;
}
