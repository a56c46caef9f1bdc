/* Protocol drivers whose image went while they were registered: from then on NDIS calls these functions in their place, and they are
 * unbound and forgotten. The leak rule has named them before. */
#include "ndis/adapter.h"

static bool lies_in(const struct ndis_protocol *p, uint64_t base, uint64_t size)
{
    return (uint64_t)(uintptr_t)p->handlers.BindAdapterHandlerEx - base < size;
}

static struct ndis_protocol *protocol_in(uint64_t base, uint64_t size)
{
    list_each(it, &ndis_protocols) {
        struct ndis_protocol *p = container_of(it, struct ndis_protocol, node);
        if (lies_in(p, base, size))
            return p;
    }
    return NULL;
}

static struct ndis_protocol *to_uninstall(uint64_t base, uint64_t size)
{
    list_each(it, &ndis_protocols) {
        struct ndis_protocol *p = container_of(it, struct ndis_protocol, node);
        if (lies_in(p, base, size) && p->handlers.UninstallHandler)
            return p;
    }
    return NULL;
}

void ndis_protocol_uninstall(uint64_t base, uint64_t size)
{
    struct ndis_protocol *p;

    while ((p = to_uninstall(base, size)))
        protocol_uninstall(p);
}

bool ndis_protocol_left(uint64_t base, uint64_t size)
{
    return protocol_in(base, size) != NULL;
}

static NDIS_STATUS NTAPI quiet_bind(NDIS_HANDLE driver, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS parameters)
{
    return NDIS_STATUS_FAILURE;
}

/* Contexts are bindings. */
static NDIS_STATUS NTAPI quiet_unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    NdisCloseAdapterEx(context);        /* NDIS waits for one that pends */
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI quiet_opened(NDIS_HANDLE context, NDIS_STATUS status)
{
}

static VOID NTAPI quiet_closed(NDIS_HANDLE context)
{
}

static VOID NTAPI quiet_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
}

static NDIS_STATUS NTAPI quiet_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI quiet_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
}

static VOID NTAPI quiet_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisReturnNetBufferLists(context, lists, flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

/* The lists went with the driver's pools, or are leaks. */
static VOID NTAPI quiet_sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

static void silence(struct ndis_protocol *p)
{
    p->handlers = (NDIS_PROTOCOL_DRIVER_CHARACTERISTICS){
        .MajorNdisVersion = p->handlers.MajorNdisVersion,
        .MinorNdisVersion = p->handlers.MinorNdisVersion,
        .BindAdapterHandlerEx = quiet_bind,
        .UnbindAdapterHandlerEx = quiet_unbind,
        .OpenAdapterCompleteHandlerEx = quiet_opened,
        .CloseAdapterCompleteHandlerEx = quiet_closed,
        .OidRequestCompleteHandler = quiet_request,
        .NetPnPEventHandler = quiet_event,
        .StatusHandlerEx = quiet_status,
        .ReceiveNetBufferListsHandler = quiet_receive,
        .SendNetBufferListsCompleteHandler = quiet_sent,
    };
    list_each(it, &p->bindings) {
        struct binding *b = container_of(it, struct binding, protocol_node);

        b->context = b;
        b->receive = quiet_receive;
        b->send_complete = quiet_sent;
    }
}

void ndis_protocol_gone(uint64_t base, uint64_t size)
{
    struct ndis_protocol *p;

    while ((p = protocol_in(base, size))) {
        silence(p);
        NdisDeregisterProtocolDriver(p);
    }
}
