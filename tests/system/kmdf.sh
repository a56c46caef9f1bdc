#!/bin/sh
# KMDF drivers from the outside: kecho with each allocation failing once, kecho built by `ring3 build`, a slot that nothing
# implements, a driver that wants a later framework.
. tests/system/lib.sh
KECHO=$BUILD/drivers/kecho/kecho.sys
USER=$BUILD/tests/guest/wdf_kecho.sys
needs "$KECHO"
needs "$USER"

run() { timeout -k 5 20 "$RING3" run "$@" --clock=virtual --for=1s >"$TMP/out" 2>&1; }

# Each allocation of start and use fails once: whatever fails says so, nothing crashes, nothing is left.
n=1 wrong_at=
while [ $n -le 400 ]; do
    run "$KECHO" "$USER" --fail-alloc=$n
    code=$?
    if grep -q 'was to fail, but drivers made only' "$TMP/out"; then break; fi
    # code 1: a driver or a case did not succeed
    if [ $code -gt 1 ] || grep -qE 'bug check|finding:' "$TMP/out" ||
       ! grep -qE 'left over: 0 bytes of pool in 0 allocations|DriverEntry returned status 0xc00000(9a|01)' "$TMP/out"; then
        wrong_at=$n
        break
    fi
    n=$((n + 1))
done
if [ -z "$wrong_at" ] && [ $n -gt 20 ] && [ $n -le 400 ]; then
    ok "each of $((n - 1)) allocations fails once"
else
    bad "allocation ${wrong_at:-$n} (code $code)"
    tail -n 15 "$TMP/out"
fi

if command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null; then
    if "$RING3" build drivers/kecho --out="$TMP/kecho" >/dev/null 2>"$TMP/log" && run "$TMP/kecho/kecho.sys" "$USER"; then
        ok 'ring3 build links a KMDF driver'
    else
        bad 'ring3 build links a KMDF driver'
        tail -n 15 "$TMP/log" "$TMP/out"
    fi
    mkdir -p "$TMP/odd"
    cat >"$TMP/odd/odd.c" <<'C'
#include <ntddk.h>
#include <wdf.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    typedef NTSTATUS (NTAPI *FUNCTION)(PWDF_DRIVER_GLOBALS, PVOID, PVOID, PVOID, PVOID);

    return ((FUNCTION)WdfFunctions[WdfUsbTargetDeviceCreateTableIndex])(WdfDriverGlobals, NULL, NULL, NULL, NULL);
}
C
    "$RING3" build "$TMP/odd" --out="$TMP/odd/out" >/dev/null 2>"$TMP/log"
    run "$TMP/odd/out/odd.sys"
    if grep -q 'driver odd.sys called WdfUsbTargetDeviceCreate (slot 322), which ring3 does not have' "$TMP/out"; then
        ok 'a slot that nothing implements names itself'
    else
        bad 'a slot that nothing implements names itself'
        tail -n 15 "$TMP/log" "$TMP/out"
    fi
    mkdir -p "$TMP/port"
    cat >"$TMP/port/port.c" <<'C'
#include <ntddk.h>
#include <wdf.h>
#include <wdfminiport.h>

static EVT_WDF_DRIVER_UNLOAD Gone;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Gone(WDFDRIVER driver)
{
    DbgPrint("the framework says goodbye to %d\n", driver == WdfGetDriver());
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    WdfDriverMiniportUnload(WdfGetDriver());
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNoDispatchOverride;
    config.EvtDriverUnload = Gone;
    driver->DriverUnload = Unload;
    return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
C
    "$RING3" build "$TMP/port" --out="$TMP/port/out" >/dev/null 2>"$TMP/log"
    run "$TMP/port/out/port.sys"
    if grep -q 'the framework says goodbye to 1' "$TMP/out" && grep -q 'left over: 0 bytes.*findings 0' "$TMP/out"; then
        ok "a miniport's unload routine ends the framework's part with its own unload callback"
    else
        bad "a miniport's unload routine ends the framework's part with its own unload callback"
        tail -n 15 "$TMP/log" "$TMP/out"
    fi
fi
finish
