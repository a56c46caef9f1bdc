#!/usr/bin/env bash
# ring3 build: sources to an image that runs; what is missing, wrong or unchanged is told.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; exit 1; }

mkdir -p "$TMP/hello"
cat >"$TMP/hello/hello.c" <<'C'
#include <ntddk.h>
#include <NtStrSafe.h> /* Windows does not look at case */

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    DbgPrint("goodbye\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    driver->DriverUnload = Unload;
    DbgPrint("hello from %wZ\n", path);
    if (driver == NULL)
        IoReportRootDevice(driver);
    return STATUS_SUCCESS;
}
C
"$RING3" build "$TMP/hello" --out="$TMP/out" >"$TMP/path" || fail "the driver does not build"
[ "$(cat "$TMP/path")" = "$TMP/out/hello.sys" ] || fail "the path is not printed"
[ -s "$TMP/out/hello.pdb" ] || fail "there is no pdb"

cp -p "$TMP/out/hello.sys" "$TMP/first.sys"
"$RING3" build "$TMP/hello" --out="$TMP/out" >/dev/null || fail "the second build fails"
[ ! "$TMP/out/hello.sys" -nt "$TMP/first.sys" ] || fail "an unchanged driver is built again"
"$RING3" build "$TMP/hello" --out="$TMP/out" --force >/dev/null || fail "a forced build fails"
cmp -s "$TMP/out/hello.sys" "$TMP/first.sys" || fail "two builds of the same sources differ"

"$RING3" run "$TMP/out/hello.sys" --for=1ms >"$TMP/log" 2>&1
if [ $? -eq 3 ]; then
    grep -q 'ntoskrnl.exe!IoReportRootDevice' "$TMP/log" || fail "the missing import is not named"
    "$RING3" run "$TMP/out/hello.sys" --for=1ms --allow-missing >"$TMP/log" 2>&1 || fail "--allow-missing does not run it"
fi
grep -q 'hello from' "$TMP/log" && grep -q goodbye "$TMP/log" || fail "the driver did not start and unload"

sed -i 's/DbgPrint("goodbye/NoSuchThing("goodbye/' "$TMP/hello/hello.c"
"$RING3" build "$TMP/hello" --out="$TMP/out" >"$TMP/log" 2>&1 && fail "an error in the source is not an error"
grep -q 'hello.c:6:.*NoSuchThing' "$TMP/log" || fail "the error's line is not told"
"$RING3" build "$TMP/nowhere" >"$TMP/log" 2>&1
[ $? -eq 4 ] || fail "a directory that is not there is not exit code 4"
exit 0
