#!/bin/sh
# A computer without any card talks to itself over the loopback interface, in virtual time and on any schedule.
. tests/system/lib.sh
needs "$VIONET"
for seed in 1 2; do
    for address in 127.0.0.1 ::1; do
        case $address in *:*) peer="[$address]" ;; *) peer=$address ;; esac
        expect "TCP to $address, seed $seed" 0 "tcp send $peer:5: 3145728 bytes" \
            timeout 60 "$RING3" run "$VIONET" --nic=null --clock=virtual --cpus=2 --seed=$seed --tcp-serve=5 --tcp-send="$peer:5,bytes=3M"
        expect "ping to $address, seed $seed" 0 '3 sent, 3 answered, round trip 0.000/0.000/0.000 ms' \
            timeout 60 "$RING3" run "$VIONET" --nic=null --clock=virtual --cpus=2 --seed=$seed --ping="$address,count=3"
    done
done
finish
