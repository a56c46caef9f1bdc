/* What a bus driver says of a child before WdfDeviceCreate. docs: wdf/static-enumeration */
#include "wdf/pdo.h"

#define LOCALE_US_ENGLISH 0x409

void wdf_pdo_settings_free(struct pdo_settings *settings)
{
    list_each_safe(it, &settings->texts) {
        struct pdo_text *text = container_of(it, struct pdo_text, node);
        list_remove(it);
        wdf_text_free(&text->description);
        wdf_text_free(&text->location);
        wdf_free(text);
    }
    wdf_pdo_forget_ejected(settings);
    wdf_text_free(&settings->device_id);
    wdf_text_free(&settings->instance_id);
    wdf_text_free(&settings->container_id);
    wdf_text_free(&settings->hardware_ids);
    wdf_text_free(&settings->compatible_ids);
    wdf_free(settings);
}

/* The settings of a PDO; NULL when DeviceInit is for another kind of device. */
static struct pdo_settings *pdo_of(PWDFDEVICE_INIT init, const void *caller)
{
    return wdf_init_check(init, caller)->settings.pdo;
}

struct WDFDEVICE_INIT *wdf_pdo_init_create(struct wdf_device *parent, const void *caller)
{
    struct WDFDEVICE_INIT *init = wdf_init_create(parent->object.client, DEVICE_PDO, caller);
    struct pdo_settings *settings;

    if (!init)
        return NULL;
    settings = wdf_alloc(parent->object.client, NonPagedPoolNx, sizeof *settings, caller);
    if (!settings) {
        wdf_init_free(init);
        return NULL;
    }
    memset(settings, 0, sizeof *settings);
    list_init(&settings->texts);
    settings->locale = LOCALE_US_ENGLISH;
    init->settings.pdo = settings;
    init->settings.auto_name = true;
    init->parent = parent;
    return init;
}

/* Begins a child of a function driver's device. NULL: no memory. WdfDeviceCreate uses it up; WdfDeviceInitFree frees it.
 * PASSIVE_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdoinitallocate */
PWDFDEVICE_INIT NTAPI WdfPdoInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE ParentDevice)
{
    const void *caller = WDF_CALLER();

    return wdf_pdo_init_create(wdf_device_check(ParentDevice, caller), caller);
}

/* Of this version of the framework or an older one; another size is not taken. PASSIVE_LEVEL.
 * docs: wdfpdo/nf-wdfpdo-wdfpdoinitseteventcallbacks */
VOID NTAPI WdfPdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                       PWDF_PDO_EVENT_CALLBACKS DispatchTable)
{
    static const ULONG older[] = { 56 };        /* 1.9: without EvtDeviceReportedMissing */
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    wdf_need(DispatchTable, caller);
    if (!settings || !wdf_size_known(DispatchTable->Size, sizeof *DispatchTable, older, countof(older)))
        return;
    memset(&settings->events, 0, sizeof settings->events);
    memcpy(&settings->events, DispatchTable, DispatchTable->Size);
}

static NTSTATUS assign(PWDFDEVICE_INIT init, UNICODE_STRING *to, const UNICODE_STRING *from, const void *caller)
{
    wdf_need(from, caller);
    return wdf_text_set(init->client, to, from, caller);
}

/* STATUS_INVALID_DEVICE_REQUEST (not for a PDO), STATUS_INSUFFICIENT_RESOURCES. PASSIVE_LEVEL.
 * docs: wdfpdo/nf-wdfpdo-wdfpdoinitassigndeviceid */
NTSTATUS NTAPI WdfPdoInitAssignDeviceID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceID)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    return settings ? assign(DeviceInit, &settings->device_id, DeviceID, caller) : STATUS_INVALID_DEVICE_REQUEST;
}

/* As WdfPdoInitAssignDeviceID. docs: wdfpdo/nf-wdfpdo-wdfpdoinitassigninstanceid */
NTSTATUS NTAPI WdfPdoInitAssignInstanceID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                          PCUNICODE_STRING InstanceID)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    return settings ? assign(DeviceInit, &settings->instance_id, InstanceID, caller) : STATUS_INVALID_DEVICE_REQUEST;
}

/* As WdfPdoInitAssignDeviceID. docs: wdfpdo/nf-wdfpdo-wdfpdoinitassigncontainerid */
NTSTATUS NTAPI WdfPdoInitAssignContainerID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PCUNICODE_STRING ContainerID)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    return settings ? assign(DeviceInit, &settings->container_id, ContainerID, caller) : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS append(PWDFDEVICE_INIT init, UNICODE_STRING *ids, const UNICODE_STRING *id, const void *caller)
{
    size_t size = (size_t)ids->Length + id->Length + sizeof(WCHAR);
    WCHAR *all;

    if (size > 0xFFFE)
        return STATUS_INVALID_PARAMETER;
    all = wdf_alloc(init->client, NonPagedPoolNx, size, caller);
    if (!all)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (ids->Length)
        memcpy(all, ids->Buffer, ids->Length);
    memcpy((char *)all + ids->Length, id->Buffer, id->Length);
    all[size / sizeof(WCHAR) - 1] = 0;
    wdf_text_free(ids);
    *ids = (UNICODE_STRING){ (USHORT)size, (USHORT)size, all };
    return STATUS_SUCCESS;
}

/* The first is the best match. As WdfPdoInitAssignDeviceID. docs: wdfpdo/nf-wdfpdo-wdfpdoinitaddhardwareid */
NTSTATUS NTAPI WdfPdoInitAddHardwareID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING HardwareID)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    wdf_need(HardwareID, caller);
    return settings ? append(DeviceInit, &settings->hardware_ids, HardwareID, caller) : STATUS_INVALID_DEVICE_REQUEST;
}

/* As WdfPdoInitAddHardwareID. docs: wdfpdo/nf-wdfpdo-wdfpdoinitaddcompatibleid */
NTSTATUS NTAPI WdfPdoInitAddCompatibleID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                         PCUNICODE_STRING CompatibleID)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    wdf_need(CompatibleID, caller);
    return settings ? append(DeviceInit, &settings->compatible_ids, CompatibleID, caller) : STATUS_INVALID_DEVICE_REQUEST;
}

/* Description and location in one locale. As WdfPdoInitAssignDeviceID. docs: wdfpdo/nf-wdfpdo-wdfpdoinitadddevicetext */
NTSTATUS NTAPI WdfPdoInitAddDeviceText(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                       PCUNICODE_STRING DeviceDescription, PCUNICODE_STRING DeviceLocation, LCID LocaleId)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);
    struct pdo_text *text;

    wdf_need(DeviceDescription, caller);
    wdf_need(DeviceLocation, caller);
    if (!settings)
        return STATUS_INVALID_DEVICE_REQUEST;
    text = wdf_alloc(DeviceInit->client, NonPagedPoolNx, sizeof *text, caller);
    if (!text)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(text, 0, sizeof *text);
    text->locale = LocaleId;
    NTSTATUS status = assign(DeviceInit, &text->description, DeviceDescription, caller);
    if (NT_SUCCESS(status))
        status = assign(DeviceInit, &text->location, DeviceLocation, caller);
    if (!NT_SUCCESS(status)) {
        wdf_text_free(&text->description);
        wdf_free(text);
        return status;
    }
    list_push_back(&settings->texts, &text->node);
    return STATUS_SUCCESS;
}

/* The locale whose text is given to questions in others. PASSIVE_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdoinitsetdefaultlocale */
VOID NTAPI WdfPdoInitSetDefaultLocale(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, LCID LocaleId)
{
    struct pdo_settings *settings = pdo_of(DeviceInit, WDF_CALLER());

    if (settings)
        settings->locale = LocaleId;
}

/* The device works without a function driver. STATUS_INVALID_PARAMETER (not for a PDO). PASSIVE_LEVEL.
 * docs: wdfpdo/nf-wdfpdo-wdfpdoinitassignrawdevice */
NTSTATUS NTAPI WdfPdoInitAssignRawDevice(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                         CONST GUID *DeviceClassGuid)
{
    const void *caller = WDF_CALLER();
    struct pdo_settings *settings = pdo_of(DeviceInit, caller);

    wdf_need(DeviceClassGuid, caller);
    if (!settings)
        return STATUS_INVALID_PARAMETER;
    settings->raw = true;
    return STATUS_SUCCESS;
}

/* A child may stay in D0 while its parent sleeps; parents here never sleep before their children. PASSIVE_LEVEL.
 * docs: wdfpdo/nf-wdfpdo-wdfpdoinitremovepowerdependencyonparent */
VOID NTAPI WdfPdoInitRemovePowerDependencyOnParent(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    pdo_of(DeviceInit, WDF_CALLER());
}

/* Requests of the child may be given to queues of its parent. PASSIVE_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdoinitallowforwardingrequesttoparent */
VOID NTAPI WdfPdoInitAllowForwardingRequestToParent(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    struct pdo_settings *settings = pdo_of(DeviceInit, WDF_CALLER());

    if (settings)
        settings->forwards = true;
}
