#include <ntddk.h>
#include "wfp_callouts.h"

static NTSTATUS NTAPI Notified(_In_ FWPS_CALLOUT_NOTIFY_TYPE Type, _In_ const GUID *Key, _Inout_ FWPS_FILTER1 *Filter)
{
    UNREFERENCED_PARAMETER(Type);
    UNREFERENCED_PARAMETER(Key);
    UNREFERENCED_PARAMETER(Filter);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsBegin(PWFP_CALLOUTS Callouts, PDEVICE_OBJECT Device, PCWSTR Name, const GUID *SubLayer, UINT16 Weight)
{
    FWPM_SESSION0 session = { 0 };
    FWPM_SUBLAYER0 sublayer = { 0 };
    NTSTATUS status;

    RtlZeroMemory(Callouts, sizeof *Callouts);
    Callouts->Device = Device;
    Callouts->Name = Name;
    Callouts->SubLayer = *SubLayer;
    session.flags = FWPM_SESSION_FLAG_DYNAMIC;
    session.displayData.name = (WCHAR *)Name;
    status = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &Callouts->Engine);
    if (!NT_SUCCESS(status)) {
        Callouts->Engine = NULL;
        return status;
    }
    status = FwpmTransactionBegin0(Callouts->Engine, 0);
    if (!NT_SUCCESS(status))
        return status;
    Callouts->Changing = TRUE;
    sublayer.subLayerKey = *SubLayer;
    sublayer.displayData.name = (WCHAR *)Name;
    sublayer.weight = Weight;
    return FwpmSubLayerAdd0(Callouts->Engine, &sublayer, NULL);
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsAdd(PWFP_CALLOUTS Callouts, const GUID *Key, const GUID *Layer, FWPS_CALLOUT_CLASSIFY_FN1 Classify, PUINT32 Id)
{
    FWPS_CALLOUT1 registered = { 0 };
    FWPM_CALLOUT0 callout = { 0 };
    NTSTATUS status;

    if (Callouts->Count == WFP_CALLOUTS_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    registered.calloutKey = *Key;
    registered.classifyFn = Classify;
    registered.notifyFn = Notified;
    status = FwpsCalloutRegister1(Callouts->Device, &registered, Id);
    if (!NT_SUCCESS(status))
        return status;
    Callouts->Registered[Callouts->Count++] = *Id;
    callout.calloutKey = *Key;
    callout.displayData.name = (WCHAR *)Callouts->Name;
    callout.applicableLayer = *Layer;
    return FwpmCalloutAdd0(Callouts->Engine, &callout, NULL, NULL);
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsFilterId(PWFP_CALLOUTS Callouts, const GUID *Layer, const GUID *Callout, UINT32 Action, UINT64 Context,
                             FWPM_FILTER_CONDITION0 *Conditions, UINT32 Count, PUINT64 Id)
{
    FWPM_FILTER0 filter = { 0 };

    filter.displayData.name = (WCHAR *)Callouts->Name;
    filter.layerKey = *Layer;
    filter.subLayerKey = Callouts->SubLayer;
    filter.weight.type = FWP_EMPTY;
    filter.action.type = Action;
    filter.action.calloutKey = *Callout;
    filter.rawContext = Context;
    filter.numFilterConditions = Count;
    filter.filterCondition = Conditions;
    return FwpmFilterAdd0(Callouts->Engine, &filter, NULL, Id);
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsFilter(PWFP_CALLOUTS Callouts, const GUID *Layer, const GUID *Callout, UINT32 Action, UINT64 Context,
                           FWPM_FILTER_CONDITION0 *Conditions, UINT32 Count)
{
    return WfpCalloutsFilterId(Callouts, Layer, Callout, Action, Context, Conditions, Count, NULL);
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsRemoveFilter(PWFP_CALLOUTS Callouts, UINT64 Id)
{
    return FwpmFilterDeleteById0(Callouts->Engine, Id);
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsChange(PWFP_CALLOUTS Callouts)
{
    NTSTATUS status = FwpmTransactionBegin0(Callouts->Engine, 0);

    if (NT_SUCCESS(status))
        Callouts->Changing = TRUE;
    return status;
}

_Use_decl_annotations_
VOID WfpCalloutsAbort(PWFP_CALLOUTS Callouts)
{
    if (Callouts->Changing)
        FwpmTransactionAbort0(Callouts->Engine);
    Callouts->Changing = FALSE;
}

_Use_decl_annotations_
NTSTATUS WfpCalloutsCommit(PWFP_CALLOUTS Callouts)
{
    NTSTATUS status = FwpmTransactionCommit0(Callouts->Engine);

    if (NT_SUCCESS(status))
        Callouts->Changing = FALSE;
    return status;
}

_Use_decl_annotations_
VOID WfpCalloutsEnd(PWFP_CALLOUTS Callouts)
{
    WfpCalloutsAbort(Callouts);
    if (Callouts->Engine)
        FwpmEngineClose0(Callouts->Engine);
    while (Callouts->Count)
        FwpsCalloutUnregisterById0(Callouts->Registered[--Callouts->Count]);
    Callouts->Engine = NULL;
}

/* --- the engine's life ------------------------------------------------------------------------------------------------ */

_Use_decl_annotations_
BOOLEAN WfpEngineEnter(PWFP_FOLLOWER Follower)
{
    KeWaitForSingleObject(&Follower->Turn, Executive, KernelMode, FALSE, NULL);
    return Follower->Added;
}

_Use_decl_annotations_
VOID WfpEngineExit(PWFP_FOLLOWER Follower)
{
    KeSetEvent(&Follower->Turn, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS TakeTurn(_Inout_ PWFP_FOLLOWER Follower, _In_ BOOLEAN Running)
{
    NTSTATUS status = STATUS_SUCCESS;
    BOOLEAN added = WfpEngineEnter(Follower);

    if (Running && !added) {
        status = Follower->Add(Follower->Device);
        Follower->Added = (BOOLEAN)NT_SUCCESS(status);
        if (!Follower->Added)
            Follower->Remove();
    } else if (!Running && added) {
        Follower->Added = FALSE;
        Follower->Remove();
    }
    WfpEngineExit(Follower);
    return status;
}

static VOID NTAPI StateChanged(_In_opt_ VOID *Context, _In_ FWPM_SERVICE_STATE State)
{
    PWFP_FOLLOWER follower = (PWFP_FOLLOWER)Context;
    NTSTATUS status;

    if (State != FWPM_SERVICE_RUNNING && State != FWPM_SERVICE_STOP_PENDING)
        return;
    status = TakeTurn(follower, State == FWPM_SERVICE_RUNNING);
    if (!NT_SUCCESS(status))
        DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "the filter engine takes no callouts (status 0x%08x)\n", status);
}

_Use_decl_annotations_
NTSTATUS WfpEngineFollow(PWFP_FOLLOWER Follower, PDEVICE_OBJECT Device, WFP_ADD *Add, WFP_REMOVE *Remove)
{
    NTSTATUS status;

    RtlZeroMemory(Follower, sizeof *Follower);
    Follower->Device = Device;
    Follower->Add = Add;
    Follower->Remove = Remove;
    KeInitializeEvent(&Follower->Turn, SynchronizationEvent, TRUE);
    status = FwpmBfeStateSubscribeChanges0(Device, StateChanged, Follower, &Follower->Change);
    if (!NT_SUCCESS(status)) {
        Follower->Change = NULL;
        return status;
    }
    return FwpmBfeStateGet0() == FWPM_SERVICE_RUNNING ? TakeTurn(Follower, TRUE) : STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID WfpEngineLeave(PWFP_FOLLOWER Follower)
{
    if (!Follower->Change)
        return;
    FwpmBfeStateUnsubscribeChanges0(Follower->Change);
    Follower->Change = NULL;
    TakeTurn(Follower, FALSE);
}
