/* OID requests.
 *
 * 1. Requests of one adapter reach the miniport one at a time, at PASSIVE_LEVEL, in the order of their arrival.
 * 2. One thread at most is in the loop that hands them over (oid_in_loop); a request that is submitted meanwhile, or at
 *    DISPATCH_LEVEL, waits in the queue, and its asker gets NDIS_STATUS_PENDING.
 * 3. An asker that was told a final status is not called back; one that was told pending is, exactly once.
 * docs: network/miniport-adapter-oid-requests */
#include "ndis/adapter.h"

#include <string.h>

#include "ndis/event.h"
#include "nt/pool.h"

static void finish(struct adapter *a, struct oid_entry *entry, NDIS_STATUS status)
{
    PNDIS_OID_REQUEST request = entry->request;
    struct binding *b = entry->binding;

    if (oid_is_merged(entry->asked_oid) && entry->swapped)
        oid_merged(a, entry, status);
    else if (entry->swapped)
        status = oid_take_statistics(entry, status);
    if (a->oid_current == entry)
        a->oid_current = NULL;
    if (b)
        b->requests_out--;
    entry->status = status;
    entry->finished = true;
    NDIS_EMIT(NDIS_EVENT_OID_COMPLETE, request, status, NULL);
    if (entry->done)
        KeSetEvent(entry->done, IO_NO_INCREMENT, FALSE);
    else if (entry->pended)
        b->protocol->handlers.OidRequestCompleteHandler(b->context, request, status);
}

/* Hints of a protocol to NDIS, which no miniport of NDIS 6 is told; there is nothing here that they could speed up. */
static NDIS_STATUS take_protocol_options(PNDIS_OID_REQUEST request)
{
    struct _SET *set = &request->DATA.SET_INFORMATION;

    if (set->InformationBufferLength < sizeof(uint32_t)) {
        set->BytesNeeded = sizeof(uint32_t);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    set->BytesRead = sizeof(uint32_t);
    return NDIS_STATUS_SUCCESS;
}

/* What happens to the request before the miniport sees it. NDIS_STATUS_PENDING: it must see it. */
static NDIS_STATUS prepare(struct adapter *a, struct oid_entry *entry)
{
    PNDIS_OID_REQUEST request = entry->request;
    NDIS_STATUS status;

    if (a->state == ADAPTER_HALTED || a->state == ADAPTER_SHUT_DOWN || a->surprise_removed)
        return NDIS_STATUS_ADAPTER_REMOVED;
    if (request->RequestType == NdisRequestSetInformation && entry->binding && oid_is_merged(entry->asked_oid))
        return oid_merge(a, entry);
    if (request->RequestType == NdisRequestSetInformation && entry->asked_oid == OID_GEN_PROTOCOL_OPTIONS)
        return take_protocol_options(request);
    if (request->RequestType == NdisRequestQueryInformation || request->RequestType == NdisRequestQueryStatistics) {
        if (oid_answer(a, entry->binding, request, &status))
            return status;
        if (oid_is_counter(entry->asked_oid))
            return oid_ask_statistics(entry);
    }
    return NDIS_STATUS_PENDING;
}

static void run_one(struct adapter *a, struct oid_entry *entry)
{
    NDIS_STATUS status = prepare(a, entry);

    if (status == NDIS_STATUS_PENDING) {
        a->oid_current = entry;
        a->stats.oids++;
        NDIS_EMIT(NDIS_EVENT_OID, entry->request, a, NULL);
        status = a->driver->miniport.OidRequestHandler(a->context, entry->request);
        if (status == NDIS_STATUS_PENDING)
            return;
        if (a->oid_current != entry)    /* completed and returned a status: the completion counts */
            return;
    }
    finish(a, entry, status);
}

static void run(struct adapter *a)
{
    if (a->oid_in_loop)
        return;
    a->oid_in_loop = true;
    while (!a->oid_current && !list_empty(&a->oid_queue))
        run_one(a, container_of(list_pop_front(&a->oid_queue), struct oid_entry, node));
    a->oid_in_loop = false;
    if (a->oid_draining && !a->oid_current && list_empty(&a->oid_queue))
        KeSetEvent(&a->oid_idle, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI worker(PVOID context)
{
    struct adapter *a = context;

    run(a);
    a->oid_work_queued = false;
    if (!a->oid_in_loop && !a->oid_current && !list_empty(&a->oid_queue))
        run(a);
}

static void run_later(struct adapter *a)
{
    if (a->oid_work_queued)
        return;
    a->oid_work_queued = true;
    ExQueueWorkItem(&a->oid_work, DelayedWorkQueue);
}

void oid_init(struct adapter *a)
{
    ExInitializeWorkItem(&a->oid_work, worker, a);
}

static __attribute__((noinline)) struct oid_entry *enter(struct adapter *a, struct binding *b, PNDIS_OID_REQUEST request)
{
    struct oid_entry *entry = oid_entry_of(request);

    memset(entry, 0, sizeof *entry);
    entry->request = request;
    entry->binding = b;
    entry->asked_oid = request->DATA.Oid;
    list_push_back(&a->oid_queue, &entry->node);
    if (b)
        b->requests_out++;
    return entry;
}

NDIS_STATUS oid_submit(struct adapter *a, struct binding *b, PNDIS_OID_REQUEST request)
{
    struct oid_entry *entry = enter(a, b, request);

    if (KeGetCurrentIrql() == PASSIVE_LEVEL)
        run(a);
    else
        run_later(a);
    if (entry->finished)
        return entry->status;
    entry->pended = true;
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS oid_ask(struct adapter *a, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length, uint32_t *written)
{
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    struct oid_entry *entry = enter(a, NULL, &request);
    entry->done = &done;
    run(a);
    if (!entry->finished)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    if (written)
        *written = request.DATA.QUERY_INFORMATION.BytesWritten;
    return entry->status;
}

void oid_drain(struct adapter *a)
{
    KeClearEvent(&a->oid_idle);
    a->oid_draining = true;
    run(a);
    if (a->oid_current || !list_empty(&a->oid_queue))
        KeWaitForSingleObject(&a->oid_idle, Executive, KernelMode, FALSE, NULL);
    a->oid_draining = false;
}

/* --- exports ---------------------------------------------------------------------------------------------------------- */

/* Sends a request to the adapter under a binding. NDIS answers what it knows itself; the rest goes to the miniport, one
 * request at a time. NDIS_STATUS_PENDING: ProtocolOidRequestComplete tells the end. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisoidrequest */
NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    if (OidRequest->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST ||
        OidRequest->Header.Size < NDIS_SIZEOF_OID_REQUEST_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    OidRequest->RequestHandle = b;
    return oid_submit(b->adapter, b, OidRequest);
}

/* The end of a request that MiniportOidRequest left pending. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismoidrequestcomplete */
VOID NTAPI NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (!a->oid_current || a->oid_current->request != OidRequest) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "NdisMOidRequestComplete names a request that is not pending", NDIS_CALLER());
        return;
    }
    finish(a, a->oid_current, Status);
    if (a->oid_in_loop)
        return;                         /* whoever is in the loop goes on */
    if (!list_empty(&a->oid_queue))
        run_later(a);
    else if (a->oid_draining)
        KeSetEvent(&a->oid_idle, IO_NO_INCREMENT, FALSE);
}

/* Cancels requests with this RequestId: queued ones end with NDIS_STATUS_REQUEST_ABORTED, the miniport is told about the one
 * it has. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndiscanceloidrequest */
VOID NTAPI NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);
    struct adapter *a = b->adapter;

    list_each_safe(it, &a->oid_queue) {
        struct oid_entry *entry = container_of(it, struct oid_entry, node);

        if (entry->binding == b && entry->request->RequestId == RequestId) {
            list_remove(&entry->node);
            finish(a, entry, NDIS_STATUS_REQUEST_ABORTED);
        }
    }
    if (a->oid_current && a->oid_current->binding == b && a->oid_current->request->RequestId == RequestId)
        a->driver->miniport.CancelOidRequestHandler(a->context, RequestId);
}

/* A request that is not serialized, for OIDs that allow it. <= DISPATCH_LEVEL. NDIS_STATUS_NOT_SUPPORTED when the miniport
 * has no handler. docs: ndis/nf-ndis-ndisdirectoidrequest */
NDIS_STATUS NTAPI NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);
    struct adapter *a = b->adapter;

    if (!a->driver->miniport.DirectOidRequestHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    OidRequest->RequestHandle = b;
    oid_entry_of(OidRequest)->binding = b;
    a->stats.oids++;
    return a->driver->miniport.DirectOidRequestHandler(a->context, OidRequest);
}

/* The end of a pended direct request. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismdirectoidrequestcomplete */
VOID NTAPI NdisMDirectOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    struct binding *b = ndis_object_check(oid_entry_of(OidRequest)->binding, NDIS_BINDING);

    if (b->protocol->handlers.DirectOidRequestCompleteHandler)
        b->protocol->handlers.DirectOidRequestCompleteHandler(b->context, OidRequest, Status);
}

/* Tells the miniport to cancel direct requests with this RequestId. docs: ndis/nf-ndis-ndiscanceldirectoidrequest */
VOID NTAPI NdisCancelDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
    struct adapter *a = ((struct binding *)ndis_object_check(NdisBindingHandle, NDIS_BINDING))->adapter;

    if (a->driver->miniport.CancelDirectOidRequestHandler)
        a->driver->miniport.CancelDirectOidRequestHandler(a->context, RequestId);
}

/* A request that never pends (6.80). <= DISPATCH_LEVEL. NDIS_STATUS_NOT_SUPPORTED when the miniport has no handler.
 * docs: ndis/nf-ndis-ndissynchronousoidrequest */
NDIS_STATUS NTAPI NdisSynchronousOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct adapter *a = ((struct binding *)ndis_object_check(NdisBindingHandle, NDIS_BINDING))->adapter;

    if (!a->driver->miniport.SynchronousOidRequestHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    a->stats.oids++;
    return a->driver->miniport.SynchronousOidRequestHandler(a->context, OidRequest);
}

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
