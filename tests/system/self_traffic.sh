#!/bin/sh
# A computer talks to itself and to a wire that swallows all, in virtual time: every schedule ends well, and the same
# seed gives the same report.
. tests/system/lib.sh
needs "$VIONET"
for cpus in 1 2 8; do
    for seed in 1 2 3; do
        for n in 1 2; do
            timeout 60 "$RING3" run "$VIONET" --nic=null --ip=10.0.0.2/24 --clock=virtual --cpus=$cpus --seed=$seed --tcp-serve=5 \
                --tcp-send=10.0.0.2:5,bytes=300k --ping=10.0.0.2 --ping=fe80::1,count=1,timeout=100ms >"$TMP/r$n" 2>&1
            code=$?
        done
        name="seed $seed on $cpus processors"
        if [ $code -eq 1 ] && grep -q '4 sent, 4 answered' "$TMP/r1" && grep -q 'tcp serve.*: 307200 bytes.*[0-9a-f]$' "$TMP/r1" &&
           grep -q 'ended by idle' "$TMP/r1" && grep -q 'left over: 0 bytes.*findings 0' "$TMP/r1"; then ok "$name"
        else bad "$name: exit code $code"; cat "$TMP/r1"; fi
        if cmp -s "$TMP/r1" "$TMP/r2"; then ok "$name, again"; else bad "$name: two runs differ"; diff "$TMP/r1" "$TMP/r2"; fi
    done
done
finish
