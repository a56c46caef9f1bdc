#!/bin/sh
# ring3 ctl changes the network configuration of a computer that runs: who stands on an adapter, orders, settings.
. tests/system/lib.sh
LWFCOUNT=$BUILD/drivers/lwfcount/lwfcount.sys
RAWPORT=$BUILD/drivers/rawport/rawport.sys
needs "$LWFCOUNT" "$RAWPORT"
sock=$TMP/lab.sock
ctl() { timeout 20 "$RING3" ctl --socket="$sock" "$@"; }

silent() {  # NAME COMMAND...: exit code 0, and not a word
    name=$1
    shift
    if "$@" >"$TMP/out" 2>&1 && [ ! -s "$TMP/out" ]; then ok "$name"; else bad "$name"; head -n 5 "$TMP/out" | sed 's/^/    /'; fi
}

without() { # NAME TEXT: the stack does not show it
    if ctl adapters | grep -q "$2"; then bad "$1"; else ok "$1"; fi
}

"$RING3" run "$VIONET" "$LWFCOUNT" "$RAWPORT" --nic=null --nic=null --for=60s --log=warn --ctl="$sock" >"$TMP/run.out" 2>&1 &
computer=$!
for _ in $(seq 100); do [ -S "$sock" ] && break; sleep 0.05; done
first=$(ctl adapters | sed -n 's/.*\(\\DEVICE\\{[^}]*}\).*/\1/p' | sed -n 1p)
second=$(ctl adapters | sed -n 's/.*\\DEVICE\\\({[^}]*}\).*/\1/p' | sed -n 2p)
device=$(ctl devices | awk '/vionet/ { print $1; exit }')

silent 'a protocol is taken off an adapter' ctl unbind rawport "$first"
if [ "$(ctl adapters | grep -c 'protocol RAWPORT')" = 1 ]; then ok 'and stands on the other one'; else bad 'and stands on the other one'; fi
silent 'by the name of its device from the other, too' ctl unbind RAWPORT "$second"
without 'and is gone' 'protocol RAWPORT'
silent 'the adapter starts anew' ctl rebalance "$device"
without 'and it stays off' 'protocol RAWPORT'
silent 'it is let on again' ctl bind RAWPORT "$first"
silent 'on both' ctl bind RAWPORT "$second"
expect 'and runs' 0 'protocol RAWPORT of rawport, running' ctl adapters
silent 'a filter driver is taken off' ctl unbind lwfcount "$device"
if [ "$(ctl adapters | grep -c 'filter lwfcount')" = 1 ]; then ok 'of one adapter'; else bad 'of one adapter'; fi
silent 'and let on again' ctl bind lwfcount "$device"
silent 'a protocol hears the order of its bindings' ctl order RAWPORT "$second" "$first"
silent 'and of its configuration' ctl reconfigure RAWPORT --in=text:anything
silent 'on one adapter' ctl reconfigure RAWPORT "$first"
silent 'an adapter may not wake the computer' ctl wake "$first" off
silent 'a setting is changed' ctl set "$device" '*JumboPacket=1514'
expect 'and the adapter runs' 0 'protocol TCPIP, running' ctl adapters
expect 'a protocol that is not there is named' 1 "no protocol or filter driver 'nobody' is registered" ctl bind nobody "$first"
expect 'an adapter that is not there, too' 1 "there is no network adapter '{0}'" ctl order RAWPORT '{0}'
expect 'a verb needs its arguments' 2 'needs an adapter, and on or off' ctl wake "$first"
expect 'and a setting its value' 2 'needs a device, and NAME=VALUE' ctl set "$device" JumboPacket
silent 'the computer ends' ctl shutdown
wait "$computer"
code=$?
if [ "$code" = 0 ]; then ok 'without a finding'; else bad "without a finding ($code)"; tail -n 5 "$TMP/run.out"; fi
finish
