#!/bin/sh
# The smallest driver loads, runs and unloads, on either clock and on several processors.
. tests/system/lib.sh
needs "$BUILD/tests/guest/hello.sys"
hello=$BUILD/tests/guest/hello.sys
expect 'a driver loads and unloads' 0 'ok a_driver_unloads' "$RING3" run "$hello"
expect 'on one processor in virtual time' 0 'ok a_driver_unloads' "$RING3" run "$hello" --cpus=1 --clock=virtual --for=60m
expect 'on eight processors with a seed' 0 'ok a_driver_unloads' "$RING3" run "$hello" --cpus=8 --clock=virtual --seed=3 --for=5s
expect 'nothing is left over' 0 'left over: 0 bytes of pool in 0 allocations; findings 0' "$RING3" run "$hello"
expect 'results as JSON' 0 '"pool_bytes":0' "$RING3" run "$hello" --format=json
finish
