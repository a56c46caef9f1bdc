/* NdisIMXxx: virtual miniports. States and rules are in virtual.h. */
#include "ndis/virtual.h"

#include <string.h>

#include "base/log.h"
#include "ndis/net_event.h"
#include "nt/pool.h"

#define REQUEST_TAG NDIS_TAG('N', 'D', 'i', 'm')

/* NdisIMInitializeDeviceInstanceEx whose device has not started. */
struct im_request {
    struct list node;                   /* driver->im_requests */
    NDIS_HANDLE context;
    UNICODE_STRING name;                /* the part behind the last backslash */
    WCHAR buffer[];
};

/* "\Device\{GUID}" and "{GUID}" name the same. */
static UNICODE_STRING last_part(const UNICODE_STRING *name)
{
    size_t length = name->Length / sizeof(WCHAR), from = length;

    while (from && name->Buffer[from - 1] != '\\')
        from--;
    length = (length - from) * sizeof(WCHAR);
    return (UNICODE_STRING){ (USHORT)length, (USHORT)length, name->Buffer + from };
}

static bool same_device(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    UNICODE_STRING x = last_part(a), y = last_part(b);

    return RtlEqualUnicodeString(&x, &y, TRUE);
}

static struct im_request *request_named(struct ndis_driver *driver, const UNICODE_STRING *name)
{
    list_each(it, &driver->im_requests) {
        struct im_request *request = container_of(it, struct im_request, node);

        if (same_device(&request->name, name))
            return request;
    }
    return NULL;
}

static struct adapter *adapter_named(struct ndis_driver *driver, const UNICODE_STRING *name)
{
    list_each(it, &driver->adapters) {
        struct adapter *a = container_of(it, struct adapter, driver_node);

        if (same_device(&a->name, name))
            return a;
    }
    return NULL;
}

static void drop(struct im_request *request)
{
    list_remove(&request->node);
    pool_free(request, 0, NULL);
}

/* --- start and stop of the device ---------------------------------------------------------------------------------- */

static NDIS_STATUS initialize(struct adapter *a, NDIS_HANDLE context)
{
    a->im_context = context;
    NDIS_STATUS status = adapter_bring_up(a);
    if (status != NDIS_STATUS_SUCCESS)
        a->im_context = NULL;
    return status;
}

NDIS_STATUS im_start(struct adapter *a)
{
    struct im_request *request = request_named(a->driver, &a->name);
    NDIS_HANDLE context;

    a->im_started = true;
    if (!request)
        return NDIS_STATUS_SUCCESS;
    context = request->context;
    drop(request);
    NDIS_STATUS status = initialize(a, context);
    if (status != NDIS_STATUS_SUCCESS)
        a->im_started = false;
    return status;
}

void im_announce(struct adapter *a)
{
    struct ndis_protocol *protocol = a->driver->protocol;

    if (!a->im_started || a->state != ADAPTER_HALTED || !protocol || protocol->closing || list_empty(&protocol->bindings))
        return;
    protocol_event(protocol, NetEventIMReEnableDevice, &a->name, sizeof a->name);
}

void im_stop(struct adapter *a)
{
    a->im_started = false;
}

void im_forget_driver(struct ndis_driver *driver)
{
    while (!list_empty(&driver->im_requests))
        drop(list_first(&driver->im_requests, struct im_request, node));
    if (driver->protocol)
        driver->protocol->miniport = NULL;
    driver->protocol = NULL;
}

void im_forget_protocol(struct ndis_protocol *protocol)
{
    if (protocol->miniport)
        protocol->miniport->protocol = NULL;
    protocol->miniport = NULL;
}

/* --- exports ----------------------------------------------------------------------------------------------------------- */

/* Ties the two edges of one intermediate driver together, from DriverEntry: NDIS then knows that this protocol never binds to
 * these virtual miniports, and tells it of their devices. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisimassociateminiport */
VOID NTAPI NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle)
{
    struct ndis_driver *driver = ndis_object_check(DriverHandle, NDIS_DRIVER);
    struct ndis_protocol *protocol = ndis_object_check(ProtocolHandle, NDIS_PROTOCOL);
    bool known = protocol->miniport == driver;

    protocol->miniport = driver;
    driver->protocol = protocol;
    if (!known)
        bindings_settle();
}

static NDIS_STATUS ask_later(struct ndis_driver *driver, const UNICODE_STRING *name, NDIS_HANDLE context, const void *caller)
{
    UNICODE_STRING last = last_part(name);
    struct im_request *request = pool_alloc(NonPagedPoolNx, sizeof *request + last.Length, REQUEST_TAG, caller);

    if (!request)
        return NDIS_STATUS_RESOURCES;
    memcpy(request->buffer, last.Buffer, last.Length);
    request->name = (UNICODE_STRING){ last.Length, last.Length, request->buffer };
    request->context = context;
    list_push_back(&driver->im_requests, &request->node);
    return NDIS_STATUS_SUCCESS;
}

/* Under the adapter's lock. */
static NDIS_STATUS ask_now(struct adapter *a, const UNICODE_STRING *name, NDIS_HANDLE context, const void *caller)
{
    if (a->state != ADAPTER_HALTED || a->halted_for_power || request_named(a->driver, name))
        return NDIS_STATUS_NOT_ACCEPTED;
    if (!a->im_started)
        return ask_later(a->driver, name, context, caller);
    if (initialize(a, context) != NDIS_STATUS_SUCCESS)
        log_warn("ndis", "MiniportInitializeEx of a virtual miniport failed");
    return NDIS_STATUS_SUCCESS;
}

/* Asks NDIS to initialize the virtual miniport of a device, now when its device has started, or when it will.
 * DriverInstance: the device's name, \Device\{GUID}, as configuration lists it (UpperBindings). DeviceContext comes back as
 * IMDeviceInstanceContext of MiniportInitializeEx; it stays the driver's. How MiniportInitializeEx ends is not part of the
 * answer. PASSIVE_LEVEL. NDIS_STATUS_NOT_ACCEPTED: it is initialized, or was asked for, already; NDIS_STATUS_RESOURCES;
 * NDIS_STATUS_FAILURE: no intermediate driver. docs: ndis/nf-ndis-ndisiminitializedeviceinstanceex */
NDIS_STATUS NTAPI NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle, PNDIS_STRING DriverInstance,
                                                   NDIS_HANDLE DeviceContext)
{
    struct ndis_driver *driver = ndis_object_check(DriverHandle, NDIS_DRIVER);
    NDIS_STATUS status;

    if (!driver->intermediate || !DriverInstance || !DriverInstance->Length)
        return NDIS_STATUS_FAILURE;
    struct adapter *a = adapter_named(driver, DriverInstance);
    if (!a)
        return request_named(driver, DriverInstance) ? NDIS_STATUS_NOT_ACCEPTED
                                                     : ask_later(driver, DriverInstance, DeviceContext, NDIS_CALLER());
    adapter_hold(a);
    adapter_lock(a);
    status = ask_now(a, DriverInstance, DeviceContext, NDIS_CALLER());
    adapter_unlock(a);
    adapter_release(a);
    return status;
}

/* Takes such a request back while MiniportInitializeEx has not been called for it. PASSIVE_LEVEL. NDIS_STATUS_FAILURE: there
 * is none any more. docs: ndis/nf-ndis-ndisimcancelinitializedeviceinstance */
NDIS_STATUS NTAPI NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle, PNDIS_STRING DeviceInstance)
{
    struct ndis_driver *driver = ndis_object_check(DriverHandle, NDIS_DRIVER);
    struct im_request *request = DeviceInstance ? request_named(driver, DeviceInstance) : NULL;

    if (!request)
        return NDIS_STATUS_FAILURE;
    drop(request);
    return NDIS_STATUS_SUCCESS;
}

static struct adapter *virtual_adapter(NDIS_HANDLE handle)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);

        if (a == handle && a->driver->intermediate)
            return a;
    }
    return NULL;
}

/* Tears a virtual miniport down: protocols unbind, modules detach, MiniportHaltEx is called with
 * NdisHaltDeviceInstanceDeInitialized, and then the call returns. The device stays started. PASSIVE_LEVEL.
 * NDIS_STATUS_FAILURE: no virtual miniport, or halted already. docs: ndis/nf-ndis-ndisimdeinitializedeviceinstance */
NDIS_STATUS NTAPI NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle)
{
    struct adapter *a = virtual_adapter(NdisMiniportHandle);
    bool there;

    if (!a)
        return NDIS_STATUS_FAILURE;
    adapter_hold(a);
    adapter_lock(a);
    there = a->halted_for_power || (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN);
    if (there)
        adapter_halt(a, NdisHaltDeviceInstanceDeInitialized);
    adapter_unlock(a);
    adapter_release(a);
    return there ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* The DeviceContext that the intermediate driver below a binding gave for its virtual miniport: to be read only. < DISPATCH_LEVEL.
 * NULL: it gave none, or no intermediate driver is below. docs: ndis/nf-ndis-ndisimgetbindingcontext */
NDIS_HANDLE NTAPI NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    return b->adapter->im_context;
}

/* The same, for the driver of the virtual miniport itself. MiniportInitializeEx has it as IMDeviceInstanceContext, too.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisimgetdevicecontext */
NDIS_HANDLE NTAPI NdisIMGetDeviceContext(NDIS_HANDLE MiniportAdapterHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    return a->im_context;
}

/* Passes an event of the binding below on to those above a virtual miniport; NdisMNetPnPEvent is its name since NDIS 6.
 * PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisimnotifypnpevent */
NDIS_STATUS NTAPI NdisIMNotifyPnPEvent(NDIS_HANDLE MiniportHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    return NdisMNetPnPEvent(MiniportHandle, NetPnPEventNotification);
}

/* Undoes a registration that, since NDIS 6, NdisMRegisterMiniportDriver makes for intermediate drivers, too. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisimderegisterlayeredminiport */
VOID NTAPI NdisIMDeregisterLayeredMiniport(NDIS_HANDLE DriverHandle)
{
    NdisMDeregisterMiniportDriver(DriverHandle);
}
