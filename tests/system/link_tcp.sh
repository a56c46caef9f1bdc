#!/bin/sh
# Two computers on one cable: 1 GiB by TCP, with the same checksum at both ends. BYTES=64M is enough for slow builds.
. tests/system/lib.sh
needs "$VIONET"
BYTES=${BYTES:-1G}
socket=$TMP/wire.sock

timeout 120 "$RING3" run "$VIONET" --nic=link:"$socket" --ip=10.9.0.1/24 --tcp-serve=5001 --format=json >"$TMP/serve" 2>"$TMP/serve.log" &
server=$!
timeout 120 "$RING3" run "$VIONET" --nic=link:"$socket" --ip=10.9.0.2/24 --tcp-send="10.9.0.1:5001,bytes=$BYTES" >"$TMP/send" 2>"$TMP/send.log"
sender=$?
wait $server
server=$?
cat "$TMP/send" "$TMP/send.log" "$TMP/serve.log"
if [ $sender -eq 0 ]; then ok 'the sender is content'; else bad "the sender ended with $sender"; fi
if [ $server -eq 0 ]; then ok 'the server is content'; else bad "the server ended with $server"; fi
there=$(sed -n 's/.*checksum \([0-9a-f]*\).*/\1/p' "$TMP/send")
here=$(sed -n 's/.*"checksum":"\([0-9a-f]*\)".*/\1/p' "$TMP/serve")
if [ -n "$here" ] && [ "$here" = "$there" ]; then ok "checksum $here at both ends"; else bad "checksums: '$there' sent, '$here' received"; fi
finish
