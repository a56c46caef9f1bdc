/* Status indications and PnP events that pass through filter modules. docs: network/filter-module-status-indications,
 * network/filter-module-pnp-event-notifications */
#include "ndis/filter_module.h"

#include "ndis/event.h"

/* Passes a status indication on to the drivers above, or makes one. After NdisFSetAttributes. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfindicatestatus */
VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE NdisFilterHandle, PNDIS_STATUS_INDICATION StatusIndication)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    if (f->state == FILTER_ATTACHING) {         /* nobody is above it yet */
        if (!f->has_attributes)
            NDIS_EMIT(NDIS_EVENT_MISUSE, f, "NdisFIndicateStatus was called before NdisFSetAttributes", NDIS_CALLER());
        return;
    }
    status_deliver(f->adapter, f, StatusIndication);
}

/* Passes a network PnP event on to the drivers above, from FilterNetPnPEvent. Their answer. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisfnetpnpevent */
NDIS_STATUS NTAPI NdisFNetPnPEvent(NDIS_HANDLE NdisFilterHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    return f->state == FILTER_ATTACHING ? NDIS_STATUS_FAILURE : net_event_up(f->adapter, f, NetPnPEventNotification);
}

void device_event_down(struct adapter *a, struct filter *from, PNET_DEVICE_PNP_EVENT event)
{
    for (struct filter *f = filter_below(a, from); f; f = filter_below(a, f))
        if (f->driver->handlers.DevicePnPEventNotifyHandler) {
            f->driver->handlers.DevicePnPEventNotifyHandler(f->context, event);
            return;
        }
    if (a->driver->miniport.DevicePnPEventNotifyHandler)
        a->driver->miniport.DevicePnPEventNotifyHandler(a->context, event);
}

/* Passes a device PnP event on to the drivers below, from FilterDevicePnPEventNotify. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisfdevicepnpeventnotify */
VOID NTAPI NdisFDevicePnPEventNotify(NDIS_HANDLE NdisFilterHandle, PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    if (f->state != FILTER_ATTACHING)
        device_event_down(f->adapter, f, NetDevicePnPEvent);
}
