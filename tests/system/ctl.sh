#!/bin/sh
# ring3 ctl against a running computer: devices, drivers, cards, power, errors, and clients that misbehave.
. tests/system/lib.sh
LWFCOUNT=$BUILD/drivers/lwfcount/lwfcount.sys
needs "$LWFCOUNT"
sock=$TMP/lab.sock
ctl() { timeout 20 "$RING3" ctl --socket="$sock" "$@"; }

silent() {  # NAME COMMAND...: exit code 0, and not a word
    name=$1
    shift
    if "$@" >"$TMP/out" 2>&1 && [ ! -s "$TMP/out" ]; then ok "$name"; else bad "$name"; head -n 5 "$TMP/out" | sed 's/^/    /'; fi
}

start() {   # OPTIONS...
    "$RING3" run "$LWFCOUNT" "$VIONET" --nic=null --for=60s --log=warn "$@" >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$sock" ] && break; sleep 0.05; done
}

start --ctl="$sock"
case $(ls -l "$sock") in srw-------*) ok 'the socket is its user'"'"'s alone' ;; *) bad 'the socket is its user'"'"'s alone' ;; esac
expect 'devices are listed with their drivers' 0 'started, driver vionet' ctl devices
expect 'as JSON, too' 0 '"driver":"vionet","state":"started"' ctl devices --format=json
expect 'drivers are listed' 0 'lwfcount  ' ctl drivers
expect 'the stack is shown from the bottom' 0 'miniport vionet' ctl adapters
expect 'with its filters' 0 'filter lwfcount (custom, modifying, optional), running' timeout 20 "$RING3" adapters --socket="$sock"
expect 'and protocols' 0 'protocol TCPIP, running' timeout 20 "$RING3" adapters --socket="$sock"
expect 'as JSON' 0 '"class":"custom","kind":"modifying","mandatory":false' timeout 20 "$RING3" adapters --socket="$sock" --format=json
expect 'and for Graphviz' 0 'shape=ellipse,label="lwfcount\ncustom"' timeout 20 "$RING3" adapters --socket="$sock" --format=dot
expect 'not as anything else' 2 'is not text, json or dot' timeout 20 "$RING3" adapters --socket="$sock" --format=hex
expect 'counters are shown' 0 'nic 0: virtio-net on null, driver vionet' ctl stats
expect 'as JSON, too' 0 '"findings":0}' ctl stats --format=json
expect 'a device that nobody has is named with its status' 1 'STATUS_OBJECT_NAME_NOT_FOUND (0xC0000034)' ctl read '\\.\Nobody'
expect 'a control request is answered' 0 '0000000000000000' ctl ioctl '\\.\LwfCount' 0x12,0x900,buffered,any --out-length=256
expect 'a request the driver does not know, too' 1 'STATUS_INVALID_DEVICE_REQUEST (0xC0000010)' ctl ioctl '\\.\LwfCount' 0x12,0x7ff,buffered,any
expect 'a driver is loaded' 0 'macswap' ctl load "$BUILD/drivers/macswap/macswap.sys"
expect 'but not twice' 2 'is loaded already' ctl load "$BUILD/drivers/macswap/macswap.sys"
silent 'it is unloaded' ctl unload macswap
expect 'but not twice' 2 "no driver 'macswap' is loaded" ctl unload macswap
expect 'a file that is no driver is refused' 2 'ctl.sh' ctl load tests/system/ctl.sh
expect 'a card is plugged in' 0 '1' ctl plug nic null
expect 'and started' 0 '&10  started, driver vionet' ctl devices
silent 'and taken out' ctl unplug nic 1
expect 'there is no such card' 2 'there is no nic 7' ctl unplug nic 7
silent 'the computer sleeps' ctl power S3
silent 'and wakes' ctl power S0
device=$(ctl devices | awk '/vionet/ { print $1; exit }')
silent 'a device is powered down' ctl power "$device" D3
silent 'and up' ctl power "$device" D0
silent 'a device is disabled' ctl disable "$device"
expect 'and says so' 0 '&08  removed' ctl devices
silent 'and enabled' ctl enable "$device"
expect 'and started again' 0 '&08  started, driver vionet' ctl devices
silent 'the driver of a card is unloaded' ctl unload vionet
expect 'the card is there without one' 0 '&08  present' ctl devices
expect 'the driver is loaded again' 0 'vionet' ctl load "$VIONET"
expect 'and starts the card' 0 '&08  started, driver vionet' ctl devices
expect 'a wrong state is refused' 2 'S0 to S4' ctl power S9
expect 'a verb that does not exist is refused' 2 'is no verb' ctl dance
perl -MIO::Socket::UNIX -e 'for (1 .. 20) { my $s = IO::Socket::UNIX->new($ARGV[0]) or die; $s->syswrite(pack "N*", map { rand 2**32 } 1 .. 64) }' "$sock"
perl -MIO::Socket::UNIX -e 'for (1 .. 40) { my $s = IO::Socket::UNIX->new($ARGV[0]) or die; push @s, $s; $s->syswrite("open name=\\\\.\\LwfCount\n") } sysread $s[39], my $x, 99' "$sock"
expect 'after clients that talk nonsense or go away it still answers' 0 'vionet' ctl drivers
silent 'the run is ended' ctl shutdown
wait $computer
code=$?
if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out"; then ok 'and nothing is left over'
else bad "and nothing is left over: exit code $code"; tail -n 15 "$TMP/run.out" | sed 's/^/    /'; fi
[ -e "$sock" ] && bad 'the socket is removed' || ok 'the socket is removed'
expect 'nobody listens then' 4 'nobody listens' ctl drivers

export XDG_RUNTIME_DIR="$TMP/runtime"
mkdir -m 700 "$XDG_RUNTIME_DIR"
sock=$XDG_RUNTIME_DIR/ring3
expect 'without a computer that is said' 4 'no computer with a control socket' "$RING3" ctl drivers
start; sleep 0.3
expect 'the only computer is found' 0 'vionet' timeout 20 "$RING3" ctl drivers
one=$computer
start; sleep 0.5
expect 'of two computers one has to be named' 2 "--socket=$sock/$one.ctl" timeout 20 "$RING3" ctl drivers
kill -KILL $computer
wait $computer 2>/dev/null
expect 'one that was killed does not count' 0 'vionet' timeout 20 "$RING3" ctl drivers
silent 'the other is ended' timeout 20 "$RING3" ctl shutdown
wait $one
[ -z "$(ls "$sock")" ] && ok 'nothing is left in the runtime directory' || bad 'nothing is left in the runtime directory'
expect 'a virtual clock has none' 2 'real clock' "$RING3" run "$VIONET" --clock=virtual --ctl="$TMP/x.sock" --for=1ms
finish
