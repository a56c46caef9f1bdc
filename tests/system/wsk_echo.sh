#!/bin/sh
# wskecho.sys serves clients of the host through slirp: lines, 200 connections at once, much data, half-closes, resets,
# clients that do not read, datagrams; then the computer ends while a client is still there, with nothing left over.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
needs "$VIONET"
needs "$ECHO"
command -v perl >/dev/null || skip 'perl is not installed'
port=$(free_ports 1)
"$RING3" run "$VIONET" "$ECHO" --nic=slirp,hostfwd=tcp:127.0.0.1:$port:7,hostfwd=udp:127.0.0.1:$port:7 --for=120s >"$TMP/log" 2>&1 &
ring3=$!
client() { perl tests/system/echo_client.pl 127.0.0.1 $port "$@"; }
for _ in $(seq 100); do
    client udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done

expect 'a line comes back' 0 'the line came back' client line
expect '200 connections at once' 0 '200 connections echoed' client parallel 200
expect '16 MiB in one connection come back in order' 0 'bytes echoed' client bulk 16777216
expect 'a client that stops sending first gets all it sent' 0 'then the end' client half
expect '50 connections are reset in the middle' 0 '50 connections reset' client reset 50
expect 'a client that does not read is pushed back' 0 'then everything came back' client stall
expect '500 connections are opened and closed' 0 '500 connections opened' client churn 500
expect '300 datagrams come back' 0 '300 datagrams came back' client udp 300

client bulk 400000000 >/dev/null 2>&1 &
busy=$!
sleep 0.3
kill -INT $ring3
wait $ring3
code=$?
kill $busy 2>/dev/null
if [ $code -eq 0 ]; then ok 'it ends cleanly under load'; else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
if grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok 'nothing is left over'
else bad 'something is left over'; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
finish
