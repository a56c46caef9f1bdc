/* The callout at the connect redirect layer, and its filter. */
#define INITGUID
#include "redirect.h"

static const GUID SubLayer = { 0x90c7d41b, 0x2e58, 0x4f6d, { 0xb3, 0x07, 0x48, 0xaa, 0x1c, 0x5e, 0x92, 0x20 } };
static const GUID Callout = { 0x90c7d41b, 0x2e58, 0x4f6d, { 0xb3, 0x07, 0x48, 0xaa, 0x1c, 0x5e, 0x92, 0x21 } };

REDIRECT_COUNTERS Counters;

static WFP_CALLOUTS Callouts;
static WFP_FOLLOWER Engine;
static HANDLE RedirectHandle;
static UINT64 FilterId;                 /* 0: none */

/* --- classification -------------------------------------------------------------------------------------------------- */

/* Without memory for what the client wanted, it goes there. */
static VOID Change(_Inout_ FWPS_CONNECT_REQUEST0 *Request, _In_ const REDIRECT_TARGET *Target)
{
    PSOCKADDR_IN remote = (PSOCKADDR_IN)&Request->remoteAddressAndPort;
    PVOID wanted = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *remote, REDIRECT_TAG);

    if (wanted == NULL)
        return;
    RtlCopyMemory(wanted, remote, sizeof *remote);
    Request->localRedirectContext = wanted;     /* the system frees it */
    Request->localRedirectContextSize = sizeof *remote;
    Request->localRedirectHandle = RedirectHandle;
    Request->localRedirectTargetPID = (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
    RtlCopyMemory(&remote->sin_addr, Target->Address, sizeof remote->sin_addr);
    remote->sin_port = RtlUshortByteSwap(Target->TargetPort);
    InterlockedIncrement((PLONG)&Counters.Redirected);
}

static VOID NTAPI Connect(_In_ const FWPS_INCOMING_VALUES0 *Values, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata,
                          _Inout_opt_ VOID *LayerData, _In_opt_ const VOID *Context, _In_ const FWPS_FILTER1 *Filter, _In_ UINT64 Flow,
                          _Inout_ FWPS_CLASSIFY_OUT0 *Out)
{
    HANDLE records = FWPS_IS_METADATA_FIELD_PRESENT(Metadata, FWPS_METADATA_FIELD_REDIRECT_RECORD_HANDLE) ? Metadata->redirectRecords : NULL;
    UINT16 port = Values->incomingValue[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_REMOTE_PORT].value.uint16;
    REDIRECT_TARGET target = TargetGet();
    FWPS_CONNECTION_REDIRECT_STATE state;
    FWPS_CONNECT_REQUEST0 *request;
    UINT64 handle;

    UNREFERENCED_PARAMETER(LayerData);
    UNREFERENCED_PARAMETER(Flow);
    if (!(Out->rights & FWPS_RIGHT_ACTION_WRITE))
        return;
    Out->actionType = FWP_ACTION_PERMIT;
    state = FwpsQueryConnectionRedirectState0(records, RedirectHandle, NULL);
    if (state == FWPS_CONNECTION_REDIRECTED_BY_SELF || state == FWPS_CONNECTION_PREVIOUSLY_REDIRECTED_BY_SELF)
        InterlockedIncrement((PLONG)&Counters.Restored);
    if (state != FWPS_CONNECTION_NOT_REDIRECTED || port != target.Port ||
        !NT_SUCCESS(FwpsAcquireClassifyHandle0((VOID *)Context, 0, &handle)))
        return;
    if (NT_SUCCESS(FwpsAcquireWritableLayerDataPointer0(handle, Filter->filterId, 0, (PVOID *)&request, Out))) {
        Change(request, &target);
        FwpsApplyModifiedLayerData0(handle, request, 0);
        Out->rights |= FWPS_RIGHT_ACTION_WRITE;
        Out->actionType = FWP_ACTION_PERMIT;
    }
    FwpsReleaseClassifyHandle0(handle);
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS AddFilter(_In_ USHORT Port, _Out_ PUINT64 Id)
{
    FWPM_FILTER_CONDITION0 conditions[2] = { { { 0 } } };

    conditions[0].fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
    conditions[0].matchType = FWP_MATCH_EQUAL;
    conditions[0].conditionValue.type = FWP_UINT16;
    conditions[0].conditionValue.uint16 = Port;
    conditions[1].fieldKey = FWPM_CONDITION_IP_PROTOCOL;
    conditions[1].matchType = FWP_MATCH_EQUAL;
    conditions[1].conditionValue.type = FWP_UINT8;
    conditions[1].conditionValue.uint8 = IPPROTO_TCP;
    return WfpCalloutsFilterId(&Callouts, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, &Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, conditions, 2, Id);
}

static NTSTATUS AddCallout(_In_ PDEVICE_OBJECT Device)
{
    REDIRECT_TARGET target = TargetGet();
    UINT32 id;
    NTSTATUS status = WfpCalloutsBegin(&Callouts, Device, L"redirect", &SubLayer, 0x8000);

    if (NT_SUCCESS(status))
        status = WfpCalloutsAdd(&Callouts, &Callout, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, Connect, &id);
    if (NT_SUCCESS(status) && target.Port != 0)
        status = AddFilter(target.Port, &FilterId);
    return NT_SUCCESS(status) ? WfpCalloutsCommit(&Callouts) : status;
}

static VOID RemoveCallout(VOID)
{
    WfpCalloutsEnd(&Callouts);
    FilterId = 0;
}

_Use_decl_annotations_
NTSTATUS ConnectStart(PDEVICE_OBJECT Device)
{
    NTSTATUS status = FwpsRedirectHandleCreate0(&SubLayer, 0, &RedirectHandle);

    if (!NT_SUCCESS(status)) {
        RedirectHandle = NULL;
        return status;
    }
    return WfpEngineFollow(&Engine, Device, AddCallout, RemoveCallout);
}

static NTSTATUS ReplaceFilter(_In_ const REDIRECT_TARGET *Target)
{
    UINT64 added = 0;
    NTSTATUS status = WfpCalloutsChange(&Callouts);

    if (NT_SUCCESS(status) && Target->Port != 0)
        status = AddFilter(Target->Port, &added);
    if (NT_SUCCESS(status) && FilterId != 0)
        status = WfpCalloutsRemoveFilter(&Callouts, FilterId);
    if (NT_SUCCESS(status))
        status = WfpCalloutsCommit(&Callouts);
    if (!NT_SUCCESS(status)) {
        WfpCalloutsAbort(&Callouts);
        return status;
    }
    FilterId = added;
    return STATUS_SUCCESS;
}

/* While the engine does not run the target waits for it. */
_Use_decl_annotations_
NTSTATUS ConnectRetarget(const REDIRECT_TARGET *Target)
{
    NTSTATUS status = WfpEngineEnter(&Engine) ? ReplaceFilter(Target) : STATUS_SUCCESS;

    if (NT_SUCCESS(status))
        TargetSet(Target);
    WfpEngineExit(&Engine);
    return status;
}

VOID ConnectStop(VOID)
{
    WfpEngineLeave(&Engine);
    if (RedirectHandle != NULL)
        FwpsRedirectHandleDestroy0(RedirectHandle);
    RedirectHandle = NULL;
}
