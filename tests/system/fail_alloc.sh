#!/bin/sh
# A failing allocation at start: the driver says no, the computer goes on, nothing is left over.
. tests/system/lib.sh
needs "$VIONET"
for n in 1 5 20 300; do
    expect "allocation $n fails" 0 'left over: 0 bytes of pool in 0 allocations; findings 0' \
        "$RING3" run "$VIONET" --nic=null --clock=virtual --for=10ms --fail-alloc=$n
done
expect 'an injection that never comes is named' 0 'allocation 1000000 was to fail, but drivers made only' \
    "$RING3" run "$VIONET" --nic=null --clock=virtual --for=10ms --fail-alloc=1000000
expect 'nothing is the 0th allocation' 2 '--fail-alloc' "$RING3" run "$VIONET" --fail-alloc=0
finish
