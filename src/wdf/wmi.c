/* Providers and instances, and what WMI knows of them. */
#include "wdf/wmi.h"

#include "wdf/driver.h"

/* --- what WMI knows --------------------------------------------------------------------------------------------------- */

static ULONG provider_flags(const WDF_WMI_PROVIDER_CONFIG *config)
{
    return (config->Flags & WdfWmiProviderEventOnly ? WMIREG_FLAG_EVENT_ONLY_GUID : 0u) |
           (config->Flags & WdfWmiProviderExpensive ? WMIREG_FLAG_EXPENSIVE : 0u) |
           (config->Flags & WdfWmiProviderTracing ? WMIREG_FLAG_TRACED_GUID | WMIREG_FLAG_TRACE_CONTROL_GUID : 0u);
}

static bool list_guids(struct wdf_wmi *wmi)
{
    WMIGUIDREGINFO *guids = NULL;
    ULONG count = 0;

    while (wdf_wmi_provider_at(wmi, count))
        count++;
    if (count && !(guids = wdf_alloc(wmi->device->object.client, NonPagedPoolNx, count * sizeof *guids, NULL)))
        return false;
    for (ULONG i = 0; i < count; i++) {
        struct wdf_wmi_provider *p = wdf_wmi_provider_at(wmi, i);
        guids[i] = (WMIGUIDREGINFO){ &p->config.Guid, wdf_wmi_registered(p), provider_flags(&p->config) };
    }
    if (wmi->library.GuidList)
        wdf_free(wmi->library.GuidList);
    wmi->library.GuidList = guids;
    wmi->library.GuidCount = count;
    return true;
}

/* PASSIVE_LEVEL. */
static void tell_wmi(struct wdf_wmi *wmi)
{
    bool wanted;

    if (!list_guids(wmi))
        return;
    wanted = wmi->started && wmi->library.GuidCount;
    if (wanted && wmi->known)
        IoWMIRegistrationControl(wmi->device->wdm, WMIREG_ACTION_UPDATE_GUIDS);
    else if (wanted)
        wmi->known = NT_SUCCESS(IoWMIRegistrationControl(wmi->device->wdm, WMIREG_ACTION_REGISTER));
    else if (wmi->known)
        IoWMIRegistrationControl(wmi->device->wdm, WMIREG_ACTION_DEREGISTER);
    wmi->known = wmi->known && wanted;
}

static VOID NTAPI tell_later(PVOID context)
{
    struct wdf_wmi *wmi = context;

    wmi->work_queued = false;
    tell_wmi(wmi);
    wdf_dereference(wmi->device);
}

static void changed(struct wdf_wmi *wmi)
{
    if (ke_irql() == PASSIVE_LEVEL) {
        tell_wmi(wmi);
    } else if (!wmi->work_queued) {
        wmi->work_queued = true;
        wdf_reference(wmi->device);
        ExInitializeWorkItem(&wmi->work, tell_later, wmi);
        ExQueueWorkItem(&wmi->work, DelayedWorkQueue);
    }
}

void wdf_wmi_start(struct wdf_device *device)
{
    if (device->wmi && !device->wmi->started) {
        device->wmi->started = true;
        tell_wmi(device->wmi);
    }
}

void wdf_wmi_stop(struct wdf_device *device)
{
    if (device->wmi && device->wmi->started) {
        device->wmi->started = false;
        tell_wmi(device->wmi);
    }
}

void wdf_wmi_free(struct wdf_device *device)
{
    struct wdf_wmi *wmi = device->wmi;

    if (!wmi)
        return;
    if (wmi->library.GuidList)
        wdf_free(wmi->library.GuidList);
    wdf_text_free(&wmi->mof);
    wdf_text_free(&wmi->registry);
    wdf_free(wmi);
    device->wmi = NULL;
}

static struct wdf_wmi *wmi_of(struct wdf_device *device, const void *caller)
{
    struct wdf_wmi *wmi = device->wmi;
    struct wdf_driver *driver = container_of(device->object.client->driver, struct wdf_driver, object);

    if (wmi)
        return wmi;
    wmi = wdf_alloc(device->object.client, NonPagedPoolNx, sizeof *wmi, caller);
    if (!wmi)
        return NULL;
    memset(wmi, 0, sizeof *wmi);
    wmi->device = device;
    list_init(&wmi->providers);
    wdf_wmi_set_callbacks(&wmi->library);
    if (!NT_SUCCESS(wdf_text_set(device->object.client, &wmi->registry, &driver->registry_path, caller))) {
        wdf_free(wmi);
        return NULL;
    }
    wmi->started = device->step == STEP_STARTED;
    device->wmi = wmi;
    return wmi;
}

/* The name of the MOF resource in the driver's image, for WMI. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_INVALID_DEVICE_REQUEST (a name is there). docs: wdfdevice/nf-wdfdevice-wdfdeviceassignmofresourcename */
NTSTATUS NTAPI WdfDeviceAssignMofResourceName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PCUNICODE_STRING MofResourceName)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_wmi *wmi;

    wdf_need(MofResourceName, caller);
    wmi = wmi_of(device, caller);
    if (!wmi)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (wmi->mof.Length)
        return STATUS_INVALID_DEVICE_REQUEST;
    return wdf_text_set(device->object.client, &wmi->mof, MofResourceName, caller);
}

/* --- providers ---------------------------------------------------------------------------------------------------------- */

static void provider_destroyed(struct wdf_object *object)
{
    list_remove(&container_of(object, struct wdf_wmi_provider, object)->node);
}

const struct wdf_type wdf_wmi_provider_type = { .name = "WDFWMIPROVIDER", .size = sizeof(struct wdf_wmi_provider),
                                                .undeletable = true, .destroyed = provider_destroyed };

static struct wdf_wmi_provider *find(struct wdf_wmi *wmi, const GUID *guid)
{
    list_each(it, &wmi->providers) {
        struct wdf_wmi_provider *provider = container_of(it, struct wdf_wmi_provider, node);
        if (!memcmp(&provider->config.Guid, guid, sizeof *guid))
            return provider;
    }
    return NULL;
}

static NTSTATUS create_provider(struct wdf_device *device, const WDF_WMI_PROVIDER_CONFIG *config,
                                PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, struct wdf_wmi_provider **provider)
{
    struct wdf_create create = { .type = &wdf_wmi_provider_type, .client = device->object.client, .attributes = attributes,
                                 .parent = &device->object, .parent_fixed = true, .caller = caller };
    struct wdf_wmi *wmi;

    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (config->Flags & ~(ULONG)WdfWmiProviderValidFlags || device->settings.kind == DEVICE_CONTROL ||
        device->settings.kind == DEVICE_MINIPORT)
        return STATUS_INVALID_PARAMETER;
    wmi = wmi_of(device, caller);
    if (!wmi)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (find(wmi, &config->Guid))
        return STATUS_OBJECT_NAME_EXISTS;
    NTSTATUS status = wdf_object_create(&create, provider);
    if (!NT_SUCCESS(status))
        return status;
    (*provider)->device = device;
    (*provider)->config = *config;
    list_init(&(*provider)->instances);
    list_push_back(&wmi->providers, &(*provider)->node);
    return STATUS_SUCCESS;
}

/* A data block of a PnP device; WMI sees it with its first registered instance. WmiProvider may be NULL. <= DISPATCH_LEVEL.
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER (flags, a control device), STATUS_OBJECT_NAME_EXISTS (the device has the
 * block), STATUS_INSUFFICIENT_RESOURCES and errors of wdf_object_create. docs: wdfwmi/nf-wdfwmi-wdfwmiprovidercreate */
NTSTATUS NTAPI WdfWmiProviderCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                    PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig, PWDF_OBJECT_ATTRIBUTES ProviderAttributes,
                                    WDFWMIPROVIDER *WmiProvider)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_wmi_provider *provider;

    wdf_need(WmiProviderConfig, caller);
    NTSTATUS status = create_provider(device, WmiProviderConfig, ProviderAttributes, caller, &provider);
    if (WmiProvider)
        *WmiProvider = NT_SUCCESS(status) ? (WDFWMIPROVIDER)provider : NULL;
    return status;
}

static struct wdf_wmi_provider *provider_check(WDFWMIPROVIDER handle, const void *caller)
{
    return wdf_check(handle, &wdf_wmi_provider_type, caller);
}

/* Any IRQL. docs: wdfwmi/nf-wdfwmi-wdfwmiprovidergetdevice */
WDFDEVICE NTAPI WdfWmiProviderGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider)
{
    return (WDFDEVICE)provider_check(WmiProvider, WDF_CALLER())->device;
}

/* Whether somebody wants the block's events, or its data collected. <= DISPATCH_LEVEL. docs: wdfwmi/nf-wdfwmi-wdfwmiproviderisenabled */
BOOLEAN NTAPI WdfWmiProviderIsEnabled(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider,
                                      WDF_WMI_PROVIDER_CONTROL ProviderControl)
{
    struct wdf_wmi_provider *provider = provider_check(WmiProvider, WDF_CALLER());

    return ProviderControl == WdfWmiEventControl ? provider->events :
           ProviderControl == WdfWmiInstanceControl ? provider->collecting : FALSE;
}

/* The trace session's handle: 0, no session is ever started by WMI here. <= DISPATCH_LEVEL.
 * docs: wdfwmi/nf-wdfwmi-wdfwmiprovidergettracinghandle */
ULONGLONG NTAPI WdfWmiProviderGetTracingHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider)
{
    provider_check(WmiProvider, WDF_CALLER());
    return 0;
}

/* --- instances ---------------------------------------------------------------------------------------------------------- */

static void instance_dispose(struct wdf_object *object)
{
    struct wdf_wmi_instance *instance = container_of(object, struct wdf_wmi_instance, object);

    list_remove(&instance->node);
    list_init(&instance->node);
    if (instance->registered && instance->provider->device->object.state == WDF_ALIVE)
        changed(instance->provider->device->wmi);
    instance->registered = false;
}

const struct wdf_type wdf_wmi_instance_type = { .name = "WDFWMIINSTANCE", .size = sizeof(struct wdf_wmi_instance),
                                                .dispose = instance_dispose };

static NTSTATUS check_instance(const WDF_WMI_INSTANCE_CONFIG *config)
{
    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!config->Provider && !config->ProviderConfig)
        return STATUS_INVALID_PARAMETER;
    if (config->UseContextForQuery && (config->EvtWmiInstanceQueryInstance || config->EvtWmiInstanceSetInstance ||
                                       config->EvtWmiInstanceSetItem))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS use_context(struct wdf_wmi_instance *instance, const WDF_OBJECT_ATTRIBUTES *attributes)
{
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type = attributes ? attributes->ContextTypeInfo : NULL;
    size_t size = !type ? 0 : attributes->ContextSizeOverride ? attributes->ContextSizeOverride : type->ContextSize;

    if (!type)
        return STATUS_INVALID_PARAMETER;
    if (size > 0xffffffffu)
        return STATUS_INTEGER_OVERFLOW;
    instance->context = wdf_context_of(&instance->object, type);
    instance->context_size = (ULONG)size;
    return STATUS_SUCCESS;
}

static NTSTATUS create_instance(struct wdf_wmi_provider *provider, const WDF_WMI_INSTANCE_CONFIG *config,
                                PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, struct wdf_wmi_instance **instance)
{
    struct wdf_create create = { .type = &wdf_wmi_instance_type, .client = provider->object.client, .attributes = attributes,
                                 .parent = &provider->object, .parent_fixed = true, .caller = caller };
    NTSTATUS status = wdf_object_create(&create, instance);

    if (!NT_SUCCESS(status))
        return status;
    list_init(&(*instance)->node);
    (*instance)->provider = provider;
    (*instance)->config = *config;
    if (config->UseContextForQuery)
        status = use_context(*instance, attributes);
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(*instance);
        return status;
    }
    list_push_back(&provider->instances, &(*instance)->node);
    return STATUS_SUCCESS;
}

/* An instance of a provider, or (ProviderConfig) of a provider made with it. Registered at once when the configuration says so.
 * Device is not used with a provider; Instance may be NULL. <= DISPATCH_LEVEL. STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_INVALID_PARAMETER, STATUS_INTEGER_OVERFLOW (context above 4 GB), STATUS_OBJECT_NAME_EXISTS and errors of
 * wdf_object_create. docs: wdfwmi/nf-wdfwmi-wdfwmiinstancecreate */
NTSTATUS NTAPI WdfWmiInstanceCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_WMI_INSTANCE_CONFIG InstanceConfig,
                                    PWDF_OBJECT_ATTRIBUTES InstanceAttributes, WDFWMIINSTANCE *Instance)
{
    const void *caller = WDF_CALLER();
    struct wdf_wmi_provider *provider = NULL;
    struct wdf_wmi_instance *instance;

    wdf_need(InstanceConfig, caller);
    if (Instance)
        *Instance = NULL;
    NTSTATUS status = check_instance(InstanceConfig);
    if (!NT_SUCCESS(status))
        return status;
    if (InstanceConfig->Provider)
        provider = provider_check(InstanceConfig->Provider, caller);
    else
        status = create_provider(wdf_device_check(Device, caller), InstanceConfig->ProviderConfig, NULL, caller, &provider);
    if (!NT_SUCCESS(status))
        return status;
    status = create_instance(provider, InstanceConfig, InstanceAttributes, caller, &instance);
    if (!NT_SUCCESS(status)) {
        if (!InstanceConfig->Provider)
            wdf_object_discard(provider);
        return status;
    }
    if (Instance)
        *Instance = (WDFWMIINSTANCE)instance;
    instance->registered = InstanceConfig->Register;
    if (instance->registered)
        changed(provider->device->wmi);
    return STATUS_SUCCESS;
}

static struct wdf_wmi_instance *instance_check(WDFWMIINSTANCE handle, const void *caller)
{
    return wdf_check(handle, &wdf_wmi_instance_type, caller);
}

/* WMI sees the instance: at once at PASSIVE_LEVEL, soon at DISPATCH_LEVEL. STATUS_INVALID_DEVICE_REQUEST: it does already.
 * docs: wdfwmi/nf-wdfwmi-wdfwmiinstanceregister */
NTSTATUS NTAPI WdfWmiInstanceRegister(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance)
{
    struct wdf_wmi_instance *instance = instance_check(WmiInstance, WDF_CALLER());

    if (instance->registered)
        return STATUS_INVALID_DEVICE_REQUEST;
    instance->registered = true;
    changed(instance->provider->device->wmi);
    return STATUS_SUCCESS;
}

/* As that, the other way. <= DISPATCH_LEVEL. docs: wdfwmi/nf-wdfwmi-wdfwmiinstancederegister */
VOID NTAPI WdfWmiInstanceDeregister(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance)
{
    struct wdf_wmi_instance *instance = instance_check(WmiInstance, WDF_CALLER());

    if (!instance->registered)
        return;
    instance->registered = false;
    changed(instance->provider->device->wmi);
}

/* Any IRQL. docs: wdfwmi/nf-wdfwmi-wdfwmiinstancegetdevice */
WDFDEVICE NTAPI WdfWmiInstanceGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance)
{
    return (WDFDEVICE)instance_check(WmiInstance, WDF_CALLER())->provider->device;
}

/* Any IRQL. docs: wdfwmi/nf-wdfwmi-wdfwmiinstancegetprovider */
WDFWMIPROVIDER NTAPI WdfWmiInstanceGetProvider(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance)
{
    return (WDFWMIPROVIDER)instance_check(WmiInstance, WDF_CALLER())->provider;
}

/* Sends an event with a copy of the data, to those who listen. EventData may be NULL. <= APC_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_UNSUCCESSFUL (not registered with WMI). docs: wdfwmi/nf-wdfwmi-wdfwmiinstancefireevent */
NTSTATUS NTAPI WdfWmiInstanceFireEvent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance, ULONG EventDataSize,
                                       PVOID EventData)
{
    const void *caller = WDF_CALLER();
    struct wdf_wmi_instance *instance = instance_check(WmiInstance, caller);
    struct wdf_wmi_provider *provider = instance->provider;
    void *copy = NULL;

    if (!instance->registered || !provider->device->wmi->known)
        return STATUS_UNSUCCESSFUL;
    if (EventData && EventDataSize) {
        copy = wdf_alloc(instance->object.client, NonPagedPoolNx, EventDataSize, caller);
        if (!copy)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(copy, EventData, EventDataSize);
    }
    return WmiFireEvent(provider->device->wdm, &provider->config.Guid, wdf_wmi_index(instance), copy ? EventDataSize : 0, copy);
}
