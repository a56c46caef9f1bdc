/* Device interfaces, and driver-defined interfaces. docs: wdf/using-device-interfaces, wdf/using-driver-defined-interfaces */
#include "wdf/pnp.h"

#include "nt/text.h"
#include "wdf/collection.h"

struct interface {
    struct list node;
    GUID guid;
    UNICODE_STRING reference, link;     /* link: once it is registered; its buffer is the I/O manager's */
    bool automatic, enabled;
};

struct offered {
    struct list node;
    GUID type;
    WDF_QUERY_INTERFACE_CONFIG config;
    PINTERFACE copy;
};

/* --- device interfaces ---------------------------------------------------------------------------------------------------------- */

static bool same_reference(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    size_t a_length = a ? a->Length / sizeof(WCHAR) : 0, b_length = b ? b->Length / sizeof(WCHAR) : 0;

    return a_length == b_length && (!a_length || text_compare(a->Buffer, a_length, b->Buffer, b_length, true) == 0);
}

static struct interface *find(struct wdf_device *device, const GUID *guid, const UNICODE_STRING *reference)
{
    list_each(it, &device->interfaces) {
        struct interface *interface = container_of(it, struct interface, node);
        if (IsEqualGUID(&interface->guid, guid) && same_reference(&interface->reference, reference))
            return interface;
    }
    return NULL;
}

static void set_enabled(struct interface *interface, bool on)
{
    if (interface->enabled == on || !interface->link.Buffer)
        return;
    if (NT_SUCCESS(IoSetDeviceInterfaceState(&interface->link, on)))
        interface->enabled = on;
}

void wdf_interfaces_enable(struct wdf_device *device, bool on)
{
    list_each(it, &device->interfaces) {
        struct interface *interface = container_of(it, struct interface, node);
        if (!on || interface->automatic)
            set_enabled(interface, on);
    }
}

void wdf_interfaces_free(struct wdf_device *device)
{
    struct list *node;

    while ((node = list_pop_front(&device->interfaces)) != NULL) {
        struct interface *interface = container_of(node, struct interface, node);
        set_enabled(interface, false);
        wdf_text_free(&interface->reference);
        if (interface->link.Buffer)
            RtlFreeUnicodeString(&interface->link);
        wdf_free(interface);
    }
    while ((node = list_pop_front(&device->query_interfaces)) != NULL) {
        struct offered *offered = container_of(node, struct offered, node);
        if (offered->copy)
            wdf_free(offered->copy);
        wdf_free(offered);
    }
}

/* Registers an interface of a class; one made in EvtDriverDeviceAdd is enabled while the device is started. ReferenceString
 * may be NULL. PASSIVE_LEVEL. STATUS_INVALID_DEVICE_REQUEST for a control device, STATUS_INSUFFICIENT_RESOURCES, and errors of
 * IoRegisterDeviceInterface. docs: wdfdevice/nf-wdfdevice-wdfdevicecreatedeviceinterface */
NTSTATUS NTAPI WdfDeviceCreateDeviceInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
                                              PCUNICODE_STRING ReferenceString)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct interface *interface;

    wdf_need(InterfaceClassGUID, caller);
    if (!device->pdo)
        return STATUS_INVALID_DEVICE_REQUEST;
    interface = wdf_alloc(device->object.client, NonPagedPoolNx, sizeof *interface, caller);
    if (!interface)
        return STATUS_INSUFFICIENT_RESOURCES;
    *interface = (struct interface){ .guid = *InterfaceClassGUID, .automatic = device->step == STEP_CREATED };
    NTSTATUS status = ReferenceString ? wdf_text_set(device->object.client, &interface->reference, ReferenceString, caller) :
                                        STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = IoRegisterDeviceInterface(device->pdo, InterfaceClassGUID, ReferenceString ? &interface->reference : NULL,
                                           &interface->link);
    if (!NT_SUCCESS(status)) {
        wdf_text_free(&interface->reference);
        wdf_free(interface);
        return status;
    }
    list_push_back(&device->interfaces, &interface->node);
    return STATUS_SUCCESS;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetdeviceinterfacestate */
VOID NTAPI WdfDeviceSetDeviceInterfaceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
                                            PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(InterfaceClassGUID, caller);
    struct interface *interface = find(device, InterfaceClassGUID, ReferenceString);
    if (interface)
        set_enabled(interface, IsInterfaceEnabled);
}

/* The same; before the device is started it says whether the interface will be enabled by itself. PASSIVE_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicesetdeviceinterfacestateex */
VOID NTAPI WdfDeviceSetDeviceInterfaceStateEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
                                              PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(InterfaceClassGUID, caller);
    struct interface *interface = find(device, InterfaceClassGUID, ReferenceString);
    if (!interface)
        return;
    if (device->step == STEP_CREATED)
        interface->automatic = IsInterfaceEnabled;
    else
        set_enabled(interface, IsInterfaceEnabled);
}

/* The interface's symbolic link, into a string object. STATUS_OBJECT_NAME_NOT_FOUND: it has no such interface.
 * PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceretrievedeviceinterfacestring */
NTSTATUS NTAPI WdfDeviceRetrieveDeviceInterfaceString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                      CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                                      WDFSTRING String)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(InterfaceClassGUID, caller);
    struct interface *interface = find(device, InterfaceClassGUID, ReferenceString);
    if (!interface)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return wdf_string_set(String, interface->link.Buffer, interface->link.Length, caller);
}

/* --- driver-defined interfaces -------------------------------------------------------------------------------------------------- */

/* Offers an interface to other drivers, found by IRP_MN_QUERY_INTERFACE. Interface (may be NULL, then EvtDevice... fills it)
 * is copied. PASSIVE_LEVEL. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfqueryinterface/nf-wdfqueryinterface-wdfdeviceaddqueryinterface */
NTSTATUS NTAPI WdfDeviceAddQueryInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                          PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct offered *offered;

    wdf_need(InterfaceConfig, caller);
    if (InterfaceConfig->Size != sizeof *InterfaceConfig)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!InterfaceConfig->InterfaceType || (!InterfaceConfig->Interface && !InterfaceConfig->ImportInterface &&
                                            !InterfaceConfig->EvtDeviceProcessQueryInterfaceRequest))
        return STATUS_INVALID_PARAMETER;
    offered = wdf_alloc(device->object.client, NonPagedPoolNx, sizeof *offered, caller);
    if (!offered)
        return STATUS_INSUFFICIENT_RESOURCES;
    *offered = (struct offered){ .type = *InterfaceConfig->InterfaceType, .config = *InterfaceConfig };
    if (InterfaceConfig->Interface) {
        offered->copy = wdf_alloc(device->object.client, NonPagedPoolNx, InterfaceConfig->Interface->Size, caller);
        if (!offered->copy) {
            wdf_free(offered);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(offered->copy, InterfaceConfig->Interface, InterfaceConfig->Interface->Size);
    }
    list_push_back(&device->query_interfaces, &offered->node);
    return STATUS_SUCCESS;
}

static struct offered *find_offered(struct wdf_device *device, const GUID *type)
{
    list_each(it, &device->query_interfaces) {
        struct offered *offered = container_of(it, struct offered, node);
        if (IsEqualGUID(&offered->type, type))
            return offered;
    }
    return NULL;
}

bool wdf_interface_answers(struct wdf_device *device, PIRP irp, NTSTATUS *status)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    struct offered *offered = find_offered(device, stack->Parameters.QueryInterface.InterfaceType);
    PINTERFACE interface = stack->Parameters.QueryInterface.Interface;

    if (!offered)
        return false;
    if (offered->copy && !offered->config.ImportInterface) {
        if (stack->Parameters.QueryInterface.Size < offered->copy->Size ||
            stack->Parameters.QueryInterface.Version != offered->copy->Version) {
            *status = STATUS_INVALID_PARAMETER;
            return true;
        }
        memcpy(interface, offered->copy, offered->copy->Size);
    }
    *status = STATUS_SUCCESS;
    if (offered->config.EvtDeviceProcessQueryInterfaceRequest)
        WDF_CALL_STATUS(*status, offered->config.EvtDeviceProcessQueryInterfaceRequest, (WDFDEVICE)device,
                        (LPGUID)&offered->type, interface, stack->Parameters.QueryInterface.InterfaceSpecificData);
    if (*status == STATUS_NOT_SUPPORTED)
        return false;
    if (NT_SUCCESS(*status) && interface->InterfaceReference)
        interface->InterfaceReference(interface->Context);
    return true;
}

static NTSTATUS ask(PDEVICE_OBJECT top, LPCGUID type, PINTERFACE interface, USHORT size, USHORT version, PVOID data)
{
    IO_STATUS_BLOCK iosb;
    KEVENT done;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &done, &iosb);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = type;
    stack->Parameters.QueryInterface.Interface = interface;
    stack->Parameters.QueryInterface.Size = size;
    stack->Parameters.QueryInterface.Version = version;
    stack->Parameters.QueryInterface.InterfaceSpecificData = data;
    NTSTATUS status = IofCallDriver(top, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return status;
}

NTSTATUS wdf_query_interface(PDEVICE_OBJECT top, LPCGUID type, PINTERFACE interface, USHORT size, USHORT version, PVOID data)
{
    return ask(top, type, interface, size, version, data);
}

/* Asks the device's stack for an interface. STATUS_NOT_SUPPORTED: nobody has it. PASSIVE_LEVEL.
 * docs: wdffdo/nf-wdffdo-wdffdoqueryforinterface */
NTSTATUS NTAPI WdfFdoQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, LPCGUID InterfaceType,
                                       PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Fdo, caller);
    PDEVICE_OBJECT top;

    wdf_need(InterfaceType, caller);
    wdf_need(Interface, caller);
    if (!device->pdo)
        return STATUS_INVALID_DEVICE_REQUEST;
    top = IoGetAttachedDeviceReference(device->wdm);
    NTSTATUS status = ask(top, InterfaceType, Interface, Size, Version, InterfaceSpecificData);
    ObDereferenceObject(top);
    return status;
}
