/* Protocol driver registration. */
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

/* Binds a protocol to an adapter that may be running: the stack pauses, binds, and runs again. */
static void bind_to(struct ndis_protocol *protocol, struct adapter *a)
{
    adapter_lock(a);
    if ((a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) && binds(protocol, a)) {
        adapter_pause(a, NDIS_PAUSE_BIND_PROTOCOL);
        binding_create(protocol, a);
        if (!a->low_power)
            adapter_restart(a);
    }
    adapter_unlock(a);
}

static bool bound(struct ndis_protocol *protocol, struct adapter *a)
{
    list_each(it, &protocol->bindings)
        if (container_of(it, struct binding, protocol_node)->adapter == a)
            return true;
    return false;
}

static void bind_all(struct ndis_protocol *protocol)
{
    list_each_safe(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);
        if (!bound(protocol, a))
            bind_to(protocol, a);
    }
}

/* Registers a protocol driver. It is bound to every adapter that it belongs on before the call returns, and to those that come.
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
    return NDIS_STATUS_SUCCESS;
}

static void unbind(struct binding *b, uint32_t reason)
{
    struct adapter *a = b->adapter;

    adapter_lock(a);
    adapter_pause(a, reason);
    binding_remove(b);
    if (!a->low_power)
        adapter_restart(a);
    adapter_unlock(a);
}

/* Undoes the registration: unbinds from every adapter first and returns when that is done. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisderegisterprotocoldriver */
VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle)
{
    struct ndis_protocol *protocol = ndis_object_check(NdisProtocolHandle, NDIS_PROTOCOL);

    protocol->closing = true;
    while (!list_empty(&protocol->bindings))
        unbind(list_first(&protocol->bindings, struct binding, protocol_node), NDIS_PAUSE_UNBIND_PROTOCOL);
    if (protocol->handlers.UninstallHandler)
        protocol->handlers.UninstallHandler();
    list_remove(&protocol->node);
    bool took = protocol->miniport != NULL;
    im_forget_protocol(protocol);
    ndis_object_destroy(protocol);
    if (took)
        bindings_settle();
}

/* Closes a binding on the protocol's own wish: ProtocolUnbindAdapterEx is called. PASSIVE_LEVEL here, for the pause of the
 * stack waits. docs: ndis/nf-ndis-ndisunbindadapter */
NDIS_STATUS NTAPI NdisUnbindAdapter(NDIS_HANDLE NdisBindingHandle)
{
    unbind(ndis_object_check(NdisBindingHandle, NDIS_BINDING), NDIS_PAUSE_UNBIND_PROTOCOL);
    return NDIS_STATUS_SUCCESS;
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
