#!/usr/bin/env bash
# An export driver that nobody names is loaded with the first driver that imports from it, and goes with the last.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

lib=$(dirname "$RING3")/sdk/lib sdk=$(dirname "$RING3")/sdk/include
make_driver() {
    local name=$1
    shift
    clang-19 --target=x86_64-pc-windows-msvc -std=gnu11 -fms-extensions -fms-compatibility-version=19.38 -ffreestanding -O2 -w \
        -nostdlibinc -D_AMD64_ -D_WIN64 -DNTDDI_VERSION=0x0A00000C -I"$sdk" -I"$sdk/crt" -c "$TMP/$name.c" -o "$TMP/$name.obj" "$@" &&
        lld-link-19 /driver /subsystem:native /nodefaultlib /entry:DriverEntry /out:"$TMP/$name.sys" "$TMP/$name.obj" \
            "$lib/ntoskrnl.lib" $LINK
}
cat >"$TMP/tools.c" <<'C'
#include <ntddk.h>
static ULONG Count;
static PVOID Memory;
ULONG Step = 7;
ULONG Next(void) { return Count += Step; }
NTSTATUS DllInitialize(PUNICODE_STRING path)
{
    if (FAIL)
        return STATUS_NOT_FOUND;
    Count = 100;
    Memory = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'looT');
    DbgPrint("tools: begins for %wZ\n", path);
    return STATUS_SUCCESS;
}
NTSTATUS DllUnload(void)
{
    ExFreePoolWithTag(Memory, 'looT');
    DbgPrint("tools: ends at %u\n", Count);
    return STATUS_SUCCESS;
}
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    DbgPrint("tools: DriverEntry\n");
    return STATUS_SUCCESS;
}
C
cat >"$TMP/user.c" <<'C'
#include <ntddk.h>
__declspec(dllimport) extern ULONG Step;
__declspec(dllimport) ULONG Next(void);
static VOID Unload(PDRIVER_OBJECT driver)
{
    DbgPrint("user: last %u\n", Next());
}
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    driver->DriverUnload = Unload;
    DbgPrint("user: step %u first %u\n", Step, Next());
    return STATUS_SUCCESS;
}
C
cp "$TMP/user.c" "$TMP/other.c"
exports="/dll /export:Next /export:Step,DATA /export:DllInitialize,PRIVATE /export:DllUnload,PRIVATE /implib:$TMP/tools.lib"
LINK=$exports make_driver tools -DFAIL=0 >"$TMP/log" 2>&1 || fail "the export driver does not build"
for driver in user other; do
    LINK="$TMP/tools.lib" make_driver $driver >"$TMP/log" 2>&1 || fail "$driver does not build"
done

"$RING3" run "$TMP/user.sys" "$TMP/other.sys" --for=1ms --log=info >"$TMP/log" 2>&1 || fail "they do not run"
grep -q 'tools: begins for \\Registry\\Machine\\System\\CurrentControlSet\\Services\\tools$' "$TMP/log" || fail "DllInitialize was not called"
grep -q 'tools: DriverEntry' "$TMP/log" && fail "DriverEntry of a library was called"
grep -q 'user: step 7 first 107' "$TMP/log" && grep -q 'user: step 7 first 114' "$TMP/log" || fail "the drivers do not share the library"
[ "$(grep -c 'tools: ends at 128' "$TMP/log")" = 1 ] || fail "DllUnload was not called once, at the end"
grep -q 'left over: 0 bytes' "$TMP/log" || fail "something is left"

"$RING3" run "$TMP/tools.sys" "$TMP/user.sys" --for=1ms --log=info >"$TMP/log" 2>&1 || fail "named first, they do not run"
grep -q 'tools: DriverEntry' "$TMP/log" && ! grep -q 'tools: begins' "$TMP/log" || fail "named first, it is not a driver"

LINK=$exports make_driver tools -DFAIL=1 >"$TMP/log" 2>&1 || fail "the failing export driver does not build"
"$RING3" run "$TMP/user.sys" --for=1ms --log=info >"$TMP/log" 2>&1 && fail "it runs though DllInitialize failed"
grep -q 'DllInitialize returned status 0xc0000225' "$TMP/log" || fail "the reason is not told"
exit 0
