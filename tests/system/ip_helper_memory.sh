#!/bin/sh
# Each pool allocation of the IP Helper fails once: the caller is told, and nothing is left over.
. tests/system/lib.sh
DRIVER=$BUILD/tests/guest/ip_helper_memory.sys
needs "$DRIVER"
n=1
while [ $n -le 50 ]; do
    timeout 60 "$RING3" run "$DRIVER" --clock=virtual --for=10ms --fail-alloc=$n >"$TMP/out" 2>&1
    code=$?
    if grep -q 'was to fail, but' "$TMP/out"; then break; fi
    if [ $code -eq 0 ] && grep -q '1 refused' "$TMP/out" && grep -q 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/out"
    then ok "allocation $n fails"; else bad "allocation $n fails: exit code $code"; cat "$TMP/out"; fi
    n=$((n + 1))
done
if [ $n -gt 8 ] && [ $n -le 50 ]; then ok 'every allocation was reached'; else bad "$n allocations were tried"; fi
finish
