/* A filter engine session for tests, and callouts with one filter each. docs: fwpsk, fwpmk */
#ifndef TESTS_GUEST_WFP_HELPERS_H
#define TESTS_GUEST_WFP_HELPERS_H

#define INITGUID
#include "wsk_helpers.h"
#include <fwpsk.h>
#include <fwpmk.h>

static HANDLE Engine;
static PDEVICE_OBJECT Device;

static const GUID SubLayer = {0x7b0d2f11, 0x55aa, 0x4c3d, {0x90, 0x11, 1, 2, 3, 4, 5, 6}};

static inline NTSTATUS OpenWfp(void)
{
    FWPM_SESSION0 session = {0};
    FWPM_SUBLAYER0 sublayer = {0};
    NTSTATUS status;

    session.flags = FWPM_SESSION_FLAG_DYNAMIC;
    status = IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    if (!NT_SUCCESS(status))
        return status;
    status = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &Engine);
    if (!NT_SUCCESS(status))
        return status;
    sublayer.subLayerKey = SubLayer;
    sublayer.displayData.name = (WCHAR *)L"tests";
    sublayer.weight = 0x100;
    return FwpmSubLayerAdd0(Engine, &sublayer, NULL);
}

static inline void CloseWfp(void)
{
    if (Engine != NULL)
        FwpmEngineClose0(Engine);
    if (Device != NULL)
        IoDeleteDevice(Device);
    Engine = NULL;
    Device = NULL;
}

/* One callout at a layer, and the filter that calls it for a remote or local port (0: for everything). */
typedef struct _HOOK {
    GUID Key;
    UINT32 Id;
    UINT64 Filter;
    BOOLEAN Added;
} HOOK;

static inline NTSTATUS NTAPI HookNotify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter)
{
    return STATUS_SUCCESS;
}

static inline BOOLEAN AddHookWith(HOOK *hook, const GUID *layer, FWPS_CALLOUT_CLASSIFY_FN1 classify,
                                  FWPS_CALLOUT_FLOW_DELETE_NOTIFY_FN0 flowDelete, FWP_ACTION_TYPE action, UINT32 flags,
                                  const GUID *field, USHORT port)
{
    static UCHAR next;
    FWPS_CALLOUT1 registered = {0};
    FWPM_CALLOUT0 callout = {0};
    FWPM_FILTER0 filter = {0};
    FWPM_FILTER_CONDITION0 condition = {0};

    RtlZeroMemory(hook, sizeof(*hook));
    hook->Key = SubLayer;
    hook->Key.Data4[7] = ++next;
    hook->Key.Data1++;
    registered.calloutKey = hook->Key;
    registered.flags = flags;
    registered.classifyFn = classify;
    registered.notifyFn = HookNotify;
    registered.flowDeleteFn = flowDelete;
    if (FwpsCalloutRegister1(Device, &registered, &hook->Id) != STATUS_SUCCESS)
        return FALSE;
    callout.calloutKey = hook->Key;
    callout.displayData.name = (WCHAR *)L"tests";
    callout.applicableLayer = *layer;
    filter.displayData.name = (WCHAR *)L"tests";
    filter.layerKey = *layer;
    filter.subLayerKey = SubLayer;
    filter.weight.type = FWP_EMPTY;
    filter.action.type = action;
    filter.action.calloutKey = hook->Key;
    if (field != NULL) {
        condition.fieldKey = *field;
        condition.matchType = FWP_MATCH_EQUAL;
        condition.conditionValue.type = FWP_UINT16;
        condition.conditionValue.uint16 = port;
        filter.numFilterConditions = 1;
        filter.filterCondition = &condition;
    }
    if (FwpmCalloutAdd0(Engine, &callout, NULL, NULL) == STATUS_SUCCESS &&
        FwpmFilterAdd0(Engine, &filter, NULL, &hook->Filter) == STATUS_SUCCESS) {
        hook->Added = TRUE;
        return TRUE;
    }
    FwpsCalloutUnregisterById0(hook->Id);
    return FALSE;
}

static inline BOOLEAN AddHook(HOOK *hook, const GUID *layer, FWPS_CALLOUT_CLASSIFY_FN1 classify, const GUID *field, USHORT port)
{
    return AddHookWith(hook, layer, classify, NULL, FWP_ACTION_CALLOUT_UNKNOWN, 0, field, port);
}

static inline void RemoveHook(HOOK *hook)
{
    if (!hook->Added)
        return;
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, hook->Filter), STATUS_SUCCESS);
    EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &hook->Key), STATUS_SUCCESS);
    EXPECT_EQ(FwpsCalloutUnregisterById0(hook->Id), STATUS_SUCCESS);
    hook->Added = FALSE;
}

static inline void Permit(FWPS_CLASSIFY_OUT0 *out)
{
    if (out->rights & FWPS_RIGHT_ACTION_WRITE)
        out->actionType = FWP_ACTION_PERMIT;
}

static inline void Block(FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_BLOCK;
    out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
}

static inline void Absorb(FWPS_CLASSIFY_OUT0 *out)
{
    Block(out);
    out->flags |= FWPS_CLASSIFY_OUT_FLAG_ABSORB;
}

#endif
