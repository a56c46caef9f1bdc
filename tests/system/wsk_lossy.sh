#!/bin/sh
# A Winsock Kernel echo on one computer, its client on another, and between them a cable that loses, delays, reorders and
# duplicates frames: no byte is wrong, no connection fails or hangs, nothing is left over. What is lost comes again after one to
# three seconds, so that little gets through.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
LOAD=$BUILD/drivers/wskload/wskload.sys
needs "$VIONET"
needs "$ECHO"
needs "$LOAD"
clean='left over: 0 bytes of pool in 0 allocations; findings 0'
start() {   # NUMBER SIZE CONNECTIONS DEPTH FAULTS ARGUMENTS...
    dir=$TMP/$1 faults=$5
    mkdir "$dir"
    printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskload\\Parameters]\r\n"Address"=dword:0a090001\r\n"Size"=dword:%08x\r\n"Connections"=dword:%08x\r\n"Depth"=dword:%08x\r\n"Milliseconds"=dword:%08x\r\n' \
        "$2" "$3" "$4" 7000 >"$dir/load.reg"
    shift 5
    timeout -k 5 90 "$RING3" run "$VIONET" "$ECHO" --nic=link:"$dir/wire",$faults,faultseed=3 --ip=10.9.0.1/24 --for=19s "$@" >"$dir/server" 2>&1 &
    timeout -k 5 90 "$RING3" run "$VIONET" "$LOAD" --nic=link:"$dir/wire",$faults,faultseed=4 --ip=10.9.0.2/24 --for=18s --reg="$dir/load.reg" "$@" >"$dir/client" 2>&1 &
}
check() {   # NUMBER NAME
    dir=$TMP/$1
    if grep -q 'MB/s, 0 failed' "$dir/client" && ! grep -q ' 0 messages' "$dir/client" && grep -q "$clean" "$dir/client" && grep -q "$clean" "$dir/server"
    then ok "$2:$(sed -n 's/.*depth [0-9]*: \([0-9]* messages\).*/ \1/p' "$dir/client") came back, nothing is left"
    else bad "$2:"; sed 's/^/    /' "$dir/client" "$dir/server"; fi
}
start 1 64 4 1 loss=0.5,reorder=5,duplicate=5,delay=200us
start 2 20000 3 4 loss=1,reorder=3,duplicate=3 --cpus=2
start 3 3000 3 3 loss=2,reorder=10,duplicate=20,delay=1ms --cpus=2 --seed=7
wait
check 1 'round trips'
check 2 'a stream on 2 processors'
check 3 'a bad cable under a seed'
finish
