#!/usr/bin/env bash
# A table that nobody frees and a notification that nobody cancels are findings with the lines that made them; what changes after
# the driver has gone does it no harm.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
[ -e "$BUILD/drivers/vionet/vionet.sys" ] || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/leaky"
cat >"$TMP/leaky/leaky.c" <<'C'
#include <ntddk.h>
#include <netioapi.h>

static VOID NTAPI Changed(PVOID context, PMIB_IPFORWARD_ROW2 row, MIB_NOTIFICATION_TYPE type)
{
    DbgPrint("called\n");
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PMIB_IF_TABLE2 table;
    HANDLE handle;

    driver->DriverUnload = Unload;
    GetIfTable2(&table);
    return NotifyRouteChange2(AF_UNSPEC, Changed, NULL, TRUE, &handle);
}
C
"$RING3" build "$TMP/leaky" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
for order in first last; do
    set -- "$TMP/out/leaky.sys"
    if [ $order = first ]; then set -- "$@" "$BUILD/drivers/vionet/vionet.sys"; else set -- "$BUILD/drivers/vionet/vionet.sys" "$@"; fi
    "$RING3" run "$@" --nic=null --clock=virtual --for=1ms >"$TMP/log" 2>&1
    [ $? -eq 1 ] || fail "findings are not exit code 1"
    [ "$(grep -c "tag 'I[MP]" "$TMP/log")" -eq 2 ] || fail "not exactly two blocks are found"
    grep -q "tag 'IMtb'" "$TMP/log" && grep -q 'leaky.c:19' "$TMP/log" || fail "the table's line is not told"
    grep -q "tag 'IPNo'" "$TMP/log" && grep -q 'leaky.c:20' "$TMP/log" || fail "the notification's line is not told"
    grep -q 'called' "$TMP/log" || fail "the initial notification did not come"
    if grep -qi 'bug check' "$TMP/log"; then fail "the computer stopped"; fi
done
exit 0
