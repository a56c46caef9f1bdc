#!/bin/sh
# A driver that never lets go does not keep the process: the second SIGINT ends it at once.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
mkdir -p "$TMP/stuck"
cat >"$TMP/stuck/stuck.c" <<'C'
#include <wdm.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DbgPrint("here for ever\n");
    for (volatile int forever = 1; forever;)
        ;
    return STATUS_SUCCESS;
}
C
expect 'the driver is built' 0 '' "$RING3" build "$TMP/stuck" --out="$TMP/stuck"
"$RING3" run "$TMP/stuck/stuck.sys" --for=3600s >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 200); do grep -qs 'here for ever' "$TMP/log" && break; sleep 0.1; done
kill -INT $ring3
sleep 0.5
kill -INT $ring3
for _ in $(seq 50); do kill -0 $ring3 2>/dev/null || break; sleep 0.1; done
if kill -0 $ring3 2>/dev/null; then bad 'it is still there'; kill -KILL $ring3; fi
wait $ring3
code=$?
if [ $code -eq 1 ]; then ok 'the exit code is 1'; else bad "exit code $code"; sed 's/^/    /' "$TMP/log"; fi
if grep -q 'nothing was unloaded' "$TMP/log"; then ok 'and it says so'; else bad 'it does not say so'; sed 's/^/    /' "$TMP/log"; fi
finish
