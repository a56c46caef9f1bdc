/* NdisUnbindAdapter: a protocol's wish to be unbound, which is done later. A request lives until its work item has run; it
 * forgets its binding when that goes before. */
#include "ndis/binding_open.h"

#include "nt/pool.h"

struct unbind_request {
    WORK_QUEUE_ITEM work;
    struct binding *binding;            /* NULL: it went */
    struct ndis_protocol *protocol;
};

void unbind_forget(struct binding *b)
{
    if (b->unbind)
        b->unbind->binding = NULL;
    b->unbind = NULL;
}

void binding_unbind(struct binding *b)
{
    struct adapter *a = b->adapter;

    adapter_pause(a, NDIS_PAUSE_UNBIND_PROTOCOL);
    binding_remove(b);
    if (!a->low_power)
        adapter_restart(a);
}

static VOID NTAPI worker(PVOID context)
{
    struct unbind_request *request = context;
    struct ndis_protocol *protocol = request->protocol;
    struct adapter *a = request->binding ? request->binding->adapter : NULL;

    if (a) {
        adapter_hold(a);
        adapter_lock(a);
        if (request->binding)
            binding_unbind(request->binding);
        adapter_unlock(a);
        adapter_release(a);
    }
    pool_free(request, 0, NULL);
    protocol->holds--;
}

/* Asks NDIS to unbind a binding: ProtocolUnbindAdapterEx is called soon, from a system thread, unless the binding goes before
 * for another reason. The handle may be dead when the call returns. Not inside of bind and unbind, but for a bind that pends
 * and fails. <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndisunbindadapter */
NDIS_STATUS NTAPI NdisUnbindAdapter(NDIS_HANDLE NdisBindingHandle)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    if (b->unbind || b->unbinding)
        return NDIS_STATUS_SUCCESS;
    struct unbind_request *request = pool_alloc(NonPagedPoolNx, sizeof *request, NDIS_TAG('N', 'D', 'u', 'b'), NDIS_CALLER());
    if (!request)
        return NDIS_STATUS_RESOURCES;
    request->binding = b;
    request->protocol = b->protocol;
    b->unbind = request;
    b->protocol->holds++;
    ExInitializeWorkItem(&request->work, worker, request);
    ExQueueWorkItem(&request->work, DelayedWorkQueue);
    return NDIS_STATUS_SUCCESS;
}
