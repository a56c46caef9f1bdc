#!/bin/sh
# redirect.sys sends the connect of wskget.sys to a server on the host instead of an address where nobody is, and to another one when
# it is told so while it runs.
. tests/system/lib.sh
GET=$BUILD/drivers/wskget/wskget.sys
REDIRECT=$BUILD/drivers/redirect/redirect.sys
needs "$VIONET"
needs "$GET"
needs "$REDIRECT"
command -v perl >/dev/null || skip 'perl is not installed'
set -- $(free_ports 2)
web=$1 other=$2
for file in 1 2; do
    head -c 300000 /dev/urandom >"$TMP/file$file"
done
hash1=$(sha256sum "$TMP/file1" | cut -d' ' -f1) hash2=$(sha256sum "$TMP/file2" | cut -d' ' -f1)
perl tests/system/http_server.pl $web "$TMP/file1" >"$TMP/web1" &
servers=$!
perl tests/system/http_server.pl $other "$TMP/file2" >"$TMP/web2" &
servers="$servers $!"
for _ in $(seq 100); do [ -s "$TMP/web1" ] && [ -s "$TMP/web2" ] && break; sleep 0.1; done
ctl() { timeout 30 "$RING3" ctl --socket="$TMP/ctl" "$@"; }
word() { printf '%02x%02x' $(($1 & 255)) $(($1 >> 8)); }
services='HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services'
printf "Windows Registry Editor Version 5.00\r\n\r\n[$services\\\\wskget\\\\Parameters]\r\n\"Host\"=\"192.0.2.80\"\r\n\"Port\"=dword:00000051\r\n\"Path\"=\"/file\"\r\n\r\n[$services\\\\redirect\\\\Parameters]\r\n\"Port\"=dword:00000051\r\n\"Target\"=\"10.0.2.2\"\r\n\"TargetPort\"=dword:%08x\r\n" $web >"$TMP/redirect.reg"

# A busy machine takes the processor away for longer than a classifyFn may take.
"$RING3" run "$VIONET" "$REDIRECT" --nic=slirp --reg="$TMP/redirect.reg" --ignore=wfp-slow-classify --ctl="$TMP/ctl" --for=90s >"$TMP/log" 2>&1 &
ring3=$!
fetched() {     # HOW MANY: waits until wskget has said so often what came of it
    for _ in $(seq 300); do
        [ "$(grep -c 'wskget: [sc]' "$TMP/log")" -ge "$1" ] && return
        sleep 0.1
    done
}
for _ in $(seq 300); do ctl stats 2>/dev/null | grep -q '10\.0\.2\.15' && break; sleep 0.1; done     # a connect without an address fails
ctl load "$GET" >/dev/null
fetched 1
expect 'the file comes from where the driver sent the client' 0 "sha256 $hash1" cat "$TMP/log"
ctl ioctl '\\.\Redirect' 0x12,0x800,buffered,write --in="$(word 81)$(word $other)0a000202" >"$TMP/out" 2>&1 &&
    ok 'another target is taken while it runs' || { bad 'no other target is taken'; cat "$TMP/out"; }
ctl ioctl '\\.\Redirect' 0x12,0x801,buffered,read --out-length=8 --format=binary | od -An -tx1 | tr -d ' \n' >"$TMP/target"
expect 'and can be read' 0 "$(word 81)$(word $other)0a000202" cat "$TMP/target"
expect 'a port without a target is refused' 1 'STATUS_INVALID_PARAMETER' ctl ioctl '\\.\Redirect' 0x12,0x800,buffered,write --in="$(word 81)00000a000202"
expect 'half a target is refused' 1 'STATUS_BUFFER_TOO_SMALL' ctl ioctl '\\.\Redirect' 0x12,0x800,buffered,write --in=5100
ctl unload wskget >/dev/null && ctl load "$GET" >/dev/null
fetched 2
expect 'the next connect goes to the new target' 0 "sha256 $hash2" cat "$TMP/log"
expect 'the filter is shown with its port' 0 'IP_REMOTE_PORT = 81' ctl wfp
ctl ioctl '\\.\Redirect' 0x12,0x800,buffered,write --in=0000000000000000 >/dev/null
ctl wfp >"$TMP/out"
if grep -q 'IP_REMOTE_PORT = 81' "$TMP/out"; then bad 'a filter is left without a target'; else ok 'without a target there is no filter'; fi
kill -INT $ring3
wait $ring3
code=$?
kill $servers 2>/dev/null
if [ $code -eq 0 ]; then ok 'it ends cleanly'; else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
expect 'the driver counted them' 0 'redirect: 2 connects redirected, 0 restored' cat "$TMP/log"
expect 'nothing is left over' 0 'left over: 0 bytes of pool in 0 allocations; findings 0' cat "$TMP/log"
finish
