/* OID requests of filter modules. docs: network/filtering-oid-requests-in-an-ndis-filter-driver,
 * network/generating-oid-requests-from-an-ndis-filter-driver */
#include "ndis/filter_oid.h"

#include "ndis/event.h"

/* A module that is attaching is not in the stack yet. */
static struct filter *module_in_stack(NDIS_HANDLE handle, const char *misuse, const void *caller)
{
    struct filter *f = ndis_object_check(handle, NDIS_FILTER);

    if (f->state != FILTER_ATTACHING)
        return f;
    NDIS_EMIT(NDIS_EVENT_MISUSE, f, misuse, caller);
    return NULL;
}

/* Sends a request of a filter module, its own or the clone of one from above, to the drivers below. NDIS_STATUS_PENDING:
 * FilterOidRequestComplete tells the end. NDIS_STATUS_INVALID_PARAMETER: a wrong header; NDIS_STATUS_FAILURE from FilterAttach.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfoidrequest */
NDIS_STATUS NTAPI NdisFOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct filter *f = module_in_stack(NdisFilterHandle, "NdisFOidRequest was called from FilterAttach", NDIS_CALLER());

    if (!f)
        return NDIS_STATUS_FAILURE;
    if (!oid_header_good(OidRequest))
        return NDIS_STATUS_INVALID_PARAMETER;
    OidRequest->RequestHandle = f;
    return oid_submit(f->adapter, NULL, f, OidRequest);
}

/* The end of a request that FilterOidRequest left pending. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfoidrequestcomplete */
VOID NTAPI NdisFOidRequestComplete(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    oid_complete(&f->oid, OidRequest, Status, NDIS_CALLER());
}

/* Cancels the requests with this RequestId that the module sent down. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfcanceloidrequest */
VOID NTAPI NdisFCancelOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId)
{
    struct filter *f = module_in_stack(NdisFilterHandle, "NdisFCancelOidRequest was called from FilterAttach", NDIS_CALLER());

    if (f)
        oid_cancel(f->adapter, NULL, f, RequestId);
}

/* A request that is not serialized, to the drivers below. NDIS_STATUS_NOT_SUPPORTED when none has a handler. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfdirectoidrequest */
NDIS_STATUS NTAPI NdisFDirectOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct filter *f = module_in_stack(NdisFilterHandle, "NdisFDirectOidRequest was called from FilterAttach", NDIS_CALLER());

    if (!f)
        return NDIS_STATUS_FAILURE;
    OidRequest->RequestHandle = f;
    return oid_direct(f->adapter, NULL, f, OidRequest);
}

/* The end of a request that FilterDirectOidRequest left pending. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfdirectoidrequestcomplete */
VOID NTAPI NdisFDirectOidRequestComplete(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    oid_direct_done(OidRequest, Status, ndis_object_check(NdisFilterHandle, NDIS_FILTER), NDIS_CALLER());
}

/* Tells the drivers below to cancel direct requests. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfcanceldirectoidrequest */
VOID NTAPI NdisFCancelDirectOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId)
{
    struct filter *f = module_in_stack(NdisFilterHandle, "NdisFCancelDirectOidRequest was called from FilterAttach", NDIS_CALLER());

    if (f)
        oid_direct_cancel(f->adapter, f, RequestId);
}

/* A request of the module's own that never pends, to the drivers below. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisfsynchronousoidrequest */
NDIS_STATUS NTAPI NdisFSynchronousOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest)
{
    struct filter *f = module_in_stack(NdisFilterHandle, "NdisFSynchronousOidRequest was called from FilterAttach", NDIS_CALLER());

    return f ? oid_synchronous(f->adapter, f, OidRequest) : NDIS_STATUS_FAILURE;
}
