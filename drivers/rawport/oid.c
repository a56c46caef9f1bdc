/* Requests to adapters. Each has an event of its own: several may be under way on one binding. */
#include "rawport.h"

typedef struct _REQUEST {
    NDIS_OID_REQUEST Oid;
    NDIS_EVENT Completed;
    NDIS_STATUS Status;
} REQUEST, *PREQUEST;

_Use_decl_annotations_
VOID OidDone(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    PREQUEST request = CONTAINING_RECORD(OidRequest, REQUEST, Oid);

    UNREFERENCED_PARAMETER(ProtocolBindingContext);
    request->Status = Status;
    NdisSetEvent(&request->Completed);
}

_Use_decl_annotations_
NDIS_STATUS OidAsk(PBINDING Binding, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Done)
{
    REQUEST request = { 0 };
    NDIS_STATUS status;

    NdisInitializeEvent(&request.Completed);
    request.Oid.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Oid.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Oid.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.Oid.RequestType = Type;
    if (Type == NdisRequestSetInformation) {
        request.Oid.DATA.SET_INFORMATION.Oid = Oid;
        request.Oid.DATA.SET_INFORMATION.InformationBuffer = Buffer;
        request.Oid.DATA.SET_INFORMATION.InformationBufferLength = Length;
    } else {
        request.Oid.DATA.QUERY_INFORMATION.Oid = Oid;
        request.Oid.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
        request.Oid.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
    }
    status = NdisOidRequest(Binding->Handle, &request.Oid);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&request.Completed, 0);
        status = request.Status;
    }
    if (Done != NULL)
        *Done = Type == NdisRequestSetInformation ? 0 : request.Oid.DATA.QUERY_INFORMATION.BytesWritten;
    return status;
}

static ULONG Union(PBINDING Binding)
{
    ULONG filter = 0;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    for (PLIST_ENTRY link = Driver.Ports.Flink; link != &Driver.Ports; link = link->Flink) {
        PPORT port = CONTAINING_RECORD(link, PORT, Link);
        if (port->Binding == Binding)
            filter |= port->Filter;
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
    return filter;
}

_Use_decl_annotations_
NDIS_STATUS OidUpdateFilter(PBINDING Binding)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG filter;

    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Driver.FilterLock);
    filter = Union(Binding);
    if (filter != Binding->Filter) {
        status = OidAsk(Binding, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter), NULL);
        if (status == NDIS_STATUS_SUCCESS)
            Binding->Filter = filter;
    }
    ExReleaseFastMutexUnsafe(&Driver.FilterLock);
    KeLeaveCriticalRegion();
    return status;
}
