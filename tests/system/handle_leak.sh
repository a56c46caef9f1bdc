#!/usr/bin/env bash
# A handle that a driver leaves open at its unload is a finding with the line that opened it; a closed one is none.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/leaky"
cat >"$TMP/leaky/leaky.c" <<'C'
#include <ntddk.h>

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE closed, open;

    driver->DriverUnload = Unload;
    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&closed, KEY_READ, &attributes)))
        ZwClose(closed);
    return ZwOpenKey(&open, KEY_READ, &attributes);
}
C
"$RING3" build "$TMP/leaky" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
"$RING3" run "$TMP/out/leaky.sys" --for=1ms >"$TMP/log" 2>&1
[ $? -eq 1 ] || fail "findings are not exit code 1"
[ "$(grep -c 'left a handle open' "$TMP/log")" -eq 1 ] || fail "not exactly one handle is found"
grep -qi 'handle open to a Key .*services\\leaky' "$TMP/log" || fail "the key is not named"
grep -q 'leaky.c:1[67]' "$TMP/log" || fail "the line that opened it is not told"
exit 0
