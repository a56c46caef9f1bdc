/* The driver object. docs: wdf/creating-a-framework-driver-object */
#include "wdf/driver.h"

#include <stdio.h>
#include <wdfminiport.h>

#include "base/log.h"
#include "nt/event.h"
#include "wdf/collection.h"
#include "wdf/device.h"

static void driver_destroyed(struct wdf_object *object)
{
    struct wdf_driver *driver = container_of(object, struct wdf_driver, object);

    wdf_text_free(&driver->registry_path);
    object->client->globals.Driver = NULL;
    object->client->driver = NULL;
}

const struct wdf_type wdf_driver_type = { .name = "WDFDRIVER", .size = sizeof(struct wdf_driver), .passive = true,
                                          .undeletable = true, .destroyed = driver_destroyed };

static struct wdf_driver *driver_check(WDFDRIVER handle, const void *caller)
{
    return wdf_check(handle, &wdf_driver_type, caller);
}

static struct wdf_client *client_of_driver(PDRIVER_OBJECT object)
{
    list_each(it, &wdf_clients) {
        struct wdf_client *client = container_of(it, struct wdf_client, node);
        if (client->driver_object == object && client->driver)
            return client;
    }
    return NULL;
}

/* --- the routines of the driver object -------------------------------------------------------------------------------- */

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    struct wdf_client *client = client_of_driver(object);
    struct wdf_driver *driver;
    struct WDFDEVICE_INIT *init;
    NTSTATUS status;

    if (!client)
        return STATUS_DELETE_PENDING;
    driver = container_of(client->driver, struct wdf_driver, object);
    init = wdf_init_create(client, DEVICE_FDO, NULL);
    if (!init)
        return STATUS_INSUFFICIENT_RESOURCES;
    init->pdo = pdo;
    WDF_CALL_STATUS(status, driver->config.EvtDriverDeviceAdd, (WDFDRIVER)driver, init);
    struct wdf_device *device = init->created;
    if (!NT_SUCCESS(status) && device)
        wdf_device_remove(device);
    else if (NT_SUCCESS(status) && device)
        device->wdm->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    wdf_init_free(init);
    return status;
}

static VOID NTAPI unload(PDRIVER_OBJECT object)
{
    struct wdf_client *client = client_of_driver(object);
    struct wdf_driver *driver;

    if (!client)
        return;
    driver = container_of(client->driver, struct wdf_driver, object);
    if (driver->config.EvtDriverUnload)
        WDF_CALL(driver->config.EvtDriverUnload, (WDFDRIVER)driver);
    wdf_object_delete(driver);
    wdf_flush_deletions();
}

static void take_over(struct wdf_driver *driver)
{
    PDRIVER_OBJECT object = driver->wdm;

    if (driver->config.DriverInitFlags & WdfDriverInitNoDispatchOverride)
        return;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = wdf_dispatch;
    if (driver->pnp)
        object->DriverExtension->AddDevice = add_device;
    if (driver->pnp || driver->config.EvtDriverUnload)
        object->DriverUnload = unload;
}

/* --- unbinding -------------------------------------------------------------------------------------------------------- */

static void report_left(struct wdf_client *client)
{
    list_each(it, &client->objects) {
        struct wdf_object *object = container_of(it, struct wdf_object, all);
        char text[160];
        snprintf(text, sizeof text, "%s left a %s with %ld reference%s, made at", client->globals.DriverName, object->type->name,
                 object->references, object->references == 1 ? "" : "s");
        struct pe_caller caller = { .rip = (uint64_t)(uintptr_t)object->caller };
        NT_EMIT(NT_EVENT_MISUSE, text, object, 0, caller);
    }
}

/* What is left has no parent any more that would free it. */
static void forget_left(struct wdf_client *client)
{
    while (!list_empty(&client->objects)) {
        struct wdf_object *object = container_of(list_pop_front(&client->objects), struct wdf_object, all);
        object->mark = 0;
        wdf_free(object);
    }
}

static void free_inits(struct wdf_client *client)
{
    list_each_safe(it, &wdf_inits) {
        struct WDFDEVICE_INIT *init = container_of(it, struct WDFDEVICE_INIT, node);
        if (init->client != client)
            continue;
        struct pe_caller caller = { .rip = (uint64_t)(uintptr_t)init->caller };
        NT_EMIT(NT_EVENT_MISUSE, "a WDFDEVICE_INIT was neither used by WdfDeviceCreate nor freed by WdfDeviceInitFree", init, 0,
                caller);
        wdf_init_free(init);
    }
}

void wdf_driver_unbind(struct wdf_client *client)
{
    if (client->driver)
        wdf_object_delete(client->driver);
    wdf_flush_deletions();
    free_inits(client);
    report_left(client);
    forget_left(client);
}

/* --- what drivers call ------------------------------------------------------------------------------------------------ */

static NTSTATUS check_config(struct wdf_client *client, const WDF_DRIVER_CONFIG *config,
                             const WDF_OBJECT_ATTRIBUTES *attributes)
{
    if (client->driver)
        return STATUS_DRIVER_INTERNAL_ERROR;
    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((config->DriverInitFlags & WdfDriverInitNonPnpDriver) && config->EvtDriverDeviceAdd)
        return STATUS_INVALID_PARAMETER;
    if (attributes && attributes->ParentObject)
        return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
    return STATUS_SUCCESS;
}

static void resolve_constraints(struct wdf_driver *driver, const WDF_OBJECT_ATTRIBUTES *attributes)
{
    WDF_EXECUTION_LEVEL level = attributes ? attributes->ExecutionLevel : WdfExecutionLevelInheritFromParent;
    WDF_SYNCHRONIZATION_SCOPE scope = attributes ? attributes->SynchronizationScope : WdfSynchronizationScopeInheritFromParent;

    driver->object.level = level == WdfExecutionLevelInheritFromParent ? WdfExecutionLevelDispatch : level;
    driver->object.scope = scope == WdfSynchronizationScopeInheritFromParent ? WdfSynchronizationScopeNone : scope;
}

/* Makes the driver object, once, in DriverEntry, before anything else of the framework, and takes over the WDM driver
 * object's routines unless the configuration says not to. PASSIVE_LEVEL. STATUS_DRIVER_INTERNAL_ERROR (a second time),
 * STATUS_INVALID_PARAMETER, STATUS_INFO_LENGTH_MISMATCH and errors of wdf_object_create.
 * docs: wdfdriver/nf-wdfdriver-wdfdrivercreate */
NTSTATUS NTAPI WdfDriverCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
                               PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver)
{
    struct wdf_client *client = wdf_client_of(DriverGlobals);
    struct wdf_create create = { .type = &wdf_driver_type, .client = client, .attributes = DriverAttributes,
                                 .caller = WDF_CALLER() };
    struct wdf_driver *driver;

    wdf_need(DriverObject, create.caller);
    wdf_need(RegistryPath, create.caller);
    wdf_need(DriverConfig, create.caller);
    if (Driver)
        *Driver = NULL;
    NTSTATUS status = check_config(client, DriverConfig, DriverAttributes);
    if (NT_SUCCESS(status))
        status = wdf_object_create(&create, &driver);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_text_set(client, &driver->registry_path, RegistryPath, create.caller);
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(driver);
        return status;
    }
    driver->config = *DriverConfig;
    driver->wdm = DriverObject;
    driver->pnp = !(DriverConfig->DriverInitFlags & WdfDriverInitNonPnpDriver) && DriverConfig->EvtDriverDeviceAdd;
    resolve_constraints(driver, DriverAttributes);
    if (driver->config.DriverPoolTag)
        client->globals.DriverTag = driver->config.DriverPoolTag;
    client->driver = &driver->object;
    client->globals.Driver = (WDFDRIVER)driver;
    client->globals.DriverFlags = driver->config.DriverInitFlags;
    take_over(driver);
    if (Driver)
        *Driver = (WDFDRIVER)driver;
    return STATUS_SUCCESS;
}

/* The registry path as a terminated string, good as long as the driver object. PASSIVE_LEVEL.
 * docs: wdfdriver/nf-wdfdriver-wdfdrivergetregistrypath */
PWSTR NTAPI WdfDriverGetRegistryPath(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    return driver_check(Driver, WDF_CALLER())->registry_path.Buffer;
}

/* <= DISPATCH_LEVEL. docs: wdfdriver/nf-wdfdriver-wdfdriverwdmgetdriverobject */
PDRIVER_OBJECT NTAPI WdfDriverWdmGetDriverObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    return driver_check(Driver, WDF_CALLER())->wdm;
}

/* The framework's driver object of a WDM driver object, NULL when it has none. <= DISPATCH_LEVEL.
 * docs: wdfdriver/nf-wdfdriver-wdfwdmdrivergetwdfdriverhandle */
WDFDRIVER NTAPI WdfWdmDriverGetWdfDriverHandle(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject)
{
    wdf_need(DriverObject, WDF_CALLER());
    struct wdf_client *client = client_of_driver(DriverObject);
    return client ? (WDFDRIVER)client->driver : NULL;
}

/* Older drivers' trace registration: accepted, nothing is traced. PASSIVE_LEVEL. docs: wdfdriver/nf-wdfdriver-wdfdriverregistertraceinfo */
NTSTATUS NTAPI WdfDriverRegisterTraceInfo(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject,
                                          PFN_WDF_TRACE_CALLBACK EvtTraceCallback, PVOID ControlBlock)
{
    return STATUS_SUCCESS;
}

/* "Kernel Mode Driver Framework version 1.33", into a string object. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfdriver/nf-wdfdriver-wdfdriverretrieveversionstring */
NTSTATUS NTAPI WdfDriverRetrieveVersionString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, WDFSTRING String)
{
    static const WCHAR text[] = u"Kernel Mode Driver Framework version 1.33";
    const void *caller = WDF_CALLER();

    driver_check(Driver, caller);
    return wdf_string_set(String, text, sizeof text - sizeof(WCHAR), caller);
}

/* TRUE when the driver may use that version: its own or an older one. <= DISPATCH_LEVEL.
 * docs: wdfdriver/nf-wdfdriver-wdfdriverisversionavailable */
BOOLEAN NTAPI WdfDriverIsVersionAvailable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                          PWDF_DRIVER_VERSION_AVAILABLE_PARAMS VersionAvailableParams)
{
    const void *caller = WDF_CALLER();

    driver_check(Driver, caller);
    wdf_need(VersionAvailableParams, caller);
    return VersionAvailableParams->MajorVersion == 1 && VersionAvailableParams->MinorVersion <= 33;
}

/* Says that the driver misses a function of a newer framework. <= DISPATCH_LEVEL.
 * docs: wdfdriver/nf-wdfdriver-wdfdrivererrorreportapimissing */
NTSTATUS NTAPI WdfDriverErrorReportApiMissing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                              PCWSTR FrameworkExtensionName, ULONG ApiIndex, BOOLEAN DoesApiReturnNtstatus)
{
    driver_check(Driver, WDF_CALLER());
    if (!DoesApiReturnNtstatus)
        wdf_violation(WDF_API_UNAVAILABLE, ApiIndex, 0, "a function that the framework does not have was called");
    return STATUS_NOT_IMPLEMENTED;
}

/* Ends the framework's part of a miniport driver, from its unload routine: calls EvtDriverUnload, deletes the driver object. <= DISPATCH_LEVEL.
 * docs: wdfminiport/nf-wdfminiport-wdfdriverminiportunload */
VOID NTAPI WdfDriverMiniportUnload(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    struct wdf_driver *driver = driver_check(Driver, WDF_CALLER());

    if (driver->config.EvtDriverUnload)
        WDF_CALL(driver->config.EvtDriverUnload, Driver);
    wdf_object_delete(driver);
    wdf_flush_deletions();
}
