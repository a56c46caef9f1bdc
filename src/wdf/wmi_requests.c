/* WMI's requests for a device, as calls of the instances' callbacks. docs: wdf/supporting-wmi-in-kmdf-drivers */
#include "wdf/wmi.h"

static ULONG aligned(ULONG value)
{
    return (value + 7) & ~7u;
}

ULONG wdf_wmi_registered(const struct wdf_wmi_provider *provider)
{
    ULONG count = 0;

    list_each(it, &provider->instances)
        count += container_of(it, struct wdf_wmi_instance, node)->registered;
    return count;
}

struct wdf_wmi_provider *wdf_wmi_provider_at(struct wdf_wmi *wmi, ULONG index)
{
    list_each(it, &wmi->providers) {
        struct wdf_wmi_provider *provider = container_of(it, struct wdf_wmi_provider, node);
        if (wdf_wmi_registered(provider) && !index--)
            return provider;
    }
    return NULL;
}

struct wdf_wmi_instance *wdf_wmi_instance_at(struct wdf_wmi_provider *provider, ULONG index)
{
    if (provider)
        list_each(it, &provider->instances) {
            struct wdf_wmi_instance *instance = container_of(it, struct wdf_wmi_instance, node);
            if (instance->registered && !index--)
                return instance;
        }
    return NULL;
}

ULONG wdf_wmi_index(const struct wdf_wmi_instance *instance)
{
    ULONG index = 0;

    list_each(it, &instance->provider->instances) {
        const struct wdf_wmi_instance *other = container_of(it, struct wdf_wmi_instance, node);
        if (other == instance)
            break;
        index += other->registered;
    }
    return index;
}

static struct wdf_wmi_instance *instance_of(PDEVICE_OBJECT wdm, ULONG guid, ULONG index)
{
    return wdf_wmi_instance_at(wdf_wmi_provider_at(wdf_device_of(wdm)->wmi, guid), index);
}

static NTSTATUS done(PDEVICE_OBJECT wdm, PIRP irp, NTSTATUS status, ULONG used)
{
    return WmiCompleteRequest(wdm, irp, status, used, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI query_registration(PDEVICE_OBJECT wdm, PULONG flags, PUNICODE_STRING name, PUNICODE_STRING *registry,
                                         PUNICODE_STRING mof, PDEVICE_OBJECT *pdo)
{
    struct wdf_device *device = wdf_device_of(wdm);

    *flags = WMIREG_FLAG_INSTANCE_PDO;
    *registry = &device->wmi->registry;
    *mof = device->wmi->mof;
    *pdo = device->pdo;
    return STATUS_SUCCESS;
}

/* One instance's data. *used: what it wrote, or (STATUS_BUFFER_TOO_SMALL) needs. */
static NTSTATUS query_instance(struct wdf_wmi_instance *instance, ULONG room, PUCHAR buffer, ULONG *used)
{
    const WDF_WMI_INSTANCE_CONFIG *config = &instance->config;
    ULONG minimum = instance->provider->config.Flags & WdfWmiProviderEventOnly ? 0 :
        instance->provider->config.MinInstanceBufferSize;
    NTSTATUS status = STATUS_SUCCESS;
    UCHAR nothing;

    if (config->UseContextForQuery) {
        *used = instance->context_size;
        if (room < *used)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(buffer, instance->context, *used);
        return STATUS_SUCCESS;
    }
    *used = minimum;
    if (!config->EvtWmiInstanceQueryInstance)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (room < minimum)
        return STATUS_BUFFER_TOO_SMALL;
    *used = 0;
    WDF_CALL_STATUS(status, config->EvtWmiInstanceQueryInstance, (WDFWMIINSTANCE)instance, room, buffer ? buffer : &nothing, used);
    return status;
}

static NTSTATUS NTAPI query_block(PDEVICE_OBJECT wdm, PIRP irp, ULONG guid, ULONG first, ULONG count, PULONG lengths, ULONG room,
                                  PUCHAR buffer)
{
    ULONG at = 0;
    bool short_of_room = false;

    for (ULONG i = 0; i < count; i++) {
        struct wdf_wmi_instance *instance = instance_of(wdm, guid, first + i);
        ULONG used = 0, here = aligned(at);
        bool fits = buffer && here < room && !short_of_room;
        if (!instance)
            return done(wdm, irp, STATUS_WMI_INSTANCE_NOT_FOUND, 0);
        NTSTATUS status = query_instance(instance, fits ? room - here : 0, fits ? buffer + here : NULL, &used);
        if (!NT_SUCCESS(status) && status != STATUS_BUFFER_TOO_SMALL)
            return done(wdm, irp, status, 0);
        short_of_room = short_of_room || !NT_SUCCESS(status);
        if (fits && NT_SUCCESS(status))
            lengths[i] = used;
        at = here + used;
    }
    return done(wdm, irp, short_of_room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS, at);
}

static NTSTATUS NTAPI set_block(PDEVICE_OBJECT wdm, PIRP irp, ULONG guid, ULONG index, ULONG size, PUCHAR buffer)
{
    struct wdf_wmi_instance *instance = instance_of(wdm, guid, index);
    NTSTATUS status = STATUS_WMI_INSTANCE_NOT_FOUND;

    if (!instance)
        return done(wdm, irp, status, 0);
    if (!instance->config.EvtWmiInstanceSetInstance)
        return done(wdm, irp, STATUS_WMI_READ_ONLY, 0);
    if (size < instance->provider->config.MinInstanceBufferSize)
        return done(wdm, irp, STATUS_WMI_SET_FAILURE, 0);
    WDF_CALL_STATUS(status, instance->config.EvtWmiInstanceSetInstance, (WDFWMIINSTANCE)instance, size, buffer);
    return done(wdm, irp, status, 0);
}

static NTSTATUS NTAPI set_item(PDEVICE_OBJECT wdm, PIRP irp, ULONG guid, ULONG index, ULONG item, ULONG size, PUCHAR buffer)
{
    struct wdf_wmi_instance *instance = instance_of(wdm, guid, index);
    NTSTATUS status = STATUS_WMI_INSTANCE_NOT_FOUND;

    if (!instance)
        return done(wdm, irp, status, 0);
    if (!instance->config.EvtWmiInstanceSetItem)
        return done(wdm, irp, STATUS_WMI_READ_ONLY, 0);
    WDF_CALL_STATUS(status, instance->config.EvtWmiInstanceSetItem, (WDFWMIINSTANCE)instance, item, size, buffer);
    return done(wdm, irp, status, 0);
}

static NTSTATUS NTAPI execute(PDEVICE_OBJECT wdm, PIRP irp, ULONG guid, ULONG index, ULONG method, ULONG in, ULONG out,
                              PUCHAR buffer)
{
    struct wdf_wmi_instance *instance = instance_of(wdm, guid, index);
    NTSTATUS status = STATUS_WMI_INSTANCE_NOT_FOUND;
    ULONG used = 0;

    if (!instance)
        return done(wdm, irp, status, 0);
    if (!instance->config.EvtWmiInstanceExecuteMethod)
        return done(wdm, irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    WDF_CALL_STATUS(status, instance->config.EvtWmiInstanceExecuteMethod, (WDFWMIINSTANCE)instance, method, in, out, buffer, &used);
    return done(wdm, irp, status, used);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT wdm, PIRP irp, ULONG guid, WMIENABLEDISABLECONTROL function, BOOLEAN enable)
{
    struct wdf_wmi_provider *provider = wdf_wmi_provider_at(wdf_device_of(wdm)->wmi, guid);
    bool events = function == WmiEventControl;
    NTSTATUS status = STATUS_SUCCESS;

    if (!provider)
        return done(wdm, irp, STATUS_WMI_GUID_NOT_FOUND, 0);
    if (events)
        provider->events = enable;
    else
        provider->collecting = enable;
    if (provider->config.EvtWmiProviderFunctionControl)
        WDF_CALL_STATUS(status, provider->config.EvtWmiProviderFunctionControl, (WDFWMIPROVIDER)provider,
                        events ? WdfWmiEventControl : WdfWmiInstanceControl, enable);
    return done(wdm, irp, status, 0);
}

void wdf_wmi_set_callbacks(WMILIB_CONTEXT *library)
{
    library->QueryWmiRegInfo = query_registration;
    library->QueryWmiDataBlock = query_block;
    library->SetWmiDataBlock = set_block;
    library->SetWmiDataItem = set_item;
    library->ExecuteWmiMethod = execute;
    library->WmiFunctionControl = control;
}

NTSTATUS wdf_wmi_dispatch(struct wdf_device *device, PIRP irp)
{
    SYSCTL_IRP_DISPOSITION disposition;
    NTSTATUS status;

    if (!device->wmi || !device->wmi->known)
        return wdf_pass_down(device, irp);
    status = WmiSystemControl(&device->wmi->library, device->wdm, irp, &disposition);
    if (disposition == IrpProcessed)
        return status;
    if (disposition == IrpNotCompleted) {
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }
    return wdf_pass_down(device, irp);
}
