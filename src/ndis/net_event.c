/* PnP events that go up a stack, and removal on a miniport's own wish. */
#include "ndis/filter_module.h"
#include "ndis/ports.h"

static NDIS_STATUS tell_bindings(struct adapter *a, const NET_PNP_EVENT *event)
{
    NDIS_STATUS answer = NDIS_STATUS_SUCCESS;

    list_each_safe(it, &a->bindings) {
        NDIS_STATUS status = binding_pnp_event(container_of(it, struct binding, node), event->NetEvent, event->Buffer,
                                               event->BufferLength);
        if (answer == NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
            answer = status;
    }
    return answer;
}

NDIS_STATUS net_event_up(struct adapter *a, struct filter *from, PNET_PNP_EVENT_NOTIFICATION notification)
{
    for (struct filter *f = filter_above(a, from); f; f = filter_above(a, f))
        if (f->driver->handlers.NetPnPEventHandler)
            return f->driver->handlers.NetPnPEventHandler(f->context, notification);
    return tell_bindings(a, &notification->NetPnPEvent);
}

NDIS_STATUS net_event(struct adapter *a, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    NET_PNP_EVENT_NOTIFICATION notification = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
    };

    return net_event_up(a, NULL, &notification);
}

/* Passes an event to the filter modules and protocols above; NDIS itself takes those that activate and deactivate ports first, and
 * may refuse them. PASSIVE_LEVEL. The first status that is neither success nor "not
 * supported", else NDIS_STATUS_SUCCESS. docs: ndis/nf-ndis-ndismnetpnpevent */
NDIS_STATUS NTAPI NdisMNetPnPEvent(NDIS_HANDLE NdisMiniportHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    NDIS_STATUS status;

    if (port_event(a, &NetPnPEventNotification->NetPnPEvent, &status) && status != NDIS_STATUS_SUCCESS)
        return status;
    return net_event_up(a, NULL, NetPnPEventNotification);
}

/* The adapter is beyond help: PnP finds the device failed, and removes it as one that was pulled out. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismremoveminiport */
NDIS_STATUS NTAPI NdisMRemoveMiniport(NDIS_HANDLE MiniportHandle)
{
    adapter_fail(ndis_object_check(MiniportHandle, NDIS_ADAPTER));
    return NDIS_STATUS_SUCCESS;
}
