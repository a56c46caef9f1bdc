#!/bin/sh
# TCP over a cable that loses and reorders frames: all arrives, and right.
. tests/system/lib.sh
needs "$VIONET"
socket=$TMP/wire.sock
timeout 60 "$RING3" run "$VIONET" --nic=link:"$socket",loss=1,reorder=5,faultseed=3 --ip=10.9.0.1/24 --tcp-serve=5001 >"$TMP/serve" 2>&1 &
server=$!
timeout 60 "$RING3" run "$VIONET" --nic=link:"$socket",loss=1,faultseed=4 --ip=10.9.0.2/24 --tcp-send=10.9.0.1:5001,bytes=500k >"$TMP/send" 2>&1
sender=$?
wait $server
server=$?
if [ $sender -eq 0 ] && [ $server -eq 0 ]; then ok 'both ends are content'; else bad "ended with $sender and $server"; cat "$TMP/send" "$TMP/serve"; fi
there=$(sed -n 's/.*512000 bytes.*checksum \([0-9a-f]*\)$/\1/p' "$TMP/send")
here=$(sed -n 's/.*512000 bytes.*checksum \([0-9a-f]*\)$/\1/p' "$TMP/serve")
if [ -n "$here" ] && [ "$here" = "$there" ]; then ok "checksum $here at both ends"; else bad "checksums: '$there' sent, '$here' received"; fi
finish
