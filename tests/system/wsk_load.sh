#!/bin/sh
# Two Winsock Kernel drivers talk to each other over loopback as fast as they can: on one processor neither keeps the rest of the
# computer from running, with either clock and under seeds, and nothing is lost or left over.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
LOAD=$BUILD/drivers/wskload/wskload.sys
needs "$ECHO"
needs "$LOAD"
try() {     # NAME SIZE CONNECTIONS DEPTH ARGUMENTS...
    name=$1
    printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskload\\Parameters]\r\n"Size"=dword:%08x\r\n"Connections"=dword:%08x\r\n"Depth"=dword:%08x\r\n"Milliseconds"=dword:64\r\n' \
        "$2" "$3" "$4" >"$TMP/load.reg"
    shift 4
    expect "$name" 0 'each, ' timeout -k 5 60 "$RING3" run "$ECHO" "$LOAD" --reg="$TMP/load.reg" "$@"
    if grep -q 'MB/s, 0 failed' "$TMP/out" && ! grep -q ' 0 messages' "$TMP/out" && grep -q 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/out"
    then ok "$name: all came back, nothing is left"
    else bad "$name:"; sed 's/^/    /' "$TMP/out"; fi
}
for cpus in 1 2; do
    try "round trips, $cpus processors" 64 1 1 --cpus=$cpus --for=600ms
    try "a stream, $cpus processors" 65536 2 8 --cpus=$cpus --for=600ms
    try "100 connections, $cpus processors, virtual clock" 64 100 1 --cpus=$cpus --clock=virtual --for=400ms
done
for seed in 1 2 3; do try "seed $seed" 1000 5 3 --cpus=2 --clock=virtual --seed=$seed --for=250ms; done
finish
