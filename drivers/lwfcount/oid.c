/* Requests: every one goes on, as a clone. NDIS gives a module one request at a time. */
#include "lwfcount.h"

static VOID CopyAnswer(PNDIS_OID_REQUEST To, const NDIS_OID_REQUEST *From)
{
    switch (From->RequestType) {
    case NdisRequestMethod:
        To->DATA.METHOD_INFORMATION.OutputBufferLength = From->DATA.METHOD_INFORMATION.OutputBufferLength;
        To->DATA.METHOD_INFORMATION.BytesRead = From->DATA.METHOD_INFORMATION.BytesRead;
        To->DATA.METHOD_INFORMATION.BytesNeeded = From->DATA.METHOD_INFORMATION.BytesNeeded;
        To->DATA.METHOD_INFORMATION.BytesWritten = From->DATA.METHOD_INFORMATION.BytesWritten;
        break;
    case NdisRequestSetInformation:
        To->DATA.SET_INFORMATION.BytesRead = From->DATA.SET_INFORMATION.BytesRead;
        To->DATA.SET_INFORMATION.BytesNeeded = From->DATA.SET_INFORMATION.BytesNeeded;
        break;
    default:
        To->DATA.QUERY_INFORMATION.BytesWritten = From->DATA.QUERY_INFORMATION.BytesWritten;
        To->DATA.QUERY_INFORMATION.BytesNeeded = From->DATA.QUERY_INFORMATION.BytesNeeded;
        break;
    }
}

_Use_decl_annotations_
NDIS_STATUS ModuleRequest(NDIS_HANDLE FilterModuleContext, PNDIS_OID_REQUEST OidRequest)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    PNDIS_OID_REQUEST clone;
    NDIS_STATUS status = NdisAllocateCloneOidRequest(module->Handle, OidRequest, LWF_TAG, &clone);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    *(PNDIS_OID_REQUEST *)clone->SourceReserved = OidRequest;
    module->Request = clone;
    status = NdisFOidRequest(module->Handle, clone);
    if (status == NDIS_STATUS_PENDING)
        return status;
    module->Request = NULL;
    CopyAnswer(OidRequest, clone);
    NdisFreeCloneOidRequest(module->Handle, clone);
    return status;
}

_Use_decl_annotations_
VOID ModuleRequestComplete(NDIS_HANDLE FilterModuleContext, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    PNDIS_OID_REQUEST original = *(PNDIS_OID_REQUEST *)OidRequest->SourceReserved;

    module->Request = NULL;
    CopyAnswer(original, OidRequest);
    NdisFreeCloneOidRequest(module->Handle, OidRequest);
    NdisFOidRequestComplete(module->Handle, original, Status);
}

_Use_decl_annotations_
VOID ModuleCancelRequest(NDIS_HANDLE FilterModuleContext, PVOID RequestId)
{
    PMODULE module = (PMODULE)FilterModuleContext;

    if (module->Request != NULL && module->Request->RequestId == RequestId)
        NdisFCancelOidRequest(module->Handle, RequestId);
}
