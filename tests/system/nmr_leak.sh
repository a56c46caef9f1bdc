#!/usr/bin/env bash
# A driver that unloads with a registration of the NMR open is a finding with the line that registered; its partner, another
# driver, is detached and goes on. One that deregisters but does not wait is told what it left out.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
[ -e "$BUILD/tests/guest/nmr_provider.sys" ] || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/leaky"
cat >"$TMP/leaky.c" <<'C'
#include <ntddk.h>
#include <netioddk.h>

/* The interface of nmr_provider.sys. */
static const NPIID Npi = { 0x6a1f3c60, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };
static const NPI_MODULEID Module = { sizeof(NPI_MODULEID), MIT_GUID, { { 0x6a1f3c63 } } };
static HANDLE Registration;
static int Binding;

static NTSTATUS NTAPI Attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE provider)
{
    const VOID *dispatch;
    PVOID theirs;

    return NmrClientAttachProvider(binding, &Binding, &Binding, &theirs, &dispatch);
}

static NTSTATUS NTAPI Detach(PVOID context)
{
    DbgPrint("leaky is asked to detach\n");
    return STATUS_SUCCESS;
}

static const NPI_CLIENT_CHARACTERISTICS Client = {
    0, sizeof(Client), Attach, Detach, NULL, { 0, sizeof(NPI_REGISTRATION_INSTANCE), &Npi, &Module, 0, NULL }
};

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
#ifdef DEREGISTERS
    NmrDeregisterClient(Registration);
#endif
#ifdef WAITS
    NmrWaitForClientDeregisterComplete(Registration);
#endif
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status;

    driver->DriverUnload = Unload;
    status = NmrRegisterClient(&Client, NULL, &Registration);
#ifdef JUMPS
    return status;
#elif defined FAILS
    return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
#else
    return NT_SUCCESS(status) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
#endif
}
C
try() {     # DEFINES: builds leaky.sys with them and runs it beside its provider
    sed "1i $1" "$TMP/leaky.c" >"$TMP/leaky/leaky.c"
    "$RING3" build "$TMP/leaky" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
    "$RING3" run "$BUILD/tests/guest/nmr_provider.sys" "$TMP/out/leaky.sys" --for=1ms >"$TMP/log" 2>&1
    code=$?
}

try '/* leaves it all */'
[ $code -eq 1 ] || fail "a registration left open is not exit code 1"
[ "$(grep -c 'finding: warn: leak' "$TMP/log")" -eq 1 ] || fail "not exactly one leak is printed"
grep -q 'left a registration as an NMR client (1 attached): NmrDeregisterClient was not called' "$TMP/log" || fail "the registration is not named"
grep -q 'leaky.sys!DriverEntry.*leaky.c:[45][0-9]' "$TMP/log" || fail "the line that registered is not told"
grep -q 'leaky is asked to detach' "$TMP/log" && fail "a driver that is gone was called"
grep -q 'not ok' "$TMP/log" && fail "the provider was not detached as it should be"

# A call that is the last thing of a function is a jump: the return address is not the driver's, the callback is.
try '#define JUMPS'
[ $code -eq 1 ] || fail "a registration that was a jump is not exit code 1"
grep -q 'leaky.sys!Attach' "$TMP/log" || fail "the callback is not told"
grep -q 'not ok' "$TMP/log" && fail "the provider was not detached as it should be"

# A driver whose DriverEntry fails is gone as well.
try '#define FAILS'
grep -q 'DriverEntry returned status 0xc0000001' "$TMP/log" || fail "DriverEntry does not fail"
grep -q 'STOP\|not ok' "$TMP/log" && fail "the provider was not detached from a driver that failed to start"

try '#define DEREGISTERS'
[ $code -eq 1 ] || fail "a deregistration that is not waited for is not exit code 1"
grep -q 'NmrWaitForClientDeregisterComplete was not called' "$TMP/log" || fail "the missing wait is not named"
grep -q 'leaky is asked to detach' "$TMP/log" || fail "the client was not detached"

try '#define DEREGISTERS\n#define WAITS'
[ $code -eq 0 ] || fail "a client that deregisters and waits is not exit code 0"
exit 0
