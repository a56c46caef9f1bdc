/* PnP events that go up a stack, and what a miniport asks of NDIS by them.
 *
 * 1. An event goes to the lowest filter module with FilterNetPnPEvent, which passes it on or not; behind the last one every
 *    binding gets it, one after the other. Protocols may pend it, filters may not.
 * 2. A protocol that pends names the event by its notification, which lies on the stack of whoever waits: `waiting` lists them.
 * 3. Events that miniports send to NDIS alone (binds above, pause) reach nobody else.
 * docs: netpnp/ns-netpnp-_net_pnp_event, network/handling-pnp-event-notifications-in-a-protocol-driver */
#include "ndis/net_event.h"

#include "ndis/event.h"
#include "ndis/ports.h"
#include "ndis/watchdog.h"

struct waiting_event {
    struct list node;
    PNET_PNP_EVENT_NOTIFICATION notification;
    KEVENT done;
    NDIS_STATUS status;
    bool completed;
};

static struct list waiting = LIST_INIT(waiting);

static NET_PNP_EVENT_NOTIFICATION notification_of(NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    return (NET_PNP_EVENT_NOTIFICATION){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
    };
}

/* --- to protocols ------------------------------------------------------------------------------------------------------ */

static NDIS_STATUS call_protocol(struct ndis_protocol *protocol, NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    struct waiting_event w = { .notification = notification };
    NET_PNP_EVENT_CODE code = notification->NetPnPEvent.NetEvent;
    struct watchdog limit = {
        .operation = code == NetEventPause ? WATCHDOG_PROTOCOL_PAUSE : WATCHDOG_PROTOCOL_NETPNPEVENT, .target = protocol,
        .detail = code == NetEventPause ? 0 : (ULONG_PTR)code, .handler = (const void *)protocol->handlers.NetPnPEventHandler,
        .misuse = "a protocol has not completed ProtocolNetPnPEvent for ten seconds",
    };

    KeInitializeEvent(&w.done, NotificationEvent, FALSE);
    list_push_back(&waiting, &w.node);
    watchdog_start(&limit);
    NDIS_STATUS status = protocol->handlers.NetPnPEventHandler(context, notification);
    if (status == NDIS_STATUS_PENDING) {
        watchdog_wait(&limit, &w.done);
        status = w.status;
    }
    watchdog_stop(&limit);
    list_remove(&w.node);
    return status;
}

NDIS_STATUS binding_pnp_event(struct binding *b, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);

    return b->opened ? call_protocol(b->protocol, b->context, &notification) : NDIS_STATUS_NOT_SUPPORTED;
}

NDIS_STATUS protocol_event(struct ndis_protocol *protocol, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);

    return call_protocol(protocol, NULL, &notification);
}

/* Tells NDIS how an event that ProtocolNetPnPEvent left pending ended: the notification says which. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiscompletenetpnpevent */
VOID NTAPI NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification,
                                   NDIS_STATUS Status)
{
    list_each(it, &waiting) {
        struct waiting_event *w = container_of(it, struct waiting_event, node);

        if (w->notification != NetPnPEventNotification || w->completed)
            continue;
        w->completed = true;
        w->status = Status;
        KeSetEvent(&w->done, IO_NO_INCREMENT, FALSE);
        return;
    }
    NDIS_EMIT(NDIS_EVENT_MISUSE, NdisBindingHandle, "NdisCompleteNetPnPEvent names an event that is not pending", NDIS_CALLER());
}

/* --- from the user's side ------------------------------------------------------------------------------------------------- */

static struct binding *binding_on(struct ndis_protocol *protocol, const struct adapter *a)
{
    list_each(it, &protocol->bindings) {
        struct binding *b = container_of(it, struct binding, protocol_node);

        if (b->adapter == a && b->opened)
            return b;
    }
    return NULL;
}

NDIS_STATUS ndis_reconfigure(struct ndis_protocol *protocol, struct adapter *a, void *data, uint32_t length)
{
    if (!a)
        return protocol_event(protocol, NetEventReconfigure, data, length);
    adapter_lock(a);
    struct binding *b = binding_on(protocol, a);
    NDIS_STATUS status = b ? binding_pnp_event(b, NetEventReconfigure, data, length) : NDIS_STATUS_ADAPTER_NOT_FOUND;
    adapter_unlock(a);
    return status;
}

NDIS_STATUS ndis_bind_list(struct ndis_protocol *protocol, void *names, uint32_t length)
{
    return protocol_event(protocol, NetEventBindList, names, length);
}

void net_event_close(void)
{
    list_init(&waiting);                /* whoever waited is no more */
}

static NDIS_STATUS tell_bindings(struct adapter *a, PNET_PNP_EVENT_NOTIFICATION notification)
{
    NDIS_STATUS answer = NDIS_STATUS_SUCCESS;

    list_each_safe(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);
        NDIS_STATUS status = b->opened ? call_protocol(b->protocol, b->context, notification) : NDIS_STATUS_NOT_SUPPORTED;

        if (answer == NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
            answer = status;
    }
    return answer;
}

/* --- up a stack --------------------------------------------------------------------------------------------------------- */

/* What is for one filter module, or for NDIS, goes no further. */
static bool goes_up(NET_PNP_EVENT_CODE code)
{
    switch (code) {
    case NetEventFilterPreDetach:
    case NetEventAllowBindsAbove:
    case NetEventInhibitBindsAbove:
    case NetEventAllowStart:
    case NetEventRequirePause:
        return false;
    default:
        return true;
    }
}

static NDIS_STATUS call_filter(struct filter *f, PNET_PNP_EVENT_NOTIFICATION notification)
{
    struct watchdog w = {
        .operation = WATCHDOG_FILTER_NETPNPEVENT, .target = f, .detail = (ULONG_PTR)notification->NetPnPEvent.NetEvent,
        .misuse = "FilterNetPnPEvent has not returned for ten seconds", .handler = (const void *)f->driver->handlers.NetPnPEventHandler,
    };

    watchdog_start(&w);
    NDIS_STATUS status = f->driver->handlers.NetPnPEventHandler(f->context, notification);
    watchdog_stop(&w);
    return status;
}

NDIS_STATUS net_event_up(struct adapter *a, struct filter *from, PNET_PNP_EVENT_NOTIFICATION notification)
{
    if (!goes_up(notification->NetPnPEvent.NetEvent))
        return NDIS_STATUS_SUCCESS;
    for (struct filter *f = filter_above(a, from); f; f = filter_above(a, f))
        if (f->driver->handlers.NetPnPEventHandler)
            return call_filter(f, notification);
    return tell_bindings(a, notification);
}

NDIS_STATUS net_event(struct adapter *a, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length)
{
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);

    return net_event_up(a, NULL, &notification);
}

void filter_event(struct filter *f, NET_PNP_EVENT_CODE code)
{
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, NULL, 0);

    if (f->driver->handlers.NetPnPEventHandler)
        call_filter(f, &notification);
}

/* --- from a miniport ------------------------------------------------------------------------------------------------------ */

static bool in_life(const struct adapter *a)
{
    return a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN && !a->surprise_removed;
}

static void inhibit_binds(struct adapter *a)
{
    adapter_lock(a);
    a->binds_inhibited = true;
    if (in_life(a)) {
        filters_warn(a);
        adapter_pause(a, NDIS_PAUSE_NDIS_INTERNAL);
        oid_drain(a);
        bindings_remove(a);
        filters_detach(a);
        chain_link(a);
    }
    adapter_unlock(a);
}

static void require_pause(struct adapter *a)
{
    adapter_lock(a);
    a->pause_required = true;
    adapter_pause(a, NDIS_PAUSE_NDIS_INTERNAL);
    adapter_unlock(a);
}

static VOID NTAPI allow_worker(PVOID context)
{
    struct adapter *a = context;

    adapter_lock(a);
    a->allow_queued = false;
    if (in_life(a) && !a->low_power && a->state != ADAPTER_INITIALIZING && !a->binds_inhibited && !a->pause_required) {
        adapter_pause(a, NDIS_PAUSE_NDIS_INTERNAL);
        adapter_attach_all(a);
        adapter_restart(a);
    }
    adapter_unlock(a);
}

void net_event_init(struct adapter *a)
{
    ExInitializeWorkItem(&a->allow_work, allow_worker, a);
}

static void allow_later(struct adapter *a)
{
    if (a->allow_queued)
        return;
    a->allow_queued = true;
    ExQueueWorkItem(&a->allow_work, DelayedWorkQueue);
}

/* Events for NDIS alone. False: it is another one. */
static bool for_ndis(struct adapter *a, NET_PNP_EVENT_CODE code)
{
    switch (code) {
    case NetEventInhibitBindsAbove:
        inhibit_binds(a);
        return true;
    case NetEventRequirePause:
        require_pause(a);
        return true;
    case NetEventAllowBindsAbove:
        a->binds_inhibited = false;
        allow_later(a);
        return true;
    case NetEventAllowStart:
        a->pause_required = false;
        allow_later(a);
        return true;
    default:
        return false;
    }
}

/* Only these can be refused by those above. */
static bool may_fail(NET_PNP_EVENT_CODE code)
{
    return code == NetEventQueryPower || code == NetEventQueryRemoveDevice || code == NetEventPortActivation ||
           code == NetEventPortDeactivation;
}

/* Passes an event to the filter modules and protocols above; NDIS itself takes those that activate and deactivate ports first,
 * and may refuse them. NetEventInhibitBindsAbove and NetEventRequirePause end when nothing is bound, or all is paused; their
 * opposites are done later. PASSIVE_LEVEL. For queries and ports the first status that is neither success nor "not supported",
 * else NDIS_STATUS_SUCCESS. docs: ndis/nf-ndis-ndismnetpnpevent */
NDIS_STATUS NTAPI NdisMNetPnPEvent(NDIS_HANDLE NdisMiniportHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    NET_PNP_EVENT_CODE code = NetPnPEventNotification->NetPnPEvent.NetEvent;
    NDIS_STATUS status;

    if (for_ndis(a, code))
        return NDIS_STATUS_SUCCESS;
    if (port_event(a, &NetPnPEventNotification->NetPnPEvent, &status) && status != NDIS_STATUS_SUCCESS)
        return status;
    status = net_event_up(a, NULL, NetPnPEventNotification);
    return may_fail(code) ? status : NDIS_STATUS_SUCCESS;
}

/* The adapter is beyond help: PnP finds the device failed, and removes it as one that was pulled out. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismremoveminiport */
NDIS_STATUS NTAPI NdisMRemoveMiniport(NDIS_HANDLE MiniportHandle)
{
    adapter_fail(ndis_object_check(MiniportHandle, NDIS_ADAPTER));
    return NDIS_STATUS_SUCCESS;
}
