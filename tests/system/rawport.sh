#!/bin/sh
# rawport through the control socket: frames in and out, control requests, cancelled reads, sleep, removal, and two computers bridged.
. tests/system/lib.sh
RAWPORT=$BUILD/drivers/rawport/rawport.sys
needs "$RAWPORT"
port='\\.\RawPort'
all=--first=0x12,0x902,buffered,read:20000000
jobs=

start() {   # NAME OPTIONS...: a computer in the background, with the control socket NAME.sock
    name=$1
    shift
    timeout -k 5 90 "$RING3" run "$VIONET" "$@" --ctl="$TMP/$name.sock" --for=80s --log=warn >"$TMP/$name.out" 2>&1 &
    eval "$name=\$!"
    for _ in $(seq 100); do [ -S "$TMP/$name.sock" ] && break; sleep 0.05; done
}

stop() {    # NAME SENTENCE: ends it, and expects nothing left over
    timeout 20 "$RING3" ctl --socket="$TMP/$1.sock" shutdown
    eval "wait \$$1"
    code=$?
    if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/$1.out"; then ok "$2"
    else bad "$2: exit code $code"; tail -n 15 "$TMP/$1.out" | sed 's/^/    /'; fi
}

ctl() {     # NAME ARGUMENTS...
    at=$TMP/$1.sock
    shift
    timeout 20 "$RING3" ctl --socket="$at" "$@"
}

frame=ffffffffffff0200000000aa88b568656c6c6f
start one --nic=loop "$RAWPORT" --no-tcpip
expect 'the adapter is listed' 0 '5c004400' ctl one ioctl "$port" 0x12,0x900,buffered,any --out-length=2048
expect 'an OID is asked' 0 '00000000' ctl one ioctl "$port" 0x12,0x903,buffered,any --in=14010100 --out-length=4
expect 'an OID that the adapter does not know is refused by name' 1 'STATUS_' ctl one ioctl "$port" 0x12,0x903,buffered,any --in=00000099 --out-length=4
expect 'a list that does not fit is cut' 0 '"status":2147483653' ctl one ioctl "$port" 0x12,0x900,buffered,any --out-length=8 --format=json
expect 'an adapter that is not there is not selected' 1 'STATUS_OBJECT_NAME_NOT_FOUND' ctl one ioctl "$port" 0x12,0x901,buffered,any --in=wide:nobody
name=$(ctl one ioctl "$port" 0x12,0x900,buffered,any --out-length=2048 | cut -c41-224)
expect 'one that is there is, by its name' 0 '"status":0' ctl one ioctl "$port" 0x12,0x901,buffered,any --in="$name" --format=json
expect 'a frame that is too short is refused' 1 'STATUS_INVALID_BUFFER_SIZE' ctl one write "$port" 0011
expect 'a read that is not wanted any more is cancelled' 1 'cancelled' ctl one read "$port" --timeout=200ms
ctl one read "$port" --count=2 $all >"$TMP/read" 2>&1 &
reader=$!
sleep 0.5
ctl one write "$port" "$frame" || bad 'a frame is written'
printf '%s\n%s\n' 0200000000bb0200000000aa88b50102 0200000000bb0200000000aa88b50304 | ctl one write "$port" --format=hex || bad 'lines are written'
wait $reader
if [ "$(sed -n 1p "$TMP/read" | cut -c1-38)" = "$frame" ] && sed -n 2p "$TMP/read" | grep -q ^0200000000bb; then ok 'frames that come back are read'
else bad 'frames that come back are read'; sed 's/^/    /' "$TMP/read"; fi
expect 'a short buffer gets the beginning' 0 "ffffffffffff" sh -c "
    timeout 20 '$RING3' ctl --socket='$TMP/one.sock' read '$port' --length=6 & sleep 0.5
    timeout 20 '$RING3' ctl --socket='$TMP/one.sock' write '$port' $frame; wait"

ctl one read "$port" >"$TMP/read" 2>&1 &
reader=$!
sleep 0.3
device=$(ctl one devices | awk '/vionet/ { print $1; exit }')
ctl one power S3 && ctl one power S0 || bad 'it sleeps and wakes'
ctl one write "$port" "$frame" || bad 'it sends after sleep'
wait $reader && grep -q "^$frame" "$TMP/read" && ok 'a read that waits outlives sleep' || bad 'a read that waits outlives sleep'
ctl one read "$port" >"$TMP/read" 2>&1 &
reader=$!
sleep 0.3
ctl one disable "$device" || bad 'the adapter is disabled'
wait $reader
[ $? -eq 1 ] && grep -q STATUS_DEVICE_DOES_NOT_EXIST "$TMP/read" && ok 'a read ends when the adapter goes' || bad 'a read ends when the adapter goes'
expect 'there is nothing to write to then' 1 STATUS_DEVICE_DOES_NOT_EXIST ctl one write "$port" "$frame"
ctl one enable "$device" || bad 'the adapter is enabled'
expect 'and it is bound again' 0 '' sh -c "timeout 20 '$RING3' ctl --socket='$TMP/one.sock' write '$port' $frame && echo written"
ctl one unload rawport || bad 'it is unloaded'
expect 'then there is no device' 1 STATUS_OBJECT_NAME_NOT_FOUND ctl one read "$port"
expect 'it is loaded again' 0 rawport ctl one load "$RAWPORT"
ctl one read "$port" >/dev/null 2>&1 &
sleep 0.3
stop one 'a computer ends while a read waits, with nothing left over'

# client a -- link a -- computer left  ==ctl==  computer right -- link b -- client b
start left --nic=link:"$TMP/a.wire" "$RAWPORT" --no-tcpip
start right --nic=link:"$TMP/b.wire" "$RAWPORT" --no-tcpip
ctl_pipe() { timeout -k 5 60 "$RING3" ctl --socket="$TMP/$1.sock" read "$port" $all --count=0 2>/dev/null |
    timeout -k 5 60 "$RING3" ctl --socket="$TMP/$2.sock" write "$port" --format=hex 2>/dev/null; }
ctl_pipe left right &
ctl_pipe right left &
start there --nic=link:"$TMP/b.wire" --ip=10.9.0.2/24
expect 'two computers bridged by frames that programs carry answer pings' 0 '10 sent, 10 answered' timeout 40 "$RING3" run "$VIONET" --nic=link:"$TMP/a.wire" \
    --ip=10.9.0.1/24 --ping=10.9.0.2,count=10,interval=10ms,timeout=2s --for=20s --ctl=off
stop there 'the far client ends clean'
stop left 'one bridge ends clean'
stop right 'the other ends clean'
wait
finish
