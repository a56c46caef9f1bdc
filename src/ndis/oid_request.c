/* OID requests: what protocols and miniports call. Direct and synchronous requests are not queued: they go straight to the next
 * driver that handles them. docs: network/direct-oid-request-interface-in-ndis-6-1,
 * network/synchronous-oid-request-interface-in-ndis-6-80 */
#include "ndis/filter_oid.h"

#include <string.h>

#include "ndis/event.h"
#include "ndis/idle.h"
#include "ndis/oid_features.h"
#include "nt/pool.h"

/* Sends a request down the stack under a binding: filter modules see it first. NDIS answers what it knows itself; the rest goes
 * to the miniport, one request at a time. NDIS_STATUS_PENDING: ProtocolOidRequestComplete tells the end. NDIS_STATUS_LOW_POWER_STATE:
 * the adapter sleeps. PortNumber is between the drivers: there are some that never set it. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisoidrequest */
NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    if (!oid_header_good(OidRequest))
        return NDIS_STATUS_INVALID_PARAMETER;
    OidRequest->RequestHandle = b;
    return oid_submit(b->adapter, b, NULL, OidRequest);
}

/* The end of a request that MiniportOidRequest left pending. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismoidrequestcomplete */
VOID NTAPI NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    oid_complete(&a->oid, OidRequest, Status, NDIS_CALLER());
}

/* Cancels requests with this RequestId: queued ones end with NDIS_STATUS_REQUEST_ABORTED, the driver that has one is told.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndiscanceloidrequest */
VOID NTAPI NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    oid_cancel(b->adapter, b, NULL, RequestId);
}

/* --- direct --------------------------------------------------------------------------------------------------------- */

/* NDIS_STATUS_SUCCESS: the stack may be asked. */
static NDIS_STATUS why_ask_nobody(const struct adapter *a)
{
    if (a->surprise_removed || a->state == ADAPTER_SHUT_DOWN || (a->state == ADAPTER_HALTED && !a->halted_for_power))
        return NDIS_STATUS_ADAPTER_REMOVED;
    return a->asleep || a->state == ADAPTER_HALTED ? NDIS_STATUS_LOW_POWER_STATE : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ask_directly(struct adapter *a, PNDIS_OID_REQUEST request)
{
    a->stats.oids++;
    NDIS_EMIT(NDIS_EVENT_OID, request, a, NULL);
    return a->driver->miniport.DirectOidRequestHandler(a->context, request);
}

static NDIS_STATUS hand_over(struct adapter *a, struct filter *from, PNDIS_OID_REQUEST request)
{
    for (struct filter *f = filter_below(a, from); f; f = filter_below(a, f))
        if (f->driver->handlers.DirectOidRequestHandler) {
            NDIS_EMIT(NDIS_EVENT_OID, request, f, NULL);
            return f->driver->handlers.DirectOidRequestHandler(f->context, request);
        }
    if (!a->driver->miniport.DirectOidRequestHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (unlikely(a->idle.state >= IDLE_NOTIFIED)) {
        list_push_back(&a->idle.directs, &oid_entry_of(request)->node);
        idle_wake(a);
        return NDIS_STATUS_PENDING;
    }
    return ask_directly(a, request);
}

/* entry->own: it is on its way, and may be completed once. */
NDIS_STATUS oid_direct(struct adapter *a, struct binding *b, struct filter *from, PNDIS_OID_REQUEST request)
{
    struct oid_entry *entry = oid_entry_of(request);

    if (!oid_header_good(request))
        return NDIS_STATUS_INVALID_PARAMETER;
    if (why_ask_nobody(a) != NDIS_STATUS_SUCCESS)
        return why_ask_nobody(a);
    memset(entry, 0, sizeof *entry);
    entry->request = request;
    entry->binding = b;
    entry->filter = from;
    entry->own = true;
    if (b)
        b->requests_out++;
    NDIS_STATUS status = hand_over(a, from, request);
    if (status == NDIS_STATUS_PENDING)
        return status;                  /* it may be complete, and gone */
    entry->own = false;
    if (b)
        binding_request_done(b);
    return status;
}

void oid_direct_done(PNDIS_OID_REQUEST request, NDIS_STATUS status, const void *who, const void *caller)
{
    struct oid_entry *entry = oid_entry_of(request);
    struct binding *b = entry->binding;
    struct filter *f = entry->filter;

    if (!entry->own) {
        oid_wrong(request, who, OID_COMPLETED_TWICE, caller);
        return;
    }
    NDIS_EMIT(NDIS_EVENT_OID_COMPLETE, request, status, NULL);
    entry->own = false;
    if (f) {
        ndis_object_check(f, NDIS_FILTER);
        if (f->driver->handlers.DirectOidRequestCompleteHandler)
            f->driver->handlers.DirectOidRequestCompleteHandler(f->context, request, status);
        return;
    }
    ndis_object_check(b, NDIS_BINDING);
    if (b->protocol->handlers.DirectOidRequestCompleteHandler)
        b->protocol->handlers.DirectOidRequestCompleteHandler(b->context, request, status);
    binding_request_done(b);
}

void oid_direct_release(struct adapter *a)
{
    while (!list_empty(&a->idle.directs)) {
        PNDIS_OID_REQUEST request = container_of(list_pop_front(&a->idle.directs), struct oid_entry, node)->request;
        NDIS_STATUS status = why_ask_nobody(a);

        if (status == NDIS_STATUS_SUCCESS)
            status = ask_directly(a, request);
        if (status != NDIS_STATUS_PENDING)
            oid_direct_done(request, status, a, NULL);
    }
}

static void cancel_waiting(struct adapter *a, const void *id)
{
    list_each_safe(it, &a->idle.directs) {
        struct oid_entry *entry = container_of(it, struct oid_entry, node);

        if (entry->request->RequestId != id)
            continue;
        list_remove(&entry->node);
        oid_direct_done(entry->request, NDIS_STATUS_REQUEST_ABORTED, a, NULL);
    }
}

void oid_direct_cancel(struct adapter *a, struct filter *from, void *id)
{
    for (struct filter *f = filter_below(a, from); f; f = filter_below(a, f))
        if (f->driver->handlers.CancelDirectOidRequestHandler) {
            f->driver->handlers.CancelDirectOidRequestHandler(f->context, id);
            return;
        }
    cancel_waiting(a, id);
    if (a->driver->miniport.CancelDirectOidRequestHandler && why_ask_nobody(a) == NDIS_STATUS_SUCCESS)
        a->driver->miniport.CancelDirectOidRequestHandler(a->context, id);
}

/* A request that is not serialized, for OIDs that allow it; NDIS_STATUS_PENDING: ProtocolDirectOidRequestComplete tells the end.
 * <= DISPATCH_LEVEL. NDIS_STATUS_NOT_SUPPORTED when the miniport has no handler; NDIS_STATUS_INVALID_PARAMETER: a wrong header. docs: ndis/nf-ndis-ndisdirectoidrequest */
NDIS_STATUS NTAPI NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    OidRequest->RequestHandle = b;
    return oid_direct(b->adapter, b, NULL, OidRequest);
}

/* The end of a pended direct request. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismdirectoidrequestcomplete */
VOID NTAPI NdisMDirectOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    oid_direct_done(OidRequest, Status, ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER), NDIS_CALLER());
}

/* Tells the drivers below to cancel direct requests with this RequestId. docs: ndis/nf-ndis-ndiscanceldirectoidrequest */
VOID NTAPI NdisCancelDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
    oid_direct_cancel(((struct binding *)ndis_object_check(NdisBindingHandle, NDIS_BINDING))->adapter, NULL, RequestId);
}

/* --- synchronous ---------------------------------------------------------------------------------------------------- */

/* NDIS_STATUS_PENDING is no answer. */
static NDIS_STATUS at_once(NDIS_STATUS status, const void *who, const void *handler)
{
    if (likely(status != NDIS_STATUS_PENDING))
        return status;
    NDIS_EMIT(NDIS_EVENT_MISUSE, who, "a handler of synchronous OID requests returned NDIS_STATUS_PENDING", (const char *)handler + 1);
    return NDIS_STATUS_FAILURE;
}

/* An idle adapter is brought back where that can be waited for. */
static bool resumes(struct adapter *a)
{
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        idle_wake(a);
        return false;
    }
    adapter_lock(a);
    adapter_unlock(a);
    return true;
}

static NDIS_STATUS ask_miniport(struct adapter *a, PNDIS_OID_REQUEST request)
{
    if (!a->driver->miniport.SynchronousOidRequestHandler ||
        (request->DATA.Oid == OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES && !features_rss_v2(a)))
        return NDIS_STATUS_NOT_SUPPORTED;
    if (unlikely(a->idle.state >= IDLE_NOTIFIED) && !resumes(a))
        return NDIS_STATUS_LOW_POWER_STATE;
    a->stats.oids++;
    return at_once(a->driver->miniport.SynchronousOidRequestHandler(a->context, request), a,
                   (const void *)a->driver->miniport.SynchronousOidRequestHandler);
}

NDIS_STATUS oid_synchronous(struct adapter *a, struct filter *from, PNDIS_OID_REQUEST request)
{
    void *context[NDIS_FILTERS_MAX] = { 0 };
    struct filter *seen[NDIS_FILTERS_MAX];
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    unsigned count = 0;

    if (!oid_header_good(request))
        return NDIS_STATUS_INVALID_PARAMETER;
    if (why_ask_nobody(a) != NDIS_STATUS_SUCCESS)
        return why_ask_nobody(a);
    for (struct filter *f = filter_below(a, from); f && status == NDIS_STATUS_SUCCESS; f = filter_below(a, f)) {
        if (f->driver->handlers.SynchronousOidRequestHandler)
            status = at_once(f->driver->handlers.SynchronousOidRequestHandler(f->context, request, &context[count]), f,
                             (const void *)f->driver->handlers.SynchronousOidRequestHandler);
        if (status == NDIS_STATUS_SUCCESS)
            seen[count++] = f;
    }
    if (status == NDIS_STATUS_SUCCESS)
        status = ask_miniport(a, request);
    else if (status == NDIS_STATUS_ALREADY_COMPLETE)
        status = NDIS_STATUS_SUCCESS;
    while (count--)
        if (seen[count]->driver->handlers.SynchronousOidRequestCompleteHandler)
            seen[count]->driver->handlers.SynchronousOidRequestCompleteHandler(seen[count]->context, request, &status,
                                                                               context[count]);
    return status;
}

/* A request that never pends (6.80): every filter module below may change it, end it, and see its end. <= DISPATCH_LEVEL.
 * NDIS_STATUS_NOT_SUPPORTED when the miniport has no handler; NDIS_STATUS_LOW_POWER_STATE when it is selectively suspended and the caller at
 * DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissynchronousoidrequest */
NDIS_STATUS NTAPI NdisSynchronousOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    return oid_synchronous(b->adapter, NULL, OidRequest);
}

/* --- clones --------------------------------------------------------------------------------------------------------- */

/* A copy of a request that points at the same buffers; SourceReserved and the other private areas start empty. The caller
 * frees it with NdisFreeCloneOidRequest. <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndisallocatecloneoidrequest */
NDIS_STATUS NTAPI NdisAllocateCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST OidRequest, UINT PoolTag,
                                              PNDIS_OID_REQUEST *ClonedOidRequest)
{
    PNDIS_OID_REQUEST clone = pool_alloc(NonPagedPoolNx, sizeof *clone, PoolTag, NDIS_CALLER());

    if (!clone)
        return NDIS_STATUS_RESOURCES;
    memset(clone, 0, sizeof *clone);
    memcpy(clone, OidRequest, min_u64(OidRequest->Header.Size, sizeof *clone));
    memset(clone->NdisReserved, 0, sizeof clone->NdisReserved);
    memset(clone->MiniportReserved, 0, sizeof clone->MiniportReserved);
    memset(clone->SourceReserved, 0, sizeof clone->SourceReserved);
    *ClonedOidRequest = clone;
    return NDIS_STATUS_SUCCESS;
}

/* Frees a clone. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreecloneoidrequest */
VOID NTAPI NdisFreeCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST Request)
{
    pool_free(Request, 0, NDIS_CALLER());
}
