/* Status indications. docs: ndis/nf-ndis-ndismindicatestatusex */
#include "ndis/filter_module.h"
#include "ndis/oid_features.h"
#include "ndis/ports.h"
#include "ndis/wake.h"
#include "ndis/wmi_provider.h"

#include <string.h>

static bool wanted(const struct binding *b, const NDIS_STATUS_INDICATION *indication)
{
    return b->opened && b->protocol->handlers.StatusHandlerEx &&
           (!indication->DestinationHandle || indication->DestinationHandle == b);
}

void status_deliver(struct adapter *a, struct filter *from, PNDIS_STATUS_INDICATION indication)
{
    for (struct filter *f = filter_above(a, from); f; f = filter_above(a, f))
        if (f->driver->handlers.StatusHandler) {
            f->driver->handlers.StatusHandler(f->context, indication);
            return;
        }
    list_each_safe(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        if (wanted(b, indication))
            b->protocol->handlers.StatusHandlerEx(b->context, indication);
    }
}

static void keep_link_state(struct adapter *a, const NDIS_STATUS_INDICATION *indication)
{
    if (indication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1)
        return;
    memcpy(&a->link, indication->StatusBuffer, sizeof a->link);
}

static void keep_offload(struct adapter *a, const NDIS_STATUS_INDICATION *indication)
{
    if (indication->StatusBufferSize < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1)
        return;
    attributes_copy(&a->offload, sizeof a->offload, NDIS_OFFLOAD_REVISION_7, indication->StatusBuffer,
                    indication->StatusBufferSize);
    a->has_offload = true;
}

/* Tells NDIS and the protocols that something changed: StatusCode says what, StatusBuffer has the details. NDIS keeps link
 * state and offload configuration for later queries. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismindicatestatusex */
VOID NTAPI NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle, PNDIS_STATUS_INDICATION StatusIndication)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
    bool seen = true;

    if (StatusIndication->StatusCode == NDIS_STATUS_LINK_STATE)
        keep_link_state(a, StatusIndication);
    else if (StatusIndication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG && StatusIndication->StatusBuffer)
        keep_offload(a, StatusIndication);
    else if (StatusIndication->StatusCode == NDIS_STATUS_HD_SPLIT_CURRENT_CONFIG ||
             StatusIndication->StatusCode == NDIS_STATUS_TIMESTAMP_CAPABILITY ||
             StatusIndication->StatusCode == NDIS_STATUS_TIMESTAMP_CURRENT_CONFIG)
        seen = features_status(a, StatusIndication);
    else if (StatusIndication->StatusCode == NDIS_STATUS_PORT_STATE &&
             StatusIndication->StatusBufferSize >= NDIS_SIZEOF_PORT_STATE_REVISION_1)
        port_keep_state(a, StatusIndication->PortNumber, StatusIndication->StatusBuffer);
    if (!seen)
        return;
    wmi_status(a, StatusIndication);
    if (StatusIndication->StatusCode == NDIS_STATUS_PM_WOL_PATTERN_REJECTED ||
        StatusIndication->StatusCode == NDIS_STATUS_PM_OFFLOAD_REJECTED) {
        wake_rejected(a, StatusIndication);
        return;
    }
    status_deliver(a, NULL, StatusIndication);
}
