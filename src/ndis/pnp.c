/* Plug and Play and power requests for adapters: NDIS owns the driver object's dispatch table.
 * docs: network/miniport-adapter-states-and-operations, network/ndis-miniport-driver-plug-and-play */
#include "ndis/filter_module.h"
#include "ndis/frames.h"
#include "ndis/virtual.h"

#include <string.h>

#include "base/log.h"
#include "ndis/idle.h"
#include "ndis/net_event.h"
#include "ndis/ports.h"
#include "ndis/wmi_provider.h"
#include "nt/cm.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "nt/pool.h"

#define IOCTL_NDIS_QUERY_GLOBAL_STATS 0x00170002u

static const GUID bus_interface_standard = {
    0x496b8280, 0x6f25, 0x11d0, { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f }
};

NTSTATUS ndis_complete_irp(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS ndis_pass_down(struct adapter *a, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(a->next, irp);
}

static NTSTATUS forward_and_wait(struct adapter *a, PIRP irp)
{
    return IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

/* --- add and remove ------------------------------------------------------------------------------------------- */

static NDIS_STATUS call_add_device(struct adapter *a)
{
    if (!a->driver->pnp.MiniportAddDeviceHandler)
        return NDIS_STATUS_SUCCESS;
    NDIS_STATUS status = a->driver->pnp.MiniportAddDeviceHandler(a, a->driver->context);
    a->add_device_called = status == NDIS_STATUS_SUCCESS;
    return status;
}

static void free_adapter(struct adapter *a)
{
    struct ndis_driver *driver = a->driver;
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    /* Work that is queued still looks at the adapter. */
    while (a->hang_queued || a->reset_queued || a->idle.work_queued || a->port_queued || a->restart_queued ||
           a->oid.work_queued || a->allow_queued || a->holds)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    list_remove(&a->node);
    list_remove(&a->driver_node);
    attributes_reset(a);
    frames_free(a);
    names_free_index(a->if_index);
    ndis_object_destroy(a);
    if (driver->deregistered && list_empty(&driver->adapters))
        NdisMDeregisterMiniportDriver(driver);
}

/* A driver object may have two registrations: the cards' driver, and that of virtual miniports. */
static struct ndis_driver *driver_of(PDRIVER_OBJECT object, bool intermediate)
{
    struct ndis_driver *any = NULL;

    list_each(it, &ndis_drivers) {
        struct ndis_driver *driver = container_of(it, struct ndis_driver, node);

        if (driver->driver != object)
            continue;
        if (driver->intermediate == intermediate)
            return driver;
        any = driver;
    }
    return any;
}

/* IMMiniport of its driver key says whether a device is a virtual miniport's; without that, one that has no hardware is.
 * docs: network/initializing-a-miniport-intermediate-driver */
static bool is_virtual(PDEVICE_OBJECT pdo)
{
    struct pnp_node *node = pnp_node_of(pdo);
    struct cm_key *key;
    uint32_t value = 0;
    bool said = false;
    HANDLE handle;

    if (NT_SUCCESS(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &handle))) {
        said = NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key)) && cm_get_dword(key, "IMMiniport", &value);
        ZwClose(handle);
    }
    return said ? value == 1 : node && !node->device && !strncmp(node->instance_path, "ROOT\\", 5);
}

static NTSTATUS create_fdo(struct adapter *a)
{
    NTSTATUS status = IoCreateDevice(a->driver->driver, sizeof(struct ndis_extension), &a->name, FILE_DEVICE_PHYSICAL_NETCARD,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &a->fdo);
    if (!NT_SUCCESS(status))
        return status;
    struct ndis_extension *extension = a->fdo->DeviceExtension;
    extension->kind = NDIS_ADAPTER;
    extension->owner = a;
    extension->mark = ndis_extension_mark;
    a->next = IoAttachDeviceToDeviceStack(a->fdo, a->pdo);
    if (!a->next) {
        IoDeleteDevice(a->fdo);
        return STATUS_DEVICE_REMOVED;
    }
    a->fdo->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    return STATUS_SUCCESS;
}

static void init_adapter(struct adapter *a, struct ndis_driver *driver, PDEVICE_OBJECT pdo)
{
    a->driver = driver;
    a->pdo = pdo;
    list_init(&a->bindings);
    list_init(&a->receive_filters);
    list_init(&a->wake_items);
    list_init(&a->filters);
    list_push_back(&ndis_adapters, &a->node);
    list_push_back(&driver->adapters, &a->driver_node);
    KeInitializeEvent(&a->changed, SynchronizationEvent, FALSE);
    KeInitializeMutex(&a->pnp_lock, 0);
    hang_init(a);
    idle_init(a);
    port_init(a);
    oid_init(&a->oid, a, NULL);
    filter_restart_init(a);
    net_event_init(a);
    adapter_name(a);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    struct ndis_driver *driver = driver_of(object, is_virtual(pdo));

    if (!driver)
        return STATUS_NO_SUCH_DEVICE;
    struct adapter *a = ndis_object_create(NDIS_ADAPTER, sizeof *a, NDIS_TAG('N', 'D', 'a', 'd'), NULL);
    if (!a)
        return STATUS_INSUFFICIENT_RESOURCES;
    init_adapter(a, driver, pdo);
    NTSTATUS status = create_fdo(a);
    if (!NT_SUCCESS(status)) {
        free_adapter(a);
        return status;
    }
    status = call_add_device(a);
    if (status != NDIS_STATUS_SUCCESS) {
        IoDetachDevice(a->next);
        IoDeleteDevice(a->fdo);
        free_adapter(a);
        return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
    }
    IoRegisterShutdownNotification(a->fdo);
    a->fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS remove_device(struct adapter *a, PIRP irp)
{
    device_interfaces_close(a);
    adapter_lock(a);
    adapter_notify(a, NdisDevicePnPEventRemoved, NULL, 0);
    im_stop(a);
    adapter_halt(a, NdisHaltDeviceDisabled);
    a->removed = true;
    adapter_unlock(a);
    if (a->add_device_called && a->driver->pnp.MiniportRemoveDeviceHandler)
        a->driver->pnp.MiniportRemoveDeviceHandler(a->add_device_context);
    if (a->has_bus && a->bus.InterfaceDereference)
        a->bus.InterfaceDereference(a->bus.Context);
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = ndis_pass_down(a, irp);
    IoUnregisterShutdownNotification(a->fdo);
    IoDetachDevice(a->next);
    IoDeleteDevice(a->fdo);
    free_adapter(a);
    return status;
}

/* --- start and stop ------------------------------------------------------------------------------------------- */

static void query_bus_interface(struct adapter *a)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_PNP, .MinorFunction = IRP_MN_QUERY_INTERFACE };

    if (a->has_bus)
        return;
    request.Parameters.QueryInterface.InterfaceType = &bus_interface_standard;
    request.Parameters.QueryInterface.Size = sizeof a->bus;
    request.Parameters.QueryInterface.Version = 1;
    request.Parameters.QueryInterface.Interface = (PINTERFACE)&a->bus;
    a->has_bus = NT_SUCCESS(io_send(a->pdo, &request, STATUS_NOT_SUPPORTED, NULL));
    a->pci_properties = (NDIS_PCI_DEVICE_CUSTOM_PROPERTIES){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_TYPE_PCI_DEVICE_CUSTOM_PROPERTIES_REVISION_2,
                    NDIS_SIZEOF_PCI_DEVICE_CUSTOM_PROPERTIES_REVISION_2 },
    };
}

static NDIS_STATUS bring_up(struct adapter *a, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    adapter_lock(a);
    a->low_power = a->asleep = false;   /* a device that starts is in D0 */
    query_bus_interface(a);
    NDIS_STATUS status = adapter_take_resources(a, raw, translated) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    if (status == NDIS_STATUS_SUCCESS)
        status = a->driver->intermediate ? im_start(a) : adapter_bring_up(a);
    adapter_unlock(a);
    im_announce(a);
    return status;
}

static NTSTATUS start_device(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = forward_and_wait(a, irp);

    if (NT_SUCCESS(status) && a->add_device_called && a->driver->pnp.MiniportStartDeviceHandler)
        status = a->driver->pnp.MiniportStartDeviceHandler(a->add_device_context, irp);
    if (NT_SUCCESS(status)) {
        status = bring_up(a, sp->Parameters.StartDevice.AllocatedResources,
                          sp->Parameters.StartDevice.AllocatedResourcesTranslated);
        if (status != NDIS_STATUS_SUCCESS) {
            log_warn("ndis", "MiniportInitializeEx failed with status %08x", (unsigned)status);
            status = NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
        } else {
            device_interfaces_open(a);
        }
    }
    return ndis_complete_irp(irp, status);
}

/* Asks every protocol; the first refusal wins. */
static NTSTATUS ask_protocols(struct adapter *a, NET_PNP_EVENT_CODE code)
{
    adapter_lock(a);
    NDIS_STATUS status = net_event(a, code, NULL, 0);
    adapter_unlock(a);
    return status != NDIS_STATUS_SUCCESS && code == NetEventQueryRemoveDevice ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS query_gone(struct adapter *a, PIRP irp, NDIS_DEVICE_PNP_EVENT event)
{
    NTSTATUS status = ask_protocols(a, NetEventQueryRemoveDevice);

    if (!NT_SUCCESS(status))
        return ndis_complete_irp(irp, status);
    adapter_notify(a, event, NULL, 0);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return ndis_pass_down(a, irp);
}

static NTSTATUS gone(struct adapter *a, PIRP irp, NDIS_DEVICE_PNP_EVENT event, NDIS_HALT_ACTION action)
{
    if (action == NdisHaltDeviceSurpriseRemoved)
        device_interfaces_close(a);
    adapter_lock(a);
    if (action == NdisHaltDeviceSurpriseRemoved) {
        a->surprise_removed = true;
        if (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN)
            net_event(a, NetEventQueryRemoveDevice, NULL, 0);   /* nobody is asked: they are told */
    }
    adapter_notify(a, event, NULL, 0);
    im_stop(a);
    adapter_halt(a, action);
    adapter_unlock(a);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return ndis_pass_down(a, irp);
}

static NTSTATUS filter_requirements(struct adapter *a, PIRP irp)
{
    if (!a->add_device_called || !a->driver->pnp.MiniportFilterResourceRequirementsHandler)
        return ndis_pass_down(a, irp);
    forward_and_wait(a, irp);
    NDIS_STATUS status = a->driver->pnp.MiniportFilterResourceRequirementsHandler(a->add_device_context, irp);
    return ndis_complete_irp(irp, status);
}

void adapter_fail(struct adapter *a)
{
    a->failed = true;
    IoInvalidateDeviceState(a->pdo);
}

static NTSTATUS query_state(struct adapter *a, PIRP irp)
{
    NTSTATUS status = forward_and_wait(a, irp);

    if (status == STATUS_NOT_SUPPORTED) {
        irp->IoStatus.Information = 0;
        status = STATUS_SUCCESS;
    }
    if (a->failed)
        irp->IoStatus.Information |= PNP_DEVICE_FAILED;
    return ndis_complete_irp(irp, status);
}

static NTSTATUS pnp(struct adapter *a, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start_device(a, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
        return query_gone(a, irp, NdisDevicePnPEventQueryStopped);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        return query_gone(a, irp, NdisDevicePnPEventQueryRemoved);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        ask_protocols(a, NetEventCancelRemoveDevice);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return ndis_pass_down(a, irp);
    case IRP_MN_STOP_DEVICE:
        return gone(a, irp, NdisDevicePnPEventStopped, NdisHaltDeviceStopped);
    case IRP_MN_SURPRISE_REMOVAL:
        return gone(a, irp, NdisDevicePnPEventSurpriseRemoved, NdisHaltDeviceSurpriseRemoved);
    case IRP_MN_REMOVE_DEVICE:
        return remove_device(a, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        return query_state(a, irp);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        return filter_requirements(a, irp);
    default:
        return ndis_pass_down(a, irp);
    }
}

/* --- other requests ------------------------------------------------------------------------------------------- */

static NTSTATUS shut_down(struct adapter *a, PIRP irp)
{
    adapter_shut_down(a, NdisShutdownPowerOff);
    return ndis_complete_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS query_global_stats(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    uint32_t written = 0;
    void *buffer = irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;

    if (sp->Parameters.DeviceIoControl.IoControlCode == IOCTL_NDIS_GET_LOG_DATA)
        return log_read(a, irp);
    if (sp->Parameters.DeviceIoControl.IoControlCode != IOCTL_NDIS_QUERY_GLOBAL_STATS)
        return ndis_complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);
    if (sp->Parameters.DeviceIoControl.InputBufferLength < sizeof(NDIS_OID) || !buffer || a->state == ADAPTER_HALTED)
        return ndis_complete_irp(irp, STATUS_INVALID_PARAMETER);
    NDIS_OID oid = *(NDIS_OID *)irp->AssociatedIrp.SystemBuffer;
    NDIS_STATUS status = oid_ask(a, NdisRequestQueryStatistics, oid, buffer, out, &written);
    irp->IoStatus.Information = written;
    return ndis_complete_irp(irp, status);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    struct ndis_extension *extension = ndis_extension_of(device);

    if (!extension)
        return ndis_complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);
    if (extension->kind == NDIS_DEVICE)
        return device_dispatch(device, irp);
    struct adapter *a = extension->owner;
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_PNP:
        return pnp(a, irp);
    case IRP_MJ_POWER:
        return ndis_power(a, irp);
    case IRP_MJ_SYSTEM_CONTROL:
        return wmi_control(a, irp);
    case IRP_MJ_SHUTDOWN:
        return shut_down(a, irp);
    case IRP_MJ_DEVICE_CONTROL:
        return query_global_stats(a, irp);
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return ndis_complete_irp(irp, STATUS_SUCCESS);
    default:
        return ndis_complete_irp(irp, STATUS_NOT_SUPPORTED);
    }
}

static VOID NTAPI unload(PDRIVER_OBJECT object)
{
    struct ndis_driver *driver = driver_of(object, false);

    if (driver)
        driver->miniport.UnloadHandler(object);
}

void ndis_take_over_driver_object(struct ndis_driver *driver)
{
    PDRIVER_OBJECT object = driver->driver;

    object->DriverExtension->AddDevice = add_device;
    object->DriverUnload = unload;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = dispatch;
}
