/* PnP events that a miniport passes up, and removal on a miniport's own wish. */
#include "ndis/adapter.h"

/* Passes an event to every protocol above. PASSIVE_LEVEL. The first status that is neither success nor "not supported", else
 * NDIS_STATUS_SUCCESS. docs: ndis/nf-ndis-ndismnetpnpevent */
NDIS_STATUS NTAPI NdisMNetPnPEvent(NDIS_HANDLE NdisMiniportHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    const NET_PNP_EVENT *event = &NetPnPEventNotification->NetPnPEvent;
    NDIS_STATUS answer = NDIS_STATUS_SUCCESS;

    list_each_safe(it, &a->bindings) {
        NDIS_STATUS status = binding_pnp_event(container_of(it, struct binding, node), event->NetEvent, event->Buffer,
                                               event->BufferLength);
        if (answer == NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
            answer = status;
    }
    return answer;
}

/* The adapter is beyond help: PnP finds the device failed, and removes it as one that was pulled out. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismremoveminiport */
NDIS_STATUS NTAPI NdisMRemoveMiniport(NDIS_HANDLE MiniportHandle)
{
    adapter_fail(ndis_object_check(MiniportHandle, NDIS_ADAPTER));
    return NDIS_STATUS_SUCCESS;
}
