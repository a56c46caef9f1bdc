#!/bin/sh
# Callout drivers on both sides of a cable that loses, delays, reorders and duplicates frames: a client's connects are redirected to an echo, where each
# connection is pended before it is permitted, and a phrase of the stream is replaced with itself, on its way there and back. No byte is wrong, no
# connection fails, nothing is left over.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
LOAD=$BUILD/drivers/wskload/wskload.sys
WARDEN=$BUILD/drivers/warden/warden.sys
EDIT=$BUILD/drivers/streamedit/streamedit.sys
REDIRECT=$BUILD/drivers/redirect/redirect.sys
for driver in "$VIONET" "$ECHO" "$LOAD" "$WARDEN" "$EDIT" "$REDIRECT"; do needs "$driver"; done
clean='left over: 0 bytes of pool in 0 allocations; findings 0'
services='HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services'
printf "Windows Registry Editor Version 5.00\r\n\r\n[$services\\\\warden\\\\Parameters]\r\n\"Policy\"=\"pend in tcp 7 50 permit\"\r\n\r\n[$services\\\\streamedit\\\\Parameters]\r\n\"Find\"=\"FMT\"\r\n\"Replace\"=\"FMT\"\r\n\"Port\"=dword:7\r\n" >"$TMP/server.reg"
start() {   # NUMBER SIZE CONNECTIONS DEPTH FAULTS ARGUMENTS...
    dir=$TMP/$1 faults=$5
    mkdir "$dir"
    printf "Windows Registry Editor Version 5.00\r\n\r\n[$services\\\\wskload\\\\Parameters]\r\n\"Address\"=dword:0a090001\r\n\"Port\"=dword:50\r\n\"Size\"=dword:%08x\r\n\"Connections\"=dword:%08x\r\n\"Depth\"=dword:%08x\r\n\"Milliseconds\"=dword:%08x\r\n\r\n[$services\\\\redirect\\\\Parameters]\r\n\"Port\"=dword:50\r\n\"Target\"=\"10.9.0.1\"\r\n\"TargetPort\"=dword:7\r\n" \
        "$2" "$3" "$4" 7000 >"$dir/load.reg"
    shift 5
    timeout -k 5 90 "$RING3" run "$VIONET" "$WARDEN" "$EDIT" "$ECHO" --nic=link:"$dir/wire",$faults,faultseed=5 --ip=10.9.0.1/24 --for=19s --reg="$TMP/server.reg" \
        --ignore=wfp-slow-classify "$@" >"$dir/server" 2>&1 &
    timeout -k 5 90 "$RING3" run "$VIONET" "$REDIRECT" "$LOAD" --nic=link:"$dir/wire",$faults,faultseed=6 --ip=10.9.0.2/24 --for=18s --reg="$dir/load.reg" \
        --ignore=wfp-slow-classify "$@" >"$dir/client" 2>&1 &
}
check() {   # NUMBER CONNECTIONS NAME
    dir=$TMP/$1
    permitted=$(grep -c 'warden: permit (after waiting) in tcp' "$dir/server")
    replaced=$(sed -n 's/.*streamedit: \([0-9]*\) phrases replaced.*/\1/p' "$dir/server")
    if grep -q 'MB/s, 0 failed' "$dir/client" && ! grep -q ' 0 messages' "$dir/client" && grep -q "$clean" "$dir/client" && grep -q "$clean" "$dir/server" &&
        [ "$permitted" -ge "$2" ] && [ "${replaced:-0}" -gt 0 ] && grep -qE "redirect: [1-9][0-9]* connects redirected" "$dir/client"
    then ok "$3:$(sed -n 's/.*depth [0-9]*: \([0-9]* messages\).*/ \1/p' "$dir/client") came back, $permitted connections waited, $replaced phrases were replaced"
    else bad "$3:"; tail -n 40 "$dir/client" "$dir/server" | sed 's/^/    /'; fi
}
start 1 700 4 1 loss=0.5,reorder=5,duplicate=5,delay=200us
start 2 20000 3 4 loss=1,reorder=3,duplicate=3 --cpus=2
start 3 3000 3 3 loss=2,reorder=10,duplicate=20,delay=1ms --cpus=2 --seed=7
wait
check 1 4 'round trips'
check 2 3 'a stream on 2 processors'
check 3 3 'a bad cable under a seed'
finish
