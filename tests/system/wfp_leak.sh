#!/usr/bin/env bash
# A driver that unloads with a callout registered, a session open or a subscription is told so, with the line; what it left is not
# called any more, and the engine goes on.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/leaky"
cat >"$TMP/leaky.c" <<'C'
#include <ntddk.h>
#define INITGUID
#include <fwpsk.h>
#include <fwpmk.h>

static const GUID Key = { 0x51515151, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };
static HANDLE Engine, Change;
static PDEVICE_OBJECT Device;
static UINT32 Id;

static VOID NTAPI Classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const FWPS_FILTER0 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_CONTINUE;
}

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, const FWPS_FILTER0 *filter)
{
    if (type == FWPS_CALLOUT_NOTIFY_DELETE_FILTER && Device == NULL)
        DbgPrint("leaky is called after it has gone\n");
    return STATUS_SUCCESS;
}

static VOID NTAPI Changed(VOID *context, FWPM_SERVICE_STATE state)
{
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
#ifdef CLEANS
    FwpmBfeStateUnsubscribeChanges0(Change);
    FwpmEngineClose0(Engine);
    FwpsCalloutUnregisterById0(Id);
#endif
    IoDeleteDevice(Device);
    Device = NULL;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    FWPS_CALLOUT0 callout = { 0 };
    FWPM_CALLOUT0 added = { 0 };
    FWPM_FILTER0 filter = { 0 };
    FWPM_SESSION0 session = { 0 };

    driver->DriverUnload = Unload;
    callout.calloutKey = added.calloutKey = filter.action.calloutKey = Key;
    callout.classifyFn = Classify;
    callout.notifyFn = Notify;
    added.displayData.name = filter.displayData.name = (WCHAR *)L"leaky";
    added.applicableLayer = filter.layerKey = FWPM_LAYER_ALE_AUTH_CONNECT_V4;
    filter.action.type = FWP_ACTION_CALLOUT_UNKNOWN;
    session.flags = FWPM_SESSION_FLAG_DYNAMIC;
    if (!NT_SUCCESS(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device)) ||
        FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &Engine) != STATUS_SUCCESS ||
        FwpmBfeStateSubscribeChanges0(Device, Changed, NULL, &Change) != STATUS_SUCCESS ||
        FwpsCalloutRegister0(Device, &callout, &Id) != STATUS_SUCCESS ||
        FwpmCalloutAdd0(Engine, &added, NULL, NULL) != STATUS_SUCCESS ||
        FwpmFilterAdd0(Engine, &filter, NULL, NULL) != STATUS_SUCCESS)
        return STATUS_UNSUCCESSFUL;
    return STATUS_SUCCESS;
}
C
try() {     # DEFINES: builds leaky.sys with them and runs it
    sed "1i $1" "$TMP/leaky.c" >"$TMP/leaky/leaky.c"
    "$RING3" build "$TMP/leaky" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
    "$RING3" run "$TMP/out/leaky.sys" --for=1ms >"$TMP/log" 2>&1
    code=$?
}

try '/* leaves it all */'
[ $code -eq 1 ] || fail "what is left is not exit code 1"
grep -q 'left a session of the filter engine open' "$TMP/log" || fail "the session is not named"
grep -q 'left callout [0-9]* {51515151-.*} registered' "$TMP/log" || fail "the callout is not named"
grep -q "left a subscription to the filter engine's state" "$TMP/log" || fail "the subscription is not named"
grep -q 'leaky.sys!DriverEntry.*leaky.c:[5-6][0-9]' "$TMP/log" || fail "the line is not told"
grep -q 'STOP' "$TMP/log" && fail "the computer stopped"
grep -q 'called after it has gone' "$TMP/log" && fail "a driver that is gone was called"

try '#define CLEANS'
[ $code -eq 0 ] || fail "a driver that cleans up is not exit code 0"
exit 0
