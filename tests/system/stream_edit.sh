#!/bin/sh
# streamedit.sys edits what clients of the host exchange with wskecho.sys through slirp: in both directions, across segments and
# indications, at the end of a stream; then the computer ends while a client is still there, with nothing left over.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
EDIT=$BUILD/drivers/streamedit/streamedit.sys
needs "$VIONET"
needs "$ECHO"
needs "$EDIT"
command -v perl >/dev/null || skip 'perl is not installed'
port=$(free_ports 1)
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\streamedit\\Parameters]\r\n"Find"="colour"\r\n"Replace"="<colour>"\r\n"Port"=dword:7\r\n' >"$TMP/edit.reg"
# A busy machine takes the processor away for longer than a classifyFn may take.
"$RING3" run "$VIONET" "$ECHO" "$EDIT" --nic=slirp,hostfwd=tcp:127.0.0.1:$port:7,hostfwd=udp:127.0.0.1:$port:7 \
    "--reg=$TMP/edit.reg" --ignore=wfp-slow-classify --ctl="$TMP/ctl" --for=120s >"$TMP/log" 2>&1 &
ring3=$!
client() { perl tests/system/stream_client.pl $port colour '<colour>' "$@"; }
for _ in $(seq 100); do
    perl tests/system/echo_client.pl 127.0.0.1 $port udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done

expect 'a phrase is replaced on the way in and on the way out' 0 'the line came back edited' client line
expect 'a phrase that comes byte by byte is replaced' 0 'every piece was put together' client pieces
expect 'the beginning of a phrase before the end passes' 0 'the end came back as it was' client tail
expect 'ten megabytes of phrases and beginnings are edited' 0 'bytes came back edited' client bulk 10000000
expect 'bytes without the phrase come back in order' 0 'bytes echoed' perl tests/system/echo_client.pl 127.0.0.1 $port bulk 4194304
expect '50 connections are reset in the middle' 0 '50 connections reset' perl tests/system/echo_client.pl 127.0.0.1 $port reset 50

perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:'$port'"); syswrite $s, "col"; sleep 20' &
beginning=$!
for _ in $(seq 50); do
    "$RING3" wfp --socket="$TMP/ctl" >"$TMP/out" 2>&1
    grep -qE 'in, before filter [0-9]+, callout [0-9]+: 3 bytes, shown from [0-9]+ on' "$TMP/out" && break
    sleep 0.1
done
if grep -qE 'in, before filter [0-9]+, callout [0-9]+: 3 bytes, shown from [0-9]+ on' "$TMP/out"; then ok 'ring3 wfp shows the beginning of a phrase that waits'
else bad 'ring3 wfp shows no bytes that wait'; grep -A8 '^streams' "$TMP/out"; fi
expect 'the same as JSON' 0 '"waiting":3,' "$RING3" wfp --socket="$TMP/ctl" --format=json
kill $beginning

client bulk 50000000 >/dev/null 2>&1 &
busy=$!
sleep 0.5
kill -INT $ring3
wait $ring3
code=$?
kill $busy 2>/dev/null
if [ $code -eq 0 ]; then ok 'it ends cleanly with streams alive'; else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
if grep -qE 'streamedit: [1-9][0-9]+ phrases replaced' "$TMP/log"; then ok 'it counted what it replaced'
else bad 'no count'; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
if grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok 'nothing is left over'
else bad 'something is left over'; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
finish
