#!/bin/sh
# The computer is turned off as Windows does it, instead of unloading its drivers.
. tests/system/lib.sh
order=$BUILD/tests/guest/shutdown_order.sys
needs "$order"
needs "$VIONET"

expect 'the end is a shutdown' 0 'shutdown of first at IRQL 0' "$RING3" run "$order" --end=shutdown --for=1ms
said=$(grep -o 'shutdown of [a-z]*' "$TMP/out" | tr '\n' ' ')
[ "$said" = 'shutdown of first shutdown of last ' ] && ok 'last chances come last, and only who registered is told' ||
    bad "shutdown requests came as: $said"
expect 'the end is no shutdown without it' 0 'findings 0' "$RING3" run "$order" --for=1ms
grep -q 'shutdown of' "$TMP/out" && bad 'a run without --end=shutdown sent IRP_MJ_SHUTDOWN' || ok 'unloading sends no IRP_MJ_SHUTDOWN'
for clock in real virtual; do
    expect "vionet is shut down under traffic, $clock clock" 0 'findings 0' "$RING3" run "$VIONET" --nic=loop \
        --clock=$clock --ip=10.0.0.1/24 --for=50ms --end=shutdown
done
expect 'an end nobody knows' 2 'neither unload nor shutdown' "$RING3" run "$order" --end=never
finish
