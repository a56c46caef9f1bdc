/* Protocol driver registration. */
#include "ndis/binding_open.h"
#include "ndis/net_event.h"
#include "ndis/virtual.h"

#include <string.h>

struct list ndis_protocols = LIST_INIT(ndis_protocols);

static size_t characteristics_size(const NDIS_OBJECT_HEADER *header)
{
    /* Drivers are around that say "default" here, and Windows takes them. */
    if ((header->Type != NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS && header->Type != NDIS_OBJECT_TYPE_DEFAULT) ||
        header->Revision < 1)
        return 0;
    if (header->Revision >= 2 && header->Size >= NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2)
        return NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    return header->Size >= NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1
               ? NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1
               : 0;
}

static bool complete(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *p)
{
    return p->BindAdapterHandlerEx && p->UnbindAdapterHandlerEx && p->OpenAdapterCompleteHandlerEx &&
           p->CloseAdapterCompleteHandlerEx && p->NetPnPEventHandler && p->OidRequestCompleteHandler &&
           p->StatusHandlerEx && p->ReceiveNetBufferListsHandler && p->SendNetBufferListsCompleteHandler;
}

static void copy_name(struct ndis_protocol *protocol, const UNICODE_STRING *name)
{
    size_t length = min_u64(name->Length, sizeof protocol->name_buffer - sizeof(WCHAR)) & ~(size_t)1;

    memcpy(protocol->name_buffer, name->Buffer, length);
    protocol->name = (UNICODE_STRING){ (USHORT)length, sizeof protocol->name_buffer, protocol->name_buffer };
}

static struct binding *binding_on(const struct ndis_protocol *protocol, const struct adapter *a)
{
    list_each(it, &protocol->bindings) {
        struct binding *b = container_of(it, struct binding, protocol_node);

        if (b->adapter == a)
            return b;
    }
    return NULL;
}

/* Binds a protocol to an adapter that may be running: the stack pauses, binds, and runs again. */
static void bind_to(struct ndis_protocol *protocol, struct adapter *a)
{
    adapter_lock(a);
    if ((a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) && !binding_on(protocol, a) && binds(protocol, a)) {
        adapter_pause(a, NDIS_PAUSE_BIND_PROTOCOL);
        binding_create(protocol, a);
        if (!a->low_power)
            adapter_restart(a);
    }
    adapter_unlock(a);
}

static void bind_all(struct ndis_protocol *protocol)
{
    for (struct adapter *a = adapter_first(); a; a = adapter_next(a))
        bind_to(protocol, a);
}

/* Registers a protocol driver. It is bound to every adapter that it belongs on before the call returns, then told so by
 * NetEventBindsComplete, and bound to those that come.
 * PASSIVE_LEVEL. NDIS_STATUS_BAD_VERSION, _BAD_CHARACTERISTICS, _RESOURCES. docs: ndis/nf-ndis-ndisregisterprotocoldriver */
NDIS_STATUS NTAPI NdisRegisterProtocolDriver(NDIS_HANDLE ProtocolDriverContext,
                                             PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS ProtocolCharacteristics,
                                             PNDIS_HANDLE NdisProtocolHandle)
{
    size_t size = characteristics_size(&ProtocolCharacteristics->Header);

    *NdisProtocolHandle = NULL;
    if (!size || !complete(ProtocolCharacteristics))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (ProtocolCharacteristics->MajorNdisVersion != 6)
        return NDIS_STATUS_BAD_VERSION;
    struct ndis_protocol *protocol = ndis_object_create(NDIS_PROTOCOL, sizeof *protocol, NDIS_TAG('N', 'D', 'p', 'r'), NDIS_CALLER());
    if (!protocol)
        return NDIS_STATUS_RESOURCES;
    memcpy(&protocol->handlers, ProtocolCharacteristics, size);
    copy_name(protocol, &ProtocolCharacteristics->Name);
    protocol->context = ProtocolDriverContext;
    list_init(&protocol->bindings);
    list_push_back(&ndis_protocols, &protocol->node);
    *NdisProtocolHandle = protocol;
    if (protocol->handlers.SetOptionsHandler) {
        NDIS_STATUS status = protocol->handlers.SetOptionsHandler(protocol, ProtocolDriverContext);
        if (status != NDIS_STATUS_SUCCESS) {
            *NdisProtocolHandle = NULL;
            list_remove(&protocol->node);
            ndis_object_destroy(protocol);
            return status;
        }
    }
    protocol->miniport = im_driver_of_code((const void *)protocol->handlers.BindAdapterHandlerEx);
    if (protocol->miniport) {
        protocol->miniport->protocol = protocol;
        bindings_settle();
    } else {
        bind_all(protocol);
    }
    protocol_event(protocol, NetEventBindsComplete, NULL, 0);
    return NDIS_STATUS_SUCCESS;
}

static void unbind_first(struct ndis_protocol *protocol)
{
    struct adapter *a = list_first(&protocol->bindings, struct binding, protocol_node)->adapter;

    adapter_hold(a);
    adapter_lock(a);
    struct binding *b = binding_on(protocol, a);
    if (b)
        binding_unbind(b);
    adapter_unlock(a);
    adapter_release(a);
}

static void wait_for_holders(const struct ndis_protocol *protocol)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    while (protocol->holds)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

static void unbind_all(struct ndis_protocol *protocol)
{
    protocol->closing = true;
    while (!list_empty(&protocol->bindings))
        unbind_first(protocol);
    wait_for_holders(protocol);
}

void protocol_uninstall(struct ndis_protocol *protocol)
{
    UNINSTALL_PROTOCOL_HANDLER handler = protocol->handlers.UninstallHandler;

    unbind_all(protocol);
    protocol->handlers.UninstallHandler = NULL;         /* the driver may deregister inside of it */
    handler();
}

/* Undoes the registration: unbinds from every adapter first and returns when that is done. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisderegisterprotocoldriver */
VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle)
{
    struct ndis_protocol *protocol = ndis_object_check(NdisProtocolHandle, NDIS_PROTOCOL);

    unbind_all(protocol);
    list_remove(&protocol->node);
    bool took = protocol->miniport != NULL;
    im_forget_protocol(protocol);
    ndis_object_destroy(protocol);
    if (took)
        bindings_settle();
}

/* Offers every adapter that the protocol is not bound to once more. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisreenumerateprotocolbindings */
VOID NTAPI NdisReEnumerateProtocolBindings(NDIS_HANDLE NdisProtocolHandle)
{
    bind_all(ndis_object_check(NdisProtocolHandle, NDIS_PROTOCOL));
}

static NDIS_STATUS copy_instance_name(PNDIS_STRING to, struct adapter *a)
{
    to->Buffer = NdisAllocateMemoryWithTagPriority(NULL, a->instance_name.Length + 2u, NDIS_TAG('N', 'D', 's', 't'),
                                                   NormalPoolPriority);
    if (!to->Buffer)
        return NDIS_STATUS_RESOURCES;
    memcpy(to->Buffer, a->instance_name.Buffer, a->instance_name.Length);
    to->Buffer[a->instance_name.Length / sizeof(WCHAR)] = 0;
    to->Length = a->instance_name.Length;
    to->MaximumLength = (USHORT)(to->Length + sizeof(WCHAR));
    return NDIS_STATUS_SUCCESS;
}

/* The friendly name of the adapter under a binding, in memory that the caller frees with NdisFreeMemory.
 * <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndisqueryadapterinstancename */
NDIS_STATUS NTAPI NdisQueryAdapterInstanceName(PNDIS_STRING pAdapterInstanceName, NDIS_HANDLE NdisBindingHandle)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    return copy_instance_name(pAdapterInstanceName, b->adapter);
}

/* The same during a bind, from the BindContext. docs: ndis/nf-ndis-ndisquerybindinstancename */
NDIS_STATUS NTAPI NdisQueryBindInstanceName(PNDIS_STRING pAdapterInstanceName, NDIS_HANDLE BindingContext)
{
    return NdisQueryAdapterInstanceName(pAdapterInstanceName, BindingContext);
}

/* The same for a miniport. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismqueryadapterinstancename */
NDIS_STATUS NTAPI NdisMQueryAdapterInstanceName(PNDIS_STRING AdapterInstanceName, NDIS_HANDLE MiniportAdapterHandle)
{
    return copy_instance_name(AdapterInstanceName, ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER));
}
